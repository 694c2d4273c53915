// SPDX-License-Identifier: GPL-2.0-or-later
//! `-D`: deletes the selected entries, each by a request of its own, and shows what it deleted; or deletes one
//! expectation.
//!
//! Each request names tuple, zone and id, so it meets the entry that was looked at or none. An entry that has
//! gone meanwhile is neither shown nor counted. What was deleted together is shown before anything else is deleted;
//! a signal ends the run between the two.

#![forbid(unsafe_code)]

use super::registry::{self, Verb};
use super::{Done, Session, or_stopped};
use crate::certain::Certain as _;
use crate::line::options::Table;
use crate::line::{Line, objects};
use crate::show::message::Complaint;
use crate::show::output::{Output, View};
use crate::show::refusal;
use netfilter_conntrack::Selector;
use netfilter_conntrack::{Batch, Request};
use netfilter_conntrack::{Error, Expectation, Flow, Handle, ListBuilder};

/// What is deleted: entries, and how they are shown; or an expectation, by the tuple that it expects.
#[derive(Debug)]
pub enum Job {
    Entries(Box<Selector>, View),
    Expectation(Box<Expectation>),
}

pub fn entries(line: Line) -> Result<registry::Job, Complaint> {
    let selector = objects::delete_selector(&line)?;
    Ok(registry::Job::Delete(Job::Entries(Box::new(selector), View::deleted(&line))))
}

pub fn expectation(line: Line) -> Result<registry::Job, Complaint> {
    Ok(registry::Job::Delete(Job::Expectation(Box::new(objects::expectation_key(&line)?))))
}

impl Job {
    pub fn run(self, session: &mut Session) -> Result<Done, Complaint> {
        match self {
            Job::Entries(selector, view) => delete_entries(session, &selector, &view),
            Job::Expectation(key) => {
                let (handle, _) = session.handle()?;
                let deleted = handle.delete_expectation(&key);
                deleted.map_err(|error| refusal::of(Verb::Delete, Table::Expect, error))?;
                // The summary is the one that scripts know: it counts what was shown.
                Ok(Done::Counted(0, "expectations have been shown."))
            }
        }
    }
}

fn delete_entries(session: &mut Session, selector: &Selector, view: &View) -> Result<Done, Complaint> {
    let mut deleted = 0;
    let done = each_deleted(session, Verb::Delete, selector, |out, flow| {
        deleted += 1;
        out.flow(view, flow)
    });
    or_stopped(done)?;
    Ok(Done::CountedOrFailed(deleted, "flow entries have been deleted."))
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
