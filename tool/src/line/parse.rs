// SPDX-License-Identifier: GPL-2.0-or-later
//! A command line's words into a [`Request`].
//!
//! The first complaint wins, in this order: the words from left to right, label names, contradicting NAT
//! filters, legality of the general options, legality of the protocol's options, and then what the original lets
//! pass: numbers that are none, stray words. Nothing is sent before a command line is known to be good.
//!
//! An option that is given again replaces the earlier one whole; lists add up (`-u`, `-e`, `-o`, labels).

#![forbid(unsafe_code)]

use crate::line::args::{Item, Scanner, text};
use crate::line::legality;
use crate::line::options::{
    COMMANDS, Class, FIELDS, Field, Id, PARAMS, PROTOCOLS, Param, Protocol, Row, TABLES, Table, Value, Verb,
};
use crate::line::value::{self, Family, Formats, FormerStatus, NatTarget, StatusBits};
use crate::show::message::{self, Complaint};
use crate::sys::protocols::protocol_number;
use netfilter_conntrack::filter::dump::Masked;
use netfilter_conntrack::label::LabelMap;
use netfilter_conntrack::{Bitmask, Error, Groups};
use std::net::IpAddr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Two addresses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pair {
    pub src: Option<IpAddr>,
    pub dst: Option<IpAddr>,
}

/// A protocol, and its row if it has options.
#[derive(Debug, Clone, Copy)]
pub struct ProtocolChoice {
    pub number: u8,
    pub known: Option<&'static Protocol>,
}

/// Label names as given, later their bits.
#[derive(Debug, Default)]
struct LabelNames {
    wanted: Vec<Vec<u8>>,
    add: Vec<Vec<u8>>,
    del: Vec<Vec<u8>>,
}

/// A command line, understood.
#[derive(Debug, Default)]
pub struct Request {
    pub verb: Option<Verb>,
    pub table: Table,
    /// A bit for each [`Param`].
    given: u32,
    pub family: Option<Family>,
    pub orig: Pair,
    pub reply: Pair,
    pub tuple: Pair,
    /// The masks in force: of those given by different options the last.
    pub mask: Pair,
    /// The masks of either address in the order in which they were given, each with its option.
    src_masks: Vec<(Param, IpAddr)>,
    dst_masks: Vec<(Param, IpAddr)>,
    pub protocol: Option<ProtocolChoice>,
    fields: [Option<u32>; FIELDS],
    pub timeout: Option<u32>,
    pub status: StatusBits,
    /// The first former name in the status.
    pub former_status: Option<FormerStatus>,
    pub events: u32,
    pub mark: Option<Masked>,
    pub secmark: Option<u32>,
    pub id: Option<u32>,
    pub source_nat: Option<NatTarget>,
    pub destination_nat: Option<NatTarget>,
    pub any_nat: Option<NatTarget>,
    pub formats: Formats,
    pub buffer_size: Option<u32>,
    pub zone: Option<u16>,
    pub orig_zone: Option<u16>,
    pub reply_zone: Option<u16>,
    pub labels: Option<Bitmask>,
    pub label_add: Option<Bitmask>,
    /// Labels to clear; without names all of them.
    pub label_del: Option<Option<Bitmask>>,
    pub label_map: Option<Rc<LabelMap>>,
    labelmap_path: Option<PathBuf>,
    names: LabelNames,
    /// The first complaint that the original does not make: it comes after all others.
    late: Option<Complaint>,
    /// The first option that a later `-p` has taken out of force.
    replaced: Option<&'static str>,
}

impl Request {
    /// Whether a general option was given (a mask also by a prefix length).
    pub fn has(&self, param: Param) -> bool {
        self.given >> param as u32 & 1 == 1
    }

    /// The value of a protocol option.
    #[allow(clippy::indexing_slicing)] // one slot for each field
    pub fn field(&self, field: Field) -> Option<u32> {
        self.fields[field as usize]
    }

    #[allow(clippy::indexing_slicing)] // one slot for each field
    fn set_field(&mut self, field: Field, value: Option<u32>) {
        self.fields[field as usize] = value;
    }

    fn note(&mut self, param: Param) {
        self.given |= 1 << param as u32;
    }

    /// A value, or nothing and a complaint for later.
    fn or_late<T>(&mut self, value: Result<T, Complaint>) -> Option<T> {
        value.map_err(|complaint| self.late.get_or_insert(complaint)).ok()
    }

