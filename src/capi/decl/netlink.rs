// SPDX-License-Identifier: GPL-2.0-or-later
//! Header only, never compiled: `linux_nfnetlink_conntrack.h`.

/// Messages of the conntrack subsystem.
#[repr(C)]
pub enum cntl_msg_types {
    /// an entry: a request to create or change it, the answer to a request, an event
    IPCTNL_MSG_CT_NEW = 0,
    /// asks for an entry or a list
    IPCTNL_MSG_CT_GET = 1,
    /// deletes an entry; without a tuple, all entries
    IPCTNL_MSG_CT_DELETE = 2,
    /// as IPCTNL_MSG_CT_GET; the kernel sets the counters to 0
    IPCTNL_MSG_CT_GET_CTRZERO = 3,
    /// asks for the counters of each CPU
    IPCTNL_MSG_CT_GET_STATS_CPU = 4,
    /// asks for the counters of the table
    IPCTNL_MSG_CT_GET_STATS = 5,
    /// asks for the entries whose destroy event is not delivered yet; since Linux 3.9
    IPCTNL_MSG_CT_GET_DYING = 6,
    /// asks for the entries whose first packet is still in the machine; since Linux 3.9; the list is
    /// empty since 5.19
    IPCTNL_MSG_CT_GET_UNCONFIRMED = 7,
    /// the number of messages
    IPCTNL_MSG_MAX = 8,
}

/// Messages of the expectation subsystem.
#[repr(C)]
pub enum ctnl_exp_msg_types {
    /// an expectation: a request to create it, the answer to a request, an event
    IPCTNL_MSG_EXP_NEW = 0,
    /// asks for an expectation or a list
    IPCTNL_MSG_EXP_GET = 1,
    /// deletes an expectation; without a tuple, all expectations
    IPCTNL_MSG_EXP_DELETE = 2,
    /// asks for the counters of each CPU
    IPCTNL_MSG_EXP_GET_STATS_CPU = 3,
    /// the number of messages
    IPCTNL_MSG_EXP_MAX = 4,
}

/// Attributes of an entry.
#[repr(C)]
pub enum ctattr_type {
    /// no attribute
    CTA_UNSPEC = 0,
    /// nest, enum ctattr_tuple: the original tuple
    CTA_TUPLE_ORIG = 1,
    /// nest, enum ctattr_tuple: the reply tuple
    CTA_TUPLE_REPLY = 2,
    /// 32 bits, IPS_*; in a filter together with CTA_STATUS_MASK, since Linux 5.15
    CTA_STATUS = 3,
    /// nest, enum ctattr_protoinfo: the state of the protocol
    CTA_PROTOINFO = 4,
    /// nest, enum ctattr_help: the helper
    CTA_HELP = 5,
    /// nest, enum ctattr_nat: the new source, when an entry is created; the kernel never sends it
    CTA_NAT_SRC = 6,
    /// 32 bits, seconds; in destroy events since Linux 5.14
    CTA_TIMEOUT = 7,
    /// 32 bits
    CTA_MARK = 8,
    /// nest, enum ctattr_counters: packets and bytes of the original direction, with accounting only
    CTA_COUNTERS_ORIG = 9,
    /// nest, enum ctattr_counters: packets and bytes of the reply direction, with accounting only
    CTA_COUNTERS_REPLY = 10,
    /// 32 bits: the number of references that the kernel holds; in dumps only
    CTA_USE = 11,
    /// 32 bits, opaque; the same during the life of an entry
    CTA_ID = 12,
    /// nest, enum ctattr_nat: the new destination, when an entry is created; the kernel never sends it
    CTA_NAT_DST = 13,
    /// nest, enum ctattr_tuple: the original tuple of the flow that expected this flow
    CTA_TUPLE_MASTER = 14,
    /// nest, enum ctattr_seqadj: the original direction
    CTA_SEQ_ADJ_ORIG = 15,
    /// the same as CTA_SEQ_ADJ_ORIG
    CTA_NAT_SEQ_ADJ_ORIG = 15,
    /// nest, enum ctattr_seqadj: the reply direction
    CTA_SEQ_ADJ_REPLY = 16,
    /// the same as CTA_SEQ_ADJ_REPLY
    CTA_NAT_SEQ_ADJ_REPLY = 16,
    /// obsolete; see CTA_SECCTX
    CTA_SECMARK = 17,
    /// 16 bits: the zone of both directions; in a filter since Linux 6.8
    CTA_ZONE = 18,
    /// nest, enum ctattr_secctx: the security context
    CTA_SECCTX = 19,
    /// nest, enum ctattr_tstamp: start and stop, with net.netfilter.nf_conntrack_timestamp only
    CTA_TIMESTAMP = 20,
    /// 32 bits: the bits of CTA_MARK that a change writes or a filter compares
    CTA_MARK_MASK = 21,
    /// the labels, 128 bits; since Linux 3.9
    CTA_LABELS = 22,
    /// the labels that a change writes; since Linux 3.9
    CTA_LABELS_MASK = 23,
    /// nest, enum ctattr_synproxy: the SYN proxy
    CTA_SYNPROXY = 24,
    /// nest, enum ctattr_filter: which parts of the tuples a list compares, since Linux 5.8
    CTA_FILTER = 25,
    /// 32 bits: the bits of CTA_STATUS that a filter compares, since Linux 5.15
    CTA_STATUS_MASK = 26,
    /// 64 bits, nanoseconds since 1970: the time of the event, since Linux 6.14
    CTA_TIMESTAMP_EVENT = 27,
    /// the number of attributes; see CTA_MAX
    __CTA_MAX = 28,
}

