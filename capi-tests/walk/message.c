/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writing messages at random, breaking them, and judging them.
 *
 * One table for each nest of attributes says which there are and of which length. Messages are written from
 * the tables; the judgement follows the same tables the way the original reads: every length is checked as an
 * area is walked, and of each nest only the last is entered.
 */
#include "message.h"
#include "golden.h"

#include <stdlib.h>
#include <string.h>

#define TIMESTAMP_EVENT_TYPE 27 /* CTA_TIMESTAMP_EVENT, which older headers lack */
#define LABELS_MAX 8192
#define FUNCTION_NAME_MAX 24

enum form {
	NUMBER,     /* exactly so many bytes */
	TIME,       /* nanoseconds since 1970, exactly eight bytes */
	TEXT,       /* a string, not empty */
	NEST,       /* a nest: empty, or at least one header */
	LOOSE_NEST, /* the same; a shorter one is ignored */
	LABEL_BITS, /* any length up to a limit */
	BLOB,       /* any length */
	FUNCTION,   /* a string of limited length */
	UNCHECKED,  /* a number whose length the original does not look at */
	LATER,      /* a number that 1.0.9 does not know */
};

/* An attribute; `shares` has a bit for each place that several attributes of its nest are stored in. */
struct shape {
	uint16_t type;
	enum form form;
	uint16_t size;
	const struct nest *inner;
	unsigned shares;
};

/* A nest of attributes, and the unknown types by which the original damages memory. */
struct nest {
	const struct shape *shapes;
	uint16_t bad_from, bad_to;
};

static const struct shape ip_shapes[] = {
	{ CTA_IP_V4_SRC, NUMBER, 4, 0, 1 },
	{ CTA_IP_V4_DST, NUMBER, 4, 0, 2 },
	{ CTA_IP_V6_SRC, NUMBER, 16, 0, 1 },
	{ CTA_IP_V6_DST, NUMBER, 16, 0, 2 },
	{ 0 },
};
static const struct nest ip = { ip_shapes, 0, 0 };

static const struct shape proto_shapes[] = {
	{ CTA_PROTO_NUM, NUMBER, 1, 0, 0 },
	{ CTA_PROTO_SRC_PORT, NUMBER, 2, 0, 1 },
	{ CTA_PROTO_DST_PORT, NUMBER, 2, 0, 2 | 4 },
	{ CTA_PROTO_ICMP_ID, NUMBER, 2, 0, 1 },
	{ CTA_PROTO_ICMP_TYPE, NUMBER, 1, 0, 2 },
	{ CTA_PROTO_ICMP_CODE, NUMBER, 1, 0, 4 },
	{ CTA_PROTO_ICMPV6_ID, NUMBER, 2, 0, 1 },
	{ CTA_PROTO_ICMPV6_TYPE, NUMBER, 1, 0, 2 },
	{ CTA_PROTO_ICMPV6_CODE, NUMBER, 1, 0, 4 },
	{ 0 },
};
static const struct nest proto = { proto_shapes, 0, 0 };

static const struct shape tuple_shapes[] = {
	{ CTA_TUPLE_IP, NEST, 0, &ip, 0 },
	{ CTA_TUPLE_PROTO, NEST, 0, &proto, 0 },
	{ CTA_TUPLE_ZONE, NUMBER, 2, 0, 0 },
	{ 0 },
};
static const struct nest tuple = { tuple_shapes, 0, 0 };

