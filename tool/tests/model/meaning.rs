// SPDX-License-Identifier: GPL-2.0-or-later
//! What the options of a command line mean: which entries it selects, or why it is refused.
//!
//! Written from the manual page and from what the original does, not from the tool's parser, and it works on
//! what was meant ([`Given`]), not on words: how the words are read is what is judged.

use super::entry::*;
use std::net::IpAddr;

/// The commands whose choice of entries is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    Delete,
    Flush,
    List,
    Update,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nat {
    Source,
    Destination,
    Any,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ZoneOf {
    Both,
    One(Side),
}

/// A number that a protocol option compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Port(Side, End),
    Key(Side, End),
    IcmpType,
    IcmpCode,
    IcmpId,
    Icmpv6Type,
    Icmpv6Code,
    Icmpv6Id,
}

impl Part {
    /// Whether it is an option of this protocol.
    pub fn belongs_to(self, protocol: u8) -> bool {
        match self {
            Part::Port(..) => matches!(protocol, TCP | UDP | UDPLITE | SCTP | DCCP),
            Part::Key(..) => protocol == GRE,
            Part::IcmpType | Part::IcmpCode | Part::IcmpId => protocol == ICMP,
            Part::Icmpv6Type | Part::Icmpv6Code | Part::Icmpv6Id => protocol == ICMPV6,
        }
    }

    /// The option of another protocol that says the same: a key stands where a port stands.
    pub fn counterpart(self) -> Part {
        match self {
            Part::Port(side, end) => Part::Key(side, end),
            Part::Key(side, end) => Part::Port(side, end),
            Part::IcmpType => Part::Icmpv6Type,
            Part::IcmpCode => Part::Icmpv6Code,
            Part::IcmpId => Part::Icmpv6Id,
            Part::Icmpv6Type => Part::IcmpType,
            Part::Icmpv6Code => Part::IcmpCode,
            Part::Icmpv6Id => Part::IcmpId,
        }
    }
}

/// One option, as it was meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// `-s -d -r -q`, for the first two with the length of a prefix.
    Address(Side, End, IpAddr, Option<u8>),
    /// The same with several addresses, of which one must be met.
    Addresses(Side, End, Vec<(IpAddr, Option<u8>)>),
    /// `--mask-src`, `--mask-dst`.
    Mask(End, IpAddr),
    /// `-p`. A number's protocol has its options; a name that only the system knows has none.
    Protocol(u8),
    /// `-f`: whether it is IPv6.
    Family(bool),
    /// `-u`: bits that must be set, bits that must be clear.
    Status(u32, u32),
    /// `-m`: value and mask.
    Mark(u32, Option<u32>),
    Secmark(u32),
    Id(u32),
    /// `-n -g -j`, with address and port.
    Nat(Nat, Option<(IpAddr, Option<u16>)>),
    Zone(ZoneOf, u16),
    /// `-l`: bits.
    Labels(Vec<u16>),
    Part(Part, u16),
    /// A port option with ports and ranges of ports, of which one must be met.
    Ports(Part, Vec<(u16, u16)>),
    /// `--state`, of the protocol that was the last one so far.
    State(u8, u8),
    /// `-t`.
    Timeout,
    /// `-a`.
    NatRange,
    /// `-z`.
    Zero,
    /// `-o`.
    Output,
}

/// A piece of a command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    Verb,
    Given(Given),
    /// An option that is wrong in itself, with its exit status.
    Fault(u8),
    /// A word that belongs to no option. Under `POSIXLY_CORRECT` it ends the options.
    Stray,
    /// `--`
    End,
}

/// What becomes of a command line.
#[derive(Debug, Clone, PartialEq)]
pub enum Meaning {
    /// It is refused, with one of these exit statuses.
    Refused(Vec<u8>),
    /// It is for the entries that meet all of these.
    Selects(Vec<Condition>),
}

