// SPDX-License-Identifier: GPL-2.0-or-later
//! Who holds the entries: sources, networks, destinations, services, tenants, and kinds of traffic.
//!
//! Every share is that of a lower bound: no group is named for entries that it may not have.

#![forbid(unsafe_code)]

use super::super::advice::Subject;
use super::super::census::{DNS_PORT, TUNNEL_PORTS};
use super::super::facts::{Facts, Row, Top};
use super::super::figures::is_source_in;
use super::super::key::{By, Key};
use super::super::words::{group, number, ratio, rounded, service as service_name, share};
use super::{Hit, fires};
use crate::wire::consts::{IPPROTO_GRE, IPPROTO_UDP};
use std::net::IpAddr;

/// A source, network or destination with more than this is named.
const HEAVY_RATIO: f64 = 0.25;
const SERVICE_RATIO: f64 = 0.30;
const TENANT_RATIO: f64 = 0.50;
const DNS_RATIO: f64 = 0.20;
const TUNNEL_RATIO: f64 = 0.10;
const LOOPBACK_RATIO: f64 = 0.05;
/// A network is named if it has more than this multiple of its largest address.
const NETWORK_FACTOR: f64 = 1.5;
/// A scan has at least this number of targets.
const SCAN_TARGETS: u64 = 1000;
/// What is left of an estimate of targets after twice its standard error of 13 %.
const TARGETS_LEAST: f64 = 0.74;
/// Two groups count as the same entries if the smaller one has at least this share of the larger one.
const SAME_RATIO: f64 = 0.9;
/// A share up to this is small.
pub(super) const SMALL_RATIO: f64 = 0.01;

/// The largest group of a table, and its part of all entries.
pub(in super::super) fn largest(facts: &Facts, by: By) -> Option<(&Top, &Row, f64)> {
    let top = facts.census.as_ref()?.top(by)?;
    let row = top.rows.first()?;
    Some((top, row, ratio(row.entries, facts.listed()?)))
}

/// The same, if its part is larger than `least`.
fn heavy(facts: &Facts, by: By, least: f64) -> Option<(&Top, &Row, f64)> {
    largest(facts, by).filter(|(.., share)| *share > least)
}

/// `183,500 entries (85 %)`, a lower bound as such.
fn holding(top: &Top, row: &Row, part: f64) -> String {
    let least = if top.error_entries > 0 { "at least " } else { "" };
    format!("{least}{} entries ({})", number(row.entries), share(part))
}

/// How many of a group are unanswered, in words for a sentence about it.
fn mix(row: &Row) -> String {
    match ratio(row.unanswered, row.entries) {
        1.0 => ", all unanswered".to_owned(),
        part if part >= SAME_RATIO => ", nearly all unanswered".to_owned(),
        part if part >= 0.1 => format!(", {} of them unanswered", share(part)),
        _ if ratio(row.assured, row.entries) >= SAME_RATIO => ", nearly all answered".to_owned(),
        _ => String::new(),
    }
}

/// The heavy source, if it scans: its targets at least.
fn scanned(facts: &Facts) -> Option<(IpAddr, &Row, u64)> {
    let (_, row, _) = heavy(facts, By::Source, HEAVY_RATIO)?;
    let Key::Source(address) = row.key else { return None };
    let targets = targets_min(row).filter(|&targets| targets >= SCAN_TARGETS)?;
    (row.unanswered * 2 > row.entries).then_some((address, row, targets))
}

/// Whether the heavy source scans.
pub(in super::super) fn is_scan(facts: &Facts) -> bool {
    scanned(facts).is_some()
}

fn targets_min(row: &Row) -> Option<u64> {
    row.targets_estimate.map(|targets| (targets as f64 * TARGETS_LEAST) as u64)
}

fn about_targets(row: &Row) -> String {
    rounded(row.targets_estimate.unwrap_or(0) as f64, 1)
}

