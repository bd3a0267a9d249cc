// The components by themselves, in the gallery: what they do, and axe in both themes at both widths.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { after, before } from 'node:test';
import { test } from './support/test.mjs';
import { axe, launch, views, withPage } from './support/browser.mjs';
import { serve } from './support/static.mjs';

const root = join(import.meta.dirname, '../..');
const [wide, narrow] = [{ theme: 'light', width: 1280 }, { theme: 'light', width: 375 }];
const pages = ['/', '/tenants', '/tenants?q=nothing-like-it', '/form', '/states', '/sign-in'];

let browser, server;
before(async () => {
  execFileSync('scripts/portals.sh', ['build', '--release', '--app', 'gallery'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  server = await serve('gallery', resolve(root, process.env.CARGO_TARGET_DIR ?? 'target', 'portals/gallery'));
  browser = await launch();
});
after(async () => {
  await browser?.close();
  server?.stop();
});

/** Opens a page of the gallery and waits until it stands. */
async function open(page, path) {
  await page.goto(server.url + path);
  await page.locator('h1').first().waitFor();
}
const visit = (view, path, work) =>
  withPage(browser, view, async (page) => {
    await open(page, path);
    await work(page);
  });
const focused = (page, attribute) =>
  page.evaluate((name) => (name ? document.activeElement.getAttribute(name) : document.activeElement.tagName), attribute);

for (const view of views) {
  for (const path of pages) {
    test(`axe finds nothing on ${path}, ${view.name}`, () => visit(view, path, axe));
  }
  test(`axe finds nothing in a dialog and a menu, ${view.name}`, () =>
    visit(view, '/tenants', async (page) => {
      await page.locator('[aria-haspopup=menu]').first().click();
      await axe(page);
      await page.getByRole('menuitem', { name: 'Delete' }).click();
      await page.locator('dialog[open]').waitFor();
      await axe(page);
    }));
  test(`axe finds nothing on a form with errors, ${view.name}`, () =>
    visit(view, '/form', async (page) => {
      await page.getByRole('button', { name: 'Create tenant' }).click();
      await page.locator('.form-summary').waitFor();
      await axe(page);
    }));
}

for (const path of [...pages, '/tenants/ten_0190a1b2c3d47e5f8071000000000000']) {
  test(`no sideways scrolling at 320 px on ${path}`, () =>
    visit({ theme: 'light', width: 320 }, path, async (page) => {
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 320);
    }));
}

test('the skip link is the first stop and leads to the content', () =>
  visit(wide, '/', async (page) => {
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.textContent.trim()), 'Skip to content');
    await page.keyboard.press('Enter');
    assert.equal(await focused(page), 'MAIN');
  }));

test('a change of page moves the focus to the heading and changes the title', () =>
  visit(wide, '/', async (page) => {
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Tenants' }).click();
    await page.getByRole('heading', { name: 'Tenants' }).waitFor();
    await page.waitForFunction(() => document.activeElement.tagName === 'H1');
    assert.equal(await page.title(), 'Tenants · Tenantry');
    assert.equal(await page.locator('.shell-sidebar [aria-current=page]').innerText(), 'Tenants');
  }));

test('the sidebar stays collapsed over a reload', () =>
  visit(wide, '/', async (page) => {
    await page.getByRole('button', { name: 'Collapse sidebar' }).click();
    await page.reload();
    const sidebar = page.locator('.shell-sidebar');
    await sidebar.waitFor();
    assert.equal((await sidebar.boundingBox()).width, 64);
  }));

test('the drawer keeps the focus and closes on Escape', () =>
  visit(narrow, '/', async (page) => {
    const opener = page.getByRole('button', { name: 'Open navigation' });
    await opener.click();
    for (let stop = 0; stop < 12; stop++) {
      await page.keyboard.press('Tab');
      assert.ok(await page.evaluate(() => !!document.activeElement.closest('dialog.drawer')), `stop ${stop}`);
    }
    await page.keyboard.press('Escape');
    assert.equal(await page.locator('dialog[open]').count(), 0);
    assert.equal(await focused(page, 'aria-label'), 'Open navigation');
  }));

