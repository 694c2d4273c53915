// SPDX-License-Identifier: GPL-2.0-or-later
//! A flow and an expectation as one JSON object on one line: every known fact, by the names of [`facts`](super::facts).
//!
//! Guarantees: the line is JSON in UTF-8 for every object; a fact that is not known is left out with its key; times are
//! seconds since 1970 with nine decimals, addresses are strings, and everything else that is a number is a number. A
//! text that is not UTF-8 has U+FFFD in place of the wrong bytes, and all its bytes in hexadecimal under its key with
//! `_hex` after it, so that nothing is lost. `docs/flow.schema.json` describes the line.

#![forbid(unsafe_code)]

use super::facts::{self, Key, PARTS, Part, Read, Row, Value};
use super::json::Json;
use super::out::Out;
use super::text::label_names;
use super::{Clock, Origin, Style};
use crate::bitmask::Bitmask;
use crate::codec::EventKind;
use crate::expect::{ExpectAttr, Expectation};
use crate::flow::Flow;
use crate::label::LabelMap;
use std::fmt;
use std::net::IpAddr;

const NANOS: u64 = 1_000_000_000;

/// The flags of an expectation.
const FLAGS: &[&str; 32] = &facts::bits(["permanent", "inactive", "userspace"]);

/// The tuples of an expectation, by their keys.
const TUPLES: [(&str, ExpectAttr); 4] = [
    ("expected", ExpectAttr::Expected),
    ("mask", ExpectAttr::Mask),
    ("master", ExpectAttr::Master),
    ("nat", ExpectAttr::NatTuple),
];

type Object<'o, 'b> = Json<&'o mut Out<'b>>;

/// Writes a flow.
pub(super) fn flow(out: &mut Out<'_>, flow: &Flow, style: &Style<'_>) {
    let written = Json::new(out).object(|json| {
        event(json, style, flow.event_nanos())?;
        for part in PARTS.iter().filter(|part| part.concerns(flow) && !part.is_unused(flow)) {
            match part.within {
                None => members(json, part, flow, style.labels)?,
                Some(_) => {
                    key(json, &part.key)?;
                    json.object(|json| members(json, part, flow, None))?;
                }
            }
        }
        duration(json, flow, style)?;
        origin(json, style.origin)
    });
    debug_assert_eq!(written, Ok(()), "a buffer takes everything");
}

/// Writes an expectation.
pub(super) fn expectation(out: &mut Out<'_>, expect: &Expectation, style: &Style<'_>) {
    let number = |attr| expect.number(attr);
    let written = Json::new(out).object(|json| {
        event(json, style, None)?;
        members(json, &facts::ABOUT, &expect.head(ExpectAttr::Expected), None)?;
        json.member("timeout_secs", number(ExpectAttr::Timeout))?;
        for (name, which) in TUPLES {
            tuple(json, name, &expect.head(which), number(ExpectAttr::NatDir))?;
        }
        json.member("zone", number(ExpectAttr::Zone))?;
        if let Some(flags) = number(ExpectAttr::Flags) {
            json.array_member("flags", |json| json.values(facts::names(flags, FLAGS)))?;
        }
        json.member("class", number(ExpectAttr::Class))?;
        for (name, attr) in [("helper", ExpectAttr::HelperName), ("function", ExpectAttr::Fn)] {
            expect.text(attr).map_or(Ok(()), |text| bytes(json, name, text))?;
        }
        origin(json, style.origin)
    });
    debug_assert_eq!(written, Ok(()), "a buffer takes everything");
}

/// Writes the object that stands in a stream of events for those that were lost there: `count` of them, where known.
pub(super) fn loss(out: &mut Out<'_>, count: Option<u64>, clock: Clock) {
    let written = Json::new(out).object(|json| {
        json.member("event", "lost")?;
        time(json, "time", clock.now_nanos())?;
        json.member("count", count)
    });
    debug_assert_eq!(written, Ok(()), "a buffer takes everything");
}

