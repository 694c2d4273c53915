// SPDX-License-Identifier: GPL-2.0-or-later
//! A [`Request`]'s values as objects of the library: a selector, an entry to make or look up, changes to an
//! entry, an expectation.
//!
//! What one direction of a tuple lacks is the inverse of what the other direction has, part by part.

#![forbid(unsafe_code)]

use crate::message::Complaint;
use crate::options::{Field, Param};
use crate::parse::{Pair, Request};
use crate::value::{NatTarget, StatusBits};
use netfilter_conntrack::filter::Selector;
use netfilter_conntrack::filter::dump::Masked;
use netfilter_conntrack::filter::selector::{AddressMask, IcmpSelector, NatSelector, TupleSelector};
use netfilter_conntrack::wire::consts::IPPROTO_TCP;
use netfilter_conntrack::{Attr, Dir, ExpectAttr, Expectation, Flow, L4};
use std::net::IpAddr;

/// The selection that the command line describes.
///
/// # Errors
/// For a mask without address, and for filters that may not stand together.
pub fn selector(request: &Request) -> Result<Selector, Complaint> {
    masks_have_addresses(request)?;
    let nat = |given: bool, target: Option<NatTarget>| {
        given.then(|| NatSelector {
            address: target.map(|nat| nat.address),
            port: target.and_then(|nat| nat.port),
        })
    };
    let byte = |field| request.field(field).and_then(|value| u8::try_from(value).ok());
    Ok(Selector {
        family: request.family.map(|family| family as u8),
        protocol: request.protocol.map(|protocol| protocol.number),
        orig: tuple_selector(request, Dir::Orig),
        reply: tuple_selector(request, Dir::Reply),
        icmp: IcmpSelector {
            kind: byte(Field::IcmpType),
            code: byte(Field::IcmpCode),
            id: port(request, Field::IcmpId),
        },
        zone: request.zone,
        mark: request.mark,
        status: status_selector(request.status),
        id: request.id,
        secmark: request.secmark,
        state: byte(Field::State),
        vtags: [request.field(Field::OrigVtag), request.field(Field::ReplyVtag)],
        labels: request.labels.clone(),
        source_nat: nat(request.has(Param::SrcNat), request.source_nat),
        destination_nat: nat(request.has(Param::DstNat), request.destination_nat),
        any_nat: nat(request.has(Param::AnyNat), request.any_nat),
    })
}

fn masks_have_addresses(request: &Request) -> Result<(), Complaint> {
    let pairs = [(Param::MaskSrc, Param::Src), (Param::MaskDst, Param::Dst)];
    match pairs.iter().find(|(mask, address)| request.has(*mask) && !request.has(*address)) {
        Some((mask, address)) => Err(Complaint::MaskWithout(mask.row().name(), address.row().name())),
        None => Ok(()),
    }
}

fn port(request: &Request, field: Field) -> Option<u16> {
    request.field(field).and_then(|value| u16::try_from(value).ok())
}

fn tuple_selector(request: &Request, dir: Dir) -> TupleSelector {
    let (pair, mask, ports, zone) = match dir {
        Dir::Orig => (request.orig, request.mask, [Field::SrcPort, Field::DstPort], request.orig_zone),
        _ => (request.reply, Pair::default(), [Field::ReplySrcPort, Field::ReplyDstPort], request.reply_zone),
    };
    let [src_port, dst_port] = ports.map(|field| port(request, field));
    TupleSelector {
        src: pair.src.map(|address| AddressMask { address, mask: mask.src }),
        dst: pair.dst.map(|address| AddressMask { address, mask: mask.dst }),
        src_port,
        dst_port,
        zone,
    }
}

/// Bits wanted set and bits wanted clear; one that is both is never both.
fn status_selector(bits: StatusBits) -> Masked {
    match bits.set & bits.clear {
        0 => Masked { value: bits.set, mask: bits.set | bits.clear },
        _ => Masked { value: 1, mask: 0 },
    }
}

/// The selection of an update, where mark, status, state and tags are new values and select nothing.
///
/// # Errors
/// As [`selector`].
pub fn update_selector(request: &Request) -> Result<Selector, Complaint> {
    let selector = selector(request)?;
    Ok(Selector { mark: None, status: Masked::default(), state: None, vtags: [None; 2], ..selector })
}

