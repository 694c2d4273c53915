/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of the differential walk share.
 *
 * Each operation is done on both libraries, each with its own objects; what a caller can observe is compared
 * at once. A round starts with fresh objects and a random sequence that depends on nothing but the seed and
 * the round's number, so any round can be repeated alone.
 */
#ifndef WALK_H
#define WALK_H

#include "functions.h"

#include <errno.h>
#include <setjmp.h>
#include <stdio.h>

/* Whether the kernel keeps labels in longs whose upper half comes first. */
#define HAS_LABEL_WORDS (IS_BIG_ENDIAN && sizeof(long) == 8)
/* Whether the most significant byte of a number comes first, and how many seconds a time has. */
#define IS_BIG_ENDIAN (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
#define TIME_MAX (sizeof(time_t) > 4 ? INT64_MAX : INT32_MAX)

/*
 * Differences that are known and decided: those that docs/differences.md lists, and what 1.0.9 has not got
 * yet. A call that would show one is not made, or not compared, and is counted.
 */
#define KNOWN_DIFFERENCES(X) \
	X(K_NEWER_ATTRIBUTE, "newer-attribute", \
		"attribute 75 (TIMESTAMP_EVENT) is not known to 1.0.9, and copying it aborts in 1.1.1") \
	X(K_OBJECT_SIZE, "object-size", "a conntrack object has eight bytes more since 1.1.1") \
	X(K_NARROW_SETTER, "narrow-setter", \
		"a setter narrower than its attribute leaves the upper bytes to chance in the original; " \
		"ours are zero") \
	X(K_OTHER_WIDTH, "other-width", \
		"on big-endian machines the original takes a number of another width than the attribute's from " \
		"the wrong end; ours is the number") \
	X(K_LABEL_WORDS, "label-words", \
		"on 64-bit big-endian machines the original takes the two words of a long of labels in the " \
		"wrong order") \
	X(K_LATE, "late-time", "where a time_t has 32 bits, the original wraps times after January 2038") \
	X(K_HELPER_INFO_LENGTH, "helper-info-length", \
		"the original forgets the length of helper info set by the program, and sends it empty") \
	X(K_HELPER_INFO_OVERREAD, "helper-info-overread", \
		"the original reads beyond helper info that replaced a longer one from a message") \
	X(K_OVERRIDE_LEAK, "override-leak", \
		"an OVERRIDE copy forgets what its target owned, by contract: the target may be " \
		"uninitialised") \
	X(K_VIEW_PRESENCE, "view-presence", \
		"the tuple of an expectation shows attributes as set that lie after the expectation, or in " \
		"blocks, in the original") \
	X(K_VIEW_BLOCK, "view-block", \
		"a clone of an expectation's tuple takes other fields of it for a pointer, in the original") \
	X(K_VIEW_MARK, "view-mark", \
		"an attribute that lies where ours notes that a neighbour is a tuple of an expectation") \
	X(K_VIEW_TEXT, "view-text", \
		"in a tuple of an expectation the original reads a name without NUL, and what stands after one") \
	X(K_VIEW_WRITE, "view-write", \
		"what is set in an expectation's tuple and does not belong to it overwrites other fields, in " \
		"the original") \
	X(K_NAT_PORTS, "nat-ports", \
		"the original takes the type, code and id of ICMP, and what unknown protocols have, for ports") \
	X(K_FATAL_LENGTH, "fatal-length", \
		"the original ends the process on a known attribute of a wrong length") \
	X(K_MEMORY_DAMAGE, "memory-damage", "attributes by which the original writes outside its arrays") \
	X(K_UNBOUNDED_TEXT, "unbounded-text", \
		"the original reads a string without NUL beyond its attribute") \
	X(K_UNALIGNED_END, "unaligned-end", \
		"of a message whose length is no multiple of four the original reads up to three bytes " \
		"too many") \
	X(K_CONTRADICTION, "contradiction", \
		"a nest twice in a message, or two attributes for one place: the original has an order of " \
		"its own") \
	X(K_FAILED_PARSE, "failed-parse", \
		"nfct_parse_conntrack tells the type of a message that it could not read, in the original") \
	X(K_NEWER_LENGTH, "newer-length", \
		"a wrong length of an attribute that the original does not know, or does not check") \
	X(K_CRIPPLED_REQUEST, "crippled-request", \
		"an object that cannot be encoded whole: the original sends what there is, even a DELETE " \
		"that flushes all") \
	X(K_UNTOUCHED_BUFFER, "untouched-buffer", \
		"a failed nfct_build_conntrack or nfexp_build_expect: 1.0.9 leaves the buffer, 1.1.0 " \
		"clears it") \
	X(K_SMALL_BUFFER, "small-buffer", \
		"the original writes beyond a buffer that is too small for the message") \
	X(K_FILTER_V6_LIST, "filter-ipv6-list", "1.0.9 tests only the first IPv6 address of a list") \
	X(K_FILTER_LONG_LIST, "filter-long-list", \
		"the original's programs jump too far in lists of 85 addresses or 86 marks") \
	X(K_FILTER_NO_PROTOCOL, "filter-no-protocol", \
		"the original takes the reply tuple for the protocol of a message whose original tuple " \
		"has none") \
	X(K_FILTER_STATES, "filter-states", "the original mixes the state lists of different protocols up") \
	X(K_FILTER_NEWER, "filter-newer", \
		"1.0.9 has no zone filter, and damages memory on protocols from 263 on") \
	X(K_DUMP_NEWER, "dump-newer", "1.0.9 has no zone and no tuple in dump filters") \
	X(K_FLUSH_FILTER, "flush-filter", "1.0.9 takes a family where 1.1.0 takes a filter")

