// SPDX-License-Identifier: GPL-2.0-or-later
//! Which option is legal with which command: the matrix of conntrack-tools 1.4.9, independent of the tool's own
//! tables, and the command lines that try every cell of it.
//!
//! The marks: `1` compulsory, `2` optional, `.` illegal, `3` one of two pairs of which one must be complete.

use super::Case;

/// The general options in the order of the columns, each with a value that is good everywhere.
const GENERAL: [(&str, &str); 29] = [
    ("--src", "10.1.0.1"),
    ("--dst", "10.1.0.2"),
    ("--reply-src", "10.1.0.2"),
    ("--reply-dst", "10.1.0.1"),
    ("--protonum", "udp"),
    ("--timeout", "2500"),
    ("--status", "SEEN_REPLY"),
    ("--zero", ""),
    ("--event-mask", "NEW"),
    ("--tuple-src", "10.5.0.1"),
    ("--tuple-dst", "10.5.0.2"),
    ("--mask-src", "255.255.255.0"),
    ("--mask-dst", "255.255.255.0"),
    ("--mark", "7"),
    ("--id", "@id(dns)"),
    ("--family", "ipv4"),
    ("--src-nat", ""),
    ("--dst-nat", ""),
    ("--output", "extended"),
    ("--secmark", "0"),
    ("--buffer-size", "100000"),
    ("--any-nat", ""),
    ("--zone", "0"),
    ("--label", "one"),
    ("--label-add", "one"),
    ("--label-del", "one"),
    ("--orig-zone", "0"),
    ("--reply-zone", "0"),
    ("--labelmap", "/etc/xtables/connlabel.conf"),
];

/// What a protocol's option is about, in the order of the columns: a port or key of the original direction, of the
/// reply, of the mask, of the expected tuple; state, tag, role; ICMP type or code, ICMP id.
#[derive(Clone, Copy, PartialEq, Eq)]
enum About {
    Port,
    Reply,
    Mask,
    Tuple,
    State,
    Tag,
    Role,
    Kind,
    Id,
}
use About::{Id, Kind, Mask, Port, Reply, Role, State, Tag, Tuple};

/// A command on a table: its words, its marks over [`GENERAL`] and over [`About`].
struct Command {
    words: &'static str,
    general: &'static str,
    about: &'static str,
}

const fn command(words: &'static str, general: &'static str, about: &'static str) -> Command {
    Command { words, general, about }
}

const NOTHING: &str = ".............................";
const NO_FIELD: &str = ".........";

const COMMANDS: [Command; 25] = [
    command("-L", "22222.22...222.22222.222..222", "22..2..22"),
    command("-L conntrack", "22222.22...222.22222.222..222", "22..2..22"),
    command("-L dying", "22222.22...222.22222.222..222", "22..2..22"),
    command("-L unconfirmed", "22222.22...222.22222.222..222", "22..2..22"),
    command("-I", "3333112......2..22....2.2.22.", "33..11112"),
    command("-A", "3333112......2..22....2.2.22.", "33..11112"),
    command("-U", "2222222....22222222....222..2", "22..22.22"),
    command("-D", "2222222....22222222...22..222", "22..2..22"),
    command("-G", "33331.........2...2....2.....", "33..22.12"),
    command("-F", "...............2.............", NO_FIELD),
    command("-E", "22222...2..222.222222222..222", "22..2..22"),
    command("-V", NOTHING, NO_FIELD),
    command("-h", "....2........................", "222222222"),
    command("-C", NOTHING, NO_FIELD),
    command("-S", NOTHING, NO_FIELD),
    command("-L expect", "...............2..2..........", NO_FIELD),
    command("-I expect", "1122112..1111................", "1.11.11.."),
    command("-D expect", "11221........................", "11......."),
    command("-G expect", "11221........................", "11......."),
    command("-E expect", "..................2..........", NO_FIELD),
    command("-F expect", NOTHING, NO_FIELD),
    command("-C expect", NOTHING, NO_FIELD),
    command("-S expect", NOTHING, NO_FIELD),
    command("-V expect", NOTHING, NO_FIELD),
    command("", NOTHING, NO_FIELD),
];

/// Commands on tables that do not know them.
const REFUSED: [&str; 23] = [
    "-I dying",
    "-A dying",
    "-U dying",
    "-D dying",
    "-G dying",
    "-F dying",
    "-E dying",
    "-V dying",
    "-h dying",
    "-C dying",
    "-S dying",
    "-A expect",
    "-U expect",
    "-I unconfirmed",
    "-A unconfirmed",
    "-U unconfirmed",
    "-D unconfirmed",
    "-G unconfirmed",
    "-F unconfirmed",
    "-E unconfirmed",
    "-V unconfirmed",
    "-C unconfirmed",
    "-S unconfirmed",
];

