// SPDX-License-Identifier: GPL-2.0-or-later
//! Facts chosen to do harm: numbers of 15 digits and more, names that an attacker chooses, shares above one, everything
//! missing in turn.

#![forbid(unsafe_code)]

use super::super::facts::*;
use super::super::key::{By, Key};
use super::dice::Dice;
use super::judged;
use super::situations::*;
use std::net::{IpAddr, Ipv6Addr};

const KINDS: [(u8, Option<&str>); 8] = [
    (6, Some("ESTABLISHED")),
    (6, Some("SYN_SENT")),
    (6, Some("CLOSE_WAIT")),
    (6, Some("TIME_WAIT")),
    (17, None),
    (47, None),
    (255, None),
    (132, Some("HEARTBEAT_ACKED")),
];

const NAMES: [&str; 8] = [
    "web-7f9c",
    "'; touch x; '",
    "$(reboot) `reboot`",
    "a\nb\tc\u{1b}[2J\u{9b}1m",
    "\"\\",
    "-F",
    "é漢字",
    "123",
];

fn big(dice: &mut Dice) -> u64 {
    match dice.roll(6) {
        0 => 0,
        1 => dice.roll(100),
        2 => 262_144 - dice.roll(60_000),
        3 => 999_999_999_999_999 - dice.roll(1000),
        4 => 1 << dice.roll(50),
        _ => dice.roll(1_000_000),
    }
}

fn maybe<T>(dice: &mut Dice, value: T) -> Option<T> {
    dice.chance(80).then_some(value)
}

fn rate(dice: &mut Dice) -> f64 {
    let number = big(dice) as f64;
    [number, number / 3.0, 0.04, f64::NAN, f64::INFINITY, 1e300][dice.roll(9).min(5) as usize]
}

fn address(dice: &mut Dice) -> IpAddr {
    match dice.roll(3) {
        0 => IpAddr::from([100, 64, dice.roll(4) as u8, dice.roll(3) as u8]),
        1 => IpAddr::from(Ipv6Addr::from(u128::MAX - u128::from(dice.roll(5)))),
        _ => IpAddr::from(Ipv6Addr::from((0xfd0c << 112) | u128::from(dice.roll(9)) << 60)),
    }
}

fn name(dice: &mut Dice) -> String {
    let name = dice.pick(&NAMES).to_owned();
    if dice.chance(30) { name.repeat(40) } else { name }
}

fn port(dice: &mut Dice) -> Option<u16> {
    maybe(dice, ()).map(|()| dice.pick(&[53, 4789, 8080, 65535, 8]))
}

fn key(dice: &mut Dice, by: By) -> Key {
    let protocol = KINDS[dice.roll(KINDS.len() as u64) as usize].0;
    match by {
        By::Source => Key::Source(address(dice)),
        By::SourcePrefix { .. } => match address(dice) {
            address @ IpAddr::V4(_) => Key::SourcePrefix(address, 24),
            address => Key::SourcePrefix(address, 64),
        },
        By::Destination => Key::Destination(address(dice)),
        By::Service => Key::Service { protocol, port: port(dice) },
        By::Server => Key::Server { destination: address(dice), protocol, port: port(dice) },
        By::Zone => Key::Zone(dice.roll(3) as u16),
        By::Mark { .. } => Key::Mark(dice.roll(3) as u32),
        By::Label => Key::Label(dice.roll(3) as u8),
        By::Helper => Key::Helper(name(dice)),
        _ => {
            Key::NatPool { protocol, nat_source: address(dice), destination: address(dice), port: port(dice) }
        }
    }
}

fn top(dice: &mut Dice, by: By) -> Top {
    let rows = (0..dice.roll(8)).map(|_| Row {
        name: maybe(dice, ()).map(|()| name(dice)).filter(|_| by == By::Label),
        unanswered: big(dice),
        assured: big(dice),
        targets_estimate: maybe(dice, ()).map(|()| big(dice)),
        close_wait: big(dice),
        time_wait: big(dice),
        ports: maybe(dice, ()).map(|()| (dice.port(), dice.port())),
        ..Row::new(key(dice, by), big(dice))
    });
    let mut rows: Vec<Row> = rows.collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.entries));
    Top::new(by, dice.roll(1000), rows.len() as u64, rows)
}

fn composition(dice: &mut Dice) -> Composition {
    let (protocol, state) = KINDS[dice.roll(KINDS.len() as u64) as usize];
    Composition {
        protocol,
        state,
        entries: big(dice),
        assured: big(dice),
        unanswered: big(dice),
        timeout_secs: maybe(dice, ()).map(|()| dice.roll(1 << 32) as u32),
        over_setting: big(dice),
        idle_unknown: big(dice),
        idle_entries: [0; 10].map(|_: u64| big(dice)),
    }
}

fn census(dice: &mut Dice) -> Counted {
    let tables = [
        By::Source,
        By::SOURCE_NETWORK,
        By::Destination,
        By::Service,
        By::Server,
        By::Zone,
        By::Mark { mask: u32::MAX },
        By::Label,
        By::Helper,
        By::NatPool,
    ];
    Counted {
        entries: big(dice),
        composition: (0..dice.roll(7)).map(|_| composition(dice)).collect(),
        unanswered: big(dice),
        assured: big(dice),
        offloaded: big(dice),
        loopback: big(dice),
        dns: big(dice),
        dns_unanswered: big(dice),
        tunnels: big(dice),
        unanswered_tcp_per_sec: rate(dice),
        unanswered_udp_per_sec: rate(dice),
        timestamped: big(dice),
        started_last_10_secs: big(dice),
        top: tables
            .into_iter()
            .filter_map(|by| maybe(dice, by))
            .collect::<Vec<_>>()
            .into_iter()
            .map(|by| top(dice, by))
            .collect(),
    }
}

