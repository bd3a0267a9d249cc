//! All instances, live.

use std::time::Duration;

use leptos::prelude::*;
use portal_app::{Filters, Live, LiveBanner, Me, Seen, list_state, load, rows, watch_deployments};
use portal_client::pb;
use portal_ui::{
    Column, EmptyState, Filter, Icon, ListState, ListToolbar, PageHeading, Remote, Rows, StateBadge, Table, When, dash, grouped, view,
};

use crate::names::NameOf;

/// The page.
#[component]
pub fn Deployments() -> impl IntoView {
    let me = Me::here();
    let list = list_state("deployments");
    let deployments = load(move || {
        let filter = Filters::new()
            .any("state", &list.filter("state"))
            .any("health", &list.filter("health"))
            .contains(&["slug"], &list.search());
        let request = pb::ListDeploymentsRequest {
            page_size: list.page_size() as i32,
            page_token: list.page_token(),
            filter: filter.text(),
            order_by: list.order_by(),
        };
        async move {
            let page = me.list_deployments(request).await?;
            Ok(rows(page.deployments, page.total_size, page.next_page_token))
        }
    });
    let live = keep_live(list, deployments);
    let count = Signal::derive(move || deployments.value().with(|rows| rows.as_ref().map(|rows| grouped(rows.total))));
    let states = [
        ("PENDING", "Pending"),
        ("STARTING", "Starting"),
        ("RUNNING", "Running"),
        ("UNHEALTHY", "Unhealthy"),
        ("STOPPING", "Stopping"),
        ("STOPPED", "Stopped"),
        ("SUSPENDED", "Suspended"),
        ("FAILED", "Failed"),
        ("DELETED", "Deleted"),
        ("PURGED", "Purged"),
        ("UNKNOWN", "Unknown"),
    ];
    let health = [("HEALTHY", "Healthy"), ("UNHEALTHY", "Unhealthy"), ("UNKNOWN", "Unknown")];
    let filters = vec![Filter::choice("state", "State", states), Filter::choice("health", "Health", health)];
    view! {
        <PageHeading title="Instances" count=count />
        <div class="stack">
            <LiveBanner live=live />
            <div>
                <ListToolbar list=list search="Search by slug" filters=filters />
                <Table
                    list=list
                    data=deployments
                    label="instances"
                    columns=columns()
                    key=|it: &pb::Deployment| it.id.clone()
                    href=|it: &pb::Deployment| format!("/master/deployments/{}", it.id)
                    filters=&["state", "health"]
                    empty=|| {
                        view! {
                            <EmptyState
                                icon=Icon::Server
                                title="No instances yet"
                                text="Each tenant gets an instance of its own when it is onboarded. They are all listed here with their state."
                            />
                        }
                    }
                />
            </div>
        </div>
    }
}

fn columns() -> Vec<Column<pb::Deployment>> {
    vec![
        Column::new("Slug", |it: &pb::Deployment| it.slug.clone()).sorted_by("slug"),
        Column::new("Tenant", |it: &pb::Deployment| view! { <NameOf id=it.tenant_id.clone() /> }),
        Column::new(
            "State",
            |it: &pb::Deployment| view! { <StateBadge state=it.state().as_str_name() /> },
        ),
        Column::new("Health", |it: &pb::Deployment| match view::is_up(it) {
            true => view! { <StateBadge state=it.health().as_str_name() /> }.into_any(),
            false => dash().into_any(),
        }),
        Column::new("Address", |it: &pb::Deployment| match view::is_up(it) && !it.url.is_empty() {
            false => dash().into_any(),
            true => view! { <a class="link" href=it.url.clone() target="_blank" rel="noopener">"Open"</a> }.into_any(),
        }),
        Column::new("Running since", |it: &pb::Deployment| view! { <When at=it.start_time /> }).quiet(),
        Column::new("Restarts", |it: &pb::Deployment| it.restarts.to_string())
            .numeric()
            .quiet(),
        Column::new("Created", |it: &pb::Deployment| view! { <When at=it.create_time /> })
            .sorted_by("create_time")
            .quiet(),
    ]
}

