/* SPDX-License-Identifier: GPL-2.0-or-later */

#ifndef _LIBNETFILTER_CONNTRACK_H_
#define _LIBNETFILTER_CONNTRACK_H_

/* Made from src/capi by `make header`: change it there. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/types.h>

#if defined(__has_include)
#if __has_include(<libnfnetlink/libnfnetlink.h>)
#include <libnfnetlink/libnfnetlink.h>
#endif
#endif
#ifndef __LIBNFNETLINK_H
#include <linux/netlink.h>
#include <linux/netfilter/nfnetlink.h>
struct nfnlhdr {
	struct nlmsghdr nlh;
	struct nfgenmsg nfmsg;
};
#endif

#include <libnetfilter_conntrack/linux_nfnetlink_conntrack.h>
#include <libnetfilter_conntrack/linux_nf_conntrack_common.h>

struct nfnl_handle;
struct nfnl_subsys_handle;

#define NFCT_ALL_CT_GROUPS ((NF_NETLINK_CONNTRACK_NEW | NF_NETLINK_CONNTRACK_UPDATE) | NF_NETLINK_CONNTRACK_DESTROY)
#define NFCT_SOPT_MAX (__NFCT_SOPT_MAX - 1)
#define NFCT_GOPT_MAX (__NFCT_GOPT_MAX - 1)
#define IP_CT_TCP_FLAG_WINDOW_SCALE 1
#define IP_CT_TCP_FLAG_SACK_PERM 2
#define IP_CT_TCP_FLAG_CLOSE_INIT 4
#define IP_CT_TCP_FLAG_BE_LIBERAL 8
#define NFCT_DIR_ORIGINAL 0
#define NFCT_DIR_REPLY 1
#define NFCT_DIR_MAX (NFCT_DIR_REPLY + 1)
#define NFCT_HELPER_NAME_MAX 16

/* The two subsystems of a handle. */
enum {
  CONNTRACK = NFNL_SUBSYS_CTNETLINK,
  EXPECT = NFNL_SUBSYS_CTNETLINK_EXP,
};

/*
 Attributes of a conntrack object. Addresses, ports and ICMP ids are in network byte order; all other
 numbers are in host byte order.
 */
enum nf_conntrack_attr {
  /* 32 bits, network order */
  ATTR_ORIG_IPV4_SRC = 0,
  ATTR_IPV4_SRC = ATTR_ORIG_IPV4_SRC,
  /* 32 bits, network order */
  ATTR_ORIG_IPV4_DST = 1,
  ATTR_IPV4_DST = ATTR_ORIG_IPV4_DST,
  /* 32 bits, network order */
  ATTR_REPL_IPV4_SRC = 2,
  /* 32 bits, network order */
  ATTR_REPL_IPV4_DST = 3,
  /* 128 bits, network order */
  ATTR_ORIG_IPV6_SRC = 4,
  ATTR_IPV6_SRC = ATTR_ORIG_IPV6_SRC,
  /* 128 bits, network order */
  ATTR_ORIG_IPV6_DST = 5,
  ATTR_IPV6_DST = ATTR_ORIG_IPV6_DST,
  /* 128 bits, network order */
  ATTR_REPL_IPV6_SRC = 6,
  /* 128 bits, network order */
  ATTR_REPL_IPV6_DST = 7,
  /* 16 bits, network order */
  ATTR_ORIG_PORT_SRC = 8,
  ATTR_PORT_SRC = ATTR_ORIG_PORT_SRC,
  /* 16 bits, network order */
  ATTR_ORIG_PORT_DST = 9,
  ATTR_PORT_DST = ATTR_ORIG_PORT_DST,
  /* 16 bits, network order */
  ATTR_REPL_PORT_SRC = 10,
  /* 16 bits, network order */
  ATTR_REPL_PORT_DST = 11,
  /* 8 bits */
  ATTR_ICMP_TYPE = 12,
  /* 8 bits */
  ATTR_ICMP_CODE = 13,
  /* 16 bits, network order */
  ATTR_ICMP_ID = 14,
  /* 8 bits, AF_INET or AF_INET6 */
  ATTR_ORIG_L3PROTO = 15,
  ATTR_L3PROTO = ATTR_ORIG_L3PROTO,
  /* 8 bits, AF_INET or AF_INET6 */
  ATTR_REPL_L3PROTO = 16,
  /* 8 bits */
  ATTR_ORIG_L4PROTO = 17,
  ATTR_L4PROTO = ATTR_ORIG_L4PROTO,
  /* 8 bits */
  ATTR_REPL_L4PROTO = 18,
  /* 8 bits */
  ATTR_TCP_STATE = 19,
  /* 32 bits, network order */
  ATTR_SNAT_IPV4 = 20,
  /* 32 bits, network order */
  ATTR_DNAT_IPV4 = 21,
  /* 16 bits, network order */
  ATTR_SNAT_PORT = 22,
  /* 16 bits, network order */
  ATTR_DNAT_PORT = 23,
  /* 32 bits, seconds */
  ATTR_TIMEOUT = 24,
  /* 32 bits */
  ATTR_MARK = 25,
  /* 64 bits, read-only */
  ATTR_ORIG_COUNTER_PACKETS = 26,
  /* 64 bits, read-only */
  ATTR_REPL_COUNTER_PACKETS = 27,
  /* 64 bits, read-only */
  ATTR_ORIG_COUNTER_BYTES = 28,
  /* 64 bits, read-only */
  ATTR_REPL_COUNTER_BYTES = 29,
  /* 32 bits, read-only */
  ATTR_USE = 30,
  /* 32 bits */
  ATTR_ID = 31,
  /* 32 bits, IPS_* */
  ATTR_STATUS = 32,
  /* 8 bits */
  ATTR_TCP_FLAGS_ORIG = 33,
  /* 8 bits */
  ATTR_TCP_FLAGS_REPL = 34,
  /* 8 bits */
  ATTR_TCP_MASK_ORIG = 35,
  /* 8 bits */
  ATTR_TCP_MASK_REPL = 36,
  /* 32 bits, network order */
  ATTR_MASTER_IPV4_SRC = 37,
  /* 32 bits, network order */
  ATTR_MASTER_IPV4_DST = 38,
  /* 128 bits, network order */
  ATTR_MASTER_IPV6_SRC = 39,
  /* 128 bits, network order */
  ATTR_MASTER_IPV6_DST = 40,
  /* 16 bits, network order */
  ATTR_MASTER_PORT_SRC = 41,
  /* 16 bits, network order */
  ATTR_MASTER_PORT_DST = 42,
  /* 8 bits */
  ATTR_MASTER_L3PROTO = 43,
  /* 8 bits */
  ATTR_MASTER_L4PROTO = 44,
  /* 32 bits */
  ATTR_SECMARK = 45,
  /* 32 bits */
  ATTR_ORIG_NAT_SEQ_CORRECTION_POS = 46,
  /* 32 bits */
  ATTR_ORIG_NAT_SEQ_OFFSET_BEFORE = 47,
  /* 32 bits */
  ATTR_ORIG_NAT_SEQ_OFFSET_AFTER = 48,
  /* 32 bits */
  ATTR_REPL_NAT_SEQ_CORRECTION_POS = 49,
  /* 32 bits */
  ATTR_REPL_NAT_SEQ_OFFSET_BEFORE = 50,
  /* 32 bits */
  ATTR_REPL_NAT_SEQ_OFFSET_AFTER = 51,
  /* 8 bits */
  ATTR_SCTP_STATE = 52,
  /* 32 bits */
  ATTR_SCTP_VTAG_ORIG = 53,
  /* 32 bits */
  ATTR_SCTP_VTAG_REPL = 54,
  /* string, at most 15 characters */
  ATTR_HELPER_NAME = 55,
  /* 8 bits */
  ATTR_DCCP_STATE = 56,
  /* 8 bits */
  ATTR_DCCP_ROLE = 57,
  /* 64 bits */
  ATTR_DCCP_HANDSHAKE_SEQ = 58,
  /* 8 bits */
  ATTR_TCP_WSCALE_ORIG = 59,
  /* 8 bits */
  ATTR_TCP_WSCALE_REPL = 60,
  /* 16 bits */
  ATTR_ZONE = 61,
  /* string, read-only */
  ATTR_SECCTX = 62,
  /* 64 bits, read-only, nanoseconds since 1970 */
  ATTR_TIMESTAMP_START = 63,
  /* 64 bits, read-only, nanoseconds since 1970 */
  ATTR_TIMESTAMP_STOP = 64,
  /* bytes; set with nfct_set_attr_l() */
  ATTR_HELPER_INFO = 65,
  /* struct nfct_bitmask, which the object then owns */
  ATTR_CONNLABELS = 66,
  /* struct nfct_bitmask, which the object then owns */
  ATTR_CONNLABELS_MASK = 67,
  /* 16 bits */
  ATTR_ORIG_ZONE = 68,
  /* 16 bits */
  ATTR_REPL_ZONE = 69,
  /* 128 bits, network order */
  ATTR_SNAT_IPV6 = 70,
  /* 128 bits, network order */
  ATTR_DNAT_IPV6 = 71,
  /* 32 bits */
  ATTR_SYNPROXY_ISN = 72,
  /* 32 bits */
  ATTR_SYNPROXY_ITS = 73,
  /* 32 bits */
  ATTR_SYNPROXY_TSOFF = 74,
  /* 64 bits, read-only, nanoseconds since 1970 */
  ATTR_TIMESTAMP_EVENT = 75,
  ATTR_MAX = 76,
};

