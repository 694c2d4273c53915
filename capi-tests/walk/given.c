/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A comparison of the two libraries on a message that is given: by the fuzzer, or from its kept inputs.
 *
 * The first two bytes choose how the message is read, printed and sent, bit 0 its subsystem; the third is its
 * family; attributes follow.
 */
#include "message.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct message given;

static enum subsystem take(const uint8_t *bytes, size_t len)
{
	enum subsystem subsystem = bytes[0] & 1 ? EXPECT : CONNTRACK;
	size_t area = len - 3;

	if (area > MESSAGE_ROOM / 2)
		area = MESSAGE_ROOM / 2;
	memset(&given, 0, sizeof(given));
	start_message(&given, (uint16_t)(subsystem << 8), bytes[0] & 2 ? 0x600 : 0, bytes[2]);
	memcpy(given.bytes + given.len, bytes + 3, area);
	given.len += area;
	end_message(&given);
	return subsystem;
}

static void run_all(struct walk *w, const struct operation *operation)
{
	for (; operation->name; operation++) {
		say(w, "%s\n", operation->name);
		operation->run(w);
	}
}

static void compare(struct walk *w, const uint8_t *bytes, size_t len)
{
	enum subsystem subsystem = take(bytes, len);

	w->seed = (uint64_t)(bytes[0] | bytes[1] << 8);
	w->round = 0;
	start_random(w);
	setenv("TZ", "UTC", 1);
	tzset();
	stop_clock(); /* not at a second of its own: the fuzzer watches the time, too */
	for (int i = 0; i < FLOWS; i++)
		new_flow(w, &w->flows[i]);
	for (int i = 0; i < EXPECTS; i++)
		new_expect(w, &w->expects[i]);
	new_masks(w);
	if (read_given(w, subsystem, &given)) {
		run_all(w, text_operations);
		run_all(w, build_operations);
	}
	for (int i = 0; i < FLOWS; i++)
		drop_flow(w, &w->flows[i]);
	for (int i = 0; i < EXPECTS; i++)
		drop_expect(w, &w->expects[i]);
	drop_masks(w);
}

bool compare_given(struct walk *w, const uint8_t *bytes, size_t len)
{
	if (len < 3)
		return true;
	w->in_round = true;
	if (setjmp(w->end_of_round) != 0) {
		w->in_round = false;
		set_clock(0, 0);
		return false;
	}
	compare(w, bytes, len);
	set_clock(0, 0);
	w->in_round = false;
	return true;
}
