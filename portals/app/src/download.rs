//! A file that the person keeps, made of what the server sent.

use js_sys::{Array, Uint8Array};
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, Url, wasm_bindgen::JsCast};

/// Lets the browser save a file. Nothing happens where there is no page.
pub fn save(name: &str, kind: &str, parts: &[Vec<u8>]) -> Option<()> {
    let bytes: Array = parts.iter().map(|part| Uint8Array::from(part.as_slice())).collect();
    let options = BlobPropertyBag::new();
    options.set_type(kind);
    let file = Blob::new_with_u8_array_sequence_and_options(&bytes, &options).ok()?;
    let address = Url::create_object_url_with_blob(&file).ok()?;
    let link = web_sys::window()?.document()?.create_element("a").ok()?;
    let link: HtmlAnchorElement = link.dyn_into().ok()?;
    link.set_href(&address);
    link.set_download(name);
    link.click();
    // The browser has taken hold of it with the click.
    Url::revoke_object_url(&address).ok()
}
