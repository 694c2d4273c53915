// SPDX-License-Identifier: GPL-2.0-or-later
//! What the entries are: idle, closing, unanswered, or none of it.

#![forbid(unsafe_code)]

use super::super::advice::Subject;
use super::super::facts::{Composition, Facts};
use super::super::figures::FULL_RATIO;
use super::super::key::By;
use super::super::words::{duration, number, protocol, ratio, rounded, share, state};
use super::who::{SMALL_RATIO, largest};
use super::{Hit, fires, has_cause};
use crate::wire::consts::{IPPROTO_TCP, IPPROTO_UDP};

const IDLE_SECS: u32 = 3600;
/// Idle flows are a cause from this part of the established ones on ...
const IDLE_RATIO: f64 = 0.50;
/// ... that is at least this part of the table.
const IDLE_TABLE_RATIO: f64 = 0.10;
const CLOSE_WAIT_RATIO: f64 = 0.10;
const TIME_WAIT_RATIO: f64 = 0.40;
const UNANSWERED_RATIO: f64 = 0.30;
const OVER_SETTING_RATIO: f64 = 0.10;
/// The kernel's default for CLOSE_WAIT, in seconds.
pub(in super::super) const CLOSE_WAIT_DEFAULT_SECS: u32 = 60;
/// Classes of idle age, the longest first, as a sentence names them.
const AGES: [(u32, &str); 5] = [
    (345_600, "four days"),
    (259_200, "three days"),
    (172_800, "two days"),
    (86400, "a day"),
    (21600, "six hours"),
];

/// The part of the entries that a protocol and state has, if it is more than `least`.
fn stage<'a>(facts: &'a Facts, name: &str, least: f64) -> Option<(&'a Composition, f64)> {
    let row = facts.composition(IPPROTO_TCP, Some(name))?;
    let part = ratio(row.entries, facts.listed()?);
    (part > least).then_some((row, part))
}

/// Flows without a packet for an hour. Those whose idle time is not known count as none.
pub(super) fn idle_established(facts: &Facts) -> Option<Hit> {
    let row = facts.composition(IPPROTO_TCP, Some("ESTABLISHED"))?;
    let (idle, known) = (row.idle_at_least(IDLE_SECS)?, row.idle_known());
    let part = ratio(idle, facts.listed()?);
    if ratio(idle, known) <= IDLE_RATIO || part <= IDLE_TABLE_RATIO {
        return None;
    }
    let longer = AGES.iter().filter_map(|(secs, name)| Some((row.idle_at_least(*secs)?, name)));
    let longer = longer.into_iter().find(|(entries, _)| entries * 2 >= idle);
    let longer = longer.map(|(entries, name)| format!(", {} for more than {name}", number(entries)));
    let kept = row
        .timeout_secs
        .map(|secs| format!(" Each is kept {secs} s ({}) after its last.", duration(secs.into())));
    let text = format!(
        "{} of {} established TCP flows had no packet for more than an hour{}.{}",
        number(idle),
        number(row.entries),
        longer.unwrap_or_default(),
        kept.unwrap_or_default()
    );
    let hit = Hit { share: part, ..Hit::new(text) };
    Some(hit.with("idle_over_1h", idle).with("established", row.entries))
}

pub(super) fn close_wait(facts: &Facts) -> Option<Hit> {
    let (row, part) = stage(facts, "CLOSE_WAIT", CLOSE_WAIT_RATIO)?;
    let timeout = row.timeout_secs.or(facts.settings.timeout_secs("tcp", "close_wait"));
    let kept = match timeout {
        Some(CLOSE_WAIT_DEFAULT_SECS) => " They are kept 60 s, the kernel's default.".to_owned(),
        Some(secs) => format!(" They are kept {secs} s here; the kernel's default is 60 s."),
        None => String::new(),
    };
    let text = format!(
        "{} entries ({}) are TCP in CLOSE_WAIT: one side has closed, the other never does.{kept}",
        number(row.entries),
        share(part)
    );
    Some(timed(Hit::new(text).holding(row.entries, part), timeout))
}

pub(super) fn time_wait(facts: &Facts) -> Option<Hit> {
    let (row, part) = stage(facts, "TIME_WAIT", TIME_WAIT_RATIO)?;
    let timeout = row.timeout_secs.or(facts.settings.timeout_secs("tcp", "time_wait"));
    let closed = timeout.filter(|&secs| secs > 0).map(|secs| {
        let a_second = rounded(row.entries as f64 / f64::from(secs), 2);
        format!(", closed within the last {secs} s, about {a_second} a second")
    });
    let text = format!(
        "Short connections: {} entries ({}) are TCP in TIME_WAIT{}.",
        number(row.entries),
        share(part),
        closed.unwrap_or_default()
    );
    Some(timed(Hit::new(text).holding(row.entries, part), timeout))
}

fn timed(hit: Hit, timeout: Option<u32>) -> Hit {
    match timeout {
        Some(secs) => hit.with("timeout_secs", u64::from(secs)),
        None => hit,
    }
}

