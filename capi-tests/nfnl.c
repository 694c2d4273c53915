/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The real libnfnetlink on handles of the conntrack library: what nfct_nfnlh() answers is a handle of that
 * library in every respect, and nfct_open_nfnl() takes one that it made. Links libnfnetlink. Needs a network
 * namespace of its own. Runs on both libraries; what it prints must be the same.
 */
#include "samples.h"
#include <fcntl.h>
#include <libnfnetlink/libnfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <sys/socket.h>
#include <unistd.h>

/* What libnfnetlink's functions reach into; its own header keeps it to itself. */
struct subsystem {
	void *owner;
	uint32_t groups;
	uint8_t id, slots;
	struct nfnl_callback *callbacks;
};
struct handle {
	int fd;
	struct sockaddr_nl local, peer;
	uint32_t groups, seq, unused, buffer, flags;
	void *last;
	struct subsystem subsystems[17];
};

static char received[32768];
static int verdict = NFCT_CB_CONTINUE;
static int calls;
static const uint32_t any = AF_UNSPEC;

static struct nfnl_handle *under(struct nfct_handle *h)
{
	return (struct nfnl_handle *)need((void *)nfct_nfnlh(h), "nfct_nfnlh");
}

/* The layout, and everything in it that does not change from run to run. The receive buffer is ours to choose. */
static void show_handle(const char *when, const struct nfnl_handle *h)
{
	const struct handle *in = (const void *)h;
	int i, j;

	printf("%s: family %d peer %d/%u/%u groups %x/%x unused %u flags %x last %s\n", when, in->local.nl_family,
	       in->peer.nl_family, in->peer.nl_pid, in->peer.nl_groups, in->local.nl_groups, in->groups, in->unused,
	       in->flags, in->last ? "set" : "none");
	printf("  descriptor %s, port id %s, seq %s\n", in->fd >= 0 ? "open" : "none", in->local.nl_pid ? "set" : "none",
	       in->seq ? "set" : "none");
	for (i = 0; i < 17; i++) {
		const struct subsystem *s = &in->subsystems[i];

		if (!s->owner && !s->callbacks)
			continue;
		printf("  subsystem %d: owner %s groups %x id %u slots %u callbacks %s:", i, s->owner == in ? "it" : "other",
		       s->groups, s->id, s->slots, s->callbacks ? "yes" : "no");
		for (j = 0; s->callbacks && j < s->slots; j++)
			printf(" %s%s%s", s->callbacks[j].call ? "call" : "-", s->callbacks[j].data ? "+data" : "",
			       s->callbacks[j].attr_count >= (i == 1 ? 26 : 11) ? "+attributes" : "");
		putchar('\n');
	}
}

static int each(enum nf_conntrack_msg_type type, struct nf_conntrack *ct, void *data)
{
	char text[512];

	calls++;
	if (data) {
		nfct_attr_unset(ct, ATTR_TIMEOUT);
		nfct_snprintf(text, sizeof(text), ct, type, NFCT_O_DEFAULT, 0);
		printf("  %s: %s -> %d\n", (const char *)data, text, verdict);
	}
	errno = verdict < 0 ? ENOSYS : errno;
	return verdict;
}

static struct nf_conntrack *numbered(uint16_t port)
{
	struct nf_conntrack *ct = flow(AF_INET, IPPROTO_UDP);

	nfct_set_attr_u16(ct, ATTR_PORT_SRC, htons(port));
	nfct_set_attr_u16(ct, ATTR_REPL_PORT_DST, htons(port));
	nfct_set_attr_u32(ct, ATTR_TIMEOUT, 1000);
	nfct_set_attr_u32(ct, ATTR_MARK, port);
	return ct;
}

static void make(struct nfct_handle *h, uint16_t first, uint16_t count)
{
	int failures = 0;

	for (; count > 0; count--, first++) {
		struct nf_conntrack *ct = numbered(first);

		failures += nfct_query(h, NFCT_Q_CREATE, ct) != 0;
		nfct_destroy(ct);
	}
	printf("made with %d failures\n", failures);
}

