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
    table: &'static [(u32, &'static str)],
}

impl Iterator for Names {
    type Item = &'static str;

    fn next(&mut self) -> Option<&'static str> {
        let (bit, name) = self.table.iter().find(|(bit, _)| self.bits & bit != 0)?;
        self.bits &= !bit;
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

/// The status bits. A bit that is not listed has no name yet.
const STATUS: &[(u32, &str)] = &[
    (IPS_EXPECTED, "expected"),
    (IPS_SEEN_REPLY, "seen_reply"),
    (IPS_ASSURED, "assured"),
    (IPS_CONFIRMED, "confirmed"),
    (IPS_SRC_NAT, "src_nat"),
    (IPS_DST_NAT, "dst_nat"),
    (IPS_SEQ_ADJUST, "seq_adjust"),
    (IPS_SRC_NAT_DONE, "src_nat_done"),
    (IPS_DST_NAT_DONE, "dst_nat_done"),
    (IPS_DYING, "dying"),
    (IPS_FIXED_TIMEOUT, "fixed_timeout"),
    (IPS_TEMPLATE, "template"),
    (IPS_UNTRACKED, "untracked"),
    (IPS_HELPER, "helper"),
    (IPS_OFFLOAD, "offload"),
    (IPS_HW_OFFLOAD, "hw_offload"),
];

/// The changes that a translation has made.
const NAT: &[(u32, &str)] = &[(1, "source"), (2, "destination")];

/// A row: the name, the attributes of which one must be set, and how the value is read. A row without attributes is
/// computed from other attributes.
struct Row {
    within: Option<&'static str>,
    name: &'static str,
    attrs: &'static [Attr],
    read: for<'a> fn(&'a Flow) -> Option<Value<'a>>,
}

const fn row(
    within: Option<&'static str>,
    name: &'static str,
    attrs: &'static [Attr],
    read: for<'a> fn(&'a Flow) -> Option<Value<'a>>,
) -> Row {
    Row { within, name, attrs, read }
}

/// A row that is an attribute's number.
macro_rules! number {
    ($within:expr, $name:literal, $attr:ident) => {
        row($within, $name, &[Attr::$attr], |flow| Some(Value::Number(number_of(flow, Attr::$attr))))
    };
}

/// The rows of one tuple.
macro_rules! tuple {
    ($dir:ident, $within:literal, $src4:ident, $src6:ident, $dst4:ident, $dst6:ident,
        [$($sport:ident),*], [$($dport:ident),*], [$($id:ident),*], [$($type:ident),*], [$($code:ident),*]) => {
        &[
            row(Some($within), "src", &[Attr::$src4, Attr::$src6], |flow| {
                address(flow, Dir::$dir, [Attr::$src4, Attr::$src6])
            }),
            row(Some($within), "dst", &[Attr::$dst4, Attr::$dst6], |flow| {
                address(flow, Dir::$dir, [Attr::$dst4, Attr::$dst6])
            }),
            row(Some($within), "sport", &[$(Attr::$sport),*], |flow| l4(flow, Dir::$dir, L4Kind::Ports, Part::Src)),
            row(Some($within), "dport", &[$(Attr::$dport),*], |flow| l4(flow, Dir::$dir, L4Kind::Ports, Part::Dst)),
            row(Some($within), "src_key", &[$(Attr::$sport),*], |flow| l4(flow, Dir::$dir, L4Kind::Keys, Part::Src)),
            row(Some($within), "dst_key", &[$(Attr::$dport),*], |flow| l4(flow, Dir::$dir, L4Kind::Keys, Part::Dst)),
            row(Some($within), "icmp_type", &[$(Attr::$type),*], |flow| l4(flow, Dir::$dir, L4Kind::Icmp, Part::Type)),
            row(Some($within), "icmp_code", &[$(Attr::$code),*], |flow| l4(flow, Dir::$dir, L4Kind::Icmp, Part::Code)),
            row(Some($within), "icmp_id", &[$(Attr::$id),*], |flow| l4(flow, Dir::$dir, L4Kind::Icmp, Part::Src)),
        ]
    };
}

