// SPDX-License-Identifier: GPL-2.0-or-later
//! All receivers of the library, called faces, on a script in place of the kernel: for tests, and for the fuzzer.
//!
//! A script is the sequence of results of the receive calls. The request that it answers has the number [`SEQ`].

#![forbid(unsafe_code)]

use crate::error::{Error, Result};
use crate::exchange::batch::Request;
use crate::exchange::handle::Handle;
use crate::flow::{Dir, Flow, L4};
use crate::sys::Socket;
use crate::watch::events::{EventSubject, Events};
use std::net::{IpAddr, Ipv4Addr};

pub use crate::sys::script::Arrival;

/// The sequence number of the request.
pub const SEQ: u32 = 1;

/// A way to receive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Face {
    /// A list, entry by entry.
    List,
    /// The same, received by a thread.
    ListAhead,
    /// The iterator over the table.
    Iterator,
    /// The list of expectations.
    Expectations,
    /// A lookup.
    Lookup,
    /// A request that is only acknowledged.
    Change,
    /// A batch that consists of a lookup.
    BatchedLookup,
    /// A batch that consists of a change and, with the next number, a lookup.
    Batch,
}

/// Every face that waits for answers.
#[cfg_attr(not(feature = "internals"), allow(dead_code))]
pub const FACES: &[Face] = &[
    Face::List,
    Face::ListAhead,
    Face::Iterator,
    Face::Expectations,
    Face::Lookup,
    Face::Change,
    Face::BatchedLookup,
    Face::Batch,
];

/// The result of a face on a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The number of entries that it gave out.
    pub entries: usize,
    /// The result of each request; a list counts as one request.
    pub results: Vec<Result<()>>,
    /// Whether the kernel may send more of the answer, as far as the handle knows.
    pub has_more: bool,
    /// The number of dropped datagrams of other processes.
    pub foreign: u64,
}

/// A flow that a request can name.
fn key() -> Flow {
    let mut flow = Flow::new();
    let address = |last| IpAddr::from(Ipv4Addr::new(192, 0, 2, last));
    flow.set_tuple(Dir::Orig, address(1), address(2), L4::Udp { sport: 1, dport: 53 });
    flow.set_reply_from_original();
    flow
}

/// Lets a face read a script.
///
/// # Errors
/// The system's error; [`Error::NoMemory`].
pub fn read(face: Face, script: &[Arrival]) -> Result<Seen> {
    let mut handle = Handle::scripted(Socket::scripted(script.iter().cloned())?)?;
    let (mut entries, mut results) = (0, Vec::new());
    match face {
        Face::List | Face::ListAhead => {
            let mut list = handle.entries().read_ahead(face == Face::ListAhead).open()?;
            results.push(count(&mut entries, || list.next().map(|flow| flow.is_some())));
        }
        Face::Iterator => {
            let mut flows = handle.flows()?;
            results.push(count(&mut entries, || flows.next().transpose().map(|flow| flow.is_some())));
        }
        Face::Expectations => {
            let mut list = handle.list_expectations(0)?;
            results.push(count(&mut entries, || list.next().map(|expect| expect.is_some())));
        }
        Face::Lookup => results.push(handle.get(&key()).map(|_| entries = 1)),
        Face::Change => results.push(handle.update(&key())),
        Face::BatchedLookup | Face::Batch => {
            let mut batch = handle.batch()?;
            if face == Face::Batch {
                batch.push(Request::Update(&key()))?;
            }
            batch.push(Request::Lookup(&key()))?;
            handle.carry_out(&mut batch, |_, answer| {
                entries += usize::from(matches!(answer, Ok(Some(_))));
                results.push(answer.map(drop));
            })?;
        }
    }
    let (has_more, foreign) = (handle.has_more(), handle.foreign_datagrams());
    Ok(Seen { entries, results, has_more, foreign })
}

/// Counts the entries of a list until it ends, and returns its result.
fn count(entries: &mut usize, mut next: impl FnMut() -> Result<bool>) -> Result<()> {
    while next()? {
        *entries += 1;
    }
    Ok(())
}

