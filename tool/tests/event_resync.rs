// SPDX-License-Identifier: GPL-2.0-or-later
//! `conntrack -E --resync` and [`Mirror`]: overrun on purpose, many times, what is told still leads to the kernel's
//! table. And `--reliable`: no end of a flow is lost.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a test may

#[path = "support/follower.rs"]
mod follower;

use follower::{Ended, Follower, nth, requests, send};
use netfilter_conntrack::request::Query;
use netfilter_conntrack::{Attr, Change, Dir, EventKind, Events, Flow, Groups, Handle, L4, Mirror};
use std::collections::HashSet;
use testing::{count, isolated, udp, wait_until};

const LOST: &str = "flow events have been lost, which reading the table has made good.";

/// Pseudo-random numbers, the same for the same seed.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// A flow of a small world, so that tuples come again: families, protocols, zones and translations take turns.
fn of_world(n: u64) -> Flow {
    let port = u16::try_from(1 + n / 8).unwrap();
    let [src, dst] = if n % 8 == 1 { ["fd00::1", "fd00::2"] } else { ["10.0.0.1", "10.0.0.2"] };
    let l4 = match n % 8 {
        2 => L4::Tcp { sport: port, dport: 80 },
        3 => L4::Icmp { kind: 8, code: 0, id: port },
        _ => L4::Udp { sport: port, dport: 53 },
    };
    let mut flow = testing::flow(src, dst, l4);
    flow.set_timeout_secs(10_000);
    match n % 8 {
        2 => flow.set_tcp_state(3),
        4 => flow.set_zone(7),
        5 => flow.set_zone(8),
        6 => flow.set_bytes(Attr::SnatIpv4, &[192, 0, 2, 1]),
        _ => {}
    }
    flow
}

/// Creates and deletes flows of the world in floods.
fn churn(random: &mut Random, floods: u64) {
    for _ in 0..floods {
        let mut some = |share| {
            let chosen: Vec<u64> = (0..2000).filter(|_| random.below(100) < share).collect();
            chosen.into_iter().map(of_world)
        };
        send(&requests(Query::Create, some(30)));
        send(&requests(Query::Destroy, some(30)));
        send(&requests(Query::Create, some(5)));
    }
}

/// A line of an entry without what may change while it lives: its words but state, seconds, marks, flags, counters.
fn identity(line: &str) -> String {
    let names = ["src=", "dst=", "sport=", "dport=", "type=", "code=", "id=", "zone"];
    let words = line.split_whitespace();
    let protocol = words.clone().find(|word| ["udp", "tcp", "icmp", "icmpv6"].contains(word)).unwrap();
    let rest = words.filter(|word| names.iter().any(|name| word.starts_with(name)));
    [protocol].into_iter().chain(rest).collect::<Vec<_>>().join(" ")
}

/// What a reader holds who replays the lines.
fn replayed(printed: &str) -> HashSet<String> {
    let mut set = HashSet::new();
    for line in printed.lines() {
        let line = line.trim_start();
        match line.split(' ').next() {
            Some("[NEW]") => assert!(set.insert(identity(line)), "twice: {line}"),
            Some("[UPDATE]") => assert!(set.contains(&identity(line)), "a change of nothing: {line}"),
            Some("[DESTROY]") => assert!(set.remove(&identity(line)), "an end of nothing: {line}"),
            other => panic!("{other:?}: {line}"),
        }
    }
    set
}

/// The table as `-L` shows it.
fn listed(words: &str) -> HashSet<String> {
    let output = testing::run(
        env!("CARGO_BIN_EXE_conntrack"),
        &format!("-L {words}").split_whitespace().collect::<Vec<_>>(),
        "",
    );
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().lines().map(identity).collect()
}

/// What a follower says that had time for its last look at the table; the table is emptied before each further try.
fn in_time(follow: impl Fn() -> Ended) -> Ended {
    let mut is_first = true;
    let again = || {
        if !std::mem::take(&mut is_first) {
            Handle::open().unwrap().flush().unwrap();
        }
        follow()
    };
    testing::in_time(again, |ended| &ended.stderr)
}

/// An event reader that cannot keep up with `churn`; returns what it said at its end.
fn overrun_follower(seed: u64, words: &str, events: &str) -> Ended {
    let mut random = Random(seed);
    // Made before anybody in the namespace listens: these have no events, unless somebody else on the machine listens.
    testing::entries_have_events(2);
    churn(&mut random, 1);
    testing::entries_have_events(1);
    let mut follower = Follower::start(&format!("-E --resync -b 16384 {events} {words}"));
    for round in 0..4 {
        // Two at once, so that events of one tuple come from two sides.
        std::thread::scope(|scope| {
            scope.spawn(|| churn(&mut Random(seed * 100 + round), 2));
            churn(&mut random, 2);
        });
        if random.below(2) == 0 {
            follower.wait_until_all_is_read();
        }
    }
    // It gets there by itself. The end comes as soon as possible afterwards.
    follower.wait("it does not get to the table", |follower| replayed(&follower.printed()) == listed(words));
    send(&requests(Query::Destroy, (0..2000).filter(|n| n % 3 == 0).map(of_world)));
    follower.end()
}

