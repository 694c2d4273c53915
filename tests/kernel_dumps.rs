// SPDX-License-Identifier: GPL-2.0-or-later
//! The running kernel and lists: dumps read whole, in part and not at all, kernel-side filters, counters
//! zeroed while they are read, statistics, several handles.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use netfilter_conntrack::filter::dump::Masked;
use netfilter_conntrack::flow::tuple::L4Kind;
use netfilter_conntrack::request::Table;
use netfilter_conntrack::stats::CPU_COUNTERS;
use netfilter_conntrack::sys::Socket;
use netfilter_conntrack::wire::consts::{
    AF_INET, AF_INET6, IPPROTO_UDPLITE, IPS_ASSURED, IPS_DYING, IPS_SEEN_REPLY,
};
use netfilter_conntrack::{Attr, Dir, DumpFilter, Error, Flow, Handle, L4};
use std::fs::File;
use std::mem::ManuallyDrop;
use std::os::unix::net::UnixDatagram;
use testing::{count, flow, isolated, need_linux, sports, sysctl, table, tcp, track_packets, udp, udplite};

/// More flows than are ever received ahead, by far.
const MANY: u16 = 8000;

fn many() -> Vec<Flow> {
    (1..=MANY).map(udp).collect()
}

fn all() -> DumpFilter {
    DumpFilter::new()
}

#[test]
fn an_empty_table_lists_nothing() {
    isolated(|| {
        let mut handle = Handle::open().unwrap();
        for ahead in [false, true] {
            handle.read_ahead(ahead);
            assert_eq!(count(&mut handle), 0);
            assert_eq!(handle.flows().unwrap().count(), 0);
        }
    });
}

#[test]
fn callback_and_iterator_read_every_flow_once() {
    isolated(|| {
        let mut handle = table(&many());
        let expected: Vec<u16> = (1..=MANY).collect();
        for ahead in [false, true, true] {
            handle.read_ahead(ahead);
            assert_eq!(sports(&mut handle, &all()), expected);
        }
        let mut iterated: Vec<u16> =
            handle.flows().unwrap().map(|flow| flow.unwrap().tuple(Dir::Orig).l4_src()).collect();
        iterated.sort_unstable();
        assert_eq!(iterated, expected);
    });
}

/// Reads `some` flows, then stops.
fn stop_after(handle: &mut Handle, some: usize) {
    let mut list = handle.entries().open().unwrap();
    for _ in 0..some {
        assert!(list.next().unwrap().is_some());
    }
}

#[test]
fn a_dump_stopped_anywhere_does_not_disturb_what_follows() {
    isolated(|| {
        let mut handle = table(&many());
        let total = usize::from(MANY);
        let places = [1, 2, 20, total / 2, total - 1, total];
        for (ahead, some) in
            places.map(|some| (false, some)).into_iter().chain(places.map(|some| (true, some)))
        {
            handle.read_ahead(ahead);
            stop_after(&mut handle, some);
            assert_eq!(handle.get(&udp(7)).unwrap().tuple(Dir::Orig).l4_src(), 7, "after {some}");
            stop_after(&mut handle, some);
            assert_eq!(
                handle.get(&udp(MANY + 1)).map(drop),
                Err(Error::Kernel(libc::ENOENT)),
                "after {some}"
            );
            stop_after(&mut handle, some);
            assert_eq!(count(&mut handle), total, "after {some}");
        }
    });
}

#[test]
fn an_iterator_dropped_anywhere_does_not_disturb_what_follows() {
    isolated(|| {
        let mut handle = table(&many());
        let total = usize::from(MANY);
        for some in [0, 1, 20, total / 2, total - 1, total] {
            assert_eq!(handle.flows().unwrap().take(some).filter(Result::is_ok).count(), some);
            assert_eq!(handle.statistics().unwrap().entries, u32::from(MANY), "after {some}");
            assert_eq!(handle.flows().unwrap().take(some).filter(Result::is_ok).count(), some);
            assert_eq!(handle.flows().unwrap().count(), total, "after {some}");
        }
    });
}

#[test]
fn a_list_that_is_leaked_leaves_no_thread_that_takes_other_answers() {
    isolated(|| {
        let mut handle = table(&many());
        for ahead in [true, false] {
            for some in [0, 1, 500] {
                let mut list = ManuallyDrop::new(handle.entries().read_ahead(ahead).open().unwrap());
                for _ in 0..some {
                    assert!(list.next().unwrap().is_some());
                }
                assert_eq!(handle.statistics().unwrap().entries, u32::from(MANY));
                assert_eq!(count(&mut handle), usize::from(MANY));
            }
        }
    });
}

