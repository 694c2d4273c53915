// SPDX-License-Identifier: GPL-2.0-or-later
//! events_tokio: follows the connection tracking table as a task of tokio, and ends after a number of events.
//!
//! ```sh
//! cargo build --example events_tokio
//! sudo target/debug/examples/events_tokio [COUNT]        # 10 without a count
//! ```
//!
//! Exit status: 0 COUNT events printed, 1 the events could not be read, 2 wrong arguments. Needs `CAP_NET_ADMIN` in the
//! network namespace.

#![forbid(unsafe_code)]

use netfilter_conntrack::format::{self, Style};
use netfilter_conntrack::{Error, Event, EventSubject, Events, Groups};
use std::io::{self, Write, stderr, stdout};
use std::process::ExitCode;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Prints a flow's event. Returns whether it was one.
fn print(event: &Event<'_>) -> io::Result<bool> {
    let EventSubject::Flow(flow) = event.subject else { return Ok(false) };
    let style = Style::default().with_event(event.kind);
    let mut line = Vec::new();
    format::append_flow(&mut line, flow, &style)?;
    line.push(b'\n');
    stdout().write_all(&line)?;
    Ok(true)
}

/// Prints `left` events, each as soon as it comes.
async fn follow(mut left: u64) -> io::Result<()> {
    let events = Events::builder(Groups::FLOWS).large_receive_buffer().open()?;
    // `register_with_interest`, which newer versions of tokio have in place of `with_interest`, is unsafe: the caller
    // vouches that the descriptor stays the same and open. A subscription keeps its descriptor from its opening to its end.
    #[allow(deprecated)]
    let mut events = AsyncFd::with_interest(events, Interest::READABLE)?;
    while left > 0 {
        let mut ready = events.readable_mut().await?;
        // Several events are received at once: the descriptor is asked again only when all have been read.
        loop {
            match ready.get_inner_mut().try_next() {
                Ok(Some(event)) => left -= u64::from(print(&event)?),
                Ok(None) => {
                    if !ready.get_inner().may_have_more() {
                        ready.clear_ready();
                    }
                    break;
                }
                Err(Error::Overrun) => writeln!(stderr(), "events_tokio: some events were lost")?,
                Err(error) => return Err(error.into()),
            }
            if left == 0 {
                break;
            }
        }
    }
    Ok(())
}

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let count = args.next().map_or(Some(10), |text| text.parse().ok()).filter(|_| args.next().is_none());
    let Some(count) = count else {
        let _ = writeln!(stderr(), "usage: events_tokio [COUNT]");
        return ExitCode::from(2);
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
    match runtime.and_then(|runtime| runtime.block_on(follow(count))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(stderr(), "events_tokio: cannot read events: {error}");
            ExitCode::FAILURE
        }
    }
}
