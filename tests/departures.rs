// SPDX-License-Identifier: GPL-2.0-or-later
//! Where this library does not do what the original does: the tests behind the rows of `docs/differences.md`
//! that no other test holds.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use netfilter_conntrack::codec::{expect_decode, flow_decode};
use netfilter_conntrack::request::{self, Query, Subject};
use netfilter_conntrack::sys::Socket;
use netfilter_conntrack::wire::consts::*;
use netfilter_conntrack::wire::frame::FrameKind;
use netfilter_conntrack::wire::{Attrs, Builder, Frame, Header};
use netfilter_conntrack::{Attr, Dir, Error, Events, ExpectAttr, Expectation, Flow, Groups, Handle, Result};
use netlink_sys::SocketAddr;
use testing::{isolated, table, udp};

/// Known attributes of a conntrack message with the length that the kernel gives them.
const NUMBERS: &[(u16, usize)] = &[
    (CTA_STATUS, 4),
    (CTA_TIMEOUT, 4),
    (CTA_MARK, 4),
    (CTA_USE, 4),
    (CTA_ID, 4),
    (CTA_SECMARK, 4),
    (CTA_ZONE, 2),
    (CTA_TIMESTAMP_EVENT, 8),
];
const NESTS: &[u16] = &[
    CTA_TUPLE_ORIG,
    CTA_TUPLE_REPLY,
    CTA_TUPLE_MASTER,
    CTA_PROTOINFO,
    CTA_HELP,
    CTA_COUNTERS_ORIG,
    CTA_COUNTERS_REPLY,
    CTA_SEQ_ADJ_ORIG,
    CTA_SEQ_ADJ_REPLY,
    CTA_SECCTX,
    CTA_TIMESTAMP,
    CTA_SYNPROXY,
];

