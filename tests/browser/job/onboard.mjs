// The first admin, a plan, a reseller, an ISP; its instance, its invoice, the payment, the commission.
import assert from 'node:assert/strict';
import { axe } from '../support/browser.mjs';
import { call } from '../support/rpc.mjs';
import { settled } from '../support/person.mjs';
import { fetchInstance, until } from '../support/server.mjs';
import { PASSWORD, accept, arrive, ask, badge, button, checked, dialog, field, goTo, job, link } from './cast.mjs';

checked('the first admin is made with the link that the job.server printed', async () => {
  const [address] = /http:\S+\/master\/setup#\S+/.exec(job.server.output());
  job.vendor = await arrive('master', address);
  await button(job.vendor, 'Create admin').click();
  await job.vendor.getByText('Enter a password of 12 to 200 characters.').first().waitFor();
  await field(job.vendor, 'Name').fill('Vera Vendor');
  await field(job.vendor, 'Email').fill('vera@vendor.example');
  await field(job.vendor, 'Password').fill(PASSWORD);
  await button(job.vendor, 'Create admin').click();
  await job.vendor.getByRole('heading', { name: 'Dashboard' }).waitFor();
  await settled(job.vendor);
  await job.vendor.getByText('No tenants yet').waitFor();
  await axe(job.vendor);
});

checked('the link works once', async () => {
  const [address] = /http:\S+\/master\/setup#\S+/.exec(job.server.output());
  const late = await arrive('master', address);
  await field(late, 'Name').fill('Somebody Else');
  await field(late, 'Email').fill('else@vendor.example');
  await field(late, 'Password').fill(PASSWORD);
  await button(late, 'Create admin').click();
  await late.locator('main [role=alert]').waitFor();
  await late.close();
});

checked('the admin signs out and in again', async () => {
  await job.vendor.getByRole('button', { name: /Account of/ }).click();
  await button(job.vendor, 'Sign out').click();
  await field(job.vendor, 'Email').fill('vera@vendor.example');
  await field(job.vendor, 'Password').fill(`${PASSWORD}?`);
  await button(job.vendor, 'Sign in').click();
  await job.vendor.getByText(/The e-?mail address or the password is wrong/).waitFor();
  await field(job.vendor, 'Password').fill(PASSWORD);
  await button(job.vendor, 'Sign in').click();
  await job.vendor.getByRole('heading', { name: 'Dashboard' }).waitFor();
  const { body } = await call(job.server.url, 'AuthService/SignIn', { portal: 'PORTAL_MASTER', email: 'vera@vendor.example', password: PASSWORD });
  job.token = body.accessToken;
});

checked('an empty list says what belongs there and begins it', async () => {
  await goTo(job.vendor, 'Plans');
  await job.vendor.getByText('No plans yet').waitFor();
  await axe(job.vendor);
  await link(job.vendor, 'New plan').first().click();
  await job.vendor.getByRole('heading', { name: 'New plan' }).waitFor();
});

checked('a plan is made; what is wrong is said at each field', async () => {
  await button(job.vendor, 'Create plan').click();
  const name = field(job.vendor, 'Name');
  await job.vendor.waitForFunction(() => document.activeElement.getAttribute('aria-invalid') === 'true');
  assert.equal(await name.evaluate((it) => it === document.activeElement), true, 'the first wrong field has the focus');
  const wrong = await job.vendor.locator('[aria-invalid=true]').count();
  assert.equal(await job.vendor.locator('.form-summary li').count(), wrong);
  await name.fill('Fibre 100');
  await field(job.vendor, 'Code').fill('fibre-100');
  await field(job.vendor, 'Instances').fill('2');
  await field(job.vendor, 'Memory of each').fill('256');
  await field(job.vendor, 'Users').fill('10');
  await field(job.vendor, 'Amount').fill('49');
  await button(job.vendor, 'Create plan').click();
  await job.vendor.getByRole('heading', { name: 'Fibre 100' }).waitFor();
  await badge(job.vendor, 'Active');
  await job.vendor.getByText('€49.00').waitFor();
});

