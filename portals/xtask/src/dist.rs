//! Writes an app's folder: `index.html`, and under `assets/` the files that never change because their names hold their hashes.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use anyhow::Result;

use crate::{
    Mode,
    apps::App,
    compress,
    html::{self, Names},
    slot::hashed_name,
    split::{self, Chunk},
    tools::Project,
    wasm::Code,
};

/// The script that sets the theme before the first paint.
const THEME: &str = include_str!("../assets/theme.js");
/// The script that starts the app.
const BOOT: &str = include_str!("../assets/boot.js");
/// The script that loads the chunks.
const CHUNKS: &str = include_str!("../assets/chunks.js");
/// The product's mark.
const FAVICON: &str = include_str!("../assets/favicon.svg");

/// Writes the folder of `app` and removes what an earlier build left in it.
pub fn write(project: &Project, mode: Mode, app: App, code: Code, css: Vec<u8>) -> Result<()> {
    let folder = project.dist(app);
    let assets = folder.join("assets");
    fs::create_dir_all(&assets)?;
    let mut written = Written {
        assets: &assets,
        mode,
        names: BTreeSet::new(),
    };
    let module = written.add("app.wasm", &code.module)?;
    let chunks = loaders(&mut written, &code.chunks)?;
    let chunks = written.add("chunks.js", chunks.as_bytes())?;
    // The file has a hash in its name; the module that is imported under it keeps the plain one.
    let script = code
        .script
        .replace(&format!("from \"{}\"", split::LINK), &format!("from \"./{chunks}\""));
    let script = written.add("app.js", script.as_bytes())?;
    let boot = BOOT
        .replace("{{script}}", &script)
        .replace("{{chunks}}", &chunks)
        .replace("{{module}}", &module);
    let names = Names {
        boot: written.add("boot.js", boot.as_bytes())?,
        theme: written.add("theme.js", THEME.as_bytes())?,
        style: written.add("style.css", &css)?,
        favicon: written.add("favicon.svg", FAVICON.as_bytes())?,
        chunks,
        script,
        module,
    };
    remove_others(&assets, &written.names)?;

    let page = html::index(app, &names);
    let index = folder.join("index.html");
    let fresh = fs::read(&index).map_or(true, |before| before != page.as_bytes());
    if fresh {
        fs::write(&index, &page)?;
    }
    let mut kept = BTreeSet::from(["assets".to_owned(), "index.html".to_owned()]);
    if mode == Mode::Release {
        compress::beside(&index, page.as_bytes(), fresh)?;
        kept.extend(["index.html.br".to_owned(), "index.html.gz".to_owned()]);
    }
    remove_others(&folder, &kept)?;
    println!("wrote {}", folder.strip_prefix(&project.root).unwrap_or(&folder).display());
    Ok(())
}

/// Writes the chunks; answers the script with a function for each area, which loads all that the area needs.
fn loaders(written: &mut Written, chunks: &[Chunk]) -> Result<String> {
    let mut areas = BTreeMap::<&str, Vec<String>>::new();
    for Chunk { name, users, module } in chunks {
        let file = written.add(&format!("chunk-{name}.wasm"), module)?;
        for area in users {
            areas.entry(area).or_default().push(format!("\"./{file}\""));
        }
    }
    let mut script = CHUNKS.to_owned();
    for (area, files) in areas {
        script.push_str(&format!("export const __wasm_split_load_{area} = area({});\n", files.join(", ")));
    }
    Ok(script)
}

/// The asset files written so far.
struct Written<'a> {
    assets: &'a Path,
    mode: Mode,
    names: BTreeSet<String>,
}

impl Written<'_> {
    /// Writes a file under its hashed name and answers that name.
    fn add(&mut self, name: &str, content: &[u8]) -> Result<String> {
        let name = hashed_name(name, content);
        let path = self.assets.join(&name);
        if !path.is_file() {
            fs::write(&path, content)?;
        }
        if self.mode == Mode::Release {
            compress::beside(&path, content, false)?;
            self.names.extend([format!("{name}.br"), format!("{name}.gz")]);
        }
        self.names.insert(name.clone());
        Ok(name)
    }
}

/// Removes the files of a folder that are not in `names`.
fn remove_others(folder: &Path, names: &BTreeSet<String>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if !names.contains(&*entry.file_name().to_string_lossy()) && entry.path().is_file() {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}
