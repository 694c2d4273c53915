// SPDX-License-Identifier: GPL-2.0-or-later
//! The running kernel and events: of requests and of packets, by group, with their cause's port id; what a
//! full receive buffer loses is reported.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use netfilter_conntrack::wire::consts::{IPS_ASSURED, IPS_DYING, IPS_SEEN_REPLY};
use netfilter_conntrack::{
    Bitmask, Dir, Error, Event, EventKind, EventSubject, Events, Flow, Groups, Handle, L4,
};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::time::{Duration, Instant};
use testing::{count, flow, isolated, keep_labels, sysctl, table, tcp, track_packets, udp};

/// A subscription that never waits, so that a missing event fails its test instead of hanging it.
fn listen(groups: Groups) -> Events {
    let events = Events::open(groups).unwrap();
    events.socket().set_non_blocking(true).unwrap();
    events
}

/// An event kept beyond the next one.
#[derive(Debug)]
struct Kept {
    kind: EventKind,
    flow: Flow,
    port_id: u32,
}

fn keep(event: &Event<'_>) -> Kept {
    match event.subject {
        EventSubject::Flow(flow) => Kept { kind: event.kind, flow: flow.clone(), port_id: event.port_id },
        other => panic!("an event about a flow, not {other:?}"),
    }
}

/// The next event, which may take a moment when a packet causes it.
fn wait(events: &mut Events) -> Kept {
    let deadline = Instant::now() + testing::CEILING;
    loop {
        match events.next() {
            Ok(event) => return keep(&event),
            Err(Error::Os(libc::EAGAIN)) if Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(1));
            }
            Err(error) => panic!("no event: {error}"),
        }
    }
}

/// Everything that has arrived: requests cause their events before they are acknowledged.
fn arrived(events: &mut Events) -> Vec<Kept> {
    let mut all = Vec::new();
    loop {
        match events.next() {
            Ok(event) => all.push(keep(&event)),
            Err(Error::Os(libc::EAGAIN)) => return all,
            Err(error) => panic!("{error}"),
        }
    }
}

fn kinds(events: &[Kept]) -> Vec<EventKind> {
    events.iter().map(|event| event.kind).collect()
}

#[test]
fn requests_cause_events_with_their_port_id() {
    isolated(|| {
        let mut events = listen(Groups::FLOWS);
        let mut handle = table(&[udp(1)]);
        let mut change = udp(1);
        change.set_mark(0x42);
        handle.update(&change).unwrap();
        handle.delete(&udp(1)).unwrap();

        let seen = arrived(&mut events);
        assert_eq!(kinds(&seen), [EventKind::New, EventKind::Update, EventKind::Destroy]);
        for event in &seen {
            assert_eq!(event.port_id, handle.socket().port_id());
            assert_eq!(event.flow.tuple(Dir::Orig), udp(1).tuple(Dir::Orig));
            assert_eq!(event.flow.tuple(Dir::Reply), udp(1).tuple(Dir::Reply));
            assert_eq!(event.flow.id(), seen[0].flow.id());
        }
        assert_eq!(seen[1].flow.mark(), Some(0x42));
        assert!(seen[0].flow.timeout_secs().is_some());
        assert_eq!(seen[2].flow.status().unwrap() & IPS_DYING, IPS_DYING);
    });
}

#[test]
fn only_the_groups_asked_for_arrive() {
    isolated(|| {
        let cases = [
            (Groups::NEW, vec![EventKind::New]),
            (Groups::UPDATE, vec![EventKind::Update]),
            (Groups::DESTROY, vec![EventKind::Destroy]),
            (Groups::NEW | Groups::DESTROY, vec![EventKind::New, EventKind::Destroy]),
            (Groups::EXPECTATIONS, vec![]),
        ];
        for (groups, expected) in cases {
            let mut events = listen(groups);
            let mut handle = table(&[udp(1)]);
            handle.update(&udp(1)).unwrap();
            handle.delete(&udp(1)).unwrap();
            assert_eq!(kinds(&arrived(&mut events)), expected, "{groups:?}");
        }
    });
}

#[test]
fn a_flush_ends_every_flow() {
    isolated(|| {
        let mut events = listen(Groups::DESTROY);
        let mut handle = table(&(1..=50).map(udp).collect::<Vec<_>>());
        handle.flush().unwrap();
        let mut ports: Vec<u16> =
            arrived(&mut events).iter().map(|event| event.flow.tuple(Dir::Orig).l4_src()).collect();
        ports.sort_unstable();
        assert_eq!(ports, (1..=50).collect::<Vec<_>>());
    });
}

