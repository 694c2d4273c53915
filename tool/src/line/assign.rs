// SPDX-License-Identifier: GPL-2.0-or-later
//! An option's value into its place in a [`Line`].
//!
//! An option that is given again replaces the earlier one whole; lists add up (`-u`, `-e`, `-o`, labels).

#![forbid(unsafe_code)]

use super::args::{Item, text};
use super::options::{Id, Param, Row, TABLES, Table, Value};
use super::protocols::{Field, PROTOCOLS, Protocol};
use super::value::{self, Family, Formats, FormerStatus, StatusBits};
use super::{Line, ProtocolChoice};
use crate::certain::Certain as _;
use crate::command::registry::Verb;
use crate::show::message::Complaint;
use crate::sys::protocols::protocol_number;
use netfilter_conntrack::{AddressMask, Bitmask};
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// Takes a general option; warnings go to `notices`.
pub(super) fn set_param(
    line: &mut Line,
    param: Param,
    item: Item<'_>,
    notices: &mut Vec<String>,
) -> Result<(), Complaint> {
    let (option, word) = (item.row, item.value.unwrap_or_default());
    match (item.row.value, param) {
        (Value::Network | Value::Address, _) => set_address(line, param, item.row, word)?,
        (Value::NatTarget, Param::NatRange) if word.is_empty() => {
            return Err(value::unexpected(word, option));
        }
        (Value::NatTarget, Param::NatRange) => {
            notices.push("WARNING: ignoring -a, deprecated option.".into());
        }
        (Value::NatTarget, _) => set_nat(line, param, item)?,
        (Value::Label, _) => add_labels(line, param, item.value)?,
        (_, Param::Timeout) => line.timeout = line.or_late(value::decimal_number(word, option)),
        (_, Param::Status) => add_status(line, word, notices)?,
        (_, Param::EventMask) => line.events |= value::list(word, value::EVENTS)?,
        (_, Param::Mark) => {
            let mark = value::masked(word, option)?;
            line.mark = line.or_late(mark);
        }
        (_, Param::Id) => line.id = Some(value::number(word, option)?),
        (_, Param::Family) => value::family(word)?.join(&mut line.family)?,
        (_, Param::Output) => add_formats(line, word)?,
        (_, Param::Secmark) => line.secmark = Some(value::number(word, option)?),
        (_, Param::BufferSize) => {
            line.buffer_size = line.or_late(value::decimal_number(word, option));
        }
        (_, Param::Zone) => line.zone = Some(value::number(word, option)?),
        (_, Param::OrigZone) => line.orig_zone = Some(value::number(word, option)?),
        (_, Param::ReplyZone) => line.reply_zone = Some(value::number(word, option)?),
        (_, Param::Labelmap) => set_labelmap(line, item.row, word)?,
        (_, Param::Remaining) => line.remaining = Some(value::remaining(word, option)?),
        (_, Param::Interval) => line.interval = Some(value::period(word, option)?),
        (_, Param::Watch) => line.watch = Some(value::period(word, option)?),
        (_, Param::By) => add_groupings(line, word)?,
        (_, Param::Show) => line.show = Some(value::lines(word, option)?),
        (_, Param::Netns) => line.netns = Some(value::namespace(word, option)?),
        (Value::None, _) => {} // it is noted already
        _ => debug_assert!(false, "an option without a place: {param:?}"),
    }
    Ok(())
}

/// The option accumulates, and each grouping counts once.
fn add_groupings(line: &mut Line, word: &[u8]) -> Result<(), Complaint> {
    for by in value::groupings(word)? {
        if !line.by.contains(&by) {
            line.by.push(by);
        }
    }
    Ok(())
}

fn add_status(line: &mut Line, word: &[u8], notices: &mut Vec<String>) -> Result<(), Complaint> {
    let mut former = Vec::new();
    let bits = value::status(word, &mut former);
    let notice = |FormerStatus { name, option }| format!("WARNING: ignoring {name}, use --{option} instead");
    notices.extend(former.iter().copied().map(notice));
    line.former_status = line.former_status.or(former.first().copied());
    let StatusBits { set, clear } = bits?;
    line.status.set |= set;
    line.status.clear |= clear;
    Ok(())
}

