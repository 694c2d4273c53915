// SPDX-License-Identifier: GPL-2.0-or-later
//! The settings of a namespace, from the files of `/proc/sys/net/netfilter`.
//!
//! The timeouts can also be asked for over netlink, with the same values; but such a request makes the kernel load the
//! module `nfnetlink_cttimeout`, and needs privilege: it is for a namespace without these files.

#![forbid(unsafe_code)]

use super::facts::Settings;
use super::sample::setting;
use crate::codec::timeout_decode::Timeouts;
use crate::error::{Error, Result};
use crate::exchange::handle::Handle;
use crate::wire::consts::*;
use std::collections::BTreeMap;

/// Settings that are no timeouts.
const SWITCHES: &[&str] = &["acct", "events", "timestamp", "tcp_loose", "tcp_be_liberal", "log_invalid"];

/// Timeouts: protocol, state, and the name of the file. Of two rows for one state the first file that exists counts.
const TIMEOUTS: &[(&str, &str, &str)] = &[
    ("tcp", "syn_sent", "tcp_timeout_syn_sent"),
    ("tcp", "syn_recv", "tcp_timeout_syn_recv"),
    ("tcp", "established", "tcp_timeout_established"),
    ("tcp", "fin_wait", "tcp_timeout_fin_wait"),
    ("tcp", "close_wait", "tcp_timeout_close_wait"),
    ("tcp", "last_ack", "tcp_timeout_last_ack"),
    ("tcp", "time_wait", "tcp_timeout_time_wait"),
    ("tcp", "close", "tcp_timeout_close"),
    ("tcp", "max_retrans", "tcp_timeout_max_retrans"),
    ("tcp", "unacknowledged", "tcp_timeout_unacknowledged"),
    ("udp", "unreplied", "udp_timeout"),
    ("udp", "replied", "udp_timeout_stream"),
    ("udplite", "unreplied", "udplite_timeout"),
    ("udplite", "replied", "udplite_timeout_stream"),
    // Since Linux 4.19 UDP-Lite has the timeouts of UDP.
    ("udplite", "unreplied", "udp_timeout"),
    ("udplite", "replied", "udp_timeout_stream"),
    ("icmp", "timeout", "icmp_timeout"),
    ("icmpv6", "timeout", "icmpv6_timeout"),
    ("gre", "unreplied", "gre_timeout"),
    ("gre", "replied", "gre_timeout_stream"),
    ("sctp", "closed", "sctp_timeout_closed"),
    ("sctp", "cookie_wait", "sctp_timeout_cookie_wait"),
    ("sctp", "cookie_echoed", "sctp_timeout_cookie_echoed"),
    ("sctp", "established", "sctp_timeout_established"),
    ("sctp", "shutdown_sent", "sctp_timeout_shutdown_sent"),
    ("sctp", "shutdown_recd", "sctp_timeout_shutdown_recd"),
    ("sctp", "shutdown_ack_sent", "sctp_timeout_shutdown_ack_sent"),
    ("sctp", "heartbeat_sent", "sctp_timeout_heartbeat_sent"),
    ("dccp", "request", "dccp_timeout_request"),
    ("dccp", "respond", "dccp_timeout_respond"),
    ("dccp", "partopen", "dccp_timeout_partopen"),
    ("dccp", "open", "dccp_timeout_open"),
    ("dccp", "closereq", "dccp_timeout_closereq"),
    ("dccp", "closing", "dccp_timeout_closing"),
    ("dccp", "timewait", "dccp_timeout_timewait"),
    ("generic", "timeout", "generic_timeout"),
];

/// Protocols, and the states of each in the order of its attribute numbers, from 1 on
/// (`linux/netfilter/nfnetlink_cttimeout.h`).
const ASKED: &[(u8, &str, &[&str])] = &[
    (
        IPPROTO_TCP,
        "tcp",
        &[
            "syn_sent",
            "syn_recv",
            "established",
            "fin_wait",
            "close_wait",
            "last_ack",
            "time_wait",
            "close",
            "syn_sent2",
            "max_retrans",
            "unacknowledged",
        ],
    ),
    (IPPROTO_UDP, "udp", &["unreplied", "replied"]),
    (IPPROTO_UDPLITE, "udplite", &["unreplied", "replied"]),
    (IPPROTO_ICMP, "icmp", &["timeout"]),
    (IPPROTO_ICMPV6, "icmpv6", &["timeout"]),
    (IPPROTO_GRE, "gre", &["unreplied", "replied"]),
    (
        IPPROTO_SCTP,
        "sctp",
        &[
            "closed",
            "cookie_wait",
            "cookie_echoed",
            "established",
            "shutdown_sent",
            "shutdown_recd",
            "shutdown_ack_sent",
            "heartbeat_sent",
        ],
    ),
    (IPPROTO_DCCP, "dccp", &["request", "respond", "partopen", "open", "closereq", "closing", "timewait"]),
    // The number of no protocol stands for those that the kernel does not know.
    (u8::MAX, "generic", &["timeout"]),
];

impl Settings {
    /// Asks the kernel for the timeouts of the handle's namespace. The answer has no other settings.
    ///
    /// # Errors
    /// [`Error::Kernel`]: `EPERM` without `CAP_NET_ADMIN`, `EINVAL` where the module `nfnetlink_cttimeout` is missing.
    pub fn from_kernel(handle: &mut Handle) -> Result<Settings> {
        let mut settings = Settings::default();
        for &(number, protocol, states) in ASKED {
            match handle.default_timeouts(number) {
                Ok(timeouts) => _ = settings.timeouts_secs.insert(protocol.into(), named(states, &timeouts)),
                Err(Error::Kernel(libc::EOPNOTSUPP)) => {} // a protocol that this kernel does not track
                Err(error) => return Err(error),
            }
        }
        Ok(settings)
    }

    /// Takes the timeouts from the kernel if there are none.
    pub(crate) fn complete(&mut self, handle: &mut Handle) {
        if self.timeouts_secs.is_empty() {
            self.timeouts_secs = Settings::from_kernel(handle).unwrap_or_default().timeouts_secs;
        }
    }

    /// Reads the settings of the namespace of the calling thread. What cannot be read is absent.
    #[must_use]
    pub fn read() -> Settings {
        let switches = SWITCHES.iter().filter_map(|&name| Some((name.to_owned(), setting(name).ok()?)));
        let mut timeouts_secs: BTreeMap<String, BTreeMap<String, u32>> = BTreeMap::new();
        for &(protocol, state, file) in TIMEOUTS {
            let Some(secs) = setting(file).ok().and_then(|secs| u32::try_from(secs).ok()) else { continue };
            timeouts_secs.entry(protocol.into()).or_default().entry(state.into()).or_insert(secs);
        }
        Settings { switches: switches.collect(), timeouts_secs }
    }
}

/// Timeouts with the names of the states.
fn named(states: &[&str], timeouts: &Timeouts) -> BTreeMap<String, u32> {
    let named = (1..).zip(states).map(|(number, &state)| Some((state.to_owned(), timeouts.secs(number)?)));
    named.flatten().collect()
}
