// SPDX-License-Identifier: GPL-2.0-or-later
//! list: prints every flow of the connection tracking table, IPv4 and IPv6, one on a line.
//!
//! ```sh
//! cargo build --example list
//! sudo target/debug/examples/list
//! ```
//!
//! Exit status: 0 all flows printed, 1 the table could not be read. Needs `CAP_NET_ADMIN` in the network
//! namespace.

#![forbid(unsafe_code)]

use netfilter_conntrack::Handle;
use netfilter_conntrack::format::{self, Style};
use std::error::Error;
use std::io::{BufWriter, Write, stderr, stdout};
use std::process::ExitCode;

/// Prints the table and returns how many flows it held.
fn list() -> Result<usize, Box<dyn Error>> {
    let mut out = BufWriter::new(stdout().lock());
    let mut line = Vec::new();
    let mut shown = 0;
    let mut handle = Handle::open()?; // opening needs no privilege, asking does
    for flow in handle.flows()? {
        line.clear();
        format::append_flow(&mut line, &flow?, &Style::default())?;
        line.push(b'\n');
        out.write_all(&line)?;
        shown += 1;
    }
    out.flush()?; // a full disk or a closed pipe must not look like a short table
    Ok(shown)
}

fn main() -> ExitCode {
    let (text, code) = match list() {
        Ok(shown) => (format!("{shown} flows"), ExitCode::SUCCESS),
        Err(error) => (format!("list: cannot list the flows: {error}"), ExitCode::FAILURE),
    };
    let _ = writeln!(stderr(), "{text}");
    code
}
