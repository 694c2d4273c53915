// SPDX-License-Identifier: GPL-2.0-or-later
//! The fields of a flow that a program makes: one row for each keyword.

use crate::address::address;
use crate::arguments::{Read, all_labels, bad, protocol, read_all, set, state, text, whole_number};
use netfilter_conntrack::{Attr, Dir, Flow, L4, Translation, consts};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use std::net::IpAddr;

/// The addresses and the ports of one direction.
#[derive(Default, Clone, Copy)]
struct Ends {
    src: Option<IpAddr>,
    dst: Option<IpAddr>,
    sport: Option<u16>,
    dport: Option<u16>,
}

/// The fields that are set together, and a flow that has all others.
#[derive(Default)]
struct Fields {
    flow: Flow,
    protocol: Option<u8>,
    orig: Ends,
    reply: Ends,
    icmp: (Option<u8>, Option<u8>, Option<u16>),
    state: Option<String>,
}

/// The fields that name an entry.
const KEY_ROWS: &[(&str, Read<Fields>)] = &[
    ("src", |to, name, value| set(&mut to.orig.src, address(name, value))),
    ("dst", |to, name, value| set(&mut to.orig.dst, address(name, value))),
    ("proto", |to, name, value| set(&mut to.protocol, protocol(name, value))),
    ("sport", |to, name, value| set(&mut to.orig.sport, whole_number(name, value))),
    ("dport", |to, name, value| set(&mut to.orig.dport, whole_number(name, value))),
    ("icmp_type", |to, name, value| set(&mut to.icmp.0, whole_number(name, value))),
    ("icmp_code", |to, name, value| set(&mut to.icmp.1, whole_number(name, value))),
    ("icmp_id", |to, name, value| set(&mut to.icmp.2, whole_number(name, value))),
    ("zone", |to, name, value| whole_number(name, value).map(|zone| to.flow.set_zone(zone))),
    ("reply_src", |to, name, value| set(&mut to.reply.src, address(name, value))),
    ("reply_dst", |to, name, value| set(&mut to.reply.dst, address(name, value))),
    ("reply_sport", |to, name, value| set(&mut to.reply.sport, whole_number(name, value))),
    ("reply_dport", |to, name, value| set(&mut to.reply.dport, whole_number(name, value))),
    ("source_nat", |to, name, value| translation(name, value).map(|nat| to.flow.set_source_nat(nat))),
    ("destination_nat", |to, name, value| {
        translation(name, value).map(|nat| to.flow.set_destination_nat(nat))
    }),
];

/// The fields that an update can change, too.
const CHANGE_ROWS: &[(&str, Read<Fields>)] = &[
    ("timeout", |to, name, value| whole_number(name, value).map(|secs| to.flow.set_timeout_secs(secs))),
    ("mark", |to, name, value| whole_number(name, value).map(|mark| to.flow.set_mark(mark))),
    ("status", |to, name, value| whole_number(name, value).map(|status| to.flow.set_status(status))),
    ("state", |to, name, value| set(&mut to.state, text(name, value))),
    ("labels", |to, name, value| all_labels(name, value).map(|labels| to.flow.set_labels(labels))),
    ("helper", helper),
];

fn helper(to: &mut Fields, name: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
    let text = text(name, value)?;
    if text.len() > 15 || text.contains('\0') {
        return Err(bad(name, "a name has at most 15 bytes, and no NUL"));
    }
    to.flow.set_helper_name(text.as_bytes());
    Ok(())
}

/// An address, or a pair of an address or `None` and a port.
fn translation(name: &str, value: &Bound<'_, PyAny>) -> PyResult<Translation> {
    let Ok(pair) = value.cast::<PyTuple>() else { return Ok(Translation::to(address(name, value)?)) };
    if pair.len() != 2 {
        return Err(bad(name, "a pair is an address and a port"));
    }
    let to = pair.get_item(0)?;
    let mut translation = Translation { address: None, port: Some(whole_number(name, &pair.get_item(1)?)?) };
    if !to.is_none() {
        translation.address = Some(address(name, &to)?);
    }
    Ok(translation)
}

/// The names of all fields.
pub fn names() -> Vec<&'static str> {
    KEY_ROWS.iter().chain(CHANGE_ROWS).map(|(name, _)| *name).collect()
}

/// The flow of these keywords, which name an entry.
pub fn flow(words: Option<&Bound<'_, PyDict>>) -> PyResult<Flow> {
    let rows: Vec<_> = KEY_ROWS.iter().chain(CHANGE_ROWS).copied().collect();
    let mut fields = Fields::default();
    read_all(&rows, &mut fields, words)?;
    fields.finish()
}

/// The changes that these keywords ask for, to the entry with the tuple, the zone and the id of `key`.
pub fn changes(key: &Flow, words: Option<&Bound<'_, PyDict>>) -> PyResult<Flow> {
    let mut fields = Fields::default();
    read_all(CHANGE_ROWS, &mut fields, words)?;
    let Fields { mut flow, state: name, .. } = fields;
    if let Some(name) = name {
        flow.set_state(state("state", &name, key.tuple(Dir::Orig).l4())?);
    }
    for attr in KEY_ATTRS {
        if key.is_set(*attr) {
            flow.copy_attr(key, *attr);
        }
    }
    Ok(flow)
}

/// The attributes that name an entry.
const KEY_ATTRS: &[Attr] = &[
    Attr::OrigL3proto,
    Attr::OrigL4proto,
    Attr::OrigIpv4Src,
    Attr::OrigIpv4Dst,
    Attr::OrigIpv6Src,
    Attr::OrigIpv6Dst,
    Attr::OrigPortSrc,
    Attr::OrigPortDst,
    Attr::IcmpType,
    Attr::IcmpCode,
    Attr::IcmpId,
    Attr::Zone,
    Attr::OrigZone,
    Attr::Id,
];

