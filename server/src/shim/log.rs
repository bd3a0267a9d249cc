//! The logs of a program: what a line is, and reading lines from the segments.
//!
//! A log folder holds up to four segments, files named after the number of their first line. One line of a segment is
//! `number TAB time TAB stream TAB text`. Numbers grow over restarts of the program and of the shim. Reading seeks, so
//! its cost depends on the lines asked for and not on the size of the logs. These functions block: call them where
//! that is allowed.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use chrono::{DateTime, SecondsFormat, Utc};

/// Where a line came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// The program's standard output.
    Out,
    /// The program's standard error.
    Err,
    /// The shim: starts, exits and stops.
    Shim,
}

impl Stream {
    fn name(self) -> &'static str {
        match self {
            Stream::Out => "out",
            Stream::Err => "err",
            Stream::Shim => "shim",
        }
    }
}

/// One line of a program's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// Its number, from 1, without gaps.
    pub seq: u64,
    /// When the shim read it.
    pub at: DateTime<Utc>,
    /// Where it came from.
    pub stream: Stream,
    /// The text, without its line end.
    pub text: String,
}

impl LogLine {
    pub(super) fn write_to(&self, buffer: &mut String) {
        let at = self.at.to_rfc3339_opts(SecondsFormat::Micros, true);
        buffer.push_str(&format!("{}\t{at}\t{}\t{}\n", self.seq, self.stream.name(), self.text));
    }

    fn parse(line: &[u8]) -> Option<Self> {
        let line = std::str::from_utf8(line.strip_suffix(b"\n")?).ok()?;
        let mut parts = line.splitn(4, '\t');
        Some(Self {
            seq: parts.next()?.parse().ok()?,
            at: DateTime::parse_from_rfc3339(parts.next()?).ok()?.to_utc(),
            stream: match parts.next()? {
                "out" => Stream::Out,
                "err" => Stream::Err,
                "shim" => Stream::Shim,
                _ => return None,
            },
            text: parts.next()?.to_owned(),
        })
    }
}

/// Up to `limit` lines after the one with the number `after_seq`, oldest first. Zero reads from the oldest line kept.
/// A line that is only half written is left out.
pub fn read(log_dir: &Path, after_seq: u64, limit: usize) -> io::Result<Vec<LogLine>> {
    let segments = segments(log_dir)?;
    let newer = segments.partition_point(|segment| segment.first_seq <= after_seq);
    let mut lines = Vec::new();
    for segment in segments.iter().skip(newer.saturating_sub(1)) {
        let Some(mut file) = open(segment)? else {
            continue;
        };
        let from = offset_of(&file, after_seq)?;
        file.seek(SeekFrom::Start(from))?;
        let mut reader = BufReader::new(file);
        let mut line = Vec::new();
        while lines.len() < limit && reader.read_until(b'\n', &mut line)? > 0 {
            lines.extend(LogLine::parse(&line).filter(|line| line.seq > after_seq));
            line.clear();
        }
    }
    Ok(lines)
}

/// The last `count` lines, oldest first. A line that is only half written is left out.
pub fn tail(log_dir: &Path, count: usize) -> io::Result<Vec<LogLine>> {
    let mut lines = Vec::new();
    for segment in segments(log_dir)?.iter().rev() {
        if lines.len() >= count {
            break;
        }
        let Some(file) = open(segment)? else { continue };
        lines.extend(last_lines(&file, count - lines.len())?);
    }
    lines.reverse();
    Ok(lines)
}

/// A segment of a log folder.
pub(super) struct Segment {
    pub first_seq: u64,
    pub path: PathBuf,
}

/// The segments of a log folder, oldest first; none if there is no such folder.
pub(super) fn segments(log_dir: &Path) -> io::Result<Vec<Segment>> {
    let entries = match fs::read_dir(log_dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut segments = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .and_then(|name| name.strip_suffix(".log"));
        if let Some(first_seq) = name.and_then(|name| name.parse().ok()) {
            segments.push(Segment { first_seq, path });
        }
    }
    segments.sort_by_key(|segment| segment.first_seq);
    Ok(segments)
}

/// The last `count` lines of one segment, newest first.
pub(super) fn last_lines(file: &File, count: usize) -> io::Result<Vec<LogLine>> {
    const BLOCK: u64 = 64 * 1024;
    let mut start = file.metadata()?.len();
    let mut text = Vec::new();
    // One line end more than lines: the one before the first line wanted.
    while start > 0 && text.iter().filter(|byte| **byte == b'\n').count() <= count {
        let length = BLOCK.min(start);
        start -= length;
        let mut block = vec![0; usize::try_from(length).map_err(io::Error::other)?];
        file.read_exact_at(&mut block, start)?;
        block.append(&mut text);
        text = block;
    }
    let lines = text.split_inclusive(|byte| *byte == b'\n').rev();
    // Where reading began inside a line, that line is beyond the wanted ones.
    Ok(lines.filter_map(LogLine::parse).take(count).collect())
}

/// Where to start reading for the lines after a number: at the start of a line that is not newer, close to the place.
fn offset_of(file: &File, after_seq: u64) -> io::Result<u64> {
    const CLOSE: u64 = 64 * 1024;
    let (mut low, mut high) = (0, file.metadata()?.len());
    while high - low > CLOSE {
        let middle = low + (high - low) / 2;
        match line_after(file, middle)? {
            Some((start, seq)) if start < high && seq <= after_seq => low = start,
            _ => high = middle,
        }
    }
    Ok(low)
}

/// The first line that starts after an offset: where, and its number.
fn line_after(file: &File, offset: u64) -> io::Result<Option<(u64, u64)>> {
    let mut reader = BufReader::new(file);
    reader.seek(SeekFrom::Start(offset))?;
    let skipped = reader.skip_until(b'\n')?;
    let mut line = Vec::new();
    reader.read_until(b'\n', &mut line)?;
    let start = offset + u64::try_from(skipped).map_err(io::Error::other)?;
    Ok(LogLine::parse(&line).map(|line| (start, line.seq)))
}

/// None if the segment was removed since it was listed.
fn open(segment: &Segment) -> io::Result<Option<File>> {
    match File::open(&segment.path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
