//! The subscriber list: finding, adding, removing.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::Utc;
use http::StatusCode;
use maud::{Markup, html};
use serde::Deserialize;

use super::Failure;
use crate::instance::subscriber::{self, Added, Draft, Page, Subscriber};
use crate::instance::visitor::Admin;
use crate::instance::{App, layout};

/// What the list's address says.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct ListQuery {
    q: String,
    page: String,
    done: String,
}

/// The form of a new subscriber.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct AddForm {
    name: String,
    email: String,
    service: String,
    form_key: String,
}

/// The confirmation of a removal.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct RemoveForm {
    form_key: String,
}

/// The list.
pub(super) async fn list(State(app): State<Arc<App>>, admin: Admin, Query(query): Query<ListQuery>) -> Result<Markup, Failure> {
    let page = subscriber::list(&app.pool, &query.q, query.page.parse().unwrap_or(1)).await?;
    let done = match query.done.as_str() {
        "added" => Some("The subscriber was added."),
        "removed" => Some("The subscriber was removed."),
        _ => None,
    };
    let search = query.q.trim();
    let content = html! {
        div class="wide" {
            @if let Some(done) = done { p class="notice" role="status" { (done) } }
            div class="heading" {
                div { h1 { "Subscribers" } p class="muted" { (covered(&app, page.total)) } }
                @if page.total > 0 && !is_full(&app, page.total) { a class="button" href="/subscribers/new" { "Add subscriber" } }
            }
            @if is_full(&app, page.total) { p class="notice" { (FULL) } }
            @if page.total > 0 {
                form class="search" method="get" action="/subscribers" role="search" {
                    label class="hidden" for="q" { "Search by name, email address or service" }
                    input #q name="q" type="search" value=(search) placeholder="Name, email address or service";
                    button class="button plain" { "Search" }
                }
            }
            @if page.found > 0 { (table(&page)) (pages(&page, search)) }
            @else if page.total > 0 { (nobody_found(search)) }
            @else { (nobody_yet()) }
        }
    };
    Ok(layout::page(&app, "Subscribers", Some(&admin), &content))
}

/// The form of a new subscriber.
pub(super) async fn show_form(State(app): State<Arc<App>>, admin: Admin) -> Markup {
    form(&app, &admin, &Draft::default(), None)
}

/// Adds a subscriber.
pub(super) async fn add(State(app): State<Arc<App>>, admin: Admin, Form(typed): Form<AddForm>) -> Result<Response, Failure> {
    admin.visitor.check(&typed.form_key)?;
    let draft = Draft {
        name: typed.name,
        email: typed.email,
        service: typed.service,
        problems: vec![],
    };
    match subscriber::add(&app.pool, draft.clone(), app.config.max_subscribers, Utc::now()).await? {
        Added::Done => Ok(Redirect::to("/subscribers?done=added").into_response()),
        Added::Wrong(draft) => Ok((StatusCode::UNPROCESSABLE_ENTITY, form(&app, &admin, &draft, None)).into_response()),
        Added::Full => Ok((StatusCode::CONFLICT, form(&app, &admin, &draft, Some(FULL))).into_response()),
    }
}

/// Asks whether to remove a subscriber.
pub(super) async fn confirm(State(app): State<Arc<App>>, admin: Admin, Path(id): Path<String>) -> Result<Markup, Failure> {
    let subscriber = subscriber::get(&app.pool, &id).await?.ok_or(Failure::NotFound)?;
    let content = html! {
        section class="narrow card" {
            h1 { "Remove " (subscriber.name) "?" }
            p { "The record is deleted from the list and cannot be brought back." }
            dl {
                dt { "Email address" } dd { (subscriber.email) }
                dt { "Service" } dd { (subscriber.service) }
                dt { "Subscriber since" } dd { (day(&subscriber)) }
            }
            form class="actions" method="post" {
                (layout::form_key(&admin.visitor.form_key()))
                button class="button danger" { "Remove subscriber" }
                a class="button plain" href="/subscribers" { "Keep" }
            }
        }
    };
    Ok(layout::page(&app, "Remove subscriber", Some(&admin), &content))
}

/// Removes a subscriber.
pub(super) async fn remove(
    State(app): State<Arc<App>>,
    admin: Admin,
    Path(id): Path<String>,
    Form(typed): Form<RemoveForm>,
) -> Result<Redirect, Failure> {
    admin.visitor.check(&typed.form_key)?;
    if !subscriber::remove(&app.pool, &id).await? {
        return Err(Failure::NotFound);
    }
    Ok(Redirect::to("/subscribers?done=removed"))
}

const FULL: &str = "All subscribers that your plan covers are in use. Remove one, or change to a larger plan.";

