// SPDX-License-Identifier: GPL-2.0-or-later
//! The census on the kernel's table, against exact numbers that this file counts itself from the same flows: for each
//! row of each grouping the lower bound is at most the exact number, and that at most the lower bound and the error.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a test may

use netfilter_conntrack::batch::Request;
use netfilter_conntrack::diagnosis::facts::{Counted, IDLE_CLASSES_SECS, Row, Settings};
use netfilter_conntrack::diagnosis::{By, Census, CensusOptions, Key};
use netfilter_conntrack::{Bitmask, Dir, Flow, Handle, L4, Status, Translation};
use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use testing::random::{Dice, random_flow};
use testing::{flow, isolated, rules};

const GROUPINGS: [By; 17] = [
    By::Source,
    By::SOURCE_NETWORK,
    By::SOURCE_SITE,
    By::SourcePrefix { ipv4: 9, ipv6: 77 },
    By::Destination,
    By::DestinationPrefix { ipv4: 24, ipv6: 64 },
    By::Service,
    By::Server,
    By::Protocol,
    By::State,
    By::Status,
    By::Zone,
    By::Mark { mask: u32::MAX },
    By::Mark { mask: 0xff00 },
    By::Label,
    By::NatSource,
    By::NatPool,
];
const ALL_ROWS: usize = 100_000;
const RANDOM: u16 = 3000;
const SKEWED: u32 = 12_000;

/// Flow `n` of those that are not spread evenly: every third from one of a few sources, every fifth through one address of
/// a router, every seventh with a label.
fn skewed(n: u32, dice: &mut Dice) -> Flow {
    let host = if n % 3 == 0 { dice.roll(8) * dice.roll(8) } else { u64::from(n) };
    let source = IpAddr::V4(u32::try_from(0x6440_0000 + host).unwrap().into());
    let server = format!("198.18.{}.{}", dice.roll(4) * dice.roll(60), dice.roll(100) + 1);
    let (sport, any) = (dice.port(), dice.port());
    let dport = dice.pick(&[53, 80, 443, any]);
    let mut flow = match dice.roll(3) {
        0 => flow(&source.to_string(), &server, L4::Udp { sport, dport }),
        _ => flow(&source.to_string(), &server, L4::Tcp { sport, dport }),
    };
    if flow.tuple(Dir::Orig).l4() == 6 {
        flow.set_tcp_state(u8::try_from(1 + dice.roll(8)).unwrap());
    }
    let few = [Status::empty(), Status::SEEN_REPLY, Status::SEEN_REPLY | Status::ASSURED];
    flow.set_status_flags(dice.pick(&few));
    flow.set_mark(u32::try_from(dice.roll(40) * dice.roll(3000)).unwrap());
    flow.set_timeout_secs(dice.pick(&[5, 25, 60, 100, 299, 5000, 300_000, 432_000, 500_000]) + 60);
    if n % 5 == 0 {
        flow.set_source_nat(Translation::to_port("192.0.2.9".parse().unwrap(), dice.port()));
    }
    if n % 7 == 0 {
        let mut labels = Bitmask::new(127).unwrap();
        labels.set(u32::try_from(dice.roll(2) + n as u64 % 120).unwrap());
        labels.set(127);
        flow.set_labels(labels);
    }
    flow
}

/// Fills the table; what the kernel does not take, because another flow has its tuple, is left out.
fn fill() -> Handle {
    rules("table inet t { chain c { type filter hook output priority 0; ct label set 1; }; }");
    let mut dice = Dice(13);
    let mut handle = Handle::open().unwrap();
    let mut batch = handle.batch().unwrap();
    let random = (0..RANDOM).map(|n| random_flow(n, &mut Dice(u64::from(n))));
    let mut refused = 0;
    for flow in random.chain((0..SKEWED).map(|n| skewed(n, &mut dice))) {
        batch.push(Request::Create(&flow)).unwrap();
        if batch.is_full() {
            handle.carry_out(&mut batch, |_, answer| refused += u32::from(answer.is_err())).unwrap();
        }
    }
    handle.carry_out(&mut batch, |_, answer| refused += u32::from(answer.is_err())).unwrap();
    assert!(refused < 1000, "{refused} flows were refused");
    handle
}

