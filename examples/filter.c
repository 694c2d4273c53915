/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * filter: prints events of UDP from one network; the kernel drops the others before they reach the program.
 *
 *     cc -o filter filter.c $(pkg-config --cflags --libs libconntrack)
 *     ./filter [COUNT]                                     ends after COUNT events, 10 without a count
 *
 * Exit status: 0, or 1 when the events could not be read. Needs CAP_NET_ADMIN in the network namespace.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <stdio.h>
#include <stdlib.h>

static int print_event(enum nf_conntrack_msg_type type, struct nf_conntrack *flow, void *data)
{
	int *left = data;
	char line[4096];

	if (nfct_snprintf(line, sizeof(line), flow, type, NFCT_O_DEFAULT, 0) >= 0) {
		puts(line);
		fflush(stdout);
	}
	return --*left > 0 ? NFCT_CB_CONTINUE : NFCT_CB_STOP;
}

/* The socket accepts events of UDP, and of these the ones whose source is in 10.9.0.0/16. */
static int attach(int fd)
{
	struct nfct_filter_ipv4 network = {ntohl(inet_addr("10.9.0.0")), 0xffff0000}; /* host byte order */
	struct nfct_filter *filter = nfct_filter_create();
	int result;

	if (filter == NULL)
		return -1;
	nfct_filter_add_attr_u32(filter, NFCT_FILTER_L4PROTO, IPPROTO_UDP);
	nfct_filter_add_attr(filter, NFCT_FILTER_SRC_IPV4, &network);
	nfct_filter_set_logic(filter, NFCT_FILTER_SRC_IPV4, NFCT_FILTER_LOGIC_POSITIVE); /* the default */
	result = nfct_filter_attach(fd, filter);
	nfct_filter_destroy(filter); /* the socket has a copy */
	return result;
}

int main(int argc, char *argv[])
{
	int left = argc > 1 ? atoi(argv[1]) : 10;
	struct nfct_handle *handle = nfct_open(CONNTRACK, NFCT_ALL_CT_GROUPS);

	if (handle == NULL || attach(nfct_fd(handle)) == -1 ||
	    nfct_callback_register(handle, NFCT_T_ALL, print_event, &left) == -1) {
		perror("filter");
		return EXIT_FAILURE;
	}
	while (left > 0)
		if (nfct_catch(handle) == -1 && errno != ENOBUFS) { /* ENOBUFS: some events are lost */
			perror("filter");
			nfct_close(handle);
			return EXIT_FAILURE;
		}
	nfct_filter_detach(nfct_fd(handle)); /* the socket accepts all events again */
	nfct_close(handle);
	return EXIT_SUCCESS;
}