/// The selection of a deletion. A timeout never selects; together with nothing that does, it is an error and
/// not everything, and so is a status without bits.
///
/// # Errors
/// As [`selector`], and as said.
pub fn delete_selector(request: &Request) -> Result<Selector, Complaint> {
    let selector = selector(request)?;
    let selects = !is_family_only(&selector);
    match [Param::Timeout, Param::Status].into_iter().find(|&param| request.has(param)) {
        Some(param) if !selects => Err(Complaint::SelectsNothing(param.row().name())),
        _ => Ok(selector),
    }
}

/// Whether a selection names a family at most.
pub fn is_family_only(selector: &Selector) -> bool {
    Selector { family: None, ..selector.clone() }.is_everything()
}

/// Whether an entry that is selected stays so as long as it lives: there are conditions on its tuples, zones and id
/// at most.
pub fn is_lasting(selector: &Selector) -> bool {
    let Selector { family, protocol, orig, reply, icmp, zone, id, .. } = selector.clone();
    *selector == Selector { family, protocol, orig, reply, icmp, zone, id, ..Selector::default() }
}

/// Sets both tuples, each completed from the other.
fn set_tuples(flow: &mut Flow, request: &Request) -> Result<(), Complaint> {
    let (orig, reply) = (request.orig, request.reply);
    let protocol = request.protocol.map_or(0, |protocol| protocol.number);
    let sides = [
        (Dir::Orig, orig.src.or(reply.dst), orig.dst.or(reply.src)),
        (Dir::Reply, reply.src.or(orig.dst), reply.dst.or(orig.src)),
    ];
    for (dir, src, dst) in sides {
        let missing = || Complaint::Missing(Param::Src.row().name());
        flow.set_tuple(dir, src.ok_or_else(missing)?, dst.ok_or_else(missing)?, L4::Other(protocol));
    }
    set_ports(flow, request);
    set_icmp(flow, request);
    Ok(())
}

/// The ports of a port protocol: which attribute, the option for it, the option of the other direction.
const PORTS: [(Attr, Field, Field); 4] = [
    (Attr::OrigPortSrc, Field::SrcPort, Field::ReplyDstPort),
    (Attr::OrigPortDst, Field::DstPort, Field::ReplySrcPort),
    (Attr::ReplPortSrc, Field::ReplySrcPort, Field::DstPort),
    (Attr::ReplPortDst, Field::ReplyDstPort, Field::SrcPort),
];

fn set_ports(flow: &mut Flow, request: &Request) {
    for (attr, own, other) in PORTS {
        if let Some(port) = port(request, own).or_else(|| port(request, other)) {
            flow.set_bytes(attr, &port.to_be_bytes());
        }
    }
}

/// Sets the ICMP fields of both directions; the family is known by now, so the reply's type is right.
fn set_icmp(flow: &mut Flow, request: &Request) {
    for (attr, field) in [(Attr::IcmpType, Field::IcmpType), (Attr::IcmpCode, Field::IcmpCode)] {
        if let Some(value) = request.field(field).and_then(|value| u8::try_from(value).ok()) {
            flow.set_bytes(attr, &[value]);
        }
    }
    if let Some(id) = port(request, Field::IcmpId) {
        flow.set_bytes(Attr::IcmpId, &id.to_be_bytes());
    }
}

/// What names one entry: its original tuple, or its reply tuple when only that was given.
///
/// # Errors
/// When no pair of addresses is complete.
pub fn key(request: &Request) -> Result<Flow, Complaint> {
    let mut flow = Flow::new();
    set_tuples(&mut flow, request)?;
    if request.orig.src.is_none() || request.orig.dst.is_none() {
        flow.unset(Attr::OrigL3proto);
    }
    Ok(flow)
}

/// The entry to make.
///
/// # Errors
/// As [`key`].
pub fn new_entry(request: &Request) -> Result<Flow, Complaint> {
    let mut flow = Flow::new();
    set_tuples(&mut flow, request)?;
    if let Some(timeout) = request.timeout {
        flow.set_timeout_secs(timeout);
    }
    if request.has(Param::Status) {
        flow.set_status(request.status.set);
    }
    if let Some(mark) = request.mark {
        flow.set_mark(mark.value);
    }
    if let Some(labels) = &request.label_add {
        flow.set_labels(labels.clone());
    }
    set_zones(&mut flow, request);
    set_protocol_state(&mut flow, request);
    if let (IPPROTO_TCP, Some(state)) = (flow.tuple(Dir::Orig).l4(), flow.tcp_state()) {
        set_tcp_flags(&mut flow, state);
    }
    set_nat(&mut flow, request.source_nat, [Attr::SnatIpv4, Attr::SnatIpv6, Attr::SnatPort]);
    set_nat(&mut flow, request.destination_nat, [Attr::DnatIpv4, Attr::DnatIpv6, Attr::DnatPort]);
    Ok(flow)
}

