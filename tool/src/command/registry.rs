// SPDX-License-Identifier: GPL-2.0-or-later
//! The commands, a row for each: its names, the options that it needs and takes, the function that makes a job of a
//! command line, and its line in the help text.
//!
//! A new command is one row here and one file next to this one, with a `Job` and its `run`. [`Verb`], [`Job`] and the
//! rows of options that the scanner reads are made from the rows.

#![forbid(unsafe_code)]

use super::{Done, Session};
use super::{
    add, check, count, create, delete, diagnose, event, flush, get, help, list, metrics, stats, top,
};
use super::{update, version};
use crate::line::Line;
use crate::line::legality::{Legality, Options};
use crate::line::options::{Id, Param, Row, Section, Table, Takes, Value};
use crate::line::protocols::Own;
use crate::show::message::Complaint;

/// What a command line asks for, as one command on one table does it.
#[derive(Debug)]
pub struct Form {
    pub options: Legality,
    /// Makes a job of a command line whose options are legal.
    pub job: fn(Line) -> Result<Job, Complaint>,
    /// Whether it may stand in a file for `-R`.
    pub in_file: bool,
    /// Whether it can write JSON.
    pub json: Json,
}

/// Whether a command can write JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Json {
    /// It cannot.
    No,
    /// It can, also where it takes no other format.
    Yes,
    /// It can, and nothing else but text.
    NothingElse,
}

/// A command.
#[derive(Debug)]
pub struct Command {
    /// Its letter, if it has one.
    letter: Option<u8>,
    /// Its long name.
    name: &'static [&'static str],
    /// How it takes the name of a table.
    takes: Takes,
    /// What help and completions say of its argument.
    value: Value,
    help: &'static str,
    /// Only the whole name is the command's; see [`Row::in_full`].
    in_full: bool,
    entries: Form,
    /// The same on the table of expectations, where it can be done.
    expectations: Option<Form>,
    /// Whether it knows the lists of dying and unconfirmed entries.
    knows_lists: bool,
}

impl Command {
    /// What the command does to a table, if it can.
    pub fn on(&self, table: Table) -> Option<&Form> {
        match table {
            Table::Conntrack => Some(&self.entries),
            Table::Expect => self.expectations.as_ref(),
            Table::Dying | Table::Unconfirmed => Some(&self.entries).filter(|_| self.knows_lists),
        }
    }

    /// The command as an option.
    const fn row(&self, verb: Verb) -> Row {
        Row {
            id: Id::Verb(verb),
            short: self.letter,
            longs: self.name,
            takes: self.takes,
            value: self.value,
            in_full: self.in_full,
            section: Section::Command,
            help: self.help,
        }
    }
}

/// Makes of the commands' rows a verb and a kind of job for each, the option that names each, and the call that carries
/// a job out.
macro_rules! commands {
    ($($verb:ident($job:ty): $row:expr;)+) => {
        /// What is done.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Verb {
            $($verb,)+
        }

        /// A command line that is good, with all that carrying it out takes.
        #[derive(Debug)]
        pub enum Job {
            $($verb($job),)+
        }

        impl Job {
            /// Carries the job out. What it prints may still be gathered afterwards.
            ///
            /// # Errors
            /// The complaint that ended it; what was done before stays done.
            pub fn run(self, session: &mut Session) -> Result<Done, Complaint> {
                match self {
                    $(Job::$verb(job) => job.run(session),)+
                }
            }
        }

        static COMMANDS: &[Command] = &[$($row,)+];

        /// The commands as options, in the order of help.
        pub const ROWS: &[Row] = &[$({ const ROW: Row = $row.row(Verb::$verb); ROW },)+];
    };
}

impl Verb {
    /// The command's row.
    #[allow(clippy::indexing_slicing)] // a verb for each row, in their order
    pub fn command(self) -> &'static Command {
        &COMMANDS[self as usize]
    }

    /// The command as an option.
    #[allow(clippy::indexing_slicing)] // as above
    pub fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }
}

/// A command line without a command.
pub static NO_COMMAND: Form =
    Form { options: Legality::NONE, job: help::job, in_file: false, json: Json::No };

