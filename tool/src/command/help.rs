// SPDX-License-Identifier: GPL-2.0-or-later
//! `-h`, and a command line without a command: the help text, and that of a protocol if one was named.

#![forbid(unsafe_code)]

use super::{Done, Session, registry};
use crate::line::{Line, ProtocolChoice};
use crate::show::help;
use crate::show::message::Complaint;

/// The help text, with the options of a protocol.
#[derive(Debug)]
pub struct Job(Option<ProtocolChoice>);

pub fn job(line: Line) -> Result<registry::Job, Complaint> {
    Ok(registry::Job::Help(Job(line.protocol)))
}

impl Job {
    pub fn run(self, session: &mut Session) -> Result<Done, Complaint> {
        session.out.text(format_args!("{}", help::general(&session.program)))?;
        if let Some(protocol) = self.0 {
            session.out.text(format_args!("{}", help::of_protocol(protocol)))?;
        }
        Ok(Done::Quietly)
    }
}
