// SPDX-License-Identifier: GPL-2.0-or-later
//! The general options, a row for each. The rows of protocols' options stand in [`super::protocols`], those of the
//! commands in [`crate::command::registry`].
//!
//! One row gives an option's names, what it takes and how help describes it; which command takes it stands in the
//! command's row. The scanner, the help text, the manual-page test and the completions all read these rows.

#![forbid(unsafe_code)]

use super::protocols::{Field, Own};
use crate::certain::Certain as _;
use crate::command::registry::{ROWS, Verb};

/// What a command is done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Table {
    #[default]
    Conntrack,
    Expect,
    Dying,
    Unconfirmed,
}

/// The tables' names, in the order in which a prefix is tried.
pub const TABLES: [(&str, Table); 4] = [
    ("expect", Table::Expect),
    ("conntrack", Table::Conntrack),
    ("dying", Table::Dying),
    ("unconfirmed", Table::Unconfirmed),
];

/// The general options. Their rows stand in this order, which is the order in which legality is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Param {
    Src,
    Dst,
    ReplySrc,
    ReplyDst,
    Protonum,
    Timeout,
    Status,
    Zero,
    EventMask,
    TupleSrc,
    TupleDst,
    MaskSrc,
    MaskDst,
    NatRange,
    Mark,
    Id,
    Family,
    SrcNat,
    DstNat,
    Output,
    Secmark,
    BufferSize,
    AnyNat,
    Zone,
    Label,
    LabelAdd,
    LabelDel,
    OrigZone,
    ReplyZone,
    Labelmap,
    Resync,
    Reliable,
    Remaining,
    Interval,
    Watch,
    By,
    Show,
    Netns,
    AllNetns,
    DryRun,
    IgnoreMissing,
}

/// What a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Id {
    Verb(Verb),
    Param(Param),
    /// A protocol's option, and what it sets.
    Own(Own, Field),
}

/// Whether an option takes an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// No argument.
    Nothing,
    /// An argument, attached or the next word.
    Argument,
    /// Perhaps an argument: the next word unless it starts with `-` or `!`, or one attached to the names that allow it.
    Perhaps {
        /// `-nVALUE` is an argument (else the letters behind it are further options).
        short: bool,
        /// `--name=VALUE` is an argument (else it is an error).
        long: bool,
    },
}

impl Takes {
    /// The attached forms of a command that takes a table.
    pub const TABLE: Takes = Takes::Perhaps { short: false, long: true };
    /// A table as the next word only.
    pub const WORD: Takes = Takes::Perhaps { short: false, long: false };
    /// An argument attached to either name, or the next word.
    pub const MAYBE: Takes = Takes::Perhaps { short: true, long: true };
}

/// What an argument is, for help and completions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    None,
    Table,
    Address,
    Network,
    NatTarget,
    Protocol,
    Family,
    Seconds,
    Bytes,
    Number,
    Masked,
    Status,
    Events,
    Output,
    Label,
    Path,
    Port,
    Key,
    Tag,
    State,
    Role,
    Range,
    Groupings,
    Namespace,
    Thresholds,
    Metrics,
}

impl Value {
    /// The word that stands for the argument in help.
    pub fn placeholder(self) -> &'static str {
        match self {
            Value::None => "",
            Value::Table => "table",
            Value::Address => "ip",
            Value::Network => "ip[/len]",
            Value::NatTarget => "ip[:port]",
            Value::Protocol => "proto",
            Value::Family => "family",
            Value::Seconds => "seconds",
            Value::Bytes => "bytes",
            Value::Number => "number",
            Value::Masked => "mark[/mask]",
            Value::Status => "status[,...]",
            Value::Events => "event[,...]",
            Value::Output => "format[,...]",
            Value::Label => "label[,...]",
            Value::Path => "file",
            Value::Port => "port",
            Value::Key => "key",
            Value::Tag => "tag",
            Value::State => "state",
            Value::Role => "role",
            Value::Range => "[min]-[max]",
            Value::Groupings => "key[,...]",
            Value::Namespace => "name|path|pid",
            Value::Thresholds => "warn,crit",
            Value::Metrics => "conntrack|node",
        }
    }
}

/// Under which heading help lists a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    Command,
    Filter,
    Entry,
    Expectation,
    Output,
    Diagnosis,
    Protocol,
}

