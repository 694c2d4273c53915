// SPDX-License-Identifier: GPL-2.0-or-later
//! Numbers of the kernel's public interface, in the kernel's spelling.
//!
//! Source: the UAPI headers `linux/netlink.h`, `linux/netfilter/nfnetlink.h`,
//! `linux/netfilter/nfnetlink_conntrack.h` and `linux/netfilter/nf_conntrack_common.h`; each group names its enum.

#![forbid(unsafe_code)]
#![allow(missing_docs)] // the meaning of a number stands in the header its group names
#![cfg_attr(not(feature = "internals"), allow(dead_code))] // each group is whole, whatever of it is used

// Netlink messages and flags (`linux/netlink.h`).
pub const NLMSG_NOOP: u16 = 1;
pub const NLMSG_ERROR: u16 = 2;
pub const NLMSG_DONE: u16 = 3;
pub const NLMSG_OVERRUN: u16 = 4;
pub const NLMSG_MIN_TYPE: u16 = 16;
pub const NLM_F_REQUEST: u16 = 1;
pub const NLM_F_MULTI: u16 = 2;
pub const NLM_F_ACK: u16 = 4;
pub const NLM_F_ECHO: u16 = 8;
pub const NLM_F_DUMP_INTR: u16 = 16;
pub const NLM_F_DUMP_FILTERED: u16 = 0x20;
pub const NLM_F_DUMP: u16 = 0x300;
pub const NLM_F_REPLACE: u16 = 0x100;
pub const NLM_F_EXCL: u16 = 0x200;
pub const NLM_F_CREATE: u16 = 0x400;
pub const NLA_F_NESTED: u16 = 0x8000;
pub const NLA_F_NET_BYTEORDER: u16 = 0x4000;
pub const NLA_TYPE_MASK: u16 = 0x3fff;

// Netfilter subsystems (`linux/netfilter/nfnetlink.h`).
pub const NFNL_SUBSYS_CTNETLINK: u8 = 1;
pub const NFNL_SUBSYS_CTNETLINK_EXP: u8 = 2;
pub const NFNL_SUBSYS_CTNETLINK_TIMEOUT: u8 = 8;

// Messages of the conntrack subsystem (`enum cntl_msg_types`).
pub const IPCTNL_MSG_CT_NEW: u8 = 0;
pub const IPCTNL_MSG_CT_GET: u8 = 1;
pub const IPCTNL_MSG_CT_DELETE: u8 = 2;
pub const IPCTNL_MSG_CT_GET_CTRZERO: u8 = 3;
pub const IPCTNL_MSG_CT_GET_STATS_CPU: u8 = 4;
pub const IPCTNL_MSG_CT_GET_STATS: u8 = 5;
pub const IPCTNL_MSG_CT_GET_DYING: u8 = 6;
pub const IPCTNL_MSG_CT_GET_UNCONFIRMED: u8 = 7;

// Messages of the expectation subsystem (`enum ctnl_exp_msg_types`).
pub const IPCTNL_MSG_EXP_NEW: u8 = 0;
pub const IPCTNL_MSG_EXP_GET: u8 = 1;
pub const IPCTNL_MSG_EXP_DELETE: u8 = 2;
pub const IPCTNL_MSG_EXP_GET_STATS_CPU: u8 = 3;

// Messages of the timeout subsystem (`enum ctnl_timeout_msg_types`) and their attributes (`enum ctattr_timeout`), from
// `linux/netfilter/nfnetlink_cttimeout.h`.
pub const IPCTNL_MSG_TIMEOUT_DEFAULT_SET: u8 = 3;
pub const IPCTNL_MSG_TIMEOUT_DEFAULT_GET: u8 = 4;
pub const CTA_TIMEOUT_L3PROTO: u16 = 2;
pub const CTA_TIMEOUT_L4PROTO: u16 = 3;
pub const CTA_TIMEOUT_DATA: u16 = 4;

// Top-level attributes of a flow (`enum ctattr_type`).
pub const CTA_TUPLE_ORIG: u16 = 1;
pub const CTA_TUPLE_REPLY: u16 = 2;
pub const CTA_STATUS: u16 = 3;
pub const CTA_PROTOINFO: u16 = 4;
pub const CTA_HELP: u16 = 5;
pub const CTA_NAT_SRC: u16 = 6;
pub const CTA_TIMEOUT: u16 = 7;
pub const CTA_MARK: u16 = 8;
pub const CTA_COUNTERS_ORIG: u16 = 9;
pub const CTA_COUNTERS_REPLY: u16 = 10;
pub const CTA_USE: u16 = 11;
pub const CTA_ID: u16 = 12;
pub const CTA_NAT_DST: u16 = 13;
pub const CTA_TUPLE_MASTER: u16 = 14;
pub const CTA_SEQ_ADJ_ORIG: u16 = 15;
pub const CTA_SEQ_ADJ_REPLY: u16 = 16;
pub const CTA_SECMARK: u16 = 17;
pub const CTA_ZONE: u16 = 18;
pub const CTA_SECCTX: u16 = 19;
pub const CTA_TIMESTAMP: u16 = 20;
pub const CTA_MARK_MASK: u16 = 21;
pub const CTA_LABELS: u16 = 22;
pub const CTA_LABELS_MASK: u16 = 23;
pub const CTA_SYNPROXY: u16 = 24;
pub const CTA_FILTER: u16 = 25;
pub const CTA_STATUS_MASK: u16 = 26;
pub const CTA_TIMESTAMP_EVENT: u16 = 27;

