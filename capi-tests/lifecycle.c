/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The life of flows in the kernel's table: create, get, update, delete, dump, flush, and what each answers when
 * it cannot. Needs a network namespace of its own. Runs on both libraries; what it prints must be the same.
 */
#include "samples.h"

static struct nfct_handle *handle;

/* Prints a flow, and counts it. */
static int print(enum nf_conntrack_msg_type type, struct nf_conntrack *ct, void *data)
{
	unsigned int *count = data;
	char line[4096];

	nfct_snprintf(line, sizeof(line), ct, type, NFCT_O_PLAIN, NFCT_OF_SHOW_LAYER3);
	printf("  %s\n", line);
	(*count)++;
	return NFCT_CB_CONTINUE;
}

/* Counts a flow: a dump's order is the kernel's. */
static int count(enum nf_conntrack_msg_type type, struct nf_conntrack *ct, void *data)
{
	unsigned int *flows = data;

	(void)type;
	(void)ct;
	(*flows)++;
	return NFCT_CB_CONTINUE;
}

/* All steps of one flow, on a handle whose callback prints. */
static void one_flow(struct nf_conntrack *ct)
{
	SHOW(nfct_query(handle, NFCT_Q_GET, ct)); /* not there yet */
	SHOW(nfct_query(handle, NFCT_Q_UPDATE, ct));
	SHOW(nfct_query(handle, NFCT_Q_DESTROY, ct));
	SHOW(nfct_query(handle, NFCT_Q_CREATE, ct)); /* no timeout yet */

	nfct_set_attr_u32(ct, ATTR_TIMEOUT, 1000);
	nfct_set_attr_u32(ct, ATTR_MARK, 0x1234);
	SHOW(nfct_query(handle, NFCT_Q_CREATE, ct));
	SHOW(nfct_query(handle, NFCT_Q_CREATE, ct)); /* there already */
	SHOW(nfct_query(handle, NFCT_Q_GET, ct));

	nfct_set_attr_u32(ct, ATTR_MARK, 0x5678);
	SHOW(nfct_query(handle, NFCT_Q_UPDATE, ct));
	SHOW(nfct_query(handle, NFCT_Q_CREATE_UPDATE, ct));
	SHOW(nfct_query(handle, NFCT_Q_GET, ct));

	SHOW(nfct_query(handle, NFCT_Q_DESTROY, ct));
	SHOW(nfct_query(handle, NFCT_Q_GET, ct));
	SHOW(nfct_query(handle, NFCT_Q_CREATE_UPDATE, ct));
	SHOW(nfct_query(handle, NFCT_Q_DESTROY, ct));
}

/* Tables of a known size: what a dump of each family sees, and what a flush leaves. */
static void many_flows(unsigned int *flows)
{
	struct nf_conntrack *four = udp4(), *six = udp6();
	uint32_t any = AF_UNSPEC, inet = AF_INET, inet6 = AF_INET6, strange = AF_UNIX;
	unsigned int i;

	nfct_set_attr_u32(four, ATTR_TIMEOUT, 1000);
	nfct_set_attr_u32(six, ATTR_TIMEOUT, 1000);
	for (i = 0; i < 600; i++) { /* several datagrams of a dump */
		nfct_set_attr_u16(four, ATTR_PORT_SRC, htons((uint16_t)(1024 + i)));
		nfct_setobjopt(four, NFCT_SOPT_SETUP_REPLY);
		nfct_set_attr_u16(six, ATTR_PORT_SRC, htons((uint16_t)(1024 + i)));
		nfct_setobjopt(six, NFCT_SOPT_SETUP_REPLY);
		if (nfct_query(handle, NFCT_Q_CREATE, four) == -1 ||
		    (i < 100 && nfct_query(handle, NFCT_Q_CREATE, six) == -1))
			printf("flow %u: %s\n", i, strerror(errno));
	}
	nfct_destroy(four);
	nfct_destroy(six);

	SHOW(nfct_query(handle, NFCT_Q_DUMP, &any));
	printf("  %u flows\n", *flows), *flows = 0;
	SHOW(nfct_query(handle, NFCT_Q_DUMP, &inet));
	printf("  %u flows\n", *flows), *flows = 0;
	SHOW(nfct_query(handle, NFCT_Q_DUMP, &inet6));
	printf("  %u flows\n", *flows), *flows = 0;
	SHOW(nfct_query(handle, NFCT_Q_DUMP_RESET, &any));
	printf("  %u flows\n", *flows), *flows = 0;
	SHOW(nfct_query(handle, NFCT_Q_DUMP, &strange));
	printf("  %u flows\n", *flows), *flows = 0;
	SHOW(nfct_query(handle, NFCT_Q_FLUSH, &any));
	SHOW(nfct_query(handle, NFCT_Q_DUMP, &any));
	printf("  %u flows\n", *flows), *flows = 0;
}

/* Requests sent without waiting, answers taken later. */
static void in_two_steps(unsigned int *shown)
{
	struct nf_conntrack *ct = udp4();
	uint32_t family = AF_INET;

	nfct_set_attr_u32(ct, ATTR_TIMEOUT, 1000);
	SHOW(nfct_send(handle, NFCT_Q_CREATE, ct));
	SHOW(nfct_catch(handle));
	SHOW(nfct_send(handle, NFCT_Q_CREATE, ct));
	SHOW(nfct_catch(handle));
	SHOW(nfct_send(handle, NFCT_Q_DUMP, &family));
	SHOW(nfct_catch(handle));
	printf("  %u shown\n", *shown);
	SHOW(nfct_query(handle, 99, ct)); /* no such request */
	SHOW(nfct_send(handle, 99, ct));
	nfct_destroy(ct);
}

int main(void)
{
	struct nf_conntrack *(*const kinds[])(void) = {udp4, udp6, icmp4, icmp6, gre, udplite, unknown, labelled};
	unsigned int shown = 0;
	size_t i;

	handle = need(nfct_open(CONNTRACK, 0), "nfct_open");
	SHOW(nfct_fd(handle) >= 0);
	SHOW(nfct_callback_register(handle, NFCT_T_ALL, print, &shown));
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct nf_conntrack *ct = kinds[i]();

		one_flow(ct);
		nfct_destroy(ct);
	}
	in_two_steps(&shown);

	shown = 0;
	SHOW(nfct_callback_register(handle, NFCT_T_ALL, count, &shown));
	many_flows(&shown);
	SHOW(nfct_close(handle));
	return EXIT_SUCCESS;
}
