// SPDX-License-Identifier: GPL-2.0-or-later
//! Many selectors at once: which of them a flow passes, without asking each of them.
//!
//! Selectors that name the same parts of a flow exactly (addresses as far as the same masks go, protocol, ports, id,
//! mark) have one *shape*. For each shape a hash table leads from the values of these parts to the selectors that name
//! them, so a flow costs one look-up for each shape. A selector that the look-up finds is asked nevertheless
//! ([`Selector::matches`]): the tables only leave out selectors that the flow cannot pass. Selectors without such parts,
//! and those of rare shapes, are asked in turn.

#![forbid(unsafe_code)]

use super::dump::Masked;
use super::selector::{AddressMask, Selector, TupleSelector};
use crate::flow::{Dir, Flow, Tuple};
use std::collections::HashMap;
use std::net::IpAddr;

/// A set has at most this number of hash tables: a look-up costs as much as asking some twenty selectors.
const MOST_SHAPES: usize = 32;

/// Selectors in an order, and a quick answer to the question which of them a flow passes.
///
/// A selector has the number that [`push`](Self::push) returns: 0 for the first one. To read a table once for all
/// selectors, list the flows that pass [`common`](Self::common), and ask the set about each of them:
///
/// ```
/// use netfilter_conntrack::{AddressMask, Dir, Flow, L4, Selector, SelectorSet};
///
/// let (client, server) = ("192.0.2.1".parse()?, "198.51.100.2".parse()?);
/// let mut set = SelectorSet::new();
/// let mut web = Selector::new();
/// (web.protocol, web.orig.dst_port) = (Some(6), Some(443));
/// let mut of_client = Selector::new();
/// of_client.orig.src = Some(AddressMask { address: client, mask: None });
/// assert_eq!((set.push(web), set.push(of_client)), (0, 1));
///
/// let mut flow = Flow::new();
/// flow.set_tuple(Dir::Orig, client, server, L4::Tcp { sport: 40000, dport: 443 });
/// let mut found = Vec::new();
/// set.matching(&flow, &mut found);
/// assert_eq!(found, [0, 1]);
/// assert_eq!(set.first(&flow), Some(0));
/// flow.set_tuple(Dir::Orig, server, client, L4::Tcp { sport: 443, dport: 40000 });
/// assert_eq!(set.first(&flow), None);
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct SelectorSet {
    selectors: Vec<Selector>,
    /// What every selector of the set asks for.
    common: Option<Selector>,
    shapes: Vec<(Shape, HashMap<Key, Vec<u32>>)>,
    /// The selectors in no table.
    others: Vec<u32>,
}

impl SelectorSet {
    /// A set without selectors, which no flow passes.
    #[must_use]
    pub fn new() -> SelectorSet {
        SelectorSet::default()
    }

    /// Adds a selector and returns its number. A set holds at most `u32::MAX` selectors.
    ///
    /// # Panics
    /// When the set is full.
    pub fn push(&mut self, selector: Selector) -> usize {
        let number = self.selectors.len();
        assert!(u32::try_from(number).is_ok(), "the set is full");
        self.common = Some(match self.common.take() {
            Some(common) => shared(&common, &selector),
            None => selector.clone(),
        });
        self.list_for(&selector).push(number as u32);
        self.selectors.push(selector);
        number
    }

    /// The list that a selector belongs to.
    fn list_for(&mut self, selector: &Selector) -> &mut Vec<u32> {
        let Some((shape, key)) = Shape::of(selector) else { return &mut self.others };
        let at = match self.shapes.iter().position(|(known, _)| *known == shape) {
            Some(at) => at,
            None if self.shapes.len() < MOST_SHAPES => {
                self.shapes.push((shape, HashMap::new()));
                self.shapes.len() - 1
            }
            None => return &mut self.others,
        };
        match self.shapes.get_mut(at) {
            Some((_, table)) => table.entry(key).or_default(),
            None => &mut self.others,
        }
    }

    /// The number of selectors.
    #[must_use]
    pub fn len(&self) -> usize {
        self.selectors.len()
    }

