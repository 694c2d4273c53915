/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Conntrack objects without a kernel: every attribute set, read, unset and set again; groups; clones. Runs on
 * both libraries; what it prints must be the same.
 */
#include "show.h"
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <netinet/in.h>

/* The attributes of 1.0.9, and how many bytes a getter may read: 0 for those behind a pointer of their own. */
static const unsigned char widths[] = {
	[ATTR_ORIG_IPV4_SRC] = 4,	[ATTR_ORIG_IPV4_DST] = 4,
	[ATTR_REPL_IPV4_SRC] = 4,	[ATTR_REPL_IPV4_DST] = 4,
	[ATTR_ORIG_IPV6_SRC] = 16,	[ATTR_ORIG_IPV6_DST] = 16,
	[ATTR_REPL_IPV6_SRC] = 16,	[ATTR_REPL_IPV6_DST] = 16,
	[ATTR_ORIG_PORT_SRC] = 2,	[ATTR_ORIG_PORT_DST] = 2,
	[ATTR_REPL_PORT_SRC] = 2,	[ATTR_REPL_PORT_DST] = 2,
	[ATTR_ICMP_TYPE] = 1,		[ATTR_ICMP_CODE] = 1,
	[ATTR_ICMP_ID] = 2,		[ATTR_ORIG_L3PROTO] = 1,
	[ATTR_REPL_L3PROTO] = 1,	[ATTR_ORIG_L4PROTO] = 1,
	[ATTR_REPL_L4PROTO] = 1,	[ATTR_TCP_STATE] = 1,
	[ATTR_SNAT_IPV4] = 4,		[ATTR_DNAT_IPV4] = 4,
	[ATTR_SNAT_PORT] = 2,		[ATTR_DNAT_PORT] = 2,
	[ATTR_TIMEOUT] = 4,		[ATTR_MARK] = 4,
	[ATTR_ORIG_COUNTER_PACKETS] = 8, [ATTR_REPL_COUNTER_PACKETS] = 8,
	[ATTR_ORIG_COUNTER_BYTES] = 8,	[ATTR_REPL_COUNTER_BYTES] = 8,
	[ATTR_USE] = 4,			[ATTR_ID] = 4,
	[ATTR_STATUS] = 4,		[ATTR_TCP_FLAGS_ORIG] = 1,
	[ATTR_TCP_FLAGS_REPL] = 1,	[ATTR_TCP_MASK_ORIG] = 1,
	[ATTR_TCP_MASK_REPL] = 1,	[ATTR_MASTER_IPV4_SRC] = 4,
	[ATTR_MASTER_IPV4_DST] = 4,	[ATTR_MASTER_IPV6_SRC] = 16,
	[ATTR_MASTER_IPV6_DST] = 16,	[ATTR_MASTER_PORT_SRC] = 2,
	[ATTR_MASTER_PORT_DST] = 2,	[ATTR_MASTER_L3PROTO] = 1,
	[ATTR_MASTER_L4PROTO] = 1,	[ATTR_SECMARK] = 4,
	[ATTR_ORIG_NAT_SEQ_CORRECTION_POS] = 4, [ATTR_ORIG_NAT_SEQ_OFFSET_BEFORE] = 4,
	[ATTR_ORIG_NAT_SEQ_OFFSET_AFTER] = 4, [ATTR_REPL_NAT_SEQ_CORRECTION_POS] = 4,
	[ATTR_REPL_NAT_SEQ_OFFSET_BEFORE] = 4, [ATTR_REPL_NAT_SEQ_OFFSET_AFTER] = 4,
	[ATTR_SCTP_STATE] = 1,		[ATTR_SCTP_VTAG_ORIG] = 4,
	[ATTR_SCTP_VTAG_REPL] = 4,	[ATTR_HELPER_NAME] = 0,
	[ATTR_DCCP_STATE] = 1,		[ATTR_DCCP_ROLE] = 1,
	[ATTR_DCCP_HANDSHAKE_SEQ] = 8,	[ATTR_TCP_WSCALE_ORIG] = 1,
	[ATTR_TCP_WSCALE_REPL] = 1,	[ATTR_ZONE] = 2,
	[ATTR_SECCTX] = 0,		[ATTR_TIMESTAMP_START] = 8,
	[ATTR_TIMESTAMP_STOP] = 8,	[ATTR_HELPER_INFO] = 0,
	[ATTR_CONNLABELS] = 0,		[ATTR_CONNLABELS_MASK] = 0,
	[ATTR_ORIG_ZONE] = 2,		[ATTR_REPL_ZONE] = 2,
	[ATTR_SNAT_IPV6] = 16,		[ATTR_DNAT_IPV6] = 16,
	[ATTR_SYNPROXY_ISN] = 4,	[ATTR_SYNPROXY_ITS] = 4,
	[ATTR_SYNPROXY_TSOFF] = 4,
};
#define ATTRIBUTES (int)sizeof(widths)

