/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Threads, as the header promises them: different handles in different threads at the same time, and one handle
 * in several threads, one at a time. Needs a network namespace of its own. Runs on both libraries; what it
 * prints must be the same.
 */
#include "samples.h"
#include <pthread.h>

#define THREADS 4
#define ROUNDS 25u

/* One thread's part of the table: its flows differ from the others' by their source port. */
struct part {
	pthread_t thread;
	struct nfct_handle *handle; /* its own, or all threads' */
	pthread_mutex_t *turn;      /* whose turn it is with a shared handle; NULL for an own one */
	uint16_t first_port;
	unsigned int seen, failures;
};

static int count(enum nf_conntrack_msg_type type, struct nf_conntrack *ct, void *data)
{
	struct part *part = data;
	unsigned int port = ntohs(nfct_get_attr_u16(ct, ATTR_PORT_SRC));

	if (type == NFCT_T_UPDATE && port >= part->first_port && port < part->first_port + ROUNDS)
		part->seen++;
	return NFCT_CB_CONTINUE;
}

static void query(struct part *part, enum nf_conntrack_query what, const void *about)
{
	if (part->turn)
		pthread_mutex_lock(part->turn);
	nfct_callback_register(part->handle, NFCT_T_ALL, count, part);
	part->failures += nfct_query(part->handle, what, about) != 0;
	if (part->turn)
		pthread_mutex_unlock(part->turn);
}

/* Opens and closes handles; makes, looks up and prints flows, lists the table, deletes every second flow. */
static void *work(void *argument)
{
	struct part *part = argument;
	uint32_t family = AF_INET;
	char text[512];

	for (unsigned int round = 0; round < ROUNDS; round++) {
		struct nf_conntrack *ct = flow(AF_INET, IPPROTO_UDP);

		part->failures += nfct_close(need(nfct_open(CONNTRACK, 0), "nfct_open")) != 0;
		nfct_set_attr_u16(ct, ATTR_PORT_SRC, htons((uint16_t)(part->first_port + round)));
		nfct_setobjopt(ct, NFCT_SOPT_SETUP_REPLY);
		nfct_set_attr_u32(ct, ATTR_TIMEOUT, 1000);
		query(part, NFCT_Q_CREATE, ct);
		query(part, NFCT_Q_GET, ct);
		part->failures += nfct_snprintf(text, sizeof(text), ct, NFCT_T_UNKNOWN, NFCT_O_DEFAULT, 0) < 80;
		if (round % 2)
			query(part, NFCT_Q_DESTROY, ct);
		nfct_destroy(ct);
	}
	query(part, NFCT_Q_DUMP, &family);
	return NULL;
}

static void run(const char *title, struct nfct_handle *shared_handle)
{
	pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
	struct part parts[THREADS] = { 0 };
	uint32_t family = AF_INET;

	for (int i = 0; i < THREADS; i++) {
		parts[i].handle = shared_handle ? shared_handle : need(nfct_open(CONNTRACK, 0), "nfct_open");
		parts[i].turn = shared_handle ? &turn : NULL;
		parts[i].first_port = (uint16_t)(1000 * (i + 1));
		if (pthread_create(&parts[i].thread, NULL, work, &parts[i]) != 0)
			exit(1);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(parts[i].thread, NULL);
		/* every flow once when it is looked up, and those that are left once in the list */
		printf("%s, thread %d: %u seen, %u failures\n", title, i, parts[i].seen, parts[i].failures);
	}
	nfct_query(parts[0].handle, NFCT_Q_FLUSH, &family);
	for (int i = 0; i < THREADS && !shared_handle; i++)
		nfct_close(parts[i].handle);
}

int main(void)
{
	struct nfct_handle *handle = need(nfct_open(CONNTRACK, 0), "nfct_open");

	run("a handle each", NULL);
	run("one handle in turn", handle);
	nfct_close(handle);
	return 0;
}
