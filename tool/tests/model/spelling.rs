// SPDX-License-Identifier: GPL-2.0-or-later
//! The ways to write an option: names, abbreviations, attached values, numbers and addresses in every notation.

use super::entry::*;
use super::meaning::{Part, Verb};
use std::net::IpAddr;
use testing::dice::Dice;

/// A long name, the letter that says the same, and the first of the names that say the same.
pub type Name = (&'static str, Option<char>, &'static str);

const GENERAL: [Name; 49] = [
    ("src", Some('s'), "src"),
    ("orig-src", Some('s'), "src"),
    ("dst", Some('d'), "dst"),
    ("orig-dst", Some('d'), "dst"),
    ("reply-src", Some('r'), "reply-src"),
    ("reply-dst", Some('q'), "reply-dst"),
    ("protonum", Some('p'), "protonum"),
    ("timeout", Some('t'), "timeout"),
    ("status", Some('u'), "status"),
    ("zero", Some('z'), "zero"),
    ("event-mask", Some('e'), "event-mask"),
    ("tuple-src", Some('['), "tuple-src"),
    ("tuple-dst", Some(']'), "tuple-dst"),
    ("mask-src", Some('{'), "mask-src"),
    ("mask-dst", Some('}'), "mask-dst"),
    ("nat-range", Some('a'), "nat-range"),
    ("mark", Some('m'), "mark"),
    ("secmark", Some('c'), "secmark"),
    ("id", Some('i'), "id"),
    ("family", Some('f'), "family"),
    ("src-nat", Some('n'), "src-nat"),
    ("dst-nat", Some('g'), "dst-nat"),
    ("any-nat", Some('j'), "any-nat"),
    ("output", Some('o'), "output"),
    ("buffer-size", Some('b'), "buffer-size"),
    ("zone", Some('w'), "zone"),
    ("orig-zone", Some('('), "orig-zone"),
    ("reply-zone", Some(')'), "reply-zone"),
    ("label", Some('l'), "label"),
    ("label-add", Some('<'), "label-add"),
    ("label-del", Some('>'), "label-del"),
    ("labelmap", Some('M'), "labelmap"),
    ("dump", Some('L'), "dump"),
    ("get", Some('G'), "get"),
    ("delete", Some('D'), "delete"),
    ("create", Some('I'), "create"),
    ("add", Some('A'), "add"),
    ("update", Some('U'), "update"),
    ("event", Some('E'), "event"),
    ("flush", Some('F'), "flush"),
    ("counter", Some('C'), "counter"),
    ("stats", Some('S'), "stats"),
    ("version", Some('V'), "version"),
    ("help", Some('h'), "help"),
    ("load-file", Some('R'), "load-file"),
    ("resync", None, "resync"),
    ("reliable", None, "reliable"),
    // Known after -p tcp, sctp and dccp only; never written, but abbreviations keep clear of them.
    ("state", None, "state"),
    ("role", None, "role"),
];

const PORT_OPTIONS: [(&str, Part); 6] = [
    ("sport", Part::Port(Side::Orig, End::Src)),
    ("orig-port-src", Part::Port(Side::Orig, End::Src)),
    ("dport", Part::Port(Side::Orig, End::Dst)),
    ("orig-port-dst", Part::Port(Side::Orig, End::Dst)),
    ("reply-port-src", Part::Port(Side::Reply, End::Src)),
    ("reply-port-dst", Part::Port(Side::Reply, End::Dst)),
];
const KEY_OPTIONS: [(&str, Part); 6] = [
    ("srckey", Part::Key(Side::Orig, End::Src)),
    ("orig-key-src", Part::Key(Side::Orig, End::Src)),
    ("dstkey", Part::Key(Side::Orig, End::Dst)),
    ("orig-key-dst", Part::Key(Side::Orig, End::Dst)),
    ("reply-key-src", Part::Key(Side::Reply, End::Src)),
    ("reply-key-dst", Part::Key(Side::Reply, End::Dst)),
];
const ICMP_OPTIONS: [(&str, Part); 3] =
    [("icmp-type", Part::IcmpType), ("icmp-code", Part::IcmpCode), ("icmp-id", Part::IcmpId)];
const ICMPV6_OPTIONS: [(&str, Part); 3] =
    [("icmpv6-type", Part::Icmpv6Type), ("icmpv6-code", Part::Icmpv6Code), ("icmpv6-id", Part::Icmpv6Id)];

/// Options of protocols that choose no entries, but have names.
const PORT_NAMES: [&str; 6] =
    ["mask-port-src", "mask-port-dst", "tuple-port-src", "tuple-port-dst", "orig-vtag", "reply-vtag"];
