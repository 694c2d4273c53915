// SPDX-License-Identifier: GPL-2.0-or-later
//! A network namespace for each test, in a thread of its own: tests run at the same time and never see the
//! machine's table or each other's.
//!
//! What a test needs and does not find (privilege, a program) makes it a visible skip: one line
//! `SKIP name: reason` on standard error, past the test runner's capture. With `CI=true` a skip is a failure.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // it is part of tests

pub mod dice;
pub mod json;
pub mod neighbour;
pub mod random;

use netfilter_conntrack::request::{self, Query, Subject};
use netfilter_conntrack::sys::{Socket, namespace, release};
use netfilter_conntrack::wire::Frame;
use netfilter_conntrack::wire::consts::IPPROTO_UDPLITE;
use netfilter_conntrack::wire::frame::FrameKind;
use netfilter_conntrack::{Dir, DumpFilter, Error, Flow, Handle, L4};
use std::io::Write;
use std::net::IpAddr;
use std::path::PathBuf;
use std::process::{ChildStdin, Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// How long the flows of a test live: longer than any test, whatever the machine does at the same time.
pub const TIMEOUT_SECS: u32 = 3000;

/// Nothing that a test waits for takes so long, whatever the machine does at the same time: what does, hangs.
pub const CEILING: Duration = Duration::from_secs(120);

/// Waits for a condition; one that never comes true fails the test.
pub fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + CEILING;
    while !holds() {
        assert!(Instant::now() < end, "it never happened: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Whether a process waits until its output is read.
pub fn sleeps_in_write(pid: u32) -> bool {
    let call = std::fs::read_to_string(format!("/proc/{pid}/syscall")).unwrap_or_default();
    call.split(' ').next() == Some(&libc::SYS_write.to_string())
}

/// A pipe whose reader has gone. A process that another test starts at the same time may hold the reader's end until it
/// runs its program, so the pipe is tried.
pub fn pipe_without_reader() -> ChildStdin {
    let mut reader = Command::new("true").stdin(Stdio::piped()).spawn().expect("a child process");
    let mut writer = reader.stdin.take().expect("its input");
    reader.wait().expect("its end");
    wait_until("the pipe has no reader", || writer.write_all(b" ").is_err());
    writer
}

/// Why a test cannot run here.
struct Skip(String);

/// Runs `test` in a new network namespace whose loopback interface is up, and where every entry has events.
pub fn isolated<F: FnOnce() + Send>(test: F) {
    let outcome = std::thread::scope(|scope| {
        let inside = || {
            match namespace::enter_new_network() {
                Err(Error::Os(libc::EPERM)) => skip("a network namespace needs CAP_SYS_ADMIN"),
                entered => entered.expect("a new network namespace"),
            }
            namespace::set_loopback_up().expect("the loopback interface");
            entries_have_events(1);
            test();
        };
        scope.spawn(inside).join()
    });
    let Err(payload) = outcome else { return };
    match payload.downcast::<Skip>() {
        Ok(skip) => report(test_name::<F>(), &skip.0),
        Err(payload) => std::panic::resume_unwind(payload),
    }
}

/// The test function's name, from the type of the closure that it passed.
fn test_name<F>() -> &'static str {
    let path = std::any::type_name::<F>().trim_end_matches("::{{closure}}");
    path.rsplit("::").next().unwrap_or(path)
}

/// Tells that a test did not run, and why.
pub fn report(name: &str, reason: &str) {
    let line = format!("\nSKIP {name}: {reason}\n"); // at the start of a line, whatever the runner has begun
    std::io::stderr().write_all(line.as_bytes()).expect("standard error");
    assert!(std::env::var("CI").as_deref() != Ok("true"), "a test was skipped: {reason}");
}

/// Ends the running test as skipped.
pub fn skip(reason: &str) -> ! {
    std::panic::resume_unwind(Box::new(Skip(reason.to_owned())))
}

/// Skips the test for an ordinary user, who is root of a user namespace only.
pub fn need_root(what_for: &str) {
    let users = std::fs::read_to_string("/proc/self/uid_map").expect("the users of this namespace");
    if !users.trim_end().ends_with(&format!(" {}", u32::MAX)) {
        skip(&format!("needs root: {what_for}"));
    }
}

/// Skips the test on a kernel that is older than the feature it is about, as (major, minor).
pub fn need_linux(since: (u32, u32)) {
    if !release::is_at_least(since) {
        skip(&format!("needs Linux {}.{}", since.0, since.1));
    }
}

/// Runs a program inside the namespace, with `input` on its standard input; a missing program is a skip.
pub fn run(program: &str, args: &[&str], input: &str) -> Output {
    let spawned = Command::new(program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = match spawned {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => skip(&format!("no program {program}")),
        spawned => spawned.expect("a child process"),
    };
    let written = child.stdin.take().expect("its input").write_all(input.as_bytes());
    // A program that refuses its command line ends without reading.
    assert!(!matches!(written, Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe), "{program}");
    child.wait_with_output().expect("its output")
}

/// A line of a listing with `*` for its third word, the seconds left. Two listings of one table differ there when a second
/// ends between them.
pub fn timeless(line: &str) -> String {
    let seconds = line.split_ascii_whitespace().nth(2).unwrap_or_default();
    assert!(!seconds.is_empty() && seconds.bytes().all(|byte| byte.is_ascii_digit()), "{line}");
    let at = seconds.as_ptr().addr() - line.as_ptr().addr();
    [&line[..at], "*", &line[at + seconds.len()..]].concat()
}

/// Whether a tool that follows events says that it could not read the table within the time that it has at its end, which
/// is a second: on a machine with many busy programs it gets no processor meanwhile.
fn had_no_time(said: &str) -> bool {
    said.contains("the table could not be read in time at the end")
}

/// Repeats what runs such a tool until it had the time; `said` is what the tool said.
pub fn in_time<T>(mut run: impl FnMut() -> T, said: impl Fn(&T) -> &str) -> T {
    let mut done = None;
    wait_until("the machine gives the tool some time", || !had_no_time(said(done.insert(run()))));
    done.expect("a run")
}

/// Whether a process has a handler for SIGINT, which a tool that follows events installs when it is ready.
pub fn catches_interrupts(pid: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 2 != 0)
}

/// Loads rules with nft(8).
pub fn rules(ruleset: &str) {
    let output = run("nft", &["-f", "-"], ruleset);
    assert!(output.status.success(), "nft: {}", String::from_utf8_lossy(&output.stderr));
}

/// Makes the namespace track packets: tracking starts with the first rule that looks at a state.
pub fn track_packets() {
    rules("table inet t { chain c { type filter hook output priority 0; ct state new counter; }; }");
}

/// Makes entries have labels: they have room for them where a rule sets some. No packet passes this one.
pub fn keep_labels() {
    rules("table inet labels { chain unused { ct label set 1; }; }");
}

/// Writes a `net.netfilter` setting of the namespace.
pub fn sysctl(name: &str, value: u32) {
    set(&format!("netfilter/{name}"), value);
}

/// Which new entries of the namespace have events: all (1), or those that are made while the kernel knows of a program
/// that listens (2, which is how Linux is set up since 5.19). With 2 an entry can lack them although a program listens:
/// while a program of another namespace stops listening, the kernel knows for a moment of no other one (seen with
/// Linux 6.18, for 6 of 50,000 entries). A kernel that does not have the value keeps its own.
pub fn entries_have_events(which: u32) {
    let _ = std::fs::write("/proc/sys/net/netfilter/nf_conntrack_events", which.to_string());
}

/// Writes a setting of the namespace, by its path below `/proc/sys/net`.
pub fn set(path: &str, value: u32) {
    std::fs::write(format!("/proc/sys/net/{path}"), value.to_string()).expect("a writable setting");
}

/// An address.
pub fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

/// A flow ready to be created: both tuples and 100 seconds.
pub fn flow(src: &str, dst: &str, l4: L4) -> Flow {
    let mut flow = Flow::new();
    flow.set_tuple(Dir::Orig, ip(src), ip(dst), l4);
    flow.set_reply_from_original();
    flow.set_timeout_secs(TIMEOUT_SECS);
    flow
}

/// A UDP flow ready to be created; flows of different `sport` are different.
pub fn udp(sport: u16) -> Flow {
    flow("10.0.0.1", "10.0.0.2", L4::Udp { sport, dport: 53 })
}

/// A TCP flow ready to be created.
pub fn tcp(sport: u16) -> Flow {
    flow("10.0.0.1", "10.0.0.2", L4::Tcp { sport, dport: 80 })
}

/// The tuple fields of UDP-Lite as the kernel keeps them: Linux 7.2 and later keep its number alone.
pub fn udplite(sport: u16, dport: u16) -> L4 {
    static KNOWN: OnceLock<bool> = OnceLock::new();
    let known =
        || Handle::open().and_then(|mut handle| handle.knows_ports(IPPROTO_UDPLITE)).expect("an answer");
    match KNOWN.get_or_init(known) {
        true => L4::UdpLite { sport, dport },
        false => L4::Other(IPPROTO_UDPLITE),
    }
}

/// A flow that names only the original tuple of another, as a look-up key.
pub fn key(of: &Flow, dir: Dir) -> Flow {
    let tuple = of.tuple(dir);
    let mut key = Flow::new();
    key.set_tuple(dir, tuple.src().expect("a source"), tuple.dst().expect("a destination"), tuple.protocol());
    key
}

/// The original source ports (or ids) of the flows that pass a filter, ascending.
pub fn sports(handle: &mut Handle, filter: &DumpFilter) -> Vec<u16> {
    let mut found = Vec::new();
    let mut list = handle.entries().filter(filter).open().expect("a list");
    while let Some(flow) = list.next().expect("a whole list") {
        found.push(flow.tuple(Dir::Orig).l4_src());
    }
    found.sort_unstable();
    found
}

/// How many flows the table holds.
pub fn count(handle: &mut Handle) -> usize {
    sports(handle, &DumpFilter::new()).len()
}

/// Requests sent in one datagram: their acknowledgements fit the socket's receive buffer, which holds 256.
const BATCH: usize = 200;

/// Creates many flows quickly, in batches.
pub fn load(flows: impl Iterator<Item = Flow>) {
    let socket = Socket::open(0).expect("a socket");
    let (mut batch, mut waiting) = (vec![0; 1 << 17], 0);
    let (mut len, mut inbox) = (0, vec![0; 32768]);
    let mut send = |batch: &[u8], waiting: usize| {
        socket.send(batch).expect("room for a batch");
        for _ in 0..waiting {
            let answer = socket.receive(&mut inbox).expect("an acknowledgement").len;
            let frame = Frame::read(&inbox[..answer]).expect("a message");
            assert_eq!(frame.kind(), Ok(FrameKind::Error(0)), "a flow was refused");
        }
    };
    for flow in flows {
        len += request::build(&mut batch[len..], Query::Create, Subject::Flow(&flow), 1).expect("a request");
        waiting += 1;
        if waiting == BATCH {
            send(&batch[..len], waiting);
            (len, waiting) = (0, 0);
        }
    }
    if waiting > 0 {
        send(&batch[..len], waiting);
    }
}

/// The number of the multicast group of ended flows, and of netfilter among the netlink protocols.
const DESTROY_GROUP: u32 = 3;
const NETLINK_NETFILTER: isize = 12;

/// A socket that insists on hearing of every end of a flow and soon has no room for more: the other flows stay, dying,
/// as long as it lives.
pub fn deaf_listener() -> netlink_sys::Socket {
    let mut listener = netlink_sys::Socket::new(NETLINK_NETFILTER).expect("a socket");
    listener.bind_auto().expect("a port");
    listener.add_membership(DESTROY_GROUP).expect("the group of ended flows");
    listener.set_broadcast_error(true).expect("reliable delivery");
    listener.set_rx_buf_sz(4096).expect("a small buffer");
    listener
}

/// The path of an example, which cargo puts beside the folder of the test programs.
pub fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("this program's path");
    let target = test.parent().and_then(|deps| deps.parent()).expect("a target folder");
    let path = target.join("examples").join(name);
    assert!(path.is_file(), "{} is missing: cargo build --examples makes it", path.display());
    path
}

/// Creates flows and returns the handle that did it.
pub fn table(flows: &[Flow]) -> Handle {
    let mut handle = Handle::open().expect("a handle");
    for flow in flows {
        handle.create(flow).expect("a new flow");
    }
    handle
}