fn set_zones(flow: &mut Flow, request: &Request) {
    if let Some(zone) = request.zone {
        flow.set_zone(zone);
    }
    if let Some(zone) = request.orig_zone {
        flow.set_orig_zone(zone);
    }
    if let Some(zone) = request.reply_zone {
        flow.set_reply_zone(zone);
    }
}

/// Sets what the protocol's options say of a connection's state.
pub fn set_protocol_state(flow: &mut Flow, request: &Request) {
    let state = match request.protocol.and_then(|protocol| protocol.known).map(|protocol| protocol.name) {
        Some("tcp") => Attr::TcpState,
        Some("sctp") => Attr::SctpState,
        _ => Attr::DccpState,
    };
    for (attr, field) in [(state, Field::State), (Attr::DccpRole, Field::Role)] {
        if let Some(value) = request.field(field).and_then(|value| u8::try_from(value).ok()) {
            flow.set_bytes(attr, &[value]);
        }
    }
    for (attr, field) in [(Attr::SctpVtagOrig, Field::OrigVtag), (Attr::SctpVtagRepl, Field::ReplyVtag)] {
        if let Some(tag) = request.field(field) {
            flow.set_bytes(attr, &tag.to_ne_bytes());
        }
    }
}

/// `IP_CT_TCP_FLAG_SACK_PERM`, `_CLOSE_INIT` and `_BE_LIBERAL`.
const TCP_SACK_PERM: u8 = 2;
const TCP_CLOSE_INIT: u8 = 4;
const TCP_BE_LIBERAL: u8 = 8;
/// The first state in which a connection is closing.
const TCP_TIME_WAIT: u8 = 7;

/// Nothing is known of the windows of a connection made by hand, so the kernel must not check them.
fn set_tcp_flags(flow: &mut Flow, state: u8) {
    let closing = if state >= TCP_TIME_WAIT { TCP_CLOSE_INIT } else { 0 };
    let flags = TCP_SACK_PERM | TCP_BE_LIBERAL | closing;
    for attr in [Attr::TcpFlagsOrig, Attr::TcpMaskOrig, Attr::TcpFlagsRepl, Attr::TcpMaskRepl] {
        flow.set_bytes(attr, &[flags]);
    }
}

fn set_nat(flow: &mut Flow, target: Option<NatTarget>, [ipv4, ipv6, port]: [Attr; 3]) {
    let Some(target) = target else { return };
    match target.address {
        IpAddr::V4(address) => flow.set_bytes(ipv4, &address.octets()),
        IpAddr::V6(address) => flow.set_bytes(ipv6, &address.octets()),
    }
    if let Some(number) = target.port {
        flow.set_bytes(port, &number.to_be_bytes());
    }
}

/// A tuple of an expectation.
fn expected(request: &Request, pair: Pair, ports: [Field; 2]) -> Result<Flow, Complaint> {
    let missing = || Complaint::Missing(Param::Src.row().name());
    let protocol = request.protocol.map_or(0, |protocol| protocol.number);
    let mut flow = Flow::new();
    flow.set_tuple(
        Dir::Orig,
        pair.src.ok_or_else(missing)?,
        pair.dst.ok_or_else(missing)?,
        L4::Other(protocol),
    );
    for (attr, field) in [Attr::OrigPortSrc, Attr::OrigPortDst].into_iter().zip(ports) {
        if let Some(port) = port(request, field) {
            flow.set_bytes(attr, &port.to_be_bytes());
        }
    }
    Ok(flow)
}

/// What names one expectation: the tuple it expects, given as `-s -d -p` and ports.
///
/// # Errors
/// When an address is missing.
pub fn expectation_key(request: &Request) -> Result<Expectation, Complaint> {
    let mut expect = Expectation::new();
    let tuple = expected(request, request.orig, [Field::SrcPort, Field::DstPort])?;
    expect.set_tuple(ExpectAttr::Expected, &tuple);
    Ok(expect)
}

