// SPDX-License-Identifier: GPL-2.0-or-later
//! The most frequent keys of a stream in bounded memory, with a bound on the error that always holds.
//!
//! Misra and Gries' algorithm ("Finding repeated elements", Science of Computer Programming 2, 1982) in the form of
//! Anderson, Bevin, Lang, Liberty, Rhodes and Thaler ("A High-Performance Algorithm for Identifying Frequent Items in Data
//! Streams", IMC 2017). A table holds at most `k` counters. When there is one more, the median of all is subtracted
//! from each, and counters that reach 0 are removed.

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
///     heavy.add(if number % 2 == 0 { 0 } else { number });
/// }
/// let largest = heavy.counters().max_by_key(|counter| counter.seen).unwrap();
/// assert_eq!(largest.key, 0);
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

    /// Subtracts the median of all counters from each, and removes those that reach 0.
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

    /// The number of different keys: a lower bound; without an offset the exact number.
    #[must_use]
    pub fn distinct_at_least(&self) -> u64 {
        self.held as u64
    }

    /// The number of different keys: an estimate with a standard error of 3.25 %; without an offset the exact number.
    #[must_use]
    pub fn distinct_estimate(&self) -> u64 {
        let least = self.distinct_at_least();
        if self.offset == 0 { least } else { self.distinct.estimate().clamp(least, self.total) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    /// Numbers that look random.
    struct Random(u64);

    impl Random {
        fn below(&mut self, limit: u64) -> u64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) % limit
        }
    }

    /// Counts a stream and holds every promise against the exact numbers.
    fn judge(name: &str, k: usize, stream: &[u64]) -> Heavy<u64, u32> {
        let mut heavy: Heavy<u64, u32> = Heavy::with_key(k, Keyed::known(stream.len() as u64));
        let room = (heavy.counters.capacity(), heavy.spare.capacity());
        let mut exact: HashMap<u64, u64> = HashMap::new();
        for &key in stream {
            heavy.add_with(key, |odd| *odd += (key % 2) as u32);
            *exact.entry(key).or_default() += 1;
        }
        assert_eq!((heavy.counters.capacity(), heavy.spare.capacity()), room, "{name}: nothing is allocated");
        assert!(heavy.counters.len() <= k, "{name}");
        let about = |what: &str, key: u64| format!("{name}, k {k}: {what} of {key}");
        let mut missing = exact.clone();
        for counter in heavy.counters() {
            let truth =
                missing.remove(&counter.key).unwrap_or_else(|| panic!("{}", about("twice", counter.key)));
            let (count, seen) = (u64::from(counter.count), u64::from(counter.seen));
            assert!(count > 0 && count <= seen && seen <= truth, "{}", about("lower bound", counter.key));
            assert!(truth <= count + heavy.offset(), "{}", about("upper bound", counter.key));
            assert_eq!(
                u64::from(counter.payload),
                seen * (counter.key % 2),
                "{}",
                about("payload", counter.key)
            );
        }
        let most_missed = missing.values().copied().max().unwrap_or_default();
        assert!(most_missed <= heavy.offset(), "{name}, k {k}: {most_missed} missed");
        assert_eq!(heavy.total(), stream.len() as u64, "{name}");
        assert!(heavy.offset() * k as u64 <= 2 * heavy.total(), "{name}, k {k}: offset {}", heavy.offset());
        let distinct = exact.len() as u64;
        assert!(heavy.distinct_at_least() <= distinct, "{name}");
        let is_exact = heavy.offset() == 0;
        assert_eq!(is_exact, distinct <= k as u64, "{name}, k {k}: exact as long as there is room");
        assert!(!is_exact || heavy.distinct_at_least() == distinct, "{name}");
        let estimate = heavy.distinct_estimate();
        assert!(estimate.abs_diff(distinct) * 4 <= distinct, "{name}, k {k}: about {estimate} of {distinct}");
        heavy
    }

    fn all(name: &str, stream: &[u64]) {
        for k in [1, 2, 3, 10, 64, 1024, 5000] {
            judge(name, k, stream);
        }
    }

    const LEN: u64 = 20_000;

    #[test]
    fn every_promise_holds_for_regular_streams() {
        let stream = |make: fn(u64) -> u64| (0..LEN).map(make).collect::<Vec<u64>>();
        all("empty", &[]);
        all("one", &[7]);
        all("all different, ascending", &stream(|n| n));
        all("all different, descending", &stream(|n| LEN - n));
        all("one key", &stream(|_| 7));
        all("sorted groups", &stream(|n| n / 40));
        all("sorted groups of growing size", &stream(|n| n.isqrt()));
        all("alternating with new ones", &stream(|n| if n % 2 == 0 { 7 } else { n }));
        all("one heavy first", &stream(|n| if n < LEN / 2 { 7 } else { n }));
        all("one heavy at the end", &stream(|n| if n < LEN / 2 { n + 8 } else { 7 }));
        for k in [10, 1024, 1025, 1026] {
            for around in [k - 1, k, k + 1, 2 * k] {
                let stream: Vec<u64> = (0..LEN).map(|n| n % around).collect();
                judge("a round of about k keys", k as usize, &stream);
                let stream: Vec<u64> = (0..LEN).map(|n| n / (LEN / around)).collect();
                judge("blocks of about k keys", k as usize, &stream);
            }
        }
    }

    /// The worst for the bound: k keys are brought to the same height, and then one more comes.
    #[test]
    fn every_promise_holds_where_all_counters_are_alike() {
        for height in [1, 2, 50] {
            let (mut stream, mut next) = (Vec::new(), 0);
            while stream.len() < 60_000 {
                for _ in 0..height {
                    stream.extend(next..next + 100);
                }
                stream.push(next + 100);
                next += 101;
            }
            let heavy = judge("plateaus", 100, &stream);
            assert!(heavy.offset() > 0);
        }
    }

    /// The worst for any other quantile than the median: some keys are tall, and the others come once.
    #[test]
    fn every_promise_holds_where_some_counters_are_tall() {
        for tall in [20, 30, 45, 49, 51, 55, 70] {
            let (mut stream, mut next) = (Vec::new(), 0);
            while stream.len() < 60_000 {
                for _ in 0..50 {
                    stream.extend(next..next + tall);
                }
                stream.extend(next + tall..next + 101);
                next += 101;
            }
            judge("tall ones", 100, &stream);
        }
    }

    #[test]
    fn every_promise_holds_for_random_streams() {
        let mut random = Random(1);
        for exponent in [0.8, 1.0, 1.5] {
            let weights: Vec<f64> = (1..=5000).map(|rank| f64::from(rank).powf(-exponent)).collect();
            let sums: Vec<f64> = weights
                .iter()
                .scan(0.0, |sum, weight| {
                    *sum += weight;
                    Some(*sum)
                })
                .collect();
            let whole = *sums.last().unwrap();
            let mut zipf = || {
                let point = random.below(1 << 30) as f64 / f64::from(1u32 << 30) * whole;
                sums.partition_point(|&sum| sum < point) as u64
            };
            let stream: Vec<u64> = (0..LEN).map(|_| zipf()).collect();
            all("Zipf", &stream);
        }
        for keys in [2, 100, 1000, 1 << 40] {
            let stream: Vec<u64> = (0..LEN).map(|_| random.below(keys)).collect();
            all("uniform", &stream);
        }
    }

    /// A stream that watches the table and always sends the next key that is not there, or the smallest that is.
    #[test]
    fn every_promise_holds_against_one_who_watches() {
        const K: usize = 50;
        let mut watched: Heavy<u64> = Heavy::with_key(K, Keyed::known(3));
        let (mut stream, mut random) = (Vec::new(), Random(5));
        while stream.len() < 30_000 {
            let smallest = watched.counters().min_by_key(|counter| counter.count).map(|counter| counter.key);
            let absent = (0..).find(|key| watched.counters().all(|counter| counter.key != *key)).unwrap();
            let key = smallest.filter(|_| random.below(3) > 0).unwrap_or(absent);
            watched.add(key);
            stream.push(key);
        }
        judge("watched", K, &stream);
    }

    #[test]
    fn who_holds_more_than_the_error_is_never_missed() {
        let stream: Vec<u64> = (0..200_000).map(|n| if n % 100 == 0 { 7 } else { n }).collect();
        let heavy = judge("one in a hundred", 1024, &stream);
        assert!(heavy.offset() < 2000 / 4);
        let found = heavy.counters().max_by_key(|counter| counter.seen).unwrap();
        assert_eq!(found.key, 7);
    }

    /// Keys that an unkeyed hash would put into one place cost no more than others: the table's places are chosen with the
    /// key, and two keys choose differently.
    #[test]
    fn the_places_depend_on_the_key() {
        let place = |seed, key: u64| Keyed::known(seed).hash_one(key) % 4096;
        let alike: Vec<u64> = (0..).filter(|&key| place(1, key) == 0).take(500).collect();
        let elsewhere = alike.iter().filter(|&&key| place(2, key) == 0).count();
        assert!(elsewhere < 10, "{elsewhere}");
        judge("keys with one place under another key", 100, &alike);
    }

    #[test]
    fn any_size_is_a_size() {
        for (k, most) in [(0, 1), (1, 1), (usize::MAX, MOST_COUNTERS)] {
            let mut heavy: Heavy<u64> = Heavy::new(k);
            assert_eq!(heavy.most, most);
            (0..200_000).for_each(|key| heavy.add(key));
            assert!(heavy.counters().count() <= most);
        }
    }
}
