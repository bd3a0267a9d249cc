// The roles and what each may do: what the page says is what the server says and does, in all three portals.
import assert from 'node:assert/strict';
import { test } from '../support/test.mjs';
import { EMAILS, demo, invited, one, outside } from '../support/demo.mjs';
import { Person, narrow, settled, wide } from '../support/person.mjs';

const SERVICES = { master: 'MasterAdminService', tenant: 'TenantAdminService', reseller: 'ResellerService' };
const WORDS = { master: ['Admin', 'Operator', 'Support', 'Viewer'], tenant: ['Admin', 'User', 'Viewer'], reseller: ['Admin', 'Agent'] };

/** What the table says: its roles, their counts, which is one's own, and for each RPC what it says about each role. */
export const shown = (page) =>
  page.locator('table.roles').evaluate((table) => {
    const texts = (selector) => [...table.querySelectorAll(selector)].map((it) => it.textContent.trim());
    const rows = [...table.querySelectorAll('tbody tr:not(.roles-group)')];
    return {
      roles: texts('.roles-name'),
      counts: texts('.roles-count').map((text) => parseInt(text, 10)),
      own: [...table.querySelectorAll('.roles-role')].filter((it) => it.textContent.includes('Your role')).map((it) => it.querySelector('.roles-name').textContent),
      groups: texts('.roles-group'),
      cells: Object.fromEntries(
        rows.map((row) => [row.querySelector('code').textContent.trim(), [...row.querySelectorAll('td')].map((it) => it.textContent.trim())]),
      ),
    };
  });
/** The roles of a portal, the most powerful first, as the server tells somebody. */
const told = (body, portal) =>
  WORDS[portal].map((word) => body.roles.find(({ role }) => role === `ROLE_${portal}_${word}`.toUpperCase()).permissions);

for (const [name, portal, path, own] of [
  ['vendor', 'master', '/roles', ['Admin']], ['vendor', 'tenant', '/roles?tab=tenant', []], ['vendor', 'reseller', '/roles?tab=reseller', []],
  ['isp', 'tenant', '/roles', ['Admin']], ['partner', 'reseller', '/roles', ['Admin']],
]) {
  test(`${name} ${path}: the roles of the ${portal} portal, with all that the server says of them`, () =>
    demo[name].visit(path, wide, async (page) => {
      const ask = await outside(demo[name].portal, demo.login(EMAILS[name]));
      const { body } = await ask(`${SERVICES[demo[name].portal]}/GetRoles`);
      const permissions = told(body, portal);
      const table = await shown(page);
      assert.deepEqual([table.roles, table.own], [WORDS[portal], own]);
      assert.deepEqual(table.counts, permissions.map((all) => all.length));
      assert.ok(!table.groups.includes('Other'), table.groups.join());
      const names = permissions.flat().map((path) => path.split('/').at(-1));
      assert.deepEqual(names.filter((name) => !(name in table.cells)), [], 'an RPC without a row');
      for (const [rpc, cells] of Object.entries(table.cells)) {
        const may = permissions.map((all) => (all.some((path) => path.endsWith(`/${rpc}`)) ? 'May' : 'May not'));
        assert.deepEqual(cells, may, rpc);
      }
    }));
}

test('what the table says that a role may do the server does, and it refuses what it says that the role may not', async () => {
  const [tenantId, resellerId] = [(await one('Tenants', 'slug = bergnetz')).id, (await one('Resellers', 'code = alpenlink')).id];
  for (const [name, path, login, portal, column, rpcs] of [
    ['vendor', '/roles', demo.login(EMAILS.support), 'master', 2, { ListTenants: true, SuspendTenant: false }],
    ['isp', '/roles', await invited('ROLE_TENANT_VIEWER', { tenantId }), 'tenant', 2, { ListInvoices: true, InviteUser: false }],
    ['partner', '/roles', await invited('ROLE_RESELLER_AGENT', { resellerId }), 'reseller', 1, { ListCommissions: true, InviteUser: false }],
  ]) {
    const ask = await outside(portal, login);
    await demo[name].visit(path, wide, async (page) => {
      const { cells } = await shown(page);
      for (const [rpc, may] of Object.entries(rpcs)) {
        assert.equal(cells[rpc][column], may ? 'May' : 'May not', `${portal} ${rpc}`);
        assert.equal((await ask(`${SERVICES[portal]}/${rpc}`)).code, may ? 'ok' : 'permission_denied', `${portal} ${rpc}`);
      }
    });
  }
});

test('somebody else finds the own role marked', async () => {
  const tenantId = (await one('Tenants', 'slug = bergnetz')).id;
  const viewer = await Person.signedIn(demo.browser, demo.url, 'tenant', await invited('ROLE_TENANT_VIEWER', { tenantId }));
  await viewer.visit('/roles', wide, async (page) => {
    assert.deepEqual((await shown(page)).own, ['Viewer']);
  });
  await viewer.close();
});