impl Meaning {
    pub fn selects(&self, entry: &Entry) -> bool {
        match self {
            Meaning::Refused(_) => false,
            Meaning::Selects(conditions) => conditions.iter().all(|condition| condition.holds(entry)),
        }
    }
}

/// A condition on entries.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// The address, as far as the mask goes.
    Address(Side, End, IpAddr, IpAddr),
    /// One of the addresses, as far as its mask goes.
    Addresses(Side, End, Vec<(IpAddr, IpAddr)>),
    Protocol(u8),
    Family(bool),
    StatusSet(u32),
    StatusClear(u32),
    Mark(u32, u32),
    Secmark(u32),
    Id(u32),
    Nat(Nat, Option<(IpAddr, Option<u16>)>),
    Zone(ZoneOf, u16),
    Labels(Vec<u16>),
    Part(Part, u16),
    Ports(Part, Vec<(u16, u16)>),
    State(u8),
}

impl Condition {
    pub fn holds(&self, entry: &Entry) -> bool {
        let is_zone = |side: Side, zone: u16| entry.tuple(side).zone == zone;
        match self {
            Condition::Address(side, end, address, mask) => {
                let found = entry.tuple(*side).address[*end as usize];
                masked(found, *mask).is_some_and(|found| Some(found) == masked(*address, *mask))
            }
            Condition::Addresses(side, end, list) => list
                .iter()
                .any(|&(address, mask)| Condition::Address(*side, *end, address, mask).holds(entry)),
            Condition::Protocol(protocol) => entry.protocol == *protocol,
            Condition::Family(ipv6) => entry.is_ipv6() == *ipv6,
            Condition::StatusSet(bits) => entry.status & bits == *bits,
            Condition::StatusClear(bits) => entry.status & bits == 0,
            Condition::Mark(mark, mask) => entry.mark.unwrap_or(0) & mask == *mark,
            Condition::Secmark(secmark) => entry.secmark == Some(*secmark),
            Condition::Id(id) => entry.id == *id,
            Condition::Nat(Nat::Source, to) => is_translated(entry, SRC_NAT_DONE, End::Src, *to),
            Condition::Nat(Nat::Destination, to) => is_translated(entry, DST_NAT_DONE, End::Dst, *to),
            Condition::Nat(Nat::Any, to) => {
                is_translated(entry, SRC_NAT_DONE, End::Src, *to)
                    || is_translated(entry, DST_NAT_DONE, End::Dst, *to)
            }
            Condition::Zone(ZoneOf::Both, zone) => is_zone(Side::Orig, *zone) && is_zone(Side::Reply, *zone),
            Condition::Zone(ZoneOf::One(side), zone) => is_zone(*side, *zone),
            Condition::Labels(bits) => {
                bits.iter().all(|&bit| u8::try_from(bit).is_ok_and(|bit| entry.labels.contains(&bit)))
            }
            Condition::Part(part, value) => number(entry, *part) == Some(*value),
            Condition::Ports(part, ranges) => number(entry, *part)
                .is_some_and(|port| ranges.iter().any(|(first, last)| (*first..=*last).contains(&port))),
            Condition::State(state) => entry.state == Some(*state),
        }
    }
}

/// An address with only the bits of a mask; nothing where the families differ.
fn masked(address: IpAddr, mask: IpAddr) -> Option<u128> {
    match (address, mask) {
        (IpAddr::V4(address), IpAddr::V4(mask)) => Some(u128::from(u32::from(address) & u32::from(mask))),
        (IpAddr::V6(address), IpAddr::V6(mask)) => Some(u128::from(address) & u128::from(mask)),
        _ => None,
    }
}

/// The mask of a prefix of this length.
pub fn prefix(of: IpAddr, length: u8) -> IpAddr {
    let length = u32::from(length);
    match of {
        IpAddr::V4(_) => IpAddr::from(u32::MAX.checked_shl(32 - length).unwrap_or(0).to_be_bytes()),
        IpAddr::V6(_) => IpAddr::from(u128::MAX.checked_shl(128 - length).unwrap_or(0).to_be_bytes()),
    }
}

