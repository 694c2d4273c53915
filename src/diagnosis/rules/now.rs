// SPDX-License-Identifier: GPL-2.0-or-later
//! What happens to packets and entries now, or did before.

#![forbid(unsafe_code)]

use super::super::facts::{Facts, KernelLog};
use super::super::figures::{FULL_RATIO, NEARLY_FULL_RATIO};
use super::super::words::{counted, counted_rate, duration, measured, number, share, whole};
use super::{Hit, fires};
use crate::wire::consts::IPPROTO_TCP;

/// Evictable entries below this share are none worth a word.
const FEW_RATIO: f64 = 0.005;
/// From this share on "full" needs no number.
const BRIM_RATIO: f64 = 0.999;
/// Growth below this number of entries in the interval is noise.
const GROWTH_ENTRIES: f64 = 64.0;
/// This number of drops in the interval is no misreading.
const A_MOMENT_AGO: u64 = 10;
/// Arrivals explain a growth of at most this multiple of their rate.
const EXPLAINED_RATIO: f64 = 1.2;

/// A full table loses packets. Its `drop` alone would not do: a clash of NAT moves it too.
pub(super) fn dropping(facts: &Facts) -> Option<Hit> {
    let fill = facts.fill().filter(|&fill| fill >= FULL_RATIO)?;
    let per_sec = facts.losses?.table_full.per_sec.filter(|_| facts.full_drops() > 0)?;
    let packets = packets_a_second(per_sec, "dropped");
    let text = match facts.evictable_ratio() {
        None => format!("The table is full: {packets}."),
        Some(evictable) if evictable < FEW_RATIO => format!(
            "The table is full of {} that cannot be evicted: {packets}, the first of every new \
             connection. Those that exist work.",
            flows(facts)
        ),
        Some(_) => format!("The table is full: {packets}{}.", loss(facts)),
    };
    let hit = Hit::new(text).headline("packets are dropped");
    Some(hit.with("drop_per_sec", per_sec).with("fill_ratio", fill))
}

/// Established flows, where most are.
fn flows(facts: &Facts) -> &'static str {
    let established = facts.composition(IPPROTO_TCP, Some("ESTABLISHED")).map_or(0, |row| row.entries);
    if facts.listed().is_some_and(|listed| established * 2 > listed) { "established flows" } else { "flows" }
}

/// What part of the new connections that is, as the share of evictable entries predicts it.
fn loss(facts: &Facts) -> String {
    match facts.predicted_loss_ratio() {
        None => String::new(),
        Some(ratio) if ratio > 0.98 => ", the first of nearly every new connection".to_owned(),
        Some(ratio) => format!(", about {} of the new connections", share(ratio)),
    }
}

fn packets_a_second(per_sec: f64, participle: &str) -> String {
    format!("{} {participle}", counted_rate(per_sec, "packet a second is", "packets a second are"))
}

/// The kernel makes room: the table is at its limit, whether it loses packets or not.
pub(super) fn evicting(facts: &Facts) -> Option<Hit> {
    let per_sec = facts.counter("early_drop")?.per_sec.filter(|_| facts.growth_of("early_drop") > 0)?;
    let entries = counted_rate(per_sec, "unanswered entry", "unanswered entries");
    let evicts = format!("evicts {entries} a second to make room");
    let is_full = facts.is_filled(FULL_RATIO);
    let mut text = match (facts.full_drops() > 0, is_full) {
        (true, _) => format!("The kernel also {evicts}."),
        (false, true) => format!("The table is full and the kernel {evicts}."),
        (false, false) => format!("The table reaches its limit and the kernel {evicts}."),
    };
    if facts.losses.is_some() && facts.full_drops() == 0 {
        let all = facts.evictable_ratio().is_some_and(|ratio| ratio > 1.0 - FEW_RATIO);
        text += " No packet is dropped for it";
        text += if all { ": all entries here can be evicted." } else { "." };
    }
    let headline = if is_full { "the table is full" } else { "entries are evicted" };
    Some(Hit::new(text).headline(headline).with("early_drop_per_sec", per_sec))
}

pub(super) fn full(facts: &Facts) -> Option<Hit> {
    let fill = facts.fill().filter(|&fill| fill >= FULL_RATIO)?;
    let how = if fill >= BRIM_RATIO { "full".to_owned() } else { format!("{} full", share(fill)) };
    let hit = filled(facts, fill, &format!("The table is {how}"))?;
    Some(hit.headline(format!("the table is {how}")))
}

pub(super) fn nearly_full(facts: &Facts) -> Option<Hit> {
    let fill = facts.fill().filter(|&fill| (NEARLY_FULL_RATIO..FULL_RATIO).contains(&fill))?;
    Some(filled(facts, fill, "The table is nearly full")?.headline("nearly full"))
}

