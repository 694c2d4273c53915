// SPDX-License-Identifier: GPL-2.0-or-later
//! Gives the shared library its SONAME; with the feature `header`, renders the C headers.

#[cfg(feature = "header")]
#[path = "build/header.rs"]
mod header;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libnetfilter_conntrack.so.3");
    }
    #[cfg(feature = "header")]
    header::render();
}