fn number(entry: &Entry, part: Part) -> Option<u16> {
    let layer4 = |side| entry.tuple(side).layer4;
    match (part, layer4(Side::Orig)) {
        (Part::Port(side, end), Layer4::Ports(_)) => match layer4(side) {
            Layer4::Ports(ports) => Some(ports[end as usize]),
            _ => None,
        },
        (Part::Key(side, end), Layer4::Keys(_)) => match layer4(side) {
            Layer4::Keys(keys) => Some(keys[end as usize]),
            _ => None,
        },
        (Part::IcmpType | Part::Icmpv6Type, Layer4::Icmp { kind, .. }) => Some(u16::from(kind)),
        (Part::IcmpCode | Part::Icmpv6Code, Layer4::Icmp { code, .. }) => Some(u16::from(code)),
        (Part::IcmpId | Part::Icmpv6Id, Layer4::Icmp { id, .. }) => Some(id),
        _ => None,
    }
}

/// Whether one end of the connection is translated, and to what is asked for.
///
/// The reply comes from where the connection really went, and goes to whom it seemed to come from: its source is
/// the translated destination, its destination the translated source.
fn is_translated(entry: &Entry, done: u32, end: End, to: Option<(IpAddr, Option<u16>)>) -> bool {
    let [orig, reply] = &entry.tuples;
    let (here, there) = (end as usize, 1 - end as usize);
    let address = (orig.address[here] != reply.address[there]).then_some(reply.address[there]);
    let (before, after) = match (orig.layer4, reply.layer4) {
        (Layer4::Ports(orig), Layer4::Ports(reply)) => (orig[here], reply[there]),
        // The id is the source's: it is what a port is to other protocols.
        (Layer4::Icmp { id, .. }, Layer4::Icmp { id: reply, .. }) if end == End::Src => (id, reply),
        _ => (0, 0),
    };
    let port = (before != after).then_some(after);
    entry.status & done != 0
        && match to {
            None => address.is_some() || port.is_some(),
            Some((wanted, None)) => address == Some(wanted),
            Some((wanted, Some(wanted_port))) => address == Some(wanted) && port == Some(wanted_port),
        }
}

/// What a command line means; its pieces stand in their order.
pub fn meaning(verb: Verb, posix: bool, pieces: &[&What]) -> Meaning {
    let ends = |piece: &&What| matches!(piece, What::End) || posix && matches!(piece, What::Stray);
    let (pieces, rest) = pieces.split_at(pieces.iter().position(ends).unwrap_or(pieces.len()));
    let is_stray = |piece: &&What| !matches!(piece, What::End);
    let stray = rest.iter().any(is_stray) || pieces.contains(&&What::Stray);
    let options: Vec<&Given> = given(pieces);
    let mut refusals = refusals(verb, pieces, &options);
    if stray && verb != Verb::List {
        refusals.push(2);
    }
    if !refusals.is_empty() {
        return Meaning::Refused(refusals);
    }
    let counting = counting(&options);
    let conditions: Vec<Condition> =
        counting.iter().flat_map(|&(at, given)| conditions(verb, at, given, &counting)).collect();
    let is_idle = verb != Verb::List && is_idle(verb, &options, &conditions);
    let filters = |given: &Given| matches!(given, Given::Status(..) | Given::Mark(..));
    let zeroes_some =
        options.contains(&&Given::Zero) && (has(&options, filters) || !is_family_only(&conditions));
    if is_idle || zeroes_some { Meaning::Refused(vec![2]) } else { Meaning::Selects(conditions) }
}