/// The settings of this namespace, read here once more.
fn settings() -> Settings {
    let mut settings = Settings::default();
    let names = [
        "tcp_timeout_syn_sent",
        "tcp_timeout_syn_recv",
        "tcp_timeout_established",
        "tcp_timeout_fin_wait",
        "tcp_timeout_close_wait",
        "tcp_timeout_last_ack",
        "tcp_timeout_time_wait",
        "tcp_timeout_close",
        "tcp_timeout_max_retrans",
        "tcp_timeout_unacknowledged",
        "sctp_timeout_established",
        "udp_timeout",
        "udp_timeout_stream",
        "icmp_timeout",
        "icmpv6_timeout",
        "generic_timeout",
    ];
    for name in names {
        let secs = std::fs::read_to_string(format!("/proc/sys/net/netfilter/nf_conntrack_{name}"))
            .unwrap()
            .trim()
            .parse()
            .unwrap();
        let (protocol, state) = name.split_once("_timeout").unwrap();
        let state = match (protocol, state) {
            ("udp", "") => "unreplied",
            ("udp", _) => "replied",
            (_, "") => "timeout",
            (_, state) => state.trim_start_matches('_'),
        };
        settings.timeouts_secs.entry(protocol.to_owned()).or_default().insert(state.to_owned(), secs);
    }
    settings
}

fn port(l4: L4) -> Option<u16> {
    match l4 {
        L4::Tcp { dport, .. }
        | L4::Udp { dport, .. }
        | L4::UdpLite { dport, .. }
        | L4::Sctp { dport, .. }
        | L4::Dccp { dport, .. } => Some(dport),
        L4::Icmp { kind, .. } | L4::IcmpV6 { kind, .. } => Some(kind.into()),
        _ => None,
    }
}

fn network(key: fn(IpAddr, u8) -> Key, address: IpAddr, ipv4: u8, ipv6: u8) -> Key {
    let keep = |bit: usize, len: u8| bit < usize::from(len);
    let cut = |octets: &mut [u8], len: u8| {
        for (at, octet) in octets.iter_mut().enumerate() {
            let bits = (0..8).filter(|bit| keep(at * 8 + bit, len)).map(|bit| 0x80 >> bit).sum::<u8>();
            *octet &= bits;
        }
    };
    match address {
        IpAddr::V4(address) => {
            let mut octets = address.octets();
            cut(&mut octets, ipv4);
            key(octets.into(), ipv4)
        }
        IpAddr::V6(address) => {
            let mut octets = address.octets();
            cut(&mut octets, ipv6);
            key(octets.into(), ipv6)
        }
    }
}

/// The groups of a flow, from what the library's ordinary accessors say of it.
fn keys(by: By, flow: &Flow) -> Vec<Key> {
    let (original, reply) = (flow.tuple(Dir::Orig), flow.tuple(Dir::Reply));
    let (source, destination) = (original.src().unwrap(), original.dst().unwrap());
    let (protocol, port) = (original.l4(), port(original.protocol()));
    let status = flow.status_flags().unwrap();
    let is_translated = status.contains(Status::SRC_NAT);
    let answered = status.contains(Status::SEEN_REPLY);
    vec![match by {
        By::Source => Key::Source(source),
        By::SourcePrefix { ipv4, ipv6 } => network(Key::SourcePrefix, source, ipv4, ipv6),
        By::Destination => Key::Destination(destination),
        By::DestinationPrefix { ipv4, ipv6 } => network(Key::DestinationPrefix, destination, ipv4, ipv6),
        By::Service => Key::Service { protocol, port },
        By::Server => Key::Server { destination, protocol, port },
        By::Protocol => Key::Protocol(protocol),
        By::State => Key::State(protocol, flow.state().map(|state| state.name())),
        By::Status if !answered => Key::Status("unanswered"),
        By::Status if status.contains(Status::ASSURED) => Key::Status("assured"),
        By::Status => Key::Status("answered"),
        By::Zone => Key::Zone(flow.zone().or(flow.orig_zone()).unwrap_or(0)),
        By::Mark { mask } => Key::Mark(flow.mark().unwrap_or(0) & mask),
        By::NatSource if is_translated => Key::NatSource(reply.dst().unwrap()),
        By::NatPool if is_translated => {
            let port = match reply.protocol() {
                L4::Gre { .. } | L4::Icmp { .. } | L4::IcmpV6 { .. } | L4::Other(_) => None,
                _ => Some(reply.l4_src()),
            };
            let (nat_source, destination) = (reply.dst().unwrap(), reply.src().unwrap());
            Key::NatPool { protocol, nat_source, destination, port }
        }
        By::Label => {
            let bits = flow.labels().into_iter().flat_map(Bitmask::iter);
            return bits.map(|bit| Key::Label(bit.try_into().unwrap())).collect();
        }
        _ => return Vec::new(),
    }]
}

