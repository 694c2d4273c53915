/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * print: prints an object as text and as XML. Needs no privilege.
 *
 *     cc -o print print.c $(pkg-config --cflags --libs libconntrack)
 *     ./print
 */
#include <arpa/inet.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <stdio.h>
#include <stdlib.h>

/* Prints into memory of the right size: the first call measures the text. */
static char *text_of(const struct nf_conntrack *flow, unsigned int format, unsigned int flags)
{
	char first[1], *text;
	int length = nfct_snprintf(first, sizeof(first), flow, NFCT_T_NEW, format, flags);

	if (length < 0)
		return NULL;
	text = malloc((size_t)length + 1);
	if (text != NULL)
		nfct_snprintf(text, (unsigned int)length + 1, flow, NFCT_T_NEW, format, flags);
	return text;
}

int main(void)
{
	struct nf_conntrack *flow = nfct_new();
	char line[4096], *text;

	if (flow == NULL) {
		perror("print");
		return EXIT_FAILURE;
	}
	nfct_set_attr_u8(flow, ATTR_L3PROTO, AF_INET);
	nfct_set_attr_u32(flow, ATTR_IPV4_SRC, inet_addr("192.0.2.1"));
	nfct_set_attr_u32(flow, ATTR_IPV4_DST, inet_addr("198.51.100.2"));
	nfct_set_attr_u8(flow, ATTR_L4PROTO, IPPROTO_UDP);
	nfct_set_attr_u16(flow, ATTR_PORT_SRC, htons(40000));
	nfct_set_attr_u16(flow, ATTR_PORT_DST, htons(53));
	nfct_set_attr_u32(flow, ATTR_ID, 4711);

	text = text_of(flow, NFCT_O_PLAIN, NFCT_OF_SHOW_LAYER3 | NFCT_OF_ID);
	printf("%s\n", text == NULL ? "-" : text);
	free(text);

	/* XML: a fixed buffer, and a check whether the text fitted. */
	if (nfct_snprintf(line, sizeof(line), flow, NFCT_T_NEW, NFCT_O_XML, 0) < (int)sizeof(line))
		printf("%s\n", line);

	nfct_destroy(flow);
	return EXIT_SUCCESS;
}
