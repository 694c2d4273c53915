// SPDX-License-Identifier: GPL-2.0-or-later
//! Targets on the tool: its parser, as far as it goes without the kernel.
//!
//! Compiled at the root of a crate that has the tool's modules: the fuzz crate, and the tool itself.

use crate::line::Line;
use crate::line::parse::Parser;
use crate::load;
use crate::show::message::Complaint;
use netfilter_conntrack::{Error, LabelMap, Result};
use std::path::Path;

/// The words of a fuzzed command line are files of this machine to nobody: one map serves every path but `none`.
fn map(path: Option<&Path>) -> Result<LabelMap> {
    if path == Some(Path::new("none")) { Err(Error::NoMemory) } else { LabelMap::read(MAP) }
}

const MAP: &[u8] = b"0 zero\n1 one\n5 a b\n100 hundred\n1023 last\n";

/// A command line, its words ended by NUL: it is understood or complained of, the same way each time.
pub fn command_line(data: &[u8]) {
    let words: Vec<&[u8]> = data.split(|&byte| byte == 0).collect();
    for posix in [false, true] {
        let mut parser = Parser::with_maps(posix, map);
        let told = |parser: &mut Parser| match parser.parse(&words).and_then(Line::job) {
            Ok(job) => format!("{job:?}"),
            Err(complaint) => {
                assert!(matches!(complaint.exit_status(), 1 | 2));
                format!("{complaint}, {}", complaint.is_usage())
            }
        };
        let first = told(&mut parser);
        assert_eq!(first, told(&mut parser), "a parser keeps nothing of a command line");
    }
}

/// What each line of a file asks for, by patterns if `fast`; the complaint that ended it.
fn asked(file: &[u8], fast: bool) -> (Vec<(usize, String)>, Option<Complaint>) {
    let mut asked = Vec::new();
    let mut parser = Parser::with_maps(false, map);
    let told = load::understand(&mut parser, "file", file, fast, &mut |number, kind, order| {
        asked.push((number, format!("{kind:?} {order:?}")));
        Ok(())
    });
    (asked, told.err())
}

/// So many lines alike are enough to learn from.
const MANY: usize = 70;

/// A file for `-R`: every line is understood, or the file is refused with the number of a line that it has. Behind
/// many lines like its first one, which the tool learns from, each line means what it means where nothing is learnt.
pub fn load_file(data: &[u8]) {
    let (alone, complaint) = asked(data, false);
    if let Some(complaint) = &complaint {
        let Complaint::Line(name, number, about) = complaint else { panic!("{complaint}") };
        let lines = data.split(|&byte| byte == b'\n').count();
        assert!(name == "file" && (1..=lines).contains(number) && !about.to_string().is_empty());
    }
    let first = data.split_inclusive(|&byte| byte == b'\n').next().unwrap_or_default();
    if !first.ends_with(b"\n") || alone.first().is_none_or(|&(number, _)| number != 1) {
        return;
    }
    let (behind, same_complaint) = asked(&[first.repeat(MANY).as_slice(), data].concat(), true);
    let behind: Vec<_> =
        behind.into_iter().skip(MANY).map(|(number, order)| (number - MANY, order)).collect();
    assert_eq!(alone, behind);
    let about = |complaint: Option<Complaint>| match complaint {
        Some(Complaint::Line(_, number, about)) => Some((number, about)),
        _ => None,
    };
    assert_eq!(about(complaint).map(|(number, about)| (number + MANY, about)), about(same_complaint));
}
