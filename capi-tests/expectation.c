/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An expectation in the kernel: a TCP flow with the ftp helper, the connection it expects, read back as text,
 * then taken away again. With an argument it leaves the expectation there: the fixture of the programs that
 * list or follow expectations. Needs a network namespace of its own. Runs on both libraries; what it prints
 * must be the same.
 */
#include "samples.h"

static int print(enum nf_conntrack_msg_type type, struct nf_expect *exp, void *data)
{
	char line[4096];

	(void)data;
	nfexp_snprintf(line, sizeof(line), exp, type, NFCT_O_PLAIN, 0);
	printf("  %s\n", line);
	nfexp_snprintf(line, sizeof(line), exp, type, NFCT_O_XML, 0);
	printf("  %s\n", line);
	return NFCT_CB_CONTINUE;
}

/* A tuple: TCP between the addresses of the master flow. */
static struct nf_conntrack *tuple(uint32_t source, uint32_t destination, uint16_t sport, uint16_t dport)
{
	struct nf_conntrack *ct = need(nfct_new(), "nfct_new");

	nfct_set_attr_u8(ct, ATTR_L3PROTO, AF_INET);
	nfct_set_attr_u8(ct, ATTR_L4PROTO, IPPROTO_TCP);
	nfct_set_attr_u32(ct, ATTR_IPV4_SRC, source);
	nfct_set_attr_u32(ct, ATTR_IPV4_DST, destination);
	nfct_set_attr_u16(ct, ATTR_PORT_SRC, htons(sport));
	nfct_set_attr_u16(ct, ATTR_PORT_DST, htons(dport));
	return ct;
}

static struct nf_conntrack *create_master(void)
{
	struct nfct_handle *handle = need(nfct_open(CONNTRACK, 0), "nfct_open");
	struct nf_conntrack *master = tuple(inet_addr("192.0.2.1"), inet_addr("198.51.100.2"), 40000, 21);

	nfct_setobjopt(master, NFCT_SOPT_SETUP_REPLY);
	nfct_set_attr_u32(master, ATTR_TIMEOUT, 1000);
	nfct_set_attr_u8(master, ATTR_TCP_STATE, TCP_CONNTRACK_ESTABLISHED);
	nfct_set_attr(master, ATTR_HELPER_NAME, "ftp");
	SHOW(nfct_query(handle, NFCT_Q_CREATE, master));
	nfct_close(handle);
	return master;
}

int main(int argc, char *argv[])
{
	struct nf_conntrack *master = create_master();
	struct nf_conntrack *expected = tuple(inet_addr("192.0.2.1"), inet_addr("198.51.100.2"), 0, 5000);
	struct nf_conntrack *mask = tuple(0xffffffff, 0xffffffff, 0, 0xffff);
	struct nfct_handle *handle = need(nfct_open(EXPECT, 0), "nfct_open");
	struct nf_expect *exp = need(nfexp_new(), "nfexp_new");
	uint32_t family = AF_INET;

	(void)argv;
	nfexp_set_attr(exp, ATTR_EXP_MASTER, master);
	nfexp_set_attr(exp, ATTR_EXP_EXPECTED, expected);
	nfexp_set_attr(exp, ATTR_EXP_MASK, mask);
	nfexp_set_attr_u32(exp, ATTR_EXP_TIMEOUT, 200);

	SHOW(nfexp_callback_register(handle, NFCT_T_ALL, print, NULL));
	SHOW(nfexp_query(handle, NFCT_Q_GET, exp));
	SHOW(nfexp_query(handle, NFCT_Q_CREATE, exp));
	if (argc == 1) {
		SHOW(nfexp_query(handle, NFCT_Q_CREATE, exp));
		SHOW(nfexp_query(handle, NFCT_Q_GET, exp));
		SHOW(nfexp_query(handle, NFCT_Q_DUMP, &family));
		SHOW(nfexp_query(handle, NFCT_Q_DESTROY, exp));
		SHOW(nfexp_query(handle, NFCT_Q_DESTROY, exp));
		SHOW(nfexp_query(handle, NFCT_Q_CREATE, exp));
		SHOW(nfexp_query(handle, NFCT_Q_FLUSH, &family));
		SHOW(nfexp_query(handle, NFCT_Q_DUMP, &family));
	}
	nfct_close(handle);
	nfexp_destroy(exp);
	nfct_destroy(mask);
	nfct_destroy(expected);
	nfct_destroy(master);
	return EXIT_SUCCESS;
}
