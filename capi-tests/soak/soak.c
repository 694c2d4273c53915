/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The C library's part of the soak: events, lists, creates, look-ups, updates, deletes, printing, filters and
 * label maps, on handles that are opened and closed all the time, until standard input ends. tests/soak.rs
 * starts it beside other work in the same network namespace and watches its memory and its descriptors. It
 * makes its own flows only, and leaves none.
 */
#include "../samples.h"
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

static unsigned long events, listed, requests, unexpected;

static int print(enum nf_conntrack_msg_type type, struct nf_conntrack *ct, void *data)
{
	static char text[4096];
	unsigned long *counter = data;

	nfct_snprintf(text, sizeof(text), ct, type, *counter % 2 ? NFCT_O_PLAIN : NFCT_O_XML, NFCT_OF_SHOW_LAYER3);
	(*counter)++;
	return NFCT_CB_CONTINUE;
}

static void ask(struct nfct_handle *h, enum nf_conntrack_query query, const void *data)
{
	requests++;
	if (nfct_query(h, query, data) == -1) {
		fprintf(stderr, "soak: request %d: %s\n", query, strerror(errno));
		unexpected++;
	}
}

/* One flow from its beginning to its end. */
static void one_flow(struct nfct_handle *h, struct nf_conntrack *ct)
{
	struct nf_conntrack *copy = need(nfct_clone(ct), "nfct_clone");

	nfct_set_attr_u32(copy, ATTR_TIMEOUT, 1000);
	ask(h, NFCT_Q_CREATE, copy);
	ask(h, NFCT_Q_GET, copy);
	nfct_set_attr_u32(copy, ATTR_MARK, 77);
	ask(h, NFCT_Q_UPDATE, copy);
	if (nfct_cmp(ct, copy, NFCT_CMP_ORIG) != 1)
		unexpected++;
	ask(h, NFCT_Q_DESTROY, copy);
	nfct_destroy(copy);
}

/* A flow with labels, its copy, and the names that a map has for them. */
static void labels(const char *path)
{
	struct nfct_labelmap *map = need(nfct_labelmap_new(path), "nfct_labelmap_new");
	struct nf_conntrack *ct = labelled(), *copy = need(nfct_clone(ct), "nfct_clone");
	char text[4096];

	if (nfct_snprintf_labels(text, sizeof(text), copy, 0, NFCT_O_PLAIN, 0, map) <= 0)
		unexpected++;
	nfct_destroy(copy);
	nfct_destroy(ct);
	nfct_labelmap_destroy(map);
}

/* A filter for UDP from this program's own address, attached and taken off. */
static void filter(struct nfct_handle *listener)
{
	struct nfct_filter *filter = need(nfct_filter_create(), "nfct_filter_create");
	struct nfct_filter_ipv4 source = {ntohl(inet_addr("192.0.2.1")), 0xffffffff};

	nfct_filter_add_attr_u32(filter, NFCT_FILTER_L4PROTO, IPPROTO_UDP);
	nfct_filter_add_attr(filter, NFCT_FILTER_SRC_IPV4, &source);
	if (nfct_filter_attach(nfct_fd(listener), filter) == -1 || nfct_filter_detach(nfct_fd(listener)) == -1)
		unexpected++;
	nfct_filter_destroy(filter);
}

/* Takes what has come; a full buffer is no surprise here. */
static void take_events(struct nfct_handle *listener)
{
	int answer;

	do
		answer = nfct_catch(listener);
	while (answer != -1 || errno == ENOBUFS);
	if (errno != EAGAIN)
		unexpected++;
}

/* Opens everything, works for a while, closes everything. */
static void round_of_work(struct nf_conntrack *const flows[], size_t count, const char *map)
{
	struct nfct_handle *listener = need(nfct_open(CONNTRACK, NFCT_ALL_CT_GROUPS), "nfct_open");
	struct nfct_handle *h = need(nfct_open(CONNTRACK, 0), "nfct_open");
	struct nfct_handle *expect = need(nfct_open(EXPECT, 0), "nfct_open");
	static const uint32_t family = AF_UNSPEC;
	unsigned int i;

	fcntl(nfct_fd(listener), F_SETFL, O_NONBLOCK);
	nfct_callback_register(listener, NFCT_T_ALL, print, &events);
	nfct_callback_register(h, NFCT_T_ALL, print, &listed);
	for (i = 0; i < 20 * count; i++)
		one_flow(h, flows[i % count]);
	ask(h, NFCT_Q_DUMP, &family);
	unexpected += nfexp_query(expect, NFCT_Q_DUMP, &family) == -1;
	filter(listener);
	take_events(listener);
	labels(map);
	nfct_close(expect);
	nfct_close(h);
	nfct_close(listener);
}

int main(int argc, char *argv[])
{
	struct nf_conntrack *const flows[] = {udp4(), udp6(), icmp4(), icmp6(), gre(), udplite()};
	const size_t count = sizeof(flows) / sizeof(flows[0]);
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	unsigned long rounds = 0;
	size_t i;

	if (argc != 2) {
		fprintf(stderr, "usage: %s LABEL-MAP\n", argv[0]);
		return 2;
	}
	while (poll(&input, 1, 50) == 0) {
		round_of_work(flows, count, argv[1]);
		rounds++;
	}
	for (i = 0; i < count; i++)
		nfct_destroy(flows[i]);
	printf("C: rounds=%lu requests=%lu listed=%lu events=%lu unexpected=%lu end\n", rounds, requests, listed, events,
	       unexpected);
	return unexpected != 0;
}
