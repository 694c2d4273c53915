// SPDX-License-Identifier: GPL-2.0-or-later
//! Header only, never compiled: `linux_nfnetlink_conntrack.h`.

/// Messages of the conntrack subsystem.
#[repr(C)]
pub enum cntl_msg_types {
    IPCTNL_MSG_CT_NEW = 0,
    IPCTNL_MSG_CT_GET = 1,
    IPCTNL_MSG_CT_DELETE = 2,
    IPCTNL_MSG_CT_GET_CTRZERO = 3,
    IPCTNL_MSG_CT_GET_STATS_CPU = 4,
    IPCTNL_MSG_CT_GET_STATS = 5,
    IPCTNL_MSG_CT_GET_DYING = 6,
    IPCTNL_MSG_CT_GET_UNCONFIRMED = 7,
    IPCTNL_MSG_MAX = 8,
}

/// Messages of the expectation subsystem.
#[repr(C)]
pub enum ctnl_exp_msg_types {
    IPCTNL_MSG_EXP_NEW = 0,
    IPCTNL_MSG_EXP_GET = 1,
    IPCTNL_MSG_EXP_DELETE = 2,
    IPCTNL_MSG_EXP_GET_STATS_CPU = 3,
    IPCTNL_MSG_EXP_MAX = 4,
}

/// Attributes of an entry.
#[repr(C)]
pub enum ctattr_type {
    CTA_UNSPEC = 0,
    CTA_TUPLE_ORIG = 1,
    CTA_TUPLE_REPLY = 2,
    CTA_STATUS = 3,
    CTA_PROTOINFO = 4,
    CTA_HELP = 5,
    CTA_NAT_SRC = 6,
    CTA_TIMEOUT = 7,
    CTA_MARK = 8,
    CTA_COUNTERS_ORIG = 9,
    CTA_COUNTERS_REPLY = 10,
    CTA_USE = 11,
    CTA_ID = 12,
    CTA_NAT_DST = 13,
    CTA_TUPLE_MASTER = 14,
    CTA_SEQ_ADJ_ORIG = 15,
    CTA_NAT_SEQ_ADJ_ORIG = 15,
    CTA_SEQ_ADJ_REPLY = 16,
    CTA_NAT_SEQ_ADJ_REPLY = 16,
    CTA_SECMARK = 17,
    CTA_ZONE = 18,
    CTA_SECCTX = 19,
    CTA_TIMESTAMP = 20,
    CTA_MARK_MASK = 21,
    CTA_LABELS = 22,
    CTA_LABELS_MASK = 23,
    CTA_SYNPROXY = 24,
    CTA_FILTER = 25,
    CTA_STATUS_MASK = 26,
    CTA_TIMESTAMP_EVENT = 27,
    __CTA_MAX = 28,
}

/// Inside CTA_TUPLE_*.
#[repr(C)]
pub enum ctattr_tuple {
    CTA_TUPLE_UNSPEC = 0,
    CTA_TUPLE_IP = 1,
    CTA_TUPLE_PROTO = 2,
    CTA_TUPLE_ZONE = 3,
    __CTA_TUPLE_MAX = 4,
}

/// Inside CTA_TUPLE_IP.
#[repr(C)]
pub enum ctattr_ip {
    CTA_IP_UNSPEC = 0,
    CTA_IP_V4_SRC = 1,
    CTA_IP_V4_DST = 2,
    CTA_IP_V6_SRC = 3,
    CTA_IP_V6_DST = 4,
    __CTA_IP_MAX = 5,
}

/// Inside CTA_TUPLE_PROTO.
#[repr(C)]
pub enum ctattr_l4proto {
    CTA_PROTO_UNSPEC = 0,
    CTA_PROTO_NUM = 1,
    CTA_PROTO_SRC_PORT = 2,
    CTA_PROTO_DST_PORT = 3,
    CTA_PROTO_ICMP_ID = 4,
    CTA_PROTO_ICMP_TYPE = 5,
    CTA_PROTO_ICMP_CODE = 6,
    CTA_PROTO_ICMPV6_ID = 7,
    CTA_PROTO_ICMPV6_TYPE = 8,
    CTA_PROTO_ICMPV6_CODE = 9,
    __CTA_PROTO_MAX = 10,
}

