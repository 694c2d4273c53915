// SPDX-License-Identifier: GPL-2.0-or-later
//! Classes of faults that the C library and tool have had, one test each, and where the class is on record. The
//! same classes at the C border: `capi-tests/hard/immunity.c`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a test may

use netfilter_conntrack::codec::{expect_decode, flow_decode};
use netfilter_conntrack::format::{self, Clock, Flags, Style, Syntax, save};
use netfilter_conntrack::wire::Attrs;
use netfilter_conntrack::wire::consts::*;
use netfilter_conntrack::{
    Attr, Bitmask, CopyFlags, Dir, Error, EventKind, ExpectAttr, Expectation, Flow, Handle, L4, LabelMap,
};
use std::path::Path;

const EVENTS: [Option<EventKind>; 4] =
    [None, Some(EventKind::New), Some(EventKind::Update), Some(EventKind::Destroy)];

fn style(syntax: Syntax, event: Option<EventKind>) -> Style<'static> {
    Style {
        syntax,
        event,
        flags: Flags::all(),
        labels: None,
        clock: Clock::Fixed(1_700_000_000),
        origin: None,
    }
}

/// A flow in every form: text and XML for every event, and the three command lines.
fn all_forms(flow: &Flow) -> Vec<String> {
    let mut forms = Vec::new();
    for syntax in [Syntax::Text, Syntax::Xml] {
        for event in EVENTS {
            let mut text = Vec::new();
            let printed = format::append_flow(&mut text, flow, &style(syntax, event));
            assert!(printed.is_ok() || !flow.is_set(Attr::OrigL4proto) || !flow.is_set(Attr::OrigL3proto));
            forms.push(String::from_utf8(text).unwrap());
        }
    }
    for command in [save::Command::Add, save::Command::Update, save::Command::Delete] {
        let mut line = Vec::new();
        save::append_flow(&mut line, flow, command);
        forms.push(String::from_utf8(line).unwrap());
    }
    for form in &forms {
        assert!(!form.contains("(null)") && form.is_ascii() && !form.contains('\0'), "{form}");
    }
    forms
}

/// Numbers that index a table of names. Debian's changelog of libnetfilter-conntrack 1.0.9-3 (2 January 2023)
/// mends an array of names that was too short; version 1.0.9 (February 2022) added the SCTP states without
/// which the tool prints `(null)` in a command line, and ends on the name of a state that it does not know.
#[test]
fn any_number_where_a_name_is_printed() {
    for number in 0..=255u8 {
        for (protocol, attr) in [
            (IPPROTO_TCP, Attr::TcpState),
            (IPPROTO_SCTP, Attr::SctpState),
            (IPPROTO_DCCP, Attr::DccpState),
            (IPPROTO_ICMP, Attr::IcmpType),
            (IPPROTO_ICMP, Attr::IcmpCode),
            (IPPROTO_ICMPV6, Attr::IcmpType),
            (IPPROTO_UDP, Attr::DccpRole),
        ] {
            for family in [AF_INET, AF_INET6, number] {
                let mut flow = Flow::new();
                flow.set_bytes(Attr::OrigL3proto, &[family]);
                flow.set_bytes(Attr::ReplL3proto, &[family]);
                flow.set_bytes(Attr::OrigL4proto, &[protocol]);
                flow.set_bytes(attr, &[number]);
                all_forms(&flow);
            }
        }
    }
}

/// The same for the two numbers that choose how a tuple is printed, in every combination.
#[test]
fn any_family_with_any_protocol() {
    let mut expect = Expectation::new();
    for (family, protocol) in
        (0..=255u8).flat_map(|family| (0..=255u8).map(move |protocol| (family, protocol)))
    {
        let mut flow = Flow::new();
        for dir in [Dir::Orig, Dir::Reply] {
            let (l3, l4) = match dir {
                Dir::Orig => (Attr::OrigL3proto, Attr::OrigL4proto),
                _ => (Attr::ReplL3proto, Attr::ReplL4proto),
            };
            flow.set_bytes(l3, &[family]);
            flow.set_bytes(l4, &[protocol]);
        }
        let mut text = Vec::new();
        for syntax in [Syntax::Text, Syntax::Xml] {
            format::append_flow(&mut text, &flow, &style(syntax, None)).unwrap();
        }
        save::append_flow(&mut text, &flow, save::Command::Add);
        for which in [ExpectAttr::Master, ExpectAttr::Expected, ExpectAttr::Mask] {
            expect.set_tuple(which, &flow);
        }
        for syntax in [Syntax::Text, Syntax::Xml] {
            format::append_expectation(&mut text, &expect, &style(syntax, None)).unwrap();
        }
        assert!(text.is_ascii() && !text.contains(&0), "family {family}, protocol {protocol}");
    }
}

