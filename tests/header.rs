// SPDX-License-Identifier: GPL-2.0-or-later
//! The committed C headers are what `src/capi` says: compared with a fresh rendering, file by file.
//!
//! Runs with the feature `header` only, because ordinary builds do not compile the renderer.

#![cfg(feature = "header")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::path::Path;

fn headers(folder: &Path) -> BTreeMap<String, String> {
    let files = std::fs::read_dir(folder.join("libnetfilter_conntrack")).expect("the headers' folder");
    files
        .map(|file| {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect()
}

#[test]
fn the_committed_headers_are_a_fresh_rendering() {
    let committed = headers(&Path::new(env!("CARGO_MANIFEST_DIR")).join("include"));
    let rendered = headers(Path::new(env!("RENDERED_HEADERS")));
    assert_eq!(committed.keys().collect::<Vec<_>>(), rendered.keys().collect::<Vec<_>>());
    for (name, text) in &rendered {
        assert_eq!(&committed[name], text, "{name} is stale: run make header");
    }
}

#[test]
fn every_exported_function_is_declared() {
    let exports = include_str!("../capi-tests/exports.txt");
    let header = &headers(Path::new(env!("RENDERED_HEADERS")))["libnetfilter_conntrack.h"];
    for name in exports.lines() {
        assert!(header.contains(&format!("{name}(")), "{name} is not in the header");
    }
    assert_eq!(exports.lines().count(), 105);
}
