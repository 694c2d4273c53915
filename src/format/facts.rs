// SPDX-License-Identifier: GPL-2.0-or-later
//! The known facts about a flow, by name: one row for each fact.
//!
//! Every format of this product takes its names from this file: JSON, labels of metrics, bindings, and `Debug`. (Text,
//! XML and the lines of `-o save` have the names that programs know.) A name is in snake case and contains its unit.
//! Unknown facts are omitted; so is a port of a protocol without ports, even where its attribute is set. Nothing is
//! allocated.
//!
//! ```
//! use netfilter_conntrack::format::facts::{self, Value};
//! use netfilter_conntrack::{Dir, Flow, L4};
//! let mut flow = Flow::new();
//! flow.set_tuple(Dir::Orig, "192.0.2.1".parse()?, "198.51.100.2".parse()?, L4::Udp { sport: 40000, dport: 53 });
//! let port = facts::of(&flow).find(|fact| (fact.within, fact.name) == (Some("orig"), "dport"));
//! assert_eq!(port.map(|fact| fact.value), Some(Value::Number(53)));
//! # Ok::<(), std::net::AddrParseError>(())
//! ```

#![forbid(unsafe_code)]

use super::tables::{DCCP_STATES, L3, L4, SCTP_STATES, TCP_STATES, state_name};
use crate::bitmask::Bitmask;
use crate::flow::option::NatPart;
use crate::flow::storage::field;
use crate::flow::tuple::{L4Kind, l4_kind};
use crate::flow::{Attr, Dir, Flow};
use crate::wire::consts::*;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// One fact.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Fact<'a> {
    /// The part to which it belongs: `orig`, `reply`, `master`, `tcp` and so on; `None` for a fact about the whole
    /// flow.
    pub within: Option<&'static str>,
    /// Its name.
    pub name: &'static str,
    /// Its value.
    pub value: Value<'a>,
}

/// A value.
#[derive(Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Value<'a> {
    /// A number in host byte order.
    Number(u64),
    /// A moment, in nanoseconds since 1970.
    Time(u64),
    /// An address.
    Address(IpAddr),
    /// One of the names that this crate knows.
    Name(&'static str),
    /// Several of them.
    Names(Names),
    /// Text or data from outside: any bytes.
    Bytes(&'a [u8]),
    /// Labels, by their bits.
    Labels(&'a Bitmask),
}

/// The names of the bits that are set.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Names {
    bits: u32,
    table: &'static [&'static str],
}

/// The names of bits in a table, which names every bit that can be set.
pub(super) const fn names(bits: u32, table: &'static [&'static str]) -> Names {
    Names { bits, table }
}

impl Iterator for Names {
    type Item = &'static str;

    #[inline]
    fn next(&mut self) -> Option<&'static str> {
        let name = self.table.get(self.bits.trailing_zeros() as usize)?;
        self.bits &= self.bits - 1;
        Some(name)
    }
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(*self).finish()
    }
}

impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Number(number) | Value::Time(number) => number.fmt(f),
            Value::Address(address) => fmt::Display::fmt(address, f),
            Value::Name(name) => f.write_str(name),
            Value::Names(names) => names.fmt(f),
            Value::Bytes(bytes) => write!(f, "\"{}\"", bytes.escape_ascii()),
            Value::Labels(mask) => {
                let words = (0..).zip(mask.words());
                let bits =
                    words.flat_map(|(at, word)| (0..32).map(move |bit| (at * 32 + bit, word >> bit & 1)));
                f.debug_list()
                    .entries(bits.filter(|(_, set)| *set == 1).map(|(bit, _): (u32, u32)| bit))
                    .finish()
            }
        }
    }
}