#[test]
fn an_expired_flow_ends_without_a_port_id() {
    isolated(|| {
        let mut events = listen(Groups::DESTROY);
        let mut brief = udp(1);
        brief.set_timeout_secs(0);
        let mut handle = table(&[brief]);
        testing::wait_until("the dump reaps it", || count(&mut handle) == 0);
        let event = wait(&mut events);
        assert_eq!((event.kind, event.port_id), (EventKind::Destroy, 0));
        assert_eq!(event.flow.tuple(Dir::Orig), udp(1).tuple(Dir::Orig));
    });
}

#[test]
fn no_events_come_when_they_are_switched_off() {
    isolated(|| {
        sysctl("nf_conntrack_events", 0);
        let mut events = listen(Groups::FLOWS);
        let mut handle = table(&[udp(1)]);
        handle.delete(&udp(1)).unwrap();
        assert_eq!(arrived(&mut events).len(), 0);
    });
}

#[test]
fn another_namespace_hears_nothing() {
    isolated(|| {
        let mut events = listen(Groups::FLOWS);
        isolated(|| drop(table(&[udp(1), tcp(2)])));
        assert_eq!(arrived(&mut events).len(), 0);
        let _here = table(&[udp(3)]);
        assert_eq!(arrived(&mut events).len(), 1);
    });
}

#[test]
fn datagrams_cause_new_and_update() {
    isolated(|| {
        track_packets();
        let mut events = listen(Groups::FLOWS);
        let server = UdpSocket::bind("127.0.0.1:0").unwrap();
        let client = UdpSocket::bind("127.0.0.1:0").unwrap();
        client.send_to(b"question", server.local_addr().unwrap()).unwrap();
        let new = wait(&mut events);
        assert_eq!((new.kind, new.port_id), (EventKind::New, 0));
        let (sport, dport) = (client.local_addr().unwrap().port(), server.local_addr().unwrap().port());
        assert_eq!(new.flow.tuple(Dir::Orig).protocol(), L4::Udp { sport, dport });
        assert_eq!(new.flow.status().unwrap() & IPS_SEEN_REPLY, 0);

        server.send_to(b"answer", client.local_addr().unwrap()).unwrap();
        let update = wait(&mut events);
        assert_eq!((update.kind, update.port_id), (EventKind::Update, 0));
        assert_eq!(update.flow.id(), new.flow.id());
        assert_eq!(update.flow.status().unwrap() & IPS_SEEN_REPLY, IPS_SEEN_REPLY);
    });
}

/// TCP states in the kernel's numbers.
const SYN_SENT: u8 = 1;
const SYN_RECV: u8 = 2;
const ESTABLISHED: u8 = 3;
const FIN_WAIT: u8 = 4;
const CLOSE_WAIT: u8 = 5;
const TIME_WAIT: u8 = 7;

#[test]
fn a_connection_goes_through_its_states() {
    isolated(|| {
        track_packets();
        let mut events = listen(Groups::FLOWS);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (server, _) = listener.accept().unwrap();
        drop(client);
        let mut states = Vec::new();
        let mut until = |last| {
            loop {
                let event = wait(&mut events);
                states.push((event.kind, event.flow.tcp_state().unwrap()));
                if event.flow.tcp_state() == Some(last) {
                    break event.flow;
                }
            }
        };
        // The client's end has been acknowledged before the server's comes.
        until(CLOSE_WAIT);
        drop(server);
        let last = until(TIME_WAIT);
        let expected = [
            (EventKind::New, SYN_SENT),
            (EventKind::Update, SYN_RECV),
            (EventKind::Update, ESTABLISHED),
            (EventKind::Update, FIN_WAIT),
        ];
        assert_eq!(states[..4], expected);
        assert_eq!(last.status().unwrap() & IPS_ASSURED, IPS_ASSURED);
    });
}

#[test]
fn the_end_of_a_flow_tells_its_counters_and_times() {
    isolated(|| {
        track_packets();
        sysctl("nf_conntrack_acct", 1);
        sysctl("nf_conntrack_timestamp", 1);
        let mut events = listen(Groups::DESTROY);
        let server = UdpSocket::bind("127.0.0.1:0").unwrap();
        server.send_to(b"1234", server.local_addr().unwrap()).unwrap();
        Handle::open().unwrap().flush().unwrap();
        let end = wait(&mut events).flow;
        let counters = end.counters(Dir::Orig).unwrap();
        assert_eq!((counters.packets, counters.bytes), (1, 32));
        assert!(end.stop_nanos().unwrap() > end.start_nanos().unwrap());
        if let Some(event) = end.event_nanos() {
            assert!(event >= end.start_nanos().unwrap(), "Linux 6.14 and later tell the event's own time");
        }
    });
}

