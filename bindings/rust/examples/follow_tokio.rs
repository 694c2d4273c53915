// SPDX-License-Identifier: GPL-2.0-or-later
//! follow_tokio: prints the events as a task of tokio, and ends after a number of them.
//!
//! ```sh
//! cargo build --features tokio --example follow_tokio
//! sudo target/debug/examples/follow_tokio [COUNT]        # 10 without a count
//! ```
//!
//! Exit status: 0 COUNT events printed, 1 the events could not be read, 2 wrong arguments. Needs `CAP_NET_ADMIN` in the
//! network namespace.

#![forbid(unsafe_code)]

use conntrack_async::EventStream;
use netfilter_conntrack::format::{self, Style};
use netfilter_conntrack::{Events, Groups};
use std::error::Error;
use std::io::{Write, stderr, stdout};
use std::process::ExitCode;

/// Prints `left` events, each as soon as it comes.
async fn follow(mut left: u64) -> Result<(), Box<dyn Error>> {
    let events = Events::builder(Groups::FLOWS).large_receive_buffer().open()?;
    let mut stream = EventStream::with_tokio(events)?;
    while left > 0 {
        let change = match stream.next().await {
            Some(Ok(change)) => change,
            Some(Err(error)) if error.is_loss() => {
                writeln!(stderr(), "follow_tokio: some events were lost")?;
                continue;
            }
            Some(Err(error)) => return Err(error.into()),
            None => break,
        };
        let Some(flow) = change.flow() else { continue };
        let mut line = Vec::new();
        format::append_flow(&mut line, flow, &Style::default().with_event(change.kind))?;
        line.push(b'\n');
        stdout().write_all(&line)?;
        left -= 1;
    }
    Ok(())
}

/// The number of events to wait for; nothing when the arguments are wrong.
fn count() -> Option<u64> {
    let mut args = std::env::args().skip(1);
    args.next().map_or(Some(10), |text| text.parse().ok()).filter(|_| args.next().is_none())
}

fn usage() -> ExitCode {
    let _ = writeln!(stderr(), "usage: follow_tokio [COUNT]");
    ExitCode::from(2)
}

fn finish(result: Result<(), Box<dyn Error>>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(stderr(), "follow_tokio: cannot read events: {error}");
            ExitCode::FAILURE
        }
    }
}

fn main() -> ExitCode {
    let Some(count) = count() else { return usage() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
    finish(runtime.map_err(Into::into).and_then(|runtime| runtime.block_on(follow(count))))
}
