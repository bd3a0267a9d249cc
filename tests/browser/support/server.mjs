// A fresh server program with a data folder of its own, for the browser suite and for `make main-job`.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const START_MS = 60_000;
const STOP_MS = 30_000;

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

/**
 * Starts the program that TENANTRY_BIN names and waits until it is ready.
 * Answers `{ url, admin: { email, password }, output(), stop() }`; `stop` ends its instances too.
 */
export async function startServer(program = process.env.TENANTRY_BIN) {
  if (!program) throw new Error('TENANTRY_BIN is not set: it names the server program, and `make test` sets it');
  const folder = await mkdtemp(join(tmpdir(), 'tenantry-'));
  const listen = `127.0.0.1:${await freePort()}`;
  const url = `http://${listen}`;
  const admin = { email: 'admin@vendor.example', password: randomBytes(12).toString('hex') };
  const env = {
    ...process.env,
    TENANTRY_DATA_DIR: folder,
    TENANTRY_LISTEN: listen,
    TENANTRY_BOOTSTRAP_EMAIL: admin.email,
    TENANTRY_BOOTSTRAP_PASSWORD: admin.password,
  };

  let output = '';
  const child = spawn(program, ['serve'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(`exit code ${code ?? signal}`));
  });
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
  let running = true;
  ended.then(() => (running = false));

  const stop = async () => {
    if (running) {
      spawn(program, ['stop'], { env, stdio: 'ignore' }).on('error', () => child.kill('SIGKILL'));
      const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      await ended;
      clearTimeout(late);
    }
    await rm(folder, { recursive: true, force: true });
  };

  const deadline = Date.now() + START_MS;
  while (!(await isReady(url))) {
    if (!running || Date.now() > deadline) {
      const why = running ? `not ready after ${START_MS / 1000} s` : await ended;
      await stop();
      throw new Error(`${program} serve: ${why}\n${output}`);
    }
    await sleep(50);
  }
  return { url, admin, output: () => output, stop };
}

async function isReady(url) {
  try {
    return (await fetch(`${url}/readyz`)).ok;
  } catch {
    return false;
  }
}
