// SPDX-License-Identifier: GPL-2.0-or-later
//! Which message answers which request, and when a request has ended. Pure: nothing here receives or sends.
//!
//! All receivers of the library use this module: handles, lists, batches, reading ahead, and the C border. Each of them
//! is called a face. A face passes the datagrams, the messages and the failures of its receive calls in their order,
//! and gets their meaning. A [`Policy`] contains the differences between the faces.
//!
//! The rules: a lost or unreadable part of an answer is noted, and the parts after it are read. The first error is the
//! result, unless the kernel refused the request. An interrupted dump is an error, never a silent success. Once the end
//! may have been lost, no call waits: the kernel puts the next datagram of a list, and the answer to any other request,
//! into the queue before a call can ask for it.

#![forbid(unsafe_code)]

use crate::error::{Error, Result};
use crate::wire::consts::{NLM_F_DUMP_INTR, NLM_F_MULTI, NLMSG_MIN_TYPE};
use crate::wire::frame::FrameKind;
use crate::wire::{Frame, Frames, Header};

/// How a face treats messages that a kernel sends rarely or never.
#[derive(Debug)]
pub(crate) struct Policy {
    /// The error for a datagram of another process; without one the datagram is skipped.
    pub(crate) foreign: Option<Error>,
    /// The error for a datagram without a message; without one the datagram is skipped.
    pub(crate) empty: Option<Error>,
    /// The error for the unreadable end of a datagram, and for an end of a dump without its number; without one it is
    /// the error of the reader.
    pub(crate) malformed: Option<Error>,
    /// `NLMSG_DONE` ends a request only with `NLM_F_MULTI`; without the flag it is an ordinary message.
    pub(crate) done_needs_multi: bool,
    /// `NLMSG_DONE` needs a number; else a missing number means success.
    pub(crate) done_needs_number: bool,
    /// `NLMSG_NOOP` and `NLMSG_OVERRUN` are ordinary messages, for functions that a program registers.
    pub(crate) controls_are_data: bool,
    /// An overflow of the receive queue ends the call; else the loss is noted and reading continues.
    pub(crate) overrun_ends: bool,
}

/// The policy of all Rust code.
pub(crate) const RUST: &Policy = &Policy {
    foreign: None,
    empty: None,
    malformed: None,
    done_needs_multi: false,
    done_needs_number: false,
    controls_are_data: false,
    overrun_ends: false,
};

/// The policy of the C border: its errors are those that C programs know.
#[cfg(any(test, feature = "capi"))]
pub(crate) const C: &Policy = &Policy {
    foreign: Some(Error::ForeignSender),
    empty: Some(Error::Os(libc::EBADMSG)),
    malformed: Some(Error::Os(libc::EBADMSG)),
    done_needs_multi: true,
    done_needs_number: true,
    controls_are_data: true,
    overrun_ends: true,
};

/// The consequence of a receive call that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// A signal arrived: the call is repeated.
    Again,
    /// Datagrams were lost: the next ones are received.
    Loss,
    /// The queue of a call that does not wait is empty.
    NothingLeft,
    /// The socket can receive no more.
    End(Error),
}

impl Policy {
    /// Whether a datagram of this sender is read.
    ///
    /// # Errors
    /// The error of this face for a datagram of another process.
    #[inline]
    pub(crate) fn admits(&self, sender: u32) -> Result<bool> {
        match (sender, self.foreign) {
            (0, _) => Ok(true),
            (_, None) => Ok(false),
            (_, Some(error)) => Err(error),
        }
    }

    /// The consequence of a failed receive call, which waited or did not.
    pub(crate) fn failure(&self, error: Error, waited: bool) -> Failure {
        match error {
            Error::Os(libc::EINTR) => Failure::Again,
            Error::Os(libc::EAGAIN) if !waited => Failure::NothingLeft,
            Error::Overrun if !self.overrun_ends => Failure::Loss,
            error => Failure::End(error),
        }
    }