pub(super) fn source(facts: &Facts) -> Option<Hit> {
    let (top, row, part) = heavy(facts, By::Source, HEAVY_RATIO)?;
    let Key::Source(address) = row.key else { return None };
    let scan = scanned(facts).map(|_| format!(", to about {} targets: it scans", about_targets(row)));
    let text =
        format!("{address} holds {}{}{}.", holding(top, row, part), mix(row), scan.unwrap_or_default());
    let hit = Hit::new(text).about(Subject::Source(address)).with("source", address.to_string());
    let hit = hit.holding(row.entries, part);
    Some(match targets_min(row) {
        Some(targets) => hit.with("targets_min", targets),
        None => hit,
    })
}

pub(super) fn scan(facts: &Facts) -> Option<Hit> {
    let (address, row, targets) = scanned(facts)?;
    let text = format!(
        "{address} scans about {} targets: {} of its entries are unanswered.",
        about_targets(row),
        share(ratio(row.unanswered, row.entries))
    );
    let hit = Hit::new(text).about(Subject::Source(address)).said_by(Some("top-source"));
    let hit = Hit { share: ratio(row.entries, facts.listed()?), ..hit };
    Some(hit.with("source", address.to_string()).with("targets_min", targets))
}

/// A network that is more than its largest address.
pub(super) fn network(facts: &Facts) -> Option<Hit> {
    let (top, row, part) = heavy(facts, By::SOURCE_NETWORK, HEAVY_RATIO)?;
    let Key::SourcePrefix(address, length) = row.key else { return None };
    let most = facts.largest_source_in(address, length)?;
    if row.entries as f64 <= NETWORK_FACTOR * most as f64 {
        return None;
    }
    let is_all = facts.listed() == Some(row.entries);
    let held = if is_all { "all entries".to_owned() } else { holding(top, row, part) };
    let is_unanswered = row.unanswered * 2 > row.entries;
    let mix = if is_unanswered && !fires(facts, "dns") { mix(row) } else { String::new() };
    let within = within(facts, (address, length), row, is_unanswered)?;
    let text = format!("{address}/{length} is the source of {held}{mix}; {within}.");
    let hit = Hit::new(text).about(Subject::Network(address, length));
    Some(hit.with("prefix", format!("{address}/{length}")).holding(row.entries, part))
}

/// How the entries of a network are spread over its addresses.
fn within(facts: &Facts, network: (IpAddr, u8), row: &Row, is_unanswered: bool) -> Option<String> {
    let listed = facts.listed()?;
    let most = facts.largest_source_in(network.0, network.1)?;
    if ratio(most, listed) <= SMALL_RATIO {
        return Some(match (network.0.is_ipv6(), is_unanswered) {
            (true, true) => "no address in it has more than 1 %: addresses are drawn at random".to_owned(),
            _ => "no one address in it has more than 1 %".to_owned(),
        });
    }
    const NAMES: [&str; 8] = ["two", "three", "four", "five", "six", "seven", "eight", "nine"];
    let busiest = facts.sources_in(network.0, network.1);
    let alike = busiest.iter().take_while(|entries| **entries as f64 >= SAME_RATIO * most as f64).count();
    let together: u64 = busiest.iter().take(alike).sum();
    let each = busiest.get(alike.wrapping_sub(1)).copied().unwrap_or(most);
    let name = alike.checked_sub(2).and_then(|at| NAMES.get(at));
    Some(match name {
        Some(name) if ratio(together, row.entries) >= SAME_RATIO => {
            format!("its {name} busiest addresses hold {} each", share(ratio(each, listed)))
        }
        _ => format!("its busiest address has {}", share(ratio(most, listed))),
    })
}

/// The server that has nearly all entries of a destination.
fn server_of(facts: &Facts, destination: IpAddr, entries: u64) -> Option<(u8, Option<u16>)> {
    let (_, row, _) = largest(facts, By::Server)?;
    match row.key {
        Key::Server { destination: own, protocol, port }
            if own == destination && row.entries as f64 >= SAME_RATIO * entries as f64 =>
        {
            Some((protocol, port))
        }
        _ => None,
    }
}

