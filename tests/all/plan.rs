//! Plans.

use anyhow::Result;
use portal_client::{Code, pb};
use tenantry_tests::{Harness, Refused, both, make};

both! {
    async fn a_plan_is_made_once(h: Harness) -> Result<()> {
        let request = make::plan(&h.name("once"));
        let made = h.master().create_plan(request.clone()).await?;
        assert_eq!(made.state(), pb::PlanState::Active);
        assert_eq!(h.master().create_plan(request.clone()).await?, made);
        let other = pb::CreatePlanRequest { request_id: "another key".into(), ..request.clone() };
        assert_eq!(h.master().create_plan(other).await.refused(Code::AlreadyExists)?.violations.len(), 1);
        let found = h.master().get_plan(pb::GetPlanRequest { plan_id: made.id.clone() }).await?;
        assert_eq!(found, made);
        Ok(())
    }

    async fn every_wrong_field_of_a_plan_is_named(h: Harness) -> Result<()> {
        let mut request = make::plan("-");
        if let Some(plan) = &mut request.plan {
            plan.display_name = " ".into();
            plan.prices.truncate(1);
            plan.prices[0].amount = Some(make::money("eur", -1));
        }
        let mut fields = h.master().create_plan(request).await.violations()?;
        fields.sort();
        let wrong = ["plan.code", "plan.display_name", "plan.prices[0].amount.currency_code", "plan.prices[0].amount.minor_units"];
        assert_eq!(fields, wrong);
        Ok(())
    }

    async fn a_change_made_in_between_is_refused(h: Harness) -> Result<()> {
        let made = h.plan().await?.clone();
        let rename = |name: &str| pb::UpdatePlanRequest {
            plan: Some(pb::Plan { display_name: name.into(), ..made.clone() }),
            update_mask: Some(prost_types::FieldMask { paths: vec!["display_name".into()] }), ..Default::default() };
        let changed = h.master().update_plan(rename("First")).await?;
        assert_ne!(changed.etag, made.etag);
        h.master().update_plan(rename("Second")).await.refused(Code::Aborted)?;
        let found = h.master().get_plan(pb::GetPlanRequest { plan_id: made.id.clone() }).await?;
        assert_eq!(found.display_name, "First");
        Ok(())
    }
}
