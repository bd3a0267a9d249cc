// The audit trail: what is taken out, where, and the tests that must fail then.
export default [
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
    from: 'let is_told = self.refusals.count((who, why), "this caller").is_ok();',
    to: 'let is_told = self.refusals.count((who, why), "this caller").is_ok() || self.refusals.callers.entry_count() < u64::MAX;',
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
    name: 'audit: somebody comes into another account unseen',
    file: 'server/src/identity/session/refresh.rs',
    from: 'match place.membership.id == session.membership_id {',
    to: 'match place.membership.id == place.membership.id {',
    tests: ['session::a_token_stays'],
  },
];