#[test]
fn events_tell_zone_helper_and_labels() {
    isolated(|| {
        keep_labels();
        let mut events = listen(Groups::FLOWS);
        let mut labels = Bitmask::new(127).unwrap();
        labels.set(9);
        let mut control = flow("10.0.0.1", "10.0.0.2", L4::Tcp { sport: 1, dport: 21 });
        control.set_zone(3);
        control.set_helper_name(b"ftp");
        let mut handle = table(&[control.clone()]);
        let new = wait(&mut events);
        assert_eq!((new.flow.zone(), new.flow.helper_name()), (Some(3), Some(&b"ftp"[..])));
        control.set_labels(labels);
        handle.update(&control).unwrap();
        let update = wait(&mut events);
        assert_eq!(update.flow.labels().unwrap().iter().collect::<Vec<_>>(), [9]);
    });
}

#[test]
fn an_idle_subscription_says_so() {
    isolated(|| {
        let mut events = listen(Groups::FLOWS);
        for _ in 0..2 {
            assert_eq!(events.next().map(|event| event.kind), Err(Error::Os(libc::EAGAIN)));
        }
    });
}

#[test]
fn lost_events_are_reported_and_reading_goes_on() {
    isolated(|| {
        let mut events = listen(Groups::NEW);
        let size = events.socket().set_receive_buffer(4096).unwrap();
        assert!(size <= 8192, "the buffer is small: {size}");
        let mut handle = table(&(1..=200).map(udp).collect::<Vec<_>>());
        let (mut read, mut overruns) = (0, 0);
        loop {
            match events.next() {
                Ok(_) => read += 1,
                Err(Error::Overrun) => overruns += 1,
                Err(Error::Os(libc::EAGAIN)) => break,
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!(overruns, 1);
        assert!((1..200).contains(&read), "some arrived, some were lost: {read}");
        handle.create(&udp(1000)).unwrap();
        assert_eq!(wait(&mut events).flow.tuple(Dir::Orig).l4_src(), 1000);
        assert_eq!(count(&mut handle), 201, "the table lost nothing");
    });
}

/// After a loss the kernel queues no event until all waiting ones have been read, and reports nothing that it drops meanwhile.
#[test]
fn what_is_lost_while_the_queue_empties_is_reported_too() {
    isolated(|| {
        let mut events = listen(Groups::NEW);
        events.socket().set_receive_buffer(65536).unwrap();
        let mut handle = table(&(1..=1000).map(udp).collect::<Vec<_>>());
        assert_eq!(events.next().map(|event| event.kind), Err(Error::Overrun));
        let lost = events.lost();
        handle.create(&udp(2000)).unwrap();
        assert_eq!(events.lost(), lost + 1, "the queue has not been empty");
        let mut read = 0;
        let end = loop {
            match events.next() {
                Ok(_) => read += 1,
                Err(error) => break error,
            }
        };
        assert_eq!((end, read + events.lost()), (Error::Overrun, 1001));
        assert_eq!(events.next().map(|event| event.kind), Err(Error::Os(libc::EAGAIN)));
        handle.create(&udp(2001)).unwrap();
        assert_eq!(wait(&mut events).flow.tuple(Dir::Orig).l4_src(), 2001);
    });
}

#[test]
fn a_big_buffer_holds_a_burst() {
    isolated(|| {
        let mut events = listen(Groups::FLOWS);
        assert!(events.socket().set_receive_buffer(8 << 20).unwrap() >= 8 << 20);
        let mut handle = table(&(1..=2000).map(udp).collect::<Vec<_>>());
        handle.flush().unwrap();
        let seen = arrived(&mut events);
        let of = |kind| seen.iter().filter(|event| event.kind == kind).count();
        assert_eq!((of(EventKind::New), of(EventKind::Destroy)), (2000, 2000));
    });
}

#[test]
fn a_thread_waits_for_events_while_another_works() {
    isolated(|| {
        let mut events = Events::open(Groups::FLOWS).unwrap();
        std::thread::scope(|scope| {
            let listener = scope.spawn(move || {
                let mut seen = Vec::new();
                while seen.last() != Some(&EventKind::Destroy) {
                    seen.push(events.next().unwrap().kind);
                }
                seen
            });
            let mut handle = table(&[udp(1)]);
            assert_eq!(handle.flows().unwrap().count(), 1);
            handle.delete(&udp(1)).unwrap();
            assert_eq!(listener.join().unwrap(), [EventKind::New, EventKind::Destroy]);
        });
    });
}
