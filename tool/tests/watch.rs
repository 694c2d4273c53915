// SPDX-License-Identifier: GPL-2.0-or-later
//! `--watch` on the kernel: the time between two readings of the counters, and whole outputs whenever a signal comes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a test may

use netfilter_conntrack::batch::Request;
use netfilter_conntrack::{Handle, L4};
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStdout, Command, Stdio};
use testing::json::Json;
use testing::{catches_interrupts, flow, isolated, run, wait_until};

const TOOL: &str = env!("CARGO_BIN_EXE_conntrack");

fn started(words: &str) -> (Child, BufReader<ChildStdout>) {
    let mut child = Command::new(TOOL).args(words.split(' ')).stdout(Stdio::piped()).spawn().unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    (child, out)
}

fn line(out: &mut BufReader<ChildStdout>) -> String {
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    assert!(line.ends_with('\n'), "it ends: {line}");
    line
}

fn interrupt(child: &Child) {
    run("kill", &["-INT", &child.id().to_string()], "");
}

fn interrupted(mut child: Child) {
    interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

/// The seconds that a plugin's line says it has looked.
fn secs(line: &str) -> f64 {
    let words = line.split(" | ").next().unwrap().trim_end_matches(" s");
    words.rsplit(' ').next().unwrap().parse().unwrap()
}

/// A shorter time would call almost nothing a long look, and a single packet a thousand a second.
#[test]
fn two_readings_are_never_nearer_than_the_interval() {
    isolated(|| {
        let (child, mut out) = started("--check --interval 0.4 --watch 0.1");
        for _ in 0..3 {
            let line = line(&mut out);
            assert!(line.starts_with("CONNTRACK OK") && secs(&line) >= 0.4, "{line}");
        }
        interrupted(child);
        let (child, mut out) = started("--diagnose --interval 0.4 --watch 0.1 -o json");
        for _ in 0..3 {
            let report = Json::read(&line(&mut out)).unwrap();
            let secs = report.at("interval_secs").and_then(Json::number).unwrap();
            assert!(secs >= 0.4, "{secs}");
        }
        interrupted(child);
    });
}

/// Without `--interval` the period is as short as it is asked for, but the counters have it in full.
#[test]
fn a_short_period_is_an_interval() {
    isolated(|| {
        let (child, mut out) = started("--check --watch 0.1");
        for _ in 0..3 {
            let line = line(&mut out);
            assert!(secs(&line) >= 0.1, "{line}");
        }
        interrupted(child);
    });
}

/// Enough entries for an output that no pipe takes at once.
fn fill() {
    let mut handle = Handle::open().unwrap();
    let mut batch = handle.batch().unwrap();
    for n in 0..2000_u16 {
        let (source, server) = (format!("100.64.{}.{}", n / 200, n % 200), format!("198.18.{}.1", n % 250));
        let flow = flow(&source, &server, L4::Tcp { sport: 1024 + n, dport: 80 + n });
        batch.push(Request::Create(&flow)).unwrap();
        if batch.is_full() {
            handle.carry_out(&mut batch, |_, _| ()).unwrap();
        }
    }
    handle.carry_out(&mut batch, |_, _| ()).unwrap();
}

/// Whether the process waits for a reader of what it writes.
fn writes(pid: u32) -> bool {
    let call = std::fs::read_to_string(format!("/proc/{pid}/syscall")).unwrap_or_default();
    call.starts_with(&format!("{} ", libc::SYS_write))
}

#[test]
fn a_signal_lets_a_large_output_end() {
    isolated(|| {
        fill();
        let (mut child, mut out) =
            started("--top --by source,service,server --show 1000 -o json --watch 0.1");
        Json::read(&line(&mut out)).unwrap();
        wait_until("it takes signals", || catches_interrupts(child.id()));
        wait_until("the pipe is full", || writes(child.id()));
        interrupt(&child);
        let mut rest = String::new();
        out.read_to_string(&mut rest).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(0));
        assert!(rest.len() > 1 << 16 && rest.ends_with('\n'), "{} bytes", rest.len());
        for line in rest.lines() {
            Json::read(line).unwrap();
        }
    });
}
