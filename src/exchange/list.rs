// SPDX-License-Identifier: GPL-2.0-or-later
//! Lists of entries, read one by one: a cursor that lends each entry until the next call.

#![forbid(unsafe_code)]

use crate::codec::{expect_decode, flow_decode};
use crate::error::{Error, Result};
use crate::exchange::handle::{Handle, Reading};
use crate::exchange::reading::Step;
use crate::exchange::request::{self, Query, Subject, Table};
use crate::expect::Expectation;
use crate::filter::{DumpFilter, Pushdown, Selector};
use crate::flow::Flow;
use crate::wire::Frame;

/// The settings of a list; made by [`Handle::entries`].
#[derive(Debug)]
#[must_use = "nothing is asked for before `open`"]
pub struct ListBuilder<'h> {
    handle: &'h mut Handle,
    table: Table,
    zero_counters: bool,
    filter: Option<DumpFilter>,
    selector: Option<&'h Selector>,
    pushdown: Pushdown,
    read_ahead: bool,
}

impl<'h> ListBuilder<'h> {
    pub(super) fn new(handle: &'h mut Handle, read_ahead: bool) -> ListBuilder<'h> {
        ListBuilder {
            handle,
            table: Table::default(),
            zero_counters: false,
            filter: None,
            selector: None,
            pushdown: Pushdown::Kernel,
            read_ahead,
        }
    }

    /// Lists one of the other tables.
    pub fn table(mut self, table: Table) -> ListBuilder<'h> {
        self.table = table;
        self
    }

    /// Resets the counters of every entry that the kernel lists, even of entries that the selector excludes.
    pub fn zero_counters(mut self, on: bool) -> ListBuilder<'h> {
        self.zero_counters = on;
        self
    }

    /// The filter for the kernel; an older kernel may ignore it. A selector is then applied in this process only.
    pub fn filter(mut self, filter: &DumpFilter) -> ListBuilder<'h> {
        self.filter = Some(filter.clone());
        self
    }

    /// Lists only flows that pass a selector.
    ///
    /// The flows are the same with each [`Pushdown`]: the library checks each flow again, and repeats a request without
    /// its filter where the kernel refuses the filter. The kernel decides the order; flows of IPv4 may all be first.
    pub fn selector(mut self, selector: &'h Selector) -> ListBuilder<'h> {
        self.selector = Some(selector);
        self
    }

    /// Which conditions of the selector the kernel checks: by default, all that it checks correctly. In the other
    /// tables, and in a list that zeroes counters, the kernel checks the family only.
    pub fn pushdown(mut self, pushdown: Pushdown) -> ListBuilder<'h> {
        self.pushdown = pushdown;
        self
    }

    /// Whether a second thread receives the list; see [`Handle::read_ahead`].
    pub fn read_ahead(mut self, on: bool) -> ListBuilder<'h> {
        self.read_ahead = on;
        self
    }

    /// Sends the request. The handle is busy as long as the list lives: to change the table during the list, use a
    /// second handle.
    ///
    /// # Errors
    /// The system's error; [`Error::Invalid`] or [`Error::Unsupported`] for a filter that cannot be sent;
    /// [`Error::Kernel`] for a lookup that replaces a list.
    pub fn open(self) -> Result<List<'h>> {
        let ListBuilder { handle, table, zero_counters, filter, selector, pushdown, read_ahead } = self;
        let mut cursor = Cursor::new(table, zero_counters, read_ahead);
        cursor.begin(handle, filter, selector, pushdown)?;
        Ok(List { handle, selector: selector.filter(|selector| !selector.is_everything()), cursor })
    }
}

/// A list of flows that is being read; made by [`ListBuilder::open`].
///
/// ```no_run
/// use netfilter_conntrack::{Dir, Handle};
///
/// let mut handle = Handle::open()?;
/// let mut list = handle.entries().open()?;
/// while let Some(flow) = list.next()? {
///     println!("{:?}", flow.tuple(Dir::Orig).src());
/// }
/// # Ok::<(), netfilter_conntrack::Error>(())
/// ```
///
/// A list may be dropped before its end: the handle reads the other messages before its next request.
#[derive(Debug)]
pub struct List<'h> {
    handle: &'h mut Handle,
    selector: Option<&'h Selector>,
    cursor: Cursor,
}

