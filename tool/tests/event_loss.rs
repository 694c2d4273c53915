// SPDX-License-Identifier: GPL-2.0-or-later
//! `conntrack -E` under floods: with default options nothing is lost; what is lost in a buffer that is too small is
//! counted, told, and seen in the exit status.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a test may
#![allow(clippy::print_stdout)] // figures

#[path = "support/follower.rs"]
mod follower;

use follower::{Follower, nth, requests, send};
use netfilter_conntrack::events::large_receive_buffer;
use netfilter_conntrack::request::Query;
use netfilter_conntrack::{Dir, Error, Events, ExpectAttr, Expectation, Flow, Groups, Handle, L4};
use testing::{flow, isolated, need_root, udp};

const SHOWN: &str = "flow events have been shown.";
const LOST: &str = "flow events have been lost.";
const WARNING: &str = "WARNING: We have hit ENOBUFS! We are losing events.";

/// An ordinary user has no more than net.core.rmem_max allows, also in a namespace of their own.
const LARGE_BUFFER: &str = "a large receive buffer";

/// Most memory, in KiB, that following events may take.
const PEAK_KIB: u64 = 8 << 10;

#[test]
fn no_event_of_a_flood_is_lost_with_default_options() {
    // All of them may wait at the same time, so it does not count how fast they are read: the kernel doubles what is
    // asked for, an event takes 1280 bytes of it, and each flow has two.
    let flows = (large_receive_buffer() / 1280).min(50_000);
    isolated(|| {
        need_root(LARGE_BUFFER);
        let creations = requests(Query::Create, (0..flows).map(nth));
        let mut handle = Handle::open().unwrap();
        let mut follower = Follower::start("-E");
        send(&creations);
        handle.flush().unwrap();
        follower.wait_for_lines(2 * flows as usize);
        let peak = follower.peak_kib();
        let ended = follower.end();
        println!("{flows} flows made and deleted: peak memory {peak} KiB");
        assert!(peak <= PEAK_KIB, "{peak} KiB");
        assert_eq!(ended.status, Some(0), "{}", ended.stderr);
        assert_eq!(ended.stderr.lines().count(), 1, "only the summary: {}", ended.stderr);
        assert_eq!(ended.number(SHOWN), 2 * u64::from(flows));
        assert_eq!(ended.of("[NEW] udp").len(), flows as usize, "each is shown once");
        assert_eq!(ended.of("[DESTROY] udp").len(), flows as usize, "each is shown once");
    });
}

#[test]
fn a_listener_that_begins_when_the_last_one_ends_misses_nothing() {
    // Four namespaces: the kernel counts the listeners of the whole machine. With one join each, some 30 of these
    // 80,000 listeners missed their event where no other program listened all the time.
    const LISTENERS: u16 = 20_000;
    let namespace = || {
        isolated(|| {
            let mut handle = Handle::open().unwrap();
            for port in 1..=LISTENERS {
                let mut events = Events::open(Groups::NEW).unwrap();
                events.socket().set_non_blocking(true).unwrap();
                handle.create(&udp(port)).unwrap();
                assert!(
                    events.next().is_ok(),
                    "listener {port} missed the flow that was made after it began"
                );
                handle.delete(&udp(port)).unwrap();
            }
        });
    };
    std::thread::scope(|scope| (0..4).for_each(|_| drop(scope.spawn(namespace))));
}

#[test]
fn a_reader_that_was_stopped_gets_all_that_waited() {
    const FLOWS: u32 = 20_000;
    isolated(|| {
        need_root(LARGE_BUFFER);
        let creations = requests(Query::Create, (0..FLOWS).map(nth));
        let follower = Follower::start("-E");
        follower.signal("STOP");
        send(&creations);
        Handle::open().unwrap().flush().unwrap();
        // The wish to end comes first, and is heard when it goes on: what happened before is shown all the same.
        follower.signal("INT");
        follower.signal("CONT");
        let ended = follower.end();
        assert_eq!((ended.status, ended.number(SHOWN)), (Some(0), 2 * u64::from(FLOWS)), "{}", ended.stderr);
    });
}

