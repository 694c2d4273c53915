// SPDX-License-Identifier: GPL-2.0-or-later
//! `--check`: one line and one exit status for monitoring. Reads no entry of the table.

#![forbid(unsafe_code)]

use super::others::{Other, others};
use super::watch::{self, Between};
use super::{Done, Session, registry};
use crate::line::Line;
use crate::line::options::Param;
use crate::show::message::Complaint;
use crate::show::plugin::{self, Losses, Reading, State, Thresholds};
use netfilter_conntrack::diagnosis::Sample;
use netfilter_conntrack::diagnosis::sample::Lost;
use std::time::Duration;

/// The time between the two readings of the counters.
const INTERVAL: Duration = Duration::from_millis(500);

/// What is asked for.
#[derive(Debug)]
pub struct Job {
    thresholds: Thresholds,
    interval: Duration,
    watch: Option<Duration>,
    all_namespaces: bool,
}

pub fn job(line: Line) -> Result<registry::Job, Complaint> {
    let thresholds = line.thresholds.map(|(warning, critical)| Thresholds { warning, critical });
    Ok(registry::Job::Check(Job {
        thresholds: thresholds.unwrap_or_default(),
        interval: line.interval.unwrap_or(INTERVAL),
        watch: line.watch,
        all_namespaces: line.has(Param::AllNetns),
    }))
}

impl Job {
    pub fn run(self, session: &mut Session) -> Result<Done, Complaint> {
        let mut before: Option<Sample> = None;
        watch::run(session, self.watch, Between::Lines, |session| self.once(session, &mut before))
    }

    /// Answers once. The counters are compared with those of the run before, if there was one.
    fn once(&self, session: &mut Session, kept: &mut Option<Sample>) -> Result<Done, Complaint> {
        let (waits, before) = (kept.is_none(), kept.take());
        let before = before.unwrap_or_else(|| sampled(session));
        let others = if self.all_namespaces { others() } else { Vec::new() };
        if waits || self.all_namespaces {
            std::thread::sleep(self.interval.saturating_sub(before.taken().elapsed()));
        }
        let after = sampled(session);
        let own = reading(String::new(), &before, &after);
        let others = others.into_iter().filter_map(|Other { name, found, sample }| {
            let after = found.sample().ok().filter(|after| after.entries() != Some(0))?;
            Some(reading(name, &sample, &after))
        });
        let others: Vec<Reading> = others.collect();
        *kept = Some(after);
        let (state, line) = match own.entries {
            Some(_) => plugin::answer(&own, &others, self.thresholds),
            None => (State::Unknown, unreadable()),
        };
        session.out.text(format_args!("{line}"))?;
        Ok(Done::Plugin(state))
    }
}

fn sampled(session: &mut Session) -> Sample {
    match session.handle() {
        Ok((handle, _)) => Sample::take(handle),
        Err(_) => Sample::from_files(),
    }
}

/// What two samples of a namespace say.
fn reading(name: String, before: &Sample, after: &Sample) -> Reading {
    let delta = after.since(before);
    let why = after.not_read().first().map_or("no such counters", |not_read| &not_read.why);
    let evicted = delta.counters.get("early_drop").copied();
    let losses = evicted.map(|evicted| Losses { lost: Lost::of(&delta.counters), evicted });
    Reading {
        name,
        entries: after.entries(),
        max_entries: after.max_entries(),
        losses: losses.ok_or_else(|| why.to_owned()),
        secs: delta.secs,
    }
}

/// The line where not even the number of entries can be read.
fn unreadable() -> String {
    let error = std::fs::read("/proc/sys/net/netfilter/nf_conntrack_count").err();
    let why = error.map_or_else(String::new, |error| {
        let number = netfilter_conntrack::Error::Os(error.raw_os_error().unwrap_or(libc::EIO));
        format!(": {number}")
    });
    format!("CONNTRACK UNKNOWN - the number of entries cannot be read{why}\n")
}
