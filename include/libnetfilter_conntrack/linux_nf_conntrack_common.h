/* SPDX-License-Identifier: GPL-2.0-or-later */

#ifndef _NF_CONNTRACK_COMMON_H
#define _NF_CONNTRACK_COMMON_H

/* Made from src/capi by `make header`: change it there. */

#define NF_CT_STATE_BIT(ctinfo) (1 << ((ctinfo) % IP_CT_IS_REPLY + 1))
#define NF_CT_STATE_INVALID_BIT 1
#define NF_CT_STATE_UNTRACKED_BIT 64
#define NF_CT_EXPECT_PERMANENT 1
#define NF_CT_EXPECT_INACTIVE 2
#define NF_CT_EXPECT_USERSPACE 4

/* The relation of a packet to its entry. */
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

/* The status bits of an entry, ATTR_STATUS. */
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

/* Events of an entry. */
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

/* Events of an expectation. */
enum ip_conntrack_expect_events {
  IPEXP_NEW = 0,
  IPEXP_DESTROY = 1,
};

#endif  /* _NF_CONNTRACK_COMMON_H */
