//! The audit log as a file.

use leptos::{prelude::*, task::spawn_local};
use portal_client::{RpcError, pb};
use portal_ui::Toasts;

use crate::{download, me::Me};

/// Saves what the list shows, all pages of it, as a file.
#[component]
pub(super) fn Export(filter: Callback<(), String>) -> impl IntoView {
    let (me, toasts) = (Me::here(), Toasts::here());
    let busy = RwSignal::new(false);
    let save = move |format: pb::AuditExportFormat, name: &'static str, kind: &'static str| {
        let request = pb::ExportAuditEntriesRequest {
            format: format.into(),
            filter: filter.run(()),
        };
        busy.set(true);
        spawn_local(async move {
            match fetch(me, request).await {
                Ok(parts) => {
                    download::save(name, kind, &parts);
                    toasts.done("The audit log was saved");
                }
                Err(error) => toasts.failed(format!("The audit log was not saved. {}", error.message)),
            }
            busy.try_set(false);
        });
    };
    view! {
        <button
            type="button"
            class="btn btn-plain"
            disabled=move || busy.get()
            on:click=move |_| save(pb::AuditExportFormat::Csv, "audit.csv", "text/csv")
        >
            "Export CSV"
        </button>
        <button
            type="button"
            class="btn btn-plain"
            disabled=move || busy.get()
            on:click=move |_| save(pb::AuditExportFormat::Json, "audit.jsonl", "application/jsonl")
        >
            "Export JSON"
        </button>
    }
}

async fn fetch(me: Me, request: pb::ExportAuditEntriesRequest) -> Result<Vec<Vec<u8>>, RpcError> {
    let mut items = me.export_audit_entries(request).await?;
    let mut parts = Vec::new();
    while let Some(part) = items.next().await {
        parts.push(part?.data);
    }
    Ok(parts)
}
