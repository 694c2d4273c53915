/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * keep: keeps the flows of the table, counts them, and releases them.
 *
 *     cc -o keep keep.c $(pkg-config --cflags --libs libconntrack)
 *     ./keep
 *
 * Exit status: 0, or 1 when the table could not be read. Needs CAP_NET_ADMIN in the network namespace.
 */
#include <errno.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <stdio.h>
#include <stdlib.h>

struct table {
	struct nf_conntrack **flows;
	size_t length;
};

/* With STOLEN the object belongs to us: the library does not release it. */
static int keep(enum nf_conntrack_msg_type type, struct nf_conntrack *flow, void *data)
{
	struct table *table = data;
	struct nf_conntrack **longer = realloc(table->flows, (table->length + 1) * sizeof(*longer));

	(void)type;
	if (longer == NULL)
		return NFCT_CB_FAILURE; /* the library releases the object, and nfct_query() returns -1 */
	table->flows = longer;
	table->flows[table->length++] = flow;
	return NFCT_CB_STOLEN;
}

static int read_table(struct table *table)
{
	uint32_t family = AF_UNSPEC;
	struct nfct_handle *handle = nfct_open(CONNTRACK, 0);
	int result = -1;

	if (handle != NULL && nfct_callback_register(handle, NFCT_T_ALL, keep, table) == 0)
		result = nfct_query(handle, NFCT_Q_DUMP, &family);
	if (handle != NULL)
		nfct_close(handle); /* the objects stay valid */
	return result;
}

int main(void)
{
	struct table table = {NULL, 0};
	size_t i, assured = 0;
	int result = read_table(&table);

	if (result == -1)
		perror("keep");
	for (i = 0; i < table.length; i++) {
		if (nfct_get_attr_u32(table.flows[i], ATTR_STATUS) & IPS_ASSURED)
			assured++;
		nfct_destroy(table.flows[i]);
	}
	free(table.flows);
	printf("%zu flows, %zu of them assured\n", table.length, assured);
	return result == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
