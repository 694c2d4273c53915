/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bit masks. */
#include "walk.h"

static unsigned any_max(struct walk *w)
{
	static const unsigned edges[] = { 0, 31, 32, 63, 64, 126, 127, 128, 255, 65500, 65535, 65535, 65536,
		0xffffffff };

	return once_in(w, 3) ? edges[below(w, sizeof(edges) / sizeof(*edges))] : below(w, 160);
}

static unsigned any_bit(struct walk *w)
{
	return once_in(w, 10) ? any_number(w) : below(w, once_in(w, 2) ? 8 : 170);
}

static void new_mask(struct walk *w, struct mask *m)
{
	unsigned max = any_max(w);
	struct outcome got;

	do {
		say(w, "    highest bit %u\n", max);
		BOTH(w, got, nfct_bitmask_new, (max));
		same_null(w, &got);
		same_errno(w, &got);
		max = below(w, 200);
	} while (!got.value[0]);
	for (int s = 0; s < 2; s++)
		m->bits[s] = POINTER(got, s);
}

static void drop_mask(struct walk *w, struct mask *m)
{
	BOTH_VOID(w, nfct_bitmask_destroy, (m->bits[s]));
	*m = (struct mask){ 0 };
}

void new_masks(struct walk *w)
{
	for (int i = 0; i < MASKS; i++)
		new_mask(w, &w->masks[i]);
}

void drop_masks(struct walk *w)
{
	for (int i = 0; i < MASKS; i++)
		drop_mask(w, &w->masks[i]);
}

/* A mask of its own with some bits set, for an object to take. */
void any_mask(struct walk *w, struct nfct_bitmask *bits[2])
{
	struct mask m;

	new_mask(w, &m);
	for (unsigned i = 0, n = below(w, 12); i < n; i++) {
		unsigned bit = any_bit(w);

		BOTH_VOID(w, nfct_bitmask_set_bit, (m.bits[s], bit));
	}
	bits[0] = m.bits[0];
	bits[1] = m.bits[1];
}

static void test_bit(struct walk *w, const struct nfct_bitmask *const bits[2], unsigned bit)
{
	struct outcome got;

	BOTH(w, got, nfct_bitmask_test_bit, (bits[s], bit));
	same_value(w, &got);
}

void look_at_mask(struct walk *w, const struct nfct_bitmask *const bits[2])
{
	struct outcome got;

	BOTH(w, got, nfct_bitmask_maxbit, (bits[s]));
	same_value(w, &got);
	if (got.value[0] < 256)
		for (unsigned bit = 0; bit <= (unsigned)got.value[0] + 1; bit++)
			test_bit(w, bits, bit);
	else
		for (unsigned i = 0; i < 64; i++)
			test_bit(w, bits, below(w, (unsigned)got.value[0] + 3));
}

static struct mask *some_mask(struct walk *w)
{
	unsigned which = below(w, MASKS);

	say(w, "    mask %u\n", which);
	return &w->masks[which];
}

/* The next bit that is set, or the same where none is. */
static unsigned next_set(const struct walk *w, const struct mask *m, unsigned bit)
{
	for (unsigned next = bit; next <= w->lib[0].nfct_bitmask_maxbit(m->bits[0]); next++)
		if (w->lib[0].nfct_bitmask_test_bit(m->bits[0], next) == 1)
			return next;
	return bit;
}

static void change(struct walk *w)
{
	struct mask *m = some_mask(w);
	unsigned bit = any_bit(w);

	say(w, "    bit %u\n", bit);
	switch (below(w, 8)) {
	case 0:
		BOTH_VOID(w, nfct_bitmask_clear, (m->bits[s]));
		break;
	case 1:
		bit = next_set(w, m, bit);
		/* fallthrough */
	case 2:
		BOTH_VOID(w, nfct_bitmask_unset_bit, (m->bits[s], bit));
		break;
	default:
		BOTH_VOID(w, nfct_bitmask_set_bit, (m->bits[s], bit));
	}
	test_bit(w, (const struct nfct_bitmask *const *)m->bits, bit);
}

static void renew(struct walk *w)
{
	struct mask *m = some_mask(w);

	drop_mask(w, m);
	if (once_in(w, 3))
		BOTH_VOID(w, nfct_bitmask_destroy, (m->bits[s])); /* NULL by now, and allowed */
	new_mask(w, m);
}

static void copy(struct walk *w)
{
	struct mask *to = some_mask(w), *from = some_mask(w);
	struct outcome got;

	BOTH(w, got, nfct_bitmask_clone, (from->bits[s]));
	same_null(w, &got);
	drop_mask(w, to);
	for (int s = 0; s < 2; s++)
		to->bits[s] = POINTER(got, s);
	look_at_mask(w, (const struct nfct_bitmask *const *)to->bits);
}

static void compare(struct walk *w)
{
	struct mask *a = some_mask(w), *b = some_mask(w);
	struct outcome got;

	BOTH(w, got, nfct_bitmask_equal, (a->bits[s], b->bits[s]));
	same_value(w, &got);
}

const struct operation mask_operations[] = {
	{ "change a mask", 5, change },
	{ "a new mask", 1, renew },
	{ "clone a mask", 2, copy },
	{ "compare masks", 2, compare },
	{ 0 },
};
