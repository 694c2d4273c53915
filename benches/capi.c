/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * capi LIBRARY calls [NAME]  processor nanoseconds of the calls that a program makes for each flow, or of one of them
 * capi LIBRARY dump          the same for each flow of the running table: nfct_query() with an empty callback,
 *                            and the floor, a program that sends the request and only receives
 *
 * LIBRARY is the file that the loader must have loaded. Prints lines of call, sample and nanoseconds: the median
 * of several repetitions. The messages are those of the kernel, in its order; `full` has every attribute.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define REPETITIONS 9
#define ROUNDS 20000

/* Some versions of the kernel's headers lack these. */
#define SYNPROXY_NEST 24
#define SEQADJ_ORIG 15

static union {
	struct nlmsghdr header;
	char bytes[8192];
} message, built;

static void need(int good, const char *what)
{
	if (!good) {
		fprintf(stderr, "capi: %s\n", what);
		exit(1);
	}
}

/* Processor time: other programs disturb it less, and this program never waits. */
static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return time.tv_sec * 1e9 + time.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, int count)
{
	qsort(values, count, sizeof(*values), by_value);
	return values[count / 2];
}

/* Messages as the kernel writes them. */

static struct nlattr *put(int kind, const void *value, int len)
{
	struct nlattr *attr = (struct nlattr *)(message.bytes + message.header.nlmsg_len);

	attr->nla_type = kind;
	attr->nla_len = NLA_HDRLEN + len;
	memset(attr + 1, 0, NLA_ALIGN(len));
	memcpy(attr + 1, value, len);
	message.header.nlmsg_len += NLA_ALIGN(attr->nla_len);
	return attr;
}

static struct nlattr *begin(int kind)
{
	return put(kind | NLA_F_NESTED, "", 0);
}

static void end(struct nlattr *nest)
{
	nest->nla_len = message.bytes + message.header.nlmsg_len - (char *)nest;
}

static void put_u8(int kind, uint8_t value) { put(kind, &value, 1); }
static void put_be16(int kind, uint16_t value) { value = htons(value); put(kind, &value, 2); }
static void put_be32(int kind, uint32_t value) { value = htonl(value); put(kind, &value, 4); }
static void put_be64(int kind, uint64_t value) { value = htobe64(value); put(kind, &value, 8); }

static void tuple(int kind, int family, int protocol, int from, int to)
{
	static const char *const addresses[2][2] = { { "192.0.2.1", "198.51.100.2" },
						     { "2001:db8::1", "2001:db8::2:0:0:5" } };
	static const uint16_t ports[2] = { 40000, 443 };
	struct nlattr *whole = begin(kind), *part = begin(CTA_TUPLE_IP);
	int v6 = family == AF_INET6, len = v6 ? 16 : 4;
	char address[16];

	inet_pton(family, addresses[v6][from], address);
	put(v6 ? CTA_IP_V6_SRC : CTA_IP_V4_SRC, address, len);
	inet_pton(family, addresses[v6][to], address);
	put(v6 ? CTA_IP_V6_DST : CTA_IP_V4_DST, address, len);
	end(part);
	part = begin(CTA_TUPLE_PROTO);
	put_u8(CTA_PROTO_NUM, protocol);
	put_be16(CTA_PROTO_SRC_PORT, ports[from]);
	put_be16(CTA_PROTO_DST_PORT, ports[to]);
	end(part);
	end(whole);
}

static void tcp_state(void)
{
	struct nlattr *info = begin(CTA_PROTOINFO), *tcp = begin(CTA_PROTOINFO_TCP);

	put_u8(CTA_PROTOINFO_TCP_STATE, TCP_CONNTRACK_ESTABLISHED);
	put_u8(CTA_PROTOINFO_TCP_WSCALE_ORIGINAL, 7);
	put_u8(CTA_PROTOINFO_TCP_WSCALE_REPLY, 8);
	put(CTA_PROTOINFO_TCP_FLAGS_ORIGINAL, "\x23", 2);
	put(CTA_PROTOINFO_TCP_FLAGS_REPLY, "\x23", 2);
	end(tcp);
	end(info);
}

static void numbers(int kind, int count)
{
	struct nlattr *nest = begin(kind);

	for (int at = 1; at <= count; at++)
		put_be32(at, at * 1000);
	end(nest);
}

static void counters(int kind)
{
	struct nlattr *nest = begin(kind);

	put_be64(CTA_COUNTERS_PACKETS, 123456);
	put_be64(CTA_COUNTERS_BYTES, 123456789);
	end(nest);
}

