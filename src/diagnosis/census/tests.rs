// SPDX-License-Identifier: GPL-2.0-or-later
//! The census on flows that are made here: each statement about what is counted, and where it ends.

use super::tables::{COUNTERS, Closing, Exact, LABELS, Mix, Ports, Targets, ZONES};
use super::*;
use crate::bitmask::Bitmask;
use crate::diagnosis::group::{Helper, Mark, Pool};
use crate::diagnosis::heavy::Counter;
use crate::diagnosis::key::Key;
use crate::flow::Attr;
use crate::flow::{L4, storage::field};
use crate::wire::consts::*;
use std::net::IpAddr;

const ANSWERED: u32 = IPS_SEEN_REPLY;
const ASSURED: u32 = IPS_SEEN_REPLY | IPS_ASSURED;
const ESTABLISHED: u8 = 3;
const NOW: u64 = 1_700_000_000_000_000_000;

fn settings() -> Settings {
    let mut settings = Settings::default();
    let rows: [(&str, &[(&str, u32)]); 8] = [
        (
            "tcp",
            &[
                ("syn_sent", 120),
                ("established", 432_000),
                ("close_wait", 60),
                ("time_wait", 120),
                ("unacknowledged", 300),
                ("max_retrans", 300),
            ],
        ),
        ("udp", &[("unreplied", 30), ("replied", 120)]),
        ("gre", &[("unreplied", 30), ("replied", 180)]),
        ("icmp", &[("timeout", 30)]),
        ("icmpv6", &[("timeout", 31)]),
        ("sctp", &[("established", 210)]),
        ("dccp", &[("open", 43_200)]),
        ("generic", &[("timeout", 600)]),
    ];
    for (protocol, timeouts) in rows {
        let timeouts = timeouts.iter().map(|&(state, secs)| (state.to_owned(), secs)).collect();
        settings.timeouts_secs.insert(protocol.to_owned(), timeouts);
    }
    settings
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn flow(source: &str, destination: &str, l4: L4, status: u32, left: u32) -> Flow {
    let mut flow = Flow::new();
    flow.set_tuple(Dir::Orig, ip(source), ip(destination), l4);
    flow.set_reply_from_original();
    flow.set_status(status | IPS_CONFIRMED);
    flow.set_timeout_secs(left);
    flow
}

fn tcp(state: u8, status: u32, left: u32) -> Flow {
    let mut flow = flow("192.0.2.1", "198.51.100.2", L4::Tcp { sport: 1025, dport: 80 }, status, left);
    flow.set_tcp_state(state);
    flow
}

fn udp(status: u32, left: u32) -> Flow {
    flow("192.0.2.1", "198.51.100.2", L4::Udp { sport: 1025, dport: 9 }, status, left)
}

/// A census whose estimates are the same in every run.
fn census(settings: &Settings, options: CensusOptions) -> Census {
    Census::with_key(settings, options, Keyed::known(1))
}

fn counted_by(by: &[By], flows: &[Flow]) -> Counted {
    let options = CensusOptions { by: by.to_vec(), now_nanos: NOW, ..CensusOptions::default() };
    let mut census = census(&settings(), options);
    flows.iter().for_each(|flow| census.add(flow));
    census.finish()
}

fn counted(flows: &[Flow]) -> Counted {
    counted_by(&CensusOptions::default().by, flows)
}

/// The one row of the composition.
fn kind(flow: Flow) -> Composition {
    let counted = counted(&[flow]);
    assert_eq!(counted.composition.len(), 1);
    counted.composition[0].clone()
}

/// The number of classes of idle age that the flow reaches, `None` if its idle time is unknown; and whether it has more
/// time left than its setting gives.
fn idle(flow: Flow) -> (Option<usize>, bool) {
    let kind = kind(flow);
    let classes = kind.idle_entries.iter().filter(|&&entries| entries == 1).count();
    assert_eq!(kind.idle_entries.iter().sum::<u64>(), classes as u64);
    assert!(kind.idle_unknown == 0 || classes == 0);
    ((kind.idle_unknown == 0).then_some(classes), kind.over_setting == 1)
}

/// The rows of a grouping as text: key, entries.
fn rows(by: By, flows: &[Flow]) -> Vec<(Key, u64)> {
    let counted = counted_by(&[by], flows);
    let top = counted.top(by).unwrap();
    assert_eq!(top.error_entries, 0);
    assert_eq!(
        (top.distinct_at_least, top.distinct_estimate),
        (top.rows.len() as u64, top.rows.len() as u64)
    );
    top.rows.iter().map(|row| (row.key.clone(), row.entries)).collect()
}

#[test]
fn idle_time_is_the_setting_less_what_is_left() {
    let established = |left| idle(tcp(ESTABLISHED, ASSURED, left));
    assert_eq!(established(432_000), (Some(0), false));
    assert_eq!(established(432_000 - 59), (Some(0), false));
    for (number, &class) in (1..).zip(&IDLE_CLASSES_SECS) {
        assert_eq!(established(432_000 - class), (Some(number), false), "at {class}");
        assert_eq!(established(432_000 - class + 1), (Some(number - 1), false), "below {class}");
    }
    assert_eq!(idle(tcp(7, ASSURED, 120)), (Some(0), false));
    assert_eq!(idle(tcp(7, ASSURED, 60)), (Some(1), false));
    assert_eq!(idle(tcp(7, ASSURED, 0)), (Some(1), false));
}

#[test]
fn with_more_left_than_the_setting_nothing_is_known() {
    assert_eq!(idle(tcp(5, ASSURED, 60)), (Some(0), false));
    assert_eq!(idle(tcp(5, ASSURED, 61)), (None, true));
    assert_eq!(idle(tcp(5, ASSURED, u32::MAX)), (None, true));
}

#[test]
fn an_established_entry_may_have_a_shorter_timeout() {
    assert_eq!(idle(tcp(ESTABLISHED, ASSURED, 301)), (Some(10), false));
    assert_eq!(idle(tcp(ESTABLISHED, ASSURED, 300)), (None, false));
    assert_eq!(idle(tcp(ESTABLISHED, ASSURED, 1)), (None, false));
    assert_eq!(idle(tcp(7, ASSURED, 1)), (Some(1), false), "no other state with a setting below that");
    let limits = |established: u32, unacknowledged: u32, max_retrans: u32| {
        let mut settings = settings();
        let tcp = settings.timeouts_secs.get_mut("tcp").unwrap();
        tcp.insert("established".to_owned(), established);
        tcp.insert("unacknowledged".to_owned(), unacknowledged);
        tcp.insert("max_retrans".to_owned(), max_retrans);
        Setting::of(&settings, ages::kind(IPPROTO_TCP, Some(ESTABLISHED))).trusted_from
    };
    assert_eq!(limits(432_000, 300, 500), 501, "the larger of both");
    assert_eq!(limits(432_000, 700, 500), 701);
    assert_eq!(limits(400, 300, 500), 301, "the kernel gives them only where they are shorter");
    assert_eq!(limits(300, 300, 300), 0);
    let mut bare = settings();
    bare.timeouts_secs.get_mut("tcp").unwrap().retain(|name, _| name == "established");
    assert_eq!(
        Setting::of(&bare, ages::kind(IPPROTO_TCP, Some(ESTABLISHED))).trusted_from,
        301,
        "the kernel's default"
    );
}

#[test]
fn nothing_is_known_of_offloaded_and_fixed_entries() {
    for bit in [IPS_OFFLOAD, IPS_HW_OFFLOAD, IPS_FIXED_TIMEOUT] {
        assert_eq!(idle(tcp(ESTABLISHED, ASSURED | bit, 400_000)), (None, false));
        assert_eq!(
            idle(tcp(ESTABLISHED, ASSURED | bit, 500_000)),
            (None, false),
            "nor are they over the setting"
        );
    }
    let mut offloaded =
        flow("192.0.2.1", "198.51.100.2", L4::Tcp { sport: 1, dport: 2 }, ASSURED | IPS_OFFLOAD, 9);
    offloaded.unset(Attr::Timeout);
    let kind = kind(offloaded.clone());
    assert_eq!(
        (kind.protocol, kind.state, kind.timeout_secs, kind.idle_unknown),
        (IPPROTO_TCP, None, None, 1)
    );
    assert_eq!(
        counted(&[offloaded, tcp(3, IPS_HW_OFFLOAD, 9), tcp(3, ASSURED | IPS_EXPECTED, 9)]).offloaded,
        2
    );
    assert_eq!(self::kind(tcp(1, IPS_EXPECTED, 9)).unanswered, 1);
}

#[test]
fn each_protocol_has_its_setting() {
    let timeout = |flow: Flow| kind(flow).timeout_secs;
    let of = |l4, status| timeout(flow("192.0.2.1", "198.51.100.2", l4, status, 1));
    let (udp, gre) = (L4::Udp { sport: 1, dport: 2 }, L4::Gre { src_key: 1, dst_key: 2 });
    assert_eq!((of(udp, 0), of(udp, ANSWERED), of(udp, ASSURED)), (Some(30), Some(30), Some(120)));
    assert_eq!((of(gre, 0), of(gre, ASSURED)), (Some(30), Some(180)));
    assert_eq!(of(L4::UdpLite { sport: 1, dport: 2 }, ASSURED), Some(120), "as UDP");
    assert_eq!(of(L4::Icmp { kind: 8, code: 0, id: 1 }, ANSWERED), Some(30));
    assert_eq!(of(L4::Other(50), 0), Some(600));
    let echo = L4::IcmpV6 { kind: 128, code: 0, id: 1 };
    assert_eq!(timeout(flow("fd00::1", "fd00::2", echo, 0, 1)), Some(31));
    let stateful = |l4, set: fn(&mut Flow)| {
        let mut flow = flow("192.0.2.1", "198.51.100.2", l4, ASSURED, 1);
        set(&mut flow);
        let kind = kind(flow);
        (kind.state, kind.timeout_secs)
    };
    let sctp = L4::Sctp { sport: 1, dport: 2 };
    assert_eq!(stateful(sctp, |flow| flow.set_sctp_state(4)), (Some("ESTABLISHED"), Some(210)));
    assert_eq!(stateful(sctp, |flow| flow.set_sctp_state(7)), (Some("SHUTDOWN_ACK_SENT"), None));
    let dccp = L4::Dccp { sport: 1, dport: 2 };
    assert_eq!(stateful(dccp, |flow| flow.set_dccp_state(4)), (Some("OPEN"), Some(43_200)));
    assert_eq!(kind(tcp(200, ASSURED, 1)).state, Some("NONE"));
    let two = counted(&[udp_twice(0), udp_twice(ASSURED)]);
    assert_eq!(two.composition[0].timeout_secs, Some(120), "the larger of those in use");
}

fn udp_twice(status: u32) -> Flow {
    udp(status, 1)
}

#[test]
fn without_settings_everything_else_is_counted() {
    let mut census = census(&Settings::default(), CensusOptions::default());
    census.add(&tcp(ESTABLISHED, ASSURED, 5));
    census.add(&udp(0, 29));
    let counted = census.finish();
    assert_eq!((counted.entries, counted.assured, counted.unanswered), (2, 1, 1));
    assert!(counted.composition.iter().all(|kind| kind.idle_unknown == 1 && kind.timeout_secs.is_none()));
    assert_eq!((counted.unanswered_tcp_per_sec, counted.unanswered_udp_per_sec), (0.0, 0.0));
}

#[test]
fn the_composition_is_ordered_and_adds_up() {
    let mut flows = vec![udp(0, 5), udp(ANSWERED, 5), udp(ASSURED, 100)];
    flows.extend((0..5).map(|_| tcp(ESTABLISHED, ASSURED, 400_000)));
    flows.push(tcp(1, 0, 100));
    let counted = counted_by(&[By::State, By::Protocol, By::Status], &flows);
    let names: Vec<_> =
        counted.composition.iter().map(|kind| (kind.protocol, kind.state, kind.entries)).collect();
    let (established, syn_sent) = (Some("ESTABLISHED"), Some("SYN_SENT"));
    assert_eq!(names, [(6, established, 5), (17, None, 3), (6, syn_sent, 1)]);
    let udp = &counted.composition[1];
    assert_eq!((udp.assured, udp.unanswered), (1, 1));
    assert_eq!((counted.entries, counted.assured, counted.unanswered), (9, 6, 2));
    let top = |by| {
        let top = counted.top(by).unwrap();
        top.rows
            .iter()
            .map(|row| (row.key.clone(), row.entries, row.unanswered, row.assured))
            .collect::<Vec<_>>()
    };
    let states = [(Key::State(6, established), 5, 0, 5), (Key::State(17, None), 3, 1, 1)];
    assert_eq!(top(By::State)[..2], states);
    assert_eq!(top(By::Protocol), [(Key::Protocol(6), 6, 1, 5), (Key::Protocol(17), 3, 1, 1)]);
    let statuses = [("assured", 6, 0, 6), ("unanswered", 2, 2, 0), ("answered", 1, 0, 0)];
    assert_eq!(top(By::Status), statuses.map(|(name, all, new, kept)| (Key::Status(name), all, new, kept)));
}

/// The arrival rates of TCP and UDP after these entries.
fn rates(flows: &[Flow]) -> (f64, f64) {
    let counted = counted(flows);
    (counted.unanswered_tcp_per_sec, counted.unanswered_udp_per_sec)
}

/// Unanswered entries of these ages.
fn syns(ages: impl IntoIterator<Item = u32>) -> Vec<Flow> {
    ages.into_iter().map(|age| tcp(1, 0, 120 - age)).collect()
}

#[test]
fn arrivals_are_unanswered_syn_sent_and_udp_of_one_to_ten_seconds() {
    let [syn, datagram]: [fn(u32) -> Flow; 2] = [|left| tcp(1, 0, left), |left| udp(0, left)];
    for (newer, older, expected) in
        [(119, 110, 0.2), (115, 114, 0.2), (120, 110, 0.0), (119, 109, 0.0), (119, 115, 0.0), (119, 121, 0.0)]
    {
        assert_eq!(rates(&[syn(newer), syn(older)]), (expected, 0.0), "TCP, {newer}, {older}");
    }
    for (newer, older, expected) in [(29, 20, 0.2), (25, 24, 0.2), (30, 20, 0.0), (29, 19, 0.0)] {
        assert_eq!(rates(&[datagram(newer), datagram(older)]), (0.0, expected), "UDP, {newer}, {older}");
    }
    let icmp = |left| flow("192.0.2.1", "192.0.2.2", L4::Icmp { kind: 8, code: 0, id: 1 }, 0, left);
    for (flows, why) in [
        ([tcp(1, ANSWERED, 119), tcp(1, ANSWERED, 112)], "answered"),
        ([udp(ANSWERED, 29), udp(ANSWERED, 22)], "answered"),
        ([tcp(2, 0, 59), tcp(2, 0, 52)], "another state"),
        ([udp(IPS_FIXED_TIMEOUT, 29), udp(IPS_FIXED_TIMEOUT, 22)], "their age is unknown"),
        ([icmp(29), icmp(22)], "another protocol"),
    ] {
        assert_eq!(rates(&flows), (0.0, 0.0), "{why}");
    }
}

/// A rate counts only arrivals that last: a burst has a rate of 0, whether it is over or has just begun.
#[test]
fn a_burst_is_no_arrival_rate() {
    let rate = |ages: &[std::ops::RangeInclusive<u32>]| {
        rates(&syns(ages.iter().cloned().flatten().flat_map(|age| [age; 100]))).0
    };
    assert_eq!(rate(&[1..=10]), 100.0, "steady");
    for age in 1..=10 {
        assert_eq!(rate(&[age..=age]), 0.0, "one second, {age} s ago");
    }
    assert_eq!((rate(&[6..=10]), rate(&[1..=5])), (0.0, 0.0), "ended, begun five seconds ago");
    assert_eq!((rate(&[3..=10]), rate(&[1..=8])), (60.0, 60.0), "ended, begun some seconds ago");
    assert_eq!(rate(&[1..=10, 2..=2, 2..=2]), 100.0, "a burst on top of what is steady");
}

#[test]
fn arrivals_of_entries_that_live_shorter_than_ten_seconds() {
    let rate = |secs: u32, left: &[u32]| {
        let mut settings = settings();
        settings.timeouts_secs.get_mut("udp").unwrap().insert("unreplied".to_owned(), secs);
        let mut census = census(&settings, CensusOptions::default());
        left.iter().for_each(|&left| census.add(&udp(0, left)));
        census.finish().unanswered_udp_per_sec
    };
    assert_eq!(rate(4, &[4, 3, 3, 2, 2, 1, 1, 0, 0]), 2.0);
    assert_eq!(rate(4, &[3, 3, 3, 3]), 0.0, "a burst");
    assert_eq!(rate(3, &[2, 2, 1, 1, 0]), 1.0, "two seconds are newer, one is older");
    assert_eq!(rate(1, &[1, 0, 0, 0]), 3.0, "one second has no halves");
}

#[test]
fn times_of_birth() {
    let born = |nanos: u64| {
        let mut flow = udp(0, 5);
        flow.put(field::TimestampStart, &nanos.to_ne_bytes());
        flow
    };
    let second = 1_000_000_000;
    let flows = [
        udp(0, 5),
        born(NOW),
        born(NOW - 10 * second + 1),
        born(NOW - 10 * second),
        born(NOW + second), // made while the list was read
        born(0),
    ];
    let counted = counted(&flows);
    assert_eq!((counted.timestamped, counted.started_last_10_secs), (5, 2));
}

#[test]
fn loopback_is_apart_where_it_is_wanted() {
    let l4 = L4::Tcp { sport: 1, dport: 2 };
    let inside = ["127.0.0.1", "127.255.0.9", "::1"].map(|address| flow(address, address, l4, 0, 1));
    let outside = [
        flow("126.255.255.255", "127.0.0.1", l4, 0, 1),
        flow("128.0.0.0", "192.0.2.1", l4, 0, 1),
        flow("::2", "::1", l4, 0, 1),
        flow("1::1", "::1", l4, 0, 1),
        flow("::7f00:1", "::1", l4, 0, 1),
    ];
    let all: Vec<Flow> = inside.into_iter().chain(outside).collect();
    let total =
        |counted: &Counted, by| counted.top(by).unwrap().rows.iter().map(|row| row.entries).sum::<u64>();
    let mut by = CensusOptions::default().by;
    by.extend([By::DestinationPrefix { ipv4: 8, ipv6: 8 }, By::State]);
    let apart = counted_by(&by, &all);
    let mut census = census(&settings(), CensusOptions::new(by.clone(), 100));
    all.iter().for_each(|flow| census.add(flow));
    let together = census.finish();
    assert_eq!((apart.loopback, together.loopback, apart.entries), (3, 3, 8));
    for by in by {
        let expected = match by {
            By::Source | By::Destination | By::Service => 5,
            By::SourcePrefix { .. } | By::DestinationPrefix { .. } => 5,
            By::Label | By::Helper | By::NatPool => 0,
            _ => 8,
        };
        assert_eq!(total(&apart, by), expected, "{by:?}");
        assert_eq!(total(&together, by), if expected == 0 { 0 } else { 8 }, "{by:?}");
    }
}

#[test]
fn dns_and_tunnels() {
    let of = |l4, status| {
        let counted = counted(&[flow("192.0.2.1", "192.0.2.2", l4, status, 1)]);
        (counted.dns, counted.dns_unanswered, counted.tunnels)
    };
    let udp = |dport| L4::Udp { sport: 53, dport };
    assert_eq!(of(udp(53), 0), (1, 1, 0));
    assert_eq!(of(udp(53), ANSWERED), (1, 0, 0));
    assert_eq!(of(L4::Tcp { sport: 9, dport: 53 }, 0), (1, 1, 0));
    assert_eq!(of(udp(54), 0), (0, 0, 0), "the source port does not count");
    assert_eq!(of(L4::Sctp { sport: 9, dport: 53 }, 0), (0, 0, 0));
    for port in [4789, 8472, 6081] {
        assert_eq!(of(udp(port), 0), (0, 0, 1));
        assert_eq!(of(L4::Tcp { sport: port, dport: port }, 0), (0, 0, 0));
        assert_eq!(of(udp(port + 1), 0), (0, 0, 0));
    }
    assert_eq!(of(L4::Gre { src_key: 1, dst_key: 53 }, 0), (0, 0, 1));
}

#[test]
fn addresses_and_networks() {
    let l4 = L4::Udp { sport: 1, dport: 2 };
    let flows = [
        flow("192.0.2.1", "198.51.100.200", l4, 0, 1),
        flow("192.0.2.254", "198.51.100.100", l4, 0, 1),
        flow("192.0.3.1", "198.51.100.100", l4, 0, 1),
        flow("2001:db8:0:1::1", "2001:db8::9", l4, 0, 1),
        flow("2001:db8:0:1:ffff::1", "2001:db8::9", l4, 0, 1),
        flow("2001:db8:0:2::1", "2001:db8::9", l4, 0, 1),
    ];
    let sources = rows(By::Source, &flows);
    assert_eq!((sources.len(), &sources[0]), (6, &(Key::Source(ip("192.0.2.1")), 1)));
    let net = |text, length| Key::SourcePrefix(ip(text), length);
    let expected = [
        (net("192.0.2.0", 24), 2),
        (net("2001:db8:0:1::", 64), 2),
        (net("192.0.3.0", 24), 1),
        (net("2001:db8:0:2::", 64), 1),
    ];
    assert_eq!(rows(By::SOURCE_NETWORK, &flows), expected);
    assert_eq!(rows(By::SOURCE_SITE, &flows), [(net("192.0.0.0", 16), 3), (net("2001:db8::", 48), 3)]);
    let ends = By::SourcePrefix { ipv4: 0, ipv6: 128 };
    assert_eq!(rows(ends, &flows)[0], (net("0.0.0.0", 0), 3));
    assert_eq!(rows(By::SourcePrefix { ipv4: 255, ipv6: 0 }, &flows)[0], (net("::", 0), 3));
    assert_eq!(rows(By::SourcePrefix { ipv4: 255, ipv6: 0 }, &flows)[1], (net("192.0.2.1", 32), 1));
    let net = |text, length| Key::DestinationPrefix(ip(text), length);
    let halves = By::DestinationPrefix { ipv4: 25, ipv6: 32 };
    let expected = [(net("2001:db8::", 32), 3), (net("198.51.100.0", 25), 2), (net("198.51.100.128", 25), 1)];
    assert_eq!(rows(halves, &flows), expected);
    assert_eq!(rows(By::Destination, &flows)[0], (Key::Destination(ip("2001:db8::9")), 3));
}

/// What another family left in an address's place is no part of an IPv4 address, and a family that is none has no
/// address.
#[test]
fn only_the_familys_own_bytes_count() {
    let mut worn = udp(0, 1);
    worn.store(field::OrigIpv6Src.slot, &[9; 16]);
    worn.set_bytes(Attr::OrigIpv4Src, &[192, 0, 2, 1]);
    assert_eq!(rows(By::Source, &[worn, udp(0, 1)]), [(Key::Source(ip("192.0.2.1")), 2)]);
    let mut other = udp(0, 1);
    other.set_bytes(Attr::OrigL3proto, &[7]);
    assert_eq!(rows(By::Source, &[other.clone()]), []);
    assert_eq!(rows(By::Service, &[other.clone()]).len(), 1);
    assert_eq!(counted(&[other]).entries, 1);
    let pair = ["::102:304", "1.2.3.4"].map(|address| flow(address, address, L4::Other(50), 0, 1));
    assert_eq!(rows(By::Source, &pair).len(), 2, "the family is a part of an address");
}

#[test]
fn services_and_servers() {
    let of = |l4| flow("192.0.2.1", "198.51.100.2", l4, 0, 1);
    let cases = [
        (L4::Tcp { sport: 1, dport: 443 }, 6, Some(443)),
        (L4::Udp { sport: 1, dport: 0 }, 17, Some(0)),
        (L4::Gre { src_key: 1, dst_key: 443 }, 47, None),
        (L4::Icmp { kind: 8, code: 3, id: 443 }, 1, Some(8)),
        (L4::Other(50), 50, None),
    ];
    for (l4, protocol, port) in cases {
        assert_eq!(rows(By::Service, &[of(l4)]), [(Key::Service { protocol, port }, 1)]);
        let server = Key::Server { destination: ip("198.51.100.2"), protocol, port };
        assert_eq!(rows(By::Server, &[of(l4)]), [(server, 1)]);
    }
    assert_eq!(rows(By::Service, &cases.map(|(l4, ..)| of(l4))).len(), 5);
    let mut flows = vec![tcp(5, ASSURED, 1), tcp(5, ASSURED, 1), tcp(7, ASSURED, 1), tcp(3, ASSURED, 1)];
    let mut sctp = of(L4::Sctp { sport: 1, dport: 80 });
    sctp.set_sctp_state(7); // the number of TCP's TIME_WAIT
    flows.push(sctp);
    let counted = counted_by(&[By::Server], &flows);
    let ends = counted.top[0].rows.iter().map(|row| (row.entries, row.close_wait, row.time_wait));
    assert_eq!(ends.collect::<Vec<_>>(), [(4, 2, 1), (1, 0, 0)]);
}

#[test]
fn the_targets_of_a_source() {
    let scan = |n: u16| {
        let destination = format!("198.18.{}.{}", n / 250, n % 250 + 1);
        flow("192.0.2.1", &destination, L4::Tcp { sport: 9, dport: 80 + n % 3 }, 0, 1)
    };
    let mut flows: Vec<Flow> = (0..3000).map(scan).collect();
    flows.extend(
        (0..5000u16).map(|sport| flow("192.0.2.2", "198.18.0.1", L4::Tcp { sport, dport: 80 }, ASSURED, 1)),
    );
    flows.extend((0..3u16).map(|dport| flow("192.0.2.3", "198.18.0.1", L4::Udp { sport: 1, dport }, 0, 1)));
    let (keys, mut exactly_three) = (50, 0);
    for seed in 0..keys {
        let options = CensusOptions::new([By::Source], 100);
        let mut census = Census::with_key(&settings(), options, Keyed::known(seed));
        flows.iter().for_each(|flow| census.add(flow));
        let rows = &census.finish().top[0].rows;
        let found: Vec<_> = rows.iter().map(|row| (row.entries, row.unanswered, row.assured)).collect();
        assert_eq!(found, [(5000, 0, 5000), (3000, 3000, 0), (3, 3, 0)]);
        let targets: Vec<u64> = rows.iter().filter_map(|row| row.targets_estimate).collect();
        assert!(
            targets[0] == 1 && (1000..=3000).contains(&targets[1]) && (2..=3).contains(&targets[2]),
            "key {seed}: 5 standard errors, and never more than the entries: {targets:?}"
        );
        exactly_three += u64::from(targets[2] == 3);
    }
    // Two of three targets share one of the 64 registers with one key in 21.
    assert!((40..=keys).contains(&exactly_three), "{exactly_three} of {keys}");
}

#[test]
fn zones_and_marks() {
    let mut both = udp(0, 1);
    both.set_zone(7);
    let mut original = udp(ASSURED, 1);
    original.set_orig_zone(7);
    let mut reply = udp(0, 1);
    reply.set_reply_zone(7);
    let mut last = udp(0, 1);
    last.set_zone(u16::MAX);
    let expected = [(Key::Zone(0), 2), (Key::Zone(7), 2), (Key::Zone(u16::MAX), 1)];
    assert_eq!(rows(By::Zone, &[both, original, reply, last, udp(0, 1)]), expected);
    let marked = |mark| {
        let mut flow = udp(0, 1);
        flow.set_mark(mark);
        flow
    };
    let marks = [marked(0x101), marked(0x201), marked(u32::MAX), udp(0, 1)];
    let found = rows(By::Mark { mask: u32::MAX }, &marks);
    assert_eq!(
        found.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>(),
        [0, 0x101, 0x201, u32::MAX].map(Key::Mark)
    );
    assert_eq!(
        rows(By::Mark { mask: 0xff }, &marks),
        [(Key::Mark(1), 2), (Key::Mark(0), 1), (Key::Mark(0xff), 1)]
    );
}

#[test]
fn labels_and_helpers() {
    let labelled = |bits: &[u32]| {
        let mut labels = Bitmask::new(1000).unwrap(); // the kernel has no more than 128
        bits.iter().for_each(|&bit| labels.set(bit));
        let mut flow = udp(0, 1);
        flow.set_labels(labels);
        flow
    };
    let labels = [labelled(&[0, 127]), labelled(&[127, 128]), labelled(&[]), udp(0, 1)];
    assert_eq!(rows(By::Label, &labels), [(Key::Label(127), 2), (Key::Label(0), 1)]);
    let helped = |name: &[u8]| {
        let mut flow = udp(0, 1);
        flow.set_helper_name(name);
        flow
    };
    let helpers = [helped(b"ftp"), helped(b"ftp"), helped(b"fifteen-letters"), udp(0, 1)];
    let name = |text: &str| Key::Helper(text.to_owned());
    assert_eq!(rows(By::Helper, &helpers), [(name("ftp"), 2), (name("fifteen-letters"), 1)]);
}

/// A flow whose source is translated to `nat`, towards a server, as far as its reply tuple goes.
fn translated(nat: &str, server: &str, reply: L4, status: u32) -> Flow {
    let mut flow = flow("192.0.2.1", server, L4::Tcp { sport: 1025, dport: 443 }, status, 1);
    flow.set_tuple(Dir::Reply, ip(server), ip(nat), reply);
    flow
}

#[test]
fn pools_of_translated_ports() {
    let snat = IPS_SRC_NAT | ASSURED;
    let tcp = |dport| L4::Tcp { sport: 443, dport };
    let mut flows: Vec<Flow> =
        (2000..2300).map(|port| translated("10.2.0.9", "198.18.0.1", tcp(port), snat)).collect();
    flows.push(translated("10.2.0.9", "198.18.0.2", tcp(2000), snat));
    flows.push(translated("10.2.0.8", "198.18.0.1", tcp(2000), snat));
    flows.push(translated("10.2.0.9", "198.18.0.1", L4::Tcp { sport: 444, dport: 1 }, snat));
    flows.push(translated("10.2.0.9", "198.18.0.1", L4::Udp { sport: 443, dport: 1 }, snat));
    flows.push(translated("10.2.0.9", "198.18.0.1", tcp(5), ASSURED | IPS_DST_NAT | IPS_SRC_NAT_DONE));
    let counted = counted_by(&[By::NatPool, By::NatSource], &flows);
    let pools = &counted.top[0].rows;
    assert_eq!(pools.len(), 5);
    let (protocol, nat_source, destination, port) = (6, ip("10.2.0.9"), ip("198.18.0.1"), Some(443));
    assert_eq!(pools[0].key, Key::NatPool { protocol, nat_source, destination, port });
    assert_eq!((pools[0].entries, pools[0].assured, pools[0].ports), (300, 300, Some((2000, 2299))));
    assert_eq!(pools[0].ports_used_ratio(), Some(1.0), "every port of the range is in use");
    let sources: Vec<_> = counted.top[1].rows.iter().map(|row| (row.key.clone(), row.entries)).collect();
    assert_eq!(sources, [(Key::NatSource(ip("10.2.0.9")), 303), (Key::NatSource(ip("10.2.0.8")), 1)]);
}

#[test]
fn a_pool_is_dense_or_not() {
    let pool = |ports: &[u16]| {
        let flows: Vec<Flow> = ports
            .iter()
            .map(|&dport| translated("fd00::9", "fd00::1", L4::Tcp { sport: 443, dport }, IPS_SRC_NAT))
            .collect();
        let row = counted_by(&[By::NatPool], &flows).top[0].rows[0].clone();
        (row.ports, row.ports_used_ratio())
    };
    assert_eq!(pool(&[7]), (Some((7, 7)), Some(1.0)));
    assert_eq!(pool(&[0, u16::MAX]), (Some((0, u16::MAX)), Some(2.0 / 65536.0)));
    assert_eq!(pool(&[1004, 1001, 1003, 1000]), (Some((1000, 1004)), Some(0.8)));
}

#[test]
fn pools_of_protocols_without_ports() {
    let pool = |reply: L4| {
        let mut flow = translated("10.2.0.9", "198.18.0.1", reply, IPS_SRC_NAT);
        flow.set_bytes(Attr::OrigL4proto, &[reply.number()]);
        let row = counted_by(&[By::NatPool], &[flow]).top[0].rows[0].clone();
        let Key::NatPool { protocol, port, .. } = row.key else { panic!("{:?}", row.key) };
        (protocol, port, row.ports)
    };
    assert_eq!(pool(L4::Icmp { kind: 0, code: 0, id: 99 }), (1, None, Some((99, 99))), "the id");
    assert_eq!(pool(L4::Gre { src_key: 1, dst_key: 2 }), (47, None, Some((2, 2))));
    assert_eq!(pool(L4::Other(50)), (50, None, None));
    let row = counted_by(&[By::Source], &[udp(0, 1)]).top[0].rows[0].clone();
    assert_eq!((row.ports, row.ports_used_ratio()), (None, None));
}

#[test]
fn only_so_many_rows_the_largest_first() {
    let flows: Vec<Flow> = (0..50u16)
        .flat_map(|n| (0..=n % 10).map(move |sport| (n, sport)))
        .map(|(n, sport)| flow(&format!("192.0.2.{n}"), "192.0.2.99", L4::Udp { sport, dport: 9 }, 0, 1))
        .collect();
    let options = CensusOptions::new([By::Source, By::SOURCE_NETWORK, By::Source], 7);
    let mut census = census(&settings(), options);
    flows.iter().for_each(|flow| census.add(flow));
    let counted = census.finish();
    let [top, _] = &counted.top[..] else { panic!("a grouping that is named twice has one table") };
    let entries: Vec<u64> = top.rows.iter().map(|row| row.entries).collect();
    assert_eq!((entries, top.distinct_at_least, top.error_entries), (vec![10, 10, 10, 10, 10, 9, 9], 50, 0));
    assert_eq!(top.rows[0].key, Key::Source(ip("192.0.2.9")), "and of equal ones the lowest");
}

/// More keys than a table has counters: lower bounds, and the error says how much is missing at most.
#[test]
fn numbers_that_do_not_fit_are_lower_bounds() {
    let many = |n: u32| {
        let address = IpAddr::V4((0x0a00_0000 + n).into()).to_string();
        flow(&address, "192.0.2.9", L4::Udp { sport: 1, dport: 9 }, 0, 1)
    };
    let heavy = || flow("192.0.2.1", "192.0.2.9", L4::Udp { sport: 1, dport: 9 }, ASSURED, 1);
    let mut census = census(&settings(), CensusOptions::default());
    for n in 0..20_000 {
        census.add(&many(n));
        if n % 4 == 0 {
            census.add(&heavy());
        }
    }
    let counted = census.finish();
    let top = counted.top(By::Source).unwrap();
    let row = &top.rows[0];
    assert_eq!(row.key, Key::Source(ip("192.0.2.1")));
    assert!(row.entries <= 5000 && 5000 <= row.entries + top.error_entries, "{row:?} {}", top.error_entries);
    assert!((1..=2 * 25_000 / 1024).contains(&top.error_entries));
    assert_eq!((row.unanswered, row.assured), (0, row.entries), "the mix is of what was seen");
    assert!(top.distinct_at_least == 1025 && top.distinct_estimate.abs_diff(20_001) < 3500);
    let networks = counted.top(By::SOURCE_NETWORK).unwrap();
    assert_eq!((networks.error_entries, networks.distinct_at_least), (0, 80), "few enough to be exact");
}

/// The tables of a diagnosis stay in the processor's cache; of the exact counters of 65,536 zones only the pages of the
/// zones in use are touched.
#[test]
fn the_tables_are_small() {
    let heavy = |counter: usize| {
        let places = (2 * (COUNTERS + 1)).next_power_of_two();
        (COUNTERS + 1) * (counter + size_of::<u32>()) + places * size_of::<u32>() + 1024
    };
    let bytes = |by: By| match by {
        By::Source => heavy(size_of::<Counter<Address, Targets>>()),
        By::SourcePrefix { .. } | By::Destination => heavy(size_of::<Counter<Address, Mix>>()),
        By::Service => heavy(size_of::<Counter<Service, Mix>>()),
        By::Server => heavy(size_of::<Counter<Server, Closing>>()),
        By::NatPool => heavy(size_of::<Counter<Pool, Ports>>()),
        By::Mark { .. } => heavy(size_of::<Counter<Mark, Mix>>()),
        By::Zone => 4096,
        By::Label => LABELS * size_of::<Exact>(),
        By::Helper => heavy(size_of::<Counter<Helper, Mix>>()) / 16,
        other => panic!("{other:?}"),
    };
    let tables: usize = CensusOptions::default().by.into_iter().map(bytes).sum();
    let all = tables + KINDS * size_of::<Kind>();
    assert!(all < 640 << 10, "{all}");
    assert_eq!(ZONES * size_of::<Exact>(), 768 << 10);
}
