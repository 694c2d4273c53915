// SPDX-License-Identifier: GPL-2.0-or-later
//! Builds flows and expectations from one line of text, as the golden vectors describe them.
//!
//! Operations on a flow, applied from left to right, separated by blanks:
//! - `NAME=v` sets the attribute `ATTR_NAME`; numbers are decimal or `0x…`, ports and ICMP ids in host order,
//!   addresses as text. `-NAME` unsets it.
//! - `CONNLABELS=m/a+b` and `CONNLABELS_MASK=m/a+b`: a mask with highest bit `m` and the bits `a`, `b` set.
//! - `GRP_NAME=a/b` sets a group: addresses, ports, `id/code/type`, `packets/bytes`.
//! - `V4`, `V6`: addresses of both directions. `P(n)`: the protocol of both. `PT`: ports of both. `MIRROR`: makes
//!   the reply tuple the inverse of the original one.
//! - `k:NAME=v`: decodes a payload (family 2) with this one attribute: `USE=n`, `COUNTERS_ORIG=packets/bytes`,
//!   `COUNTERS_REPLY=…`, `TIMESTAMP=start/stop` (a side may be empty and is left out then), `SECCTX=text`,
//!   `LABELS=hex`, `TIMESTAMP_EVENT=n`.
//!
//! Operations on an expectation: `NAME{flow operations}` sets a tuple, `NAME=v` and `-NAME` as above; `EB` sets
//! three tuples.

#![allow(dead_code)] // each test takes what it needs

use netfilter_conntrack::codec::flow_decode;
use netfilter_conntrack::expect::{self, ExpectKind};
use netfilter_conntrack::flow::attr::ROWS;
use netfilter_conntrack::wire::consts::*;
use netfilter_conntrack::wire::{Attrs, Builder};
use netfilter_conntrack::{Attr, Bitmask, Expectation, Flow, Group};
use std::net::{Ipv4Addr, Ipv6Addr};

const V4: &str = "ORIG_L3PROTO=2 ORIG_IPV4_SRC=192.0.2.1 ORIG_IPV4_DST=198.51.100.2 \
    REPL_L3PROTO=2 REPL_IPV4_SRC=198.51.100.2 REPL_IPV4_DST=192.0.2.1";
const V6: &str = "ORIG_L3PROTO=10 ORIG_IPV6_SRC=2001:db8::1 ORIG_IPV6_DST=2001:db8:0:1::2 \
    REPL_L3PROTO=10 REPL_IPV6_SRC=2001:db8:0:1::2 REPL_IPV6_DST=2001:db8::1";
const PT: &str = "ORIG_PORT_SRC=40000 ORIG_PORT_DST=80 REPL_PORT_SRC=80 REPL_PORT_DST=40000";
const EB: &str = "EXPECTED{V4 P(6) ORIG_PORT_SRC=0 ORIG_PORT_DST=5000} \
    MASK{ORIG_L3PROTO=2 ORIG_IPV4_SRC=255.255.255.255 ORIG_IPV4_DST=255.255.255.255 ORIG_L4PROTO=6 \
    ORIG_PORT_SRC=0 ORIG_PORT_DST=65535} MASTER{V4 P(6) ORIG_PORT_SRC=40000 ORIG_PORT_DST=21}";

/// A new flow after these operations.
pub fn flow(ops: &str) -> Flow {
    let mut flow = Flow::new();
    apply(&mut flow, ops);
    flow
}

/// A new expectation after these operations.
pub fn expectation(ops: &str) -> Expectation {
    let mut expect = Expectation::new();
    apply_to_expectation(&mut expect, ops);
    expect
}

fn apply(flow: &mut Flow, ops: &str) {
    for op in ops.split_whitespace() {
        if let Some(name) = op.strip_prefix('-') {
            flow.unset(attr(name));
        } else if let Some(attribute) = op.strip_prefix("k:") {
            let (name, value) = attribute.split_once('=').unwrap();
            decode(flow, name, value);
        } else if let Some(group) = op.strip_prefix("GRP_") {
            let (name, value) = group.split_once('=').unwrap();
            flow.set_group(group_number(name), &group_data(name, value));
        } else if let Some((name, value)) = op.split_once('=') {
            set(flow, name, value);
        } else {
            abbreviation(flow, op);
        }
    }
}

