// SPDX-License-Identifier: GPL-2.0-or-later
//! One pass over the list: who and what holds the entries, in bounded memory.
//!
//! [`Census::add`] takes what a flow says and counts it: it allocates nothing and reads nothing else. Groupings with few
//! possible keys are counted exactly, the others by [`Heavy`], whose numbers are lower bounds with a known error.

#![forbid(unsafe_code)]

use super::ages::{self, Idle, KINDS, Setting};
use super::distinct::Distinct;
use super::facts::{Composition, Counted, IDLE_CLASSES_SECS, Row, Settings, Top};
use super::group::{Address, Group, Helper, Lengths, Mark, Pool, Server, Service};
use super::heavy::Heavy;
use super::key::{By, Key};
use super::keyed::Keyed;
use crate::flow::{Attr, Dir, Flow};
use crate::wire::consts::{
    IPPROTO_GRE, IPPROTO_TCP, IPPROTO_UDP, IPS_ASSURED, IPS_HW_OFFLOAD, IPS_OFFLOAD, IPS_SEEN_REPLY,
    IPS_SRC_NAT,
};
use std::hash::BuildHasher;

/// Counters of a table by address, service, mark or pool.
const COUNTERS: usize = 1024;
/// Helpers that are counted separately; the kernel has fewer than 20.
const HELPERS: usize = 64;
const ZONES: usize = 1 << 16;
const LABELS: usize = 128;
/// Ages of unanswered entries from which their arrival rate comes, in seconds.
const ARRIVAL_SECS: u32 = 10;
const DNS: u16 = 53;
/// VXLAN, VXLAN of older systems, Geneve.
const TUNNEL_PORTS: [u16; 3] = [4789, 8472, 6081];
const SYN_SENT: u8 = 1;
const CLOSE_WAIT: u8 = 5;
const TIME_WAIT: u8 = 7;

/// What a census counts.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct CensusOptions {
    /// The groupings.
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

/// How many of the entries of a group are unanswered, and how many assured.
#[derive(Debug, Clone, Copy, Default)]
struct Mix {
    unanswered: u32,
    assured: u32,
}

impl Mix {
    #[inline(always)]
    fn note(&mut self, status: u32) {
        self.unanswered += u32::from(status & IPS_SEEN_REPLY == 0);
        self.assured += u32::from(status & IPS_ASSURED != 0);
    }
}

/// What is known of a source: its mix, and its targets.
#[derive(Debug, Clone, Copy, Default)]
struct Targets {
    mix: Mix,
    distinct: Distinct<64>,
}

/// Of a server: its mix, and connections that end.
#[derive(Debug, Clone, Copy, Default)]
struct Closing {
    mix: Mix,
    close_wait: u32,
    time_wait: u32,
}

/// Of a pool: its mix, and the ports that were seen.
#[derive(Debug, Clone, Copy, Default)]
struct Ports {
    mix: Mix,
    range: Option<(u16, u16)>,
}

/// An exact number of entries, and their mix.
#[derive(Debug, Clone, Copy, Default)]
struct Exact {
    entries: u32,
    mix: Mix,
}

impl Exact {
    #[inline(always)]
    fn note(&mut self, status: u32) {
        self.entries += 1;
        self.mix.note(status);
    }
}

/// What a flow says, as the tables need it.
#[derive(Debug, Clone, Copy)]
struct Entry<'f> {
    flow: &'f Flow,
    status: u32,
    state: Option<u8>,
    service: Service,
    source: Option<Address>,
    destination: Option<Address>,
    server: Option<(Server, u64)>,
    /// It is counted by [`Totals::loopback`] alone.
    is_apart: bool,
}

