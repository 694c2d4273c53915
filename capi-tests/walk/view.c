/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tuples of expectations, given to the functions that take a conntrack object.
 *
 * A tuple is the start of a conntrack object, and what follows are other fields of the expectation. Only
 * expectations in storage of the walk's are used: after them stand zeros, which the original reads.
 */
#include "attributes.h"

#include <string.h>

#define TUPLE_SIZE 40
#define HEAD_SIZE 52 /* the tuple, and what is set of it */
#define EXPECT_SIZE 276
#define HELPER 228 /* the two names of an expectation, and the direction between them */
#define NAMES 44

static const unsigned tuples[] = { EXP_MASTER, EXP_EXPECTED, EXP_MASK, EXP_NAT_TUPLE };

/* Where an attribute stands in a conntrack object; those in blocks, and those after every expectation, nowhere. */
static const uint16_t places[ATTRS] = { 0, 16, 52, 68, 0, 16, 52, 68, 36, 38, 88, 90, 38, 39, 36, 32, 84, 33, 85, 184,
	232, 268, 264, 300, 132, 136, 200, 216, 208, 224, 148, 152, 144, 185, 187, 186, 188, 92, 108, 92, 108, 128, 130,
	124, 125, 140, 304, 308, 312, 316, 320, 324, 184, 188, 192, 158, 184, 185, 192, 189, 190, 156, 999, 328, 336, 999,
	999, 999, 34, 86, 232, 268, 344, 348, 352 };

/* i386 has no gaps before numbers of 64 bits: DCCP's, which is attribute 58, and the counters. */
static unsigned place(unsigned attr)
{
	unsigned at = places[attr];

#ifdef __i386__
	if (at >= 200 && at < 999)
		return at - 8;
	if (at >= 184 && at < 999)
		return attr == 58 ? 184 : at - 4;
#endif
	return at;
}

struct view {
	struct flow flow; /* the tuple on both sides */
	size_t len;       /* bytes of the expectation from the tuple on */
};

/* A tuple of an expectation with room after it, mostly one that is set; false when it is not. */
static bool any_view(struct walk *w, struct view *v)
{
	static const unsigned offsets[] = { 0, 52, 104, 156 };
	const struct expect *e = &w->expects[w->expects[0].is_block ? 0 : 1];
	unsigned which = below(w, 4);
	struct outcome got;

	say(w, "    expectation %td, tuple %u\n", e - w->expects, tuples[which]);
	if (!e->is_block)
		return false;
	if (once_in(w, 4) || (w->lib[0].nfexp_attr_is_set(e->exp[0], tuples[which]) != 1 && !once_in(w, 8))) {
		const struct flow *f = any_flow(w);

		BOTH_VOID(w, nfexp_set_attr, (e->exp[s], tuples[which], f->ct[s]));
	}
	BOTH(w, got, nfexp_get_attr, (e->exp[s], tuples[which]));
	same_null(w, &got);
	same_errno(w, &got);
	*v = (struct view){ .flow = { .ct = { POINTER(got, 0), POINTER(got, 1) }, .is_block = true },
		.len = EXPECT_SIZE - offsets[which] };
	if (memcmp((char *)e->exp[0] + HELPER, (char *)e->exp[1] + HELPER, NAMES) != 0) {
		count_known(w, K_VIEW_TEXT); /* what stands after a name's NUL */
		return false;
	}
	return got.value[0] != 0;
}

static bool is_inside(const struct view *v, unsigned attr)
{
	return place(attr) + attributes[attr].size <= v->len;
}

/* Whether an attribute lies where ours notes in another tuple that it is one. */
static bool is_marked(const struct view *v, unsigned attr)
{
	size_t from = EXPECT_SIZE - v->len + place(attr), to = from + attributes[attr].size;

	for (size_t mark = HEAD_SIZE - 4; mark < 4 * HEAD_SIZE; mark += HEAD_SIZE)
		if (from < mark + 4 && to > mark)
			return true;
	return false;
}

