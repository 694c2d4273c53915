// SPDX-License-Identifier: GPL-2.0-or-later
//! The running kernel and single flows: create, look up, change, delete, flush; every protocol, zones,
//! translations, labels, protocol state, counters and timestamps.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use netfilter_conntrack::filter::dump::Masked;
use netfilter_conntrack::flow::option::NatPart;
use netfilter_conntrack::wire::consts::{
    AF_INET, AF_INET6, IPS_ASSURED, IPS_CONFIRMED, IPS_DST_NAT, IPS_DST_NAT_DONE, IPS_EXPECTED, IPS_HELPER,
    IPS_SEEN_REPLY, IPS_SEQ_ADJUST, IPS_SRC_NAT, IPS_SRC_NAT_DONE,
};
use netfilter_conntrack::{Attr, Bitmask, Dir, DumpFilter, Error, Flow, Handle, L4};
use testing::{
    TIMEOUT_SECS, count, flow, ip, isolated, keep_labels, key, load, sports, sysctl, table, tcp,
    track_packets, udp, udplite,
};

fn kernel<T>(errno: i32) -> Result<T, Error> {
    Err(Error::Kernel(errno))
}

/// The error of a request that the kernel was never asked.
fn is_refused(result: Result<(), Error>) -> bool {
    matches!(result, Err(Error::Invalid(_) | Error::Unsupported(_)))
}

const V4: (&str, &str) = ("10.0.0.1", "10.0.0.2");
const V6: (&str, &str) = ("fd00::1", "fd00::2");

/// One flow for each protocol and family that the kernel tracks, and one that it only knows by number.
fn every_protocol() -> Vec<Flow> {
    let both = [
        L4::Tcp { sport: 1001, dport: 80 },
        L4::Udp { sport: 1002, dport: 53 },
        udplite(1003, 54),
        L4::Sctp { sport: 1004, dport: 55 },
        L4::Gre { src_key: 1005, dst_key: 56 },
        L4::Other(50),
    ];
    let mut flows = vec![
        flow(V4.0, V4.1, L4::Icmp { kind: 8, code: 0, id: 77 }),
        flow(V6.0, V6.1, L4::IcmpV6 { kind: 128, code: 0, id: 78 }),
    ];
    for (src, dst) in [V4, V6] {
        flows.extend(both.map(|l4| flow(src, dst, l4)));
    }
    flows
}

fn mirrored(flow: &Flow, of: Dir) -> (std::net::IpAddr, std::net::IpAddr) {
    let tuple = flow.tuple(of);
    (tuple.dst().unwrap(), tuple.src().unwrap())
}

#[test]
fn every_protocol_is_created_and_found_by_either_tuple() {
    isolated(|| {
        let flows = every_protocol();
        let mut handle = table(&flows);
        for flow in &flows {
            let what = flow.tuple(Dir::Orig).protocol();
            let found = handle.get(&key(flow, Dir::Orig)).unwrap();
            assert_eq!(found.tuple(Dir::Orig), flow.tuple(Dir::Orig), "{what:?}");
            assert_eq!(found.tuple(Dir::Reply), flow.tuple(Dir::Reply), "{what:?}");
            let reply = found.tuple(Dir::Reply);
            assert_eq!((reply.src().unwrap(), reply.dst().unwrap()), mirrored(&found, Dir::Orig), "{what:?}");
            assert_eq!(handle.get(&key(&found, Dir::Reply)).unwrap().id(), found.id(), "{what:?}");
            assert!((1..=TIMEOUT_SECS).contains(&found.timeout_secs().unwrap()), "{what:?}");
            assert_eq!(found.status(), Some(IPS_CONFIRMED), "{what:?}");
            assert_eq!(found.mark(), Some(0), "{what:?}");
        }
        for flow in &flows {
            handle.delete(flow).unwrap();
        }
        assert_eq!(count(&mut handle), 0);
    });
}

#[test]
fn an_echo_answers_with_the_other_type() {
    isolated(|| {
        let mut handle = table(&[flow(V4.0, V4.1, L4::Icmp { kind: 8, code: 0, id: 7 })]);
        let found = handle.flows().unwrap().next().unwrap().unwrap();
        assert_eq!(found.tuple(Dir::Reply).protocol(), L4::Icmp { kind: 0, code: 0, id: 7 });
    });
}

#[test]
fn what_exists_is_not_created_again() {
    isolated(|| {
        let mut handle = table(&[udp(1)]);
        assert_eq!(handle.create(&udp(1)), kernel(libc::EEXIST));
        let mut crossing = udp(2);
        crossing.set_tuple(Dir::Reply, ip(V4.1), ip(V4.0), L4::Udp { sport: 53, dport: 1 });
        assert_eq!(handle.create(&crossing), kernel(libc::EEXIST), "the reply tuple is taken");
        assert_eq!(count(&mut handle), 1);
    });
}