/// Inside CTA_TUPLE_*.
#[repr(C)]
pub enum ctattr_tuple {
    /// no attribute
    CTA_TUPLE_UNSPEC = 0,
    /// nest, enum ctattr_ip: the addresses
    CTA_TUPLE_IP = 1,
    /// nest, enum ctattr_l4proto: the protocol and its ports
    CTA_TUPLE_PROTO = 2,
    /// 16 bits: the zone of this direction only
    CTA_TUPLE_ZONE = 3,
    /// the number of attributes; see CTA_TUPLE_MAX
    __CTA_TUPLE_MAX = 4,
}

/// Inside CTA_TUPLE_IP.
#[repr(C)]
pub enum ctattr_ip {
    /// no attribute
    CTA_IP_UNSPEC = 0,
    /// 4 bytes: the source address
    CTA_IP_V4_SRC = 1,
    /// 4 bytes: the destination address
    CTA_IP_V4_DST = 2,
    /// 16 bytes: the source address
    CTA_IP_V6_SRC = 3,
    /// 16 bytes: the destination address
    CTA_IP_V6_DST = 4,
    /// the number of attributes; see CTA_IP_MAX
    __CTA_IP_MAX = 5,
}

/// Inside CTA_TUPLE_PROTO.
#[repr(C)]
pub enum ctattr_l4proto {
    /// no attribute
    CTA_PROTO_UNSPEC = 0,
    /// 8 bits: the protocol, IPPROTO_*
    CTA_PROTO_NUM = 1,
    /// 16 bits: the source port, or the key of GRE
    CTA_PROTO_SRC_PORT = 2,
    /// 16 bits: the destination port, or the key of GRE
    CTA_PROTO_DST_PORT = 3,
    /// 16 bits: the id of ICMP
    CTA_PROTO_ICMP_ID = 4,
    /// 8 bits: the type of ICMP
    CTA_PROTO_ICMP_TYPE = 5,
    /// 8 bits: the code of ICMP
    CTA_PROTO_ICMP_CODE = 6,
    /// 16 bits: the id of ICMPv6
    CTA_PROTO_ICMPV6_ID = 7,
    /// 8 bits: the type of ICMPv6
    CTA_PROTO_ICMPV6_TYPE = 8,
    /// 8 bits: the code of ICMPv6
    CTA_PROTO_ICMPV6_CODE = 9,
    /// the number of attributes; see CTA_PROTO_MAX
    __CTA_PROTO_MAX = 10,
}

