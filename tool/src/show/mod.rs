// SPDX-License-Identifier: GPL-2.0-or-later
//! What the tool prints: entries and events ([`output`]), complaints and warnings ([`message`], [`refusal`]), the help
//! text, and the completions of shells, which a test renders.

#![forbid(unsafe_code)]

#[cfg(test)]
mod completion;
#[cfg(test)]
mod findings;
pub mod help;
pub mod message;
pub mod openmetrics;
pub mod output;
pub mod plugin;
pub mod refusal;
