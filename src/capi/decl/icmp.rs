// SPDX-License-Identifier: GPL-2.0-or-later
//! Header only, never compiled: `libnetfilter_conntrack_icmp.h`.

/// Obsolete; kept for programs that use these names.
#[repr(C)]
pub enum icmp_flags {
    ICMP_TYPE_BIT = 0,
    ICMP_TYPE = 1,
    ICMP_CODE_BIT = 1,
    ICMP_CODE = 2,
    ICMP_ID_BIT = 2,
    ICMP_ID = 4,
}