    fn kind(&self, frame: &Frame<'_>) -> Result<FrameKind> {
        match frame.kind() {
            Ok(FrameKind::Data) => Ok(FrameKind::Data),
            Ok(FrameKind::Done(_)) if self.done_needs_multi && frame.header.flags & NLM_F_MULTI == 0 => {
                Ok(FrameKind::Data)
            }
            Ok(FrameKind::Done(_)) if self.done_needs_number && frame.payload.len() < size_of::<i32>() => {
                Err(self.malformed.unwrap_or(Error::Malformed("an end without its number")))
            }
            Ok(FrameKind::Noop | FrameKind::Overrun) if self.controls_are_data => Ok(FrameKind::Data),
            kind => kind.map_err(|error| self.malformed.unwrap_or(error)),
        }
    }
}

/// The awaited answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Awaited {
    /// The answers to `count` requests, numbered from `first` on. The kernel works in order: the end of the last one is
    /// the end of all.
    Requests {
        /// The first request's sequence number.
        first: u32,
        /// The number of requests.
        count: u32,
    },
    /// Any message, and the end of any request.
    #[cfg_attr(not(feature = "capi"), allow(dead_code))]
    Anything,
}

impl Awaited {
    /// The answer to one request.
    pub(crate) fn one(seq: u32) -> Awaited {
        Awaited::Requests { first: seq, count: 1 }
    }

    /// Which of the requests has this sequence number, counted from 0.
    #[inline]
    fn number(self, seq: u32) -> Option<u32> {
        match self {
            Awaited::Requests { first, count } => {
                Some(seq.wrapping_sub(first)).filter(|&number| number < count)
            }
            Awaited::Anything => Some(0),
        }
    }

    fn is_last(self, number: u32) -> bool {
        matches!(self, Awaited::Requests { count, .. } if number + 1 == count) || self == Awaited::Anything
    }
}

/// The meaning of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// None: the message answers another request, which was abandoned or did not wait; or it reports a loss, which is
    /// noted.
    Nothing,
    /// An event that arrived between the answers.
    Event,
    /// A part of the answer to the request with this number.
    Part(u32),
    /// The request with this number has ended.
    End(u32, Result<()>),
}

/// The progress of reading the answers to some requests.
#[derive(Debug)]
pub(crate) struct Answers {
    policy: &'static Policy,
    awaited: Awaited,
    /// The first error.
    wrong: Option<Error>,
    interrupted: bool,
    has_ended: bool,
    /// The end may have been lost.
    may_lack_end: bool,
}

impl Answers {
    /// No message has been read.
    pub(crate) fn new(policy: &'static Policy, awaited: Awaited) -> Answers {
        Answers { policy, awaited, wrong: None, interrupted: false, has_ended: false, may_lack_end: false }
    }

    /// The unread messages of an answer whose end may have been read.
    pub(crate) fn remains(policy: &'static Policy, awaited: Awaited) -> Answers {
        Answers { may_lack_end: true, ..Answers::new(policy, awaited) }
    }

    /// Whether every request has ended.
    pub(crate) fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// Whether the end may never arrive, so that no receive call may wait for it.
    pub(crate) fn may_lack_end(&self) -> bool {
        self.may_lack_end
    }

    /// Whether parts of the answers may have been lost.
    pub(crate) fn has_losses(&self) -> bool {
        self.wrong.is_some()
    }

    /// Notes that a part could not be read or used. The parts before and after it are still read.
    pub(crate) fn note(&mut self, error: Error) {
        self.wrong.get_or_insert(error);
    }

    /// Notes that a part was lost, and perhaps the end.
    pub(crate) fn note_loss(&mut self, error: Error) {
        self.note(error);
        self.may_lack_end = true;
    }

    /// Notes the state of a datagram before it is read.
    #[cfg_attr(not(feature = "capi"), allow(dead_code))]
    pub(crate) fn note_datagram(&mut self, len: usize, truncated: bool) {
        if truncated {
            self.note_loss(Error::Truncated);
        }
        if let (0, Some(error)) = (len, self.policy.empty) {
            self.note(error);
        }
    }