/// Keeps the rows of the page live. Where a change may bring other rows to the page, the page is loaded again, once for many changes.
fn keep_live(list: ListState, rows: Remote<Rows<pb::Deployment>>) -> Live {
    let waiting = StoredValue::new(None::<TimeoutHandle>);
    let reload_soon = move || {
        let again = move || {
            waiting.set_value(None);
            rows.reload();
        };
        if waiting.with_value(Option::is_none) {
            waiting.set_value(set_timeout_with_handle(again, Duration::from_millis(400)).ok());
        }
    };
    on_cleanup(move || {
        if let Some(timer) = waiting.try_update_value(Option::take).flatten() {
            timer.clear();
        }
    });
    watch_deployments(String::new(), move |seen| {
        let changed = match seen {
            Seen::All(all) => all,
            Seen::One(one) => vec![*one],
        };
        let wanted = untrack(|| Wanted {
            states: list.filter("state"),
            health: list.filter("health"),
            slug: list.search(),
            size: list.page_size() as usize,
        });
        let mut others = false;
        rows.update(|rows| {
            for now in changed {
                others |= wanted.take(&mut rows.items, now);
            }
        });
        if others {
            reload_soon();
        }
    })
}

/// Which instances the list shows.
struct Wanted {
    states: Vec<String>,
    health: Vec<String>,
    slug: String,
    size: usize,
}

impl Wanted {
    fn has(&self, it: &pb::Deployment) -> bool {
        let is_one_of = |name: &str, words: &[String]| words.iter().any(|word| name.ends_with(&format!("_{word}")));
        let state = match self.states.is_empty() {
            true => it.state() != pb::DeploymentState::Purged,
            false => is_one_of(it.state().as_str_name(), &self.states),
        };
        let health = self.health.is_empty() || is_one_of(it.health().as_str_name(), &self.health);
        state && health && it.slug.contains(&self.slug.to_lowercase())
    }

    fn narrows(&self) -> bool {
        !(self.states.is_empty() && self.health.is_empty() && self.slug.is_empty())
    }

    /// Puts a change into the rows. Answers whether the page should have other rows now.
    fn take(&self, rows: &mut [pb::Deployment], now: pb::Deployment) -> bool {
        let count = rows.len();
        match rows.iter_mut().find(|row| row.id == now.id) {
            Some(row) => {
                *row = now;
                !self.has(row)
            }
            // Where all rows fit the page, one that is not on it is new.
            None => self.has(&now) && (self.narrows() || count < self.size),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn it(id: &str, state: pb::DeploymentState) -> pb::Deployment {
        pb::Deployment {
            id: id.into(),
            slug: format!("{id}-net"),
            state: state.into(),
            ..Default::default()
        }
    }

    #[test]
    fn the_page_is_loaded_again_only_when_other_rows_belong_on_it() {
        use pb::DeploymentState::{Failed, Purged, Running, Stopped};
        let mut rows = vec![it("a", Running)];
        let all = Wanted {
            states: Vec::new(),
            health: Vec::new(),
            slug: String::new(),
            size: 2,
        };
        assert!(!all.take(&mut rows, it("a", Stopped)));
        assert_eq!(rows[0].state(), Stopped);
        assert!(all.take(&mut rows, it("b", Running)), "a new one");
        assert!(all.take(&mut rows, it("a", Purged)), "one that is gone");
        let full = Wanted { size: 1, ..all };
        assert!(!full.take(&mut rows, it("b", Running)), "one of another page");
        let failing = Wanted {
            states: vec!["FAILED".into()],
            ..full
        };
        let mut rows = vec![it("a", Failed)];
        assert!(failing.take(&mut rows, it("b", Failed)));
        assert!(!failing.take(&mut rows, it("c", Running)));
        assert!(failing.take(&mut rows, it("a", Running)));
    }
}
