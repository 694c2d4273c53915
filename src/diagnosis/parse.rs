// SPDX-License-Identifier: GPL-2.0-or-later
//! What the bytes of the kernel's files mean. Pure: no file is opened here.
//!
//! Any bytes are accepted; what does not fit the format is left out.

#![forbid(unsafe_code)]

use crate::stats::{CPU_COUNTERS_MAX, CpuStats};
use std::str;

/// A number alone in a file.
#[must_use]
pub fn number(bytes: &[u8]) -> Option<i64> {
    str::from_utf8(bytes).ok()?.trim_ascii().parse().ok()
}

/// What `/proc/net/stat/nf_conntrack` says: the entries of the namespace, and the counters of each CPU.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stat {
    /// Entries of the namespace.
    pub entries: u64,
    /// The counters of the table.
    pub cpus: Vec<CpuStats>,
    /// The counters of expectations.
    pub expect_cpus: Vec<CpuStats>,
}

/// The columns that are counters of the table, and their attribute numbers (`CTA_STATS_*`).
const COLUMNS: [(&str, usize); 10] = [
    ("found", 2),
    ("invalid", 4),
    ("insert", 8),
    ("insert_failed", 9),
    ("drop", 10),
    ("early_drop", 11),
    ("icmp_error", 12),
    ("search_restart", 13),
    ("clashres", 14),
    ("chainlength", 15),
];

/// The columns that are counters of expectations (`CTA_STATS_EXP_*`).
const EXPECT_COLUMNS: [(&str, usize); 3] = [("expect_new", 1), ("expect_create", 2), ("expect_delete", 3)];

/// A line of names, then a line of hexadecimal numbers for each CPU. The number of entries is the same in each line.
#[must_use]
pub fn stat(bytes: &[u8]) -> Option<Stat> {
    let mut lines = str::from_utf8(bytes).ok()?.lines();
    let names: Vec<&str> = lines.next()?.split_ascii_whitespace().collect();
    let mut stat = Stat::default();
    for (cpu, line) in (0..=u16::MAX).zip(lines) {
        let values: Vec<Option<u32>> =
            line.split_ascii_whitespace().map(|value| u32::from_str_radix(value, 16).ok()).collect();
        let of = |wanted: &str| {
            let column = names.iter().position(|name| *name == wanted)?;
            values.get(column).copied().flatten()
        };
        stat.entries = of("entries")?.into();
        stat.cpus.push(counters(cpu, &COLUMNS, of));
        stat.expect_cpus.push(counters(cpu, &EXPECT_COLUMNS, of));
    }
    Some(stat).filter(|stat| !stat.cpus.is_empty())
}

fn counters(cpu: u16, columns: &[(&str, usize)], of: impl Fn(&str) -> Option<u32>) -> CpuStats {
    let mut counters = [None; CPU_COUNTERS_MAX];
    for &(name, number) in columns {
        if let Some(counter) = counters.get_mut(number) {
            *counter = of(name);
        }
    }
    CpuStats { cpu, counters }
}

/// What `/proc/slabinfo` says of conntrack entries: how many there are in all namespaces, and the bytes of each.
#[must_use]
pub fn slab(bytes: &[u8]) -> Option<(u64, u64)> {
    let text = str::from_utf8(bytes).ok()?;
    let mut words =
        text.lines().find_map(|line| line.strip_prefix("nf_conntrack "))?.split_ascii_whitespace();
    let active = words.next()?.parse().ok()?;
    Some((active, words.nth(1)?.parse().ok()?))
}

/// A record of the kernel log about a full table: its time in microseconds since the start of the system, and the inode
/// of the namespace, which kernels before 6.15 do not name.
#[must_use]
pub fn full_table(record: &[u8]) -> Option<(u64, Option<u64>)> {
    const SAYS: &str = "nf_conntrack: table full";
    let text = str::from_utf8(record.split(|&byte| byte == b'\n').next()?).ok()?;
    let (prefix, text) = text.split_once(';')?;
    let behind = text.split_once(SAYS)?.1;
    let micros = prefix.split(',').nth(2)?.parse().ok()?;
    let namespace = behind.strip_prefix(" in netns ").map(|rest| rest.split(',').next().unwrap_or_default());
    Some((micros, namespace.and_then(|inode| inode.parse().ok())))
}

