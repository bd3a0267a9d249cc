// Every page of the three portals, as it is and with a server in trouble: axe in both themes at both widths, and nothing that makes the page wider
// than the window of a phone.
import assert from 'node:assert/strict';
import { test } from '../support/test.mjs';
import { strict } from '../support/browser.mjs';
import { demo, one } from '../support/demo.mjs';
import { axeEverywhere, fits } from '../support/look.mjs';
import { Person, failCalls, narrow, settled, wide } from '../support/person.mjs';

/** Paths by person; what is in braces is made an id, see `ids`. */
const PAGES = {
  vendor: [
    '/', '/tenants', '/tenants/new', '/tenants/{tenant}', '/tenants/{tenant}?tab=instances', '/tenants/{tenant}?tab=billing',
    '/tenants/{tenant}?tab=users', '/tenants/{tenant}?tab=settings', '/tenants/{tenant}?tab=audit', '/tenants/{tenant}/edit',
    '/tenants/{suspended}', '/tenants/{deleted}', '/deployments', '/deployments/{deployment}', '/deployments/{deployment}?tab=log',
    '/deployments/{deployment}?tab=audit', '/deployments/{held}', '/operations', '/operations/{operation}', '/plans', '/plans/new', '/plans/{plan}',
    '/plans/{plan}/edit', '/invoices', '/invoices/{paid}', '/invoices/{overdue}', '/resellers', '/resellers/new', '/resellers/{reseller}',
    '/resellers/{reseller}/edit', '/users', '/roles', '/roles?tab=tenant', '/roles?tab=policy', '/audit', '/password', '/nothing-here',
  ],
  isp: ['/', '/instance', '/instance?tab=log', '/instance/{deployment}', '/invoices', '/invoices/{own}', '/settings', '/users', '/roles', '/audit', '/password'],
  suspended: ['/', '/instance'],
  partner: ['/', '/customers', '/customers/{tenant}', '/commissions', '/commissions/{commission}', '/users', '/roles', '/audit', '/password'],
};
/** Pages that ask the server for nothing, or for nothing that they need. */
const WITHOUT_CALLS = ['/plans/new', '/resellers/new', '/password', '/nothing-here'];

/** What the braces stand for. */
const ids = {
  tenant: async () => (await one('Tenants', 'slug = bergnetz')).id,
  suspended: async () => (await one('Tenants', 'state = SUSPENDED')).id,
  deleted: async () => (await one('Tenants', 'state = DELETED')).id,
  deployment: async () => (await one('Deployments', 'slug = bergnetz')).id,
  held: async () => (await one('Deployments', 'slug = "mesa-wireless"')).id,
  operation: async () => (await one('Operations', 'state = SUCCEEDED')).id,
  plan: async () => (await one('Plans', 'code = regional')).id,
  paid: async () => (await one('Invoices', 'state = PAID')).id,
  overdue: async () => (await one('Invoices', 'state = OPEN')).id,
  own: async () => (await one('Invoices', `tenant_id = ${await ids.tenant()}`)).id,
  reseller: async () => (await one('Resellers', 'code = alpenlink')).id,
  commission: async () => (await one('Commissions', `reseller_id = ${await ids.reseller()}`)).id,
};
const addressed = async (path) => {
  const [, name] = /\{(\w+)\}/.exec(path) ?? [];
  return name ? path.replace(`{${name}}`, await ids[name]()) : path;
};

for (const [name, paths] of Object.entries(PAGES)) {
  for (const path of paths) {
    test(`${name} ${path}: axe finds nothing, and it fits a phone`, async () =>
      demo[name].visit(await addressed(path), wide, async (page) => {
        const title = await page.locator('h1').first().innerText();
        assert.match(await page.title(), new RegExp(`^${RegExp.escape?.(title) ?? title} · Tenantry`));
        await axeEverywhere(page);
        await fits(page, 320);
      }));

    if (WITHOUT_CALLS.includes(path)) continue;
    test(`${name} ${path}: a server in trouble is told, and axe finds nothing`, async () => {
      const page = await demo[name].context.newPage();
      const check = strict(page);
      await failCalls(page);
      await page.goto(demo[name].address(await addressed(path)));
      const alert = page.locator('main [role=alert]').first();
      await alert.waitFor();
      await settled(page);
      assert.match(await alert.innerText(), /0190a1b2c3d47e5f8071a2b3c4d5e6f7/, 'the request id');
      await axeEverywhere(page);
      await fits(page, 320);
      await page.unrouteAll();
      // A page that watches may come back by itself before the click.
      const gone = alert.waitFor({ state: 'detached' });
      await Promise.any([page.getByRole('button', { name: 'Try again' }).first().click(), gone]);
      await gone;
      check();
      await page.close();
    });
  }
}

for (const [portal, path] of [
  ['master', '/'], ['tenant', '/'], ['reseller', '/'], ['master', '/setup'], ['master', '/setup#made-up'], ['tenant', '/invitation#made-up'],
]) {
  test(`nobody at ${portal} ${path}: axe finds nothing, and it fits a phone`, async () => {
    const nobody = await Person.at(demo.browser, demo.url, portal, narrow);
    await nobody.visit(path, wide, async (page) => {
      await axeEverywhere(page);
      await fits(page, 320);
    });
    await nobody.close();
  });
}
