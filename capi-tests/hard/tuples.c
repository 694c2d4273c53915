/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The tuples of an expectation, where nothing follows the expectation: in a block of exactly its size, and at the
 * end of a page before one that must not be touched. Every function that reads a conntrack object answers as it
 * does in a roomy block; every one that writes changes the tuple and nothing else. The original reads and writes
 * after the expectation.
 */
#include "../views.h"

#include <sys/mman.h>
#include <unistd.h>

#define CHECK(condition) \
	do { \
		if (!(condition)) { \
			printf("%s:%d: %s\n", __FILE__, __LINE__, #condition); \
			exit(1); \
		} \
	} while (0)

#define HEAD 52 /* bytes of a tuple with what is set of it */

static struct nf_expect *in_room(void)
{
	return need(calloc(1, 1024), "calloc");
}

static struct nf_expect *in_exact_block(void)
{
	return need(calloc(1, nfexp_maxsize()), "calloc");
}

/* Never given back: there are few. */
static struct nf_expect *at_end_of_page(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(pages != MAP_FAILED && mprotect(pages + page, page, PROT_NONE) == 0);
	return (void *)(pages + page - nfexp_maxsize());
}

static struct nf_expect *(*const places_of[])(void) = {in_room, in_exact_block, at_end_of_page};
#define PLACES (sizeof(places_of) / sizeof(places_of[0]))

/* A flow with every attribute that can be set, blocks included. */
static struct nf_conntrack *all(void)
{
	struct nf_conntrack *ct = tcp_in_full();
	struct nfct_bitmask *labels = need(nfct_bitmask_new(127), "nfct_bitmask_new");
	unsigned char value[16];

	memset(value, 3, sizeof(value));
	for (int attr = 0; attr < ORIGINAL_ATTRIBUTES; attr++)
		if (places[attr][1] > 0 && attr != ATTR_ORIG_L3PROTO && attr != ATTR_ORIG_L4PROTO)
			nfct_set_attr(ct, attr, value);
	nfct_set_attr(ct, ATTR_HELPER_NAME, "amanda");
	nfct_set_attr_l(ct, ATTR_HELPER_INFO, value, sizeof(value));
	nfct_set_attr(ct, ATTR_CONNLABELS, labels);
	nfct_set_attr(ct, ATTR_CONNLABELS_MASK, need(nfct_bitmask_clone(labels), "nfct_bitmask_clone"));
	nfct_set_attr(ct, ATTR_SECCTX, "context");
	return ct;
}

static void put(struct nf_expect *exp, const struct nf_conntrack *ct)
{
	fill(exp, ct, ct, ct, ct);
	nfexp_set_attr(exp, ATTR_EXP_HELPER_NAME, "0123456789abcde");
	nfexp_set_attr(exp, ATTR_EXP_FN, "nat-follow-master-12345");
}

/* What a filter of dumps holds. */
static void filter(FILE *to, const struct nf_conntrack *view)
{
	static char buffer[8192];
	struct nlmsghdr *message = (struct nlmsghdr *)buffer;
	struct nfct_filter_dump *dump = need(nfct_filter_dump_create(), "nfct_filter_dump_create");

	nfct_filter_dump_set_attr(dump, NFCT_FILTER_DUMP_TUPLE, view);
	memset(buffer, 0, sizeof(buffer));
	message->nlmsg_len = NLMSG_LENGTH(4);
	ANSWER(to, nfct_nlmsg_build_filter(message, dump));
	answer_bytes(to, "filter", buffer, message->nlmsg_len);
	nfct_filter_dump_destroy(dump);
}

/* What does not lie in the expectation is not set. */
static void absent(FILE *to, enum nf_expect_attr tuple, const struct nf_conntrack *view)
{
	for (int attr = 0; attr < ATTR_MAX; attr++) {
		if (attr < ORIGINAL_ATTRIBUTES && is_inside(tuple, attr))
			continue;
		CHECK(nfct_attr_is_set(view, attr) == 0);
		errno = 0;
		CHECK(nfct_get_attr(view, attr) == NULL && errno == ENODATA);
		CHECK(nfct_get_attr_u64(view, attr) == 0);
	}
	for (int group = 0; group < ATTR_GRP_MAX; group++) {
		uint64_t data[4] = {0};

		ANSWER(to, nfct_get_attr_grp(view, group, data));
		answer_bytes(to, "data", data, sizeof(data));
	}
	/* Getters wider than their attribute read the neighbours, as far as there are any. */
	for (int attr = 0; attr < ORIGINAL_ATTRIBUTES; attr++)
		ANSWER(to, nfct_get_attr_u64(view, attr));
}

/* All that the readers answer about the tuples of an expectation in one place. */
static char *read_in(struct nf_expect *(*place)(void), const struct nf_conntrack *ct, int is_parsed)
{
	static const unsigned char message[] = {
		/* IPCTNL_MSG_EXP_NEW, IPv4; a master of TCP without addresses, ports 1 and 2 */
		52, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0,
		32, 0, 1, 0x80, 28, 0, 2, 0x80, 5, 0, 1, 0, 6, 0, 0, 0, 6, 0, 2, 0, 0, 1, 0, 0, 6, 0, 3, 0, 0, 2, 0, 0};
	struct nf_expect *exp = place();
	char *text = NULL;
	size_t size;
	FILE *to = need(open_memstream(&text, &size), "open_memstream");

	if (is_parsed)
		CHECK(nfexp_nlmsg_parse((const struct nlmsghdr *)message, exp) == 0);
	else
		put(exp, ct);
	for (size_t i = 0; i < TUPLES; i++) {
		const struct nf_conntrack *view = nfexp_get_attr(exp, tuples[i]);

		every_reader(to, exp, tuples[i], ct, true);
		if (!view)
			continue;
		absent(to, tuples[i], view);
		filter(to, view);
	}
	fclose(to);
	if (place != at_end_of_page)
		free(exp);
	return text;
}

static void readers(void)
{
	struct nf_conntrack *(*const makers[])(void) = {all, udp6, icmp4, half, empty, translated};

	for (size_t m = 0; m < sizeof(makers) / sizeof(makers[0]); m++)
		for (int is_parsed = 0; is_parsed <= 1; is_parsed++) {
			struct nf_conntrack *ct = makers[m]();
			char *roomy = read_in(in_room, ct, is_parsed);

			CHECK(strlen(roomy) > 10000);
			for (size_t p = 1; p < PLACES; p++) {
				char *tight = read_in(places_of[p], ct, is_parsed);

				CHECK(strcmp(roomy, tight) == 0);
				free(tight);
			}
			free(roomy);
			nfct_destroy(ct);
		}
}

/* Every function that writes to a conntrack object; all of them may be called on a tuple. */
static void write_all(struct nf_conntrack *view)
{
	static const unsigned char message[] = {
		/* IPCTNL_MSG_CT_NEW, IPv4; a mark, and an original tuple with addresses */
		52, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 8, 0, 8, 0, 1, 2, 3, 4,
		24, 0, 1, 0x80, 20, 0, 1, 0x80, 8, 0, 1, 0, 9, 8, 7, 6, 8, 0, 2, 0, 5, 4, 3, 2};
	const struct nlmsghdr *header = (const struct nlmsghdr *)message;
	struct nf_conntrack *source = all();
	unsigned char value[64];

	memset(value, 0x11, sizeof(value));
	for (int attr = 0; attr < ATTR_MAX; attr++) {
		if (attr == ATTR_CONNLABELS || attr == ATTR_CONNLABELS_MASK)
			continue;
		nfct_set_attr(view, attr, value);
		nfct_set_attr_l(view, attr, value, 4);
		nfct_set_attr_u8(view, attr, 0x22);
		nfct_set_attr_u16(view, attr, 0x2222);
		nfct_set_attr_u32(view, attr, 0x22222222);
		nfct_set_attr_u64(view, attr, 0x2222222222222222);
		nfct_copy_attr(view, source, attr);
		CHECK(nfct_attr_unset(view, attr) == 0 && nfct_attr_is_set(view, attr) == 0);
	}
	for (int group = 0; group < ATTR_GRP_MAX; group++) {
		nfct_set_attr_grp(view, group, value);
		CHECK(nfct_attr_grp_unset(view, group) == 0);
	}
	for (unsigned option = 0; option <= NFCT_SOPT_MAX; option++)
		CHECK(nfct_setobjopt(view, option) == 0);
	for (unsigned parts = 0; parts < 8; parts++)
		nfct_copy(view, source, parts);
	CHECK(nfct_nlmsg_parse(header, view) == 0);
	CHECK(nfct_payload_parse(message + 20, 32, AF_INET, view) == 0);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
	CHECK(nfct_parse_conntrack(NFCT_T_ALL, header, view) != -1);
#pragma GCC diagnostic pop
	CHECK(nfct_get_attr_u32(view, ATTR_ORIG_IPV4_SRC) == inet_addr("9.8.7.6"));
	errno = 0;
	nfct_destroy(view);
	CHECK(errno == EINVAL);
	nfct_destroy(source);
}

/* A tuple takes what the original takes: the same setters on a whole object give the same original tuple. */
static void set_alike(struct nf_conntrack *view)
{
	struct nf_conntrack *ct = need(nfct_new(), "nfct_new");
	struct nf_conntrack *both[] = {view, ct};
	const uint16_t port = htons(4711);

	nfct_copy(ct, view, NFCT_CP_ORIG);
	for (int i = 0; i < 2; i++) {
		nfct_set_attr_u8(both[i], ATTR_ORIG_L3PROTO, AF_INET);
		nfct_set_attr_u8(both[i], ATTR_ORIG_L4PROTO, IPPROTO_ICMP);
		nfct_set_attr_u32(both[i], ATTR_ORIG_IPV4_SRC, inet_addr("192.0.2.77"));
		nfct_set_attr(both[i], ATTR_ICMP_ID, &port);
		nfct_set_attr_u8(both[i], ATTR_ICMP_TYPE, 8);
		nfct_set_attr_u16(both[i], ATTR_ORIG_ZONE, 9);
		nfct_attr_unset(both[i], ATTR_ORIG_PORT_SRC);
	}
	CHECK(nfct_cmp(view, ct, NFCT_CMP_ORIG | NFCT_CMP_STRICT) == 1);
	CHECK(nfct_get_attr_u16(view, ATTR_ORIG_ZONE) == 9 && nfct_get_attr_u8(view, ATTR_ICMP_TYPE) == 8);
	nfct_destroy(ct);
}

static void writers(void)
{
	struct nf_conntrack *ct = udp4();

	for (size_t p = 0; p < PLACES; p++)
		for (size_t i = 0; i < TUPLES; i++) {
			struct nf_expect *exp = places_of[p]();
			unsigned char before[276], *bytes = (unsigned char *)exp;
			size_t at = nfexp_maxsize() - bytes_from(tuples[i]);
			struct nf_conntrack *view;

			put(exp, ct);
			memcpy(before, bytes, sizeof(before));
			view = (struct nf_conntrack *)nfexp_get_attr(exp, tuples[i]);
			write_all(view);
			CHECK(memcmp(before, bytes, at) == 0);
			CHECK(memcmp(before + at, bytes + at, HEAD) != 0);
			CHECK(memcmp(before + at + HEAD, bytes + at + HEAD, sizeof(before) - at - HEAD) == 0);
			set_alike(view);
			if (places_of[p] != at_end_of_page)
				free(exp);
		}
	nfct_destroy(ct);
}

int main(void)
{
	readers();
	writers();
	puts("nothing but the tuple");
	return 0;
}