checked('a second plan with the code is refused at the field', async () => {
  await job.vendor.goto(`${job.server.url}/master/plans/new`);
  for (const [label, text] of [['Name', 'Fibre 200'], ['Code', 'fibre-100'], ['Instances', '1'], ['Memory of each', '64'], ['Users', '1'], ['Amount', '1']]) {
    await field(job.vendor, label).fill(text);
  }
  await button(job.vendor, 'Create plan').click();
  const code = field(job.vendor, 'Code');
  await job.vendor.waitForFunction((it) => it.getAttribute('aria-invalid') === 'true', await code.elementHandle());
  await link(job.vendor, 'Cancel').click();
  await button(job.vendor, 'Leave').click();
  await job.vendor.getByRole('heading', { name: 'Plans' }).waitFor();
});

checked('a reseller is made, and an agent of it invited', async () => {
  await goTo(job.vendor, 'Resellers');
  await link(job.vendor, 'New reseller').first().click();
  await field(job.vendor, 'Name').fill('Alpine Partners');
  await field(job.vendor, 'Code').fill('alpine-partners');
  await field(job.vendor, 'Email').fill('sales@alpine.example');
  await field(job.vendor, 'First invoice').fill('150');
  await button(job.vendor, 'Create reseller').click();
  await job.vendor.locator('.form-summary').waitFor();
  await field(job.vendor, 'First invoice').fill('15');
  await field(job.vendor, 'Later invoices').fill('5');
  await field(job.vendor, 'Held for').fill('30');
  await button(job.vendor, 'Create reseller').click();
  await job.vendor.getByRole('heading', { name: 'Alpine Partners' }).waitFor();
  await job.vendor.getByRole('tab', { name: 'Users' }).click();
  await button(job.vendor, 'Invite user').click();
  await field(dialog(job.vendor), 'Name').fill('Paula Partner');
  await field(dialog(job.vendor), 'Email').fill('paula@alpine.example');
  await field(dialog(job.vendor), 'Role').selectOption({ label: 'Admin' });
  await dialog(job.vendor).getByRole('button', { name: 'Invite', exact: true }).click();
  await job.vendor.getByText('This link is shown once').waitFor();
  await axe(job.vendor);
  job.partner = await arrive('reseller', await job.vendor.locator('dialog[open] .copy-id code').innerText());
  await button(job.vendor, 'Done').click();
  await accept(job.partner, 'Alpine Partners');
});

checked('an ISP is onboarded, and each step is seen as it happens', async () => {
  await goTo(job.vendor, 'Tenants');
  await link(job.vendor, 'Onboard tenant').first().click();
  await field(job.vendor, 'Name').first().fill('North Net');
  assert.equal(await field(job.vendor, 'Slug').inputValue(), 'north-net');
  await field(job.vendor, 'Reseller').selectOption({ label: 'Alpine Partners' });
  const contact = job.vendor.getByRole('group', { name: 'Contact' });
  await field(contact, 'Name').fill('Nora North');
  await field(contact, 'Email').fill('nora@north.example');
  await field(job.vendor, 'Plan').selectOption({ label: 'Fibre 100' });
  await field(job.vendor, 'Main colour').first().fill('#0a7f5a');
  await button(job.vendor, 'Onboard tenant').click();
  await job.vendor.waitForURL(/\/operations\/ope_/);
  await job.vendor.locator('.step-running, .step-done').first().waitFor();
  job.operation = job.vendor.url().split('/').at(-1);
  await badge(job.vendor, 'Succeeded');
  const words = await job.vendor.locator('.step-word').allInnerTexts();
  assert.ok(words.length >= 4 && words.every((word) => word === 'Done'), words.join());
  await job.vendor.getByText('Ready to hand over').waitFor();
});

checked("the ISP's page answers, and its admin accepts the invitation, which is shown once", async () => {
  await button(job.vendor, 'Create invitation link').click();
  const invitation = await job.vendor.locator('.copy-id code').filter({ hasText: '/invitation#' }).innerText();
  await job.vendor.getByText('it is not shown again').waitFor();
  job.deployment = await ask('GetDeployment', { deploymentId: (await ask('GetOperation', { operationId: job.operation })).deploymentId });
  const { status, text } = await fetchInstance(job.deployment.url);
  assert.equal(status, 200);
  assert.match(text, /North Net/);
  const [opened] = await Promise.all([job.vendor.context().waitForEvent('page'), link(job.vendor, 'Open the instance in a new tab').click()]);
  await opened.getByText('North Net').first().waitFor();
  await opened.close();

  job.isp = await arrive('tenant', invitation);
  await accept(job.isp, 'North Net');
  const late = await arrive('tenant', invitation);
  await late.getByText('This invitation does not work any more').waitFor();
  await late.close();
  await job.vendor.reload();
  await job.vendor.getByText('Has a password already').waitFor();
});

