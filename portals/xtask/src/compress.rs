//! Brotli and gzip beside a file, as small as they get.

use std::{fs, io::Write, path::Path};

use anyhow::Result;
use flate2::{Compression, write::GzEncoder};

/// Brotli at its best quality.
pub fn brotli(content: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = brotli::CompressorWriter::new(Vec::new(), 64 * 1024, 11, 24);
    encoder.write_all(content)?;
    encoder.flush()?;
    Ok(encoder.into_inner())
}

/// Gzip at its best level, without a date in it.
pub fn gzip(content: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content)?;
    Ok(encoder.finish()?)
}

/// Writes `file.br` and `file.gz` unless they are there; the file's name holds its hash, so that they are then right.
pub fn beside(file: &Path, content: &[u8], fresh: bool) -> Result<()> {
    for (ending, make) in [("br", brotli as fn(&[u8]) -> Result<Vec<u8>>), ("gz", gzip)] {
        let mut name = file.as_os_str().to_owned();
        name.push(format!(".{ending}"));
        if fresh || !Path::new(&name).is_file() {
            fs::write(&name, make(content)?)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn both_unpack_to_what_went_in() {
        let text = b"calm, dense enough for work ".repeat(50);
        let mut unpacked = Vec::new();
        brotli::Decompressor::new(&brotli(&text).unwrap()[..], 4096)
            .read_to_end(&mut unpacked)
            .unwrap();
        assert_eq!(unpacked, text);
        unpacked.clear();
        flate2::read::GzDecoder::new(&gzip(&text).unwrap()[..])
            .read_to_end(&mut unpacked)
            .unwrap();
        assert_eq!(unpacked, text);
    }
}
