// SPDX-License-Identifier: GPL-2.0-or-later
//! A [`Flow`] into the attributes of a request.
//!
//! These attributes are never sent, because the kernel does not accept them or the C API never sent them: counters, use
//! count, id, security context, timestamps, masks of mark and status, the upper end of a NAT address range.

#![forbid(unsafe_code)]

use super::tuple;
use crate::bitmask::{Bitmask, wire_len, wire_place};
use crate::error::{Error, Result};
use crate::flow::storage::{self, Field, Slot, field};
use crate::flow::{Attr, Dir, Flow};
use crate::wire::Builder;
use crate::wire::build::{head, leaf, nest_head};
use crate::wire::consts::*;

const REPLY: &[Attr] = &[
    Attr::ReplIpv4Src,
    Attr::ReplIpv4Dst,
    Attr::ReplIpv6Src,
    Attr::ReplIpv6Dst,
    Attr::ReplPortSrc,
    Attr::ReplPortDst,
    Attr::ReplL3proto,
    Attr::ReplL4proto,
    Attr::ReplZone,
];
const MASTER: &[Attr] = &[
    Attr::MasterIpv4Src,
    Attr::MasterIpv4Dst,
    Attr::MasterIpv6Src,
    Attr::MasterIpv6Dst,
    Attr::MasterPortSrc,
    Attr::MasterPortDst,
    Attr::MasterL3proto,
    Attr::MasterL4proto,
];
/// A flow without any of these needs nothing of [`seldom`]. The three sequence numbers are sent together, so one is
/// tested.
const SELDOM: &[Attr] = &[
    Attr::SnatIpv4,
    Attr::SnatIpv6,
    Attr::SnatPort,
    Attr::DnatIpv4,
    Attr::DnatIpv6,
    Attr::DnatPort,
    Attr::OrigNatSeqCorrectionPos,
    Attr::ReplNatSeqCorrectionPos,
    Attr::HelperName,
];
const TCP: &[Attr] = &[
    Attr::TcpState,
    Attr::TcpFlagsOrig,
    Attr::TcpFlagsRepl,
    Attr::TcpMaskOrig,
    Attr::TcpMaskRepl,
    Attr::TcpWscaleOrig,
    Attr::TcpWscaleRepl,
];
const SCTP: &[Attr] = &[Attr::SctpState, Attr::SctpVtagOrig, Attr::SctpVtagRepl];
const DCCP: &[Attr] = &[Attr::DccpState, Attr::DccpRole, Attr::DccpHandshakeSeq];

/// Appends a flow's attributes.
///
/// # Errors
/// [`Error::Invalid`] without an original family; [`Error::Unsupported`] for a family other than IPv4 and IPv6
/// in the original or reply tuple; [`Error::NoSpace`]. The message may contain the attributes before the failure.
pub fn attributes(b: &mut Builder<'_>, flow: &Flow) -> Result<()> {
    if !flow.is_set(Attr::OrigL3proto) {
        return Err(Error::Invalid("the flow has no address family"));
    }
    tuple::encode(b, CTA_TUPLE_ORIG, flow.tuple(Dir::Orig), flow.orig_zone())?;
    if flow.any_set(REPLY) {
        tuple::encode(b, CTA_TUPLE_REPLY, flow.tuple(Dir::Reply), flow.reply_zone())?;
    }
    if flow.any_set(MASTER) {
        master(b, flow)?;
    }
    numbers(b, flow)?;
    protoinfo(b, flow)?;
    if flow.any_set(SELDOM) {
        seldom(b, flow)?;
    }
    if let Some(zone) = flow.zone() {
        b.be16(CTA_ZONE, zone)?;
    }
    if flow.is_set(Attr::Connlabels) {
        labels(b, flow)?;
    }
    numbers_nest(b, flow, CTA_SYNPROXY, [field::SynproxyIsn, field::SynproxyIts, field::SynproxyTsoff])
}

#[inline(never)]
fn master(b: &mut Builder<'_>, flow: &Flow) -> Result<()> {
    match tuple::encode(b, CTA_TUPLE_MASTER, flow.tuple(Dir::Master), None) {
        Err(Error::Unsupported(_)) => Ok(()), // a master without a family is left out
        result => result,
    }
}

