/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The tuple of an expectation, as nfexp_get_attr() returns it, given to every function that takes a conntrack
 * object; what they answer is written to a stream.
 */
#ifndef VIEWS_H
#define VIEWS_H

#include "samples.h"
#include <stdbool.h>

#define ORIGINAL_ATTRIBUTES 75 /* those that every version knows */

/* Prints a call's result, and errno where the call has set it. */
#define ANSWER(to, call) \
	do { \
		errno = 0; \
		long long answer_ = (long long)(call); \
		fprintf(to, "  %s = %lld, errno %d\n", #call, answer_, answer_ < 0 || errno == ENODATA ? errno : 0); \
	} while (0)

static const enum nf_expect_attr tuples[] = {ATTR_EXP_MASTER, ATTR_EXP_EXPECTED, ATTR_EXP_MASK, ATTR_EXP_NAT_TUPLE};
#define TUPLES (sizeof(tuples) / sizeof(tuples[0]))

/* How many bytes of the expectation start at each of the tuples. */
static inline size_t bytes_from(enum nf_expect_attr tuple)
{
	static const size_t offsets[] = {[ATTR_EXP_MASTER] = 0, [ATTR_EXP_EXPECTED] = 52, [ATTR_EXP_MASK] = 104,
		[ATTR_EXP_NAT_TUPLE] = 156};

	return nfexp_maxsize() - offsets[tuple];
}

/* Where the attributes stand that lie after the tuple: offset and size, or nothing for a block of its own. */
static const unsigned short places[ORIGINAL_ATTRIBUTES][2] = {
	{0, 4}, {16, 4}, {52, 4}, {68, 4}, {0, 16}, {16, 16}, {52, 16}, {68, 16}, {36, 2}, {38, 2}, {88, 2}, {90, 2},
	{38, 1}, {39, 1}, {36, 2}, {32, 1}, {84, 1}, {33, 1}, {85, 1}, {184, 1}, {232, 4}, {268, 4}, {264, 2},
	{300, 2}, {132, 4}, {136, 4}, {200, 8}, {216, 8}, {208, 8}, {224, 8}, {148, 4}, {152, 4}, {144, 4}, {185, 1},
	{187, 1}, {186, 1}, {188, 1}, {92, 4}, {108, 4}, {92, 16}, {108, 16}, {128, 2}, {130, 2}, {124, 1}, {125, 1},
	{140, 4}, {304, 4}, {308, 4}, {312, 4}, {316, 4}, {320, 4}, {324, 4}, {184, 1}, {188, 4}, {192, 4}, {158, 16},
	{184, 1}, {185, 1}, {192, 8}, {189, 1}, {190, 1}, {156, 2}, {0, 0}, {328, 8}, {336, 8}, {0, 0}, {0, 0}, {0, 0},
	{34, 2}, {86, 2}, {232, 16}, {268, 16}, {344, 4}, {348, 4}, {352, 4},
};

/* Whether the whole attribute lies inside the expectation. */
static inline bool is_inside(enum nf_expect_attr tuple, int attr)
{
	return places[attr][1] > 0 && places[attr][0] + places[attr][1] <= bytes_from(tuple);
}

static void answer_bytes(FILE *to, const char *name, const void *bytes, size_t len)
{
	fprintf(to, "  %s:", name);
	for (size_t i = 0; i < len; i++)
		fprintf(to, "%02x", ((const unsigned char *)bytes)[i]);
	fputc('\n', to);
}

static void getters(FILE *to, enum nf_expect_attr tuple, const struct nf_conntrack *view)
{
	for (int attr = 0; attr < ORIGINAL_ATTRIBUTES; attr++) {
		const enum nf_conntrack_attr list[] = {ATTR_ORIG_L3PROTO, attr};
		const void *value;

		if (!is_inside(tuple, attr))
			continue;
		fprintf(to, "  attribute %d\n", attr);
		ANSWER(to, nfct_attr_is_set(view, attr));
		ANSWER(to, nfct_attr_is_set_array(view, list, 2));
		ANSWER(to, nfct_get_attr_u8(view, attr));
		if (places[attr][1] >= 2)
			ANSWER(to, nfct_get_attr_u16(view, attr));
		if (places[attr][1] >= 4)
			ANSWER(to, nfct_get_attr_u32(view, attr));
		if (places[attr][1] >= 8)
			ANSWER(to, nfct_get_attr_u64(view, attr));
		value = nfct_get_attr(view, attr);
		ANSWER(to, value ? (const char *)value - (const char *)view : -1);
		if (value)
			answer_bytes(to, "value", value, places[attr][1]);
	}
	ANSWER(to, nfct_attr_is_set(view, -1));
	ANSWER(to, nfct_get_attr_u32(view, 1000));
}

static void groups(FILE *to, const struct nf_conntrack *view)
{
	static const enum nf_conntrack_attr_grp held[] = {ATTR_GRP_ORIG_IPV4, ATTR_GRP_REPL_IPV4, ATTR_GRP_ORIG_IPV6,
		ATTR_GRP_REPL_IPV6, ATTR_GRP_ORIG_PORT, ATTR_GRP_REPL_PORT, ATTR_GRP_ICMP, ATTR_GRP_ORIG_ADDR_SRC,
		ATTR_GRP_ORIG_ADDR_DST, ATTR_GRP_REPL_ADDR_SRC, ATTR_GRP_REPL_ADDR_DST};

	for (size_t i = 0; i < sizeof(held) / sizeof(held[0]); i++) {
		unsigned char data[32] = {0};

		fprintf(to, "  group %d\n", held[i]);
		ANSWER(to, nfct_attr_grp_is_set(view, held[i]));
		ANSWER(to, nfct_get_attr_grp(view, held[i], data));
		answer_bytes(to, "data", data, sizeof(data));
	}
	ANSWER(to, nfct_attr_grp_is_set(view, 99));
}

static void texts(FILE *to, const struct nf_conntrack *view)
{
	static const unsigned messages[] = {0, NFCT_T_NEW, NFCT_T_DESTROY};
	static const unsigned sizes[] = {4096, 40, 1};
	char text[4096];

	for (unsigned output = NFCT_O_PLAIN; output <= NFCT_O_MAX; output++)
		for (size_t m = 0; m < 3; m++)
			for (size_t s = 0; s < 3; s++) {
				memset(text, 0, sizeof(text));
				ANSWER(to, nfct_snprintf(text, sizes[s], view, messages[m], output,
					NFCT_OF_SHOW_LAYER3 | NFCT_OF_ID));
				fprintf(to, "    %s\n", text);
				ANSWER(to, nfct_snprintf_labels(text, sizes[s], view, messages[m], output, 0, NULL));
				fprintf(to, "    %s\n", text);
			}
}

static void messages(FILE *to, const struct nf_conntrack *view)
{
	static char buffer[8192], subsystem[64];
	struct nlmsghdr *message = (struct nlmsghdr *)buffer;

	memset(buffer, 0, sizeof(buffer));
	message->nlmsg_len = NLMSG_LENGTH(4);
	ANSWER(to, nfct_nlmsg_build(message, view));
	answer_bytes(to, "message", buffer, message->nlmsg_len);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
	/* What stands in the buffer after a failure is not promised. */
	memset(buffer, 0, sizeof(buffer));
	errno = 0;
	if (nfct_build_conntrack((void *)subsystem, buffer, sizeof(buffer), 1, 2, view) == 0)
		answer_bytes(to, "conntrack", buffer, message->nlmsg_len);
	memset(buffer, 0, sizeof(buffer));
	if (nfct_attr_is_set(view, ATTR_ORIG_L3PROTO)) {
		ANSWER(to, nfct_build_query((void *)subsystem, NFCT_Q_GET, view, buffer, sizeof(buffer)));
		answer_bytes(to, "query", buffer, message->nlmsg_len);
	}
	ANSWER(to, nfct_sizeof(view) == nfct_maxsize());
#pragma GCC diagnostic pop
}

static void comparisons(FILE *to, const struct nf_conntrack *view, const struct nf_conntrack *other)
{
	static const unsigned flags[] = {NFCT_CMP_ALL, NFCT_CMP_ORIG, NFCT_CMP_REPL, NFCT_CMP_TIMEOUT_EQ,
		NFCT_CMP_ORIG | NFCT_CMP_REPL};

	ANSWER(to, nfct_compare(view, other));
	ANSWER(to, nfct_compare(other, view));
	ANSWER(to, nfct_compare(view, view));
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		for (unsigned strict = 0; strict <= 3; strict++) {
			fprintf(to, "  flags 0x%x\n", flags[i] | strict << 5);
			ANSWER(to, nfct_cmp(view, other, flags[i] | strict << 5));
			ANSWER(to, nfct_cmp(other, view, flags[i] | strict << 5));
		}
}

static void options(FILE *to, const struct nf_conntrack *view)
{
	bool has_ports = nfct_get_attr_u8(view, ATTR_ORIG_L4PROTO) == IPPROTO_TCP ||
		nfct_get_attr_u8(view, ATTR_ORIG_L4PROTO) == IPPROTO_UDP;

	for (unsigned option = 0; option <= NFCT_GOPT_MAX + 1; option++) {
		/* The original takes other fields for ports. */
		if (!has_ports && (option == NFCT_GOPT_IS_SPAT || option == NFCT_GOPT_IS_DPAT))
			continue;
		fprintf(to, "  option %u\n", option);
		ANSWER(to, nfct_getobjopt(view, option));
	}
}

/* A whole object, in full, but for what no message carries. */
static void whole(FILE *to, const char *name, const struct nf_conntrack *ct)
{
	fprintf(to, " %s\n", name);
	for (int attr = 0; attr < ORIGINAL_ATTRIBUTES; attr++)
		if (places[attr][1] > 0 && nfct_attr_is_set(ct, attr) == 1) {
			fprintf(to, "  attribute %d\n", attr);
			answer_bytes(to, "value", nfct_get_attr(ct, attr), places[attr][1]);
		}
	texts(to, ct);
	messages(to, ct);
}

/*
 * Copies of a tuple. An attribute that does not lie in the expectation is not there to be copied; of the
 * ranges of a translation and of a clone everything counts, so they are left to those who know what follows.
 */
static void copies(FILE *to, enum nf_expect_attr tuple, const struct nf_conntrack *view, bool is_clonable)
{
	static const unsigned parts[] = {NFCT_CP_ORIG, NFCT_CP_REPL};
	struct nf_conntrack *ct;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		ct = need(nfct_new(), "nfct_new");
		nfct_copy(ct, view, parts[i]);
		whole(to, "a copied part", ct);
		nfct_destroy(ct);
	}
	ct = need(nfct_new(), "nfct_new");
	for (int attr = 0; attr < ORIGINAL_ATTRIBUTES; attr++)
		if (is_inside(tuple, attr))
			nfct_copy_attr(ct, view, attr);
	whole(to, "copied attributes", ct);
	nfct_destroy(ct);
	if (!is_clonable)
		return;
	ct = need(nfct_clone(view), "nfct_clone");
	whole(to, "a clone", ct);
	nfct_copy(ct, view, NFCT_CP_ALL);
	whole(to, "a copy of everything", ct);
	nfct_destroy(ct);
	ct = need(nfct_new(), "nfct_new");
	nfct_copy(ct, view, NFCT_CP_OVERRIDE);
	whole(to, "a copy over", ct);
	nfct_destroy(ct);
}

