// SPDX-License-Identifier: GPL-2.0-or-later
//! Which request failed: the name of a request, and an error with it.

#![forbid(unsafe_code)]

use super::batch::Request;
use super::handle::Handle;
use crate::error::Error;
use crate::wire::Frame;
use crate::wire::consts::*;
use std::fmt;

/// The purpose of a request; its text completes "cannot …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// List entries.
    List,
    /// List entries and zero their counters.
    ListAndZero,
    /// Look an entry up.
    Lookup,
    /// Create an entry.
    Create,
    /// Create an entry, or change it where it exists.
    CreateOrUpdate,
    /// Change an entry.
    Update,
    /// Delete one entry.
    Delete,
    /// Delete all entries, or all that pass a filter.
    Flush,
    /// List expectations.
    ListExpectations,
    /// Look an expectation up.
    LookupExpectation,
    /// Create an expectation.
    CreateExpectation,
    /// Delete one expectation.
    DeleteExpectation,
    /// Delete all expectations.
    FlushExpectations,
    /// Read statistics.
    Statistics,
}

impl Operation {
    /// The purpose of a request, from its message.
    fn of(message: &[u8]) -> Option<Operation> {
        let frame = Frame::read(message).ok()?;
        let (header, dumps) = (&frame.header, frame.header.flags & NLM_F_DUMP == NLM_F_DUMP);
        let has = |kind| frame.attrs().any(|attr| attr.kind == kind);
        match (header.subsystem(), header.message()) {
            (NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_NEW) => {
                Some(match header.flags & (NLM_F_CREATE | NLM_F_EXCL) {
                    0 => Operation::Update,
                    NLM_F_CREATE => Operation::CreateOrUpdate,
                    _ => Operation::Create,
                })
            }
            (NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET) if !dumps => Some(Operation::Lookup),
            (NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET_CTRZERO) => Some(Operation::ListAndZero),
            (
                NFNL_SUBSYS_CTNETLINK,
                IPCTNL_MSG_CT_GET | IPCTNL_MSG_CT_GET_DYING | IPCTNL_MSG_CT_GET_UNCONFIRMED,
            ) => Some(Operation::List),
            // A deletion without a tuple deletes everything.
            (NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_DELETE) if has(CTA_TUPLE_ORIG) || has(CTA_TUPLE_REPLY) => {
                Some(Operation::Delete)
            }
            (NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_DELETE) => Some(Operation::Flush),
            (NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET_STATS | IPCTNL_MSG_CT_GET_STATS_CPU)
            | (NFNL_SUBSYS_CTNETLINK_EXP, IPCTNL_MSG_EXP_GET_STATS_CPU) => Some(Operation::Statistics),
            (NFNL_SUBSYS_CTNETLINK_EXP, IPCTNL_MSG_EXP_NEW) => Some(Operation::CreateExpectation),
            (NFNL_SUBSYS_CTNETLINK_EXP, IPCTNL_MSG_EXP_GET) if dumps => Some(Operation::ListExpectations),
            (NFNL_SUBSYS_CTNETLINK_EXP, IPCTNL_MSG_EXP_GET) => Some(Operation::LookupExpectation),
            (NFNL_SUBSYS_CTNETLINK_EXP, IPCTNL_MSG_EXP_DELETE) if has(CTA_EXPECT_TUPLE) => {
                Some(Operation::DeleteExpectation)
            }
            (NFNL_SUBSYS_CTNETLINK_EXP, IPCTNL_MSG_EXP_DELETE) => Some(Operation::FlushExpectations),
            _ => None,
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Operation::List => "list the entries",
            Operation::ListAndZero => "list the entries and zero their counters",
            Operation::Lookup => "look up the entry",
            Operation::Create => "create the entry",
            Operation::CreateOrUpdate => "create or change the entry",
            Operation::Update => "change the entry",
            Operation::Delete => "delete the entry",
            Operation::Flush => "delete the entries",
            Operation::ListExpectations => "list the expectations",
            Operation::LookupExpectation => "look up the expectation",
            Operation::CreateExpectation => "create the expectation",
            Operation::DeleteExpectation => "delete the expectation",
            Operation::FlushExpectations => "delete the expectations",
            Operation::Statistics => "read the statistics",
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.text())
    }
}

impl From<Request<'_>> for Operation {
    fn from(request: Request<'_>) -> Operation {
        match request {
            Request::Create(_) => Operation::Create,
            Request::CreateOrUpdate(_) => Operation::CreateOrUpdate,
            Request::Update(_) => Operation::Update,
            Request::Delete(_) => Operation::Delete,
            Request::Lookup(_) => Operation::Lookup,
        }
    }
}

/// An error, and the request that failed with it.
///
/// ```no_run
/// # use netfilter_conntrack::{Flow, Handle};
/// # let (mut handle, flow) = (Handle::open()?, Flow::new());
/// handle.create(&flow).map_err(|error| handle.failure(error))?; // cannot create the entry: File exists
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure {
    operation: Option<Operation>,
    error: Error,
}

impl Failure {
    /// The failure of a request of a batch.
    #[must_use]
    pub fn new(operation: impl Into<Operation>, error: Error) -> Failure {
        Failure { operation: Some(operation.into()), error }
    }