/// Whether a line that deletes or changes has options that were given to select, and none that does.
///
/// A family is selected by its own option alone, it does not help another option to a meaning.
fn is_idle(verb: Verb, options: &[&Given], conditions: &[Condition]) -> bool {
    let updates = verb == Verb::Update;
    let selects = |condition: &Condition| match condition {
        Condition::Family(_) => false,
        Condition::Address(_, _, _, mask) => !mask.is_unspecified(),
        Condition::Addresses(_, _, list) => !leaves_none_out(list),
        Condition::Mark(mark, mask) => (mark, mask) != (&0, &0),
        _ => true,
    };
    let names_family = has(options, |given| matches!(given, Given::Family(_)));
    let idles = |given: &Given| match given {
        Given::Family(_) => false,
        Given::Timeout | Given::Mark(..) | Given::Status(..) => !updates,
        Given::Output => !updates && !names_family,
        _ => true,
    };
    !conditions.iter().any(selects) && has(options, idles)
}

/// Whether every address of the family is in one of the networks. Each has one more half than the network around it: the
/// other half must be there, too.
fn leaves_none_out(list: &[(IpAddr, IpAddr)]) -> bool {
    let covers = |&(address, mask): &(IpAddr, IpAddr), bits: u32, value: u128| {
        let width = if address.is_ipv6() { 128 } else { 32 };
        let (network, mask) = (masked(address, mask).unwrap(), masked(mask, mask).unwrap());
        let region = if bits == 0 { 0 } else { value << (width - bits) };
        mask.count_ones() <= bits && region & mask == network
    };
    fn all(bits: u32, value: u128, covers: &dyn Fn(u32, u128) -> bool, longest: u32) -> bool {
        covers(bits, value)
            || bits < longest
                && all(bits + 1, value << 1, covers, longest)
                && all(bits + 1, value << 1 | 1, covers, longest)
    }
    let length = |&(_, mask): &(IpAddr, IpAddr)| masked(mask, mask).unwrap().count_ones();
    // Networks of which one is longer than this cannot cover everything together with so few others.
    let longest = list.iter().map(length).max().unwrap_or(0).min(8);
    all(0, 0, &|bits, value| list.iter().any(|network| covers(network, bits, value)), longest)
}

fn is_family_only(conditions: &[Condition]) -> bool {
    conditions.iter().all(|condition| matches!(condition, Condition::Family(_)))
}

/// The options among the pieces.
fn given<'a>(pieces: &[&'a What]) -> Vec<&'a Given> {
    let given = pieces.iter().filter_map(|piece| match piece {
        What::Given(given) => Some(given),
        _ => None,
    });
    given.collect()
}

/// The exit statuses of all that is wrong: which is reported first does not matter, nothing is done.
fn refusals(verb: Verb, pieces: &[&What], options: &[&Given]) -> Vec<u8> {
    let faults = pieces.iter().filter_map(|piece| match piece {
        What::Fault(status) => Some(*status),
        _ => None,
    });
    let wrong = [
        options.iter().any(|given| !is_legal(verb, given)),
        mixes_families(options),
        options.iter().enumerate().any(|(at, given)| !is_known(given, &options[..at])),
        has_mask_without_address(options),
        has_mask_of_several(options),
        verb != Verb::List && (0..options.len()).any(|at| is_replaced(at, options)),
        has(options, |given| matches!(given, Given::Nat(Nat::Any, _)))
            && has(options, |given| matches!(given, Given::Nat(Nat::Source | Nat::Destination, _))),
    ];
    faults.chain(wrong.contains(&true).then_some(2)).collect()
}

/// Whether an option is one of a protocol that is not the last one so far, or that a later `-p` replaces by one that
/// has no option that says the same. No state says the same as that of another protocol.
fn is_replaced(at: usize, options: &[&Given]) -> bool {
    let fits = |protocol: u8| match options[at] {
        Given::Part(part, _) | Given::Ports(part, _) => {
            part.belongs_to(protocol) || part.counterpart().belongs_to(protocol)
        }
        Given::State(of, _) => *of == protocol,
        _ => true,
    };
    let is_own = |protocol: u8| match options[at] {
        Given::Part(part, _) | Given::Ports(part, _) => part.belongs_to(protocol),
        _ => fits(protocol),
    };
    let so_far = last_protocol(options[..at].iter().copied());
    let later = options[at + 1..].iter().filter_map(|given| match given {
        Given::Protocol(protocol) => Some(*protocol),
        _ => None,
    });
    so_far.is_some_and(|protocol| !is_own(protocol)) || !later.into_iter().all(fits)
}