/// Entries that lack what their protocol has: CVE-2015-6496 (August 2015), where packets of DCCP, SCTP and ICMPv6
/// ended conntrackd because the kernel had not told the details it looked for.
#[test]
fn a_protocol_without_its_details() {
    for protocol in 0..=255u8 {
        let mut flow = Flow::new();
        flow.set_bytes(Attr::OrigL3proto, &[AF_INET6]);
        flow.set_bytes(Attr::OrigL4proto, &[protocol]);
        assert_eq!(flow.tuple(Dir::Orig).icmp(), [0, 0]);
        assert_eq!((flow.tcp_state(), flow.sctp_state(), flow.dccp_state()), (None, None, None));
        all_forms(&flow);
    }
}

/// A flow and an expectation with all that has a length of its own.
fn full() -> (Flow, Expectation) {
    let mut flow = testing::flow(
        "2001:db8:ffff:eeee:dddd:cccc:bbbb:1",
        "2001:db8::2",
        L4::Tcp { sport: 1, dport: 65535 },
    );
    for attr in [Attr::Timeout, Attr::Mark, Attr::Secmark, Attr::Id, Attr::Status] {
        flow.set_bytes(attr, &[0xff; 4]);
    }
    flow.set_helper_name(b"fifteen-letters");
    let mut labels = Bitmask::new(127).unwrap();
    [0, 1, 40].into_iter().for_each(|bit| labels.set(bit));
    flow.set_labels(labels);
    let context = [[12, 0, 19, 0x80].as_slice(), &[8, 0, 1, 0, b's', b'e', b'c', 0]].concat();
    flow_decode::attributes(&mut flow, AF_INET6, Attrs::new(&context)).unwrap();
    let mut expect = Expectation::new();
    for which in [ExpectAttr::Master, ExpectAttr::Expected, ExpectAttr::Mask] {
        expect.set_tuple(which, &flow);
    }
    expect.set_bytes(ExpectAttr::HelperName, b"fifteen-letters");
    (flow, expect)
}

/// Text cut at every length. Seen with the original 1.0.9 and 1.1.1: `nfct_snprintf` ends the process when told
/// a size of 0, `nfct_snprintf_labels` writes its NUL four gibibytes behind the buffer.
#[test]
fn every_buffer_length_up_to_4096() {
    let (flow, expect) = full();
    let map = LabelMap::read(&b"0 zero\n1 one\n40 forty\n"[..]).unwrap();
    for syntax in [Syntax::Text, Syntax::Xml] {
        let style = Style { labels: Some(&map), ..style(syntax, Some(EventKind::Update)) };
        let mut whole = vec![0; 8192];
        let full = format::flow(&mut whole, &flow, &style).unwrap();
        let mut buf = vec![0xee; 4096 + 8];
        for size in 0..=4096 {
            buf.fill(0xee);
            let told = format::flow(&mut buf[..size], &flow, &style).unwrap();
            assert!(told <= full && buf[size..].iter().all(|&byte| byte == 0xee), "size {size}");
            let kept = size.saturating_sub(1).min(full);
            assert!(buf[..kept] == whole[..kept] && (size == 0 || buf[kept] == 0), "size {size}");
            buf.fill(0xee);
            format::expectation(&mut buf[..size], &expect, &style).unwrap();
            assert!(size == 0 || buf[..size].contains(&0), "size {size}");
            assert!(buf[size..].iter().all(|&byte| byte == 0xee), "size {size}");
        }
    }
}

