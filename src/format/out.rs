// SPDX-License-Identifier: GPL-2.0-or-later
//! A writer into a buffer that may be too small, which counts like C's `snprintf`.
//!
//! Guarantees: nothing is written outside the buffer, nor behind the text's NUL inside it; what does not fit is
//! counted as if it had been written; nothing is allocated.

#![forbid(unsafe_code)]

use crate::wire::array_at;
use crate::wire::consts::{AF_INET, AF_INET6};

/// Most digits a 64-bit number has.
const DIGITS_MAX: usize = 20;

/// Where text goes.
#[derive(Debug)]
pub(super) struct Out<'a> {
    buf: &'a mut [u8],
    len: usize,
}

/// The numbers 0..=99 as two digits.
#[allow(clippy::indexing_slicing)] // evaluated when compiling
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut number = 0;
    while number < 100 {
        pairs[number as usize] = [b'0' + number / 10, b'0' + number % 10];
        number += 1;
    }
    pairs
};

/// The numbers 0..=255 as an address has them: digits, then a dot.
#[allow(clippy::indexing_slicing)] // evaluated when compiling
const OCTETS: [[u8; 4]; 256] = {
    let mut octets = [[0; 4]; 256];
    let mut at = 0;
    while at < 256 {
        let [hundreds, tens, ones] = [at / 100, at / 10 % 10, at % 10];
        octets[at] = match at {
            0..10 => [b'0' + ones as u8, b'.', 0, 0],
            10..100 => [b'0' + tens as u8, b'0' + ones as u8, b'.', 0],
            _ => [b'0' + hundreds as u8, b'0' + tens as u8, b'0' + ones as u8, b'.'],
        };
        at += 1;
    }
    octets
};

/// The numbers 0..=255 as two digits in lower-case hexadecimal.
#[allow(clippy::indexing_slicing)] // evaluated when compiling
const HEX_PAIRS: [[u8; 2]; 256] = {
    let digits = b"0123456789abcdef";
    let mut pairs = [[0; 2]; 256];
    let mut number = 0;
    while number < 256 {
        pairs[number] = [digits[number / 16], digits[number % 16]];
        number += 1;
    }
    pairs
};

/// For each set of zero groups of an address, a bit for each, the longest run of them: where it starts and where it
/// ends; two groups at least, and the first of equals. 8 and 8 where there is none.
#[allow(clippy::indexing_slicing)] // evaluated when compiling
const ZERO_RUNS: [[u8; 2]; 256] = {
    let mut runs = [[8; 2]; 256];
    let mut zeros = 0;
    while zeros < 256 {
        let (mut longest, mut start, mut end) = (1, 0, 0);
        while end < 8 {
            end += 1;
            if zeros >> (end - 1) & 1 == 0 {
                start = end;
            } else if end - start > longest {
                longest = end - start;
                runs[zeros] = [start, end];
            }
        }
        zeros += 1;
    }
    runs
};

/// A number's digits in lower-case hexadecimal, without leading zeros, and how many they are.
#[inline(always)]
#[allow(clippy::indexing_slicing)] // eight bits into 256 pairs
fn hex_digits(number: u16) -> ([u8; 4], usize) {
    let zeros = (number | 1).leading_zeros() / 4;
    let [front, back] = (number << (4 * zeros)).to_be_bytes();
    let ([a, b], [c, d]) = (HEX_PAIRS[usize::from(front)], HEX_PAIRS[usize::from(back)]);
    ([a, b, c, d], 4 - zeros as usize)
}

#[inline(always)]
#[allow(clippy::indexing_slicing, clippy::cast_possible_truncation)] // the remainder is below 100
fn pair(number: u64) -> [u8; 2] {
    PAIRS[(number % 100) as usize]
}

/// A number below 10^8: its digits without leading zeros, and how many they are. All digits are worked out at the
/// same time, in parts of one word that are halved until each is a byte; the first digit is in the lowest one.
#[inline(always)]
fn eight_digits(number: u32) -> ([u8; 8], usize) {
    let fours = u64::from(number / 10_000) | u64::from(number % 10_000) << 32;
    let hundreds = ((fours * 10_486) >> 20) & 0x7f_0000_007f; // exact below 10,000
    let twos = hundreds | (fours - hundreds * 100) << 16;
    let tens = ((twos * 103) >> 10) & 0xf_000f_000f_000f; // exact below 100
    let ones = tens | (twos - tens * 10) << 8;
    let zeros = ones.trailing_zeros() / 8;
    let text = ones | u64::from_ne_bytes([b'0'; 8]);
    ((text >> (8 * zeros)).to_le_bytes(), 8 - zeros as usize)
}

/// Copies `N` to twice as many bytes between slices of one length, in two pieces that may overlap: cheaper than a
/// call. Whether they are as long.
#[inline(always)]
fn copy_ends<const N: usize>(to: &mut [u8], from: &[u8]) -> bool {
    let (Some(first), Some(last)) = (from.first_chunk::<N>(), from.last_chunk::<N>()) else {
        return false;
    };
    to.first_chunk_mut().into_iter().for_each(|to| *to = *first);
    to.last_chunk_mut().into_iter().for_each(|to| *to = *last);
    true
}