static const struct shape tcp_shapes[] = {
	{ CTA_PROTOINFO_TCP_STATE, NUMBER, 1, 0, 0 },
	{ CTA_PROTOINFO_TCP_WSCALE_ORIGINAL, NUMBER, 1, 0, 0 },
	{ CTA_PROTOINFO_TCP_WSCALE_REPLY, NUMBER, 1, 0, 0 },
	{ CTA_PROTOINFO_TCP_FLAGS_ORIGINAL, NUMBER, 2, 0, 0 },
	{ CTA_PROTOINFO_TCP_FLAGS_REPLY, NUMBER, 2, 0, 0 },
	{ 0 },
};
static const struct nest tcp = { tcp_shapes, 0, 0 };
static const struct shape dccp_shapes[] = {
	{ CTA_PROTOINFO_DCCP_STATE, NUMBER, 1, 0, 0 },
	{ CTA_PROTOINFO_DCCP_ROLE, NUMBER, 1, 0, 0 },
	{ CTA_PROTOINFO_DCCP_HANDSHAKE_SEQ, NUMBER, 8, 0, 0 },
	{ 0 },
};
static const struct nest dccp = { dccp_shapes, 0, 0 };
static const struct shape sctp_shapes[] = {
	{ CTA_PROTOINFO_SCTP_STATE, NUMBER, 1, 0, 0 },
	{ CTA_PROTOINFO_SCTP_VTAG_ORIGINAL, NUMBER, 4, 0, 0 },
	{ CTA_PROTOINFO_SCTP_VTAG_REPLY, NUMBER, 4, 0, 0 },
	{ 0 },
};
static const struct nest sctp = { sctp_shapes, 0, 0 };
static const struct shape protoinfo_shapes[] = {
	{ CTA_PROTOINFO_TCP, NEST, 0, &tcp, 1 },
	{ CTA_PROTOINFO_DCCP, NEST, 0, &dccp, 1 },
	{ CTA_PROTOINFO_SCTP, NEST, 0, &sctp, 1 },
	{ 0 },
};
static const struct nest protoinfo = { protoinfo_shapes, 4, 5 };

static const struct shape counters_shapes[] = {
	{ CTA_COUNTERS_PACKETS, NUMBER, 8, 0, 0 },
	{ CTA_COUNTERS_BYTES, NUMBER, 8, 0, 0 },
	{ CTA_COUNTERS32_PACKETS, NUMBER, 4, 0, 0 },
	{ CTA_COUNTERS32_BYTES, NUMBER, 4, 0, 0 },
	{ 0 },
};
static const struct nest counters = { counters_shapes, 0, 0 };
/* Three 32-bit numbers, as adjusted sequences and SYN proxies have. */
static const struct shape three_shapes[] = {
	{ 1, NUMBER, 4, 0, 0 },
	{ 2, NUMBER, 4, 0, 0 },
	{ 3, NUMBER, 4, 0, 0 },
	{ 0 },
};
static const struct nest three = { three_shapes, 0, 0 };
static const struct shape help_shapes[] = { { CTA_HELP_NAME, TEXT, 20, 0, 0 },
	{ CTA_HELP_INFO, BLOB, 40, 0, 0 }, { 0 } };
static const struct nest help = { help_shapes, 0, 0 };
static const struct shape secctx_shapes[] = { { CTA_SECCTX_NAME, TEXT, 40, 0, 0 }, { 0 } };
static const struct nest secctx = { secctx_shapes, 0, 0 };
static const struct shape timestamp_shapes[] = { { CTA_TIMESTAMP_START, TIME, 8, 0, 0 },
	{ CTA_TIMESTAMP_STOP, TIME, 8, 0, 0 }, { 0 } };
static const struct nest timestamp = { timestamp_shapes, 0, 0 };