// `enum ctattr_tuple`.
pub const CTA_TUPLE_IP: u16 = 1;
pub const CTA_TUPLE_PROTO: u16 = 2;
pub const CTA_TUPLE_ZONE: u16 = 3;

// `enum ctattr_ip`.
pub const CTA_IP_V4_SRC: u16 = 1;
pub const CTA_IP_V4_DST: u16 = 2;
pub const CTA_IP_V6_SRC: u16 = 3;
pub const CTA_IP_V6_DST: u16 = 4;

// `enum ctattr_l4proto`.
pub const CTA_PROTO_NUM: u16 = 1;
pub const CTA_PROTO_SRC_PORT: u16 = 2;
pub const CTA_PROTO_DST_PORT: u16 = 3;
pub const CTA_PROTO_ICMP_ID: u16 = 4;
pub const CTA_PROTO_ICMP_TYPE: u16 = 5;
pub const CTA_PROTO_ICMP_CODE: u16 = 6;
pub const CTA_PROTO_ICMPV6_ID: u16 = 7;
pub const CTA_PROTO_ICMPV6_TYPE: u16 = 8;
pub const CTA_PROTO_ICMPV6_CODE: u16 = 9;

// `enum ctattr_protoinfo`.
pub const CTA_PROTOINFO_TCP: u16 = 1;
pub const CTA_PROTOINFO_DCCP: u16 = 2;
pub const CTA_PROTOINFO_SCTP: u16 = 3;

// `enum ctattr_protoinfo_tcp`.
pub const CTA_PROTOINFO_TCP_STATE: u16 = 1;
pub const CTA_PROTOINFO_TCP_WSCALE_ORIGINAL: u16 = 2;
pub const CTA_PROTOINFO_TCP_WSCALE_REPLY: u16 = 3;
pub const CTA_PROTOINFO_TCP_FLAGS_ORIGINAL: u16 = 4;
pub const CTA_PROTOINFO_TCP_FLAGS_REPLY: u16 = 5;

// `enum ctattr_protoinfo_dccp`.
pub const CTA_PROTOINFO_DCCP_STATE: u16 = 1;
pub const CTA_PROTOINFO_DCCP_ROLE: u16 = 2;
pub const CTA_PROTOINFO_DCCP_HANDSHAKE_SEQ: u16 = 3;

// `enum ctattr_protoinfo_sctp`.
pub const CTA_PROTOINFO_SCTP_STATE: u16 = 1;
pub const CTA_PROTOINFO_SCTP_VTAG_ORIGINAL: u16 = 2;
pub const CTA_PROTOINFO_SCTP_VTAG_REPLY: u16 = 3;

// `enum ctattr_counters`.
pub const CTA_COUNTERS_PACKETS: u16 = 1;
pub const CTA_COUNTERS_BYTES: u16 = 2;
pub const CTA_COUNTERS32_PACKETS: u16 = 3;
pub const CTA_COUNTERS32_BYTES: u16 = 4;

// `enum ctattr_tstamp`.
pub const CTA_TIMESTAMP_START: u16 = 1;
pub const CTA_TIMESTAMP_STOP: u16 = 2;

// `enum ctattr_nat` and `enum ctattr_protonat`.
pub const CTA_NAT_V4_MINIP: u16 = 1;
pub const CTA_NAT_V4_MAXIP: u16 = 2;
pub const CTA_NAT_PROTO: u16 = 3;
pub const CTA_NAT_V6_MINIP: u16 = 4;
pub const CTA_NAT_V6_MAXIP: u16 = 5;
pub const CTA_PROTONAT_PORT_MIN: u16 = 1;
pub const CTA_PROTONAT_PORT_MAX: u16 = 2;

// `enum ctattr_seqadj`.
pub const CTA_SEQADJ_CORRECTION_POS: u16 = 1;
pub const CTA_SEQADJ_OFFSET_BEFORE: u16 = 2;
pub const CTA_SEQADJ_OFFSET_AFTER: u16 = 3;

// `enum ctattr_synproxy`.
pub const CTA_SYNPROXY_ISN: u16 = 1;
pub const CTA_SYNPROXY_ITS: u16 = 2;
pub const CTA_SYNPROXY_TSOFF: u16 = 3;

