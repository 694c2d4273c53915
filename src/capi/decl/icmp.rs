// SPDX-License-Identifier: GPL-2.0-or-later
//! Header only, never compiled: `libnetfilter_conntrack_icmp.h`.

/// Obsolete; kept for programs that use these names.
#[repr(C)]
pub enum icmp_flags {
    /// the number of the bit ICMP_TYPE
    ICMP_TYPE_BIT = 0,
    /// the type
    ICMP_TYPE = 1,
    /// the number of the bit ICMP_CODE
    ICMP_CODE_BIT = 1,
    /// the code
    ICMP_CODE = 2,
    /// the number of the bit ICMP_ID
    ICMP_ID_BIT = 2,
    /// the id
    ICMP_ID = 4,
}