const fn form(options: Legality, job: fn(Line) -> Result<Job, Complaint>) -> Form {
    Form { options, job, in_file: false, json: Json::No }
}

/// The same form, which may stand in a file for `-R`.
const fn in_file(form: Form) -> Form {
    Form { in_file: true, ..form }
}

/// The same form, which can write JSON.
const fn json(form: Form) -> Form {
    Form { json: Json::Yes, ..form }
}

/// The same form, which can write text and JSON and nothing else.
const fn only_json(form: Form) -> Form {
    Form { json: Json::NothingElse, ..form }
}

const fn general(params: &[Param]) -> Options {
    Options::general(params)
}

const ADDRESSES: Options = general(&[Param::Src, Param::Dst, Param::ReplySrc, Param::ReplyDst]);
const PORTS: Options = Options::own(&[Own::Sport, Own::Dport, Own::ReplyPortSrc, Own::ReplyPortDst]);
const KEYS: Options = Options::own(&[Own::Srckey, Own::Dstkey, Own::ReplyKeySrc, Own::ReplyKeyDst]);
const TUPLES: Options = ADDRESSES.and(PORTS).and(KEYS);
const VTAGS: Options = Options::own(&[Own::OrigVtag, Own::ReplyVtag]);
const ICMP_KINDS: Options = Options::own(&[Own::IcmpType, Own::IcmpCode, Own::Icmpv6Type, Own::Icmpv6Code]);
const ICMP_IDS: Options = Options::own(&[Own::IcmpId, Own::Icmpv6Id]);
const STATE: Options = Options::own(&[Own::State]);
const ZONES: Options = general(&[Param::Zone, Param::OrigZone, Param::ReplyZone]);

/// What all commands that select entries take.
const SELECTION: Options = TUPLES.and(ICMP_KINDS).and(ICMP_IDS).and(STATE).and(general(&[
    Param::Protonum,
    Param::MaskSrc,
    Param::MaskDst,
    Param::Mark,
    Param::Family,
    Param::SrcNat,
    Param::DstNat,
    Param::Output,
    Param::Label,
    Param::Labelmap,
]));

const LIST: Legality = Legality::taking(SELECTION.and(ZONES).and(general(&[
    Param::Status,
    Param::Zero,
    Param::Secmark,
    Param::AnyNat,
    Param::Remaining,
    Param::Netns,
    Param::AllNetns,
])));

const GET: Legality = Legality {
    needs: general(&[Param::Protonum]).and(ICMP_KINDS),
    pairs: TUPLES,
    takes: general(&[Param::Id, Param::Output, Param::Label, Param::Netns])
        .and(STATE)
        .and(VTAGS)
        .and(ICMP_IDS),
};

const DELETE: Legality = Legality::taking(SELECTION.and(ZONES).and(general(&[
    Param::Timeout,
    Param::Status,
    Param::Id,
    Param::Remaining,
    Param::DryRun,
    Param::IgnoreMissing,
    Param::Netns,
])));

const CREATE: Legality = Legality {
    needs: general(&[Param::Protonum, Param::Timeout])
        .and(ICMP_KINDS)
        .and(STATE)
        .and(VTAGS)
        .and(Options::own(&[Own::Role])),
    pairs: TUPLES,
    takes: ZONES.and(ICMP_IDS).and(general(&[
        Param::Status,
        Param::Mark,
        Param::SrcNat,
        Param::DstNat,
        Param::LabelAdd,
        Param::Netns,
    ])),
};

const UPDATE: Legality = Legality::taking(SELECTION.and(VTAGS).and(general(&[
    Param::Timeout,
    Param::Status,
    Param::Id,
    Param::LabelAdd,
    Param::LabelDel,
    Param::DryRun,
    Param::IgnoreMissing,
    Param::Netns,
])));

const EVENT: Legality = Legality::taking(SELECTION.and(ZONES).and(general(&[
    Param::EventMask,
    Param::Secmark,
    Param::BufferSize,
    Param::AnyNat,
    Param::Resync,
    Param::Reliable,
    Param::Netns,
    Param::AllNetns,
])));

