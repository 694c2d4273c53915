// SPDX-License-Identifier: GPL-2.0-or-later
//! Situations as facts, for the tests: those of the texts that the report must give, and those that are made for real
//! elsewhere.

#![forbid(unsafe_code)]

use super::super::facts::*;
use super::super::key::{By, Key};
use std::net::IpAddr;

pub const LIMIT: u64 = 262_144;
const TCP: u8 = 6;
const UDP: u8 = 17;

pub fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

pub fn counter(total: u64, delta: u64, secs: f64) -> Counter {
    Counter::new(total, Some(delta), Some(delta as f64 / secs))
}

/// A table with this number of entries and no other problem, read with every privilege in a child namespace.
pub fn quiet(entries: u64) -> Facts {
    let mut facts = Facts::default();
    facts.namespace.inode = 4_026_532_665;
    facts.namespace.initial = Some(false);
    facts.interval_secs = Some(0.5);
    facts.table = Table {
        entries: Some(entries),
        max_entries: Some(LIMIT),
        entries_listed: Some(entries),
        entries_after_list: Some(entries),
        entries_dying: Some(0),
        buckets: Some(LIMIT),
        entries_all_namespaces: Some(entries + 32),
        entry_bytes: 384,
        expectations: Some(0),
        expectations_max: Some(4096),
    };
    for name in
        ["found", "invalid", "insert", "insert_failed", "drop", "early_drop", "error", "search_restart"]
    {
        facts.counters.insert(name, counter(0, 0, 0.5));
    }
    facts.losses = Some(Losses {
        table_full: counter(0, 0, 0.5),
        clash: counter(0, 0, 0.5),
        chain_too_long: counter(0, 0, 0.5),
    });
    for (protocol, state, secs) in [
        ("tcp", "syn_sent", 120),
        ("tcp", "established", 432_000),
        ("tcp", "close_wait", 60),
        ("tcp", "time_wait", 120),
        ("tcp", "unacknowledged", 300),
        ("tcp", "max_retrans", 300),
        ("udp", "unreplied", 30),
        ("udp", "replied", 120),
    ] {
        facts.settings.timeouts_secs.entry(protocol.to_owned()).or_default().insert(state.to_owned(), secs);
    }
    facts.settings.switches.insert("log_invalid".to_owned(), 0);
    facts.machine = Machine {
        cpus: Some(2),
        memory_bytes: Some((47 << 30) / 2),
        kernel: "6.18.44".to_owned(),
        may_read_table: true,
        ..Machine::default()
    };
    facts
}

/// A census without large groups: each entry has a source, network, destination and service of its own.
pub fn spread(entries: u64) -> Counted {
    let row = |key| Row::new(key, 1);
    let top = |by, key| Top::new(by, 0, entries, vec![row(key)]);
    Counted {
        entries,
        assured: entries,
        top: vec![
            top(By::Source, Key::Source(ip("100.66.130.46"))),
            top(By::SOURCE_NETWORK, Key::SourcePrefix(ip("100.66.130.0"), 24)),
            top(By::Destination, Key::Destination(ip("198.18.130.49"))),
            top(By::Service, Key::Service { protocol: TCP, port: Some(44397) }),
            top(
                By::Server,
                Key::Server { destination: ip("198.18.130.49"), protocol: TCP, port: Some(44397) },
            ),
            Top::new(By::Zone, 0, 1, vec![Row::new(Key::Zone(0), entries)]),
            Top::new(By::Mark { mask: u32::MAX }, 0, 1, vec![Row::new(Key::Mark(0), entries)]),
            Top::new(By::Label, 0, 0, vec![]),
            Top::new(By::NatPool, 0, 0, vec![]),
        ],
        ..Counted::default()
    }
}

impl Counted {
    /// With this table instead of its own.
    pub fn table(mut self, by: By, rows: Vec<Row>) -> Counted {
        self.top.retain(|top| top.by != by);
        self.top.push(Top::new(by, 0, rows.len() as u64, rows));
        self
    }

    /// With these entries too.
    pub fn kind(mut self, row: Composition) -> Counted {
        self.composition.push(row);
        self
    }
}