#[test]
fn a_small_dump_stopped_at_its_last_flow_is_over() {
    isolated(|| {
        let mut handle = table(&[udp(1), udp(2)]);
        for (ahead, some) in [(false, 1), (false, 2), (true, 1), (true, 2)] {
            handle.read_ahead(ahead);
            stop_after(&mut handle, some);
            stop_after(&mut handle, some);
            assert_eq!(handle.flows().unwrap().take(some).count(), some);
            assert_eq!(count(&mut handle), 2);
        }
    });
}

#[test]
fn a_list_goes_on_after_an_overrun() {
    const SOME: u16 = 1000;
    const GROUP_NEW: u32 = 1;
    isolated(|| {
        for way in ["iterator", "list", "list received ahead"] {
            let mut handle = Handle::open().unwrap();
            handle.socket().join(GROUP_NEW).unwrap();
            handle.socket().set_receive_buffer(1 << 16).unwrap(); // the machine's own may be large
            let mut other = table(&(1..=SOME).map(udp).collect::<Vec<_>>()); // and their events find no room
            handle.read_ahead(way == "list received ahead");
            let mut listed = 0;
            let errors: Vec<Error> = if way == "iterator" {
                let (flows, errors): (Vec<_>, Vec<_>) = handle.flows().unwrap().partition(Result::is_ok);
                listed = flows.len();
                errors.into_iter().filter_map(Result::err).collect()
            } else {
                let mut list = handle.entries().open().unwrap();
                let end = loop {
                    match list.next() {
                        Ok(Some(_)) => listed += 1,
                        end => break end.map(drop),
                    }
                };
                end.err().into_iter().collect()
            };
            assert_eq!((listed, errors), (usize::from(SOME), vec![Error::Overrun]), "{way}");
            assert_eq!(handle.get(&udp(7)).unwrap().tuple(Dir::Orig).l4_src(), 7, "{way}");
            other.flush().unwrap();
        }
    });
}

#[test]
fn only_a_netlink_socket_is_adopted() {
    isolated(|| {
        let open = Socket::open(0).unwrap();
        let port_id = open.port_id();
        assert_eq!(Socket::adopt(open.into_fd()).unwrap().port_id(), port_id);
        let file = File::open("/dev/null").unwrap();
        assert_eq!(Socket::adopt(file.into()).map(drop), Err(Error::Os(libc::ENOTSOCK)));
        let other = UnixDatagram::unbound().unwrap();
        assert!(matches!(Socket::adopt(other.into()), Err(Error::Invalid(_))));
    });
}

#[test]
fn an_iterator_stays_at_its_end() {
    isolated(|| {
        let mut handle = table(&[udp(1)]);
        let mut flows = handle.flows().unwrap();
        assert!(flows.next().unwrap().is_ok());
        for _ in 0..3 {
            assert!(flows.next().is_none());
        }
    });
}

#[test]
fn expired_flows_are_not_listed() {
    isolated(|| {
        let mut brief = udp(1);
        brief.set_timeout_secs(0);
        let mut handle = table(&[brief, udp(2)]);
        testing::wait_until("the expired one is gone", || sports(&mut handle, &all()) == [2]);
    });
}

#[test]
fn counters_are_read_and_zeroed_in_one_go() {
    isolated(|| {
        track_packets();
        sysctl("nf_conntrack_acct", 1);
        let server = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let client = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        client.send_to(b"1234", server.local_addr().unwrap()).unwrap();
        client.send_to(b"1234", server.local_addr().unwrap()).unwrap();
        let mut handle = Handle::open().unwrap();
        let mut read = |zero| {
            let mut seen = Vec::new();
            let mut list = handle.entries().zero_counters(zero).open().unwrap();
            while let Some(flow) = list.next().unwrap() {
                let counters = flow.counters(Dir::Orig).unwrap();
                seen.push((counters.packets, counters.bytes));
            }
            seen
        };
        assert_eq!(read(false), [(2, 64)]);
        assert_eq!(read(true), [(2, 64)]);
        assert_eq!(read(false), [(0, 0)]);
        client.send_to(b"12345", server.local_addr().unwrap()).unwrap();
        assert_eq!(read(true), [(1, 33)]);
    });
}

#[test]
fn counters_of_flows_that_do_not_pass_are_not_zeroed() {
    isolated(|| {
        track_packets();
        sysctl("nf_conntrack_acct", 1);
        let server = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        server.send_to(b"1234", server.local_addr().unwrap()).unwrap();
        let mut handle = Handle::open().unwrap();
        let marked = DumpFilter { mark: Some(Masked { value: 1, mask: !0 }), ..all() };
        let mut list = handle.entries().zero_counters(true).filter(&marked).open().unwrap();
        assert!(list.next().unwrap().is_none(), "no flow has the mark");
        drop(list);
        let flow = handle.flows().unwrap().next().unwrap().unwrap();
        assert_eq!(flow.counters(Dir::Orig).unwrap().packets, 1);
    });
}

