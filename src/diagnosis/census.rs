// SPDX-License-Identifier: GPL-2.0-or-later
//! One pass over the list: who and what holds the entries, in bounded memory.
//!
//! [`Census::add`] takes what a flow says and counts it: it allocates nothing and reads nothing else. Groupings with few
//! possible keys are counted exactly, the others by [`Heavy`](super::Heavy), whose numbers are lower bounds with a known error.

#![forbid(unsafe_code)]

mod tables;

use super::ages::{self, Idle, KINDS, Setting};
use super::facts::{Composition, Counted, IDLE_CLASSES_SECS, Settings};
use super::group::{Address, Server, Service};
use super::key::By;
use super::keyed::Keyed;
use crate::flow::{Dir, Flow};
use crate::wire::consts::{
    IPPROTO_GRE, IPPROTO_TCP, IPPROTO_UDP, IPS_ASSURED, IPS_HW_OFFLOAD, IPS_OFFLOAD, IPS_SEEN_REPLY,
};
use std::hash::BuildHasher;
use tables::{Entry, Exact, Mix, Table};

/// Ages of unanswered entries from which their arrival rate comes, in seconds: from 1 on, because the second that has begun is
/// not complete.
const ARRIVAL_SECS: u32 = 10;
pub(super) const DNS_PORT: u16 = 53;
/// VXLAN, VXLAN of older systems, Geneve.
pub(super) const TUNNEL_PORTS: [u16; 3] = [4789, 8472, 6081];
const SYN_SENT: u8 = 1;

/// What a census counts.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct CensusOptions {
    /// The groupings. One that is named twice has one table.
    pub by: Vec<By>,
    /// Rows of each table in the result.
    pub rows: usize,
    /// Keeps entries whose source is a loopback address out of the tables by source, destination, their networks and
    /// service.
    pub loopback_apart: bool,
    /// The present time, in nanoseconds since 1970; 0: unknown.
    pub now_nanos: u64,
}

impl Default for CensusOptions {
    /// What the rules of a diagnosis need.
    fn default() -> Self {
        CensusOptions {
            by: vec![
                By::Source,
                By::SOURCE_NETWORK,
                By::SOURCE_SITE,
                By::Destination,
                By::Service,
                By::Server,
                By::NatPool,
                By::Zone,
                By::Mark { mask: u32::MAX },
                By::Label,
                By::Helper,
            ],
            rows: 10,
            loopback_apart: true,
            now_nanos: 0,
        }
    }
}

impl CensusOptions {
    /// These groupings, and `rows` rows of each; loopback entries are counted like others.
    #[must_use]
    pub fn new(by: impl IntoIterator<Item = By>, rows: usize) -> CensusOptions {
        CensusOptions { by: by.into_iter().collect(), rows, loopback_apart: false, now_nanos: 0 }
    }
}

/// The pass: [`new`](Census::new), [`add`](Census::add) for each flow, [`finish`](Census::finish).
#[derive(Debug)]
pub struct Census {
    options: CensusOptions,
    totals: Totals,
    kinds: Box<[Kind]>,
    tables: Vec<Table>,
    key: Keyed,
    /// The seconds of age over which unanswered TCP and UDP entries are counted.
    arrival_secs: [u32; 2],
}

/// Numbers of the whole table.
#[derive(Debug, Default)]
struct Totals {
    entries: u64,
    assured: u64,
    /// Unanswered, answered, and assured entries.
    statuses: [Exact; 3],
    offloaded: u64,
    loopback: u64,
    dns: u64,
    dns_unanswered: u64,
    tunnels: u64,
    /// Unanswered entries of TCP and UDP by age in seconds.
    arrivals: [[u64; ARRIVAL_SECS as usize + 1]; 2],
    timestamped: u64,
    started: u64,
}

/// Entries of one protocol and state.
#[derive(Debug, Clone, Copy, Default)]
struct Kind {
    setting: Setting,
    entries: u64,
    mix: Mix,
    over_setting: u64,
    idle_unknown: u64,
    /// Entries by the number of classes of [`IDLE_CLASSES_SECS`] that their idle time reaches.
    reached: [u64; IDLE_CLASSES_SECS.len() + 1],
}

