// Lists: order, filters, search, pages, all in the address; what is shown while they load, and when there is nothing.
import assert from 'node:assert/strict';
import { test } from '../support/test.mjs';
import { demo } from '../support/demo.mjs';
import { failCalls, settled, wide } from '../support/person.mjs';

const names = (page) => page.locator('tbody .row-link').allInnerTexts();
const range = (page) => page.locator('.pager-range');
/** Holds the answers to an RPC back. Answers a function that lets them go. */
async function hold(page, rpc) {
  let release;
  const held = new Promise((resolve) => (release = resolve));
  await page.route(`**/${rpc}`, async (route) => {
    await held;
    await route.continue();
  });
  return release;
}

test('a header orders upwards, downwards and not at all, in the address too', () =>
  demo.vendor.visit('/tenants', wide, async (page) => {
    const header = page.getByRole('columnheader', { name: 'Name' });
    const natural = await names(page);
    const sorted = [...natural].sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1));
    for (const [sort, address, expected] of [
      ['ascending', '?sort=display_name', sorted],
      ['descending', '?sort=-display_name', [...sorted].reverse()],
      ['none', '', natural],
    ]) {
      await header.getByRole('button').click();
      await page.waitForURL(demo.vendor.address(`/tenants${address}`));
      await settled(page);
      assert.equal(await header.getAttribute('aria-sort'), sort);
      assert.deepEqual(await names(page), expected);
    }
  }));

test('an address that is shared shows the same filter, order, page and size', () =>
  demo.vendor.visit('/invoices', wide, async (page) => {
    await page.getByRole('button', { name: 'State', exact: true }).click();
    await page.getByLabel('Paid', { exact: true }).check();
    await page.waitForURL(/state=PAID/);
    await page.keyboard.press('Escape');
    await page.getByRole('columnheader', { name: 'Total' }).getByRole('button').click();
    await page.waitForURL(/sort=/);
    await settled(page);
    await page.getByRole('button', { name: 'Next page' }).click();
    await range(page).filter({ hasText: /^26–/ }).waitFor();
    await settled(page);
    const [rows, shown] = [await names(page), await range(page).innerText()];
    await page.reload();
    await settled(page);
    assert.deepEqual([await names(page), await range(page).innerText()], [rows, shown]);
    await demo.vendor.visit(new URL(page.url()).pathname.replace('/master', '') + new URL(page.url()).search, wide, async (other) => {
      assert.deepEqual([await names(other), await range(other).innerText()], [rows, shown]);
    });
  }));

test('pages show their range and the total; the size is kept for each list', () =>
  demo.vendor.visit('/invoices', wide, async (page) => {
    const total = Number(/^1–25 of (\d+)$/.exec(await range(page).innerText())[1]);
    assert.ok(total > 25, `${total} invoices`);
    const all = `1–${Math.min(total, 50)} of ${total}`;
    const seen = [];
    for (;;) {
      seen.push(...(await names(page)));
      const next = page.getByRole('button', { name: 'Next page' });
      if (await next.isDisabled()) break;
      await next.click();
      await range(page).filter({ hasText: new RegExp(`^${seen.length + 1}–`) }).waitFor();
      await settled(page);
    }
    assert.equal(seen.length, total);
    assert.equal(new Set(seen).size, total, 'each invoice is on one page');
    await page.locator('.pager-size select').selectOption('50');
    await range(page).filter({ hasText: all }).waitFor();
    await page.goto(demo.vendor.address('/invoices'));
    await range(page).filter({ hasText: all }).waitFor();
    await page.goto(demo.vendor.address('/audit'));
    await range(page).filter({ hasText: '1–25' }).waitFor();
    await page.goto(demo.vendor.address('/invoices'));
    await page.locator('.pager-size select').selectOption('25');
    await page.waitForURL(/size=25/);
  }));

