/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The attributes of both objects, as a C program sees them. */
#ifndef WALK_ATTRIBUTES_H
#define WALK_ATTRIBUTES_H

#include "walk.h"

/* What the setter does with a value, and what the getter gives. */
enum kind {
	STORED,  /* so many bytes in the object */
	NOTED,   /* the same, but the setter only notes presence */
	NAME,    /* a string in the object */
	CONTEXT, /* the security context: a string of its own, never set by the program */
	INFO,    /* helper info: a block of its own */
	LABELS,  /* a bit mask that the object owns */
	TUPLE,   /* the original tuple of a conntrack object */
};

/* From where meaningful values come. */
enum pool { ANY, FAMILY, PROTOCOL, STATE, ICMP_TYPE, ADDRESS };

struct attribute {
	const char *name;
	unsigned size;
	enum kind kind;
	enum pool pool;
};

extern const struct attribute attributes[ATTRS];
extern const struct attribute expect_attributes[EXPECT_ATTRS];

/* The numbers of attributes that are used by name. */
enum {
	ORIG_L3PROTO = 15,
	REPL_L3PROTO = 16,
	ORIG_L4PROTO = 17,
	TCP_STATE = 19,
	TIMEOUT = 24,
	MARK = 25,
	USE = 30,
	ID = 31,
	STATUS = 32,
	HELPER_NAME = 55,
	ZONE = 61,
	SECCTX = 62,
	TIMESTAMP_START = 63,
	TIMESTAMP_STOP = 64,
	HELPER_INFO = 65,
	CONNLABELS = 66,
	CONNLABELS_MASK = 67,
	ORIG_ZONE = 68,
	TIMESTAMP_EVENT = 75,
};
enum { EXP_MASTER = 0, EXP_EXPECTED = 1, EXP_MASK = 2, EXP_TIMEOUT = 3, EXP_NAT_TUPLE = 8 };
enum { GRP_ORIG_IPV4 = 0, GRP_ORIG_PORT = 4 };
/* Object options: questions about ports, and their undoing; the reply tuple from the original one. */
enum { IS_SPAT = 2, IS_DPAT = 3, SETUP_REPLY = 5 };
/* Where the protocol of the original tuple is stored, set or not. */
#define ORIG_L4PROTO_AT 33
#define IPS_EXPECTED 1

/* A number of an attribute, valid more often than not. */
unsigned any_attribute(struct walk *w);
/* A value for an attribute, often one that means something. */
void any_value(struct walk *w, const struct attribute *attribute, uint8_t value[32]);

#endif