fn last_protocol<'a>(options: impl DoubleEndedIterator<Item = &'a Given>) -> Option<u8> {
    options.rev().find_map(|given| match given {
        Given::Protocol(protocol) => Some(*protocol),
        _ => None,
    })
}

fn has(options: &[&Given], is: impl Fn(&Given) -> bool) -> bool {
    options.iter().any(|given| is(given))
}

/// Whether a command takes an option.
fn is_legal(verb: Verb, given: &Given) -> bool {
    match given {
        Given::NatRange => true,
        _ if verb == Verb::Flush => matches!(given, Given::Family(_)),
        Given::Timeout | Given::Id(_) => verb != Verb::List,
        Given::Zero | Given::Secmark(_) | Given::Nat(Nat::Any, _) => verb == Verb::List,
        Given::Zone(..) => verb != Verb::Update,
        _ => true,
    }
}

/// Whether an option exists after those before it: a protocol's options need their protocol.
fn is_known(given: &Given, before: &[&Given]) -> bool {
    let any = |is: &dyn Fn(u8) -> bool| has(before, |given| matches!(given, Given::Protocol(p) if is(*p)));
    match given {
        Given::Part(part, _) | Given::Ports(part, _) => any(&|protocol| part.belongs_to(protocol)),
        Given::State(of, _) => any(&|protocol| protocol == *of),
        _ => true,
    }
}

/// All addresses of a command line are of one family, those that do not count included.
fn mixes_families(options: &[&Given]) -> bool {
    let families = options.iter().flat_map(|given| match given {
        Given::Address(_, _, address, _) | Given::Mask(_, address) | Given::Nat(_, Some((address, _))) => {
            vec![address.is_ipv6()]
        }
        Given::Addresses(_, _, list) => list.iter().map(|(address, _)| address.is_ipv6()).collect(),
        Given::Family(ipv6) => vec![*ipv6],
        _ => vec![],
    });
    let families: Vec<bool> = families.collect();
    families.contains(&true) && families.contains(&false)
}

fn has_mask_without_address(options: &[&Given]) -> bool {
    [End::Src, End::Dst].into_iter().any(|end| {
        has(options, |given| matches!(given, Given::Mask(of, _) if *of == end))
            && !has(options, |given| {
                matches!(given, Given::Address(Side::Orig, of, ..) | Given::Addresses(Side::Orig, of, _) if *of == end)
            })
    })
}

/// Whether a mask is given to an end whose last option names several addresses.
fn has_mask_of_several(options: &[&Given]) -> bool {
    [End::Src, End::Dst].into_iter().any(|end| {
        let last = options.iter().rev().find(|given| {
            matches!(given, Given::Address(Side::Orig, of, ..) | Given::Addresses(Side::Orig, of, _) if *of == end)
        });
        has(options, |given| matches!(given, Given::Mask(of, _) if *of == end))
            && matches!(last, Some(Given::Addresses(..)))
    })
}

/// The options that count, with their places: of several that say the same thing the last one, but all labels and
/// status bits.
fn counting<'a>(options: &[&'a Given]) -> Vec<(usize, &'a Given)> {
    let all = options.iter().copied().enumerate();
    let standing: Vec<_> = all.filter(|&(at, _)| !is_replaced(at, options)).collect();
    let is_said_again = |&(at, given): &(usize, &Given)| {
        standing.iter().any(|&(later, other)| later > at && replaces(other, given))
    };
    standing.iter().copied().filter(|option| !is_said_again(option)).collect()
}

