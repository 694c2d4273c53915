/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * dump_filter: lists the IPv4 flows with the mark 7; the kernel leaves out the others.
 *
 *     cc -o dump_filter dump_filter.c $(pkg-config --cflags --libs libconntrack)
 *     ./dump_filter
 *
 * Exit status: 0, or 1 when the table could not be read. Needs CAP_NET_ADMIN in the network namespace.
 */
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <stdio.h>
#include <stdlib.h>

/* An old kernel does not know every condition, and sends more entries: check what matters. */
static int print_flow(enum nf_conntrack_msg_type type, struct nf_conntrack *flow, void *data)
{
	char line[4096];

	(void)type, (void)data;
	if (nfct_get_attr_u32(flow, ATTR_MARK) == 7 && nfct_get_attr_u8(flow, ATTR_L3PROTO) == AF_INET &&
	    nfct_snprintf(line, sizeof(line), flow, NFCT_T_UNKNOWN, NFCT_O_DEFAULT, 0) >= 0)
		puts(line);
	return NFCT_CB_CONTINUE;
}

int main(void)
{
	struct nfct_filter_dump_mark mark = {7, 0xffffffff}; /* the value, and the bits that count */
	struct nfct_filter_dump *filter = nfct_filter_dump_create();
	struct nfct_handle *handle = nfct_open(CONNTRACK, 0);
	int result = -1;

	if (filter != NULL && handle != NULL) {
		nfct_filter_dump_set_attr(filter, NFCT_FILTER_DUMP_MARK, &mark);
		nfct_filter_dump_set_attr_u8(filter, NFCT_FILTER_DUMP_L3NUM, AF_INET);
		nfct_callback_register(handle, NFCT_T_ALL, print_flow, NULL);
		result = nfct_query(handle, NFCT_Q_DUMP_FILTER, filter);
	}
	if (result == -1)
		perror("dump_filter");
	if (handle != NULL)
		nfct_close(handle);
	if (filter != NULL)
		nfct_filter_dump_destroy(filter);
	return result == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
