/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a handle does when things go wrong around it: a second dump while one runs, a receive buffer too small
 * for the events, a datagram that another process sent, signals with and without SA_RESTART, a descriptor closed
 * or replaced under the handle. No call hangs, spins or crashes, and the errors are the original's. Needs a
 * network namespace of its own. Runs on both libraries; what it prints must be the same.
 */
#include "samples.h"
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define FLOWS 3000

static const uint32_t family = AF_INET;
static volatile sig_atomic_t signals;

static void on_signal(int number)
{
	(void)number;
	signals++;
}

/* Counts, and goes on or stops. */
static int verdict = NFCT_CB_CONTINUE;
static int count(enum nf_conntrack_msg_type type, struct nf_conntrack *ct, void *data)
{
	(void)type;
	(void)ct;
	(*(unsigned int *)data)++;
	return verdict;
}

static struct nfct_handle *opened(unsigned int groups, unsigned int *seen)
{
	struct nfct_handle *h = need(nfct_open(CONNTRACK, groups), "nfct_open");

	nfct_callback_register(h, NFCT_T_ALL, count, seen);
	return h;
}

/* Flow number n; the numbers are ports. */
static struct nf_conntrack *numbered(unsigned int n)
{
	struct nf_conntrack *ct = udp4();

	nfct_set_attr_u32(ct, ATTR_TIMEOUT, 1000);
	nfct_set_attr_u16(ct, ATTR_PORT_SRC, htons((uint16_t)n));
	nfct_setobjopt(ct, NFCT_SOPT_SETUP_REPLY);
	return ct;
}

/* Asks for flows first to last, one after the other; the number that failed. */
static unsigned int each(struct nfct_handle *h, enum nf_conntrack_query query, unsigned int first, unsigned int last)
{
	unsigned int n, failures = 0;

	for (n = first; n <= last; n++) {
		struct nf_conntrack *ct = numbered(n);

		failures += nfct_query(h, query, ct) == -1;
		nfct_destroy(ct);
	}
	return failures;
}

/* The kernel refuses a second dump of a socket; the first one goes on. */
static void second_dump(void)
{
	unsigned int seen = 0;
	struct nfct_handle *h = opened(0, &seen);

	printf("a second dump while one runs\n");
	SHOW(nfct_send(h, NFCT_Q_DUMP, &family) > 0);
	SHOW(nfct_send(h, NFCT_Q_DUMP, &family) > 0);
	SHOW(nfct_catch(h));
	SHOW(nfct_catch(h)); /* what is left */
	SHOW(nfct_query(h, NFCT_Q_DUMP, &family));
	SHOW(nfct_close(h));
}

/* What does not fit is told, once, and the handle goes on. */
static void overrun(void)
{
	unsigned int seen = 0, size = 4096, made = FLOWS;
	struct nfct_handle *listener = opened(NFCT_ALL_CT_GROUPS, &seen), *h = opened(0, &made);

	printf("more events than the receive buffer holds\n");
	fcntl(nfct_fd(listener), F_SETFL, O_NONBLOCK);
	SHOW(setsockopt(nfct_fd(listener), SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)));
	SHOW(each(h, NFCT_Q_CREATE, FLOWS + 1, FLOWS + 200));
	SHOW(nfct_catch(listener));
	SHOW(nfct_catch(listener));
	printf("some came: %d, some were lost: %d\n", seen > 0, seen < 200);
	seen = 0;
	SHOW(each(h, NFCT_Q_DESTROY, FLOWS + 1, FLOWS + 1));
	SHOW(nfct_catch(listener));
	printf("%u came\n", seen);
	nfct_close(h);
	nfct_close(listener);
}

/* What looks like the kernel's word that all is well, from somebody else, is an error. */
static void forgery(void)
{
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
	} success = {.header = {.nlmsg_len = sizeof(success), .nlmsg_type = NLMSG_ERROR}};
	unsigned int seen = 0;
	struct nfct_handle *h = opened(0, &seen), *listener = opened(NFCT_ALL_CT_GROUPS, &seen);
	struct nfct_handle *const targets[] = {h, listener};
	struct nf_conntrack *missing = numbered(FLOWS + 1);
	int forger = socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER);
	size_t i;

	printf("a datagram of another process\n");
	for (i = 0; i < 2; i++) {
		struct sockaddr_nl to;
		socklen_t length = sizeof(to);

		getsockname(nfct_fd(targets[i]), (struct sockaddr *)&to, &length);
		to.nl_groups = 0;
		SHOW(sendto(forger, &success, sizeof(success), 0, (struct sockaddr *)&to, sizeof(to)) == sizeof(success));
	}
	SHOW(nfct_query(h, NFCT_Q_GET, missing));
	SHOW(nfct_catch(listener));
	nfct_destroy(missing);
	close(forger);
	nfct_close(listener);
	nfct_close(h);
}

