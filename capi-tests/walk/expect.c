/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Expectation objects. */
#include "attributes.h"

#include <stdlib.h>
#include <string.h>

/*
 * A conntrack object of any version from the last tuple on: the original reads zeros where a tuple is taken for
 * one.
 */
#define BLOCK_SIZE 1024

struct expect *any_expect(struct walk *w)
{
	unsigned which = below(w, EXPECTS);

	say(w, "    expectation %u\n", which);
	return &w->expects[which];
}

void new_expect(struct walk *w, struct expect *e)
{
	struct outcome got;

	*e = (struct expect){ .is_block = once_in(w, 2) };
	if (e->is_block) {
		for (int s = 0; s < 2; s++)
			e->exp[s] = calloc(1, BLOCK_SIZE);
		return;
	}
	BOTH(w, got, nfexp_new, ());
	same_null(w, &got);
	for (int s = 0; s < 2; s++)
		e->exp[s] = POINTER(got, s);
}

void drop_expect(struct walk *w, struct expect *e)
{
	if (e->is_block) {
		free(e->exp[0]);
		free(e->exp[1]);
	} else if (e->exp[0]) {
		BOTH_VOID(w, nfexp_destroy, (e->exp[s]));
	}
	*e = (struct expect){ 0 };
}

static unsigned any_expect_attribute(struct walk *w)
{
	return once_in(w, 20) ? EXPECT_ATTRS + any_number(w) % 0x7fffffff : below(w, EXPECT_ATTRS);
}

static void get_number(struct walk *w, const struct expect *e, unsigned attr, unsigned width)
{
	struct outcome got;

	if (attr < EXPECT_ATTRS && expect_attributes[attr].kind == NAME)
		width = 1; /* what stands behind the NUL is nobody's business */
	if (width == 1)
		BOTH(w, got, nfexp_get_attr_u8, (e->exp[s], attr));
	else if (width == 2)
		BOTH(w, got, nfexp_get_attr_u16, (e->exp[s], attr));
	else
		BOTH(w, got, nfexp_get_attr_u32, (e->exp[s], attr));
	same_all(w, &got);
}

static void set_by_width(struct walk *w, struct expect *e, unsigned attr, unsigned width, uint32_t value)
{
	if (width == 1)
		BOTH_VOID(w, nfexp_set_attr_u8, (e->exp[s], attr, (uint8_t)value));
	else if (width == 2)
		BOTH_VOID(w, nfexp_set_attr_u16, (e->exp[s], attr, (uint16_t)value));
	else
		BOTH_VOID(w, nfexp_set_attr_u32, (e->exp[s], attr, value));
}

static void set_number(struct walk *w)
{
	struct expect *e = any_expect(w);
	unsigned attr = any_expect_attribute(w), width = 1u << below(w, 3), size = 0;
	uint32_t value = any_number(w);

	if (attr < EXPECT_ATTRS && expect_attributes[attr].kind != STORED)
		return;
	if (attr < EXPECT_ATTRS)
		size = expect_attributes[attr].size;
	say(w, "    attribute %u, %u bytes, 0x%x\n", attr, width, value);
	set_by_width(w, e, attr, width, value);
	if (width == size || size == 0 || (width > size && !IS_BIG_ENDIAN))
		return;
	/* Only as much as was given is compared, and the whole is set thereafter. */
	count_known(w, IS_BIG_ENDIAN ? K_OTHER_WIDTH : K_NARROW_SETTER);
	if (!IS_BIG_ENDIAN)
		get_number(w, e, attr, width);
	set_by_width(w, e, attr, size, value);
}

static void set_bytes(struct walk *w)
{
	struct expect *e = any_expect(w);
	unsigned attr = any_expect_attribute(w);
	uint8_t value[64] = { 0 };

	say(w, "    attribute %u\n", attr);
	if (attr < EXPECT_ATTRS && expect_attributes[attr].kind == TUPLE) {
		const struct flow *f = any_flow(w);

		BOTH_VOID(w, nfexp_set_attr, (e->exp[s], attr, f->ct[s]));
		return;
	}
	if (attr < EXPECT_ATTRS && expect_attributes[attr].kind == NAME)
		any_text(w, (char *)value, 40);
	else
		any_bytes(w, value, sizeof(value));
	say_bytes(w, "value", value, sizeof(value));
	BOTH_VOID(w, nfexp_set_attr, (e->exp[s], attr, value));
}