/* Groups of attributes, each with its structure. */
enum nf_conntrack_attr_grp {
  /* struct nfct_attr_grp_ipv4 */
  ATTR_GRP_ORIG_IPV4 = 0,
  /* struct nfct_attr_grp_ipv4 */
  ATTR_GRP_REPL_IPV4 = 1,
  /* struct nfct_attr_grp_ipv6 */
  ATTR_GRP_ORIG_IPV6 = 2,
  /* struct nfct_attr_grp_ipv6 */
  ATTR_GRP_REPL_IPV6 = 3,
  /* struct nfct_attr_grp_port */
  ATTR_GRP_ORIG_PORT = 4,
  /* struct nfct_attr_grp_port */
  ATTR_GRP_REPL_PORT = 5,
  /* struct nfct_attr_grp_icmp */
  ATTR_GRP_ICMP = 6,
  /* struct nfct_attr_grp_ipv4 */
  ATTR_GRP_MASTER_IPV4 = 7,
  /* struct nfct_attr_grp_ipv6 */
  ATTR_GRP_MASTER_IPV6 = 8,
  /* struct nfct_attr_grp_port */
  ATTR_GRP_MASTER_PORT = 9,
  /* struct nfct_attr_grp_ctrs */
  ATTR_GRP_ORIG_COUNTERS = 10,
  /* struct nfct_attr_grp_ctrs */
  ATTR_GRP_REPL_COUNTERS = 11,
  /* union nfct_attr_grp_addr */
  ATTR_GRP_ORIG_ADDR_SRC = 12,
  /* union nfct_attr_grp_addr */
  ATTR_GRP_ORIG_ADDR_DST = 13,
  /* union nfct_attr_grp_addr */
  ATTR_GRP_REPL_ADDR_SRC = 14,
  /* union nfct_attr_grp_addr */
  ATTR_GRP_REPL_ADDR_DST = 15,
  ATTR_GRP_MAX = 16,
};

/* The types of messages; also the mask of types for which a callback is registered. */
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

/* Options of nfct_setobjopt(). */
enum {
  NFCT_SOPT_UNDO_SNAT = 0,
  NFCT_SOPT_UNDO_DNAT = 1,
  NFCT_SOPT_UNDO_SPAT = 2,
  NFCT_SOPT_UNDO_DPAT = 3,
  NFCT_SOPT_SETUP_ORIGINAL = 4,
  NFCT_SOPT_SETUP_REPLY = 5,
  __NFCT_SOPT_MAX = 6,
};

