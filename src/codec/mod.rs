// SPDX-License-Identifier: GPL-2.0-or-later
//! Attributes to objects and back: the meaning of each `CTA_*` number.
//!
//! Decoding adds to the object that it is given: nothing is cleared first, and when an attribute occurs twice the last
//! one counts. Unknown attributes are skipped, over-long integers accepted; a known attribute that is too short makes
//! the message an error, and the attributes before it have been decoded. Encoding writes the present attributes in the
//! order that ctnetlink programs have always used.

#![forbid(unsafe_code)]

pub mod event;
pub mod expect_decode;
pub mod expect_encode;
pub mod flow_decode;
pub mod flow_encode;
pub mod stats_decode;
pub mod timeout_decode;
pub mod tuple;

pub use event::EventKind;
