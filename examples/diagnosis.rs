// SPDX-License-Identifier: GPL-2.0-or-later
//! diagnosis: prints what is wrong with the table, the worst first, and the commands that help.
//!
//! ```sh
//! cargo build --example diagnosis
//! sudo target/debug/examples/diagnosis [NAMESPACE]     # a name that `ip netns` has given
//! ```
//!
//! Exit status: 0 nothing is wrong, 1 something is, or the table could not be read, 2 wrong arguments. Without
//! `CAP_NET_ADMIN` it judges by the counters alone; another namespace needs `CAP_SYS_ADMIN`.

#![forbid(unsafe_code)]

use netfilter_conntrack::diagnosis::{Diagnosis, Report, Verdict};
use netfilter_conntrack::{Error, Netns};
use std::fmt::Write as _;
use std::io::{Write, stderr, stdout};
use std::process::ExitCode;

fn diagnose(namespace: Option<String>) -> Result<Report, Error> {
    match namespace {
        Some(name) => Diagnosis::new().namespace(Netns::Name(name)).run(),
        None => Diagnosis::new().run(),
    }
}

fn text(report: &Report) -> String {
    let mut text = format!("{:?}\n", report.verdict);
    for finding in &report.findings {
        let _ = writeln!(text, "{}: {}", finding.id, finding.text); // a string takes everything
        for command in finding.advice.iter().flat_map(|advice| &advice.commands) {
            let _ = writeln!(text, "    {command}");
        }
    }
    text
}

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let namespace = args.next();
    if args.next().is_some() {
        let _ = writeln!(stderr(), "usage: diagnosis [NAMESPACE]");
        return ExitCode::from(2);
    }
    match diagnose(namespace) {
        Ok(report) if stdout().write_all(text(&report).as_bytes()).is_err() => ExitCode::FAILURE,
        Ok(report) if report.verdict == Verdict::Ok => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(stderr(), "diagnosis: {error}");
            ExitCode::FAILURE
        }
    }
}
