/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Records to objects of the C library and back, by one table; and whether a record meets a filter.
 */
#include "record.h"
#include <stddef.h>
#include <string.h>

#define AT(member) offsetof(struct border_record, member), sizeof(((struct border_record *)0)->member)

/* The family comes first: the type of ICMP depends on it. */
static const struct row {
	enum nf_conntrack_attr attr;
	uint32_t field;
	size_t offset, size;
} rows[] = {
	{ATTR_ORIG_L3PROTO, HAS_FAMILY, AT(family)},
	{ATTR_ORIG_L4PROTO, HAS_PROTO, AT(proto)},
	{ATTR_ORIG_IPV4_SRC, HAS_SRC, offsetof(struct border_record, src[0]), 4},
	{ATTR_ORIG_IPV4_DST, HAS_DST, offsetof(struct border_record, dst[0]), 4},
	{ATTR_REPL_IPV4_SRC, HAS_REPLY_SRC, offsetof(struct border_record, src[1]), 4},
	{ATTR_REPL_IPV4_DST, HAS_REPLY_DST, offsetof(struct border_record, dst[1]), 4},
	{ATTR_ORIG_IPV6_SRC, HAS_SRC, AT(src[0])},
	{ATTR_ORIG_IPV6_DST, HAS_DST, AT(dst[0])},
	{ATTR_REPL_IPV6_SRC, HAS_REPLY_SRC, AT(src[1])},
	{ATTR_REPL_IPV6_DST, HAS_REPLY_DST, AT(dst[1])},
	{ATTR_ORIG_PORT_SRC, HAS_PORTS, AT(sport[0])},
	{ATTR_ORIG_PORT_DST, HAS_PORTS, AT(dport[0])},
	{ATTR_REPL_PORT_SRC, HAS_REPLY_PORTS, AT(sport[1])},
	{ATTR_REPL_PORT_DST, HAS_REPLY_PORTS, AT(dport[1])},
	{ATTR_ICMP_TYPE, HAS_ICMP, AT(icmp_type)},
	{ATTR_ICMP_CODE, HAS_ICMP, AT(icmp_code)},
	{ATTR_ICMP_ID, HAS_ICMP, AT(icmp_id)},
	{ATTR_TIMEOUT, HAS_TIMEOUT, AT(timeout)},
	{ATTR_STATUS, HAS_STATUS, AT(status)},
	{ATTR_MARK, HAS_MARK, AT(mark)},
	{ATTR_ZONE, HAS_ZONE, AT(zone)},
	{ATTR_ORIG_ZONE, HAS_ORIG_ZONE, AT(orig_zone)},
	{ATTR_REPL_ZONE, HAS_REPLY_ZONE, AT(reply_zone)},
	{ATTR_ID, HAS_ID, AT(id)},
	{ATTR_USE, HAS_USE, AT(use)},
	{ATTR_TCP_STATE, HAS_TCP_STATE, AT(tcp_state)},
	{ATTR_SCTP_STATE, HAS_SCTP_STATE, AT(sctp_state)},
	{ATTR_ORIG_COUNTER_PACKETS, HAS_COUNTERS, AT(packets[0])},
	{ATTR_REPL_COUNTER_PACKETS, HAS_COUNTERS, AT(packets[1])},
	{ATTR_ORIG_COUNTER_BYTES, HAS_COUNTERS, AT(bytes[0])},
	{ATTR_REPL_COUNTER_BYTES, HAS_COUNTERS, AT(bytes[1])},
	{ATTR_TIMESTAMP_START, HAS_START, AT(start)},
	{ATTR_TIMESTAMP_STOP, HAS_STOP, AT(stop)},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))
#define LABEL_BITS (8 * sizeof(((struct border_record *)0)->labels))

static void read_labels(const struct nf_conntrack *flow, struct border_record *record)
{
	const struct nfct_bitmask *labels = nfct_get_attr(flow, ATTR_CONNLABELS);

	if (labels == NULL)
		return;
	record->set |= HAS_LABELS;
	for (unsigned int bit = 0; bit < LABEL_BITS && bit <= nfct_bitmask_maxbit(labels); bit++)
		if (nfct_bitmask_test_bit(labels, bit))
			record->labels[bit / 8] |= (uint8_t)(1U << bit % 8);
}

void record_read(struct border_record *record, const struct nf_conntrack *flow)
{
	const char *helper = nfct_get_attr(flow, ATTR_HELPER_NAME);

	memset(record, 0, sizeof(*record));
	for (size_t i = 0; i < ROWS; i++) {
		const void *value = nfct_get_attr(flow, rows[i].attr);

		if (value == NULL)
			continue;
		memcpy((char *)record + rows[i].offset, value, rows[i].size);
		record->set |= rows[i].field;
	}
	if (helper != NULL) {
		memcpy(record->helper, helper, strnlen(helper, sizeof(record->helper) - 1));
		record->set |= HAS_HELPER;
	}
	read_labels(flow, record);
}