/// The names of 32 bits: those that are known, from the lowest bit on, and the numbers of the others.
#[allow(clippy::indexing_slicing)] // evaluated when compiling
pub(super) const fn bits<const N: usize>(known: [&'static str; N]) -> [&'static str; 32] {
    let (mut names, mut at) = (NUMBERED, 0);
    while at < N {
        names[at] = known[at];
        at += 1;
    }
    names
}

const NUMBERED: [&str; 32] = [
    "bit_0", "bit_1", "bit_2", "bit_3", "bit_4", "bit_5", "bit_6", "bit_7", "bit_8", "bit_9", "bit_10",
    "bit_11", "bit_12", "bit_13", "bit_14", "bit_15", "bit_16", "bit_17", "bit_18", "bit_19", "bit_20",
    "bit_21", "bit_22", "bit_23", "bit_24", "bit_25", "bit_26", "bit_27", "bit_28", "bit_29", "bit_30",
    "bit_31",
];

/// The names of the status bits.
pub const STATUS: &[&str; 32] = &bits([
    "expected",
    "seen_reply",
    "assured",
    "confirmed",
    "src_nat",
    "dst_nat",
    "seq_adjust",
    "src_nat_done",
    "dst_nat_done",
    "dying",
    "fixed_timeout",
    "template",
    "untracked",
    "helper",
    "offload",
    "hw_offload",
]);

/// The changes that a translation has made.
const NAT: &[&str] = &["source", "destination"];

/// A set of attributes, as the words of a flow's presence.
#[derive(Clone, Copy)]
struct Set([u32; 3]);

impl Set {
    #[allow(clippy::indexing_slicing)] // evaluated when compiling
    const fn of(attrs: &[Attr]) -> Set {
        let (mut words, mut at) = ([0; 3], 0);
        while at < attrs.len() {
            words[attrs[at] as usize / 32] |= 1 << (attrs[at] as usize % 32);
            at += 1;
        }
        Set(words)
    }

    const fn and(self, other: Set) -> Set {
        let (Set([a, b, c]), Set([x, y, z])) = (self, other);
        Set([a | x, b | y, c | z])
    }

    /// Whether a flow has one of them.
    #[inline]
    fn meets(self, flow: &Flow) -> bool {
        let (Set([a, b, c]), [x, y, z]) = (self, flow.presence());
        a & x | b & y | c & z != 0
    }
}

/// Bytes that are copied for a key, whatever its length: a copy of a fixed length is fast.
pub(super) const KEY_ROOM: usize = 24;

/// A name as a key of JSON, with its quotes and its colon, and the length of these.
pub(super) type Key = ([u8; KEY_ROOM], usize);

#[allow(clippy::indexing_slicing)] // evaluated when compiling
const fn key(name: &str) -> Key {
    let (name, mut text, mut at) = (name.as_bytes(), [b'"'; KEY_ROOM], 0);
    while at < name.len() {
        assert!(name[at].is_ascii_lowercase() || name[at].is_ascii_digit() || name[at] == b'_');
        text[at + 1] = name[at];
        at += 1;
    }
    text[at + 2] = b':';
    (text, at + 3)
}

/// A row: the name, the attributes of which one must be set, and how the value is read.
pub(super) struct Row {
    pub name: &'static str,
    pub key: Key,
    attrs: Set,
    pub read: Read,
}

/// How a value is read, once one of its attributes is set.
pub(super) enum Read {
    /// A number, which is known then.
    Number(fn(&Flow) -> u64),
    /// Another value, which may not be known.
    Other(for<'a> fn(&'a Flow) -> Option<Value<'a>>),
}

const fn row(name: &'static str, attrs: &[Attr], read: for<'a> fn(&'a Flow) -> Option<Value<'a>>) -> Row {
    Row { name, key: key(name), attrs: Set::of(attrs), read: Read::Other(read) }
}

const fn number(name: &'static str, attr: Attr, read: fn(&Flow) -> u64) -> Row {
    Row { name, key: key(name), attrs: Set::of(&[attr]), read: Read::Number(read) }
}

impl Row {
    /// Whether a flow may have a value.
    #[inline(always)]
    pub fn concerns(&self, flow: &Flow) -> bool {
        self.attrs.meets(flow)
    }

    /// The value, if it is known.
    fn value<'f>(&self, flow: &'f Flow) -> Option<Value<'f>> {
        match self.read {
            _ if !self.concerns(flow) => None,
            Read::Number(read) => Some(Value::Number(read(flow))),
            Read::Other(read) => read(flow),
        }
    }
}

/// The rows that belong together: all of an object in JSON, or those of the whole flow.
pub(super) struct Part {
    /// The name of the object.
    pub within: Option<&'static str>,
    /// The same as a key.
    pub key: Key,
    pub rows: &'static [Row],
    /// The attributes of all rows.
    attrs: Set,
    /// The part says nothing where all its numbers are 0.
    may_be_zero: bool,
}

