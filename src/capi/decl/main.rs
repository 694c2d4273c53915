// SPDX-License-Identifier: GPL-2.0-or-later
//! Header only, never compiled: `libnetfilter_conntrack.h`.

/// The two subsystems of a handle.
/// @ingroup nfct_open
#[repr(C)]
pub enum anonymous_subsystem {
    /// connection tracking entries: nfct_* functions
    CONNTRACK = NFNL_SUBSYS_CTNETLINK,
    /// expectations: nfexp_* functions
    EXPECT = NFNL_SUBSYS_CTNETLINK_EXP,
}

/// Attributes of a conntrack object. Addresses, ports and ICMP ids are in network byte order; all other
/// numbers are in host byte order.
/// @ingroup nfct_set_attr
#[repr(C)]
pub enum nf_conntrack_attr {
    /// 32 bits, network order: the source address of the original direction
    ATTR_ORIG_IPV4_SRC = 0,
    /// the same as ATTR_ORIG_IPV4_SRC
    ATTR_IPV4_SRC = ATTR_ORIG_IPV4_SRC,
    /// 32 bits, network order: the destination address of the original direction
    ATTR_ORIG_IPV4_DST = 1,
    /// the same as ATTR_ORIG_IPV4_DST
    ATTR_IPV4_DST = ATTR_ORIG_IPV4_DST,
    /// 32 bits, network order: the source address of the reply direction
    ATTR_REPL_IPV4_SRC = 2,
    /// 32 bits, network order: the destination address of the reply direction
    ATTR_REPL_IPV4_DST = 3,
    /// 128 bits, network order: the source address of the original direction
    ATTR_ORIG_IPV6_SRC = 4,
    /// the same as ATTR_ORIG_IPV6_SRC
    ATTR_IPV6_SRC = ATTR_ORIG_IPV6_SRC,
    /// 128 bits, network order: the destination address of the original direction
    ATTR_ORIG_IPV6_DST = 5,
    /// the same as ATTR_ORIG_IPV6_DST
    ATTR_IPV6_DST = ATTR_ORIG_IPV6_DST,
    /// 128 bits, network order: the source address of the reply direction
    ATTR_REPL_IPV6_SRC = 6,
    /// 128 bits, network order: the destination address of the reply direction
    ATTR_REPL_IPV6_DST = 7,
    /// 16 bits, network order: the source port of the original direction, or the source key of GRE
    ATTR_ORIG_PORT_SRC = 8,
    /// the same as ATTR_ORIG_PORT_SRC
    ATTR_PORT_SRC = ATTR_ORIG_PORT_SRC,
    /// 16 bits, network order: the destination port of the original direction, or the destination key
    /// of GRE
    ATTR_ORIG_PORT_DST = 9,
    /// the same as ATTR_ORIG_PORT_DST
    ATTR_PORT_DST = ATTR_ORIG_PORT_DST,
    /// 16 bits, network order: the source port of the reply direction, or the source key of GRE
    ATTR_REPL_PORT_SRC = 10,
    /// 16 bits, network order: the destination port of the reply direction, or the destination key of
    /// GRE
    ATTR_REPL_PORT_DST = 11,
    /// 8 bits: the type of the original direction; set ATTR_L3PROTO first, because it decides the type
    /// of the reply
    ATTR_ICMP_TYPE = 12,
    /// 8 bits: the code of both directions
    ATTR_ICMP_CODE = 13,
    /// 16 bits, network order: the id of both directions
    ATTR_ICMP_ID = 14,
    /// 8 bits, AF_INET or AF_INET6: the family of the original direction; every request about an entry
    /// needs it
    ATTR_ORIG_L3PROTO = 15,
    /// the same as ATTR_ORIG_L3PROTO
    ATTR_L3PROTO = ATTR_ORIG_L3PROTO,
    /// 8 bits, AF_INET or AF_INET6: the family of the reply direction
    ATTR_REPL_L3PROTO = 16,
    /// 8 bits, IPPROTO_*: the protocol of the original direction
    ATTR_ORIG_L4PROTO = 17,
    /// the same as ATTR_ORIG_L4PROTO
    ATTR_L4PROTO = ATTR_ORIG_L4PROTO,
    /// 8 bits, IPPROTO_*: the protocol of the reply direction
    ATTR_REPL_L4PROTO = 18,
    /// 8 bits, enum tcp_state
    ATTR_TCP_STATE = 19,
    /// 32 bits, network order: the new source, for an entry to be created
    ATTR_SNAT_IPV4 = 20,
    /// 32 bits, network order: the new destination, for an entry to be created
    ATTR_DNAT_IPV4 = 21,
    /// 16 bits, network order: the new source port, for an entry to be created
    ATTR_SNAT_PORT = 22,
    /// 16 bits, network order: the new destination port, for an entry to be created
    ATTR_DNAT_PORT = 23,
    /// 32 bits, seconds until the entry expires
    ATTR_TIMEOUT = 24,
    /// 32 bits: the mark of the connection
    ATTR_MARK = 25,
    /// 64 bits, read-only: packets of the original direction, with net.netfilter.nf_conntrack_acct only
    ATTR_ORIG_COUNTER_PACKETS = 26,
    /// 64 bits, read-only: packets of the reply direction
    ATTR_REPL_COUNTER_PACKETS = 27,
    /// 64 bits, read-only: bytes of the original direction
    ATTR_ORIG_COUNTER_BYTES = 28,
    /// 64 bits, read-only: bytes of the reply direction
    ATTR_REPL_COUNTER_BYTES = 29,
    /// 32 bits, read-only: the number of references that the kernel holds
    ATTR_USE = 30,
    /// 32 bits: the kernel's id of the entry; no request contains it
    ATTR_ID = 31,
    /// 32 bits, IPS_*
    ATTR_STATUS = 32,
    /// 8 bits, IP_CT_TCP_FLAG_*: the original direction; sent together with its mask only
    ATTR_TCP_FLAGS_ORIG = 33,
    /// 8 bits, IP_CT_TCP_FLAG_*: the reply direction; sent together with its mask only
    ATTR_TCP_FLAGS_REPL = 34,
    /// 8 bits: the flags that a request changes
    ATTR_TCP_MASK_ORIG = 35,
    /// 8 bits: the flags that a request changes
    ATTR_TCP_MASK_REPL = 36,
    /// 32 bits, network order: the source address of the flow that expected this flow
    ATTR_MASTER_IPV4_SRC = 37,
    /// 32 bits, network order: the destination address of that flow
    ATTR_MASTER_IPV4_DST = 38,
    /// 128 bits, network order: the source address of that flow
    ATTR_MASTER_IPV6_SRC = 39,
    /// 128 bits, network order: the destination address of that flow
    ATTR_MASTER_IPV6_DST = 40,
    /// 16 bits, network order: the source port of that flow
    ATTR_MASTER_PORT_SRC = 41,
    /// 16 bits, network order: the destination port of that flow
    ATTR_MASTER_PORT_DST = 42,
    /// 8 bits, AF_INET or AF_INET6: the family of that flow
    ATTR_MASTER_L3PROTO = 43,
    /// 8 bits, IPPROTO_*: the protocol of that flow
    ATTR_MASTER_L4PROTO = 44,
    /// 32 bits: the security mark; current kernels send ATTR_SECCTX only
    ATTR_SECMARK = 45,
    /// 32 bits: the sequence number from which the offset of the original direction counts
    ATTR_ORIG_NAT_SEQ_CORRECTION_POS = 46,
    /// 32 bits: the offset of the original direction before this number
    ATTR_ORIG_NAT_SEQ_OFFSET_BEFORE = 47,
    /// 32 bits: the offset of the original direction after this number
    ATTR_ORIG_NAT_SEQ_OFFSET_AFTER = 48,
    /// 32 bits: the sequence number from which the offset of the reply direction counts
    ATTR_REPL_NAT_SEQ_CORRECTION_POS = 49,
    /// 32 bits: the offset of the reply direction before this number
    ATTR_REPL_NAT_SEQ_OFFSET_BEFORE = 50,
    /// 32 bits: the offset of the reply direction after this number
    ATTR_REPL_NAT_SEQ_OFFSET_AFTER = 51,
    /// 8 bits, enum sctp_state
    ATTR_SCTP_STATE = 52,
    /// 32 bits: the verification tag of the original direction
    ATTR_SCTP_VTAG_ORIG = 53,
    /// 32 bits: the verification tag of the reply direction
    ATTR_SCTP_VTAG_REPL = 54,
    /// string, at most 15 characters: the name of the helper
    ATTR_HELPER_NAME = 55,
    /// 8 bits, enum dccp_state; not since Linux 6.18, which does not track DCCP
    ATTR_DCCP_STATE = 56,
    /// 8 bits, enum dccp_roles
    ATTR_DCCP_ROLE = 57,
    /// 64 bits: the sequence number of the handshake
    ATTR_DCCP_HANDSHAKE_SEQ = 58,
    /// 8 bits: the window scale of the original direction
    ATTR_TCP_WSCALE_ORIG = 59,
    /// 8 bits: the window scale of the reply direction
    ATTR_TCP_WSCALE_REPL = 60,
    /// 16 bits: the zone of both directions
    ATTR_ZONE = 61,
    /// string, read-only: the security context
    ATTR_SECCTX = 62,
    /// 64 bits, read-only, nanoseconds since 1970: the start, with net.netfilter.nf_conntrack_timestamp
    /// only
    ATTR_TIMESTAMP_START = 63,
    /// 64 bits, read-only, nanoseconds since 1970: the end, in destroy events
    ATTR_TIMESTAMP_STOP = 64,
    /// bytes of a helper in a program; set with nfct_set_attr_l()
    ATTR_HELPER_INFO = 65,
    /// struct nfct_bitmask, which the object then owns: the labels; since Linux 3.9
    ATTR_CONNLABELS = 66,
    /// struct nfct_bitmask, which the object then owns: the labels that a request changes; sent when it
    /// has the size of ATTR_CONNLABELS
    ATTR_CONNLABELS_MASK = 67,
    /// 16 bits: the zone of the original direction only
    ATTR_ORIG_ZONE = 68,
    /// 16 bits: the zone of the reply direction only
    ATTR_REPL_ZONE = 69,
    /// 128 bits, network order: the new source, for an entry to be created
    ATTR_SNAT_IPV6 = 70,
    /// 128 bits, network order: the new destination, for an entry to be created
    ATTR_DNAT_IPV6 = 71,
    /// 32 bits: the initial sequence number of the SYN proxy
    ATTR_SYNPROXY_ISN = 72,
    /// 32 bits: the initial timestamp of the SYN proxy
    ATTR_SYNPROXY_ITS = 73,
    /// 32 bits: the offset of timestamps of the SYN proxy
    ATTR_SYNPROXY_TSOFF = 74,
    /// 64 bits, read-only, nanoseconds since 1970: the time of the event, since Linux 6.14; no function
    /// sets it
    ATTR_TIMESTAMP_EVENT = 75,
    /// the number of attributes
    ATTR_MAX = 76,
}