/* The object owns the bits afterwards. */
static int write_labels(const struct border_record *record, struct nf_conntrack *flow)
{
	struct nfct_bitmask *labels = nfct_bitmask_new(LABEL_BITS - 1), *mask = nfct_bitmask_new(LABEL_BITS - 1);

	if (labels == NULL || mask == NULL) {
		if (labels != NULL)
			nfct_bitmask_destroy(labels);
		if (mask != NULL)
			nfct_bitmask_destroy(mask);
		return -1;
	}
	for (unsigned int bit = 0; bit < LABEL_BITS; bit++) {
		if (record->labels[bit / 8] & 1U << bit % 8)
			nfct_bitmask_set_bit(labels, bit);
		nfct_bitmask_set_bit(mask, bit);
	}
	nfct_set_attr(flow, ATTR_CONNLABELS, labels);
	nfct_set_attr(flow, ATTR_CONNLABELS_MASK, mask);
	return 0;
}

/* Rows of both families share their place: only those of the record's family are written. */
static int is_of_other_family(const struct row *row, uint8_t family)
{
	int is_address = row->field & (HAS_SRC | HAS_DST | HAS_REPLY_SRC | HAS_REPLY_DST);

	return is_address && (row->size == 4) != (family == AF_INET);
}

int record_write(const struct border_record *record, uint32_t fields, struct nf_conntrack *flow)
{
	fields &= record->set;
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].field & fields && !is_of_other_family(&rows[i], record->family))
			nfct_set_attr(flow, rows[i].attr, (const char *)record + rows[i].offset);
	if (fields & (HAS_REPLY_SRC | HAS_REPLY_PORTS)) {
		nfct_set_attr_u8(flow, ATTR_REPL_L3PROTO, record->family);
		nfct_set_attr_u8(flow, ATTR_REPL_L4PROTO, record->proto);
	}
	if (fields & HAS_HELPER)
		nfct_set_attr(flow, ATTR_HELPER_NAME, record->helper);
	return fields & HAS_LABELS ? write_labels(record, flow) : 0;
}

static int is_in(const uint8_t *address, const uint8_t *net, const uint8_t *mask)
{
	for (int i = 0; i < 16; i++)
		if ((address[i] ^ net[i]) & mask[i])
			return 0;
	return 1;
}

static int meets_addresses(const struct border_record *record, const struct border_filter *filter)
{
	return is_in(record->src[0], filter->want.src[0], filter->src_mask[0]) &&
	       is_in(record->dst[0], filter->want.dst[0], filter->dst_mask[0]) &&
	       is_in(record->src[1], filter->want.src[1], filter->src_mask[1]) &&
	       is_in(record->dst[1], filter->want.dst[1], filter->dst_mask[1]);
}

/* A port of 0 is no condition. */
static int meets_ports(const struct border_record *record, const struct border_record *want)
{
	return record->set & HAS_PORTS && (want->sport[0] == 0 || record->sport[0] == want->sport[0]) &&
	       (want->dport[0] == 0 || record->dport[0] == want->dport[0]);
}

/* An entry without a zone is in zone 0. One with a zone for one direction is in this zone. */
static int is_in_zone(const struct border_record *record, uint16_t zone)
{
	if (record->set & (HAS_ORIG_ZONE | HAS_REPLY_ZONE))
		return (record->set & HAS_ORIG_ZONE && record->orig_zone == zone) ||
		       (record->set & HAS_REPLY_ZONE && record->reply_zone == zone);
	return record->zone == zone;
}

int record_meets(const struct border_record *record, const struct border_filter *filter)
{
	const struct border_record *want = &filter->want;
	uint32_t set = filter->set;

	return (filter->kinds == 0 || record->kind & filter->kinds) &&
	       (!(set & HAS_FAMILY) || record->family == want->family) &&
	       (!(set & HAS_PROTO) || record->proto == want->proto) && meets_addresses(record, filter) &&
	       (!(set & HAS_PORTS) || meets_ports(record, want)) &&
	       (!(set & HAS_MARK) || (record->mark & filter->mark_mask) == want->mark) &&
	       (!(set & HAS_STATUS) || (record->status & filter->status_mask) == want->status) &&
	       (!(set & HAS_ZONE) || is_in_zone(record, want->zone)) &&
	       (!(set & HAS_TCP_STATE) || (record->set & HAS_TCP_STATE && record->tcp_state == want->tcp_state));
}
