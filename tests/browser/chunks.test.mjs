// The chunks of a portal: when they are loaded, and what happens when they do not come.
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { test } from './support/test.mjs';
import { launch, signIn, strict } from './support/browser.mjs';
import { startServer, until } from './support/server.mjs';

const CHUNK = /\/assets\/chunk-[^/]+\.wasm$/;
const ASSETS = join(import.meta.dirname, '../../portals/dist/master/assets');

let browser, server;
before(async () => {
  [server, browser] = [await startServer(), await launch()];
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

/** Gives `work` an empty page, the addresses of the chunks that it asks for, and the uncaught errors of it, which must be none at the end. */
async function withChunks(work) {
  const page = await browser.newPage();
  const [chunks, errors] = [[], []];
  page.on('request', (request) => CHUNK.test(request.url()) && chunks.push(request.url()));
  page.on('pageerror', (error) => errors.push(error.message));
  try {
    await work(page, chunks);
    assert.deepEqual(errors, []);
  } finally {
    await page.close();
  }
}
const heading = (page, name) => page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
const link = (page, name) => page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name, exact: true });

test('the sign-in loads no chunk, wherever it leads', () =>
  withChunks(async (page, chunks) => {
    const check = strict(page);
    await page.goto(`${server.url}/master/tenants`, { waitUntil: 'networkidle' });
    await heading(page, 'Sign in');
    assert.deepEqual(chunks, []);
    check();
  }));

test('the chunks of the other pages come by themselves, and then pages need none', () =>
  withChunks(async (page, chunks) => {
    const check = strict(page);
    await signIn(page, server.url, 'master', server.admin);
    const there = (await readdir(ASSETS)).filter((name) => CHUNK.test(`/assets/${name}`));
    await until('all loaded', () => chunks.length, (count) => count >= there.length);
    for (const name of ['Tenants', 'Instances', 'Operations', 'Plans', 'Invoices', 'Resellers', 'Users', 'Roles', 'Audit log', 'Dashboard']) {
      await link(page, name).click();
      await heading(page, name);
    }
    assert.deepEqual(chunks.map((url) => url.split('/').at(-1)).sort(), there.sort(), 'each is loaded once');
    check();
  }));

for (const [what, refuse] of [
  ['the network is down', (route) => route.abort('internetdisconnected')],
  ['a new version took its place', (route) => route.fulfill({ status: 404, body: 'There is no such file.' })],
]) {
  test(`a page whose chunk does not come says so and recovers: ${what}`, () =>
    withChunks(async (page) => {
      await page.route(CHUNK, refuse);
      await signIn(page, server.url, 'master', server.admin);
      await heading(page, 'Page not loaded');
      await link(page, 'Plans').click();
      await page.waitForURL(/\/master\/plans$/);
      await heading(page, 'Page not loaded');
      await page.waitForFunction(() => document.activeElement.tagName === 'H1');
      assert.match(await page.title(), /^Page not loaded/);
      assert.equal(await page.getByRole('link', { name: 'Reload the page' }).getAttribute('href'), page.url());

      await page.unroute(CHUNK);
      await page.getByRole('button', { name: 'Try again' }).click();
      await heading(page, 'Plans');
      await page.waitForFunction(() => document.activeElement.textContent === 'Plans');
      assert.match(await page.title(), /^Plans/);
    }));
}
