// A fresh server program with a data folder of its own, for the browser suite and for `make main-job`.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { get } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** The portals as they were built last. */
const PORTALS = join(import.meta.dirname, '../../../portals/dist');
const START_MS = 240_000;
const STOP_MS = 30_000;
const WAIT_MS = 60_000;

/** A port of 127.0.0.1 that nobody listens on. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/** How a server begins: `empty` has an admin, `setup` prints the link that makes one, `demo` is filled and has many sign-ins. */
const BEGINNINGS = {
  empty: { command: 'serve', admin: true, isComplete: () => true },
  setup: { command: 'serve', admin: false, isComplete: (output) => /\/master\/setup#\S+\s/.test(output) },
  demo: { command: 'demo', admin: false, isComplete: (output) => output.includes('Sign in (also in') },
};

/**
 * Starts the program that TENANTRY_BIN names on an empty folder and waits until it is ready.
 * Answers `{ url, folder, admin: { email, password }, output(), kill(), start(), stop() }`. `kill` ends the server as a failure would, which leaves
 * its instances running; `start` starts it again; `stop` ends everything and removes the folder.
 */
export async function startServer(beginning = 'empty') {
  const program = process.env.TENANTRY_BIN;
  if (!program) throw new Error('TENANTRY_BIN is not set: it names the server program, and `make test` sets it');
  const { command, admin: hasAdmin, isComplete } = BEGINNINGS[beginning];
  const folder = await mkdtemp(join(tmpdir(), 'tenantry-'));
  const listen = `127.0.0.1:${await freePort()}`;
  const url = `http://${listen}`;
  const admin = { email: 'admin@vendor.example', password: randomBytes(12).toString('hex') };
  const env = { TENANTRY_PORTALS_DIR: PORTALS, ...process.env, TENANTRY_DATA_DIR: folder, TENANTRY_LISTEN: listen };
  if (hasAdmin) Object.assign(env, { TENANTRY_BOOTSTRAP_EMAIL: admin.email, TENANTRY_BOOTSTRAP_PASSWORD: admin.password });

  let output = '';
  let child, ended;
  const isRunning = () => child?.exitCode === null && child.signalCode === null;

  const stop = async () => {
    // Without a server it still ends the instances.
    const stopper = spawn(program, ['stop'], { env, stdio: 'ignore' });
    const stopped = new Promise((resolve) => stopper.once('close', resolve).once('error', resolve));
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await Promise.all([stopped, ended]);
    clearTimeout(late);
    await rm(folder, { recursive: true, force: true });
  };
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop().then(() => process.exit(1)));

  const start = async () => {
    const from = output.length;
    // Detached: Ctrl-C reaches this process only, which then stops the server together with its instances.
    child = spawn(program, [command], { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    ended = new Promise((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) => resolve(`exit code ${code ?? signal}`));
    });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
    const deadline = Date.now() + START_MS;
    while (!((await isReady(url)) && (from > 0 || isComplete(output)))) {
      if (!isRunning() || Date.now() > deadline) {
        const why = isRunning() ? `not ready after ${START_MS / 1000} s` : await ended;
        await stop();
        throw new Error(`${program} ${command}: ${why}\n${output}`);
      }
      await sleep(50);
    }
  };
  const kill = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  await start();
  return { url, folder, admin, output: () => output, kill, start, stop };
}

/** Asks until the answer is as wanted, and answers it. */
export async function until(what, ask, wanted) {
  const deadline = Date.now() + WAIT_MS;
  let last;
  while (Date.now() < deadline) {
    last = await ask();
    if (wanted(last)) return last;
    await sleep(200);
  }
  throw new Error(`still not ${what}: ${JSON.stringify(last)}`);
}

/** Fetches a page of an instance; `*.localhost` is this machine, whatever the resolver says. Status 0 means it is down. */
export function fetchInstance(url) {
  const { hostname, port, pathname } = new URL(url);
  return new Promise((resolve) => {
    const down = () => resolve({ status: 0, text: '' });
    get({ host: '127.0.0.1', port, path: pathname, headers: { host: `${hostname}:${port}` } }, (response) => {
      let text = '';
      response.on('data', (part) => (text += part));
      response.on('end', () => resolve({ status: response.statusCode, text }));
      response.on('error', down);
    }).on('error', down);
  });
}

async function isReady(url) {
  try {
    return (await fetch(`${url}/readyz`)).ok;
  } catch {
    return false;
  }
}
