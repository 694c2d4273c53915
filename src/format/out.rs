// SPDX-License-Identifier: GPL-2.0-or-later
//! A writer into a buffer that may be too small, which counts like C's `snprintf`.
//!
//! Guarantees: nothing is written outside the buffer, or after the text's NUL inside it, but by
//! [`put_start`](Out::put_start); text that does not fit is counted as if it had been written; nothing is allocated.

#![forbid(unsafe_code)]

use super::digits;
use crate::wire::Certain;
use crate::wire::consts::{AF_INET, AF_INET6};
use std::fmt;
use std::net::Ipv6Addr;

/// A text under construction.
#[derive(Debug)]
pub(super) struct Out<'a> {
    buf: &'a mut [u8],
    len: usize,
}

impl<'a> Out<'a> {
    /// Starts at the first byte of `buf`; the last byte that fits will hold the NUL.
    pub fn new(buf: &'a mut [u8]) -> Out<'a> {
        Out { buf, len: 0 }
    }

    /// Length of all text so far, including the part that did not fit.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether at least one more byte fits, if only a NUL.
    pub fn has_room(&self) -> bool {
        self.len < self.buf.len()
    }

    /// The last byte of the text, where it fits.
    pub fn last(&self) -> Option<u8> {
        self.buf.get(self.len.checked_sub(1)?).copied()
    }

    /// Appends text.
    #[inline(always)]
    pub fn put(&mut self, text: &[u8]) {
        let end = self.len + text.len();
        match self.buf.get_mut(self.len..end) {
            Some(room) => room.copy_from_slice(text),
            None => self.put_cut(text),
        }
        self.len = end;
    }

    #[cold]
    #[inline(never)]
    fn put_cut(&mut self, text: &[u8]) {
        let room = self.buf.get_mut(self.len..).unwrap_or_default();
        room.iter_mut().zip(text).for_each(|(to, from)| *to = *from);
    }

    /// Appends text of at most 64 bytes.
    #[inline(always)]
    pub fn put_short(&mut self, text: &[u8]) {
        let end = self.len + text.len();
        match self.buf.get_mut(self.len..end) {
            Some(room) => digits::copy_short(room, text),
            None => self.put_cut(text),
        }
        self.len = end;
    }

    /// Appends the first `len` bytes of an array. Copying all of it is faster than copying a part; where it fits, the
    /// bytes after the text are changed.
    #[inline(always)]
    pub fn put_start<const N: usize>(&mut self, text: &[u8; N], len: usize) {
        match self.buf.get_mut(self.len..self.len + N) {
            Some(room) => room.copy_from_slice(text),
            None => self.put_cut(text.get(..len).certain()),
        }
        self.len += len;
    }

    /// Appends a number in decimal.
    #[inline]
    pub fn number(&mut self, number: impl Into<u64>) {
        self.decimal(number.into());
    }

    #[inline(never)]
    fn decimal(&mut self, number: u64) {
        match u32::try_from(number) {
            Ok(number @ 0..10) => self.put(&[b'0' + number as u8]),
            Ok(number @ 10..100_000_000) => self.put_digits(digits::eight(number)),
            _ => self.long_decimal(number),
        }
    }

    #[inline(never)]
    fn long_decimal(&mut self, number: u64) {
        self.put_digits(digits::many(number));
    }

    /// Appends the first bytes of a text in an array.
    #[inline(always)]
    fn put_digits<const N: usize>(&mut self, (text, len): ([u8; N], usize)) {
        self.put_short(text.get(..len).certain());
    }

    /// Appends a number below 100 as two digits.
    pub fn two_digits(&mut self, number: u8) {
        self.put(&digits::pair(number.into()));
    }

    /// Appends a number below 10^9 as nine digits.
    pub fn nine_digits(&mut self, number: u64) {
        for pair in [100_000_000, 1_000_000, 10_000, 100, 1] {
            let digits = digits::pair(number / pair);
            self.put(if pair == 100_000_000 { digits.get(1..).certain() } else { &digits });
        }
    }

    /// Appends a byte as two digits in lower-case hexadecimal.
    pub fn hex_pair(&mut self, byte: u8) {
        self.put(&digits::hex_pair(byte));
    }

    /// Appends a number in lower-case hexadecimal without padding.
    #[inline]
    pub fn hex(&mut self, number: u16) {
        self.put_digits(digits::hex(number));
    }

    /// Appends the address in a slot; nothing for a family without addresses.
    #[inline(never)] // for many callers, which stay short
    pub fn address(&mut self, family: u8, bytes: [u8; 16]) {
        let [a, b, c, d, ..] = bytes;
        match family {
            AF_INET => self.ipv4([a, b, c, d]),
            AF_INET6 => self.ipv6(Ipv6Addr::from(bytes).segments()),
            _ => {}
        }
    }

    /// Appends an address of IPv4.
    pub fn ipv4(&mut self, octets: [u8; 4]) {
        self.put_digits(digits::ipv4(octets));
    }

    /// Appends an address of IPv6.
    #[inline(never)] // apart, so that the other family stays short
    pub fn ipv6(&mut self, groups: [u16; 8]) {
        let (text, dotted) = digits::ipv6(groups);
        self.put_digits(text);
        if let Some(octets) = dotted {
            self.ipv4(octets);
        }
    }

    /// Removes from the count the part of the text since `start` that lies after the end of the buffer.
    pub fn count_only_what_fits(&mut self, start: usize) {
        self.len = self.len.min(self.buf.len().max(start));
    }

    /// Writes the NUL: after the text, or over the last byte that fits. A buffer without bytes stays unchanged.
    pub fn terminate(&mut self) {
        let last = self.buf.len().wrapping_sub(1);
        if let Some(byte) = self.buf.get_mut(self.len.min(last)) {
            *byte = 0;
        }
    }

    /// Removes the last byte of a terminated text.
    pub fn drop_last(&mut self) {
        self.len = self.len.saturating_sub(1);
        if let Some(byte) = self.buf.get_mut(self.len) {
            *byte = 0;
        }
    }
}

/// Text of every length has room: what does not fit is counted.
impl fmt::Write for Out<'_> {
    #[inline]
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.put(text.as_bytes());
        Ok(())
    }

    #[inline(always)]
    fn write_char(&mut self, char: char) -> fmt::Result {
        match u8::try_from(char) {
            Ok(byte) if byte.is_ascii() => self.put(&[byte]),
            _ => self.put(char.encode_utf8(&mut [0; 4]).as_bytes()),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl Fn(&mut Out<'_>)) -> String {
        let mut buf = [0xee; 64];
        let mut out = Out::new(&mut buf);
        write(&mut out);
        let len = out.len();
        assert!(buf[len..].iter().all(|&byte| byte == 0xee), "bytes behind the text were touched");
        String::from_utf8(buf[..len].to_vec()).unwrap()
    }

    #[test]
    fn numbers_of_every_length() {
        let mut number = 0u64;
        for digit in (1..=9).chain(1..=9).chain([0]) {
            for number in [number, number.wrapping_mul(10), number / 3, u64::MAX - number] {
                assert_eq!(text(|out| out.number(number)), number.to_string());
            }
            number = number * 10 + digit;
        }
        for four in 0..10_000u32 {
            let eight = four * 10_000 + (9_999 - four);
            assert_eq!(text(|out| out.number(eight)), eight.to_string());
        }
        for number in 0..=u16::MAX {
            assert_eq!(text(|out| out.hex(number)), format!("{number:x}"));
            assert_eq!(text(|out| out.number(number)), number.to_string());
        }
        for number in [0, 1, 7_000, 123_456_789, 999_999_999] {
            assert_eq!(text(|out| out.nine_digits(number)), format!("{number:09}"));
        }
        for byte in 0..=u8::MAX {
            assert_eq!(text(|out| out.hex_pair(byte)), format!("{byte:02x}"));
        }
    }

    #[test]
    fn ipv4_addresses() {
        for octet in 0..=255u8 {
            assert_eq!(text(|out| out.ipv4([octet, 0, 255, octet])), format!("{octet}.0.255.{octet}"));
        }
    }

    #[test]
    fn ipv6_addresses_of_every_shape() {
        // The standard library agrees but for the dotted form of addresses below 2^32.
        for shape in 0..=255u8 {
            for group in [1u16, 0xffff, 0xabc, 0x10] {
                let groups: [u16; 8] = std::array::from_fn(|at| if shape >> at & 1 == 1 { group } else { 0 });
                let ours = text(|out| out.ipv6(groups));
                assert_eq!(ours.parse::<Ipv6Addr>().unwrap().segments(), groups, "{ours}");
                if groups[..6] != [0; 6] || groups[6] == 0 {
                    assert_eq!(ours, Ipv6Addr::from(groups).to_string());
                }
            }
        }
        assert_eq!(text(|out| out.ipv6([0, 0, 0, 0, 0, 0, 0xc000, 0x221])), "::192.0.2.33");
        assert_eq!(text(|out| out.ipv6([0, 0, 0, 0, 0, 0, 1, 0])), "::0.1.0.0");
    }

    #[test]
    fn what_does_not_fit_is_counted_and_cut() {
        for size in 0..8 {
            let mut buf = [0xee; 10];
            let mut out = Out::new(&mut buf[..size]);
            out.put(b"abc");
            out.number(1234u64);
            out.terminate();
            assert_eq!(out.len(), 7);
            let kept = size.saturating_sub(1).min(7);
            assert_eq!(buf[..kept], b"abc1234"[..kept]);
            assert!(size == 0 || buf[kept] == 0);
            assert!(buf[size.max(kept + 1)..].iter().all(|&byte| byte == 0xee));
        }
    }
}
