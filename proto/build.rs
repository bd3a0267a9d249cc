//! Compiles the contract without protoc.

use std::{error::Error, fs, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=tenantry");
    let mut files: Vec<PathBuf> = fs::read_dir("tenantry/v1")?
        .map(|entry| entry.map(|e| e.path()))
        .collect::<Result<_, _>>()?;
    files.sort();
    let mut compiler = protox::Compiler::new(["."])?;
    compiler.include_imports(true).include_source_info(true).open_files(&files)?;
    // As bytes, they keep our own options.
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    fs::write(out.join("descriptors.bin"), compiler.encode_file_descriptor_set())?;
    let set = compiler.file_descriptor_set();
    let ours = set.file.iter().filter(|file| file.package() == "tenantry.v1");
    let requests = ours
        .flat_map(|file| &file.message_type)
        .filter(|message| message.name().ends_with("Request"));
    let says = requests.map(|message| {
        let or = |name: &str, given: &str, otherwise: &str| {
            let has = message.field.iter().any(|field| field.name() == name);
            if has { given.to_owned() } else { otherwise.to_owned() }
        };
        let request_id = or("request_id", "&self.request_id", "\"\"");
        let validate_only = or("validate_only", "self.validate_only", "false");
        format!(
            "impl Request for v1::{} {{ fn request_id(&self) -> &str {{ {request_id} }} fn validate_only(&self) -> bool {{ {validate_only} }} }}\n",
            message.name()
        )
    });
    fs::write(out.join("requests.rs"), says.collect::<String>())?;
    tonic_prost_build::configure()
        .build_client(false)
        .build_transport(false)
        .server_mod_attribute("tenantry.v1", "#[cfg(feature = \"server\")]")
        .compile_fds(set)?;
    Ok(())
}