impl Part {
    #[allow(clippy::indexing_slicing)] // evaluated when compiling
    const fn new(within: Option<&'static str>, rows: &'static [Row]) -> Part {
        let (mut attrs, mut at) = (Set([0; 3]), 0);
        while at < rows.len() {
            attrs = attrs.and(rows[at].attrs);
            at += 1;
        }
        let key = if let Some(name) = within { key(name) } else { key("") };
        Part { within, key, rows, attrs, may_be_zero: false }
    }

    /// The kernel reports such a part with zeros where it does not use it.
    const fn unless_zero(self) -> Part {
        Part { may_be_zero: true, ..self }
    }

    /// Whether the part says nothing about a flow: all its numbers are 0, which the kernel reports where it does not use
    /// them.
    #[inline]
    pub fn is_unused(&self, flow: &Flow) -> bool {
        let is_zero = |row: &Row| match row.read {
            Read::Number(read) => !row.concerns(flow) || read(flow) == 0,
            Read::Other(_) => false,
        };
        self.may_be_zero && self.rows.iter().all(is_zero)
    }

    /// Whether a flow has an attribute of the part.
    #[inline]
    pub fn concerns(&self, flow: &Flow) -> bool {
        self.attrs.meets(flow)
    }

    /// The known facts of the part.
    #[inline]
    pub fn of<'f>(&'static self, flow: &'f Flow) -> impl Iterator<Item = Fact<'f>> {
        let fact =
            |row: &'static Row| Some(Fact { within: self.within, name: row.name, value: row.value(flow)? });
        self.rows.iter().filter_map(fact)
    }
}

/// A row that is an attribute's number.
macro_rules! number {
    ($name:literal, $attr:ident) => {
        number($name, Attr::$attr, |flow| number_of(flow.stored(field::$attr)))
    };
}

/// The rows of one tuple.
macro_rules! tuple {
    ($dir:ident, $src4:ident, $src6:ident, $dst4:ident, $dst6:ident,
        [$($sport:ident),*], [$($dport:ident),*], [$($id:ident),*], [$($type:ident),*], [$($code:ident),*], [$($last:expr),*] $(, [$($first:expr),*])?) => {
        &[
            $($($first,)*)?
            row("src", &[Attr::$src4, Attr::$src6], |flow| {
                address(flow, Dir::$dir, [Attr::$src4, Attr::$src6])
            }),
            row("dst", &[Attr::$dst4, Attr::$dst6], |flow| {
                address(flow, Dir::$dir, [Attr::$dst4, Attr::$dst6])
            }),
            row("sport", &[$(Attr::$sport),*], |flow| l4(flow, Dir::$dir, L4Kind::Ports, Field::Src)),
            row("dport", &[$(Attr::$dport),*], |flow| l4(flow, Dir::$dir, L4Kind::Ports, Field::Dst)),
            row("src_key", &[$(Attr::$sport),*], |flow| l4(flow, Dir::$dir, L4Kind::Keys, Field::Src)),
            row("dst_key", &[$(Attr::$dport),*], |flow| l4(flow, Dir::$dir, L4Kind::Keys, Field::Dst)),
            row("icmp_type", &[$(Attr::$type),*], |flow| l4(flow, Dir::$dir, L4Kind::Icmp, Field::Type)),
            row("icmp_code", &[$(Attr::$code),*], |flow| l4(flow, Dir::$dir, L4Kind::Icmp, Field::Code)),
            row("icmp_id", &[$(Attr::$id),*], |flow| l4(flow, Dir::$dir, L4Kind::Icmp, Field::Src)),
            $($last),*
        ]
    };
}

const ABOUT_ALL: &[Row] = &[
    row("family", &[Attr::OrigL3proto, Attr::ReplL3proto], |flow| name_of(L3, both(flow, L3_OF_BOTH)?)),
    row("protocol", &[Attr::OrigL4proto, Attr::ReplL4proto], |flow| name_of(L4, both(flow, L4_OF_BOTH)?)),
    row("protocol_number", &[Attr::OrigL4proto, Attr::ReplL4proto], |flow| {
        Some(Value::Number(both(flow, L4_OF_BOTH)?.into()))
    }),
    row("state", &[Attr::TcpState, Attr::SctpState, Attr::DccpState], state),
    number!("timeout_secs", Timeout),
];

