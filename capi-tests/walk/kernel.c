/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Handles and callbacks on the running kernel.
 *
 * Each side has a network namespace with a table of its own, so the same requests lead to the same answers.
 * What the kernel chooses by chance or by the clock (ids, timeouts, timestamps, the order of a list) is left
 * out of comparisons. Sockets do not block. A callback does not stop a query: what the original then leaves
 * in the socket is taken for the next answer, ours is not.
 */
#include "attributes.h"

#include <fcntl.h>
#include <dlfcn.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FLOWS_MADE 4
#define EVENTS_KEPT 24
#define EVENT_LEN 400

enum { CREATE, UPDATE, DESTROY, GET, FLUSH, DUMP, DUMP_RESET, CREATE_UPDATE };
enum { CONTINUE = 1, STOLEN = 2 };

static int namespaces[2] = { -1, -1 };

bool open_namespaces(void)
{
	for (int s = 0; s < 2; s++) {
		if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
			return false;
		if (namespaces[s] >= 0)
			close(namespaces[s]);
		namespaces[s] = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
		if (namespaces[s] < 0)
			return false;
	}
	return true;
}

/* Enters a side's namespace, for the socket about to be opened; gives the argument back. */
static uint8_t in_namespace(int side, uint8_t subsystem)
{
	if (setns(namespaces[side], CLONE_NEWNET) != 0)
		abort();
	return subsystem;
}

/* What one side's callbacks were told, and what they answer. */
struct record {
	struct walk *w;
	int side, verdict;
	unsigned count;
	char events[EVENTS_KEPT][EVENT_LEN];
};

struct session {
	struct nfct_handle *handle[2];
	uint8_t subsystem;
	struct record records[2];
	struct nf_conntrack *made[FLOWS_MADE][2];
	unsigned count;
};

static struct session session;

/* Callbacks. */

static void keep_event(struct record *record, const char text[EVENT_LEN])
{
	if (record->count < EVENTS_KEPT)
		memcpy(record->events[record->count], text, EVENT_LEN);
	record->count++;
}

static int at_flow(int type, struct nf_conntrack *ct, void *data)
{
	/* What no two tables share. */
	static const unsigned chance[] = { TIMEOUT, USE, ID, TIMESTAMP_START, TIMESTAMP_STOP };
	struct record *record = data;
	const struct library *lib = &record->w->lib[record->side];
	char line[EVENT_LEN] = { 0 };
	int len = snprintf(line, sizeof(line), "%d ", type);

	for (size_t i = 0; i < sizeof(chance) / sizeof(*chance); i++)
		lib->nfct_attr_unset(ct, chance[i]);
	lib->nfct_snprintf(line + len, (unsigned)(sizeof(line) - (size_t)len), ct, (unsigned)type, 0, 1);
	keep_event(record, line);
	if (record->verdict == STOLEN)
		lib->nfct_destroy(ct);
	return record->verdict;
}

static int at_flow2(const struct nlmsghdr *nlh, int type, struct nf_conntrack *ct, void *data)
{
	return nlh ? at_flow(type, ct, data) : -7;
}

static int at_expect(int type, struct nf_expect *exp, void *data)
{
	struct record *record = data;
	const struct library *lib = &record->w->lib[record->side];
	char text[EVENT_LEN] = { 0 };

	lib->nfexp_attr_unset(exp, EXP_TIMEOUT);
	lib->nfexp_snprintf(text, sizeof(text), exp, (unsigned)type, 0, 0);
	keep_event(record, text);
	if (record->verdict == STOLEN)
		lib->nfexp_destroy(exp);
	return record->verdict;
}

