// SPDX-License-Identifier: GPL-2.0-or-later
//! Figures that follow from the facts: shares, chains, predictions, a limit that would do.
//!
//! Each is `None` where a number that it needs was not read.

#![forbid(unsafe_code)]

use super::facts::{Composition, Counter, Facts, IDLE_CLASSES_SECS};
use super::key::{By, Key};
use super::words::ratio;
use crate::wire::consts::{
    IPPROTO_GRE, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE,
};
use std::net::IpAddr;

/// From this share on the kernel's collector acts: the table counts as full.
pub const FULL_RATIO: f64 = 0.95;
/// From this share on the table counts as nearly full.
pub const NEARLY_FULL_RATIO: f64 = 0.80;
/// From this share on there is pressure: who holds the entries matters.
pub const PRESSURE_RATIO: f64 = 0.50;
/// Bytes of a bucket of the hash.
pub const BUCKET_BYTES: u64 = 8;
/// Ports that source NAT can use of one address: 1024 to 65535.
pub const NAT_PORTS: u64 = 64_512;
/// How long a new flow is counted on when a limit is proposed, in seconds: as long as an unanswered one is kept.
const HORIZON_SECS: f64 = 120.0;
/// Proposed limits are multiples of this.
const LIMIT_STEP: u64 = 65_536;
/// A proposed limit takes at most the memory divided by this.
const MEMORY_PART: u64 = 10;
/// Ages in seconds that RFC 5382 (REQ-5) allows an established connection to be idle.
pub const RFC5382_IDLE_SECS: u32 = 7440;

/// A change of a timeout, and what it would do to the entries that are there.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WhatIf {
    /// IANA protocol number.
    pub protocol: u8,
    /// The state's name, of protocols that have states.
    pub state: Option<&'static str>,
    /// The timeout.
    pub timeout_secs: u32,
    /// Entries idle for at least so long: those that would not be there.
    pub entries_gone: u64,
}

impl Facts {
    /// Entries per entry of the limit; `None` also without a limit.
    #[must_use]
    pub fn fill(&self) -> Option<f64> {
        let max = self.table.max_entries.filter(|&max| max > 0)?;
        Some(ratio(self.table.entries?, max))
    }

    /// Whether the table is at least so full. False where that is not known.
    #[must_use]
    pub fn is_filled(&self, least: f64) -> bool {
        self.fill().is_some_and(|fill| fill >= least)
    }

    /// A counter of the kernel.
    #[must_use]
    pub fn counter(&self, name: &str) -> Option<Counter> {
        self.counters.get(name).copied()
    }

    /// What a counter grew by in the interval; 0 where that is not known.
    #[must_use]
    pub fn growth_of(&self, name: &str) -> u64 {
        self.counter(name).and_then(|counter| counter.delta).unwrap_or(0)
    }

    /// Packets lost to a full table in the interval; 0 where that is not known.
    #[must_use]
    pub fn full_drops(&self) -> u64 {
        self.losses.and_then(|losses| losses.table_full.delta).unwrap_or(0)
    }

    /// Packets lost in the interval, whatever the cause; `None` where that is not known.
    #[must_use]
    pub fn lost(&self) -> Option<u64> {
        let losses = self.losses?;
        Some(losses.table_full.delta? + losses.clash.delta? + losses.chain_too_long.delta?)
    }

    /// Packets lost since the namespace was made.
    #[must_use]
    pub fn lost_before(&self) -> Option<u64> {
        let losses = self.losses?;
        Some(losses.table_full.total + losses.clash.total + losses.chain_too_long.total)
    }

    /// Whether the table is at its limit or on the way to it: who holds the entries matters only then.
    #[must_use]
    pub fn is_under_pressure(&self) -> bool {
        self.is_filled(PRESSURE_RATIO) || self.full_drops() > 0 || self.growth_of("early_drop") > 0
    }

    /// Whether flows suffer, or soon may: the table is at 80 % or loses packets or entries.
    #[must_use]
    pub fn is_in_trouble(&self) -> bool {
        self.is_filled(NEARLY_FULL_RATIO) || self.full_drops() > 0 || self.growth_of("early_drop") > 0
    }

    /// Entries that the list gave; `None` if it was not read or empty.
    #[must_use]
    pub fn listed(&self) -> Option<u64> {
        self.census.as_ref().map(|census| census.entries).filter(|&entries| entries > 0)
    }

    /// The part of the list that the kernel can evict to make room.
    #[must_use]
    pub fn evictable_ratio(&self) -> Option<f64> {
        let listed = self.listed()?;
        let assured = self.census.as_ref()?.assured;
        Some(ratio(listed.saturating_sub(assured), listed))
    }

    /// The mean length of the chain that a look-up walks: two tuples of each entry, over the buckets.
    /// Where the entries of the other namespaces are not known, it is at least so long.
    #[must_use]
    pub fn mean_chain_length(&self) -> Option<f64> {
        let buckets = self.table.buckets.filter(|&buckets| buckets > 0)?;
        let entries = self.table.entries_all_namespaces.or(self.table.entries)?;
        Some(2.0 * ratio(entries, buckets))
    }