/// The attribute area that `fill` writes.
fn area(fill: impl FnOnce(&mut Builder<'_>) -> Result<()>) -> Vec<u8> {
    let mut buf = vec![0; 1 << 16];
    let mut b = Builder::attributes(&mut buf);
    fill(&mut b).unwrap();
    let len = b.len();
    buf.truncate(len);
    buf
}

fn decode(area: &[u8]) -> Result<Flow> {
    let mut flow = Flow::new();
    flow_decode::attributes(&mut flow, AF_INET, Attrs::new(area)).map(|()| flow)
}

fn decode_expectation(area: &[u8]) -> Result<Expectation> {
    let mut expect = Expectation::new();
    expect_decode::attributes(&mut expect, AF_INET, Attrs::new(area)).map(|()| expect)
}

#[test]
fn an_attribute_of_the_wrong_length_is_an_error_or_read_never_the_end_of_the_program() {
    for &(kind, len) in NUMBERS {
        let with = |len| decode(&area(|b| b.bytes(kind, &vec![1; len])));
        for short in 0..len {
            assert!(matches!(with(short), Err(Error::Malformed(_))), "attribute {kind}, {short} bytes");
        }
        let exact = with(len).unwrap();
        assert_ne!(exact.presence(), [0; 3], "attribute {kind}");
        let long = with(len + 3).unwrap();
        assert_eq!(long.presence(), exact.presence(), "attribute {kind}");
    }
    for &kind in NESTS {
        for short in 1..4 {
            let short = area(|b| b.bytes(kind, &vec![0; short]));
            assert!(matches!(decode(&short), Err(Error::Malformed(_))), "nest {kind}");
        }
        assert!(decode(&area(|b| b.bytes(kind, &[]))).is_ok(), "nest {kind}");
    }
}

#[test]
fn unknown_numbers_inside_nests_are_skipped() {
    let protoinfo = area(|b| {
        b.nest(CTA_PROTOINFO, |b| {
            b.nest(4, |b| b.be32(1, 7))?;
            b.nest(5, |b| b.be32(1, 7))?;
            b.nest(CTA_PROTOINFO_TCP, |b| b.u8(CTA_PROTOINFO_TCP_STATE, 3))
        })
    });
    assert_eq!(decode(&protoinfo).unwrap().tcp_state(), Some(3));
    let nat = area(|b| {
        b.nest(CTA_EXPECT_NAT, |b| {
            (3..28).try_for_each(|kind| b.be32(kind, 7))?;
            b.be32(CTA_EXPECT_NAT_DIR, 1)
        })
    });
    assert_eq!(decode_expectation(&nat).unwrap().number(ExpectAttr::NatDir), Some(1));
}

#[test]
fn a_long_function_name_of_an_expectation_is_an_error() {
    let named = |len| decode_expectation(&area(|b| b.bytes(CTA_EXPECT_FN, &vec![b'f'; len])));
    assert_eq!(named(24).unwrap().text(ExpectAttr::Fn).map(<[u8]>::len), Some(23));
    assert!(matches!(named(25), Err(Error::Malformed(_))));
    let class = |len| decode_expectation(&area(|b| b.bytes(CTA_EXPECT_CLASS, &vec![0; len])));
    assert!(class(4).is_ok() && class(3).is_err(), "nothing is read behind an attribute");
}

#[test]
fn strings_end_with_their_attribute() {
    let flow = decode(&area(|b| b.nest(CTA_HELP, |b| b.bytes(CTA_HELP_NAME, b"ftp")))).unwrap();
    assert_eq!(flow.helper_name(), Some(&b"ftp"[..]));
    let flow = decode(&area(|b| b.nest(CTA_SECCTX, |b| b.bytes(CTA_SECCTX_NAME, b"label")))).unwrap();
    assert_eq!(flow.security_context(), Some(c"label"));
}

#[test]
fn attributes_end_with_their_message() {
    let whole = area(|b| b.bytes(CTA_LABELS, &[1, 2, 3, 4, 5, 6, 7, 8]));
    let mut message = [[0; 16].as_slice(), &[AF_INET, 0, 0, 0], &whole].concat();
    for missing in 0..4u32 {
        message[..4].copy_from_slice(&(32 - missing).to_ne_bytes());
        let mut flow = Flow::new();
        flow_decode::message(&mut flow, &Frame::read(&message).unwrap()).unwrap();
        assert_eq!(flow.labels().is_some(), missing == 0, "{missing} bytes missing");
    }
}

/// The helper data in a request to create this flow.
fn helper_data(flow: &Flow) -> Vec<u8> {
    let mut buf = vec![0; request::MAX_LEN];
    let len = request::build(&mut buf, Query::Create, Subject::Flow(flow), 1).unwrap();
    let frame = Frame::read(&buf[..len]).unwrap();
    let help = frame.attrs().find(|attr| attr.kind == CTA_HELP).unwrap();
    help.nest().unwrap().find(|attr| attr.kind == CTA_HELP_INFO).unwrap().payload.to_vec()
}

#[test]
fn helper_data_is_sent_whole_however_it_came_to_the_flow() {
    let mut flow = udp(1);
    flow.set_helper_name(b"user-helper");
    flow.set_bytes(Attr::HelperInfo, b"private data");
    assert_eq!(helper_data(&flow), b"private data");
    let mut copy = udp(1);
    copy.copy_from(&flow, netfilter_conntrack::CopyFlags::empty());
    assert_eq!(helper_data(&copy), b"private data");
    assert_eq!(helper_data(&flow.clone()), b"private data");
}

#[test]
fn a_request_that_does_not_fit_is_not_sent() {
    let mut flow = udp(1);
    flow.set_helper_name(b"user-helper");
    flow.set_bytes(Attr::HelperInfo, &vec![7; request::MAX_LEN]);
    let mut buf = vec![0; request::MAX_LEN];
    assert_eq!(request::build(&mut buf, Query::Create, Subject::Flow(&flow), 1), Err(Error::NoSpace));
    assert_eq!(Handle::open().unwrap().create(&flow), Err(Error::NoSpace));
}

#[test]
fn a_flow_of_no_known_family_makes_no_request() {
    let mut buf = [0; 512];
    let mut refused = |flow: &Flow, query| request::build(&mut buf, query, Subject::Flow(flow), 1).is_err();
    let queries = [Query::Create, Query::Update, Query::Destroy, Query::Get, Query::CreateUpdate];
    let mut strange_reply = udp(1);
    strange_reply.set_bytes(Attr::ReplL3proto, &[7]);
    let mut strange = udp(1);
    strange.set_bytes(Attr::OrigL3proto, &[7]);
    for query in queries {
        assert!(refused(&Flow::new(), query), "{query:?}");
        assert!(refused(&strange, query), "{query:?}");
        assert!(refused(&strange_reply, query), "{query:?}: not even the part before it is sent");
        assert!(!refused(&udp(1), query), "{query:?}");
    }
}

/// A message that says that request `seq` succeeded.
fn forged_acknowledgement(seq: u32) -> Vec<u8> {
    let mut buf = vec![0; 64];
    let header = Header { kind: NLMSG_ERROR, seq, ..Header::default() };
    let len = Builder::message(&mut buf, header, 0, 0).unwrap().finish();
    buf.truncate(len);
    assert_eq!(Frame::read(&buf).unwrap().kind(), Ok(FrameKind::Error(0)));
    buf
}

#[test]
fn what_another_process_sends_is_not_believed() {
    isolated(|| {
        let forger = netlink_sys::Socket::new(12).unwrap();
        let mut handle = Handle::open().unwrap();
        for seq in [0, 1, 2] {
            let to = SocketAddr::new(handle.socket().port_id(), 0);
            forger.send_to(&forged_acknowledgement(seq), &to, 0).unwrap();
        }
        assert_eq!(handle.delete(&udp(1)), Err(Error::Kernel(libc::ENOENT)));

        let mut events = Events::open(Groups::FLOWS).unwrap();
        events.socket().set_non_blocking(true).unwrap();
        let mut buf = vec![0; 512];
        let len = request::build(&mut buf, Query::Create, Subject::Flow(&udp(9)), 0).unwrap();
        forger.send_to(&buf[..len], &SocketAddr::new(events.socket().port_id(), 0), 0).unwrap();
        assert_eq!(events.next().map(|event| event.kind), Err(Error::Os(libc::EAGAIN)));
    });
}

#[test]
fn a_datagram_that_does_not_fit_its_buffer_is_noticed() {
    isolated(|| {
        let _table = table(&[udp(1)]);
        let socket = Socket::open(0).unwrap();
        let mut buf = [0; 512];
        for (room, truncated) in [(40, true), (512, false)] {
            let len = request::build_lookup(&mut buf, &udp(1), 0, 7).unwrap();
            socket.send(&buf[..len]).unwrap();
            let datagram = socket.receive(&mut buf[..room]).unwrap();
            assert_eq!(datagram.truncated, truncated);
            assert!(datagram.len <= room);
        }
    });
}

#[test]
fn an_answer_left_behind_is_not_taken_for_the_next_one() {
    isolated(|| {
        let mut handle = table(&[udp(1)]);
        let mut buf = [0; 512];
        let len = request::build_lookup(&mut buf, &udp(1), NLM_F_ACK, 0).unwrap();
        handle.socket().send(&buf[..len]).unwrap(); // its answer and acknowledgement stay in the queue
        assert_eq!(handle.delete(&udp(2)), Err(Error::Kernel(libc::ENOENT)));
        assert_eq!(handle.get(&udp(1)).unwrap().tuple(Dir::Orig), udp(1).tuple(Dir::Orig));
    });
}

#[test]
fn sockets_are_not_inherited_by_programs_that_are_started() {
    let close_on_exec = |fd: i32| {
        let info = std::fs::read_to_string(format!("/proc/self/fdinfo/{fd}")).unwrap();
        let flags = info.lines().find_map(|line| line.strip_prefix("flags:")).unwrap().trim();
        i32::from_str_radix(flags, 8).unwrap() & libc::O_CLOEXEC != 0
    };
    assert!(close_on_exec(Handle::open().unwrap().socket().as_raw_fd()));
}

#[test]
fn what_is_set_again_replaces_what_was_there() {
    let twice = area(|b| {
        for text in [&b"first"[..], b"second"] {
            b.nest(CTA_HELP, |b| {
                b.text(CTA_HELP_NAME, text)?;
                b.bytes(CTA_HELP_INFO, text)
            })?;
            b.nest(CTA_SECCTX, |b| b.text(CTA_SECCTX_NAME, text))?;
            b.bytes(CTA_LABELS, &[text[0]; 16])?;
        }
        Ok(())
    });
    let flow = decode(&twice).unwrap();
    assert_eq!((flow.helper_name(), flow.helper_info()), (Some(&b"second"[..]), Some(&b"second"[..])));
    assert_eq!(flow.security_context(), Some(c"second"));
    assert_eq!(flow.labels().unwrap().words(), [u32::from_ne_bytes([b's'; 4]); 4]);
}

#[test]
fn what_comes_twice_is_taken_in_the_order_of_the_message() {
    let times = |start, stop| {
        area(|b| {
            b.nest(CTA_TIMESTAMP, |b| {
                [(CTA_TIMESTAMP_START, start), (CTA_TIMESTAMP_STOP, stop)].into_iter().try_for_each(
                    |(kind, value): (u16, Option<u64>)| value.map_or(Ok(()), |value| b.be64(kind, value)),
                )
            })
        })
    };
    let flow = decode(&[times(Some(1), None), times(None, Some(2))].concat()).unwrap();
    assert_eq!((flow.start_nanos(), flow.stop_nanos()), (Some(1), Some(2)));

    let both_families = area(|b| {
        b.nest(CTA_TUPLE_ORIG, |b| {
            b.nest(CTA_TUPLE_IP, |b| {
                b.bytes(CTA_IP_V6_SRC, &[6; 16])?;
                b.bytes(CTA_IP_V4_SRC, &[4; 4])
            })
        })
    });
    let source = decode(&both_families).unwrap().tuple(Dir::Orig).src_bytes();
    assert_eq!(source, [4, 4, 4, 4, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6]);
}