/* Options of nfct_getobjopt(). */
enum {
  NFCT_GOPT_IS_SNAT = 0,
  NFCT_GOPT_IS_DNAT = 1,
  NFCT_GOPT_IS_SPAT = 2,
  NFCT_GOPT_IS_DPAT = 3,
  __NFCT_GOPT_MAX = 4,
};

/* The return values of a callback. */
enum {
  /* ends the call with -1 */
  NFCT_CB_FAILURE = -1,
  /* ends the call with 0 */
  NFCT_CB_STOP = 0,
  /* continues the call */
  NFCT_CB_CONTINUE = 1,
  /* continues the call; the callback keeps the object and releases it */
  NFCT_CB_STOLEN = 2,
};

/* Output formats. */
enum {
  NFCT_O_PLAIN = 0,
  NFCT_O_DEFAULT = NFCT_O_PLAIN,
  NFCT_O_XML = 1,
  NFCT_O_MAX = 2,
};

/* Optional parts of the output. */
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

/*
 Flags of comparisons. The NFCT_CMP_TIMEOUT_* flags compare no timeouts. With one of them, or with NFCT_CMP_ORIG or
 NFCT_CMP_REPL, a comparison leaves out the parts that no flag names.
 */
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

/* The parts that nfct_copy() copies. */
enum {
  NFCT_CP_ALL = 0,
  NFCT_CP_ORIG = (1 << 0),
  NFCT_CP_REPL = (1 << 1),
  NFCT_CP_META = (1 << 2),
  NFCT_CP_OVERRIDE = (1 << 3),
};

/* The types of queries. */
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

/* Attributes of an event filter. */
enum nfct_filter_attr {
  /* u32 */
  NFCT_FILTER_L4PROTO = 0,
  /* struct nfct_filter_proto */
  NFCT_FILTER_L4PROTO_STATE = 1,
  /* struct nfct_filter_ipv4 */
  NFCT_FILTER_SRC_IPV4 = 2,
  /* struct nfct_filter_ipv4 */
  NFCT_FILTER_DST_IPV4 = 3,
  /* struct nfct_filter_ipv6 */
  NFCT_FILTER_SRC_IPV6 = 4,
  /* struct nfct_filter_ipv6 */
  NFCT_FILTER_DST_IPV6 = 5,
  /* struct nfct_filter_dump_mark */
  NFCT_FILTER_MARK = 6,
  /* u16 */
  NFCT_FILTER_ZONE = 7,
  NFCT_FILTER_MAX = 8,
};

/* Whether an attribute of an event filter accepts the messages that match its values, or rejects them. */
enum nfct_filter_logic {
  NFCT_FILTER_LOGIC_POSITIVE = 0,
  NFCT_FILTER_LOGIC_NEGATIVE = 1,
  NFCT_FILTER_LOGIC_MAX = 2,
};

/*
 Attributes of a dump filter, with the first version of Linux that knows each. An older kernel ignores the
 attribute: a list returns more entries than the filter selects; nfct_query() and nfct_send() refuse a flush.
 */
enum nfct_filter_dump_attr {
  /* struct nfct_filter_dump_mark; lists 3.9, flushes 4.19 */
  NFCT_FILTER_DUMP_MARK = 0,
  /* u8; lists always, flushes 5.2 */
  NFCT_FILTER_DUMP_L3NUM = 1,
  /* struct nfct_filter_dump_mark; 5.15 */
  NFCT_FILTER_DUMP_STATUS = 2,
  /* u16; 6.8 */
  NFCT_FILTER_DUMP_ZONE = 3,
  /* struct nf_conntrack, its original tuple; lists 5.8, no flushes */
  NFCT_FILTER_DUMP_TUPLE = 4,
  NFCT_FILTER_DUMP_MAX = 5,
};

/* Attributes of an expectation object, in host byte order. */
enum nf_expect_attr {
  /* struct nf_conntrack, its original tuple */
  ATTR_EXP_MASTER = 0,
  /* struct nf_conntrack, its original tuple */
  ATTR_EXP_EXPECTED = 1,
  /* struct nf_conntrack, its original tuple */
  ATTR_EXP_MASK = 2,
  /* 32 bits, seconds */
  ATTR_EXP_TIMEOUT = 3,
  /* 16 bits */
  ATTR_EXP_ZONE = 4,
  /* 32 bits, NF_CT_EXPECT_* */
  ATTR_EXP_FLAGS = 5,
  /* string, at most 15 characters */
  ATTR_EXP_HELPER_NAME = 6,
  /* 32 bits */
  ATTR_EXP_CLASS = 7,
  /* struct nf_conntrack, its original tuple */
  ATTR_EXP_NAT_TUPLE = 8,
  /* 32 bits */
  ATTR_EXP_NAT_DIR = 9,
  /* string, at most 23 characters */
  ATTR_EXP_FN = 10,
  ATTR_EXP_MAX = 11,
};

/*
 A conntrack object: one entry of the connection tracking table, or a part of an entry.

 An all-zero block of nfct_maxsize() bytes is an empty object.
 */
struct nf_conntrack;

/*
 An expectation object: a connection that a helper expects.

 An all-zero block of nfexp_maxsize() bytes is an empty object.
 */
struct nf_expect;

/* A set of bits, which connection labels use. */
struct nfct_bitmask;

/* A filter for events, on a socket. */
struct nfct_filter;

/* A filter that the kernel applies to a dump or a flush. */
struct nfct_filter_dump;

/*
 A connection to the kernel.

 Different threads may use different handles at the same time; only one thread at a time may use a handle. Exception:
 while one thread receives on a handle, other threads may send on it with nfct_send() and nfexp_send().
 */
struct nfct_handle;

/* Names for the bits of connection labels. */
struct nfct_labelmap;

/* ATTR_GRP_*_IPV4: addresses in network byte order. */
struct nfct_attr_grp_ipv4 {
  uint32_t src;
  uint32_t dst;
};

/* ATTR_GRP_*_IPV6: addresses in network byte order. */
struct nfct_attr_grp_ipv6 {
  uint32_t src[4];
  uint32_t dst[4];
};

