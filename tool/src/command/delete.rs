// SPDX-License-Identifier: GPL-2.0-or-later
//! `-D`: deletes the selected entries, each by a request of its own, and shows what it deleted; or deletes one
//! expectation.
//!
//! Each request names tuple, zone and id, so it meets the entry that was looked at or none. An entry that has
//! gone meanwhile is neither shown nor counted. What was deleted together is shown before anything else is deleted;
//! a signal ends the run between the two.

#![forbid(unsafe_code)]

use super::create::{self, Shown};
use super::dry::{self, Manner, Source};
use super::registry::{self, Verb};
use super::{Done, Session, found, or_stopped};
use crate::certain::Certain as _;
use crate::line::options::Table;
use crate::line::{Line, objects};
use crate::show::message::Complaint;
use crate::show::output::{Output, View};
use crate::show::refusal;
use netfilter_conntrack::Selector;
use netfilter_conntrack::{Batch, Request};
use netfilter_conntrack::{Error, Expectation, Flow, Handle, ListBuilder};
use std::rc::Rc;

/// What is deleted: entries, and how they are shown; or an expectation, by the tuple that it expects.
#[derive(Debug)]
pub enum Job {
    Entries(Box<Selector>, View, Manner),
    Expectation(Box<Expectation>, Shown),
}

pub fn entries(line: Line) -> Result<registry::Job, Complaint> {
    let selector = objects::delete_selector(&line)?;
    Ok(registry::Job::Delete(Job::Entries(Box::new(selector), View::deleted(&line), Manner::of(&line))))
}

pub fn expectation(line: Line) -> Result<registry::Job, Complaint> {
    let key = Box::new(objects::expectation_key(&line)?);
    Ok(registry::Job::Delete(Job::Expectation(key, create::shown(&line))))
}

impl Job {
    pub fn run(self, session: &mut Session) -> Result<Done, Complaint> {
        match self {
            Job::Entries(selector, view, manner) => delete_entries(session, &selector, &view, manner),
            Job::Expectation(key, shown) => {
                let refused = |error| refusal::of(Verb::Delete, Table::Expect, error);
                let (handle, out) = session.handle()?;
                let found = match &shown {
                    Some(_) => {
                        out.promise()?;
                        create::unless_gone(handle.expectation(&key)).map_err(refused)?
                    }
                    None => None,
                };
                handle.delete_expectation(&key).map_err(refused)?;
                if let (Some(view), Some(expect)) = (shown, found) {
                    out.expectation(&view, &expect, None)?;
                }
                // The summary is the one that scripts know: it counts what was shown.
                Ok(Done::Counted(0, "expectations have been shown."))
            }
        }
    }
}

impl Job {
    /// What selects the entries.
    pub fn selector(&self) -> Option<&Selector> {
        match self {
            Job::Entries(selector, ..) => Some(selector),
            Job::Expectation(..) => None,
        }
    }

    /// Whether it only shows what it would delete.
    pub fn is_dry(&self) -> bool {
        matches!(self, Job::Entries(_, _, manner) if manner.is_dry)
    }

    /// Whether it deletes each entry that it selects now: no look later, and no dry run, spares one.
    pub fn is_sure(&self) -> bool {
        match self {
            Job::Entries(selector, _, manner) => !manner.is_dry && objects::is_lasting(selector),
            Job::Expectation(..) => false,
        }
    }

    /// Deletes entries that were found before. What selects them may have changed, unless it is lasting: they are looked
    /// up again.
    pub fn run_on(self, session: &mut Session, found: &[Rc<Flow>]) -> Result<Done, Complaint> {
        let Job::Entries(selector, view, manner) = self else { return self.run(session) };
        if manner.is_dry {
            return Ok(counted(dry::deleted(session, Verb::Delete, &Source::Found(found), &view)?, manner));
        }
        let mut deleted = 0;
        let mut report = |out: &mut Output, flow: &Flow| {
            deleted += 1;
            out.flow(&view, flow)
        };
        let (reader, handle, out) = session.handles()?;
        let mut deletions = DeleteBatch::new(handle, Verb::Delete)?;
        let added = match objects::is_lasting(&selector) {
            true => found.iter().try_for_each(|flow| deletions.add(flow, out, &mut report)),
            false => found::as_now(reader, Verb::Delete, &selector, found, |flow| {
                deletions.add(flow, out, &mut report)
            }),
        };
        let done = deletions.delete(out, &mut report);
        or_stopped(added.and(done))?;
        Ok(counted(deleted, manner))
    }
}

