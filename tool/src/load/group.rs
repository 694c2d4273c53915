// SPDX-License-Identifier: GPL-2.0-or-later
//! Lines of a `-R` file that delete entries, or change entries, and follow one another: they walk the table once.
//!
//! # The fast path
//! A line that names its entries by addresses, ports or marks costs a walk over the table, so a file of 10,000 such
//! lines costs 10,000 walks. Here the lines gather, one walk finds the entries of all of them ([`SelectorSet`]), and then
//! the lines run one after the other on the entries that were found for them. The rule: **the output, the messages, the
//! exit status and the table are those of the lines one after the other**. [`FAST`] turns the fast path off, and then
//! everything stays as it is but the time: 10,000 lines that delete an entry each, of 200,000 entries, take 1.6 times
//! the processor time of a walk (`make bench BENCH=delete-lines`), instead of 10,000 walks.
//!
//! The rule holds because
//! - an entry that a line deletes is deleted by its id, so a later line for which it was found too does not delete or
//!   show it again;
//! - an entry whose selection may begin or cease to hold (a mark, a status, labels) is looked up again when its line
//!   runs, and so is each entry that is changed, because an earlier line may have changed it;
//! - a line that fails ends the run before any entry of a later line is touched;
//! - a line that names one entry completely walks no table: it is carried out as it stands.

#![forbid(unsafe_code)]

use super::located;
use crate::command::Session;
use crate::command::registry::{Job, Verb};
use crate::line::options::Table;
use crate::show::message::Complaint;
use crate::show::refusal;
use netfilter_conntrack::{Dir, DumpFilter, Flow, Selector, SelectorSet};
use std::collections::VecDeque;
use std::rc::Rc;

/// Whether lines may share a walk; see the module's text.
const FAST: bool = true;
/// At most this number of lines share a walk: their selectors are kept in memory.
const MOST_LINES: usize = 32_768;
/// At most this number of bytes of lines, as they stand in the file: a line may name thousands of ports or networks, and takes
/// about six times its length.
const MOST_BYTES: usize = 8 << 20;
/// At most this number of entries is kept in memory.
const MOST_FOUND: usize = 131_072;
/// A walk over the whole table costs as much as this number of walks in which the kernel shows only what a line selects.
const WHOLE_WALK: usize = 6;

/// Lines of one command that wait to be carried out.
pub struct Group<'n> {
    /// The file's name.
    name: &'n str,
    lines: VecDeque<(usize, Job)>,
    /// The length of these lines in the file.
    bytes: usize,
}

/// The entries of a line that a walk has found; nothing for a line that looks for its entries itself.
type Found = Option<Vec<Rc<Flow>>>;

/// The selector of a line that may share a walk.
fn selector(job: &Job) -> Option<&Selector> {
    match job {
        Job::Delete(job) => job.selector(),
        Job::Update(job) => Some(job.selector()),
        _ => None,
    }
}

/// Whether a job is a dry one. Among lines that change entries it has to look for itself: what a walk before them has found
/// may be gone.
fn is_dry(job: &Job) -> bool {
    match job {
        Job::Delete(job) => job.is_dry(),
        Job::Update(job) => job.is_dry(),
        _ => false,
    }
}

fn verb(job: &Job) -> Verb {
    if matches!(job, Job::Delete(_)) { Verb::Delete } else { Verb::Update }
}

impl<'n> Group<'n> {
    pub fn of(name: &'n str) -> Group<'n> {
        Group { name, lines: VecDeque::new(), bytes: 0 }
    }

    /// Takes a line of `len` bytes in; gives it back where it is none for a group, after the lines before it have been carried
    /// out.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn add(
        &mut self,
        session: &mut Session,
        (number, len): (usize, usize),
        job: Job,
    ) -> Result<Option<Job>, Complaint> {
        let takes = selector(&job).is_some() && (session.is_dry_run() || !is_dry(&job));
        let last = self.lines.back();
        let is_full = !self.has_room(len);
        let is_other = last.is_some_and(|(_, last)| verb(last) != verb(&job));
        if !takes || is_full || is_other {
            self.run(session)?;
        }
        if !takes {
            return Ok(Some(job));
        }
        self.lines.push_back((number, job));
        self.bytes += len;
        Ok(None)
    }

    /// Whether a line of `len` bytes may join those that wait.
    fn has_room(&self, len: usize) -> bool {
        self.lines.len() < MOST_LINES && self.bytes + len <= MOST_BYTES
    }

    /// Carries the lines out.
    ///
    /// # Errors
    /// The complaint of the first line that failed, with its number. The lines after it are not carried out.
    pub fn run(&mut self, session: &mut Session) -> Result<(), Complaint> {
        self.bytes = 0;
        while !self.lines.is_empty() {
            let walked = match Plan::of(self.lines.iter().map(|(_, job)| job)) {
                Some(plan) => plan.walk(session, self.lines.len()),
                None => Walked { found: vec![None; self.lines.len()], wrong: None },
            };
            self.run_on(session, walked)?;
        }
        Ok(())
    }

