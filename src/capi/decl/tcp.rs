// SPDX-License-Identifier: GPL-2.0-or-later
//! Header only, never compiled: `libnetfilter_conntrack_tcp.h`.

/// The states of a TCP connection, ATTR_TCP_STATE.
#[repr(C)]
pub enum tcp_state {
    TCP_CONNTRACK_NONE = 0,
    TCP_CONNTRACK_SYN_SENT = 1,
    TCP_CONNTRACK_SYN_RECV = 2,
    TCP_CONNTRACK_ESTABLISHED = 3,
    TCP_CONNTRACK_FIN_WAIT = 4,
    TCP_CONNTRACK_CLOSE_WAIT = 5,
    TCP_CONNTRACK_LAST_ACK = 6,
    TCP_CONNTRACK_TIME_WAIT = 7,
    TCP_CONNTRACK_CLOSE = 8,
    TCP_CONNTRACK_LISTEN = 9,
    TCP_CONNTRACK_MAX = 10,
    TCP_CONNTRACK_IGNORE = 11,
}

/// Obsolete; kept for programs that use these names.
#[repr(C)]
pub enum tcp_flags {
    TCP_ORIG_SPORT_BIT = 0,
    TCP_ORIG_SPORT = 1,
    TCP_ORIG_DPORT_BIT = 1,
    TCP_ORIG_DPORT = 2,
    TCP_REPL_SPORT_BIT = 2,
    TCP_REPL_SPORT = 4,
    TCP_REPL_DPORT_BIT = 3,
    TCP_REPL_DPORT = 8,
    TCP_MASK_SPORT_BIT = 4,
    TCP_MASK_SPORT = 16,
    TCP_MASK_DPORT_BIT = 5,
    TCP_MASK_DPORT = 32,
    TCP_STATE_BIT = 6,
    TCP_STATE = 64,
    TCP_EXPTUPLE_SPORT_BIT = 7,
    TCP_EXPTUPLE_SPORT = 128,
    TCP_EXPTUPLE_DPORT_BIT = 8,
    TCP_EXPTUPLE_DPORT = 256,
}

pub const TCP_CONNTRACK_SYN_SENT2: i32 = TCP_CONNTRACK_LISTEN;
