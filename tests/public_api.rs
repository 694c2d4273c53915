// SPDX-License-Identifier: GPL-2.0-or-later
//! The public interface is the listing `docs/public-api.txt`: an item that is added, removed or changes its signature
//! changes the listing, and the change is reviewed with it.
//!
//! The listing is made from the pages that rustdoc writes for the default features: for each item its declaration, its
//! methods, and the traits that it implements; of the automatic traits `Send` and `Sync`. A new listing is written by
//! `UPDATE_PUBLIC_API=1 cargo test --test public_api`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Makes the pages, and returns their folder.
fn pages() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("public-api");
    let pages = target.join("doc/netfilter_conntrack");
    let _ = fs::remove_dir_all(&pages); // rustdoc leaves pages of items that have gone
    let output = Command::new(env!("CARGO"))
        .args([
            "doc",
            "--quiet",
            "--locked",
            "--offline",
            "--lib",
            "--no-deps",
            "--package",
            "netfilter-conntrack",
        ])
        .current_dir(root)
        .env("CARGO_TARGET_DIR", &target)
        .env_remove("RUSTDOCFLAGS")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    pages
}

/// What stands between the next `begin` and the first `end` after it, and what follows.
fn between<'t>(text: &'t str, begin: &str, end: &str) -> Option<(&'t str, &'t str)> {
    text.split_once(begin)?.1.split_once(end)
}

/// The text of a piece of a page: no tags, no buttons, one blank between words.
fn plain(mut html: &str) -> String {
    let mut text = String::new();
    while let Some((before, tag)) = html.split_once('<') {
        text.push_str(before);
        let (name, after) = tag.split_once('>').expect("a whole tag");
        let hidden =
            ["summary", "span class=\"comment\""].into_iter().find(|hidden| name.starts_with(hidden));
        text.push_str(if name == "/div" { " " } else { "" });
        html = hidden.map_or(after, |hidden| {
            let end = format!("</{}>", hidden.split(' ').next().unwrap());
            after.split_once(&end).expect("the end of the tag").1
        });
    }
    text.push_str(html);
    for (entity, character) in
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")]
    {
        text = text.replace(entity, character);
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Traits of the compiler, which differ between its versions.
const COMPILERS: [&str; 6] =
    ["Freeze", "RefUnwindSafe", "StructuralPartialEq", "Unpin", "UnsafeUnpin", "UnwindSafe"];

/// Whether an implementation says something about the item.
fn is_told(implementation: &str) -> bool {
    let head = implementation.split(" for ").next().unwrap_or_default();
    let name = head.rsplit(' ').next().unwrap_or_default().trim_start_matches('!');
    !COMPILERS.contains(&name)
}

/// The lines that the page of an item gives: its declaration, then the rest in alphabetical order.
fn lines(page: &str) -> Vec<String> {
    let declaration = between(page, "item-decl\"><code>", "</code></pre>").map(|(html, _)| plain(html));
    let own = page.split("<h2 id=\"blanket-implementations\"").next().unwrap();
    let (mut rest, mut of_trait, mut found) = (own, false, BTreeSet::new());
    while let Some((_, heading)) = rest.split_once("<h") {
        rest = heading;
        let (Some(level), true) =
            (heading.chars().next(), heading[1..].starts_with(" class=\"code-header\">"))
        else {
            continue;
        };
        let (html, after) =
            between(heading, "\"code-header\">", &format!("</h{level}>")).expect("a whole heading");
        let text = plain(html);
        if level == '3' {
            of_trait = text.contains(" for ");
            if of_trait && is_told(&text) {
                found.insert(text);
            }
        } else if level == '4' && (!of_trait || text.starts_with("type ")) {
            found.insert(text);
        }
        rest = after;
    }
    declaration.into_iter().chain(found).map(|line| alike(&line)).collect()
}

/// A line as every rustdoc writes it: some show the representation of a type, and they write constants differently.
fn alike(line: &str) -> String {
    let mut words = line.to_owned();
    while let Some((before, after)) = words.split_once("#[repr(") {
        words = format!("{before}{}", after.split_once(")] ").expect("the end of the attribute").1);
    }
    let is_constant = words.starts_with("pub const ") && !words.starts_with("pub const fn ");
    if is_constant { words.split(" = ").next().unwrap().to_owned() } else { words }
}

/// Every item's path in the crate, and its page.
fn items(folder: &Path) -> BTreeSet<(String, String)> {
    let all = fs::read_to_string(folder.join("all.html")).unwrap();
    let list = all.split("<h1>List of all items</h1>").nth(1).expect("the list of all items");
    let links = list.split("<a href=\"").skip(1).map(|link| link.split('"').next().unwrap().to_owned());
    let pages = links.filter(|link| link.ends_with(".html") && !link.contains(".."));
    pages.map(|page| (path(&page), page)).collect()
}

/// An item's path in the crate, from the name of its page.
fn path(page: &str) -> String {
    let (folder, file) = page.rsplit_once('/').unwrap_or(("", page));
    let name = file.trim_end_matches(".html").split_once('.').expect("a kind and a name").1;
    folder.split('/').filter(|part| !part.is_empty()).chain([name]).collect::<Vec<_>>().join("::")
}

/// The listing of these pages.
fn listing(folder: &Path) -> String {
    let mut text = String::new();
    for (path, page) in items(folder) {
        writeln!(text, "{path}").unwrap();
        let html = fs::read_to_string(folder.join(&page)).unwrap();
        lines(&html).iter().for_each(|line| writeln!(text, "    {line}").unwrap());
    }
    text
}

#[test]
fn the_public_interface_is_the_listing() {
    let listing = listing(&pages());
    for word in
        ["pub fn create(&mut self, flow: &Flow) -> Result<()>", "impl Send for Handle", "Tcp { sport: u16,"]
    {
        assert!(listing.contains(word), "the pages are read: {word}");
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/public-api.txt");
    if std::env::var_os("UPDATE_PUBLIC_API").is_some() {
        fs::write(&file, &listing).unwrap();
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    let (old, new): (BTreeSet<&str>, BTreeSet<&str>) =
        (committed.lines().collect(), listing.lines().collect());
    let removed: Vec<_> = old.difference(&new).collect();
    let added: Vec<_> = new.difference(&old).collect();
    assert!(
        committed == listing,
        "the public interface differs from docs/public-api.txt; UPDATE_PUBLIC_API=1 cargo test --test public_api \
         writes it\nremoved: {removed:#?}\nadded: {added:#?}"
    );
}

#[test]
fn a_page_gives_a_line_for_each_method_and_trait() {
    let page = "<pre class=\"rust item-decl\"><code>pub struct <a>X</a>&lt;&#39;a&gt; { <span class=\"comment\">/* private \
                fields */</span> }</code></pre><h3 class=\"code-header\">impl X</h3><h4 class=\"code-header\">pub fn \
                <a href=\"#f\">f</a>(&amp;self)\n  -&gt; u8</h4><h3 class=\"code-header\">impl Iterator for X</h3>\
                <h4 class=\"code-header\">type Item = u8</h4><h4 class=\"code-header\">fn next()</h4>\
                <h3 class=\"code-header\">impl&lt;&#39;a&gt; !Unpin for X</h3><h2 id=\"blanket-implementations\"></h2>\
                <h3 class=\"code-header\">impl Any for X</h3>";
    let expected = ["pub struct X<'a> { }", "impl Iterator for X", "pub fn f(&self) -> u8", "type Item = u8"];
    assert_eq!(lines(page), expected);
    assert_eq!(path("format/save/fn.append_flow.html"), "format::save::append_flow");
}
