// SPDX-License-Identifier: GPL-2.0-or-later
//! A command line's words into a [`Line`].
//!
//! The first complaint wins, in this order: the words from left to right, label names, contradicting NAT
//! filters, legality of the general options, legality of the protocol's options, and then what the original lets
//! pass: numbers that are none, stray words. Nothing is sent before a command line is known to be good.

#![forbid(unsafe_code)]

use super::Line;
use super::args::{Scanner, text};
use super::assign::{protocol, set_field, set_param, set_protocol, set_verb};
use super::legality::Options;
use super::options::{Id, PARAMS, Param, Row, Table};
use super::protocols::FIELDS;
use super::value::Formats;
use crate::certain::Certain as _;
use crate::command::registry::{Json, ROWS, Verb};
use crate::show::message::{self, Complaint};
use netfilter_conntrack::label::LabelMap;
use netfilter_conntrack::{Bitmask, Error};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// All that the legality of a command line depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Combination {
    verb: Option<Verb>,
    table: Table,
    /// The general options that were given.
    params: Options,
    /// Whether the output is JSON.
    json: bool,
    /// The protocol's number, and whether it has options.
    protocol: Option<(u8, bool)>,
    /// Whether each `Field` was given.
    fields: [bool; FIELDS],
}

impl Combination {
    fn of(line: &Line) -> Combination {
        Combination {
            verb: line.verb,
            table: line.table,
            params: line.given,
            json: line.writes_json(),
            protocol: line.protocol.map(|protocol| (protocol.number, protocol.known.is_some())),
            fields: line.fields.map(|value| value.is_some()),
        }
    }
}

/// Label maps read so far, by path.
type Maps = Vec<(Option<PathBuf>, Option<Rc<LabelMap>>)>;

/// Reads the label map of a path.
type ReadMap = fn(Option<&Path>) -> netfilter_conntrack::Result<LabelMap>;

/// What outlives a command line: label maps read before, and what is to be told the user in passing.
#[derive(Debug)]
pub struct Parser {
    /// The first operand ends the options.
    posix: bool,
    /// Lines that change or delete entries only show them, as with `--dry-run`.
    pub is_dry: bool,
    maps: Maps,
    read_map: ReadMap,
    /// The options that were legal last; the lines of a file tend to have the same ones.
    legal: Option<Combination>,
    /// Warnings, in the order in which they arose.
    pub notices: Vec<String>,
}

impl Default for Parser {
    fn default() -> Parser {
        Parser::new(false)
    }
}

impl Parser {
    /// A parser; `posix` makes the first operand end the options.
    pub fn new(posix: bool) -> Parser {
        Parser::with_maps(posix, LabelMap::open)
    }

    /// A parser that gets its label maps from `read_map`.
    pub fn with_maps(posix: bool, read_map: ReadMap) -> Parser {
        Parser { posix, is_dry: false, maps: Vec::new(), read_map, legal: None, notices: Vec::new() }
    }

    /// Understands a command line (without the program's name).
    ///
    /// # Errors
    /// The first complaint; see the module's text for the order.
    pub fn parse<W: AsRef<[u8]>>(&mut self, words: &[W]) -> Result<Line, Complaint> {
        let mut line = Line::default();
        let scanned = self.scan(words, &mut line);
        let stray = scanned.map_err(|complaint| match line.verb {
            Some(_) => line.refused_list().unwrap_or(complaint),
            None => complaint, // the command may be one that takes lists
        })?;
        line.judge_lists()?;
        line.settle_masks();
        self.resolve_labels(&mut line)?;
        if line.has(Param::AnyNat) && (line.has(Param::SrcNat) || line.has(Param::DstNat)) {
            return Err(Complaint::AnyNat);
        }
        check_namespaces(&line)?;
        check_formats(&line)?;
        let options = Combination::of(&line);
        if self.legal != Some(options) {
            check_legality(&line)?;
            self.legal = Some(options);
        }
        match line.late.take() {
            Some(complaint) if line.verb != Some(Verb::Help) => return Err(complaint),
            _ => {}
        }
        self.judge_unheeded(&line, stray)?;
        if self.is_dry {
            line.note(Param::DryRun);
        }
        Ok(line)
    }