/* ATTR_GRP_*_PORT: ports in network byte order. */
struct nfct_attr_grp_port {
  uint16_t sport;
  uint16_t dport;
};

/* ATTR_GRP_ICMP; the id is in network byte order. */
struct nfct_attr_grp_icmp {
  uint16_t id;
  uint8_t code;
  uint8_t type;
};

/* ATTR_GRP_*_COUNTERS. */
struct nfct_attr_grp_ctrs {
  uint64_t packets;
  uint64_t bytes;
};

/* ATTR_GRP_*_ADDR_*: an address of either family in network byte order. */
union nfct_attr_grp_addr {
  uint32_t ip;
  uint32_t ip6[4];
  uint32_t addr[4];
};

/* NFCT_FILTER_L4PROTO_STATE: a protocol and one of its states. */
struct nfct_filter_proto {
  uint16_t proto;
  uint16_t state;
};

/* NFCT_FILTER_*_IPV4: address and mask in host byte order. */
struct nfct_filter_ipv4 {
  uint32_t addr;
  uint32_t mask;
};

/* NFCT_FILTER_*_IPV6: address and mask as four words in host byte order. */
struct nfct_filter_ipv6 {
  uint32_t addr[4];
  uint32_t mask[4];
};

/* NFCT_FILTER_MARK, NFCT_FILTER_DUMP_MARK and NFCT_FILTER_DUMP_STATUS: a value and the bits that count. */
struct nfct_filter_dump_mark {
  uint32_t val;
  uint32_t mask;
};

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/*
 Opens a connection to the kernel.

 `subsys_id` is CONNTRACK, EXPECT, or 0 for both; `subscriptions` are the groups of events that the handle receives
 (NFCT_ALL_CT_GROUPS, NF_NETLINK_CONNTRACK_*). The socket is closed on exec.

 Returns the handle, or NULL with errno set; errno is EPERM for events without privilege. Release the handle with
 nfct_close().
 */
struct nfct_handle *nfct_open(uint8_t subsys_id,
                              unsigned int subscriptions);

/*
 Opens conntrack on a handle that libnfnetlink has opened; nfct_close() also releases libnfnetlink's handle.

 Returns the handle, or NULL with errno set; errno is EBUSY when that handle already uses the subsystem.
 */
struct nfct_handle *nfct_open_nfnl(struct nfnl_handle *nfnlh,
                                   uint8_t subsys_id,
                                   unsigned int subscriptions);

/* Closes a handle and its socket. Returns 0, or -1 with errno of close(2); the handle is released in both cases. */
int nfct_close(struct nfct_handle *cth);

/* Returns the descriptor of a handle's socket, for poll(2) and similar functions. */
int nfct_fd(struct nfct_handle *cth);

/* Returns the handle for the functions of libnfnetlink; the conntrack handle owns it. */
const struct nfnl_handle *nfct_nfnlh(struct nfct_handle *cth);

/*
 Registers a function for conntrack messages: the function gets the type of the message, the object and `data`.

 The library releases the object after the call unless the function returns NFCT_CB_STOLEN. A handle has one
 registration: a new one replaces the old one. Returns 0, or -1 with errno EINVAL when the handle was not opened
 for conntrack.

 The function may query, unregister and close the handle that called it. It must not close the handle when a
 function of libnfnetlink called it, because that function uses the handle afterwards. The function need not
 return: the end of its thread, a C++ exception or longjmp() may leave it. The program then owns the object and
 releases it with nfct_destroy(); the handle works and closes as before.
 */
int nfct_callback_register(struct nfct_handle *h,
                           enum nf_conntrack_msg_type type,
                           int (*cb)(enum nf_conntrack_msg_type type,
                                     struct nf_conntrack *ct,
                                     void *data),
                           void *data);

/* Ends the delivery of conntrack messages. */
void nfct_callback_unregister(struct nfct_handle *h);

/* As nfct_callback_register(), for a function that also gets the netlink message. */
int nfct_callback_register2(struct nfct_handle *h,
                            enum nf_conntrack_msg_type type,
                            int (*cb)(const struct nlmsghdr *nlh,
                                      enum nf_conntrack_msg_type type,
                                      struct nf_conntrack *ct,
                                      void *data),
                            void *data);

/* Ends the delivery of conntrack messages. */
void nfct_callback_unregister2(struct nfct_handle *h);

/* Registers a function for expectation messages; as nfct_callback_register(). */
int nfexp_callback_register(struct nfct_handle *h,
                            enum nf_conntrack_msg_type type,
                            int (*cb)(enum nf_conntrack_msg_type type,
                                      struct nf_expect *exp,
                                      void *data),
                            void *data);

/* Ends the delivery of expectation messages. */
void nfexp_callback_unregister(struct nfct_handle *h);

/* As nfexp_callback_register(), for a function that also gets the netlink message. */
int nfexp_callback_register2(struct nfct_handle *h,
                             enum nf_conntrack_msg_type type,
                             int (*cb)(const struct nlmsghdr *nlh,
                                       enum nf_conntrack_msg_type type,
                                       struct nf_expect *exp,
                                       void *data),
                             void *data);

/* Ends the delivery of expectation messages. */
void nfexp_callback_unregister2(struct nfct_handle *h);

/*
 Sends a request to the kernel and receives the answer; the registered function gets the objects.

 `data` points to a conntrack object (NFCT_Q_CREATE, UPDATE, DESTROY, GET, CREATE_UPDATE), to a 32-bit family
 (FLUSH, DUMP, DUMP_RESET) or to a dump filter (DUMP_FILTER, DUMP_FILTER_RESET, FLUSH_FILTER).

 A kernel that does not know a condition of a filter ignores the condition. A DUMP_FILTER then returns more
 entries than the filter selects; see enum nfct_filter_dump_attr for the versions. A FLUSH_FILTER would delete
 every entry. Therefore nfct_query() first asks the kernel, with a list request on a separate socket, whether the
 kernel reads each condition; when it does not, nfct_query() sends nothing and errno is EOPNOTSUPP.

 Returns 0, or -1 with errno set: the kernel's error; EINTR when the table changed during a dump; EMSGSIZE when a
 part of the answer was lost; EINVAL when the object cannot be sent completely, and nothing was sent.
 */