static void get_pointer(struct walk *w, const struct expect *e, unsigned attr)
{
	struct outcome got;

	BOTH(w, got, nfexp_get_attr, (e->exp[s], attr));
	same_null(w, &got);
	same_errno(w, &got);
	if (!got.value[0])
		return;
	ours_must(w, F_nfexp_get_attr,
		got.value[0] - (intptr_t)e->exp[0] == got.value[1] - (intptr_t)e->exp[1],
		"point to the attribute's place in the object");
	if (expect_attributes[attr].kind == TUPLE)
		look_at_view(w, (struct nf_conntrack *const[2]){ POINTER(got, 0), POINTER(got, 1) });
	else if (expect_attributes[attr].kind == NAME)
		same_string(w, &got);
	else
		same_bytes(w, got.function, POINTER(got, 0), POINTER(got, 1), expect_attributes[attr].size);
}

static void get(struct walk *w)
{
	const struct expect *e = any_expect(w);
	unsigned attr = any_expect_attribute(w);

	say(w, "    attribute %u\n", attr);
	if (once_in(w, 3))
		get_pointer(w, e, attr);
	else
		get_number(w, e, attr, 1u << below(w, 3));
}

static void unset(struct walk *w)
{
	struct expect *e = any_expect(w);
	unsigned attr = any_expect_attribute(w);
	struct outcome got;

	say(w, "    attribute %u\n", attr);
	BOTH(w, got, nfexp_attr_unset, (e->exp[s], attr));
	same_all(w, &got);
}

void look_at_expect(struct walk *w, const struct expect *e)
{
	struct outcome got;

	for (unsigned attr = 0; attr < EXPECT_ATTRS + 1; attr++) {
		say(w, "  attribute %u\n", attr);
		BOTH(w, got, nfexp_attr_is_set, (e->exp[s], attr));
		same_all(w, &got);
		get_pointer(w, e, attr);
		get_number(w, e, attr, 4);
	}
}

static void look(struct walk *w)
{
	look_at_expect(w, any_expect(w));
}

static void compare(struct walk *w)
{
	const struct expect *a = &w->expects[below(w, EXPECTS)], *b = &w->expects[below(w, EXPECTS)];
	unsigned flags = once_in(w, 8) ? any_number(w) : below(w, 4) << 5;
	struct outcome got;

	say(w, "    expectations %td and %td, flags 0x%x\n", a - w->expects, b - w->expects, flags);
	BOTH(w, got, nfexp_cmp, (a->exp[s], b->exp[s], flags));
	same_value(w, &got);
}

/* A duplicate takes the place of another expectation, with one difference or none. */
static void clone(struct walk *w)
{
	const struct expect *from = &w->expects[0];
	struct expect *to = &w->expects[1];
	unsigned attr = below(w, EXPECT_ATTRS);
	struct outcome got;

	BOTH(w, got, nfexp_clone, (from->exp[s]));
	same_null(w, &got);
	drop_expect(w, to);
	for (int s = 0; s < 2; s++)
		to->exp[s] = POINTER(got, s);
	if (once_in(w, 2))
		BOTH(w, got, nfexp_attr_unset, (to->exp[s], attr));
	look_at_expect(w, to);
	BOTH(w, got, nfexp_cmp, (from->exp[s], to->exp[s], attr << 5));
	same_value(w, &got);
	BOTH(w, got, nfexp_cmp, (to->exp[s], from->exp[s], attr << 5));
	same_value(w, &got);
}

static void renew(struct walk *w)
{
	struct expect *e = any_expect(w);

	drop_expect(w, e);
	new_expect(w, e);
}

static void sizes(struct walk *w)
{
	const struct expect *e = any_expect(w);
	struct outcome got;

	BOTH(w, got, nfexp_sizeof, (e->exp[s]));
	same_all(w, &got);
	BOTH(w, got, nfexp_maxsize, ());
	same_all(w, &got);
}

const struct operation expect_operations[] = {
	{ "set a number of an expectation", 6, set_number },
	{ "set bytes of an expectation", 10, set_bytes },
	{ "get from an expectation", 4, get },
	{ "unset in an expectation", 2, unset },
	{ "look at an expectation", 1, look },
	{ "compare expectations", 3, compare },
	{ "clone an expectation", 2, clone },
	{ "a new expectation", 1, renew },
	{ "sizes of expectations", 1, sizes },
	{ 0 },
};