impl List<'_> {
    /// The next flow, or `None` at the end. The flow is the same object each time, so the list allocates nothing.
    ///
    /// # Errors
    /// [`Error::Kernel`] (`EPERM` without privilege); [`Error::Interrupted`] when the table changed during the list;
    /// [`Error::Malformed`] when a message could not be read or was not about a flow, [`Error::Truncated`] or
    /// [`Error::Overrun`] when a part was lost. The list is read to its end before the first error is reported. After
    /// an error the list has ended.
    #[allow(clippy::should_implement_trait)] // the flow borrows from the list
    #[inline]
    pub fn next(&mut self) -> Result<Option<&Flow>> {
        Ok(if self.advance()? { Some(&self.cursor.flow) } else { None })
    }

    /// Moves on to the next selected flow; returns whether there is one.
    #[inline]
    fn advance(&mut self) -> Result<bool> {
        self.cursor.advance(self.handle, self.selector)
    }
}

impl Drop for List<'_> {
    fn drop(&mut self) {
        self.cursor.leave(self.handle);
    }
}

/// A list that owns its handle and its selector, for a program that keeps a list in an object of its own; made by
/// [`Handle::into_list`].
#[derive(Debug)]
pub struct OwnedList {
    handle: Handle,
    selector: Option<Selector>,
    cursor: Cursor,
}

impl OwnedList {
    /// The next flow, or `None` at the end; as [`List::next`].
    ///
    /// # Errors
    /// As [`List::next`].
    #[allow(clippy::should_implement_trait)] // the flow borrows from the list
    pub fn next(&mut self) -> Result<Option<&Flow>> {
        let is_found = self.cursor.advance(&mut self.handle, self.selector.as_ref())?;
        Ok(if is_found { Some(&self.cursor.flow) } else { None })
    }

    /// Reads at most `most` entries and appends the selected ones; returns whether others may follow. A program that
    /// must look at other things in between, such as signals, never waits for a flow that is selected.
    ///
    /// # Errors
    /// As [`List::next`]; the flows that were read before the error have been appended.
    pub fn read(&mut self, most: usize, flows: &mut Vec<Flow>) -> Result<bool> {
        for _ in 0..most {
            if !self.cursor.read(&mut self.handle)? {
                return Ok(false);
            }
            if self.selector.as_ref().is_none_or(|selector| selector.matches(&self.cursor.flow)) {
                flows.push(std::mem::take(&mut self.cursor.flow));
            }
        }
        Ok(true)
    }

    /// Ends the list, and returns the handle, which reads the other messages before its next request.
    #[must_use]
    pub fn into_handle(mut self) -> Handle {
        self.cursor.leave(&mut self.handle);
        self.handle
    }
}

impl Handle {
    /// Lists the selected flows, and gives the handle to the list; otherwise as [`entries`](Self::entries) with this
    /// selector and this table.
    ///
    /// ```no_run
    /// use netfilter_conntrack::{Handle, OwnedList, Selector, Table};
    ///
    /// struct Report {
    ///     list: OwnedList,
    /// }
    /// let mut report = Report { list: Handle::open()?.into_list(Selector::new(), Table::Conntrack)? };
    /// while let Some(flow) = report.list.next()? {
    ///     println!("{:?}", flow.id());
    /// }
    /// # Ok::<(), netfilter_conntrack::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`ListBuilder::open`].
    pub fn into_list(mut self, selector: Selector, table: Table) -> Result<OwnedList> {
        let mut cursor = Cursor::new(table, false, self.reads_ahead());
        cursor.begin(&mut self, None, Some(&selector), Pushdown::Kernel)?;
        let selector = Some(selector).filter(|selector| !selector.is_everything());
        Ok(OwnedList { handle: self, selector, cursor })
    }
}

