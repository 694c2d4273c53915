/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Calls on several stacks of one thread: a query runs in a coroutine, its callback goes back to main(), which
 * queries on another handle; then the callback goes on and closes its own handle, or lets the query run to its end.
 * Nothing that was released is used. And a signal handler on a stack of its own, above and below the thread's, queries
 * the handle on which a query runs: both come to an end. Needs a network namespace of its own. Runs on both libraries; what it prints
 * must be the same.
 */
#include "samples.h"
#include <pthread.h>
#include <signal.h>
#include <ucontext.h>

#define STACK (256 * 1024)
/* Between two stacks of a thread: when the stack pointer moves by less than 2 MB, valgrind may take the change for the end of
 * calls, and then reports what the former stack holds as invalid (seen once, under load). */
#define GAP (4 * 1024 * 1024)
#define FLOWS 20
#define MANY_FLOWS 600 /* several datagrams */

static const uint32_t family = AF_INET;
static ucontext_t outside, inside;
static struct nfct_handle *h; /* the coroutine's */
static int closes, has_returned, result;
static unsigned int seen, seen_by_other;

static int yields(enum nf_conntrack_msg_type type, struct nf_conntrack *ct, void *data)
{
	(void)type;
	(void)ct;
	(void)data;
	seen++;
	swapcontext(&inside, &outside);
	if (!closes)
		return NFCT_CB_CONTINUE;
	printf("  close: %d\n", nfct_close(h));
	return NFCT_CB_STOP;
}

static int count(enum nf_conntrack_msg_type type, struct nf_conntrack *ct, void *data)
{
	(void)type;
	(void)ct;
	(void)data;
	seen_by_other++;
	return NFCT_CB_CONTINUE;
}

static void coroutine(void)
{
	result = nfct_query(h, NFCT_Q_DUMP, &family);
	has_returned = 1;
	swapcontext(&inside, &outside);
}

/* The main stack stands above the heap, where the coroutine's is. */
static void run(int callback_closes)
{
	struct nfct_handle *other = need(nfct_open(CONNTRACK, 0), "nfct_open");
	void *stack = need(malloc(STACK), "malloc");

	printf("a coroutine whose callback %s\n", callback_closes ? "closes its handle" : "goes on");
	closes = callback_closes;
	has_returned = 0;
	seen = seen_by_other = 0;
	h = need(nfct_open(CONNTRACK, 0), "nfct_open");
	nfct_callback_register(h, NFCT_T_ALL, yields, NULL);
	nfct_callback_register(other, NFCT_T_ALL, count, NULL);
	getcontext(&inside);
	inside.uc_stack.ss_sp = stack;
	inside.uc_stack.ss_size = STACK;
	inside.uc_link = NULL;
	makecontext(&inside, coroutine, 0);
	for (;;) {
		swapcontext(&outside, &inside);
		if (has_returned)
			break;
		if (nfct_query(other, NFCT_Q_DUMP, &family) == -1)
			printf("  other: %s\n", strerror(errno));
	}
	printf("  result %d, seen %u, seen by the other %u\n", result, seen, seen_by_other);
	if (!callback_closes)
		nfct_close(h);
	nfct_close(other);
	free(stack);
}

static void on_signal(int number)
{
	(void)number;
	printf("  inner: %d\n", nfct_query(h, NFCT_Q_DUMP, &family)); /* the kernel refuses a second dump */
}

static int raises(enum nf_conntrack_msg_type type, struct nf_conntrack *ct, void *data)
{
	(void)type;
	(void)ct;
	(void)data;
	if (seen++ == 0)
		raise(SIGUSR1);
	return NFCT_CB_CONTINUE;
}

static void *dump(void *signal_stack)
{
	stack_t stack = {.ss_sp = signal_stack, .ss_size = STACK}, former;

	sigaltstack(&stack, &former);
	result = nfct_query(h, NFCT_Q_DUMP, &family);
	sigaltstack(&former, NULL);
	return NULL;
}

static void handler_on_another_stack(int above)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK};
	char *stacks = need(aligned_alloc(4096, 2 * STACK + GAP), "aligned_alloc");
	pthread_attr_t attributes;
	pthread_t thread;

	printf("a query in a handler on a stack %s the thread's\n", above ? "above" : "below");
	seen = 0;
	sigaction(SIGUSR1, &action, NULL);
	h = need(nfct_open(CONNTRACK, 0), "nfct_open");
	nfct_callback_register(h, NFCT_T_ALL, raises, NULL);
	pthread_attr_init(&attributes);
	pthread_attr_setstack(&attributes, stacks + (above ? 0 : STACK + GAP), STACK);
	pthread_create(&thread, &attributes, dump, stacks + (above ? STACK + GAP : 0));
	pthread_join(thread, NULL);
	printf("  outer: %d, seen %u\n", result, seen);
	pthread_attr_destroy(&attributes);
	nfct_close(h);
	free(stacks);
}

/* Flows with these source ports. */
static void make_flows(unsigned int first, unsigned int last)
{
	struct nfct_handle *maker = need(nfct_open(CONNTRACK, 0), "nfct_open");

	for (unsigned int i = first; i <= last; i++) {
		struct nf_conntrack *ct = flow(AF_INET, IPPROTO_UDP);

		nfct_set_attr_u16(ct, ATTR_PORT_SRC, htons((uint16_t)i));
		nfct_setobjopt(ct, NFCT_SOPT_SETUP_REPLY);
		nfct_set_attr_u32(ct, ATTR_TIMEOUT, 1000);
		if (nfct_query(maker, NFCT_Q_CREATE, ct) == -1)
			printf("no flow: %s\n", strerror(errno));
		nfct_destroy(ct);
	}
	nfct_close(maker);
}

int main(void)
{
	make_flows(1, FLOWS);
	run(0);
	run(1);
	make_flows(FLOWS + 1, MANY_FLOWS);
	handler_on_another_stack(0);
	handler_on_another_stack(1);
	return EXIT_SUCCESS;
}