/// Inside CTA_PROTOINFO.
#[repr(C)]
pub enum ctattr_protoinfo {
    /// no attribute
    CTA_PROTOINFO_UNSPEC = 0,
    /// nest, enum ctattr_protoinfo_tcp
    CTA_PROTOINFO_TCP = 1,
    /// nest, enum ctattr_protoinfo_dccp; not since Linux 6.18, which does not track DCCP
    CTA_PROTOINFO_DCCP = 2,
    /// nest, enum ctattr_protoinfo_sctp
    CTA_PROTOINFO_SCTP = 3,
    /// the number of attributes; see CTA_PROTOINFO_MAX
    __CTA_PROTOINFO_MAX = 4,
}

/// Inside CTA_PROTOINFO_TCP.
#[repr(C)]
pub enum ctattr_protoinfo_tcp {
    /// no attribute
    CTA_PROTOINFO_TCP_UNSPEC = 0,
    /// 8 bits, enum tcp_state
    CTA_PROTOINFO_TCP_STATE = 1,
    /// 8 bits: the window scale of the original direction
    CTA_PROTOINFO_TCP_WSCALE_ORIGINAL = 2,
    /// 8 bits: the window scale of the reply direction
    CTA_PROTOINFO_TCP_WSCALE_REPLY = 3,
    /// 8 bits of flags, IP_CT_TCP_FLAG_*, and 8 bits of mask: the original direction
    CTA_PROTOINFO_TCP_FLAGS_ORIGINAL = 4,
    /// 8 bits of flags, IP_CT_TCP_FLAG_*, and 8 bits of mask: the reply direction
    CTA_PROTOINFO_TCP_FLAGS_REPLY = 5,
    /// the number of attributes; see CTA_PROTOINFO_TCP_MAX
    __CTA_PROTOINFO_TCP_MAX = 6,
}

/// Inside CTA_PROTOINFO_DCCP.
#[repr(C)]
pub enum ctattr_protoinfo_dccp {
    /// no attribute
    CTA_PROTOINFO_DCCP_UNSPEC = 0,
    /// 8 bits, enum dccp_state
    CTA_PROTOINFO_DCCP_STATE = 1,
    /// 8 bits, enum dccp_roles
    CTA_PROTOINFO_DCCP_ROLE = 2,
    /// 64 bits: the sequence number of the handshake
    CTA_PROTOINFO_DCCP_HANDSHAKE_SEQ = 3,
    /// padding before 64 bits; without meaning
    CTA_PROTOINFO_DCCP_PAD = 4,
    /// the number of attributes; see CTA_PROTOINFO_DCCP_MAX
    __CTA_PROTOINFO_DCCP_MAX = 5,
}

/// Inside CTA_PROTOINFO_SCTP.
#[repr(C)]
pub enum ctattr_protoinfo_sctp {
    /// no attribute
    CTA_PROTOINFO_SCTP_UNSPEC = 0,
    /// 8 bits, enum sctp_state
    CTA_PROTOINFO_SCTP_STATE = 1,
    /// 32 bits: the verification tag of the original direction
    CTA_PROTOINFO_SCTP_VTAG_ORIGINAL = 2,
    /// 32 bits: the verification tag of the reply direction
    CTA_PROTOINFO_SCTP_VTAG_REPLY = 3,
    /// the number of attributes; see CTA_PROTOINFO_SCTP_MAX
    __CTA_PROTOINFO_SCTP_MAX = 4,
}

/// Inside CTA_COUNTERS_*.
#[repr(C)]
pub enum ctattr_counters {
    /// no attribute
    CTA_COUNTERS_UNSPEC = 0,
    /// 64 bits
    CTA_COUNTERS_PACKETS = 1,
    /// 64 bits
    CTA_COUNTERS_BYTES = 2,
    /// 32 bits; the kernel does not send it
    CTA_COUNTERS32_PACKETS = 3,
    /// 32 bits; the kernel does not send it
    CTA_COUNTERS32_BYTES = 4,
    /// padding before 64 bits; without meaning
    CTA_COUNTERS_PAD = 5,
    /// the number of attributes; see CTA_COUNTERS_MAX
    __CTA_COUNTERS_MAX = 6,
}

