/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The differential walk's comparison for the fuzzer: the original out of its file, ours out of this program.
 *
 * Set VERSUS_TELL to have every call told.
 */
#include "../capi-tests/walk/walk.h"

#include <stdlib.h>

#define DECLARE(result, name, parameters) extern result name parameters;
PUBLIC_FUNCTIONS(DECLARE)
#undef DECLARE

static struct walk walk;
static uint8_t input[8192];
static size_t input_len;

static void open_both(void)
{
	const char *path = getenv("ORIGINAL");

	if (!path || !open_library(&walk.lib[0], path) || !walk.lib[0].is_original) {
		fprintf(stderr, "versus: ORIGINAL must name the original library\n");
		exit(3);
	}
#define ADDRESS(result, name, parameters) walk.lib[1].name = name;
	PUBLIC_FUNCTIONS(ADDRESS)
#undef ADDRESS
	if (walk.lib[0].nfct_new == walk.lib[1].nfct_new) {
		fprintf(stderr, "versus: the original is not another library\n");
		exit(3);
	}
	walk.verbose = getenv("VERSUS_TELL");
}

void versus_start(void)
{
	if (!walk.lib[0].handle)
		open_both();
	input_len = 0;
}

void versus_byte(uint8_t byte)
{
	if (input_len < sizeof(input))
		input[input_len++] = byte;
}

bool versus_compare(void)
{
	return compare_given(&walk, input, input_len);
}
