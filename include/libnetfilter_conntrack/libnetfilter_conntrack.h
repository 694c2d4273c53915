/* SPDX-License-Identifier: GPL-2.0-or-later */

#ifndef _LIBNETFILTER_CONNTRACK_H_
#define _LIBNETFILTER_CONNTRACK_H_

/**
 * @file
 * Made from src/capi by `make header`: change it there.
 */

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
/**
 * The two headers of a netfilter message; libnfnetlink's declaration, for programs that do not include its header.
 * @ingroup nfct_nlmsg_build
 */
struct nfnlhdr {
	/** the header of every netlink message */
	struct nlmsghdr nlh;
	/** the header of every netfilter message */
	struct nfgenmsg nfmsg;
};
#endif

#include <libnetfilter_conntrack/linux_nfnetlink_conntrack.h>
#include <libnetfilter_conntrack/linux_nf_conntrack_common.h>

struct nfnl_handle;
struct nfnl_subsys_handle;

/**
 * the groups of all conntrack events: new, changed and destroyed entries
 * @ingroup nfct_open
 */
#define NFCT_ALL_CT_GROUPS ((NF_NETLINK_CONNTRACK_NEW | NF_NETLINK_CONNTRACK_UPDATE) | NF_NETLINK_CONNTRACK_DESTROY)

/**
 * the highest option of nfct_setobjopt()
 * @ingroup nfct_setobjopt
 */
#define NFCT_SOPT_MAX (__NFCT_SOPT_MAX - 1)

/**
 * the highest option of nfct_getobjopt()
 * @ingroup nfct_setobjopt
 */
#define NFCT_GOPT_MAX (__NFCT_GOPT_MAX - 1)

/**
 * bit of ATTR_TCP_FLAGS_*: this direction offers window scaling
 * @ingroup nfct_set_attr
 */
#define IP_CT_TCP_FLAG_WINDOW_SCALE 1

/**
 * bit of ATTR_TCP_FLAGS_*: this direction permits selective acknowledgements
 * @ingroup nfct_set_attr
 */
#define IP_CT_TCP_FLAG_SACK_PERM 2

/**
 * bit of ATTR_TCP_FLAGS_*: this direction sent the first FIN
 * @ingroup nfct_set_attr
 */
#define IP_CT_TCP_FLAG_CLOSE_INIT 4

/**
 * bit of ATTR_TCP_FLAGS_*: the kernel accepts packets outside the window
 * @ingroup nfct_set_attr
 */
#define IP_CT_TCP_FLAG_BE_LIBERAL 8

/**
 * the original direction; kept for programs that use the name
 * @ingroup nfexp_set_attr
 */
#define NFCT_DIR_ORIGINAL 0

/**
 * the reply direction; kept for programs that use the name
 * @ingroup nfexp_set_attr
 */
#define NFCT_DIR_REPLY 1

/**
 * the number of directions
 * @ingroup nfexp_set_attr
 */
#define NFCT_DIR_MAX (NFCT_DIR_REPLY + 1)

/**
 * the size of the name of a helper, with its NUL
 * @ingroup nfct_set_attr
 */
#define NFCT_HELPER_NAME_MAX 16

/**
 * The two subsystems of a handle.
 * @ingroup nfct_open
 */
enum {
  /** connection tracking entries: nfct_* functions */
  CONNTRACK = NFNL_SUBSYS_CTNETLINK,
  /** expectations: nfexp_* functions */
  EXPECT = NFNL_SUBSYS_CTNETLINK_EXP,
};

/**
 * Attributes of a conntrack object. Addresses, ports and ICMP ids are in network byte order; all other
 * numbers are in host byte order.
 * @ingroup nfct_set_attr
 */
enum nf_conntrack_attr {
  /** 32 bits, network order: the source address of the original direction */
  ATTR_ORIG_IPV4_SRC = 0,
  /** the same as ATTR_ORIG_IPV4_SRC */
  ATTR_IPV4_SRC = ATTR_ORIG_IPV4_SRC,
  /** 32 bits, network order: the destination address of the original direction */
  ATTR_ORIG_IPV4_DST = 1,
  /** the same as ATTR_ORIG_IPV4_DST */
  ATTR_IPV4_DST = ATTR_ORIG_IPV4_DST,
  /** 32 bits, network order: the source address of the reply direction */
  ATTR_REPL_IPV4_SRC = 2,
  /** 32 bits, network order: the destination address of the reply direction */
  ATTR_REPL_IPV4_DST = 3,
  /** 128 bits, network order: the source address of the original direction */
  ATTR_ORIG_IPV6_SRC = 4,
  /** the same as ATTR_ORIG_IPV6_SRC */
  ATTR_IPV6_SRC = ATTR_ORIG_IPV6_SRC,
  /** 128 bits, network order: the destination address of the original direction */
  ATTR_ORIG_IPV6_DST = 5,
  /** the same as ATTR_ORIG_IPV6_DST */
  ATTR_IPV6_DST = ATTR_ORIG_IPV6_DST,
  /** 128 bits, network order: the source address of the reply direction */
  ATTR_REPL_IPV6_SRC = 6,
  /** 128 bits, network order: the destination address of the reply direction */
  ATTR_REPL_IPV6_DST = 7,
  /** 16 bits, network order: the source port of the original direction, or the source key of GRE */
  ATTR_ORIG_PORT_SRC = 8,
  /** the same as ATTR_ORIG_PORT_SRC */
  ATTR_PORT_SRC = ATTR_ORIG_PORT_SRC,
  /**
   * 16 bits, network order: the destination port of the original direction, or the destination key
   * of GRE
   */
  ATTR_ORIG_PORT_DST = 9,
  /** the same as ATTR_ORIG_PORT_DST */
  ATTR_PORT_DST = ATTR_ORIG_PORT_DST,
  /** 16 bits, network order: the source port of the reply direction, or the source key of GRE */
  ATTR_REPL_PORT_SRC = 10,
  /**
   * 16 bits, network order: the destination port of the reply direction, or the destination key of
   * GRE
   */
  ATTR_REPL_PORT_DST = 11,
  /**
   * 8 bits: the type of the original direction; set ATTR_L3PROTO first, because it decides the type
   * of the reply
   */
  ATTR_ICMP_TYPE = 12,
  /** 8 bits: the code of both directions */
  ATTR_ICMP_CODE = 13,
  /** 16 bits, network order: the id of both directions */
  ATTR_ICMP_ID = 14,
  /**
   * 8 bits, AF_INET or AF_INET6: the family of the original direction; every request about an entry
   * needs it
   */
  ATTR_ORIG_L3PROTO = 15,
  /** the same as ATTR_ORIG_L3PROTO */
  ATTR_L3PROTO = ATTR_ORIG_L3PROTO,
  /** 8 bits, AF_INET or AF_INET6: the family of the reply direction */
  ATTR_REPL_L3PROTO = 16,
  /** 8 bits, IPPROTO_*: the protocol of the original direction */
  ATTR_ORIG_L4PROTO = 17,
  /** the same as ATTR_ORIG_L4PROTO */
  ATTR_L4PROTO = ATTR_ORIG_L4PROTO,
  /** 8 bits, IPPROTO_*: the protocol of the reply direction */
  ATTR_REPL_L4PROTO = 18,
  /** 8 bits, enum tcp_state */
  ATTR_TCP_STATE = 19,
  /** 32 bits, network order: the new source, for an entry to be created */
  ATTR_SNAT_IPV4 = 20,
  /** 32 bits, network order: the new destination, for an entry to be created */
  ATTR_DNAT_IPV4 = 21,
  /** 16 bits, network order: the new source port, for an entry to be created */
  ATTR_SNAT_PORT = 22,
  /** 16 bits, network order: the new destination port, for an entry to be created */
  ATTR_DNAT_PORT = 23,
  /** 32 bits, seconds until the entry expires */
  ATTR_TIMEOUT = 24,
  /** 32 bits: the mark of the connection */
  ATTR_MARK = 25,
  /** 64 bits, read-only: packets of the original direction, with net.netfilter.nf_conntrack_acct only */
  ATTR_ORIG_COUNTER_PACKETS = 26,
  /** 64 bits, read-only: packets of the reply direction */
  ATTR_REPL_COUNTER_PACKETS = 27,
  /** 64 bits, read-only: bytes of the original direction */
  ATTR_ORIG_COUNTER_BYTES = 28,
  /** 64 bits, read-only: bytes of the reply direction */
  ATTR_REPL_COUNTER_BYTES = 29,
  /** 32 bits, read-only: the number of references that the kernel holds */
  ATTR_USE = 30,
  /** 32 bits: the kernel's id of the entry; no request contains it */
  ATTR_ID = 31,
  /** 32 bits, IPS_* */
  ATTR_STATUS = 32,
  /** 8 bits, IP_CT_TCP_FLAG_*: the original direction; sent together with its mask only */
  ATTR_TCP_FLAGS_ORIG = 33,
  /** 8 bits, IP_CT_TCP_FLAG_*: the reply direction; sent together with its mask only */
  ATTR_TCP_FLAGS_REPL = 34,
  /** 8 bits: the flags that a request changes */
  ATTR_TCP_MASK_ORIG = 35,
  /** 8 bits: the flags that a request changes */
  ATTR_TCP_MASK_REPL = 36,
  /** 32 bits, network order: the source address of the flow that expected this flow */
  ATTR_MASTER_IPV4_SRC = 37,
  /** 32 bits, network order: the destination address of that flow */
  ATTR_MASTER_IPV4_DST = 38,
  /** 128 bits, network order: the source address of that flow */
  ATTR_MASTER_IPV6_SRC = 39,
  /** 128 bits, network order: the destination address of that flow */
  ATTR_MASTER_IPV6_DST = 40,
  /** 16 bits, network order: the source port of that flow */
  ATTR_MASTER_PORT_SRC = 41,
  /** 16 bits, network order: the destination port of that flow */
  ATTR_MASTER_PORT_DST = 42,
  /** 8 bits, AF_INET or AF_INET6: the family of that flow */
  ATTR_MASTER_L3PROTO = 43,
  /** 8 bits, IPPROTO_*: the protocol of that flow */
  ATTR_MASTER_L4PROTO = 44,
  /** 32 bits: the security mark; current kernels send ATTR_SECCTX only */
  ATTR_SECMARK = 45,
  /** 32 bits: the sequence number from which the offset of the original direction counts */
  ATTR_ORIG_NAT_SEQ_CORRECTION_POS = 46,
  /** 32 bits: the offset of the original direction before this number */
  ATTR_ORIG_NAT_SEQ_OFFSET_BEFORE = 47,
  /** 32 bits: the offset of the original direction after this number */
  ATTR_ORIG_NAT_SEQ_OFFSET_AFTER = 48,
  /** 32 bits: the sequence number from which the offset of the reply direction counts */
  ATTR_REPL_NAT_SEQ_CORRECTION_POS = 49,
  /** 32 bits: the offset of the reply direction before this number */
  ATTR_REPL_NAT_SEQ_OFFSET_BEFORE = 50,
  /** 32 bits: the offset of the reply direction after this number */
  ATTR_REPL_NAT_SEQ_OFFSET_AFTER = 51,
  /** 8 bits, enum sctp_state */
  ATTR_SCTP_STATE = 52,
  /** 32 bits: the verification tag of the original direction */
  ATTR_SCTP_VTAG_ORIG = 53,
  /** 32 bits: the verification tag of the reply direction */
  ATTR_SCTP_VTAG_REPL = 54,
  /** string, at most 15 characters: the name of the helper */
  ATTR_HELPER_NAME = 55,
  /** 8 bits, enum dccp_state; not since Linux 6.18, which does not track DCCP */
  ATTR_DCCP_STATE = 56,
  /** 8 bits, enum dccp_roles */
  ATTR_DCCP_ROLE = 57,
  /** 64 bits: the sequence number of the handshake */
  ATTR_DCCP_HANDSHAKE_SEQ = 58,
  /** 8 bits: the window scale of the original direction */
  ATTR_TCP_WSCALE_ORIG = 59,
  /** 8 bits: the window scale of the reply direction */
  ATTR_TCP_WSCALE_REPL = 60,
  /** 16 bits: the zone of both directions */
  ATTR_ZONE = 61,
  /** string, read-only: the security context */
  ATTR_SECCTX = 62,
  /**
   * 64 bits, read-only, nanoseconds since 1970: the start, with net.netfilter.nf_conntrack_timestamp
   * only
   */
  ATTR_TIMESTAMP_START = 63,
  /** 64 bits, read-only, nanoseconds since 1970: the end, in destroy events */
  ATTR_TIMESTAMP_STOP = 64,
  /** bytes of a helper in a program; set with nfct_set_attr_l() */
  ATTR_HELPER_INFO = 65,
  /** struct nfct_bitmask, which the object then owns: the labels; since Linux 3.9 */
  ATTR_CONNLABELS = 66,
  /**
   * struct nfct_bitmask, which the object then owns: the labels that a request changes; sent when it
   * has the size of ATTR_CONNLABELS
   */
  ATTR_CONNLABELS_MASK = 67,
  /** 16 bits: the zone of the original direction only */
  ATTR_ORIG_ZONE = 68,
  /** 16 bits: the zone of the reply direction only */
  ATTR_REPL_ZONE = 69,
  /** 128 bits, network order: the new source, for an entry to be created */
  ATTR_SNAT_IPV6 = 70,
  /** 128 bits, network order: the new destination, for an entry to be created */
  ATTR_DNAT_IPV6 = 71,
  /** 32 bits: the initial sequence number of the SYN proxy */
  ATTR_SYNPROXY_ISN = 72,
  /** 32 bits: the initial timestamp of the SYN proxy */
  ATTR_SYNPROXY_ITS = 73,
  /** 32 bits: the offset of timestamps of the SYN proxy */
  ATTR_SYNPROXY_TSOFF = 74,
  /**
   * 64 bits, read-only, nanoseconds since 1970: the time of the event, since Linux 6.14; no function
   * sets it
   */
  ATTR_TIMESTAMP_EVENT = 75,
  /** the number of attributes */
  ATTR_MAX = 76,
};

