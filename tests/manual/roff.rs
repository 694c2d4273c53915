// SPDX-License-Identifier: GPL-2.0-or-later
//! Writes the pages of section 3, for groff and mandoc: one page for each file of `docs/reference`, with every
//! declaration of the headers that names the page.

use crate::header::{Item, Kind, Member};
use crate::text::Block;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The longest line of a page's source.
const WIDTH: usize = 78;

/// One page: its name, its title, its text, and what stands on it.
pub struct Page<'a> {
    pub name: &'a str,
    pub title: &'a str,
    pub text: &'a [Block],
    pub items: Vec<&'a Item>,
}

/// What all pages share.
pub struct Manual<'a> {
    /// Every name of the headers, and every page, with its page.
    pub names: BTreeMap<&'a str, &'a str>,
    /// Date and source of `.TH`, as the tool's page has them.
    pub edition: &'a str,
    /// Reads a program of `examples`.
    pub program: &'a dyn Fn(&str) -> String,
}

impl Manual<'_> {
    /// The source of a page.
    pub fn page(&self, page: &Page<'_>) -> String {
        let mut out = format!(
            ".\\\" SPDX-License-Identifier: GPL-2.0-or-later\n.\\\" Made from the headers and docs/reference by \
             make header: change those.\n.TH {} 3 {} \"Library Functions Manual\"\n.nh\n.ad l\n.SH NAME\n",
            page.name.to_uppercase(),
            self.edition
        );
        out += &filled(&format!("{} \\- {}", names(page).join(", "), lower(page.title)));
        out += ".SH LIBRARY\nlibconntrack, libnetfilter_conntrack (\\fB\\-lconntrack\\fR or\n\
            \\fB\\-lnetfilter_conntrack\\fR)\n";
        self.synopsis(page, &mut out);
        let sections = sections(page.text);
        for (title, blocks) in &sections {
            let title = if *title == "Example" { "Examples" } else { title };
            let _ = writeln!(out, ".SH {}", title.to_uppercase());
            self.blocks(page, blocks, &mut out);
            if title == "Description" {
                self.functions(page, &mut out);
                self.constants(page, &mut out);
                self.errors(page, &mut out);
            }
        }
        out
    }

    /// Includes and declarations.
    fn synopsis(&self, page: &Page<'_>, out: &mut String) {
        out.push_str(".SH SYNOPSIS\n.nf\n");
        let headers: &[&str] = match page.name {
            "libnetfilter_conntrack_tcp" => &[
                "libnetfilter_conntrack_tcp.h",
                "libnetfilter_conntrack_sctp.h",
                "libnetfilter_conntrack_dccp.h",
            ],
            "linux_nfnetlink_conntrack" => &["linux_nfnetlink_conntrack.h"],
            "linux_nf_conntrack_common" => &["linux_nf_conntrack_common.h"],
            _ => &["libnetfilter_conntrack.h"],
        };
        for header in headers {
            let _ = writeln!(out, ".B #include <libnetfilter_conntrack/{header}>");
        }
        for item in &page.items {
            if let Kind::Function(whole) = &item.kind {
                out.push_str(".PP\n");
                out.push_str(&prototype(whole));
            }
        }
        out.push_str(".fi\n");
    }

    /// What each function does.
    fn functions(&self, page: &Page<'_>, out: &mut String) {
        for item in &page.items {
            if matches!(item.kind, Kind::Function(_)) {
                let _ = writeln!(out, ".SS {}()", item.name);
                let text = item.text.split(|block| *block == Block::Title("Errors".into())).next();
                self.blocks(page, text.unwrap_or(&[]), out);
            }
        }
    }

    /// Enumerations, structures and macros.
    fn constants(&self, page: &Page<'_>, out: &mut String) {
        let mut macros = String::new();
        let mut types = String::new();
        for item in &page.items {
            let (title, members) = match &item.kind {
                Kind::Function(_) => continue,
                Kind::Macro => {
                    macros += ".TP\n.B ";
                    macros = macros + &item.name + "\n";
                    self.blocks(page, &item.text, &mut macros);
                    continue;
                }
                Kind::Enum(members) if item.name.is_empty() => (anonymous(&item.text), members),
                Kind::Enum(members) => (format!("enum {}", item.name), members),
                Kind::Record(word, members) => (format!("{word} {}", item.name), members),
            };
            let _ = writeln!(types, ".SS {title}");
            let rest = if item.name.is_empty() { without_first_sentence(&item.text) } else { None };
            match rest {
                Some(rest) => types += &filled(&self.inline(page, &rest)),
                None if item.name.is_empty() => {}
                None => self.blocks(page, &item.text, &mut types),
            }
            members.iter().for_each(|member| self.member(page, member, &mut types));
        }
        if !(types.is_empty() && macros.is_empty()) {
            out.push_str(".SH CONSTANTS AND STRUCTURES\n");
            out.push_str(&types);
        }
        if !macros.is_empty() {
            let _ = write!(out, ".SS Macros\n{macros}");
        }
    }

    fn member(&self, page: &Page<'_>, member: &Member, out: &mut String) {
        let is_number = member.value.trim_start_matches('-').chars().all(|c| c.is_ascii_digit());
        let tag = if is_number {
            format!(".BR {} \" ({})\"", member.name, member.value.replace('-', "\\-"))
        } else if member.value.ends_with(&member.name) || member.value.contains(&format!("{}[", member.name))
        {
            format!(".B {}", member.value)
        } else {
            format!(".B {}", member.name)
        };
        let _ = writeln!(out, ".TP\n{tag}");
        out.push_str(&filled(&self.inline(page, &member.text)));
    }

    /// The errors of each function.
    fn errors(&self, page: &Page<'_>, out: &mut String) {
        if !page.items.iter().any(|item| matches!(item.kind, Kind::Function(_))) {
            return;
        }
        out.push_str(".SH ERRORS\n");
        out.push_str(&filled(&self.inline(
            page,
            "The errors that every function has, such as EINVAL for NULL, are described in libnetfilter_conntrack(3).",
        )));
        for item in &page.items {
            let mut after = item.text.iter().skip_while(|block| **block != Block::Title("Errors".into()));
            if after.next().is_some() {
                let _ = writeln!(out, ".SS {}()", item.name);
                after.for_each(|block| self.blocks(page, std::slice::from_ref(block), out));
            }
        }
    }

    fn blocks(&self, page: &Page<'_>, blocks: &[Block], out: &mut String) {
        for (at, block) in blocks.iter().enumerate() {
            match block {
                Block::Paragraph(text) => {
                    out.push_str(if at == 0 { "" } else { ".PP\n" });
                    out.push_str(&filled(&self.inline(page, text)));
                }
                Block::List(items) => items.iter().for_each(|item| self.list_item(page, item, out)),
                Block::Program(file) => {
                    out.push_str(".PP\n.EX\n");
                    out.push_str(&verbatim(&(self.program)(file)));
                    out.push_str(".EE\n");
                }
                Block::See(pages) => {
                    let refs: Vec<String> = pages.iter().map(|name| reference(name)).collect();
                    out.push_str(&(refs.join(" ,\n") + "\n"));
                }
                Block::Title(_) => {}
            }
        }
    }

    fn list_item(&self, page: &Page<'_>, item: &str, out: &mut String) {
        match item.split_once(": ") {
            Some((tag, text)) => {
                let _ = writeln!(out, ".TP\n{}", self.inline(page, tag));
                out.push_str(&filled(&self.inline(page, text)));
            }
            None => {
                out.push_str(".IP \\(bu 2\n");
                out.push_str(&filled(&self.inline(page, item)));
            }
        }
    }

    /// Text with its names in bold.
    fn inline(&self, page: &Page<'_>, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let len = if c.is_alphanumeric() || c == '_' {
                rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '*').unwrap_or(rest.len())
            } else {
                c.len_utf8()
            };
            let (word, after) = rest.split_at(len);
            rest = after;
            if let Some((code, after)) = (c == '`').then(|| rest.split_once('`')).flatten() {
                let _ = write!(out, "\\fI{}\\fR", escaped(code));
                rest = after;
            } else if let Some(after) = rest.strip_prefix("()") {
                let section = if self.names.get(word) == Some(&page.name) { "()" } else { "(3)" };
                let _ = write!(out, "\\fB{word}\\fR{section}");
                rest = after;
            } else if self.names.contains_key(word) || is_constant(word) || is_page(rest) {
                let _ = write!(out, "\\fB{word}\\fR");
            } else if c == '-' && (out.is_empty() || out.ends_with(' ') || out.ends_with('"')) {
                out.push_str("\\-");
            } else {
                out.push_str(&escaped(word));
            }
        }
        out
    }
}

