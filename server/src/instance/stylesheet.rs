//! The stylesheet: the ISP's colours in front of the common rules.

use sha2::{Digest, Sha256};

use super::account::hex;
use super::colour::Colour;

/// The darkest ground of text in the light theme, and the lightest in the dark one; as in style.css.
const LIGHT_GROUND: &str = "#f5f6f8";
const DARK_GROUND: &str = "#191f28";

/// The stylesheet and where it is served.
pub(super) struct Stylesheet {
    /// Holds a digest of the text, so that browsers may keep it.
    pub path: String,
    pub text: String,
}

impl Stylesheet {
    pub(super) fn new(primary: Colour) -> Self {
        let ink = primary.ink();
        let accent = |ground, toward| Colour::parse(ground).map_or(toward, |ground| primary.readable_on(ground, toward));
        let light = accent(LIGHT_GROUND, Colour::BLACK);
        let dark = accent(DARK_GROUND, Colour::WHITE);
        let text = format!(
            ":root{{--primary:{primary};--ink:{ink};--accent:{light}}}\n\
             @media (prefers-color-scheme:dark){{:root{{--accent:{dark}}}}}\n{}",
            include_str!("style.css")
        );
        let digest = hex(&Sha256::digest(text.as_bytes())[..8]);
        Self {
            path: format!("/style-{digest}.css"),
            text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grounds_are_those_of_the_rules() {
        let rules = include_str!("style.css");
        assert!(rules.contains(LIGHT_GROUND) && rules.contains(DARK_GROUND));
    }

    #[test]
    fn the_path_changes_with_the_colour() {
        let blue = Stylesheet::new(Colour::parse("#1d4ed8").unwrap());
        assert_ne!(blue.path, Stylesheet::new(Colour::WHITE).path);
        assert!(blue.text.starts_with(":root{--primary:#1d4ed8;--ink:#ffffff;"));
    }
}
