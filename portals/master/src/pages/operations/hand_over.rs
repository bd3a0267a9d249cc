//! What is left to do when a tenant is set up: open its instance, and hand the invitation on.

use leptos::prelude::*;
use portal_app::{InvitationLink, Me, OpenInstance, load};
use portal_client::pb;
use portal_ui::{Card, Icon, IconView, Load, StateBadge};

/// The card of a tenant that was just set up.
#[component]
pub fn HandOver(
    /// The tenant.
    tenant_id: String,
) -> impl IntoView {
    let href = format!("/master/tenants/{tenant_id}");
    view! {
        <Card
            title="Ready to hand over"
            action=move || {
                let href = href.clone();
                view! { <a class="link" href=href>"Show the tenant"</a> }
            }
        >
            <div class="hand-over">
                <TheInstance tenant_id=tenant_id.clone() />
                <TheAdmin tenant_id=tenant_id />
            </div>
        </Card>
    }
}

#[component]
fn TheInstance(tenant_id: String) -> impl IntoView {
    let me = Me::here();
    let deployments = load(move || {
        let request = pb::ListDeploymentsRequest {
            page_size: 1,
            filter: format!("tenant_id = {tenant_id}"),
            ..Default::default()
        };
        async move { Ok(me.list_deployments(request).await?.deployments) }
    });
    view! {
        <div>
            <h3 class="hand-over-title">"The instance"</h3>
            <p class="text-muted">"It was proven healthy. Its first sign-in is shown once, in the tenant portal."</p>
            <Load data=deployments what="The instance" let:all>
                {move || {
                    all.get()
                        .into_iter()
                        .next()
                        .map(|one| {
                            let state = one.state().as_str_name();
                            view! {
                                <p class="hand-over-row">
                                    <StateBadge state=state />
                                    <OpenInstance deployment=Signal::stored(one) />
                                </p>
                            }
                        })
                }}
            </Load>
        </div>
    }
}

#[component]
fn TheAdmin(tenant_id: String) -> impl IntoView {
    let me = Me::here();
    let users = load(move || {
        let request = pb::ListUsersRequest {
            page_size: 1,
            order_by: "create_time".into(),
            tenant_id: tenant_id.clone(),
            ..Default::default()
        };
        async move { Ok(me.list_users(request).await?.users) }
    });
    let shown = move |user: pb::User| {
        let invited = user.state() == pb::UserState::Invited;
        let ready = (!invited).then(|| {
            view! {
                <p class="hand-over-row">
                    <IconView icon=Icon::Success />
                    "Has a password already and can sign in."
                </p>
            }
        });
        let link = (invited && me.may("IssueInvitation")).then(|| view! { <InvitationLink user_id=user.id.clone() /> });
        view! {
            <p class="text-muted">{user.display_name} ", " {user.email}</p>
            {ready}
            {link}
        }
    };
    view! {
        <div>
            <h3 class="hand-over-title">"The admin"</h3>
            <Load data=users what="The admin" let:all>
                {move || all.get().into_iter().next().map(shown)}
            </Load>
        </div>
    }
}
