//! Refuses to build a server with an RPC that no line of the policy allows: it would be denied to everybody, so somebody forgot it.

use std::{error::Error, fs};

const POLICY: &str = "rbac/policy.csv";
const CONTRACT: &str = "../proto/tenantry/v1";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed={POLICY}\ncargo:rerun-if-changed={CONTRACT}");
    let policy = fs::read_to_string(POLICY)?;
    let lines: Vec<&str> = policy.lines().filter(|line| line.starts_with("p,")).collect();
    let patterns: Vec<&str> = lines.iter().filter_map(|line| Some(line.rsplit(',').next()?.trim())).collect();
    let is_allowed = |method: &str| {
        patterns.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(start) => method.starts_with(start),
            None => method == *pattern,
        })
    };
    for file in fs::read_dir(CONTRACT)? {
        let text = fs::read_to_string(file?.path())?;
        let mut service = "";
        for line in text.lines().map(str::trim) {
            let word = |after: &str| {
                line.strip_prefix(after)
                    .map(|rest| rest.split([' ', '(']).next().unwrap_or_default())
            };
            service = word("service ").unwrap_or(service);
            if let Some(name) = word("rpc ") {
                let method = format!("/tenantry.v1.{service}/{name}");
                if !is_allowed(&method) {
                    return Err(format!("no line of server/{POLICY} allows {method}").into());
                }
            }
        }
    }
    Ok(())
}