/// Takes a command, and perhaps the table that it is for.
pub(super) fn set_verb(line: &mut Line, verb: Verb, word: Option<&[u8]>) -> Result<(), Complaint> {
    let table = match (verb.row().value, word) {
        (Value::Thresholds, Some(word)) => {
            line.thresholds = Some(value::thresholds(word, verb.row())?);
            Table::default()
        }
        (Value::Metrics, Some(word)) => {
            line.metrics = Some(value::metrics(word, verb.row())?);
            Table::default()
        }
        (_, Some(word)) => TABLES
            .iter()
            .find(|(name, _)| !word.is_empty() && name.as_bytes().starts_with(word))
            .map(|&(_, table)| table)
            .ok_or_else(|| Complaint::UnknownTable(text(word)))?,
        (_, None) => Table::default(),
    };
    match table {
        _ if verb.command().on(table).is_some() => {}
        Table::Expect => return Err(Complaint::NotOnExpectations(verb.row().name())),
        _ => return Err(Complaint::TableCommand),
    }
    if line.verb.is_some() {
        return Err(Complaint::CommandsCombination);
    }
    (line.verb, line.table) = (Some(verb), table);
    Ok(())
}

/// A protocol by one of the eight names, by the system's names, or by number.
pub(super) fn protocol(word: &[u8]) -> Result<ProtocolChoice, Complaint> {
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
pub(super) fn set_protocol(line: &mut Line, protocol: ProtocolChoice) {
    line.note(Param::Protonum);
    let before = line.protocol.replace(protocol);
    let Some(former) = before.filter(|before| before.number != protocol.number) else { return };
    let rows = || protocol.known.into_iter().flat_map(Protocol::rows);
    let kept =
        |field| field != Field::State && rows().any(|row| matches!(row.id, Id::Own(_, own) if own == field));
    // Those of the former one first: they are named as they were given.
    for row in former.known.into_iter().chain(&PROTOCOLS).flat_map(Protocol::rows) {
        match row.id {
            Id::Own(_, field) if !kept(field) && line.field(field).is_some() => {
                line.set_field(field, None);
                line.replaced.get_or_insert(row.name());
            }
            _ => {}
        }
    }
}

/// Takes an option of a protocol, if it is an option of the last one given.
pub(super) fn set_field(line: &mut Line, field: Field, item: Item<'_>) -> Result<(), Complaint> {
    let known = line.protocol.and_then(|protocol| protocol.known);
    let own = known.filter(|protocol| protocol.rows().any(|row| std::ptr::eq(row, item.row)));
    let Some(protocol) = own else {
        line.replaced.get_or_insert(item.row.name());
        return Ok(());
    };
    let (option, word) = (item.row, item.value.certain().unwrap_or_default());
    if let Some(list) = line.lists.ports.get_mut(field as usize) {
        list.clear();
        if let Some(ports) = (option.value == Value::Port).then(|| value::ports(word, option)).flatten() {
            set_ports(line, field, item, ports);
            return Ok(());
        }
    }
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
    let number = line.or_late(number).unwrap_or_default();
    line.set_field(field, Some(number));
    Ok(())
}

/// Takes several ports; a range of one is one port.
fn set_ports(
    line: &mut Line,
    field: Field,
    item: Item<'_>,
    ports: Result<Vec<RangeInclusive<u16>>, Complaint>,
) {
    let ports = line.or_late(ports).unwrap_or_default();
    let word = text(item.value.unwrap_or_default());
    let one_port = Complaint::ValueBecause(word, item.row.as_typed(), "this command takes one port");
    line.lists.one_port.get_or_insert(one_port);
    line.set_field(field, Some(ports.first().map_or(0, |range| u32::from(*range.start()))));
    let is_one = ports.len() == 1 && ports.iter().all(|range| range.start() == range.end());
    if let Some(list) = line.lists.ports.get_mut(field as usize).filter(|_| !is_one) {
        *list = ports;
    }
}

/// Takes several addresses for an option that names one end of a connection.
fn set_addresses(line: &mut Line, row: &Row, at: usize, word: &[u8]) -> Result<IpAddr, Complaint> {
    let read = |word: &[u8], family: &mut Option<Family>| match row.value {
        Value::Network => value::network(word, family),
        _ => value::address(word, row.name(), family).map(|address| (address, None)),
    };
    // What is wrong with the word as one address.
    let one = read(word, &mut line.family.clone()).err().certain().unwrap_or(Complaint::Netmask);
    let mut list = Vec::new();
    for item in word.split(|&byte| byte == b',') {
        let (address, mask) = read(item, &mut line.family).map_err(|complaint| match complaint {
            Complaint::MixedFamilies => complaint,
            _ => one.clone(),
        })?;
        list.push(AddressMask { address, mask });
    }
    line.lists.one_address.get_or_insert(one);
    let first = list.first().certain().map(|first| first.address);
    if let Some(slot) = line.lists.addresses.get_mut(at).certain() {
        *slot = list;
    }
    first.ok_or(Complaint::Netmask)
}

fn set_address(line: &mut Line, param: Param, row: &Row, word: &[u8]) -> Result<(), Complaint> {
    let end = [Param::Src, Param::Dst, Param::ReplySrc, Param::ReplyDst].iter().position(|end| *end == param);
    if let Some(list) = end.and_then(|end| line.lists.addresses.get_mut(end)) {
        list.clear();
    }
    let (address, mask) = match (end, row.value) {
        (Some(end), _) if word.contains(&b',') => (set_addresses(line, row, end, word)?, None),
        (_, Value::Network) => value::network(word, &mut line.family)?,
        _ => (value::address(word, row.name(), &mut line.family)?, None),
    };
    let (masks, slot) = match param {
        Param::Src => (&mut line.src_masks, &mut line.orig.src),
        Param::Dst => (&mut line.dst_masks, &mut line.orig.dst),
        Param::ReplySrc => (&mut line.src_masks, &mut line.reply.src),
        Param::ReplyDst => (&mut line.dst_masks, &mut line.reply.dst),
        Param::TupleSrc => (&mut line.src_masks, &mut line.tuple.src),
        Param::TupleDst => (&mut line.dst_masks, &mut line.tuple.dst),
        Param::MaskSrc => (&mut line.src_masks, &mut line.mask.src),
        _ => (&mut line.dst_masks, &mut line.mask.dst),
    };
    *slot = Some(address);
    let mask = if matches!(param, Param::MaskSrc | Param::MaskDst) { Some(address) } else { mask };
    masks.retain(|&(option, _)| option != param);
    masks.extend(mask.map(|mask| (param, mask)));
    Ok(())
}

fn set_nat(line: &mut Line, param: Param, item: Item<'_>) -> Result<(), Complaint> {
    // The option once more without a target leaves the target that was given.
    let Some(word) = item.value else { return Ok(()) };
    let target = value::nat_target(word, item.row.name(), &mut line.family)?;
    let slot = match param {
        Param::SrcNat => &mut line.source_nat,
        Param::DstNat => &mut line.destination_nat,
        _ => &mut line.any_nat,
    };
    *slot = Some(target);
    Ok(())
}

fn add_formats(line: &mut Line, word: &[u8]) -> Result<(), Complaint> {
    line.formats |= value::formats(word)?;
    let alone = Formats::SAVE | Formats::USERSPACE;
    if line.formats.contains(Formats::SAVE) && !line.formats.difference(alone).is_empty() {
        return Err(Complaint::SaveCombination);
    }
    Ok(())
}

pub(super) fn add_labels(line: &mut Line, param: Param, word: Option<&[u8]>) -> Result<(), Complaint> {
    let names = word.into_iter().flat_map(|word| word.split(|&byte| byte == b',')).map(<[u8]>::to_vec);
    match param {
        Param::LabelAdd => line.names.add.extend(names),
        Param::LabelDel => {
            line.names.del.extend(names);
            // The mask is a place-holder until the names are looked up.
            let named = word.map(|_| Bitmask::default());
            line.label_del = Some(named.filter(|_| line.label_del != Some(None)));
        }
        _ => line.names.wanted.extend(names),
    }
    if line.has(Param::LabelAdd) && line.has(Param::LabelDel) {
        return Err(Complaint::LabelAddAndDel);
    }
    Ok(())
}

fn set_labelmap(line: &mut Line, row: &Row, word: &[u8]) -> Result<(), Complaint> {
    if line.labelmap_path.is_some() {
        return Err(Complaint::OnlyOnce(row.name()));
    }
    if word.is_empty() {
        return Err(Complaint::BadParameter(String::new()));
    }
    line.labelmap_path = Some(PathBuf::from(std::ffi::OsStr::from_bytes(word)));
    Ok(())
}
