/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The tuples of an expectation given to every function that reads a conntrack object. Each expectation stands
 * in a zeroed block that is larger than it, so that the original, which reads on after its end, reads zeros.
 * Runs on both libraries; what it prints must be the same.
 */
#include "views.h"

static int on_flow(enum nf_conntrack_msg_type type, struct nf_conntrack *ct, void *data)
{
	(void)data;
	printf("callback %d, dport %u\n", type, ntohs(nfct_get_attr_u16(ct, ATTR_ORIG_PORT_DST)));
	return NFCT_CB_CONTINUE;
}

/* One sample with its original tuple alone. */
static struct nf_conntrack *tuple_of(struct nf_conntrack *(*make)(void))
{
	struct nf_conntrack *full = make(), *ct = need(nfct_new(), "nfct_new");

	nfct_copy(ct, full, NFCT_CP_ORIG);
	nfct_destroy(full);
	return ct;
}

/* Tuples of every kind next to one another, with a helper or without. */
static void show_tuples(struct nf_conntrack *(*const make[4])(void), const char *helper, bool is_clonable)
{
	struct nf_expect *exp = need(calloc(1, 1024), "calloc");
	struct nf_conntrack *ct[4];

	for (int i = 0; i < 4; i++)
		ct[i] = tuple_of(make[i]);
	fill(exp, ct[0], ct[1], ct[2], ct[3]);
	if (helper) {
		nfexp_set_attr(exp, ATTR_EXP_HELPER_NAME, helper);
		nfexp_set_attr(exp, ATTR_EXP_FN, "nat-follow-master");
	}
	for (size_t i = 0; i < TUPLES; i++)
		every_reader(stdout, exp, tuples[i], ct[1], is_clonable);
	for (int i = 0; i < 4; i++)
		nfct_destroy(ct[i]);
	free(exp);
}

/* Tuples from objects with more than a tuple: what else was set there counts as set, and lies in the neighbours. */
static void show_full(void)
{
	struct nf_expect *exp = need(calloc(1, 1024), "calloc");
	struct nf_conntrack *tcp = tcp_in_full(), *udp = translated(), *icmp = icmp4(), *child = expected();

	nfct_attr_unset(tcp, ATTR_ID);
	fill(exp, tcp, udp, icmp, child);
	for (size_t i = 0; i < TUPLES; i++)
		getters(stdout, tuples[i], nfexp_get_attr(exp, tuples[i]));
	every_reader(stdout, exp, ATTR_EXP_MASTER, tcp, false);
	nfct_destroy(child);
	nfct_destroy(icmp);
	nfct_destroy(udp);
	nfct_destroy(tcp);
	free(exp);
}

/* An expectation without tuples, and one whose tuple was taken away after its pointer was asked for. */
static void without_tuples(void)
{
	struct nf_expect *exp = need(calloc(1, 1024), "calloc");
	struct nf_conntrack *ct = tuple_of(udp4);
	const struct nf_conntrack *view;

	for (size_t i = 0; i < TUPLES; i++)
		every_reader(stdout, exp, tuples[i], ct, true);
	nfexp_set_attr(exp, ATTR_EXP_EXPECTED, ct);
	view = nfexp_get_attr(exp, ATTR_EXP_EXPECTED);
	SHOW(nfexp_attr_unset(exp, ATTR_EXP_EXPECTED));
	texts(stdout, view);
	messages(stdout, view);
	nfct_destroy(ct);
	free(exp);
}

/* A tuple asks the kernel like any other object. */
static void ask(void)
{
	struct nfct_handle *handle = need(nfct_open(CONNTRACK, 0), "nfct_open");
	struct nf_expect *exp = need(calloc(1, 1024), "calloc");
	struct nf_conntrack *ct = udp4(), *tuple = tuple_of(udp4);

	SHOW(nfct_callback_register(handle, NFCT_T_ALL, on_flow, NULL));
	nfct_set_attr_u32(ct, ATTR_TIMEOUT, 1000);
	for (size_t i = 0; i < TUPLES; i++) {
		nfexp_set_attr(exp, tuples[i], tuple);
		SHOW(nfct_query(handle, NFCT_Q_GET, nfexp_get_attr(exp, tuples[i])));
		SHOW(nfct_query(handle, NFCT_Q_CREATE, ct));
		SHOW(nfct_query(handle, NFCT_Q_GET, nfexp_get_attr(exp, tuples[i])));
		SHOW(nfct_query(handle, NFCT_Q_DESTROY, nfexp_get_attr(exp, tuples[i])));
		SHOW(nfct_query(handle, NFCT_Q_GET, nfexp_get_attr(exp, tuples[i])));
		nfexp_attr_unset(exp, tuples[i]);
		memset(exp, 0, nfexp_maxsize());
	}
	nfct_destroy(tuple);
	nfct_destroy(ct);
	free(exp);
	nfct_close(handle);
}

int main(void)
{
	show_tuples((struct nf_conntrack * (*const[]) (void)){tcp_in_full, udp4, udplite, udp4}, NULL, true);
	show_tuples((struct nf_conntrack * (*const[]) (void)){udp6, icmp6, udp6, gre}, NULL, false);
	show_tuples((struct nf_conntrack * (*const[]) (void)){icmp4, gre, unknown, udp6}, "ftp", false);
	show_tuples((struct nf_conntrack * (*const[]) (void)){half, empty, half, icmp4}, "sip", false);
	show_full();
	without_tuples();
	ask();
	return EXIT_SUCCESS;
}
