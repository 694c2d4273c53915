/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The functions, enumerations and structures of libnetfilter_conntrack for Python's cffi.
 * Made by scripts/python-declarations.py from include/: change nothing here.
 */

enum cntl_msg_types {
  IPCTNL_MSG_CT_NEW = 0,
  IPCTNL_MSG_CT_GET = 1,
  IPCTNL_MSG_CT_DELETE = 2,
  IPCTNL_MSG_CT_GET_CTRZERO = 3,
  IPCTNL_MSG_CT_GET_STATS_CPU = 4,
  IPCTNL_MSG_CT_GET_STATS = 5,
  IPCTNL_MSG_CT_GET_DYING = 6,
  IPCTNL_MSG_CT_GET_UNCONFIRMED = 7,
  IPCTNL_MSG_MAX = 8,
};
enum ctnl_exp_msg_types {
  IPCTNL_MSG_EXP_NEW = 0,
  IPCTNL_MSG_EXP_GET = 1,
  IPCTNL_MSG_EXP_DELETE = 2,
  IPCTNL_MSG_EXP_GET_STATS_CPU = 3,
  IPCTNL_MSG_EXP_MAX = 4,
};
enum ctattr_type {
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
};
enum ctattr_tuple {
  CTA_TUPLE_UNSPEC = 0,
  CTA_TUPLE_IP = 1,
  CTA_TUPLE_PROTO = 2,
  CTA_TUPLE_ZONE = 3,
  __CTA_TUPLE_MAX = 4,
};
enum ctattr_ip {
  CTA_IP_UNSPEC = 0,
  CTA_IP_V4_SRC = 1,
  CTA_IP_V4_DST = 2,
  CTA_IP_V6_SRC = 3,
  CTA_IP_V6_DST = 4,
  __CTA_IP_MAX = 5,
};
enum ctattr_l4proto {
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
};
enum ctattr_protoinfo {
  CTA_PROTOINFO_UNSPEC = 0,
  CTA_PROTOINFO_TCP = 1,
  CTA_PROTOINFO_DCCP = 2,
  CTA_PROTOINFO_SCTP = 3,
  __CTA_PROTOINFO_MAX = 4,
};
enum ctattr_protoinfo_tcp {
  CTA_PROTOINFO_TCP_UNSPEC = 0,
  CTA_PROTOINFO_TCP_STATE = 1,
  CTA_PROTOINFO_TCP_WSCALE_ORIGINAL = 2,
  CTA_PROTOINFO_TCP_WSCALE_REPLY = 3,
  CTA_PROTOINFO_TCP_FLAGS_ORIGINAL = 4,
  CTA_PROTOINFO_TCP_FLAGS_REPLY = 5,
  __CTA_PROTOINFO_TCP_MAX = 6,
};
enum ctattr_protoinfo_dccp {
  CTA_PROTOINFO_DCCP_UNSPEC = 0,
  CTA_PROTOINFO_DCCP_STATE = 1,
  CTA_PROTOINFO_DCCP_ROLE = 2,
  CTA_PROTOINFO_DCCP_HANDSHAKE_SEQ = 3,
  CTA_PROTOINFO_DCCP_PAD = 4,
  __CTA_PROTOINFO_DCCP_MAX = 5,
};
enum ctattr_protoinfo_sctp {
  CTA_PROTOINFO_SCTP_UNSPEC = 0,
  CTA_PROTOINFO_SCTP_STATE = 1,
  CTA_PROTOINFO_SCTP_VTAG_ORIGINAL = 2,
  CTA_PROTOINFO_SCTP_VTAG_REPLY = 3,
  __CTA_PROTOINFO_SCTP_MAX = 4,
};
enum ctattr_counters {
  CTA_COUNTERS_UNSPEC = 0,
  CTA_COUNTERS_PACKETS = 1,
  CTA_COUNTERS_BYTES = 2,
  CTA_COUNTERS32_PACKETS = 3,
  CTA_COUNTERS32_BYTES = 4,
  CTA_COUNTERS_PAD = 5,
  __CTA_COUNTERS_MAX = 6,
};
enum ctattr_tstamp {
  CTA_TIMESTAMP_UNSPEC = 0,
  CTA_TIMESTAMP_START = 1,
  CTA_TIMESTAMP_STOP = 2,
  CTA_TIMESTAMP_PAD = 3,
  __CTA_TIMESTAMP_MAX = 4,
};
enum ctattr_nat {
  CTA_NAT_UNSPEC = 0,
  CTA_NAT_V4_MINIP = 1,
  CTA_NAT_V4_MAXIP = 2,
  CTA_NAT_PROTO = 3,
  CTA_NAT_V6_MINIP = 4,
  CTA_NAT_V6_MAXIP = 5,
  __CTA_NAT_MAX = 6,
};
enum ctattr_protonat {
  CTA_PROTONAT_UNSPEC = 0,
  CTA_PROTONAT_PORT_MIN = 1,
  CTA_PROTONAT_PORT_MAX = 2,
  __CTA_PROTONAT_MAX = 3,
};
enum ctattr_seqadj {
  CTA_SEQADJ_UNSPEC = 0,
  CTA_SEQADJ_CORRECTION_POS = 1,
  CTA_SEQADJ_OFFSET_BEFORE = 2,
  CTA_SEQADJ_OFFSET_AFTER = 3,
  __CTA_SEQADJ_MAX = 4,
};
enum ctattr_natseq {
  CTA_NAT_SEQ_UNSPEC = 0,
  CTA_NAT_SEQ_CORRECTION_POS = 1,
  CTA_NAT_SEQ_OFFSET_BEFORE = 2,
  CTA_NAT_SEQ_OFFSET_AFTER = 3,
  __CTA_NAT_SEQ_MAX = 4,
};
enum ctattr_synproxy {
  CTA_SYNPROXY_UNSPEC = 0,
  CTA_SYNPROXY_ISN = 1,
  CTA_SYNPROXY_ITS = 2,
  CTA_SYNPROXY_TSOFF = 3,
  __CTA_SYNPROXY_MAX = 4,
};
enum ctattr_expect {
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
};
enum ctattr_expect_nat {
  CTA_EXPECT_NAT_UNSPEC = 0,
  CTA_EXPECT_NAT_DIR = 1,
  CTA_EXPECT_NAT_TUPLE = 2,
  __CTA_EXPECT_NAT_MAX = 3,
};
enum ctattr_help {
  CTA_HELP_UNSPEC = 0,
  CTA_HELP_NAME = 1,
  CTA_HELP_INFO = 2,
  __CTA_HELP_MAX = 3,
};
enum ctattr_secctx {
  CTA_SECCTX_UNSPEC = 0,
  CTA_SECCTX_NAME = 1,
  __CTA_SECCTX_MAX = 2,
};
enum ctattr_stats_cpu {
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
};
enum ctattr_stats_global {
  CTA_STATS_GLOBAL_UNSPEC = 0,
  CTA_STATS_GLOBAL_ENTRIES = 1,
  CTA_STATS_GLOBAL_MAX_ENTRIES = 2,
  __CTA_STATS_GLOBAL_MAX = 3,
};
enum ctattr_expect_stats {
  CTA_STATS_EXP_UNSPEC = 0,
  CTA_STATS_EXP_NEW = 1,
  CTA_STATS_EXP_CREATE = 2,
  CTA_STATS_EXP_DELETE = 3,
  __CTA_STATS_EXP_MAX = 4,
};
enum ctattr_filter {
  CTA_FILTER_UNSPEC = 0,
  CTA_FILTER_ORIG_FLAGS = 1,
  CTA_FILTER_REPLY_FLAGS = 2,
  __CTA_FILTER_MAX = 3,
};
enum ip_conntrack_info {
  IP_CT_ESTABLISHED = 0,
  IP_CT_RELATED = 1,
  IP_CT_NEW = 2,
  IP_CT_IS_REPLY = 3,
  IP_CT_ESTABLISHED_REPLY = 3,
  IP_CT_RELATED_REPLY = 4,
  IP_CT_NUMBER = 5,
  IP_CT_NEW_REPLY = 5,
};
enum ip_conntrack_status {
  IPS_EXPECTED_BIT = 0,
  IPS_EXPECTED = 1,
  IPS_SEEN_REPLY_BIT = 1,
  IPS_SEEN_REPLY = 2,
  IPS_ASSURED_BIT = 2,
  IPS_ASSURED = 4,
  IPS_CONFIRMED_BIT = 3,
  IPS_CONFIRMED = 8,
  IPS_SRC_NAT_BIT = 4,
  IPS_SRC_NAT = 16,
  IPS_DST_NAT_BIT = 5,
  IPS_DST_NAT = 32,
  IPS_NAT_MASK = 48,
  IPS_SEQ_ADJUST_BIT = 6,
  IPS_SEQ_ADJUST = 64,
  IPS_SRC_NAT_DONE_BIT = 7,
  IPS_SRC_NAT_DONE = 128,
  IPS_DST_NAT_DONE_BIT = 8,
  IPS_DST_NAT_DONE = 256,
  IPS_NAT_DONE_MASK = 384,
  IPS_DYING_BIT = 9,
  IPS_DYING = 512,
  IPS_FIXED_TIMEOUT_BIT = 10,
  IPS_FIXED_TIMEOUT = 1024,
  IPS_TEMPLATE_BIT = 11,
  IPS_TEMPLATE = 2048,
  IPS_UNTRACKED_BIT = 12,
  IPS_UNTRACKED = 4096,
  IPS_HELPER_BIT = 13,
  IPS_HELPER = 8192,
  IPS_OFFLOAD_BIT = 14,
  IPS_OFFLOAD = 16384,
  IPS_HW_OFFLOAD_BIT = 15,
  IPS_HW_OFFLOAD = 32768,
  IPS_UNCHANGEABLE_MASK = 56313,
  __IPS_MAX_BIT = 16,
};
enum ip_conntrack_events {
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
};
enum ip_conntrack_expect_events {
  IPEXP_NEW = 0,
  IPEXP_DESTROY = 1,
};
struct nfnl_handle;
struct nfnl_subsys_handle;
enum {
  CONNTRACK =
             1
                                  ,
  EXPECT =
          2
                                   ,
};
enum nf_conntrack_attr {
  ATTR_ORIG_IPV4_SRC = 0,
  ATTR_IPV4_SRC = ATTR_ORIG_IPV4_SRC,
  ATTR_ORIG_IPV4_DST = 1,
  ATTR_IPV4_DST = ATTR_ORIG_IPV4_DST,
  ATTR_REPL_IPV4_SRC = 2,
  ATTR_REPL_IPV4_DST = 3,
  ATTR_ORIG_IPV6_SRC = 4,
  ATTR_IPV6_SRC = ATTR_ORIG_IPV6_SRC,
  ATTR_ORIG_IPV6_DST = 5,
  ATTR_IPV6_DST = ATTR_ORIG_IPV6_DST,
  ATTR_REPL_IPV6_SRC = 6,
  ATTR_REPL_IPV6_DST = 7,
  ATTR_ORIG_PORT_SRC = 8,
  ATTR_PORT_SRC = ATTR_ORIG_PORT_SRC,
  ATTR_ORIG_PORT_DST = 9,
  ATTR_PORT_DST = ATTR_ORIG_PORT_DST,
  ATTR_REPL_PORT_SRC = 10,
  ATTR_REPL_PORT_DST = 11,
  ATTR_ICMP_TYPE = 12,
  ATTR_ICMP_CODE = 13,
  ATTR_ICMP_ID = 14,
  ATTR_ORIG_L3PROTO = 15,
  ATTR_L3PROTO = ATTR_ORIG_L3PROTO,
  ATTR_REPL_L3PROTO = 16,
  ATTR_ORIG_L4PROTO = 17,
  ATTR_L4PROTO = ATTR_ORIG_L4PROTO,
  ATTR_REPL_L4PROTO = 18,
  ATTR_TCP_STATE = 19,
  ATTR_SNAT_IPV4 = 20,
  ATTR_DNAT_IPV4 = 21,
  ATTR_SNAT_PORT = 22,
  ATTR_DNAT_PORT = 23,
  ATTR_TIMEOUT = 24,
  ATTR_MARK = 25,
  ATTR_ORIG_COUNTER_PACKETS = 26,
  ATTR_REPL_COUNTER_PACKETS = 27,
  ATTR_ORIG_COUNTER_BYTES = 28,
  ATTR_REPL_COUNTER_BYTES = 29,
  ATTR_USE = 30,
  ATTR_ID = 31,
  ATTR_STATUS = 32,
  ATTR_TCP_FLAGS_ORIG = 33,
  ATTR_TCP_FLAGS_REPL = 34,
  ATTR_TCP_MASK_ORIG = 35,
  ATTR_TCP_MASK_REPL = 36,
  ATTR_MASTER_IPV4_SRC = 37,
  ATTR_MASTER_IPV4_DST = 38,
  ATTR_MASTER_IPV6_SRC = 39,
  ATTR_MASTER_IPV6_DST = 40,
  ATTR_MASTER_PORT_SRC = 41,
  ATTR_MASTER_PORT_DST = 42,
  ATTR_MASTER_L3PROTO = 43,
  ATTR_MASTER_L4PROTO = 44,
  ATTR_SECMARK = 45,
  ATTR_ORIG_NAT_SEQ_CORRECTION_POS = 46,
  ATTR_ORIG_NAT_SEQ_OFFSET_BEFORE = 47,
  ATTR_ORIG_NAT_SEQ_OFFSET_AFTER = 48,
  ATTR_REPL_NAT_SEQ_CORRECTION_POS = 49,
  ATTR_REPL_NAT_SEQ_OFFSET_BEFORE = 50,
  ATTR_REPL_NAT_SEQ_OFFSET_AFTER = 51,
  ATTR_SCTP_STATE = 52,
  ATTR_SCTP_VTAG_ORIG = 53,
  ATTR_SCTP_VTAG_REPL = 54,
  ATTR_HELPER_NAME = 55,
  ATTR_DCCP_STATE = 56,
  ATTR_DCCP_ROLE = 57,
  ATTR_DCCP_HANDSHAKE_SEQ = 58,
  ATTR_TCP_WSCALE_ORIG = 59,
  ATTR_TCP_WSCALE_REPL = 60,
  ATTR_ZONE = 61,
  ATTR_SECCTX = 62,
  ATTR_TIMESTAMP_START = 63,
  ATTR_TIMESTAMP_STOP = 64,
  ATTR_HELPER_INFO = 65,
  ATTR_CONNLABELS = 66,
  ATTR_CONNLABELS_MASK = 67,
  ATTR_ORIG_ZONE = 68,
  ATTR_REPL_ZONE = 69,
  ATTR_SNAT_IPV6 = 70,
  ATTR_DNAT_IPV6 = 71,
  ATTR_SYNPROXY_ISN = 72,
  ATTR_SYNPROXY_ITS = 73,
  ATTR_SYNPROXY_TSOFF = 74,
  ATTR_TIMESTAMP_EVENT = 75,
  ATTR_MAX = 76,
};
enum nf_conntrack_attr_grp {
  ATTR_GRP_ORIG_IPV4 = 0,
  ATTR_GRP_REPL_IPV4 = 1,
  ATTR_GRP_ORIG_IPV6 = 2,
  ATTR_GRP_REPL_IPV6 = 3,
  ATTR_GRP_ORIG_PORT = 4,
  ATTR_GRP_REPL_PORT = 5,
  ATTR_GRP_ICMP = 6,
  ATTR_GRP_MASTER_IPV4 = 7,
  ATTR_GRP_MASTER_IPV6 = 8,
  ATTR_GRP_MASTER_PORT = 9,
  ATTR_GRP_ORIG_COUNTERS = 10,
  ATTR_GRP_REPL_COUNTERS = 11,
  ATTR_GRP_ORIG_ADDR_SRC = 12,
  ATTR_GRP_ORIG_ADDR_DST = 13,
  ATTR_GRP_REPL_ADDR_SRC = 14,
  ATTR_GRP_REPL_ADDR_DST = 15,
  ATTR_GRP_MAX = 16,
};
enum nf_conntrack_msg_type {
  NFCT_T_UNKNOWN = 0,
  NFCT_T_NEW_BIT = 0,
  NFCT_T_NEW = (1 << NFCT_T_NEW_BIT),
  NFCT_T_UPDATE_BIT = 1,
  NFCT_T_UPDATE = (1 << NFCT_T_UPDATE_BIT),
  NFCT_T_DESTROY_BIT = 2,
  NFCT_T_DESTROY = (1 << NFCT_T_DESTROY_BIT),
  NFCT_T_ALL = ((NFCT_T_NEW | NFCT_T_UPDATE) | NFCT_T_DESTROY),
  NFCT_T_ERROR_BIT = 31,
  NFCT_T_ERROR = -2147483648,
};
enum {
  NFCT_SOPT_UNDO_SNAT = 0,
  NFCT_SOPT_UNDO_DNAT = 1,
  NFCT_SOPT_UNDO_SPAT = 2,
  NFCT_SOPT_UNDO_DPAT = 3,
  NFCT_SOPT_SETUP_ORIGINAL = 4,
  NFCT_SOPT_SETUP_REPLY = 5,
  __NFCT_SOPT_MAX = 6,
};
enum {
  NFCT_GOPT_IS_SNAT = 0,
  NFCT_GOPT_IS_DNAT = 1,
  NFCT_GOPT_IS_SPAT = 2,
  NFCT_GOPT_IS_DPAT = 3,
  __NFCT_GOPT_MAX = 4,
};
enum {
  NFCT_CB_FAILURE = -1,
  NFCT_CB_STOP = 0,
  NFCT_CB_CONTINUE = 1,
  NFCT_CB_STOLEN = 2,
};
enum {
  NFCT_O_PLAIN = 0,
  NFCT_O_DEFAULT = NFCT_O_PLAIN,
  NFCT_O_XML = 1,
  NFCT_O_MAX = 2,
};
enum {
  NFCT_OF_SHOW_LAYER3_BIT = 0,
  NFCT_OF_SHOW_LAYER3 = (1 << NFCT_OF_SHOW_LAYER3_BIT),
  NFCT_OF_TIME_BIT = 1,
  NFCT_OF_TIME = (1 << NFCT_OF_TIME_BIT),
  NFCT_OF_ID_BIT = 2,
  NFCT_OF_ID = (1 << NFCT_OF_ID_BIT),
  NFCT_OF_TIMESTAMP_BIT = 3,
  NFCT_OF_TIMESTAMP = (1 << NFCT_OF_TIMESTAMP_BIT),
};
enum {
  NFCT_CMP_ALL = 0,
  NFCT_CMP_ORIG = (1 << 0),
  NFCT_CMP_REPL = (1 << 1),
  NFCT_CMP_TIMEOUT_EQ = (1 << 2),
  NFCT_CMP_TIMEOUT_GT = (1 << 3),
  NFCT_CMP_TIMEOUT_GE = (NFCT_CMP_TIMEOUT_EQ | NFCT_CMP_TIMEOUT_GT),
  NFCT_CMP_TIMEOUT_LT = (1 << 4),
  NFCT_CMP_TIMEOUT_LE = (NFCT_CMP_TIMEOUT_EQ | NFCT_CMP_TIMEOUT_LT),
  NFCT_CMP_MASK = (1 << 5),
  NFCT_CMP_STRICT = (1 << 6),
};
enum {
  NFCT_CP_ALL = 0,
  NFCT_CP_ORIG = (1 << 0),
  NFCT_CP_REPL = (1 << 1),
  NFCT_CP_META = (1 << 2),
  NFCT_CP_OVERRIDE = (1 << 3),
};
enum nf_conntrack_query {
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
};
enum nfct_filter_attr {
  NFCT_FILTER_L4PROTO = 0,
  NFCT_FILTER_L4PROTO_STATE = 1,
  NFCT_FILTER_SRC_IPV4 = 2,
  NFCT_FILTER_DST_IPV4 = 3,
  NFCT_FILTER_SRC_IPV6 = 4,
  NFCT_FILTER_DST_IPV6 = 5,
  NFCT_FILTER_MARK = 6,
  NFCT_FILTER_ZONE = 7,
  NFCT_FILTER_MAX = 8,
};
enum nfct_filter_logic {
  NFCT_FILTER_LOGIC_POSITIVE = 0,
  NFCT_FILTER_LOGIC_NEGATIVE = 1,
  NFCT_FILTER_LOGIC_MAX = 2,
};
enum nfct_filter_dump_attr {
  NFCT_FILTER_DUMP_MARK = 0,
  NFCT_FILTER_DUMP_L3NUM = 1,
  NFCT_FILTER_DUMP_STATUS = 2,
  NFCT_FILTER_DUMP_ZONE = 3,
  NFCT_FILTER_DUMP_TUPLE = 4,
  NFCT_FILTER_DUMP_MAX = 5,
};
enum nf_expect_attr {
  ATTR_EXP_MASTER = 0,
  ATTR_EXP_EXPECTED = 1,
  ATTR_EXP_MASK = 2,
  ATTR_EXP_TIMEOUT = 3,
  ATTR_EXP_ZONE = 4,
  ATTR_EXP_FLAGS = 5,
  ATTR_EXP_HELPER_NAME = 6,
  ATTR_EXP_CLASS = 7,
  ATTR_EXP_NAT_TUPLE = 8,
  ATTR_EXP_NAT_DIR = 9,
  ATTR_EXP_FN = 10,
  ATTR_EXP_MAX = 11,
};
struct nf_conntrack;
struct nf_expect;
struct nfct_bitmask;
struct nfct_filter;
struct nfct_filter_dump;
struct nfct_handle;
struct nfct_labelmap;
struct nfct_attr_grp_ipv4 {
  uint32_t src;
  uint32_t dst;
};
struct nfct_attr_grp_ipv6 {
  uint32_t src[4];
  uint32_t dst[4];
};
struct nfct_attr_grp_port {
  uint16_t sport;
  uint16_t dport;
};
struct nfct_attr_grp_icmp {
  uint16_t id;
  uint8_t code;
  uint8_t type;
};
struct nfct_attr_grp_ctrs {
  uint64_t packets;
  uint64_t bytes;
};
union nfct_attr_grp_addr {
  uint32_t ip;
  uint32_t ip6[4];
  uint32_t addr[4];
};
struct nfct_filter_proto {
  uint16_t proto;
  uint16_t state;
};
struct nfct_filter_ipv4 {
  uint32_t addr;
  uint32_t mask;
};
struct nfct_filter_ipv6 {
  uint32_t addr[4];
  uint32_t mask[4];
};
struct nfct_filter_dump_mark {
  uint32_t val;
  uint32_t mask;
};
struct nfct_handle *nfct_open(uint8_t subsys_id,
                              unsigned int subscriptions);
