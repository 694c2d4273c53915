// SPDX-License-Identifier: GPL-2.0-or-later
//! Targets on the tool: its parser, as far as it goes without the kernel.
//!
//! Compiled at the root of a crate that has the tool's modules: the fuzz crate, and the tool itself.

use crate::command::load;
use crate::message::Complaint;
use crate::parse::Parser;
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
        let told = |parser: &mut Parser| match parser.parse(&words) {
            Ok(request) => format!("{request:?}"),
            Err(complaint) => {
                assert!(matches!(complaint.exit_status(), 1 | 2));
                format!("{complaint}, {}", complaint.is_usage())
            }
        };
        let first = told(&mut parser);
        assert_eq!(first, told(&mut parser), "a parser keeps nothing of a command line");
    }
}

/// A file for `-R`: every line is understood, or the file is refused with the number of a line that it has.
pub fn load_file(data: &[u8]) {
    let mut parser = Parser::with_maps(false, map);
    if let Err(complaint) = load::understand(&mut parser, "file", data, &mut |_, _, _| Ok(())) {
        let Complaint::Line(name, number, about) = complaint else { panic!("{complaint}") };
        let lines = data.split(|&byte| byte == b'\n').count();
        assert!(name == "file" && (1..=lines).contains(&number) && !about.to_string().is_empty());
    }
}
