// SPDX-License-Identifier: GPL-2.0-or-later
//! The kept inputs of a target, `fuzz/corpus/NAME.txt`: one a line, in hexadecimal; `#` starts a comment.

use std::panic::catch_unwind;
use std::path::Path;

/// Runs a target on every kept input.
pub fn replay(name: &str, target: fn(&[u8])) {
    let package = Path::new(env!("CARGO_MANIFEST_DIR")); // the library's or the tool's
    let above = package.ancestors().find(|folder| folder.join("fuzz/corpus").is_dir());
    let file = above.expect("the tree's folder").join(format!("fuzz/corpus/{name}.txt"));
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let mut count = 0;
    for line in lines {
        let input = bytes(line).unwrap_or_else(|| panic!("{}: {line}", file.display()));
        assert!(catch_unwind(|| target(&input)).is_ok(), "{name} fails on {line}");
        count += 1;
    }
    assert!(count >= 10, "{}: {count} inputs", file.display());
}

fn bytes(line: &str) -> Option<Vec<u8>> {
    let digits = line.as_bytes();
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    (digits.len() % 2 == 0).then(|| digits.chunks(2).map(pair).collect())?
}
