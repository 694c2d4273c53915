// SPDX-License-Identifier: GPL-2.0-or-later
//! What the kernel filters and what is filtered here are the same flows: random selectors over a table of random
//! flows of every protocol, both families, with zones, marks, translations and states.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a test may

use netfilter_conntrack::filter::dump::Masked;
use netfilter_conntrack::filter::selector::{AddressMask, NatSelector, TupleSelector};
use netfilter_conntrack::filter::{Pushdown, Selector};
use netfilter_conntrack::format::{self, Style, Syntax};
use netfilter_conntrack::wire::consts::*;
use netfilter_conntrack::{Attr, Dir, DumpFilter, Error, Flow, Handle};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use testing::random::{Dice, random_flow};
use testing::{ip, isolated};

const SEEDS: [u64; 4] = [3, 1999, 65_537, 1 << 33];
const FLOWS: u16 = 250;
const SELECTORS: usize = 100;

/// A table with few addresses and few zones, where tuples recur in other zones.
fn fill(dice: &mut Dice) -> Handle {
    let mut handle = Handle::open().unwrap();
    let mut made = 0;
    while made < FLOWS {
        let mut flow = random_flow(u16::try_from(dice.roll(30)).unwrap(), dice);
        flow.set_timeout_secs(400_000);
        flow.set_mark(u32::try_from(dice.roll(4)).unwrap());
        let zone = |flow: &Flow, attr| flow.u16(attr).map(|zone| zone % 3 + 1);
        for attr in [Attr::Zone, Attr::OrigZone, Attr::ReplZone] {
            zone(&flow, attr).into_iter().for_each(|zone| flow.set_bytes(attr, &zone.to_ne_bytes()));
        }
        for _ in 0..=dice.roll(3) {
            match handle.create(&flow) {
                Ok(()) => made += 1,
                Err(Error::Kernel(libc::EEXIST)) => {}
                Err(error) => panic!("{error}: {}", shown(&flow)),
            }
            if [Attr::OrigZone, Attr::ReplZone].into_iter().any(|attr| flow.is_set(attr)) {
                break;
            }
            flow.set_zone(u16::try_from(dice.roll(4)).unwrap());
        }
    }
    handle
}

/// All of an entry but its timeout, and its use count, which is higher while the kernel looks at it.
fn shown(flow: &Flow) -> String {
    let mut flow = flow.clone();
    flow.unset(Attr::Timeout);
    flow.unset(Attr::Use);
    let (mut text, style) = (Vec::new(), Style { syntax: Syntax::Xml, ..Style::default() });
    format::append_flow(&mut text, &flow, &style).unwrap();
    format!("{} zones {:?}/{:?}", String::from_utf8(text).unwrap(), flow.orig_zone(), flow.reply_zone())
}

/// All of an entry that is the same in each run. The kernel's order and its ids are not, so without a fixed order each run
/// would choose its selectors from other flows.
fn place(flow: &Flow) -> String {
    let mut flow = flow.clone();
    flow.unset(Attr::Id);
    shown(&flow)
}

/// The flows that pass a selector, in a fixed order.
fn selected(handle: &mut Handle, selector: &Selector, pushdown: Pushdown) -> Vec<String> {
    let mut found = Vec::new();
    let mut list = handle.entries().selector(selector).pushdown(pushdown).open().unwrap();
    while let Some(flow) = list.next().unwrap() {
        found.push(shown(flow));
    }
    found.sort_unstable();
    found
}

fn address(address: IpAddr, dice: &mut Dice) -> AddressMask {
    let length = u32::try_from(dice.roll(33)).unwrap();
    let mask = match (dice.roll(6), address) {
        (0, IpAddr::V4(_)) => {
            Some(IpAddr::V4(Ipv4Addr::from(u32::MAX.checked_shl(32 - length).unwrap_or(0))))
        }
        (0, IpAddr::V6(_)) => Some(IpAddr::V6(Ipv6Addr::from(u128::MAX << length))),
        (1, IpAddr::V4(_)) => Some(ip("255.255.255.255")),
        _ => None,
    };
    match dice.roll(20) {
        0 => AddressMask { address: ip("10.9.9.9"), mask: mask.filter(|mask| mask.is_ipv4()) },
        1 => AddressMask { address: ip("fd00::9:9"), mask: mask.filter(|mask| mask.is_ipv6()) },
        _ => AddressMask { address, mask },
    }
}

