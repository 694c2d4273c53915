// SPDX-License-Identifier: GPL-2.0-or-later
//! Fill level and counters of one namespace at one moment, and what changed between two of them.
//!
//! A [`Sample`] reads no entry of the table. Over netlink it needs `CAP_NET_ADMIN`; what is refused comes from `/proc`,
//! which everybody may read. A counter of a CPU wraps at 2^32.

#![forbid(unsafe_code)]

use super::facts::{Counter, Losses, NotRead};
use super::parse;
use crate::error::{Error, Result};
use crate::exchange::handle::Handle;
use crate::stats::CpuStats;
use crate::sys::proc;
use std::collections::BTreeMap;
use std::time::Instant;

/// Counters by attribute number, and their names.
pub(crate) type Names = &'static [(usize, &'static str)];

/// The counters of the table that today's kernels keep, by attribute number: name in JSON and metrics. `searched`, `new`,
/// `ignore`, `delete` and `delete_list` have no meaning any more and are left out.
pub const COUNTERS: Names = &[
    (2, "found"),
    (4, "invalid"),
    (8, "insert"),
    (9, "insert_failed"),
    (10, "drop"),
    (11, "early_drop"),
    (12, "error"),
    (13, "search_restart"),
    (14, "clash_resolve"),
    (15, "chain_toolong"),
];

/// The same for expectations.
pub const EXPECT_COUNTERS: Names = &[(1, "expect_new"), (2, "expect_create"), (3, "expect_delete")];

/// Of expectations, those made and those ended: attribute numbers.
const EXPECT_CREATE: usize = 2;
const EXPECT_DELETE: usize = 3;

/// The counters of which the causes of losses are differences.
const LOSSES: [usize; 3] = [9, 10, 15];
/// Readings of the counters, at most, until two of them agree about losses.
const READINGS: usize = 20;

/// From here on a difference of two counters that wrap is one below 0.
const BELOW_ZERO: u32 = u32::MAX - 0xffff;

/// The longest `/proc/net/stat/nf_conntrack`: 8192 CPUs, 17 numbers each.
const STAT_BYTES: u64 = 2 << 20;
/// A file with a number.
const NUMBER_BYTES: u64 = 64;

/// A setting of the namespace of the calling thread: `/proc/sys/net/netfilter/nf_conntrack_NAME`.
///
/// # Errors
/// The system's error; [`Error::Malformed`] where the file has no number.
pub(crate) fn setting(name: &str) -> Result<i64> {
    let bytes = proc::read(format!("/proc/sys/net/netfilter/nf_conntrack_{name}"), NUMBER_BYTES)?;
    parse::number(&bytes).ok_or(Error::Malformed("a setting is no number"))
}

/// A setting that is not negative.
pub(crate) fn count_setting(name: &str) -> Result<u64> {
    u64::try_from(setting(name)?).map_err(|_| Error::Malformed("a setting is negative"))
}

/// How many expectations the namespace of the handle has, by a list of them.
///
/// # Errors
/// As [`Handle::list_expectations`].
pub fn expectations(handle: &mut Handle) -> Result<u64> {
    let (mut list, mut count) = (handle.list_expectations(0)?, 0);
    while list.next()?.is_some() {
        count += 1;
    }
    Ok(count)
}

/// Fill level and counters of one namespace at one moment.
///
/// What is lost now is the difference of two samples:
/// ```no_run
/// use netfilter_conntrack::Handle;
/// use netfilter_conntrack::diagnosis::Sample;
/// let mut handle = Handle::open()?;
/// let before = Sample::take(&mut handle);
/// std::thread::sleep(std::time::Duration::from_secs(1));
/// let after = Sample::take(&mut handle);
/// let delta = after.since(&before);
/// println!("{:?} of {:?} entries", after.entries(), after.max_entries());
/// println!("{:?} packets dropped a second: the table is full", delta.full_drops_per_sec());
/// # Ok::<(), netfilter_conntrack::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Sample {
    taken: Instant,
    entries: Result<u64>,
    max_entries: Option<u64>,
    /// Empty: not readable.
    cpus: Vec<CpuStats>,
    expect_cpus: Vec<CpuStats>,
    is_privileged: bool,
    not_read: Vec<NotRead>,
}