    /// The same for a table that is filled to its limit.
    #[must_use]
    pub fn chain_length_at_limit(&self) -> Option<f64> {
        let buckets = self.table.buckets.filter(|&buckets| buckets > 0)?;
        Some(2.0 * ratio(self.table.max_entries.filter(|&max| max > 0)?, buckets))
    }

    /// The part of the new flows that a full table loses: none of the eight buckets that the kernel searches has an entry
    /// that it can evict. `None` while the table is not full.
    #[must_use]
    pub fn predicted_loss_ratio(&self) -> Option<f64> {
        if !self.is_filled(FULL_RATIO) {
            return None;
        }
        let own = self.listed()?;
        let all = self.table.entries_all_namespaces.unwrap_or(own).max(own);
        let evictable = self.evictable_ratio()? * ratio(own, all);
        Some(power(1.0 - evictable, 8.0 * self.mean_chain_length()?))
    }

    /// Entries that are counted but neither listed nor dying; `None` while the table changes too much to tell.
    #[must_use]
    pub fn hidden_entries(&self) -> Option<u64> {
        let counted = self.table.entries_after_list.or(self.table.entries)?;
        let seen = self.table.entries_listed? + self.table.entries_dying?;
        let hidden = counted.saturating_sub(seen);
        let is_quiet = self.full_drops() == 0 && self.growth_of("early_drop") == 0;
        let moved = self.rates.growth_per_sec.unwrap_or(0.0).abs() * self.interval_secs?;
        (is_quiet && moved * 4.0 <= hidden as f64).then_some(hidden)
    }

    /// Bytes that a table of this limit and hash takes when it is full.
    #[must_use]
    pub fn memory_bytes_of(&self, entries: u64, buckets: u64) -> u64 {
        let entries = entries.saturating_mul(self.table.entry_bytes);
        entries.saturating_add(buckets.saturating_mul(BUCKET_BYTES))
    }

    /// Bytes that the entries take now.
    #[must_use]
    pub fn memory_bytes(&self) -> Option<u64> {
        Some(self.table.entries?.saturating_mul(self.table.entry_bytes))
    }

    /// A limit that would do, for entries and buckets alike; `None` if memory allows none above the present one.
    #[must_use]
    pub fn proposed_limit(&self) -> Option<u64> {
        let (entries, max) = (self.table.entries?, self.table.max_entries.filter(|&max| max > 0)?);
        let drops_per_sec = self.losses.and_then(|losses| losses.table_full.per_sec).unwrap_or(0.0);
        let wanted = (entries as f64 + drops_per_sec * HORIZON_SECS).max(entries as f64 * 2.0);
        let wanted = (wanted as u64).max(max + 1).checked_next_multiple_of(LIMIT_STEP)?;
        let most = self.machine.memory_bytes.map_or(u64::MAX, |memory| {
            memory / MEMORY_PART / (self.table.entry_bytes + BUCKET_BYTES) / LIMIT_STEP * LIMIT_STEP
        });
        Some(wanted.min(most)).filter(|&limit| limit > max)
    }

    /// The entries of a protocol and state.
    #[must_use]
    pub fn composition(&self, protocol: u8, state: Option<&str>) -> Option<&Composition> {
        let mut rows = self.census.as_ref()?.composition.iter();
        rows.find(|row| row.protocol == protocol && row.state == state)
    }

    /// The number of entries at which a steady flow of unanswered connections ends: those that are answered, and for TCP
    /// and UDP what arrives while one is kept.
    #[must_use]
    pub fn settles_at(&self) -> Option<f64> {
        let census = self.census.as_ref()?;
        let kept = |protocol, state| self.settings.timeout_secs(protocol, state).map(f64::from);
        let tcp = product(census.unanswered_tcp_per_sec, kept("tcp", "syn_sent"))?;
        let udp = product(census.unanswered_udp_per_sec, kept("udp", "unreplied"))?;
        Some(census.entries.saturating_sub(census.unanswered) as f64 + tcp + udp)
    }

    /// For each protocol and state: how many entries would not be there with a shorter timeout. Never a timeout of
    /// ESTABLISHED that RFC 5382 forbids.
    #[must_use]
    pub fn what_if(&self) -> Vec<WhatIf> {
        let rows = self.census.iter().flat_map(|census| &census.composition);
        rows.flat_map(|row| {
            let least = if row.is_established() { RFC5382_IDLE_SECS } else { 0 };
            let classes = IDLE_CLASSES_SECS.into_iter().zip(row.idle_entries);
            let classes = classes.filter(move |&(secs, gone)| {
                gone > 0 && secs >= least && row.timeout_secs.is_some_and(|timeout| secs < timeout)
            });
            classes.map(|(timeout_secs, entries_gone)| WhatIf {
                protocol: row.protocol,
                state: row.state,
                timeout_secs,
                entries_gone,
            })
        })
        .collect()
    }

