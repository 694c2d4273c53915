// SPDX-License-Identifier: GPL-2.0-or-later
//! Sentences and numbers on both sides of the edges inside of rules.

#![forbid(unsafe_code)]

use super::super::facts::*;
use super::super::key::{By, Key};
use super::super::report::Finding;
use super::super::rules;
use super::situations::*;

const N: u64 = 140_000;
const TCP: u8 = 6;
const UDP: u8 = 17;

fn finding(facts: &Facts, id: &str) -> Option<Finding> {
    rules::findings(facts).into_iter().find(|finding| finding.id == id)
}

/// The sentences of a finding, or none where its rule does not fire.
fn text(facts: &Facts, id: &str) -> String {
    finding(facts, id).map(|finding| finding.text).unwrap_or_default()
}

/// More than half full, with a census of its entries.
fn counted(change: impl FnOnce(Counted) -> Counted) -> Facts {
    let mut facts = quiet(N);
    facts.census = Some(change(spread(N)));
    facts
}

#[test]
fn the_unanswered_entries_of_a_group_are_put_in_words() {
    let rows = [
        (50_000, 0, ", all unanswered."),
        (49_999, 0, ", nearly all unanswered."),
        (45_000, 0, ", nearly all unanswered."),
        (44_999, 0, ", 90 % of them unanswered."),
        (5_000, 45_000, ", 10 % of them unanswered."),
        (4_999, 45_000, ", nearly all answered."),
        (4_999, 44_999, "(36 %)."),
    ];
    for (unanswered, assured, end) in rows {
        let row = Row { unanswered, assured, ..Row::new(Key::Source(ip("192.0.2.1")), 50_000) };
        let text = text(&counted(|census| census.table(By::Source, vec![row])), "top-source");
        assert!(text.ends_with(end), "{unanswered} {assured}: {text}");
    }
}

#[test]
fn a_full_table_is_of_established_flows_where_most_entries_are() {
    let full = |entries| {
        let mut facts = quiet(LIMIT);
        facts.losses.as_mut().unwrap().table_full = counter(1, 1, 0.5);
        facts.census = Some(spread(LIMIT).kind(established(entries, [0; 10])));
        text(&facts, "dropping-now")
    };
    assert!(full(LIMIT / 2 + 1).contains(" full of established flows that "), "{}", full(LIMIT / 2 + 1));
    assert!(full(LIMIT / 2).contains(" full of flows that "), "{}", full(LIMIT / 2));
}

#[test]
fn an_uneven_hash_has_short_chains_and_loses_packets_now() {
    let is_uneven = |delta, entries, buckets| {
        let mut facts = quiet(1000);
        facts.losses.as_mut().unwrap().chain_too_long = counter(9, delta, 0.5);
        (facts.table.entries_all_namespaces, facts.table.buckets) = (Some(entries), buckets);
        let text = text(&facts, "chain-too-long");
        assert!(!text.is_empty());
        text.contains("an uneven hash")
    };
    assert!(is_uneven(1, 199_999, Some(100_000)));
    assert!(!is_uneven(1, 200_000, Some(100_000)), "the chains are long");
    assert!(!is_uneven(0, 199_999, Some(100_000)), "not now");
    assert!(!is_uneven(1, 199_999, None), "it is not known how long they are");
}

#[test]
fn a_part_that_is_exactly_at_a_threshold_is_not_past_it() {
    let idle = |over_1h| {
        let mut classes = [over_1h; 10];
        classes[4..].fill(0);
        let facts = counted(|census| census.kind(established(20_000, classes)));
        finding(&facts, "idle-established").is_some()
    };
    assert_eq!([idle(14_000), idle(14_001)], [false, true]);
    let dying = |dying| {
        let mut facts = quiet(20_000);
        facts.table.entries_dying = Some(dying);
        finding(&facts, "dying-build-up").is_some()
    };
    assert_eq!([dying(200), dying(201)], [false, true]);
    let full = |entries| {
        let mut facts = quiet(entries);
        facts.table.max_entries = Some(1000);
        text(&facts, "table-full")
    };
    assert!(full(999).starts_with("The table is full: "), "{}", full(999));
    assert!(full(998).contains(" % full: "), "{}", full(998));
}

