// SPDX-License-Identifier: GPL-2.0-or-later
//! What the rules see of a machine: plain numbers, and `None` for what could not be read.
//!
//! The names are those of the JSON report. Unless a field says otherwise, a number is a number of entries.

#![forbid(unsafe_code)]

use super::key::{By, Key};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Everything that is known when the rules run.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Facts {
    /// The namespace looked at.
    pub namespace: Namespace,
    /// Measured seconds between the two readings of the counters; `None` when they were read once or not at all.
    pub interval_secs: Option<f64>,
    /// Fill level, memory and chains.
    pub table: Table,
    /// What the kernel counts, by the names of `conntrack -S` with `chain_toolong` spelled so; only counters that this
    /// kernel has. Expectation counters are `expect_new`, `expect_create`, `expect_delete`.
    pub counters: BTreeMap<&'static str, Counter>,
    /// Packets lost, by cause; `None` without counters.
    pub losses: Option<Losses>,
    /// Changes per second.
    pub rates: Rates,
    /// The settings of this namespace.
    pub settings: Settings,
    /// What one reading of the list gave; `None` when it was not read.
    pub census: Option<Counted>,
    /// Other namespaces, if they were asked for, or where their number mattered.
    pub namespaces: Vec<Namespace>,
    /// Lines of the kernel log about this table, if it was read.
    pub kernel_log: Option<KernelLog>,
    /// The machine.
    pub machine: Machine,
    /// What could not be read, and why.
    pub not_read: Vec<NotRead>,
}

/// A network namespace.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Namespace {
    /// Its inode number, as in `net:[4026531840]`; 0 if it is hidden from this user.
    pub inode: u64,
    /// A name to print.
    pub name: Option<String>,
    /// Where the name comes from.
    pub name_from: Option<NameFrom>,
    /// Whether it is the initial namespace; `None` if that is unknown.
    pub initial: Option<bool>,
    /// Its entries.
    pub entries: Option<u64>,
    /// The limit.
    pub max_entries: Option<u64>,
    /// Packets per second lost there to a full table, in the interval.
    pub full_drops_per_sec: Option<f64>,
    /// Entries per second evicted there, in the interval.
    pub evictions_per_sec: Option<f64>,
    /// Names of some processes inside.
    pub processes: Vec<String>,
    /// The lowest process number inside, if one can be seen.
    pub pid: Option<u32>,
    /// The file by which the namespace was entered for this report, where the reader of the report is outside: commands that
    /// are advised enter it first.
    pub entered_by: Option<PathBuf>,
}

/// Where a namespace's name comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NameFrom {
    /// `/run/netns`.
    RunNetns,
    /// The control group of a process inside: a container's id.
    Container,
    /// The name of a process inside.
    Process,
}

impl NameFrom {
    /// Its name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            NameFrom::RunNetns => "run_netns",
            NameFrom::Container => "container",
            NameFrom::Process => "process",
        }
    }
}

/// Fill level, memory and chains.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Table {
    /// Entries, at the last reading; `None`: not readable.
    pub entries: Option<u64>,
    /// The limit; 0 is no limit; `None`: unknown.
    pub max_entries: Option<u64>,
    /// Entries that the list gave.
    pub entries_listed: Option<u64>,
    /// Entries that ended but whose event is not delivered.
    pub entries_dying: Option<u64>,
    /// Entries counted directly after the list, to compare with it.
    pub entries_after_list: Option<u64>,
    /// Hash buckets of the machine.
    pub buckets: Option<u64>,
    /// Entries of all namespaces, from the kernel's memory statistics.
    pub entries_all_namespaces: Option<u64>,
    /// Bytes of one entry with its extensions.
    pub entry_bytes: u64,
    /// Expectations now.
    pub expectations: Option<u64>,
    /// Limit of expectations.
    pub expectations_max: Option<u64>,
}

/// A counter, since the namespace was made.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[non_exhaustive]
pub struct Counter {
    /// The latest value, summed over the CPUs.
    pub total: u64,
    /// Growth in the interval, if there was one.
    pub delta: Option<u64>,
    /// The same per second.
    pub per_sec: Option<f64>,
}

