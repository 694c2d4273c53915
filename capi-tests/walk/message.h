/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages as the kernel sends them, and as it never would; and what the original can bear of them. */
#ifndef WALK_MESSAGE_H
#define WALK_MESSAGE_H

#include "walk.h"

#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>

#define MESSAGE_ROOM 20480
#define NETLINK_HEADER 16
#define MESSAGE_HEADER 20 /* nlmsghdr and nfgenmsg */

/* One message; some bytes of zero follow it. */
struct message {
	size_t len;
	_Alignas(8) uint8_t bytes[MESSAGE_ROOM];
};

enum subsystem { CONNTRACK = 1, EXPECT = 2 };

/* What a message would do to the original or to a fair comparison; 0 when nothing. */
enum judgement {
	FATAL = 1,          /* the original ends the process */
	DAMAGE = 2,         /* the original writes outside its arrays */
	UNBOUNDED = 4,      /* the original reads a string beyond its attribute */
	NEWER = 8,          /* a length that only ours looks at, or only the original does not */
	TOO_LONG = 16,      /* an error for both, with what was read until then left to each */
	CONTRADICTION = 64, /* a nest twice, or two attributes that are stored in one place */
	LABEL_WORDS = 128,  /* labels, whose words have another order in the original */
	LATE = 256,         /* a time that the original cannot know */
	TAIL = 32,          /* the original reads on to the next multiple of four, beyond the message */
};

/* A message of either kind: well formed, from the kernel, or one of these with something broken. */
void any_message(struct walk *w, struct message *m, enum subsystem subsystem);
/* Breaks one to three things in a message. */
void break_message(struct walk *w, struct message *m);

/* parse.c: reads a message that is given into all objects of its kind; false when it is not for both. */
bool read_given(struct walk *w, enum subsystem subsystem, const struct message *given);

/* The attributes of a message. */
const uint8_t *area_of(const struct message *m);
size_t area_len(const struct message *m);
unsigned judge(const struct message *m, enum subsystem subsystem);
/* Whether reading it makes an object own blocks. */
bool has_blocks(const struct message *m);
/* Whether reading it stores helper info, and of which length. */
bool has_helper_info(const struct message *m, size_t *len);

/* Writing: a message starts empty, with room for its headers. */
void start_message(struct message *m, uint16_t type, uint16_t flags, uint8_t family);
void put_attribute(struct message *m, uint16_t type, const void *payload, size_t len);
size_t start_nest(struct message *m, uint16_t type);
void end_nest(struct message *m, size_t start);
void end_message(struct message *m);

/* Finding: the last attribute of a type in an area, and the size of its payload; NULL when there is none. */
const uint8_t *find_attribute(const uint8_t *area, size_t len, uint16_t type, size_t *payload);

#endif