/// Conditions on one direction, each `often` times of 12, taken from a flow.
fn tuple(flow: &Flow, dir: Dir, often: u64, dice: &mut Dice) -> TupleSelector {
    let tuple = flow.tuple(dir);
    let given = |dice: &mut Dice| dice.roll(12) < often;
    let own = [flow.orig_zone(), flow.reply_zone()][usize::from(dir == Dir::Reply)];
    let zone = own.or(flow.zone()).unwrap_or(0);
    let few = |dice: &mut Dice| dice.roll(12) == 0;
    let port = |port: u16, dice: &mut Dice| {
        let range = |dice: &mut Dice| {
            port.saturating_sub(dice.roll(9) as u16)..=port.saturating_add(dice.roll(9) as u16)
        };
        if few(dice) { vec![9..=99, range(dice)] } else { vec![] }
    };
    let addresses = |own: IpAddr, dice: &mut Dice| {
        if few(dice) { vec![address(own, dice), address(own, dice)] } else { vec![] }
    };
    TupleSelector {
        srcs: addresses(tuple.src().unwrap(), dice),
        dsts: addresses(tuple.dst().unwrap(), dice),
        src_ports: port(tuple.l4_src(), dice),
        dst_ports: port(tuple.l4_dst(), dice),
        src: given(dice).then(|| address(tuple.src().unwrap(), dice)),
        dst: given(dice).then(|| address(tuple.dst().unwrap(), dice)),
        src_port: given(dice).then(|| tuple.l4_src()),
        dst_port: given(dice).then(|| tuple.l4_dst()),
        zone: (dice.roll(4) == 0).then_some(zone),
    }
}

/// Conditions that a flow of the table meets, for the most part.
fn selector(flow: &Flow, dice: &mut Dice) -> Selector {
    let orig = flow.tuple(Dir::Orig);
    let often = [2, 6, 12][dice.roll(3) as usize];
    let now_and_then = |dice: &mut Dice, one_in| dice.roll(one_in) == 0;
    let nat = |dice: &mut Dice, address: Option<IpAddr>, port| {
        let address = address.filter(|_| now_and_then(dice, 2));
        Some(NatSelector { address, port: address.and(port).filter(|_| now_and_then(dice, 2)) })
    };
    let mut selector = Selector {
        orig: tuple(flow, Dir::Orig, often, dice),
        family: now_and_then(dice, 3).then(|| orig.l3()),
        protocol: (dice.roll(12) < often.max(6)).then(|| orig.l4()),
        ..Selector::default()
    };
    if now_and_then(dice, 3) {
        selector.reply = tuple(flow, Dir::Reply, often, dice);
    }
    if matches!(orig.l4(), IPPROTO_ICMP | IPPROTO_ICMPV6) {
        let [kind, code] = orig.icmp();
        let kind = if now_and_then(dice, 10) { 3 } else { kind };
        selector.icmp.kind = (dice.roll(12) < often).then_some(kind);
        selector.icmp.code = (dice.roll(12) < often).then_some(code);
        selector.icmp.id = (dice.roll(12) < often).then(|| orig.l4_src());
        (selector.orig.src_port, selector.orig.dst_port) = (None, None);
    }
    if often == 12 || now_and_then(dice, 3) {
        selector.zone = Some(flow.zone().unwrap_or(0));
    }
    if now_and_then(dice, 6) {
        let mask = u32::try_from(dice.roll(4)).unwrap();
        selector.mark =
            Some(Masked { value: flow.mark().unwrap_or(0) & [mask, 3][dice.roll(2) as usize], mask });
    }
    if now_and_then(dice, 6) {
        let mask = [IPS_SEEN_REPLY, IPS_ASSURED, IPS_SEEN_REPLY | IPS_SRC_NAT_DONE][dice.roll(3) as usize];
        selector.status = Masked { value: flow.status().unwrap() & mask, mask };
    }
    let reply = flow.tuple(Dir::Reply);
    match dice.roll(12) {
        0 => selector.source_nat = nat(dice, reply.dst(), Some(reply.l4_dst())),
        1 => selector.destination_nat = nat(dice, reply.src(), Some(reply.l4_src())),
        2 => selector.any_nat = nat(dice, reply.dst(), Some(reply.l4_dst())),
        3 => selector.id = flow.id(),
        _ => {}
    }
    selector
}

