/* SPDX-License-Identifier: GPL-2.0-or-later */

#ifndef _LIBNETFILTER_CONNTRACK_TCP_H_
#define _LIBNETFILTER_CONNTRACK_TCP_H_

/**
 * @file
 * Made from src/capi by `make header`: change it there.
 */

/**
 * @addtogroup libnetfilter_conntrack_tcp
 * @{
 */

/** both sides have sent a SYN */
#define TCP_CONNTRACK_SYN_SENT2 TCP_CONNTRACK_LISTEN

/** The states of a TCP connection, ATTR_TCP_STATE. */
enum tcp_state {
  /** no state */
  TCP_CONNTRACK_NONE = 0,
  /** a SYN was sent */
  TCP_CONNTRACK_SYN_SENT = 1,
  /** the SYN was answered with SYN and ACK */
  TCP_CONNTRACK_SYN_RECV = 2,
  /** data may flow in both directions */
  TCP_CONNTRACK_ESTABLISHED = 3,
  /** the originator or the other side has sent a FIN */
  TCP_CONNTRACK_FIN_WAIT = 4,
  /** the FIN was acknowledged */
  TCP_CONNTRACK_CLOSE_WAIT = 5,
  /** both sides have sent a FIN */
  TCP_CONNTRACK_LAST_ACK = 6,
  /** the last FIN was acknowledged */
  TCP_CONNTRACK_TIME_WAIT = 7,
  /** the connection was reset */
  TCP_CONNTRACK_CLOSE = 8,
  /** obsolete name of TCP_CONNTRACK_SYN_SENT2 */
  TCP_CONNTRACK_LISTEN = 9,
  /** the number of states that an entry can have */
  TCP_CONNTRACK_MAX = 10,
  /** never the state of an entry */
  TCP_CONNTRACK_IGNORE = 11,
};

/** Obsolete; kept for programs that use these names. */
enum tcp_flags {
  /** the number of the bit TCP_ORIG_SPORT */
  TCP_ORIG_SPORT_BIT = 0,
  /** the source port of the original tuple */
  TCP_ORIG_SPORT = 1,
  /** the number of the bit TCP_ORIG_DPORT */
  TCP_ORIG_DPORT_BIT = 1,
  /** the destination port of the original tuple */
  TCP_ORIG_DPORT = 2,
  /** the number of the bit TCP_REPL_SPORT */
  TCP_REPL_SPORT_BIT = 2,
  /** the source port of the reply tuple */
  TCP_REPL_SPORT = 4,
  /** the number of the bit TCP_REPL_DPORT */
  TCP_REPL_DPORT_BIT = 3,
  /** the destination port of the reply tuple */
  TCP_REPL_DPORT = 8,
  /** the number of the bit TCP_MASK_SPORT */
  TCP_MASK_SPORT_BIT = 4,
  /** the source port of the mask */
  TCP_MASK_SPORT = 16,
  /** the number of the bit TCP_MASK_DPORT */
  TCP_MASK_DPORT_BIT = 5,
  /** the destination port of the mask */
  TCP_MASK_DPORT = 32,
  /** the number of the bit TCP_STATE */
  TCP_STATE_BIT = 6,
  /** the state */
  TCP_STATE = 64,
  /** the number of the bit TCP_EXPTUPLE_SPORT */
  TCP_EXPTUPLE_SPORT_BIT = 7,
  /** the source port of the expected tuple */
  TCP_EXPTUPLE_SPORT = 128,
  /** the number of the bit TCP_EXPTUPLE_DPORT */
  TCP_EXPTUPLE_DPORT_BIT = 8,
  /** the destination port of the expected tuple */
  TCP_EXPTUPLE_DPORT = 256,
};

/** @} */

#endif  /* _LIBNETFILTER_CONNTRACK_TCP_H_ */
