// SPDX-License-Identifier: GPL-2.0-or-later
//! How many different values there were, about, in a few bytes.
//!
//! HyperLogLog (Flajolet, Fusy, Gandouet, Meunier, "HyperLogLog: the analysis of a near-optimal cardinality estimation
//! algorithm", 2007), with linear counting for small numbers. The standard error of `N` registers is 1.04/√N: 13 % of
//! 64 registers, 3 % of 1,024.

#![forbid(unsafe_code)]

/// An estimate with `N` registers, a power of two from 16 to 65,536.
#[derive(Debug, Clone, Copy)]
pub struct Distinct<const N: usize> {
    /// For each part of the hashes the longest run of zeros after the part's number, plus one.
    registers: [u8; N],
}

impl<const N: usize> Default for Distinct<N> {
    fn default() -> Self {
        Distinct::new()
    }
}

impl<const N: usize> Distinct<N> {
    /// Bits of a hash that choose the register.
    const CHOICE: u32 = {
        assert!(N.is_power_of_two() && N >= 16 && N <= 65536);
        N.trailing_zeros()
    };

    /// The standard error, as a part of the number.
    pub const STANDARD_ERROR_RATIO: f64 = {
        let half = 1.04 / (1u32 << (Self::CHOICE / 2)) as f64;
        if Self::CHOICE % 2 == 0 { half } else { half * std::f64::consts::FRAC_1_SQRT_2 }
    };

    /// Nothing has been seen.
    #[must_use]
    pub const fn new() -> Self {
        Distinct { registers: [0; N] }
    }

    /// A value was seen, of which this is the hash: 64 bits that look random.
    #[inline]
    pub fn add(&mut self, hash: u64) {
        let rank = 1 + (hash << Self::CHOICE | 1 << (Self::CHOICE - 1)).leading_zeros();
        if let Some(register) = self.registers.get_mut((hash >> (64 - Self::CHOICE)) as usize) {
            *register = (*register).max(rank as u8);
        }
    }

    /// How many different values were seen, about.
    #[must_use]
    pub fn estimate(&self) -> u64 {
        let registers = N as f64;
        let sum: f64 = self.registers.iter().map(|&rank| 0.5f64.powi(rank.into())).sum();
        let raw = bias(registers) * registers * registers / sum;
        let empty = self.registers.iter().filter(|&&rank| rank == 0).count();
        let estimate = match empty {
            0 => raw,
            _ if raw > 2.5 * registers => raw,
            // While `left` registers are empty, one in `registers / left` values fills another.
            empty => (empty + 1..=N).map(|left| registers / left as f64).sum(),
        };
        estimate.round() as u64
    }
}

/// The constant that corrects the mean of the registers.
fn bias(registers: f64) -> f64 {
    match registers {
        16.0 => 0.673,
        32.0 => 0.697,
        64.0 => 0.709,
        more => 0.7213 / (1.0 + 1.079 / more),
    }
}

/// A number with all digits but the first `digits` rounded away, as an estimate is printed.
///
/// ```
/// use netfilter_conntrack::diagnosis::distinct::rounded;
/// assert_eq!((rounded(9_377, 1), rounded(9_377, 2), rounded(98_000, 1)), (9_000, 9_400, 100_000));
/// ```
#[must_use]
pub fn rounded(number: u64, digits: u32) -> u64 {
    let spare = number.checked_ilog10().unwrap_or_default().saturating_sub(digits.saturating_sub(1));
    let unit = 10u64.pow(spare);
    number.saturating_add(unit / 2) / unit * unit
}

#[cfg(test)]
mod tests {
    use super::super::keyed::Keyed;
    use super::*;
    use std::hash::BuildHasher;

    /// The relative errors of the estimates of `count` different values, one for each of many keys.
    fn errors<const N: usize>(count: u64) -> Vec<f64> {
        let error = |seed| {
            let (key, mut distinct) = (Keyed::known(seed), Distinct::<N>::new());
            (0..count).for_each(|n| distinct.add(key.hash_one(n)));
            (distinct.estimate() as f64 - count as f64) / count as f64
        };
        (0..200).map(error).collect()
    }

    fn mean_and_deviation(errors: &[f64]) -> (f64, f64) {
        let count = errors.len() as f64;
        let mean = errors.iter().sum::<f64>() / count;
        (mean, (errors.iter().map(|error| (error - mean).powi(2)).sum::<f64>() / count).sqrt())
    }

    #[test]
    fn the_error_is_the_one_that_is_told() {
        for count in [1, 5, 30, 150, 170, 1_000, 10_000, 100_000] {
            let (mean, deviation) = mean_and_deviation(&errors::<64>(count));
            assert!(mean.abs() < 0.05 && deviation < 0.16, "{count}: {mean} {deviation}");
        }
        for count in [10, 1_000, 2_600, 30_000] {
            // The estimate is known to be 2 % too high where linear counting ends.
            let (mean, deviation) = mean_and_deviation(&errors::<1024>(count));
            assert!(mean.abs() < 0.03 && deviation < 0.04, "{count}: {mean} {deviation}");
        }
        assert!((Distinct::<64>::STANDARD_ERROR_RATIO - 1.04 / 8.0).abs() < 1e-9);
        assert!((Distinct::<1024>::STANDARD_ERROR_RATIO - 1.04 / 32.0).abs() < 1e-9);
    }

    #[test]
    fn what_was_seen_before_changes_nothing() {
        let mut distinct = Distinct::<64>::new();
        assert_eq!(distinct.estimate(), 0);
        for _ in 0..1000 {
            distinct.add(Keyed::known(1).hash_one(7u64));
        }
        assert_eq!(distinct.estimate(), 1);
    }

    #[test]
    fn every_hash_has_a_register_and_a_rank() {
        let mut distinct = Distinct::<64>::new();
        for hash in [0, 1, u64::MAX, 1 << 63, (1 << 58) - 1] {
            distinct.add(hash);
        }
        assert_eq!(distinct.registers[0], 59, "58 zeros");
        assert_eq!(distinct.registers[63], 1);
        assert_eq!(distinct.registers[32], 59);
    }

    #[test]
    fn numbers_are_rounded_to_their_first_digits() {
        let cases =
            [(0, 0), (1, 1), (9, 9), (14, 10), (15, 20), (99, 100), (94_999, 90_000), (95_000, 100_000)];
        for (number, expected) in cases {
            assert_eq!(rounded(number, 1), expected);
        }
        assert_eq!((rounded(131_069, 2), rounded(99_999, 3), rounded(7, 3)), (130_000, 100_000, 7));
        assert_eq!((rounded(12, 0), rounded(u64::MAX, 1)), (10, 10_000_000_000_000_000_000));
    }
}