const ABOUT_ALL: &[Row] = &[
    row(None, "family", &[Attr::OrigL3proto, Attr::ReplL3proto], |flow| name_of(L3, both(flow, L3_OF_BOTH)?)),
    row(None, "protocol", &[Attr::OrigL4proto, Attr::ReplL4proto], |flow| {
        name_of(L4, both(flow, L4_OF_BOTH)?)
    }),
    row(None, "protocol_number", &[Attr::OrigL4proto, Attr::ReplL4proto], |flow| {
        Some(Value::Number(both(flow, L4_OF_BOTH)?.into()))
    }),
    row(None, "state", &[Attr::TcpState, Attr::SctpState, Attr::DccpState], state),
    number!(None, "timeout_secs", Timeout),
];

const REST: &[Row] = &[
    row(None, "status", &[Attr::Status], |flow| {
        Some(Value::Names(Names { bits: flow.status()?, table: STATUS }))
    }),
    row(None, "nat", &[], nat),
    number!(None, "mark", Mark),
    number!(None, "secmark", Secmark),
    number!(None, "zone", Zone),
    row(None, "labels", &[Attr::Connlabels], |flow| flow.labels().map(Value::Labels)),
    row(None, "labels_mask", &[Attr::ConnlabelsMask], |flow| flow.labels_mask().map(Value::Labels)),
    row(None, "helper", &[Attr::HelperName], |flow| flow.helper_name().map(Value::Bytes)),
    row(None, "helper_info", &[Attr::HelperInfo], |flow| flow.helper_info().map(Value::Bytes)),
    row(None, "secctx", &[Attr::Secctx], |flow| {
        flow.security_context().map(|context| Value::Bytes(context.to_bytes()))
    }),
    number!(None, "id", Id),
    number!(None, "use", Use),
    row(None, "start_time", &[Attr::TimestampStart], |flow| flow.start_nanos().map(Value::Time)),
    row(None, "stop_time", &[Attr::TimestampStop], |flow| flow.stop_nanos().map(Value::Time)),
    row(None, "event_time", &[Attr::TimestampEvent], |flow| flow.event_nanos().map(Value::Time)),
    number!(Some("tcp"), "flags_orig", TcpFlagsOrig),
    number!(Some("tcp"), "flags_reply", TcpFlagsRepl),
    number!(Some("tcp"), "mask_orig", TcpMaskOrig),
    number!(Some("tcp"), "mask_reply", TcpMaskRepl),
    number!(Some("tcp"), "wscale_orig", TcpWscaleOrig),
    number!(Some("tcp"), "wscale_reply", TcpWscaleRepl),
    number!(Some("sctp"), "vtag_orig", SctpVtagOrig),
    number!(Some("sctp"), "vtag_reply", SctpVtagRepl),
    number!(Some("dccp"), "role", DccpRole),
    number!(Some("dccp"), "handshake_seq", DccpHandshakeSeq),
    row(Some("snat"), "address", &[Attr::SnatIpv4, Attr::SnatIpv6], |flow| {
        address(flow, Dir::Orig, [Attr::SnatIpv4, Attr::SnatIpv6])
    }),
    row(Some("snat"), "port", &[Attr::SnatPort], |flow| Some(port(flow.stored(field::SnatPort)))),
    row(Some("dnat"), "address", &[Attr::DnatIpv4, Attr::DnatIpv6], |flow| {
        address(flow, Dir::Orig, [Attr::DnatIpv4, Attr::DnatIpv6])
    }),
    row(Some("dnat"), "port", &[Attr::DnatPort], |flow| Some(port(flow.stored(field::DnatPort)))),
    number!(Some("seq_orig"), "correction_pos", OrigNatSeqCorrectionPos),
    number!(Some("seq_orig"), "offset_before", OrigNatSeqOffsetBefore),
    number!(Some("seq_orig"), "offset_after", OrigNatSeqOffsetAfter),
    number!(Some("seq_reply"), "correction_pos", ReplNatSeqCorrectionPos),
    number!(Some("seq_reply"), "offset_before", ReplNatSeqOffsetBefore),
    number!(Some("seq_reply"), "offset_after", ReplNatSeqOffsetAfter),
    number!(Some("synproxy"), "isn", SynproxyIsn),
    number!(Some("synproxy"), "its", SynproxyIts),
    number!(Some("synproxy"), "tsoff", SynproxyTsoff),
];

