/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * create: creates one UDP flow in the connection tracking table.
 *
 *     cc -o create create.c $(pkg-config --cflags --libs libconntrack)
 *     ./create                                             a flow between two documentation addresses
 *     ./create SOURCE DESTINATION SOURCE-PORT DESTINATION-PORT [SECONDS]
 *
 * Addresses are both IPv4 or both IPv6. Exit status: 0 created, 1 the kernel refused (the flow exists, no
 * permission), 2 wrong arguments. Needs CAP_NET_ADMIN in the network namespace.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define USAGE "usage: create [SOURCE DESTINATION SOURCE-PORT DESTINATION-PORT [SECONDS]]\n"

/* Sets source and destination of the original direction; returns 0 when both are addresses of one family. */
static int set_addresses(struct nf_conntrack *flow, const char *source, const char *destination)
{
	struct in6_addr src, dst; /* large enough for both families */

	if (inet_pton(AF_INET, source, &src) == 1 && inet_pton(AF_INET, destination, &dst) == 1) {
		nfct_set_attr_u8(flow, ATTR_L3PROTO, AF_INET);
		nfct_set_attr(flow, ATTR_IPV4_SRC, &src); /* attributes are in network byte order */
		nfct_set_attr(flow, ATTR_IPV4_DST, &dst);
		return 0;
	}
	if (inet_pton(AF_INET6, source, &src) == 1 && inet_pton(AF_INET6, destination, &dst) == 1) {
		nfct_set_attr_u8(flow, ATTR_L3PROTO, AF_INET6);
		nfct_set_attr(flow, ATTR_IPV6_SRC, &src);
		nfct_set_attr(flow, ATTR_IPV6_DST, &dst);
		return 0;
	}
	return -1;
}

/* Reads a decimal number up to `max`; returns -1 for any other text. */
static long number(const char *text, long max)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 10);
	return errno != 0 || end == text || *end != '\0' || value < 0 || value > max ? -1 : value;
}

/* Fills the flow from five words; returns 0 when all of them are valid. */
static int describe(struct nf_conntrack *flow, const char *const words[5])
{
	long source_port = number(words[2], UINT16_MAX);
	long destination_port = number(words[3], UINT16_MAX);
	long seconds = number(words[4], INT32_MAX);

	if (set_addresses(flow, words[0], words[1]) == -1 || source_port == -1 || destination_port == -1 ||
	    seconds == -1)
		return -1;

	nfct_set_attr_u8(flow, ATTR_L4PROTO, IPPROTO_UDP);
	nfct_set_attr_u16(flow, ATTR_PORT_SRC, htons((uint16_t)source_port));
	nfct_set_attr_u16(flow, ATTR_PORT_DST, htons((uint16_t)destination_port));

	/* The reply direction: source and destination are exchanged, because there is no NAT. */
	nfct_setobjopt(flow, NFCT_SOPT_SETUP_REPLY);

	nfct_set_attr_u32(flow, ATTR_TIMEOUT, (uint32_t)seconds);
	return 0;
}

/* Sends the flow to the kernel; returns 0, or -1 with errno. */
static int create(const struct nf_conntrack *flow)
{
	struct nfct_handle *handle = nfct_open(CONNTRACK, 0);
	int result, reason;

	if (handle == NULL)
		return -1;
	result = nfct_query(handle, NFCT_Q_CREATE, flow); /* EEXIST when the table already contains the flow */
	reason = errno;
	nfct_close(handle);
	errno = reason;
	return result;
}

int main(int argc, char *argv[])
{
	const char *words[5] = {"192.0.2.1", "198.51.100.2", "40000", "53", "60"};
	struct nf_conntrack *flow;
	int i;

	if (argc != 1 && argc != 5 && argc != 6) {
		fputs(USAGE, stderr);
		return 2;
	}
	for (i = 1; i < argc; i++)
		words[i - 1] = argv[i];

	flow = nfct_new();
	if (flow == NULL) {
		perror("create");
		return EXIT_FAILURE;
	}
	if (describe(flow, words) == -1) {
		fputs(USAGE, stderr);
		nfct_destroy(flow);
		return 2;
	}
	if (create(flow) == -1) {
		fprintf(stderr, "create: the kernel did not take the flow: %s\n", strerror(errno));
		nfct_destroy(flow);
		return EXIT_FAILURE;
	}
	nfct_destroy(flow);
	printf("created udp %s:%s -> %s:%s for %s seconds\n", words[0], words[2], words[1], words[3], words[4]);
	return EXIT_SUCCESS;
}
