/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The attribute tables, and random values for them. */
#include "attributes.h"

#include <string.h>
#include <sys/socket.h>

const struct attribute attributes[ATTRS] = {
	{ "ORIG_IPV4_SRC", 4, STORED, ADDRESS },
	{ "ORIG_IPV4_DST", 4, STORED, ADDRESS },
	{ "REPL_IPV4_SRC", 4, STORED, ADDRESS },
	{ "REPL_IPV4_DST", 4, STORED, ADDRESS },
	{ "ORIG_IPV6_SRC", 16, STORED, ADDRESS },
	{ "ORIG_IPV6_DST", 16, STORED, ADDRESS },
	{ "REPL_IPV6_SRC", 16, STORED, ADDRESS },
	{ "REPL_IPV6_DST", 16, STORED, ADDRESS },
	{ "ORIG_PORT_SRC", 2, STORED, ANY },
	{ "ORIG_PORT_DST", 2, STORED, ANY },
	{ "REPL_PORT_SRC", 2, STORED, ANY },
	{ "REPL_PORT_DST", 2, STORED, ANY },
	{ "ICMP_TYPE", 1, STORED, ICMP_TYPE },
	{ "ICMP_CODE", 1, STORED, ANY },
	{ "ICMP_ID", 2, STORED, ANY },
	{ "ORIG_L3PROTO", 1, STORED, FAMILY },
	{ "REPL_L3PROTO", 1, STORED, FAMILY },
	{ "ORIG_L4PROTO", 1, STORED, PROTOCOL },
	{ "REPL_L4PROTO", 1, STORED, PROTOCOL },
	{ "TCP_STATE", 1, STORED, STATE },
	{ "SNAT_IPV4", 4, STORED, ADDRESS },
	{ "DNAT_IPV4", 4, STORED, ADDRESS },
	{ "SNAT_PORT", 2, STORED, ANY },
	{ "DNAT_PORT", 2, STORED, ANY },
	{ "TIMEOUT", 4, STORED, ANY },
	{ "MARK", 4, STORED, ANY },
	{ "ORIG_COUNTER_PACKETS", 8, NOTED, ANY },
	{ "REPL_COUNTER_PACKETS", 8, NOTED, ANY },
	{ "ORIG_COUNTER_BYTES", 8, NOTED, ANY },
	{ "REPL_COUNTER_BYTES", 8, NOTED, ANY },
	{ "USE", 4, NOTED, ANY },
	{ "ID", 4, STORED, ANY },
	{ "STATUS", 4, STORED, ANY },
	{ "TCP_FLAGS_ORIG", 1, STORED, ANY },
	{ "TCP_FLAGS_REPL", 1, STORED, ANY },
	{ "TCP_MASK_ORIG", 1, STORED, ANY },
	{ "TCP_MASK_REPL", 1, STORED, ANY },
	{ "MASTER_IPV4_SRC", 4, STORED, ADDRESS },
	{ "MASTER_IPV4_DST", 4, STORED, ADDRESS },
	{ "MASTER_IPV6_SRC", 16, STORED, ADDRESS },
	{ "MASTER_IPV6_DST", 16, STORED, ADDRESS },
	{ "MASTER_PORT_SRC", 2, STORED, ANY },
	{ "MASTER_PORT_DST", 2, STORED, ANY },
	{ "MASTER_L3PROTO", 1, STORED, FAMILY },
	{ "MASTER_L4PROTO", 1, STORED, PROTOCOL },
	{ "SECMARK", 4, STORED, ANY },
	{ "ORIG_NAT_SEQ_CORRECTION_POS", 4, STORED, ANY },
	{ "ORIG_NAT_SEQ_OFFSET_BEFORE", 4, STORED, ANY },
	{ "ORIG_NAT_SEQ_OFFSET_AFTER", 4, STORED, ANY },
	{ "REPL_NAT_SEQ_CORRECTION_POS", 4, STORED, ANY },
	{ "REPL_NAT_SEQ_OFFSET_BEFORE", 4, STORED, ANY },
	{ "REPL_NAT_SEQ_OFFSET_AFTER", 4, STORED, ANY },
	{ "SCTP_STATE", 1, STORED, STATE },
	{ "SCTP_VTAG_ORIG", 4, STORED, ANY },
	{ "SCTP_VTAG_REPL", 4, STORED, ANY },
	{ "HELPER_NAME", 16, NAME, ANY },
	{ "DCCP_STATE", 1, STORED, STATE },
	{ "DCCP_ROLE", 1, STORED, ANY },
	{ "DCCP_HANDSHAKE_SEQ", 8, STORED, ANY },
	{ "TCP_WSCALE_ORIG", 1, STORED, ANY },
	{ "TCP_WSCALE_REPL", 1, STORED, ANY },
	{ "ZONE", 2, STORED, ANY },
	{ "SECCTX", 0, CONTEXT, ANY },
	{ "TIMESTAMP_START", 8, NOTED, ANY },
	{ "TIMESTAMP_STOP", 8, NOTED, ANY },
	{ "HELPER_INFO", 0, INFO, ANY },
	{ "CONNLABELS", 0, LABELS, ANY },
	{ "CONNLABELS_MASK", 0, LABELS, ANY },
	{ "ORIG_ZONE", 2, STORED, ANY },
	{ "REPL_ZONE", 2, STORED, ANY },
	{ "SNAT_IPV6", 16, STORED, ADDRESS },
	{ "DNAT_IPV6", 16, STORED, ADDRESS },
	{ "SYNPROXY_ISN", 4, STORED, ANY },
	{ "SYNPROXY_ITS", 4, STORED, ANY },
	{ "SYNPROXY_TSOFF", 4, STORED, ANY },
};

