// SPDX-License-Identifier: GPL-2.0-or-later
//! Numbers that look random and are the same in every run.

#![allow(dead_code)] // each test program uses its own part

/// A small generator; the same seed gives the same numbers.
#[derive(Debug)]
pub struct Dice(pub u64);

impl Dice {
    /// A number below `sides`.
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    /// A port other than 0.
    pub fn port(&mut self) -> u16 {
        u16::try_from(self.roll(65535) + 1).unwrap()
    }

    /// Whether something happens that happens `percent` times in a hundred.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.roll(100) < percent
    }

    /// One of the values.
    pub fn pick<T: Copy>(&mut self, values: &[T]) -> T {
        values[usize::try_from(self.roll(values.len() as u64)).unwrap()]
    }
}
