// SPDX-License-Identifier: GPL-2.0-or-later
//! What goes to standard output: entries and events in the format asked for, in large pieces.
//!
//! The XML root element is opened before the first entry and closed by [`Output::finish`]; without entries
//! nothing is printed.
//!
//! A command that changes entries and shows them calls [`Output::promise`] before each change, and then SIGINT, SIGTERM
//! and SIGHUP end the program only after what has been changed is shown. After a signal, output that is not
//! read is given up.

#![forbid(unsafe_code)]

use crate::certain::Certain as _;
use crate::command::origin::Origin;
use crate::line::Line;
use crate::line::value::Formats;
use crate::show::message::{Complaint, VERSION_LINE};
use crate::sys::signals::{self, StopSignals};
use crate::sys::streams::{self, Stream};
use netfilter_conntrack::format::json::{Bytes, Json};
use netfilter_conntrack::format::{self, Clock, Flags, Style, Syntax, save};
use netfilter_conntrack::label::LabelMap;
use netfilter_conntrack::{Attr, Error, EventKind, Expectation, Flow};
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Output is written when so much has gathered.
const PIECE: usize = 65536;

/// How long, after a signal that asks to stop, a reader of the output may take nothing before it is given up: where
/// the lines show changes that this program made, and where they only report what happened.
const PATIENCE: Duration = Duration::from_secs(10);
const SHORT_PATIENCE: Duration = Duration::from_millis(500);

/// The same for the reader of standard error.
const ERROR_PATIENCE: Duration = Duration::from_millis(200);

/// What is written at a time after a signal: a pipe that takes anything takes this much at once.
const SMALL_PIECE: usize = libc::PIPE_BUF;

/// Standard output.
#[derive(Debug)]
pub struct Output {
    /// Nothing when it is closed.
    out: Option<File>,
    buf: Vec<u8>,
    root: Option<&'static str>,
    patience: Duration,
    /// Nothing is written before [`flush`](Output::flush).
    is_held: bool,
    /// It could not be written; nothing more is tried.
    has_failed: bool,
    /// The signals that wait for what has been changed to be shown.
    deferred: Option<StopSignals>,
    /// The end of each line where several namespaces are shown.
    netns: Option<Ending>,
}

/// The namespace of a line, as the line's end.
#[derive(Debug)]
struct Ending {
    /// The last word of a text.
    text: Vec<u8>,
    /// The last member of an object, with what separates it and ends the object.
    json: Vec<u8>,
}