struct nfct_handle *nfct_open_nfnl(struct nfnl_handle *nfnlh,
                                   uint8_t subsys_id,
                                   unsigned int subscriptions);
int nfct_close(struct nfct_handle *cth);
int nfct_fd(struct nfct_handle *cth);
const struct nfnl_handle *nfct_nfnlh(struct nfct_handle *cth);
int nfct_callback_register(struct nfct_handle *h,
                           enum nf_conntrack_msg_type type,
                           int (*cb)(enum nf_conntrack_msg_type type,
                                     struct nf_conntrack *ct,
                                     void *data),
                           void *data);
void nfct_callback_unregister(struct nfct_handle *h);
int nfct_callback_register2(struct nfct_handle *h,
                            enum nf_conntrack_msg_type type,
                            int (*cb)(const struct nlmsghdr *nlh,
                                      enum nf_conntrack_msg_type type,
                                      struct nf_conntrack *ct,
                                      void *data),
                            void *data);
void nfct_callback_unregister2(struct nfct_handle *h);
int nfexp_callback_register(struct nfct_handle *h,
                            enum nf_conntrack_msg_type type,
                            int (*cb)(enum nf_conntrack_msg_type type,
                                      struct nf_expect *exp,
                                      void *data),
                            void *data);
void nfexp_callback_unregister(struct nfct_handle *h);
int nfexp_callback_register2(struct nfct_handle *h,
                             enum nf_conntrack_msg_type type,
                             int (*cb)(const struct nlmsghdr *nlh,
                                       enum nf_conntrack_msg_type type,
                                       struct nf_expect *exp,
                                       void *data),
                             void *data);