/// Groups of attributes, each with its structure.
/// @ingroup nfct_set_attr_grp
#[repr(C)]
pub enum nf_conntrack_attr_grp {
    /// struct nfct_attr_grp_ipv4; setting the group also sets ATTR_ORIG_L3PROTO to AF_INET
    ATTR_GRP_ORIG_IPV4 = 0,
    /// struct nfct_attr_grp_ipv4; setting the group also sets ATTR_REPL_L3PROTO to AF_INET
    ATTR_GRP_REPL_IPV4 = 1,
    /// struct nfct_attr_grp_ipv6; setting the group also sets ATTR_ORIG_L3PROTO to AF_INET6
    ATTR_GRP_ORIG_IPV6 = 2,
    /// struct nfct_attr_grp_ipv6; setting the group also sets ATTR_REPL_L3PROTO to AF_INET6
    ATTR_GRP_REPL_IPV6 = 3,
    /// struct nfct_attr_grp_port; setting the group marks ATTR_ORIG_L4PROTO as set and does not write
    /// its value
    ATTR_GRP_ORIG_PORT = 4,
    /// struct nfct_attr_grp_port; setting the group marks ATTR_REPL_L4PROTO as set and does not write
    /// its value
    ATTR_GRP_REPL_PORT = 5,
    /// struct nfct_attr_grp_icmp
    ATTR_GRP_ICMP = 6,
    /// struct nfct_attr_grp_ipv4; setting the group also sets ATTR_MASTER_L3PROTO to AF_INET
    ATTR_GRP_MASTER_IPV4 = 7,
    /// struct nfct_attr_grp_ipv6; setting the group also sets ATTR_MASTER_L3PROTO to AF_INET6
    ATTR_GRP_MASTER_IPV6 = 8,
    /// struct nfct_attr_grp_port; setting the group marks ATTR_MASTER_L4PROTO as set and does not write
    /// its value
    ATTR_GRP_MASTER_PORT = 9,
    /// struct nfct_attr_grp_ctrs, read-only
    ATTR_GRP_ORIG_COUNTERS = 10,
    /// struct nfct_attr_grp_ctrs, read-only
    ATTR_GRP_REPL_COUNTERS = 11,
    /// union nfct_attr_grp_addr, read-only; set when the address of either family is set
    ATTR_GRP_ORIG_ADDR_SRC = 12,
    /// union nfct_attr_grp_addr, read-only; set when the address of either family is set
    ATTR_GRP_ORIG_ADDR_DST = 13,
    /// union nfct_attr_grp_addr, read-only; set when the address of either family is set
    ATTR_GRP_REPL_ADDR_SRC = 14,
    /// union nfct_attr_grp_addr, read-only; set when the address of either family is set
    ATTR_GRP_REPL_ADDR_DST = 15,
    /// the number of groups
    ATTR_GRP_MAX = 16,
}

