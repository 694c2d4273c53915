/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Printing both objects in every form, at every size.
 *
 * The whole buffer is compared, what stands behind the text included. Sizes start at 1: size 0 aborts in the
 * original.
 */
#include "attributes.h"

#include <string.h>
#include <time.h>

#define ROOM 16384

static char texts[2][ROOM];

struct style {
	unsigned size, message, output, flags;
};

static struct style any_style(struct walk *w)
{
	static const unsigned messages[] = { 0, 0, 1, 2, 4, 3, 5, 7, 8, 0x80000000 };
	static const unsigned outputs[] = { 0, 0, 0, 1, 1, 1, 0, 1, 2, 3, 0xffffffff };
	struct style style = {
		.size = once_in(w, 3) ? ROOM : 1 + below(w, once_in(w, 2) ? 64 : 1200),
		.message = messages[below(w, sizeof(messages) / sizeof(*messages))],
		.output = outputs[below(w, sizeof(outputs) / sizeof(*outputs))],
		.flags = once_in(w, 16) ? any_number(w) : below(w, 16),
	};

	say(w, "    size %u, message %u, output %u, flags 0x%x\n", style.size, style.message, style.output,
		style.flags);
	return style;
}

/* errno is promised where printing fails; elsewhere the C library's time functions may touch it. */
static void same_text(struct walk *w, const struct outcome *got, unsigned size)
{
	size_t used = size + 64 < ROOM ? size + 64 : ROOM;

	for (int side = 0; side < 2; side++)
		say(w, "    \"%.*s\"\n", (int)size, texts[side][0] == (char)0xa5 ? "" : texts[side]);
	same_value(w, got);
	if (got->value[0] < 0)
		same_errno(w, got);
	same_bytes(w, got->function, texts[0], texts[1], used);
}

/* Whether a flow ended before it began: of its negative age a time_t of 32 bits has the lower half. */
static bool is_wrapped(struct walk *w, const struct flow *f)
{
	uint64_t start = w->lib[1].nfct_get_attr_u64(f->ct[1], TIMESTAMP_START);
	uint64_t stop = w->lib[1].nfct_get_attr_u64(f->ct[1], TIMESTAMP_STOP);

	if (sizeof(time_t) > 4 || start <= (stop != 0 ? stop : (uint64_t)time(NULL) * 1000000000))
		return false;
	count_known(w, K_LATE);
	return true;
}

static struct outcome print_flow(struct walk *w, const struct flow *f, const struct style *style)
{
	struct outcome got;

	memset(texts, 0xa5, sizeof(texts));
	BOTH(w, got, nfct_snprintf,
		(texts[s], style->size, f->ct[s], style->message, style->output, style->flags));
	if (!is_wrapped(w, f))
		same_text(w, &got, style->size);
	return got;
}

static struct outcome print_labels(struct walk *w, const struct flow *f, const struct style *style)
{
	struct outcome got;

	memset(texts, 0xa5, sizeof(texts));
	BOTH(w, got, nfct_snprintf_labels,
		(texts[s], style->size, f->ct[s], style->message, style->output, style->flags, w->map[s]));
	if (!is_wrapped(w, f))
		same_text(w, &got, style->size);
	return got;
}

static struct outcome print_expect(struct walk *w, const struct expect *e, const struct style *style)
{
	struct outcome got;

	memset(texts, 0xa5, sizeof(texts));
	BOTH(w, got, nfexp_snprintf,
		(texts[s], style->size, e->exp[s], style->message, style->output, style->flags));
	same_text(w, &got, style->size);
	return got;
}

/* Sizes around the length just returned, where cutting begins. */
static unsigned near_size(struct walk *w, const struct outcome *got)
{
	int64_t size = got->value[0] + (int64_t)below(w, 6) - 2;

	return size < 1 ? 1 : size > ROOM ? ROOM : (unsigned)size;
}

void print_any(struct walk *w, const struct flow *f)
{
	struct style style = any_style(w);
	struct outcome got = print_flow(w, f, &style);

	style.size = near_size(w, &got);
	say(w, "    size %u\n", style.size);
	print_flow(w, f, &style);
}

static void flow_text(struct walk *w)
{
	print_any(w, any_flow(w));
}

static void flow_text_with_labels(struct walk *w)
{
	const struct flow *f = any_flow(w);
	struct style style = any_style(w);
	struct outcome got = print_labels(w, f, &style);

	style.size = near_size(w, &got);
	say(w, "    size %u\n", style.size);
	print_labels(w, f, &style);
}

static void expect_text(struct walk *w)
{
	const struct expect *e = any_expect(w);
	struct style style = any_style(w);
	struct outcome got = print_expect(w, e, &style);

	style.size = near_size(w, &got);
	say(w, "    size %u\n", style.size);
	print_expect(w, e, &style);
}

const struct operation text_operations[] = {
	{ "print a flow", 12, flow_text },
	{ "print a flow with labels", 6, flow_text_with_labels },
	{ "print an expectation", 6, expect_text },
	{ 0 },
};