#[test]
fn create_or_update_does_either() {
    isolated(|| {
        let mut handle = Handle::open().unwrap();
        let mut flow = udp(1);
        handle.create_or_update(&flow).unwrap();
        flow.set_mark(9);
        handle.create_or_update(&flow).unwrap();
        assert_eq!(handle.get(&flow).unwrap().mark(), Some(9));
        assert_eq!(count(&mut handle), 1);
    });
}

#[test]
fn what_is_not_there_is_not_found() {
    isolated(|| {
        let mut handle = table(&[udp(1)]);
        assert_eq!(handle.get(&udp(2)).map(drop), kernel(libc::ENOENT));
        assert_eq!(handle.update(&udp(2)), kernel(libc::ENOENT));
        assert_eq!(handle.delete(&udp(2)), kernel(libc::ENOENT));
        assert_eq!(count(&mut handle), 1);
    });
}

#[test]
fn incomplete_flows_are_not_created() {
    isolated(|| {
        let mut handle = Handle::open().unwrap();
        let mut timeless = udp(1);
        timeless.unset(Attr::Timeout);
        assert_eq!(handle.create(&timeless), kernel(libc::EINVAL));
        let mut one_way = key(&udp(1), Dir::Orig);
        one_way.set_timeout_secs(100);
        assert_eq!(handle.create(&one_way), kernel(libc::EINVAL));
        let unreachable = flow(V4.0, V4.1, L4::Icmp { kind: 3, code: 1, id: 0 });
        assert_eq!(handle.create(&unreachable), kernel(libc::EINVAL), "an ICMP error opens no flow");
        assert!(is_refused(handle.create(&Flow::new())));
        assert!(is_refused(handle.update(&Flow::new())));
        assert!(is_refused(handle.create_or_update(&Flow::new())));
        assert!(is_refused(handle.get(&Flow::new()).map(drop)));
        assert_eq!(count(&mut handle), 0);
    });
}

#[test]
fn mark_timeout_and_status_change() {
    isolated(|| {
        let mut handle = table(&[tcp(1)]);
        let mut change = key(&tcp(1), Dir::Orig);
        change.set_mark(0xdead_beef);
        change.set_timeout_secs(5000);
        change.set_status(IPS_SEEN_REPLY | IPS_ASSURED);
        handle.update(&change).unwrap();
        let found = handle.get(&change).unwrap();
        assert_eq!(found.mark(), Some(0xdead_beef));
        assert!((TIMEOUT_SECS + 1..=5000).contains(&found.timeout_secs().unwrap()));
        assert_eq!(found.status(), Some(IPS_CONFIRMED | IPS_SEEN_REPLY | IPS_ASSURED));
    });
}

#[test]
fn a_status_bit_that_is_set_stays_and_what_came_before_the_refusal_is_kept() {
    isolated(|| {
        let mut assured = tcp(1);
        assured.set_status(IPS_SEEN_REPLY | IPS_ASSURED);
        let mut handle = table(&[assured]);
        let mut change = key(&tcp(1), Dir::Orig);
        change.set_timeout_secs(7000);
        change.set_status(0);
        change.set_mark(3);
        assert_eq!(handle.update(&change), kernel(libc::EBUSY));
        let found = handle.get(&change).unwrap();
        assert_eq!(found.status(), Some(IPS_CONFIRMED | IPS_SEEN_REPLY | IPS_ASSURED));
        assert!(found.timeout_secs().unwrap() > 6000, "the timeout comes before the status");
        assert_eq!(found.mark(), Some(0), "the mark comes after it");
    });
}

#[test]
fn delete_takes_the_named_zone_only() {
    isolated(|| {
        let mut elsewhere = udp(1);
        elsewhere.set_zone(7);
        let mut handle = table(&[udp(1), elsewhere.clone()]);
        assert_eq!(count(&mut handle), 2);
        handle.delete(&elsewhere).unwrap();
        assert_eq!(handle.delete(&elsewhere), kernel(libc::ENOENT));
        let left: Vec<_> = handle.flows().unwrap().map(|flow| flow.unwrap().zone()).collect();
        assert_eq!(left, [None]);
    });
}

#[test]
fn delete_takes_no_entry_with_another_id() {
    isolated(|| {
        let mut handle = table(&[udp(1)]);
        let known = handle.get(&udp(1)).unwrap();
        let mut wrong = known.clone();
        wrong.set_id(known.id().unwrap() ^ 1);
        assert_eq!(handle.delete(&wrong), kernel(libc::ENOENT));
        assert_eq!(count(&mut handle), 1);
        handle.delete(&known).unwrap();
        assert_eq!(handle.delete(&known), kernel(libc::ENOENT), "it is gone");
        assert_eq!(count(&mut handle), 0);
    });
}

