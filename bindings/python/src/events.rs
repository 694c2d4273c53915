// SPDX-License-Identifier: GPL-2.0-or-later
//! `Events`, `Event` and `Lost`: a subscription to the kernel's events.

use crate::arguments::{bad, text, whole_number, wrong_type};
use crate::expectation::{self, Expectation};
use crate::flow::{Flow, dictionary, json, moment, printed};
use crate::owned::{Owned, closed};
use crate::selector::selector;
use crate::waiting::Descriptor;
use crate::{errors, netns};
use netfilter_conntrack::format::{self, Clock, Origin};
use netfilter_conntrack::{self as core, EventKind, EventSubject, Groups, Heard, Selector};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};
use std::collections::VecDeque;
use std::os::fd::AsFd;
use std::time::{Duration, SystemTime};

/// Events that are read in one call.
const PART: usize = 512;

/// What has been read.
#[derive(Debug)]
enum Item {
    Event(EventKind, Subject, u32, u64),
    Lost(u64, u64),
}

#[derive(Debug)]
enum Subject {
    Flow(Box<core::Flow>),
    Expectation(Box<core::Expectation>),
}

/// One event.
#[pyclass(frozen, module = "conntrack")]
#[derive(Debug)]
pub struct Event {
    kind: EventKind,
    flow: Option<Py<Flow>>,
    expectation: Option<Py<Expectation>>,
    /// The port id of the netlink socket whose request caused the event; 0 for packets and timers.
    #[pyo3(get)]
    port_id: u32,
    /// The moment of the event in nanoseconds since 1970: by the kernel (Linux 6.14), else the moment at which it was read.
    #[pyo3(get)]
    time_ns: u64,
}

/// Events that were lost: the receive buffer had no room for them.
#[pyclass(frozen, module = "conntrack")]
#[derive(Debug)]
pub struct Lost {
    /// How many, at least.
    #[pyo3(get)]
    count: u64,
    /// The moment at which the loss was read, in nanoseconds since 1970.
    #[pyo3(get)]
    time_ns: u64,
}

/// The name of a kind, as in JSON.
pub fn kind_name(kind: EventKind) -> &'static str {
    match kind {
        EventKind::New => "new",
        EventKind::Update => "update",
        EventKind::Destroy => "destroy",
    }
}

#[pymethods]
impl Event {
    /// `"new"`, `"update"` or `"destroy"`.
    #[getter]
    fn kind<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        PyString::intern(py, kind_name(self.kind))
    }

    /// The flow, in an event about one.
    #[getter]
    fn flow(&self, py: Python<'_>) -> Option<Py<Flow>> {
        self.flow.as_ref().map(|flow| flow.clone_ref(py))
    }

    /// The expectation, in an event about one.
    #[getter]
    fn expectation(&self, py: Python<'_>) -> Option<Py<Expectation>> {
        self.expectation.as_ref().map(|expectation| expectation.clone_ref(py))
    }

    /// The moment of the event.
    #[getter]
    fn time<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        moment(py, Some(self.time_ns))
    }

    /// The JSON object that `conntrack -E -o json` prints, without the name of the program that caused the event.
    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        let mut style = json().with_event(self.kind).with_clock(Clock::FixedNanos(self.time_ns));
        if self.port_id != 0 {
            style = style.with_origin(Origin { port_id: self.port_id, program: None });
        }
        match (&self.flow, &self.expectation) {
            (Some(flow), _) => printed(py, &flow.get().flow, &style),
            (None, Some(expectation)) => expectation::printed(py, &expectation.get().expect, &style),
            (None, None) => Ok(String::new()),
        }
    }

    /// The same as a dictionary.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        dictionary(py, &self.to_json(py)?)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let subject = match (&self.flow, &self.expectation) {
            (Some(flow), _) => flow.bind(py).repr()?,
            (None, Some(expectation)) => expectation.bind(py).repr()?,
            (None, None) => return Ok(String::new()),
        };
        Ok(format!("<Event {} {subject}>", kind_name(self.kind)))
    }
}

#[pymethods]
impl Lost {
    /// `"lost"`.
    #[getter]
    fn kind(&self) -> &'static str {
        "lost"
    }

    /// `None`, as in an event without a flow: a program that reads events and losses may ask each.
    #[getter]
    fn flow(&self) -> Option<Py<Flow>> {
        None
    }

    /// `None`, as in an event without an expectation.
    #[getter]
    fn expectation(&self) -> Option<Py<Expectation>> {
        None
    }

    /// The moment at which the loss was read.
    #[getter]
    fn time<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        moment(py, Some(self.time_ns))
    }

    /// The JSON object that stands for the loss in a stream of events.
    fn to_json(&self) -> String {
        let mut text = Vec::new();
        format::append_loss(&mut text, Some(self.count), Clock::FixedNanos(self.time_ns));
        String::from_utf8_lossy(&text).into_owned()
    }

    /// The same as a dictionary.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        dictionary(py, &self.to_json())
    }

    fn __repr__(&self) -> String {
        format!("<Lost {} events>", self.count)
    }
}

