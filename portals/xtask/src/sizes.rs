//! The size table and the budgets.

use std::fs;

use anyhow::{Context, Result};

use crate::{apps::App, compress, tools::Project};

/// Budgets in bytes after brotli.
const FIRST_LOAD: usize = 550 * 1024;
const MODULE: usize = 450 * 1024;
const CHUNK: usize = 120 * 1024;
const STYLE: usize = 35 * 1024;

/// Prints the sizes of each app; answers whether all are within budget.
pub fn report(project: &Project, apps: &[App]) -> Result<bool> {
    println!("\n{:<10} {:<24} {:>10} {:>10} {:>10}", "app", "file", "raw", "brotli", "budget");
    let mut within = true;
    for app in apps {
        let folder = project.dist(*app);
        let missing = || format!("{} is not built: run `scripts/portals.sh build --release`", app.name());
        let mut total = (0, 0);
        let mut files = vec![folder.join("index.html")];
        for entry in fs::read_dir(folder.join("assets")).with_context(missing)? {
            let path = entry?.path();
            if !path.extension().is_some_and(|ending| ending == "br" || ending == "gz") {
                files.push(path);
            }
        }
        files.sort();
        for file in files {
            let content = fs::read(&file).with_context(missing)?;
            let mut packed = file.clone().into_os_string();
            packed.push(".br");
            let small = match fs::metadata(&packed) {
                Ok(found) => usize::try_from(found.len())?,
                Err(_) => compress::brotli(&content)?.len(),
            };
            let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let is_chunk = name.starts_with("chunk-");
            if !is_chunk {
                total = (total.0 + content.len(), total.1 + small);
            }
            let budget = match file.extension().and_then(|ending| ending.to_str()) {
                Some("wasm") if is_chunk => Some(CHUNK),
                Some("wasm") => Some(MODULE),
                Some("css") => Some(STYLE),
                _ => None,
            };
            within &= line(app.name(), &short(&name), content.len(), small, budget);
        }
        within &= line(app.name(), "first load", total.0, total.1, Some(FIRST_LOAD));
    }
    Ok(within)
}

/// The name without its hash.
fn short(name: &str) -> String {
    match name.rsplit_once('-').zip(name.rsplit_once('.')) {
        Some(((stem, _), (_, ending))) => format!("{stem}.{ending}"),
        None => name.to_owned(),
    }
}

/// Prints one line; answers whether it is within budget.
fn line(app: &str, name: &str, raw: usize, small: usize, budget: Option<usize>) -> bool {
    let within = budget.is_none_or(|budget| small <= budget);
    let budget = budget.map(kib).unwrap_or_default();
    println!(
        "{app:<10} {name:<24} {:>10} {:>10} {budget:>10}{}",
        kib(raw),
        kib(small),
        if within { "" } else { "  over" }
    );
    within
}

/// A size in KiB with one digit.
fn kib(bytes: usize) -> String {
    let tenths = (bytes * 10).div_ceil(1024);
    format!("{}.{} KB", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_rounded_up_to_a_tenth() {
        assert_eq!(kib(1024), "1.0 KB");
        assert_eq!(kib(1025), "1.1 KB");
        assert_eq!(short("app-0123456789abcdef.wasm"), "app.wasm");
        assert_eq!(short("index.html"), "index.html");
    }
}
