// SPDX-License-Identifier: GPL-2.0-or-later
//! The texts keep their word: tests, files and make targets that they name exist.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(root().join(&path))
        .unwrap_or_else(|error| panic!("{}: {error}", path.as_ref().display()))
}

/// Every file below a folder of the tree; none where the folder is missing.
fn files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![root().join(folder)];
    while let Some(path) = open.pop() {
        match fs::read_dir(&path) {
            Ok(entries) => open.extend(entries.map(|entry| entry.unwrap().path())),
            Err(_) if path.is_file() => found.push(path),
            Err(_) => {}
        }
    }
    found
}

/// The words between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The rows of a document's tables that have this many columns; not those of titles, whose last one is `title`.
fn rows(document: &str, columns: usize, title: &str) -> Vec<Vec<String>> {
    let cells = |line: &str| line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect();
    let text = read(document);
    let lines = text.lines().filter(|line| line.starts_with('|') && !line.starts_with("|---"));
    let rows: Vec<Vec<String>> = lines.map(cells).collect();
    rows.into_iter().filter(|row| row.len() == columns && row[columns - 1] != title).collect()
}

/// The tables whose last column names tests: their document, columns, and that column's title.
const PROVEN: [(&str, usize, &str); 3] =
    [("docs/differences.md", 5, "test"), ("docs/reliability.md", 3, "test"), ("SECURITY.md", 3, "shown by")];

#[test]
fn every_difference_names_a_test_that_exists() {
    let folders = ["src", "tests", "tool", "testing", "capi-tests"];
    let sources: String =
        folders.into_iter().flat_map(files).filter_map(|path| fs::read_to_string(path).ok()).collect();
    for (document, columns, title) in PROVEN {
        let rows = rows(document, columns, title);
        assert!(rows.len() > 10, "{document}: the tables were found");
        for row in rows {
            let names: Vec<&str> = quoted(&row[columns - 1]).collect();
            assert!(!names.is_empty(), "{document}: no test: {row:?}");
            for name in names {
                let exists = sources.contains(&format!("fn {name}(")) || root().join(name).is_file();
                assert!(exists, "{document}: no test {name}");
            }
        }
    }
    // A row of another length is a row that nobody has looked at.
    let text = read("docs/differences.md");
    assert!(
        text.lines()
            .filter(|line| line.starts_with('|'))
            .all(|line| line.split(" | ").count() == 5 || line.starts_with("|---"))
    );
}

/// The list of names that are left out is counted as it is, and each document speaks of it in one row.
#[test]
fn the_names_that_are_not_exported_are_counted_right_and_once() {
    let list = read("capi-tests/not-exported.txt");
    let (functions, tables) = list.split_once("# Data\n").expect("two parts");
    let count = |part: &str| part.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).count();
    let (functions, tables) = (count(functions), count(tables));
    let names = functions + tables;
    for (document, words) in [
        ("docs/differences.md", format!("| {names} names that no header declares: {functions} functions (")),
        ("docs/differences.md", format!(" and {tables} tables (")),
        ("CHANGELOG.md", format!("its {names} private names are left out")),
    ] {
        let text = read(document);
        let rows: Vec<&str> = text.lines().filter(|line| line.contains("not-exported.txt")).collect();
        assert!(matches!(rows[..], [row] if row.contains(&words)), "{document}: {words}: {rows:#?}");
    }
}

#[test]
fn every_make_target_that_is_named_exists() {
    let makefile = read("Makefile");
    for document in ["README.md", "CONTRIBUTING.md", "docs/dependencies.md", "docs/reliability.md"] {
        for line in read(document).lines() {
            for target in line.split("make ").skip(1) {
                let target: String =
                    target.chars().take_while(|&c| c.is_ascii_lowercase() || c == '-').collect();
                let quoted =
                    line.contains(&format!("`make {target}")) || line.trim_start().starts_with("make ");
                if quoted && !target.is_empty() {
                    assert!(makefile.contains(&format!("\n{target}:")), "{document}: make {target}");
                }
            }
        }
    }
}

/// The documents in Markdown.
fn documents() -> Vec<PathBuf> {
    let here = fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().path());
    let all = here.filter(|path| path.is_file()).chain(files("docs"));
    all.filter(|path| path.extension().is_some_and(|ending| ending == "md")).collect()
}

