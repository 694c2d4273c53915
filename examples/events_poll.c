/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * events_poll: follows the connection tracking table until SIGINT or SIGTERM, with poll(2) on nfct_fd(), so that
 * the program can also wait for other descriptors.
 *
 *     cc -o events_poll events_poll.c $(pkg-config --cflags --libs libconntrack)
 *     ./events_poll
 *
 * nfct_catch() continues when a signal interrupts it, so a program that must be able to stop does not wait in it.
 * Here the socket does not block: nfct_catch() reads the waiting events and returns -1 with EAGAIN, and ppoll(2) waits
 * for a descriptor or for a signal.
 *
 * Exit status: 0 stopped by a signal, 1 the events could not be read. Needs CAP_NET_ADMIN in the network namespace.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for one flow as text; the longest text, with all labels and helper data, is shorter. */
#define LINE_SIZE 4096

static volatile sig_atomic_t is_stopped;

static void on_signal(int number)
{
	(void)number;
	is_stopped = 1;
}

/* Called once for each event. The library owns `flow` and releases it after we return. */
static int print_event(enum nf_conntrack_msg_type type, struct nf_conntrack *flow, void *data)
{
	char line[LINE_SIZE];

	(void)data;
	if (nfct_snprintf(line, sizeof(line), flow, type, NFCT_O_DEFAULT, 0) < 0)
		return NFCT_CB_FAILURE;
	puts(line);
	return is_stopped ? NFCT_CB_STOP : NFCT_CB_CONTINUE; /* in a flood nfct_catch() would not return by itself */
}

/* Reads the waiting events; returns 0, or -1 with errno. */
static int read_events(struct nfct_handle *handle)
{
	if (nfct_catch(handle) == 0 || errno == EAGAIN)
		return 0;
	if (errno != ENOBUFS)
		return -1;
	/* Events arrived faster than we read and some are lost; the following events are complete. */
	fputs("events_poll: some events were lost\n", stderr);
	return 0;
}

/* Follows the events until a signal; returns 0, or -1 with errno. The mask `waiting` admits the signals. */
static int follow(struct nfct_handle *handle, const sigset_t *waiting)
{
	struct pollfd events = { .fd = nfct_fd(handle), .events = POLLIN }; /* a program adds further descriptors here */

	while (!is_stopped) {
		if (ppoll(&events, 1, NULL, waiting) == -1 && errno != EINTR)
			return -1;
		if (events.revents != 0 && read_events(handle) == -1)
			return -1;
		events.revents = 0;
	}
	return 0;
}

int main(void)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct nfct_handle *handle;
	sigset_t stopping, waiting;

	setvbuf(stdout, NULL, _IOLBF, 0); /* writes each event at once, also into a file */

	/* The signals are blocked except while ppoll() waits, so that none arrives between the test and the wait. */
	sigemptyset(&stopping);
	sigaddset(&stopping, SIGINT);
	sigaddset(&stopping, SIGTERM);
	sigprocmask(SIG_BLOCK, &stopping, &waiting);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);

	handle = nfct_open(CONNTRACK, NFCT_ALL_CT_GROUPS); /* from now on the kernel queues events for us */
	if (handle == NULL) {
		fprintf(stderr, "events_poll: cannot listen for events: %s\n", strerror(errno));
		return EXIT_FAILURE;
	}
	if (fcntl(nfct_fd(handle), F_SETFL, O_NONBLOCK) == -1 ||
	    nfct_callback_register(handle, NFCT_T_ALL, print_event, NULL) == -1 || follow(handle, &waiting) == -1) {
		fprintf(stderr, "events_poll: cannot read events: %s\n", strerror(errno));
		nfct_close(handle);
		return EXIT_FAILURE;
	}
	nfct_close(handle);
	puts("stopped");
	return EXIT_SUCCESS;
}