/**
 * Groups of attributes, each with its structure.
 * @ingroup nfct_set_attr_grp
 */
enum nf_conntrack_attr_grp {
  /** struct nfct_attr_grp_ipv4; setting the group also sets ATTR_ORIG_L3PROTO to AF_INET */
  ATTR_GRP_ORIG_IPV4 = 0,
  /** struct nfct_attr_grp_ipv4; setting the group also sets ATTR_REPL_L3PROTO to AF_INET */
  ATTR_GRP_REPL_IPV4 = 1,
  /** struct nfct_attr_grp_ipv6; setting the group also sets ATTR_ORIG_L3PROTO to AF_INET6 */
  ATTR_GRP_ORIG_IPV6 = 2,
  /** struct nfct_attr_grp_ipv6; setting the group also sets ATTR_REPL_L3PROTO to AF_INET6 */
  ATTR_GRP_REPL_IPV6 = 3,
  /**
   * struct nfct_attr_grp_port; setting the group marks ATTR_ORIG_L4PROTO as set and does not write
   * its value
   */
  ATTR_GRP_ORIG_PORT = 4,
  /**
   * struct nfct_attr_grp_port; setting the group marks ATTR_REPL_L4PROTO as set and does not write
   * its value
   */
  ATTR_GRP_REPL_PORT = 5,
  /** struct nfct_attr_grp_icmp */
  ATTR_GRP_ICMP = 6,
  /** struct nfct_attr_grp_ipv4; setting the group also sets ATTR_MASTER_L3PROTO to AF_INET */
  ATTR_GRP_MASTER_IPV4 = 7,
  /** struct nfct_attr_grp_ipv6; setting the group also sets ATTR_MASTER_L3PROTO to AF_INET6 */
  ATTR_GRP_MASTER_IPV6 = 8,
  /**
   * struct nfct_attr_grp_port; setting the group marks ATTR_MASTER_L4PROTO as set and does not write
   * its value
   */
  ATTR_GRP_MASTER_PORT = 9,
  /** struct nfct_attr_grp_ctrs, read-only */
  ATTR_GRP_ORIG_COUNTERS = 10,
  /** struct nfct_attr_grp_ctrs, read-only */
  ATTR_GRP_REPL_COUNTERS = 11,
  /** union nfct_attr_grp_addr, read-only; set when the address of either family is set */
  ATTR_GRP_ORIG_ADDR_SRC = 12,
  /** union nfct_attr_grp_addr, read-only; set when the address of either family is set */
  ATTR_GRP_ORIG_ADDR_DST = 13,
  /** union nfct_attr_grp_addr, read-only; set when the address of either family is set */
  ATTR_GRP_REPL_ADDR_SRC = 14,
  /** union nfct_attr_grp_addr, read-only; set when the address of either family is set */
  ATTR_GRP_REPL_ADDR_DST = 15,
  /** the number of groups */
  ATTR_GRP_MAX = 16,
};

/**
 * The types of messages; also the mask of types for which a callback is registered.
 * @ingroup nfct_callback_register
 */
enum nf_conntrack_msg_type {
  /** a message of another kind; when printing, no type */
  NFCT_T_UNKNOWN = 0,
  /** the number of the bit NFCT_T_NEW */
  NFCT_T_NEW_BIT = 0,
  /** an entry was created */
  NFCT_T_NEW = (1 << NFCT_T_NEW_BIT),
  /** the number of the bit NFCT_T_UPDATE */
  NFCT_T_UPDATE_BIT = 1,
  /** an entry has changed; also each entry of a dump and the answer to NFCT_Q_GET */
  NFCT_T_UPDATE = (1 << NFCT_T_UPDATE_BIT),
  /** the number of the bit NFCT_T_DESTROY */
  NFCT_T_DESTROY_BIT = 2,
  /** an entry was deleted or has expired */
  NFCT_T_DESTROY = (1 << NFCT_T_DESTROY_BIT),
  /** all three types */
  NFCT_T_ALL = ((NFCT_T_NEW | NFCT_T_UPDATE) | NFCT_T_DESTROY),
  /** the number of the bit NFCT_T_ERROR */
  NFCT_T_ERROR_BIT = 31,
  /** reserved: no function passes this type to a callback */
  NFCT_T_ERROR = -2147483648,
};

/**
 * Options of nfct_setobjopt().
 * @ingroup nfct_setobjopt
 */
enum {
  /**
   * makes the source address of the original tuple the destination of the reply tuple, and keeps the
   * former reply destination as ATTR_SNAT_IPV4 or ATTR_SNAT_IPV6
   */
  NFCT_SOPT_UNDO_SNAT = 0,
  /**
   * makes the destination address of the original tuple the source of the reply tuple, and keeps the
   * former reply source as ATTR_DNAT_IPV4 or ATTR_DNAT_IPV6
   */
  NFCT_SOPT_UNDO_DNAT = 1,
  /** as NFCT_SOPT_UNDO_SNAT, for the port and ATTR_SNAT_PORT */
  NFCT_SOPT_UNDO_SPAT = 2,
  /** as NFCT_SOPT_UNDO_DNAT, for the port and ATTR_DNAT_PORT */
  NFCT_SOPT_UNDO_DPAT = 3,
  /**
   * makes the original tuple the inverse of the reply tuple, and marks all attributes of both tuples
   * as set
   */
  NFCT_SOPT_SETUP_ORIGINAL = 4,
  /**
   * makes the reply tuple the inverse of the original tuple, and marks all attributes of both tuples
   * as set
   */
  NFCT_SOPT_SETUP_REPLY = 5,
  /** the number of options */
  __NFCT_SOPT_MAX = 6,
};

