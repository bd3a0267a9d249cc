//! The built portals: from inside the program, or from a folder while they are worked on.

use crate::cx::App;
use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use std::{borrow::Cow, path::Path};

/// The portals, each below its own path.
const PORTALS: [&str; 3] = ["master", "tenant", "reseller"];

/// Those inside the program.
#[cfg(feature = "embed")]
#[derive(rust_embed::RustEmbed)]
#[folder = "../portals/dist"]
struct Built;

/// A file of a portal.
fn read(folder: Option<&Path>, path: &str) -> Option<Cow<'static, [u8]>> {
    match folder {
        Some(folder) => std::fs::read(folder.join(path)).ok().map(Cow::Owned),
        #[cfg(feature = "embed")]
        None => Built::get(path).map(|file| file.data),
        #[cfg(not(feature = "embed"))]
        None => None,
    }
}

/// Answers a file of a portal. A path without an ending is a page: the portal's own router finds it.
pub(super) async fn serve(State(app): State<App>, method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    let (portal, rest) = path.split_once('/').unwrap_or((path, ""));
    if !PORTALS.contains(&portal) || path.split('/').any(|part| part == "..") {
        return (StatusCode::NOT_FOUND, "There is nothing here.").into_response();
    }
    if method != Method::GET && method != Method::HEAD {
        return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD")], "Only GET.").into_response();
    }
    let is_page = !rest.rsplit('/').next().is_some_and(|name| name.contains('.'));
    let file = if is_page { format!("{portal}/index.html") } else { path.to_owned() };
    match find(app.settings.portals_dir(), &file, &headers) {
        Some(response) => response,
        None if is_page => (
            StatusCode::NOT_FOUND,
            "This server was built without its portals. `make run` builds both.",
        )
            .into_response(),
        None => (StatusCode::NOT_FOUND, "There is no such file.").into_response(),
    }
}

fn find(folder: Option<&Path>, file: &str, headers: &HeaderMap) -> Option<Response> {
    let accepted = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    let accepts = |name: &str| accepted.split(',').any(|e| e.split(';').next().is_some_and(|e| e.trim() == name));
    let packed = [("br", ".br"), ("gzip", ".gz")].into_iter().filter(|(name, _)| accepts(name));
    let (encoding, content) = packed
        .filter_map(|(name, ending)| Some((Some(name), read(folder, &format!("{file}{ending}"))?)))
        .next()
        .or_else(|| Some((None, read(folder, file)?)))?;
    let mut response = Response::new(Body::from(content.into_owned()));
    let out = response.headers_mut();
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(file)));
    out.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    // Names of files change with their content; only the page that names them is asked for again.
    let lasting = !file.ends_with(".html") && !file.ends_with(".json");
    out.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static(if lasting {
            "public, max-age=31536000, immutable"
        } else {
            "no-cache"
        }),
    );
    if let Some(name) = encoding {
        out.insert(header::CONTENT_ENCODING, HeaderValue::from_static(name));
    }
    Some(response)
}

fn content_type(file: &str) -> &'static str {
    match file.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("json") => "application/json",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}
