// SPDX-License-Identifier: GPL-2.0-or-later
//! floor: the least that a program must do for a listing or for bulk work, through the public Rust API.
//!
//! ```text
//! floor list                sends the dump request and only receives
//! floor fill FROM TO        creates flows FROM..TO: prepared requests, a hundred for each send, none acknowledged
//! floor delete FROM TO      a listing, then requests to delete them
//! floor update FROM TO MARK a listing, then requests to set their marks
//! floor churn FROM TO       creates them and deletes them, a hundred at a time
//! floor lines FROM TO       prints them as lines for `conntrack -R`; sends nothing
//! ```
//!
//! Prints the time that the kernel worked, in microseconds: wall time, and processor time. The time for
//! preparing requests is excluded. A refused request is an error. Flow `n` is an established TCP connection with its
//! own source address; all flows have the destination 192.0.2.1 and share 20,000 destination ports.

#![forbid(unsafe_code)]

use netfilter_conntrack::request::{self, Query, Subject};
use netfilter_conntrack::sys::Socket;
use netfilter_conntrack::wire::Frames;
use netfilter_conntrack::wire::consts::{IPS_ASSURED, IPS_SEEN_REPLY, NLM_F_ACK};
use netfilter_conntrack::wire::frame::FrameKind;
use netfilter_conntrack::{Dir, DumpFilter, Flow, L4};
use std::error::Error;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr};
use std::ops::Range;
use std::time::{Duration, Instant};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const RECEIVE_LEN: usize = 32768;
/// Requests for each send.
const BATCH: usize = 100;
/// Offset of the flags in a message.
const FLAGS_AT: usize = 6;
const TCP_ESTABLISHED: u8 = 3;
const TIMEOUT_SECS: u32 = 100_000;

fn source(n: u32) -> Ipv4Addr {
    Ipv4Addr::from(0x0a00_0000 + n)
}

fn ports(n: u32) -> (u16, u16) {
    let port = |number: u32| u16::try_from(number).unwrap_or_default();
    (port(1024 + n % 60_000), port(1000 + n % 20_000))
}

const DESTINATION: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);

/// The original tuple of flow `n`.
fn key(n: u32) -> Flow {
    let mut flow = Flow::new();
    let (sport, dport) = ports(n);
    flow.set_tuple(Dir::Orig, IpAddr::V4(source(n)), IpAddr::V4(DESTINATION), L4::Tcp { sport, dport });
    flow
}

/// Flow `n` with all its attributes.
fn flow(n: u32) -> Flow {
    let mut flow = key(n);
    flow.set_reply_from_original();
    flow.set_timeout_secs(TIMEOUT_SECS);
    flow.set_tcp_state(TCP_ESTABLISHED);
    flow.set_status(IPS_SEEN_REPLY | IPS_ASSURED);
    flow
}

/// Requests, ready to be sent: batch by batch, of which only the last asks for an acknowledgement.
struct Prepared {
    batches: Vec<Vec<u8>>,
}

impl Prepared {
    fn new(flows: Range<u32>, query: Query, subject: impl Fn(u32) -> Flow) -> Result<Prepared> {
        let mut message = vec![0; request::MAX_LEN];
        let mut batches: Vec<Vec<u8>> = Vec::new();
        let last = flows.end.saturating_sub(1);
        for (at, n) in flows.enumerate() {
            let len = request::build(&mut message, query, Subject::Flow(&subject(n)), n.wrapping_add(1))?;
            if n != last {
                withdraw_ack(&mut message)?;
            }
            if at % BATCH == 0 {
                batches.push(Vec::new());
            }
            let batch = batches.last_mut().ok_or("no batch")?;
            batch.extend_from_slice(message.get(..len).ok_or("no message")?);
        }
        Ok(Prepared { batches })
    }

    /// Sends all, waits for the acknowledgement of the last one, and fails if any was refused.
    fn send(&self, socket: &Socket) -> Result<()> {
        for batch in &self.batches {
            socket.send(batch)?;
        }
        if self.batches.is_empty() { Ok(()) } else { settled(socket) }
    }
}

fn withdraw_ack(message: &mut [u8]) -> Result<()> {
    let flags = message.get_mut(FLAGS_AT..).and_then(|rest| rest.first_chunk_mut()).ok_or("no flags")?;
    *flags = (u16::from_ne_bytes(*flags) & !NLM_F_ACK).to_ne_bytes();
    Ok(())
}