/// Whether a later option takes the place of an earlier one, whole.
fn replaces(later: &Given, earlier: &Given) -> bool {
    match (later, earlier) {
        (Given::Status(..), Given::Status(..)) | (Given::Labels(_), Given::Labels(_)) => false,
        (
            Given::Address(side, end, ..) | Given::Addresses(side, end, _),
            Given::Address(of, at, ..) | Given::Addresses(of, at, _),
        ) => (side, end) == (of, at),
        (Given::Mask(end, _), Given::Mask(at, _)) => end == at,
        // Said again without an address it asks for nothing new.
        (Given::Nat(kind, to), Given::Nat(of, before)) => kind == of && (to.is_some() || before.is_none()),
        (Given::Zone(kind, _), Given::Zone(of, _)) => kind == of,
        (Given::Part(part, _) | Given::Ports(part, _), Given::Part(of, _) | Given::Ports(of, _)) => {
            part == of || part.counterpart() == *of
        }
        _ => std::mem::discriminant(later) == std::mem::discriminant(earlier),
    }
}

/// What one of the options that count asks of an entry.
fn conditions(verb: Verb, at: usize, given: &Given, all: &[(usize, &Given)]) -> Vec<Condition> {
    let protocol = last_protocol(all.iter().map(|(_, given)| *given));
    // -U takes these for new values.
    let updates = verb == Verb::Update;
    match given {
        Given::Address(side, end, address, length) => {
            let mask = match side {
                Side::Orig => mask(at, *end, *address, *length, all),
                Side::Reply => prefix(*address, full(*address)),
            };
            vec![Condition::Address(*side, *end, *address, mask)]
        }
        Given::Addresses(side, end, list) => {
            let whole =
                |address: IpAddr, length: Option<u8>| prefix(address, length.unwrap_or(full(address)));
            let list = list.iter().map(|&(address, length)| (address, whole(address, length)));
            vec![Condition::Addresses(*side, *end, list.collect())]
        }
        Given::Protocol(protocol) => vec![Condition::Protocol(*protocol)],
        Given::Family(ipv6) => vec![Condition::Family(*ipv6)],
        Given::Status(set, clear) if !updates => {
            let set = (*set != 0).then_some(Condition::StatusSet(*set));
            let clear = (*clear != 0).then_some(Condition::StatusClear(*clear));
            set.into_iter().chain(clear).collect()
        }
        Given::Mark(mark, mask) if !updates => vec![Condition::Mark(*mark, mask.unwrap_or(u32::MAX))],
        Given::Secmark(secmark) => vec![Condition::Secmark(*secmark)],
        Given::Id(id) => vec![Condition::Id(*id)],
        Given::Nat(kind, to) => vec![Condition::Nat(*kind, *to)],
        Given::Zone(of, zone) => vec![Condition::Zone(*of, *zone)],
        Given::Labels(bits) => vec![Condition::Labels(bits.clone())],
        Given::Part(part, _) | Given::Ports(part, _) => {
            let ways = [*part, part.counterpart()];
            let own =
                ways.into_iter().find(|part| protocol.is_some_and(|protocol| part.belongs_to(protocol)));
            let condition = |part| match given {
                Given::Ports(_, ranges) => Condition::Ports(part, ranges.clone()),
                Given::Part(_, value) => Condition::Part(part, *value),
                _ => unreachable!(),
            };
            own.map(condition).into_iter().collect()
        }
        Given::State(of, state) if !updates && protocol == Some(*of) => vec![Condition::State(*state)],
        _ => vec![],
    }
}

fn full(address: IpAddr) -> u8 {
    if address.is_ipv6() { 128 } else { 32 }
}

/// The bits of an address that count. A prefix length stands for the option of the mask, and of the two the last one
/// counts.
fn mask(at: usize, end: End, address: IpAddr, length: Option<u8>, all: &[(usize, &Given)]) -> IpAddr {
    let option = all.iter().find_map(|(at, given)| match given {
        Given::Mask(of, mask) if *of == end => Some((*at, *mask)),
        _ => None,
    });
    let own = length.map(|length| (at, prefix(address, length)));
    let last = option.into_iter().chain(own).max_by_key(|(at, _)| *at);
    last.map_or(prefix(address, full(address)), |(_, mask)| mask)
}