/**
 * Options of nfct_getobjopt().
 * @ingroup nfct_setobjopt
 */
enum {
  /** the source address is translated */
  NFCT_GOPT_IS_SNAT = 0,
  /** the destination address is translated */
  NFCT_GOPT_IS_DNAT = 1,
  /** the source port is translated */
  NFCT_GOPT_IS_SPAT = 2,
  /** the destination port is translated */
  NFCT_GOPT_IS_DPAT = 3,
  /** the number of options */
  __NFCT_GOPT_MAX = 4,
};

/**
 * The return values of a callback.
 * @ingroup nfct_callback_register
 */
enum {
  /** ends the call with -1 */
  NFCT_CB_FAILURE = -1,
  /** ends the call with 0 */
  NFCT_CB_STOP = 0,
  /** continues the call */
  NFCT_CB_CONTINUE = 1,
  /** continues the call; the callback keeps the object and releases it */
  NFCT_CB_STOLEN = 2,
};

/**
 * Output formats.
 * @ingroup nfct_snprintf
 */
enum {
  /** one line of text, as the command conntrack prints it, without the newline */
  NFCT_O_PLAIN = 0,
  /** the same as NFCT_O_PLAIN */
  NFCT_O_DEFAULT = NFCT_O_PLAIN,
  /** one XML element, without declaration and root element; nothing is escaped */
  NFCT_O_XML = 1,
  /** the number of formats */
  NFCT_O_MAX = 2,
};

/**
 * Optional parts of the output.
 * @ingroup nfct_snprintf
 */
enum {
  /** the number of the bit NFCT_OF_SHOW_LAYER3 */
  NFCT_OF_SHOW_LAYER3_BIT = 0,
  /** the family, in the text of a conntrack object */
  NFCT_OF_SHOW_LAYER3 = (1 << NFCT_OF_SHOW_LAYER3_BIT),
  /** the number of the bit NFCT_OF_TIME */
  NFCT_OF_TIME_BIT = 1,
  /** the present time, in XML */
  NFCT_OF_TIME = (1 << NFCT_OF_TIME_BIT),
  /** the number of the bit NFCT_OF_ID */
  NFCT_OF_ID_BIT = 2,
  /** the id, in the text of a conntrack object; XML always has it */
  NFCT_OF_ID = (1 << NFCT_OF_ID_BIT),
  /** the number of the bit NFCT_OF_TIMESTAMP */
  NFCT_OF_TIMESTAMP_BIT = 3,
  /** the times of start and stop of a conntrack object */
  NFCT_OF_TIMESTAMP = (1 << NFCT_OF_TIMESTAMP_BIT),
};

/**
 * Flags of comparisons. The NFCT_CMP_TIMEOUT_* flags compare no timeouts. With one of them, or with NFCT_CMP_ORIG or
 * NFCT_CMP_REPL, a comparison leaves out the parts that no flag names.
 * @ingroup nfct_cmp
 */
enum {
  /** compares both tuples and all other comparable attributes */
  NFCT_CMP_ALL = 0,
  /** compares the original tuples */
  NFCT_CMP_ORIG = (1 << 0),
  /** compares the reply tuples */
  NFCT_CMP_REPL = (1 << 1),
  /** compares no timeout; leaves out the attributes outside the tuples */
  NFCT_CMP_TIMEOUT_EQ = (1 << 2),
  /** as NFCT_CMP_TIMEOUT_EQ */
  NFCT_CMP_TIMEOUT_GT = (1 << 3),
  /** as NFCT_CMP_TIMEOUT_EQ */
  NFCT_CMP_TIMEOUT_GE = (NFCT_CMP_TIMEOUT_EQ | NFCT_CMP_TIMEOUT_GT),
  /** as NFCT_CMP_TIMEOUT_EQ */
  NFCT_CMP_TIMEOUT_LT = (1 << 4),
  /** as NFCT_CMP_TIMEOUT_EQ */
  NFCT_CMP_TIMEOUT_LE = (NFCT_CMP_TIMEOUT_EQ | NFCT_CMP_TIMEOUT_LT),
  /** an attribute that only the first object has makes the objects different */
  NFCT_CMP_MASK = (1 << 5),
  /** an attribute that only one object has makes the objects different */
  NFCT_CMP_STRICT = (1 << 6),
};

/**
 * The parts that nfct_copy() copies.
 * @ingroup nfct_copy
 */
enum {
  /** copies every attribute that is set */
  NFCT_CP_ALL = 0,
  /** copies the original tuple */
  NFCT_CP_ORIG = (1 << 0),
  /** copies the reply tuple */
  NFCT_CP_REPL = (1 << 1),
  /** copies the attributes outside the tuples; the zones of the two directions are among them */
  NFCT_CP_META = (1 << 2),
  /** makes the target a duplicate of the source; other flags have no effect */
  NFCT_CP_OVERRIDE = (1 << 3),
};

/**
 * The types of queries.
 * @ingroup nfct_query
 */
enum nf_conntrack_query {
  /** creates an entry; fails when the entry exists */
  NFCT_Q_CREATE = 0,
  /** changes an entry; fails when there is none */
  NFCT_Q_UPDATE = 1,
  /** deletes the entry with the object's tuple */
  NFCT_Q_DESTROY = 2,
  /** gets the entry with the object's tuple */
  NFCT_Q_GET = 3,
  /** deletes all entries, whatever the family; with nfexp_query() all expectations */
  NFCT_Q_FLUSH = 4,
  /** gets all entries of a family, or of every family for AF_UNSPEC */
  NFCT_Q_DUMP = 5,
  /** as NFCT_Q_DUMP; the kernel sets the counters of these entries to 0 */
  NFCT_Q_DUMP_RESET = 6,
  /** creates an entry, or changes the existing entry */
  NFCT_Q_CREATE_UPDATE = 7,
  /** gets the entries that a dump filter selects */
  NFCT_Q_DUMP_FILTER = 8,
  /** as NFCT_Q_DUMP_FILTER; the kernel sets the counters of these entries to 0 */
  NFCT_Q_DUMP_FILTER_RESET = 9,
  /** deletes the entries that a dump filter selects */
  NFCT_Q_FLUSH_FILTER = 10,
};

/**
 * Attributes of an event filter.
 * @ingroup nfct_filter_create
 */
enum nfct_filter_attr {
  /** 32 bits, IPPROTO_*: the protocol */
  NFCT_FILTER_L4PROTO = 0,
  /** struct nfct_filter_proto: a state of TCP, SCTP or DCCP; events of other protocols pass */
  NFCT_FILTER_L4PROTO_STATE = 1,
  /** struct nfct_filter_ipv4: the source address of the original direction */
  NFCT_FILTER_SRC_IPV4 = 2,
  /** struct nfct_filter_ipv4: the destination address of the original direction */
  NFCT_FILTER_DST_IPV4 = 3,
  /** struct nfct_filter_ipv6: the source address of the original direction */
  NFCT_FILTER_SRC_IPV6 = 4,
  /** struct nfct_filter_ipv6: the destination address of the original direction */
  NFCT_FILTER_DST_IPV6 = 5,
  /** struct nfct_filter_dump_mark: the mark */
  NFCT_FILTER_MARK = 6,
  /** 16 bits: the zone */
  NFCT_FILTER_ZONE = 7,
  /** the number of attributes */
  NFCT_FILTER_MAX = 8,
};

/**
 * Whether an attribute of an event filter accepts the messages that match its values, or rejects them.
 * @ingroup nfct_filter_create
 */
enum nfct_filter_logic {
  /** accepts messages that match one of the values */
  NFCT_FILTER_LOGIC_POSITIVE = 0,
  /** accepts messages that match none of the values */
  NFCT_FILTER_LOGIC_NEGATIVE = 1,
  /** the number of logics */
  NFCT_FILTER_LOGIC_MAX = 2,
};

/**
 * Attributes of a dump filter, with the first version of Linux that knows each. An older kernel ignores the
 * attribute: a list returns more entries than the filter selects; nfct_query() and nfct_send() refuse a flush.
 * @ingroup nfct_filter_dump_create
 */
enum nfct_filter_dump_attr {
  /** struct nfct_filter_dump_mark: the mark; lists since Linux 3.9, flushes since 4.19 */
  NFCT_FILTER_DUMP_MARK = 0,
  /** 8 bits, AF_INET or AF_INET6: the family; lists with every kernel, flushes since Linux 5.2 */
  NFCT_FILTER_DUMP_L3NUM = 1,
  /** struct nfct_filter_dump_mark: the status, IPS_*; since Linux 5.15 */
  NFCT_FILTER_DUMP_STATUS = 2,
  /** 16 bits: the zone; since Linux 6.8 */
  NFCT_FILTER_DUMP_ZONE = 3,
  /** struct nf_conntrack, its original tuple; lists since Linux 5.8, no flushes */
  NFCT_FILTER_DUMP_TUPLE = 4,
  /** the number of attributes */
  NFCT_FILTER_DUMP_MAX = 5,
};

/**
 * Attributes of an expectation object, in host byte order.
 * @ingroup nfexp_set_attr
 */