/* In the order in which the kernel sends them; the last ones it does not. */
static const struct shape flow_shapes[] = {
	{ CTA_TUPLE_ORIG, NEST, 0, &tuple, 0 },
	{ CTA_TUPLE_REPLY, NEST, 0, &tuple, 0 },
	{ CTA_ZONE, NUMBER, 2, 0, 0 },
	{ CTA_ID, NUMBER, 4, 0, 0 },
	{ CTA_STATUS, NUMBER, 4, 0, 0 },
	{ CTA_TIMEOUT, NUMBER, 4, 0, 0 },
	{ CTA_COUNTERS_ORIG, NEST, 0, &counters, 0 },
	{ CTA_COUNTERS_REPLY, NEST, 0, &counters, 0 },
	{ CTA_TIMESTAMP, NEST, 0, &timestamp, 0 },
	{ CTA_PROTOINFO, NEST, 0, &protoinfo, 0 },
	{ CTA_HELP, NEST, 0, &help, 0 },
	{ CTA_MARK, NUMBER, 4, 0, 0 },
	{ CTA_SECMARK, NUMBER, 4, 0, 0 },
	{ CTA_SECCTX, NEST, 0, &secctx, 0 },
	{ CTA_LABELS, LABEL_BITS, 16, 0, 0 },
	{ CTA_USE, NUMBER, 4, 0, 0 },
	{ CTA_TUPLE_MASTER, NEST, 0, &tuple, 0 },
	{ CTA_SEQ_ADJ_ORIG, NEST, 0, &three, 0 },
	{ CTA_SEQ_ADJ_REPLY, NEST, 0, &three, 0 },
	{ CTA_SYNPROXY, LOOSE_NEST, 0, &three, 0 },
	{ TIMESTAMP_EVENT_TYPE, LATER, 8, 0, 0 },
	{ CTA_NAT_SRC, BLOB, 24, 0, 0 },
	{ CTA_NAT_DST, BLOB, 24, 0, 0 },
	{ CTA_MARK_MASK, BLOB, 4, 0, 0 },
	{ CTA_LABELS_MASK, BLOB, 16, 0, 0 },
	{ 0 },
};
static const struct nest flow = { flow_shapes, 0, 0 };

static const struct shape nat_shapes[] = { { CTA_EXPECT_NAT_DIR, NUMBER, 4, 0, 0 },
	{ CTA_EXPECT_NAT_TUPLE, NEST, 0, &tuple, 0 }, { 0 } };
static const struct nest nat = { nat_shapes, 3, 27 };
static const struct shape expect_shapes[] = {
	{ CTA_EXPECT_MASTER, NEST, 0, &tuple, 0 },
	{ CTA_EXPECT_TUPLE, NEST, 0, &tuple, 0 },
	{ CTA_EXPECT_MASK, NEST, 0, &tuple, 0 },
	{ CTA_EXPECT_TIMEOUT, NUMBER, 4, 0, 0 },
	{ CTA_EXPECT_ID, NUMBER, 4, 0, 0 },
	{ CTA_EXPECT_FLAGS, NUMBER, 4, 0, 0 },
	{ CTA_EXPECT_CLASS, UNCHECKED, 4, 0, 0 },
	{ CTA_EXPECT_HELP_NAME, TEXT, 20, 0, 0 },
	{ CTA_EXPECT_ZONE, NUMBER, 2, 0, 0 },
	{ CTA_EXPECT_NAT, NEST, 0, &nat, 0 },
	{ CTA_EXPECT_FN, FUNCTION, 22, 0, 0 },
	{ 0 },
};
static const struct nest expect = { expect_shapes, 0, 0 };

static const struct shape *shape_of(const struct nest *nest, uint16_t type)
{
	for (const struct shape *shape = nest->shapes; shape->type; shape++)
		if (shape->type == type)
			return shape;
	return NULL;
}

/* Writing. */

void start_message(struct message *m, uint16_t type, uint16_t flags, uint8_t family)
{
	memset(m->bytes, 0, MESSAGE_HEADER);
	memcpy(m->bytes + 4, &type, 2);
	memcpy(m->bytes + 6, &flags, 2);
	m->bytes[NETLINK_HEADER] = family;
	m->len = MESSAGE_HEADER;
}

void put_attribute(struct message *m, uint16_t type, const void *payload, size_t len)
{
	uint16_t size = (uint16_t)(4 + len);
	size_t padded = (4 + len + 3) & ~(size_t)3;

	if (m->len + padded + 64 > MESSAGE_ROOM)
		return;
	memset(m->bytes + m->len, 0, padded);
	memcpy(m->bytes + m->len, &size, 2);
	memcpy(m->bytes + m->len + 2, &type, 2);
	memcpy(m->bytes + m->len + 4, payload, len);
	m->len += padded;
}

size_t start_nest(struct message *m, uint16_t type)
{
	size_t start = m->len;

	put_attribute(m, type, "", 0);
	return start;
}