/* One datagram as it came from the kernel, without a library. */
static int receive(struct nfct_handle *h)
{
	memset(received, 0, sizeof(received));
	return recv(nfct_fd(h), received, sizeof(received), MSG_DONTWAIT);
}

static void socket_functions(struct nfct_handle *h)
{
	struct nfnl_handle *n = under(h);
	struct sockaddr_nl name;
	socklen_t length = sizeof(name);

	puts("== socket");
	printf("same descriptor: %d, same handle: %d\n", nfnl_fd(n) == nfct_fd(h), n == under(h));
	getsockname(nfct_fd(h), (struct sockaddr *)&name, &length);
	printf("port id is the socket's: %d\n", nfnl_portid(n) == name.nl_pid && name.nl_pid != 0);
	SHOW(nfnl_rcvbufsiz(n, 100000));
	SHOW(nfnl_rcvbufsiz(n, 1));
	SHOW(nfnl_rcvbufsiz(n, 4 << 20));
	SHOW(nfnl_join(n, NFNLGRP_CONNTRACK_DESTROY));
	SHOW(nfnl_join(n, 0));
	SHOW(nfnl_join(n, 99));
	getsockname(nfct_fd(h), (struct sockaddr *)&name, &length);
	printf("joined: %x\n", name.nl_groups);
	show_handle("joined", n);
}

/* A dump and a get that the conntrack library sends and libnfnetlink receives. */
static void catching(struct nfct_handle *h)
{
	struct nfnl_handle *n = under(h);
	struct nf_conntrack *ct = numbered(1), *none = numbered(9999);

	puts("== nfnl_catch");
	SHOW(nfct_send(h, NFCT_Q_DUMP, &any));
	SHOW(nfnl_catch(n));
	for (verdict = -3; verdict <= 3; verdict++) {
		if (verdict == NFCT_CB_STOLEN)
			continue;
		SHOW(nfct_send(h, NFCT_Q_GET, ct));
		SHOW(nfnl_catch(n));
		if (verdict <= 0) /* the acknowledgement has stayed behind */
			SHOW(nfnl_catch(n));
	}
	verdict = NFCT_CB_CONTINUE;
	SHOW(nfct_send(h, NFCT_Q_GET, none));
	SHOW(nfnl_catch(n));
	nfct_destroy(ct);
	nfct_destroy(none);
}

/* The three ways to hand libnfnetlink a datagram that the program received itself. */
static void walk(struct nfnl_handle *n, int length)
{
	struct nfnl_iterator *it = nfnl_iterator_create(n, received, length);
	int more = 1, step;

	for (step = 0; it && more > 0 && step < 9; step++) {
		SHOW(nfnl_iterator_process(n, it));
		more = nfnl_iterator_next(n, it);
		printf("  more: %d\n", more);
	}
	if (it)
		nfnl_iterator_destroy(it);
}

static void datagram(struct nfct_handle *h, const char *what, int length)
{
	struct nfnl_handle *n = under(h);

	printf("-- %s, verdict %d, %s\n", what, verdict, length > 0 ? "some bytes" : "nothing");
	if (length <= 0)
		return;
	SHOW(nfnl_process(n, (unsigned char *)received, length));
	SHOW(nfnl_handle_packet(n, received, length));
	walk(n, length);
}

static void processing(struct nfct_handle *h)
{
	struct nf_conntrack *ct = numbered(1), *none = numbered(9999);
	static const int verdicts[] = { NFCT_CB_CONTINUE, NFCT_CB_STOP, NFCT_CB_FAILURE, -5, 7 };
	unsigned int i;

	puts("== process, handle_packet, iterator");
	for (i = 0; i < 5; i++) {
		verdict = verdicts[i];
		nfct_send(h, NFCT_Q_DUMP, &any);
		datagram(h, "dump", receive(h));
		datagram(h, "end of dump", receive(h));
		nfct_send(h, NFCT_Q_GET, ct);
		datagram(h, "entry", receive(h));
		datagram(h, "acknowledgement", receive(h));
	}
	verdict = NFCT_CB_CONTINUE;
	nfct_send(h, NFCT_Q_GET, none);
	datagram(h, "error", receive(h));
	nfct_destroy(ct);
	nfct_destroy(none);
}