void nfexp_callback_unregister2(struct nfct_handle *h);
int nfct_query(struct nfct_handle *h,
               enum nf_conntrack_query query,
               const void *data);
int nfct_send(struct nfct_handle *h,
              enum nf_conntrack_query query,
              const void *data);
int nfct_catch(struct nfct_handle *h);
int nfexp_query(struct nfct_handle *h,
                enum nf_conntrack_query qt,
                const void *data);
int nfexp_send(struct nfct_handle *h,
               enum nf_conntrack_query qt,
               const void *data);
int nfexp_catch(struct nfct_handle *h);
struct nf_conntrack *nfct_new(void);
void nfct_destroy(struct nf_conntrack *ct);
struct nf_conntrack *nfct_clone(const struct nf_conntrack *ct);

size_t nfct_sizeof(const struct nf_conntrack *ct);

size_t nfct_maxsize(void);
int nfct_setobjopt(struct nf_conntrack *ct,
                   unsigned int option);
int nfct_getobjopt(const struct nf_conntrack *ct,
                   unsigned int option);
void nfct_set_attr(struct nf_conntrack *ct,
                   enum nf_conntrack_attr type,
                   const void *value);
void nfct_set_attr_u8(struct nf_conntrack *ct, enum nf_conntrack_attr type, uint8_t value);
void nfct_set_attr_u16(struct nf_conntrack *ct,
                       enum nf_conntrack_attr type,
                       uint16_t value);
