//! What all pages have in common.

use maud::{DOCTYPE, Markup, html};

use super::App;
use super::visitor::Admin;

/// A whole page. `admin` shows the bar of those who are signed in.
pub(super) fn page(app: &App, title: &str, admin: Option<&Admin>, content: &Markup) -> Markup {
    let name = &app.config.name;
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) @if title != name { " · " (name) } }
                link rel="icon" href="/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href=(app.stylesheet.path);
            }
            body {
                header class="bar" {
                    div class="wide" {
                        a class="brand" href="/" { span class="mark" aria-hidden="true" { (initial(name)) } span class="name" { (name) } }
                        @if let Some(admin) = admin {
                            nav aria-label="Main" { a href="/subscribers" aria-current=[(title == "Subscribers").then_some("page")] { "Subscribers" } }
                            form class="account" method="post" action="/logout" {
                                (form_key(&admin.visitor.form_key()))
                                span class="who" { (admin.email) }
                                button class="quiet" { "Sign out" }
                            }
                        } @else {
                            nav aria-label="Main" { a class="push" href="/login" { "Sign in" } }
                        }
                    }
                }
                main { (content) }
                footer { div class="wide" { span { (name) } span { "Version " (app.config.version) } } }
            }
        }
    }
}

/// The hidden field that ties a form to the browser that got it.
pub(super) fn form_key(key: &str) -> Markup {
    html! { input type="hidden" name="form_key" value=(key); }
}

/// The ISP's initial in its colours, as an SVG picture.
pub(super) fn icon(app: &App) -> String {
    let (primary, ink) = (app.config.primary, app.config.primary.ink());
    let picture = html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" {
            rect width="32" height="32" rx="8" fill=(primary) {}
            text x="16" y="22" text-anchor="middle" font-family="system-ui, sans-serif" font-size="17" font-weight="700" fill=(ink) {
                (initial(&app.config.name))
            }
        }
    };
    picture.into_string()
}

fn initial(name: &str) -> String {
    name.chars()
        .find(|c| c.is_alphanumeric())
        .map(|c| c.to_uppercase().collect())
        .unwrap_or_default()
}