enum nf_expect_attr {
  /** struct nf_conntrack, its original tuple: the flow that expects */
  ATTR_EXP_MASTER = 0,
  /** struct nf_conntrack, its original tuple: the flow that is expected */
  ATTR_EXP_EXPECTED = 1,
  /** struct nf_conntrack, its original tuple: the bits of the expected tuple that count */
  ATTR_EXP_MASK = 2,
  /** 32 bits, seconds; the kernel ignores it when it creates an expectation */
  ATTR_EXP_TIMEOUT = 3,
  /** 16 bits: the zone; the kernel never sends it */
  ATTR_EXP_ZONE = 4,
  /** 32 bits, NF_CT_EXPECT_* */
  ATTR_EXP_FLAGS = 5,
  /** string, at most 15 characters: the name of the helper */
  ATTR_EXP_HELPER_NAME = 6,
  /** 32 bits: the class of the helper */
  ATTR_EXP_CLASS = 7,
  /** struct nf_conntrack, its original tuple: the address to translate to; its source counts */
  ATTR_EXP_NAT_TUPLE = 8,
  /** 32 bits, NFCT_DIR_*: the direction of the translation */
  ATTR_EXP_NAT_DIR = 9,
  /** string, at most 23 characters: the function of the kernel that sets up the expected flow */
  ATTR_EXP_FN = 10,
  /** the number of attributes */
  ATTR_EXP_MAX = 11,
};

/**
 * A conntrack object: one entry of the connection tracking table, or a part of an entry.
 *
 * An all-zero block of nfct_maxsize() bytes is an empty object.
 * @ingroup nfct_new
 */
struct nf_conntrack;

/**
 * An expectation object: a connection that a helper expects.
 *
 * An all-zero block of nfexp_maxsize() bytes is an empty object.
 * @ingroup nfexp_new
 */
struct nf_expect;

/**
 * A set of bits, which connection labels use.
 * @ingroup nfct_bitmask_new
 */
struct nfct_bitmask;

/**
 * A filter for events, on a socket.
 * @ingroup nfct_filter_create
 */
struct nfct_filter;

/**
 * A filter that the kernel applies to a dump or a flush.
 * @ingroup nfct_filter_dump_create
 */
struct nfct_filter_dump;

/**
 * A connection to the kernel.
 *
 * Different threads may use different handles at the same time; only one thread at a time may use a handle. Exception:
 * while one thread receives on a handle, other threads may send on it with nfct_send() and nfexp_send().
 * @ingroup nfct_open
 */
struct nfct_handle;

/**
 * Names for the bits of connection labels.
 * @ingroup nfct_labelmap_new
 */
struct nfct_labelmap;

/**
 * ATTR_GRP_*_IPV4: addresses in network byte order.
 * @ingroup nfct_set_attr_grp
 */
struct nfct_attr_grp_ipv4 {
  /** the source address */
  uint32_t src;
  /** the destination address */
  uint32_t dst;
};

/**
 * ATTR_GRP_*_IPV6: addresses in network byte order.
 * @ingroup nfct_set_attr_grp
 */
struct nfct_attr_grp_ipv6 {
  /** the source address */
  uint32_t src[4];
  /** the destination address */
  uint32_t dst[4];
};

/**
 * ATTR_GRP_*_PORT: ports in network byte order.
 * @ingroup nfct_set_attr_grp
 */
struct nfct_attr_grp_port {
  /** the source port */
  uint16_t sport;
  /** the destination port */
  uint16_t dport;
};

/**
 * ATTR_GRP_ICMP; the id is in network byte order.
 * @ingroup nfct_set_attr_grp
 */
struct nfct_attr_grp_icmp {
  /** the id */
  uint16_t id;
  /** the code */
  uint8_t code;
  /** the type */
  uint8_t type;
};

/**
 * ATTR_GRP_*_COUNTERS.
 * @ingroup nfct_set_attr_grp
 */
struct nfct_attr_grp_ctrs {
  /** the number of packets */
  uint64_t packets;
  /** the number of bytes */
  uint64_t bytes;
};

/**
 * ATTR_GRP_*_ADDR_*: an address of either family in network byte order.
 * @ingroup nfct_set_attr_grp
 */
union nfct_attr_grp_addr {
  /** the IPv4 address */
  uint32_t ip;
  /** the IPv6 address */
  uint32_t ip6[4];
  /** all four words, whatever the family */
  uint32_t addr[4];
};

/**
 * NFCT_FILTER_L4PROTO_STATE: a protocol and one of its states.
 * @ingroup nfct_filter_create
 */
struct nfct_filter_proto {
  /** the protocol, IPPROTO_* */
  uint16_t proto;
  /** the state, enum tcp_state, sctp_state or dccp_state */
  uint16_t state;
};

/**
 * NFCT_FILTER_*_IPV4: address and mask in host byte order.
 * @ingroup nfct_filter_create
 */
struct nfct_filter_ipv4 {
  /** the address */
  uint32_t addr;
  /** the bits of the address that count */
  uint32_t mask;
};

/**
 * NFCT_FILTER_*_IPV6: address and mask as four words in host byte order.
 * @ingroup nfct_filter_create
 */
struct nfct_filter_ipv6 {
  /** the address */
  uint32_t addr[4];
  /** the bits of the address that count */
  uint32_t mask[4];
};

/**
 * NFCT_FILTER_MARK, NFCT_FILTER_DUMP_MARK and NFCT_FILTER_DUMP_STATUS: a value and the bits that count.
 * @ingroup nfct_filter_dump_create
 */
struct nfct_filter_dump_mark {
  /** the value */
  uint32_t val;
  /** the bits of the value that count */
  uint32_t mask;
};

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Opens a connection to the kernel.
 *
 * `subsys_id` is CONNTRACK, EXPECT, or 0 for both; `subscriptions` are the groups of events that the handle
 * receives (NFCT_ALL_CT_GROUPS, NF_NETLINK_CONNTRACK_*), or 0 for none. Opening a handle without events needs no
 * privilege. The socket is closed on exec.
 *
 * Returns the handle, or NULL with errno set. Release the handle with nfct_close().
 *
 * Errors:
 * - EPERM: `subscriptions` is not 0, and the program has no CAP_NET_ADMIN
 * - EMFILE, ENFILE, ENOBUFS, ENOMEM: as of socket(2)
 * - EPROTONOSUPPORT: the kernel has no netfilter netlink
 *
 * @ingroup nfct_open
 */
struct nfct_handle *nfct_open(uint8_t subsys_id,
                              unsigned int subscriptions);

/**
 * Opens conntrack on a handle that libnfnetlink has opened. The conntrack handle becomes the owner of
 * libnfnetlink's handle: nfct_close() releases both, and the program does not call nfnl_close().
 *
 * Returns the handle, or NULL with errno set. After a failure libnfnetlink's handle stays open and belongs to the
 * program.
 *
 * Errors:
 * - EBUSY: libnfnetlink's handle already uses the subsystem
 * - EPERM: `subscriptions` is not 0, and the program has no CAP_NET_ADMIN
 * - ENOMEM: no memory
 *
 * @ingroup nfct_open
 */
struct nfct_handle *nfct_open_nfnl(struct nfnl_handle *nfnlh,
                                   uint8_t subsys_id,
                                   unsigned int subscriptions);

/**
 * Closes a handle and its socket. Event filters and callbacks end with the handle; objects stay valid.
 *
 * Returns 0, or -1 with errno of close(2). The handle is released in both cases.
 * @ingroup nfct_open
 */
int nfct_close(struct nfct_handle *cth);

/**
 * Returns the descriptor of a handle's socket, for poll(2) and similar functions, or -1 for NULL. The handle owns
 * the descriptor: do not close it.
 * @ingroup nfct_open
 */
int nfct_fd(struct nfct_handle *cth);

/**
 * Returns the handle for the functions of libnfnetlink, or NULL for NULL. The conntrack handle owns it: do not call
 * nfnl_close().
 * @ingroup nfct_open
 */
const struct nfnl_handle *nfct_nfnlh(struct nfct_handle *cth);

/**
 * Registers a function for conntrack messages: the function gets the type of the message, the object and `data`.
 *
 * The library releases the object after the call unless the function returns NFCT_CB_STOLEN. A handle has one
 * registration: a new one replaces the old one.
 *
 * The function may query, unregister and close the handle that called it. It must not close the handle when a
 * function of libnfnetlink called it, because that function uses the handle afterwards. The function need not
 * return: the end of its thread, a C++ exception or longjmp() may leave it. The program then owns the object and
 * releases it with nfct_destroy(); the handle works and closes as before.
 *
 * Returns 0, or -1 with errno set.
 *
 * Errors:
 * - EINVAL: the handle was not opened for conntrack
 * - ENOMEM: no memory
 *
 * @ingroup nfct_callback_register
 */
int nfct_callback_register(struct nfct_handle *h,
                           enum nf_conntrack_msg_type type,
                           int (*cb)(enum nf_conntrack_msg_type type,
                                     struct nf_conntrack *ct,
                                     void *data),
                           void *data);

/**
 * Ends the delivery of conntrack messages, whichever function registered it.
 * @ingroup nfct_callback_register
 */
void nfct_callback_unregister(struct nfct_handle *h);

/**
 * Registers a function for conntrack messages that also gets the netlink message. As nfct_callback_register(),
 * which replaces this registration, and the reverse. The message is valid during the call.
 *
 * Returns 0, or -1 with errno set; errors as nfct_callback_register().
 * @ingroup nfct_callback_register
 */
int nfct_callback_register2(struct nfct_handle *h,
                            enum nf_conntrack_msg_type type,
                            int (*cb)(const struct nlmsghdr *nlh,
                                      enum nf_conntrack_msg_type type,
                                      struct nf_conntrack *ct,
                                      void *data),
                            void *data);

/**
 * Ends the delivery of conntrack messages, whichever function registered it.
 * @ingroup nfct_callback_register
 */
void nfct_callback_unregister2(struct nfct_handle *h);

/**
 * Registers a function for expectation messages. As nfct_callback_register(), for a handle that was opened for
 * EXPECT; the program releases a stolen object with nfexp_destroy().
 *
 * Returns 0, or -1 with errno set; errors as nfct_callback_register().
 * @ingroup nfct_callback_register
 */