/// Inside CTA_PROTOINFO.
#[repr(C)]
pub enum ctattr_protoinfo {
    CTA_PROTOINFO_UNSPEC = 0,
    CTA_PROTOINFO_TCP = 1,
    CTA_PROTOINFO_DCCP = 2,
    CTA_PROTOINFO_SCTP = 3,
    __CTA_PROTOINFO_MAX = 4,
}

/// Inside CTA_PROTOINFO_TCP.
#[repr(C)]
pub enum ctattr_protoinfo_tcp {
    CTA_PROTOINFO_TCP_UNSPEC = 0,
    CTA_PROTOINFO_TCP_STATE = 1,
    CTA_PROTOINFO_TCP_WSCALE_ORIGINAL = 2,
    CTA_PROTOINFO_TCP_WSCALE_REPLY = 3,
    CTA_PROTOINFO_TCP_FLAGS_ORIGINAL = 4,
    CTA_PROTOINFO_TCP_FLAGS_REPLY = 5,
    __CTA_PROTOINFO_TCP_MAX = 6,
}

/// Inside CTA_PROTOINFO_DCCP.
#[repr(C)]
pub enum ctattr_protoinfo_dccp {
    CTA_PROTOINFO_DCCP_UNSPEC = 0,
    CTA_PROTOINFO_DCCP_STATE = 1,
    CTA_PROTOINFO_DCCP_ROLE = 2,
    CTA_PROTOINFO_DCCP_HANDSHAKE_SEQ = 3,
    CTA_PROTOINFO_DCCP_PAD = 4,
    __CTA_PROTOINFO_DCCP_MAX = 5,
}

/// Inside CTA_PROTOINFO_SCTP.
#[repr(C)]
pub enum ctattr_protoinfo_sctp {
    CTA_PROTOINFO_SCTP_UNSPEC = 0,
    CTA_PROTOINFO_SCTP_STATE = 1,
    CTA_PROTOINFO_SCTP_VTAG_ORIGINAL = 2,
    CTA_PROTOINFO_SCTP_VTAG_REPLY = 3,
    __CTA_PROTOINFO_SCTP_MAX = 4,
}

/// Inside CTA_COUNTERS_*.
#[repr(C)]
pub enum ctattr_counters {
    CTA_COUNTERS_UNSPEC = 0,
    CTA_COUNTERS_PACKETS = 1,
    CTA_COUNTERS_BYTES = 2,
    CTA_COUNTERS32_PACKETS = 3,
    CTA_COUNTERS32_BYTES = 4,
    CTA_COUNTERS_PAD = 5,
    __CTA_COUNTERS_MAX = 6,
}

/// Inside CTA_TIMESTAMP.
#[repr(C)]
pub enum ctattr_tstamp {
    CTA_TIMESTAMP_UNSPEC = 0,
    CTA_TIMESTAMP_START = 1,
    CTA_TIMESTAMP_STOP = 2,
    CTA_TIMESTAMP_PAD = 3,
    __CTA_TIMESTAMP_MAX = 4,
}

/// Inside CTA_NAT_SRC and CTA_NAT_DST.
#[repr(C)]
pub enum ctattr_nat {
    CTA_NAT_UNSPEC = 0,
    CTA_NAT_V4_MINIP = 1,
    CTA_NAT_V4_MAXIP = 2,
    CTA_NAT_PROTO = 3,
    CTA_NAT_V6_MINIP = 4,
    CTA_NAT_V6_MAXIP = 5,
    __CTA_NAT_MAX = 6,
}

/// Inside CTA_NAT_PROTO.
#[repr(C)]
pub enum ctattr_protonat {
    CTA_PROTONAT_UNSPEC = 0,
    CTA_PROTONAT_PORT_MIN = 1,
    CTA_PROTONAT_PORT_MAX = 2,
    __CTA_PROTONAT_MAX = 3,
}

/// Inside CTA_SEQ_ADJ_*.
#[repr(C)]
pub enum ctattr_seqadj {
    CTA_SEQADJ_UNSPEC = 0,
    CTA_SEQADJ_CORRECTION_POS = 1,
    CTA_SEQADJ_OFFSET_BEFORE = 2,
    CTA_SEQADJ_OFFSET_AFTER = 3,
    __CTA_SEQADJ_MAX = 4,
}