/// What takes nothing but a namespace.
const ONE_NETNS: Legality = Legality::taking(general(&[Param::Netns]));

/// What lists counters of one namespace or of all.
const COUNTERS: Legality = Legality::taking(general(&[Param::Netns, Param::AllNetns]));

const TOP: Legality = Legality::taking(SELECTION.and(ZONES).and(general(&[
    Param::Status,
    Param::Secmark,
    Param::AnyNat,
    Param::Remaining,
    Param::Watch,
    Param::By,
    Param::Show,
    Param::Netns,
])));

const DIAGNOSE: Legality = Legality::taking(general(&[
    Param::Output,
    Param::Labelmap,
    Param::Interval,
    Param::Watch,
    Param::By,
    Param::Show,
    Param::Netns,
    Param::AllNetns,
]));

const CHECK: Legality =
    Legality::taking(general(&[Param::Interval, Param::Watch, Param::Netns, Param::AllNetns]));

// Metrics are read once: the interval makes no difference.
const METRICS: Legality =
    Legality::taking(general(&[Param::Interval, Param::By, Param::Show, Param::Netns, Param::AllNetns]));

const EXPECTATION: Legality = Legality {
    needs: general(&[Param::Src, Param::Dst, Param::Protonum]).and(PORTS).and(KEYS),
    pairs: Options::NONE,
    takes: general(&[Param::ReplySrc, Param::ReplyDst, Param::Netns]),
};

/// The ports of the reply are no part of a new expectation; the keys are, as with the original.
const NEW_EXPECTATION: Legality = Legality {
    needs: KEYS
        .and(VTAGS)
        .and(general(&[
            Param::Src,
            Param::Dst,
            Param::Protonum,
            Param::Timeout,
            Param::TupleSrc,
            Param::TupleDst,
            Param::MaskSrc,
            Param::MaskDst,
        ]))
        .and(Options::own(&[
            Own::Sport,
            Own::Dport,
            Own::MaskPortSrc,
            Own::MaskPortDst,
            Own::TuplePortSrc,
            Own::TuplePortDst,
            Own::Role,
            Own::MaskKeySrc,
            Own::MaskKeyDst,
            Own::TupleKeySrc,
            Own::TupleKeyDst,
        ])),
    pairs: Options::NONE,
    takes: general(&[Param::ReplySrc, Param::ReplyDst, Param::Status, Param::Netns]),
};

/// A command with a letter that takes the name of a table, attached to its long name or as the next word.
const fn command(
    letter: u8,
    name: &'static [&'static str],
    help: &'static str,
    entries: Form,
    expectations: Option<Form>,
) -> Command {
    let (takes, value) = (Takes::TABLE, Value::Table);
    Command {
        letter: Some(letter),
        name,
        takes,
        value,
        help,
        in_full: false,
        entries,
        expectations,
        knows_lists: false,
    }
}

/// A command that the original does not have: without a letter, found by its whole name only.
const fn ours(name: &'static [&'static str], help: &'static str, entries: Form) -> Command {
    let (takes, value) = (Takes::Nothing, Value::None);
    Command {
        letter: None,
        name,
        takes,
        value,
        help,
        in_full: true,
        entries,
        expectations: None,
        knows_lists: false,
    }
}

/// What takes no option, on either table.
const fn bare(job: fn(Line) -> Result<Job, Complaint>) -> Form {
    form(Legality::NONE, job)
}

