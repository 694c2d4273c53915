// SPDX-License-Identifier: GPL-2.0-or-later
//! The table that every command line of the parity ring meets: every protocol in several states, both families,
//! translations, zones, marks, status bits, labels, a helper and its expectations.
//!
//! Entries are made by library calls in one batch, so a table that a command changed is soon as it was.

use super::normal;
use netfilter_conntrack::format::{self, Flags, Style};
use netfilter_conntrack::wire::consts::{AF_INET, AF_INET6, IPS_ASSURED, IPS_FIXED_TIMEOUT, IPS_SEEN_REPLY};
use netfilter_conntrack::{
    Attr, Bitmask, Dir, Error, Events, ExpectAttr, Expectation, Flow, Groups, Handle, L4,
};
use std::time::{Duration, Instant};
use testing::{self, flow};

/// The label file that both tools read.
pub const LABELS: &str = "0 zero\n1 one\n5 five\n7 seven up\n100 hundred\n127 last\n130 big\n";

/// Entries have labels only where a rule asks for some.
const RULES: &str = "table inet t { chain c { type filter hook input priority 0; ct label set 1; }; }";

/// Timers are good for so long, see [`normal`].
const GOOD_FOR: Duration = Duration::from_secs(200);

const REPLIED: u32 = IPS_SEEN_REPLY | IPS_ASSURED;

/// An entry by its name here; see [`flows`].
pub type Named = (&'static str, Flow);

/// Whether entries have counters and times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extras {
    On,
    Off,
}

/// Prepares a new namespace: labels, and what entries have beside.
pub fn prepare(extras: Extras) {
    testing::rules(RULES);
    let on = u32::from(extras == Extras::On);
    testing::sysctl("nf_conntrack_acct", on);
    testing::sysctl("nf_conntrack_timestamp", on);
}

/// The entries. Each has a timeout of its own, half-way between two thousands.
pub fn flows() -> Vec<Named> {
    let mut flows = [tcp(), udp(), others(), translated(), labelled()].concat();
    for (number, (_, flow)) in (10..).zip(&mut flows) {
        flow.set_timeout_secs(number * 1000 + 500);
    }
    flows
}

fn with(mut flow: Flow, set: impl FnOnce(&mut Flow)) -> Flow {
    set(&mut flow);
    flow
}

fn tcp() -> Vec<Named> {
    let entry = |src: &str, dst: &str, sport, state, status: u32, mark| {
        let flow = flow(src, dst, L4::Tcp { sport, dport: 80 });
        with(flow, |flow| {
            flow.set_tcp_state(state);
            flow.set_status(status);
            flow.set_mark(mark);
        })
    };
    vec![
        ("web", entry("10.0.0.1", "10.0.0.2", 1000, 3, REPLIED, 5)),
        ("syn", entry("10.0.0.1", "10.0.0.2", 1001, 1, 0, 0)),
        ("wait", entry("10.0.0.3", "10.0.0.2", 1002, 7, REPLIED, 0x15)),
        ("listen", entry("10.0.0.3", "10.0.0.2", 1003, 9, IPS_SEEN_REPLY, 0)),
        ("web6", entry("fd00::1", "fd00::2", 1000, 3, REPLIED, 5)),
        ("fin6", entry("fd00::1", "fd00::3", 1001, 4, REPLIED, 0x8000_0000)),
    ]
}

fn udp() -> Vec<Named> {
    let entry = |sport| flow("10.1.0.1", "10.1.0.2", L4::Udp { sport, dport: 53 });
    let v6 = |sport| flow("fd01::1", "fd01::2", L4::Udp { sport, dport: 53 });
    vec![
        ("dns", entry(1000)),
        ("answered", with(entry(1001), |flow| flow.set_status(IPS_SEEN_REPLY))),
        ("zone7", with(entry(1000), |flow| flow.set_zone(7))),
        ("zone-orig", with(entry(1003), |flow| flow.set_orig_zone(3))),
        ("zone-reply", with(entry(1004), |flow| flow.set_reply_zone(4))),
        ("fixed", with(entry(1005), |flow| flow.set_status(REPLIED | IPS_FIXED_TIMEOUT))),
        ("dns6", with(v6(1000), |flow| flow.set_mark(7))),
        ("zone6", with(v6(1001), |flow| flow.set_zone(9))),
        ("lite", flow("10.1.0.1", "10.1.0.2", L4::UdpLite { sport: 1000, dport: 5060 })),
        ("lite6", flow("fd01::1", "fd01::2", L4::UdpLite { sport: 1000, dport: 5060 })),
    ]
}

