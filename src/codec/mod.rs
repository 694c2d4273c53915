// SPDX-License-Identifier: GPL-2.0-or-later
//! Attributes to objects and back: what each `CTA_*` number means.
//!
//! Decoding adds to the object it is given: nothing is cleared first, and when an attribute occurs twice the
//! last one counts. Unknown attributes are skipped, over-long integers accepted; a known attribute that is too
//! short makes the message an error, after what stood before it has been taken. Encoding is driven by
//! presence and keeps the order that ctnetlink programs have always sent.

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