int nfct_query(struct nfct_handle *h,
               enum nf_conntrack_query query,
               const void *data);

/*
 Sends a query and does not wait for the answer. `data` is as for nfct_query(), and a
 NFCT_Q_FLUSH_FILTER is refused for the same reasons. At the same time other threads may send on the
 handle, and one thread may receive on it.

 Returns the number of bytes sent, or -1 with errno set.
 */
int nfct_send(struct nfct_handle *h, enum nf_conntrack_query query, const void *data);

/*
 Receives messages and passes them to the registered functions, until a function returns NFCT_CB_STOP or
 the answer to a request is complete.

 A signal does not end the call. A program that must be able to stop waits in poll(2) on nfct_fd(), or cancels the
 thread that is in this call: see the examples events_poll and events_thread.

 Returns 0, or -1 with errno set: ENOBUFS when events were lost (the next call continues), EAGAIN when a
 non-blocking socket has no further message.
 */
int nfct_catch(struct nfct_handle *h);

/*
 Sends a request about expectations; as nfct_query(). `data` points to an expectation object
 (NFCT_Q_CREATE, DESTROY, GET, CREATE_UPDATE) or to an 8-bit family (FLUSH, DUMP).
 */
int nfexp_query(struct nfct_handle *h, enum nf_conntrack_query qt, const void *data);

/* Sends a query about expectations and does not wait for the answer; as nfct_send(). */
int nfexp_send(struct nfct_handle *h, enum nf_conntrack_query qt, const void *data);

/* Receives messages; the same as nfct_catch(). */
int nfexp_catch(struct nfct_handle *h);

/*
 Creates an empty conntrack object.

 Returns the object, or NULL with errno ENOMEM. Release the object with nfct_destroy().
 */
struct nf_conntrack *nfct_new(void);

/*
 Releases a conntrack object and all that it owns. The object must come from nfct_new() or nfct_clone(), or from a
 callback that returned NFCT_CB_STOLEN.
 */
void nfct_destroy(struct nf_conntrack *ct);

/*
 Duplicates a conntrack object.

 Returns the copy, or NULL with errno set. Release the copy with nfct_destroy().
 */
struct nf_conntrack *nfct_clone(const struct nf_conntrack *ct);

/* Returns the size of a conntrack object in bytes. */
__attribute__((deprecated)) size_t nfct_sizeof(const struct nf_conntrack *ct);

/*
 Returns the size of a conntrack object in bytes. A block of this size that contains only
 zeros is an empty object.
 */
__attribute__((deprecated)) size_t nfct_maxsize(void);

/*
 Applies one of NFCT_SOPT_* to a conntrack object.

 NFCT_SOPT_UNDO_SPAT and _DPAT do not change an object of a protocol without ports; see
 nfct_getobjopt().

 Returns 0, or -1 with errno EOPNOTSUPP for an unknown option.
 */
int nfct_setobjopt(struct nf_conntrack *ct, unsigned int option);

/*
 Tests whether a conntrack object has the property of one of NFCT_GOPT_*.

 Ports are those of TCP, UDP, UDP-Lite, SCTP and DCCP, and the keys of a GRE flow that was
 expected or whose status is not set. For other protocols NFCT_GOPT_IS_SPAT and _DPAT return
 0.

 Returns 1 when it has the property, 0 when it has not, or -1 with errno EOPNOTSUPP for an
 unknown option.
 */
int nfct_getobjopt(const struct nf_conntrack *ct, unsigned int option);

/*
 Sets an attribute from its value; the function reads the attribute's size in bytes.

 The object becomes the owner of a label mask (ATTR_CONNLABELS, ATTR_CONNLABELS_MASK). An unknown attribute is
 ignored.
 */
void nfct_set_attr(struct nf_conntrack *ct,
                   enum nf_conntrack_attr type,
                   const void *value);

/* Sets an attribute from an 8-bit value. */
void nfct_set_attr_u8(struct nf_conntrack *ct, enum nf_conntrack_attr type, uint8_t value);

/* Sets an attribute from a 16-bit value. */
void nfct_set_attr_u16(struct nf_conntrack *ct, enum nf_conntrack_attr type, uint16_t value);

/* Sets an attribute from a 32-bit value. */
void nfct_set_attr_u32(struct nf_conntrack *ct, enum nf_conntrack_attr type, uint32_t value);

/* Sets an attribute from a 64-bit value. */
void nfct_set_attr_u64(struct nf_conntrack *ct, enum nf_conntrack_attr type, uint64_t value);

/* Sets an attribute from its value and its length; only ATTR_HELPER_INFO uses the length. */
void nfct_set_attr_l(struct nf_conntrack *ct,
                     enum nf_conntrack_attr type,
                     const void *value,
                     size_t len);

/*
 Returns a pointer to an attribute's value inside the object, or NULL with errno ENODATA when it is not set,
 EINVAL for an unknown attribute.

 Addresses, ports and ICMP ids are in network byte order. The pointer is valid until the object is released. A
 pointer to a string, to helper data or to a label mask is valid until the attribute is set again.
 */
const void *nfct_get_attr(const struct nf_conntrack *ct,
                          enum nf_conntrack_attr type);

/* Returns an 8-bit attribute, or 0 with errno ENODATA when it is not set, EINVAL when it does not exist. */
uint8_t nfct_get_attr_u8(const struct nf_conntrack *ct,
                         enum nf_conntrack_attr type);

/* Returns a 16-bit attribute; ports and ICMP ids are in network byte order. Errors as nfct_get_attr_u8(). */
uint16_t nfct_get_attr_u16(const struct nf_conntrack *ct,
                           enum nf_conntrack_attr type);

/* Returns a 32-bit attribute; addresses are in network byte order. Errors as nfct_get_attr_u8(). */
uint32_t nfct_get_attr_u32(const struct nf_conntrack *ct, enum nf_conntrack_attr type);