/// Copies up to 64 bytes. Where the source is a short array, only what it can need is compiled.
#[inline(always)]
fn copy_short(to: &mut [u8], from: &[u8]) {
    let _ = copy_ends::<32>(to, from)
        || copy_ends::<16>(to, from)
        || copy_ends::<8>(to, from)
        || copy_ends::<4>(to, from)
        || copy_ends::<2>(to, from)
        || copy_ends::<1>(to, from);
}

/// An address in the making: each group of digits is written with room for four and a colon, the next one over what
/// it does not take of it.
struct Groups {
    text: [u8; 44],
    len: usize,
}

impl Groups {
    /// Appends groups, each with a colon behind it.
    #[inline(always)]
    fn put(&mut self, groups: &[u16]) {
        for &group in groups {
            let ([a, b, c, d], len) = hex_digits(group);
            if let Some(slot) = self.text.get_mut(self.len..self.len + 4) {
                slot.copy_from_slice(&[a, b, c, d]);
            }
            self.len += len;
            self.put_colon();
        }
    }

    #[inline(always)]
    fn put_colon(&mut self) {
        if let Some(byte) = self.text.get_mut(self.len) {
            *byte = b':';
        }
        self.len += 1;
    }
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

    /// Appends text of at most 64 bytes.
    #[inline(always)]
    fn put_short(&mut self, text: &[u8]) {
        let end = self.len + text.len();
        match self.buf.get_mut(self.len..end) {
            Some(room) => copy_short(room, text),
            None => self.put_cut(text),
        }
        self.len = end;
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
            Ok(number @ 10..100_000_000) => {
                let (text, digits) = eight_digits(number);
                self.put_short(text.get(..digits).unwrap_or_default());
            }
            _ => self.long_decimal(number),
        }
    }

    fn long_decimal(&mut self, number: u64) {
        let mut space = [0; DIGITS_MAX];
        let digits = number.checked_ilog10().map_or(1, |log| log as usize + 1);
        let text = space.get_mut(..digits).unwrap_or_default();
        fill_decimal(text, number);
        self.put(text);
    }

    /// Appends a number below 100 as two digits.
    pub fn two_digits(&mut self, number: u8) {
        self.put(&pair(number.into()));
    }

    /// Appends a number in lower-case hexadecimal without padding.
    #[inline]
    pub fn hex(&mut self, number: u16) {
        let (digits, len) = hex_digits(number);
        self.put_short(digits.get(..len).unwrap_or_default());
    }

    /// Appends the address in a slot; nothing for a family without addresses.
    #[inline]
    pub fn address(&mut self, family: u8, bytes: [u8; 16]) {
        let [a, b, c, d, ..] = bytes;
        match family {
            AF_INET => self.ipv4([a, b, c, d]),
            AF_INET6 => self.ipv6(std::array::from_fn(|at| {
                u16::from_be_bytes(array_at(&bytes, at * 2).unwrap_or_default())
            })),
            _ => {}
        }
    }

    #[allow(clippy::indexing_slicing)] // an 8-bit number into 256 texts
    fn ipv4(&mut self, octets: [u8; 4]) {
        // Each octet is written with its dot and the space behind it, the next one over that space.
        let mut text = [0; 16];
        let mut len = 0;
        for octet in octets {
            if let Some(slot) = text.get_mut(len..len + 4) {
                slot.copy_from_slice(&OCTETS[usize::from(octet)]);
            }
            len += 2 + usize::from(octet > 9) + usize::from(octet > 99);
        }
        self.put_short(text.get(..len - 1).unwrap_or_default());
    }

    /// As `inet_ntop` writes it: the longest run of zero groups, two at least and the first of equals, is `::`;
    /// an address that ends in an IPv4 one ends in dots.
    #[allow(clippy::indexing_slicing)] // eight bits into 256 runs
    fn ipv6(&mut self, groups: [u16; 8]) {
        let zeros = groups.iter().rev().fold(0, |bits, &group| bits << 1 | usize::from(group == 0));
        let [start, end] = ZERO_RUNS[zeros & 0xff].map(usize::from);
        let [.., ffff, high, low] = groups;
        let dotted = start == 0 && (end == 6 || end == 5 && ffff == 0xffff);
        let mut address = Groups { text: [0; 44], len: 0 };
        address.put(groups.get(..start).unwrap_or_default());
        if start == 0 {
            address.put_colon();
        }
        if start < end {
            address.put_colon();
        }
        address.put(groups.get(end..if dotted { 6 } else { 8 }).unwrap_or_default());
        // Behind the last group is no colon, unless it is the run's or dots follow.
        let len = address.len - usize::from(end != 8 && !dotted || start == 8);
        self.put_short(address.text.get(..len).unwrap_or_default());
        if dotted {
            let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
            self.ipv4([a, b, c, d]);
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

/// Fills a slice with the last digits of a number.
#[inline(always)]
fn fill_decimal(room: &mut [u8], mut number: u64) {
    for digits in room.rchunks_mut(2) {
        let two = pair(number);
        match digits {
            [first, second] => [*first, *second] = two,
            [only] => [_, *only] = two,
            _ => {}
        }
        number /= 100;
    }
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
        for four in 0..10_000u32 {
            let eight = four * 10_000 + (9_999 - four);
            assert_eq!(text(|out| out.number(eight)), eight.to_string());
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
