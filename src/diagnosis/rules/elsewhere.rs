// SPDX-License-Identifier: GPL-2.0-or-later
//! What else loses packets or grows: NAT, invalid packets, expectations, ended flows, other namespaces.

#![forbid(unsafe_code)]

use super::super::advice::Subject;
use super::super::facts::{Facts, Namespace, Row};
use super::super::figures::{FULL_RATIO, NAT_PORTS, NEARLY_FULL_RATIO};
use super::super::key::{By, Key};
use super::super::report::Severity;
use super::super::words::{counted_rate, number, plain, rate, ratio, service, share, share_of};
use super::{Hit, fires};

/// More than this part of all ports that an address can have.
const PORTS_RATIO: f64 = 0.8;
/// A range narrower than that is assumed from this number of ports on ...
const RANGE_PORTS: u64 = 256;
/// ... that are more than this part of those between the lowest and the highest.
const RANGE_RATIO: f64 = 0.95;
/// The kernel tries 128 ports, and counts each in `found`, before it drops a packet; other packets may find a port sooner.
const TRIES: u64 = 100;
/// Pools that are named.
const POOLS: usize = 3;
const INVALID_PER_SEC: f64 = 100.0;
const EXPECTATIONS_RATIO: f64 = 0.8;
/// Dying and hidden entries below this are the ordinary few.
const FEW_ENTRIES: u64 = 100;
const DYING_RATIO: f64 = 0.01;
const HIDDEN_RATIO: f64 = 0.10;
const BRIM_RATIO: f64 = 0.999;

/// Packets that NAT loses. Together with `snat-ports` it stands before it: first what is lost, then why.
pub(super) fn insert_failed(facts: &Facts) -> Option<Hit> {
    let clash = facts.losses?.clash;
    let (delta, per_sec) = (clash.delta.filter(|&delta| delta > 0)?, clash.per_sec?);
    let is_full = facts.is_filled(FULL_RATIO);
    let has_pool = fires(facts, "snat-ports");
    let text = if has_pool || facts.is_port_scarce() {
        let not_full =
            if is_full { "" } else { " The table is not full (drop and insert_failed grow together)." };
        format!(
            "{} lost because source NAT finds no free port.{not_full}",
            counted_rate(per_sec, "packet a second is", "packets a second are")
        )
    } else {
        format!(
            "{} lost in a race for the same NAT tuple (parallel DNS queries do this).",
            counted_rate(per_sec, "packet a second is", "packets a second are")
        )
    };
    let stands_with = has_pool.then_some(Severity::Critical);
    let hit = Hit { stands_with, ..Hit::new(text) };
    let hit = hit.headline(if has_pool { "connections fail" } else { "packets are lost to NAT" });
    Some(hit.with("delta", delta).with("full", is_full))
}

/// A translated address without a free port towards one server.
pub(super) fn snat_ports(facts: &Facts) -> Vec<Hit> {
    let top = facts.census.as_ref().and_then(|census| census.top(By::NatPool));
    let rows = top.iter().flat_map(|top| &top.rows);
    rows.filter_map(|row| pool(facts, row)).take(POOLS).collect()
}

fn pool(facts: &Facts, row: &Row) -> Option<Hit> {
    let Key::NatPool { protocol, nat_source, destination, port } = row.key else { return None };
    let used = row.entries;
    let range = row.ports.map(|(low, high)| u64::from(high.saturating_sub(low)) + 1);
    let has_clashed = facts.losses.is_some_and(|losses| losses.clash.total > 0);
    let is_dense = used >= RANGE_PORTS && row.ports_used_ratio().is_some_and(|part| part > RANGE_RATIO);
    let is_used_up = ratio(used, NAT_PORTS) > PORTS_RATIO;
    let is_scarce = is_used_up || (is_dense && has_clashed);
    if !is_scarce {
        return None;
    }
    let ports = match (row.ports, range) {
        (Some((low, high)), Some(range)) if used >= range => {
            format!("All {} ports from {low} to {high}", number(used))
        }
        (Some((low, high)), Some(range)) => {
            format!("{} of the {} ports from {low} to {high}", number(used), number(range))
        }
        _ => format!("{} ports", number(used)),
    };
    let text = format!(
        "{ports} of {nat_source} are in use towards {destination} {}. Up to {} are possible for one address.",
        service(protocol, port),
        number(NAT_PORTS)
    );
    let subject = Subject::Pool { protocol, nat_source, destination, port };
    let hit = Hit::new(text).headline(if has_clashed { "connections fail" } else { "NAT ports run out" });
    let hit = hit.about(subject).with("nat_source", nat_source.to_string());
    let mut hit = hit.with("destination", destination.to_string()).with("ports_used", used);
    hit.evidence.extend(port.map(|port| ("port", u64::from(port).into())));
    hit.evidence.extend(row.ports.map(|(low, _)| ("port_low", u64::from(low).into())));
    hit.evidence.extend(row.ports.map(|(_, high)| ("port_high", u64::from(high).into())));
    Some(hit)
}