#[test]
fn a_delete_that_names_nothing_is_refused_and_the_table_untouched() {
    isolated(|| {
        let mut handle = table(&[udp(1), tcp(1), flow(V6.0, V6.1, L4::Other(50))]);
        let mut family_less = Flow::new();
        family_less.set_bytes(Attr::OrigPortDst, &53u16.to_be_bytes());
        let mut strange = udp(1);
        strange.set_bytes(Attr::OrigL3proto, &[7]);
        let mut only_id = Flow::new();
        only_id.set_id(handle.get(&udp(1)).unwrap().id().unwrap());
        let mut only_mark = Flow::new();
        only_mark.set_mark(0);
        for nameless in [Flow::new(), family_less, strange, only_id, only_mark, key(&udp(1), Dir::Reply)] {
            assert!(is_refused(handle.delete(&nameless)), "{nameless:?}");
        }
        let mut only_family = Flow::new();
        only_family.set_bytes(Attr::OrigL3proto, &[AF_INET]);
        assert_eq!(handle.delete(&only_family), kernel(libc::ENOENT), "the tuple 0.0.0.0 -> 0.0.0.0");
        assert_eq!(count(&mut handle), 3);
    });
}

#[test]
fn flush_takes_both_families() {
    isolated(|| {
        let mut handle = table(&every_protocol());
        handle.flush().unwrap();
        assert_eq!(count(&mut handle), 0);
        handle.flush().unwrap();
    });
}

/// Four flows that differ in mark, status, zone and family: 1 has nothing, 2 a mark, 3 a status, 4 a zone, 5 is IPv6.
fn assorted() -> Vec<Flow> {
    let mut flows: Vec<Flow> = (1..=4).map(udp).collect();
    flows[1].set_mark(0x12);
    flows[2].set_status(IPS_SEEN_REPLY);
    flows[3].set_zone(4);
    flows.push(flow(V6.0, V6.1, L4::Udp { sport: 5, dport: 53 }));
    flows
}

#[test]
fn a_filtered_flush_takes_what_passes_and_nothing_else() {
    isolated(|| {
        let masked = |value, mask| Some(Masked { value, mask });
        let none = DumpFilter::new();
        let cases: [(DumpFilter, &[u16]); 7] = [
            (DumpFilter { mark: masked(0x10, 0xf0), ..none.clone() }, &[1, 3, 4, 5]),
            (DumpFilter { status: masked(IPS_SEEN_REPLY, IPS_SEEN_REPLY), ..none.clone() }, &[1, 2, 4, 5]),
            (DumpFilter { zone: Some(4), ..none.clone() }, &[1, 2, 3, 5]),
            (DumpFilter { zone: Some(0), ..none.clone() }, &[4]),
            (DumpFilter { family: Some(AF_INET6), ..none.clone() }, &[1, 2, 3, 4]),
            (DumpFilter { family: Some(AF_INET), zone: Some(0), ..none.clone() }, &[4, 5]),
            (DumpFilter { mark: masked(0x99, !0), ..none.clone() }, &[1, 2, 3, 4, 5]),
        ];
        let ways = [Handle::flush_matching, Handle::delete_matching];
        for (way, (filter, left)) in
            ways.into_iter().flat_map(|way| cases.iter().map(move |case| (way, case)))
        {
            let mut handle = table(&assorted());
            way(&mut handle, filter).unwrap();
            assert_eq!(sports(&mut handle, &none), *left, "{filter:?}");
            handle.flush().unwrap();
        }
    });
}

#[test]
fn what_is_deleted_one_by_one_may_be_many() {
    isolated(|| {
        let mut handle = Handle::open().unwrap();
        for marked in [0, 1, 200, 5000] {
            load((1..=6000).map(|sport| {
                let mut flow = udp(sport);
                flow.set_mark(u32::from(sport <= marked));
                flow
            }));
            let filter = DumpFilter { mark: Some(Masked { value: 1, mask: 1 }), ..DumpFilter::new() };
            handle.delete_matching(&filter).unwrap();
            assert_eq!(sports(&mut handle, &DumpFilter::new()), (marked + 1..=6000).collect::<Vec<_>>());
            handle.flush().unwrap();
        }
    });
}

#[test]
fn a_flush_by_a_status_without_bits_is_refused_and_the_table_untouched() {
    isolated(|| {
        let mut handle = table(&assorted());
        let filter = DumpFilter { status: Some(Masked { value: 0, mask: 0 }), ..DumpFilter::new() };
        // A kernel that knows no status filter (before Linux 5.15) is not asked: it would delete every entry.
        let refused = handle.flush_matching(&filter).unwrap_err();
        assert!(matches!(refused, Error::Kernel(libc::EINVAL) | Error::Invalid(_)), "{refused:?}");
        assert!(handle.delete_matching(&filter).is_err());
        assert_eq!(count(&mut handle), assorted().len());
        assert_eq!(count(&mut handle), 5);
    });
}

