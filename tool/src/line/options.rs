// SPDX-License-Identifier: GPL-2.0-or-later
//! The option tables: every option the tool knows stands here once.
//!
//! One row gives an option's names, what it takes, where it is legal and how help describes it. The scanner,
//! the legality check, the help text, the manual-page test and the completions all read these rows.
//!
//! Legality is one string for each row, one character for each command in the order of [`Class`]:
//! `1` compulsory, `2` optional, `.` illegal, `3` part of the pair rule (one complete pair must be given).

#![forbid(unsafe_code)]

use netfilter_conntrack::format::tables;

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    List,
    Get,
    Delete,
    Create,
    Add,
    Update,
    Event,
    Flush,
    Count,
    Stats,
    Version,
    Help,
}

/// What it is done to.
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
}

/// What a protocol's options set. Ports stand for GRE keys too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    SrcPort,
    DstPort,
    ReplySrcPort,
    ReplyDstPort,
    MaskSrcPort,
    MaskDstPort,
    TupleSrcPort,
    TupleDstPort,
    State,
    OrigVtag,
    ReplyVtag,
    Role,
    IcmpType,
    IcmpCode,
    IcmpId,
}

/// How many [`Field`]s there are.
pub const FIELDS: usize = 15;

/// What a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Id {
    Verb(Verb),
    Param(Param),
    Field(Field),
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
    Protocol,
}

/// One option.
#[derive(Debug)]
pub struct Row {
    pub id: Id,
    /// The option's letter, if it has one.
    pub short: Option<u8>,
    /// The option's names; messages use the first.
    pub longs: &'static [&'static str],
    pub takes: Takes,
    pub value: Value,
    /// Where the option is legal, see the module's text; empty for commands.
    pub legal: &'static str,
    pub section: Section,
    pub help: &'static str,
}

/// A column of the legality strings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    List,
    Create,
    Update,
    Delete,
    Get,
    Flush,
    Event,
    Version,
    Help,
    Count,
    ListExpect,
    CreateExpect,
    DeleteExpect,
    EventExpect,
    FlushExpect,
    None,
}

impl Class {
    /// The column for a command on a table.
    pub fn of(verb: Option<Verb>, table: Table) -> Class {
        let Some(verb) = verb else { return Class::None };
        let expect = table == Table::Expect;
        match verb {
            Verb::List if expect => Class::ListExpect,
            Verb::List => Class::List,
            Verb::Create | Verb::Add if expect => Class::CreateExpect,
            Verb::Create | Verb::Add => Class::Create,
            Verb::Update => Class::Update,
            Verb::Delete | Verb::Get if expect => Class::DeleteExpect,
            Verb::Delete => Class::Delete,
            Verb::Get => Class::Get,
            Verb::Event if expect => Class::EventExpect,
            Verb::Event => Class::Event,
            Verb::Flush | Verb::Count | Verb::Stats if expect => Class::FlushExpect,
            Verb::Flush => Class::Flush,
            Verb::Count | Verb::Stats => Class::Count,
            Verb::Version => Class::Version,
            Verb::Help => Class::Help,
        }
    }
}

const fn command(
    verb: Verb,
    short: u8,
    longs: &'static [&'static str],
    takes: Takes,
    help: &'static str,
) -> Row {
    let section = Section::Command;
    Row {
        id: Id::Verb(verb),
        short: Some(short),
        longs,
        takes,
        value: Value::Table,
        legal: "",
        section,
        help,
    }
}

/// The same command where help and completions name no argument.
const fn wordless(row: Row) -> Row {
    Row { value: Value::None, ..row }
}

/// The attached forms of a command that takes a table.
const TABLE: Takes = Takes::Perhaps { short: false, long: true };
/// A table as the next word only.
const WORD: Takes = Takes::Perhaps { short: false, long: false };
/// An argument attached to either name, or the next word.
const MAYBE: Takes = Takes::Perhaps { short: true, long: true };

/// The commands.
pub const COMMANDS: &[Row] = &[
    command(Verb::List, b'L', &["dump"], TABLE, "list entries or expectations"),
    command(Verb::Get, b'G', &["get"], TABLE, "show one entry or expectation"),
    command(Verb::Delete, b'D', &["delete"], TABLE, "delete matching entries, or an expectation"),
    command(Verb::Create, b'I', &["create"], TABLE, "create an entry or expectation"),
    command(Verb::Add, b'A', &["add"], TABLE, "create an entry, or update it if it exists"),
    command(Verb::Update, b'U', &["update"], TABLE, "update the matching entries"),
    command(Verb::Event, b'E', &["event"], TABLE, "show events as they happen"),
    command(Verb::Flush, b'F', &["flush"], TABLE, "empty the table"),
    command(Verb::Count, b'C', &["counter"], MAYBE, "show the number of entries"),
    command(Verb::Stats, b'S', &["stats"], WORD, "show per-CPU statistics"),
    // The next word is read as a table here too, but makes no difference.
    wordless(command(Verb::Version, b'V', &["version"], WORD, "show the version")),
    wordless(command(Verb::Help, b'h', &["help"], WORD, "show this help; with -p a protocol's too")),
];