/// Translations, their sequence numbers and helpers: a single test shows that a flow has none of them.
#[inline(never)]
fn seldom(b: &mut Builder<'_>, flow: &Flow) -> Result<()> {
    nat(b, flow, CTA_NAT_SRC, &SNAT)?;
    nat(b, flow, CTA_NAT_DST, &DNAT)?;
    sequences(b, flow)?;
    helper(b, flow)
}

fn numbers(b: &mut Builder<'_>, flow: &Flow) -> Result<()> {
    if let Some(status) = flow.status() {
        b.be32(CTA_STATUS, status | IPS_CONFIRMED)?;
    }
    for (kind, attr) in [(CTA_TIMEOUT, Attr::Timeout), (CTA_MARK, Attr::Mark), (CTA_SECMARK, Attr::Secmark)] {
        if let Some(value) = flow.u32(attr) {
            b.be32(kind, value)?;
        }
    }
    Ok(())
}

fn protoinfo(b: &mut Builder<'_>, flow: &Flow) -> Result<()> {
    match flow.stored_u8(field::OrigL4proto) {
        IPPROTO_TCP if flow.any_set(TCP) => tcp(b, flow),
        IPPROTO_SCTP if flow.any_set(SCTP) => {
            b.nest(CTA_PROTOINFO, |b| b.nest(CTA_PROTOINFO_SCTP, |b| sctp(b, flow)))
        }
        IPPROTO_DCCP if flow.any_set(DCCP) => {
            b.nest(CTA_PROTOINFO, |b| b.nest(CTA_PROTOINFO_DCCP, |b| dccp(b, flow)))
        }
        _ => Ok(()),
    }
}

#[inline(always)]
fn tcp(b: &mut Builder<'_>, flow: &Flow) -> Result<()> {
    let byte = |kind, field: Field<1>| (flow.is_set(field.attr), leaf(kind, flow.stored(field)));
    let flags = |kind, flags: Field<1>, mask: Field<1>| {
        let present = flow.all_set(&[flags.attr, mask.attr]);
        (present, leaf(kind, [flow.stored_u8(flags), flow.stored_u8(mask)]))
    };
    let leaves = || {
        [
            byte(CTA_PROTOINFO_TCP_STATE, field::TcpState),
            flags(CTA_PROTOINFO_TCP_FLAGS_ORIGINAL, field::TcpFlagsOrig, field::TcpMaskOrig),
            flags(CTA_PROTOINFO_TCP_FLAGS_REPLY, field::TcpFlagsRepl, field::TcpMaskRepl),
            byte(CTA_PROTOINFO_TCP_WSCALE_ORIGINAL, field::TcpWscaleOrig),
            byte(CTA_PROTOINFO_TCP_WSCALE_REPLY, field::TcpWscaleRepl),
        ]
    };
    b.nested_leaves([CTA_PROTOINFO, CTA_PROTOINFO_TCP], flow.all_set(TCP), leaves)
}

fn sctp(b: &mut Builder<'_>, flow: &Flow) -> Result<()> {
    if let Some(state) = flow.sctp_state() {
        b.u8(CTA_PROTOINFO_SCTP_STATE, state)?;
    }
    if let Some(tag) = flow.u32(Attr::SctpVtagOrig) {
        b.be32(CTA_PROTOINFO_SCTP_VTAG_ORIGINAL, tag)?;
    }
    flow.u32(Attr::SctpVtagRepl).map_or(Ok(()), |tag| b.be32(CTA_PROTOINFO_SCTP_VTAG_REPLY, tag))
}

fn dccp(b: &mut Builder<'_>, flow: &Flow) -> Result<()> {
    if let Some(state) = flow.dccp_state() {
        b.u8(CTA_PROTOINFO_DCCP_STATE, state)?;
    }
    if let Some(role) = flow.u8(Attr::DccpRole) {
        b.u8(CTA_PROTOINFO_DCCP_ROLE, role)?;
    }
    flow.u64(Attr::DccpHandshakeSeq).map_or(Ok(()), |seq| b.be64(CTA_PROTOINFO_DCCP_HANDSHAKE_SEQ, seq))
}

/// The attributes of one translation and where the upper end of its port range is stored.
struct NatAttrs {
    ipv4: Field<4>,
    ipv6: Field<16>,
    port: Field<2>,
    port_max: Slot<2>,
}

