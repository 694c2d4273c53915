// SPDX-License-Identifier: GPL-2.0-or-later
//! The `conntrack` tool: the connection tracking table from the command line.
//!
//! A client of the library's public interface: words become an understood line ([`mod@line`]), a line becomes library calls
//! ([`command`]; those of a file, [`mod@load`]), flows become output ([`show`]). Standard output holds entries, events and
//! counters; everything said in passing goes to standard error. Exit status: 0 done, 1 failed or nothing done, 2 the
//! command line is wrong, 3 events were lost.

#![deny(unsafe_code)] // but in `sys`; every other file forbids it

mod certain;
mod command;
mod line;
mod load;
#[cfg(test)]
mod replay;
#[cfg(test)]
mod selection;
mod show;
mod sys;

use command::Session;
use line::parse::Parser;
use load::call::Call;
use show::message::{self, Complaint, NO_MEMORY, TRY};
use show::output::{say, tell};
use show::plugin;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::process::ExitCode;
use sys::allocator::OrExit;
use sys::signals::{end_by_hangup, restore_sigpipe};

#[global_allocator]
static ALLOCATOR: OrExit = OrExit::saying(NO_MEMORY);

fn main() -> ExitCode {
    restore_sigpipe();
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let program = arguments.first().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let is_plugin = plugin::is_asked_for(arguments.iter().skip(1).map(|word| word.as_bytes()));
    let posix = std::env::var_os("POSIXLY_CORRECT").is_some();
    let (mut parser, mut session) = (Parser::new(posix), Session::new(program));
    let status = match Call::of(arguments.get(1..).unwrap_or_default()) {
        Some(call) => call.and_then(|call| load(&mut session, &mut parser, &call)),
        None => run(&mut session, &mut parser, arguments),
    };
    if let count @ 1.. = session.foreign_datagrams() {
        say(&message::foreign(count));
    }
    let status = status.unwrap_or_else(|complaint| match is_plugin {
        true => plugin::complain(&mut session.out, &complaint),
        false => complain(&complaint),
    });
    session.out.end_as_asked();
    end_by_hangup();
    ExitCode::from(status)
}

/// Runs a file, and gives the exit status.
fn load(session: &mut Session, parser: &mut Parser, call: &Call<'_>) -> Result<u8, Complaint> {
    call.stray.into_iter().for_each(|word| say(&message::stray(word.as_bytes())));
    load::run(session, parser, call).map_err(|complaint| session.explained(complaint))
}

/// Runs one command line and gives its exit status.
fn run(session: &mut Session, parser: &mut Parser, arguments: Vec<OsString>) -> Result<u8, Complaint> {
    let words: Vec<Vec<u8>> = arguments.into_iter().skip(1).map(OsString::into_vec).collect();
    let line = parser.parse(&words);
    parser.notices.iter().for_each(|notice| say(notice));
    let line = line?;
    line.netns.as_ref().map_or(Ok(()), command::enter)?;
    let done = session.run(line.job()?)?;
    done.summary().iter().for_each(|line| tell(line));
    Ok(done.exit_status().max(session.is_incomplete.into()))
}

/// Says what is wrong and gives the exit status.
fn complain(complaint: &Complaint) -> u8 {
    tell(&complaint.to_string());
    if complaint.is_usage() {
        say(TRY);
    }
    complaint.exit_status()
}