/// The types of messages; also the mask of types for which a callback is registered.
/// @ingroup nfct_callback_register
#[repr(C)]
pub enum nf_conntrack_msg_type {
    /// a message of another kind; when printing, no type
    NFCT_T_UNKNOWN = 0,
    /// the number of the bit NFCT_T_NEW
    NFCT_T_NEW_BIT = 0,
    /// an entry was created
    NFCT_T_NEW = 1 << NFCT_T_NEW_BIT,
    /// the number of the bit NFCT_T_UPDATE
    NFCT_T_UPDATE_BIT = 1,
    /// an entry has changed; also each entry of a dump and the answer to NFCT_Q_GET
    NFCT_T_UPDATE = 1 << NFCT_T_UPDATE_BIT,
    /// the number of the bit NFCT_T_DESTROY
    NFCT_T_DESTROY_BIT = 2,
    /// an entry was deleted or has expired
    NFCT_T_DESTROY = 1 << NFCT_T_DESTROY_BIT,
    /// all three types
    NFCT_T_ALL = NFCT_T_NEW | NFCT_T_UPDATE | NFCT_T_DESTROY,
    /// the number of the bit NFCT_T_ERROR
    NFCT_T_ERROR_BIT = 31,
    /// reserved: no function passes this type to a callback
    NFCT_T_ERROR = -2147483648,
}