fn others() -> Vec<Named> {
    let sctp = |src: &str, dst: &str, state, tags: [u32; 2]| {
        with(flow(src, dst, L4::Sctp { sport: 3000, dport: 3001 }), |flow| {
            flow.set_sctp_state(state);
            flow.set_bytes(Attr::SctpVtagOrig, &tags[0].to_ne_bytes());
            flow.set_bytes(Attr::SctpVtagRepl, &tags[1].to_ne_bytes());
        })
    };
    let icmp = |kind, id| flow("10.2.0.1", "10.2.0.2", L4::Icmp { kind, code: 0, id });
    let ping6 = L4::IcmpV6 { kind: 128, code: 0, id: 79 };
    vec![
        ("sctp", sctp("10.2.0.1", "10.2.0.2", 4, [0x0101_0101, 0x0202_0202])),
        ("sctp6", sctp("fd02::1", "fd02::2", 2, [0x0303_0303, 0])),
        ("gre", flow("10.2.0.1", "10.2.0.2", L4::Gre { src_key: 5, dst_key: 0x66 })),
        ("gre6", flow("fd02::1", "fd02::2", L4::Gre { src_key: 0, dst_key: 9 })),
        ("ping", with(icmp(8, 77), |flow| flow.set_status(IPS_SEEN_REPLY))),
        ("clock", icmp(13, 78)),
        ("ping6", flow("fd02::1", "fd02::2", ping6)),
        ("dccp", flow("10.2.0.1", "10.2.0.2", L4::Other(33))),
        ("esp", flow("10.2.0.1", "10.2.0.2", L4::Other(50))),
        ("ospf6", flow("fd02::1", "fd02::2", L4::Other(89))),
    ]
}

fn translated() -> Vec<Named> {
    let udp = |sport| flow("10.3.0.1", "10.3.0.2", L4::Udp { sport, dport: 53 });
    let udp6 = |sport| flow("fd03::1", "fd03::2", L4::Udp { sport, dport: 53 });
    let ping = flow("10.3.0.1", "10.3.0.2", L4::Icmp { kind: 8, code: 0, id: 80 });
    let source = |flow: &mut Flow, last, port: u16| {
        flow.set_bytes(Attr::SnatIpv4, &[10, 9, 9, last]);
        flow.set_bytes(Attr::SnatPort, &port.to_be_bytes());
    };
    let destination = |flow: &mut Flow, port: u16| {
        flow.set_bytes(Attr::DnatIpv4, &[10, 8, 8, 8]);
        flow.set_bytes(Attr::DnatPort, &port.to_be_bytes());
    };
    let v6 = |last| [0xfd, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last];
    vec![
        ("snat", with(udp(1000), |flow| source(flow, 9, 99))),
        ("snat-other", with(udp(1001), |flow| source(flow, 10, 98))),
        ("dnat", with(udp(1002), |flow| destination(flow, 8080))),
        ("both", with(udp(1003), |flow| (source(flow, 9, 97), destination(flow, 8081)).0)),
        (
            "port-only",
            with(udp(1004), |flow| {
                flow.set_bytes(Attr::SnatIpv4, &[10, 3, 0, 1]);
                flow.set_bytes(Attr::SnatPort, &2004u16.to_be_bytes());
            }),
        ),
        ("nothing", with(udp(1005), |flow| flow.set_bytes(Attr::SnatIpv4, &[10, 3, 0, 1]))),
        ("snat6", with(udp6(1000), |flow| flow.set_bytes(Attr::SnatIpv6, &v6(9)))),
        ("dnat6", with(udp6(1001), |flow| flow.set_bytes(Attr::DnatIpv6, &v6(8)))),
        ("snat-ping", with(ping, |flow| flow.set_bytes(Attr::SnatIpv4, &[10, 9, 9, 9]))),
    ]
}

fn labelled() -> Vec<Named> {
    let entry = |sport, bits: &[u32]| {
        let mut labels = Bitmask::new(127).unwrap();
        bits.iter().for_each(|&bit| labels.set(bit));
        with(flow("10.4.0.1", "10.4.0.2", L4::Udp { sport, dport: 53 }), |flow| flow.set_labels(labels))
    };
    let control = |src: &str, dst: &str| {
        with(flow(src, dst, L4::Tcp { sport: 40000, dport: 21 }), |flow| {
            flow.set_tcp_state(3);
            flow.set_helper_name(b"ftp");
        })
    };
    vec![
        ("labels", entry(1000, &[1, 100])),
        ("label", entry(1001, &[7])),
        ("ftp", control("10.5.0.1", "10.5.0.2")),
        ("ftp6", control("fd05::1", "fd05::2")),
    ]
}

/// What the control connections announce.
pub fn expectations() -> Vec<Expectation> {
    let expect = |src: &str, dst: &str, mask: &str| {
        let tuple = |src: &str, dst: &str, sport, dport| flow(src, dst, L4::Tcp { sport, dport });
        let mut expect = Expectation::new();
        expect.set_tuple(ExpectAttr::Master, &tuple(src, dst, 40000, 21));
        expect.set_tuple(ExpectAttr::Expected, &tuple(src, dst, 0, 2570));
        expect.set_tuple(ExpectAttr::Mask, &tuple(mask, mask, 0, 0xffff));
        expect.set_number(ExpectAttr::Timeout, 300);
        expect
    };
    let all = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
    vec![expect("10.5.0.1", "10.5.0.2", "255.255.255.255"), expect("fd05::1", "fd05::2", all)]
}

