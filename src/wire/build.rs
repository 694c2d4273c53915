// SPDX-License-Identifier: GPL-2.0-or-later
//! Writing messages into a slice the caller owns.
//!
//! Guarantees: nothing is written outside the slice; padding is zero; after an error the message is as long as before
//! the call that failed, so a caller may continue without the attribute.

#![forbid(unsafe_code)]

use super::{align4, attr, consts, frame};
use crate::error::{Error, Result};

/// Writes one netlink message, attribute by attribute.
#[derive(Debug)]
pub struct Builder<'a> {
    buf: &'a mut [u8],
    /// 32 bits, as in a message's header: the end of a write cannot overflow, and one comparison guards it.
    len: u32,
    family: Option<u8>,
}

const HEADERS_LEN: usize = frame::HEADER_LEN + frame::NFGEN_LEN;

impl<'a> Builder<'a> {
    /// Writes attributes from the first byte of `buf` on, without a header; no message is longer than 4 GiB.
    #[inline(always)]
    #[must_use]
    pub fn attributes(buf: &'a mut [u8]) -> Builder<'a> {
        let most = u32::try_from(buf.len()).unwrap_or(u32::MAX);
        Builder { buf: buf.split_at_mut(most as usize).0, len: 0, family: None }
    }

    /// Starts a netfilter message: `nlmsghdr` (its length is patched by [`finish`](Self::finish)) and `nfgenmsg`.
    ///
    /// # Errors
    /// [`Error::NoSpace`] when `buf` is shorter than the two headers.
    pub fn message(buf: &'a mut [u8], header: frame::Header, family: u8, version: u8) -> Result<Builder<'a>> {
        let mut builder = Builder::attributes(buf);
        let room = builder.grow(HEADERS_LEN)?;
        let (netlink, nfgen) = room.split_at_mut(frame::HEADER_LEN);
        write_header(netlink, header);
        nfgen.copy_from_slice(&[family, version, 0, 0]);
        Ok(builder)
    }

    /// Bytes written so far.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.len as usize
    }

    /// Whether nothing has been written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Patches the message length, and the family that [`set_family`](Self::set_family) gave, into the headers;
    /// returns the length.
    #[must_use]
    pub fn finish(self) -> usize {
        if let Some([a, b, c, d, .., family, _, _, _]) = self.buf.first_chunk_mut::<HEADERS_LEN>() {
            [*a, *b, *c, *d] = self.len.to_ne_bytes();
            *family = self.family.unwrap_or(*family);
        }
        self.len as usize
    }

    /// The family that [`set_family`](Self::set_family) has given the message.
    #[must_use]
    pub fn family(&self) -> Option<u8> {
        self.family
    }

    /// Sets another `nfgen_family`. [`finish`](Self::finish) writes it; where the headers are in another buffer, the
    /// caller does.
    pub fn set_family(&mut self, family: u8) {
        self.family = Some(family);
    }

    #[inline(always)]
    fn grow(&mut self, by: usize) -> Result<&mut [u8]> {
        let start = self.len as usize;
        let end = start.checked_add(by).ok_or(Error::NoSpace)?;
        let room = self.buf.get_mut(start..end).ok_or(Error::NoSpace)?;
        self.len = end as u32;
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

    /// Appends an attribute whose payload the caller writes: it contains the buffer's old bytes until then.
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
        self.words(leaf(kind, [value]))
    }

    /// Appends a 16-bit value, big-endian.
    ///
    /// # Errors
    /// [`Error::NoSpace`] when it does not fit.
    #[inline]
    pub fn be16(&mut self, kind: u16, value: u16) -> Result<()> {
        self.words(leaf(kind, value.to_be_bytes()))
    }

    /// Appends a 32-bit value, big-endian.
    ///
    /// # Errors
    /// [`Error::NoSpace`] when it does not fit.
    #[inline]
    pub fn be32(&mut self, kind: u16, value: u32) -> Result<()> {
        self.words(leaf(kind, value.to_be_bytes()))
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

    /// Appends a nest with the attributes that `fill` writes into it; an error removes the whole nest.
    ///
    /// # Errors
    /// Those of `fill`, and [`Error::NoSpace`] when the nest does not fit.
    #[inline(always)]
    pub fn nest(&mut self, kind: u16, fill: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        let start = self.len;
        self.grow(attr::HEADER_LEN)?;
        let closed = fill(self).and_then(|()| {
            let len = u16::try_from(self.len - start).map_err(|_| Error::NoSpace)?;
            let header =
                self.buf.get_mut(start as usize..).and_then(<[u8]>::first_chunk_mut).ok_or(Error::NoSpace)?;
            *header = join(len, kind | consts::NLA_F_NESTED);
            Ok(())
        });
        if closed.is_err() {
            self.len = start;
        }
        closed
    }

    /// Appends whole attributes, headers included. For a layout that is known at compile time there is one check of the
    /// space for all of it, and the headers are constants.
    ///
    /// # Errors
    /// [`Error::NoSpace`] when they do not fit.
    #[inline(always)]
    pub(crate) fn words<const N: usize>(&mut self, words: [Word; N]) -> Result<()> {
        let room = self.grow(N * size_of::<Word>())?;
        write(room, words);
        Ok(())
    }

    /// Appends a nest, inside another nest, of the leaves that are present. Where all leaves are present, the nest is
    /// one layout.
    ///
    /// # Errors
    /// [`Error::NoSpace`] when they do not fit, with nothing written.
    #[inline(always)]
    pub(crate) fn nested_leaves<const N: usize>(
        &mut self,
        [outer, inner]: [u16; 2],
        all: bool,
        leaves: impl Fn() -> [(bool, Leaf); N],
    ) -> Result<()> {
        if all {
            let room = self.grow(2 * size_of::<Word>() + N * size_of::<Leaf>())?;
            let (heads, room) = room.split_at_mut(2 * size_of::<Word>());
            write(heads, [nest_head(outer, 2 + 2 * N), nest_head(inner, 1 + 2 * N)]);
            room.chunks_exact_mut(size_of::<Leaf>())
                .zip(leaves())
                .for_each(|(to, (_, leaf))| write(to, leaf));
            return Ok(());
        }
        self.nest(outer, |b| {
            b.nest(inner, |b| {
                leaves().into_iter().filter(|(present, _)| *present).try_for_each(|(_, leaf)| b.words(leaf))
            })
        })
    }

    /// Appends a nest of two runs of whole attributes, and of a last attribute that may be missing.
    ///
    /// # Errors
    /// [`Error::NoSpace`] when they do not fit, with nothing written.
    #[inline(always)]
    pub(crate) fn nest_of<const A: usize, const B: usize>(
        &mut self,
        kind: u16,
        first: [Word; A],
        second: [Word; B],
        last: Option<Leaf>,
    ) -> Result<()> {
        let words = 1 + A + B + if last.is_some() { 2 } else { 0 };
        let room = self.grow(words * size_of::<Word>())?;
        let (header, room) = room.split_at_mut(size_of::<Word>());
        let (to_first, room) = room.split_at_mut(A * size_of::<Word>());
        let (to_second, to_last) = room.split_at_mut(B * size_of::<Word>());
        write(header, [nest_head(kind, words)]);
        write(to_first, first);
        write(to_second, second);
        if let Some(last) = last {
            write(to_last, last);
        }
        Ok(())
    }
}

/// Four bytes of a message, in memory order: every attribute consists of whole words. The type is a number, not an
/// array, because the compiler moves a number as a whole.
pub(crate) type Word = u32;

/// An attribute with at most four bytes of payload, whole.
pub(crate) type Leaf = [Word; 2];

/// The attribute with this payload.
#[inline(always)]
pub(crate) fn leaf<const N: usize>(kind: u16, payload: [u8; N]) -> Leaf {
    [head(kind, N), padded(payload)]
}

#[inline(always)]
fn write<const N: usize>(room: &mut [u8], words: [Word; N]) {
    room.copy_from_slice(words.map(Word::to_ne_bytes).as_flattened());
}

/// The header of an attribute with this number of payload bytes.
#[inline(always)]
pub(crate) const fn head(kind: u16, payload_len: usize) -> Word {
    let (len, kind) = ((attr::HEADER_LEN + payload_len) as Word, kind as Word);
    if cfg!(target_endian = "little") { len | kind << 16 } else { len << 16 | kind }
}

/// The header of a nest with this number of words, its own included.
#[inline(always)]
pub(crate) const fn nest_head(kind: u16, words: usize) -> Word {
    head(kind | consts::NLA_F_NESTED, (words - 1) * size_of::<Word>())
}

/// A payload of at most four bytes, and its padding.
#[inline(always)]
pub(crate) fn padded<const N: usize>(payload: [u8; N]) -> Word {
    const { assert!(N <= size_of::<Word>()) };
    let byte = |at: usize| payload.get(at).copied().unwrap_or(0);
    Word::from_ne_bytes([byte(0), byte(1), byte(2), byte(3)])
}

/// An address slot in words.
#[inline(always)]
pub(crate) const fn in_words(bytes: [u8; 16]) -> [Word; 4] {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = bytes;
    [
        Word::from_ne_bytes([a, b, c, d]),
        Word::from_ne_bytes([e, f, g, h]),
        Word::from_ne_bytes([i, j, k, l]),
        Word::from_ne_bytes([m, n, o, p]),
    ]
}

fn write_header(room: &mut [u8], header: frame::Header) {
    let fields = [
        header.len.to_ne_bytes(),
        join(header.kind, header.flags),
        header.seq.to_ne_bytes(),
        header.port_id.to_ne_bytes(),
    ];
    room.copy_from_slice(fields.as_flattened());
}

#[inline]
fn write_attr_header(room: &mut [u8], len: u16, kind: u16) {
    room.copy_from_slice(&join(len, kind));
}

#[inline]
const fn join(first: u16, second: u16) -> [u8; 4] {
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
    fn words_at_once_are_the_attributes_one_by_one() {
        let (mut at_once, mut one_by_one) = ([0xee; 32], [0xee; 32]);
        let mut b = Builder::attributes(&mut at_once);
        let leaves = [head(1, 1), padded([9]), head(2, 2), padded([1, 2]), head(3, 4), padded([1, 2, 3, 4])];
        b.words([nest_head(7, 7)]).unwrap();
        b.words(leaves).unwrap();
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
    fn nested_leaves_are_those_that_are_present() {
        for present in 0..8u8 {
            let has = |at: u8| present >> at & 1 == 1;
            let leaves =
                || [(has(0), leaf(1, [9])), (has(1), leaf(2, [1, 2])), (has(2), leaf(3, [1, 2, 3, 4]))];
            let (mut at_once, mut one_by_one) = ([0xee; 48], [0xee; 48]);
            let mut reference = Builder::attributes(&mut one_by_one);
            let leaf_by_leaf = |b: &mut Builder<'_>| {
                if has(0) {
                    b.bytes(1, &[9])?;
                }
                if has(1) {
                    b.bytes(2, &[1, 2])?;
                }
                if has(2) { b.bytes(3, &[1, 2, 3, 4]) } else { Ok(()) }
            };
            reference.nest(7, |b| b.nest(8, leaf_by_leaf)).unwrap();
            let len = reference.len();
            for room in 0..at_once.len() {
                let mut b = Builder::attributes(&mut at_once[..room]);
                let written = b.nested_leaves([7, 8], present == 7, leaves);
                assert_eq!(written.is_ok(), room >= len, "{present} {room}");
                assert_eq!(b.len(), if room >= len { len } else { 0 });
            }
            assert_eq!(at_once[..len], one_by_one[..len], "{present}");
        }
    }

    #[test]
    fn a_nest_of_runs_is_whole_or_not_there() {
        for last in [None, Some(leaf(3, [1, 2]))] {
            let len = if last.is_some() { 28 } else { 20 };
            for room in 0..40 {
                let mut buf = [0xee; 40];
                let mut b = Builder::attributes(&mut buf[..room]);
                let written = b.nest_of(7, leaf(1, [9]), leaf(2, [0, 0, 0, 8]), last);
                assert_eq!(written.is_ok(), room >= len, "{room}");
                assert_eq!(b.len(), if room >= len { len } else { 0 });
                let nest = Attrs::new(&buf[..room]).next().filter(|_| room >= len);
                let inside = nest.map(|nest| nest.nest().unwrap().map(|leaf| leaf.kind).collect::<Vec<_>>());
                let expected = if last.is_some() { vec![1, 2, 3] } else { vec![1, 2] };
                assert!(inside.is_none_or(|inside| inside == expected));
            }
        }
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