    /// Carries the first lines out, those for which it is known where their entries are.
    fn run_on(&mut self, session: &mut Session, walked: Walked) -> Result<(), Complaint> {
        let Walked { found, mut wrong } = walked;
        for (found, (number, job)) in found.into_iter().zip(std::iter::from_fn(|| self.lines.pop_front())) {
            let ended = if found.is_some() { wrong.take().map_or(Ok(()), Err) } else { Ok(()) };
            let done = run(session, job, found);
            let done = ended.and(done).and_then(|()| session.out.unless_stopped());
            done.map_err(|complaint| located(self.name, number, complaint))?;
        }
        Ok(())
    }
}

fn run(session: &mut Session, job: Job, found: Found) -> Result<(), Complaint> {
    let done = match (job, found) {
        (_, Some(found)) if found.is_empty() => return Ok(()),
        (Job::Delete(job), Some(found)) => job.run_on(session, &found),
        (Job::Update(job), Some(found)) => job.run_on(session, &found),
        (job, _) => job.run(session),
    };
    done.map(drop)
}

/// What a walk has led to.
struct Walked {
    /// For each line that can be carried out now.
    found: Vec<Found>,
    /// The complaint of the first line that the walk was for, once it has been carried out.
    wrong: Option<Complaint>,
}

/// Which lines share a walk.
struct Plan {
    set: SelectorSet,
    /// The line of each selector of the set.
    members: Vec<Member>,
    verb: Verb,
}

/// A line that shares a walk.
struct Member {
    /// Its place, counted from the first line.
    line: usize,
    /// It deletes all that the walk finds for it.
    is_sure: bool,
    /// Alone it would list the entries of IPv4, and then those of IPv6.
    is_by_family: bool,
}

impl Plan {
    /// Nothing where the lines would not gain by a walk together.
    fn of<'j>(jobs: impl Iterator<Item = &'j Job>) -> Option<Plan> {
        let mut plan = Plan { set: SelectorSet::new(), members: Vec::new(), verb: Verb::Delete };
        let mut cost = 0;
        for (line, job) in jobs.enumerate().filter(|_| FAST) {
            let walks = |selector: &&Selector| selector.lookup_key().is_none();
            let Some(selector) = selector(job).filter(walks) else { continue };
            let filters = selector.kernel_filters();
            cost += if filters.iter().all(is_narrow) { filters.len() } else { WHOLE_WALK };
            plan.verb = verb(job);
            let is_sure = matches!(job, Job::Delete(job) if job.is_sure());
            plan.members.push(Member { line, is_sure, is_by_family: filters.len() > 1 });
            let mut asked = selector.clone();
            if plan.verb == Verb::Update {
                asked.labels = None; // a line before may set or clear them
            }
            plan.set.push(asked);
        }
        (plan.set.len() > 1 && cost > WHOLE_WALK).then_some(plan)
    }

    /// Walks the table, and finds the entries of as many of the `lines` lines as there is room for.
    fn walk(&self, session: &mut Session, lines: usize) -> Walked {
        let mut gathered =
            Gathered { found: vec![Vec::new(); self.set.len()], end: self.set.len(), held: 0, walked: 0 };
        let listed = self.gather(session, &mut gathered);
        let line_of = |member: usize| self.members.get(member).map(|member| member.line);
        // A line without room looks for its entries itself; where it is the first one, it is the only one that can.
        let end = match gathered.end {
            0 => line_of(0).map(|first| first + 1),
            end => line_of(end),
        };
        let mut found: Vec<Found> = vec![None; end.unwrap_or(lines)];
        let Gathered { found: lists, end, walked, .. } = gathered;
        for (member, mut entries) in self.members.iter().zip(lists).take(end) {
            // Each of these is looked up again: for most of the table a walk costs less.
            if !member.is_sure && entries.len() > walked / 2 {
                continue;
            }
            if member.is_by_family {
                entries.sort_by_key(|flow| flow.tuple(Dir::Orig).l3()); // the order of the table within each
            }
            if let Some(slot) = found.get_mut(member.line) {
                *slot = Some(entries);
            }
        }
        Walked { found, wrong: listed.err() }
    }

    fn gather(&self, session: &mut Session, gathered: &mut Gathered) -> Result<(), Complaint> {
        let refused = |error| refusal::of(self.verb, Table::Conntrack, error);
        let (reader, _, _) = session.handles()?;
        let common = self.set.common();
        let list = reader.entries().selector(&common).read_ahead(true);
        let (mut list, mut matching) = (list.open().map_err(refused)?, Vec::new());
        while let Some(flow) = list.next().map_err(refused)? {
            gathered.walked += 1;
            self.set.matching_before(flow, gathered.end, &mut matching);
            let is_sure = |&number: &usize| self.members.get(number).is_some_and(|member| member.is_sure);
            // The first line that is sure to delete the entry is the last one that can meet it.
            let last = matching.iter().position(is_sure).map_or(matching.len(), |at| at + 1);
            gathered.take(flow, matching.get(..last).unwrap_or_default());
            if gathered.end == 0 {
                break;
            }
        }
        Ok(())
    }
}