    /// Notes that the remaining bytes of a datagram cannot be read.
    pub(crate) fn note_unreadable(&mut self, error: Error) {
        let error = if error == Error::Truncated { error } else { self.policy.malformed.unwrap_or(error) };
        self.note_loss(error);
    }

    /// The meaning of a message. Losses and interruptions that it reports are noted.
    #[inline]
    pub(crate) fn message(&mut self, frame: &Frame<'_>) -> Meaning {
        let Header { kind, flags, seq, .. } = frame.header;
        let Some(number) = self.awaited.number(seq) else {
            let is_event =
                seq == 0 && (kind >= NLMSG_MIN_TYPE || self.policy.kind(frame) == Ok(FrameKind::Data));
            return if is_event { Meaning::Event } else { Meaning::Nothing };
        };
        self.interrupted |= flags & NLM_F_DUMP_INTR != 0;
        if kind >= NLMSG_MIN_TYPE { Meaning::Part(number) } else { self.control(frame, number) }
    }

    /// What a control message means for the request with this number.
    #[cold]
    fn control(&mut self, frame: &Frame<'_>, number: u32) -> Meaning {
        match self.policy.kind(frame) {
            Ok(FrameKind::Data) => Meaning::Part(number),
            Ok(FrameKind::Noop) => Meaning::Nothing,
            Ok(FrameKind::Overrun) => {
                self.note_loss(Error::Overrun);
                Meaning::Nothing
            }
            Ok(FrameKind::Error(0) | FrameKind::Done(0)) => self.end(number, Ok(())),
            Ok(FrameKind::Error(errno) | FrameKind::Done(errno)) => {
                self.end(number, Err(Error::Kernel(errno)))
            }
            Err(error) => self.end(number, Err(error)), // an end without a result
        }
    }

    fn end(&mut self, number: u32, end: Result<()>) -> Meaning {
        self.has_ended |= self.awaited.is_last(number);
        // Where the kernel refuses the first request for lack of privilege, it drops the other requests unread.
        self.may_lack_end |= number == 0 && end == Err(Error::Kernel(libc::EPERM));
        Meaning::End(number, end)
    }

    /// The result of a request, from the result of its last message.
    pub(crate) fn result(&self, end: Result<()>) -> Result<()> {
        match (end, self.wrong) {
            (Err(Error::Kernel(_)), _) => end,
            (_, Some(error)) => Err(error),
            (Ok(()), None) if self.interrupted => Err(Error::Interrupted),
            (end, None) => end,
        }
    }

    /// A face that takes any message has no end that could report an error: the error is reported at once.
    #[cfg_attr(not(feature = "capi"), allow(dead_code))]
    pub(crate) fn report(&self) -> Result<()> {
        match (self.awaited, self.wrong) {
            (Awaited::Anything, Some(error)) => Err(error),
            _ => Ok(()),
        }
    }
}

/// The facts about datagrams that are known before they are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Glance {
    /// They contain the end of the last request.
    pub(crate) ends: bool,
    /// A part is missing or cannot be read.
    pub(crate) has_losses: bool,
}

/// Looks through datagrams of the kernel; the flag of each says whether its tail was lost.
pub(crate) fn glance<'d>(
    policy: &'static Policy,
    awaited: Awaited,
    datagrams: impl Iterator<Item = (&'d [u8], bool)>,
) -> Glance {
    let mut answers = Answers::new(policy, awaited);
    for (bytes, truncated) in datagrams {
        answers.note_datagram(bytes.len(), truncated);
        for frame in Frames::new(bytes) {
            match frame {
                Ok(frame) if frame.header.kind >= NLMSG_MIN_TYPE => {} // neither an end nor a loss
                Ok(frame) => drop(answers.message(&frame)),
                Err(error) => answers.note_unreadable(error),
            }
        }
    }
    Glance { ends: answers.has_ended, has_losses: answers.has_losses() }
}

