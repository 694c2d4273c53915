/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Building requests from objects, and comparing them byte for byte.
 *
 * Buffers that a builder does not clear itself are zero, because the original's padding is what the buffer
 * held. A tuple that it begins and takes back leaves traces there: in its messages, not in ours, padding is
 * cleared before comparing.
 */
#include "message.h"

#include <string.h>

#define ROOM 36864 /* two label masks of the largest size, and everything else */

static uint8_t buffers[2][ROOM];
static size_t before; /* bytes of what stood in the message before it was built */
static size_t needed; /* bytes that the message last built takes, on the side that takes more */
static uint8_t subsystem_handle[64]; /* asked for by the deprecated builders, and not used */

#define SSH ((struct nfnl_subsys_handle *)(void *)subsystem_handle)

static size_t length_of(const uint8_t *buffer)
{
	uint32_t len;

	memcpy(&len, buffer, sizeof(len));
	return len <= ROOM ? len : ROOM;
}

/* Takes the payload of CTA_HELP_INFO out of a message: the last attribute of CTA_HELP. */
static void strip_info(uint8_t *buffer)
{
	size_t len = length_of(buffer), size, info;
	uint8_t *help, *payload;
	uint16_t header[2];

	if (len < MESSAGE_HEADER)
		return;
	help = (uint8_t *)find_attribute(buffer + MESSAGE_HEADER, len - MESSAGE_HEADER, CTA_HELP, &size);
	payload = help ? (uint8_t *)find_attribute(help, size, CTA_HELP_INFO, &info) : NULL;
	if (!payload)
		return;
	info = (info + 3) & ~(size_t)3;
	memmove(payload, payload + info, (size_t)(buffer + ROOM - payload) - info);
	memset(buffer + ROOM - info, 0, info);
	header[0] = 4;
	memcpy(payload - 4, header, 2);
	header[0] = (uint16_t)(4 + size - info);
	memcpy(help - 4, header, 2);
	len -= info;
	memcpy(buffer, &(uint32_t){ (uint32_t)len }, 4);
}

/* Zeros between the attributes of an area, and in its nests. */
static void clear_padding(uint8_t *area, size_t len)
{
	uint16_t size, type;

	while (len >= 4) {
		memcpy(&size, area, 2);
		memcpy(&type, area + 2, 2);
		if (size < 4 || size > len)
			return;
		if (type & NLA_F_NESTED)
			clear_padding(area + 4, size - 4u);
		for (; size % 4 && size < len; size++)
			area[size] = 0;
		area += size;
		len -= size;
	}
}

/* The messages that both have built. */
static void same_message(struct walk *w, const struct outcome *got, const struct flow *f)
{
	size_t len = length_of(buffers[0]), second = length_of(buffers[1]);

	needed = second > len ? second : len;
	say_bytes(w, "built", buffers[0], len < 4096 ? len : 4096);
	if (f && f->info_loose && memcmp(buffers[0], buffers[1], len) != 0) {
		count_known(w, K_HELPER_INFO_LENGTH);
		strip_info(buffers[0]);
		strip_info(buffers[1]);
		len = length_of(buffers[0]);
	}
	for (int s = 0; s < 2; s++)
		if (w->lib[s].is_original && len >= MESSAGE_HEADER)
			clear_padding(buffers[s] + MESSAGE_HEADER, len - MESSAGE_HEADER);
	same_bytes(w, got->function, buffers[0], buffers[1], len < 4 ? 4 : len);
}

/* Headers in both buffers, and sometimes an attribute that stands there already. */
static void start_buffers(struct walk *w)
{
	static struct message m;

	start_message(&m, (uint16_t)any(w), (uint16_t)any(w), (uint8_t)below(w, 11));
	if (once_in(w, 4))
		put_attribute(&m, 99, "before", 6);
	end_message(&m);
	before = m.len - MESSAGE_HEADER;
	memset(buffers, 0, sizeof(buffers));
	memcpy(buffers[0], m.bytes, m.len);
	memcpy(buffers[1], m.bytes, m.len);
}

static struct nlmsghdr *in(int side)
{
	return (struct nlmsghdr *)(void *)buffers[side];
}

static void dirty_buffers(void)
{
	memset(buffers, 0xa5, sizeof(buffers));
}

