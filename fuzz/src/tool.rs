// SPDX-License-Identifier: GPL-2.0-or-later
//! Targets on the tool: its parser, as far as it goes without the kernel.
//!
//! Compiled at the root of a crate that has the tool's modules: the fuzz crate, and the tool itself.

use crate::line::Line;
use crate::line::parse::Parser;
use crate::load;
use crate::load::spool::Kind;
use crate::show::message::Complaint;
use crate::show::plugin;
use netfilter_conntrack::diagnosis::By;
use netfilter_conntrack::{Attr, Dir, Error, EventKind, Flow, LabelMap, Netns, Request, Result, format};
use std::path::Path;
use std::time::Duration;

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

/// The commands of the diagnosis, and options that some of them take; what follows an option's name is its value.
const DIAGNOSIS: [&str; 6] = ["--diagnose", "--top", "--check", "--metrics", "-L", "-D"];
const OPTIONS: [&str; 12] = [
    "--interval",
    "--watch",
    "--by",
    "--show",
    "--netns",
    "--remaining",
    "--check",
    "--metrics",
    "--all-netns",
    "--output",
    "--labelmap",
    "--label",
];

/// The words of a line about the diagnosis: the first byte is the command, then come options and values, ended by NUL, whose
/// first byte is the option. A value is part of the option's word if it is `attached`.
fn options(data: &[u8], attached: bool) -> Vec<Vec<u8>> {
    let pick = |names: &[&'static str], byte: u8| names[usize::from(byte) % names.len()].as_bytes().to_vec();
    let Some((&command, rest)) = data.split_first() else { return Vec::new() };
    let mut words = vec![pick(&DIAGNOSIS, command)];
    for part in rest.split(|&byte| byte == 0) {
        let Some((&option, value)) = part.split_first() else { continue };
        let mut word = pick(&OPTIONS, option);
        // Those take no next word. Each other option takes one, which is empty here rather than the next option.
        let needs_none = matches!(word.as_slice(), b"--check" | b"--metrics" | b"--all-netns");
        match (value, attached || needs_none || value.is_empty()) {
            ([], _) if needs_none => words.push(word),
            (value, true) => {
                word.push(b'=');
                word.extend_from_slice(value);
                words.push(word);
            }
            (value, false) => words.extend([word, value.to_vec()]),
        }
    }
    words
}

/// What a line means that was understood stays within the bounds that the manual page gives.
fn is_within_bounds(line: &Line) -> bool {
    let a_period = |period: Duration| (0.1..=3600.0).contains(&period.as_secs_f64());
    let periods = [line.interval, line.watch].into_iter().flatten().all(a_period);
    let percentages = line
        .thresholds
        .is_none_or(|(warning, critical)| 0 < warning && warning <= critical && critical <= 100);
    let lines = line.show.is_none_or(|lines| (1..=1000).contains(&lines));
    let remaining = line.remaining.as_ref().is_none_or(|range| range.start() <= range.end());
    let groupings = line.by.iter().all(|by| match *by {
        By::SourcePrefix { ipv4, ipv6 } | By::DestinationPrefix { ipv4, ipv6 } => ipv4 <= 32 && ipv6 <= 128,
        by => By::ALL.iter().any(|known| known.name() == by.name()),
    });
    let namespace = line.netns.as_ref().is_none_or(|netns| match netns {
        Netns::Name(name) => !name.is_empty() && !name.contains('/'),
        Netns::Process(pid) => *pid > 0,
        Netns::Path(path) => path.as_os_str().as_encoded_bytes().contains(&b'/'),
        _ => false,
    });
    periods && percentages && lines && remaining && groupings && namespace
}

/// Options of the diagnosis with any values: a line is understood or complained of, the same way each time and however the
/// values stand in it; a complaint is one line of a monitoring plugin.
pub fn diagnosis_options(data: &[u8]) {
    let understood = |attached: bool| {
        let words = options(data, attached);
        let line = Parser::with_maps(false, map).parse(&words);
        if let Ok(line) = &line {
            assert!(is_within_bounds(line), "{line:?}");
        }
        line.and_then(Line::job).map(|job| format!("{job:?}")).map_err(|complaint| {
            assert!(matches!(complaint.exit_status(), 1 | 2));
            let line = plugin::unknown(&complaint.to_string());
            assert!(line.ends_with('\n') && !line.trim_end_matches('\n').contains(['\n', '|']), "{line}");
            complaint.to_string()
        })
    };
    let first = understood(false);
    assert_eq!(first, understood(false), "the same line twice");
    assert_eq!(first, understood(true), "a value is part of its option's word");
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

/// The message for an entry.
fn message(kind: Kind, flow: &Flow) -> Result<Vec<u8>> {
    let request = match kind {
        Kind::Update => Request::Update(flow),
        Kind::Delete => Request::Delete(flow),
        _ => Request::CreateOrUpdate(flow),
    };
    let mut message = vec![0; Request::MAX_LEN];
    let len = request.encode(&mut message)?;
    message.truncate(len);
    Ok(message)
}

/// A line of JSON for `-R`: it is refused in words, or it names one entry, also when white space stands around it. What
/// it asks for can be asked for, and does not change when the entry is written and read again.
pub fn json_line(data: &[u8]) {
    let (kind, flow) = match load::object::entry(data) {
        Ok(read) => read,
        Err(wrong) => {
            assert!(!wrong.is_empty() && !wrong.chars().any(char::is_control), "{wrong:?}");
            return;
        }
    };
    assert!(std::str::from_utf8(data).is_ok_and(|text| text.trim_start().starts_with('{')));
    let key = flow.tuple(Dir::Orig);
    assert!(key.src().is_some() && key.dst().is_some() && flow.tuple(Dir::Reply).src().is_some());
    let sent = message(kind, &flow).expect("what is understood can be asked for");
    let (again, spaced) =
        load::object::entry(&[b" \t", data, b" \r\n"].concat()).expect("spaces are allowed");
    assert_eq!((again, message(again, &spaced)), (kind, Ok(sent.clone())));
    // Translations stand in members that no line has: the kernel makes them.
    if has_range(&flow) {
        return;
    }
    let mut style = format::Style::default();
    style.syntax = format::Syntax::Json;
    style.event = match kind {
        Kind::Update => Some(EventKind::Update),
        Kind::Delete => Some(EventKind::Destroy),
        _ => None,
    };
    let mut line = Vec::new();
    format::append_flow(&mut line, &flow, &style).expect("every flow is an object");
    let (again, read) = load::object::entry(&line).expect("what is written is read");
    assert_eq!((again, message(again, &read)), (kind, Ok(sent)), "{}", String::from_utf8_lossy(&line));
}

fn has_range(flow: &Flow) -> bool {
    [Attr::SnatIpv4, Attr::SnatIpv6, Attr::SnatPort, Attr::DnatIpv4, Attr::DnatIpv6, Attr::DnatPort]
        .iter()
        .any(|&attr| flow.is_set(attr))
}
