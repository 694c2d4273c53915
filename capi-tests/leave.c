/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Calls that are left without returning: a thread is cancelled, deferred and asynchronous, while it waits in
 * nfct_catch(), nfct_query(), nfexp_catch() or nfexp_query() or while it is in a callback; pthread_exit() in a
 * callback; longjmp() out of a callback; siglongjmp() out of a call that waits. Clean-up handlers run, nothing
 * leaks, no event is lost, and the handle works and closes afterwards. Needs a network namespace of its own.
 * Runs on both libraries; what it prints must be the same.
 */
#include "samples.h"
#include <fcntl.h>
#include <linux/filter.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define JUMPS 300
#define WAITS 20

static const uint32_t family = AF_INET;
static struct nf_conntrack *ct;     /* a flow that is in the table */
static struct nf_expect *exp_there; /* an expectation that is in the table */
static unsigned int port = 1;

/* A new flow in the table, for one event. */
static void make_event(struct nfct_handle *h)
{
	struct nf_conntrack *other = udp4();

	nfct_set_attr_u32(other, ATTR_TIMEOUT, 1000);
	nfct_set_attr_u16(other, ATTR_PORT_SRC, htons((uint16_t)port++));
	nfct_setobjopt(other, NFCT_SOPT_SETUP_REPLY);
	if (nfct_query(h, NFCT_Q_CREATE, other) == -1) {
		printf("no event: %s\n", strerror(errno));
		exit(EXIT_FAILURE);
	}
	nfct_destroy(other);
}

/* The expectation again, for one event. */
static void make_expectation_event(void)
{
	struct nfct_handle *h = need(nfct_open(EXPECT, 0), "nfct_open");
	uint8_t narrow = AF_INET;

	if (nfexp_query(h, NFCT_Q_FLUSH, &narrow) == -1 || nfexp_query(h, NFCT_Q_CREATE, exp_there) == -1) {
		printf("no expectation: %s\n", strerror(errno));
		exit(EXIT_FAILURE);
	}
	nfct_close(h);
}

/* ---- threads that end in the middle of a call ---- */

enum where { CATCH, QUERY, CATCH_CALLBACK, QUERY_CALLBACK, EXIT_CALLBACK };
static const char *const places[] = {"waits in catch", "waits in query", "in a callback of catch",
				     "in a callback of query", "pthread_exit in a callback"};

struct leaver {
	struct nfct_handle *h;
	enum where where;
	int is_expect, type;
	_Atomic int tid, is_inside, cleaned;
	void *object; /* of the callback that did not return */
};

static void clean(void *data)
{
	((struct leaver *)data)->cleaned++;
}

/* Stays in the callback until the thread is cancelled, at a cancellation point and between them. */
static int stay(struct leaver *l, void *object)
{
	l->object = object;
	l->is_inside = 1;
	if (l->where == EXIT_CALLBACK)
		pthread_exit(PTHREAD_CANCELED);
	for (;;) {
		if (l->type == PTHREAD_CANCEL_DEFERRED)
			pthread_testcancel();
		sched_yield(); /* no cancellation point */
	}
	return NFCT_CB_CONTINUE;
}

static int stay_flow(enum nf_conntrack_msg_type type, struct nf_conntrack *object, void *data)
{
	(void)type;
	return stay(data, object);
}

static int stay_expect(enum nf_conntrack_msg_type type, struct nf_expect *object, void *data)
{
	(void)type;
	return stay(data, object);
}

static void *leave(void *data)
{
	struct leaver *l = data;
	uint8_t narrow = AF_INET;
	int is_query = l->where == QUERY || l->where == QUERY_CALLBACK;

	pthread_setcanceltype(l->type, NULL);
	pthread_cleanup_push(clean, l);
	l->tid = (int)syscall(SYS_gettid);
	if (l->is_expect)
		is_query ? nfexp_query(l->h, NFCT_Q_DUMP, &narrow) : nfexp_catch(l->h);
	else
		is_query ? nfct_query(l->h, NFCT_Q_DUMP, &family) : nfct_catch(l->h);
	printf("  returned\n");
	pthread_cleanup_pop(0);
	return NULL;
}

