// SPDX-License-Identifier: GPL-2.0-or-later
//! What is the same for all network namespaces: limits, memory, processors, kernel.

#![forbid(unsafe_code)]

use super::facts::Machine;
use super::parse;
use super::sample::count_setting;
use crate::sys::{proc, process};
use std::path::Path;

/// Bytes of an entry, where the kernel does not say how large it is.
const ENTRY_BYTES: u64 = 256;
/// Bytes of the extensions of an entry (Linux 6.18).
const EXTENSION_BYTES: u64 = 128;
/// The longest `/proc/slabinfo`: a line of 100 bytes for each kind of object, with room for thousands of kinds.
const SLAB_BYTES: u64 = 1 << 20;

/// The limits, which hold for each namespace and are set in the initial one, and what the kernel has of all namespaces
/// together.
///
/// ```
/// use netfilter_conntrack::diagnosis::Limits;
/// let limits = Limits::read();
/// // Without the module nf_conntrack there are no limits.
/// if let (Some(max), Some(buckets)) = (limits.max_entries, limits.buckets) {
///     println!("{} entries a chain, if the table is full", 2 * max / buckets.max(1));
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The limit of entries; 0 is no limit.
    pub max_entries: Option<u64>,
    /// Hash buckets.
    pub buckets: Option<u64>,
    /// The limit of expectations.
    pub expectations_max: Option<u64>,
    /// Entries of all namespaces; only root may know.
    pub entries_all_namespaces: Option<u64>,
    /// Bytes of one entry with its extensions.
    pub entry_bytes: u64,
}

impl Limits {
    /// Reads them. What cannot be read is `None`.
    #[must_use]
    pub fn read() -> Limits {
        let slab = proc::read("/proc/slabinfo", SLAB_BYTES).ok().and_then(|bytes| parse::slab(&bytes));
        let of = |name| count_setting(name).ok();
        Limits {
            max_entries: of("max"),
            buckets: of("buckets"),
            expectations_max: of("expect_max"),
            entries_all_namespaces: slab.map(|(entries, _)| entries),
            entry_bytes: slab.map_or(ENTRY_BYTES, |(_, bytes)| bytes).saturating_add(EXTENSION_BYTES),
        }
    }
}

/// The kernel's release.
pub(crate) fn release() -> String {
    let release = proc::read("/proc/sys/kernel/osrelease", 256).unwrap_or_default();
    String::from_utf8_lossy(&release).trim_end().to_owned()
}

/// The machine, but for who listens.
pub(crate) fn machine(may_read_table: bool) -> Machine {
    let known = |number: u64| Some(number).filter(|&number| number > 0);
    Machine {
        cpus: known(process::processors()),
        memory_bytes: known(process::machine_bytes()),
        kernel: release(),
        may_read_table,
        listeners: Vec::new(),
        ipvs: Path::new("/proc/thread-self/net/ip_vs_stats").exists(),
    }
}
