/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Classes of faults that the original has had, at the C border: numbers without a name, buffers of every
 * length, blocks owned by several objects. Each buffer is a block of its own, so that a sanitizer sees a byte too
 * many. The same classes in the library itself, with the dates: tests/immunity.rs.
 */
#include "../samples.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition) \
	do { \
		if (!(condition)) { \
			printf("%s:%d: %s\n", __FILE__, __LINE__, #condition); \
			exit(1); \
		} \
	} while (0)

static struct nfct_labelmap *map;

static void set_labels(struct nf_conntrack *ct)
{
	struct nfct_bitmask *labels = nfct_bitmask_new(127), *mask = nfct_bitmask_new(127);

	nfct_bitmask_set_bit(labels, 1);
	nfct_bitmask_set_bit(labels, 64);
	nfct_set_attr(ct, ATTR_CONNLABELS, labels);
	nfct_set_attr(ct, ATTR_CONNLABELS_MASK, mask);
}

/* A security context comes in messages only. */
static void set_context(struct nf_conntrack *ct)
{
	static const unsigned char context[] = { 12, 0, 19, 0x80, 8, 0, 1, 0, 's', 'e', 'c', 0 };

	CHECK(nfct_payload_parse(context, sizeof(context), AF_INET, ct) == 0);
}

static void set_helper(struct nf_conntrack *ct)
{
	nfct_set_attr(ct, ATTR_HELPER_NAME, "ftp");
	nfct_set_attr_l(ct, ATTR_HELPER_INFO, "0123456789", 10);
}

static struct nf_conntrack *full(uint8_t family)
{
	struct nf_conntrack *ct = flow(family, IPPROTO_TCP);

	nfct_set_attr_u32(ct, ATTR_TIMEOUT, 0xffffffff);
	nfct_set_attr_u32(ct, ATTR_MARK, 0xffffffff);
	nfct_set_attr_u32(ct, ATTR_STATUS, 0xffffffff);
	set_labels(ct);
	set_context(ct);
	set_helper(ct);
	return ct;
}

static struct nf_expect *expectation(struct nf_conntrack *ct)
{
	struct nf_expect *exp = need(nfexp_new(), "nfexp_new");

	nfexp_set_attr(exp, ATTR_EXP_MASTER, ct);
	nfexp_set_attr(exp, ATTR_EXP_EXPECTED, ct);
	nfexp_set_attr(exp, ATTR_EXP_MASK, ct);
	nfexp_set_attr_u32(exp, ATTR_EXP_TIMEOUT, 0xffffffff);
	return exp;
}

/* Prints into a block of exactly this size; checks that the text ends inside. */
static void print(const struct nf_conntrack *ct, const struct nf_expect *exp, unsigned size, unsigned output)
{
	char *text = malloc(size);
	int len;

	CHECK(text);
	memset(text, 'x', size);
	len = nfct_snprintf(text, size, ct, NFCT_T_UPDATE, output, 15);
	CHECK(len == -1 || memchr(text, '\0', size));
	len = nfct_snprintf_labels(text, size, ct, NFCT_T_NEW, output, 15, map);
	CHECK(len == -1 || memchr(text, '\0', size));
	len = nfexp_snprintf(text, size, exp, NFCT_T_DESTROY, output, 15);
	CHECK(len == -1 || memchr(text, '\0', size));
	free(text);
}

static void every_buffer_length(void)
{
	struct nf_conntrack *ct = full(AF_INET6);
	struct nf_expect *exp = expectation(ct);
	char nothing = 'x';

	for (unsigned size = 1; size <= 4096; size++)
		for (unsigned output = NFCT_O_PLAIN; output <= NFCT_O_XML; output++)
			print(ct, exp, size, output);
	/* Size 0, at which the original ends the process or writes far away. */
	CHECK(nfct_snprintf(&nothing, 0, ct, 0, NFCT_O_PLAIN, 0) != 0);
	CHECK(nfct_snprintf_labels(&nothing, 0, ct, 0, NFCT_O_XML, 0, map) != 0);
	CHECK(nfexp_snprintf(&nothing, 0, exp, 0, NFCT_O_PLAIN, 0) != 0);
	CHECK(nothing == 'x');
	nfexp_destroy(exp);
	nfct_destroy(ct);
}

/* Every number in each of the attributes that choose a name, and in the enums of the printing functions. */
static void every_number(void)
{
	static const enum nf_conntrack_attr attributes[] = { ATTR_L3PROTO, ATTR_REPL_L3PROTO, ATTR_L4PROTO,
		ATTR_REPL_L4PROTO, ATTR_TCP_STATE, ATTR_SCTP_STATE, ATTR_DCCP_STATE, ATTR_DCCP_ROLE, ATTR_ICMP_TYPE,
		ATTR_ICMP_CODE };
	static const uint8_t protocols[] = { IPPROTO_TCP, IPPROTO_SCTP, IPPROTO_DCCP, IPPROTO_ICMP, IPPROTO_ICMPV6 };

	for (unsigned number = 0; number < 256; number++)
		for (size_t p = 0; p < sizeof(protocols); p++)
			for (size_t a = 0; a < sizeof(attributes) / sizeof(*attributes); a++) {
				struct nf_conntrack *ct = flow(AF_INET, protocols[p]);
				struct nf_expect *exp;

				nfct_set_attr_u8(ct, attributes[a], (uint8_t)number);
				exp = expectation(ct);
				print(ct, exp, 1024, NFCT_O_PLAIN);
				print(ct, exp, 4096, NFCT_O_XML);
				print(ct, exp, 64, number);
				nfexp_destroy(exp);
				nfct_destroy(ct);
			}
}

/* What is done to objects that share their origin; each step may come at any time. */
static struct nf_conntrack *objects[3];

static void clone_anew(void)
{
	nfct_destroy(objects[1]);
	objects[1] = need(nfct_clone(objects[0]), "nfct_clone");
}

static void copy_over(void)
{
	nfct_copy(objects[2], objects[0], NFCT_CP_ALL);
}

static void copy_back(void)
{
	nfct_copy(objects[0], objects[2], NFCT_CP_META);
}

static void set_again(void)
{
	set_labels(objects[0]);
	set_context(objects[0]);
	set_helper(objects[0]);
}

static void give_to_itself(void)
{
	nfct_set_attr(objects[0], ATTR_CONNLABELS, nfct_get_attr(objects[0], ATTR_CONNLABELS));
	nfct_set_attr(objects[0], ATTR_CONNLABELS_MASK, nfct_get_attr(objects[0], ATTR_CONNLABELS));
	nfct_copy(objects[0], objects[0], NFCT_CP_OVERRIDE);
	nfct_copy_attr(objects[0], objects[0], ATTR_SECCTX);
}

static void renew(void)
{
	nfct_destroy(objects[0]);
	objects[0] = full(AF_INET);
}

static void (*const steps[])(void) = { clone_anew, copy_over, copy_back, set_again, give_to_itself, renew };
#define STEPS (sizeof(steps) / sizeof(*steps))

/* All orders of the steps, then the objects in all orders of release. */
static void every_order(void)
{
	for (unsigned order = 0; order < 720 * 6; order++) {
		unsigned left = order, taken = 0;

		for (int i = 0; i < 3; i++)
			objects[i] = i ? flow(AF_INET, IPPROTO_TCP) : full(AF_INET);
		for (unsigned remaining = STEPS; remaining > 0; remaining--) {
			unsigned skip = left % remaining, step = 0;

			left /= remaining;
			while (taken >> step & 1 || skip-- > 0)
				step++;
			taken |= 1u << step;
			steps[step]();
		}
		for (unsigned remaining = 3; remaining > 0; remaining--) {
			unsigned which = left % remaining;

			left /= remaining;
			print(objects[which], NULL, 1024, NFCT_O_PLAIN);
			nfct_destroy(objects[which]);
			objects[which] = objects[remaining - 1];
		}
	}
}

static void no_label_file(void)
{
	struct nf_conntrack *ct = full(AF_INET);

	errno = 0;
	CHECK(!nfct_labelmap_new("/nonexistent/connlabel.conf") && errno == ENOENT);
	CHECK(!nfct_labelmap_new("/dev/null") && errno == 0);
	CHECK(nfct_labelmap_get_bit(NULL, "one") == -1);
	print(ct, NULL, 1024, NFCT_O_PLAIN); /* with no map yet */
	nfct_destroy(ct);
}

int main(void)
{
	FILE *file = fopen("labels", "w");

	no_label_file();
	CHECK(file && fputs("1 one\n64 sixty-four\n", file) >= 0 && fclose(file) == 0);
	map = need(nfct_labelmap_new("labels"), "nfct_labelmap_new");
	every_buffer_length();
	every_number();
	every_order();
	nfct_labelmap_destroy(map);
	puts("immune");
	return 0;
}