    /// Puts the masks in force. A prefix length counts as a mask, except one of full length.
    fn settle_masks(&mut self) {
        let of = |masks: &[(Param, IpAddr)]| {
            let implied = masks.iter().any(|&(_, mask)| !value::is_whole(mask));
            (masks.last().map(|&(_, mask)| mask), implied)
        };
        let [(src, src_implied), (dst, dst_implied)] = [of(&self.src_masks), of(&self.dst_masks)];
        self.mask = Pair { src, dst };
        for (param, implied) in [(Param::MaskSrc, src_implied), (Param::MaskDst, dst_implied)] {
            if implied {
                self.note(param);
            }
        }
    }
}

/// All that the legality of a command line depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Combination {
    class: Class,
    /// A bit for each [`Param`] given.
    params: u32,
    /// The protocol's number, and whether it has options.
    protocol: Option<(u8, bool)>,
    /// Whether each [`Field`] was given.
    fields: [bool; FIELDS],
}

impl Combination {
    fn of(request: &Request) -> Combination {
        Combination {
            class: Class::of(request.verb, request.table),
            params: request.given,
            protocol: request.protocol.map(|protocol| (protocol.number, protocol.known.is_some())),
            fields: request.fields.map(|value| value.is_some()),
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
        Parser { posix, maps: Vec::new(), read_map, legal: None, notices: Vec::new() }
    }

    /// Understands a command line (without the program's name).
    ///
    /// # Errors
    /// The first complaint; see the module's text for the order.
    pub fn parse<W: AsRef<[u8]>>(&mut self, words: &[W]) -> Result<Request, Complaint> {
        let mut request = Request::default();
        let stray = self.scan(words, &mut request)?;
        request.settle_masks();
        self.resolve_labels(&mut request)?;
        if request.has(Param::AnyNat) && (request.has(Param::SrcNat) || request.has(Param::DstNat)) {
            return Err(Complaint::AnyNat);
        }
        let options = Combination::of(&request);
        if self.legal != Some(options) {
            check_legality(&request, options.class)?;
            self.legal = Some(options);
        }
        match request.late.take() {
            Some(complaint) if request.verb != Some(Verb::Help) => return Err(complaint),
            _ => {}
        }
        self.judge_unheeded(&request, stray)?;
        Ok(request)
    }

    /// What has no effect may have been meant to spare entries: a command that changes or deletes what is selected
    /// refuses it. Other commands warn of stray words.
    fn judge_unheeded(&mut self, request: &Request, stray: Option<&[u8]>) -> Result<(), Complaint> {
        let (Some(verb), true) = (request.verb, stray.is_some() || request.replaced.is_some()) else {
            return Ok(());
        };
        let refuses = matches!(verb, Verb::Delete | Verb::Update | Verb::Flush);
        match (stray, request.replaced) {
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
        request: &mut Request,
    ) -> Result<Option<&'w [u8]>, Complaint> {
        let mut scanner = Scanner::new(words, self.posix);
        let mut known: Vec<&'static [Row]> = Vec::with_capacity(8);
        known.extend([COMMANDS, PARAMS]);
        while let Some(item) = scanner.next(&known)? {
            match item.row.id {
                Id::Verb(verb) => set_verb(request, verb, item.value)?,
                Id::Field(field) => set_field(request, field, item)?,
                Id::Param(Param::Protonum) => {
                    let protocol = protocol(item.value.unwrap_or_default())?;
                    set_protocol(request, protocol);
                    // The last protocol's options are looked up first.
                    let options = protocol.known.map_or(&[][..], |protocol| protocol.options);
                    known.splice(2..2, options.iter().copied());
                }
                Id::Param(param) => {
                    request.note(param);
                    self.set_param(request, param, item)?;
                }
            }
        }
        Ok(scanner.stray())
    }

    fn set_param(&mut self, request: &mut Request, param: Param, item: Item<'_>) -> Result<(), Complaint> {
        let (option, word) = (item.row, item.value.unwrap_or_default());
        match (item.row.value, param) {
            (Value::Network | Value::Address, _) => set_address(request, param, item.row, word)?,
            (Value::NatTarget, Param::NatRange) if word.is_empty() => {
                return Err(value::unexpected(word, option));
            }
            (Value::NatTarget, Param::NatRange) => {
                self.notices.push("WARNING: ignoring -a, deprecated option.".into());
            }
            (Value::NatTarget, _) => set_nat(request, param, item)?,
            (Value::Label, _) => add_labels(request, param, item.value)?,
            (_, Param::Timeout) => request.timeout = request.or_late(value::decimal_number(word, option)),
            (_, Param::Status) => self.add_status(request, word)?,
            (_, Param::EventMask) => request.events |= value::list(word, value::EVENTS)?,
            (_, Param::Mark) => {
                let mark = value::masked(word, option)?;
                request.mark = request.or_late(mark);
            }
            (_, Param::Id) => request.id = Some(value::number(word, option)?),
            (_, Param::Family) => value::family(word)?.join(&mut request.family)?,
            (_, Param::Output) => add_formats(request, word)?,
            (_, Param::Secmark) => request.secmark = Some(value::number(word, option)?),
            (_, Param::BufferSize) => {
                request.buffer_size = request.or_late(value::decimal_number(word, option));
            }
            (_, Param::Zone) => request.zone = Some(value::number(word, option)?),
            (_, Param::OrigZone) => request.orig_zone = Some(value::number(word, option)?),
            (_, Param::ReplyZone) => request.reply_zone = Some(value::number(word, option)?),
            (_, Param::Labelmap) => set_labelmap(request, item.row, word)?,
            _ => {} // what takes no value is noted already
        }
        Ok(())
    }

    fn add_status(&mut self, request: &mut Request, word: &[u8]) -> Result<(), Complaint> {
        let mut former = Vec::new();
        let bits = value::status(word, &mut former);
        let notice =
            |FormerStatus { name, option }| format!("WARNING: ignoring {name}, use --{option} instead");
        self.notices.extend(former.iter().copied().map(notice));
        request.former_status = request.former_status.or(former.first().copied());
        let StatusBits { set, clear } = bits?;
        request.status.set |= set;
        request.status.clear |= clear;
        Ok(())
    }

    /// Reads the label file, when labels are asked for, and looks the names up.
    fn resolve_labels(&mut self, request: &mut Request) -> Result<(), Complaint> {
        let asked = [Param::Label, Param::LabelAdd, Param::LabelDel].iter().any(|&param| request.has(param));
        if !asked && !request.formats.contains(Formats::LABELS) {
            return Ok(());
        }
        let map = self.label_map(request.labelmap_path.as_deref());
        let names = std::mem::take(&mut request.names);
        if request.has(Param::Label) {
            request.labels = Some(label_bits(map.as_deref(), &names.wanted)?);
        }
        if request.has(Param::LabelAdd) {
            request.label_add = Some(label_bits(map.as_deref(), &names.add)?);
        }
        if let Some(Some(_)) = request.label_del {
            request.label_del = Some(Some(label_bits(map.as_deref(), &names.del)?));
        }
        request.label_map = map;
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

fn check_legality(request: &Request, class: Class) -> Result<(), Complaint> {
    let general = |row: &Row| matches!(row.id, Id::Param(param) if request.has(param));
    legality::check(PARAMS.iter(), class, general)?;
    let checked = request.protocol.filter(|_| request.verb != Some(Verb::Help));
    match checked.and_then(|protocol| protocol.known) {
        Some(protocol) => legality::check(
            protocol.rows(),
            class,
            |row| matches!(row.id, Id::Field(field) if request.field(field).is_some()),
        ),
        None => Ok(()),
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
    let mut mask = Bitmask::new(highest).unwrap_or_default();
    bits.into_iter().for_each(|bit| mask.set(bit));
    Ok(mask)
}

fn set_verb(request: &mut Request, verb: Verb, word: Option<&[u8]>) -> Result<(), Complaint> {
    let table = match word {
        Some(word) => TABLES
            .iter()
            .find(|(name, _)| !word.is_empty() && name.as_bytes().starts_with(word))
            .map(|&(_, table)| table)
            .ok_or_else(|| Complaint::UnknownTable(text(word)))?,
        None => Table::default(),
    };
    if matches!(table, Table::Dying | Table::Unconfirmed) && verb != Verb::List {
        return Err(Complaint::TableCommand);
    }
    match (table, verb) {
        (Table::Expect, Verb::Update) => return Err(Complaint::NotOnExpectations("update")),
        (Table::Expect, Verb::Add) => return Err(Complaint::NotOnExpectations("add")),
        _ => {}
    }
    if request.verb.is_some() {
        return Err(Complaint::CommandsCombination);
    }
    (request.verb, request.table) = (Some(verb), table);
    Ok(())
}

/// A protocol by one of the eight names, by the system's names, or by number.
fn protocol(word: &[u8]) -> Result<ProtocolChoice, Complaint> {
    let named = |protocol: &&Protocol| protocol.name.as_bytes().eq_ignore_ascii_case(word);
    if let Some(protocol) = PROTOCOLS.iter().find(named) {
        return Ok(ProtocolChoice { number: protocol.number, known: Some(protocol) });
    }
    let name = std::str::from_utf8(word).ok();
    if let Some(number) = name.and_then(protocol_number).and_then(|number| u8::try_from(number).ok()) {
        return Ok(ProtocolChoice { number, known: None });
    }
    let number = value::fitting(word).ok_or_else(|| Complaint::Protocol(text(word)))?;
    Ok(ProtocolChoice { number, known: Protocol::by_number(number) })
}

/// Sets the protocol; what was given for another one stays only where it means the same here.
fn set_protocol(request: &mut Request, protocol: ProtocolChoice) {
    request.note(Param::Protonum);
    let before = request.protocol.replace(protocol);
    let Some(former) = before.filter(|before| before.number != protocol.number) else { return };
    let rows = || protocol.known.into_iter().flat_map(Protocol::rows);
    let kept = |field| field != Field::State && rows().any(|row| row.id == Id::Field(field));
    // Those of the former one first: they are named as they were given.
    for row in former.known.into_iter().chain(&PROTOCOLS).flat_map(Protocol::rows) {
        match row.id {
            Id::Field(field) if !kept(field) && request.field(field).is_some() => {
                request.set_field(field, None);
                request.replaced.get_or_insert(row.name());
            }
            _ => {}
        }
    }
}

fn set_field(request: &mut Request, field: Field, item: Item<'_>) -> Result<(), Complaint> {
    let known = request.protocol.and_then(|protocol| protocol.known);
    let own = known.filter(|protocol| protocol.rows().any(|row| std::ptr::eq(row, item.row)));
    let Some(protocol) = own else {
        request.replaced.get_or_insert(item.row.name());
        return Ok(());
    };
    let (option, word) = (item.row, item.value.unwrap_or_default());
    let number = match (item.row.value, field) {
        (Value::Port, _) | (_, Field::IcmpId) => value::decimal_number::<u16>(word, option).map(u32::from),
        (Value::Key, _) => value::number::<u16>(word, option).map(u32::from),
        (Value::Tag, _) => value::decimal_number(word, option),
        (Value::State, _) => {
            let unknown = || Complaint::Name(protocol.state_message, text(word));
            Ok(protocol.state(word).map(u32::from).ok_or_else(unknown)?)
        }
        (Value::Role, _) => {
            let role = value::ROLES.iter().find(|(name, _)| value::abbreviates(word, name));
            let unknown = || Complaint::Name("Unknown DCCP role", text(word));
            Ok(role.map(|&(_, role)| u32::from(role)).ok_or_else(unknown)?)
        }
        _ => value::decimal_number::<u8>(word, option).map(u32::from),
    };
    // Given, whatever its value: that decides whether it is legal.
    let number = request.or_late(number).unwrap_or_default();
    request.set_field(field, Some(number));
    Ok(())
}

fn set_address(request: &mut Request, param: Param, row: &Row, word: &[u8]) -> Result<(), Complaint> {
    let (address, mask) = match row.value {
        Value::Network => value::network(word, &mut request.family)?,
        _ => (value::address(word, row.name(), &mut request.family)?, None),
    };
    let (masks, slot) = match param {
        Param::Src => (&mut request.src_masks, &mut request.orig.src),
        Param::Dst => (&mut request.dst_masks, &mut request.orig.dst),
        Param::ReplySrc => (&mut request.src_masks, &mut request.reply.src),
        Param::ReplyDst => (&mut request.dst_masks, &mut request.reply.dst),
        Param::TupleSrc => (&mut request.src_masks, &mut request.tuple.src),
        Param::TupleDst => (&mut request.dst_masks, &mut request.tuple.dst),
        Param::MaskSrc => (&mut request.src_masks, &mut request.mask.src),
        _ => (&mut request.dst_masks, &mut request.mask.dst),
    };
    *slot = Some(address);
    let mask = if matches!(param, Param::MaskSrc | Param::MaskDst) { Some(address) } else { mask };
    masks.retain(|&(option, _)| option != param);
    masks.extend(mask.map(|mask| (param, mask)));
    Ok(())
}

fn set_nat(request: &mut Request, param: Param, item: Item<'_>) -> Result<(), Complaint> {
    // The option once more without a target leaves the target that was given.
    let Some(word) = item.value else { return Ok(()) };
    let target = value::nat_target(word, item.row.name(), &mut request.family)?;
    let slot = match param {
        Param::SrcNat => &mut request.source_nat,
        Param::DstNat => &mut request.destination_nat,
        _ => &mut request.any_nat,
    };
    *slot = Some(target);
    Ok(())
}

fn add_formats(request: &mut Request, word: &[u8]) -> Result<(), Complaint> {
    request.formats |= Formats::from_bits_truncate(value::list(word, value::FORMATS)?);
    let alone = Formats::SAVE | Formats::USERSPACE;
    if request.formats.contains(Formats::SAVE) && !request.formats.difference(alone).is_empty() {
        return Err(Complaint::SaveCombination);
    }
    Ok(())
}

fn add_labels(request: &mut Request, param: Param, word: Option<&[u8]>) -> Result<(), Complaint> {
    let names = word.into_iter().flat_map(|word| word.split(|&byte| byte == b',')).map(<[u8]>::to_vec);
    match param {
        Param::LabelAdd => request.names.add.extend(names),
        Param::LabelDel => {
            request.names.del.extend(names);
            // The mask is a place-holder until the names are looked up.
            let named = word.map(|_| Bitmask::default());
            request.label_del = Some(named.filter(|_| request.label_del != Some(None)));
        }
        _ => request.names.wanted.extend(names),
    }
    if request.has(Param::LabelAdd) && request.has(Param::LabelDel) {
        return Err(Complaint::LabelAddAndDel);
    }
    Ok(())
}

fn set_labelmap(request: &mut Request, row: &Row, word: &[u8]) -> Result<(), Complaint> {
    if request.labelmap_path.is_some() {
        return Err(Complaint::OnlyOnce(row.name()));
    }
    if word.is_empty() {
        return Err(Complaint::BadParameter(String::new()));
    }
    request.labelmap_path = Some(PathBuf::from(std::ffi::OsStr::from_bytes(word)));
    Ok(())
}

/// The groups of events asked for: all without `-e`.
pub fn event_groups(request: &Request) -> Groups {
    if request.has(Param::EventMask) { Groups::from_bits_retain(request.events) } else { Groups::FLOWS }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::options::Takes;

    fn parse(line: &str) -> Result<Request, String> {
        let words: Vec<&str> = line.split(' ').filter(|word| !word.is_empty()).collect();
        Parser::default().parse(&words).map_err(|complaint| complaint.to_string())
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
        let request = parse("-L -s 10.0.0.0/8").unwrap();
        assert!(request.has(Param::MaskSrc) && !request.has(Param::MaskDst));
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
            let request = parse(&format!("-D {options}")).unwrap();
            let found = [request.orig.src, request.mask.src].map(|address| address.map(|it| it.to_string()));
            assert_eq!(found, [Some(address), mask].map(|text| text.map(String::from)), "{options}");
        }
        let expectation =
            "-I expect -t 9 -p 50 -s 1.1.1.1 -d 1.1.1.2 --tuple-dst 1.1.1.3 --mask-dst 255.0.0.0";
        let mask = |options: &str| parse(&format!("{expectation} {options}")).map(|request| request.mask.src);
        assert_eq!(mask("--tuple-src 1.0.0.0/8 -s 1.1.1.1"), Ok(Some("255.0.0.0".parse().unwrap())));
        assert!(mask("--tuple-src 1.0.0.0/8 --tuple-src 1.1.1.1").unwrap_err().contains("--mask-src"));
    }

    #[test]
    fn every_option_refuses_an_empty_value() {
        let one_label: ReadMap = |_| LabelMap::read(&b"1 one\n"[..]);
        let refuses = |protocol: &str, words: &[&str]| {
            let (mut parser, mut request) = (Parser::with_maps(false, one_label), Request::default());
            let words = [&["-p", protocol], words].concat();
            let scanned = parser.scan(&words, &mut request).map(drop);
            scanned.and_then(|()| parser.resolve_labels(&mut request)).is_err() || request.late.is_some()
        };
        let general = COMMANDS.iter().chain(PARAMS).map(|row| ("tcp", row));
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
    fn options_accumulate_or_replace() {
        let request = parse("-L -u ASSURED -u !SEEN_REPLY -m 1 -m 2/3 -p tcp --sport 1 --sport 2").unwrap();
        assert_eq!(request.status, StatusBits { set: 4, clear: 2 });
        assert_eq!(request.mark, Some(Masked { value: 2, mask: 3 }));
        assert_eq!(request.field(Field::SrcPort), Some(2));
        assert_eq!(event_groups(&parse("-E -e NEW -e DESTROY").unwrap()), Groups::NEW | Groups::DESTROY);
        assert_eq!(event_groups(&parse("-E").unwrap()), Groups::FLOWS);
    }

    #[test]
    fn a_target_of_a_translation_stays() {
        let request = parse("-L -n 5.5.5.5 -n 5.5.5.6:99 -n").unwrap();
        assert_eq!(request.source_nat.map(|nat| nat.port), Some(Some(99)));
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
        let mut request = Request::default();
        add_labels(&mut request, Param::Label, Some(b"a,b")).unwrap();
        assert_eq!(request.names.wanted, [b"a", b"b"]);
    }
}
