// What a role may not do: pages and tabs that are not for it say what is missing and who can change it, nothing leads to them, and what the server
// refuses all the same is told where it was asked for.
import assert from 'node:assert/strict';
import { test } from '../support/test.mjs';
import { strict } from '../support/browser.mjs';
import { EMAILS, demo, invited, one, outside } from '../support/demo.mjs';
import { axeEverywhere, fits } from '../support/look.mjs';
import { Person, failCalls, settled, wide } from '../support/person.mjs';
import { until } from '../support/server.mjs';

const heading = (page, name) => page.getByRole('heading', { level: 1, name, exact: true });
const navigation = (page) => page.getByRole('navigation', { name: 'Main' });

/** Who may less than others: `support` and `viewer` of the vendor, `reader` of an ISP, `agent` of a partner; and ids for paths. */
const people = {};
const ids = {};
let gathered;
const gather = () => (gathered ??= gatherNow());
async function gatherNow() {
  for (const [name, kind, filter] of [
    ['tenant', 'Tenants', 'slug = bergnetz'], ['deployment', 'Deployments', 'slug = bergnetz'], ['plan', 'Plans', 'code = regional'], ['reseller', 'Resellers', 'code = alpenlink'],
  ]) {
    ids[name] = (await one(kind, filter)).id;
  }
  const signedIn = (portal, login) => Person.signedIn(demo.browser, demo.url, portal, login);
  people.support = await signedIn('master', demo.login(EMAILS.support));
  people.viewer = await signedIn('master', await invited('ROLE_MASTER_VIEWER'));
  people.reader = await signedIn('tenant', await invited('ROLE_TENANT_VIEWER', { tenantId: ids.tenant }));
  people.agent = await signedIn('reseller', await invited('ROLE_RESELLER_AGENT', { resellerId: ids.reseller }));
}
const visit = async (who, path, work) => {
  await gather();
  await people[who].visit(addressed(path), wide, work);
};
const addressed = (path) => path.replace(/\{(\w+)\}/, (_, name) => ids[name]);

for (const [who, path, words, permission] of [
  ['support', '/plans/new', 'Your role, Support, may not create plans.', 'CreatePlan'],
  ['support', '/tenants/{tenant}/edit', 'Your role, Support, may not change tenants.', 'UpdateTenant'],
  ['viewer', '/tenants/new', 'Your role, Viewer, may not onboard tenants.', 'OnboardTenant'],
  ['viewer', '/resellers/{reseller}/edit', 'Your role, Viewer, may not change resellers.', 'UpdateReseller'],
]) {
  test(`${who} ${path}: the page says what is missing, who can change it, and where to go`, () =>
    visit(who, path, async (page) => {
      await heading(page, 'Not allowed').waitFor();
      assert.match(await page.title(), /^Not allowed · /);
      const told = page.locator('main .empty');
      assert.equal(await told.locator('.empty-title').innerText(), words);
      assert.match(await told.locator('.empty-text').innerText(), /^An admin of Tenantry can give you a role that may\.$/);
      assert.equal(await told.locator('code').innerText(), `/tenantry.v1.MasterAdminService/${permission}`);
      await axeEverywhere(page);
      await fits(page, 320);
      await page.setViewportSize({ width: 1280, height: 900 });

      const stops = [];
      await page.locator('h1').focus();
      for (let stop = 0; stop < 4; stop++) {
        await page.keyboard.press('Tab');
        stops.push(await page.evaluate(() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.innerText));
      }
      assert.deepEqual(stops, ['See who is an admin', 'See what each role may do', 'Copy permission', 'Go to the dashboard']);
      await page.keyboard.press('Enter');
      await heading(page, 'Dashboard').waitFor();
    }));
}

test('there is a way back to the page that one came from, and to the admins', () =>
  visit('support', '/plans', async (page) => {
    await page.goto(people.support.address('/plans/new'));
    await page.getByRole('button', { name: 'Go back' }).click();
    await heading(page, 'Plans').waitFor();
    await page.goForward();
    await page.getByRole('link', { name: 'See who is an admin' }).click();
    await heading(page, 'Users').waitFor();
    await page.getByText('Admin', { exact: true }).first().waitFor();
    await page.goBack();
    await page.getByRole('link', { name: 'See what each role may do' }).click();
    await heading(page, 'Roles').waitFor();
  }));

