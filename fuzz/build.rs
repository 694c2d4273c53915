// SPDX-License-Identifier: GPL-2.0-or-later
//! Compiles the differential walk's comparison for the target `versus`.

use std::error::Error;
use std::path::PathBuf;

/// The walk's own program, and what needs a kernel.
const LEFT_OUT: [&str; 2] = ["walk.c", "kernel.c"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=versus.c");
    println!("cargo::rerun-if-changed=../capi-tests/walk");
    let mut sources = vec![PathBuf::from("versus.c")];
    for entry in std::fs::read_dir("../capi-tests/walk")? {
        let path = entry?.path();
        let is_left_out = LEFT_OUT.iter().any(|name| path.ends_with(name));
        if path.extension().is_some_and(|extension| extension == "c") && !is_left_out {
            sources.push(path);
        }
    }
    cc::Build::new().files(sources).std("c17").define("_GNU_SOURCE", None).warnings(true).compile("versus");
    Ok(())
}
