// SPDX-License-Identifier: GPL-2.0-or-later
//! A writer into a buffer that may be too small, which counts like C's `snprintf`.
//!
//! Guarantees: nothing is written outside the buffer, nor behind the text's NUL inside it; what does not fit is
//! counted as if it had been written; nothing is allocated.

#![forbid(unsafe_code)]

use crate::flow::tuple::address;
use std::net::IpAddr;

/// Where text goes.
#[derive(Debug)]
pub(super) struct Out<'a> {
    buf: &'a mut [u8],
    len: usize,
}

/// Decimal digits of 0..=99, two for each number.
const PAIRS: &[u8; 200] = b"0001020304050607080910111213141516171819\
    2021222324252627282930313233343536373839\
    4041424344454647484950515253545556575859\
    6061626364656667686970717273747576777879\
    8081828384858687888990919293949596979899";

/// Most digits a 64-bit number has.
const DIGITS_MAX: usize = 20;

#[inline(always)]
#[allow(clippy::indexing_slicing, clippy::cast_possible_truncation)] // the remainder is below 100
fn pair(number: u64) -> [u8; 2] {
    let at = (number % 100) as usize * 2;
    [PAIRS[at], PAIRS[at + 1]]
}

impl<'a> Out<'a> {
    /// Starts at the first byte of `buf`; the last byte that fits will hold the NUL.
    pub fn new(buf: &'a mut [u8]) -> Out<'a> {
        Out { buf, len: 0 }
    }

    /// Length of all text so far, what did not fit included.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether at least one more byte, were it only a NUL, has room.
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

    /// Appends a number in decimal.
    #[inline]
    pub fn number(&mut self, number: impl Into<u64>) {
        self.decimal(number.into());
    }

    #[inline(never)]
    fn decimal(&mut self, mut number: u64) {
        let mut digits = [0; DIGITS_MAX];
        let mut from = DIGITS_MAX;
        while number >= 10 {
            from -= 2;
            if let Some(slot) = digits.get_mut(from..from + 2) {
                slot.copy_from_slice(&pair(number));
            }
            number /= 100;
        }
        if number > 0 || from == DIGITS_MAX {
            from -= 1;
            digits.iter_mut().skip(from).take(1).for_each(|slot| *slot = pair(number)[1]);
        }
        self.put(digits.get(from..).unwrap_or_default());
    }

    /// Appends a number below 100 as two digits.
    pub fn two_digits(&mut self, number: u8) {
        self.put(&pair(number.into()));
    }

    /// Appends a number in lower-case hexadecimal without padding.
    pub fn hex(&mut self, number: u16) {
        let digit = |shift: u32| b"0123456789abcdef".get(usize::from(number >> shift & 15)).copied();
        let digits = [12, 8, 4, 0].map(|shift| digit(shift).unwrap_or_default());
        let zeros = (number | 1).leading_zeros() as usize / 4;
        self.put(digits.get(zeros..).unwrap_or_default());
    }

    /// Appends an address; nothing for a family without addresses.
    #[inline]
    pub fn address(&mut self, family: u8, bytes: [u8; 16]) {
        match address(family, bytes) {
            Some(IpAddr::V4(v4)) => self.ipv4(v4.octets()),
            Some(IpAddr::V6(v6)) => self.ipv6(v6.segments()),
            None => {}
        }
    }

    fn ipv4(&mut self, octets: [u8; 4]) {
        let [first, rest @ ..] = octets;
        self.octet(first);
        for octet in rest {
            self.put(b".");
            self.octet(octet);
        }
    }

    #[inline]
    fn octet(&mut self, octet: u8) {
        let [tens, ones] = pair(octet.into());
        match octet {
            0..10 => self.put(&[ones]),
            10..100 => self.put(&[tens, ones]),
            100.. => self.put(&[b'0' + octet / 100, tens, ones]),
        }
    }

    /// As `inet_ntop` writes it: the longest run of zero groups, two at least and the first of equals, is `::`;
    /// an address that ends in an IPv4 one ends in dots.
    fn ipv6(&mut self, groups: [u16; 8]) {
        let run = longest_zero_run(&groups);
        let [.., ffff, high, low] = groups;
        let dotted = run.start == 0 && (run.end == 6 || run.end == 5 && ffff == 0xffff);
        for (at, &group) in groups.iter().enumerate() {
            if run.contains(&at) {
                if at == run.start {
                    self.put(b":");
                }
                continue;
            }
            if at > 0 {
                self.put(b":");
            }
            if dotted && at == 6 {
                let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
                return self.ipv4([a, b, c, d]);
            }
            self.hex(group);
        }
        if run.end == 8 {
            self.put(b":");
        }
    }

    /// Takes back from the count what of the text since `start` lies behind the buffer's end.
    pub fn count_only_what_fits(&mut self, start: usize) {
        self.len = self.len.min(self.buf.len().max(start));
    }

    /// Writes the NUL: behind the text, or over the last byte that fits. A buffer without bytes stays so.
    pub fn terminate(&mut self) {
        let last = self.buf.len().wrapping_sub(1);
        if let Some(byte) = self.buf.get_mut(self.len.min(last)) {
            *byte = 0;
        }
    }

    /// Takes the last byte of a terminated text back.
    pub fn drop_last(&mut self) {
        self.len = self.len.saturating_sub(1);
        if let Some(byte) = self.buf.get_mut(self.len) {
            *byte = 0;
        }
    }
}

/// The first longest run of zero groups; an empty run behind the groups when none has two.
fn longest_zero_run(groups: &[u16; 8]) -> std::ops::Range<usize> {
    let mut best = 9..9;
    let mut start = 0;
    for (at, &group) in groups.iter().enumerate() {
        if group != 0 {
            start = at + 1;
        } else if at + 1 - start > best.len().max(1) {
            best = start..at + 1;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv6Addr;

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
        for number in 0..=u16::MAX {
            assert_eq!(text(|out| out.hex(number)), format!("{number:x}"));
            assert_eq!(text(|out| out.number(number)), number.to_string());
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
