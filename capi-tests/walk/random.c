/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random values that depend on seed and round alone (the splitmix64 sequence). */
#include "walk.h"

uint64_t any(struct walk *w)
{
	uint64_t z = w->random += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

void start_random(struct walk *w)
{
	w->random = w->seed;
	w->random = any(w) ^ w->round * 0xd1342543de82ef95;
}

unsigned below(struct walk *w, unsigned n)
{
	return (unsigned)(any(w) >> 33) % n;
}

bool once_in(struct walk *w, unsigned n)
{
	return below(w, n) == 0;
}

void any_bytes(struct walk *w, void *bytes, size_t len)
{
	unsigned char *at = bytes;

	while (len--)
		*at++ = (unsigned char)(any(w) >> 40);
}

uint32_t any_number(struct walk *w)
{
	static const uint32_t edges[] = { 0, 1, 2, 3, 5, 0x7f, 0x80, 0xff, 0x100, 0x180, 0xffff, 0x10000,
		0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff };

	switch (below(w, 3)) {
	case 0:
		return below(w, 4);
	case 1:
		return edges[below(w, sizeof(edges) / sizeof(*edges))];
	default:
		return (uint32_t)any(w);
	}
}

void any_text(struct walk *w, char *text, size_t max)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.<&\" %";
	size_t len = below(w, (unsigned)max + 1);

	for (size_t i = 0; i < len; i++)
		text[i] = letters[below(w, sizeof(letters) - 1)];
	text[len] = '\0';
}