/// Options of nfct_setobjopt().
/// @ingroup nfct_setobjopt
#[repr(C)]
pub enum anonymous_set_option {
    /// makes the source address of the original tuple the destination of the reply tuple, and keeps the
    /// former reply destination as ATTR_SNAT_IPV4 or ATTR_SNAT_IPV6
    NFCT_SOPT_UNDO_SNAT = 0,
    /// makes the destination address of the original tuple the source of the reply tuple, and keeps the
    /// former reply source as ATTR_DNAT_IPV4 or ATTR_DNAT_IPV6
    NFCT_SOPT_UNDO_DNAT = 1,
    /// as NFCT_SOPT_UNDO_SNAT, for the port and ATTR_SNAT_PORT
    NFCT_SOPT_UNDO_SPAT = 2,
    /// as NFCT_SOPT_UNDO_DNAT, for the port and ATTR_DNAT_PORT
    NFCT_SOPT_UNDO_DPAT = 3,
    /// makes the original tuple the inverse of the reply tuple, and marks all attributes of both tuples
    /// as set
    NFCT_SOPT_SETUP_ORIGINAL = 4,
    /// makes the reply tuple the inverse of the original tuple, and marks all attributes of both tuples
    /// as set
    NFCT_SOPT_SETUP_REPLY = 5,
    /// the number of options
    __NFCT_SOPT_MAX = 6,
}