/* Returns a 64-bit attribute. Errors as nfct_get_attr_u8(). */
uint64_t nfct_get_attr_u64(const struct nf_conntrack *ct, enum nf_conntrack_attr type);

/*
 Returns 1 when an attribute is set, 0 when it is not, or -1 with errno EINVAL when it does
 not exist.
 */
int nfct_attr_is_set(const struct nf_conntrack *ct, enum nf_conntrack_attr type);

/*
 Returns 1 when all attributes of an array are set, 0 when one is not, or -1 with errno EINVAL when the first that is
 not set does not exist.
 */
int nfct_attr_is_set_array(const struct nf_conntrack *ct,
                           const enum nf_conntrack_attr *type_array,
                           int size);

/* Marks an attribute as not set. Returns 0, or -1 with errno EINVAL when it does not exist. */
int nfct_attr_unset(struct nf_conntrack *ct, enum nf_conntrack_attr type);

/*
 Compares two conntrack objects. Returns 1 when all attributes that both have are equal,
 otherwise 0.
 */
int nfct_compare(const struct nf_conntrack *ct1, const struct nf_conntrack *ct2);

/*
 Compares two conntrack objects according to NFCT_CMP_* flags. Returns 1 when they are equal,
 otherwise 0.
 */
int nfct_cmp(const struct nf_conntrack *ct1, const struct nf_conntrack *ct2, unsigned int flags);

/*
 Copies the parts of `source` that NFCT_CP_* flags name into `dest`; attributes that `source` has not set stay
 unchanged.

 With NFCT_CP_OVERRIDE `dest` becomes a duplicate, and may be uninitialised memory: its former contents are not
 released.
 */
void nfct_copy(struct nf_conntrack *dest,
               const struct nf_conntrack *source,
               unsigned int flags);

/* Copies one attribute when `source` has it set. */
void nfct_copy_attr(struct nf_conntrack *dest,
                    const struct nf_conntrack *source,
                    enum nf_conntrack_attr type);

/* Sets a group of attributes from its structure. An unknown group is ignored. */
void nfct_set_attr_grp(struct nf_conntrack *ct, enum nf_conntrack_attr_grp type, const void *value);

/*
 Fills a group's structure. Returns 0, or -1 with errno ENODATA when the group is not set, EINVAL when it does not
 exist.
 */
int nfct_get_attr_grp(const struct nf_conntrack *ct,
                      enum nf_conntrack_attr_grp type,
                      void *value);

/* Returns 1 when a group is set, 0 when it is not, or -1 with errno EINVAL when it does not exist. */
int nfct_attr_grp_is_set(const struct nf_conntrack *ct, enum nf_conntrack_attr_grp type);

/*
 Marks all attributes of a group as not set. Returns 0, or -1 with errno EINVAL when it does
 not exist.
 */
int nfct_attr_grp_unset(struct nf_conntrack *ct, enum nf_conntrack_attr_grp type);

/*
 Prints a conntrack object into `buf`, truncated to `size` bytes with the final NUL.

 `msg_type` is one of NFCT_T_*, printed first; `out_type` is one of NFCT_O_*; `out_flags` is a set of NFCT_OF_*.

 Returns the length of the whole text without its NUL, or -1: with errno ENOENT for an unknown
 `out_type`, with errno unchanged when the object has no protocol.
 */
int nfct_snprintf(char *buf,
                  unsigned int size,
                  const struct nf_conntrack *ct,
                  unsigned int msg_type,
                  unsigned int out_type,
                  unsigned int out_flags);

/*
 As nfct_snprintf(), with the names of the connection labels from a label map, which may be NULL.

 With a `size` of 0 the function writes nothing, and `buf` may be NULL.
 */
int nfct_snprintf_labels(char *buf,
                         unsigned int size,
                         const struct nf_conntrack *ct,
                         unsigned int msg_type,
                         unsigned int out_type,
                         unsigned int out_flags,
                         struct nfct_labelmap *map);

/* Prints an expectation object; as nfct_snprintf(). */
int nfexp_snprintf(char *buf,
                   unsigned int size,
                   const struct nf_expect *exp,
                   unsigned int msg_type,
                   unsigned int out_type,
                   unsigned int out_flags);

/*
 Creates a mask for the bits 0 to `max`, all clear; the size is rounded up to whole 32-bit words.

 Returns the mask, or NULL when `max` is above 65535. Release the mask with nfct_bitmask_destroy(), or set it as an
 attribute of an object, which then owns the mask.
 */
struct nfct_bitmask *nfct_bitmask_new(unsigned int max);

/* Duplicates a mask. Returns the copy, or NULL. Release the copy with nfct_bitmask_destroy(). */
struct nfct_bitmask *nfct_bitmask_clone(const struct nfct_bitmask *b);

/* Returns the highest bit that a mask has room for. */
unsigned int nfct_bitmask_maxbit(const struct nfct_bitmask *b);

/* Sets a bit. The function ignores a bit outside the mask. */
void nfct_bitmask_set_bit(struct nfct_bitmask *b, unsigned int bit);

/* Returns 1 when a bit is set, otherwise 0. A bit outside the mask is not set. */
int nfct_bitmask_test_bit(const struct nfct_bitmask *b, unsigned int bit);

/* Clears a bit. The function ignores a bit outside the mask. */
void nfct_bitmask_unset_bit(struct nfct_bitmask *b, unsigned int bit);

/* Releases a mask that no object owns; NULL is allowed. */
void nfct_bitmask_destroy(struct nfct_bitmask *b);

/* Clears all bits. */
void nfct_bitmask_clear(struct nfct_bitmask *b);

/* Returns true when two masks have the same size and the same bits. */
bool nfct_bitmask_equal(const struct nfct_bitmask *b1, const struct nfct_bitmask *b2);

/* Returns the path of the default label file. */
const char *nfct_labels_get_path(void);