/// The names of the tree's folders, apart from those of builds.
fn folders() -> Vec<String> {
    let entries = fs::read_dir(root()).unwrap().map(|entry| entry.unwrap());
    let names = entries.filter(|entry| entry.path().is_dir()).map(|entry| entry.file_name());
    names
        .map(|name| name.into_string().unwrap())
        .filter(|name| !["target", "stage"].contains(&&**name))
        .collect()
}

/// Whether a word looks like a path below one of these folders: `src/sys`, `tool/man/conntrack.8`.
fn is_path(word: &str, folders: &[String]) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    word.chars().all(plain)
        && word.split_once('/').is_some_and(|(first, _)| folders.iter().any(|folder| folder == first))
}

#[test]
fn every_path_that_a_document_or_a_comment_names_exists() {
    let comments =
        ["src", "tool/src", "tests", "tool/tests", "testing", "examples"].into_iter().flat_map(files);
    let comments = comments.filter(|path| path.extension().is_some_and(|ending| ending == "rs"));
    let (folders, mut count) = (folders(), 0);
    for path in documents().into_iter().chain(comments) {
        let is_source = path.extension().is_some_and(|ending| ending == "rs");
        let text = fs::read_to_string(&path).unwrap();
        let lines = text.lines().filter(|line| !is_source || line.trim_start().starts_with("//"));
        for word in lines.flat_map(quoted).filter(|word| is_path(word, &folders)) {
            // A comment of the tool may name a path of the tool's package.
            let tool = root().join("tool");
            let exists = root().join(word).exists() || path.starts_with(&tool) && tool.join(word).exists();
            assert!(exists, "{}: no {word}", path.display());
            count += 1;
        }
    }
    assert!(count > 100, "only {count} paths were found");
}

/// The names of a document's titles, as links use them.
fn anchors(document: &str) -> impl Iterator<Item = String> + use<'_> {
    let titles = document.lines().filter(|line| line.starts_with('#'));
    titles.map(|line| line.trim_matches(['#', ' ']).to_lowercase().replace(' ', "-"))
}

#[test]
fn every_link_leads_to_a_file() {
    for document in documents() {
        let text = fs::read_to_string(&document).unwrap();
        let (folder, name) = (document.parent().unwrap(), document.display());
        for link in text.split("](").skip(1) {
            let target = link.split(')').next().unwrap();
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            if target.contains("://") {
                continue;
            }
            let there = if file.is_empty() { document.clone() } else { folder.join(file) };
            assert!(there.is_file(), "{name}: {target}");
            let leads = |text: &str| anchors(text).any(|found| found == anchor);
            assert!(anchor.is_empty() || leads(&fs::read_to_string(there).unwrap()), "{name}: {target}");
        }
    }
}

/// The texts that name the product's version name the manifest's.
#[test]
fn every_text_names_the_same_version() {
    let manifest = read("Cargo.toml");
    let line = manifest.lines().find_map(|line| line.strip_prefix("version = \"")).expect("a version");
    let version = line.trim_end_matches('"');
    for (document, words) in [
        ("CHANGELOG.md", format!("`libconntrack` {version} |")),
        ("docs/migration.md", format!("conntrack v1.4.9 (libconntrack {version})")),
        ("packaging/debian/changelog", format!("libconntrack ({version}-1) ")),
        ("packaging/rpm/libconntrack.spec", format!("%global product_version {version}\n")),
        ("packaging/rpm/libconntrack.spec", format!("> - {version}-1\n")),
        ("packaging/alpine/APKBUILD", format!("\npkgver={version}\n")),
    ] {
        assert!(read(document).contains(&words), "{document}: {words}");
    }
}

/// The figures of the README are those of the last recorded measurement.
#[test]
fn the_figures_of_the_readme_are_the_measured_ones() {
    let measured = read("docs/performance.md");
    let rows = rows("README.md", 3, "libconntrack");
    let figures: Vec<_> = rows.iter().filter(|row| row[1].parse::<u32>().is_ok()).collect();
    assert!(figures.len() >= 4, "the table was found");
    for row in figures {
        assert!(
            measured.contains(&format!("| {} |", row.join(" | "))),
            "not in docs/performance.md: {row:?}"
        );
    }
}