impl Counter {
    /// A counter: its value, and its growth in the interval, also per second.
    #[must_use]
    pub const fn new(total: u64, delta: Option<u64>, per_sec: Option<f64>) -> Counter {
        Counter { total, delta, per_sec }
    }
}

/// Packets lost, by cause.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[non_exhaustive]
pub struct Losses {
    /// The table was full.
    pub table_full: Counter,
    /// NAT found no free tuple, or two packets raced for one.
    pub clash: Counter,
    /// A hash chain was too long.
    pub chain_too_long: Counter,
}

/// Changes per second.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[non_exhaustive]
pub struct Rates {
    /// Growth of the number of entries; `None` if it is within 16 entries of none.
    pub growth_per_sec: Option<f64>,
    /// Seconds until the table is full at that rate.
    pub secs_to_full: Option<f64>,
    /// New unanswered flows per second, from the ages of unanswered entries: a lower bound, see
    /// [`Counted::unanswered_tcp_per_sec`].
    pub unanswered_per_sec: Option<f64>,
    /// All new flows per second; only with `nf_conntrack_timestamp`.
    pub new_per_sec: Option<f64>,
}

/// Settings of this namespace: `net.netfilter.nf_conntrack_*`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// Switches and numbers by their name after `nf_conntrack_`: `acct`, `events`, `timestamp`, `tcp_loose`,
    /// `tcp_be_liberal`, `log_invalid`.
    pub switches: BTreeMap<String, i64>,
    /// Timeouts in seconds: protocol (`tcp`, `udp`, `icmp`, ...) and state (`established`, `unreplied`, ...). A protocol
    /// without states has one, `timeout`.
    pub timeouts_secs: BTreeMap<String, BTreeMap<String, u32>>,
}

impl Settings {
    /// A timeout, in seconds.
    #[must_use]
    pub fn timeout_secs(&self, protocol: &str, state: &str) -> Option<u32> {
        self.timeouts_secs.get(protocol)?.get(state).copied()
    }
}

/// The classes of idle age, in seconds, that the census counts: entries idle for at least so long.
pub const IDLE_CLASSES_SECS: [u32; 10] = [60, 300, 600, 3600, 7440, 21600, 86400, 172_800, 259_200, 345_600];

/// What one pass over the list gave.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Counted {
    /// Entries looked at.
    pub entries: u64,
    /// By protocol and state, the largest first.
    pub composition: Vec<Composition>,
    /// Entries without an answer (`SEEN_REPLY` is not set).
    pub unanswered: u64,
    /// Entries that early drop cannot evict.
    pub assured: u64,
    /// Entries of a flow table (`OFFLOAD`, `HW_OFFLOAD`).
    pub offloaded: u64,
    /// Entries whose source is a loopback address; they are in none of the tables by source, destination, service.
    pub loopback: u64,
    /// Entries of UDP and TCP with destination port 53.
    pub dns: u64,
    /// Those of them that are unanswered.
    pub dns_unanswered: u64,
    /// Entries of GRE and of UDP with destination port 4789, 8472 or 6081.
    pub tunnels: u64,
    /// Arrivals per second of unanswered TCP SYN_SENT entries that the last ten seconds had from beginning to end: the lower
    /// of the means over the ages of 1 to 5 and of 6 to 10 seconds. A burst of less than five seconds is no rate.
    pub unanswered_tcp_per_sec: f64,
    /// The same of unanswered UDP entries. Where they live shorter than ten seconds, the halves are those of that time.
    pub unanswered_udp_per_sec: f64,
    /// Entries that carry a time of birth.
    pub timestamped: u64,
    /// Those of them made in the last 10 seconds.
    pub started_last_10_secs: u64,
    /// The tables that were asked for, and those of the rules.
    pub top: Vec<Top>,
}

impl Counted {
    /// The table for this grouping.
    #[must_use]
    pub fn top(&self, by: By) -> Option<&Top> {
        self.top.iter().find(|top| top.by == by)
    }
}

