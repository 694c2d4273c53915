// SPDX-License-Identifier: GPL-2.0-or-later
//! `-U`: changes the selected entries and shows them as they are afterwards.
//!
//! A request names the entry's tuple, zone and id and holds only what changes; an entry for which nothing would
//! change is left alone. One that has gone meanwhile is neither shown nor counted. Changes are sent many at a time;
//! the first that is refused ends the run, with those sent together with it. They are shown before any other is made; a
//! signal ends the run between the two.

#![forbid(unsafe_code)]

use super::dry::{self, Manner, Source};
use super::registry::{self, Verb};
use super::{Done, Session, found, or_stopped};
use crate::certain::Certain as _;
use crate::line::options::Table;
use crate::line::{Line, objects};
use crate::show::message::Complaint;
use crate::show::output::{Output, View};
use crate::show::refusal;
use netfilter_conntrack::Masked;
use netfilter_conntrack::Selector;
use netfilter_conntrack::{Attr, Bitmask, CopyFlags, Dir, Error, Flow, Handle, ListBuilder};
use netfilter_conntrack::{Batch, Request};
use std::rc::Rc;

/// Which entries are updated, to what, and how they are shown.
#[derive(Debug)]
pub struct Job(Box<(Selector, Values, View, Manner)>);

pub fn job(line: Line) -> Result<registry::Job, Complaint> {
    let (selector, view) = (objects::update_selector(&line)?, View::changed(&line));
    let manner = Manner::of(&line);
    Ok(registry::Job::Update(Job(Box::new((selector, Values::of(line), view, manner)))))
}

impl Job {
    /// The entries that are updated.
    pub fn selector(&self) -> &Selector {
        &self.0.0
    }

    /// Whether it only shows what it would change.
    pub fn is_dry(&self) -> bool {
        self.0.3.is_dry
    }

    pub fn run(self, session: &mut Session) -> Result<Done, Complaint> {
        self.change(session, None)
    }

    /// Changes entries that were found before, as far as they are still there and still selected.
    pub fn run_on(self, session: &mut Session, found: &[Rc<Flow>]) -> Result<Done, Complaint> {
        self.change(session, Some(found))
    }

    /// Changes the selected entries of the table, or of those that were found before.
    fn change(self, session: &mut Session, found: Option<&[Rc<Flow>]>) -> Result<Done, Complaint> {
        let (selector, values, view, manner) = *self.0;
        if manner.is_dry {
            let source = found.map_or(Source::Table(&selector), Source::Found);
            return show(session, &source, &values, &view, manner);
        }
        let (reader, handle, out) = session.handles()?;
        let mut updated = 0;
        let mut report = |out: &mut Output, flow: &Flow| {
            updated += 1;
            out.flow(&view, flow)
        };
        let mut changes = Changes::new(handle)?;
        let added = match found {
            None => changes.add_all(reader.entries().selector(&selector), &values, out, &mut report),
            Some(found) => {
                found::as_now(reader, Verb::Update, &selector, found, |flow| match values.change(flow) {
                    Some(change) => changes.add(change, out, &mut report),
                    None => Ok(()),
                })
            }
        };
        let made = changes.make(out, &mut report);
        or_stopped(added.and(made))?;
        Ok(counted(updated, manner))
    }
}

fn counted(updated: u64, manner: Manner) -> Done {
    manner.counted(updated, "flow entries have been updated.", "flow entries would have been updated.")
}

/// Shows the entries that would be changed, with their new values.
fn show(
    session: &mut Session,
    source: &Source<'_>,
    values: &Values,
    view: &View,
    manner: Manner,
) -> Result<Done, Complaint> {
    let mut count = 0;
    dry::each_left(session, Verb::Update, source, |handle, out, flow| {
        let Some(change) = values.change(flow) else { return Ok(()) };
        // The answer to a lookup, as after a change.
        let now = match handle.get(flow) {
            Err(Error::Kernel(libc::ENOENT)) => return Ok(()),
            now => now.map_err(refused)?,
        };
        count += 1;
        out.flow(view, &change.made_in(now))
    })?;
    Ok(counted(count, manner))
}

