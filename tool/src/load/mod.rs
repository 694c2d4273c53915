// SPDX-License-Identifier: GPL-2.0-or-later
//! `-R`: the command lines in a file.
//!
//! All lines are understood before the first is carried out, so a file with a mistake changes nothing. Then they
//! run in order. Lines that make entries and follow one another are sent together: each of them is tried, and each
//! that fails is reported; the run ends after them. Any other failure ends the run where it stands. So does a signal,
//! once what has been changed is shown. No line inherits anything from another. A complaint names the file and the line.
//!
//! A line that makes an entry is kept as the message that does it, any other as it is. A line that starts with `{` is an
//! entry as `-o json` writes it ([`object`]), and counts as a line that makes one; if it is an event, it makes, updates
//! or deletes the entry, as the lines of `-E -o save` do.
//!
//! # The fast path
//! Lines of a long file are alike, so most are not parsed: [`pattern`] knows from a line before what they ask for. The
//! rule: **the fast path may only answer what the full understanding would answer**; a line that it is not sure of gets
//! the full understanding, with its complaints and warnings. [`FAST`] turns the fast path off, and then everything stays
//! as it is but the time: 3,000 lines that make entries take 10.2 million instructions with it and 32.6 million without.
//! The fuzz target `load_file` and the tests of `pattern` compare both ways.

#![forbid(unsafe_code)]

pub mod call;
mod group;
mod json;
mod lines;
pub mod object;
mod pattern;
pub mod spool;

use crate::certain::Certain as _;
use crate::command::registry::{Job, Verb};
use crate::command::{self, Done, Session, add, create, ports};
use crate::line::Line;
use crate::line::options::{Param, Table};
use crate::line::parse::Parser;
use crate::show::message::Complaint;
use crate::show::output::{say, tell};
use crate::show::refusal;
use crate::sys::streams::{self, Stream};
use call::Call;
use group::Group;
use lines::words;
use netfilter_conntrack::{Batch, Request};
use pattern::Patterns;
use spool::{Kind, Spool};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::os::fd::AsFd;

/// Whether lines may be understood by patterns; see the module's text.
const FAST: bool = true;

/// Runs a file, or standard input for `-`, and gives the exit status. The file is read where the caller is, its lines are
/// carried out in the namespace that the caller names.
///
/// # Errors
/// The complaint that ended the run, unless it has been told; see the module's text.
pub fn run(session: &mut Session, parser: &mut Parser, call: &Call<'_>) -> Result<u8, Complaint> {
    parser.is_dry |= call.is_dry;
    if parser.is_dry {
        session.begin_dry_run();
    }
    let (name, input) = open(call.file)?;
    let mut spool = Spool::default();
    understand(parser, &name, input, FAST, &mut |number, kind, order| {
        spool.add(number, kind, order).map_err(|error| Complaint::Spool(error.to_string()))
    })?;
    call.netns.as_ref().map_or(Ok(()), command::enter)?;
    let done = carry_out(session, parser, &name, spool);
    let finished = session.out.finish();
    done.and_then(|status| finished.map(|()| status))
}

fn open(file: &OsStr) -> Result<(String, Box<dyn BufRead>), Complaint> {
    let (name, opened) = match file == "-" {
        true => ("stdin".into(), standard_input()),
        false => (file.to_string_lossy().into_owned(), File::open(file)),
    };
    match opened {
        Ok(open) => Ok((name, Box::new(BufReader::with_capacity(1 << 16, open)))),
        Err(_) => Err(Complaint::OpenFile(file.to_string_lossy().into_owned())),
    }
}

/// Standard input as a file: the language's own handle takes one that cannot be read for an empty one.
fn standard_input() -> io::Result<File> {
    match streams::was_closed(Stream::Input) {
        true => Err(io::Error::from_raw_os_error(libc::EBADF)),
        false => io::stdin().as_fd().try_clone_to_owned().map(File::from),
    }
}

/// What may be wrong with a line of a file: the file itself, or what the line says.
enum Wrong {
    File,
    Line(Complaint),
}

impl From<io::Error> for Wrong {
    fn from(_: io::Error) -> Wrong {
        Wrong::File
    }
}

/// Takes what a line asks for, with its number.
type Keep<'k> = dyn FnMut(usize, Kind, &[u8]) -> Result<(), Complaint> + 'k;

