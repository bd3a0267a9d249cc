// A session that ends over a page, one that cannot begin, and one's own password.
import assert from 'node:assert/strict';
import { test } from '../support/test.mjs';
import { strict } from '../support/browser.mjs';
import { EMAILS, demo, one } from '../support/demo.mjs';
import { Person, settled, wide } from '../support/person.mjs';
import { call } from '../support/rpc.mjs';

const field = (scope, label) => scope.getByLabel(new RegExp(`^${label}(Optional)?$`));
const button = (page, name) => page.getByRole('button', { name, exact: true });

test('a session that ends asks for a new sign-in over the page, and what was typed is still there', async () => {
  const { email, password } = demo.login(EMAILS.operator);
  const changed = `${password}, changed`;
  const operator = await Person.signedIn(demo.browser, demo.url, 'master', { email, password });
  const { id } = await one('Tenants', 'slug = talfunk');
  await operator.visit(`/tenants/${id}/edit`, wide, async (page) => {
    await field(page, 'Phone').fill('+41 81 555 01 22');
    // Another password ends all other sessions of the person.
    const elsewhere = await call(demo.url, 'AuthService/SignIn', { portal: 'PORTAL_MASTER', email, password });
    const change = { currentPassword: password, newPassword: changed };
    assert.equal((await call(demo.url, 'AuthService/ChangePassword', change, elsewhere.body.accessToken)).code, 'ok');
    await button(page, 'Save tenant').click();

    const again = page.locator('dialog[open]');
    await again.getByText('Sign in again').first().waitFor();
    await page.keyboard.press('Escape');
    assert.equal(await again.count(), 1, 'it stays until somebody signs in');
    assert.equal(await field(again, 'Email').inputValue(), email);
    await field(again, 'Password').fill(changed);
    await button(again, 'Sign in').click();
    await again.waitFor({ state: 'detached' });
    assert.equal(await field(page, 'Phone').inputValue(), '+41 81 555 01 22');
    await button(page, 'Save tenant').click();
    await page.getByRole('heading', { level: 1, name: 'Talfunk Genossenschaft' }).waitFor();
    await page.getByText('+41 81 555 01 22').waitFor();
  });
  await operator.close();
});

test("one's own password: a wrong current one is told at its field, and with a new one the session goes on", async () => {
  const { email, password } = demo.login(EMAILS.agent);
  const agent = await Person.signedIn(demo.browser, demo.url, 'reseller', { email, password });
  await agent.visit('/', wide, async (page) => {
    await page.getByRole('button', { name: /Account of/ }).click();
    await page.getByRole('link', { name: 'Change password' }).click();
    const [current, fresh] = [field(page, 'Current password'), field(page, 'New password')];
    assert.deepEqual([await current.getAttribute('autocomplete'), await fresh.getAttribute('autocomplete')], ['current-password', 'new-password']);
    await current.fill('not this one at all');
    await fresh.fill(`${password}, changed`);
    await button(page, 'Change password').click();
    await page.waitForFunction(() => document.activeElement.getAttribute('aria-invalid') === 'true');
    assert.ok(await current.evaluate((it) => it === document.activeElement));
    await current.fill(password);
    await button(page, 'Change password').click();
    await page.getByText('Password changed').waitFor();
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'Dashboard' }).waitFor();
  });
  await agent.close();
});

test('a server that does not answer at the start is told, with a way to try again', async () => {
  const page = await demo.partner.context.newPage();
  const check = strict(page, (problem) => problem.includes('RefreshSession'));
  await page.route('**/RefreshSession', (route) => route.abort('connectionrefused'));
  await page.goto(demo.partner.address('/customers'));
  await page.getByRole('heading', { name: 'Not connected' }).waitFor();
  await page.unrouteAll();
  await button(page, 'Try again').click();
  await page.getByRole('heading', { level: 1, name: 'Customers' }).waitFor();
  await settled(page);
  check();
  await page.close();
});

test('a time is relative, and on focus exact with its zone, which can be chosen', () =>
  demo.partner.visit('/customers', wide, async (page) => {
    const exactly = async () => {
      const time = page.locator('tbody time').first();
      assert.match(await time.innerText(), /ago$/);
      await time.focus();
      const tip = page.locator(`#${await time.getAttribute('aria-describedby')}`);
      await tip.waitFor();
      return tip.innerText();
    };
    const choose = async (zone) => {
      await page.getByRole('button', { name: /Account of/ }).click();
      await page.getByLabel('Times in').selectOption(zone);
      await page.keyboard.press('Escape');
    };
    await choose('Asia/Tokyo');
    const tokyo = await exactly();
    assert.match(tokyo, /GMT\+9|JST/);
    await page.reload();
    await settled(page);
    assert.equal(await exactly(), tokyo);
    await choose('America/Chicago');
    assert.match(await exactly(), /GMT-[56]|C[SD]T/);
    await choose('');
  }));