/// The head of the text form has these numbers: the findings do not repeat them.
fn filled(facts: &Facts, fill: f64, what: &str) -> Option<Hit> {
    let (entries, max) = (facts.table.entries?, facts.table.max_entries?);
    let counted = format!("{} of {} entries ({})", number(entries), number(max), share(fill));
    let hit = Hit::new(format!("{what}: {counted}.")).said_by(Some("head"));
    Some(hit.with("entries", entries).with("max_entries", max).with("fill_ratio", fill))
}

/// Growth that ends at the limit. A flood of unanswered flows may end below it: entries that are kept for 30 seconds
/// settle where 30 seconds of arrivals stand, however fast they grow now.
pub(super) fn filling(facts: &Facts) -> Option<Hit> {
    let fill = facts.fill().filter(|&fill| fill < FULL_RATIO)?;
    let (growth, interval) = (facts.rates.growth_per_sec?, facts.interval_secs?);
    let secs = facts.rates.secs_to_full.filter(|_| growth * interval >= GROWTH_ENTRIES)?;
    let arriving = facts.rates.unanswered_per_sec.unwrap_or(0.0);
    if growth <= EXPLAINED_RATIO * arriving {
        let settles_at = facts.settles_at()?;
        if settles_at < FULL_RATIO * facts.table.max_entries? as f64 {
            return None;
        }
    } else if secs >= if interval < 10.0 { 300.0 } else { 3600.0 } {
        return None;
    }
    let text = format!(
        "The table grows by {} a second. At the present rate it is full in {}.",
        counted_rate(growth, "entry", "entries"),
        duration(whole(secs).max(1))
    );
    let hit = Hit::new(text).headline(format!("{} full and growing", share(fill)));
    Some(hit.with("entries_per_sec", growth).with("secs_to_full", secs))
}

/// Totals count since the namespace was made. They say nothing about now. A table that was full a moment ago counts, too;
/// a few drops then may be those of a clash whose other counter was read earlier.
pub(super) fn dropped_before(facts: &Facts) -> Option<Hit> {
    let fill = facts.fill()?;
    let drops = facts.losses?.table_full;
    let evictions = facts.counter("early_drop").unwrap_or_default();
    let is_over = fill < FULL_RATIO && facts.full_drops() >= A_MOMENT_AGO;
    let is_past = fill < NEARLY_FULL_RATIO && drops.delta == Some(0) && evictions.delta.unwrap_or(0) == 0;
    let what = match (is_past || is_over, drops.total, evictions.total) {
        (false, ..) | (_, 0, 0) => return None,
        (_, 0, evicted) => format!("{} evicted", counted(evicted, "entry was", "entries were")),
        (_, lost, 0) => format!("{} dropped", counted(lost, "packet was", "packets were")),
        (_, lost, evicted) => {
            let packets = counted(lost, "packet was", "packets were");
            format!("{packets} dropped and {} evicted", counted(evicted, "entry", "entries"))
        }
    };
    let now = if is_over { number(facts.full_drops()) } else { "none".to_owned() };
    let interval = facts.interval_secs.map(|secs| format!("; {now} in the last {}", measured(secs)));
    let log = facts.kernel_log.filter(|log| log.lines > 0).map(|log| format!(" {}", log_says(log, "so {}")));
    let text = format!(
        "{what} because the table was full, since this namespace was made{}.{}",
        interval.unwrap_or_default(),
        log.unwrap_or_default()
    );
    let headline = if drops.total > 0 { "packets dropped earlier" } else { "the table was full earlier" };
    let hit = Hit::new(text).headline(headline);
    Some(hit.with("drop_total", drops.total).with("early_drop_total", evictions.total))
}

/// The kernel writes few lines, whatever it loses: no number of packets follows from them.
pub(super) fn log_lines(facts: &Facts) -> Option<Hit> {
    let log = facts.kernel_log.filter(|log| log.lines > 0)?;
    let hit = Hit::new(log_says(log, "{} that the table was full")).with("lines", log.lines);
    let hit = hit.said_by(fires(facts, "dropped-before").then_some("dropped-before"));
    Some(match log.last_age_secs {
        Some(age) => hit.with("last_age_secs", age),
        None => hit,
    })
}

fn log_says(log: KernelLog, what: &str) -> String {
    let ago = log.last_age_secs.map(|secs| duration(whole(secs)));
    let (times, ago) = match (log.lines, ago) {
        (1, None) => ("once".to_owned(), String::new()),
        (1, Some(ago)) => ("once".to_owned(), format!(", {ago} ago")),
        (lines, None) => (format!("{} times", number(lines)), String::new()),
        (lines, Some(ago)) => (format!("{} times", number(lines)), format!(", the last time {ago} ago")),
    };
    format!("The kernel log says {}{ago} (it writes 10 lines in 5 s at most).", what.replace("{}", &times))
}
