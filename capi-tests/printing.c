/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * nfct_snprintf without a kernel: every kind of flow as text and XML, for every message type and flag, and
 * into buffers of every size. Runs on both libraries; what it prints must be the same.
 */
#include "samples.h"

/* One line for each message type, format and set of flags. The clock's flags stay out: the time moves. */
static void every_format(const struct nf_conntrack *ct)
{
	static const unsigned int types[] = {
		NFCT_T_UNKNOWN, NFCT_T_NEW, NFCT_T_UPDATE, NFCT_T_DESTROY, NFCT_T_ALL, NFCT_T_ERROR,
	};
	unsigned int format, flags;
	char text[4096];
	size_t type;

	for (type = 0; type < sizeof(types) / sizeof(types[0]); type++) {
		for (format = NFCT_O_PLAIN; format <= NFCT_O_XML; format++) {
			for (flags = 0; flags <= (NFCT_OF_SHOW_LAYER3 | NFCT_OF_ID | NFCT_OF_TIMESTAMP); flags++) {
				if ((flags & NFCT_OF_TIME) != 0)
					continue;
				memset(text, 0, sizeof(text));
				printf("%u/%u/%u: %d ", types[type], format, flags,
				       nfct_snprintf(text, sizeof(text), ct, types[type], format, flags));
				puts(text);
			}
		}
	}
}

/* The answer is the whole length whatever the size, and nothing is written behind it. */
static void every_size(const struct nf_conntrack *ct, unsigned int format)
{
	char text[4096];
	unsigned int size, whole;
	int length = nfct_snprintf(text, sizeof(text), ct, NFCT_T_NEW, format, NFCT_OF_SHOW_LAYER3);

	whole = length < 0 ? 0 : (unsigned int)length;
	for (size = 1; size <= whole + 2; size++) {
		size_t i;

		memset(text, '#', sizeof(text));
		length = nfct_snprintf(text, size, ct, NFCT_T_NEW, format, NFCT_OF_SHOW_LAYER3);
		printf("%u: %d, %zu written, ends '%.20s'", size, length, strnlen(text, size),
		       text + (size > 20 ? strnlen(text, size) - (size_t)(strnlen(text, size) > 20 ? 20 : 0) : 0));
		for (i = size; i < sizeof(text) && text[i] == '#'; i++)
			;
		printf(", behind %s\n", i == sizeof(text) ? "untouched" : "WRITTEN");
	}
}

int main(void)
{
	size_t i;

	for (i = 0; i < SAMPLES; i++) {
		struct nf_conntrack *ct = samples[i].make();
		char text[64];

		printf("== %s\n", samples[i].name);
		every_format(ct);
		every_size(ct, NFCT_O_PLAIN);
		every_size(ct, NFCT_O_XML);
		SHOW(nfct_snprintf(text, sizeof(text), ct, NFCT_T_NEW, NFCT_O_MAX, 0)); /* no such format */
		nfct_destroy(ct);
	}
	return EXIT_SUCCESS;
}
