// SPDX-License-Identifier: GPL-2.0-or-later
//! What the tool says when it cannot do what it was told: one text for each complaint, and its exit status.

#![forbid(unsafe_code)]

use crate::line::args::text;
use std::fmt;

/// The name and version that every message starts with.
pub const VERSION_LINE: &str = concat!("conntrack v1.4.9 (libconntrack ", env!("CARGO_PKG_VERSION"), ")");

/// The line that is written where memory runs out and no complaint can be made.
pub const NO_MEMORY: &str =
    concat!("conntrack v1.4.9 (libconntrack ", env!("CARGO_PKG_VERSION"), "): out of memory\n");

/// The line behind a complaint about the command line.
pub const TRY: &str = "Try `conntrack -h' or 'conntrack --help' for more information.";

/// The warning that so many datagrams came from elsewhere than the kernel.
pub fn foreign(count: u64) -> String {
    format!("WARNING: {count} netlink datagrams did not come from the kernel; they were dropped.")
}

/// The warning about a word that no option takes.
pub fn stray(word: &[u8]) -> String {
    format!("WARNING: ignoring the stray word `{}': no option takes it", text(word))
}

/// A reason to give up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Complaint {
    CommandsCombination,
    UnknownTable(String),
    TableCommand,
    NotOnExpectations(&'static str),
    UnknownOption(String),
    MissingArgument(String),
    OnlyOnce(&'static str),
    Address(String),
    Netmask,
    NoCidr(&'static str),
    MixedFamilies,
    Protocol(String),
    BadParameter(String),
    NoIpv6Address,
    NoClosingBracket,
    NoPort,
    Port(String),
    UnknownLabel(String),
    AnyNat,
    Missing(&'static str),
    Illegal(&'static str),
    Pair(&'static str, &'static str),
    /// An unknown state or role: which, and the word.
    Name(&'static str, String),
    ZeroWithFilter,
    MaskWithout(&'static str, &'static str),
    /// A mask of an option that names several addresses.
    MaskOfSeveral(&'static str, &'static str),
    OpenFile(String),
    LoadFileCommand(String),
    /// An option that the whole file takes, and no line of it.
    LoadFileOption(&'static str),
    /// An unexpected value, and the option.
    Value(String, String),
    /// The same, and why.
    ValueBecause(String, String, &'static str),
    /// The same of an option that the original does not have: a mistake of usage.
    NewValue(String, String),
    /// A word of `--by` that is no grouping, and why.
    Grouping(String, String),
    LabelAddAndDel,
    SaveCombination,
    JsonCombination,
    /// An option that selects nothing where no other one does, and what to do instead.
    SelectsNothing(&'static str, &'static str),
    /// A former name of a status, and the option that took its place.
    FormerStatus(&'static str, &'static str),
    /// A word that no option takes.
    Stray(String),
    /// An option of a protocol that a later `-p` replaced.
    ReplacedProtocol(&'static str),
    /// What cannot be given beside `--resync`.
    WithResync(&'static str),
    ResyncEvents,
    /// A command that writes text or JSON was asked for another format.
    OnlyJson(&'static str),
    /// Two options of which only one can be given.
    Together(&'static str, &'static str),
    /// A format that has no place for the namespace of an entry, and why that matters.
    AllNetnsFormat(&'static str, &'static str),
    /// A network namespace that cannot be entered, and why.
    Netns(String, String),
    /// The kernel's refusal, in words.
    Operation(String),
    Handler(String),
    EventSocket(String),
    Events(String),
    Output(String),
    /// How many lines at least were given up because standard output was not read.
    Unread(usize),
    /// A signal came.
    Stopped,
    /// A line of a load file has no end within reason.
    LongLine,
    /// A line of a load file is JSON, but no entry: why.
    Object(String),
    /// The lines of a load file cannot be kept.
    Spool(String),
    /// A complaint about a line of a load file: the file, the line's number, the complaint.
    Line(String, usize, Box<Complaint>),
}

impl Complaint {
    /// Whether the command line is at fault: exit status 2, and a hint at the help.
    pub fn is_usage(&self) -> bool {
        match self {
            Complaint::Line(_, _, complaint) => complaint.is_usage(),
            Complaint::Value(..)
            | Complaint::ValueBecause(..)
            | Complaint::LabelAddAndDel
            | Complaint::SaveCombination
            | Complaint::Netns(..)
            | Complaint::Operation(_)
            | Complaint::Handler(_)
            | Complaint::EventSocket(_)
            | Complaint::Events(_)
            | Complaint::Output(_)
            | Complaint::Unread(_)
            | Complaint::Stopped
            | Complaint::Spool(_) => false,
            _ => true,
        }
    }

    /// The exit status.
    pub fn exit_status(&self) -> u8 {
        if self.is_usage() { 2 } else { 1 }
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use Complaint::*;
        match self {
            CommandsCombination => f.write_str("Invalid commands combination"),
            UnknownTable(word) => write!(f, "unknown type `{word}'"),
            TableCommand => f.write_str("Can't do that command with tables `dying' and `unconfirmed'"),
            NotOnExpectations(command) => write!(f, "Can't do --{command} on expectations"),
            UnknownOption(word) => write!(f, "unknown option `{word}'"),
            MissingArgument(word) => write!(f, "option `{word}' requires an argument"),
            OnlyOnce(name) => write!(f, "option `--{name}' can only be specified once"),
            Address(word) => write!(f, "Invalid IP address `{word}'"),
            Netmask => f.write_str("Invalid netmask"),
            NoCidr(name) => write!(f, "CIDR notation unavailable for `--{name}'"),
            MixedFamilies => f.write_str("mismatched address family"),
            Protocol(word) => write!(f, "`{word}' unsupported protocol"),
            BadParameter(rest) => write!(f, "Bad parameter `{rest}'"),
            NoIpv6Address => f.write_str("No IPv6 address specified"),
            NoClosingBracket => f.write_str("No closing ']' around IPv6 address"),
            NoPort => f.write_str("No port specified after `:'"),
            Port(word) => write!(f, "Invalid port `{word}'"),
            UnknownLabel(name) => write!(f, "unknown label '{name}'"),
            AnyNat => f.write_str("cannot specify `--src-nat' or `--dst-nat' with `--any-nat'"),
            Missing(name) => write!(f, "You need to supply the `--{name}' option for this command"),
            Illegal(name) => write!(f, "Illegal option `--{name}' with this command"),
            Pair(one, other) => write!(f, "you have to specify `--{one}' and `--{other}'"),
            Name(what, word) => write!(f, "{what} `{word}'"),
            ZeroWithFilter => f.write_str("Can't use -z with filtering parameters"),
            MaskWithout(mask, address) => write!(f, "Can't use --{mask} without --{address}"),
            OpenFile(file) => write!(f, "Failed to open file {file} for reading"),
            LoadFileCommand(command) => {
                write!(f, "Cannot use command `{command}' with --load-file")
            }
            LoadFileOption(name) => {
                write!(f, "cannot use `--{name}' in a line of a file: give it after the name of the file")
            }
            Value(word, option) | NewValue(word, option) => {
                write!(f, "unexpected value '{word}' with {option} option")
            }
            ValueBecause(word, option, why) => {
                write!(f, "unexpected value '{word}' with {option} option: {why}")
            }
            MaskOfSeveral(mask, address) => {
                write!(
                    f,
                    "Can't use --{mask} with several addresses of --{address}: each may have a prefix length"
                )
            }
            Grouping(word, why) => write!(f, "unexpected value '{word}' with --by option: {why}"),
            LabelAddAndDel => f.write_str("cannot use --label-add and --label-del at the same time"),
            SaveCombination => {
                f.write_str("cannot combine save output with any other output type, use -o save only")
            }
            JsonCombination => f.write_str("cannot combine json output with xml or save output"),
            SelectsNothing(name, instead) => {
                write!(
                    f,
                    "`--{name}' alone selects nothing: name the entries with another option, or {instead}"
                )
            }
            FormerStatus(name, option) => {
                write!(f, "`--status {name}' selects nothing: use --{option} instead")
            }
            Stray(word) => write!(f, "stray word `{word}': no option takes it"),
            ReplacedProtocol(name) => {
                write!(f, "`--{name}' is an option of a protocol that a later -p replaces")
            }
            WithResync(name) => write!(
                f,
                "cannot use `--{name}' with `--resync': it may begin or cease to hold while an entry lives"
            ),
            ResyncEvents => f.write_str("`--resync' needs the events NEW and DESTROY"),
            OnlyJson(command) => write!(f, "`--{command}' has no output format but json"),
            Together(one, other) => write!(f, "cannot use `--{one}' and `--{other}' at the same time"),
            AllNetnsFormat(format, why) => {
                write!(f, "cannot use `--all-netns' with {format} output: {why}")
            }
            Netns(name, reason) => write!(f, "cannot enter the network namespace {name}: {reason}"),
            Operation(reason) => write!(f, "Operation failed: {reason}"),
            Handler(reason) => write!(f, "Can't open handler: {reason}"),
            EventSocket(reason) => write!(f, "Can't open netlink socket: {reason}"),
            Events(reason) => write!(f, "failed to received netlink event: {reason}"),
            Output(reason) => write!(f, "cannot write to standard output: {reason}"),
            Unread(lines) => {
                write!(f, "standard output is not read: at least {lines} lines have not been shown")
            }
            Stopped => f.write_str("ended by a signal before all was done"),
            LongLine => f.write_str("the line is longer than a mebibyte"),
            Object(reason) => write!(f, "JSON: {reason}"),
            Spool(reason) => write!(f, "cannot keep the lines in a temporary file: {reason}"),
            Line(file, number, complaint) => write!(f, "{file}:{number}: {complaint}"),
        }
    }
}