fn counted(deleted: u64, manner: Manner) -> Done {
    manner.counted(deleted, "flow entries have been deleted.", "flow entries would have been deleted.")
}

fn delete_entries(
    session: &mut Session,
    selector: &Selector,
    view: &View,
    manner: Manner,
) -> Result<Done, Complaint> {
    if manner.is_dry {
        return Ok(counted(dry::deleted(session, Verb::Delete, &Source::Table(selector), view)?, manner));
    }
    let mut deleted = 0;
    let done = each_deleted(session, Verb::Delete, selector, |out, flow| {
        deleted += 1;
        out.flow(view, flow)
    });
    or_stopped(done)?;
    Ok(counted(deleted, manner))
}

/// Deletes every selected entry and hands those that were still there to `report`.
///
/// Deletions are sent many at a time. The first that is refused ends the run, with those sent together with it.
pub fn each_deleted(
    session: &mut Session,
    verb: Verb,
    selector: &Selector,
    mut report: impl FnMut(&mut Output, &Flow) -> Result<(), Complaint>,
) -> Result<(), Complaint> {
    let (reader, handle, out) = session.handles()?;
    // An entry that is read early must not have become another meanwhile.
    let read_ahead = objects::is_lasting(selector);
    let list = reader.entries().selector(selector).read_ahead(read_ahead);
    let mut deletions = DeleteBatch::new(handle, verb)?;
    let listed = deletions.add_all(list, out, &mut report);
    let deleted = deletions.delete(out, &mut report);
    listed.and(deleted)
}

/// Entries that are deleted together.
struct DeleteBatch<'h> {
    handle: &'h mut Handle,
    verb: Verb,
    batch: Batch,
    flows: Vec<Flow>,
}

impl<'h> DeleteBatch<'h> {
    fn new(handle: &'h mut Handle, verb: Verb) -> Result<DeleteBatch<'h>, Complaint> {
        let batch = handle.batch().map_err(|error| refusal::of(verb, Table::Conntrack, error))?;
        Ok(DeleteBatch { handle, verb, batch, flows: Vec::new() })
    }

    fn refused(&self, error: Error) -> Complaint {
        refusal::of(self.verb, Table::Conntrack, error)
    }

    /// Deletes what is listed, but for the last few.
    fn add_all(
        &mut self,
        list: ListBuilder<'_>,
        out: &mut Output,
        report: &mut impl FnMut(&mut Output, &Flow) -> Result<(), Complaint>,
    ) -> Result<(), Complaint> {
        let mut list = list.open().map_err(|error| self.refused(error))?;
        while let Some(flow) = list.next().map_err(|error| self.refused(error))? {
            self.add(flow, out, report)?;
        }
        Ok(())
    }

    fn add(
        &mut self,
        flow: &Flow,
        out: &mut Output,
        report: &mut impl FnMut(&mut Output, &Flow) -> Result<(), Complaint>,
    ) -> Result<(), Complaint> {
        self.batch.push(Request::Delete(flow)).map_err(|error| self.refused(error))?;
        self.flows.push(flow.clone());
        if self.batch.is_full() { self.delete(out, report) } else { Ok(()) }
    }

    /// Deletes what has gathered, and shows what was still there; then complains of the first refusal.
    fn delete(
        &mut self,
        out: &mut Output,
        report: &mut impl FnMut(&mut Output, &Flow) -> Result<(), Complaint>,
    ) -> Result<(), Complaint> {
        if self.batch.is_empty() {
            return Ok(());
        }
        match self.verb {
            Verb::Flush => out.unless_stopped()?, // shows nothing
            _ => out.promise()?,
        }
        let mut done = Ok(());
        let mut flows = self.flows.drain(..);
        let each = |_, answer: netfilter_conntrack::Result<Option<&Flow>>| {
            let reported = match (answer, flows.next().certain()) {
                (Ok(_), Some(flow)) => report(out, &flow),
                (Err(Error::Kernel(libc::ENOENT)), _) | (_, None) => Ok(()),
                (Err(error), _) => Err(refusal::of(self.verb, Table::Conntrack, error)),
            };
            if done.is_ok() {
                done = reported;
            }
        };
        let sent = self.handle.carry_out(&mut self.batch, each);
        drop(flows);
        sent.map_err(|error| self.refused(error))?;
        out.flush().and(done)
    }
}