/// A general option with one argument.
const fn param(
    param: Param,
    short: u8,
    longs: &'static [&'static str],
    value: Value,
    legal: &'static str,
    section: Section,
    help: &'static str,
) -> Row {
    let takes = match value {
        Value::None => Takes::Nothing,
        _ => Takes::Argument,
    };
    Row { id: Id::Param(param), short: Some(short), longs, takes, value, legal, section, help }
}

/// The same option without a letter: one that the original does not have.
const fn ours(row: Row) -> Row {
    Row { short: None, ..row }
}

/// The same option with an argument that may be left out.
const fn optional(row: Row) -> Row {
    Row { takes: MAYBE, ..row }
}

use Section::{Entry, Expectation, Filter, Output};

/// The general options, in the order of [`Param`].
#[rustfmt::skip]
pub const PARAMS: &[Row] = &[
    param(Param::Src, b's', &["src", "orig-src"], Value::Network, "23223.2....11...", Filter, "source address, original direction"),
    param(Param::Dst, b'd', &["dst", "orig-dst"], Value::Network, "23223.2....11...", Filter, "destination address, original direction"),
    param(Param::ReplySrc, b'r', &["reply-src"], Value::Address, "23223.2....22...", Filter, "source address, reply direction"),
    param(Param::ReplyDst, b'q', &["reply-dst"], Value::Address, "23223.2....22...", Filter, "destination address, reply direction"),
    param(Param::Protonum, b'p', &["protonum"], Value::Protocol, "21221.2.2..11...", Filter, "layer 4 protocol, by name or number"),
    param(Param::Timeout, b't', &["timeout"], Value::Seconds, ".122.......1....", Entry, "seconds until the entry expires"),
    param(Param::Status, b'u', &["status"], Value::Status, "2222.......2....", Filter, "status bits; !NAME: bit not set"),
    param(Param::Zero, b'z', &["zero"], Value::None, "2...............", Output, "zero the counters while listing (-L)"),
    param(Param::EventMask, b'e', &["event-mask"], Value::Events, "......2.........", Output, "events to show (-E)"),
    param(Param::TupleSrc, b'[', &["tuple-src"], Value::Network, "...........1....", Expectation, "expected source address"),
    param(Param::TupleDst, b']', &["tuple-dst"], Value::Network, "...........1....", Expectation, "expected destination address"),
    param(Param::MaskSrc, b'{', &["mask-src"], Value::Address, "2.22..2....1....", Filter, "mask of the source address"),
    param(Param::MaskDst, b'}', &["mask-dst"], Value::Address, "2.22..2....1....", Filter, "mask of the destination address"),
    param(Param::NatRange, b'a', &["nat-range"], Value::NatTarget, "2222222222222222", Entry, "ignored, with a warning (obsolete)"),
    param(Param::Mark, b'm', &["mark"], Value::Masked, "2222..2.........", Filter, "mark; the new mark with -I -A -U"),
    param(Param::Id, b'i', &["id"], Value::Number, "..222...........", Filter, "id of the entry, as -o id shows it"),
    param(Param::Family, b'f', &["family"], Value::Family, "2.22.22...2.....", Filter, "layer 3 family"),
    optional(param(Param::SrcNat, b'n', &["src-nat"], Value::NatTarget, "2222..2.........", Filter, "source NAT (to this address)")),
    optional(param(Param::DstNat, b'g', &["dst-nat"], Value::NatTarget, "2222..2.........", Filter, "destination NAT (to this address)")),
    param(Param::Output, b'o', &["output"], Value::Output, "2.222.2...2..2..", Output, "what to print, and how"),
    param(Param::Secmark, b'c', &["secmark"], Value::Number, "2.....2.........", Filter, "security mark"),
    param(Param::BufferSize, b'b', &["buffer-size"], Value::Bytes, "......2......2..", Output, "receive buffer for events (-E)"),
    optional(param(Param::AnyNat, b'j', &["any-nat"], Value::NatTarget, "2.....2.........", Filter, "source or destination NAT")),
    param(Param::Zone, b'w', &["zone"], Value::Number, "22.2..2.........", Filter, "zone"),
    param(Param::Label, b'l', &["label"], Value::Label, "2.222.2.........", Filter, "labels that are all set"),
    param(Param::LabelAdd, b'<', &["label-add"], Value::Label, ".22.............", Entry, "labels to set"),
    optional(param(Param::LabelDel, b'>', &["label-del"], Value::Label, "..2.............", Entry, "labels to clear; none named: all")),
    param(Param::OrigZone, b'(', &["orig-zone"], Value::Number, "22.2..2.........", Filter, "zone of the original direction"),
    param(Param::ReplyZone, b')', &["reply-zone"], Value::Number, "22.2..2.........", Filter, "zone of the reply direction"),
    param(Param::Labelmap, b'M', &["labelmap"], Value::Path, "2.22..2.........", Output, "file with the names of labels"),
    ours(param(Param::Resync, 0, &["resync"], Value::None, "......2.........", Output, "make up for lost events (-E)")),
    ours(param(Param::Reliable, 0, &["reliable"], Value::None, "......2.........", Output, "lose no end of a flow (-E); dangerous")),
];

