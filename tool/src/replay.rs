// SPDX-License-Identifier: GPL-2.0-or-later
//! The kept inputs of the fuzz targets on the tool, with what the targets assert of them.

#![forbid(unsafe_code)]

#[path = "../../fuzz/src/corpus.rs"]
mod corpus;
#[path = "../../fuzz/src/tool.rs"]
mod tool;

#[test]
fn command_line() {
    corpus::replay("command_line", tool::command_line);
}

#[test]
fn load_file() {
    corpus::replay("load_file", tool::load_file);
}

#[test]
fn json_line() {
    corpus::replay("json_line", tool::json_line);
}

#[test]
fn diagnosis_options() {
    corpus::replay("diagnosis_options", tool::diagnosis_options);
}
