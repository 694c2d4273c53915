// SPDX-License-Identifier: GPL-2.0-or-later
//! libconntrack: the kernel's connection tracking table, from Rust and, through a drop-in
//! `libnetfilter_conntrack.so.3`, from C.
//!
//! Data flows one way, and back:
//!
//! ```text
//! kernel -> sys::Socket -> &[u8] -> wire::Frames -> wire::Attrs -> codec -> Flow -> selector -> format | C callback
//! arguments | C setters -> Flow -> codec::encode -> wire::Builder -> sys::Socket -> kernel
//! ```
//!
//! No module reaches back up the line. The C border (`capi`) and the `conntrack` tool are two thin clients of
//! the same core.
//!
//! # From Rust
//! The package is `netfilter-conntrack`; a program writes `use netfilter_conntrack::…`. Linux only.
//!
//! A [`Flow`] is one entry of the table, or the known part of one. A [`Handle`] sends requests to the kernel: it lists,
//! looks up, creates, changes and deletes flows, many of them in one [`Batch`]. [`Events`] reports new, changed and
//! ended flows. A [`Mirror`] keeps a copy of the table even when events are lost. A [`Selector`] selects flows in a
//! list ([`ListBuilder::selector`]); [`DumpFilter`] is the kernel's own, coarser filter. [`format`](mod@format) prints
//! a flow as the text or XML that C programs know; [`format::facts`] names its values for any other format, such as
//! JSON. Requests need `CAP_NET_ADMIN` in the network namespace; opening a handle needs no privilege.
//!
//! List the table:
//! ```no_run
//! use netfilter_conntrack::{Dir, Handle};
//!
//! let mut handle = Handle::open()?;
//! for flow in handle.flows()? {
//!     let flow = flow?;
//!     let tuple = flow.tuple(Dir::Orig);
//!     println!("{:?} -> {:?}, {:?} s left", tuple.src(), tuple.dst(), flow.timeout_secs());
//! }
//! # Ok::<(), netfilter_conntrack::Error>(())
//! ```
//!
//! Make a flow, change it, delete it:
//! ```no_run
//! use netfilter_conntrack::{Dir, Error, Flow, Handle, L4};
//!
//! let mut flow = Flow::new();
//! let (client, server) = ("192.0.2.1".parse()?, "198.51.100.2".parse()?);
//! flow.set_tuple(Dir::Orig, client, server, L4::Udp { sport: 40000, dport: 53 });
//! flow.set_reply_from_original();
//! flow.set_timeout_secs(60);
//! let mut handle = Handle::open()?;
//! handle.create(&flow)?;
//! flow.set_mark(7);
//! handle.update(&flow)?;
//! handle.delete(&flow)?;
//! assert!(handle.delete(&flow).is_err_and(Error::is_not_found));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Follow events:
//! ```no_run
//! use netfilter_conntrack::{Error, EventSubject, Events, Groups};
//!
//! let mut events = Events::open(Groups::NEW | Groups::DESTROY)?;
//! loop {
//!     match events.next() {
//!         Ok(event) => {
//!             if let EventSubject::Flow(flow) = event.subject {
//!                 println!("{:?}: id {:?}", event.kind, flow.id());
//!             }
//!         }
//!         Err(Error::Overrun) => println!("some events were lost"),
//!         Err(error) => return Err(error),
//!     }
//! }
//! # #[allow(unreachable_code)]
//! # Ok::<(), netfilter_conntrack::Error>(())
//! ```
//!
//! To hold a copy of the table, use a [`Mirror`]: its changes lead to the kernel's table even when events are lost.
//!
//! [`Handle::builder`] opens a handle in another network namespace; [`Handle::failure`] adds to an error the name of
//! the request. [`Handle`], [`Events`] and [`Mirror`] have a descriptor ([`AsFd`](std::os::fd::AsFd)): `poll`, mio and
//! tokio can wait for it. [`Events::try_next`] never waits. A program that must stop on a signal waits with
//! [`Events::wait_readable`] or in an event loop, with a longest time or a second descriptor: a signal does not
//! interrupt [`Events::next`] when it arrives just before the call, or when its handler has `SA_RESTART`. The folder
//! `examples/` has a program for each.
//!
//! # Features
//! `capi` exports the C functions, see below. `internals` makes system calls, messages and codecs public, for the tests,
//! the fuzzers and the benches of this tree; it promises nothing, and any version may change any of it.
//! `header` renders the C headers. All three are off by default.
//!
//! # From C
//! The feature `capi`, off by default, exports the functions of libnetfilter_conntrack. `make` switches it on for the
//! shared library and the archive; a Rust program has no use for it.

mod bitmask;
#[cfg(feature = "capi")]
mod capi;
pub mod consts;
mod descriptor;
pub mod diagnosis;
mod error;
mod exchange;
pub mod format;
pub mod label;
pub mod stats;
mod watch;

// Private, but for the programs that test and measure what is inside: the feature `internals`.
#[cfg(not(feature = "internals"))]
mod codec;
#[cfg(feature = "internals")]
pub mod codec;
#[cfg(not(feature = "internals"))]
mod expect;
#[cfg(feature = "internals")]
pub mod expect;
#[cfg(not(feature = "internals"))]
mod filter;
#[cfg(feature = "internals")]
pub mod filter;
#[cfg(not(feature = "internals"))]
mod flow;
#[cfg(feature = "internals")]
pub mod flow;
#[cfg(not(feature = "internals"))]
mod sys;
#[cfg(feature = "internals")]
pub mod sys;
#[cfg(not(feature = "internals"))]
mod wire;
#[cfg(feature = "internals")]
pub mod wire;
#[cfg(feature = "internals")]
pub use exchange::{batch, faces, handle, list, request};
#[cfg(feature = "internals")]
pub use watch::{events, mirror};

pub use bitmask::Bitmask;
pub use codec::EventKind;
pub use error::{Error, Result};
pub use exchange::batch::{Batch, Request};
pub use exchange::handle::Handle;
pub use exchange::list::{Expectations, Flows, List, ListBuilder, OwnedList};
pub use exchange::request::Table;
pub use exchange::{Failure, HandleBuilder, Netns, Operation};
pub use expect::{ExpectAttr, Expectation};
pub use filter::dump::{Masked, TupleLeaves};
pub use filter::selector::{AddressMask, IcmpSelector, NatSelector, TupleSelector};
pub use filter::socket_filter::{EventFilter, Field as EventField};
pub use filter::{DumpFilter, Pushdown, Selector, SelectorSet};
pub use flow::nat::{Nat, Translation};
pub use flow::option::NatPart;
pub use flow::state::{DccpState, SctpState, State, TcpState};
pub use flow::status::Status;
pub use flow::{Attr, CompareFlags, CopyFlags, Counters, Dir, Flow, Group, L4, Tuple};
pub use label::LabelMap;
pub use sys::memory::handles_failed_allocation;
pub use watch::events::{Backlog, Event, EventSubject, Events, EventsBuilder, Groups, Heard};
pub use watch::mirror::{Change, Mirror};
