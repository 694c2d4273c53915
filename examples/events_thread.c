/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * events_thread: follows the connection tracking table in a separate thread, which is cancelled at SIGINT or
 * SIGTERM.
 *
 *     cc -o events_thread events_thread.c $(pkg-config --cflags --libs libconntrack) -pthread
 *     ./events_thread
 *
 * A thread that waits in nfct_catch() ends there when it is cancelled: its clean-up handlers run, and another thread
 * can use and close the handle.
 *
 * Exit status: 0 stopped by a signal, 1 the events could not be read. Needs CAP_NET_ADMIN in the network namespace.
 */
#include <errno.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Room for one flow as text; the longest text, with all labels and helper data, is shorter. */
#define LINE_SIZE 4096

/* Called once for each event. The library owns `flow` and releases it after we return. */
static int print_event(enum nf_conntrack_msg_type type, struct nf_conntrack *flow, void *data)
{
	char line[LINE_SIZE];
	int before;

	(void)data;
	if (nfct_snprintf(line, sizeof(line), flow, type, NFCT_O_DEFAULT, 0) < 0)
		return NFCT_CB_FAILURE;
	/* The thread must not end while it prints a line, only while it waits. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
	puts(line);
	pthread_setcancelstate(before, NULL);
	return NFCT_CB_CONTINUE;
}

static void say_end(void *data)
{
	(void)data;
	puts("stopped");
}

/* Follows the events until the thread is cancelled; returns only on an error. */
static void *follow(void *handle)
{
	pthread_cleanup_push(say_end, NULL);
	for (;;) {
		if (nfct_catch(handle) != -1)
			continue;
		if (errno != ENOBUFS)
			break;
		/* Events arrived faster than we read and some are lost; the following events are complete. */
		fputs("events_thread: some events were lost\n", stderr);
	}
	fprintf(stderr, "events_thread: cannot read events: %s\n", strerror(errno));
	kill(getpid(), SIGTERM); /* main waits for this signal */
	pthread_cleanup_pop(0);
	return NULL;
}

int main(void)
{
	struct nfct_handle *handle;
	sigset_t stopping;
	pthread_t thread;
	void *result;
	int number;

	setvbuf(stdout, NULL, _IOLBF, 0); /* writes each event at once, also into a file */

	/* The signals are blocked in all threads; main receives them with sigwait(). */
	sigemptyset(&stopping);
	sigaddset(&stopping, SIGINT);
	sigaddset(&stopping, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &stopping, NULL);

	handle = nfct_open(CONNTRACK, NFCT_ALL_CT_GROUPS); /* from now on the kernel queues events for us */
	if (handle == NULL) {
		fprintf(stderr, "events_thread: cannot listen for events: %s\n", strerror(errno));
		return EXIT_FAILURE;
	}
	if (nfct_callback_register(handle, NFCT_T_ALL, print_event, NULL) == -1 ||
	    pthread_create(&thread, NULL, follow, handle) != 0) {
		fputs("events_thread: cannot follow the events\n", stderr);
		nfct_close(handle);
		return EXIT_FAILURE;
	}
	sigwait(&stopping, &number);
	pthread_cancel(thread);
	pthread_join(thread, &result);
	nfct_close(handle);
	return result == PTHREAD_CANCELED ? EXIT_SUCCESS : EXIT_FAILURE;
}
