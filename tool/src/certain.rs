// SPDX-License-Identifier: GPL-2.0-or-later
//! Values that are certain to be there, though their type says that they may not.
//!
//! The tool never panics on its input, so such a place has a harmless answer for the case that cannot happen. A fault
//! that makes it happen must not hide there: in every build with assertions, those of tests and of the fuzzer, it ends
//! the program.

#![forbid(unsafe_code)]

/// What may be nothing by its type.
pub trait Certain {
    /// The same. Panics in a test build where it is nothing.
    #[must_use]
    fn certain(self) -> Self;
}

impl<T> Certain for Option<T> {
    #[track_caller]
    fn certain(self) -> Self {
        debug_assert!(self.is_some(), "this is certain to be there");
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_handed_through() {
        assert_eq!(Some(1).certain(), Some(1));
    }

    #[test]
    #[should_panic(expected = "this is certain to be there")]
    fn what_is_missing_is_loud() {
        let _ = None::<u8>.certain();
    }
}
