/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Conntrack objects: attributes, groups, options, copies, comparisons.
 *
 * Some calls damage memory in the original. `struct flow` follows what an object owns, so that those calls
 * are left out and nothing else.
 */
#include "attributes.h"

#include <stdlib.h>
#include <string.h>

/* The largest object of any version, and room behind it. */
#define BLOCK_SIZE 512

struct flow *any_flow(struct walk *w)
{
	unsigned which = below(w, FLOWS);

	say(w, "    object %u\n", which);
	return &w->flows[which];
}

/* An object of its own, or one in zeroed storage of the caller. */
void new_flow(struct walk *w, struct flow *f)
{
	struct outcome got;

	*f = (struct flow){ .is_block = once_in(w, 6) };
	if (f->is_block) {
		for (int s = 0; s < 2; s++)
			f->ct[s] = calloc(1, BLOCK_SIZE);
		return;
	}
	BOTH(w, got, nfct_new, ());
	same_null(w, &got);
	for (int s = 0; s < 2; s++)
		f->ct[s] = POINTER(got, s);
}

void drop_flow(struct walk *w, struct flow *f)
{
	if (f->is_block) {
		free(f->ct[0]);
		free(f->ct[1]);
	} else if (f->ct[0]) {
		BOTH_VOID(w, nfct_destroy, (f->ct[s]));
	}
	*f = (struct flow){ 0 };
}

static void renew(struct walk *w)
{
	struct flow *f = any_flow(w);

	drop_flow(w, f);
	new_flow(w, f);
}

/* Setters. */

static void set_by_width(struct walk *w, struct flow *f, unsigned attr, unsigned width, uint64_t value)
{
	switch (width) {
	case 1:
		BOTH_VOID(w, nfct_set_attr_u8, (f->ct[s], attr, (uint8_t)value));
		break;
	case 2:
		BOTH_VOID(w, nfct_set_attr_u16, (f->ct[s], attr, (uint16_t)value));
		break;
	case 4:
		BOTH_VOID(w, nfct_set_attr_u32, (f->ct[s], attr, (uint32_t)value));
		break;
	default:
		BOTH_VOID(w, nfct_set_attr_u64, (f->ct[s], attr, value));
	}
}

/* The widest number getter that reads nothing but values: a name may hold anything behind its NUL. */
static unsigned widest(unsigned attr)
{
	return attr == HELPER_NAME ? 1 : attr == ZONE ? 2 : attr == ID ? 4 : 8;
}

/* An ARM reads eight bytes at a time only from an address that four divide: there the original ends the process. */
static bool can_read_eight(const struct walk *w, const struct flow *f, unsigned attr)
{
#ifdef __arm__
	return ((uintptr_t)w->lib[1].nfct_get_attr(f->ct[1], attr) & 3) == 0;
#else
	(void)w, (void)f, (void)attr;
	return true;
#endif
}

static void get_number(struct walk *w, const struct flow *f, unsigned attr, unsigned width)
{
	struct outcome got;

	if (width > widest(attr))
		width = widest(attr);
	if (width > 4 && !can_read_eight(w, f, attr))
		width = 4;
	switch (width) {
	case 1:
		BOTH(w, got, nfct_get_attr_u8, (f->ct[s], attr));
		break;
	case 2:
		BOTH(w, got, nfct_get_attr_u16, (f->ct[s], attr));
		break;
	case 4:
		BOTH(w, got, nfct_get_attr_u32, (f->ct[s], attr));
		break;
	default:
		BOTH(w, got, nfct_get_attr_u64, (f->ct[s], attr));
	}
	same_all(w, &got);
}

/*
 * A setter narrower than the attribute: only as much as was given is compared, and the whole is set
 * thereafter.
 */
