// SPDX-License-Identifier: GPL-2.0-or-later
//! Reading attributes: checked, borrowed views, never a copy.
//!
//! Guarantees: type numbers are returned without their two flag bits; a nest is read whether or not its `NLA_F_NESTED`
//! bit is set; a walk ends at the first header that does not fit; an integer longer than needed is read from its first
//! bytes, a shorter one is an error; a string ends at its first NUL or with its payload, never after it.

#![forbid(unsafe_code)]

use super::{Certain, align4, array_at, consts};
use crate::error::{Error, Result};

/// Size of `struct nlattr`.
pub const HEADER_LEN: usize = 4;

/// One attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attr<'a> {
    /// The type number, flag bits removed.
    pub kind: u16,
    /// The payload without padding.
    pub payload: &'a [u8],
}

const TOO_SHORT: Error = Error::Malformed("attribute shorter than its type");

impl<'a> Attr<'a> {
    /// The first `N` bytes of the payload.
    ///
    /// # Errors
    /// [`Error::Malformed`] when the payload is shorter.
    #[inline]
    pub fn array<const N: usize>(&self) -> Result<[u8; N]> {
        array_at(self.payload, 0).ok_or(TOO_SHORT)
    }

    /// An 8-bit value.
    ///
    /// # Errors
    /// [`Error::Malformed`] when the payload is empty.
    #[inline]
    pub fn u8(&self) -> Result<u8> {
        self.payload.first().copied().ok_or(TOO_SHORT)
    }

    /// A 16-bit big-endian value.
    ///
    /// # Errors
    /// [`Error::Malformed`] when the payload is shorter than 2 bytes.
    #[inline]
    pub fn be16(&self) -> Result<u16> {
        self.array().map(u16::from_be_bytes)
    }

    /// A 32-bit big-endian value.
    ///
    /// # Errors
    /// [`Error::Malformed`] when the payload is shorter than 4 bytes.
    #[inline]
    pub fn be32(&self) -> Result<u32> {
        self.array().map(u32::from_be_bytes)
    }

    /// A 64-bit big-endian value.
    ///
    /// # Errors
    /// [`Error::Malformed`] when the payload is shorter than 8 bytes.
    #[inline]
    pub fn be64(&self) -> Result<u64> {
        self.array().map(u64::from_be_bytes)
    }

    /// A string: the payload up to its first NUL, or all of it.
    ///
    /// # Errors
    /// [`Error::Malformed`] when the payload is empty.
    pub fn text(&self) -> Result<&'a [u8]> {
        if self.payload.is_empty() {
            return Err(TOO_SHORT);
        }
        let end = self.payload.iter().position(|&b| b == 0).unwrap_or(self.payload.len());
        Ok(self.payload.get(..end).certain())
    }

    /// The attributes inside this nest.
    ///
    /// # Errors
    /// [`Error::Malformed`] when the payload is neither empty nor long enough for one header.
    #[inline]
    pub fn nest(&self) -> Result<Attrs<'a>> {
        match self.payload.len() {
            1..HEADER_LEN => Err(TOO_SHORT),
            _ => Ok(Attrs::new(self.payload)),
        }
    }
}

/// The payload of the attribute at `offset` of an area, when its header contains exactly this type, without flag bits,
/// and a length of `N` bytes. For nests that the kernel always writes in the same form, before their attributes are
/// read one by one.
#[inline(always)]
#[must_use]
pub fn exactly<const N: usize>(area: &[u8], offset: usize, kind: u16) -> Option<[u8; N]> {
    let len = u16::try_from(HEADER_LEN + N).ok()?;
    let is_it =
        array_at(area, offset)? == len.to_ne_bytes() && array_at(area, offset + 2)? == kind.to_ne_bytes();
    if is_it { array_at(area, offset + HEADER_LEN) } else { None }
}

/// Walks over the attributes of one area.
#[derive(Debug, Clone)]
pub struct Attrs<'a> {
    rest: &'a [u8],
}