pub fn established(entries: u64, idle_entries: [u64; 10]) -> Composition {
    Composition {
        protocol: TCP,
        state: Some("ESTABLISHED"),
        entries,
        assured: entries,
        timeout_secs: Some(432_000),
        idle_entries,
        ..Composition::default()
    }
}

pub fn unanswered(protocol: u8, state: Option<&'static str>, entries: u64, secs: u32) -> Composition {
    Composition {
        protocol,
        state,
        entries,
        unanswered: entries,
        timeout_secs: Some(secs),
        ..Composition::default()
    }
}

fn with_drops(mut facts: Facts, delta: u64, secs: f64) -> Facts {
    facts.interval_secs = Some(secs);
    facts.losses.as_mut().unwrap().table_full = counter(delta * 4, delta, secs);
    facts.counters.insert("drop", counter(delta * 4, delta, secs));
    facts
}

/// An ordinary, small table.
pub fn healthy() -> Facts {
    let mut facts = quiet(1020);
    let census = spread(1020).kind(established(600, [0; 10]));
    let source = Row { unanswered: 20, ..Row::new(Key::Source(ip("100.64.0.9")), 20) };
    let servers = Row::new(Key::Service { protocol: TCP, port: Some(443) }, 600);
    let dns = Row::new(Key::Destination(ip("198.18.0.53")), 200);
    let census = census.table(By::Source, vec![source]).table(By::Service, vec![servers]);
    facts.census =
        Some(Counted { dns: 200, unanswered: 20, assured: 800, ..census.table(By::Destination, vec![dns]) });
    facts
}

/// One host scans, and fills the table.
pub fn scan() -> Facts {
    let mut facts = quiet(262_143);
    facts.table.entries_listed = Some(262_303);
    facts.counters.insert("early_drop", counter(10_490, 992, 0.5));
    facts.rates.unanswered_per_sec = Some(1990.0);
    let source = Row {
        unanswered: 262_300,
        targets_estimate: Some(104_200),
        ..Row::new(Key::Source(ip("100.64.0.1")), 262_303)
    };
    let network = Row { unanswered: 262_300, ..Row::new(Key::SourcePrefix(ip("100.64.0.0"), 24), 262_303) };
    let census = spread(262_303).table(By::Source, vec![source]).table(By::SOURCE_NETWORK, vec![network]);
    facts.census = Some(Counted {
        assured: 0,
        unanswered: 262_303,
        unanswered_tcp_per_sec: 1990.0,
        ..census.kind(unanswered(TCP, Some("SYN_SENT"), 262_303, 120))
    });
    facts
}

/// Full of flows that are in use, and new ones arrive.
pub fn dropping() -> Facts {
    let mut facts = with_drops(quiet(LIMIT), 1982, 2.0);
    let idle = [200_000, 100_000, 0, 0, 0, 0, 0, 0, 0, 0];
    facts.census = Some(spread(LIMIT).kind(established(LIMIT, idle)));
    facts
}

/// Full of flows without a packet for one to four days.
pub fn idle() -> Facts {
    let mut facts = with_drops(quiet(LIMIT), 240, 0.5);
    let all = LIMIT;
    let idle = [all, all, all, all, all, all, all, 174_763, 87_381, 0];
    facts.census = Some(spread(LIMIT).kind(established(LIMIT, idle)));
    facts
}

/// A server closes, its clients never do.
pub fn close_wait() -> Facts {
    let (all, waiting) = (214_957, 183_500);
    let mut facts = quiet(all);
    facts.settings.timeouts_secs.get_mut("tcp").unwrap().insert("close_wait".to_owned(), 3600);
    let row = |key| Row { assured: waiting, ..Row::new(key, waiting) };
    let source = Row::new(Key::Source(ip("100.64.0.17")), 723);
    let server = Key::Server { destination: ip("198.18.0.10"), protocol: TCP, port: Some(8080) };
    let census = spread(all)
        .table(By::Source, vec![source])
        .table(By::SOURCE_NETWORK, vec![row(Key::SourcePrefix(ip("100.64.0.0"), 24))])
        .table(By::Destination, vec![row(Key::Destination(ip("198.18.0.10")))])
        .table(By::Service, vec![row(Key::Service { protocol: TCP, port: Some(8080) })])
        .table(By::Server, vec![Row { close_wait: waiting, ..row(server) }]);
    let waiting =
        Composition { state: Some("CLOSE_WAIT"), timeout_secs: Some(3600), ..established(waiting, [0; 10]) };
    facts.census = Some(census.kind(waiting).kind(established(all - 183_500, [0; 10])));
    facts
}

