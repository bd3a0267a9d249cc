//! Contrast of the theme pairs.