/* Waits until a thread waits for the datagrams of a socket. A thread sleeps elsewhere too, for example until valgrind gives
 * it a turn: the system call says for what it waits. */
static void await_waiting(int tid, int fd)
{
	char path[64], text[512];
	unsigned long first;
	long call;

	snprintf(path, sizeof(path), "/proc/self/task/%d/syscall", tid);
	for (;;) {
		int file = open(path, O_RDONLY);
		ssize_t len = read(file, text, sizeof(text) - 1);

		if (len == -1) {
			perror(path);
			exit(EXIT_FAILURE);
		}
		close(file);
		text[len] = '\0';
		/* The number of the call and its first argument; or that the thread runs. */
		if (sscanf(text, "%ld %lx", &call, &first) == 2 && (call == SYS_recvmsg || call == SYS_recvfrom) &&
		    first == (unsigned long)fd)
			return;
		usleep(100);
	}
}

/* No datagram comes in any more; a query then waits for ever. */
static void deafen(int fd)
{
	struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog program = {.len = 1, .filter = &nothing};

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) == -1)
		perror("SO_ATTACH_FILTER");
}

static void hear(int fd)
{
	int none = 0;

	setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &none, sizeof(none));
}

/* Counts what comes; the handle still works. */
static int count(enum nf_conntrack_msg_type type, struct nf_conntrack *object, void *data)
{
	(void)type;
	(void)object;
	++*(unsigned int *)data;
	return NFCT_CB_CONTINUE;
}

static int count_expect(enum nf_conntrack_msg_type type, struct nf_expect *object, void *data)
{
	(void)type;
	(void)object;
	++*(unsigned int *)data;
	return NFCT_CB_CONTINUE;
}

static void still_works(struct nfct_handle *h, int is_expect)
{
	unsigned int seen = 0;
	int result;

	if (is_expect) {
		nfexp_callback_register(h, NFCT_T_ALL, count_expect, &seen);
		result = nfexp_query(h, NFCT_Q_GET, exp_there);
	} else {
		nfct_callback_register(h, NFCT_T_ALL, count, &seen);
		result = nfct_query(h, NFCT_Q_GET, ct);
	}
	printf("  then a get: %d, seen %u\n", result, seen);
}

/* Reads what is there. */
static void catch_the_rest(struct nfct_handle *h, const unsigned int *seen)
{
	int result;

	fcntl(nfct_fd(h), F_SETFL, O_NONBLOCK);
	result = nfct_catch(h);
	printf("  then: %d %s, seen %u\n", result, strerror(errno), *seen);
}

static void closes(struct nfct_handle *h)
{
	int fd = nfct_fd(h);

	printf("  close: %d", nfct_close(h));
	printf(", the socket is %s\n", fcntl(fd, F_GETFD) == -1 ? "closed" : "open");
}