/// Entries of one protocol and state.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Composition {
    /// IANA protocol number.
    pub protocol: u8,
    /// The state's name, as `conntrack -L` prints it, of protocols that have states.
    pub state: Option<&'static str>,
    /// Entries.
    pub entries: u64,
    /// Those that cannot be evicted.
    pub assured: u64,
    /// Those without an answer.
    pub unanswered: u64,
    /// The setting from which their deadline comes, if all have the same (for UDP and GRE: the larger of the two in use).
    pub timeout_secs: Option<u32>,
    /// Entries with more time left than the setting gives.
    pub over_setting: u64,
    /// Entries whose idle time is not known, those over the setting included.
    pub idle_unknown: u64,
    /// Entries idle for at least [`IDLE_CLASSES_SECS`] seconds.
    pub idle_entries: [u64; IDLE_CLASSES_SECS.len()],
}

/// The largest groups of one grouping.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Top {
    /// The grouping.
    pub by: By,
    /// The most by which a number of the rows may be too low. 0: the numbers are exact.
    pub error_entries: u64,
    /// The number of different groups is at least this; where `error_entries` is 0 it is exactly this.
    pub distinct_at_least: u64,
    /// An estimate of the number of different groups; standard error 3.25 %, or exact where `error_entries` is 0.
    pub distinct_estimate: u64,
    /// The largest, first.
    pub rows: Vec<Row>,
}

impl Top {
    /// A table with this number of different groups; `rows` are in order, the largest first.
    #[must_use]
    pub fn new(by: By, error_entries: u64, distinct: u64, rows: Vec<Row>) -> Top {
        Top { by, error_entries, distinct_at_least: distinct, distinct_estimate: distinct, rows }
    }
}

/// One group, with lower bounds of what is known of it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Row {
    /// The group.
    pub key: Key,
    /// Of a label: its name, from a label map.
    pub name: Option<String>,
    /// Entries: the lower bound that is printed.
    pub entries: u64,
    /// Unanswered entries among those.
    pub unanswered: u64,
    /// Assured entries among those.
    pub assured: u64,
    /// Of a source: how many different targets (address, protocol, port), about; standard error 13 %.
    pub targets_estimate: Option<u64>,
    /// Of a server: entries in CLOSE_WAIT among those.
    pub close_wait: u64,
    /// Of a server: entries in TIME_WAIT among those.
    pub time_wait: u64,
    /// Of a NAT pool: the lowest and highest translated port seen.
    pub ports: Option<(u16, u16)>,
}

impl Row {
    /// A group with this number of entries, of which nothing else is known.
    #[must_use]
    pub const fn new(key: Key, entries: u64) -> Row {
        Row {
            key,
            name: None,
            entries,
            unanswered: 0,
            assured: 0,
            targets_estimate: None,
            close_wait: 0,
            time_wait: 0,
            ports: None,
        }
    }

    /// Of a NAT pool: the share of the ports from the lowest to the highest one that are in use. Each entry of a pool uses a
    /// port of its own.
    #[must_use]
    pub fn ports_used_ratio(&self) -> Option<f64> {
        let (low, high) = self.ports?;
        Some(self.entries as f64 / (f64::from(high) - f64::from(low) + 1.0))
    }
}

/// Lines of the kernel log about a full table of this namespace.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[non_exhaustive]
pub struct KernelLog {
    /// Lines; the kernel writes at most 10 in 5 seconds, so that they are no measure of losses.
    pub lines: u64,
    /// Age of the first, in seconds.
    pub first_age_secs: Option<f64>,
    /// Age of the last, in seconds.
    pub last_age_secs: Option<f64>,
}

/// What is known of the machine.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Machine {
    /// Processors that are online.
    pub cpus: Option<u64>,
    /// Memory, in bytes.
    pub memory_bytes: Option<u64>,
    /// The kernel's release, as `uname -r` prints it.
    pub kernel: String,
    /// Whether the process may ask the kernel about this table (`CAP_NET_ADMIN`).
    pub may_read_table: bool,
    /// Names of programs that listen to the ends of flows, as far as they can be seen. They are looked for where ended
    /// flows pile up.
    pub listeners: Vec<String>,
    /// Whether IPVS, which has a table of its own, is loaded.
    pub ipvs: bool,
}

/// Something that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NotRead {
    /// What: `table`, `counters`, `kernel_log`, `namespaces`, ...
    pub what: String,
    /// Why, in the system's words.
    pub why: String,
}

impl NotRead {
    /// Something that could not be read.
    #[must_use]
    pub fn new(what: impl Into<String>, why: impl Into<String>) -> NotRead {
        NotRead { what: what.into(), why: why.into() }
    }
}