#[test]
fn a_flush_by_tuple_is_refused_and_the_table_untouched() {
    isolated(|| {
        let mut handle = table(&assorted());
        let filter = DumpFilter { tuple: Some(Box::new(udp(1))), ..DumpFilter::new() };
        assert!(is_refused(handle.flush_matching(&filter)));
        assert!(is_refused(handle.delete_matching(&filter)));
        assert_eq!(count(&mut handle), 5);
    });
}

#[test]
fn a_zone_holds_both_directions_or_one() {
    isolated(|| {
        let (mut both, mut orig, mut reply) = (udp(1), udp(2), udp(3));
        both.set_zone(5);
        orig.set_orig_zone(6);
        reply.set_reply_zone(7);
        let mut handle = table(&[both.clone(), orig.clone(), reply.clone()]);
        let zones = |flow: &Flow| (flow.zone(), flow.orig_zone(), flow.reply_zone());

        let in_zone = |flow: &Flow, dir, zone| {
            let mut key = key(flow, dir);
            key.set_zone(zone);
            key
        };
        assert_eq!(zones(&handle.get(&in_zone(&both, Dir::Orig, 5)).unwrap()), (Some(5), None, None));
        assert_eq!(zones(&handle.get(&in_zone(&both, Dir::Reply, 5)).unwrap()), (Some(5), None, None));
        assert_eq!(handle.get(&key(&both, Dir::Orig)).map(drop), kernel(libc::ENOENT));

        assert_eq!(zones(&handle.get(&in_zone(&orig, Dir::Orig, 6)).unwrap()), (None, Some(6), None));
        assert_eq!(zones(&handle.get(&key(&orig, Dir::Reply)).unwrap()), (None, Some(6), None));
        assert_eq!(handle.get(&key(&orig, Dir::Orig)).map(drop), kernel(libc::ENOENT));

        assert_eq!(zones(&handle.get(&in_zone(&reply, Dir::Reply, 7)).unwrap()), (None, None, Some(7)));
        assert_eq!(zones(&handle.get(&key(&reply, Dir::Orig)).unwrap()), (None, None, Some(7)));
        assert_eq!(handle.get(&key(&reply, Dir::Reply)).map(drop), kernel(libc::ENOENT));

        let listed: Vec<Flow> = handle.flows().unwrap().map(Result::unwrap).collect();
        for flow in &listed {
            handle.delete(flow).unwrap();
        }
        assert_eq!(count(&mut handle), 0, "a listed flow names itself, whatever its zone");

        both.set_orig_zone(5);
        assert_eq!(handle.create(&both), kernel(libc::EINVAL), "one zone at most");
    });
}

/// A flow with its translation: what is asked for, the reply tuple that comes of it, and the status.
struct Translation {
    ask: &'static [(Attr, &'static str, u16)],
    reply: (&'static str, u16, &'static str, u16),
    status: u32,
}

const DONE: u32 = IPS_CONFIRMED | IPS_SRC_NAT_DONE | IPS_DST_NAT_DONE;

const TRANSLATIONS: &[Translation] = &[
    Translation {
        ask: &[(Attr::SnatIpv4, "192.0.2.1", 0), (Attr::SnatPort, "", 5000)],
        reply: ("10.0.0.2", 80, "192.0.2.1", 5000),
        status: DONE | IPS_SRC_NAT,
    },
    Translation {
        ask: &[(Attr::DnatIpv4, "198.51.100.9", 0), (Attr::DnatPort, "", 8080)],
        reply: ("198.51.100.9", 8080, "10.0.0.1", 21000),
        status: DONE | IPS_DST_NAT,
    },
    Translation {
        ask: &[
            (Attr::SnatIpv4, "192.0.2.1", 0),
            (Attr::DnatIpv4, "198.51.100.9", 0),
            (Attr::DnatPort, "", 8080),
        ],
        reply: ("198.51.100.9", 8080, "192.0.2.1", 21000),
        status: DONE | IPS_SRC_NAT | IPS_DST_NAT,
    },
    Translation {
        ask: &[(Attr::SnatIpv4, "10.0.0.1", 0)],
        reply: ("10.0.0.2", 80, "10.0.0.1", 21000),
        status: DONE,
    },
    Translation {
        ask: &[(Attr::SnatIpv6, "2001:db8::1", 0), (Attr::SnatPort, "", 5000)],
        reply: ("fd00::2", 80, "2001:db8::1", 5000),
        status: DONE | IPS_SRC_NAT,
    },
    Translation {
        ask: &[(Attr::DnatIpv6, "2001:db8::9", 0), (Attr::DnatPort, "", 8080)],
        reply: ("2001:db8::9", 8080, "fd00::1", 21000),
        status: DONE | IPS_DST_NAT,
    },
    Translation {
        ask: &[(Attr::SnatIpv6, "2001:db8::1", 0), (Attr::DnatIpv6, "2001:db8::9", 0)],
        reply: ("2001:db8::9", 80, "2001:db8::1", 21000),
        status: DONE | IPS_SRC_NAT | IPS_DST_NAT,
    },
];

