//! Colours and whether text on them can be read, as WCAG 2 measures it.

use std::fmt;

/// The least contrast of text and ground.
const READABLE: f64 = 4.5;

/// A colour of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Colour([u8; 3]);

impl Colour {
    pub(super) const WHITE: Self = Self([0xff; 3]);
    pub(super) const BLACK: Self = Self([0; 3]);

    /// Reads `#rrggbb`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let [_, red, green, blue] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
        Some(Self([red, green, blue]))
    }

    /// The colour of text on this ground: white where it can be read, else black, which then can.
    pub(super) fn ink(self) -> Self {
        if self.contrast(Self::WHITE) >= READABLE {
            Self::WHITE
        } else {
            Self::BLACK
        }
    }

    /// This colour as text on a ground: mixed with `toward` as little as makes it readable.
    pub(super) fn readable_on(self, ground: Self, toward: Self) -> Self {
        (0..=100)
            .map(|percent| self.mixed(toward, percent))
            .find(|colour| colour.contrast(ground) >= READABLE)
            .unwrap_or(toward)
    }

    fn mixed(self, other: Self, percent: u32) -> Self {
        let mix = |index: usize| {
            let sum = u32::from(self.0[index]) * (100 - percent) + u32::from(other.0[index]) * percent;
            u8::try_from(sum / 100).unwrap_or(u8::MAX)
        };
        Self([mix(0), mix(1), mix(2)])
    }

    fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.040_45 {
                part / 12.92
            } else {
                ((part + 0.055) / 1.055).powf(2.4)
            }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_six_digits_are_a_colour() {
        assert_eq!(Colour::parse("#0A6cff").unwrap().to_string(), "#0a6cff");
        for bad in ["", "#fff", "0a6cff", "#0a6cfg", "#+a6cff", "#0a6cff;"] {
            assert_eq!(Colour::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn contrast_is_that_of_the_standard() {
        assert!((Colour::BLACK.contrast(Colour::WHITE) - 21.0).abs() < 0.001);
        assert!((Colour::parse("#767676").unwrap().contrast(Colour::WHITE) - 4.54).abs() < 0.01);
    }

    #[test]
    fn every_colour_gets_readable_ink_and_accents() {
        let (light, dark) = (Colour::parse("#f5f6f8").unwrap(), Colour::parse("#191f28").unwrap());
        let steps: Vec<u8> = (0..=255).step_by(15).collect();
        for red in &steps {
            for green in &steps {
                for blue in &steps {
                    let colour = Colour([*red, *green, *blue]);
                    assert!(colour.contrast(colour.ink()) >= READABLE, "{colour}");
                    assert!(colour.readable_on(light, Colour::BLACK).contrast(light) >= READABLE, "{colour}");
                    assert!(colour.readable_on(dark, Colour::WHITE).contrast(dark) >= READABLE, "{colour}");
                }
            }
        }
    }
}