/// One option.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    pub id: Id,
    /// The option's letter, if it has one.
    pub short: Option<u8>,
    /// The option's names; messages use the first.
    pub longs: &'static [&'static str],
    pub takes: Takes,
    pub value: Value,
    /// Only the whole name is the option's, and no other name becomes ambiguous by it: so it is with options that the
    /// original does not have.
    pub in_full: bool,
    pub section: Section,
    pub help: &'static str,
}

/// A general option with one argument.
const fn param(
    param: Param,
    short: u8,
    longs: &'static [&'static str],
    value: Value,
    section: Section,
    help: &'static str,
) -> Row {
    let takes = match value {
        Value::None => Takes::Nothing,
        _ => Takes::Argument,
    };
    Row { id: Id::Param(param), short: Some(short), longs, takes, value, in_full: false, section, help }
}

/// The same option without a letter: one that the original does not have.
const fn ours(row: Row) -> Row {
    Row { short: None, ..row }
}

/// The same option, found by its whole name only.
const fn in_full(row: Row) -> Row {
    Row { in_full: true, ..ours(row) }
}

/// The same option with an argument that may be left out.
const fn optional(row: Row) -> Row {
    Row { takes: Takes::MAYBE, ..row }
}

use Section::{Diagnosis, Entry, Expectation, Filter, Output};

/// The general options, in the order of [`Param`].
#[rustfmt::skip]
pub const PARAMS: &[Row] = &[
    param(Param::Src, b's', &["src", "orig-src"], Value::Network, Filter, "source address, original direction"),
    param(Param::Dst, b'd', &["dst", "orig-dst"], Value::Network, Filter, "destination address, original direction"),
    param(Param::ReplySrc, b'r', &["reply-src"], Value::Address, Filter, "source address, reply direction"),
    param(Param::ReplyDst, b'q', &["reply-dst"], Value::Address, Filter, "destination address, reply direction"),
    param(Param::Protonum, b'p', &["protonum"], Value::Protocol, Filter, "layer 4 protocol, by name or number"),
    param(Param::Timeout, b't', &["timeout"], Value::Seconds, Entry, "seconds until the entry expires"),
    param(Param::Status, b'u', &["status"], Value::Status, Filter, "status bits; !NAME: bit not set"),
    param(Param::Zero, b'z', &["zero"], Value::None, Output, "zero the counters while listing (-L)"),
    param(Param::EventMask, b'e', &["event-mask"], Value::Events, Output, "events to show (-E)"),
    param(Param::TupleSrc, b'[', &["tuple-src"], Value::Network, Expectation, "expected source address"),
    param(Param::TupleDst, b']', &["tuple-dst"], Value::Network, Expectation, "expected destination address"),
    param(Param::MaskSrc, b'{', &["mask-src"], Value::Address, Filter, "mask of the source address"),
    param(Param::MaskDst, b'}', &["mask-dst"], Value::Address, Filter, "mask of the destination address"),
    param(Param::NatRange, b'a', &["nat-range"], Value::NatTarget, Entry, "ignored, with a warning (obsolete)"),
    param(Param::Mark, b'm', &["mark"], Value::Masked, Filter, "mark; the new mark with -I -A -U"),
    param(Param::Id, b'i', &["id"], Value::Number, Filter, "id of the entry, as -o id shows it"),
    param(Param::Family, b'f', &["family"], Value::Family, Filter, "layer 3 family"),
    optional(param(Param::SrcNat, b'n', &["src-nat"], Value::NatTarget, Filter, "source NAT (to this address)")),
    optional(param(Param::DstNat, b'g', &["dst-nat"], Value::NatTarget, Filter, "destination NAT (to this address)")),
    param(Param::Output, b'o', &["output"], Value::Output, Output, "format of the output"),
    param(Param::Secmark, b'c', &["secmark"], Value::Number, Filter, "security mark"),
    param(Param::BufferSize, b'b', &["buffer-size"], Value::Bytes, Output, "receive buffer for events (-E)"),
    optional(param(Param::AnyNat, b'j', &["any-nat"], Value::NatTarget, Filter, "source or destination NAT")),
    param(Param::Zone, b'w', &["zone"], Value::Number, Filter, "zone"),
    param(Param::Label, b'l', &["label"], Value::Label, Filter, "labels that are all set"),
    param(Param::LabelAdd, b'<', &["label-add"], Value::Label, Entry, "labels to set"),
    optional(param(Param::LabelDel, b'>', &["label-del"], Value::Label, Entry, "labels to clear; without a name, all")),
    param(Param::OrigZone, b'(', &["orig-zone"], Value::Number, Filter, "zone of the original direction"),
    param(Param::ReplyZone, b')', &["reply-zone"], Value::Number, Filter, "zone of the reply direction"),
    param(Param::Labelmap, b'M', &["labelmap"], Value::Path, Output, "file with the names of labels"),
    ours(param(Param::Resync, 0, &["resync"], Value::None, Output, "start with what is there; rescan after a loss")),
    ours(param(Param::Reliable, 0, &["reliable"], Value::None, Output, "lose no end of a flow (-E); dangerous")),
    in_full(param(Param::Remaining, 0, &["remaining"], Value::Range, Filter, "seconds left to live (-L, -D, --top)")),
    in_full(param(Param::Interval, 0, &["interval"], Value::Seconds, Diagnosis, "time between two readings; 0.5")),
    in_full(param(Param::Watch, 0, &["watch"], Value::Seconds, Diagnosis, "again and again, so many seconds apart")),
    in_full(param(Param::By, 0, &["by"], Value::Groupings, Diagnosis, "what entries are grouped by")),
    in_full(param(Param::Show, 0, &["show"], Value::Number, Diagnosis, "lines of each table, at most 1000")),
    in_full(param(Param::Netns, 0, &["netns"], Value::Namespace, Output, "work in this network namespace")),
    in_full(param(Param::AllNetns, 0, &["all-netns"], Value::None, Output, "all namespaces (-L -E -C -S, diagnosis)")),
    in_full(param(Param::DryRun, 0, &["dry-run"], Value::None, Output, "show what would go (-D -U -F -R)")),
    in_full(param(Param::IgnoreMissing, 0, &["ignore-missing"], Value::None, Output, "no entry is no failure (-D -U)")),
];

