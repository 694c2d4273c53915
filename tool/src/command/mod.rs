// SPDX-License-Identifier: GPL-2.0-or-later
//! The commands, a file and a row of the [`registry`] for each: the file says what the command's job is, and carries it
//! out by requests to the kernel and output, which a [`Done`] sums up.

#![forbid(unsafe_code)]

pub mod add;
mod check;
mod count;
pub mod create;
pub mod delete;
mod diagnose;
pub mod dry;
mod event;
mod everywhere;
pub mod flush;
mod found;
mod get;
mod help;
pub mod list;
mod metrics;
mod namespaces;
pub mod origin;
mod others;
pub mod ports;
pub mod registry;
mod resync;
mod stats;
mod top;
pub mod update;
mod version;
mod watch;

use crate::show::message::Complaint;
use crate::show::output::Output;
use crate::show::plugin::State;
use crate::show::refusal;
use netfilter_conntrack::diagnosis::Sample;
use netfilter_conntrack::{Dir, Error, Flow, Handle, Netns};
use ports::Ports;
use registry::{Job, Verb};

/// What a command did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// It has nothing to add to its output.
    Quietly,
    /// It has this to say.
    Saying(&'static str),
    /// So many of these.
    Counted(u64, &'static str),
    /// So many of these; none at all is a failure.
    CountedOrFailed(u64, &'static str),
    /// Monitoring gets this exit status.
    Plugin(State),
    /// So many events of this kind were shown, and some were lost.
    Followed { shown: u64, what: &'static str, lost: u64, loss: Loss },
}

/// What the loss of events means. A loss that nothing made good is a failure of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// They are gone.
    Final,
    /// Reading the table made up for them.
    MadeGood,
    /// They are gone, and so may be what has no events: the table could not be read at the end.
    Unsettled,
    /// Ends of flows are delivered again, other events are gone.
    EndsRepeated,
    /// All of them are ends of flows, and are delivered again.
    AllRepeated,
}

impl Loss {
    fn words(self) -> &'static str {
        match self {
            Loss::Final => "have been lost.",
            Loss::Unsettled => "have been lost; the table could not be read in time at the end.",
            Loss::MadeGood => "have been lost, which reading the table has made good.",
            Loss::EndsRepeated => "found no room; only the ends of flows come again.",
            Loss::AllRepeated => "found no room and came again.",
        }
    }

    /// Whether the loss of `lost` events is a failure.
    fn is_failure(self, lost: u64) -> bool {
        match self {
            Loss::Final | Loss::EndsRepeated => lost > 0,
            Loss::MadeGood | Loss::AllRepeated => false,
            Loss::Unsettled => true,
        }
    }
}

/// The exit status when events were lost.
const EVENTS_LOST: u8 = 3;

impl Done {
    /// The exit status.
    pub fn exit_status(self) -> u8 {
        match self {
            Done::CountedOrFailed(0, _) => 1,
            Done::Plugin(state) => state.exit_status(),
            Done::Followed { lost, loss, .. } if loss.is_failure(lost) => EVENTS_LOST,
            _ => 0,
        }
    }

    /// The lines for standard error.
    pub fn summary(self) -> Vec<String> {
        match self {
            Done::Quietly | Done::Plugin(_) => vec![],
            Done::Saying(text) => vec![text.to_string()],
            Done::Counted(count, what) | Done::CountedOrFailed(count, what) => {
                vec![format!("{count} {what}")]
            }
            Done::Followed { shown, what, lost, loss } => {
                let mut lines = vec![format!("{shown} {what} have been shown.")];
                if lost > 0 || loss == Loss::Unsettled {
                    lines.push(format!("{lost} {what} {}", loss.words()));
                }
                lines
            }
        }
    }
}

/// What commands share: standard output, and sockets that are opened when first needed.
#[derive(Debug)]
pub struct Session {
    pub out: Output,
    /// The name by which the program was called.
    program: String,
    handle: Option<Handle>,
    /// In a dry run of a file, the entries that its lines have shown as deleted.
    gone: Option<dry::Gone>,
    /// A second handle, for requests while the first one reads a list.
    beside: Option<Handle>,
    ports: Ports,
    /// What handles that were closed have dropped; see [`foreign_datagrams`](Session::foreign_datagrams).
    foreign: u64,
    /// Some of what was asked for could not be shown, which was said: a failure.
    pub is_incomplete: bool,
}

fn opened(slot: &mut Option<Handle>) -> Result<&mut Handle, Complaint> {
    match slot {
        Some(handle) => Ok(handle),
        None => {
            let handle = Handle::open().map_err(|error| Complaint::Handler(error.to_string()))?;
            Ok(slot.insert(handle))
        }
    }
}

impl Session {
    /// A session without open sockets.
    pub fn new(program: String) -> Session {
        Session {
            out: Output::new(),
            program,
            handle: None,
            gone: None,
            beside: None,
            ports: Ports::default(),
            foreign: 0,
            is_incomplete: false,
        }
    }

    /// All commands that follow are lines of one dry run: what a line would delete does not exist for the next lines.
    pub fn begin_dry_run(&mut self) {
        self.gone = Some(dry::Gone::default());
    }

    /// Whether the commands are lines of one dry run.
    pub fn is_dry_run(&self) -> bool {
        self.gone.is_some()
    }

    /// The handle for requests, and standard output.
    pub fn handle(&mut self) -> Result<(&mut Handle, &mut Output), Complaint> {
        Ok((opened(&mut self.handle)?, &mut self.out))
    }

    /// Fill level and counters: from the kernel, or from files where there is no handle.
    fn sample(&mut self) -> Sample {
        self.handle().map_or_else(|_| Sample::from_files(), |(handle, _)| Sample::take(handle))
    }

    /// Complains of ports of a new entry that the kernel would ignore.
    pub fn check_ports(&mut self, verb: Verb, protocol: u8, ports: [u16; 2]) -> Result<(), Complaint> {
        self.ports.check(opened(&mut self.handle)?, verb, protocol, ports)
    }

    /// The handle that reads a list, one for requests about its entries, and standard output.
    pub fn handles(&mut self) -> Result<(&mut Handle, &mut Handle, &mut Output), Complaint> {
        Ok((opened(&mut self.handle)?, opened(&mut self.beside)?, &mut self.out))
    }

    /// How many datagrams the handles have dropped because the kernel had not sent them.
    pub fn foreign_datagrams(&self) -> u64 {
        let open = [&self.handle, &self.beside].into_iter().flatten();
        self.foreign + open.map(Handle::foreign_datagrams).sum::<u64>()
    }

    /// Closes the handles: the next ones are of the namespace in which the process is then.
    fn close_handles(&mut self) {
        self.foreign = self.foreign_datagrams();
        (self.handle, self.beside) = (None, None);
    }

    /// Complains of the ports of a new entry that the kernel would ignore.
    fn check_ports_of(&mut self, verb: Verb, flow: &Flow) -> Result<(), Complaint> {
        let tuple = flow.tuple(Dir::Orig);
        self.check_ports(verb, tuple.l4(), [tuple.l4_src(), tuple.l4_dst()])
    }

    /// Carries a job out, and prints all that it has to say.
    ///
    /// # Errors
    /// The complaint that ended it; what was done before stays done.
    pub fn run(&mut self, job: Job) -> Result<Done, Complaint> {
        let done = job.run(self);
        let finished = self.out.finish();
        let done = done.map_err(|complaint| self.explained(complaint))?;
        finished.map(|()| done)
    }

    /// A refusal, or what is behind it.
    pub fn explained(&mut self, complaint: Complaint) -> Complaint {
        match (&complaint, &mut self.handle) {
            (Complaint::Operation(_) | Complaint::Line(..), Some(handle)) => {
                refusal::explained(complaint, handle.statistics())
            }
            _ => complaint,
        }
    }
}

/// Moves the process into a network namespace: sockets that are opened and files of `/proc` that are read from then on are
/// that namespace's.
///
/// # Errors
/// For a namespace that does not exist or may not be entered.
pub fn enter(netns: &Netns) -> Result<(), Complaint> {
    let name = match netns {
        Netns::Name(name) => name.clone(),
        Netns::Process(pid) => format!("of process {pid}"),
        Netns::Path(path) => path.display().to_string(),
        _ => String::new(),
    };
    netns.enter().map_err(|error| Complaint::Netns(name, error.to_string()))
}

/// The sentence of the commands of the diagnosis where not even the number of entries can be read.
fn unreadable(why: Error) -> String {
    format!("the number of entries cannot be read: {why}")
}

/// What was done until a signal came is a result, too; the signal ends the program in the end.
fn or_stopped(done: Result<(), Complaint>) -> Result<(), Complaint> {
    match done {
        Err(Complaint::Stopped) => Ok(()),
        done => done,
    }
}