test('the theme follows the choice, without a flash after a reload', () =>
  visit(wide, '/', async (page) => {
    await page.getByRole('button', { name: /Account of/ }).click();
    await page.getByText('Dark', { exact: true }).click();
    assert.equal(await page.locator('html').getAttribute('data-theme'), 'tenantry-dark');
    await page.route('**/*.wasm', (route) => new Promise(() => route));
    await page.reload({ waitUntil: 'commit' });
    await page.locator('#boot').waitFor();
    assert.equal(await page.locator('html').getAttribute('data-theme'), 'tenantry-dark');
    await page.unrouteAll({ behavior: 'ignoreErrors' });
  }));

test('a list orders, filters, searches and pages through the address', () =>
  visit(wide, '/tenants', async (page) => {
    const header = page.getByRole('columnheader', { name: 'Name' });
    const first = () => page.locator('tbody tr').first().locator('.row-link').innerText();
    for (const [sort, address] of [['ascending', '?sort=name'], ['descending', '?sort=-name'], ['none', '']]) {
      await header.getByRole('button').click();
      await page.waitForURL(`${server.url}/tenants${address}`);
      assert.equal(await header.getAttribute('aria-sort'), sort);
    }
    await page.getByRole('button', { name: 'Next page' }).click();
    await page.getByText('26–50 of 72').waitFor();
    const [url, row] = [page.url(), await first()];
    await page.reload();
    await page.getByText('26–50 of 72').waitFor();
    assert.deepEqual([page.url(), await first()], [url, row]);
    await page.goBack();
    await page.getByText('1–25 of 72').waitFor();

    await page.getByRole('button', { name: 'State', exact: true }).click();
    await page.getByLabel('Suspended').check();
    await page.getByText('1–9 of 9').waitFor();
    await page.getByRole('button', { name: 'Remove filter State' }).click();
    await page.getByText('1–25 of 72').waitFor();

    await page.getByRole('searchbox').pressSequentially('harbor', { delay: 30 });
    await page.waitForURL(/\?q=harbor$/);
    await page.getByText('1–6 of 6').waitFor();
    await page.getByRole('searchbox').fill('nothing like it');
    await page.getByText('No tenants match').waitFor();
    await page.getByRole('button', { name: 'Clear search and filters' }).click();
    await page.getByText('1–25 of 72').waitFor();
    assert.equal(await page.getByRole('searchbox').inputValue(), '');
  }));

test('the page size of a list is kept', () =>
  visit(wide, '/tenants', async (page) => {
    await page.getByLabel(/^Rows/).selectOption('50');
    await page.getByText('1–50 of 72').waitFor();
    await open(page, '/tenants');
    await page.getByText('1–50 of 72').waitFor();
  }));

test('a row is one link, and its menu works by keyboard', () =>
  visit(wide, '/tenants', async (page) => {
    const row = page.locator('tbody tr').nth(1);
    await page.locator('[aria-haspopup=menu]').nth(1).focus();
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.activeElement.textContent === 'Suspend');
    await page.keyboard.press('ArrowDown');
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Delete');
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => document.activeElement.getAttribute('aria-haspopup') === 'menu');
    const box = await row.locator('td').nth(2).boundingBox();
    await page.mouse.click(box.x + 20, box.y + 10);
    await page.waitForURL(/\/tenants\/ten_/);
  }));

test('a form says what is wrong at the field and above, and not while somebody types', () =>
  visit(wide, '/form', async (page) => {
    const slug = page.getByLabel('Slug');
    await slug.pressSequentially('a');
    assert.equal(await slug.getAttribute('aria-invalid'), null);
    await slug.blur();
    assert.equal(await slug.getAttribute('aria-invalid'), 'true');
    const described = await slug.getAttribute('aria-describedby');
    const texts = await page.evaluate((ids) => ids.split(' ').map((id) => document.getElementById(id).innerText), described);
    assert.match(texts.join(' '), /Part of the address.*Use 3 to 30/s);
    await slug.fill('acme');
    assert.equal(await slug.getAttribute('aria-invalid'), null);

    await page.getByRole('button', { name: 'Create tenant' }).click();
    await page.waitForFunction(() => document.activeElement.getAttribute('aria-invalid') === 'true');
    const name = page.getByLabel('Company name');
    assert.equal(await focused(page, 'id'), await name.getAttribute('id'));
    assert.equal(await page.locator('.form-summary li').count(), 4);
    await page.locator('.form-summary').getByRole('link', { name: 'Plan' }).click();
    assert.equal(await focused(page), 'SELECT');
  }));