fn abbreviation(flow: &mut Flow, op: &str) {
    match op {
        "V4" => apply(flow, V4),
        "V6" => apply(flow, V6),
        "PT" => apply(flow, PT),
        "MIRROR" => flow.set_reply_from_original(),
        _ => {
            let protocol = op.strip_prefix("P(").and_then(|rest| rest.strip_suffix(')')).expect(op);
            apply(flow, &format!("ORIG_L4PROTO={protocol} REPL_L4PROTO={protocol}"));
        }
    }
}

/// The attribute with this name in the C API.
pub fn attr(name: &str) -> Attr {
    ROWS.iter().find(|row| row.name == name).unwrap_or_else(|| panic!("no attribute {name}")).attr
}

fn set(flow: &mut Flow, name: &str, value: &str) {
    match attr(name) {
        Attr::Connlabels => flow.set_labels(bits(value)),
        Attr::ConnlabelsMask => flow.set_labels_mask(bits(value)),
        attr @ (Attr::HelperName | Attr::HelperInfo | Attr::Secctx) => flow.set_bytes(attr, value.as_bytes()),
        attr if name.contains("IPV4") || name.contains("IPV6") => flow.set_bytes(attr, &address(value)),
        attr => {
            let in_network_order = name.contains("PORT") || attr == Attr::IcmpId;
            flow.set_bytes(attr, &number_bytes(value, attr.row().size, in_network_order));
        }
    }
}

/// A number, decimal or hexadecimal.
pub fn number(text: &str) -> u64 {
    match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16),
        None => text.parse(),
    }
    .unwrap_or_else(|_| panic!("no number: {text}"))
}

fn number_bytes(text: &str, size: usize, in_network_order: bool) -> Vec<u8> {
    let mut bytes = number(text).to_be_bytes()[8 - size..].to_vec();
    if !in_network_order && cfg!(target_endian = "little") {
        bytes.reverse();
    }
    bytes
}

fn address(text: &str) -> Vec<u8> {
    match text.parse::<Ipv4Addr>() {
        Ok(v4) => v4.octets().to_vec(),
        Err(_) => text.parse::<Ipv6Addr>().unwrap_or_else(|_| panic!("no address: {text}")).octets().to_vec(),
    }
}

/// Label bytes of a little-endian kernel, as this machine's would send them: it keeps labels in longs.
fn label_bytes(text: &str) -> Vec<u8> {
    let mut bytes = hex(text);
    if cfg!(target_endian = "big") {
        bytes.chunks_exact_mut(size_of::<std::ffi::c_ulong>()).for_each(<[u8]>::reverse);
    }
    bytes
}

/// A mask from `highest/bit+bit…`.
pub fn bits(text: &str) -> Bitmask {
    let (max, list) = text.split_once('/').unwrap();
    let mut mask = Bitmask::new(max.parse().unwrap()).unwrap();
    list.split('+').filter(|bit| !bit.is_empty()).for_each(|bit| mask.set(bit.parse().unwrap()));
    mask
}

const GROUPS: [&str; 12] = [
    "ORIG_IPV4",
    "REPL_IPV4",
    "ORIG_IPV6",
    "REPL_IPV6",
    "ORIG_PORT",
    "REPL_PORT",
    "ICMP",
    "MASTER_IPV4",
    "MASTER_IPV6",
    "MASTER_PORT",
    "ORIG_COUNTERS",
    "REPL_COUNTERS",
];

fn group_number(name: &str) -> Group {
    let number = GROUPS.iter().position(|known| *known == name).unwrap_or_else(|| panic!("no group {name}"));
    Group::from_number(u32::try_from(number).unwrap()).unwrap()
}

