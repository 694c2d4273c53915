// SPDX-License-Identifier: GPL-2.0-or-later
//! Netlink bytes, and nothing about connection tracking: frames, attributes, a writer, kernel constants.
//!
//! ```text
//! datagram  = frame*                     each frame padded to 4 bytes
//! frame     = nlmsghdr(16) payload
//! payload   = nfgenmsg(4) attribute*     for netfilter's subsystems
//! attribute = len(2) type(2) payload     padded to 4 bytes; a nest's payload is attribute*
//! ```
//! Header fields are in host byte order; integers inside netfilter attributes are big-endian, with the
//! one exception of `CTA_FILTER`. Every read is bounds checked: no input can make this module panic.

#![forbid(unsafe_code)]

pub mod attr;
pub mod build;
pub mod consts;
pub mod frame;

pub use attr::{Attr, Attrs};
pub use build::Builder;
pub use frame::{Frame, Frames, Header};

/// Rounds a length up to the 4-byte boundary on which frames and attributes start.
#[must_use]
pub const fn align4(len: usize) -> usize {
    len.wrapping_add(3) & !3
}

/// Reads `N` bytes at `offset`, or nothing where the slice is too short.
#[inline]
#[must_use]
pub(crate) fn array_at<const N: usize>(bytes: &[u8], offset: usize) -> Option<[u8; N]> {
    bytes.get(offset..)?.first_chunk::<N>().copied()
}
