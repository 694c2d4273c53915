/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * NULL everywhere: each of the public functions with nothing but zeros for arguments. Those of the original
 * end the process for most of them; ours come back with their failure value and EINVAL. Needs namespaces of its
 * own, of mounts too.
 */
#include "../walk/functions.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#define DECLARE(result, name, parameters) extern result name parameters;
PUBLIC_FUNCTIONS(DECLARE)
#undef DECLARE

/* Any function, called with the registers that arguments come in all zero. */
typedef uint64_t any_function(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t);

static const struct {
	const char *name, *result;
	any_function *call;
} functions[FUNCTIONS] = {
#define ROW(result, name, parameters) { #name, #result, (any_function *)(void *)name },
	PUBLIC_FUNCTIONS(ROW)
#undef ROW
};

/* For whom zeros are good arguments, or NULL has a meaning; the others must complain. */
static const struct {
	const char *name;
	int error;                /* what errno says; 0 for nothing */
	any_function *release; /* of the new object that it returns */
} zeros_are_fine[] = {
	{ "nfct_open", 0, (any_function *)(void *)nfct_close },
	{ "nfct_new", 0, (any_function *)(void *)nfct_destroy },
	{ "nfct_bitmask_new", 0, (any_function *)(void *)nfct_bitmask_destroy },
	{ "nfct_filter_create", 0, (any_function *)(void *)nfct_filter_destroy },
	{ "nfct_filter_dump_create", 0, (any_function *)(void *)nfct_filter_dump_destroy },
	{ "nfexp_new", 0, (any_function *)(void *)nfexp_destroy },
	{ "nfct_maxsize", 0, NULL },
	{ "nfexp_maxsize", 0, NULL },
	{ "nfct_labels_get_path", 0, NULL },
	{ "nfct_bitmask_destroy", 0, NULL },
	{ "nfct_labelmap_new", ENOENT, NULL }, /* the usual file, which main() makes sure is missing */
	{ "nfct_filter_detach", ENOTSOCK, NULL }, /* descriptor 0 */
};

/* What failure looks like, taken as 32 bits: 0 and NULL, or -1. */
static bool is_failure(uint64_t result)
{
	return (uint32_t)result == 0 || (uint32_t)result == UINT32_MAX;
}

static bool is_fine(size_t at)
{
	uint64_t result;
	int error;

	errno = 0;
	result = functions[at].call(0, 0, 0, 0, 0, 0, 0);
	error = errno;
	for (size_t i = 0; i < sizeof(zeros_are_fine) / sizeof(*zeros_are_fine); i++) {
		if (strcmp(zeros_are_fine[i].name, functions[at].name) != 0)
			continue;
		if (zeros_are_fine[i].release && result != 0)
			zeros_are_fine[i].release(result, 0, 0, 0, 0, 0, 0);
		if (error == zeros_are_fine[i].error && (result != 0 || !zeros_are_fine[i].release))
			return true;
		printf("%s: errno %d\n", functions[at].name, error);
		return false;
	}
	if (strcmp(functions[at].result, "void") == 0)
		result = 0; /* what is left in the register is nobody's business */
	else if (strcmp(functions[at].result, "bool") == 0 || strncmp(functions[at].result, "uint8_t", 7) == 0)
		result &= 0xff;
	else if (strncmp(functions[at].result, "uint16_t", 8) == 0)
		result &= 0xffff;
	if (error == EINVAL && is_failure(result))
		return true;
	printf("%s: result %lld, errno %d\n", functions[at].name, (long long)result, error);
	return false;
}

int main(void)
{
	unsigned wrong = 0;

	if (!freopen("/dev/null", "r", stdin) || mount("none", "/etc", "tmpfs", 0, NULL) != 0)
		return 1;
	for (size_t at = 0; at < FUNCTIONS; at++)
		wrong += !is_fine(at);
	printf("NULL for %d functions, %u of them wrong\n", FUNCTIONS, wrong);
	return wrong > 0 || FUNCTIONS != 105;
}