#[test]
fn the_lists_of_dying_and_unconfirmed_entries_end() {
    isolated(|| {
        let mut handle = table(&[udp(1)]);
        for list in [Table::Dying, Table::Unconfirmed] {
            let mut entries = handle.entries().table(list).open().unwrap();
            assert!(entries.next().unwrap().is_none(), "{list:?}");
        }
        assert_eq!(count(&mut handle), 1);
    });
}

#[test]
fn flows_whose_end_could_not_be_told_are_listed_as_dying() {
    isolated(|| {
        let _listener = testing::deaf_listener();
        let mut handle = table(&(1..=100).map(udp).collect::<Vec<_>>());
        handle.flush().unwrap();
        let mut dying = Vec::new();
        let mut list = handle.entries().table(Table::Dying).open().unwrap();
        while let Some(flow) = list.next().unwrap() {
            dying.push(flow.status().unwrap());
        }
        drop(list);
        assert!((1..100).contains(&dying.len()), "some ends were told, the rest waits: {}", dying.len());
        assert!(dying.iter().all(|status| status & IPS_DYING != 0));
        assert_eq!(count(&mut handle), 0);
    });
}

#[test]
fn a_handle_that_never_waits_gets_its_answers_too() {
    isolated(|| {
        let mut handle = Handle::open().unwrap();
        handle.socket().set_non_blocking(true).unwrap();
        for flow in many() {
            handle.create(&flow).unwrap();
        }
        assert_eq!(count(&mut handle), usize::from(MANY));
        handle.get(&udp(1)).unwrap();
    });
}

fn masked(value: u32, mask: u32) -> Option<Masked> {
    Some(Masked { value, mask })
}

/// 1 has nothing, 2 and 3 marks, 4 and 5 status bits, 6 to 8 a zone: of both directions, the original, the reply.
fn assorted() -> Vec<Flow> {
    let mut flows: Vec<Flow> = (1..=8).map(udp).collect();
    flows[1].set_mark(0x12);
    flows[2].set_mark(0x22);
    flows[3].set_status(IPS_SEEN_REPLY);
    flows[4].set_status(IPS_SEEN_REPLY | IPS_ASSURED);
    flows[5].set_zone(4);
    flows[6].set_orig_zone(4);
    flows[7].set_reply_zone(4);
    flows.push(flow("fd00::1", "fd00::2", L4::Udp { sport: 9, dport: 53 }));
    flows
}

/// Asserts which of the assorted flows pass each filter, read in both ways.
fn pass(cases: &[(DumpFilter, &[u16])]) {
    let mut handle = table(&assorted());
    for (filter, passing) in cases {
        assert_eq!(sports(&mut handle, filter), *passing, "{filter:?}");
        let iterated = handle.flows_matching(filter).unwrap().filter(Result::is_ok).count();
        assert_eq!(iterated, passing.len(), "{filter:?}");
    }
}

#[test]
fn mark_and_family_filter_in_the_kernel() {
    isolated(|| {
        pass(&[
            (all(), &[1, 2, 3, 4, 5, 6, 7, 8, 9]),
            (DumpFilter { mark: masked(0x12, !0), ..all() }, &[2]),
            (DumpFilter { mark: masked(0x02, 0x0f), ..all() }, &[2, 3]),
            (DumpFilter { mark: masked(0, !0), ..all() }, &[1, 4, 5, 6, 7, 8, 9]),
            (DumpFilter { mark: masked(0x13, 0x02), ..all() }, &[]),
            (DumpFilter { family: Some(AF_INET6), ..all() }, &[9]),
            (DumpFilter { family: Some(AF_INET), ..all() }, &[1, 2, 3, 4, 5, 6, 7, 8]),
            (DumpFilter { family: Some(7), ..all() }, &[]),
            (DumpFilter { mark: masked(0x20, 0x20), family: Some(AF_INET), ..all() }, &[3]),
        ]);
    });
}

#[test]
fn status_filters_in_the_kernel() {
    isolated(|| {
        need_linux((5, 15));
        pass(&[
            (DumpFilter { status: masked(IPS_SEEN_REPLY, IPS_SEEN_REPLY), ..all() }, &[4, 5]),
            (DumpFilter { status: masked(IPS_ASSURED, IPS_ASSURED), ..all() }, &[5]),
            (DumpFilter { status: masked(0, IPS_SEEN_REPLY), ..all() }, &[1, 2, 3, 6, 7, 8, 9]),
        ]);
    });
}

