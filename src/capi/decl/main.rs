// SPDX-License-Identifier: GPL-2.0-or-later
//! Header only, never compiled: `libnetfilter_conntrack.h`.

/// The two subsystems of a handle.
#[repr(C)]
pub enum anonymous_subsystem {
    CONNTRACK = NFNL_SUBSYS_CTNETLINK,
    EXPECT = NFNL_SUBSYS_CTNETLINK_EXP,
}

/// Attributes of a conntrack object. Addresses, ports and ICMP ids are in network byte order; all other
/// numbers are in host byte order.
#[repr(C)]
pub enum nf_conntrack_attr {
    /// 32 bits, network order
    ATTR_ORIG_IPV4_SRC = 0,
    ATTR_IPV4_SRC = ATTR_ORIG_IPV4_SRC,
    /// 32 bits, network order
    ATTR_ORIG_IPV4_DST = 1,
    ATTR_IPV4_DST = ATTR_ORIG_IPV4_DST,
    /// 32 bits, network order
    ATTR_REPL_IPV4_SRC = 2,
    /// 32 bits, network order
    ATTR_REPL_IPV4_DST = 3,
    /// 128 bits, network order
    ATTR_ORIG_IPV6_SRC = 4,
    ATTR_IPV6_SRC = ATTR_ORIG_IPV6_SRC,
    /// 128 bits, network order
    ATTR_ORIG_IPV6_DST = 5,
    ATTR_IPV6_DST = ATTR_ORIG_IPV6_DST,
    /// 128 bits, network order
    ATTR_REPL_IPV6_SRC = 6,
    /// 128 bits, network order
    ATTR_REPL_IPV6_DST = 7,
    /// 16 bits, network order
    ATTR_ORIG_PORT_SRC = 8,
    ATTR_PORT_SRC = ATTR_ORIG_PORT_SRC,
    /// 16 bits, network order
    ATTR_ORIG_PORT_DST = 9,
    ATTR_PORT_DST = ATTR_ORIG_PORT_DST,
    /// 16 bits, network order
    ATTR_REPL_PORT_SRC = 10,
    /// 16 bits, network order
    ATTR_REPL_PORT_DST = 11,
    /// 8 bits
    ATTR_ICMP_TYPE = 12,
    /// 8 bits
    ATTR_ICMP_CODE = 13,
    /// 16 bits, network order
    ATTR_ICMP_ID = 14,
    /// 8 bits, AF_INET or AF_INET6
    ATTR_ORIG_L3PROTO = 15,
    ATTR_L3PROTO = ATTR_ORIG_L3PROTO,
    /// 8 bits, AF_INET or AF_INET6
    ATTR_REPL_L3PROTO = 16,
    /// 8 bits
    ATTR_ORIG_L4PROTO = 17,
    ATTR_L4PROTO = ATTR_ORIG_L4PROTO,
    /// 8 bits
    ATTR_REPL_L4PROTO = 18,
    /// 8 bits
    ATTR_TCP_STATE = 19,
    /// 32 bits, network order
    ATTR_SNAT_IPV4 = 20,
    /// 32 bits, network order
    ATTR_DNAT_IPV4 = 21,
    /// 16 bits, network order
    ATTR_SNAT_PORT = 22,
    /// 16 bits, network order
    ATTR_DNAT_PORT = 23,
    /// 32 bits, seconds
    ATTR_TIMEOUT = 24,
    /// 32 bits
    ATTR_MARK = 25,
    /// 64 bits, read-only
    ATTR_ORIG_COUNTER_PACKETS = 26,
    /// 64 bits, read-only
    ATTR_REPL_COUNTER_PACKETS = 27,
    /// 64 bits, read-only
    ATTR_ORIG_COUNTER_BYTES = 28,
    /// 64 bits, read-only
    ATTR_REPL_COUNTER_BYTES = 29,
    /// 32 bits, read-only
    ATTR_USE = 30,
    /// 32 bits
    ATTR_ID = 31,
    /// 32 bits, IPS_*
    ATTR_STATUS = 32,
    /// 8 bits
    ATTR_TCP_FLAGS_ORIG = 33,
    /// 8 bits
    ATTR_TCP_FLAGS_REPL = 34,
    /// 8 bits
    ATTR_TCP_MASK_ORIG = 35,
    /// 8 bits
    ATTR_TCP_MASK_REPL = 36,
    /// 32 bits, network order
    ATTR_MASTER_IPV4_SRC = 37,
    /// 32 bits, network order
    ATTR_MASTER_IPV4_DST = 38,
    /// 128 bits, network order
    ATTR_MASTER_IPV6_SRC = 39,
    /// 128 bits, network order
    ATTR_MASTER_IPV6_DST = 40,
    /// 16 bits, network order
    ATTR_MASTER_PORT_SRC = 41,
    /// 16 bits, network order
    ATTR_MASTER_PORT_DST = 42,
    /// 8 bits
    ATTR_MASTER_L3PROTO = 43,
    /// 8 bits
    ATTR_MASTER_L4PROTO = 44,
    /// 32 bits
    ATTR_SECMARK = 45,
    /// 32 bits
    ATTR_ORIG_NAT_SEQ_CORRECTION_POS = 46,
    /// 32 bits
    ATTR_ORIG_NAT_SEQ_OFFSET_BEFORE = 47,
    /// 32 bits
    ATTR_ORIG_NAT_SEQ_OFFSET_AFTER = 48,
    /// 32 bits
    ATTR_REPL_NAT_SEQ_CORRECTION_POS = 49,
    /// 32 bits
    ATTR_REPL_NAT_SEQ_OFFSET_BEFORE = 50,
    /// 32 bits
    ATTR_REPL_NAT_SEQ_OFFSET_AFTER = 51,
    /// 8 bits
    ATTR_SCTP_STATE = 52,
    /// 32 bits
    ATTR_SCTP_VTAG_ORIG = 53,
    /// 32 bits
    ATTR_SCTP_VTAG_REPL = 54,
    /// string, at most 15 characters
    ATTR_HELPER_NAME = 55,
    /// 8 bits
    ATTR_DCCP_STATE = 56,
    /// 8 bits
    ATTR_DCCP_ROLE = 57,
    /// 64 bits
    ATTR_DCCP_HANDSHAKE_SEQ = 58,
    /// 8 bits
    ATTR_TCP_WSCALE_ORIG = 59,
    /// 8 bits
    ATTR_TCP_WSCALE_REPL = 60,
    /// 16 bits
    ATTR_ZONE = 61,
    /// string, read-only
    ATTR_SECCTX = 62,
    /// 64 bits, read-only, nanoseconds since 1970
    ATTR_TIMESTAMP_START = 63,
    /// 64 bits, read-only, nanoseconds since 1970
    ATTR_TIMESTAMP_STOP = 64,
    /// bytes; set with nfct_set_attr_l()
    ATTR_HELPER_INFO = 65,
    /// struct nfct_bitmask, which the object then owns
    ATTR_CONNLABELS = 66,
    /// struct nfct_bitmask, which the object then owns
    ATTR_CONNLABELS_MASK = 67,
    /// 16 bits
    ATTR_ORIG_ZONE = 68,
    /// 16 bits
    ATTR_REPL_ZONE = 69,
    /// 128 bits, network order
    ATTR_SNAT_IPV6 = 70,
    /// 128 bits, network order
    ATTR_DNAT_IPV6 = 71,
    /// 32 bits
    ATTR_SYNPROXY_ISN = 72,
    /// 32 bits
    ATTR_SYNPROXY_ITS = 73,
    /// 32 bits
    ATTR_SYNPROXY_TSOFF = 74,
    /// 64 bits, read-only, nanoseconds since 1970
    ATTR_TIMESTAMP_EVENT = 75,
    ATTR_MAX = 76,
}

