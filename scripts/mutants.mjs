// Shows that the harnesses can fail: takes one defence after another out of a copy of this project and runs the harness that has to notice. Prints a line for each;
// the last line is "N noticed, N missed". It takes three quarters of an hour on two cores. Words after the name choose some of them.
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
    name: 'H1: a token of one portal never ends',
    file: 'server/src/auth/token.rs',
    from: 'if claims.exp < now - LEEWAY {',
    to: 'if claims.exp < now - LEEWAY && claims.aud != Portal::Tenant.service() {',
    tests: ['matrix::credentials::every_rpc_refuses'],
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
    name: 'H2: a sealed password is answered',
    file: 'server/src/deployments/deployment/convert.rs',
    from: 'version: row.version,',
    to: 'version: row.sealed_password.clone().unwrap_or(row.version),',
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
    from: 'Owner::Tenant(id) => ("", id.uuid().to_string(), String::new()),',
    to: 'Owner::Tenant(_) => ("on", String::new(), String::new()),',
    tests: ['walls::pool::calls_over'],
  },
  {
    name: 'the second wall: a setting outlives its transaction',
    file: 'server/src/store/conn.rs',
    from: "set_config('app.tenant_id', '{tenant}', true)",
    to: "set_config('app.tenant_id', '{tenant}', false)",
    tests: ['walls::pool::nothing_is_left'],
  },
  {
    name: 'the second wall: what somebody has left on a connection counts',
    file: 'server/src/store/conn.rs',
    from: "set_config('app.platform', '{platform}', true)",
    to: "set_config('app.platform', coalesce(nullif('{platform}', ''), current_setting('app.platform', true)), true)",
    tests: ['walls::pool::what_somebody'],
  },
  {
    name: 'the second wall: a transaction stays that of everybody',
    file: 'server/src/store/tx.rs',
    from: 'self.conn.turn_to(&self.owner()).await?;',
    to: '',
    tests: ['walls::pool::what_somebody'],
  },
  {
    name: 'the second wall: a server works as a role that may make temporary tables',
    file: 'server/src/store/role.rs',
    from: "has_database_privilege(current_database(), 'TEMPORARY')",
    to: 'false',
    tests: ['walls::catalogue::a_server_refuses'],
  },
  {
    name: 'the second wall: a row is of two accounts',
    file: 'migration/src/m0012_least_rights.rs',
    from: 'CHECK (tenant_id IS NULL OR reseller_id IS NULL)',
    to: 'CHECK (true)',
    tests: ['walls::raw::no_row_is'],
  },
  {
    name: 'the second wall: an account writes what the platform keeps for it',
    file: 'migration/src/m0012_least_rights.rs',
    from: 'ON {table} FOR SELECT USING',
    to: 'ON {table} FOR ALL USING',
    tests: ['walls::raw::an_account_writes'],
  },
  {
    name: 'the second wall: the head of a trail is put back',
    file: 'migration/src/m0012_least_rights.rs',
    from: "    OR NEW.entries < OLD.entries AND (NEW.stamp <> '' OR NEW.entries <= 0)\n",
    to: '',
    tests: ['walls::raw::the_head'],
  },
  {
    name: 'tables: an operation is on an instance of another tenant',
    file: 'migration/src/m0004_deployments.rs',
    from: ',\n    FOREIGN KEY (tenant_id, deployment_id) REFERENCES deployment (tenant_id, id)\n);\nCREATE UNIQUE INDEX operation_at_work',
    to: '\n);\nCREATE UNIQUE INDEX operation_at_work',
    tests: ['tables::'],
  },
  {
    name: 'H5: what failed in the middle stays as it is',
    file: 'server/src/store/change.rs',
    from: 'outcome => {\n                tx.rollback().await?;',
    to: 'outcome => {\n                tx.commit().await?;',
    tests: ['matrix::faulty::a_database_that_fails_now_and_then_loses_and_doubles_nothing::sqlite'],
  },
  {
    name: 'H5: a request that is repeated is done again',
    file: 'server/src/store/idempotency_record.rs',
    from: '        return Ok(None);\n    }\n    let known',
    to: '        return Ok(None);\n    }\n    if tx.db().actor().id.len() < 1000 {\n        return Ok(None);\n    }\n    let known',
    tests: ['matrix::faulty::a_database_that_fails_now_and_then_loses_and_doubles_nothing::sqlite'],
  },
  {
    name: 'authority: a role is handed out that may do more',
    file: 'server/src/identity/user/mod.rs',
    from: 'if !cx.app.policy.now().may_hand_out(caller.role, role) =>',
    to: 'if caller.email.is_empty() =>',
    tests: ['policy::nobody_hands_out'],
  },
  {
    name: 'authority: another server does not hear of a policy',
    file: 'server/src/platform/policy/mod.rs',
    from: 'cx.app.policy.replace(policy);',
    to: 'drop(policy);',
    tests: ['policy::what_is_taken_away'],
  },
  {
    name: 'audit: a change leaves no entry',
    file: 'server/src/store/change.rs',
    from: 'audit_entry::write(&tx, what.action, &answer.subject(), tx.take_changes()).await?;',
    to: 'tx.take_changes();',
    tests: ['matrix::trail::'],
  },
  {
    name: 'audit: a change leaves two entries',
    file: 'server/src/store/change.rs',
    from: 'audit_entry::write(&tx, what.action, &answer.subject(), tx.take_changes()).await?;',
    to: 'audit_entry::write(&tx, what.action, &answer.subject(), tx.take_changes()).await?;\n        audit_entry::write(&tx, "user.again", &answer.subject(), Vec::new()).await?;',
    tests: ['matrix::trail::'],
  },
  {
    name: 'audit: a refusal leaves no entry',
    file: 'server/src/auth/refusal.rs',
    from: 'let result = word(status)?;',
    to: 'let result = word(status).filter(|word| word.is_empty())?;',
    tests: ['matrix::trail::'],
  },
  {
    name: 'audit: the stamp is not over what changed',
    file: 'server/src/store/audit_entry.rs',
    from: '            json.as_bytes(),\n',
    to: '            b"",\n',
    tests: ['audit::chain::what_was_done'],
  },
  {
    name: 'audit: a forged head is stamped anew',
    file: 'server/src/store/audit_head.rs',
    from: 'let is_whole = head.is_genuine(sealer) ||',
    to: 'let is_whole = !head.is_genuine(sealer) || head.entries >= 0 ||',
    tests: ['audit::chain::what_was_done'],
  },
  {
    name: 'audit: whoever is refused fills the trail',
    file: 'server/src/serve/limits.rs',
    from: 'let is_told = self.refusals.count(who, "this caller").is_ok();',
    to: 'let is_told = self.refusals.count(who, "this caller").is_ok() || self.refusals.callers.entry_count() < u64::MAX;',
    tests: ['transport::refusals::'],
  },
  {
    name: 'audit: a secret is written down',
    file: 'server/src/deployments/deployment/entity.rs',
    from: 'secret.as_ref().map(|_| "hidden").serialize(s)',
    to: 'secret.serialize(s)',
    tests: ['matrix::secrets::'],
  },
  {
    name: 'promises: a key is good for another request',
    file: 'server/src/store/idempotency_record.rs',
    from: 'if known.fingerprint == once.fingerprint =>',
    to: 'if known.fingerprint.len() == once.fingerprint.len() =>',
    tests: ['promises::idempotency::'],
  },
  {
    name: 'promises: a key is for the requests that must have one only',
    file: 'server/src/cx.rs',
    from: 'what.once(self.once.clone())',
    to: 'what.once(self.once.clone().filter(|once| once.request_id.is_empty()))',
    tests: ['promises::idempotency::a_request_has_one_effect', 'promises::kills::'],
  },
  {
    name: 'promises: an answer tells how a deployment is seen now',
    file: 'server/src/deployments/deployment/convert.rs',
    from: 'let state = row.seen(at);',
    to: 'let state = row.seen(at.max(Clock::default().now()));',
    tests: ['promises::day::'],
  },
  {
    name: 'promises: a page token is good for another filter',
    file: 'server/src/store/page.rs',
    from: '&["page", &owner, E::KIND, &query.filter, order_by, &query.also]',
    to: '&["page", &owner, E::KIND, order_by, &query.also]',
    tests: ['promises::pages::'],
  },
  {
    name: 'promises: a page token is good for another account',
    file: 'server/src/store/page.rs',
    from: '&["page", &owner, E::KIND, &query.filter, order_by, &query.also]',
    to: '&["page", E::KIND, &query.filter, order_by, &query.also]',
    tests: ['promises::pages::'],
  },
  {
    name: 'promises: a path that is none is passed over',
    file: 'server/src/convert.rs',
    from: 'for path in paths.iter().filter(|p| !known.contains(&p.as_str())) {',
    to: 'for path in paths.iter().filter(|p| p.is_empty()) {',
    tests: ['promises::masks::'],
  },
  {
    name: 'promises: a version is not looked at',
    file: 'server/src/convert.rs',
    from: 'if etag.is_empty() || etag == self::etag(version) {',
    to: 'if version > 0 || etag == self::etag(version) {',
    tests: ['promises::etags::'],
  },
  {
    name: 'promises: the database goes on after the deadline',
    file: 'server/src/rpc/deadline.rs',
    from: 'store::until(Instant::now() + granted, next.run(request))',
    to: 'store::until(Instant::now() + LONGEST, next.run(request))',
    tests: ['promises::deadlines::'],
  },
  {
    name: 'promises: a stream outlives its deadline',
    file: 'server/src/rpc/mod.rs',
    from: 'Some(until) => timeout_at(until.into(), self.taken()).await.unwrap_or_else(|_| deadline::exceeded()),',
    to: 'Some(_) => self.taken().await,',
    tests: ['promises::deadlines::a_stream'],
  },
  {
    name: 'promises: a payment is given up in the middle',
    file: 'server/src/rpc/master_admin.rs',
    from: 'to_the_end(async move { payment::record(&cx, req.into()).await }).await?',
    to: 'payment::record(&cx, req.into()).await?',
    tests: ['promises::money::a_payment_that_has_begun'],
  },
  {
    name: 'promises: what a mask does not name is checked',
    file: 'server/src/platform/policy/convert.rs',
    from: 'check.also(all.within("policy", &paths).done())?;',
    to: 'check.also(all.done())?;',
    tests: ['promises::masks::an_empty_mask'],
  },
  {
    name: 'promises: a payment is for whatever the invoice is now',
    file: 'server/src/billing/payment/mod.rs',
    from: 'Ok(invoice) if check_etag(&new.etag, invoice.row_version).is_ok() && invoice.state',
    to: 'Ok(invoice) if invoice.state',
    tests: ['promises::etags::'],
  },
  {
    name: 'limits: an address may call as often as it likes',
    file: 'server/src/serve/limits.rs',
    from: 'app.limits.address(*address).and_then(|()| app.limits.at_once(*address))',
    to: 'app.limits.at_once(*address)',
    tests: ['transport::limits::'],
  },
  {
    name: 'limits: whoever calls says from where',
    file: 'server/src/address.rs',
    from: 'trusted.iter().any(|network| network.contains(&address))',
    to: 'trusted.iter().any(|network| network.contains(&address)) || trusted.is_empty()',
    tests: ['transport::limits::', 'transport::guess::'],
  },
  {
    name: 'limits: wrong guesses are not counted',
    file: 'server/src/identity/guess/mod.rs',
    from: 'let Some(until) = row.locked_until.filter(|until| *until > now) else {',
    to: 'let Some(until) = row.locked_until.filter(|until| *until > now + MEMORY) else {',
    tests: ['transport::guess::'],
  },
  {
    name: 'limits: all passwords are hashed at once',
    file: 'server/src/identity/password.rs',
    from: 'Semaphore::new(processors.clamp(1, 16))',
    to: 'Semaphore::new(processors.clamp(500, 1000))',
    tests: ['transport::passwords::'],
  },
  {
    name: 'authority: a stream that waits for its reader goes on',
    file: 'server/src/rpc/mod.rs',
    from: 'AbortOnDropHandle::new(tokio::spawn(life.end()))',
    to: 'Box::pin(async move { Ok::<_, tokio::task::JoinError>(life.end().await) })',
    tests: ['transport::streams::a_stream'],
  },
  {
    name: 'limits: a person has as many streams as it likes',
    file: 'server/src/serve/limits.rs',
    from: 'self.place(Who::Person(id), STREAMS,',
    to: 'self.place(Who::Person(id), STREAMS * 10,',
    tests: ['transport::streams::a_person'],
  },
  {
    name: 'limits: a guess that is given up is not counted',
    file: 'server/src/rpc/mod.rs',
    from: 'tokio::spawn(work.in_current_span()).await.map_err(Error::internal)?',
    to: 'work.in_current_span().await',
    tests: ['transport::guess::guesses_that'],
  },
  {
    name: 'the second wall: an account gives roles by itself',
    file: 'migration/src/m0010_narrower_walls.rs',
    from: 'CREATE POLICY {name} ON membership FOR SELECT USING',
    to: 'CREATE POLICY {name} ON membership FOR ALL USING',
    tests: ['walls::raw::nobody_is_drawn'],
  },
  {
    name: 'audit: somebody comes into another account unseen',
    file: 'server/src/identity/session/refresh.rs',
    from: 'match place.membership.id == session.membership_id {',
    to: 'match place.membership.id == place.membership.id {',
    tests: ['session::a_token_stays'],
  },
  {
    name: 'limits: reflection answers whatever it is asked',
    file: 'server/src/rpc/questions.rs',
    from: 'Limited::new(body, MOST)',
    to: 'Limited::new(body, MOST * 100)',
    tests: ['transport::messages::reflection'],
  },
  {
    name: 'the second wall: an account reads its people',
    file: 'migration/src/m0011_people.rs',
    from: 'DROP POLICY tenant ON "user";',
    to: '',
    tests: ['walls::raw::what_is_the_vendor_s_own'],
  },
  {
    name: 'limits: the rest of a refused call is not read',
    file: 'server/src/connections/exchange.rs',
    from: 'runtime.spawn(timeout(UNREAD_FOR, forget(rest)));',
    to: 'drop((timeout(UNREAD_FOR, forget(rest)), runtime));',
    tests: ['transport::unread::'],
  },
  {
    name: 'limits: what cannot be read is a fault of the server',
    file: 'server/src/rpc/malformed.rs',
    from: 'status.code() == Code::Internal && status.message() != BROKEN',
    to: 'status.code() == Code::Ok && status.message() != BROKEN',
    tests: ['transport::messages::', 'promises::malformed::'],
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