/// The commands and general options by their letters.
static LETTERS: [Option<&Row>; 256] = letters();

#[allow(clippy::indexing_slicing)] // the compiler runs it
const fn letters() -> [Option<&'static Row>; 256] {
    let (tables, mut letters) = ([ROWS, PARAMS], [None; 256]);
    let mut table = 0;
    while table < tables.len() {
        let mut row = 0;
        while row < tables[table].len() {
            if let Some(letter) = tables[table][row].short {
                letters[letter as usize] = Some(&tables[table][row]);
            }
            row += 1;
        }
        table += 1;
    }
    letters
}

/// The command or general option with this letter; protocols' options have none.
pub fn by_letter(letter: u8) -> Option<&'static Row> {
    LETTERS.get(usize::from(letter)).certain().copied().flatten()
}

impl Row {
    /// The name used in messages.
    pub fn name(&self) -> &'static str {
        self.longs.first().certain().copied().unwrap_or_default()
    }

    /// The option as messages about values write it: the letter if it is one, else the name.
    pub fn as_typed(&self) -> String {
        match self.short {
            Some(letter) if letter.is_ascii_alphabetic() => format!("-{}", char::from(letter)),
            _ => format!("--{}", self.name()),
        }
    }
}

impl Param {
    /// The option's row.
    #[allow(clippy::indexing_slicing)] // every number indexes its row: tested below
    pub fn row(self) -> &'static Row {
        &PARAMS[self as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::protocols::{PROTOCOLS, Protocol};

    fn all() -> impl Iterator<Item = &'static Row> {
        ROWS.iter().chain(PARAMS).chain(PROTOCOLS.iter().flat_map(Protocol::rows))
    }

    #[test]
    fn each_row_stands_at_its_number() {
        for (number, row) in PARAMS.iter().enumerate() {
            assert!(matches!(row.id, Id::Param(param) if param as usize == number), "{}", row.name());
        }
    }

    #[test]
    fn names_and_letters_are_unique_among_commands_and_general_options() {
        let rows: Vec<&Row> = ROWS.iter().chain(PARAMS).collect();
        let mut names: Vec<&str> = rows.iter().flat_map(|row| row.longs.iter().copied()).collect();
        let mut letters: Vec<u8> = rows.iter().filter_map(|row| row.short).collect();
        let (all_names, all_letters) = (names.len(), letters.len());
        names.sort_unstable();
        names.dedup();
        letters.sort_unstable();
        letters.dedup();
        assert_eq!((names.len(), letters.len()), (all_names, all_letters));
    }

    #[test]
    fn help_lines_fit_the_width_they_get() {
        for row in all() {
            assert!(!row.help.is_empty() && row.help.len() <= 46, "{}: {}", row.name(), row.help.len());
        }
    }
}