int nfexp_callback_register(struct nfct_handle *h,
                            enum nf_conntrack_msg_type type,
                            int (*cb)(enum nf_conntrack_msg_type type,
                                      struct nf_expect *exp,
                                      void *data),
                            void *data);

/**
 * Ends the delivery of expectation messages, whichever function registered it.
 * @ingroup nfct_callback_register
 */
void nfexp_callback_unregister(struct nfct_handle *h);

/**
 * Registers a function for expectation messages that also gets the netlink message. As nfexp_callback_register(),
 * which replaces this registration, and the reverse. The message is valid during the call.
 *
 * Returns 0, or -1 with errno set; errors as nfct_callback_register().
 * @ingroup nfct_callback_register
 */
int nfexp_callback_register2(struct nfct_handle *h,
                             enum nf_conntrack_msg_type type,
                             int (*cb)(const struct nlmsghdr *nlh,
                                       enum nf_conntrack_msg_type type,
                                       struct nf_expect *exp,
                                       void *data),
                             void *data);

/**
 * Ends the delivery of expectation messages, whichever function registered it.
 * @ingroup nfct_callback_register
 */
void nfexp_callback_unregister2(struct nfct_handle *h);

/**
 * Sends a request to the kernel and receives the answer; the registered function gets the objects.
 *
 * `data` points to a conntrack object (NFCT_Q_CREATE, UPDATE, DESTROY, GET, CREATE_UPDATE), to a 32-bit family
 * (FLUSH, DUMP, DUMP_RESET) or to a dump filter (DUMP_FILTER, DUMP_FILTER_RESET, FLUSH_FILTER). The program keeps
 * it.
 *
 * A kernel that does not know a condition of a filter ignores the condition. A DUMP_FILTER then returns more
 * entries than the filter selects; see enum nfct_filter_dump_attr for the versions. A FLUSH_FILTER would delete
 * every entry. Therefore nfct_query() first asks the kernel, with a list request on a separate socket, whether the
 * kernel reads each condition; when it does not, nfct_query() sends nothing and errno is EOPNOTSUPP.
 *
 * Returns 0, or -1 with errno set: the kernel's error, or an error of the library. When a callback returns a
 * negative number, this number, and errno is the callback's.
 *
 * Errors:
 * - EPERM: no CAP_NET_ADMIN in the network namespace
 * - EINVAL: the object cannot be sent completely, and nothing was sent; or the kernel refuses a value
 * - EEXIST: NFCT_Q_CREATE, and the entry exists
 * - ENOENT: NFCT_Q_UPDATE, NFCT_Q_DESTROY or NFCT_Q_GET, and there is no such entry
 * - ENOMEM: NFCT_Q_CREATE, and the table is full
 * - EBUSY: the kernel does not change this status bit or helper; or a dump that nfct_send() began is still running
 * - ENOSPC: NFCT_Q_UPDATE of labels, and the entry has no room for labels
 * - EINTR: the table changed during a dump; the callback has got all entries that the kernel sent
 * - EMSGSIZE: the object needs more than 16384 bytes, and nothing was sent; or a part of the answer was lost
 * - ERANGE: the kernel refuses a state or a window scale
 * - ERANGE, EBADMSG: a message of the answer was malformed; the callback has got the others
 * - EOPNOTSUPP: an unknown query; or a flush with a filter that this kernel does not know, and nothing was sent; or the
 *   kernel does not know the helper; or an update has a translation
 * - ELOOP: more than 16 queries, each in a callback of the previous one
 *
 * @ingroup nfct_query
 */
int nfct_query(struct nfct_handle *h,
               enum nf_conntrack_query query,
               const void *data);

/**
 * Sends a query and does not wait for the answer. `data` is as for nfct_query(), and a NFCT_Q_FLUSH_FILTER is
 * refused for the same reasons. At the same time other threads may send on the handle, and one thread may receive
 * on it. nfct_catch() receives the answer.
 *
 * Returns the number of bytes sent, or -1 with errno set.
 *
 * Errors:
 * - EINVAL, EMSGSIZE, EOPNOTSUPP: nothing was sent, as of nfct_query()
 * - EAGAIN: the socket is non-blocking and has no room
 *
 * @ingroup nfct_query
 */
int nfct_send(struct nfct_handle *h,
              enum nf_conntrack_query query,
              const void *data);

/**
 * Receives messages and passes them to the registered functions, until a function returns NFCT_CB_STOP or the
 * answer to a request is complete.
 *
 * A signal does not end the call. A program that must be able to stop waits in poll(2) on nfct_fd(), or cancels the
 * thread that is in this call: see the examples events_poll and events_thread.
 *
 * Returns 0, or -1 with errno set. When a callback returns a negative number, this number, and errno is the
 * callback's.
 *
 * Errors:
 * - ENOBUFS: events were lost, because the program read too slowly; the next call continues
 * - EAGAIN: the socket is non-blocking and has no further message
 * - ERANGE, EBADMSG: a message was malformed; the callback has got the others
 * - ELOOP: more than 16 calls, each in a callback of the previous one
 *
 * @ingroup nfct_callback_register
 */
int nfct_catch(struct nfct_handle *h);

/**
 * Sends a request about expectations and receives the answer; the registered function gets the objects.
 *
 * `data` points to an expectation object (NFCT_Q_CREATE, DESTROY, GET, CREATE_UPDATE) or to an 8-bit family (FLUSH,
 * DUMP). The program keeps it. The kernel knows no other query about expectations.
 *
 * Returns 0, or -1 with errno set; as nfct_query().
 *
 * Errors:
 * - EPERM, EEXIST, ENOENT, EBUSY, EINTR, EMSGSIZE, ERANGE, EBADMSG, ELOOP: as of nfct_query()
 * - EINVAL: the object cannot be sent completely, and nothing was sent; or the kernel refuses a value
 * - EOPNOTSUPP: an unknown query, or one that is not about expectations; or the master has no helper
 *
 * @ingroup nfct_query
 */
int nfexp_query(struct nfct_handle *h,
                enum nf_conntrack_query qt,
                const void *data);

/**
 * Sends a query about expectations and does not wait for the answer. `data` is as for nfexp_query().
 *
 * Returns the number of bytes sent, or -1 with errno set; as nfct_send().
 * @ingroup nfct_query
 */
int nfexp_send(struct nfct_handle *h,
               enum nf_conntrack_query qt,
               const void *data);

/**
 * Receives messages of both subsystems; the same function as nfct_catch().
 *
 * Returns as nfct_catch().
 * @ingroup nfct_callback_register
 */
int nfexp_catch(struct nfct_handle *h);

/**
 * Creates an empty conntrack object. Release the object with nfct_destroy().
 *
 * Returns the object, or NULL with errno set.
 *
 * Errors:
 * - ENOMEM: no memory
 *
 * @ingroup nfct_new
 */
struct nf_conntrack *nfct_new(void);

/**
 * Releases a conntrack object and all that it owns. The object must come from nfct_new() or nfct_clone(), or from a
 * callback that returned NFCT_CB_STOLEN.
 * @ingroup nfct_new
 */
void nfct_destroy(struct nf_conntrack *ct);

/**
 * Duplicates a conntrack object, with its labels, helper data and security context. Release the copy with
 * nfct_destroy().
 *
 * Returns the copy, or NULL with errno set.
 *
 * Errors:
 * - ENOMEM: no memory
 *
 * @ingroup nfct_new
 */
struct nf_conntrack *nfct_clone(const struct nf_conntrack *ct);

/**
 * Returns the size of a conntrack object in bytes. The size is that of nfct_maxsize(). Deprecated: use nfct_new().
 * @ingroup nfct_new
 */
__attribute__((deprecated))
size_t nfct_sizeof(const struct nf_conntrack *ct);

/**
 * Returns the size of a conntrack object in bytes. A block of this size that contains only zeros is an empty
 * object. Deprecated: use nfct_new(), because the size may grow with a later version.
 * @ingroup nfct_new
 */
__attribute__((deprecated))
size_t nfct_maxsize(void);

/**
 * Applies one of NFCT_SOPT_* to a conntrack object. The function uses the stored values, whether or not the
 * attributes are set.
 *
 * NFCT_SOPT_UNDO_SPAT and _DPAT do not change an object of a protocol without ports; see nfct_getobjopt().
 *
 * Returns 0, or -1 with errno set.
 *
 * Errors:
 * - EOPNOTSUPP: an unknown option
 *
 * @ingroup nfct_setobjopt
 */
int nfct_setobjopt(struct nf_conntrack *ct,
                   unsigned int option);

/**
 * Tests whether a conntrack object has the property of one of NFCT_GOPT_*.
 *
 * Ports are those of TCP, UDP, UDP-Lite, SCTP and DCCP, and the keys of a GRE flow that was expected or whose
 * status is not set. For other protocols NFCT_GOPT_IS_SPAT and _DPAT return 0.
 *
 * Returns 1 when it has the property, 0 when it has not, or -1 with errno set.
 *
 * Errors:
 * - EOPNOTSUPP: an unknown option
 *
 * @ingroup nfct_setobjopt
 */
int nfct_getobjopt(const struct nf_conntrack *ct,
                   unsigned int option);

/**
 * Sets an attribute from its value; the function reads the attribute's size in bytes and copies them.
 *
 * The object becomes the owner of a label mask (ATTR_CONNLABELS, ATTR_CONNLABELS_MASK), and releases the mask that
 * it had. An unknown attribute is ignored. Setting a read-only attribute marks it as set and does not change its
 * value; ATTR_TIMESTAMP_EVENT is not even marked.
 * @ingroup nfct_set_attr
 */
void nfct_set_attr(struct nf_conntrack *ct,
                   enum nf_conntrack_attr type,
                   const void *value);

/**
 * Sets an attribute from an 8-bit value. A wider attribute gets zeros in its upper bytes.
 * @ingroup nfct_set_attr
 */
