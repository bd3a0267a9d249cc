//! The table is held against casbin's meaning, said in a few lines.

use super::*;
use rule::MEMBER;

/// What the rules mean, said without casbin: a role may what a rule gives to it or to a role that it inherits, over any number of steps.
fn may(rules: &[Rule], role: &str, method: &str) -> bool {
    let mut roles = vec![role];
    let mut next = 0;
    while let Some(role) = roles.get(next).copied() {
        next += 1;
        for rule in rules {
            match rule {
                Rule::Inherits(who, from) if who == role && !roles.contains(&from.as_str()) => roles.push(from),
                Rule::May(who, pattern) if who == role && matches(pattern, method) => return true,
                _ => {}
            }
        }
    }
    false
}

fn matches(pattern: &str, method: &str) -> bool {
    match pattern.split_once('*') {
        Some((start, _)) => method.starts_with(start),
        None => method == pattern,
    }
}

/// Numbers that look like chance, the same in each run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

/// A policy of up to eight rules, with chains and circles of roles, patterns and names that look like patterns.
fn random(chance: &mut Chance) -> Vec<Rule> {
    let roles: Vec<&str> = [ANYONE, MEMBER, "a \"quoted\" one", "*"]
        .into_iter()
        .chain(Role::iter().map(Role::word))
        .collect();
    let methods = ["/s.A/Get", "/s.A/GetAll", "/s.A/Get*", "/s.B/*", "/s.*", "*", "/s.B/List", ""];
    let mut rules: Vec<Rule> = Vec::new();
    for _ in 0..=chance.below(8) {
        let role = roles[chance.below(roles.len())].to_owned();
        let rule = match chance.below(2) {
            0 => Rule::May(role, methods[chance.below(methods.len())].to_owned()),
            _ => Rule::Inherits(role, roles[chance.below(roles.len())].to_owned()),
        };
        if !rules.contains(&rule) {
            rules.push(rule);
        }
    }
    rules
}

/// Ten thousand random policies, each loaded in twenty orders: the table says what the rules mean, whatever the order.
#[tokio::test(flavor = "multi_thread")]
async fn the_table_says_what_the_rules_mean_in_any_order() -> anyhow::Result<()> {
    const POLICIES: u64 = 10_000;
    const ORDERS: usize = 20;
    const TASKS: u64 = 4;
    let methods = ["/s.A/Get", "/s.A/GetAll", "/s.B/List", "/s.B/Get"].map(String::from);
    let tasks = (0..TASKS).map(|task| {
        let methods = methods.clone();
        tokio::spawn(async move {
            let mut chance = Chance(task);
            for _ in 0..POLICIES / TASKS {
                let mut rules = random(&mut chance);
                for _ in 0..ORDERS {
                    chance.shuffle(&mut rules);
                    let policy = Policy {
                        version: 0,
                        table: compile(&rules, &methods).await?,
                    };
                    for method in &methods {
                        assert_eq!(policy.is_public(method), may(&rules, ANYONE, method), "{method} by {rules:?}");
                        for role in Role::iter() {
                            assert_eq!(
                                policy.allows(role, method),
                                may(&rules, role.word(), method),
                                "{role} {method} by {rules:?}"
                            );
                        }
                    }
                }
            }
            anyhow::Ok(())
        })
    });
    for done in futures::future::join_all(tasks).await {
        done??;
    }
    Ok(())
}