#[test]
fn unanswered_entries_are_mostly_of_one_kind_where_a_tenth_is_not() {
    let mostly = |main| {
        let facts = counted(|census| {
            let census = census.kind(unanswered(TCP, Some("SYN_SENT"), main, 120));
            Counted { unanswered: 50_000, ..census }
        });
        let text = text(&facts, "unreplied");
        assert!(text.contains("TCP SYN_SENT"), "{text}");
        text.contains("(mostly ")
    };
    assert_eq!([mostly(45_000), mostly(44_999)], [false, true]);
}

#[test]
fn closed_connections_have_a_rate_where_their_timeout_is_known() {
    let closed = |timeout_secs, setting: Option<u32>| {
        let row = Composition { state: Some("TIME_WAIT"), timeout_secs, ..established(60_000, [0; 10]) };
        let mut facts = counted(|census| census.kind(row));
        let tcp = facts.settings.timeouts_secs.get_mut("tcp").unwrap();
        match setting {
            Some(secs) => tcp.insert("time_wait".to_owned(), secs),
            None => tcp.remove("time_wait"),
        };
        text(&facts, "time-wait")
    };
    let rate = ", closed within the last 120 s, about 500 a second.";
    assert!(closed(Some(120), None).ends_with(rate), "{}", closed(Some(120), None));
    assert!(closed(None, Some(120)).ends_with(rate));
    for text in [closed(Some(0), Some(120)), closed(None, None), closed(None, Some(0))] {
        assert!(text.ends_with(" are TCP in TIME_WAIT."), "{text}");
    }
}

#[test]
fn ports_are_scarce_where_each_lost_packet_was_tried_a_hundred_times() {
    let is_scarce = |clash, found| {
        let mut facts = quiet(1000);
        facts.losses.as_mut().unwrap().clash = counter(9, clash, 0.5);
        facts.counters.insert("found", counter(found, found, 0.5));
        facts.is_port_scarce()
    };
    assert_eq!([is_scarce(0, 0), is_scarce(0, 1000)], [false, false]);
    assert_eq!(
        [is_scarce(1, 99), is_scarce(1, 100), is_scarce(2, 199), is_scarce(2, 200)],
        [false, true, false, true]
    );
}

/// The finding that says what the one about a service would repeat.
fn said_by(protocol: u8, port: u16, change: impl FnOnce(&mut Counted)) -> Option<&'static str> {
    let row = Row::new(Key::Service { protocol, port: Some(port) }, 100_000);
    let mut facts = counted(|census| census.table(By::Service, vec![row]));
    change(facts.census.as_mut().unwrap());
    finding(&facts, "top-service").unwrap().said_by
}

#[test]
fn a_service_is_named_once() {
    let dns = |census: &mut Counted| census.dns = 100_000;
    assert_eq!(said_by(UDP, 53, dns), Some("dns"));
    assert_eq!(said_by(UDP, 53, |_| {}), None, "no other finding is about it");
    assert_eq!(said_by(TCP, 443, dns), None, "it is another service");
    let tunnels = |census: &mut Counted| census.tunnels = 100_000;
    assert_eq!(said_by(UDP, 4789, tunnels), Some("overlay"));
    assert_eq!(said_by(UDP, 4789, |_| {}), None);
    assert_eq!(said_by(TCP, 4789, tunnels), None, "no tunnel");
    assert_eq!(said_by(47, 0, tunnels), Some("overlay"), "GRE");
    let of_one = |entries, port| {
        move |census: &mut Counted| {
            let destination = ip("192.0.2.9");
            let server = Key::Server { destination, protocol: TCP, port: Some(port) };
            let by_server = census.clone().table(By::Server, vec![Row::new(server, entries)]);
            *census =
                by_server.table(By::Destination, vec![Row::new(Key::Destination(destination), entries)]);
        }
    };
    assert_eq!(said_by(TCP, 443, of_one(90_000, 443)), Some("top-destination"));
    assert_eq!(said_by(TCP, 443, of_one(89_999, 443)), None, "others have a tenth of it");
    assert_eq!(said_by(TCP, 443, of_one(90_000, 80)), None);
}

#[test]
fn a_namespace_has_its_number_next_to_its_name() {
    let named = |inode, name: Option<&str>| {
        let mut facts = quiet(100);
        let name = name.map(str::to_owned);
        facts.namespaces = vec![Namespace { inode, name, entries: Some(LIMIT), ..Namespace::default() }];
        text(&facts, "other-namespace").split(" holds").next().unwrap().to_owned()
    };
    assert_eq!(named(7, Some("blue")), "Namespace blue (net:[7])");
    assert_eq!(named(0, Some("blue")), "Namespace blue");
    assert_eq!(named(7, None), "Namespace net:[7]");
    assert_eq!(named(0, None), "Namespace without a name");
}

