//! Where things are, and the programs that are run.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail, ensure};

use crate::apps::App;

/// The folders of the project.
pub struct Project {
    /// The workspace.
    pub root: PathBuf,
    /// The folder of the portals.
    pub portals: PathBuf,
    /// Cargo's target folder.
    pub target: PathBuf,
}

impl Project {
    /// Finds the workspace from the folder that cargo started this program for, or from the current one.
    pub fn find() -> Result<Self> {
        let start = match env::var_os("CARGO_MANIFEST_DIR") {
            Some(folder) => PathBuf::from(folder),
            None => env::current_dir()?,
        };
        let root = start
            .ancestors()
            .find(|folder| folder.join("portals/package.json").is_file())
            .with_context(|| format!("{} is not inside the workspace", start.display()))?
            .to_path_buf();
        let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |folder| root.join(folder));
        Ok(Self {
            portals: root.join("portals"),
            root,
            target,
        })
    }

    /// The folder that an app is written to. `portals/dist` becomes part of the server; what is not released stays out of it.
    pub fn dist(&self, app: App) -> PathBuf {
        let folder = if App::RELEASED.contains(&app) {
            self.portals.join("dist")
        } else {
            self.kept()
        };
        folder.join(app.name())
    }

    /// The folder for results that are kept between runs.
    pub fn kept(&self) -> PathBuf {
        self.target.join("portals")
    }

    /// Runs `npm ci` when the packages are missing or the lock has changed since.
    pub fn install_npm_packages(&self) -> Result<()> {
        let lock = fs::read(self.portals.join("package-lock.json"))?;
        let installed = self.portals.join("node_modules/.installed-lock.json");
        if fs::read(&installed).is_ok_and(|before| before == lock) {
            return Ok(());
        }
        println!("installing npm packages");
        run(Command::new("npm")
            .args(["ci", "--no-audit", "--no-fund"])
            .current_dir(&self.portals))?;
        fs::write(&installed, lock)?;
        Ok(())
    }

    /// A command that runs a script of an npm package.
    pub fn node(&self, script: &str) -> Command {
        let mut command = Command::new("node");
        command
            .arg(self.portals.join("node_modules").join(script))
            .current_dir(&self.portals);
        command
    }
}

/// Runs a command to its end; fails when it fails.
pub fn run(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = match command.status() {
        Ok(status) => status,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            bail!("{name} is not installed")
        }
        Err(error) => return Err(error).with_context(|| format!("{name} could not be started")),
    };
    ensure!(status.success(), "{name} failed: {status}");
    Ok(())
}

/// Every file below `folder` with one of the extensions, in a fixed order.
pub fn files(folder: &Path, extensions: &[&str]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else if path
                .extension()
                .is_some_and(|ending| extensions.iter().any(|wanted| ending == *wanted))
            {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}
