// SPDX-License-Identifier: GPL-2.0-or-later
//! Requests and kernel messages against `vectors/netlink.txt`, there and back; and what is left of each message
//! when it is cut or one of its bytes is wrong.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a test may

#[path = "support/ops.rs"]
mod ops;

use netfilter_conntrack::codec::{expect_decode, flow_decode};
use netfilter_conntrack::filter::dump::Masked;
use netfilter_conntrack::flow::attr::ROWS;
use netfilter_conntrack::format::{self, Clock, Flags, Style, Syntax};
use netfilter_conntrack::request::{self, Query, Subject};
use netfilter_conntrack::wire::{Frame, Frames};
use netfilter_conntrack::{Attr, DumpFilter, EventKind, ExpectAttr, Expectation, Flow};
use std::net::{Ipv4Addr, Ipv6Addr};

const VECTORS: &str = include_str!("vectors/netlink.txt");
const BUILDS: usize = 40;
const DECODES: usize = 4;

/// One message and what it means.
struct Vector {
    id: &'static str,
    decode: bool,
    /// The query of a request, the event of a message from the kernel.
    what: &'static str,
    subject: &'static str,
    one_way: bool,
    ops: String,
    bytes: Vec<u8>,
}

fn vectors() -> Vec<Vector> {
    let definitions: Vec<(String, &str)> = VECTORS
        .lines()
        .filter_map(|line| line.strip_prefix("let ")?.split_once(' '))
        .map(|(name, text)| (format!("{{{name}}}"), text))
        .collect();
    // A definition may use those above it, so the last ones are filled in first.
    let expand =
        |ops: &str| definitions.iter().rev().fold(ops.to_owned(), |ops, (name, is)| ops.replace(name, is));
    let mut vectors: Vec<Vector> = Vec::new();
    for line in VECTORS.lines() {
        if let Some(bytes) = line.strip_prefix("    ") {
            vectors.last_mut().unwrap().bytes.extend(ops::hex(bytes));
        } else if line.starts_with("build ") || line.starts_with("decode ") {
            let (head, ops) = line.split_once(" :").unwrap();
            let head: Vec<_> = head.split(' ').collect();
            let decode = head[0] == "decode";
            let (what, subject) = if decode { (head[3], head[2]) } else { (head[2], head[3]) };
            let one_way = head.contains(&"one-way");
            vectors.push(Vector {
                id: head[1],
                decode,
                what,
                subject,
                one_way,
                ops: expand(ops),
                bytes: vec![],
            });
        }
    }
    if cfg!(target_endian = "big") {
        vectors.iter_mut().for_each(|vector| turn_message(&mut vector.bytes));
    }
    vectors
}

/// Turns what stands in host order in a little-endian message: headers, label words, the flags of a filter.
fn turn_message(bytes: &mut [u8]) {
    let (header, rest) = bytes.split_at_mut(16);
    for field in [0..4, 4..6, 6..8, 8..12, 12..16] {
        header[field].reverse();
    }
    let is_of_flows = header[4] == 1; // the subsystem
    turn_attributes(&mut rest[4..], if is_of_flows { Nest::Flow } else { Nest::Numbers });
}

/// What an area of attributes holds.
#[derive(Clone, Copy)]
enum Nest {
    /// The attributes of a flow.
    Flow,
    /// Numbers in network order.
    Numbers,
    /// Words in host order.
    HostWords,
}

fn turn_attributes(mut area: &mut [u8], nest: Nest) {
    const LABELS: u16 = 22;
    const LABELS_MASK: u16 = 23;
    const FILTER: u16 = 25;
    const NESTED: u16 = 0x8000;
    while area.len() >= 4 {
        let (len, kind) = (u16::from_le_bytes([area[0], area[1]]), u16::from_le_bytes([area[2], area[3]]));
        let (attr, rest) = area.split_at_mut((usize::from(len) + 3) & !3);
        attr[..2].reverse();
        attr[2..4].reverse();
        let payload = &mut attr[4..usize::from(len)];
        match (nest, kind & !NESTED) {
            (Nest::Flow, LABELS | LABELS_MASK) => turn_labels(payload),
            (Nest::Flow, FILTER) => turn_attributes(payload, Nest::HostWords),
            (Nest::HostWords, _) => payload.reverse(),
            _ if kind & NESTED != 0 => turn_attributes(payload, Nest::Numbers),
            _ => {}
        }
        area = rest;
    }
}

/// The kernel keeps labels in longs.
fn turn_labels(words: &mut [u8]) {
    words.chunks_exact_mut(size_of::<std::ffi::c_ulong>()).for_each(<[u8]>::reverse);
}

