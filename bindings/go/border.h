/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The border of the Go package: flat records of entries, filled and read through the public functions of the C library,
 * so that one call from Go carries hundreds of entries. Functions return 0 or a count, or a negative errno.
 */
#ifndef CONNTRACK_GO_BORDER_H
#define CONNTRACK_GO_BORDER_H

#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <stdint.h>

/* Bits of `set`: the attributes that a record has. */
enum border_field {
	HAS_FAMILY = 1 << 0,
	HAS_PROTO = 1 << 1,
	HAS_SRC = 1 << 2,
	HAS_DST = 1 << 3,
	HAS_REPLY_SRC = 1 << 4,
	HAS_REPLY_DST = 1 << 5,
	HAS_PORTS = 1 << 6,
	HAS_REPLY_PORTS = 1 << 7,
	HAS_ICMP = 1 << 8,
	HAS_TIMEOUT = 1 << 9,
	HAS_STATUS = 1 << 10,
	HAS_MARK = 1 << 11,
	HAS_ZONE = 1 << 12,
	HAS_ORIG_ZONE = 1 << 13,
	HAS_REPLY_ZONE = 1 << 14,
	HAS_ID = 1 << 15,
	HAS_USE = 1 << 16,
	HAS_TCP_STATE = 1 << 17,
	HAS_SCTP_STATE = 1 << 18,
	HAS_HELPER = 1 << 19,
	HAS_COUNTERS = 1 << 20,
	HAS_START = 1 << 21,
	HAS_STOP = 1 << 22,
	HAS_LABELS = 1 << 23,
	/* All parts of the original tuple and its zone: they name one entry. */
	NAMES_ENTRY = HAS_FAMILY | HAS_PROTO | HAS_SRC | HAS_DST | HAS_PORTS | HAS_ICMP | HAS_ZONE | HAS_ORIG_ZONE,
};

/* One entry. Index 0 is the original direction, 1 the reply. Addresses, ports and the ICMP id are in network order. */
struct border_record {
	uint64_t packets[2], bytes[2];
	uint64_t start, stop; /* nanoseconds since 1970 */
	uint32_t set; /* enum border_field */
	uint32_t timeout, status, mark, id, use;
	uint16_t sport[2], dport[2], icmp_id;
	uint16_t zone, orig_zone, reply_zone;
	uint8_t src[2][16], dst[2][16]; /* an IPv4 address is in the first four bytes */
	uint8_t family, proto, icmp_type, icmp_code, tcp_state, sctp_state;
	uint8_t kind; /* enum nf_conntrack_msg_type: of an event */
	char helper[NFCT_HELPER_NAME_MAX];
	uint8_t labels[16];
};

/* The conditions of a filter: each field counts when its bit of `set` is set, an address with its mask. */
struct border_filter {
	struct border_record want;
	uint8_t src_mask[2][16], dst_mask[2][16];
	uint32_t mark_mask, status_mask;
	uint32_t set; /* HAS_*: with HAS_PORTS, a port counts when it is not 0 */
	uint8_t kinds; /* of events: NFCT_T_*; 0 in a list */
};

struct border_reader;

/* Whether this thread is in the namespace of a descriptor: 1 or 0. */
int border_is_inside(int netns);
/* Enters the namespace of a descriptor with this thread; returns a descriptor of the namespace before. */
int border_enter(int netns);
/* Goes back, and closes the descriptor. A thread may not have the privilege to go back. */
int border_leave(int before);

/* Opens a handle in the thread's namespace. Its socket blocks when it is to wait. */
int border_open(unsigned int groups, int receive_buffer, int is_waiting, struct nfct_handle **handle);
/* Reads a file of /proc; returns the length. */
int border_read_file(const char *path, char *text, unsigned int size);

/* A reader owns its handle. `owner` goes back to Go with each batch; without it the reader only counts. */
struct border_reader *border_reader_new(struct nfct_handle *handle, const struct border_filter *filter, uintptr_t owner);
void border_reader_free(struct border_reader *reader);
/* A descriptor of its own for the same socket, which the caller closes. */
int border_reader_descriptor(const struct border_reader *reader);
/* Ends border_catch() at the next entry; any thread may call it. */
void border_reader_stop(struct border_reader *reader);
/* Sends the list request. */
int border_reader_list(struct border_reader *reader);
/* Receives until the list has ended (0), nothing waits (-EAGAIN), or an error; hands over what has arrived. */
int border_catch(struct border_reader *reader);
/* How many events the kernel has dropped because the queue was full, in 32 bits; 0 on a kernel without this count. */
uint32_t border_reader_lost(const struct border_reader *reader);
uint64_t border_reader_matched(const struct border_reader *reader);

/* Requests, each about the entries that the records name. */
int border_create(struct nfct_handle *handle, const struct border_record *record);
int border_update(struct nfct_handle *handle, const struct border_record *record, uint32_t changed);
int border_get(struct nfct_handle *handle, struct border_record *record);
int border_flush(struct nfct_handle *handle);
/* Deletes `count` entries; sets `*deleted` to the number that were there, and stops at the first other error. */
int border_delete(struct nfct_handle *handle, const struct border_record *records, unsigned int count, unsigned int *deleted);

#endif
