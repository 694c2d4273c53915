// SPDX-License-Identifier: GPL-2.0-or-later
//! Many requests in one send.

#![forbid(unsafe_code)]

use crate::codec::flow_decode;
use crate::error::{Error, Result};
use crate::exchange::answers::{Answers, Awaited, RUST};
use crate::exchange::inbox::Inbox;
use crate::exchange::reading::{More, Step, step};
use crate::exchange::request::{self, Query, Subject};
use crate::flow::Flow;
use crate::sys::memory;
use crate::wire::consts::{IPCTNL_MSG_CT_GET, NLM_F_ACK};
use crate::wire::frame::HEADER_LEN;
use crate::wire::{Frame, Header, array_at};

/// A batch with this number of requests is full.
const MANY_REQUESTS: usize = 200;
/// A batch with this number of bytes is full.
const MANY_BYTES: usize = 32768;
/// The bytes of the receive buffer that a refusal takes: 832 in Linux 6.18, rounded up.
const REFUSAL_COST: usize = 1024;
/// The bytes of the receive buffer that an entry takes: 1280, twice that with long labels or a security context.
const ENTRY_COST: usize = 2560;

/// What the answer to a request may take of the receive buffer.
fn cost(is_lookup: bool) -> usize {
    REFUSAL_COST + if is_lookup { ENTRY_COST } else { 0 }
}