void nfct_set_attr_u8(struct nf_conntrack *ct, enum nf_conntrack_attr type, uint8_t value);

/**
 * Sets an attribute from a 16-bit value. A wider attribute gets zeros in its upper bytes, a narrower one the lower
 * bytes.
 * @ingroup nfct_set_attr
 */
void nfct_set_attr_u16(struct nf_conntrack *ct,
                       enum nf_conntrack_attr type,
                       uint16_t value);

/**
 * Sets an attribute from a 32-bit value. A wider attribute gets zeros in its upper bytes, a narrower one the lower
 * bytes.
 * @ingroup nfct_set_attr
 */
void nfct_set_attr_u32(struct nf_conntrack *ct,
                       enum nf_conntrack_attr type,
                       uint32_t value);

/**
 * Sets an attribute from a 64-bit value. A narrower attribute gets the lower bytes.
 * @ingroup nfct_set_attr
 */
void nfct_set_attr_u64(struct nf_conntrack *ct, enum nf_conntrack_attr type, uint64_t value);

/**
 * Sets an attribute from its value and its length; only ATTR_HELPER_INFO uses the length. The function copies the
 * value.
 * @ingroup nfct_set_attr
 */
void nfct_set_attr_l(struct nf_conntrack *ct,
                     enum nf_conntrack_attr type,
                     const void *value,
                     size_t len);

/**
 * Returns a pointer to an attribute's value inside the object, or NULL with errno set.
 *
 * Addresses, ports and ICMP ids are in network byte order. The object owns the value. The pointer is valid until
 * the object is released. A pointer to a string, to helper data or to a label mask is valid until the attribute is
 * set again.
 *
 * Errors:
 * - ENODATA: the attribute is not set
 * - EINVAL: there is no such attribute
 *
 * @ingroup nfct_set_attr
 */
const void *nfct_get_attr(const struct nf_conntrack *ct,
                          enum nf_conntrack_attr type);

/**
 * Returns an 8-bit attribute, or 0 with errno set. Set errno to 0 before the call to distinguish a value of 0 from
 * a failure, or call nfct_attr_is_set().
 *
 * Errors:
 * - ENODATA: the attribute is not set
 * - EINVAL: there is no such attribute
 *
 * @ingroup nfct_set_attr
 */
uint8_t nfct_get_attr_u8(const struct nf_conntrack *ct,
                         enum nf_conntrack_attr type);

/**
 * Returns a 16-bit attribute; ports and ICMP ids are in network byte order. Errors as nfct_get_attr_u8().
 * @ingroup nfct_set_attr
 */
uint16_t nfct_get_attr_u16(const struct nf_conntrack *ct,
                           enum nf_conntrack_attr type);

/**
 * Returns a 32-bit attribute; addresses are in network byte order. Errors as nfct_get_attr_u8().
 * @ingroup nfct_set_attr
 */
uint32_t nfct_get_attr_u32(const struct nf_conntrack *ct, enum nf_conntrack_attr type);

/**
 * Returns a 64-bit attribute. Errors as nfct_get_attr_u8().
 * @ingroup nfct_set_attr
 */
uint64_t nfct_get_attr_u64(const struct nf_conntrack *ct, enum nf_conntrack_attr type);

/**
 * Returns 1 when an attribute is set, 0 when it is not, or -1 with errno set.
 *
 * Errors:
 * - EINVAL: there is no such attribute
 *
 * @ingroup nfct_set_attr
 */
int nfct_attr_is_set(const struct nf_conntrack *ct, enum nf_conntrack_attr type);

/**
 * Returns 1 when all attributes of an array are set, 0 when one is not, or -1 with errno set. `size` is the number
 * of attributes.
 *
 * Errors:
 * - EINVAL: the first attribute that is not set does not exist
 *
 * @ingroup nfct_set_attr
 */
int nfct_attr_is_set_array(const struct nf_conntrack *ct,
                           const enum nf_conntrack_attr *type_array,
                           int size);

/**
 * Marks an attribute as not set. The value stays stored, and nfct_setobjopt() and nfct_getobjopt() still use it.
 *
 * Returns 0, or -1 with errno set.
 *
 * Errors:
 * - EINVAL: there is no such attribute
 *
 * @ingroup nfct_set_attr
 */
int nfct_attr_unset(struct nf_conntrack *ct,
                    enum nf_conntrack_attr type);

/**
 * Compares two conntrack objects. The same as nfct_cmp() with NFCT_CMP_ALL.
 *
 * Returns 1 when all attributes that both have are equal, otherwise 0.
 * @ingroup nfct_cmp
 */
int nfct_compare(const struct nf_conntrack *ct1, const struct nf_conntrack *ct2);

/**
 * Compares two conntrack objects according to NFCT_CMP_* flags.
 *
 * Returns 1 when they are equal, otherwise 0.
 * @ingroup nfct_cmp
 */
int nfct_cmp(const struct nf_conntrack *ct1, const struct nf_conntrack *ct2, unsigned int flags);

/**
 * Copies the parts of `source` that NFCT_CP_* flags name into `dest`; attributes that `source` has not set stay
 * unchanged.
 *
 * With NFCT_CP_OVERRIDE `dest` becomes a duplicate, and may be uninitialised memory: its former contents are not
 * released.
 * @ingroup nfct_copy
 */
void nfct_copy(struct nf_conntrack *dest,
               const struct nf_conntrack *source,
               unsigned int flags);

/**
 * Copies one attribute when `source` has it set. An unknown attribute is ignored.
 * @ingroup nfct_copy
 */
void nfct_copy_attr(struct nf_conntrack *dest,
                    const struct nf_conntrack *source,
                    enum nf_conntrack_attr type);

/**
 * Sets a group of attributes from its structure. An unknown group is ignored. For a read-only group the function
 * marks the attributes as set and does not change their values.
 * @ingroup nfct_set_attr_grp
 */
void nfct_set_attr_grp(struct nf_conntrack *ct,
                       enum nf_conntrack_attr_grp type,
                       const void *value);

/**
 * Fills a group's structure.
 *
 * Returns 0, or -1 with errno set; the structure is then unchanged.
 *
 * Errors:
 * - ENODATA: the group is not set
 * - EINVAL: there is no such group
 *
 * @ingroup nfct_set_attr_grp
 */
int nfct_get_attr_grp(const struct nf_conntrack *ct, enum nf_conntrack_attr_grp type, void *value);

/**
 * Returns 1 when a group is set, 0 when it is not, or -1 with errno set.
 *
 * Errors:
 * - EINVAL: there is no such group
 *
 * @ingroup nfct_set_attr_grp
 */
int nfct_attr_grp_is_set(const struct nf_conntrack *ct, enum nf_conntrack_attr_grp type);

/**
 * Marks all attributes of a group as not set.
 *
 * Returns 0, or -1 with errno set.
 *
 * Errors:
 * - EINVAL: there is no such group
 *
 * @ingroup nfct_set_attr_grp
 */
int nfct_attr_grp_unset(struct nf_conntrack *ct, enum nf_conntrack_attr_grp type);

/**
 * Prints a conntrack object into `buf`, truncated to `size` bytes with the final NUL.
 *
 * `msg_type` is one of NFCT_T_*, printed first; `out_type` is one of NFCT_O_*; `out_flags` is a set of NFCT_OF_*.
 *
 * Returns the length of the whole text without its NUL, as snprintf(3), or -1. A result of `size` or more means
 * that the text was truncated.
 *
 * Errors:
 * - ENOENT: an unknown `out_type`
 * - errno unchanged: the object has no protocol, or NFCT_OF_SHOW_LAYER3 is set and the object has no family
 * - EINVAL: `size` is 0
 *
 * @ingroup nfct_snprintf
 */
int nfct_snprintf(char *buf,
                  unsigned int size,
                  const struct nf_conntrack *ct,
                  unsigned int msg_type,
                  unsigned int out_type,
                  unsigned int out_flags);

/**
 * Prints a conntrack object with the names of its connection labels from a label map. With NULL for the map, the
 * function prints the same as nfct_snprintf().
 *
 * With a `size` of 0 the function writes nothing, and `buf` may be NULL.
 *
 * Returns as nfct_snprintf().
 *
 * Errors:
 * - ENOENT: an unknown `out_type`
 * - errno unchanged: the object has no protocol, or NFCT_OF_SHOW_LAYER3 is set and the object has no family
 *
 * @ingroup nfct_snprintf
 */
int nfct_snprintf_labels(char *buf,
                         unsigned int size,
                         const struct nf_conntrack *ct,
                         unsigned int msg_type,
                         unsigned int out_type,
                         unsigned int out_flags,
                         struct nfct_labelmap *map);

/**
 * Prints an expectation object into `buf`, truncated to `size` bytes with the final NUL. The arguments are those of
 * nfct_snprintf(); NFCT_OF_TIME has an effect in XML, the other flags have none.
 *
 * Returns the length of the whole text without its NUL, or -1 with errno set.
 *
 * Errors:
 * - ENOENT: an unknown `out_type`
 * - EINVAL: `size` is 0
 *
 * @ingroup nfct_snprintf
 */
int nfexp_snprintf(char *buf,
                   unsigned int size,
                   const struct nf_expect *exp,
                   unsigned int msg_type,
                   unsigned int out_type,
                   unsigned int out_flags);

/**
 * Creates a mask for the bits 0 to `max`, all clear; the size is rounded up to whole 32-bit words. Release the mask
 * with nfct_bitmask_destroy(), or set it as an attribute of an object, which then owns the mask.
 *
 * Returns the mask, or NULL: when `max` is above 65535, with errno unchanged.
 *
 * Errors:
 * - ENOMEM: no memory
 *
 * @ingroup nfct_bitmask_new
 */
struct nfct_bitmask *nfct_bitmask_new(unsigned int max);

