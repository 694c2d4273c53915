/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * labels: gives an object labels, and compares masks. Needs no privilege.
 *
 *     cc -o labels labels.c $(pkg-config --cflags --libs libconntrack)
 *     ./labels
 */
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
	struct nf_conntrack *flow = nfct_new();
	struct nfct_bitmask *labels = nfct_bitmask_new(127); /* room for the labels of the kernel */
	struct nfct_bitmask *copy;
	const struct nfct_bitmask *set;

	if (flow == NULL || labels == NULL) {
		perror("labels");
		return EXIT_FAILURE;
	}
	nfct_bitmask_set_bit(labels, 1);
	nfct_bitmask_set_bit(labels, 64);
	nfct_set_attr(flow, ATTR_CONNLABELS, labels); /* from now on the mask belongs to the object */

	set = nfct_get_attr(flow, ATTR_CONNLABELS);
	printf("bits 0 to %u; bit 1: %d, bit 2: %d\n", nfct_bitmask_maxbit(set), nfct_bitmask_test_bit(set, 1),
	       nfct_bitmask_test_bit(set, 2));

	copy = nfct_bitmask_clone(set); /* ours */
	if (copy != NULL) {
		printf("the copy is equal: %d\n", nfct_bitmask_equal(set, copy));
		nfct_bitmask_unset_bit(copy, 64);
		printf("without bit 64: %d\n", nfct_bitmask_equal(set, copy));
		nfct_bitmask_clear(copy);
		nfct_bitmask_destroy(copy);
	}
	nfct_destroy(flow); /* releases the labels too */
	return EXIT_SUCCESS;
}
