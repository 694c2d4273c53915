// SPDX-License-Identifier: GPL-2.0-or-later
//! The network namespaces of the machine, and what can be read of them from outside.
//!
//! They are found below `/run/netns` and among the processes. Everybody may read the counters of any process's namespace,
//! but not which namespace it is: processes of other users that show the same counters are taken for one namespace.

#![forbid(unsafe_code)]

use super::facts::{NameFrom, Namespace, NotRead};
use super::parse;
use super::sample::{Delta, Sample};
use crate::error::Result;
use crate::exchange::handle::Handle;
use crate::sys::{namespace, proc};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Where `ip netns` keeps the namespaces that it has named.
const NAMED: &str = "/run/netns";
/// Namespaces that are looked at.
const MOST: usize = 4096;
/// How long namespaces are looked for.
const LONGEST: Duration = Duration::from_secs(1);
/// Processes of a namespace that are named.
const PROCESSES: usize = 5;

/// The file of the namespace in which the calling thread is.
const OWN: &str = "/proc/thread-self/ns/net";

/// A namespace: device and inode of its file, or, where the processes inside hide it, what they show of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Identity {
    File(u64, u64),
    Hidden(Vec<u8>),
}

/// A namespace that was found.
#[derive(Debug, Clone, Default)]
pub struct Found {
    inode: u64,
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

/// The names in `/run/netns`, with the namespace of each.
fn named() -> Vec<(OsString, (u64, u64))> {
    let entries = std::fs::read_dir(NAMED).into_iter().flatten().flatten().take(MOST);
    entries.filter_map(|entry| Some((entry.file_name(), proc::identity(entry.path()).ok()?))).collect()
}

/// The processes that can be seen, the lowest number first.
fn processes() -> BTreeSet<u32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// Looks for all namespaces but that of the calling thread.
#[must_use]
pub fn search() -> Search {
    let begun = Instant::now();
    let mut all: BTreeMap<Identity, Found> = BTreeMap::new();
    for (name, (device, inode)) in named() {
        let found = all.entry(Identity::File(device, inode)).or_default();
        (found.inode, found.name) = (inode, found.name.take().or(Some(name)));
    }
    let (processes, mut left_out) = (processes(), 0);
    for pid in processes {
        if begun.elapsed() > LONGEST || all.len() >= MOST {
            left_out += 1;
        } else if let Some(identity) = identity_of(pid) {
            let found = all.entry(identity.clone()).or_default();
            found.pids.push(pid);
            if let Identity::File(_, inode) = identity {
                found.inode = inode;
            }
        }
    }
    all.remove(&own_identity());
    all.remove(&own_as_hidden());
    let not_read = (left_out > 0).then(|| {
        NotRead::new(
            "namespaces",
            format!("the search took too long: {left_out} processes were not looked at"),
        )
    });
    Search { found: all.into_values().collect(), not_read: not_read.into_iter().collect() }
}

fn own_identity() -> Identity {
    proc::identity(OWN).map_or(Identity::Hidden(Vec::new()), |(device, inode)| Identity::File(device, inode))
}

/// The caller's own namespace as a process of another user shows it.
fn own_as_hidden() -> Identity {
    Identity::Hidden(proc::read("/proc/thread-self/net/stat/nf_conntrack", STAT_BYTES).unwrap_or_default())
}

/// What is read of a process that hides its namespace.
const STAT_BYTES: u64 = 1 << 16;

/// In which namespace a process is. Nothing for one that has gone, or that hides a namespace without entries.
fn identity_of(pid: u32) -> Option<Identity> {
    if let Ok((device, inode)) = proc::identity(format!("/proc/{pid}/ns/net")) {
        return Some(Identity::File(device, inode));
    }
    let shown = proc::read(format!("/proc/{pid}/net/stat/nf_conntrack"), STAT_BYTES).ok()?;
    parse::stat(&shown).filter(|stat| stat.entries > 0).map(|_| Identity::Hidden(shown))
}

impl Found {
    /// Fill level and counters. A namespace without a process must be entered, which needs `CAP_SYS_ADMIN`.
    ///
    /// # Errors
    /// The system's, where the namespace cannot be entered.
    pub fn sample(&self) -> Result<Sample> {
        if let Some(sample) = self.pids.iter().find_map(|&pid| Sample::of_process(pid).ok()) {
            return Ok(sample);
        }
        let path = PathBuf::from(NAMED).join(self.name.clone().unwrap_or_default());
        namespace::within(&path, || Ok(Sample::take(&mut Handle::open()?)))
    }

    /// How it is named where it cannot be read.
    #[must_use]
    pub fn label(&self) -> String {
        self.name()
            .map_or_else(|| format!("namespace {}", self.inode), |(name, _)| format!("namespace {name}"))
    }

    /// Its description, with what two samples say of it.
    #[must_use]
    pub fn describe(&self, before: Option<&Sample>, after: &Sample) -> Namespace {
        let (name, name_from) = self.name().unzip();
        let delta = before.map(|before| after.since(before));
        let per_sec = |of: fn(&Delta) -> Option<f64>| delta.as_ref().and_then(of);
        Namespace {
            inode: self.inode,
            name,
            name_from,
            initial: None,
            entries: after.entries(),
            max_entries: after.max_entries(),
            full_drops_per_sec: per_sec(Delta::full_drops_per_sec),
            evictions_per_sec: per_sec(Delta::evictions_per_sec),
            pid: self.pids.first().copied(),
            processes: self.pids.iter().take(PROCESSES).filter_map(|&pid| command(pid)).collect(),
            entered_by: None,
        }
    }

    /// The first name that there is: that of `/run/netns`, of a container, of a process.
    fn name(&self) -> Option<(String, NameFrom)> {
        if let Some(name) = &self.name {
            return Some((name.to_string_lossy().into_owned(), NameFrom::RunNetns));
        }
        let pid = *self.pids.first()?;
        let groups = proc::read(format!("/proc/{pid}/cgroup"), 1 << 16).ok();
        let container = groups.and_then(|bytes| parse::container(&bytes));
        container
            .map(|container| (container, NameFrom::Container))
            .or_else(|| Some((command(pid)?, NameFrom::Process)))
    }
}

/// The name of a process.
pub(crate) fn command(pid: u32) -> Option<String> {
    let bytes = proc::read(format!("/proc/{pid}/comm"), 64).ok()?;
    let name = String::from_utf8_lossy(&bytes).trim_end_matches('\n').to_owned();
    Some(name).filter(|name| !name.is_empty())
}