/*
 Reads a label map from a file; NULL stands for the default file.

 Returns the map, or NULL: with errno of open(2), EFBIG when the file is longer than a mebibyte, or 0 when no
 line names a label. Release the map with nfct_labelmap_destroy(). A cancellation of the thread takes effect
 after the file has been read.
 */
struct nfct_labelmap *nfct_labelmap_new(const char *path);

/* Releases a label map and its names. */
void nfct_labelmap_destroy(struct nfct_labelmap *map);

/*
 Returns the name of a bit, "" for a bit without a name, or NULL above the highest bit with a name.

 The name is valid until the map is released.
 */
const char *nfct_labelmap_get_name(struct nfct_labelmap *m, unsigned int bit);

/* Returns the bit with this name, or -1 when no bit has it. */
int nfct_labelmap_get_bit(struct nfct_labelmap *m, const char *name);

/*
 Creates an event filter that accepts every message. Release the filter with nfct_filter_destroy().

 The filter accepts a message when every attribute with values accepts it. An attribute of the filter accepts a
 message that does not contain this attribute; a missing mark or zone counts as 0.
 */
struct nfct_filter *nfct_filter_create(void);

/* Releases an event filter. Sockets to which the filter is attached keep filtering. */
void nfct_filter_destroy(struct nfct_filter *filter);

/*
 Adds a value to an attribute of an event filter: a message must match one of the values.

 Numbers and addresses are in host byte order. An attribute takes 255 protocols, 127 IPv4 addresses for
 each direction, 127 marks, 127 zones, and 20 IPv6 addresses for each direction; the function ignores further values.
 */
void nfct_filter_add_attr(struct nfct_filter *filter,
                          enum nfct_filter_attr attr,
                          const void *value);

/* Adds a number to an event filter: a protocol or a zone. */
void nfct_filter_add_attr_u32(struct nfct_filter *filter,
                              enum nfct_filter_attr attr,
                              uint32_t value);

/*
 Sets whether an attribute accepts messages that match its values (NFCT_FILTER_LOGIC_POSITIVE, the default) or
 rejects them (NFCT_FILTER_LOGIC_NEGATIVE). A negative logic is permanent.

 Returns 0, or -1 with errno ENOTSUP for an unknown attribute, EBUSY when the logic is already negative.
 */
int nfct_filter_set_logic(struct nfct_filter *filter,
                          enum nfct_filter_attr attr,
                          enum nfct_filter_logic logic);

/*
 Attaches an event filter to a socket: the socket then receives only messages that the filter
 accepts. The filter replaces an earlier one.

 Returns 0, or -1 with errno of setsockopt(2): ENOMEM when the filter is larger than
 net.core.optmem_max allows. Linux 6.1 allows 20480 bytes by default, enough for lists of
 some fifty values. Do not list the table on a socket with a filter.
 */
int nfct_filter_attach(int fd, struct nfct_filter *filter);

/* Detaches the event filter from a socket. Returns 0, or -1 with errno ENOENT when the socket has no filter. */
int nfct_filter_detach(int fd);

/* Creates a dump filter that accepts every entry. Release the filter with nfct_filter_dump_destroy(). */
struct nfct_filter_dump *nfct_filter_dump_create(void);

/* Releases a dump filter. */
void nfct_filter_dump_destroy(struct nfct_filter_dump *filter);

/* Sets an attribute of a dump filter. The function copies the value. */
void nfct_filter_dump_set_attr(struct nfct_filter_dump *filter_dump,
                               enum nfct_filter_dump_attr type,
                               const void *data);

/* Sets the family of a dump filter (NFCT_FILTER_DUMP_L3NUM). */
void nfct_filter_dump_set_attr_u8(struct nfct_filter_dump *filter_dump,
                                  enum nfct_filter_dump_attr type,
                                  uint8_t data);

/* Sets the zone of a dump filter (NFCT_FILTER_DUMP_ZONE). */
void nfct_filter_dump_set_attr_u16(struct nfct_filter_dump *filter_dump,
                                   enum nfct_filter_dump_attr type,
                                   uint16_t data);

/*
 Appends a conntrack object's attributes to a message that already has its netlink and netfilter headers.

 The buffer must have room: 1024 bytes suffice for an object without labels and helper data.
 Returns 0, or -1 with errno EINVAL when the object has no ATTR_ORIG_L3PROTO, -1 with errno unchanged when
 a tuple's family is neither IPv4 nor IPv6.
 */
int nfct_nlmsg_build(struct nlmsghdr *nlh,
                     const struct nf_conntrack *ct);

/*
 Appends a dump filter's attributes to a message that already has its netlink and netfilter headers, and sets the
 message's family when the filter names a family.

 Returns 0, or -1 with errno EINVAL when the filter's tuple has no family or another family than the filter.
 */
int nfct_nlmsg_build_filter(struct nlmsghdr *nlh,
                            const struct nfct_filter_dump *filter_dump);

/*
 Reads a conntrack message into an object: sets the attributes that the message contains.

 Returns 0, or -1 with errno ERANGE when an attribute is too short for its type; the attributes before it have
 been set.
 */
int nfct_nlmsg_parse(const struct nlmsghdr *nlh,
                     struct nf_conntrack *ct);

/*
 Reads the attributes of a conntrack message into an object; `l3num` is the message's family.

 Returns as nfct_nlmsg_parse().
 */
int nfct_payload_parse(const void *payload,
                       size_t payload_len,
                       uint16_t l3num,
                       struct nf_conntrack *ct);

/* Appends an expectation's attributes to a message that already has its netlink and netfilter headers. Returns 0. */
int nfexp_nlmsg_build(struct nlmsghdr *nlh,
                      const struct nf_expect *exp);

/* Reads an expectation message into an object. Returns as nfct_nlmsg_parse(). */
int nfexp_nlmsg_parse(const struct nlmsghdr *nlh, struct nf_expect *exp);

/*
 Creates an empty expectation object.

 Returns the object, or NULL with errno ENOMEM. Release the object with nfexp_destroy().
 */
struct nf_expect *nfexp_new(void);