const KEY_NAMES: [&str; 4] = ["mask-key-src", "mask-key-dst", "tuple-key-src", "tuple-key-dst"];

/// The options of a protocol that compare a number.
pub fn parts(protocol: u8) -> Vec<(&'static str, Part)> {
    let all: &[(&str, Part)] = match protocol {
        TCP | UDP | UDPLITE | SCTP | DCCP => &PORT_OPTIONS,
        GRE => &KEY_OPTIONS,
        ICMP => &ICMP_OPTIONS,
        ICMPV6 => &ICMPV6_OPTIONS,
        _ => &[],
    };
    all.to_vec()
}

pub fn is_byte(part: Part) -> bool {
    matches!(part, Part::IcmpType | Part::IcmpCode | Part::Icmpv6Type | Part::Icmpv6Code)
}

/// Every name that is known after these protocols.
pub fn known(protocols: impl Iterator<Item = u8>) -> Vec<Name> {
    let mut known = GENERAL.to_vec();
    for protocol in protocols {
        known.extend(parts(protocol).into_iter().map(|(name, part)| {
            let first = parts(protocol).into_iter().find(|(_, of)| *of == part);
            (name, None, first.map_or(name, |(first, _)| first))
        }));
        let others: &[&str] = match protocol {
            GRE => &KEY_NAMES,
            _ if parts(protocol).is_empty() || matches!(protocol, ICMP | ICMPV6) => &[],
            _ => &PORT_NAMES,
        };
        known.extend(others.iter().map(|&name| (name, None, name)));
    }
    known
}

/// An option and its value.
pub fn option(name: &str, value: Option<&str>, known: &[Name], dice: &mut Dice) -> Vec<String> {
    let letter = known.iter().find(|(long, ..)| *long == name).and_then(|(_, letter, _)| *letter);
    // The letters that are no letters are options, too, but hardly known.
    let letter = letter.filter(|letter| dice.chance(if letter.is_alphabetic() { 55 } else { 10 }));
    match (letter, value) {
        (Some(letter), None) => vec![format!("-{letter}")],
        (Some(letter), Some(value)) if dice.chance(50) => vec![format!("-{letter}{value}")],
        (Some(letter), Some(value)) => vec![format!("-{letter}"), value.into()],
        (None, value) => {
            let name = if dice.chance(35) { abbreviated(name, known, dice) } else { name.into() };
            match value {
                None => vec![format!("--{name}")],
                Some(value) if dice.chance(50) => vec![format!("--{name}={value}")],
                Some(value) => vec![format!("--{name}"), value.into()],
            }
        }
    }
}

/// A name without some of its last letters, where it is still no other option's.
fn abbreviated(name: &str, known: &[Name], dice: &mut Dice) -> String {
    let same = |of: &str| known.iter().find(|(long, ..)| *long == of).map(|(.., same)| *same);
    let is_clear = |short: &str| {
        let mut fits = known.iter().filter(|(long, ..)| long.starts_with(short));
        fits.all(|(.., of)| Some(*of) == same(name))
    };
    let clear: Vec<&str> = (1..name.len()).map(|len| &name[..len]).filter(|short| is_clear(short)).collect();
    if clear.is_empty() { name.into() } else { dice.pick(&clear).into() }
}

/// The first letters of a name, too few of them: other options begin so, too.
fn ambiguous(dice: &mut Dice) -> String {
    loop {
        let (name, ..) = dice.pick(&GENERAL);
        let short = &name[..1 + usize::try_from(dice.roll(name.len() as u64 - 1)).unwrap()];
        let mut fits = GENERAL.iter().filter(|(long, ..)| long.starts_with(short)).map(|(.., same)| same);
        let first = fits.next();
        if GENERAL.iter().all(|(long, ..)| *long != short) && fits.any(|same| Some(same) != first) {
            return short.into();
        }
    }
}

/// The command with its table; whether it is a letter alone.
pub fn verb(verb: Verb, dice: &mut Dice) -> (Vec<String>, bool) {
    let (letter, long) = match verb {
        Verb::Delete => ('D', "delete"),
        Verb::Flush => ('F', "flush"),
        Verb::List => ('L', "dump"),
        Verb::Update => ('U', "update"),
    };
    let table = dice.chance(30).then(|| dice.pick(&["conntrack", "conn", "c", "conntrac"]));
    let name = if dice.chance(30) { abbreviated(long, &GENERAL, dice) } else { long.into() };
    match (table, dice.chance(70)) {
        (None, true) => (vec![format!("-{letter}")], true),
        (None, false) => (vec![format!("--{name}")], false),
        (Some(table), true) => (vec![format!("-{letter}"), table.into()], false),
        (Some(table), false) if dice.chance(50) => (vec![format!("--{name}={table}")], false),
        (Some(table), false) => (vec![format!("--{name}"), table.into()], false),
    }
}