/// Inside CTA_TIMESTAMP.
#[repr(C)]
pub enum ctattr_tstamp {
    /// no attribute
    CTA_TIMESTAMP_UNSPEC = 0,
    /// 64 bits, nanoseconds since 1970
    CTA_TIMESTAMP_START = 1,
    /// 64 bits, nanoseconds since 1970; in destroy events only
    CTA_TIMESTAMP_STOP = 2,
    /// padding before 64 bits; without meaning
    CTA_TIMESTAMP_PAD = 3,
    /// the number of attributes; see CTA_TIMESTAMP_MAX
    __CTA_TIMESTAMP_MAX = 4,
}

/// Inside CTA_NAT_SRC and CTA_NAT_DST.
#[repr(C)]
pub enum ctattr_nat {
    /// no attribute
    CTA_NAT_UNSPEC = 0,
    /// 4 bytes: the first address
    CTA_NAT_V4_MINIP = 1,
    /// 4 bytes: the last address; without it the range is the first address
    CTA_NAT_V4_MAXIP = 2,
    /// nest, enum ctattr_protonat: the ports
    CTA_NAT_PROTO = 3,
    /// 16 bytes: the first address
    CTA_NAT_V6_MINIP = 4,
    /// 16 bytes: the last address; without it the range is the first address
    CTA_NAT_V6_MAXIP = 5,
    /// the number of attributes; see CTA_NAT_MAX
    __CTA_NAT_MAX = 6,
}

/// Inside CTA_NAT_PROTO.
#[repr(C)]
pub enum ctattr_protonat {
    /// no attribute
    CTA_PROTONAT_UNSPEC = 0,
    /// 16 bits: the first port
    CTA_PROTONAT_PORT_MIN = 1,
    /// 16 bits: the last port; without it the range is the first port
    CTA_PROTONAT_PORT_MAX = 2,
    /// the number of attributes; see CTA_PROTONAT_MAX
    __CTA_PROTONAT_MAX = 3,
}

/// Inside CTA_SEQ_ADJ_*.
#[repr(C)]
pub enum ctattr_seqadj {
    /// no attribute
    CTA_SEQADJ_UNSPEC = 0,
    /// 32 bits: the sequence number from which the offset counts
    CTA_SEQADJ_CORRECTION_POS = 1,
    /// 32 bits: the offset before this number
    CTA_SEQADJ_OFFSET_BEFORE = 2,
    /// 32 bits: the offset after this number
    CTA_SEQADJ_OFFSET_AFTER = 3,
    /// the number of attributes; see CTA_SEQADJ_MAX
    __CTA_SEQADJ_MAX = 4,
}

/// Older names of the same attributes.
#[repr(C)]
pub enum ctattr_natseq {
    /// no attribute
    CTA_NAT_SEQ_UNSPEC = 0,
    /// the same as CTA_SEQADJ_CORRECTION_POS
    CTA_NAT_SEQ_CORRECTION_POS = 1,
    /// the same as CTA_SEQADJ_OFFSET_BEFORE
    CTA_NAT_SEQ_OFFSET_BEFORE = 2,
    /// the same as CTA_SEQADJ_OFFSET_AFTER
    CTA_NAT_SEQ_OFFSET_AFTER = 3,
    /// the number of attributes; see CTA_NAT_SEQ_MAX
    __CTA_NAT_SEQ_MAX = 4,
}

/// Inside CTA_SYNPROXY.
#[repr(C)]
pub enum ctattr_synproxy {
    /// no attribute
    CTA_SYNPROXY_UNSPEC = 0,
    /// 32 bits: the initial sequence number
    CTA_SYNPROXY_ISN = 1,
    /// 32 bits: the initial timestamp
    CTA_SYNPROXY_ITS = 2,
    /// 32 bits: the offset of timestamps
    CTA_SYNPROXY_TSOFF = 3,
    /// the number of attributes; see CTA_SYNPROXY_MAX
    __CTA_SYNPROXY_MAX = 4,
}