const SNAT: NatAttrs = NatAttrs {
    ipv4: field::SnatIpv4,
    ipv6: field::SnatIpv6,
    port: field::SnatPort,
    port_max: storage::SNAT_PORT_MAX,
};
const DNAT: NatAttrs = NatAttrs {
    ipv4: field::DnatIpv4,
    ipv6: field::DnatIpv6,
    port: field::DnatPort,
    port_max: storage::DNAT_PORT_MAX,
};

fn nat(b: &mut Builder<'_>, flow: &Flow, kind: u16, attrs: &NatAttrs) -> Result<()> {
    let [ipv4, ipv6, port] =
        [attrs.ipv4.attr, attrs.ipv6.attr, attrs.port.attr].map(|attr| flow.is_set(attr));
    if !(ipv4 || ipv6 || port) {
        return Ok(());
    }
    let has_ports = matches!(flow.stored_u8(field::OrigL4proto), IPPROTO_TCP | IPPROTO_UDP);
    b.nest(kind, |b| {
        if ipv4 {
            b.bytes(CTA_NAT_V4_MINIP, &flow.stored(attrs.ipv4))?;
        } else if ipv6 {
            b.bytes(CTA_NAT_V6_MINIP, &flow.stored(attrs.ipv6))?;
        }
        if !port {
            return Ok(());
        }
        b.nest(CTA_NAT_PROTO, |b| {
            if !has_ports {
                return Ok(());
            }
            b.bytes(CTA_PROTONAT_PORT_MIN, &flow.stored(attrs.port))?;
            b.bytes(CTA_PROTONAT_PORT_MAX, &flow.at(attrs.port_max))
        })
    })
}

fn sequences(b: &mut Builder<'_>, flow: &Flow) -> Result<()> {
    let orig = [field::OrigNatSeqCorrectionPos, field::OrigNatSeqOffsetBefore, field::OrigNatSeqOffsetAfter];
    let reply = [field::ReplNatSeqCorrectionPos, field::ReplNatSeqOffsetBefore, field::ReplNatSeqOffsetAfter];
    numbers_nest(b, flow, CTA_SEQ_ADJ_ORIG, orig)?;
    numbers_nest(b, flow, CTA_SEQ_ADJ_REPLY, reply)
}

/// A nest of 32-bit numbers with types 1, 2, 3, sent only when all of them are present.
#[inline(always)]
fn numbers_nest(
    b: &mut Builder<'_>,
    flow: &Flow,
    kind: u16,
    [first, second, third]: [Field<4>; 3],
) -> Result<()> {
    if !flow.all_set(&[first.attr, second.attr, third.attr]) {
        return Ok(());
    }
    let number = |field| flow.stored_u32(field).to_be();
    let (first, second, third) = (number(first), number(second), number(third));
    b.words([nest_head(kind, 7), head(1, 4), first, head(2, 4), second, head(3, 4), third])
}

fn helper(b: &mut Builder<'_>, flow: &Flow) -> Result<()> {
    let Some(name) = flow.helper_name() else {
        return Ok(());
    };
    b.nest(CTA_HELP, |b| {
        b.text(CTA_HELP_NAME, name)?;
        flow.helper_info().map_or(Ok(()), |info| b.bytes(CTA_HELP_INFO, info))
    })
}

fn labels(b: &mut Builder<'_>, flow: &Flow) -> Result<()> {
    if !flow.is_set(Attr::Connlabels) {
        return Ok(());
    }
    let Some(labels) = flow.labels() else {
        return Ok(());
    };
    words(b, CTA_LABELS, labels)?;
    match flow.labels_mask() {
        Some(mask) if flow.is_set(Attr::ConnlabelsMask) && mask.words().len() == labels.words().len() => {
            words(b, CTA_LABELS_MASK, mask)
        }
        _ => Ok(()),
    }
}

