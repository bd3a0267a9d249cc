//! What an admin does first, and what is left of it.

use leptos::prelude::*;
use portal_app::{Me, load};
use portal_client::pb;
use portal_ui::{Card, EmptyState, Icon, IconView, Load, SkeletonCard};

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Task {
    title: &'static str,
    text: &'static str,
    href: &'static str,
    done: bool,
}

/// What the tasks are judged by; nothing is said about what the role may not see.
#[derive(Clone, Debug, Default, PartialEq)]
struct Facts {
    settings: Option<pb::TenantSettings>,
    users: Option<i64>,
}

/// The tasks, in the order in which they are best done.
fn tasks(facts: &Facts, deployments: &[pb::Deployment]) -> Vec<Task> {
    let mut tasks = Vec::new();
    if !deployments.is_empty() {
        tasks.push(Task {
            title: "Sign in to your instance",
            text: "Have the first credentials shown, and store them.",
            href: "/tenant/instance",
            done: !deployments.iter().any(|it| it.credentials_available),
        });
    }
    if let Some(settings) = &facts.settings {
        let branding = settings.branding.clone().unwrap_or_default();
        tasks.push(Task {
            title: "Make it look like yours",
            text: "Set the name and the colour that your customers know.",
            href: "/tenant/settings",
            done: !branding.product_name.is_empty() || !branding.primary_color.is_empty(),
        });
        let notifications = settings.notifications.clone().unwrap_or_default();
        tasks.push(Task {
            title: "Say where invoices go",
            text: "Without an address they go to the contact person.",
            href: "/tenant/settings",
            done: !notifications.billing_email.is_empty(),
        });
    }
    if let Some(users) = facts.users {
        tasks.push(Task {
            title: "Invite your team",
            text: "So that somebody else can act when you are away.",
            href: "/tenant/users",
            done: users > 1,
        });
    }
    tasks
}

/// The card. Who may change nothing has nothing to do here.
#[component]
pub fn FirstSteps(
    /// The instances.
    deployments: Signal<Vec<pb::Deployment>>,
) -> impl IntoView {
    let me = Me::here();
    let facts = load(move || {
        let (sets, invites) = (me.may("UpdateTenantSettings"), me.may("InviteUser"));
        let account = me.session().get_untracked().account.unwrap_or_default();
        async move {
            let mut facts = Facts::default();
            if sets {
                let request = pb::GetTenantSettingsRequest { tenant_id: account.id };
                facts.settings = Some(me.get_tenant_settings(request).await?);
            }
            if invites {
                let request = pb::ListUsersRequest {
                    page_size: 1,
                    ..Default::default()
                };
                facts.users = Some(me.list_users(request).await?.total_size);
            }
            Ok(facts)
        }
    });
    let skeleton = ViewFn::from(|| view! { <SkeletonCard lines=4 /> });
    view! {
        <Load data=facts what="What is left to do" skeleton=skeleton let:facts>
            {
                let tasks = Memo::new(move |_| deployments.with(|deployments| facts.with(|facts| tasks(facts, deployments))));
                let left = Memo::new(move |_| tasks.with(|tasks| tasks.iter().filter(|task| !task.done).count()));
                view! {
                    <Card title="First steps" flush=true action=move || view! { <Progress tasks=tasks left=left /> }>
                        {move || match left.get() {
                            0 => all_done().into_any(),
                            _ => view! { <ol>{tasks.get().into_iter().map(row).collect_view()}</ol> }.into_any(),
                        }}
                    </Card>
                }
            }
        </Load>
    }
}

#[component]
fn Progress(tasks: Memo<Vec<Task>>, left: Memo<usize>) -> impl IntoView {
    view! {
        <span class="text-muted">
            {move || {
                let count = tasks.with(Vec::len);
                (left.get() > 0).then(|| format!("{} of {count} done", count - left.get()))
            }}
        </span>
    }
}

fn all_done() -> impl IntoView {
    view! {
        <EmptyState icon=Icon::Success title="All set" text="Your instance is yours, and your team is on board." />
    }
}

fn row(task: Task) -> impl IntoView {
    let icon = if task.done { Icon::Success } else { Icon::Right };
    let class = if task.done { "task task-done" } else { "task" };
    view! {
        <li class=class>
            <IconView icon=icon />
            <div class="task-text">
                {match task.done {
                    true => view! { <p class="font-medium">{task.title} <span class="sr-only">", done"</span></p> }.into_any(),
                    false => {
                        view! {
                            <a class="link font-medium" href=task.href>
                                {task.title}
                            </a>
                            <p class="text-muted">{task.text}</p>
                        }
                            .into_any()
                    }
                }}
            </div>
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn titles(tasks: &[Task], done: bool) -> Vec<&'static str> {
        tasks.iter().filter(|task| task.done == done).map(|task| task.title).collect()
    }

    #[test]
    fn a_new_tenant_has_everything_to_do() {
        let facts = Facts {
            settings: Some(pb::TenantSettings::default()),
            users: Some(1),
        };
        let deployment = pb::Deployment {
            credentials_available: true,
            ..Default::default()
        };
        assert_eq!(titles(&tasks(&facts, &[deployment]), false).len(), 4);
    }

    #[test]
    fn what_is_done_is_seen() {
        let facts = Facts {
            settings: Some(pb::TenantSettings {
                branding: Some(pb::BrandingSettings {
                    primary_color: "#00aa55".into(),
                    ..Default::default()
                }),
                ..Default::default()
            }),
            users: Some(3),
        };
        let tasks = tasks(&facts, &[pb::Deployment::default()]);
        assert_eq!(
            titles(&tasks, true),
            ["Sign in to your instance", "Make it look like yours", "Invite your team"]
        );
        assert_eq!(titles(&tasks, false), ["Say where invoices go"]);
    }

    #[test]
    fn nothing_is_asked_of_who_may_not_do_it() {
        assert!(tasks(&Facts::default(), &[]).is_empty());
    }
}
