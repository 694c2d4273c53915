/* SPDX-License-Identifier: GPL-2.0-or-later */

#ifndef _LIBNETFILTER_CONNTRACK_ICMP_H_
#define _LIBNETFILTER_CONNTRACK_ICMP_H_

/**
 * @file
 * Made from src/capi by `make header`: change it there.
 */

/**
 * @addtogroup libnetfilter_conntrack_tcp
 * @{
 */

/** Obsolete; kept for programs that use these names. */
enum icmp_flags {
  /** the number of the bit ICMP_TYPE */
  ICMP_TYPE_BIT = 0,
  /** the type */
  ICMP_TYPE = 1,
  /** the number of the bit ICMP_CODE */
  ICMP_CODE_BIT = 1,
  /** the code */
  ICMP_CODE = 2,
  /** the number of the bit ICMP_ID */
  ICMP_ID_BIT = 2,
  /** the id */
  ICMP_ID = 4,
};

/** @} */

#endif  /* _LIBNETFILTER_CONNTRACK_ICMP_H_ */
