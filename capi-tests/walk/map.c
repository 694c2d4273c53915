/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Label maps, from files with sensible and with odd lines.
 *
 * The file lives in memory and is opened by its name under /proc.
 */
#include "walk.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void drop_map(struct walk *w)
{
	if (w->map[0])
		BOTH_VOID(w, nfct_labelmap_destroy, (w->map[s]));
	w->map[0] = w->map[1] = NULL;
}

static void open_map(struct walk *w, const char *path)
{
	struct outcome got;

	drop_map(w);
	BOTH(w, got, nfct_labelmap_new, (path));
	same_null(w, &got);
	if (!got.value[0])
		same_errno(w, &got);
	for (int s = 0; s < 2; s++)
		w->map[s] = POINTER(got, s);
}

static void put(FILE *file, struct walk *w, const char *text)
{
	fputs(text, file);
	say(w, "%s", text);
}

/* One line of a map, well formed or not. */
static void put_line(FILE *file, struct walk *w)
{
	static const char *const numbers[] = { "0x1f", "010", " 7", "+5", "-1", "1023", "1024", "0x", "x", "",
		"08", "-0", "99999999999999999999", "# 3", "\t12" };
	static const char *const gaps[] = { " ", "\t", "", "  \t ", "\v\f" };
	static const char *const names[] = { "web", "a b", "three-x", "no_good", "", "web ", "tab\tin", "x\r",
		"zw\303\266lf", "n#1", "0", "long-name-for-a-label-but-not-too-long" };
	char text[32];

	if (once_in(w, 4))
		put(file, w, numbers[below(w, sizeof(numbers) / sizeof(*numbers))]);
	else {
		snprintf(text, sizeof(text), "%u", below(w, once_in(w, 8) ? 1100 : 130));
		put(file, w, text);
	}
	put(file, w, gaps[below(w, once_in(w, 3) ? sizeof(gaps) / sizeof(*gaps) : 1)]);
	if (once_in(w, 3))
		put(file, w, names[below(w, sizeof(names) / sizeof(*names))]);
	else {
		snprintf(text, sizeof(text), "label-%u", below(w, 200));
		put(file, w, text);
	}
	if (once_in(w, 60))
		for (unsigned i = 0, n = 300 + below(w, 30); i < n; i++)
			put(file, w, "abc4");
	if (!once_in(w, 60))
		put(file, w, "\n");
}

static void new_map(struct walk *w)
{
	int fd = memfd_create("labels", 0);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
	char path[64];

	if (!file)
		return;
	for (unsigned i = 0, n = below(w, 20); i < n; i++)
		put_line(file, w);
	fflush(file);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	open_map(w, path);
	fclose(file);
}

/* Files that are none. */
static void odd_map(struct walk *w)
{
	static const char *const paths[] = { NULL, "", "/", "/nonexistent/connlabel.conf", "/dev/null",
		"/proc/self/mem" };
	unsigned which = below(w, sizeof(paths) / sizeof(*paths));
	struct outcome got;

	say(w, "    path %s\n", paths[which] ? paths[which] : "NULL");
	open_map(w, paths[which]);
	BOTH(w, got, nfct_labels_get_path, ());
	same_string(w, &got);
}

static void name_of_bit(struct walk *w)
{
	unsigned bit = once_in(w, 10) ? any_number(w) : below(w, 140);
	struct outcome got;

	if (!w->map[0])
		new_map(w);
	if (!w->map[0])
		return;
	say(w, "    bit %u\n", bit);
	BOTH(w, got, nfct_labelmap_get_name, (w->map[s], bit));
	same_null(w, &got);
	if (got.value[0])
		same_string(w, &got);
}

static void bit_of_name(struct walk *w)
{
	static const char *const names[] = { "web", "a b", "three-x", "no_good", "", "web ", "0", "label-",
		"Web", "nowhere" };
	struct outcome got;
	char text[32];

	if (once_in(w, 2))
		snprintf(text, sizeof(text), "%s", names[below(w, sizeof(names) / sizeof(*names))]);
	else
		snprintf(text, sizeof(text), "label-%u", below(w, 200));
	say(w, "    name \"%s\"\n", text);
	BOTH(w, got, nfct_labelmap_get_bit, (w->map[s], text));
	same_value(w, &got);
}

/* Every name of the map at once. */
static void look_at_map(struct walk *w)
{
	struct outcome got;

	for (unsigned bit = 0; w->map[0] && bit < 1030; bit++) {
		BOTH(w, got, nfct_labelmap_get_name, (w->map[s], bit));
		same_null(w, &got);
		if (!got.value[0])
			break;
		same_string(w, &got);
	}
}

const struct operation map_operations[] = {
	{ "a new label map", 3, new_map },
	{ "a label map from something else", 1, odd_map },
	{ "the name of a label", 2, name_of_bit },
	{ "the bit of a label", 3, bit_of_name },
	{ "every name of the map", 1, look_at_map },
	{ 0 },
};
