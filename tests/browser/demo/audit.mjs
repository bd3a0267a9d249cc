// The audit log: found by the words that it shows, and saved as a file with every entry of the list.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from '../support/test.mjs';
import { demo, one } from '../support/demo.mjs';
import { failCalls, settled, wide } from '../support/person.mjs';

/** All entries that fit, newest first. */
async function entries(filter) {
  const all = [];
  for (let pageToken = ''; ; ) {
    const page = await demo.ask('ListAuditEntries', { filter, pageSize: 100, pageToken });
    all.push(...page.auditEntries);
    if (!page.nextPageToken) return all;
    pageToken = page.nextPageToken;
  }
}
/** The cells of a file after RFC 4180, line by line. */
function cells(text) {
  const lines = [];
  for (const [, cell, end] of text.matchAll(/"((?:[^"]|"")*)"(,|\r\n)/g)) {
    if (lines.length === 0 || lines.at(-1).ended) lines.push({ cells: [], ended: false });
    lines.at(-1).cells.push(cell.replaceAll('""', '"'));
    lines.at(-1).ended = end !== ',';
  }
  return lines.map(({ cells }) => cells);
}
/** What a button of the page saves. */
async function saved(page, button) {
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: button }).click()]);
  return { name: download.suggestedFilename(), text: await readFile(await download.path(), 'utf8') };
}

test('what is listed is saved as CSV and as JSON, all pages of it, and no cell is a formula', async () => {
  const email = '=1+2@formula.example';
  const { user } = await demo.ask('InviteUser', { requestId: email, email, displayName: '=1+2', role: 'ROLE_MASTER_VIEWER' });
  await demo.ask('RemoveUser', { userId: user.id });
  await demo.vendor.visit('/audit?kind=user,membership', wide, async (page) => {
    const listed = await entries('(subject_kind = user OR subject_kind = membership)');
    assert.ok(listed.length > 25, `${listed.length} entries are more than a page`);

    const csv = await saved(page, 'Export CSV');
    await page.getByText('The audit log was saved').waitFor();
    assert.equal(csv.name, 'audit.csv');
    const [header, ...lines] = cells(csv.text);
    assert.deepEqual(header, [
      'time', 'result', 'reason', 'action', 'actor_id', 'actor_name', 'subject_kind', 'subject_id', 'subject_name', 'tenant_id', 'reseller_id', 'changes',
      'request_id', 'remote_address', 'id',
    ]);
    const column = (name) => lines.map((line) => line[header.indexOf(name)]);
    assert.deepEqual(column('id'), listed.map(({ id }) => id));
    assert.deepEqual(column('action'), listed.map(({ action }) => action));
    assert.ok(column('subject_name').includes(`'${email}`), 'escaped');
    assert.deepEqual(lines.flat().filter((cell) => /^[=+\-@]/.test(cell)), []);

    const json = await saved(page, 'Export JSON');
    assert.equal(json.name, 'audit.jsonl');
    const objects = json.text.trimEnd().split('\n').map((line) => JSON.parse(line));
    assert.deepEqual(objects.map(({ id }) => id), listed.map(({ id }) => id));
    assert.ok(objects.some((it) => it.subject_name === email), 'as it is');
    assert.deepEqual(Object.keys(objects[0]).sort(), [...header].sort());
  });
});

test('an export that the server refuses is told, and can be tried again', () =>
  demo.vendor.visit('/audit', wide, async (page) => {
    await failCalls(page, 'ExportAuditEntries');
    await page.getByRole('button', { name: 'Export CSV' }).click();
    await page.getByText('The audit log was not saved.').waitFor();
    await page.unrouteAll();
    assert.match((await saved(page, 'Export CSV')).text, /^"time","result"/);
  }));

test('entries are found by the words that they are shown with, and by their object', () =>
  demo.vendor.visit('/audit', wide, async (page) => {
    for (const [text, words] of [['User: accept invitation', 'User: accept invitation'], ['instance: stop', 'Instance: stop']]) {
      await page.getByRole('searchbox').fill(text);
      await page.waitForURL((url) => url.searchParams.get('q') === text);
      await page.locator('tbody td', { hasText: words }).first().waitFor();
      await settled(page);
      const actions = await page.locator('tbody tr td:first-child').allInnerTexts();
      assert.deepEqual([...new Set(actions)], [words]);
    }
    await page.getByRole('searchbox').fill('mesa wireless');
    await page.locator('tbody tr', { hasText: 'Tenant: suspend' }).filter({ hasText: 'Mesa Wireless' }).waitFor();
  }));

for (const [name, owner, account] of [
  ['isp', 'tenant_id', () => one('Tenants', 'slug = bergnetz')],
  ['partner', 'reseller_id', () => one('Resellers', 'code = alpenlink')],
]) {
  test(`${name} finds and saves what happened in the own account, and nothing of others`, async () => {
    const { id } = await account();
    await demo[name].visit('/audit', wide, async (page) => {
      const all = cells((await saved(page, 'Export CSV')).text);
      const column = ([header, ...lines], of) => lines.map((line) => line[header.indexOf(of)]);
      assert.ok(all.length > 2, 'there is something');
      assert.deepEqual([...new Set(column(all, owner))], [id]);

      await page.getByRole('searchbox').fill('User: sign in');
      await page.waitForURL((url) => url.searchParams.get('q') === 'User: sign in');
      await page.locator('tbody td', { hasText: 'User: sign in' }).first().waitFor();
      await settled(page);
      assert.deepEqual([...new Set(await page.locator('tbody tr td:first-child').allInnerTexts())], ['User: sign in']);
      const found = cells((await saved(page, 'Export CSV')).text);
      assert.deepEqual([...new Set(column(found, 'action'))], ['user.sign_in']);
      assert.deepEqual(column(found, 'id'), column(all, 'id').filter((_, at) => column(all, 'action')[at] === 'user.sign_in'));
    });
  });
}
