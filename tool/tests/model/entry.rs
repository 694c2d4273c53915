// SPDX-License-Identifier: GPL-2.0-or-later
//! Entries of the table as the manual page speaks of them, and tables of random ones.

use std::collections::HashSet;
use std::net::IpAddr;
use testing::dice::Dice;

pub const ICMP: u8 = 1;
pub const TCP: u8 = 6;
pub const UDP: u8 = 17;
pub const DCCP: u8 = 33;
pub const GRE: u8 = 47;
pub const ICMPV6: u8 = 58;
pub const SCTP: u8 = 132;
pub const UDPLITE: u8 = 136;

/// Status bits, by the names of the kernel's header.
pub const EXPECTED: u32 = 0x1;
pub const SEEN_REPLY: u32 = 0x2;
pub const ASSURED: u32 = 0x4;
pub const CONFIRMED: u32 = 0x8;
pub const SRC_NAT: u32 = 0x10;
pub const DST_NAT: u32 = 0x20;
pub const SRC_NAT_DONE: u32 = 0x80;
pub const DST_NAT_DONE: u32 = 0x100;
pub const FIXED_TIMEOUT: u32 = 0x400;
pub const HELPER: u32 = 0x2000;
pub const OFFLOAD: u32 = 0x4000;
pub const HW_OFFLOAD: u32 = 0x8000;

/// The directions of an entry; the first packet goes in the original one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    Orig,
    Reply,
}

/// The ends of a direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum End {
    Src,
    Dst,
}

/// What a protocol adds to the addresses of a direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Layer4 {
    Ports([u16; 2]),
    Keys([u16; 2]),
    Icmp { kind: u8, code: u8, id: u16 },
    Bare,
}

/// One direction: source and destination, and what the protocol adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tuple {
    pub address: [IpAddr; 2],
    pub layer4: Layer4,
    pub zone: u16,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub id: u32,
    pub protocol: u8,
    /// By [`Side`].
    pub tuples: [Tuple; 2],
    pub status: u32,
    /// Kernels before 6.6 leave a mark of 0 out.
    pub mark: Option<u32>,
    pub secmark: Option<u32>,
    /// Of TCP, SCTP and DCCP; an offloaded entry shows none.
    pub state: Option<u8>,
    pub labels: Vec<u8>,
    pub helper: Option<&'static str>,
    pub timeout_secs: u32,
}

impl Entry {
    pub fn tuple(&self, side: Side) -> &Tuple {
        &self.tuples[side as usize]
    }

    pub fn is_ipv6(&self) -> bool {
        self.tuples[0].address[0].is_ipv6()
    }
}

/// Bits and names of the labels that entries have; the file of names knows two more that none can have.
pub const LABELS: [(u8, &str); 6] =
    [(0, "zero"), (1, "one"), (5, "five"), (7, "seven up"), (100, "hundred"), (127, "last")];
pub const LABEL_FILE: &str = "0 zero\n1 one\n5 five\n7 seven up\n100 hundred\n127 last\n130 big\n1023 end\n";

/// Few values of each kind, so that conditions meet entries; among them those that are easily mixed up: 1 and 256,
/// 80 and 20480 are the same bytes in another order, and an IPv4 address is part of an IPv6 one.
pub const PORTS: [u16; 8] = [0, 1, 53, 80, 256, 1024, 20480, 65535];
pub const ZONES: [u16; 5] = [0, 1, 7, 256, 65535];
pub const MARKS: [u32; 7] = [0, 1, 5, 0x15, 0x0100_0000, 0x8000_0000, 0xffff_ffff];
pub const SECMARKS: [u32; 3] = [1, 2, 0x0200_0000];
pub const OTHERS: [u8; 5] = [0, 50, 51, 89, 255];
const IPV4: [[u8; 4]; 7] = [
    [10, 0, 0, 1],
    [10, 0, 0, 2],
    [10, 0, 1, 1],
    [10, 1, 0, 1],
    [1, 0, 0, 10],
    [192, 168, 1, 1],
    [138, 0, 0, 1],
];
const IPV6: [[u16; 8]; 7] = [
    [0xfd00, 0, 0, 0, 0, 0, 0, 1],
    [0xfd00, 0, 0, 0, 0, 0, 0, 2],
    [0xfd00, 0, 0, 1, 0, 0, 0, 1],
    [0xfd00, 1, 0, 0, 0, 0, 0, 1],
    [0x7d00, 0, 0, 0, 0, 0, 0, 1],
    [0, 0, 0, 0, 0, 0xffff, 0x0a00, 1],
    [0x0a00, 1, 0, 0, 0, 0, 0, 0],
];

