//! From Rust to what a browser loads: the main module with its script, and the chunks.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use wasm_bindgen_cli_support::Bindgen;

use crate::{
    Mode,
    apps::App,
    slot::{self, Key},
    split::{self, Chunk},
    tools::{Project, run},
};

/// The target that the portals are built for.
const TARGET: &str = "wasm32-unknown-unknown";

/// The features that Rust's target uses.
pub const FEATURES: [&str; 7] = [
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// wasm-opt's other arguments: for size, without names.
const OPTIMISE: [&str; 4] = ["-Oz", "--strip-producers", "--strip-debug", "--quiet"];

/// What a browser runs.
pub struct Code {
    /// The script that loads the main module.
    pub script: String,
    /// The main module.
    pub module: Vec<u8>,
    /// What is loaded later.
    pub chunks: Vec<Chunk>,
}

impl Mode {
    /// The cargo profile.
    fn profile(self) -> &'static str {
        match self {
            Mode::Dev => "wasm-dev",
            Mode::Release => "wasm",
        }
    }
}

/// Compiles all apps in one cargo invocation.
pub fn compile(project: &Project, mode: Mode, apps: &[App]) -> Result<()> {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args(["build", "--target", TARGET, "--profile", mode.profile()])
        .current_dir(&project.root);
    // Cargo sets these for this program; a nested cargo would rebuild crates that look at them.
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("CARGO_PKG_") || name == "CARGO_MANIFEST_DIR" {
            cargo.env_remove(name);
        }
    }
    // Leptos puts views behind one type at the edges of components: without it, each nesting of views is code of its own.
    // The relocations are what the module is cut apart by.
    let flags = format!("--cfg erase_components -Clink-args=--emit-relocs {}", remapped_paths(project));
    cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", flags);
    for app in apps {
        cargo.args(["--package", &app.package()]);
    }
    run(&mut cargo).with_context(|| format!("the portals do not compile (`rustup target add {TARGET}` adds the target)"))
}

/// Flags that keep the folders of this machine out of panic messages, so that the same source makes the same module everywhere.
fn remapped_paths(project: &Project) -> String {
    let home = env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cargo")));
    let mut flags = vec![format!("--remap-path-prefix={}=.", project.root.display())];
    let sources = home.and_then(|home| fs::read_dir(home.join("registry/src")).ok());
    for folder in sources.into_iter().flatten().flatten() {
        flags.push(format!("--remap-path-prefix={}=crates", folder.path().display()));
    }
    flags.join(" ")
}

/// Cuts a compiled app apart and runs wasm-bindgen and, for a release, wasm-opt over it.
pub fn bind(project: &Project, mode: Mode, app: App) -> Result<Code> {
    let package = app.package();
    let compiled = project.target.join(TARGET).join(mode.profile()).join(format!("{package}.wasm"));
    let input = fs::read(&compiled).with_context(|| compiled.display().to_string())?;
    let key = Key::default()
        .add(&input)
        .add(fs::read(project.portals.join("package-lock.json"))?)
        .add(include_bytes!("split.rs"))
        .add(include_bytes!("wasm.rs"));
    let folder = project.kept().join(mode.profile()).join(&package);
    slot::once(&folder, "code", key, || {
        println!("binding {package}");
        let parts = split::split(project, mode, &input, &folder)?;
        let (script, main) = bindgen(mode, &package, parts.main)?;
        fs::write(folder.join("app.js"), script)?;
        let finish = |name: &str, module: Vec<u8>| {
            let file = folder.join(format!("{name}.wasm"));
            match mode {
                Mode::Dev => Ok(fs::write(file, module)?),
                Mode::Release => optimise(project, &file, &module),
            }
        };
        finish("app", main)?;
        let mut list = String::new();
        for Chunk { name, users, module } in parts.chunks {
            let users: Vec<String> = users.into_iter().collect();
            list.push_str(&format!("{name} {}\n", users.join(" ")));
            finish(&name, module)?;
        }
        Ok(fs::write(folder.join("chunks.txt"), list)?)
    })?;

    let mut chunks = Vec::new();
    for line in fs::read_to_string(folder.join("chunks.txt"))?.lines() {
        let mut words = line.split(' ').map(str::to_owned);
        let name = words.next().unwrap_or_default();
        let module = fs::read(folder.join(format!("{name}.wasm")))?;
        chunks.push(Chunk {
            name,
            users: words.collect(),
            module,
        });
    }
    Ok(Code {
        script: fs::read_to_string(folder.join("app.js"))?,
        module: fs::read(folder.join("app.wasm"))?,
        chunks,
    })
}

/// The script of a main module, and the module that fits it.
fn bindgen(mode: Mode, package: &str, module: Vec<u8>) -> Result<(String, Vec<u8>)> {
    let mut output = Bindgen::new()
        .input_bytes(package, module)
        .web(true)?
        .typescript(false)
        .omit_default_module_path(true)
        // The chunks reach the main module's table and stack by them.
        .keep_lld_exports(true)
        .remove_producers_section(true)
        .remove_name_section(mode == Mode::Release)
        .generate_output()?;
    ensure!(
        output.snippets().values().all(Vec::is_empty) && output.local_modules().is_empty(),
        "{package} brings JavaScript files of its own, which the build does not place"
    );
    Ok((output.js().to_owned(), output.wasm_mut().emit_wasm()))
}

/// Runs npm's wasm-opt (Debian's is too old) and writes `file`.
fn optimise(project: &Project, file: &Path, module: &[u8]) -> Result<()> {
    println!("optimising {}", file.strip_prefix(&project.target).unwrap_or(file).display());
    let before = file.with_extension("before.wasm");
    fs::write(&before, module)?;
    run(project
        .node("binaryen/bin/wasm-opt")
        .args(OPTIMISE)
        .args(FEATURES)
        .arg(&before)
        .arg("-o")
        .arg(file))
}
