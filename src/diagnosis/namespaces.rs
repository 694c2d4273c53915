// SPDX-License-Identifier: GPL-2.0-or-later
//! The network namespaces of the machine, and what can be read of them from outside.
//!
//! They are found below `/run/netns` and among the processes. Everybody may read the counters of any process's namespace;
//! which namespace it is, processes of other users hide, but not which of them share one.

#![forbid(unsafe_code)]

use super::facts::{NameFrom, Namespace, NotRead};
use super::parse;
use super::sample::{Delta, Sample};
use crate::error::{Error, Result};
use crate::exchange::Netns;
use crate::exchange::handle::Handle;
use crate::sys::{namespace, proc};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Where `ip netns` keeps the namespaces that it has named.
const NAMED: &str = "/run/netns";
/// Namespaces that are looked at.
const MOST: usize = 4096;
/// How long namespaces are looked for.
const LONGEST: Duration = Duration::from_secs(1);
/// The longest `/proc/PID/cgroup`: a dozen hierarchies, a path of 4,096 bytes in each.
const CGROUP_BYTES: u64 = 1 << 16;
/// Processes of a namespace that are named.
const PROCESSES: usize = 5;

/// The calling thread, as a process of `/proc`, and the file of the namespace in which it is.
const OWN_THREAD: &str = "thread-self";
const OWN: &str = "/proc/thread-self/ns/net";

/// The identity of a namespace, the same for every reader: device and inode of the file that stands for a namespace, or, of processes
/// that hide theirs, those of the file that shows its counters. The kernel has such a file for each namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Identity {
    File(u64, u64),
    Counters(u64, u64),
}

impl Identity {
    /// The namespace of a process; nothing if it has gone.
    fn of(pid: u32) -> Option<Identity> {
        Identity::of_file(pid).or_else(|| Identity::of_counters(pid))
    }

    fn of_file(pid: impl Display) -> Option<Identity> {
        proc::identity(format!("/proc/{pid}/ns/net"))
            .ok()
            .map(|(device, inode)| Identity::File(device, inode))
    }

    fn of_counters(pid: impl Display) -> Option<Identity> {
        let (device, inode) = proc::identity(format!("/proc/{pid}/net/stat/nf_conntrack")).ok()?;
        Some(Identity::Counters(device, inode))
    }
}

/// A namespace that was found.
#[derive(Debug, Clone)]
pub struct Found {
    identity: Identity,
    /// Its name in `/run/netns`.
    name: Option<OsString>,
    /// Processes inside, the lowest first.
    pids: Vec<u32>,
}

/// What the search found.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Search {
    /// The namespaces.
    pub found: Vec<Found>,
    /// What was left out.
    pub not_read: Vec<NotRead>,
}

/// The namespace of the calling thread.
#[must_use]
pub fn own() -> Namespace {
    let identity = proc::identity(OWN).ok();
    let name = identity.and_then(|identity| named().into_iter().find(|(_, found)| *found == identity));
    let name = name.map(|(name, _)| name.to_string_lossy().into_owned());
    Namespace {
        inode: identity.map_or(0, |(_, inode)| inode),
        name_from: name.as_ref().map(|_| NameFrom::RunNetns),
        name,
        initial: is_initial(),
        ..Namespace::default()
    }
}

/// Only the initial namespace has the setting under its old name (`net.nf_conntrack_max`).
fn is_initial() -> Option<bool> {
    let exists = |path: &str| Path::new(path).exists();
    exists("/proc/sys/net/netfilter/nf_conntrack_max").then(|| exists("/proc/sys/net/nf_conntrack_max"))
}

/// The names in `/run/netns` in order, with the namespace of each. A file that stands for none is the rest of one that was
/// removed.
fn named() -> Vec<(OsString, (u64, u64))> {
    let device = proc::identity(OWN).map(|(device, _)| device);
    let entries = std::fs::read_dir(NAMED).into_iter().flatten().flatten();
    let found = entries.filter_map(|entry| Some((entry.file_name(), proc::identity(entry.path()).ok()?)));
    let mut named: Vec<_> = found.filter(|(_, found)| device.is_ok_and(|device| device == found.0)).collect();
    named.sort_unstable();
    named
}

/// The processes that can be seen, the lowest number first.
pub(crate) fn processes() -> BTreeSet<u32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// What is found while the search goes on.
struct Searching {
    begun: Instant,
    all: BTreeMap<Identity, Found>,
    left_out: usize,
}

impl Searching {
    /// Adds a namespace, and a name or a process of it.
    fn add(&mut self, identity: Option<Identity>, name: Option<OsString>, pid: Option<u32>) {
        let Some(identity) = identity else { return };
        if self.all.len() >= MOST && !self.all.contains_key(&identity) {
            self.left_out += 1;
            return;
        }
        let found = self.all.entry(identity).or_insert(Found { identity, name: None, pids: Vec::new() });
        found.name = found.name.take().or(name);
        found.pids.extend(pid.filter(|_| found.pids.len() < PROCESSES));
    }

