//! From numbers to places: round steps on an axis, and positions between them.

/// A vertical axis: where it begins and ends, and the distance of its lines.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Axis {
    /// The lowest line.
    pub low: f64,
    /// The highest line.
    pub high: f64,
    /// The distance between two lines.
    pub step: f64,
}

impl Axis {
    /// An axis over the values with about four round steps; it begins at zero unless values are below it.
    pub fn over(values: impl Iterator<Item = f64>) -> Self {
        let (low, high) = values
            .filter(|value| value.is_finite())
            .fold((0.0f64, 0.0f64), |(low, high), value| (low.min(value), high.max(value)));
        let span = if high - low > 0.0 { high - low } else { 1.0 };
        let step = round_step(span / 4.0);
        let (low, high) = ((low / step).floor() * step, (high / step).ceil() * step);
        Self {
            low,
            high: if high > low { high } else { low + step * 4.0 },
            step,
        }
    }

    /// The lines.
    pub fn lines(self) -> Vec<f64> {
        let count = ((self.high - self.low) / self.step).round() as usize;
        (0..=count).map(|at| self.low + self.step * at as f64).collect()
    }

    /// Where a value is: 0 at the lowest line, 1 at the highest.
    pub fn part(self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }
}

/// A value with as few decimals as tell it from its neighbours on an axis: `0`, `0.25`, `12.5`, `340`.
pub fn short_number(value: f64) -> String {
    let text = match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    };
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// The next of 1, 2, 2.5, 5 times a power of ten.
fn round_step(at_least: f64) -> f64 {
    let power = 10f64.powf(at_least.log10().floor());
    let factor = at_least / power;
    let round = [1.0, 2.0, 2.5, 5.0]
        .into_iter()
        .find(|round| *round >= factor - 1e-9)
        .unwrap_or(10.0);
    round * power
}

/// Moments for the horizontal axis: at most `most`, on round distances, within the range.
pub fn time_marks(from: i64, to: i64, most: i64) -> Vec<i64> {
    const SECOND: i64 = 1000;
    const DAY: i64 = 86_400 * SECOND;
    const STEPS: [i64; 20] = [
        SECOND,
        5 * SECOND,
        15 * SECOND,
        30 * SECOND,
        60 * SECOND,
        120 * SECOND,
        300 * SECOND,
        600 * SECOND,
        900 * SECOND,
        1_800 * SECOND,
        3_600 * SECOND,
        3 * 3_600 * SECOND,
        6 * 3_600 * SECOND,
        12 * 3_600 * SECOND,
        DAY,
        2 * DAY,
        7 * DAY,
        14 * DAY,
        30 * DAY,
        91 * DAY,
    ];
    let span = (to - from).max(1);
    let step = STEPS.into_iter().find(|step| span / step <= most).unwrap_or(365 * DAY);
    let first = from.div_euclid(step) * step + if from.rem_euclid(step) == 0 { 0 } else { step };
    (0..).map(|at| first + at * step).take_while(|at| *at <= to).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_has_round_lines() {
        assert_eq!(
            Axis::over([3.0, 97.0].into_iter()),
            Axis {
                low: 0.0,
                high: 100.0,
                step: 25.0
            }
        );
        assert_eq!(Axis::over([0.2, 0.71].into_iter()).lines().len(), 5);
        assert_eq!(Axis::over([-5.0, 5.0].into_iter()).low, -5.0);
        assert_eq!(
            Axis::over([0.0].into_iter()),
            Axis {
                low: 0.0,
                high: 1.0,
                step: 0.25
            }
        );
        assert_eq!(Axis::over([f64::NAN].into_iter()).part(0.5), 0.5);
    }

    #[test]
    fn numbers_have_the_decimals_that_they_need() {
        for (value, text) in [
            (0.0, "0"),
            (0.25, "0.25"),
            (0.025, "0.025"),
            (7.5, "7.5"),
            (12.5, "12.5"),
            (35.04, "35"),
            (340.2, "340"),
        ] {
            assert_eq!(short_number(value), text);
        }
    }

    #[test]
    fn marks_stand_on_round_times() {
        let hour = 3_600_000;
        let marks = time_marks(hour + 1, 2 * hour, 6);
        assert_eq!(marks.len(), 6);
        assert!(marks.iter().all(|mark| mark % 600_000 == 0));
        assert_eq!(time_marks(10_000, 590_000, 5).len(), 4);
        assert_eq!(time_marks(0, 0, 6), [0]);
    }
}
