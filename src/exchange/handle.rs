// SPDX-License-Identifier: GPL-2.0-or-later
//! Asking the kernel.
//!
//! A [`Handle`] sends requests and matches the answers by sequence number: an event, or what an abandoned
//! request left behind, is never taken for an answer. An interrupted dump is an error, never a silent success.
//! All its receive buffers offer a datagram the same room: the kernel sizes its datagrams by the largest that a
//! socket has ever offered.

#![forbid(unsafe_code)]

use crate::codec::stats_decode::{self, CpuStats, GlobalStats};
use crate::codec::{expect_decode, flow_decode};
use crate::error::{Error, Result};
use crate::exchange::ahead::{self, More};
use crate::exchange::batch::{self, Batch};
use crate::exchange::inbox::{Inbox, Receiver, receive};
use crate::exchange::request::{self, Query, Statistics, Subject, Table};
use crate::expect::Expectation;
use crate::filter::{DumpFilter, Pushdown, Selector};
use crate::flow::{Attr, Flow};
use crate::sys::{Socket, memory};
use crate::wire::consts::*;
use crate::wire::frame::FrameKind;
use crate::wire::{Frame, Frames};
use std::ops::ControlFlow;

#[cfg_attr(not(any(feature = "capi", feature = "internals")), allow(unused_imports))]
pub use crate::exchange::inbox::RECEIVE_LEN;

/// A connection to the kernel for requests.
///
/// Not for several threads at once; open one for each.
#[derive(Debug)]
pub struct Handle {
    socket: Socket,
    inbox: Inbox,
    /// Where the answers to batches arrive, once there has been a batch.
    batch_inbox: Option<Inbox>,
    outbox: Box<[u8]>,
    seq: u32,
    reads_ahead: bool,
    /// The sequence number of a dump that nobody reads any more but the kernel still sends.
    abandoned: Option<u32>,
}

/// What a receiver of answers wants: more of them, or no more.
pub type Verdict = ControlFlow<()>;

impl Handle {
    /// Opens a handle.
    ///
    /// # Errors
    /// The system's error; [`Error::NoMemory`]. Privilege is checked by the kernel at the first request.
    #[doc(alias = "nfct_open")]
    pub fn open() -> Result<Handle> {
        Handle::on(Socket::open(0)?)
    }

    /// A handle that asks on this socket.
    pub(super) fn on(socket: Socket) -> Result<Handle> {
        Ok(Handle {
            socket,
            inbox: Inbox::for_answers()?,
            batch_inbox: None,
            outbox: memory::zeros(request::MAX_LEN)?,
            seq: 0,
            reads_ahead: false,
            abandoned: None,
        })
    }

    /// The message of the request that was built last, and what stood in the buffer behind it.
    pub(super) fn last_request(&self) -> &[u8] {
        &self.outbox
    }

    /// The socket, for its options and its descriptor.
    #[doc(hidden)] // for the tests of this tree
    #[must_use]
    pub fn socket(&self) -> &Socket {
        &self.socket
    }

    /// Lets a thread of its own receive the lists of [`list`](Self::list), [`dump`](Self::dump) and
    /// [`select`](Self::select), while the caller's is busy with what has come of them. Worth it where a list is long
    /// and there is more than one processor. An entry may be some thousand entries older when the caller sees it,
    /// so not for changes that depend on what it was. Lists that zero counters are never received ahead. Off at
    /// first.
    pub fn read_ahead(&mut self, on: bool) {
        self.reads_ahead = on;
    }

    /// How many datagrams have come that the kernel had not sent. They are dropped: only a privileged process can
    /// send them, and none has reason to.
    #[must_use]
    pub fn foreign_datagrams(&self) -> u64 {
        self.inbox.foreign() + self.batch_inbox.as_ref().map_or(0, Inbox::foreign)
    }

