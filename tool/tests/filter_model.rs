// SPDX-License-Identifier: GPL-2.0-or-later
//! Holds the tool against the model of the manual page in `tests/model` on the running kernel: some hundreds of
//! command lines, each run on a table with every kind of entry. `-D` must take away exactly the entries that are
//! meant, `-L` must show them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a test may

mod model;

use model::Tally;
use model::entry::*;
use model::line::Line;
use model::meaning::{Given, Meaning, Verb, What};
use netfilter_conntrack::{Attr, Bitmask, Dir, Error, Flow, Handle, L4};
use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use testing::isolated;

const SIZE: usize = 80;
const LINES: u64 = 400;
const TOOL: &str = env!("CARGO_BIN_EXE_conntrack");

/// Entries have labels only where a rule asks for some.
const RULES: &str = "table inet t { chain c { type filter hook input priority 0; ct label set 1; }; }";

/// A table of the kernel, and what it should hold.
struct Table {
    handle: Handle,
    plans: Vec<Entry>,
    /// What it held when it was last read. The kernel looks at every bucket to list it, so it is read seldom.
    held: Vec<Entry>,
    /// The file with the names of labels.
    labels: String,
}

impl Table {
    fn of_seed(seed: u64, labels: &str) -> Table {
        let plans = model::table(Home::Kernel, SIZE, seed);
        let mut handle = Handle::open().unwrap();
        handle.flush().unwrap();
        Table { handle, plans, held: Vec::new(), labels: labels.to_owned() }
    }

    /// Makes the entries that are not there, and gives all: in the order of the plans, because the kernel's differs
    /// from run to run.
    fn filled(&mut self) -> Vec<Entry> {
        let before = self.ordered();
        let missing: Vec<usize> = (0..self.plans.len()).filter(|&at| before[at].is_none()).collect();
        let mut refused = Vec::new();
        for &at in &missing {
            match self.handle.create(&request(&self.plans[at])) {
                Ok(()) => {}
                // A translation has led to a tuple that is in use.
                Err(Error::Kernel(libc::EEXIST | libc::EBUSY | libc::EPERM)) => refused.push(at),
                Err(error) => panic!("{error}: {:?}", self.plans[at]),
            }
        }
        refused.into_iter().rev().for_each(|at| drop(self.plans.remove(at)));
        if !missing.is_empty() {
            self.read();
        }
        self.ordered().into_iter().map(|entry| entry.expect("what was made is there")).collect()
    }

    /// The entry of each plan, if it is there; no other ones are.
    fn ordered(&self) -> Vec<Option<Entry>> {
        let key = |entry: &Entry| (entry.protocol, entry.tuples[0]);
        let mut found: HashMap<_, _> = self.held.iter().cloned().map(|entry| (key(&entry), entry)).collect();
        let ordered = self.plans.iter().map(|plan| found.remove(&key(plan))).collect();
        assert!(found.is_empty(), "not planned: {found:?}");
        ordered
    }

    fn read(&mut self) {
        let flows: Vec<Flow> = self.handle.flows().unwrap().collect::<Result<_, _>>().unwrap();
        self.held = flows.iter().map(entry).collect();
    }

    /// Runs a line, and returns what is wrong with its effect.
    fn fault(&mut self, line: &Line) -> Option<String> {
        let before = self.filled();
        let meaning = line.meaning();
        let all: BTreeSet<u32> = before.iter().map(|entry| entry.id).collect();
        let meant = |entry: &&Entry| meaning.selects(entry);
        let expected: BTreeSet<u32> = before.iter().filter(meant).map(|entry| entry.id).collect();
        let (words, shows_ids) = self.words(line);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let output = match line.posix {
            true => testing::run("env", &[&["POSIXLY_CORRECT=1", TOOL], &words[..]].concat(), ""),
            false => testing::run(TOOL, &words, ""),
        };
        self.read();
        let after: BTreeSet<u32> = self.held.iter().map(|entry| entry.id).collect();

        let status = output.status.code();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let shown: BTreeSet<u32> = text.lines().filter_map(id_shown).collect();
        let report = |about: &str| {
            Some(format!("{about}\nmeaning: {meaning:?}\n{text}{}", String::from_utf8_lossy(&output.stderr)))
        };
        let gone: BTreeSet<u32> = all.difference(&after).copied().collect();
        let named = |ids: &BTreeSet<u32>| -> String {
            let entries = before.iter().filter(|entry| ids.contains(&entry.id));
            entries.map(|entry| format!("\n  {entry:?}")).collect()
        };
        let (statuses, lost) = match (&meaning, line.verb) {
            (Meaning::Refused(statuses), _) => (statuses.clone(), BTreeSet::new()),
            (Meaning::Selects(_), Verb::Delete) => (vec![u8::from(expected.is_empty())], expected.clone()),
            (Meaning::Selects(_), Verb::Flush) => (vec![0], expected.clone()),
            (Meaning::Selects(_), _) => (vec![0], BTreeSet::new()),
        };
        if gone != lost {
            return report(&format!("gone are{}\ninstead of{}", named(&gone), named(&lost)));
        }
        if !statuses.iter().any(|wanted| status == Some(i32::from(*wanted))) {
            return report(&format!("exit status {status:?}, not one of {statuses:?}"));
        }
        if shows_ids && shown != expected {
            return report(&format!("shown are{}\ninstead of{}", named(&shown), named(&expected)));
        }
        None
    }

