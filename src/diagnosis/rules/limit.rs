// SPDX-License-Identifier: GPL-2.0-or-later
//! The limit, the hash and the memory.

#![forbid(unsafe_code)]

use super::super::facts::Facts;
use super::super::report::Severity;
use super::super::words::{bytes, counted, counted_rate, measured, number, ratio, whole};
use super::{Hit, fires};

/// Chains up to this mean are good.
const CHAIN_GOOD: f64 = 4.0;
/// Chains above this mean are expensive for every packet.
const CHAIN_BAD: f64 = 8.0;
/// The limit that is usual for each processor.
const LIMIT_PER_CPU: u64 = 32_768;
/// The part of the memory from which a full table is large.
const MEMORY_RATIO: f64 = 0.05;

pub(super) fn none(facts: &Facts) -> Option<Hit> {
    let max = facts.table.max_entries?;
    (max == 0).then(|| Hit::new("There is no limit (nf_conntrack_max is 0): memory is."))
}

pub(super) fn hash_small(facts: &Facts) -> Option<Hit> {
    let length = facts.mean_chain_length().filter(|&length| length > CHAIN_GOOD)?;
    let buckets = facts.table.buckets?;
    let (of, least) = match facts.table.entries_all_namespaces {
        Some(all) => (format!("{} of all namespaces", counted(all, "entry", "entries")), ""),
        None => {
            (format!("{} of this namespace", counted(facts.table.entries?, "entry", "entries")), "at least ")
        }
    };
    let text = format!(
        "{} buckets for {of}: chains of {least}{} on average (up to 4 is good). Every packet walks one.",
        number(buckets),
        mean(length)
    );
    let is_bad = length > CHAIN_BAD;
    let hit = Hit::new(text).headline("hash too small");
    let hit = Hit { severity: (!is_bad).then_some(Severity::Warning), ..hit };
    Some(hit.with("mean_chain_length", length).with("buckets", buckets))
}

fn mean(length: f64) -> String {
    if length < 10.0 { format!("{length:.1}") } else { number(whole(length)) }
}

pub(super) fn hash_small_for_limit(facts: &Facts) -> Option<Hit> {
    let length = facts.chain_length_at_limit().filter(|&length| length > CHAIN_BAD)?;
    let (max, buckets) = (facts.table.max_entries?, facts.table.buckets?);
    let text = format!(
        "If the table fills, chains will be {} long on average: {} buckets for a limit of {}.",
        mean(length),
        number(buckets),
        number(max)
    );
    let hit = Hit::new(text).said_by(fires(facts, "hash-small").then_some("hash-small"));
    Some(hit.with("mean_chain_length_at_limit", length).with("buckets", buckets).with("max_entries", max))
}

/// The counter `drop` does not show these.
pub(super) fn chain_too_long(facts: &Facts) -> Option<Hit> {
    let chain = facts.losses?.chain_too_long;
    if chain.total == 0 {
        return None;
    }
    let now = chain.delta.unwrap_or(0);
    let not_shown = "because a chain is too long (the counter `drop` does not show them)";
    let mut text = match (now, chain.per_sec) {
        (1.., Some(per_sec)) => {
            let packets = counted_rate(per_sec, "packet a second is", "packets a second are");
            format!("{packets} lost {not_shown}.")
        }
        _ => {
            let none_now = facts.interval_secs.filter(|_| chain.delta == Some(0));
            let none_now = none_now.map(|secs| format!("; none in the last {}", measured(secs)));
            let not_shown = not_shown.replace("is too long", "was too long");
            format!(
                "{} been lost {not_shown}{}.",
                counted(chain.total, "packet has", "packets have"),
                none_now.unwrap_or_default()
            )
        }
    };
    if now > 0 && facts.mean_chain_length().is_some_and(|length| length < CHAIN_GOOD) {
        text += " Chains are short on average: an uneven hash, which is a collision attack or a defect.";
    }
    let hit = Hit::new(text).headline(if now > 0 {
        "packets are lost in the hash"
    } else {
        "packets lost in the hash earlier"
    });
    let hit = Hit { severity: (now == 0).then_some(Severity::Warning), ..hit }.with("total", chain.total);
    Some(match chain.delta {
        Some(delta) => hit.with("delta", delta),
        None => hit,
    })
}

pub(super) fn small(facts: &Facts) -> Option<Hit> {
    let (max, cpus) = (facts.table.max_entries.filter(|&max| max > 0)?, facts.machine.cpus?);
    let usual = LIMIT_PER_CPU.saturating_mul(cpus);
    if max >= usual || !facts.is_under_pressure() {
        return None;
    }
    let text = format!(
        "The limit is small for {} processors: 32,768 for each is usual, here {}.",
        number(cpus),
        number(usual)
    );
    Some(Hit::new(text).with("max_entries", max).with("cpus", cpus))
}

pub(super) fn memory_large(facts: &Facts) -> Option<Hit> {
    let max = facts.table.max_entries.filter(|&max| max > 0)?;
    let needed = facts.memory_bytes_of(max, facts.table.buckets?);
    let part = ratio(needed, facts.machine.memory_bytes?);
    if part <= MEMORY_RATIO {
        return None;
    }
    let text = format!("A full table takes {}, {} % of the memory.", bytes(needed), whole(part * 100.0));
    Some(Hit::new(text).with("memory_bytes", needed))
}