impl Fields {
    fn finish(mut self) -> PyResult<Flow> {
        let protocol = self.protocol.ok_or_else(|| bad("proto", "it is missing"))?;
        let (src, dst) = addresses("src", self.orig)?;
        let l4 = self.l4(protocol, self.orig, "sport")?;
        self.flow.set_tuple(Dir::Orig, src, dst, l4);
        self.flow.set_reply_from_original();
        self.set_reply(protocol, src, dst)?;
        if let Some(name) = &self.state {
            self.flow.set_state(state("state", name, protocol)?);
        }
        self.check_translations(src)?;
        Ok(self.flow)
    }

    /// Sets the reply direction where a field says that it is not the inverse of the original one.
    fn set_reply(&mut self, protocol: u8, src: IpAddr, dst: IpAddr) -> PyResult<()> {
        let Ends { src: reply_src, dst: reply_dst, sport, dport } = self.reply;
        let has_ports = sport.is_some() || dport.is_some();
        if reply_src.is_none() && reply_dst.is_none() && !has_ports {
            return Ok(());
        }
        let reply = Ends {
            src: reply_src.or(Some(dst)),
            dst: reply_dst.or(Some(src)),
            sport: sport.or(self.orig.dport),
            dport: dport.or(self.orig.sport),
        };
        let (reply_src, reply_dst) = addresses("reply_src", reply)?;
        if reply_src.is_ipv4() != src.is_ipv4() {
            return Err(bad("reply_src", "the addresses are of two families"));
        }
        let l4 = match self.flow.tuple(Dir::Reply).protocol() {
            L4::Icmp { .. } | L4::IcmpV6 { .. } if has_ports => {
                return Err(bad("reply_sport", "the protocol has no ports"));
            }
            icmp @ (L4::Icmp { .. } | L4::IcmpV6 { .. }) => icmp,
            _ => self.l4(protocol, reply, "reply_sport")?,
        };
        self.flow.set_tuple(Dir::Reply, reply_src, reply_dst, l4);
        Ok(())
    }

    /// A translation leads to an address of the same family.
    fn check_translations(&self, src: IpAddr) -> PyResult<()> {
        let other = match src {
            IpAddr::V4(_) => [Attr::SnatIpv6, Attr::DnatIpv6],
            IpAddr::V6(_) => [Attr::SnatIpv4, Attr::DnatIpv4],
        };
        match self.flow.any_set(&other) {
            true => Err(bad("source_nat, destination_nat", "the addresses are of two families")),
            false => Ok(()),
        }
    }

    /// A protocol with its fields, none of which may be missing or too many.
    fn l4(&self, protocol: u8, ends: Ends, name: &str) -> PyResult<L4> {
        let is_icmp = matches!(protocol, consts::IPPROTO_ICMP | consts::IPPROTO_ICMPV6);
        if !is_icmp && self.icmp != (None, None, None) {
            return Err(bad("icmp_type", "the protocol is not ICMP"));
        }
        if is_icmp {
            return self.icmp(protocol, ends);
        }
        let (sport, dport) = match (ends.sport, ends.dport) {
            (Some(sport), Some(dport)) => (sport, dport),
            (None, None) => (0, 0),
            _ => return Err(bad(name, "one of the two ports is missing")),
        };
        let l4 = match protocol {
            consts::IPPROTO_TCP => L4::Tcp { sport, dport },
            consts::IPPROTO_UDP => L4::Udp { sport, dport },
            consts::IPPROTO_UDPLITE => L4::UdpLite { sport, dport },
            consts::IPPROTO_SCTP => L4::Sctp { sport, dport },
            consts::IPPROTO_DCCP => L4::Dccp { sport, dport },
            consts::IPPROTO_GRE => L4::Gre { src_key: sport, dst_key: dport },
            other => L4::Other(other),
        };
        match (l4, ends.sport) {
            (L4::Other(_), Some(_)) => Err(bad(name, "the protocol has no ports")),
            (L4::Other(_), None) | (_, Some(_)) => Ok(l4),
            (_, None) => Err(bad(name, "it is missing")),
        }
    }

    fn icmp(&self, protocol: u8, ends: Ends) -> PyResult<L4> {
        if ends.sport.is_some() || ends.dport.is_some() {
            return Err(bad("sport", "the protocol has no ports"));
        }
        let (Some(kind), code, Some(id)) = self.icmp else {
            return Err(bad("icmp_type, icmp_id", "one of them is missing"));
        };
        let code = code.unwrap_or(0);
        Ok(match protocol {
            consts::IPPROTO_ICMP => L4::Icmp { kind, code, id },
            _ => L4::IcmpV6 { kind, code, id },
        })
    }
}

/// Both addresses of a direction, of one family.
fn addresses(name: &str, ends: Ends) -> PyResult<(IpAddr, IpAddr)> {
    match (ends.src, ends.dst) {
        (Some(src), Some(dst)) if src.is_ipv4() == dst.is_ipv4() => Ok((src, dst)),
        (Some(_), Some(_)) => Err(bad(name, "the addresses are of two families")),
        _ => Err(bad(name, "an address is missing")),
    }
}

/// The flow that a request is about: one that is given, or one of these keywords.
pub fn key(flow_given: Option<&Flow>, words: Option<&Bound<'_, PyDict>>) -> PyResult<Flow> {
    match (flow_given, words.is_some_and(|words| !words.is_empty())) {
        (Some(flow), false) => Ok(flow.clone()),
        (Some(_), true) => Err(pyo3::exceptions::PyTypeError::new_err("give a flow or its fields, not both")),
        (None, _) => flow(words),
    }
}
