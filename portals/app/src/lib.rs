//! What the three portals have in common and what knows the network.
//!
//! # A portal
//! ```ignore
//! fn main() { portal_app::start(PORTAL) }
//!
//! const PORTAL: Portal = Portal { kind: pb::Portal::Master, name: "Master", base: "/master", password: "/master/password",
//!     service: "/tenantry.v1.MasterAdminService/", nav, pages, chunks: pages::ALL, banner: || ().into_any() };
//!
//! fn pages() -> AnyView {
//!     view! {
//!         <Routes fallback=NotFound>
//!             <Route path=path!("/tenants") view=|| guard("ListTenants", || TENANTS.page(Tenants::All)) />   // 403 with the permission's name otherwise
//!             <Route path=path!("/tenants/:id") view=|| guard_id("GetTenant", |id| TENANTS.page(Tenants::One(id))) />   // made anew for another id
//!             <Route path=path!("/password") view=Password />
//!         </Routes>
//!     }.into_any()
//! }
//! ```
//! [`start`] resumes the session, shows the sign-in in the place of any page while there is none (so the address stays, and with it the deep
//! link), asks for a new sign-in over the page when the session is over, and has `/{portal}/invitation`, `/master/setup` and the account menu.
//!
//! # Chunks
//! The pages of an area are a chunk of its own, made by [`chunk!`], so that the main module stays small while pages are added. A page whose
//! chunk is not there yet shows a skeleton, and one whose chunk does not come says so and tries again. What only one area uses goes into its
//! chunk by itself, what several use into chunks that they share; whatever the frame or a route refers to stays in the main module.
//!
//! # On a page
//! ```ignore
//! let (me, go, toasts) = (Me::here(), Go::here(), Toasts::here());
//! me.client().master().get_plan(..);  me.list_invoices(..)     // the second form: calls that several portals have, see `calls.rs`
//! me.may("SuspendTenant")                                      // hide what the role may not do
//! go.to(me.path("/tenants"))                                   // complete addresses
//!
//! let plans = load(move || { let request = ..signals read here..; async move { me.client().master().list_plans(request).await } });
//! .. async move { let page = me.list_invoices(request).await?; Ok(rows(page.invoices, page.total_size, page.next_page_token)) }
//! let plan = load_object(..);  <LoadObject data=plan what="The plan" let:plan> .. </LoadObject>   // 404 page where there is none, 403 where the role may not
//! .await.map_err(failure)?                                     // in the action of a form
//!
//! let list = list_state("tenants");                            // search, filters, sort, page and size are the address
//! let filter = Filters::new().any("state", &list.filter("state")).contains(&["slug", "display_name"], &list.search()).text();
//! <RoleTabs label="Plan" tabs=vec![("overview", "Overview", "GetPlan"), ..] panel=panel />     // ?tab=; what the role may not read has none
//!
//! let live = watch_deployments(String::new(), move |seen| ..); // or `watch`, `follow_log`: all reconnect, rest while hidden, end with the page
//! <LiveBanner live=live />                                     // says when it is not live; one a page, its streams are tried again together
//! ```
//!
//! # Pages and panels that several portals have
//! ```ignore
//! <PeoplePage />  <PeoplePanel of=AccountOf { portal: pb::Portal::Tenant, tenant_id, .. } />      // users: list, invite, role, remove
//! <RolesPage />  <RolesMatrix roles=load_roles() portal=pb::Portal::Tenant />                     // which role may do what
//! <AuditTable list=list_state("audit") within=Filters::new().is("tenant_id", &id) />              // who changed what, before and after, and what was refused; export
//! <InvoiceTable list=list invoices=load_invoices(list, within) href=href empty="When the first one comes." />
//! <SettingsForm settings=settings tenant_name=name cancel="/tenant/" />                           // branding with preview, language, addresses
//! let live = keep_live(id, deployment);  let live = keep_list_live(deployments);                  // a `Remote` that follows its deployments
//! <InstanceActions deployment=now on_change=on_change />  <OpenInstance deployment=now />         // start, stop, restart; the link
//! <InstanceCharts samples=samples(id) />  <InstanceLog deployment_id=id />                        // the last hour; the log as it is written
//! ```

mod audit;
mod calls;
mod chunk;
mod commissions;
mod download;
mod frame;
mod instance;
mod invoices;
mod list;
mod load;
mod me;
mod pages;
mod people;
mod portal;
mod refusal;
mod roles;
mod root;
mod scroll;
mod settings;
mod tabs;
mod watch;
mod words;

use leptos::prelude::*;
use portal_ui::PanicReport;
use root::PortalApp;

pub use audit::AuditTable;
pub use chunk::{Chunk, Coming, Lost};
pub use commissions::CommissionTable;
pub use instance::{InstanceActions, InstanceCharts, InstanceLog, OpenInstance, keep_list_live, keep_live, samples};
pub use invoices::{InvoiceTable, load_invoices};
#[doc(hidden)]
pub use leptos::wasm_split;
pub use list::{Filters, list_state, rows};
pub use load::{LoadObject, failure, load, load_object};
pub use me::{Go, Me};
pub use pages::{NotFound, Password, guard, guard_id};
pub use people::{AccountOf, InvitationLink, PeoplePage, PeoplePanel};
pub use portal::{Link, Portal, Section};
pub use roles::{RolesMatrix, RolesPage, load_roles};
pub use settings::SettingsForm;
pub use tabs::RoleTabs;
pub use watch::{Live, LiveBanner, Seen, follow_log, watch, watch_deployments};

/// Starts a portal.
pub fn start(portal: Portal) {
    portal_ui::start(report, move || view! { <PortalApp portal=portal /> });
}

/// A panic goes to the console, where the browser keeps it with its address.
fn report(report: &PanicReport) {
    leptos::logging::error!("{} {}", report.id, report.message);
}
