// SPDX-License-Identifier: GPL-2.0-or-later
//! `CTA_TUPLE_*`: one direction's tuple, for flows and expectations alike.

#![forbid(unsafe_code)]

use crate::error::{Error, Result};
use crate::flow::tuple::{L4Kind, l4_kind};
use crate::flow::{Attr, Dir, Flow, Tuple};
use crate::wire::attr::exactly;
use crate::wire::build::{Word, head, in_words, leaf, nest_head, padded};
use crate::wire::consts::*;
use crate::wire::{Attr as WireAttr, Builder};

/// Decodes a tuple nest into one direction of a flow. Compiled for each direction that a constant names, so that every
/// place in the object is known.
#[inline(always)]
pub(crate) fn decode(flow: &mut Flow, dir: Dir, nest: WireAttr<'_>) -> Result<()> {
    for part in nest.nest()? {
        match part.kind {
            CTA_TUPLE_IP => decode_addresses(flow, dir, part)?,
            CTA_TUPLE_PROTO => decode_protocol(flow, dir, part)?,
            CTA_TUPLE_ZONE => {
                let zone = part.be16()?;
                flow.store(dir.attrs().slots.zone, &zone.to_ne_bytes());
                dir.attrs().zone.into_iter().for_each(|field| flow.note(field.attr));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Source and destination of a nest with two IPv4 addresses, as the kernel writes it.
#[inline(always)]
fn ipv4_pair(nest: &[u8]) -> Option<[[u8; 4]; 2]> {
    let nest: &[u8; 16] = nest.try_into().ok()?;
    Some([exactly(nest, 0, CTA_IP_V4_SRC)?, exactly(nest, 8, CTA_IP_V4_DST)?])
}

/// Protocol, source and destination port of a nest that contains these three, as the kernel writes it.
#[inline(always)]
fn protocol_with_ports(nest: &[u8]) -> Option<([u8; 1], [u8; 2], [u8; 2])> {
    let nest: &[u8; 24] = nest.try_into().ok()?;
    let l4 = exactly(nest, 0, CTA_PROTO_NUM)?;
    Some((l4, exactly(nest, 8, CTA_PROTO_SRC_PORT)?, exactly(nest, 16, CTA_PROTO_DST_PORT)?))
}

#[inline(always)]
fn decode_addresses(flow: &mut Flow, dir: Dir, nest: WireAttr<'_>) -> Result<()> {
    let attrs = dir.attrs();
    let ([src4, dst4], [src6, dst6]) = (attrs.ipv4, attrs.ipv6);
    if let Some([src, dst]) = ipv4_pair(nest.payload) {
        flow.put(src4, &src);
        flow.put(dst4, &dst);
        return Ok(());
    }
    for leaf in nest.nest()? {
        match leaf.kind {
            CTA_IP_V4_SRC => flow.put(src4, &leaf.array::<4>()?),
            CTA_IP_V4_DST => flow.put(dst4, &leaf.array::<4>()?),
            CTA_IP_V6_SRC => flow.put(src6, &leaf.array::<16>()?),
            CTA_IP_V6_DST => flow.put(dst6, &leaf.array::<16>()?),
            _ => {}
        }
    }
    Ok(())
}

#[inline(always)]
fn decode_protocol(flow: &mut Flow, dir: Dir, nest: WireAttr<'_>) -> Result<()> {
    let attrs = dir.attrs();
    let [src, dst] = attrs.ports;
    if let Some((l4, sport, dport)) = protocol_with_ports(nest.payload) {
        flow.put(attrs.l4, &l4);
        flow.put(src, &sport);
        flow.put(dst, &dport);
        return Ok(());
    }
    for leaf in nest.nest()? {
        match leaf.kind {
            CTA_PROTO_NUM => flow.put(attrs.l4, &[leaf.u8()?]),
            CTA_PROTO_SRC_PORT => flow.put(src, &leaf.array::<2>()?),
            CTA_PROTO_DST_PORT => flow.put(dst, &leaf.array::<2>()?),
            // The values belong to their own direction; the presence is the flow's single ICMP attribute.
            CTA_PROTO_ICMP_ID | CTA_PROTO_ICMPV6_ID => {
                flow.store(attrs.slots.l4_src, &leaf.array::<2>()?);
                flow.note(Attr::IcmpId);
            }
            CTA_PROTO_ICMP_TYPE | CTA_PROTO_ICMPV6_TYPE => {
                flow.store(attrs.slots.icmp_type, &[leaf.u8()?]);
                flow.note(Attr::IcmpType);
            }
            CTA_PROTO_ICMP_CODE | CTA_PROTO_ICMPV6_CODE => {
                flow.store(attrs.slots.icmp_code, &[leaf.u8()?]);
                flow.note(Attr::IcmpCode);
            }
            _ => {}
        }
    }
    Ok(())
}

/// Encodes a tuple nest; `zone` adds the direction's own zone.
///
/// # Errors
/// [`Error::Unsupported`] for a family other than IPv4 and IPv6, with nothing written; [`Error::NoSpace`].
pub(crate) fn encode(b: &mut Builder<'_>, kind: u16, tuple: Tuple<'_>, zone: Option<u16>) -> Result<()> {
    match tuple.l3() {
        AF_INET => with_addresses(b, kind, ipv4(tuple), tuple, zone),
        AF_INET6 => with_addresses(b, kind, ipv6(tuple), tuple, zone),
        _ => Err(Error::Unsupported("address family")),
    }
}

/// The nest with these addresses. Each pair of address family and kind of protocol is one layout, known when compiling.
#[inline(always)]
fn with_addresses<const N: usize>(
    b: &mut Builder<'_>,
    kind: u16,
    addresses: [Word; N],
    tuple: Tuple<'_>,
    zone: Option<u16>,
) -> Result<()> {
    let zone = zone.map(|zone| leaf(CTA_TUPLE_ZONE, zone.to_be_bytes()));
    match l4_kind(tuple.l4()) {
        L4Kind::Ports | L4Kind::Keys => b.nest_of(kind, addresses, ports(tuple), zone),
        L4Kind::Icmp => b.nest_of(kind, addresses, icmp(tuple), zone),
        L4Kind::None => b.nest_of(kind, addresses, number(tuple), zone),
    }
}

#[inline(always)]
fn ipv4(tuple: Tuple<'_>) -> [Word; 5] {
    let ([src, ..], [dst, ..]) = (in_words(tuple.src_bytes()), in_words(tuple.dst_bytes()));
    [nest_head(CTA_TUPLE_IP, 5), head(CTA_IP_V4_SRC, 4), src, head(CTA_IP_V4_DST, 4), dst]
}

#[inline(always)]
fn ipv6(tuple: Tuple<'_>) -> [Word; 11] {
    let ([s0, s1, s2, s3], [d0, d1, d2, d3]) = (in_words(tuple.src_bytes()), in_words(tuple.dst_bytes()));
    let (src, dst) = (head(CTA_IP_V6_SRC, 16), head(CTA_IP_V6_DST, 16));
    [nest_head(CTA_TUPLE_IP, 11), src, s0, s1, s2, s3, dst, d0, d1, d2, d3]
}

#[inline(always)]
fn ports(tuple: Tuple<'_>) -> [Word; 7] {
    let (src, dst) = (padded(tuple.l4_src().to_be_bytes()), padded(tuple.l4_dst().to_be_bytes()));
    let (src_head, dst_head) = (head(CTA_PROTO_SRC_PORT, 2), head(CTA_PROTO_DST_PORT, 2));
    let l4 = padded([tuple.l4()]);
    [nest_head(CTA_TUPLE_PROTO, 7), head(CTA_PROTO_NUM, 1), l4, src_head, src, dst_head, dst]
}

#[inline(always)]
fn icmp(tuple: Tuple<'_>) -> [Word; 9] {
    let [code_kind, type_kind, id_kind] = match tuple.l4() {
        IPPROTO_ICMP => [CTA_PROTO_ICMP_CODE, CTA_PROTO_ICMP_TYPE, CTA_PROTO_ICMP_ID],
        _ => [CTA_PROTO_ICMPV6_CODE, CTA_PROTO_ICMPV6_TYPE, CTA_PROTO_ICMPV6_ID],
    };
    let [kind, code] = tuple.icmp();
    let (l4, id) = (padded([tuple.l4()]), padded(tuple.l4_src().to_be_bytes()));
    let (code, kind) = (padded([code]), padded([kind]));
    let (code_head, kind_head, id_head) = (head(code_kind, 1), head(type_kind, 1), head(id_kind, 2));
    let number_head = head(CTA_PROTO_NUM, 1);
    [nest_head(CTA_TUPLE_PROTO, 9), number_head, l4, code_head, code, kind_head, kind, id_head, id]
}

#[inline(always)]
fn number(tuple: Tuple<'_>) -> [Word; 3] {
    [nest_head(CTA_TUPLE_PROTO, 3), head(CTA_PROTO_NUM, 1), padded([tuple.l4()])]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::L4;
    use crate::wire::Attrs;

    /// Types and payloads of a tuple's nest as text, nests in brackets.
    fn shown(area: &[u8], path: &[u16], text: &mut String) {
        for attr in Attrs::new(area) {
            if matches!((path, attr.kind), ([], _) | ([_], CTA_TUPLE_IP | CTA_TUPLE_PROTO)) {
                text.push_str(&format!("{}[", attr.kind));
                shown(attr.payload, &[path, &[attr.kind]].concat(), text);
                text.push(']');
            } else {
                text.push_str(&format!("{}={:?} ", attr.kind, attr.payload));
            }
        }
    }

    #[test]
    fn every_layout_says_what_the_tuple_holds() {
        let (v4, v6) = (["192.0.2.1", "198.51.100.2"], ["2001:db8::1", "2001:db8::2"]);
        let tuples = [
            (v4, L4::Udp { sport: 258, dport: 772 }, "1=[17] 2=[1, 2] 3=[3, 4] "),
            (v6, L4::Gre { src_key: 258, dst_key: 772 }, "1=[47] 2=[1, 2] 3=[3, 4] "),
            (v4, L4::Icmp { kind: 8, code: 3, id: 258 }, "1=[1] 6=[3] 5=[8] 4=[1, 2] "),
            (v6, L4::IcmpV6 { kind: 128, code: 3, id: 258 }, "1=[58] 9=[3] 8=[128] 7=[1, 2] "),
            (v4, L4::Other(50), "1=[50] "),
            (v6, L4::Other(50), "1=[50] "),
        ];
        for (addresses, l4, protocol) in tuples {
            let [src, dst] = addresses.map(|text| text.parse().unwrap());
            let mut flow = Flow::new();
            flow.set_tuple(Dir::Orig, src, dst, l4);
            let addresses = match (src, dst) {
                (std::net::IpAddr::V4(src), std::net::IpAddr::V4(dst)) => {
                    format!("1={:?} 2={:?} ", src.octets(), dst.octets())
                }
                (std::net::IpAddr::V6(src), std::net::IpAddr::V6(dst)) => {
                    format!("3={:?} 4={:?} ", src.octets(), dst.octets())
                }
                _ => unreachable!("one family"),
            };
            for (zone, ending) in [(None, ""), (Some(9), "3=[0, 9] ")] {
                let mut buf = [0xee; 128];
                let mut b = Builder::attributes(&mut buf);
                encode(&mut b, CTA_TUPLE_REPLY, flow.tuple(Dir::Orig), zone).unwrap();
                let (len, mut text) = (b.len(), String::new());
                shown(&buf[..len], &[], &mut text);
                assert_eq!(text, format!("2[1[{addresses}]2[{protocol}]{ending}]"));
            }
        }
    }

    #[test]
    fn a_tuple_that_is_left_out_takes_no_room() {
        let mut flow = Flow::new();
        flow.set_bytes(Attr::OrigIpv4Src, &[1, 1, 1, 1]);
        let mut b = Builder::attributes(&mut []);
        let left_out = encode(&mut b, CTA_TUPLE_MASTER, flow.tuple(Dir::Orig), None);
        assert!(matches!(left_out, Err(Error::Unsupported(_))));
        flow.set_bytes(Attr::OrigL3proto, &[AF_INET]);
        assert_eq!(encode(&mut b, CTA_TUPLE_MASTER, flow.tuple(Dir::Orig), None), Err(Error::NoSpace));
    }
}
