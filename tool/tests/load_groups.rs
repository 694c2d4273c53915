// SPDX-License-Identifier: GPL-2.0-or-later
//! Lines of a `-R` file that delete or change entries and follow one another share one walk over the table: everything
//! that a user can see is as if they had run one after the other.
//!
//! Each file is run twice on the same table. The second time a line that selects nothing stands between any two lines,
//! and is of the other command, so that no two lines share a walk.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a test may

use netfilter_conntrack::wire::consts::IPS_FIXED_TIMEOUT;
use netfilter_conntrack::{Dir, Flow, Handle, L4};
use testing::random::{Dice, random_flow};
use testing::{flow, isolated, run, skip, table};

const TOOL: &str = env!("CARGO_BIN_EXE_conntrack");
/// Timeouts of entries are between this one and the next million.
const TIMEOUT: u32 = 4_000_000;

/// What can be seen of a run.
#[derive(Debug, PartialEq)]
struct Seen {
    out: Vec<String>,
    err: Vec<String>,
    status: Option<i32>,
    table: Vec<String>,
}

/// A text without the timeouts and ids in it: they are others in each run.
fn timeless(text: &[u8]) -> Vec<String> {
    let is_digit = |byte: &u8| byte.is_ascii_digit();
    let (mut lasting, mut is_id) = (Vec::new(), false);
    for run in text.chunk_by(|one, other| is_digit(one) == is_digit(other)) {
        match run {
            [b'0'..=b'9', ..] if is_id => lasting.push(b'I'),
            [b'3', b'9', ..] | [b'4', ..] if run.len() == 7 => lasting.push(b'T'),
            run => lasting.extend(run),
        }
        is_id = run.ends_with(b"<id>");
    }
    String::from_utf8(lasting).unwrap().lines().map(String::from).collect()
}

/// The entries as the tool shows them, in the order of the table.
fn contents() -> Vec<String> {
    timeless(&run(TOOL, &["-L", "-o", "extended"], "").stdout)
}

/// Makes the flows the only entries, and runs a file.
fn seen(flows: &[Flow], file: &str) -> Seen {
    Handle::open().unwrap().flush().unwrap();
    table(flows);
    let output = run(TOOL, &["-R", "-"], file);
    let (out, err) = (timeless(&output.stdout), timeless(&output.stderr));
    Seen { out, err, status: output.status.code(), table: contents() }
}

/// The same lines, each with a further one after it; `other` makes it of the line.
fn spaced(lines: &[String], other: impl Fn(&str) -> &'static str) -> String {
    lines.iter().map(|line| format!("{line}\n{}\n", other(line))).collect()
}

/// A line that selects nothing, of another command than a line.
fn stranger(line: &str) -> &'static str {
    if line.starts_with("-D") { "-U -s 203.0.113.77 -m 1" } else { "-D -s 203.0.113.77" }
}

fn assert_same(flows: &[Flow], lines: &[String]) -> Seen {
    let together = seen(flows, &spaced(lines, |_| ""));
    let alone = seen(flows, &spaced(lines, stranger));
    let parts = |seen: &Seen| [seen.err.clone(), seen.out.clone(), seen.table.clone()];
    for (together, alone) in parts(&together).iter().zip(&parts(&alone)) {
        let same = together.iter().zip(alone).take_while(|(one, other)| one == other).count();
        let next = (together.get(same), alone.get(same));
        assert!(next == (None, None), "{next:#?} after {same} in\n{}", lines.join("\n"));
    }
    assert_eq!(together.status, alone.status);
    together
}

/// Options that select, most of them something.
fn selection(flows: &[Flow], dice: &mut Dice) -> String {
    let flow = &flows[dice.roll(flows.len() as u64) as usize];
    let (orig, reply) = (flow.tuple(Dir::Orig), flow.tuple(Dir::Reply));
    let [src, dst, reply_src] = [orig.src(), orig.dst(), reply.src()].map(Option::unwrap);
    let of_protocol = match orig.protocol() {
        L4::Tcp { sport, dport } => format!("-p tcp --sport {sport} --dport {dport}"),
        L4::Udp { sport, .. } => format!("-p udp --sport {sport}"),
        L4::Sctp { dport, .. } => format!("-p sctp --reply-port-src {dport}"),
        L4::Gre { src_key, .. } => format!("-p gre --srckey {src_key}"),
        L4::Icmp { id, .. } => format!("-p icmp --icmp-id {id}"),
        _ => format!("-p {}", orig.l4()),
    };
    let ipv6 = src.is_ipv6();
    match dice.roll(14) {
        0..=3 => format!("-s {src}"),
        4 => format!("-s {src} -d {dst} {of_protocol}"),
        5 => format!("-s {src} -d {dst} {of_protocol} -w 0"),
        6 => format!("-s {src}/{}", if ipv6 { 120 } else { 27 }),
        7 => format!("-d {dst} --mask-dst {} {of_protocol}", if ipv6 { "ffff::" } else { "255.0.0.0" }),
        8 => format!("-r {reply_src} {of_protocol}"),
        9 => of_protocol,
        10 => format!("-f {} {of_protocol}", if ipv6 { "ipv6" } else { "ipv4" }),
        11 => format!("-s {src} -n"),
        12 => format!("-q {} -g", reply.dst().unwrap()),
        _ => format!("-s 192.0.2.{}", dice.roll(200)),
    }
}

