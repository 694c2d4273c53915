/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * label_names: prints the names of labels.
 *
 *     cc -o label_names label_names.c $(pkg-config --cflags --libs libconntrack)
 *     ./label_names [FILE]                                 the default label file without FILE
 *
 * Exit status: 0, or 1 when the file cannot be read or names no label. Needs no privilege.
 */
#include <errno.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Prints every name of the map, and gives the object the labels that have names. */
static void use_names(struct nfct_labelmap *map, struct nf_conntrack *flow)
{
	struct nfct_bitmask *labels = nfct_bitmask_new(127);
	const char *name;
	unsigned int bit;

	if (labels == NULL)
		return;
	/* NULL stands after the last name; a bit without a name has "". */
	for (bit = 0; (name = nfct_labelmap_get_name(map, bit)) != NULL; bit++)
		if (*name != '\0') {
			printf("%u is %s; %s is %d\n", bit, name, name, nfct_labelmap_get_bit(map, name));
			nfct_bitmask_set_bit(labels, bit);
		}
	nfct_set_attr(flow, ATTR_CONNLABELS, labels); /* the object releases the mask */
}

int main(int argc, char *argv[])
{
	struct nfct_labelmap *map = nfct_labelmap_new(argc > 1 ? argv[1] : NULL);
	struct nf_conntrack *flow;
	char line[4096];

	if (map == NULL) {
		fprintf(stderr, "label_names: %s: %s\n", argc > 1 ? argv[1] : nfct_labels_get_path(),
			errno == 0 ? "the file names no label" : strerror(errno));
		return EXIT_FAILURE;
	}
	flow = nfct_new();
	if (flow != NULL) {
		use_names(map, flow);
		nfct_set_attr_u8(flow, ATTR_L3PROTO, AF_INET);
		nfct_set_attr_u8(flow, ATTR_L4PROTO, IPPROTO_UDP);
		if (nfct_snprintf_labels(line, sizeof(line), flow, NFCT_T_UNKNOWN, NFCT_O_DEFAULT, 0, map) >= 0)
			puts(line);
		nfct_destroy(flow);
	}
	nfct_labelmap_destroy(map);
	return flow == NULL ? EXIT_FAILURE : EXIT_SUCCESS;
}
