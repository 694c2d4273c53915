/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Comparing what the two libraries did, and telling where they differ.
 *
 * Each comparison first lets a test of the walk disturb the second side (`bend`), so that every one of them
 * can be shown to fail.
 */
#include "walk.h"

#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
	const char *name, *reason;
} known_differences[KNOWN] = {
#define KNOWN_ROW(number, name, reason) { name, reason },
	KNOWN_DIFFERENCES(KNOWN_ROW)
#undef KNOWN_ROW
};

void say(struct walk *w, const char *format, ...)
{
	va_list arguments;

	if (!w->verbose)
		return;
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
}

void say_bytes(struct walk *w, const char *what, const void *bytes, size_t len)
{
	const unsigned char *at = bytes;

	if (!w->verbose)
		return;
	printf("    %s (%zu bytes):", what, len);
	for (size_t i = 0; i < len; i++)
		printf("%s%02x", i % 4 ? "" : " ", at[i]);
	putchar('\n');
}

void count_known(struct walk *w, enum known known)
{
	w->known[known]++;
	say(w, "    not compared: %s\n", known_differences[known].name);
}

void begin_call(struct walk *w, struct outcome *got, enum function function)
{
	got->function = w->function = function;
}

void end_call(struct walk *w, const struct outcome *got)
{
	w->calls++;
	say(w, "    %s = %" PRId64 " | %" PRId64 ", errno %d | %d\n", function_names[got->function],
		got->value[0], got->value[1], got->error[0], got->error[1]);
}

/* Whether the test at hand disturbs this; notes that it could. */
static bool is_bent(struct walk *w, enum function function, enum bend bend)
{
	w->seen[function][bend] = true;
	return w->bend == bend && w->bend_function == function;
}

bool is_skipped(struct walk *w, enum function function, int side)
{
	return is_bent(w, function, BEND_SKIP) && side == 1;
}

static _Noreturn void differ(struct walk *w)
{
	longjmp(w->end_of_round, 1);
}

void same_value(struct walk *w, const struct outcome *got)
{
	int64_t second = got->value[1] ^ is_bent(w, got->function, BEND_RESULT);

	if (got->value[0] == second)
		return;
	say(w, "DIFFERENT %s returned %" PRId64 " (0x%" PRIx64 ") and %" PRId64 " (0x%" PRIx64 ")\n",
		function_names[got->function], got->value[0], (uint64_t)got->value[0], second,
		(uint64_t)second);
	differ(w);
}

void same_null(struct walk *w, const struct outcome *got)
{
	bool first = got->value[0] == 0;
	bool second = (got->value[1] == 0) ^ is_bent(w, got->function, BEND_RESULT);

	if (first == second)
		return;
	say(w, "DIFFERENT %s returned %s and %s\n", function_names[got->function],
		first ? "NULL" : "a pointer", second ? "NULL" : "a pointer");
	differ(w);
}

void same_errno(struct walk *w, const struct outcome *got)
{
	if (got->error[0] == got->error[1])
		return;
	say(w, "DIFFERENT %s left errno %d (%s) and %d (%s)\n", function_names[got->function], got->error[0],
		got->error[0] == UNTOUCHED ? "untouched" : strerror(got->error[0]), got->error[1],
		got->error[1] == UNTOUCHED ? "untouched" : strerror(got->error[1]));
	differ(w);
}

void same_all(struct walk *w, const struct outcome *got)
{
	same_value(w, got);
	same_errno(w, got);
}

static void say_text(struct walk *w, const char *what, const unsigned char *bytes, size_t len)
{
	if (!w->verbose)
		return;
	printf("    %s \"", what);
	for (size_t i = 0; i < len && bytes[i]; i++)
		printf(bytes[i] >= ' ' && bytes[i] < 0x7f ? "%c" : "\\x%02x", bytes[i]);
	printf("\"\n");
}

void same_bytes(struct walk *w, enum function function, const void *first, const void *second, size_t len)
{
	const unsigned char *a = first, *b = second;
	bool bent = is_bent(w, function, BEND_BYTES) && len > 0;
	size_t at = 0;

	if (!bent && memcmp(a, b, len) == 0)
		return;
	while (!bent && a[at] == b[at])
		at++;
	say_text(w, "first:  ", a, len);
	say_text(w, "second: ", b, len);
	say_bytes(w, "first: ", a, len < at + 256 ? len : at + 256);
	say_bytes(w, "second:", b, len < at + 256 ? len : at + 256);
	say(w, "DIFFERENT bytes of %s, from byte %zu on: 0x%02x and 0x%02x\n", function_names[function], at,
		a[at], b[at] ^ bent);
	differ(w);
}

void same_string(struct walk *w, const struct outcome *got)
{
	const char *first = POINTER(*got, 0);

	same_bytes(w, got->function, first, POINTER(*got, 1), strlen(first) + 1);
}

void ours_must(struct walk *w, enum function function, bool holds, const char *what)
{
	if (holds || w->lib[1].is_original)
		return;
	say(w, "WRONG %s of the second library must %s\n", function_names[function], what);
	differ(w);
}

void print_summary(const struct walk *w, uint64_t rounds)
{
	for (int i = 0; i < KNOWN; i++)
		printf("known %-20s %10" PRIu64 "  %s\n", known_differences[i].name, w->known[i],
			known_differences[i].reason);
	printf("rounds %" PRIu64 ", calls %" PRIu64 ", mismatches %" PRIu64 "\n", rounds, w->calls,
		w->mismatches);
}

/* The walk to tell about when the process ends unasked. */
static struct walk *watched;

static void tell_death(const char *how)
{
	char text[256];
	int len = snprintf(text, sizeof(text),
		"walk: %s in %s of the %s library (seed %" PRIu64 " round %" PRIu64 ")\n", how,
		function_names[watched->function], watched->side ? "second" : "first", watched->seed,
		watched->round);

	if (write(STDERR_FILENO, text, (size_t)len) != len)
		_exit(3);
}

static void at_signal(int number)
{
	tell_death(number == SIGABRT ? "abort" : "crash");
	_exit(2);
}

static void at_exit(void)
{
	if (!watched->in_round)
		return;
	fflush(stdout);
	tell_death("exit");
	_exit(2);
}

void watch_for_death(struct walk *w)
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL };

	watched = w;
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		signal(signals[i], at_signal);
	atexit(at_exit);
}