/// A container's id from `/proc/PID/cgroup`: the longest run of 12 to 64 hexadecimal digits in the last part of a path,
/// cut to 12.
#[must_use]
pub fn container(bytes: &[u8]) -> Option<String> {
    let text = str::from_utf8(bytes).ok()?;
    let last = |line: &str| line.rsplit('/').next().unwrap_or_default().to_owned();
    let runs = text.lines().map(last).filter_map(|part| {
        let runs = part.split(|letter: char| !letter.is_ascii_hexdigit());
        runs.filter(|run| (12..=64).contains(&run.len())).max_by_key(|run| run.len()).map(str::to_owned)
    });
    let longest = runs.max_by_key(String::len)?;
    longest.get(..12).map(str::to_owned)
}

/// A netlink socket: its port number, and the inode under which its process has it open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listener {
    /// Its port number.
    pub port: i64,
    /// Its inode.
    pub inode: u64,
}

/// The sockets that `/proc/net/netlink` shows as members of the group for the ends of flows.
#[must_use]
pub fn listeners(bytes: &[u8]) -> Vec<Listener> {
    const NETFILTER: &str = "12";
    const DESTROY: u32 = 1 << 2; // NFNLGRP_CONNTRACK_DESTROY is group 3
    let text = String::from_utf8_lossy(bytes);
    let listener = |line: &str| {
        let mut words = line.split_ascii_whitespace().skip(1);
        let (protocol, port, groups) = (words.next()?, words.next()?, words.next()?);
        let groups = u32::from_str_radix(groups, 16).ok()?;
        let listens = protocol == NETFILTER && groups & DESTROY != 0;
        let listener = Listener { port: port.parse().ok()?, inode: words.nth(5)?.parse().ok()? };
        Some(listener).filter(|_| listens)
    };
    text.lines().filter_map(listener).collect()
}

