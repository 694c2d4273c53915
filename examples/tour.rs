// SPDX-License-Identifier: GPL-2.0-or-later
//! tour: creates, lists, changes and deletes one flow, and prints the events of it. The same program in other languages is
//! in docs/bindings.md.
//!
//! ```sh
//! cargo build --example tour
//! sudo target/debug/examples/tour
//! ```
//!
//! Exit status: 0 all done, 1 something failed. Needs `CAP_NET_ADMIN` in the network namespace.

#![forbid(unsafe_code)]

use netfilter_conntrack::{Dir, EventKind, EventSubject, Events, Flow, Groups, Handle, L4};
use std::error::Error;
use std::io::{Write, stderr, stdout};
use std::net::IpAddr;
use std::process::ExitCode;

fn tour(out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let mut handle = Handle::open()?;
    let mut events = Events::open(Groups::FLOWS)?;
    let (source, destination) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([198, 51, 100, 2]));

    let mut flow = Flow::new();
    flow.set_tuple(Dir::Orig, source, destination, L4::Udp { sport: 40000, dport: 53 });
    flow.set_reply_from_original();
    flow.set_timeout_secs(60);
    flow.set_mark(7);
    handle.create(&flow)?;

    for listed in handle.flows()? {
        let listed = listed?;
        let tuple = listed.tuple(Dir::Orig);
        if let (Some(source), L4::Udp { dport: 53, .. }) = (tuple.src(), tuple.protocol()) {
            writeln!(out, "list {source} mark={}", listed.mark().unwrap_or(0))?;
        }
    }
    flow.set_mark(8);
    handle.update(&flow)?;
    handle.delete(&flow)?;

    loop {
        let event = events.next()?; // Error::Overrun says that events were lost
        let EventSubject::Flow(flow) = event.subject else { continue };
        let name = match event.kind {
            EventKind::New => "new",
            EventKind::Update => "update",
            EventKind::Destroy => "destroy",
        };
        writeln!(out, "{name} mark={}", flow.mark().unwrap_or(0))?;
        if event.kind == EventKind::Destroy {
            return Ok(());
        }
    }
}

fn main() -> ExitCode {
    match tour(&mut stdout()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(stderr(), "tour: {error}");
            ExitCode::FAILURE
        }
    }
}
