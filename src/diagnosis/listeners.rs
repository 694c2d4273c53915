// SPDX-License-Identifier: GPL-2.0-or-later
//! Which programs listen to the ends of flows in the namespace of the calling thread.
//!
//! The kernel shows the sockets that do, not their programs. A socket's port number is only a hint at its process (the
//! first socket of a process has the process's number, as the process's own container counts it), so a program is named
//! only if it is seen to have the socket open; for another user's program that needs privilege.

#![forbid(unsafe_code)]

use super::{namespaces, parse};
use crate::sys::proc;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// Sockets, and bytes of the file that shows them (a line has less than 100).
const NETLINK_BYTES: u64 = 1 << 20;
/// Descriptors of a process that are looked at.
const DESCRIPTORS: usize = 4096;
/// How long the programs are looked for.
const LONGEST: Duration = Duration::from_millis(200);

/// Names of the programs, as far as they can be seen.
pub(crate) fn listeners() -> Vec<String> {
    let begun = Instant::now();
    let bytes = proc::read("/proc/thread-self/net/netlink", NETLINK_BYTES).unwrap_or_default();
    let sockets = parse::listeners(&bytes);
    let mut wanted: BTreeSet<u64> = sockets.iter().map(|socket| socket.inode).collect();
    let hinted: Vec<u32> = sockets.iter().filter_map(|socket| u32::try_from(socket.port).ok()).collect();
    let mut names = BTreeSet::new();
    for pid in hinted.into_iter().chain(namespaces::processes()) {
        if wanted.is_empty() || begun.elapsed() > LONGEST {
            break;
        }
        let held: Vec<u64> = sockets_of(pid).filter(|inode| wanted.contains(inode)).collect();
        if !held.is_empty() {
            names.extend(namespaces::command(pid));
            wanted.retain(|inode| !held.contains(inode));
        }
    }
    names.into_iter().collect()
}

/// The inodes of the sockets that a process has open; none where it does not let itself be looked at.
fn sockets_of(pid: u32) -> impl Iterator<Item = u64> {
    let entries = std::fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    let links = entries.take(DESCRIPTORS).filter_map(|entry| std::fs::read_link(entry.path()).ok());
    links.filter_map(|link| parse::socket(link.as_os_str().as_encoded_bytes()))
}