/* A signal every half millisecond, or none. */
static void ticking(int flags, int on)
{
	struct itimerval every = {{0, 500 * on}, {0, 500 * on}};
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = flags};

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
}

/* Requests and dumps are whole, however often they are interrupted. */
static void interrupted_requests(const char *how, int flags)
{
	unsigned int seen = 0, dumps = 0, failures = 0;
	struct nfct_handle *h = opened(0, &seen);

	printf("requests under signals %s\n", how);
	signals = 0;
	ticking(flags, 1);
	while (signals < 200) {
		failures += nfct_query(h, NFCT_Q_DUMP, &family) == -1;
		dumps++;
		failures += each(h, NFCT_Q_UPDATE, 1, 20);
	}
	ticking(flags, 0);
	printf("each dump whole: %d, failures: %u\n", seen == dumps * FLOWS, failures);
	nfct_close(h);
}

/* Makes a flow after some signals: a new one, because older ones, made while no program listened, cause no events. */
static void *make_later(void *data)
{
	while (signals <= 10)
		usleep(1000);
	each(data, NFCT_Q_CREATE, FLOWS + 1, FLOWS + 1);
	return NULL;
}

/* Waiting for an event that comes after many signals. */
static void interrupted_wait(const char *how, int flags)
{
	unsigned int seen = 0, none = 0;
	struct nfct_handle *listener = opened(NFCT_ALL_CT_GROUPS, &seen), *h = opened(0, &none);
	sigset_t alarm;
	pthread_t maker;

	printf("waiting for an event under signals %s\n", how);
	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &alarm, NULL); /* the maker's; the signals are for the one who waits */
	signals = 0;
	pthread_create(&maker, NULL, make_later, h);
	pthread_sigmask(SIG_UNBLOCK, &alarm, NULL);
	verdict = NFCT_CB_STOP;
	ticking(flags, 1);
	SHOW(nfct_catch(listener));
	ticking(flags, 0);
	verdict = NFCT_CB_CONTINUE;
	pthread_join(maker, NULL);
	printf("many signals: %d, events: %u\n", signals > 10, seen);
	SHOW(each(h, NFCT_Q_DESTROY, FLOWS + 1, FLOWS + 1));
	nfct_close(h);
	nfct_close(listener);
}

static void every_call(struct nfct_handle *h)
{
	struct nf_conntrack *ct = numbered(1);

	SHOW(nfct_query(h, NFCT_Q_GET, ct));
	SHOW(nfct_query(h, NFCT_Q_CREATE, ct));
	SHOW(nfct_query(h, NFCT_Q_DESTROY, ct));
	SHOW(nfct_query(h, NFCT_Q_DUMP, &family));
	SHOW(nfct_query(h, NFCT_Q_FLUSH, &family));
	SHOW(nfct_send(h, NFCT_Q_GET, ct));
	SHOW(nfct_catch(h));
	nfct_destroy(ct);
}

/* The program closes, or opens anew, the number that is the handle's. */
static void lost_descriptor(void)
{
	unsigned int seen = 0;
	struct nfct_handle *h = opened(0, &seen);
	int number = nfct_fd(h), other;

	printf("closed under the handle\n");
	close(number);
	every_call(h);
	SHOW(nfct_close(h));

	printf("a file in its place\n");
	h = opened(0, &seen);
	number = nfct_fd(h);
	other = open("/dev/null", O_RDWR);
	dup2(other, number);
	close(other);
	every_call(h);
	SHOW(nfct_close(h));
	SHOW(fcntl(number, F_GETFD));

	printf("closed in the middle of a dump\n");
	h = opened(0, &seen);
	verdict = NFCT_CB_STOP;
	SHOW(nfct_query(h, NFCT_Q_DUMP, &family));
	verdict = NFCT_CB_CONTINUE;
	close(nfct_fd(h));
	every_call(h);
	SHOW(nfct_close(h));
	printf("%u seen\n", seen);
}

int main(void)
{
	unsigned int seen = 0;
	struct nfct_handle *h = opened(0, &seen);

	SHOW(each(h, NFCT_Q_CREATE, 1, FLOWS));
	second_dump();
	overrun();
	forgery();
	SHOW(each(h, NFCT_Q_DESTROY, FLOWS + 2, FLOWS + 200));
	interrupted_requests("that restart", SA_RESTART);
	interrupted_requests("that do not restart", 0);
	interrupted_wait("that restart", SA_RESTART);
	interrupted_wait("that do not restart", 0);
	lost_descriptor();
	SHOW(nfct_query(h, NFCT_Q_DUMP, &family));
	printf("%u of %u left\n", seen, FLOWS);
	SHOW(nfct_query(h, NFCT_Q_FLUSH, &family));
	SHOW(nfct_close(h));
	return EXIT_SUCCESS;
}
