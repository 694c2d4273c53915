/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Handles, lists, events and requests for the Go package, through the public functions of the C library only.
 */
#define _GNU_SOURCE
#include "record.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/sock_diag.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* Records that one call to Go carries. */
#define BATCH 256

/* The exported function of reader.go: takes a batch, returns 0, or 1 to stop. */
extern int borderDeliver(uintptr_t owner, struct border_record *records, unsigned int count);

struct border_reader {
	struct nfct_handle *handle;
	struct border_filter filter;
	uintptr_t owner;
	uint64_t matched;
	unsigned int count;
	int is_stopped; /* written by other threads */
	int is_interrupted; /* the kernel said that the table changed under the list */
	struct border_record records[BATCH];
};

int border_is_inside(int netns)
{
	struct stat wanted, own;

	if (fstat(netns, &wanted) == -1 || stat("/proc/thread-self/ns/net", &own) == -1)
		return -errno;
	return wanted.st_dev == own.st_dev && wanted.st_ino == own.st_ino;
}

int border_enter(int netns)
{
	int before = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

	if (before == -1)
		return -errno;
	if (setns(netns, CLONE_NEWNET) == -1) {
		int reason = errno;

		close(before);
		return -reason;
	}
	return before;
}

int border_leave(int before)
{
	int result = setns(before, CLONE_NEWNET) == -1 ? -errno : 0;

	close(before);
	return result;
}

int border_open(unsigned int groups, int receive_buffer, int is_waiting, struct nfct_handle **handle)
{
	int fd, flags;

	*handle = nfct_open(CONNTRACK, groups);
	if (*handle == NULL)
		return -errno;
	fd = nfct_fd(*handle);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	if (receive_buffer > 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer, sizeof(receive_buffer)) == -1)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
	flags = fcntl(fd, F_GETFL);
	if (!is_waiting && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1) {
		int reason = errno;

		nfct_close(*handle);
		return -reason;
	}
	return 0;
}

int border_read_file(const char *path, char *text, unsigned int size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), result = 0;
	unsigned int length = 0;

	if (fd == -1)
		return -errno;
	while (length < size) {
		ssize_t part = read(fd, text + length, size - length);

		if (part <= 0) {
			result = part == -1 ? -errno : 0;
			break;
		}
		length += (unsigned int)part;
	}
	close(fd);
	return result < 0 ? result : (int)length;
}

static int is_stopped(const struct border_reader *reader)
{
	return __atomic_load_n(&reader->is_stopped, __ATOMIC_RELAXED);
}

/* Hands over the batch; afterwards the reader is stopped when Go wants no more. */
static void deliver(struct border_reader *reader)
{
	unsigned int count = reader->count;

	reader->count = 0;
	if (count > 0 && borderDeliver(reader->owner, reader->records, count) != 0)
		border_reader_stop(reader);
}

static int take(const struct nlmsghdr *header, enum nf_conntrack_msg_type type, struct nf_conntrack *flow, void *data)
{
	struct border_reader *reader = data;
	struct border_record *record = &reader->records[reader->count];

	if (is_stopped(reader))
		return NFCT_CB_STOP;
	if (header->nlmsg_flags & NLM_F_DUMP_INTR)
		reader->is_interrupted = 1;
	record_read(record, flow);
	record->kind = (uint8_t)type;
	if (!record_meets(record, &reader->filter))
		return NFCT_CB_CONTINUE;
	reader->matched++;
	if (reader->owner != 0 && ++reader->count == BATCH)
		deliver(reader);
	return is_stopped(reader) ? NFCT_CB_STOP : NFCT_CB_CONTINUE;
}

struct border_reader *border_reader_new(struct nfct_handle *handle, const struct border_filter *filter, uintptr_t owner)
{
	struct border_reader *reader = calloc(1, sizeof(*reader));

	if (reader == NULL)
		return NULL;
	reader->handle = handle;
	reader->filter = *filter;
	reader->owner = owner;
	if (nfct_callback_register2(handle, NFCT_T_ALL, take, reader) == -1) {
		free(reader);
		return NULL;
	}
	return reader;
}

void border_reader_free(struct border_reader *reader)
{
	nfct_close(reader->handle);
	free(reader);
}

int border_reader_descriptor(const struct border_reader *reader)
{
	int fd = fcntl(nfct_fd(reader->handle), F_DUPFD_CLOEXEC, 0);

	return fd == -1 ? -errno : fd;
}

void border_reader_stop(struct border_reader *reader)
{
	__atomic_store_n(&reader->is_stopped, 1, __ATOMIC_RELAXED);
}

uint32_t border_reader_lost(const struct border_reader *reader)
{
	uint32_t memory[SK_MEMINFO_VARS] = {0};
	socklen_t size = sizeof(memory);

	if (getsockopt(nfct_fd(reader->handle), SOL_SOCKET, SO_MEMINFO, memory, &size) == -1)
		return 0;
	return memory[SK_MEMINFO_DROPS];
}

uint64_t border_reader_matched(const struct border_reader *reader)
{
	return reader->matched;
}

