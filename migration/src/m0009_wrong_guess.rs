//! Wrong guesses at passwords and links.

crate::migration!(
    "
CREATE TABLE wrong_guess (
    id uuid PRIMARY KEY,
    count bigint NOT NULL,
    locked_until timestamptz,
    guessed_at timestamptz NOT NULL
);
CREATE INDEX wrong_guess_by_age ON wrong_guess (guessed_at);
",
    &crate::m0006_walls::wall("wrong_guess", &[])
);