/// Options of nfct_getobjopt().
/// @ingroup nfct_setobjopt
#[repr(C)]
pub enum anonymous_get_option {
    /// the source address is translated
    NFCT_GOPT_IS_SNAT = 0,
    /// the destination address is translated
    NFCT_GOPT_IS_DNAT = 1,
    /// the source port is translated
    NFCT_GOPT_IS_SPAT = 2,
    /// the destination port is translated
    NFCT_GOPT_IS_DPAT = 3,
    /// the number of options
    __NFCT_GOPT_MAX = 4,
}

/// The return values of a callback.
/// @ingroup nfct_callback_register
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
/// @ingroup nfct_snprintf
#[repr(C)]
pub enum anonymous_output {
    /// one line of text, as the command conntrack prints it, without the newline
    NFCT_O_PLAIN = 0,
    /// the same as NFCT_O_PLAIN
    NFCT_O_DEFAULT = NFCT_O_PLAIN,
    /// one XML element, without declaration and root element; nothing is escaped
    NFCT_O_XML = 1,
    /// the number of formats
    NFCT_O_MAX = 2,
}

/// Optional parts of the output.
/// @ingroup nfct_snprintf
#[repr(C)]
pub enum anonymous_output_flag {
    /// the number of the bit NFCT_OF_SHOW_LAYER3
    NFCT_OF_SHOW_LAYER3_BIT = 0,
    /// the family, in the text of a conntrack object
    NFCT_OF_SHOW_LAYER3 = 1 << NFCT_OF_SHOW_LAYER3_BIT,
    /// the number of the bit NFCT_OF_TIME
    NFCT_OF_TIME_BIT = 1,
    /// the present time, in XML
    NFCT_OF_TIME = 1 << NFCT_OF_TIME_BIT,
    /// the number of the bit NFCT_OF_ID
    NFCT_OF_ID_BIT = 2,
    /// the id, in the text of a conntrack object; XML always has it
    NFCT_OF_ID = 1 << NFCT_OF_ID_BIT,
    /// the number of the bit NFCT_OF_TIMESTAMP
    NFCT_OF_TIMESTAMP_BIT = 3,
    /// the times of start and stop of a conntrack object
    NFCT_OF_TIMESTAMP = 1 << NFCT_OF_TIMESTAMP_BIT,
}

/// Flags of comparisons. The NFCT_CMP_TIMEOUT_* flags compare no timeouts. With one of them, or with NFCT_CMP_ORIG or
/// NFCT_CMP_REPL, a comparison leaves out the parts that no flag names.
/// @ingroup nfct_cmp
#[repr(C)]
pub enum anonymous_compare_flag {
    /// compares both tuples and all other comparable attributes
    NFCT_CMP_ALL = 0,
    /// compares the original tuples
    NFCT_CMP_ORIG = 1 << 0,
    /// compares the reply tuples
    NFCT_CMP_REPL = 1 << 1,
    /// compares no timeout; leaves out the attributes outside the tuples
    NFCT_CMP_TIMEOUT_EQ = 1 << 2,
    /// as NFCT_CMP_TIMEOUT_EQ
    NFCT_CMP_TIMEOUT_GT = 1 << 3,
    /// as NFCT_CMP_TIMEOUT_EQ
    NFCT_CMP_TIMEOUT_GE = NFCT_CMP_TIMEOUT_EQ | NFCT_CMP_TIMEOUT_GT,
    /// as NFCT_CMP_TIMEOUT_EQ
    NFCT_CMP_TIMEOUT_LT = 1 << 4,
    /// as NFCT_CMP_TIMEOUT_EQ
    NFCT_CMP_TIMEOUT_LE = NFCT_CMP_TIMEOUT_EQ | NFCT_CMP_TIMEOUT_LT,
    /// an attribute that only the first object has makes the objects different
    NFCT_CMP_MASK = 1 << 5,
    /// an attribute that only one object has makes the objects different
    NFCT_CMP_STRICT = 1 << 6,
}