impl Ending {
    /// The end of lines of a namespace with this name, which is one word of text.
    fn of(name: &str) -> Ending {
        let mut text = b"netns=".to_vec();
        for c in name.chars() {
            match c {
                '\\' => text.extend_from_slice(b"\\\\"),
                c if c.is_whitespace() || c.is_control() => text.extend(c.escape_unicode().map(|c| c as u8)),
                c => text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        let mut json = Vec::new();
        let _ = Json::new(Bytes(&mut json)).object(|json| json.member("netns", name)); // a vector takes everything
        json.first_mut().into_iter().for_each(|brace| *brace = b',');
        Ending { text, json }
    }
}

/// How a command shows its entries. Not every command knows every format.
#[derive(Debug, Clone)]
pub struct View {
    formats: Formats,
    style: Style<'static>,
    labels: Option<Rc<LabelMap>>,
    save: save::Command,
}

impl View {
    /// The formats asked for, but without some.
    fn without(line: &Line, unknown: Flags) -> View {
        let formats = line.formats;
        let mut flags = Flags::empty();
        flags.set(Flags::LAYER3, formats.contains(Formats::EXTENDED));
        flags.set(Flags::ID, formats.contains(Formats::ID));
        flags.set(Flags::TIME, formats.contains(Formats::TIMESTAMP));
        flags.set(Flags::TIMESTAMP, formats.contains(Formats::KTIMESTAMP));
        flags.remove(unknown);
        let syntax = match formats {
            formats if formats.contains(Formats::JSON) => Syntax::Json,
            formats if formats.contains(Formats::XML) => Syntax::Xml,
            _ => Syntax::Text,
        };
        let mut style = Style::default();
        (style.syntax, style.flags) = (syntax, flags);
        View { formats, style, labels: line.label_map.clone(), save: save::Command::Add }
    }

    /// Entries as they are.
    pub fn entries(line: &Line) -> View {
        View::without(line, Flags::TIME)
    }

    /// Entries that were changed.
    pub fn changed(line: &Line) -> View {
        View::without(line, Flags::TIME | Flags::TIMESTAMP)
    }

    /// Entries that were deleted: their labels have gone with them, but for JSON, which shows what was deleted.
    pub fn deleted(line: &Line) -> View {
        let is_json = line.formats.contains(Formats::JSON);
        View {
            labels: line.label_map.clone().filter(|_| is_json),
            save: save::Command::Delete,
            ..View::changed(line)
        }
    }

    /// Events about entries.
    pub fn events(line: &Line) -> View {
        View::without(line, Flags::empty())
    }

    /// Expectations, and events about them, which know only XML and the time of printing.
    pub fn expectations(line: &Line) -> View {
        let mut view = View::entries(line);
        view.formats = view.formats.intersection(Formats::XML | Formats::TIMESTAMP);
        view.style.flags.set(Flags::TIME, view.formats.contains(Formats::TIMESTAMP));
        view
    }

    /// Whether entries are lines of text.
    fn is_text(&self) -> bool {
        self.style.syntax == Syntax::Text
    }

    /// Whether entries are objects of JSON.
    pub fn is_json(&self) -> bool {
        self.style.syntax == Syntax::Json
    }
}

/// An event's kind, its origin, and when it happened.
#[derive(Debug, Clone, Copy)]
pub struct Happening<'a> {
    pub kind: EventKind,
    /// The program that caused it.
    pub origin: Option<&'a Origin>,
}

impl Output {
    /// Standard output; nothing is written yet.
    pub fn new() -> Output {
        let open = || io::stdout().as_fd().try_clone_to_owned().ok().map(File::from);
        let out = if streams::was_closed(Stream::Output) { None } else { open() };
        Output::to(out, Vec::with_capacity(PIECE + 4096))
    }

    fn to(out: Option<File>, buf: Vec<u8>) -> Output {
        Output {
            out,
            buf,
            root: None,
            patience: PATIENCE,
            is_held: false,
            has_failed: false,
            deferred: None,
            netns: None,
        }
    }

    /// Promises that what is changed next will be shown: checks that it can be, and defers signals until it is.
    ///
    /// # Errors
    /// Where the promise cannot be given: the output is closed, or a signal has asked to stop.
    pub fn promise(&mut self) -> Result<(), Complaint> {
        self.defer_signals()?;
        self.unless_stopped()?;
        let Some(out) = &self.out else { return Err(cannot_write(Error::Os(libc::EBADF))) };
        if streams::is_broken(out.as_fd()).map_err(cannot_write)? {
            signals::end_by_sigpipe();
            return Err(cannot_write(Error::Os(libc::EPIPE)));
        }
        Ok(())
    }

    /// From now on SIGINT, SIGTERM and SIGHUP are a wish to stop, which [`end_as_asked`](Self::end_as_asked) grants.
    ///
    /// # Errors
    /// The system's.
    pub fn defer_signals(&mut self) -> Result<(), Complaint> {
        if self.deferred.is_none() {
            let signals = StopSignals::defer().map_err(|error| Complaint::Operation(error.to_string()))?;
            self.deferred = Some(signals);
        }
        Ok(())
    }

    /// Complains of a signal that has come while signals are deferred.
    pub fn unless_stopped(&self) -> Result<(), Complaint> {
        if signals::stop_requested() { Err(Complaint::Stopped) } else { Ok(()) }
    }