#[test]
fn zone_filters_in_the_kernel() {
    isolated(|| {
        need_linux((6, 8));
        pass(&[
            (DumpFilter { zone: Some(4), ..all() }, &[6, 7, 8]),
            (DumpFilter { zone: Some(0), ..all() }, &[1, 2, 3, 4, 5, 9]),
            (DumpFilter { zone: Some(0), mark: masked(0x20, 0x20), family: Some(AF_INET), ..all() }, &[3]),
        ]);
    });
}

#[test]
fn a_status_filter_without_bits_is_refused_by_the_kernel() {
    isolated(|| {
        need_linux((5, 15));
        let mut handle = table(&[udp(1)]);
        let filter = DumpFilter { status: masked(0, 0), ..all() };
        let refused = handle.entries().filter(&filter).open().unwrap().next().map(drop);
        assert_eq!(refused, Err(Error::Kernel(libc::EINVAL)));
        assert_eq!(count(&mut handle), 1, "the handle goes on");
    });
}

/// A filter on what the closure sets in the original tuple.
fn by_tuple(set: impl FnOnce(&mut Flow)) -> DumpFilter {
    let mut tuple = Flow::new();
    set(&mut tuple);
    DumpFilter { tuple: Some(Box::new(tuple)), ..all() }
}

#[test]
fn addresses_protocols_and_ports_filter_in_the_kernel() {
    isolated(|| {
        let echo = |id| flow("10.0.0.1", "10.0.0.2", L4::Icmp { kind: 8, code: 0, id });
        let other = flow("10.0.0.3", "10.0.0.4", L4::Udp { sport: 4, dport: 99 });
        let v6 = flow("fd00::1", "fd00::2", L4::Tcp { sport: 7, dport: 80 });
        let mut handle = table(&[udp(1), tcp(2), tcp(3), other, echo(5), echo(6), v6]);
        let family = |flow: &mut Flow, family| flow.set_bytes(Attr::OrigL3proto, &[family]);
        let protocol = |flow: &mut Flow, number| flow.set_bytes(Attr::OrigL4proto, &[number]);
        let cases: [(DumpFilter, &[u16]); 8] = [
            (by_tuple(|flow| family(flow, AF_INET)), &[1, 2, 3, 4, 5, 6]),
            (
                by_tuple(|flow| {
                    family(flow, AF_INET);
                    flow.set_bytes(Attr::OrigIpv4Src, &[10, 0, 0, 3]);
                }),
                &[4],
            ),
            (
                by_tuple(|flow| {
                    family(flow, AF_INET);
                    flow.set_bytes(Attr::OrigIpv4Dst, &[10, 0, 0, 2]);
                }),
                &[1, 2, 3, 5, 6],
            ),
            (
                by_tuple(|flow| {
                    family(flow, AF_INET);
                    protocol(flow, 6);
                }),
                &[2, 3],
            ),
            (
                by_tuple(|flow| {
                    family(flow, AF_INET);
                    protocol(flow, 6);
                    flow.set_bytes(Attr::OrigPortSrc, &3u16.to_be_bytes());
                }),
                &[3],
            ),
            (
                by_tuple(|flow| {
                    family(flow, AF_INET);
                    protocol(flow, 17);
                    flow.set_bytes(Attr::OrigPortDst, &99u16.to_be_bytes());
                }),
                &[4],
            ),
            (
                by_tuple(|flow| {
                    family(flow, AF_INET);
                    protocol(flow, 1);
                    flow.set_bytes(Attr::IcmpType, &[8]);
                    flow.set_bytes(Attr::IcmpId, &6u16.to_be_bytes());
                }),
                &[6],
            ),
            (
                by_tuple(|flow| {
                    family(flow, AF_INET6);
                    protocol(flow, 6);
                }),
                &[7],
            ),
        ];
        for (filter, passing) in cases {
            assert_eq!(sports(&mut handle, &filter), passing, "{filter:?}");
        }
    });
}

#[test]
fn a_tuple_filter_needs_one_family() {
    isolated(|| {
        let mut handle = table(&[udp(1)]);
        let family_less = by_tuple(|flow| flow.set_bytes(Attr::OrigL4proto, &[17]));
        let mut two = by_tuple(|flow| flow.set_bytes(Attr::OrigL3proto, &[AF_INET]));
        two.family = Some(AF_INET6);
        for filter in [family_less, two] {
            assert!(matches!(handle.flows_matching(&filter).map(drop), Err(Error::Invalid(_))), "{filter:?}");
        }
        assert_eq!(count(&mut handle), 1);
    });
}