fn query(name: &str) -> Query {
    match name {
        "create" => Query::Create,
        "update" => Query::Update,
        "destroy" => Query::Destroy,
        "get" => Query::Get,
        "flush" => Query::Flush,
        "dump" => Query::Dump,
        "dump-reset" => Query::DumpReset,
        "create-update" => Query::CreateUpdate,
        "dump-filter" => Query::DumpFilter,
        "dump-filter-reset" => Query::DumpFilterReset,
        "flush-filter" => Query::FlushFilter,
        other => panic!("no query {other}"),
    }
}

fn filter(spec: &str) -> DumpFilter {
    let mut filter = DumpFilter::new();
    let (spec, tuple) = spec.split_once("TUPLE{").map_or((spec, None), |(spec, tuple)| (spec, Some(tuple)));
    filter.tuple = tuple.map(|tuple| Box::new(ops::flow(tuple.trim_end_matches('}'))));
    let number = |text: &str| u32::try_from(ops::number(text)).unwrap();
    let masked = |text: &str| {
        let (value, mask) = text.split_once('/').unwrap();
        Some(Masked { value: number(value), mask: number(mask) })
    };
    for (name, value) in spec.split_whitespace().map(|part| part.split_once('=').unwrap()) {
        match name {
            "MARK" => filter.mark = masked(value),
            "STATUS" => filter.status = masked(value),
            "FAMILY" => filter.family = Some(u8::try_from(number(value)).unwrap()),
            "ZONE" => filter.zone = Some(u16::try_from(number(value)).unwrap()),
            other => panic!("no filter {other}"),
        }
    }
    filter
}

/// The request, written into a buffer that was not clean.
fn build(query: Query, subject: Subject<'_>) -> Vec<u8> {
    let mut buf = vec![0xee; 4096];
    let len = request::build(&mut buf, query, subject, 0).unwrap();
    buf.truncate(len);
    buf
}

fn built(vector: &Vector) -> Vec<u8> {
    let query = query(vector.what);
    let family = || u8::try_from(ops::number(vector.ops.trim())).unwrap();
    match vector.subject {
        "flow" => build(query, Subject::Flow(&ops::flow(&vector.ops))),
        "expect" => build(query, Subject::Expectation(&ops::expectation(&vector.ops))),
        "family" => build(query, Subject::FlowFamily(family())),
        "expect-family" => build(query, Subject::ExpectationFamily(family())),
        "filter" => build(query, Subject::Filter(&filter(&vector.ops))),
        other => panic!("no subject {other}"),
    }
}

fn decode_flow(message: &[u8]) -> Flow {
    let mut flow = Flow::new();
    flow_decode::message(&mut flow, &Frame::read(message).unwrap()).unwrap();
    flow
}

fn decode_expectation(message: &[u8]) -> Expectation {
    let mut expect = Expectation::new();
    expect_decode::message(&mut expect, &Frame::read(message).unwrap()).unwrap();
    expect
}

fn in_hex(bytes: &[u8]) -> String {
    bytes
        .chunks(4)
        .map(|word| word.iter().map(|byte| format!("{byte:02x}")).collect::<String>() + " ")
        .collect()
}

/// Attributes as `NAME=value`, by number.
fn describe(flow: &Flow) -> Vec<String> {
    let present = ROWS.iter().filter(|row| flow.is_set(row.attr));
    present.map(|row| format!("{}={}", row.name, value(flow, row.attr))).collect()
}

fn value(flow: &Flow, attr: Attr) -> String {
    let row = attr.row();
    let in_network_order = row.name.contains("PORT") || attr == Attr::IcmpId;
    match (attr, row.size) {
        (Attr::HelperName, _) => String::from_utf8_lossy(flow.helper_name().unwrap()).into_owned(),
        (Attr::HelperInfo, _) => in_hex(flow.helper_info().unwrap()),
        (Attr::Secctx, _) => format!("{:?}", flow.security_context()),
        (Attr::Connlabels, _) => in_bits(flow.labels().unwrap()),
        (Attr::ConnlabelsMask, _) => in_bits(flow.labels_mask().unwrap()),
        (_, 1) => flow.u8(attr).unwrap().to_string(),
        (_, 2) if in_network_order => u16::from_be(flow.u16(attr).unwrap()).to_string(),
        (_, 2) => flow.u16(attr).unwrap().to_string(),
        (_, 4) if row.name.contains("IPV4") => {
            Ipv4Addr::from_bits(u32::from_be(flow.u32(attr).unwrap())).to_string()
        }
        (_, 4) => flow.u32(attr).unwrap().to_string(),
        (_, 8) => flow.u64(attr).unwrap().to_string(),
        (_, 16) => ipv6(flow, attr).to_string(),
        other => panic!("no value for {other:?}"),
    }
}