impl Sample {
    /// Reads the namespace of the handle, which must be that of the calling thread: what the kernel refuses to the handle
    /// comes from the thread's files.
    pub fn take(handle: &mut Handle) -> Sample {
        let global = handle.statistics();
        let cpus = settled(|| handle.cpu_statistics(), |cpus| cpus);
        let expect = handle.expectation_cpu_statistics();
        let is_privileged = global.is_ok();
        let refused = global.err().map(|error| NotRead::new("table", error.to_string()));
        let (Ok(global), Ok(cpus)) = (global, cpus) else {
            let mut sample = Sample { is_privileged, ..Sample::from_files() };
            sample.not_read.extend(refused);
            return sample;
        };
        let limit = global.max_entries.map(u64::from).or_else(|| count_setting("max").ok());
        Sample {
            taken: Instant::now(),
            entries: Ok(global.entries.into()),
            max_entries: limit,
            cpus,
            expect_cpus: expect.unwrap_or_default(),
            is_privileged,
            not_read: Vec::new(),
        }
    }

    /// Reads the namespace of the calling thread from files, which needs no privilege.
    #[must_use]
    pub fn from_files() -> Sample {
        Sample::of_files("/proc/thread-self/net/stat/nf_conntrack", Some(count_setting("count")))
    }

    /// Reads the namespace of a process from files, which needs no privilege. The settings of that namespace are not to be
    /// seen from outside; the limit is one for the machine.
    ///
    /// # Errors
    /// The system's error where the process has gone or is hidden, or the kernel has no such file.
    pub fn of_process(pid: u32) -> Result<Sample> {
        let sample = Sample::of_files(&format!("/proc/{pid}/net/stat/nf_conntrack"), None);
        sample.try_entries().map(|_| sample)
    }

    /// A sample of the file of the counters, and of the file with the number of entries where that can be seen: the reason why
    /// there is no number is the latter's.
    fn of_files(path: &str, count: Option<Result<u64>>) -> Sample {
        let unread = Error::Malformed("a file of counters has none");
        let read = || proc::read(path, STAT_BYTES).and_then(|bytes| parse::stat(&bytes).ok_or(unread));
        let stat = settled(read, |stat| &stat.cpus);
        let refused = |error: Error| vec![NotRead::new("counters", error.to_string())];
        let not_read = stat.as_ref().err().map_or_else(Vec::new, |&error| refused(error));
        let counted = stat.as_ref().map(|stat| stat.entries).map_err(|&error| error);
        let (cpus, expect_cpus) = stat.map(|stat| (stat.cpus, stat.expect_cpus)).unwrap_or_default();
        Sample {
            taken: Instant::now(),
            entries: count.map_or(counted, |count| count.or_else(|why| counted.map_err(|_| why))),
            max_entries: count_setting("max").ok(),
            cpus,
            expect_cpus,
            is_privileged: false,
            not_read,
        }
    }

    /// When it was taken.
    #[must_use]
    pub fn taken(&self) -> Instant {
        self.taken
    }

    /// The entries of the namespace; `None`: not readable.
    #[must_use]
    pub fn entries(&self) -> Option<u64> {
        self.entries.ok()
    }

    /// The same.
    ///
    /// # Errors
    /// Why they could not be read.
    pub fn try_entries(&self) -> Result<u64> {
        self.entries
    }

    /// The limit; 0 is no limit; `None`: not readable.
    #[must_use]
    pub fn max_entries(&self) -> Option<u64> {
        self.max_entries
    }

    /// Whether the kernel answered requests about the table (`CAP_NET_ADMIN`).
    #[must_use]
    pub fn is_privileged(&self) -> bool {
        self.is_privileged
    }

    /// What could not be read.
    #[must_use]
    pub fn not_read(&self) -> &[NotRead] {
        &self.not_read
    }