impl Census {
    /// A census of a namespace with these settings. Nothing is allocated after this.
    #[must_use]
    pub fn new(settings: &Settings, options: CensusOptions) -> Census {
        Census::with_key(settings, options, Keyed::of_process())
    }

    fn with_key(settings: &Settings, options: CensusOptions, key: Keyed) -> Census {
        let mut kinds = vec![Kind::default(); KINDS].into_boxed_slice();
        for (number, kind) in kinds.iter_mut().enumerate() {
            kind.setting = Setting::of(settings, number);
        }
        let secs = |protocol: &str, state: &str| {
            settings.timeout_secs(protocol, state).map_or(ARRIVAL_SECS, |secs| secs.clamp(1, ARRIVAL_SECS))
        };
        Census {
            tables: each_once(&options.by).into_iter().map(|by| Table::new(by, key)).collect(),
            options,
            totals: Totals::default(),
            kinds,
            key,
            arrival_secs: [secs("tcp", "syn_sent"), secs("udp", "unreplied")],
        }
    }

    /// Counts an entry.
    #[inline]
    pub fn add(&mut self, flow: &Flow) {
        let tuple = flow.tuple(Dir::Orig);
        let (service, status) = (Service::of_destination(tuple), flow.status().unwrap_or_default());
        let (source, destination) = (Address::source(tuple), Address::destination(tuple));
        let is_loopback = source.is_some_and(Address::is_loopback);
        let state = state(flow);
        self.totals.add(flow, status, service, is_loopback, self.options.now_nanos);
        self.add_age(flow.timeout_secs(), status, service.protocol, state);
        let server = destination.map(|address| {
            let server = Server::new(address, service);
            (server, self.key.hash_one(server))
        });
        let is_apart = is_loopback && self.options.loopback_apart;
        let entry = Entry { flow, status, state, service, source, destination, server, is_apart };
        for table in &mut self.tables {
            table.add(&entry);
        }
    }

    /// Counts an entry by protocol, state and age.
    #[inline(always)]
    fn add_age(&mut self, remaining: Option<u32>, status: u32, protocol: u8, state: Option<u8>) {
        let Some(kind) = self.kinds.get_mut(ages::kind(protocol, state)) else { return };
        kind.entries += 1;
        kind.mix.note(status);
        match kind.setting.idle(status, remaining) {
            Idle::Secs(secs) => {
                let reached = IDLE_CLASSES_SECS.iter().filter(|&&class| secs >= class).count();
                if let Some(entries) = kind.reached.get_mut(reached) {
                    *entries += 1;
                }
                if secs <= ARRIVAL_SECS && status & IPS_SEEN_REPLY == 0 {
                    self.totals.arrive(secs, protocol, state);
                }
            }
            Idle::OverSetting => {
                kind.over_setting += 1;
                kind.idle_unknown += 1;
            }
            Idle::Unknown => kind.idle_unknown += 1,
        }
    }

    /// What was counted.
    #[must_use]
    pub fn finish(self) -> Counted {
        let Census { options, totals, kinds, tables, arrival_secs, .. } = self;
        let composition = composition(&kinds);
        let top = |table: Table| table.finish(&composition, &totals, options.rows);
        let top = tables.into_iter().map(top).collect();
        let ([tcp, udp], [tcp_secs, udp_secs]) = (&totals.arrivals, arrival_secs);
        let [unanswered, ..] = totals.statuses;
        Counted {
            entries: totals.entries,
            unanswered: unanswered.entries.into(),
            assured: totals.assured,
            offloaded: totals.offloaded,
            loopback: totals.loopback,
            dns: totals.dns,
            dns_unanswered: totals.dns_unanswered,
            tunnels: totals.tunnels,
            unanswered_tcp_per_sec: lasting_rate(tcp, tcp_secs),
            unanswered_udp_per_sec: lasting_rate(udp, udp_secs),
            timestamped: totals.timestamped,
            started_last_10_secs: totals.started,
            composition,
            top,
        }
    }
}

/// The groupings, without those that are named again: a table's name is the name of a member in JSON.
fn each_once(by: &[By]) -> Vec<By> {
    by.iter().fold(Vec::new(), |mut once, by| {
        if !once.contains(by) {
            once.push(*by);
        }
        once
    })
}

