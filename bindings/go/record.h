/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Records to objects of the C library and back.
 */
#ifndef CONNTRACK_GO_RECORD_H
#define CONNTRACK_GO_RECORD_H

#include "border.h"

/* Fills a record with the attributes of an object. */
void record_read(struct border_record *record, const struct nf_conntrack *flow);
/* Sets those of these fields that the record has; returns 0, or -1 with errno set. */
int record_write(const struct border_record *record, uint32_t fields, struct nf_conntrack *flow);
/* Whether the filter selects the record. */
int record_meets(const struct border_record *record, const struct border_filter *filter);

#endif