    fn is_late(&self) -> bool {
        self.begun.elapsed() > LONGEST
    }

    /// Takes those away that were found in two ways, and the caller's own.
    fn unify(&mut self) {
        let first = |found: &Found| found.pids.iter().find_map(Identity::of_counters);
        let twice: Vec<Identity> =
            self.all.values().filter(|found| found.inode() > 0).filter_map(first).collect();
        let own = [Identity::of_file(OWN_THREAD), Identity::of_counters(OWN_THREAD)];
        for identity in twice.into_iter().chain(own.into_iter().flatten()) {
            self.all.remove(&identity);
        }
    }
}

/// Looks for all namespaces but that of the calling thread: at most 4096, and for a second.
///
/// ```no_run
/// use netfilter_conntrack::diagnosis::namespaces;
/// for found in namespaces::search().found {
///     match found.sample() {
///         Ok(sample) => println!("{}: {:?} entries", found.label(), sample.entries()),
///         Err(error) => println!("{}: {error}", found.label()),
///     }
/// }
/// ```
#[must_use]
pub fn search() -> Search {
    let mut searching = Searching { begun: Instant::now(), all: BTreeMap::new(), left_out: 0 };
    for (name, (device, inode)) in named() {
        searching.add(Some(Identity::File(device, inode)), Some(name), None);
    }
    let mut unseen = 0;
    for pid in processes() {
        match searching.is_late() {
            true => unseen += 1,
            false => searching.add(Identity::of(pid), None, Some(pid)),
        }
    }
    searching.unify();
    let not_read = [
        (searching.left_out, "have no room beside the 4,096 that are looked at"),
        (unseen, "processes were not looked at in time"),
    ];
    let not_read = not_read.iter().filter(|(count, _)| *count > 0);
    let not_read =
        not_read.map(|(count, why)| NotRead::new("namespaces", format!("{count} {why}"))).collect();
    Search { found: searching.all.into_values().collect(), not_read }
}

impl Found {
    /// Its identity.
    pub(crate) fn identity(&self) -> Identity {
        self.identity
    }

    /// Its inode; 0 if its processes hide it.
    fn inode(&self) -> u64 {
        match self.identity {
            Identity::File(_, inode) => inode,
            Identity::Counters(..) => 0,
        }
    }

    /// The processes that are still inside.
    fn processes(&self) -> impl Iterator<Item = u32> + use<'_> {
        self.pids.iter().copied().filter(|&pid| Identity::of(pid) == Some(self.identity))
    }

    /// The files that may stand for it: that of its name, and those of its processes.
    fn files(&self) -> impl Iterator<Item = PathBuf> + use<'_> {
        let named = self.name.iter().map(|name| Path::new(NAMED).join(name));
        named.chain(self.pids.iter().map(|pid| of_process(*pid)))
    }

    /// Whether a file stands for it now. While a name is removed, its file stands for no namespace.
    fn stands(&self, path: &Path) -> bool {
        match self.identity {
            Identity::File(device, inode) => proc::identity(path).is_ok_and(|found| found == (device, inode)),
            Identity::Counters(..) => self.processes().any(|pid| path == of_process(pid)),
        }
    }

    /// The file that stands for it; nothing if it has gone.
    fn path(&self) -> Option<PathBuf> {
        self.files().find(|path| self.stands(path))
    }

    /// The error of an attempt to enter it: `ESRCH` if it has gone meanwhile, otherwise the same error.
    #[must_use]
    pub fn explained(&self, error: Error) -> Error {
        if self.path().is_none() { Error::Os(libc::ESRCH) } else { error }
    }

    /// Fill level and counters. A namespace without a process must be entered, which needs `CAP_SYS_ADMIN`; so must each on
    /// a kernel that shows no counters in files.
    ///
    /// # Errors
    /// The system's, where the namespace cannot be entered; `ESRCH` if it has gone.
    pub fn sample(&self) -> Result<Sample> {
        // A process may have moved while its files were read.
        let is_inside = |pid: &u32| Identity::of(*pid) == Some(self.identity);
        let of = |pid: u32| Sample::of_process(pid).ok().filter(|_| is_inside(&pid));
        if let Some(sample) = self.processes().find_map(of) {
            return Ok(sample);
        }
        self.attempt(|netns| namespace::within(netns.open()?, || Ok(Sample::take(&mut Handle::open()?))))
    }

    /// How it is named where it cannot be read.
    #[must_use]
    pub fn label(&self) -> String {
        self.name()
            .map_or_else(|| format!("namespace {}", self.inode()), |(name, _)| format!("namespace {name}"))
    }

    /// Its description, with what two samples say of it.
    #[must_use]
    pub fn describe(&self, before: Option<&Sample>, after: &Sample) -> Namespace {
        let delta = before.map(|before| after.since(before));
        let per_sec = |of: fn(&Delta) -> Option<f64>| delta.as_ref().and_then(of);
        Namespace {
            entries: after.entries(),
            max_entries: after.max_entries(),
            full_drops_per_sec: per_sec(Delta::full_drops_per_sec),
            evictions_per_sec: per_sec(Delta::evictions_per_sec),
            ..self.outline()
        }
    }

    /// Its description without figures: nothing is read of its table.
    #[must_use]
    pub fn outline(&self) -> Namespace {
        let (name, name_from) = self.name().unzip();
        Namespace {
            inode: self.inode(),
            name,
            name_from,
            pid: self.pids.first().copied(),
            processes: self.pids.iter().take(PROCESSES).filter_map(|&pid| command(pid)).collect(),
            ..Namespace::default()
        }
    }

    /// The file with which it can be entered; nothing if it has gone. What stands for another namespace later is not entered.
    #[must_use]
    pub fn netns(&self) -> Option<Netns> {
        self.path().map(|path| self.with_file(path))
    }

    fn with_file(&self, path: PathBuf) -> Netns {
        match self.identity {
            Identity::File(device, inode) => Netns::Found { path, identity: (device, inode) },
            Identity::Counters(..) => Netns::Path(path),
        }
    }

    /// Does what needs the namespace with each file that may stand for it until it succeeds: a process may leave, or move to
    /// another namespace, between the search and the work.
    ///
    /// # Errors
    /// The first error of `work` with a file that still stands for the namespace; `ESRCH` if the namespace has gone.
    pub fn attempt<T>(&self, mut work: impl FnMut(&Netns) -> Result<T>) -> Result<T> {
        let gone = Error::Os(libc::ESRCH);
        let mut why = gone;
        for path in self.files() {
            match work(&self.with_file(path.clone())) {
                Err(error) if error != gone && why == gone && self.stands(&path) => why = error,
                Err(_) => {}
                done => return done,
            }
        }
        Err(why)
    }

    /// Whether both are the same namespace. A namespace that has gone may be mistaken for a later one, unless a socket
    /// keeps it in existence.
    #[must_use]
    pub fn is_same(&self, other: &Found) -> bool {
        self.identity == other.identity
    }

    /// The first name that there is: that of `/run/netns`, of a container, of a process.
    fn name(&self) -> Option<(String, NameFrom)> {
        if let Some(name) = &self.name {
            return Some((name.to_string_lossy().into_owned(), NameFrom::RunNetns));
        }
        let pid = *self.pids.first()?;
        // The container of the reader names the reader's own namespace, and no other one.
        container(pid)
            .filter(|id| container(OWN_THREAD).as_ref() != Some(id))
            .map(|container| (container, NameFrom::Container))
            .or_else(|| Some((command(pid)?, NameFrom::Process)))
    }
}

