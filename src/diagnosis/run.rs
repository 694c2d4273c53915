// SPDX-License-Identifier: GPL-2.0-or-later
//! [`Diagnosis`]: what is read, and in which order. It sends requests that read, opens files for reading, and changes
//! nothing; what it found goes to the rules.

#![forbid(unsafe_code)]

use super::census::CensusOptions;
use super::facts::{Counted, Facts, KernelLog, Losses, Machine, Namespace, NotRead, Rates, Settings, Table};
use super::key::By;
use super::listeners::listeners;
use super::machine::{self, Limits};
use super::namespaces;
use super::others::{self, Others};
use super::parse;
use super::report::Report;
use super::sample::{self, Delta, Sample};
use crate::error::Result;
use crate::exchange::Netns;
use crate::exchange::handle::Handle;
use crate::exchange::request;
use crate::filter::Selector;
use crate::label::LabelMap;
use crate::sys::{clock, namespace, proc};
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

/// A change of the number of entries below this says nothing about growth.
const LEAST_GROWTH: u64 = 16;
/// The time between the two readings of the counters.
const INTERVAL: Duration = Duration::from_millis(500);
/// What is read of the kernel log, and for how long.
const LOG_BYTES: usize = 64 << 20;
const LOG_LONGEST: Duration = Duration::from_millis(200);
/// Up to this number of dying entries, no program that does not read its events is looked for.
const FEW_DYING: u64 = 100;
/// The ages of entries that count as new, in seconds, and the part of the entries that must say when they began.
const NEW_SECS: f64 = 10.0;
const TIMESTAMPED_RATIO: f64 = 0.95;

/// Looks at the table of a network namespace and says what is wrong, who holds the entries, and what to do.
///
/// ```no_run
/// use netfilter_conntrack::diagnosis::Diagnosis;
/// let report = Diagnosis::new().run()?;
/// print!("{report}");
/// for finding in &report.findings {
///     println!("{}: {:?}", finding.id, finding.severity);
/// }
/// # Ok::<(), netfilter_conntrack::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct Diagnosis {
    options: Options,
    netns: Option<Netns>,
    state: State,
}

#[derive(Debug, Clone)]
struct Options {
    interval: Duration,
    all_namespaces: bool,
    by: Vec<By>,
    rows: usize,
    label_map: Option<LabelMap>,
    entered_by: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            interval: INTERVAL,
            all_namespaces: false,
            by: Vec::new(),
            rows: CensusOptions::default().rows,
            label_map: None,
            entered_by: None,
        }
    }
}

/// What one run leaves to the next.
#[derive(Debug, Default)]
struct State {
    /// The inode of the namespace: a name may stand for another one by the next run.
    namespace: u64,
    handle: Option<Handle>,
    /// The last reading of the counters, and of those of other namespaces.
    before: Option<Sample>,
    others: others::Readings,
}

impl Diagnosis {
    /// A diagnosis of the namespace of the calling thread.
    #[must_use]
    pub fn new() -> Diagnosis {
        Diagnosis::default()
    }

    /// Looks at this namespace, in a thread of its own that enters it. Needs `CAP_SYS_ADMIN`.
    #[must_use]
    pub fn namespace(mut self, netns: Netns) -> Diagnosis {
        self.netns = Some(netns);
        self
    }

    /// Says that the calling thread has entered its namespace by this file, and that the reader of the report is outside:
    /// commands that are advised enter it first.
    #[must_use]
    pub fn entered_by(mut self, path: PathBuf) -> Diagnosis {
        self.options.entered_by = Some(path);
        self
    }

    /// The shortest time between the two readings of the counters; half a second without this call.
    #[must_use]
    pub fn interval(mut self, interval: Duration) -> Diagnosis {
        self.options.interval = interval;
        self
    }

    /// Looks at the fill level of every other namespace of the machine too.
    #[must_use]
    pub fn all_namespaces(mut self, on: bool) -> Diagnosis {
        self.options.all_namespaces = on;
        self
    }

    /// Further groupings, and how many rows each table has.
    #[must_use]
    pub fn group_by(mut self, by: &[By], rows: usize) -> Diagnosis {
        (self.options.by, self.options.rows) = (by.to_vec(), rows);
        self
    }

    /// The names of labels; without this call those of the machine's file, if there is one.
    #[must_use]
    pub fn label_map(mut self, map: LabelMap) -> Diagnosis {
        self.options.label_map = Some(map);
        self
    }

