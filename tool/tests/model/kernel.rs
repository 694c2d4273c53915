// SPDX-License-Identifier: GPL-2.0-or-later
//! A kernel on paper: the messages in which it shows entries, and what it does with requests about them.
//!
//! As Linux 6.18 does it, its faults included: filters for IPv6 addresses select the others, and ports are compared
//! for TCP and UDP only. But DCCP has ports and states, as it had until 6.14. What this kernel does not know in a
//! request fails the test.

use super::entry::*;
use std::ffi::c_ulong;
use std::net::IpAddr;

const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;

const TUPLE_ORIG: u16 = 1;
const TUPLE_REPLY: u16 = 2;
const STATUS: u16 = 3;
const PROTOINFO: u16 = 4;
const HELP: u16 = 5;
const TIMEOUT: u16 = 7;
const MARK: u16 = 8;
const USE: u16 = 11;
const ID: u16 = 12;
const SECMARK: u16 = 17;
const ZONE: u16 = 18;
const MARK_MASK: u16 = 21;
const LABELS: u16 = 22;
const FILTER: u16 = 25;
const STATUS_MASK: u16 = 26;
const NEST: u16 = 0x8000;

const EINVAL: i32 = 22;
const EOPNOTSUPP: i32 = 95;

/// The message types within the subsystem.
const GET: u8 = 1;
const DELETE: u8 = 2;

