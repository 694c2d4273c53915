// SPDX-License-Identifier: GPL-2.0-or-later
//! mirror: holds a copy of the connection tracking table, and prints how many flows of each protocol it holds, once
//! a second.
//!
//! ```sh
//! cargo build --example mirror
//! sudo target/debug/examples/mirror [SECONDS]      # 10 without a number
//! ```
//!
//! Exit status: 0 done, 1 the table could not be followed, 2 wrong arguments. Needs `CAP_NET_ADMIN` in the network
//! namespace.

#![forbid(unsafe_code)]

use netfilter_conntrack::{Change, Dir, EventKind, Events, Groups, Mirror};
use std::collections::BTreeMap;
use std::io::{Write, stderr, stdout};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Flows by protocol number.
type Counts = BTreeMap<u8, u64>;

/// Applies a change: whatever was lost between, each flow comes once and goes once.
fn apply(counts: &mut Counts, change: Change<'_>) {
    let count = counts.entry(change.flow.tuple(Dir::Orig).l4()).or_default();
    match change.kind {
        EventKind::New => *count += 1,
        EventKind::Update => {}
        EventKind::Destroy => *count = count.saturating_sub(1),
    }
}

fn follow(seconds: u64) -> Result<(), Box<dyn std::error::Error>> {
    let mut mirror = Mirror::open(Events::builder(Groups::FLOWS).large_receive_buffer())?;
    let mut counts = Counts::new();
    for _ in 0..seconds {
        let end = Instant::now() + Duration::from_secs(1);
        loop {
            while let Some(change) = mirror.try_next()? {
                apply(&mut counts, change);
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            mirror.wait_readable(left.min(mirror.longest_wait()))?;
        }
        let counts: Vec<String> = counts.iter().map(|(protocol, n)| format!("{protocol}: {n}")).collect();
        let counts = counts.join(", ");
        writeln!(stdout(), "{} flows by protocol: {counts}; {} events lost", mirror.len(), mirror.lost())?;
    }
    Ok(())
}

/// For how long; nothing when the arguments are wrong.
fn seconds(mut args: impl Iterator<Item = String>) -> Option<u64> {
    let seconds = args.next().map_or(Some(10), |text| text.parse().ok());
    seconds.filter(|_| args.next().is_none())
}

fn main() -> ExitCode {
    let Some(seconds) = seconds(std::env::args().skip(1)) else {
        let _ = writeln!(stderr(), "usage: mirror [SECONDS]");
        return ExitCode::from(2);
    };
    match follow(seconds) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(stderr(), "mirror: cannot follow the table: {error}");
            ExitCode::FAILURE
        }
    }
}
