// SPDX-License-Identifier: GPL-2.0-or-later
//! Diagnosis of a conntrack table that is full or loses packets: what is lost, who holds the entries, what to change.
//!
//! Data flows one way: `Handle, files -> sample, census -> Facts -> rules -> findings -> text | JSON`. The census, the
//! facts, the rules and the advice are pure: no clock, no kernel, no file. Nothing here changes a setting or the table.

#![forbid(unsafe_code)]

pub mod advice;
mod ages;
pub mod census;
pub mod distinct;
pub mod facts;
mod figures;
mod group;
pub mod heavy;
pub mod json;
pub mod key;
mod keyed;
mod listeners;
mod machine;
pub mod namespaces;
mod others;
#[cfg(not(feature = "internals"))]
mod parse;
#[cfg(feature = "internals")]
pub mod parse;
mod pass;
pub mod report;
pub mod rules;
mod run;
pub mod sample;
mod settings;
pub mod text;
pub mod top;
mod words;

pub use census::{Census, CensusOptions};
pub use facts::Facts;
pub use figures::WhatIf;
pub use heavy::Heavy;
pub use key::{By, Key};
pub use machine::Limits;
pub use report::{Advice, Datum, Detail, Evidence, Finding, Report, Risk, Severity, Verdict};
pub use run::Diagnosis;
pub use sample::{Delta, Lost, Sample};

#[cfg(test)]
mod tests;