/**
 * Duplicates a mask. Release the copy with nfct_bitmask_destroy().
 *
 * Returns the copy, or NULL with errno set.
 *
 * Errors:
 * - ENOMEM: no memory
 *
 * @ingroup nfct_bitmask_new
 */
struct nfct_bitmask *nfct_bitmask_clone(const struct nfct_bitmask *b);

/**
 * Returns the highest bit that a mask has room for.
 * @ingroup nfct_bitmask_new
 */
unsigned int nfct_bitmask_maxbit(const struct nfct_bitmask *b);

/**
 * Sets a bit. The function ignores a bit outside the mask.
 * @ingroup nfct_bitmask_new
 */
void nfct_bitmask_set_bit(struct nfct_bitmask *b, unsigned int bit);

/**
 * Returns 1 when a bit is set, otherwise 0. A bit outside the mask is not set.
 * @ingroup nfct_bitmask_new
 */
int nfct_bitmask_test_bit(const struct nfct_bitmask *b, unsigned int bit);

/**
 * Clears a bit. The function ignores a bit outside the mask.
 * @ingroup nfct_bitmask_new
 */
void nfct_bitmask_unset_bit(struct nfct_bitmask *b, unsigned int bit);

/**
 * Releases a mask that no object owns; NULL is allowed.
 * @ingroup nfct_bitmask_new
 */
void nfct_bitmask_destroy(struct nfct_bitmask *b);

/**
 * Clears all bits.
 * @ingroup nfct_bitmask_new
 */
void nfct_bitmask_clear(struct nfct_bitmask *b);

/**
 * Returns true when two masks have the same size and the same bits.
 * @ingroup nfct_bitmask_new
 */
bool nfct_bitmask_equal(const struct nfct_bitmask *b1, const struct nfct_bitmask *b2);

/**
 * Returns the path of the default label file, /etc/xtables/connlabel.conf. The text is constant: do not release it.
 * @ingroup nfct_labelmap_new
 */
const char *nfct_labels_get_path(void);

/**
 * Reads a label map from a file; NULL stands for the default file. Release the map with nfct_labelmap_destroy().
 *
 * A line of the file contains the number of a bit and its name. The function ignores a line that begins with `#`, a
 * line with other characters in its name than letters, digits, blanks and hyphens, and a number of 1024 or more.
 * For a number or name that occurs twice, the first line counts.
 *
 * Returns the map, or NULL: with errno set, or with errno 0 when no line names a label. A cancellation of the
 * thread takes effect after the file has been read.
 *
 * Errors:
 * - ENOENT, EACCES: the file cannot be opened; as of open(2)
 * - EFBIG: the file is longer than a mebibyte
 * - ENOMEM: no memory
 *
 * @ingroup nfct_labelmap_new
 */
struct nfct_labelmap *nfct_labelmap_new(const char *path);

/**
 * Releases a label map and its names.
 * @ingroup nfct_labelmap_new
 */
void nfct_labelmap_destroy(struct nfct_labelmap *map);

/**
 * Returns the name of a bit, "" for a bit without a name, or NULL above the highest bit with a name.
 *
 * The name is valid until the map is released.
 * @ingroup nfct_labelmap_new
 */
const char *nfct_labelmap_get_name(struct nfct_labelmap *m,
                                   unsigned int bit);

/**
 * Returns the bit with this name, or -1 when no bit has it.
 * @ingroup nfct_labelmap_new
 */
int nfct_labelmap_get_bit(struct nfct_labelmap *m, const char *name);

/**
 * Creates an event filter that accepts every message. Release the filter with nfct_filter_destroy().
 *
 * The filter accepts a message when every attribute with values accepts it. An attribute of the filter accepts a
 * message that does not contain this attribute; a missing mark or zone counts as 0.
 *
 * Returns the filter, or NULL with errno set.
 *
 * Errors:
 * - ENOMEM: no memory
 *
 * @ingroup nfct_filter_create
 */
struct nfct_filter *nfct_filter_create(void);

/**
 * Releases an event filter. Sockets to which the filter is attached keep filtering.
 * @ingroup nfct_filter_create
 */
void nfct_filter_destroy(struct nfct_filter *filter);

/**
 * Adds a value to an attribute of an event filter: a message must match one of the values.
 *
 * Numbers and addresses are in host byte order. An attribute takes 255 protocols, 127 IPv4 addresses for
 * each direction, 127 marks, 127 zones, and 20 IPv6 addresses for each direction; the function ignores further values.
 * @ingroup nfct_filter_create
 */
void nfct_filter_add_attr(struct nfct_filter *filter,
                          enum nfct_filter_attr attr,
                          const void *value);

/**
 * Adds a number to an event filter: a protocol or a zone.
 * @ingroup nfct_filter_create
 */
void nfct_filter_add_attr_u32(struct nfct_filter *filter,
                              enum nfct_filter_attr attr,
                              uint32_t value);

/**
 * Sets whether an attribute accepts messages that match its values (NFCT_FILTER_LOGIC_POSITIVE, the default) or
 * rejects them (NFCT_FILTER_LOGIC_NEGATIVE). A negative logic is permanent.
 *
 * Returns 0, or -1 with errno set.
 *
 * Errors:
 * - EOPNOTSUPP: there is no such attribute
 * - EBUSY: the logic is already negative
 *
 * @ingroup nfct_filter_create
 */
int nfct_filter_set_logic(struct nfct_filter *filter,
                          enum nfct_filter_attr attr,
                          enum nfct_filter_logic logic);

/**
 * Attaches an event filter to a socket: the socket then receives only messages that the filter accepts. The filter
 * replaces an earlier one. The program keeps the filter, and may release it at once.
 *
 * Do not list the table on a socket with a filter: the kernel drops an answer that the filter rejects, and the list
 * does not end.
 *
 * Returns 0, or -1 with errno of setsockopt(2).
 *
 * Errors:
 * - ENOMEM: the filter is larger than net.core.optmem_max allows. Linux 6.1 allows 20480 bytes by default, enough
 *   for lists of some fifty values
 * - EBADF, ENOTSOCK: `fd` is not a socket
 *
 * @ingroup nfct_filter_create
 */
int nfct_filter_attach(int fd,
                       struct nfct_filter *filter);

/**
 * Detaches the event filter from a socket.
 *
 * Returns 0, or -1 with errno of setsockopt(2).
 *
 * Errors:
 * - ENOENT: the socket has no filter
 * - EBADF, ENOTSOCK: `fd` is not a socket
 *
 * @ingroup nfct_filter_create
 */
int nfct_filter_detach(int fd);

/**
 * Creates a dump filter that accepts every entry. Release the filter with nfct_filter_dump_destroy().
 *
 * Returns the filter, or NULL with errno set.
 *
 * Errors:
 * - ENOMEM: no memory
 *
 * @ingroup nfct_filter_dump_create
 */
struct nfct_filter_dump *nfct_filter_dump_create(void);

/**
 * Releases a dump filter.
 * @ingroup nfct_filter_dump_create
 */
void nfct_filter_dump_destroy(struct nfct_filter_dump *filter);

/**
 * Sets an attribute of a dump filter. The function copies the value. An unknown attribute is ignored.
 * @ingroup nfct_filter_dump_create
 */
void nfct_filter_dump_set_attr(struct nfct_filter_dump *filter_dump,
                               enum nfct_filter_dump_attr type,
                               const void *data);

/**
 * Sets the family of a dump filter (NFCT_FILTER_DUMP_L3NUM).
 * @ingroup nfct_filter_dump_create
 */
void nfct_filter_dump_set_attr_u8(struct nfct_filter_dump *filter_dump,
                                  enum nfct_filter_dump_attr type,
                                  uint8_t data);

/**
 * Sets the zone of a dump filter (NFCT_FILTER_DUMP_ZONE).
 * @ingroup nfct_filter_dump_create
 */
void nfct_filter_dump_set_attr_u16(struct nfct_filter_dump *filter_dump,
                                   enum nfct_filter_dump_attr type,
                                   uint16_t data);

/**
 * Appends a conntrack object's attributes to a message that already has its netlink and netfilter headers.
 *
 * The buffer must have room: 1024 bytes suffice for an object without labels and helper data.
 *
 * Returns 0, or -1.
 *
 * Errors:
 * - EINVAL: the object has no ATTR_ORIG_L3PROTO
 * - errno unchanged: a tuple's family is neither IPv4 nor IPv6
 *
 * @ingroup nfct_nlmsg_build
 */
int nfct_nlmsg_build(struct nlmsghdr *nlh,
                     const struct nf_conntrack *ct);

/**
 * Appends a dump filter's attributes to a message that already has its netlink and netfilter headers, and sets the
 * message's family when the filter names a family.
 *
 * Returns 0, or -1 with errno set; the message is then incomplete.
 *
 * Errors:
 * - EINVAL: the filter's tuple has no family or another family than the filter
 *
 * @ingroup nfct_nlmsg_build
 */
int nfct_nlmsg_build_filter(struct nlmsghdr *nlh,
                            const struct nfct_filter_dump *filter_dump);

/**
 * Reads a conntrack message into an object: sets the attributes that the message contains. The object keeps nothing
 * of the message.
 *
 * Returns 0, or -1 with errno set.
 *
 * Errors:
 * - ERANGE: an attribute is too short for its type; the attributes before it have been set
 *
 * @ingroup nfct_nlmsg_build
 */
int nfct_nlmsg_parse(const struct nlmsghdr *nlh,
                     struct nf_conntrack *ct);

/**
 * Reads the attributes of a conntrack message into an object. `payload` points to the first attribute,
 * `payload_len` is the length of all attributes, and `l3num` is the message's family.
 *
 * Returns 0, or -1 with errno set; as nfct_nlmsg_parse().
 *
 * Errors:
 * - ERANGE: an attribute is too short for its type; the attributes before it have been set
 *
 * @ingroup nfct_nlmsg_build
 */
