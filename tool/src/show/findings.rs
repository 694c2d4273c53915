// SPDX-License-Identifier: GPL-2.0-or-later
//! The manual page's table of findings, rendered from the tables of rules and advice, and compared with the page.
//! `UPDATE_MANUAL=1 cargo test -p conntrack findings` writes it.

#![forbid(unsafe_code)]

use netfilter_conntrack::diagnosis::Severity;
use netfilter_conntrack::diagnosis::advice::{Action, actions};
use netfilter_conntrack::diagnosis::rules::{Rule, rules};
use std::fmt::Write as _;

/// The lines of the page between which the table stands.
const BEGIN: &str = ".\\\" Findings: made from the tables of src/diagnosis (tool/src/show/findings.rs).\n";
const END: &str = ".\\\" End of the findings.\n";

fn escaped(text: &str) -> String {
    text.replace('-', "\\-")
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn severity(rule: &Rule) -> &'static str {
    match rule.severity {
        Severity::Critical => "critical",
        Severity::Warning => "warning",
        Severity::Cause => "cause",
        _ => "note",
    }
}

/// What the advice of a finding does.
fn advice(rule: &Rule) -> String {
    let of = |id: &&'static str| actions().iter().find(|action| action.id == *id);
    let mut known: Vec<&Action> = rule.advice.iter().filter_map(of).collect();
    known.sort_by_key(|action| action.risk);
    let mut parts: Vec<&str> = known.iter().map(|action| action.what).collect();
    if rule.advice.contains(&"causes") {
        parts.push("does what helps against the causes");
    }
    match parts.as_slice() {
        [] => String::new(),
        parts => format!("\nThe advice {}.", parts.join("; ")),
    }
}

fn table() -> String {
    let mut text = String::new();
    for rule in rules() {
        let (id, when) = (escaped(rule.id), escaped(&capitalized(rule.when)));
        let _ = write!(text, ".TP\n.BR {id} \" ({})\"\n{when}.{}\n", severity(rule), escaped(&advice(rule)));
    }
    text
}

#[test]
fn the_manual_page_has_every_finding() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/man/conntrack.8");
    let page = std::fs::read_to_string(path).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (committed, after) = rest.split_once(END).unwrap();
    if std::env::var_os("UPDATE_MANUAL").is_some() {
        std::fs::write(path, [before, BEGIN, &table(), END, after].concat()).unwrap();
        return;
    }
    assert!(committed == table(), "the findings are not those of the rules; see this module's text");
}