fn ipv6(flow: &Flow, attr: Attr) -> Ipv6Addr {
    use netfilter_conntrack::Dir;
    Ipv6Addr::from(match attr {
        Attr::OrigIpv6Src => flow.tuple(Dir::Orig).src_bytes(),
        Attr::OrigIpv6Dst => flow.tuple(Dir::Orig).dst_bytes(),
        Attr::ReplIpv6Src => flow.tuple(Dir::Reply).src_bytes(),
        Attr::ReplIpv6Dst => flow.tuple(Dir::Reply).dst_bytes(),
        Attr::MasterIpv6Src => flow.tuple(Dir::Master).src_bytes(),
        Attr::MasterIpv6Dst => flow.tuple(Dir::Master).dst_bytes(),
        other => panic!("no IPv6 address: {other:?}"),
    })
}

fn in_bits(mask: &netfilter_conntrack::Bitmask) -> String {
    let bits: Vec<_> = mask.iter().map(|bit| bit.to_string()).collect();
    format!("{}/{}", mask.max_bit(), bits.join("+"))
}

#[test]
fn no_vector_is_missing() {
    let vectors = vectors();
    let decodes = vectors.iter().filter(|vector| vector.decode).count();
    assert_eq!((vectors.len() - decodes, decodes), (BUILDS, DECODES));
    for number in 1..=25 {
        let name = format!("V{number}");
        let is_it = |id: &str| id == name || id.strip_prefix(&name).is_some_and(|rest| rest.starts_with('-'));
        assert!(vectors.iter().any(|vector| is_it(vector.id)), "{name}");
    }
    for vector in vectors {
        let header = Frame::read(&vector.bytes).unwrap().header;
        assert_eq!(header.len as usize, vector.bytes.len(), "{}", vector.id);
    }
}

#[test]
fn requests_are_built_byte_for_byte() {
    for vector in vectors().iter().filter(|vector| !vector.decode) {
        assert_eq!(in_hex(&built(vector)), in_hex(&vector.bytes), "{}", vector.id);
    }
}

#[test]
fn requests_decoded_and_built_again_stay_the_same() {
    let mut seen = 0;
    for vector in vectors().iter().filter(|vector| !vector.decode && !vector.one_way) {
        let again = match vector.subject {
            "flow" => build(query(vector.what), Subject::Flow(&decode_flow(&vector.bytes))),
            "expect" => build(query(vector.what), Subject::Expectation(&decode_expectation(&vector.bytes))),
            _ => continue,
        };
        assert_eq!(in_hex(&again), in_hex(&vector.bytes), "{}", vector.id);
        seen += 1;
    }
    assert_eq!(seen, 19);
}

#[test]
fn messages_from_the_kernel_hold_exactly_what_they_should() {
    for vector in vectors().iter().filter(|vector| vector.decode) {
        let event = match vector.what {
            "new" => EventKind::New,
            "update" => EventKind::Update,
            "destroy" => EventKind::Destroy,
            other => panic!("no event {other}"),
        };
        assert_eq!(EventKind::of(&Frame::read(&vector.bytes).unwrap().header), Some(event), "{}", vector.id);
        if vector.subject == "flow" {
            check_flow(vector);
        } else {
            check_expectation(vector);
        }
    }
}

fn check_flow(vector: &Vector) {
    let mut expected: Vec<_> = vector.ops.split_whitespace().map(|op| op.split_once('=').unwrap()).collect();
    expected.sort_by_key(|(name, _)| ops::attr(name));
    let in_decimal = |text: &str| match text.strip_prefix("0x") {
        Some(_) => ops::number(text).to_string(),
        None => text.to_owned(),
    };
    let expected: Vec<_> =
        expected.iter().map(|(name, value)| format!("{name}={}", in_decimal(value))).collect();
    assert_eq!(describe(&decode_flow(&vector.bytes)), expected, "{}", vector.id);
}

fn check_expectation(vector: &Vector) {
    let decoded = decode_expectation(&vector.bytes);
    assert_eq!(decoded, ops::expectation(&vector.ops), "{}", vector.id);
    let numbers = [0, 1, 8, 9, 15, 17];
    for which in [ExpectAttr::Master, ExpectAttr::Expected, ExpectAttr::Mask] {
        let present =
            ROWS.iter().filter(|row| decoded.tuple_has(which, row.attr)).map(|row| row.attr.number());
        assert_eq!(present.collect::<Vec<_>>(), numbers, "{} {which:?}", vector.id);
    }
}

#[test]
fn what_the_kernel_sent_survives_a_request_but_for_what_requests_never_carry() {
    let never = |line: &str| {
        let kernel_made = ["COUNTER", "USE", "ID", "TIMESTAMP"];
        kernel_made.iter().any(|part| line.split('=').next().unwrap().split('_').any(|word| word == *part))
    };
    for vector in vectors().iter().filter(|vector| vector.decode && vector.subject == "flow") {
        let first = decode_flow(&vector.bytes);
        let request = build(Query::CreateUpdate, Subject::Flow(&first));
        let mut expected = describe(&first);
        expected.retain(|line| !never(line));
        assert_eq!(describe(&decode_flow(&request)), expected, "{}", vector.id);
    }
}

