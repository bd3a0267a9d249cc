// Shows that the harnesses can fail: takes one defence after another out of a copy of this project and runs the harness that has to notice. Prints a line for each;
// the last line is "N noticed, N missed". It takes an hour and a half on two cores. Words after the name choose some of them; `--check` only looks whether each
// defence is where the list says.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = join(import.meta.dirname, '..');

const folder = join(import.meta.dirname, 'mutants');
const lists = await Promise.all(readdirSync(folder).map((file) => import(join(folder, file))));
const mutants = lists.flatMap((list) => list.default);

const moved = mutants.filter(({ file, from }) => readFileSync(join(root, file), 'utf8').split(from).length !== 2);
for (const { name, file } of moved) console.log(`${name}: the defence is not in ${file} as it was`);
if (moved.length > 0 || process.argv[2] === '--check') process.exit(moved.length > 0 ? 1 : 0);

const chosen = mutants.filter((mutant) => process.argv.slice(2).every((word) => mutant.name.includes(word)));
const copy = mkdtempSync(join(tmpdir(), 'tenantry-mutants-'));
// Of its own: cargo takes what was built of another copy of the same project for up to date.
const env = { ...process.env, CARGO_TARGET_DIR: resolve(root, process.env.CARGO_TARGET_DIR ?? 'target', 'mutants'), RUST_BACKTRACE: '0' };
const run = (tests) =>
  spawnSync('cargo', ['test', '--quiet', '--workspace', '--test', 'all', '--', ...tests], { cwd: copy, env, encoding: 'utf8', maxBuffer: 2 ** 28 });
/** The tests that failed, as cargo lists them at the end. */
const failed = (output) => [...output.slice(output.lastIndexOf('\nfailures:')).matchAll(/^ {4}(\S+)$/gm)].map(([, name]) => name);
let noticed = 0;
try {
  execFileSync('sh', ['-c', `git -C "${root}" ls-files -z | tar -C "${root}" --null -cT - | tar -xC "${copy}"`]);
  // With all defences in their places nothing may be noticed.
  const control = run([...new Set(chosen.flatMap(({ tests }) => tests))]);
  if (!/^test result: ok\. [1-9]/m.test(control.stdout)) throw new Error(`the tests fail by themselves:\n${(control.stderr + control.stdout).slice(-4000)}`);
  for (const { name, file, from, to, tests, refused } of chosen) {
    const path = join(copy, file);
    const whole = readFileSync(path, 'utf8');
    writeFileSync(path, whole.replace(from, () => to));
    const ran = run(tests);
    writeFileSync(path, whole);
    const result = refused ? ran.status !== 0 && ran.stderr.includes(refused) : /^test result: FAILED\. /m.test(ran.stdout);
    if (result) noticed += 1;
    console.log(result ? `noticed ${name}: ${refused ?? failed(ran.stdout).join(', ')}` : `MISSED ${name}:\n${(ran.stderr + ran.stdout).slice(-2000)}`);
  }
} finally {
  rmSync(copy, { recursive: true });
}
console.log(`${noticed} noticed, ${chosen.length - noticed} missed`);
process.exitCode = noticed === chosen.length ? 0 : 1;