/* The attributes that the kernel adds for accounting, times, a helper, labels and so on. */
static void extensions(void)
{
	struct nlattr *nest;

	counters(CTA_COUNTERS_ORIG);
	counters(CTA_COUNTERS_REPLY);
	nest = begin(CTA_TIMESTAMP);
	put_be64(CTA_TIMESTAMP_START, 1700000000000000000);
	put_be64(CTA_TIMESTAMP_STOP, 1700000012000000000);
	end(nest);
	nest = begin(CTA_HELP);
	put(CTA_HELP_NAME, "ftp", 4);
	end(nest);
	nest = begin(CTA_SECCTX);
	put(CTA_SECCTX_NAME, "system_u:object_r:unlabeled_t", 30);
	end(nest);
	put(CTA_LABELS, "\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
	tuple(CTA_TUPLE_MASTER, AF_INET, IPPROTO_TCP, 0, 1);
	numbers(SEQADJ_ORIG, 3);
	numbers(SEQADJ_ORIG + 1, 3);
	put_be16(CTA_ZONE, 9);
}

static void sample(int family, int protocol, int full)
{
	struct nfgenmsg nfg = { .nfgen_family = family };

	memset(&message, 0, sizeof(message));
	message.header.nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_NEW;
	message.header.nlmsg_flags = NLM_F_MULTI;
	memcpy(message.bytes + NLMSG_HDRLEN, &nfg, sizeof(nfg));
	message.header.nlmsg_len = NLMSG_HDRLEN + sizeof(nfg);
	tuple(CTA_TUPLE_ORIG, family, protocol, 0, 1);
	tuple(CTA_TUPLE_REPLY, family, protocol, 1, 0);
	put_be32(CTA_STATUS, IPS_SEEN_REPLY | IPS_ASSURED | IPS_CONFIRMED);
	put_be32(CTA_MARK, full ? 77 : 0);
	put_be32(CTA_ID, 0xb7873e5e);
	put_be32(CTA_USE, 1);
	put_be32(CTA_TIMEOUT, 431999);
	if (full)
		extensions();
	if (protocol == IPPROTO_TCP)
		tcp_state();
	numbers(SYNPROXY_NEST, 3);
}

/* One round of each call. The result goes to a variable that the compiler must not remove. */

static struct nf_conntrack *one, *other;
static volatile unsigned sink;
static char text[8192];

static void parse(void)
{
	struct nf_conntrack *ct = nfct_new();

	nfct_nlmsg_parse(&message.header, ct);
	nfct_destroy(ct);
}

static void build(void)
{
	built.header.nlmsg_len = NLMSG_HDRLEN + sizeof(struct nfgenmsg);
	nfct_nlmsg_build(&built.header, one);
}

static void print_text(void) { sink = nfct_snprintf(text, sizeof(text), one, 0, NFCT_O_PLAIN, 0); }
static void print_xml(void) { sink = nfct_snprintf(text, sizeof(text), one, 0, NFCT_O_XML, 0); }
static void compare(void) { sink = nfct_cmp(one, other, NFCT_CMP_ALL); }
static void clone(void) { nfct_destroy(nfct_clone(one)); }
static void new(void) { nfct_destroy(nfct_new()); }

static void get(void)
{
	sink = nfct_get_attr_u32(one, ATTR_IPV4_SRC);
	sink = nfct_get_attr_u32(one, ATTR_IPV4_DST);
	sink = nfct_get_attr_u16(one, ATTR_PORT_SRC);
	sink = nfct_get_attr_u16(one, ATTR_PORT_DST);
	sink = nfct_get_attr_u8(one, ATTR_L3PROTO);
	sink = nfct_get_attr_u8(one, ATTR_L4PROTO);
	sink = nfct_get_attr_u32(one, ATTR_STATUS);
	sink = nfct_get_attr_u32(one, ATTR_MARK);
	sink = nfct_attr_is_set(one, ATTR_TIMEOUT);
	sink = nfct_get_attr(one, ATTR_ID) != NULL;
}

static void set(void)
{
	static const uint32_t address = 0x010200c0;

	nfct_set_attr_u32(other, ATTR_IPV4_SRC, address);
	nfct_set_attr(other, ATTR_IPV4_DST, &address);
	nfct_set_attr_u16(other, ATTR_PORT_SRC, 5);
	nfct_set_attr_u16(other, ATTR_PORT_DST, 6);
	nfct_set_attr_u8(other, ATTR_L3PROTO, AF_INET);
	nfct_set_attr_u8(other, ATTR_L4PROTO, IPPROTO_TCP);
	nfct_set_attr_u32(other, ATTR_STATUS, 14);
	nfct_set_attr_u32(other, ATTR_MARK, 7);
	nfct_set_attr_u32(other, ATTR_TIMEOUT, 100);
	nfct_set_attr_u8(other, ATTR_TCP_STATE, TCP_CONNTRACK_ESTABLISHED);
}

static double timed(void (*call)(void))
{
	double times[REPETITIONS], start;

	for (int repetition = 0; repetition < REPETITIONS; repetition++) {
		start = now();
		for (int round = 0; round < ROUNDS; round++)
			call();
		times[repetition] = (now() - start) / ROUNDS;
	}
	return median(times, REPETITIONS);
}

static void prepare(void)
{
	one = nfct_new();
	other = nfct_new();
	need(one && other, "nfct_new");
	need(nfct_nlmsg_parse(&message.header, one) == 0, "the sample is refused");
	need(nfct_nlmsg_parse(&message.header, other) == 0, "the sample is refused");
	need(nfct_cmp(one, other, NFCT_CMP_ALL) == 1, "a flow is not equal to itself");
	need(nfct_attr_is_set(one, ATTR_SYNPROXY_TSOFF) == 1, "the sample was not read to its end");
	built = message;
	build();
	need(built.header.nlmsg_len > 100, "nothing was built");
}

static void calls(const char *only)
{
	static const struct { const char *name; int family, protocol, full; } samples[] = {
		{ "TCP", AF_INET, IPPROTO_TCP, 0 },
		{ "TCP, full", AF_INET, IPPROTO_TCP, 1 },
		{ "UDP", AF_INET, IPPROTO_UDP, 0 },
		{ "TCP, IPv6", AF_INET6, IPPROTO_TCP, 0 },
	};
	static const struct { const char *name; void (*call)(void); } rows[] = {
		{ "new+parse+destroy", parse }, { "build", build }, { "text", print_text }, { "XML", print_xml },
		{ "cmp", compare }, { "clone+destroy", clone }, { "new+destroy", new }, { "10 getters", get },
		{ "10 setters", set },
	};

	for (size_t s = 0; s < sizeof(samples) / sizeof(*samples); s++) {
		sample(samples[s].family, samples[s].protocol, samples[s].full);
		prepare();
		for (size_t r = 0; r < sizeof(rows) / sizeof(*rows); r++)
			if (!only || strcmp(only, rows[r].name) == 0)
				printf("%s\t%s\t%.1f\n", rows[r].name, samples[s].name, timed(rows[r].call));
		nfct_destroy(one);
		nfct_destroy(other);
	}
}

/* The table. */

static long flows;

static int count(enum nf_conntrack_msg_type type, struct nf_conntrack *ct, void *data)
{
	(void)type, (void)ct, (void)data;
	flows++;
	return NFCT_CB_CONTINUE;
}

static int ignore(enum nf_conntrack_msg_type type, struct nf_conntrack *ct, void *data)
{
	(void)type, (void)ct, (void)data;
	return NFCT_CB_CONTINUE;
}

typedef int callback(enum nf_conntrack_msg_type type, struct nf_conntrack *ct, void *data);

static void query(callback *call)
{
	struct nfct_handle *h = nfct_open(CONNTRACK, 0);
	uint32_t family = AF_UNSPEC;

	need(h != NULL, "nfct_open");
	need(nfct_callback_register(h, NFCT_T_ALL, call, NULL) == 0, "nfct_callback_register");
	need(nfct_query(h, NFCT_Q_DUMP, &family) == 0, "nfct_query");
	nfct_close(h);
}

static void receive_only(void)
{
	static char inbox[32768];
	struct { struct nlmsghdr header; struct nfgenmsg nfg; } request = { 0 };
	const struct nlmsghdr *header = (const struct nlmsghdr *)inbox;
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER);

	request.header.nlmsg_len = sizeof(request);
	request.header.nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET;
	request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	need(fd >= 0 && send(fd, &request, sizeof(request), 0) == sizeof(request), "the floor's request");
	do
		need(recv(fd, inbox, sizeof(inbox), 0) >= NLMSG_HDRLEN, "the floor's answer");
	while (header->nlmsg_type != NLMSG_DONE && header->nlmsg_type != NLMSG_ERROR);
	need(header->nlmsg_type == NLMSG_DONE, "the floor's dump was refused");
	close(fd);
}

