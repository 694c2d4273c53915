/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The errors that the pages of section 3 name, provoked one by one where both libraries report them. Prints each call with
 * its result and the name of errno; ends with 1 when one is not as the page says.
 */
#define _GNU_SOURCE
#include "samples.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

#define UNCHANGED 12345 /* no errno */

static int wrong;

static const char *name_of(int error)
{
	return error == UNCHANGED ? "unchanged" : strerrorname_np(error);
}

/* Compares the outcome of a call with the page. */
static void judge(const char *call, long long result, int error, long long expected, int named)
{
	int as_written = result == expected && error == named;

	printf("%s: %lld, errno %s\n", call, result, name_of(error));
	if (!as_written) {
		printf("    the page says %lld, errno %s\n", expected, name_of(named));
		wrong = 1;
	}
}

#define IS(expected, named, call)                                                                                      \
	do {                                                                                                           \
		long long result;                                                                                      \
		errno = UNCHANGED;                                                                                     \
		result = (long long)(call);                                                                            \
		judge(#call, result, errno, expected, named);                                                          \
	} while (0)

static void attributes(void)
{
	struct nf_conntrack *ct = need(nfct_new(), "nfct_new");
	struct nf_expect *exp = need(nfexp_new(), "nfexp_new");
	const enum nf_conntrack_attr unknown[] = {ATTR_MAX};
	struct nfct_attr_grp_ipv4 group;

	IS(0, ENODATA, nfct_get_attr(ct, ATTR_MARK));
	IS(0, EINVAL, nfct_get_attr(ct, ATTR_MAX));
	IS(0, ENODATA, nfct_get_attr_u8(ct, ATTR_TCP_STATE));
	IS(0, EINVAL, nfct_get_attr_u16(ct, ATTR_MAX));
	IS(0, ENODATA, nfct_get_attr_u32(ct, ATTR_MARK));
	IS(0, ENODATA, nfct_get_attr_u64(ct, ATTR_TIMESTAMP_START));
	IS(-1, EINVAL, nfct_attr_is_set(ct, ATTR_MAX));
	IS(-1, EINVAL, nfct_attr_is_set_array(ct, unknown, 1));
	IS(-1, EINVAL, nfct_attr_unset(ct, ATTR_MAX));
	IS(-1, EOPNOTSUPP, nfct_setobjopt(ct, NFCT_SOPT_MAX + 1));
	IS(-1, EOPNOTSUPP, nfct_getobjopt(ct, NFCT_GOPT_MAX + 1));
	IS(-1, ENODATA, nfct_get_attr_grp(ct, ATTR_GRP_ORIG_IPV4, &group));
	IS(-1, EINVAL, nfct_get_attr_grp(ct, ATTR_GRP_MAX, &group));
	IS(-1, EINVAL, nfct_attr_grp_is_set(ct, ATTR_GRP_MAX));
	IS(-1, EINVAL, nfct_attr_grp_unset(ct, ATTR_GRP_MAX));
	IS(0, ENODATA, nfexp_get_attr(exp, ATTR_EXP_FLAGS));
	IS(0, EINVAL, nfexp_get_attr(exp, ATTR_EXP_MAX));
	IS(0, ENODATA, nfexp_get_attr_u8(exp, ATTR_EXP_FLAGS));
	IS(0, EINVAL, nfexp_get_attr_u16(exp, ATTR_EXP_MAX));
	IS(0, ENODATA, nfexp_get_attr_u32(exp, ATTR_EXP_CLASS));
	IS(-1, EINVAL, nfexp_attr_is_set(exp, ATTR_EXP_MAX));
	IS(-1, EINVAL, nfexp_attr_unset(exp, ATTR_EXP_MAX));
	nfexp_destroy(exp);
	nfct_destroy(ct);
}

static void texts_and_labels(void)
{
	struct nf_conntrack *ct = need(nfct_new(), "nfct_new");
	struct nf_expect *exp = need(nfexp_new(), "nfexp_new");
	char text[64];

	IS(-1, ENOENT, nfct_snprintf(text, sizeof(text), ct, 0, NFCT_O_MAX, 0));
	IS(-1, UNCHANGED, nfct_snprintf(text, sizeof(text), ct, 0, NFCT_O_PLAIN, 0));
	nfct_set_attr_u8(ct, ATTR_L4PROTO, IPPROTO_UDP);
	IS(-1, UNCHANGED, nfct_snprintf(text, sizeof(text), ct, 0, NFCT_O_PLAIN, NFCT_OF_SHOW_LAYER3));
	IS(-1, ENOENT, nfct_snprintf_labels(text, sizeof(text), ct, 0, NFCT_O_MAX, 0, NULL));
	IS(-1, ENOENT, nfexp_snprintf(text, sizeof(text), exp, 0, NFCT_O_MAX, 0));
	IS(0, UNCHANGED, nfct_bitmask_new(65536));
	IS(0, ENOENT, nfct_labelmap_new("/nonexistent"));
	IS(0, 0, nfct_labelmap_new("/dev/null"));
	nfexp_destroy(exp);
	nfct_destroy(ct);
}

static void filters(void)
{
	struct nfct_handle *handle = need(nfct_open(CONNTRACK, 0), "nfct_open");
	struct nfct_filter *filter = need(nfct_filter_create(), "nfct_filter_create");
	int file = open("/dev/null", O_RDONLY);

	IS(-1, EOPNOTSUPP, nfct_filter_set_logic(filter, NFCT_FILTER_MAX, NFCT_FILTER_LOGIC_NEGATIVE));
	IS(0, UNCHANGED, nfct_filter_set_logic(filter, NFCT_FILTER_MARK, NFCT_FILTER_LOGIC_NEGATIVE));
	IS(-1, EBUSY, nfct_filter_set_logic(filter, NFCT_FILTER_MARK, NFCT_FILTER_LOGIC_POSITIVE));
	IS(-1, EBADF, nfct_filter_attach(-1, filter));
	IS(-1, ENOTSOCK, nfct_filter_attach(file, filter));
	IS(-1, ENOENT, nfct_filter_detach(nfct_fd(handle)));
	IS(-1, EBADF, nfct_filter_detach(-1));
	IS(-1, ENOTSOCK, nfct_filter_detach(file));
	close(file);
	nfct_filter_destroy(filter);
	nfct_close(handle);
}

/* Fresh headers for attributes. */
static struct nlmsghdr *headers(uint32_t *buffer, size_t size)
{
	struct nlmsghdr *message = (struct nlmsghdr *)buffer;

	memset(buffer, 0, size);
	message->nlmsg_len = NLMSG_SPACE(sizeof(struct nfgenmsg));
	return message;
}

static void messages(void)
{
	uint32_t buffer[512];
	struct nf_conntrack *empty = need(nfct_new(), "nfct_new");
	struct nf_conntrack *odd = need(nfct_new(), "nfct_new");
	struct nlmsghdr *message = headers(buffer, sizeof(buffer));

	IS(-1, EINVAL, nfct_nlmsg_build(message, empty));
	nfct_set_attr_u8(odd, ATTR_L3PROTO, AF_UNIX);
	message = headers(buffer, sizeof(buffer));
	IS(-1, UNCHANGED, nfct_nlmsg_build(message, odd));
	IS(0, UNCHANGED, nfct_parse_conntrack(NFCT_T_DESTROY, headers(buffer, sizeof(buffer)), empty));
	nfct_destroy(odd);
	nfct_destroy(empty);
}

/* Answers that are not errors, and the kernel's errors. */
static void queries(void)
{
	struct nfct_handle *handle = need(nfct_open(CONNTRACK, 0), "nfct_open");
	struct nfct_handle *expectations = need(nfct_open(EXPECT, 0), "nfct_open");
	struct nf_conntrack *ct = flow(AF_INET, IPPROTO_UDP);
	uint32_t family = AF_UNSPEC;

	IS(-1, ENOENT, nfct_query(handle, NFCT_Q_GET, ct));
	IS(-1, ENOENT, nfct_query(handle, NFCT_Q_UPDATE, ct));
	IS(-1, ENOENT, nfct_query(handle, NFCT_Q_DESTROY, ct));
	IS(-1, EINVAL, nfct_query(handle, NFCT_Q_CREATE, ct)); /* no timeout */
	nfct_set_attr_u32(ct, ATTR_TIMEOUT, 60);
	IS(0, 0, nfct_query(handle, NFCT_Q_CREATE, ct));
	IS(-1, EEXIST, nfct_query(handle, NFCT_Q_CREATE, ct));
	IS(0, 0, nfct_query(handle, NFCT_Q_CREATE_UPDATE, ct));
	IS(-1, EOPNOTSUPP, nfct_query(handle, NFCT_Q_FLUSH_FILTER + 1, ct));
	IS(-1, EOPNOTSUPP, nfct_send(handle, NFCT_Q_FLUSH_FILTER + 1, ct));
	IS(-1, EOPNOTSUPP, nfexp_query(expectations, NFCT_Q_UPDATE, ct));
	IS(-1, EOPNOTSUPP, nfexp_send(expectations, NFCT_Q_DUMP_FILTER, ct));
	IS(20, UNCHANGED, nfct_send(handle, NFCT_Q_DUMP, &family));
	fcntl(nfct_fd(expectations), F_SETFL, O_NONBLOCK);
	IS(-1, EAGAIN, nfct_catch(expectations));
	IS(-1, EAGAIN, nfexp_catch(expectations));
	nfct_destroy(ct);
	nfct_close(expectations);
	nfct_close(handle);
}

int main(void)
{
	attributes();
	texts_and_labels();
	filters();
	messages();
	queries();
	return wrong;
}
