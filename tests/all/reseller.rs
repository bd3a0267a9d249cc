//! Resellers.

use anyhow::Result;
use portal_client::{Code, pb};
use tenantry_tests::{Harness, Refused, both, make};

both! {
    async fn a_reseller_is_made_once(h: Harness) -> Result<()> {
        let request = make::reseller(&h.name("once"));
        let preview = pb::CreateResellerRequest { validate_only: true, ..request.clone() };
        assert_eq!(h.master().create_reseller(preview).await?.code, h.name("once"));
        let made = h.master().create_reseller(request.clone()).await?;
        assert_eq!((made.state(), made.agreement.map(|a| a.version)), (pb::ResellerState::Active, Some(1)));
        assert_eq!(h.master().create_reseller(request.clone()).await?, made);
        let other = pb::CreateResellerRequest { request_id: "another key".into(), ..request };
        let refused = h.master().create_reseller(other).await.refused(Code::AlreadyExists)?;
        assert_eq!(refused.reason, "RESELLER_CODE_TAKEN");
        assert_eq!(h.master().get_reseller(pb::GetResellerRequest { reseller_id: made.id.clone() }).await?, made);
        Ok(())
    }

    async fn every_wrong_field_of_a_reseller_is_named(h: Harness) -> Result<()> {
        let nothing = h.master().create_reseller(pb::CreateResellerRequest::default()).await.violations()?;
        let fields = ["request_id", "reseller.code", "reseller.display_name", "reseller.contact_email", "reseller.agreement"];
        assert_eq!(nothing, fields);
        let mut request = make::reseller("Nord!");
        if let Some(reseller) = &mut request.reseller {
            reseller.contact_email = "nobody".into();
            reseller.agreement = Some(pb::CommissionAgreement {
                initial_rate_ppm: 1_000_001,
                recurring_rate_ppm: -1,
                recurring_invoices: -1,
                hold_days: 366,
                ..Default::default()
            });
        }
        let agreement = ["initial_rate_ppm", "recurring_rate_ppm", "recurring_invoices", "hold_days"];
        let mut fields = vec!["reseller.code".to_owned(), "reseller.contact_email".to_owned()];
        fields.extend(agreement.map(|field| format!("reseller.agreement.{field}")));
        assert_eq!(h.master().create_reseller(request).await.violations()?, fields);
        Ok(())
    }

    async fn a_reseller_is_changed(h: Harness) -> Result<()> {
        let made = h.master().create_reseller(make::reseller(&h.name("change"))).await?;
        let update = |reseller: pb::Reseller, paths: &[&str]| pb::UpdateResellerRequest {
            reseller: Some(reseller),
            update_mask: Some(prost_types::FieldMask { paths: paths.iter().map(|p| (*p).to_owned()).collect() }), ..Default::default() };
        let wanted = pb::Reseller {
            display_name: "Another name".into(),
            contact_email: "else@where.example".into(),
            ..made.clone()
        };
        // Only what the mask names changes, and nothing is not a change.
        assert_eq!(h.master().update_reseller(update(wanted.clone(), &[])).await?, made);
        let changed = h.master().update_reseller(update(wanted.clone(), &["display_name"])).await?;
        assert_eq!((changed.display_name.as_str(), &changed.contact_email), ("Another name", &made.contact_email));
        h.master().update_reseller(update(wanted.clone(), &["contact_email"])).await.refused(Code::Aborted)?;
        let wrong = h.master().update_reseller(update(wanted.clone(), &["code", "agreement.hold_days"])).await.violations()?;
        assert_eq!(wrong, ["update_mask", "update_mask"]);
        let wrong = pb::Reseller { id: made.id.clone(), ..Default::default() };
        let paths = ["display_name", "contact_email", "agreement", "state"];
        let wrong = h.master().update_reseller(update(wrong, &paths)).await.violations()?;
        assert_eq!(wrong, paths.map(|path| format!("reseller.{path}")));
        let nobody = pb::Reseller { id: format!("res_{}", "0".repeat(32)), display_name: "Nobody".into(), ..Default::default() };
        h.master().update_reseller(update(nobody, &["display_name"])).await.refused(Code::NotFound)?;

        let filter = format!("code = {} AND state = ACTIVE", made.code);
        let list = pb::ListResellersRequest { filter, order_by: "code desc".into(), ..Default::default() };
        assert_eq!(h.master().list_resellers(list).await?.resellers, std::slice::from_ref(&changed));

        // What a name contains is found whatever the case, on both databases.
        let abroad = pb::Reseller { display_name: "\u{d6}sterreich Netz".into(), ..changed };
        h.master().update_reseller(update(abroad, &["display_name"])).await?;
        for text in ["\u{f6}sterreich", "\u{d6}STERREICH n", "\u{d6}sterreich Netz"] {
            let filter = format!("code = {} AND display_name : \"{text}\"", made.code);
            let list = pb::ListResellersRequest { filter, ..Default::default() };
            assert_eq!(h.master().list_resellers(list).await?.total_size, 1, "{text}");
        }
        Ok(())
    }

    async fn a_reseller_sees_itself_only(h: Harness) -> Result<()> {
        let one = h.reseller("one").await?;
        let other = h.reseller("other").await?;
        let get = |id: &str| pb::GetResellerRequest { reseller_id: id.into() };
        assert_eq!(one.admin().reseller().get_reseller(get(&one.id)).await?.id, one.id);
        one.admin().reseller().get_reseller(get(&other.id)).await.refused(Code::NotFound)?;
        Ok(())
    }
}