/// A subscription, and its events that have been read.
#[derive(Debug)]
struct Stream {
    events: core::Events,
    selector: Option<Selector>,
    items: VecDeque<Item>,
    losses: Losses,
}

/// What was reported of the losses.
#[derive(Debug)]
struct Losses {
    reported: u64,
    /// The kernel delivers again what was lost.
    are_repeated: bool,
}

impl Losses {
    /// What there is to report when so many events have been lost.
    fn report(&mut self, lost: u64, now: u64) -> Option<Item> {
        let count = lost.saturating_sub(std::mem::replace(&mut self.reported, lost));
        (count > 0 && !self.are_repeated).then_some(Item::Lost(count, now))
    }
}

impl Stream {
    /// Reads a part of the events that wait; returns whether others may wait.
    fn fill(&mut self) -> core::Result<bool> {
        let now = nanos_now();
        let mut backlog = self.events.backlog();
        for _ in 0..PART {
            match backlog.next()? {
                // The kernel reports the first loss only, until all waiting events have been read; it counts the others.
                None => {
                    self.items.extend(self.losses.report(backlog.lost(), now));
                    return Ok(false);
                }
                Some(Heard::Event(event)) => self.items.extend(item(&event, self.selector.as_ref(), now)),
                Some(Heard::Loss) => self.items.extend(self.losses.report(backlog.lost(), now)),
            }
        }
        Ok(true)
    }
}

/// An event that is selected.
fn item(event: &core::Event<'_>, selector: Option<&Selector>, now: u64) -> Option<Item> {
    match event.subject {
        EventSubject::Flow(flow) => {
            let is_selected = selector.is_none_or(|selector| selector.matches(flow));
            let nanos = flow.event_nanos().unwrap_or(now);
            is_selected
                .then(|| Item::Event(event.kind, Subject::Flow(Box::new(flow.clone())), event.port_id, nanos))
        }
        EventSubject::Expectation(expect) => {
            let subject = Subject::Expectation(Box::new(*expect));
            Some(Item::Event(event.kind, subject, event.port_id, now))
        }
    }
}

fn nanos_now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// A subscription to events; made by `conntrack.events()`.
#[pyclass(frozen, subclass, weakref, module = "conntrack._conntrack")]
#[derive(Debug)]
pub struct Events {
    stream: Owned<Stream>,
    descriptor: Descriptor,
    raises: bool,
}

/// The groups of the kinds with these names.
fn groups(kinds: &Bound<'_, PyAny>) -> PyResult<Groups> {
    if kinds.is_instance_of::<PyString>() {
        return Err(wrong_type("kinds", "a list of names", kinds));
    }
    let mut groups = Groups::empty();
    let each = kinds.try_iter().map_err(|error| match error.is_instance_of::<PyTypeError>(kinds.py()) {
        true => wrong_type("kinds", "a list of names", kinds),
        false => error,
    });
    for kind in each? {
        groups |= match text("kinds", &kind?)?.as_str() {
            "new" => Groups::NEW,
            "update" => Groups::UPDATE,
            "destroy" => Groups::DESTROY,
            "expect_new" => Groups::EXPECT_NEW,
            "expect_destroy" => Groups::EXPECT_DESTROY,
            other => return Err(bad("kinds", &format!("there is no kind {other:?}"))),
        };
    }
    if groups.is_empty() { Err(bad("kinds", "it is empty")) } else { Ok(groups) }
}

/// A builder with this receive buffer: a number of bytes, or a large one.
pub fn builder(groups: Groups, receive_buffer: Option<&Bound<'_, PyAny>>) -> PyResult<core::EventsBuilder> {
    let builder = core::Events::builder(groups);
    Ok(match receive_buffer {
        Some(bytes) => builder.receive_buffer(whole_number("receive_buffer", bytes)?),
        None => builder.large_receive_buffer(),
    })
}