void end_nest(struct message *m, size_t start)
{
	uint16_t size = (uint16_t)(m->len - start);

	memcpy(m->bytes + start, &size, 2);
}

void end_message(struct message *m)
{
	uint32_t len = (uint32_t)m->len;

	memcpy(m->bytes, &len, 4);
	memset(m->bytes + m->len, 0, 64);
}

/* Reading. */

const uint8_t *area_of(const struct message *m)
{
	return m->bytes + MESSAGE_HEADER;
}

size_t area_len(const struct message *m)
{
	return m->len < MESSAGE_HEADER ? 0 : m->len - MESSAGE_HEADER;
}

/* The attribute at the start of an area; false when none is, or it does not fit. */
static bool read_attribute(const uint8_t *area, size_t len, uint16_t *type, size_t *payload)
{
	uint16_t size;

	if (len < 4)
		return false;
	memcpy(&size, area, 2);
	memcpy(type, area + 2, 2);
	*type &= NLA_TYPE_MASK;
	*payload = size - 4u;
	return size >= 4 && size <= len;
}

static size_t step(size_t payload, size_t len)
{
	size_t padded = (4 + payload + 3) & ~(size_t)3;

	return padded < len ? padded : len;
}

const uint8_t *find_attribute(const uint8_t *area, size_t len, uint16_t type, size_t *payload)
{
	const uint8_t *found = NULL;
	uint16_t seen;
	size_t size;

	while (read_attribute(area, len, &seen, &size)) {
		size_t taken = step(size, len);

		if (seen == type) {
			found = area + 4;
			*payload = size;
		}
		area += taken;
		len -= taken;
	}
	return found;
}

/* Whether a time comes after the last second that a time_t has. */
static bool is_late(const uint8_t *payload)
{
	uint64_t nanoseconds = 0;

	for (int i = 0; i < 8; i++)
		nanoseconds = nanoseconds << 8 | payload[i];
	return nanoseconds / 1000000000 > (uint64_t)TIME_MAX;
}

static unsigned judge_length(const struct shape *shape, const uint8_t *payload, size_t len)
{
	switch (shape->form) {
	case NUMBER:
		return len == shape->size ? 0 : FATAL;
	case TIME:
		return len != 8 ? FATAL : is_late(payload) ? LATE : 0;
	case TEXT:
		return len == 0 ? FATAL : memchr(payload, 0, len + 1) ? 0 : UNBOUNDED;
	case NEST:
		return len == 0 || len >= 4 ? 0 : FATAL;
	case LOOSE_NEST:
		return len == 0 || len >= 4 ? 0 : NEWER;
	case LABEL_BITS:
		return len > LABELS_MAX ? TOO_LONG : len > 0 && HAS_LABEL_WORDS ? LABEL_WORDS : 0;
	case FUNCTION:
		return len > FUNCTION_NAME_MAX ? FATAL : memchr(payload, 0, len + 1) ? 0 : UNBOUNDED;
	case UNCHECKED:
	case LATER:
		return len == shape->size ? 0 : NEWER;
	default:
		return 0;
	}
}

/* What an area has held so far: which attributes, and which shared places they are stored in. */
struct contents {
	unsigned types, places;
};

static unsigned judge_meeting(struct contents *seen, const struct shape *shape)
{
	bool is_again = seen->types >> shape->type & 1;
	bool is_whole = shape->inner || shape->form == LABEL_BITS; /* the last one counts, be it empty */
	bool contradicts = is_again ? is_whole : (seen->places & shape->shares) != 0;

	seen->types |= 1u << shape->type;
	seen->places |= shape->shares;
	return contradicts ? CONTRADICTION : 0;
}