    /// The counters, by name, summed over the CPUs; those of expectations too. Counters that this kernel does not have are
    /// absent; there are none where they cannot be read.
    #[must_use]
    pub fn counters(&self) -> BTreeMap<&'static str, u64> {
        let of = |(names, cpus): (Names, &[CpuStats])| {
            names.iter().filter_map(|&(number, name)| Some((name, total(cpus, number)?))).collect::<Vec<_>>()
        };
        self.families().into_iter().flat_map(of).collect()
    }

    /// The same as numbers of 32 bits, for programs that compare readings without knowing the CPUs, such as metrics. A sum of
    /// counters that wrap at 2^32 would fall by 2^32 whenever one of them does; these wrap as one counter: between two readings
    /// each grows, or it has passed 2^32 and begins again.
    #[must_use]
    pub fn counters_modulo(&self) -> BTreeMap<&'static str, u32> {
        self.counters().into_iter().map(|(name, total)| (name, modulo(total))).collect()
    }

    /// How many expectations the namespace had when the sample was taken: those made, less those ended. [`expectations`]
    /// counts them one by one.
    #[must_use]
    pub fn expectations(&self) -> Option<u64> {
        let total = |number| total(&self.expect_cpus, number);
        Some(modulo(total(EXPECT_CREATE)?).wrapping_sub(modulo(total(EXPECT_DELETE)?)).into())
    }

    /// Packets lost since the namespace was made, by cause; `None` without counters.
    #[must_use]
    pub fn lost(&self) -> Option<Lost> {
        (!self.cpus.is_empty()).then(|| Lost::of_totals(&self.counters_modulo()))
    }

    /// By how much the counters grew since an earlier sample of the same namespace. A namespace that was made again meanwhile
    /// has counters that began at 0: they grew by what they are.
    #[must_use]
    pub fn since(&self, earlier: &Sample) -> Delta {
        let (mut counters, is_same) = (BTreeMap::new(), self.can_follow(earlier));
        for ((names, new), (_, old)) in self.families().into_iter().zip(earlier.families()) {
            let grown = |number| if is_same { growth(new, old, number) } else { total(new, number) };
            counters.extend(names.iter().filter_map(|&(number, name)| Some((name, grown(number)?))));
        }
        let secs = self.taken.saturating_duration_since(earlier.taken).as_secs_f64();
        let entries = self.entries().zip(earlier.entries()).filter(|_| is_same);
        Delta { secs, entries: entries.map(|(new, old)| difference(new, old)), counters }
    }

    /// Whether an earlier sample can be of the same namespace. One that was made meanwhile may have the identity of one that
    /// has gone; its counters are smaller, far from 2^32.
    pub(crate) fn can_follow(&self, earlier: &Sample) -> bool {
        const HALF: u32 = 1 << 31;
        let grown = |cpu: &CpuStats, old: &CpuStats| {
            cpu.iter().all(|(number, new)| old.get(number).is_none_or(|old| new.wrapping_sub(old) < HALF))
        };
        let before = |cpu: &CpuStats| earlier.cpus.iter().find(|old| old.cpu == cpu.cpu);
        self.cpus.iter().all(|cpu| before(cpu).is_none_or(|old| grown(cpu, old)))
    }

    /// The counters of the table and of expectations: their names, and the CPUs that have them.
    fn families(&self) -> [(Names, &[CpuStats]); 2] {
        [(COUNTERS, &self.cpus), (EXPECT_COUNTERS, &self.expect_cpus)]
    }
}

/// A number as a sum of counters that wrap.
#[allow(clippy::cast_possible_truncation)] // that is what it is for
fn modulo(number: u64) -> u32 {
    number as u32
}

/// The sum of a counter over the CPUs that have it.
fn total(cpus: &[CpuStats], number: usize) -> Option<u64> {
    cpus.iter().filter_map(|cpu| cpu.get(number)).map(u64::from).reduce(|sum, value| sum + value)
}

/// By how much a counter grew, over the CPUs that both samples have. A counter that is smaller than before has passed 2^32.
fn growth(new: &[CpuStats], old: &[CpuStats], number: usize) -> Option<u64> {
    let before = |cpu: &CpuStats| old.iter().find(|old| old.cpu == cpu.cpu)?.get(number);
    let grown = |cpu: &CpuStats| Some(u64::from(cpu.get(number)?.wrapping_sub(before(cpu)?)));
    new.iter().filter_map(grown).reduce(|sum, value| sum + value)
}

/// Reads counters until two readings agree about losses: the kernel changes them while they are read, and counts one lost packet
/// in two counters. Of 67,514 single readings under NAT clashes, 12 had a packet of a full table that the next reading had not.
/// Where packets are lost all the time between two readings, the last one counts.
fn settled<T>(mut read: impl FnMut() -> Result<T>, cpus: impl Fn(&T) -> &[CpuStats]) -> Result<T> {
    let losses = |cpu: &CpuStats| (cpu.cpu, LOSSES.map(|number| cpu.get(number)));
    let mut latest = read()?;
    for _ in 1..READINGS {
        let before = std::mem::replace(&mut latest, read()?);
        if cpus(&before).iter().map(losses).eq(cpus(&latest).iter().map(losses)) {
            break;
        }
    }
    Ok(latest)
}

