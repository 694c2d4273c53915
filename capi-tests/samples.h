/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Flows of every kind that the printing and message tests go through.
 */
#ifndef SAMPLES_H
#define SAMPLES_H

#include "show.h"
#include <arpa/inet.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack_tcp.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack_sctp.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack_dccp.h>
#include <netinet/in.h>

/* A flow of one protocol between two documentation addresses, with its answer's direction. */
static inline struct nf_conntrack *flow(uint8_t family, uint8_t protocol)
{
	struct nf_conntrack *ct = need(nfct_new(), "nfct_new");
	struct in6_addr src, dst;

	nfct_set_attr_u8(ct, ATTR_L3PROTO, family);
	nfct_set_attr_u8(ct, ATTR_L4PROTO, protocol);
	if (family == AF_INET) {
		nfct_set_attr_u32(ct, ATTR_IPV4_SRC, inet_addr("192.0.2.1"));
		nfct_set_attr_u32(ct, ATTR_IPV4_DST, inet_addr("198.51.100.2"));
	} else {
		inet_pton(AF_INET6, "2001:db8::1", &src);
		inet_pton(AF_INET6, "2001:db8::2:0:0:5", &dst);
		nfct_set_attr(ct, ATTR_IPV6_SRC, &src);
		nfct_set_attr(ct, ATTR_IPV6_DST, &dst);
	}
	if (protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6) {
		nfct_set_attr_u8(ct, ATTR_ICMP_TYPE, protocol == IPPROTO_ICMP ? 8 : 128);
		nfct_set_attr_u8(ct, ATTR_ICMP_CODE, 0);
		nfct_set_attr_u16(ct, ATTR_ICMP_ID, htons(1234));
	} else {
		nfct_set_attr_u16(ct, ATTR_PORT_SRC, htons(40000));
		nfct_set_attr_u16(ct, ATTR_PORT_DST, htons(53));
	}
	nfct_setobjopt(ct, NFCT_SOPT_SETUP_REPLY);
	return ct;
}

static inline struct nf_conntrack *tcp_in_full(void)
{
	struct nf_conntrack *ct = flow(AF_INET, IPPROTO_TCP);

	nfct_set_attr_u8(ct, ATTR_TCP_STATE, TCP_CONNTRACK_ESTABLISHED);
	nfct_set_attr_u8(ct, ATTR_TCP_FLAGS_ORIG, IP_CT_TCP_FLAG_SACK_PERM);
	nfct_set_attr_u8(ct, ATTR_TCP_MASK_ORIG, 0xff);
	nfct_set_attr_u8(ct, ATTR_TCP_FLAGS_REPL, IP_CT_TCP_FLAG_WINDOW_SCALE);
	nfct_set_attr_u8(ct, ATTR_TCP_MASK_REPL, 0xff);
	nfct_set_attr_u8(ct, ATTR_TCP_WSCALE_ORIG, 7);
	nfct_set_attr_u8(ct, ATTR_TCP_WSCALE_REPL, 8);
	nfct_set_attr_u32(ct, ATTR_TIMEOUT, 431999);
	nfct_set_attr_u32(ct, ATTR_STATUS, IPS_ASSURED | IPS_SEEN_REPLY | IPS_CONFIRMED);
	nfct_set_attr_u32(ct, ATTR_MARK, 0xfedcba98);
	nfct_set_attr_u32(ct, ATTR_SECMARK, 5);
	nfct_set_attr_u32(ct, ATTR_ID, 0x89abcdef);
	nfct_set_attr_u16(ct, ATTR_ZONE, 9);
	nfct_set_attr(ct, ATTR_HELPER_NAME, "ftp");
	return ct;
}

static inline struct nf_conntrack *translated(void)
{
	struct nf_conntrack *ct = flow(AF_INET, IPPROTO_UDP);

	nfct_set_attr_u32(ct, ATTR_SNAT_IPV4, inet_addr("203.0.113.9"));
	nfct_set_attr_u32(ct, ATTR_DNAT_IPV4, inet_addr("203.0.113.10"));
	nfct_set_attr_u16(ct, ATTR_SNAT_PORT, htons(1024));
	nfct_set_attr_u16(ct, ATTR_DNAT_PORT, htons(5353));
	nfct_set_attr_u32(ct, ATTR_ORIG_NAT_SEQ_CORRECTION_POS, 1);
	nfct_set_attr_u32(ct, ATTR_ORIG_NAT_SEQ_OFFSET_BEFORE, 2);
	nfct_set_attr_u32(ct, ATTR_ORIG_NAT_SEQ_OFFSET_AFTER, 3);
	nfct_set_attr_u16(ct, ATTR_ORIG_ZONE, 3);
	nfct_set_attr_u16(ct, ATTR_REPL_ZONE, 4);
	return ct;
}