    /// What has no effect may have been meant to spare entries: a command that changes or deletes what is selected
    /// refuses it. Other commands warn of stray words.
    fn judge_unheeded(&mut self, line: &Line, stray: Option<&[u8]>) -> Result<(), Complaint> {
        let (Some(verb), true) = (line.verb, stray.is_some() || line.replaced.is_some()) else {
            return Ok(());
        };
        let refuses = matches!(verb, Verb::Delete | Verb::Update | Verb::Flush);
        match (stray, line.replaced) {
            (Some(word), _) if refuses => Err(Complaint::Stray(text(word))),
            (_, Some(option)) if refuses => Err(Complaint::ReplacedProtocol(option)),
            _ => {
                self.notices.extend(stray.map(message::stray));
                Ok(())
            }
        }
    }

    /// Reads all words and gives the first stray one.
    fn scan<'w, W: AsRef<[u8]>>(
        &mut self,
        words: &'w [W],
        line: &mut Line,
    ) -> Result<Option<&'w [u8]>, Complaint> {
        let mut scanner = Scanner::new(words, self.posix);
        let mut known: Vec<&'static [Row]> = Vec::with_capacity(8);
        known.extend([ROWS, PARAMS]);
        while let Some(item) = scanner.next(&known)? {
            match item.row.id {
                Id::Verb(verb) => set_verb(line, verb, item.value)?,
                Id::Own(_, field) => set_field(line, field, item)?,
                Id::Param(Param::Protonum) => {
                    let protocol = protocol(item.value.certain().unwrap_or_default())?;
                    set_protocol(line, protocol);
                    // The last protocol's options are looked up first.
                    let options = protocol.known.map_or(&[][..], |protocol| protocol.options);
                    known.splice(2..2, options.iter().copied());
                }
                Id::Param(param) => {
                    line.note(param);
                    set_param(line, param, item, &mut self.notices)?;
                }
            }
        }
        Ok(scanner.stray())
    }

    /// Reads the label file, when labels are asked for, and looks the names up.
    fn resolve_labels(&mut self, line: &mut Line) -> Result<(), Complaint> {
        let asked = [Param::Label, Param::LabelAdd, Param::LabelDel].iter().any(|&param| line.has(param));
        // Tables by label have the names of a file that the line names; that of the machine may be absent.
        let counts = matches!(line.verb, Some(Verb::Top | Verb::Diagnose)) && line.labelmap_path.is_some();
        if !asked && !counts && !line.formats.contains(Formats::LABELS) {
            return Ok(());
        }
        let map = self.label_map(line.labelmap_path.as_deref());
        let names = std::mem::take(&mut line.names);
        if line.has(Param::Label) {
            line.labels = Some(label_bits(map.as_deref(), &names.wanted)?);
        }
        if line.has(Param::LabelAdd) {
            line.label_add = Some(label_bits(map.as_deref(), &names.add)?);
        }
        if let Some(Some(_)) = line.label_del {
            line.label_del = Some(Some(label_bits(map.as_deref(), &names.del)?));
        }
        line.label_map = map;
        Ok(())
    }

    /// The label map of a path, read once.
    fn label_map(&mut self, path: Option<&Path>) -> Option<Rc<LabelMap>> {
        if let Some((_, map)) = self.maps.iter().find(|(known, _)| known.as_deref() == path) {
            return map.clone();
        }
        let map = match (self.read_map)(path) {
            Ok(map) => Some(Rc::new(map)),
            Err(error) => {
                let why = if let Error::Invalid(why) = error { why.into() } else { error.to_string() };
                self.notices.push(format!("nfct_labelmap_new: {why}"));
                None
            }
        };
        self.maps.push((path.map(Path::to_path_buf), map.clone()));
        map
    }
}

fn check_legality(line: &Line) -> Result<(), Complaint> {
    // Commands without any other format take this one.
    let is_for_json = |param| param == Param::Output && line.writes_json();
    let general = |row: &Row| matches!(row.id, Id::Param(param) if line.has(param) && !is_for_json(param));
    let legality = &line.form().options;
    legality.check(PARAMS.iter(), general)?;
    let checked = line.protocol.filter(|_| line.verb != Some(Verb::Help));
    match checked.and_then(|protocol| protocol.known) {
        Some(protocol) => legality
            .check(protocol.rows(), |row| matches!(row.id, Id::Own(_, field) if line.field(field).is_some())),
        None => Ok(()),
    }
}

/// `--all-netns` says which namespaces, and each line says which one it is of.
fn check_namespaces(line: &Line) -> Result<(), Complaint> {
    if !line.has(Param::AllNetns) {
        return Ok(());
    }
    for other in [Param::Netns, Param::Resync] {
        if line.has(other) {
            return Err(Complaint::Together(other.row().name(), Param::AllNetns.row().name()));
        }
    }
    let formats = [
        (Formats::XML, "xml", "it does not say which namespace an entry is of; use json"),
        (Formats::SAVE, "save", "the entries of all namespaces would be restored into one"),
    ];
    let shows = matches!(line.verb, Some(Verb::List | Verb::Event));
    match formats.iter().find(|(format, ..)| shows && line.formats.contains(*format)) {
        Some((_, name, why)) => Err(Complaint::AllNetnsFormat(name, why)),
        None => Ok(()),
    }
}