    /// The most entries that one address in a network can have: of the addresses that the table of sources shows, or
    /// what the smallest of them has.
    #[must_use]
    pub fn largest_source_in(&self, network: IpAddr, length: u8) -> Option<u64> {
        let top = self.census.as_ref()?.top(By::Source)?;
        let inside = top.rows.iter().find(|row| is_source_in(&row.key, network, length));
        let entries = inside.or(top.rows.last()).map_or(0, |row| row.entries);
        Some(entries + top.error_entries)
    }
}

impl Composition {
    /// Whether these are established TCP connections.
    #[must_use]
    pub fn is_established(&self) -> bool {
        self.protocol == IPPROTO_TCP && self.state == Some("ESTABLISHED")
    }

    /// Entries whose idle time is known.
    #[must_use]
    pub fn idle_known(&self) -> u64 {
        self.entries.saturating_sub(self.idle_unknown.max(self.over_setting))
    }

    /// Entries idle for at least this number of seconds, which is one of [`IDLE_CLASSES_SECS`].
    #[must_use]
    pub fn idle_at_least(&self, secs: u32) -> Option<u64> {
        IDLE_CLASSES_SECS.into_iter().zip(self.idle_entries).find(|(class, _)| *class == secs).map(|(_, n)| n)
    }

    /// The name of the setting that an unanswered or closing entry of this kind waits for, after `nf_conntrack_`.
    #[must_use]
    pub fn setting(&self) -> Option<(&'static str, &'static str)> {
        match (self.protocol, self.state) {
            (IPPROTO_TCP, Some(state)) => {
                TCP_SETTINGS.iter().find(|(name, _)| *name == state).map(|row| row.1)
            }
            _ => SETTINGS.iter().find(|(number, _)| *number == self.protocol).map(|row| row.1),
        }
    }
}

/// TCP states and the timeouts that they have.
const TCP_SETTINGS: &[(&str, (&str, &str))] = &[
    ("SYN_SENT", ("tcp", "syn_sent")),
    ("SYN_SENT2", ("tcp", "syn_sent")),
    ("SYN_RECV", ("tcp", "syn_recv")),
    ("ESTABLISHED", ("tcp", "established")),
    ("FIN_WAIT", ("tcp", "fin_wait")),
    ("CLOSE_WAIT", ("tcp", "close_wait")),
    ("LAST_ACK", ("tcp", "last_ack")),
    ("TIME_WAIT", ("tcp", "time_wait")),
    ("CLOSE", ("tcp", "close")),
];

/// Protocols without states, and the timeouts of their unanswered entries.
const SETTINGS: &[(u8, (&str, &str))] = &[
    (IPPROTO_UDP, ("udp", "unreplied")),
    (IPPROTO_UDPLITE, ("udplite", "unreplied")),
    (IPPROTO_GRE, ("gre", "unreplied")),
    (IPPROTO_ICMP, ("icmp", "timeout")),
    (IPPROTO_ICMPV6, ("icmpv6", "timeout")),
];

/// A rate times a time; a rate of 0 needs no time.
fn product(per_sec: f64, secs: Option<f64>) -> Option<f64> {
    if per_sec == 0.0 { Some(0.0) } else { Some(per_sec * secs?) }
}

/// Whether a group is a source address of this network.
pub(super) fn is_source_in(key: &Key, network: IpAddr, length: u8) -> bool {
    let Key::Source(address) = *key else { return false };
    let differing = match (address, network) {
        (IpAddr::V4(a), IpAddr::V4(b)) => u128::from(u32::from(a) ^ u32::from(b)) << 96,
        (IpAddr::V6(a), IpAddr::V6(b)) => u128::from(a) ^ u128::from(b),
        _ => return false,
    };
    differing.leading_zeros() >= length.into()
}

/// `base` to the power of `exponent`, both not negative. `f64::powf` is a function of libm, which every start of the tool would
/// load for this one number.
fn power(base: f64, exponent: f64) -> f64 {
    let (mut power, mut root, mut fraction) = (base.powi(exponent as i32), base, exponent.fract());
    for _ in 0..f64::MANTISSA_DIGITS {
        (root, fraction) = (root.sqrt(), fraction * 2.0);
        if fraction >= 1.0 {
            (power, fraction) = (power * root, fraction - 1.0);
        }
    }
    power
}

#[cfg(test)]
mod tests {
    use super::power;

    #[test]
    fn a_power_is_what_the_mathematical_library_computes() {
        for base in [0.0, 1e-9, 0.25, 0.5, 0.9, 0.999_999, 1.0] {
            for exponent in [0.0, 0.3, 1.0, 2.5, 8.0, 15.999, 16.0, 1e3, 1e9] {
                let (ours, exact) = (power(base, exponent), f64::powf(base, exponent));
                assert!((ours - exact).abs() <= exact * 1e-9, "{base} {exponent}: {ours} {exact}");
            }
        }
    }
}
