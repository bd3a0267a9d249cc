// Authority: what is taken out, where, and the tests that must fail then.
export default [
  {
    name: 'authority: an RPC has no line in the policy',
    file: 'server/rbac/policy.csv',
    from: 'p, master_admin, /tenantry.v1.MasterAdminService/ArchivePlan\n',
    to: '',
    tests: ['policy::nobody_hands_out'],
    refused: 'no line of server/rbac/policy.csv allows /tenantry.v1.MasterAdminService/ArchivePlan',
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
    name: 'authority: a stream that waits for its reader goes on',
    file: 'server/src/rpc/mod.rs',
    from: 'AbortOnDropHandle::new(tokio::spawn(life.end()))',
    to: 'Box::pin(async move { Ok::<_, tokio::task::JoinError>(life.end().await) })',
    tests: ['transport::streams::a_stream'],
  },
  {
    name: 'authority: tokens go by the clock of the machine',
    file: 'server/src/auth/layer.rs',
    from: 'self.0.store.clock().now()',
    to: 'chrono::Utc::now()',
    tests: ['session::tokens_go'],
  },
];
