/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * fields: lists the table and reads five fields of each entry: addresses, ports and protocol. Prints the number of entries
 * and the sum of their ports. The programs of this folder do the same in other languages and by other libraries;
 * scripts/bench/languages.py compares them. Exit status: 0 listed, 1 the table could not be read.
 */
#include <arpa/inet.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <stdio.h>
#include <stdlib.h>

struct totals {
	unsigned long entries, sum;
	uint32_t other; /* the other fields, so that the compiler does not leave them out */
};

static int read_fields(enum nf_conntrack_msg_type type, struct nf_conntrack *flow, void *data)
{
	struct totals *totals = data;

	(void)type;
	totals->entries++;
	totals->other ^= nfct_get_attr_u32(flow, ATTR_IPV4_SRC) ^ nfct_get_attr_u32(flow, ATTR_IPV4_DST) ^
		nfct_get_attr_u8(flow, ATTR_L4PROTO);
	totals->sum += ntohs(nfct_get_attr_u16(flow, ATTR_PORT_SRC)) + ntohs(nfct_get_attr_u16(flow, ATTR_PORT_DST));
	return NFCT_CB_CONTINUE;
}

int main(void)
{
	struct totals totals = {0, 0, 0};
	uint32_t family = AF_UNSPEC;
	struct nfct_handle *handle = nfct_open(CONNTRACK, 0);
	int result;

	if (handle == NULL)
		return EXIT_FAILURE;
	result = nfct_callback_register(handle, NFCT_T_ALL, read_fields, &totals);
	if (result == 0)
		result = nfct_query(handle, NFCT_Q_DUMP, &family);
	nfct_close(handle);
	printf("%lu %lu\n", totals.entries, totals.sum);
	return result == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
