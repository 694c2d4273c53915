// SPDX-License-Identifier: GPL-2.0-or-later
//! filter: prints the flows of one client, with their state and their translation.
//!
//! ```sh
//! cargo build --example filter
//! sudo target/debug/examples/filter ADDRESS
//! ```
//!
//! Exit status: 0 the flows were printed, 1 the table could not be read, 2 wrong arguments. Needs `CAP_NET_ADMIN` in the
//! network namespace.

#![forbid(unsafe_code)]

use netfilter_conntrack::{AddressMask, Dir, Flow, Handle, Selector, Status, Translation};
use std::error::Error;
use std::io::{Write, stderr, stdout};
use std::net::IpAddr;
use std::process::ExitCode;

/// One side of a translation in words.
fn translation(what: &str, to: Option<Translation>) -> String {
    let Some(to) = to else { return String::new() };
    let address = to.address.map_or("its own address".to_owned(), |address| address.to_string());
    let port = to.port.map_or(String::new(), |port| format!(", port {port}"));
    format!("; {what} becomes {address}{port}")
}

/// What the example prints of a flow.
fn line(flow: &Flow) -> String {
    let tuple = flow.tuple(Dir::Orig);
    let server = tuple.dst().map_or("?".to_owned(), |address| address.to_string());
    let state = flow.state().map_or(String::new(), |state| format!(", {state}"));
    let answered = flow.status_flags().is_some_and(|status| status.contains(Status::SEEN_REPLY));
    let answered = if answered { "" } else { ", not answered" };
    let nat = flow.nat();
    let nat =
        [translation("the source", nat.source), translation("the destination", nat.destination)].concat();
    format!("{server} {:?}{state}{answered}{nat}", tuple.protocol())
}

fn print(client: IpAddr) -> Result<(), Box<dyn Error>> {
    let mut selector = Selector::new();
    selector.orig.src = Some(AddressMask { address: client, mask: None });
    let mut out = stdout().lock();
    for flow in Handle::open()?.flows()? {
        let flow = flow?;
        if selector.matches(&flow) {
            writeln!(out, "{}", line(&flow))?;
        }
    }
    Ok(())
}

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let client = args.next().and_then(|text| text.parse().ok()).filter(|_| args.next().is_none());
    let Some(client) = client else {
        let _ = writeln!(stderr(), "usage: filter ADDRESS");
        return ExitCode::from(2);
    };
    match print(client) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(stderr(), "filter: cannot list the flows: {error}");
            ExitCode::FAILURE
        }
    }
}