commands! {
    List(list::Job): Command {
        knows_lists: true,
        ..command(
            b'L', &["dump"], "list entries or expectations",
            json(form(LIST, list::entries)),
            Some(json(form(
                Legality::taking(general(&[Param::Family, Param::Output, Param::Netns, Param::AllNetns])),
                list::expectations,
            ))),
        )
    };
    Get(get::Job): command(
        b'G', &["get"], "show one entry or expectation",
        json(form(GET, get::entry)),
        Some(json(form(EXPECTATION, get::expectation))),
    );
    Delete(delete::Job): command(
        b'D', &["delete"], "delete matching entries, or an expectation",
        in_file(json(form(DELETE, delete::entries))),
        Some(json(form(EXPECTATION, delete::expectation))),
    );
    Create(create::Job): command(
        b'I', &["create"], "create an entry or expectation",
        in_file(json(form(CREATE, create::entry))),
        Some(json(form(NEW_EXPECTATION, create::expectation))),
    );
    Add(add::Job): command(
        b'A', &["add"], "create an entry, or update it if it exists",
        in_file(json(form(CREATE, add::job))),
        None,
    );
    Update(update::Job): command(
        b'U', &["update"], "update the matching entries",
        in_file(json(form(UPDATE, update::job))),
        None,
    );
    Event(event::Job): command(
        b'E', &["event"], "show events as they happen",
        json(form(EVENT, event::entries)),
        Some(json(form(
            Legality::taking(general(&[Param::Output, Param::BufferSize, Param::Netns, Param::AllNetns])),
            event::expectations,
        ))),
    );
    Flush(flush::Job): command(
        b'F', &["flush"], "empty the table",
        in_file(form(
            Legality::taking(general(&[Param::Family, Param::DryRun, Param::Netns])),
            flush::entries,
        )),
        Some(form(ONE_NETNS, flush::expectations)),
    );
    Count(count::Job): Command {
        takes: Takes::MAYBE,
        ..command(
            b'C', &["counter"], "show the number of entries",
            json(form(COUNTERS, count::entries)),
            Some(json(form(COUNTERS, count::expectations))),
        )
    };
    Stats(stats::Job): Command {
        takes: Takes::WORD,
        ..command(
            b'S', &["stats"], "show per-CPU statistics",
            json(form(COUNTERS, stats::entries)),
            Some(json(form(COUNTERS, stats::expectations))),
        )
    };
    Diagnose(diagnose::Job): ours(
        &["diagnose"], "say what is wrong, why, and what to do",
        only_json(form(DIAGNOSE, diagnose::job)),
    );
    Top(top::Job): ours(&["top"], "show who holds the entries", only_json(form(TOP, top::job)));
    Check(check::Job): Command {
        takes: Takes::MAYBE,
        value: Value::Thresholds,
        ..ours(&["check"], "one line for monitoring, with its exit status", form(CHECK, check::job))
    };
    Metrics(metrics::Job): Command {
        takes: Takes::MAYBE,
        value: Value::Metrics,
        ..ours(&["metrics"], "show metrics for Prometheus", form(METRICS, metrics::job))
    };
    // The next word is read as a table by these two, too, but makes no difference.
    Version(version::Job): Command {
        takes: Takes::WORD,
        value: Value::None,
        ..command(b'V', &["version"], "show the version", bare(version::job), Some(bare(version::job)))
    };
    Help(help::Job): Command {
        takes: Takes::WORD,
        value: Value::None,
        ..command(
            b'h', &["help"], "show this help; with -p a protocol's too",
            form(Legality::taking(general(&[Param::Protonum])), help::job),
            Some(form(Legality::taking(general(&[Param::Protonum])), help::job)),
        )
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_is_its_verbs() {
        for row in ROWS {
            let Id::Verb(verb) = row.id else { panic!("{row:?}") };
            assert_eq!(verb.row().longs, row.longs);
            assert_eq!(verb.command().name, row.longs);
        }
    }

    #[test]
    fn only_list_knows_the_further_lists_and_two_commands_no_expectations() {
        let commands = || ROWS.iter().zip(COMMANDS);
        let with = |can: fn(&Command) -> bool| -> Vec<&str> {
            commands().filter(|(_, command)| can(command)).map(|(row, _)| row.name()).collect()
        };
        assert_eq!(with(|command| command.on(Table::Dying).is_some()), ["dump"]);
        let entries_only = ["add", "update", "diagnose", "top", "check", "metrics"];
        assert_eq!(with(|command| command.on(Table::Expect).is_none()), entries_only);
        let in_file = ["delete", "create", "add", "update", "flush"];
        assert_eq!(with(|command| command.entries.in_file), in_file);
        assert!(with(|command| command.expectations.as_ref().is_some_and(|form| form.in_file)).is_empty());
    }
}
