// SPDX-License-Identifier: GPL-2.0-or-later
//! The conditions of `list`, `count`, `delete` and `events` as a selector: one row for each keyword.

use crate::address::{address, network};
use crate::arguments::{
    Read, bad, each, family, labels, protocol, read_all, set, shown, state, text, whole_number,
};
use netfilter_conntrack::{AddressMask, Masked, NatSelector, Selector, consts};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyRange, PyTuple};
use std::ops::RangeInclusive;

/// A selector that is being read. A state is read last: its number depends on the protocol.
#[derive(Default)]
struct Conditions {
    selector: Selector,
    state: Option<String>,
}

const ROWS: &[(&str, Read<Conditions>)] = &[
    ("family", |to, name, value| set(&mut to.selector.family, family(name, value))),
    ("proto", |to, name, value| set(&mut to.selector.protocol, protocol(name, value))),
    ("src", |to, name, value| put(&mut to.selector.orig.srcs, each(name, value, network))),
    ("dst", |to, name, value| put(&mut to.selector.orig.dsts, each(name, value, network))),
    ("sport", |to, name, value| put(&mut to.selector.orig.src_ports, each(name, value, numbers))),
    ("dport", |to, name, value| put(&mut to.selector.orig.dst_ports, each(name, value, numbers))),
    ("reply_src", |to, name, value| put(&mut to.selector.reply.srcs, each(name, value, network))),
    ("reply_dst", |to, name, value| put(&mut to.selector.reply.dsts, each(name, value, network))),
    ("reply_sport", |to, name, value| put(&mut to.selector.reply.src_ports, each(name, value, numbers))),
    ("reply_dport", |to, name, value| put(&mut to.selector.reply.dst_ports, each(name, value, numbers))),
    ("icmp_type", |to, name, value| set(&mut to.selector.icmp.kind, whole_number(name, value))),
    ("icmp_code", |to, name, value| set(&mut to.selector.icmp.code, whole_number(name, value))),
    ("icmp_id", |to, name, value| set(&mut to.selector.icmp.id, whole_number(name, value))),
    ("state", |to, name, value| set(&mut to.state, text(name, value))),
    ("mark", |to, name, value| set(&mut to.selector.mark, masked(name, value))),
    ("status", |to, name, value| put(&mut to.selector.status, all_bits(name, value))),
    ("zone", |to, name, value| set(&mut to.selector.zone, whole_number(name, value))),
    ("id", |to, name, value| set(&mut to.selector.id, whole_number(name, value))),
    ("labels", |to, name, value| set(&mut to.selector.labels, labels(name, value))),
    ("timeout", |to, name, value| set(&mut to.selector.remaining_secs, numbers(name, value))),
    ("nat", nat),
    ("nat_address", |to, name, value| translated(to, |nat| set(&mut nat.address, address(name, value)))),
];

fn put<T>(place: &mut T, value: PyResult<T>) -> PyResult<()> {
    *place = value?;
    Ok(())
}

/// The names of all conditions.
pub fn names() -> Vec<&'static str> {
    ROWS.iter().map(|(name, _)| *name).collect()
}

/// The selector of these keywords.
pub fn selector(words: Option<&Bound<'_, PyDict>>) -> PyResult<Selector> {
    let mut read = Conditions::default();
    read_all(ROWS, &mut read, words)?;
    let Conditions { mut selector, state: name } = read;
    if let Some(name) = name {
        let protocol = *selector.protocol.get_or_insert(consts::IPPROTO_TCP);
        selector.state = Some(state("state", &name, protocol)?.number());
    }
    check_families(&mut selector)?;
    singles(&mut selector);
    Ok(selector)
}

/// The selector of a deletion. `None` is refused there: what a program failed to find out would select more.
pub fn of_deletion(words: Option<&Bound<'_, PyDict>>) -> PyResult<Selector> {
    for (name, value) in words.into_iter().flat_map(|words| words.iter()) {
        if value.is_none() {
            return Err(PyTypeError::new_err(format!(
                "{name} is None: delete() takes no condition without a value"
            )));
        }
    }
    selector(words)
}

/// All addresses are of one family, which is the selector's.
fn check_families(selector: &mut Selector) -> PyResult<()> {
    let tuples = [&selector.orig, &selector.reply];
    let lists = tuples.into_iter().flat_map(|tuple| tuple.srcs.iter().chain(&tuple.dsts));
    let translated = [selector.source_nat, selector.destination_nat, selector.any_nat];
    let translated = translated.into_iter().flatten().filter_map(|nat| nat.address);
    let mut families =
        lists.map(|listed| listed.address).chain(translated).map(number_of).chain(selector.family);
    let Some(first) = families.next() else { return Ok(()) };
    if families.any(|family| family != first) {
        return Err(bad("family", "the addresses are of two families"));
    }
    drop(families);
    selector.family = Some(first);
    Ok(())
}

