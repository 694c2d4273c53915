// SPDX-License-Identifier: GPL-2.0-or-later
//! A report as one JSON object, of the schema `docs/diagnosis.schema.json`.
//!
//! What is not known is absent: never null, never -1. Within one version of the schema keys are only added.

#![forbid(unsafe_code)]

use super::facts::{Composition, Counted, Counter, Facts, IDLE_CLASSES_SECS, NameFrom, Namespace, Row, Top};
use super::figures::WhatIf;
use super::key::{By, KeyValue};
use super::report::{Advice, Detail, Finding, Report};
use super::words;
use crate::format::json::Json;
use std::fmt::{self, Write};
use std::time::UNIX_EPOCH;

/// The version of the schema.
pub const SCHEMA_VERSION: u32 = 1;
/// Relative standard error of the estimate of targets: 64 registers.
const TARGETS_ERROR_RATIO: f64 = 0.13;

/// What a part of the report is written by.
type Part = fmt::Result;

/// Rounded to this number of decimals: more would be noise.
fn rounded(value: f64, decimals: i32) -> f64 {
    let scale = 10_f64.powi(decimals);
    (value * scale).round() / scale
}

fn ratio(value: f64) -> f64 {
    rounded(value.clamp(0.0, 1.0), 6)
}

fn share(part: u64, whole: u64) -> f64 {
    ratio(words::ratio(part, whole))
}

fn per_sec(value: f64) -> f64 {
    rounded(value, 2)
}

pub(super) fn report<W: Write>(json: &mut Json<W>, report: &Report, tool: &str, detail: &Detail<'_>) -> Part {
    let facts = &report.facts;
    json.object(|json| {
        head(json, report, tool)?;
        json.member("verdict", report.verdict.name())?;
        table(json, facts)?;
        counters(json, facts)?;
        rates(json, facts)?;
        settings(json, facts)?;
        if let Some(census) = &facts.census {
            json.array_member("composition", |json| {
                census.composition.iter().try_for_each(|row| composition(json, row, census.entries))
            })?;
            json.key("top")?;
            top(json, census, detail.rows)?;
            json.array_member("what_if", |json| {
                facts.what_if().iter().try_for_each(|row| what_if(json, row))
            })?;
        }
        others(json, facts)?;
        json.array_member("findings", |json| report.findings.iter().try_for_each(|f| finding(json, f)))?;
        not_read(json, facts)
    })
}

/// The first members of every object: what it is, when it was made, and of which namespace.
pub(super) fn head<W: Write>(json: &mut Json<W>, report: &Report, tool: &str) -> Part {
    let facts = &report.facts;
    let time = report.time.duration_since(UNIX_EPOCH).unwrap_or_default();
    json.member("schema", "conntrack-diagnosis")?;
    json.member("schema_version", SCHEMA_VERSION)?;
    json.member("tool", tool)?;
    json.member("time_unix", rounded(time.as_secs_f64(), 3))?;
    json.member("duration_secs", rounded(report.duration_secs, 3))?;
    json.member("interval_secs", rounded(facts.interval_secs.unwrap_or(0.0), 3))?;
    json.member("kernel", Some(&facts.machine.kernel).filter(|kernel| !kernel.is_empty()))?;
    json.member("privilege", if facts.machine.may_read_table { "full" } else { "counters_only" })?;
    json.key("namespace")?;
    namespace(json, &facts.namespace)
}

fn namespace<W: Write>(json: &mut Json<W>, namespace: &Namespace) -> Part {
    json.object(|json| identity(json, namespace))
}

fn identity<W: Write>(json: &mut Json<W>, namespace: &Namespace) -> Part {
    json.member("inode", namespace.inode)?;
    json.member("name", namespace.name.as_ref())?;
    json.member("name_from", namespace.name_from.map(NameFrom::name))?;
    json.member("initial", namespace.initial)
}

