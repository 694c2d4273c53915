// SPDX-License-Identifier: GPL-2.0-or-later
//! `-R`: the command lines in a file.
//!
//! All lines are understood before the first is carried out, so a file with a mistake changes nothing. Then they
//! run in order; the first failure ends the run. No line inherits anything from another. A complaint names
//! the file and the line.

#![forbid(unsafe_code)]

use super::{Done, Session};
use crate::message::Complaint;
use crate::options::{COMMANDS, Id, Table, Verb};
use crate::parse::{Parser, Request};
use crate::{say, tell};
use std::ffi::OsStr;
use std::io::Read;

/// Runs a file, or standard input for `-`.
///
/// # Errors
/// The first complaint; see the module's text.
pub fn run(session: &mut Session, parser: &mut Parser, file: &OsStr) -> Result<(), Complaint> {
    let (name, bytes) = read(file)?;
    understand(parser, &name, &bytes)?;
    let done = command_lines(&bytes).try_for_each(|(number, words)| {
        let request = parser.parse(&words).map_err(located(&name, number))?;
        parser.notices.clear(); // said above
        carry_out(session, &request).map_err(located(&name, number))
    });
    let finished = session.out.finish();
    done.and(finished)
}

/// Whether every line of a file may be carried out.
///
/// # Errors
/// The first complaint, with file and line.
pub fn understand(parser: &mut Parser, name: &str, bytes: &[u8]) -> Result<(), Complaint> {
    for (number, words) in command_lines(bytes) {
        let request = parser.parse(&words);
        parser.notices.drain(..).for_each(|notice| say(&notice));
        request.and_then(|request| allowed(&request)).map_err(located(name, number))?;
    }
    Ok(())
}

/// A complaint about a line of a file.
fn located(name: &str, number: usize) -> impl FnOnce(Complaint) -> Complaint {
    let name = name.to_owned();
    move |complaint| Complaint::Line(name, number, Box::new(complaint))
}

fn carry_out(session: &mut Session, request: &Request) -> Result<(), Complaint> {
    if let Done::Saying(text) = session.dispatch(request, "")? {
        session.out.flush()?;
        tell(text);
    }
    Ok(())
}

fn read(file: &OsStr) -> Result<(String, Vec<u8>), Complaint> {
    let mut bytes = Vec::new();
    if file == "-" {
        let read = std::io::stdin().lock().read_to_end(&mut bytes);
        read.map_err(|_| Complaint::OpenFile("-".into()))?;
        return Ok(("stdin".into(), bytes));
    }
    let name = file.to_string_lossy().into_owned();
    match std::fs::read(file) {
        Ok(bytes) => Ok((name, bytes)),
        Err(_) => Err(Complaint::OpenFile(name)),
    }
}

/// Whether a command may stand in a file: those that change the table of entries.
fn allowed(request: &Request) -> Result<(), Complaint> {
    use Verb::{Add, Create, Delete, Flush, Update};
    match (request.verb, request.table) {
        (Some(Create | Add | Update | Delete | Flush), Table::Conntrack) => Ok(()),
        (verb, table) => Err(Complaint::LoadFileCommand(command_name(verb, table))),
    }
}

fn command_name(verb: Option<Verb>, table: Table) -> String {
    let row = COMMANDS.iter().find(|row| verb.is_some_and(|verb| row.id == Id::Verb(verb)));
    match row.and_then(|row| row.short) {
        Some(letter) if table == Table::Expect => format!("-{} expect", char::from(letter)),
        Some(letter) => format!("-{}", char::from(letter)),
        None => "unknown".into(),
    }
}

/// The lines that hold a command, with their numbers, as words.
fn command_lines(bytes: &[u8]) -> impl Iterator<Item = (usize, Vec<Vec<u8>>)> + use<'_> {
    let lines = (1..).zip(bytes.split_inclusive(|&byte| byte == b'\n'));
    lines.filter(|(_, line)| !is_blank_or_comment(line)).map(|(number, line)| (number, words(line)))
}

fn is_blank_or_comment(line: &[u8]) -> bool {
    let first = line.iter().find(|&&byte| !matches!(byte, b' ' | b'\t' | b'\n'));
    matches!(first, None | Some(b'#'))
}

/// Splits a line at blanks, tabs and its newline. Inside double quotes they stand for themselves and a backslash
/// takes the next byte as it is; the closing quote ends the word.
fn words(line: &[u8]) -> Vec<Vec<u8>> {
    let mut words = Vec::new();
    let mut word: Option<Vec<u8>> = None;
    let mut bytes = line.iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            b' ' | b'\t' | b'\n' => words.extend(word.take()),
            b'"' => {
                let quoted = word.get_or_insert_default();
                while let Some(byte) = bytes.next().filter(|&byte| byte != b'"') {
                    let literal = if byte == b'\\' { bytes.next().unwrap_or(byte) } else { byte };
                    quoted.push(literal);
                }
                words.extend(word.take());
            }
            _ => word.get_or_insert_default().push(byte),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::text;

    fn split(line: &str) -> Vec<String> {
        words(line.as_bytes()).iter().map(|word| text(word)).collect()
    }

    #[test]
    fn quotes_group_and_end_words() {
        assert_eq!(split(" -D\t-s  1.1.1.1 "), ["-D", "-s", "1.1.1.1"]);
        assert_eq!(split(r#""-ptcp"-s"#), ["-ptcp", "-s"]);
        assert_eq!(split(r#"a"b c" d"#), ["ab c", "d"]);
        assert_eq!(split(r#""" x"#), ["", "x"]);
        assert_eq!(split(r#""a\"b\\c" \x 'y' z#"#), [r#"a"b\c"#, r"\x", "'y'", "z#"]);
        assert_eq!(split(r#""open end"#), ["open end"]);
        assert_eq!(split("-p \"open end\n"), ["-p", "open end\n"], "the newline is inside the quotes");
        assert_eq!(split("-F\r"), ["-F\r"]);
    }

    #[test]
    fn blank_lines_and_comments_are_counted_but_not_run() {
        let text = b"# c\n\n \t # c\n-F\n  \n-D -s 1.1.1.1";
        let numbers: Vec<usize> = command_lines(text).map(|(number, _)| number).collect();
        assert_eq!(numbers, [4, 6]);
    }

    #[test]
    fn only_commands_that_change_entries_are_allowed() {
        let says = |line: &str| {
            let request = Parser::default().parse(&words(line.as_bytes())).unwrap();
            allowed(&request).map_err(|complaint| complaint.to_string())
        };
        assert_eq!(says("-F"), Ok(()));
        assert_eq!(says("-L"), Err("Cannot use command `-L' with --load-file".into()));
        assert_eq!(says("-F expect"), Err("Cannot use command `-F expect' with --load-file".into()));
        assert_eq!(says("foo"), Err("Cannot use command `unknown' with --load-file".into()));
    }
}
