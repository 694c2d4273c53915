/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Event filters, judged by what they let pass.
 *
 * A filter is a program in the kernel, so its text is nobody's business: it is attached to one end of a pair
 * of sockets, messages are sent to the other, and the two libraries' verdicts are compared. Values come from
 * a small choice, so that filters and messages meet. List lengths stay within those that the original gets
 * right.
 */
#include "message.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum filter_attribute {
	L4PROTO,
	L4PROTO_STATE,
	SRC_IPV4,
	DST_IPV4,
	SRC_IPV6,
	DST_IPV6,
	MARK,
	ZONE,
	FILTER_ATTRIBUTES
};

/* How many values of an attribute the original gets right. */
static const unsigned most[FILTER_ATTRIBUTES] = {
	[L4PROTO] = 255,
	[L4PROTO_STATE] = 16,
	[SRC_IPV4] = 84,
	[DST_IPV4] = 84,
	[SRC_IPV6] = 1,
	[DST_IPV6] = 1,
	[MARK] = 85,
};

/* A filter on both sides, and what it holds. */
struct filter {
	struct nfct_filter *object[2];
	unsigned held[FILTER_ATTRIBUTES];
	uint16_t with_states; /* the protocol whose states it tests */
};

static const uint32_t addresses[] = { 0x01010101, 0x01010102, 0x0a000001, 0x14000001 };
static const uint32_t masks[] = { 0xffffffff, 0xffffffff, 0xffffff00, 0xff000000, 0, 0x0000ffff };
static const uint16_t protocols[] = { 6, 6, 17, 132, 33, 1, 47 };

static void put_be32(uint8_t at[4], uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* Messages. */

static void put_addresses(struct walk *w, struct message *m, bool is_ipv6)
{
	size_t start = start_nest(m, CTA_TUPLE_IP | NLA_F_NESTED), size = is_ipv6 ? 16 : 4;
	uint16_t first = is_ipv6 ? CTA_IP_V6_SRC : CTA_IP_V4_SRC;

	for (uint16_t i = 0; i < 2; i++) {
		uint8_t address[16] = { 0x20, 1 };

		put_be32(address + size - 4, addresses[below(w, 4)]);
		if (!once_in(w, 12))
			put_attribute(m, first + i, address, size);
	}
	end_nest(m, start);
}

static uint8_t put_tuple(struct walk *w, struct message *m, uint16_t type, bool is_ipv6)
{
	size_t start = start_nest(m, type | NLA_F_NESTED), inner;
	uint8_t protocol = (uint8_t)protocols[below(w, 7)];

	if (!once_in(w, 12))
		put_addresses(w, m, is_ipv6);
	if (!once_in(w, 12)) {
		inner = start_nest(m, CTA_TUPLE_PROTO | NLA_F_NESTED);
		put_attribute(m, CTA_PROTO_NUM, &protocol, 1);
		put_attribute(m, CTA_PROTO_SRC_PORT, "\1\2", 2);
		put_attribute(m, CTA_PROTO_DST_PORT, "\3\4", 2);
		end_nest(m, inner);
	}
	end_nest(m, start);
	return protocol;
}

/* The nest with a protocol's state; 0 for a protocol without. */
static uint16_t protoinfo_of(uint8_t protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return CTA_PROTOINFO_TCP;
	case IPPROTO_DCCP:
		return CTA_PROTOINFO_DCCP;
	case IPPROTO_SCTP:
		return CTA_PROTOINFO_SCTP;
	default:
		return 0;
	}
}

static void put_state(struct walk *w, struct message *m, uint8_t protocol)
{
	uint16_t kind = protoinfo_of(protocol);
	uint8_t state = (uint8_t)below(w, 6);
	size_t start, inner;

	if (!kind || once_in(w, 6))
		return;
	start = start_nest(m, CTA_PROTOINFO | NLA_F_NESTED);
	inner = start_nest(m, kind | NLA_F_NESTED);
	if (!once_in(w, 8))
		put_attribute(m, CTA_PROTOINFO_TCP_STATE, &state, 1);
	if (kind == CTA_PROTOINFO_TCP && once_in(w, 2))
		put_attribute(m, CTA_PROTOINFO_TCP_WSCALE_ORIGINAL, "\7", 1);
	end_nest(m, inner);
	end_nest(m, start);
}

/* An event, or another message that comes by; attributes in the kernel's order. */
static void any_event(struct walk *w, struct message *m)
{
	uint16_t type = once_in(w, 10) ? (uint16_t)(unsigned[]){ 0x200, 2, 3, 0x300 }[below(w, 4)]
				       : (uint16_t)(0x100 | below(w, 4));
	bool is_ipv6 = once_in(w, 3);
	uint8_t protocol = 0, number[4] = { 0 };

	start_message(m, type, 0x600, is_ipv6 ? 10 : 2);
	if (!once_in(w, 12))
		protocol = put_tuple(w, m, CTA_TUPLE_ORIG, is_ipv6);
	if (!once_in(w, 6))
		put_tuple(w, m, CTA_TUPLE_REPLY, is_ipv6);
	number[1] = (uint8_t)below(w, 3);
	if (once_in(w, 3))
		put_attribute(m, CTA_ZONE, number, 2);
	put_attribute(m, CTA_ID, "\1\2\3\4", 4);
	put_attribute(m, CTA_STATUS, "\0\0\0\x0e", 4);
	put_state(w, m, protocol);
	put_be32(number, below(w, 4));
	if (once_in(w, 2))
		put_attribute(m, CTA_MARK, number, 4);
	end_message(m);
}

