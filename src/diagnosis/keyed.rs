// SPDX-License-Identifier: GPL-2.0-or-later
//! A keyed hash for the tables of a census: a multiplication for each word, with a random key for each process.
//!
//! Attackers choose the addresses in a table. Without the key they cannot choose addresses whose hashes collide.

#![forbid(unsafe_code)]

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::OnceLock;

/// The key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keyed([u64; 3]);

impl Keyed {
    /// The key of this process, which the standard library draws from the system's random numbers.
    pub fn of_process() -> Keyed {
        static KEY: OnceLock<Keyed> = OnceLock::new();
        *KEY.get_or_init(|| {
            let random = RandomState::new();
            Keyed([0, 1, 2].map(|word: u64| random.hash_one(word)))
        })
    }

    /// A key that is the same in every run.
    #[cfg(test)]
    pub fn known(seed: u64) -> Keyed {
        let word = |number: u64| {
            let word = (seed * 3 + number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            (word ^ word >> 32).wrapping_mul(0xd6e8_feb8_6659_fd93)
        };
        Keyed([word(1), word(2), word(3)])
    }
}

impl BuildHasher for Keyed {
    type Hasher = State;

    #[inline(always)]
    fn build_hasher(&self) -> State {
        let Keyed([state, first, second]) = *self;
        State { state, keys: [first, second] }
    }
}

/// A hash that is being computed.
#[derive(Debug)]
pub(crate) struct State {
    state: u64,
    keys: [u64; 2],
}

/// Both halves of a product, one over the other: each bit of the result depends on each bit of both factors.
#[inline(always)]
fn fold(left: u64, right: u64) -> u64 {
    let product = u128::from(left) * u128::from(right);
    product as u64 ^ (product >> 64) as u64
}

impl Hasher for State {
    #[inline(always)]
    fn finish(&self) -> u64 {
        let [first, _] = self.keys;
        fold(self.state, first)
    }

    #[inline(always)]
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let word = chunk.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte));
            self.write_u64(word);
        }
    }

    #[inline(always)]
    fn write_u8(&mut self, number: u8) {
        self.write_u64(number.into());
    }

    #[inline(always)]
    fn write_u16(&mut self, number: u16) {
        self.write_u64(number.into());
    }

    #[inline(always)]
    fn write_u32(&mut self, number: u32) {
        self.write_u64(number.into());
    }

    #[inline(always)]
    fn write_u64(&mut self, number: u64) {
        let [_, second] = self.keys;
        self.state = fold(self.state ^ number, second);
    }

    #[inline(always)]
    fn write_u128(&mut self, number: u128) {
        let [first, second] = self.keys;
        self.state = fold(self.state ^ number as u64, second ^ (number >> 64) as u64).wrapping_add(first);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn a_process_has_one_key_and_another_key_gives_other_hashes() {
        let (one, other) = (Keyed::of_process(), Keyed::of_process());
        assert_eq!(one.hash_one(7u64), other.hash_one(7u64));
        assert_ne!(Keyed::known(1).hash_one(7u64), Keyed::known(2).hash_one(7u64));
        assert!(one.0.iter().all(|word| *word != 0));
    }

    #[test]
    fn every_part_of_a_value_counts() {
        let key = Keyed::known(1);
        for bit in 0..128 {
            assert_ne!(key.hash_one(5u128), key.hash_one(5u128 ^ 1 << bit), "bit {bit}");
        }
        assert_ne!(key.hash_one((1u64, 2u64)), key.hash_one((2u64, 1u64)));
        assert_ne!(key.hash_one([1u8, 2, 3]), key.hash_one([1u8, 2, 4]));
        assert_ne!(key.hash_one((1u8, 2u16, 3u32)), key.hash_one((1u8, 3u16, 3u32)));
    }

    /// Neighbouring addresses, and addresses that differ in their upper half only, spread over small tables: the number
    /// of places in use is within five standard deviations of what random numbers give.
    #[test]
    fn addresses_that_differ_little_spread() {
        const PLACES: u64 = 4096;
        for seed in 0..20 {
            let key = Keyed::known(seed);
            for shift in [0, 8, 24, 32, 64, 96, 112] {
                for take in [|hash: u64| hash % PLACES, |hash: u64| hash >> 52] {
                    let places: HashSet<u64> =
                        (0..4096u128).map(|n| take(key.hash_one(n << shift))).collect();
                    // 4096 (1 - 1/e) = 2589; the variance is 4096 (1/e - 2/e²) = 398.
                    assert!((2489..=2689).contains(&places.len()), "{seed} {shift}: {}", places.len());
                }
            }
        }
    }
}