/// A number in one of the notations of C.
pub fn number(number: u32, dice: &mut Dice) -> String {
    match dice.roll(10) {
        0 | 1 => format!("{number:#x}"),
        2 => format!("0X{number:X}"),
        3 => format!("0{number:o}"),
        4 if dice.chance(30) => format!("+{number}"),
        4 if dice.chance(30) => format!(" {number}"),
        _ => number.to_string(),
    }
}

/// A number in decimal, now and then with zeros in front, which mean nothing here.
pub fn decimal(number: u16, dice: &mut Dice) -> String {
    if dice.chance(10) { format!("0{number}") } else { number.to_string() }
}

pub fn protocol(protocol: u8, dice: &mut Dice) -> String {
    let name = match protocol {
        TCP => "tcp",
        UDP => "udp",
        UDPLITE => "udplite",
        SCTP => "sctp",
        DCCP => "dccp",
        ICMP => "icmp",
        ICMPV6 => "icmpv6",
        GRE => "gre",
        _ => return number(u32::from(protocol), dice),
    };
    if dice.chance(25) { number(u32::from(protocol), dice) } else { any_case(name, dice) }
}

fn any_case(name: &str, dice: &mut Dice) -> String {
    if dice.chance(70) {
        return name.into();
    }
    name.chars()
        .map(|c| if dice.chance(50) { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() })
        .collect()
}

pub const STATUS: [(&str, u32); 7] = [
    ("ASSURED", ASSURED),
    ("SEEN_REPLY", SEEN_REPLY),
    ("UNSET", 0),
    ("FIXED_TIMEOUT", FIXED_TIMEOUT),
    ("EXPECTED", EXPECTED),
    ("OFFLOAD", OFFLOAD),
    ("HW_OFFLOAD", HW_OFFLOAD),
];

/// A name of the list: a prefix of it, whatever the case.
pub fn status(name: &str, dice: &mut Dice) -> String {
    let len = if dice.chance(30) { 1 + dice.roll(name.len() as u64) } else { name.len() as u64 };
    any_case(&name[..usize::try_from(len).unwrap()], dice)
}

const TCP_STATES: [&str; 10] = [
    "NONE",
    "SYN_SENT",
    "SYN_RECV",
    "ESTABLISHED",
    "FIN_WAIT",
    "CLOSE_WAIT",
    "LAST_ACK",
    "TIME_WAIT",
    "CLOSE",
    "SYN_SENT2",
];
const SCTP_STATES: [&str; 9] = [
    "NONE",
    "CLOSED",
    "COOKIE_WAIT",
    "COOKIE_ECHOED",
    "ESTABLISHED",
    "SHUTDOWN_SENT",
    "SHUTDOWN_RECD",
    "SHUTDOWN_ACK_SENT",
    "HEARTBEAT_SENT",
];
const DCCP_STATES: [&str; 10] = [
    "NONE", "REQUEST", "RESPOND", "PARTOPEN", "OPEN", "CLOSEREQ", "CLOSING", "TIMEWAIT", "IGNORE", "INVALID",
];

/// The names of a protocol's states, by their numbers.
pub fn states(protocol: u8) -> &'static [&'static str] {
    match protocol {
        TCP => &TCP_STATES,
        SCTP => &SCTP_STATES,
        DCCP => &DCCP_STATES,
        _ => &[],
    }
}

pub fn state(protocol: u8, code: u8, dice: &mut Dice) -> &'static str {
    let name = states(protocol)[usize::from(code)];
    if name == "SYN_SENT2" && dice.chance(50) { "LISTEN" } else { name }
}

/// An address in one of the notations that the system reads.
pub fn address(address: IpAddr, dice: &mut Dice) -> String {
    let plain = address.to_string();
    if dice.chance(75) {
        return plain;
    }
    match address {
        IpAddr::V4(address) => {
            let [a, b, c, d] = address.octets().map(u32::from);
            match dice.roll(5) {
                0 => format!("{a}.{b}.{}", c << 8 | d),
                1 => format!("{a}.{}", b << 16 | c << 8 | d),
                2 => (a << 24 | b << 16 | c << 8 | d).to_string(),
                3 => format!("{a:#x}.{b}.0{c:o}.{d:#x}"),
                _ => format!("{:#x}", u32::from(address)),
            }
        }
        IpAddr::V6(address) => {
            let groups = address.segments();
            let last = address.octets();
            match dice.roll(3) {
                0 => plain.to_uppercase(),
                1 => groups.map(|group| format!("{group:04x}")).join(":"),
                _ => {
                    let [a, b, c, d] = [last[12], last[13], last[14], last[15]];
                    format!("{}:{a}.{b}.{c}.{d}", groups.map(|group| format!("{group:x}"))[..6].join(":"))
                }
            }
        }
    }
}