test('a search leaves the actions with its words, is in the address, and finds nothing with a way back', () =>
  demo.vendor.visit('/roles?tab=tenant', wide, async (page) => {
    const all = Object.keys((await shown(page)).cells).length;
    const counts = (await shown(page)).counts;
    const box = page.getByRole('searchbox', { name: 'Search actions' });
    await box.fill('invite');
    await page.waitForURL(/\/roles\?tab=tenant&q=invite$/);
    await page.locator('.roles tbody tr:not(.roles-group)').nth(1).waitFor({ state: 'detached' });
    const table = await shown(page);
    assert.deepEqual([Object.keys(table.cells), table.groups, table.counts], [['InviteUser'], ['Users and roles'], counts]);
    await page.reload();
    await settled(page);
    assert.deepEqual(Object.keys((await shown(page)).cells), ['InviteUser']);
    await box.fill('GetInvoice');
    await page.getByRole('rowheader', { name: 'Get invoice' }).waitFor();
    await box.fill('nothing is called so');
    await page.getByText('No actions match').waitFor();
    await page.getByRole('button', { name: 'Clear search' }).click();
    await page.waitForURL(/\/roles\?tab=tenant$/);
    await page.locator('table.roles').waitFor();
    assert.equal(Object.keys((await shown(page)).cells).length, all);
  }));

test('the tabs are in the address, and the header stays in sight', () =>
  demo.vendor.visit('/roles', wide, async (page) => {
    await page.getByRole('tab', { name: 'Reseller' }).click();
    await page.waitForURL(/\?tab=reseller$/);
    assert.deepEqual((await shown(page)).roles, WORDS.reseller);
    await page.goBack();
    await page.locator('.roles-name', { hasText: 'Operator' }).waitFor();
    await page.locator('.roles tbody tr').last().scrollIntoViewIfNeeded();
    const [bar, header] = await page.evaluate(() =>
      ['.topbar', '.roles thead th'].map((it) => document.querySelector(it).getBoundingClientRect()).map(({ top, bottom }) => ({ top, bottom })),
    );
    assert.ok(await page.evaluate(() => scrollY > 500));
    assert.equal(header.top, bar.bottom, 'right under the bar');
  }));

test('on a phone all roles have room; on a smaller one the keyboard scrolls the table in its region, and the actions stay', () =>
  demo.vendor.visit('/roles', narrow, async (page) => {
    const region = page.getByRole('region', { name: 'What each role may do' });
    assert.equal(await region.evaluate((it) => it.scrollWidth - it.clientWidth), 0);
    await page.setViewportSize({ width: 280, height: 653 });
    await region.focus();
    const places = () =>
      region.evaluate((it) => [it.scrollLeft, ...['.roles-name', 'tbody .roles-action'].map((cell) => it.querySelector(cell).getBoundingClientRect().left)]);
    const [, role, action] = await places();
    await page.keyboard.press('ArrowRight');
    await page.waitForFunction(() => document.querySelector('.roles-region').scrollLeft > 10);
    const [scrolled, roleNow, actionNow] = await places();
    assert.equal(actionNow, action);
    assert.ok(Math.abs(role - roleNow - scrolled) < 1);
  }));

test('the users lead to the roles, and where a role is chosen they open beside the dialog', () =>
  demo.vendor.visit('/users', wide, async (page) => {
    await page.getByRole('button', { name: 'Invite user' }).click();
    const dialog = page.locator('dialog[open]');
    await dialog.getByLabel('Name').fill('Kim');
    const [opened] = await Promise.all([page.context().waitForEvent('page'), dialog.getByRole('link', { name: 'What each role may do' }).click()]);
    await settled(opened);
    assert.deepEqual((await shown(opened)).roles, WORDS.master);
    await opened.close();
    assert.equal(await dialog.getByLabel('Name').inputValue(), 'Kim');
    await page.keyboard.press('Escape');
    await dialog.getByRole('button', { name: 'Discard' }).click();
    await page.locator('main').getByRole('link', { name: 'Roles', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'Roles' }).waitFor();
  }));

test('the vendor is led from the people of an ISP to the roles of its portal', async () => {
  const { id } = await one('Tenants', 'slug = bergnetz');
  await demo.vendor.visit(`/tenants/${id}?tab=users`, wide, async (page) => {
    await page.getByRole('button', { name: 'Invite user' }).click();
    const link = page.locator('dialog[open]').getByRole('link', { name: 'What each role may do' });
    assert.equal(await link.getAttribute('href'), '/master/roles?tab=tenant');
  });
});
