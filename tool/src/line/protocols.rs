// SPDX-License-Identifier: GPL-2.0-or-later
//! The protocols and their options, a row for each.

#![forbid(unsafe_code)]

use super::options::{Id, Row, Section, Takes, Value};
use netfilter_conntrack::format::tables;

/// The protocols' options.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Own {
    Sport,
    Dport,
    ReplyPortSrc,
    ReplyPortDst,
    MaskPortSrc,
    MaskPortDst,
    State,
    TuplePortSrc,
    TuplePortDst,
    OrigVtag,
    ReplyVtag,
    Role,
    Srckey,
    Dstkey,
    ReplyKeySrc,
    ReplyKeyDst,
    MaskKeySrc,
    MaskKeyDst,
    TupleKeySrc,
    TupleKeyDst,
    IcmpType,
    IcmpCode,
    IcmpId,
    Icmpv6Type,
    Icmpv6Code,
    Icmpv6Id,
}

/// What a protocol's options set. Ports stand for GRE keys too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    SrcPort,
    DstPort,
    ReplySrcPort,
    ReplyDstPort,
    MaskSrcPort,
    MaskDstPort,
    TupleSrcPort,
    TupleDstPort,
    State,
    OrigVtag,
    ReplyVtag,
    Role,
    IcmpType,
    IcmpCode,
    IcmpId,
}

/// How many [`Field`]s there are.
pub const FIELDS: usize = 15;

/// A protocol's option.
const fn field(
    own: Own,
    field: Field,
    longs: &'static [&'static str],
    value: Value,
    help: &'static str,
) -> Row {
    let (takes, section) = (Takes::Argument, Section::Protocol);
    Row { id: Id::Own(own, field), short: None, longs, takes, value, in_full: false, section, help }
}

#[rustfmt::skip]
const PORTS: &[Row] = &[
    field(Own::Sport, Field::SrcPort, &["sport", "orig-port-src"], Value::Port, "source port, original direction"),
    field(Own::Dport, Field::DstPort, &["dport", "orig-port-dst"], Value::Port, "destination port, original direction"),
    field(Own::ReplyPortSrc, Field::ReplySrcPort, &["reply-port-src"], Value::Port, "source port, reply direction"),
    field(Own::ReplyPortDst, Field::ReplyDstPort, &["reply-port-dst"], Value::Port, "destination port, reply direction"),
    field(Own::MaskPortSrc, Field::MaskSrcPort, &["mask-port-src"], Value::Port, "mask of the expected source port"),
    field(Own::MaskPortDst, Field::MaskDstPort, &["mask-port-dst"], Value::Port, "mask of the expected destination port"),
];
const STATE: &[Row] = &[field(Own::State, Field::State, &["state"], Value::State, "state of the connection")];
#[rustfmt::skip]
const TUPLE_PORTS: &[Row] = &[
    field(Own::TuplePortSrc, Field::TupleSrcPort, &["tuple-port-src"], Value::Port, "expected source port"),
    field(Own::TuplePortDst, Field::TupleDstPort, &["tuple-port-dst"], Value::Port, "expected destination port"),
];
#[rustfmt::skip]
const VTAGS: &[Row] = &[
    field(Own::OrigVtag, Field::OrigVtag, &["orig-vtag"], Value::Tag, "verification tag, original direction"),
    field(Own::ReplyVtag, Field::ReplyVtag, &["reply-vtag"], Value::Tag, "verification tag, reply direction"),
];
const ROLE: &[Row] =
    &[field(Own::Role, Field::Role, &["role"], Value::Role, "role of the original direction's sender")];
