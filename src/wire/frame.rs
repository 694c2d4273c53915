// SPDX-License-Identifier: GPL-2.0-or-later
//! Netlink message headers, and the walk over the messages of one datagram.
//!
//! Guarantees: a [`Frame`] never reaches outside the datagram; a malformed tail ends the walk with one
//! error and leaves the frames before it intact.

#![forbid(unsafe_code)]

use super::{Attrs, align4, array_at, consts};
use crate::error::{Error, Result};

/// Size of `struct nlmsghdr`.
pub const HEADER_LEN: usize = 16;
/// Size of `struct nfgenmsg`.
pub const NFGEN_LEN: usize = 4;

/// The fields of `struct nlmsghdr`, host byte order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Header {
    /// Length of the message, header included.
    pub len: u32,
    /// `subsystem << 8 | message` for netfilter, or one of `NLMSG_*`.
    pub kind: u16,
    /// `NLM_F_*`.
    pub flags: u16,
    /// Sequence number: a reply carries its request's, an event carries 0.
    pub seq: u32,
    /// Port id of the process that caused the message, 0 for the kernel itself.
    pub port_id: u32,
}

impl Header {
    /// Reads a header from the first 16 bytes.
    #[inline]
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Header> {
        Some(Header {
            len: u32::from_ne_bytes(array_at(bytes, 0)?),
            kind: u16::from_ne_bytes(array_at(bytes, 4)?),
            flags: u16::from_ne_bytes(array_at(bytes, 6)?),
            seq: u32::from_ne_bytes(array_at(bytes, 8)?),
            port_id: u32::from_ne_bytes(array_at(bytes, 12)?),
        })
    }

    /// The subsystem a netfilter message belongs to (high byte of the type).
    #[must_use]
    pub fn subsystem(&self) -> u8 {
        self.kind.to_be_bytes()[0]
    }

    /// The message number inside its subsystem (low byte of the type).
    #[must_use]
    pub fn message(&self) -> u8 {
        self.kind.to_be_bytes()[1]
    }
}

/// One message: its header and the bytes after it.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// The header.
    pub header: Header,
    /// The bytes after the header, without the padding before the next frame.
    pub payload: &'a [u8],
    /// The whole message, header included.
    pub bytes: &'a [u8],
}

impl<'a> Frame<'a> {
    /// Reads the message that starts at the first byte.
    ///
    /// # Errors
    /// [`Error::Malformed`] when the header is incomplete or its length does not fit the bytes.
    #[inline]
    pub fn read(bytes: &'a [u8]) -> Result<Frame<'a>> {
        let header = Header::read(bytes).ok_or(Error::Malformed("netlink header cut short"))?;
        let whole =
            bytes.get(..header.len as usize).ok_or(Error::Malformed("message longer than its datagram"))?;
        let payload = whole.get(HEADER_LEN..).ok_or(Error::Malformed("message shorter than its header"))?;
        Ok(Frame { header, payload, bytes: whole })
    }

    /// The L3 family of a netfilter message (`nfgen_family`), or `None` when the message is too short.
    #[must_use]
    pub fn family(&self) -> Option<u8> {
        if self.payload.len() < NFGEN_LEN { None } else { self.payload.first().copied() }
    }

    /// Whether this is a whole netfilter message of one of these types.
    ///
    /// # Errors
    /// [`Error::Malformed`] when it is of another type, or too short for its `nfgenmsg`.
    #[inline]
    pub fn must_be(&self, types: &[u16]) -> Result<()> {
        if !types.contains(&self.header.kind) {
            return Err(Error::Malformed("a message of a type that was not asked for"));
        }
        self.must_be_whole()
    }

    /// Whether the message has all of its `nfgenmsg`.
    ///
    /// # Errors
    /// [`Error::Malformed`].
    #[inline]
    pub fn must_be_whole(&self) -> Result<()> {
        self.family().map(drop).ok_or(Error::Malformed("netfilter header cut short"))
    }

    /// `res_id` of a netfilter message; per-CPU statistics carry the CPU number here.
    #[must_use]
    pub fn res_id(&self) -> Option<u16> {
        array_at(self.payload, 2).map(u16::from_be_bytes)
    }

    /// The attributes after `nfgenmsg`; none when the message is too short to have any.
    #[inline]
    #[must_use]
    pub fn attrs(&self) -> Attrs<'a> {
        Attrs::new(self.payload.get(NFGEN_LEN..).unwrap_or_default())
    }

