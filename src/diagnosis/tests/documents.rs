// SPDX-License-Identifier: GPL-2.0-or-later
//! The JSON of every report against its schema.

#![forbid(unsafe_code)]

use super::super::report::{Detail, Report};
use super::super::{Facts, rules};
use super::json::{Json, faults};
use super::situations::*;
use super::{all_facts, judged, unknown};
use std::collections::BTreeSet;

pub const SCHEMA: &str = include_str!("../../../docs/diagnosis.schema.json");

pub fn written(report: &Report) -> String {
    let mut text = String::new();
    report.write_json("conntrack v1.4.9 (libconntrack 0.2.0)", &Detail::default(), &mut text).unwrap();
    text
}

fn read(facts: Facts) -> Json {
    Json::read(&written(&judged(facts))).unwrap()
}

fn number(json: &Json, path: &str) -> f64 {
    json.at(path).and_then(Json::number).unwrap_or_else(|| panic!("no number {path}"))
}

fn text<'j>(json: &'j Json, path: &str) -> &'j str {
    json.at(path).and_then(Json::text).unwrap_or_else(|| panic!("no text {path}"))
}

#[test]
fn every_report_is_valid() {
    let schema = Json::read(SCHEMA).unwrap();
    for facts in all_facts().into_iter().chain(unknown::all()).filter(|facts| facts.table.entries.is_some()) {
        let text = written(&judged(facts));
        assert!(!text.contains('\n') && !text.contains("null"), "{text}");
        let faults = faults(&schema, &Json::read(&text).unwrap_or_else(|wrong| panic!("{wrong}: {text}")));
        assert!(faults.is_empty(), "{faults:?}\n{text}");
    }
}

#[test]
fn the_schema_has_the_rules_and_no_other() {
    let schema = Json::read(SCHEMA).unwrap();
    let ids = schema.at("properties/findings/items/properties/id/enum").unwrap().values();
    let ids: BTreeSet<&str> = ids.iter().filter_map(Json::text).collect();
    assert_eq!(ids, rules::rules().iter().map(|rule| rule.id).collect());
}

#[test]
fn the_members_have_the_numbers_of_the_facts() {
    let json = read(scan());
    for (path, value) in [
        ("time_unix", 1_764_273_600.123),
        ("duration_secs", 0.91),
        ("interval_secs", 0.5),
        ("table/entries", 262_143.0),
        ("table/max_entries", 262_144.0),
        ("table/entry_bytes", 384.0),
        ("table/memory_bytes", 262_143.0 * 384.0),
        ("table/evictable_ratio", 1.0),
        ("table/predicted_loss_ratio", 0.0),
        ("counters/early_drop/total", 10_490.0),
        ("counters/early_drop/delta", 992.0),
        ("losses/table_full/per_sec", 0.0),
        ("rates/unanswered_per_sec", 1990.0),
        ("rates/settles_at_entries", 238_800.0),
        ("settings/log_invalid", 0.0),
        ("settings/timeouts_secs/tcp/established", 432_000.0),
        ("composition/0/entries", 262_303.0),
        ("composition/0/idle_entries/3600", 0.0),
        ("top/source/error_entries", 0.0),
        ("top/source/rows/0/entries", 262_303.0),
        ("top/source/rows/0/targets_estimate", 104_200.0),
        ("findings/0/evidence/early_drop_per_sec", 1984.0),
        ("findings/0/advice/0/risk", 0.0),
    ] {
        assert_eq!(number(&json, path), value, "{path}");
    }
    for (path, value) in [
        ("schema", "conntrack-diagnosis"),
        ("tool", "conntrack v1.4.9 (libconntrack 0.2.0)"),
        ("kernel", "6.18.44"),
        ("privilege", "full"),
        ("verdict", "critical"),
        ("composition/0/protocol", "tcp"),
        ("composition/0/state", "SYN_SENT"),
        ("top/source/rows/0/source", "100.64.0.1"),
        ("top/service/rows/0/protocol", "tcp"),
        ("findings/0/id", "evicting-now"),
        ("findings/0/severity", "critical"),
        ("findings/0/advice/0/commands/0", "conntrack -L -s 100.64.0.1"),
    ] {
        assert_eq!(text(&json, path), value, "{path}");
    }
    assert_eq!(json.at("namespace/initial"), Some(&Json::Bool(false)));
}

#[test]
fn what_was_not_read_is_absent() {
    let json = read(unprivileged());
    for path in [
        "composition",
        "top",
        "what_if",
        "table/entries_listed",
        "table/evictable_ratio",
        "kernel_log",
        "namespaces",
    ] {
        assert_eq!(json.at(path), None, "{path}");
    }
    assert_eq!(text(&json, "privilege"), "counters_only");
    assert_eq!(text(&json, "not_read/0/what"), "table");
    assert_eq!(text(&json, "not_read/0/why"), "Operation not permitted");
}

#[test]
fn what_if_keeps_to_what_is_allowed_for_established_flows() {
    let json = read(idle());
    let rows = json.get("what_if").unwrap().values();
    let timeouts: Vec<f64> = rows.iter().map(|row| number(row, "timeout_secs")).collect();
    assert_eq!(timeouts, [7440.0, 21600.0, 86400.0, 172_800.0, 259_200.0]);
    assert_eq!(number(&json, "what_if/3/entries_gone"), 174_763.0);
}

#[test]
fn a_report_takes_as_many_rows_as_it_is_asked_for() {
    let rows = |rows| {
        let mut text = String::new();
        judged(dns()).write_json("x", &Detail { by: &[], rows }, &mut text).unwrap();
        Json::read(&text).unwrap().at("top/source/rows").unwrap().values().len()
    };
    assert_eq!([rows(0), rows(2), rows(1000)], [0, 2, 5]);
}