/// One grouping.
#[derive(Debug)]
enum Table {
    Source(Heavy<Address, Targets>),
    SourceNetwork(By, Lengths, Heavy<Address, Mix>),
    Destination(Heavy<Address, Mix>),
    DestinationNetwork(By, Lengths, Heavy<Address, Mix>),
    Service(Heavy<Service, Mix>),
    Server(Heavy<Server, Closing>),
    Zone(Box<[Exact]>),
    Mark(u32, Heavy<Mark, Mix>),
    Label(Box<[Exact]>),
    Helper(Heavy<Helper, Mix>),
    NatSource(Heavy<Address, Mix>),
    NatPool(Heavy<Pool, Ports>),
    /// By protocol, state or status: what is counted in any case.
    Known(By),
}

impl Census {
    /// A census of a namespace with these settings. Nothing is allocated after this.
    #[must_use]
    pub fn new(settings: &Settings, options: CensusOptions) -> Census {
        let mut kinds = vec![Kind::default(); KINDS].into_boxed_slice();
        for (number, kind) in kinds.iter_mut().enumerate() {
            kind.setting = Setting::of(settings, number);
        }
        let secs = |protocol: &str, state: &str| {
            settings.timeout_secs(protocol, state).map_or(ARRIVAL_SECS, |secs| secs.clamp(1, ARRIVAL_SECS))
        };
        Census {
            tables: options.by.iter().map(|&by| Table::new(by)).collect(),
            options,
            totals: Totals::default(),
            kinds,
            key: Keyed::of_process(),
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
        let per_sec = |ages: &[u64], secs: u32| {
            ages.iter().skip(1).take(secs as usize).sum::<u64>() as f64 / f64::from(secs)
        };
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
            unanswered_tcp_per_sec: per_sec(tcp, tcp_secs),
            unanswered_udp_per_sec: per_sec(udp, udp_secs),
            timestamped: totals.timestamped,
            started_last_10_secs: totals.started,
            composition,
            top,
        }
    }
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
        if port == Some(DNS) && matches!(service.protocol, IPPROTO_UDP | IPPROTO_TCP) {
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

impl Table {
    fn new(by: By) -> Table {
        let exact = |keys| vec![Exact::default(); keys].into_boxed_slice();
        match by {
            By::Source => Table::Source(Heavy::new(COUNTERS)),
            By::SourcePrefix { ipv4, ipv6 } => {
                Table::SourceNetwork(by, Lengths::new(ipv4, ipv6), Heavy::new(COUNTERS))
            }
            By::Destination => Table::Destination(Heavy::new(COUNTERS)),
            By::DestinationPrefix { ipv4, ipv6 } => {
                Table::DestinationNetwork(by, Lengths::new(ipv4, ipv6), Heavy::new(COUNTERS))
            }
            By::Service => Table::Service(Heavy::new(COUNTERS)),
            By::Server => Table::Server(Heavy::new(COUNTERS)),
            By::Zone => Table::Zone(exact(ZONES)),
            By::Mark { mask } => Table::Mark(mask, Heavy::new(COUNTERS)),
            By::Label => Table::Label(exact(LABELS)),
            By::Helper => Table::Helper(Heavy::new(HELPERS)),
            By::NatSource => Table::NatSource(Heavy::new(COUNTERS)),
            By::NatPool => Table::NatPool(Heavy::new(COUNTERS)),
            By::Protocol | By::State | By::Status => Table::Known(by),
        }
    }

    #[inline(always)]
    fn add(&mut self, entry: &Entry<'_>) {
        let status = entry.status;
        let note = |mix: &mut Mix| mix.note(status);
        let reply = || entry.flow.tuple(Dir::Reply);
        let is_here = !entry.is_apart;
        match self {
            Table::Source(heavy) if is_here => entry.add_source(heavy),
            Table::SourceNetwork(_, lengths, heavy) if is_here => {
                add(heavy, entry.source.map(|address| address.network(*lengths)), note);
            }
            Table::Destination(heavy) if is_here => add(heavy, entry.destination, note),
            Table::DestinationNetwork(_, lengths, heavy) if is_here => {
                add(heavy, entry.destination.map(|address| address.network(*lengths)), note);
            }
            Table::Service(heavy) if is_here => add(heavy, Some(entry.service), note),
            Table::Server(heavy) => entry.add_server(heavy),
            Table::Zone(zones) => exactly(zones, zone(entry.flow).into(), status),
            Table::Mark(mask, heavy) => {
                add(heavy, Some(Mark(entry.flow.mark().unwrap_or_default() & *mask)), note)
            }
            Table::Label(labels) => entry.add_labels(labels),
            Table::Helper(heavy) => add(heavy, entry.flow.helper_name().map(Helper::new), note),
            Table::NatSource(heavy) if status & IPS_SRC_NAT != 0 => {
                add(heavy, Address::destination(reply()), note);
            }
            Table::NatPool(heavy) if status & IPS_SRC_NAT != 0 => entry.add_pool(heavy),
            _ => {}
        }
    }

    fn finish(self, composition: &[Composition], totals: &Totals, rows: usize) -> Top {
        match self {
            Table::Source(heavy) => of_heavy(By::Source, &heavy, rows),
            Table::SourceNetwork(by, _, heavy) | Table::DestinationNetwork(by, _, heavy) => {
                of_heavy(by, &heavy, rows)
            }
            Table::Destination(heavy) => of_heavy(By::Destination, &heavy, rows),
            Table::Service(heavy) => of_heavy(By::Service, &heavy, rows),
            Table::Server(heavy) => of_heavy(By::Server, &heavy, rows),
            Table::Zone(zones) => of_exact(By::Zone, &zones, |zone| Key::Zone(zone as u16), rows),
            Table::Mark(mask, heavy) => of_heavy(By::Mark { mask }, &heavy, rows),
            Table::Label(labels) => of_exact(By::Label, &labels, |bit| Key::Label(bit as u8), rows),
            Table::Helper(heavy) => of_heavy(By::Helper, &heavy, rows),
            Table::NatSource(heavy) => of_heavy(By::NatSource, &heavy, rows),
            Table::NatPool(heavy) => of_heavy(By::NatPool, &heavy, rows),
            Table::Known(by) => known(by, composition, totals, rows),
        }
    }
}

/// Counts a key, if the entry has one.
#[inline(always)]
fn add<K: Group>(heavy: &mut Heavy<K, Mix>, key: Option<K>, note: impl FnOnce(&mut Mix)) {
    if let Some(key) = key {
        heavy.add_with(key, note);
    }
}

#[inline(always)]
fn exactly(table: &mut [Exact], number: usize, status: u32) {
    if let Some(exact) = table.get_mut(number) {
        exact.note(status);
    }
}

/// The zone of both directions, or that of the original one.
#[inline(always)]
fn zone(flow: &Flow) -> u16 {
    flow.zone().or_else(|| flow.orig_zone()).unwrap_or_default()
}

impl Entry<'_> {
    #[inline(always)]
    fn add_source(&self, heavy: &mut Heavy<Address, Targets>) {
        let (Some(source), Some((_, target))) = (self.source, self.server) else { return };
        heavy.add_with(source, |targets| {
            targets.mix.note(self.status);
            targets.distinct.add(target);
        });
    }

    #[inline(always)]
    fn add_server(&self, heavy: &mut Heavy<Server, Closing>) {
        let Some((server, hash)) = self.server else { return };
        let state = self.state.filter(|_| self.service.protocol == IPPROTO_TCP);
        heavy.add_hashed(hash, server, |closing| {
            closing.mix.note(self.status);
            closing.close_wait += u32::from(state == Some(CLOSE_WAIT));
            closing.time_wait += u32::from(state == Some(TIME_WAIT));
        });
    }

    #[inline(always)]
    fn add_pool(&self, heavy: &mut Heavy<Pool, Ports>) {
        let Some((pool, port)) = Pool::of_reply(self.flow.tuple(Dir::Reply)) else { return };
        heavy.add_with(pool, |ports| {
            ports.mix.note(self.status);
            let Some(port) = port else { return };
            let (low, high) = ports.range.unwrap_or((port, port));
            ports.range = Some((low.min(port), high.max(port)));
        });
    }

    #[inline(always)]
    fn add_labels(&self, table: &mut [Exact]) {
        if self.flow.is_set(Attr::Connlabels) {
            self.add_set_labels(table);
        }
    }

    fn add_set_labels(&self, table: &mut [Exact]) {
        let Some(labels) = self.flow.labels() else { return };
        for (bit, exact) in (0..).zip(table) {
            if labels.test(bit) {
                exact.note(self.status);
            }
        }
    }
}

/// What a table notes of each key in addition to its number.
trait Payload: Default {
    /// Fills in the row.
    fn fill(&self, row: &mut Row);
}

impl Payload for Mix {
    fn fill(&self, row: &mut Row) {
        (row.unanswered, row.assured) = (self.unanswered.into(), self.assured.into());
    }
}

impl Payload for Targets {
    fn fill(&self, row: &mut Row) {
        self.mix.fill(row);
        row.targets_estimate = Some(self.distinct.estimate().min(row.entries));
    }
}

impl Payload for Closing {
    fn fill(&self, row: &mut Row) {
        self.mix.fill(row);
        (row.close_wait, row.time_wait) = (self.close_wait.into(), self.time_wait.into());
    }
}

impl Payload for Ports {
    fn fill(&self, row: &mut Row) {
        self.mix.fill(row);
        row.ports = self.range;
    }
}

/// A row with nothing but the number of its entries.
fn row(key: Key, entries: u64) -> Row {
    Row {
        key,
        entries,
        unanswered: 0,
        assured: 0,
        targets_estimate: None,
        close_wait: 0,
        time_wait: 0,
        ports: None,
    }
}

/// The largest rows, first; of equal ones the order of the keys.
fn largest(mut all: Vec<Row>, rows: usize) -> Vec<Row> {
    all.sort_by(|left, right| right.entries.cmp(&left.entries).then_with(|| left.key.cmp(&right.key)));
    all.truncate(rows);
    all
}

fn of_heavy<K: Group, P: Payload>(by: By, heavy: &Heavy<K, P>, rows: usize) -> Top {
    let filled = heavy.counters().map(|counter| {
        let mut row = row(counter.key.key(by), counter.seen.into());
        counter.payload.fill(&mut row);
        row
    });
    Top {
        by,
        error_entries: heavy.offset(),
        distinct_at_least: heavy.distinct_at_least(),
        distinct_estimate: heavy.distinct_estimate(),
        rows: largest(filled.collect(), rows),
    }
}

/// A table whose numbers are exact.
fn exact_top(by: By, all: Vec<Row>, rows: usize) -> Top {
    let distinct = all.len() as u64;
    Top {
        by,
        error_entries: 0,
        distinct_at_least: distinct,
        distinct_estimate: distinct,
        rows: largest(all, rows),
    }
}

fn of_exact(by: By, table: &[Exact], key: impl Fn(usize) -> Key, rows: usize) -> Top {
    let filled = table.iter().enumerate().filter(|(_, exact)| exact.entries > 0).map(|(number, exact)| {
        let mut row = row(key(number), exact.entries.into());
        exact.mix.fill(&mut row);
        row
    });
    exact_top(by, filled.collect(), rows)
}

/// The tables that need no counting of their own.
fn known(by: By, composition: &[Composition], totals: &Totals, rows: usize) -> Top {
    if by == By::Status {
        let names = ["unanswered", "answered", "assured"];
        return of_exact(by, &totals.statuses, |number| Key::Status(names.get(number).unwrap_or(&"")), rows);
    }
    let mut all: Vec<Row> = Vec::new();
    for one in composition {
        let key = match by {
            By::State => Key::State(one.protocol, one.state),
            _ => Key::Protocol(one.protocol),
        };
        let at = all.iter().position(|row| row.key == key).unwrap_or_else(|| {
            all.push(row(key, 0));
            all.len() - 1
        });
        if let Some(row) = all.get_mut(at) {
            row.entries += one.entries;
            row.unanswered += one.unanswered;
            row.assured += one.assured;
        }
    }
    exact_top(by, all, rows)
}

#[cfg(test)]
mod tests;
