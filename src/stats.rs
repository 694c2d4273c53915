// SPDX-License-Identifier: GPL-2.0-or-later
//! The kernel's counts: the entries of the table, and the counters of each CPU.

#![forbid(unsafe_code)]

/// Names of the per-CPU counters of the conntrack table, by attribute number (`CTA_STATS_*`); 0 has none.
pub const CPU_COUNTERS: &[&str] = &[
    "",
    "searched",
    "found",
    "new",
    "invalid",
    "ignore",
    "delete",
    "delete_list",
    "insert",
    "insert_failed",
    "drop",
    "early_drop",
    "error",
    "search_restart",
    "clash_resolve",
    "chaintoolong",
];

/// Names of the per-CPU counters of the expectation table (`CTA_STATS_EXP_*`).
pub const EXPECT_CPU_COUNTERS: &[&str] = &["", "expect_new", "expect_create", "expect_delete"];

/// Number of attribute numbers kept of one CPU's counters: those known today and the next few.
pub const CPU_COUNTERS_MAX: usize = 20;

/// One CPU's counters, wrapping at 2^32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct CpuStats {
    /// The CPU's number.
    pub cpu: u16,
    pub(crate) counters: [Option<u32>; CPU_COUNTERS_MAX],
}

impl CpuStats {
    /// A counter by attribute number, when the kernel sent it.
    #[must_use]
    pub fn get(&self, number: usize) -> Option<u32> {
        self.counters.get(number).copied().flatten()
    }

    /// The counters that the kernel sent, ascending by attribute number.
    pub fn iter(&self) -> impl Iterator<Item = (usize, u32)> + '_ {
        self.counters.iter().enumerate().filter_map(|(number, value)| Some((number, (*value)?)))
    }
}

/// The table's fill level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct GlobalStats {
    /// Entries of this namespace.
    pub entries: u32,
    /// The limit; 0 is none, absent before Linux 4.18.
    pub max_entries: Option<u32>,
}

impl GlobalStats {
    /// A fill level, for a program's own tests.
    #[must_use]
    pub const fn new(entries: u32, max_entries: Option<u32>) -> GlobalStats {
        GlobalStats { entries, max_entries }
    }
}