/// A line that deletes; what it selects an earlier line may have changed.
fn deletion(flows: &[Flow], dice: &mut Dice) -> String {
    let more = match dice.roll(12) {
        0 => " -u ASSURED",
        1 => " -u !SEEN_REPLY",
        2 => " -m 3",
        3 => " -m 1/1",
        4 => " --orig-zone 0",
        5 => " --reply-zone 0",
        6 => " -w 0",
        _ => "",
    };
    format!("-D {}{more}{}", selection(flows, dice), format(dice))
}

fn format(dice: &mut Dice) -> &'static str {
    dice.pick(&["", "", "", " -o extended", " -o save", " -o xml", " -o ktimestamp"])
}

/// A line that changes; some changes are refused.
fn change(flows: &[Flow], number: usize, dice: &mut Dice) -> String {
    let values = match dice.roll(60) {
        0 => "-u EXPECTED".into(),                                 // refused
        1..=3 => format!("-t {}", TIMEOUT - 1000 - number as u32), // refused where the timeout is fixed
        4..=12 => "-u ASSURED,SEEN_REPLY".into(),
        13..=29 => format!("-m {}/{}", dice.roll(4), 1 + dice.roll(3)),
        _ => format!("-m {}", dice.roll(4)),
    };
    let format = dice.pick(&["", "", " -o extended", " -o xml"]);
    format!("-U {} {values}{format}", selection(flows, dice))
}

/// Lines of a file, of which most follow lines of their own kind.
fn random_lines(flows: &[Flow], dice: &mut Dice) -> Vec<String> {
    let mut kind = 0;
    let line = |number: usize| {
        if dice.chance(12) {
            kind = dice.roll(8);
        }
        match kind {
            0..=3 => deletion(flows, dice),
            4..=6 => change(flows, number, dice),
            _ => {
                let host = dice.roll(200);
                format!(
                    "-A -t {TIMEOUT} -s 192.0.2.{host} -d 10.1.0.1 -p udp --sport 7 --dport {}",
                    1 + host % 3
                )
            }
        }
    };
    (0..60).map(line).collect()
}

fn random_table(dice: &mut Dice) -> Vec<Flow> {
    let flow = |n| {
        let mut flow = random_flow(n, dice);
        flow.set_timeout_secs(TIMEOUT);
        if dice.chance(80) {
            flow.set_status(flow.status().unwrap_or(0) & !IPS_FIXED_TIMEOUT);
        }
        flow.set_mark(dice.roll(4) as u32);
        flow
    };
    (0..100).map(flow).collect()
}

#[test]
fn lines_that_share_a_walk_do_what_they_do_one_after_the_other() {
    let (mut failed, mut shown, mut left) = (0, 0, 0);
    for seed in 0..16 {
        isolated(|| {
            let mut dice = Dice(seed * 1_000_003 + 5);
            let flows = random_table(&mut dice);
            let seen = assert_same(&flows, &random_lines(&flows, &mut dice));
            failed += usize::from(seen.status != Some(0));
            shown += seen.out.len();
            left += seen.table.len();
        });
    }
    assert!(failed > 1 && failed < 15 && shown > 300 && left > 200, "{failed} {shown} {left}");
}