fn table<W: Write>(json: &mut Json<W>, facts: &Facts) -> Part {
    let table = &facts.table;
    let Some(entries) = table.entries else { return Ok(()) };
    json.object_member("table", |json| {
        json.member("entries", entries)?;
        json.member("max_entries", table.max_entries)?;
        json.member("fill_ratio", facts.fill().map(ratio))?;
        json.member("entries_listed", table.entries_listed)?;
        json.member("entries_dying", table.entries_dying)?;
        json.member("entries_offloaded", facts.census.as_ref().map(|census| census.offloaded))?;
        json.member("buckets", table.buckets)?;
        json.member("entries_all_namespaces", table.entries_all_namespaces)?;
        json.member("mean_chain_length", facts.mean_chain_length().map(|length| rounded(length, 3)))?;
        json.member("entry_bytes", Some(table.entry_bytes).filter(|&bytes| bytes > 0))?;
        json.member("memory_bytes", facts.memory_bytes().filter(|&bytes| bytes > 0))?;
        json.member("expectations", table.expectations)?;
        json.member("expectations_max", table.expectations_max)?;
        json.member("evictable_ratio", facts.evictable_ratio().map(ratio))?;
        json.member("predicted_loss_ratio", facts.predicted_loss_ratio().map(ratio))
    })
}

fn counters<W: Write>(json: &mut Json<W>, facts: &Facts) -> Part {
    if !facts.counters.is_empty() {
        json.object_member("counters", |json| {
            facts.counters.iter().try_for_each(|(name, of)| counter(json, name, *of, false))
        })?;
    }
    let Some(losses) = facts.losses else { return Ok(()) };
    json.object_member("losses", |json| {
        counter(json, "table_full", losses.table_full, true)?;
        counter(json, "clash", losses.clash, true)?;
        counter(json, "chain_too_long", losses.chain_too_long, true)
    })
}

fn counter<W: Write>(json: &mut Json<W>, name: &str, counter: Counter, with_rate: bool) -> Part {
    json.object_member(name, |json| {
        json.member("total", counter.total)?;
        json.member("delta", counter.delta)?;
        json.member("per_sec", counter.per_sec.filter(|_| with_rate).map(per_sec))
    })
}

fn rates<W: Write>(json: &mut Json<W>, facts: &Facts) -> Part {
    let rates = &facts.rates;
    json.object_member("rates", |json| {
        json.member("growth_per_sec", rates.growth_per_sec.map(per_sec))?;
        json.member("secs_to_full", rates.secs_to_full.map(|secs| rounded(secs, 1)))?;
        json.member("unanswered_per_sec", rates.unanswered_per_sec.map(per_sec))?;
        json.member("new_per_sec", rates.new_per_sec.map(per_sec))?;
        let settles_at = facts.settles_at();
        json.member("settles_at_entries", settles_at.map(|entries| rounded(entries, 0)))
    })
}

fn settings<W: Write>(json: &mut Json<W>, facts: &Facts) -> Part {
    let settings = &facts.settings;
    json.object_member("settings", |json| {
        settings.switches.iter().try_for_each(|(name, value)| json.member(name, *value))?;
        json.object_member("timeouts_secs", |json| {
            settings.timeouts_secs.iter().try_for_each(|(protocol, states)| {
                json.object_member(protocol, |json| {
                    states.iter().try_for_each(|(state, secs)| json.member(state, *secs))
                })
            })
        })
    })
}

fn composition<W: Write>(json: &mut Json<W>, row: &Composition, total: u64) -> Part {
    json.object(|json| {
        json.member("protocol", words::protocol(row.protocol).as_str())?;
        json.member("state", row.state)?;
        json.member("entries", row.entries)?;
        json.member("share_ratio", share(row.entries, total))?;
        json.member("assured", row.assured)?;
        json.member("unanswered", row.unanswered)?;
        json.member("timeout_secs", row.timeout_secs)?;
        json.member("over_setting", row.over_setting)?;
        json.member("idle_unknown", row.idle_unknown)?;
        json.object_member("idle_entries", |json| {
            let classes = IDLE_CLASSES_SECS.into_iter().zip(row.idle_entries);
            classes.into_iter().try_for_each(|(secs, entries)| json.member(&secs.to_string(), entries))
        })
    })
}

/// The object `top`: a table for each grouping, each with at most `rows` rows.
///
/// # Errors
/// Errors of what `json` writes to.
pub fn top<W: Write>(json: &mut Json<W>, census: &Counted, rows: usize) -> fmt::Result {
    json.object(|json| {
        census.top.iter().try_for_each(|top| {
            json.object_member(&top.by.table_name(), |json| top_table(json, top, census.entries, rows))
        })
    })
}

fn top_table<W: Write>(json: &mut Json<W>, top: &Top, total: u64, rows: usize) -> Part {
    json.member("error_entries", top.error_entries)?;
    json.member("distinct_at_least", top.distinct_at_least)?;
    json.array_member("rows", |json| {
        top.rows.iter().take(rows).try_for_each(|row| {
            json.object(|json| {
                group(json, row)?;
                self::row(json, row, top.by, total)
            })
        })
    })
}

