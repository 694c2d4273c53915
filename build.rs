// SPDX-License-Identifier: GPL-2.0-or-later
//! With the feature `header`, renders the C headers; without, does nothing.

#[cfg(feature = "header")]
#[path = "build/header.rs"]
mod header;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    #[cfg(feature = "header")]
    header::render();
}