static void set_narrow(struct walk *w, struct flow *f, unsigned attr, unsigned width, uint64_t value)
{
	unsigned size = attributes[attr].size;
	uint64_t ours;

	count_known(w, K_NARROW_SETTER);
	set_by_width(w, f, attr, width, value);
	if (IS_BIG_ENDIAN)
		count_known(w, K_OTHER_WIDTH);
	else
		get_number(w, f, attr, width);
	ours = w->lib[1].nfct_get_attr_u64(f->ct[1], attr);
	ours = IS_BIG_ENDIAN ? ours >> (64 - 8 * size) : ours & ~0ull >> (64 - 8 * size);
	ours_must(w, w->function, ours >> 8 * width == 0, "clear what a narrow setter does not reach");
	set_by_width(w, f, attr, size, value);
}

static void set_number(struct walk *w)
{
	struct flow *f = any_flow(w);
	unsigned attr = any_attribute(w), width = 1u << below(w, 4);
	uint8_t bytes[32] = { 0 };
	uint64_t value;

	if (attr < ATTRS) {
		const struct attribute *a = &attributes[attr];

		if (a->size > 8 || (a->kind != STORED && a->kind != NOTED))
			return;
		any_value(w, a, bytes);
	}
	memcpy(&value, bytes, sizeof(value));
#ifdef __arm__
	if (attr < ATTRS && attributes[attr].size == 8)
		width = 8; /* as in can_read_eight(): a narrower number is on the stack anywhere */
#endif
	say(w, "    attribute %u, %u bytes, 0x%llx\n", attr, width, (unsigned long long)value);
	if (attr < ATTRS && attributes[attr].kind == STORED && width < attributes[attr].size)
		set_narrow(w, f, attr, width, value);
	else
		set_by_width(w, f, attr, width, value);
	if (IS_BIG_ENDIAN && attr < ATTRS && attributes[attr].kind == STORED && width > attributes[attr].size) {
		count_known(w, K_OTHER_WIDTH);
		set_by_width(w, f, attr, attributes[attr].size, value);
	}
}

static void set_labels(struct walk *w, struct flow *f, unsigned attr)
{
	struct nfct_bitmask *bits[2];

	if (HAS_LABEL_WORDS) {
		count_known(w, K_LABEL_WORDS);
		return;
	}
	if (f->is_block)
		return;
	any_mask(w, bits);
	BOTH_VOID(w, nfct_set_attr, (f->ct[s], attr, bits[s]));
	f->owns = true;
	if (!w->lib[1].is_original && w->bend == NO_BEND)
		ours_must(w, F_nfct_get_attr, w->lib[1].nfct_get_attr(f->ct[1], attr) == bits[1],
			"return the label mask that was set");
}

/* Labels and a mask of the same size, which go out together. */
static void set_both_labels(struct walk *w)
{
	struct flow *f = any_flow(w);
	struct nfct_bitmask *bits[2];
	struct outcome mask;

	if (HAS_LABEL_WORDS) {
		count_known(w, K_LABEL_WORDS);
		return;
	}
	if (f->is_block)
		return;
	any_mask(w, bits);
	BOTH(w, mask, nfct_bitmask_clone, (bits[s]));
	same_null(w, &mask);
	BOTH_VOID(w, nfct_set_attr, (f->ct[s], CONNLABELS, bits[s]));
	BOTH_VOID(w, nfct_set_attr, (f->ct[s], CONNLABELS_MASK, POINTER(mask, s)));
	f->owns = true;
}

/* The object's own mask, given back to it. */
static void set_same_labels(struct walk *w)
{
	struct flow *f = any_flow(w);
	unsigned attr = CONNLABELS + below(w, 2);
	struct outcome got;

	BOTH(w, got, nfct_get_attr, (f->ct[s], attr));
	same_null(w, &got);
	if (got.value[0])
		BOTH_VOID(w, nfct_set_attr, (f->ct[s], attr, POINTER(got, s)));
}

