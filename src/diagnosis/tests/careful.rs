// SPDX-License-Identifier: GPL-2.0-or-later
//! Machines that are odd and healthy, and advice that would hurt them: nothing is deleted while no flow suffers, a limit
//! for each source names those who have a right to more, and commands are about the entries that they were advised for.

#![forbid(unsafe_code)]

use super::super::Verdict;
use super::super::facts::{Composition, Counted, Facts, Row};
use super::super::key::{By, Key};
use super::super::report::Advice;
use super::situations::*;
use super::{all_facts, judged, unknown};

fn advised(facts: Facts, id: &str) -> Option<Advice> {
    judged(facts).findings.into_iter().flat_map(|finding| finding.advice).find(|advice| advice.id == id)
}

/// Most entries are of this service, answered.
fn service(protocol: u8, port: u16, entries: u64) -> Facts {
    let mut facts = quiet(entries);
    let key = Key::Service { protocol, port: Some(port) };
    facts.census = Some(spread(entries).table(By::Service, vec![Row::new(key, entries)]));
    facts
}

#[test]
fn nothing_is_deleted_while_no_flow_suffers() {
    for facts in all_facts().into_iter().chain(unknown::all()) {
        let is_calm = !facts.is_in_trouble();
        let report = judged(facts);
        let mut advice = report.findings.iter().flat_map(|finding| &finding.advice);
        let deletes = advice.find(|advice| advice.commands.iter().any(|command| command.contains(" -D ")));
        assert!(!is_calm || deletes.is_none(), "{deletes:?} in\n{report}");
    }
    let idle_at = |entries| {
        let mut facts = quiet(entries);
        facts.census = Some(spread(entries).kind(established(entries, [entries; 10])));
        advised(facts, "delete-idle")
    };
    assert!(idle_at(209_000).is_none() && idle_at(210_000).is_some());
}

/// A proxy, a load balancer and translated clients have thousands of flows, all of them wanted.
#[test]
fn a_limit_names_those_who_have_a_right_to_more() {
    let mut limits = 0;
    for facts in all_facts().into_iter().chain(unknown::all()) {
        for advice in judged(facts).findings.into_iter().flat_map(|finding| finding.advice) {
            if advice.id.starts_with("limit-") {
                limits += 1;
                assert!(advice.text.contains("a proxy, a load balancer or NAT"), "{advice:?}");
            }
        }
    }
    assert!(limits > 0);
}

/// An answer has the service's port as its source: it would make an entry where the request has made none.
#[test]
fn a_service_is_untracked_in_both_directions_here_and_on_the_way() {
    let rules = |facts| advised(facts, "notrack-service").unwrap().commands.join("\n");
    let mut named = dns();
    named.census.as_mut().unwrap().tunnels = 0;
    for (facts, port) in [(named, 53), (service(17, 443, 250_000), 443)] {
        let rules = rules(facts);
        for chain in ["pre", "out"] {
            for end in ["dport", "sport"] {
                let rule = format!("nft add rule inet relief {chain} udp {end} {port} notrack");
                assert!(rules.contains(&rule), "{rule} is not in\n{rules}");
            }
        }
    }
    // Both ends of a tunnel send to the port of the other.
    assert!(!rules(overlay()).contains("sport"));
}

/// What the client asked for may be translated too: the pool is that of the replies.
#[test]
fn users_of_a_pool_are_found_by_the_replies() {
    assert_eq!(
        advised(snat(), "look").unwrap().commands,
        [
            "conntrack -L -n 10.2.0.254 -r 198.18.0.30 -p tcp --reply-port-src 443",
            "conntrack --top --by source -n 10.2.0.254 -r 198.18.0.30 -p tcp --reply-port-src 443",
        ]
    );
}

#[test]
fn a_name_server_that_answers_is_not_suspected() {
    let looks = |facts| advised(facts, "dns").unwrap();
    assert!(looks(dns()).text.starts_with("See whether 198.18.0.53 answers"));
    let mut answered = dns();
    answered.census.as_mut().unwrap().dns_unanswered = 0;
    let advice = looks(answered);
    assert_eq!(advice.text, "See who asks.");
    assert_eq!(advice.commands, ["conntrack --top --by source -p udp -d 198.18.0.53 --dport 53"]);
}

#[test]
fn a_fill_level_that_is_not_known_is_no_good_one() {
    let mut facts = quiet(262_144);
    facts.table.max_entries = None;
    let report = judged(facts);
    assert_eq!(report.verdict, Verdict::Unknown);
    assert!(
        report.text().starts_with("conntrack: 262,144 entries, of a limit that is not known. UNKNOWN.\n")
    );
}

/// Full of flows of this protocol and state towards one server.
fn full_of(row: Composition) -> Facts {
    let (all, protocol) = (row.entries, row.protocol);
    let mut facts = quiet(all);
    let key = Key::Server { destination: ip("198.18.0.5"), protocol, port: Some(443) };
    let census = spread(all).table(By::Server, vec![Row::new(key, all)]);
    let census = census.table(By::Destination, vec![Row::new(Key::Destination(ip("198.18.0.5")), all)]);
    facts.census = Some(Counted { assured: row.assured, unanswered: row.unanswered, ..census.kind(row) });
    facts
}

/// A larger limit brings the buckets that the entries of all namespaces need: there are not two numbers of buckets.
#[test]
fn one_number_of_buckets_is_advised() {
    for facts in [dropping(), spread_out()] {
        let mut crowded = facts;
        crowded.table.entries_all_namespaces = Some(2 * LIMIT + 528);
        let report = judged(crowded);
        assert!(report.finding("hash-small").is_some());
        let text = report.text();
        let buckets: Vec<&str> = text.lines().filter(|line| line.contains("nf_conntrack_buckets=")).collect();
        assert_eq!(buckets, ["     sysctl -w net.netfilter.nf_conntrack_buckets=589824"], "{text}");
        assert!(text.contains("nf_conntrack_max="), "{text}");
    }
}

/// Who holds the entries does not say what they are.
#[test]
fn what_no_cause_explains_is_shown() {
    let half_open = Composition {
        state: Some("SYN_RECV"),
        timeout_secs: Some(60),
        assured: 0,
        ..established(254_279, [0; 10])
    };
    let text = judged(full_of(half_open)).text();
    assert!(text.contains("What is in the table\n  tcp SYN_RECV      254,279  100 %  half-open"), "{text}");
    assert!(!text.contains("idle <"), "of entries that live for a minute that says nothing: {text}");
    assert!(text.lines().all(|line| line.len() <= 80 || line.starts_with("     ")), "{text}");
    for explained in [scan(), idle(), close_wait(), over_setting(), dns()] {
        assert!(!judged(explained).text().contains("What is in the table"));
    }
}

#[test]
fn every_unanswered_kind_says_how_long_it_is_kept() {
    for (protocol, name, secs) in [(1, "icmp", 30), (58, "icmpv6", 30), (47, "gre", 30), (136, "udplite", 30)]
    {
        let mut facts = full_of(unanswered(protocol, None, 250_000, secs));
        let state = if matches!(protocol, 1 | 58) { "timeout" } else { "unreplied" };
        facts.settings.timeouts_secs.entry(name.into()).or_default().insert(state.into(), secs);
        let report = judged(facts);
        let text = &report.finding("unreplied").unwrap().text;
        assert!(text.contains("kept for 30 s"), "{text}");
    }
}