/// Groups of attributes, each with its structure.
#[repr(C)]
pub enum nf_conntrack_attr_grp {
    /// struct nfct_attr_grp_ipv4
    ATTR_GRP_ORIG_IPV4 = 0,
    /// struct nfct_attr_grp_ipv4
    ATTR_GRP_REPL_IPV4 = 1,
    /// struct nfct_attr_grp_ipv6
    ATTR_GRP_ORIG_IPV6 = 2,
    /// struct nfct_attr_grp_ipv6
    ATTR_GRP_REPL_IPV6 = 3,
    /// struct nfct_attr_grp_port
    ATTR_GRP_ORIG_PORT = 4,
    /// struct nfct_attr_grp_port
    ATTR_GRP_REPL_PORT = 5,
    /// struct nfct_attr_grp_icmp
    ATTR_GRP_ICMP = 6,
    /// struct nfct_attr_grp_ipv4
    ATTR_GRP_MASTER_IPV4 = 7,
    /// struct nfct_attr_grp_ipv6
    ATTR_GRP_MASTER_IPV6 = 8,
    /// struct nfct_attr_grp_port
    ATTR_GRP_MASTER_PORT = 9,
    /// struct nfct_attr_grp_ctrs
    ATTR_GRP_ORIG_COUNTERS = 10,
    /// struct nfct_attr_grp_ctrs
    ATTR_GRP_REPL_COUNTERS = 11,
    /// union nfct_attr_grp_addr
    ATTR_GRP_ORIG_ADDR_SRC = 12,
    /// union nfct_attr_grp_addr
    ATTR_GRP_ORIG_ADDR_DST = 13,
    /// union nfct_attr_grp_addr
    ATTR_GRP_REPL_ADDR_SRC = 14,
    /// union nfct_attr_grp_addr
    ATTR_GRP_REPL_ADDR_DST = 15,
    ATTR_GRP_MAX = 16,
}

