// SPDX-License-Identifier: GPL-2.0-or-later
//! `-S`: one line, or one JSON object, of counters for each CPU, from the kernel's answer or, where that is refused, from `/proc`.

#![forbid(unsafe_code)]

use super::registry::{self, Verb};
use super::{Done, Session, namespaces};
use crate::line::Line;
use crate::line::options::{Param, Table};
use crate::show::message::Complaint;
use crate::show::output::Output;
use crate::show::refusal;
use netfilter_conntrack::stats::{CPU_COUNTERS, EXPECT_CPU_COUNTERS};

const PROC: &str = "/proc/net/stat/nf_conntrack";

/// Names of counters that the kernel may have but this program does not know.
const UNKNOWN: &[&str] = &["unknown1", "unknown2", "unknown3", "unknown4"];

/// Whose counters are shown.
#[derive(Debug)]
pub enum Whose {
    Entries,
    Expectations,
}

/// Whose counters are shown, where, and whether as JSON.
#[derive(Debug)]
pub struct Job {
    whose: Whose,
    json: bool,
    everywhere: bool,
}

pub fn entries(line: Line) -> Result<registry::Job, Complaint> {
    Ok(registry::Job::Stats(Job::of(Whose::Entries, &line)))
}

pub fn expectations(line: Line) -> Result<registry::Job, Complaint> {
    Ok(registry::Job::Stats(Job::of(Whose::Expectations, &line)))
}

impl Job {
    fn of(whose: Whose, line: &Line) -> Job {
        Job { whose, json: line.writes_json(), everywhere: line.has(Param::AllNetns) }
    }

    pub fn run(self, session: &mut Session) -> Result<Done, Complaint> {
        namespaces::each(session, self.everywhere, |session| self.show(session))?;
        Ok(Done::Quietly)
    }

    fn show(&self, session: &mut Session) -> Result<(), Complaint> {
        let (handle, out) = session.handle()?;
        let (table, names, unknown, answer) = match self.whose {
            Whose::Entries => (Table::Conntrack, CPU_COUNTERS, UNKNOWN, handle.cpu_statistics()),
            Whose::Expectations => {
                (Table::Expect, EXPECT_CPU_COUNTERS, &[][..], handle.expectation_cpu_statistics())
            }
        };
        match answer {
            Ok(cpus) => cpus.iter().try_for_each(|cpu| {
                let number = |(number, value): (usize, u32)| {
                    let further = || unknown.get(number.checked_sub(names.len())?);
                    Some((*names.get(number).or_else(further)?, u64::from(value)))
                };
                line(out, self.json, cpu.cpu.into(), cpu.iter().filter_map(number))
            }),
            Err(error) => {
                let text = std::fs::read_to_string(PROC).unwrap_or_default();
                match proc_lines(out, self.json, &text)? {
                    true => Ok(()),
                    false => Err(refusal::of(Verb::Stats, table, error)),
                }
            }
        }
    }
}

fn line<'n>(
    out: &mut Output,
    json: bool,
    cpu: usize,
    mut counters: impl Iterator<Item = (&'n str, u64)>,
) -> Result<(), Complaint> {
    if json {
        return out.object(|json| {
            json.member("cpu", cpu)?;
            counters.try_for_each(|(name, value)| json.member(name, value))
        });
    }
    out.text(format_args!("cpu={cpu:<4}\t"))?;
    counters.try_for_each(|(name, value)| out.text(format_args!("{name}={value} ")))?;
    out.end_text()
}

/// Prints the table of `/proc`: a line of names, then a line of hexadecimal numbers for each CPU. Tells whether
/// there was any.
fn proc_lines(out: &mut Output, json: bool, text: &str) -> Result<bool, Complaint> {
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap_or_default().split_whitespace().collect();
    let mut any = false;
    for (cpu, numbers) in lines.enumerate() {
        any = true;
        let number = |value| u64::from_str_radix(value, 16).unwrap_or_default();
        let counters = names.iter().copied().zip(numbers.split_whitespace().map(number));
        line(out, json, cpu, counters)?;
    }
    Ok(any)
}