static void thread_leaves(enum where where, int type, int is_expect)
{
	unsigned int groups = where == QUERY || where == QUERY_CALLBACK ? 0
			      : is_expect ? NF_NETLINK_CONNTRACK_EXP_NEW : NF_NETLINK_CONNTRACK_NEW;
	struct leaver l = {.where = where, .type = type, .is_expect = is_expect};
	pthread_t thread;
	void *result;

	printf("%s, %s, %s\n", is_expect ? "expectations" : "flows", places[where],
	       type == PTHREAD_CANCEL_DEFERRED ? "deferred" : "asynchronous");
	l.h = need(nfct_open(is_expect ? EXPECT : CONNTRACK, groups), "nfct_open");
	if (is_expect)
		nfexp_callback_register(l.h, NFCT_T_ALL, stay_expect, &l);
	else
		nfct_callback_register(l.h, NFCT_T_ALL, stay_flow, &l);
	if (where == QUERY)
		deafen(nfct_fd(l.h));
	pthread_create(&thread, NULL, leave, &l);
	while (l.tid == 0)
		usleep(100);
	if (where == CATCH || where == QUERY) {
		await_waiting(l.tid, nfct_fd(l.h));
	} else {
		if (groups != 0 && is_expect) {
			make_expectation_event();
		} else if (groups != 0) {
			struct nfct_handle *h = need(nfct_open(CONNTRACK, 0), "nfct_open");

			make_event(h);
			nfct_close(h);
		}
		while (!l.is_inside)
			usleep(100);
	}
	if (where != EXIT_CALLBACK)
		pthread_cancel(thread);
	pthread_join(thread, &result);
	printf("  cancelled %d, cleaned %d\n", result == PTHREAD_CANCELED, l.cleaned);
	/* The object of a callback that does not return is the program's. */
	if (l.object != NULL && is_expect)
		nfexp_destroy(l.object);
	else if (l.object != NULL)
		nfct_destroy(l.object);
	if (where == QUERY)
		hear(nfct_fd(l.h));
	if (where == CATCH || where == CATCH_CALLBACK)
		still_works(l.h, is_expect);
	closes(l.h);
}

/* A thread that is cancelled already opens, asks, sends, reads a label map and closes: it ends at one of them. */
static void *call_all(void *data)
{
	struct leaver *l = data;
	struct nfct_labelmap *map;
	struct nfct_handle *h;

	pthread_cleanup_push(clean, l);
	pthread_cancel(pthread_self());
	if (l->where == QUERY)
		nfct_query(l->h, NFCT_Q_GET, ct);
	else if (l->where == CATCH)
		nfct_send(l->h, NFCT_Q_GET, ct);
	map = nfct_labelmap_new("/dev/null");
	if (map != NULL)
		nfct_labelmap_destroy(map);
	h = nfct_open(CONNTRACK, 0);
	if (h != NULL)
		nfct_close(h);
	pthread_testcancel();
	pthread_cleanup_pop(0);
	return NULL;
}

static void cancelled_before(enum where where)
{
	struct leaver l = {.where = where, .h = need(nfct_open(CONNTRACK, 0), "nfct_open")};
	pthread_t thread;
	void *result;

	printf("cancelled before the call\n");
	pthread_create(&thread, NULL, call_all, &l);
	pthread_join(thread, &result);
	printf("  cancelled %d, cleaned %d\n", result == PTHREAD_CANCELED, l.cleaned);
	closes(l.h);
}

/* ---- jumps ---- */

static sigjmp_buf back;
static struct nf_conntrack *left; /* of the callback that was left */

static int jump(enum nf_conntrack_msg_type type, struct nf_conntrack *object, void *data)
{
	(void)type;
	++*(unsigned int *)data;
	left = object;
	siglongjmp(back, 1);
}

static void on_alarm(int number)
{
	(void)number;
	siglongjmp(back, 1);
}

/* Bytes of the heap that are in use. */
static size_t heap(void)
{
	return mallinfo2().uordblks;
}

/* Out of a callback of nfct_catch(), many times: every event comes, and no memory goes. */
static void jump_out_of_catch(void)
{
	static unsigned int seen;
	struct nfct_handle *h = need(nfct_open(CONNTRACK, 0), "nfct_open");
	struct nfct_handle *listener = need(nfct_open(CONNTRACK, NF_NETLINK_CONNTRACK_NEW), "nfct_open");
	size_t before = 0;

	printf("%d jumps out of a callback of nfct_catch\n", JUMPS);
	nfct_callback_register(listener, NFCT_T_ALL, jump, &seen);
	for (volatile unsigned int i = 0; i < JUMPS; i++) {
		if (i == 10)
			before = heap();
		make_event(h);
		if (sigsetjmp(back, 1) == 0)
			printf("  returned %d\n", nfct_catch(listener));
		else
			nfct_destroy(left);
	}
	printf("  seen %u, memory gone: %d\n", seen, heap() > before + 4096);
	nfct_callback_register(listener, NFCT_T_ALL, count, &seen);
	catch_the_rest(listener, &seen);
	closes(listener);
	nfct_close(h);
}