/// What the selectors of a seed came to.
#[derive(Debug, Default)]
struct Tally {
    found: usize,
    looked_up: usize,
    looked_up_and_found: usize,
    /// Dumps through the kernel's filters, and the flows that passed them.
    filtered: usize,
    sent: usize,
}

#[test]
fn the_kernel_and_user_space_select_the_same_flows() {
    let mut all = Tally::default();
    for seed in SEEDS {
        isolated(|| {
            let tally = one_table(seed);
            println!("seed {seed}: {tally:?}");
            all.found += tally.found;
            all.looked_up += tally.looked_up;
            all.looked_up_and_found += tally.looked_up_and_found;
            all.filtered += tally.filtered;
            all.sent += tally.sent;
        });
    }
    let selectors = SEEDS.len() * SELECTORS;
    assert!(all.found > selectors / 2, "too few flows were found: {all:?}");
    assert!(all.looked_up_and_found > selectors / 20, "too few lookups: {all:?}");
    assert!(all.sent < all.filtered * usize::from(FLOWS) / 3, "the kernel filters too little: {all:?}");
}

fn one_table(seed: u64) -> Tally {
    let mut dice = Dice(seed);
    let mut handle = fill(&mut dice);
    let mut table: Vec<Flow> = handle.flows().unwrap().collect::<Result<_, _>>().unwrap();
    table.sort_by_cached_key(place);
    let mut tally = Tally::default();
    for n in 0..SELECTORS {
        let selector = selector(&table[dice.roll(table.len() as u64) as usize], &mut dice);
        let mut expected: Vec<String> =
            table.iter().filter(|flow| selector.matches(flow)).map(shown).collect();
        expected.sort_unstable();
        if n % 10 == 0 {
            assert_eq!(selected(&mut handle, &selector, Pushdown::UserSpace), expected, "seed {seed}");
        }
        let pushed = selected(&mut handle, &selector, Pushdown::Kernel);
        assert_eq!(pushed, expected, "seed {seed}, selector {n}: {selector:#?}");
        tally.found += usize::from(!expected.is_empty());
        if selector.lookup_key().is_some() {
            tally.looked_up += 1;
            tally.looked_up_and_found += usize::from(!expected.is_empty());
        }
        // Behind a lookup and beside it the filters are right as well.
        if selector.lookup_key().is_some() || n % 4 == 0 {
            assert_eq!(filtered(&mut handle, &selector, &mut tally), expected, "seed {seed}: {selector:#?}");
        }
    }
    tally
}

/// What the kernel's filters let through and the selector selects.
fn filtered(handle: &mut Handle, selector: &Selector, tally: &mut Tally) -> Vec<String> {
    let mut found = Vec::new();
    tally.filtered += 1;
    for filter in selector.kernel_filters() {
        let mut list = handle.entries().filter(&filter).open().unwrap();
        while let Some(flow) = list.next().unwrap() {
            tally.sent += 1;
            found.extend(selector.matches(flow).then(|| shown(flow)));
        }
    }
    found.sort_unstable();
    found
}

#[test]
fn a_receiver_that_has_enough_gets_no_more() {
    isolated(|| {
        let mut handle = testing::table(&[testing::tcp(1), testing::tcp(2), testing::udp(3)]);
        let selector = Selector { protocol: Some(6), ..Selector::default() };
        assert_eq!(selector.kernel_filters().len(), 2);
        assert!(handle.entries().selector(&selector).open().unwrap().next().unwrap().is_some());
        assert_eq!(testing::sports(&mut handle, &DumpFilter::new()), [1, 2, 3], "the handle goes on");
    });
}
