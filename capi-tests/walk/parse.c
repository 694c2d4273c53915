/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading messages into objects.
 *
 * What the original cannot bear is given to ours alone, into an object that is thrown away: it must come
 * back. Of the messages said to end the original's process a few are tried on it, in a child, so that nothing
 * is left out that need not be.
 */
#include "attributes.h"
#include "message.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SURVIVED 77

static struct message message;

static const struct nlmsghdr *header(void)
{
	return (const struct nlmsghdr *)message.bytes;
}

/* A message that the original builds of one of the objects, whole or broken. */
static void built_message(struct walk *w, enum subsystem subsystem)
{
	const struct library *original = &w->lib[0];
	struct nlmsghdr *nlh = (struct nlmsghdr *)(void *)message.bytes;
	uint32_t len;

	memset(&message, 0, sizeof(message)); /* padding is what was there before */
	start_message(
		&message, (uint16_t)(subsystem << 8), once_in(w, 2) ? 0x600 : 0, once_in(w, 2) ? 2 : 10);
	end_message(&message);
	if (subsystem == CONNTRACK)
		original->nfct_nlmsg_build(nlh, any_flow(w)->ct[0]);
	else
		original->nfexp_nlmsg_build(nlh, any_expect(w)->exp[0]);
	memcpy(&len, message.bytes, sizeof(len));
	message.len = len;
	end_message(&message);
	if (once_in(w, 3))
		break_message(w, &message);
	say_bytes(w, "message", message.bytes, message.len);
}

static void next_message(struct walk *w, enum subsystem subsystem)
{
	if (once_in(w, 4))
		built_message(w, subsystem);
	else
		any_message(w, &message, subsystem);
}

/* Runs before all other exit handlers of the child: those of the fuzzer give a status of their own. */
static void end_at_once(void)
{
	_exit(1);
}

static void read_quietly(struct walk *w, enum subsystem subsystem)
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL };
	int nowhere = open("/dev/null", O_WRONLY);
	struct nf_conntrack *ct = w->lib[0].nfct_new();
	struct nf_expect *exp = w->lib[0].nfexp_new();

	w->in_round = false;
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		signal(signals[i], SIG_DFL);
	atexit(end_at_once);
	if (nowhere >= 0)
		dup2(nowhere, STDERR_FILENO);
	if (subsystem == CONNTRACK)
		w->lib[0].nfct_nlmsg_parse(header(), ct);
	else
		w->lib[0].nfexp_nlmsg_parse(header(), exp);
	_exit(SURVIVED);
}

/* Whether the original really ends on the message. */
static void confirm_death(struct walk *w, enum subsystem subsystem)
{
	int status = 0;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0)
		read_quietly(w, subsystem);
	if (child < 0 || waitpid(child, &status, 0) != child)
		return;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != SURVIVED)
		return;
	say(w, "WRONG the original reads a message that the walk takes for fatal\n");
	longjmp(w->end_of_round, 1);
}

/* Ours reads what the original must not see: it may refuse, but returns, and the object stays usable. */
static void read_with_ours(struct walk *w, enum subsystem subsystem)
{
	char text[512];

	if (w->lib[1].is_original)
		return;
	if (subsystem == CONNTRACK) {
		struct nf_conntrack *ct = w->lib[1].nfct_new();
		int result = w->lib[1].nfct_nlmsg_parse(header(), ct);

		ours_must(w, F_nfct_nlmsg_parse, result == 0 || result == -1, "return 0 or -1");
		w->lib[1].nfct_snprintf(text, sizeof(text), ct, 0, 1, 0);
		w->lib[1].nfct_destroy(ct);
	} else {
		struct nf_expect *exp = w->lib[1].nfexp_new();
		int result = w->lib[1].nfexp_nlmsg_parse(header(), exp);

		ours_must(w, F_nfexp_nlmsg_parse, result == 0 || result == -1, "return 0 or -1");
		w->lib[1].nfexp_snprintf(text, sizeof(text), exp, 0, 1, 0);
		w->lib[1].nfexp_destroy(exp);
	}
}

