// SPDX-License-Identifier: GPL-2.0-or-later
//! Bit masks as connection labels use them: whole 32-bit words, bit `n` in word `n / 32`.
//!
//! On the wire (`CTA_LABELS`) the words go out in host byte order, in the order of the kernel's longs: see
//! `wire_place`.

#![forbid(unsafe_code)]

use crate::error::Result;
use crate::sys::memory;
use std::ops::{Deref, DerefMut};

/// A fixed number of bits, a multiple of 32.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bitmask {
    words: Words,
}

/// The mask itself holds this number of words: the kernel's labels have no more.
const FEW: usize = 4;

/// The words, lowest bits first.
#[derive(Debug, Clone, Eq)]
enum Words {
    /// The first of these words, as many as the number says.
    Few([u32; FEW], usize),
    /// More words, in a block on the heap.
    Many(Vec<u32>),
}

impl Default for Words {
    fn default() -> Words {
        Words::Few([0; FEW], 0)
    }
}

impl PartialEq for Words {
    fn eq(&self, other: &Words) -> bool {
        **self == **other
    }
}

impl Deref for Words {
    type Target = [u32];
    fn deref(&self) -> &[u32] {
        match self {
            Words::Few(words, len) => words.get(..*len).unwrap_or_default(),
            Words::Many(words) => words,
        }
    }
}

impl DerefMut for Words {
    fn deref_mut(&mut self) -> &mut [u32] {
        match self {
            Words::Few(words, len) => words.get_mut(..*len).unwrap_or_default(),
            Words::Many(words) => words,
        }
    }
}

impl Words {
    fn zeros(len: usize) -> Result<Words> {
        Ok(if len > FEW { Words::Many(memory::filled(0, len)?) } else { Words::Few([0; FEW], len) })
    }

    fn try_clone(&self) -> Result<Words> {
        Ok(match self {
            Words::Few(words, len) => Words::Few(*words, *len),
            Words::Many(words) => Words::Many(memory::copied(words)?),
        })
    }
}

/// Whether the two words of a long change places: the kernel keeps labels in longs, and on a 64-bit big-endian machine
/// the upper half of a long is first.
const SWAPPED: bool = cfg!(all(target_endian = "big", target_pointer_width = "64"));

/// The place of a mask's word on the wire, and the reverse.
#[must_use]
pub(crate) const fn wire_place(word: usize) -> usize {
    if SWAPPED { word ^ 1 } else { word }
}

/// How many words a mask of `words` words takes on the wire.
#[must_use]
pub(crate) const fn wire_len(words: usize) -> usize {
    if SWAPPED { words.next_multiple_of(2) } else { words }
}

impl Bitmask {
    /// The highest bit any mask can have.
    pub const MAX_BIT: u32 = 0xffff;

    /// A mask for the bits `0..=max`, all clear; the size is rounded up to whole words. Nothing when `max`
    /// is above [`MAX_BIT`](Self::MAX_BIT).
    #[must_use]
    pub fn new(max: u32) -> Option<Bitmask> {
        (max <= Self::MAX_BIT).then(|| memory::or_abort(Bitmask::try_new(max)))
    }

    /// As [`new`](Self::new) for a bit that a mask can have.
    ///
    /// # Errors
    /// [`Error::NoMemory`](crate::Error::NoMemory).
    pub(crate) fn try_new(max: u32) -> Result<Bitmask> {
        Ok(Bitmask { words: Words::zeros(max as usize / 32 + 1)? })
    }

    /// A copy.
    ///
    /// # Errors
    /// [`Error::NoMemory`](crate::Error::NoMemory).
    pub(crate) fn try_clone(&self) -> Result<Bitmask> {
        Ok(Bitmask { words: self.words.try_clone()? })
    }

    /// A mask with the bits of `bytes`, 32-bit words in host byte order; a last incomplete word is filled with zeros.
    #[must_use]
    pub fn from_ne_bytes(bytes: &[u8]) -> Bitmask {
        memory::or_abort(Bitmask::try_from_ne_bytes(bytes))
    }

    /// As [`from_ne_bytes`](Self::from_ne_bytes).
    ///
    /// # Errors
    /// [`Error::NoMemory`](crate::Error::NoMemory).
    pub(crate) fn try_from_ne_bytes(bytes: &[u8]) -> Result<Bitmask> {
        Bitmask::try_from_words(bytes, bytes.len().div_ceil(4), |word| word)
    }

    /// The mask that a message contains.
    ///
    /// # Errors
    /// [`Error::NoMemory`](crate::Error::NoMemory).
    pub(crate) fn try_from_wire(bytes: &[u8]) -> Result<Bitmask> {
        Bitmask::try_from_words(bytes, wire_len(bytes.len().div_ceil(4)), wire_place)
    }