fn translated(wish: &Translation) -> Flow {
    let (src, dst) = if wish.reply.0.contains(':') { V6 } else { V4 };
    let mut flow = flow(src, dst, L4::Tcp { sport: 21000, dport: 80 });
    for &(attr, address, port) in wish.ask {
        match address.parse() {
            Ok(std::net::IpAddr::V4(v4)) => flow.set_bytes(attr, &v4.octets()),
            Ok(std::net::IpAddr::V6(v6)) => flow.set_bytes(attr, &v6.octets()),
            Err(_) => flow.set_bytes(attr, &port.to_be_bytes()),
        }
    }
    flow
}

fn reply_of(flow: &Flow) -> (String, u16, String, u16) {
    let reply = flow.tuple(Dir::Reply);
    (reply.src().unwrap().to_string(), reply.l4_src(), reply.dst().unwrap().to_string(), reply.l4_dst())
}

#[test]
fn translations_shape_the_reply_tuple() {
    isolated(|| {
        for wish in TRANSLATIONS {
            let mut handle = table(&[translated(wish)]);
            let found = handle.get(&key(&translated(wish), Dir::Orig)).unwrap();
            let (src, sport, dst, dport) = wish.reply;
            assert_eq!(reply_of(&found), (src.to_owned(), sport, dst.to_owned(), dport), "{:?}", wish.ask);
            assert_eq!(found.status(), Some(wish.status), "{:?}", wish.ask);
            handle.flush().unwrap();
        }
    });
}

#[test]
fn an_undone_translation_can_be_made_again() {
    isolated(|| {
        for wish in TRANSLATIONS {
            let mut handle = table(&[translated(wish)]);
            let before = handle.get(&key(&translated(wish), Dir::Orig)).unwrap();
            let mut again = before.clone();
            for nat in [
                NatPart::SourceAddress,
                NatPart::DestinationAddress,
                NatPart::SourcePort,
                NatPart::DestinationPort,
            ] {
                if before.has_nat(nat) {
                    again.undo_nat(nat);
                }
            }
            handle.delete(&before).unwrap();
            handle.create(&again).unwrap();
            let after = handle.get(&key(&before, Dir::Orig)).unwrap();
            assert_eq!(reply_of(&after), reply_of(&before), "{:?}", wish.ask);
            let kinds = IPS_SRC_NAT | IPS_DST_NAT;
            assert_eq!(after.status().unwrap() & kinds, before.status().unwrap() & kinds, "{:?}", wish.ask);
            handle.flush().unwrap();
        }
    });
}

/// What a synchronising program does with an echo whose address is translated.
#[test]
fn an_undone_translation_of_an_echo_can_be_made_again() {
    isolated(|| {
        let echo = |src, dst, l4, attr, to: &[u8]| {
            let mut flow = flow(src, dst, l4);
            flow.set_bytes(attr, to);
            flow
        };
        let v6 = "2001:db8::9".parse::<std::net::Ipv6Addr>().unwrap().octets();
        for asked in [
            echo(V4.0, V4.1, L4::Icmp { kind: 8, code: 0, id: 7 }, Attr::SnatIpv4, &[203, 0, 113, 9]),
            echo(V4.0, V4.1, L4::Icmp { kind: 8, code: 0, id: 7 }, Attr::DnatIpv4, &[203, 0, 113, 9]),
            echo(V6.0, V6.1, L4::IcmpV6 { kind: 128, code: 0, id: 7 }, Attr::SnatIpv6, &v6),
        ] {
            let mut handle = table(std::slice::from_ref(&asked));
            let before = handle.get(&key(&asked, Dir::Orig)).unwrap();
            let all = [
                NatPart::SourceAddress,
                NatPart::DestinationAddress,
                NatPart::SourcePort,
                NatPart::DestinationPort,
            ];
            let done: Vec<NatPart> = all.into_iter().filter(|&nat| before.has_nat(nat)).collect();
            assert_eq!(done.len(), 1, "{done:?}");
            let mut again = before.clone();
            all.into_iter().for_each(|nat| again.undo_nat(nat));
            handle.delete(&before).unwrap();
            handle.create(&again).unwrap();
            let after = handle.get(&key(&before, Dir::Orig)).unwrap();
            assert_eq!(after.tuple(Dir::Reply), before.tuple(Dir::Reply), "{done:?}");
            handle.flush().unwrap();
        }
    });
}