static void set_info(struct walk *w, struct flow *f)
{
	uint8_t bytes[64];
	size_t len = once_in(w, 4) ? 0 : below(w, sizeof(bytes));

	if (f->is_block)
		return;
	if (len < f->info_recorded) {
		count_known(w, K_HELPER_INFO_OVERREAD);
		return;
	}
	any_bytes(w, bytes, sizeof(bytes));
	if (len == 0 && once_in(w, 2))
		BOTH_VOID(w, nfct_set_attr, (f->ct[s], HELPER_INFO, bytes));
	else
		BOTH_VOID(w, nfct_set_attr_l, (f->ct[s], HELPER_INFO, bytes, len));
	f->owns = f->info_loose = true;
	f->info_stored = len;
}

/* A helper with its data, which go out together. */
static void set_helper(struct walk *w)
{
	struct flow *f = any_flow(w);
	char name[20];

	any_text(w, name, sizeof(name) - 1);
	BOTH_VOID(w, nfct_set_attr, (f->ct[s], HELPER_NAME, name));
	set_info(w, f);
}

static void set_bytes(struct walk *w)
{
	struct flow *f = any_flow(w);
	unsigned attr = any_attribute(w);
	uint8_t value[32] = { 0 };

	say(w, "    attribute %u\n", attr);
	if (attr < ATTRS && attributes[attr].kind == LABELS) {
		set_labels(w, f, attr);
		return;
	}
	if (attr == HELPER_INFO) {
		set_info(w, f);
		return;
	}
	if (attr < ATTRS && attributes[attr].kind == NAME)
		any_text(w, (char *)value, sizeof(value) - 1);
	else if (attr < ATTRS)
		any_value(w, &attributes[attr], value);
	say_bytes(w, "value", value, sizeof(value));
	if (once_in(w, 2))
		BOTH_VOID(w, nfct_set_attr, (f->ct[s], attr, value));
	else
		BOTH_VOID(w, nfct_set_attr_l, (f->ct[s], attr, value, below(w, 40)));
}

static void unset(struct walk *w)
{
	struct flow *f = any_flow(w);
	unsigned attr = any_attribute(w);
	struct outcome got;

	say(w, "    attribute %u\n", attr);
	BOTH(w, got, nfct_attr_unset, (f->ct[s], attr));
	same_all(w, &got);
}

void make_real(struct walk *w, struct flow *f)
{
	static const unsigned orig[] = { 0, 1, 4, 5, 8, 9 };
	unsigned family = once_in(w, 2) ? 2 : 10,
		 protocol = once_in(w, 2) ? 6
		: once_in(w, 2)           ? 17
					  : below(w, 256);
	uint8_t value[32];
	struct outcome got;

	set_by_width(w, f, ORIG_L3PROTO, 1, family);
	set_by_width(w, f, ORIG_L4PROTO, 1, protocol);
	for (size_t i = 0; i < sizeof(orig) / sizeof(*orig); i++) {
		any_value(w, &attributes[orig[i]], value);
		BOTH_VOID(w, nfct_set_attr, (f->ct[s], orig[i], value));
	}
	if (once_in(w, 4))
		return;
	BOTH(w, got, nfct_setobjopt, (f->ct[s], SETUP_REPLY));
	same_all(w, &got);
}

static void set_all(struct walk *w)
{
	make_real(w, any_flow(w));
}

/* Getters. */

/* What a getter's pointer leads to. */
static void look_at_value(struct walk *w, const struct flow *f, unsigned attr, const struct outcome *got)
{
	const struct nfct_bitmask *const bits[2] = { POINTER(*got, 0), POINTER(*got, 1) };
	const char *const text[2] = { POINTER(*got, 0), POINTER(*got, 1) };

	switch (attributes[attr].kind) {
	case LABELS:
		look_at_mask(w, bits);
		break;
	case INFO:
		same_bytes(w, F_nfct_get_attr, text[0], text[1], f->info_stored);
		break;
	case CONTEXT:
	case NAME: /* what stands behind the NUL is nobody's business */
		same_string(w, got);
		break;
	default:
		same_bytes(w, F_nfct_get_attr, text[0], text[1], attributes[attr].size);
		ours_must(w, F_nfct_get_attr,
			text[0] - (const char *)f->ct[0] == text[1] - (const char *)f->ct[1],
			"point to the attribute's place in the object");
	}
}

