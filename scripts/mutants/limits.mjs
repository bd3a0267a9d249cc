// Limits: what is taken out, where, and the tests that must fail then.
export default [
  {
    name: 'limits: the log of a SQLite file stays long',
    file: 'server/src/store/conn.rs',
    from: 'log.shorten(read, write).await;',
    to: 'let _ = (read, log);',
    tests: ['log::whoever'],
  },
  {
    name: 'limits: the token of an ended session spends what its owner may call',
    file: 'server/src/auth/layer.rs',
    from: '        let present = self',
    to: '        self.0.limits.person(claims.user())?;\n        let present = self',
    tests: ['transport::limits::the_token'],
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
    name: 'limits: reflection answers whatever it is asked',
    file: 'server/src/rpc/questions.rs',
    from: 'Limited::new(body, MOST)',
    to: 'Limited::new(body, MOST * 100)',
    tests: ['transport::messages::reflection'],
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
  {
    name: 'limits: an address is counted once its credential is good',
    file: 'server/src/lib.rs',
    from: `        .layer(from_fn_with_state(app.clone(), serve::limits::by_address))
        .layer(from_fn(rpc::deadline))
        .layer(from_fn_with_state(app.clone(), auth::record_refusal))
        .layer(auth::AuthLayer::new(app.clone()));`,
    to: `        .layer(from_fn(rpc::deadline))
        .layer(from_fn_with_state(app.clone(), auth::record_refusal))
        .layer(auth::AuthLayer::new(app.clone()))
        .layer(from_fn_with_state(app.clone(), serve::limits::by_address));`,
    tests: ['transport::limits::an_address_with_a_bad_credential'],
  },
];