    /// Ends the program by the deferred signal, if one has come.
    pub fn end_as_asked(&self) {
        if let Some(signals) = &self.deferred {
            signals.end_process();
        }
    }

    /// Ends each line from now on with the namespace of this name, or no longer.
    pub fn of_namespace(&mut self, name: Option<&str>) {
        self.netns = name.map(Ending::of);
    }

    /// The lines only report what happened: after a signal they are given up soon.
    pub fn only_reports(&mut self) {
        self.patience = SHORT_PATIENCE;
    }

    /// Keeps what is printed until [`flush`](Self::flush) writes it as one piece.
    pub fn hold(&mut self) {
        self.is_held = true;
    }

    /// Prints an entry.
    pub fn flow(&mut self, view: &View, flow: &Flow) -> Result<(), Complaint> {
        self.print_flow(view, flow, None)
    }

    /// Prints an event about an entry.
    pub fn flow_event(&mut self, view: &View, flow: &Flow, event: Happening<'_>) -> Result<(), Complaint> {
        self.print_flow(view, flow, Some(event))
    }

    fn print_flow(
        &mut self,
        view: &View,
        flow: &Flow,
        event: Option<Happening<'_>>,
    ) -> Result<(), Complaint> {
        let kind = event.map(|event| event.kind);
        self.open_root(view, "conntrack");
        if view.formats.contains(Formats::SAVE) {
            save::append_flow(&mut self.buf, flow, kind.map_or(view.save, save::Command::from));
        } else {
            if kind.is_some() && view.formats.contains(Formats::TIMESTAMP) && view.is_text() {
                event_time(&mut self.buf, flow);
            }
            let mut style: Style<'_> = view.style;
            (style.event, style.labels) = (kind, named_labels(flow, view));
            style.origin = event.and_then(|event| event.origin).map(Origin::named);
            // Text fails for an entry without family or protocol; the kernel sends none.
            if format::append_flow(&mut self.buf, flow, &style).is_err() {
                return Ok(());
            }
        }
        if let Some(origin) = event.and_then(|event| event.origin).filter(|_| view.is_text()) {
            self.buf.extend_from_slice(origin.text());
        }
        self.end_entry(view)
    }

    /// Prints an expectation, or an event about one.
    pub fn expectation(
        &mut self,
        view: &View,
        expect: &Expectation,
        event: Option<EventKind>,
    ) -> Result<(), Complaint> {
        self.open_root(view, "expect");
        if view.formats.contains(Formats::TIMESTAMP) && view.is_text() {
            let now = now_nanos();
            self.add(format_args!("[{:<8}.{:<6}]\t", now / 1_000_000_000, now / 1000 % 1_000_000));
        }
        let mut style = view.style;
        style.event = event;
        if format::append_expectation(&mut self.buf, expect, &style).ok().certain().is_none() {
            return Ok(());
        }
        self.end_entry(view)
    }

    /// Prints that events were lost at this place of the stream.
    pub fn loss(&mut self, count: u64) -> Result<(), Complaint> {
        format::append_loss(&mut self.buf, Some(count), Clock::System);
        self.end_object()
    }

    /// Prints text as it is.
    pub fn text(&mut self, text: std::fmt::Arguments<'_>) -> Result<(), Complaint> {
        self.add(text);
        self.spill()
    }

