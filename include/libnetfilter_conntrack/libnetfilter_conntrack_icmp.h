/* SPDX-License-Identifier: GPL-2.0-or-later */

#ifndef _LIBNETFILTER_CONNTRACK_ICMP_H_
#define _LIBNETFILTER_CONNTRACK_ICMP_H_

/* Made from src/capi by `make header`: change it there. */

/* Obsolete; kept for programs that use these names. */
enum icmp_flags {
  ICMP_TYPE_BIT = 0,
  ICMP_TYPE = 1,
  ICMP_CODE_BIT = 1,
  ICMP_CODE = 2,
  ICMP_ID_BIT = 2,
  ICMP_ID = 4,
};

#endif  /* _LIBNETFILTER_CONNTRACK_ICMP_H_ */