fn refused(error: Error) -> Complaint {
    refusal::of(Verb::Update, Table::Conntrack, error)
}

/// What of an entry changes.
struct Change {
    /// The entry's tuple and zone, and the new values.
    flow: Flow,
    /// Whether there are new values other than labels.
    more_than_labels: bool,
}

impl Change {
    /// The entry with its new values.
    fn made_in(&self, mut entry: Flow) -> Flow {
        for attr in [Attr::Timeout, Attr::Mark, Attr::Status].into_iter().chain(STATE) {
            entry.copy_attr(&self.flow, attr);
        }
        // An entry without labels may have room for some.
        let kept = entry.labels().filter(|_| entry.is_set(Attr::Connlabels)).cloned();
        let kept = kept.or_else(|| Bitmask::new(LABEL_MAX));
        if let (Some(new), Some(mask), Some(mut labels)) = (self.flow.labels(), self.flow.labels_mask(), kept)
        {
            mask.iter().for_each(|bit| labels.unset(bit));
            new.iter().for_each(|bit| labels.set(bit));
            entry.set_labels(labels);
        }
        entry
    }
}

/// What is to become of labels.
#[derive(Debug)]
enum Labels {
    Stay,
    /// These are set.
    Set(Bitmask),
    /// These are cleared.
    Clear(Bitmask),
    ClearAll,
}

/// The new values of an update.
#[derive(Debug)]
struct Values {
    timeout: Option<u32>,
    mark: Option<Masked>,
    /// Bits to set.
    status: u32,
    /// For entries of a protocol, the state of a connection.
    state: Option<(u8, Flow)>,
    labels: Labels,
}

/// Attributes of a connection's state that an update can set.
const STATE: [Attr; 5] =
    [Attr::TcpState, Attr::SctpState, Attr::DccpState, Attr::SctpVtagOrig, Attr::SctpVtagRepl];

/// Highest label bit that the kernel keeps.
const LABEL_MAX: u32 = 127;

impl Values {
    fn of(line: Line) -> Values {
        let mut state = Flow::new();
        objects::set_protocol_state(&mut state, &line);
        let labels = match (line.label_add, line.label_del) {
            (Some(add), _) => Labels::Set(add),
            (None, Some(Some(del))) => Labels::Clear(del),
            (None, Some(None)) => Labels::ClearAll,
            (None, None) => Labels::Stay,
        };
        Values {
            timeout: line.timeout,
            mark: line.mark,
            status: line.status.set,
            state: line.protocol.map(|protocol| (protocol.number, state)),
            labels,
        }
    }

    /// What an update would change in an entry; nothing when it would change nothing.
    fn change(&self, entry: &Flow) -> Option<Change> {
        let mut flow = Flow::new();
        flow.copy_from(entry, CopyFlags::ORIG);
        flow.copy_attr(entry, Attr::OrigZone);
        flow.copy_attr(entry, Attr::Zone);
        flow.copy_attr(entry, Attr::Id);
        let key = flow.presence();
        if let Some(timeout) = self.timeout.filter(|&timeout| entry.timeout_secs() != Some(timeout)) {
            flow.set_timeout_secs(timeout);
        }
        if let Some(mark) = self.mark {
            let old = entry.mark().unwrap_or(0);
            let new = (old & !mark.mask) ^ mark.value;
            if new != old {
                flow.set_mark(new);
            }
        }
        let status = entry.status().unwrap_or(0);
        if self.status & !status != 0 {
            flow.set_status(status | self.status);
        }
        self.change_state(&mut flow, entry);
        let more_than_labels = flow.presence() != key;
        self.change_labels(&mut flow, entry);
        (flow.presence() != key).then_some(Change { flow, more_than_labels })
    }

