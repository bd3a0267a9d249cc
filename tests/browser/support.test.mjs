// The helpers themselves, against pages that are served here: one in order, and one for each thing that is not.
import assert from 'node:assert/strict';
import { existsSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { test } from './support/test.mjs';
import { axe, launch, shot, signIn, views, withPage } from './support/browser.mjs';
import { freePort } from './support/server.mjs';

const document = (body) =>
  `<!doctype html><html lang="en"><head><title>Test</title><meta name="viewport" content="width=device-width">
  <link rel="icon" href="data:,"><link rel="stylesheet" href="/style.css"></head><body><main>${body}</main></body></html>`;

const form = `<h1>Sign in</h1><form><label>Email <input type="email" autocomplete="username"></label>
  <label>Password <input type="password" autocomplete="current-password"></label><button>Sign in</button></form>
  <script src="/form.js"></script>`;

const pages = {
  '/good': document('<h1>In order</h1><p>Nothing to complain about.</p>'),
  '/master/': document(form),
  '/warns': document('<h1>Warns</h1><script src="/warns.js"></script>'),
  '/throws': document('<h1>Throws</h1><script src="/throws.js"></script>'),
  '/missing': document('<h1>Missing</h1><img alt="" src="/nothing.png">'),
  '/inline': document('<h1 style="color: red">Inline style</h1>'),
  '/foreign': document('<h1>Foreign</h1><img alt="" src="http://foreign.invalid/a.png">'),
  '/faint': document('<h1>Faint</h1><p class="faint">Too pale to read</p>'),
};
const assets = {
  '/style.css': ['text/css', ':root { color-scheme: light dark } .faint { color: #ccc; background: #fff }'],
  '/warns.js': ['text/javascript', 'console.warn("careful")'],
  '/throws.js': ['text/javascript', 'throw new Error("broken")'],
  '/form.js': [
    'text/javascript',
    `document.forms[0].onsubmit = (event) => {
      event.preventDefault();
      const values = [...document.querySelectorAll('input')].map((input) => input.value).join(' ');
      document.querySelector('main').innerHTML = '<h1>Dashboard</h1><p></p>';
      document.querySelector('p').textContent = values;
    }`,
  ],
};

let browser, server, url;
before(async () => {
  browser = await launch();
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  server = createServer((request, response) => {
    const [type, body] = assets[request.url] ?? ['text/html', pages[request.url]];
    response.writeHead(body ? 200 : 404, {
      'content-type': type,
      'content-security-policy': "default-src 'none'; script-src 'self'; style-src 'self'; img-src * data:",
    });
    response.end(body);
  }).listen(port, '127.0.0.1');
});
after(async () => {
  await browser?.close();
  server?.closeAllConnections();
  server?.close();
});

for (const view of views) {
  test(`a page in order passes, ${view.name}`, async () => {
    await withPage(browser, view, async (page) => {
      await page.goto(`${url}/good`);
      await axe(page);
      const [dark, width] = await page.evaluate(() => [matchMedia('(prefers-color-scheme: dark)').matches, innerWidth]);
      assert.deepEqual([dark, width], [view.theme === 'dark', view.width]);
    });
  });
}

for (const [path, complaint] of [
  ['/warns', /console warning: careful/],
  ['/throws', /uncaught: broken/],
  ['/missing', /console error: .*404.*nothing\.png/s],
  ['/inline', /console error: .*Content Security Policy/s],
  ['/foreign', /foreign host: http:\/\/foreign\.invalid/],
]) {
  test(`a page that is not in order fails: ${path}`, async () => {
    const visit = withPage(browser, views[0], (page) => page.goto(url + path, { waitUntil: 'networkidle' }));
    await assert.rejects(visit, complaint);
  });
}

test('axe fails on a pale text', async () => {
  const visit = withPage(browser, views[0], async (page) => {
    await page.goto(`${url}/faint`);
    await axe(page);
  });
  await assert.rejects(visit, /color-contrast/);
});

test('signing in fills the form and waits for the first page', async () => {
  await withPage(browser, views[0], async (page) => {
    await signIn(page, url, 'master', { email: 'a@vendor.example', password: 'secret' });
    assert.equal(await page.locator('p').textContent(), 'a@vendor.example secret');
  });
});

test('a picture is kept', async () => {
  const file = join(import.meta.dirname, 'shots/support.png');
  rmSync(file, { force: true });
  await withPage(browser, views[0], async (page) => {
    await page.goto(`${url}/good`);
    await shot(page, 'support');
  });
  assert.ok(existsSync(file));
});
