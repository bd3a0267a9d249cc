// Forms and dialogs: what is bound to a field, when something is said, what is sent, and what is asked before something is lost.
import assert from 'node:assert/strict';
import { test } from '../support/test.mjs';
import { demo, one } from '../support/demo.mjs';
import { failCalls, settled, wide } from '../support/person.mjs';

const button = (page, name) => page.getByRole('button', { name, exact: true });
const field = (scope, label) => scope.getByLabel(new RegExp(`^${label}(Optional)?$`));
const dialog = (page) => page.locator('dialog[open]');
const described = (element) =>
  element.evaluate((it) => (it.getAttribute('aria-describedby') ?? '').split(' ').map((id) => document.getElementById(id)?.innerText).join(' '));
const company = (page) => page.getByRole('group', { name: 'Company' });

/** Fills the onboarding form, but for what a test wants to be wrong. */
async function fill(page, slug) {
  const contact = page.getByRole('group', { name: 'Contact' });
  await field(company(page), 'Name').fill('Fjordnet');
  await field(page, 'Slug').fill(slug);
  await field(contact, 'Name').fill('Mia Berg');
  await field(contact, 'Email').fill('mia@fjordnet.example');
  await field(page, 'Plan').selectOption({ label: 'Carrier' });
  await field(page, 'Price').selectOption({ index: 1 });
}

test('a field has its label, hint and remark; nothing is said while somebody types for the first time', () =>
  demo.vendor.visit('/tenants/new', wide, async (page) => {
    const slug = field(page, 'Slug');
    assert.match(await described(slug), /The name in the instance/);
    await slug.pressSequentially('a');
    assert.equal(await slug.getAttribute('aria-invalid'), null);
    await page.keyboard.press('Tab');
    assert.equal(await slug.getAttribute('aria-invalid'), 'true');
    assert.match(await described(slug), /The name in the instance.*Use 3 to 30/s);
    await slug.fill('abc');
    assert.equal(await slug.getAttribute('aria-invalid'), null);
    await button(page, 'Onboard tenant').click();
    await page.waitForFunction(() => document.activeElement.getAttribute('aria-invalid') === 'true');
    assert.ok(await field(company(page), 'Name').evaluate((it) => it === document.activeElement));
    const summed = page.locator('.form-summary li');
    assert.equal(await summed.count(), await page.locator('[aria-invalid=true]').count());
    await summed.getByRole('link', { name: 'Plan' }).click();
    assert.equal(await page.evaluate(() => document.activeElement.tagName), 'SELECT');
    await page.getByRole('link', { name: 'Cancel' }).click();
    await button(page, 'Leave').click();
    await page.waitForURL(/\/tenants$/);
  }));

test("the server's remarks land on their fields, by Ctrl+Enter too", () =>
  demo.vendor.visit('/tenants/new', wide, async (page) => {
    await fill(page, 'bergnetz');
    await field(page, 'Slug').focus();
    await page.keyboard.press('Control+Enter');
    await page.getByText('There is a tenant with this slug already.').first().waitFor();
    await page.waitForFunction(() => document.activeElement.getAttribute('aria-invalid') === 'true');
    assert.equal(await page.evaluate(() => document.activeElement.value), 'bergnetz');
    assert.equal(await field(company(page), 'Name').inputValue(), 'Fjordnet');
    await field(page, 'Slug').fill('admin');
    await page.keyboard.press('Control+Enter');
    await page.waitForFunction(() => /reserved/i.test(document.querySelector('.form-summary')?.innerText ?? ''));
    await page.goto('about:blank', { waitUntil: 'commit' }).catch(() => {});
  }));

