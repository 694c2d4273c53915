/* SPDX-License-Identifier: GPL-2.0-or-later */

#ifndef _LIBNETFILTER_CONNTRACK_UDP_H_
#define _LIBNETFILTER_CONNTRACK_UDP_H_

/* Made from src/capi by `make header`: change it there. */

/* Obsolete; kept for programs that use these names. */
enum udp_flags {
  UDP_ORIG_SPORT_BIT = 0,
  UDP_ORIG_SPORT = 1,
  UDP_ORIG_DPORT_BIT = 1,
  UDP_ORIG_DPORT = 2,
  UDP_REPL_SPORT_BIT = 2,
  UDP_REPL_SPORT = 4,
  UDP_REPL_DPORT_BIT = 3,
  UDP_REPL_DPORT = 8,
  UDP_MASK_SPORT_BIT = 4,
  UDP_MASK_SPORT = 16,
  UDP_MASK_DPORT_BIT = 5,
  UDP_MASK_DPORT = 32,
  UDP_EXPTUPLE_SPORT_BIT = 6,
  UDP_EXPTUPLE_SPORT = 64,
  UDP_EXPTUPLE_DPORT_BIT = 7,
  UDP_EXPTUPLE_DPORT = 128,
};

#endif  /* _LIBNETFILTER_CONNTRACK_UDP_H_ */