fn group_data(name: &str, value: &str) -> Vec<u8> {
    let parts = value.split('/');
    let field = |(text, size): (&str, usize)| number_bytes(text, size, true);
    match name {
        "ICMP" => parts.zip([2, 1, 1]).flat_map(field).collect(),
        _ if name.contains("IPV") => parts.flat_map(address).collect(),
        _ if name.contains("PORT") => parts.zip([2, 2]).flat_map(field).collect(),
        _ => parts.flat_map(|text| number_bytes(text, 8, false)).collect(),
    }
}

fn decode(flow: &mut Flow, name: &str, value: &str) {
    let mut buf = [0; 1024];
    let mut b = Builder::attributes(&mut buf);
    match name {
        "USE" => b.be32(CTA_USE, u32::try_from(number(value)).unwrap()),
        "COUNTERS_ORIG" => pair(&mut b, CTA_COUNTERS_ORIG, value),
        "COUNTERS_REPLY" => pair(&mut b, CTA_COUNTERS_REPLY, value),
        "TIMESTAMP" => pair(&mut b, CTA_TIMESTAMP, value),
        "SECCTX" => b.nest(CTA_SECCTX, |b| b.text(CTA_SECCTX_NAME, value.as_bytes())),
        "LABELS" => b.bytes(CTA_LABELS, &label_bytes(value)),
        "TIMESTAMP_EVENT" => b.be64(CTA_TIMESTAMP_EVENT, number(value)),
        _ => panic!("no kernel attribute {name}"),
    }
    .unwrap();
    let len = b.len();
    flow_decode::attributes(flow, 2, Attrs::new(&buf[..len])).unwrap();
}

/// A nest of up to two 64-bit numbers with the types 1 and 2.
fn pair(b: &mut Builder<'_>, kind: u16, value: &str) -> netfilter_conntrack::Result<()> {
    b.nest(kind, |b| {
        let parts = (1..).zip(value.split('/')).filter(|(_, part)| !part.is_empty());
        parts.into_iter().try_for_each(|(kind, part)| b.be64(kind, number(part)))
    })
}

/// The bytes of a hex text; blanks do not count.
pub fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.chars().filter_map(|digit| Some(digit.to_digit(16)? as u8)).collect();
    assert_eq!(digits.len() % 2, 0, "half a byte in {text}");
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// Names of an expectation's attributes in the C API, by number.
const EXPECT_NAMES: [&str; 11] = [
    "MASTER",
    "EXPECTED",
    "MASK",
    "TIMEOUT",
    "ZONE",
    "FLAGS",
    "HELPER_NAME",
    "CLASS",
    "NAT_TUPLE",
    "NAT_DIR",
    "FN",
];

fn expect_row(name: &str) -> &'static expect::ExpectRow {
    let number = EXPECT_NAMES.iter().position(|known| *known == name);
    &expect::ROWS[number.unwrap_or_else(|| panic!("no attribute {name}"))]
}

fn apply_to_expectation(expect: &mut Expectation, ops: &str) {
    let mut rest = ops.trim_start();
    while !rest.is_empty() {
        let end = rest.find([' ', '{']).unwrap_or(rest.len());
        let (op, behind) = rest.split_at(end);
        rest = behind.trim_start();
        if let Some(inner) = rest.strip_prefix('{') {
            let (inner, behind) = inner.split_once('}').unwrap();
            expect.set_tuple(expect_row(op).attr, &flow(inner));
            rest = behind.trim_start();
        } else if op == "EB" {
            apply_to_expectation(expect, EB);
        } else if let Some(name) = op.strip_prefix('-') {
            expect.unset(expect_row(name).attr);
        } else {
            let (name, value) = op.split_once('=').unwrap();
            let row = expect_row(name);
            match row.kind {
                ExpectKind::Text => expect.set_text(row.attr, value.as_bytes()),
                _ => expect.set_number(row.attr, u32::try_from(number(value)).unwrap()),
            }
        }
    }
}
