//! Cuts a compiled app into its main module and the chunks that are loaded when they are needed.
//!
//! The library makes one file for each area and one for each combination of areas that has something in common: dozens, most of them tiny.
//! For a release those with much the same users are put together.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use anyhow::{Result, anyhow};
use wasm_split_cli_support::{Options, transform};
use wasmparser::{Parser, Payload, TypeRef};

use crate::{
    Mode,
    tools::{Project, run},
    wasm::FEATURES,
};

/// Under which name the main module imports the script that loads the chunks.
pub const LINK: &str = "./chunks.js";
/// How many files a release has for what several areas need.
const SHARED: usize = 6;

/// The module that is loaded first, and what it may load later.
pub struct Parts {
    /// The main module, which wasm-bindgen has not seen yet.
    pub main: Vec<u8>,
    /// The chunks.
    pub chunks: Vec<Chunk>,
}

/// A file that is loaded with an area.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Its name.
    pub name: String,
    /// The areas that need it.
    pub users: BTreeSet<String>,
    /// The module.
    pub module: Vec<u8>,
}

/// Cuts `input`; `folder` is for the files between the steps.
pub fn split(project: &Project, mode: Mode, input: &[u8], folder: &Path) -> Result<Parts> {
    let (folder, main) = (folder.join("split"), folder.join("split/main.wasm"));
    fs::create_dir_all(&folder)?;
    let mut options = Options::new(input);
    options.output_dir = &folder;
    options.main_out_path = &main;
    options.link_name = LINK;
    let made = transform(options).map_err(|error| anyhow!("the app cannot be split: {error:#}"))?;

    let mut users = BTreeMap::<String, BTreeSet<String>>::new();
    for (area, files) in made.prefetch_map {
        for file in files {
            users.entry(file).or_default().insert(area.clone());
        }
    }
    let mut chunks = Vec::new();
    for (name, users) in users {
        let file = folder.join(format!("{name}.wasm"));
        let mut module = fs::read(&file)?;
        if mode == Mode::Release {
            module = without_names(&module)?;
            fs::write(&file, &module)?;
        }
        chunks.push(Chunk { name, users, module });
    }
    if mode == Mode::Release {
        chunks = groups(chunks, SHARED)
            .into_iter()
            .map(|group| merge(project, &folder, group))
            .collect::<Result<_>>()?;
    }
    let mut shared = 0;
    for chunk in &mut chunks {
        chunk.name = match chunk.users.first() {
            Some(area) if chunk.users.len() == 1 => area.clone(),
            _ => {
                shared += 1;
                format!("shared{shared}")
            }
        };
    }
    Ok(Parts {
        main: fs::read(&main)?,
        chunks,
    })
}

/// Puts files together until only `most` have more than one user: each time the two that cost the least, in bytes that an area loads without
/// using them. What only one area uses is a file of its own.
fn groups(chunks: Vec<Chunk>, most: usize) -> Vec<Vec<Chunk>> {
    let (mut own, mut shared) = (Vec::new(), Vec::new());
    for chunk in chunks {
        let group = if chunk.users.len() == 1 { &mut own } else { &mut shared };
        group.push(vec![chunk]);
    }
    while shared.len() > most {
        let pairs = (0..shared.len()).flat_map(|first| (0..first).map(move |second| (first, second)));
        let Some((first, second)) = pairs.min_by_key(|(first, second)| waste(&shared[*first], &shared[*second])) else {
            break;
        };
        // `second` is the smaller index, so that it stays right.
        let group = shared.remove(first);
        shared[second].extend(group);
    }
    own.extend(shared);
    own
}

/// How many bytes more are loaded, over all areas, when two groups become one.
fn waste(one: &[Chunk], other: &[Chunk]) -> usize {
    let all = users(one).union(&users(other)).count();
    let cost = |group: &[Chunk]| {
        let size: usize = group.iter().map(|chunk| chunk.module.len()).sum();
        size * (all - users(group).len())
    };
    cost(one) + cost(other)
}

fn users(group: &[Chunk]) -> BTreeSet<String> {
    group.iter().flat_map(|chunk| chunk.users.iter().cloned()).collect()
}