/// Understands every line of a file, some by patterns if `fast`, and hands what it asks for to `keep`.
///
/// # Errors
/// The first complaint, with file and line.
pub fn understand(
    parser: &mut Parser,
    name: &str,
    input: impl BufRead,
    fast: bool,
    keep: &mut Keep<'_>,
) -> Result<(), Complaint> {
    let (mut patterns, mut message) = (fast.then(Patterns::default), vec![0; Request::MAX_LEN]);
    let understood = lines::for_each(input, |number, line| {
        let kept = match patterns.as_mut().and_then(|patterns| patterns.order(line)) {
            Some((kind, order)) => keep(number, kind, order),
            None => order(parser, line, &mut message, &mut |notice| say(notice))
                .and_then(|(kind, order)| keep(number, kind, order))
                .inspect(|()| {
                    if let Some(patterns) = &mut patterns {
                        patterns.learn(line, &mut |line| learnable(parser, line, &mut message));
                    }
                }),
        };
        kept.map_err(|complaint| Wrong::Line(located(name, number, complaint)))
    });
    understood.map_err(|wrong| match wrong {
        Wrong::File => Complaint::OpenFile(if name == "stdin" { "-" } else { name }.into()),
        Wrong::Line(complaint) => complaint,
    })
}

/// A complaint about a line of a file.
fn located(name: &str, number: usize, complaint: Complaint) -> Complaint {
    Complaint::Line(name.into(), number, Box::new(complaint))
}

/// What is kept of a line: the message that does what it asks for, or the line itself.
///
/// # Errors
/// The first complaint; what is to be told in passing goes to `say` even then.
fn order<'o>(
    parser: &mut Parser,
    line: &'o [u8],
    message: &'o mut [u8],
    say: &mut dyn FnMut(&str),
) -> Result<(Kind, &'o [u8]), Complaint> {
    if line.len() > lines::MAX_LEN {
        return Err(Complaint::LongLine);
    }
    if is_object(line) {
        return order_of_object(line, message);
    }
    let parsed = parser.parse(&words(line));
    parser.notices.drain(..).for_each(|notice| say(&notice));
    let parsed = parsed?;
    allowed(&parsed)?;
    let job = parsed.job()?;
    let (kind, verb, request) = match &job {
        Job::Create(create::Job::Entry(flow, None)) => (Kind::Create, Verb::Create, Request::Create(flow)),
        Job::Add(add::Job(flow, None)) => (Kind::Add, Verb::Add, Request::CreateOrUpdate(flow)),
        _ => return Ok((Kind::Line, line)),
    };
    let len = request.encode(message).map_err(|error| refusal::of(verb, Table::Conntrack, error))?;
    Ok((kind, message.get(..len).certain().unwrap_or_default()))
}

/// Whether a line is an entry as JSON, not a command.
fn is_object(line: &[u8]) -> bool {
    line.iter().find(|&&byte| !lines::is_separator(byte)) == Some(&b'{')
}

/// The message for an entry as JSON.
fn order_of_object<'o>(line: &[u8], message: &'o mut [u8]) -> Result<(Kind, &'o [u8]), Complaint> {
    let (kind, flow) = object::entry(line).map_err(Complaint::Object)?;
    let (verb, request) = match kind {
        Kind::Update => (Verb::Update, Request::Update(&flow)),
        Kind::Delete => (Verb::Delete, Request::Delete(&flow)),
        Kind::Create | Kind::Add | Kind::Line => (Verb::Add, Request::CreateOrUpdate(&flow)),
    };
    let len = request.encode(message).map_err(|error| refusal::of(verb, Table::Conntrack, error))?;
    Ok((kind, message.get(..len).certain().unwrap_or_default()))
}

/// What patterns learn from: a line that is understood without comment.
fn learnable(parser: &mut Parser, line: &[u8], message: &mut [u8]) -> Option<(Kind, Vec<u8>)> {
    let mut silent = true;
    let (kind, order) = order(parser, line, message, &mut |_| silent = false).ok()?;
    silent.then(|| (kind, order.to_vec()))
}

/// Carries out what was kept, and gives the exit status.
fn carry_out(session: &mut Session, parser: &mut Parser, name: &str, spool: Spool) -> Result<u8, Complaint> {
    let lost = |error: io::Error| Complaint::Spool(error.to_string());
    let mut orders = spool.orders().map_err(lost)?;
    session.out.defer_signals()?;
    let mut run = Run { name, batch: None, lines: Vec::new(), failed: 0 };
    let mut group = Group::of(name);
    while let Some((number, kind, order)) = orders.next().map_err(lost)? {
        if kind != Kind::Line {
            group.run(session)?;
        }
        if parser.is_dry && kind != Kind::Line {
            continue;
        }
        let done = match kind {
            Kind::Create => run.add(session, number, Verb::Create, order),
            Kind::Add => run.add(session, number, Verb::Add, order),
            Kind::Update => run.add(session, number, Verb::Update, order),
            Kind::Delete => run.add(session, number, Verb::Delete, order),
            Kind::Line => {
                run.send(session)?;
                if run.failed != 0 {
                    break;
                }
                let job = understood(parser, order);
                if job.is_err() {
                    group.run(session)?;
                }
                job.and_then(|job| match group.add(session, (number, order.len()), job)? {
                    Some(job) => one(session, job),
                    None => Ok(()),
                })
            }
        };
        done.map_err(|complaint| match complaint {
            located @ Complaint::Line(..) => located,
            complaint => located(name, number, complaint),
        })?;
    }
    group.run(session)?;
    run.send(session)?;
    Ok(run.failed)
}