/// The heavy destination, and the service that nearly all its entries have.
pub(super) type Heavy<'a> = (IpAddr, &'a Top, &'a Row, f64, Option<(u8, Option<u16>)>);

pub(super) fn heavy_destination(facts: &Facts) -> Option<Heavy<'_>> {
    let (top, row, part) = heavy(facts, By::Destination, HEAVY_RATIO)?;
    let Key::Destination(address) = row.key else { return None };
    Some((address, top, row, part, server_of(facts, address, row.entries)))
}

pub(super) fn destination(facts: &Facts) -> Option<Hit> {
    let (address, top, row, part, server) = heavy_destination(facts)?;
    let held = holding(top, row, part);
    let (text, subject) = match server {
        Some((protocol, port)) => (
            format!("{address} {} is the server of {held}.", service_name(protocol, port)),
            Subject::Server { destination: address, protocol, port },
        ),
        None => {
            (format!("{address} is the destination of {held}{}.", mix(row)), Subject::Destination(address))
        }
    };
    let is_dns = server.is_some_and(|(_, port)| port == Some(DNS_PORT)) && fires(facts, "dns");
    let hit = Hit::new(text).about(subject).said_by(is_dns.then_some("dns"));
    Some(hit.with("destination", address.to_string()).holding(row.entries, part))
}

pub(super) fn service(facts: &Facts) -> Option<Hit> {
    let (top, row, part) = heavy(facts, By::Service, SERVICE_RATIO)?;
    let Key::Service { protocol, port } = row.key else { return None };
    let name = service_name(protocol, port);
    let text = format!("{name} is the service of {}{}.", holding(top, row, part), mix(row));
    let is_tunnel = protocol == IPPROTO_GRE || is_tunnel_port(protocol, port);
    let is_servers = heavy_destination(facts).is_some_and(|(.., destination, _, server)| {
        server == Some((protocol, port)) && destination.entries as f64 >= SAME_RATIO * row.entries as f64
    });
    let said_by = if port == Some(DNS_PORT) && fires(facts, "dns") {
        Some("dns")
    } else if is_tunnel && fires(facts, "overlay") {
        Some("overlay")
    } else {
        is_servers.then_some("top-destination")
    };
    let hit = Hit::new(text).about(Subject::Service { protocol, port }).said_by(said_by);
    let hit = hit.with("protocol", u64::from(protocol));
    let hit = match port {
        Some(port) => hit.with("port", u64::from(port)),
        None => hit,
    };
    Some(hit.holding(row.entries, part))
}

fn is_tunnel_port(protocol: u8, port: Option<u16>) -> bool {
    protocol == IPPROTO_UDP && port.is_some_and(|port| TUNNEL_PORTS.contains(&port))
}

/// One of several groups that has more than half of the entries.
fn tenant(facts: &Facts, by: By) -> Option<(&Top, &Row, f64)> {
    let found = heavy(facts, by, TENANT_RATIO)?;
    (found.0.rows.len() > 1 || found.0.distinct_at_least > 1).then_some(found)
}

pub(super) fn zone(facts: &Facts) -> Option<Hit> {
    let (top, row, part) = tenant(facts, By::Zone)?;
    let Key::Zone(zone @ 1..) = row.key else { return None };
    let text = format!("Zone {zone} holds {}. All zones share one limit.", holding(top, row, part));
    let hit = Hit::new(text).about(Subject::Zone(zone)).with("zone", u64::from(zone));
    Some(hit.holding(row.entries, part))
}

pub(super) fn mark(facts: &Facts) -> Option<Hit> {
    let (top, row, part) = tenant(facts, By::Mark { mask: u32::MAX })?;
    let Key::Mark(mark @ 1..) = row.key else { return None };
    let text = format!("Mark {mark:#x} is on {}.", holding(top, row, part));
    let hit = Hit::new(text).about(Subject::Mark(mark)).with("mark", u64::from(mark));
    Some(hit.holding(row.entries, part))
}