/*
 * Whether the original mistakes another part of the message for one that is not there: a search that finds
 * nothing inside the original tuple goes on behind it, and takes the reply tuple for the protocol part.
 */
static bool is_mistaken(const struct message *m)
{
	size_t size, found;
	const uint8_t *tuple = find_attribute(area_of(m), area_len(m), CTA_TUPLE_ORIG, &size);

	return tuple && !find_attribute(tuple, size, CTA_TUPLE_PROTO, &found);
}

/* Filters. */

static void add_ipv4(struct walk *w, struct filter *filter, enum filter_attribute attr, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		uint32_t value[2] = { once_in(w, 4) ? (uint32_t)any(w) : addresses[below(w, 4)],
			masks[below(w, 6)] };

		say(w, "    attribute %d, %08x mask %08x\n", attr, value[0], value[1]);
		BOTH_VOID(w, nfct_filter_add_attr, (filter->object[s], attr, value));
	}
}

static void add_ipv6(struct walk *w, struct filter *filter, enum filter_attribute attr, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		uint32_t value[8] = { 0x20010000, 0, 0, addresses[below(w, 4)] };

		for (int word = 4; word < 8; word++)
			value[word] = once_in(w, 2) ? 0xffffffff : masks[below(w, 6)];
		say(w, "    attribute %d, %08x mask %08x\n", attr, value[3], value[7]);
		BOTH_VOID(w, nfct_filter_add_attr, (filter->object[s], attr, value));
	}
}

static void add_mark(struct walk *w, struct filter *filter, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		uint32_t value[2] = { once_in(w, 4) ? (uint32_t)any(w) : below(w, 4),
			once_in(w, 4) ? 1 : 0xffffffff };

		say(w, "    mark 0x%x mask 0x%x\n", value[0], value[1]);
		BOTH_VOID(w, nfct_filter_add_attr, (filter->object[s], MARK, value));
	}
}

static void add_protocol(struct walk *w, struct filter *filter, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		uint32_t value = once_in(w, 3) ? below(w, 263) : protocols[below(w, 7)];

		say(w, "    protocol %u\n", value);
		if (once_in(w, 2))
			BOTH_VOID(w, nfct_filter_add_attr_u32, (filter->object[s], L4PROTO, value));
		else
			BOTH_VOID(w, nfct_filter_add_attr, (filter->object[s], L4PROTO, &value));
	}
}

/* States of one protocol: those of several are mixed up by the original. */
static void add_states(struct walk *w, struct filter *filter, unsigned count)
{
	uint16_t value[2] = { (uint16_t)(unsigned[]){ IPPROTO_TCP, IPPROTO_DCCP, IPPROTO_SCTP }[below(w, 3)],
		0 };

	if (filter->with_states && filter->with_states != value[0]) {
		count_known(w, K_FILTER_STATES);
		value[0] = filter->with_states;
	}
	filter->with_states = value[0];
	for (unsigned i = 0; i < count; i++) {
		value[1] = (uint16_t)below(w, once_in(w, 6) ? 20 : 6);
		say(w, "    protocol %u state %u\n", value[0], value[1]);
		BOTH_VOID(w, nfct_filter_add_attr, (filter->object[s], L4PROTO_STATE, value));
	}
}

/* How many values to add: mostly few, never more than the original gets right. */
static unsigned any_count(struct walk *w, struct filter *filter, enum filter_attribute attr)
{
	unsigned count = once_in(w, 12) ? below(w, most[attr] + 1) : 1 + below(w, 3);

	if (filter->held[attr] + count > most[attr]) {
		count_known(w, attr == SRC_IPV6 || attr == DST_IPV6 ? K_FILTER_V6_LIST : K_FILTER_LONG_LIST);
		count = most[attr] - filter->held[attr];
	}
	filter->held[attr] += count;
	return count;
}

/* An attribute that no version knows. */
static void add_odd(struct walk *w, struct filter *filter)
{
	static const unsigned odd[] = { 8, 9, 0x7fffffff, 0xffffffff };
	unsigned which = below(w, sizeof(odd) / sizeof(*odd));
	uint32_t value[8] = { 0 };

	BOTH_VOID(w, nfct_filter_add_attr, (filter->object[s], odd[which], value));
}

