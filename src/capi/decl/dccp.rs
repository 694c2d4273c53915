// SPDX-License-Identifier: GPL-2.0-or-later
//! Header only, never compiled: `libnetfilter_conntrack_dccp.h`.

/// The states of a DCCP connection, ATTR_DCCP_STATE.
#[repr(C)]
pub enum dccp_state {
    DCCP_CONNTRACK_NONE = 0,
    DCCP_CONNTRACK_REQUEST = 1,
    DCCP_CONNTRACK_RESPOND = 2,
    DCCP_CONNTRACK_PARTOPEN = 3,
    DCCP_CONNTRACK_OPEN = 4,
    DCCP_CONNTRACK_CLOSEREQ = 5,
    DCCP_CONNTRACK_CLOSING = 6,
    DCCP_CONNTRACK_TIMEWAIT = 7,
    DCCP_CONNTRACK_IGNORE = 8,
    DCCP_CONNTRACK_INVALID = 9,
    DCCP_CONNTRACK_MAX = 10,
}

/// The role of the sender of the original direction in DCCP, ATTR_DCCP_ROLE.
#[repr(C)]
pub enum dccp_roles {
    DCCP_CONNTRACK_ROLE_CLIENT = 0,
    DCCP_CONNTRACK_ROLE_SERVER = 1,
    __DCCP_CONNTRACK_ROLE_MAX = 2,
}

pub const DCCP_ROLE_MAX: i32 = __DCCP_CONNTRACK_ROLE_MAX - 1;
