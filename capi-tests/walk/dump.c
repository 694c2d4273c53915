/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Filters of dumps; what they hold shows in the requests built with them. */
#include "walk.h"

#include <string.h>

void drop_dump(struct walk *w)
{
	if (w->dump[0])
		BOTH_VOID(w, nfct_filter_dump_destroy, (w->dump[s]));
	w->dump[0] = w->dump[1] = NULL;
}

static void new_dump(struct walk *w)
{
	struct outcome got;

	drop_dump(w);
	BOTH(w, got, nfct_filter_dump_create, ());
	same_null(w, &got);
	for (int s = 0; s < 2; s++)
		w->dump[s] = POINTER(got, s);
}

static void set(struct walk *w)
{
	/* MARK, L3NUM, STATUS, and numbers that no version knows. */
	static const unsigned numbers[] = { 0, 0, 1, 1, 2, 2, 5, 6, 0x80000000, 0xffffffff };
	unsigned attr = numbers[below(w, sizeof(numbers) / sizeof(*numbers))];
	uint32_t value[2] = { any_number(w), any_number(w) };

	if (!w->dump[0])
		new_dump(w);
	say(w, "    attribute %u, 0x%x 0x%x\n", attr, value[0], value[1]);
	if (attr == 1 && once_in(w, 2))
		BOTH_VOID(w, nfct_filter_dump_set_attr_u8, (w->dump[s], attr, (uint8_t)value[0]));
	else
		BOTH_VOID(w, nfct_filter_dump_set_attr, (w->dump[s], attr, value));
}

/* The two attributes of 1.1.0: ours takes them, and is left without a filter to compare. */
static void set_newer(struct walk *w)
{
	struct nfct_filter_dump *dump;

	count_known(w, K_DUMP_NEWER);
	if (w->lib[1].is_original)
		return;
	dump = w->lib[1].nfct_filter_dump_create();
	w->lib[1].nfct_filter_dump_set_attr_u16(dump, 3, 7);
	w->lib[1].nfct_filter_dump_set_attr(dump, 4, w->flows[0].ct[1]);
	w->lib[1].nfct_filter_dump_destroy(dump);
}

const struct operation dump_operations[] = {
	{ "a new dump filter", 1, new_dump },
	{ "set a dump filter", 5, set },
	{ "a dump filter of 1.1.0", 1, set_newer },
	{ 0 },
};