/// Older names of the same attributes.
#[repr(C)]
pub enum ctattr_natseq {
    CTA_NAT_SEQ_UNSPEC = 0,
    CTA_NAT_SEQ_CORRECTION_POS = 1,
    CTA_NAT_SEQ_OFFSET_BEFORE = 2,
    CTA_NAT_SEQ_OFFSET_AFTER = 3,
    __CTA_NAT_SEQ_MAX = 4,
}

/// Inside CTA_SYNPROXY.
#[repr(C)]
pub enum ctattr_synproxy {
    CTA_SYNPROXY_UNSPEC = 0,
    CTA_SYNPROXY_ISN = 1,
    CTA_SYNPROXY_ITS = 2,
    CTA_SYNPROXY_TSOFF = 3,
    __CTA_SYNPROXY_MAX = 4,
}

/// Attributes of an expectation.
#[repr(C)]
pub enum ctattr_expect {
    CTA_EXPECT_UNSPEC = 0,
    CTA_EXPECT_MASTER = 1,
    CTA_EXPECT_TUPLE = 2,
    CTA_EXPECT_MASK = 3,
    CTA_EXPECT_TIMEOUT = 4,
    CTA_EXPECT_ID = 5,
    CTA_EXPECT_HELP_NAME = 6,
    CTA_EXPECT_ZONE = 7,
    CTA_EXPECT_FLAGS = 8,
    CTA_EXPECT_CLASS = 9,
    CTA_EXPECT_NAT = 10,
    CTA_EXPECT_FN = 11,
    __CTA_EXPECT_MAX = 12,
}

/// Inside CTA_EXPECT_NAT.
#[repr(C)]
pub enum ctattr_expect_nat {
    CTA_EXPECT_NAT_UNSPEC = 0,
    CTA_EXPECT_NAT_DIR = 1,
    CTA_EXPECT_NAT_TUPLE = 2,
    __CTA_EXPECT_NAT_MAX = 3,
}

/// Inside CTA_HELP.
#[repr(C)]
pub enum ctattr_help {
    CTA_HELP_UNSPEC = 0,
    CTA_HELP_NAME = 1,
    CTA_HELP_INFO = 2,
    __CTA_HELP_MAX = 3,
}

/// Inside CTA_SECCTX.
#[repr(C)]
pub enum ctattr_secctx {
    CTA_SECCTX_UNSPEC = 0,
    CTA_SECCTX_NAME = 1,
    __CTA_SECCTX_MAX = 2,
}

/// Counters of one CPU.
#[repr(C)]
pub enum ctattr_stats_cpu {
    CTA_STATS_UNSPEC = 0,
    CTA_STATS_SEARCHED = 1,
    CTA_STATS_FOUND = 2,
    CTA_STATS_NEW = 3,
    CTA_STATS_INVALID = 4,
    CTA_STATS_IGNORE = 5,
    CTA_STATS_DELETE = 6,
    CTA_STATS_DELETE_LIST = 7,
    CTA_STATS_INSERT = 8,
    CTA_STATS_INSERT_FAILED = 9,
    CTA_STATS_DROP = 10,
    CTA_STATS_EARLY_DROP = 11,
    CTA_STATS_ERROR = 12,
    CTA_STATS_SEARCH_RESTART = 13,
    CTA_STATS_CLASH_RESOLVE = 14,
    CTA_STATS_CHAIN_TOOLONG = 15,
    __CTA_STATS_MAX = 16,
}

/// Counters of the table.
#[repr(C)]
pub enum ctattr_stats_global {
    CTA_STATS_GLOBAL_UNSPEC = 0,
    CTA_STATS_GLOBAL_ENTRIES = 1,
    CTA_STATS_GLOBAL_MAX_ENTRIES = 2,
    __CTA_STATS_GLOBAL_MAX = 3,
}

/// Counters of the expectation table.
#[repr(C)]
pub enum ctattr_expect_stats {
    CTA_STATS_EXP_UNSPEC = 0,
    CTA_STATS_EXP_NEW = 1,
    CTA_STATS_EXP_CREATE = 2,
    CTA_STATS_EXP_DELETE = 3,
    __CTA_STATS_EXP_MAX = 4,
}

