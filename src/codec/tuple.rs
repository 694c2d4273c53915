// SPDX-License-Identifier: GPL-2.0-or-later
//! `CTA_TUPLE_*`: one direction's tuple, for flows and expectations alike.

#![forbid(unsafe_code)]

use crate::error::{Error, Result};
use crate::flow::tuple::{L4Kind, l4_kind};
use crate::flow::{Attr, Dir, Flow, Tuple};
use crate::wire::attr::exactly;
use crate::wire::build::leaf;
use crate::wire::consts::*;
use crate::wire::{Attr as WireAttr, Builder};

/// Decodes a tuple nest into one direction of a flow. Compiled for each direction that is named by a constant:
/// every place in the object is then known.
#[inline(always)]
pub(crate) fn decode(flow: &mut Flow, dir: Dir, nest: WireAttr<'_>) -> Result<()> {
    for part in nest.nest()? {
        match part.kind {
            CTA_TUPLE_IP => decode_addresses(flow, dir, part)?,
            CTA_TUPLE_PROTO => decode_protocol(flow, dir, part)?,
            CTA_TUPLE_ZONE => {
                let zone = part.be16()?;
                flow.store_at(dir.attrs().base + 34, &zone.to_ne_bytes());
                dir.attrs().zone.into_iter().for_each(|attr| flow.note(attr));
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

/// Protocol, source and destination port of a nest with these three, as the kernel writes it.
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
            // The values go into their own direction; the presence is the flow's one ICMP attribute.
            CTA_PROTO_ICMP_ID | CTA_PROTO_ICMPV6_ID => {
                flow.store_at(attrs.base + 36, &leaf.array::<2>()?);
                flow.note(Attr::IcmpId);
            }
            CTA_PROTO_ICMP_TYPE | CTA_PROTO_ICMPV6_TYPE => {
                flow.store_at(attrs.base + 38, &[leaf.u8()?]);
                flow.note(Attr::IcmpType);
            }
            CTA_PROTO_ICMP_CODE | CTA_PROTO_ICMPV6_CODE => {
                flow.store_at(attrs.base + 39, &[leaf.u8()?]);
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
    // Before anything is begun: a tuple that is left out takes no room.
    let addresses = match tuple.l3() {
        AF_INET => encode_ipv4,
        AF_INET6 => encode_ipv6,
        _ => return Err(Error::Unsupported("address family")),
    };
    b.nest(kind, |b| {
        addresses(b, tuple)?;
        encode_protocol(b, tuple)?;
        zone.map_or(Ok(()), |zone| b.be16(CTA_TUPLE_ZONE, zone))
    })
}

fn encode_ipv4(b: &mut Builder<'_>, tuple: Tuple<'_>) -> Result<()> {
    let ([s0, s1, s2, s3, ..], [d0, d1, d2, d3, ..]) = (tuple.src_bytes(), tuple.dst_bytes());
    b.leaves(CTA_TUPLE_IP, [leaf(CTA_IP_V4_SRC, [s0, s1, s2, s3]), leaf(CTA_IP_V4_DST, [d0, d1, d2, d3])])
}

fn encode_ipv6(b: &mut Builder<'_>, tuple: Tuple<'_>) -> Result<()> {
    b.nest(CTA_TUPLE_IP, |b| {
        b.bytes(CTA_IP_V6_SRC, &tuple.src_bytes())?;
        b.bytes(CTA_IP_V6_DST, &tuple.dst_bytes())
    })
}

fn encode_protocol(b: &mut Builder<'_>, tuple: Tuple<'_>) -> Result<()> {
    let number = leaf(CTA_PROTO_NUM, [tuple.l4()]);
    let (src, dst) = (tuple.l4_src().to_be_bytes(), tuple.l4_dst().to_be_bytes());
    match l4_kind(tuple.l4()) {
        L4Kind::Ports | L4Kind::Keys => {
            b.leaves(CTA_TUPLE_PROTO, [number, leaf(CTA_PROTO_SRC_PORT, src), leaf(CTA_PROTO_DST_PORT, dst)])
        }
        L4Kind::Icmp => {
            let [code_kind, type_kind, id_kind] = match tuple.l4() {
                IPPROTO_ICMP => [CTA_PROTO_ICMP_CODE, CTA_PROTO_ICMP_TYPE, CTA_PROTO_ICMP_ID],
                _ => [CTA_PROTO_ICMPV6_CODE, CTA_PROTO_ICMPV6_TYPE, CTA_PROTO_ICMPV6_ID],
            };
            let [kind, code] = tuple.icmp();
            b.leaves(
                CTA_TUPLE_PROTO,
                [number, leaf(code_kind, [code]), leaf(type_kind, [kind]), leaf(id_kind, src)],
            )
        }
        L4Kind::None => b.leaves(CTA_TUPLE_PROTO, [number]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