    fn try_from_words(bytes: &[u8], len: usize, place: impl Fn(usize) -> usize) -> Result<Bitmask> {
        let word = |chunk: &[u8]| {
            let mut padded = [0; 4];
            padded.iter_mut().zip(chunk).for_each(|(to, from)| *to = *from);
            u32::from_ne_bytes(padded)
        };
        let mut words = Words::zeros(len)?;
        for (at, chunk) in bytes.chunks(4).enumerate() {
            if let Some(to) = words.get_mut(place(at)) {
                *to = word(chunk);
            }
        }
        Ok(Bitmask { words })
    }

    /// The words, lowest bits first.
    #[must_use]
    pub fn words(&self) -> &[u32] {
        &self.words
    }

    /// The highest bit this mask has room for.
    #[must_use]
    pub fn max_bit(&self) -> u32 {
        u32::try_from(self.words.len() * 32).unwrap_or(u32::MAX).saturating_sub(1)
    }

    /// Sets a bit; one beyond the mask changes nothing.
    pub fn set(&mut self, bit: u32) {
        if let Some(word) = self.words.get_mut(bit as usize / 32) {
            *word |= 1 << (bit % 32);
        }
    }

    /// Clears a bit; one beyond the mask changes nothing.
    pub fn unset(&mut self, bit: u32) {
        if let Some(word) = self.words.get_mut(bit as usize / 32) {
            *word &= !(1 << (bit % 32));
        }
    }

    /// Whether a bit is set; one beyond the mask is not.
    #[must_use]
    pub fn test(&self, bit: u32) -> bool {
        self.words.get(bit as usize / 32).is_some_and(|word| word >> (bit % 32) & 1 == 1)
    }

    /// Clears every bit.
    pub fn clear(&mut self) {
        self.words.fill(0);
    }

    /// The set bits, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        let words = (0..).step_by(32).zip(self.words.iter()).filter(|(_, word)| **word != 0);
        words.flat_map(|(first, word)| {
            (0..32).filter(move |bit| word >> bit & 1 == 1).map(move |bit| first + bit)
        })
    }

    /// Whether both have the same bits set; sizes may differ.
    #[must_use]
    pub fn same_bits(&self, other: &Bitmask) -> bool {
        let longer = self.words.len().max(other.words.len());
        let word = |mask: &Bitmask, at| mask.words.get(at).copied().unwrap_or(0);
        (0..longer).all(|at| word(self, at) == word(other, at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_whole_words() {
        for (max, rounded) in [(0, 31), (31, 31), (32, 63), (127, 127), (128, 159), (65535, 65535)] {
            assert_eq!(Bitmask::new(max).unwrap().max_bit(), rounded);
        }
        assert_eq!(Bitmask::new(65536), None);
    }

    #[test]
    fn bits_beyond_the_mask_have_no_effect() {
        let mut mask = Bitmask::new(10).unwrap();
        mask.set(31);
        mask.set(32);
        assert_eq!(mask.iter().collect::<Vec<_>>(), [31]);
        mask.unset(99);
        mask.unset(31);
        assert!(!mask.test(31) && !mask.test(99));
    }

    #[test]
    fn equality_counts_the_size_but_same_bits_does_not() {
        let (mut a, mut b) = (Bitmask::new(31).unwrap(), Bitmask::new(127).unwrap());
        a.set(3);
        b.set(3);
        assert_ne!(a, b);
        assert!(a.same_bits(&b) && b.same_bits(&a));
        b.set(100);
        assert!(!a.same_bits(&b));
    }

    #[test]
    fn an_incomplete_word_is_filled_with_zeros() {
        let mask = Bitmask::from_ne_bytes(&[0xff, 0, 0, 0, 1]);
        assert_eq!(mask.words(), [[0xff, 0, 0, 0], [1, 0, 0, 0]].map(u32::from_ne_bytes));
    }

    /// The bytes that a kernel with this machine's longs sends for its label `bit`.
    fn on_the_wire(bit: usize) -> Vec<u8> {
        let long = size_of::<libc::c_ulong>();
        let mut longs = vec![0u128; 16 / long];
        longs[bit / (8 * long)] |= 1 << (bit % (8 * long));
        let bytes = |value: &u128| match cfg!(target_endian = "big") {
            true => value.to_be_bytes()[16 - long..].to_vec(),
            false => value.to_le_bytes()[..long].to_vec(),
        };
        longs.iter().flat_map(bytes).collect()
    }

    #[test]
    fn labels_are_numbered_as_the_kernel_numbers_them() {
        for bit in 0..128u32 {
            let mask = Bitmask::try_from_wire(&on_the_wire(bit as usize)).unwrap();
            assert_eq!(mask.iter().collect::<Vec<_>>(), [bit]);
        }
        for word in 0..9 {
            assert_eq!(wire_place(wire_place(word)), word);
            assert!(wire_place(word) < wire_len(word + 1));
        }
    }
}
