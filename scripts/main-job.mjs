// The main job from the outside: `buf curl` and reflection against a fresh server. One line per step; the last line
// is "N passed, N failed". A step that fails does not end the run: what needs it fails too and says so.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { call } from '../tests/browser/support/rpc.mjs';
import { fetchInstance, startServer, until } from '../tests/browser/support/server.mjs';

const NOBODY = `ten_${'0'.repeat(32)}`;
const counts = { passed: 0, failed: 0 };
let token;

const server = await startServer().catch((error) => {
  console.log(`${error.message}\n0 passed, 1 failed`);
  process.exit(1);
});

async function step(title, work) {
  try {
    await work();
    counts.passed += 1;
    console.log(`ok    ${title}`);
  } catch (error) {
    counts.failed += 1;
    console.log(`FAIL  ${title}\n      ${error.message.replaceAll('\n', '\n      ')}`);
  }
}

/** Calls with the master's token; the answer must be a good one. */
async function ok(method, body, as = token) {
  const answer = await call(server.url, method.includes('/') ? method : `MasterAdminService/${method}`, body, as);
  assert.equal(answer.code, 'ok', `${method}: ${answer.code}: ${answer.message} ${JSON.stringify(answer.details)}`);
  return answer.body;
}

/** Calls with the master's token; the answer must be this refusal. Answers its detail. */
async function refused(code, detail, method, body, as = token) {
  const answer = await call(server.url, method.includes('/') ? method : `MasterAdminService/${method}`, body, as);
  assert.equal(answer.code, code, `${method}: ${answer.message ?? 'was not refused'}`);
  const found = answer.details.find(({ name }) => name === detail);
  assert.ok(found, `${method}: no ${detail} in ${JSON.stringify(answer.details)}`);
  return found;
}

/** Every named field, or a part of it, is among the violations. */
async function violates(fields, method, body) {
  const found = (await refused('invalid_argument', 'BadRequest', method, body)).fields;
  const missing = fields.filter((field) => !found.some((path) => path === field || path.startsWith(`${field}.`) || path.startsWith(`${field}[`)));
  assert.deepEqual(missing, [], `${method} named only ${found.join(', ')}`);
}

const deploymentIs = (state) =>
  until(`the deployment ${state}`, () => ok('GetDeployment', { deploymentId: deployment.id }),
    (found) => found.state === `DEPLOYMENT_STATE_${state}`);
const tenantIs = async (state) =>
  assert.equal((await ok('GetTenant', { tenantId: tenant.id })).state, `TENANT_STATE_${state}`);
const euro = (minorUnits) => ({ currencyCode: 'EUR', minorUnits: String(minorUnits) });

// Signing in
const portal = 'PORTAL_MASTER';
const { email, password } = server.admin;
await step('signing in with a wrong password is refused', () =>
  refused('unauthenticated', 'ErrorInfo', 'AuthService/SignIn', { portal, email, password: `${password}x` }, ''));
await step('signing in with nothing names the fields', () =>
  violates(['portal', 'email', 'password'], 'AuthService/SignIn', {}));
await step('sign in', async () => {
  const session = await ok('AuthService/SignIn', { portal, email, password }, '');
  assert.equal(session.role, 'ROLE_MASTER_ADMIN');
  assert.equal(session.user.email, email);
  token = session.accessToken;
});
await step('a call without a token is refused', () =>
  refused('unauthenticated', 'ErrorInfo', 'ListPlans', {}, ''));
await step('a call with a made-up token is refused', () =>
  refused('unauthenticated', 'ErrorInfo', 'ListPlans', {}, 'made.up.token'));
await step("a token is good for its own service only", () =>
  refused('unauthenticated', 'ErrorInfo', 'TenantAdminService/GetTenant', {}));

// What is sold, and who sells it
let plan, reseller;
const newPlan = {
  requestId: 'plan-1',
  plan: {
    code: 'fibre-100',
    displayName: 'Fibre 100',
    entitlements: { deployments: 2, memoryBytes: String(256 << 20), subscribers: '500', users: 10 },
    prices: [{ cadence: 'CADENCE_MONTHLY', amount: euro(4900) }],
  },
};
await step('a plan with every field wrong names them all', () =>
  violates(['request_id', 'plan.code', 'plan.display_name', 'plan.entitlements', 'plan.prices'], 'CreatePlan', {
    plan: { code: 'No Good!', entitlements: { deployments: -1 } },
  }));
await step('create a plan', async () => {
  plan = await ok('CreatePlan', newPlan);
  assert.match(plan.id, /^pla_[0-9a-f]{32}$/);
  assert.equal(plan.state, 'PLAN_STATE_ACTIVE');
  assert.deepEqual(plan.prices[0].amount, euro(4900));
});
await step('the same request again answers the same plan', async () =>
  assert.equal((await ok('CreatePlan', newPlan)).id, plan.id));