/// The requests of a list and the answer that is being read. The handle and the selector are the caller's: the same ones
/// in every call.
#[derive(Debug)]
struct Cursor {
    table: Table,
    zero_counters: bool,
    read_ahead: bool,
    /// The filters of the requests that are still to be sent, the next one last.
    filters: Vec<DumpFilter>,
    /// The library chose the filters: where the kernel refuses one, the request is repeated without it.
    is_pushed_down: bool,
    /// The request that is sent where the kernel refuses the filter of this one.
    plain: Option<DumpFilter>,
    /// The answer that is being read.
    reading: Option<Reading>,
    flow: Flow,
    /// A lookup has found the flow, and no call has returned it.
    is_found: bool,
    /// The first error.
    wrong: Option<Error>,
}

impl Cursor {
    /// A list before its first request.
    fn new(table: Table, zero_counters: bool, read_ahead: bool) -> Cursor {
        Cursor {
            // Counters that were zeroed must not be lost where the list is dropped before its end.
            read_ahead: read_ahead && !zero_counters,
            table,
            zero_counters,
            filters: Vec::new(),
            is_pushed_down: false,
            plain: None,
            reading: None,
            flow: Flow::new(),
            is_found: false,
            wrong: None,
        }
    }

    /// Sends the first request.
    fn begin(
        &mut self,
        handle: &mut Handle,
        filter: Option<DumpFilter>,
        selector: Option<&Selector>,
        pushdown: Pushdown,
    ) -> Result<()> {
        let is_proper = self.table == Table::Conntrack && !self.zero_counters;
        match (filter, selector) {
            (Some(filter), _) => self.filters.push(filter),
            (None, Some(selector)) if pushdown == Pushdown::Kernel && is_proper => {
                self.push_down(handle, selector)?
            }
            (None, Some(selector)) if pushdown == Pushdown::Kernel => {
                self.filters.push(DumpFilter { family: selector.family, ..DumpFilter::new() });
            }
            _ => self.filters.push(DumpFilter::new()),
        }
        self.ask(handle)
    }

