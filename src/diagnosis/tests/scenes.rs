// SPDX-License-Identifier: GPL-2.0-or-later
//! What must be found in each situation, and what must not.

#![forbid(unsafe_code)]

use super::super::{Facts, Verdict};
use super::judged;
use super::situations::*;

/// What a situation must give.
struct Scene {
    name: &'static str,
    facts: fn() -> Facts,
    verdict: Verdict,
    /// Findings, and numbers or texts of their evidence.
    must: &'static [(&'static str, &'static [(&'static str, Want)])],
    must_not: &'static [&'static str],
    says: &'static [&'static str],
}

/// What a piece of evidence must be.
#[derive(Clone, Copy)]
enum Want {
    Above(f64),
    Below(f64),
    Is(f64),
    Text(&'static str),
}

use Want::{Above, Below, Is, Text};

#[rustfmt::skip]
const SCENES: &[Scene] = &[
    Scene { name: "scan", facts: scan, verdict: Verdict::Critical,
        must: &[("table-full", &[("fill_ratio", Above(0.949))]), ("evicting-now", &[("early_drop_per_sec", Above(100.0))]),
            ("top-source", &[("source", Text("100.64.0.1")), ("share_ratio", Above(0.949))]),
            ("scan", &[("source", Text("100.64.0.1"))]), ("unreplied", &[("share_ratio", Above(0.899))])],
        must_not: &["idle-established", "close-wait", "time-wait", "no-heavy-hitter", "insert-failed", "dns",
            "top-destination", "top-service", "dropped-before", "snat-ports", "dropping-now", "top-source-prefix"],
        says: &["100.64.0.1"] },
    Scene { name: "dns", facts: dns, verdict: Verdict::Ok,
        must: &[("dns", &[("share_ratio", Above(0.99))]), ("top-destination", &[("destination", Text("198.18.0.53"))]),
            ("unreplied", &[])],
        must_not: &["filling", "scan", "top-source", "no-heavy-hitter", "dropping-now"],
        says: &["198.18.0.53", "100.64.10.0/24"] },
    Scene { name: "close-wait", facts: close_wait, verdict: Verdict::Warning,
        must: &[("nearly-full", &[("fill_ratio", Above(0.799))]),
            ("close-wait", &[("share_ratio", Above(0.699)), ("timeout_secs", Is(3600.0))]),
            ("top-destination", &[("destination", Text("198.18.0.10"))]),
            ("top-source-prefix", &[("prefix", Text("100.64.0.0/24"))])],
        must_not: &["top-source", "idle-established", "unreplied", "time-wait", "scan", "dropping-now", "evicting-now",
            "table-full", "no-heavy-hitter"],
        says: &["CLOSE_WAIT", "3600", "timeout_close_wait=60"] },
    Scene { name: "idle", facts: idle, verdict: Verdict::Critical,
        must: &[("table-full", &[]), ("dropping-now", &[("drop_per_sec", Above(50.0))]),
            ("idle-established", &[("idle_over_1h", Above(1000.0))])],
        must_not: &["top-source", "top-destination", "top-service", "scan", "unreplied", "close-wait", "time-wait",
            "dropped-before", "timeout-over-setting", "no-heavy-hitter"],
        says: &["432000", "frees nothing now"] },
    Scene { name: "time-wait", facts: time_wait, verdict: Verdict::Ok,
        must: &[("time-wait", &[("share_ratio", Above(0.899))]), ("top-destination", &[("destination", Text("198.18.0.20"))]),
            ("top-service", &[("port", Is(80.0))])],
        must_not: &["idle-established", "close-wait", "top-source", "top-source-prefix", "unreplied", "scan", "table-full",
            "dropping-now", "evicting-now"],
        says: &["TIME_WAIT", "reuse"] },
    Scene { name: "overlay", facts: overlay, verdict: Verdict::Ok,
        must: &[("overlay", &[("share_ratio", Above(0.899))]), ("top-service", &[("protocol", Is(17.0)), ("port", Is(4789.0))])],
        must_not: &["idle-established", "dns", "scan", "close-wait", "no-heavy-hitter", "dropping-now"],
        says: &["4789", "notrack"] },
    Scene { name: "loopback", facts: loopback, verdict: Verdict::Ok,
        must: &[("loopback", &[("share_ratio", Above(0.9))])], must_not: &["scan", "no-heavy-hitter"],
        says: &["this host with itself"] },
    Scene { name: "hash", facts: hash_small, verdict: Verdict::Critical,
        must: &[("hash-small", &[("mean_chain_length", Above(8.0)), ("buckets", Below(4097.0))]),
            ("chain-too-long", &[("total", Above(0.0))])],
        must_not: &["table-full", "dropping-now", "evicting-now", "top-source", "dropped-before", "idle-established"],
        says: &["nf_conntrack_buckets"] },
    Scene { name: "snat", facts: snat, verdict: Verdict::Critical,
        must: &[("snat-ports", &[("nat_source", Text("10.2.0.254")), ("ports_used", Is(1000.0)), ("port_low", Is(20000.0))]),
            ("insert-failed", &[("delta", Above(0.0))])],
        must_not: &["dropped-before", "dropping-now", "table-full"],
        says: &["A larger table would not help"] },
    Scene { name: "expectations", facts: expectations, verdict: Verdict::Critical,
        must: &[("expectations-full", &[("expectations", Is(4096.0))])], must_not: &["table-full"],
        says: &["nf_conntrack_expect_max=8192"] },
    Scene { name: "dropped before", facts: dropped_before, verdict: Verdict::Warning,
        must: &[("dropped-before", &[("drop_total", Above(99.0))]), ("log-lines", &[("lines", Is(10.0))])],
        must_not: &["dropping-now", "evicting-now", "table-full", "nearly-full", "top-source", "idle-established",
            "hash-small", "no-heavy-hitter"],
        says: &["500"] },
    Scene { name: "other namespace", facts: other_namespace, verdict: Verdict::Critical,
        must: &[("other-namespace", &[("namespace", Text("web-7f9c")), ("entries", Is(254_279.0))])],
        must_not: &["table-full"], says: &["--netns web-7f9c"] },
    Scene { name: "invalid", facts: invalid, verdict: Verdict::Warning,
        must: &[("invalid", &[("invalid_per_sec", Above(100.0))])],
        must_not: &["table-full", "nearly-full", "dropping-now", "top-source", "idle-established", "insert-failed",
            "dropped-before"],
        says: &["invalid", "They make no entries"] },
    Scene { name: "random network", facts: random_network, verdict: Verdict::Warning,
        must: &[("nearly-full", &[]), ("top-source-prefix", &[("prefix", Text("fd0c:0:0:42::/64"))]), ("unreplied", &[])],
        must_not: &["top-source", "scan", "no-heavy-hitter"], says: &["fd0c:0:0:42::/64"] },
    Scene { name: "spread out", facts: spread_out, verdict: Verdict::Warning,
        must: &[("nearly-full", &[]), ("no-heavy-hitter", &[("largest_source_share_ratio", Below(0.05))])],
        must_not: &["top-source", "top-source-prefix", "top-destination", "top-service", "scan", "idle-established",
            "unreplied", "close-wait", "time-wait", "dns", "overlay", "loopback", "dropping-now"],
        says: &["nf_conntrack_max"] },
    Scene { name: "tenant", facts: tenant, verdict: Verdict::Warning,
        must: &[("top-zone", &[("zone", Is(5.0))]), ("top-mark", &[("mark", Is(16.0))]), ("top-label", &[("label", Is(7.0))])],
        must_not: &["no-heavy-hitter", "top-source"], says: &["All zones share one limit", "tenant-a"] },
    Scene { name: "healthy", facts: healthy, verdict: Verdict::Ok, must: &[],
        must_not: &["table-full", "nearly-full", "filling", "dropping-now", "evicting-now", "dropped-before", "top-source",
            "top-source-prefix", "top-destination", "top-service", "scan", "dns", "overlay", "loopback",
            "idle-established", "close-wait", "time-wait", "unreplied", "hash-small", "chain-too-long", "insert-failed",
            "snat-ports", "invalid", "expectations-full", "dying-build-up", "hidden-entries", "other-namespace",
            "no-heavy-hitter", "timeout-over-setting"],
        says: &["No problem found"] },
    Scene { name: "dying", facts: dying, verdict: Verdict::Warning,
        must: &[("dying-build-up", &[("dying", Is(7975.0))])], must_not: &["hidden-entries"],
        says: &["conntrackd", "reliable events"] },
    Scene { name: "dropping", facts: dropping, verdict: Verdict::Critical,
        must: &[("table-full", &[]), ("dropping-now", &[("drop_per_sec", Above(100.0))]), ("no-heavy-hitter", &[])],
        must_not: &["evicting-now", "top-source", "scan", "unreplied", "idle-established", "dropped-before", "close-wait"],
        says: &["dropped"] },
    Scene { name: "unprivileged", facts: unprivileged, verdict: Verdict::Critical,
        must: &[("table-full", &[]), ("dropping-now", &[("drop_per_sec", Is(1000.0))])],
        must_not: &["no-heavy-hitter", "unreplied"], says: &["CAP_NET_ADMIN"] },
    Scene { name: "over setting", facts: over_setting, verdict: Verdict::Warning,
        must: &[("timeout-over-setting", &[("state", Text("ESTABLISHED")), ("setting_secs", Is(3600.0))])],
        must_not: &["idle-established", "no-heavy-hitter"], says: &["(3600 s)", "--remaining 3601-"] },
    Scene { name: "forged", facts: forged, verdict: Verdict::Critical,
        must: &[("evicting-now", &[]), ("top-destination", &[("destination", Text("198.18.0.7"))]), ("top-service", &[]),
            ("unreplied", &[])],
        must_not: &["top-source", "scan", "top-source-prefix", "dropping-now", "idle-established"],
        says: &["syn_sent=20"] },
];

#[test]
fn each_situation_is_seen_as_what_it_is() {
    for scene in SCENES {
        let (name, report) = (scene.name, judged((scene.facts)()));
        assert_eq!(report.verdict, scene.verdict, "{name}");
        for (id, wants) in scene.must {
            let finding = report.finding(id).unwrap_or_else(|| panic!("{name}: no {id}"));
            for (key, want) in *wants {
                let number = finding.evidence.number(key);
                let is_so = match *want {
                    Above(least) => number.is_some_and(|number| number > least),
                    Below(most) => number.is_some_and(|number| number < most),
                    Is(value) => number == Some(value),
                    Text(text) => finding.evidence.text(key) == Some(text),
                };
                assert!(is_so, "{name}: {id} has {key} {:?}", finding.evidence.get(key));
            }
        }
        for id in scene.must_not {
            assert!(report.finding(id).is_none(), "{name}: wrongly {id}");
        }
        let text = report.text();
        for words in scene.says {
            assert!(text.contains(words), "{name} does not say {words}:\n{text}");
        }
        assert!(!text.contains("conntrack -F") && !text.contains("--flush"), "{name}");
    }
    assert_eq!(SCENES.len(), ALL.len());
}

#[test]
fn a_shorter_timeout_is_not_advised_where_entries_do_not_follow_it() {
    let advised = |facts| {
        let report = judged(facts);
        let mut all = report.findings.iter().flat_map(|finding| &finding.advice);
        all.any(|advice| advice.id == "timeout-established")
    };
    let mut facts = idle();
    assert!(advised(facts.clone()));
    facts.census.as_mut().unwrap().composition[0].over_setting = 30_000;
    facts.census.as_mut().unwrap().composition[0].idle_unknown = 30_000;
    assert!(judged(facts.clone()).finding("timeout-over-setting").is_some());
    assert!(!advised(facts));
    let mut short = idle();
    short.settings.timeouts_secs.get_mut("tcp").unwrap().insert("established".to_owned(), 86400);
    assert!(!advised(short));
}

#[test]
fn a_larger_limit_is_not_advised_where_it_would_not_help() {
    for facts in
        [snat(), invalid(), expectations(), hash_small(), dropped_before(), other_namespace(), dying()]
    {
        let report = judged(facts);
        let mut all = report.findings.iter().flat_map(|finding| &finding.advice);
        assert!(all.all(|advice| advice.id != "raise-limit"), "{}", report.text());
        assert!(!report.text().contains("nf_conntrack_max="));
    }
}

#[test]
fn settings_of_the_machine_are_for_the_initial_namespace() {
    let says = |initial, facts: fn() -> Facts| {
        let mut facts = facts();
        facts.namespace.initial = initial;
        judged(facts).text().contains("In the initial namespace only.")
    };
    for facts in [dropping, hash_small, expectations] {
        assert!(says(Some(false), facts) && says(None, facts));
        assert!(!says(Some(true), facts));
    }
}

#[test]
fn nobody_is_blocked_while_no_flow_suffers() {
    let risky = |facts| {
        let report = judged(facts);
        let mut all = report.findings.iter().flat_map(|finding| &finding.advice);
        all.any(|advice| ["block-source", "limit-source", "limit-prefix"].contains(&advice.id))
    };
    assert!(risky(scan()) && risky(random_network()));
    let mut half = scan();
    half.table.entries = Some(150_000);
    half.counters.clear();
    assert!(judged(half.clone()).finding("scan").is_some());
    assert!(!risky(half));
    let mut answered = scan();
    let census = answered.census.as_mut().unwrap();
    census.top.iter_mut().for_each(|top| top.rows.iter_mut().for_each(|row| row.unanswered = 0));
    let report = judged(answered);
    let source = report.finding("top-source").unwrap();
    let ids: Vec<&str> = source.advice.iter().map(|advice| advice.id).collect();
    assert_eq!(ids, ["look", "limit-source"]);
}

#[test]
fn buckets_follow_the_limit_or_the_entries_of_all_namespaces() {
    let advised = |max, buckets, all| {
        let mut facts = quiet(1000);
        facts.table.max_entries = Some(max);
        (facts.table.buckets, facts.table.entries_all_namespaces) = (Some(buckets), Some(all));
        let report = judged(facts);
        let finding = report.finding("hash-small").unwrap();
        finding.advice.first().map(|advice| advice.commands[0].clone())
    };
    let command = |buckets: u64| Some(format!("sysctl -w net.netfilter.nf_conntrack_buckets={buckets}"));
    assert_eq!(advised(LIMIT, 4096, 115_824), command(LIMIT));
    assert_eq!(advised(65_536, 65_536, 200_000), command(262_144));
}