fn words(b: &mut Builder<'_>, kind: u16, mask: &Bitmask) -> Result<()> {
    let wire = b.blank(kind, wire_len(mask.words().len()) * 4)?;
    for (place, to) in wire.chunks_exact_mut(4).enumerate() {
        let word = mask.words().get(wire_place(place)).copied().unwrap_or(0);
        to.copy_from_slice(&word.to_ne_bytes());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::L4;
    use crate::wire::Attrs;

    /// A flow of this protocol and of nothing else that is sent as an attribute of its own.
    fn flow(number: u8) -> Flow {
        let mut flow = Flow::new();
        let (src, dst) = ("192.0.2.1".parse().unwrap(), "198.51.100.2".parse().unwrap());
        flow.set_tuple(Dir::Orig, src, dst, L4::Other(number));
        flow
    }

    /// The types of the attributes that are sent for a flow, without those of its nests.
    fn kinds(flow: &Flow) -> Vec<u16> {
        let mut buf = [0; 512];
        let mut b = Builder::attributes(&mut buf);
        attributes(&mut b, flow).unwrap();
        let len = b.len();
        Attrs::new(&buf[..len]).map(|attr| attr.kind).collect()
    }

    #[test]
    fn protocol_state_is_sent_when_any_of_it_is_present() {
        for (number, attrs) in [(IPPROTO_TCP, TCP), (IPPROTO_SCTP, SCTP), (IPPROTO_DCCP, DCCP)] {
            assert_eq!(kinds(&flow(number)), [CTA_TUPLE_ORIG]);
            for &attr in attrs {
                let mut flow = flow(number);
                flow.set_bytes(attr, &[1]);
                assert_eq!(kinds(&flow), [CTA_TUPLE_ORIG, CTA_PROTOINFO], "{attr:?}");
            }
        }
    }

    #[test]
    fn tcp_flags_are_sent_with_their_mask_only() {
        for attr in [Attr::TcpFlagsOrig, Attr::TcpMaskOrig, Attr::TcpFlagsRepl, Attr::TcpMaskRepl] {
            let (mut flow, mut buf) = (flow(IPPROTO_TCP), [0; 64]);
            flow.set_bytes(attr, &[1]);
            let mut b = Builder::attributes(&mut buf);
            protoinfo(&mut b, &flow).unwrap();
            assert_eq!(b.len(), 8, "{attr:?}: two empty nests");
        }
    }

    #[test]
    fn three_numbers_are_sent_together_or_not_at_all() {
        let mut flow = flow(IPPROTO_TCP);
        for attr in [Attr::SynproxyIsn, Attr::SynproxyIts] {
            flow.set_bytes(attr, &[1]);
            assert_eq!(kinds(&flow), [CTA_TUPLE_ORIG], "{attr:?}");
        }
        flow.set_bytes(Attr::SynproxyTsoff, &[1]);
        assert_eq!(kinds(&flow), [CTA_TUPLE_ORIG, CTA_SYNPROXY]);
    }

    #[test]
    fn a_master_without_a_family_is_left_out() {
        let mut flow = flow(IPPROTO_TCP);
        flow.set_bytes(Attr::MasterIpv4Src, &[192, 0, 2, 1]);
        assert_eq!(kinds(&flow), [CTA_TUPLE_ORIG]);
        flow.set_bytes(Attr::MasterL3proto, &[AF_INET]);
        assert_eq!(kinds(&flow), [CTA_TUPLE_ORIG, CTA_TUPLE_MASTER]);
    }

    /// A flow that is read from the attributes that are sent for a flow.
    fn sent(flow: &Flow) -> Flow {
        let (mut buf, mut read) = ([0; 512], Flow::new());
        let mut b = Builder::attributes(&mut buf);
        attributes(&mut b, flow).unwrap();
        let len = b.len();
        crate::codec::flow_decode::attributes(&mut read, AF_INET, Attrs::new(&buf[..len])).unwrap();
        read
    }

    #[test]
    fn what_is_sent_is_read_to_the_same_place() {
        const FLAGS: [Attr; 4] =
            [Attr::TcpFlagsOrig, Attr::TcpMaskOrig, Attr::TcpFlagsRepl, Attr::TcpMaskRepl];
        const SYNPROXY: [Attr; 3] = [Attr::SynproxyIsn, Attr::SynproxyIts, Attr::SynproxyTsoff];
        let (orig, reply) = (
            [Attr::OrigNatSeqCorrectionPos, Attr::OrigNatSeqOffsetBefore, Attr::OrigNatSeqOffsetAfter],
            [Attr::ReplNatSeqCorrectionPos, Attr::ReplNatSeqOffsetBefore, Attr::ReplNatSeqOffsetAfter],
        );
        let rows = [
            (IPPROTO_TCP, &[Attr::TcpState, Attr::TcpWscaleOrig, Attr::TcpWscaleRepl][..]),
            (IPPROTO_TCP, &FLAGS),
            (IPPROTO_TCP, &SYNPROXY),
            (IPPROTO_TCP, &orig),
            (IPPROTO_TCP, &reply),
            (IPPROTO_SCTP, SCTP),
            (IPPROTO_DCCP, DCCP),
            (IPPROTO_TCP, &[Attr::Mark, Attr::Timeout]),
        ];
        for (number, attrs) in rows {
            let mut flow = flow(number);
            for (value, &attr) in (1..).zip(attrs) {
                flow.set_bytes(attr, &[value]);
            }
            let read = sent(&flow);
            for &attr in attrs {
                assert!(read.is_set(attr), "{attr:?}");
                assert_eq!(read.stored_bytes(attr), flow.stored_bytes(attr), "{attr:?}");
            }
            let others = orig.iter().chain(&reply).filter(|attr| !attrs.contains(attr));
            assert!(others.into_iter().all(|&attr| !read.is_set(attr)), "{attrs:?}");
        }
    }

    /// The attributes of a translation, and of its ports, that are sent for a flow.
    fn translation(flow: &Flow) -> (Vec<u16>, Vec<u16>) {
        let mut buf = [0; 512];
        let mut b = Builder::attributes(&mut buf);
        nat(&mut b, flow, CTA_NAT_SRC, &SNAT).unwrap();
        let len = b.len();
        let Some(nest) = Attrs::new(&buf[..len]).next() else { return (vec![], vec![]) };
        let parts: Vec<_> = nest.nest().unwrap().collect();
        let ports = parts.iter().filter(|part| part.kind == CTA_NAT_PROTO);
        let ports = ports.flat_map(|part| part.nest().unwrap().map(|port| port.kind)).collect();
        (parts.iter().map(|part| part.kind).collect(), ports)
    }

    #[test]
    fn each_translation_has_an_attribute_of_its_own() {
        let rows = [
            (Attr::SnatIpv4, CTA_NAT_SRC),
            (Attr::SnatPort, CTA_NAT_SRC),
            (Attr::DnatIpv4, CTA_NAT_DST),
            (Attr::DnatPort, CTA_NAT_DST),
        ];
        for (attr, kind) in rows {
            let mut flow = flow(IPPROTO_TCP);
            flow.set_bytes(attr, &[1]);
            assert_eq!(kinds(&flow), [CTA_TUPLE_ORIG, kind], "{attr:?}");
        }
    }

    #[test]
    fn a_translation_is_sent_with_its_parts_only() {
        assert_eq!(translation(&flow(IPPROTO_TCP)), (vec![], vec![]));
        let with = |number, attrs: &[Attr]| {
            let mut flow = flow(number);
            attrs.iter().for_each(|&attr| flow.set_bytes(attr, &[1]));
            translation(&flow)
        };
        let both = vec![CTA_PROTONAT_PORT_MIN, CTA_PROTONAT_PORT_MAX];
        assert_eq!(with(IPPROTO_TCP, &[Attr::SnatIpv4]), (vec![CTA_NAT_V4_MINIP], vec![]));
        assert_eq!(with(IPPROTO_TCP, &[Attr::SnatIpv6]), (vec![CTA_NAT_V6_MINIP], vec![]));
        let addresses = [Attr::SnatIpv4, Attr::SnatIpv6];
        assert_eq!(with(IPPROTO_TCP, &addresses), (vec![CTA_NAT_V4_MINIP], vec![]), "the first one");
        assert_eq!(with(IPPROTO_TCP, &[Attr::SnatPort]), (vec![CTA_NAT_PROTO], both.clone()));
        assert_eq!(with(IPPROTO_UDP, &[Attr::SnatPort]), (vec![CTA_NAT_PROTO], both));
        assert_eq!(with(IPPROTO_SCTP, &[Attr::SnatPort]), (vec![CTA_NAT_PROTO], vec![]), "it has no ports");
        let whole = with(IPPROTO_DCCP, &[Attr::SnatIpv4, Attr::SnatPort]);
        assert_eq!(whole, (vec![CTA_NAT_V4_MINIP, CTA_NAT_PROTO], vec![]));
    }
}
