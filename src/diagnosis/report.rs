// SPDX-License-Identifier: GPL-2.0-or-later
//! The answer: what the rules found in the facts, and what to do about it.
//!
//! A report is text ([`Report::text`], also by `Display`) or JSON ([`Report::write_json`]); both have the same sentences
//! and names. It is made from facts alone, so that a program can keep the facts and judge them elsewhere.
//!
//! ```
//! use netfilter_conntrack::diagnosis::{Facts, Report, Severity, Verdict};
//! use netfilter_conntrack::diagnosis::facts::{Counter, Losses};
//! use std::time::{Duration, SystemTime};
//!
//! let mut facts = Facts::default();
//! facts.interval_secs = Some(0.5);
//! facts.table.entries = Some(262_144);
//! facts.table.max_entries = Some(262_144);
//! let mut losses = Losses::default();
//! losses.table_full = Counter::new(4352, Some(500), Some(1000.0));
//! facts.losses = Some(losses);
//!
//! let report = Report::new(facts, SystemTime::now(), Duration::from_millis(510));
//! assert_eq!(report.verdict, Verdict::Critical);
//! for finding in &report.findings {
//!     println!("{}: {}", finding.id, finding.text);
//!     for advice in &finding.advice {
//!         println!("  {} ({}): {:?}", advice.text, advice.risk, advice.commands);
//!     }
//! }
//! let first = report.findings.first().ok_or("no finding")?;
//! assert_eq!((first.id, first.severity), ("dropping-now", Severity::Critical));
//! assert_eq!(first.evidence.number("drop_per_sec"), Some(1000.0));
//! assert!(report.text().starts_with("conntrack: 262,144 of 262,144 entries (100 %). CRITICAL: packets are dropped.\n"));
//! # Ok::<(), &str>(())
//! ```

#![forbid(unsafe_code)]

use super::facts::Facts;
use super::key::By;
use super::{json, rules, text};
use crate::format::json::{Json, Value};
use std::fmt::{self, Write};
use std::time::{Duration, SystemTime};

/// What is known of a table, what the rules found in it, and when.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Report {
    /// When the facts were complete.
    pub time: SystemTime,
    /// How long it took to read them, in seconds.
    pub duration_secs: f64,
    /// The facts.
    pub facts: Facts,
    /// What the rules found: critical findings first, then warnings, causes by their share, and notes.
    pub findings: Vec<Finding>,
    /// The worst severity of the findings.
    pub verdict: Verdict,
}

/// One thing that a rule found.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Finding {
    /// The rule's name, which does not change between versions: `table-full`, `top-source`, ...
    pub id: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The sentences of the text form, on one line.
    pub text: String,
    /// The numbers that the rule judged by.
    pub evidence: Evidence,
    /// What helps, by rising risk.
    pub advice: Vec<Advice>,
    /// What the head of the text form says of it.
    pub(super) headline: String,
    /// The finding whose sentence says this one too: the text form does not repeat it.
    pub(super) said_by: Option<&'static str>,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Severity {
    /// Good to know.
    Note,
    /// What holds the entries, while there is pressure on the table.
    Cause,
    /// Trouble ahead, or trouble before.
    Warning,
    /// Packets are lost, or the next step is that they are.
    Critical,
}

/// The numbers and names that a rule judged by, in the order in which the rule names them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Evidence(pub Vec<(&'static str, Datum)>);

/// One number or name of the evidence.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Datum {
    /// A whole number.
    Count(u64),
    /// A rate, a ratio, a mean.
    Number(f64),
    /// A name or an address.
    Text(String),
    /// Yes or no.
    Is(bool),
}

/// One action.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Advice {
    /// Its name, which does not change between versions: `raise-limit`, `block-source`, ...
    pub id: &'static str,
    /// What it may do to traffic.
    pub risk: Risk,
    /// What it is for, what must be known before, and whom it affects, on one line.
    pub text: String,
    /// Commands for a shell, in this order. Words are quoted.
    pub commands: Vec<String>,
    /// Commands that take it back.
    pub undo: Vec<String>,
    /// Whether entries go at once.
    pub frees_now: bool,
    /// The parts of the text, for the text form.
    pub(super) parts: Parts,
}