    /// The purpose of the request; `None` when none had been sent.
    #[must_use]
    pub fn operation(&self) -> Option<Operation> {
        self.operation
    }

    /// The error.
    #[must_use]
    pub fn error(&self) -> Error {
        self.error
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.operation {
            Some(operation) => write!(f, "cannot {operation}: {}", self.error),
            None => self.error.fmt(f),
        }
    }
}

impl std::error::Error for Failure {}

impl Handle {
    /// Adds to an error of this handle the name of the request that was built last. A function that sends several
    /// requests, such as [`delete_matching`](Self::delete_matching), ends with the request that failed. For a batch see
    /// [`Failure::new`].
    #[must_use]
    pub fn failure(&self, error: Error) -> Failure {
        Failure { operation: Operation::of(self.last_request()), error }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::request::{self, Query, Statistics, Subject};
    use crate::expect::{ExpectAttr, Expectation};
    use crate::filter::DumpFilter;
    use crate::flow::{Dir, Flow, L4};
    use crate::sys::Socket;

    #[test]
    fn every_request_has_its_name() {
        let (mut flow, filter, mut expect) = (Flow::new(), DumpFilter::new(), Expectation::new());
        let address = |text: &str| text.parse().unwrap();
        flow.set_tuple(Dir::Orig, address("10.0.0.1"), address("10.0.0.2"), L4::Udp { sport: 1, dport: 2 });
        expect.set_tuple(ExpectAttr::Expected, &flow);
        let named = |query, subject| {
            let mut buf = [0; 1024];
            let len = request::build(&mut buf, query, subject, 1).unwrap();
            Operation::of(&buf[..len]).unwrap()
        };
        let of_flow = |query| named(query, Subject::Flow(&flow));
        assert_eq!(of_flow(Query::Create), Operation::Create);
        assert_eq!(of_flow(Query::CreateUpdate), Operation::CreateOrUpdate);
        assert_eq!(of_flow(Query::Update), Operation::Update);
        assert_eq!(of_flow(Query::Get), Operation::Lookup);
        assert_eq!(of_flow(Query::Destroy), Operation::Delete);
        assert_eq!(named(Query::Flush, Subject::FlowFamily(0)), Operation::Flush);
        assert_eq!(named(Query::FlushFilter, Subject::Filter(&filter)), Operation::Flush);
        assert_eq!(named(Query::Dump, Subject::FlowFamily(0)), Operation::List);
        assert_eq!(named(Query::DumpFilter, Subject::Filter(&filter)), Operation::List);
        assert_eq!(named(Query::DumpReset, Subject::FlowFamily(0)), Operation::ListAndZero);
        let of_expectation = |query| named(query, Subject::Expectation(&expect));
        assert_eq!(of_expectation(Query::Create), Operation::CreateExpectation);
        assert_eq!(of_expectation(Query::Get), Operation::LookupExpectation);
        assert_eq!(of_expectation(Query::Destroy), Operation::DeleteExpectation);
        assert_eq!(named(Query::Dump, Subject::ExpectationFamily(0)), Operation::ListExpectations);
        assert_eq!(named(Query::Flush, Subject::ExpectationFamily(0)), Operation::FlushExpectations);
        for which in [Statistics::Global, Statistics::Cpu, Statistics::ExpectCpu] {
            let mut buf = [0; 64];
            let len = request::build_statistics(&mut buf, which, 1).unwrap();
            assert_eq!(Operation::of(&buf[..len]), Some(Operation::Statistics));
        }
    }

    /// A handle whose requests get no answer.
    fn scripted() -> Handle {
        Handle::scripted(Socket::scripted([]).unwrap()).unwrap()
    }

    #[test]
    fn a_failure_says_what_was_asked_for() {
        let exists = Error::Kernel(libc::EEXIST);
        let failure = Failure::new(Request::Create(&Flow::new()), exists);
        assert_eq!(failure.to_string(), "cannot create the entry: File exists");
        assert_eq!((failure.operation(), failure.error()), (Some(Operation::Create), exists));
        let handle = scripted();
        assert_eq!(handle.failure(exists).to_string(), "File exists", "nothing has been sent");
    }

    #[test]
    fn a_request_that_is_not_sent_is_not_taken_for_the_one_before() {
        let (mut handle, empty) = (scripted(), Flow::new());
        for request in [
            |handle: &mut Handle, flow: &Flow| handle.delete(flow),
            |handle: &mut Handle, flow: &Flow| handle.get(flow).map(drop),
            |handle: &mut Handle, flow: &Flow| {
                handle.flush_matching(&DumpFilter::new().with_tuple(flow.clone()))
            },
            |handle: &mut Handle, flow: &Flow| {
                handle.delete_matching(&DumpFilter::new().with_tuple(flow.clone()))
            },
            |handle: &mut Handle, _: &Flow| handle.delete_expectation(&Expectation::new()),
        ] {
            let _ = handle.statistics();
            let error = request(&mut handle, &empty).unwrap_err();
            assert_eq!(handle.failure(error).to_string(), error.to_string());
        }
    }
}