fn difference(new: u64, old: u64) -> i64 {
    i64::try_from(new).unwrap_or(i64::MAX).saturating_sub_unsigned(old)
}

/// What changed between two samples.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Delta {
    /// Seconds between them.
    pub secs: f64,
    /// By how much the number of entries grew.
    pub entries: Option<i64>,
    /// By how much each counter grew, by name.
    pub counters: BTreeMap<&'static str, u64>,
}

impl Delta {
    /// Packets per second lost to a full table.
    #[must_use]
    pub fn full_drops_per_sec(&self) -> Option<f64> {
        self.counters.get("drop")?;
        self.per_sec(Lost::of(&self.counters).table_full)
    }

    /// Entries evicted per second.
    #[must_use]
    pub fn evictions_per_sec(&self) -> Option<f64> {
        self.counters.get("early_drop").and_then(|&evicted| self.per_sec(evicted))
    }

    /// A number per second.
    fn per_sec(&self, number: u64) -> Option<f64> {
        (self.secs > 0.0).then(|| number as f64 / self.secs)
    }
}

/// Packets lost, by cause. The kernel counts causes together: a NAT clash counts as `insert_failed` and `drop`, a chain that
/// is too long as `insert_failed` and `chain_toolong`, a full table as `drop` alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Lost {
    /// The table was full.
    pub table_full: u64,
    /// NAT found no free tuple, or two packets raced for one.
    pub clash: u64,
    /// A hash chain was too long.
    pub chain_too_long: u64,
}

impl Lost {
    /// The packets that these counters speak of.
    #[must_use]
    pub fn of(counters: &BTreeMap<&'static str, u64>) -> Lost {
        Lost::by_cause(|name| counters.get(name).copied().unwrap_or(0), u64::saturating_sub)
    }

    /// The same of sums that wrap at 2^32.
    fn of_totals(counters: &BTreeMap<&'static str, u32>) -> Lost {
        // A difference that would be a little below 0 is one of counters that were read one after the other.
        let less = |from, what| modulo(from).wrapping_sub(modulo(what));
        let less = |from, what| Some(less(from, what)).filter(|&left| left < BELOW_ZERO).map_or(0, u64::from);
        Lost::by_cause(|name| counters.get(name).copied().unwrap_or(0).into(), less)
    }

    /// Which counters make which cause, by their values and a difference that is never below 0.
    fn by_cause(of: impl Fn(&str) -> u64, less: impl Fn(u64, u64) -> u64) -> Lost {
        let chain_too_long = of("chain_toolong");
        let clash = less(of("insert_failed"), chain_too_long);
        Lost { table_full: less(of("drop"), clash), clash, chain_too_long }
    }
}

/// The counters as the facts have them: the latest values, and what they grew by.
pub(crate) fn counters(sample: &Sample, delta: Option<&Delta>) -> BTreeMap<&'static str, Counter> {
    let counter = |(name, total)| {
        let grown = delta.and_then(|delta| delta.counters.get(name).copied());
        (name, counter_of(total, grown, delta))
    };
    sample.counters().into_iter().map(counter).collect()
}

/// The losses as the facts have them.
pub(crate) fn losses(sample: &Sample, delta: Option<&Delta>) -> Option<Losses> {
    let total = sample.lost()?;
    let grown = delta.map(|delta| Lost::of(&delta.counters));
    let counter = |of: fn(&Lost) -> u64| counter_of(of(&total), grown.as_ref().map(of), delta);
    Some(Losses {
        table_full: counter(|lost| lost.table_full),
        clash: counter(|lost| lost.clash),
        chain_too_long: counter(|lost| lost.chain_too_long),
    })
}

