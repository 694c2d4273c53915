/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Threads with small stacks: 48 KiB are enough for a query, 96 KiB for one with a query in its callback, 128 KiB for
 * two, one inside the other. Needs a network namespace of its own. Runs on both libraries; what it prints must be the
 * same.
 */
#include "samples.h"
#include <pthread.h>

static const uint32_t family = AF_INET;

/* What one thread does. */
struct work {
	size_t stack;
	unsigned int depth; /* how many more queries, each in the callback of the one before */
	int result;
};

static int query(struct work *work);

static int deeper(enum nf_conntrack_msg_type type, struct nf_conntrack *ct, void *data)
{
	struct work *work = data;

	(void)type;
	(void)ct;
	if (work->depth > 0) {
		work->depth--;
		work->result = query(work);
	}
	return NFCT_CB_STOP;
}

static int query(struct work *work)
{
	struct nfct_handle *h = need(nfct_open(CONNTRACK, 0), "nfct_open");
	int result;

	nfct_callback_register(h, NFCT_T_ALL, deeper, work);
	result = nfct_query(h, NFCT_Q_DUMP, &family);
	nfct_close(h);
	return result;
}

static void *run(void *data)
{
	struct work *work = data;
	int result = query(work);

	work->result = work->result == 0 ? result : work->result;
	return NULL;
}

int main(void)
{
	struct work works[] = {{48 << 10, 0, 0}, {96 << 10, 1, 0}, {128 << 10, 2, 0}};
	struct nfct_handle *h = need(nfct_open(CONNTRACK, 0), "nfct_open");
	struct nf_conntrack *ct = udp4();

	nfct_set_attr_u32(ct, ATTR_TIMEOUT, 1000);
	SHOW(nfct_query(h, NFCT_Q_CREATE, ct));
	for (size_t i = 0; i < sizeof(works) / sizeof(works[0]); i++) {
		unsigned int depth = works[i].depth;
		pthread_attr_t attributes;
		pthread_t thread;

		pthread_attr_init(&attributes);
		if (pthread_attr_setstacksize(&attributes, works[i].stack) != 0 ||
		    pthread_create(&thread, &attributes, run, &works[i]) != 0) {
			printf("no thread\n");
			return EXIT_FAILURE;
		}
		pthread_join(thread, NULL);
		pthread_attr_destroy(&attributes);
		printf("%zu KiB, %u inside: %d, %u left\n", works[i].stack >> 10, depth, works[i].result, works[i].depth);
	}
	nfct_close(h);
	nfct_destroy(ct);
	return EXIT_SUCCESS;
}
