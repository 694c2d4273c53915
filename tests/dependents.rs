// SPDX-License-Identifier: GPL-2.0-or-later
//! What a Rust program gets that depends on the crate by its path: the Rust library with its public interface, and
//! nothing for C.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const MAIN: &str = "
fn main() {
    let flow = netfilter_conntrack::Flow::new();
    println!(\"{:?}\", flow.mark());
}
";

/// The examples that need nothing but this crate.
const EXAMPLES: [&str; 7] =
    ["list.rs", "filter.rs", "events.rs", "delete.rs", "mirror.rs", "statistics.rs", "diagnosis.rs"];

/// A folder that goes when the test ends.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The folders and files of `src/` whose items a program sees without the feature `internals`.
const SEEN: [&str; 9] =
    ["lib.rs", "exchange", "watch", "filter", "flow", "expect", "format", "diagnosis", "diagnosis/rules"];

/// The lines of each Rust example in the documentation of a file.
fn examples(source: &str) -> Vec<String> {
    let lines = source.lines().map(|line| line.trim_start());
    let lines = lines.filter_map(|line| line.strip_prefix("///").or_else(|| line.strip_prefix("//!")));
    let lines: Vec<&str> = lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    let blocks = lines.split(|line| line.starts_with("```")).skip(1).step_by(2);
    let opened = lines.iter().filter(|line| line.starts_with("```")).step_by(2);
    let rust = blocks.zip(opened).filter(|(_, opening)| ["```", "```no_run"].contains(*opening));
    rust.map(|(block, _)| {
        block.iter().map(|line| line.strip_prefix("# ").unwrap_or(line)).collect::<Vec<_>>().join("\n")
    })
    .collect()
}

/// A program of all these examples, each in a function of its own, as rustdoc would make one of each. The documentation
/// tests of this tree see the feature `internals`; a program does not.
fn documented() -> String {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut program = "#![allow(unused)]\nuse std::fmt::Debug;\nfn main() {}\n".to_owned();
    let mut count = 0;
    for name in SEEN {
        let path = source.join(name);
        let files = if path.is_dir() {
            fs::read_dir(path)
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .filter(|path| path.is_file())
                .collect()
        } else {
            vec![path]
        };
        for example in files.iter().flat_map(|file| examples(&fs::read_to_string(file).unwrap())) {
            let result = if example.contains("\nOk::<") { "-> Result<(), impl Debug>" } else { "" };
            program += &format!("fn example_{count}() {result} {{\n{example}\n}}\n");
            count += 1;
        }
    }
    assert!(count > 15, "only {count} examples were found");
    program
}

/// A program of its own with what cargo built for it below `target`.
fn program() -> Scratch {
    let scratch = Scratch(std::env::temp_dir().join(format!("conntrack-dependent-{}", std::process::id())));
    let library = env!("CARGO_MANIFEST_DIR");
    let manifest = format!(
        "[package]\nname = \"dependent\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [dependencies]\nnetfilter-conntrack = {{ path = {library:?} }}\n"
    );
    fs::create_dir_all(scratch.0.join("src")).unwrap();
    fs::write(scratch.0.join("Cargo.toml"), manifest).unwrap();
    fs::write(scratch.0.join("src/main.rs"), MAIN).unwrap();
    // The examples are programs of users, too: they have no more than the public interface.
    let programs = scratch.0.join("src/bin");
    fs::create_dir(&programs).unwrap();
    fs::write(programs.join("documented.rs"), documented()).unwrap();
    for name in EXAMPLES {
        fs::copy(Path::new(library).join("examples").join(name), programs.join(name)).unwrap();
    }
    fs::copy(Path::new(library).join("Cargo.lock"), scratch.0.join("Cargo.lock")).unwrap();
    let output = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--offline"])
        .current_dir(&scratch.0)
        .env("CARGO_TARGET_DIR", scratch.0.join("target"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    scratch
}

/// The files of cargo's output folders whose names end so.
fn built(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let folders = [folder.join("target/debug"), folder.join("target/debug/deps")];
    let files = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap());
    let paths = files.map(|entry| entry.unwrap().path());
    paths.filter(|path| path.to_string_lossy().ends_with(ending)).collect()
}

/// The names of the functions that a file defines.
fn defined(file: &Path) -> Vec<String> {
    let output = Command::new("nm").arg("--defined-only").arg(file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let functions = text.lines().filter_map(|line| line.split_once(" T "));
    functions.map(|(_, name)| name.to_owned()).collect()
}

#[test]
fn a_rust_program_builds_and_exports_nothing_for_c() {
    let scratch = program();
    assert_eq!(built(&scratch.0, ".so"), Vec::<PathBuf>::new());
    assert_eq!(built(&scratch.0, ".a"), Vec::<PathBuf>::new());
    // The linker drops what a program does not call, so the library itself is asked.
    let libraries = built(&scratch.0, ".rlib");
    let ours = libraries.iter().find(|path| path.to_string_lossy().contains("libnetfilter_conntrack-"));
    let files = [ours.unwrap().clone(), scratch.0.join("target/debug/dependent")];
    for file in files {
        let names = defined(&file);
        assert!(!names.is_empty(), "{}: no function was found", file.display());
        let of_c = names
            .iter()
            .find(|name| ["nfct_", "nfexp_", "nfnl_"].iter().any(|prefix| name.starts_with(prefix)));
        assert_eq!(of_c, None, "{}", file.display());
    }
}