    fn change_state(&self, flow: &mut Flow, entry: &Flow) {
        let Some((protocol, wanted)) = &self.state else { return };
        if *protocol != entry.tuple(Dir::Orig).l4() {
            return;
        }
        let value = |flow: &Flow, attr: Attr| match attr.row().size {
            1 => flow.u8(attr).map(u32::from),
            _ => flow.u32(attr),
        };
        let differs = |attr| wanted.is_set(attr) && value(wanted, attr) != value(entry, attr);
        if STATE.into_iter().any(differs) {
            // The kernel takes the state of SCTP only together with both tags.
            for attr in [Attr::SctpState, Attr::SctpVtagOrig, Attr::SctpVtagRepl] {
                flow.copy_attr(entry, attr);
            }
            STATE.into_iter().for_each(|attr| flow.copy_attr(wanted, attr));
        }
    }

    fn change_labels(&self, flow: &mut Flow, entry: &Flow) {
        let named = match &self.labels {
            Labels::Stay => return,
            Labels::Set(labels) => {
                flow.set_labels(labels.clone());
                flow.set_labels_mask(labels.clone());
                return;
            }
            Labels::Clear(named) => Some(named),
            Labels::ClearAll => None,
        };
        let Some(old) = entry.labels().filter(|_| entry.is_set(Attr::Connlabels)) else { return };
        let (Some(none), Some(mut gone)) =
            (Bitmask::new(LABEL_MAX).certain(), Bitmask::new(LABEL_MAX).certain())
        else {
            return;
        };
        let is_named = |&bit: &u32| named.is_none_or(|named| named.test(bit));
        old.iter().filter(is_named).for_each(|bit| gone.set(bit));
        // An entry with other labels than those named counts as changed too: what was asked for holds.
        flow.set_labels(none);
        flow.set_labels_mask(gone);
    }
}

/// Changes that are sent together, each with a lookup of what it led to.
struct Changes<'h> {
    handle: &'h mut Handle,
    batch: Batch,
    pending: Vec<Change>,
}

