// SPDX-License-Identifier: GPL-2.0-or-later
//! The manual for C programmers: the pages of section 3 in `docs/man3` are what the headers and `docs/reference` say,
//! and every name that the library exports or a header declares has its text there.
//!
//! `UPDATE_MANUAL=1 cargo test --test manual` writes the pages again; `make header` does both.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod header;
mod roff;
mod text;

use header::{Item, Kind};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use text::Block;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(root().join(&path))
        .unwrap_or_else(|error| panic!("{}: {error}", path.as_ref().display()))
}

/// The files of a folder with this ending: name without ending, and text.
fn files(folder: &str, ending: &str) -> BTreeMap<String, String> {
    let entries = fs::read_dir(root().join(folder)).unwrap_or_else(|error| panic!("{folder}: {error}"));
    let paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    let wanted = paths.iter().filter(|path| path.extension().is_some_and(|found| found == ending));
    wanted.map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), read(path))).collect()
}

const HEADERS: &str = "include/libnetfilter_conntrack";
const PAGES: &str = "docs/man3";

/// The declarations of all headers.
fn items() -> Vec<Item> {
    let read = |(name, text): (&String, &String)| {
        header::items(text).unwrap_or_else(|complaint| panic!("{name}.h: {complaint}"))
    };
    files(HEADERS, "h").iter().flat_map(read).collect()
}

/// The texts of `docs/reference`: the page's name, with its title and its blocks.
fn texts() -> BTreeMap<String, (String, Vec<Block>)> {
    let page = |(name, file): (String, String)| {
        let mut lines = text::lines(&file);
        lines.retain(|line| !line.starts_with("/**"));
        let first = lines.iter().position(|line| !line.is_empty()).expect("a title");
        let title = lines[first]
            .strip_prefix(&format!("@defgroup {name} "))
            .or_else(|| lines[first].strip_prefix(&format!("@mainpage {name}: ")));
        let title = title.unwrap_or_else(|| panic!("{name}.dox: its first line is its name and title"));
        (name.clone(), (title.to_owned(), text::blocks(&lines[first + 1..])))
    };
    files("docs/reference", "dox").into_iter().map(page).collect()
}

/// Every name that leads to a page: functions, tags and the pages themselves; and with `all` enumerators and macros.
fn names<'a>(
    items: &'a [Item],
    texts: &'a BTreeMap<String, (String, Vec<Block>)>,
    all: bool,
) -> BTreeMap<&'a str, &'a str> {
    let mut names: BTreeMap<&str, &str> = texts.keys().map(|name| (&**name, &**name)).collect();
    for item in items {
        let members: &[header::Member] = match &item.kind {
            Kind::Enum(members) if all => members,
            _ => &[],
        };
        let own =
            (!item.name.is_empty() && (all || !matches!(item.kind, Kind::Macro))).then_some(&*item.name);
        names.extend(
            own.into_iter().chain(members.iter().map(|member| &*member.name)).map(|name| (name, &*item.page)),
        );
    }
    names
}

/// The names under which `man` finds a page that has another name.
fn links(items: &[Item], texts: &BTreeMap<String, (String, Vec<Block>)>) -> String {
    let mut links: BTreeMap<&str, &str> = names(items, texts, false);
    links.extend([
        ("libconntrack", "libnetfilter_conntrack"),
        ("libnetfilter_conntrack_sctp", "libnetfilter_conntrack_tcp"),
        ("libnetfilter_conntrack_dccp", "libnetfilter_conntrack_tcp"),
        ("libnetfilter_conntrack_udp", "libnetfilter_conntrack_tcp"),
        ("libnetfilter_conntrack_icmp", "libnetfilter_conntrack_tcp"),
    ]);
    links.iter().filter(|(name, page)| name != page).map(|(name, page)| format!("{name} {page}\n")).collect()
}

/// The pages as they should be: file name and text.
fn rendered() -> BTreeMap<String, String> {
    let (items, texts) = (items(), texts());
    let tool = read("tool/man/conntrack.8");
    let title = tool.lines().find_map(|line| line.strip_prefix(".TH CONNTRACK 8 ")).expect("a title");
    let edition: Vec<&str> = title.split('"').collect();
    let manual = roff::Manual {
        names: names(&items, &texts, true),
        edition: &format!("\"{}\" \"{}\"", edition[1], edition[3]),
        program: &|file| read(format!("examples/{file}")),
    };
    let mut pages: BTreeMap<String, String> = texts
        .iter()
        .map(|(name, (title, text))| {
            let items = items.iter().filter(|item| item.page == *name).collect();
            (format!("{name}.3"), manual.page(&roff::Page { name, title, text, items }))
        })
        .collect();
    pages.insert("links".into(), links(&items, &texts));
    pages
}

#[test]
fn the_committed_pages_are_a_fresh_rendering() {
    let rendered = rendered();
    let folder = root().join(PAGES);
    if std::env::var_os("UPDATE_MANUAL").is_some() {
        fs::create_dir_all(&folder).unwrap();
        for path in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            fs::remove_file(path).unwrap();
        }
        rendered.iter().for_each(|(name, text)| fs::write(folder.join(name), text).unwrap());
    }
    let committed = fs::read_dir(&folder).expect(PAGES).map(|entry| entry.unwrap());
    let committed: BTreeSet<String> =
        committed.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    assert_eq!(committed, rendered.keys().cloned().collect::<BTreeSet<_>>(), "run make header");
    for (name, text) in &rendered {
        assert!(read(format!("{PAGES}/{name}")) == *text, "{PAGES}/{name} is stale: run make header");
    }
}