fn counter_of(total: u64, grown: Option<u64>, delta: Option<&Delta>) -> Counter {
    let per_sec = grown.zip(delta).and_then(|(grown, delta)| delta.per_sec(grown));
    Counter { total, delta: grown, per_sec }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::CPU_COUNTERS_MAX;
    use std::time::Duration;

    fn cpu(cpu: u16, values: &[(usize, u32)]) -> CpuStats {
        let mut counters = [None; CPU_COUNTERS_MAX];
        values.iter().for_each(|&(number, value)| counters[number] = Some(value));
        CpuStats { cpu, counters }
    }

    fn sample(cpus: Vec<CpuStats>) -> Sample {
        Sample {
            taken: Instant::now(),
            entries: Ok(100),
            max_entries: Some(1000),
            cpus,
            expect_cpus: vec![],
            is_privileged: true,
            not_read: vec![],
        }
    }

    #[test]
    fn a_counter_that_wraps_has_grown() {
        let before = sample(vec![cpu(0, &[(10, 4_294_967_290)]), cpu(1, &[(10, 1)])]);
        let mut after = sample(vec![cpu(0, &[(10, 5)]), cpu(1, &[(10, 1)])]);
        after.taken = before.taken + Duration::from_secs(2);
        after.entries = Ok(40);
        let delta = after.since(&before);
        assert_eq!((delta.counters["drop"], delta.secs, delta.entries), (11, 2.0, Some(-60)));
        assert_eq!(
            counters(&after, Some(&delta))["drop"],
            Counter { total: 6, delta: Some(11), per_sec: Some(5.5) }
        );
    }

    /// The file with the number of entries is read once: what it said is kept.
    #[test]
    fn a_sample_says_why_it_has_no_entries() {
        let (no_file, refused) = ("/proc/self/nonexistent", Error::Os(libc::EACCES));
        let sample = Sample::of_files(no_file, Some(Err(refused)));
        assert_eq!((sample.entries(), sample.try_entries()), (None, Err(refused)));
        assert_eq!(Sample::of_files(no_file, Some(Ok(7))).try_entries(), Ok(7));
        assert_eq!(Sample::of_files(no_file, None).try_entries(), Err(Error::Os(libc::ENOENT)));
        let empty = Sample::of_files("/dev/null", None);
        assert!(matches!(empty.try_entries(), Err(Error::Malformed(_))) && !empty.not_read().is_empty());
    }

    #[test]
    fn the_counters_file_has_the_entries_too() {
        let folder = std::env::temp_dir().join(format!("sample-{}", std::process::id()));
        std::fs::write(&folder, "entries drop\n0000000a 00000003\n").unwrap();
        let path = folder.to_str().unwrap();
        let of = |count| Sample::of_files(path, count).try_entries();
        let read = [of(None), of(Some(Err(Error::Os(libc::EACCES)))), of(Some(Ok(7)))];
        std::fs::remove_file(path).unwrap();
        assert_eq!(read, [Ok(10), Ok(10), Ok(7)]);
    }

    /// A container that starts again has its name from before, and counters that begin at 0.
    #[test]
    fn counters_that_began_again_grew_by_what_they_are() {
        let before = sample(vec![cpu(0, &[(10, 500), (11, 3)]), cpu(1, &[(10, 20)])]);
        let after = sample(vec![cpu(0, &[(10, 7), (11, 4)]), cpu(1, &[(10, 0)])]);
        let delta = after.since(&before);
        assert_eq!((delta.counters["drop"], delta.counters["early_drop"]), (7, 4));
        assert_eq!(delta.entries, None, "the entries are others");
    }

    #[test]
    fn a_namespace_that_was_made_meanwhile_is_another() {
        let before = sample(vec![cpu(0, &[(10, 500)]), cpu(1, &[(10, 0)])]);
        let follows = |values: &[(usize, u32)]| sample(vec![cpu(0, values)]).can_follow(&before);
        assert!(follows(&[(10, 500)]) && follows(&[(10, 1 << 30), (11, 0)]) && follows(&[]));
        assert!(!follows(&[(10, 0)]) && !follows(&[(10, 499)]));
        let before = sample(vec![cpu(0, &[(10, u32::MAX)])]);
        assert!(sample(vec![cpu(0, &[(10, 5)])]).can_follow(&before), "passed 2^32");
    }

    #[test]
    fn expectations_are_those_made_less_those_ended() {
        let expectations = |cpus| Sample { expect_cpus: cpus, ..sample(vec![]) }.expectations();
        assert_eq!(expectations(vec![cpu(0, &[(2, 40), (3, 5)]), cpu(1, &[(2, 1), (3, 30)])]), Some(6));
        // The CPU that ends an expectation need not be the one that made it, and both counters wrap.
        assert_eq!(expectations(vec![cpu(0, &[(2, 3), (3, u32::MAX)])]), Some(4));
        assert_eq!((expectations(vec![]), expectations(vec![cpu(0, &[(1, 7)])])), (None, None));
    }

    #[test]
    fn cpus_are_matched_by_number_and_those_of_one_sample_do_not_count() {
        let before = sample(vec![cpu(0, &[(10, 5)]), cpu(2, &[(10, 100)])]);
        let after = sample(vec![cpu(1, &[(10, 7)]), cpu(2, &[(10, 103)])]);
        assert_eq!(after.since(&before).counters["drop"], 3);
        assert_eq!(after.counters()["drop"], 110);
    }

    #[test]
    fn three_losses_are_told_apart() {
        let lost = |values: &[(&'static str, u64)]| Lost::of(&values.iter().copied().collect());
        let full = Lost { table_full: 5, ..Lost::default() };
        assert_eq!(lost(&[("drop", 5), ("insert_failed", 0)]), full);
        let clash = Lost { clash: 5, ..Lost::default() };
        assert_eq!(lost(&[("drop", 5), ("insert_failed", 5), ("found", 640)]), clash);
        let chain = Lost { chain_too_long: 5, ..Lost::default() };
        assert_eq!(lost(&[("drop", 0), ("insert_failed", 5), ("chain_toolong", 5)]), chain);
        let all = Lost { table_full: 1, clash: 2, chain_too_long: 3 };
        assert_eq!(lost(&[("drop", 3), ("insert_failed", 5), ("chain_toolong", 3)]), all);
        assert_eq!(lost(&[("drop", 9)]), Lost { table_full: 9, ..Lost::default() }, "an old kernel");
    }

    /// What metrics export as a counter does not fall when the counter of one CPU wraps.
    #[test]
    fn sums_do_not_fall_when_one_counter_wraps() {
        let of = |cpus: [[(usize, u32); 3]; 2]| {
            let [one, two] = cpus.map(|values| cpu(0, &values));
            let sample = sample(vec![one, CpuStats { cpu: 1, ..two }]);
            (sample.counters_modulo()["drop"], sample.lost().unwrap())
        };
        let (failed, drop, chain) = (9, 10, 15);
        let other = [(failed, 0), (drop, 1_000_000), (chain, 0)];
        let before = of([[(failed, 0), (drop, u32::MAX), (chain, 5)], other]);
        let after = of([[(failed, 0), (drop, 9), (chain, 6)], other]);
        assert_eq!((before.0, after.0), (999_999, 1_000_009));
        assert_eq!((before.1.table_full, after.1.table_full), (999_999, 1_000_009));
        // The sum passes 2^32: it begins again at what came after.
        assert_eq!(
            of([[(failed, 0), (drop, u32::MAX), (chain, 0)], [(failed, 0), (drop, 3), (chain, 0)]]).0,
            2
        );
        // A chain is too long between the reading of `insert_failed` and that of `chain_toolong`.
        let skewed = of([[(failed, 7), (drop, 2), (chain, 8)], [(failed, 0), (drop, 0), (chain, 0)]]);
        assert_eq!(skewed.1, Lost { table_full: 2, clash: 0, chain_too_long: 8 });
    }

    /// Readings of one CPU's `insert_failed` and `drop`, in turns: the one that counts, and how many were made.
    fn settles(readings: &[(u32, u32)]) -> (Option<u32>, usize) {
        let mut made = 0;
        let read = || {
            made += 1;
            let &(failed, drop) = readings.get(made - 1).unwrap_or(&(made as u32, made as u32));
            Ok(vec![cpu(0, &[(2, made as u32), (9, failed), (10, drop)])])
        };
        let cpus = settled(read, |cpus| cpus).unwrap();
        (cpus[0].get(10), made)
    }

    #[test]
    fn a_loss_that_is_half_counted_is_read_again() {
        assert_eq!(settles(&[(0, 500), (0, 500)]), (Some(500), 2), "other counters may change");
        assert_eq!(
            settles(&[(0, 501), (1, 501), (1, 501)]),
            (Some(501), 3),
            "a clash, counted in `drop` only"
        );
        assert_eq!(settles(&[]), (Some(20), 20), "losses all the time");
        let refused = settled(|| Err::<Vec<CpuStats>, _>(Error::Os(libc::EPERM)), |cpus| cpus);
        assert_eq!(refused.err(), Some(Error::Os(libc::EPERM)));
    }

    #[test]
    fn counters_without_meaning_and_absent_ones_are_left_out() {
        let sample = sample(vec![cpu(0, &[(1, 7), (3, 7), (5, 7), (10, 1)])]);
        assert_eq!(sample.counters().into_iter().collect::<Vec<_>>(), [("drop", 1)]);
        assert!(
            losses(&sample, None)
                .is_some_and(|losses| losses.table_full == Counter { total: 1, ..Counter::default() })
        );
    }
}