/* Prints all attributes that are set. */
static void show_object(const char *name, const struct nf_conntrack *ct)
{
	int attr, i;

	printf("%s:", name);
	for (attr = 0; attr < ATTRIBUTES; attr++) {
		const unsigned char *value;

		if (nfct_attr_is_set(ct, attr) != 1)
			continue;
		value = nfct_get_attr(ct, attr);
		printf(" %d=", attr);
		if (attr == ATTR_HELPER_NAME)
			printf("%s", (const char *)value);
		else if (widths[attr] == 0)
			printf("%s", value == NULL ? "null" : "pointer");
		for (i = 0; i < widths[attr]; i++)
			printf("%02x", value[i]);
	}
	putchar('\n');
}

/* One fresh object for each attribute: what one setter and every getter of up to its width do. */
static void each_attribute(void)
{
	unsigned char pattern[64];
	int attr, i;

	for (i = 0; i < (int)sizeof(pattern); i++)
		pattern[i] = (unsigned char)(0xa1 + i);
	for (attr = 0; attr < ATTRIBUTES; attr++) {
		struct nf_conntrack *ct = need(nfct_new(), "nfct_new");

		printf("attribute %d: set before %d", attr, nfct_attr_is_set(ct, attr));
		errno = 0;
		printf(", get %s", nfct_get_attr(ct, attr) == NULL ? strerror(errno) : "something");
		if (widths[attr] > 0)
			nfct_set_attr(ct, attr, pattern);
		printf(", set after %d", nfct_attr_is_set(ct, attr));
		if (widths[attr] >= 1)
			printf(", u8 %x", nfct_get_attr_u8(ct, attr));
		if (widths[attr] >= 2)
			printf(", u16 %x", nfct_get_attr_u16(ct, attr));
		if (widths[attr] >= 4)
			printf(", u32 %x", nfct_get_attr_u32(ct, attr));
		if (widths[attr] >= 8)
			printf(", u64 %llx", (unsigned long long)nfct_get_attr_u64(ct, attr));
		putchar('\n');
		show_object("  object", ct);
		printf("  unset %d", nfct_attr_unset(ct, attr));
		printf(", set then %d\n", nfct_attr_is_set(ct, attr));
		nfct_destroy(ct);
	}
}

/* Numbers that are no attribute, and a list of attributes tested at once. */
static void strange_numbers(void)
{
	static const int strange[] = {-1, 1000, 0x7fffffff};
	const enum nf_conntrack_attr pair[] = {ATTR_MARK, ATTR_TIMEOUT};
	struct nf_conntrack *ct = need(nfct_new(), "nfct_new");
	size_t i;

	for (i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
		enum nf_conntrack_attr attr = strange[i];

		printf("number %d\n", strange[i]);
		nfct_set_attr_u32(ct, attr, 1);
		SHOW(nfct_attr_is_set(ct, attr));
		SHOW(nfct_attr_unset(ct, attr));
		SHOW_ERRNO(nfct_get_attr_u32(ct, attr));
		SHOW_ERRNO(nfct_get_attr(ct, attr) != NULL);
		SHOW(nfct_attr_grp_is_set(ct, strange[i]));
		SHOW(nfct_attr_grp_unset(ct, strange[i]));
	}
	show_object("object", ct);
	SHOW(nfct_attr_is_set_array(ct, pair, 2));
	nfct_set_attr_u32(ct, ATTR_MARK, 1);
	SHOW(nfct_attr_is_set_array(ct, pair, 2));
	SHOW(nfct_attr_is_set_array(ct, pair, 1));
	SHOW(nfct_attr_is_set_array(ct, NULL, 0));
	nfct_destroy(ct);
}

/* Setters by value: the argument wider than the attribute keeps its low bits. */
static void by_value(void)
{
	struct nf_conntrack *ct = need(nfct_new(), "nfct_new");

	nfct_set_attr_u8(ct, ATTR_ORIG_L4PROTO, IPPROTO_TCP);
	nfct_set_attr_u16(ct, ATTR_ORIG_PORT_SRC, 0x1234);
	nfct_set_attr_u32(ct, ATTR_ZONE, 0x11223344);
	nfct_set_attr_u64(ct, ATTR_MARK, 0x1122334455667788ULL);
	nfct_set_attr_u64(ct, ATTR_DCCP_HANDSHAKE_SEQ, 0x1122334455667788ULL);
	nfct_set_attr_u64(ct, ATTR_ORIG_COUNTER_BYTES, 77); /* the kernel's to say: reads back as 0 */
	show_object("by value", ct);
	SHOW_ERRNO((long long)nfct_get_attr_u64(ct, ATTR_ORIG_COUNTER_BYTES));
	nfct_destroy(ct);
}

