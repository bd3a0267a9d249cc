// The whole way by keyboard alone, with the focus in sight at each stop; a page twice as large, with wide spaces, and without motion.
import assert from 'node:assert/strict';
import { test } from '../support/test.mjs';
import { strict } from '../support/browser.mjs';
import { EMAILS, demo } from '../support/demo.mjs';
import { Person, settled, wide } from '../support/person.mjs';

/** Presses Tab until the focus is on what is wanted. Each stop on the way must be seen: it has an outline, and nothing lies over it. */
async function tabTo(page, wanted) {
  const handle = await wanted.elementHandle();
  for (let stop = 0; stop < 80; stop++) {
    await page.keyboard.press('Tab');
    const problem = await page.evaluate(() => {
      const now = document.activeElement;
      if (now === document.body) return null;
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(now);
      const box = now.getBoundingClientRect();
      const top = document.elementFromPoint(box.left + Math.min(box.width, 20) / 2, box.top + Math.min(box.height, 20) / 2);
      const marked = (outlineStyle !== 'none' && outlineWidth !== '0px') || boxShadow !== 'none' || now.matches('.sr-only, .kpi-label a');
      const free = !top || now.contains(top) || top.contains(now) || now.matches('.sr-only');
      return marked && free ? null : `${marked ? 'covered' : 'no outline'}: ${now.outerHTML.slice(0, 120)}`;
    });
    assert.equal(problem, null);
    if (await handle.evaluate((it) => it === document.activeElement)) return;
  }
  assert.fail(`no way by Tab to ${wanted}`);
}

test('sign in, make a plan, change it, archive it: by keyboard alone', async () => {
  const operator = await Person.at(demo.browser, demo.url, 'master');
  const page = await operator.context.newPage();
  const check = strict(page);
  const { email, password } = demo.login(EMAILS.vendor);
  const field = (label) => page.getByLabel(new RegExp(`^${label}(Optional)?$`));
  const type = async (label, text) => {
    await tabTo(page, field(label));
    await page.keyboard.press('Control+A');
    await page.keyboard.type(text);
  };
  const press = async (locator) => {
    await tabTo(page, locator);
    await page.keyboard.press('Enter');
  };
  const heading = (name) => page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
  await page.goto(operator.address('/plans'));
  await type('Email', email);
  await type('Password', password);
  await page.keyboard.press('Enter');
  await heading('Plans');
  await settled(page);
  await press(page.getByRole('link', { name: 'New plan' }));
  await heading('New plan');
  for (const [label, text] of [['Name', 'Valley'], ['Code', 'valley'], ['Instances', '1'], ['Memory of each', '64'], ['Users', '2'], ['Amount', '12.5']]) {
    await type(label, text);
  }
  await page.keyboard.press('Enter');
  await heading('Valley');
  await press(page.getByRole('link', { name: 'Edit' }));
  await heading('Edit Valley');
  await type('Name', 'Valley Plus');
  await press(page.getByRole('button', { name: 'Save plan' }));
  await heading('Valley Plus');
  await press(page.getByRole('button', { name: 'Archive' }));
  await page.locator('dialog[open]').waitFor();
  await press(page.getByRole('button', { name: 'Archive plan' }));
  await page.locator('.page-title .badge', { hasText: 'Archived' }).waitFor();
  check();
  await operator.close();
});

test('at twice the size and with wide spaces nothing is cut off and everything still works', () =>
  demo.vendor.visit('/tenants', { theme: 'light', width: 640 }, async (page) => {
    await page.evaluate(() => {
      const wide = new CSSStyleSheet();
      wide.replaceSync('* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important } p { margin-bottom: 2em !important }');
      document.adoptedStyleSheets = [...document.adoptedStyleSheets, wide];
    });
    const cut = () =>
      page.evaluate(() =>
        [...document.querySelectorAll('main :is(h1, h2, p, a, button, dt, dd, label)')]
          .filter((it) => it.checkVisibility() && getComputedStyle(it).overflow === 'hidden' && it.scrollHeight > it.clientHeight + 1 && !it.matches('.sr-only, .sr-only *'))
          .map((it) => it.outerHTML.slice(0, 120)),
      );
    assert.deepEqual(await cut(), []);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    await page.getByRole('link', { name: 'Bergnetz' }).click();
    await page.getByText('Anna Moser').first().waitFor();
    await settled(page);
    assert.deepEqual(await cut(), []);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    await page.getByRole('button', { name: 'More' }).click();
    await page.getByRole('menuitem', { name: 'Edit' }).click();
    await page.getByRole('heading', { level: 1, name: 'Edit Bergnetz' }).waitFor();
  }));

test('who wants no motion sees none, not even while something is loaded', () =>
  demo.vendor.visit('/plans', wide, async (page) => {
    const moving = () => page.evaluate(() => document.getAnimations().filter((it) => it.playState === 'running' && it.effect.getComputedTiming().duration > 1).length);
    let release;
    const held = new Promise((resolve) => (release = resolve));
    await page.route('**/ListTenants', async (route) => {
      await held;
      await route.continue();
    });
    const tenants = page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Tenants' });
    await tenants.click();
    await page.locator('.skeleton-row').first().waitFor();
    assert.equal(await moving(), 0);
    await page.emulateMedia({ reducedMotion: 'no-preference' });
    await page.waitForFunction(() => document.getAnimations().length > 0);
    release();
    await settled(page);
    await page.unrouteAll();
  }));
