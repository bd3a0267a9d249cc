//! Deployments on the wire.

use super::{
    Revealed, Seen,
    entity::{DeploymentState, Health, Problem},
    logs::{Lines, Tail},
    watch::{Message, News},
    wish::{NewDeployment, Target},
};
use crate::{
    clock::Time,
    convert::{Check, etag, one_id, timestamp},
    deployments::{measure::Samples, sample},
    error::{Error, Result},
    id::DeploymentId,
    shim::log::{LogLine, Stream},
    store::Page,
};
use tenantry_proto::v1 as pb;

impl From<Seen> for pb::Deployment {
    fn from(Seen { row, at }: Seen) -> Self {
        let state = row.seen(at);
        let health = if state == DeploymentState::Unknown {
            Health::Unknown
        } else {
            row.health
        };
        Self {
            id: row.id.to_string(),
            tenant_id: row.tenant_id.to_string(),
            url: row.url(),
            slug: row.slug,
            desired_state: row.desired_state.number(),
            state: state.number(),
            health: health.number(),
            backend: row.backend,
            version: row.version,
            memory_limit_bytes: row.memory_limit_bytes,
            generation: row.generation,
            observed_generation: row.observed_generation,
            observe_time: row.observed_at.map(timestamp),
            start_time: row.process_started_at.map(timestamp),
            restarts: i32::try_from(row.restarts).unwrap_or(i32::MAX),
            error: row.error.map(Into::into),
            suspend_reason: row.suspend_reason,
            credentials_available: row.sealed_password.is_some(),
            create_time: Some(timestamp(row.created_at)),
            update_time: Some(timestamp(row.updated_at)),
            delete_time: row.deleted_at.map(timestamp),
            purge_time: row.purge_at.map(timestamp),
            etag: etag(row.row_version),
        }
    }
}

impl From<Problem> for pb::DeploymentError {
    fn from(problem: Problem) -> Self {
        Self {
            reason: problem.reason,
            message: problem.message,
            hint: problem.hint,
            last_exit: problem.last_exit,
            log_tail: problem.log_tail,
        }
    }
}

impl From<Page<Seen>> for pb::ListDeploymentsResponse {
    fn from(page: Page<Seen>) -> Self {
        Self {
            deployments: page.rows.into_iter().map(Into::into).collect(),
            next_page_token: page.next_page_token,
            total_size: page.total_size,
        }
    }
}

impl TryFrom<pb::CreateDeploymentRequest> for NewDeployment {
    type Error = Error;

    fn try_from(request: pb::CreateDeploymentRequest) -> Result<Self> {
        let mut check = Check::default();
        check.request_id(&request.request_id);
        let tenant_id = check.id("tenant_id", &request.tenant_id);
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        if !(1..=15).contains(&request.suffix.len()) || !request.suffix.chars().all(fits) {
            check.bad("suffix", "must have 1 to 15 lowercase letters and digits");
        }
        check.done()?;
        Ok(Self {
            preview: request.validate_only,
            tenant_id: tenant_id.ok_or_else(missing)?,
            suffix: request.suffix,
        })
    }
}

/// Never seen: a check that is done has named what is missing.
fn missing() -> Error {
    Error::invalid("deployment_id", "is missing")
}

/// A deployment that is named by its id and the version that was seen.
pub fn target(id: &str, etag: String) -> Result<Target> {
    let id = one_id("deployment_id", id)?;
    Ok(Target { id, etag })
}

fn named(id: Option<DeploymentId>, etag: String, check: Check) -> Result<Target> {
    check.done()?;
    let id = id.ok_or_else(missing)?;
    Ok(Target { id, etag })
}

/// What is restarted.
pub fn restart(request: pb::RestartDeploymentRequest) -> Result<Target> {
    let mut check = Check::default();
    check.request_id(&request.request_id);
    let id = check.id("deployment_id", &request.deployment_id);
    named(id, request.etag, check)
}

/// Something that is confirmed by the slug, typed again.
pub fn confirmed(id: &str, etag: String, slug: String) -> Result<(Target, String)> {
    let mut check = Check::default();
    let id = check.id("deployment_id", id);
    if slug.is_empty() {
        check.bad("confirm_slug", "must be the deployment's slug");
    }
    Ok((named(id, etag, check)?, slug))
}

/// The one deployment to watch; none for all.
pub fn watched(id: &str) -> Result<Option<DeploymentId>> {
    let mut check = Check::default();
    let id = check.optional_id("deployment_id", id);
    check.done()?;
    Ok(id)
}

/// A deployment and the moment after which its samples are wanted.
pub fn samples(request: &pb::ListDeploymentSamplesRequest) -> Result<(DeploymentId, Option<Time>)> {
    let mut check = Check::default();
    let id = check.id("deployment_id", &request.deployment_id);
    let after = check.time("after_time", request.after_time);
    check.done()?;
    Ok((id.ok_or_else(missing)?, after))
}

/// How many of the last lines a log begins with where nobody says.
const LINES: i32 = 200;

impl TryFrom<pb::TailDeploymentLogsRequest> for Tail {
    type Error = Error;

    fn try_from(request: pb::TailDeploymentLogsRequest) -> Result<Self> {
        let mut check = Check::default();
        let id = check.id("deployment_id", &request.deployment_id);
        let after = check.number("after_sequence", request.after_sequence, 0, i64::MAX);
        let lines = check.number("lines", request.lines, 0, 10_000);
        let lines = if lines == 0 { i64::from(LINES) } else { lines };
        check.done()?;
        Ok(Self {
            id: id.ok_or_else(missing)?,
            after: u64::try_from(after).ok().filter(|after| *after > 0),
            lines: usize::try_from(lines).unwrap_or_default(),
            follow: request.follow,
        })
    }
}

impl From<Message> for pb::WatchDeploymentsResponse {
    fn from(message: Message) -> Self {
        use pb::watch_deployments_response::Event;
        Self {
            event: Some(match message.news {
                News::Deployment(row) => Event::Deployment((*row).into()),
                News::Synced => Event::Synced(true),
                News::Bookmark => Event::Bookmark(true),
            }),
            resume_token: message.resume_token,
        }
    }
}

impl From<Lines> for pb::TailDeploymentLogsResponse {
    fn from(lines: Lines) -> Self {
        Self {
            lines: lines.0.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<LogLine> for pb::LogLine {
    fn from(line: LogLine) -> Self {
        Self {
            sequence: i64::try_from(line.seq).unwrap_or(i64::MAX),
            time: Some(timestamp(line.at)),
            stream: match line.stream {
                Stream::Out => "out",
                Stream::Err => "err",
                Stream::Shim => "shim",
            }
            .into(),
            text: line.text,
        }
    }
}

impl From<Samples> for pb::ListDeploymentSamplesResponse {
    fn from(samples: Samples) -> Self {
        Self {
            samples: samples.0.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<sample::Model> for pb::DeploymentSample {
    fn from(sample: sample::Model) -> Self {
        Self {
            time: Some(timestamp(sample.at)),
            cpu_millicores: i32::try_from(sample.cpu_millicores).unwrap_or(i32::MAX),
            memory_bytes: sample.memory_bytes,
            receive_bytes_per_second: sample.receive_bytes_per_second,
            transmit_bytes_per_second: sample.transmit_bytes_per_second,
            requests: sample.requests,
        }
    }
}

impl From<Revealed> for pb::InstanceCredentials {
    fn from(revealed: Revealed) -> Self {
        Self {
            url: revealed.row.url(),
            email: revealed.row.admin_email,
            password: revealed.password,
        }
    }
}