    /// The meaning of the message for a receiver.
    ///
    /// # Errors
    /// [`Error::Malformed`] for a control message without its error number.
    #[inline]
    pub fn kind(&self) -> Result<FrameKind> {
        let number = || {
            array_at(self.payload, 0)
                .map(i32::from_ne_bytes)
                .ok_or(Error::Malformed("control message without its error number"))
        };
        Ok(match self.header.kind {
            consts::NLMSG_ERROR => FrameKind::Error(number()?.wrapping_neg()),
            consts::NLMSG_DONE => FrameKind::Done(number().unwrap_or(0).wrapping_neg()),
            consts::NLMSG_OVERRUN => FrameKind::Overrun,
            kind if kind < consts::NLMSG_MIN_TYPE => FrameKind::Noop,
            _ => FrameKind::Data,
        })
    }
}

/// The meaning of a message for a receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameKind {
    /// A message of a subsystem.
    Data,
    /// `NLMSG_ERROR`: 0 acknowledges a request, else the positive `errno`.
    Error(i32),
    /// `NLMSG_DONE`: a dump has finished; 0 or the positive `errno` that ended it.
    Done(i32),
    /// `NLMSG_OVERRUN`: data was lost.
    Overrun,
    /// A message without effect.
    Noop,
}

/// Walks over the messages of one datagram.
#[derive(Debug, Clone)]
pub struct Frames<'a> {
    rest: &'a [u8],
}

impl<'a> Frames<'a> {
    /// Starts a walk over a datagram as received.
    #[must_use]
    pub fn new(datagram: &'a [u8]) -> Frames<'a> {
        Frames { rest: datagram }
    }
}

impl<'a> Iterator for Frames<'a> {
    type Item = Result<Frame<'a>>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let frame = Frame::read(self.rest);
        self.rest = match &frame {
            Ok(frame) => self.rest.get(align4(frame.bytes.len())..).unwrap_or_default(),
            Err(_) => &[],
        };
        Some(frame)
    }
}

/// The header of a message, as a message that lacks the bytes after it.
#[cfg(test)]
pub(crate) fn bare(message: &[u8]) -> Vec<u8> {
    [&16u32.to_ne_bytes()[..], &message[4..16]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(len: u32, kind: u16, payload: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend(len.to_ne_bytes());
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(7u16.to_ne_bytes());
        bytes.extend(8u32.to_ne_bytes());
        bytes.extend(9u32.to_ne_bytes());
        bytes.extend(payload);
        bytes
    }

    #[test]
    fn walks_padded_frames_and_ends_with_one_error_at_a_broken_tail() {
        let mut datagram = message(17, 0x0100, &[5, 0, 0, 0]);
        datagram.extend(message(20, 0x0102, &[1, 2, 3, 4]));
        datagram.extend(message(99, 0x0102, &[1, 2, 3, 4]));
        let frames: Vec<_> = Frames::new(&datagram).collect();
        assert_eq!(frames.len(), 3);
        assert_eq!(frames[0].as_ref().unwrap().payload, [5]);
        assert_eq!(frames[1].as_ref().unwrap().header.message(), 2);
        assert_eq!(frames[1].as_ref().unwrap().header.subsystem(), 1);
        assert!(frames[2].is_err());
    }

    #[test]
    fn a_length_below_the_header_is_an_error_not_an_endless_walk() {
        for len in 0..16 {
            let bytes = message(len, 0x0100, &[]);
            assert_eq!(Frames::new(&bytes).filter(Result::is_err).count(), 1, "length {len}");
        }
    }

    #[test]
    fn a_message_must_be_whole_and_of_a_type_that_was_asked_for() {
        let is = |kind, payload: &[u8]| {
            let bytes = message(16 + payload.len() as u32, kind, payload);
            Frame::read(&bytes).unwrap().must_be(&[0x0104, 0x0103]).is_ok()
        };
        assert!(is(0x0104, &[0; 4]) && is(0x0103, &[0; 8]));
        assert!(!is(0x0204, &[0; 4]) && !is(0x0104, &[0; 3]) && !is(0x0104, &[]));
    }

    #[test]
    fn control_messages_are_told_apart() {
        let error = message(20, consts::NLMSG_ERROR, &(-2i32).to_ne_bytes());
        assert_eq!(Frame::read(&error).unwrap().kind(), Ok(FrameKind::Error(2)));
        let done = message(20, consts::NLMSG_DONE, &0i32.to_ne_bytes());
        assert_eq!(Frame::read(&done).unwrap().kind(), Ok(FrameKind::Done(0)));
        let short = message(16, consts::NLMSG_ERROR, &[]);
        assert!(Frame::read(&short).unwrap().kind().is_err());
        let data = message(16, 0x0100, &[]);
        assert_eq!(Frame::read(&data).unwrap().kind(), Ok(FrameKind::Data));
    }
}