test('the search waits until somebody has typed, and the last answer counts', () =>
  demo.vendor.visit('/tenants', wide, async (page) => {
    const asked = [];
    let release;
    const held = new Promise((resolve) => (release = resolve));
    await page.route('**/ListTenants', async (route) => {
      asked.push(route.request().postData() ?? '');
      if (asked.length === 1) await held;
      await route.continue();
    });
    const box = page.getByRole('searchbox');
    // By the page's own timers, as its search goes: a letter that comes from here may come too late for one call.
    await box.evaluate(async (input) => {
      for (const text of ['b', 'be', 'ber', 'berg']) {
        input.value = text;
        input.dispatchEvent(new Event('input', { bubbles: true }));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    });
    await page.waitForURL(/\?q=berg$/);
    while (asked.length === 0) await page.waitForTimeout(20);
    assert.equal(asked.length, 1, 'one call for four letters');
    await box.fill('hafen');
    await range(page).filter({ hasText: '1–1 of 1' }).waitFor();
    assert.deepEqual(await names(page), ['Hafenfunk Kiel']);
    const first = page.waitForResponse('**/ListTenants');
    release();
    await first;
    // Whether the page reads the answer to its end is its own affair.
    await page.waitForTimeout(300);
    assert.deepEqual(await names(page), ['Hafenfunk Kiel']);
    await page.unrouteAll();
  }));

test('loading has rows of the right height, so that nothing moves when they come', () =>
  demo.vendor.visit('/plans', wide, async (page) => {
    const release = await hold(page, 'ListTenants');
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Tenants' }).click();
    const skeleton = page.locator('.skeleton-row').first();
    await skeleton.waitFor();
    const [height, top] = await skeleton.evaluate((row) => [row.offsetHeight, row.getBoundingClientRect().top]);
    await page.evaluate(() => {
      globalThis.shifted = 0;
      // What is gone with the skeleton has not moved.
      const stays = (entry) => entry.sources.some(({ node }) => node?.isConnected);
      new PerformanceObserver((list) => list.getEntries().filter(stays).forEach((it) => (globalThis.shifted += it.value))).observe({
        type: 'layout-shift',
      });
    });
    release();
    await settled(page);
    const row = page.locator('tbody tr').first();
    assert.deepEqual(await row.evaluate((row) => [row.offsetHeight, row.getBoundingClientRect().top]), [height, top]);
    const shifted = await page.evaluate(() => globalThis.shifted);
    assert.ok(shifted <= 0.02, `a layout shift of ${shifted}`);
  }));

test('while other rows are on their way the old ones stay, under a thin bar', () =>
  demo.vendor.visit('/tenants', wide, async (page) => {
    const before = await names(page);
    const release = await hold(page, 'ListTenants');
    await page.getByRole('columnheader', { name: 'Name' }).getByRole('button').click();
    await page.locator('.table-card .progress-bar').waitFor();
    assert.deepEqual(await names(page), before);
    assert.equal(await page.locator('.skeleton-row').count(), 0);
    release();
    await page.locator('.table-card .progress-bar').waitFor({ state: 'hidden' });
    assert.notDeepEqual(await names(page), before);
  }));

test('nothing found and nothing answered are told apart, each with its way on', () =>
  demo.vendor.visit('/tenants?state=SUSPENDED', wide, async (page) => {
    await page.getByRole('searchbox').fill('nobody is called that');
    await page.getByText('No tenants match').waitFor();
    await page.getByRole('button', { name: 'Clear search and filters' }).click();
    await page.waitForURL(demo.vendor.address('/tenants'));
    await settled(page);
    assert.ok((await names(page)).length > 5);
    assert.equal(await page.getByRole('searchbox').inputValue(), '');

    await failCalls(page, 'ListTenants');
    await page.reload();
    await page.getByText('The tenants could not be loaded').waitFor();
    await page.getByText('0190a1b2c3d47e5f8071a2b3c4d5e6f7').waitFor();
    await page.unrouteAll();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.locator('tbody .row-link').first().waitFor();
  }));

test('a filter is a chip that can be taken away, and all of them at once', () =>
  demo.vendor.visit('/tenants?state=ACTIVE,SUSPENDED&created=from:2020-01-01', wide, async (page) => {
    await page.getByRole('button', { name: 'Remove filter State' }).click();
    await page.waitForURL(/\/tenants\?created=from:2020-01-01$/);
    await page.getByRole('button', { name: 'Clear all' }).click();
    await page.waitForURL(/\/tenants$/);
  }));
