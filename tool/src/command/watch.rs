// SPDX-License-Identifier: GPL-2.0-or-later
//! `--watch`: a command again and again, until a signal asks to stop.

#![forbid(unsafe_code)]

use super::{Done, Session};
use crate::show::message::Complaint;
use crate::sys::signals::LeaveSignals;
use std::io::{IsTerminal as _, stdout};
use std::time::{Duration, Instant};

/// What separates two outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Between {
    /// An empty line; on a terminal the screen is cleared before each output.
    Text,
    /// Nothing: each output is a line.
    Lines,
}

/// The time between the two readings of the counters where neither `--interval` nor a shorter `--watch` says another.
const INTERVAL: Duration = Duration::from_millis(500);

/// The shortest time between two readings of the counters: as asked for, else no longer than the period.
pub fn interval(asked_for: Option<Duration>, every: Option<Duration>) -> Duration {
    asked_for.unwrap_or_else(|| every.map_or(INTERVAL, |every| every.min(INTERVAL)))
}

/// Clears a terminal and puts the cursor into its first place (ECMA-48 ED and CUP).
const CLEAR: &str = "\x1b[H\x1b[2J";

/// Runs `once` repeatedly: `every` is the time from the start of one run to the start of the next. From the end of
/// the first run on, SIGINT and SIGTERM end the process with the exit status of the last complete run; output that is
/// being written is finished first.
pub fn run(
    session: &mut Session,
    every: Option<Duration>,
    between: Between,
    mut once: impl FnMut(&mut Session) -> Result<Done, Complaint>,
) -> Result<Done, Complaint> {
    let Some(every) = every else { return once(session) };
    let clears = between == Between::Text && stdout().is_terminal();
    let mut signals: Option<LeaveSignals> = None;
    session.out.hold();
    session.out.only_reports();
    loop {
        let begun = Instant::now();
        if clears {
            session.out.text(format_args!("{CLEAR}"))?;
        } else if between == Between::Text && signals.is_some() {
            session.out.text(format_args!("\n"))?;
        }
        let done = once(session)?;
        let status = done.exit_status();
        match &signals {
            Some(signals) => signals.finishing(status, || session.out.flush())?,
            None => {
                session.out.flush()?;
                let caught = LeaveSignals::catch(status);
                signals = Some(caught.map_err(|error| Complaint::Handler(error.to_string()))?);
            }
        }
        std::thread::sleep(every.saturating_sub(begun.elapsed()));
    }
}