static void add(struct walk *w, struct filter *filter)
{
	enum filter_attribute attr = below(w, FILTER_ATTRIBUTES);

	switch (attr) {
	case L4PROTO:
		add_protocol(w, filter, any_count(w, filter, attr));
		break;
	case L4PROTO_STATE:
		add_states(w, filter, any_count(w, filter, attr));
		break;
	case SRC_IPV4:
	case DST_IPV4:
		add_ipv4(w, filter, attr, any_count(w, filter, attr));
		break;
	case SRC_IPV6:
	case DST_IPV6:
		add_ipv6(w, filter, attr, any_count(w, filter, attr));
		break;
	case MARK:
		add_mark(w, filter, any_count(w, filter, attr));
		break;
	default:
		count_known(w, K_FILTER_NEWER);
		add_odd(w, filter);
	}
}

static void set_logic(struct walk *w, struct filter *filter)
{
	unsigned attr = once_in(w, 10) ? 8 + below(w, 3) : below(w, ZONE), logic = below(w, 2);
	struct outcome got;

	say(w, "    logic of %u: %u\n", attr, logic);
	BOTH(w, got, nfct_filter_set_logic, (filter->object[s], attr, logic));
	same_all(w, &got);
}

/* Verdicts. */

/* Two pairs of sockets, one for each side; they live as long as the process. */
static const int (*sockets(void))[2]
{
	static int pairs[2][2] = { { -1, -1 }, { -1, -1 } };

	for (int s = 0; s < 2; s++)
		if (pairs[s][0] < 0 && socketpair(AF_UNIX, SOCK_DGRAM, 0, pairs[s]) != 0)
			return NULL;
	return (const int (*)[2])pairs;
}

/* Sends a message through both filters; a verdict is the number of bytes that arrive, or -1. */
static void judge_event(struct walk *w, const int (*pairs)[2])
{
	static struct message m;
	static uint8_t arrived[MESSAGE_ROOM];
	struct outcome verdict = { .function = F_nfct_filter_attach };

	any_event(w, &m);
	say_bytes(w, "message", m.bytes, m.len);
	if (is_mistaken(&m)) {
		count_known(w, K_FILTER_NO_PROTOCOL);
		return;
	}
	for (int s = 0; s < 2; s++) {
		if (send(pairs[s][0], m.bytes, m.len, 0) < 0)
			return;
		verdict.value[s] = recv(pairs[s][1], arrived, sizeof(arrived), MSG_DONTWAIT);
	}
	say(w, "    verdicts %d and %d\n", (int)verdict.value[0], (int)verdict.value[1]);
	same_value(w, &verdict);
}

static void use_filter(struct walk *w, const struct filter *filter, const int (*pairs)[2])
{
	struct outcome got;

	BOTH(w, got, nfct_filter_attach, (pairs[s][1], filter->object[s]));
	same_value(w, &got);
	if (got.value[0] != 0) {
		same_errno(w, &got);
		return;
	}
	for (unsigned i = 0, n = 4 + below(w, 12); i < n; i++)
		judge_event(w, pairs);
	BOTH(w, got, nfct_filter_detach, (pairs[s][1]));
	same_value(w, &got);
}

static void filter_events(struct walk *w)
{
	const int (*pairs)[2] = sockets();
	struct filter filter = { 0 };
	struct outcome got;

	if (!pairs)
		return;
	BOTH(w, got, nfct_filter_create, ());
	same_null(w, &got);
	for (int s = 0; s < 2; s++)
		filter.object[s] = POINTER(got, s);
	for (unsigned i = 0, n = below(w, 4); i < n; i++)
		add(w, &filter);
	for (unsigned i = 0, n = below(w, 5); i < n; i++)
		set_logic(w, &filter);
	use_filter(w, &filter, pairs);
	BOTH_VOID(w, nfct_filter_destroy, (filter.object[s]));
}

/* Descriptors that take no filter, and sockets that have none. */
/* Whether sockets have filters: an emulator of system calls (qemu-user) has no call that takes them away. */
static bool has_filters(void)
{
	int nothing = 0;

	return setsockopt(-1, SOL_SOCKET, SO_DETACH_FILTER, &nothing, sizeof(nothing)) != 0 && errno == EBADF;
}

static void wrong_descriptor(struct walk *w)
{
	const int (*pairs)[2] = sockets();
	struct outcome made, got;
	int file, fd;

	if (!has_filters()) {
		say(w, "    no filters in an emulator\n");
		return;
	}
	BOTH(w, made, nfct_filter_create, ());
	same_null(w, &made);
	file = open("/dev/null", O_RDONLY | O_CLOEXEC);
	fd = once_in(w, 2) ? -1 : file;
	BOTH(w, got, nfct_filter_attach, (fd, POINTER(made, s)));
	same_all(w, &got);
	BOTH(w, got, nfct_filter_detach, (fd));
	same_all(w, &got);
	BOTH_VOID(w, nfct_filter_destroy, (POINTER(made, s)));
	if (file >= 0)
		close(file);
	if (!pairs)
		return;
	BOTH(w, got, nfct_filter_detach, (pairs[s][1]));
	same_all(w, &got);
}

const struct operation filter_operations[] = {
	{ "filter events", 6, filter_events },
	{ "filters on wrong descriptors", 1, wrong_descriptor },
	{ 0 },
};