fn attribute(kind: u16, payload: &[u8]) -> Vec<u8> {
    let len = u16::try_from(4 + payload.len()).unwrap();
    let mut bytes = [len.to_ne_bytes(), kind.to_ne_bytes()].concat();
    bytes.extend_from_slice(payload);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

fn nest(kind: u16, inside: &[Vec<u8>]) -> Vec<u8> {
    attribute(kind | NEST, &inside.concat())
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

fn tuple(kind: u16, entry: &Entry, side: Side) -> Vec<u8> {
    let tuple = entry.tuple(side);
    let first = if entry.is_ipv6() { 3 } else { 1 };
    let addresses: Vec<_> =
        (first..).zip(tuple.address).map(|(kind, address)| attribute(kind, &octets(address))).collect();
    let mut layer4 = vec![attribute(1, &[entry.protocol])];
    match tuple.layer4 {
        Layer4::Ports(pair) | Layer4::Keys(pair) => {
            layer4.extend((2..).zip(pair).map(|(kind, value)| attribute(kind, &value.to_be_bytes())));
        }
        Layer4::Icmp { kind, code, id } => {
            let first = if entry.protocol == ICMP { 4 } else { 7 };
            layer4.extend([
                attribute(first, &id.to_be_bytes()),
                attribute(first + 1, &[kind]),
                attribute(first + 2, &[code]),
            ]);
        }
        Layer4::Bare => {}
    }
    let mut inside = vec![nest(1, &addresses), nest(2, &layer4)];
    if !is_in_one_zone(entry) && tuple.zone != 0 {
        inside.push(attribute(3, &tuple.zone.to_be_bytes()));
    }
    nest(kind, &inside)
}

fn is_in_one_zone(entry: &Entry) -> bool {
    entry.tuples[0].zone == entry.tuples[1].zone
}

fn protocol_state(entry: &Entry) -> Option<Vec<u8>> {
    let state = attribute(1, &[entry.state?]);
    match entry.protocol {
        TCP => Some(nest(1, &[state, attribute(2, &[0]), attribute(3, &[0])])),
        DCCP => Some(nest(2, &[state, attribute(2, &[0])])),
        _ => Some(nest(3, &[state, attribute(2, &[0, 0, 0, 1]), attribute(3, &[0, 0, 0, 2])])),
    }
}

/// The message in which a list shows an entry.
pub fn shown(entry: &Entry) -> Vec<u8> {
    let be32 = |kind, value: u32| attribute(kind, &value.to_be_bytes());
    let mut all = vec![tuple(TUPLE_ORIG, entry, Side::Orig), tuple(TUPLE_REPLY, entry, Side::Reply)];
    let zone = entry.tuples[0].zone;
    if is_in_one_zone(entry) && zone != 0 {
        all.push(attribute(ZONE, &zone.to_be_bytes()));
    }
    all.push(be32(STATUS, entry.status));
    all.extend(entry.mark.map(|mark| be32(MARK, mark)));
    all.extend(entry.secmark.map(|mark| be32(SECMARK, mark)));
    all.extend([be32(ID, entry.id), be32(USE, 1), be32(TIMEOUT, entry.timeout_secs)]);
    all.extend(protocol_state(entry).map(|state| nest(PROTOINFO, &[state])));
    all.extend(entry.helper.map(|name| nest(HELP, &[attribute(1, &[name.as_bytes(), &[0]].concat())])));
    if !entry.labels.is_empty() {
        let mut longs = [0; 16 / size_of::<c_ulong>()]; // as the kernel keeps them
        for bit in entry.labels.iter().map(|&bit| u32::from(bit)) {
            longs[(bit / c_ulong::BITS) as usize] |= 1 << (bit % c_ulong::BITS);
        }
        all.push(attribute(LABELS, &longs.map(c_ulong::to_ne_bytes).concat()));
    }
    let family = if entry.is_ipv6() { AF_INET6 } else { AF_INET };
    let payload = all.concat();
    let len = u32::try_from(20 + payload.len()).unwrap();
    let header = [&len.to_ne_bytes()[..], &0x0100u16.to_ne_bytes(), &[2, 0], &[0; 8], &[family, 0, 0, 0]];
    [header.concat(), payload].concat()
}

/// The attributes of a payload.
fn attributes(mut bytes: &[u8]) -> Vec<(u16, &[u8])> {
    let mut found = Vec::new();
    while bytes.len() >= 4 {
        let [len, kind] = [0, 2].map(|at| u16::from_ne_bytes([bytes[at], bytes[at + 1]]));
        let len = usize::from(len);
        found.push((kind & 0x3fff, &bytes[4..len]));
        bytes = &bytes[len.next_multiple_of(4).min(bytes.len())..];
    }
    found
}

/// A request as this kernel reads it.
#[derive(Debug, Default)]
struct Request {
    message: u8,
    family: u8,
    mark: Option<u32>,
    mark_mask: Option<u32>,
    status: Option<u32>,
    status_mask: Option<u32>,
    zone: Option<u16>,
    id: Option<u32>,
    tuples: [Option<Wanted>; 2],
    /// Which leaves of the tuples count; nothing without `CTA_FILTER`.
    flags: Option<[u32; 2]>,
}

/// The leaves of a tuple in a request.
#[derive(Debug, Default)]
struct Wanted {
    addresses: [Option<Vec<u8>>; 2],
    protocol: Option<u8>,
    /// By the numbers of `CTA_PROTO_*`.
    leaves: [Option<u16>; 10],
    zone: Option<u16>,
}

fn be16(bytes: &[u8]) -> u16 {
    u16::from_be_bytes(bytes.try_into().unwrap())
}

fn be32(bytes: &[u8]) -> u32 {
    u32::from_be_bytes(bytes.try_into().unwrap())
}

impl Request {
    fn read(bytes: &[u8]) -> Request {
        let [subsystem, message] = u16::from_ne_bytes([bytes[4], bytes[5]]).to_be_bytes();
        let mut request = Request { message, family: bytes[16], ..Request::default() };
        assert_eq!(subsystem, 1, "the subsystem");
        for (kind, payload) in attributes(&bytes[20..]) {
            match kind {
                MARK => request.mark = Some(be32(payload)),
                MARK_MASK => request.mark_mask = Some(be32(payload)),
                STATUS => request.status = Some(be32(payload)),
                STATUS_MASK => request.status_mask = Some(be32(payload)),
                ZONE => request.zone = Some(be16(payload)),
                ID => request.id = Some(be32(payload)),
                TUPLE_ORIG | TUPLE_REPLY => {
                    request.tuples[usize::from(kind - TUPLE_ORIG)] = Some(Wanted::read(payload));
                }
                FILTER => {
                    let mut flags = [0; 2];
                    for (kind, payload) in attributes(payload) {
                        flags[usize::from(kind - 1)] = u32::from_ne_bytes(payload.try_into().unwrap());
                    }
                    request.flags = Some(flags);
                }
                _ => panic!("attribute {kind} in a request"),
            }
        }
        request
    }

    /// What is wrong with it as the filter of a list.
    fn check(&self) -> Result<(), i32> {
        let lone_mask = (self.mark_mask.is_some() && self.mark.is_none())
            || (self.status_mask.is_some() && self.status.is_none());
        let no_bits = self.status.is_some_and(|status| self.status_mask.unwrap_or(status) == 0);
        if lone_mask || no_bits {
            return Err(EINVAL);
        }
        for (at, flags) in self.flags.into_iter().flatten().enumerate().filter(|(_, flags)| *flags != 0) {
            assert_eq!(flags & 0x004, 0, "a filter for the zone of a tuple is not on paper");
            if !matches!(self.family, AF_INET | AF_INET6) {
                return Err(EOPNOTSUPP);
            }
            let complete = self.tuples[at].as_ref().is_some_and(|wanted| wanted.has(flags));
            if !complete || flags >= 0x1000 || (flags & 0xff0 != 0 && flags & 0x008 == 0) {
                return Err(EINVAL);
            }
        }
        Ok(())
    }

    fn passes(&self, entry: &Entry) -> bool {
        let family = if entry.is_ipv6() { AF_INET6 } else { AF_INET };
        let zone = entry.tuples[0].zone.max(entry.tuples[1].zone);
        let mark = entry.mark.unwrap_or(0) & self.mark_mask.unwrap_or(u32::MAX);
        let passes = [
            self.family == 0 || self.family == family,
            self.mark.is_none_or(|wanted| mark == wanted),
            self.status.is_none_or(|wanted| entry.status & self.status_mask.unwrap_or(wanted) == wanted),
            self.zone.is_none_or(|wanted| zone == wanted),
        ];
        let tuples = [Side::Orig, Side::Reply].into_iter().all(|side| {
            let flags = self.flags.map_or(0, |flags| flags[side as usize]);
            let wanted = self.tuples[side as usize].as_ref();
            flags == 0 || wanted.is_some_and(|wanted| wanted.fits(flags, entry, side))
        });
        tuples && !passes.contains(&false)
    }

    /// The tuple of a request about one entry, and its zone.
    fn key(&self) -> Result<(&Wanted, u16), i32> {
        let wanted = self.tuples.iter().flatten().next().ok_or(EINVAL)?;
        let zone = match (self.zone.unwrap_or(0), wanted.zone.unwrap_or(0)) {
            (one, 0) | (0, one) => one,
            _ => return Err(EINVAL),
        };
        Ok((wanted, zone))
    }
}

impl Wanted {
    fn read(payload: &[u8]) -> Wanted {
        let mut wanted = Wanted::default();
        for (kind, payload) in attributes(payload) {
            match kind {
                1 => {
                    for (kind, payload) in attributes(payload) {
                        wanted.addresses[usize::from(kind + 1) % 2] = Some(payload.to_vec());
                    }
                }
                2 => {
                    for (kind, payload) in attributes(payload) {
                        match (kind, payload) {
                            (1, [protocol]) => wanted.protocol = Some(*protocol),
                            (kind, [byte]) => wanted.leaves[usize::from(kind)] = Some(u16::from(*byte)),
                            (kind, payload) => wanted.leaves[usize::from(kind)] = Some(be16(payload)),
                        }
                    }
                }
                3 => wanted.zone = Some(be16(payload)),
                _ => panic!("attribute {kind} in a tuple"),
            }
        }
        wanted
    }

    /// Whether the leaves that count are there, and the ICMP type is one that has an answer.
    fn has(&self, flags: u32) -> bool {
        let kinds = [(0x001, 0), (0x002, 1)];
        let addresses = kinds.iter().all(|&(bit, at)| flags & bit == 0 || self.addresses[at].is_some());
        let is_askable =
            |leaf: usize, kinds: &[u16]| self.leaves[leaf].is_none_or(|kind| kinds.contains(&kind));
        let protocol = flags & 0x008 == 0 || self.protocol.is_some();
        let own =
            self.own_leaves().iter().all(|&(bit, leaf)| flags & bit == 0 || self.leaves[leaf].is_some());
        addresses
            && protocol
            && own
            && is_askable(5, &[0, 8, 13, 14, 15, 16, 17, 18])
            && is_askable(8, &[128, 129, 139, 140])
    }

    /// The flags and leaves that the protocol has.
    fn own_leaves(&self) -> &'static [(u32, usize)] {
        match self.protocol {
            Some(TCP | UDP | UDPLITE | SCTP | DCCP | GRE) => &[(0x010, 2), (0x020, 3)],
            Some(ICMP) => &[(0x100, 4), (0x040, 5), (0x080, 6)],
            Some(ICMPV6) => &[(0x800, 7), (0x200, 8), (0x400, 9)],
            _ => &[],
        }
    }

    fn fits(&self, flags: u32, entry: &Entry, side: Side) -> bool {
        let tuple = entry.tuple(side);
        let addresses = (0..2).all(|at| {
            let is_equal = self.addresses[at].as_deref() == Some(&octets(tuple.address[at])[..]);
            flags & (1 << at) == 0 || is_equal != entry.is_ipv6()
        });
        let protocol = flags & 0x008 == 0 || self.protocol == Some(entry.protocol);
        let leaves = match entry.protocol {
            TCP | UDP | ICMP | ICMPV6 if flags & 0x008 != 0 => self.own_leaves(),
            _ => &[],
        };
        let mut leaves = leaves.iter().filter(|(bit, _)| flags & bit != 0);
        addresses && protocol && leaves.all(|&(_, leaf)| self.leaves[leaf] == value(tuple.layer4, leaf))
    }

    /// Whether this is all of a tuple.
    fn is(&self, entry: &Entry, side: Side) -> bool {
        let tuple = entry.tuple(side);
        let addresses =
            (0..2).all(|at| self.addresses[at].as_deref() == Some(&octets(tuple.address[at])[..]));
        let leaves =
            self.own_leaves().iter().all(|&(_, leaf)| self.leaves[leaf] == value(tuple.layer4, leaf));
        addresses && self.protocol == Some(entry.protocol) && leaves
    }

    fn is_complete(&self) -> bool {
        let flags = self.own_leaves().iter().fold(0x00b, |flags, (bit, _)| flags | bit);
        self.has(flags)
    }
}

fn value(layer4: Layer4, leaf: usize) -> Option<u16> {
    match (layer4, leaf) {
        (Layer4::Ports(pair) | Layer4::Keys(pair), 2 | 3) => Some(pair[leaf - 2]),
        (Layer4::Icmp { id, .. }, 4 | 7) => Some(id),
        (Layer4::Icmp { kind, .. }, 5 | 8) => Some(u16::from(kind)),
        (Layer4::Icmp { code, .. }, 6 | 9) => Some(u16::from(code)),
        _ => None,
    }
}

/// The entries that the list asked for shows.
///
/// # Errors
/// The number with which the kernel refuses the request.
pub fn list(request: &[u8], table: &[Entry]) -> Result<Vec<usize>, i32> {
    let request = Request::read(request);
    assert_eq!(request.message, GET);
    request.check()?;
    Ok((0..table.len()).filter(|&at| request.passes(&table[at])).collect())
}

/// The entry that a request for one finds: by either of its tuples, in the zone of that direction.
///
/// # Errors
/// The number with which the kernel refuses the request.
pub fn look_up(request: &[u8], table: &[Entry]) -> Result<Option<usize>, i32> {
    let request = Request::read(request);
    assert!(matches!(request.message, GET | DELETE));
    let (wanted, zone) = request.key()?;
    if !wanted.is_complete() {
        return Err(EINVAL);
    }
    let is_it = |entry: &Entry| {
        let by = |side| wanted.is(entry, side) && entry.tuple(side).zone == zone;
        by(Side::Orig) || by(Side::Reply)
    };
    let found = (0..table.len()).find(|&at| is_it(&table[at]));
    let is_wrong = |at: usize| request.message == DELETE && request.id.is_some_and(|id| table[at].id != id);
    Ok(found.filter(|&at| !is_wrong(at)))
}
