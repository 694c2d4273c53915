// SPDX-License-Identifier: GPL-2.0-or-later
//! Numbers and addresses as text, as fast as printing of whole tables needs it.
//!
//! All functions are pure: they take a number, and return an array that starts with its text, and the length of the
//! text. Tricks for speed stand in this file only. The file depends on no other, so that `benches/pure.rs` measures
//! each trick next to plain code with the same result; the times in the comments are from there. A trick that saves no
//! time is removed.

#![forbid(unsafe_code)]
#![allow(clippy::indexing_slicing)] // into tables by numbers that are smaller, and into arrays that hold the longest text

/// Most digits a 64-bit number has.
const DIGITS_MAX: usize = 20;

/// The numbers 0..=99 as two digits.
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

/// For each set of zero groups of an address (one bit for each group), the start and the end of the longest run of at
/// least two zero groups, the first of equal ones. 8 and 8 where there is none.
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

/// The last two decimal digits of a number.
/// Two digits from a table: 0.7 ns, one by one 7.0.
#[inline(always)]
pub(super) fn pair(number: u64) -> [u8; 2] {
    PAIRS[(number % 100) as usize]
}

/// A number below 10^8: its digits without leading zeros, and their number. All digits are computed at the same time,
/// in parts of one word that are halved until each is a byte; the first digit is in the lowest byte. 431,999: 4.1 ns,
/// one by one 11.5.
#[inline(always)]
pub(super) fn eight(number: u32) -> ([u8; 8], usize) {
    let fours = u64::from(number / 10_000) | u64::from(number % 10_000) << 32;
    let hundreds = ((fours * 10_486) >> 20) & 0x7f_0000_007f; // exact below 10,000
    let twos = hundreds | (fours - hundreds * 100) << 16;
    let tens = ((twos * 103) >> 10) & 0xf_000f_000f_000f; // exact below 100
    let ones = tens | (twos - tens * 10) << 8;
    let zeros = ones.trailing_zeros() / 8;
    let text = ones | u64::from_ne_bytes([b'0'; 8]);
    ((text >> (8 * zeros)).to_le_bytes(), 8 - zeros as usize)
}

/// Any number: its digits without leading zeros, and their number. Two digits at a time from a table; ten digits: 10.6
/// ns, one by one 17.8.
#[inline(always)]
pub(super) fn many(number: u64) -> ([u8; DIGITS_MAX], usize) {
    let digits = number.checked_ilog10().map_or(1, |log| log as usize + 1);
    let (mut text, mut rest) = ([0; DIGITS_MAX], number);
    for room in text[..digits].rchunks_mut(2) {
        let two = pair(rest);
        match room {
            [first, second] => [*first, *second] = two,
            [only] => [_, *only] = two,
            _ => {}
        }
        rest /= 100;
    }
    (text, digits)
}

/// A byte as two digits in lower-case hexadecimal.
#[inline(always)]
pub(super) fn hex_pair(byte: u8) -> [u8; 2] {
    HEX_PAIRS[usize::from(byte)]
}

/// A number's digits in lower-case hexadecimal, without leading zeros, and their number. Two digits at a time from a
/// table; three digits: 1.4 ns, one by one 7.8.
#[inline(always)]
pub(super) fn hex(number: u16) -> ([u8; 4], usize) {
    let zeros = (number | 1).leading_zeros() / 4;
    let [front, back] = (number << (4 * zeros)).to_be_bytes();
    let ([a, b], [c, d]) = (HEX_PAIRS[usize::from(front)], HEX_PAIRS[usize::from(back)]);
    ([a, b, c, d], 4 - zeros as usize)
}

/// An IPv4 address.
/// 198.51.100.2: 6.7 ns, digit by digit 72.
#[inline(always)]
pub(super) fn ipv4(octets: [u8; 4]) -> ([u8; 16], usize) {
    // Each octet is written with its dot and the space after it, the next one over that space.
    let (mut text, mut len) = ([0; 16], 0);
    for octet in octets {
        text[len..len + 4].copy_from_slice(&OCTETS[usize::from(octet)]);
        len += 2 + usize::from(octet > 9) + usize::from(octet > 99);
    }
    (text, len - 1)
}

/// Eight groups of four digits and their colons, and the space in which the last group is written.
const GROUPS_MAX: usize = 44;

/// An address under construction: each group of digits is written with space for four digits and a colon, and the next
/// group starts after the used part of this space.
struct Groups {
    text: [u8; GROUPS_MAX],
    len: usize,
}

impl Groups {
    /// Appends groups, each followed by a colon.
    #[inline(always)]
    fn put(&mut self, groups: &[u16]) {
        for &group in groups {
            let (digits, len) = hex(group);
            self.text[self.len..self.len + 4].copy_from_slice(&digits);
            self.len += len;
            self.put_colon();
        }
    }

    #[inline(always)]
    fn put_colon(&mut self) {
        self.text[self.len] = b':';
        self.len += 1;
    }
}

/// An IPv6 address as `inet_ntop` writes it: the longest run of at least two zero groups, the first of equal ones, is
/// `::`. Returns the text; for an address that ends with an IPv4 address, the text before it and that address.
/// 2001:db8::2:0:0:5: 36 ns, digit by digit and with a search for the run 154.
#[inline(always)]
pub(super) fn ipv6(groups: [u16; 8]) -> (([u8; GROUPS_MAX], usize), Option<[u8; 4]>) {
    let zeros = groups.iter().rev().fold(0, |bits, &group| bits << 1 | usize::from(group == 0));
    let [start, end] = ZERO_RUNS[zeros & 0xff].map(usize::from);
    let [.., ffff, high, low] = groups;
    let dotted = start == 0 && (end == 6 || end == 5 && ffff == 0xffff);
    let mut address = Groups { text: [0; GROUPS_MAX], len: 0 };
    address.put(&groups[..start]);
    if start == 0 {
        address.put_colon();
    }
    if start < end {
        address.put_colon();
    }
    address.put(&groups[end..if dotted { 6 } else { 8 }]);
    // No colon follows the last group, unless the run ends the address or an IPv4 address follows.
    let len = address.len - usize::from(end != 8 && !dotted || start == 8);
    let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
    ((address.text, len), dotted.then_some([a, b, c, d]))
}

/// Copies `N` to twice as many bytes between slices of one length, in two pieces that may overlap: faster than a call.
/// Returns whether the slices have such a length.
#[inline(always)]
fn copy_ends<const N: usize>(to: &mut [u8], from: &[u8]) -> bool {
    let (Some(first), Some(last)) = (from.first_chunk::<N>(), from.last_chunk::<N>()) else {
        return false;
    };
    to.first_chunk_mut().into_iter().for_each(|to| *to = *first);
    to.last_chunk_mut().into_iter().for_each(|to| *to = *last);
    true
}

/// Copies up to 64 bytes. Where the source is a short array, only the code for its length is compiled. Twelve bytes:
/// 1.9 ns, a call 3.6.
#[inline(always)]
pub(super) fn copy_short(to: &mut [u8], from: &[u8]) {
    let _ = copy_ends::<32>(to, from)
        || copy_ends::<16>(to, from)
        || copy_ends::<8>(to, from)
        || copy_ends::<4>(to, from)
        || copy_ends::<2>(to, from)
        || copy_ends::<1>(to, from);
}