/// Exact numbers of one group.
#[derive(Default)]
struct Exact {
    entries: u64,
    unanswered: u64,
    assured: u64,
    close_wait: u64,
    time_wait: u64,
    targets: HashSet<Option<Key>>,
    ports: HashSet<u16>,
}

fn exactly(by: By, flows: &[Flow]) -> HashMap<Key, Exact> {
    let mut groups: HashMap<Key, Exact> = HashMap::new();
    for flow in flows {
        let status = flow.status_flags().unwrap();
        for key in keys(by, flow) {
            let exact = groups.entry(key).or_default();
            exact.entries += 1;
            exact.unanswered += u64::from(!status.contains(Status::SEEN_REPLY));
            exact.assured += u64::from(status.contains(Status::ASSURED));
            exact.close_wait += u64::from(flow.tcp_state() == Some(5));
            exact.time_wait += u64::from(flow.tcp_state() == Some(7));
            exact.targets.insert(keys(By::Server, flow).pop());
            let reply = flow.tuple(Dir::Reply);
            exact.ports.insert(match reply.protocol() {
                L4::Icmp { id, .. } | L4::IcmpV6 { id, .. } => id,
                _ => reply.l4_dst(),
            });
        }
    }
    groups
}

/// Holds one row against the exact numbers of its group.
fn judge(by: By, row: &Row, exact: &Exact, error: u64) {
    let about = format!("{by:?}: {row:?}, exactly {}, error {error}", exact.entries);
    assert!(row.entries <= exact.entries && exact.entries <= row.entries + error, "{about}");
    let parts = [(row.unanswered, exact.unanswered), (row.assured, exact.assured)];
    let more = [(row.close_wait, exact.close_wait), (row.time_wait, exact.time_wait)];
    let ends = if by == By::Server { &more[..] } else { &[] };
    for &(lower, exact) in parts.iter().chain(ends) {
        assert!(lower <= exact && exact <= lower + error, "{about}: {lower} of {exact}");
    }
    if let (Some((low, high)), By::NatPool) = (row.ports, by) {
        let within = exact.ports.iter().filter(|port| (low..=high).contains(port)).count() as u64;
        assert!(
            exact.ports.contains(&low) && exact.ports.contains(&high) && row.entries <= within,
            "{about}"
        );
        assert!(error > 0 || within == exact.ports.len() as u64, "{about}");
    }
    if let (Some(estimate), By::Source, 0) = (row.targets_estimate, by, error) {
        let truth = exact.targets.len() as f64;
        assert!((estimate as f64 - truth).abs() <= (truth * 0.13 * 5.0).max(1.0), "{about}: {truth} targets");
    }
}

fn judge_groups(counted: &Counted, flows: &[Flow]) {
    let mut with_error = 0;
    for top in &counted.top {
        let (by, error) = (top.by, top.error_entries);
        let mut exact = exactly(by, flows);
        let distinct = exact.len() as u64;
        assert!(
            top.distinct_at_least <= distinct && (error > 0 || top.distinct_at_least == distinct),
            "{by:?}"
        );
        assert!(top.distinct_estimate.abs_diff(distinct) * 5 <= distinct, "{by:?}: {distinct}");
        assert!(top.rows.is_sorted_by(|more, fewer| more.entries >= fewer.entries), "{by:?}");
        for row in &top.rows {
            let exact =
                exact.remove(&row.key).unwrap_or_else(|| panic!("{by:?}: no {:?}, or twice", row.key));
            judge(by, row, &exact, error);
        }
        let missed = exact.values().map(|exact| exact.entries).max().unwrap_or_default();
        assert!(missed <= error, "{by:?}: a group of {missed} is missing, error {error}");
        with_error += u32::from(error > 0);
    }
    assert!(with_error >= 5, "only {with_error} groupings have more groups than counters");
}