const struct attribute expect_attributes[EXPECT_ATTRS] = {
	{ "EXP_MASTER", 0, TUPLE, ANY },
	{ "EXP_EXPECTED", 0, TUPLE, ANY },
	{ "EXP_MASK", 0, TUPLE, ANY },
	{ "EXP_TIMEOUT", 4, STORED, ANY },
	{ "EXP_ZONE", 2, STORED, ANY },
	{ "EXP_FLAGS", 4, STORED, ANY },
	{ "EXP_HELPER_NAME", 16, NAME, ANY },
	{ "EXP_CLASS", 4, STORED, ANY },
	{ "EXP_NAT_TUPLE", 0, TUPLE, ANY },
	{ "EXP_NAT_DIR", 4, STORED, ANY },
	{ "EXP_FN", 24, NAME, ANY },
};

unsigned any_attribute(struct walk *w)
{
	static const unsigned wrong[] = { 76, 77, 95, 96, 127, 128, 255, 256, 0x7fffffff, 0x80000000,
		0xffffffff };

	return once_in(w, 24) ? wrong[below(w, sizeof(wrong) / sizeof(*wrong))] : below(w, ATTRS);
}

static uint8_t any_from_pool(struct walk *w, enum pool pool)
{
	static const uint8_t families[] = { AF_INET, AF_INET, AF_INET6, AF_INET6, 0, 7 };
	static const uint8_t protocols[] = { 6, 6, 17, 1, 58, 132, 33, 47, 136, 0, 50, 255 };
	static const uint8_t icmp_types[] = { 0, 8, 13, 14, 15, 16, 17, 18, 3, 11, 128, 129, 139, 140, 133,
		255 };

	switch (pool) {
	case FAMILY:
		return families[below(w, sizeof(families))];
	case PROTOCOL:
		return protocols[below(w, sizeof(protocols))];
	case ICMP_TYPE:
		return icmp_types[below(w, sizeof(icmp_types))];
	case STATE:
		return (uint8_t)below(w, 12);
	default:
		return (uint8_t)any(w);
	}
}

/* An address of few, with runs of zeros, so that addresses meet and abbreviations show. */
static void any_address(struct walk *w, uint8_t value[16])
{
	memset(value, 0, 16);
	for (unsigned i = 0, n = below(w, 5); i < n; i++)
		value[below(w, 16)] = (uint8_t)(1 + below(w, 3));
	if (once_in(w, 8))
		memset(value + 10, 0xff, 2);
}

void any_value(struct walk *w, const struct attribute *attribute, uint8_t value[32])
{
	uint32_t number = any_number(w);

	any_bytes(w, value, 32);
	if (attribute->pool == ADDRESS && !once_in(w, 3))
		any_address(w, value);
	else if (attribute->pool != ANY && attribute->pool != ADDRESS && !once_in(w, 8))
		value[0] = any_from_pool(w, attribute->pool);
	else if (!once_in(w, 3))
		memcpy(value, &number, sizeof(number));
}