/// Packets that belong to no flow. They make no entries: the size of the table does not matter.
pub(super) fn invalid(facts: &Facts) -> Option<Hit> {
    let per_sec = facts.counter("invalid")?.per_sec.filter(|&per_sec| per_sec > INVALID_PER_SEC)?;
    let text = format!(
        "{} packets a second are invalid: they fit no flow and may not start one. They make no entries.",
        rate(per_sec)
    );
    Some(Hit::new(text).headline("many invalid packets").with("invalid_per_sec", per_sec))
}

pub(super) fn expectations_full(facts: &Facts) -> Option<Hit> {
    let (used, max) = (facts.table.expectations?, facts.table.expectations_max.filter(|&max| max > 0)?);
    if ratio(used, max) <= EXPECTATIONS_RATIO {
        return None;
    }
    let counted = format!("{} of {} expectations ({})", number(used), number(max), share_of(used, max));
    let is_full = used >= max;
    let (text, headline) = if is_full {
        (format!("Helpers cannot expect more connections: {counted} are in use."), "no expectation is free")
    } else {
        (
            format!("{counted} are in use: at the limit helpers cannot expect more connections."),
            "few expectations are free",
        )
    };
    let severity = (!is_full).then_some(Severity::Warning);
    let hit = Hit { severity, ..Hit::new(text).headline(headline) };
    Some(hit.with("expectations", used).with("expectations_max", max))
}

pub(super) fn dying(facts: &Facts) -> Option<Hit> {
    let (dying, entries) = (facts.table.entries_dying?, facts.table.entries?);
    if dying <= FEW_ENTRIES || ratio(dying, entries) <= DYING_RATIO {
        return None;
    }
    let names: Vec<String> = facts.machine.listeners.iter().map(|name| plain(name)).collect();
    let listeners =
        if names.is_empty() { String::new() } else { format!(" Listeners to events: {}.", names.join(", ")) };
    let text = format!(
        "{} flows have ended but a listener that asked for reliable events does not read them.{listeners}",
        number(dying)
    );
    Some(Hit::new(text).headline("ended flows pile up").with("dying", dying))
}

pub(super) fn hidden(facts: &Facts) -> Option<Hit> {
    let hidden = facts.hidden_entries().filter(|&hidden| hidden > FEW_ENTRIES)?;
    let counted = facts.table.entries_after_list.or(facts.table.entries)?;
    if ratio(hidden, counted) <= HIDDEN_RATIO {
        return None;
    }
    let text = format!(
        "{} entries are counted but not listed: a leak in the kernel or in a module.",
        number(hidden)
    );
    Some(Hit::new(text).headline("entries are missing from the list").with("hidden", hidden))
}

/// Every namespace has its own count against the one limit: another can be full while this one is empty.
pub(super) fn other_namespace(facts: &Facts) -> Vec<Hit> {
    let own = facts.namespace.inode;
    let others = facts.namespaces.iter().filter(|other| other.inode == 0 || other.inode != own);
    others.filter_map(|other| filled_namespace(facts, other)).collect()
}

fn filled_namespace(facts: &Facts, other: &Namespace) -> Option<Hit> {
    let max = other.max_entries.or(facts.table.max_entries).filter(|&max| max > 0)?;
    let entries = other.entries?;
    let fill = ratio(entries, max);
    if fill < NEARLY_FULL_RATIO {
        return None;
    }
    let name = other.shown_name();
    let inode = if other.inode == 0 || other.name.is_none() {
        String::new()
    } else {
        format!(" (net:[{}])", other.inode)
    };
    let text = format!(
        "Namespace {name}{inode} holds {} entries, {} of the limit. Every namespace has its own count against the one \
         limit.",
        number(entries),
        share(fill)
    );
    let how = if fill >= BRIM_RATIO { "full" } else { "nearly full" };
    let hit = Hit::new(text).headline(format!("namespace {name} is {how}"));
    let severity = (fill < FULL_RATIO).then_some(Severity::Warning);
    let hit = Hit { severity, ..hit }.about(Subject::Namespace(other.clone()));
    let hit = hit.with("namespace", name);
    let hit = if other.inode == 0 { hit } else { hit.with("inode", other.inode) };
    Some(hit.with("entries", entries))
}

impl Namespace {
    /// Its name, else its inode number.
    #[must_use]
    pub fn shown_name(&self) -> String {
        match &self.name {
            Some(name) => plain(name),
            None if self.inode == 0 => "without a name".to_owned(),
            None => format!("net:[{}]", self.inode),
        }
    }
}

impl Facts {
    /// Whether what NAT loses, it loses for want of ports: each such packet moves `found` by 128.
    #[must_use]
    pub fn is_port_scarce(&self) -> bool {
        let clash = self.losses.and_then(|losses| losses.clash.delta).unwrap_or(0);
        clash > 0 && self.growth_of("found") >= TRIES * clash
    }
}