/// Decodes every frame of a datagram both ways, prints and sends on what came out, and returns the flows of the
/// frames before the first error of the walk.
fn digest(datagram: &[u8]) -> Vec<Flow> {
    let mut seen = Vec::new();
    let mut space = [0; 4096];
    for frame in Frames::new(datagram).map_while(Result::ok) {
        let (mut flow, mut expect) = (Flow::new(), Expectation::new());
        let _ = flow_decode::message(&mut flow, &frame);
        let _ = expect_decode::message(&mut expect, &frame);
        for syntax in [Syntax::Text, Syntax::Xml] {
            let _ = format::flow(&mut space, &flow, &everything(syntax));
            let _ = format::expectation(&mut space, &expect, &everything(syntax));
        }
        let _ = request::build(&mut space, Query::Create, Subject::Flow(&flow), 0);
        let _ = request::build(&mut space, Query::Create, Subject::Expectation(&expect), 0);
        seen.push(flow);
    }
    seen
}

fn everything(syntax: Syntax) -> Style<'static> {
    Style { syntax, flags: Flags::all(), clock: Clock::Fixed(1_800_000_000), ..Style::default() }
}

/// Whether two flows have the same attributes present and print the same.
fn is_intact(flow: &Flow, original: &Flow) -> bool {
    let print = |flow: &Flow| {
        let mut text = Vec::new();
        format::append_flow(&mut text, flow, &everything(Syntax::Xml)).unwrap();
        text
    };
    flow.presence() == original.presence() && print(flow) == print(original)
}

/// A message that stands beside the broken ones.
fn neighbour() -> (Vec<u8>, Flow) {
    let bytes = vectors().into_iter().find(|vector| vector.id == "P2").unwrap().bytes;
    let flow = decode_flow(&bytes);
    (bytes, flow)
}

#[test]
fn a_cut_message_gives_a_part_of_itself_and_leaves_its_neighbour_alone() {
    let (neighbour, intact) = neighbour();
    for vector in vectors() {
        let whole = describe(&digest(&vector.bytes)[0]);
        for len in 0..vector.bytes.len() {
            let cut = &vector.bytes[..len];
            let seen = digest(&[&neighbour, cut].concat());
            assert!(seen.len() == 1 && is_intact(&seen[0], &intact), "{} cut to {len}", vector.id);

            // The same bytes under a header that does not deny the cut.
            let mut shorter = cut.to_vec();
            shorter
                .iter_mut()
                .zip(u32::try_from(len).unwrap().to_ne_bytes())
                .for_each(|(to, from)| *to = from);
            let seen = digest(&[&neighbour, &*shorter].concat());
            assert!(is_intact(&seen[0], &intact), "{} shortened to {len}", vector.id);
            assert_eq!(seen.len(), if len < 16 { 1 } else { 2 }, "{} shortened to {len}", vector.id);
            let part = seen.get(1).map(describe).unwrap_or_default();
            assert!(
                part.iter().all(|line| whole.contains(line)),
                "{} shortened to {len}: {part:?}",
                vector.id
            );
        }
    }
}

#[test]
fn a_wrong_byte_in_the_attributes_harms_no_neighbour() {
    let (neighbour, intact) = neighbour();
    for vector in vectors() {
        let mut datagram = [&*neighbour, &*vector.bytes, &*neighbour].concat();
        for at in neighbour.len() + 20..neighbour.len() + vector.bytes.len() {
            let right = datagram[at];
            for wrong in [0, 0xff, right.wrapping_add(1)] {
                datagram[at] = wrong;
                let seen = digest(&datagram);
                let unharmed =
                    seen.len() == 3 && is_intact(&seen[0], &intact) && is_intact(&seen[2], &intact);
                assert!(unharmed, "{} with {wrong:#x} at {at}", vector.id);
            }
            datagram[at] = right;
        }
    }
}

#[test]
fn a_wrong_byte_in_the_header_never_reaches_the_frame_before() {
    let (neighbour, intact) = neighbour();
    for vector in vectors() {
        let mut datagram = [&*neighbour, &*vector.bytes].concat();
        for at in neighbour.len()..neighbour.len() + 20 {
            let right = datagram[at];
            for wrong in (0..8).map(|bit| right ^ 1 << bit).chain([0, 0xff]) {
                datagram[at] = wrong;
                assert!(is_intact(&digest(&datagram)[0], &intact), "{} with {wrong:#x} at {at}", vector.id);
            }
            datagram[at] = right;
        }
    }
}