/// The expectation to make: `-s -d` and ports name its master.
///
/// # Errors
/// When an address is missing.
pub fn new_expectation(request: &Request) -> Result<Expectation, Complaint> {
    let parts = [
        (ExpectAttr::Master, request.orig, [Field::SrcPort, Field::DstPort]),
        (ExpectAttr::Expected, request.tuple, [Field::TupleSrcPort, Field::TupleDstPort]),
        (ExpectAttr::Mask, request.mask, [Field::MaskSrcPort, Field::MaskDstPort]),
    ];
    let mut expect = Expectation::new();
    for (which, pair, ports) in parts {
        expect.set_tuple(which, &expected(request, pair, ports)?);
    }
    if let Some(timeout) = request.timeout {
        expect.set_number(ExpectAttr::Timeout, timeout);
    }
    Ok(expect)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::Parser;

    fn request(line: &str) -> Request {
        let words: Vec<&str> = line.split(' ').collect();
        Parser::default().parse(&words).unwrap()
    }

    #[test]
    fn only_what_an_entry_keeps_for_life_is_lasting() {
        let lasting = |options: &str| is_lasting(&selector(&request(&format!("-D {options}"))).unwrap());
        for options in ["-f ipv4", "-s 1.1.1.1 -d 2.2.0.0/16", "-p tcp --sport 1 -w 5", "-r 1.1.1.1 -i 7"] {
            assert!(lasting(options), "{options}");
        }
        for options in ["-m 5", "-u ASSURED", "-u !ASSURED", "-p tcp --state LISTEN", "-s 1.1.1.1 -n"] {
            assert!(!lasting(options), "{options}");
        }
    }

    #[test]
    fn every_tuple_of_an_expectation_has_the_protocol() {
        let addresses = "-s 1.1.1.1 -d 1.1.1.2 --tuple-src 1.1.1.1 --tuple-dst 1.1.1.3 --mask-src 0.0.0.0 --mask-dst 0.0.0.0";
        let ports = "--sport 1 --dport 2 --tuple-port-src 0 --tuple-port-dst 2570 --mask-port-src 0 --mask-port-dst 65535";
        let sctp = format!("-p sctp {ports} --orig-vtag 1 --reply-vtag 2");
        for (options, protocol) in [(format!("-p tcp {ports}"), 6), (sctp, 132), ("-p 50".into(), 50)] {
            let expect = new_expectation(&request(&format!("-I expect -t 9 {addresses} {options}"))).unwrap();
            for which in [ExpectAttr::Master, ExpectAttr::Expected, ExpectAttr::Mask] {
                assert_eq!(expect.tuple(which).l4(), protocol, "{options} {which:?}");
            }
        }
    }

    #[test]
    fn a_new_tcp_entry_has_lenient_windows() {
        let flags = |state: &str| {
            let line = format!("-I -p tcp -t 9 -s 1.1.1.1 -d 1.1.1.2 --sport 1 --dport 2 --state {state}");
            let flow = new_entry(&request(&line)).unwrap();
            let attrs = [Attr::TcpFlagsOrig, Attr::TcpMaskOrig, Attr::TcpFlagsRepl, Attr::TcpMaskRepl];
            attrs.map(|attr| flow.u8(attr))
        };
        assert_eq!(flags("ESTABLISHED"), [Some(0x0a); 4]);
        assert_eq!(flags("TIME_WAIT"), [Some(0x0e); 4]);
    }

    #[test]
    fn the_saved_form_of_a_translated_entry_keeps_its_ports() {
        let tuple = "-s 1.1.1.1 -d 2.2.2.2 -g 6.6.6.6 -n 5.5.5.5";
        let ports = "--sport 81 --dport 82 --reply-port-src 8080 --reply-port-dst 9999";
        let flow = new_entry(&request(&format!("-A -t 9 {tuple} -p udp {ports}"))).unwrap();
        assert_eq!(flow.tuple(Dir::Reply).protocol(), L4::Udp { sport: 8080, dport: 9999 });
        assert_eq!(
            flow.tuple(Dir::Reply).dst(),
            Some("1.1.1.1".parse().unwrap()),
            "the kernel translates it"
        );
        assert!(flow.is_set(Attr::SnatIpv4) && flow.is_set(Attr::DnatIpv4));
    }
}