pub fn random_address(ipv6: bool, dice: &mut Dice) -> IpAddr {
    if ipv6 { IpAddr::from(dice.pick(&IPV6)) } else { IpAddr::from(dice.pick(&IPV4)) }
}

/// An address that only translation leads to.
pub fn random_translation(ipv6: bool, dice: &mut Dice) -> IpAddr {
    match ipv6 {
        true => IpAddr::from(dice.pick(&[[0xfd09, 0, 0, 0, 0, 0, 0, 9], [0xfd09, 0, 0, 0, 0, 0, 0, 8]])),
        false => IpAddr::from(dice.pick(&[[10, 9, 9, 9], [10, 9, 9, 8]])),
    }
}

/// Where a table is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Home {
    /// It is only looked at: entries have whatever any kernel ever showed.
    Paper,
    /// The running kernel must take it.
    Kernel,
}

/// A table in which no two entries have the same tuple in the same zone.
pub fn random_table(home: Home, size: usize, dice: &mut Dice) -> Vec<Entry> {
    let (mut table, mut taken) = (Vec::new(), HashSet::new());
    while table.len() < size {
        let entry = random_entry(home, dice);
        let keys = entry.tuples.map(|tuple| (entry.protocol, tuple));
        if keys.iter().any(|key| taken.contains(key)) {
            continue;
        }
        taken.extend(keys);
        table.push(entry);
        // The same addresses and ports again, in another zone.
        if dice.chance(20) {
            let mut twin = table[table.len() - 1].clone();
            twin.id = id(dice);
            zones(&mut twin, dice);
            twin.mark = mark(home, dice);
            let keys = twin.tuples.map(|tuple| (twin.protocol, tuple));
            if table.len() < size && !keys.iter().any(|key| taken.contains(key)) {
                taken.extend(keys);
                table.push(twin);
            }
        }
    }
    table
}

fn id(dice: &mut Dice) -> u32 {
    u32::try_from(dice.roll(1 << 16) << 16 | dice.roll(1 << 16)).unwrap()
}

fn mark(home: Home, dice: &mut Dice) -> Option<u32> {
    let mark = dice.pick(&MARKS);
    (home == Home::Kernel || mark != 0 || dice.chance(50)).then_some(mark)
}

fn random_entry(home: Home, dice: &mut Dice) -> Entry {
    let ipv6 = dice.chance(40);
    let protocols = [TCP, TCP, UDP, UDP, UDPLITE, SCTP, GRE, ICMP, ICMPV6, dice.pick(&OTHERS), DCCP];
    let protocol = match (dice.pick(&protocols), home) {
        (DCCP, Home::Kernel) => SCTP,
        (ICMP, _) if ipv6 => ICMPV6,
        (ICMPV6, _) if !ipv6 => ICMP,
        (protocol, _) => protocol,
    };
    let mut both = || [dice.pick(&PORTS), dice.pick(&PORTS)];
    let layer4 = match protocol {
        TCP | UDP | UDPLITE | SCTP | DCCP => Layer4::Ports(both()),
        GRE => Layer4::Keys(both()),
        ICMP => {
            Layer4::Icmp { kind: dice.pick(&[0, 8, 13, 17]), code: icmp_code(dice), id: dice.pick(&PORTS) }
        }
        ICMPV6 => {
            Layer4::Icmp { kind: dice.pick(&[128, 129, 139]), code: icmp_code(dice), id: dice.pick(&PORTS) }
        }
        _ => Layer4::Bare,
    };
    let orig = Tuple { address: [random_address(ipv6, dice), random_address(ipv6, dice)], layer4, zone: 0 };
    let mut entry = Entry {
        id: id(dice),
        protocol,
        tuples: [orig, inverse(orig)],
        status: CONFIRMED | status(home, dice),
        mark: mark(home, dice),
        secmark: (home == Home::Paper && dice.chance(30)).then(|| dice.pick(&SECMARKS)),
        state: None,
        labels: labels(dice),
        helper: (home == Home::Paper && dice.chance(10)).then_some("ftp"),
        timeout_secs: u32::try_from(100_000 + dice.roll(5)).unwrap(),
    };
    if entry.status & OFFLOAD == 0 {
        entry.state = states(protocol).map(|states| u8::try_from(dice.roll(states)).unwrap());
    }
    zones(&mut entry, dice);
    translate(&mut entry, home, dice);
    entry
}

