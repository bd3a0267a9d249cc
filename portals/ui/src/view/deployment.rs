//! Deployments: what is wrong, what can be done, what was measured.

use leptos::prelude::*;
use tenantry_proto::v1 as pb;

use crate::{
    badge::StateBadge,
    chart::Series,
    copy::CopyId,
    facts::{Fact, Facts},
    failure::{Notice, Tone},
    message::{When, bytes_text, dash, millis},
};

/// Two samples further apart than this have a gap between them: samples come every 15 seconds while it runs.
const GAP_MS: i64 = 60_000;

/// Whether it stands still by wish and can be started.
pub fn may_start(deployment: &pb::Deployment) -> bool {
    deployment.desired_state() == pb::DesiredState::Stopped
}

/// Whether it shall run and can be stopped.
pub fn may_stop(deployment: &pb::Deployment) -> bool {
    deployment.desired_state() == pb::DesiredState::Running
}

/// Whether it shall run and can be restarted.
pub fn may_restart(deployment: &pb::Deployment) -> bool {
    may_stop(deployment)
}

/// Whether its process is there and answers, well or not.
pub fn is_up(deployment: &pb::Deployment) -> bool {
    matches!(deployment.state(), pb::DeploymentState::Running | pb::DeploymentState::Unhealthy)
}

/// The key facts of a deployment.
#[component]
pub fn DeploymentFacts(
    /// The deployment.
    #[prop(into)]
    deployment: Signal<pb::Deployment>,
) -> impl IntoView {
    let facts = move || {
        let it = deployment.get();
        let (health, id) = (it.health().as_str_name(), it.id.clone());
        let version = if it.version.is_empty() {
            "\u{2013}".to_owned()
        } else {
            it.version.clone()
        };
        let up = is_up(&it);
        let health = match up {
            true => view! { <StateBadge state=health /> }.into_any(),
            false => dash().into_any(),
        };
        let address = match it.url.is_empty() {
            false if !up => view! { <span>{short_url(&it.url)}</span> }.into_any(),
            true => view! { <span class="text-muted">"None while it has no port"</span> }.into_any(),
            false => view! { <a class="link" href=it.url.clone() target="_blank" rel="noopener">{short_url(&it.url)}</a> }.into_any(),
        };
        view! {
            <Facts>
                <Fact label="Address">{address}</Fact>
                <Fact label="Health">{health}</Fact>
                <Fact label="Running since"><When at=it.start_time /></Fact>
                <Fact label="Automatic restarts">{it.restarts.to_string()}</Fact>
                <Fact label="Memory limit">{bytes_text(it.memory_limit_bytes)}</Fact>
                <Fact label="Version">{version}</Fact>
                <Fact label="Last observed"><When at=it.observe_time /></Fact>
                <Fact label="Id"><CopyId value=id label="instance id" /></Fact>
            </Facts>
        }
    };
    view! { {facts} }
}

/// `http://acme.localhost:20001/` as `acme.localhost:20001`.
fn short_url(url: &str) -> String {
    let bare = url.split_once("://").map_or(url, |(_, rest)| rest);
    bare.trim_end_matches('/').to_owned()
}

/// Why a deployment does not do what it should, and what to do about it; nothing while all is well.
#[component]
pub fn DeploymentNotice(
    /// The deployment.
    #[prop(into)]
    deployment: Signal<pb::Deployment>,
    /// What to do about a suspension: `Pay the open invoices, or write to your provider.`
    suspended_hint: &'static str,
) -> impl IntoView {
    // Only what the notice shows: an observation that changes nothing of it draws nothing.
    let shown = Memo::new(move |_| {
        let it = deployment.get();
        (it.state(), it.suspend_reason.clone(), it.error)
    });
    move || {
        let (state, reason, error) = shown.get();
        if state == pb::DeploymentState::Suspended {
            let reason = if reason.is_empty() {
                "No reason was given.".to_owned()
            } else {
                reason
            };
            return view! {
                <Notice tone=Tone::Warning title="This instance is suspended">
                    <p>{format!("Reason: {reason}")}</p>
                    <p>{suspended_hint}</p>
                </Notice>
            }
            .into_any();
        }
        if state == pb::DeploymentState::Unknown {
            return view! {
                <Notice tone=Tone::Warning title="Nobody has observed this instance for a minute">
                    <p>"Its server may be down or cut off. What you see is what was last known."</p>
                </Notice>
            }
            .into_any();
        }
        error.map_or_else(|| ().into_any(), |error| problem(state, error))
    }
}

