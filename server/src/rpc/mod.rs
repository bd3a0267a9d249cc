//! The services: one file each; an RPC decodes, calls one operation, and encodes.

mod auth;
mod deadline;
mod malformed;
mod master_admin;
mod questions;
mod reseller;
mod tenant_admin;

pub use auth::Auth;
pub use deadline::deadline;
pub use malformed::malformed;
pub use master_admin::MasterAdmin;
pub use questions::few_questions;
pub use reseller::Reseller;
pub use tenant_admin::TenantAdmin;

use crate::{
    auth::Call,
    cx::App,
    error::Error,
    identity::session,
    serve::{dispatch::Stopping, limits::Place},
    store,
};
use deadline::Until;
use futures::{Stream, StreamExt};
use std::{
    future::Future,
    pin::{Pin, pin},
    time::{Duration, Instant},
};
use tokio::time::{sleep, timeout_at};
use tokio_util::task::AbortOnDropHandle;
use tonic::{Request, Response, Status};
use tracing::Instrument;

/// What an RPC answers.
type Answer<T> = Result<Response<T>, Status>;

/// The messages of a stream.
type Messages<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// How long a stream may go on.
struct Life {
    app: App,
    call: Option<Call>,
    stopping: Stopping,
    until: Option<Instant>,
    _place: Option<Place>,
}

/// How often it is looked whether the caller of a stream may still have it.
const RECHECK: Duration = Duration::from_secs(3);

/// The life of the stream that a request asks for.
fn life<T>(app: &App, request: &Request<T>) -> Result<Life, Status> {
    let extensions = request.extensions();
    let stopping = extensions.get::<Stopping>().cloned();
    let call = extensions.get::<Call>().cloned();
    let until = extensions.get::<Until>().map(|until| until.0);
    let caller = call.as_ref().and_then(|call| call.caller.as_ref());
    Ok(Life {
        app: app.clone(),
        _place: caller.map(|caller| app.limits.stream(caller.user_id)).transpose()?,
        call,
        until,
        stopping: stopping.ok_or_else(|| Error::internal(anyhow::anyhow!("a call came from nowhere")))?,
    })
}

impl Life {
    /// Waits until it ends, and says why.
    async fn end(self) -> Status {
        match self.until {
            Some(until) => timeout_at(until.into(), self.taken())
                .await
                .unwrap_or_else(|_| deadline::exceeded()),
            None => self.taken().await,
        }
    }

    /// Waits until it is taken from the caller, and says why.
    async fn taken(mut self) -> Status {
        let mut policy = self.app.policy.changes();
        loop {
            tokio::select! {
                _ = self.stopping.0.wait_for(|stop| *stop) => return Status::unavailable("The server is stopping. Ask again in a moment."),
                _ = policy.changed() => {}
                () = sleep(RECHECK) => {}
            }
            if let Err(error) = self.may_go_on().await {
                return error.into();
            }
        }
    }

    /// Whether the caller would get the stream now as well.
    async fn may_go_on(&self) -> crate::error::Result<()> {
        let Some((call, caller)) = self.call.as_ref().and_then(|call| Some((call, call.caller.as_ref()?))) else {
            return Ok(());
        };
        if !self.app.policy.now().allows(caller.role, &call.method) {
            return Err(Error::Denied(call.method.clone()));
        }
        match session::holds(&self.app, caller).await? {
            true => Ok(()),
            false => Err(Error::Unauthenticated("SESSION_ENDED")),
        }
    }
}

/// Answers a stream. It ends when its source ends, when the caller goes, has no more time or may not have it any more, and when the server stops.
fn stream<A, T>(items: impl Stream<Item = crate::error::Result<A>> + Send + 'static, life: Life) -> Answer<Messages<T>>
where
    A: Into<T> + Send,
    T: Send + 'static,
{
    // In a task of its own: it is looked whether the caller may go on also while the caller takes nothing, so that nothing is there to be taken afterwards.
    let until = life.until;
    let mut end = AbortOnDropHandle::new(tokio::spawn(life.end()));
    let messages = async_stream::stream! {
        let mut items = pin!(items);
        loop {
            let next = async {
                match until {
                    Some(moment) => store::until(moment, items.next()).await,
                    None => items.next().await,
                }
            };
            tokio::select! {
                biased;
                status = &mut end => {
                    yield Err(status.unwrap_or_else(|broken| Error::internal(broken).into()));
                    break;
                }
                item = next => match item {
                    Some(item) => yield item.map(Into::into).map_err(Into::into),
                    None => break,
                },
            }
        }
    };
    Ok(Response::new(Box::pin(messages)))
}

/// Does something to its end, also when its caller hangs up or has no more time: whoever guesses wrong is counted all the same, and money that was received is in the
/// books. What a caller hears nothing of is there, as the contract says of these RPCs.
async fn to_the_end<T: Send + 'static>(work: impl Future<Output = crate::error::Result<T>> + Send + 'static) -> crate::error::Result<T> {
    tokio::spawn(work.in_current_span()).await.map_err(Error::internal)?
}

/// Answers a message.
fn reply<T>(message: impl Into<T>) -> Answer<T> {
    Ok(Response::new(message.into()))
}