fn icmp_code(dice: &mut Dice) -> u8 {
    dice.pick(&[0, 0, 1, 255])
}

/// How many states a protocol has that can be seen.
fn states(protocol: u8) -> Option<u64> {
    match protocol {
        TCP | DCCP => Some(10),
        SCTP => Some(9),
        _ => None,
    }
}

fn inverse(orig: Tuple) -> Tuple {
    let layer4 = match orig.layer4 {
        Layer4::Ports([src, dst]) => Layer4::Ports([dst, src]),
        Layer4::Keys([src, dst]) => Layer4::Keys([dst, src]),
        Layer4::Icmp { kind, code, id } => Layer4::Icmp { kind: answer(kind), code, id },
        Layer4::Bare => Layer4::Bare,
    };
    let [src, dst] = orig.address;
    Tuple { address: [dst, src], layer4, ..orig }
}

fn answer(kind: u8) -> u8 {
    match kind {
        0 => 8,
        8 => 0,
        128 => 129,
        129 => 128,
        kind => kind + 1, // timestamp 13, mask 17, node information 139
    }
}

fn status(home: Home, dice: &mut Dice) -> u32 {
    let bits = [
        (SEEN_REPLY, 60, Home::Kernel),
        (ASSURED, 40, Home::Kernel),
        (FIXED_TIMEOUT, 15, Home::Kernel),
        (EXPECTED, 15, Home::Paper),
        (HELPER, 15, Home::Paper),
        (OFFLOAD, 15, Home::Paper),
        (HW_OFFLOAD, 10, Home::Paper),
    ];
    let given = bits
        .into_iter()
        .filter(|&(_, often, least)| (home == Home::Paper || least == Home::Kernel) && dice.chance(often));
    given.map(|(bit, ..)| bit).sum()
}

fn labels(dice: &mut Dice) -> Vec<u8> {
    if dice.chance(50) {
        return Vec::new();
    }
    LABELS.iter().map(|&(bit, _)| bit).filter(|_| dice.chance(40)).collect()
}

fn zones(entry: &mut Entry, dice: &mut Dice) {
    let zone = dice.pick(&ZONES);
    let zones = match dice.roll(6) {
        0 | 1 => [zone, zone],
        2 => [zone, 0],
        3 => [0, zone],
        _ => [0, 0],
    };
    for (tuple, zone) in entry.tuples.iter_mut().zip(zones) {
        tuple.zone = zone;
    }
}

/// Most entries are as they were; of the others some only look translated, and some only say that they are.
fn translate(entry: &mut Entry, home: Home, dice: &mut Dice) {
    if dice.chance(45) {
        return;
    }
    let [source, destination] = [dice.chance(55), dice.chance(50)];
    if source {
        redirect(entry, End::Dst, dice);
    }
    if destination {
        redirect(entry, End::Src, dice);
    }
    if home == Home::Paper && dice.chance(15) {
        return; // it was not translated: its reply tuple was given like this
    }
    // The kernel looks at both directions at once, but for an entry that was there before the rules.
    entry.status |= match home {
        Home::Paper => dice.pick(&[SRC_NAT_DONE, DST_NAT_DONE, SRC_NAT_DONE | DST_NAT_DONE]),
        Home::Kernel => SRC_NAT_DONE | DST_NAT_DONE,
    };
    entry.status |= if source { SRC_NAT } else { 0 } | if destination { DST_NAT } else { 0 };
}

/// Gives one end of the reply another address, another port or id, or both.
fn redirect(entry: &mut Entry, end: End, dice: &mut Dice) {
    let (ipv6, end) = (entry.is_ipv6(), end as usize);
    let reply = &mut entry.tuples[Side::Reply as usize];
    let port = dice.pick(&PORTS);
    let kind = dice.roll(3);
    if kind > 0 {
        reply.address[end] = random_translation(ipv6, dice);
    }
    match &mut reply.layer4 {
        Layer4::Ports(ports) if kind < 2 => ports[end] = port,
        Layer4::Icmp { id, .. } if kind < 2 => *id = port,
        _ => {}
    }
}
