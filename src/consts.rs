// SPDX-License-Identifier: GPL-2.0-or-later
//! The kernel's numbers for the parts of flows and expectations, in the kernel's spelling.
//!
//! Source: the UAPI headers `linux/netfilter/nf_conntrack_common.h` (status bits, expectation flags) and `sys/socket.h`,
//! and IANA's list of protocol numbers.

#![forbid(unsafe_code)]

pub use crate::wire::consts::{AF_INET, AF_INET6, AF_UNSPEC};
pub use crate::wire::consts::{
    IPPROTO_DCCP, IPPROTO_GRE, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP,
    IPPROTO_UDPLITE,
};
pub use crate::wire::consts::{
    IPS_ASSURED, IPS_CONFIRMED, IPS_DST_NAT, IPS_DST_NAT_DONE, IPS_DYING, IPS_EXPECTED, IPS_FIXED_TIMEOUT,
    IPS_HELPER, IPS_HW_OFFLOAD, IPS_OFFLOAD, IPS_SEEN_REPLY, IPS_SEQ_ADJUST, IPS_SRC_NAT, IPS_SRC_NAT_DONE,
    IPS_TEMPLATE, IPS_UNTRACKED,
};
pub use crate::wire::consts::{NF_CT_EXPECT_INACTIVE, NF_CT_EXPECT_PERMANENT, NF_CT_EXPECT_USERSPACE};