/*
 Releases an expectation object. The object must come from nfexp_new() or nfexp_clone(), or from a callback that
 returned NFCT_CB_STOLEN.
 */
void nfexp_destroy(struct nf_expect *exp);

/* Returns the size of an expectation object in bytes. */
size_t nfexp_sizeof(const struct nf_expect *exp);

/*
 Returns the size of an expectation object in bytes. A block of this size that contains only zeros is an empty
 object.
 */
size_t nfexp_maxsize(void);

/* Duplicates an expectation object. Returns the copy, or NULL. Release the copy with nfexp_destroy(). */
struct nf_expect *nfexp_clone(const struct nf_expect *exp);

/*
 Compares two expectations according to NFCT_CMP_MASK and NFCT_CMP_STRICT. Returns 1 when
 they are equal, otherwise 0.

 The function never compares the timeout.
 */
int nfexp_cmp(const struct nf_expect *exp1, const struct nf_expect *exp2, unsigned int flags);

/*
 Sets an attribute from its value: a conntrack object for a tuple, from which the function
 copies the original tuple; a 16-bit number for the zone; a string for a name; otherwise a
 32-bit number.

 An unknown attribute is ignored.
 */
void nfexp_set_attr(struct nf_expect *exp, enum nf_expect_attr type, const void *value);

/* Sets an attribute from an 8-bit value. */
void nfexp_set_attr_u8(struct nf_expect *exp, enum nf_expect_attr type, uint8_t value);

/* Sets an attribute from a 16-bit value. */
void nfexp_set_attr_u16(struct nf_expect *exp, enum nf_expect_attr type, uint16_t value);

/* Sets an attribute from a 32-bit value. */
void nfexp_set_attr_u32(struct nf_expect *exp, enum nf_expect_attr type, uint32_t value);

/*
 Returns a pointer to an attribute's value inside the object, or NULL with errno ENODATA when it is not
 set, EINVAL for an unknown attribute.

 A tuple is returned as a conntrack object with the attributes of the original direction. Every function that
 reads a conntrack object accepts the tuple. The tuple is valid until the expectation is released. Do not release the
 tuple alone, and do not use it as the target of a copy with NFCT_CP_OVERRIDE.
 */
const void *nfexp_get_attr(const struct nf_expect *exp,
                           enum nf_expect_attr type);

/* Returns an 8-bit attribute, or 0 with errno ENODATA when it is not set, EINVAL when it does not exist. */
uint8_t nfexp_get_attr_u8(const struct nf_expect *exp,
                          enum nf_expect_attr type);

/* Returns a 16-bit attribute. Errors as nfexp_get_attr_u8(). */
uint16_t nfexp_get_attr_u16(const struct nf_expect *exp, enum nf_expect_attr type);

/* Returns a 32-bit attribute. Errors as nfexp_get_attr_u8(). */
uint32_t nfexp_get_attr_u32(const struct nf_expect *exp, enum nf_expect_attr type);

/*
 Returns 1 when an attribute is set, 0 when it is not, or -1 with errno EINVAL when it does
 not exist.
 */
int nfexp_attr_is_set(const struct nf_expect *exp, enum nf_expect_attr type);

/* Marks an attribute as not set. Returns 0, or -1 with errno EINVAL when it does not exist. */
int nfexp_attr_unset(struct nf_expect *exp, enum nf_expect_attr type);

/*
 Writes a conntrack message of any type into a buffer. Use nfct_nlmsg_build().

 Returns 0, or -1 with errno EINVAL when the object has no ATTR_ORIG_L3PROTO, EMSGSIZE when the buffer is
 too small.
 */
__attribute__((deprecated))
int nfct_build_conntrack(struct nfnl_subsys_handle *ssh,
                         void *req,
                         size_t size,
                         uint16_t type,
                         uint16_t flags,
                         const struct nf_conntrack *ct);

/*
 Writes an expectation message of any type into a buffer. Use nfexp_nlmsg_build().

 Returns 0, or -1 when neither master nor expected tuple has ATTR_ORIG_L3PROTO.
 */
__attribute__((deprecated))
int nfexp_build_expect(struct nfnl_subsys_handle *ssh,
                       void *req,
                       size_t size,
                       uint16_t type,
                       uint16_t flags,
                       const struct nf_expect *exp);

/*
 Writes the message of a query as nfct_query() sends it. Use nfct_nlmsg_build().

 Before a program sends a NFCT_Q_FLUSH_FILTER from this function, it must know that the kernel honours the filter
 (see enum nfct_filter_dump_attr). A kernel that does not honour the filter deletes every entry. nfct_query()
 asks the kernel first.

 Returns 1, or -1 with errno ENOTSUP for an unknown query, EINVAL when the object cannot be sent completely.
 */
__attribute__((deprecated))
int nfct_build_query(struct nfnl_subsys_handle *_ssh,
                     enum nf_conntrack_query query,
                     const void *data,
                     void *buffer,
                     unsigned int size);

/*
 Writes the message of a query as nfexp_query() sends it. Use nfexp_nlmsg_build(). Returns as
 nfct_build_query().
 */
__attribute__((deprecated))
int nfexp_build_query(struct nfnl_subsys_handle *_ssh,
                      enum nf_conntrack_query qt,
                      const void *data,
                      void *buffer,
                      unsigned int size);

/*
 Reads a conntrack message into an object when `type` contains the message's type. Use
 nfct_nlmsg_parse().

 Returns the message's type, 0 when `type` does not contain it, or -1 with errno set.
 */
__attribute__((deprecated))
int nfct_parse_conntrack(enum nf_conntrack_msg_type type,
                         const struct nlmsghdr *nlh,
                         struct nf_conntrack *ct);

/*
 Reads an expectation message into an object when `type` contains the message's type. Use
 nfexp_nlmsg_parse(). Returns as nfct_parse_conntrack().
 */
__attribute__((deprecated))
int nfexp_parse_expect(enum nf_conntrack_msg_type type,
                       const struct nlmsghdr *nlh,
                       struct nf_expect *exp);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* _LIBNETFILTER_CONNTRACK_H_ */