/// Whether `(2)` or the like follows a word.
fn is_page(rest: &str) -> bool {
    let mut after = rest.chars();
    after.next() == Some('(') && after.next().is_some_and(|c| c.is_ascii_digit()) && after.next() == Some(')')
}

/// Whether a word is a constant of C: an errno, or a name of several words.
fn is_constant(word: &str) -> bool {
    const ERRNO: [&str; 4] = ["EPERM", "EXIST", "ENOENT", "ERANGE"];
    let capitals = word.len() > 3
        && word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_' || c == '*');
    capitals && (word.contains('_') || ERRNO.contains(&word) || (word.starts_with('E') && word != "ECHO"))
}

/// The names that a page describes: its functions, or its own name.
fn names(page: &Page<'_>) -> Vec<String> {
    let functions = page.items.iter().filter(|item| matches!(item.kind, Kind::Function(_)));
    let mut names: Vec<String> =
        functions.map(|item| item.name.clone()).filter(|name| name != page.name).collect();
    names.insert(0, page.name.to_owned());
    names
}

/// The page's text by its titles: what stands before the first is the description, and the references stand last.
fn sections(text: &[Block]) -> Vec<(&str, Vec<Block>)> {
    let mut sections: Vec<(&str, Vec<Block>)> = vec![("Description", Vec::new())];
    for block in text {
        let copy = match block {
            Block::Title(title) => {
                sections.push((title, Vec::new()));
                continue;
            }
            Block::See(pages) => {
                sections.push(("See also", Vec::new()));
                Block::See(pages.clone())
            }
            Block::Paragraph(text) => Block::Paragraph(text.clone()),
            Block::List(items) => Block::List(items.clone()),
            Block::Program(file) => Block::Program(file.clone()),
        };
        if let Some((_, blocks)) = sections.last_mut() {
            blocks.push(copy);
        }
    }
    sections
}