/// A protocol's option.
const fn field(
    field: Field,
    longs: &'static [&'static str],
    value: Value,
    legal: &'static str,
    help: &'static str,
) -> Row {
    let (takes, section) = (Takes::Argument, Section::Protocol);
    Row { id: Id::Field(field), short: None, longs, takes, value, legal, section, help }
}

#[rustfmt::skip]
const PORTS: &[Row] = &[
    field(Field::SrcPort, &["sport", "orig-port-src"], Value::Port, "23223.2....11...", "source port, original direction"),
    field(Field::DstPort, &["dport", "orig-port-dst"], Value::Port, "23223.2....11...", "destination port, original direction"),
    field(Field::ReplySrcPort, &["reply-port-src"], Value::Port, "23223.2.....1...", "source port, reply direction"),
    field(Field::ReplyDstPort, &["reply-port-dst"], Value::Port, "23223.2.....1...", "destination port, reply direction"),
    field(Field::MaskSrcPort, &["mask-port-src"], Value::Port, "...........1....", "mask of the expected source port"),
    field(Field::MaskDstPort, &["mask-port-dst"], Value::Port, "...........1....", "mask of the expected destination port"),
];
const STATE: &[Row] =
    &[field(Field::State, &["state"], Value::State, "21222.2.........", "state of the connection")];
#[rustfmt::skip]
const TUPLE_PORTS: &[Row] = &[
    field(Field::TupleSrcPort, &["tuple-port-src"], Value::Port, "...........1....", "expected source port"),
    field(Field::TupleDstPort, &["tuple-port-dst"], Value::Port, "...........1....", "expected destination port"),
];
#[rustfmt::skip]
const VTAGS: &[Row] = &[
    field(Field::OrigVtag, &["orig-vtag"], Value::Tag, ".12.2......1....", "verification tag, original direction"),
    field(Field::ReplyVtag, &["reply-vtag"], Value::Tag, ".12.2......1....", "verification tag, reply direction"),
];
const ROLE: &[Row] = &[field(
    Field::Role,
    &["role"],
    Value::Role,
    ".1.........1....",
    "role of the original direction's sender",
)];
#[rustfmt::skip]
const KEYS: &[Row] = &[
    field(Field::SrcPort, &["srckey", "orig-key-src"], Value::Key, "23223.2....11...", "source key, original direction"),
    field(Field::DstPort, &["dstkey", "orig-key-dst"], Value::Key, "23223.2....11...", "destination key, original direction"),
    field(Field::ReplySrcPort, &["reply-key-src"], Value::Key, "23223.2....11...", "source key, reply direction"),
    field(Field::ReplyDstPort, &["reply-key-dst"], Value::Key, "23223.2....11...", "destination key, reply direction"),
    field(Field::MaskSrcPort, &["mask-key-src"], Value::Key, "...........1....", "mask of the expected source key"),
    field(Field::MaskDstPort, &["mask-key-dst"], Value::Key, "...........1....", "mask of the expected destination key"),
    field(Field::TupleSrcPort, &["tuple-key-src"], Value::Key, "...........1....", "expected source key"),
    field(Field::TupleDstPort, &["tuple-key-dst"], Value::Key, "...........1....", "expected destination key"),
];
const ICMP: &[Row] = &[
    field(Field::IcmpType, &["icmp-type"], Value::Number, "21221.2.........", "ICMP type"),
    field(Field::IcmpCode, &["icmp-code"], Value::Number, "21221.2.........", "ICMP code"),
    field(Field::IcmpId, &["icmp-id"], Value::Number, "22222.2.........", "ICMP id"),
];
const ICMPV6: &[Row] = &[
    field(Field::IcmpType, &["icmpv6-type"], Value::Number, "21221.2.........", "ICMPv6 type"),
    field(Field::IcmpCode, &["icmpv6-code"], Value::Number, "21221.2.........", "ICMPv6 code"),
    field(Field::IcmpId, &["icmpv6-id"], Value::Number, "22222.2.........", "ICMPv6 id"),
];

