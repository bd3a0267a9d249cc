//! The names behind ids: messages refer to tenants, resellers and plans by id alone.

use std::collections::{BTreeMap, BTreeSet};

use leptos::{prelude::*, task::spawn_local};
use portal_app::{Filters, Me};
use portal_client::{RpcError, pb};

/// How many ids one filter may name.
const AT_ONCE: usize = 30;
/// How many rows one answer may have.
const MOST: i32 = 200;

/// The names that are known so far. It can be copied; all copies are the same.
#[derive(Clone, Copy)]
pub struct Names {
    me: Me,
    known: RwSignal<BTreeMap<String, String>>,
    /// What will be asked for together, when the page is drawn.
    wanted: StoredValue<BTreeSet<String>>,
    asked: StoredValue<BTreeSet<String>>,
}

impl Names {
    /// Begins without names and puts them into the context.
    pub fn provide() {
        provide_context(Self {
            me: Me::here(),
            known: RwSignal::new(BTreeMap::new()),
            wanted: StoredValue::new(BTreeSet::new()),
            asked: StoredValue::new(BTreeSet::new()),
        });
    }

    /// The name behind an id; an ellipsis while it is not known, so that a link with it is one. All that are wanted while a page is drawn are asked for at once.
    pub fn of(self, id: &str) -> String {
        if !id.is_empty() && self.asked.try_update_value(|asked| asked.insert(id.to_owned())) == Some(true) {
            let first = self.wanted.with_value(BTreeSet::is_empty);
            self.wanted.update_value(|wanted| {
                wanted.insert(id.to_owned());
            });
            if first {
                spawn_local(async move { self.ask().await });
            }
        }
        let unknown = if id.is_empty() { "" } else { "\u{2026}" };
        self.known
            .with(|known| known.get(id).cloned().unwrap_or_else(|| unknown.to_owned()))
    }

    async fn ask(self) {
        let wanted = self.wanted.try_update_value(std::mem::take).unwrap_or_default();
        let of = |kind: &str| wanted.iter().filter(|id| id.starts_with(kind)).cloned().collect::<Vec<_>>();
        for some in of("ten_").chunks(AT_ONCE) {
            self.keep(some, tenant_names(self.me, some).await);
        }
        let (some, me) = (of("res_"), self.me);
        if !some.is_empty() {
            let names = resellers(me, "").await;
            self.keep(
                &some,
                names.map(|all| all.into_iter().map(|one| (one.id, one.display_name)).collect()),
            );
        }
        let some = of("pla_");
        if !some.is_empty() {
            let names = plans(me, "").await;
            self.keep(
                &some,
                names.map(|all| all.into_iter().map(|one| (one.id, one.display_name)).collect()),
            );
        }
    }

    fn keep(self, ids: &[String], names: Result<Vec<(String, String)>, RpcError>) {
        match names {
            Ok(names) => self.known.update(|known| {
                known.extend(names);
                for id in ids {
                    // It belongs to something that was removed for ever.
                    known.entry(id.clone()).or_insert_with(|| "Removed".to_owned());
                }
            }),
            // The next page that wants them asks again.
            Err(_) => self.asked.update_value(|asked| asked.retain(|id| !ids.contains(id))),
        }
    }
}

async fn tenant_names(me: Me, ids: &[String]) -> Result<Vec<(String, String)>, RpcError> {
    let request = pb::ListTenantsRequest {
        page_size: MOST,
        filter: Filters::new().any("id", ids).text(),
        ..Default::default()
    };
    let page = me.list_tenants(request).await?;
    Ok(page.tenants.into_iter().map(|tenant| (tenant.id, tenant.display_name)).collect())
}

/// All resellers that match.
pub async fn resellers(me: Me, filter: &str) -> Result<Vec<pb::Reseller>, RpcError> {
    let mut request = pb::ListResellersRequest {
        page_size: MOST,
        filter: filter.to_owned(),
        ..Default::default()
    };
    let mut all = Vec::new();
    loop {
        let page = me.client().master().list_resellers(request.clone()).await?;
        all.extend(page.resellers);
        if page.next_page_token.is_empty() {
            return Ok(all);
        }
        request.page_token = page.next_page_token;
    }
}

/// All plans that match.
pub async fn plans(me: Me, filter: &str) -> Result<Vec<pb::Plan>, RpcError> {
    let mut request = pb::ListPlansRequest {
        page_size: MOST,
        filter: filter.to_owned(),
        ..Default::default()
    };
    let mut all = Vec::new();
    loop {
        let page = me.client().master().list_plans(request.clone()).await?;
        all.extend(page.plans);
        if page.next_page_token.is_empty() {
            return Ok(all);
        }
        request.page_token = page.next_page_token;
    }
}

/// The name behind an id, as text that appears when it is known.
#[component]
pub fn NameOf(
    /// The id; nothing is shown for an empty one.
    #[prop(into)]
    id: String,
) -> impl IntoView {
    let names = expect_context::<Names>();
    move || names.of(&id)
}