/** Fills the form of the gallery. */
async function fill(page, slug) {
  await page.getByLabel('Company name').fill('Acme Fiber');
  await page.getByLabel('Slug').fill(slug);
  await page.getByLabel('Contact email').fill('ops@acme.example');
  await page.getByLabel('Plan').selectOption('growth');
  await page.getByLabel('Price a month').fill('1.250,5');
}

test('remarks of the server land on their fields; Ctrl+Enter sends', () =>
  visit(wide, '/form', async (page) => {
    await fill(page, 'taken');
    await page.getByLabel('Notes').focus();
    await page.keyboard.press('Control+Enter');
    await page.getByText('Another tenant has this slug.').first().waitFor();
    await page.waitForFunction(() => document.activeElement.getAttribute('aria-invalid') === 'true');
    assert.equal(await focused(page, 'id'), await page.getByLabel('Slug').getAttribute('id'));
    assert.equal(await page.getByLabel('Price a month').inputValue(), '1250.50');
    await page.getByLabel('Slug').fill('away');
    await page.getByRole('button', { name: 'Create tenant' }).click();
    await page.getByText('It is not known whether this was saved').waitFor();
    await page.getByText('req_5f1c20aa').waitFor();
    await page.getByLabel('Slug').fill('acme');
    await page.getByRole('button', { name: 'Create tenant' }).click();
    await page.getByText('Tenant created').waitFor();
    await page.waitForURL(/\/tenants$/);
  }));

test('leaving a changed form asks, by a link and by going back', () =>
  visit(wide, '/', async (page) => {
    const navigation = page.getByRole('navigation', { name: 'Main' });
    await navigation.getByRole('link', { name: 'New tenant' }).click();
    await page.getByLabel('Company name').fill('Acme');
    await navigation.getByRole('link', { name: 'States' }).click();
    await page.getByRole('button', { name: 'Stay' }).click();
    assert.match(page.url(), /\/form$/);
    await page.evaluate(() => history.back());
    await page.getByRole('button', { name: 'Leave' }).click();
    await page.waitForURL(`${server.url}/`);
  }));

test('a password can be shown, and has the token for managers', () =>
  visit(wide, '/sign-in', async (page) => {
    const password = page.getByLabel('Password', { exact: true });
    await password.fill('secret');
    assert.equal(await password.getAttribute('autocomplete'), 'current-password');
    await page.getByRole('button', { name: 'Show password' }).click();
    assert.equal(await password.getAttribute('type'), 'text');
    await page.getByLabel('Email').fill('ada@vendor.example');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('The email address or the password is wrong.').waitFor();
  }));

test('a destructive action wants the name typed, and can be undone', () =>
  visit(wide, '/tenants', async (page) => {
    await page.locator('[aria-haspopup=menu]').first().click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    const confirm = page.getByRole('button', { name: 'Delete tenant' });
    assert.ok(await confirm.isDisabled());
    await page.getByLabel(/to confirm/).fill('Nordlicht Fiber');
    await confirm.click();
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('Nordlicht Fiber is back').waitFor();
    assert.equal(await page.locator('dialog[open]').count(), 0);
  }));

test('a dialog keeps the focus and gives it back; with changes it asks first', () =>
  visit(wide, '/states', async (page) => {
    await page.getByRole('button', { name: 'With a form' }).click();
    for (let stop = 0; stop < 8; stop++) {
      await page.keyboard.press('Tab');
      assert.ok(await page.evaluate(() => !!document.activeElement.closest('dialog[open]')), `stop ${stop}`);
    }
    await page.getByLabel('Reference').fill('INV-1');
    await page.keyboard.press('Escape');
    await page.getByText('Your changes are not saved.').waitFor();
    await page.getByRole('button', { name: 'Discard' }).click();
    assert.equal(await page.locator('dialog[open]').count(), 0);
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'With a form');
    await page.getByRole('button', { name: 'Session ended' }).click();
    await page.keyboard.press('Escape');
    await page.getByText('Sign in again').waitFor();
  }));

test('messages are three at most and stay while they are hovered', () =>
  visit(wide, '/states', async (page) => {
    for (let count = 0; count < 4; count++) await page.getByRole('button', { name: 'Done', exact: true }).click();
    assert.equal(await page.locator('.toast').count(), 3);
    await page.locator('.toast').first().hover();
    await page.waitForTimeout(7000);
    assert.equal(await page.locator('.toast').count(), 3);
    await page.mouse.move(5, 5);
    await page.locator('.toast').first().waitFor({ state: 'detached', timeout: 8000 });
  }));