/// A protocol's options, with the values of the fixture's entry of that protocol.
struct Protocol {
    name: &'static str,
    options: &'static [(&'static str, About, &'static str)],
    /// The addresses of that entry.
    addresses: [&'static str; 2],
}

macro_rules! ports {
    ([$sport:literal, $dport:literal] $(, $more:expr)*) => {
        &[
            ("--sport", Port, $sport),
            ("--dport", Port, $dport),
            ("--reply-port-src", Reply, $dport),
            ("--reply-port-dst", Reply, $sport),
            ("--mask-port-src", Mask, "0"),
            ("--mask-port-dst", Mask, "65535"),
            ("--tuple-port-src", Tuple, "0"),
            ("--tuple-port-dst", Tuple, "5555"),
            $($more),*
        ]
    };
}

const PROTOCOLS: [Protocol; 9] = [
    Protocol {
        name: "tcp",
        options: ports!(["1000", "80"], ("--state", State, "ESTABLISHED")),
        addresses: ["10.0.0.1", "10.0.0.2"],
    },
    Protocol { name: "udp", options: ports!(["1000", "53"]), addresses: ["10.1.0.1", "10.1.0.2"] },
    Protocol { name: "udplite", options: ports!(["1000", "5060"]), addresses: ["10.1.0.1", "10.1.0.2"] },
    Protocol {
        name: "sctp",
        options: ports!(
            ["3000", "3001"],
            ("--state", State, "ESTABLISHED"),
            ("--orig-vtag", Tag, "16843009"),
            ("--reply-vtag", Tag, "33686018")
        ),
        addresses: ["10.2.0.1", "10.2.0.2"],
    },
    Protocol {
        name: "dccp",
        options: ports!(["3000", "3001"], ("--state", State, "OPEN"), ("--role", Role, "client")),
        addresses: ["10.2.0.1", "10.2.0.2"],
    },
    Protocol {
        name: "gre",
        options: &[
            ("--srckey", Port, "5"),
            ("--dstkey", Port, "0x66"),
            ("--reply-key-src", Reply, "0x66"),
            ("--reply-key-dst", Reply, "5"),
            ("--mask-key-src", Mask, "0"),
            ("--mask-key-dst", Mask, "0xffff"),
            ("--tuple-key-src", Tuple, "0"),
            ("--tuple-key-dst", Tuple, "7"),
        ],
        addresses: ["10.2.0.1", "10.2.0.2"],
    },
    Protocol {
        name: "icmp",
        options: &[("--icmp-type", Kind, "8"), ("--icmp-code", Kind, "0"), ("--icmp-id", Id, "77")],
        addresses: ["10.2.0.1", "10.2.0.2"],
    },
    Protocol {
        name: "icmpv6",
        options: &[("--icmpv6-type", Kind, "128"), ("--icmpv6-code", Kind, "0"), ("--icmpv6-id", Id, "79")],
        addresses: ["fd02::1", "fd02::2"],
    },
    Protocol { name: "50", options: &[], addresses: ["10.2.0.1", "10.2.0.2"] },
];

/// Options with values.
type Line = Vec<(&'static str, &'static str)>;

/// The mark of a protocol's option.
fn mark(command: &Command, protocol: &Protocol, about: About) -> char {
    if command.words == "-I expect" && protocol.name == "gre" && about == Reply {
        return '1';
    }
    char::from(command.about.as_bytes()[about as usize])
}

/// Everything that a command wants for an entry of a protocol.
fn complete(command: &Command, protocol: &Protocol) -> Line {
    if !command.general.contains(['1', '3']) {
        return Vec::new();
    }
    let create = matches!(command.words, "-I" | "-A");
    let expect = command.words.ends_with("expect");
    let [src, dst] = match (expect, protocol.name) {
        (true, "icmpv6") => ["fd05::1", "fd05::2"],
        (true, _) => ["10.5.0.1", "10.5.0.2"],
        _ => protocol.addresses,
    };
    let mut line = Vec::new();
    for ((option, value), mark) in GENERAL.into_iter().zip(command.general.chars()) {
        let all = if src.contains(':') { "ffff::" } else { "255.255.255.255" };
        let value = match option {
            "--src" if create && src.contains(':') => "fd66::1",
            "--src" if create => "10.66.0.1",
            "--src" | "--tuple-src" => src,
            "--dst" | "--tuple-dst" => dst,
            "--protonum" => protocol.name,
            "--mask-src" | "--mask-dst" => all,
            _ => value,
        };
        let reply = option.starts_with("--reply");
        if mark == '1' || (mark == '3' && !reply) {
            line.push((option, value));
        }
    }
    for &(option, about, value) in protocol.options {
        let wanted = match mark(command, protocol, about) {
            '1' => true,
            '3' => about == Port,
            _ => command.words == "-G" && about == Id,
        };
        if wanted {
            line.push((option, expected_port(command, option).unwrap_or(value)));
        }
    }
    line
}

/// The ports of the fixture's expectation and of its master.
fn expected_port(command: &Command, option: &str) -> Option<&'static str> {
    match (command.words, option) {
        ("-I expect", "--sport") => Some("40000"),
        ("-I expect", "--dport") => Some("21"),
        ("-D expect" | "-G expect", "--sport") => Some("0"),
        ("-D expect" | "-G expect", "--dport") => Some("2570"),
        _ => None,
    }
}

