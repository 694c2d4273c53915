// SPDX-License-Identifier: GPL-2.0-or-later
//! `--top`: who holds the entries.

#![forbid(unsafe_code)]

use super::{Done, Session, registry};
use crate::line::Line;
use crate::show::message::Complaint;

/// What is asked for.
#[derive(Debug)]
pub struct Job;

pub fn job(_: Line) -> Result<registry::Job, Complaint> {
    Ok(registry::Job::Top(Job))
}

impl Job {
    pub fn run(self, _: &mut Session) -> Result<Done, Complaint> {
        Err(Complaint::Operation("this command is being built".into()))
    }
}
