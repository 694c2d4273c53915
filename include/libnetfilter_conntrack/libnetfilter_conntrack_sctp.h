/* SPDX-License-Identifier: GPL-2.0-or-later */

#ifndef _LIBNETFILTER_CONNTRACK_SCTP_H_
#define _LIBNETFILTER_CONNTRACK_SCTP_H_

/**
 * @file
 * Made from src/capi by `make header`: change it there.
 */

/**
 * @addtogroup libnetfilter_conntrack_tcp
 * @{
 */

/** The states of an SCTP association, ATTR_SCTP_STATE. */
enum sctp_state {
  /** no state */
  SCTP_CONNTRACK_NONE = 0,
  /** the association is closed, or begins */
  SCTP_CONNTRACK_CLOSED = 1,
  /** an INIT was sent */
  SCTP_CONNTRACK_COOKIE_WAIT = 2,
  /** a COOKIE ECHO was sent */
  SCTP_CONNTRACK_COOKIE_ECHOED = 3,
  /** data may flow in both directions */
  SCTP_CONNTRACK_ESTABLISHED = 4,
  /** the originator has sent a SHUTDOWN */
  SCTP_CONNTRACK_SHUTDOWN_SENT = 5,
  /** the other side has sent a SHUTDOWN */
  SCTP_CONNTRACK_SHUTDOWN_RECD = 6,
  /** a SHUTDOWN ACK was sent */
  SCTP_CONNTRACK_SHUTDOWN_ACK_SENT = 7,
  /** only a HEARTBEAT was seen, on a path of an association */
  SCTP_CONNTRACK_HEARTBEAT_SENT = 8,
  /** a HEARTBEAT was answered; current kernels have no such state */
  SCTP_CONNTRACK_HEARTBEAT_ACKED = 9,
  /** the number of states */
  SCTP_CONNTRACK_MAX = 10,
};

/** @} */

#endif  /* _LIBNETFILTER_CONNTRACK_SCTP_H_ */
