// The life of the instance and of the ISP: stopped, started, restarted; suspended and resumed; deleted, brought back, purged. Each open page shows each state
// within a second.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { axe } from '../support/browser.mjs';
import { followed, forgetStates, noteStates } from '../support/live.mjs';
import { fetchInstance, until } from '../support/server.mjs';
import { watchDeployment } from '../support/watch.mjs';
import { PASSWORD, arrive, badge, button, checked, dialog, field, goTo, job, link, menu, watched } from './cast.mjs';

/** Does something on a page and waits until all pages show the state that it leads to, each within a job.second. */
async function leadsTo(word, act, pages = { vendor: job.vendor, second: job.second, isp: job.isp }) {
  await Promise.all(Object.values(pages).map(forgetStates));
  const from = job.watch.seen.length;
  await act();
  return followed(job.watch, from, word, pages);
}
const confirm = async (page, open, name) => {
  await open();
  await dialog(page).getByRole('button', { name, exact: true }).click();
};

checked('stopped, started and restarted: every open page shows it within a job.second, without a reload', async () => {
  const address = `${job.server.url}/master/deployments/${job.deployment.id}`;
  await job.vendor.goto(address);
  job.second = await job.vendor.context().newPage();
  watched(job.second);
  await job.second.goto(address);
  job.watch = await watchDeployment(job.server.url, job.token, job.deployment.id);
  for (const page of [job.vendor, job.second, job.isp]) {
    await badge(page, 'Running');
    await noteStates(page);
  }
  await until('watched', async () => job.watch.seen.length, (count) => count > 0);
  await leadsTo('Stopped', () => confirm(job.isp, () => button(job.isp, 'Stop').click(), 'Stop'));
  assert.equal((await fetchInstance(job.deployment.url)).status, 0);
  await leadsTo('Running', () => button(job.vendor, 'Start').click());
  assert.equal((await fetchInstance(job.deployment.url)).status, 200);
  await leadsTo('Running', () => confirm(job.isp, () => button(job.isp, 'Restart').click(), 'Restart'));
  await goTo(job.second, 'Instances');
  await job.second.locator('tbody tr', { hasText: 'north-net' }).getByText('Running').waitFor();
});

checked('a suspended ISP can sign in, reads why, and its invoices are there; resumed, it runs again', async () => {
  await job.second.goto(`${job.server.url}/master/tenants`);
  await link(job.second, 'North Net').click();
  await job.second.getByText('Nora North').waitFor();
  await menu(job.second, 'Suspend');
  await dialog(job.second).getByRole('button', { name: 'Suspend tenant' }).click();
  await dialog(job.second).getByText('Enter a reason').first().waitFor();
  await field(dialog(job.second), 'Reason').fill('Two invoices are overdue');
  await leadsTo('Suspended', () => dialog(job.second).getByRole('button', { name: 'Suspend tenant' }).click(), { vendor: job.vendor, isp: job.isp });
  await badge(job.second, 'Suspended');
  await job.isp.getByText('Your account is suspended').waitFor();
  assert.equal((await fetchInstance(job.deployment.url)).status, 0);
  await axe(job.isp);

  const again = await arrive('tenant', `${job.server.url}/tenant/instance`);
  await field(again, 'Email').fill('nora@north.example');
  await field(again, 'Password').fill(PASSWORD);
  await button(again, 'Sign in').click();
  await again.getByText('Reason: Two invoices are overdue').first().waitFor();
  await badge(again, 'Suspended');
  assert.equal(await button(again, 'Start').count(), 0);
  await goTo(again, 'Invoices');
  await again.locator('tbody .badge', { hasText: 'Paid' }).waitFor();
  await again.close();

  await button(job.second, 'Resume').click();
  await leadsTo('Running', () => dialog(job.second).getByRole('button', { name: 'Resume tenant' }).click(), { vendor: job.vendor, isp: job.isp });
  await badge(job.second, 'Active');
  await job.isp.getByText('Your account is suspended').waitFor({ state: 'detached' });
});

const remove = async () => {
  await menu(job.second, 'Delete');
  const confirm = dialog(job.second).getByRole('button', { name: 'Delete tenant' });
  assert.ok(await confirm.isDisabled());
  await dialog(job.second).getByLabel(/to confirm/).fill('north-ne');
  assert.ok(await confirm.isDisabled());
  await dialog(job.second).getByLabel(/to confirm/).fill('north-net');
  await leadsTo('Deleted', () => confirm.click(), { vendor: job.vendor });
  await badge(job.second, 'Deleted');
};

checked('deleted by typing its name, and brought back by the message that says so', async () => {
  await remove();
  assert.equal((await fetchInstance(job.deployment.url)).status, 0);
  await leadsTo('Running', () => button(job.second, 'Undo').click(), { vendor: job.vendor });
  await badge(job.second, 'Active');
});

checked('deleted and brought back from its page, deleted again and purged: nothing of it is left', async () => {
  await remove();
  await leadsTo('Running', () => button(job.second, 'Undelete').click(), { vendor: job.vendor });
  await badge(job.second, 'Active');
  await remove();
  await menu(job.second, 'Purge');
  await dialog(job.second).getByLabel(/to confirm/).fill('north-net');
  await leadsTo('Purged', () => dialog(job.second).getByRole('button', { name: 'Purge tenant' }).click(), { vendor: job.vendor });
  await job.second.waitForURL(/\/operations\/ope_/);
  await badge(job.second, 'Succeeded');
  assert.ok(!existsSync(join(job.server.folder, 'deployments', job.deployment.id)));
  await goTo(job.partner, 'Commissions');
  await job.partner.getByText('€7.35').first().waitFor();
});
