// SPDX-License-Identifier: GPL-2.0-or-later
//! The running kernel and expectations: made for a flow with a helper, found, listed, deleted, flushed; their
//! events; and one that comes true.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use netfilter_conntrack::wire::consts::{AF_INET, AF_INET6, AF_UNSPEC, IPS_EXPECTED};
use netfilter_conntrack::{
    Dir, Error, EventKind, EventSubject, Events, ExpectAttr, Expectation, Flow, Groups, Handle, L4,
};
use std::net::{TcpListener, TcpStream};
use testing::{count, flow, ip, isolated, tcp, track_packets};

/// The control connection of FTP, with its helper.
fn control(sport: u16) -> Flow {
    let mut flow = flow("127.0.0.1", "127.0.0.1", L4::Tcp { sport, dport: 21 });
    flow.set_helper_name(b"ftp");
    flow
}

fn tuple(src: &str, dst: &str, l4: L4) -> Flow {
    let mut tuple = Flow::new();
    tuple.set_tuple(Dir::Orig, ip(src), ip(dst), l4);
    tuple
}

/// The data connection that `master` announces, from any source port to `dport`.
fn data(master: &Flow, dport: u16) -> Expectation {
    let mut expect = Expectation::new();
    expect.set_tuple(ExpectAttr::Master, master);
    let expected = tuple("127.0.0.1", "127.0.0.1", L4::Tcp { sport: 0, dport });
    expect.set_tuple(ExpectAttr::Expected, &expected);
    let mask = tuple("255.255.255.255", "255.255.255.255", L4::Tcp { sport: 0, dport: 0xffff });
    expect.set_tuple(ExpectAttr::Mask, &mask);
    expect.set_number(ExpectAttr::Timeout, 60);
    expect
}

/// A handle with one control connection in the table; skipped without the helper.
fn with_control() -> Handle {
    let mut handle = Handle::open().unwrap();
    add_control(&mut handle, 1);
    handle
}

fn add_control(handle: &mut Handle, sport: u16) {
    match handle.create(&control(sport)) {
        Err(Error::Kernel(libc::EOPNOTSUPP)) => testing::skip("this kernel has no ftp helper"),
        created => created.unwrap(),
    }
}

fn expected_ports(handle: &mut Handle, family: u8) -> Vec<u16> {
    let mut ports = Vec::new();
    let mut list = handle.list_expectations(family).unwrap();
    while let Some(expect) = list.next().unwrap() {
        ports.push(expect.tuple(ExpectAttr::Expected).l4_dst());
    }
    ports.sort_unstable();
    ports
}

#[test]
fn an_expectation_is_made_and_found() {
    isolated(|| {
        let mut handle = with_control();
        let asked = data(&control(1), 5000);
        handle.create_expectation(&asked).unwrap();
        let found = handle.expectation(&asked).unwrap();
        for which in [ExpectAttr::Master, ExpectAttr::Expected] {
            assert_eq!(found.tuple(which), asked.tuple(which), "{which:?}");
        }
        let mask = found.tuple(ExpectAttr::Mask);
        assert_eq!((mask.src(), mask.l4_src(), mask.l4_dst()), (Some(ip("255.255.255.255")), 0, 0xffff));
        assert_eq!(found.text(ExpectAttr::HelperName), Some(&b"ftp"[..]));
        assert_eq!(found.number(ExpectAttr::Class), Some(0));
        assert_eq!(found.number(ExpectAttr::Flags), Some(0));
        let timeout = found.number(ExpectAttr::Timeout).unwrap();
        assert!((1..=300).contains(&timeout), "the helper's own policy decides: {timeout}");
    });
}

#[test]
fn refusals_say_why() {
    isolated(|| {
        let mut handle = with_control();
        let kernel = |errno| Err(Error::Kernel(errno));
        let asked = data(&control(1), 5000);
        assert_eq!(handle.create_expectation(&data(&control(2), 5000)), kernel(libc::ENOENT), "no master");
        handle.create(&tcp(3)).unwrap();
        assert_eq!(handle.create_expectation(&data(&tcp(3), 5000)), kernel(libc::EOPNOTSUPP), "no helper");
        let mut maskless = asked;
        maskless.unset(ExpectAttr::Mask);
        assert_eq!(handle.create_expectation(&maskless), kernel(libc::EINVAL));
        handle.create_expectation(&asked).unwrap();
        assert_eq!(handle.create_expectation(&asked), kernel(libc::EEXIST));
        let absent = data(&control(1), 5001);
        assert_eq!(handle.expectation(&absent).map(drop), kernel(libc::ENOENT));
        assert_eq!(handle.delete_expectation(&absent), kernel(libc::ENOENT));
        assert_eq!(expected_ports(&mut handle, AF_UNSPEC), [5000]);
    });
}