/// The inode of the socket for which a link in `/proc/PID/fd` stands: `socket:[INODE]`.
#[must_use]
pub fn socket(link: &[u8]) -> Option<u64> {
    str::from_utf8(link).ok()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "entries  clashres found new invalid ignore delete chainlength insert insert_failed drop \
        early_drop icmp_error  expect_new expect_create expect_delete search_restart\n\
        000007d0  0000000c 00000080 00000000 00000003 00000000 00000000 00000005 00000000 00000006 0000000a \
        0000000b 00000001  00000002 00000003 00000004 00000007\n\
        000007d0  00000000 00000000 00000000 ffffffff 00000000 00000000 00000000 00000000 00000000 00000001 \
        00000000 00000000  00000000 00000000 00000000 00000000\n";

    #[test]
    fn the_counters_of_each_cpu_come_from_its_line() {
        let found = stat(NOW.as_bytes()).unwrap();
        assert_eq!((found.entries, found.cpus.len()), (2000, 2));
        let first: Vec<_> = found.cpus[0].iter().collect();
        let expected =
            [(2, 128), (4, 3), (8, 0), (9, 6), (10, 10), (11, 11), (12, 1), (13, 7), (14, 12), (15, 5)];
        assert_eq!(first, expected);
        assert_eq!((found.cpus[1].cpu, found.cpus[1].get(4)), (1, Some(u32::MAX)));
        assert_eq!(found.expect_cpus[0].iter().collect::<Vec<_>>(), [(1, 2), (2, 3), (3, 4)]);
    }

    #[test]
    fn an_old_kernel_has_no_counter_of_chains_or_clashes() {
        let text = "entries  searched found new invalid ignore delete delete_list insert insert_failed drop \
            early_drop icmp_error  expect_new expect_create expect_delete search_restart\n\
            00000001  00000009 00000000 00000000 00000002 00000000 00000000 00000000 00000000 00000000 00000000 \
            00000000 00000000  00000000 00000000 00000000 00000000\n";
        let cpu = stat(text.as_bytes()).unwrap().cpus[0];
        assert_eq!((cpu.get(14), cpu.get(15), cpu.get(4)), (None, None, Some(2)));
    }

    #[test]
    fn a_file_without_entries_or_cpus_says_nothing() {
        for text in ["", "entries found\n", "found\n00000001\n", "entries\nxyz\n", "\u{0}\n\u{0}"] {
            assert_eq!(stat(text.as_bytes()), None, "{text:?}");
        }
        assert_eq!(stat(b"entries\n\xff\n"), None);
    }

    #[test]
    fn the_slab_of_entries_is_found_by_its_whole_name() {
        let text = "slabinfo - version: 2.1\n# name <active_objs> <num_objs> <objsize>\n\
            nf_conntrack_expect 3 17 240 17 1 : tunables 0 0 0\n\
            nf_conntrack         160    176    256   16    1 : tunables    0    0    0 : slabdata\n";
        assert_eq!(slab(text.as_bytes()), Some((160, 256)));
        assert_eq!(slab(b"nf_conntrack x"), None);
        assert_eq!(slab(b"slabinfo - version: 2.1\n"), None);
    }

    #[test]
    fn the_log_names_the_namespace_on_newer_kernels() {
        let record =
            b"4,812,52341234,-;nf_conntrack: nf_conntrack: table full in netns 4026532665, dropping packet\n";
        assert_eq!(full_table(record), Some((52_341_234, Some(4_026_532_665))));
        let older = b"4,812,99,-;nf_conntrack: nf_conntrack: table full, dropping packet\n SUBSYSTEM=x\n";
        assert_eq!(full_table(older), Some((99, None)));
        for other in [
            &b"6,1,2,-;eth0: link up\n"[..],
            b"4,1,2,-;nf_conntrack: expectation table full",
            b"nf_conntrack: table full",
            b"4,1,x,-;nf_conntrack: table full",
            b"",
        ] {
            assert_eq!(full_table(other), None, "{}", String::from_utf8_lossy(other));
        }
    }

    #[test]
    fn a_container_is_the_longest_run_of_digits() {
        let id = "3f2b8c1d9e0a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4";
        for line in [
            format!("0::/system.slice/docker-{id}.scope\n"),
            format!("0::/kubepods/burstable/pod0a1b2c3d-aaaa-bbbb-cccc-0123456789ab/{id}\n"),
            format!("0::/kubepods.slice/cri-containerd-{id}.scope\n1:cpu:/\n"),
        ] {
            assert_eq!(container(line.as_bytes()).as_deref(), Some("3f2b8c1d9e0a"), "{line}");
        }
        for none in ["0::/\n", "0::/user.slice/user-0.slice/session-3.scope\n", "", "0::/deadbeef\n"] {
            assert_eq!(container(none.as_bytes()), None, "{none}");
        }
    }

    #[test]
    fn sockets_that_listen_to_the_ends_of_flows_are_found() {
        let text = "sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode\n\
            000000 12  4711       00000007 212992 0 0 2 0 12345\n\
            000000 12  4712       00000003 0 0 0 2 0 12345\n\
            000000 0   4713       00000004 0 0 0 2 0 12345\n\
            000000 12  -4096      00000004 0 0 0 2 0 12345\n";
        let listener = |port| Listener { port, inode: 12345 };
        assert_eq!(listeners(text.as_bytes()), [listener(4711), listener(-4096)]);
        assert_eq!(listeners(b"000000 12 4711 00000004 0 0 0 2 0\n"), [], "no inode");
    }

    #[test]
    fn only_sockets_are_sockets() {
        assert_eq!(socket(b"socket:[12345]"), Some(12_345));
        for other in [&b"pipe:[12345]"[..], b"socket:[12345", b"socket:[x]", b"/tmp/socket:[1]", b"\xff"] {
            assert_eq!(socket(other), None, "{}", String::from_utf8_lossy(other));
        }
    }

    #[test]
    fn a_number_may_be_negative_and_ends_with_its_line() {
        assert_eq!(number(b"262144\n"), Some(262_144));
        assert_eq!(number(b"-1\n"), Some(-1));
        assert_eq!((number(b""), number(b"a"), number(b"1 2")), (None, None, None));
    }
}