const REST: &[Row] = &[
    row("status", &[Attr::Status], |flow| Some(Value::Names(Names { bits: flow.status()?, table: STATUS }))),
    row("nat", &[Attr::OrigL3proto], nat),
    number!("mark", Mark),
    number!("secmark", Secmark),
    number!("zone", Zone),
    row("labels", &[Attr::Connlabels], |flow| flow.labels().map(Value::Labels)),
    row("labels_mask", &[Attr::ConnlabelsMask], |flow| flow.labels_mask().map(Value::Labels)),
    row("helper", &[Attr::HelperName], |flow| flow.helper_name().map(Value::Bytes)),
    row("helper_info", &[Attr::HelperInfo], |flow| flow.helper_info().map(Value::Bytes)),
    row("secctx", &[Attr::Secctx], |flow| {
        flow.security_context().map(|context| Value::Bytes(context.to_bytes()))
    }),
    number!("id", Id),
    number!("use", Use),
    row("start_time", &[Attr::TimestampStart], |flow| flow.start_nanos().map(Value::Time)),
    row("stop_time", &[Attr::TimestampStop], |flow| flow.stop_nanos().map(Value::Time)),
    row("event_time", &[Attr::TimestampEvent], |flow| flow.event_nanos().map(Value::Time)),
];

const TCP: &[Row] = &[
    number!("flags_orig", TcpFlagsOrig),
    number!("flags_reply", TcpFlagsRepl),
    number!("mask_orig", TcpMaskOrig),
    number!("mask_reply", TcpMaskRepl),
    number!("wscale_orig", TcpWscaleOrig),
    number!("wscale_reply", TcpWscaleRepl),
];

const SCTP: &[Row] = &[number!("vtag_orig", SctpVtagOrig), number!("vtag_reply", SctpVtagRepl)];

const DCCP: &[Row] = &[number!("role", DccpRole), number!("handshake_seq", DccpHandshakeSeq)];

const SNAT: &[Row] = &[
    row("address", &[Attr::SnatIpv4, Attr::SnatIpv6], |flow| {
        address(flow, Dir::Orig, [Attr::SnatIpv4, Attr::SnatIpv6])
    }),
    row("port", &[Attr::SnatPort], |flow| Some(port(flow.stored(field::SnatPort)))),
];

const DNAT: &[Row] = &[
    row("address", &[Attr::DnatIpv4, Attr::DnatIpv6], |flow| {
        address(flow, Dir::Orig, [Attr::DnatIpv4, Attr::DnatIpv6])
    }),
    row("port", &[Attr::DnatPort], |flow| Some(port(flow.stored(field::DnatPort)))),
];

const SEQ_ORIG: &[Row] = &[
    number!("correction_pos", OrigNatSeqCorrectionPos),
    number!("offset_before", OrigNatSeqOffsetBefore),
    number!("offset_after", OrigNatSeqOffsetAfter),
];

const SEQ_REPLY: &[Row] = &[
    number!("correction_pos", ReplNatSeqCorrectionPos),
    number!("offset_before", ReplNatSeqOffsetBefore),
    number!("offset_after", ReplNatSeqOffsetAfter),
];

const SYNPROXY: &[Row] =
    &[number!("isn", SynproxyIsn), number!("its", SynproxyIts), number!("tsoff", SynproxyTsoff)];

const ORIG_ROWS: &[Row] = tuple!(
    Orig,
    OrigIpv4Src,
    OrigIpv6Src,
    OrigIpv4Dst,
    OrigIpv6Dst,
    [OrigPortSrc],
    [OrigPortDst],
    [IcmpId, OrigPortSrc],
    [IcmpType, OrigPortDst],
    [IcmpCode, OrigPortDst],
    [number!("zone", OrigZone), number!("packets", OrigCounterPackets), number!("bytes", OrigCounterBytes)]
);

