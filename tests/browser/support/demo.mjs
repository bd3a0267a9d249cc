// The demo, filled once for all tests of this process, with somebody signed in at each portal.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { launch } from './browser.mjs';
import { Person } from './person.mjs';
import { call } from './rpc.mjs';
import { startServer } from './server.mjs';

/**
 * What is there after the first hook: `browser`, `url`, the people `vendor`, `isp` (its instance runs), `suspended` (an ISP that is) and `partner`, `login(email)`,
 * and `ask(method, body)`, which calls as the vendor's admin.
 */
export const demo = {};

/** The sign-ins that are written down, by what they are for here. */
export const EMAILS = {
  vendor: 'admin@tenantry.example',
  operator: 'operations@tenantry.example',
  support: 'support@tenantry.example',
  isp: 'anna@bergnetz.example',
  suspended: 'luis@mesa-wireless.example',
  partner: 'nina@alpenlink.example',
  agent: 'paul@harbour-it.example',
};

let server;
before(async () => {
  [demo.browser, server] = await Promise.all([launch(), startServer('demo')]);
  demo.url = server.url;
  const logins = JSON.parse(readFileSync(join(server.folder, 'demo-logins.json'), 'utf8'));
  demo.login = (email) => logins.find((login) => login.email === email);
  const { email, password } = demo.login(EMAILS.vendor);
  const signIn = async () => (await call(demo.url, 'AuthService/SignIn', { portal: 'PORTAL_MASTER', email, password })).body.accessToken;
  let token = await signIn();
  demo.ask = async (method, request = {}) => {
    const asked = () => call(demo.url, `MasterAdminService/${method}`, request, token);
    let answer = await asked();
    // A token is good for a quarter of an hour.
    if (answer.code === 'unauthenticated') {
      token = await signIn();
      answer = await asked();
    }
    assert.equal(answer.code, 'ok', `${method}: ${answer.message}`);
    return answer.body;
  };
  const people = { vendor: 'master', isp: 'tenant', suspended: 'tenant', partner: 'reseller' };
  for (const [name, portal] of Object.entries(people)) {
    demo[name] = await Person.signedIn(demo.browser, demo.url, portal, demo.login(EMAILS[name]));
  }
});
after(async () => {
  await demo.browser?.close();
  await server?.stop();
});

/** The one thing of a list that a filter finds: `one('Tenants', 'slug = bergnetz')`. */
export async function one(kind, filter) {
  const answer = await demo.ask(`List${kind}`, { filter, pageSize: 1 });
  const [found] = answer[kind[0].toLowerCase() + kind.slice(1)];
  assert.ok(found, `no ${kind} with ${filter}`);
  return found;
}

const logins = new Map();

/** The sign-in of somebody with a role (`ROLE_TENANT_VIEWER`) in an account (`{ tenantId }`), who is invited the first time. */
export function invited(role, account = {}) {
  const key = JSON.stringify([role, account]);
  if (!logins.has(key)) logins.set(key, invite(role, account, `${role.toLowerCase()}-${logins.size}@invited.example`));
  return logins.get(key);
}
async function invite(role, account, email) {
  const login = { email, password: 'correct horse battery 1' };
  const { invitation } = await demo.ask('InviteUser', { requestId: email, email, displayName: 'Vera View', role, ...account });
  const token = new URL(invitation.url).hash.slice(1);
  const answer = await call(demo.url, 'AuthService/AcceptInvitation', { token, displayName: 'Vera View', password: login.password });
  assert.equal(answer.code, 'ok', answer.message);
  return login;
}

/** Signs in from the outside: `ask('ResellerService/GetRoles', request)` answers what the server does, refusals too. */
export async function outside(portal, { email, password }) {
  const { code, message, body } = await call(demo.url, 'AuthService/SignIn', { portal: `PORTAL_${portal.toUpperCase()}`, email, password });
  assert.equal(code, 'ok', message);
  return (method, request = {}) => call(demo.url, method, request, body.accessToken);
}
