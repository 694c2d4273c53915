// SPDX-License-Identifier: GPL-2.0-or-later
//! A flow as one line of text: fields in a fixed order, each with a blank after it.
//!
//! Addresses follow the stored family of their tuple, protocol fields its stored protocol; all other fields
//! follow the presence of their attribute.

#![forbid(unsafe_code)]

use super::out::Out;
use super::tables::{self, MONTHS, WEEKDAYS, l3_name, l4_name, state_name};
use super::{Clock, Flags, Style};
use crate::codec::EventKind;
use crate::error::{Error, Result};
use crate::flow::storage::field as place;
use crate::flow::tuple::{L4Kind, l4_kind};
use crate::flow::{Attr, Counters, Dir, Flow, Tuple};
use crate::label::LabelMap;
use crate::sys::clock;
use crate::wire::Certain;
use crate::wire::consts::{AF_INET, AF_INET6, IPS_ASSURED, IPS_HW_OFFLOAD, IPS_OFFLOAD, IPS_SEEN_REPLY};

/// Width to which a protocol's name is filled with blanks.
const NAME_WIDTH: usize = 8;
const NANOS: u64 = 1_000_000_000;

/// Writes a flow, with a blank (after labels a comma or `=`) at its end.
pub(super) fn flow(out: &mut Out<'_>, flow: &Flow, style: &Style<'_>) -> Result<()> {
    event(out, style.event);
    if style.flags.contains(Flags::LAYER3) {
        let l3 = flow.u8(Attr::OrigL3proto).ok_or(Error::Invalid("the flow has no address family"))?;
        protocol(out, l3_name(l3), l3);
    }
    let l4 = flow.u8(Attr::OrigL4proto).ok_or(Error::Invalid("the flow has no protocol"))?;
    protocol(out, l4_name(l4), l4);
    field(out, b"", flow.timeout_secs());
    states(out, flow);
    direction(out, flow, Dir::Orig);
    if flow.status().is_some_and(|status| status & IPS_SEEN_REPLY == 0) {
        out.put(b"[UNREPLIED] ");
    }
    direction(out, flow, Dir::Reply);
    status(out, flow);
    field(out, b"mark=", flow.mark());
    field(out, b"secmark=", flow.secmark());
    if flow.is_set(Attr::Secctx) {
        name(out, b"secctx=", security_context(flow));
    }
    field(out, b"zone=", flow.zone());
    times(out, flow, style);
    if let Some(helper) = flow.helper_name() {
        name(out, b"helper=", helper);
    }
    field(out, b"use=", flow.use_count());
    if style.flags.contains(Flags::ID) {
        field(out, b"id=", flow.id());
    }
    if let Some(map) = style.labels {
        labels(out, flow, map);
    }
    Ok(())
}

/// The kind of event, right-aligned.
pub(super) fn event(out: &mut Out<'_>, event: Option<EventKind>) {
    match event {
        Some(EventKind::New) => out.put(b"    [NEW] "),
        Some(EventKind::Update) => out.put(b" [UPDATE] "),
        Some(EventKind::Destroy) => out.put(b"[DESTROY] "),
        None => {}
    }
}

fn protocol(out: &mut Out<'_>, name: &str, number: u8) {
    out.put(name.as_bytes());
    out.put(b"         ".get(..(NAME_WIDTH + 1).saturating_sub(name.len())).certain());
    out.number(number);
    out.put(b" ");
}

/// A number, if there is one.
#[inline]
pub(super) fn field(out: &mut Out<'_>, label: &[u8], value: Option<impl Into<u64>>) {
    if let Some(value) = value {
        out.put(label);
        out.number(value);
        out.put(b" ");
    }
}

fn name(out: &mut Out<'_>, label: &[u8], text: &[u8]) {
    out.put(label);
    out.put(text);
    out.put(b" ");
}

fn states(out: &mut Out<'_>, flow: &Flow) {
    let kinds = [
        (flow.tcp_state(), tables::TCP_STATES),
        (flow.sctp_state(), tables::SCTP_STATES),
        (flow.dccp_state(), tables::DCCP_STATES),
    ];
    for (state, names) in kinds {
        if let Some(state) = state {
            name(out, b"", state_name(names, state).as_bytes());
        }
    }
}

fn direction(out: &mut Out<'_>, flow: &Flow, dir: Dir) {
    let tuple = flow.tuple(dir);
    let (zone_label, zone): (&[u8], _) = match dir {
        Dir::Orig => (b"zone-orig=", flow.orig_zone()),
        _ => (b"zone-reply=", flow.reply_zone()),
    };
    addresses(out, tuple, b"src=", b"dst=");
    ports(out, tuple);
    field(out, zone_label, zone);
    if let Some(Counters { packets, bytes }) = flow.counters(dir) {
        field(out, b"packets=", Some(packets));
        field(out, b"bytes=", Some(bytes));
    }
}

