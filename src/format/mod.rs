// SPDX-License-Identifier: GPL-2.0-or-later
//! Flows and expectations as text and as XML, byte for byte as C programs know them; and as JSON, an object on one line.
//!
//! [`flow`] and [`expectation`] write into a buffer of the caller and count like C's `snprintf`: the text is cut
//! to the buffer and always NUL-terminated inside it, and the length returned is what the text would have needed.
//! [`append_flow`] and [`append_expectation`] append the whole text to a vector. Nothing is escaped in XML, no
//! newline is written, and nothing is allocated but the vector's own growth.

#![forbid(unsafe_code)]

#[cfg(test)]
mod bounds;
mod digits;
mod expect;
pub mod facts;
pub mod json;
mod object;
mod out;
pub mod save;
mod style;
pub mod tables;
mod text;
mod xml;

use crate::codec::EventKind;
use crate::error::Result;
use crate::expect::Expectation;
use crate::flow::Flow;
use crate::label::LabelMap;
use crate::sys::clock;
use crate::wire::Certain;
use out::Out;

bitflags::bitflags! {
    /// Parts of the output that are shown on request.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct Flags: u32 {
        /// The address family's name and number at the start of a flow's text.
        const LAYER3 = 1;
        /// The wall-clock time of the call in XML.
        const TIME = 2;
        /// The entry's id in a flow's text; XML always shows it.
        const ID = 4;
        /// When a flow started and stopped.
        const TIMESTAMP = 8;
    }
}

/// The form of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Syntax {
    /// One line of text.
    #[default]
    Text,
    /// One `<flow>` element.
    Xml,
    /// One JSON object with everything that is known, whatever the flags; see `docs/json.md`.
    Json,
}

/// The program that caused an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin<'a> {
    /// The port id of its netlink socket.
    pub port_id: u32,
    /// Its name, where known.
    pub program: Option<&'a [u8]>,
}

/// The source of the current time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Clock {
    /// The system's wall clock.
    #[default]
    System,
    /// Always this number of seconds since 1970.
    Fixed(u64),
    /// Always this number of nanoseconds since 1970: the time at which an event was read, for one that is printed later.
    FixedNanos(u64),
}

impl Clock {
    fn now_secs(self) -> u64 {
        match self {
            Clock::System => clock::now_secs(),
            Clock::Fixed(secs) => secs,
            Clock::FixedNanos(nanos) => nanos / 1_000_000_000,
        }
    }

    fn now_nanos(self) -> u64 {
        match self {
            Clock::System => clock::now_nanos(),
            Clock::Fixed(secs) => secs.saturating_mul(1_000_000_000),
            Clock::FixedNanos(nanos) => nanos,
        }
    }
}

/// The settings for printing an object.
#[derive(Debug, Clone, Copy, Default)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Style<'a> {
    /// The form.
    pub syntax: Syntax,
    /// The kind of event, shown at the start.
    pub event: Option<EventKind>,
    /// The parts that are shown on request.
    pub flags: Flags,
    /// Names for connection labels; without them no label is shown.
    pub labels: Option<&'a LabelMap>,
    /// The clock for ages and [`Flags::TIME`], and in JSON for events without a time of their own.
    pub clock: Clock,
    /// The program that caused the event, in JSON.
    pub origin: Option<Origin<'a>>,
}

/// Writes a flow into `buf` and returns the length that C's `nfct_snprintf` returns: the length of the text without the
/// NUL, also when the buffer is too small for the text.
///
/// Two peculiarities of this length are kept for buffers that are too small: an XML port element counts only the bytes
/// that fit, and labels whose names start after the end of the buffer do not count.
///
/// # Errors
/// [`Error::Invalid`](crate::Error::Invalid) for text of a flow without protocol, or with [`Flags::LAYER3`] without
/// family; the buffer then contains the text before the missing field, and is unchanged when there is none.
///
/// ```
/// use netfilter_conntrack::{Dir, Flow, L4, format};
/// let mut flow = Flow::new();
/// flow.set_tuple(Dir::Orig, "192.0.2.1".parse()?, "198.51.100.2".parse()?, L4::Udp { sport: 40000, dport: 53 });
/// let mut buf = [0; 20];
/// let len = format::flow(&mut buf, &flow, &format::Style::default())?;
/// assert_eq!((len, &buf), (63, b"udp      17 src=192\0"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "nfct_snprintf")]
#[doc(alias = "nfct_snprintf_labels")]
pub fn flow(buf: &mut [u8], flow: &Flow, style: &Style<'_>) -> Result<usize> {
    write_flow::<true>(&mut Out::new(buf), flow, style)
}

