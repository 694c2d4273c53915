// SPDX-License-Identifier: GPL-2.0-or-later
//! The tables of a census, one for each grouping: what each notes of an entry, and the rows that come out.

#![forbid(unsafe_code)]

use super::Totals;
use crate::diagnosis::distinct::Distinct;
use crate::diagnosis::facts::{Composition, Row, Top};
use crate::diagnosis::group::{Address, Group, Helper, Lengths, Mark, Pool, Server, Service};
use crate::diagnosis::heavy::Heavy;
use crate::diagnosis::key::{By, Key};
use crate::diagnosis::keyed::Keyed;
use crate::flow::{Attr, Dir, Flow};
use crate::wire::consts::{IPPROTO_TCP, IPS_ASSURED, IPS_SEEN_REPLY, IPS_SRC_NAT};

/// Counters of a table by address, service, mark or pool.
pub(super) const COUNTERS: usize = 1024;
/// Helpers that are counted separately; the kernel has fewer than 20.
const HELPERS: usize = 64;
pub(super) const ZONES: usize = 1 << 16;
pub(super) const LABELS: usize = 128;
const CLOSE_WAIT: u8 = 5;
const TIME_WAIT: u8 = 7;

/// How many of the entries of a group are unanswered, and how many assured.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Mix {
    pub unanswered: u32,
    pub assured: u32,
}

impl Mix {
    #[inline(always)]
    pub fn note(&mut self, status: u32) {
        self.unanswered += u32::from(status & IPS_SEEN_REPLY == 0);
        self.assured += u32::from(status & IPS_ASSURED != 0);
    }
}

/// What is known of a source: its mix, and its targets.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Targets {
    mix: Mix,
    distinct: Distinct<64>,
}

/// Of a server: its mix, and connections that end.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Closing {
    mix: Mix,
    close_wait: u32,
    time_wait: u32,
}

/// Of a pool: its mix, and the ports that were seen.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Ports {
    mix: Mix,
    range: Option<(u16, u16)>,
}

/// An exact number of entries, and their mix.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Exact {
    pub entries: u32,
    pub mix: Mix,
}

impl Exact {
    #[inline(always)]
    pub fn note(&mut self, status: u32) {
        self.entries += 1;
        self.mix.note(status);
    }
}

/// What a flow says, as the tables need it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'f> {
    pub flow: &'f Flow,
    pub status: u32,
    pub state: Option<u8>,
    pub service: Service,
    pub source: Option<Address>,
    pub destination: Option<Address>,
    pub server: Option<(Server, u64)>,
    /// It is counted by [`Totals::loopback`] alone.
    pub is_apart: bool,
}

/// One grouping.
#[derive(Debug)]
pub(super) enum Table {
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

impl Table {
    pub fn new(by: By, key: Keyed) -> Table {
        let exact = |keys| vec![Exact::default(); keys].into_boxed_slice();
        match by {
            By::Source => Table::Source(Heavy::with_key(COUNTERS, key)),
            By::SourcePrefix { ipv4, ipv6 } => {
                Table::SourceNetwork(by, Lengths::new(ipv4, ipv6), Heavy::with_key(COUNTERS, key))
            }
            By::Destination => Table::Destination(Heavy::with_key(COUNTERS, key)),
            By::DestinationPrefix { ipv4, ipv6 } => {
                Table::DestinationNetwork(by, Lengths::new(ipv4, ipv6), Heavy::with_key(COUNTERS, key))
            }
            By::Service => Table::Service(Heavy::with_key(COUNTERS, key)),
            By::Server => Table::Server(Heavy::with_key(COUNTERS, key)),
            By::Zone => Table::Zone(exact(ZONES)),
            By::Mark { mask } => Table::Mark(mask, Heavy::with_key(COUNTERS, key)),
            By::Label => Table::Label(exact(LABELS)),
            By::Helper => Table::Helper(Heavy::with_key(HELPERS, key)),
            By::NatSource => Table::NatSource(Heavy::with_key(COUNTERS, key)),
            By::NatPool => Table::NatPool(Heavy::with_key(COUNTERS, key)),
            By::Protocol | By::State | By::Status => Table::Known(by),
        }
    }

    #[inline(always)]
    pub fn add(&mut self, entry: &Entry<'_>) {
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

    pub fn finish(self, composition: &[Composition], totals: &Totals, rows: usize) -> Top {
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

/// The largest rows, first; of equal ones the order of the keys.
fn largest(mut all: Vec<Row>, rows: usize) -> Vec<Row> {
    all.sort_by(|left, right| right.entries.cmp(&left.entries).then_with(|| left.key.cmp(&right.key)));
    all.truncate(rows);
    all
}

fn of_heavy<K: Group, P: Payload>(by: By, heavy: &Heavy<K, P>, rows: usize) -> Top {
    let filled = heavy.counters().map(|counter| {
        let mut row = Row::new(counter.key.key(by), counter.seen.into());
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
    Top::new(by, 0, all.len() as u64, largest(all, rows))
}

fn of_exact(by: By, table: &[Exact], key: impl Fn(usize) -> Key, rows: usize) -> Top {
    let filled = table.iter().enumerate().filter(|(_, exact)| exact.entries > 0).map(|(number, exact)| {
        let mut row = Row::new(key(number), exact.entries.into());
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
            all.push(Row::new(key, 0));
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
