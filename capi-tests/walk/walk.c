/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The differential walk: the same random calls on two libraries in one process, every observable result
 * compared.
 *
 *     walk [options] FIRST.so SECOND.so
 *     --seed N       where the random sequence starts (1)
 *     --rounds N     how many rounds (10000)
 *     --round N      this round alone, told call by call
 *     --given FILE   the messages of a file instead of rounds: one a line, in hexadecimal (given.c)
 *     --bend         prove that each comparison can fail: disturb each function on the second side in turn
 *     --keep-going   do not stop at the first mismatch
 *
 * A mismatch is told with seed, round, the operations of the round and both values. The exit status is 0 when
 * nothing differed, 1 when something did, 2 when a library ended the process, 3 when the walk could not be
 * made.
 */
#include "walk.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const struct operation *const operations[] = { flow_operations, text_operations, expect_operations,
	view_operations, mask_operations, map_operations, build_operations, parse_operations, filter_operations,
	dump_operations, kernel_operations };
#define TABLES (sizeof(operations) / sizeof(*operations))

struct options {
	uint64_t seed, rounds, only;
	bool one_round, bend, keep_going;
	const char *paths[2], *given;
};

static unsigned total_weight(void)
{
	static unsigned total;

	if (total)
		return total;
	for (size_t table = 0; table < TABLES; table++)
		for (const struct operation *o = operations[table]; o->name; o++)
			total += o->weight;
	return total;
}

static const struct operation *any_operation(struct walk *w)
{
	unsigned left = below(w, total_weight());

	for (size_t table = 0; table < TABLES; table++)
		for (const struct operation *o = operations[table]; o->name; o++) {
			if (left < o->weight)
				return o;
			left -= o->weight;
		}
	abort();
}

static void start_round(struct walk *w)
{
	static const char *const zones[] = { "UTC", "EST5EDT4,M3.2.0,M11.1.0", "IST-5:30",
		"NZST-12NZDT,M9.5.0,M4.1.0/3" };

	start_random(w);
	set_clock(1600000000 + below(w, sizeof(time_t) > 4 ? 900000000 : 500000000), below(w, 1000000000));
	setenv("TZ", zones[below(w, 4)], 1);
	tzset();
	for (int i = 0; i < FLOWS; i++) {
		new_flow(w, &w->flows[i]);
		if (once_in(w, 2))
			make_real(w, &w->flows[i]);
	}
	for (int i = 0; i < EXPECTS; i++)
		new_expect(w, &w->expects[i]);
	new_masks(w);
}

static void look_at_all(struct walk *w)
{
	say(w, "look at everything once more\n");
	for (int i = 0; i < FLOWS; i++)
		look_at_flow(w, &w->flows[i]);
	for (int i = 0; i < EXPECTS; i++)
		look_at_expect(w, &w->expects[i]);
	for (int i = 0; i < MASKS; i++)
		look_at_mask(w, (const struct nfct_bitmask *const *)w->masks[i].bits);
}

static void end_round(struct walk *w)
{
	for (int i = 0; i < FLOWS; i++)
		drop_flow(w, &w->flows[i]);
	for (int i = 0; i < EXPECTS; i++)
		drop_expect(w, &w->expects[i]);
	drop_masks(w);
	drop_map(w);
	drop_dump(w);
}

static void take_steps(struct walk *w)
{
	for (unsigned left = 8 + below(w, 40); left > 0; left--) {
		const struct operation *operation = any_operation(w);

		say(w, "%s\n", operation->name);
		operation->run(w);
	}
}

/* One round; false when the libraries differed. What a broken-off round made is lost. */
static bool run_round(struct walk *w, uint64_t round)
{
	w->round = round;
	w->in_round = true;
	if (setjmp(w->end_of_round) != 0) {
		w->in_round = false;
		w->map[0] = w->map[1] = NULL;
		w->dump[0] = w->dump[1] = NULL;
		return false;
	}
	start_round(w);
	take_steps(w);
	look_at_all(w);
	end_round(w);
	w->in_round = false;
	return true;
}

/* Repeats a round, told call by call; whether it differs. */
static bool tell_round(struct walk *w, uint64_t round)
{
	bool is_same;

	printf("seed %" PRIu64 " round %" PRIu64 ":\n", w->seed, round);
	if (w->has_namespaces)
		open_namespaces(); /* with empty tables */
	w->verbose = true;
	is_same = run_round(w, round);
	w->verbose = false;
	printf("%s; repeat with --seed %" PRIu64 " --round %" PRIu64 "\n",
		is_same ? "no difference" : "a difference", w->seed, round);
	return !is_same;
}

static uint64_t run_rounds(struct walk *w, const struct options *options)
{
	uint64_t round;

	for (round = 0; round < options->rounds; round++) {
		if (run_round(w, round))
			continue;
		w->mismatches++;
		if (w->bend == NO_BEND)
			tell_round(w, round);
		if (!options->keep_going)
			return round + 1;
	}
	return round;
}

/* Messages that are given. */

static size_t read_line(FILE *file, uint8_t *bytes, size_t room)
{
	size_t len = 0;
	unsigned byte;

	while (len < room && fscanf(file, "%2x", &byte) == 1) {
		int next = fgetc(file);

		bytes[len++] = (uint8_t)byte;
		if (next == '\n' || next == EOF)
			break;
		ungetc(next, file);
	}
	return len;
}