impl<'a> Attrs<'a> {
    /// Starts a walk over an attribute area.
    #[inline]
    #[must_use]
    pub fn new(area: &'a [u8]) -> Attrs<'a> {
        Attrs { rest: area }
    }

    /// The bytes that the walk has not read: none after a clean end, the malformed tail otherwise.
    #[cfg(any(test, feature = "internals"))]
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }
}

impl<'a> Iterator for Attrs<'a> {
    type Item = Attr<'a>;

    #[inline]
    fn next(&mut self) -> Option<Attr<'a>> {
        let len = usize::from(u16::from_ne_bytes(array_at(self.rest, 0)?));
        let kind = u16::from_ne_bytes(array_at(self.rest, 2)?) & consts::NLA_TYPE_MASK;
        let payload = self.rest.get(HEADER_LEN..len)?;
        let next = align4(len).min(self.rest.len()); // the last attribute need not be padded
        self.rest = self.rest.get(next..)?;
        Some(Attr { kind, payload })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attr(len: u16, kind: u16, payload: &[u8]) -> Vec<u8> {
        let mut bytes = len.to_ne_bytes().to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(payload);
        bytes.resize(align4(bytes.len()), 0xee);
        bytes
    }

    #[test]
    fn flag_bits_and_padding_do_not_show() {
        let mut area = attr(5, consts::NLA_F_NESTED | 3, &[1]);
        area.extend(attr(8, consts::NLA_F_NET_BYTEORDER | 4, &[0, 0, 1, 2]));
        let seen: Vec<_> = Attrs::new(&area).collect();
        assert_eq!(seen[0], Attr { kind: 3, payload: &[1] });
        assert_eq!(seen[1].kind, 4);
        assert_eq!(seen[1].be32(), Ok(258));
    }

    #[test]
    fn a_header_that_does_not_fit_ends_the_walk() {
        for len in [0u16, 1, 2, 3, 9, 0xffff] {
            let mut area = attr(8, 1, &[0; 4]);
            area.extend(attr(len, 2, &[0; 4]));
            let mut walk = Attrs::new(&area);
            assert_eq!(walk.by_ref().count(), 1, "length {len}");
            assert_eq!(walk.rest().len(), 8);
        }
    }

    #[test]
    fn an_unpadded_last_attribute_is_read() {
        let area = &attr(5, 1, &[9])[..5];
        assert_eq!(Attrs::new(area).next().unwrap().u8(), Ok(9));
    }

    #[test]
    fn an_attribute_is_exactly_what_was_expected_or_nothing() {
        let area = [attr(5, 9, &[7]), attr(6, 3, &[1, 2])].concat();
        assert_eq!(exactly::<1>(&area, 0, 9), Some([7]));
        assert_eq!(exactly::<2>(&area, 8, 3), Some([1, 2]));
        assert_eq!(exactly::<2>(&area, 0, 9), None, "another length");
        assert_eq!(exactly::<1>(&area, 0, 8), None, "another type");
        assert_eq!(exactly::<2>(&area[..13], 8, 3), None, "cut short");
        assert_eq!(exactly::<2>(&area, 16, 3), None, "behind the end");
    }

    #[test]
    fn short_values_are_errors_and_long_ones_are_read() {
        let view = |payload| Attr { kind: 1, payload };
        assert!(view(&[]).u8().is_err());
        assert!(view(&[1]).be16().is_err());
        assert!(view(&[1, 2, 3]).be32().is_err());
        assert!(view(&[0; 7]).be64().is_err());
        assert_eq!(view(&[0, 1, 2, 3]).be16(), Ok(1));
        assert_eq!(view(&[1, 2, 3]).nest().unwrap_err(), TOO_SHORT);
        assert_eq!(view(&[]).nest().unwrap().count(), 0);
    }

    #[test]
    fn strings_end_at_nul_or_with_the_payload() {
        let view = |payload| Attr { kind: 1, payload };
        assert_eq!(view(b"ftp\0junk").text(), Ok(&b"ftp"[..]));
        assert_eq!(view(b"ftp").text(), Ok(&b"ftp"[..]));
        assert_eq!(view(b"\0").text(), Ok(&b""[..]));
        assert!(view(b"").text().is_err());
    }
}