await step('a second plan with the code is refused', () =>
  refused('already_exists', 'ResourceInfo', 'CreatePlan', { ...newPlan, requestId: 'plan-2' }));
await step('a change from a stale version is refused', async () => {
  const change = { plan: { id: plan.id, displayName: 'Fibre 100 Plus', etag: plan.etag }, updateMask: 'displayName' };
  const changed = await ok('UpdatePlan', change);
  assert.equal(changed.displayName, 'Fibre 100 Plus');
  await refused('aborted', 'ErrorInfo', 'UpdatePlan', change);
});
await step('a reseller with a rate above 100 % is refused', () =>
  violates(['reseller.agreement.initial_rate_ppm', 'reseller.contact_email'], 'CreateReseller', {
    requestId: 'reseller-0',
    reseller: { code: 'partner', displayName: 'Partner', agreement: { initialRatePpm: 1_000_001 } },
  }));
await step('create a reseller', async () => {
  reseller = await ok('CreateReseller', {
    requestId: 'reseller-1',
    reseller: {
      code: 'alpine-partners',
      displayName: 'Alpine Partners',
      contactEmail: 'sales@alpine.example',
      agreement: { initialRatePpm: 150_000, recurringRatePpm: 50_000, holdDays: 30 },
    },
  });
  assert.equal(reseller.state, 'RESELLER_STATE_ACTIVE');
  assert.equal(reseller.agreement.version, 1);
});

// Onboarding
let operation, tenant, deployment;
const onboarding = () => ({
  requestId: 'onboard-1',
  tenant: {
    slug: 'north-net',
    displayName: 'North Net',
    contact: { name: 'Nora North', email: 'nora@north.example' },
    billingCurrency: 'EUR',
    timeZone: 'Europe/Vienna',
    resellerId: reseller.id,
  },
  settings: { branding: { primaryColor: '#0a7f5a' } },
  planId: plan.id,
  cadence: 'CADENCE_MONTHLY',
});
await step('a form with every field wrong names them all', () =>
  violates(
    ['request_id', 'tenant.slug', 'tenant.display_name', 'tenant.contact.email', 'tenant.billing_currency',
      'tenant.time_zone', 'settings.branding.primary_color', 'plan_id', 'cadence'],
    'OnboardTenant',
    {
      tenant: { slug: '-No', contact: { email: 'nobody' }, billingCurrency: 'XYZ', timeZone: 'Mars/Base' },
      settings: { branding: { primaryColor: 'green' } },
    },
  ));
await step('a reserved name is refused', () =>
  violates(['tenant.slug'], 'OnboardTenant', { ...onboarding(), tenant: { ...onboarding().tenant, slug: 'admin' } }));
await step('onboard an ISP', async () => {
  operation = await ok('OnboardTenant', onboarding());
  assert.equal(operation.kind, 'OPERATION_KIND_ONBOARD');
  assert.ok(operation.steps.length >= 4);
});
await step('the same request again answers the same operation', async () =>
  assert.equal((await ok('OnboardTenant', onboarding())).id, operation.id));
await step('a second ISP with the name is refused', () =>
  refused('already_exists', 'ResourceInfo', 'OnboardTenant', { ...onboarding(), requestId: 'onboard-2' }));
await step('watch it until it is done', async () => {
  operation = (await ok('WatchOperation', { operationId: operation.id })).operation;
  assert.equal(operation.state, 'OPERATION_STATE_SUCCEEDED', JSON.stringify(operation.error));
  assert.ok(operation.steps.every(({ state }) => state === 'OPERATION_STEP_STATE_SUCCEEDED'));
  tenant = await ok('GetTenant', { tenantId: operation.tenantId });
  assert.equal(tenant.state, 'TENANT_STATE_ACTIVE');
});
await step('its instance is running and healthy', async () => {
  deployment = await ok('GetDeployment', { deploymentId: operation.deploymentId });
  assert.equal(deployment.health, 'HEALTH_HEALTHY');
  await deploymentIs('RUNNING');
});
await step("its page has the ISP's name", async () => {
  const { status, text } = await fetchInstance(deployment.url);
  assert.equal(status, 200);
  assert.match(text, /North Net/);
});
await step('a made-up id is not found, and the answer does not repeat it', async () => {
  const { resourceName } = await refused('not_found', 'ResourceInfo', 'GetTenant', { tenantId: NOBODY });
  assert.equal(resourceName, '');
});