// `enum ctattr_help` and `enum ctattr_secctx`.
pub const CTA_HELP_NAME: u16 = 1;
pub const CTA_HELP_INFO: u16 = 2;
pub const CTA_SECCTX_NAME: u16 = 1;

// Attributes of an expectation (`enum ctattr_expect`, `enum ctattr_expect_nat`).
pub const CTA_EXPECT_MASTER: u16 = 1;
pub const CTA_EXPECT_TUPLE: u16 = 2;
pub const CTA_EXPECT_MASK: u16 = 3;
pub const CTA_EXPECT_TIMEOUT: u16 = 4;
pub const CTA_EXPECT_ID: u16 = 5;
pub const CTA_EXPECT_HELP_NAME: u16 = 6;
pub const CTA_EXPECT_ZONE: u16 = 7;
pub const CTA_EXPECT_FLAGS: u16 = 8;
pub const CTA_EXPECT_CLASS: u16 = 9;
pub const CTA_EXPECT_NAT: u16 = 10;
pub const CTA_EXPECT_FN: u16 = 11;
pub const CTA_EXPECT_NAT_DIR: u16 = 1;
pub const CTA_EXPECT_NAT_TUPLE: u16 = 2;

// `enum ctattr_stats_global`.
pub const CTA_STATS_GLOBAL_ENTRIES: u16 = 1;
pub const CTA_STATS_GLOBAL_MAX_ENTRIES: u16 = 2;

// `enum ctattr_filter` and the bits of its two 32-bit words, which are in host byte order.
pub const CTA_FILTER_ORIG_FLAGS: u16 = 1;
pub const CTA_FILTER_REPLY_FLAGS: u16 = 2;

// Tuple leaves that `CTA_FILTER` compares.
pub const CTA_FILTER_F_IP_SRC: u32 = 0x1;
pub const CTA_FILTER_F_IP_DST: u32 = 0x2;
pub const CTA_FILTER_F_TUPLE_ZONE: u32 = 0x4;
pub const CTA_FILTER_F_PROTO_NUM: u32 = 0x8;
pub const CTA_FILTER_F_PROTO_SRC_PORT: u32 = 0x10;
pub const CTA_FILTER_F_PROTO_DST_PORT: u32 = 0x20;
pub const CTA_FILTER_F_PROTO_ICMP_TYPE: u32 = 0x40;
pub const CTA_FILTER_F_PROTO_ICMP_CODE: u32 = 0x80;
pub const CTA_FILTER_F_PROTO_ICMP_ID: u32 = 0x100;
pub const CTA_FILTER_F_PROTO_ICMPV6_TYPE: u32 = 0x200;
pub const CTA_FILTER_F_PROTO_ICMPV6_CODE: u32 = 0x400;
pub const CTA_FILTER_F_PROTO_ICMPV6_ID: u32 = 0x800;

// Flow status bits (`enum ip_conntrack_status`).
pub const IPS_EXPECTED: u32 = 0x1;
pub const IPS_SEEN_REPLY: u32 = 0x2;
pub const IPS_ASSURED: u32 = 0x4;
pub const IPS_CONFIRMED: u32 = 0x8;
pub const IPS_SRC_NAT: u32 = 0x10;
pub const IPS_DST_NAT: u32 = 0x20;
pub const IPS_SEQ_ADJUST: u32 = 0x40;
pub const IPS_SRC_NAT_DONE: u32 = 0x80;
pub const IPS_DST_NAT_DONE: u32 = 0x100;
pub const IPS_DYING: u32 = 0x200;
pub const IPS_FIXED_TIMEOUT: u32 = 0x400;
pub const IPS_TEMPLATE: u32 = 0x800;
pub const IPS_UNTRACKED: u32 = 0x1000;
pub const IPS_HELPER: u32 = 0x2000;
pub const IPS_OFFLOAD: u32 = 0x4000;
pub const IPS_HW_OFFLOAD: u32 = 0x8000;

// Expectation flags.
pub const NF_CT_EXPECT_PERMANENT: u32 = 0x1;
pub const NF_CT_EXPECT_INACTIVE: u32 = 0x2;
pub const NF_CT_EXPECT_USERSPACE: u32 = 0x4;

// Address families (`sys/socket.h`) as they stand in `nfgen_family`.
pub const AF_UNSPEC: u8 = 0;
pub const AF_INET: u8 = 2;
pub const AF_INET6: u8 = 10;

// IP protocol numbers (IANA).
pub const IPPROTO_ICMP: u8 = 1;
pub const IPPROTO_TCP: u8 = 6;
pub const IPPROTO_UDP: u8 = 17;
pub const IPPROTO_DCCP: u8 = 0x21;
pub const IPPROTO_GRE: u8 = 0x2f;
pub const IPPROTO_ICMPV6: u8 = 0x3a;
pub const IPPROTO_SCTP: u8 = 0x84;
pub const IPPROTO_UDPLITE: u8 = 0x88;
