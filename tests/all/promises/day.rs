//! An answer is the same for a day, whichever server is asked and whatever has happened to the thing meanwhile.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use chrono::TimeDelta;
use portal_client::{Code, pb, request_id};
use prost::Message;
use sea_orm::{Condition, sea_query::Expr};
use tenantry::{store::idempotency_record, work};
use tenantry_tests::{Harness, Site, both};
use tokio::time::{Instant, sleep_until};

use super::{colleague, idempotency::without_secrets, ready::ready, with_field};
use crate::matrix::{
    World,
    contract::{Rpc, rpcs},
    raw::Wire,
    request::set,
};

/// How long it is known how a deployment does.
const OBSERVATION_LASTS: Duration = Duration::from_secs(61);

both! {
    async fn an_answer_is_the_same_for_a_day(h: Harness) -> Result<()> {
        use idempotency_record::{Column, Entity};
        let h = Harness::alone(h.database()).await?;
        let world = World::make(&h).await?;
        let (mut asked, mut observed) = (Vec::new(), None);
        for rpc in with_field("request_id")? {
            let caller = world.caller(&rpc);
            let mut requests = vec![ready(&h, &rpc, caller, &request_id()).await?.request];
            if rpc.method.name() == "StartDeployment" {
                // It runs, which is seen now and not in an hour.
                let mut running = requests[0].clone();
                let id = caller.ids.get("dep").cloned().context("a deployment")?;
                set(&mut running, "deployment_id", prost_reflect::Value::String(id))?;
                set(&mut running, "request_id", prost_reflect::Value::String(request_id()))?;
                requests.push(running);
            }
            let me = colleague(&h, caller).await?;
            for request in requests {
                let body = bytes::Bytes::from(request.encode_to_vec());
                let answer = world.wire.call_as(&rpc, body.clone(), &me.access_token).await?;
                ensure!(answer.code == Code::Ok, "{}: {}", rpc.name(), answer.short());
                if rpc.method.name() == "StartDeployment" && pb::Deployment::decode(answer.first()?)?.state() == pb::DeploymentState::Running {
                    observed = Some(Instant::now());
                }
                asked.push((rpc.clone(), me.access_token.clone(), body, answer));
            }
        }
        // Whose role was changed is not there any more in the end.
        for remove in rpcs()?.iter().filter(|rpc| rpc.method.name() == "RemoveUser") {
            let is_same = |rpc: &Rpc| rpc.method.name() == "SetUserRole" && rpc.portal() == remove.portal();
            let (.., body, _) = asked.iter().find(|(rpc, ..)| is_same(rpc)).context("a role")?;
            let changed = pb::SetUserRoleRequest::decode(body.clone())?;
            let request = pb::RemoveUserRequest { user_id: changed.user_id, ..Default::default() };
            let answer = world.wire.call_as(remove, request.encode_to_vec().into(), &world.caller(remove).token()).await?;
            ensure!(answer.code == Code::Ok, "{}: {}", remove.name(), answer.short());
        }
        sleep_until(observed.context("no deployment was seen to run")? + OBSERVATION_LASTS).await;

        let cx = work::cx(&h.running.app);
        let then = cx.now() - TimeDelta::hours(24) + TimeDelta::minutes(1);
        cx.db.bookkeep(async |tx| tx.set::<Entity>(Condition::all(), [(Column::CreatedAt, Expr::value(then))]).await.map(|_| ())).await?;
        while work::housekeeping(&cx).await? {}
        let site = Site::of_server(&h).await?;
        let other = site.start("").await?;
        let wire = Wire::at(&other.origin)?;
        let mut wrong = Vec::new();
        for (rpc, token, body, first) in asked {
            let again = wire.call_as(&rpc, body, &token).await?;
            if again.code != Code::Ok || without_secrets(&rpc, &again)? != without_secrets(&rpc, &first)? {
                wrong.push(format!("{}: {}", rpc.name(), again.short()));
            }
        }
        ensure!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
        Ok(())
    }
}
