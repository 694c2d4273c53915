/* SPDX-License-Identifier: GPL-2.0-or-later */

#ifndef _LIBNETFILTER_CONNTRACK_DCCP_H_
#define _LIBNETFILTER_CONNTRACK_DCCP_H_

/**
 * @file
 * Made from src/capi by `make header`: change it there.
 */

/**
 * @addtogroup libnetfilter_conntrack_tcp
 * @{
 */

/** the highest role */
#define DCCP_ROLE_MAX (__DCCP_CONNTRACK_ROLE_MAX - 1)

/** The states of a DCCP connection, ATTR_DCCP_STATE. */
enum dccp_state {
  /** no state */
  DCCP_CONNTRACK_NONE = 0,
  /** a request was sent */
  DCCP_CONNTRACK_REQUEST = 1,
  /** a response was sent */
  DCCP_CONNTRACK_RESPOND = 2,
  /** the client has acknowledged the response */
  DCCP_CONNTRACK_PARTOPEN = 3,
  /** data may flow in both directions */
  DCCP_CONNTRACK_OPEN = 4,
  /** the server has asked the client to close */
  DCCP_CONNTRACK_CLOSEREQ = 5,
  /** a close was sent */
  DCCP_CONNTRACK_CLOSING = 6,
  /** the connection was reset after a close */
  DCCP_CONNTRACK_TIMEWAIT = 7,
  /** never the state of an entry */
  DCCP_CONNTRACK_IGNORE = 8,
  /** never the state of an entry */
  DCCP_CONNTRACK_INVALID = 9,
  /** the number of states */
  DCCP_CONNTRACK_MAX = 10,
};

/** The role of the sender of the original direction in DCCP, ATTR_DCCP_ROLE. */
enum dccp_roles {
  /** the client */
  DCCP_CONNTRACK_ROLE_CLIENT = 0,
  /** the server */
  DCCP_CONNTRACK_ROLE_SERVER = 1,
  /** the number of roles */
  __DCCP_CONNTRACK_ROLE_MAX = 2,
};

/** @} */

#endif  /* _LIBNETFILTER_CONNTRACK_DCCP_H_ */
