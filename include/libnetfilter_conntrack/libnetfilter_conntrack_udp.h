/* SPDX-License-Identifier: GPL-2.0-or-later */

#ifndef _LIBNETFILTER_CONNTRACK_UDP_H_
#define _LIBNETFILTER_CONNTRACK_UDP_H_

/**
 * @file
 * Made from src/capi by `make header`: change it there.
 */

/**
 * @addtogroup libnetfilter_conntrack_tcp
 * @{
 */

/** Obsolete; kept for programs that use these names. */
enum udp_flags {
  /** the number of the bit UDP_ORIG_SPORT */
  UDP_ORIG_SPORT_BIT = 0,
  /** the source port of the original tuple */
  UDP_ORIG_SPORT = 1,
  /** the number of the bit UDP_ORIG_DPORT */
  UDP_ORIG_DPORT_BIT = 1,
  /** the destination port of the original tuple */
  UDP_ORIG_DPORT = 2,
  /** the number of the bit UDP_REPL_SPORT */
  UDP_REPL_SPORT_BIT = 2,
  /** the source port of the reply tuple */
  UDP_REPL_SPORT = 4,
  /** the number of the bit UDP_REPL_DPORT */
  UDP_REPL_DPORT_BIT = 3,
  /** the destination port of the reply tuple */
  UDP_REPL_DPORT = 8,
  /** the number of the bit UDP_MASK_SPORT */
  UDP_MASK_SPORT_BIT = 4,
  /** the source port of the mask */
  UDP_MASK_SPORT = 16,
  /** the number of the bit UDP_MASK_DPORT */
  UDP_MASK_DPORT_BIT = 5,
  /** the destination port of the mask */
  UDP_MASK_DPORT = 32,
  /** the number of the bit UDP_EXPTUPLE_SPORT */
  UDP_EXPTUPLE_SPORT_BIT = 6,
  /** the source port of the expected tuple */
  UDP_EXPTUPLE_SPORT = 64,
  /** the number of the bit UDP_EXPTUPLE_DPORT */
  UDP_EXPTUPLE_DPORT_BIT = 7,
  /** the destination port of the expected tuple */
  UDP_EXPTUPLE_DPORT = 128,
};

/** @} */

#endif  /* _LIBNETFILTER_CONNTRACK_UDP_H_ */
