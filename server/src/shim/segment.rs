//! Writing log segments: numbering, rolling, cutting.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use chrono::{DurationRound, TimeDelta, Utc};

use super::log::{self, LogLine, Stream};

/// A segment that reached this size is followed by a new one.
const SEGMENT_BYTES: u64 = 4 * 1024 * 1024;
/// Segments kept, the one being written included.
const KEPT_SEGMENTS: usize = 4;
/// Longer lines are cut.
const LINE_BYTES: usize = 16 * 1024;
/// Ends a line that was cut.
const CUT: &str = "…";

/// The writing end of a log folder.
pub(super) struct Writer {
    dir: PathBuf,
    file: File,
    /// Bytes of whole lines in the current segment.
    length: u64,
    next_seq: u64,
    lost: u64,
}

impl Writer {
    /// Opens a log folder and goes on after its last whole line.
    pub(super) fn open(dir: &Path) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        let (mut path, mut next_seq) = (segment_path(dir, 1), 1);
        // The newest segment may be empty; its name then still says the next number.
        if let Some(segment) = log::segments(dir)?.pop() {
            let last = log::last_lines(&File::open(&segment.path)?, 1)?.pop();
            next_seq = last.map_or(segment.first_seq, |line| line.seq + 1);
            path = segment.path;
        }
        let file = OpenOptions::new().append(true).create(true).open(&path)?;
        let length = whole_lines(&path)?;
        file.set_len(length)?;
        Ok(Self {
            dir: dir.to_owned(),
            file,
            length,
            next_seq,
            lost: 0,
        })
    }

    /// Appends lines. Where that fails they are counted, so that a full disk never stops the program; the next line
    /// that can be written is preceded by one that says so.
    pub(super) fn write(&mut self, stream: Stream, texts: &[String]) {
        if self.lost > 0
            && self
                .append(Stream::Shim, &[format!("{} lines could not be written here.", self.lost)])
                .is_ok()
        {
            self.lost = 0;
        }
        if self.append(stream, texts).is_err() {
            self.lost += u64::try_from(texts.len()).unwrap_or(u64::MAX);
        }
    }

    fn append(&mut self, stream: Stream, texts: &[String]) -> io::Result<()> {
        let now = Utc::now();
        let at = now.duration_trunc(TimeDelta::microseconds(1)).unwrap_or(now);
        let mut buffer = String::new();
        let mut seq = self.next_seq;
        for text in texts {
            LogLine {
                seq,
                at,
                stream,
                text: text.clone(),
            }
            .write_to(&mut buffer);
            seq += 1;
        }
        if self.length >= SEGMENT_BYTES {
            self.roll()?;
        }
        if let Err(error) = self.file.write_all(buffer.as_bytes()) {
            self.file.set_len(self.length)?;
            return Err(error);
        }
        self.length += u64::try_from(buffer.len()).map_err(io::Error::other)?;
        self.next_seq = seq;
        Ok(())
    }

    fn roll(&mut self) -> io::Result<()> {
        let path = segment_path(&self.dir, self.next_seq);
        self.file = OpenOptions::new().append(true).create(true).open(path)?;
        self.length = 0;
        let segments = log::segments(&self.dir)?;
        for old in segments.iter().rev().skip(KEPT_SEGMENTS) {
            fs::remove_file(&old.path)?;
        }
        Ok(())
    }
}

/// Cuts a stream of bytes into lines.
#[derive(Default)]
pub(super) struct Lines {
    partial: Vec<u8>,
}

impl Lines {
    /// The lines that these bytes complete.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            // One byte more than a line may have shows that it must be cut; the rest need not be kept.
            let room = (LINE_BYTES + 1).saturating_sub(self.partial.len());
            let content = piece.strip_suffix(b"\n").unwrap_or(piece);
            self.partial.extend_from_slice(&content[..content.len().min(room)]);
            if content.len() < piece.len() {
                lines.extend(self.take());
            }
        }
        lines
    }

    /// What is left when the stream has ended.
    pub(super) fn rest(&mut self) -> Option<String> {
        self.take().filter(|line| !line.is_empty())
    }

    fn take(&mut self) -> Option<String> {
        let bytes = std::mem::take(&mut self.partial);
        let mut line = String::from_utf8_lossy(&bytes).into_owned();
        if line.len() > LINE_BYTES {
            line.truncate(line.floor_char_boundary(LINE_BYTES - CUT.len()));
            line.push_str(CUT);
        }
        line.truncate(line.trim_end_matches('\r').len());
        Some(line)
    }
}