#[test]
fn lost_events_are_counted_and_told() {
    isolated(|| {
        let mut follower = Follower::start("-E -b 8192");
        let mut made = 0;
        for round in 0..4 {
            follower.signal("STOP");
            send(&requests(Query::Create, (0..500).map(|n| nth(round * 1000 + n))));
            made += 500;
            follower.signal("CONT");
            follower.wait_until_all_is_read();
            // Behind a loss it goes on.
            let lines = follower.lines();
            send(&requests(Query::Create, [nth(round * 1000 + 999)].into_iter()));
            made += 1;
            follower.wait_for_lines(lines + 1);
        }
        let ended = follower.end();
        let (shown, lost) = (ended.number(SHOWN), ended.number(LOST));
        assert!(shown > 0 && lost > 1500, "{}", ended.stderr);
        assert_eq!(shown + lost, made, "what is not shown is counted: {}", ended.stderr);
        assert_eq!(shown, ended.stdout.lines().count() as u64);
        assert_eq!(ended.status, Some(3), "events were lost");
        let mut said = ended.stderr.lines();
        assert!(said.next().unwrap().starts_with("NOTICE: "));
        assert_eq!(said.next(), Some(WARNING));
        assert_eq!(ended.stderr.matches("WARNING: We").count(), 1, "the long text comes once");
        assert!(ended.stderr.trim_end().ends_with(LOST), "the loss is told last");
    });
}

#[test]
fn the_library_counts_what_it_lost() {
    isolated(|| {
        let mut events = Events::builder(Groups::NEW).receive_buffer(4096).open().unwrap();
        events.socket().set_non_blocking(true).unwrap();
        assert_eq!(events.lost(), 0);
        let (mut made, mut read) = (0, 0);
        for round in 1..=3 {
            send(&requests(Query::Create, (0..100).map(|n| nth(round * 100 + n))));
            made += 100;
            let mut overruns = 0;
            loop {
                match events.next() {
                    Ok(_) => read += 1,
                    Err(Error::Overrun) => overruns += 1,
                    Err(error) => break assert_eq!(error, Error::Os(libc::EAGAIN)),
                }
            }
            assert_eq!(overruns, 1, "round {round}");
            assert!(read > 0 && events.lost() > 0);
            assert_eq!(read + events.lost(), made, "round {round}");
        }
    });
}

/// An expectation of the flow `master`, for connections to `port`.
fn expected(master: &Flow, port: u16) -> Expectation {
    let tuple = |address: &str, port| {
        let mut tuple = Flow::new();
        let address = address.parse().unwrap();
        tuple.set_tuple(Dir::Orig, address, address, L4::Tcp { sport: 0, dport: port });
        tuple
    };
    let mut expect = Expectation::new();
    expect.set_tuple(ExpectAttr::Master, master);
    expect.set_tuple(ExpectAttr::Expected, &tuple("127.0.0.1", port));
    expect.set_tuple(ExpectAttr::Mask, &tuple("255.255.255.255", 0xffff));
    expect.set_number(ExpectAttr::Timeout, 60);
    expect
}

#[test]
fn lost_events_of_expectations_are_counted_too() {
    isolated(|| {
        let follower = Follower::start("-E expect -b 8192");
        let mut handle = Handle::open().unwrap();
        let mut master = flow("127.0.0.1", "127.0.0.1", L4::Tcp { sport: 1, dport: 21 });
        master.set_helper_name(b"ftp");
        match handle.create(&master) {
            Err(Error::Kernel(libc::EOPNOTSUPP)) => testing::skip("this kernel has no ftp helper"),
            created => created.unwrap(),
        }
        follower.signal("STOP");
        for port in 1..=500 {
            handle.create_expectation(&expected(&master, port)).unwrap();
            handle.delete_expectation(&expected(&master, port)).unwrap();
        }
        follower.signal("CONT");
        let ended = follower.end();
        let shown = ended.number("expectation events have been shown.");
        let lost = ended.number("expectation events have been lost.");
        assert!(shown > 0 && lost > 0, "{}", ended.stderr);
        assert_eq!((shown + lost, ended.status), (1000, Some(3)), "{}", ended.stderr);
        assert_eq!(ended.stderr.lines().nth(1), Some(WARNING), "{}", ended.stderr);
    });
}

#[test]
fn lines_come_at_once_when_nothing_more_waits() {
    isolated(|| {
        let mut follower = Follower::start("-E");
        let mut handle = Handle::open().unwrap();
        for n in 1..=5 {
            handle.create(&udp(n)).unwrap();
            follower.wait_for_lines(n.into());
        }
        assert_eq!(follower.end().number(SHOWN), 5);
    });
}
