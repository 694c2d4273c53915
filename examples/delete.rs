// SPDX-License-Identifier: GPL-2.0-or-later
//! delete: deletes every flow of one client, many in one send, and prints how many it has deleted.
//!
//! ```sh
//! cargo build --example delete
//! sudo target/debug/examples/delete ADDRESS
//! ```
//!
//! Exit status: 0 no flow of the client is left of those that were in the table, 1 a request failed, 2 wrong arguments.
//! Needs `CAP_NET_ADMIN` in the network namespace.

#![forbid(unsafe_code)]

use netfilter_conntrack::{Batch, Dir, Error, Handle, Request};
use std::io::{Write, stderr, stdout};
use std::net::IpAddr;
use std::process::ExitCode;

/// Sends a batch of deletions, and returns how many entries were deleted. An entry that has gone is no error.
fn send(handle: &mut Handle, batch: &mut Batch) -> Result<u64, Error> {
    let (mut deleted, mut refused) = (0, None);
    handle.carry_out(batch, |_, answer| match answer {
        Ok(_) => deleted += 1,
        Err(error) if error.is_not_found() => {}
        Err(error) => refused = Some(error),
    })?;
    refused.map_or(Ok(deleted), Err)
}

fn delete(client: IpAddr) -> Result<u64, Error> {
    let (mut list, mut handle) = (Handle::open()?, Handle::open()?); // one lists while the other deletes
    let (mut batch, mut deleted) = (handle.batch()?, 0);
    for flow in list.flows()? {
        let flow = flow?;
        if flow.tuple(Dir::Orig).src() != Some(client) {
            continue;
        }
        batch.push(Request::Delete(&flow))?; // by its tuple, its zone and its id: never a successor's entry
        if batch.is_full() {
            deleted += send(&mut handle, &mut batch)?;
        }
    }
    Ok(deleted + send(&mut handle, &mut batch)?)
}

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let client = args.next().and_then(|text| text.parse().ok()).filter(|_| args.next().is_none());
    let Some(client) = client else {
        let _ = writeln!(stderr(), "usage: delete ADDRESS");
        return ExitCode::from(2);
    };
    match delete(client) {
        Ok(deleted) => {
            let _ = writeln!(stdout(), "{deleted} flows deleted");
            ExitCode::SUCCESS
        }
        Err(error) => {
            let _ = writeln!(stderr(), "delete: {error}");
            ExitCode::FAILURE
        }
    }
}