/// Both addresses of a tuple, where its family has any.
#[inline]
pub(super) fn addresses(out: &mut Out<'_>, tuple: Tuple<'_>, src: &[u8], dst: &[u8]) {
    let family = tuple.l3();
    if matches!(family, AF_INET | AF_INET6) {
        for (label, bytes) in [(src, tuple.src_bytes()), (dst, tuple.dst_bytes())] {
            out.put(label);
            out.address(family, bytes);
            out.put(b" ");
        }
    }
}

/// The protocol's fields of a tuple.
pub(super) fn ports(out: &mut Out<'_>, tuple: Tuple<'_>) {
    match l4_kind(tuple.l4()) {
        L4Kind::Ports => {
            field(out, b"sport=", Some(tuple.l4_src()));
            field(out, b"dport=", Some(tuple.l4_dst()));
        }
        L4Kind::Keys => {
            out.put(b"srckey=0x");
            out.hex(tuple.l4_src());
            out.put(b" dstkey=0x");
            out.hex(tuple.l4_dst());
            out.put(b" ");
        }
        L4Kind::Icmp => {
            let [kind, code] = tuple.icmp();
            field(out, b"type=", Some(kind));
            field(out, b"code=", Some(code));
            field(out, b"id=", Some(tuple.l4_src()));
        }
        L4Kind::None => {}
    }
}

/// The strongest of the status bits about the flow's life.
fn status(out: &mut Out<'_>, flow: &Flow) {
    let has = |bit| flow.status().is_some_and(|status| status & bit != 0);
    if has(IPS_HW_OFFLOAD) {
        out.put(b"[HW_OFFLOAD] ");
    } else if has(IPS_OFFLOAD) {
        out.put(b"[OFFLOAD] ");
    } else if has(IPS_ASSURED) {
        out.put(b"[ASSURED] ");
    }
}

/// The security context as C's `%s` prints it.
pub(super) fn security_context(flow: &Flow) -> &[u8] {
    flow.security_context().map_or(b"(null)", |context| context.to_bytes())
}

/// Seconds since the flow started, or until it stopped; a stop before the start wraps.
fn age_secs(flow: &Flow, start_nanos: u64, clock: Clock) -> u64 {
    let end_secs = match flow.stored_u64(place::TimestampStop) {
        0 => clock.now_secs(),
        stop_nanos => stop_nanos / NANOS,
    };
    end_secs.wrapping_sub(start_nanos / NANOS)
}

fn times(out: &mut Out<'_>, flow: &Flow, style: &Style<'_>) {
    field(out, b"delta-time=", flow.start_nanos().map(|start| age_secs(flow, start, style.clock)));
    if !style.flags.contains(Flags::TIMESTAMP) || !flow.any_set(&[Attr::TimestampStart, Attr::TimestampStop])
    {
        return;
    }
    clock::follow_zone();
    let moments: [(&[u8], _); 2] = [(b"[start=", flow.start_nanos()), (b"[stop=", flow.stop_nanos())];
    for (label, nanos) in moments {
        let Some(nanos) = nanos else { continue };
        out.put(label);
        match clock::local(nanos / NANOS) {
            Some(moment) => date(out, &moment),
            None => out.put(b"after 2038"), // on 32-bit machines with a C library that does not know such times
        }
        out.put(b"] ");
    }
}

/// A moment in the layout of C's `ctime`.
fn date(out: &mut Out<'_>, moment: &clock::LocalTime) {
    let word =
        |names: &[&'static str], at: u8| names.get(usize::from(at)).map_or("???", |name| name).as_bytes();
    name(out, b"", word(&WEEKDAYS, moment.weekday));
    name(out, b"", word(&MONTHS, moment.month.wrapping_sub(1)));
    if moment.day < 10 {
        out.put(b" ");
    }
    out.number(moment.day);
    for (separator, part) in [(b" ", moment.hour), (b":", moment.minute), (b":", moment.second)] {
        out.put(separator);
        out.two_digits(part);
    }
    out.put(b" ");
    out.number(moment.year.unsigned_abs());
}

/// The labels that have names. Once the buffer is full, no more names are read.
fn labels(out: &mut Out<'_>, flow: &Flow, map: &LabelMap) {
    if !flow.is_set(Attr::Connlabels) {
        return;
    }
    out.put(b"labels=");
    for name in label_names(flow, map) {
        if !out.has_room() {
            break;
        }
        out.put(name);
        out.put(b",");
    }
}

/// The names of a flow's labels, ascending by bit; bits without a name are left out.
pub(super) fn label_names<'a>(flow: &'a Flow, map: &'a LabelMap) -> impl Iterator<Item = &'a [u8]> {
    let bits = flow.labels().into_iter().flat_map(|labels| labels.iter());
    bits.filter_map(|bit| map.name(bit)).map(|name| name.to_bytes()).filter(|name| !name.is_empty())
}
