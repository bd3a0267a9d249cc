//! The load: a closed loop over a few connections that looks at every answer.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use prost::Message;
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

/// One server under load with one call.
pub struct Load<Q, A> {
    process: u32,
    channels: Vec<Channel>,
    call: Call<Q, A>,
}

/// A call, over and over.
#[derive(Clone)]
pub struct Call<Q, A> {
    /// The RPC, as `/tenantry.v1.MasterAdminService/GetTenant`.
    pub path: &'static str,
    /// The access token.
    pub token: String,
    /// The request.
    pub wanted: Q,
    /// Whether the answer is the right one.
    pub is_right: fn(&Q, &A) -> bool,
}

impl<Q, A> Load<Q, A>
where
    Q: Message + Clone + Default + 'static,
    A: Message + Clone + Default + 'static,
{
    pub async fn new(origin: &str, process: u32, call: Call<Q, A>) -> Result<Self> {
        let mut channels = Vec::new();
        for _ in 0..CONNECTIONS {
            channels.push(Endpoint::from_shared(origin.to_owned())?.tcp_nodelay(true).connect().await?);
        }
        Ok(Self { process, channels, call })
    }

    /// Calls as fast as answers come.
    pub async fn run(&self, time: Duration) -> Result<Use> {
        let (begun, busy) = (Instant::now(), figures::busy(self.process)?);
        let mut callers = JoinSet::new();
        for channel in &self.channels {
            for _ in 0..CALLS_AT_ONCE {
                let (channel, call) = (channel.clone(), self.call.clone());
                callers.spawn(async move { call.until(begun + time, channel).await });
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

impl<Q, A> Call<Q, A>
where
    Q: Message + Clone + Default + 'static,
    A: Message + Default + 'static,
{
    async fn until(&self, end: Instant, channel: Channel) -> Result<u64> {
        let path = PathAndQuery::from_static(self.path);
        let authorization: MetadataValue<Ascii> = format!("Bearer {}", self.token).parse()?;
        let mut grpc = Grpc::new(channel);
        let mut answers = 0;
        while Instant::now() < end {
            let mut request = Request::new(self.wanted.clone());
            request.metadata_mut().insert("authorization", authorization.clone());
            grpc.ready().await?;
            let codec: ProstCodec<Q, A> = ProstCodec::default();
            let answer = grpc.unary(request, path.clone(), codec).await?.into_inner();
            ensure!((self.is_right)(&self.wanted, &answer), "{} has another answer", self.path);
            answers += 1;
        }
        Ok(answers)
    }
}