/// The types of messages; also the mask of types for which a callback is registered.
#[repr(C)]
pub enum nf_conntrack_msg_type {
    NFCT_T_UNKNOWN = 0,
    NFCT_T_NEW_BIT = 0,
    NFCT_T_NEW = 1 << NFCT_T_NEW_BIT,
    NFCT_T_UPDATE_BIT = 1,
    NFCT_T_UPDATE = 1 << NFCT_T_UPDATE_BIT,
    NFCT_T_DESTROY_BIT = 2,
    NFCT_T_DESTROY = 1 << NFCT_T_DESTROY_BIT,
    NFCT_T_ALL = NFCT_T_NEW | NFCT_T_UPDATE | NFCT_T_DESTROY,
    NFCT_T_ERROR_BIT = 31,
    NFCT_T_ERROR = -2147483648,
}

/// Options of nfct_setobjopt().
#[repr(C)]
pub enum anonymous_set_option {
    NFCT_SOPT_UNDO_SNAT = 0,
    NFCT_SOPT_UNDO_DNAT = 1,
    NFCT_SOPT_UNDO_SPAT = 2,
    NFCT_SOPT_UNDO_DPAT = 3,
    NFCT_SOPT_SETUP_ORIGINAL = 4,
    NFCT_SOPT_SETUP_REPLY = 5,
    __NFCT_SOPT_MAX = 6,
}

/// Options of nfct_getobjopt().
#[repr(C)]
pub enum anonymous_get_option {
    NFCT_GOPT_IS_SNAT = 0,
    NFCT_GOPT_IS_DNAT = 1,
    NFCT_GOPT_IS_SPAT = 2,
    NFCT_GOPT_IS_DPAT = 3,
    __NFCT_GOPT_MAX = 4,
}

