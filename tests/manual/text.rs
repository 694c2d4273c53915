// SPDX-License-Identifier: GPL-2.0-or-later
//! The text of a comment, as blocks: paragraphs, lists, titles. The headers' comments and the files of
//! `docs/reference` have the same form.

/// A part of a text.
#[derive(Debug, PartialEq, Eq)]
pub enum Block {
    Paragraph(String),
    List(Vec<String>),
    /// The title of the blocks that follow: `@par Title`, or `Errors:` in a comment.
    Title(String),
    /// The name of a program in `examples`: `@include list.c`.
    Program(String),
    /// Other pages: `@sa nfct_open, nfct_query`.
    See(Vec<String>),
}

/// The lines of a comment without its stars.
pub fn lines(comment: &str) -> Vec<&str> {
    let inside = comment.trim().trim_start_matches("/**").trim_end_matches("*/");
    let line = |line: &'_ str| -> usize {
        let start = line.len() - line.trim_start().len();
        match line.get(start..) {
            Some(rest) if rest.starts_with("* ") => start + 2,
            Some("*") => start + 1,
            _ if line.trim().is_empty() => line.len(),
            _ => 0,
        }
    };
    inside.lines().map(|text| text.get(line(text)..).unwrap_or("").trim_end()).collect()
}

/// The blocks of a text.
pub fn blocks(lines: &[&str]) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open = false; // whether the next line continues the last block
    for line in lines {
        let words = line.trim();
        if words.is_empty() || words.starts_with("@ingroup ") {
            open = false;
        } else if let Some(block) = single(words) {
            blocks.push(block);
            open = false;
        } else if let Some(item) = line.strip_prefix("- ") {
            match blocks.last_mut() {
                Some(Block::List(items)) if open => items.push(item.to_owned()),
                _ => blocks.push(Block::List(vec![item.to_owned()])),
            }
            open = true;
        } else {
            match blocks.last_mut().filter(|_| open).and_then(last_text) {
                Some(text) => *text = format!("{text} {words}"),
                None => blocks.push(Block::Paragraph(words.to_owned())),
            }
            open = true;
        }
    }
    blocks
}

/// A block that is one line.
fn single(line: &str) -> Option<Block> {
    let list = |text: &str| text.split(", ").map(str::to_owned).collect();
    if line == "Errors:" {
        Some(Block::Title("Errors".to_owned()))
    } else if let Some(title) = line.strip_prefix("@par ") {
        Some(Block::Title(title.to_owned()))
    } else if let Some(file) = line.strip_prefix("@include ") {
        Some(Block::Program(file.to_owned()))
    } else {
        line.strip_prefix("@sa ").map(|pages| Block::See(list(pages)))
    }
}

/// The text that a continuation line continues.
fn last_text(block: &mut Block) -> Option<&mut String> {
    match block {
        Block::Paragraph(text) => Some(text),
        Block::List(items) => items.last_mut(),
        _ => None,
    }
}

#[test]
fn a_comment_has_paragraphs_titles_and_lists() {
    let comment = "/**\n * Opens\n * a door.\n *\n * Errors:\n * - EPERM: no\n *   key\n * - EBUSY: open\n *\n * @ingroup door\n */";
    let list = ["EPERM: no key", "EBUSY: open"].map(str::to_owned).to_vec();
    let expected =
        [Block::Paragraph("Opens a door.".into()), Block::Title("Errors".into()), Block::List(list)];
    assert_eq!(blocks(&lines(comment)), expected);
    assert_eq!(blocks(&lines("/** closes a door */")), [Block::Paragraph("closes a door".into())]);
}
