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

/// Reads `N` bytes at `offset`, or returns `None` where the slice is too short.
#[inline]
#[must_use]
pub(crate) fn array_at<const N: usize>(bytes: &[u8], offset: usize) -> Option<[u8; N]> {
    bytes.get(offset..)?.first_chunk::<N>().copied()
}

/// For look-ups that succeed by construction, where the compiler cannot know it and indexing is not allowed. A look-up
/// that fails nevertheless stops a build with debug assertions, and gives an empty value in any other build.
pub(crate) trait Certain<T>: Sized {
    /// The value.
    fn certain(self) -> T
    where
        T: Default;
    /// The value; `empty` replaces it where the type has no empty value of its own.
    fn certain_or(self, empty: T) -> T;
    /// The same look-up, for a value that is changed in its place.
    fn certainly(self) -> Option<T>;
}

impl<T> Certain<T> for Option<T> {
    #[inline(always)]
    #[track_caller]
    fn certain(self) -> T
    where
        T: Default,
    {
        self.certainly().unwrap_or_default()
    }

    #[inline(always)]
    #[track_caller]
    fn certain_or(self, empty: T) -> T {
        self.certainly().unwrap_or(empty)
    }

    #[inline(always)]
    #[track_caller]
    fn certainly(self) -> Option<T> {
        debug_assert!(self.is_some(), "a look-up that cannot fail has failed");
        self
    }
}