/// The keys of a GRE flow that nothing expected, which the kernel leaves alone whatever it is asked to.
#[test]
fn keys_of_a_flow_that_was_not_expected_are_not_translated() {
    isolated(|| {
        let mut asked = flow(V4.0, V4.1, L4::Gre { src_key: 1, dst_key: 2 });
        asked.set_bytes(Attr::SnatIpv4, &[203, 0, 113, 9]);
        asked.set_bytes(Attr::SnatPort, &77u16.to_be_bytes());
        let mut handle = table(std::slice::from_ref(&asked));
        let found = handle.get(&key(&asked, Dir::Orig)).unwrap();
        assert_eq!(found.tuple(Dir::Reply).protocol(), L4::Gre { src_key: 2, dst_key: 1 });
        assert!(found.has_nat(NatPart::SourceAddress) && !found.has_nat(NatPart::SourcePort));
    });
}

#[test]
fn a_translation_cannot_be_changed() {
    isolated(|| {
        let mut handle = table(&[translated(&TRANSLATIONS[0])]);
        assert_eq!(handle.update(&translated(&TRANSLATIONS[0])), kernel(libc::EOPNOTSUPP));
    });
}

#[test]
fn labels_are_set_and_changed_under_a_mask() {
    isolated(|| {
        let bits = |bits: &[u32]| {
            let mut mask = Bitmask::new(127).unwrap();
            bits.iter().for_each(|&bit| mask.set(bit));
            mask
        };
        let mut handle = table(&[udp(1)]);
        let mut change = udp(1);
        change.set_labels(bits(&[3]));
        assert_eq!(handle.update(&change), kernel(libc::ENOSPC), "no rule uses labels yet");
        handle.flush().unwrap();

        keep_labels();
        change.set_labels(bits(&[0, 3, 127]));
        handle.create(&change).unwrap();
        let labels = |handle: &mut Handle| -> Vec<u32> {
            handle.get(&udp(1)).unwrap().labels().map_or(Vec::new(), |labels| labels.iter().collect())
        };
        assert_eq!(labels(&mut handle), [0, 3, 127]);
        change.set_labels(bits(&[64]));
        change.set_labels_mask(bits(&[3, 64]));
        handle.update(&change).unwrap();
        assert_eq!(labels(&mut handle), [0, 64, 127], "3 is cleared, 64 set, the others are left alone");
        change.unset(Attr::ConnlabelsMask);
        change.set_labels(bits(&[5]));
        handle.update(&change).unwrap();
        assert_eq!(labels(&mut handle), [5]);
    });
}

#[test]
fn tcp_state_flags_and_window_scales_are_kept() {
    isolated(|| {
        let mut flow = tcp(1);
        flow.set_tcp_state(3);
        for (attr, value) in [
            (Attr::TcpFlagsOrig, 0x23),
            (Attr::TcpMaskOrig, 0xff),
            (Attr::TcpFlagsRepl, 0x01),
            (Attr::TcpMaskRepl, 0xff),
            (Attr::TcpWscaleOrig, 7),
            (Attr::TcpWscaleRepl, 8),
        ] {
            flow.set_bytes(attr, &[value]);
        }
        let mut handle = table(&[flow]);
        let found = handle.get(&tcp(1)).unwrap();
        assert_eq!(found.tcp_state(), Some(3));
        assert_eq!((found.u8(Attr::TcpFlagsOrig), found.u8(Attr::TcpFlagsRepl)), (Some(0x23), Some(0x01)));
        assert_eq!((found.u8(Attr::TcpWscaleOrig), found.u8(Attr::TcpWscaleRepl)), (Some(7), Some(8)));

        let mut change = key(&tcp(1), Dir::Orig);
        change.set_tcp_state(7);
        handle.update(&change).unwrap();
        assert_eq!(handle.get(&tcp(1)).unwrap().tcp_state(), Some(7));
        change.set_tcp_state(99);
        assert!(matches!(handle.update(&change), Err(Error::Kernel(libc::ERANGE | libc::EINVAL))));
        assert_eq!(handle.get(&tcp(1)).unwrap().tcp_state(), Some(7));
    });
}

