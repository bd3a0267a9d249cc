//! The instances of a tenant, live, and a further one.

use leptos::prelude::*;
use portal_app::{Live, LiveBanner, Me, Seen, failure, load, watch_deployments};
use portal_client::pb;
use portal_ui::{
    Card, Dialog, DialogActions, EmptyState, Form, FormState, Icon, IconView, Load, Remote, StateBadge, TextField, Toasts, Violations,
    bind, view::DeploymentFacts,
};

use super::detail::TheTenant;
use crate::pages::deployments::{DeploymentActions, Notices};

/// The tab.
#[component]
pub fn Instances(the: TheTenant) -> impl IntoView {
    let me = Me::here();
    let deployments = load(move || {
        let request = pb::ListDeploymentsRequest {
            page_size: 200,
            filter: format!("tenant_id = {}", the.id()),
            ..Default::default()
        };
        async move { Ok(me.list_deployments(request).await?.deployments) }
    });
    let adding = RwSignal::new(false);
    let state = the.state();
    let can_add = Memo::new(move |_| state.get() == pb::TenantState::Active && me.may("CreateDeployment"));
    view! {
        <div class="stack">
            <Show when=move || can_add.get()>
                <div class="toolbar">
                    <div class="toolbar-end">
                        <button type="button" class="btn btn-plain" on:click=move |_| adding.set(true)>
                            <IconView icon=Icon::Plus />
                            "Add instance"
                        </button>
                    </div>
                </div>
            </Show>
            <Load data=deployments what="The instances" let:all>
                <All the=the data=deployments all=all />
            </Load>
        </div>
        <AddDialog the=the open=adding data=deployments />
    }
}

/// Keeps the instances live: the only one by itself, several with one stream for all.
fn keep_live(the: TheTenant, data: Remote<Vec<pb::Deployment>>, all: &[pb::Deployment]) -> Live {
    let watched = match all {
        [only] => only.id.clone(),
        _ => String::new(),
    };
    let tenant_id = the.id();
    watch_deployments(watched, move |seen| {
        let changed = match seen {
            Seen::All(all) => all,
            Seen::One(one) => vec![*one],
        };
        let changed: Vec<_> = changed.into_iter().filter(|one| one.tenant_id == tenant_id).collect();
        data.update(|all| changed.into_iter().for_each(|one| put(all, one)));
    })
}

/// Puts a deployment in the place of its older self, or behind the others.
fn put(all: &mut Vec<pb::Deployment>, now: pb::Deployment) {
    match all.iter_mut().find(|one| one.id == now.id) {
        Some(before) => *before = now,
        None => all.push(now),
    }
}

#[component]
fn All(the: TheTenant, data: Remote<Vec<pb::Deployment>>, all: Signal<Vec<pb::Deployment>>) -> impl IntoView {
    let ids = Memo::new(move |_| all.with(|all| all.iter().map(|one| one.id.clone()).collect::<Vec<_>>()));
    let live = move || {
        ids.track();
        let live = keep_live(the, data, &all.get_untracked());
        view! { <LiveBanner live=live /> }
    };
    let card = move |id: String| {
        let now = Signal::derive(move || all.with(|all| all.iter().find(|one| one.id == id).cloned().unwrap_or_default()));
        view! { <One data=data now=now /> }
    };
    view! {
        {live}
        {move || match ids.with(Vec::is_empty) {
            true => {
                view! {
                    <Card>
                        <EmptyState icon=Icon::Server title="No instance" text="An instance is the tenant\u{2019}s own copy of the software, with its own data." />
                    </Card>
                }
                    .into_any()
            }
            false => view! { <div class="stack"><For each=move || ids.get() key=String::clone children=card /></div> }.into_any(),
        }}
    }
}

#[component]
fn One(data: Remote<Vec<pb::Deployment>>, now: Signal<pb::Deployment>) -> impl IntoView {
    let slug = now.with_untracked(|one| one.slug.clone());
    let href = format!("/master/deployments/{}", now.with_untracked(|one| one.id.clone()));
    let state = Signal::derive(move || now.with(|one| one.state().as_str_name().to_owned()));
    let on_change = Callback::new(move |now| data.update(|all| put(all, now)));
    view! {
        <section class="card">
            <div class="card-head card-head-actions">
                <h2 class="inline-flex flex-wrap items-center gap-2">
                    <a class="link" href=href>
                        {slug}
                    </a>
                    <StateBadge state=state />
                </h2>
                <div class="page-actions">
                    <DeploymentActions deployment=now on_change=on_change />
                </div>
            </div>
            <div class="card-body stack">
                <Notices deployment=now />
                <DeploymentFacts deployment=now />
            </div>
        </section>
    }
}

/// What is typed in for a further instance.
#[derive(Clone, Default)]
struct NewInstance {
    suffix: String,
}

impl NewInstance {
    fn wrong(&self) -> Violations {
        let plain = self.suffix.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        match plain && (1..=15).contains(&self.suffix.len()) {
            true => Violations::new(),
            false => vec![("suffix".into(), "Use 1 to 15 lowercase letters and digits.".into())],
        }
    }
}

#[component]
fn AddDialog(the: TheTenant, open: RwSignal<bool>, data: Remote<Vec<pb::Deployment>>) -> impl IntoView {
    let (me, toasts) = (Me::here(), Toasts::here());
    view! {
        <Dialog open=open title="Add an instance">
            {
                let form = RwSignal::new(NewInstance::default());
                let state = FormState::new(move || form.with_untracked(NewInstance::wrong));
                let slug = the.now.with_untracked(|tenant| tenant.slug.clone());
                let address = move || format!("Its address begins with {slug}-{}", form.with(|form| form.suffix.clone()));
                let action = move || {
                    let request = pb::CreateDeploymentRequest {
                        request_id: state.request_id(),
                        tenant_id: the.id(),
                        suffix: form.with_untracked(|form| form.suffix.clone()),
                        validate_only: false,
                    };
                    async move {
                        let made = me.client().master().create_deployment(request).await.map_err(failure)?;
                        data.update(|all| put(all, made));
                        toasts.done("The instance is being made");
                        open.set(false);
                        Ok(())
                    }
                };
                view! {
                    <Form state=state action=action unguarded=true>
                        <div class="dialog-text">
                            <p>"A further instance with data of its own, for tests for example. The plan must leave room for it."</p>
                        </div>
                        <TextField label="Suffix" path="suffix" value=bind!(form.suffix) hint="1 to 15 lowercase letters and digits." />
                        <p class="text-muted">{address}</p>
                        <DialogActions open=open submit="Add instance" />
                    </Form>
                }
            }
        </Dialog>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suffix_is_short_and_plain() {
        let wrong = |suffix: &str| !NewInstance { suffix: suffix.into() }.wrong().is_empty();
        assert!(wrong("") && wrong("Lab") && wrong("a-b") && wrong("abcdefghijklmnop") && !wrong("lab2"));
    }

    #[test]
    fn a_change_replaces_and_a_new_one_comes_last() {
        let one = |id: &str, slug: &str| pb::Deployment {
            id: id.into(),
            slug: slug.into(),
            ..Default::default()
        };
        let mut all = vec![one("a", "old")];
        put(&mut all, one("a", "new"));
        put(&mut all, one("b", "b"));
        assert_eq!(all, [one("a", "new"), one("b", "b")]);
    }
}