impl<'h> Changes<'h> {
    fn new(handle: &'h mut Handle) -> Result<Changes<'h>, Complaint> {
        let batch = handle.batch().map_err(refused)?;
        Ok(Changes { handle, batch, pending: Vec::new() })
    }

    /// Makes the changes to what is listed, but for the last few.
    fn add_all(
        &mut self,
        list: ListBuilder<'_>,
        values: &Values,
        out: &mut Output,
        report: &mut impl FnMut(&mut Output, &Flow) -> Result<(), Complaint>,
    ) -> Result<(), Complaint> {
        let mut list = list.open().map_err(refused)?;
        while let Some(flow) = list.next().map_err(refused)? {
            if let Some(change) = values.change(flow) {
                self.add(change, out, report)?;
            }
        }
        Ok(())
    }

    fn add(
        &mut self,
        change: Change,
        out: &mut Output,
        report: &mut impl FnMut(&mut Output, &Flow) -> Result<(), Complaint>,
    ) -> Result<(), Complaint> {
        self.batch.push(Request::Update(&change.flow)).map_err(refused)?;
        self.batch.push(Request::Lookup(&change.flow)).map_err(refused)?;
        self.pending.push(change);
        if self.batch.is_full() { self.make(out, report) } else { Ok(()) }
    }

    /// Makes the changes that have gathered and shows the entries as they are then; complains of the first
    /// refusal.
    fn make(
        &mut self,
        out: &mut Output,
        report: &mut impl FnMut(&mut Output, &Flow) -> Result<(), Complaint>,
    ) -> Result<(), Complaint> {
        if self.batch.is_empty() {
            return Ok(());
        }
        out.promise()?;
        let (mut made, mut found) = (Vec::new(), Vec::new());
        self.handle
            .carry_out(&mut self.batch, |number, answer| match number % 2 {
                0 => made.push(answer.map(drop)),
                _ => found.push(answer.map(Option::<&Flow>::cloned)),
            })
            .map_err(refused)?;
        let mut done = Ok(());
        for ((change, made), found) in self.pending.drain(..).zip(made).zip(found) {
            let reported = match now(self.handle, change, made, found) {
                Ok(Some(now)) => report(out, &now),
                Ok(None) => Ok(()),
                Err(error) => Err(refused(error)),
            };
            done = done.and(reported);
        }
        out.flush().and(done)
    }
}

/// The entry after a change; nothing when it has gone, or has no room for the labels that were all that changed.
fn now(
    handle: &mut Handle,
    change: Change,
    made: netfilter_conntrack::Result<()>,
    found: netfilter_conntrack::Result<Option<Flow>>,
) -> netfilter_conntrack::Result<Option<Flow>> {
    let Change { mut flow, more_than_labels } = change;
    let found = match made {
        Err(Error::Kernel(libc::ENOSPC)) if flow.is_set(Attr::Connlabels) => {
            if !more_than_labels {
                return Ok(None);
            }
            flow.unset(Attr::Connlabels);
            flow.unset(Attr::ConnlabelsMask);
            handle.update(&flow).and_then(|()| handle.get(&flow)).map(Some)
        }
        Err(Error::Kernel(libc::ENOENT)) => return Ok(None),
        result => result.and(found),
    };
    match found {
        Err(Error::Kernel(libc::ENOENT)) => Ok(None),
        result => result.map(|now| now.filter(|now| now.id() == flow.id())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::parse::Parser;
    use netfilter_conntrack::L4;

    fn line(line: &str) -> Line {
        let words: Vec<&str> = line.split(' ').collect();
        Parser::default().parse(&words).unwrap()
    }

    fn values(words: &str) -> Values {
        Values::of(line(words))
    }

    fn tcp() -> Flow {
        let mut flow = Flow::new();
        let address = |text: &str| text.parse().unwrap();
        flow.set_tuple(Dir::Orig, address("1.1.1.1"), address("2.2.2.2"), L4::Tcp { sport: 1, dport: 2 });
        flow.set_timeout_secs(10);
        flow.set_mark(5);
        flow.set_status(0xe);
        flow.set_tcp_state(3);
        flow
    }

    #[test]
    fn what_changes_nothing_is_left_alone() {
        for line in ["-U -t 10", "-U -m 5", "-U -m 0/0", "-U -u ASSURED", "-U -p tcp --state ESTABLISHED"] {
            assert!(values(line).change(&tcp()).is_none(), "{line}");
        }
        assert!(values("-U --label-del").change(&tcp()).is_none(), "no labels to clear");
    }

    #[test]
    fn a_change_holds_key_zone_and_new_values_only() {
        let mut entry = tcp();
        entry.set_zone(7);
        entry.set_id(9);
        let closed = values("-U -p tcp --state CLOSE").change(&entry).unwrap().flow;
        assert_eq!((closed.tcp_state(), closed.is_set(Attr::TcpFlagsOrig)), (Some(8), false));
        let change = values("-U -p tcp -m 0x10/0x1 -u FIXED_TIMEOUT").change(&entry).unwrap();
        assert!(change.more_than_labels);
        let flow = change.flow;
        assert_eq!((flow.mark(), flow.status(), flow.zone()), (Some(0x14), Some(0x40e), Some(7)));
        assert_eq!((flow.timeout_secs(), flow.tcp_state(), flow.id()), (None, None, Some(9)));
        assert!(!flow.is_set(Attr::TcpFlagsOrig) && !flow.is_set(Attr::ReplL3proto));
        assert_eq!(flow.tuple(Dir::Orig), entry.tuple(Dir::Orig));
    }

    #[test]
    fn only_the_named_labels_are_cleared() {
        let mut entry = tcp();
        let mut labels = Bitmask::new(127).unwrap();
        [1, 100].into_iter().for_each(|bit| labels.set(bit));
        entry.set_labels(labels);
        let bits = |mask: Option<&Bitmask>| mask.unwrap().iter().collect::<Vec<_>>();
        let mut del = line("-U --label-del");
        let all = values("-U --label-del").change(&entry).unwrap();
        assert_eq!((bits(all.flow.labels()), bits(all.flow.labels_mask())), (vec![], vec![1, 100]));
        let mut named = Bitmask::new(159).unwrap();
        [100, 101, 150].into_iter().for_each(|bit| named.set(bit));
        del.label_del = Some(Some(named));
        let some = Values::of(del).change(&entry).unwrap();
        assert!(!some.more_than_labels);
        assert_eq!((bits(some.flow.labels()), bits(some.flow.labels_mask())), (vec![], vec![100]));
    }
}
