// SPDX-License-Identifier: GPL-2.0-or-later
//! The help text, from the option tables, for a screen of 80 columns.

#![forbid(unsafe_code)]

use crate::command::registry::ROWS;
use crate::line::ProtocolChoice;
use crate::line::options::{PARAMS, Row, Section, TABLES, Takes};
use crate::line::protocols::Protocol;
use crate::line::value::{EVENTS, FORMATS, FORMATS_IN_FULL, STATUS};
use crate::sys::protocols::protocol_name;

/// Columns of a screen.
const WIDTH: usize = 80;
/// The column in which descriptions start.
const DESCRIPTION: usize = 34;

/// The headings under which the general options stand.
const HEADINGS: &[(Section, &str)] = &[
    (Section::Filter, "Which entries (with -I, -A, -G: which entry):"),
    (Section::Entry, "New values (-I, -A, -U):"),
    (Section::Expectation, "The expected connection (-I expect):"),
    (Section::Output, "Output:"),
    (Section::Diagnosis, "Diagnosis (--diagnose, --top, --check, --metrics):"),
];

/// The text about everything but protocol options.
pub fn general(program: &str) -> String {
    let mut text = String::from("Command line interface for the connection tracking system. Version 1.4.9\n");
    text += &format!("Usage: {program} [commands] [options]\n");
    text += "\nCommands:\n";
    ROWS.iter().for_each(|row| text += &line(row));
    text += &described("  -R, --load-file file", "run the command lines in a file");
    let tables = TABLES.map(|(name, _)| name).join(", ");
    text += &format!("\nTables: {tables}\n");
    for (section, heading) in HEADINGS {
        text += &format!("\n{heading}\n");
        PARAMS.iter().filter(|row| row.section == *section).for_each(|row| text += &line(row));
    }
    text += "\nNames in lists (a prefix will do):\n";
    text += &names("status:", STATUS.iter().map(|(name, _)| *name).chain(["UNREPLIED"]));
    text += &names("event: ", EVENTS.iter().map(|(name, _)| *name));
    text += &names("format:", FORMATS.iter().chain(FORMATS_IN_FULL).map(|(name, _)| *name));
    text += "  Several with -L -D -U -E: -s 192.0.2.1,10.0.0.0/8 --dport 80,443,8000-8080\n";
    text += "  Only in full: json, --remaining, --dry-run, --ignore-missing, --netns,\n  --all-netns, the diagnosis.\n";
    text + "\n"
}

/// The text about a protocol's options.
pub fn of_protocol(protocol: ProtocolChoice) -> String {
    let name = match protocol.known {
        Some(known) => known.name.to_string(),
        None => protocol_name(protocol.number).unwrap_or_else(|| "unknown".into()),
    };
    let options = match protocol.known {
        Some(known) => known.rows().map(line).collect::<String>() + &states(known),
        None => "  no options (unsupported)\n".into(),
    };
    format!("Proto `{name}' help:\n{options}")
}

fn states(protocol: &Protocol) -> String {
    match protocol.states {
        [] => String::new(),
        states => {
            let aliases = protocol.aliases.iter().map(|(name, _)| *name);
            format!("\n{}", names("States:", states.iter().copied().chain(aliases)))
        }
    }
}

/// A heading and the names behind it, in as many lines as they need.
fn names(heading: &str, names: impl Iterator<Item = &'static str>) -> String {
    let mut text = format!("  {heading}");
    let (indent, mut column) = (text.len(), text.len());
    for name in names {
        if column + 1 + name.len() > WIDTH {
            text += &format!("\n{:indent$}", "");
            column = indent;
        }
        text += &format!(" {name}");
        column += 1 + name.len();
    }
    text + "\n"
}

/// One option: letter, names, argument, description.
fn line(row: &Row) -> String {
    let letter = row.short.filter(u8::is_ascii_alphabetic);
    let mut names: Vec<String> = letter.iter().map(|&letter| format!("-{}", char::from(letter))).collect();
    names.extend(row.longs.iter().map(|long| format!("--{long}")));
    let argument = match (row.takes, row.value.placeholder()) {
        (_, "") => String::new(),
        (Takes::Perhaps { .. }, value) => format!(" [{value}]"),
        (_, value) => format!(" {value}"),
    };
    let indent = if letter.is_some() { "  " } else { "      " };
    described(&format!("{indent}{}{argument}", names.join(", ")), row.help)
}

/// A line with a description, or two when the first part is long.
fn described(option: &str, description: &str) -> String {
    match option.len() + 2 > DESCRIPTION {
        true => format!("{option}\n{:DESCRIPTION$}{description}\n", ""),
        false => format!("{option:DESCRIPTION$}{description}\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::protocols::PROTOCOLS;
    use std::collections::BTreeSet;

    fn everything() -> String {
        let known =
            |protocol: &'static Protocol| ProtocolChoice { number: protocol.number, known: Some(protocol) };
        general("conntrack")
            + &PROTOCOLS.iter().map(|protocol| of_protocol(known(protocol))).collect::<String>()
    }

    #[test]
    fn no_line_is_wider_than_the_screen() {
        for line in everything().lines() {
            assert!(line.len() <= WIDTH && !line.ends_with(' '), "{line}");
        }
    }

    #[test]
    fn every_option_has_its_line() {
        let text = everything();
        let protocols = PROTOCOLS.iter().flat_map(Protocol::rows);
        for long in ROWS.iter().chain(PARAMS).chain(protocols).flat_map(|row| row.longs) {
            assert!(text.contains(&format!("--{long}")), "{long}");
        }
    }

    /// The long names in a text.
    fn long_names(text: &str) -> BTreeSet<&str> {
        let name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        text.split("--")
            .skip(1)
            .map(|rest| rest.split(|c| !name(c)).next().unwrap_or_default())
            .filter(|name| !name.is_empty())
            .collect()
    }

    #[test]
    fn help_manual_page_and_option_table_name_the_same_options() {
        let protocols = PROTOCOLS.iter().flat_map(Protocol::rows);
        let rows = ROWS.iter().chain(PARAMS).chain(protocols);
        let mut table: BTreeSet<&str> = rows.clone().flat_map(|row| row.longs).copied().collect();
        table.insert("load-file");
        assert_eq!(long_names(&everything()), table);
        let page = include_str!("../../man/conntrack.8").replace("\\-", "-");
        // The options of iptables are not ours.
        let is_ours = |line: &&str| !line.starts_with("iptables ") && !line.starts_with("    --connlimit");
        let page = page.lines().filter(is_ours).collect::<Vec<_>>().join("\n");
        assert_eq!(long_names(&page), table);
        for letter in rows.filter_map(|row| row.short).filter(u8::is_ascii_alphabetic).map(char::from) {
            assert!(page.contains(&format!(".BR -{letter} \", \" --")), "-{letter} has no paragraph");
        }
    }

    #[test]
    fn a_protocol_without_options_says_so() {
        let text = of_protocol(ProtocolChoice { number: 50, known: None });
        assert!(text.ends_with("' help:\n  no options (unsupported)\n"), "{text}");
    }
}