#[test]
fn sctp_state_and_tags_are_kept() {
    isolated(|| {
        let mut flow = flow(V4.0, V4.1, L4::Sctp { sport: 1, dport: 2 });
        flow.set_sctp_state(4);
        let mut handle = Handle::open().unwrap();
        assert_eq!(handle.create(&flow), kernel(libc::EINVAL), "a state without tags");
        flow.set_bytes(Attr::SctpVtagOrig, &0x1111_2222_u32.to_ne_bytes());
        flow.set_bytes(Attr::SctpVtagRepl, &0x3333_4444_u32.to_ne_bytes());
        handle.create(&flow).unwrap();
        let found = handle.get(&flow).unwrap();
        assert_eq!(found.sctp_state(), Some(4));
        assert_eq!(found.u32(Attr::SctpVtagOrig), Some(0x1111_2222));
        assert_eq!(found.u32(Attr::SctpVtagRepl), Some(0x3333_4444));
    });
}

#[test]
fn sequence_adjustments_and_synproxy_numbers_are_kept() {
    isolated(|| {
        let numbers = [
            (Attr::OrigNatSeqCorrectionPos, 1u32),
            (Attr::OrigNatSeqOffsetBefore, 2),
            (Attr::OrigNatSeqOffsetAfter, 3),
            (Attr::ReplNatSeqCorrectionPos, 4),
            (Attr::ReplNatSeqOffsetBefore, 5),
            (Attr::ReplNatSeqOffsetAfter, 6),
            (Attr::SynproxyIsn, 7),
            (Attr::SynproxyIts, 8),
            (Attr::SynproxyTsoff, 9),
        ];
        let mut flow = tcp(1);
        for (attr, value) in numbers {
            flow.set_bytes(attr, &value.to_ne_bytes());
        }
        let mut handle = table(&[flow]);
        let found = handle.get(&tcp(1)).unwrap();
        assert_eq!(found.status(), Some(IPS_CONFIRMED | IPS_SEQ_ADJUST));
        for (attr, value) in numbers {
            assert_eq!(found.u32(attr), Some(value), "{attr:?}");
        }
    });
}

#[test]
fn a_flow_tells_the_flow_that_expected_it() {
    isolated(|| {
        let mut child = udp(2);
        let master = tcp(1);
        let of = master.tuple(Dir::Orig);
        child.set_tuple(Dir::Master, of.src().unwrap(), of.dst().unwrap(), of.protocol());
        let mut handle = Handle::open().unwrap();
        assert_eq!(handle.create(&child), kernel(libc::ENOENT), "no such master");
        handle.create(&master).unwrap();
        handle.create(&child).unwrap();
        let found = handle.get(&udp(2)).unwrap();
        assert_eq!(found.status(), Some(IPS_CONFIRMED | IPS_EXPECTED));
        assert_eq!(found.tuple(Dir::Master).protocol(), of.protocol());
        assert_eq!(found.tuple(Dir::Master).src(), of.src());
    });
}

#[test]
fn ports_are_known_where_the_kernel_keeps_them() {
    isolated(|| {
        let mut handle = Handle::open().unwrap();
        assert_eq!(handle.knows_ports(17), Ok(true));
        assert_eq!(handle.knows_ports(50), Ok(false));
        let l4s: [fn(u16) -> L4; 4] = [
            |port| L4::UdpLite { sport: port, dport: 2 },
            |port| L4::Dccp { sport: port, dport: 2 },
            |port| L4::Sctp { sport: port, dport: 2 },
            |port| L4::Gre { src_key: port, dst_key: 2 },
        ];
        for l4 in l4s {
            let mut of_port = flow(V4.0, V4.1, l4(1));
            if let L4::Sctp { .. } = l4(1) {
                of_port.set_sctp_state(4);
                of_port.set_bytes(Attr::SctpVtagOrig, &1u32.to_ne_bytes());
                of_port.set_bytes(Attr::SctpVtagRepl, &1u32.to_ne_bytes());
            }
            handle.create(&of_port).unwrap();
            let other_port = handle.get(&flow(V4.0, V4.1, l4(7))).map(drop);
            let (is_kept, protocol) = (other_port == kernel(libc::ENOENT), of_port.tuple(Dir::Orig).l4());
            assert_eq!(handle.knows_ports(protocol), Ok(is_kept), "protocol {protocol}");
            handle.flush().unwrap();
        }
    });
}

