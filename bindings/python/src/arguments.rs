// SPDX-License-Identifier: GPL-2.0-or-later
//! Reading arguments: keywords by a table, numbers within their range, names of protocols and states.
//!
//! A value of a wrong type is a `TypeError`, one outside of its range a `ValueError`; each names its argument.

use netfilter_conntrack::format::tables;
use netfilter_conntrack::{Bitmask, DccpState, SctpState, State, TcpState, consts};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyByteArray, PyBytes, PyDict, PyInt, PyMemoryView, PyRange, PyString};

/// Reads the value of a keyword into `T`.
pub type Read<T> = fn(&mut T, &str, &Bound<'_, PyAny>) -> PyResult<()>;

/// Reads all keywords by their rows. `None` is a keyword that was not given.
pub fn read_all<T>(rows: &[(&str, Read<T>)], to: &mut T, words: Option<&Bound<'_, PyDict>>) -> PyResult<()> {
    let Some(words) = words else { return Ok(()) };
    for (name, value) in words.iter() {
        let name: String = name.extract()?;
        let Some((_, read)) = rows.iter().find(|(known, _)| *known == name) else {
            return Err(PyTypeError::new_err(format!("there is no argument {name:?}")));
        };
        if !value.is_none() {
            read(to, &name, &value)?;
        }
    }
    Ok(())
}

/// Puts a value that was read into its place.
pub fn set<T>(place: &mut Option<T>, value: PyResult<T>) -> PyResult<()> {
    *place = Some(value?);
    Ok(())
}

/// The exception for a value that an argument cannot have.
pub fn bad(name: &str, reason: &str) -> PyErr {
    PyValueError::new_err(format!("{name}: {reason}"))
}

/// The exception for a value of another type.
pub fn wrong_type(name: &str, wanted: &str, value: &Bound<'_, PyAny>) -> PyErr {
    let found = value.get_type().name().map_or_else(|_| "another type".to_string(), |name| name.to_string());
    PyTypeError::new_err(format!("{name} is {wanted}, not {found}"))
}

/// A whole number in the range of `T`.
pub fn whole_number<T: TryFrom<u64>>(name: &str, value: &Bound<'_, PyAny>) -> PyResult<T> {
    if !value.is_instance_of::<PyInt>() || value.is_instance_of::<PyBool>() {
        return Err(wrong_type(name, "a whole number", value));
    }
    let number = value.extract::<u64>().ok().and_then(|number| T::try_from(number).ok());
    number.ok_or_else(|| bad(name, &format!("{} is out of range", shown(value))))
}

/// A value in a message. Python does not write numbers of thousands of digits.
pub fn shown(value: &Bound<'_, PyAny>) -> String {
    value.repr().map_or_else(|_| "the value".to_string(), |text| text.to_string_lossy().into_owned())
}

/// A text: its characters, whatever a subclass, such as an `enum`, prints.
pub fn text(name: &str, value: &Bound<'_, PyAny>) -> PyResult<String> {
    let text = value.cast::<PyString>().map_err(|_| wrong_type(name, "a text", value))?;
    text.to_cow()
        .map(|text| text.into_owned())
        .map_err(|_| bad(name, "it has a surrogate, which is no character"))
}

/// A protocol: its name or its number.
pub fn protocol(name: &str, value: &Bound<'_, PyAny>) -> PyResult<u8> {
    if !value.is_instance_of::<PyString>() {
        return whole_number(name, value);
    }
    let text = text(name, value)?;
    let row = tables::L4.iter().find(|(_, known)| known.eq_ignore_ascii_case(&text));
    row.map(|(number, _)| *number).ok_or_else(|| bad(name, &format!("there is no protocol {text:?}")))
}

/// A family: `"ipv4"` or `"ipv6"`, 4 or 6, or its number (`socket.AF_INET`).
pub fn family(name: &str, value: &Bound<'_, PyAny>) -> PyResult<u8> {
    let text = if value.is_instance_of::<PyString>() {
        text(name, value)?
    } else {
        whole_number::<u8>(name, value)?.to_string()
    };
    match text.as_str() {
        "ipv4" | "4" | "2" => Ok(consts::AF_INET),
        "ipv6" | "6" | "10" => Ok(consts::AF_INET6),
        _ => Err(bad(name, &format!("there is no family {text:?}"))),
    }
}

/// The state of a protocol by its name, in either case.
pub fn state(name: &str, text: &str, protocol: u8) -> PyResult<State> {
    let upper = text.to_ascii_uppercase();
    let found = match protocol {
        consts::IPPROTO_TCP => TcpState::from_name(&upper).map(State::Tcp),
        consts::IPPROTO_SCTP => SctpState::from_name(&upper).map(State::Sctp),
        consts::IPPROTO_DCCP => DccpState::from_name(&upper).map(State::Dccp),
        _ => return Err(bad(name, "only tcp, sctp and dccp have states")),
    };
    found.ok_or_else(|| bad(name, &format!("the protocol has no state {text:?}")))
}

/// The values of a sequence or a set, or the one value. A text, bytes and a range are one value.
pub fn each<T>(
    name: &str,
    value: &Bound<'_, PyAny>,
    read: impl Fn(&str, &Bound<'_, PyAny>) -> PyResult<T>,
) -> PyResult<Vec<T>> {
    let values = if is_many(value)? { all(name, value, read)? } else { vec![read(name, value)?] };
    if values.is_empty() { Err(bad(name, "the list is empty")) } else { Ok(values) }
}

fn all<T>(
    name: &str,
    values: &Bound<'_, PyAny>,
    read: impl Fn(&str, &Bound<'_, PyAny>) -> PyResult<T>,
) -> PyResult<Vec<T>> {
    let mut all = Vec::new();
    for value in values.try_iter()? {
        all.push(read(name, &value?)?); // not collect(), which asks for a length: some iterators raise then
    }
    Ok(all)
}

fn is_many(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    if value.is_instance_of::<PyString>() || value.is_instance_of::<PyRange>() {
        return Ok(false);
    }
    let is_bytes = value.is_instance_of::<PyBytes>() || value.is_instance_of::<PyByteArray>();
    if is_bytes || value.is_instance_of::<PyMemoryView>() {
        return Ok(false);
    }
    let kinds = value.py().import("collections.abc")?;
    Ok(value.is_instance(&kinds.getattr("Sequence")?)? || value.is_instance(&kinds.getattr("Set")?)?)
}

/// Labels, by their bits: at least one.
pub fn labels(name: &str, value: &Bound<'_, PyAny>) -> PyResult<Bitmask> {
    let labels = all_labels(name, value)?;
    if labels.iter().next().is_some() { Ok(labels) } else { Err(bad(name, "the list is empty")) }
}

/// Labels, by their bits; an empty list is an entry's without labels.
pub fn all_labels(name: &str, value: &Bound<'_, PyAny>) -> PyResult<Bitmask> {
    let is_list = value.is_instance_of::<PyRange>() || is_many(value)?;
    let bits = if is_list { all(name, value, label)? } else { vec![label(name, value)?] };
    let mut mask = Bitmask::new(127).ok_or_else(|| bad(name, "there is no memory"))?;
    bits.into_iter().for_each(|bit| mask.set(bit));
    Ok(mask)
}

fn label(name: &str, value: &Bound<'_, PyAny>) -> PyResult<u32> {
    match whole_number(name, value)? {
        bit @ 0..=127 => Ok(bit),
        _ => Err(bad(name, "a label is a bit from 0 to 127")),
    }
}