    /// The words of a line, with the file of labels where it names some; whether ids are shown.
    fn words(&self, line: &Line) -> (Vec<String>, bool) {
        let has = |is: fn(&Given) -> bool| {
            line.pieces.iter().any(|piece| matches!(&piece.what, What::Given(given) if is(given)))
        };
        let mut words = Vec::new();
        if has(|given| matches!(given, Given::Labels(_))) {
            words.extend(["-M".into(), self.labels.clone()]);
        }
        let shows_ids = line.verb == Verb::List && !has(|given| *given == Given::Output);
        if shows_ids {
            words.extend(["-o".into(), "id".into()]);
        }
        words.extend(line.words());
        (words, shows_ids)
    }
}

/// The id of the entry that a line shows; that of an ICMP tuple stands further in front.
fn id_shown(line: &str) -> Option<u32> {
    line.rsplit(' ').find_map(|word| word.strip_prefix("id="))?.parse().ok()
}

fn layer4(protocol: u8, layer4: Layer4) -> L4 {
    match (protocol, layer4) {
        (TCP, Layer4::Ports([sport, dport])) => L4::Tcp { sport, dport },
        (UDP, Layer4::Ports([sport, dport])) => L4::Udp { sport, dport },
        (UDPLITE, Layer4::Ports([sport, dport])) => L4::UdpLite { sport, dport },
        (SCTP, Layer4::Ports([sport, dport])) => L4::Sctp { sport, dport },
        (_, Layer4::Keys([src_key, dst_key])) => L4::Gre { src_key, dst_key },
        (ICMP, Layer4::Icmp { kind, code, id }) => L4::Icmp { kind, code, id },
        (_, Layer4::Icmp { kind, code, id }) => L4::IcmpV6 { kind, code, id },
        (protocol, _) => L4::Other(protocol),
    }
}

/// What makes an entry.
fn request(plan: &Entry) -> Flow {
    let mut flow = Flow::new();
    let [orig, reply] = plan.tuples;
    flow.set_tuple(Dir::Orig, orig.address[0], orig.address[1], layer4(plan.protocol, orig.layer4));
    if plan.status & (SRC_NAT_DONE | DST_NAT_DONE) == 0 {
        flow.set_tuple(Dir::Reply, reply.address[0], reply.address[1], layer4(plan.protocol, reply.layer4));
    } else {
        flow.set_reply_from_original();
        translate(&mut flow, reply.address[1], part(reply.layer4, 1), false);
        translate(&mut flow, reply.address[0], part(reply.layer4, 0), true);
    }
    flow.set_status(plan.status & (SEEN_REPLY | ASSURED | FIXED_TIMEOUT));
    flow.set_timeout_secs(plan.timeout_secs);
    flow.set_mark(plan.mark.unwrap_or(0));
    match (plan.protocol, plan.state) {
        (TCP, Some(state)) => flow.set_tcp_state(state),
        (SCTP, Some(state)) => {
            flow.set_sctp_state(state);
            for attr in [Attr::SctpVtagOrig, Attr::SctpVtagRepl] {
                flow.set_bytes(attr, &1u32.to_ne_bytes());
            }
        }
        _ => {}
    }
    match plan.tuples.map(|tuple| tuple.zone) {
        [0, 0] => {}
        [orig, reply] if orig == reply => flow.set_zone(orig),
        [orig, 0] => flow.set_orig_zone(orig),
        [_, reply] => flow.set_reply_zone(reply),
    }
    if !plan.labels.is_empty() {
        let mut labels = Bitmask::new(127).unwrap();
        plan.labels.iter().for_each(|&bit| labels.set(u32::from(bit)));
        flow.set_labels(labels);
    }
    flow
}

/// The port of one end, or the id.
fn part(layer4: Layer4, end: usize) -> Option<u16> {
    match layer4 {
        Layer4::Ports(ports) => Some(ports[end]),
        Layer4::Icmp { id, .. } if end == 1 => Some(id),
        _ => None,
    }
}

fn translate(flow: &mut Flow, to: IpAddr, port: Option<u16>, destination: bool) {
    let (v4, v6, port_attr) = match destination {
        true => (Attr::DnatIpv4, Attr::DnatIpv6, Attr::DnatPort),
        false => (Attr::SnatIpv4, Attr::SnatIpv6, Attr::SnatPort),
    };
    match to {
        IpAddr::V4(to) => flow.set_bytes(v4, &to.octets()),
        IpAddr::V6(to) => flow.set_bytes(v6, &to.octets()),
    }
    port.into_iter().for_each(|port| flow.set_bytes(port_attr, &port.to_be_bytes()));
}