/// As [`flow`] for the C library, which has no JSON: its writer and tables would be 33 kB and 224 addresses to relocate.
#[cfg(feature = "capi")]
pub(crate) fn flow_without_json(buf: &mut [u8], flow: &Flow, style: &Style<'_>) -> Result<usize> {
    write_flow::<false>(&mut Out::new(buf), flow, style)
}

/// Writes an expectation into `buf`, as [`flow`] does, but never fails.
///
/// # Errors
/// None so far.
#[doc(alias = "nfexp_snprintf")]
pub fn expectation(buf: &mut [u8], expect: &Expectation, style: &Style<'_>) -> Result<usize> {
    write_expectation::<true>(&mut Out::new(buf), expect, style)
}

/// As [`expectation`] for the C library.
#[cfg(feature = "capi")]
pub(crate) fn expectation_without_json(
    buf: &mut [u8],
    expect: &Expectation,
    style: &Style<'_>,
) -> Result<usize> {
    write_expectation::<false>(&mut Out::new(buf), expect, style)
}

/// Appends the whole text of a flow to a vector.
///
/// # Errors
/// As [`flow`], with nothing appended.
pub fn append_flow(to: &mut Vec<u8>, flow: &Flow, style: &Style<'_>) -> Result<()> {
    append(to, |out| write_flow::<true>(out, flow, style))
}

/// Appends the whole text of an expectation to a vector.
///
/// # Errors
/// As [`expectation`].
pub fn append_expectation(to: &mut Vec<u8>, expect: &Expectation, style: &Style<'_>) -> Result<()> {
    append(to, |out| write_expectation::<true>(out, expect, style))
}

/// Appends the JSON object that stands in a stream of events for those that were lost there: `count` of them, where known.
///
/// ```
/// use netfilter_conntrack::format::{self, Clock};
/// let mut line = Vec::new();
/// format::append_loss(&mut line, Some(7), Clock::Fixed(1_700_000_000));
/// assert_eq!(line, br#"{"event":"lost","time":1700000000.000000000,"count":7}"#);
/// ```
pub fn append_loss(to: &mut Vec<u8>, count: Option<u64>, clock: Clock) {
    let mut buf = [0; 128];
    let mut out = Out::new(&mut buf);
    object::loss(&mut out, count, clock);
    let len = out.len();
    to.extend_from_slice(buf.get(..len).certain());
}

/// Without `JSON`, nothing is written in that form.
#[inline(never)] // inlined into its only caller in a program, the listing takes 138 instructions more for an entry
fn write_flow<const JSON: bool>(out: &mut Out<'_>, flow: &Flow, style: &Style<'_>) -> Result<usize> {
    let written = match style.syntax {
        Syntax::Text => text::flow(out, flow, style),
        Syntax::Xml => {
            xml::flow(out, flow, style);
            Ok(())
        }
        Syntax::Json => {
            if JSON {
                object::flow(out, flow, style);
            }
            Ok(())
        }
    };
    if written.is_ok() || out.len() > 0 {
        out.terminate();
    }
    written?;
    if style.syntax == Syntax::Text {
        out.drop_last(); // the blank after the last field
    }
    Ok(out.len())
}

fn write_expectation<const JSON: bool>(
    out: &mut Out<'_>,
    expect: &Expectation,
    style: &Style<'_>,
) -> Result<usize> {
    match style.syntax {
        Syntax::Text => expect::text(out, expect, style),
        Syntax::Xml => expect::xml(out, expect, style),
        Syntax::Json if JSON => object::expectation(out, expect, style),
        Syntax::Json => {}
    }
    out.terminate();
    if style.syntax == Syntax::Text && out.has_room() && out.last() == Some(b' ') {
        out.drop_last();
    }
    Ok(out.len())
}

/// Size of the first attempt to append; few objects need more.
const ROOM: usize = 1024;

fn append(to: &mut Vec<u8>, write: impl Fn(&mut Out<'_>) -> Result<usize>) -> Result<()> {
    let start = to.len();
    let mut room = ROOM;
    loop {
        to.resize(start + room, 0);
        let mut out = Out::new(to.get_mut(start..).certain());
        let written = write(&mut out);
        // A text that ends before the buffer does was not cut; a text that exactly fills the buffer may lack labels.
        let whole = out.len() + 1 < room;
        match written {
            Ok(len) if whole => to.truncate(start + len),
            Ok(len) => {
                room = room.max(len).saturating_mul(2);
                continue;
            }
            Err(_) => to.truncate(start),
        }
        return written.map(drop);
    }
}