enum known {
#define KNOWN_NUMBER(number, name, reason) number,
	KNOWN_DIFFERENCES(KNOWN_NUMBER)
#undef KNOWN_NUMBER
		KNOWN
};

/* What errno is set to before each call, so that a call that leaves it alone can be told. */
#define UNTOUCHED 12345

#define ATTRS 75 /* conntrack attributes that every version knows */
#define EXPECT_ATTRS 11
#define GROUPS 16

#define FLOWS 4
#define EXPECTS 2
#define MASKS 3

/* A conntrack object on both sides, and what is known of its blocks. */
struct flow {
	struct nf_conntrack *ct[2];
	bool is_block;   /* storage of the caller, never destroyed */
	bool owns;       /* may own a block: labels, helper info, security context */
	bool info_loose; /* its helper info was not parsed, so the original has lost the length */
	size_t info_recorded, info_stored; /* the length that the original noted, and that it allocated */
};

struct expect {
	struct nf_expect *exp[2];
	bool is_block;
};

struct mask {
	struct nfct_bitmask *bits[2];
};

/* What a test of the walk itself disturbs on the second side. */
enum bend { NO_BEND, BEND_RESULT, BEND_BYTES, BEND_SKIP, BENDS };

struct walk {
	struct library lib[2];
	uint64_t seed, round, random;
	bool verbose, has_namespaces, has_expectations;

	/* the call at hand, for reports */
	enum function function;
	int side;
	bool in_round;

	uint64_t calls, mismatches;
	uint64_t known[KNOWN];
	bool seen[FUNCTIONS][BENDS];
	enum function bend_function;
	enum bend bend;
	jmp_buf end_of_round;

	struct flow flows[FLOWS];
	struct expect expects[EXPECTS];
	struct mask masks[MASKS];
	struct nfct_labelmap *map[2];
	struct nfct_filter_dump *dump[2];
};

/* The result of one call on both sides; pointers are kept as numbers. */
struct outcome {
	enum function function;
	int64_t value[2];
	int error[2];
};

/*
 * Calls a function of both libraries: `s` in the arguments is the side, 0 or 1. The outcome is compared by
 * the caller, who knows what of it is promised.
 */