#[test]
fn helpers_are_attached_and_taken_away() {
    isolated(|| {
        let mut control = flow(V4.0, V4.1, L4::Tcp { sport: 1, dport: 21 });
        control.set_helper_name(b"no-such-helper");
        let mut handle = Handle::open().unwrap();
        assert_eq!(handle.create(&control), kernel(libc::EOPNOTSUPP));
        control.set_helper_name(b"ftp");
        match handle.create(&control) {
            Err(Error::Kernel(libc::EOPNOTSUPP)) => testing::skip("this kernel has no ftp helper"),
            created => created.unwrap(),
        }
        let found = handle.get(&control).unwrap();
        assert_eq!(found.helper_name(), Some(&b"ftp"[..]));
        assert_eq!(found.status(), Some(IPS_CONFIRMED | IPS_HELPER));
        // A new entry loads the module of its helper, a change does not.
        let mut call = flow(V4.0, V4.1, L4::Udp { sport: 1, dport: 5060 });
        call.set_helper_name(b"sip");
        handle.create(&call).unwrap();
        let mut change = key(&control, Dir::Orig);
        change.set_helper_name(b"sip");
        assert_eq!(handle.update(&change), kernel(libc::EBUSY));
        change.set_helper_name(b"");
        match handle.update(&change) {
            // Linux 7.2 and later take no helper away.
            Err(Error::Kernel(libc::EOPNOTSUPP)) => {
                assert_eq!(handle.get(&control).unwrap().helper_name(), Some(&b"ftp"[..]));
            }
            changed => {
                changed.unwrap();
                assert_eq!(handle.get(&control).unwrap().helper_name(), None);
            }
        }
    });
}

#[test]
fn counters_and_timestamps_come_when_the_namespace_keeps_them() {
    isolated(|| {
        let mut handle = table(&[udp(1)]);
        let bare = handle.get(&udp(1)).unwrap();
        assert_eq!((bare.counters(Dir::Orig), bare.start_nanos()), (None, None));
        sysctl("nf_conntrack_acct", 1);
        sysctl("nf_conntrack_timestamp", 1);
        let before = netfilter_conntrack::sys::clock::now_nanos();
        handle.create(&udp(2)).unwrap();
        let after = netfilter_conntrack::sys::clock::now_nanos();
        let kept = handle.get(&udp(2)).unwrap();
        for dir in [Dir::Orig, Dir::Reply] {
            let counters = kept.counters(dir).unwrap();
            assert_eq!((counters.packets, counters.bytes), (0, 0));
        }
        assert!((before..=after).contains(&kept.start_nanos().unwrap()));
        assert_eq!(kept.stop_nanos(), None);
    });
}

#[test]
fn packets_make_a_flow_and_are_counted() {
    isolated(|| {
        track_packets();
        sysctl("nf_conntrack_acct", 1);
        let server = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let client = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        for _ in 0..3 {
            client.send_to(b"question", server.local_addr().unwrap()).unwrap();
        }
        server.send_to(b"answer", client.local_addr().unwrap()).unwrap();
        let (sport, dport) = (client.local_addr().unwrap().port(), server.local_addr().unwrap().port());
        let wanted = flow("127.0.0.1", "127.0.0.1", L4::Udp { sport, dport });
        let found = Handle::open().unwrap().get(&wanted).unwrap();
        assert_eq!(found.status().unwrap() & IPS_SEEN_REPLY, IPS_SEEN_REPLY);
        let [orig, reply] = [Dir::Orig, Dir::Reply].map(|dir| found.counters(dir).unwrap());
        assert_eq!((orig.packets, orig.bytes), (3, 3 * 36));
        assert_eq!((reply.packets, reply.bytes), (1, 34));
    });
}

const UNPRIVILEGED: &str = "NETFILTER_CONNTRACK_TEST_UNPRIVILEGED";

/// Runs this test once more in a process that has no capability left.
#[test]
fn without_privilege_a_handle_opens_and_every_request_is_refused() {
    if std::env::var_os(UNPRIVILEGED).is_some() {
        return requests_are_refused();
    }
    isolated(|| {
        let program = std::env::current_exe().unwrap();
        let name = "without_privilege_a_handle_opens_and_every_request_is_refused";
        let marked = format!("{UNPRIVILEGED}=1");
        let args = [
            "--bounding-set=-all",
            "--inh-caps=-all",
            "env",
            &marked,
            program.to_str().unwrap(),
            "--exact",
            name,
        ];
        let output = testing::run("setpriv", &args, "");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{text}");
        assert!(text.contains("1 passed"), "{text}");
    });
}

fn requests_are_refused() {
    let mut handle = Handle::open().unwrap();
    assert_eq!(handle.get(&udp(1)).map(drop), kernel(libc::EPERM));
    assert_eq!(handle.create(&udp(1)), kernel(libc::EPERM));
    assert_eq!(handle.delete(&udp(1)), kernel(libc::EPERM));
    assert_eq!(handle.statistics().map(drop), kernel(libc::EPERM));
    let listed: Vec<_> = handle.flows().unwrap().map(|flow| flow.map(drop)).collect();
    assert_eq!(listed, [kernel(libc::EPERM)], "one error, then the end");
    let events = netfilter_conntrack::Events::open(netfilter_conntrack::Groups::FLOWS);
    assert_eq!(events.map(drop), Err(Error::Os(libc::EPERM)));
}
