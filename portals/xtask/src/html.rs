//! The page that a browser gets first. It has no inline script and no style attribute, as the content security policy asks,
//! and no base element, which that policy forbids: every address is absolute.

use crate::apps::App;

/// The hashed names of the files that the page names.
pub struct Names {
    pub boot: String,
    pub theme: String,
    pub style: String,
    pub favicon: String,
    pub chunks: String,
    pub script: String,
    pub module: String,
}

/// The text of `index.html`.
pub fn index(app: App, names: &Names) -> String {
    let path = format!("/{}/assets", app.name());
    let Names {
        boot,
        theme,
        style,
        favicon,
        chunks,
        script,
        module,
    } = names;
    let title = app.title();
    format!(
        r#"<!doctype html>
<html lang="en" data-theme="tenantry-light">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<script src="{path}/{theme}"></script>
<link rel="stylesheet" href="{path}/{style}">
<link rel="icon" type="image/svg+xml" href="{path}/{favicon}">
<link rel="modulepreload" href="{path}/{script}">
<link rel="modulepreload" href="{path}/{chunks}">
<link rel="preload" as="fetch" type="application/wasm" crossorigin href="{path}/{module}">
<script type="module" src="{path}/{boot}"></script>
</head>
<body>
<main id="boot" class="boot">
<svg class="boot-mark" viewBox="0 0 32 32" aria-hidden="true"><rect x="3" y="3" width="11" height="11" rx="3"/><rect x="18" y="3" width="11" height="11" rx="3" class="boot-soft"/><rect x="3" y="18" width="11" height="11" rx="3" class="boot-soft"/><rect x="18" y="18" width="11" height="11" rx="3"/></svg>
<h1 class="sr-only">{title}</h1>
<p id="boot-text" class="boot-text" role="status">Loading</p>
<noscript><p class="boot-note">This page needs JavaScript and WebAssembly. Please switch them on and reload.</p></noscript>
</main>
</body>
</html>
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_fits_the_content_security_policy() {
        let name = |text: &str| text.to_owned();
        let names = Names {
            boot: name("boot.js"),
            theme: name("theme.js"),
            style: name("style.css"),
            favicon: name("favicon.svg"),
            chunks: name("chunks.js"),
            script: name("app.js"),
            module: name("app.wasm"),
        };
        let page = index(App::Master, &names);
        assert!(!page.contains("style=") && !page.contains("<base"), "{page}");
        for script in page.split("<script").skip(1) {
            assert!(
                script.contains("src=") && script.contains("></script>"),
                "an inline script: {script}"
            );
        }
        assert!(page.contains("\"/master/assets/boot.js\""));
    }
}
