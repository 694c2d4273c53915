// SPDX-License-Identifier: GPL-2.0-or-later
//! events: follows the connection tracking table, prints each new, changed and destroyed flow, and ends after
//! a number of them.
//!
//! ```sh
//! cargo build --example events
//! sudo target/debug/examples/events [COUNT]        # 10 without a count
//! ```
//!
//! Exit status: 0 COUNT events printed, 1 the events could not be read, 2 wrong arguments. Needs
//! `CAP_NET_ADMIN` in the network namespace.

#![forbid(unsafe_code)]

use netfilter_conntrack::format::{self, Style};
use netfilter_conntrack::{Error, EventSubject, Events, Groups};
use std::io::{Write, stderr, stdout};
use std::process::ExitCode;

/// Prints `left` events, each as soon as it comes.
fn follow(mut left: u64) -> Result<(), Box<dyn std::error::Error>> {
    let mut events = Events::open(Groups::FLOWS)?; // from now on the kernel queues events for us
    let mut line = Vec::new();
    while left > 0 {
        let event = match events.next() {
            Ok(event) => event,
            Err(Error::Overrun) => {
                // Events came faster than we read and some are lost; the next ones are whole again.
                writeln!(stderr(), "events: some events were lost")?;
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        let EventSubject::Flow(flow) = event.subject else { continue };
        line.clear();
        let style = Style::default().with_event(event.kind);
        format::append_flow(&mut line, flow, &style)?;
        line.push(b'\n');
        stdout().write_all(&line)?;
        left -= 1;
    }
    Ok(())
}

/// The number of events to wait for; nothing when the arguments are wrong.
fn count(mut args: impl Iterator<Item = String>) -> Option<u64> {
    let count = args.next().map_or(Some(10), |text| text.parse().ok());
    count.filter(|_| args.next().is_none())
}

fn main() -> ExitCode {
    let Some(count) = count(std::env::args().skip(1)) else {
        let _ = writeln!(stderr(), "usage: events [COUNT]");
        return ExitCode::from(2);
    };
    match follow(count) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(stderr(), "events: cannot read events: {error}");
            ExitCode::FAILURE
        }
    }
}
