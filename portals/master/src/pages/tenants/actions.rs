//! What the vendor does with a tenant: suspend, resume, delete, undelete, purge.

use leptos::prelude::*;
use portal_app::{Go, Me, failure};
use portal_client::pb;
use portal_ui::{ConfirmDialog, Icon, MenuItem, RowMenu, Toasts};

use super::detail::TheTenant;
use crate::pages::suspend::SuspendDialog;

/// The buttons at the head of the page; those that take something away are in the menu behind them.
#[component]
pub fn TenantActions(the: TheTenant) -> impl IntoView {
    let (me, go) = (Me::here(), Go::here());
    let state = the.state();
    let (suspending, resuming, deleting, purging) = (
        RwSignal::new(false),
        RwSignal::new(false),
        RwSignal::new(false),
        RwSignal::new(false),
    );
    let is = move |which: pb::TenantState, rpc: &'static str| Memo::new(move |_| state.get() == which && me.may(rpc));
    let can_resume = is(pb::TenantState::Suspended, "ResumeTenant");
    let can_undelete = is(pb::TenantState::Deleted, "UndeleteTenant");
    let menu = move || {
        use pb::TenantState::{Active, Deleted, Purged, Suspended};
        let state = state.get();
        let mut items = Vec::new();
        if me.may("UpdateTenant") && state != Purged {
            items.push(MenuItem::new("Edit", Icon::Edit, move || {
                go.to(format!("/master/tenants/{}/edit", the.id()))
            }));
        }
        if me.may("SuspendTenant") && state == Active {
            items.push(MenuItem::new("Suspend", Icon::Pause, move || suspending.set(true)));
        }
        if me.may("DeleteTenant") && matches!(state, Active | Suspended) {
            items.push(MenuItem::new("Delete", Icon::Trash, move || deleting.set(true)).danger());
        }
        if me.may("PurgeTenant") && state == Deleted {
            items.push(MenuItem::new("Purge", Icon::Trash, move || purging.set(true)).danger());
        }
        view! { <RowMenu items=items label="More actions" text="More" icon=Icon::Down /> }
    };
    view! {
        {menu}
        <Show when=move || can_resume.get()>
            <button type="button" class="btn btn-primary" on:click=move |_| resuming.set(true)>
                "Resume"
            </button>
        </Show>
        <Show when=move || can_undelete.get()>
            <Undelete the=the />
        </Show>
        <SuspendTenant the=the open=suspending />
        <ResumeDialog the=the open=resuming />
        <DeleteDialog the=the open=deleting />
        <PurgeDialog the=the open=purging />
    }
}

#[component]
fn SuspendTenant(the: TheTenant, open: RwSignal<bool>) -> impl IntoView {
    let (me, toasts) = (Me::here(), Toasts::here());
    let title = Signal::derive(move || format!("Suspend {}?", the.now.with(|tenant| tenant.display_name.clone())));
    let action = move |reason| {
        let request = pb::SuspendTenantRequest {
            tenant_id: the.id(),
            reason,
            etag: String::new(),
            ..Default::default()
        };
        async move {
            the.data.set(me.client().master().suspend_tenant(request).await.map_err(failure)?);
            toasts.done("Tenant suspended");
            Ok(())
        }
    };
    view! {
        <SuspendDialog
            open=open
            title=title
            confirm="Suspend tenant"
            text="Its instances go down and its subscription stands still until you resume it. Its users can still sign in, see and pay invoices. No data is lost."
            action=action
        />
    }
}

#[component]
fn ResumeDialog(the: TheTenant, open: RwSignal<bool>) -> impl IntoView {
    let (me, toasts) = (Me::here(), Toasts::here());
    let title = Signal::derive(move || format!("Resume {}?", the.now.with(|tenant| tenant.display_name.clone())));
    let action = move || {
        let request = pb::ResumeTenantRequest {
            tenant_id: the.id(),
            etag: String::new(),
            ..Default::default()
        };
        async move {
            the.data.set(me.client().master().resume_tenant(request).await.map_err(failure)?);
            toasts.done("Tenant resumed");
            Ok(())
        }
    };
    view! {
        <ConfirmDialog open=open title=title confirm="Resume tenant" harmless=true action=action>
            <p>"Its instances become what they were before, and its subscription goes on."</p>
        </ConfirmDialog>
    }
}