#[test]
fn statistics_tell_the_fill_level() {
    isolated(|| {
        let mut handle = table(&[udp(1), udp(2), tcp(3)]);
        let stats = handle.statistics().unwrap();
        assert_eq!(stats.entries, 3);
        let limit = std::fs::read_to_string("/proc/sys/net/netfilter/nf_conntrack_max").unwrap();
        assert_eq!(stats.max_entries.unwrap().to_string(), limit.trim());
        handle.flush().unwrap();
        assert_eq!(handle.statistics().unwrap().entries, 0);
    });
}

#[test]
fn every_cpu_has_its_counters() {
    isolated(|| {
        let number = |name| CPU_COUNTERS.iter().position(|&known| known == name).unwrap();
        let mut handle = table(&many());
        let cpus = handle.cpu_statistics().unwrap();
        let numbers: Vec<usize> = cpus.iter().map(|stats| usize::from(stats.cpu)).collect();
        assert_eq!(numbers, (0..cpus.len()).collect::<Vec<_>>());
        assert!(cpus.len() >= std::thread::available_parallelism().unwrap().get());
        let sum = |name| cpus.iter().filter_map(|stats| stats.get(number(name))).sum::<u32>();
        assert_eq!(sum("insert"), u32::from(MANY));
        assert_eq!(sum("drop") + sum("insert_failed") + sum("invalid"), 0);
        let expectations = handle.expectation_cpu_statistics().unwrap();
        assert_eq!(expectations.len(), cpus.len());
        assert!(expectations.iter().all(|stats| stats.iter().map(|(number, _)| number).eq(1..=3)));
    });
}

#[test]
fn two_handles_work_at_the_same_time() {
    isolated(|| {
        let mut first = table(&many());
        let mut second = Handle::open().unwrap();
        let mut slow = first.flows().unwrap();
        assert!(slow.next().unwrap().is_ok());
        assert_eq!(count(&mut second), usize::from(MANY), "the first one's dump is still running");
        assert_eq!(slow.filter(Result::is_ok).count(), usize::from(MANY) - 1);
        assert_ne!(first.socket().port_id(), second.socket().port_id());
    });
}

#[test]
fn two_threads_with_a_handle_each_do_not_mix() {
    isolated(|| {
        std::thread::scope(|scope| {
            for base in [10_000, 20_000] {
                scope.spawn(move || {
                    let flows: Vec<Flow> = (base..base + 500).map(udp).collect();
                    let mut handle = table(&flows);
                    for flow in &flows {
                        assert_eq!(handle.get(flow).unwrap().tuple(Dir::Orig), flow.tuple(Dir::Orig));
                    }
                    let own = |port: &&u16| (base..base + 500).contains(*port);
                    assert_eq!(sports(&mut handle, &all()).iter().filter(own).count(), 500);
                });
            }
        });
        assert_eq!(count(&mut Handle::open().unwrap()), 1000);
    });
}

#[test]
fn a_table_of_all_kinds_reads_back_as_created() {
    isolated(|| {
        let mut handle = Handle::open().unwrap();
        let protocols = [6, 17, 47, 50, 51, 89, 132, 136, 255];
        let mut created = Vec::new();
        for (src, dst) in [("10.0.0.1", "10.0.0.2"), ("fd00::1", "fd00::2")] {
            for number in protocols {
                let l4 = match netfilter_conntrack::flow::tuple::l4_kind(number) {
                    L4Kind::None => L4::Other(number),
                    _ if number == IPPROTO_UDPLITE => udplite(0x102, 0x304),
                    _ => {
                        let mut flow = Flow::new();
                        flow.set_bytes(Attr::OrigL4proto, &[number]);
                        flow.set_bytes(Attr::OrigPortSrc, &[1, 2]);
                        flow.set_bytes(Attr::OrigPortDst, &[3, 4]);
                        flow.tuple(Dir::Orig).protocol()
                    }
                };
                let flow = flow(src, dst, l4);
                handle.create(&flow).unwrap();
                created.push(flow);
            }
        }
        let listed: Vec<Flow> = handle.flows().unwrap().map(Result::unwrap).collect();
        assert_eq!(listed.len(), created.len());
        for flow in &created {
            let same = |other: &&Flow| other.tuple(Dir::Orig) == flow.tuple(Dir::Orig);
            assert_eq!(listed.iter().filter(same).count(), 1, "{:?}", flow.tuple(Dir::Orig).protocol());
        }
    });
}