/// The owner of a sequence number, on a handle on which a program sends and receives by itself.
#[cfg(any(test, feature = "capi"))]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// One of the handle's own queries has it.
    Query,
    /// The program's latest request has it.
    Latest,
    /// No known request has it.
    Unknown {
        /// The program asked that such messages be refused.
        refused: bool,
    },
}

/// The action of a receive loop for a datagram.
#[cfg(any(test, feature = "capi"))]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// It reads it.
    Read,
    /// It keeps it for the outer loop, whose callback runs this loop.
    SetAside,
    /// It drops it.
    Drop,
}

/// The action of a loop that waits for `awaited`, for a datagram whose first message has the sequence number `seq`.
///
/// # Errors
/// `EILSEQ` for a number that no request has, where such messages are refused.
#[cfg(any(test, feature = "capi"))]
pub(crate) fn place(
    awaited: Awaited,
    seq: u32,
    is_inner: bool,
    origin: impl FnOnce(u32) -> Origin,
) -> Result<Place> {
    let not_mine = if is_inner { Place::SetAside } else { Place::Drop };
    Ok(match awaited {
        Awaited::Requests { .. } if awaited.number(seq).is_some() => Place::Read,
        Awaited::Requests { .. } if seq == 0 && !is_inner => Place::Read, // an event
        Awaited::Requests { .. } => not_mine,
        Awaited::Anything if seq == 0 => Place::Read,
        Awaited::Anything => match origin(seq) {
            Origin::Query => not_mine,
            Origin::Latest | Origin::Unknown { refused: false } => Place::Read,
            Origin::Unknown { refused: true } => return Err(Error::Os(libc::EILSEQ)),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::inbox::answer;
    use crate::wire::consts::{NLMSG_DONE, NLMSG_ERROR, NLMSG_NOOP, NLMSG_OVERRUN};
    use crate::wire::frame::bare;

    const SEQ: u32 = 7;
    const DATA: u16 = 0x100;

    /// The meaning of a message of this type and with these flags for a reader that waits for the answer to `SEQ`.
    fn meaning(policy: &'static Policy, kind: u16, flags: u16, seq: u32, number: Option<i32>) -> Meaning {
        let mut bytes = answer(kind, seq);
        bytes[6..8].copy_from_slice(&flags.to_ne_bytes());
        match number {
            Some(errno) => bytes[16..20].copy_from_slice(&(-errno).to_ne_bytes()),
            None => bytes = bare(&bytes),
        }
        Answers::new(policy, Awaited::one(SEQ)).message(&Frame::read(&bytes).unwrap())
    }

    #[test]
    fn a_message_means_the_same_to_every_face_but_where_the_policy_differs() {
        let refused = Meaning::End(0, Err(Error::Kernel(libc::ENOENT)));
        let (ok, part) = (Meaning::End(0, Ok(())), Meaning::Part(0));
        let (bad, short) =
            (Error::Os(libc::EBADMSG), Error::Malformed("control message without its error number"));
        let [nothing, malformed, c_malformed] =
            [Meaning::Nothing, Meaning::End(0, Err(short)), Meaning::End(0, Err(bad))];
        let rows = [
            ("data", DATA, 0, SEQ, Some(0), part, part),
            ("an event", DATA, 0, 0, Some(0), Meaning::Event, Meaning::Event),
            ("late data", DATA, 0, SEQ - 1, Some(0), nothing, nothing),
            ("an acknowledgement", NLMSG_ERROR, 0, SEQ, Some(0), ok, ok),
            ("a refusal", NLMSG_ERROR, 0, SEQ, Some(libc::ENOENT), refused, refused),
            ("another's refusal", NLMSG_ERROR, 0, SEQ + 1, Some(libc::ENOENT), nothing, nothing),
            ("a refusal of nothing", NLMSG_ERROR, 0, 0, Some(libc::ENOENT), nothing, nothing),
            ("a refusal without its number", NLMSG_ERROR, 0, SEQ, None, malformed, c_malformed),
            ("the end of a list", NLMSG_DONE, NLM_F_MULTI, SEQ, Some(0), ok, ok),
            ("the end of a list, failed", NLMSG_DONE, NLM_F_MULTI, SEQ, Some(libc::ENOENT), refused, refused),
            ("the end of no list", NLMSG_DONE, 0, SEQ, Some(0), ok, part),
            ("an end without its number", NLMSG_DONE, NLM_F_MULTI, SEQ, None, ok, c_malformed),
            ("nothing", NLMSG_NOOP, 0, SEQ, Some(0), nothing, part),
            ("a loss", NLMSG_OVERRUN, 0, SEQ, Some(0), nothing, part),
        ];
        for (what, kind, flags, seq, number, rust, c) in rows {
            assert_eq!(meaning(RUST, kind, flags, seq, number), rust, "{what}");
            assert_eq!(meaning(C, kind, flags, seq, number), c, "{what}, to a C program");
        }
    }

    /// Answers to `SEQ` after messages of these types and with these flags have been read.
    fn after(messages: &[(u16, u16)]) -> Answers {
        let mut answers = Answers::new(RUST, Awaited::one(SEQ));
        for &(kind, flags) in messages {
            let mut bytes = answer(kind, SEQ);
            bytes[6..8].copy_from_slice(&flags.to_ne_bytes());
            answers.message(&Frame::read(&bytes).unwrap());
        }
        answers
    }

    #[test]
    fn an_interrupted_dump_is_an_error() {
        for messages in [&[(DATA, NLM_F_DUMP_INTR), (NLMSG_DONE, 0)][..], &[(NLMSG_DONE, NLM_F_DUMP_INTR)]] {
            let answers = after(messages);
            assert!(answers.has_ended());
            assert_eq!(answers.result(Ok(())), Err(Error::Interrupted));
            let refused = Err(Error::Kernel(libc::EPERM));
            assert_eq!(answers.result(refused), refused);
        }
        assert_eq!(after(&[(DATA, 0), (NLMSG_DONE, 0)]).result(Ok(())), Ok(()));
    }

    #[test]
    fn what_remains_of_an_answer_is_not_waited_for() {
        let [begun, left] = [Answers::new, Answers::remains].map(|make| make(RUST, Awaited::one(7)));
        assert!(!begun.may_lack_end() && left.may_lack_end(), "its end may have been read already");
        assert!(!begun.has_ended() && !left.has_ended());
    }

    #[test]
    fn what_went_wrong_first_is_the_result_unless_the_kernel_refused() {
        let mut answers = after(&[(DATA, NLM_F_DUMP_INTR), (NLMSG_OVERRUN, 0)]);
        answers.note_unreadable(Error::Malformed(""));
        assert!(answers.may_lack_end() && !answers.has_ended());
        assert_eq!(answers.result(Ok(())), Err(Error::Overrun));
        assert_eq!(answers.result(Err(Error::Os(libc::EBADF))), Err(Error::Overrun));
        let refused = Err(Error::Kernel(libc::EPERM));
        assert_eq!(answers.result(refused), refused);
        assert_eq!(after(&[]).result(Err(Error::Os(libc::EBADF))), Err(Error::Os(libc::EBADF)));
    }

    #[test]
    fn a_failure_ends_a_call_or_does_not() {
        let os = Error::Os;
        let rows = [
            (os(libc::EINTR), true, Failure::Again, Failure::Again),
            (Error::Overrun, true, Failure::Loss, Failure::End(Error::Overrun)),
            (os(libc::EAGAIN), false, Failure::NothingLeft, Failure::NothingLeft),
            (os(libc::EAGAIN), true, Failure::End(os(libc::EAGAIN)), Failure::End(os(libc::EAGAIN))),
            (os(libc::EBADF), false, Failure::End(os(libc::EBADF)), Failure::End(os(libc::EBADF))),
        ];
        for (error, waited, rust, c) in rows {
            assert_eq!((RUST.failure(error, waited), C.failure(error, waited)), (rust, c), "{error:?}");
        }
        assert_eq!((RUST.admits(0), RUST.admits(9)), (Ok(true), Ok(false)));
        assert_eq!((C.admits(0), C.admits(9)), (Ok(true), Err(Error::ForeignSender)));
    }

    #[test]
    fn of_several_requests_each_has_an_end_and_the_last_ones_is_the_end() {
        let mut answers = Answers::new(RUST, Awaited::Requests { first: u32::MAX, count: 2 });
        let meaning =
            |answers: &mut Answers, seq| answers.message(&Frame::read(&answer(NLMSG_ERROR, seq)).unwrap());
        assert_eq!(meaning(&mut answers, u32::MAX), Meaning::End(0, Ok(())));
        assert_eq!(meaning(&mut answers, u32::MAX - 1), Meaning::Nothing);
        assert_eq!(meaning(&mut answers, 1), Meaning::Nothing);
        assert!(!answers.has_ended() && !answers.may_lack_end());
        assert_eq!(meaning(&mut answers, 0), Meaning::End(1, Ok(())));
        assert!(answers.has_ended());
    }

    #[test]
    fn a_glance_sees_ends_and_losses() {
        let glance = |datagrams: &[(&[u8], bool)]| {
            let seen = glance(RUST, Awaited::one(SEQ), datagrams.iter().copied());
            (seen.ends, seen.has_losses)
        };
        let [data, done, other] = [answer(DATA, SEQ), answer(NLMSG_DONE, SEQ), answer(NLMSG_DONE, SEQ + 1)];
        assert_eq!(glance(&[]), (false, false));
        assert_eq!(glance(&[(&data, false), (&other, false)]), (false, false));
        assert_eq!(glance(&[(&data, false), (&[data.clone(), done.clone()].concat(), false)]), (true, false));
        assert_eq!(glance(&[(&data, true), (&done, false)]), (true, true));
        assert_eq!(glance(&[(&[data.clone(), vec![9; 16]].concat(), false)]), (false, true));
        assert_eq!(glance(&[(&answer(NLMSG_OVERRUN, SEQ), false)]), (false, true));
        assert_eq!(
            glance(&[(&bare(&answer(NLMSG_ERROR, SEQ)), false)]),
            (true, false),
            "an end that does not say how"
        );
    }

    #[test]
    fn a_datagram_is_read_set_aside_or_dropped() {
        let one = Awaited::one(SEQ);
        let unknown = |refused| Origin::Unknown { refused };
        let rows = [
            (one, SEQ, Origin::Query, Ok(Place::Read), Ok(Place::Read)),
            (one, 0, Origin::Query, Ok(Place::Read), Ok(Place::SetAside)),
            (one, SEQ + 1, Origin::Query, Ok(Place::Drop), Ok(Place::SetAside)),
            (Awaited::Anything, 0, Origin::Query, Ok(Place::Read), Ok(Place::Read)),
            (Awaited::Anything, SEQ, Origin::Query, Ok(Place::Drop), Ok(Place::SetAside)),
            (Awaited::Anything, SEQ, Origin::Latest, Ok(Place::Read), Ok(Place::Read)),
            (Awaited::Anything, SEQ, unknown(false), Ok(Place::Read), Ok(Place::Read)),
        ];
        for (awaited, seq, origin, outer, inner) in rows {
            let placed = |is_inner| place(awaited, seq, is_inner, |_| origin);
            assert_eq!((placed(false), placed(true)), (outer, inner), "{awaited:?} {seq} {origin:?}");
        }
        let refused = place(Awaited::Anything, SEQ, false, |_| unknown(true));
        assert_eq!(refused, Err(Error::Os(libc::EILSEQ)));
    }
}
