// SPDX-License-Identifier: GPL-2.0-or-later
//! `--all-netns` for commands that show entries, events and counters: the caller's own namespace first, then each other one,
//! and the name of each in its lines. The own namespace has an empty name.
//!
//! A namespace that cannot be entered, or in which the job fails, is reported and does not keep the others from being
//! shown; the exit status is then 1. A namespace that has gone since it was found is none.

#![forbid(unsafe_code)]

use super::Session;
use super::others::titles;
use crate::show::message::Complaint;
use crate::show::output::tell;
use netfilter_conntrack::diagnosis::facts::Namespace;
use netfilter_conntrack::diagnosis::namespaces::{self, Found};
use netfilter_conntrack::{Error, Netns};
use std::collections::BTreeMap;

/// When at least this number of namespaces fail for the same reason, one line has their number instead of their names.
const NAMED_FAILURES: usize = 5;

/// The caller's own namespace, as lines name it.
pub const OWN: &str = "";

/// A namespace with a name that no other has.
#[derive(Debug)]
pub struct Named {
    pub name: String,
    /// The name that was found, from which the other was made.
    pub found_name: Option<String>,
    pub found: Found,
}

/// The other namespaces of the machine, by name.
///
/// Those that were found before keep the names that they have.
pub fn named(found: Vec<Found>, known: &[(String, &Found)]) -> Vec<Named> {
    let new = found.into_iter().filter(|found| !known.iter().any(|(_, old)| old.is_same(found)));
    let new: Vec<Found> = new.collect();
    let old = known.iter().map(|(name, found)| {
        let mut outline = found.outline();
        outline.name = Some(name.clone());
        outline
    });
    let all: Vec<Namespace> = old.chain(new.iter().map(Found::outline)).collect();
    let names = titles(&all, ":").into_iter().zip(all).skip(known.len());
    let named =
        names.zip(new).map(|((name, outline), found)| Named { name, found_name: outline.name, found });
    let mut named: Vec<Named> = named.collect();
    named.sort_by(|one, other| one.name.cmp(&other.name));
    named
}

/// Prints what the search for namespaces has left out. Returns whether it has left out anything.
pub fn said_incomplete(search: &namespaces::Search) -> bool {
    search.not_read.iter().for_each(|left| tell(&format!("{}: {}", left.what, left.why)));
    !search.not_read.is_empty()
}

/// Namespaces that failed, by the reason.
#[derive(Debug, Default)]
pub struct Failures(BTreeMap<String, Vec<String>>);

impl Failures {
    /// Notes that this namespace failed.
    pub fn note(&mut self, name: &str, why: String) {
        self.0.entry(why).or_default().push(name.to_owned());
    }

    /// Notes why a namespace cannot be entered, unless it has gone, which is `ESRCH`.
    pub fn note_refusal(&mut self, name: &str, error: Error) {
        if error != Error::Os(libc::ESRCH) {
            self.note(name, format!("cannot be entered: {error}"));
        }
    }

    /// Prints what failed. Returns whether anything failed.
    pub fn say(self) -> bool {
        let any = !self.0.is_empty();
        self.lines().iter().for_each(|line| tell(line));
        any
    }

    fn lines(self) -> Vec<String> {
        let mut lines = Vec::new();
        for (why, names) in self.0 {
            match names.len() {
                count @ NAMED_FAILURES.. => lines.push(format!("{count} network namespaces: {why}")),
                _ => lines.extend(names.iter().map(|name| format!("{}: {why}", titled(name)))),
            }
        }
        lines
    }
}

/// A namespace in a sentence.
pub fn titled(name: &str) -> String {
    if name == OWN {
        "the caller's own network namespace".into()
    } else {
        format!("the network namespace {name}")
    }
}

/// Whether a complaint ends the program, in whatever namespace it arises.
pub fn ends_all(complaint: &Complaint) -> bool {
    matches!(complaint, Complaint::Output(_) | Complaint::Unread(_) | Complaint::Stopped)
}

/// Does the job where the caller is, and with `everywhere` then in each other namespace.
///
/// # Errors
/// The complaint that ended the job where the caller is, or everywhere.
pub fn each(
    session: &mut Session,
    everywhere: bool,
    mut job: impl FnMut(&mut Session) -> Result<(), Complaint>,
) -> Result<(), Complaint> {
    if !everywhere {
        return job(session);
    }
    let search = namespaces::search();
    session.is_incomplete |= said_incomplete(&search);
    let mut failures = Failures::default();
    let others = named(search.found, &[]);
    let all = [(OWN.to_owned(), None)].into_iter();
    for (name, found) in all.chain(others.into_iter().map(|named| (named.name, Some(named.found)))) {
        if let Some(found) = found {
            if let Err(error) = found.attempt(Netns::enter) {
                failures.note_refusal(&name, error);
                continue;
            }
            session.close_handles();
        }
        session.out.of_namespace(Some(&name));
        match job(session).map_err(|complaint| session.explained(complaint)) {
            Err(complaint) if ends_all(&complaint) => return Err(complaint),
            Err(complaint) => failures.note(&name, complaint.to_string()),
            Ok(()) => {}
        }
    }
    session.out.flush()?;
    session.is_incomplete |= failures.say();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_failures_for_one_reason_are_one_line_and_what_has_gone_is_none() {
        let mut failures = Failures::default();
        ["a", "b"].iter().for_each(|name| failures.note_refusal(name, Error::Os(libc::EPERM)));
        ["c", "d"].iter().for_each(|name| failures.note_refusal(name, Error::Os(libc::ESRCH)));
        (0..5).for_each(|n| failures.note(&n.to_string(), "z".into()));
        failures.note(OWN, "y".into());
        let lines = failures.lines();
        assert_eq!(lines[0], "the network namespace a: cannot be entered: Operation not permitted");
        assert_eq!(lines[2..], ["the caller's own network namespace: y", "5 network namespaces: z"]);
        assert!(!Failures::default().say());
    }
}