    /// Whether the set has no selector.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.selectors.is_empty()
    }

    /// The selector with a number.
    #[must_use]
    pub fn get(&self, number: usize) -> Option<&Selector> {
        self.selectors.get(number)
    }

    /// The conditions that all selectors share: every flow that passes a selector of the set passes this one. A set
    /// without selectors shares no condition.
    #[must_use]
    pub fn common(&self) -> Selector {
        self.common.clone().unwrap_or_default()
    }

    /// The lowest number of a selector that a flow passes.
    #[must_use]
    pub fn first(&self, flow: &Flow) -> Option<usize> {
        let none = u32::try_from(self.len()).unwrap_or(u32::MAX);
        let first = self.lists(flow).fold(none, |best, list| {
            let before = list.iter().copied().take_while(|&number| number < best);
            before.into_iter().find(|&number| self.passes(number, flow)).unwrap_or(best)
        });
        (first < none).then_some(first as usize)
    }

    /// Replaces the contents of `found` by the numbers of all selectors that a flow passes, in ascending order.
    pub fn matching(&self, flow: &Flow, found: &mut Vec<usize>) {
        self.matching_before(flow, usize::MAX, found);
    }

    /// As [`matching`](Self::matching), for the selectors with numbers below `end` only.
    pub fn matching_before(&self, flow: &Flow, end: usize, found: &mut Vec<usize>) {
        found.clear();
        for list in self.lists(flow) {
            let asked = list.iter().take_while(|&&number| (number as usize) < end);
            let passed = asked.filter(|&&number| self.passes(number, flow));
            found.extend(passed.map(|&number| number as usize));
        }
        found.sort_unstable();
    }

    fn passes(&self, number: u32, flow: &Flow) -> bool {
        self.get(number as usize).is_some_and(|selector| selector.matches(flow))
    }

    /// Lists of ascending numbers, which together hold every selector that a flow can pass.
    fn lists<'s>(&'s self, flow: &'s Flow) -> impl Iterator<Item = &'s [u32]> {
        let listed = |(shape, table): &'s (Shape, HashMap<Key, Vec<u32>>)| {
            shape.key_of(flow).and_then(|key| table.get(&key)).map(Vec::as_slice)
        };
        self.shapes.iter().filter_map(listed).chain([self.others.as_slice()])
    }
}

impl Extend<Selector> for SelectorSet {
    fn extend<I: IntoIterator<Item = Selector>>(&mut self, selectors: I) {
        for selector in selectors {
            self.push(selector);
        }
    }
}

impl FromIterator<Selector> for SelectorSet {
    fn from_iter<I: IntoIterator<Item = Selector>>(selectors: I) -> SelectorSet {
        let mut set = SelectorSet::new();
        set.extend(selectors);
        set
    }
}

/// The parts of a flow that selectors of one shape name: sources and destinations of both directions in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Shape {
    /// For each address that is named its mask, where it has one.
    addresses: [Option<Option<IpAddr>>; 4],
    ports: [bool; 4],
    protocol: bool,
    id: bool,
    mark: Option<u32>,
}

/// The values of these parts, zero for those that are not named. Addresses of both families can have
/// one value: the selector that is found compares the family.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct Key {
    addresses: [u128; 4],
    ports: [u16; 4],
    protocol: u8,
    id: u32,
    mark: u32,
}

impl Shape {
    /// The shape of a selector, and its values; nothing for a selector that names no part.
    fn of(selector: &Selector) -> Option<(Shape, Key)> {
        let sides = [&selector.orig, &selector.reply];
        let addresses = each_end(sides.map(|side| [side.src, side.dst]));
        let ports = each_end(sides.map(|side: &TupleSelector| [side.src_port, side.dst_port]));
        let shape = Shape {
            addresses: addresses.map(|address| address.map(|wanted| wanted.mask)),
            ports: ports.map(|port| port.is_some()),
            protocol: selector.protocol.is_some(),
            id: selector.id.is_some(),
            mark: selector.mark.map(|mark| mark.mask),
        };
        let key = Key {
            addresses: addresses
                .map(|address| address.map_or(0, |wanted: AddressMask| bits(wanted.address, wanted.mask))),
            ports: ports.map(Option::unwrap_or_default),
            protocol: selector.protocol.unwrap_or_default(),
            id: selector.id.unwrap_or_default(),
            mark: selector.mark.unwrap_or_default().value,
        };
        let has_parts = shape.addresses.iter().any(Option::is_some)
            || shape.ports.contains(&true)
            || shape.protocol
            || shape.id
            || shape.mark.is_some();
        has_parts.then_some((shape, key))
    }