fn is_full(app: &App, total: u32) -> bool {
    app.config.max_subscribers > 0 && total >= app.config.max_subscribers
}

fn covered(app: &App, total: u32) -> String {
    match (app.config.max_subscribers, total) {
        (0, 1) => "1 subscriber".to_owned(),
        (0, total) => format!("{total} subscribers"),
        (max, total) => format!("{total} of {max} that your plan covers"),
    }
}

fn day(subscriber: &Subscriber) -> Markup {
    let since = subscriber.since();
    html! { time datetime=(since.to_rfc3339()) { (since.format("%-d %b %Y")) } }
}

fn table(page: &Page) -> Markup {
    html! {
        div class="card flush" {
            table {
                thead { tr { th scope="col" { "Name" } th scope="col" { "Email address" } th scope="col" { "Service" } th scope="col" { "Since" } th scope="col" { span class="hidden" { "Actions" } } } }
                tbody {
                    @for row in &page.rows {
                        tr {
                            th scope="row" { (row.name) }
                            td { (row.email) }
                            td { (row.service) }
                            td class="date" { (day(row)) }
                            td class="action" { a href={ "/subscribers/" (row.id) "/remove" } { "Remove" span class="hidden" { " " (row.name) } } }
                        }
                    }
                }
            }
        }
    }
}

fn pages(page: &Page, search: &str) -> Markup {
    let last = page.first + u32::try_from(page.rows.len()).unwrap_or_default() - 1;
    html! {
        nav class="pages" aria-label="Pages" {
            p class="muted" { (page.first) "–" (last) " of " (page.found) }
            @if page.number > 1 { a class="button plain" rel="prev" href=(address(search, page.number - 1)) { "Previous" } }
            @if page.number < page.pages { a class="button plain" rel="next" href=(address(search, page.number + 1)) { "Next" } }
        }
    }
}

fn address(search: &str, page: u32) -> String {
    let query: String = search
        .bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect();
    if query.is_empty() {
        format!("/subscribers?page={page}")
    } else {
        format!("/subscribers?q={query}&page={page}")
    }
}

fn nobody_found(search: &str) -> Markup {
    html! {
        div class="card empty" {
            h2 { "Nobody matches “" (search) "”" }
            p class="muted" { "Try a shorter part of the name, email address or service." }
            a class="button plain" href="/subscribers" { "Show all subscribers" }
        }
    }
}

fn nobody_yet() -> Markup {
    html! {
        div class="card empty" {
            svg aria-hidden="true" viewBox="0 0 48 48" fill="none" stroke="currentColor" stroke-width="2.5" stroke-linecap="round" {
                circle cx="24" cy="34" r="3" {}
                path d="M16 26a11.3 11.3 0 0 1 16 0M9.5 19.5a20.5 20.5 0 0 1 29 0" {}
            }
            h2 { "No subscribers yet" }
            p class="muted" { "Add the first line that you serve. It takes a name, an email address and a service." }
            a class="button" href="/subscribers/new" { "Add the first subscriber" }
        }
    }
}

fn form(app: &App, admin: &Admin, draft: &Draft, problem: Option<&str>) -> Markup {
    let count = draft.problems.len();
    let content = html! {
        section class="narrow card" {
            h1 { "Add subscriber" }
            @if let Some(problem) = problem { p class="problem" role="alert" { (problem) } }
            @if count > 0 {
                p class="problem" role="alert" { @if count == 1 { "One field needs a correction." } @else { (count) " fields need a correction." } }
            }
            form method="post" action="/subscribers" novalidate {
                (layout::form_key(&admin.visitor.form_key()))
                (field(draft, "name", "Name", "text", &draft.name, "The person or company that has the line."))
                (field(draft, "email", "Email address", "email", &draft.email, "Each address can be in the list once."))
                (field(draft, "service", "Line or service", "text", &draft.service, "For example: Fibre 100, Harbour Street 4."))
                div class="actions" {
                    button class="button" { "Add subscriber" }
                    a class="button plain" href="/subscribers" { "Cancel" }
                }
            }
        }
    };
    layout::page(app, "Add subscriber", Some(admin), &content)
}

fn field(draft: &Draft, name: &str, label: &str, kind: &str, value: &str, hint: &str) -> Markup {
    let problem = draft.problems.iter().find(|problem| problem.field == name);
    html! {
        label for=(name) { (label) }
        input #(name) name=(name) type=(kind) value=(value) autocomplete="off" required
            aria-invalid=[problem.map(|_| "true")] aria-describedby={ (name) "-hint" };
        p id={ (name) "-hint" } class=(if problem.is_some() { "hint wrong" } else { "hint" }) { (problem.map_or(hint, |problem| problem.text)) }
    }
}
