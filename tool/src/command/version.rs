// SPDX-License-Identifier: GPL-2.0-or-later
//! `-V`: the version.

#![forbid(unsafe_code)]

use super::{Done, Session, registry};
use crate::line::Line;
use crate::show::message::{Complaint, VERSION_LINE};

/// The version line.
#[derive(Debug)]
pub struct Job;

pub fn job(_: Line) -> Result<registry::Job, Complaint> {
    Ok(registry::Job::Version(Job))
}

impl Job {
    pub fn run(self, session: &mut Session) -> Result<Done, Complaint> {
        session.out.text(format_args!("{VERSION_LINE}\n"))?;
        Ok(Done::Quietly)
    }
}
