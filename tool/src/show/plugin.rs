// SPDX-License-Identifier: GPL-2.0-or-later
//! `--check`: the line and the exit status of a monitoring plugin, as the Monitoring Plugins guidelines have them
//! (<https://www.monitoring-plugins.org/doc/guidelines.html>).

#![forbid(unsafe_code)]

use super::message::Complaint;
use super::output::Output;

/// What a plugin answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    Ok,
    Warning,
    Critical,
    Unknown,
}

impl State {
    /// The word in the line.
    pub fn name(self) -> &'static str {
        match self {
            State::Ok => "OK",
            State::Warning => "WARNING",
            State::Critical => "CRITICAL",
            State::Unknown => "UNKNOWN",
        }
    }

    /// The exit status.
    pub fn exit_status(self) -> u8 {
        self as u8
    }
}

/// Whether a command line asks for `--check`: then every complaint is the plugin's answer.
pub fn is_asked_for<'w>(mut words: impl Iterator<Item = &'w [u8]>) -> bool {
    words.any(|word| word == b"--check" || word.starts_with(b"--check="))
}

/// Answers that nothing is known, and why. Gives the exit status.
pub fn complain(out: &mut Output, complaint: &Complaint) -> u8 {
    let said = out.text(format_args!("CONNTRACK {} - {complaint}\n", State::Unknown.name()));
    // Standard output that cannot be written was the complaint, or there is no place to complain to.
    let _ = said.and_then(|()| out.finish());
    State::Unknown.exit_status()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_name_makes_a_plugin() {
        let asked = |line: &str| is_asked_for(line.split(' ').map(str::as_bytes));
        assert!(asked("--check") && asked("--nosuch --check=80,95") && asked("-L --check 1"));
        assert!(!asked("--chec") && !asked("--checks") && !asked("-L check"));
    }
}