static unsigned judge_area(const struct nest *nest, const uint8_t *area, size_t len)
{
	const uint8_t *start = area;
	size_t whole = len, size, payload;
	struct contents seen = { 0 };
	unsigned judgement = 0;
	uint16_t type;

	while (read_attribute(area, len, &type, &payload)) {
		const struct shape *shape = shape_of(nest, type);
		size_t taken = step(payload, len);

		if (shape)
			judgement |= judge_length(shape, area + 4, payload) | judge_meeting(&seen, shape);
		else if (type >= nest->bad_from && type <= nest->bad_to && nest->bad_to)
			judgement |= DAMAGE;
		area += taken;
		len -= taken;
	}
	for (const struct shape *shape = nest->shapes; shape->type; shape++)
		if (shape->inner && (area = find_attribute(start, whole, shape->type, &size)))
			judgement |= judge_area(shape->inner, area, size);
	return judgement;
}

static unsigned count_attributes(const uint8_t *area, size_t len)
{
	unsigned count = 0;
	size_t payload;
	uint16_t type;

	while (read_attribute(area, len, &type, &payload)) {
		size_t taken = step(payload, len);

		area += taken;
		len -= taken;
		count++;
	}
	return count;
}

unsigned judge(const struct message *m, enum subsystem subsystem)
{
	size_t len = area_len(m), aligned = (len + 3) & ~(size_t)3;

	if (count_attributes(area_of(m), len) != count_attributes(area_of(m), aligned))
		return TAIL;
	return judge_area(subsystem == CONNTRACK ? &flow : &expect, area_of(m), len);
}

bool has_blocks(const struct message *m)
{
	size_t size;

	return find_attribute(area_of(m), area_len(m), CTA_HELP, &size) ||
		find_attribute(area_of(m), area_len(m), CTA_SECCTX, &size) ||
		find_attribute(area_of(m), area_len(m), CTA_LABELS, &size);
}

bool has_helper_info(const struct message *m, size_t *len)
{
	size_t size, name;
	const uint8_t *nest = find_attribute(area_of(m), area_len(m), CTA_HELP, &size);

	return nest && find_attribute(nest, size, CTA_HELP_NAME, &name) &&
		find_attribute(nest, size, CTA_HELP_INFO, len);
}

/* Random messages. */

static void any_leaf(struct walk *w, uint8_t *value, size_t size)
{
	static const uint8_t protocols[] = { 6, 6, 17, 1, 58, 132, 33, 47, 136, 50 };
	uint64_t nanoseconds = 1600000000000000000 + any(w) % 100000000000;

	any_bytes(w, value, size);
	if (size == 1 && !once_in(w, 4))
		*value = once_in(w, 2) ? (uint8_t)below(w, 12) : protocols[below(w, sizeof(protocols))];
	else if (size == 8 && once_in(w, 2))
		for (int i = 0; i < 8; i++)
			value[i] = (uint8_t)(nanoseconds >> (56 - 8 * i));
	else if (size > 1 && !once_in(w, 3))
		for (size_t i = 0; i < size; i++)
			value[i] = (uint8_t)(i + 1 < size || once_in(w, 2) ? 0 : below(w, 6));
}

static void any_area(struct walk *w, struct message *m, const struct nest *nest, unsigned rarity);

static void put_shape(struct walk *w, struct message *m, const struct shape *shape)
{
	static uint8_t value[LABELS_MAX + 64];
	uint16_t order = once_in(w, 30) ? NLA_F_NET_BYTEORDER : 0;
	size_t size = shape->size, start;

	switch (shape->form) {
	case NEST:
	case LOOSE_NEST:
		start = start_nest(m, shape->type | order | (once_in(w, 12) ? 0 : NLA_F_NESTED));
		any_area(w, m, shape->inner, 1 + below(w, 3));
		end_nest(m, start);
		return;
	case TEXT:
	case FUNCTION:
		any_text(w, (char *)value, size);
		put_attribute(m, shape->type | order, value, strlen((char *)value) + !once_in(w, 16));
		return;
	case LABEL_BITS:
		size = once_in(w, 100) ? LABELS_MAX - 4 + below(w, 12) : once_in(w, 3) ? below(w, 40) : size;
		break;
	case BLOB:
		size = below(w, (unsigned)size + 1);
		break;
	default:
		break;
	}
	any_leaf(w, value, size);
	put_attribute(m, shape->type | order, value, size);
}