/// Attributes of an expectation.
#[repr(C)]
pub enum ctattr_expect {
    /// no attribute
    CTA_EXPECT_UNSPEC = 0,
    /// nest, enum ctattr_tuple: the original tuple of the flow that expects
    CTA_EXPECT_MASTER = 1,
    /// nest, enum ctattr_tuple: the expected tuple
    CTA_EXPECT_TUPLE = 2,
    /// nest, enum ctattr_tuple: the bits of the expected tuple that count; of a request the kernel uses
    /// source address and source port only
    CTA_EXPECT_MASK = 3,
    /// 32 bits, seconds; the kernel ignores it when it creates an expectation
    CTA_EXPECT_TIMEOUT = 4,
    /// 32 bits, opaque
    CTA_EXPECT_ID = 5,
    /// string, at most 15 characters: the helper
    CTA_EXPECT_HELP_NAME = 6,
    /// 16 bits; in requests only
    CTA_EXPECT_ZONE = 7,
    /// 32 bits, NF_CT_EXPECT_*
    CTA_EXPECT_FLAGS = 8,
    /// 32 bits: the class of the helper
    CTA_EXPECT_CLASS = 9,
    /// nest, enum ctattr_expect_nat
    CTA_EXPECT_NAT = 10,
    /// string: the function of the kernel that sets up the expected flow
    CTA_EXPECT_FN = 11,
    /// the number of attributes; see CTA_EXPECT_MAX
    __CTA_EXPECT_MAX = 12,
}

/// Inside CTA_EXPECT_NAT.
#[repr(C)]
pub enum ctattr_expect_nat {
    /// no attribute
    CTA_EXPECT_NAT_UNSPEC = 0,
    /// 32 bits, NFCT_DIR_*
    CTA_EXPECT_NAT_DIR = 1,
    /// nest, enum ctattr_tuple; its source counts
    CTA_EXPECT_NAT_TUPLE = 2,
    /// the number of attributes; see CTA_EXPECT_NAT_MAX
    __CTA_EXPECT_NAT_MAX = 3,
}

/// Inside CTA_HELP.
#[repr(C)]
pub enum ctattr_help {
    /// no attribute
    CTA_HELP_UNSPEC = 0,
    /// string, at most 15 characters
    CTA_HELP_NAME = 1,
    /// bytes of a helper in a program
    CTA_HELP_INFO = 2,
    /// the number of attributes; see CTA_HELP_MAX
    __CTA_HELP_MAX = 3,
}

/// Inside CTA_SECCTX.
#[repr(C)]
pub enum ctattr_secctx {
    /// no attribute
    CTA_SECCTX_UNSPEC = 0,
    /// string
    CTA_SECCTX_NAME = 1,
    /// the number of attributes; see CTA_SECCTX_MAX
    __CTA_SECCTX_MAX = 2,
}

/// Counters of one CPU.
#[repr(C)]
pub enum ctattr_stats_cpu {
    /// no attribute
    CTA_STATS_UNSPEC = 0,
    /// obsolete; the kernel does not send it
    CTA_STATS_SEARCHED = 1,
    /// a tuple that address translation wanted was in use
    CTA_STATS_FOUND = 2,
    /// obsolete; the kernel does not send it
    CTA_STATS_NEW = 3,
    /// packets that could not be tracked
    CTA_STATS_INVALID = 4,
    /// obsolete; the kernel does not send it since Linux 5.10
    CTA_STATS_IGNORE = 5,
    /// obsolete; the kernel does not send it
    CTA_STATS_DELETE = 6,
    /// obsolete; the kernel does not send it
    CTA_STATS_DELETE_LIST = 7,
    /// entries that requests created; packets do not count
    CTA_STATS_INSERT = 8,
    /// entries of packets that could not be inserted
    CTA_STATS_INSERT_FAILED = 9,
    /// packets that were dropped because no entry could be made
    CTA_STATS_DROP = 10,
    /// entries that were evicted because the table was full
    CTA_STATS_EARLY_DROP = 11,
    /// malformed ICMP errors, and ICMP errors without an entry
    CTA_STATS_ERROR = 12,
    /// lookups that began again because an entry had moved
    CTA_STATS_SEARCH_RESTART = 13,
    /// packets of the same flow that raced and were merged; since Linux 5.10
    CTA_STATS_CLASH_RESOLVE = 14,
    /// entries that were not inserted because their hash chain was too long; since Linux 5.15
    CTA_STATS_CHAIN_TOOLONG = 15,
    /// the number of attributes; see CTA_STATS_MAX
    __CTA_STATS_MAX = 16,
}

