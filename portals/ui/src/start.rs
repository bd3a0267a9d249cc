//! The start of an app, and the screen that stands in for it after a panic.

use leptos::prelude::*;

use crate::dom;

/// What is known about a panic: shown to the user, and reported once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PanicReport {
    /// Names this one case; the user can read it out.
    pub id: String,
    /// What the program said, with the place in the source.
    pub message: String,
}

/// Starts an app: takes the boot screen away, shows the app, and arms the recovery screen. After a panic no Rust of the app runs any more;
/// `report` is called once with what happened, right before the screen appears.
pub fn start<V: IntoView + 'static>(report: fn(&PanicReport), app: impl FnOnce() -> V + 'static) {
    std::panic::set_hook(Box::new(move |info| {
        let found = PanicReport {
            id: format!("err_{}", dom::random_hex()),
            message: info.to_string(),
        };
        show_recovery(&found);
        report(&found);
    }));
    if let Some(boot) = dom::document().and_then(|page| page.get_element_by_id("boot")) {
        boot.remove();
    }
    mount_to_body(move || {
        crate::time::provide_now();
        crate::shell::provide_zone();
        crate::page::provide_first_page();
        app()
    });
}

/// Draws the recovery screen with the browser's own means, since the app is gone. The first panic is the one that counts.
fn show_recovery(report: &PanicReport) {
    const ID: &str = "recovery";
    let Some(page) = dom::document() else { return };
    let Some(body) = page.body().filter(|_| page.get_element_by_id(ID).is_none()) else {
        return;
    };
    body.set_inner_html(
        "<main id='recovery' class='recovery' role='alert' tabindex='-1'><div class='recovery-card'>\
         <h1>Something went wrong</h1>\
         <p>The page stopped because of an error in it. What you had saved is safe; what you had not sent yet is lost.</p>\
         <p class='recovery-id'>Error id <code></code></p>\
         <a class='btn btn-primary' rel='external' target='_self' href=''>Reload the page</a></div></main>",
    );
    if let Ok(Some(code)) = body.query_selector("code") {
        code.set_text_content(Some(&report.id));
    }
    // The same address again. What is left of a router follows no link that is external.
    if let (Ok(Some(link)), Some(Ok(here))) = (body.query_selector("a"), dom::window().map(|window| window.location().href())) {
        let _ = link.set_attribute("href", &here);
    }
    page.set_title("Something went wrong");
    dom::focus_id(ID);
}
