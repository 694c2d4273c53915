/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * events: follows the connection tracking table, prints each new, changed and destroyed flow, and ends
 * after a number of them. A signal does not interrupt nfct_catch(): the examples events_poll and events_thread
 * can be stopped.
 *
 *     cc -o events events.c $(pkg-config --cflags --libs libconntrack)
 *     ./events [COUNT]                                     10 without a count
 *
 * Exit status: 0 COUNT events printed, 1 the events could not be read, 2 wrong arguments. Needs
 * CAP_NET_ADMIN in the network namespace.
 */
#include <errno.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for one flow as text; the longest text, with all labels and helper data, is shorter. */
#define LINE_SIZE 4096

/*
 * Called once for each event. The library owns `flow` and releases it after we return; STOP makes
 * nfct_catch() return to main.
 */
static int print_event(enum nf_conntrack_msg_type type, struct nf_conntrack *flow, void *data)
{
	unsigned long *left = data;
	char line[LINE_SIZE];
	int length;

	/* The type adds the first word: [NEW], [UPDATE] or [DESTROY]. */
	length = nfct_snprintf(line, sizeof(line), flow, type, NFCT_O_DEFAULT, 0);
	if (length < 0 || (size_t)length >= sizeof(line)) {
		errno = EMSGSIZE;
		return NFCT_CB_FAILURE;
	}
	puts(line);
	(*left)--;
	return *left == 0 ? NFCT_CB_STOP : NFCT_CB_CONTINUE;
}

/* Reads events until COUNT have been printed; returns 0, or -1 with errno. */
static int follow(struct nfct_handle *handle, const unsigned long *left)
{
	while (*left > 0) {
		if (nfct_catch(handle) != -1)
			continue;
		if (errno != ENOBUFS)
			return -1;
		/* Events arrived faster than we read and some are lost; the following events are complete. */
		fputs("events: some events were lost\n", stderr);
	}
	return 0;
}

int main(int argc, char *argv[])
{
	unsigned long left = 10;
	struct nfct_handle *handle;
	char *end;

	if (argc == 2) {
		left = strtoul(argv[1], &end, 10);
		if (*argv[1] < '0' || *argv[1] > '9' || *end != '\0')
			argc = 0;
	}
	if (argc < 1 || argc > 2) {
		fputs("usage: events [COUNT]\n", stderr);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0); /* writes each event at once, also into a file */

	handle = nfct_open(CONNTRACK, NFCT_ALL_CT_GROUPS); /* from now on the kernel queues events for us */
	if (handle == NULL) {
		fprintf(stderr, "events: cannot listen for events: %s\n", strerror(errno));
		return EXIT_FAILURE;
	}
	if (nfct_callback_register(handle, NFCT_T_ALL, print_event, &left) == -1 || follow(handle, &left) == -1) {
		fprintf(stderr, "events: cannot read events: %s\n", strerror(errno));
		nfct_close(handle);
		return EXIT_FAILURE;
	}
	nfct_close(handle);
	return EXIT_SUCCESS;
}