/* Compares the libraries on every message of a file; a difference is told call by call. */
static int run_given(struct walk *w, const char *path)
{
	static uint8_t bytes[8192];
	FILE *file = fopen(path, "r");
	unsigned count = 0;
	size_t len;

	if (!file) {
		perror(path);
		return 3;
	}
	while ((len = read_line(file, bytes, sizeof(bytes))) > 0) {
		count++;
		if (compare_given(w, bytes, len))
			continue;
		w->mismatches++;
		w->verbose = true;
		printf("input %u:\n", count);
		compare_given(w, bytes, len);
		w->verbose = false;
	}
	fclose(file);
	print_summary(w, count);
	return w->mismatches || count == 0;
}

/* The test of the walk itself. */

/* Whether a disturbance of one function's results is noticed, tried in a child. */
static bool is_noticed(struct walk *w, const struct options *options, int function, int bend)
{
	int status = 0;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		w->bend = bend;
		w->bend_function = function;
		if (w->has_namespaces)
			open_namespaces(); /* what an earlier disturbance left in a table shall not be noticed
					    */
		run_rounds(w, options);
		_exit(w->mismatches ? 0 : 1);
	}
	return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
		WEXITSTATUS(status) == 0;
}

/*
 * What cannot be noticed: memory that is not given back (a matter for valgrind), calls about what the kernel
 * has not got, and a function that 1.0.9 has not got.
 */
static bool is_hidden(const struct walk *w, int function)
{
	const char *name = function_names[function];
	size_t len = strlen(name);

	return (len > 8 && strcmp(name + len - 8, "_destroy") == 0) ||
		function == F_nfct_filter_dump_set_attr_u16 ||
		(!w->has_expectations && strncmp(name, "nfexp_callback_", 15) == 0);
}

/* Disturbs everything that a clean run has compared; false when something goes unnoticed. */
static bool bend_each(struct walk *w, const struct options *options)
{
	static const char *const what[BENDS] = { "", "result", "bytes", "call left out" };
	unsigned tried = 0, unnoticed = 0, idle = 0;

	for (int i = 0; i < FUNCTIONS; i++) {
		bool is_compared = false;

		for (int bend = BEND_RESULT; bend < BENDS; bend++) {
			if (!w->seen[i][bend] || is_hidden(w, i))
				continue;
			is_compared = true;
			tried++;
			if (is_noticed(w, options, i, bend))
				continue;
			unnoticed++;
			printf("NOT NOTICED: %s, %s\n", function_names[i], what[bend]);
		}
		if (is_compared || is_hidden(w, i))
			continue;
		idle++;
		printf("not walked: %s\n", function_names[i]);
	}
	if (!w->has_expectations)
		printf("SKIP expectations in the kernel: it has no helper for FTP\n");
	printf("disturbances %u, noticed %u; functions not walked %u\n", tried, tried - unnoticed, idle);
	return unnoticed == 0 && (idle == 0 || !w->has_namespaces);
}

static bool read_number(const char *text, uint64_t *number)
{
	char *end;

	if (!text)
		return false;
	*number = strtoull(text, &end, 0);
	return *text && !*end;
}

static bool read_options(int count, char **words, struct options *options)
{
	int paths = 0;

	*options = (struct options){ .seed = 1, .rounds = 10000 };
	for (int i = 1; i < count; i++) {
		if (strcmp(words[i], "--bend") == 0)
			options->bend = true;
		else if (strcmp(words[i], "--keep-going") == 0)
			options->keep_going = true;
		else if (strcmp(words[i], "--seed") == 0 && read_number(words[i + 1], &options->seed))
			i++;
		else if (strcmp(words[i], "--rounds") == 0 && read_number(words[i + 1], &options->rounds))
			i++;
		else if (strcmp(words[i], "--round") == 0 && read_number(words[i + 1], &options->only))
			options->one_round = true, i++;
		else if (strcmp(words[i], "--given") == 0 && words[i + 1])
			options->given = words[++i];
		else if (words[i][0] != '-' && paths < 2)
			options->paths[paths++] = words[i];
		else
			return false;
	}
	return paths == 2;
}

/* Opens both libraries; says what is missing. */
static bool prepare(struct walk *w, const struct options *options)
{
	for (int s = 0; s < 2; s++)
		if (!open_library(&w->lib[s], options->paths[s]))
			return false;
	if (!are_different(&w->lib[0], &w->lib[1]) || !is_complete(&w->lib[0]) || !is_complete(&w->lib[1]))
		return false;
	w->seed = options->seed;
	w->has_namespaces = open_namespaces();
	if (!w->has_namespaces)
		printf("SKIP handles on the kernel: no network namespaces are to be had\n");
	watch_for_death(w);
	return true;
}

int main(int count, char **words)
{
	static struct walk w;
	struct options options;
	uint64_t rounds;

	if (!read_options(count, words, &options)) {
		fprintf(stderr,
			"usage: walk [--seed N] [--rounds N] [--round N] [--given FILE] [--bend] "
			"[--keep-going] FIRST SECOND\n");
		return 3;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!prepare(&w, &options))
		return 3;
	if (options.one_round)
		return tell_round(&w, options.only);
	if (options.given)
		return run_given(&w, options.given);
	rounds = run_rounds(&w, &options);
	if (options.bend && w.mismatches == 0) {
		printf("rounds %" PRIu64 ", calls %" PRIu64 ", mismatches 0\n", rounds, w.calls);
		return bend_each(&w, &options) ? 0 : 1;
	}
	print_summary(&w, rounds);
	return w.mismatches ? 1 : 0;
}