/// What is always wrong, with its exit status: 2 where the line is at fault, 1 where a value is.
const FAULTS: [(&[&str], u8); 47] = [
    (&["-s", ""], 2),
    (&["--src="], 2),
    (&["-s", "10.0.0.1/"], 2),
    (&["-d10.0.0.1/"], 2),
    (&["--src=fd00::1/"], 2),
    (&["-s", "10.0.0.1/33"], 2),
    (&["-d", "fd00::1/129"], 2),
    (&["-s", "/24"], 2),
    (&["-d", "10.0.0.1/2x"], 2),
    (&["-s", "10.0.0.1/-1"], 2),
    (&["-r", "10.0.0.1/24"], 2),
    (&["-q", ""], 2),
    (&["-r", "10.0.0.1/"], 2),
    (&["--mask-src", ""], 2),
    (&["--mask-src", "255.0.0.0/"], 2),
    (&["-s", "nosuch"], 2),
    (&["-m", ""], 1),
    (&["-m", "/5"], 1),
    (&["-m", "0x"], 1),
    (&["-p", ""], 2),
    (&["-p", "256"], 2),
    (&["-p", "no-such-protocol"], 2),
    (&["-f", ""], 2),
    (&["-f", "ipv5"], 2),
    (&["-u", ""], 2),
    (&["-u", "ASSURED,"], 2),
    (&["-u", ",ASSURED"], 2),
    (&["-u", "ASSURED,,EXPECTED"], 2),
    (&["-u", "!"], 2),
    (&["-l", ""], 2),
    (&["-l", "one,"], 2),
    (&["-l", ",one"], 2),
    (&["-l", "nosuch"], 2),
    (&["-l", "1"], 2),
    (&["-n10.0.0.1:"], 2),
    (&["-n", "10.0.0.1:65536"], 2),
    (&["-g", "10.0.0.1/8"], 2),
    (&["--src-nat="], 2),
    (&["-g", "[fd00::1]"], 2),
    (&["--nosuch"], 2),
    (&["-x"], 2),
    (&["--zero=1"], 2),
    (&["-e", "NEW"], 2),
    (&["-b", "5"], 2),
    (&["--tuple-src", "10.0.0.1"], 2),
    (&["-L", "-D"], 2),
    (&["--label-add", "nosuch"], 2),
];
/// Wrong numbers. Some commands do not take these options at all; the number is looked at first.
const NUMBERS: [&[&str]; 7] = [
    &["-w", ""],
    &["-w", "65536"],
    &["--orig-zone", "-1"],
    &["--reply-zone", "1x"],
    &["-i", ""],
    &["-i", "4294967296"],
    &["-c", ""],
];

/// Wrong numbers that the original takes for others, and the commands that take the option: only there the number is
/// looked at.
const LATE: [(&[&str], &[Verb]); 6] = [
    (&["-m", "5/"], &[Verb::Delete, Verb::List, Verb::Update]),
    (&["-m0/"], &[Verb::Delete, Verb::List, Verb::Update]),
    (&["-m", "1/0x100000000"], &[Verb::Delete, Verb::List, Verb::Update]),
    (&["-t", ""], &[Verb::Delete, Verb::Update]),
    (&["-t-1"], &[Verb::Delete, Verb::Update]),
    (&["-t", "5m"], &[Verb::Delete, Verb::Update]),
];

/// Something that is wrong wherever it stands, and its exit status.
pub fn fault(verb: Verb, dice: &mut Dice) -> (Vec<String>, u8) {
    let illegal: &[&[&str]] = match verb {
        Verb::List => &[&["-i", "5"], &["-t", "5"]],
        Verb::Delete | Verb::Flush => &[&["-z"], &["-c", "1"], &["--any-nat=10.0.0.1"]],
        Verb::Update => &[&["-z"], &["-w", "0"], &["--reply-zone=1"], &["-j10.0.0.1"]],
    };
    let (words, status): (&[&str], u8) = match dice.roll(7) {
        0 => (dice.pick(&NUMBERS), 1),
        1 => (dice.pick(illegal), 2),
        2 => {
            let (words, verbs) = dice.pick(&LATE);
            (words, if verbs.contains(&verb) { 1 } else { 2 })
        }
        3 => return (vec![format!("--{}=1", ambiguous(dice))], 2),
        _ => dice.pick(&FAULTS),
    };
    (words.iter().map(|word| (*word).to_string()).collect(), status)
}