/// The results of a subscription on a script: each event or error, and the numbers of lost events and of foreign
/// datagrams.
///
/// # Errors
/// The system's error; [`Error::NoMemory`].
pub fn listen(script: &[Arrival]) -> Result<(Vec<Result<()>>, u64, u64)> {
    let mut events = Events::scripted(Socket::scripted(script.iter().cloned())?)?;
    let mut seen = Vec::new();
    loop {
        match events.next() {
            Ok(event) => {
                let (EventSubject::Flow(_) | EventSubject::Expectation(_)) = event.subject;
                seen.push(Ok(()));
            }
            Err(Error::Os(libc::EAGAIN)) => break,
            Err(error) => seen.push(Err(error)),
        }
    }
    Ok((seen, events.lost(), events.foreign_datagrams()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::inbox::{RECEIVE_LEN, answer};
    use crate::wire::consts::*;

    /// A part of a script; its messages are about the object of the face's request.
    #[derive(Clone, Copy)]
    enum Piece {
        /// A datagram with an entry.
        Entry,
        /// The same, and then the table has changed.
        Interrupted,
        /// The same as an event.
        Event,
        /// A datagram with a message about something else.
        Other,
        /// The end.
        End,
        /// The end, after which the table has changed.
        InterruptedEnd,
        /// An entry and the end, in answer to another request.
        Late,
        /// An entry and the end, from another process.
        Foreign,
        /// A datagram that begins with an entry and does not fit.
        Cut,
        /// The same with the end.
        CutEnd,
        /// The same with nothing that can be read.
        CutAll,
        /// An entry, and then bytes that are no message.
        Bad,
        /// The kernel says that something was lost.
        Overrun,
        Refused(i32),
        /// A refusal without its reason.
        Bare,
        Fails(Error),
    }
    use Piece::*;

    /// The datagrams of a script in answer to request [`SEQ`]; `kind` is that of its entries' messages.
    fn script(pieces: &[Piece], kind: u16) -> Vec<Arrival> {
        let marked = |kind, flags: u16| {
            let mut bytes = answer(kind, SEQ);
            bytes[6..8].copy_from_slice(&(flags | NLM_F_MULTI).to_ne_bytes());
            bytes
        };
        let both = |seq| [answer(kind, seq), answer(NLMSG_DONE, seq)].concat();
        let cut = |mut bytes: Vec<u8>| {
            bytes.resize(RECEIVE_LEN + 4, 0);
            bytes
        };
        let bytes = |piece| match piece {
            Entry => answer(kind, SEQ),
            Interrupted => marked(kind, NLM_F_DUMP_INTR),
            Event => answer(kind, 0),
            Other => answer(kind + 2, SEQ),
            End => answer(NLMSG_DONE, SEQ),
            InterruptedEnd => marked(NLMSG_DONE, NLM_F_DUMP_INTR),
            Late => both(SEQ + 8),
            Cut => cut(answer(kind, SEQ)),
            CutEnd => cut(answer(NLMSG_DONE, SEQ)),
            CutAll => cut(Vec::new()),
            Bad => [answer(kind, SEQ), vec![9; 16]].concat(),
            Overrun => answer(NLMSG_OVERRUN, SEQ),
            Refused(errno) => [&answer(NLMSG_ERROR, SEQ)[..16], &(-errno).to_ne_bytes()].concat(),
            Bare => [&16u32.to_ne_bytes(), &answer(NLMSG_ERROR, SEQ)[4..16]].concat(),
            Foreign | Fails(_) => Vec::new(),
        };
        let arrival = |&piece: &Piece| match piece {
            Fails(error) => Arrival::Failure(error),
            Foreign => Arrival::Foreign(both(SEQ)),
            piece => Arrival::Kernel(bytes(piece)),
        };
        pieces.iter().map(arrival).collect()
    }

    /// A result in a word: the kernel's and the system's errors by their number.
    fn word(result: Result<()>) -> String {
        match result {
            Ok(()) => "ok".into(),
            Err(Error::Malformed(_)) => "malformed".into(),
            Err(Error::Kernel(errno)) => format!("refused {errno}"),
            Err(Error::Os(libc::EAGAIN)) => "waits".into(),
            Err(error) => format!("{error:?}").to_lowercase(),
        }
    }

    /// A script, and the results of the faces: the entries and the result of a list; the results of a lookup, of a
    /// change, and of a lookup in a batch; and the entries and the errno of a C program's list, where a C program can
    /// be given the script.
    type Row = (&'static [Piece], (usize, &'static str), [&'static str; 3], Option<(u32, i32)>);

    const ROWS: &[Row] = &[
        (&[Entry, End], (1, "ok"), ["ok"; 3], Some((1, 0))),
        (&[Entry, Entry, End], (2, "ok"), ["ok"; 3], Some((2, 0))),
        (&[Entry, End, End, Entry], (1, "ok"), ["ok"; 3], Some((1, 0))),
        (
            &[Entry, Cut, Entry, End],
            (3, "truncated"),
            ["truncated", "truncated", "ok"],
            Some((3, libc::EMSGSIZE)),
        ),
        (&[Entry, CutEnd], (1, "ok"), ["ok"; 3], Some((1, libc::EMSGSIZE))),
        (&[Entry, CutAll], (1, "truncated"), ["truncated", "truncated", "ok"], Some((1, libc::EAGAIN))),
        (
            &[Entry, Bad, Entry, End],
            (3, "malformed"),
            ["malformed", "malformed", "ok"],
            Some((3, libc::EBADMSG)),
        ),
        (&[Bad], (1, "malformed"), ["malformed", "malformed", "ok"], Some((1, libc::EAGAIN))),
        (&[Entry, Other, Entry, End], (2, "malformed"), ["malformed", "ok", "ok"], Some((3, 0))),
        (&[Entry, Other, End], (1, "malformed"), ["malformed", "ok", "malformed"], Some((2, 0))),
        (
            &[Interrupted, End],
            (1, "interrupted"),
            ["interrupted", "interrupted", "ok"],
            Some((1, libc::EINTR)),
        ),
        (
            &[Entry, InterruptedEnd],
            (1, "interrupted"),
            ["interrupted", "interrupted", "ok"],
            Some((1, libc::EINTR)),
        ),
        (
            &[Entry, Overrun, Entry, End],
            (2, "overrun"),
            ["overrun", "overrun", "ok"],
            Some((1, libc::ENOENT)),
        ),
        (&[Entry, Fails(Error::Overrun), Entry, End], (2, "overrun"), ["overrun", "overrun", "ok"], None),
        (&[Entry, Fails(Error::Overrun)], (1, "overrun"), ["overrun", "overrun", "ok"], None),
        (&[Fails(Error::Overrun), End], (0, "overrun"), ["overrun"; 3], None),
        (&[Fails(Error::Overrun), Refused(2)], (0, "refused 2"), ["refused 2"; 3], None),
        (&[Refused(1)], (0, "refused 1"), ["refused 1"; 3], Some((0, 1))),
        (&[Entry, Bare], (1, "malformed"), ["malformed"; 3], Some((1, libc::EBADMSG))),
        (&[Foreign, Entry, End], (1, "ok"), ["ok"; 3], Some((0, libc::ENOMSG))),
        (&[Foreign, Entry], (1, "waits"), ["waits", "waits", "ok"], Some((0, libc::ENOMSG))),
        (&[Late, Entry, Late, End], (1, "ok"), ["ok"; 3], Some((1, 0))),
        (&[Event, Entry, Event, End], (1, "ok"), ["ok"; 3], Some((3, 0))),
        (&[End], (0, "ok"), ["refused 2", "ok", "overrun"], Some((0, 0))),
        (&[], (0, "waits"), ["waits", "waits", "overrun"], Some((0, libc::EAGAIN))),
        (&[Entry, Fails(Error::Os(libc::EINTR)), End], (1, "ok"), ["ok"; 3], None),
        (&[Entry, Fails(Error::NoMemory), End], (1, "nomemory"), ["nomemory", "nomemory", "ok"], None),
    ];

    #[test]
    fn every_face_makes_the_same_of_a_script() {
        for (number, &(pieces, list, [lookup, change, batched], _)) in ROWS.iter().enumerate() {
            let flows = script(pieces, 0x100);
            for face in [Face::List, Face::ListAhead, Face::Iterator, Face::Expectations] {
                let kind = if face == Face::Expectations { 0x200 } else { 0x100 };
                let seen = read(face, &script(pieces, kind)).unwrap();
                let result = word(seen.results[0]);
                assert_eq!((seen.entries, &result[..]), list, "row {number}, {face:?}");
                let may_follow = matches!(result.as_str(), "waits" | "nomemory");
                assert_eq!(seen.has_more, may_follow, "row {number}, {face:?}");
                let foreign = pieces.iter().filter(|piece| matches!(piece, Foreign)).count();
                assert_eq!(seen.foreign, foreign as u64, "row {number}, {face:?}");
            }
            for (face, expected) in
                [(Face::Lookup, lookup), (Face::Change, change), (Face::BatchedLookup, batched)]
            {
                let seen = read(face, &flows).unwrap();
                assert_eq!(
                    seen.results.iter().copied().map(word).collect::<Vec<_>>(),
                    [expected],
                    "row {number}, {face:?}"
                );
            }
        }
    }

    #[cfg(feature = "capi")]
    mod on_a_socket {
        use super::*;

        #[test]
        fn a_c_program_makes_its_own_of_a_script() {
            for (number, &(pieces, _, _, c)) in ROWS.iter().enumerate() {
                let Some(expected) = c else { continue };
                let seen = crate::capi::tests::on_a_socket::answered(&script(pieces, 0x100), SEQ);
                assert_eq!(seen, expected, "row {number}");
            }
        }
    }

    #[test]
    fn of_a_batch_the_requests_without_an_answer_are_done_unless_something_was_lost() {
        let later = |kind| Arrival::Kernel(answer(kind, SEQ + 1));
        let lost = Arrival::Failure(Error::Overrun);
        let refused = script(&[Refused(2)], 0x100).remove(0);
        let bare = script(&[Bare], 0x100).remove(0);
        let rows = [
            (vec![later(0x100), later(NLMSG_ERROR)], ["ok", "ok"]),
            (vec![refused.clone(), later(0x100), later(NLMSG_ERROR)], ["refused 2", "ok"]),
            (vec![bare, later(0x100), later(NLMSG_ERROR)], ["malformed", "ok"]),
            (vec![lost.clone(), later(0x100), later(NLMSG_ERROR)], ["overrun", "ok"]),
            (vec![refused, lost], ["refused 2", "overrun"]),
            (vec![Arrival::Foreign(answer(NLMSG_ERROR, SEQ + 1))], ["overrun", "overrun"]),
        ];
        for (script, expected) in rows {
            let seen = read(Face::Batch, &script).unwrap();
            assert_eq!(seen.results.into_iter().map(word).collect::<Vec<_>>(), expected, "{script:?}");
        }
    }

    #[test]
    fn a_subscription_reports_what_is_lost_and_goes_on() {
        let rows: &[(&[Piece], &[&str], u64, u64)] = &[
            (&[Event, Event], &["ok", "ok"], 0, 0),
            (&[Event, Cut, Event], &["ok", "ok", "truncated", "ok"], 1, 0),
            (&[Bad, Event], &["ok", "malformed", "ok"], 1, 0),
            (&[Event, Overrun, Event], &["ok", "overrun", "ok"], 1, 0),
            (&[Fails(Error::Overrun), Event], &["overrun", "ok"], 1, 0),
            (&[Foreign, Event, Foreign], &["ok"], 0, 2),
            (&[Event, End, Refused(1), Event], &["ok", "ok"], 0, 0),
        ];
        for (number, &(pieces, expected, lost, foreign)) in rows.iter().enumerate() {
            let (seen, counted, others) = listen(&script(pieces, 0x100)).unwrap();
            let seen: Vec<String> = seen.into_iter().map(word).collect();
            assert_eq!(seen, expected, "row {number}");
            assert_eq!((counted, others), (lost, foreign), "row {number}");
        }
    }
}
