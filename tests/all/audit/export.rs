//! The audit log as a file, and what of the vendor's staff an account is told.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use futures::future::try_join_all;
use portal_client::{Code, Items, pb};
use tenantry_tests::{Account, Harness, Refused, both, make};

use crate::people::me;

async fn file(mut parts: Items<pb::ExportAuditEntriesResponse>) -> Result<String> {
    let mut bytes = Vec::new();
    while let Some(part) = parts.next().await {
        let data = part?.data;
        ensure!(!data.is_empty() && data.len() <= 64 << 10, "a part of {} bytes", data.len());
        bytes.extend(data);
    }
    Ok(String::from_utf8(bytes)?)
}

fn asked(format: pb::AuditExportFormat, filter: &str) -> pb::ExportAuditEntriesRequest {
    pb::ExportAuditEntriesRequest {
        format: format.into(),
        filter: filter.to_owned(),
    }
}

fn list(filter: &str) -> pb::ListAuditEntriesRequest {
    pb::ListAuditEntriesRequest {
        filter: filter.to_owned(),
        page_size: 200,
        ..Default::default()
    }
}

/// A change of a tenant by the vendor's staff.
async fn by_staff(h: &Harness, account: &Account) -> Result<()> {
    let settings = pb::TenantSettings {
        tenant_id: account.id.clone(),
        branding: Some(pb::BrandingSettings {
            product_name: "By the vendor".into(),
            ..Default::default()
        }),
        ..Default::default()
    };
    let mask = prost_types::FieldMask {
        paths: vec!["branding.product_name".into()],
    };
    h.master()
        .update_tenant_settings(pb::UpdateTenantSettingsRequest {
            settings: Some(settings),
            update_mask: Some(mask),
            ..Default::default()
        })
        .await?;
    Ok(())
}