/// The parts that nfct_copy() copies.
/// @ingroup nfct_copy
#[repr(C)]
pub enum anonymous_copy_flag {
    /// copies every attribute that is set
    NFCT_CP_ALL = 0,
    /// copies the original tuple
    NFCT_CP_ORIG = 1 << 0,
    /// copies the reply tuple
    NFCT_CP_REPL = 1 << 1,
    /// copies the attributes outside the tuples; the zones of the two directions are among them
    NFCT_CP_META = 1 << 2,
    /// makes the target a duplicate of the source; other flags have no effect
    NFCT_CP_OVERRIDE = 1 << 3,
}

/// The types of queries.
/// @ingroup nfct_query
#[repr(C)]
pub enum nf_conntrack_query {
    /// creates an entry; fails when the entry exists
    NFCT_Q_CREATE = 0,
    /// changes an entry; fails when there is none
    NFCT_Q_UPDATE = 1,
    /// deletes the entry with the object's tuple
    NFCT_Q_DESTROY = 2,
    /// gets the entry with the object's tuple
    NFCT_Q_GET = 3,
    /// deletes all entries, whatever the family; with nfexp_query() all expectations
    NFCT_Q_FLUSH = 4,
    /// gets all entries of a family, or of every family for AF_UNSPEC
    NFCT_Q_DUMP = 5,
    /// as NFCT_Q_DUMP; the kernel sets the counters of these entries to 0
    NFCT_Q_DUMP_RESET = 6,
    /// creates an entry, or changes the existing entry
    NFCT_Q_CREATE_UPDATE = 7,
    /// gets the entries that a dump filter selects
    NFCT_Q_DUMP_FILTER = 8,
    /// as NFCT_Q_DUMP_FILTER; the kernel sets the counters of these entries to 0
    NFCT_Q_DUMP_FILTER_RESET = 9,
    /// deletes the entries that a dump filter selects
    NFCT_Q_FLUSH_FILTER = 10,
}

/// Attributes of an event filter.
/// @ingroup nfct_filter_create
#[repr(C)]
pub enum nfct_filter_attr {
    /// 32 bits, IPPROTO_*: the protocol
    NFCT_FILTER_L4PROTO = 0,
    /// struct nfct_filter_proto: a state of TCP, SCTP or DCCP; events of other protocols pass
    NFCT_FILTER_L4PROTO_STATE = 1,
    /// struct nfct_filter_ipv4: the source address of the original direction
    NFCT_FILTER_SRC_IPV4 = 2,
    /// struct nfct_filter_ipv4: the destination address of the original direction
    NFCT_FILTER_DST_IPV4 = 3,
    /// struct nfct_filter_ipv6: the source address of the original direction
    NFCT_FILTER_SRC_IPV6 = 4,
    /// struct nfct_filter_ipv6: the destination address of the original direction
    NFCT_FILTER_DST_IPV6 = 5,
    /// struct nfct_filter_dump_mark: the mark
    NFCT_FILTER_MARK = 6,
    /// 16 bits: the zone
    NFCT_FILTER_ZONE = 7,
    /// the number of attributes
    NFCT_FILTER_MAX = 8,
}

/// Whether an attribute of an event filter accepts the messages that match its values, or rejects them.
/// @ingroup nfct_filter_create
#[repr(C)]
pub enum nfct_filter_logic {
    /// accepts messages that match one of the values
    NFCT_FILTER_LOGIC_POSITIVE = 0,
    /// accepts messages that match none of the values
    NFCT_FILTER_LOGIC_NEGATIVE = 1,
    /// the number of logics
    NFCT_FILTER_LOGIC_MAX = 2,
}

/// Attributes of a dump filter, with the first version of Linux that knows each. An older kernel ignores the
/// attribute: a list returns more entries than the filter selects; nfct_query() and nfct_send() refuse a flush.
/// @ingroup nfct_filter_dump_create
#[repr(C)]
pub enum nfct_filter_dump_attr {
    /// struct nfct_filter_dump_mark: the mark; lists since Linux 3.9, flushes since 4.19
    NFCT_FILTER_DUMP_MARK = 0,
    /// 8 bits, AF_INET or AF_INET6: the family; lists with every kernel, flushes since Linux 5.2
    NFCT_FILTER_DUMP_L3NUM = 1,
    /// struct nfct_filter_dump_mark: the status, IPS_*; since Linux 5.15
    NFCT_FILTER_DUMP_STATUS = 2,
    /// 16 bits: the zone; since Linux 6.8
    NFCT_FILTER_DUMP_ZONE = 3,
    /// struct nf_conntrack, its original tuple; lists since Linux 5.8, no flushes
    NFCT_FILTER_DUMP_TUPLE = 4,
    /// the number of attributes
    NFCT_FILTER_DUMP_MAX = 5,
}