void nfct_set_attr_u32(struct nf_conntrack *ct,
                       enum nf_conntrack_attr type,
                       uint32_t value);
void nfct_set_attr_u64(struct nf_conntrack *ct, enum nf_conntrack_attr type, uint64_t value);
void nfct_set_attr_l(struct nf_conntrack *ct,
                     enum nf_conntrack_attr type,
                     const void *value,
                     size_t len);
const void *nfct_get_attr(const struct nf_conntrack *ct,
                          enum nf_conntrack_attr type);
uint8_t nfct_get_attr_u8(const struct nf_conntrack *ct,
                         enum nf_conntrack_attr type);
uint16_t nfct_get_attr_u16(const struct nf_conntrack *ct,
                           enum nf_conntrack_attr type);
uint32_t nfct_get_attr_u32(const struct nf_conntrack *ct, enum nf_conntrack_attr type);
uint64_t nfct_get_attr_u64(const struct nf_conntrack *ct, enum nf_conntrack_attr type);
int nfct_attr_is_set(const struct nf_conntrack *ct, enum nf_conntrack_attr type);
int nfct_attr_is_set_array(const struct nf_conntrack *ct,
                           const enum nf_conntrack_attr *type_array,
                           int size);
int nfct_attr_unset(struct nf_conntrack *ct,
                    enum nf_conntrack_attr type);