for (const who of ['support', 'viewer', 'reader', 'agent']) {
  test(`${who}: no link leads to a page that is not for the role`, () =>
    visit(who, '/', async (page) => {
      const start = new URL(page.url());
      const shape = (path) => path.replace(/[a-z]{3}_[0-9a-f]{32}/, '{id}');
      const seen = new Set([shape(start.pathname)]);
      const next = [start.pathname];
      while (next.length > 0) {
        await page.goto(start.origin + next.shift());
        await settled(page);
        assert.equal(await page.locator('h1').first().innerText() === 'Not allowed', false, page.url());
        const links = await page.locator('a[href]').evaluateAll((all) => all.map((it) => new URL(it.href)).map(({ origin, pathname }) => ({ origin, pathname })));
        for (const { origin, pathname } of links) {
          if (origin !== start.origin || !pathname.startsWith(start.pathname) || seen.has(shape(pathname))) continue;
          seen.add(shape(pathname));
          next.push(pathname);
        }
      }
      assert.ok(seen.size >= 5, [...seen].join(' '));
    }));
}

test('what the role may not read has no tab, and an address that names it says why', () =>
  visit('reader', '/instance?tab=log', async (page) => {
    await page.getByText('Your role, Viewer, may not read the logs of instances.').waitFor();
    await page.getByText('An admin of Bergnetz can give you a role that may.').waitFor();
    assert.deepEqual(await page.getByRole('tab').allInnerTexts(), ['Overview']);
    await axeEverywhere(page);
    await fits(page, 320);
  }));

/** Has a page believe that the role may call these as well, as it was when the session began. */
async function believe(page, portal, rpcs) {
  const service = { master: 'MasterAdminService', tenant: 'TenantAdminService' }[portal];
  await page.route('**/RefreshSession', async (route) => {
    const response = await route.fetch();
    const body = await response.body();
    const end = 5 + body.readUInt32BE(1);
    const more = rpcs.map((rpc) => {
      const text = Buffer.from(`/tenantry.v1.${service}/${rpc}`);
      return Buffer.concat([Buffer.from([(9 << 3) | 2, text.length]), text]);
    });
    const message = Buffer.concat([body.subarray(5, end), ...more]);
    const head = Buffer.alloc(5);
    head.writeUInt32BE(message.length, 1);
    const { 'content-length': _, ...headers } = response.headers();
    await route.fulfill({ status: response.status(), headers, body: Buffer.concat([head, message, body.subarray(end)]) });
  });
}
/** Opens a path as somebody who believes to be allowed more. */
async function believing(who, rpcs, path, work) {
  await gather();
  const page = await people[who].context.newPage();
  const check = strict(page);
  const asked = [];
  page.on('request', (request) => asked.push(request.url().split('/').at(-1)));
  await believe(page, people[who].portal, rpcs);
  await page.goto(people[who].address(addressed(path)));
  await settled(page);
  await work(page, asked);
  check();
  await page.close();
}

test('an action that the server refuses is told in its dialog, which stays as it is', () =>
  believing('viewer', ['SuspendTenant'], '/tenants/{tenant}', async (page) => {
    await page.getByRole('button', { name: 'More', exact: true }).click();
    await page.getByRole('menuitem', { name: /^Suspend/ }).click();
    const dialog = page.locator('dialog[open]');
    await dialog.getByLabel('Reason').fill('Not paid');
    await dialog.getByRole('button', { name: /^Suspend/ }).click();
    const told = dialog.getByRole('alert');
    await told.waitFor();
    const text = await told.innerText();
    for (const part of [
      'Nothing was changed', 'Your role, Viewer, may not suspend tenants. An admin of your account can give you a role that may.',
      'Missing permission /tenantry.v1.MasterAdminService/SuspendTenant', 'Request id',
    ]) {
      assert.ok(text.includes(part), `${part}: ${text}`);
    }
    assert.equal(await dialog.getByLabel('Reason').inputValue(), 'Not paid');
    await axeEverywhere(page);
    await fits(page, 320);
  }));

