// SPDX-License-Identifier: GPL-2.0-or-later
//! Reads the declarations of a C header, as `make header` writes it, with their comments. A declaration without a
//! comment, or without a page, is an error.

use crate::text::{Block, blocks, lines};
use std::iter::Peekable;
use std::str::Lines;

/// A declaration of the header.
#[derive(Debug)]
pub struct Item {
    /// Empty for an enumeration without a tag.
    pub name: String,
    pub kind: Kind,
    /// The page of the manual that describes it.
    pub page: String,
    pub text: Vec<Block>,
}

#[derive(Debug)]
pub enum Kind {
    /// With the declaration, on one line.
    Function(String),
    Macro,
    Enum(Vec<Member>),
    /// A structure or union, with the word for it.
    Record(&'static str, Vec<Member>),
}

/// An enumerator or a field.
#[derive(Debug)]
pub struct Member {
    pub name: String,
    /// The number of an enumerator, or the declaration of a field.
    pub value: String,
    pub text: String,
}

/// A comment, and the page that it names or that the surrounding group names.
struct Comment {
    page: Option<String>,
    text: Vec<Block>,
}

type Result<T> = std::result::Result<T, String>;

/// The declarations of a header.
pub fn items(header: &str) -> Result<Vec<Item>> {
    let mut items = Vec::new();
    let mut group = None;
    let mut comment = None;
    let mut rest = header.lines().peekable();
    while let Some(line) = rest.next() {
        if line.trim_start().starts_with("/**") {
            let whole = whole_comment(line, &mut rest);
            if let Some((_, name)) = whole.split_once("@addtogroup ") {
                group = name.split_whitespace().next().map(str::to_owned);
            } else if whole.contains("@}") {
                group = None;
            } else {
                comment = Some(read_comment(&whole, group.as_deref()));
            }
        } else if let Some((name, kind)) = declaration(line, &mut rest)? {
            let known = comment.take().ok_or(format!("{name} has no text"))?;
            let page = known.page.ok_or(format!("{name} is on no page"))?;
            items.push(Item { name, kind, page, text: known.text });
        } else if !line.is_empty() {
            comment = None;
        }
    }
    Ok(items)
}

/// A comment that begins on this line.
fn whole_comment(line: &str, rest: &mut Peekable<Lines<'_>>) -> String {
    let mut whole = line.trim_start().to_owned();
    while !whole.ends_with("*/") {
        match rest.next() {
            Some(next) => whole = format!("{whole}\n{}", next.trim_end()),
            None => break,
        }
    }
    whole
}

fn read_comment(whole: &str, group: Option<&str>) -> Comment {
    let lines = lines(whole);
    let named = lines.iter().find_map(|line| line.trim().strip_prefix("@ingroup "));
    Comment { page: named.or(group).map(str::to_owned), text: blocks(&lines) }
}

/// The declaration that begins on this line, if one does: its name and kind.
fn declaration(line: &str, rest: &mut Peekable<Lines<'_>>) -> Result<Option<(String, Kind)>> {
    let words: Vec<&str> = line.split_whitespace().collect();
    Ok(match words.as_slice() {
        // The guard, and the tags of libnfnetlink.
        ["#define", _] | ["struct", "nfnl_handle;" | "nfnl_subsys_handle;"] => None,
        ["#define", name, ..] => Some((identifier(name).to_owned(), Kind::Macro)),
        ["enum", "{"] => Some((String::new(), Kind::Enum(members(rest)?))),
        ["enum", name, "{"] => Some(((*name).to_owned(), Kind::Enum(members(rest)?))),
        ["struct", name, "{"] => Some(((*name).to_owned(), Kind::Record("struct", members(rest)?))),
        ["union", name, "{"] => Some(((*name).to_owned(), Kind::Record("union", members(rest)?))),
        ["struct", name] if name.ends_with(';') => {
            Some((identifier(name).to_owned(), Kind::Record("struct", Vec::new())))
        }
        [] | ["extern" | "}" | "/*" | "*/", ..] => None,
        [first, ..] if first.starts_with('#') => None,
        _ => Some(function(line, rest)?),
    })
}

/// The name at the start of a word.
fn identifier(word: &str) -> &str {
    word.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or(word)
}

/// The members up to the closing brace.
fn members(rest: &mut Peekable<Lines<'_>>) -> Result<Vec<Member>> {
    let mut members = Vec::new();
    let mut comment = None;
    while let Some(line) = rest.next() {
        let line = line.trim();
        if line == "};" {
            return Ok(members);
        }
        if line.starts_with("/**") {
            comment = Some(read_comment(&whole_comment(line, rest), None).text);
            continue;
        }
        let (name, value) = match line.trim_end_matches([',', ';']).split_once(" = ") {
            Some((name, value)) => (name, value),
            None => (field(line), line.trim_end_matches(';')),
        };
        match comment.take().as_deref() {
            Some([Block::Paragraph(text)]) => {
                let member = Member { name: name.to_owned(), value: value.to_owned(), text: text.clone() };
                members.push(member);
            }
            _ => return Err(format!("{name} has no text of one paragraph")),
        }
    }
    Err("a declaration does not end".to_owned())
}

/// The name of a field: the last word, without star and length.
fn field(line: &str) -> &str {
    identifier(line.split([' ', '*']).next_back().unwrap_or(line))
}

/// A function, which begins on this line.
fn function(line: &str, rest: &mut Peekable<Lines<'_>>) -> Result<(String, Kind)> {
    let mut words: Vec<&str> = line.split_whitespace().collect();
    while words.last().is_some_and(|word| !word.ends_with(';')) {
        words.extend(rest.next().ok_or("a function does not end")?.split_whitespace());
    }
    let whole = words.join(" ");
    let whole = whole.trim_start_matches("__attribute__((deprecated))").trim();
    let before = whole.split('(').next().unwrap_or(whole);
    let name = before.rsplit([' ', '*']).next().unwrap_or(before);
    Ok((name.to_owned(), Kind::Function(whole.to_owned())))
}

#[test]
fn every_kind_of_declaration_is_read() {
    let header = "#define _GUARD_H\n/**\n * the most\n * @ingroup a\n */\n#define MOST 3\n\n/** @addtogroup b @{ */\n\
        /** Colours. */\nenum {\n  /** the first */\n  RED = 0,\n};\n/** A tag. */\nstruct tag;\n/** @} */\n\
        struct nfnl_handle;\n/**\n * Gives.\n * @ingroup a\n */\n__attribute__((deprecated)) const char *give(int\n  many);\n";
    let items = items(header).unwrap();
    let seen: Vec<(&str, &str)> = items.iter().map(|item| (&*item.name, &*item.page)).collect();
    assert_eq!(seen, [("MOST", "a"), ("", "b"), ("tag", "b"), ("give", "a")]);
    assert!(
        matches!(&items[1].kind, Kind::Enum(colours) if colours[0].name == "RED" && colours[0].value == "0")
    );
    assert!(matches!(&items[3].kind, Kind::Function(whole) if whole == "const char *give(int many);"));
}

#[test]
fn a_name_without_text_or_page_is_refused() {
    for (header, complaint) in [
        ("#define MOST 3\n", "MOST has no text"),
        ("/** the most */\n#define MOST 3\n", "MOST is on no page"),
        ("/**\n * A.\n * @ingroup a\n */\nenum a {\n  RED = 0,\n};\n", "RED has no text of one paragraph"),
        ("/**\n * A.\n * @ingroup a\n */\nstruct a {\n  int *red;\n};\n", "red has no text of one paragraph"),
        ("int give(void);\n", "give has no text"),
        (
            "/** @addtogroup b @{ */\n/** A. */\nint give(void);\nint take(void);\n/** @} */\n",
            "take has no text",
        ),
    ] {
        assert_eq!(items(header).map(|items| items.len()), Err(complaint.to_owned()), "{header}");
    }
}
