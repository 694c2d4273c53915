// SPDX-License-Identifier: GPL-2.0-or-later
//! What a registry would get of the crate: the Rust library, its examples and its documents. No C test, no tool.

#![allow(clippy::unwrap_used)]

use std::process::Command;

/// What the files of the package are, by the beginning of their names. The first four are cargo's own.
const CONTENTS: [&str; 12] = [
    ".cargo_vcs_info.json",
    "Cargo.lock",
    "Cargo.toml",
    "Cargo.toml.orig",
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "SECURITY.md",
    "build.rs",
    "build/header.rs",
    "examples/",
    "src/",
];

#[test]
fn the_package_holds_the_rust_library_only() {
    let output = Command::new(env!("CARGO"))
        .args(["package", "--list", "--allow-dirty", "--offline", "--package", "netfilter-conntrack"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let list = String::from_utf8(output.stdout).unwrap();
    let files: Vec<&str> = list.lines().collect();
    for needed in ["src/lib.rs", "src/sys/socket.rs", "examples/list.rs", "build.rs", "LICENSE", "README.md"]
    {
        assert!(files.contains(&needed), "{needed} is missing: {files:#?}");
    }
    for file in files {
        let is_known = CONTENTS.iter().any(|name| {
            file == *name
                || (name.ends_with('/') && file.strip_prefix(name).is_some_and(|rest| rest.ends_with(".rs")))
        });
        assert!(is_known, "{file} has no place in the package");
    }
}
