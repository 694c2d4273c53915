// SPDX-License-Identifier: GPL-2.0-or-later
//! What may come from outside: every crate of every lock file is from crates.io and pinned by its checksum, every
//! crate that a manifest asks for has its reason in `docs/dependencies.md`, and every licence that is built in is one
//! that `deny.toml` allows. `cargo deny check` says the same and more, where it is installed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

/// The workspaces of this tree, each with a lock file of its own.
const WORKSPACES: [&str; 6] =
    [".", "benches", "benches/languages", "bindings/python", "bindings/rust", "fuzz"];
/// The packages of this tree.
const PACKAGES: [&str; 8] =
    [".", "tool", "testing", "benches", "benches/languages", "bindings/python", "bindings/rust", "fuzz"];
/// The names of the packages of this tree.
const OWN: [&str; 8] = [
    "netfilter-conntrack",
    "conntrack",
    "conntrack-testing",
    "netfilter-conntrack-benches",
    "fields",
    "conntrack-fuzz",
    "conntrack-python",
    "conntrack-async",
];
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The value of `key = "value"` among the lines of a text.
fn value<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = \"")?.strip_suffix('"'))
}

#[test]
fn every_crate_is_from_the_registry_and_pinned() {
    for package in WORKSPACES {
        let lock = read(&format!("{package}/Cargo.lock"));
        let mut own = Vec::new();
        for entry in lock.split("[[package]]\n").skip(1) {
            let name = value(entry, "name").unwrap();
            match value(entry, "source") {
                None => own.push(name),
                Some(source) => {
                    assert_eq!(source, REGISTRY, "{package}: {name}");
                    assert_eq!(value(entry, "checksum").map(str::len), Some(64), "{package}: {name}");
                }
            }
        }
        assert!(!own.is_empty() && own.iter().all(|name| OWN.contains(name)), "{package}: {own:?}");
    }
}

/// The crates that a manifest asks for itself.
fn asked_for(manifest: &str) -> BTreeSet<&str> {
    let sections = manifest.split("\n[").filter(|section| {
        let heading = section.split(']').next().unwrap();
        heading.ends_with("dependencies")
    });
    let lines = sections.flat_map(|section| section.lines().skip(1));
    let names = lines.filter_map(|line| Some(line.split_once(" = ")?.0.trim_end_matches(".workspace")));
    names.filter(|name| !["netfilter-conntrack", "testing"].contains(name)).collect()
}

#[test]
fn every_crate_that_is_asked_for_has_its_reason() {
    let reasons = read("docs/dependencies.md");
    for package in PACKAGES {
        let manifest = read(&format!("{package}/Cargo.toml"));
        let names = asked_for(&manifest);
        assert!(!names.is_empty(), "{package}: none was found");
        for name in names {
            let has_row = |line: &str| {
                line.strip_prefix("| ").is_some_and(|rest| rest.split([' ', ',']).next() == Some(name))
            };
            assert!(reasons.lines().any(has_row), "{package}: no row for {name}");
        }
    }
}

#[test]
fn the_tool_uses_what_every_program_may_use() {
    let manifest = read("tool/Cargo.toml");
    let library = manifest.lines().find(|line| line.starts_with("netfilter-conntrack")).unwrap();
    assert!(!library.contains("features"), "{library}");
}

/// Whether a licence expression can be met by the licences that are allowed.
fn is_allowed(expression: &str, allowed: &BTreeSet<&str>) -> bool {
    expression.split(" AND ").all(|clause| {
        let clause = clause.trim_matches(['(', ')']);
        clause
            .split(" OR ")
            .flat_map(|choice| choice.split('/'))
            .any(|choice| allowed.contains(choice.trim()))
    })
}

#[test]
fn every_licence_that_is_built_in_is_allowed() {
    let deny = read("deny.toml");
    let list = deny.split("\nallow = [").nth(1).unwrap().split(']').next().unwrap();
    let allowed: BTreeSet<&str> = list.split('"').skip(1).step_by(2).collect();
    assert!(is_allowed("(A OR MIT) AND Apache-2.0", &allowed) && !is_allowed("MIT AND A", &allowed));
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--offline", "--edges", "normal,build,dev", "--prefix", "none"])
        .args(["--format", "{p}\t{l}"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.lines().count() >= 4, "{}", String::from_utf8_lossy(&output.stderr));
    for line in text.lines().filter(|line| !line.is_empty()) {
        let (package, licence) = line.split_once('\t').unwrap();
        let licence = licence.trim_end_matches(" (*)");
        assert!(is_allowed(licence, &allowed), "{package}: {licence}");
    }
}