static void get_pointer(struct walk *w, const struct flow *f, unsigned attr)
{
	struct outcome got;

	BOTH(w, got, nfct_get_attr, (f->ct[s], attr));
	same_null(w, &got);
	same_errno(w, &got);
	if (got.value[0])
		look_at_value(w, f, attr, &got);
}

static void get(struct walk *w)
{
	const struct flow *f = any_flow(w);
	unsigned attr = any_attribute(w);
	struct outcome set;

	say(w, "    attribute %u\n", attr);
	BOTH(w, set, nfct_attr_is_set, (f->ct[s], attr));
	same_all(w, &set);
	/* What a number getter reads of a block's address is nobody's business. */
	if (once_in(w, 3) || (set.value[0] == 1 && attributes[attr].size == 0))
		get_pointer(w, f, attr);
	else
		get_number(w, f, attr, 1u << below(w, 4));
}

static void is_set_array(struct walk *w)
{
	const struct flow *f = any_flow(w);
	unsigned list[12];
	int n = (int)below(w, 14) - 1;
	struct outcome got;

	for (int i = 0; i < 12; i++)
		list[i] = once_in(w, 2) ? below(w, 20) : any_attribute(w);
	BOTH(w, got, nfct_attr_is_set_array, (f->ct[s], n > 0 ? list : NULL, n > 12 ? 12 : n));
	same_all(w, &got);
}

static void newer_attribute(struct walk *w)
{
	count_known(w, K_NEWER_ATTRIBUTE);
	if (w->lib[1].is_original)
		return;
	for (int i = 0; i < FLOWS; i++) {
		struct nf_conntrack *ct = w->flows[i].ct[1];
		int before = w->lib[1].nfct_attr_is_set(ct, TIMESTAMP_EVENT);

		w->lib[1].nfct_set_attr_u64(ct, TIMESTAMP_EVENT, any(w));
		ours_must(w, F_nfct_set_attr_u64, w->lib[1].nfct_attr_is_set(ct, TIMESTAMP_EVENT) == before,
			"not set TIMESTAMP_EVENT");
	}
}

/* Groups. */

static void look_at_group(struct walk *w, struct nf_conntrack *const ct[2], unsigned group)
{
	uint8_t data[2][64];
	struct outcome got;

	memset(data, 0xa5, sizeof(data));
	BOTH(w, got, nfct_attr_grp_is_set, (ct[s], group));
	same_all(w, &got);
	BOTH(w, got, nfct_get_attr_grp, (ct[s], group, data[s]));
	same_all(w, &got);
	same_bytes(w, F_nfct_get_attr_grp, data[0], data[1], sizeof(data[0]));
}

static unsigned any_group(struct walk *w)
{
	return once_in(w, 20) ? GROUPS + any_number(w) % 0x7fffffff : below(w, GROUPS);
}

static void set_group(struct walk *w)
{
	struct flow *f = any_flow(w);
	unsigned group = any_group(w);
	static const struct attribute address = { "", 16, STORED, ADDRESS };
	uint8_t data[32], second[32];

	any_value(w, &address, data);
	any_value(w, &address, second);
	memcpy(data + 16, second, 16);
	say(w, "    group %u\n", group);
	say_bytes(w, "data", data, sizeof(data));
	if (group >= 10 && once_in(w, 2))
		BOTH_VOID(w, nfct_set_attr_grp, (f->ct[s], group, group < GROUPS ? NULL : data));
	else
		BOTH_VOID(w, nfct_set_attr_grp, (f->ct[s], group, data));
	look_at_group(w, f->ct, group);
}

