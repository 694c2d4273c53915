/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A shim before the original library that falsifies what programs get from it: addresses, marks, label bits, text.
 * Loaded by LD_PRELOAD. Every scenario of this folder must notice it (run.sh --against liar).
 */
#include <dlfcn.h>
#include <stdint.h>
#include <string.h>

#define LIBRARY "libnetfilter_conntrack.so.3"

enum { ORIG_IPV4_SRC = 0, ORIG_IPV6_SRC = 4, MARK = 25 };

static void *real(const char *name)
{
	void *library = dlopen(LIBRARY, RTLD_LAZY);

	return library ? dlsym(library, name) : NULL;
}

/* The first digit after a source address's label becomes another one. */
static int lie(char *text, unsigned int size, int length)
{
	static const char *const labels[] = { "src=", "<src>" };
	char *at = NULL;

	for (unsigned int i = 0; !at && length > 0 && size > 0 && i < 2; i++)
		at = strstr(text, labels[i]);
	if (at && (at = strpbrk(at, "0123456789")))
		*at = *at == '9' ? '1' : *at + 1;
	return length;
}

int nfct_snprintf(char *text, unsigned int size, const void *flow, unsigned int kind, unsigned int form, unsigned int flags)
{
	int (*f)(char *, unsigned int, const void *, unsigned int, unsigned int, unsigned int) = real(__func__);

	return lie(text, size, f(text, size, flow, kind, form, flags));
}

int nfct_snprintf_labels(char *text, unsigned int size, const void *flow, unsigned int kind, unsigned int form,
			 unsigned int flags, void *map)
{
	int (*f)(char *, unsigned int, const void *, unsigned int, unsigned int, unsigned int, void *) = real(__func__);

	return lie(text, size, f(text, size, flow, kind, form, flags, map));
}

int nfexp_snprintf(char *text, unsigned int size, const void *expect, unsigned int kind, unsigned int form, unsigned int flags)
{
	int (*f)(char *, unsigned int, const void *, unsigned int, unsigned int, unsigned int) = real(__func__);

	return lie(text, size, f(text, size, expect, kind, form, flags));
}

uint32_t nfct_get_attr_u32(const void *flow, int attribute)
{
	uint32_t (*f)(const void *, int) = real(__func__);

	return f(flow, attribute) ^ (attribute == ORIG_IPV4_SRC || attribute == MARK ? 0x03000003 : 0);
}

const void *nfct_get_attr(const void *flow, int attribute)
{
	static unsigned char copy[16];
	const void *(*f)(const void *, int) = real(__func__);
	const void *value = f(flow, attribute);

	if (!value || (attribute != ORIG_IPV4_SRC && attribute != ORIG_IPV6_SRC))
		return value;
	memcpy(copy, value, attribute == ORIG_IPV4_SRC ? 4 : 16);
	copy[3] ^= 3;
	return copy;
}

int nfct_labelmap_get_bit(void *map, const char *name)
{
	int (*f)(void *, const char *) = real(__func__);
	int bit = f(map, name);

	return bit < 0 ? bit : bit ^ 1;
}