// Money
let invoice;
const ofTenant = () => ({ filter: `tenant_id = "${tenant.id}"` });
await step('its subscription is active', async () => {
  const { subscriptions } = await ok('ListSubscriptions', ofTenant());
  assert.deepEqual(subscriptions.map(({ state, amount }) => [state, amount]), [['SUBSCRIPTION_STATE_ACTIVE', euro(4900)]]);
});
await step('its first invoice is open', async () => {
  const { invoices } = await ok('ListInvoices', ofTenant());
  assert.equal(invoices.length, 1);
  [invoice] = invoices;
  assert.equal(invoice.state, 'INVOICE_STATE_OPEN');
  assert.notEqual(invoice.number, '');
  assert.deepEqual([invoice.total, invoice.amountDue], [euro(4900), euro(4900)]);
});
const payment = (requestId, minorUnits) => ({
  requestId,
  payment: { invoiceId: invoice.id, amount: euro(minorUnits), method: 'PAYMENT_METHOD_BANK_TRANSFER' },
});
await step('paying more than is due is refused', () =>
  violates(['payment.amount'], 'RecordPayment', payment('payment-0', 4901)));
await step('pay the invoice in two parts', async () => {
  await ok('RecordPayment', payment('payment-1', 1999));
  invoice = await ok('GetInvoice', { invoiceId: invoice.id });
  assert.deepEqual([invoice.state, invoice.amountDue], ['INVOICE_STATE_PARTLY_PAID', euro(2901)]);
  const second = await ok('RecordPayment', payment('payment-2', 2901));
  assert.equal((await ok('RecordPayment', payment('payment-2', 2901))).id, second.id);
  invoice = await ok('GetInvoice', { invoiceId: invoice.id });
  assert.deepEqual([invoice.state, invoice.amountDue], ['INVOICE_STATE_PAID', euro(0)]);
});
await step('paying a paid invoice is refused', () =>
  refused('failed_precondition', 'PreconditionFailure', 'RecordPayment', payment('payment-3', 100)));
await step("the reseller's commission is 15 % of it, to the cent", async () => {
  const { commissions } = await ok('ListCommissions', { filter: `reseller_id = "${reseller.id}"` });
  assert.deepEqual(new Set(commissions.map(({ kind }) => kind)), new Set(['COMMISSION_KIND_INITIAL']));
  assert.equal(commissions.reduce((sum, { amount }) => sum + Number(amount.minorUnits), 0), 735);
});

// The life of the instance
const deploymentId = () => ({ deploymentId: deployment.id });
await step('stop the instance', async () => {
  await ok('StopDeployment', deploymentId());
  await deploymentIs('STOPPED');
  assert.equal((await fetchInstance(deployment.url)).status, 0);
});
await step('start it again', async () => {
  await ok('StartDeployment', deploymentId());
  await deploymentIs('RUNNING');
  assert.equal((await fetchInstance(deployment.url)).status, 200);
});

// The life of the tenant
const tenantId = () => ({ tenantId: tenant.id });
await step('resuming an active tenant is refused', () =>
  refused('failed_precondition', 'PreconditionFailure', 'ResumeTenant', tenantId()));
await step('suspending without a reason is refused', () => violates(['reason'], 'SuspendTenant', tenantId()));
await step('suspend the tenant', async () => {
  await ok('SuspendTenant', { ...tenantId(), reason: 'Checked by the main job' });
  await deploymentIs('SUSPENDED');
  await tenantIs('SUSPENDED');
  assert.equal((await fetchInstance(deployment.url)).status, 0);
});
await step('starting a held instance is refused', () =>
  refused('failed_precondition', 'PreconditionFailure', 'StartDeployment', deploymentId()));
await step('resume the tenant', async () => {
  await ok('ResumeTenant', tenantId());
  await deploymentIs('RUNNING');
  await tenantIs('ACTIVE');
});
await step('deleting with another name typed is refused', () =>
  violates(['confirm_slug'], 'DeleteTenant', { ...tenantId(), confirmSlug: 'south-net' }));
await step('purging what is not deleted is refused', () =>
  refused('failed_precondition', 'PreconditionFailure', 'PurgeTenant',
    { requestId: 'purge-0', ...tenantId(), confirmSlug: tenant.slug }));
const remove = async () => {
  await ok('DeleteTenant', { ...tenantId(), confirmSlug: tenant.slug });
  await deploymentIs('DELETED');
  await tenantIs('DELETED');
};
await step('delete the tenant', remove);
await step('take the deletion back', async () => {
  await ok('UndeleteTenant', tenantId());
  await deploymentIs('RUNNING');
  await tenantIs('ACTIVE');
});
await step('delete it again', remove);
await step('purge it: nothing of it is left', async () => {
  const purge = { requestId: 'purge-1', ...tenantId(), confirmSlug: tenant.slug };
  const { id } = await ok('PurgeTenant', purge);
  const done = (await ok('WatchOperation', { operationId: id })).operation;
  assert.equal(done.state, 'OPERATION_STATE_SUCCEEDED', JSON.stringify(done.error));
  await deploymentIs('PURGED');
  await tenantIs('PURGED');
  assert.ok(!existsSync(join(server.folder, 'deployments', deployment.id)));
});
await step('its name is free again', () =>
  ok('OnboardTenant', { ...onboarding(), requestId: 'onboard-3', validateOnly: true }));

await server.stop();
console.log(`${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed > 0 ? 1 : 0;
