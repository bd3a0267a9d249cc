//! The load: a closed loop over a few connections that looks at every answer.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use portal_client::pb;
use tokio::task::JoinSet;
use tonic::{
    Request,
    client::Grpc,
    codegen::http::uri::PathAndQuery,
    metadata::{Ascii, MetadataValue},
    transport::{Channel, Endpoint},
};
use tonic_prost::ProstCodec;

use crate::figures::{self, Use};

const CONNECTIONS: usize = 4;
const CALLS_AT_ONCE: usize = 16;

/// One server under load.
pub struct Load {
    process: u32,
    channels: Vec<Channel>,
    authorization: MetadataValue<Ascii>,
    wanted: pb::GetTenantRequest,
}

impl Load {
    pub async fn new(origin: &str, process: u32, token: &str, wanted: &pb::GetTenantRequest) -> Result<Self> {
        let mut channels = Vec::new();
        for _ in 0..CONNECTIONS {
            channels.push(Endpoint::from_shared(origin.to_owned())?.tcp_nodelay(true).connect().await?);
        }
        Ok(Self {
            process,
            channels,
            authorization: format!("Bearer {token}").parse()?,
            wanted: wanted.clone(),
        })
    }

    /// Calls as fast as answers come.
    pub async fn run(&self, time: Duration) -> Result<Use> {
        let (begun, busy) = (Instant::now(), figures::busy(self.process)?);
        let mut callers = JoinSet::new();
        for channel in &self.channels {
            for _ in 0..CALLS_AT_ONCE {
                let (channel, authorization, wanted) = (channel.clone(), self.authorization.clone(), self.wanted.clone());
                callers.spawn(async move { call_until(begun + time, channel, authorization, wanted).await });
            }
        }
        let mut answers = 0;
        while let Some(caller) = callers.join_next().await {
            answers += caller??;
        }
        Ok(Use {
            answers,
            seconds: begun.elapsed().as_secs_f64(),
            busy: figures::busy(self.process)? - busy,
        })
    }
}

async fn call_until(end: Instant, channel: Channel, authorization: MetadataValue<Ascii>, wanted: pb::GetTenantRequest) -> Result<u64> {
    let path = PathAndQuery::from_static("/tenantry.v1.MasterAdminService/GetTenant");
    let mut grpc = Grpc::new(channel);
    let mut answers = 0;
    while Instant::now() < end {
        let mut request = Request::new(wanted.clone());
        request.metadata_mut().insert("authorization", authorization.clone());
        grpc.ready().await?;
        let codec: ProstCodec<pb::GetTenantRequest, pb::Tenant> = ProstCodec::default();
        let tenant = grpc.unary(request, path.clone(), codec).await?.into_inner();
        ensure!(tenant.id == wanted.tenant_id, "an answer is of another tenant: {}", tenant.id);
        answers += 1;
    }
    Ok(answers)
}
