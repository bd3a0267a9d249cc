//! From Rust to the two files that a browser loads: the module and its script.

use std::{env, fs, path::PathBuf, process::Command};

use anyhow::{Context, Result, ensure};
use wasm_bindgen_cli_support::Bindgen;

use crate::{
    Mode,
    apps::App,
    slot::{self, Key},
    tools::{Project, run},
};

/// The target that the portals are built for.
const TARGET: &str = "wasm32-unknown-unknown";

/// wasm-opt's arguments: for size, with the features that Rust's target uses.
const OPTIMISE: [&str; 9] = [
    "-Oz",
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-reference-types",
    "--enable-multivalue",
    "--strip-producers",
];

/// What a browser runs.
pub struct Code {
    /// The script that loads the module.
    pub script: Vec<u8>,
    /// The module.
    pub module: Vec<u8>,
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
    let flags = format!("--cfg erase_components {}", remapped_paths(project));
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

/// Runs wasm-bindgen and, for a release, wasm-opt over a compiled app.
pub fn bind(project: &Project, mode: Mode, app: App) -> Result<Code> {
    let package = app.package();
    let compiled = project.target.join(TARGET).join(mode.profile()).join(format!("{package}.wasm"));
    let input = fs::read(&compiled).with_context(|| compiled.display().to_string())?;
    let lock = fs::read(project.portals.join("package-lock.json"))?;
    let key = || {
        Key::default()
            .add(&input)
            .add(&lock)
            .add(OPTIMISE.join(" "))
            .add(env!("CARGO_PKG_VERSION"))
    };
    let folder = project.kept().join(mode.profile());
    let bound = |what: &str| folder.join(format!("{package}{what}"));

    // One run makes both files; the module's slot is the one that knows whether they are fresh.
    let module = slot::kept(&folder, &format!("{package}.module.wasm"), key(), || {
        println!("binding {package}");
        let mut output = Bindgen::new()
            .input_bytes(&package, input.clone())
            .web(true)?
            .typescript(false)
            .omit_default_module_path(true)
            .remove_producers_section(true)
            .remove_name_section(mode == Mode::Release)
            .generate_output()?;
        ensure!(
            output.snippets().values().all(Vec::is_empty) && output.local_modules().is_empty(),
            "{package} brings JavaScript files of its own, which the build does not place"
        );
        fs::write(bound(".js"), output.js())?;
        let module = output.wasm_mut().emit_wasm();
        match mode {
            Mode::Dev => Ok(module),
            Mode::Release => optimise(project, &folder, &package, &module),
        }
    })?;
    Ok(Code {
        script: fs::read(bound(".js"))?,
        module,
    })
}

/// Runs npm's wasm-opt (Debian's is too old).
fn optimise(project: &Project, folder: &std::path::Path, package: &str, module: &[u8]) -> Result<Vec<u8>> {
    println!("optimising {package}");
    let (before, after) = (
        folder.join(format!("{package}.before.wasm")),
        folder.join(format!("{package}.after.wasm")),
    );
    fs::write(&before, module)?;
    run(project
        .node("binaryen/bin/wasm-opt")
        .args(OPTIMISE)
        .arg(&before)
        .arg("-o")
        .arg(&after))?;
    Ok(fs::read(&after)?)
}