checked('the ISP sees its dashboard, its instance and its log', async () => {
  for (const text of ['North Net', 'Running', '€49.00', 'Fibre 100']) await job.isp.getByText(text).first().waitFor();
  await job.isp.goto(`${job.server.url}/tenant/instance`);
  await badge(job.isp, 'Running');
  await job.isp.getByRole('tab', { name: 'Log' }).click();
  await job.isp.locator('.log-line').first().waitFor();
  const lines = await job.isp.locator('.log-line').count();
  for (let visit = 0; visit < 3; visit++) await fetchInstance(job.deployment.url);
  await job.isp.waitForFunction((before) => document.querySelectorAll('.log-line').length > before, lines);
});

checked('the first credentials of the instance are shown once, and are good', async () => {
  await button(job.isp, 'Show credentials').click();
  await dialog(job.isp).getByRole('button', { name: 'Show credentials' }).click();
  await job.isp.getByText('This is the only time').waitFor();
  await axe(job.isp);
  const [address, email, password] = await dialog(job.isp).locator('.copy-id code').allInnerTexts();
  await button(job.isp, 'I have stored them').click();
  await button(job.isp, 'Show credentials').waitFor({ state: 'detached' });
  const inside = await job.isp.context().newPage();
  await inside.goto(address);
  await inside.goto(new URL('/login', address).href);
  await field(inside, 'Email address').fill(email);
  await field(inside, 'Password').fill(password);
  await inside.getByRole('button').first().click();
  await inside.getByRole('heading', { name: 'Subscribers', exact: true }).waitFor();
  await inside.close();
});

checked('the ISP sees its invoice and its users; the vendor records the payment', async () => {
  await goTo(job.isp, 'Invoices');
  await job.isp.locator('tbody .row-link').click();
  await job.isp.getByText('€49.00 is left to pay').waitFor();
  await goTo(job.isp, 'Users');
  await job.isp.locator('tbody').getByText('nora@north.example').waitFor();

  await goTo(job.vendor, 'Tenants');
  await link(job.vendor, 'North Net').click();
  await badge(job.vendor, 'Active');
  await job.vendor.getByRole('tab', { name: 'Subscription and invoices' }).click();
  await job.vendor.getByText('€49.00 a month').waitFor();
  await job.vendor.locator('tbody .row-link').click();
  await button(job.vendor, 'Record payment').click();
  const amount = field(dialog(job.vendor), 'Amount');
  assert.equal(await amount.inputValue(), '49.00');
  await amount.fill('49.01');
  await dialog(job.vendor).getByRole('button', { name: 'Record payment' }).click();
  await job.vendor.waitForFunction(() => document.activeElement.getAttribute('aria-invalid') === 'true');
  await amount.fill('49');
  await dialog(job.vendor).getByRole('button', { name: 'Record payment' }).click();
  await badge(job.vendor, 'Paid');
  await goTo(job.isp, 'Invoices');
  await job.isp.locator('tbody .badge', { hasText: 'Paid' }).waitFor();
});

checked('the charts have what was measured', async () => {
  await until('measured', () => ask('ListDeploymentSamples', { deploymentId: job.deployment.id }), ({ samples }) => samples.length > 1);
  await goTo(job.isp, 'Instance');
  for (const name of [/Processor/, /Memory/, /Network/, /Requests a minute/]) await job.isp.getByRole('img', { name }).waitFor();
  await button(job.isp, 'Show as table').nth(1).click();
  await job.isp.locator('.chart-table tbody tr').nth(1).waitFor();
});

checked('the reseller sees the customer and 15 % of what was paid', async () => {
  await goTo(job.partner, 'Customers');
  await link(job.partner, 'North Net').click();
  await badge(job.partner, 'Active');
  await goTo(job.partner, 'Commissions');
  await job.partner.getByText('€7.35').first().waitFor();
  await job.partner.locator('tbody .row-link').click();
  await badge(job.partner, 'Pending');
  await axe(job.partner);
});
