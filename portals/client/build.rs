//! Writes the typed calls of each service from the contract, and the list of all RPCs.

use std::{error::Error, fmt::Write, fs, path::PathBuf};

const CONTRACT: &str = "../../proto";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed={CONTRACT}/tenantry");
    let mut files: Vec<PathBuf> = fs::read_dir(format!("{CONTRACT}/tenantry/v1"))?
        .map(|entry| entry.map(|e| e.path()))
        .collect::<Result<_, _>>()?;
    files.sort();
    let set = protox::compile(&files, [CONTRACT])?;
    let (mut code, mut paths) = (String::new(), Vec::new());
    for file in set.file.iter().filter(|f| f.package() == "tenantry.v1") {
        for (number, service) in file.service.iter().enumerate() {
            let comment = |path: &[i32]| {
                let places = file.source_code_info.iter().flat_map(|s| &s.location);
                let mut found = places.filter(|l| l.path == path).map(|l| l.leading_comments().trim().to_owned());
                found.next().unwrap_or_default()
            };
            // Field 6 of a file is a service, field 2 of a service is a method.
            let number = i32::try_from(number)?;
            let name = service.name().trim_end_matches("Service");
            document(&mut code, "", &comment(&[6, number]))?;
            writeln!(code, "#[derive(Clone, Copy)]\npub struct {name}<'a>(pub(crate) &'a Client);\n")?;
            writeln!(code, "impl {name}<'_> {{")?;
            for (index, method) in service.method.iter().enumerate() {
                paths.push(format!("/tenantry.v1.{}/{}", service.name(), method.name()));
                document(&mut code, "    ", &comment(&[6, number, 2, i32::try_from(index)?]))?;
                let message = |name: &str| name.trim_start_matches(".tenantry.v1.").to_owned();
                let (input, output) = (message(method.input_type()), message(method.output_type()));
                let (answer, how) = match method.server_streaming() {
                    true => (format!("Items<pb::{output}>"), "stream"),
                    false => (format!("pb::{output}"), "unary"),
                };
                writeln!(
                    code,
                    "    pub async fn {}(self, request: pb::{input}) -> Result<{answer}, RpcError> {{\n        \
                     self.0.{how}(\"/tenantry.v1.{}/{}\", &request).await\n    }}",
                    snake(method.name()),
                    service.name(),
                    method.name(),
                )?;
            }
            writeln!(code, "}}\n")?;
        }
    }
    writeln!(
        code,
        "/// The full path of every RPC, as permissions name them.\npub const RPCS: &[&str] = &{paths:?};"
    )?;
    fs::write(PathBuf::from(std::env::var("OUT_DIR")?).join("calls.rs"), code)?;
    Ok(())
}

fn document(code: &mut String, indent: &str, comment: &str) -> std::fmt::Result {
    comment
        .lines()
        .try_for_each(|line| writeln!(code, "{}", format!("{indent}/// {}", line.trim()).trim_end()))
}

/// `ListTenants` becomes `list_tenants`.
fn snake(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}