/// An entry as the kernel shows it.
fn entry(flow: &Flow) -> Entry {
    let both = flow.zone().unwrap_or(0);
    let zones = [flow.orig_zone().unwrap_or(both), flow.reply_zone().unwrap_or(both)];
    let tuple = |dir: Dir, zone: u16| {
        let tuple = flow.tuple(dir);
        let layer4 = match tuple.protocol() {
            L4::Tcp { sport, dport }
            | L4::Udp { sport, dport }
            | L4::UdpLite { sport, dport }
            | L4::Sctp { sport, dport } => Layer4::Ports([sport, dport]),
            L4::Gre { src_key, dst_key } => Layer4::Keys([src_key, dst_key]),
            L4::Icmp { kind, code, id } | L4::IcmpV6 { kind, code, id } => Layer4::Icmp { kind, code, id },
            _ => Layer4::Bare,
        };
        Tuple { address: [tuple.src().unwrap(), tuple.dst().unwrap()], layer4, zone }
    };
    let labels = flow.labels().into_iter().flat_map(|labels| labels.iter().collect::<Vec<_>>());
    Entry {
        id: flow.id().unwrap(),
        protocol: flow.tuple(Dir::Orig).l4(),
        tuples: [tuple(Dir::Orig, zones[0]), tuple(Dir::Reply, zones[1])],
        status: flow.status().unwrap(),
        mark: flow.mark(),
        secmark: None,
        state: flow.tcp_state().or(flow.sctp_state()),
        labels: labels.map(|bit| u8::try_from(bit).unwrap()).collect(),
        helper: None,
        timeout_secs: 0,
    }
}

/// The conditions split the table.
fn assert_every_kind(entries: &[Entry]) {
    let has = |is: &dyn Fn(&Entry) -> bool| entries.iter().any(is);
    for protocol in [TCP, UDP, UDPLITE, SCTP, GRE, ICMP, ICMPV6, 50] {
        assert!(has(&|entry| entry.protocol == protocol), "no entry of protocol {protocol}");
    }
    for bit in [SEEN_REPLY, ASSURED, FIXED_TIMEOUT, SRC_NAT, DST_NAT] {
        assert!(has(&|entry| entry.status & bit != 0), "no entry with status {bit:#x}");
        assert!(has(&|entry| entry.status & bit == 0), "no entry without status {bit:#x}");
    }
    let zones = |entry: &Entry| entry.tuples.map(|tuple| tuple.zone != 0);
    for wanted in [[false, false], [true, true], [true, false], [false, true]] {
        assert!(has(&|entry| zones(entry) == wanted), "no entry with zones {wanted:?}");
    }
    let [v4, v6] = [false, true].map(|ipv6| entries.iter().filter(|entry| entry.is_ipv6() == ipv6).count());
    assert!(v4 > 10 && v6 > 10, "{v4} entries of IPv4, {v6} of IPv6");
    assert!(has(&|entry| entry.labels.len() > 1) && has(&|entry| entry.labels.is_empty()));
    assert!(has(&|entry| entry.mark == Some(0)) && has(&|entry| entry.mark > Some(5)));
}

#[test]
fn the_kernel_loses_what_the_manual_says() {
    let mut tally = Tally::default();
    isolated(|| {
        testing::rules(RULES);
        let labels = std::env::temp_dir().join(format!("conntrack-labels-{}", std::process::id()));
        std::fs::write(&labels, LABEL_FILE).unwrap();
        let labels = labels.to_str().unwrap().to_owned();
        let mut table: Option<Table> = None;
        for seed in model::seeds(0..LINES) {
            if seed % model::LINES_OF_A_TABLE == 0 || table.is_none() {
                table = Some(Table::of_seed(seed, &labels));
            }
            let table = table.as_mut().unwrap();
            let entries = table.filled();
            assert_every_kind(&entries);
            let line = model::line(Home::Kernel, &entries, seed);
            if line.verb == Verb::Update {
                continue; // it changes what the next lines are about; on paper it is judged
            }
            if table.fault(&line).is_some() {
                let line = line.shortest(|line| table.fault(line).is_some());
                let fault = table.fault(&line).expect("the shortest line that fails");
                panic!("{}", model::failure(seed, &line, &fault));
            }
            let meaning = line.meaning();
            let selected = entries.iter().filter(|entry| meaning.selects(entry)).count();
            tally.count(matches!(meaning, Meaning::Selects(_)).then_some(selected), entries.len());
        }
        std::fs::remove_file(labels).unwrap();
    });
    println!("{tally:?}");
    if tally.lines > 100 {
        tally.assert_sharp();
    }
}
