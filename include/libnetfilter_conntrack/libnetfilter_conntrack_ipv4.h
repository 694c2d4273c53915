/* SPDX-License-Identifier: GPL-2.0-or-later */

#ifndef _LIBNETFILTER_CONNTRACK_IPV4_H_
#define _LIBNETFILTER_CONNTRACK_IPV4_H_

/**
 * @file
 * Made from src/capi by `make header`: change it there.
 */

/**
 * @addtogroup libnetfilter_conntrack_tcp
 * @{
 */

#warning "Please, remove libnetfilter_conntrack_ipv4.h from your includes!"

/** @} */

#endif  /* _LIBNETFILTER_CONNTRACK_IPV4_H_ */