/* A tuple is a value for another expectation, and for its own. */
static void values(FILE *to, const struct nf_conntrack *view)
{
	struct nf_expect *exp = need(nfexp_new(), "nfexp_new");
	char text[4096];

	for (size_t i = 0; i < TUPLES; i++)
		nfexp_set_attr(exp, tuples[i], view);
	nfexp_snprintf(text, sizeof(text), exp, 0, NFCT_O_PLAIN, 0);
	fprintf(to, "  %s\n", text);
	for (size_t i = 0; i < TUPLES; i++)
		ANSWER(to, nfct_cmp(nfexp_get_attr(exp, tuples[i]), view, NFCT_CMP_ORIG | NFCT_CMP_STRICT));
	nfexp_destroy(exp);
}

/* Every function that reads a conntrack object, on one tuple of an expectation. */
static void every_reader(FILE *to, const struct nf_expect *exp, enum nf_expect_attr tuple,
	const struct nf_conntrack *other, bool is_clonable)
{
	const struct nf_conntrack *view = nfexp_get_attr(exp, tuple);

	fprintf(to, "tuple %d\n", tuple);
	if (!view)
		return;
	getters(to, tuple, view);
	groups(to, view);
	texts(to, view);
	messages(to, view);
	comparisons(to, view, other);
	options(to, view);
	copies(to, tuple, view, is_clonable);
	values(to, view);
}

/* Sets all that an expectation has; each tuple is the original one of a sample. */
static void fill(struct nf_expect *exp, const struct nf_conntrack *master, const struct nf_conntrack *expected,
	const struct nf_conntrack *mask, const struct nf_conntrack *translated)
{
	nfexp_set_attr(exp, ATTR_EXP_MASTER, master);
	nfexp_set_attr(exp, ATTR_EXP_EXPECTED, expected);
	nfexp_set_attr(exp, ATTR_EXP_MASK, mask);
	nfexp_set_attr(exp, ATTR_EXP_NAT_TUPLE, translated);
	nfexp_set_attr_u32(exp, ATTR_EXP_TIMEOUT, 300);
	nfexp_set_attr_u16(exp, ATTR_EXP_ZONE, 5);
	nfexp_set_attr_u32(exp, ATTR_EXP_FLAGS, NF_CT_EXPECT_PERMANENT);
	nfexp_set_attr_u32(exp, ATTR_EXP_CLASS, 2);
	nfexp_set_attr_u32(exp, ATTR_EXP_NAT_DIR, 1);
}

#endif
