// SPDX-License-Identifier: GPL-2.0-or-later
//! The kept inputs of the fuzz targets on the library, with what the targets assert of them; no fuzzer is
//! needed. The tool's targets are replayed by its unit tests, `versus` by `capi-tests/walk.sh`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a test may

#[path = "../fuzz/src/corpus.rs"]
mod corpus;
#[path = "../fuzz/src/library.rs"]
mod library;

macro_rules! replayed {
    ($($target:ident)*) => {$(
        #[test]
        fn $target() {
            corpus::replay(stringify!($target), library::$target);
        }
    )*};
}

replayed! { frames flow expectation statistics round_trip print label_map answers sketches proc_files }