/// The return values of a callback.
#[repr(C)]
pub enum anonymous_verdict {
    /// ends the call with -1
    NFCT_CB_FAILURE = -1,
    /// ends the call with 0
    NFCT_CB_STOP = 0,
    /// continues the call
    NFCT_CB_CONTINUE = 1,
    /// continues the call; the callback keeps the object and releases it
    NFCT_CB_STOLEN = 2,
}

/// Output formats.
#[repr(C)]
pub enum anonymous_output {
    NFCT_O_PLAIN = 0,
    NFCT_O_DEFAULT = NFCT_O_PLAIN,
    NFCT_O_XML = 1,
    NFCT_O_MAX = 2,
}

/// Optional parts of the output.
#[repr(C)]
pub enum anonymous_output_flag {
    NFCT_OF_SHOW_LAYER3_BIT = 0,
    NFCT_OF_SHOW_LAYER3 = 1 << NFCT_OF_SHOW_LAYER3_BIT,
    NFCT_OF_TIME_BIT = 1,
    NFCT_OF_TIME = 1 << NFCT_OF_TIME_BIT,
    NFCT_OF_ID_BIT = 2,
    NFCT_OF_ID = 1 << NFCT_OF_ID_BIT,
    NFCT_OF_TIMESTAMP_BIT = 3,
    NFCT_OF_TIMESTAMP = 1 << NFCT_OF_TIMESTAMP_BIT,
}

/// Flags of comparisons. The NFCT_CMP_TIMEOUT_* flags compare no timeouts. With one of them, or with NFCT_CMP_ORIG or
/// NFCT_CMP_REPL, a comparison leaves out the parts that no flag names.
#[repr(C)]
pub enum anonymous_compare_flag {
    NFCT_CMP_ALL = 0,
    NFCT_CMP_ORIG = 1 << 0,
    NFCT_CMP_REPL = 1 << 1,
    NFCT_CMP_TIMEOUT_EQ = 1 << 2,
    NFCT_CMP_TIMEOUT_GT = 1 << 3,
    NFCT_CMP_TIMEOUT_GE = NFCT_CMP_TIMEOUT_EQ | NFCT_CMP_TIMEOUT_GT,
    NFCT_CMP_TIMEOUT_LT = 1 << 4,
    NFCT_CMP_TIMEOUT_LE = NFCT_CMP_TIMEOUT_EQ | NFCT_CMP_TIMEOUT_LT,
    NFCT_CMP_MASK = 1 << 5,
    NFCT_CMP_STRICT = 1 << 6,
}

/// The parts that nfct_copy() copies.
#[repr(C)]
pub enum anonymous_copy_flag {
    NFCT_CP_ALL = 0,
    NFCT_CP_ORIG = 1 << 0,
    NFCT_CP_REPL = 1 << 1,
    NFCT_CP_META = 1 << 2,
    NFCT_CP_OVERRIDE = 1 << 3,
}

/// The types of queries.
#[repr(C)]
pub enum nf_conntrack_query {
    NFCT_Q_CREATE = 0,
    NFCT_Q_UPDATE = 1,
    NFCT_Q_DESTROY = 2,
    NFCT_Q_GET = 3,
    NFCT_Q_FLUSH = 4,
    NFCT_Q_DUMP = 5,
    NFCT_Q_DUMP_RESET = 6,
    NFCT_Q_CREATE_UPDATE = 7,
    NFCT_Q_DUMP_FILTER = 8,
    NFCT_Q_DUMP_FILTER_RESET = 9,
    NFCT_Q_FLUSH_FILTER = 10,
}

/// Attributes of an event filter.
#[repr(C)]
pub enum nfct_filter_attr {
    /// u32
    NFCT_FILTER_L4PROTO = 0,
    /// struct nfct_filter_proto
    NFCT_FILTER_L4PROTO_STATE = 1,
    /// struct nfct_filter_ipv4
    NFCT_FILTER_SRC_IPV4 = 2,
    /// struct nfct_filter_ipv4
    NFCT_FILTER_DST_IPV4 = 3,
    /// struct nfct_filter_ipv6
    NFCT_FILTER_SRC_IPV6 = 4,
    /// struct nfct_filter_ipv6
    NFCT_FILTER_DST_IPV6 = 5,
    /// struct nfct_filter_dump_mark
    NFCT_FILTER_MARK = 6,
    /// u16
    NFCT_FILTER_ZONE = 7,
    NFCT_FILTER_MAX = 8,
}

