// Who takes part in the main job, and what its steps have in common.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { axe, launch, shot, strict } from '../support/browser.mjs';
import { Person, settled } from '../support/person.mjs';
import { call } from '../support/rpc.mjs';
import { startServer } from '../support/server.mjs';
import { story } from '../support/steps.mjs';

/** The password of everybody. */
export const PASSWORD = 'a long way to the sea';

/**
 * The server, the token of the vendor's admin, a watch of the instance; the pages of the vendor (two of them), of the ISP's admin and of the reseller; the
 * onboarding and the instance.
 */
export const job = {};

const step = story();
const checks = [];
let browser;
before(async () => {
  [browser, job.server] = await Promise.all([launch(), startServer('setup')]);
});
after(async () => {
  job.watch?.close();
  await browser?.close();
  await job.server?.stop();
});

/** Fails from now on when the page complains. */
export const watched = (page) => checks.push(strict(page));

/** A page of a new person at a portal. */
export async function arrive(portal, address) {
  const person = await Person.at(browser, job.server.url, portal);
  const page = await person.context.newPage();
  watched(page);
  await page.goto(address);
  return page;
}

/** A step of the job, after which no page may have complained. Of one that fails there are pictures. */
export const checked = (title, work) =>
  step(title, async () => {
    try {
      await work();
      for (const check of checks) check();
    } catch (error) {
      for (const name of ['vendor', 'second', 'isp', 'partner']) {
        if (job[name]?.isClosed() === false) await shot(job[name], `failed-${name}`);
      }
      throw error;
    }
  });

/** Calls as the vendor's admin. */
export async function ask(method, request) {
  const answer = await call(job.server.url, `MasterAdminService/${method}`, request, job.token);
  assert.equal(answer.code, 'ok', `${method}: ${answer.message}`);
  return answer.body;
}

export const button = (page, name) => page.getByRole('button', { name, exact: true });
export const link = (page, name) => page.getByRole('link', { name, exact: true });
/** A field by its whole label, whether it is optional or not. */
export const field = (scope, label) => scope.getByLabel(new RegExp(`^${label}(Optional)?$`));
export const dialog = (page) => page.locator('dialog[open]');
/** Waits for the state beside the heading. */
export const badge = (page, word) => page.locator('.page-title .badge', { hasText: word }).waitFor();

/** Chooses from the menu beside the heading. */
export async function menu(page, name) {
  await button(page, 'More').click();
  await page.getByRole('menuitem', { name, exact: true }).click();
}

/** Goes to a page by the navigation, and waits until it stands. */
export async function goTo(page, name) {
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name, exact: true }).click();
  await page.getByRole('heading', { level: 1, name: new RegExp(`^${name}`) }).waitFor();
  await settled(page);
}

/** Accepts an invitation to an account. */
export async function accept(page, account) {
  await page.getByText(`You are invited to ${account}.`).waitFor();
  await axe(page);
  await field(page, 'Password').fill(PASSWORD);
  await button(page, 'Accept and sign in').click();
  await page.getByRole('heading', { name: 'Dashboard' }).waitFor();
  await settled(page);
}