/// Attributes of an expectation object, in host byte order.
/// @ingroup nfexp_set_attr
#[repr(C)]
pub enum nf_expect_attr {
    /// struct nf_conntrack, its original tuple: the flow that expects
    ATTR_EXP_MASTER = 0,
    /// struct nf_conntrack, its original tuple: the flow that is expected
    ATTR_EXP_EXPECTED = 1,
    /// struct nf_conntrack, its original tuple: the bits of the expected tuple that count
    ATTR_EXP_MASK = 2,
    /// 32 bits, seconds; the kernel ignores it when it creates an expectation
    ATTR_EXP_TIMEOUT = 3,
    /// 16 bits: the zone; the kernel never sends it
    ATTR_EXP_ZONE = 4,
    /// 32 bits, NF_CT_EXPECT_*
    ATTR_EXP_FLAGS = 5,
    /// string, at most 15 characters: the name of the helper
    ATTR_EXP_HELPER_NAME = 6,
    /// 32 bits: the class of the helper
    ATTR_EXP_CLASS = 7,
    /// struct nf_conntrack, its original tuple: the address to translate to; its source counts
    ATTR_EXP_NAT_TUPLE = 8,
    /// 32 bits, NFCT_DIR_*: the direction of the translation
    ATTR_EXP_NAT_DIR = 9,
    /// string, at most 23 characters: the function of the kernel that sets up the expected flow
    ATTR_EXP_FN = 10,
    /// the number of attributes
    ATTR_EXP_MAX = 11,
}

/// the groups of all conntrack events: new, changed and destroyed entries
/// @ingroup nfct_open
pub const NFCT_ALL_CT_GROUPS: i32 =
    NF_NETLINK_CONNTRACK_NEW | NF_NETLINK_CONNTRACK_UPDATE | NF_NETLINK_CONNTRACK_DESTROY;
/// the highest option of nfct_setobjopt()
/// @ingroup nfct_setobjopt
pub const NFCT_SOPT_MAX: i32 = __NFCT_SOPT_MAX - 1;
/// the highest option of nfct_getobjopt()
/// @ingroup nfct_setobjopt
pub const NFCT_GOPT_MAX: i32 = __NFCT_GOPT_MAX - 1;
/// bit of ATTR_TCP_FLAGS_*: this direction offers window scaling
/// @ingroup nfct_set_attr
pub const IP_CT_TCP_FLAG_WINDOW_SCALE: i32 = 0x01;
/// bit of ATTR_TCP_FLAGS_*: this direction permits selective acknowledgements
/// @ingroup nfct_set_attr
pub const IP_CT_TCP_FLAG_SACK_PERM: i32 = 0x02;
/// bit of ATTR_TCP_FLAGS_*: this direction sent the first FIN
/// @ingroup nfct_set_attr
pub const IP_CT_TCP_FLAG_CLOSE_INIT: i32 = 0x04;
/// bit of ATTR_TCP_FLAGS_*: the kernel accepts packets outside the window
/// @ingroup nfct_set_attr
pub const IP_CT_TCP_FLAG_BE_LIBERAL: i32 = 0x08;
/// the original direction; kept for programs that use the name
/// @ingroup nfexp_set_attr
pub const NFCT_DIR_ORIGINAL: i32 = 0;
/// the reply direction; kept for programs that use the name
/// @ingroup nfexp_set_attr
pub const NFCT_DIR_REPLY: i32 = 1;
/// the number of directions
/// @ingroup nfexp_set_attr
pub const NFCT_DIR_MAX: i32 = NFCT_DIR_REPLY + 1;
/// the size of the name of a helper, with its NUL
/// @ingroup nfct_set_attr
pub const NFCT_HELPER_NAME_MAX: i32 = 16;