int nfct_compare(const struct nf_conntrack *ct1, const struct nf_conntrack *ct2);
int nfct_cmp(const struct nf_conntrack *ct1, const struct nf_conntrack *ct2, unsigned int flags);
void nfct_copy(struct nf_conntrack *dest,
               const struct nf_conntrack *source,
               unsigned int flags);
void nfct_copy_attr(struct nf_conntrack *dest,
                    const struct nf_conntrack *source,
                    enum nf_conntrack_attr type);
void nfct_set_attr_grp(struct nf_conntrack *ct,
                       enum nf_conntrack_attr_grp type,
                       const void *value);
int nfct_get_attr_grp(const struct nf_conntrack *ct, enum nf_conntrack_attr_grp type, void *value);
int nfct_attr_grp_is_set(const struct nf_conntrack *ct, enum nf_conntrack_attr_grp type);
int nfct_attr_grp_unset(struct nf_conntrack *ct, enum nf_conntrack_attr_grp type);
int nfct_snprintf(char *buf,
                  unsigned int size,
                  const struct nf_conntrack *ct,
                  unsigned int msg_type,
                  unsigned int out_type,
                  unsigned int out_flags);
int nfct_snprintf_labels(char *buf,
                         unsigned int size,
                         const struct nf_conntrack *ct,
                         unsigned int msg_type,
                         unsigned int out_type,
                         unsigned int out_flags,
                         struct nfct_labelmap *map);