/// Floods a follower with a small buffer, and compares what it has told with the table.
fn overrun(seed: u64, words: &str, events: &str) {
    isolated(|| {
        let ended = in_time(|| overrun_follower(seed, words, events));
        assert_eq!(ended.status, Some(0), "seed {seed}: {}", ended.stderr);
        assert!(ended.number(LOST) > 1000, "it was overrun: {}", ended.stderr);
        let (replayed, listed) = (replayed(&ended.stdout), listed(words));
        assert!(listed.len() > 50, "there is something to compare: {}", listed.len());
        assert_eq!(replayed, listed, "seed {seed}");
    });
}

#[test]
fn what_is_told_leads_to_the_table_whatever_is_lost() {
    for seed in 1..=4 {
        overrun(seed, "-f ipv4", "");
    }
}

#[test]
fn conditions_lead_to_their_part_of_the_table() {
    overrun(5, "-p udp -w 7", "");
    overrun(6, "-f ipv6", "-e NEW,DESTROY");
}

#[test]
fn the_table_is_told_first_and_the_loss_is_told_last() {
    isolated(|| {
        let ended = in_time(|| {
            testing::entries_have_events(2);
            let mut handle = Handle::open().unwrap();
            (1..=3).for_each(|n| handle.create(&udp(n)).unwrap());
            testing::entries_have_events(1);
            let mut follower = Follower::start("-E --resync");
            follower.wait_for_lines(3);
            handle.create(&udp(4)).unwrap();
            follower.wait_for_lines(4);
            // This entry was made before anybody listened, so its end has no event: the last look at the table finds it.
            handle.delete(&udp(2)).unwrap();
            follower.end()
        });
        assert_eq!(ended.status, Some(0));
        assert_eq!(ended.stderr.lines().count(), 1, "nothing was lost: {}", ended.stderr);
        assert_eq!(ended.stdout.matches("[NEW]").count(), 4, "{}", ended.stdout);
        assert_eq!(ended.stdout.matches("[DESTROY]").count(), 1, "{}", ended.stdout);
        assert!(ended.stdout.lines().last().unwrap().contains("sport=2 "), "{}", ended.stdout);
    });
}

#[test]
fn what_changes_while_an_entry_lives_is_no_condition() {
    let refused = |words: &str, reason: &str| {
        let line = format!("-E --resync {words}");
        let output =
            testing::run(env!("CARGO_BIN_EXE_conntrack"), &line.split_whitespace().collect::<Vec<_>>(), "");
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{line}: {said}");
        assert!(said.lines().next().unwrap().ends_with(reason), "{line}: {said}");
    };
    let lives = "it may begin or cease to hold while an entry lives";
    for (words, name) in [("-m 5", "mark"), ("-n", "src-nat"), ("-p tcp --state LISTEN", "state")] {
        refused(words, &format!("cannot use `--{name}' with `--resync': {lives}"));
    }
    refused("-e UPDATES", "`--resync' needs the events NEW and DESTROY");
    refused("-e NEW", "`--resync' needs the events NEW and DESTROY");
}

/// What names an entry for a reader: id, port and zone. The kernel gives an entry the id of an ended one whose memory it
/// takes where they differ in the zone only.
type Name = (u32, u16, Option<u16>);

fn name(flow: &Flow) -> Name {
    (flow.id().unwrap(), flow.tuple(Dir::Orig).l4_src(), flow.zone())
}

/// The names of the table's entries.
fn names() -> HashSet<Name> {
    let mut handle = Handle::open().unwrap();
    let flows = handle.flows().unwrap();
    flows.map(|flow| name(&flow.unwrap())).collect()
}

/// Hears changes as a reader does who trusts them.
fn hear(held: &mut HashSet<Name>, change: &Change<'_>) {
    let name = name(change.flow);
    match change.kind {
        EventKind::New => assert!(held.insert(name)),
        EventKind::Update => assert!(held.contains(&name)),
        EventKind::Destroy => assert!(held.remove(&name)),
    }
}

/// Hears all changes up to now.
fn hear_all(held: &mut HashSet<Name>, mirror: &mut Mirror) {
    while let Some(change) = mirror.try_next().unwrap() {
        hear(held, &change);
    }
}