    /// Moves on to the next selected flow; returns whether there is one.
    #[inline]
    fn advance(&mut self, handle: &mut Handle, selector: Option<&Selector>) -> Result<bool> {
        while self.read(handle)? {
            if selector.is_none_or(|selector| selector.matches(&self.flow)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Reads the next entry, whether it is selected or not; returns whether there is one.
    #[inline]
    fn read(&mut self, handle: &mut Handle) -> Result<bool> {
        loop {
            let Some(reading) = &mut self.reading else {
                return self.without_reading();
            };
            let flow = &mut self.flow;
            let step = handle.step(reading, |frame| {
                flow.clear();
                read_flow(flow, frame)
            });
            match step {
                Step::Part(()) => return Ok(true),
                end => self.end(handle, end)?,
            }
        }
    }

    /// The next step of a list without a request: a looked-up flow, or the end.
    #[cold]
    fn without_reading(&mut self) -> Result<bool> {
        match self.wrong.take() {
            Some(error) => Err(error),
            None => Ok(std::mem::take(&mut self.is_found)),
        }
    }

    /// A request has ended: the next one is sent, if there is one.
    #[cold]
    fn end(&mut self, handle: &mut Handle, step: Step<()>) -> Result<()> {
        let Some(reading) = self.reading.take() else { return Ok(()) };
        match (handle.end(reading, step), self.plain.take()) {
            (Ok(()), _) => {}
            (Err(error), Some(plain)) if is_refusal(error) => {
                return self.ask_for(handle, &plain);
            }
            (Err(error @ (Error::Kernel(_) | Error::Os(_))), _) => {
                self.filters.clear();
                return Err(self
                    .wrong
                    .take()
                    .filter(|_| !matches!(error, Error::Kernel(_)))
                    .unwrap_or(error));
            }
            (Err(error), _) => drop(self.wrong.get_or_insert(error)),
        }
        self.ask(handle)
    }

    /// Sends the next request, if there is one.
    fn ask(&mut self, handle: &mut Handle) -> Result<()> {
        let Some(filter) = self.filters.pop() else { return Ok(()) };
        if self.is_pushed_down {
            self.plain = Some(DumpFilter { family: filter.family, ..DumpFilter::new() });
        }
        self.ask_for(handle, &filter)
    }

    fn ask_for(&mut self, handle: &mut Handle, filter: &DumpFilter) -> Result<()> {
        let (table, zero_counters) = (self.table, self.zero_counters);
        let seq = handle.send(|buf, seq| request::build_list(buf, table, zero_counters, filter, seq))?;
        self.reading = Some(handle.begin(seq, self.read_ahead));
        Ok(())
    }

    /// Splits a selector between the kernel and this process: a lookup, or the filters of some requests.
    fn push_down(&mut self, handle: &mut Handle, selector: &Selector) -> Result<()> {
        if let Some(key) = selector.lookup_key() {
            match handle.get_as_listed(&key) {
                Ok(flow) => {
                    (self.is_found, self.flow) = (selector.matches(&flow), flow);
                    return Ok(());
                }
                Err(Error::Kernel(libc::ENOENT)) => return Ok(()),
                Err(error) if !is_refusal(error) => return Err(error),
                Err(_) => {} // a tuple that this kernel does not know; the list shows what it knows
            }
        }
        self.filters = selector.kernel_filters();
        self.filters.reverse();
        self.is_pushed_down = true;
        Ok(())
    }

    /// Stops reading.
    fn leave(&mut self, handle: &mut Handle) {
        if let Some(reading) = self.reading.take() {
            handle.leave(reading);
        }
    }
}

#[cfg(test)]
impl<'h> List<'h> {
    /// The list that answers request `seq`, which has been sent.
    pub(super) fn answering(handle: &'h mut Handle, seq: u32, read_ahead: bool) -> List<'h> {
        let mut cursor = Cursor::new(Table::Conntrack, false, read_ahead);
        cursor.reading = Some(handle.begin(seq, read_ahead));
        List { handle, selector: None, cursor }
    }
}

/// A list of the whole table for a caller that owns the handle too. Until its end the caller sends no other request.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// The answer that is being read. A handle remembers an answer that no caller reads any more.
    reading: Option<Reading>,
    flow: Flow,
}

impl Listing {
    /// Sends the request.
    pub(crate) fn begin(&mut self, handle: &mut Handle) -> Result<()> {
        let everything = DumpFilter::new();
        let build = |buf: &mut [u8], seq| request::build_list(buf, Table::Conntrack, false, &everything, seq);
        let seq = handle.send(build)?;
        self.reading = Some(handle.begin(seq, false));
        Ok(())
    }

    /// Reads the next flow; returns whether there is one. An error is the end of the list, as in [`List::next`].
    pub(crate) fn advance(&mut self, handle: &mut Handle) -> Result<bool> {
        let Some(reading) = &mut self.reading else { return Ok(false) };
        let flow = &mut self.flow;
        let step = handle.step(reading, |frame| {
            flow.clear();
            read_flow(flow, frame)
        });
        match step {
            Step::Part(()) => Ok(true),
            end => self.reading.take().map_or(Ok(()), |reading| handle.end(reading, end)).map(|()| false),
        }
    }

    /// The flow that was read last.
    pub(crate) fn flow(&self) -> &Flow {
        &self.flow
    }
}

/// Whether an error means that the kernel does not support the request.
fn is_refusal(error: Error) -> bool {
    matches!(error, Error::Kernel(libc::EINVAL | libc::EOPNOTSUPP))
}

/// Reads an answer that shows a flow.
#[inline]
pub(super) fn read_flow(flow: &mut Flow, frame: &Frame<'_>) -> Result<()> {
    frame.must_be(request::FLOW_ANSWERS)?;
    flow_decode::message(flow, frame)
}

/// Reads an answer that shows an expectation.
pub(super) fn read_expectation(frame: &Frame<'_>) -> Result<Expectation> {
    frame.must_be(request::EXPECTATION_ANSWERS)?;
    let mut expect = Expectation::new();
    expect_decode::message(&mut expect, frame).map(|()| expect)
}

/// An iterator over the flows of the table; made by [`Handle::flows`].
///
/// It owns each flow that it returns, unlike [`List::next`]. An error is the last item: all readable flows precede it.
#[derive(Debug)]
pub struct Flows<'h>(pub(super) List<'h>);

impl Iterator for Flows<'_> {
    type Item = Result<Flow>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.0.advance() {
            Ok(true) => Some(Ok(std::mem::take(&mut self.0.cursor.flow))),
            Ok(false) => None,
            Err(error) => Some(Err(error)),
        }
    }
}