/// Full once, and nearly empty now.
pub fn dropped_before() -> Facts {
    let mut facts = quiet(200);
    facts.losses.as_mut().unwrap().table_full = counter(500, 0, 0.5);
    facts.counters.insert("drop", counter(500, 0, 0.5));
    facts.kernel_log = Some(KernelLog { lines: 10, first_age_secs: Some(200.0), last_age_secs: Some(190.2) });
    facts.census = Some(spread(200).kind(established(200, [0; 10])));
    facts
}

/// A NAT rule with a thousand ports, and all of them in use towards one server.
pub fn snat() -> Facts {
    let mut facts = quiet(1000);
    facts.losses.as_mut().unwrap().clash = counter(700, 96, 0.5);
    for (name, delta) in [("drop", 96), ("insert_failed", 96), ("found", 96 * 128)] {
        facts.counters.insert(name, counter(700, delta, 0.5));
    }
    let pool = Key::NatPool {
        protocol: TCP,
        nat_source: ip("10.2.0.254"),
        destination: ip("198.18.0.30"),
        port: Some(443),
    };
    let pool = Row { ports: Some((20000, 20999)), ..Row::new(pool, 1000) };
    facts.census = Some(spread(1000).table(By::NatPool, vec![pool]));
    facts
}

/// Another namespace is nearly full.
pub fn other_namespace() -> Facts {
    let mut facts = quiet(100);
    let namespace = |inode, name: &str, entries| Namespace {
        inode,
        name: Some(name.to_owned()),
        name_from: Some(NameFrom::RunNetns),
        entries: Some(entries),
        max_entries: Some(LIMIT),
        full_drops_per_sec: Some(0.0),
        evictions_per_sec: Some(0.0),
        ..Namespace::default()
    };
    facts.namespaces = vec![
        namespace(1, "a", 10),
        namespace(4_026_532_179, "web-7f9c", 254_279),
        namespace(2, "b", 2000),
        namespace(3, "c", 1),
        namespace(4, "d", 5),
    ];
    facts.census = Some(spread(100));
    facts
}

/// Chains of 57.
pub fn hash_small() -> Facts {
    let mut facts = quiet(115_792);
    facts.table.buckets = Some(4096);
    facts.losses.as_mut().unwrap().chain_too_long = counter(4208, 0, 0.5);
    facts.counters.insert("chain_toolong", counter(4208, 0, 0.5));
    facts.counters.insert("insert_failed", counter(4208, 0, 0.5));
    facts.census = Some(spread(115_792).kind(established(115_792, [0; 10])));
    facts
}

/// Full, and read without privilege.
pub fn unprivileged() -> Facts {
    let mut facts = with_drops(quiet(LIMIT), 500, 0.5);
    facts.machine.may_read_table = false;
    facts.table.entries_listed = None;
    facts.table.entries_after_list = None;
    facts.table.entries_dying = None;
    facts.table.entries_all_namespaces = None;
    facts.not_read.push(NotRead::new("table", "Operation not permitted"));
    facts
}