#[test]
fn delete_takes_the_named_expectation_only() {
    isolated(|| {
        let mut handle = with_control();
        add_control(&mut handle, 2);
        handle.create_expectation(&data(&control(1), 5000)).unwrap();
        handle.create_expectation(&data(&control(2), 5001)).unwrap();
        assert_eq!(expected_ports(&mut handle, AF_UNSPEC), [5000, 5001]);
        handle.delete_expectation(&data(&control(1), 5000)).unwrap();
        assert_eq!(expected_ports(&mut handle, AF_UNSPEC), [5001]);
    });
}

#[test]
fn a_delete_that_names_nothing_is_refused_and_the_table_untouched() {
    isolated(|| {
        let mut handle = with_control();
        handle.create_expectation(&data(&control(1), 5000)).unwrap();
        let mut masterful = Expectation::new();
        masterful.set_tuple(ExpectAttr::Master, &control(1));
        let mut family_less = Expectation::new();
        family_less.set_tuple(ExpectAttr::Expected, &Flow::new());
        let mut helpful = Expectation::new();
        helpful.set_text(ExpectAttr::HelperName, b"ftp");
        for nameless in [Expectation::new(), masterful, family_less, helpful] {
            assert!(matches!(handle.delete_expectation(&nameless), Err(Error::Invalid(_))), "{nameless:?}");
        }
        assert_eq!(expected_ports(&mut handle, AF_UNSPEC), [5000]);
    });
}

#[test]
fn lists_go_by_family_and_may_be_stopped() {
    isolated(|| {
        let mut handle = with_control();
        add_control(&mut handle, 2);
        handle.create_expectation(&data(&control(1), 5000)).unwrap();
        handle.create_expectation(&data(&control(2), 5001)).unwrap();
        assert_eq!(expected_ports(&mut handle, AF_INET), [5000, 5001]);
        assert_eq!(expected_ports(&mut handle, AF_INET6), []);
        assert!(handle.list_expectations(AF_UNSPEC).unwrap().next().unwrap().is_some());
        assert_eq!(expected_ports(&mut handle, AF_UNSPEC), [5000, 5001]);
    });
}

#[test]
fn flush_takes_expectations_and_leaves_flows() {
    isolated(|| {
        let mut handle = with_control();
        handle.create_expectation(&data(&control(1), 5000)).unwrap();
        handle.flush_expectations().unwrap();
        assert_eq!(expected_ports(&mut handle, AF_UNSPEC), []);
        assert_eq!(count(&mut handle), 1);
        let deleted: u32 =
            handle.expectation_cpu_statistics().unwrap().iter().filter_map(|stats| stats.get(3)).sum();
        assert_eq!(deleted, 1);
    });
}

#[test]
fn expectations_end_with_their_master() {
    isolated(|| {
        let mut handle = with_control();
        handle.create_expectation(&data(&control(1), 5000)).unwrap();
        handle.delete(&control(1)).unwrap();
        assert_eq!(expected_ports(&mut handle, AF_UNSPEC), []);
    });
}

#[test]
fn expectations_have_events() {
    isolated(|| {
        let mut events = Events::open(Groups::EXPECTATIONS).unwrap();
        events.socket().set_non_blocking(true).unwrap();
        let mut handle = with_control();
        handle.create_expectation(&data(&control(1), 5000)).unwrap();
        handle.delete_expectation(&data(&control(1), 5000)).unwrap();
        handle.create_expectation(&data(&control(1), 5001)).unwrap();
        handle.flush_expectations().unwrap();
        let mut seen = Vec::new();
        while let Ok(event) = events.next() {
            let EventSubject::Expectation(expect) = event.subject else { panic!("{event:?}") };
            assert_eq!(event.port_id, handle.socket().port_id());
            assert_eq!(expect.tuple(ExpectAttr::Master).l4_dst(), 21);
            seen.push((event.kind, expect.tuple(ExpectAttr::Expected).l4_dst()));
        }
        let (new, end) = (EventKind::New, EventKind::Destroy);
        assert_eq!(seen, [(new, 5000), (end, 5000), (new, 5001), (end, 5001)]);
    });
}

#[test]
fn a_connection_that_was_expected_says_so() {
    isolated(|| {
        track_packets();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut handle = with_control();
        handle.create_expectation(&data(&control(1), port)).unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let sport = client.local_addr().unwrap().port();
        let found = handle.get(&flow("127.0.0.1", "127.0.0.1", L4::Tcp { sport, dport: port })).unwrap();
        assert_eq!(found.status().unwrap() & IPS_EXPECTED, IPS_EXPECTED);
        assert_eq!(found.tuple(Dir::Master).protocol(), L4::Tcp { sport: 1, dport: 21 });
        assert_eq!(expected_ports(&mut handle, AF_UNSPEC), [], "it came true, once");
    });
}