/// Blocks that two objects believe to own. Seen with the original: labels and helper data that a copy or a
/// message replaced were lost, and one label mask given for both attributes was released twice.
#[test]
fn copies_own_their_blocks_in_whatever_order_they_go() {
    let (source, _) = full();
    for order in 0..24 {
        let mut flows = vec![Flow::new(), Flow::new(), source.clone(), source.clone()];
        flows[0].copy_from(&source, CopyFlags::OVERRIDE);
        flows[1].copy_from(&source, CopyFlags::empty());
        flows[2].set_helper_name(b"other");
        let mut left = order;
        for remaining in (1..=4usize).rev() {
            drop(flows.remove(left % remaining));
            left /= remaining;
            for flow in &flows {
                assert_eq!(
                    (flow.labels(), flow.security_context()),
                    (source.labels(), source.security_context())
                );
            }
        }
    }
}

/// A label file that is not there, is a folder, or holds no label: an error with its reason, and printing goes on
/// without names. The original's tool calls the reason `Success` where a file names no label.
#[test]
fn a_missing_label_file() {
    for path in ["/nonexistent/connlabel.conf", "/dev/null/connlabel.conf"] {
        assert!(matches!(LabelMap::open(Some(Path::new(path))), Err(Error::Os(_))), "{path}");
    }
    for path in ["/dev/null", "/"] {
        assert!(LabelMap::open(Some(Path::new(path))).is_err(), "{path}");
    }
    let (flow, _) = full();
    assert!(all_forms(&flow).iter().all(|form| !form.contains("labels=")));
}

/// Entries that are gone, or have a successor of the same tuple, by the time they are to be deleted. A deletion by
/// tuple alone would take the successor; the id, which is sent too, keeps it, unless the kernel has made the
/// successor in the very memory of the first entry: then both have the same id.
#[test]
fn an_entry_that_vanishes_between_list_and_deletion() {
    testing::isolated(|| {
        let mut handle = testing::table(&(1..=20).map(testing::udp).collect::<Vec<_>>());
        let seen: Vec<Flow> = handle.flows().unwrap().collect::<Result<_, _>>().unwrap();
        assert_eq!(seen.len(), 20);
        let mut other = Handle::open().unwrap();
        let mut told_apart = 0;
        for (at, flow) in seen.iter().enumerate() {
            let sport = flow.tuple(Dir::Orig).l4_src();
            if at % 2 == 0 {
                other.delete(flow).unwrap();
                other.create(&testing::udp(sport + 1000)).unwrap(); // into the memory that is free now
            }
            let mut expected = if at % 2 == 0 { Err(Error::Kernel(libc::ENOENT)) } else { Ok(()) };
            if at % 4 == 0 {
                other.create(&testing::udp(sport)).unwrap();
                let successor = other.get(&testing::udp(sport)).unwrap();
                if successor.id() == flow.id() {
                    expected = Ok(());
                } else {
                    told_apart += 1;
                }
            }
            assert_eq!(handle.delete(flow), expected, "entry {at}");
        }
        assert_eq!(testing::count(&mut handle), 10 + told_apart, "nobody else was deleted");
        assert!(told_apart > 0, "no successor has an id of its own");
    });
}

/// Messages whose attributes have wrong lengths: the original checks them by assertions and ends the process.
#[test]
fn every_attribute_of_every_length() {
    for (kind, len) in (0..=40u16).flat_map(|kind| (0..=40u16).map(move |len| (kind, len))) {
        for nested in [0, 0x8000] {
            let mut area = [(len + 4).to_ne_bytes(), (kind | nested).to_ne_bytes()].concat();
            area.extend((0..len).map(|at| if at % 4 == 0 { 4 } else { 0 }));
            area.resize(usize::from(len + 4).next_multiple_of(4), 0);
            let mut flow = Flow::new();
            let taken = flow_decode::attributes(&mut flow, AF_INET, Attrs::new(&area));
            assert!(matches!(taken, Ok(()) | Err(Error::Malformed(_))), "{kind} of {len}: {taken:?}");
            all_forms(&flow);
            let taken = expect_decode::attributes(&mut Expectation::new(), AF_INET, Attrs::new(&area));
            assert!(matches!(taken, Ok(()) | Err(Error::Malformed(_))), "{kind} of {len}: {taken:?}");
        }
    }
}
