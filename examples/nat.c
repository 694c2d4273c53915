/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * nat: makes a reply tuple, and undoes the translation of an entry. Needs no privilege.
 *
 *     cc -o nat nat.c $(pkg-config --cflags --libs libconntrack)
 *     ./nat
 */
#include <arpa/inet.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <stdio.h>
#include <stdlib.h>

static void show(const char *words, const struct nf_conntrack *flow)
{
	char line[4096];

	if (nfct_snprintf(line, sizeof(line), flow, NFCT_T_UNKNOWN, NFCT_O_DEFAULT, 0) >= 0)
		printf("%s\n    %s\n", words, line);
}

int main(void)
{
	struct nf_conntrack *flow = nfct_new();
	struct in_addr new_source;

	if (flow == NULL) {
		perror("nat");
		return EXIT_FAILURE;
	}
	nfct_set_attr_u8(flow, ATTR_L3PROTO, AF_INET);
	nfct_set_attr_u32(flow, ATTR_IPV4_SRC, inet_addr("10.0.0.1"));
	nfct_set_attr_u32(flow, ATTR_IPV4_DST, inet_addr("198.51.100.2"));
	nfct_set_attr_u8(flow, ATTR_L4PROTO, IPPROTO_UDP);
	nfct_set_attr_u16(flow, ATTR_PORT_SRC, htons(40000));
	nfct_set_attr_u16(flow, ATTR_PORT_DST, htons(53));
	nfct_setobjopt(flow, NFCT_SOPT_SETUP_REPLY);
	show("without translation, ready for NFCT_Q_CREATE:", flow);

	/* An entry of a list whose source is translated: its answers go to another address. */
	nfct_set_attr_u32(flow, ATTR_REPL_IPV4_DST, inet_addr("192.0.2.1"));
	show("the entry of a translated flow:", flow);
	printf("source translated: %d, destination translated: %d\n", nfct_getobjopt(flow, NFCT_GOPT_IS_SNAT),
	       nfct_getobjopt(flow, NFCT_GOPT_IS_DNAT));

	/* For another machine: the plain reply tuple, and the translation as an attribute. */
	nfct_setobjopt(flow, NFCT_SOPT_UNDO_SNAT);
	show("ready for NFCT_Q_CREATE again:", flow);
	new_source.s_addr = nfct_get_attr_u32(flow, ATTR_SNAT_IPV4);
	printf("ATTR_SNAT_IPV4: %s\n", inet_ntoa(new_source));

	nfct_destroy(flow);
	return EXIT_SUCCESS;
}
