// SPDX-License-Identifier: GPL-2.0-or-later
//! statistics: prints how full the table is, and what its CPUs have counted together.
//!
//! ```sh
//! cargo build --example statistics
//! sudo target/debug/examples/statistics [NAMESPACE]     # a name that `ip netns` has given
//! ```
//!
//! Exit status: 0 done, 1 the statistics could not be read, 2 wrong arguments. Needs `CAP_NET_ADMIN` in the network
//! namespace, for another namespace `CAP_SYS_ADMIN`.

#![forbid(unsafe_code)]

use netfilter_conntrack::stats::CPU_COUNTERS;
use netfilter_conntrack::{Error, Handle};
use std::io::{Write, stderr, stdout};
use std::process::ExitCode;

fn report(namespace: Option<String>) -> Result<String, Error> {
    let builder = Handle::builder();
    let mut handle = match namespace {
        Some(name) => builder.namespace_name(name).open()?,
        None => builder.open()?,
    };
    let level = handle.statistics()?;
    let limit = match level.max_entries {
        None | Some(0) => "no limit is known".to_owned(),
        Some(limit) => format!("at most {limit}"),
    };
    let mut text = format!("{} flows, {limit}\n", level.entries);
    let cpus = handle.cpu_statistics()?;
    for (number, name) in CPU_COUNTERS.iter().enumerate() {
        let counts = cpus.iter().filter_map(|cpu| cpu.get(number));
        if let Some(sum) = counts.map(u64::from).reduce(|sum, count| sum + count) {
            text += &format!("{name}: {sum}\n");
        }
    }
    Ok(text)
}

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let namespace = args.next();
    if args.next().is_some() {
        let _ = writeln!(stderr(), "usage: statistics [NAMESPACE]");
        return ExitCode::from(2);
    }
    match report(namespace) {
        Ok(text) => {
            let _ = write!(stdout(), "{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            let _ = writeln!(stderr(), "statistics: {error}");
            ExitCode::FAILURE
        }
    }
}