/// A namespace's table, which can be made what it was.
///
/// To read the table the kernel walks all of its hash, whatever the namespace holds; so it is read only when it
/// may have changed, which events tell.
pub struct Ground {
    handle: Handle,
    events: Events,
    flows: Vec<Named>,
    expectations: Vec<Expectation>,
    /// The table's lines when it is as it should be.
    fresh: Vec<String>,
    made: Instant,
}

impl Ground {
    /// The fixture in the calling thread's namespace.
    pub fn new(extras: Extras) -> Ground {
        prepare(extras);
        let events = Events::open(Groups::FLOWS | Groups::EXPECTATIONS).unwrap();
        events.socket().set_non_blocking(true).unwrap();
        events.socket().set_receive_buffer(1 << 20).unwrap();
        let (handle, flows, expectations) = (Handle::open().unwrap(), flows(), expectations());
        let (fresh, made) = (Vec::new(), Instant::now());
        let mut ground = Ground { handle, events, flows, expectations, fresh, made };
        ground.reset();
        ground.fresh = table(&mut ground.handle);
        assert_eq!(ground.fresh.len(), ground.flows.len() + ground.expectations.len());
        ground
    }

    /// Makes the table what it was.
    pub fn reset(&mut self) {
        self.handle.flush().unwrap();
        testing::load(self.flows.iter().map(|(_, flow)| flow.clone()));
        for expect in &self.expectations {
            self.handle.create_expectation(expect).unwrap();
        }
        self.made = Instant::now();
        self.happened();
    }

    /// Whether something happened since the last call.
    fn happened(&mut self) -> bool {
        let mut happened = false;
        while !matches!(self.events.next(), Err(Error::Os(libc::EAGAIN))) {
            happened = true;
        }
        happened
    }

    /// What has changed since the table was made; then it is made anew. What may have changed it without an event, a
    /// refused request, is told by `suspect`.
    pub fn changes(&mut self, suspect: bool) -> Vec<String> {
        if !self.happened() && !suspect {
            if self.made.elapsed() > GOOD_FOR {
                self.reset();
            }
            return Vec::new();
        }
        let now = table(&mut self.handle);
        if now != self.fresh {
            self.reset();
        }
        let beside = |mark: &str, these: &[String], those: &[String]| -> Vec<String> {
            let missing = these.iter().filter(|line| those.binary_search(line).is_err());
            missing.map(|line| format!("{mark}{line}")).collect()
        };
        [beside("-", &self.fresh, &now), beside("+", &now, &self.fresh)].concat()
    }

    /// A text with `@id(NAME)` replaced.
    pub fn with_ids(&mut self, text: &str) -> String {
        let mut parts = text.split("@id(");
        let mut out = parts.next().unwrap().to_string();
        for part in parts {
            let (name, rest) = part.split_once(')').unwrap();
            let (_, flow) = self.flows.iter().find(|(known, _)| *known == name).unwrap();
            out += &self.handle.get(&testing::key(flow, Dir::Orig)).unwrap().id().unwrap().to_string();
            out += rest;
        }
        out
    }
}

/// An entry's line without its use count.
pub fn without_use(line: &str) -> String {
    line.split(' ').filter(|word| !word.starts_with("use=")).collect::<Vec<_>>().join(" ")
}

/// The entries among changes of the table, as text: those that are gone (`-`) or new (`+`).
pub fn flow_lines(changes: &[String], mark: char) -> Vec<String> {
    let lines = changes.iter().filter_map(|line| line.strip_prefix(mark)?.split_once(" status="));
    lines.map(|(text, _)| text.to_string()).collect()
}

/// The whole table, every property of an entry in its line, sorted.
pub fn table(handle: &mut Handle) -> Vec<String> {
    let style = Style { flags: Flags::LAYER3, ..Style::default() };
    let mut lines = Vec::new();
    let mut list = handle.entries().open().unwrap();
    while let Some(flow) = list.next().unwrap() {
        let mut line = Vec::new();
        format::append_flow(&mut line, flow, &style).unwrap();
        let text = normal::line(&String::from_utf8(line).unwrap());
        lines.push(format!("{} {}", without_use(&text), hidden(flow)));
    }
    drop(list);
    for family in [AF_INET, AF_INET6] {
        let mut list = handle.list_expectations(family).unwrap();
        while let Some(expect) = list.next().unwrap() {
            let mut line = Vec::new();
            format::append_expectation(&mut line, expect, &Style::default()).unwrap();
            lines.push(normal::line(&String::from_utf8(line).unwrap()));
        }
    }
    lines.sort_unstable();
    lines
}

/// What the text of an entry does not show.
fn hidden(flow: &Flow) -> String {
    let labels: Vec<u32> = flow.labels().into_iter().flat_map(Bitmask::iter).collect();
    let flags = [Attr::TcpFlagsOrig, Attr::TcpFlagsRepl].map(|attr| flow.u8(attr));
    let tags = [Attr::SctpVtagOrig, Attr::SctpVtagRepl].map(|attr| flow.u32(attr));
    format!("status={:x?} flags={flags:x?} tags={tags:x?} labels={labels:?}", flow.status().unwrap_or(0))
}