/// Five clients ask a name server that does not answer.
pub fn dns() -> Facts {
    let all = 167_424;
    let mut facts = quiet(all);
    let row = |key| Row { unanswered: all, ..Row::new(key, all) };
    let server = Key::Server { destination: ip("198.18.0.53"), protocol: UDP, port: Some(53) };
    let sources = (1..6).map(|host| {
        let entries = all / 5 + u64::from(host < 5);
        Row { unanswered: entries, ..Row::new(Key::Source(ip(&format!("100.64.10.{host}"))), entries) }
    });
    facts.rates.unanswered_per_sec = Some(3010.0);
    facts.rates.growth_per_sec = Some(2950.0);
    facts.rates.secs_to_full = Some(32.0);
    facts.census = Some(Counted {
        assured: 0,
        unanswered: all,
        dns: all,
        dns_unanswered: all,
        unanswered_udp_per_sec: 3010.0,
        ..spread(all)
            .table(By::Source, sources.collect())
            .table(By::SOURCE_NETWORK, vec![row(Key::SourcePrefix(ip("100.64.10.0"), 24))])
            .table(By::Destination, vec![row(Key::Destination(ip("198.18.0.53")))])
            .table(By::Service, vec![row(Key::Service { protocol: UDP, port: Some(53) })])
            .table(By::Server, vec![row(server)])
            .kind(unanswered(UDP, None, all, 30))
    });
    facts
}

/// A scan whose source addresses are drawn from one network.
pub fn random_network() -> Facts {
    let (all, scanned) = (235_929, 222_822);
    let mut facts = quiet(all);
    let network = Key::SourcePrefix(ip("fd0c:0:0:42::"), 64);
    let network = Row { unanswered: scanned, ..Row::new(network, scanned) };
    facts.census = Some(Counted {
        assured: all - scanned,
        unanswered: scanned,
        ..spread(all)
            .table(By::SOURCE_NETWORK, vec![network])
            .kind(unanswered(TCP, Some("SYN_SENT"), scanned, 120))
            .kind(established(all - scanned, [0; 10]))
    });
    facts
}

/// Short connections to one server.
pub fn time_wait() -> Facts {
    let all = 157_286;
    let mut facts = quiet(all);
    let row = |key| Row { assured: all, ..Row::new(key, all) };
    let server = Key::Server { destination: ip("198.18.0.20"), protocol: TCP, port: Some(80) };
    let census = spread(all)
        .table(By::Source, vec![Row::new(Key::Source(ip("100.64.111.142")), 3)])
        .table(By::SOURCE_NETWORK, vec![Row::new(Key::SourcePrefix(ip("100.64.111.0"), 24), 620)])
        .table(By::Destination, vec![row(Key::Destination(ip("198.18.0.20")))])
        .table(By::Service, vec![row(Key::Service { protocol: TCP, port: Some(80) })])
        .table(By::Server, vec![Row { time_wait: all, ..row(server) }]);
    let closed =
        Composition { state: Some("TIME_WAIT"), timeout_secs: Some(120), ..established(all, [0; 10]) };
    facts.census = Some(census.kind(closed));
    facts
}

/// Two ends of tunnels, with a source port for every inner flow.
pub fn overlay() -> Facts {
    let (all, vxlan) = (159_504, 159_304);
    let mut facts = quiet(all);
    facts.settings.timeouts_secs.get_mut("udp").unwrap().insert("unreplied".to_owned(), 120);
    let row = |key, entries| Row { unanswered: entries, ..Row::new(key, entries) };
    let source = Row { targets_estimate: Some(259), ..row(Key::Source(ip("100.64.0.1")), 131_072 + 9400) };
    let services = vec![
        row(Key::Service { protocol: UDP, port: Some(4789) }, vxlan),
        row(Key::Service { protocol: 47, port: None }, 200),
    ];
    facts.census = Some(Counted {
        tunnels: all,
        unanswered: all,
        assured: 0,
        ..spread(all)
            .table(By::Source, vec![source])
            .table(By::SOURCE_NETWORK, vec![row(Key::SourcePrefix(ip("100.64.0.0"), 24), vxlan)])
            .table(By::Destination, vec![row(Key::Destination(ip("198.18.7.1")), 28_744)])
            .table(By::Service, services)
            .kind(unanswered(UDP, None, vxlan, 120))
            .kind(unanswered(47, None, 200, 30))
    });
    facts
}

/// A host that talks to itself.
pub fn loopback() -> Facts {
    let all = 150_000;
    let mut facts = quiet(all);
    facts.census = Some(Counted { loopback: 140_000, ..spread(all).kind(established(all, [0; 10])) });
    facts
}

/// Helpers that expect no more.
pub fn expectations() -> Facts {
    let mut facts = quiet(900);
    facts.table.expectations = Some(4096);
    facts.census = Some(spread(900));
    facts
}

