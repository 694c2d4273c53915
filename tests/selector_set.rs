// SPDX-License-Identifier: GPL-2.0-or-later
//! A set of random selectors answers for random flows as the selectors do when they are asked in turn.

#![allow(clippy::expect_used, clippy::indexing_slicing)]

use netfilter_conntrack::{
    AddressMask, Dir, Flow, L4, Masked, NatSelector, Selector, SelectorSet, TupleSelector,
};
use std::net::IpAddr;
use testing::dice::Dice;

/// A random address of a few.
fn address(dice: &mut Dice, ipv6: bool) -> IpAddr {
    let host = dice.roll(3) + 1;
    let text = if ipv6 { format!("fd00::{host}") } else { format!("10.0.0.{host}") };
    text.parse().expect("an address")
}

fn random_flow(dice: &mut Dice) -> Flow {
    let (ipv6, mut flow) = (dice.chance(30), Flow::new());
    let (sport, dport) = (dice.roll(3) as u16, dice.roll(3) as u16);
    let l4 = match dice.roll(4) {
        0 => L4::Udp { sport, dport },
        1 => L4::Icmp { kind: 8, code: 0, id: sport },
        2 => L4::Other(50),
        _ => L4::Tcp { sport, dport },
    };
    flow.set_tuple(Dir::Orig, address(dice, ipv6), address(dice, ipv6), l4);
    flow.set_reply_from_original();
    if dice.chance(80) {
        flow.set_id(dice.roll(4) as u32);
    }
    if dice.chance(50) {
        flow.set_mark(dice.roll(8) as u32);
    }
    flow.set_status(dice.roll(16) as u32);
    flow.set_zone(dice.roll(3) as u16);
    flow
}

fn random_side(dice: &mut Dice, ipv6: bool) -> TupleSelector {
    let mut side = TupleSelector::default();
    let masks = ["255.255.255.255", "255.255.255.254", "0.0.0.0", "ffff::", "::"];
    for part in [&mut side.src, &mut side.dst] {
        if dice.chance(40) {
            let mask = dice.chance(50).then(|| dice.pick(&masks).parse().expect("a mask"));
            *part = Some(AddressMask { address: address(dice, ipv6), mask });
        }
    }
    for part in [&mut side.src_port, &mut side.dst_port] {
        *part = dice.chance(20).then(|| dice.roll(3) as u16);
    }
    if dice.chance(10) {
        side.dst_ports = vec![0..=dice.roll(3) as u16, 2..=2];
    }
    if dice.chance(10) {
        let one = |dice: &mut Dice| AddressMask { address: address(dice, ipv6), mask: None };
        side.dsts = vec![one(dice), one(dice)];
    }
    side.zone = dice.chance(10).then(|| dice.roll(3) as u16);
    side
}

fn random_selector(dice: &mut Dice) -> Selector {
    let ipv6 = dice.chance(30);
    let mut selector = Selector { orig: random_side(dice, ipv6), ..Selector::default() };
    if dice.chance(30) {
        selector.reply = random_side(dice, ipv6);
    }
    selector.family = dice.chance(20).then(|| dice.pick(&[2, 10]));
    selector.protocol = dice.chance(30).then(|| dice.pick(&[6, 17, 1, 50]));
    selector.id = dice.chance(10).then(|| dice.roll(4) as u32);
    selector.zone = dice.chance(10).then(|| dice.roll(3) as u16);
    let masked = |dice: &mut Dice| Masked { value: dice.roll(8) as u32, mask: dice.pick(&[u32::MAX, 3, 0]) };
    selector.mark = dice.chance(20).then(|| masked(dice));
    if dice.chance(20) {
        selector.status = masked(dice);
    }
    selector.any_nat = dice.chance(5).then(NatSelector::default);
    selector
}

#[test]
fn a_set_answers_as_its_selectors_asked_in_turn() {
    let (mut dice, mut found, mut hits) = (Dice(7), Vec::new(), 0);
    for _ in 0..60 {
        let selectors: Vec<Selector> = (0..dice.roll(80)).map(|_| random_selector(&mut dice)).collect();
        let set: SelectorSet = selectors.iter().cloned().collect();
        for _ in 0..40 {
            let flow = random_flow(&mut dice);
            let passes = |&number: &usize| selectors[number].matches(&flow);
            let expected: Vec<usize> = (0..selectors.len()).filter(passes).collect();
            set.matching(&flow, &mut found);
            assert_eq!(found, expected);
            assert_eq!(set.first(&flow), expected.first().copied());
            let end = dice.roll(selectors.len() as u64 + 1) as usize;
            set.matching_before(&flow, end, &mut found);
            assert!(found.iter().eq(expected.iter().take_while(|&&number| number < end)));
            assert!(expected.is_empty() || set.common().matches(&flow), "{:?} {flow:?}", set.common());
            hits += expected.len();
        }
    }
    assert!(hits > 3_000, "{hits}");
}
