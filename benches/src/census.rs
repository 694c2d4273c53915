// SPDX-License-Identifier: GPL-2.0-or-later
//! census: what counting a table costs in addition to listing it, through the public Rust API.
//!
//! ```text
//! census fill COUNT      creates COUNT flows of which no two share a source, network, destination, service or mark
//! census list [ahead]    a list with an empty loop
//! census count [ahead]   a census of the list, with the tables that a diagnosis needs
//! ```
//! With `ahead` a thread of its own receives. `benches/run.c` measures the costs. `list` and `count` print the number of
//! entries, and `count` the largest error of its tables.

#![forbid(unsafe_code)]

use netfilter_conntrack::batch::Request;
use netfilter_conntrack::diagnosis::facts::Settings;
use netfilter_conntrack::diagnosis::{Census, CensusOptions};
use netfilter_conntrack::wire::consts::{IPS_ASSURED, IPS_SEEN_REPLY};
use netfilter_conntrack::{Dir, Flow, Handle, L4};
use std::error::Error;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr};
use std::process::ExitCode;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const TCP_ESTABLISHED: u8 = 3;

/// Flow `n`: a server port is used by two protocols, so that 131,072 services are different.
fn flow(n: u32) -> Flow {
    let mut flow = Flow::new();
    let [sport, dport] = [1024 + n % 60_000, n % 65_536].map(|port| u16::try_from(port).unwrap_or_default());
    let address = |net: u32| IpAddr::V4(Ipv4Addr::from(net | (n << 8 | n >> 16) & 0x3fff_ffff));
    let l4 = if n & 0x1_0000 == 0 { L4::Tcp { sport, dport } } else { L4::Udp { sport, dport } };
    flow.set_tuple(Dir::Orig, address(0x4000_0000), address(0x8000_0000), l4);
    flow.set_reply_from_original();
    flow.set_timeout_secs(100_000);
    flow.set_mark(n);
    if let L4::Tcp { .. } = l4 {
        flow.set_tcp_state(TCP_ESTABLISHED);
    }
    flow.set_status(IPS_SEEN_REPLY | IPS_ASSURED);
    flow
}

fn fill(count: u32) -> Result<()> {
    let mut handle = Handle::open()?;
    let mut batch = handle.batch()?;
    let mut refused = 0;
    for n in 0..count {
        batch.push(Request::Create(&flow(n)))?;
        if batch.is_full() || n + 1 == count {
            handle.carry_out(&mut batch, |_, answer| refused += u32::from(answer.is_err()))?;
        }
    }
    if refused == 0 { Ok(()) } else { Err(format!("{refused} flows were refused").into()) }
}

fn list(ahead: bool) -> Result<String> {
    let mut handle = Handle::open()?;
    let mut list = handle.entries().read_ahead(ahead).open()?;
    let mut entries = 0u64;
    while list.next()?.is_some() {
        entries += 1;
    }
    Ok(entries.to_string())
}

/// The kernel's defaults of TCP and UDP.
fn settings() -> Settings {
    let mut settings = Settings::default();
    let tcp = [("syn_sent", 120), ("established", 432_000), ("unacknowledged", 300), ("max_retrans", 300)];
    let udp = [("unreplied", 30), ("replied", 120)];
    for (protocol, timeouts) in [("tcp", &tcp[..]), ("udp", &udp[..])] {
        let timeouts = timeouts.iter().map(|&(state, secs)| (state.to_owned(), secs)).collect();
        settings.timeouts_secs.insert(protocol.to_owned(), timeouts);
    }
    settings
}

fn count(ahead: bool) -> Result<String> {
    let mut handle = Handle::open()?;
    let mut census = Census::new(&settings(), CensusOptions::default());
    let mut list = handle.entries().read_ahead(ahead).open()?;
    while let Some(flow) = list.next()? {
        census.add(flow);
    }
    let counted = census.finish();
    let error = counted.top.iter().map(|top| top.error_entries).max().unwrap_or_default();
    Ok(format!("{} {error}", counted.entries))
}

fn run(words: &[&str]) -> Result<String> {
    match *words {
        ["fill", number] => fill(number.parse()?).map(|()| String::new()),
        ["list"] => list(false),
        ["list", "ahead"] => list(true),
        ["count"] => count(false),
        ["count", "ahead"] => count(true),
        _ => Err("usage: census fill COUNT | list|count [ahead]".into()),
    }
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match run(&words).and_then(|line| Ok(writeln!(std::io::stdout(), "{line}")?)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "census: {error}");
            ExitCode::FAILURE
        }
    }
}