test('an id is copied whole', () =>
  visit(wide, '/tenants/ten_0190a1b2c3d47e5f8071000000000000', async (page) => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: 'Copy tenant id' }).click();
    await page.getByText('Copied').waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'ten_0190a1b2c3d47e5f8071000000000000');
  }));

test('a time says exactly when on focus, with its zone', () =>
  visit(wide, '/tenants', async (page) => {
    const time = page.locator('tbody time').first();
    await time.focus();
    const tip = page.locator(`#${await time.getAttribute('aria-describedby')}`);
    assert.ok(await tip.isVisible());
    assert.match(await tip.innerText(), /\d{4}.*\d{2}:\d{2}:\d{2}.*(UTC|GMT|[A-Z]{3})/);
  }));

test('tabs are in the address and move by arrow keys', () =>
  visit(wide, '/tenants/ten_0190a1b2c3d47e5f8071000000000000', async (page) => {
    await page.getByRole('tab', { name: 'Overview' }).focus();
    await page.keyboard.press('ArrowRight');
    await page.waitForURL(/\?tab=log$/);
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Log');
    await page.goBack();
    await page.locator('[role=tab][aria-selected=true]', { hasText: 'Overview' }).waitFor();
  }));

test('a log follows, pauses on scrolling up, and finds', () =>
  visit(wide, '/tenants/ten_0190a1b2c3d47e5f8071000000000000?tab=log', async (page) => {
    const lines = page.getByRole('log');
    const atEnd = () => lines.evaluate((log) => log.scrollHeight - log.scrollTop - log.clientHeight < 24);
    await page.waitForFunction(() => document.querySelectorAll('.log-line').length > 200);
    assert.ok(await atEnd());
    await lines.hover();
    await page.mouse.wheel(0, -600);
    await page.getByText('Paused').waitFor();
    await page.getByRole('button', { name: /Jump to latest \(\d+ new\)/ }).click();
    await page.getByText('Following').waitFor();
    await page.waitForTimeout(200);
    assert.ok(await atEnd());
    await page.getByRole('searchbox').fill('locked');
    await page.getByText(/^\d+ found$/).waitFor();
    await page.keyboard.press('Enter');
    await page.getByText(/^1 of \d+$/).waitFor();
    await page.keyboard.press('Shift+Enter');
    await page.getByText(/^(\d+) of \1$/).waitFor();
    assert.equal(await page.locator('.log-current').count(), 1);
  }));

test('a chart is read by arrow keys and as a table, with the same numbers', () =>
  visit(wide, '/tenants/ten_0190a1b2c3d47e5f8071000000000000', async (page) => {
    const chart = page.getByRole('img', { name: /Memory of the last hour/ });
    await chart.focus();
    await page.keyboard.press('End');
    const shown = await page.locator('.chart-tooltip strong').allInnerTexts();
    await page.getByRole('button', { name: 'Show as table' }).click();
    const cells = await page.locator('.chart-table tbody tr').last().locator('td').allInnerTexts();
    assert.deepEqual(shown, cells);
  }));

test('after a panic there is a way on, and it is said once', async () => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  const reports = [];
  page.on('console', (message) => message.type() === 'error' && /err_[0-9a-f]{32}/.test(message.text()) && reports.push(message));
  await open(page, '/states');
  await page.getByRole('button', { name: 'Break this page' }).click();
  await page.getByRole('heading', { name: 'Something went wrong' }).waitFor();
  const id = await page.locator('.recovery code').innerText();
  assert.match(reports[0].text(), new RegExp(id));
  await page.waitForTimeout(300);
  assert.equal(reports.length, 1);
  await page.getByRole('link', { name: 'Reload the page' }).click();
  await page.getByRole('heading', { name: 'States' }).waitFor();
  await context.close();
});

test('what can be pressed is large enough', () =>
  visit(wide, '/tenants', async (page) => {
    const small = await page.evaluate(() =>
      [...document.querySelectorAll('button, a[href], input, select')]
        .filter((element) => element.checkVisibility() && !element.closest('.sr-only, .skip-link') && !element.matches('.sr-only, .skip-link'))
        .map((element) => [element, element.getBoundingClientRect()])
        .filter(([element, box]) => !element.matches('.row-link') && (box.width < 24 || box.height < 24))
        .map(([element]) => element.outerHTML.slice(0, 120)),
    );
    assert.deepEqual(small, []);
  }));