fn row<W: Write>(json: &mut Json<W>, row: &Row, by: By, total: u64) -> Part {
    json.member("entries", row.entries)?;
    json.member("share_ratio", share(row.entries, total))?;
    json.member("unanswered", row.unanswered)?;
    json.member("assured", row.assured)?;
    if let Some(targets) = row.targets_estimate {
        json.member("targets_estimate", targets)?;
        json.member("targets_standard_error_ratio", TARGETS_ERROR_RATIO)?;
    }
    if by == By::Server {
        json.member("close_wait", row.close_wait)?;
        json.member("time_wait", row.time_wait)?;
    }
    json.member("port_low", row.ports.map(|(low, _)| low))?;
    json.member("port_high", row.ports.map(|(_, high)| high))
}

/// The members that name a group.
fn group<W: Write>(json: &mut Json<W>, row: &Row) -> Part {
    row.parts().into_iter().try_for_each(|(name, value)| match value {
        KeyValue::Text(text) => json.member(name, text.as_str()),
        KeyValue::Number(number) => json.member(name, number),
        KeyValue::Absent => Ok(()),
    })
}

fn what_if<W: Write>(json: &mut Json<W>, row: &WhatIf) -> Part {
    json.object(|json| {
        json.member("protocol", words::protocol(row.protocol).as_str())?;
        json.member("state", row.state)?;
        json.member("timeout_secs", row.timeout_secs)?;
        json.member("entries_gone", row.entries_gone)
    })
}

/// The other namespaces, and the kernel log.
fn others<W: Write>(json: &mut Json<W>, facts: &Facts) -> Part {
    if !facts.namespaces.is_empty() {
        json.array_member("namespaces", |json| {
            facts.namespaces.iter().try_for_each(|other| other_namespace(json, other))
        })?;
    }
    let Some(log) = facts.kernel_log else { return Ok(()) };
    json.object_member("kernel_log", |json| {
        json.member("lines", log.lines)?;
        json.member("first_age_secs", log.first_age_secs.map(|secs| rounded(secs, 1)))?;
        json.member("last_age_secs", log.last_age_secs.map(|secs| rounded(secs, 1)))
    })
}

fn other_namespace<W: Write>(json: &mut Json<W>, other: &Namespace) -> Part {
    let Some(entries) = other.entries else { return Ok(()) };
    let fill = other.max_entries.filter(|&max| max > 0).map(|max| share(entries, max));
    json.object(|json| {
        identity(json, other)?;
        json.member("entries", entries)?;
        json.member("max_entries", other.max_entries)?;
        json.member("fill_ratio", fill)?;
        json.member("full_drops_per_sec", other.full_drops_per_sec.map(per_sec))?;
        json.member("evictions_per_sec", other.evictions_per_sec.map(per_sec))?;
        json.member("pid", other.pid)?;
        json.array_member("processes", |json| json.values(&other.processes))
    })
}

fn finding<W: Write>(json: &mut Json<W>, finding: &Finding) -> Part {
    json.object(|json| {
        json.member("id", finding.id)?;
        json.member("severity", finding.severity.name())?;
        json.member("text", &finding.text)?;
        json.object_member("evidence", |json| {
            finding.evidence.0.iter().try_for_each(|(name, datum)| json.member(name, datum))
        })?;
        json.array_member("advice", |json| finding.advice.iter().try_for_each(|row| advice(json, row)))
    })
}

fn advice<W: Write>(json: &mut Json<W>, advice: &Advice) -> Part {
    json.object(|json| {
        json.member("id", advice.id)?;
        json.member("risk", advice.risk.number())?;
        json.member("text", &advice.text)?;
        json.array_member("commands", |json| json.values(&advice.commands))?;
        if !advice.undo.is_empty() {
            json.array_member("undo", |json| json.values(&advice.undo))?;
        }
        json.member("frees_now", advice.frees_now)
    })
}

fn not_read<W: Write>(json: &mut Json<W>, facts: &Facts) -> Part {
    if facts.not_read.is_empty() {
        return Ok(());
    }
    json.array_member("not_read", |json| {
        facts.not_read.iter().try_for_each(|unread| {
            json.object(|json| {
                json.member("what", &unread.what)?;
                json.member("why", &unread.why)
            })
        })
    })
}