both! {
    async fn a_file_holds_every_entry_once(h: Harness) -> Result<()> {
        let account = h.tenant("filed").await?;
        let calls = account.admin().tenant();
        // More than a page, and more than one part.
        for _ in 0..10 {
            let refused = |_| async { calls.remove_user(pb::RemoveUserRequest::default()).await.refused(Code::InvalidArgument) };
            try_join_all((0..25).map(refused)).await?;
        }
        let text = file(calls.export_audit_entries(asked(pb::AuditExportFormat::Json, "")).await?).await?;
        let lines: Vec<serde_json::Value> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
        let ids: BTreeSet<_> = lines.iter().filter_map(|line| line["id"].as_str()).collect();
        let mut listed = BTreeSet::new();
        let mut request = list("");
        loop {
            let page = calls.list_audit_entries(request.clone()).await?;
            listed.extend(page.audit_entries.into_iter().map(|e| e.id));
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
        }
        ensure!(ids.len() == lines.len() && ids.len() > 250, "{} lines", lines.len());
        ensure!(listed.iter().map(String::as_str).eq(ids.iter().copied()), "the file is not the list");
        ensure!(lines.iter().all(|line| line["tenant_id"] == account.id.as_str() && line["changes"].is_array()));

        let some = file(calls.export_audit_entries(asked(pb::AuditExportFormat::Csv, "result = OK")).await?).await?;
        ensure!(some.starts_with("\"time\",\"result\",\"reason\",\"action\",") && !some.contains("INVALID_ARGUMENT"), "{some}");
        for (format, filter, field) in [(pb::AuditExportFormat::Unspecified, "", "format"), (pb::AuditExportFormat::Csv, "nothing = 1", "filter")] {
            assert_eq!(calls.export_audit_entries(asked(format, filter)).await.violations()?, [field]);
        }
        account.viewer().await?.tenant().export_audit_entries(asked(pb::AuditExportFormat::Csv, "")).await.refused(Code::PermissionDenied)?;
        Ok(())
    }

    async fn a_name_is_no_formula_in_a_file(h: Harness) -> Result<()> {
        let name = format!("=1+1 \"{}\", x", h.name("sum"));
        let mut request = make::plan(&h.name("formula"));
        request.plan.as_mut().context("a plan")?.display_name = name.clone();
        h.master().create_plan(request).await?;
        let filter = format!("subject_name = \"{}\"", name.replace('"', "\\\""));
        let text = file(h.master().export_audit_entries(asked(pb::AuditExportFormat::Csv, &filter)).await?).await?;
        let cell = format!(",\"'{}\",", name.replace('"', "\"\""));
        ensure!(text.lines().count() == 2 && text.contains(&cell), "{text}");
        Ok(())
    }

    async fn an_account_is_not_told_who_of_the_staff_it_was(h: Harness) -> Result<()> {
        let account = h.tenant("cared-for").await?;
        by_staff(&h, &account).await?;
        let (staff, own) = (me(h.admin()), me(account.admin()));
        let calls = account.admin().tenant();
        let changed = |by: &str| format!("tenant_id = {} AND action = tenant.update_settings AND actor_name = \"{by}\"", account.id);
        let all = calls.list_audit_entries(list("action = tenant.update_settings")).await?.audit_entries;
        let told: Vec<_> = all.iter().map(|e| (e.actor_id.as_str(), e.actor_name.as_str(), e.remote_address.as_str())).collect();
        assert_eq!(told, [("vendor", "Tenantry support", "")]);
        let files = [pb::AuditExportFormat::Csv, pb::AuditExportFormat::Json];
        let mut seen = format!("{:?}", calls.list_audit_entries(list("")).await?);
        for format in files {
            seen += &file(calls.export_audit_entries(asked(format, "")).await?).await?;
        }
        ensure!(seen.contains(&own.email) && !seen.contains(&staff.email) && !seen.contains(&staff.id), "{seen}");
        // Nor does a filter tell.
        for filter in [
            format!("actor_name = \"{}\"", staff.email),
            format!("actor_id = {}", staff.id),
            format!("actor_name : \"vendor\" AND NOT actor_id = {}", own.id),
            format!("NOT (actor_name != \"{}\")", staff.email),
        ] {
            ensure!(calls.list_audit_entries(list(&filter)).await?.audit_entries.is_empty(), "{filter}");
        }
        let known = h.master().list_audit_entries(list(&changed(&staff.email))).await?.audit_entries;
        ensure!(known.len() == 1 && known[0].actor_id == staff.id && known[0].remote_address == "127.0.0.1", "{known:?}");
        Ok(())
    }

    async fn a_reseller_reads_its_own_log(h: Harness) -> Result<()> {
        let reseller = h.reseller("logged").await?;
        let entries = reseller.admin().reseller().list_audit_entries(list("")).await?.audit_entries;
        ensure!(!entries.is_empty() && entries.iter().all(|e| e.reseller_id == reseller.id && e.tenant_id.is_empty()), "{entries:?}");
        ensure!(!format!("{entries:?}").contains(&me(h.admin()).email));
        let text = file(reseller.admin().reseller().export_audit_entries(asked(pb::AuditExportFormat::Csv, "")).await?).await?;
        ensure!(text.lines().count() == entries.len() + 1);
        Ok(())
    }

    async fn a_failed_sign_in_is_told_to_the_vendor_only(h: Harness) -> Result<()> {
        let account = h.tenant("tried").await?;
        let person = me(account.admin());
        let strange = make::email(&h.name("nobody-at-all"));
        for (email, about) in [(&person.email, person.id.as_str()), (&strange, "")] {
            let request = pb::SignInRequest {
                portal: pb::Portal::Tenant.into(),
                email: email.clone(),
                password: "a wrong password".into(),
                ..Default::default()
            };
            let refused = h.anybody(pb::Portal::Tenant).auth().sign_in(request).await.refused(Code::Unauthenticated)?;
            let id = refused.request_id.context("a request id")?;
            let found = h.master().list_audit_entries(list(&format!("request_id = {id}"))).await?.audit_entries;
            let [entry] = found.as_slice() else { anyhow::bail!("{found:?}") };
            assert_eq!((entry.action.as_str(), entry.result.as_str(), entry.reason.as_str()), ("AuthService/SignIn", "UNAUTHENTICATED", "BAD_SIGN_IN"));
            assert_eq!((entry.actor_id.as_str(), entry.subject_id.as_str(), entry.tenant_id.as_str()), ("anyone", about, ""));
            // What somebody has typed may be a password.
            ensure!(about.is_empty() == !format!("{entry:?}").contains(email.as_str()));
        }
        let own = account.admin().tenant().list_audit_entries(list("result != OK")).await?.audit_entries;
        ensure!(own.is_empty(), "{own:?}");
        Ok(())
    }
}
