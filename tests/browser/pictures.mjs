// Takes the pictures of the README anew: the dashboard of each portal with the demo's business, and some visitors at the ISP's instance. It takes two minutes.
import { mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { launch, newContext, signIn } from './support/browser.mjs';
import { settled } from './support/person.mjs';
import { call } from './support/rpc.mjs';
import { fetchInstance, startServer } from './support/server.mjs';

const FOLDER = join(import.meta.dirname, 'pictures');
const VISITING_MS = 120_000;
const PEOPLE = { master: 'admin@tenantry.example', tenant: 'anna@bergnetz.example', reseller: 'nina@alpenlink.example' };

process.env.TENANTRY_BIN ??= resolve(import.meta.dirname, '../..', process.env.CARGO_TARGET_DIR ?? 'target', 'debug/tenantry');
const [browser, server] = await Promise.all([launch(), startServer('demo')]);
try {
  const logins = JSON.parse(readFileSync(join(server.folder, 'demo-logins.json'), 'utf8'));
  const login = (email) => logins.find((it) => it.email === email);
  const { body } = await call(server.url, 'AuthService/SignIn', { portal: 'PORTAL_MASTER', email: PEOPLE.master, password: login(PEOPLE.master).password });
  const found = await call(server.url, 'MasterAdminService/ListDeployments', { filter: 'slug = bergnetz' }, body.accessToken);
  const [{ url }] = found.body.deployments;
  for (const begun = Date.now(); Date.now() - begun < VISITING_MS; ) {
    // More of them towards the middle, as in an evening.
    const evening = Math.sin(((Date.now() - begun) / VISITING_MS) * Math.PI);
    await fetchInstance(url);
    await sleep(1500 - 1300 * evening);
  }
  mkdirSync(FOLDER, { recursive: true });
  for (const [portal, email] of Object.entries(PEOPLE)) {
    const context = await newContext(browser, { theme: 'light', width: 1440 });
    const page = await context.newPage();
    await signIn(page, server.url, portal, login(email));
    await settled(page);
    await page.screenshot({ path: join(FOLDER, `${portal}.png`) });
    await context.close();
  }
} finally {
  await browser.close();
  await server.stop();
}
