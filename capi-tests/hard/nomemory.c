/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Memory that runs out: every function is called over and over, and each time a later one of its allocations
 * fails, alone or with all that follow. It must come back with its failure value and ENOMEM, its objects as
 * they were; the first call that asks for nothing more must succeed. Needs a network namespace of its own.
 *
 * This program's malloc and its kin stand before those of the C library, for the library as well. The original
 * is not asked: it gives up its callers' data in places.
 */
#include "../samples.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The C library's own, under the names that it keeps for such programs. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

/* The allocation to fail, counted from 1; 0 lets all pass. `sticky` fails those behind it, too. */
static unsigned fail_at, allocations;
static bool sticky;

static bool fails(void)
{
	if (!fail_at)
		return false;
	allocations++;
	if (allocations != fail_at && !(sticky && allocations > fail_at))
		return false;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return fails() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
	return fails() ? NULL : __libc_realloc(block, size);
}

void *memalign(size_t alignment, size_t size)
{
	return fails() ? NULL : __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return fails() ? NULL : __libc_memalign(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size)
{
	*block = fails() ? NULL : __libc_memalign(alignment, size);
	return *block ? 0 : ENOMEM;
}

/* What the functions under test are given; all of it owns blocks. */
static struct nf_conntrack *ct, *other, *plain;
static struct nf_expect *expect;
static struct nfct_bitmask *mask;
static struct nfct_handle *handle;
static struct nfct_filter *filter;
static struct nfct_filter_dump *dump;
static int unused_socket;
static char map_file[] = "/tmp/nomemory-XXXXXX";
static struct {
	struct nlmsghdr header;
	char room[200000];
} message, built;

static int no_event(enum nf_conntrack_msg_type type, struct nf_conntrack *entry, void *data)
{
	(void)type;
	(void)entry;
	(void)data;
	return NFCT_CB_CONTINUE;
}

/* Each test does its call, tidies up, and tells whether the call succeeded. */

static bool released(struct nf_conntrack *made)
{
	if (made)
		nfct_destroy(made);
	return made;
}

static bool test_new(void)
{
	return released(nfct_new());
}

static bool test_clone(void)
{
	return released(nfct_clone(ct));
}

static bool test_expect_new(void)
{
	struct nf_expect *made = nfexp_new();

	if (made)
		nfexp_destroy(made);
	return made;
}

static bool test_expect_clone(void)
{
	struct nf_expect *made = nfexp_clone(expect);

	if (made)
		nfexp_destroy(made);
	return made;
}

static bool test_mask_new(void)
{
	struct nfct_bitmask *made = nfct_bitmask_new(65535);

	nfct_bitmask_destroy(made);
	return made;
}

static bool test_mask_clone(void)
{
	struct nfct_bitmask *made = nfct_bitmask_clone(mask);

	nfct_bitmask_destroy(made);
	return made;
}

static bool test_map(void)
{
	struct nfct_labelmap *made = nfct_labelmap_new(map_file);

	if (made)
		nfct_labelmap_destroy(made);
	return made;
}

static bool test_filter(void)
{
	struct nfct_filter *made = nfct_filter_create();

	if (made)
		nfct_filter_destroy(made);
	return made;
}

static bool test_dump(void)
{
	struct nfct_filter_dump *made = nfct_filter_dump_create();

	if (made)
		nfct_filter_dump_destroy(made);
	return made;
}

static bool test_open(void)
{
	struct nfct_handle *made = nfct_open(0, 0);

	if (made)
		nfct_close(made);
	return made;
}

/* Functions without a result tell by errno. */

static bool test_set_info(void)
{
	errno = 0;
	nfct_set_attr_l(other, ATTR_HELPER_INFO, "0123456789", 10);
	return errno == 0;
}

static bool test_copy(void)
{
	errno = 0;
	nfct_copy(other, ct, NFCT_CP_ALL);
	return errno == 0;
}

static bool test_copy_override(void)
{
	static long block[128];

	errno = 0;
	nfct_copy((struct nf_conntrack *)block, ct, NFCT_CP_OVERRIDE);
	return errno == 0;
}

static bool copied(enum nf_conntrack_attr attr)
{
	errno = 0;
	nfct_copy_attr(other, ct, attr);
	return errno == 0;
}

static bool test_copy_labels(void)
{
	return copied(ATTR_CONNLABELS);
}

static bool test_copy_label_mask(void)
{
	return copied(ATTR_CONNLABELS_MASK);
}

static bool test_copy_info(void)
{
	return copied(ATTR_HELPER_INFO);
}

static bool test_copy_context(void)
{
	return copied(ATTR_SECCTX);
}

/* One mask for both attributes: the second becomes a copy. */
static bool test_share_mask(void)
{
	errno = 0;
	nfct_set_attr(ct, ATTR_CONNLABELS_MASK, nfct_get_attr(ct, ATTR_CONNLABELS));
	return errno == 0;
}

static bool test_filter_add(void)
{
	struct nfct_filter_ipv4 address = { 1, 2 };

	errno = 0;
	nfct_filter_add_attr_u32(filter, NFCT_FILTER_L4PROTO, IPPROTO_TCP);
	if (errno == 0)
		nfct_filter_add_attr(filter, NFCT_FILTER_SRC_IPV4, &address);
	return errno == 0;
}

static bool test_filter_attach(void)
{
	return nfct_filter_attach(unused_socket, filter) == 0;
}

static bool test_dump_tuple(void)
{
	errno = 0;
	nfct_filter_dump_set_attr(dump, NFCT_FILTER_DUMP_TUPLE, ct);
	return errno == 0;
}

static bool test_build(void)
{
	memset(&built, 0, 20);
	built.header.nlmsg_len = 20;
	return nfct_nlmsg_build(&built.header, ct) == 0;
}

static bool test_parse(void)
{
	return nfct_nlmsg_parse(&message.header, other) == 0;
}

static bool test_payload(void)
{
	return nfct_payload_parse((char *)&message + 20, message.header.nlmsg_len - 20, AF_INET, other) == 0;
}

static bool test_query(void)
{
	uint32_t family = AF_INET;

	return nfct_query(handle, NFCT_Q_DUMP, &family) == 0;
}

static bool test_send(void)
{
	struct nfct_handle *made;
	uint32_t family = AF_INET;
	bool sent;

	made = nfct_open(CONNTRACK, 0);
	if (!made)
		return false;
	sent = nfct_send(made, NFCT_Q_FLUSH, &family) > 0;
	nfct_close(made);
	return sent;
}

/* A handle that never asked before takes its buffers now. */
static bool test_first_query(void)
{
	struct nfct_handle *made = nfct_open(CONNTRACK, 0);
	int result;

	if (!made)
		return false;
	nfct_callback_register(made, NFCT_T_ALL, no_event, NULL);
	result = nfct_query(made, NFCT_Q_GET, plain);
	nfct_close(made);
	return result == 0;
}

static const struct {
	const char *name;
	bool (*run)(void);
	bool may_be_without; /* needs no memory, or not always */
} tests[] = {
	{ "nfct_new", test_new, false },
	{ "nfct_clone", test_clone, false },
	{ "nfexp_new", test_expect_new, false },
	{ "nfexp_clone", test_expect_clone, false },
	{ "nfct_bitmask_new", test_mask_new, false },
	{ "nfct_bitmask_clone", test_mask_clone, false },
	{ "nfct_labelmap_new", test_map, false },
	{ "nfct_filter_create", test_filter, false },
	{ "nfct_filter_dump_create", test_dump, false },
	{ "nfct_open", test_open, false },
	{ "nfct_set_attr_l, helper data", test_set_info, false },
	{ "nfct_copy", test_copy, false },
	{ "nfct_copy, override", test_copy_override, false },
	{ "nfct_copy_attr, labels", test_copy_labels, false },
	{ "nfct_copy_attr, label mask", test_copy_label_mask, false },
	{ "nfct_copy_attr, helper data", test_copy_info, false },
	{ "nfct_copy_attr, security context", test_copy_context, false },
	{ "nfct_set_attr, one mask twice", test_share_mask, true },
	{ "nfct_filter_add_attr", test_filter_add, true },
	{ "nfct_filter_attach", test_filter_attach, false },
	{ "nfct_filter_dump_set_attr, tuple", test_dump_tuple, false },
	{ "nfct_nlmsg_build, large", test_build, false },
	{ "nfct_nlmsg_parse", test_parse, false },
	{ "nfct_payload_parse", test_payload, false },
	{ "nfct_send", test_send, false },
	{ "nfct_query, first", test_first_query, false },
	{ "nfct_query", test_query, true },
};

/* Fails one allocation after the other; returns how many there were. */
static unsigned starve(size_t test)
{
	for (unsigned at = 1; at < 1000; at++) {
		bool succeeded;
		int error;

		allocations = 0;
		errno = 0;
		fail_at = at;
		succeeded = tests[test].run();
		error = errno;
		fail_at = 0;
		if (allocations < at) {
			if (succeeded)
				return at - 1;
			printf("%s: fails with all the memory it wants: %s\n", tests[test].name, strerror(error));
			exit(1);
		}
		if (succeeded || error != ENOMEM) {
			printf("%s: allocation %u failed%s, and it %s, errno %d\n", tests[test].name, at,
				sticky ? " and all behind it" : "", succeeded ? "succeeded" : "failed", error);
			exit(1);
		}
	}
	printf("%s: never has enough\n", tests[test].name);
	exit(1);
}

/* An entry with everything that is kept in blocks, and the message that tells it. */
static void prepare(void)
{
	static const unsigned char labels[16] = { 1, 2, 3 };
	static const unsigned char context[] = { 12, 0, 19, 0x80, 8, 0, 1, 0, 's', 'e', 'c', 0 };
	static const unsigned char help[] = { 24, 0, 5, 0x80, 8, 0, 1, 0, 'f', 't', 'p', 0, 12, 0, 2, 0, 1, 2, 3, 4, 5,
		6, 7, 8 };
	char *at = (char *)&message + 20;
	int file = mkstemp(map_file);

	if (file < 0 || write(file, "1 one\n5 five\n900 far\n", 21) != 21)
		exit(1);
	close(file);
	ct = flow(AF_INET, IPPROTO_UDP);
	other = flow(AF_INET, IPPROTO_UDP);
	plain = flow(AF_INET, IPPROTO_UDP);
	message.header.nlmsg_len = 20;
	*((unsigned char *)&message + 16) = AF_INET;
	if (nfct_nlmsg_build(&message.header, ct) != 0)
		exit(1);
	at = (char *)&message + message.header.nlmsg_len;
	memcpy(at, context, sizeof(context));
	memcpy(at + sizeof(context), help, sizeof(help));
	at += sizeof(context) + sizeof(help);
	memcpy(at, (unsigned char[]){ 20, 0, 22, 0 }, 4);
	memcpy(at + 4, labels, sizeof(labels));
	message.header.nlmsg_len += sizeof(context) + sizeof(help) + 20;
	if (nfct_nlmsg_parse(&message.header, ct) != 0)
		exit(1);
	nfct_set_attr(ct, ATTR_CONNLABELS, nfct_bitmask_new(65535));
	nfct_set_attr(ct, ATTR_CONNLABELS_MASK, nfct_bitmask_new(65535));
	nfct_set_attr_u32(ct, ATTR_TIMEOUT, 100);
	expect = nfexp_new();
	mask = nfct_bitmask_new(127);
	filter = nfct_filter_create();
	dump = nfct_filter_dump_create();
	handle = nfct_open(CONNTRACK, 0);
	unused_socket = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (!expect || !mask || !filter || !dump || !handle)
		exit(1);
	nfct_callback_register(handle, NFCT_T_ALL, no_event, NULL);
}

/* One entry in the table, for lists and look-ups. */
static void fill_table(void)
{
	struct nf_conntrack *entry = flow(AF_INET, IPPROTO_UDP);

	nfct_set_attr_u32(entry, ATTR_TIMEOUT, 100);
	if (nfct_query(handle, NFCT_Q_CREATE_UPDATE, entry) != 0) {
		perror("an entry for the table");
		exit(1);
	}
	nfct_destroy(entry);
}

int main(void)
{
	prepare();
	for (size_t test = 0; test < sizeof(tests) / sizeof(*tests); test++) {
		unsigned alone, together;

		fill_table();
		sticky = false;
		alone = starve(test);
		fill_table();
		sticky = true;
		together = starve(test);
		if (alone == 0 && !tests[test].may_be_without) {
			printf("%s: asked for no memory\n", tests[test].name);
			return 1;
		}
		printf("%s: %u allocations, %u together\n", tests[test].name, alone, together);
	}
	unlink(map_file);
	puts("memory may run out");
	return 0;
}