static int at_expect2(const struct nlmsghdr *nlh, int type, struct nf_expect *exp, void *data)
{
	return nlh ? at_expect(type, exp, data) : -7;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* What the callbacks of both sides were told since the last time, lists in any order. */
static void same_events(struct walk *w, enum function function)
{
	struct outcome count = { .function = function };

	for (int s = 0; s < 2; s++) {
		struct record *record = &session.records[s];
		unsigned kept = record->count < EVENTS_KEPT ? record->count : EVENTS_KEPT;

		count.value[s] = record->count;
		record->count = 0;
		qsort(record->events, kept, EVENT_LEN, by_text);
		for (unsigned i = 0; i < kept; i++)
			say(w, "    side %d was told: %s\n", s, record->events[i]);
	}
	same_value(w, &count);
	for (unsigned i = 0; i < EVENTS_KEPT && i < count.value[0]; i++)
		same_bytes(w, function, session.records[0].events[i], session.records[1].events[i],
			strlen(session.records[0].events[i]) + 1);
}

/* Which of the twin functions for flows and for expectations the handle can use. */
static bool has_flows(void)
{
	return session.subsystem != 2;
}

static bool has_expects(void)
{
	return session.subsystem != 1;
}

static void register_flows(struct walk *w)
{
	int mask = (int[]){ 7, 7, 1, 2, 4, 3 }[below(w, 6)];
	int verdict = (int[]){ CONTINUE, CONTINUE, STOLEN, 3 }[below(w, 4)];
	struct outcome got;

	session.records[0].verdict = session.records[1].verdict = verdict;
	if (once_in(w, 2))
		BOTH(w, got, nfct_callback_register, (session.handle[s], mask, at_flow, &session.records[s]));
	else
		BOTH(w, got, nfct_callback_register2,
			(session.handle[s], mask, at_flow2, &session.records[s]));
	same_all(w, &got);
}

static void register_expects(struct walk *w)
{
	struct outcome got;

	if (once_in(w, 2))
		BOTH(w, got, nfexp_callback_register, (session.handle[s], 7, at_expect, &session.records[s]));
	else
		BOTH(w, got, nfexp_callback_register2,
			(session.handle[s], 7, at_expect2, &session.records[s]));
	same_all(w, &got);
}

static void unregister(struct walk *w)
{
	bool first = once_in(w, 2);

	if (has_flows() && first)
		BOTH_VOID(w, nfct_callback_unregister, (session.handle[s]));
	else if (has_flows())
		BOTH_VOID(w, nfct_callback_unregister2, (session.handle[s]));
	if (has_expects() && first)
		BOTH_VOID(w, nfexp_callback_unregister, (session.handle[s]));
	else if (has_expects())
		BOTH_VOID(w, nfexp_callback_unregister2, (session.handle[s]));
}

/* Requests. */

/* A flow of few, as a program makes one; one that has a helper can be the master of expectations. */
static void make_flow(struct walk *w, struct nf_conntrack *ct[2], bool has_helper)
{
	uint32_t addresses[2] = { 0x0100000a, 0x0200000a + (below(w, 2) << 16) };
	uint32_t timeout = 1000 + below(w, 100), mark = below(w, 3), status = below(w, 4) << 1;
	uint16_t ports[2] = { (uint16_t)(0x0100 + below(w, 3)), 0x1500 };
	uint8_t protocol = (uint8_t)(has_helper ? 6 : (unsigned[]){ 6, 17, 6, 132, 47 }[below(w, 5)]);
	bool has_timeout = !once_in(w, 8), has_status = once_in(w, 2), has_mark = once_in(w, 2);
	struct outcome got;

	BOTH(w, got, nfct_new, ());
	same_null(w, &got);
	ct[0] = POINTER(got, 0);
	ct[1] = POINTER(got, 1);
	BOTH_VOID(w, nfct_set_attr_grp, (ct[s], GRP_ORIG_IPV4, addresses));
	BOTH_VOID(w, nfct_set_attr_u8, (ct[s], ORIG_L4PROTO, protocol));
	BOTH_VOID(w, nfct_set_attr_grp, (ct[s], GRP_ORIG_PORT, ports));
	BOTH(w, got, nfct_setobjopt, (ct[s], SETUP_REPLY));
	if (has_timeout)
		BOTH_VOID(w, nfct_set_attr_u32, (ct[s], TIMEOUT, timeout));
	if (has_mark)
		BOTH_VOID(w, nfct_set_attr_u32, (ct[s], MARK, mark));
	if (has_status)
		BOTH_VOID(w, nfct_set_attr_u32, (ct[s], STATUS, status));
	if (protocol == 6)
		BOTH_VOID(w, nfct_set_attr_u8, (ct[s], TCP_STATE, (uint8_t)(1 + mark)));
	if (has_helper)
		BOTH_VOID(w, nfct_set_attr, (ct[s], HELPER_NAME, "ftp"));
}

/* A flow that was made before, or a new one, which is kept until the session ends. */
static struct nf_conntrack **any_made(struct walk *w)
{
	if (session.count < FLOWS_MADE && (!session.count || once_in(w, 2)))
		make_flow(w, session.made[session.count++], once_in(w, 4));
	return session.made[below(w, session.count)];
}

static void ask(struct walk *w, unsigned query, const void *const data[2])
{
	struct outcome got;

	say(w, "  query %u\n", query);
	BOTH(w, got, nfct_query, (session.handle[s], query, data[s]));
	same_all(w, &got);
	same_events(w, F_nfct_query);
}

static void ask_about_flow(struct walk *w)
{
	static const unsigned queries[] = { CREATE, CREATE, UPDATE, DESTROY, GET, GET, CREATE_UPDATE };
	struct nf_conntrack **ct = any_made(w);

	ask(w, queries[below(w, 7)], (const void *const[2]){ ct[0], ct[1] });
}

static void ask_for_list(struct walk *w)
{
	uint32_t family = (uint32_t[]){ 2, 10, 0 }[below(w, 3)];

	if (once_in(w, 6)) /* the kernel takes its time to go through an empty table */
		ask(w, once_in(w, 3) ? DUMP_RESET : DUMP, (const void *const[2]){ &family, &family });
}

/* An expectation of a flow's data connection; the flow's helper may or may not be there. */
static void make_expect(struct walk *w, const struct expect *e, struct nf_conntrack *const master[2])
{
	struct outcome data;
	uint32_t all[2] = { 0xffffffff, 0xffffffff };
	uint16_t ports[2] = { 0, (uint16_t)(1000 + below(w, 3)) }, port_mask[2] = { 0, 0xffff };

	BOTH_VOID(w, nfexp_set_attr, (e->exp[s], EXP_MASTER, master[s]));
	BOTH(w, data, nfct_clone, (master[s]));
	same_null(w, &data);
	BOTH_VOID(w, nfct_set_attr_grp, (POINTER(data, s), GRP_ORIG_PORT, ports));
	BOTH_VOID(w, nfexp_set_attr, (e->exp[s], EXP_EXPECTED, POINTER(data, s)));
	BOTH_VOID(w, nfct_set_attr_grp, (POINTER(data, s), GRP_ORIG_IPV4, all));
	BOTH_VOID(w, nfct_set_attr_grp, (POINTER(data, s), GRP_ORIG_PORT, port_mask));
	BOTH_VOID(w, nfexp_set_attr, (e->exp[s], EXP_MASK, POINTER(data, s)));
	BOTH_VOID(w, nfexp_set_attr_u32, (e->exp[s], EXP_TIMEOUT, 300u));
	BOTH_VOID(w, nfct_destroy, (POINTER(data, s)));
}

/* A query about an expectation of one of the flows. */
static void ask_expect(struct walk *w, unsigned query)
{
	struct nf_conntrack **master = any_made(w);
	struct expect e;
	struct outcome got;

	new_expect(w, &e);
	make_expect(w, &e, master);
	say(w, "  query %u\n", query);
	BOTH(w, got, nfexp_query, (session.handle[s], query, e.exp[s]));
	same_all(w, &got);
	same_events(w, F_nfexp_query);
	w->has_expectations |= query == CREATE && got.value[0] == 0;
	drop_expect(w, &e);
}

/* A query about all expectations. */
static void ask_expects(struct walk *w, unsigned query)
{
	uint32_t family = 2;
	struct outcome got;

	say(w, "  query %u\n", query);
	BOTH(w, got, nfexp_query, (session.handle[s], query, &family));
	same_all(w, &got);
	same_events(w, F_nfexp_query);
}

static void ask_about_expect(struct walk *w)
{
	static const unsigned queries[] = { DUMP, FLUSH, GET, GET, DESTROY, CREATE, CREATE, UPDATE, 99 };
	unsigned query = queries[below(w, 9)];

	if (query == DUMP || query == FLUSH)
		ask_expects(w, query);
	else
		ask_expect(w, query);
}

/* A flow with a helper, and an expectation of it, in the tables. */
static void fill_tables(struct walk *w)
{
	struct nf_conntrack **ct = session.made[0];

	if (session.count == 0)
		make_flow(w, session.made[session.count++], true);
	ask(w, CREATE, (const void *const[2]){ ct[0], ct[1] });
	if (has_expects())
		ask_expect(w, CREATE);
}

static void list_all(struct walk *w)
{
	if (has_flows())
		ask(w, GET, (const void *const[2]){ session.made[0][0], session.made[0][1] });
	if (has_expects())
		ask_expects(w, DUMP);
}

/* A callback heard, and unheard. */
static void hear(struct walk *w)
{
	if (has_flows()) {
		fill_tables(w);
		register_flows(w);
	}
	if (has_expects())
		register_expects(w);
	list_all(w);
	unregister(w);
	list_all(w);
}

/* A request and its answer, each in a call of its own. */
static void send_and_catch(struct walk *w)
{
	struct nf_conntrack **ct = any_made(w);
	unsigned query = (unsigned[]){ CREATE, GET, DESTROY, 99 }[below(w, 4)];
	uint32_t family = 2;
	struct outcome got;

	say(w, "  query %u\n", query);
	if (has_flows())
		BOTH(w, got, nfct_send, (session.handle[s], query, ct[s]));
	else
		BOTH(w, got, nfexp_send, (session.handle[s], query == 99 ? 99u : DUMP, &family));
	same_all(w, &got);
	if (has_flows())
		BOTH(w, got, nfct_catch, (session.handle[s]));
	else
		BOTH(w, got, nfexp_catch, (session.handle[s]));
	same_all(w, &got);
	same_events(w, got.function);
}

/* Sessions. */

/* libnfnetlink, which the original brings with it. */
static void *nfnl(const struct walk *w, const char *name)
{
	return dlsym(w->lib[0].handle, name);
}

/* A subsystem that is open already. */
static void open_again(struct walk *w, struct nfnl_handle *const lower[2], uint8_t subsystem)
{
	struct outcome got;

	BOTH(w, got, nfct_open_nfnl, (lower[s], subsystem, 0));
	same_null(w, &got);
	same_errno(w, &got);
}

/* A handle, by either way of opening one. */
static bool open_session(struct walk *w, uint8_t subsystem, unsigned groups)
{
	struct nfnl_handle *(*open_nfnl)(void) = NULL;
	struct nfnl_handle *lower[2];
	void *found = once_in(w, 4) ? nfnl(w, "nfnl_open") : NULL;
	struct outcome got;

	session = (struct session){ .subsystem = subsystem };
	memcpy(&open_nfnl, &found, sizeof(open_nfnl));
	say(w, "  subsystem %u, groups 0x%x\n", subsystem, groups);
	for (int s = 0; open_nfnl && s < 2; s++) {
		in_namespace(s, 0);
		lower[s] = open_nfnl();
		if (!lower[s])
			open_nfnl = NULL; /* no such sockets here; NULL ends the original */
	}
	if (open_nfnl)
		BOTH(w, got, nfct_open_nfnl, (lower[s], subsystem, groups));
	else
		BOTH(w, got, nfct_open, (in_namespace(s, subsystem), groups));
	same_null(w, &got);
	same_errno(w, &got);
	if (open_nfnl && subsystem < 3 && once_in(w, 2))
		open_again(w, lower, subsystem);
	for (int s = 0; s < 2; s++) {
		session.handle[s] = POINTER(got, s);
		session.records[s] = (struct record){ .w = w, .side = s, .verdict = CONTINUE };
	}
	return got.value[0] != 0;
}

/* What a handle tells of itself; the socket is set not to block. */
static void look_at_handle(struct walk *w)
{
	int (*fd_of)(const struct nfnl_handle *) = NULL;
	void *found = nfnl(w, "nfnl_fd");
	struct outcome fd, lower;

	memcpy(&fd_of, &found, sizeof(fd_of));
	BOTH(w, fd, nfct_fd, (session.handle[s]));
	BOTH(w, lower, nfct_nfnlh, (session.handle[s]));
	same_null(w, &lower);
	for (int s = 0; s < 2; s++) {
		int flags = fcntl((int)fd.value[s], F_GETFL);

		fd.value[s] = fd_of ? fd_of(POINTER(lower, s)) - fd.value[s] : 0;
		fcntl(w->lib[s].nfct_fd(session.handle[s]), F_SETFL, flags | O_NONBLOCK);
	}
	same_value(w, &fd);
}

static void close_session(struct walk *w)
{
	struct outcome got;

	BOTH(w, got, nfct_close, (session.handle[s]));
	same_all(w, &got);
	for (unsigned i = 0; i < session.count; i++)
		BOTH_VOID(w, nfct_destroy, (session.made[i][s]));
}

/* Empties both tables. */
static void clear_tables(struct walk *w)
{
	struct nf_conntrack **ct;

	for (unsigned i = 0; i < session.count; i++) {
		ct = session.made[i];
		ask(w, DESTROY, (const void *const[2]){ ct[0], ct[1] });
	}
}

/* A handle of a random kind; mostly one that is good for something: subsystem 0, 1 or 2. */
static bool open_any(struct walk *w)
{
	uint8_t subsystem = (uint8_t)below(w, once_in(w, 8) ? 256 : 3);
	unsigned groups = once_in(w, 2) ? 0 : below(w, 64);

	return open_session(w, subsystem, groups);
}

static void converse(struct walk *w)
{
	static void (*const about_flows[])(struct walk *) = { register_flows, ask_about_flow, ask_about_flow,
		ask_about_flow, ask_for_list, send_and_catch, unregister, hear };
	static void (*const about_expects[])(struct walk *) = { register_expects, ask_about_expect,
		ask_about_expect, send_and_catch, unregister, hear };
	unsigned steps = 2 + below(w, 6);

	if (namespaces[1] < 0 || !open_any(w))
		return;
	look_at_handle(w);
	if (session.subsystem > 2) {
		close_session(w);
		return;
	}
	for (unsigned i = 0; i < steps; i++)
		if (has_flows() && (!has_expects() || !once_in(w, 4)))
			about_flows[below(w, 8)](w);
		else
			about_expects[below(w, 6)](w);
	if (has_flows())
		clear_tables(w);
	close_session(w);
}

const struct operation kernel_operations[] = {
	{ "converse with the kernel", 1, converse },
	{ 0 },
};
