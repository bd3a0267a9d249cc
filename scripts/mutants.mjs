// Shows that the harnesses can fail: takes one defence after another out of a copy of this project and runs the harness that has to notice. Prints a line for each;
// the last line is "N noticed, N missed". It takes an hour on two cores. Words after the name choose some of them.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = join(import.meta.dirname, '..');

/** What is taken out, where, and the tests that must fail then. */
const mutants = [
  {
    name: 'H1: nobody asks what a role may do',
    file: 'server/src/auth/layer.rs',
    from: 'if !self.0.policy.now().allows(caller.role, method) {',
    to: 'if false {',
    tests: ['matrix::roles::every_role_may_call'],
  },
  {
    name: 'H1: a token is good in every portal',
    file: 'server/src/auth/layer.rs',
    from: 'map_or(&ALL[..], |i| &ALL[i..=i])',
    to: 'map_or(&ALL[..], |_| &ALL[..])',
    tests: ['matrix::credentials::a_token_is_no_good'],
  },
  {
    name: 'H1: a session that has ended goes on',
    file: 'server/src/identity/session/present.rs',
    from: '.add(Column::EndedAt.is_null())\n        .add(Column::ExpiresAt',
    to: '.add(Column::ExpiresAt',
    tests: ['matrix::credentials::every_rpc_refuses'],
  },
  {
    name: 'H1: reads are not narrowed to the caller, on SQLite where there is no second wall',
    file: 'server/src/store/mod.rs',
    from: 'self.filter(<E as Visible<S>>::rows(scope))',
    to: '{ let _ = scope; self }',
    tests: ['matrix::foreign::a_foreign_id_looks_like_one_that_never_was::sqlite', 'matrix::foreign::nobody_is_told_of_what_others_have::sqlite'],
  },
  {
    name: 'H2: reads are not narrowed to the caller',
    file: 'server/src/store/mod.rs',
    from: 'self.filter(<E as Visible<S>>::rows(scope))',
    to: '{ let _ = scope; self }',
    tests: ['matrix::canary::no_answer_holds_what_others_have_written::sqlite'],
  },
  {
    name: 'H2: a password is logged',
    file: 'server/src/identity/session/mod.rs',
    from: 'let bad = Error::Unauthenticated("BAD_SIGN_IN");',
    to: 'let bad = Error::Unauthenticated("BAD_SIGN_IN");\n    tracing::trace!(password, "signing in");',
    tests: ['matrix::secrets::'],
  },
  {
    name: 'H3: a list counts what others do',
    file: 'server/src/store/page.rs',
    from: 'let total_size = filtered.count().await?;',
    to: 'static LISTS: std::sync::atomic::AtomicI64 = std::sync::atomic::AtomicI64::new(0);\n        let total_size = filtered.count().await? + LISTS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);',
    tests: ['matrix::two_worlds::'],
  },
  {
    name: 'the second wall: tables whose owner is not bound',
    file: 'migration/src/m0006_walls.rs',
    from: 'ALTER TABLE \\"{table}\\" FORCE ROW LEVEL SECURITY;',
    to: '',
    tests: ['walls::catalogue::every_table'],
  },
  {
    name: 'the second wall: a transaction does not say whose it is',
    file: 'server/src/store/conn.rs',
    from: "Owner::Tenant(id) => format!(\"set_config('app.tenant_id', '{}', true)\", id.uuid()),",
    to: "Owner::Tenant(_) => \"set_config('app.platform', 'on', true)\".into(),",
    tests: ['walls::pool::calls_over'],
  },
];

const chosen = mutants.filter((mutant) => process.argv.slice(2).every((word) => mutant.name.includes(word)));
const copy = mkdtempSync(join(tmpdir(), 'tenantry-mutants-'));
const env = { ...process.env, CARGO_TARGET_DIR: resolve(root, process.env.CARGO_TARGET_DIR ?? 'target') };
let noticed = 0;
try {
  execFileSync('sh', ['-c', `git -C "${root}" ls-files -z | tar -C "${root}" --null -cT - | tar -xC "${copy}"`]);
  for (const { name, file, from, to, tests } of chosen) {
    const path = join(copy, file);
    const whole = readFileSync(path, 'utf8');
    if (whole.split(from).length !== 2) {
      console.log(`MISSED ${name}: the defence is not in ${file} as it was`);
      continue;
    }
    writeFileSync(path, whole.replace(from, () => to));
    const ran = spawnSync('cargo', ['test', '--quiet', '-p', 'tenantry-tests', '--test', 'all', '--', ...tests], { cwd: copy, env, encoding: 'utf8', maxBuffer: 2 ** 28 });
    writeFileSync(path, whole);
    const result = /^test result: FAILED\. (\d+) passed; (\d+) failed/m.exec(ran.stdout);
    if (result) noticed += 1;
    console.log(result ? `noticed ${name}: ${result[2]} failed` : `MISSED ${name}:\n${(ran.stderr + ran.stdout).slice(-2000)}`);
  }
} finally {
  rmSync(copy, { recursive: true });
}
console.log(`${noticed} noticed, ${chosen.length - noticed} missed`);
process.exitCode = noticed === chosen.length ? 0 : 1;
