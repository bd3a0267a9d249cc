//! Leaving the scope out of a query is a compile error: this one.

use std::{env, fs, path::Path, process::Command, time::SystemTime};

use anyhow::{Context, Result, ensure};
use tenantry_tests::snapshot;

/// Reads a table that tenants do not see.
const READ: &str = r"
use tenantry::{cx::Cx, identity::session::entity::Entity as Sessions, store::{Platform, Tenant}};

pub fn read(cx: &Cx<Tenant>) {
    let _ = cx.find::<Sessions>();
}
";

/// Writes a table that tenants only read.
const WRITE: &str = r"
use tenantry::{billing::invoice::entity::Model as Invoice, error::Result, store::{Platform, Tenant, Tx}};

pub async fn write(tx: &Tx<Tenant>, invoice: &Invoice) -> Result<Invoice> {
    tx.update(invoice, |invoice| invoice.total = 0).await
}
";

/// Makes the scope that sees everything.
const WIDEN: &str = r"
use tenantry::store::{Actor, Db, Platform, Store};

pub fn widen(store: &Store) -> Db<Platform> {
    store.open(Platform::new(), Actor::system(String::new()))
}
";

/// Reads a table by sea-orm itself, without the store.
const GO_AROUND: &str = r"
use tenantry::{cx::Cx, error::Result, identity::session::entity::Entity as Sessions, store::Tenant};
use sea_orm::EntityTrait;

pub async fn go_around(cx: &Cx<Tenant>) {
    let _ = Sessions::find().all(&cx.db).await;
}
";

/// Uses both libraries together.
const CONTROL: &str = r"
use tenantry::identity::session::entity::Entity as Sessions;
use sea_orm::EntityTrait;

pub fn find() {
    let _ = Sessions::find();
}
";

#[test]
fn a_query_without_a_scope_does_not_compile() -> Result<()> {
    let mut text = String::from("What does not compile, and why.\n");
    for code in [READ, WRITE, WIDEN, GO_AROUND] {
        let (errors, compiles) = compile(code)?;
        ensure!(!compiles, "this compiles:\n{code}");
        text.push_str(code);
        text.push('\n');
        text.push_str(errors.trim());
        text.push('\n');
    }
    snapshot("scope_errors.txt", &text)
}

/// It is the scope that is refused above: the same words with the right one are fine.
#[test]
fn the_same_query_in_the_right_scope_compiles() -> Result<()> {
    for code in [READ, WRITE] {
        let (errors, compiles) = compile(&code.replace("x<Tenant>", "x<Platform>"))?;
        ensure!(compiles, "{errors}");
    }
    Ok(())
}

/// Compiles against the server's library that the tests were built with; answers what the compiler says.
fn compile(code: &str) -> Result<(String, bool)> {
    let test = env::current_exe()?;
    let deps = test.parent().context("the test lies in a folder")?;
    let server = built(deps, "tenantry")?;
    let server = server.first().context("the server was not built")?;
    // There may be several, of which the server knows one.
    for library in built(deps, "sea_orm")? {
        if with(deps, server, &library, CONTROL)?.1 {
            return with(deps, server, &library, code);
        }
    }
    anyhow::bail!("the library that the server was built with is not in {}", deps.display())
}

/// Compiles with the two libraries.
fn with(deps: &Path, server: &str, sea_orm: &str, code: &str) -> Result<(String, bool)> {
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("code.rs"), code)?;
    let mut rustc = Command::new("rustc");
    rustc.args([
        "code.rs",
        "--crate-type=lib",
        "--edition=2024",
        "--emit=metadata",
        "--cap-lints=allow",
        "--error-format=short",
    ]);
    rustc.arg("-L").arg(format!("dependency={}", deps.display()));
    rustc.arg("--extern").arg(format!("tenantry={server}"));
    rustc.arg("--extern").arg(format!("sea_orm={sea_orm}"));
    // The toolchain is the one of this folder; the code is named without its folder, so that the errors are the same everywhere.
    let toolchain = Command::new("rustc")
        .args(["--print", "sysroot"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()?;
    let sysroot = String::from_utf8(toolchain.stdout)?;
    let output = rustc
        .arg(format!("--sysroot={}", sysroot.trim()))
        .current_dir(folder.path())
        .output()
        .context("rustc")?;
    Ok((String::from_utf8(output.stderr)?, output.status.success()))
}

/// A library as it was built, the last time first.
fn built(deps: &Path, library: &str) -> Result<Vec<String>> {
    let prefix = format!("lib{library}-");
    let mut found: Vec<(SystemTime, String)> = Vec::new();
    for entry in fs::read_dir(deps)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with(&prefix) && name.ends_with(".rlib") {
            found.push((entry.metadata()?.modified()?, entry.path().display().to_string()));
        }
    }
    found.sort();
    Ok(found.into_iter().rev().map(|(_, path)| path).collect())
}
