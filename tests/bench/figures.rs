//! What a process used, and what rounds say together.

use std::fs;

use anyhow::{Context, Result};

/// What one round took.
#[derive(Clone, Copy)]
pub struct Use {
    pub answers: u64,
    pub seconds: f64,
    /// Processor time of the server, in seconds.
    pub busy: f64,
}

impl Use {
    fn per_second(&self) -> f64 {
        self.answers as f64 / self.seconds
    }

    fn micros_each(&self) -> f64 {
        self.busy * 1e6 / self.answers.max(1) as f64
    }
}

/// The median of the rounds' ratios, and the interval that 95 of 100 resampled medians lie in.
pub struct Ratio {
    pub median: f64,
    pub low: f64,
    pub high: f64,
}

impl Ratio {
    pub fn of(rounds: &[(Use, Use)]) -> Self {
        const SAMPLES: usize = 10_000;
        let ratios: Vec<f64> = rounds
            .iter()
            .map(|(ours, theirs)| ours.per_second() / theirs.per_second())
            .collect();
        // A fixed seed: the same rounds always give the same interval.
        let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut pick = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            ratios[(state >> 33) as usize % ratios.len()]
        };
        let mut medians: Vec<f64> = (0..SAMPLES).map(|_| median(ratios.iter().map(|_| pick()).collect())).collect();
        medians.sort_by(f64::total_cmp);
        Self {
            median: median(ratios.clone()),
            low: medians[SAMPLES * 25 / 1000],
            high: medians[SAMPLES * 975 / 1000],
        }
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Rounds in a few words: how many calls there were, and how much processor time of the server each took.
pub fn summary(rounds: &[Use]) -> String {
    let calls = median(rounds.iter().map(Use::per_second).collect());
    let micros = median(rounds.iter().map(Use::micros_each).collect());
    format!("{calls:.0} calls/s, {micros:.0} us each")
}

/// How many seconds of processor time a process has used.
pub fn busy(process: u32) -> Result<f64> {
    const TICKS_PER_SECOND: f64 = 100.0;
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    let (_, fields) = stat.rsplit_once(") ").context("no stat")?;
    let fields: Vec<&str> = fields.split(' ').collect();
    // User and system time are the 14th and 15th field; the first two are cut off here.
    Ok((fields[11].parse::<f64>()? + fields[12].parse::<f64>()?) / TICKS_PER_SECOND)
}

/// The resident memory of a process.
pub fn resident_mib(process: u32) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
}
