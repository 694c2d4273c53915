/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * expect: fills an expectation, duplicates it and prints it. Needs no privilege.
 *
 *     cc -o expect expect.c $(pkg-config --cflags --libs libconntrack)
 *     ./expect
 */
#include <arpa/inet.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <stdio.h>
#include <stdlib.h>

/* A tuple of an expectation: the original tuple of a conntrack object, which the expectation copies. */
static void set_tuple(struct nf_expect *expectation, enum nf_expect_attr attribute, const char *source,
		      const char *destination, uint16_t source_port, uint16_t destination_port)
{
	struct nf_conntrack *tuple = nfct_new();

	if (tuple == NULL)
		abort();
	nfct_set_attr_u8(tuple, ATTR_L3PROTO, AF_INET);
	nfct_set_attr_u32(tuple, ATTR_IPV4_SRC, inet_addr(source));
	nfct_set_attr_u32(tuple, ATTR_IPV4_DST, inet_addr(destination));
	nfct_set_attr_u8(tuple, ATTR_L4PROTO, IPPROTO_TCP);
	nfct_set_attr_u16(tuple, ATTR_PORT_SRC, htons(source_port));
	nfct_set_attr_u16(tuple, ATTR_PORT_DST, htons(destination_port));
	nfexp_set_attr(expectation, attribute, tuple);
	nfct_destroy(tuple);
}

int main(void)
{
	struct nf_expect *expectation = nfexp_new(), *copy;
	const struct nf_conntrack *expected;
	char line[4096];

	if (expectation == NULL) {
		perror("expect");
		return EXIT_FAILURE;
	}
	set_tuple(expectation, ATTR_EXP_MASTER, "192.0.2.1", "198.51.100.2", 40000, 21);
	set_tuple(expectation, ATTR_EXP_EXPECTED, "198.51.100.2", "192.0.2.1", 20, 40001);
	set_tuple(expectation, ATTR_EXP_MASK, "255.255.255.255", "255.255.255.255", 0, 65535);
	nfexp_set_attr_u32(expectation, ATTR_EXP_TIMEOUT, 300);
	nfexp_set_attr(expectation, ATTR_EXP_HELPER_NAME, "ftp");

	copy = nfexp_clone(expectation);
	if (copy != NULL) {
		printf("the copy is equal: %d\n", nfexp_cmp(expectation, copy, NFCT_CMP_STRICT));
		nfexp_attr_unset(copy, ATTR_EXP_HELPER_NAME);
		printf("without its helper: %d\n", nfexp_cmp(expectation, copy, NFCT_CMP_STRICT));
		nfexp_destroy(copy);
	}
	expected = nfexp_get_attr(expectation, ATTR_EXP_EXPECTED); /* inside the expectation */
	printf("expected port: %u\n", ntohs(nfct_get_attr_u16(expected, ATTR_PORT_DST)));
	if (nfexp_snprintf(line, sizeof(line), expectation, NFCT_T_NEW, NFCT_O_DEFAULT, 0) >= 0)
		puts(line);

	nfexp_destroy(expectation);
	return EXIT_SUCCESS;
}
