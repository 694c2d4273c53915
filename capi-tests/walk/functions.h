/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The public functions of libnetfilter_conntrack, one line each: result, name, parameters.
 *
 * The list stands on its own, without the library's headers, so that the walk judges the ABI and not a
 * header. Enums are passed as the integers they are in the ABI.
 */
#ifndef WALK_FUNCTIONS_H
#define WALK_FUNCTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nf_conntrack;
struct nf_expect;
struct nfct_bitmask;
struct nfct_filter;
struct nfct_filter_dump;
struct nfct_handle;
struct nfct_labelmap;
struct nfnl_handle;
struct nfnl_subsys_handle;
struct nlmsghdr;

typedef int flow_callback(int, struct nf_conntrack *, void *);
typedef int flow_callback2(const struct nlmsghdr *, int, struct nf_conntrack *, void *);
typedef int expect_callback(int, struct nf_expect *, void *);
typedef int expect_callback2(const struct nlmsghdr *, int, struct nf_expect *, void *);

#define PUBLIC_FUNCTIONS(X) \
	X(struct nfct_handle *, nfct_open, (uint8_t, unsigned)) \
	X(struct nfct_handle *, nfct_open_nfnl, (struct nfnl_handle *, uint8_t, unsigned)) \
	X(int, nfct_close, (struct nfct_handle *)) \
	X(int, nfct_fd, (struct nfct_handle *)) \
	X(const struct nfnl_handle *, nfct_nfnlh, (struct nfct_handle *)) \
	X(struct nf_conntrack *, nfct_new, (void)) \
	X(void, nfct_destroy, (struct nf_conntrack *)) \
	X(struct nf_conntrack *, nfct_clone, (const struct nf_conntrack *)) \
	X(size_t, nfct_sizeof, (const struct nf_conntrack *)) \
	X(size_t, nfct_maxsize, (void)) \
	X(int, nfct_setobjopt, (struct nf_conntrack *, unsigned)) \
	X(int, nfct_getobjopt, (const struct nf_conntrack *, unsigned)) \
	X(int, nfct_callback_register, (struct nfct_handle *, int, flow_callback *, void *)) \
	X(void, nfct_callback_unregister, (struct nfct_handle *)) \
	X(int, nfct_callback_register2, (struct nfct_handle *, int, flow_callback2 *, void *)) \
	X(void, nfct_callback_unregister2, (struct nfct_handle *)) \
	X(struct nfct_bitmask *, nfct_bitmask_new, (unsigned)) \
	X(struct nfct_bitmask *, nfct_bitmask_clone, (const struct nfct_bitmask *)) \
	X(unsigned, nfct_bitmask_maxbit, (const struct nfct_bitmask *)) \
	X(void, nfct_bitmask_set_bit, (struct nfct_bitmask *, unsigned)) \
	X(int, nfct_bitmask_test_bit, (const struct nfct_bitmask *, unsigned)) \
	X(void, nfct_bitmask_unset_bit, (struct nfct_bitmask *, unsigned)) \
	X(void, nfct_bitmask_destroy, (struct nfct_bitmask *)) \
	X(void, nfct_bitmask_clear, (struct nfct_bitmask *)) \
	X(bool, nfct_bitmask_equal, (const struct nfct_bitmask *, const struct nfct_bitmask *)) \
	X(const char *, nfct_labels_get_path, (void)) \
	X(struct nfct_labelmap *, nfct_labelmap_new, (const char *)) \
	X(void, nfct_labelmap_destroy, (struct nfct_labelmap *)) \
	X(const char *, nfct_labelmap_get_name, (struct nfct_labelmap *, unsigned)) \
	X(int, nfct_labelmap_get_bit, (struct nfct_labelmap *, const char *)) \
	X(void, nfct_set_attr, (struct nf_conntrack *, unsigned, const void *)) \
	X(void, nfct_set_attr_u8, (struct nf_conntrack *, unsigned, uint8_t)) \
	X(void, nfct_set_attr_u16, (struct nf_conntrack *, unsigned, uint16_t)) \
	X(void, nfct_set_attr_u32, (struct nf_conntrack *, unsigned, uint32_t)) \
	X(void, nfct_set_attr_u64, (struct nf_conntrack *, unsigned, uint64_t)) \
	X(void, nfct_set_attr_l, (struct nf_conntrack *, unsigned, const void *, size_t)) \
	X(const void *, nfct_get_attr, (const struct nf_conntrack *, unsigned)) \
	X(uint8_t, nfct_get_attr_u8, (const struct nf_conntrack *, unsigned)) \
	X(uint16_t, nfct_get_attr_u16, (const struct nf_conntrack *, unsigned)) \
	X(uint32_t, nfct_get_attr_u32, (const struct nf_conntrack *, unsigned)) \
	X(uint64_t, nfct_get_attr_u64, (const struct nf_conntrack *, unsigned)) \
	X(int, nfct_attr_is_set, (const struct nf_conntrack *, unsigned)) \
	X(int, nfct_attr_is_set_array, (const struct nf_conntrack *, const unsigned *, int)) \
	X(int, nfct_attr_unset, (struct nf_conntrack *, unsigned)) \
	X(void, nfct_set_attr_grp, (struct nf_conntrack *, unsigned, const void *)) \
	X(int, nfct_get_attr_grp, (const struct nf_conntrack *, unsigned, void *)) \
	X(int, nfct_attr_grp_is_set, (const struct nf_conntrack *, unsigned)) \
	X(int, nfct_attr_grp_unset, (struct nf_conntrack *, unsigned)) \
	X(int, nfct_snprintf, (char *, unsigned, const struct nf_conntrack *, unsigned, unsigned, unsigned)) \
	X(int, nfct_snprintf_labels, \
		(char *, unsigned, const struct nf_conntrack *, unsigned, unsigned, unsigned, \
			struct nfct_labelmap *)) \
	X(int, nfct_compare, (const struct nf_conntrack *, const struct nf_conntrack *)) \
	X(int, nfct_cmp, (const struct nf_conntrack *, const struct nf_conntrack *, unsigned)) \
	X(int, nfct_query, (struct nfct_handle *, unsigned, const void *)) \
	X(int, nfct_send, (struct nfct_handle *, unsigned, const void *)) \
	X(int, nfct_catch, (struct nfct_handle *)) \
	X(void, nfct_copy, (struct nf_conntrack *, const struct nf_conntrack *, unsigned)) \
	X(void, nfct_copy_attr, (struct nf_conntrack *, const struct nf_conntrack *, unsigned)) \
	X(struct nfct_filter *, nfct_filter_create, (void)) \
	X(void, nfct_filter_destroy, (struct nfct_filter *)) \
	X(void, nfct_filter_add_attr, (struct nfct_filter *, unsigned, const void *)) \
	X(void, nfct_filter_add_attr_u32, (struct nfct_filter *, unsigned, uint32_t)) \
	X(int, nfct_filter_set_logic, (struct nfct_filter *, unsigned, unsigned)) \
	X(int, nfct_filter_attach, (int, struct nfct_filter *)) \
	X(int, nfct_filter_detach, (int)) \
	X(struct nfct_filter_dump *, nfct_filter_dump_create, (void)) \
	X(void, nfct_filter_dump_destroy, (struct nfct_filter_dump *)) \
	X(void, nfct_filter_dump_set_attr, (struct nfct_filter_dump *, unsigned, const void *)) \
	X(void, nfct_filter_dump_set_attr_u8, (struct nfct_filter_dump *, unsigned, uint8_t)) \
	X(void, nfct_filter_dump_set_attr_u16, (struct nfct_filter_dump *, unsigned, uint16_t)) \
	X(int, nfct_build_conntrack, \
		(struct nfnl_subsys_handle *, void *, size_t, uint16_t, uint16_t, \
			const struct nf_conntrack *)) \
	X(int, nfct_parse_conntrack, (int, const struct nlmsghdr *, struct nf_conntrack *)) \
	X(int, nfct_build_query, (struct nfnl_subsys_handle *, unsigned, const void *, void *, unsigned)) \
	X(int, nfct_nlmsg_build, (struct nlmsghdr *, const struct nf_conntrack *)) \
	X(int, nfct_nlmsg_build_filter, (struct nlmsghdr *, const struct nfct_filter_dump *)) \
	X(int, nfct_nlmsg_parse, (const struct nlmsghdr *, struct nf_conntrack *)) \
	X(int, nfct_payload_parse, (const void *, size_t, uint16_t, struct nf_conntrack *)) \
	X(struct nf_expect *, nfexp_new, (void)) \
	X(void, nfexp_destroy, (struct nf_expect *)) \
	X(struct nf_expect *, nfexp_clone, (const struct nf_expect *)) \
	X(size_t, nfexp_sizeof, (const struct nf_expect *)) \
	X(size_t, nfexp_maxsize, (void)) \
	X(int, nfexp_callback_register, (struct nfct_handle *, int, expect_callback *, void *)) \
	X(void, nfexp_callback_unregister, (struct nfct_handle *)) \
	X(int, nfexp_callback_register2, (struct nfct_handle *, int, expect_callback2 *, void *)) \
	X(void, nfexp_callback_unregister2, (struct nfct_handle *)) \
	X(void, nfexp_set_attr, (struct nf_expect *, unsigned, const void *)) \
	X(void, nfexp_set_attr_u8, (struct nf_expect *, unsigned, uint8_t)) \
	X(void, nfexp_set_attr_u16, (struct nf_expect *, unsigned, uint16_t)) \
	X(void, nfexp_set_attr_u32, (struct nf_expect *, unsigned, uint32_t)) \
	X(const void *, nfexp_get_attr, (const struct nf_expect *, unsigned)) \
	X(uint8_t, nfexp_get_attr_u8, (const struct nf_expect *, unsigned)) \
	X(uint16_t, nfexp_get_attr_u16, (const struct nf_expect *, unsigned)) \
	X(uint32_t, nfexp_get_attr_u32, (const struct nf_expect *, unsigned)) \
	X(int, nfexp_attr_is_set, (const struct nf_expect *, unsigned)) \
	X(int, nfexp_attr_unset, (struct nf_expect *, unsigned)) \
	X(int, nfexp_query, (struct nfct_handle *, unsigned, const void *)) \
	X(int, nfexp_snprintf, (char *, unsigned, const struct nf_expect *, unsigned, unsigned, unsigned)) \
	X(int, nfexp_cmp, (const struct nf_expect *, const struct nf_expect *, unsigned)) \
	X(int, nfexp_send, (struct nfct_handle *, unsigned, const void *)) \
	X(int, nfexp_catch, (struct nfct_handle *)) \
	X(int, nfexp_build_expect, \
		(struct nfnl_subsys_handle *, void *, size_t, uint16_t, uint16_t, const struct nf_expect *)) \
	X(int, nfexp_parse_expect, (int, const struct nlmsghdr *, struct nf_expect *)) \
	X(int, nfexp_build_query, (struct nfnl_subsys_handle *, unsigned, const void *, void *, unsigned)) \
	X(int, nfexp_nlmsg_build, (struct nlmsghdr *, const struct nf_expect *)) \
	X(int, nfexp_nlmsg_parse, (const struct nlmsghdr *, struct nf_expect *))

/* The number of each function: F_nfct_open and so on. */
enum function {
#define NUMBER_OF(result, name, parameters) F_##name,
	PUBLIC_FUNCTIONS(NUMBER_OF)
#undef NUMBER_OF
		FUNCTIONS
};

/* One library: a pointer for each function, NULL where it is not exported. */
struct library {
	const char *path;
	void *handle;
	bool is_original;
#define POINTER_TO(result, name, parameters) result(*name) parameters;
	PUBLIC_FUNCTIONS(POINTER_TO)
#undef POINTER_TO
};

extern const char *const function_names[FUNCTIONS];

/* Opens a library and looks all functions up; false, with a message, when it cannot be opened. */
bool open_library(struct library *library, const char *path);
/* Whether the library exports every function; says which is missing. The original may lack what came
 * after 1.0.9. */
bool is_complete(const struct library *library);
/* Whether the two are different files at different addresses; says so, or what is wrong. */
bool are_different(const struct library *first, const struct library *second);

#endif