    /// Looks and judges. The rates of a further run are those of the time since the run before it, which is at least the
    /// interval: a further run that comes sooner waits.
    ///
    /// # Errors
    /// The system's error where not even the number of entries can be read, or the namespace cannot be entered. What else
    /// cannot be read stands in [`Facts::not_read`].
    pub fn run(&mut self) -> Result<Report> {
        let Some(netns) = &self.netns else { return self.state.look(&self.options) };
        let file = netns.open()?;
        let options = Options { entered_by: Some(netns.path()?), ..self.options.clone() };
        let mut state = std::mem::take(&mut self.state);
        let look = move || {
            let report = state.look(&options);
            Ok((report, state))
        };
        let (report, state) = namespace::within(file, look)?;
        self.state = state;
        report
    }
}

impl State {
    fn look(&mut self, options: &Options) -> Result<Report> {
        let begun = Instant::now();
        let mut facts =
            Facts { namespace: namespaces::own(), settings: Settings::read(), ..Facts::default() };
        if self.namespace != facts.namespace.inode {
            *self = State { namespace: facts.namespace.inode, ..State::default() };
        }
        if self.handle.is_none() {
            self.handle = or_not_read(&mut facts, "table", Handle::open());
        }
        self.read(options, &mut facts)?;
        Ok(Report::new(facts, SystemTime::now(), begun.elapsed()))
    }

    /// Reads the rest, in this order: counters, list, lists next to it, counters again, and the rest.
    fn read(&mut self, options: &Options, facts: &mut Facts) -> Result<()> {
        facts.namespace.entered_by = options.entered_by.clone();
        let (mut handle, kept) = (self.handle.as_mut(), self.before.take());
        let before = kept.unwrap_or_else(|| sampled(handle.as_deref_mut()));
        let others = options.all_namespaces.then(|| Others::look(std::mem::take(&mut self.others)));
        facts.machine = machine::machine(before.is_privileged());
        if let Some(handle) = handle.as_deref_mut().filter(|_| before.is_privileged()) {
            facts.settings.complete(handle);
            read_lists(handle, options, facts);
        }
        thread::sleep(options.interval.saturating_sub(before.taken().elapsed()));
        let after = sampled(handle);
        let entries = after.try_entries()?;
        facts.not_read.extend_from_slice(after.not_read());
        fill_in(facts, &after, &after.since(&before), entries);
        facts.kernel_log = kernel_log(&mut facts.not_read, &facts.namespace, facts.losses.as_ref());
        if let Some(others) = others.or_else(|| others::matter(facts).then(Others::look_once)) {
            self.others = others.describe(facts);
        }
        self.before = Some(after);
        Ok(())
    }
}

fn sampled(handle: Option<&mut Handle>) -> Sample {
    handle.map_or_else(Sample::from_files, Sample::take)
}

impl Facts {
    /// A census of this namespace's table, and nothing else.
    #[must_use]
    pub fn of_census(census: Counted) -> Facts {
        let machine = Machine { kernel: machine::release(), may_read_table: true, ..Machine::default() };
        Facts { namespace: namespaces::own(), machine, census: Some(census), ..Facts::default() }
    }
}

/// Reads the table once, then the lists next to it, and the fill level again, to compare with the table.
fn read_lists(handle: &mut Handle, options: &Options, facts: &mut Facts) {
    let counted = census(handle, options, &facts.settings);
    facts.census = or_not_read(facts, "table", counted);
    facts.table.entries_after_list = handle.statistics().ok().map(|global| global.entries.into());
    facts.table.entries_dying = or_not_read(facts, "dying entries", count(handle, request::Table::Dying));
    if facts.table.entries_dying > Some(FEW_DYING) {
        facts.machine.listeners = listeners();
    }
    facts.table.expectations = or_not_read(facts, "expectations", sample::expectations(handle));
}

fn or_not_read<T>(facts: &mut Facts, what: &str, found: Result<T>) -> Option<T> {
    found.map_err(|error| facts.not_read.push(NotRead::new(what, error.to_string()))).ok()
}

/// A census for the rules, and by what else is asked for.
fn census(handle: &mut Handle, options: &Options, settings: &Settings) -> Result<Counted> {
    let rules = CensusOptions::default();
    let further = options.by.iter().copied().filter(|by| !rules.by.contains(by));
    let mut wanted = CensusOptions { by: rules.by.iter().copied().chain(further).collect(), ..rules };
    (wanted.rows, wanted.now_nanos) = (wanted.rows.max(options.rows), clock::now_nanos());
    let mut counted = Counted::of_table(handle, &Selector::default(), settings, &wanted)?;
    counted.name_labels(options.label_map.as_ref());
    Ok(counted)
}

fn count(handle: &mut Handle, table: request::Table) -> Result<u64> {
    let (mut list, mut count) = (handle.entries().table(table).open()?, 0);
    while list.next()?.is_some() {
        count += 1;
    }
    Ok(count)
}

