/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * compare: compares objects in several ways. Needs no privilege.
 *
 *     cc -o compare compare.c $(pkg-config --cflags --libs libconntrack)
 *     ./compare
 */
#include <arpa/inet.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <stdio.h>
#include <stdlib.h>

static void compare(const char *words, const struct nf_conntrack *one, const struct nf_conntrack *other,
		    unsigned int flags)
{
	printf("%-40s %s\n", words, nfct_cmp(one, other, flags) ? "equal" : "different");
}

int main(void)
{
	struct nf_conntrack *flow = nfct_new();
	struct nf_conntrack *pattern = nfct_new();

	if (flow == NULL || pattern == NULL) {
		perror("compare");
		return EXIT_FAILURE;
	}
	nfct_set_attr_u8(flow, ATTR_L3PROTO, AF_INET);
	nfct_set_attr_u32(flow, ATTR_IPV4_SRC, inet_addr("192.0.2.1"));
	nfct_set_attr_u32(flow, ATTR_IPV4_DST, inet_addr("198.51.100.2"));
	nfct_set_attr_u32(flow, ATTR_MARK, 7);

	nfct_copy(pattern, flow, NFCT_CP_ORIG);
	nfct_attr_unset(pattern, ATTR_IPV4_DST);
	compare("a pattern with fewer attributes:", pattern, flow, NFCT_CMP_ALL);
	compare("the same, all attributes must be there:", pattern, flow, NFCT_CMP_ORIG | NFCT_CMP_STRICT);
	compare("those of the first must be there:", pattern, flow, NFCT_CMP_ORIG | NFCT_CMP_MASK);

	nfct_set_attr_u32(pattern, ATTR_MARK, 8);
	compare("another mark:", pattern, flow, NFCT_CMP_ALL);
	compare("the original tuple only:", pattern, flow, NFCT_CMP_ORIG);
	printf("%-40s %s\n", "nfct_compare():", nfct_compare(flow, flow) ? "equal" : "different");

	nfct_destroy(pattern);
	nfct_destroy(flow);
	return EXIT_SUCCESS;
}
