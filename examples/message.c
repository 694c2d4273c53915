/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * message: builds a message, walks over its attributes, and reads it. Needs no privilege.
 *
 *     cc -o message message.c $(pkg-config --cflags --libs libconntrack)
 *     ./message
 */
#include <arpa/inet.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Both headers, as a program with its own socket writes them; attributes follow. */
static struct nlmsghdr *begin(void *buffer)
{
	struct nlmsghdr *message = buffer;
	struct nfgenmsg *header = NLMSG_DATA(message);

	message->nlmsg_len = NLMSG_SPACE(sizeof(*header));
	message->nlmsg_type = (NFNL_SUBSYS_CTNETLINK << 8) | IPCTNL_MSG_CT_NEW;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE;
	header->nfgen_family = AF_INET;
	header->version = NFNETLINK_V0;
	return message;
}

static void walk(const struct nlmsghdr *message)
{
	const char *at = (const char *)message + NLMSG_SPACE(sizeof(struct nfgenmsg));
	const char *end = (const char *)message + message->nlmsg_len;

	while (at + sizeof(struct nlattr) <= end) {
		const struct nlattr *attribute = (const struct nlattr *)at;
		uint32_t value;

		if ((attribute->nla_type & NLA_TYPE_MASK) == CTA_TIMEOUT) {
			memcpy(&value, at + NLA_HDRLEN, sizeof(value));
			printf("CTA_TIMEOUT: %u seconds\n", ntohl(value)); /* network byte order */
		}
		at += NLA_ALIGN(attribute->nla_len);
	}
}

static void describe(struct nf_conntrack *flow)
{
	nfct_set_attr_u8(flow, ATTR_L3PROTO, AF_INET);
	nfct_set_attr_u32(flow, ATTR_IPV4_SRC, inet_addr("192.0.2.1"));
	nfct_set_attr_u32(flow, ATTR_IPV4_DST, inet_addr("198.51.100.2"));
	nfct_set_attr_u8(flow, ATTR_L4PROTO, IPPROTO_UDP);
	nfct_set_attr_u16(flow, ATTR_PORT_SRC, htons(40000));
	nfct_set_attr_u16(flow, ATTR_PORT_DST, htons(53));
	nfct_set_attr_u32(flow, ATTR_TIMEOUT, 60);
}

int main(void)
{
	uint32_t buffer[256] = {0}; /* aligned, and room for an object without labels and helper data */
	struct nlmsghdr *message = begin(buffer);
	struct nf_conntrack *flow = nfct_new(), *again = nfct_new();
	int result = EXIT_FAILURE;
	char line[4096];

	if (flow == NULL || again == NULL) {
		perror("message");
		return EXIT_FAILURE;
	}
	describe(flow);
	if (nfct_nlmsg_build(message, flow) == 0) {
		printf("%u bytes, ready for send(2)\n", message->nlmsg_len);
		walk(message);
		if (nfct_nlmsg_parse(message, again) == 0 &&
		    nfct_snprintf(line, sizeof(line), again, NFCT_T_NEW, NFCT_O_DEFAULT, 0) >= 0) {
			puts(line);
			result = EXIT_SUCCESS;
		}
	}
	if (result != EXIT_SUCCESS)
		perror("message");
	nfct_destroy(again);
	nfct_destroy(flow);
	return result;
}
