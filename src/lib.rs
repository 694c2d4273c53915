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
//! # Example
//! ```no_run
//! use netfilter_conntrack::Handle;
//!
//! let mut handle = Handle::open()?;
//! for flow in handle.flows()? {
//!     let flow = flow?;
//!     println!("{:?} -> {:?}", flow.tuple(netfilter_conntrack::Dir::Orig).src(), flow.timeout_secs());
//! }
//! # Ok::<(), netfilter_conntrack::Error>(())
//! ```
//!
//! Requests need `CAP_NET_ADMIN` in the network namespace's user namespace.

pub mod bitmask;
pub mod codec;
pub mod error;
pub mod expect;
pub mod filter;
pub mod flow;
pub mod format;
pub mod handle;
pub mod label;
pub mod request;
pub mod sys;
pub mod wire;

pub use bitmask::Bitmask;
pub use codec::EventKind;
pub use error::{Error, Result};
pub use expect::{ExpectAttr, Expectation};
pub use filter::DumpFilter;
pub use flow::{Attr, CompareFlags, CopyFlags, Dir, Flow, Group, L4, Tuple};
pub use handle::{Event, EventSubject, Events, Groups, Handle};
pub use label::LabelMap;