/// What the counters say, and what follows from them and the census.
fn fill_in(facts: &mut Facts, after: &Sample, delta: &Delta, entries: u64) {
    facts.interval_secs = Some(delta.secs).filter(|&secs| secs > 0.0);
    facts.counters = sample::counters(after, Some(delta));
    facts.losses = sample::losses(after, Some(delta));
    let limits = Limits::read();
    facts.table = Table {
        entries: Some(entries),
        max_entries: after.max_entries(),
        entries_listed: facts.census.as_ref().map(|census| census.entries),
        buckets: limits.buckets,
        entries_all_namespaces: limits.entries_all_namespaces,
        entry_bytes: limits.entry_bytes,
        expectations_max: limits.expectations_max,
        ..std::mem::take(&mut facts.table)
    };
    facts.rates = rates(facts.census.as_ref(), after.max_entries(), after.entries(), delta);
}

/// The rates of a table with this limit and this number of entries.
fn rates(census: Option<&Counted>, max: Option<u64>, entries: Option<u64>, delta: &Delta) -> Rates {
    let grown = delta.entries.filter(|grown| grown.unsigned_abs() >= LEAST_GROWTH && delta.secs > 0.0);
    let growth_per_sec = grown.map(|grown| grown as f64 / delta.secs);
    let room = max.filter(|&max| max > 0).zip(entries);
    let room = room.map(|(max, entries)| max.saturating_sub(entries) as f64);
    let rising = growth_per_sec.filter(|&growth| growth > 0.0);
    let timestamped =
        census.filter(|census| census.timestamped as f64 > TIMESTAMPED_RATIO * census.entries as f64);
    Rates {
        growth_per_sec,
        secs_to_full: room.zip(rising).map(|(room, growth)| room / growth),
        unanswered_per_sec: census
            .map(|census| census.unanswered_tcp_per_sec + census.unanswered_udp_per_sec),
        new_per_sec: timestamped.map(|census| census.started_last_10_secs as f64 / NEW_SECS),
    }
}

/// The lines of the kernel log about a full table of this namespace. Older kernels do not name the namespace: their lines
/// count in the initial one. A namespace that never dropped a packet has none: a line with its inode is about an earlier
/// namespace, whose inode the kernel has used again.
fn kernel_log(not_read: &mut Vec<NotRead>, own: &Namespace, losses: Option<&Losses>) -> Option<KernelLog> {
    let (mut log, mut ends) = (KernelLog::default(), None::<(u64, u64)>);
    let has_dropped = losses.is_none_or(|losses| losses.table_full.total > 0);
    let read = proc::kernel_log(LOG_BYTES, LOG_LONGEST, |record| {
        let Some((micros, namespace)) = parse::full_table(record) else { return };
        if has_dropped && namespace.map_or(own.initial == Some(true), |inode| inode == own.inode) {
            log.lines += 1;
            ends = Some((ends.map_or(micros, |(first, _)| first), micros));
        }
    });
    if let Err(error) = read {
        not_read.push(NotRead::new("kernel_log", error.to_string()));
        return None;
    }
    let now = clock::since_boot_micros();
    let age = |micros: u64| now.saturating_sub(micros) as f64 / 1e6;
    log.first_age_secs = ends.map(|(first, _)| age(first));
    log.last_age_secs = ends.map(|(_, last)| age(last));
    Some(log)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delta(entries: i64, secs: f64) -> Delta {
        Delta { entries: Some(entries), secs, ..Delta::default() }
    }

    #[test]
    fn growth_within_a_few_entries_is_none() {
        let of = |entries, secs| {
            let rates = rates(None, Some(1000), Some(200), &delta(entries, secs));
            (rates.growth_per_sec, rates.secs_to_full)
        };
        assert_eq!(of(15, 0.5), (None, None));
        assert_eq!(of(16, 0.5), (Some(32.0), Some(25.0)));
        assert_eq!(of(-16, 0.5), (Some(-32.0), None), "it empties");
        assert_eq!(of(100, 0.0), (None, None), "no time has passed");
        let full = |max| rates(None, max, Some(2000), &delta(100, 1.0)).secs_to_full;
        assert_eq!((full(Some(1000)), full(Some(0)), full(None)), (Some(0.0), None, None));
        assert_eq!(rates(None, Some(9), Some(1), &Delta::default()), Rates::default());
    }

    #[test]
    fn the_rate_of_all_new_flows_needs_their_times() {
        let mut census =
            Counted { entries: 1000, timestamped: 951, started_last_10_secs: 70, ..Counted::default() };
        census.unanswered_tcp_per_sec = 2.0;
        census.unanswered_udp_per_sec = 0.5;
        let of = |census: &Counted| rates(Some(census), None, None, &Delta::default());
        assert_eq!((of(&census).new_per_sec, of(&census).unanswered_per_sec), (Some(7.0), Some(2.5)));
        census.timestamped = 950;
        assert_eq!(of(&census).new_per_sec, None, "5 % of the entries do not say when they began");
    }
}
