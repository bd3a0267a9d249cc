//! Watching deployments: each as it is, then each as often as it changes; a reader who was cut off goes on from where it was.

use super::{
    Seen,
    entity::{Column, DeploymentState, Entity, Model},
};
use crate::{
    clock::Time,
    cx::Cx,
    error::{Error, Result},
    id::{DeploymentId, Id},
    store::{
        Db, Events, Keyed, Scope, Visible,
        event::{self, GOOD_FOR},
    },
};
use async_stream::try_stream;
use futures::Stream;
use sea_orm::{ColumnTrait, Order};
use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};
use tokio::time::Instant;

/// How often a watch looks for what no event tells, and says where to resume from.
const BOOKMARK: Duration = Duration::from_secs(10);

/// One message of a watch.
pub struct Message {
    /// What happened.
    pub news: News,
    /// What to resume from after it.
    pub resume_token: String,
}

/// What happened.
pub enum News {
    /// A deployment as it is.
    Deployment(Box<Seen>),
    /// The snapshot is complete.
    Synced,
    /// Nothing but the place to resume from.
    Bookmark,
}

/// What a resume token holds.
#[derive(Serialize, Deserialize)]
struct Place {
    /// With zeros before it: a token that becomes longer would tell how much others do.
    seq: String,
    #[serde(with = "chrono::serde::ts_nanoseconds")]
    at: Time,
}

/// One watch. It holds no connection while it waits.
struct Watch<S> {
    db: Db<S>,
    events: Events<S>,
    only: Option<DeploymentId>,
    /// The sequence number of the last event that was read.
    seq: i64,
    /// A digest of each deployment as it was last told, so that nothing is told twice.
    told: HashMap<DeploymentId, u64>,
}

/// The changes of one deployment or of all that the scope may see, from `resume_token` or from a snapshot.
pub async fn watch<S: Scope>(
    cx: &Cx<S>,
    only: Option<DeploymentId>,
    resume_token: &str,
) -> Result<impl Stream<Item = Result<Message>> + Send + use<S>>
where
    Entity: Visible<S>,
    event::model::Entity: Visible<S>,
{
    let mut watch = Watch {
        db: cx.db.fresh(),
        events: cx.db.events(),
        only,
        seq: 0,
        told: HashMap::new(),
    };
    let snapshot = if resume_token.is_empty() {
        Some(watch.snapshot().await?)
    } else {
        watch.resume(resume_token).await?;
        None
    };
    Ok(try_stream! {
        if let Some(rows) = snapshot {
            for seen in rows {
                yield watch.deployment(seen)?;
            }
            yield watch.message(News::Synced)?;
        }
        let mut bookmarked = Instant::now();
        loop {
            let news = watch.news().await?;
            let quiet = news.is_empty();
            for (seq, seen) in news {
                watch.seq = seq;
                if let Some(seen) = seen {
                    yield watch.deployment(seen)?;
                }
            }
            if bookmarked.elapsed() >= BOOKMARK {
                for seen in watch.lost().await? {
                    yield watch.deployment(seen)?;
                }
                yield watch.message(News::Bookmark)?;
                bookmarked = Instant::now();
            }
            if quiet {
                watch.events.rung().await;
            }
        }
    })
}

impl<S: Scope> Watch<S>
where
    Entity: Visible<S>,
    event::model::Entity: Visible<S>,
{
    /// Binds tokens to whose rows they are of.
    fn purpose(&self) -> String {
        let only = self.only.map(|id| id.to_string()).unwrap_or_default();
        format!("watch deployments\n{}\n{only}", self.db.scope().owner().key())
    }

    fn deployment(&self, seen: Seen) -> Result<Message> {
        self.message(News::Deployment(Box::new(seen)))
    }

    fn message(&self, news: News) -> Result<Message> {
        let place = Place {
            seq: format!("{:020}", self.seq),
            at: self.db.clock().now(),
        };
        let resume_token = self.db.sealer().seal(&self.purpose(), &serde_json::to_vec(&place)?)?;
        Ok(Message { news, resume_token })
    }

    /// All rows, and the sequence number that belongs to just these rows.
    async fn snapshot(&mut self) -> Result<Vec<Seen>> {
        let db = self.db.fresh();
        self.seq = db.newest_event().await?;
        let rows = match self.only {
            Some(id) => vec![db.find::<Entity>().get(id).await?],
            None => {
                let rows = db.find::<Entity>().filter(Column::State.ne(DeploymentState::Purged));
                rows.order(Column::Id, Order::Asc).all().await?
            }
        };
        Ok(rows.into_iter().filter_map(|row| self.unless_told(row)).collect())
    }

    async fn resume(&mut self, token: &str) -> Result<()> {
        if let Some(id) = self.only {
            self.db.fresh().find::<Entity>().get(id).await?;
        }
        let bytes = self.db.sealer().open(&self.purpose(), token);
        let place = bytes.and_then(|bytes| serde_json::from_slice::<Place>(&bytes).ok());
        let bad = || Error::invalid("resume_token", "is not one that a watch of the same deployments gave");
        let place = place.ok_or_else(bad)?;
        if place.at + GOOD_FOR < self.db.clock().now() {
            return Err(Error::OutOfRange("RESUME_TOKEN_TOO_OLD"));
        }
        self.seq = place.seq.parse().map_err(|_| bad())?;
        Ok(())
    }

    /// The next sequence numbers, with the deployment where one has changed: each once, at its last change among those that were read.
    async fn news(&mut self) -> Result<Vec<(i64, Option<Seen>)>> {
        let events = self.events.after(self.seq).await?;
        let ours = |id| self.only.is_none_or(|only| only.uuid() == id);
        let mut last = HashMap::new();
        for event in events.iter().filter(|e| e.kind == Entity::KIND && ours(e.id)) {
            last.insert(event.id, event.seq);
        }
        let mut rows = HashMap::new();
        if !last.is_empty() {
            let ids = last.keys().map(|id| DeploymentId::from(*id));
            let found = self.db.fresh().find::<Entity>().among(ids).all().await?;
            rows = found.into_iter().map(|row| (row.id.uuid(), row)).collect();
        }
        let mut news = Vec::new();
        for event in events {
            let here = last.get(&event.id) == Some(&event.seq);
            let row = if here { rows.remove(&event.id) } else { None };
            news.push((event.seq, row.and_then(|row| self.unless_told(row))));
        }
        Ok(news)
    }

    /// Those that nobody has observed for too long, which no event tells.
    async fn lost(&mut self) -> Result<Vec<Seen>> {
        let now = self.db.clock().now();
        let db = self.db.fresh();
        let mut rows = db.find::<Entity>().filter(super::unobserved(now));
        if let Some(id) = self.only {
            rows = rows.with(Column::Id, id);
        }
        let rows = rows.all().await?;
        Ok(rows.into_iter().filter_map(|row| self.unless_told(row)).collect())
    }

    /// A row as it looks now, if that is not how it was last told. It is told as it was looked at, however late its reader takes it.
    fn unless_told(&mut self, row: Model) -> Option<Seen> {
        let at = self.db.clock().now();
        let digest = digest(&row, at);
        let is_new = self.told.insert(row.id, digest) != Some(digest);
        is_new.then_some(Seen { row, at })
    }
}

/// What a watcher sees of a row, but for the time of its observation.
fn digest(row: &Model, now: Time) -> u64 {
    let seen = Model {
        observed_at: None,
        state: row.seen(now),
        ..row.clone()
    };
    let mut hasher = DefaultHasher::new();
    serde_json::to_string(&seen).unwrap_or_default().hash(&mut hasher);
    hasher.finish()
}
