// SPDX-License-Identifier: GPL-2.0-or-later
//! `--check`: one line and one exit status for monitoring. Reads no entry of the table.

#![forbid(unsafe_code)]

use super::others::others;
use super::watch::{self, Between};
use super::{Done, Session, registry, unreadable};
use crate::line::Line;
use crate::line::options::Param;
use crate::show::message::Complaint;
use crate::show::plugin::{self, Losses, Reading, State, Thresholds};
use netfilter_conntrack::diagnosis::Sample;
use netfilter_conntrack::diagnosis::sample::Lost;
use std::collections::BTreeMap;
use std::time::Duration;

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
        interval: watch::interval(line.interval, line.watch),
        watch: line.watch,
        all_namespaces: line.has(Param::AllNetns),
    }))
}

/// What is seen of the namespaces at one moment.
struct Seen {
    own: Sample,
    others: BTreeMap<String, Sample>,
}

impl Job {
    pub fn run(self, session: &mut Session) -> Result<Done, Complaint> {
        let mut before: Option<Seen> = None;
        watch::run(session, self.watch, Between::Lines, |session| self.once(session, &mut before))
    }

    /// Looks at all that is asked for; at the others first, because the search for them takes longer.
    fn look(&self, session: &mut Session) -> Seen {
        let others = if self.all_namespaces { others() } else { BTreeMap::new() };
        Seen { others, own: session.sample() }
    }

    /// Answers once. The counters are compared with those of the run before, or else with those of an interval ago.
    fn once(&self, session: &mut Session, kept: &mut Option<Seen>) -> Result<Done, Complaint> {
        let before = kept.take().unwrap_or_else(|| self.look(session));
        std::thread::sleep(self.interval.saturating_sub(before.own.taken().elapsed()));
        let after = self.look(session);
        let (entries, own) = (after.own.try_entries(), reading("", &before.own, &after.own));
        let others = after.others.iter().filter(|(_, after)| after.entries() != Some(0));
        let others = others.map(|(name, after)| {
            // What is new has lost nothing since the last look.
            reading(name, before.others.get(name).unwrap_or(after), after)
        });
        let others: Vec<Reading> = others.collect();
        *kept = Some(after);
        let (state, line) = match entries {
            Ok(_) => plugin::answer(&own, &others, self.thresholds),
            Err(error) => (State::Unknown, plugin::unknown(&unreadable(error))),
        };
        session.out.text(format_args!("{line}"))?;
        Ok(Done::Plugin(state))
    }
}

/// What two samples of a namespace say.
fn reading(name: &str, before: &Sample, after: &Sample) -> Reading {
    let delta = after.since(before);
    let why = after.not_read().first().map_or("no such counters", |not_read| &not_read.why);
    let evicted = delta.counters.get("early_drop").copied();
    let losses = evicted.map(|evicted| Losses { lost: Lost::of(&delta.counters), evicted });
    Reading {
        name: name.to_owned(),
        entries: after.entries(),
        max_entries: after.max_entries(),
        losses: losses.ok_or_else(|| why.to_owned()),
        secs: delta.secs,
    }
}
