/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One thread catches on a handle while others send on it, without a lock: each request reaches the kernel whole,
 * and every event and every answer comes back. Needs a network namespace of its own. Runs on both libraries; what
 * it prints must be the same.
 */
#include "samples.h"
#include <pthread.h>
#include <semaphore.h>

#define SENDERS 4
#define EACH 200u
/* Requests whose answer has not been caught, at most: theirs and their events fit into a receive buffer of the
 * default size, whenever the catching thread has its turn. */
#define UNANSWERED 40u

struct sender {
	pthread_t thread;
	struct nfct_handle *h;
	uint16_t first_port;
	unsigned int failures;
};

static unsigned int events, answers;
static sem_t room;

static int count(enum nf_conntrack_msg_type type, struct nf_conntrack *ct, void *data)
{
	(void)data;
	events += type == NFCT_T_NEW && nfct_get_attr_u32(ct, ATTR_MARK) == ntohs(nfct_get_attr_u16(ct, ATTR_PORT_SRC));
	return NFCT_CB_CONTINUE;
}

/* Makes flows whose mark is their source port. */
static void *send_all(void *data)
{
	struct sender *sender = data;

	for (unsigned int i = 0; i < EACH; i++) {
		struct nf_conntrack *ct = flow(AF_INET, IPPROTO_UDP);

		nfct_set_attr_u16(ct, ATTR_PORT_SRC, htons((uint16_t)(sender->first_port + i)));
		nfct_set_attr_u32(ct, ATTR_MARK, sender->first_port + i);
		nfct_set_attr_u32(ct, ATTR_TIMEOUT, 1000);
		nfct_setobjopt(ct, NFCT_SOPT_SETUP_REPLY);
		sem_wait(&room);
		sender->failures += nfct_send(sender->h, NFCT_Q_CREATE, ct) <= 0;
		nfct_destroy(ct);
	}
	return NULL;
}

/* Each answer ends a call. */
static void *catch_all(void *data)
{
	while (answers < SENDERS * EACH) {
		if (nfct_catch(data) == -1) {
			perror("nfct_catch");
			break;
		}
		answers++;
		sem_post(&room);
	}
	for (unsigned int i = 0; i < SENDERS * EACH; i++) /* nobody waits for a thread that has ended */
		sem_post(&room);
	return NULL;
}

int main(void)
{
	struct nfct_handle *h = need(nfct_open(CONNTRACK, NF_NETLINK_CONNTRACK_NEW), "nfct_open");
	struct sender senders[SENDERS] = { 0 };
	unsigned int failures = 0;
	pthread_t catcher;

	sem_init(&room, 0, UNANSWERED);
	nfct_callback_register(h, NFCT_T_ALL, count, NULL);
	pthread_create(&catcher, NULL, catch_all, h);
	for (int i = 0; i < SENDERS; i++) {
		senders[i].h = h;
		senders[i].first_port = (uint16_t)(10000 * (i + 1));
		pthread_create(&senders[i].thread, NULL, send_all, &senders[i]);
	}
	for (int i = 0; i < SENDERS; i++) {
		pthread_join(senders[i].thread, NULL);
		failures += senders[i].failures;
	}
	pthread_join(catcher, NULL);
	printf("%u failures, %u answers, %u events\n", failures, answers, events);
	return nfct_close(h);
}
