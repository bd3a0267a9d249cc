//! Deployments that stay as they are on the server.

use leptos::prelude::*;
use portal_client::pb;
use portal_ui::Remote;

use crate::{
    me::Me,
    watch::{Live, Seen, watch_deployments},
};

/// Keeps a list of deployments live until the component goes away. What was deleted for good leaves it.
pub fn keep_list_live(list: Remote<Vec<pb::Deployment>>) -> Live {
    let me = Me::here();
    watch_deployments(String::new(), move |seen| {
        let mut held = false;
        match seen {
            Seen::All(all) => {
                let before = list.value().with_untracked(|list| list.as_deref().map(held_ids));
                held = before.is_some_and(|before| before != held_ids(&all));
                list.set(sorted(all));
            }
            Seen::One(one) => list.update(|list| held = put(list, *one)),
        }
        if held {
            me.account_changed();
        }
    })
}

/// Keeps one deployment live until the component goes away.
pub fn keep_live(deployment_id: String, deployment: Remote<pb::Deployment>) -> Live {
    let me = Me::here();
    let take = move |now: pb::Deployment| {
        let was = deployment.value().with_untracked(|before| before.as_ref().map(is_held));
        if was.is_some_and(|was| was != is_held(&now)) {
            me.account_changed();
        }
        deployment.set(now);
    };
    watch_deployments(deployment_id, move |seen| match seen {
        Seen::All(all) => all.into_iter().take(1).for_each(take),
        Seen::One(one) => take(*one),
    })
}

/// Whether the vendor holds it, which mostly means that the whole account is held.
fn is_held(deployment: &pb::Deployment) -> bool {
    deployment.desired_state() == pb::DesiredState::Suspended
}

fn held_ids(list: &[pb::Deployment]) -> Vec<String> {
    let mut ids: Vec<String> = list.iter().filter(|it| is_held(it)).map(|it| it.id.clone()).collect();
    ids.sort();
    ids
}

fn sorted(mut list: Vec<pb::Deployment>) -> Vec<pb::Deployment> {
    list.retain(|it| it.state() != pb::DeploymentState::Purged);
    list.sort_by(|a, b| a.slug.cmp(&b.slug));
    list
}

/// Puts a deployment in the place of its older self. Answers whether the vendor's hold on it began or ended.
fn put(list: &mut Vec<pb::Deployment>, now: pb::Deployment) -> bool {
    let gone = now.state() == pb::DeploymentState::Purged;
    let held = is_held(&now);
    match list.iter().position(|it| it.id == now.id) {
        Some(at) if gone => {
            list.remove(at);
            false
        }
        Some(at) => {
            let was = is_held(&list[at]);
            list[at] = now;
            was != held
        }
        None if gone => false,
        None => {
            list.push(now);
            list.sort_by(|a, b| a.slug.cmp(&b.slug));
            held
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deployment(slug: &str, state: pb::DeploymentState, desired: pb::DesiredState) -> pb::Deployment {
        pb::Deployment {
            id: format!("dep_{slug}"),
            slug: slug.into(),
            state: state.into(),
            desired_state: desired.into(),
            ..Default::default()
        }
    }

    #[test]
    fn a_list_follows_what_is_told() {
        use pb::{DeploymentState as State, DesiredState as Desired};
        let mut list = vec![deployment("b", State::Running, Desired::Running)];
        assert!(!put(&mut list, deployment("a", State::Pending, Desired::Running)));
        assert!(put(&mut list, deployment("b", State::Stopping, Desired::Suspended)));
        assert!(!put(&mut list, deployment("b", State::Suspended, Desired::Suspended)));
        let slugs = |list: &[pb::Deployment]| list.iter().map(|it| it.slug.clone()).collect::<Vec<_>>();
        assert_eq!(slugs(&list), ["a", "b"]);
        assert_eq!(list[1].state(), State::Suspended);
        put(&mut list, deployment("b", State::Purged, Desired::Absent));
        assert_eq!(slugs(&list), ["a"]);
    }
}
