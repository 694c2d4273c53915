/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * tour: creates, lists, changes and deletes one flow, and prints the events of it. The same program in other languages
 * is in docs/bindings.md.
 *
 *     cc -o tour tour.c $(pkg-config --cflags --libs libconntrack)
 *     ./tour
 *
 * Exit status: 0 all done, 1 something failed. Needs CAP_NET_ADMIN in the network namespace.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct nf_conntrack *new_flow(void)
{
	struct nf_conntrack *flow = nfct_new();

	if (flow == NULL)
		return NULL;
	nfct_set_attr_u8(flow, ATTR_L3PROTO, AF_INET);
	nfct_set_attr_u32(flow, ATTR_IPV4_SRC, inet_addr("192.0.2.1"));
	nfct_set_attr_u32(flow, ATTR_IPV4_DST, inet_addr("198.51.100.2"));
	nfct_set_attr_u8(flow, ATTR_L4PROTO, IPPROTO_UDP);
	nfct_set_attr_u16(flow, ATTR_PORT_SRC, htons(40000));
	nfct_set_attr_u16(flow, ATTR_PORT_DST, htons(53));
	nfct_setobjopt(flow, NFCT_SOPT_SETUP_REPLY);
	nfct_set_attr_u32(flow, ATTR_TIMEOUT, 60);
	nfct_set_attr_u32(flow, ATTR_MARK, 7);
	return flow;
}

/* Called for each flow of the list: prints those with port 53. */
static int print_flow(enum nf_conntrack_msg_type type, struct nf_conntrack *flow, void *data)
{
	struct in_addr source = {.s_addr = nfct_get_attr_u32(flow, ATTR_IPV4_SRC)};

	(void)type;
	(void)data;
	if (ntohs(nfct_get_attr_u16(flow, ATTR_PORT_DST)) == 53)
		printf("list %s mark=%u\n", inet_ntoa(source), nfct_get_attr_u32(flow, ATTR_MARK));
	return NFCT_CB_CONTINUE;
}

/* Called for each event: prints it, and ends after that of the deletion. */
static int print_event(enum nf_conntrack_msg_type type, struct nf_conntrack *flow, void *data)
{
	const char *name = type == NFCT_T_NEW ? "new" : type == NFCT_T_UPDATE ? "update" : "destroy";

	(void)data;
	printf("%s mark=%u\n", name, nfct_get_attr_u32(flow, ATTR_MARK));
	return type == NFCT_T_DESTROY ? NFCT_CB_STOP : NFCT_CB_CONTINUE;
}

/* Returns 0, or -1 with errno. */
static int tour(struct nfct_handle *handle, struct nfct_handle *events, struct nf_conntrack *flow)
{
	uint32_t family = AF_INET;

	if (nfct_callback_register(handle, NFCT_T_ALL, print_flow, NULL) == -1 ||
	    nfct_callback_register(events, NFCT_T_ALL, print_event, NULL) == -1 ||
	    nfct_query(handle, NFCT_Q_CREATE, flow) == -1 || nfct_query(handle, NFCT_Q_DUMP, &family) == -1)
		return -1;
	nfct_set_attr_u32(flow, ATTR_MARK, 8);
	if (nfct_query(handle, NFCT_Q_UPDATE, flow) == -1 || nfct_query(handle, NFCT_Q_DESTROY, flow) == -1)
		return -1;
	return nfct_catch(events); /* until the callback stops; ENOBUFS says that events were lost */
}

int main(void)
{
	struct nfct_handle *handle = nfct_open(CONNTRACK, 0);
	struct nfct_handle *events = nfct_open(CONNTRACK, NFCT_ALL_CT_GROUPS);
	struct nf_conntrack *flow = new_flow();
	int status = EXIT_FAILURE;

	if (handle == NULL || events == NULL || flow == NULL || tour(handle, events, flow) == -1)
		fprintf(stderr, "tour: %s\n", strerror(errno));
	else
		status = EXIT_SUCCESS;
	if (flow != NULL)
		nfct_destroy(flow);
	if (events != NULL)
		nfct_close(events);
	if (handle != NULL)
		nfct_close(handle);
	return status;
}