static void unset_group(struct walk *w)
{
	struct flow *f = any_flow(w);
	unsigned group = any_group(w);
	struct outcome got;

	say(w, "    group %u\n", group);
	BOTH(w, got, nfct_attr_grp_unset, (f->ct[s], group));
	same_all(w, &got);
}

static void get_group(struct walk *w)
{
	const struct flow *f = any_flow(w);
	unsigned group = any_group(w);

	say(w, "    group %u\n", group);
	look_at_group(w, f->ct, group);
}

/* Options. */

static unsigned any_option(struct walk *w)
{
	return once_in(w, 12) ? any_number(w) : below(w, 7);
}

/* Whether the original takes something else for the ports of a protocol. */
bool has_no_ports(struct walk *w, const struct flow *f, unsigned option)
{
	uint8_t protocol = ((const uint8_t *)f->ct[0])[ORIG_L4PROTO_AT];

	if (option != IS_SPAT && option != IS_DPAT)
		return false;
	if (protocol == 6 || protocol == 17 || protocol == 33 || protocol == 132 || protocol == 136)
		return false;
	if (protocol == 47 && (w->lib[0].nfct_attr_is_set(f->ct[0], STATUS) != 1 ||
				     w->lib[0].nfct_get_attr_u32(f->ct[0], STATUS) & IPS_EXPECTED))
		return false;
	count_known(w, K_NAT_PORTS);
	ours_must(w, F_nfct_getobjopt, w->lib[1].nfct_getobjopt(f->ct[1], option) == 0,
		"know no translated ports of a protocol without ports");
	return true;
}

static void set_option(struct walk *w)
{
	struct flow *f = any_flow(w);
	unsigned option = any_option(w);
	struct outcome got;

	say(w, "    option %u\n", option);
	if (has_no_ports(w, f, option))
		return;
	BOTH(w, got, nfct_setobjopt, (f->ct[s], option));
	same_all(w, &got);
}

static void get_option(struct walk *w)
{
	const struct flow *f = any_flow(w);
	unsigned option = any_option(w);
	struct outcome got;

	say(w, "    option %u\n", option);
	if (has_no_ports(w, f, option))
		return;
	BOTH(w, got, nfct_getobjopt, (f->ct[s], option));
	same_all(w, &got);
}

/* Copies. */

static bool has_info(const struct walk *w, const struct flow *f)
{
	return w->lib[0].nfct_attr_is_set(f->ct[0], HELPER_INFO) == 1;
}

/* Notes what a merge of helper info did to the original's object. */
static void copied_info(const struct walk *w, struct flow *to, const struct flow *from)
{
	if (!has_info(w, from))
		return;
	to->info_loose = true;
	to->info_stored = from->info_recorded;
}

/* Whether a merge is left out: into storage that nobody frees, or one that lets the original read too far. */
static bool is_bad_copy(struct walk *w, const struct flow *to, const struct flow *from)
{
	if (from->owns && to->is_block)
		return true;
	if (!has_info(w, from) || from->info_recorded >= to->info_recorded)
		return false;
	count_known(w, K_HELPER_INFO_OVERREAD);
	return true;
}

/* Two different objects. */
static void any_pair(struct walk *w, struct flow **to, struct flow **from)
{
	unsigned first = below(w, FLOWS), second = (first + 1 + below(w, FLOWS - 1)) % FLOWS;

	say(w, "    objects %u and %u\n", first, second);
	*to = &w->flows[first];
	*from = &w->flows[second];
}

