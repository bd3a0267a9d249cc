// Runs the harnesses that hold the walls: H1 credentials and foreign ids, H2 canaries, H3 two worlds, H5 a faulty database. Prints, for each of them and each
// database, how many of its cells were covered and how many failed; the last line is "N passed, N failed", of tests. A tally that says nothing of a database, or
// that has left a cell out, is a failure. Words after `--` choose some tests, and then it is no failure that the others say nothing.
import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const root = join(import.meta.dirname, '..');

/** Every tally of the tests, on each database. */
function named() {
  const folder = join(root, 'tests/all/matrix');
  const sources = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'));
  const names = sources.flatMap((source) => [...source.matchAll(/Tally::new\("(H\d[^"]*)"/g)].map(([, name]) => name));
  return names.flatMap((name) => ['Sqlite', 'Postgres'].map((database) => `${name} on ${database}`));
}
const chosen = process.argv.slice(2);
const filters = chosen.length ? chosen : ['matrix::', 'walls::', 'scope', 'tables'];
const child = spawn('cargo', ['test', '--quiet', '--workspace', '--test', 'all', '--', '--nocapture', '--test-threads=2', ...filters], {
  cwd: root,
  stdio: ['ignore', 'pipe', 'inherit'],
});
const ended = new Promise((resolve) => child.once('close', (code, signal) => resolve(code ?? signal)));
const harnesses = new Map();
const told = new Set();
let passed = 0;
let failed = 0;
for await (const line of createInterface({ input: child.stdout })) {
  console.log(line);
  const tally = /((H\d)(?: [^:]*)? on (\w+)): (\d+) of (\d+) cells, (\d+) failed/.exec(line);
  if (tally) {
    const [, name, harness, database, ...figures] = tally;
    told.add(name);
    const key = `${harness} on ${database}`;
    const before = harnesses.get(key) ?? [0, 0, 0];
    harnesses.set(key, before.map((figure, at) => figure + Number(figures[at])));
  }
  const result = /^test result: \w+\. (\d+) passed; (\d+) failed;/.exec(line);
  if (result) [passed, failed] = [Number(result[1]), Number(result[2])];
}
const code = await ended;
console.log();
for (const [key, [covered, all, wrong]] of [...harnesses].sort()) {
  console.log(`${key.padEnd(16)}${String(covered).padStart(6)} of ${String(all).padStart(6)} cells covered${String(wrong).padStart(6)} failed`);
}
for (const name of chosen.length ? [] : named().filter((name) => !told.has(name))) {
  console.log(`${name} says nothing`);
  failed += 1;
}
for (const [key, [covered, cells]] of harnesses) {
  if (covered === cells && cells > 0) continue;
  console.log(`${key.padEnd(16)} has left cells out`);
  failed += 1;
}
// What broke before its tests ran is one failure at least.
if (code !== 0 && failed === 0) failed = 1;
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
