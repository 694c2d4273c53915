// SPDX-License-Identifier: GPL-2.0-or-later
//! Judged by programs of others: nft reads every rule that is advised, and jsonschema every report. `make check` leaves
//! these tests out; a program that is missing is a visible skip, and with `CI=true` a failure.

#![forbid(unsafe_code)]

use super::commands::all_advice;
use super::documents::{SCHEMA, written};
use super::{all_facts, judged, unknown};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{ErrorKind, Write as _};
use std::process::{Command, Output, Stdio};

/// Reports that a test did not run, past the capture of the test runner.
fn skipped(name: &str, reason: &str) {
    let line = format!("\nSKIP {name}: {reason}\n");
    std::io::stderr().write_all(line.as_bytes()).unwrap();
    assert!(std::env::var("CI").as_deref() != Ok("true"), "a test was skipped: {reason}");
}

/// Runs a program with this input; `None` if it is missing.
fn run(program: &str, args: &[&str], input: &str) -> Option<Output> {
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = match command.spawn() {
        Err(error) if error.kind() == ErrorKind::NotFound => return None,
        child => child.unwrap(),
    };
    let mut to = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = std::thread::spawn(move || {
        let _ = to.write_all(input.as_bytes()); // a program that ends early has said why
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    Some(output)
}

/// The rules of each advice as one script: a table that is added, filled and deleted.
fn scripts() -> BTreeSet<String> {
    let mut scripts = BTreeSet::new();
    for advice in all_advice() {
        let mut script = String::new();
        let is_rule = |command: &&String| command.starts_with("nft ") && command.contains("add ");
        for line in advice.commands.iter().filter(is_rule) {
            let _ = writeln!(script, "{}", line.trim_start_matches("nft ").trim_matches('\''));
        }
        if !script.is_empty() {
            scripts.insert(format!("{script}{}\n", advice.undo[0].trim_start_matches("nft ")));
        }
    }
    scripts
}

#[test]
fn nft_accepts_every_rule() {
    let scripts = scripts();
    assert!(scripts.len() >= 8, "{scripts:?}");
    let name = "nft_accepts_every_rule";
    let can_unshare = run("unshare", &["-n", "true"], "").is_some_and(|output| output.status.success());
    if !can_unshare {
        return skipped(name, "a network namespace of its own");
    }
    if run("nft", &["--version"], "").is_none() {
        return skipped(name, "no program nft");
    }
    for script in &scripts {
        let output = run("unshare", &["-n", "nft", "-c", "-f", "-"], script).unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{script}{errors}");
    }
    let refused = run("unshare", &["-n", "nft", "-c", "-f", "-"], "add rule inet none none drop\n").unwrap();
    assert!(!refused.status.success(), "nft accepts a rule without a chain");
}

/// Reads the schema from the first line, and a report from each other one.
const CHECKS: &str = "import json, sys
try: import jsonschema
except ImportError: sys.exit(77)
check = jsonschema.Draft202012Validator(json.loads(sys.stdin.readline()))
count = wrong = 0
for line in sys.stdin:
    count += 1
    for fault in check.iter_errors(json.loads(line)):
        print(fault.json_path, fault.message)
        wrong = 1
print(count, 'reports')
sys.exit(wrong)";

#[test]
fn jsonschema_accepts_every_report() {
    let name = "jsonschema_accepts_every_report";
    let schema: String = SCHEMA.lines().collect();
    let facts = all_facts().into_iter().chain(unknown::all());
    let facts = facts.filter(|facts| facts.table.entries.is_some());
    let reports: Vec<String> = facts.map(|facts| written(&judged(facts))).collect();
    let input = format!("{schema}\n{}\n", reports.join("\n"));
    // Debian's own interpreter first: another one does not see Debian's packages.
    let output =
        ["/usr/bin/python3", "python3"].iter().find_map(|python| run(python, &["-c", CHECKS], &input));
    let Some(output) = output.filter(|output| output.status.code() != Some(77)) else {
        return skipped(name, "no python3-jsonschema");
    };
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(said.trim_end(), format!("{} reports", reports.len()));
}