#[rustfmt::skip]
const KEYS: &[Row] = &[
    field(Own::Srckey, Field::SrcPort, &["srckey", "orig-key-src"], Value::Key, "source key, original direction"),
    field(Own::Dstkey, Field::DstPort, &["dstkey", "orig-key-dst"], Value::Key, "destination key, original direction"),
    field(Own::ReplyKeySrc, Field::ReplySrcPort, &["reply-key-src"], Value::Key, "source key, reply direction"),
    field(Own::ReplyKeyDst, Field::ReplyDstPort, &["reply-key-dst"], Value::Key, "destination key, reply direction"),
    field(Own::MaskKeySrc, Field::MaskSrcPort, &["mask-key-src"], Value::Key, "mask of the expected source key"),
    field(Own::MaskKeyDst, Field::MaskDstPort, &["mask-key-dst"], Value::Key, "mask of the expected destination key"),
    field(Own::TupleKeySrc, Field::TupleSrcPort, &["tuple-key-src"], Value::Key, "expected source key"),
    field(Own::TupleKeyDst, Field::TupleDstPort, &["tuple-key-dst"], Value::Key, "expected destination key"),
];
const ICMP: &[Row] = &[
    field(Own::IcmpType, Field::IcmpType, &["icmp-type"], Value::Number, "ICMP type"),
    field(Own::IcmpCode, Field::IcmpCode, &["icmp-code"], Value::Number, "ICMP code"),
    field(Own::IcmpId, Field::IcmpId, &["icmp-id"], Value::Number, "ICMP id"),
];
const ICMPV6: &[Row] = &[
    field(Own::Icmpv6Type, Field::IcmpType, &["icmpv6-type"], Value::Number, "ICMPv6 type"),
    field(Own::Icmpv6Code, Field::IcmpCode, &["icmpv6-code"], Value::Number, "ICMPv6 code"),
    field(Own::Icmpv6Id, Field::IcmpId, &["icmpv6-id"], Value::Number, "ICMPv6 id"),
];

/// A protocol whose entries have fields of their own.
#[derive(Debug)]
pub struct Protocol {
    pub number: u8,
    pub name: &'static str,
    /// Its options, in the order in which legality is checked.
    pub options: &'static [&'static [Row]],
    /// Its states by number, further names for some, and the word for them in messages.
    pub states: &'static [&'static str],
    pub aliases: &'static [(&'static str, u8)],
    pub state_message: &'static str,
}

const fn protocol(number: u8, name: &'static str, options: &'static [&'static [Row]]) -> Protocol {
    Protocol { number, name, options, states: &[], aliases: &[], state_message: "" }
}

/// The protocols, in the order in which names are tried.
pub static PROTOCOLS: [Protocol; 8] = [
    Protocol {
        states: tables::TCP_STATES,
        aliases: &[("LISTEN", 9)],
        state_message: "unknown TCP state",
        ..protocol(6, "tcp", &[PORTS, STATE, TUPLE_PORTS])
    },
    protocol(17, "udp", &[PORTS, TUPLE_PORTS]),
    protocol(136, "udplite", &[PORTS, TUPLE_PORTS]),
    Protocol {
        states: tables::SCTP_STATES,
        state_message: "unknown SCTP state",
        ..protocol(132, "sctp", &[PORTS, STATE, TUPLE_PORTS, VTAGS])
    },
    Protocol {
        states: tables::DCCP_STATES,
        state_message: "Unknown DCCP state",
        ..protocol(33, "dccp", &[PORTS, STATE, TUPLE_PORTS, ROLE])
    },
    protocol(1, "icmp", &[ICMP]),
    protocol(58, "icmpv6", &[ICMPV6]),
    protocol(47, "gre", &[KEYS]),
];

impl Protocol {
    /// The options, in order.
    pub fn rows(&self) -> impl Iterator<Item = &'static Row> + Clone + use<> {
        self.options.iter().flat_map(|table| table.iter())
    }

    /// The number of a state.
    pub fn state(&self, name: &[u8]) -> Option<u8> {
        let by_number = (0..).zip(self.states).map(|(number, state)| (*state, number));
        by_number
            .chain(self.aliases.iter().copied())
            .find(|(state, _)| state.as_bytes() == name)
            .map(|found| found.1)
    }

    /// The protocol with this number.
    pub fn by_number(number: u8) -> Option<&'static Protocol> {
        PROTOCOLS.iter().find(|protocol| protocol.number == number)
    }
}