/// The number of the state, of protocols that have states.
#[inline(always)]
fn state(flow: &Flow) -> Option<u8> {
    let tcp = flow.tcp_state();
    tcp.or_else(|| flow.sctp_state()).or_else(|| flow.dccp_state())
}

impl Totals {
    #[inline(always)]
    fn add(&mut self, flow: &Flow, status: u32, service: Service, is_loopback: bool, now_nanos: u64) {
        self.entries += 1;
        self.assured += u64::from(status & IPS_ASSURED != 0);
        let [unanswered, answered, assured] = &mut self.statuses;
        match (status & IPS_SEEN_REPLY != 0, status & IPS_ASSURED != 0) {
            (false, _) => unanswered.note(status),
            (true, false) => answered.note(status),
            (true, true) => assured.note(status),
        }
        self.offloaded += u64::from(status & (IPS_OFFLOAD | IPS_HW_OFFLOAD) != 0);
        self.loopback += u64::from(is_loopback);
        let port = service.port();
        if port == Some(DNS_PORT) && matches!(service.protocol, IPPROTO_UDP | IPPROTO_TCP) {
            self.dns += 1;
            self.dns_unanswered += u64::from(status & IPS_SEEN_REPLY == 0);
        }
        let is_tunnel = match service.protocol {
            IPPROTO_GRE => true,
            IPPROTO_UDP => port.is_some_and(|port| TUNNEL_PORTS.contains(&port)),
            _ => false,
        };
        self.tunnels += u64::from(is_tunnel);
        if let Some(start) = flow.start_nanos() {
            self.timestamped += 1;
            let age = now_nanos.checked_sub(start);
            self.started += u64::from(age.is_some_and(|age| age < 10_000_000_000));
        }
    }

    #[inline(always)]
    fn arrive(&mut self, age: u32, protocol: u8, state: Option<u8>) {
        let [tcp, udp] = &mut self.arrivals;
        let ages = match (protocol, state) {
            (IPPROTO_TCP, Some(SYN_SENT)) => tcp,
            (IPPROTO_UDP, _) => udp,
            _ => return,
        };
        if let Some(entries) = ages.get_mut(age as usize) {
            *entries += 1;
        }
    }
}

/// The arrivals per second that the last `secs` seconds had from beginning to end: the lower of the means of their halves. The
/// mean of all would be high after a burst, though nothing arrives any more.
fn lasting_rate(ages: &[u64], secs: u32) -> f64 {
    let all = ages.get(1..).unwrap_or_default();
    let window = all.get(..secs as usize).unwrap_or(all);
    let (newer, older) = window.split_at(window.len().div_ceil(2));
    let mean = |half: &[u64]| half.iter().sum::<u64>() as f64 / half.len() as f64;
    if older.is_empty() { mean(newer) } else { mean(newer).min(mean(older)) }
}

/// The entries by protocol and state, the largest number first.
fn composition(kinds: &[Kind]) -> Vec<Composition> {
    let counted = kinds.iter().enumerate().filter(|(_, kind)| kind.entries > 0);
    let mut all: Vec<Composition> = counted.map(|(number, kind)| kind.finish(number)).collect();
    all.sort_by_key(|one| (std::cmp::Reverse(one.entries), one.protocol, one.state));
    all
}

impl Kind {
    fn finish(&self, number: usize) -> Composition {
        let (protocol, state) = ages::name(number);
        let assured = u64::from(self.mix.assured);
        let plain = self.setting.plain.filter(|_| assured < self.entries);
        let mut idle_entries = [0; IDLE_CLASSES_SECS.len()];
        let mut at_least = 0;
        for (entries, reached) in idle_entries.iter_mut().rev().zip(self.reached.iter().rev()) {
            at_least += reached;
            *entries = at_least;
        }
        Composition {
            protocol,
            state,
            entries: self.entries,
            assured,
            unanswered: self.mix.unanswered.into(),
            timeout_secs: plain.max(self.setting.assured.filter(|_| assured > 0)),
            over_setting: self.over_setting,
            idle_unknown: self.idle_unknown,
            idle_entries,
        }
    }
}

#[cfg(test)]
mod tests;