/// Entries that were found for lines.
struct Gathered {
    /// For each selector of the set, in the order of the table.
    found: Vec<Vec<Rc<Flow>>>,
    /// There is room for the selectors up to here.
    end: usize,
    held: usize,
    /// The entries that the walk has come to.
    walked: usize,
}

impl Gathered {
    fn take(&mut self, flow: &Flow, numbers: &[usize]) {
        if numbers.is_empty() {
            return;
        }
        let flow = Rc::new(flow.clone());
        for &number in numbers {
            if let Some(found) = self.found.get_mut(number) {
                found.push(Rc::clone(&flow));
                self.held += 1;
            }
        }
        if self.held > MOST_FOUND {
            self.make_room();
        }
    }

    /// Gives up the last selectors, until half of the room is free.
    fn make_room(&mut self) {
        while self.held > MOST_FOUND / 2 {
            let Some(found) = self.end.checked_sub(1).and_then(|last| self.found.get_mut(last)) else {
                return;
            };
            self.held -= found.len();
            *found = Vec::new();
            self.end -= 1;
        }
    }
}

/// Whether the kernel shows only a part of the table, as most filters go.
fn is_narrow(filter: &DumpFilter) -> bool {
    filter.leaves.is_some() || filter.mark.is_some() || filter.status.is_some() || filter.zone.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::parse::Parser;

    fn plan(lines: &[&str]) -> Option<Plan> {
        let job = |line: &&str| {
            let words: Vec<&str> = line.split(' ').collect();
            Parser::default().parse(&words).unwrap().job().unwrap()
        };
        let jobs: Vec<Job> = lines.iter().map(job).collect();
        Plan::of(jobs.iter())
    }

    #[test]
    fn lines_share_a_walk_where_they_gain_by_it() {
        let narrow = "-D -s 10.0.0.1";
        let wide = "-D -s 10.0.0.0/24";
        let one = "-D -p udp -s 10.0.0.1 -d 10.0.0.2 --sport 1 --dport 2 -w 0";
        for (lines, shares) in [
            (vec![narrow; 6], false),
            (vec![narrow; 7], true),
            (vec![wide; 1], false),
            (vec![wide; 2], true),
            (vec![one; 100], false),
            (vec![wide, one], false),
            (vec!["-D -p udp --dport 5"; 3], false), // two lists each
            (vec!["-D -p udp --dport 5"; 4], true),
        ] {
            assert_eq!(plan(&lines).is_some(), shares, "{lines:?}");
        }
        let plan = plan(&[one, wide, one, "-D -m 5", "-D -p tcp"]).unwrap();
        let members: Vec<(usize, bool, bool)> =
            plan.members.iter().map(|member| (member.line, member.is_sure, member.is_by_family)).collect();
        assert_eq!(members, [(1, true, false), (3, false, false), (4, true, true)]);
    }

    #[test]
    fn lines_wait_in_little_memory() {
        let mut group = Group::of("f");
        assert!(group.has_room(MOST_BYTES) && !group.has_room(MOST_BYTES + 1));
        group.bytes = 7 << 20;
        assert!(group.has_room(1 << 20) && !group.has_room((1 << 20) + 1), "lines of a mebibyte");
    }

    #[test]
    fn no_change_is_sure_to_take_an_entry_from_the_lines_after_it() {
        let plan = plan(&["-U -s 10.0.0.0/24 -m 1", "-U -s 10.0.0.0/24 -m 2"]).unwrap();
        assert!(plan.verb == Verb::Update && plan.members.iter().all(|member| !member.is_sure));
    }

    #[test]
    fn the_last_lines_make_room() {
        let mut gathered = Gathered { found: vec![Vec::new(); 3], end: 3, held: 0, walked: 0 };
        let flow = Flow::new();
        (0..10).for_each(|_| gathered.take(&flow, &[0]));
        (0..MOST_FOUND / 2).for_each(|_| gathered.take(&flow, &[1]));
        let (left, all) = (MOST_FOUND / 2 - 10, [10, MOST_FOUND / 2, MOST_FOUND / 2 - 10]);
        (0..left).for_each(|_| gathered.take(&flow, &[2]));
        let held = |gathered: &Gathered| -> Vec<usize> { gathered.found.iter().map(Vec::len).collect() };
        assert_eq!((held(&gathered).as_slice(), gathered.held, gathered.end), (&all[..], MOST_FOUND, 3));
        gathered.take(&flow, &[0, 2]);
        assert_eq!((held(&gathered), gathered.held, gathered.end), (vec![11, 0, 0], 11, 1));
        (0..MOST_FOUND - 10).for_each(|_| gathered.take(&flow, &[0]));
        assert_eq!((held(&gathered), gathered.held, gathered.end), (vec![0; 3], 0, 0));
    }
}