/// A tuple of an expectation, if it has one; the translated one also has its direction.
fn tuple(json: &mut Object<'_, '_>, name: &str, head: &Flow, nat_dir: Option<u32>) -> fmt::Result {
    if facts::ORIG.of(head).next().is_none() {
        return Ok(());
    }
    json.object_member(name, |json| {
        if let Some(direction) = nat_dir.filter(|_| name == "nat") {
            json.member("direction", if direction == 0 { "orig" } else { "reply" })?;
        }
        members(json, &facts::ORIG, head, None)
    })
}

/// The kind of event, and when it happened: by the kernel, or else now.
fn event(json: &mut Object<'_, '_>, style: &Style<'_>, nanos: Option<u64>) -> fmt::Result {
    let Some(kind) = style.event else { return Ok(()) };
    let name = match kind {
        EventKind::New => "new",
        EventKind::Update => "update",
        EventKind::Destroy => "destroy",
    };
    json.member("event", name)?;
    time(json, "time", nanos.unwrap_or_else(|| style.clock.now_nanos()))
}

/// The known facts of a part.
#[inline(always)]
fn members(json: &mut Object<'_, '_>, part: &Part, flow: &Flow, map: Option<&LabelMap>) -> fmt::Result {
    for row in part.rows.iter().filter(|row| row.concerns(flow)) {
        match row.read {
            Read::Number(read) => {
                key(json, &row.key)?;
                json.value_by(|out| out.number(read(flow)))?;
            }
            Read::Other(read) => {
                if let Some(value) = read(flow) {
                    member(json, row, value, flow, map)?;
                }
            }
        }
    }
    Ok(())
}

fn member(
    json: &mut Object<'_, '_>,
    row: &Row,
    value: Value<'_>,
    flow: &Flow,
    map: Option<&LabelMap>,
) -> fmt::Result {
    match value {
        Value::Bytes(text) => return bytes(json, row.name, text),
        Value::Labels(mask) => return labels(json, row.name, mask, flow, map),
        Value::Time(_) if row.name == "event_time" => return Ok(()), // stands at the start
        _ => key(json, &row.key)?,
    }
    match value {
        Value::Number(number) => json.value_by(|out| out.number(number)),
        Value::Time(nanos) => json.value_by(|out| seconds(out, nanos)),
        Value::Address(value) => json.value_by(|out| address(out, value)),
        Value::Name(name) => json.value_by(|out| quoted(out, name)),
        Value::Names(mut names) => {
            json.array(|json| names.try_for_each(|name| json.value_by(|out| quoted(out, name))))
        }
        Value::Bytes(_) | Value::Labels(_) => Ok(()),
    }
}

/// A key of this crate.
#[inline(always)]
fn key(json: &mut Object<'_, '_>, (text, len): &Key) -> fmt::Result {
    json.key_by(|out| out.put_start(text, *len))
}

/// A moment, or a length of time, in seconds.
fn seconds(out: &mut Out<'_>, nanos: u64) {
    out.number(nanos / NANOS);
    out.put(b".");
    out.nine_digits(nanos % NANOS);
}

fn time(json: &mut Object<'_, '_>, name: &str, nanos: u64) -> fmt::Result {
    json.key(name)?;
    json.value_by(|out| seconds(out, nanos))
}

#[inline(never)] // seldom
fn labels(
    json: &mut Object<'_, '_>,
    name: &str,
    mask: &Bitmask,
    flow: &Flow,
    map: Option<&LabelMap>,
) -> fmt::Result {
    json.array_member(name, |json| json.values(mask.iter()))?;
    match map.filter(|_| name == "labels") {
        Some(map) => json.array_member("label_names", |json| json.values(label_names(flow, map))),
        None => Ok(()),
    }
}

/// Text or data from outside.
#[inline(never)] // seldom
fn bytes(json: &mut Object<'_, '_>, name: &str, text: &[u8]) -> fmt::Result {
    json.member(name, text)?;
    if std::str::from_utf8(text).is_ok() {
        return Ok(());
    }
    json.key_by(|out| {
        out.put(b"\"");
        out.put(name.as_bytes());
        out.put(b"_hex\":");
    })?;
    json.value_by(|out| {
        out.put(b"\"");
        text.iter().for_each(|&byte| out.hex_pair(byte));
        out.put(b"\"");
    })
}