/// The number of an address's family.
pub fn number_of(address: std::net::IpAddr) -> u8 {
    if address.is_ipv4() { consts::AF_INET } else { consts::AF_INET6 }
}

/// Lists of one value become that value, which the kernel checks on more versions.
fn singles(selector: &mut Selector) {
    for tuple in [&mut selector.orig, &mut selector.reply] {
        single(&mut tuple.src, &mut tuple.srcs, |address: &AddressMask| Some(*address));
        single(&mut tuple.dst, &mut tuple.dsts, |address| Some(*address));
        let port = |range: &RangeInclusive<u16>| (range.start() == range.end()).then(|| *range.start());
        single(&mut tuple.src_port, &mut tuple.src_ports, port);
        single(&mut tuple.dst_port, &mut tuple.dst_ports, port);
    }
}

fn single<L, T>(place: &mut Option<T>, list: &mut Vec<L>, value: impl Fn(&L) -> Option<T>) {
    if let [only] = list.as_slice() {
        if let Some(value) = value(only) {
            *place = Some(value);
            list.clear();
        }
    }
}

/// A number, or a `range` of numbers, which ends before its last bound as every range does.
fn numbers<T: TryFrom<u64> + Copy>(name: &str, value: &Bound<'_, PyAny>) -> PyResult<RangeInclusive<T>> {
    if !value.is_instance_of::<PyRange>() {
        return whole_number(name, value).map(|number: T| number..=number);
    }
    let (first, after) = bounds(name, value)?;
    let in_range = |number: u64| {
        T::try_from(number).map_err(|_| bad(name, &format!("{} is out of range", shown(value))))
    };
    Ok(in_range(first)?..=in_range(after - 1)?)
}

/// The bounds of a `range` that is not empty and leaves nothing out.
fn bounds(name: &str, value: &Bound<'_, PyAny>) -> PyResult<(u64, u64)> {
    let bound = |which| value.getattr(which).ok()?.extract::<u64>().ok(); // none is negative
    match (bound("start"), bound("stop"), bound("step")) {
        (Some(first), Some(after), Some(1)) if first < after => Ok((first, after)),
        _ => Err(bad(name, &format!("{} is empty, or leaves numbers out, or is out of range", shown(value)))),
    }
}

/// A number, or a pair of a number and the mask of the bits that count.
fn masked(name: &str, value: &Bound<'_, PyAny>) -> PyResult<Masked> {
    let Ok(pair) = value.cast::<PyTuple>() else {
        return Ok(Masked { value: whole_number(name, value)?, mask: u32::MAX });
    };
    if pair.len() != 2 {
        return Err(bad(name, "a pair is a number and a mask"));
    }
    let masked = Masked {
        value: whole_number(name, &pair.get_item(0)?)?,
        mask: whole_number(name, &pair.get_item(1)?)?,
    };
    match masked {
        Masked { mask: 0, .. } => Err(bad(name, "with this mask no bit counts")),
        Masked { value, mask } if value & !mask != 0 => {
            Err(bad(name, "no entry has bits outside of the mask"))
        }
        _ => Ok(masked),
    }
}

/// Status bits that must all be set.
fn all_bits(name: &str, value: &Bound<'_, PyAny>) -> PyResult<Masked> {
    match whole_number(name, value)? {
        0 => Err(bad(name, "no bit is set")),
        bits => Ok(Masked { value: bits, mask: bits }),
    }
}

/// Which translation an entry has: of its source, of its destination, or any.
fn nat(to: &mut Conditions, name: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
    let nat = NatSelector::default();
    let address = to.selector.any_nat.take().unwrap_or(nat);
    match text(name, value)?.as_str() {
        "source" => to.selector.source_nat = Some(address),
        "destination" => to.selector.destination_nat = Some(address),
        "any" => to.selector.any_nat = Some(address),
        _ => return Err(bad(name, "it is \"source\", \"destination\" or \"any\"")),
    }
    Ok(())
}

/// Sets a part of the translation that `nat` has named, or of any.
fn translated(to: &mut Conditions, set: impl FnOnce(&mut NatSelector) -> PyResult<()>) -> PyResult<()> {
    let selector = &mut to.selector;
    match (&mut selector.source_nat, &mut selector.destination_nat) {
        (Some(nat), _) | (_, Some(nat)) => set(nat),
        _ => set(selector.any_nat.get_or_insert_default()),
    }
}