int nfexp_snprintf(char *buf,
                   unsigned int size,
                   const struct nf_expect *exp,
                   unsigned int msg_type,
                   unsigned int out_type,
                   unsigned int out_flags);
struct nfct_bitmask *nfct_bitmask_new(unsigned int max);
struct nfct_bitmask *nfct_bitmask_clone(const struct nfct_bitmask *b);
unsigned int nfct_bitmask_maxbit(const struct nfct_bitmask *b);
void nfct_bitmask_set_bit(struct nfct_bitmask *b, unsigned int bit);
int nfct_bitmask_test_bit(const struct nfct_bitmask *b, unsigned int bit);
void nfct_bitmask_unset_bit(struct nfct_bitmask *b, unsigned int bit);
void nfct_bitmask_destroy(struct nfct_bitmask *b);
void nfct_bitmask_clear(struct nfct_bitmask *b);
bool
    nfct_bitmask_equal(const struct nfct_bitmask *b1, const struct nfct_bitmask *b2);
const char *nfct_labels_get_path(void);
struct nfct_labelmap *nfct_labelmap_new(const char *path);
void nfct_labelmap_destroy(struct nfct_labelmap *map);
const char *nfct_labelmap_get_name(struct nfct_labelmap *m,
                                   unsigned int bit);