int nfct_payload_parse(const void *payload,
                       size_t payload_len,
                       uint16_t l3num,
                       struct nf_conntrack *ct);

/**
 * Appends an expectation's attributes to a message that already has its netlink and netfilter headers.
 *
 * Returns 0.
 * @ingroup nfct_nlmsg_build
 */
int nfexp_nlmsg_build(struct nlmsghdr *nlh,
                      const struct nf_expect *exp);

/**
 * Reads an expectation message into an object: sets the attributes that the message contains.
 *
 * Returns 0, or -1 with errno set; as nfct_nlmsg_parse().
 *
 * Errors:
 * - ERANGE: an attribute is too short for its type; the attributes before it have been set
 *
 * @ingroup nfct_nlmsg_build
 */
int nfexp_nlmsg_parse(const struct nlmsghdr *nlh, struct nf_expect *exp);

/**
 * Creates an empty expectation object. Release the object with nfexp_destroy().
 *
 * Returns the object, or NULL with errno set.
 *
 * Errors:
 * - ENOMEM: no memory
 *
 * @ingroup nfexp_new
 */
struct nf_expect *nfexp_new(void);

/**
 * Releases an expectation object. The object must come from nfexp_new() or nfexp_clone(), or from a callback that
 * returned NFCT_CB_STOLEN.
 * @ingroup nfexp_new
 */
void nfexp_destroy(struct nf_expect *exp);

/**
 * Returns the size of an expectation object in bytes.
 * @ingroup nfexp_new
 */
size_t nfexp_sizeof(const struct nf_expect *exp);

/**
 * Returns the size of an expectation object in bytes. A block of this size that contains only zeros is an empty
 * object.
 * @ingroup nfexp_new
 */
size_t nfexp_maxsize(void);

/**
 * Duplicates an expectation object. Release the copy with nfexp_destroy().
 *
 * Returns the copy, or NULL with errno set.
 *
 * Errors:
 * - ENOMEM: no memory
 *
 * @ingroup nfexp_new
 */
struct nf_expect *nfexp_clone(const struct nf_expect *exp);

/**
 * Compares two expectations according to NFCT_CMP_MASK and NFCT_CMP_STRICT; other flags have no effect. The
 * function never compares the timeout.
 *
 * Returns 1 when they are equal, otherwise 0.
 * @ingroup nfct_cmp
 */
int nfexp_cmp(const struct nf_expect *exp1,
              const struct nf_expect *exp2,
              unsigned int flags);

/**
 * Sets an attribute from its value: a conntrack object for a tuple, from which the function
 * copies the original tuple; a 16-bit number for the zone; a string for a name; otherwise a
 * 32-bit number.
 *
 * An unknown attribute is ignored.
 * @ingroup nfexp_set_attr
 */
void nfexp_set_attr(struct nf_expect *exp, enum nf_expect_attr type, const void *value);

/**
 * Sets an attribute from an 8-bit value.
 * @ingroup nfexp_set_attr
 */
void nfexp_set_attr_u8(struct nf_expect *exp, enum nf_expect_attr type, uint8_t value);

/**
 * Sets an attribute from a 16-bit value.
 * @ingroup nfexp_set_attr
 */
void nfexp_set_attr_u16(struct nf_expect *exp, enum nf_expect_attr type, uint16_t value);

/**
 * Sets an attribute from a 32-bit value.
 * @ingroup nfexp_set_attr
 */
void nfexp_set_attr_u32(struct nf_expect *exp, enum nf_expect_attr type, uint32_t value);

/**
 * Returns a pointer to an attribute's value inside the object, or NULL with errno set.
 *
 * A tuple is returned as a conntrack object with the attributes of the original direction. Every function that
 * reads a conntrack object accepts the tuple. The tuple is valid until the expectation is released. Do not release
 * the tuple alone, and do not use it as the target of a copy with NFCT_CP_OVERRIDE.
 *
 * Errors:
 * - ENODATA: the attribute is not set
 * - EINVAL: there is no such attribute
 *
 * @ingroup nfexp_set_attr
 */
const void *nfexp_get_attr(const struct nf_expect *exp,
                           enum nf_expect_attr type);

/**
 * Returns an 8-bit attribute, or 0 with errno set.
 *
 * Errors:
 * - ENODATA: the attribute is not set
 * - EINVAL: there is no such attribute
 *
 * @ingroup nfexp_set_attr
 */
uint8_t nfexp_get_attr_u8(const struct nf_expect *exp, enum nf_expect_attr type);

/**
 * Returns a 16-bit attribute. Errors as nfexp_get_attr_u8().
 * @ingroup nfexp_set_attr
 */
uint16_t nfexp_get_attr_u16(const struct nf_expect *exp, enum nf_expect_attr type);

/**
 * Returns a 32-bit attribute. Errors as nfexp_get_attr_u8().
 * @ingroup nfexp_set_attr
 */
uint32_t nfexp_get_attr_u32(const struct nf_expect *exp, enum nf_expect_attr type);

/**
 * Returns 1 when an attribute is set, 0 when it is not, or -1 with errno set.
 *
 * Errors:
 * - EINVAL: there is no such attribute
 *
 * @ingroup nfexp_set_attr
 */
int nfexp_attr_is_set(const struct nf_expect *exp, enum nf_expect_attr type);

/**
 * Marks an attribute as not set.
 *
 * Returns 0, or -1 with errno set.
 *
 * Errors:
 * - EINVAL: there is no such attribute
 *
 * @ingroup nfexp_set_attr
 */
int nfexp_attr_unset(struct nf_expect *exp, enum nf_expect_attr type);

/**
 * Writes a conntrack message of any type into a buffer of `size` bytes, which the function first fills with zeros.
 * `ssh` must not be NULL, and is not used. Deprecated: use nfct_nlmsg_build().
 *
 * Returns 0, or -1.
 *
 * Errors:
 * - EINVAL: the object has no ATTR_ORIG_L3PROTO
 * - EMSGSIZE: the buffer is too small
 * - errno unchanged: a tuple's family is neither IPv4 nor IPv6
 *
 * @ingroup nfct_build_conntrack
 */
__attribute__((deprecated))
int nfct_build_conntrack(struct nfnl_subsys_handle *ssh,
                         void *req,
                         size_t size,
                         uint16_t type,
                         uint16_t flags,
                         const struct nf_conntrack *ct);

/**
 * Writes an expectation message of any type into a buffer of `size` bytes, which the function first fills with
 * zeros. `ssh` must not be NULL, and is not used. Deprecated: use nfexp_nlmsg_build().
 *
 * Returns 0, or -1.
 *
 * Errors:
 * - EMSGSIZE: the buffer is too small
 * - errno unchanged: neither master nor expected tuple has ATTR_ORIG_L3PROTO
 *
 * @ingroup nfct_build_conntrack
 */
__attribute__((deprecated))
int nfexp_build_expect(struct nfnl_subsys_handle *ssh,
                       void *req,
                       size_t size,
                       uint16_t type,
                       uint16_t flags,
                       const struct nf_expect *exp);

/**
 * Writes the message of a query as nfct_query() sends it. Deprecated: use nfct_nlmsg_build().
 *
 * Before a program sends a NFCT_Q_FLUSH_FILTER from this function, it must know that the kernel honours the filter
 * (see enum nfct_filter_dump_attr). A kernel that does not honour the filter deletes every entry. nfct_query() asks
 * the kernel first.
 *
 * Returns 1, or -1 with errno set.
 *
 * Errors:
 * - EOPNOTSUPP: an unknown query
 * - EINVAL: the object cannot be sent completely; the buffer is then empty
 * - EMSGSIZE: the buffer is too small
 *
 * @ingroup nfct_build_conntrack
 */
__attribute__((deprecated))
int nfct_build_query(struct nfnl_subsys_handle *_ssh,
                     enum nf_conntrack_query query,
                     const void *data,
                     void *buffer,
                     unsigned int size);

/**
 * Writes the message of a query as nfexp_query() sends it. Deprecated: use nfexp_nlmsg_build().
 *
 * Returns 1, or -1 with errno set; as nfct_build_query().
 *
 * Errors:
 * - EOPNOTSUPP: an unknown query, or one that is not about expectations
 * - EINVAL: the object cannot be sent completely; the buffer is then empty
 * - EMSGSIZE: the buffer is too small
 *
 * @ingroup nfct_build_conntrack
 */
__attribute__((deprecated))
int nfexp_build_query(struct nfnl_subsys_handle *_ssh,
                      enum nf_conntrack_query qt,
                      const void *data,
                      void *buffer,
                      unsigned int size);

/**
 * Reads a conntrack message into an object when `type` contains the message's type. Deprecated: use
 * nfct_nlmsg_parse().
 *
 * Returns the message's type, 0 when `type` does not contain it, or -1 with errno set.
 *
 * Errors:
 * - ERANGE: the message is malformed
 *
 * @ingroup nfct_build_conntrack
 */
__attribute__((deprecated))
int nfct_parse_conntrack(enum nf_conntrack_msg_type type,
                         const struct nlmsghdr *nlh,
                         struct nf_conntrack *ct);

/**
 * Reads an expectation message into an object when `type` contains the message's type. Deprecated: use
 * nfexp_nlmsg_parse().
 *
 * Returns the message's type, 0 when `type` does not contain it, or -1 with errno set; as nfct_parse_conntrack().
 *
 * Errors:
 * - ERANGE: the message is malformed
 *
 * @ingroup nfct_build_conntrack
 */
__attribute__((deprecated))
int nfexp_parse_expect(enum nf_conntrack_msg_type type,
                       const struct nlmsghdr *nlh,
                       struct nf_expect *exp);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* _LIBNETFILTER_CONNTRACK_H_ */