/// The title of an enumeration without a tag: the first sentence of its text.
fn anonymous(text: &[Block]) -> String {
    match text.first() {
        Some(Block::Paragraph(text)) => {
            text.split(". ").next().unwrap_or(text).trim_end_matches('.').to_owned()
        }
        _ => String::new(),
    }
}

fn without_first_sentence(text: &[Block]) -> Option<String> {
    match text.first() {
        Some(Block::Paragraph(text)) => text.split_once(". ").map(|(_, rest)| rest.to_owned()),
        _ => None,
    }
}

/// A title inside a sentence.
fn lower(title: &str) -> String {
    let mut chars = title.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

fn reference(name: &str) -> String {
    let (name, section) = name.trim_end_matches(')').split_once('(').unwrap_or((name, "3"));
    format!(".BR {name} ({section})")
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\e")
}

/// Lines of at most `WIDTH`; a sentence begins on its own line. No line begins with a control character.
fn filled(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let ends = |line: &String| line.trim_end_matches(')').ends_with(['.', '?', '!']);
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if !ends(line) && line.len() + word.len() < WIDTH => *line = format!("{line} {word}"),
            _ => lines.push(word.to_owned()),
        }
    }
    let guarded = |line: &String| {
        let guard = if line.starts_with(['.', '\'']) { "\\&" } else { "" };
        format!("{guard}{line}\n")
    };
    lines.iter().map(guarded).collect()
}

/// A program, character by character.
fn verbatim(program: &str) -> String {
    let line = |line: &str| {
        let guard = if line.starts_with(['.', '\'']) { "\\&" } else { "" };
        let text = line.replace('\\', "\\e").replace('-', "\\-").replace('\t', "    ");
        format!("{guard}{text}\n")
    };
    program.lines().map(line).collect()
}

/// A declaration, its types in bold, its parameters in italics; a long one has one parameter on a line.
fn prototype(whole: &str) -> String {
    let (head, parameters) = whole.trim_end_matches(");").split_once('(').unwrap_or((whole, ""));
    let mut out = String::new();
    let one_line = whole.len() < WIDTH;
    let mut line = format!("\\fB{head}(\\fR");
    let mut depth = 0;
    for (at, parameter) in parameters.split(", ").enumerate() {
        if at > 0 {
            line.push_str("\\fB,\\fR");
            if one_line || depth > 0 {
                line.push(' ');
            } else {
                out += &(std::mem::take(&mut line) + "\n    ");
            }
        } else if !one_line {
            out += &(std::mem::take(&mut line) + "\n    ");
        }
        depth += parameter.matches('(').count();
        depth -= parameter.matches(')').count().min(depth);
        line += &typed(parameter);
    }
    out + &line + "\\fB);\\fR\n"
}

/// One parameter: its name in italics, all else in bold.
fn typed(parameter: &str) -> String {
    let end = parameter.trim_end_matches([')', ']', '[']);
    let start = end.rfind([' ', '*', '(']).map_or(0, |at| at + 1);
    let (before, name) = end.split_at(start);
    let after = parameter.get(end.len()..).unwrap_or("");
    if before.is_empty() {
        return format!("\\fB{parameter}\\fR");
    }
    // A pointer to a function: its name stands before its own parameters.
    let before = match before.split_once("(*cb)(") {
        Some((result, own)) => format!("\\fB{result}(*\\fIcb\\fB)({own}\\fR"),
        None => format!("\\fB{before}\\fR"),
    };
    let after = if after.is_empty() { String::new() } else { format!("\\fB{after}\\fR") };
    format!("{before}\\fI{name}\\fR{after}")
}