/// Counters of the table.
#[repr(C)]
pub enum ctattr_stats_global {
    /// no attribute
    CTA_STATS_GLOBAL_UNSPEC = 0,
    /// the number of entries of the network namespace
    CTA_STATS_GLOBAL_ENTRIES = 1,
    /// the limit; since Linux 4.18
    CTA_STATS_GLOBAL_MAX_ENTRIES = 2,
    /// the number of attributes; see CTA_STATS_GLOBAL_MAX
    __CTA_STATS_GLOBAL_MAX = 3,
}

/// Counters of the expectation table.
#[repr(C)]
pub enum ctattr_expect_stats {
    /// no attribute
    CTA_STATS_EXP_UNSPEC = 0,
    /// connections that matched an expectation
    CTA_STATS_EXP_NEW = 1,
    /// expectations that were created
    CTA_STATS_EXP_CREATE = 2,
    /// expectations that were deleted or have expired
    CTA_STATS_EXP_DELETE = 3,
    /// the number of attributes; see CTA_STATS_EXP_MAX
    __CTA_STATS_EXP_MAX = 4,
}

/// Inside CTA_FILTER.
#[repr(C)]
pub enum ctattr_filter {
    /// no attribute
    CTA_FILTER_UNSPEC = 0,
    /// 32 bits in host byte order, CTA_FILTER_FLAG_*: the parts of CTA_TUPLE_ORIG
    CTA_FILTER_ORIG_FLAGS = 1,
    /// 32 bits in host byte order, CTA_FILTER_FLAG_*: the parts of CTA_TUPLE_REPLY; reliable since
    /// Linux 5.15
    CTA_FILTER_REPLY_FLAGS = 2,
    /// the number of attributes; see CTA_FILTER_MAX
    __CTA_FILTER_MAX = 3,
}

