// SPDX-License-Identifier: GPL-2.0-or-later
//! Writing messages into a slice the caller owns.
//!
//! Guarantees: nothing is written outside the slice; padding is zero; after an error the message is as
//! long as before the call that failed, so a caller may go on without it.

#![forbid(unsafe_code)]

use super::{align4, attr, consts, frame};
use crate::error::{Error, Result};

/// Writes one netlink message, attribute by attribute.
#[derive(Debug)]
pub struct Builder<'a> {
    buf: &'a mut [u8],
    len: usize,
    family: Option<u8>,
}

impl<'a> Builder<'a> {
    /// Writes attributes from the first byte of `buf` on, without a header.
    #[must_use]
    pub fn attributes(buf: &'a mut [u8]) -> Builder<'a> {
        Builder { buf, len: 0, family: None }
    }

    /// Starts a netfilter message: `nlmsghdr` (its length is patched by [`finish`](Self::finish)) and `nfgenmsg`.
    ///
    /// # Errors
    /// [`Error::NoSpace`] when `buf` is shorter than the two headers.
    pub fn message(buf: &'a mut [u8], header: frame::Header, family: u8, version: u8) -> Result<Builder<'a>> {
        let mut builder = Builder { buf, len: 0, family: None };
        let room = builder.grow(frame::HEADER_LEN + frame::NFGEN_LEN)?;
        let (netlink, nfgen) = room.split_at_mut(frame::HEADER_LEN);
        write_header(netlink, header);
        nfgen.copy_from_slice(&[family, version, 0, 0]);
        Ok(builder)
    }

    /// Bytes written so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing has been written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Forgets what was written behind `len`.
    pub fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    /// Patches the message length into the header and returns it.
    #[must_use]
    pub fn finish(self) -> usize {
        if let (Some(field), Ok(len)) = (self.buf.first_chunk_mut::<4>(), u32::try_from(self.len)) {
            *field = len.to_ne_bytes();
        }
        self.len
    }

    /// The family that [`set_family`](Self::set_family) has given the message.
    #[must_use]
    pub fn family(&self) -> Option<u8> {
        self.family
    }

    /// Changes `nfgen_family` of a message begun with [`message`](Self::message).
    pub fn set_family(&mut self, family: u8) {
        self.family = Some(family);
        if let Some(byte) = self.buf.get_mut(frame::HEADER_LEN) {
            *byte = family;
        }
    }

    #[inline]
    fn grow(&mut self, by: usize) -> Result<&mut [u8]> {
        let start = self.len;
        let end = start.checked_add(by).ok_or(Error::NoSpace)?;
        let room = self.buf.get_mut(start..end).ok_or(Error::NoSpace)?;
        self.len = end;
        Ok(room)
    }

    /// Appends an attribute with this payload.
    ///
    /// # Errors
    /// [`Error::NoSpace`] when it does not fit.
    #[inline]
    pub fn bytes(&mut self, kind: u16, payload: &[u8]) -> Result<()> {
        self.blank(kind, payload.len()).map(|data| data.copy_from_slice(payload))
    }

    /// Appends an attribute whose payload the caller fills in: it holds whatever the buffer held.
    ///
    /// # Errors
    /// [`Error::NoSpace`] when it does not fit.
    #[inline]
    pub fn blank(&mut self, kind: u16, payload_len: usize) -> Result<&mut [u8]> {
        let len = attr::HEADER_LEN + payload_len;
        let field = u16::try_from(len).map_err(|_| Error::NoSpace)?;
        let room = self.grow(align4(len))?;
        let (header, rest) = room.split_at_mut(attr::HEADER_LEN);
        write_attr_header(header, field, kind);
        let (data, padding) = rest.split_at_mut(payload_len);
        padding.fill(0);
        Ok(data)
    }

    /// Appends an 8-bit value.
    ///
    /// # Errors
    /// [`Error::NoSpace`] when it does not fit.
    #[inline]
    pub fn u8(&mut self, kind: u16, value: u8) -> Result<()> {
        self.bytes(kind, &[value])
    }

    /// Appends a 16-bit value, big-endian.
    ///
    /// # Errors
    /// [`Error::NoSpace`] when it does not fit.
    #[inline]
    pub fn be16(&mut self, kind: u16, value: u16) -> Result<()> {
        self.bytes(kind, &value.to_be_bytes())
    }

    /// Appends a 32-bit value, big-endian.
    ///
    /// # Errors
    /// [`Error::NoSpace`] when it does not fit.
    #[inline]
    pub fn be32(&mut self, kind: u16, value: u32) -> Result<()> {
        self.bytes(kind, &value.to_be_bytes())
    }

    /// Appends a 64-bit value, big-endian.
    ///
    /// # Errors
    /// [`Error::NoSpace`] when it does not fit.
    #[inline]
    pub fn be64(&mut self, kind: u16, value: u64) -> Result<()> {
        self.bytes(kind, &value.to_be_bytes())
    }

    /// Appends a string with its NUL.
    ///
    /// # Errors
    /// [`Error::NoSpace`] when it does not fit.
    pub fn text(&mut self, kind: u16, text: &[u8]) -> Result<()> {
        let len = attr::HEADER_LEN + text.len() + 1;
        let field = u16::try_from(len).map_err(|_| Error::NoSpace)?;
        let room = self.grow(align4(len))?;
        let (header, rest) = room.split_at_mut(attr::HEADER_LEN);
        write_attr_header(header, field, kind);
        let (data, terminator) = rest.split_at_mut(text.len());
        data.copy_from_slice(text);
        terminator.fill(0);
        Ok(())
    }

    /// Appends a nest with what `fill` writes into it; an error takes the whole nest back.
    ///
    /// # Errors
    /// Those of `fill`, and [`Error::NoSpace`] when the nest does not fit.
    #[inline]
    pub fn nest(&mut self, kind: u16, fill: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        let start = self.len;
        self.grow(attr::HEADER_LEN)?;
        let closed = fill(self).and_then(|()| {
            let len = u16::try_from(self.len - start).map_err(|_| Error::NoSpace)?;
            let header = self.buf.get_mut(start..start + attr::HEADER_LEN).ok_or(Error::NoSpace)?;
            write_attr_header(header, len, kind | consts::NLA_F_NESTED);
            Ok(())
        });
        if closed.is_err() {
            self.len = start;
        }
        closed
    }

    /// Appends a nest of leaves at once.
    ///
    /// # Errors
    /// [`Error::NoSpace`] when it does not fit.
    #[inline(always)]
    pub(crate) fn leaves<const N: usize>(&mut self, kind: u16, leaves: [Leaf; N]) -> Result<()> {
        self.bytes(kind | consts::NLA_F_NESTED, leaves.as_flattened())
    }
}

/// An attribute with up to four bytes of payload, whole.
pub(crate) type Leaf = [u8; 8];

/// The attribute with this payload.
#[inline(always)]
pub(crate) fn leaf<const N: usize>(kind: u16, payload: [u8; N]) -> Leaf {
    const { assert!(N <= 4) };
    let [a, b, c, d] = join((attr::HEADER_LEN + N) as u16, kind);
    let byte = |at: usize| payload.get(at).copied().unwrap_or(0);
    [a, b, c, d, byte(0), byte(1), byte(2), byte(3)]
}

fn write_header(room: &mut [u8], header: frame::Header) {
    let fields = [
        header.len.to_ne_bytes(),
        join(header.kind, header.flags),
        header.seq.to_ne_bytes(),
        header.port_id.to_ne_bytes(),
    ];
    for (slot, field) in room.chunks_exact_mut(4).zip(fields) {
        slot.copy_from_slice(&field);
    }
}

#[inline]
fn write_attr_header(room: &mut [u8], len: u16, kind: u16) {
    room.copy_from_slice(&join(len, kind));
}

#[inline]
fn join(first: u16, second: u16) -> [u8; 4] {
    let ([a, b], [c, d]) = (first.to_ne_bytes(), second.to_ne_bytes());
    [a, b, c, d]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Attrs, Frame, Header};

    #[test]
    fn what_is_written_reads_back() {
        let mut buf = [0xee; 64];
        let header = Header { kind: 0x0100, flags: 5, seq: 6, port_id: 7, len: 0 };
        let mut b = Builder::message(&mut buf, header, 2, 1).unwrap();
        b.u8(1, 9).unwrap();
        b.nest(2, |b| b.be16(3, 0x1234)).unwrap();
        b.text(4, b"ftp").unwrap();
        let len = b.finish();
        let frame = Frame::read(&buf[..len]).unwrap();
        assert_eq!(
            (frame.header.kind, frame.header.flags, frame.header.seq, frame.header.port_id),
            (0x0100, 5, 6, 7)
        );
        assert_eq!(frame.family(), Some(2));
        let attrs: Vec<_> = frame.attrs().collect();
        assert_eq!(attrs[0].u8(), Ok(9));
        assert_eq!(attrs[1].nest().unwrap().next().unwrap().be16(), Ok(0x1234));
        assert_eq!(attrs[2].payload, b"ftp\0");
    }

    #[test]
    fn leaves_at_once_are_a_nest_of_them() {
        let (mut at_once, mut one_by_one) = ([0xee; 32], [0xee; 32]);
        let mut b = Builder::attributes(&mut at_once);
        b.leaves(7, [leaf(1, [9]), leaf(2, [1, 2]), leaf(3, [1, 2, 3, 4])]).unwrap();
        let mut b = Builder::attributes(&mut one_by_one);
        let nest = |b: &mut Builder<'_>| {
            b.u8(1, 9)?;
            b.be16(2, 0x0102)?;
            b.be32(3, 0x0102_0304)
        };
        b.nest(7, nest).unwrap();
        assert_eq!((b.len(), at_once), (28, one_by_one));
    }