#[test]
fn an_entry_goes_with_the_first_line_that_means_it() {
    isolated(|| {
        let udp = |host: u8, zone: u16| {
            let l4 = L4::Udp { sport: 1, dport: 53 };
            let mut flow = flow(&format!("10.0.0.{host}"), "10.0.9.9", l4);
            flow.set_timeout_secs(TIMEOUT);
            flow.set_zone(zone);
            flow
        };
        let flows: Vec<Flow> = (0..20).flat_map(|host| [udp(host, 0), udp(host, 7)]).collect();
        let mut lines: Vec<String> = (0..20).map(|host| format!("-D -s 10.0.0.{host} -w 7")).collect();
        lines.extend((0..20).rev().map(|host| format!("-D -p udp -s 10.0.0.{host}")));
        lines.push("-D -d 10.0.0.0/16".into());
        let seen = assert_same(&flows, &lines);
        assert_eq!((seen.out.len(), seen.table.len(), seen.status), (40, 0, Some(0)));
        let host =
            |line: &str| line.split(" src=10.0.0.").nth(1).unwrap().split(' ').next().unwrap().to_owned();
        let hosts: Vec<String> = seen.out.iter().map(|line| host(line)).collect();
        let expected: Vec<String> = (0..20).chain((0..20).rev()).map(|host: u8| host.to_string()).collect();
        assert_eq!(hosts, expected, "in the order of the lines");
    });
}

#[test]
fn a_change_is_seen_by_the_lines_after_it() {
    isolated(|| {
        let flows: Vec<Flow> = (0..10)
            .map(|host| {
                let l4 = L4::Tcp { sport: 1, dport: 80 };
                let mut flow = flow(&format!("10.0.0.{host}"), "10.0.9.9", l4);
                flow.set_timeout_secs(TIMEOUT);
                flow
            })
            .collect();
        let lines: Vec<String> = (0..10)
            .map(|number| format!("-U -s 10.0.0.{}/29 -m {}/{}", number % 2 * 8, 1 << number, 1 << number))
            .collect();
        let seen = assert_same(&flows, &lines);
        assert_eq!(seen.out.len(), 5 * 8 + 5 * 2);
        assert!(
            seen.table.iter().filter(|line| line.contains("mark=341 ")).count() == 8,
            "{:#?}",
            seen.table
        );
        // One of the two lines empties the selection of the other.
        let lines: Vec<String> =
            (0..10).map(|number| format!("-D -s 10.0.0.{number} -m {}", number % 2)).collect();
        assert_same(&flows, &lines);
    });
}

#[test]
fn the_order_of_entries_is_that_of_a_line_alone() {
    isolated(|| {
        let flows: Vec<Flow> = (1..40)
            .map(|host| {
                let l4 = L4::Udp { sport: host, dport: 53 };
                let mut flow = match host % 2 {
                    0 => flow(&format!("10.0.0.{host}"), "10.0.9.9", l4),
                    _ => flow(&format!("fd00::{host}"), "fd00::9:9", l4),
                };
                flow.set_timeout_secs(TIMEOUT);
                flow
            })
            .collect();
        // The kernel lists the entries of the second line family by family; the first line makes a walk over all.
        let lines = ["-D -s 203.0.113.0/24", "-U -s 203.0.113.0/24 -m 1", "-U -p udp --dport 53 -m 2"];
        let seen = assert_same(&flows, &lines.map(String::from));
        assert_eq!(seen.out.len(), flows.len());
        let seen = assert_same(&flows, &["-D -s 203.0.113.0/24", "-D -p udp --dport 53"].map(String::from));
        assert_eq!((seen.out.len(), seen.table.len()), (flows.len(), 0));
        let (ipv4, ipv6) = seen.out.split_at(flows.len() / 2);
        assert!(
            ipv4.iter().all(|line| line.contains("10.0.9.9"))
                && ipv6.iter().all(|line| line.contains("fd00::9:9"))
        );
    });
}

#[test]
fn a_walk_that_is_refused_is_the_first_lines_failure() {
    isolated(|| {
        let bare = ["--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all", TOOL, "-R", "-"];
        let refused = |file: &str| {
            let output = run("setpriv", &bare, file);
            let said = String::from_utf8(output.stderr).unwrap();
            if said.contains("setpriv: ") {
                skip("setpriv cannot take privileges away here");
            }
            (output.status.code(), said, output.stdout.len())
        };
        for wide in ["-D -s 10.0.0.0/24", "-U -s 10.0.0.0/24 -m 1"] {
            let alone = refused(&format!("# one line\n\n{wide}\n"));
            assert!(alone.1.contains(": stdin:3: Operation failed: "), "{alone:?}");
            assert_eq!(refused(&format!("# many lines\n\n{}", format!("{wide}\n").repeat(9))), alone);
        }
    });
}