/* Sends a signal to the thread of main() each time that it waits for the socket. */
struct caller {
	pthread_t thread;
	int tid, fd;
	sem_t calls;
};

static void *interrupt(void *data)
{
	struct caller *caller = data;

	for (int i = 0; i < WAITS; i++) {
		while (sem_wait(&caller->calls) == -1)
			;
		await_waiting(caller->tid, caller->fd);
		pthread_kill(caller->thread, SIGALRM);
	}
	return NULL;
}

/* Out of calls that wait, by a signal. */
static void jump_out_of_wait(int is_query)
{
	unsigned int seen = 0;
	struct sigaction action = {.sa_handler = on_alarm};
	struct nfct_handle *h = need(nfct_open(CONNTRACK, 0), "nfct_open");
	struct caller caller = {.thread = pthread_self(), .tid = (int)syscall(SYS_gettid), .fd = nfct_fd(h)};
	pthread_t interrupter;
	volatile size_t before = 0;

	printf("jumps out of %s that waits\n", is_query ? "nfct_query" : "nfct_catch");
	sigaction(SIGALRM, &action, NULL);
	nfct_callback_register(h, NFCT_T_ALL, count, &seen);
	deafen(nfct_fd(h));
	sem_init(&caller.calls, 0, 0);
	pthread_create(&interrupter, NULL, interrupt, &caller);
	for (volatile unsigned int i = 0; i < WAITS; i++) {
		if (i == WAITS / 2)
			before = heap();
		if (sigsetjmp(back, 1) == 0) {
			sem_post(&caller.calls);
			printf("  returned %d\n", is_query ? nfct_query(h, NFCT_Q_GET, ct) : nfct_catch(h));
		}
	}
	printf("  memory gone: %d\n", heap() > before + 4096);
	pthread_join(interrupter, NULL);
	hear(nfct_fd(h));
	still_works(h, 0);
	closes(h);
	signal(SIGALRM, SIG_DFL);
}

/* An inner query reads an event that belongs to the outer call, which is then left: the event still comes. */
static int ask_and_jump(enum nf_conntrack_msg_type type, struct nf_conntrack *object, void *data)
{
	struct nfct_handle *h = ((void **)data)[0];
	unsigned int *seen = ((void **)data)[1];

	(void)type;
	if (++*seen > 1)
		return NFCT_CB_CONTINUE;
	make_event(h); /* on the handle that listens: its event comes first, then the answer */
	left = object;
	siglongjmp(back, 1);
}

static void event_of_an_inner_query(void)
{
	static unsigned int seen;
	struct nfct_handle *h = need(nfct_open(CONNTRACK, NF_NETLINK_CONNTRACK_NEW), "nfct_open");
	struct nfct_handle *other = need(nfct_open(CONNTRACK, 0), "nfct_open");
	void *data[] = {h, &seen};

	printf("a jump while an event waits for the outer call\n");
	nfct_callback_register(h, NFCT_T_ALL, ask_and_jump, data);
	make_event(other);
	if (sigsetjmp(back, 1) == 0)
		printf("  returned %d\n", nfct_catch(h));
	else
		nfct_destroy(left);
	catch_the_rest(h, &seen);
	nfct_close(other);
	closes(h);
}

/*
 * After a jump, a query from deeper in the program: it is no inner query, so events that pass by come at once,
 * as in any query. The stack between is as the earlier call left it.
 */
static int __attribute__((noinline)) deeper(struct nfct_handle *h, unsigned int levels)
{
	volatile char untouched[4096];
	int result;

	untouched[levels] = 0;
	result = levels > 0 ? deeper(h, levels - 1) : nfct_query(h, NFCT_Q_GET, ct);
	return result + untouched[levels];
}