static double once(int floor)
{
	double start = now();

	if (floor)
		receive_only();
	else
		query(ignore);
	return now() - start;
}

static void dump(void)
{
	double queries[REPETITIONS], floors[REPETITIONS];

	query(count);
	need(flows > 0, "the table is empty");
	for (int at = 0; at < REPETITIONS; at++) {
		if (at % 2)
			queries[at] = once(0);
		floors[at] = once(1);
		if (at % 2 == 0)
			queries[at] = once(0);
	}
	printf("query(DUMP)\t%ld flows\t%.1f\n", flows, median(queries, REPETITIONS) / flows);
	printf("floor\t%ld flows\t%.1f\n", flows, median(floors, REPETITIONS) / flows);
}

/* Whether the loaded library is the one to measure. */
static int loaded(const char *library)
{
	char line[4096], *file = realpath(library, NULL);
	FILE *maps = fopen("/proc/self/maps", "r");
	int found = 0, others = 0;

	need(file && maps, library);
	while (fgets(line, sizeof(line), maps)) {
		if (strstr(line, "libnetfilter_conntrack") && strstr(line, file))
			found = 1;
		else if (strstr(line, "libnetfilter_conntrack"))
			others = 1;
	}
	fclose(maps);
	free(file);
	return found && !others;
}

int main(int argc, char **argv)
{
	need(argc == 3 || argc == 4, "usage: capi LIBRARY calls [NAME]|dump");
	need(loaded(argv[1]), "another library was loaded");
	if (strcmp(argv[2], "dump") == 0)
		dump();
	else
		calls(argv[3]);
	return 0;
}
