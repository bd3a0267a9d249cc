// Live data on a bad day: the server goes away and comes back, the page is left, the page is hidden.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { test } from './support/test.mjs';
import { setTimeout as sleep } from 'node:timers/promises';
import { launch, strict } from './support/browser.mjs';
import { followed, forgetStates, noteStates } from './support/live.mjs';
import { Person, wide } from './support/person.mjs';
import { call } from './support/rpc.mjs';
import { fetchInstance, startServer } from './support/server.mjs';
import { watchDeployment } from './support/watch.mjs';

/** What the browser says of a server that is not there. */
const AWAY = /ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_CONNECTION_CLOSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_EMPTY_RESPONSE|ERR_SOCKET_NOT_CONNECTED/;

let browser, server, vendor, token, deployment;
const ask = async (method, request) => {
  const answer = await call(server.url, method.includes('/') ? method : `MasterAdminService/${method}`, request, token);
  assert.equal(answer.code, 'ok', `${method}: ${answer.message}`);
  return answer.body;
};
const here = () => ({ deploymentId: deployment.id });
const path = (tab = '') => `/deployments/${deployment.id}${tab}`;

before(async () => {
  [browser, server] = await Promise.all([launch(), startServer()]);
  token = (await ask('AuthService/SignIn', { portal: 'PORTAL_MASTER', ...server.admin })).accessToken;
  const plan = await ask('CreatePlan', {
    requestId: 'plan',
    plan: {
      code: 'fibre',
      displayName: 'Fibre',
      entitlements: { deployments: 1, memoryBytes: String(128 << 20), users: 5 },
      prices: [{ cadence: 'CADENCE_MONTHLY', amount: { currencyCode: 'EUR', minorUnits: '4900' } }],
    },
  });
  const { id } = await ask('OnboardTenant', {
    requestId: 'tenant',
    tenant: {
      slug: 'north-net',
      displayName: 'North Net',
      contact: { name: 'Nora North', email: 'nora@north.example' },
      billingCurrency: 'EUR',
      timeZone: 'Europe/Vienna',
    },
    planId: plan.id,
    cadence: 'CADENCE_MONTHLY',
  });
  const { operation } = await ask('WatchOperation', { operationId: id });
  deployment = await ask('GetDeployment', { deploymentId: operation.deploymentId });
  vendor = await Person.signedIn(browser, server.url, 'master', server.admin);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

/** Calls of an RPC that a page makes from now on: when, and how many of them are still open. */
function callsOf(page, rpc) {
  const calls = { begun: [], open: 0 };
  const is = (request) => request.url().endsWith(`/${rpc}`);
  page.on('request', (request) => is(request) && (calls.begun.push(Date.now()), (calls.open += 1)));
  for (const end of ['requestfailed', 'requestfinished']) page.on(end, (request) => is(request) && (calls.open -= 1));
  return calls;
}
const texts = (page) => page.locator('.log-text').allTextContents();
const logged = async () => {
  const answer = await call(server.url, 'MasterAdminService/TailDeploymentLogs', { ...here(), lines: 1000 }, token);
  return answer.bodies.flatMap(({ lines }) => lines.map(({ text }) => text));
};
/** Waits until the page shows the whole log. */
async function showsAll(page) {
  const all = await logged();
  await page.waitForFunction((count) => document.querySelectorAll('.log-line').length >= count, all.length);
  assert.deepEqual((await texts(page)).slice(0, all.length), all);
}

test('the server is killed and comes back: pages say so, try again less and less often, and miss no line and no state', () =>
  vendor.visit(
    path('?tab=log'),
    wide,
    async (page) => {
      await page.locator('.log-line').first().waitFor();
      const tails = callsOf(page, 'TailDeploymentLogs');
      await server.kill();
      const banner = page.getByText('Reconnecting', { exact: true }).first();
      await banner.waitFor();
      for (let visit = 0; visit < 5; visit++) assert.equal((await fetchInstance(deployment.url)).status, 200, 'the instance runs on');
      while (tails.begun.length < 4) await sleep(50);
      await server.start();
      // The page may come back by itself before the click.
      const back = page.waitForFunction(() => !document.querySelector('.reconnecting'));
      await Promise.any([page.getByRole('button', { name: 'Try now' }).first().click(), back]);
      await back;
      // 2 s and 8 s, each up to a fifth more or less: waits that stay the same are never twice as long.
      const [first, second, third, fourth] = tails.begun;
      assert.ok(fourth - third > (second - first) * 2, `waits of ${second - first} and ${fourth - third} ms`);
      await showsAll(page);

      await noteStates(page);
      const watch = await watchDeployment(server.url, token, deployment.id);
      await ask('StopDeployment', here());
      await followed(watch, 0, 'Stopped', { page });
      await forgetStates(page);
      const stopped = watch.seen.length;
      await ask('StartDeployment', here());
      await followed(watch, stopped, 'Running', { page });
      watch.close();
      await showsAll(page);
    },
    { expected: (problem) => AWAY.test(problem) },
  ));

/** How one stream of a page that waits comes to be tried again, while the clock of the page stands still. */
const WAYS = {
  'is tried again by hand': (page) => page.getByRole('button', { name: 'Try now' }).click(),
  'comes back by itself': async (page, streams) => {
    const begun = () => streams.reduce((sum, it) => sum + it.begun.length, 0);
    const before = begun();
    while (begun() === before) await page.clock.runFor(100);
  },
};
for (const [way, act] of Object.entries(WAYS)) {
  test(`where one stream of a page ${way}, no other one waits any longer`, async () => {
    // The clock is that of all pages of a context.
    const somebody = await Person.signedIn(browser, server.url, 'master', server.admin);
    const page = await somebody.context.newPage();
    const check = strict(page, (problem) => AWAY.test(problem));
    await page.clock.install();
    const streams = ['WatchDeployments', 'TailDeploymentLogs'].map((rpc) => callsOf(page, rpc));
    await page.goto(somebody.address(path('?tab=log')));
    await page.locator('.log-line').first().waitFor();
    const all = async (what, is) => {
      const deadline = Date.now() + 20_000;
      while (!streams.every(is)) {
        assert.ok(Date.now() < deadline, `never ${what}: ${JSON.stringify(streams)}`);
        await sleep(20);
      }
    };
    await server.kill();
    await all('tried three times', (it) => it.begun.length > 3);
    await page.clock.pauseAt((await page.evaluate(() => Date.now())) + 2_000);
    await all('waiting', (it) => it.open === 0);
    await server.start();
    const before = streams.map((it) => it.begun.length);
    await act(page, streams);
    await all('open again', (it, which) => it.open === 1 && it.begun.length > before[which]);
    await page.waitForFunction(() => !document.querySelector('.reconnecting'));
    await showsAll(page);
    check();
    await somebody.close();
  });
}

test('a log follows its end, pauses when one scrolls up, and goes on', () =>
  vendor.visit(path('?tab=log'), wide, async (page) => {
    const log = page.getByRole('log');
    const atEnd = () => log.evaluate((it) => it.scrollHeight - it.scrollTop - it.clientHeight < 24);
    const visits = async (count) => {
      const lines = await page.locator('.log-line').count();
      await Promise.all(Array.from({ length: count }, () => fetchInstance(deployment.url)));
      await page.waitForFunction((count) => document.querySelectorAll('.log-line').length >= count, lines + count);
    };
    await visits(60);
    await page.waitForFunction(() => {
      const log = document.querySelector('[role=log]');
      return log.scrollHeight - log.scrollTop - log.clientHeight < 24;
    });
    await log.hover();
    await page.mouse.wheel(0, -400);
    await page.getByText('Paused').waitFor();
    await visits(3);
    assert.equal(await atEnd(), false);
    await page.getByRole('button', { name: /Jump to latest \(\d+ new\)/ }).click();
    await page.getByText('Following').waitFor();
    await page.waitForFunction(() => {
      const log = document.querySelector('[role=log]');
      return log.scrollHeight - log.scrollTop - log.clientHeight < 24;
    });
  }));

test('leaving a page ends its streams', () =>
  vendor.visit('/plans', wide, async (page) => {
    const [tails, watches] = [callsOf(page, 'TailDeploymentLogs'), callsOf(page, 'WatchDeployments')];
    await page.goto(vendor.address(path('?tab=log')));
    await page.locator('.log-line').first().waitFor();
    assert.deepEqual([tails.open, watches.open], [1, 1]);
    const left = Date.now();
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Plans' }).click();
    while (tails.open + watches.open > 0 && Date.now() - left < 2000) await sleep(20);
    assert.deepEqual([tails.open, watches.open], [0, 0], 'open two seconds later');
  }));

test('a page that nobody looks at rests after a minute, and catches up when it is looked at', async () => {
  const page = await vendor.context.newPage();
  await page.clock.install();
  await page.goto(vendor.address(path()));
  const shown = page.locator('.page-title .badge');
  await shown.filter({ hasText: 'Running' }).waitFor();
  const rested = new Promise((resolve) =>
    page.on('requestfailed', (request) => request.url().endsWith('/WatchDeployments') && resolve()),
  );
  const watches = callsOf(page, 'WatchDeployments');
  const look = (hidden) =>
    page.evaluate((hidden) => {
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
      document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
    }, hidden);
  await look(true);
  await page.clock.fastForward(58_000);
  assert.equal(await Promise.race([rested.then(() => 'ended'), sleep(300, 'open')]), 'open');
  await page.clock.fastForward(3_000);
  assert.equal(await Promise.race([rested.then(() => 'ended'), sleep(5_000, 'open')]), 'ended');
  await ask('StopDeployment', here());
  await look(false);
  await shown.filter({ hasText: 'Stopped' }).waitFor();
  assert.equal(watches.begun.length, 1);
  await page.close();
});