/// Makes one chunk of a group.
fn merge(project: &Project, folder: &Path, group: Vec<Chunk>) -> Result<Chunk> {
    let users = users(&group);
    let [first, others @ ..] = &group[..] else {
        return Err(anyhow!("an empty group of chunks"));
    };
    if others.is_empty() {
        return Ok(Chunk { users, ..first.clone() });
    }
    let (base, merged) = (folder.join("base.wat"), folder.join("merged.wasm"));
    fs::write(&base, base_module(&group)?)?;
    let mut command = project.node("binaryen/bin/wasm-merge");
    command.arg("--quiet").args(FEATURES).arg(&base).arg(MAIN);
    for chunk in &group {
        command.arg(folder.join(format!("{}.wasm", chunk.name))).arg(&chunk.name);
    }
    run(command.arg("-o").arg(&merged))?;
    Ok(Chunk {
        name: first.name.clone(),
        users,
        module: fs::read(&merged)?,
    })
}

/// A module without its custom sections: names are most of what it weighs, and binaryen stumbles over some of them.
fn without_names(module: &[u8]) -> Result<Vec<u8>> {
    const CUSTOM: u8 = 0;
    let mut kept = module.get(..8).unwrap_or_default().to_vec();
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload?;
        let Some((id, range)) = payload.as_section().filter(|(id, _)| *id != CUSTOM) else {
            continue;
        };
        let content = module
            .get(usize::try_from(range.start)?..usize::try_from(range.end)?)
            .unwrap_or_default();
        kept.push(id);
        let mut length = content.len();
        while length > 0x7f {
            kept.push((length & 0x7f) as u8 | 0x80);
            length >>= 7;
        }
        kept.push(length as u8);
        kept.extend(content);
    }
    Ok(kept)
}

/// Under which name a chunk imports what belongs to the main module.
const MAIN: &str = "__wasm_split";

/// A module that hands on what the chunks import, so that the merged one imports each thing once.
fn base_module(group: &[Chunk]) -> Result<String> {
    let mut lines = BTreeSet::new();
    for chunk in group {
        for payload in Parser::new(0).parse_all(&chunk.module) {
            let Payload::ImportSection(imports) = payload? else { continue };
            for import in imports.into_imports() {
                let import = import?;
                let name = import.name;
                let (kind, of) = match import.ty {
                    TypeRef::Memory(memory) => ("memory", format!("{}", memory.initial)),
                    TypeRef::Table(table) => ("table", format!("{} funcref", table.initial)),
                    TypeRef::Global(global) if global.mutable => ("global", "(mut i32)".to_owned()),
                    TypeRef::Global(_) => ("global", "i32".to_owned()),
                    other => return Err(anyhow!("a chunk imports {name}, which is {other:?}")),
                };
                lines.insert(format!(
                    "(import \"main\" \"{name}\" ({kind} ${name} {of})) (export \"{name}\" ({kind} ${name}))"
                ));
            }
        }
    }
    let lines: Vec<String> = lines.into_iter().collect();
    Ok(format!("(module {})", lines.join("\n")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(name: &str, users: &str, size: usize) -> Chunk {
        Chunk {
            name: name.to_owned(),
            users: users.split(' ').map(str::to_owned).collect(),
            module: vec![0; size],
        }
    }

    #[test]
    fn what_has_much_the_same_users_is_put_together() {
        let chunks = vec![
            chunk("plans", "plans", 900),
            chunk("a", "plans tenants", 100),
            chunk("b", "plans tenants users", 80),
            chunk("c", "users tenants", 500),
        ];
        let names = |most| {
            let mut names: Vec<Vec<String>> = groups(chunks.clone(), most)
                .into_iter()
                .map(|group| group.into_iter().map(|chunk| chunk.name).collect())
                .collect();
            names.iter_mut().for_each(|group| group.sort());
            names.sort();
            names
        };
        assert_eq!(names(3), [vec!["a"], vec!["b"], vec!["c"], vec!["plans"]]);
        assert_eq!(names(2), [vec!["a", "b"], vec!["c"], vec!["plans"]]);
        assert_eq!(names(1), [vec!["a", "b", "c"], vec!["plans"]]);
    }
}
