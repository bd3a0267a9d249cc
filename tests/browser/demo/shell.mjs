// Finding one's way: skip link, titles and focus, back and forward, deep links, pages that are not there or not for everybody.
import assert from 'node:assert/strict';
import { test } from '../support/test.mjs';
import { strict } from '../support/browser.mjs';
import { EMAILS, demo, one } from '../support/demo.mjs';
import { Person, narrow, wide } from '../support/person.mjs';

const navigation = (page) => page.getByRole('navigation', { name: 'Main' });
const heading = (page, name) => page.getByRole('heading', { level: 1, name, exact: true });
const focusedTag = (page) => page.evaluate(() => document.activeElement.tagName);

for (const [name, home] of [['vendor', 'Tenants'], ['isp', 'Invoices'], ['partner', 'Customers']]) {
  test(`${name}: the skip link is the first stop and leads to the content`, () =>
    demo[name].visit('/', wide, async (page) => {
      await page.keyboard.press('Tab');
      assert.equal(await page.evaluate(() => document.activeElement.textContent.trim()), 'Skip to content');
      await page.keyboard.press('Enter');
      assert.equal(await focusedTag(page), 'MAIN');
    }));

  test(`${name}: another page has its title, its heading has the focus, and its link is the current one`, () =>
    demo[name].visit('/', wide, async (page) => {
      assert.equal(await page.title(), 'Dashboard · Tenantry');
      await navigation(page).getByRole('link', { name: home, exact: true }).click();
      await heading(page, home).waitFor();
      await page.waitForFunction(() => document.activeElement.tagName === 'H1');
      assert.equal(await page.title(), `${home} · Tenantry`);
      assert.deepEqual(await navigation(page).locator('[aria-current=page]').allInnerTexts(), [home]);
    }));

  test(`${name}: an address that leads nowhere says so inside of the portal`, () =>
    demo[name].visit('/no/such/page', wide, async (page) => {
      await heading(page, 'Page not found').waitFor();
      await navigation(page).waitFor();
      await page.getByRole('link', { name: 'Go to the dashboard' }).click();
      await heading(page, 'Dashboard').waitFor();
    }));
}

test('the next page begins at its top, and going back leads to where one was', () =>
  demo.vendor.visit('/invoices?size=50', wide, async (page) => {
    const link = page.locator('tbody .row-link').nth(40);
    await link.scrollIntoViewIfNeeded();
    const before = await page.evaluate(() => scrollY);
    assert.ok(before > 300);
    await link.click();
    await page.getByRole('heading', { level: 1, name: /^Invoice/ }).waitFor();
    await page.waitForFunction(() => scrollY === 0);
    await page.goBack();
    await page.waitForFunction((before) => Math.abs(scrollY - before) < 2, before);
  }));

test('back and forward lead through filters, pages and tabs', async () => {
  const { id } = await one('Tenants', 'slug = bergnetz');
  await demo.vendor.visit('/invoices', wide, async (page) => {
    const range = page.locator('.pager-range');
    const shown = async () => `${new URL(page.url()).search.replace(/page=[^&]+/, 'page=…')} ${await range.innerText()}`;
    const states = [await shown()];
    await page.getByRole('button', { name: 'State', exact: true }).click();
    await page.getByLabel('Paid', { exact: true }).check();
    await page.waitForURL(/state=PAID/);
    await range.filter({ hasNotText: states[0].split(' ').slice(1).join(' ') }).waitFor();
    states.push(await shown());
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Next page' }).click();
    await range.filter({ hasText: /^26/ }).waitFor();
    states.push(await shown());
    assert.equal(new Set(states).size, 3);
    for (const [step, expected] of [['goBack', 1], ['goBack', 0], ['goForward', 1], ['goForward', 2]]) {
      await page[step]();
      await page.waitForFunction((text) => document.querySelector('.pager-range')?.innerText === text, states[expected].split(' ').slice(1).join(' '));
      assert.equal(await shown(), states[expected]);
    }
    await page.goto(demo.vendor.address(`/tenants/${id}`));
    const selected = (name) => page.locator('[role=tab][aria-selected=true]', { hasText: name }).waitFor();
    await page.getByRole('tab', { name: 'Users' }).click();
    await page.getByText('anna@bergnetz.example').first().waitFor();
    await page.getByRole('tab', { name: 'Audit' }).click();
    await selected('Audit');
    await page.goBack();
    await selected('Users');
    await page.goForward();
    await selected('Audit');
  });
});

for (const [portal, who, path, title] of [
  ['master', 'vendor', '/tenants?state=ACTIVE&sort=-display_name', 'Tenants'],
  ['tenant', 'isp', '/instance?tab=log', 'Instance bergnetz'],
  ['reseller', 'partner', '/commissions?state=PENDING', 'Commissions'],
]) {
  test(`a link into the ${portal} portal is kept through the sign-in`, async () => {
    const somebody = await Person.at(demo.browser, demo.url, portal);
    const page = await somebody.context.newPage();
    const check = strict(page);
    const { email, password } = demo.login(EMAILS[who]);
    await page.goto(somebody.address(path));
    await page.getByLabel('Email').fill(email);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.keyboard.press('Enter');
    await heading(page, title).waitFor();
    assert.equal(page.url(), somebody.address(path));
    check();
    await somebody.close();
  });
}

test('a thing of somebody else is not there', async () => {
  const foreign = await one('Invoices', `tenant_id != ${(await one('Tenants', 'slug = bergnetz')).id}`);
  await demo.isp.visit(`/invoices/${foreign.id}`, wide, (page) => heading(page, 'Page not found').waitFor());
});

test('the drawer of a phone keeps the focus, closes on Escape and leads on', () =>
  demo.isp.visit('/', narrow, async (page) => {
    await page.getByRole('button', { name: 'Open navigation' }).click();
    for (let stop = 0; stop < 10; stop++) {
      await page.keyboard.press('Tab');
      assert.ok(await page.evaluate(() => !!document.activeElement.closest('dialog[open]')), `stop ${stop}`);
    }
    await page.keyboard.press('Escape');
    assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), 'Open navigation');
    await page.keyboard.press('Enter');
    await page.locator('dialog[open]').getByRole('link', { name: 'Invoices' }).click();
    await heading(page, 'Invoices').waitFor();
    assert.equal(await page.locator('dialog[open]').count(), 0);
  }));