test('a page that goes on about what the role may do follows the server when that refuses a stream', () =>
  believing('reader', ['TailDeploymentLogs'], '/instance?tab=log', async (page, asked) => {
    assert.ok(asked.includes('TailDeploymentLogs'), asked.join(' '));
    await page.getByText('Your role, Viewer, may not read the logs of instances.').waitFor();
    await page.waitForFunction(() => document.querySelectorAll('[role=tab]').length === 1);
  }));

test('a thing that the server refuses to show is a page that says so', async () => {
  const method = '/tenantry.v1.MasterAdminService/GetPlan';
  const bytes = (number, value) => Buffer.concat([Buffer.from([(number << 3) | 2, value.length]), Buffer.from(value)]);
  const info = Buffer.concat([bytes(1, 'PERMISSION_DENIED'), bytes(3, Buffer.concat([bytes(1, 'method'), bytes(2, method)]))]);
  const details = bytes(3, Buffer.concat([bytes(1, 'type.googleapis.com/google.rpc.ErrorInfo'), bytes(2, info)]));
  const headers = { 'grpc-status-details-bin': details.toString('base64') };
  await gather();
  const page = await people.viewer.context.newPage();
  const check = strict(page);
  await failCalls(page, 'GetPlan', { status: 7, message: `Your role may not call ${method}.`, headers });
  await page.goto(people.viewer.address(addressed('/plans/{plan}')));
  await heading(page, 'Not allowed').waitFor();
  await page.getByText('Your role, Viewer, may not see plans.').waitFor();
  await page.getByText(method).waitFor();
  await navigation(page).getByRole('link', { name: 'Plans', exact: true }).click();
  await heading(page, 'Plans').waitFor();
  assert.equal(await page.getByRole('link', { name: 'New plan' }).count(), 0);
  check();
  await page.close();
});

test('a policy that is written while pages are open is followed by all of them: navigation, lists and streams', async () => {
  await gather();
  const { text } = await demo.ask('GetPolicy');
  const service = '/tenantry.v1.MasterAdminService';
  const all = `p, master_viewer, ${service}/List*`;
  const logs = `p, master_support, ${service}/TailDeploymentLogs`;
  assert.ok(text.includes(all) && text.includes(logs));
  // All lists but that of invoices.
  const less = text.replace(logs, '').replace(all, [...'ACDOPRSTU'].map((letter) => `p, master_viewer, ${service}/List${letter}*`).join('\n'));
  const write = (text) => demo.ask('UpdatePolicy', { policy: { text }, updateMask: 'text' });
  const ask = await outside('master', demo.login(EMAILS.support));
  const list = () => ask('MasterAdminService/ListInvoices');
  try {
    await visit('support', '/deployments/{deployment}?tab=log', (log) =>
      visit('support', '/invoices', async (invoices) => {
        await log.locator('.log-line').first().waitFor();
        await navigation(invoices).getByRole('link', { name: 'Invoices' }).waitFor();
        await write(less);
        await log.getByText('Your role, Support, may not read the logs of instances.').waitFor();
        assert.equal(await log.getByRole('tab', { name: 'Log' }).count(), 0);
        assert.equal(await navigation(log).getByRole('link', { name: 'Invoices' }).count(), 0);

        await until('refused', list, ({ code }) => code === 'permission_denied');
        await invoices.getByRole('button', { name: 'Next page' }).click();
        await heading(invoices, 'Not allowed').waitFor();
        await invoices.getByText('Your role, Support, may not see invoices.').waitFor();
        assert.equal(await navigation(invoices).getByRole('link', { name: 'Invoices' }).count(), 0);
      }),
    );
  } finally {
    await write('');
    await until('allowed again', list, ({ code }) => code === 'ok');
  }
});