/* Whether a part of what ours has built holds nothing but one byte. */
static bool holds_only(size_t from, size_t to, uint8_t byte)
{
	for (size_t i = from; i < to; i++)
		if (buffers[1][i] != byte)
			return false;
	return true;
}

/* Whether ours has left alone what stands behind the buffer it was told of. */
static void check_behind(struct walk *w, enum function function, size_t size)
{
	ours_must(w, function, holds_only(size, ROOM, 0xa5), "not write behind the buffer");
}

/* A build that failed: 1.0.9 leaves the buffer as it was. Without a family nothing is written since 1.1.0. */
static void check_failed(struct walk *w, const struct outcome *got, size_t size)
{
	count_known(w, K_UNTOUCHED_BUFFER);
	if (got->error[0] == EINVAL)
		ours_must(w, got->function, holds_only(0, size, 0), "clear the buffer when it fails");
}

bool build_attributes(struct walk *w, const struct flow *f)
{
	struct outcome got;

	start_buffers(w);
	BOTH(w, got, nfct_nlmsg_build, (in(s), f->ct[s]));
	same_all(w, &got);
	same_message(w, &got, f);
	return got.value[0] == 0;
}

static void build_flow(struct walk *w)
{
	build_attributes(w, any_flow(w));
}

/* What the message just built needs without what stood there before. */
static unsigned exact_size(void)
{
	return (unsigned)(needed - before);
}

/* How much room a deprecated builder is told of: all, or exactly what the message needs. */
static unsigned any_size(struct walk *w)
{
	return once_in(w, 3) ? exact_size() : ROOM;
}

static void build_conntrack(struct walk *w)
{
	const struct flow *f = any_flow(w);
	uint16_t type = (uint16_t)any_number(w), flags = (uint16_t)any_number(w);
	bool whole = build_attributes(w, f);
	unsigned size = any_size(w);
	struct outcome got;

	say(w, "    size %u, type 0x%x, flags 0x%x\n", size, type, flags);
	dirty_buffers();
	BOTH(w, got, nfct_build_conntrack, (SSH, buffers[s], size, type, flags, f->ct[s]));
	same_all(w, &got);
	check_behind(w, F_nfct_build_conntrack, size);
	if (whole)
		same_message(w, &got, f);
	else
		check_failed(w, &got, size);
}

/* A query about an object that cannot be encoded whole: ours must refuse it. */
static void refuse(struct walk *w, const struct flow *f, unsigned query)
{
	count_known(w, K_CRIPPLED_REQUEST);
	if (w->lib[1].is_original)
		return;
	errno = UNTOUCHED;
	ours_must(w, F_nfct_build_query,
		w->lib[1].nfct_build_query(SSH, query, f->ct[1], buffers[1], ROOM) == -1,
		"refuse an object that cannot be encoded whole");
}

void query_any(struct walk *w, const struct flow *f)
{
	static const unsigned queries[] = { 0, 1, 2, 3, 7 };
	unsigned query = queries[below(w, 5)], size;
	struct outcome got;

	say(w, "    query %u\n", query);
	if (!build_attributes(w, f)) {
		refuse(w, f, query);
		return;
	}
	size = any_size(w);
	say(w, "    size %u\n", size);
	dirty_buffers();
	BOTH(w, got, nfct_build_query, (SSH, query, f->ct[s], buffers[s], size));
	same_all(w, &got);
	check_behind(w, F_nfct_build_query, size);
	same_message(w, &got, f);
}

static void query_flow(struct walk *w)
{
	query_any(w, any_flow(w));
}

/* A buffer too small: ours must neither succeed nor touch what lies behind. */
static void query_without_room(struct walk *w)
{
	const struct flow *f = any_flow(w);
	unsigned size;

	if (!build_attributes(w, f))
		return;
	size = below(w, exact_size());
	count_known(w, K_SMALL_BUFFER);
	if (w->lib[1].is_original)
		return;
	say(w, "    size %u\n", size);
	dirty_buffers();
	ours_must(w, F_nfct_build_query, w->lib[1].nfct_build_query(SSH, 0, f->ct[1], buffers[1], size) == -1,
		"fail when the message does not fit");
	check_behind(w, F_nfct_build_query, size);
}