fn text(command: &str, line: &[(&str, &str)]) -> String {
    let mut text = command.to_string();
    for (option, value) in line {
        text += &format!(" {option}");
        if !value.is_empty() {
            text += &format!(" {value}");
        }
    }
    text.trim_start().to_string()
}

/// What the matrix says of a command line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Says {
    /// All is well with this option.
    Legal(&'static str),
    Illegal(&'static str),
    Missing(&'static str),
    /// Another complaint may come first.
    Nothing,
}

/// The command lines that try every cell of the matrix.
pub fn cells() -> Vec<(Case, Says)> {
    let mut cells: Vec<(Case, Says)> = Vec::new();
    for command in &COMMANDS {
        general(command, &mut cells);
        for protocol in &PROTOCOLS {
            fields(command, protocol, &mut cells);
        }
    }
    for words in REFUSED {
        for option in ["", " --src 10.1.0.1", " -p tcp --sport 1", " --zero"] {
            cells.push((Case::new(format!("{words}{option}")), Says::Nothing));
        }
    }
    cells.sort();
    cells.dedup_by(|one, other| one.0 == other.0);
    cells
}

fn general(command: &Command, cells: &mut Vec<(Case, Says)>) {
    let base = complete(command, &PROTOCOLS[1]);
    cells.push((Case::new(text(command.words, &base)), Says::Nothing));
    for (option, mark) in GENERAL.into_iter().zip(command.general.chars()) {
        cells.push((Case::new(text(command.words, &[option])), Says::Nothing));
        try_cell(command, &base, option, mark, cells);
    }
}

fn fields(command: &Command, protocol: &Protocol, cells: &mut Vec<(Case, Says)>) {
    // Where no option of a protocol is legal, one protocol shows it.
    let refuses = command.about == NO_FIELD && !matches!(command.words, "-D expect" | "-G expect");
    if refuses && protocol.name != "sctp" {
        return;
    }
    let base = complete(command, protocol);
    cells.push((Case::new(text(command.words, &base)), Says::Nothing));
    let named = [("--protonum", protocol.name)];
    for &(option, about, value) in protocol.options {
        let mark = mark(command, protocol, about);
        cells.push((Case::new(text(command.words, &[named[0], (option, value)])), Says::Nothing));
        let base = if base.is_empty() { &named[..] } else { &base };
        let says_nothing = command.general.as_bytes()[4] == b'.';
        let before = cells.len();
        try_cell(command, base, (option, value), mark, cells);
        if says_nothing {
            cells[before..].iter_mut().for_each(|cell| cell.1 = Says::Nothing);
        }
    }
}

/// A complete line with an option more, and one with it less.
fn try_cell(
    command: &Command,
    base: &[(&'static str, &'static str)],
    option: (&'static str, &'static str),
    mark: char,
    cells: &mut Vec<(Case, Says)>,
) {
    let is_it = |(name, _): &(&str, &str)| *name == option.0;
    if base.iter().any(is_it) {
        // Without a protocol its options are unknown.
        let known = |(name, _): &(&str, &str)| {
            option.0 != "--protonum" || GENERAL.iter().any(|(general, _)| general == name)
        };
        let without: Line = base.iter().copied().filter(|part| !is_it(part) && known(part)).collect();
        let says = if mark == '1' { Says::Missing(option.0) } else { Says::Nothing };
        cells.push((Case::new(text(command.words, &without)), says));
        return;
    }
    let with: Line = base.iter().copied().chain([option]).collect();
    let says = if mark == '.' { Says::Illegal(option.0) } else { Says::Legal(option.0) };
    cells.push((Case::new(text(command.words, &with)), says));
}