static void query_from_deeper(void)
{
	static unsigned int seen;
	struct nfct_handle *h = need(nfct_open(CONNTRACK, NF_NETLINK_CONNTRACK_NEW), "nfct_open");
	struct nfct_handle *other = need(nfct_open(CONNTRACK, 0), "nfct_open");

	printf("a query from deeper in the program, after a jump\n");
	nfct_callback_register(h, NFCT_T_ALL, jump, &seen);
	make_event(other);
	if (sigsetjmp(back, 1) == 0)
		printf("  returned %d\n", nfct_catch(h));
	else
		nfct_destroy(left);
	nfct_callback_register(h, NFCT_T_ALL, count, &seen);
	make_event(other);
	printf("  get: %d, ", deeper(h, 30));
	printf("seen %u\n", seen); /* the first event, the second one, and the flow */
	nfct_close(other);
	closes(h);
}

static struct nf_expect *expectation(struct nf_conntrack *master)
{
	struct nf_conntrack *expected = flow(AF_INET, IPPROTO_TCP), *mask = flow(AF_INET, IPPROTO_TCP);
	struct nf_expect *exp = need(nfexp_new(), "nfexp_new");

	nfct_set_attr_u16(expected, ATTR_PORT_SRC, 0);
	nfct_set_attr_u16(expected, ATTR_PORT_DST, htons(5000));
	nfct_set_attr_u32(mask, ATTR_IPV4_SRC, 0xffffffff);
	nfct_set_attr_u32(mask, ATTR_IPV4_DST, 0xffffffff);
	nfct_set_attr_u16(mask, ATTR_PORT_SRC, 0);
	nfct_set_attr_u16(mask, ATTR_PORT_DST, 0xffff);
	nfexp_set_attr(exp, ATTR_EXP_MASTER, master);
	nfexp_set_attr(exp, ATTR_EXP_EXPECTED, expected);
	nfexp_set_attr(exp, ATTR_EXP_MASK, mask);
	nfexp_set_attr_u32(exp, ATTR_EXP_TIMEOUT, 900);
	nfct_destroy(expected);
	nfct_destroy(mask);
	return exp;
}

int main(void)
{
	static const int types[] = {PTHREAD_CANCEL_DEFERRED, PTHREAD_CANCEL_ASYNCHRONOUS};
	struct nfct_handle *h = need(nfct_open(0, 0), "nfct_open");
	/* What is made while no program listens has no events, nor have its expectations. */
	struct nfct_handle *listener = need(nfct_open(CONNTRACK, NFCT_ALL_CT_GROUPS), "nfct_open");

	ct = flow(AF_INET, IPPROTO_TCP);
	nfct_set_attr_u32(ct, ATTR_TIMEOUT, 1000);
	nfct_set_attr_u16(ct, ATTR_PORT_DST, htons(21));
	nfct_set_attr_u8(ct, ATTR_TCP_STATE, TCP_CONNTRACK_ESTABLISHED);
	nfct_set_attr(ct, ATTR_HELPER_NAME, "ftp");
	nfct_setobjopt(ct, NFCT_SOPT_SETUP_REPLY);
	exp_there = expectation(ct);
	SHOW(nfct_query(h, NFCT_Q_CREATE, ct));
	SHOW(nfexp_query(h, NFCT_Q_CREATE, exp_there));
	nfct_close(h);

	for (int is_expect = 0; is_expect < 2; is_expect++)
		for (size_t type = 0; type < 2; type++)
			for (enum where where = CATCH; where <= EXIT_CALLBACK; where++)
				thread_leaves(where, types[type], is_expect);
	cancelled_before(QUERY);
	cancelled_before(CATCH);
	cancelled_before(EXIT_CALLBACK); /* neither asks nor sends */
	jump_out_of_catch();
	jump_out_of_wait(0);
	jump_out_of_wait(1);
	event_of_an_inner_query();
	query_from_deeper();
	nfct_close(listener);
	nfexp_destroy(exp_there);
	nfct_destroy(ct);
	return EXIT_SUCCESS;
}