/* Whether the message is one that both may read; if not, counts it and lets ours have it. */
static bool is_readable(struct walk *w, enum subsystem subsystem)
{
	static const struct {
		enum judgement judgement;
		enum known known;
	} rows[] = {
		{ TAIL, K_UNALIGNED_END },
		{ DAMAGE, K_MEMORY_DAMAGE },
		{ FATAL, K_FATAL_LENGTH },
		{ UNBOUNDED, K_UNBOUNDED_TEXT },
		{ NEWER, K_NEWER_LENGTH },
		{ CONTRADICTION, K_CONTRADICTION },
		{ LABEL_WORDS, K_LABEL_WORDS },
		{ LATE, K_LATE },
	};
	unsigned judgement = judge(&message, subsystem);

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (!(judgement & rows[i].judgement))
			continue;
		count_known(w, rows[i].known);
		if (rows[i].judgement == FATAL && once_in(w, 400))
			confirm_death(w, subsystem);
		read_with_ours(w, subsystem);
		return false;
	}
	return true;
}

/* The deprecated function: the original's tells the type of a message even when it could not read it. */
static void same_type(struct walk *w, const struct outcome *got)
{
	bool is_refused = judge(&message, CONNTRACK) & TOO_LONG && got->value[0] > 0;

	if (is_refused && !w->lib[1].is_original) {
		count_known(w, K_FAILED_PARSE);
		ours_must(w, got->function, got->value[1] == -1, "return -1 for a message that it refuses");
	} else {
		same_value(w, got);
	}
}

static struct outcome read_flow(struct walk *w, const struct flow *f)
{
	unsigned mask = once_in(w, 2) ? 7 : below(w, 9),
		 family = once_in(w, 8) ? any_number(w) & 0xffff : below(w, 11);
	struct outcome got;

	switch (below(w, 3)) {
	case 0:
		BOTH(w, got, nfct_nlmsg_parse, (header(), f->ct[s]));
		same_value(w, &got);
		break;
	case 1:
		say(w, "    mask %u\n", mask);
		BOTH(w, got, nfct_parse_conntrack, ((int)mask, header(), f->ct[s]));
		same_type(w, &got);
		break;
	default:
		say(w, "    family %u\n", family);
		BOTH(w, got, nfct_payload_parse,
			(area_of(&message), area_len(&message), (uint16_t)family, f->ct[s]));
		same_value(w, &got);
	}
	return got;
}

static void note_info(struct flow *f)
{
	size_t len;

	if (!has_helper_info(&message, &len))
		return;
	f->info_recorded = f->info_stored = len;
	f->info_loose = false;
}

/* The message into an object; false when it is not for both. */
static bool into_flow(struct walk *w, struct flow *f)
{
	unsigned judgement = judge(&message, CONNTRACK);
	struct outcome got;

	if ((f->is_block && has_blocks(&message)) || !is_readable(w, CONNTRACK))
		return false;
	got = read_flow(w, f);
	f->owns |= has_blocks(&message);
	if (judgement & TOO_LONG) {
		drop_flow(w, f);
		new_flow(w, f);
		return true;
	}
	if (got.function != F_nfct_parse_conntrack || got.value[0] != 0)
		note_info(f);
	look_at_flow(w, f);
	return true;
}

static bool into_expect(struct walk *w, struct expect *e)
{
	unsigned mask = once_in(w, 2) ? 7 : below(w, 9);
	struct outcome got;

	if (!is_readable(w, EXPECT))
		return false;
	if (once_in(w, 2))
		BOTH(w, got, nfexp_nlmsg_parse, (header(), e->exp[s]));
	else
		BOTH(w, got, nfexp_parse_expect, ((int)mask, header(), e->exp[s]));
	same_value(w, &got);
	look_at_expect(w, e);
	return true;
}

static void parse_flow(struct walk *w)
{
	struct flow *f = any_flow(w);

	next_message(w, CONNTRACK);
	into_flow(w, f);
}

static void parse_expect(struct walk *w)
{
	struct expect *e = any_expect(w);

	next_message(w, EXPECT);
	into_expect(w, e);
}

bool read_given(struct walk *w, enum subsystem subsystem, const struct message *given)
{
	bool is_read = true;

	message = *given;
	say_bytes(w, "message", message.bytes, message.len);
	for (int i = 0; i < FLOWS && subsystem == CONNTRACK && is_read; i++)
		is_read = into_flow(w, &w->flows[i]);
	for (int i = 0; i < EXPECTS && subsystem == EXPECT && is_read; i++)
		is_read = into_expect(w, &w->expects[i]);
	return is_read;
}

const struct operation parse_operations[] = {
	{ "read a flow", 12, parse_flow },
	{ "read an expectation", 5, parse_expect },
	{ 0 },
};