/// The parts of an advice's text.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Parts {
    /// What is done.
    pub action: String,
    /// What stands in brackets with the risk.
    pub aside: Option<String>,
    /// Sentences before the commands.
    pub before: Option<String>,
    /// Sentences after the commands.
    pub after: Option<String>,
}

/// What an action may do to traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Risk {
    /// Changes nothing.
    LooksOnly,
    /// Cuts no working flow; one command takes it back.
    Safe,
    /// Changes what happens to new flows, or to those that are dead.
    NewOrDeadFlows,
    /// Changes what happens to traffic.
    Traffic,
}

/// The worst severity of all findings. Causes and notes do not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Verdict {
    /// No warning and no critical finding.
    Ok,
    /// The number of entries or their limit could not be read, and nothing else is wrong.
    Unknown,
    /// A warning.
    Warning,
    /// A critical finding.
    Critical,
}

/// How much of the tables a report shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Detail<'a> {
    /// Tables that the text shows after the findings. JSON has all tables.
    pub by: &'a [By],
    /// Rows of each table, in text and in JSON.
    pub rows: usize,
}

impl Default for Detail<'_> {
    /// No tables in text, three rows of each in JSON.
    fn default() -> Self {
        Detail { by: &[], rows: 3 }
    }
}

impl Report {
    /// Judges facts that were complete at `time` and took `duration` to read.
    #[must_use]
    pub fn new(facts: Facts, time: SystemTime, duration: Duration) -> Report {
        let findings = rules::findings(&facts);
        let worst = findings.iter().map(|finding| finding.severity).max();
        let verdict = match worst {
            Some(Severity::Critical) => Verdict::Critical,
            Some(Severity::Warning) => Verdict::Warning,
            _ if facts.table.entries.is_none() || facts.table.max_entries.is_none() => Verdict::Unknown,
            _ => Verdict::Ok,
        };
        Report { time, duration_secs: duration.as_secs_f64(), facts, findings, verdict }
    }

    /// The text form: 80 columns, lines that end in a newline.
    #[must_use]
    pub fn text(&self) -> String {
        self.text_with(&Detail::default())
    }

    /// The text form with tables.
    #[must_use]
    pub fn text_with(&self, detail: &Detail<'_>) -> String {
        text::report(self, detail)
    }

    /// The JSON form: one object on one line, without a newline. `tool` is the name and version of the program.
    ///
    /// # Errors
    /// Errors of `out`.
    pub fn write_json(&self, tool: &str, detail: &Detail<'_>, out: &mut impl Write) -> fmt::Result {
        json::report(&mut Json::new(out), self, tool, detail)
    }

    /// The first finding of this name.
    #[must_use]
    pub fn finding(&self, id: &str) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.id == id)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl Evidence {
    /// The value of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Datum> {
        self.0.iter().find(|(own, _)| *own == name).map(|(_, datum)| datum)
    }

    /// The number of this name.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<f64> {
        match self.get(name)? {
            Datum::Count(count) => Some(*count as f64),
            Datum::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The text of this name.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            Datum::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl Value for Datum {
    fn is_known(&self) -> bool {
        !matches!(self, Datum::Number(number) if !number.is_finite())
    }

    fn write_to(&self, out: &mut impl Write) -> fmt::Result {
        match self {
            Datum::Count(count) => count.write_to(out),
            Datum::Number(number) => number.write_to(out),
            Datum::Text(text) => text.write_to(out),
            Datum::Is(is) => is.write_to(out),
        }
    }
}

impl Severity {
    /// Its name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Severity::Note => "note",
            Severity::Cause => "cause",
            Severity::Warning => "warning",
            Severity::Critical => "critical",
        }
    }
}

impl Verdict {
    /// Its name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Verdict::Ok => "ok",
            Verdict::Unknown => "unknown",
            Verdict::Warning => "warning",
            Verdict::Critical => "critical",
        }
    }
}

impl Risk {
    /// Its number in JSON.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Risk::LooksOnly => 0,
            Risk::Safe => 1,
            Risk::NewOrDeadFlows => 2,
            Risk::Traffic => 3,
        }
    }

    /// The words of the text form.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Risk::LooksOnly => "looks only",
            Risk::Safe => "safe",
            Risk::NewOrDeadFlows => "changes new or dead flows",
            Risk::Traffic => "changes traffic",
        }
    }
}

impl fmt::Display for Risk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.words())
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