int nfct_labelmap_get_bit(struct nfct_labelmap *m, const char *name);
struct nfct_filter *nfct_filter_create(void);
void nfct_filter_destroy(struct nfct_filter *filter);
void nfct_filter_add_attr(struct nfct_filter *filter,
                          enum nfct_filter_attr attr,
                          const void *value);
void nfct_filter_add_attr_u32(struct nfct_filter *filter,
                              enum nfct_filter_attr attr,
                              uint32_t value);
int nfct_filter_set_logic(struct nfct_filter *filter,
                          enum nfct_filter_attr attr,
                          enum nfct_filter_logic logic);
int nfct_filter_attach(int fd,
                       struct nfct_filter *filter);
int nfct_filter_detach(int fd);
struct nfct_filter_dump *nfct_filter_dump_create(void);
void nfct_filter_dump_destroy(struct nfct_filter_dump *filter);
void nfct_filter_dump_set_attr(struct nfct_filter_dump *filter_dump,
                               enum nfct_filter_dump_attr type,
                               const void *data);
void nfct_filter_dump_set_attr_u8(struct nfct_filter_dump *filter_dump,
                                  enum nfct_filter_dump_attr type,
                                  uint8_t data);
void nfct_filter_dump_set_attr_u16(struct nfct_filter_dump *filter_dump,
                                   enum nfct_filter_dump_attr type,
                                   uint16_t data);
int nfct_nlmsg_build(struct nlmsghdr *nlh,
                     const struct nf_conntrack *ct);
int nfct_nlmsg_build_filter(struct nlmsghdr *nlh,
                            const struct nfct_filter_dump *filter_dump);
int nfct_nlmsg_parse(const struct nlmsghdr *nlh,
                     struct nf_conntrack *ct);
int nfct_payload_parse(const void *payload,
                       size_t payload_len,
                       uint16_t l3num,
                       struct nf_conntrack *ct);
int nfexp_nlmsg_build(struct nlmsghdr *nlh,
                      const struct nf_expect *exp);
int nfexp_nlmsg_parse(const struct nlmsghdr *nlh, struct nf_expect *exp);
struct nf_expect *nfexp_new(void);
void nfexp_destroy(struct nf_expect *exp);
size_t nfexp_sizeof(const struct nf_expect *exp);
size_t nfexp_maxsize(void);
struct nf_expect *nfexp_clone(const struct nf_expect *exp);
int nfexp_cmp(const struct nf_expect *exp1,
              const struct nf_expect *exp2,
              unsigned int flags);
void nfexp_set_attr(struct nf_expect *exp, enum nf_expect_attr type, const void *value);
void nfexp_set_attr_u8(struct nf_expect *exp, enum nf_expect_attr type, uint8_t value);
void nfexp_set_attr_u16(struct nf_expect *exp, enum nf_expect_attr type, uint16_t value);
void nfexp_set_attr_u32(struct nf_expect *exp, enum nf_expect_attr type, uint32_t value);
const void *nfexp_get_attr(const struct nf_expect *exp,
                           enum nf_expect_attr type);
uint8_t nfexp_get_attr_u8(const struct nf_expect *exp, enum nf_expect_attr type);
uint16_t nfexp_get_attr_u16(const struct nf_expect *exp, enum nf_expect_attr type);
uint32_t nfexp_get_attr_u32(const struct nf_expect *exp, enum nf_expect_attr type);
int nfexp_attr_is_set(const struct nf_expect *exp, enum nf_expect_attr type);
int nfexp_attr_unset(struct nf_expect *exp, enum nf_expect_attr type);

int nfct_build_conntrack(struct nfnl_subsys_handle *ssh,
                         void *req,
                         size_t size,
                         uint16_t type,
                         uint16_t flags,
                         const struct nf_conntrack *ct);

int nfexp_build_expect(struct nfnl_subsys_handle *ssh,
                       void *req,
                       size_t size,
                       uint16_t type,
                       uint16_t flags,
                       const struct nf_expect *exp);

