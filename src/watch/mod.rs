// SPDX-License-Identifier: GPL-2.0-or-later
//! What happens to the table: events as they come, and a copy of the table that stays true whatever is lost.

#![forbid(unsafe_code)]

pub mod events;
mod known;
pub mod mirror;