static void copy(struct walk *w)
{
	struct flow *to, *from;
	unsigned flags = once_in(w, 8) ? any_number(w) & ~8u : below(w, 8);

	any_pair(w, &to, &from);
	if (is_bad_copy(w, to, from))
		return;
	say(w, "    flags 0x%x\n", flags);
	BOTH_VOID(w, nfct_copy, (to->ct[s], from->ct[s], flags));
	to->owns |= from->owns;
	if (flags == 0 || flags & 4)
		copied_info(w, to, from);
	look_at_flow(w, to);
}

/* A duplicate onto an object, or onto storage with anything in it. */
static void copy_override(struct walk *w)
{
	struct flow *to, *from;
	unsigned flags = 8 | (once_in(w, 2) ? 0 : any_number(w));

	any_pair(w, &to, &from);
	if (to->owns) {
		count_known(w, K_OVERRIDE_LEAK);
		return;
	}
	if (from->owns && to->is_block)
		return;
	if (to->is_block)
		for (int s = 0; s < 2; s++)
			memset(to->ct[s], 0xa5, w->lib[s].nfct_maxsize());
	BOTH_VOID(w, nfct_copy, (to->ct[s], from->ct[s], flags));
	*to = (struct flow){ .ct = { to->ct[0], to->ct[1] },
		.is_block = to->is_block,
		.owns = from->owns,
		.info_loose = from->info_loose,
		.info_recorded = from->info_recorded,
		.info_stored = from->info_recorded };
	look_at_flow(w, to);
}

static void copy_one(struct walk *w)
{
	struct flow *to, *from;
	unsigned attr = below(w, ATTRS);

	any_pair(w, &to, &from);
	if (is_bad_copy(w, to, from))
		return;
	say(w, "    attribute %u\n", attr);
	BOTH_VOID(w, nfct_copy_attr, (to->ct[s], from->ct[s], attr));
	to->owns |= from->owns;
	if (attr == HELPER_INFO)
		copied_info(w, to, from);
	look_at_flow(w, to);
}

static void clone(struct walk *w)
{
	struct flow *to, *from;
	struct outcome got;

	any_pair(w, &to, &from);
	BOTH(w, got, nfct_clone, (from->ct[s]));
	drop_flow(w, to);
	*to = *from;
	to->is_block = false;
	to->info_stored = from->info_recorded;
	for (int s = 0; s < 2; s++)
		to->ct[s] = POINTER(got, s);
	same_null(w, &got);
	look_at_flow(w, to);
}

/* Comparisons. */

static void compare(struct walk *w)
{
	struct flow *a, *b;
	struct outcome got;
	unsigned flags =
		once_in(w, 8) ? any_number(w) : (unsigned[]){ 0, 1, 2, 3 }[below(w, 4)] | below(w, 4) << 5;

	any_pair(w, &a, &b);
	if (once_in(w, 4)) {
		BOTH(w, got, nfct_compare, (a->ct[s], b->ct[s]));
		same_value(w, &got);
		return;
	}
	say(w, "    flags 0x%x\n", flags);
	BOTH(w, got, nfct_cmp, (a->ct[s], b->ct[s], flags));
	same_value(w, &got);
	BOTH(w, got, nfct_cmp, (b->ct[s], a->ct[s], flags));
	same_value(w, &got);
}

/* A duplicate with one difference, compared. */
static void compare_near(struct walk *w)
{
	struct flow *f = any_flow(w);
	unsigned attr = below(w, ATTRS), flags = below(w, 4) << 5 | below(w, 4);
	struct outcome twin, got;
	uint8_t value[32];

	any_value(w, &attributes[attr], value);
	value[31] = '\0';
	say(w, "    attribute %u, flags 0x%x\n", attr, flags);
	BOTH(w, twin, nfct_clone, (f->ct[s]));
	same_null(w, &twin);
	if (once_in(w, 2))
		BOTH(w, got, nfct_attr_unset, (POINTER(twin, s), attr));
	else if (attributes[attr].size)
		BOTH_VOID(w, nfct_set_attr, (POINTER(twin, s), attr, value));
	BOTH(w, got, nfct_cmp, (f->ct[s], POINTER(twin, s), flags));
	same_value(w, &got);
	BOTH(w, got, nfct_cmp, (POINTER(twin, s), f->ct[s], flags));
	same_value(w, &got);
	BOTH_VOID(w, nfct_destroy, (POINTER(twin, s)));
}

