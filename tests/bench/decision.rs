//! What it costs to decide whether somebody may call an RPC, with ever more people who have a role: ours, and casbin asked each time.

use std::{hint::black_box, time::Instant};

use anyhow::{Result, ensure};
use casbin::{CoreApi, DefaultModel, Enforcer, MemoryAdapter, MgmtApi};
use tenantry::{
    auth::{BUILT_IN, Policy, methods},
    identity::user::membership::Role,
};

use crate::{judged, row};

/// How many people have a role.
const ASSIGNMENTS: [usize; 3] = [100, 10_000, 1_000_000];
/// Ours may take so long, in nanoseconds, and over all people so many times what it takes over the fewest.
const MOST: f64 = 1000.0;
const GROWTH: f64 = 2.0;

/// Prints a row for each number of people; whether the gates hold.
pub async fn decisions() -> Result<bool> {
    let (policy, methods, roles) = (
        Policy::built_in().await?,
        methods()?,
        (1..=9).filter_map(Role::from_number).collect::<Vec<_>>(),
    );
    let (mut holds, mut first) = (true, None);
    for people in ASSIGNMENTS {
        // What the layer has at hand when it decides: the role that the session was found with.
        let assigned: Vec<Role> = (0..people).map(|person| roles[person % roles.len()]).collect();
        let ours = nanos(5_000_000, |turn| {
            let person = turn.wrapping_mul(2_654_435_761) % people;
            policy.allows(assigned[person], &methods[turn % methods.len()])
        });
        let enforcer = enforcer(people, &roles).await?;
        let names: Vec<String> = (0..1000).map(|n| name(n * people / 1000)).collect();
        let theirs = nanos(2_000, |turn| {
            enforcer
                .enforce((&names[turn % names.len()], &methods[turn % methods.len()]))
                .unwrap_or_default()
        });
        let growth = ours / *first.get_or_insert(ours);
        let is_quick = ours < MOST && growth < GROWTH;
        holds &= is_quick;
        row([
            &format!("decision, {people} people"),
            &format!("{ours:.0} ns"),
            &format!("{:.0} us, casbin each time", theirs / 1000.0),
            &format!("{:.5}", ours / theirs),
            &judged(format!("{MOST} ns, x{GROWTH}"), is_quick),
            "",
        ]);
    }
    Ok(holds)
}

/// Nanoseconds for one of many turns; the quickest of three rounds.
fn nanos(turns: usize, mut decide: impl FnMut(usize) -> bool) -> f64 {
    let round = |_| {
        let begun = Instant::now();
        for turn in 0..turns {
            black_box(decide(black_box(turn)));
        }
        begun.elapsed().as_nanos() as f64 / turns as f64
    };
    (0..3).map(round).fold(f64::INFINITY, f64::min)
}

/// Casbin with our policy, and a rule for each person's role.
async fn enforcer(people: usize, roles: &[Role]) -> Result<Enforcer> {
    let model = DefaultModel::from_str(include_str!("../../server/rbac/model.conf")).await?;
    let mut enforcer = Enforcer::new(model, MemoryAdapter::default()).await?;
    let lines = BUILT_IN.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    for line in lines {
        let parts: Vec<String> = line.split(',').map(|part| part.trim().to_owned()).collect();
        let added = match (parts.first().map(String::as_str), parts.get(1..)) {
            (Some("p"), Some(rule)) => enforcer.add_policy(rule.to_vec()).await?,
            (Some("g"), Some(rule)) => enforcer.add_grouping_policy(rule.to_vec()).await?,
            _ => false,
        };
        ensure!(added, "the policy has a line that is none: {line}");
    }
    let assigned = (0..people).map(|person| vec![name(person), roles[person % roles.len()].word().to_owned()]);
    enforcer.add_grouping_policies(assigned.collect()).await?;
    Ok(enforcer)
}

fn name(person: usize) -> String {
    format!("person-{person}")
}
