//! The style sheet, made by Tailwind from `portals/styles` and the classes in the source files.

use std::{fs, path::PathBuf};

use anyhow::Result;

use crate::{
    Mode,
    apps::App,
    slot::{self, Key},
    tools::{Project, files, run},
};

/// The folders whose files Tailwind reads or looks for classes in: the styles and the sources of every crate of the portals.
fn inputs(project: &Project) -> Result<Vec<PathBuf>> {
    let mut folders = vec![project.portals.join("styles"), project.portals.join("ui/gallery/src")];
    for entry in fs::read_dir(&project.portals)? {
        folders.push(entry?.path().join("src"));
    }
    folders.retain(|folder| folder.is_dir());
    folders.sort();
    Ok(folders)
}

/// Builds the style sheet of an app; the released portals share one.
pub fn build(project: &Project, mode: Mode, app: App) -> Result<Vec<u8>> {
    let sheet = app.style_sheet();
    let mut key = Key::default()
        .add(fs::read(project.portals.join("package-lock.json"))?)
        .add([mode as u8]);
    for folder in inputs(project)? {
        for file in files(&folder, &["rs", "css"])? {
            key = key.add(file.to_string_lossy().as_bytes()).add(fs::read(&file)?);
        }
    }
    let folder = project.kept();
    slot::kept(&folder, &format!("{mode}-{sheet}", mode = mode as u8), key, || {
        println!("styling {sheet}");
        let output = folder.join(format!("built-{sheet}"));
        let mut tailwind = project.node("@tailwindcss/cli/dist/index.mjs");
        tailwind
            .arg("--input")
            .arg(project.portals.join("styles").join(sheet))
            .arg("--output")
            .arg(&output);
        if mode == Mode::Release {
            tailwind.arg("--minify");
        }
        run(&mut tailwind)?;
        Ok(fs::read(&output)?)
    })
}
