//! Writing. A [`Tx`] is handed out by [`Db::change`] only, which writes the audit entry, the outbox events and the idempotency record in the same transaction.

use super::{Db, Owner, Platform, Resource, Scope, Tx, audit_entry, idempotency_record};
use crate::{error::Result, fail};
use serde::{Serialize, de::DeserializeOwned};

/// What a change is about: the thing that the audit trail names.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Its kind, for example "tenant".
    pub kind: &'static str,
    /// Its id.
    pub id: String,
    /// What a person calls it.
    pub name: String,
    /// In whose trail the entry belongs.
    pub owner: Owner,
}

impl Subject {
    /// Of a row.
    pub fn of<E: Resource>(row: &E::Model) -> Self {
        Self {
            kind: E::KIND,
            id: E::key(row).to_string(),
            name: E::name(row),
            owner: E::owner(row),
        }
    }
}

/// What a change answers. It is stored with the request id, so that the same request gets the same answer again; a secret in it must not be serialised.
pub trait Answer: Serialize + DeserializeOwned + Send {
    /// What was changed.
    fn subject(&self) -> Subject;
}

/// A request that must have one effect however often it comes.
#[derive(Clone, Debug)]
pub struct Once {
    /// The key that the caller chose.
    pub request_id: String,
    /// A digest of the request.
    pub fingerprint: Vec<u8>,
}

/// What is being done, for the audit trail and for repeated requests.
#[derive(Clone, Debug)]
pub struct Change {
    action: &'static str,
    once: Option<Once>,
    preview: bool,
}

impl Change {
    /// A change with a name such as "tenant.suspend".
    pub fn new(action: &'static str) -> Self {
        Self {
            action,
            once: None,
            preview: false,
        }
    }

    /// Has one effect for the request, if that has a key.
    pub(crate) fn once(mut self, once: Option<Once>) -> Self {
        self.once = once;
        self
    }

    /// Answers what would be, and changes nothing, if `yes`.
    pub fn preview(mut self, yes: bool) -> Self {
        self.preview = yes;
        self
    }
}

impl<S: Scope> Db<S> {
    /// Does something in one transaction: all of it, or nothing when `work` fails.
    pub async fn change<T: Answer>(&self, what: Change, work: impl AsyncFnOnce(&Tx<S>) -> Result<T>) -> Result<T> {
        let tx = self.begin().await?;
        let once = what.once.as_ref().filter(|_| !what.preview);
        if let Some(once) = once
            && let Some(answer) = idempotency_record::begin(&tx, what.action, once).await?
        {
            tx.rollback().await?;
            return Ok(serde_json::from_value(answer)?);
        }
        let answer = match work(&tx).await {
            Ok(answer) if !what.preview => answer,
            outcome => {
                tx.rollback().await?;
                return outcome;
            }
        };
        if let Some(once) = once {
            idempotency_record::finish(&tx, what.action, once, &answer).await?;
        }
        audit_entry::write(&tx, what.action, &answer.subject(), tx.take_changes()).await?;
        if once.is_some() {
            fail::point("request.after");
        }
        tx.commit().await?;
        if once.is_some() {
            fail::point("request.committed");
        }
        Ok(answer)
    }

    /// Writes an attempt that was refused into the audit trail of the scope's account.
    pub async fn refuse(&self, refusal: audit_entry::Refusal) -> Result<()> {
        let tx = self.begin().await?;
        audit_entry::refuse(&tx, refusal).await?;
        tx.commit().await
    }

    async fn begin(&self) -> Result<Tx<S>> {
        // Later reads must see what is written now, and a snapshot that is kept open would hold a second connection.
        self.release().await;
        Ok(Tx::new(self.clone(), self.store.begin_write(&self.scope.owner()).await?))
    }
}

impl Db<Platform> {
    /// Writes what was observed or is kept for the machine only: leases, measurements, sign-in attempts. It leaves no audit entry.
    pub async fn bookkeep<T>(&self, work: impl AsyncFnOnce(&Tx<Platform>) -> Result<T>) -> Result<T> {
        let tx = self.begin().await?;
        match work(&tx).await {
            Ok(value) => {
                tx.commit().await?;
                Ok(value)
            }
            Err(error) => {
                tx.rollback().await?;
                Err(error)
            }
        }
    }
}