/* Datagrams that no kernel sends. */
static void crafted(struct nfct_handle *h)
{
	static const struct {
		const char *name;
		uint16_t type, flags;
		uint32_t length, seq;
	} rows[] = {
		{ "no callback for the number", 0x0104, 0, 20, 0 },
		{ "number without a slot", 0x0109, 0, 20, 0 },
		{ "subsystem that is not open", 0x0201, 0, 20, 0 },
		{ "no such subsystem", 0x1f01, 0, 20, 0 },
		{ "empty flow", 0x0100, 0, 20, 0 },
		{ "no family", 0x0100, 0, 16, 0 },
		{ "done without multi", NLMSG_DONE, 0, 20, 0 },
		{ "done", NLMSG_DONE, NLM_F_MULTI, 20, 0 },
		{ "noop", NLMSG_NOOP, 0, 20, 0 },
		{ "short error", NLMSG_ERROR, 0, 16, 0 },
		{ "longer than it is", 0x0100, 0, 400, 0 },
		{ "shorter than a header", 0x0100, 0, 4, 0 },
		{ "strange number", 0x0100, 0, 20, 77 },
	};
	struct nlmsghdr *nlh = (struct nlmsghdr *)received;
	unsigned int i;

	puts("== crafted");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(received, 0, 64);
		nlh->nlmsg_len = rows[i].length;
		nlh->nlmsg_type = rows[i].type;
		nlh->nlmsg_flags = rows[i].flags;
		nlh->nlmsg_seq = rows[i].seq;
		printf("-- %s\n", rows[i].name);
		SHOW(nfnl_process(under(h), (unsigned char *)received, rows[i].length < 20 ? 16 : 20));
		if (rows[i].length >= 16)
			SHOW(nfnl_handle_packet(under(h), received, rows[i].length < 20 ? 16 : 20));
	}
}

/* A request built on libnfnetlink's side, and its sequence numbers. */
static void querying(struct nfct_handle *h)
{
	struct nfnl_handle *n = under(h);
	struct handle *in = (void *)n;
	struct nfnl_subsys_handle *conntrack = (void *)&in->subsystems[NFNL_SUBSYS_CTNETLINK];
	struct nlmsghdr *nlh = (struct nlmsghdr *)received;
	uint32_t before = in->seq;

	puts("== nfnl_query");
	memset(received, 0, 64);
	nfnl_fill_hdr(conntrack, nlh, 0, AF_INET, 0, IPCTNL_MSG_CT_GET, NLM_F_REQUEST | NLM_F_DUMP);
	printf("type %04x flags %x length %u, seq goes up by %u and is used: %d\n", nlh->nlmsg_type, nlh->nlmsg_flags,
	       nlh->nlmsg_len, in->seq - before, nlh->nlmsg_seq == in->seq);
	SHOW(nfnl_query(n, nlh));
	SHOW(nfct_query(h, NFCT_Q_DUMP, &any));
	nfnl_unset_sequence_tracking(n);
	show_handle("no sequence", n);
	nfnl_fill_hdr(conntrack, nlh, 0, AF_INET, 0, IPCTNL_MSG_CT_GET, NLM_F_REQUEST | NLM_F_DUMP);
	printf("seq %u\n", nlh->nlmsg_seq);
	SHOW(nfnl_query(n, nlh));
	nfnl_set_sequence_tracking(n);
	nlh->nlmsg_seq = in->seq + 5; /* the answer will not match */
	SHOW(nfnl_query(n, nlh));
	/* What is left of that dump; then all is as before. */
	while (receive(h) > 0)
		;
	SHOW(nfct_query(h, NFCT_Q_DUMP, &any));
}