/// Packets that fit no flow.
pub fn invalid() -> Facts {
    let mut facts = quiet(300);
    facts.counters.insert("invalid", counter(1500, 256, 0.5));
    facts.census = Some(spread(300).kind(established(300, [0; 10])));
    facts
}

/// Nearly full, and no large group; the tables are sketches.
pub fn spread_out() -> Facts {
    let all = 235_929;
    let mut facts = quiet(all);
    let mut census = spread(all).kind(established(all, [200_000, 120_000, 0, 0, 0, 0, 0, 0, 0, 0]));
    for top in census.top.iter_mut().filter(|top| top.rows.first().is_some_and(|row| row.entries == 1)) {
        top.error_entries = 230;
    }
    facts.census = Some(census);
    facts
}

/// One zone has nearly all of the table; its mark and its label too.
pub fn tenant() -> Facts {
    let (all, held) = (220_000, 200_000);
    let mut facts = quiet(all);
    let mut label = Row::new(Key::Label(7), held);
    label.name = Some("tenant-a".to_owned());
    let census = spread(all)
        .table(By::Zone, vec![Row::new(Key::Zone(5), held), Row::new(Key::Zone(0), 20_000)])
        .table(
            By::Mark { mask: u32::MAX },
            vec![Row::new(Key::Mark(16), held), Row::new(Key::Mark(0), 20_000)],
        )
        .table(By::Label, vec![label]);
    facts.census = Some(census.kind(established(all, [0; 10])));
    facts
}

/// Ended flows whose events are not read.
pub fn dying() -> Facts {
    let mut facts = quiet(7975);
    facts.table.entries_listed = Some(0);
    facts.table.entries_dying = Some(7975);
    facts.machine.listeners = vec!["conntrackd".to_owned()];
    facts.census = Some(Counted::default());
    facts
}

/// A timeout was lowered: the entries keep what they have.
pub fn over_setting() -> Facts {
    let all = 220_000;
    let mut facts = quiet(all);
    facts.settings.timeouts_secs.get_mut("tcp").unwrap().insert("established".to_owned(), 3600);
    let row = Composition {
        timeout_secs: Some(3600),
        over_setting: all,
        idle_unknown: all,
        ..established(all, [0; 10])
    };
    facts.census = Some(spread(all).kind(row));
    facts
}

/// A flood of SYNs with forged sources to one server.
pub fn forged() -> Facts {
    let all = 262_140;
    let mut facts = quiet(all);
    facts.counters.insert("early_drop", counter(9000, 2977, 0.5));
    let row = |key| Row { unanswered: all, ..Row::new(key, all) };
    let server = Key::Server { destination: ip("198.18.0.7"), protocol: TCP, port: Some(443) };
    facts.census = Some(Counted {
        assured: 0,
        unanswered: all,
        unanswered_tcp_per_sec: 5950.0,
        ..spread(all)
            .table(By::Destination, vec![row(Key::Destination(ip("198.18.0.7")))])
            .table(By::Service, vec![row(Key::Service { protocol: TCP, port: Some(443) })])
            .table(By::Server, vec![row(server)])
            .kind(unanswered(TCP, Some("SYN_SENT"), all, 120))
    });
    facts
}

/// The same as [`idle`], of a namespace that the reader is not in.
pub fn entered() -> Facts {
    let mut facts = idle();
    facts.namespace.entered_by = Some("/run/netns/web 1".into());
    facts
}

/// A half-full table that serves its load.
pub fn half_full() -> Facts {
    let mut facts = quiet(140_000);
    facts.census = Some(spread(140_000).kind(established(140_000, [0; 10])));
    facts
}

/// All of them.
pub const ALL: &[fn() -> Facts] = &[
    healthy,
    scan,
    dropping,
    idle,
    close_wait,
    dropped_before,
    snat,
    other_namespace,
    hash_small,
    unprivileged,
    dns,
    random_network,
    time_wait,
    overlay,
    loopback,
    expectations,
    invalid,
    spread_out,
    tenant,
    dying,
    over_setting,
    forged,
];