/// What is wrong, in words, with how the process ended and the end of its log.
fn problem(state: pb::DeploymentState, error: pb::DeploymentError) -> AnyView {
    let (tone, title) = match state {
        pb::DeploymentState::Failed => (Tone::Error, "This instance failed"),
        pb::DeploymentState::Unhealthy => (Tone::Warning, "This instance does not answer as it should"),
        _ => (Tone::Warning, "This instance had a problem"),
    };
    let tail = (!error.log_tail.is_empty()).then(|| {
        let text = error.log_tail.join("\n");
        view! {
            <details class="notice-more">
                <summary>"The last lines of its log"</summary>
                <pre class="notice-log" tabindex="0">{text}</pre>
            </details>
        }
    });
    view! {
        <Notice tone=tone title=title>
            <p>{error.message}</p>
            {(!error.hint.is_empty()).then(|| view! { <p>{error.hint}</p> })}
            {(!error.last_exit.is_empty()).then(|| view! { <p class="text-xs">{format!("Last end of its process: {}", error.last_exit)}</p> })}
            {tail}
        </Notice>
    }
    .into_any()
}

/// One line of a chart, broken where nothing was measured.
fn series(name: &str, samples: &[pb::DeploymentSample], value: impl Fn(&pb::DeploymentSample) -> f64) -> Series {
    let mut points: Vec<(i64, Option<f64>)> = Vec::with_capacity(samples.len());
    for sample in samples {
        let Some(at) = millis(&sample.time) else { continue };
        if let Some(&(before, Some(_))) = points.last()
            && at - before > GAP_MS
        {
            points.push((before + GAP_MS, None));
        }
        points.push((at, Some(value(sample))));
    }
    Series {
        name: name.to_owned(),
        points,
    }
}

/// Memory in megabytes.
pub fn memory_series(samples: &[pb::DeploymentSample]) -> Vec<Series> {
    vec![series("Memory", samples, |sample| sample.memory_bytes as f64 / 1_048_576.0)]
}

/// Processor time in hundredths of one core.
pub fn cpu_series(samples: &[pb::DeploymentSample]) -> Vec<Series> {
    vec![series("Processor", samples, |sample| f64::from(sample.cpu_millicores) / 10.0)]
}

/// Traffic in kilobytes a second.
pub fn traffic_series(samples: &[pb::DeploymentSample]) -> Vec<Series> {
    vec![
        series("Received", samples, |sample| sample.receive_bytes_per_second as f64 / 1024.0),
        series("Sent", samples, |sample| sample.transmit_bytes_per_second as f64 / 1024.0),
    ]
}

/// Requests a minute. A sample counts those since the one before; the first of all is taken to be 15 seconds long.
pub fn request_series(samples: &[pb::DeploymentSample]) -> Vec<Series> {
    let mut before = None;
    let mut rates = samples.to_vec();
    for sample in &mut rates {
        let at = millis(&sample.time);
        let span = at.zip(before).map(|(at, before): (i64, i64)| at - before);
        let span = span.filter(|span| (1_000..=GAP_MS).contains(span)).unwrap_or(15_000);
        sample.requests = sample.requests.saturating_mul(60_000) / span;
        before = at;
    }
    vec![series("Requests", &rates, |sample| sample.requests as f64)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(seconds: i64, memory_bytes: i64) -> pb::DeploymentSample {
        pb::DeploymentSample {
            time: Some(prost_types::Timestamp { seconds, nanos: 0 }),
            memory_bytes,
            ..Default::default()
        }
    }

    #[test]
    fn a_pause_in_the_samples_breaks_the_line() {
        let samples = [sample(0, 1_048_576), sample(15, 2_097_152), sample(300, 0)];
        let points = &memory_series(&samples)[0].points;
        assert_eq!(points, &[(0, Some(1.0)), (15_000, Some(2.0)), (75_000, None), (300_000, Some(0.0))]);
        assert!(memory_series(&[])[0].points.is_empty());
    }

    #[test]
    fn what_can_be_done_follows_from_what_it_shall_be() {
        let with = |desired: pb::DesiredState| pb::Deployment {
            desired_state: desired.into(),
            ..Default::default()
        };
        let table = |desired| (may_start(&with(desired)), may_stop(&with(desired)), may_restart(&with(desired)));
        assert_eq!(table(pb::DesiredState::Running), (false, true, true));
        assert_eq!(table(pb::DesiredState::Stopped), (true, false, false));
        assert_eq!(table(pb::DesiredState::Suspended), (false, false, false));
        assert_eq!(table(pb::DesiredState::Absent), (false, false, false));
    }

    #[test]
    fn requests_are_counted_by_the_minute() {
        let counted = |seconds, requests| pb::DeploymentSample {
            requests,
            ..sample(seconds, 0)
        };
        let samples = [counted(0, 2), counted(15, 3), counted(45, 10), counted(500, 1)];
        let values: Vec<f64> = request_series(&samples)[0].points.iter().filter_map(|point| point.1).collect();
        assert_eq!(values, [8.0, 12.0, 20.0, 4.0]);
    }

    #[test]
    fn addresses_are_shown_bare() {
        assert_eq!(short_url("http://acme.localhost:20001/"), "acme.localhost:20001");
    }
}