/* Sizes that hold a message: both libraries' receive functions go on working. */
static void buffer_sizes(void)
{
	static const unsigned int sizes[] = { 512, 8192, 16384, 65536 };
	unsigned int i;

	puts("== nfnl_set_rcv_buffer_size");
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct nfct_handle *h = need(nfct_open(CONNTRACK, 0), "nfct_open");
		struct nf_conntrack *ct = numbered(1);

		nfct_callback_register(h, NFCT_T_ALL, each, NULL);
		nfnl_set_rcv_buffer_size(under(h), sizes[i]);
		printf("size %u\n", ((const struct handle *)nfct_nfnlh(h))->buffer);
		calls = 0;
		SHOW(nfct_query(h, NFCT_Q_GET, ct));
		SHOW(nfct_send(h, NFCT_Q_GET, ct));
		SHOW(nfnl_catch(under(h)));
		printf("%d calls\n", calls);
		nfct_destroy(ct);
		nfct_close(h);
	}
}

static int raw(struct nlmsghdr *nlh, struct nfattr *attributes[], void *data)
{
	int i;

	printf("  %s: type %04x attributes", (const char *)data, nlh->nlmsg_type);
	for (i = 0; i < 11; i++)
		printf(" %d", attributes[i] ? attributes[i]->nfa_len : 0);
	putchar('\n');
	return 1;
}

/* The program's own subsystem beside the library's, on one handle. */
static void own_subsystem(struct nfct_handle *h)
{
	struct nfnl_callback callback = { .call = raw, .data = "own", .attr_count = 11 };
	struct nfnl_handle *n = under(h);
	struct nfnl_subsys_handle *expect, *timeout;

	puts("== subsystems");
	errno = 0;
	printf("conntrack again: %s", nfnl_subsys_open(n, NFNL_SUBSYS_CTNETLINK, 8, 0) ? "opened" : "refused");
	printf(" (%s)\n", strerror(errno));
	errno = 0;
	printf("number 17: %s", nfnl_subsys_open(n, 17, 8, 0) ? "opened" : "refused");
	printf(" (%s)\n", strerror(errno));
	expect = need(nfnl_subsys_open(n, NFNL_SUBSYS_CTNETLINK_EXP, 4, 0x18), "nfnl_subsys_open");
	timeout = need(nfnl_subsys_open(n, 8, 3, 0), "nfnl_subsys_open");
	SHOW(nfnl_callback_register(expect, IPCTNL_MSG_EXP_NEW, &callback));
	SHOW(nfnl_callback_register(expect, 4, &callback));
	show_handle("with two more", n);
	memset(received, 0, 64);
	*(struct nlmsghdr *)received = (struct nlmsghdr){ .nlmsg_len = 20, .nlmsg_type = 0x0200 };
	SHOW(nfnl_process(n, (unsigned char *)received, 20));
	SHOW(nfct_query(h, NFCT_Q_DUMP, &any));
	SHOW(nfnl_callback_unregister(expect, IPCTNL_MSG_EXP_NEW));
	nfnl_subsys_close(expect);
	nfnl_subsys_close(timeout);
	show_handle("closed again", n);
}

/* Registering and unregistering as libnfnetlink sees it. */
static void slots(void)
{
	static const uint8_t subsystems[] = { 0, CONNTRACK, EXPECT, 7 };
	struct nfct_handle *h;
	unsigned int i;

	puts("== slots");
	for (i = 0; i < 4; i++) {
		h = need(nfct_open(subsystems[i], i == 3 ? 0 : NFCT_ALL_CT_GROUPS), "nfct_open");
		printf("opened %u\n", subsystems[i]);
		show_handle("fresh", under(h));
		if (subsystems[i] <= CONNTRACK) {
			SHOW(nfct_callback_register(h, NFCT_T_ALL, each, "x"));
			show_handle("registered", under(h));
			nfct_callback_unregister(h);
			show_handle("unregistered", under(h));
		}
		SHOW(nfct_close(h));
	}
}

