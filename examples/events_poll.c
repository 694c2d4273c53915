/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * events_poll: follows the connection tracking table until SIGINT or SIGTERM, together with whatever else the
 * program waits for: poll(2) on nfct_fd().
 *
 *     cc -o events_poll events_poll.c $(pkg-config --cflags --libs libconntrack)
 *     ./events_poll
 *
 * nfct_catch() goes on when a signal interrupts it, so a program that shall be stoppable does not wait in it. Here
 * the socket does not block: nfct_catch() takes what is there and returns -1 with EAGAIN, and ppoll(2) waits, for a
 * descriptor or for a signal.
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

/* Room for one flow as text; the longest one, with all labels and helper data, stays below it. */
#define LINE_SIZE 4096

static volatile sig_atomic_t is_stopped;

static void on_signal(int number)
{
	(void)number;
	is_stopped = 1;
}

/* Called once for each event. The library owns `flow` and takes it back when we return. */
static int print_event(enum nf_conntrack_msg_type type, struct nf_conntrack *flow, void *data)
{
	char line[LINE_SIZE];

	(void)data;
	if (nfct_snprintf(line, sizeof(line), flow, type, NFCT_O_DEFAULT, 0) < 0)
		return NFCT_CB_FAILURE;
	puts(line);
	return is_stopped ? NFCT_CB_STOP : NFCT_CB_CONTINUE; /* a flood has no end that nfct_catch() could wait for */
}

/* Reads what is there; 0, or -1 with errno. */
static int read_events(struct nfct_handle *handle)
{
	if (nfct_catch(handle) == 0 || errno == EAGAIN)
		return 0;
	if (errno != ENOBUFS)
		return -1;
	/* Events came faster than we read and some are lost; the next ones are whole again. */
	fputs("events_poll: some events were lost\n", stderr);
	return 0;
}

/* Follows the events until a signal comes; 0, or -1 with errno. `waiting` lets the signals in. */
static int follow(struct nfct_handle *handle, const sigset_t *waiting)
{
	struct pollfd events = { .fd = nfct_fd(handle), .events = POLLIN }; /* further descriptors go next to it */

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

	setvbuf(stdout, NULL, _IOLBF, 0); /* each event is out as soon as it is printed, into a file too */

	/* The signals stay outside but while ppoll() waits, so that none comes between the test and the wait. */
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
