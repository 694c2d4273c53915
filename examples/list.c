/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * list: prints every flow of the connection tracking table, IPv4 and IPv6, one on a line.
 *
 *     cc -o list list.c $(pkg-config --cflags --libs libconntrack)
 *     ./list
 *
 * Exit status: 0 all flows printed, 1 the table could not be read. Needs CAP_NET_ADMIN in the network
 * namespace.
 */
#include <errno.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Room for one flow as text; the longest text, with all labels and helper data, is shorter. */
#define LINE_SIZE 4096

/*
 * Called once for each flow of the dump. The library owns `flow` and releases it after we return CONTINUE.
 */
static int print_flow(enum nf_conntrack_msg_type type, struct nf_conntrack *flow, void *data)
{
	unsigned int *shown = data;
	char line[LINE_SIZE];
	int length;

	(void)type; /* a dump has updates only */

	/* The result is the length of the whole text; when it exceeds the buffer, the text was truncated. */
	length = nfct_snprintf(line, sizeof(line), flow, NFCT_T_UNKNOWN, NFCT_O_DEFAULT, 0);
	if (length < 0 || (size_t)length >= sizeof(line)) {
		errno = EMSGSIZE;
		return NFCT_CB_FAILURE; /* ends the dump: nfct_query() returns -1 and keeps errno */
	}
	puts(line);
	(*shown)++;
	return NFCT_CB_CONTINUE;
}

int main(void)
{
	uint32_t family = AF_UNSPEC; /* AF_INET or AF_INET6 would list that family only */
	unsigned int shown = 0;
	struct nfct_handle *handle;

	handle = nfct_open(CONNTRACK, 0); /* 0: no events, this socket only sends requests */
	if (handle == NULL) {
		fprintf(stderr, "list: cannot open the connection tracking table: %s\n", strerror(errno));
		return EXIT_FAILURE;
	}
	if (nfct_callback_register(handle, NFCT_T_ALL, print_flow, &shown) == -1 ||
	    nfct_query(handle, NFCT_Q_DUMP, &family) == -1) {
		fprintf(stderr, "list: cannot list the flows: %s\n", strerror(errno));
		nfct_close(handle);
		return EXIT_FAILURE;
	}
	nfct_close(handle);

	if (fflush(stdout) == EOF) { /* a full disk or a closed pipe must not look like a short table */
		perror("list");
		return EXIT_FAILURE;
	}
	fprintf(stderr, "%u flows\n", shown);
	return EXIT_SUCCESS;
}