/* The kernel selects by mark, where a mark is wanted; record_meets() looks at each condition again. */
int border_reader_list(struct border_reader *reader)
{
	const struct border_filter *filter = &reader->filter;
	uint32_t family = filter->set & HAS_FAMILY ? filter->want.family : AF_UNSPEC;
	struct nfct_filter_dump_mark mark = {.val = filter->want.mark, .mask = filter->mark_mask};
	struct nfct_filter_dump *dump;
	int result;

	if (!(filter->set & HAS_MARK))
		return nfct_send(reader->handle, NFCT_Q_DUMP, &family) < 0 ? -errno : 0;
	dump = nfct_filter_dump_create();
	if (dump == NULL)
		return -errno;
	nfct_filter_dump_set_attr(dump, NFCT_FILTER_DUMP_MARK, &mark);
	nfct_filter_dump_set_attr_u8(dump, NFCT_FILTER_DUMP_L3NUM, (uint8_t)family);
	result = nfct_send(reader->handle, NFCT_Q_DUMP_FILTER, dump) < 0 ? -errno : 0;
	nfct_filter_dump_destroy(dump);
	return result;
}

int border_catch(struct border_reader *reader)
{
	int result = nfct_catch(reader->handle) < 0 ? -errno : 0;

	deliver(reader);
	return result == 0 && reader->is_interrupted ? -EINTR : result;
}

/* The kernel translates a new entry by itself: the reply has what was before, and the request says what becomes of it. It
 * takes ports of TCP and UDP. The status says which of both translations there are. */
static void ask_for_translations(struct nf_conntrack *flow, const struct border_record *record)
{
	static const struct { unsigned int is, undo; int is_port; } parts[] = {
		{NFCT_GOPT_IS_SPAT, NFCT_SOPT_UNDO_SPAT, 1}, {NFCT_GOPT_IS_DPAT, NFCT_SOPT_UNDO_DPAT, 1},
		{NFCT_GOPT_IS_SNAT, NFCT_SOPT_UNDO_SNAT, 0}, {NFCT_GOPT_IS_DNAT, NFCT_SOPT_UNDO_DNAT, 0},
	};
	const int takes_ports = record->proto == IPPROTO_TCP || record->proto == IPPROTO_UDP;
	const uint32_t done = (record->status & IPS_SRC_NAT ? IPS_SRC_NAT_DONE : 0) |
			      (record->status & IPS_DST_NAT ? IPS_DST_NAT_DONE : 0);
	size_t i;

	if (done == 0)
		return;
	nfct_set_attr_u32(flow, ATTR_STATUS, record->status | done);
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if ((takes_ports || !parts[i].is_port) && nfct_getobjopt(flow, parts[i].is) > 0)
			nfct_setobjopt(flow, parts[i].undo);
	}
}

/* A request about the object of these fields; without a whole tuple a request would be about every entry. */
static int request(struct nfct_handle *handle, enum nf_conntrack_query query, const struct border_record *record,
		   uint32_t fields)
{
	const uint32_t tuple = HAS_FAMILY | HAS_PROTO | HAS_SRC | HAS_DST;
	struct nf_conntrack *flow;
	int result;

	if ((record->set & tuple) != tuple)
		return -EINVAL;
	flow = nfct_new();
	if (flow == NULL)
		return -ENOMEM;
	result = record_write(record, fields, flow);
	if (result == 0 && query == NFCT_Q_CREATE && !(record->set & HAS_REPLY_SRC))
		result = nfct_setobjopt(flow, NFCT_SOPT_SETUP_REPLY);
	if (result == 0 && query == NFCT_Q_CREATE)
		ask_for_translations(flow, record);
	if (result == 0)
		result = nfct_query(handle, query, flow);
	result = result < 0 ? -errno : 0;
	nfct_destroy(flow);
	return result;
}

int border_create(struct nfct_handle *handle, const struct border_record *record)
{
	return request(handle, NFCT_Q_CREATE, record, UINT32_MAX);
}

int border_update(struct nfct_handle *handle, const struct border_record *record, uint32_t changed)
{
	return request(handle, NFCT_Q_UPDATE, record, NAMES_ENTRY | changed);
}

static int take_one(enum nf_conntrack_msg_type type, struct nf_conntrack *flow, void *data)
{
	(void)type;
	record_read(data, flow);
	return NFCT_CB_CONTINUE;
}

int border_get(struct nfct_handle *handle, struct border_record *record)
{
	struct border_record found = {.set = 0};
	int result;

	if (nfct_callback_register(handle, NFCT_T_ALL, take_one, &found) == -1)
		return -errno;
	result = request(handle, NFCT_Q_GET, record, NAMES_ENTRY);
	nfct_callback_unregister(handle);
	if (result == 0 && found.set == 0)
		return -ENOENT;
	*record = found;
	return result;
}

int border_flush(struct nfct_handle *handle)
{
	uint32_t family = AF_UNSPEC;

	return nfct_query(handle, NFCT_Q_FLUSH, &family) < 0 ? -errno : 0;
}

int border_delete(struct nfct_handle *handle, const struct border_record *records, unsigned int count, unsigned int *deleted)
{
	*deleted = 0;
	for (unsigned int i = 0; i < count; i++) {
		int result = request(handle, NFCT_Q_DESTROY, &records[i], NAMES_ENTRY);

		if (result == 0)
			++*deleted;
		else if (result != -ENOENT)
			return result;
	}
	return 0;
}