static inline struct nf_conntrack *expected(void)
{
	struct nf_conntrack *ct = flow(AF_INET6, IPPROTO_TCP);
	struct in6_addr address;

	inet_pton(AF_INET6, "2001:db8::77", &address);
	nfct_set_attr_u8(ct, ATTR_MASTER_L3PROTO, AF_INET6);
	nfct_set_attr_u8(ct, ATTR_MASTER_L4PROTO, IPPROTO_TCP);
	nfct_set_attr(ct, ATTR_MASTER_IPV6_SRC, &address);
	nfct_set_attr(ct, ATTR_MASTER_IPV6_DST, &address);
	nfct_set_attr_u16(ct, ATTR_MASTER_PORT_SRC, htons(21));
	nfct_set_attr_u16(ct, ATTR_MASTER_PORT_DST, htons(20));
	nfct_set_attr_u32(ct, ATTR_STATUS, IPS_EXPECTED);
	nfct_set_attr_u32(ct, ATTR_SYNPROXY_ISN, 1);
	nfct_set_attr_u32(ct, ATTR_SYNPROXY_ITS, 2);
	nfct_set_attr_u32(ct, ATTR_SYNPROXY_TSOFF, 3);
	return ct;
}

static inline struct nf_conntrack *labelled(void)
{
	struct nf_conntrack *ct = flow(AF_INET, IPPROTO_SCTP);
	struct nfct_bitmask *labels = need(nfct_bitmask_new(127), "nfct_bitmask_new");
	struct nfct_bitmask *mask = need(nfct_bitmask_new(127), "nfct_bitmask_new");

	nfct_bitmask_set_bit(labels, 0);
	nfct_bitmask_set_bit(labels, 77);
	nfct_bitmask_set_bit(mask, 77);
	nfct_set_attr(ct, ATTR_CONNLABELS, labels); /* both are the object's from now on */
	nfct_set_attr(ct, ATTR_CONNLABELS_MASK, mask);
	nfct_set_attr_u8(ct, ATTR_SCTP_STATE, SCTP_CONNTRACK_ESTABLISHED);
	nfct_set_attr_u32(ct, ATTR_SCTP_VTAG_ORIG, 0x01020304);
	nfct_set_attr_u32(ct, ATTR_SCTP_VTAG_REPL, 0x05060708);
	return ct;
}

static inline struct nf_conntrack *dccp(void)
{
	struct nf_conntrack *ct = flow(AF_INET, IPPROTO_DCCP);

	nfct_set_attr_u8(ct, ATTR_DCCP_STATE, DCCP_CONNTRACK_OPEN);
	nfct_set_attr_u8(ct, ATTR_DCCP_ROLE, DCCP_CONNTRACK_ROLE_CLIENT);
	nfct_set_attr_u64(ct, ATTR_DCCP_HANDSHAKE_SEQ, 0x1122334455667788ULL);
	return ct;
}

/* A flow whose answer's direction nobody knows. */
static inline struct nf_conntrack *half(void)
{
	struct nf_conntrack *ct = need(nfct_new(), "nfct_new");

	nfct_set_attr_u8(ct, ATTR_L3PROTO, AF_INET);
	nfct_set_attr_u32(ct, ATTR_IPV4_SRC, inet_addr("192.0.2.1"));
	nfct_set_attr_u8(ct, ATTR_L4PROTO, IPPROTO_TCP);
	return ct;
}

static inline struct nf_conntrack *udp4(void) { return flow(AF_INET, IPPROTO_UDP); }
static inline struct nf_conntrack *udp6(void) { return flow(AF_INET6, IPPROTO_UDP); }
static inline struct nf_conntrack *icmp4(void) { return flow(AF_INET, IPPROTO_ICMP); }
static inline struct nf_conntrack *icmp6(void) { return flow(AF_INET6, IPPROTO_ICMPV6); }
static inline struct nf_conntrack *gre(void) { return flow(AF_INET, IPPROTO_GRE); }
static inline struct nf_conntrack *udplite(void) { return flow(AF_INET6, IPPROTO_UDPLITE); }
static inline struct nf_conntrack *unknown(void) { return flow(AF_INET, 253); }
static inline struct nf_conntrack *empty(void) { return need(nfct_new(), "nfct_new"); }

static const struct {
	const char *name;
	struct nf_conntrack *(*make)(void);
} samples[] = {
	{"udp4", udp4},	      {"udp6", udp6},	      {"icmp4", icmp4},	    {"icmp6", icmp6},
	{"gre", gre},	      {"udplite", udplite},   {"unknown", unknown}, {"dccp", dccp},
	{"tcp", tcp_in_full}, {"translated", translated}, {"expected", expected}, {"labelled", labelled},
	{"half", half},	      {"empty", empty},
};
#define SAMPLES (sizeof(samples) / sizeof(samples[0]))

#endif
