// SPDX-License-Identifier: GPL-2.0-or-later
//! Requests to the kernel.

#![forbid(unsafe_code)]

use crate::codec::stats_decode::{self, CpuStats, GlobalStats};
use crate::codec::timeout_decode::{self, Timeouts};
use crate::error::{Error, Result};
use crate::exchange::ahead::Ahead;
use crate::exchange::answers::{Answers, Awaited, RUST};
use crate::exchange::batch::{self, Batch};
use crate::exchange::inbox::Inbox;
use crate::exchange::list::{Expectations, Flows, ListBuilder, read_expectation, read_flow};
use crate::exchange::reading::{Step, receive, step};
use crate::exchange::request::{self, Query, Statistics, Subject};
use crate::expect::Expectation;
use crate::filter::DumpFilter;
use crate::flow::Flow;
use crate::sys::process::has_room_for_a_reader;
use crate::sys::{Socket, memory};
use crate::wire::consts::*;
use crate::wire::frame::HEADER_LEN;
use crate::wire::{Frame, Frames};

#[cfg_attr(not(any(feature = "capi", feature = "internals")), allow(unused_imports))]
pub use crate::exchange::inbox::RECEIVE_LEN;

/// A connection to the kernel for requests.
///
/// A handle sends requests and matches the answers by sequence number: it never takes an event, or the unread
/// answer to an abandoned request, for an answer. An interrupted dump is an error, never a silent success. All its
/// receive buffers offer a datagram the same room, because the kernel sizes its datagrams by the largest buffer that a
/// socket has ever offered.
///
/// One thread at a time uses a handle; open one for each thread.
#[derive(Debug)]
pub struct Handle {
    socket: Socket,
    inbox: Inbox,
    /// The inbox for the answers to batches, once there has been a batch.
    batch_inbox: Option<Inbox>,
    outbox: Box<[u8]>,
    seq: u32,
    reads_ahead: bool,
    /// The sequence number of a dump that no caller reads any more and that the kernel still sends.
    abandoned: Option<u32>,
    /// The thread that receives the answer that is being read. The handle owns the thread, not the list: a leaked list
    /// leaves no thread that takes the answers to later requests.
    ahead: Option<Ahead>,
}

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
            ahead: None,
        })
    }

    /// The message of the request that was built last, and the bytes that followed it in the buffer; no message where
    /// the last call built none.
    pub(super) fn last_request(&self) -> &[u8] {
        &self.outbox
    }

    /// Later failures are not taken for failures of the request before.
    fn forget_last_request(&mut self) {
        forget(&mut self.outbox);
    }

    /// A handle on a socket that plays a script.
    #[cfg(any(test, feature = "internals"))]
    pub(crate) fn scripted(socket: Socket) -> Result<Handle> {
        Handle::on(socket)
    }

    /// Whether the kernel may send more of an answer that no caller reads any more.
    #[cfg(any(test, feature = "internals"))]
    pub(super) fn has_more(&self) -> bool {
        self.abandoned.is_some()
    }

    /// The socket, for its options and its descriptor.
    #[doc(hidden)] // for the tests of this tree
    #[must_use]
    pub fn socket(&self) -> &Socket {
        &self.socket
    }

    /// Receives the lists of [`entries`](Self::entries) in a second thread, unless their builder says otherwise, while
    /// the caller's thread works on the entries received so far. This is useful where a list is long. No thread is started
    /// where the process may use one processor only. The caller sees an entry later, after some thousand others have been
    /// received, so do not use it for changes that depend on the entry's state. Lists that zero counters are never received
    /// ahead. Off by default.
    pub fn read_ahead(&mut self, on: bool) {
        self.reads_ahead = on;
    }

    /// Whether lists are received ahead, unless their builder says otherwise.
    pub(super) fn reads_ahead(&self) -> bool {
        self.reads_ahead
    }

    /// How many datagrams of other senders than the kernel were received and dropped. Only a privileged process can
    /// send such datagrams, and no ordinary program does.
    #[must_use]
    pub fn foreign_datagrams(&self) -> u64 {
        self.inbox.foreign() + self.batch_inbox.as_ref().map_or(0, Inbox::foreign)
    }

    /// A list of the table's flows, with settings: a selector, a filter, another table.
    #[doc(alias = "NFCT_Q_DUMP")]
    pub fn entries(&mut self) -> ListBuilder<'_> {
        let read_ahead = self.reads_ahead;
        ListBuilder::new(self, read_ahead)
    }

    /// Reads every flow of the table.
    ///
    /// The handle is busy during the list: to change the table at the same time, use a second handle.
    ///
    /// # Errors
    /// As [`ListBuilder::open`]; those of [`List::next`](super::list::List::next) are the iterator's last item.
    pub fn flows(&mut self) -> Result<Flows<'_>> {
        self.entries().read_ahead(false).open().map(Flows)
    }

    /// Reads the flows that pass a kernel-side filter (an older kernel may ignore it).
    ///
    /// # Errors
    /// As [`flows`](Self::flows).
    pub fn flows_matching(&mut self, filter: &DumpFilter) -> Result<Flows<'_>> {
        self.entries().filter(filter).read_ahead(false).open().map(Flows)
    }

    /// Looks an entry up and returns it as a list would: the reference that the lookup itself holds is not counted.
    pub(super) fn get_as_listed(&mut self, key: &Flow) -> Result<Flow> {
        let mut flow = self.get(key)?;
        flow.discount_lookup();
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

    /// Makes an entry. Both tuples and a timeout are needed. For a listed flow that is translated, call
    /// [`Flow::undo_all_nat`] first.
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
    /// The id is a hash of the entry's place in the kernel's memory and its tuple: it distinguishes the entry from a
    /// successor with the same tuple, unless the successor has the same place in memory.
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

    /// Sends a batch, and passes to `each` the number of each request and its result: nothing, the looked-up entry, or
    /// an error. The batch is empty afterwards, and its numbers start at 0 again.
    ///
    /// # Errors
    /// The batch could not be sent: no request was carried out. Otherwise each request has its own result:
    /// [`Error::Kernel`]; [`Error::Overrun`] when it is not known whether the request was carried out.
    pub fn carry_out(
        &mut self,
        batch: &mut Batch,
        each: impl FnMut(usize, Result<Option<&Flow>>),
    ) -> Result<()> {
        self.forget_last_request();
        self.settle()?;
        let inbox = match &mut self.batch_inbox {
            Some(inbox) => inbox,
            none => none.insert(Inbox::for_entries()?),
        };
        let count = u32::try_from(batch.len()).unwrap_or(u32::MAX);
        let first = self.seq.checked_add(count.max(1)).map_or(1, |_| self.seq + 1);
        self.seq = first.saturating_add(count);
        if !batch.is_empty() {
            self.socket.send(batch.seal(first))?;
        }
        inbox.clear();
        let socket = &self.socket;
        batch.finish(first, inbox, &mut |inbox, wait| receive(socket, inbox, wait), each);
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

    /// Deletes all entries that pass a filter: in one request where the kernel shows that it honours the filter, else
    /// as [`delete_matching`](Self::delete_matching) does. A kernel that does not know a condition would delete every
    /// entry; the filter's fields name the versions.
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

    /// Deletes all entries that pass a filter, each by its tuple, zone and id. The table is listed first, and the
    /// library checks each entry, so the result is right on every kernel. The state of an entry when it was listed
    /// decides; an entry that has gone since is no error.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for a tuple filter, [`Error::Invalid`] for a status of which no bit counts, the errors of
    /// a list ([`List::next`](super::list::List::next)), [`Error::NoMemory`]: after these nothing is deleted. Else the
    /// first refusal, after all deletions have been tried.
    pub fn delete_matching(&mut self, filter: &DumpFilter) -> Result<()> {
        self.forget_last_request();
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
        self.outbox = message; // a refusal is about a deletion
        refused.map_or(Ok(()), Err)
    }

    /// Appends the deletion of every entry that passes a filter.
    fn collect_deletions(
        &mut self,
        filter: &DumpFilter,
        message: &mut [u8],
        deletions: &mut Vec<u8>,
    ) -> Result<()> {
        let mut list = self.entries().filter(filter).open()?;
        while let Some(flow) = list.next()? {
            if filter.passes(flow)? {
                let len = batch::Request::Delete(flow).encode(message)?;
                memory::append(deletions, message.get(..len).unwrap_or_default())?;
            }
        }
        Ok(())
    }

    /// Whether the kernel shows that it honours a filter in a flush. The question changes no entry.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for a tuple filter; [`Error::Kernel`] with `EPERM`; the system's error.
    pub(crate) fn honours_in_flush(&mut self, filter: &DumpFilter) -> Result<bool> {
        self.forget_last_request();
        filter.must_suit_a_flush()?;
        for question in filter.flush_questions() {
            let seq = self.send(|buf, seq| request::build_question(buf, question, seq))?;
            let mut reading = self.begin(seq, false);
            let step = self.step(&mut reading, |_| Ok(()));
            match self.end(reading, step) {
                Err(Error::Kernel(libc::EINVAL)) => {}
                Ok(()) => return Ok(false), // the kernel lists, and does not read the condition
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    /// A list of the expectations of a family (0 for all).
    ///
    /// # Errors
    /// The system's error.
    pub fn list_expectations(&mut self, family: u8) -> Result<Expectations<'_>> {
        Expectations::open(self, family)
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

    /// Whether the kernel knows the ports (for GRE the keys) of a protocol. Of any other protocol the kernel keeps only
    /// the number, and silently ignores ports: an entry that is created with ports stands for all connections between
    /// its addresses. This applies to DCCP on Linux 6.18, to UDP-Lite on 7.2 and later, and to protocols that a kernel
    /// was built without.
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
            Ok(())
        })?;
        Ok(all)
    }

    /// The timeouts that this namespace gives to flows of a protocol. The kernel loads the module `nfnetlink_cttimeout` for
    /// it.
    ///
    /// # Errors
    /// [`Error::Kernel`]: `EINVAL` without that module, `EOPNOTSUPP` for a protocol that it does not know.
    pub(crate) fn default_timeouts(&mut self, protocol: u8) -> Result<Timeouts> {
        let seq = self.send(|buf, seq| request::build_default_timeouts(buf, protocol, seq))?;
        let found = self.last_answer(seq, |frame| {
            frame.must_be(request::TIMEOUT_ANSWERS)?;
            timeout_decode::timeouts(frame)
        })?;
        found.ok_or(Error::Malformed("timeouts without a protocol"))
    }

    /// The last of the answers to request `seq` from which `read` returns a value.
    fn last_answer<T>(
        &mut self,
        seq: u32,
        read: impl Fn(&Frame<'_>) -> Result<Option<T>>,
    ) -> Result<Option<T>> {
        let mut found = None;
        self.answers(seq, |frame| {
            found = read(frame)?.or(found.take());
            Ok(())
        })?;
        Ok(found)
    }

    fn query(&mut self, query: Query, subject: Subject<'_>) -> Result<()> {
        let seq = self.send(|buf, seq| request::build(buf, query, subject, seq))?;
        self.acknowledged(seq)
    }

    fn acknowledged(&mut self, seq: u32) -> Result<()> {
        self.answers(seq, |_| Ok(()))
    }

    /// Builds a request with a new sequence number and sends it.
    pub(super) fn send(&mut self, build: impl FnOnce(&mut [u8], u32) -> Result<usize>) -> Result<u32> {
        self.forget_last_request();
        self.settle()?;
        self.inbox.clear();
        self.seq = self.seq.wrapping_add(1).max(1);
        let len = build(&mut self.outbox, self.seq).inspect_err(|_| forget(&mut self.outbox))?;
        self.socket.send(self.outbox.get(..len).unwrap_or_default())?;
        Ok(self.seq)
    }

    /// Reads the unread messages of an abandoned dump: the kernel refuses a second dump while one runs.
    fn settle(&mut self) -> Result<()> {
        let is_received = self.stop_ahead();
        let Some(seq) = self.abandoned.take().filter(|_| !is_received) else { return Ok(()) };
        let remains = Reading { answers: Answers::remains(RUST, Awaited::one(seq)), seq };
        match self.read(remains, |_| Ok(())) {
            Err(error @ Error::Os(_)) => Err(error),
            _ => Ok(()), // with any result, it has finished
        }
    }

    /// Passes the answers to request `seq` to `each` until the kernel reports the end.
    fn answers(&mut self, seq: u32, each: impl FnMut(&Frame<'_>) -> Result<()>) -> Result<()> {
        let reading = self.begin(seq, false);
        self.read(reading, each)
    }

    fn read(&mut self, mut reading: Reading, mut each: impl FnMut(&Frame<'_>) -> Result<()>) -> Result<()> {
        loop {
            match self.step(&mut reading, &mut each) {
                Step::Part(()) => {}
                end => return self.end(reading, end),
            }
        }
    }

    /// Begins to read the answer to request `seq`. Ends with [`end`](Self::end) or [`leave`](Self::leave).
    pub(super) fn begin(&mut self, seq: u32, read_ahead: bool) -> Reading {
        self.abandoned = Some(seq);
        let may_start = read_ahead && has_room_for_a_reader();
        let socket = may_start.then(|| self.socket.duplicate().ok()).flatten();
        self.ahead = socket.and_then(|socket| {
            let more = move |inbox: &mut Inbox, wait| receive(&socket, inbox, wait);
            Ahead::start(more, Awaited::one(seq), &mut self.inbox)
        });
        Reading { answers: Answers::new(RUST, Awaited::one(seq)), seq }
    }

    /// Ends the receiving thread, if there is one. Returns whether it has received the whole answer.
    fn stop_ahead(&mut self) -> bool {
        self.ahead.take().is_some_and(|mut ahead| ahead.stop())
    }

    /// Reads the next part of an answer.
    #[inline]
    pub(super) fn step<T>(
        &mut self,
        reading: &mut Reading,
        mut read: impl FnMut(&Frame<'_>) -> Result<T>,
    ) -> Step<T> {
        let (socket, ahead) = (&self.socket, &mut self.ahead);
        let mut more = |inbox: &mut Inbox, wait| match ahead {
            Some(ahead) => ahead.more(inbox),
            None => receive(socket, inbox, wait),
        };
        step(&mut reading.answers, &mut self.inbox, &mut more, |_, frame| read(frame))
    }

    /// The result of an answer that has been read up to this step.
    pub(super) fn end(&mut self, reading: Reading, step: Step<()>) -> Result<()> {
        let result = match step {
            Step::Part(()) => Ok(()),
            Step::Ended(_, end) | Step::Silence(end) => reading.answers.result(end),
        };
        if matches!(step, Step::Silence(Ok(()))) {
            (self.abandoned, self.ahead) = (None, None); // nothing is left
        } else {
            self.leave(reading);
        }
        result
    }

    /// Stops reading an answer.
    pub(super) fn leave(&mut self, reading: Reading) {
        let Reading { answers, seq } = reading;
        let is_received = answers.has_ended() || self.inbox.glance(Awaited::one(seq)).ends;
        let is_over = self.stop_ahead() || is_received;
        self.abandoned = (!is_over).then_some(seq);
    }
}

/// Turns the message at the start of a buffer into one that asks for nothing.
fn forget(message: &mut [u8]) {
    if let Some(header) = message.get_mut(..HEADER_LEN) {
        header.fill(0);
    }
}

/// The progress of reading the answer to one request.
#[derive(Debug)]
pub(super) struct Reading {
    answers: Answers,
    seq: u32,
}

/// The meaning of the answer to a lookup without ports: a protocol that needs ports refuses it.
fn ports_are_known(answer: Result<()>) -> Result<bool> {
    match answer {
        Err(Error::Kernel(libc::EINVAL)) => Ok(true),
        Ok(()) | Err(Error::Kernel(libc::ENOENT)) => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::exchange::batch::Request;
    use crate::exchange::inbox::answer;
    use crate::exchange::list::List;
    use crate::filter::dump::Masked;
    use crate::flow::{Dir, L4};
    use crate::sys::script::Arrival;
    use crate::wire::frame;

    #[test]
    fn a_lookup_without_ports_is_refused_where_ports_are_known() {
        assert_eq!(ports_are_known(Err(Error::Kernel(libc::EINVAL))), Ok(true));
        assert_eq!(ports_are_known(Err(Error::Kernel(libc::ENOENT))), Ok(false));
        assert_eq!(ports_are_known(Ok(())), Ok(false), "an entry of the bare protocol");
        for error in [Error::Kernel(libc::EPERM), Error::Os(libc::EBADF)] {
            assert_eq!(ports_are_known(Err(error)), Err(error));
        }
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
        frame::bare(&answer(kind, SEQ))
    }

    /// A datagram longer than any of a list, with these messages at its start.
    fn overlong(kinds: &[u16]) -> Vec<u8> {
        let mut bytes = datagram(kinds);
        bytes.resize(RECEIVE_LEN + 4, 0);
        bytes
    }

    /// A handle that has asked and been answered.
    fn answered(datagrams: &[Vec<u8>]) -> Handle {
        let kernel = datagrams.iter().cloned().map(Arrival::Kernel);
        let mut handle = Handle::scripted(Socket::scripted(kernel).unwrap()).unwrap();
        handle.seq = SEQ;
        handle
    }

    /// The results of all ways to read a list, from the same answer: the number of flows, the error, and whether the
    /// handle knows that the whole answer has been read.
    fn read(datagrams: &[Vec<u8>]) -> (usize, Option<Error>, bool) {
        let list = |ahead: bool| {
            let (mut handle, mut flows) = (answered(datagrams), 0);
            let mut list = List::answering(&mut handle, SEQ, ahead);
            let error = loop {
                match list.next() {
                    Ok(Some(_)) => flows += 1,
                    Ok(None) => break None,
                    Err(error) => break Some(error),
                }
            };
            assert!(matches!(list.next(), Ok(None)), "it stays at its end");
            drop(list);
            (flows, error, handle.abandoned.is_none())
        };
        let mut handle = answered(datagrams);
        let iterated: Vec<_> = Flows(List::answering(&mut handle, SEQ, false)).take(1000).collect();
        let flows = iterated.iter().filter(|flow| flow.is_ok()).count();
        let error = iterated.last().and_then(|last| last.as_ref().err().copied());
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
        // An end that cannot be read is an end.
        malformed(read(&[flow.clone(), bare(NLMSG_ERROR)]), 1);
        malformed(read(&[bare(NLMSG_ERROR)]), 0);
        // A lost or malformed message does not affect the messages before and after it.
        malformed(read(&[[datagram(&[FLOW]), vec![9; 16]].concat(), flow.clone(), done.clone()]), 2);
        let overrun = datagram(&[FLOW, NLMSG_OVERRUN, FLOW]);
        assert_eq!(read(&[overrun, flow.clone(), done.clone()]), (3, Some(Error::Overrun), true));
        let cut = read(&[flow.clone(), overlong(&[FLOW]), flow.clone(), done.clone()]);
        assert_eq!(cut, (3, Some(Error::Truncated), true));
        // No message of the answer follows its end. The end may have been lost: no call waits for it.
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

    /// The handle's latest request: its type and flags.
    fn asked(handle: &Handle) -> Option<(u16, u16)> {
        let header = Frame::read(handle.last_request()).ok()?.header;
        Some((header.kind, header.flags))
    }

    fn flow() -> Flow {
        let mut flow = Flow::new();
        let (src, dst) = ("192.0.2.1".parse().unwrap(), "198.51.100.2".parse().unwrap());
        flow.set_tuple(Dir::Orig, src, dst, L4::Udp { sport: 1, dport: 53 });
        flow.set_reply_from_original();
        flow
    }

    /// An answer to request `seq` with an error, or 0.
    fn answers_with(seq: u32, errno: i32) -> Arrival {
        Arrival::Kernel([&answer(NLMSG_ERROR, seq)[..16], &(-errno).to_ne_bytes()].concat())
    }

    fn scripted(script: impl IntoIterator<Item = Arrival>) -> Handle {
        Handle::scripted(Socket::scripted(script).unwrap()).unwrap()
    }

    #[test]
    fn every_call_sends_its_own_request_and_has_the_kernel_s_result() {
        type Call = fn(&mut Handle) -> Result<()>;
        const ACKED: u16 = NLM_F_REQUEST | NLM_F_ACK;
        const DUMP: u16 = NLM_F_REQUEST | NLM_F_DUMP;
        fn expect() -> Expectation {
            let mut expect = Expectation::new();
            expect.set_tuple(crate::expect::ExpectAttr::Expected, &flow());
            expect
        }
        let (table, expectations) = (NFNL_SUBSYS_CTNETLINK, NFNL_SUBSYS_CTNETLINK_EXP);
        let rows: [(Call, u8, u8, u16); 14] = [
            (|handle| handle.create(&flow()), table, IPCTNL_MSG_CT_NEW, ACKED | NLM_F_CREATE | NLM_F_EXCL),
            (|handle| handle.create_or_update(&flow()), table, IPCTNL_MSG_CT_NEW, ACKED | NLM_F_CREATE),
            (|handle| handle.update(&flow()), table, IPCTNL_MSG_CT_NEW, ACKED),
            (|handle| handle.delete(&flow()), table, IPCTNL_MSG_CT_DELETE, ACKED),
            (|handle| handle.get(&flow()).map(drop), table, IPCTNL_MSG_CT_GET, ACKED),
            (|handle| handle.flush(), table, IPCTNL_MSG_CT_DELETE, ACKED),
            (|handle| handle.knows_ports(6).map(drop), table, IPCTNL_MSG_CT_GET, ACKED),
            (|handle| handle.statistics().map(drop), table, IPCTNL_MSG_CT_GET_STATS, ACKED),
            (|handle| handle.cpu_statistics().map(drop), table, IPCTNL_MSG_CT_GET_STATS_CPU, DUMP),
            (
                |handle| handle.expectation_cpu_statistics().map(drop),
                expectations,
                IPCTNL_MSG_EXP_GET_STATS_CPU,
                DUMP,
            ),
            (|handle| handle.expectation(&expect()).map(drop), expectations, IPCTNL_MSG_EXP_GET, ACKED),
            (
                |handle| handle.create_expectation(&expect()),
                expectations,
                IPCTNL_MSG_EXP_NEW,
                ACKED | NLM_F_CREATE | NLM_F_EXCL,
            ),
            (|handle| handle.delete_expectation(&expect()), expectations, IPCTNL_MSG_EXP_DELETE, ACKED),
            (|handle| handle.flush_expectations(), expectations, IPCTNL_MSG_EXP_DELETE, ACKED),
        ];
        for (number, (call, subsystem, message, flags)) in rows.into_iter().enumerate() {
            let mut handle = scripted([answers_with(1, libc::EPERM)]);
            assert_eq!(call(&mut handle), Err(Error::Kernel(libc::EPERM)), "row {number}");
            let expected = (u16::from_be_bytes([subsystem, message]), flags);
            assert_eq!(asked(&handle), Some(expected), "row {number}");
        }
    }

    #[test]
    fn a_message_about_something_else_is_no_statistics() {
        let level = [answer(FLOW, 1), answer(NLMSG_ERROR, 1)].concat();
        assert!(matches!(scripted([Arrival::Kernel(level)]).statistics(), Err(Error::Malformed(_))));
        let cpu = u16::from_be_bytes([NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET_STATS_CPU]);
        let list = |kind| Arrival::Kernel([answer(kind, 1), answer(kind, 1), answer(NLMSG_DONE, 1)].concat());
        assert_eq!(scripted([list(cpu)]).cpu_statistics(), Ok(vec![CpuStats::default(); 2]));
        assert!(matches!(scripted([list(FLOW)]).cpu_statistics(), Err(Error::Malformed(_))));
    }

    #[test]
    fn numbers_follow_each_other_and_none_is_zero() {
        let mut handle = scripted([answers_with(1, 0), answers_with(2, 0)]);
        handle.seq = u32::MAX;
        assert_eq!((handle.update(&flow()), handle.seq), (Ok(()), 1));
        assert_eq!((handle.update(&flow()), handle.seq), (Ok(()), 2));

        let batch = |handle: &mut Handle| {
            let mut batch = handle.batch().unwrap();
            for _ in 0..3 {
                batch.push(Request::Delete(&flow())).unwrap();
            }
            batch
        };
        for (seq, first) in [(6, 7), (u32::MAX - 3, u32::MAX - 2), (u32::MAX - 2, 1), (u32::MAX, 1)] {
            let mut handle = scripted([answers_with(first, 2), answers_with(first + 2, 0)]);
            handle.seq = seq;
            let (mut batch, mut seen) = (batch(&mut handle), Vec::new());
            handle.carry_out(&mut batch, |_, answer| seen.push(answer.map(drop))).unwrap();
            assert_eq!(seen, [Err(Error::Kernel(2)), Ok(()), Ok(())], "{seq}");
            assert!(handle.seq >= first + 2, "{seq}: no later request has a number of the batch");
            assert_eq!(asked(&handle), None, "{seq}: a batch is no request");
        }
    }

    #[test]
    fn a_batch_is_one_datagram_and_an_empty_one_is_not_sent() {
        let mut handle = scripted([answers_with(1, 0), answers_with(4, 0)]);
        assert_eq!(handle.update(&flow()), Ok(()));
        let mut batch = handle.batch().unwrap();
        for number in 0..3 {
            assert_eq!(batch.push(Request::Delete(&flow())), Ok(number));
        }
        handle.socket.sent();
        assert_eq!(handle.carry_out(&mut batch, |_, answer| assert!(answer.is_ok())), Ok(()));
        let sent = handle.socket.sent();
        let numbers: Vec<u32> = Frames::new(&sent[0]).map(|frame| frame.unwrap().header.seq).collect();
        assert_eq!((sent.len(), &numbers[..]), (1, &[2, 3, 4][..]));
        assert_eq!(asked(&handle), None, "the request before is forgotten");
        assert_eq!(handle.carry_out(&mut batch, |_, _| panic!("no request")), Ok(()));
        assert!(handle.socket.sent().is_empty());
    }

    #[test]
    fn a_second_thread_reads_what_is_read_ahead_and_nothing_else() {
        let script = || [Arrival::Kernel(answer(FLOW, 1)), Arrival::Kernel(answer(NLMSG_DONE, 1))];
        for on in [false, true] {
            let mut handle = scripted(script());
            handle.read_ahead(on);
            let list = std::mem::ManuallyDrop::new(handle.entries().open().unwrap());
            assert!(!list_ends(list));
            assert_eq!(handle.ahead.is_some(), on);
        }
        let mut handle = scripted(script());
        handle.read_ahead(true);
        let _left = std::mem::ManuallyDrop::new(handle.list_expectations(0).unwrap());
        assert!(handle.ahead.is_none(), "expectations are few");
    }

    /// Whether the next step of a list is its end.
    fn list_ends(mut list: std::mem::ManuallyDrop<List<'_>>) -> bool {
        list.next().is_ok_and(|flow| flow.is_none())
    }

    #[test]
    fn what_is_left_of_a_list_is_read_before_the_next_request() {
        let left = |then: Arrival| {
            let mut handle = scripted([Arrival::Kernel(answer(FLOW, 1)), then]);
            let mut list = handle.entries().open().unwrap();
            assert!(list.next().is_ok_and(|flow| flow.is_some()));
            drop(list);
            handle
        };
        // Where it cannot be read, nothing is sent.
        let mut handle = left(Arrival::Failure(Error::Os(libc::EBADF)));
        assert_eq!(handle.update(&flow()), Err(Error::Os(libc::EBADF)));
        assert_eq!(asked(&handle), None);
        let mut handle = left(Arrival::Failure(Error::Os(libc::EBADF)));
        let mut batch = handle.batch().unwrap();
        batch.push(Request::Delete(&flow())).unwrap();
        assert_eq!(handle.carry_out(&mut batch, |_, _| ()), Err(Error::Os(libc::EBADF)));
        assert_eq!(batch.len(), 1, "it was not sent");
        // Its own result, of any kind, concerns no later request.
        let mut handle = left(answers_with(1, libc::EBUSY));
        assert_eq!(handle.update(&flow()), Err(Error::Os(libc::EAGAIN)), "it waits for its own answer");
        assert_eq!(asked(&handle).map(|(_, flags)| flags), Some(NLM_F_REQUEST | NLM_F_ACK));
        // A list that is leaked is left too.
        let mut handle = scripted([Arrival::Kernel(answer(FLOW, 1))]);
        let mut list = std::mem::ManuallyDrop::new(handle.entries().open().unwrap());
        assert!(list.next().is_ok_and(|flow| flow.is_some()));
        assert!(handle.has_more());
    }

    #[test]
    fn a_kernel_honours_a_filter_in_a_flush_where_it_refuses_each_question() {
        let both = || DumpFilter { mark: Some(Masked::default()), zone: Some(1), ..DumpFilter::new() };
        let honours = |script: &[Arrival]| scripted(script.to_vec()).honours_in_flush(&both());
        let (no, done) = (answers_with(1, libc::EINVAL), |seq| Arrival::Kernel(answer(NLMSG_DONE, seq)));
        assert_eq!(honours(&[no.clone(), answers_with(2, libc::EINVAL)]), Ok(true));
        assert_eq!(honours(&[no.clone(), done(2)]), Ok(false));
        assert_eq!(honours(&[done(1)]), Ok(false));
        assert_eq!(honours(&[no, answers_with(2, libc::EPERM)]), Err(Error::Kernel(libc::EPERM)));
        let tuple = DumpFilter { tuple: Some(Box::new(flow())), ..DumpFilter::new() };
        let mut handle = scripted([]);
        assert!(matches!(handle.honours_in_flush(&tuple), Err(Error::Unsupported(_))));
        assert!(matches!(handle.delete_matching(&tuple), Err(Error::Unsupported(_))));
        assert_eq!(handle.seq, 0, "nothing is asked");

        let mut handle =
            scripted([answers_with(1, libc::EINVAL), answers_with(2, libc::EINVAL), answers_with(3, 0)]);
        assert_eq!(handle.flush_matching(&both()), Ok(()));
        let flush = u16::from_be_bytes([NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_DELETE]);
        assert_eq!(asked(&handle), Some((flush, NLM_F_REQUEST | NLM_F_ACK)));
        let mut handle = scripted([done(1), done(2)]);
        assert_eq!(
            (handle.flush_matching(&both()), handle.seq),
            (Ok(()), 2),
            "it lists, and finds none to delete"
        );
    }

    #[test]
    fn what_passes_is_deleted_in_one_batch_and_the_first_refusal_is_the_result() {
        let entry = |mark| {
            let (mut buf, mut flow) = ([0; 512], flow());
            flow.set_mark(mark);
            let len = request::build(&mut buf, Query::Create, Subject::Flow(&flow), 1).unwrap();
            Arrival::Kernel(buf[..len].to_vec())
        };
        let filter = DumpFilter { mark: Some(Masked { value: 7, mask: u32::MAX }), ..DumpFilter::new() };
        let delete = |answers: &[Arrival]| {
            let list = [entry(7), entry(8), entry(7), entry(7), Arrival::Kernel(answer(NLMSG_DONE, 1))];
            let mut handle = scripted(list.into_iter().chain(answers.iter().cloned()));
            let result = handle.delete_matching(&filter);
            (result, handle.seq)
        };
        // Three pass: the numbers of their deletions are 2 to 4, and the last one asks for the answer.
        let (result, seq) = delete(&[answers_with(4, 0)]);
        assert_eq!(result, Ok(()));
        assert!(seq >= 4);
        assert_eq!(delete(&[answers_with(3, libc::ENOENT), answers_with(4, 0)]).0, Ok(()), "it has gone");
        let refused = [answers_with(2, libc::EBUSY), answers_with(3, libc::EPERM), answers_with(4, 0)];
        assert_eq!(delete(&refused).0, Err(Error::Kernel(libc::EBUSY)));
        assert_eq!(delete(&[]).0, Err(Error::Overrun), "no answer shows that it was done");
    }

    mod on_a_socket {
        use super::*;

        #[test]
        fn settings_of_the_builder_are_the_handle_s() {
            assert!(Handle::builder().read_ahead(true).open().unwrap().reads_ahead);
            assert!(!Handle::builder().open().unwrap().reads_ahead);
            assert!(!Handle::open().unwrap().reads_ahead);
            let named = Handle::builder().namespace_name("no such namespace").open();
            assert_eq!(named.err(), Some(Error::Os(libc::ENOENT)));
        }
    }
}