#[tokio::test]
async fn the_compiled_in_policy_means_what_its_text_says() -> anyhow::Result<()> {
    let (policy, rules) = (Policy::built_in().await?, rules(BUILT_IN)?);
    for method in methods()? {
        assert_eq!(policy.is_public(&method), may(&rules, ANYONE, &method), "{method}");
        for role in Role::iter() {
            assert_eq!(policy.allows(role, &method), may(&rules, role.word(), &method), "{role} {method}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_role_stays_in_its_own_service() -> anyhow::Result<()> {
    let policy = Policy::built_in().await?;
    for method in methods()? {
        for role in Role::iter().filter(|r| policy.allows(*r, &method)) {
            let service = role.portal().service();
            assert!(
                method.contains(service) || method.contains("AuthService"),
                "{role} may call {method}"
            );
        }
    }
    assert!(!policy.allows(Role::MasterAdmin, "/tenantry.v1.MasterAdminService/NoSuchCall"));
    Ok(())
}

/// What is wrong with a text.
async fn wrong(text: &str) -> anyhow::Result<Vec<String>> {
    Ok(Policy::read(1, text, &methods()?).await?.err().unwrap_or_default())
}

#[tokio::test]
async fn the_compiled_in_policy_may_be_written_back() -> anyhow::Result<()> {
    assert_eq!(wrong(BUILT_IN).await?, Vec::<String>::new());
    let more = format!("{BUILT_IN}\np, tenant_user, /tenantry.v1.TenantAdminService/InviteUser\n");
    let policy = Policy::read(7, &more, &methods()?)
        .await?
        .map_err(|wrong| anyhow::anyhow!("{wrong:?}"))?;
    assert_eq!(policy.version(), 7);
    assert!(policy.allows(Role::TenantUser, "/tenantry.v1.TenantAdminService/InviteUser"));
    assert!(!policy.allows(Role::TenantViewer, "/tenantry.v1.TenantAdminService/InviteUser"));
    Ok(())
}

#[tokio::test]
async fn every_wrong_line_is_named() -> anyhow::Result<()> {
    for (line, says) in [
        ("p, tenant_user", "is no rule"),
        ("p, tenant_user, /tenantry.v1.TenantAdminService/Get, allow", "is no rule"),
        ("q, tenant_user, /tenantry.v1.TenantAdminService/GetTenant", "is no rule"),
        ("p, \"tenant_user\", /tenantry.v1.TenantAdminService/GetTenant", "no role"),
        ("p, *, /tenantry.v1.TenantAdminService/GetTenant", "no role"),
        ("g, anyone, tenant_admin", "no role"),
        ("g, tenant_user, root", "no role"),
        ("p, tenant_user, /tenantry.v1.TenantAdminService/Get*Tenant", "at the end only"),
        ("p, tenant_user, /tenantry.v1.TenantAdminService/NoSuch*", "no RPC"),
        ("p, tenant_user, /tenantry.v1.TenantAdminService/gettenant", "no RPC"),
        ("p, master_viewer, /tenantry.v1.MasterAdminService/Get*", "says again"),
    ] {
        let found = wrong(&format!("{BUILT_IN}\n{line}\n")).await?;
        let number = BUILT_IN.lines().count() + 2;
        assert!(
            matches!(&found[..], [one] if one.starts_with(&format!("line {number} ")) && one.contains(says)),
            "{line}: {found:?}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn no_policy_opens_a_portal_to_another_or_locks_the_vendor_out() -> anyhow::Result<()> {
    for (line, says) in [
        ("p, tenant_admin, /tenantry.v1.MasterAdminService/GetTenant", "another portal"),
        ("g, reseller_agent, master_viewer", "another portal"),
        ("p, member, /tenantry.v1.MasterAdminService/ListPlans", "another portal"),
        ("p, tenant_viewer, *", "another portal"),
        ("p, anyone, /tenantry.v1.TenantAdminService/GetTenant", "without a credential"),
        ("p, anyone, /tenantry.v1.AuthService/ChangePassword", "sign in and out"),
        ("p, master_operator, /tenantry.v1.MasterAdminService/Upd*", "give itself everything"),
        ("g, master_support, master_admin", "give itself everything"),
    ] {
        let found = wrong(&format!("{BUILT_IN}\n{line}\n")).await?;
        assert!(found.iter().any(|one| one.contains(says)), "{line}: {found:?}");
    }
    let without = |what: &str| BUILT_IN.lines().filter(|line| !line.contains(what)).collect::<Vec<_>>().join("\n");
    assert!(
        wrong(&without("UpdatePolicy"))
            .await?
            .iter()
            .any(|one| one.contains("take the change back"))
    );
    assert!(wrong(&without("SignOut")).await?.iter().any(|one| one.contains("sign in and out")));
    assert!(wrong("# nothing").await?.len() > 3);
    Ok(())
}

#[tokio::test]
async fn an_rpc_that_is_newer_than_the_text_follows_the_built_in_policy() -> anyhow::Result<()> {
    let (new, old) = (
        "/tenantry.v1.TenantAdminService/InviteUser",
        "/tenantry.v1.TenantAdminService/RemoveUser",
    );
    let known = methods()?.into_iter().filter(|m| m != new).collect();
    let policy = Policy::written(2, "p, tenant_viewer, /tenantry.v1.TenantAdminService/Get*".into(), known).await?;
    assert!(policy.allows(Role::TenantAdmin, new) && !policy.allows(Role::TenantAdmin, old));
    Ok(())
}

#[tokio::test]
async fn nobody_hands_out_more_than_the_own_role() -> anyhow::Result<()> {
    let policy = Policy::built_in().await?;
    for (own, other, may) in [
        (Role::MasterAdmin, Role::MasterAdmin, true),
        (Role::MasterSupport, Role::MasterViewer, true),
        (Role::MasterOperator, Role::TenantAdmin, true),
        (Role::TenantAdmin, Role::TenantViewer, true),
        (Role::MasterAdmin, Role::ResellerAdmin, true),
        // Who may not make a reseller makes nobody its admin.
        (Role::MasterOperator, Role::ResellerAdmin, false),
        (Role::MasterOperator, Role::ResellerAgent, false),
        (Role::MasterSupport, Role::TenantAdmin, false),
        (Role::TenantAdmin, Role::ResellerAgent, false),
        (Role::TenantAdmin, Role::MasterViewer, false),
        (Role::MasterSupport, Role::MasterOperator, false),
        (Role::TenantUser, Role::TenantAdmin, false),
    ] {
        assert_eq!(policy.may_hand_out(own, other), may, "{own} {other}");
    }
    Ok(())
}
