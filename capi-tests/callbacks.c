/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a callback's answer and its registration decide: verdicts in a get and in events, types that are not
 * wanted, both kinds of callback, unregistering, objects that the callback keeps. Needs a network namespace of
 * its own. Runs on both libraries; what it prints must be the same.
 */
#include "samples.h"
#include <fcntl.h>

static int verdict = NFCT_CB_CONTINUE;
static struct nf_conntrack *kept;

static int decide(enum nf_conntrack_msg_type type, struct nf_conntrack *ct, void *data)
{
	printf("  called: type %d, data '%s', answers %d\n", type, (const char *)data, verdict);
	if (verdict == NFCT_CB_STOLEN) {
		if (kept != NULL)
			nfct_destroy(kept);
		kept = ct; /* ours to destroy from now on */
	}
	errno = verdict == NFCT_CB_FAILURE ? ENOSYS : errno;
	return verdict;
}

static int decide2(const struct nlmsghdr *message, enum nf_conntrack_msg_type type, struct nf_conntrack *ct,
		   void *data)
{
	printf("  called with message type %04x\n", message->nlmsg_type);
	return decide(type, ct, data);
}

/* Every verdict as the answer to a get, each on a fresh handle: a stopped one leaves its rest behind. */
static void verdicts(const struct nf_conntrack *ct)
{
	for (verdict = -2; verdict <= 3; verdict++) {
		struct nfct_handle *handle = need(nfct_open(CONNTRACK, 0), "nfct_open");

		SHOW(nfct_callback_register(handle, NFCT_T_ALL, decide, "get"));
		SHOW(nfct_query(handle, NFCT_Q_GET, ct));
		nfct_close(handle);
	}
	verdict = NFCT_CB_CONTINUE;
	printf("kept: mark %u\n", nfct_get_attr_u32(kept, ATTR_MARK));
	nfct_destroy(kept);
	kept = NULL;
}

/* Which types reach a callback, which callback is called, and what unregistering ends. */
static void registration(const struct nf_conntrack *ct)
{
	struct nfct_handle *handle = need(nfct_open(CONNTRACK, 0), "nfct_open");

	SHOW(nfct_query(handle, NFCT_Q_GET, ct)); /* none yet */
	SHOW(nfct_callback_register(handle, NFCT_T_DESTROY, decide, "not this type"));
	SHOW(nfct_query(handle, NFCT_Q_GET, ct));
	SHOW(nfct_callback_register(handle, NFCT_T_UPDATE, decide, "this type"));
	SHOW(nfct_query(handle, NFCT_Q_GET, ct));
	SHOW(nfct_callback_register2(handle, NFCT_T_ALL, decide2, "both"));
	SHOW(nfct_query(handle, NFCT_Q_GET, ct));
	nfct_callback_unregister(handle);
	SHOW(nfct_query(handle, NFCT_Q_GET, ct));
	SHOW(nfct_callback_register2(handle, NFCT_T_ALL, decide2, "second kind"));
	SHOW(nfct_query(handle, NFCT_Q_GET, ct));
	nfct_callback_unregister2(handle);
	nfct_callback_unregister2(handle);
	SHOW(nfct_query(handle, NFCT_Q_GET, ct));
	nfct_close(handle);
}

/* Events on a socket that does not block: each one, then nothing left. */
static void events(struct nf_conntrack *ct)
{
	struct nfct_handle *listener = need(nfct_open(CONNTRACK, NFCT_ALL_CT_GROUPS), "nfct_open");
	struct nfct_handle *handle = need(nfct_open(CONNTRACK, 0), "nfct_open");

	fcntl(nfct_fd(listener), F_SETFL, O_NONBLOCK);
	SHOW(nfct_callback_register(listener, NFCT_T_ALL, decide, "event"));
	SHOW(nfct_catch(listener)); /* nothing happened */

	nfct_set_attr_u16(ct, ATTR_PORT_SRC, htons(1));
	nfct_setobjopt(ct, NFCT_SOPT_SETUP_REPLY);
	SHOW(nfct_query(handle, NFCT_Q_CREATE, ct));
	nfct_set_attr_u32(ct, ATTR_MARK, 8);
	SHOW(nfct_query(handle, NFCT_Q_UPDATE, ct));
	SHOW(nfct_query(handle, NFCT_Q_DESTROY, ct));

	verdict = NFCT_CB_STOP; /* one event a call */
	SHOW(nfct_catch(listener));
	SHOW(nfct_catch(listener));
	verdict = NFCT_CB_CONTINUE;
	SHOW(nfct_catch(listener));
	SHOW(nfct_catch(listener));
	nfct_close(listener);
	nfct_close(handle);
}

int main(void)
{
	struct nfct_handle *handle = need(nfct_open(CONNTRACK, 0), "nfct_open");
	struct nf_conntrack *ct = udp4();

	nfct_set_attr_u32(ct, ATTR_TIMEOUT, 1000);
	nfct_set_attr_u32(ct, ATTR_MARK, 7);
	SHOW(nfct_query(handle, NFCT_Q_CREATE, ct));
	nfct_close(handle);

	verdicts(ct);
	registration(ct);
	events(ct);
	nfct_destroy(ct);
	return EXIT_SUCCESS;
}
