// SPDX-License-Identifier: GPL-2.0-or-later
//! A model of what the tool's options select, written from the manual page and not from the tool: random command
//! lines about random tables, and the entries that they are for.
//!
//! Two tests hold the tool against it: `the_tool_selects_what_the_manual_says` reads the line with the tool's parser
//! and asks its selector, and what it would leave to the kernel, about a table on paper
//! (`tool/src/selection.rs`); `the_kernel_loses_what_the_manual_says` runs the tool on a table of the kernel
//! (`tests/filter_model.rs`).
//!
//! A failure names the seed of its line, and the line with everything left out that does not matter. The seed alone
//! makes the same table and the same line again:
//!
//! ```sh
//! FILTER_MODEL=4711 cargo test -p conntrack the_tool_selects_what_the_manual_says
//! FILTER_MODEL=4711 cargo test --test filter_model
//! ```
//!
//! The two tests have tables of their own, so a seed is one of the test that failed. `FILTER_MODEL=1000000..3000000`
//! tries other lines than the usual ones, as many as there is time for. Seeds change their meaning with the model: a
//! line that failed is kept as words, in `tests/vectors/cli_differences.txt` or in the unit tests of the tool.

#![allow(dead_code)] // each of the two tests uses its own part

pub mod entry;
pub mod kernel;
pub mod line;
pub mod meaning;
pub mod spelling;

use entry::{Entry, Home};
use std::ops::Range;
use testing::dice::Dice;

/// How many seeds share a table.
pub const LINES_OF_A_TABLE: u64 = 2_000;

/// The seeds to try: what the environment names, else the usual ones.
pub fn seeds(usual: Range<u64>) -> Range<u64> {
    let Ok(text) = std::env::var("FILTER_MODEL") else { return usual };
    let number =
        |text: &str| text.trim().parse().unwrap_or_else(|_| panic!("FILTER_MODEL={text}: no number"));
    match text.split_once("..") {
        Some((first, end)) => number(first)..number(end),
        None => number(&text)..number(&text) + 1,
    }
}

/// Numbers that have nothing to do with those of the next seed.
fn dice_of(seed: u64, salt: u64) -> Dice {
    let mut mixed = seed.wrapping_add(salt).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    Dice(mixed ^ mixed >> 27)
}

/// The table of a seed.
pub fn table(home: Home, size: usize, seed: u64) -> Vec<Entry> {
    entry::random_table(home, size, &mut dice_of(seed / LINES_OF_A_TABLE, 1))
}

/// The line of a seed, about its table.
pub fn line(home: Home, table: &[Entry], seed: u64) -> line::Line {
    line::random_line(home, table, &mut dice_of(seed, 2))
}

/// The report of a line that failed, so that it can be run again.
pub fn failure(seed: u64, line: &line::Line, fault: &str) -> String {
    let posix = if line.posix { "POSIXLY_CORRECT=1 " } else { "" };
    let quoted = |word: &String| format!("'{word}'");
    let words: Vec<String> = line.words().iter().map(quoted).collect();
    format!(
        "seed {seed}: {posix}conntrack {}\n{fault}\nRun it again with FILTER_MODEL={seed}.",
        words.join(" ")
    )
}

/// What the lines came to, so that it can be seen whether they are sharp.
#[derive(Debug, Default, Clone, Copy)]
pub struct Tally {
    pub lines: u64,
    pub refused: u64,
    pub nothing: u64,
    pub some: u64,
    pub everything: u64,
}

impl Tally {
    /// Counts a line that is for `selected` of `size` entries, or was refused.
    pub fn count(&mut self, selected: Option<usize>, size: usize) {
        self.lines += 1;
        *match selected {
            None => &mut self.refused,
            Some(0) => &mut self.nothing,
            Some(count) if count == size => &mut self.everything,
            Some(_) => &mut self.some,
        } += 1;
    }

    pub fn add(&mut self, other: Tally) {
        self.lines += other.lines;
        self.refused += other.refused;
        self.nothing += other.nothing;
        self.some += other.some;
        self.everything += other.everything;
    }

    /// Fails when too many lines say nothing about the tool.
    pub fn assert_sharp(self) {
        assert!(self.some * 100 >= self.lines * 40, "too few lines are for some entries: {self:?}");
        assert!(self.everything * 100 <= self.lines * 10, "too many lines are for all: {self:?}");
        assert!(self.refused * 100 >= self.lines * 5, "too few lines are refused: {self:?}");
    }
}
