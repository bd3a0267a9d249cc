// Chromium, and what a test does with a page of it.
import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const AXE_TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const WAIT_MS = 15_000;
const SHOTS = join(import.meta.dirname, '../shots');

/** Every theme at every width that a page must look right in. */
export const views = ['light', 'dark'].flatMap((theme) =>
  [1280, 375].map((width) => ({ theme, width, name: `${theme}-${width}` })),
);

/** Debian's Chromium. It looks for nothing outside of this machine. */
export function launch() {
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost, EXCLUDE *.localhost',
    ],
  });
}

/** A context with one theme and width. Motion is off, so that pictures and contrasts are of the final state. */
export async function newContext(browser, { theme, width }) {
  const context = await browser.newContext({ colorScheme: theme, reducedMotion: 'reduce', viewport: sized(width) });
  context.setDefaultTimeout(WAIT_MS);
  return context;
}

/** Shows a page in another theme and width. */
export async function show(page, { theme, width }) {
  await page.emulateMedia({ colorScheme: theme });
  await page.setViewportSize(sized(width));
}

const sized = (width) => ({ width, height: width < 600 ? 812 : 900 });

/**
 * Opens an empty page in a context of its own, gives it to `work`, and closes it. Fails when the page complained
 * meanwhile (see `strict`).
 */
export async function withPage(browser, view, work) {
  const context = await newContext(browser, view);
  try {
    const page = await context.newPage();
    const check = strict(page);
    const result = await work(page);
    check();
    return result;
  } finally {
    await context.close();
  }
}

/**
 * Watches a page from now on. The function that it answers throws when there was a console warning or error (a
 * report of the content security policy is one), an uncaught error, a failed request, or one to a foreign host;
 * unless it is `expected`, as the failed requests to a server that was ended are.
 */
export function strict(page, expected = () => false) {
  const problems = [];
  page.on('console', (message) => {
    if (['warning', 'error'].includes(message.type())) {
      problems.push(`console ${message.type()}: ${message.text()} (${message.location().url})`);
    }
  });
  page.on('pageerror', (error) => problems.push(`uncaught: ${error.message}`));
  page.on('requestfailed', (request) => {
    const why = request.failure()?.errorText;
    // A page ends its own streams when it is left.
    if (why !== 'net::ERR_ABORTED') problems.push(`request failed: ${request.url()} ${why}`);
  });
  page.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url());
    const local = hostname === '127.0.0.1' || hostname === 'localhost' || hostname.endsWith('.localhost');
    if (protocol.startsWith('http') && !local) problems.push(`foreign host: ${request.url()}`);
  });
  return () => {
    const found = problems.splice(0).filter((problem) => !expected(problem));
    if (found.length > 0) throw new Error(`${page.url()} complained:\n  ${found.join('\n  ')}`);
  };
}

/** Throws when axe finds anything on the page as it is now. */
export async function axe(page) {
  if (await page.evaluate(() => !globalThis.axe)) await page.evaluate(AXE);
  // It names every node of the kinds that are asked for, which takes longer than to find them.
  const { violations, passes } = await page.evaluate(
    (values) => globalThis.axe.run(document, { runOnly: { type: 'tag', values }, resultTypes: ['violations'] }),
    AXE_TAGS,
  );
  if (passes.length === 0) throw new Error(`axe found nothing to check on ${page.url()}`);
  const lines = violations.flatMap(({ id, help, nodes }) =>
    nodes.map((node) => `${id}: ${help}\n    ${node.html}\n    ${node.any.map((any) => any.message).join('; ')}`),
  );
  if (lines.length > 0) throw new Error(`axe on ${page.url()}:\n  ${lines.join('\n  ')}`);
}

/** Keeps a picture of the whole page as shots/{name}.png. */
export async function shot(page, name) {
  await mkdir(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
}

/** Signs in at a portal (`master`, `tenant`, `reseller`) of the server at `url`, and waits for its first page. */
export async function signIn(page, url, portal, { email, password }) {
  await page.goto(`${url}/${portal}/`);
  await page.getByLabel('Email', { exact: false }).fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  const button = page.getByRole('button', { name: 'Sign in' });
  await button.click();
  await button.waitFor({ state: 'detached' });
  await page.getByRole('heading', { level: 1 }).waitFor();
}