/// Unanswered flows: what they are, and where their arrival leads.
pub(super) fn unreplied(facts: &Facts) -> Option<Hit> {
    let census = facts.census.as_ref()?;
    let part = ratio(census.unanswered, facts.listed()?);
    if part <= UNANSWERED_RATIO {
        return None;
    }
    let main = facts.main_unanswered()?;
    let mostly = if main.unanswered * 10 >= census.unanswered * 9 { "" } else { "mostly " };
    let kept = facts.kept_secs(main).map(|secs| format!(", kept for {secs} s"));
    let what = format!("{mostly}{}{}", state(main.protocol, main.state), kept.unwrap_or_default());
    let text = match (fires(facts, "dns"), arrivals(facts, main, true)) {
        (true, Some(arrivals)) => arrivals,
        _ => {
            let arrivals = arrivals(facts, main, false).map(|text| format!(" {text}"));
            format!("{} of the entries are unanswered ({what}).{}", share(part), arrivals.unwrap_or_default())
        }
    };
    Some(Hit::new(text).holding(census.unanswered, part))
}

/// How many arrive, and how many entries that makes; `in_full` where nothing else says what they are.
fn arrivals(facts: &Facts, main: &Composition, in_full: bool) -> Option<String> {
    let census = facts.census.as_ref()?;
    let per_sec = match (main.protocol, main.state) {
        (IPPROTO_TCP, Some("SYN_SENT")) => census.unanswered_tcp_per_sec,
        (IPPROTO_UDP, _) => census.unanswered_udp_per_sec,
        _ => 0.0,
    };
    let secs = facts.kept_secs(main).filter(|_| per_sec >= 1.0)?;
    let arriving = rounded(per_sec, 2);
    let max = facts.table.max_entries.filter(|&max| max > 0)? as f64;
    let settles_at = facts.settles_at()?;
    let end = if settles_at < FULL_RATIO * max {
        format!("the table settles at about {} entries", rounded(settles_at, 2))
    } else {
        "the table stays full".to_owned()
    };
    Some(if in_full {
        format!(
            "About {arriving} new unanswered {} flows arrive each second and are kept {secs} s: if it goes on {end}.",
            protocol(main.protocol).to_uppercase()
        )
    } else {
        let makes = rounded(per_sec * f64::from(secs), 2);
        format!("About {arriving} new ones arrive each second; at {secs} s each that is {makes} entries.")
    })
}

/// No cause: a larger limit comes first here, and only here.
pub(in super::super) fn no_heavy_hitter(facts: &Facts) -> Option<Hit> {
    const TABLES: [By; 4] = [By::Source, By::SOURCE_NETWORK, By::Destination, By::Service];
    if !facts.is_under_pressure() {
        return None;
    }
    let listed = facts.listed()?;
    let mut most: f64 = 0.0; // of what each may have at most
    for by in TABLES {
        let error = facts.census.as_ref()?.top(by)?.error_entries;
        let entries = largest(facts, by).map_or(0, |(_, row, _)| row.entries);
        most = most.max(ratio(entries + error, listed));
    }
    if has_cause(facts) {
        return None;
    }
    let mut text = if most <= SMALL_RATIO {
        "Nobody holds more than 1 % of the table: no source, network, destination or service.".to_owned()
    } else {
        format!("No source, network, destination or service stands out: none has more than {}.", share(most))
    };
    if facts.is_in_trouble() && !fires(facts, "unreplied") {
        text += " The limit is too small for the load.";
    }
    let source = largest(facts, By::Source).map_or(0.0, |(.., share)| share);
    let is_calm = !facts.is_in_trouble(); // a table that is half full and serves its load has no problem
    Some(Hit::new(text).said_by(is_calm.then_some("head")).with("largest_source_share_ratio", source))
}

/// Entries that outlive their setting: nothing may be said about how long they have been idle.
pub(super) fn over_setting(facts: &Facts) -> Vec<Hit> {
    let Some(listed) = facts.listed() else { return Vec::new() };
    let rows = facts.census.iter().flat_map(|census| &census.composition);
    rows.filter_map(|row| {
        let part = ratio(row.over_setting, listed);
        let setting = row.timeout_secs.filter(|_| part > OVER_SETTING_RATIO)?;
        let text = format!(
            "{} {} entries have more time left than the setting ({setting} s) gives: it was lowered, or a timeout policy \
             rules them. Existing entries keep their deadline.",
            number(row.over_setting),
            state(row.protocol, row.state),
        );
        let name = row.state.map_or_else(|| protocol(row.protocol), str::to_owned);
        let subject = Subject::OverSetting { protocol: row.protocol, state: row.state, setting_secs: setting };
        let hit = Hit { share: part, ..Hit::new(text) }.about(subject).with("state", name);
        Some(hit.with("entries", row.over_setting).with("setting_secs", u64::from(setting)))
    })
    .collect()
}

impl Facts {
    /// The protocol and state with the most unanswered entries.
    pub(in super::super) fn main_unanswered(&self) -> Option<&Composition> {
        self.census.as_ref()?.composition.iter().max_by_key(|row| row.unanswered)
    }

    /// How long an unanswered entry of this kind is kept, in seconds.
    pub(in super::super) fn kept_secs(&self, row: &Composition) -> Option<u32> {
        let (protocol, state) = row.setting()?;
        self.settings.timeout_secs(protocol, state)
    }
}