    /// Prints a JSON object, whose members `fill` writes.
    pub fn object(
        &mut self,
        fill: impl FnOnce(&mut Json<Bytes<'_>>) -> std::fmt::Result,
    ) -> Result<(), Complaint> {
        let _ = Json::new(Bytes(&mut self.buf)).object(fill); // a vector takes everything
        self.end_object()
    }

    /// Ends a line of text.
    pub fn end_text(&mut self) -> Result<(), Complaint> {
        if let Some(netns) = &self.netns {
            if self.buf.last().is_some_and(|&last| last != b' ') {
                self.buf.push(b' ');
            }
            self.buf.extend_from_slice(&netns.text);
        }
        self.end_line()
    }

    /// Ends the line of an object.
    fn end_object(&mut self) -> Result<(), Complaint> {
        if let Some(netns) = self.netns.as_ref().filter(|_| self.buf.last() == Some(&b'}')) {
            self.buf.pop();
            self.buf.extend_from_slice(&netns.json);
        }
        self.end_line()
    }

    /// Ends the line of an entry or an expectation. XML and commands have no place for a namespace.
    fn end_entry(&mut self, view: &View) -> Result<(), Complaint> {
        match view.style.syntax {
            _ if view.formats.contains(Formats::SAVE) => self.end_line(),
            Syntax::Text => self.end_text(),
            Syntax::Json => self.end_object(),
            _ => self.end_line(),
        }
    }

    fn add(&mut self, text: std::fmt::Arguments<'_>) {
        let _ = self.buf.write_fmt(text); // a vector takes everything
    }

    fn open_root(&mut self, view: &View, root: &'static str) {
        if view.style.syntax == Syntax::Xml && self.root.is_none() {
            self.root = Some(root);
            self.add(format_args!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<{root}>\n"));
        }
    }

    fn end_line(&mut self) -> Result<(), Complaint> {
        self.buf.push(b'\n');
        self.spill()
    }

    /// Writes when enough has gathered.
    fn spill(&mut self) -> Result<(), Complaint> {
        if self.is_held || self.buf.len() < PIECE { Ok(()) } else { self.flush() }
    }

    /// Writes what has gathered.
    pub fn flush(&mut self) -> Result<(), Complaint> {
        if self.buf.is_empty() || self.has_failed {
            self.buf.clear();
            return Ok(());
        }
        let mut left = self.buf.as_slice();
        let written = match &mut self.out {
            Some(out) => write_all(out, &mut left, self.patience),
            None => Err(io::Error::from_raw_os_error(libc::EBADF)),
        };
        let lines_left = left.iter().filter(|&&byte| byte == b'\n').count();
        self.buf.clear();
        self.has_failed = written.is_err();
        written.map_err(|error| match error.kind() {
            io::ErrorKind::TimedOut => Complaint::Unread(lines_left),
            _ => cannot_write(error.into()),
        })
    }

    /// Closes the root element, if one is open, and writes everything.
    pub fn finish(&mut self) -> Result<(), Complaint> {
        if let Some(root) = self.root.take() {
            self.add(format_args!("</{root}>\n"));
        }
        self.flush()
    }
}

fn cannot_write(error: Error) -> Complaint {
    Complaint::Output(error.to_string())
}

/// Writes a line on standard error. A failure cannot be reported.
pub fn say(text: &str) {
    let line = format!("{text}\n");
    let _ = write_all(&mut io::stderr(), &mut line.as_bytes(), ERROR_PATIENCE);
}

/// Writes a line on standard error with the program's name and version.
pub fn tell(text: &str) {
    say(&format!("{VERSION_LINE}: {text}"));
}

/// Writes everything, and leaves what could not be written. Once a signal has asked to stop, it gives up
/// ([`io::ErrorKind::TimedOut`]) when the reader takes nothing for so long.
fn write_all(out: &mut (impl Write + AsFd), bytes: &mut &[u8], patience: Duration) -> io::Result<()> {
    let mut since = None;
    while !bytes.is_empty() {
        let written = match signals::stop_requested() {
            true => {
                let waited = since.get_or_insert_with(Instant::now).elapsed();
                write_soon(out, bytes, patience.saturating_sub(waited))
            }
            false => out.write(bytes),
        };
        match written {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(len) => {
                *bytes = bytes.get(len..).certain().unwrap_or_default();
                since = None;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Writes a little, if it is taken in time.
fn write_soon(out: &mut (impl Write + AsFd), bytes: &[u8], longest: Duration) -> io::Result<usize> {
    let is_taken = streams::wait_writable(out.as_fd(), longest);
    if !is_taken.map_err(|error| io::Error::from_raw_os_error(error.errno()))? {
        return Err(io::ErrorKind::TimedOut.into());
    }
    out.write(bytes.get(..SMALL_PIECE).unwrap_or(bytes))
}

/// The label map, unless the entry has labels but none of them a name.
fn named_labels<'r>(flow: &Flow, view: &'r View) -> Option<&'r LabelMap> {
    let map = view.labels.as_deref()?;
    let labels = flow.labels().filter(|_| flow.is_set(Attr::Connlabels))?;
    let named = |bit| map.name(bit).is_some_and(|name| !name.is_empty());
    labels.iter().any(named).then_some(map)
}

/// The time of an event: the kernel's, or now.
fn event_time(buf: &mut Vec<u8>, flow: &Flow) {
    let nanos = flow.event_nanos().unwrap_or_else(now_nanos);
    let _ = write!(buf, "[{:<8}.{:06}]\t", nanos / 1_000_000_000, nanos / 1000 % 1_000_000);
}

/// Nanoseconds since 1970.
fn now_nanos() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use netfilter_conntrack::{Bitmask, Dir, L4};

    #[test]
    fn the_namespace_is_the_last_word_and_the_last_member() {
        let ends = |name: &str| {
            let Ending { text, json } = Ending::of(name);
            (String::from_utf8(text).unwrap(), String::from_utf8(json).unwrap())
        };
        assert_eq!(ends("web"), ("netns=web".into(), r#","netns":"web"}"#.into()));
        assert_eq!(ends(""), ("netns=".into(), r#","netns":""}"#.into()));
        let odd = ends("a b\n\\\"\u{a0}é");
        assert_eq!(odd.0, r#"netns=a\u{20}b\u{a}\\"\u{a0}é"#);
        assert_eq!(odd.1, ",\"netns\":\"a b\\n\\\\\\\"\u{a0}é\"}");
    }

    fn flow() -> Flow {
        let mut flow = Flow::new();
        let address = |text: &str| text.parse().unwrap();
        flow.set_tuple(Dir::Orig, address("1.1.1.1"), address("2.2.2.2"), L4::Other(50));
        flow
    }

    fn labelled(bits: std::ops::Range<u32>) -> Flow {
        let mut labels = Bitmask::new(1023).unwrap();
        bits.for_each(|bit| labels.set(bit));
        let mut flow = flow();
        flow.set_labels(labels);
        flow
    }

    const PLAIN: Formats = Formats::empty();

    /// What is printed for a flow with these names for labels.
    fn printed(formats: Formats, flow: &Flow, names: &str) -> String {
        let map = LabelMap::read(names.as_bytes()).unwrap();
        let mut line = Line::default();
        line.formats = formats;
        let view = View { labels: Some(Rc::new(map)), ..View::entries(&line) };
        let mut output = Output::to(None, Vec::new());
        output.flow(&view, flow).unwrap();
        String::from_utf8(output.buf).unwrap()
    }

    #[test]
    fn labels_without_names_are_not_mentioned() {
        let plain = "unknown  50 src=1.1.1.1 dst=2.2.2.2";
        assert_eq!(printed(PLAIN, &labelled(3..5), "1 one\n"), format!("{plain}\n"));
        assert_eq!(printed(PLAIN, &labelled(1..5), "1 one\n"), format!("{plain} labels=one\n"));
        assert_eq!(printed(PLAIN, &flow(), "1 one\n"), format!("{plain}\n"));
    }

    #[test]
    fn long_lines_are_not_cut() {
        let names: String = (0..1024).map(|bit| format!("{bit} a-rather-long-name-{bit}\n")).collect();
        let line = printed(PLAIN, &labelled(0..1024), &names);
        assert!(line.len() > 20_000 && line.ends_with("a-rather-long-name-1023\n"));
        let xml = printed(Formats::XML, &labelled(0..1024), &names);
        assert!(xml.matches("<label>").count() == 1024 && xml.ends_with("</flow>\n"));
    }
}