/// Inside CTA_FILTER.
#[repr(C)]
pub enum ctattr_filter {
    CTA_FILTER_UNSPEC = 0,
    CTA_FILTER_ORIG_FLAGS = 1,
    CTA_FILTER_REPLY_FLAGS = 2,
    __CTA_FILTER_MAX = 3,
}

pub const CTA_NAT: i32 = CTA_NAT_SRC;
pub const CTA_MAX: i32 = __CTA_MAX - 1;
pub const CTA_TUPLE_MAX: i32 = __CTA_TUPLE_MAX - 1;
pub const CTA_IP_MAX: i32 = __CTA_IP_MAX - 1;
pub const CTA_PROTO_MAX: i32 = __CTA_PROTO_MAX - 1;
pub const CTA_PROTOINFO_MAX: i32 = __CTA_PROTOINFO_MAX - 1;
pub const CTA_PROTOINFO_TCP_MAX: i32 = __CTA_PROTOINFO_TCP_MAX - 1;
pub const CTA_PROTOINFO_DCCP_MAX: i32 = __CTA_PROTOINFO_DCCP_MAX - 1;
pub const CTA_PROTOINFO_SCTP_MAX: i32 = __CTA_PROTOINFO_SCTP_MAX - 1;
pub const CTA_COUNTERS_MAX: i32 = __CTA_COUNTERS_MAX - 1;
pub const CTA_TIMESTAMP_MAX: i32 = __CTA_TIMESTAMP_MAX - 1;
pub const CTA_NAT_MINIP: i32 = CTA_NAT_V4_MINIP;
pub const CTA_NAT_MAXIP: i32 = CTA_NAT_V4_MAXIP;
pub const CTA_NAT_MAX: i32 = __CTA_NAT_MAX - 1;
pub const CTA_PROTONAT_MAX: i32 = __CTA_PROTONAT_MAX - 1;
pub const CTA_SEQADJ_MAX: i32 = __CTA_SEQADJ_MAX - 1;
pub const CTA_NAT_SEQ_MAX: i32 = __CTA_NAT_SEQ_MAX - 1;
pub const CTA_SYNPROXY_MAX: i32 = __CTA_SYNPROXY_MAX - 1;
pub const CTA_EXPECT_MAX: i32 = __CTA_EXPECT_MAX - 1;
pub const CTA_EXPECT_NAT_MAX: i32 = __CTA_EXPECT_NAT_MAX - 1;
pub const CTA_HELP_MAX: i32 = __CTA_HELP_MAX - 1;
pub const CTA_SECCTX_MAX: i32 = __CTA_SECCTX_MAX - 1;
pub const CTA_STATS_MAX: i32 = __CTA_STATS_MAX - 1;
pub const CTA_STATS_GLOBAL_MAX: i32 = __CTA_STATS_GLOBAL_MAX - 1;
pub const CTA_STATS_EXP_MAX: i32 = __CTA_STATS_EXP_MAX - 1;
pub const CTA_FILTER_MAX: i32 = __CTA_FILTER_MAX - 1;
pub const CTA_FILTER_FLAG_CTA_IP_SRC: i32 = 1;
pub const CTA_FILTER_FLAG_CTA_IP_DST: i32 = 2;
pub const CTA_FILTER_FLAG_CTA_TUPLE_ZONE: i32 = 4;
pub const CTA_FILTER_FLAG_CTA_PROTO_NUM: i32 = 8;
pub const CTA_FILTER_FLAG_CTA_PROTO_SRC_PORT: i32 = 16;
pub const CTA_FILTER_FLAG_CTA_PROTO_DST_PORT: i32 = 32;
pub const CTA_FILTER_FLAG_CTA_PROTO_ICMP_TYPE: i32 = 64;
pub const CTA_FILTER_FLAG_CTA_PROTO_ICMP_CODE: i32 = 128;
pub const CTA_FILTER_FLAG_CTA_PROTO_ICMP_ID: i32 = 256;
pub const CTA_FILTER_FLAG_CTA_PROTO_ICMPV6_TYPE: i32 = 512;
pub const CTA_FILTER_FLAG_CTA_PROTO_ICMPV6_CODE: i32 = 1024;
pub const CTA_FILTER_FLAG_CTA_PROTO_ICMPV6_ID: i32 = 2048;