/// What a line asks for that was understood before.
fn understood(parser: &mut Parser, line: &[u8]) -> Result<Job, Complaint> {
    let parsed = parser.parse(&words(line));
    parser.notices.clear(); // said when the line was understood
    parsed?.job()
}

/// Carries one line out.
fn one(session: &mut Session, job: Job) -> Result<(), Complaint> {
    if let Done::Saying(text) = job.run(session)? {
        session.out.flush()?;
        tell(text);
    }
    session.out.unless_stopped()
}

/// Lines that make entries, or are entries as JSON, and follow one another.
struct Run<'n> {
    name: &'n str,
    batch: Option<Batch>,
    /// The number and command of each line in the batch.
    lines: Vec<(usize, Verb)>,
    /// The exit status of the first failure.
    failed: u8,
}

impl Run<'_> {
    fn add(
        &mut self,
        session: &mut Session,
        number: usize,
        verb: Verb,
        message: &[u8],
    ) -> Result<(), Complaint> {
        let refused = |error| refusal::of(verb, Table::Conntrack, error);
        if let Some((protocol, ports)) = Request::protocol_and_ports(message, ports::are_unsure) {
            if let Err(complaint) = session.check_ports(verb, protocol, ports) {
                self.send(session)?;
                session.out.flush()?;
                self.fail(&located(self.name, number, complaint));
                return Ok(());
            }
        }
        let batch = match &mut self.batch {
            Some(batch) => batch,
            None => self.batch.insert(session.handle()?.0.batch().map_err(refused)?),
        };
        batch.push_message(message).map_err(refused)?;
        self.lines.push((number, verb));
        if batch.is_full() { self.send(session) } else { Ok(()) }
    }

    /// Sends what has gathered, and tells what failed.
    fn send(&mut self, session: &mut Session) -> Result<(), Complaint> {
        let (Some(batch), Some(&(first, verb))) = (&mut self.batch, self.lines.first()) else {
            return Ok(());
        };
        let (handle, out) = session.handle()?;
        out.unless_stopped().map_err(|complaint| located(self.name, first, complaint))?;
        let mut lines = self.lines.drain(..);
        let mut failures = Vec::new();
        let sent = handle.carry_out(batch, |_, answer| {
            if let (Some((number, verb)), Err(error)) = (lines.next().certain(), answer) {
                let complaint = refusal::of(verb, Table::Conntrack, error);
                failures.push(located(self.name, number, complaint));
            }
        });
        sent.map_err(|error| located(self.name, first, refusal::of(verb, Table::Conntrack, error)))?;
        drop(lines);
        if !failures.is_empty() {
            let level = handle.statistics();
            session.out.flush()?;
            failures.into_iter().for_each(|one| self.fail(&refusal::explained(one, level)));
        }
        Ok(())
    }

    /// Reports a line that failed.
    fn fail(&mut self, complaint: &Complaint) {
        self.failed = if self.failed == 0 { complaint.exit_status() } else { self.failed };
        tell(&complaint.to_string());
    }
}

/// Whether a command may stand in a file: those that change the table of entries. The namespace is one for all lines.
fn allowed(line: &Line) -> Result<(), Complaint> {
    match line.form().in_file {
        true if line.has(Param::Netns) => Err(Complaint::LoadFileOption(Param::Netns.row().name())),
        true => Ok(()),
        false => Err(Complaint::LoadFileCommand(command_name(line.verb(), line.table))),
    }
}

fn command_name(verb: Option<Verb>, table: Table) -> String {
    match verb.and_then(|verb| verb.row().short) {
        Some(letter) if table == Table::Expect => format!("-{} expect", char::from(letter)),
        Some(letter) => format!("-{}", char::from(letter)),
        None => "unknown".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_commands_that_change_entries_are_allowed() {
        let says = |line: &str| {
            let line = Parser::default().parse(&words(line.as_bytes())).unwrap();
            allowed(&line).map_err(|complaint| complaint.to_string())
        };
        assert_eq!(says("-F"), Ok(()));
        for line in [
            "-F --netns blue",
            "-D --netns blue -p udp",
            "-I --netns blue -s 1.1.1.1 -d 1.1.1.2 -p gre -t 1 --srckey 1 --dstkey 1",
        ] {
            let why = "cannot use `--netns' in a line of a file: give it after the name of the file";
            assert_eq!(says(line), Err(why.into()), "{line}");
        }
        assert_eq!(says("-L"), Err("Cannot use command `-L' with --load-file".into()));
        assert_eq!(says("-F expect"), Err("Cannot use command `-F expect' with --load-file".into()));
        assert_eq!(says("foo"), Err("Cannot use command `unknown' with --load-file".into()));
    }
}