fn address(out: &mut Out<'_>, address: IpAddr) {
    out.put(b"\"");
    match address {
        IpAddr::V4(address) => out.ipv4(address.octets()),
        IpAddr::V6(address) => out.ipv6(address.segments()),
    }
    out.put(b"\"");
}

/// A name of this crate, which needs no escapes.
fn quoted(out: &mut Out<'_>, name: &str) {
    out.put(b"\"");
    out.put_short(name.as_bytes());
    out.put(b"\"");
}

/// How long the flow has lasted: until it stopped, or until now. A clock that was set back leaves it unknown.
fn duration(json: &mut Object<'_, '_>, flow: &Flow, style: &Style<'_>) -> fmt::Result {
    let Some(start) = flow.start_nanos() else { return Ok(()) };
    let end = flow.stop_nanos().unwrap_or_else(|| style.clock.now_nanos());
    end.checked_sub(start).map_or(Ok(()), |nanos| time(json, "duration_secs", nanos))
}

fn origin(json: &mut Object<'_, '_>, origin: Option<Origin<'_>>) -> fmt::Result {
    let Some(Origin { port_id, program }) = origin else { return Ok(()) };
    json.object_member("origin", |json| {
        json.member("port_id", port_id)?;
        program.map_or(Ok(()), |name| bytes(json, "program", name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::Attr;

    fn written(flow: &Flow, style: &Style<'_>) -> String {
        let mut buf = [0; 2048];
        let mut out = Out::new(&mut buf);
        super::flow(&mut out, flow, style);
        let len = out.len();
        String::from_utf8(buf[..len].to_vec()).unwrap()
    }

    #[test]
    fn text_that_is_not_utf8_loses_nothing() {
        for (name, expected) in [
            (&b"ftp"[..], r#"{"helper":"ftp"}"#),
            (b"f\xfftp", "{\"helper\":\"f\u{fffd}tp\",\"helper_hex\":\"66ff7470\"}"),
            (b"\xc3", "{\"helper\":\"\u{fffd}\",\"helper_hex\":\"c3\"}"),
            (b"a\"\n\x1b", r#"{"helper":"a\"\n\u001b"}"#),
            (b"", r#"{"helper":""}"#),
        ] {
            let mut flow = Flow::new();
            flow.set_helper_name(name);
            assert_eq!(written(&flow, &Style::default()), expected);
        }
    }

    #[test]
    fn a_program_that_caused_an_event_is_named() {
        let mut style = Style { event: Some(EventKind::New), clock: Clock::Fixed(9), ..Style::default() };
        style.origin = Some(Origin { port_id: 4_294_967_295, program: Some(b"a\xffb") });
        let expected = "{\"event\":\"new\",\"time\":9.000000000,\"origin\":{\"port_id\":4294967295,\
            \"program\":\"a\u{fffd}b\",\"program_hex\":\"61ff62\"}}";
        assert_eq!(written(&Flow::new(), &style), expected);
        style.clock = Clock::FixedNanos(9_000_000_001);
        assert!(written(&Flow::new(), &style).starts_with("{\"event\":\"new\",\"time\":9.000000001,"));
        style.origin = Some(Origin { port_id: 7, program: None });
        assert!(written(&Flow::new(), &style).ends_with(",\"origin\":{\"port_id\":7}}"));
    }

    #[test]
    fn every_attribute_is_in_the_object_by_the_name_of_its_fact() {
        for row in &crate::flow::attr::ROWS {
            let mut flow = Flow::new();
            flow.set_bytes(Attr::OrigL4proto, &[6]);
            flow.note(row.attr);
            let unused = PARTS.iter().find(|part| part.concerns(&flow) && part.is_unused(&flow));
            if let Some(name) = unused.and_then(|part| part.within) {
                assert!(matches!(name, "seq_orig" | "seq_reply" | "synproxy"), "{name}");
                assert_eq!(written(&flow, &Style::default()), r#"{"protocol":"tcp","protocol_number":6}"#);
                flow.set_bytes(row.attr, &[1; 4]);
            }
            let object = written(&flow, &Style::default());
            for fact in facts::of(&flow).filter(|fact| fact.name != "event_time") {
                assert!(object.contains(&format!("\"{}\":", fact.name)), "{object}: {fact:?}");
            }
        }
    }
}