// The type and the code of an ICMP flow are the flow's, not a direction's.
const REPLY: &[Row] = tuple!(
    Reply,
    ReplIpv4Src,
    ReplIpv6Src,
    ReplIpv4Dst,
    ReplIpv6Dst,
    [ReplPortSrc],
    [ReplPortDst],
    [ReplPortSrc, IcmpType],
    [ReplPortDst, IcmpType],
    [ReplPortDst, IcmpType],
    [number!("zone", ReplZone), number!("packets", ReplCounterPackets), number!("bytes", ReplCounterBytes)]
);

const MASTER: &[Row] = tuple!(
    Master,
    MasterIpv4Src,
    MasterIpv6Src,
    MasterIpv4Dst,
    MasterIpv6Dst,
    [MasterPortSrc],
    [MasterPortDst],
    [MasterPortSrc],
    [MasterPortDst],
    [MasterPortDst],
    [],
    [
        row("family", &[Attr::MasterL3proto], |flow| name_of(L3, flow.u8(Attr::MasterL3proto)?)),
        row("protocol", &[Attr::MasterL4proto], |flow| name_of(L4, flow.u8(Attr::MasterL4proto)?)),
        number!("protocol_number", MasterL4proto)
    ]
);

/// The facts about a whole flow that come first.
pub(super) const ABOUT: Part = Part::new(None, ABOUT_ALL);
/// The original tuple, its zone and its counters.
pub(super) const ORIG: Part = Part::new(Some("orig"), ORIG_ROWS);

/// All parts, in the order of the output.
pub(super) const PARTS: &[Part] = &[
    ABOUT,
    ORIG,
    Part::new(Some("reply"), REPLY),
    Part::new(None, REST),
    Part::new(Some("tcp"), TCP),
    Part::new(Some("sctp"), SCTP),
    Part::new(Some("dccp"), DCCP),
    Part::new(Some("snat"), SNAT),
    Part::new(Some("dnat"), DNAT),
    Part::new(Some("seq_orig"), SEQ_ORIG).unless_zero(),
    Part::new(Some("seq_reply"), SEQ_REPLY).unless_zero(),
    Part::new(Some("synproxy"), SYNPROXY).unless_zero(),
    Part::new(Some("master"), MASTER),
];

/// All known facts about a flow.
pub fn of(flow: &Flow) -> impl Iterator<Item = Fact<'_>> {
    PARTS.iter().filter(|part| part.concerns(flow)).flat_map(|part| part.of(flow))
}

const L3_OF_BOTH: [Attr; 2] = [Attr::OrigL3proto, Attr::ReplL3proto];
const L4_OF_BOTH: [Attr; 2] = [Attr::OrigL4proto, Attr::ReplL4proto];

/// A number that both directions have: the original one's, else the reply's.
fn both(flow: &Flow, attrs: [Attr; 2]) -> Option<u8> {
    attrs.into_iter().find_map(|attr| flow.u8(attr))
}

fn name_of(table: &[(u8, &'static str)], number: u8) -> Option<Value<'static>> {
    table.iter().find(|(listed, _)| *listed == number).map(|(_, name)| Value::Name(name))
}

/// The number in the bytes of an attribute.
#[inline(always)]
fn number_of<const N: usize>(bytes: [u8; N]) -> u64 {
    match *bytes.as_slice() {
        [a] => a.into(),
        [a, b] => u16::from_ne_bytes([a, b]).into(),
        [a, b, c, d] => u32::from_ne_bytes([a, b, c, d]).into(),
        [a, b, c, d, e, f, g, h] => u64::from_ne_bytes([a, b, c, d, e, f, g, h]),
        _ => 0,
    }
}

fn port(be: [u8; 2]) -> Value<'static> {
    Value::Number(u16::from_be_bytes(be).into())
}

/// The address that is stored with two attributes, by the family of the direction; where the family is not known, by
/// the attribute that is set.
fn address(flow: &Flow, dir: Dir, [v4, v6]: [Attr; 2]) -> Option<Value<'static>> {
    let v4_counts = match flow.tuple(dir).l3() {
        AF_INET => true,
        AF_INET6 => false,
        _ => flow.is_set(v4),
    };
    let attr = if v4_counts { v4 } else { v6 };
    let address = match (flow.is_set(attr), flow.stored_bytes(attr)) {
        (true, &[a, b, c, d]) => IpAddr::V4(Ipv4Addr::new(a, b, c, d)),
        (true, bytes) => IpAddr::V6(Ipv6Addr::from(*bytes.first_chunk::<16>()?)),
        (false, _) => return None,
    };
    Some(Value::Address(address))
}

/// A part of a tuple's protocol fields.
enum Field {
    Src,
    Dst,
    Type,
    Code,
}

/// A protocol field, when the protocol is of the kind that has it; an unknown protocol may have ports.
fn l4(flow: &Flow, dir: Dir, wanted: L4Kind, part: Field) -> Option<Value<'static>> {
    let tuple = flow.tuple(dir);
    let kind = if flow.is_set(dir.attrs().l4.attr) { l4_kind(tuple.l4()) } else { L4Kind::Ports };
    let [icmp_type, icmp_code] = tuple.icmp();
    let value = match part {
        Field::Src => tuple.l4_src().into(),
        Field::Dst => tuple.l4_dst().into(),
        Field::Type => icmp_type.into(),
        Field::Code => icmp_code.into(),
    };
    (kind == wanted).then_some(Value::Number(value))
}

