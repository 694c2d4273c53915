/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Shows what a call answers, so that the output of a run on one library can be compared with a run on the
 * other: the call's text, its result, and errno when the result says that it failed.
 */
#ifndef SHOW_H
#define SHOW_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline void show_result(const char *call, long long result, int failed)
{
	int reason = errno;

	printf("%s = %lld", call, result);
	if (failed)
		printf(" (%s)", strerror(reason));
	putchar('\n');
}

/* For calls that answer -1 on failure. */
#define SHOW(call)                                                                                                     \
	do {                                                                                                           \
		errno = 0;                                                                                             \
		long long result_ = (call);                                                                            \
		show_result(#call, result_, result_ < 0);                                                              \
	} while (0)

/* For calls whose answer does not tell: errno is shown whenever it is set. */
#define SHOW_ERRNO(call)                                                                                               \
	do {                                                                                                           \
		errno = 0;                                                                                             \
		long long result_ = (call);                                                                            \
		show_result(#call, result_, errno != 0);                                                               \
	} while (0)

/* Bytes in hexadecimal, sixteen on a line. */
static inline void show_bytes(const char *name, const void *bytes, size_t length)
{
	const unsigned char *byte = bytes;
	size_t i;

	printf("%s, %zu bytes:", name, length);
	for (i = 0; i < length; i++)
		printf("%s%02x", i % 16 == 0 ? "\n  " : " ", byte[i]);
	putchar('\n');
}

/* Ends the program when something that every step after it needs is not there. */
static inline void *need(void *pointer, const char *what)
{
	if (pointer == NULL) {
		printf("%s: %s\n", what, strerror(errno));
		exit(EXIT_FAILURE);
	}
	return pointer;
}

#endif