int nfct_build_query(struct nfnl_subsys_handle *_ssh,
                     enum nf_conntrack_query query,
                     const void *data,
                     void *buffer,
                     unsigned int size);

int nfexp_build_query(struct nfnl_subsys_handle *_ssh,
                      enum nf_conntrack_query qt,
                      const void *data,
                      void *buffer,
                      unsigned int size);

int nfct_parse_conntrack(enum nf_conntrack_msg_type type,
                         const struct nlmsghdr *nlh,
                         struct nf_conntrack *ct);

int nfexp_parse_expect(enum nf_conntrack_msg_type type,
                       const struct nlmsghdr *nlh,
                       struct nf_expect *exp);
enum dccp_state {
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
};
enum dccp_roles {
  DCCP_CONNTRACK_ROLE_CLIENT = 0,
  DCCP_CONNTRACK_ROLE_SERVER = 1,
  __DCCP_CONNTRACK_ROLE_MAX = 2,
};
enum icmp_flags {
  ICMP_TYPE_BIT = 0,
  ICMP_TYPE = 1,
  ICMP_CODE_BIT = 1,
  ICMP_CODE = 2,
  ICMP_ID_BIT = 2,
  ICMP_ID = 4,
};
enum sctp_state {
  SCTP_CONNTRACK_NONE = 0,
  SCTP_CONNTRACK_CLOSED = 1,
  SCTP_CONNTRACK_COOKIE_WAIT = 2,
  SCTP_CONNTRACK_COOKIE_ECHOED = 3,
  SCTP_CONNTRACK_ESTABLISHED = 4,
  SCTP_CONNTRACK_SHUTDOWN_SENT = 5,
  SCTP_CONNTRACK_SHUTDOWN_RECD = 6,
  SCTP_CONNTRACK_SHUTDOWN_ACK_SENT = 7,
  SCTP_CONNTRACK_HEARTBEAT_SENT = 8,
  SCTP_CONNTRACK_HEARTBEAT_ACKED = 9,
  SCTP_CONNTRACK_MAX = 10,
};
enum tcp_state {
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
};
enum tcp_flags {
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
};
enum udp_flags {
  UDP_ORIG_SPORT_BIT = 0,
  UDP_ORIG_SPORT = 1,
  UDP_ORIG_DPORT_BIT = 1,
  UDP_ORIG_DPORT = 2,
  UDP_REPL_SPORT_BIT = 2,
  UDP_REPL_SPORT = 4,
  UDP_REPL_DPORT_BIT = 3,
  UDP_REPL_DPORT = 8,
  UDP_MASK_SPORT_BIT = 4,
  UDP_MASK_SPORT = 16,
  UDP_MASK_DPORT_BIT = 5,
  UDP_MASK_DPORT = 32,
  UDP_EXPTUPLE_SPORT_BIT = 6,
  UDP_EXPTUPLE_SPORT = 64,
  UDP_EXPTUPLE_DPORT_BIT = 7,
  UDP_EXPTUPLE_DPORT = 128,
};

#define CTA_FILTER_FLAG_CTA_IP_DST 2
#define CTA_FILTER_FLAG_CTA_IP_SRC 1
#define CTA_FILTER_FLAG_CTA_PROTO_DST_PORT 32
#define CTA_FILTER_FLAG_CTA_PROTO_ICMPV6_CODE 1024
#define CTA_FILTER_FLAG_CTA_PROTO_ICMPV6_ID 2048
#define CTA_FILTER_FLAG_CTA_PROTO_ICMPV6_TYPE 512
#define CTA_FILTER_FLAG_CTA_PROTO_ICMP_CODE 128
#define CTA_FILTER_FLAG_CTA_PROTO_ICMP_ID 256
#define CTA_FILTER_FLAG_CTA_PROTO_ICMP_TYPE 64
#define CTA_FILTER_FLAG_CTA_PROTO_NUM 8
#define CTA_FILTER_FLAG_CTA_PROTO_SRC_PORT 16
#define CTA_FILTER_FLAG_CTA_TUPLE_ZONE 4
#define IP_CT_TCP_FLAG_BE_LIBERAL 8
#define IP_CT_TCP_FLAG_CLOSE_INIT 4
#define IP_CT_TCP_FLAG_SACK_PERM 2
#define IP_CT_TCP_FLAG_WINDOW_SCALE 1
#define NFCT_ALL_CT_GROUPS 7
#define NFCT_DIR_MAX 2
#define NFCT_DIR_ORIGINAL 0
#define NFCT_DIR_REPLY 1
#define NFCT_HELPER_NAME_MAX 16
#define NF_CT_EXPECT_INACTIVE 2
#define NF_CT_EXPECT_PERMANENT 1
#define NF_CT_EXPECT_USERSPACE 4
#define NF_CT_STATE_INVALID_BIT 1
#define NF_CT_STATE_UNTRACKED_BIT 64
