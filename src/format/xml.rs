// SPDX-License-Identifier: GPL-2.0-or-later
//! A flow as one XML element.
//!
//! These peculiarities are kept, because programs know them: states always have TCP's names; the counters of both
//! directions depend on the presence of the original ones; ICMP fields are not shown; nothing is escaped.

#![forbid(unsafe_code)]

use super::out::Out;
use super::tables::{TCP_STATES, l3_name, l4_name, state_name};
use super::text::{label_names, security_context};
use super::{Clock, Flags, Style};
use crate::codec::EventKind;
use crate::flow::storage::field as place;
use crate::flow::tuple::{L4Kind, l4_kind};
use crate::flow::{Attr, Dir, Flow, Tuple};
use crate::sys::clock;
use crate::wire::consts::{IPS_ASSURED, IPS_SEEN_REPLY};

const NANOS: u64 = 1_000_000_000;

/// The attributes that open the part that belongs to neither direction.
const INDEPENDENT: &[Attr] = &[
    Attr::TcpState,
    Attr::SctpState,
    Attr::DccpState,
    Attr::Timeout,
    Attr::Mark,
    Attr::Secmark,
    Attr::Zone,
    Attr::Use,
    Attr::Status,
    Attr::Id,
    Attr::Connlabels,
    Attr::TimestampStart,
    Attr::TimestampStop,
];

/// Writes a flow.
pub(super) fn flow(out: &mut Out<'_>, flow: &Flow, style: &Style<'_>) {
    event(out, style.event);
    out.put(b"<meta direction=\"original\">");
    direction(out, flow, Dir::Orig);
    out.put(b"<meta direction=\"reply\">");
    direction(out, flow, Dir::Reply);
    let independent = flow.any_set(INDEPENDENT);
    if independent {
        out.put(b"<meta direction=\"independent\">");
    }
    meta(out, flow, style);
    times(out, flow, style);
    if independent {
        out.put(b"</meta>");
    }
    let told = !style.flags.contains(Flags::TIME) || when(out, style.clock);
    if let Some(helper) = flow.helper_name().filter(|_| told) {
        name(out, b"<helper>", helper, b"</helper>");
    }
    out.put(b"</flow>");
}

/// The opening tag.
pub(super) fn event(out: &mut Out<'_>, event: Option<EventKind>) {
    out.put(match event {
        Some(EventKind::New) => b"<flow type=\"new\">",
        Some(EventKind::Update) => b"<flow type=\"update\">",
        Some(EventKind::Destroy) => b"<flow type=\"destroy\">",
        None => b"<flow>",
    });
}

#[inline]
pub(super) fn field(out: &mut Out<'_>, open: &[u8], value: Option<impl Into<u64>>, close: &[u8]) {
    if let Some(value) = value {
        out.put(open);
        out.number(value);
        out.put(close);
    }
}

pub(super) fn name(out: &mut Out<'_>, open: &[u8], text: &[u8], close: &[u8]) {
    out.put(open);
    out.put(text);
    out.put(close);
}

fn direction(out: &mut Out<'_>, flow: &Flow, dir: Dir) {
    let tuple = flow.tuple(dir);
    layer3(out, tuple);
    addresses(out, tuple);
    out.put(b"</layer3>");
    layer4(out, tuple);
    ports(out, tuple);
    out.put(b"</layer4>");
    let (zone, packets, bytes) = match dir {
        Dir::Orig => (flow.orig_zone(), place::OrigCounterPackets, place::OrigCounterBytes),
        _ => (flow.reply_zone(), place::ReplCounterPackets, place::ReplCounterBytes),
    };
    field(out, b"<zone>", zone, b"</zone>");
    if flow.counters(Dir::Orig).is_some() {
        field(out, b"<counters><packets>", Some(flow.stored_u64(packets)), b"</packets>");
        field(out, b"<bytes>", Some(flow.stored_u64(bytes)), b"</bytes></counters>");
    }
    out.put(b"</meta>");
}

/// The opening tag of a tuple's addresses.
pub(super) fn layer3(out: &mut Out<'_>, tuple: Tuple<'_>) {
    out.put(b"<layer3 protonum=\"");
    out.number(tuple.l3());
    name(out, b"\" protoname=\"", l3_name(tuple.l3()).as_bytes(), b"\">");
}

/// The opening tag of a tuple's protocol fields.
pub(super) fn layer4(out: &mut Out<'_>, tuple: Tuple<'_>) {
    out.put(b"<layer4 protonum=\"");
    out.number(tuple.l4());
    name(out, b"\" protoname=\"", l4_name(tuple.l4()).as_bytes(), b"\">");
}

