//! The log of a deployment, as its backend keeps it.

use super::entity::{DeploymentState, Entity, Model};
use crate::{
    cx::Cx,
    deployments::backends::{self, Fault},
    error::{Error, Result},
    id::DeploymentId,
    shim::log::LogLine,
    store::{Scope, Visible},
};
use async_stream::try_stream;
use futures::Stream;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How often new lines are looked for.
const LOOK: Duration = Duration::from_millis(250);
/// How often it is looked whether there is still a deployment that could write lines.
const CHECK: Duration = Duration::from_secs(10);
/// How many lines are read and sent at once; a line has at most 16 KiB.
const BATCH: usize = 100;

/// Which lines.
pub struct Tail {
    /// The deployment.
    pub id: DeploymentId,
    /// Only lines after this number; none for the last `lines`.
    pub after: Option<u64>,
    /// How many of the last lines to begin with.
    pub lines: usize,
    /// Whether to go on with new lines as they are written.
    pub follow: bool,
}

/// Some lines of a log.
pub struct Lines(pub Vec<LogLine>);

/// The lines of a log. Another server process has the logs of its own machine only.
pub async fn tail<S: Scope>(cx: &Cx<S>, tail: Tail) -> Result<impl Stream<Item = Result<Lines>> + Send + use<S>>
where
    Entity: Visible<S>,
{
    let row = cx.find::<Entity>().get(tail.id).await?;
    if row.node != cx.app.node {
        return Err(Error::Elsewhere(
            "The deployment runs on the machine of another server, which has its log. Ask that server.".into(),
        ));
    }
    let backend = backends::of(&cx.app);
    let db = cx.db.fresh();
    let Tail { id, lines, follow, .. } = tail;
    Ok(try_stream! {
        let mut checked = Instant::now();
        let mut last = match tail.after {
            Some(after) => after,
            None => {
                let first = backend.logs(id, None, lines).await.map_err(server)?;
                let last = first.last().map_or(0, |line| line.seq);
                for batch in first.chunks(BATCH) {
                    yield Lines(batch.to_vec());
                }
                last
            }
        };
        loop {
            let new = backend.logs(id, Some(last), BATCH).await.map_err(server)?;
            if let Some(line) = new.last() {
                last = line.seq;
                yield Lines(new);
                continue;
            }
            if !follow {
                break;
            }
            if checked.elapsed() > CHECK {
                checked = Instant::now();
                if is_gone(&db.fresh().find::<Entity>().get(id).await?) {
                    break;
                }
            }
            sleep(LOOK).await;
        }
    })
}

fn is_gone(row: &Model) -> bool {
    row.state == DeploymentState::Purged
}

fn server(fault: Fault) -> Error {
    match fault {
        Fault::Server(error) => error,
        Fault::Deployment { reason, cause, .. } => Error::Internal(cause.unwrap_or_else(|| anyhow::anyhow!(reason))),
    }
}
