// SPDX-License-Identifier: GPL-2.0-or-later
//! `--diagnose`: what is wrong with the table, why, and what to do.

#![forbid(unsafe_code)]

use super::{Done, Session, registry};
use crate::line::Line;
use crate::show::message::Complaint;

/// What is asked for.
#[derive(Debug)]
pub struct Job;

pub fn job(_: Line) -> Result<registry::Job, Complaint> {
    Ok(registry::Job::Diagnose(Job))
}

impl Job {
    pub fn run(self, _: &mut Session) -> Result<Done, Complaint> {
        Err(Complaint::Operation("this command is being built".into()))
    }
}