/// Both addresses; empty elements where the family has none.
pub(super) fn addresses(out: &mut Out<'_>, tuple: Tuple<'_>) {
    out.put(b"<src>");
    out.address(tuple.l3(), tuple.src_bytes());
    out.put(b"</src><dst>");
    out.address(tuple.l3(), tuple.dst_bytes());
    out.put(b"</dst>");
}

/// Ports or keys. Each element counts only the bytes that fit into the buffer.
pub(super) fn ports(out: &mut Out<'_>, tuple: Tuple<'_>) {
    let mut element = |open: &[u8], value: u16, hex: bool, close: &[u8]| {
        let start = out.len();
        out.put(open);
        if hex {
            out.hex(value)
        } else {
            out.number(value)
        }
        out.put(close);
        out.count_only_what_fits(start);
    };
    match l4_kind(tuple.l4()) {
        L4Kind::Ports => {
            element(b"<sport>", tuple.l4_src(), false, b"</sport>");
            element(b"<dport>", tuple.l4_dst(), false, b"</dport>");
        }
        L4Kind::Keys => {
            element(b"<srckey>0x", tuple.l4_src(), true, b"</srckey>");
            element(b"<dstkey>0x", tuple.l4_dst(), true, b"</dstkey>");
        }
        L4Kind::Icmp | L4Kind::None => {}
    }
}

fn meta(out: &mut Out<'_>, flow: &Flow, style: &Style<'_>) {
    for state in [flow.tcp_state(), flow.sctp_state(), flow.dccp_state()].into_iter().flatten() {
        name(out, b"<state>", state_name(TCP_STATES, state).as_bytes(), b"</state>");
    }
    field(out, b"<timeout>", flow.timeout_secs(), b"</timeout>");
    field(out, b"<mark>", flow.mark(), b"</mark>");
    labels(out, flow, style);
    field(out, b"<secmark>", flow.secmark(), b"</secmark>");
    if flow.is_set(Attr::Secctx) {
        name(out, b"<secctx>", security_context(flow), b"</secctx>");
    }
    field(out, b"<zone>", flow.zone(), b"</zone>");
    field(out, b"<use>", flow.use_count(), b"</use>");
    field(out, b"<id>", flow.id(), b"</id>");
    if let Some(status) = flow.status() {
        if status & IPS_ASSURED != 0 {
            out.put(b"<assured/>");
        }
        if status & IPS_SEEN_REPLY == 0 {
            out.put(b"<unreplied/>");
        }
    }
}

/// The labels that have names. Once the buffer is full, no more names are read.
fn labels(out: &mut Out<'_>, flow: &Flow, style: &Style<'_>) {
    let Some(map) = style.labels.filter(|_| flow.is_set(Attr::Connlabels)) else {
        return;
    };
    out.put(b"<labels>");
    for label in label_names(flow, map) {
        if !out.has_room() {
            break;
        }
        name(out, b"<label>", label, b"</label>");
    }
    out.put(b"</labels>");
}

fn times(out: &mut Out<'_>, flow: &Flow, style: &Style<'_>) {
    let (start, stop) = (flow.start_nanos(), flow.stop_nanos());
    if style.flags.contains(Flags::TIMESTAMP) && (start.is_some() || stop.is_some()) {
        out.put(b"<timestamp>");
        field(out, b"<start>", start, b"</start>");
        field(out, b"<stop>", stop, b"</stop>");
        out.put(b"</timestamp>");
    }
    let age_secs = start.map(|start| match stop {
        Some(stop) => stop.wrapping_sub(start) / NANOS,
        None => style.clock.now_secs().wrapping_sub(start / NANOS),
    });
    field(out, b"<deltatime>", age_secs, b"</deltatime>");
}

/// The wall-clock time of the call. Returns whether the time is known.
pub(super) fn when(out: &mut Out<'_>, clock: Clock) -> bool {
    let Some(now) = clock::local(clock.now_secs()) else { return false };
    field(out, b"<when><hour>", Some(now.hour), b"</hour><min>");
    out.two_digits(now.minute);
    out.put(b"</min><sec>");
    out.two_digits(now.second);
    field(out, b"</sec><wday>", Some(now.weekday + 1), b"</wday>");
    field(out, b"<day>", Some(now.day), b"</day>");
    field(out, b"<month>", Some(now.month), b"</month>");
    field(out, b"<year>", Some(now.year.unsigned_abs()), b"</year></when>");
    true
}