/// The commands and general options by their letters.
static LETTERS: [Option<&Row>; 256] = letters();

#[allow(clippy::indexing_slicing)] // the compiler runs it
const fn letters() -> [Option<&'static Row>; 256] {
    let (tables, mut letters) = ([COMMANDS, PARAMS], [None; 256]);
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
    LETTERS.get(usize::from(letter)).copied().flatten()
}

/// A protocol whose entries have fields of their own.
#[derive(Debug)]
pub struct Protocol {
    pub number: u8,
    pub name: &'static str,
    /// Its options, in the order in which legality is checked.
    pub options: &'static [&'static [Row]],
    /// Its states by number, further names for some, and the word for them in messages.
    pub states: &'static [&'static str],
    pub aliases: &'static [(&'static str, u8)],
    pub state_message: &'static str,
}

const fn protocol(number: u8, name: &'static str, options: &'static [&'static [Row]]) -> Protocol {
    Protocol { number, name, options, states: &[], aliases: &[], state_message: "" }
}

/// The protocols, in the order in which names are tried.
pub static PROTOCOLS: [Protocol; 8] = [
    Protocol {
        states: tables::TCP_STATES,
        aliases: &[("LISTEN", 9)],
        state_message: "unknown TCP state",
        ..protocol(6, "tcp", &[PORTS, STATE, TUPLE_PORTS])
    },
    protocol(17, "udp", &[PORTS, TUPLE_PORTS]),
    protocol(136, "udplite", &[PORTS, TUPLE_PORTS]),
    Protocol {
        states: tables::SCTP_STATES,
        state_message: "unknown SCTP state",
        ..protocol(132, "sctp", &[PORTS, STATE, TUPLE_PORTS, VTAGS])
    },
    Protocol {
        states: tables::DCCP_STATES,
        state_message: "Unknown DCCP state",
        ..protocol(33, "dccp", &[PORTS, STATE, TUPLE_PORTS, ROLE])
    },
    protocol(1, "icmp", &[ICMP]),
    protocol(58, "icmpv6", &[ICMPV6]),
    protocol(47, "gre", &[KEYS]),
];

impl Row {
    /// The mark of this row in a command's column.
    pub fn legality(&self, class: Class) -> u8 {
        self.legal.as_bytes().get(class as usize).copied().unwrap_or(b'.')
    }

    /// The name used in messages.
    pub fn name(&self) -> &'static str {
        self.longs.first().copied().unwrap_or_default()
    }

    /// The option as messages about values write it: the letter if it is one, else the name.
    pub fn as_typed(&self) -> String {
        match self.short {
            Some(letter) if letter.is_ascii_alphabetic() => format!("-{}", char::from(letter)),
            _ => format!("--{}", self.name()),
        }
    }
}

impl Protocol {
    /// The options, in order.
    pub fn rows(&self) -> impl Iterator<Item = &'static Row> + Clone + use<> {
        self.options.iter().flat_map(|table| table.iter())
    }

    /// The number of a state.
    pub fn state(&self, name: &[u8]) -> Option<u8> {
        let by_number = (0..).zip(self.states).map(|(number, state)| (*state, number));
        by_number
            .chain(self.aliases.iter().copied())
            .find(|(state, _)| state.as_bytes() == name)
            .map(|found| found.1)
    }

    /// The protocol with this number.
    pub fn by_number(number: u8) -> Option<&'static Protocol> {
        PROTOCOLS.iter().find(|protocol| protocol.number == number)
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

    fn all() -> impl Iterator<Item = &'static Row> {
        let protocols = PROTOCOLS.iter().flat_map(|protocol| protocol.options.iter().copied().flatten());
        COMMANDS.iter().chain(PARAMS).chain(protocols)
    }

    #[test]
    fn each_row_stands_at_its_number() {
        for (number, row) in PARAMS.iter().enumerate() {
            assert!(matches!(row.id, Id::Param(param) if param as usize == number), "{}", row.name());
        }
    }

    #[test]
    fn each_row_has_a_mark_for_every_class() {
        assert_eq!(Class::None as usize, 15);
        for row in all().filter(|row| row.section != Section::Command) {
            assert_eq!(row.legal.len(), 16, "{}", row.name());
            assert!(row.legal.bytes().all(|mark| b"123.".contains(&mark)), "{}", row.name());
        }
    }

    #[test]
    fn names_and_letters_are_unique_among_commands_and_general_options() {
        let rows: Vec<&Row> = COMMANDS.iter().chain(PARAMS).collect();
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