/// Takes a deletion back.
async fn undelete(me: Me, the: TheTenant, toasts: Toasts) {
    let request = pb::UndeleteTenantRequest {
        tenant_id: the.id(),
        etag: String::new(),
        ..Default::default()
    };
    match me.client().master().undelete_tenant(request).await {
        Ok(tenant) => {
            the.data.set(tenant);
            toasts.done("The deletion is taken back");
        }
        Err(error) => toasts.failed(format!("The deletion was not taken back. {}", failure(error).message)),
    }
}

#[component]
fn Undelete(the: TheTenant) -> impl IntoView {
    let (me, toasts) = (Me::here(), Toasts::here());
    let busy = RwSignal::new(false);
    let run = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        leptos::task::spawn_local(async move {
            undelete(me, the, toasts).await;
            busy.try_set(false);
        });
    };
    view! {
        <button type="button" class="btn btn-primary" disabled=move || busy.get() on:click=run>
            "Undelete"
        </button>
    }
}

#[component]
fn DeleteDialog(the: TheTenant, open: RwSignal<bool>) -> impl IntoView {
    let (me, toasts) = (Me::here(), Toasts::here());
    let title = Signal::derive(move || format!("Delete {}?", the.now.with(|tenant| tenant.display_name.clone())));
    let slug = Signal::derive(move || Some(the.now.with(|tenant| tenant.slug.clone())));
    let action = move || {
        let request = pb::DeleteTenantRequest {
            tenant_id: the.id(),
            confirm_slug: slug.get_untracked().unwrap_or_default(),
            etag: String::new(),
            ..Default::default()
        };
        async move {
            the.data.set(me.client().master().delete_tenant(request).await.map_err(failure)?);
            toasts.undoable("Tenant deleted", move || {
                leptos::task::spawn_local(undelete(me, the, toasts));
            });
            Ok(())
        }
    };
    view! {
        <ConfirmDialog open=open title=title confirm="Delete tenant" name=slug action=action>
            <p>
                "Its instances stop, its users are locked out and its subscription ends. You can take that back until it is purged; after that its data is gone. Invoices, payments and commissions stay in the books."
            </p>
        </ConfirmDialog>
    }
}

#[component]
fn PurgeDialog(the: TheTenant, open: RwSignal<bool>) -> impl IntoView {
    let (me, go) = (Me::here(), Go::here());
    let title = Signal::derive(move || format!("Purge {}?", the.now.with(|tenant| tenant.display_name.clone())));
    let slug = Signal::derive(move || Some(the.now.with(|tenant| tenant.slug.clone())));
    // The same key for each try of one purge.
    let key = StoredValue::new(String::new());
    Effect::new(move |_| {
        if open.get() {
            key.set_value(portal_client::request_id());
        }
    });
    let action = move || {
        let request = pb::PurgeTenantRequest {
            request_id: key.get_value(),
            tenant_id: the.id(),
            confirm_slug: slug.get_untracked().unwrap_or_default(),
            etag: String::new(),
        };
        async move {
            let operation = me.client().master().purge_tenant(request).await.map_err(failure)?;
            go.to(format!("/master/operations/{}", operation.id));
            Ok(())
        }
    };
    view! {
        <ConfirmDialog open=open title=title confirm="Purge tenant" name=slug action=action>
            <p>
                "All of its data is removed now and for ever: instances with their subscribers and logs, settings and users. This cannot be taken back. Invoices, payments and commissions stay in the books, and the slug is free again."
            </p>
        </ConfirmDialog>
    }
}
