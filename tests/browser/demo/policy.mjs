// The policy, written in the portal: what is wrong with it is told, what it takes away is gone, and nothing that was typed is lost.
import assert from 'node:assert/strict';
import { afterEach } from 'node:test';
import { test } from '../support/test.mjs';
import { axeEverywhere, fits } from '../support/look.mjs';
import { EMAILS, demo, outside } from '../support/demo.mjs';
import { Person, wide } from '../support/person.mjs';
import { until } from '../support/server.mjs';
import { shown } from './roles.mjs';

const PATH = '/roles?tab=policy';
const RESTART = 'p, master_support, /tenantry.v1.MasterAdminService/RestartDeployment\n';
const write = (text) => demo.ask('UpdatePolicy', { policy: { text }, updateMask: 'text' });
const rules = (page) => page.getByRole('textbox', { name: 'Rules' });
const press = (page, name) => page.getByRole('button', { name, exact: true }).click();

afterEach(async () => {
  if (demo.ask && !(await demo.ask('GetPolicy')).builtIn) await write('');
});

test('wrong rules are named with their lines, at the field, and nothing is saved', () =>
  demo.vendor.visit(PATH, wide, async (page) => {
    const { text, etag } = await demo.ask('GetPolicy');
    assert.equal(await rules(page).inputValue(), text);
    const line = text.split('\n').length;
    const wrong = `${text}p, tenant_king, /tenantry.v1.TenantAdminService/GetTenant\np, tenant_user, /tenantry.v1.TenantAdminService/Fly\n`;
    const expected = [
      `Line ${line} names "tenant_king", which is no role.`, `Line ${line + 1} names "/tenantry.v1.TenantAdminService/Fly", which no RPC is called.`,
    ];
    for (const button of ['Check', 'Save']) {
      await rules(page).fill(wrong);
      await press(page, button);
      await page.locator('.field-error').first().waitFor();
      assert.deepEqual(await page.locator('.field-error').allInnerTexts(), expected, button);
      assert.equal(await rules(page).getAttribute('aria-invalid'), 'true');
      const bound = (await rules(page).getAttribute('aria-describedby')).split(' ').at(-1);
      assert.equal(await page.locator(`#${bound} .field-error`).count(), 2, 'bound to the field');
      assert.equal((await demo.ask('GetPolicy')).etag, etag);
      if (button === 'Check') await axeEverywhere(page);
      await fits(page, 320);
      await page.setViewportSize({ width: 1280, height: 900 });
      await rules(page).fill(text);
      await press(page, 'Check');
      await page.getByText('Nothing is wrong with these rules.').first().waitFor();
      await page.locator('.field-error').first().waitFor({ state: 'detached' });
    }
  }));

test('a rule that is taken away stops others at once and leaves the table; the built-in rules bring it back', async () => {
  const ask = await outside('master', demo.login(EMAILS.support));
  const restart = async () => (await ask('MasterAdminService/RestartDeployment', { requestId: 'x', deploymentId: `dep_${'0'.repeat(32)}` })).code;
  await demo.vendor.visit(PATH, wide, async (page) => {
    const cell = async () => {
      await page.getByRole('tab', { name: 'Master' }).click();
      await page.locator('table.roles').waitFor();
      const all = (await shown(page)).cells.RestartDeployment;
      await page.getByRole('tab', { name: 'Policy' }).click();
      await rules(page).waitFor();
      return all;
    };
    await page.getByText('The rules that come with the program are in force.').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Use the built-in rules' }).count(), 0);
    assert.deepEqual(await cell(), ['May', 'May', 'May', 'May not']);
    assert.equal(await restart(), 'not_found', 'allowed, but there is no such instance');

    const text = await rules(page).inputValue();
    assert.ok(text.includes(RESTART));
    await rules(page).fill(text.replace(RESTART, ''));
    await press(page, 'Save');
    await page.getByText('Rules of your own are in force').waitFor();
    await until('refused', restart, (code) => code === 'permission_denied');
    await until('in the table', cell, (cells) => cells.every((it) => it === 'May not'));
    assert.equal((await rules(page).inputValue()).includes(RESTART), false);
    await axeEverywhere(page);
    await fits(page, 320);
    await page.setViewportSize({ width: 1280, height: 900 });

    await press(page, 'Use the built-in rules');
    await page.locator('dialog[open]').getByRole('button', { name: 'Use the built-in rules' }).click();
    await page.getByText('The rules that come with the program are in force.').waitFor();
    await page.waitForFunction((rule) => document.querySelector('textarea')?.value.includes(rule), RESTART);
    await until('allowed again', restart, (code) => code === 'not_found');
    await until('in the table', cell, ([, , support]) => support === 'May');
  });
});

