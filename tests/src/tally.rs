//! What a harness tries: a cell for each thing that must hold, such as an RPC with a kind of credential. A cell that was not tried is a failure as well.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
};

use anyhow::{Result, ensure};

use crate::{Database, Harness};

/// The cells of one harness on one database. `make walls` adds the lines of all of them up.
pub struct Tally {
    harness: &'static str,
    database: Database,
    all: BTreeSet<String>,
    tried: BTreeMap<String, Vec<String>>,
}

impl Tally {
    /// With nothing in it.
    pub fn new(harness: &'static str, h: &Harness) -> Self {
        Self {
            harness,
            database: h.database(),
            all: BTreeSet::new(),
            tried: BTreeMap::new(),
        }
    }

    /// Names a cell that has to be tried.
    pub fn owes(&mut self, row: impl Display, column: impl Display) {
        self.all.insert(format!("{row}, {column}"));
    }

    /// A cell was tried. More than one thing may be wrong with it.
    pub fn tried(&mut self, row: impl Display, column: impl Display, wrong: Option<String>) {
        self.tried.entry(format!("{row}, {column}")).or_default().extend(wrong);
    }

    /// Prints how much was covered. What failed, what was not tried, and what nobody asked for is an error.
    pub fn done(self) -> Result<()> {
        let covered = self.all.iter().filter(|cell| self.tried.contains_key(*cell)).count();
        let failed: Vec<_> = self.tried.iter().filter(|(_, wrong)| !wrong.is_empty()).collect();
        println!(
            "{} on {:?}: {covered} of {} cells, {} failed",
            self.harness,
            self.database,
            self.all.len(),
            failed.len()
        );
        let failed: Vec<_> = failed.iter().map(|(cell, wrong)| format!("{cell}: {}", wrong.join("; "))).collect();
        ensure!(failed.is_empty(), "{} cells failed:\n{}", failed.len(), failed.join("\n"));
        let left: Vec<_> = self.all.iter().filter(|cell| !self.tried.contains_key(*cell)).collect();
        ensure!(left.is_empty(), "{} cells were not tried:\n{left:#?}", left.len());
        let more: Vec<_> = self.tried.keys().filter(|cell| !self.all.contains(*cell)).collect();
        ensure!(more.is_empty(), "{} cells were tried that are none:\n{more:#?}", more.len());
        Ok(())
    }
}
