// SPDX-License-Identifier: GPL-2.0-or-later
//! Header only, never compiled: `linux_nf_conntrack_common.h`.

/// The relation of a packet to its entry.
#[repr(C)]
pub enum ip_conntrack_info {
    IP_CT_ESTABLISHED = 0,
    IP_CT_RELATED = 1,
    IP_CT_NEW = 2,
    IP_CT_IS_REPLY = 3,
    IP_CT_ESTABLISHED_REPLY = 3,
    IP_CT_RELATED_REPLY = 4,
    IP_CT_NUMBER = 5,
    IP_CT_NEW_REPLY = 5,
}

/// The status bits of an entry, ATTR_STATUS.
#[repr(C)]
pub enum ip_conntrack_status {
    IPS_EXPECTED_BIT = 0,
    IPS_EXPECTED = 0x1,
    IPS_SEEN_REPLY_BIT = 1,
    IPS_SEEN_REPLY = 0x2,
    IPS_ASSURED_BIT = 2,
    IPS_ASSURED = 0x4,
    IPS_CONFIRMED_BIT = 3,
    IPS_CONFIRMED = 0x8,
    IPS_SRC_NAT_BIT = 4,
    IPS_SRC_NAT = 0x10,
    IPS_DST_NAT_BIT = 5,
    IPS_DST_NAT = 0x20,
    IPS_NAT_MASK = 0x30,
    IPS_SEQ_ADJUST_BIT = 6,
    IPS_SEQ_ADJUST = 0x40,
    IPS_SRC_NAT_DONE_BIT = 7,
    IPS_SRC_NAT_DONE = 0x80,
    IPS_DST_NAT_DONE_BIT = 8,
    IPS_DST_NAT_DONE = 0x100,
    IPS_NAT_DONE_MASK = 0x180,
    IPS_DYING_BIT = 9,
    IPS_DYING = 0x200,
    IPS_FIXED_TIMEOUT_BIT = 10,
    IPS_FIXED_TIMEOUT = 0x400,
    IPS_TEMPLATE_BIT = 11,
    IPS_TEMPLATE = 0x800,
    IPS_UNTRACKED_BIT = 12,
    IPS_UNTRACKED = 0x1000,
    IPS_HELPER_BIT = 13,
    IPS_HELPER = 0x2000,
    IPS_OFFLOAD_BIT = 14,
    IPS_OFFLOAD = 0x4000,
    IPS_HW_OFFLOAD_BIT = 15,
    IPS_HW_OFFLOAD = 0x8000,
    IPS_UNCHANGEABLE_MASK = 0xdbf9,
    __IPS_MAX_BIT = 16,
}

/// Events of an entry.
#[repr(C)]
pub enum ip_conntrack_events {
    IPCT_NEW = 0,
    IPCT_RELATED = 1,
    IPCT_DESTROY = 2,
    IPCT_REPLY = 3,
    IPCT_ASSURED = 4,
    IPCT_PROTOINFO = 5,
    IPCT_HELPER = 6,
    IPCT_MARK = 7,
    IPCT_SEQADJ = 8,
    IPCT_NATSEQADJ = 8,
    IPCT_SECMARK = 9,
    IPCT_LABEL = 10,
    IPCT_SYNPROXY = 11,
}

/// Events of an expectation.
#[repr(C)]
pub enum ip_conntrack_expect_events {
    IPEXP_NEW = 0,
    IPEXP_DESTROY = 1,
}

pub const NF_CT_STATE_INVALID_BIT: i32 = 1;
pub const NF_CT_STATE_UNTRACKED_BIT: i32 = 64;
pub const NF_CT_EXPECT_PERMANENT: i32 = 1;
pub const NF_CT_EXPECT_INACTIVE: i32 = 2;
pub const NF_CT_EXPECT_USERSPACE: i32 = 4;