/* A handle that libnfnetlink made. */
static void foreign(struct nfct_handle *helper)
{
	struct nfnl_handle *n = need(nfnl_open(), "nfnl_open");
	struct nfct_handle *h = need(nfct_open_nfnl(n, CONNTRACK, NF_NETLINK_CONNTRACK_NEW), "nfct_open_nfnl");
	struct nf_conntrack *ct = numbered(501);
	int fd = nfnl_fd(n);

	puts("== nfct_open_nfnl");
	show_handle("opened", n);
	printf("same handle: %d, same descriptor: %d\n", under(h) == n, nfct_fd(h) == fd);
	errno = 0;
	printf("again: %s", nfct_open_nfnl(n, CONNTRACK, 0) ? "opened" : "refused");
	printf(" (%s)\n", strerror(errno));
	errno = 0;
	printf("both: %s", nfct_open_nfnl(n, 0, 0) ? "opened" : "refused");
	printf(" (%s)\n", strerror(errno));
	show_handle("refused", n);
	SHOW(nfct_callback_register(h, NFCT_T_ALL, each, "foreign"));
	SHOW(nfct_query(h, NFCT_Q_CREATE, ct)); /* its event comes first */
	SHOW(nfct_query(h, NFCT_Q_GET, ct));
	SHOW(nfnl_join(n, NFNLGRP_CONNTRACK_DESTROY));
	SHOW(fcntl(fd, F_SETFL, O_NONBLOCK));
	SHOW(nfct_query(helper, NFCT_Q_DESTROY, ct));
	SHOW(nfnl_catch(n));
	SHOW(nfct_catch(h));
	SHOW(nfct_close(h));
	SHOW(fcntl(fd, F_GETFD)); /* closed with it */
	nfct_destroy(ct);
}

/* Conntrack and expectations opened one after the other on one handle; the second is a handle of its own. */
static void both(void)
{
	struct nfnl_handle *n = need(nfnl_open(), "nfnl_open");
	struct nfct_handle *h = need(nfct_open_nfnl(n, EXPECT, NF_NETLINK_CONNTRACK_EXP_NEW), "nfct_open_nfnl");

	puts("== both on one");
	show_handle("expectations", n);
	errno = 0;
	printf("all: %s", nfct_open_nfnl(n, 0, NF_NETLINK_CONNTRACK_NEW) ? "opened" : "refused");
	printf(" (%s)\n", strerror(errno));
	show_handle("still", n);
	SHOW(nfct_close(h));
	n = need(nfnl_open(), "nfnl_open");
	h = need(nfct_open_nfnl(n, 0, NFCT_ALL_CT_GROUPS), "nfct_open_nfnl");
	show_handle("all", n);
	SHOW(nfct_close(h));
	n = need(nfnl_open(), "nfnl_open");
	h = need(nfct_open_nfnl(n, 9, 1), "nfct_open_nfnl");
	show_handle("neither", n);
	SHOW(nfct_close(h));
}

int main(void)
{
	struct nfct_handle *h = need(nfct_open(CONNTRACK, 0), "nfct_open");
	struct nfct_handle *helper = need(nfct_open(CONNTRACK, 0), "nfct_open");

	setvbuf(stdout, NULL, _IOLBF, 0);
	SHOW(nfct_callback_register(h, NFCT_T_ALL, each, "flow"));
	make(helper, 1, 1);
	socket_functions(h);
	catching(h);
	processing(h);
	crafted(h);
	querying(h);
	buffer_sizes();
	own_subsystem(h);
	slots();
	foreign(helper);
	both();
	SHOW(nfct_close(h));
	SHOW(nfct_close(helper));
	return EXIT_SUCCESS;
}