#[test]
fn the_busiest_addresses_of_a_network_hold_what_the_last_of_them_holds() {
    let within = |entries: &[u64]| {
        let network = Row::new(Key::SourcePrefix(ip("192.0.2.0"), 24), 60_000);
        let rows = (1..)
            .zip(entries)
            .map(|(host, &entries)| Row::new(Key::Source([192, 0, 2, host].into()), entries));
        let rows = rows.collect();
        let facts = counted(|census| census.table(By::SOURCE_NETWORK, vec![network]).table(By::Source, rows));
        let text = text(&facts, "top-source-prefix");
        text.rsplit("; ").next().unwrap().to_owned()
    };
    assert_eq!(within(&[20_000, 20_000, 18_000]), "its three busiest addresses hold 13 % each.");
    assert_eq!(within(&[20_000, 20_000, 17_999]), "its busiest address has 14 %.", "two have not nearly all");
    assert_eq!(within(&[30_000, 28_000]), "its two busiest addresses hold 20 % each.");
    assert_eq!(within(&[20_000, 20_000, 13_999]), "its busiest address has 14 %.");
}

#[test]
fn established_flows_are_those_of_tcp() {
    let is_established =
        |protocol, state| Composition { protocol, state, ..Composition::default() }.is_established();
    assert!(is_established(TCP, Some("ESTABLISHED")));
    assert!(!is_established(132, Some("ESTABLISHED")));
    assert!(!is_established(TCP, Some("SYN_SENT")) && !is_established(UDP, None));
}

#[test]
fn losses_of_all_causes_are_added() {
    let mut facts = quiet(1000);
    let losses = facts.losses.as_mut().unwrap();
    (losses.table_full, losses.clash, losses.chain_too_long) =
        (counter(100, 1, 0.5), counter(200, 2, 0.5), counter(400, 4, 0.5));
    assert_eq!((facts.lost(), facts.lost_before()), (Some(7), Some(700)));
    facts.losses.as_mut().unwrap().clash = Counter::new(200, None, None);
    assert_eq!((facts.lost(), facts.lost_before()), (None, Some(700)));
}

#[test]
fn packets_lost_in_the_hash_are_lost_now_or_earlier() {
    let headline = |delta| {
        let mut facts = quiet(1000);
        facts.losses.as_mut().unwrap().chain_too_long = counter(9, delta, 0.5);
        finding(&facts, "chain-too-long").unwrap().headline
    };
    assert_eq!(
        [headline(1), headline(0)],
        ["packets are lost in the hash", "packets lost in the hash earlier"]
    );
}

#[test]
fn a_limit_has_room_for_two_minutes_of_lost_packets_within_a_tenth_of_the_memory() {
    let mut facts = quiet(200_000);
    facts.losses.as_mut().unwrap().table_full = counter(5000, 5000, 0.5);
    assert_eq!(facts.proposed_limit(), Some(22 * 65_536), "1,400,000 entries");
    facts.machine.memory_bytes = Some(10 * (384 + 8) * 8 * 65_536);
    assert_eq!(facts.proposed_limit(), Some(8 * 65_536));
    facts.machine.memory_bytes = Some(10 * (384 + 8) * 8 * 65_536 - 1);
    assert_eq!(facts.proposed_limit(), Some(7 * 65_536));
}

#[test]
fn all_entries_can_be_evicted_where_one_of_two_hundred_cannot() {
    let all = |assured| {
        let mut facts = quiet(LIMIT);
        facts.counters.insert("early_drop", counter(1, 1, 0.5));
        facts.census = Some(Counted { assured, ..spread(10_000) });
        text(&facts, "evicting-now").contains("all entries here can be evicted")
    };
    assert_eq!([all(49), all(51)], [true, false]);
}

#[test]
fn the_number_of_a_hidden_namespace_is_no_evidence() {
    let has_number = |inode| {
        let mut facts = quiet(100);
        facts.namespaces = vec![Namespace { inode, entries: Some(LIMIT), ..Namespace::default() }];
        format!("{:?}", finding(&facts, "other-namespace").unwrap().evidence).contains("inode")
    };
    assert_eq!([has_number(0), has_number(7)], [false, true]);
}