static void query_family(struct walk *w)
{
	unsigned query = once_in(w, 6) ? 11 + any_number(w) % 0x7ffffff0 : 4 + below(w, 3);
	uint32_t family = once_in(w, 4) ? any_number(w) : below(w, 11);
	struct outcome got;

	say(w, "    query %u, family %u\n", query, family);
	dirty_buffers();
	if (once_in(w, 2))
		BOTH(w, got, nfct_build_query, (SSH, query, &family, buffers[s], ROOM));
	else
		BOTH(w, got, nfexp_build_query, (SSH, query, &family, buffers[s], ROOM));
	same_all(w, &got);
	same_message(w, &got, NULL);
}

/* Filters of dumps are requests too; the filter stands in the walk. */
static void query_filter(struct walk *w)
{
	unsigned query = 8 + below(w, 2);
	struct outcome got;

	if (!w->dump[0])
		return;
	say(w, "    query %u\n", query);
	start_buffers(w);
	BOTH(w, got, nfct_nlmsg_build_filter, (in(s), w->dump[s]));
	same_all(w, &got);
	same_message(w, &got, NULL);
	dirty_buffers();
	BOTH(w, got, nfct_build_query, (SSH, query, w->dump[s], buffers[s], ROOM));
	same_all(w, &got);
	same_message(w, &got, NULL);
}

static void flush_filter(struct walk *w)
{
	count_known(w, K_FLUSH_FILTER);
	if (w->lib[1].is_original || !w->dump[1])
		return;
	dirty_buffers();
	ours_must(w, F_nfct_build_query,
		w->lib[1].nfct_build_query(SSH, 10, w->dump[1], buffers[1], ROOM) == 1,
		"build a flush with a filter");
}

static void build_expect(struct walk *w)
{
	const struct expect *e = any_expect(w);
	uint16_t type = (uint16_t)any_number(w), flags = (uint16_t)any_number(w);
	struct outcome got;
	unsigned size;

	start_buffers(w);
	BOTH(w, got, nfexp_nlmsg_build, (in(s), e->exp[s]));
	same_all(w, &got);
	same_message(w, &got, NULL);
	size = any_size(w);
	say(w, "    size %u, type 0x%x, flags 0x%x\n", size, type, flags);
	dirty_buffers();
	BOTH(w, got, nfexp_build_expect, (SSH, buffers[s], size, type, flags, e->exp[s]));
	same_all(w, &got);
	check_behind(w, F_nfexp_build_expect, size);
	if (got.value[0] == 0)
		same_message(w, &got, NULL);
	else
		check_failed(w, &got, size);
}

/* Whether the original can build a query about the expectation that holds the expected tuple. */
static bool is_whole(struct walk *w, const struct expect *e)
{
	size_t size;

	dirty_buffers();
	return w->lib[0].nfexp_build_expect(SSH, buffers[0], ROOM, 0, 0, e->exp[0]) == 0 &&
		find_attribute(buffers[0] + MESSAGE_HEADER, length_of(buffers[0]) - MESSAGE_HEADER,
			CTA_EXPECT_TUPLE, &size);
}

static void query_expect(struct walk *w)
{
	static const unsigned queries[] = { 0, 2, 3, 7 };
	const struct expect *e = any_expect(w);
	unsigned query = queries[below(w, 4)];
	struct outcome got;

	say(w, "    query %u\n", query);
	if (!is_whole(w, e)) {
		count_known(w, K_CRIPPLED_REQUEST);
		if (query == 2 && !w->lib[1].is_original)
			ours_must(w, F_nfexp_build_query,
				w->lib[1].nfexp_build_query(SSH, query, e->exp[1], buffers[1], ROOM) == -1,
				"refuse a DELETE without the expected tuple");
		return;
	}
	dirty_buffers();
	BOTH(w, got, nfexp_build_query, (SSH, query, e->exp[s], buffers[s], ROOM));
	same_all(w, &got);
	same_message(w, &got, NULL);
}

const struct operation build_operations[] = {
	{ "build a flow", 5, build_flow },
	{ "build a flow with headers", 3, build_conntrack },
	{ "build a query about a flow", 6, query_flow },
	{ "build a query without room", 1, query_without_room },
	{ "build a query about a family", 2, query_family },
	{ "build a query with a filter", 2, query_filter },
	{ "build a flush with a filter", 1, flush_filter },
	{ "build an expectation", 3, build_expect },
	{ "build a query about an expectation", 3, query_expect },
	{ 0 },
};
