// SPDX-License-Identifier: GPL-2.0-or-later
//! `-S`: one line of counters for each CPU, from the kernel's answer or, where that is refused, from `/proc`.

#![forbid(unsafe_code)]

use super::registry::{self, Verb};
use super::{Done, Session};
use crate::line::Line;
use crate::line::options::Table;
use crate::show::message::Complaint;
use crate::show::output::Output;
use crate::show::refusal;
use netfilter_conntrack::stats::{CPU_COUNTERS, CpuStats, EXPECT_CPU_COUNTERS};

const PROC: &str = "/proc/net/stat/nf_conntrack";

/// Names of counters that the kernel may have but this program does not know.
const UNKNOWN: &[&str] = &["unknown1", "unknown2", "unknown3", "unknown4"];

/// Whose counters are shown.
#[derive(Debug)]
pub enum Job {
    Entries,
    Expectations,
}

pub fn entries(_: Line) -> Result<registry::Job, Complaint> {
    Ok(registry::Job::Stats(Job::Entries))
}

pub fn expectations(_: Line) -> Result<registry::Job, Complaint> {
    Ok(registry::Job::Stats(Job::Expectations))
}

impl Job {
    pub fn run(self, session: &mut Session) -> Result<Done, Complaint> {
        let (handle, out) = session.handle()?;
        let (table, names, unknown, answer) = match self {
            Job::Entries => (Table::Conntrack, CPU_COUNTERS, UNKNOWN, handle.cpu_statistics()),
            Job::Expectations => {
                (Table::Expect, EXPECT_CPU_COUNTERS, &[][..], handle.expectation_cpu_statistics())
            }
        };
        match answer {
            Ok(cpus) => cpus.iter().try_for_each(|cpu| line(out, cpu, names, unknown))?,
            Err(error) => {
                let text = std::fs::read_to_string(PROC).unwrap_or_default();
                if !proc_lines(out, &text)? {
                    return Err(refusal::of(Verb::Stats, table, error));
                }
            }
        }
        Ok(Done::Quietly)
    }
}

fn line(out: &mut Output, cpu: &CpuStats, names: &[&str], unknown: &[&str]) -> Result<(), Complaint> {
    out.text(format_args!("cpu={:<4}\t", cpu.cpu))?;
    for (number, value) in cpu.iter() {
        let further = || unknown.get(number.checked_sub(names.len())?);
        if let Some(name) = names.get(number).or_else(further) {
            out.text(format_args!("{name}={value} "))?;
        }
    }
    out.text(format_args!("\n"))
}

/// Prints the table of `/proc`: a line of names, then a line of hexadecimal numbers for each CPU. Tells whether
/// there was any.
fn proc_lines(out: &mut Output, text: &str) -> Result<bool, Complaint> {
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap_or_default().split_whitespace().collect();
    let mut any = false;
    for (cpu, line) in lines.enumerate() {
        any = true;
        out.text(format_args!("cpu={cpu:<4}\t"))?;
        for (name, value) in names.iter().zip(line.split_whitespace()) {
            out.text(format_args!("{name}={} ", u64::from_str_radix(value, 16).unwrap_or_default()))?;
        }
        out.text(format_args!("\n"))?;
    }
    Ok(any)
}
