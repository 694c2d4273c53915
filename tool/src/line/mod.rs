// SPDX-License-Identifier: GPL-2.0-or-later
//! Words become an understood command line: [`args`] splits them into options, [`value`] reads what the options are
//! given, [`parse`] puts both together and judges them by [`legality`], and [`objects`] makes of it what the library
//! takes. Nothing here talks to the kernel.

#![forbid(unsafe_code)]

pub mod args;
mod legality;
pub mod objects;
pub mod options;
pub mod parse;
pub mod value;