fn settled(socket: &Socket) -> Result<()> {
    let mut inbox = vec![0; RECEIVE_LEN];
    let datagram = socket.receive(&mut inbox)?;
    let frame = Frames::new(inbox.get(..datagram.len).unwrap_or_default()).next().ok_or("no answer")??;
    match frame.kind()? {
        FrameKind::Error(0) => Ok(()),
        other => Err(format!("request {} was refused: {other:?}", frame.header.seq).into()),
    }
}

/// Requests the whole table and receives it; reads the headers of the messages only.
fn list(socket: &Socket) -> Result<()> {
    let mut inbox = vec![0; RECEIVE_LEN];
    let len = request::build_list(&mut inbox, request::Table::Conntrack, false, &DumpFilter::new(), 1)?;
    socket.send(inbox.get(..len).unwrap_or_default())?;
    loop {
        let len = socket.receive(&mut inbox)?.len;
        for frame in Frames::new(inbox.get(..len).unwrap_or_default()) {
            if let FrameKind::Done(errno) | FrameKind::Error(errno) = frame?.kind()? {
                return if errno == 0 { Ok(()) } else { Err(format!("errno {errno}").into()) };
            }
        }
    }
}

fn lines(flows: Range<u32>) -> Result<()> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for n in flows {
        let ((sport, dport), source) = (ports(n), source(n));
        writeln!(
            out,
            "-I -s {source} -d {DESTINATION} -p tcp --sport {sport} --dport {dport} --state ESTABLISHED \
             -u SEEN_REPLY,ASSURED -t {TIMEOUT_SECS}"
        )?;
    }
    Ok(out.flush()?)
}

/// The time that some work took.
struct Times {
    clock: Duration,
    processor: Duration,
}

/// The processor time of this process.
fn on_processor() -> Result<Duration> {
    let told = std::fs::read_to_string("/proc/self/schedstat")?;
    let nanos = told.split_whitespace().next().ok_or("schedstat is empty")?;
    Ok(Duration::from_nanos(nanos.parse()?))
}

fn timed(work: impl FnOnce() -> Result<()>) -> Result<Times> {
    let (start, before) = (Instant::now(), on_processor()?);
    work()?;
    Ok(Times { clock: start.elapsed(), processor: on_processor()?.saturating_sub(before) })
}

fn run(words: &[&str]) -> Result<Option<Times>> {
    let socket = Socket::open(0)?;
    let range = |from: &str, to: &str| Ok::<_, std::num::ParseIntError>(from.parse()?..to.parse()?);
    let marked = |mark: u32| {
        move |n| {
            let mut flow = key(n);
            flow.set_mark(mark);
            flow
        }
    };
    let time = match *words {
        ["list"] => timed(|| list(&socket))?,
        ["fill", from, to] => {
            let creates = Prepared::new(range(from, to)?, Query::Create, flow)?;
            timed(|| creates.send(&socket))?
        }
        ["delete", from, to] => {
            let deletes = Prepared::new(range(from, to)?, Query::Destroy, key)?;
            timed(|| list(&socket).and_then(|()| deletes.send(&socket)))?
        }
        ["update", from, to, mark] => {
            let updates = Prepared::new(range(from, to)?, Query::Update, marked(mark.parse()?))?;
            timed(|| list(&socket).and_then(|()| updates.send(&socket)))?
        }
        ["churn", from, to] => {
            let creates = Prepared::new(range(from, to)?, Query::Create, flow)?;
            let deletes = Prepared::new(range(from, to)?, Query::Destroy, key)?;
            timed(|| {
                for batch in creates.batches.iter().zip(&deletes.batches).flat_map(|(new, old)| [new, old]) {
                    socket.send(batch)?;
                }
                settled(&socket)?; // the last flow's creation, or the first refusal
                settled(&socket)
            })?
        }
        ["lines", from, to] => {
            lines(range(from, to)?)?;
            return Ok(None);
        }
        _ => return Err("usage: floor list | fill|delete|churn|lines FROM TO | update FROM TO MARK".into()),
    };
    Ok(Some(time))
}

fn main() -> std::process::ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let outcome = run(&words).and_then(|time| match time {
        Some(time) => {
            Ok(writeln!(std::io::stdout(), "{} {}", time.clock.as_micros(), time.processor.as_micros())?)
        }
        None => Ok(()),
    });
    match outcome {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "floor: {error}");
            std::process::ExitCode::FAILURE
        }
    }
}