impl Events {
    fn object(&self, py: Python<'_>, item: Item) -> PyResult<Py<PyAny>> {
        match item {
            Item::Lost(count, _) if self.raises => Err(errors::of_loss(py, count)),
            Item::Lost(count, time_ns) => Ok(Py::new(py, Lost { count, time_ns })?.into_any()),
            Item::Event(kind, subject, port_id, time_ns) => {
                let (mut flow, mut expectation) = (None, None);
                match subject {
                    Subject::Flow(subject) => flow = Some(Py::new(py, Flow::from(*subject))?),
                    Subject::Expectation(expect) => {
                        expectation = Some(Py::new(py, Expectation { expect: *expect })?);
                    }
                }
                Ok(Py::new(py, Event { kind, flow, expectation, port_id, time_ns })?.into_any())
            }
        }
    }

    /// The next item that waits, and whether others may wait.
    fn waiting(&self, py: Python<'_>) -> PyResult<(Option<Item>, bool)> {
        let at_once = self.stream.at_once(|stream| stream.items.pop_front())?.flatten();
        if at_once.is_some() {
            return Ok((at_once, true));
        }
        let read = self.stream.with(py, |stream| {
            let may_follow = stream.items.is_empty() && stream.fill()?;
            Ok((stream.items.pop_front(), may_follow))
        })?;
        read.map_err(|error| errors::of(py, error))
    }
}

#[pymethods]
impl Events {
    #[new]
    #[pyo3(signature = (kinds, *, netns = None, losses = "raise", receive_buffer = None, reliable = false, **conditions))]
    fn new(
        py: Python<'_>,
        kinds: &Bound<'_, PyAny>,
        netns: Option<&Bound<'_, PyAny>>,
        losses: &str,
        receive_buffer: Option<&Bound<'_, PyAny>>,
        reliable: bool,
        conditions: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Events> {
        let raises = match losses {
            "raise" => true,
            "yield" => false,
            _ => return Err(bad("losses", "it is \"raise\" or \"yield\"")),
        };
        let groups = groups(kinds)?;
        let (mut builder, netns) = (builder(groups, receive_buffer)?, netns::netns(netns)?);
        let selector = Some(selector(conditions)?).filter(|selector| !selector.is_everything());
        if reliable {
            builder = builder.reliable();
        }
        let opened = py.detach(|| match &netns {
            Some(netns) => builder.open_in(netns),
            None => builder.open(),
        });
        let events = opened.map_err(|error| errors::of_opening(py, netns.as_ref(), error))?;
        let descriptor = Descriptor::of(events.as_fd())?;
        let stream = Stream {
            events,
            selector,
            items: VecDeque::new(),
            losses: Losses { reported: 0, are_repeated: reliable && groups == Groups::DESTROY },
        };
        Ok(Events { stream: Owned::new(stream), descriptor, raises })
    }

    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        loop {
            match self.waiting(py)? {
                (Some(item), _) => return self.object(py, item),
                (None, true) => py.check_signals()?,
                (None, false) => self.descriptor.wait(py, Duration::MAX)?,
            }
        }
    }

    /// The next event that waits, or `None`; it never waits itself. After `None` a program waits for the descriptor, unless
    /// `may_have_more` is true.
    fn poll(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        match self.waiting(py)? {
            (Some(item), _) => self.object(py, item).map(Some),
            (None, _) => Ok(None),
        }
    }

    /// Whether events may wait that the descriptor does not show.
    #[getter]
    fn may_have_more(&self, py: Python<'_>) -> PyResult<bool> {
        self.stream.with(py, |stream| !stream.items.is_empty() || stream.events.may_have_more())
    }

    /// How many events were lost, at least.
    #[getter]
    fn lost(&self, py: Python<'_>) -> PyResult<u64> {
        self.stream.with(py, |stream| stream.events.lost())
    }

    /// The size of the receive buffer in bytes.
    #[getter]
    fn receive_buffer(&self, py: Python<'_>) -> PyResult<u32> {
        self.stream.with(py, |stream| stream.events.receive_buffer())?.map_err(|error| errors::of(py, error))
    }

    /// The descriptor, for an event loop: it is readable when events wait.
    fn fileno(&self) -> PyResult<i32> {
        self.stream.check_process()?;
        self.descriptor.number().ok_or_else(closed)
    }

    /// Ends the subscription; later calls raise `ValueError`.
    fn close(&self, py: Python<'_>) {
        self.descriptor.close();
        self.stream.close(py);
    }

    fn __enter__(slf: Bound<'_, Self>) -> PyResult<Bound<'_, Self>> {
        slf.get().stream.check_open(slf.py())?;
        Ok(slf)
    }

    #[pyo3(signature = (*_error))]
    fn __exit__(&self, py: Python<'_>, _error: &Bound<'_, PyTuple>) {
        self.close(py);
    }
}