pub(super) fn label(facts: &Facts) -> Option<Hit> {
    let (top, row, part) = heavy(facts, By::Label, TENANT_RATIO)?;
    let Key::Label(bit) = row.key else { return None };
    if row.entries + top.error_entries >= facts.listed()? {
        return None;
    }
    let text = format!("Label {} is on {}.", group(row), holding(top, row, part));
    let hit = Hit::new(text).with("label", u64::from(bit));
    let hit = match &row.name {
        Some(name) => hit.with("name", name.clone()),
        None => hit,
    };
    Some(hit.holding(row.entries, part))
}

pub(super) fn dns(facts: &Facts) -> Option<Hit> {
    let census = facts.census.as_ref()?;
    let part = ratio(census.dns, facts.listed()?);
    if part <= DNS_RATIO {
        return None;
    }
    let mut row = Row::new(Key::Service { protocol: IPPROTO_UDP, port: Some(DNS_PORT) }, census.dns);
    row.unanswered = census.dns_unanswered;
    let server = facts.dns_server(census.dns);
    let to = match (server, row.unanswered) {
        (None, _) => String::new(),
        (Some(server), 0) => format!(" to {server}"),
        (Some(server), _) => format!(", to {server}"),
    };
    let text = format!("{} entries ({}) are DNS{}{to}.", number(census.dns), share(part), mix(&row));
    Some(Hit::new(text).about(Subject::Dns(server)).holding(census.dns, part))
}

pub(super) fn overlay(facts: &Facts) -> Option<Hit> {
    let tunnels = facts.census.as_ref()?.tunnels;
    let part = ratio(tunnels, facts.listed()?);
    if part <= TUNNEL_RATIO {
        return None;
    }
    let kind = facts.largest_tunnel();
    let mostly = kind.map(|(protocol, port)| format!(", most of it {}", service_name(protocol, port)));
    let text = format!(
        "{} entries ({}) are tunnel traffic{}: a source port for every inner flow makes an entry each.",
        number(tunnels),
        share(part),
        mostly.unwrap_or_default()
    );
    let subject = kind.map_or(Subject::Nothing, |(protocol, port)| Subject::Service { protocol, port });
    Some(Hit::new(text).about(subject).holding(tunnels, part))
}

pub(super) fn loopback(facts: &Facts) -> Option<Hit> {
    let loopback = facts.census.as_ref()?.loopback;
    let part = ratio(loopback, facts.listed()?);
    if part <= LOOPBACK_RATIO {
        return None;
    }
    let text = format!(
        "{} of the table is traffic of this host with itself: {} entries.",
        share(part),
        number(loopback)
    );
    Some(Hit::new(text).holding(loopback, part))
}

impl Facts {
    /// Entries of the addresses in a network that the table of sources shows, the largest first.
    fn sources_in(&self, network: IpAddr, length: u8) -> Vec<u64> {
        let top = self.census.as_ref().and_then(|census| census.top(By::Source));
        let rows = top.iter().flat_map(|top| &top.rows);
        rows.filter(|row| is_source_in(&row.key, network, length)).map(|row| row.entries).collect()
    }

    /// The server to which nearly all DNS entries go.
    fn dns_server(&self, entries: u64) -> Option<IpAddr> {
        let (_, row, _) = largest(self, By::Server)?;
        match row.key {
            Key::Server { destination, port: Some(DNS_PORT), .. }
                if row.entries as f64 >= SAME_RATIO * entries as f64 =>
            {
                Some(destination)
            }
            _ => None,
        }
    }

    /// The kind of tunnel with the most entries.
    fn largest_tunnel(&self) -> Option<(u8, Option<u16>)> {
        let top = self.census.as_ref()?.top(By::Service)?;
        top.rows.iter().find_map(|row| match row.key {
            Key::Service { protocol: IPPROTO_GRE, .. } => Some((IPPROTO_GRE, None)),
            Key::Service { protocol, port } if is_tunnel_port(protocol, port) => Some((protocol, port)),
            _ => None,
        })
    }
}
