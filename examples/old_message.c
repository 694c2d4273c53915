/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * old_message: lists the table and reads each message itself, as programs did before nfct_nlmsg_parse().
 *
 *     cc -o old_message old_message.c $(pkg-config --cflags --libs libconntrack)
 *     ./old_message
 *
 * Exit status: 0, or 1 when the table could not be read. Needs CAP_NET_ADMIN in the network namespace.
 */
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <stdio.h>
#include <stdlib.h>

#pragma GCC diagnostic ignored "-Wdeprecated-declarations" /* new programs use nfct_nlmsg_parse() */

struct counts {
	unsigned int messages, equal;
};

/* A function of nfct_callback_register2() also gets the message that the object was read from. */
static int read_message(const struct nlmsghdr *message, enum nf_conntrack_msg_type type, struct nf_conntrack *flow,
			void *data)
{
	struct counts *counts = data;
	struct nf_conntrack *again = nfct_new();

	if (again == NULL)
		return NFCT_CB_FAILURE;
	counts->messages++;
	if (nfct_parse_conntrack(NFCT_T_ALL, message, again) == (int)type && nfct_compare(flow, again))
		counts->equal++;
	nfct_destroy(again);
	return NFCT_CB_CONTINUE;
}

int main(void)
{
	uint32_t family = AF_UNSPEC;
	struct counts counts = {0, 0};
	struct nfct_handle *handle = nfct_open(CONNTRACK, 0);

	if (handle == NULL || nfct_callback_register2(handle, NFCT_T_ALL, read_message, &counts) == -1 ||
	    nfct_query(handle, NFCT_Q_DUMP, &family) == -1) {
		perror("old_message");
		return EXIT_FAILURE;
	}
	nfct_callback_unregister2(handle);
	nfct_close(handle);
	printf("%u messages, %u read with the same result\n", counts.messages, counts.equal);
	return EXIT_SUCCESS;
}
