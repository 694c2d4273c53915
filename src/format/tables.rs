// SPDX-License-Identifier: GPL-2.0-or-later
//! Names of protocols and states, as printed.
//!
//! Each list is indexed by the kernel's number; a number without a name prints as `unknown` (protocols) or `NONE`
//! (states).

#![forbid(unsafe_code)]

use crate::wire::consts::*;

/// Families that have names.
pub const L3: &[(u8, &str)] = &[(AF_INET, "ipv4"), (AF_INET6, "ipv6")];

/// Protocols that have names.
pub const L4: &[(u8, &str)] = &[
    (IPPROTO_ICMP, "icmp"),
    (IPPROTO_TCP, "tcp"),
    (IPPROTO_UDP, "udp"),
    (IPPROTO_DCCP, "dccp"),
    (IPPROTO_GRE, "gre"),
    (IPPROTO_ICMPV6, "icmpv6"),
    (IPPROTO_SCTP, "sctp"),
    (IPPROTO_UDPLITE, "udplite"),
];

/// States of TCP.
pub const TCP_STATES: &[&str] = &[
    "NONE",
    "SYN_SENT",
    "SYN_RECV",
    "ESTABLISHED",
    "FIN_WAIT",
    "CLOSE_WAIT",
    "LAST_ACK",
    "TIME_WAIT",
    "CLOSE",
    "SYN_SENT2",
];

/// States of SCTP.
pub const SCTP_STATES: &[&str] = &[
    "NONE",
    "CLOSED",
    "COOKIE_WAIT",
    "COOKIE_ECHOED",
    "ESTABLISHED",
    "SHUTDOWN_SENT",
    "SHUTDOWN_RECD",
    "SHUTDOWN_ACK_SENT",
    "HEARTBEAT_SENT",
    "HEARTBEAT_ACKED",
];

/// States of DCCP.
pub const DCCP_STATES: &[&str] = &[
    "NONE", "REQUEST", "RESPOND", "PARTOPEN", "OPEN", "CLOSEREQ", "CLOSING", "TIMEWAIT", "IGNORE", "INVALID",
];

/// For each number the row of its name, or a row that does not exist. A table of 256 names would be 256 addresses, which the
/// loader relocates at every start of a program.
#[allow(clippy::indexing_slicing)] // evaluated when compiling
const fn rows_by_number(names: &[(u8, &str)]) -> [u8; 256] {
    let mut rows = [u8::MAX; 256];
    let mut row = 0u8;
    while (row as usize) < names.len() {
        rows[names[row as usize].0 as usize] = row;
        row += 1;
    }
    rows
}

static L3_ROWS: [u8; 256] = rows_by_number(L3);
static L4_ROWS: [u8; 256] = rows_by_number(L4);

#[inline]
#[allow(clippy::indexing_slicing)] // an 8-bit number into 256 rows
fn name(names: &[(u8, &'static str)], rows: &[u8; 256], number: u8) -> &'static str {
    names.get(usize::from(rows[usize::from(number)])).map_or("unknown", |row| row.1)
}

/// The name of a family.
#[inline]
#[must_use]
pub fn l3_name(number: u8) -> &'static str {
    name(L3, &L3_ROWS, number)
}

/// The name of a protocol.
#[inline]
#[must_use]
pub fn l4_name(number: u8) -> &'static str {
    name(L4, &L4_ROWS, number)
}

/// The name of a state in one of the lists above.
#[inline]
#[must_use]
pub fn state_name(states: &[&'static str], number: u8) -> &'static str {
    states.get(usize::from(number)).copied().unwrap_or("NONE")
}

/// Days of the week, Sunday first.
pub(super) const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/// Months.
pub(super) const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_without_a_name_are_unknown() {
        assert_eq!(
            (l3_name(2), l3_name(10), l3_name(0), l3_name(255)),
            ("ipv4", "ipv6", "unknown", "unknown")
        );
        let named = (0..=255).filter(|&number| l4_name(number) != "unknown").count();
        assert_eq!(named, L4.len());
        assert_eq!((l4_name(6), l4_name(58), l4_name(50)), ("tcp", "icmpv6", "unknown"));
    }

    #[test]
    fn states_beyond_the_list_are_none() {
        for states in [TCP_STATES, SCTP_STATES, DCCP_STATES] {
            assert_eq!(states.len(), 10);
            assert_eq!((state_name(states, 10), state_name(states, 255)), ("NONE", "NONE"));
        }
        assert_eq!(state_name(TCP_STATES, 3), "ESTABLISHED");
    }
}
