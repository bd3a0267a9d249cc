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
    tonic_prost_build::configure()
        .build_client(false)
        .build_transport(false)
        .server_mod_attribute("tenantry.v1", "#[cfg(feature = \"server\")]")
        .compile_fds(compiler.file_descriptor_set())?;
    Ok(())
}
