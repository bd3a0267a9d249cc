//! What a tenant must know on every page: that it is suspended, why, and what to do.

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use portal_app::{Me, load};
use portal_client::pb;
use portal_ui::{Notice, Tone};

/// The address of the invoices that can be paid.
pub const OPEN_INVOICES: &str = "/tenant/invoices?state=OPEN,PARTLY_PAID";

/// The banner; nothing while all is well. It looks again on each page, and when an instance is suspended or resumed.
#[component]
pub fn Banner() -> impl IntoView {
    let me = Me::here();
    let path = use_location().pathname;
    let tenant = load(move || {
        path.track();
        me.account_news().track();
        let may = me.may("GetTenant");
        let tenant_id = me
            .session()
            .with_untracked(|session| session.account.clone().unwrap_or_default().id);
        async move {
            match may {
                true => me.client().tenant().get_tenant(pb::GetTenantRequest { tenant_id }).await,
                false => Ok(pb::Tenant::default()),
            }
        }
    });
    let suspended = Memo::new(move |_| {
        tenant
            .value()
            .with(|tenant| tenant.as_ref().filter(|it| it.state() == pb::TenantState::Suspended).map(reason))
    });
    move || {
        suspended.get().map(|reason| {
            let invoices = me.may("ListInvoices").then(|| {
                view! {
                    " "
                    <a href=OPEN_INVOICES>"See the invoices that are to be paid"</a>
                    "."
                }
            });
            view! {
                <section class="shell-banner" aria-label="About your account">
                    <Notice tone=Tone::Warning title="Your account is suspended">
                        <p>
                            {reason}
                            " Your instance is down; its data is kept."
                            {invoices}
                        </p>
                    </Notice>
                </section>
            }
        })
    }
}

/// Why, as a sentence.
fn reason(tenant: &pb::Tenant) -> String {
    match tenant.state_reason.trim() {
        "" => "No reason was given.".to_owned(),
        reason if reason.ends_with(['.', '!', '?']) => format!("Reason: {reason}"),
        reason => format!("Reason: {reason}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_a_sentence() {
        let with = |state_reason: &str| {
            reason(&pb::Tenant {
                state_reason: state_reason.into(),
                ..Default::default()
            })
        };
        assert_eq!(with("unpaid invoices"), "Reason: unpaid invoices.");
        assert_eq!(with("Why?"), "Reason: Why?");
        assert_eq!(with(" "), "No reason was given.");
    }
}