/* The bytes of the original's side from a place on. */
static const uint8_t *at(const struct view *v, unsigned place)
{
	return (const uint8_t *)v->flow.ct[0] + place;
}

/*
 * Whether both sides see the same attributes: none that the original finds after the expectation or in a block,
 * which ours must not see. A name without NUL is read on by the original.
 */
static bool is_alike(struct walk *w, const struct view *v)
{
	bool alike = true;

	for (unsigned attr = 0; attr < ATTRS; attr++) {
		if (w->lib[0].nfct_attr_is_set(v->flow.ct[0], attr) != 1)
			continue;
		if (is_marked(v, attr)) {
			count_known(w, K_VIEW_MARK); /* there stands attribute 75 of the neighbour, too */
			return false;
		}
		if (is_inside(v, attr))
			continue;
		ours_must(w, F_nfct_attr_is_set, w->lib[1].nfct_attr_is_set(v->flow.ct[1], attr) == 0,
			"see nothing after the expectation");
		alike = false;
	}
	if (!alike) {
		count_known(w, K_VIEW_PRESENCE);
		return false;
	}
	if (w->lib[0].nfct_attr_is_set(v->flow.ct[0], HELPER_NAME) == 1 && !memchr(at(v, place(HELPER_NAME)), 0, 15)) {
		count_known(w, K_VIEW_TEXT);
		return false;
	}
	return true;
}

/* The attributes that both can see, one by one. */
static void look_inside(struct walk *w)
{
	struct view v;
	struct outcome got;

	if (!any_view(w, &v))
		return;
	look_at_view(w, v.flow.ct);
	for (unsigned attr = 0; attr < ATTRS; attr++) {
		if (!is_inside(&v, attr))
			continue;
		say(w, "  attribute %u\n", attr);
		BOTH(w, got, nfct_attr_is_set, (v.flow.ct[s], attr));
		same_all(w, &got);
		BOTH(w, got, nfct_get_attr, (v.flow.ct[s], attr));
		same_null(w, &got);
		same_errno(w, &got);
		if (!got.value[0])
			continue;
		if (is_marked(&v, attr))
			count_known(w, K_VIEW_MARK);
		else
			same_bytes(w, got.function, POINTER(got, 0), POINTER(got, 1), attributes[attr].size);
	}
}

static void print_view(struct walk *w)
{
	struct view v;

	if (any_view(w, &v) && is_alike(w, &v))
		print_any(w, &v.flow);
}

static void build_view(struct walk *w)
{
	struct view v;

	if (!any_view(w, &v) || !is_alike(w, &v))
		return;
	if (once_in(w, 2))
		build_attributes(w, &v.flow);
	else
		query_any(w, &v.flow);
}

static void compare_view(struct walk *w)
{
	struct flow *other = any_flow(w);
	unsigned flags = (unsigned[]){ 0, 1, 1, 2, 3 }[below(w, 5)] | below(w, 4) << 5;
	struct outcome got;
	struct view v;

	if (!any_view(w, &v) || (flags != 1 && !is_alike(w, &v)))
		return;
	say(w, "    flags 0x%x\n", flags);
	BOTH(w, got, nfct_cmp, (v.flow.ct[s], other->ct[s], flags));
	same_value(w, &got);
	BOTH(w, got, nfct_cmp, (other->ct[s], v.flow.ct[s], flags));
	same_value(w, &got);
	if (!is_alike(w, &v))
		return;
	BOTH(w, got, nfct_compare, (v.flow.ct[s], other->ct[s]));
	same_value(w, &got);
}

static void ask_view(struct walk *w)
{
	unsigned option = below(w, 6);
	struct outcome got;
	struct view v;

	if (!any_view(w, &v) || !is_alike(w, &v) || has_no_ports(w, &v.flow, option))
		return;
	say(w, "    option %u\n", option);
	BOTH(w, got, nfct_getobjopt, (v.flow.ct[s], option));
	same_all(w, &got);
}

