// Figures are true: the number of a tile is the number of rows in the list that it leads to, and a chart says the same as its table.
import assert from 'node:assert/strict';
import { test } from '../support/test.mjs';
import { demo } from '../support/demo.mjs';
import { settled, wide } from '../support/person.mjs';

for (const [who, label] of [
  ['vendor', 'Active tenants'],
  ['vendor', 'Failing instances'],
  ['vendor', 'Overdue invoices'],
  ['partner', 'Active customers'],
]) {
  test(`${who}: "${label}" is the number of rows behind it`, () =>
    demo[who].visit('/', wide, async (page) => {
      const tile = page.locator('.kpi', { has: page.getByRole('heading', { name: label }) });
      const value = Number(await tile.locator('.kpi-value').innerText());
      await tile.getByRole('link').click();
      await page.waitForURL(/\?/);
      await page.getByRole('heading', { level: 1 }).and(page.locator(':not(:text-is("Dashboard"))')).waitFor();
      await settled(page);
      assert.equal(await page.locator('tbody tr').count(), value);
    }));
}

test('the states of the tenants are those of the list', () =>
  demo.vendor.visit('/', wide, async (page) => {
    const entries = await page.locator('.stack-entry').evaluateAll((all) => all.map((it) => [it.getAttribute('href'), Number(it.querySelector('strong').innerText)]));
    assert.ok(entries.length >= 3);
    for (const [href, count] of entries) {
      await page.goto(demo.url + href);
      await settled(page);
      assert.equal(await page.locator('tbody tr').count(), count, href);
    }
  }));

test('a change against the period before has words and an arrow, not a colour alone', () =>
  demo.vendor.visit('/', wide, async (page) => {
    for (const delta of await page.locator('.kpi-delta').all()) {
      assert.match(await delta.innerText(), /\d+ (new|.*(more|less|as much))/);
      assert.equal(await delta.locator('svg').count(), 1);
    }
    assert.ok((await page.locator('.kpi-delta').count()) >= 2);
  }));

test('a chart is read by arrow keys and as a table, with the same numbers', () =>
  demo.vendor.visit('/', wide, async (page) => {
    await page.getByRole('img', { name: /Monthly recurring revenue/ }).focus();
    await page.keyboard.press('End');
    const shown = await page.locator('.chart-tooltip strong').allInnerTexts();
    assert.equal(shown.length, 2);
    await page.getByRole('button', { name: 'Show as table' }).click();
    assert.deepEqual(await page.locator('.chart-table tbody tr').last().locator('td').allInnerTexts(), shown);
  }));