test('two quick clicks send one request, and a second try has the key of the first', () =>
  demo.vendor.visit('/plans/new', wide, async (page) => {
    const sent = [];
    page.on('request', (request) => request.url().endsWith('/CreatePlan') && sent.push(request.postDataBuffer().toString('latin1')));
    for (const [label, text] of [['Name', 'Island'], ['Code', 'island'], ['Instances', '1'], ['Memory of each', '64'], ['Users', '1'], ['Amount', '9']]) {
      await field(page, label).fill(text);
    }
    await failCalls(page, 'CreatePlan');
    await button(page, 'Create plan').dblclick();
    await page.locator('main [role=alert]').first().waitFor();
    assert.equal(sent.length, 1);
    await page.unrouteAll();
    await button(page, 'Create plan').dblclick();
    await page.getByRole('heading', { level: 1, name: 'Island' }).waitFor();
    assert.equal(sent.length, 2);
    const key = (body) => /[0-9a-f]{32}/.exec(body)[0];
    assert.equal(key(sent[1]), key(sent[0]));
    assert.equal((await demo.ask('ListPlans', { filter: 'code = island' })).plans.length, 1);
    await button(page, 'Archive').click();
    await button(page, 'Archive plan').click();
    await page.locator('.page-title .badge', { hasText: 'Archived' }).waitFor();
  }));

test('leaving a changed form asks: by a link, by going back, by closing the window', () =>
  demo.vendor.visit('/plans', wide, async (page) => {
    await page.getByRole('link', { name: 'New plan' }).click();
    await field(page, 'Name').fill('Half a plan');
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Tenants' }).click();
    await button(page, 'Stay').click();
    assert.match(page.url(), /\/plans\/new$/);
    assert.equal(await field(page, 'Name').inputValue(), 'Half a plan');
    await page.evaluate(() => history.back());
    await button(page, 'Stay').click();
    const asked = page.waitForEvent('dialog');
    const reloaded = page.reload().catch(() => {});
    const question = await asked;
    assert.equal(question.type(), 'beforeunload');
    await question.dismiss();
    await reloaded;
    assert.equal(await field(page, 'Name').inputValue(), 'Half a plan');
    await page.evaluate(() => history.back());
    await button(page, 'Leave').click();
    await page.waitForURL(/\/plans$/);
  }));

test('a dialog keeps the focus, makes the page behind it inert, closes on Escape and gives the focus back', async () => {
  const { id } = await one('Tenants', 'slug = nordkabel');
  await demo.vendor.visit(`/tenants/${id}`, wide, async (page) => {
    const more = button(page, 'More');
    const open = async (name) => {
      await more.click();
      await page.getByRole('menuitem', { name }).click();
      await dialog(page).waitFor();
    };
    await open('Suspend');
    for (let stop = 0; stop < 8; stop++) {
      await page.keyboard.press('Tab');
      assert.ok(await page.evaluate(() => !!document.activeElement.closest('dialog[open]')), `stop ${stop}`);
    }
    assert.ok(await page.evaluate(() => document.querySelector('dialog[open]').matches(':modal')));
    await page.keyboard.press('Escape');
    assert.equal(await dialog(page).count(), 0);
    await page.waitForFunction(() => document.activeElement.textContent.includes('More'));

    await open('Suspend');
    await field(dialog(page), 'Reason').fill('Something');
    await page.keyboard.press('Escape');
    await page.getByText('Your changes are not saved.').waitFor();
    await button(page, 'Discard').click();
    assert.equal(await dialog(page).count(), 0);
  });
});

test('a deletion says what is lost, wants the name, and can be undone for a while', async () => {
  const { id } = await one('Tenants', 'slug = nordkabel');
  await demo.vendor.visit(`/tenants/${id}`, wide, async (page) => {
    await button(page, 'More').click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await dialog(page).getByText('Its instances stop, its users are locked out').waitFor();
    const confirm = dialog(page).getByRole('button', { name: 'Delete tenant' });
    assert.ok(await confirm.isDisabled());
    await dialog(page).getByLabel(/to confirm/).fill('nordkabel');
    await confirm.click();
    await page.locator('.page-title .badge', { hasText: 'Deleted' }).waitFor();
    await button(page, 'Undo').click();
    await page.locator('.page-title .badge', { hasText: 'Active' }).waitFor();
    await settled(page);
  });
});