    /// The values of a flow; nothing where it lacks an address that is named.
    fn key_of(&self, flow: &Flow) -> Option<Key> {
        let mut key = Key::default();
        let tuples: [Tuple<'_>; 2] = [flow.tuple(Dir::Orig), flow.tuple(Dir::Reply)];
        let addresses = tuples.iter().flat_map(|tuple| [tuple.src(), tuple.dst()]);
        for ((value, named), address) in key.addresses.iter_mut().zip(&self.addresses).zip(addresses) {
            if let Some(mask) = named {
                *value = bits(address?, *mask);
            }
        }
        let ports = tuples.iter().flat_map(|tuple| [tuple.l4_src(), tuple.l4_dst()]);
        for ((value, _), port) in
            key.ports.iter_mut().zip(&self.ports).zip(ports).filter(|((_, named), _)| **named)
        {
            *value = port;
        }
        if self.protocol {
            key.protocol = tuples.first().map_or(0, |tuple| tuple.l4());
        }
        if self.id {
            key.id = flow.id()?;
        }
        if let Some(mask) = self.mark {
            key.mark = flow.mark().unwrap_or(0) & mask;
        }
        Some(key)
    }
}

/// The four ends of both directions.
fn each_end<T: Copy>([[a, b], [c, d]]: [[T; 2]; 2]) -> [T; 4] {
    [a, b, c, d]
}

/// The bits of an address that count. A mask of another family leaves none: such a selector matches nothing.
fn bits(address: IpAddr, mask: Option<IpAddr>) -> u128 {
    match (address, mask) {
        (IpAddr::V4(address), None) => address.to_bits().into(),
        (IpAddr::V6(address), None) => address.to_bits(),
        (IpAddr::V4(address), Some(IpAddr::V4(mask))) => (address.to_bits() & mask.to_bits()).into(),
        (IpAddr::V6(address), Some(IpAddr::V6(mask))) => address.to_bits() & mask.to_bits(),
        _ => 0,
    }
}

/// The conditions of `one` that `other` has too.
fn shared(one: &Selector, other: &Selector) -> Selector {
    fn same<T: PartialEq + Clone>(one: &Option<T>, other: &Option<T>) -> Option<T> {
        one.as_ref().filter(|_| one == other).cloned()
    }
    fn all_same<T: PartialEq + Clone>(one: &[T], other: &[T]) -> Vec<T> {
        if one == other { one.to_vec() } else { Vec::new() }
    }
    let side = |one: &TupleSelector, other: &TupleSelector| TupleSelector {
        src: same(&one.src, &other.src),
        dst: same(&one.dst, &other.dst),
        src_port: same(&one.src_port, &other.src_port),
        dst_port: same(&one.dst_port, &other.dst_port),
        srcs: all_same(&one.srcs, &other.srcs),
        dsts: all_same(&one.dsts, &other.dsts),
        src_ports: all_same(&one.src_ports, &other.src_ports),
        dst_ports: all_same(&one.dst_ports, &other.dst_ports),
        zone: same(&one.zone, &other.zone),
    };
    let mut common = Selector {
        family: same(&one.known_family(), &other.known_family()),
        protocol: same(&one.protocol, &other.protocol),
        orig: side(&one.orig, &other.orig),
        reply: side(&one.reply, &other.reply),
        zone: same(&one.zone, &other.zone),
        mark: same(&one.mark, &other.mark),
        status: shared_status(one.status, other.status),
        id: same(&one.id, &other.id),
        secmark: same(&one.secmark, &other.secmark),
        state: same(&one.state, &other.state),
        labels: same(&one.labels, &other.labels),
        source_nat: same(&one.source_nat, &other.source_nat),
        destination_nat: same(&one.destination_nat, &other.destination_nat),
        any_nat: same(&one.any_nat, &other.any_nat),
        remaining_secs: same(&one.remaining_secs, &other.remaining_secs),
        ..Selector::default()
    };
    common.icmp.kind = same(&one.icmp.kind, &other.icmp.kind);
    common.icmp.code = same(&one.icmp.code, &other.icmp.code);
    common.icmp.id = same(&one.icmp.id, &other.icmp.id);
    for ((tag, one), other) in common.vtags.iter_mut().zip(&one.vtags).zip(&other.vtags) {
        *tag = same(one, other);
    }
    common
}

/// The status bits that both want, in the state that both want.
fn shared_status(one: Masked, other: Masked) -> Masked {
    let mask = one.mask & other.mask & !(one.value ^ other.value);
    Masked { value: one.value & mask, mask }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::L4;

    #[test]
    fn a_flow_asks_few_of_many_selectors() {
        let mut set = SelectorSet::new();
        for number in 0..10_000u32 {
            let mut selector = Selector::default();
            let address = IpAddr::V4((0x0a00_0000 + number).into());
            selector.orig.src = Some(AddressMask { address, mask: None });
            assert_eq!(set.push(selector), number as usize);
        }
        let mut flow = Flow::new();
        flow.set_tuple(Dir::Orig, "10.0.0.7".parse().unwrap(), "10.9.9.9".parse().unwrap(), L4::Other(50));
        assert_eq!((set.shapes.len(), set.others.len(), set.len()), (1, 0, 10_000));
        assert_eq!((set.lists(&flow).map(<[u32]>::len).sum::<usize>(), set.first(&flow)), (1, Some(7)));
        assert_eq!(set.common().known_family(), Some(2), "all of them are of IPv4");
    }

    #[test]
    fn rare_shapes_are_asked_in_turn_and_an_empty_set_has_none() {
        let mut set = SelectorSet::new();
        let mut flow = Flow::new();
        flow.set_mark(u32::MAX);
        assert_eq!(
            (set.first(&flow), set.len(), set.is_empty(), set.common()),
            (None, 0, true, Selector::default())
        );
        for bit in 0..32 {
            set.push(Selector {
                mark: Some(Masked { value: 1 << bit, mask: 1 << bit }),
                ..Selector::default()
            });
        }
        set.push(Selector { mark: Some(Masked { value: 3, mask: 3 }), ..Selector::default() });
        assert_eq!((set.shapes.len(), set.others.as_slice()), (MOST_SHAPES, &[32][..]));
        let mut found = Vec::new();
        set.matching(&flow, &mut found);
        assert!(found.into_iter().eq(0..33));
        set.push(Selector::default());
        assert!(set.others.contains(&33), "it names nothing");
        assert!(set.get(33).is_some_and(Selector::is_everything) && set.common().is_everything());
    }
}