/// JSON is written by the commands that know it. It has everything that other formats add to text, and is no XML.
fn check_formats(line: &Line) -> Result<(), Complaint> {
    let json = line.formats.contains(Formats::JSON);
    match (line.form().json, line.verb) {
        (Json::No, _) if json => Err(Complaint::BadParameter("json".into())),
        (Json::NothingElse, Some(verb)) if line.formats != Formats::JSON && line.has(Param::Output) => {
            Err(Complaint::OnlyJson(verb.row().name()))
        }
        (Json::Yes, _) if json && line.formats.intersects(Formats::XML | Formats::SAVE) => {
            Err(Complaint::JsonCombination)
        }
        _ => Ok(()),
    }
}

fn label_bits(map: Option<&LabelMap>, names: &[Vec<u8>]) -> Result<Bitmask, Complaint> {
    let mut bits = Vec::new();
    for name in names {
        let known = map.filter(|_| !name.is_empty()).and_then(|map| map.bit(name));
        let bit = known.ok_or_else(|| Complaint::UnknownLabel(text(name)))?;
        bits.push(bit);
    }
    // As large as the kernel's, unless a bit does not fit.
    let highest = bits.iter().copied().max().unwrap_or(0).max(127);
    let mut mask = Bitmask::new(highest).certain().unwrap_or_default();
    bits.into_iter().for_each(|bit| mask.set(bit));
    Ok(mask)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::assign::add_labels;
    use crate::line::options::Takes;
    use crate::line::protocols::{Field, PROTOCOLS};
    use crate::line::value::{Family, StatusBits};
    use netfilter_conntrack::Groups;
    use netfilter_conntrack::Masked;
    use netfilter_conntrack::diagnosis::By;
    use std::time::Duration;

    fn parse(line: &str) -> Result<Line, String> {
        let words: Vec<&str> = line.split(' ').filter(|word| !word.is_empty()).collect();
        Parser::default().parse(&words).map_err(|complaint| complaint.to_string())
    }

    /// The exit status of a line that is refused.
    fn status(line: &str) -> u8 {
        let words: Vec<&str> = line.split(' ').collect();
        Parser::default().parse(&words).map_or_else(|complaint| complaint.exit_status(), |_| 0)
    }

    fn complaint(line: &str) -> String {
        parse(line).err().unwrap_or_else(|| panic!("no complaint: {line}"))
    }

    #[test]
    fn words_are_judged_from_left_to_right_before_anything_else() {
        assert_eq!(complaint("-L foo -L"), "unknown type `foo'");
        assert_eq!(complaint("-L -L foo"), "unknown type `foo'");
        assert_eq!(complaint("-L -L -s foo"), "Invalid commands combination");
        assert_eq!(complaint("-L -t 5 -s foo"), "Invalid IP address `foo'");
        assert_eq!(complaint("-L -t 5 -m x -s foo"), "unexpected value 'x' with -m option");
        assert_eq!(complaint("-L -t 5 -l nosuch -n -j"), "unknown label 'nosuch'");
        assert_eq!(complaint("-L -t 5 -n -j"), "cannot specify `--src-nat' or `--dst-nat' with `--any-nat'");
        assert_eq!(complaint("-I -p tcp --role"), "unknown option `--role'");
        let list = "-s 1.1.1.1,2.2.2.2";
        for line in [format!("-G {list} --nope"), format!("-L expect {list} -q ::1/1")] {
            assert_eq!(complaint(&line), "Invalid IP address `1.1.1.1,2.2.2.2'", "{line}");
        }
        for line in [format!("-L {list} --nope"), format!("{list} --nope -L")] {
            assert_eq!(complaint(&line), "unknown option `--nope'", "{line}");
        }
    }

    #[test]
    fn general_options_are_checked_before_the_protocols() {
        assert_eq!(
            complaint("-L -p tcp --mask-port-src 1 -t 5"),
            "Illegal option `--timeout' with this command"
        );
        assert_eq!(
            complaint("-L -p tcp --mask-port-src 1"),
            "Illegal option `--mask-port-src' with this command"
        );
        assert!(parse("-h -p tcp --mask-port-src 1").is_ok(), "help takes every option of a protocol");
    }

    #[test]
    fn one_family_for_all_addresses() {
        for line in [
            "-L -s 1.1.1.1 -d ::1",
            "-L -f ipv6 -n 1.1.1.1",
            "-L -s ::1 --mask-src 255.0.0.0",
            "-L -f ipv4 -f ipv6",
            "-L -s ::1 -d 1.1.1.1/33",
            "-L -s ::1 -r 1.1.1.1/8",
            "-L -s ::1 -n 1.1.1.1/8",
        ] {
            assert_eq!(complaint(line), "mismatched address family", "{line}");
        }
        assert_eq!(parse("-L -j [::1]:5").unwrap().family, Some(Family::Ipv6));
    }

    #[test]
    fn prefix_lengths_imply_masks_for_legality_too() {
        let parsed = parse("-L -s 10.0.0.0/8").unwrap();
        assert!(parsed.has(Param::MaskSrc) && !parsed.has(Param::MaskDst));
        let new = "-I -p udp -t 1 -d 2.2.2.2 --sport 1 --dport 2";
        let illegal = "Illegal option `--mask-src' with this command";
        assert_eq!(complaint(&format!("{new} -s 1.0.0.0/8")), illegal);
        assert_eq!(complaint(&format!("{new} --mask-src 255.255.255.255 -s 1.0.0.0")), illegal);
        assert!(parse(&format!("{new} -s 1.0.0.0/32")).is_ok(), "the full length is no mask");
        assert!(parse(&format!("{new} -s 1.0.0.0/8 -s 1.1.1.1")).is_ok(), "replaced whole");
    }

    #[test]
    fn an_option_given_again_is_replaced_whole() {
        for (options, address, mask) in [
            ("-s 1.1.1.1/24 -s 2.2.2.2", "2.2.2.2", None),
            ("-s 1.1.1.1/24 --orig-src 2.2.2.2", "2.2.2.2", None),
            ("-s 1.1.1.1/24 -s 2.2.2.2/8", "2.2.2.2", Some("255.0.0.0")),
            ("-s 1.1.1.1/24 -s 2.2.2.2/32", "2.2.2.2", Some("255.255.255.255")),
            ("-s 1.1.1.1/24 -d 2.2.2.2", "1.1.1.1", Some("255.255.255.0")),
            // A length and a mask are two options; the last one counts.
            ("-s 1.1.1.1/24 --mask-src 255.0.0.0", "1.1.1.1", Some("255.0.0.0")),
            ("--mask-src 255.0.0.0 -s 1.1.1.1/24", "1.1.1.1", Some("255.255.255.0")),
            ("--mask-src 255.0.0.0 -s 1.1.1.1/32", "1.1.1.1", Some("255.255.255.255")),
            ("--mask-src 255.0.0.0 -s 1.1.1.1/24 -s 2.2.2.2", "2.2.2.2", Some("255.0.0.0")),
            ("--mask-src 255.0.0.0 -s 1.1.1.1 -s 2.2.2.2", "2.2.2.2", Some("255.0.0.0")),
            ("--mask-src 255.0.0.0 -s 1.1.1.1 --mask-src 255.255.0.0", "1.1.1.1", Some("255.255.0.0")),
        ] {
            let parsed = parse(&format!("-D {options}")).unwrap();
            let found = [parsed.orig.src, parsed.mask.src].map(|address| address.map(|it| it.to_string()));
            assert_eq!(found, [Some(address), mask].map(|text| text.map(String::from)), "{options}");
        }
        let expectation =
            "-I expect -t 9 -p 50 -s 1.1.1.1 -d 1.1.1.2 --tuple-dst 1.1.1.3 --mask-dst 255.0.0.0";
        let mask = |options: &str| parse(&format!("{expectation} {options}")).map(|parsed| parsed.mask.src);
        assert_eq!(mask("--tuple-src 1.0.0.0/8 -s 1.1.1.1"), Ok(Some("255.0.0.0".parse().unwrap())));
        assert!(mask("--tuple-src 1.0.0.0/8 --tuple-src 1.1.1.1").unwrap_err().contains("--mask-src"));
    }

    #[test]
    fn every_option_refuses_an_empty_value() {
        let one_label: ReadMap = |_| LabelMap::read(&b"1 one\n"[..]);
        let refuses = |protocol: &str, words: &[&str]| {
            let (mut parser, mut parsed) = (Parser::with_maps(false, one_label), Line::default());
            let words = [&["-p", protocol], words].concat();
            let scanned = parser.scan(&words, &mut parsed).map(drop);
            scanned.and_then(|()| parser.resolve_labels(&mut parsed)).is_err() || parsed.late.is_some()
        };
        let general = ROWS.iter().chain(PARAMS).map(|row| ("tcp", row));
        let protocols = PROTOCOLS.iter().flat_map(|protocol| protocol.rows().map(|row| (protocol.name, row)));
        let mut refused = 0;
        for (protocol, row) in general.chain(protocols).filter(|(_, row)| row.takes != Takes::Nothing) {
            for long in row.longs {
                let (attached, spelt) = (format!("--{long}="), format!("--{long}"));
                assert!(refuses(protocol, &[&attached]), "-p {protocol} {attached}");
                assert!(refuses(protocol, &[&spelt, ""]), "-p {protocol} {spelt} ''");
                refused += 1;
            }
        }
        assert!(refused > 100, "{refused}");
    }

    #[test]
    fn an_empty_part_of_a_value_is_an_error() {
        for (line, says) in [
            ("-s 1.1.1.1/", "Invalid netmask"),
            ("-d ::1/", "Invalid netmask"),
            ("-s /", "Invalid IP address `/'"),
            ("-s /24", "Invalid IP address `/24'"),
            ("-s 1.1.1.", "Invalid IP address `1.1.1.'"),
            ("-s 1.1.1.1 --mask-src 255.255.255.", "Invalid IP address `255.255.255.'"),
            ("-m 1/", "unexpected value '1/' with -m option"),
            ("-m /1", "unexpected value '/1' with -m option"),
            ("-m /", "unexpected value '/' with -m option"),
            ("-n 1.1.1.1:", "No port specified after `:'"),
            ("-n :80", "Invalid IP address `'"),
            ("-g [::1]:", "No port specified after `:'"),
            ("-g []:80", "No IPv6 address specified"),
            ("-u ASSURED,", "Bad parameter `'"),
            ("-u ,ASSURED", "Bad parameter `,ASSURED'"),
            ("-u !", "Bad parameter `'"),
            ("-o id,", "Bad parameter `'"),
            ("-M ", "Bad parameter `'"),
            ("-l one,", "unknown label ''"),
            ("-l ,one", "unknown label ''"),
        ] {
            let words: Vec<&str> = ["-D"].into_iter().chain(line.split(' ')).collect();
            let map: ReadMap = |_| LabelMap::read(&b"1 one\n2 \n"[..]);
            let said = Parser::with_maps(false, map).parse(&words).unwrap_err().to_string();
            assert_eq!(said, says, "{line}");
        }
    }

    #[test]
    fn a_family_has_nothing_behind_its_name() {
        for command in ["-D", "-F", "-L"] {
            for word in ["ipv4 -s 1.1.1.1", "ipv4 ", "ipv6\n", "ipv4,ipv6", "ipv44", "IPv4", "i"] {
                for words in [vec![command, "-f", word], vec![command, &format!("-f{word}")]] {
                    let said = Parser::new(false).parse(&words).unwrap_err();
                    assert_eq!(said, Complaint::Protocol(word.into()), "{words:?}");
                }
            }
            assert!(Parser::new(false).parse(&[command, "-f", "ipv6"]).is_ok());
        }
    }

    #[test]
    fn stray_words_are_refused_where_entries_are_selected_to_change() {
        let parsed = |posix: bool, line: &str| {
            let mut parser = Parser::new(posix);
            let words: Vec<&str> = line.split(' ').collect();
            let said = parser.parse(&words).err().map(|complaint| complaint.to_string());
            (said, parser.notices)
        };
        for (posix, line, word) in [
            (false, "-D conntrack 1.1.1.1", "1.1.1.1"),
            (false, "-D -p tcp 1.1.1.1", "1.1.1.1"),
            (false, "-D -- -s 1.1.1.1", "-s"),
            (false, "-D -s 1.1.1.1 -- -p tcp", "-p"),
            (false, "-D - -s 1.1.1.1", "-"),
            (false, "conntrack -D", "conntrack"),
            (false, "expect -D", "expect"),
            (false, "-Dptcp expect", "expect"),
            (false, "-D -n !1.1.1.1", "!1.1.1.1"),
            (false, "-D -s 1.1.1.1 ", ""),
            (false, "-F expect x", "x"),
            (false, "-F -f ipv4 x", "x"),
            (false, "-U -m 1 1.1.1.1", "1.1.1.1"),
            (true, "-D -p tcp x -s 1.1.1.1", "x"),
            (true, "-D conntrack x -s 1.1.1.1", "x"),
        ] {
            let stray = Some(format!("stray word `{word}': no option takes it"));
            assert_eq!(parsed(posix, line), (stray, vec![]), "{line}");
        }
        for line in ["-D --", "-D conntrack", "-D -p tcp --", "-F --"] {
            assert_eq!(parsed(false, line), (None, vec![]), "{line}");
        }
        let warning = "WARNING: ignoring the stray word `x': no option takes it".to_string();
        for line in ["-L conntrack x y", "-L -- x", "x -C", "-V conntrack x"] {
            assert_eq!(parsed(false, line), (None, vec![warning.clone()]), "{line}");
        }
        assert_eq!(parsed(false, "x"), (None, vec![]), "the help text says it all");
    }

    #[test]
    fn an_option_of_a_replaced_protocol_is_refused_where_entries_are_selected_to_change() {
        let replaced = |name| format!("`--{name}' is an option of a protocol that a later -p replaces");
        assert_eq!(complaint("-D -p tcp --state ESTABLISHED -p udp"), replaced("state"));
        assert_eq!(complaint("-D -p tcp -p udp --state ESTABLISHED"), replaced("state"));
        assert_eq!(complaint("-D -p tcp --sport 1 -p icmp"), replaced("sport"));
        assert_eq!(complaint("-D -p tcp -p 50 --dport 1"), replaced("dport"));
        assert_eq!(complaint("-U -p icmp --icmp-type 8 -p 50 -m 1"), replaced("icmp-type"));
        assert_eq!(complaint("-D -p gre --srckey 1 -p 50"), replaced("srckey"));
        assert!(complaint("-D -p icmpv6 --icmpv6-code 0 -p ipv6-icmp -p tcp").contains("code' is an option"));
        assert!(parse("-D -p tcp --sport 1 -p udp").is_ok(), "the port means the same");
        assert!(parse("-L -p tcp --state ESTABLISHED -p udp").is_ok());
    }

    #[test]
    fn complaints_that_the_original_does_not_make_come_last() {
        let illegal = |name| format!("Illegal option `--{name}' with this command");
        assert_eq!(complaint("-L -t x"), illegal("timeout"));
        assert_eq!(complaint("-L expect -t x"), illegal("timeout"));
        assert_eq!(complaint("-Lztcp"), illegal("timeout"));
        assert_eq!(complaint("-L -b x"), illegal("buffer-size"));
        assert_eq!(complaint("-C -m 1/"), illegal("mark"));
        assert_eq!(complaint("-L -p tcp --mask-port-src x"), illegal("mask-port-src"));
        assert_eq!(complaint("-L -p tcp --sport x -s foo"), "Invalid IP address `foo'");
        assert_eq!(complaint("-D -p tcp --sport x stray"), "unexpected value 'x' with --sport option");
        assert!(parse("-h -p tcp --sport x").is_ok(), "help looks at no value");
    }

    #[test]
    fn save_stands_alone() {
        let refused = "cannot combine save output with any other output type, use -o save only";
        assert_eq!(complaint("-L -o save,xml"), refused);
        assert_eq!(complaint("-L -o id -o save"), refused);
        assert!(parse("-L -o save,userspace").is_ok());
    }

    #[test]
    fn json_is_a_format_of_the_commands_that_know_it_and_only_in_full() {
        for line in ["-L -o j", "-L -o JSON", "-E -o jso", "--diagnose -o j", "--diagnose -o jsons"] {
            assert!(complaint(line).starts_with("Bad parameter `"), "{line}");
        }
        for line in ["-F -o json", "-F expect -o json", "-V -o json", "--check -o json", "--metrics -o json"]
        {
            assert_eq!(complaint(line), "Bad parameter `json'", "{line}");
        }
        assert_eq!(complaint("--diagnose -o json,xml"), "`--diagnose' has no output format but json");
        assert_eq!(complaint("--top -o id"), "`--top' has no output format but json");
        assert!(parse("--diagnose -o json").is_ok() && parse("--top -o json -p tcp").is_ok());
        let entry = "-p udp -s 1.1.1.1 -d 2.2.2.2 --sport 1 --dport 2";
        let lines = [
            "-L",
            "-L expect",
            "-L dying",
            "-L unconfirmed",
            "-D",
            "-U",
            "-E",
            "-E expect",
            "-C",
            "-C expect",
        ];
        let lines = lines.into_iter().chain(["-S", "-S expect"]).map(str::to_owned);
        let lines = lines.chain(["-I -t 5", "-A -t 5", "-G"].map(|command| format!("{command} {entry}")));
        for line in lines {
            assert!(parse(&format!("{line} -o json")).is_ok(), "{line}");
            assert!(parse(&format!("{line} -o json,id,timestamp -o extended,labels")).is_ok(), "{line}");
            let combined = "cannot combine json output with xml or save output";
            assert_eq!(complaint(&format!("{line} -o xml,json")), combined);
            assert!(complaint(&format!("{line} -o json,save")).starts_with("cannot combine save output"));
        }
    }

    #[test]
    fn commands_that_take_no_format_take_json() {
        let mut parser = Parser::default();
        let illegal = "Illegal option `--output' with this command";
        for line in [
            "-C",
            "-S",
            "-C expect",
            "-I -t 5 -p 50 -s 1.1.1.1 -d 2.2.2.2",
            "-A -t 5 -p 50 -s 1.1.1.1 -d 2.2.2.2",
        ] {
            for (formats, complaint) in
                [("json", None), ("id", Some(illegal)), ("json,id", None), ("xml", Some(illegal))]
            {
                let line = format!("{line} -o {formats}");
                let words: Vec<&str> = line.split(' ').collect();
                let found = parser.parse(&words).map(drop).map_err(|complaint| complaint.to_string());
                assert_eq!(found.err().as_deref(), complaint, "{line}");
            }
        }
    }

    #[test]
    fn options_of_the_diagnosis_are_found_in_full_and_abbreviate_nothing() {
        for (abbreviated, option) in [
            ("--i 5", Param::Id),
            ("--b 9", Param::BufferSize),
            ("--n 1.1.1.1", Param::NatRange),
            ("--ti 5", Param::Timeout),
            ("--ou xml", Param::Output),
        ] {
            let mut words = abbreviated.split(' ');
            let given = (words.next().unwrap(), words.next().unwrap());
            let mut line = Line::default();
            Parser::default().scan(&[given.0, given.1], &mut line).unwrap();
            assert!(line.has(option), "{abbreviated}");
        }
        for unknown in [
            "--d",
            "--int 1",
            "--rem 0-5",
            "--nets x",
            "--al",
            "--dry",
            "--ig",
            "--ignore",
            "--diag",
            "--to",
            "--chec",
        ] {
            let words: Vec<&str> = unknown.split(' ').collect();
            let said = Parser::default().parse(&words).unwrap_err().to_string();
            assert_eq!(said, format!("unknown option `{}'", words[0]), "{unknown}");
        }
        assert_eq!(parse("--co").unwrap().verb, Some(Verb::Count));
        assert_eq!(parse("--du").unwrap().verb, Some(Verb::List));
    }

    /// Two tables of one name are no JSON and no metrics.
    #[test]
    fn a_grouping_that_is_named_twice_is_one() {
        let by = |words: &str| parse(&format!("--top --by {words}")).unwrap().by;
        assert_eq!(by("source,zone,source"), [By::Source, By::Zone]);
        assert_eq!(by("zone --by source --by zone"), [By::Zone, By::Source], "the option accumulates");
        assert_eq!(
            by("mark,mark/0xffffffff,source-prefix/24,source-prefix"),
            [By::Mark { mask: u32::MAX }, By::SOURCE_NETWORK]
        );
    }

    #[test]
    fn values_of_the_diagnosis_are_taken_whole_or_refused() {
        let unexpected =
            |value: &str, option: &str| format!("unexpected value '{value}' with --{option} option");
        for (option, command, good, bad) in [
            (
                "interval",
                "--diagnose",
                "0.1 0.5 1 3600 2.125 3600.000",
                "0.05 3600.001 0 -1 1. .5 1.2345 x 1e3",
            ),
            ("watch", "--diagnose", "1 0.25", "0 0.099 3601"),
            ("remaining", "-L", "0-5 5- -5 7-7 0-4294967295", "- 5 6-5 a-b 0-4294967296 1-2-3 +1-2"),
            ("show", "--top", "1 1000", "0 1001 x"),
            ("netns", "-L", "blue 17 ./x /proc/self/ns/net", ". .. 0 99999999999"),
            ("check", "", "80,95 1,1 100,100", "80 95,80 0,5 80,101 80,95,99 a,b 80,"),
        ] {
            for value in good.split(' ') {
                let line = format!("{command} --{option} {value}");
                assert!(parse(&line).is_ok(), "{line}: {:?}", parse(&line));
            }
            for value in bad.split(' ') {
                let line = format!("{command} --{option}={value}");
                assert_eq!(complaint(&line), unexpected(value, option), "{line}");
            }
        }
        for groupings in ["source", "source,service", "mark/0xff,label", "source-prefix/20/56"] {
            assert!(parse(&format!("--top --by {groupings}")).is_ok(), "{groupings}");
        }
        for (wrong, word, why) in [
            ("sources", "sources", "no such grouping"),
            ("source,", "", "no such grouping"),
            (",source", "", "no such grouping"),
            (
                "zone,source-prefix/33",
                "source-prefix/33",
                "the prefix length of IPv4 is a number from 0 to 32",
            ),
        ] {
            let complaint = Parser::default().parse(&["--top", "--by", wrong]).unwrap_err();
            assert_eq!(complaint.to_string(), format!("{}: {why}", unexpected(word, "by")));
            assert_eq!(complaint.exit_status(), 2);
        }
        assert_eq!(complaint("--metrics=nod"), unexpected("nod", "metrics"));
        assert!(parse("--metrics").is_ok() && parse("--metrics=node").is_ok());
        assert_eq!(parse("--check 08,010").unwrap().thresholds, Some((8, 10)), "decimal, not octal");
        let statuses =
            ["--metrics=nod", "--diagnose --interval 0", "--check 5,4", "-D -p tcp --sport x"].map(status);
        assert_eq!(statuses, [2, 2, 2, 1]);
        let both = "cannot use `--netns' and `--all-netns' at the same time";
        assert_eq!(complaint("--diagnose --netns a --all-netns"), both);
        assert_eq!(complaint("-L --netns a --all-netns"), both);
        let resync = "cannot use `--resync' and `--all-netns' at the same time";
        assert_eq!(complaint("-E --resync --all-netns"), resync);
        for (format, reads) in [("xml", "use json"), ("save", "into one")] {
            for command in ["-L", "-L dying", "-E", "-E expect", "-L expect"] {
                let said = complaint(&format!("{command} --all-netns -o {format}"));
                let begin = format!("cannot use `--all-netns' with {format} output: ");
                assert!(said.starts_with(&begin) && said.ends_with(reads), "{said}");
            }
        }
        let illegal = "Illegal option `--all-netns' with this command";
        for command in ["-F", "-D -p tcp", "-U -m 1", "-F expect"] {
            assert_eq!(complaint(&format!("{command} --all-netns")), illegal, "{command}");
        }
        assert_eq!(parse("-L --remaining 5-").unwrap().remaining, Some(5..=u32::MAX));
        assert_eq!(parse("--check --interval 2.5").unwrap().interval, Some(Duration::from_millis(2500)));
    }

    #[test]
    fn options_accumulate_or_replace() {
        let parsed = parse("-L -u ASSURED -u !SEEN_REPLY -m 1 -m 2/3 -p tcp --sport 1 --sport 2").unwrap();
        assert_eq!(parsed.status, StatusBits { set: 4, clear: 2 });
        assert_eq!(parsed.mark, Some(Masked { value: 2, mask: 3 }));
        assert_eq!(parsed.field(Field::SrcPort), Some(2));
        assert_eq!(parse("-E -e NEW -e DESTROY").unwrap().event_groups(), Groups::NEW | Groups::DESTROY);
        assert_eq!(parse("-E").unwrap().event_groups(), Groups::FLOWS);
    }

    #[test]
    fn a_target_of_a_translation_stays() {
        let parsed = parse("-L -n 5.5.5.5 -n 5.5.5.6:99 -n").unwrap();
        assert_eq!(parsed.source_nat.map(|nat| nat.port), Some(Some(99)));
    }

    #[test]
    fn protocols_come_by_name_by_system_name_and_by_number() {
        let protocol = |word: &str| {
            let choice = parse(&format!("-L -p {word}")).unwrap().protocol.unwrap();
            (choice.number, choice.known.map(|known| known.name))
        };
        assert_eq!(protocol("UDPlite"), (136, Some("udplite")));
        assert_eq!(protocol("0x11"), (17, Some("udp")));
        assert_eq!(protocol("50"), (50, None));
        assert_eq!(complaint("-L -p 256"), "`256' unsupported protocol");
        assert_eq!(complaint("-L -p nosuch"), "`nosuch' unsupported protocol");
    }

    #[test]
    fn label_lists_name_all_their_labels() {
        let map = LabelMap::read(&b"1 one\n100 hundred\n"[..]).unwrap();
        let names = [b"one".to_vec(), b"hundred".to_vec()];
        let bits = label_bits(Some(&map), &names).unwrap();
        assert_eq!(bits.iter().collect::<Vec<_>>(), [1, 100]);
        let mut parsed = Line::default();
        add_labels(&mut parsed, Param::Label, Some(b"a,b")).unwrap();
        assert_eq!(parsed.names.wanted, [b"a", b"b"]);
    }
}