/// The names of a header, read without its comments, and not as the generator reads them.
fn declared_names(header: &str) -> BTreeSet<String> {
    let word =
        |text: &str| -> String { text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect() };
    let name = |line: &str| {
        let line = line.trim();
        let value = line.split_once(" = ").filter(|_| line.ends_with(',')).map(|(name, _)| name.to_owned());
        let constant = line.strip_prefix("#define ").filter(|rest| rest.contains(' ')).map(word);
        value.or(constant)
    };
    header.lines().filter_map(name).collect()
}

/// The entries of a page: what stands in its bold tags, and the functions that have a part of their own.
fn described(page: &str) -> BTreeMap<String, String> {
    let lines: Vec<&str> = page.lines().collect();
    let entry = |at: usize| {
        let tag = lines[at].strip_prefix(".BR ").or(lines[at].strip_prefix(".B "));
        let tagged = tag.filter(|_| at > 0 && lines[at - 1] == ".TP").and_then(|tag| tag.split(' ').next());
        let part = lines[at].strip_prefix(".SS ").and_then(|title| title.strip_suffix("()"));
        let text = lines.get(at + 1).filter(|line| !line.starts_with('.')).copied().unwrap_or("");
        tagged.or(part).map(|name| (name.to_owned(), text.to_owned()))
    };
    let errors = lines.iter().position(|line| *line == ".SH ERRORS").unwrap_or(lines.len());
    (0..errors).filter_map(entry).collect()
}

#[test]
fn every_exported_function_and_every_constant_has_a_text_on_a_page() {
    let pages: Vec<BTreeMap<String, String>> =
        files(PAGES, "3").values().map(|page| described(page)).collect();
    let exports = read("capi-tests/exports.txt");
    let functions: BTreeSet<String> = exports.lines().map(str::to_owned).collect();
    assert_eq!(functions.len(), 105);
    let constants: BTreeSet<String> =
        files(HEADERS, "h").values().flat_map(|text| declared_names(text)).collect();
    assert!(constants.len() > 400, "{} enumerators and macros", constants.len());
    for name in functions.iter().chain(&constants) {
        let texts: Vec<&String> = pages.iter().filter_map(|page| page.get(name)).collect();
        assert_eq!(texts.len(), 1, "{name} stands on one page: {texts:?}");
        assert!(texts[0].split_whitespace().next().is_some(), "{name} has no text");
    }
    let described: BTreeSet<String> = pages.iter().flat_map(|page| page.keys().cloned()).collect();
    let functions_described: BTreeSet<&String> =
        described.iter().filter(|name| name.starts_with("nf")).collect();
    let unknown: Vec<&&String> =
        functions_described.iter().filter(|name| !functions.contains(**name)).collect();
    assert!(unknown.is_empty(), "no such function: {unknown:?}");
}

#[test]
fn a_page_is_found_by_every_function_and_every_type() {
    let links = read(format!("{PAGES}/links"));
    let found: BTreeSet<&str> = links.lines().filter_map(|line| line.split(' ').next()).collect();
    for line in links.lines() {
        let (name, page) = line.split_once(' ').unwrap();
        assert!(root().join(format!("{PAGES}/{page}.3")).is_file(), "{name}: no page {page}");
        assert!(!root().join(format!("{PAGES}/{name}.3")).exists(), "{name} is a page and a link");
    }
    for name in read("capi-tests/exports.txt").lines() {
        assert!(found.contains(name) || root().join(format!("{PAGES}/{name}.3")).is_file(), "{name}");
    }
}

#[test]
fn every_page_speaks_of_ownership_and_shows_a_program_that_is_run() {
    let rows = read("capi-tests/scenarios");
    for (name, (_, blocks)) in texts() {
        let program = blocks.iter().find_map(|block| match block {
            Block::Program(file) => Some(file.clone()),
            _ => None,
        });
        let program = program.unwrap_or_else(|| panic!("{name}: no example"));
        let row = format!("{} ", program.trim_end_matches(".c"));
        assert!(rows.lines().any(|line| line.starts_with(&row)), "{name}: no test runs {program}");
        let owns = blocks.contains(&Block::Title("Ownership".into()));
        let constants_only = name.starts_with("linux_") || name == "libnetfilter_conntrack_tcp";
        assert!(owns || constants_only, "{name}: who releases what?");
    }
}

/// A function whose result can be -1 or NULL lists its errors, or names the function that does. Of a few the result is
/// always an answer.
#[test]
fn every_function_that_can_fail_names_its_errors() {
    const ANSWERS: [&str; 11] = [
        "nfct_close", // names close(2)
        "nfct_fd",
        "nfct_nfnlh",
        "nfct_compare",
        "nfct_cmp",
        "nfexp_cmp",
        "nfct_bitmask_test_bit",
        "nfct_labelmap_get_bit",
        "nfct_labelmap_get_name",
        "nfct_labels_get_path",
        "nfexp_nlmsg_build",
    ];
    for item in items() {
        let Kind::Function(whole) = &item.kind else { continue };
        let result = whole.split(&item.name).next().unwrap().trim();
        let fails = result.ends_with('*') || result == "int";
        let lists = item.text.contains(&Block::Title("Errors".into()));
        let refers = item.text.iter().any(|block| match block {
            Block::Paragraph(text) => {
                text.contains("rrors as ") || text.contains("; as nf") || text.contains("Returns as ")
            }
            _ => false,
        });
        let answers = ANSWERS.contains(&&*item.name);
        assert!(!fails || lists || refers || answers, "{}: {result}: which errors?", item.name);
    }
}