static void copy_view(struct walk *w)
{
	struct flow *to = any_flow(w);
	unsigned parts = below(w, 8), attr = below(w, ATTRS);
	struct view v;

	if (!any_view(w, &v) || !is_alike(w, &v))
		return;
	say(w, "    parts %u, attribute %u\n", parts, attr);
	if (once_in(w, 2))
		BOTH_VOID(w, nfct_copy, (to->ct[s], v.flow.ct[s], parts));
	else
		BOTH_VOID(w, nfct_copy_attr, (to->ct[s], v.flow.ct[s], attr));
	look_at_flow(w, to);
}

/*
 * Whether a tuple after this one is noted by ours to have attribute 75, and by the original not. A clone has these bytes, too,
 * and shows them as a number that nfct_set_attr_grp marks without writing it.
 */
static bool marks_differ(const struct view *v)
{
	const char *first = (const char *)v->flow.ct[0], *second = (const char *)v->flow.ct[1];

	for (size_t mark = 2 * HEAD_SIZE - 4; mark + 4 <= 4 * HEAD_SIZE && mark + 4 <= v->len; mark += HEAD_SIZE)
		if (memcmp(first + mark, second + mark, 4) != 0)
			return true;
	return false;
}

/* A clone, in the place of an object. The original takes eight bytes of it for a pointer to a security context. */
static void clone_view(struct walk *w)
{
	static const uint8_t nothing[8];
	struct flow *to = any_flow(w);
	struct outcome got;
	struct view v;

	if (!any_view(w, &v) || !is_alike(w, &v))
		return;
	if (memcmp(at(&v, 176), nothing, sizeof(nothing)) != 0) {
		count_known(w, K_VIEW_BLOCK);
		return;
	}
	if (marks_differ(&v)) {
		count_known(w, K_VIEW_MARK);
		return;
	}
	BOTH(w, got, nfct_clone, (v.flow.ct[s]));
	same_null(w, &got);
	drop_flow(w, to);
	*to = (struct flow){ .ct = { POINTER(got, 0), POINTER(got, 1) } };
	look_at_flow(w, to);
	print_any(w, to);
}

/* A tuple for another expectation, or for its own. */
static void give_view(struct walk *w)
{
	struct expect *e = any_expect(w);
	unsigned attr = tuples[below(w, 4)];
	struct view v;

	if (!any_view(w, &v))
		return;
	BOTH_VOID(w, nfexp_set_attr, (e->exp[s], attr, v.flow.ct[s]));
	look_at_expect(w, e);
}

/* What belongs to the tuple can be set in it, and everything can be unset. */
static void set_in_view(struct walk *w)
{
	unsigned attr = below(w, ATTRS);
	uint8_t value[32];
	struct outcome got;
	struct view v;

	if (!any_view(w, &v))
		return;
	say(w, "    attribute %u\n", attr);
	if (once_in(w, 3)) {
		BOTH(w, got, nfct_attr_unset, (v.flow.ct[s], attr));
		same_all(w, &got);
	} else if (place(attr) >= TUPLE_SIZE || attributes[attr].pool == ICMP_TYPE || attr == 13 || attr == 14) {
		count_known(w, K_VIEW_WRITE); /* the fields of ICMP have a twin in the reply tuple */
	} else {
		any_value(w, &attributes[attr], value);
		BOTH_VOID(w, nfct_set_attr, (v.flow.ct[s], attr, value));
	}
	look_at_view(w, v.flow.ct);
}

const struct operation view_operations[] = {
	{ "look inside a tuple", 3, look_inside },
	{ "print a tuple", 6, print_view },
	{ "build a tuple", 5, build_view },
	{ "compare a tuple", 4, compare_view },
	{ "ask a tuple for a translation", 2, ask_view },
	{ "copy a tuple", 4, copy_view },
	{ "clone a tuple", 2, clone_view },
	{ "give a tuple to an expectation", 2, give_view },
	{ "set in a tuple", 3, set_in_view },
	{ 0 },
};
