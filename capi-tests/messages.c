/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Netlink messages without a kernel: every kind of flow built into a message, and the message read back into
 * a fresh object and built again. Runs on both libraries; what it prints must be the same.
 */
#include "samples.h"

#define MESSAGE_SIZE 4096

/* A message with its two headers and no attribute. */
static struct nlmsghdr *begin(char *buffer, uint8_t family)
{
	struct nlmsghdr *message = (struct nlmsghdr *)buffer;
	struct nfgenmsg *header;

	memset(buffer, 0, MESSAGE_SIZE);
	message->nlmsg_len = NLMSG_LENGTH(sizeof(struct nfgenmsg));
	message->nlmsg_type = (NFNL_SUBSYS_CTNETLINK << 8) | IPCTNL_MSG_CT_NEW;
	message->nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL;
	header = NLMSG_DATA(message);
	header->nfgen_family = family;
	return message;
}

static void there_and_back(const struct nf_conntrack *ct)
{
	char buffer[MESSAGE_SIZE], again[MESSAGE_SIZE], text[MESSAGE_SIZE];
	uint8_t family = nfct_get_attr_u8(ct, ATTR_L3PROTO);
	struct nlmsghdr *message = begin(buffer, family), *second = begin(again, family);
	struct nf_conntrack *copy = need(nfct_new(), "nfct_new");

	SHOW(nfct_nlmsg_build(message, ct));
	show_bytes("built", message, message->nlmsg_len);
	SHOW(nfct_nlmsg_parse(message, copy));
	text[0] = '\0';
	SHOW(nfct_snprintf(text, sizeof(text), copy, NFCT_T_NEW, NFCT_O_PLAIN, NFCT_OF_SHOW_LAYER3 | NFCT_OF_ID));
	puts(text);
	SHOW(nfct_nlmsg_build(second, copy));
	show_bytes("built again", second, second->nlmsg_len);
	nfct_destroy(copy);
}

/* Every shorter message: what is read of it, and that nothing beyond it is. */
static void truncated(const struct nf_conntrack *ct)
{
	char buffer[MESSAGE_SIZE], text[MESSAGE_SIZE];
	struct nlmsghdr *message = begin(buffer, nfct_get_attr_u8(ct, ATTR_L3PROTO));
	uint32_t whole, length;

	nfct_nlmsg_build(message, ct);
	whole = message->nlmsg_len;
	for (length = NLMSG_LENGTH(sizeof(struct nfgenmsg)); length < whole; length += 4) {
		struct nf_conntrack *part = need(nfct_new(), "nfct_new");
		/* A block of just that size, so that a memory checker sees a read beyond it. */
		struct nlmsghdr *cut = need(malloc(length), "malloc");

		memcpy(cut, message, length);
		cut->nlmsg_len = length;
		printf("%u bytes: %d ", length, nfct_nlmsg_parse(cut, part));
		text[0] = '\0'; /* an object without protocol prints nothing */
		nfct_snprintf(text, sizeof(text), part, NFCT_T_UNKNOWN, NFCT_O_PLAIN, NFCT_OF_SHOW_LAYER3);
		puts(text);
		free(cut);
		nfct_destroy(part);
	}
}

int main(void)
{
	size_t i;

	for (i = 0; i < SAMPLES; i++) {
		struct nf_conntrack *ct = samples[i].make();

		printf("== %s\n", samples[i].name);
		there_and_back(ct);
		truncated(ct);
		nfct_destroy(ct);
	}
	return EXIT_SUCCESS;
}
