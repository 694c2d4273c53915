/* SPDX-License-Identifier: GPL-2.0-or-later */

#ifndef _NF_CONNTRACK_COMMON_H
#define _NF_CONNTRACK_COMMON_H

/**
 * @file
 * Made from src/capi by `make header`: change it there.
 */

/**
 * @addtogroup linux_nf_conntrack_common
 * @{
 */

/** the bit of a value of enum ip_conntrack_info, in masks of states */
#define NF_CT_STATE_BIT(ctinfo) (1 << ((ctinfo) % IP_CT_IS_REPLY + 1))

/** the bit of packets that cannot be tracked, in masks of states */
#define NF_CT_STATE_INVALID_BIT 1

/** the bit of packets that are not tracked, in masks of states */
#define NF_CT_STATE_UNTRACKED_BIT 64

/** bit of ATTR_EXP_FLAGS: the expectation stays after a connection has matched it */
#define NF_CT_EXPECT_PERMANENT 1

/** bit of ATTR_EXP_FLAGS: no connection matches the expectation */
#define NF_CT_EXPECT_INACTIVE 2

/** bit of ATTR_EXP_FLAGS: a program handles the expectation; the kernel ignores the bit in requests */
#define NF_CT_EXPECT_USERSPACE 4

/** The relation of a packet to its entry. */
enum ip_conntrack_info {
  /** the packet belongs to a flow that has packets in both directions */
  IP_CT_ESTABLISHED = 0,
  /** the packet belongs to, or begins, a flow that an existing flow expects */
  IP_CT_RELATED = 1,
  /** the packet begins a flow */
  IP_CT_NEW = 2,
  /** the difference between a value for the original direction and the value for the reply direction */
  IP_CT_IS_REPLY = 3,
  /** as IP_CT_ESTABLISHED, in the reply direction */
  IP_CT_ESTABLISHED_REPLY = 3,
  /** as IP_CT_RELATED, in the reply direction */
  IP_CT_RELATED_REPLY = 4,
  /** the number of values */
  IP_CT_NUMBER = 5,
  /** never a value of a packet; kept for programs that use the name */
  IP_CT_NEW_REPLY = 5,
};

/** The status bits of an entry, ATTR_STATUS. */
enum ip_conntrack_status {
  /** the number of the bit IPS_EXPECTED */
  IPS_EXPECTED_BIT = 0,
  /** the entry was expected */
  IPS_EXPECTED = 1,
  /** the number of the bit IPS_SEEN_REPLY */
  IPS_SEEN_REPLY_BIT = 1,
  /** packets were seen in both directions */
  IPS_SEEN_REPLY = 2,
  /** the number of the bit IPS_ASSURED */
  IPS_ASSURED_BIT = 2,
  /** the kernel does not evict the entry when the table is full */
  IPS_ASSURED = 4,
  /** the number of the bit IPS_CONFIRMED */
  IPS_CONFIRMED_BIT = 3,
  /** the first packet has left the machine; the library sets the bit in every request with a status */
  IPS_CONFIRMED = 8,
  /** the number of the bit IPS_SRC_NAT */
  IPS_SRC_NAT_BIT = 4,
  /** the source is translated */
  IPS_SRC_NAT = 16,
  /** the number of the bit IPS_DST_NAT */
  IPS_DST_NAT_BIT = 5,
  /** the destination is translated */
  IPS_DST_NAT = 32,
  /** both bits of translation */
  IPS_NAT_MASK = 48,
  /** the number of the bit IPS_SEQ_ADJUST */
  IPS_SEQ_ADJUST_BIT = 6,
  /** TCP sequence numbers are adjusted */
  IPS_SEQ_ADJUST = 64,
  /** the number of the bit IPS_SRC_NAT_DONE */
  IPS_SRC_NAT_DONE_BIT = 7,
  /** the kernel has decided whether to translate the source */
  IPS_SRC_NAT_DONE = 128,
  /** the number of the bit IPS_DST_NAT_DONE */
  IPS_DST_NAT_DONE_BIT = 8,
  /** the kernel has decided whether to translate the destination */
  IPS_DST_NAT_DONE = 256,
  /** both bits of this decision */
  IPS_NAT_DONE_MASK = 384,
  /** the number of the bit IPS_DYING */
  IPS_DYING_BIT = 9,
  /** the entry is being deleted */
  IPS_DYING = 512,
  /** the number of the bit IPS_FIXED_TIMEOUT */
  IPS_FIXED_TIMEOUT_BIT = 10,
  /** packets do not change the timeout */
  IPS_FIXED_TIMEOUT = 1024,
  /** the number of the bit IPS_TEMPLATE */
  IPS_TEMPLATE_BIT = 11,
  /** a template of a rule, not a flow */
  IPS_TEMPLATE = 2048,
  /** the number of the bit IPS_UNTRACKED */
  IPS_UNTRACKED_BIT = 12,
  /** a flow that is not tracked; current kernels use the bit for a clash of translations */
  IPS_UNTRACKED = 4096,
  /** the number of the bit IPS_HELPER */
  IPS_HELPER_BIT = 13,
  /** a rule has chosen the helper */
  IPS_HELPER = 8192,
  /** the number of the bit IPS_OFFLOAD */
  IPS_OFFLOAD_BIT = 14,
  /** packets take the fast path of a flow table */
  IPS_OFFLOAD = 16384,
  /** the number of the bit IPS_HW_OFFLOAD */
  IPS_HW_OFFLOAD_BIT = 15,
  /** the network card forwards the packets */
  IPS_HW_OFFLOAD = 32768,
  /** the bits that a request cannot change */
  IPS_UNCHANGEABLE_MASK = 56313,
  /** the number of bits */
  __IPS_MAX_BIT = 16,
};

/** Events of an entry. */
enum ip_conntrack_events {
  /** the entry is new */
  IPCT_NEW = 0,
  /** the entry is new and was expected */
  IPCT_RELATED = 1,
  /** the entry was deleted */
  IPCT_DESTROY = 2,
  /** a reply was seen */
  IPCT_REPLY = 3,
  /** the entry became assured */
  IPCT_ASSURED = 4,
  /** the state of the protocol has changed */
  IPCT_PROTOINFO = 5,
  /** a helper was attached */
  IPCT_HELPER = 6,
  /** the mark was set */
  IPCT_MARK = 7,
  /** the adjustment of sequence numbers has changed */
  IPCT_SEQADJ = 8,
  /** the same as IPCT_SEQADJ */
  IPCT_NATSEQADJ = 8,
  /** the security mark was set */
  IPCT_SECMARK = 9,
  /** a label was set */
  IPCT_LABEL = 10,
  /** the data of the SYN proxy has changed */
  IPCT_SYNPROXY = 11,
};

/** Events of an expectation. */
enum ip_conntrack_expect_events {
  /** the expectation is new */
  IPEXP_NEW = 0,
  /** the expectation was deleted */
  IPEXP_DESTROY = 1,
};

/** @} */

#endif  /* _NF_CONNTRACK_COMMON_H */