/// One request of a batch, about one entry.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Request<'a> {
    /// As [`Handle::create`](crate::Handle::create).
    Create(&'a Flow),
    /// As [`Handle::create_or_update`](crate::Handle::create_or_update).
    CreateOrUpdate(&'a Flow),
    /// As [`Handle::update`](crate::Handle::update).
    Update(&'a Flow),
    /// As [`Handle::delete`](crate::Handle::delete).
    Delete(&'a Flow),
    /// As [`Handle::get`](crate::Handle::get).
    Lookup(&'a Flow),
}

impl Request<'_> {
    /// The largest message of [`encode`](Self::encode).
    #[doc(hidden)] // for the tool of this tree
    pub const MAX_LEN: usize = request::MAX_LEN;

    /// The protocol and the ports (for GRE the keys) in the original tuple of a message that [`encode`](Self::encode)
    /// wrote, as far as it has them; nothing for a protocol that is not wanted.
    #[doc(hidden)] // for the tool of this tree
    #[must_use]
    pub fn protocol_and_ports(message: &[u8], is_wanted: impl Fn(u8) -> bool) -> Option<(u8, [u16; 2])> {
        request::protocol_and_ports(message, is_wanted)
    }

    /// Writes the request as a message without sequence number, which asks for no acknowledgement.
    ///
    /// # Errors
    /// As the function of [`Handle`](crate::Handle) that does the same; [`Error::NoSpace`].
    #[doc(hidden)] // for the border and the tests of this tree
    pub fn encode(self, buf: &mut [u8]) -> Result<usize> {
        let len = match self {
            Request::Create(flow) => request::build(buf, Query::Create, Subject::Flow(flow), 0),
            Request::CreateOrUpdate(flow) => request::build(buf, Query::CreateUpdate, Subject::Flow(flow), 0),
            Request::Update(flow) => request::build_exact_update(buf, flow, 0),
            Request::Delete(flow) => request::build_exact_delete(buf, flow, 0, 0),
            Request::Lookup(flow) => request::build_lookup(buf, flow, 0, 0),
        }?;
        set_acknowledged(buf, false);
        Ok(len)
    }
}

/// Sets or clears the request for an acknowledgement in the message at the start of `message`.
fn set_acknowledged(message: &mut [u8], on: bool) {
    if let (Some(flags), Some(slot)) = (array_at(message, 6), message.get_mut(6..8)) {
        let flags = u16::from_ne_bytes(flags);
        let flags = if on { flags | NLM_F_ACK } else { flags & !NLM_F_ACK };
        slot.copy_from_slice(&flags.to_ne_bytes());
    }
}

/// A request in the batch, and its answer as far as it is known.
#[derive(Debug)]
struct Slot {
    /// The offset of its message.
    at: usize,
    is_lookup: bool,
    answer: Option<Result<Option<Box<Flow>>>>,
}

/// Requests that are sent together; made by [`Handle::batch`](crate::Handle::batch).
///
/// The kernel carries out the requests of a datagram one after the other; a failure does not stop the requests after
/// it. Only the last request asks for an acknowledgement, so a success needs no answer; failures and looked-up entries
/// arrive with the sequence number of their request. A batch never holds more requests than the socket's receive buffer
/// can hold answers. If answers are lost nevertheless, the requests concerned are reported as [`Error::Overrun`], never
/// as done.
///
/// [`push`](Self::push) returns the number of a request, and
/// [`Handle::carry_out`](crate::Handle::carry_out) passes this number on with the result. The call empties the batch, and
/// the next request has the number 0 again.
///
/// ```no_run
/// use netfilter_conntrack::{Flow, Handle, Request};
///
/// # let flows: Vec<Flow> = Vec::new();
/// let mut handle = Handle::open()?;
/// let mut batch = handle.batch()?;
/// for flow in &flows {
///     batch.push(Request::Create(flow))?;
///     if batch.is_full() {
///         handle.carry_out(&mut batch, |number, answer| println!("request {number}: {answer:?}"))?;
///     }
/// }
/// handle.carry_out(&mut batch, |number, answer| println!("request {number}: {answer:?}"))?;
/// # Ok::<(), netfilter_conntrack::Error>(())
/// ```
#[derive(Debug)]
pub struct Batch {
    messages: Box<[u8]>,
    len: usize,
    slots: Vec<Slot>,
    /// Bytes of the receive buffer, and how many of them the answers may take.
    room: usize,
    cost: usize,
}

impl Batch {
    /// An empty batch whose answers may take `room` bytes of a receive buffer.
    ///
    /// # Errors
    /// [`Error::NoMemory`].
    pub(crate) fn new(room: usize) -> Result<Batch> {
        let messages = memory::zeros(MANY_BYTES + 2 * request::MAX_LEN)?;
        let slots = memory::room(MANY_REQUESTS + 2)?;
        Ok(Batch { messages, len: 0, slots, room, cost: 0 })
    }

    /// The number of requests in the batch.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether the batch holds no request.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Whether the batch must be sent before another request is added: a change or a lookup may not fit any more. An empty
    /// batch is never full.
    #[must_use]
    pub fn is_full(&self) -> bool {
        let has_room = self.slots.len() < MANY_REQUESTS
            && self.len < MANY_BYTES
            && self.cost + 2 * REFUSAL_COST + ENTRY_COST <= self.room;
        !self.is_empty() && !has_room
    }

    /// Adds a request and returns its number, counted from 0. While the batch is not full, a change and a
    /// lookup fit.
    ///
    /// # Errors
    /// Those of the function of [`Handle`](crate::Handle) that does the same; [`Error::NoSpace`] when there is no room for the
    /// request or its answer. The batch is then unchanged.
    pub fn push(&mut self, request: Request<'_>) -> Result<usize> {
        let is_lookup = matches!(request, Request::Lookup(_));
        self.must_have_room(is_lookup)?;
        let room = self.messages.get_mut(self.len..).ok_or(Error::NoSpace)?;
        let len = request.encode(room)?;
        Ok(self.add(len, is_lookup))
    }

    /// Whether one more request and its answer fit. The first request fits always.
    fn must_have_room(&self, is_lookup: bool) -> Result<()> {
        let fits = self.slots.len() <= MANY_REQUESTS + 1 && self.cost + cost(is_lookup) <= self.room;
        if fits || self.is_empty() { Ok(()) } else { Err(Error::NoSpace) }
    }

    /// Adds a message made by [`Request::encode`] and returns the request's number.
    ///
    /// # Errors
    /// [`Error::Malformed`] when this is not one whole message; [`Error::NoSpace`].
    #[doc(hidden)] // for the border and the tests of this tree
    pub fn push_message(&mut self, message: &[u8]) -> Result<usize> {
        let frame = Frame::read(message)?;
        if frame.bytes.len() != message.len() || message.len() % 4 != 0 {
            return Err(Error::Malformed("not one whole message"));
        }
        let is_lookup = frame.header.message() == IPCTNL_MSG_CT_GET;
        self.must_have_room(is_lookup)?;
        let room = self.messages.get_mut(self.len..self.len + message.len()).ok_or(Error::NoSpace)?;
        room.copy_from_slice(message);
        Ok(self.add(message.len(), is_lookup))
    }

    fn add(&mut self, len: usize, is_lookup: bool) -> usize {
        let number = self.slots.len();
        self.slots.push(Slot { at: self.len, is_lookup, answer: None });
        self.len += len;
        self.cost += cost(is_lookup);
        number
    }

    /// The datagram to send, its requests numbered from `first` on and the last one acknowledged.
    pub(crate) fn seal(&mut self, first: u32) -> &[u8] {
        for (slot, seq) in self.slots.iter().zip(first..=u32::MAX) {
            if let Some(place) = self.messages.get_mut(slot.at + 8..slot.at + 12) {
                place.copy_from_slice(&seq.to_ne_bytes());
            }
        }
        if let Some(message) = self.slots.last().and_then(|last| self.messages.get_mut(last.at..)) {
            set_acknowledged(message, true);
        }
        self.messages.get(..self.len).unwrap_or_default()
    }

    /// Reads the answers from an inbox that `more` fills again, passes the result of each request to `each` in the
    /// order of the requests, and empties the batch. The first request had the sequence number `first`.
    pub(crate) fn finish(
        &mut self,
        first: u32,
        inbox: &mut Inbox,
        more: &mut More<'_>,
        each: impl FnMut(usize, Result<Option<&Flow>>),
    ) {
        let count = u32::try_from(self.slots.len()).unwrap_or(u32::MAX);
        let mut answers = Answers::new(RUST, Awaited::Requests { first, count });
        while count > 0 && !answers.has_ended() {
            let slots = &mut self.slots;
            let found = |number: u32, frame: &Frame<'_>| {
                let slot = slots.get_mut(number as usize).filter(|slot| slot.is_lookup);
                if let Some(slot) = slot {
                    slot.answer = Some(found(frame).map(Some));
                }
                Ok(())
            };
            match step(&mut answers, inbox, more, found) {
                Step::Part(()) | Step::Ended(_, Ok(())) => {}
                Step::Ended(number, Err(error)) => {
                    if let Some(slot) = self.slots.get_mut(number as usize) {
                        slot.answer = Some(Err(error));
                    }
                }
                Step::Silence(Ok(())) => break,
                Step::Silence(Err(error)) => {
                    answers.note_loss(error);
                    break;
                }
            }
        }
        self.hand_out(&answers, each);
    }

    fn hand_out(&mut self, answers: &Answers, mut each: impl FnMut(usize, Result<Option<&Flow>>)) {
        (self.len, self.cost) = (0, 0); // also where `each` panics
        let has_losses = answers.has_losses();
        let are_dropped = !answers.has_ended() && !has_losses;
        for (number, slot) in self.slots.drain(..).enumerate() {
            let answer = match slot.answer {
                Some(answer) => answer,
                None if are_dropped => Err(Error::Kernel(libc::EPERM)),
                None if has_losses || slot.is_lookup => Err(Error::Overrun),
                None => Ok(None),
            };
            each(number, answer.as_ref().map(Option::as_deref).map_err(|&error| error));
        }
    }
}

/// The entry that a message shows.
fn found(frame: &Frame<'_>) -> Result<Box<Flow>> {
    frame.must_be(request::FLOW_ANSWERS)?;
    let mut flow = memory::boxed(Flow::new())?;
    flow_decode::message(&mut flow, frame)?;
    Ok(flow)
}

const _: () = assert!(HEADER_LEN == 16 && size_of::<Header>() == 16, "sequence numbers stand at byte 8");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::answers::Failure;
    use crate::flow::{Dir, L4};
    use crate::wire::Frames;
    use crate::wire::consts::{NLM_F_REQUEST, NLMSG_ERROR};

    fn flow(sport: u16) -> Flow {
        let mut flow = Flow::new();
        let address = |text: &str| text.parse().unwrap();
        let l4 = L4::Udp { sport, dport: 53 };
        flow.set_tuple(Dir::Orig, address("10.0.0.1"), address("10.0.0.2"), l4);
        flow.set_reply_from_original();
        flow
    }

    /// A sealed batch of three deletions, numbered from 10 on.
    fn three() -> Batch {
        let mut batch = Batch::new(1 << 20).unwrap();
        for sport in 1..=3 {
            batch.push(Request::Delete(&flow(sport))).unwrap();
        }
        batch.seal(10);
        batch
    }

    #[test]
    fn a_batch_takes_no_more_than_fits_and_an_empty_one_takes_one() {
        let first = flow(1);
        for (room, wanted) in [(1 << 20, MANY_REQUESTS + 2), (20 * REFUSAL_COST, 20), (0, 1)] {
            let mut batch = Batch::new(room).unwrap();
            assert!(!batch.is_full(), "an empty batch");
            let capacity = batch.slots.capacity();
            let pushed = (0..).take_while(|_| batch.push(Request::Delete(&first)).is_ok()).count();
            assert_eq!(batch.slots.capacity(), capacity, "it has allocated its memory");
            assert_eq!((pushed, batch.len(), batch.is_full()), (wanted, wanted, true), "{room}");
            assert_eq!(batch.push(Request::Lookup(&first)), Err(Error::NoSpace));
        }
    }

    #[test]
    fn while_a_batch_is_not_full_a_change_and_a_lookup_fit() {
        for room in [1 << 20, 100_000, 20_000] {
            let (mut batch, one) = (Batch::new(room).unwrap(), flow(1));
            while !batch.is_full() {
                batch.push(Request::Update(&one)).unwrap();
                batch.push(Request::Lookup(&one)).unwrap();
            }
            assert!(batch.cost <= room, "{room}");
        }
    }

    /// The kernel's answer to request `seq`.
    fn error(seq: u32, errno: i32) -> Vec<u8> {
        let mut bytes = 36u32.to_ne_bytes().to_vec();
        bytes.extend(NLMSG_ERROR.to_ne_bytes());
        bytes.extend([0; 2]);
        bytes.extend(seq.to_ne_bytes());
        bytes.extend([0; 4]);
        bytes.extend((-errno).to_ne_bytes());
        bytes.extend([0; 16]);
        bytes
    }

    /// The results of a batch whose first request has the number `first`, with these answers and losses; and whether
    /// the batch waited after them.
    fn answered(mut batch: Batch, first: u32, script: &[Option<Vec<u8>>]) -> (Vec<Result<bool>>, bool) {
        let (mut all, mut waited) = (Vec::new(), false);
        let (mut inbox, mut script) = (Inbox::for_entries().unwrap(), script.iter());
        let mut more = |inbox: &mut Inbox, wait| match script.next() {
            Some(Some(datagram)) => {
                inbox.fill(&[(datagram, 0)]);
                Ok(())
            }
            Some(None) => Err(Failure::Loss),
            None => {
                waited = wait;
                Err(Failure::NothingLeft)
            }
        };
        batch.finish(first, &mut inbox, &mut more, |number, answer| {
            assert_eq!(number, all.len());
            all.push(answer.map(|flow| flow.is_some()));
        });
        assert!(batch.is_empty());
        (all, waited)
    }

    #[test]
    fn a_batch_is_empty_even_where_its_answers_end_in_a_panic() {
        let (mut batch, mut inbox) = (three(), Inbox::for_entries().unwrap());
        let mut more = |inbox: &mut Inbox, _| {
            inbox.fill(&[(&error(12, 0), 0)]);
            Ok(())
        };
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            batch.finish(10, &mut inbox, &mut more, |_, _| panic!("at once"));
        }));
        assert!(panicked.is_err() && batch.is_empty());
        batch.push(Request::Delete(&flow(9))).unwrap();
        let ports: Vec<Option<u16>> = Frames::new(batch.seal(20))
            .map(|frame| {
                let mut sent = Flow::new();
                flow_decode::message(&mut sent, &frame.unwrap()).unwrap();
                sent.u16(crate::flow::Attr::OrigPortSrc).map(u16::from_be)
            })
            .collect();
        assert_eq!(ports, [Some(9)], "no request is sent twice");
    }

    #[test]
    fn requests_are_numbered_and_only_the_last_is_acknowledged() {
        let mut batch = Batch::new(1 << 20).unwrap();
        assert_eq!(batch.push(Request::Create(&flow(1))), Ok(0));
        assert_eq!(batch.push(Request::Lookup(&flow(1))), Ok(1));
        assert!(batch.push(Request::Delete(&Flow::new())).is_err(), "it names nothing");
        let mut message = [0; 512];
        let len = Request::Update(&flow(2)).encode(&mut message).unwrap();
        assert_eq!(batch.push_message(&message[..len]), Ok(2));
        assert!(batch.push_message(&message[..len - 4]).is_err());
        let headers: Vec<Header> = Frames::new(batch.seal(7)).map(|frame| frame.unwrap().header).collect();
        let seen: Vec<(u32, bool)> =
            headers.iter().map(|header| (header.seq, header.flags & NLM_F_ACK != 0)).collect();
        assert_eq!(seen, [(7, false), (8, false), (9, true)]);
        assert!(headers.iter().all(|header| header.flags & NLM_F_REQUEST != 0));
    }

    #[test]
    fn errors_meet_their_requests_in_any_order() {
        let refused = |errno| Err(Error::Kernel(errno));
        let script = [(11, libc::ENOENT), (9, libc::EINVAL), (13, libc::EINVAL), (12, 0)]; // two of other batches
        let script = script.map(|(seq, errno)| Some(error(seq, errno)));
        let (answers, waited) = answered(three(), 10, &script);
        assert_eq!((&answers[..], waited), (&[Ok(false), refused(libc::ENOENT), Ok(false)][..], false));
        let (_, waited) = answered(three(), 10, &script[..3]);
        assert!(waited, "for the end");

        let script = [(10, libc::EBUSY), (12, libc::EBUSY)].map(|(seq, errno)| Some(error(seq, errno)));
        let (answers, waited) = answered(three(), 10, &script);
        let busy = refused(libc::EBUSY);
        assert_eq!((&answers[..], waited), (&[busy, Ok(false), busy][..], false), "a refusal may be the end");
    }

    #[test]
    fn without_privilege_the_others_are_refused_too() {
        let unprivileged = Some(error(10, libc::EPERM));
        let (answers, waited) = answered(three(), 10, std::slice::from_ref(&unprivileged));
        assert_eq!((&answers[..], waited), (&[Err(Error::Kernel(libc::EPERM)); 3][..], false));
        let script = [unprivileged, Some(error(12, 0))]; // an entry whose timeout is fixed
        let (answers, _) = answered(three(), 10, &script);
        assert_eq!(answers, [Err(Error::Kernel(libc::EPERM)), Ok(false), Ok(false)]);
    }

    #[test]
    fn what_may_have_been_lost_is_never_told_as_done() {
        let lost = Err(Error::Overrun);
        let (answers, waited) = answered(three(), 10, &[Some(error(11, libc::ENOENT)), None]);
        assert_eq!((&answers[..], waited), (&[lost, Err(Error::Kernel(libc::ENOENT)), lost][..], false));
        let (answers, _) = answered(three(), 10, &[None, Some(error(12, 0))]);
        assert_eq!(answers, [lost; 3], "the end does not show what was lost before it");

        let mut batch = Batch::new(1 << 20).unwrap();
        batch.push(Request::Lookup(&flow(1))).unwrap();
        batch.seal(1);
        let (answers, _) = answered(batch, 1, &[Some(error(1, 0))]);
        assert_eq!(answers, [lost], "an acknowledgement is no entry");
    }

    #[test]
    fn a_batch_is_full_before_its_answers_overflow() {
        let filled = |room: usize, request: fn(&Flow) -> Request<'_>| {
            let mut batch = Batch::new(room).unwrap();
            while !batch.is_full() {
                batch.push(request(&flow(1))).unwrap();
            }
            batch.len()
        };
        assert_eq!(filled(1 << 20, |flow| Request::Delete(flow)), MANY_REQUESTS);
        assert!(filled(212_992, |flow| Request::Delete(flow)) >= MANY_REQUESTS);
        assert!(filled(212_992, |flow| Request::Lookup(flow)) * (832 + 1280) < 212_992);
        assert_eq!(filled(2304, |flow| Request::Delete(flow)), 1, "it takes one at a time");
    }

    #[test]
    fn a_looked_up_entry_is_read_whole() {
        let mut batch = Batch::new(1 << 20).unwrap();
        let mut message = [0; 512];
        let len = Request::Lookup(&flow(1)).encode(&mut message).unwrap();
        assert!(batch.is_empty());
        assert!(batch.push_message(&message[..len + 4]).is_err(), "more than one message");
        assert_eq!(batch.push_message(&message[..len]), Ok(0));
        assert!(!batch.is_empty() && batch.cost == cost(true));
        let (mut entry, mut marked) = ([0; 512], flow(1));
        marked.set_mark(7);
        let len = request::build(&mut entry, Query::Create, Subject::Flow(&marked), 10).unwrap();
        let (mut inbox, mut seen) = (Inbox::for_entries().unwrap(), Vec::new());
        let mut more = |inbox: &mut Inbox, _| {
            inbox.fill(&[(&entry[..len], 0), (&error(10, 0), 0)]);
            Ok(())
        };
        batch.finish(10, &mut inbox, &mut more, |_, answer| seen.push(answer.unwrap().cloned()));
        assert_eq!(seen.len(), 1);
        let found = seen.remove(0).unwrap();
        assert_eq!((found.mark(), found.tuple(Dir::Orig)), (Some(7), marked.tuple(Dir::Orig)));
    }

    #[test]
    fn no_request_of_a_batch_has_a_number_or_asks_for_an_acknowledgement_by_itself() {
        let flow = flow(1);
        let requests = [
            Request::Create(&flow),
            Request::CreateOrUpdate(&flow),
            Request::Update(&flow),
            Request::Delete(&flow),
            Request::Lookup(&flow),
        ];
        for request in requests {
            let mut message = [0; 512];
            let len = request.encode(&mut message).unwrap();
            let header = Frame::read(&message[..len]).unwrap().header;
            assert_eq!((header.seq, header.flags & NLM_F_ACK), (0, 0), "{request:?}");
            assert!(header.flags & NLM_F_REQUEST != 0, "{request:?}");
        }
    }
}