    #[test]
    fn padding_is_zero_even_in_a_dirty_buffer() {
        let mut buf = [0xee; 16];
        let mut b = Builder::attributes(&mut buf);
        b.u8(1, 9).unwrap();
        assert_eq!(b.len(), 8);
        assert_eq!(buf[5..8], [0, 0, 0]);
    }

    #[test]
    fn what_a_nest_that_was_given_up_wrote_is_in_no_padding() {
        let mut buf = [0; 64];
        let mut b = Builder::attributes(&mut buf);
        let given_up = b.nest(1, |b| {
            b.bytes(2, &[0xff; 20])?;
            Err(Error::Unsupported("for this test"))
        });
        assert!(given_up.is_err() && b.is_empty());
        b.u8(3, 9).unwrap();
        assert_eq!(b.len(), 8);
        assert_eq!(buf[4..8], [9, 0, 0, 0]);
    }

    #[test]
    fn what_does_not_fit_leaves_the_message_as_it_was() {
        for room in 0..24 {
            let mut buf = vec![0; room];
            let mut b = Builder::attributes(&mut buf);
            let full = b.nest(1, |b| {
                b.be32(2, 1)?;
                b.be64(3, 2)
            });
            assert_eq!(full, Err(Error::NoSpace), "room {room}");
            assert_eq!(b.len(), 0);
            assert_eq!(Attrs::new(&buf[..0]).count(), 0);
        }
    }

    #[test]
    fn an_attribute_longer_than_its_length_field_is_refused() {
        let mut buf = vec![0; 1 << 17];
        let mut b = Builder::attributes(&mut buf);
        assert_eq!(b.bytes(1, &vec![0; 65532]), Err(Error::NoSpace));
        assert_eq!(b.text(1, &vec![1; 65531]), Err(Error::NoSpace));
        assert_eq!(b.len(), 0);
        assert_eq!(b.bytes(1, &vec![0; 65531]), Ok(()));
    }
}
