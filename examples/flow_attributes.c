/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * flow_attributes: sets and reads attributes of each size. Needs no privilege.
 *
 *     cc -o flow_attributes flow_attributes.c $(pkg-config --cflags --libs libconntrack)
 *     ./flow_attributes
 */
#include <arpa/inet.h>
#include <errno.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack_tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fill(struct nf_conntrack *flow)
{
	struct in6_addr source, destination;

	inet_pton(AF_INET6, "2001:db8::1", &source);
	inet_pton(AF_INET6, "2001:db8::2", &destination);
	nfct_set_attr_u8(flow, ATTR_L3PROTO, AF_INET6);
	nfct_set_attr(flow, ATTR_IPV6_SRC, &source); /* 128 bits: by a pointer */
	nfct_set_attr(flow, ATTR_IPV6_DST, &destination);
	nfct_set_attr_u8(flow, ATTR_L4PROTO, IPPROTO_TCP);
	nfct_set_attr_u16(flow, ATTR_PORT_SRC, htons(40000)); /* network byte order */
	nfct_set_attr_u16(flow, ATTR_PORT_DST, htons(443));
	nfct_set_attr_u8(flow, ATTR_TCP_STATE, TCP_CONNTRACK_ESTABLISHED);
	nfct_set_attr_u32(flow, ATTR_TIMEOUT, 300); /* host byte order */
	nfct_set_attr(flow, ATTR_HELPER_NAME, "ftp");
}

int main(void)
{
	const enum nf_conntrack_attr ports[] = {ATTR_PORT_SRC, ATTR_PORT_DST};
	struct nf_conntrack *flow = nfct_new();
	char address[INET6_ADDRSTRLEN];

	if (flow == NULL) {
		perror("flow_attributes");
		return EXIT_FAILURE;
	}
	fill(flow);

	/* The pointer of nfct_get_attr() points into the object. */
	inet_ntop(AF_INET6, nfct_get_attr(flow, ATTR_IPV6_SRC), address, sizeof(address));
	printf("source: %s\n", address);
	printf("helper: %s\n", (const char *)nfct_get_attr(flow, ATTR_HELPER_NAME));
	if (nfct_attr_is_set_array(flow, ports, 2) == 1)
		printf("destination port: %u\n", ntohs(nfct_get_attr_u16(flow, ATTR_PORT_DST)));
	printf("timeout: %u seconds\n", nfct_get_attr_u32(flow, ATTR_TIMEOUT));

	nfct_attr_unset(flow, ATTR_TIMEOUT);
	errno = 0; /* 0 is a value too: errno shows the difference */
	if (nfct_get_attr_u32(flow, ATTR_TIMEOUT) == 0 && errno != 0)
		printf("timeout, not set: %s\n", strerror(errno));

	nfct_destroy(flow);
	return EXIT_SUCCESS;
}