/* Attributes of a nest, mostly in the kernel's order; one in `rarity` is there. Few contradict each other. */
static void any_area(struct walk *w, struct message *m, const struct nest *nest, unsigned rarity)
{
	unsigned count = 0, first;
	struct contents seen = { 0 };

	while (nest->shapes[count].type)
		count++;
	first = once_in(w, 3) ? below(w, count) : 0;
	for (unsigned i = 0; i < count; i++) {
		const struct shape *shape =
			&nest->shapes[once_in(w, 20) ? below(w, count) : (first + i) % count];

		if (once_in(w, rarity) && (!judge_meeting(&seen, shape) || once_in(w, 100)))
			put_shape(w, m, shape);
	}
	if (once_in(w, 12))
		put_attribute(m, (uint16_t)(once_in(w, 2) ? 28 + below(w, 40) : below(w, 0x4000)), "unknown",
			below(w, 8));
}

static void copy_golden(struct walk *w, struct message *m, enum subsystem subsystem)
{
	const char *hex = golden_messages[subsystem == CONNTRACK ? below(w, GOLDEN_FLOWS) : GOLDEN_FLOWS];
	char pair[3] = { 0 };

	m->len = 0;
	for (; *hex; hex++) {
		if (*hex == ' ')
			continue;
		memcpy(pair, hex, 2);
		m->bytes[m->len++] = (uint8_t)strtoul(pair, NULL, 16);
		hex++;
	}
}

/* One thing broken at a random place. */
static void mutate(struct walk *w, struct message *m)
{
	size_t area = area_len(m), at = MESSAGE_HEADER + (area ? below(w, (unsigned)area) : 0);
	uint16_t length = (uint16_t)(once_in(w, 3) ? any_number(w) : below(w, 40));

	switch (below(w, 7)) {
	case 0:
		m->bytes[at] ^= (uint8_t)(1u << below(w, 8));
		break;
	case 1:
		m->bytes[at] = (uint8_t)any(w);
		break;
	case 2:
		memcpy(m->bytes + (at & ~(size_t)3), &length, 2);
		break;
	case 3:
		m->bytes[(at & ~(size_t)3) + 2] = (uint8_t)below(w, 32);
		break;
	case 4: /* cut short */
		m->len = once_in(w, 4) ? NETLINK_HEADER + below(w, 8) : at;
		break;
	case 5: /* an attribute again, at the end */
		if (area >= 8 && m->len + 128 < MESSAGE_ROOM) {
			memcpy(m->bytes + m->len, area_of(m), area < 64 ? area & ~(size_t)3 : 64);
			m->len += area < 64 ? area & ~(size_t)3 : 64;
		}
		break;
	default: /* rubbish behind */
		any_bytes(w, m->bytes + m->len, 8);
		m->len += 1 + below(w, 8);
	}
}

void break_message(struct walk *w, struct message *m)
{
	for (unsigned i = 0, n = 1 + below(w, 3); i < n; i++)
		mutate(w, m);
	end_message(m);
}

void any_message(struct walk *w, struct message *m, enum subsystem subsystem)
{
	static const uint16_t flags[] = { 0, 0x600, 0x400, 0x200, 2, 0x22, 5 };
	uint16_t number =
		(uint16_t)(once_in(w, 12) ? below(w, 256) : (unsigned[]){ 0, 0, 2, 1, 3 }[below(w, 5)]);
	unsigned family = once_in(w, 12) ? below(w, 256) : once_in(w, 2) ? 2 : 10;

	start_message(m, (uint16_t)(subsystem << 8 | number), flags[below(w, 7)], (uint8_t)family);
	if (once_in(w, 4))
		copy_golden(w, m, subsystem);
	else
		any_area(w, m, subsystem == CONNTRACK ? &flow : &expect, 1 + below(w, 6));
	if (once_in(w, 2))
		break_message(w, m);
	end_message(m);
	say_bytes(w, "message", m->bytes, m->len);
}