/// The state, by the attribute that is set; the states of all protocols share their storage.
fn state(flow: &Flow) -> Option<Value<'static>> {
    let states =
        [(Attr::TcpState, TCP_STATES), (Attr::SctpState, SCTP_STATES), (Attr::DccpState, DCCP_STATES)];
    let (attr, names) = states.into_iter().find(|(attr, _)| flow.is_set(*attr))?;
    Some(Value::Name(state_name(names, flow.u8(attr)?)))
}

/// The translations of source and destination that the reply tuple shows; `None` where there are none.
fn nat(flow: &Flow) -> Option<Value<'static>> {
    if !flow.all_set(&[Attr::OrigL3proto, Attr::ReplL3proto]) {
        return None;
    }
    let source = [NatPart::SourceAddress, NatPart::SourcePort].iter().any(|&nat| flow.has_nat(nat));
    let destination =
        [NatPart::DestinationAddress, NatPart::DestinationPort].iter().any(|&nat| flow.has_nat(nat));
    let bits = u32::from(source) | u32::from(destination) << 1;
    (bits != 0).then_some(Value::Names(Names { bits, table: NAT }))
}

/// The present attributes, by name.
impl fmt::Debug for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut whole = f.debug_struct("Flow");
        let mut before = None;
        for fact in of(self) {
            if fact.within.is_none() {
                whole.field(fact.name, &fact.value);
            }
            if let Some(within) = fact.within.filter(|_| fact.within != before) {
                whole.field(within, &Within { flow: self, within });
            }
            before = fact.within;
        }
        whole.finish()
    }
}

/// The facts of one part.
struct Within<'a> {
    flow: &'a Flow,
    within: &'static str,
}

impl fmt::Debug for Within<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let facts = of(self.flow).filter(|fact| fact.within == Some(self.within));
        f.debug_map().entries(facts.map(|fact| (Plain(fact.name), fact.value))).finish()
    }
}

