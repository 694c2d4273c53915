// SPDX-License-Identifier: GPL-2.0-or-later
//! The most frequent keys of a stream in bounded memory, with a bound on the error that always holds.
//!
//! Misra and Gries' algorithm ("Finding repeated elements", Science of Computer Programming 2, 1982) in the form of
//! Anderson, Bevin, Lang, Liberty, Rhodes and Thaler ("A High-Performance Algorithm for Identifying Frequent Items in Data
//! Streams", IMC 2017). A table holds at most `k` counters. When there is one more, the median of all is subtracted
//! from each, and those without a rest go.

#![forbid(unsafe_code)]

use super::distinct::Distinct;
use super::keyed::Keyed;
use std::hash::{BuildHasher, Hash};

/// The largest `k`: places fit into 16 bits.
pub const MOST_COUNTERS: usize = 65_534;

/// Registers of the estimate of the number of keys.
const REGISTERS: usize = 1024;

/// The most frequent keys of a stream. It allocates only in [`new`](Heavy::new).
///
/// For every key of every stream, `count ≤ seen ≤ true ≤ count + offset`, where a key without a counter has
/// `count = seen = 0`, and `offset ≤ 2 × total / k`. With `offset` 0 all numbers are exact.
///
/// ```
/// use netfilter_conntrack::diagnosis::Heavy;
///
/// let mut heavy: Heavy<u32> = Heavy::new(10);
/// for number in 0..1000 {
///     heavy.add(if number % 2 == 0 { 7 } else { number });
/// }
/// let largest = heavy.counters().max_by_key(|counter| counter.seen).unwrap();
/// assert_eq!(largest.key, 7);
/// assert!(largest.seen <= 500 && 500 <= u64::from(largest.count) + heavy.offset());
/// ```
#[derive(Debug)]
pub struct Heavy<K, P = ()> {
    most: usize,
    counters: Vec<Counter<K, P>>,
    /// An open hash table: the upper half is a part of the hash, the lower half the place of the counter plus one.
    places: Box<[u32]>,
    /// Room for the counts whose median is sought.
    spare: Vec<u32>,
    offset: u64,
    total: u64,
    /// The largest number of counters that there were at a time.
    held: usize,
    distinct: Distinct<REGISTERS>,
    key: Keyed,
}

/// What is known of one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counter<K, P = ()> {
    /// The key.
    pub key: K,
    /// Its occurrences, without what was subtracted.
    pub count: u32,
    /// Its occurrences since the counter is there: the better lower bound.
    pub seen: u32,
    /// What else was noted of these occurrences.
    pub payload: P,
}

const TAG: u32 = 0xffff_0000;

impl<K: Copy + Eq + Hash, P: Default> Heavy<K, P> {
    /// A table of at most `k` counters (1 to [`MOST_COUNTERS`]).
    #[must_use]
    pub fn new(k: usize) -> Self {
        Heavy::with_key(k, Keyed::of_process())
    }

    pub(crate) fn with_key(k: usize, key: Keyed) -> Self {
        let most = k.clamp(1, MOST_COUNTERS);
        Heavy {
            most,
            counters: Vec::with_capacity(most + 1),
            places: vec![0; (2 * (most + 1)).next_power_of_two()].into_boxed_slice(),
            spare: Vec::with_capacity(most + 1),
            offset: 0,
            total: 0,
            held: 0,
            distinct: Distinct::new(),
            key,
        }
    }

    /// A key occurs.
    #[inline]
    pub fn add(&mut self, key: K) {
        self.add_with(key, |_| ());
    }

    /// A key occurs, of which something is noted. A counter that comes in starts with the payload's default.
    #[inline]
    pub fn add_with(&mut self, key: K, note: impl FnOnce(&mut P)) {
        self.add_hashed(self.key.hash_one(key), key, note);
    }

    /// As [`add_with`](Heavy::add_with), with the key's hash by this table's [`Keyed`].
    #[inline]
    pub(crate) fn add_hashed(&mut self, hash: u64, key: K, note: impl FnOnce(&mut P)) {
        self.total += 1;
        let mut at = hash as usize;
        loop {
            at &= self.places.len() - 1;
            let Some(&place) = self.places.get(at) else { return }; // always within: the length is a power of two
            if place == 0 {
                break;
            }
            if (place ^ (hash >> 32) as u32) & TAG == 0 {
                let counter = self.counters.get_mut((place & !TAG) as usize - 1);
                if let Some(counter) = counter.filter(|counter| counter.key == key) {
                    counter.count = counter.count.saturating_add(1);
                    counter.seen = counter.seen.saturating_add(1);
                    return note(&mut counter.payload);
                }
            }
            at += 1;
        }
        self.insert(at, hash, key, note);
    }

    /// A key comes in, at a free place.
    #[inline]
    fn insert(&mut self, at: usize, hash: u64, key: K, note: impl FnOnce(&mut P)) {
        self.distinct.add(hash);
        let mut counter = Counter { key, count: 1, seen: 1, payload: P::default() };
        note(&mut counter.payload);
        self.counters.push(counter); // there is room for one more than `most`
        if let Some(place) = self.places.get_mut(at) {
            *place = (hash >> 32) as u32 & TAG | self.counters.len() as u32;
        }
        self.held = self.held.max(self.counters.len());
        if self.counters.len() > self.most {
            self.purge();
        }
    }

    /// Subtracts the median of all counters from each, and removes those without a rest.
    #[inline(never)]
    fn purge(&mut self) {
        self.spare.clear();
        self.spare.extend(self.counters.iter().map(|counter| counter.count));
        let middle = self.spare.len() / 2;
        let median = *self.spare.select_nth_unstable(middle).1;
        self.offset += u64::from(median);
        self.counters.retain_mut(|counter| {
            counter.count = counter.count.saturating_sub(median);
            counter.count > 0
        });
        self.places.fill(0);
        for (number, counter) in (1..).zip(&self.counters) {
            let hash = self.key.hash_one(counter.key);
            let mask = self.places.len() - 1;
            let mut at = hash as usize & mask;
            while self.places.get(at).is_some_and(|&place| place != 0) {
                at = (at + 1) & mask;
            }
            if let Some(place) = self.places.get_mut(at) {
                *place = (hash >> 32) as u32 & TAG | number;
            }
        }
    }

    /// The counters, in no order.
    pub fn counters(&self) -> impl Iterator<Item = &Counter<K, P>> {
        self.counters.iter()
    }

    /// How much higher than its count the true number of any key may be. 0: all numbers are exact.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The length of the stream.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total
    }

    /// At least so many different keys; without an offset, exactly so many.
    #[must_use]
    pub fn distinct_at_least(&self) -> u64 {
        self.held as u64
    }

    /// So many different keys, about; the standard error is 3.25 %. Without an offset the number is exact.
    #[must_use]
    pub fn distinct_estimate(&self) -> u64 {
        let least = self.distinct_at_least();
        if self.offset == 0 { least } else { self.distinct.estimate().max(least) }
    }
}
