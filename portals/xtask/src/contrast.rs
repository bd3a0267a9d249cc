//! Every text colour of the themes on every surface that it stands on: at least 4.5:1, and 3:1 for the lines of controls.

use std::collections::BTreeMap;

/// The themes as they are built in.
const THEMES: &str = include_str!("../../styles/theme.css");

/// Text and what it stands on. `--color-` is left out.
const TEXT: [(&str, &[&str]); 13] = [
    (
        "base-content",
        &[
            "base-100",
            "base-200",
            "base-300",
            "primary-soft",
            "info-soft",
            "success-soft",
            "warning-soft",
            "error-soft",
        ],
    ),
    ("muted", &["base-100", "base-200", "base-300", "primary-soft"]),
    ("primary-ink", &["base-100", "base-200", "base-300", "primary-soft"]),
    ("primary-content", &["primary"]),
    ("neutral-content", &["neutral"]),
    ("success-content", &["success"]),
    ("warning-content", &["warning"]),
    ("error-content", &["error"]),
    ("info-content", &["info"]),
    ("success-ink", &["base-100", "base-200", "base-300", "success-soft"]),
    ("warning-ink", &["base-100", "base-200", "base-300", "warning-soft", "primary-soft"]),
    ("error-ink", &["base-100", "base-200", "base-300", "error-soft", "primary-soft"]),
    ("info-ink", &["base-100", "base-200", "base-300", "info-soft"]),
];

/// Lines that tell where a control or a series is.
const LINES: [(&str, &[&str]); 7] = [
    ("line-strong", &["base-100"]),
    ("series-1", &["base-100"]),
    ("series-2", &["base-100"]),
    ("series-3", &["base-100"]),
    ("series-4", &["base-100"]),
    ("series-5", &["base-100"]),
    ("series-6", &["base-100"]),
];

/// The colours of each theme by name.
fn themes() -> BTreeMap<String, BTreeMap<String, [f64; 3]>> {
    let mut found = BTreeMap::new();
    for block in THEMES.split("[data-theme=\"").skip(1) {
        let (name, rest) = block.split_once('"').unwrap();
        let body = rest.split('}').next().unwrap();
        let colours = body.lines().filter_map(|line| {
            let (name, value) = line.trim().strip_prefix("--color-")?.split_once(": #")?;
            Some((name.to_owned(), rgb(value.trim_end_matches(';'))))
        });
        found.insert(name.to_owned(), colours.collect());
    }
    found
}

/// Linear light of six hexadecimal digits.
fn rgb(hex: &str) -> [f64; 3] {
    [0, 2, 4].map(|at| {
        let part = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
        if part <= 0.040_45 {
            part / 12.92
        } else {
            ((part + 0.055) / 1.055).powf(2.4)
        }
    })
}

/// The contrast of two colours (WCAG 2).
fn contrast(a: [f64; 3], b: [f64; 3]) -> f64 {
    let light = |[r, g, b]: [f64; 3]| 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
    let (a, b) = (light(a), light(b));
    a.max(b) / a.min(b)
}

/// The pairs of a theme that are below `least`.
fn too_faint(theme: &BTreeMap<String, [f64; 3]>, pairs: &[(&str, &[&str])], least: f64) -> Vec<String> {
    let mut found = Vec::new();
    for (text, surfaces) in pairs {
        for surface in *surfaces {
            let value = contrast(theme[*text], theme[*surface]);
            if value < least {
                found.push(format!("{text} on {surface}: {value:.2}"));
            }
        }
    }
    found
}

#[test]
fn every_pair_of_both_themes_can_be_read() {
    let themes = themes();
    assert_eq!(themes.len(), 2, "a light and a dark theme");
    for (name, theme) in themes {
        assert_eq!(too_faint(&theme, &TEXT, 4.5), Vec::<String>::new(), "text in {name}");
        assert_eq!(too_faint(&theme, &LINES, 3.0), Vec::<String>::new(), "lines in {name}");
    }
}

#[test]
fn contrast_is_that_of_the_standard() {
    assert_eq!(contrast(rgb("000000"), rgb("ffffff")).round(), 21.0);
    assert_eq!((contrast(rgb("777777"), rgb("ffffff")) * 100.0).round(), 448.0);
}