test('rules that somebody else has written meanwhile are shown, what was typed stays, and is saved with the next try', () =>
  demo.vendor.visit(PATH, wide, async (page) => {
    const text = await rules(page).inputValue();
    const [mine, theirs] = [`${text}# mine\n`, `${text}# theirs\n`];
    await rules(page).fill(mine);
    await write(theirs);
    await press(page, 'Save');
    const told = page.getByRole('alert').filter({ hasText: 'Somebody else has written rules since you began.' });
    await told.waitFor();
    assert.match(await told.innerText(), /Nothing was saved[^]*Request id/);
    assert.equal(await rules(page).inputValue(), mine);
    assert.match(await page.getByRole('region', { name: 'Rules in force now' }).innerText(), /# theirs/);
    assert.equal((await demo.ask('GetPolicy')).text, theirs);
    await axeEverywhere(page);
    await fits(page, 320);
    await press(page, 'Save');
    await page.getByText('The rules are in force').first().waitFor();
    await told.waitFor({ state: 'detached' });
    assert.equal((await demo.ask('GetPolicy')).text, mine);
    assert.equal(await page.getByRole('region', { name: 'Rules in force now' }).count(), 0);
  }));

test('whoever leaves with rules unsaved is asked, on another tab as on another page', () =>
  demo.vendor.visit(PATH, wide, async (page) => {
    const typed = `${await rules(page).inputValue()}# typed\n`;
    await rules(page).fill(typed);
    const dialog = page.locator('dialog[open]', { hasText: 'Leave without saving?' });
    for (const leave of [
      () => page.getByRole('tab', { name: 'Tenant' }).click(),
      () => page.getByRole('tab', { name: 'Policy' }).press('ArrowLeft'),
      () => page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Users' }).click(),
    ]) {
      await leave();
      await dialog.getByRole('button', { name: 'Stay' }).click();
      await dialog.waitFor({ state: 'detached' });
      assert.match(page.url(), /\?tab=policy$/);
      assert.equal(await rules(page).inputValue(), typed);
    }
    await page.getByRole('tab', { name: 'Tenant' }).click();
    await dialog.getByRole('button', { name: 'Leave' }).click();
    await page.waitForURL(/\?tab=tenant$/);
    await page.locator('table.roles').waitFor();
    await page.getByRole('tab', { name: 'Policy' }).click();
    await rules(page).waitFor();
    assert.doesNotMatch(await rules(page).inputValue(), /# typed/);
  }));

test('whoever may not write the policy reads it', async () => {
  const support = await Person.signedIn(demo.browser, demo.url, 'master', demo.login(EMAILS.support));
  await support.visit(PATH, wide, async (page) => {
    assert.ok((await page.getByRole('region', { name: 'Rules in force' }).innerText()).includes(RESTART.trim()));
    assert.equal(await page.getByRole('textbox').count(), 0);
    assert.equal(await page.locator('main').getByRole('button', { name: /Save|Check|built-in/ }).count(), 0);
    await axeEverywhere(page);
    await fits(page, 320);
  });
  await support.close();
});
