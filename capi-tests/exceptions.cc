/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * C++ exceptions thrown through the library: by callbacks of nfct_catch(), nfct_query(), nfexp_query() and of an
 * inner query. Destructors on the way run, the exception arrives, and the handle works and closes afterwards. Needs
 * a network namespace of its own. Runs on both libraries; what it prints must be the same.
 */
#include <arpa/inet.h>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <stdexcept>
extern "C" {
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack_tcp.h>
}

namespace {

struct Destroy {
	void operator()(nf_conntrack *ct) const { nfct_destroy(ct); }
	void operator()(nf_expect *exp) const { nfexp_destroy(exp); }
	void operator()(nfct_handle *h) const { nfct_close(h); }
};
using Flow = std::unique_ptr<nf_conntrack, Destroy>;
using Expectation = std::unique_ptr<nf_expect, Destroy>;
using Handle = std::unique_ptr<nfct_handle, Destroy>;

const uint32_t family = AF_INET;
int destroyed;

struct Counted {
	~Counted() { destroyed++; }
};

Flow tcp(uint16_t sport, uint16_t dport)
{
	Flow ct(nfct_new());

	nfct_set_attr_u8(ct.get(), ATTR_L3PROTO, AF_INET);
	nfct_set_attr_u8(ct.get(), ATTR_L4PROTO, IPPROTO_TCP);
	nfct_set_attr_u32(ct.get(), ATTR_IPV4_SRC, inet_addr("192.0.2.1"));
	nfct_set_attr_u32(ct.get(), ATTR_IPV4_DST, inet_addr("198.51.100.2"));
	nfct_set_attr_u16(ct.get(), ATTR_PORT_SRC, htons(sport));
	nfct_set_attr_u16(ct.get(), ATTR_PORT_DST, htons(dport));
	nfct_set_attr_u32(ct.get(), ATTR_TIMEOUT, 1000);
	nfct_set_attr_u8(ct.get(), ATTR_TCP_STATE, TCP_CONNTRACK_ESTABLISHED);
	nfct_setobjopt(ct.get(), NFCT_SOPT_SETUP_REPLY);
	return ct;
}

Handle opened(uint8_t subsystem, unsigned groups)
{
	Handle h(nfct_open(subsystem, groups));

	if (!h) {
		std::perror("nfct_open");
		std::exit(EXIT_FAILURE);
	}
	return h;
}

void make(uint16_t sport)
{
	Handle h = opened(CONNTRACK, 0);

	if (nfct_query(h.get(), NFCT_Q_CREATE, tcp(sport, 80).get()) == -1)
		std::perror("create");
}

/* Throws; the object of a callback that does not return is the program's. */
int throws(nf_conntrack_msg_type, nf_conntrack *ct, void *)
{
	Counted counted;
	Flow owned(ct);

	throw std::runtime_error("out of a callback");
}

int throws_expect(nf_conntrack_msg_type, nf_expect *exp, void *)
{
	Counted counted;
	Expectation owned(exp);

	throw std::runtime_error("out of a callback for expectations");
}

int count(nf_conntrack_msg_type, nf_conntrack *, void *data)
{
	++*static_cast<unsigned *>(data);
	return NFCT_CB_CONTINUE;
}

/* An inner query whose callback throws, on another handle. */
int asks(nf_conntrack_msg_type, nf_conntrack *ct, void *)
{
	Counted counted;
	Handle inner = opened(CONNTRACK, 0);
	Flow owned(ct);

	nfct_callback_register(inner.get(), NFCT_T_ALL, throws, nullptr);
	return nfct_query(inner.get(), NFCT_Q_GET, ct);
}

template <typename Call> void expect_exception(const char *what, Call call)
{
	destroyed = 0;
	try {
		Counted counted;

		std::printf("%s: returned %d\n", what, call());
	} catch (const std::exception &caught) {
		std::printf("%s: %s, destroyed %d\n", what, caught.what(), destroyed);
	}
}

void works_and_closes(Handle h)
{
	unsigned seen = 0;
	int fd = nfct_fd(h.get()), result;

	nfct_callback_register(h.get(), NFCT_T_ALL, count, &seen);
	result = nfct_query(h.get(), NFCT_Q_GET, tcp(1, 80).get());
	std::printf("  then a get: %d, seen %u\n", result, seen);
	result = nfct_close(h.release());
	std::printf("  close: %d, the socket is %s\n", result, fcntl(fd, F_GETFD) == -1 ? "closed" : "open");
}

Expectation expectation()
{
	Flow master = tcp(40000, 21), expected = tcp(0, 5000), mask = tcp(0, 0xffff);
	Expectation exp(nfexp_new());

	nfct_set_attr(master.get(), ATTR_HELPER_NAME, "ftp");
	nfct_query(opened(CONNTRACK, 0).get(), NFCT_Q_CREATE, master.get());
	nfct_set_attr_u32(mask.get(), ATTR_IPV4_SRC, 0xffffffff);
	nfct_set_attr_u32(mask.get(), ATTR_IPV4_DST, 0xffffffff);
	nfexp_set_attr(exp.get(), ATTR_EXP_MASTER, master.get());
	nfexp_set_attr(exp.get(), ATTR_EXP_EXPECTED, expected.get());
	nfexp_set_attr(exp.get(), ATTR_EXP_MASK, mask.get());
	nfexp_set_attr_u32(exp.get(), ATTR_EXP_TIMEOUT, 900);
	return exp;
}

} // namespace

int main()
{
	make(1);

	Handle h = opened(CONNTRACK, NF_NETLINK_CONNTRACK_NEW);
	nfct_callback_register(h.get(), NFCT_T_ALL, throws, nullptr);
	make(2);
	expect_exception("nfct_catch", [&] { return nfct_catch(h.get()); });
	works_and_closes(std::move(h));

	h = opened(CONNTRACK, 0);
	nfct_callback_register(h.get(), NFCT_T_ALL, throws, nullptr);
	expect_exception("nfct_query", [&] { return nfct_query(h.get(), NFCT_Q_DUMP, &family); });
	std::printf("  close: %d\n", nfct_close(h.release()));

	h = opened(CONNTRACK, NF_NETLINK_CONNTRACK_NEW);
	nfct_callback_register(h.get(), NFCT_T_ALL, asks, nullptr);
	make(3);
	expect_exception("a query in a callback", [&] { return nfct_catch(h.get()); });
	works_and_closes(std::move(h));

	h = opened(EXPECT, 0);
	Expectation exp = expectation();
	nfexp_callback_register(h.get(), NFCT_T_ALL, throws_expect, nullptr);
	if (nfexp_query(h.get(), NFCT_Q_CREATE, exp.get()) == -1)
		std::perror("create the expectation");
	expect_exception("nfexp_query", [&] { return nfexp_query(h.get(), NFCT_Q_GET, exp.get()); });
	std::printf("  close: %d\n", nfct_close(h.release()));
	return EXIT_SUCCESS;
}