#[test]
fn a_mirror_in_a_program_holds_the_table() {
    isolated(|| {
        let mut random = Random(99);
        churn(&mut random, 1);
        let mut mirror = Mirror::open(Events::builder(Groups::FLOWS).receive_buffer(8192)).unwrap();
        let mut held = HashSet::new();
        for round in 1..=5 {
            churn(&mut random, 1);
            let (rescans, lost) = (mirror.rescans(), mirror.lost());
            loop {
                hear_all(&mut held, &mut mirror);
                if !mirror.is_behind() {
                    break;
                }
                std::thread::sleep(mirror.longest_wait());
            }
            assert_eq!(held, names(), "round {round}");
            assert!(mirror.lost() > lost && mirror.rescans() > rescans);
        }
        assert_eq!(mirror.len(), held.len());
        let rescans = mirror.rescans();
        mirror.rescan();
        while mirror.is_behind() {
            hear_all(&mut held, &mut mirror);
        }
        assert_eq!((held, mirror.rescans()), (names(), rescans + 1));
    });
}

#[test]
fn a_mirror_waits_for_the_next_change() {
    isolated(|| {
        let mut mirror = Mirror::open(Events::builder(Groups::FLOWS)).unwrap();
        let mut handle = testing::table(&(1..=20).map(udp).collect::<Vec<_>>());
        let port = |change: Change<'_>| change.flow.tuple(Dir::Orig).l4_src();
        let mut reported: Vec<_> = (0..20).map(|_| port(mirror.next().unwrap())).collect();
        reported.sort_unstable();
        assert_eq!(reported, (1..=20).collect::<Vec<_>>());
        let deletion = std::thread::spawn(move || handle.delete(&udp(7)).unwrap());
        let ended = mirror.next().unwrap();
        assert_eq!((ended.kind, port(ended)), (EventKind::Destroy, 7));
        deletion.join().unwrap();
    });
}

#[test]
fn a_rescan_of_the_table_can_be_left_at_any_entry() {
    isolated(|| {
        testing::load((0..300).map(nth));
        let mut held = HashSet::new();
        let mut mirror = Mirror::open(Events::builder(Groups::FLOWS)).unwrap();
        for some in [0, 1, 100, 150] {
            mirror.rescan();
            for _ in 0..some {
                hear(&mut held, &mirror.try_next().unwrap().unwrap());
            }
            assert!(mirror.is_behind() && mirror.len() == held.len(), "{some}");
        }
        while mirror.is_behind() {
            hear_all(&mut held, &mut mirror);
        }
        assert_eq!(held, names());
    });
}

#[test]
fn reliable_delivery_loses_no_end() {
    const FLOWS: u32 = 3000;
    isolated(|| {
        let creations = requests(Query::Create, (0..FLOWS).map(nth));
        let mut follower = Follower::start("-E -e DESTROY --reliable -b 8192");
        send(&creations);
        let mut handle = Handle::open().unwrap();
        assert_eq!(handle.statistics().unwrap().entries, FLOWS);
        follower.signal("STOP");
        handle.flush().unwrap();
        // They are gone for everybody, but take up room until their end is told.
        assert_eq!(count(&mut handle), 0);
        assert!(handle.statistics().unwrap().entries > FLOWS / 2);
        follower.signal("CONT");
        follower.wait_for_lines(FLOWS as usize);
        // The kernel gives the room of many entries back together, after the last of their ends.
        wait_until("their room is free", || handle.statistics().unwrap().entries == 0);
        let ended = follower.end();
        assert_eq!(ended.of("[DESTROY]").len(), FLOWS as usize, "each is told once");
        assert!(ended.number("flow events found no room and came again.") > 0, "{}", ended.stderr);
        assert_eq!(ended.status, Some(0), "nothing was lost in the end");
    });
}

#[test]
fn reliable_delivery_tells_what_it_does_not_cover() {
    isolated(|| {
        let mut follower = Follower::start("-E --reliable -b 8192");
        follower.signal("STOP");
        send(&requests(Query::Create, (0..200).map(nth)));
        Handle::open().unwrap().flush().unwrap();
        follower.signal("CONT");
        follower.wait("the ends are missing", |_| Handle::open().unwrap().statistics().unwrap().entries == 0);
        follower.wait_until_all_is_read();
        let ended = follower.end();
        assert_eq!(ended.of("[DESTROY]").len(), 200);
        assert!(ended.of("[NEW]").len() < 200);
        assert!(ended.number("flow events found no room; only the ends of flows come again.") > 0);
        assert_eq!(ended.status, Some(3));
    });
}