fn random_counter(dice: &mut Dice) -> Counter {
    Counter::new(big(dice), maybe(dice, ()).map(|()| big(dice)), maybe(dice, ()).map(|()| rate(dice).abs()))
}

fn namespace(dice: &mut Dice) -> Namespace {
    Namespace {
        inode: dice.roll(3),
        name: maybe(dice, ()).map(|()| name(dice)),
        name_from: Some(dice.pick(&[NameFrom::RunNetns, NameFrom::Container, NameFrom::Process])),
        initial: maybe(dice, false),
        entries: maybe(dice, ()).map(|()| big(dice)),
        max_entries: maybe(dice, ()).map(|()| big(dice)),
        full_drops_per_sec: maybe(dice, ()).map(|()| rate(dice)),
        evictions_per_sec: None,
        processes: vec![name(dice)],
        pid: maybe(dice, 4711),
        entered_by: None,
    }
}

/// Facts that no kernel would give.
fn random(seed: u64) -> Facts {
    let dice = &mut Dice(seed);
    let mut facts = quiet(big(dice));
    facts.table = Table {
        entries: maybe(dice, ()).map(|()| big(dice)),
        max_entries: maybe(dice, ()).map(|()| big(dice)),
        entries_listed: maybe(dice, ()).map(|()| big(dice)),
        entries_dying: maybe(dice, ()).map(|()| big(dice)),
        entries_after_list: maybe(dice, ()).map(|()| big(dice)),
        buckets: maybe(dice, ()).map(|()| big(dice)),
        entries_all_namespaces: maybe(dice, ()).map(|()| big(dice)),
        entry_bytes: big(dice),
        expectations: maybe(dice, ()).map(|()| big(dice)),
        expectations_max: maybe(dice, ()).map(|()| big(dice)),
    };
    facts.interval_secs = maybe(dice, ()).map(|()| dice.roll(1000) as f64 / 7.0);
    facts.losses = maybe(dice, ()).map(|()| Losses {
        table_full: random_counter(dice),
        clash: random_counter(dice),
        chain_too_long: random_counter(dice),
    });
    for name in ["early_drop", "invalid", "found"] {
        facts.counters.insert(name, random_counter(dice));
    }
    facts.rates = Rates {
        growth_per_sec: Some(rate(dice)),
        secs_to_full: Some(rate(dice).abs()),
        unanswered_per_sec: Some(rate(dice).abs()),
        new_per_sec: None,
    };
    facts.census = maybe(dice, ()).map(|()| census(dice));
    facts.namespaces = (0..dice.roll(4)).map(|_| namespace(dice)).collect();
    facts.kernel_log = maybe(dice, ()).map(|()| KernelLog {
        lines: big(dice),
        first_age_secs: None,
        last_age_secs: Some(rate(dice).abs()),
    });
    facts.machine.cpus = Some(big(dice));
    facts.machine.memory_bytes = Some(big(dice) << 10);
    facts.machine.listeners = vec![name(dice)];
    facts.machine.ipvs = true;
    facts.machine.may_read_table = dice.chance(50);
    facts.not_read.push(NotRead::new(name(dice), name(dice)));
    facts
}

/// Many of them.
pub fn all() -> Vec<Facts> {
    (0..300).map(|seed| random(seed * 7919)).collect()
}

/// Full namespaces with names that a shell must not read.
pub fn hostile_names(touched: &str) -> Vec<Facts> {
    let touch = format!("touch {touched}");
    let names = [
        format!("'; {touch}; '"),
        format!("$({touch})"),
        format!("`{touch}`"),
        format!("a\n{touch}\n"),
        format!("x && {touch}"),
        "-F".to_owned(),
        "a b".to_owned(),
    ];
    names
        .map(|name| {
            let mut facts = other_namespace();
            facts.namespaces[1].name = Some(name);
            facts
        })
        .to_vec()
}

#[test]
fn no_line_is_wider_than_a_terminal() {
    for facts in super::all_facts().into_iter().chain(all()) {
        let by: Vec<By> = facts.census.iter().flat_map(|census| &census.top).map(|top| top.by).collect();
        let report = judged(facts);
        let text = report.text_with(&super::super::Detail { by: &by, rows: 1000 });
        for line in text.lines() {
            let is_command = line.starts_with("     ");
            assert!(is_command || line.chars().count() <= 80, "{} columns: {line}", line.chars().count());
            assert!(!line.chars().any(char::is_control) && !line.ends_with(' '), "{line:?}");
        }
        assert!(text.ends_with('\n') && !text.contains("\n\n\n") && !text.starts_with('\n'), "{text}");
        assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
    }
}

#[test]
fn the_same_facts_give_the_same_report() {
    for seed in 0..50 {
        let [one, other] = [judged(random(seed)), judged(random(seed))];
        assert_eq!(one.text(), other.text());
        assert_eq!(one.verdict, other.verdict);
    }
}