/// Whether an attribute of an event filter accepts the messages that match its values, or rejects them.
#[repr(C)]
pub enum nfct_filter_logic {
    NFCT_FILTER_LOGIC_POSITIVE = 0,
    NFCT_FILTER_LOGIC_NEGATIVE = 1,
    NFCT_FILTER_LOGIC_MAX = 2,
}

/// Attributes of a dump filter, with the first version of Linux that knows each. An older kernel ignores the
/// attribute: a list returns more entries than the filter selects; nfct_query() and nfct_send() refuse a flush.
#[repr(C)]
pub enum nfct_filter_dump_attr {
    /// struct nfct_filter_dump_mark; lists 3.9, flushes 4.19
    NFCT_FILTER_DUMP_MARK = 0,
    /// u8; lists always, flushes 5.2
    NFCT_FILTER_DUMP_L3NUM = 1,
    /// struct nfct_filter_dump_mark; 5.15
    NFCT_FILTER_DUMP_STATUS = 2,
    /// u16; 6.8
    NFCT_FILTER_DUMP_ZONE = 3,
    /// struct nf_conntrack, its original tuple; lists 5.8, no flushes
    NFCT_FILTER_DUMP_TUPLE = 4,
    NFCT_FILTER_DUMP_MAX = 5,
}

/// Attributes of an expectation object, in host byte order.
#[repr(C)]
pub enum nf_expect_attr {
    /// struct nf_conntrack, its original tuple
    ATTR_EXP_MASTER = 0,
    /// struct nf_conntrack, its original tuple
    ATTR_EXP_EXPECTED = 1,
    /// struct nf_conntrack, its original tuple
    ATTR_EXP_MASK = 2,
    /// 32 bits, seconds
    ATTR_EXP_TIMEOUT = 3,
    /// 16 bits
    ATTR_EXP_ZONE = 4,
    /// 32 bits, NF_CT_EXPECT_*
    ATTR_EXP_FLAGS = 5,
    /// string, at most 15 characters
    ATTR_EXP_HELPER_NAME = 6,
    /// 32 bits
    ATTR_EXP_CLASS = 7,
    /// struct nf_conntrack, its original tuple
    ATTR_EXP_NAT_TUPLE = 8,
    /// 32 bits
    ATTR_EXP_NAT_DIR = 9,
    /// string, at most 23 characters
    ATTR_EXP_FN = 10,
    ATTR_EXP_MAX = 11,
}

pub const NFCT_ALL_CT_GROUPS: i32 =
    NF_NETLINK_CONNTRACK_NEW | NF_NETLINK_CONNTRACK_UPDATE | NF_NETLINK_CONNTRACK_DESTROY;
pub const NFCT_SOPT_MAX: i32 = __NFCT_SOPT_MAX - 1;
pub const NFCT_GOPT_MAX: i32 = __NFCT_GOPT_MAX - 1;
pub const IP_CT_TCP_FLAG_WINDOW_SCALE: i32 = 0x01;
pub const IP_CT_TCP_FLAG_SACK_PERM: i32 = 0x02;
pub const IP_CT_TCP_FLAG_CLOSE_INIT: i32 = 0x04;
pub const IP_CT_TCP_FLAG_BE_LIBERAL: i32 = 0x08;
pub const NFCT_DIR_ORIGINAL: i32 = 0;
pub const NFCT_DIR_REPLY: i32 = 1;
pub const NFCT_DIR_MAX: i32 = NFCT_DIR_REPLY + 1;
pub const NFCT_HELPER_NAME_MAX: i32 = 16;