/* Helper names are copied and cut, labels are handed over. */
static void pointers(void)
{
	struct nf_conntrack *ct = need(nfct_new(), "nfct_new");
	struct nfct_bitmask *labels = need(nfct_bitmask_new(127), "nfct_bitmask_new");
	struct nf_conntrack *clone;

	nfct_set_attr(ct, ATTR_HELPER_NAME, "a-helper-name-that-is-too-long");
	nfct_set_attr_l(ct, ATTR_HELPER_INFO, "0123456789", 10);
	nfct_bitmask_set_bit(labels, 5);
	nfct_set_attr(ct, ATTR_CONNLABELS, labels);
	show_object("with pointers", ct);
	SHOW(nfct_get_attr(ct, ATTR_CONNLABELS) == labels);
	SHOW(memcmp(nfct_get_attr(ct, ATTR_HELPER_INFO), "0123456789", 10));

	clone = need(nfct_clone(ct), "nfct_clone");
	nfct_set_attr(ct, ATTR_HELPER_NAME, "ftp");
	show_object("clone", clone);
	SHOW(nfct_get_attr(clone, ATTR_CONNLABELS) == labels);
	SHOW(nfct_bitmask_equal(nfct_get_attr(clone, ATTR_CONNLABELS), labels));
	nfct_set_attr(clone, ATTR_CONNLABELS, need(nfct_bitmask_new(31), "nfct_bitmask_new"));
	SHOW(nfct_bitmask_maxbit(nfct_get_attr(clone, ATTR_CONNLABELS)));
	nfct_destroy(clone);
	show_object("original", ct);
	nfct_destroy(ct);
}

/* Every group set on an object of its own, then read as every group. */
static void groups(void)
{
	unsigned char data[32], out[32];
	int group, other, i;

	for (i = 0; i < (int)sizeof(data); i++)
		data[i] = (unsigned char)(1 + i);
	for (group = 0; group < ATTR_GRP_MAX; group++) {
		struct nf_conntrack *ct = need(nfct_new(), "nfct_new");

		printf("group %d: get %d", group, nfct_get_attr_grp(ct, group, out));
		nfct_set_attr_grp(ct, group, data);
		printf(", set:");
		for (other = 0; other < ATTR_GRP_MAX; other++) {
			if (nfct_attr_grp_is_set(ct, other) != 1)
				continue;
			memset(out, 0, sizeof(out));
			printf(" %d=%d:", other, nfct_get_attr_grp(ct, other, out));
			for (i = 0; i < (int)sizeof(out); i++)
				printf("%02x", out[i]);
		}
		putchar('\n');
		show_object("  object", ct);
		printf("  unset %d", nfct_attr_grp_unset(ct, group));
		printf(", set then %d\n", nfct_attr_grp_is_set(ct, group));
		show_object("  object", ct);
		nfct_destroy(ct);
	}
}

/* ICMP: the answer's type follows from the question's, by address family. It shows in the built message. */
static void icmp(void)
{
	static const unsigned char families[] = {AF_INET, AF_INET6};
	static const unsigned char types[] = {0, 3, 8, 13, 14, 15, 17, 128, 129, 139, 140};
	char buffer[512];
	struct nlmsghdr *message = (struct nlmsghdr *)buffer;
	size_t family, type;

	for (family = 0; family < sizeof(families); family++) {
		for (type = 0; type < sizeof(types); type++) {
			struct nf_conntrack *ct = need(nfct_new(), "nfct_new");

			nfct_set_attr_u8(ct, ATTR_ORIG_L3PROTO, families[family]);
			nfct_set_attr_u8(ct, ATTR_ICMP_TYPE, types[type]);
			nfct_set_attr_u8(ct, ATTR_ICMP_CODE, 7);
			nfct_set_attr_u16(ct, ATTR_ICMP_ID, htons(0x1234));
			nfct_set_attr_u8(ct, ATTR_REPL_L3PROTO, families[family]);
			nfct_set_attr_u8(ct, ATTR_ORIG_L4PROTO, IPPROTO_ICMP);
			nfct_set_attr_u8(ct, ATTR_REPL_L4PROTO, IPPROTO_ICMP);
			show_object("icmp", ct);
			memset(buffer, 0, sizeof(buffer));
			message->nlmsg_len = NLMSG_LENGTH(0);
			SHOW(nfct_nlmsg_build(message, ct));
			show_bytes("message", buffer, message->nlmsg_len);
			nfct_destroy(ct);
		}
	}
}

/* An object that the caller allocates: all zero is empty, and nothing has to be destroyed. */
static void on_the_stack(void)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
	size_t size = nfct_maxsize();
#pragma GCC diagnostic pop
	struct nf_conntrack *ct = need(calloc(1, size), "calloc");

	show_object("zeroed", ct);
	nfct_set_attr_u32(ct, ATTR_MARK, 5);
	nfct_set_attr_u16(ct, ATTR_ZONE, 6);
	show_object("filled", ct);
	free(ct);
}

int main(void)
{
	each_attribute();
	strange_numbers();
	by_value();
	pointers();
	groups();
	icmp();
	on_the_stack();
	return EXIT_SUCCESS;
}
