// SPDX-License-Identifier: GPL-2.0-or-later
//! A `conntrack -E` that runs beside a test, and floods of events for it.

#![allow(dead_code)] // each test program uses its own part

use netfilter_conntrack::request::{self, Query, Subject};
use netfilter_conntrack::sys::Socket;
use netfilter_conntrack::wire::consts::NLM_F_ACK;
use netfilter_conntrack::{Dir, Flow, L4};
use std::collections::HashSet;
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// A program that follows events. What it prints is read all the time.
pub struct Follower {
    child: Child,
    stdout: (Arc<Printed>, JoinHandle<()>),
    stderr: (Arc<Printed>, JoinHandle<()>),
}

/// What became of it.
#[derive(Debug)]
pub struct Ended {
    pub stdout: String,
    pub stderr: String,
    pub status: Option<i32>,
}

/// What has been read of a pipe so far.
#[derive(Default)]
struct Printed {
    text: Mutex<String>,
    lines: AtomicUsize,
}

/// Reads a pipe to its end.
fn reader(mut pipe: impl Read + Send + 'static) -> (Arc<Printed>, JoinHandle<()>) {
    let printed = Arc::new(Printed::default());
    let so_far = Arc::clone(&printed);
    let reader = std::thread::spawn(move || {
        let mut chunk = vec![0; 1 << 16];
        loop {
            let len = pipe.read(&mut chunk).unwrap();
            if len == 0 {
                return;
            }
            let lines = chunk[..len].iter().filter(|&&byte| byte == b'\n').count();
            so_far.text.lock().unwrap().push_str(std::str::from_utf8(&chunk[..len]).unwrap());
            so_far.lines.fetch_add(lines, Ordering::Relaxed);
        }
    });
    (printed, reader)
}

impl Follower {
    /// Starts the tool with these words and waits until it follows events.
    pub fn start(words: &str) -> Follower {
        let mut child = Command::new(env!("CARGO_BIN_EXE_conntrack"))
            .args(words.split_whitespace())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (stdout, stderr) = (reader(child.stdout.take().unwrap()), reader(child.stderr.take().unwrap()));
        let mut follower = Follower { child, stdout, stderr };
        follower.wait("it follows no events", |follower| {
            assert_eq!(follower.child.try_wait().unwrap(), None, "it ended");
            // It catches signals when all else is prepared.
            let caught = follower.status("SigCgt:").map(|mask| u64::from_str_radix(&mask, 16).unwrap());
            caught.is_some_and(|mask| mask & 2 != 0)
        });
        follower
    }

    pub fn wait(&mut self, complaint: &str, until: impl Fn(&mut Follower) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !until(self) {
            assert!(Instant::now() < deadline, "{complaint}: {}", self.lines());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits until so many lines have been printed.
    pub fn wait_for_lines(&mut self, count: usize) {
        self.wait("too few lines", |follower| follower.lines() >= count);
    }

    /// Waits until its socket is empty and it sleeps.
    pub fn wait_until_all_is_read(&mut self) {
        self.wait("it never rests", |follower| {
            let mut sockets = sockets();
            sockets.retain(|columns| columns[3] != "00000000");
            sockets.iter().all(|columns| columns[4] == "0") && follower.rests()
        });
    }

    fn rests(&self) -> bool {
        self.status("State:").is_some_and(|state| state == "S")
    }

    pub fn lines(&self) -> usize {
        self.stdout.0.lines.load(Ordering::Relaxed)
    }

    /// The whole lines that have been printed.
    pub fn printed(&self) -> String {
        let text = self.stdout.0.text.lock().unwrap();
        text[..text.rfind('\n').map_or(0, |end| end + 1)].to_owned()
    }

    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
    }

    /// The most memory it has held, in KiB.
    pub fn peak_kib(&self) -> u64 {
        self.status("VmHWM:").unwrap().parse().unwrap()
    }

    /// The first word of a line of `/proc/PID/status`.
    fn status(&self, name: &str) -> Option<String> {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next().map(str::to_owned)
    }

    /// Ends it with SIGINT.
    pub fn end(mut self) -> Ended {
        self.signal("INT");
        let status = self.child.wait().unwrap().code();
        let [stdout, stderr] = [self.stdout, self.stderr].map(|(printed, reader)| {
            reader.join().unwrap();
            std::mem::take(&mut *printed.text.lock().unwrap())
        });
        Ended { stdout, stderr, status }
    }
}

/// The columns of this namespace's netfilter sockets: see `/proc/net/netlink`.
fn sockets() -> Vec<Vec<String>> {
    let text = std::fs::read_to_string("/proc/thread-self/net/netlink").unwrap();
    let columns = text.lines().map(|line| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
    columns.filter(|columns| columns[1] == "12").collect()
}

impl Ended {
    /// The lines of one kind of event, without what tells their cause.
    pub fn of(&self, kind: &str) -> HashSet<&str> {
        let lines = self.stdout.lines().filter_map(|line| line.trim_start().strip_prefix(kind));
        lines.map(|line| line.split(" [USERSPACE]").next().unwrap()).collect()
    }

    /// The number before these words on standard error; 0 when they are not there.
    pub fn number(&self, words: &str) -> u64 {
        let line = self.stderr.lines().find(|line| line.ends_with(words));
        let number = line.and_then(|line| line.strip_suffix(words)?.split_whitespace().last());
        number.map_or(0, |number| number.parse().unwrap())
    }
}

/// A flow of a flood.
pub fn nth(n: u32) -> Flow {
    let mut flow = Flow::new();
    let source = std::net::Ipv4Addr::from(0x0a00_0000 + n / 50_000);
    let l4 = L4::Udp { sport: u16::try_from(1 + n % 50_000).unwrap(), dport: 53 };
    flow.set_tuple(Dir::Orig, source.into(), "10.255.0.1".parse().unwrap(), l4);
    flow.set_reply_from_original();
    flow.set_timeout_secs(10_000);
    flow
}

/// Requests, many in a datagram, ready to be sent; no answer comes unless one fails.
pub fn requests(query: Query, flows: impl Iterator<Item = Flow>) -> Vec<Vec<u8>> {
    const PIECE: usize = 1 << 15;
    let mut all = vec![Vec::new()];
    let mut buf = vec![0; 16384];
    for flow in flows {
        let len = request::build(&mut buf, query, Subject::Flow(&flow), 1).unwrap();
        let flags = u16::from_ne_bytes([buf[6], buf[7]]) & !NLM_F_ACK;
        buf[6..8].copy_from_slice(&flags.to_ne_bytes());
        if all.last().unwrap().len() + len > PIECE {
            all.push(Vec::new());
        }
        all.last_mut().unwrap().extend(&buf[..len]);
    }
    all
}

/// Sends requests as fast as the kernel takes them.
pub fn send(requests: &[Vec<u8>]) {
    let socket = Socket::open(0).unwrap();
    requests.iter().for_each(|datagram| assert_eq!(socket.send(datagram), Ok(datagram.len())));
}