/// The idle age of an entry, from the specification: setting less what is left, where that says anything.
fn idle(flow: &Flow, settings: &Settings) -> Option<u32> {
    let state = flow.state().map(|state| state.name().to_ascii_lowercase());
    let is_assured = flow.status_flags().unwrap().contains(Status::ASSURED);
    let of = |protocol: &str, state: &str| settings.timeout_secs(protocol, state);
    let setting = match (flow.tuple(Dir::Orig).l4(), state) {
        (6, Some(state)) => of("tcp", &state),
        (132, Some(state)) => of("sctp", &state),
        (17 | 136, _) => of("udp", if is_assured { "replied" } else { "unreplied" }),
        (47, _) => None, // not read here
        (1, _) => of("icmp", "timeout"),
        (58, _) => of("icmpv6", "timeout"),
        _ => of("generic", "timeout"),
    }?;
    let left = flow.timeout_secs()?;
    let shorter = of("tcp", "unacknowledged").max(of("tcp", "max_retrans")).unwrap();
    let may_be_shorter = flow.tcp_state() == Some(3) && left <= shorter;
    let is_fixed = flow.status_flags().unwrap().contains(Status::FIXED_TIMEOUT);
    setting.checked_sub(left).filter(|_| !may_be_shorter && !is_fixed)
}

fn judge_composition(counted: &Counted, flows: &[Flow], settings: &Settings) {
    let mut exact: HashMap<(u8, Option<&str>), Vec<&Flow>> = HashMap::new();
    for flow in flows {
        let state = flow.state().map(|state| state.name());
        exact.entry((flow.tuple(Dir::Orig).l4(), state)).or_default().push(flow);
    }
    assert_eq!(counted.composition.len(), exact.len());
    let mut known = 0;
    for kind in &counted.composition {
        let flows = &exact[&(kind.protocol, kind.state)];
        let ages: Vec<Option<u32>> = flows.iter().map(|flow| idle(flow, settings)).collect();
        assert_eq!(kind.entries, flows.len() as u64, "{kind:?}");
        assert_eq!(kind.idle_unknown, ages.iter().filter(|age| age.is_none()).count() as u64, "{kind:?}");
        for (class, entries) in IDLE_CLASSES_SECS.iter().zip(kind.idle_entries) {
            let exact = ages.iter().filter(|age| age.is_some_and(|age| age >= *class)).count();
            assert_eq!(entries, exact as u64, "{kind:?}: {class}");
            known += exact;
        }
    }
    assert!(known > 1000);
    let count = |holds: &dyn Fn(&Flow) -> bool| flows.iter().filter(|flow| holds(flow)).count() as u64;
    assert_eq!(counted.entries, flows.len() as u64);
    assert_eq!(counted.assured, count(&|flow| flow.status_flags().unwrap().contains(Status::ASSURED)));
    assert_eq!(counted.unanswered, count(&|flow| !flow.status_flags().unwrap().contains(Status::SEEN_REPLY)));
    let is_dns =
        |flow: &Flow| matches!(flow.tuple(Dir::Orig).l4(), 6 | 17) && flow.tuple(Dir::Orig).l4_dst() == 53;
    assert_eq!(counted.dns, count(&is_dns));
    assert!(counted.dns > 100);
}

#[test]
fn every_number_is_true_of_the_kernels_table() {
    isolated(|| {
        let mut handle = fill();
        let settings = settings();
        for ahead in [false, true] {
            let mut census = Census::new(&settings, CensusOptions::new(GROUPINGS, ALL_ROWS));
            let mut flows = Vec::new();
            let mut list = handle.entries().read_ahead(ahead).open().unwrap();
            while let Some(flow) = list.next().unwrap() {
                census.add(flow);
                flows.push(flow.clone());
            }
            drop(list);
            // On a slow machine the flows whose timers are short have ended.
            assert!(flows.len() > 10_000);
            let counted = census.finish();
            judge_groups(&counted, &flows);
            judge_composition(&counted, &flows, &settings);
        }
    });
}