/* Everything at once. */

void look_at_flow(struct walk *w, const struct flow *f)
{
	struct outcome set;

	for (unsigned attr = 0; attr < ATTRS; attr++) {
		say(w, "  attribute %u\n", attr);
		BOTH(w, set, nfct_attr_is_set, (f->ct[s], attr));
		same_all(w, &set);
		if (set.value[0] != 1)
			continue;
		get_pointer(w, f, attr);
		if (attributes[attr].size)
			get_number(w, f, attr, 8);
	}
	for (unsigned group = 0; group < GROUPS; group++)
		look_at_group(w, f->ct, group);
}

void look_at_view(struct walk *w, struct nf_conntrack *const view[2])
{
	/* Attributes of the original tuple; groups of it come in 0, 2, 4, 6, 12 and 13. */
	static const unsigned stored[] = { 0, 1, 4, 5, 8, 9, 12, 13, 14, 15, 17, ORIG_ZONE };
	static const unsigned groups[] = { 0, 2, 4, 6, 12, 13 };
	struct flow f = { .ct = { view[0], view[1] } };
	struct outcome set;

	for (size_t i = 0; i < sizeof(stored) / sizeof(*stored); i++) {
		BOTH(w, set, nfct_attr_is_set, (view[s], stored[i]));
		same_all(w, &set);
		get_pointer(w, &f, stored[i]);
	}
	BOTH(w, set, nfct_attr_is_set, (view[s], REPL_L3PROTO));
	if (set.value[0] != set.value[1])
		count_known(w, K_VIEW_PRESENCE);
	for (size_t i = 0; i < sizeof(groups) / sizeof(*groups); i++)
		look_at_group(w, view, groups[i]);
}

static void look(struct walk *w)
{
	look_at_flow(w, any_flow(w));
}

static void sizes(struct walk *w)
{
	const struct flow *f = any_flow(w);
	struct outcome got, most;

	BOTH(w, got, nfct_sizeof, (f->ct[s]));
	BOTH(w, most, nfct_maxsize, ());
	if (most.value[0] != most.value[1]) {
		count_known(w, K_OBJECT_SIZE);
		ours_must(w, F_nfct_maxsize, most.value[1] - most.value[0] == 8, "have eight bytes more");
		for (int s = 0; s < 2; s++)
			got.value[s] += most.value[1] - most.value[s];
		most.value[0] = most.value[1];
	}
	same_all(w, &got);
	same_all(w, &most);
}

const struct operation flow_operations[] = {
	{ "a new object", 2, renew },
	{ "something like a real flow", 8, set_all },
	{ "set a number", 16, set_number },
	{ "set bytes", 14, set_bytes },
	{ "set a helper with its data", 2, set_helper },
	{ "set labels and their mask", 2, set_both_labels },
	{ "set the object's own labels", 1, set_same_labels },
	{ "unset", 6, unset },
	{ "get", 10, get },
	{ "is the array set", 3, is_set_array },
	{ "an attribute of 1.1.1", 1, newer_attribute },
	{ "set a group", 6, set_group },
	{ "unset a group", 2, unset_group },
	{ "get a group", 3, get_group },
	{ "set an option", 4, set_option },
	{ "get an option", 4, get_option },
	{ "copy", 4, copy },
	{ "copy over", 2, copy_override },
	{ "copy one attribute", 4, copy_one },
	{ "clone", 2, clone },
	{ "compare", 6, compare },
	{ "compare with a near twin", 6, compare_near },
	{ "look at everything", 2, look },
	{ "sizes", 1, sizes },
	{ 0 },
};