#define BOTH(w, got, name, arguments) \
	do { \
		begin_call((w), &(got), F_##name); \
		for (int s = 0; s < 2; s++) { \
			(w)->side = s; \
			errno = UNTOUCHED; \
			(got).value[s] = (int64_t)(intptr_t)(w)->lib[s].name arguments; \
			(got).error[s] = errno; \
		} \
		end_call((w), &(got)); \
	} while (0)

/* The same for a function without result. */
#define BOTH_VOID(w, name, arguments) \
	do { \
		struct outcome got_; \
		begin_call((w), &got_, F_##name); \
		for (int s = 0; s < 2; s++) { \
			(w)->side = s; \
			errno = UNTOUCHED; \
			if (!is_skipped((w), F_##name, s)) \
				(w)->lib[s].name arguments; \
			got_.value[s] = 0; \
			got_.error[s] = errno; \
		} \
		end_call((w), &got_); \
	} while (0)

#define POINTER(got, s) ((void *)(intptr_t)(got).value[s])

/* check.c: comparing and reporting. A difference ends the round. */
void begin_call(struct walk *w, struct outcome *got, enum function function);
void end_call(struct walk *w, const struct outcome *got);
bool is_skipped(struct walk *w, enum function function, int side);
void same_value(struct walk *w, const struct outcome *got);
void same_null(struct walk *w, const struct outcome *got);
void same_errno(struct walk *w, const struct outcome *got);
/* Value and errno. */
void same_all(struct walk *w, const struct outcome *got);
void same_bytes(struct walk *w, enum function function, const void *first, const void *second, size_t len);
/* The strings that both pointers lead to. */
void same_string(struct walk *w, const struct outcome *got);
/* A condition of the second side that is ours alone to keep; not asked of the original. */
void ours_must(struct walk *w, enum function function, bool holds, const char *what);
void count_known(struct walk *w, enum known known);
void say(struct walk *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
void say_bytes(struct walk *w, const char *what, const void *bytes, size_t len);
void print_summary(const struct walk *w, uint64_t rounds);
/* Tells which call was at work when a library ends the process or crashes. */
void watch_for_death(struct walk *w);

/* random.c */
uint64_t any(struct walk *w);
/* A number from 0 to n - 1. */
unsigned below(struct walk *w, unsigned n);
/* True once in n times. */
bool once_in(struct walk *w, unsigned n);
void any_bytes(struct walk *w, void *bytes, size_t len);
/* A number that is often small or at an edge. */
uint32_t any_number(struct walk *w);
/* A printable string of up to max characters, with its NUL. */
void any_text(struct walk *w, char *text, size_t max);
void start_random(struct walk *w);

/* given.c: compares the two on a message that is given; false when they differ. */
bool compare_given(struct walk *w, const uint8_t *bytes, size_t len);

/* clock.c: the wall clock that both libraries see; at 0 the system's own. */
void set_clock(uint64_t seconds, uint32_t nanoseconds);
/* Stops it where it is. */
void stop_clock(void);

/* An operation of the walk; the weight is how often it comes compared with the others. */
struct operation {
	const char *name;
	unsigned weight;
	void (*run)(struct walk *w);
};

/* One table of operations for each part, ended by a row without name. */
extern const struct operation flow_operations[], text_operations[], expect_operations[], view_operations[],
	mask_operations[], map_operations[], build_operations[], parse_operations[], filter_operations[], dump_operations[],
	kernel_operations[];

/* flow.c */
void new_flow(struct walk *w, struct flow *f);
void drop_flow(struct walk *w, struct flow *f);
/* Sets what makes a flow: family, addresses, protocol, ports and, mostly, their mirror. */
void make_real(struct walk *w, struct flow *f);
void look_at_flow(struct walk *w, const struct flow *f);
/* The attributes of an original tuple, as a view that an expectation gives. */
void look_at_view(struct walk *w, struct nf_conntrack *const view[2]);
struct flow *any_flow(struct walk *w);
bool has_no_ports(struct walk *w, const struct flow *f, unsigned option);

/* text.c, build.c: printing in any style, building the attributes (whether all of them could be), and a query. */
void print_any(struct walk *w, const struct flow *f);
bool build_attributes(struct walk *w, const struct flow *f);
void query_any(struct walk *w, const struct flow *f);

/* expect.c */
void new_expect(struct walk *w, struct expect *e);
void drop_expect(struct walk *w, struct expect *e);
void look_at_expect(struct walk *w, const struct expect *e);
struct expect *any_expect(struct walk *w);

/* mask.c */
void new_masks(struct walk *w);
void drop_masks(struct walk *w);
void any_mask(struct walk *w, struct nfct_bitmask *bits[2]);
void look_at_mask(struct walk *w, const struct nfct_bitmask *const bits[2]);

/* kernel.c: a network namespace for each side, with an empty table; false when there are none to be had. */
bool open_namespaces(void);

/* map.c, dump.c */
void drop_map(struct walk *w);
void drop_dump(struct walk *w);

#endif
