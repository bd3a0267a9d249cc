//! What was measured in the last hour, and goes on being measured.

use std::time::Duration;

use leptos::prelude::*;
use portal_client::pb;
use portal_ui::{Card, EmptyState, Icon, LineChart, Load, Remote, SkeletonCard, dom, millis, short_number, view};

use crate::{load::load, me::Me};

/// How often new samples are asked for; they are taken that often.
const EVERY: Duration = Duration::from_secs(15);
const HOUR_MS: i64 = 3_600_000;

/// The samples of the last hour. New ones are added while somebody looks at the page.
pub fn samples(deployment_id: String) -> Remote<Vec<pb::DeploymentSample>> {
    let me = Me::here();
    let id = StoredValue::new(deployment_id);
    let ask = move |after_time| {
        let request = pb::ListDeploymentSamplesRequest {
            deployment_id: id.get_value(),
            after_time,
        };
        async move { Ok(me.list_deployment_samples(request).await?.samples) }
    };
    let all = load(move || ask(None));
    let more = move || {
        let last = all
            .value()
            .with_untracked(|all| all.as_ref().map(|all| all.last().and_then(|sample| sample.time)));
        let hidden = dom::document().is_some_and(|page| page.hidden());
        let Some(last) = last.filter(|_| !hidden) else { return };
        leptos::task::spawn_local(async move {
            let new: Result<_, portal_client::RpcError> = ask(last).await;
            // One that fails is made up for by the next.
            if let Ok(new) = new
                && !new.is_empty()
            {
                all.update(|all| append(all, new));
            }
        });
    };
    let timer = set_interval_with_handle(more, EVERY);
    on_cleanup(move || {
        if let Ok(timer) = timer {
            timer.clear();
        }
    });
    all
}

/// Adds newer samples and drops those that are older than an hour.
fn append(all: &mut Vec<pb::DeploymentSample>, new: Vec<pb::DeploymentSample>) {
    let last = all.last().and_then(|sample| millis(&sample.time)).unwrap_or(i64::MIN);
    all.extend(new.into_iter().filter(|sample| millis(&sample.time).is_some_and(|at| at > last)));
    let newest = all.last().and_then(|sample| millis(&sample.time)).unwrap_or_default();
    all.retain(|sample| millis(&sample.time).is_some_and(|at| newest - at <= HOUR_MS));
}

/// Charts of processor, memory, traffic and requests.
#[component]
pub fn InstanceCharts(
    /// The samples, from [`samples`].
    samples: Remote<Vec<pb::DeploymentSample>>,
) -> impl IntoView {
    let series = move |of: fn(&[pb::DeploymentSample]) -> Vec<portal_ui::Series>| samples.part(move |samples| of(samples));
    let chart = move |title: &'static str, label: &'static str, of, unit: &'static str| {
        view! {
            <Card title=title>
                <LineChart label=label data=series(of) format=move |value: f64| format!("{}{unit}", short_number(value)) />
            </Card>
        }
    };
    let none = Memo::new(move |_| samples.value().with(|samples| samples.as_ref().is_some_and(Vec::is_empty)));
    let shown = move || match none.get() {
        true => view! {
            <Card>
                <EmptyState
                    icon=Icon::Chart
                    title="Nothing was measured in the last hour"
                    text="Processor, memory, network and requests are measured every 15 seconds while the instance runs."
                />
            </Card>
        }
        .into_any(),
        false => view! {
            <div class="grid-2">
                {chart("Processor", "Processor in percent of one core, last hour", view::cpu_series, "%")}
                {chart("Memory", "Memory, last hour", view::memory_series, " MB")}
                {chart("Network", "Network, last hour", view::traffic_series, " KB/s")}
                {chart("Requests a minute", "Requests a minute, last hour", view::request_series, "")}
            </div>
        }
        .into_any(),
    };
    let skeleton = ViewFn::from(|| view! { <div class="grid-2"><SkeletonCard lines=8 /> <SkeletonCard lines=8 /></div> });
    view! {
        <Load data=samples what="What was measured" skeleton=skeleton let:_samples>
            {shown}
        </Load>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> pb::DeploymentSample {
        pb::DeploymentSample {
            time: Some(portal_ui::timestamp(seconds * 1000)),
            ..Default::default()
        }
    }

    #[test]
    fn an_hour_is_kept_and_no_sample_comes_twice() {
        let mut all = vec![at(0), at(15), at(30)];
        append(&mut all, vec![at(30), at(45)]);
        assert_eq!(all, [at(0), at(15), at(30), at(45)]);
        append(&mut all, vec![at(3_620)]);
        assert_eq!(all, [at(30), at(45), at(3_620)]);
    }
}
