/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * groups: sets and reads addresses and ports by groups. Needs no privilege.
 *
 *     cc -o groups groups.c $(pkg-config --cflags --libs libconntrack)
 *     ./groups
 */
#include <arpa/inet.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
	struct nf_conntrack *flow = nfct_new();
	struct nfct_attr_grp_ipv4 addresses;
	struct nfct_attr_grp_port ports;

	if (flow == NULL) {
		perror("groups");
		return EXIT_FAILURE;
	}
	addresses.src = inet_addr("192.0.2.1");
	addresses.dst = inet_addr("198.51.100.2");
	nfct_set_attr_grp(flow, ATTR_GRP_ORIG_IPV4, &addresses); /* sets the family too */

	ports.sport = htons(40000);
	ports.dport = htons(53);
	nfct_set_attr_grp(flow, ATTR_GRP_ORIG_PORT, &ports); /* does not set the protocol */
	nfct_set_attr_u8(flow, ATTR_L4PROTO, IPPROTO_UDP);

	printf("IPv4 addresses set: %d\n", nfct_attr_grp_is_set(flow, ATTR_GRP_ORIG_IPV4));
	printf("IPv6 addresses set: %d\n", nfct_attr_grp_is_set(flow, ATTR_GRP_ORIG_IPV6));
	if (nfct_get_attr_grp(flow, ATTR_GRP_ORIG_PORT, &ports) == 0)
		printf("ports: %u and %u\n", ntohs(ports.sport), ntohs(ports.dport));

	nfct_attr_grp_unset(flow, ATTR_GRP_ORIG_IPV4);
	if (nfct_get_attr_grp(flow, ATTR_GRP_ORIG_IPV4, &addresses) == -1)
		perror("the addresses again"); /* ENODATA */

	nfct_destroy(flow);
	return EXIT_SUCCESS;
}