/// A list of expectations that is being read; made by [`Handle::list_expectations`].
#[derive(Debug)]
pub struct Expectations<'h> {
    handle: &'h mut Handle,
    reading: Option<Reading>,
    expect: Expectation,
}

impl<'h> Expectations<'h> {
    pub(super) fn open(handle: &'h mut Handle, family: u8) -> Result<Expectations<'h>> {
        let subject = Subject::ExpectationFamily(family);
        let seq = handle.send(|buf, seq| request::build(buf, Query::Dump, subject, seq))?;
        let reading = Some(handle.begin(seq, false));
        Ok(Expectations { handle, reading, expect: Expectation::new() })
    }

    /// The next expectation, or `None` at the end.
    ///
    /// # Errors
    /// As [`List::next`].
    #[allow(clippy::should_implement_trait)] // the expectation borrows from the list
    pub fn next(&mut self) -> Result<Option<&Expectation>> {
        let Some(reading) = &mut self.reading else { return Ok(None) };
        match self.handle.step(reading, read_expectation) {
            Step::Part(expect) => {
                self.expect = expect;
                Ok(Some(&self.expect))
            }
            end => match self.reading.take() {
                Some(reading) => self.handle.end(reading, end.map(drop)).map(|()| None),
                None => Ok(None),
            },
        }
    }
}

impl Drop for Expectations<'_> {
    fn drop(&mut self) {
        if let Some(reading) = self.reading.take() {
            self.handle.leave(reading);
        }
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::exchange::inbox::answer;
    use crate::filter::dump::Masked;
    use crate::filter::selector::{AddressMask, TupleSelector};
    use crate::flow::{Attr, Dir, L4};
    use crate::sys::Socket;
    use crate::sys::script::Arrival;
    use crate::wire::consts::*;
    use crate::wire::{Builder, Header};

    const FLOW: u16 = u16::from_be_bytes([NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_NEW]);
    const EXPECTATION: u16 = u16::from_be_bytes([NFNL_SUBSYS_CTNETLINK_EXP, IPCTNL_MSG_EXP_NEW]);

    fn handle(script: impl IntoIterator<Item = Arrival>) -> Handle {
        Handle::scripted(Socket::scripted(script).unwrap()).unwrap()
    }

    /// A part of the answer to request `seq` with these numbers.
    fn part(kind: u16, seq: u32, numbers: &[(u16, u32)]) -> Arrival {
        let (mut buf, header) = ([0; 256], Header { kind, seq, ..Header::default() });
        let mut b = Builder::message(&mut buf, header, AF_INET, 0).unwrap();
        numbers.iter().for_each(|&(kind, number)| b.be32(kind, number).unwrap());
        let len = b.finish();
        Arrival::Kernel(buf[..len].to_vec())
    }

    fn end(seq: u32) -> Arrival {
        Arrival::Kernel(answer(NLMSG_DONE, seq))
    }

    fn refused(seq: u32, errno: i32) -> Arrival {
        Arrival::Kernel([&answer(NLMSG_ERROR, seq)[..16], &(-errno).to_ne_bytes()].concat())
    }

    /// The message number, the family and the types of the attributes of the latest request.
    fn asked(handle: &Handle) -> (u8, u8, Vec<u16>) {
        let frame = Frame::read(handle.last_request()).unwrap();
        (frame.header.message(), frame.family().unwrap(), frame.attrs().map(|attr| attr.kind).collect())
    }

    fn marked() -> Selector {
        Selector {
            family: Some(AF_INET),
            mark: Some(Masked { value: 7, mask: u32::MAX }),
            ..Selector::default()
        }
    }

    /// The marks of all flows of a list, and the error that ended it.
    fn marks(list: &mut List<'_>) -> (Vec<Option<u32>>, Option<Error>) {
        let mut marks = Vec::new();
        loop {
            match list.next() {
                Ok(Some(flow)) => marks.push(flow.mark()),
                Ok(None) => return (marks, None),
                Err(error) => return (marks, Some(error)),
            }
        }
    }

    #[test]
    fn every_setting_reaches_the_request() {
        let mut handle = handle([]);
        let list = handle.entries().table(Table::Dying).open().unwrap();
        assert_eq!(asked(list.handle), (IPCTNL_MSG_CT_GET_DYING, AF_UNSPEC, vec![]));
        drop(list);
        let list = handle.entries().zero_counters(true).read_ahead(true).open().unwrap();
        assert_eq!(asked(list.handle), (IPCTNL_MSG_CT_GET_CTRZERO, AF_UNSPEC, vec![]));
        assert!(!list.cursor.read_ahead, "zeroed counters must not be lost");
        drop(list);
        let filter = DumpFilter { mark: marked().mark, ..DumpFilter::new() };
        let list = handle.entries().filter(&filter).open().unwrap();
        assert_eq!(asked(list.handle), (IPCTNL_MSG_CT_GET, AF_UNSPEC, vec![CTA_MARK, CTA_MARK_MASK]));
        drop(list);
        handle.read_ahead(true);
        assert!(handle.entries().read_ahead);
        assert!(!handle.entries().read_ahead(false).read_ahead);
        handle.read_ahead(false);
        assert!(handle.entries().read_ahead(true).read_ahead);
    }

    #[test]
    fn the_kernel_checks_what_the_settings_let_it_check() {
        let (selector, mut handle) = (marked(), handle([]));
        let all = vec![CTA_MARK, CTA_MARK_MASK];
        let list = handle.entries().selector(&selector).open().unwrap();
        assert_eq!(asked(list.handle), (IPCTNL_MSG_CT_GET, AF_INET, all));
        drop(list);
        let list = handle.entries().selector(&selector).pushdown(Pushdown::UserSpace).open().unwrap();
        assert_eq!(asked(list.handle), (IPCTNL_MSG_CT_GET, AF_UNSPEC, vec![]));
        drop(list);
        let list = handle.entries().selector(&selector).zero_counters(true).open().unwrap();
        assert_eq!(asked(list.handle), (IPCTNL_MSG_CT_GET_CTRZERO, AF_INET, vec![]));
        drop(list);
        let list = handle.entries().selector(&selector).table(Table::Dying).open().unwrap();
        assert_eq!(asked(list.handle), (IPCTNL_MSG_CT_GET_DYING, AF_INET, vec![]));
    }

    #[test]
    fn each_flow_is_a_new_one_and_the_selector_decides() {
        let entries =
            || [part(FLOW, 1, &[(CTA_MARK, 7)]), part(FLOW, 1, &[]), part(FLOW, 1, &[(CTA_MARK, 7)]), end(1)];
        let mut other = handle(entries());
        assert_eq!(marks(&mut other.entries().open().unwrap()), (vec![Some(7), None, Some(7)], None));
        let selector = Selector { family: None, ..marked() };
        let mut other = handle(entries());
        assert_eq!(marks(&mut other.entries().selector(&selector).open().unwrap()), (vec![Some(7); 2], None));
    }

    #[test]
    fn a_list_that_owns_its_handle_is_the_same_list() {
        let entries = || [part(FLOW, 1, &[(CTA_MARK, 7)]), part(FLOW, 1, &[]), end(1), end(2)];
        let next = |list: &mut OwnedList| list.next().map(|flow| flow.map(Flow::mark));
        let selector = Selector { family: None, ..marked() };
        let mut list = handle(entries()).into_list(selector, Table::Conntrack).unwrap();
        assert_eq!(asked(&list.handle), (IPCTNL_MSG_CT_GET, AF_UNSPEC, vec![CTA_MARK, CTA_MARK_MASK]));
        let flows = [next(&mut list), next(&mut list), next(&mut list)];
        assert_eq!(flows, [Ok(Some(Some(7))), Ok(None), Ok(None)]);
        let selector = Selector { family: None, ..marked() };
        let mut list = handle(entries()).into_list(selector, Table::Conntrack).unwrap();
        let mut flows = Vec::new();
        assert_eq!((list.read(1, &mut flows), flows.len()), (Ok(true), 1));
        assert_eq!((list.read(1, &mut flows), flows.len()), (Ok(true), 1), "the second is not selected");
        assert_eq!((list.read(1, &mut flows), flows.len()), (Ok(false), 1));
        let list = handle(entries()).into_list(marked(), Table::Dying).unwrap();
        assert_eq!(asked(&list.handle), (IPCTNL_MSG_CT_GET_DYING, AF_INET, vec![]));
        assert!(list.into_handle().has_more(), "it has not been read");
        let mut list = handle([refused(1, libc::EPERM)]).into_list(ports(), Table::Conntrack).unwrap();
        assert_eq!(next(&mut list), Err(Error::Kernel(libc::EPERM)));
    }

    #[test]
    fn a_filter_that_the_kernel_refuses_is_left_out_where_the_library_chose_it() {
        let selector = Selector { family: None, ..marked() };
        for errno in [libc::EINVAL, libc::EOPNOTSUPP] {
            let script = || [refused(1, errno), part(FLOW, 2, &[(CTA_MARK, 7)]), part(FLOW, 2, &[]), end(2)];
            let mut other = handle(script());
            let mut list = other.entries().selector(&selector).open().unwrap();
            assert_eq!(marks(&mut list), (vec![Some(7)], None), "{errno}");
            assert_eq!(asked(list.handle).2, vec![]);
            drop(list);
            let filter = DumpFilter { mark: selector.mark, ..DumpFilter::new() };
            let mut other = handle(script());
            let mut list = other.entries().filter(&filter).open().unwrap();
            assert_eq!(marks(&mut list), (vec![], Some(Error::Kernel(errno))), "the caller's own filter");
        }
        let mut other = handle([refused(1, libc::EPERM), part(FLOW, 2, &[(CTA_MARK, 7)]), end(2)]);
        let mut list = other.entries().selector(&selector).open().unwrap();
        assert_eq!(marks(&mut list), (vec![], Some(Error::Kernel(libc::EPERM))));
        assert_eq!(marks(&mut list), (vec![], None), "after an error the list has ended");
    }

    /// A selector of which the kernel checks each family in a request of its own.
    fn ports() -> Selector {
        let orig = TupleSelector { dst_port: Some(53), ..TupleSelector::default() };
        Selector { protocol: Some(IPPROTO_UDP), orig, ..Selector::default() }
    }

    #[test]
    fn flows_of_ipv4_are_first_and_what_went_wrong_in_them_is_reported_last() {
        let selector = ports();
        let cut = Arrival::Kernel([answer(FLOW, 1), vec![9; 16]].concat());
        let mut other = handle([cut.clone(), end(1), end(2)]);
        let mut list = other.entries().selector(&selector).open().unwrap();
        assert_eq!(asked(list.handle).1, AF_INET);
        assert!(matches!(list.next(), Err(Error::Malformed(_))));
        assert_eq!(asked(list.handle).1, AF_INET6, "it has been listed too");
        drop(list);
        // The system's error is not reported in place of the first one; the kernel's refusal is.
        for (failure, refusal) in
            [(Arrival::Failure(Error::Os(9)), None), (refused(2, 1), Some(Error::Kernel(1)))]
        {
            let mut other = handle([cut.clone(), end(1), failure]);
            let seen = marks(&mut other.entries().selector(&selector).open().unwrap()).1;
            assert!(
                refusal.map_or(matches!(seen, Some(Error::Malformed(_))), |error| seen == Some(error)),
                "{seen:?}"
            );
        }
        // After a refusal no request for the other family follows.
        let mut other = handle([refused(1, libc::EPERM), part(FLOW, 2, &[]), end(2)]);
        let mut list = other.entries().selector(&selector).open().unwrap();
        assert_eq!(marks(&mut list).1, Some(Error::Kernel(libc::EPERM)));
        assert_eq!((marks(&mut list), asked(list.handle).1), ((vec![], None), AF_INET));
    }

    /// A selector that only one entry can pass, and the answer that shows the entry.
    fn one(mark: u32) -> (Selector, Vec<u8>) {
        let (src, dst) = ("192.0.2.1".parse().unwrap(), "198.51.100.2".parse().unwrap());
        let address = |address| Some(AddressMask { address, mask: None });
        let orig = TupleSelector {
            src: address(src),
            dst: address(dst),
            src_port: Some(1),
            dst_port: Some(53),
            zone: Some(0),
            ..TupleSelector::default()
        };
        let selector = Selector { orig, mark: Some(Masked { value: mark, mask: u32::MAX }), ..ports() };
        let (mut flow, mut buf) = (Flow::new(), [0; 256]);
        flow.set_tuple(Dir::Orig, src, dst, L4::Udp { sport: 1, dport: 53 });
        flow.set_mark(7);
        let mut b =
            Builder::message(&mut buf, Header { kind: FLOW, seq: 1, ..Header::default() }, AF_INET, 0)
                .unwrap();
        crate::codec::flow_encode::attributes(&mut b, &flow).unwrap();
        b.be32(CTA_USE, 2).unwrap();
        let len = b.finish();
        (selector, buf[..len].to_vec())
    }

    #[test]
    fn where_one_entry_can_pass_a_lookup_replaces_the_list() {
        let (selector, entry) = one(7);
        let found = || [Arrival::Kernel(entry.clone()), refused(1, 0)];
        let mut other = handle(found());
        let mut list = other.entries().selector(&selector).open().unwrap();
        assert_eq!(asked(list.handle).2, vec![CTA_TUPLE_ORIG]);
        let flow = list.next().unwrap().unwrap();
        assert_eq!(
            (flow.mark(), flow.use_count()),
            (Some(7), Some(1)),
            "without the reference of the lookup"
        );
        assert!(flow.is_set(Attr::OrigPortDst) && matches!(list.next(), Ok(None)));
        drop(list);
        let (selector, _) = one(8);
        let mut other = handle(found());
        assert_eq!(marks(&mut other.entries().selector(&selector).open().unwrap()), (vec![], None));
        let mut other = handle([refused(1, libc::ENOENT)]);
        assert_eq!(marks(&mut other.entries().selector(&selector).open().unwrap()), (vec![], None));
        let mut other = handle([refused(1, libc::EPERM)]);
        assert_eq!(other.entries().selector(&selector).open().err(), Some(Error::Kernel(libc::EPERM)));
        let mut other = handle([refused(1, libc::EINVAL), part(FLOW, 2, &[]), end(2)]);
        let mut list = other.entries().selector(&selector).open().unwrap();
        assert_eq!(asked(list.handle).1, AF_INET, "a list, where the kernel does not know the tuple");
        assert_eq!(marks(&mut list), (vec![], None));
    }

    #[test]
    fn a_list_that_is_left_is_read_to_its_end_later() {
        let mut other = handle([part(FLOW, 1, &[]), part(FLOW, 1, &[]), end(1)]);
        let mut list = other.entries().open().unwrap();
        assert!(list.next().is_ok_and(|flow| flow.is_some()));
        drop(list);
        assert!(other.has_more());
        let both = [answer(FLOW, 1), answer(NLMSG_DONE, 1)].concat();
        let mut other = handle([Arrival::Kernel(both)]);
        let mut list = other.entries().open().unwrap();
        assert!(list.next().is_ok_and(|flow| flow.is_some()));
        drop(list);
        assert!(!other.has_more(), "the end has come");

        let timeout = |secs| part(EXPECTATION, 1, &[(CTA_EXPECT_TIMEOUT, secs)]);
        let mut other = handle([timeout(5), timeout(6)]);
        let mut list = other.list_expectations(0).unwrap();
        for secs in [5, 6] {
            let expect = list.next().unwrap().unwrap();
            assert_eq!(expect.number(crate::expect::ExpectAttr::Timeout), Some(secs));
        }
        drop(list);
        assert!(other.has_more());
        let both = [answer(EXPECTATION, 1), answer(NLMSG_DONE, 1)].concat();
        let mut other = handle([Arrival::Kernel(both)]);
        let mut list = other.list_expectations(0).unwrap();
        assert!(list.next().is_ok_and(|expect| expect.is_some()));
        drop(list);
        assert!(!other.has_more());
    }
}
