// The whole test suite: cargo's tests, the main job from the outside, then the browser's. Prints how many tests of each kind ran; the last line is
// "N passed, N failed". A test's kind is in its name: matrix, sqlite or postgres; any other is a unit test.
import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const root = join(import.meta.dirname, '..');
const kinds = ['unit', 'SQLite', 'PostgreSQL', 'matrix', 'main job', 'browser'];
const counts = new Map(kinds.map((kind) => [kind, { passed: 0, failed: 0 }]));
const problems = [];
const start = Date.now();

function kindOf(name) {
  if (/(^|[:_])matrix([:_]|$)/.test(name)) return 'matrix';
  if (/(^|[:_])postgres([:_]|$)/.test(name)) return 'PostgreSQL';
  if (/(^|[:_])sqlite([:_]|$)/.test(name)) return 'SQLite';
  return 'unit';
}

/** Runs a command, shows its output as it comes, and hands each line of standard output on. */
async function run(what, command, args, options, onLine) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], ...options });
  const ended = new Promise((resolve) => child.once('close', (code, signal) => resolve(code ?? signal)));
  for await (const line of createInterface({ input: child.stdout })) {
    console.log(line);
    onLine(line);
  }
  const code = await ended;
  if (code !== 0) problems.push(`${what} ended with ${code}`);
}

const total = { passed: 0, failed: 0 };
// What the failed tests of cargo said, of each the first lines: they are told again where the counts are, and not an hour of output before.
const words = [];
const MOST = 30;
let saying = MOST;
await run('cargo test', 'cargo', ['test', '--workspace', '--no-fail-fast'], { cwd: root }, (line) => {
  const test = /^test (.+?)(?: - should panic)? \.\.\. (ok|FAILED)\b/.exec(line);
  if (test) counts.get(kindOf(test[1]))[test[2] === 'ok' ? 'passed' : 'failed'] += 1;
  const result = /^test result: \w+\. (\d+) passed; (\d+) failed;/.exec(line);
  if (result) {
    total.passed += Number(result[1]);
    total.failed += Number(result[2]);
  }
  if (/^---- .+ stdout ----$/.test(line)) saying = 0;
  if (line === 'failures:') saying = MOST;
  if (saying < MOST && line !== '') {
    words.push(line.slice(0, 500));
    saying += 1;
  }
});

const env = { ...process.env, TENANTRY_BIN: resolve(root, process.env.CARGO_TARGET_DIR ?? 'target', 'debug/tenantry') };
const job = counts.get('main job');
await run('the main job', 'node', ['scripts/main-job.mjs'], { cwd: root, env }, (line) => {
  if (line.startsWith('ok ')) job.passed += 1;
  if (line.startsWith('FAIL ')) job.failed += 1;
});

// What is shipped is what is tested.
await run('building the portals', 'scripts/portals.sh', ['build', '--release'], { cwd: root }, () => {});

const browser = counts.get('browser');
await run(
  'the browser suite',
  'node',
  ['--test', '--test-reporter=spec'],
  { cwd: join(root, 'tests/browser'), env },
  (line) => {
    const count = /^ℹ (pass|fail|cancelled) (\d+)$/.exec(line);
    if (count) browser[count[1] === 'pass' ? 'passed' : 'failed'] += Number(count[2]);
  },
);

const sum = (key) => [...counts.values()].reduce((all, count) => all + count[key], 0);
const outside = job.passed + job.failed + browser.passed + browser.failed;
if (sum('passed') + sum('failed') - outside !== total.passed + total.failed) {
  problems.push(`cargo counted ${total.passed} passed and ${total.failed} failed tests, which the kinds do not add up to`);
}
console.log(`\nTests by kind, in ${Math.round((Date.now() - start) / 1000)} s`);
for (const [kind, count] of counts) {
  console.log(`  ${kind.padEnd(12)}${String(count.passed).padStart(6)} passed${String(count.failed).padStart(6)} failed`);
}
for (const problem of [...words, ...problems]) console.log(problem);
// A suite that broke before its tests ran is one failure at least.
const failed = sum('failed') || (problems.length > 0 ? 1 : 0);
console.log(`${sum('passed')} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
