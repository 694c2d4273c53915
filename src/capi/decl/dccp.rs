// SPDX-License-Identifier: GPL-2.0-or-later
//! Header only, never compiled: `libnetfilter_conntrack_dccp.h`.

/// The states of a DCCP connection, ATTR_DCCP_STATE.
#[repr(C)]
pub enum dccp_state {
    /// no state
    DCCP_CONNTRACK_NONE = 0,
    /// a request was sent
    DCCP_CONNTRACK_REQUEST = 1,
    /// a response was sent
    DCCP_CONNTRACK_RESPOND = 2,
    /// the client has acknowledged the response
    DCCP_CONNTRACK_PARTOPEN = 3,
    /// data may flow in both directions
    DCCP_CONNTRACK_OPEN = 4,
    /// the server has asked the client to close
    DCCP_CONNTRACK_CLOSEREQ = 5,
    /// a close was sent
    DCCP_CONNTRACK_CLOSING = 6,
    /// the connection was reset after a close
    DCCP_CONNTRACK_TIMEWAIT = 7,
    /// never the state of an entry
    DCCP_CONNTRACK_IGNORE = 8,
    /// never the state of an entry
    DCCP_CONNTRACK_INVALID = 9,
    /// the number of states
    DCCP_CONNTRACK_MAX = 10,
}

/// The role of the sender of the original direction in DCCP, ATTR_DCCP_ROLE.
#[repr(C)]
pub enum dccp_roles {
    /// the client
    DCCP_CONNTRACK_ROLE_CLIENT = 0,
    /// the server
    DCCP_CONNTRACK_ROLE_SERVER = 1,
    /// the number of roles
    __DCCP_CONNTRACK_ROLE_MAX = 2,
}

/// the highest role
pub const DCCP_ROLE_MAX: i32 = __DCCP_CONNTRACK_ROLE_MAX - 1;