fn segment_path(dir: &Path, first_seq: u64) -> PathBuf {
    dir.join(format!("{first_seq:020}.log"))
}

/// The length of a segment without a last line that is only half written.
fn whole_lines(path: &Path) -> io::Result<u64> {
    let text = fs::read(path)?;
    let length = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |position| position + 1);
    u64::try_from(length).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shim::log::{read, tail};

    fn texts(lines: &[LogLine]) -> Vec<&str> {
        lines.iter().map(|line| line.text.as_str()).collect()
    }

    fn numbers(lines: &[LogLine]) -> Vec<u64> {
        lines.iter().map(|line| line.seq).collect()
    }

    #[test]
    fn lines_come_back_in_order_and_go_on_after_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        Writer::open(dir.path()).unwrap().write(Stream::Out, &["a".into(), "b\tc".into()]);
        Writer::open(dir.path()).unwrap().write(Stream::Err, &["d".into()]);
        let lines = read(dir.path(), 0, 10).unwrap();
        assert_eq!(texts(&lines), ["a", "b\tc", "d"]);
        assert_eq!(numbers(&lines), [1, 2, 3]);
        assert_eq!(lines[2].stream, Stream::Err);
        assert_eq!(texts(&tail(dir.path(), 2).unwrap()), ["b\tc", "d"]);
        assert_eq!(texts(&read(dir.path(), 1, 1).unwrap()), ["b\tc"]);
        assert!(read(dir.path(), 3, 10).unwrap().is_empty());
    }

    #[test]
    fn a_half_written_line_is_not_read_and_does_not_stay() {
        let dir = tempfile::tempdir().unwrap();
        let mut writer = Writer::open(dir.path()).unwrap();
        writer.write(Stream::Out, &["whole".into()]);
        writer.file.write_all(b"2\t2026-11-20T10:00:00.00").unwrap();
        assert_eq!(texts(&read(dir.path(), 0, 10).unwrap()), ["whole"]);
        assert_eq!(texts(&tail(dir.path(), 10).unwrap()), ["whole"]);
        Writer::open(dir.path()).unwrap().write(Stream::Out, &["next".into()]);
        assert_eq!(numbers(&read(dir.path(), 0, 10).unwrap()), [1, 2]);
    }

    #[test]
    fn segments_roll_and_reading_crosses_them() {
        let dir = tempfile::tempdir().unwrap();
        let mut writer = Writer::open(dir.path()).unwrap();
        let text = "x".repeat(1000);
        for _ in 0..220 {
            writer.write(Stream::Out, &vec![text.clone(); 100]);
        }
        let segments = log::segments(dir.path()).unwrap();
        assert_eq!(segments.len(), KEPT_SEGMENTS);
        let border = segments[2].first_seq;
        let across = read(dir.path(), border - 3, 5).unwrap();
        assert_eq!(numbers(&across), (border - 2..border + 3).collect::<Vec<_>>());
        let last = tail(dir.path(), 30_000).unwrap();
        let kept: Vec<u64> = (segments[0].first_seq..=22_000).collect();
        assert_eq!(numbers(&last), kept);
        // Every place is found by seeking.
        for after in (segments[0].first_seq..22_000).step_by(373) {
            assert_eq!(numbers(&read(dir.path(), after, 1).unwrap()), [after + 1]);
        }
        assert_eq!(read(dir.path(), 1, 1).unwrap()[0].seq, segments[0].first_seq);
    }

    #[test]
    fn no_folder_has_no_lines() {
        assert!(read(Path::new("/nonexistent"), 0, 10).unwrap().is_empty());
        assert!(tail(Path::new("/nonexistent"), 10).unwrap().is_empty());
    }

    #[test]
    fn bytes_become_lines() {
        let mut lines = Lines::default();
        assert!(lines.feed(b"one").is_empty());
        assert_eq!(lines.feed(b" line\r\n\nthree\xff\nfour"), ["one line", "", "three\u{fffd}"]);
        assert_eq!(lines.rest().as_deref(), Some("four"));
        assert_eq!(lines.rest(), None);
    }

    #[test]
    fn a_long_line_is_cut_within_the_limit() {
        let mut lines = Lines::default();
        for _ in 0..10 {
            assert!(lines.feed("é".repeat(5000).as_bytes()).is_empty());
        }
        let cut = lines.feed(b"\nnext\n");
        assert!(cut[0].len() <= LINE_BYTES && cut[0].ends_with(CUT));
        assert_eq!(cut[1], "next");
        assert_eq!(lines.feed(&[&[b'x'; LINE_BYTES][..], b"\n"].concat())[0].len(), LINE_BYTES);
    }
}
