// SPDX-License-Identifier: GPL-2.0-or-later
//! A table of 100,000 flows: what is printed is what the original `conntrack -L` prints, line for line, and
//! the memory needed does not grow with the table.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use netfilter_conntrack::wire::consts::{IPS_ASSURED, IPS_SEEN_REPLY};
use netfilter_conntrack::{Attr, Flow, Handle, L4};
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use testing::{flow, isolated, load, skip, timeless};

const FLOWS: u32 = 100_000;
/// Most memory, in KiB, that listing the table may take.
const PEAK_KIB: u64 = 16 << 10;
/// The original tool, as Debian installs it.
const ORIGINAL: &str = "/usr/sbin/conntrack";

/// Flow `n` of a mixed table: families, protocols, states, marks, zones and translations take turns.
fn nth(n: u32) -> Flow {
    let sport = u16::try_from(1024 + n % 50_000).unwrap();
    let host = n / 50_000 + 1;
    let l4 = match n % 5 {
        0 | 1 => L4::Tcp { sport, dport: 443 },
        2 | 3 => L4::Udp { sport, dport: 53 },
        _ => L4::Icmp { kind: 8, code: 0, id: sport },
    };
    let mut flow = match n % 3 {
        0 if n % 5 < 4 => flow(&format!("fd00::{host}"), "fd00::ffff", l4),
        _ => flow(&format!("10.0.0.{host}"), "10.0.255.255", l4),
    };
    flow.set_timeout_secs(100_000 + n % 1000);
    flow.set_mark(n % 7);
    if n % 5 == 1 {
        flow.set_tcp_state(3);
        flow.set_status(IPS_SEEN_REPLY | IPS_ASSURED);
    }
    if n % 11 == 0 {
        flow.set_zone(9);
    }
    if n % 15 == 1 {
        flow.set_bytes(Attr::SnatIpv4, &[192, 0, 2, 1]);
    }
    flow
}

/// What a program printed, and the most memory it held while printing, in KiB.
struct Listing {
    lines: Vec<String>,
    peak_kib: u64,
}

/// Reads a number of KiB from `/proc/PID/status`; nothing once the process is over.
fn peak_kib(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok())
}

/// Runs a program and looks at its peak memory whenever it has printed something.
fn listing(program: &Path, args: &[&str]) -> Listing {
    let mut child = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (mut pipe, mut text, mut peak) = (child.stdout.take().unwrap(), Vec::new(), 0);
    let mut chunk = vec![0; 1 << 16];
    loop {
        match pipe.read(&mut chunk).unwrap() {
            0 => break,
            len => text.extend(&chunk[..len]),
        }
        peak = peak.max(peak_kib(child.id()).unwrap_or(0));
    }
    assert!(child.wait().unwrap().success(), "{}", program.display());
    assert_ne!(peak, 0, "the peak was never seen");
    let lines = String::from_utf8(text).unwrap().lines().map(str::to_owned).collect();
    Listing { lines, peak_kib: peak }
}

/// The lines in order, without the seconds left.
fn timeless_lines(listing: &Listing) -> Vec<String> {
    let mut lines: Vec<String> = listing.lines.iter().map(|line| timeless(line)).collect();
    lines.sort_unstable();
    lines
}

fn same(ours: &Listing, original: &Listing) {
    let [ours_lines, original_lines] = [ours, original].map(timeless_lines);
    assert_eq!(ours_lines.len(), original_lines.len());
    for (ours, original) in ours_lines.iter().zip(&original_lines) {
        assert_eq!(ours, original);
    }
    assert!(ours.peak_kib < PEAK_KIB, "{} KiB", ours.peak_kib);
}

#[test]
fn one_hundred_thousand_flows_are_printed_as_the_original_prints_them() {
    isolated(|| {
        if !Path::new(ORIGINAL).exists() {
            skip("no original conntrack to compare with");
        }
        load((0..FLOWS).map(nth));
        assert_eq!(Handle::open().unwrap().statistics().unwrap().entries, FLOWS);
        let original = listing(Path::new(ORIGINAL), &["-L"]);
        println!("original: {} KiB", original.peak_kib);
        assert_eq!(original.lines.len(), FLOWS as usize);
        let ours: [(&Path, &[&str]); 2] =
            [(Path::new(env!("CARGO_BIN_EXE_conntrack")), &["-L"]), (&testing::example("list"), &[])];
        for (program, args) in ours {
            let listing = listing(program, args);
            println!("{}: {} KiB", program.display(), listing.peak_kib);
            same(&listing, &original);
        }
    });
}

#[test]
fn json_takes_no_more_memory_than_text() {
    isolated(|| {
        load((0..FLOWS).map(nth));
        let tool = Path::new(env!("CARGO_BIN_EXE_conntrack"));
        let listing = listing(tool, &["-L", "-o", "json"]);
        println!("JSON: {} KiB", listing.peak_kib);
        assert!(listing.peak_kib < PEAK_KIB, "{} KiB", listing.peak_kib);
        assert_eq!(listing.lines.len(), FLOWS as usize);
        for line in listing.lines.iter().step_by(997) {
            let value = testing::json::Json::read(line).unwrap();
            assert!(value.at("orig/src").is_some() && value.at("reply/dst").is_some(), "{line}");
        }
    });
}