/// the same as CTA_NAT_SRC
pub const CTA_NAT: i32 = CTA_NAT_SRC;
/// the highest number of enum ctattr_type
pub const CTA_MAX: i32 = __CTA_MAX - 1;
/// the highest number of enum ctattr_tuple
pub const CTA_TUPLE_MAX: i32 = __CTA_TUPLE_MAX - 1;
/// the highest number of enum ctattr_ip
pub const CTA_IP_MAX: i32 = __CTA_IP_MAX - 1;
/// the highest number of enum ctattr_l4proto
pub const CTA_PROTO_MAX: i32 = __CTA_PROTO_MAX - 1;
/// the highest number of enum ctattr_protoinfo
pub const CTA_PROTOINFO_MAX: i32 = __CTA_PROTOINFO_MAX - 1;
/// the highest number of enum ctattr_protoinfo_tcp
pub const CTA_PROTOINFO_TCP_MAX: i32 = __CTA_PROTOINFO_TCP_MAX - 1;
/// the highest number of enum ctattr_protoinfo_dccp
pub const CTA_PROTOINFO_DCCP_MAX: i32 = __CTA_PROTOINFO_DCCP_MAX - 1;
/// the highest number of enum ctattr_protoinfo_sctp
pub const CTA_PROTOINFO_SCTP_MAX: i32 = __CTA_PROTOINFO_SCTP_MAX - 1;
/// the highest number of enum ctattr_counters
pub const CTA_COUNTERS_MAX: i32 = __CTA_COUNTERS_MAX - 1;
/// the highest number of enum ctattr_tstamp
pub const CTA_TIMESTAMP_MAX: i32 = __CTA_TIMESTAMP_MAX - 1;
/// the same as CTA_NAT_V4_MINIP
pub const CTA_NAT_MINIP: i32 = CTA_NAT_V4_MINIP;
/// the same as CTA_NAT_V4_MAXIP
pub const CTA_NAT_MAXIP: i32 = CTA_NAT_V4_MAXIP;
/// the highest number of enum ctattr_nat
pub const CTA_NAT_MAX: i32 = __CTA_NAT_MAX - 1;
/// the highest number of enum ctattr_protonat
pub const CTA_PROTONAT_MAX: i32 = __CTA_PROTONAT_MAX - 1;
/// the highest number of enum ctattr_seqadj
pub const CTA_SEQADJ_MAX: i32 = __CTA_SEQADJ_MAX - 1;
/// the highest number of enum ctattr_natseq
pub const CTA_NAT_SEQ_MAX: i32 = __CTA_NAT_SEQ_MAX - 1;
/// the highest number of enum ctattr_synproxy
pub const CTA_SYNPROXY_MAX: i32 = __CTA_SYNPROXY_MAX - 1;
/// the highest number of enum ctattr_expect
pub const CTA_EXPECT_MAX: i32 = __CTA_EXPECT_MAX - 1;
/// the highest number of enum ctattr_expect_nat
pub const CTA_EXPECT_NAT_MAX: i32 = __CTA_EXPECT_NAT_MAX - 1;
/// the highest number of enum ctattr_help
pub const CTA_HELP_MAX: i32 = __CTA_HELP_MAX - 1;
/// the highest number of enum ctattr_secctx
pub const CTA_SECCTX_MAX: i32 = __CTA_SECCTX_MAX - 1;
/// the highest number of enum ctattr_stats_cpu
pub const CTA_STATS_MAX: i32 = __CTA_STATS_MAX - 1;
/// the highest number of enum ctattr_stats_global
pub const CTA_STATS_GLOBAL_MAX: i32 = __CTA_STATS_GLOBAL_MAX - 1;
/// the highest number of enum ctattr_expect_stats
pub const CTA_STATS_EXP_MAX: i32 = __CTA_STATS_EXP_MAX - 1;
/// the highest number of enum ctattr_filter
pub const CTA_FILTER_MAX: i32 = __CTA_FILTER_MAX - 1;
/// the source address; Linux 5.8 to 6.18 invert the comparison of IPv6 addresses
pub const CTA_FILTER_FLAG_CTA_IP_SRC: i32 = 1;
/// the destination address; Linux 5.8 to 6.18 invert the comparison of IPv6 addresses
pub const CTA_FILTER_FLAG_CTA_IP_DST: i32 = 2;
/// the zone
pub const CTA_FILTER_FLAG_CTA_TUPLE_ZONE: i32 = 4;
/// the protocol; the flags for ports, types, codes and ids need it
pub const CTA_FILTER_FLAG_CTA_PROTO_NUM: i32 = 8;
/// the source port; the kernel compares ports of TCP and UDP only
pub const CTA_FILTER_FLAG_CTA_PROTO_SRC_PORT: i32 = 16;
/// the destination port; the kernel compares ports of TCP and UDP only
pub const CTA_FILTER_FLAG_CTA_PROTO_DST_PORT: i32 = 32;
/// the type of ICMP
pub const CTA_FILTER_FLAG_CTA_PROTO_ICMP_TYPE: i32 = 64;
/// the code of ICMP
pub const CTA_FILTER_FLAG_CTA_PROTO_ICMP_CODE: i32 = 128;
/// the id of ICMP
pub const CTA_FILTER_FLAG_CTA_PROTO_ICMP_ID: i32 = 256;
/// the type of ICMPv6
pub const CTA_FILTER_FLAG_CTA_PROTO_ICMPV6_TYPE: i32 = 512;
/// the code of ICMPv6
pub const CTA_FILTER_FLAG_CTA_PROTO_ICMPV6_CODE: i32 = 1024;
/// the id of ICMPv6
pub const CTA_FILTER_FLAG_CTA_PROTO_ICMPV6_ID: i32 = 2048;