/// All rows, in the order of the output; rows of one part are adjacent.
const ROWS: &[&[Row]] = &[
    ABOUT_ALL,
    tuple!(
        Orig,
        "orig",
        OrigIpv4Src,
        OrigIpv6Src,
        OrigIpv4Dst,
        OrigIpv6Dst,
        [OrigPortSrc],
        [OrigPortDst],
        [IcmpId, OrigPortSrc],
        [IcmpType, OrigPortDst],
        [IcmpCode, OrigPortDst]
    ),
    &[
        number!(Some("orig"), "zone", OrigZone),
        number!(Some("orig"), "packets", OrigCounterPackets),
        number!(Some("orig"), "bytes", OrigCounterBytes),
    ],
    tuple!(
        Reply,
        "reply",
        ReplIpv4Src,
        ReplIpv6Src,
        ReplIpv4Dst,
        ReplIpv6Dst,
        [ReplPortSrc],
        [ReplPortDst],
        [ReplPortSrc],
        [ReplPortDst],
        [ReplPortDst]
    ),
    &[
        number!(Some("reply"), "zone", ReplZone),
        number!(Some("reply"), "packets", ReplCounterPackets),
        number!(Some("reply"), "bytes", ReplCounterBytes),
    ],
    REST,
    &[
        row(Some("master"), "family", &[Attr::MasterL3proto], |flow| {
            name_of(L3, flow.u8(Attr::MasterL3proto)?)
        }),
        row(Some("master"), "protocol", &[Attr::MasterL4proto], |flow| {
            name_of(L4, flow.u8(Attr::MasterL4proto)?)
        }),
        number!(Some("master"), "protocol_number", MasterL4proto),
    ],
    tuple!(
        Master,
        "master",
        MasterIpv4Src,
        MasterIpv6Src,
        MasterIpv4Dst,
        MasterIpv6Dst,
        [MasterPortSrc],
        [MasterPortDst],
        [MasterPortSrc],
        [MasterPortDst],
        [MasterPortDst]
    ),
];

/// All known facts about a flow.
pub fn of(flow: &Flow) -> impl Iterator<Item = Fact<'_>> {
    ROWS.iter().copied().flatten().filter_map(|row| {
        let known = row.attrs.is_empty() || flow.any_set(row.attrs) || is_icmp_reply(flow, row);
        let value = if known { (row.read)(flow)? } else { return None };
        Some(Fact { within: row.within, name: row.name, value })
    })
}

/// Whether this is an ICMP field of the reply: the attributes of such fields are the flow's, not a direction's.
fn is_icmp_reply(flow: &Flow, row: &Row) -> bool {
    row.within == Some("reply")
        && row.name.starts_with("icmp_")
        && flow.all_set(&[Attr::IcmpType, Attr::ReplL4proto])
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

/// The number in an attribute, by the attribute's width.
fn number_of(flow: &Flow, attr: Attr) -> u64 {
    match *flow.stored_bytes(attr) {
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
enum Part {
    Src,
    Dst,
    Type,
    Code,
}

/// A protocol field, when the protocol is of the kind that has it; an unknown protocol may have ports.
fn l4(flow: &Flow, dir: Dir, wanted: L4Kind, part: Part) -> Option<Value<'static>> {
    let tuple = flow.tuple(dir);
    let kind = if flow.is_set(dir.attrs().l4.attr) { l4_kind(tuple.l4()) } else { L4Kind::Ports };
    let [icmp_type, icmp_code] = tuple.icmp();
    let value = match part {
        Part::Src => tuple.l4_src().into(),
        Part::Dst => tuple.l4_dst().into(),
        Part::Type => icmp_type.into(),
        Part::Code => icmp_code.into(),
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
        let rows = || ROWS.iter().copied().flatten();
        for row in &attr::ROWS {
            assert!(rows().any(|fact| fact.attrs.contains(&row.attr)), "{}", row.name);
        }
        let mut seen: Vec<_> = rows().map(|row| (row.within, row.name)).collect();
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