/// The file of the namespace in which a process is.
fn of_process(pid: u32) -> PathBuf {
    PathBuf::from(format!("/proc/{pid}/ns/net"))
}

/// The id of the container in which a process is.
fn container(pid: impl Display) -> Option<String> {
    let groups = proc::read(format!("/proc/{pid}/cgroup"), CGROUP_BYTES).ok()?;
    parse::container(&groups)
}

/// The name of a process.
pub(crate) fn command(pid: u32) -> Option<String> {
    let bytes = proc::read(format!("/proc/{pid}/comm"), 64).ok()?;
    let name = String::from_utf8_lossy(&bytes).trim_end_matches('\n').to_owned();
    Some(name).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_a_namespace_that_has_gone_is_that_there_is_none() {
        let pid = std::process::id();
        let own = Found { identity: Identity::of_file(pid).unwrap(), name: None, pids: vec![pid] };
        assert_eq!(own.explained(Error::Os(libc::EPERM)), Error::Os(libc::EPERM));
        let path = PathBuf::from(format!("/proc/{pid}/ns/net"));
        assert_eq!(own.path(), Some(path.clone()));
        // Neither is its name's file that namespace now, nor is a process inside.
        let gone = Found { identity: Identity::File(0, 0), name: Some(path.into()), pids: vec![pid] };
        assert_eq!(gone.path(), None);
        assert_eq!(gone.explained(Error::Os(libc::EINVAL)), Error::Os(libc::ESRCH));
    }

    #[test]
    fn the_work_is_done_with_the_next_file_where_one_fails() {
        let pid = std::process::id();
        let found = |identity, pids| Found { identity, name: Some("no-such-name".into()), pids };
        let own = found(Identity::of_file(pid).unwrap(), vec![u32::MAX, pid]);
        let mut tried = Vec::new();
        let done = own.attempt(|netns| {
            tried.push(netns.path().unwrap());
            netns.open().map(drop)
        });
        assert_eq!(done, Ok(()));
        assert_eq!(tried, [Path::new(NAMED).join("no-such-name"), of_process(u32::MAX), of_process(pid)]);
        let refused = own.attempt(|netns| netns.open().and(Err::<(), _>(Error::Os(libc::EPERM))));
        assert_eq!(refused, Err(Error::Os(libc::EPERM)), "what fails where the namespace is, is the error");
        let moved = found(Identity::File(0, 0), vec![pid]);
        assert_eq!(moved.attempt(|netns| netns.open().map(drop)), Err(Error::Os(libc::ESRCH)));
    }
}