/// A name without quotes.
struct Plain(&'static str);

impl fmt::Debug for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::L4 as Protocol;
    use crate::flow::attr;

    fn names(flow: &Flow) -> Vec<(Option<&'static str>, &'static str)> {
        of(flow).map(|fact| (fact.within, fact.name)).collect()
    }

    /// A flow in which this attribute alone is set.
    fn with(attr: Attr) -> Flow {
        let mut flow = Flow::new();
        match attr {
            Attr::Secctx => flow.store_security_context(b"context").unwrap(),
            Attr::HelperInfo => flow.try_set_helper_info(b"info").unwrap(),
            Attr::Connlabels => flow.set_labels(Bitmask::new(31).unwrap()),
            Attr::ConnlabelsMask => flow.set_labels_mask(Bitmask::new(31).unwrap()),
            _ => {}
        }
        flow.note(attr);
        flow
    }

    #[test]
    fn every_attribute_that_is_set_appears_once_and_no_other() {
        for row in &attr::ROWS {
            let mut flow = with(row.attr);
            let expected = match row.attr {
                // Numbers that are also shown by name, where the name is known.
                Attr::OrigL4proto | Attr::ReplL4proto | Attr::MasterL4proto => {
                    assert_eq!(names(&flow).len(), 1, "{}", row.name);
                    flow.set_stored(row.attr, &[IPPROTO_UDP; 16]);
                    2
                }
                Attr::OrigL3proto | Attr::ReplL3proto | Attr::MasterL3proto => {
                    assert_eq!(names(&flow), [], "{}", row.name);
                    flow.set_stored(row.attr, &[AF_INET; 16]);
                    1
                }
                // Not shown without the protocol.
                Attr::IcmpType | Attr::IcmpCode | Attr::IcmpId => {
                    assert_eq!(names(&flow), [], "{}", row.name);
                    let before = {
                        let mut protocol = Flow::new();
                        protocol.set_bytes(Attr::OrigL4proto, &[IPPROTO_ICMP]);
                        names(&protocol).len()
                    };
                    flow.set_bytes(Attr::OrigL4proto, &[IPPROTO_ICMP]);
                    1 + before
                }
                _ => 1,
            };
            assert_eq!(names(&flow).len(), expected, "{}: {flow:?}", row.name);
        }
        assert_eq!(names(&Flow::new()), []);
    }

    #[test]
    fn every_attribute_has_a_row_and_no_name_comes_twice() {
        let rows = || PARTS.iter().flat_map(|part| part.rows.iter().map(move |row| (part.within, row)));
        for row in &attr::ROWS {
            let flow = with(row.attr);
            assert!(rows().any(|(_, fact)| fact.attrs.meets(&flow)), "{}", row.name);
        }
        let mut seen: Vec<_> = rows().map(|(within, row)| (within, row.name)).collect();
        seen.sort_unstable();
        assert!(seen.windows(2).all(|pair| pair[0] != pair[1]), "{seen:?}");
    }

    #[test]
    fn debug_shows_what_is_present_by_name() {
        let mut flow = Flow::new();
        let address = |text: &str| text.parse().unwrap();
        let l4 = Protocol::Udp { sport: 40000, dport: 53 };
        flow.set_tuple(Dir::Orig, address("192.0.2.1"), address("198.51.100.2"), l4);
        flow.set_reply_from_original();
        flow.put(field::ReplIpv4Dst, &[203, 0, 113, 7]);
        flow.set_status(IPS_SEEN_REPLY | IPS_SRC_NAT_DONE);
        flow.set_mark(7);
        flow.set_helper_name(b"f\"tp");
        let mut labels = Bitmask::new(127).unwrap();
        labels.set(33);
        flow.set_labels(labels);
        assert_eq!(
            format!("{flow:?}"),
            "Flow { family: ipv4, protocol: udp, protocol_number: 17, \
             orig: {src: 192.0.2.1, dst: 198.51.100.2, sport: 40000, dport: 53}, \
             reply: {src: 198.51.100.2, dst: 203.0.113.7, sport: 53, dport: 40000}, \
             status: [\"seen_reply\", \"src_nat_done\"], nat: [\"source\"], mark: 7, labels: [33], \
             helper: \"f\\\"tp\" }"
        );
        assert_eq!(format!("{:?}", Flow::new()), "Flow");
    }

    #[test]
    fn each_kind_of_protocol_has_its_own_fields() {
        let address = |text: &str| text.parse().unwrap();
        let fields = |l4| {
            let mut flow = Flow::new();
            flow.set_tuple(Dir::Orig, address("::1"), address("::2"), l4);
            flow.set_reply_from_original();
            let fact = |fact: Fact<'_>| match (fact.within, fact.value) {
                (Some(_), Value::Number(number)) => Some((fact.name, number)),
                _ => None,
            };
            of(&flow).filter_map(fact).collect::<Vec<_>>()
        };
        let keys = fields(Protocol::Gre { src_key: 1, dst_key: 2 });
        assert_eq!(keys, [("src_key", 1), ("dst_key", 2), ("src_key", 2), ("dst_key", 1)]);
        let icmp = |kind, code, id| [("icmp_type", kind), ("icmp_code", code), ("icmp_id", id)];
        let echo = fields(Protocol::IcmpV6 { kind: 128, code: 3, id: 9 });
        assert_eq!(echo, [icmp(128, 3, 9), icmp(129, 3, 9)].concat());
        assert_eq!(fields(Protocol::Other(50)), []);
    }
}