    /// Reads every flow of the table.
    ///
    /// The handle is busy meanwhile: to change the table during the walk, use a second one.
    ///
    /// # Errors
    /// As [`list`](Self::list). After [`Error::Malformed`], [`Error::Truncated`] and [`Error::Overrun`] the iterator
    /// continues with the next flow; any other error ends it.
    pub fn flows(&mut self) -> Result<Flows<'_>> {
        self.flows_matching(&DumpFilter::new())
    }

    /// Reads the flows that pass a kernel-side filter (an older kernel may ignore it).
    ///
    /// # Errors
    /// As [`list`](Self::list). After [`Error::Malformed`], [`Error::Truncated`] and [`Error::Overrun`] the iterator
    /// continues with the next flow; any other error ends it.
    pub fn flows_matching(&mut self, filter: &DumpFilter) -> Result<Flows<'_>> {
        let seq = self.send(|buf, seq| request::build_list(buf, Table::Conntrack, false, filter, seq))?;
        Ok(self.listed(seq))
    }

    /// The flows in the answer to request `seq`.
    fn listed(&mut self, seq: u32) -> Flows<'_> {
        self.abandoned = Some(seq);
        Flows { handle: self, answer: Answer::to(seq), receiver: Receiver::new(), ended: false }
    }

    /// Calls `each` for every flow of the table; the flow is reused between calls, so the walk allocates nothing.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    #[doc(alias = "NFCT_Q_DUMP")]
    pub fn dump(&mut self, filter: &DumpFilter, each: impl FnMut(&Flow) -> Verdict) -> Result<()> {
        self.list(Table::Conntrack, false, filter, each)
    }

    /// Calls `each` for every flow of one of the lists; `zero_counters` resets the counters of what is listed.
    ///
    /// # Errors
    /// [`Error::Kernel`] (`EPERM` without privilege); [`Error::Interrupted`] when the table changed under the
    /// walk; [`Error::Malformed`] when a message could not be read or was not about a flow, [`Error::Truncated`] or
    /// [`Error::Overrun`] when a part was lost. The walk is finished before any of them is reported.
    pub fn list(
        &mut self,
        table: Table,
        zero_counters: bool,
        filter: &DumpFilter,
        mut each: impl FnMut(&Flow) -> Verdict,
    ) -> Result<()> {
        let seq = self.send(|buf, seq| request::build_list(buf, table, zero_counters, filter, seq))?;
        let mut flow = Flow::new();
        let each = |frame: &Frame<'_>| {
            flow.clear();
            read_flow(&mut flow, frame)?;
            Ok(each(&flow))
        };
        // What is zeroed must not be lost where `each` stops the list.
        if self.reads_ahead && !zero_counters {
            self.read_ahead_of(seq, each)
        } else {
            self.answers(seq, each)
        }
    }

    /// Calls `each` for every flow of the table that passes a selector.
    ///
    /// Whatever is left to the kernel, the flows are the same: each is checked again here, and a kernel that
    /// refuses a filter is asked without it. Their order is the kernel's; flows of IPv4 may all come first.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub fn select(
        &mut self,
        selector: &Selector,
        pushdown: Pushdown,
        mut each: impl FnMut(&Flow) -> Verdict,
    ) -> Result<()> {
        if pushdown == Pushdown::UserSpace {
            return self.dump_selected(&DumpFilter::new(), selector, &mut each).map(drop);
        }
        if let Some(key) = selector.lookup_key() {
            match self.get_as_listed(&key) {
                Ok(flow) => {
                    if selector.matches(&flow) {
                        let _ = each(&flow);
                    }
                    return Ok(());
                }
                Err(Error::Kernel(libc::ENOENT)) => return Ok(()),
                Err(error) if !is_refusal(error) => return Err(error),
                Err(_) => {} // a tuple that this kernel does not know; the list shows what it knows
            }
        }
        for filter in selector.kernel_filters() {
            let plain = || DumpFilter { family: filter.family, ..DumpFilter::new() };
            let verdict = match self.dump_selected(&filter, selector, &mut each) {
                Err(error) if is_refusal(error) => self.dump_selected(&plain(), selector, &mut each),
                verdict => verdict,
            };
            if verdict?.is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Dumps through a filter and a selector; tells whether the receiver wants more.
    fn dump_selected(
        &mut self,
        filter: &DumpFilter,
        selector: &Selector,
        each: &mut impl FnMut(&Flow) -> Verdict,
    ) -> Result<Verdict> {
        let (mut verdict, all) = (Verdict::Continue(()), selector.is_everything());
        self.dump(filter, |flow| {
            if all || selector.matches(flow) {
                verdict = each(flow);
            }
            verdict
        })?;
        Ok(verdict)
    }

    /// Looks an entry up and shows it as a list would: the lookup holds a reference itself, which is not counted.
    fn get_as_listed(&mut self, key: &Flow) -> Result<Flow> {
        let mut flow = self.get(key)?;
        if let Some(references) = flow.use_count() {
            flow.put(Attr::Use, &references.saturating_sub(1).to_ne_bytes());
        }
        Ok(flow)
    }

    /// Looks an entry up by its original tuple, or by its reply tuple where the flow has no original one, and its zone.
    ///
    /// # Errors
    /// [`Error::Kernel`] with `ENOENT` when there is none, `EINVAL` when the tuple is incomplete.
    #[doc(alias = "NFCT_Q_GET")]
    pub fn get(&mut self, key: &Flow) -> Result<Flow> {
        let seq = self.send(|buf, seq| request::build_lookup(buf, key, NLM_F_ACK, seq))?;
        let found = self.last_answer(seq, |frame| {
            let mut flow = Flow::new();
            read_flow(&mut flow, frame).map(|()| Some(flow))
        })?;
        found.ok_or(Error::Kernel(libc::ENOENT))
    }

    /// Makes an entry. Both tuples and a timeout are needed.
    ///
    /// # Errors
    /// [`Error::Kernel`] with `EEXIST`, `EINVAL`, `ENOMEM` (table full), ….
    #[doc(alias = "NFCT_Q_CREATE")]
    pub fn create(&mut self, flow: &Flow) -> Result<()> {
        self.query(Query::Create, Subject::Flow(flow))
    }

    /// Makes an entry, or changes it where it exists.
    ///
    /// # Errors
    /// As [`create`](Self::create) and [`update`](Self::update).
    #[doc(alias = "NFCT_Q_CREATE_UPDATE")]
    pub fn create_or_update(&mut self, flow: &Flow) -> Result<()> {
        self.query(Query::CreateUpdate, Subject::Flow(flow))
    }

    /// Changes an entry. The kernel applies the changes in turn and keeps those before a failure.
    ///
    /// # Errors
    /// [`Error::Kernel`] with `ENOENT`, `EBUSY` (a status bit that cannot change), ….
    #[doc(alias = "NFCT_Q_UPDATE")]
    pub fn update(&mut self, flow: &Flow) -> Result<()> {
        let seq = self.send(|buf, seq| request::build_exact_update(buf, flow, seq))?;
        self.acknowledged(seq)
    }

    /// Deletes exactly this entry: the one with its original tuple, its zone and, where known, its id.
    ///
    /// The id is a hash of the entry's place in the kernel's memory and its tuple: it tells a successor with
    /// the same tuple apart unless that has taken the very same place.
    ///
    /// # Errors
    /// [`Error::Kernel`] with `ENOENT` when it is gone or has another id;
    /// [`Error::Invalid`] without a tuple, and then nothing is sent.
    #[doc(alias = "NFCT_Q_DESTROY")]
    pub fn delete(&mut self, flow: &Flow) -> Result<()> {
        let seq = self.send(|buf, seq| request::build_exact_delete(buf, flow, NLM_F_ACK, seq))?;
        self.acknowledged(seq)
    }

    /// A batch for this handle's socket.
    ///
    /// # Errors
    /// The system's error; [`Error::NoMemory`].
    pub fn batch(&mut self) -> Result<Batch> {
        let _ = self.socket.set_short_refusals(); // an old kernel's refusals are as long as their requests
        Batch::new(self.socket.receive_buffer()? as usize)
    }

    /// Sends a batch and hands out what became of each request, by its number: nothing, the entry that was looked
    /// up, or an error. The batch is empty then.
    ///
    /// # Errors
    /// When the batch could not be sent: nothing of it has been done. Otherwise each request has an answer of its
    /// own: [`Error::Kernel`]; [`Error::Overrun`] when it is not known what became of the request.
    pub fn carry_out(
        &mut self,
        batch: &mut Batch,
        each: impl FnMut(usize, Result<Option<&Flow>>),
    ) -> Result<()> {
        self.settle()?;
        let inbox = match &mut self.batch_inbox {
            Some(inbox) => inbox,
            none => none.insert(Inbox::for_entries()?),
        };
        let count = u32::try_from(batch.len()).unwrap_or(u32::MAX);
        let first = self.seq.checked_add(count).map_or(1, |_| self.seq + 1);
        self.seq = first.saturating_add(count);
        if !batch.is_empty() {
            self.socket.send(batch.seal(first))?;
            collect(&self.socket, inbox, batch);
        }
        batch.finish(each);
        Ok(())
    }

    /// Deletes all entries, of both families.
    ///
    /// # Errors
    /// [`Error::Kernel`].
    #[doc(alias = "NFCT_Q_FLUSH")]
    pub fn flush(&mut self) -> Result<()> {
        self.query(Query::Flush, Subject::FlowFamily(AF_UNSPEC))
    }

    /// Deletes all entries that pass a filter: in one request where the kernel shows that it honours the filter, else as
    /// [`delete_matching`](Self::delete_matching). A kernel that does not know a condition would delete everything; see
    /// the filter's fields for the versions.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for a tuple filter; [`Error::Kernel`]; those of `delete_matching`.
    #[doc(alias = "NFCT_Q_FLUSH_FILTER")]
    pub fn flush_matching(&mut self, filter: &DumpFilter) -> Result<()> {
        if self.honours_in_flush(filter)? {
            self.query(Query::FlushFilter, Subject::Filter(filter))
        } else {
            self.delete_matching(filter)
        }
    }

    /// Deletes all entries that pass a filter, each by its tuple, zone and id. The table is listed first, and each entry
    /// is checked here, so this is right on every kernel. An entry is judged by what it was when it was listed; one that
    /// has gone meanwhile is no error.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for a tuple filter, [`Error::Invalid`] for a status of which no bit counts, what
    /// [`list`](Self::list) reports, [`Error::NoMemory`]: nothing is deleted then. Else the first refusal, after all
    /// deletions have been tried.
    pub fn delete_matching(&mut self, filter: &DumpFilter) -> Result<()> {
        filter.must_suit_a_flush()?;
        let (mut deletions, mut message) = (Vec::new(), memory::zeros(request::MAX_LEN)?);
        self.collect_deletions(filter, &mut message, &mut deletions)?;
        let (mut batch, mut refused) = (self.batch()?, None);
        let mut deletions = Frames::new(&deletions).peekable();
        while let Some(deletion) = deletions.next() {
            batch.push_message(deletion?.bytes)?;
            if !batch.is_full() && deletions.peek().is_some() {
                continue;
            }
            self.carry_out(&mut batch, |_, answer| match answer {
                Ok(_) | Err(Error::Kernel(libc::ENOENT)) => {}
                Err(error) => refused = refused.or(Some(error)),
            })?;
        }
        refused.map_or(Ok(()), Err)
    }

    /// Appends the deletion of every entry that passes a filter.
    fn collect_deletions(
        &mut self,
        filter: &DumpFilter,
        message: &mut [u8],
        deletions: &mut Vec<u8>,
    ) -> Result<()> {
        let mut failed = Ok(());
        let mut add = |flow: &Flow| -> Result<()> {
            if filter.passes(flow)? {
                let len = batch::Request::Delete(flow).encode(message)?;
                memory::append(deletions, message.get(..len).unwrap_or_default())?;
            }
            Ok(())
        };
        let listed = self.dump(filter, |flow| {
            failed = add(flow);
            if failed.is_ok() { Verdict::Continue(()) } else { Verdict::Break(()) }
        });
        failed.and(listed)
    }

    /// Whether the kernel shows that it honours a filter in a flush. Nothing is changed by asking.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for a tuple filter; [`Error::Kernel`] with `EPERM`; the system's error.
    pub(crate) fn honours_in_flush(&mut self, filter: &DumpFilter) -> Result<bool> {
        filter.must_suit_a_flush()?;
        for question in filter.flush_questions() {
            let seq = self.send(|buf, seq| request::build_question(buf, question, seq))?;
            match self.answers(seq, |_| Ok(Verdict::Break(()))) {
                Err(Error::Kernel(libc::EINVAL)) => {}
                Ok(()) => return Ok(false), // it lists, and does not read the condition
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    /// Calls `each` for every expectation of a family (0 for all).
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub fn expectations(&mut self, family: u8, mut each: impl FnMut(&Expectation) -> Verdict) -> Result<()> {
        let seq =
            self.send(|buf, seq| request::build(buf, Query::Dump, Subject::ExpectationFamily(family), seq))?;
        self.answers(seq, |frame| Ok(each(&read_expectation(frame)?)))
    }

    /// Looks an expectation up by its expected tuple.
    ///
    /// # Errors
    /// [`Error::Kernel`] with `ENOENT` when there is none.
    pub fn expectation(&mut self, key: &Expectation) -> Result<Expectation> {
        let seq = self.send(|buf, seq| request::build(buf, Query::Get, Subject::Expectation(key), seq))?;
        let found = self.last_answer(seq, |frame| read_expectation(frame).map(Some))?;
        found.ok_or(Error::Kernel(libc::ENOENT))
    }

    /// Makes an expectation. Master, expected tuple and mask are needed, and a master with a helper.
    ///
    /// # Errors
    /// [`Error::Kernel`] with `EEXIST`, `ENOENT` (no such master), `EOPNOTSUPP` (no helper), ….
    pub fn create_expectation(&mut self, expect: &Expectation) -> Result<()> {
        self.query(Query::Create, Subject::Expectation(expect))
    }

    /// Deletes the expectation with this expected tuple.
    ///
    /// # Errors
    /// [`Error::Kernel`] with `ENOENT`; [`Error::Invalid`] without the tuple, and then nothing is sent.
    pub fn delete_expectation(&mut self, expect: &Expectation) -> Result<()> {
        self.query(Query::Destroy, Subject::Expectation(expect))
    }

    /// Deletes all expectations.
    ///
    /// # Errors
    /// [`Error::Kernel`].
    pub fn flush_expectations(&mut self) -> Result<()> {
        self.query(Query::Flush, Subject::ExpectationFamily(AF_UNSPEC))
    }

    /// Whether the kernel knows the ports (for GRE the keys) of a protocol. Of any other protocol it keeps only the number,
    /// and ignores ports in silence: an entry made with them stands for all connections between its addresses. So it
    /// is with DCCP on Linux 6.18, with UDP-Lite on 7.2 and later, and with what a kernel was built without.
    ///
    /// # Errors
    /// [`Error::Kernel`] (`EPERM` without privilege).
    pub fn knows_ports(&mut self, protocol: u8) -> Result<bool> {
        let seq = self.send(|buf, seq| request::build_port_probe(buf, protocol, seq))?;
        ports_are_known(self.acknowledged(seq))
    }

    /// The table's fill level.
    ///
    /// # Errors
    /// [`Error::Kernel`].
    pub fn statistics(&mut self) -> Result<GlobalStats> {
        let seq = self.send(|buf, seq| request::build_statistics(buf, Statistics::Global, seq))?;
        let found = self.last_answer(seq, |frame| {
            frame.must_be(Statistics::Global.answers())?;
            stats_decode::global(frame)
        })?;
        found.ok_or(Error::Malformed("statistics without a number of entries"))
    }

    /// Per-CPU counters of the conntrack table, one for each possible CPU.
    ///
    /// # Errors
    /// [`Error::Kernel`].
    pub fn cpu_statistics(&mut self) -> Result<Vec<CpuStats>> {
        self.counters(Statistics::Cpu)
    }

    /// Per-CPU counters of the expectation table.
    ///
    /// # Errors
    /// [`Error::Kernel`].
    pub fn expectation_cpu_statistics(&mut self) -> Result<Vec<CpuStats>> {
        self.counters(Statistics::ExpectCpu)
    }

    fn counters(&mut self, which: Statistics) -> Result<Vec<CpuStats>> {
        let seq = self.send(|buf, seq| request::build_statistics(buf, which, seq))?;
        let mut all = Vec::new();
        self.answers(seq, |frame| {
            frame.must_be(which.answers())?;
            all.push(stats_decode::cpu(frame)?);
            Ok(Verdict::Continue(()))
        })?;
        Ok(all)
    }

    /// The last of the answers to request `seq` in which `read` finds something.
    fn last_answer<T>(
        &mut self,
        seq: u32,
        read: impl Fn(&Frame<'_>) -> Result<Option<T>>,
    ) -> Result<Option<T>> {
        let mut found = None;
        self.answers(seq, |frame| {
            found = read(frame)?.or(found.take());
            Ok(Verdict::Continue(()))
        })?;
        Ok(found)
    }

    fn query(&mut self, query: Query, subject: Subject<'_>) -> Result<()> {
        let seq = self.send(|buf, seq| request::build(buf, query, subject, seq))?;
        self.acknowledged(seq)
    }

    fn acknowledged(&mut self, seq: u32) -> Result<()> {
        self.answers(seq, |_| Ok(Verdict::Continue(())))
    }

    /// Builds a request with a new sequence number and sends it.
    fn send(&mut self, build: impl FnOnce(&mut [u8], u32) -> Result<usize>) -> Result<u32> {
        self.settle()?;
        self.inbox.clear();
        self.seq = self.seq.wrapping_add(1).max(1);
        let len = build(&mut self.outbox, self.seq)?;
        self.socket.send(self.outbox.get(..len).unwrap_or_default())?;
        Ok(self.seq)
    }

    /// Reads what an abandoned dump still sends: the kernel refuses a second dump while one runs.
    fn settle(&mut self) -> Result<()> {
        let Some(seq) = self.abandoned.take() else { return Ok(()) };
        match self.read(seq, &Receiver::of_remains(), |_| Ok(Verdict::Continue(()))) {
            Err(error @ Error::Os(_)) => Err(error),
            _ => Ok(()), // whatever became of it, it has finished
        }
    }

    /// Feeds the answers to request `seq` to `each` until the kernel says that it is done.
    fn answers(&mut self, seq: u32, each: impl FnMut(&Frame<'_>) -> Result<Verdict>) -> Result<()> {
        self.read(seq, &Receiver::new(), each)
    }

    fn read(
        &mut self,
        seq: u32,
        receiver: &Receiver,
        each: impl FnMut(&Frame<'_>) -> Result<Verdict>,
    ) -> Result<()> {
        let (socket, mut answer) = (&self.socket, Answer::to(seq));
        let read = answer.read(&mut self.inbox, &mut |inbox| receiver.receive(socket, inbox), each);
        self.abandoned = (!answer.over && !self.inbox.holds_end(seq)).then_some(seq);
        read
    }

    /// The same while a thread of its own receives them.
    fn read_ahead_of(&mut self, seq: u32, each: impl FnMut(&Frame<'_>) -> Result<Verdict>) -> Result<()> {
        let (socket, receiver, mut answer) = (&self.socket, Receiver::new(), Answer::to(seq));
        let (read, over) = ahead::read(
            |inbox| receiver.receive(socket, inbox),
            seq,
            &mut self.inbox,
            |inbox, more| answer.read(inbox, more, each),
        );
        self.abandoned = (!answer.over && !over && !self.inbox.holds_end(seq)).then_some(seq);
        read
    }
}

/// Receives the answers to a batch. The kernel has made them all by the end of the send, so where the end may be
/// missing there is no need to wait for it.
fn collect(socket: &Socket, inbox: &mut Inbox, batch: &mut Batch) {
    inbox.clear();
    while !batch.is_over() {
        match inbox.next() {
            Some(Ok(frame)) => batch.take(&frame),
            Some(Err(_)) => batch.note_loss(),
            None => {
                let wait = !batch.may_lack_its_end();
                match receive(socket, inbox, wait) {
                    Ok(()) => {}
                    Err(Error::Overrun) => batch.note_loss(),
                    Err(Error::Os(libc::EAGAIN)) if !wait => break,
                    Err(_) => {
                        batch.note_loss();
                        break;
                    }
                }
            }
        }
    }
}

/// Reads an answer that shows a flow.
fn read_flow(flow: &mut Flow, frame: &Frame<'_>) -> Result<()> {
    frame.must_be(request::FLOW_ANSWERS)?;
    flow_decode::message(flow, frame)
}

/// Reads an answer that shows an expectation.
fn read_expectation(frame: &Frame<'_>) -> Result<Expectation> {
    frame.must_be(request::EXPECTATION_ANSWERS)?;
    let mut expect = Expectation::new();
    expect_decode::message(&mut expect, frame).map(|()| expect)
}

/// How far the answer to a request has been read. Lists and iterators read it in the same way.
#[derive(Debug)]
struct Answer {
    seq: u32,
    interrupted: bool,
    /// The kernel has said that this is all, or nothing is left.
    over: bool,
}

/// What reading an answer comes to next.
enum Step<T> {
    /// A message of the answer, and what was read from it.
    Read(T),
    /// A part was lost or cannot be read; what follows can.
    Lost(Error),
    /// The end, or why nothing more can be received.
    End(Result<()>),
}

impl Answer {
    fn to(seq: u32) -> Answer {
        Answer { seq, interrupted: false, over: false }
    }

    /// Reads the next message of the answer from an inbox that `more` fills again. What is left of the answers to
    /// other requests is passed over.
    fn step<T>(
        &mut self,
        inbox: &mut Inbox,
        more: &mut More<'_>,
        read: impl FnOnce(&Frame<'_>) -> Result<T>,
    ) -> Step<T> {
        loop {
            let frame = match inbox.next() {
                Some(Ok(frame)) if frame.header.seq == self.seq => frame,
                Some(Ok(_)) => continue,
                Some(Err(error)) => return Step::Lost(error),
                None => match more(inbox) {
                    Ok(true) => continue,
                    Ok(false) => {
                        self.over = true;
                        return Step::End(Ok(()));
                    }
                    Err(Error::Overrun) => return Step::Lost(Error::Overrun),
                    Err(error) => return Step::End(Err(error)),
                },
            };
            self.interrupted |= frame.header.flags & NLM_F_DUMP_INTR != 0;
            let end = match frame.kind() {
                Ok(FrameKind::Data) => return read(&frame).map_or_else(Step::Lost, Step::Read),
                Ok(FrameKind::Overrun) => return Step::Lost(Error::Overrun),
                Ok(FrameKind::Noop) => continue,
                Ok(FrameKind::Error(errno) | FrameKind::Done(errno)) => Ok(errno),
                Err(error) => Err(error), // an end that does not say how it ended
            };
            self.over = true;
            let outcome = Outcome { interrupted: self.interrupted, error: None };
            return Step::End(end.and_then(|errno| outcome.finish(errno)));
        }
    }

    /// Reads the whole answer, or as much of it as `each` wants. What went wrong first is reported at the end.
    fn read(
        &mut self,
        inbox: &mut Inbox,
        more: &mut More<'_>,
        mut each: impl FnMut(&Frame<'_>) -> Result<Verdict>,
    ) -> Result<()> {
        let mut lost = Outcome::default();
        loop {
            match self.step(inbox, more, &mut each) {
                Step::Read(Verdict::Continue(())) => {}
                Step::Read(Verdict::Break(())) => return Ok(()),
                Step::Lost(error) => lost.note(error),
                Step::End(refused @ Err(Error::Kernel(_))) => return refused,
                Step::End(end) => return lost.error.map_or(end, Err),
            }
        }
    }
}

/// What the answer to a lookup without ports says: a protocol that needs ports refuses it.
fn ports_are_known(answer: Result<()>) -> Result<bool> {
    match answer {
        Err(Error::Kernel(libc::EINVAL)) => Ok(true),
        Ok(()) | Err(Error::Kernel(libc::ENOENT)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether the kernel does not take a request as it is.
fn is_refusal(error: Error) -> bool {
    matches!(error, Error::Kernel(libc::EINVAL | libc::EOPNOTSUPP))
}

/// What is to be said when a request is over.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) interrupted: bool,
    pub(crate) error: Option<Error>,
}

impl Outcome {
    /// Remembers the first thing that went wrong, so that its neighbours are still read.
    pub(crate) fn note(&mut self, error: Error) {
        self.error.get_or_insert(error);
    }

    pub(crate) fn finish(self, errno: i32) -> Result<()> {
        match (errno, self.error) {
            (0, Some(error)) => Err(error),
            (0, None) if self.interrupted => Err(Error::Interrupted),
            (0, None) => Ok(()),
            (errno, _) => Err(Error::Kernel(errno)),
        }
    }
}

/// An iterator over the flows of the table; made by [`Handle::flows`].
///
/// Dropping it early is fine: the handle reads the rest of the dump before its next request.
#[derive(Debug)]
pub struct Flows<'h> {
    handle: &'h mut Handle,
    answer: Answer,
    receiver: Receiver,
    ended: bool,
}

impl Drop for Flows<'_> {
    fn drop(&mut self) {
        if self.answer.over || self.handle.inbox.holds_end(self.answer.seq) {
            self.handle.abandoned = None;
        }
    }
}

impl Iterator for Flows<'_> {
    type Item = Result<Flow>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let Handle { socket, inbox, .. } = &mut *self.handle;
        let (socket, receiver) = (&*socket, &self.receiver);
        let step = self.answer.step(inbox, &mut |inbox| receiver.receive(socket, inbox), |frame| {
            let mut flow = Flow::new();
            read_flow(&mut flow, frame).map(|()| flow)
        });
        match step {
            Step::Read(flow) => Some(Ok(flow)),
            Step::Lost(error) => Some(Err(error)),
            Step::End(end) => {
                self.ended = true;
                end.err().map(Err)
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::exchange::inbox::answer;

    #[test]
    fn a_lookup_without_ports_is_refused_where_ports_are_known() {
        assert_eq!(ports_are_known(Err(Error::Kernel(libc::EINVAL))), Ok(true));
        assert_eq!(ports_are_known(Err(Error::Kernel(libc::ENOENT))), Ok(false));
        assert_eq!(ports_are_known(Ok(())), Ok(false), "an entry of the bare protocol");
        for error in [Error::Kernel(libc::EPERM), Error::Os(libc::EBADF)] {
            assert_eq!(ports_are_known(Err(error)), Err(error));
        }
    }

    #[test]
    fn an_interrupted_dump_is_an_error() {
        let outcome = |interrupted, error| Outcome { interrupted, error };
        assert_eq!(outcome(false, None).finish(0), Ok(()));
        assert_eq!(outcome(true, None).finish(0), Err(Error::Interrupted));
        assert_eq!(outcome(true, None).finish(libc::EPERM), Err(Error::Kernel(libc::EPERM)));
        let malformed = Error::Malformed("");
        assert_eq!(outcome(true, Some(malformed)).finish(0), Err(malformed));
    }

    const SEQ: u32 = 7;
    const FLOW: u16 = u16::from_be_bytes([NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_NEW]);
    const EXPECTATION: u16 = u16::from_be_bytes([NFNL_SUBSYS_CTNETLINK_EXP, IPCTNL_MSG_CT_NEW]);
    const DELETED: u16 = u16::from_be_bytes([NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_DELETE]);

    /// The messages of one datagram.
    fn datagram(kinds: &[u16]) -> Vec<u8> {
        kinds.iter().flat_map(|&kind| answer(kind, SEQ)).collect()
    }

    /// A message without the bytes that should follow its header.
    fn bare(kind: u16) -> Vec<u8> {
        let mut message = answer(kind, SEQ)[..16].to_vec();
        message[0] = 16;
        message
    }

    /// As long as no datagram of a list is, with these messages at its start.
    fn overlong(kinds: &[u16]) -> Vec<u8> {
        let mut bytes = datagram(kinds);
        bytes.resize(RECEIVE_LEN + 4, 0);
        bytes
    }

    /// A handle that has asked and been answered.
    fn answered(datagrams: &[Vec<u8>]) -> Handle {
        let mut handle = Handle::open().unwrap();
        handle.socket = Socket::scripted(datagrams);
        handle.seq = SEQ;
        handle
    }

    /// What each way to read a list makes of the same answer: how many flows, the first error, and whether the
    /// handle knows that nothing is left to be read.
    fn read(datagrams: &[Vec<u8>]) -> (usize, Option<Error>, bool) {
        let list = |ahead: bool| {
            let (mut handle, mut flows) = (answered(datagrams), 0);
            let each = |frame: &Frame<'_>| {
                read_flow(&mut Flow::new(), frame)?;
                flows += 1;
                Ok(Verdict::Continue(()))
            };
            let ended = if ahead { handle.read_ahead_of(SEQ, each) } else { handle.answers(SEQ, each) };
            (flows, ended.err(), handle.abandoned.is_none())
        };
        let (mut handle, mut flows, mut error) = (answered(datagrams), 0, None);
        for flow in handle.listed(SEQ).take(1000) {
            match flow {
                Ok(_) => flows += 1,
                Err(wrong) => error = error.or(Some(wrong)),
            }
        }
        let iterated = (flows, error, handle.abandoned.is_none());
        assert_eq!(list(false), iterated);
        assert_eq!(list(true), iterated, "received ahead");
        iterated
    }

    #[test]
    fn lists_and_iterators_read_the_same_answer_alike() {
        let (flow, done) = (datagram(&[FLOW]), datagram(&[NLMSG_DONE]));
        assert_eq!(read(&[flow.clone(), done.clone()]), (1, None, true));
        assert_eq!(read(&[datagram(&[FLOW, FLOW, NLMSG_DONE])]), (2, None, true));
        let malformed = |seen: (usize, Option<Error>, bool), flows| {
            assert!(matches!(seen, (some, Some(Error::Malformed(_)), true) if some == flows), "{seen:?}");
        };
        // An end that cannot be read is one.
        malformed(read(&[flow.clone(), bare(NLMSG_ERROR)]), 1);
        malformed(read(&[bare(NLMSG_ERROR)]), 0);
        // What is lost or malformed leaves its neighbours alone.
        malformed(read(&[[datagram(&[FLOW]), vec![9; 16]].concat(), flow.clone(), done.clone()]), 2);
        let overrun = datagram(&[FLOW, NLMSG_OVERRUN, FLOW]);
        assert_eq!(read(&[overrun, flow.clone(), done.clone()]), (3, Some(Error::Overrun), true));
        let cut = read(&[flow.clone(), overlong(&[FLOW]), flow.clone(), done.clone()]);
        assert_eq!(cut, (3, Some(Error::Truncated), true));
        // Nothing of the answer follows its end. The end may be among what was lost: no one waits for it.
        assert_eq!(read(&[flow.clone(), overlong(&[FLOW, NLMSG_DONE])]), (2, None, true));
        let seen = read(&[flow.clone(), overlong(&[]), flow.clone()]);
        assert_eq!(seen, (2, Some(Error::Truncated), true));
    }

    #[test]
    fn what_is_no_whole_message_about_a_flow_is_reported_and_not_listed() {
        let done = datagram(&[NLMSG_DONE]);
        for foreign in [EXPECTATION, DELETED, 0x105, 0xa01] {
            let seen = read(&[datagram(&[FLOW, foreign, FLOW]), done.clone()]);
            assert!(matches!(seen, (2, Some(Error::Malformed(_)), true)), "{foreign:#x}: {seen:?}");
        }
        let seen = read(&[[datagram(&[FLOW]), bare(FLOW)].concat(), done.clone()]);
        assert!(matches!(seen, (1, Some(Error::Malformed(_)), true)), "{seen:?}");
    }
}
