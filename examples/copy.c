/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * copy: sets the mark of a flow, and changes nothing else of it.
 *
 *     cc -o copy copy.c $(pkg-config --cflags --libs libconntrack)
 *     ./copy                                               the flow that create.c creates gets the mark 9
 *
 * Exit status: 0, or 1 when there is no such flow. Needs CAP_NET_ADMIN in the network namespace.
 */
#include <arpa/inet.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <stdio.h>
#include <stdlib.h>

/* The answer to NFCT_Q_GET: the request that changes the flow gets its original tuple and the new mark only. */
static int set_mark(enum nf_conntrack_msg_type type, struct nf_conntrack *flow, void *data)
{
	struct nf_conntrack *change = data;

	(void)type;
	nfct_copy(change, flow, NFCT_CP_ORIG);
	nfct_copy_attr(change, flow, ATTR_ZONE); /* an entry of another zone is another entry */
	nfct_set_attr_u32(change, ATTR_MARK, 9);
	return NFCT_CB_CONTINUE;
}

static void describe(struct nf_conntrack *flow)
{
	nfct_set_attr_u8(flow, ATTR_L3PROTO, AF_INET);
	nfct_set_attr_u32(flow, ATTR_IPV4_SRC, inet_addr("192.0.2.1"));
	nfct_set_attr_u32(flow, ATTR_IPV4_DST, inet_addr("198.51.100.2"));
	nfct_set_attr_u8(flow, ATTR_L4PROTO, IPPROTO_UDP);
	nfct_set_attr_u16(flow, ATTR_PORT_SRC, htons(40000));
	nfct_set_attr_u16(flow, ATTR_PORT_DST, htons(53));
}

int main(void)
{
	struct nfct_handle *handle = nfct_open(CONNTRACK, 0);
	struct nf_conntrack *wanted = nfct_new(), *change = nfct_new();
	int result = EXIT_FAILURE;

	if (handle == NULL || wanted == NULL || change == NULL) {
		perror("copy");
		return EXIT_FAILURE;
	}
	describe(wanted);
	if (nfct_callback_register(handle, NFCT_T_ALL, set_mark, change) == -1 ||
	    nfct_query(handle, NFCT_Q_GET, wanted) == -1 || nfct_query(handle, NFCT_Q_UPDATE, change) == -1) {
		perror("copy"); /* ENOENT: there is no such flow */
	} else {
		printf("the flow has the mark %u\n", nfct_get_attr_u32(change, ATTR_MARK));
		result = EXIT_SUCCESS;
	}
	nfct_destroy(change);
	nfct_destroy(wanted);
	nfct_close(handle);
	return result;
}
