// SPDX-License-Identifier: GPL-2.0-or-later
//! The other command lines: written down in `lines/*.txt`, or made of parts.

use super::Case;

fn listed(text: &'static str) -> impl Iterator<Item = &'static str> + Clone {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with("# "))
}

fn filters() -> impl Iterator<Item = &'static str> + Clone {
    listed(include_str!("lines/filters.txt"))
}

/// Every command line beside those of the matrix, without repetition.
pub fn all() -> Vec<Case> {
    let written = ["grammar", "values", "expect"].map(|name| match name {
        "grammar" => include_str!("lines/grammar.txt"),
        "values" => include_str!("lines/values.txt"),
        _ => include_str!("lines/expect.txt"),
    });
    let mut cases: Vec<Case> = written.into_iter().flat_map(listed).map(Case::new).collect();
    cases.push(Case::new(""));
    for make in [selections, formats, lookups, creations, additions, updates] {
        cases.extend(make().into_iter().map(Case::new));
    }
    cases.extend(files());
    cases.extend(operands_first());
    cases.extend(unprivileged());
    let mut seen = std::collections::HashSet::new();
    cases.retain(|case| seen.insert(case.clone()));
    cases
}

/// A small generator of numbers, the same ones in every run.
pub struct Numbers(pub u64);

impl Numbers {
    pub fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

/// Every filter with every command that selects; some in pairs.
fn selections() -> Vec<String> {
    let listing = || listed(include_str!("lines/listing.txt"));
    let mut lines: Vec<String> = Vec::new();
    for filter in filters() {
        lines.push(format!("-L {filter}"));
        lines.push(format!("-L dying {filter}"));
        lines.push(format!("-D {filter}"));
        // One entry of a named family is what the older original changes reliably.
        lines.push(format!("-U {filter} -m 0x77"));
    }
    for filter in listing() {
        lines.push(format!("-L {filter}"));
        lines.push(format!("-L unconfirmed {filter}"));
        if !filter.contains("-j") && !filter.contains("-z") && !filter.contains("-c") {
            lines.push(format!("-D {filter}"));
        }
    }
    let all: Vec<&str> = filters().chain(listing().filter(|filter| !filter.contains("-z"))).collect();
    let mut numbers = Numbers(1);
    for _ in 0..150 {
        lines.push(format!("-L {} {}", numbers.pick(&all), numbers.pick(&all)));
    }
    let deleting: Vec<&str> =
        all.into_iter().filter(|filter| !filter.contains("-j") && !filter.contains("-c")).collect();
    for _ in 0..100 {
        lines.push(format!("-D {} {}", numbers.pick(&deleting), numbers.pick(&deleting)));
    }
    lines
}

/// Every filter of `-E`.
pub fn event_filters() -> Vec<String> {
    let legal = |filter: &&str| !["-i ", "-u ", "-z"].iter().any(|option| filter.contains(option));
    let listing = listed(include_str!("lines/listing.txt"));
    filters().chain(listing).filter(legal).map(|filter| format!("-E {filter}")).collect()
}

const FORMATS: [&str; 7] = ["xml", "extended", "timestamp", "id", "ktimestamp", "labels", "userspace"];

/// Every combination of output formats with every command that prints.
fn formats() -> Vec<String> {
    let commands = [
        "-L -s 10.0.0.0/14",
        "-L -f ipv6",
        "-L dying",
        "-L expect",
        "-G -p sctp -s 10.2.0.1 -d 10.2.0.2 --sport 3000 --dport 3001",
        "-D -s 10.4.0.1",
        "-U -s 10.4.0.1 -p udp --sport 1000 -m 0x77",
    ];
    let mut lines = Vec::new();
    for command in commands {
        for set in 1..1 << FORMATS.len() {
            let chosen = FORMATS.iter().enumerate().filter(|(bit, _)| set >> bit & 1 == 1);
            let names: Vec<&str> = chosen.map(|(_, name)| *name).collect();
            lines.push(format!("{command} -o {}", names.join(",")));
        }
        for more in
            ["-o save", "-o save,userspace", "-o save -o userspace", "-o id -o extended", "-o xml -o xml"]
        {
            lines.push(format!("{command} {more}"));
        }
        lines.extend(FORMATS.map(|format| format!("{command} -o save,{format}")));
    }
    let all = [
        "-L",
        "-L -p tcp",
        "-L -p udp",
        "-L -p gre",
        "-L -p icmp",
        "-L -p icmpv6",
        "-L -p 50",
        "-L -n",
        "-L -g",
        "-D",
        "-D -f ipv6",
        "-D -p udp",
    ];
    for command in all {
        lines.extend(
            ["save", "xml", "extended,id", "labels", "ktimestamp"]
                .map(|format| format!("{command} -o {format}")),
        );
    }
    lines
}

/// Keys of entries of the fixture, and of none.
const KEYS: [&str; 26] = [
    "-p tcp -s 10.0.0.1 -d 10.0.0.2 --sport 1000 --dport 80",
    "-p tcp -s 10.0.0.1 -d 10.0.0.2 --sport 1 --dport 80",
    "-p tcp -s 10.0.0.2 -d 10.0.0.1 --sport 80 --dport 1000",
    "-p tcp -s fd00::1 -d fd00::2 --sport 1000 --dport 80",
    "-p tcp -s 10.0.0.3 -d 10.0.0.2 --sport 1002 --dport 80",
    "-p udp -s 10.1.0.1 -d 10.1.0.2 --sport 1000 --dport 53",
    "-p udp -s 10.1.0.1 -d 10.1.0.2 --sport 1003 --dport 53",
    "-p udp -s 10.1.0.1 -d 10.1.0.2 --sport 1004 --dport 53",
    "-p udp -s fd01::1 -d fd01::2 --sport 1000 --dport 53",
    "-p udp -s fd01::1 -d fd01::2 --sport 1001 --dport 53",
    "-p udp -s 10.3.0.1 -d 10.3.0.2 --sport 1000 --dport 53",
    "-p udp -s 10.3.0.1 -d 10.3.0.2 --sport 1003 --dport 53",
    "-p udp -s 10.4.0.1 -d 10.4.0.2 --sport 1000 --dport 53",
    "-p udplite -s 10.1.0.1 -d 10.1.0.2 --sport 1000 --dport 5060",
    "-p sctp -s 10.2.0.1 -d 10.2.0.2 --sport 3000 --dport 3001",
    "-p sctp -s fd02::1 -d fd02::2 --sport 3000 --dport 3001",
    "-p dccp -s 10.2.0.1 -d 10.2.0.2 --sport 3000 --dport 3001",
    "-p dccp -s 10.2.0.1 -d 10.2.0.2 --sport 0 --dport 0",
    "-p icmp -s 10.2.0.1 -d 10.2.0.2 --icmp-type 8 --icmp-code 0 --icmp-id 77",
    "-p icmp -s 10.2.0.1 -d 10.2.0.2 --icmp-type 8 --icmp-code 0",
    "-p icmp -s 10.2.0.1 -d 10.2.0.2 --icmp-type 3 --icmp-code 0",
    "-p icmpv6 -s fd02::1 -d fd02::2 --icmpv6-type 128 --icmpv6-code 0 --icmpv6-id 79",
    "-p gre -s 10.2.0.1 -d 10.2.0.2 --srckey 5 --dstkey 0x66",
    "-p gre -s 10.2.0.1 -d 10.2.0.2 --srckey 5 --dstkey 0x67",
    "-p 50 -s 10.2.0.1 -d 10.2.0.2",
    "-p 89 -s fd02::1 -d fd02::2",
];

fn lookups() -> Vec<String> {
    let more = [
        "",
        "-r 10.0.0.2",
        "-r 10.1.0.2 -q 10.1.0.1",
        "-r 10.3.0.2 -q 10.9.9.9",
        "-r 10.2.0.2 -q 10.2.0.1",
        "-i @id(dns)",
        "-i 1",
        "-l one",
        "-l one,hundred",
        "-l five",
        "-o id",
        "-o xml",
        "-o save",
        "-o extended",
        "-o labels",
    ];
    let mut lines: Vec<String> = KEYS
        .iter()
        .flat_map(|key| more.map(|more| format!("-G {key} {more}").trim_end().to_string()))
        .collect();
    let tcp = KEYS[0];
    for state in ["ESTABLISHED", "CLOSE", "NONE"] {
        lines.push(format!("-G {tcp} --state {state}"));
    }
    lines.push(format!("-G {tcp} --reply-port-src 80 --reply-port-dst 1000"));
    lines.push(format!("-G {tcp} --reply-port-src 81 --reply-port-dst 1000"));
    lines.push("-G -p tcp -r 10.0.0.2 -q 10.0.0.1 --reply-port-src 80 --reply-port-dst 1000".into());
    lines.push("-G -p tcp -r 10.0.0.2 -q 10.0.0.1 --sport 1000 --dport 80".into());
    lines.push("-G -p icmp --icmp-type 8 --icmp-code 0 --icmp-id 77 -s 10.2.0.1 -d 10.2.0.2".into());
    lines.push("-G -p 50 -r 10.2.0.2 -q 10.2.0.1".into());
    lines.push("-G -p sctp -s 10.2.0.1 -d 10.2.0.2 --sport 3000 --dport 3001 --state ESTABLISHED".into());
    lines.push(
        "-G -p sctp -s 10.2.0.1 -d 10.2.0.2 --sport 3000 --dport 3001 --orig-vtag 1 --reply-vtag 2".into(),
    );
    lines
}

/// New entries of every protocol.
const NEW: [&str; 12] = [
    "-p tcp -t 2500 -s 10.66.0.1 -d 10.66.0.2 --sport 1 --dport 2 --state ESTABLISHED",
    "-p udp -t 2500 -s 10.66.0.1 -d 10.66.0.2 --sport 1 --dport 2",
    "-p udplite -t 2500 -s 10.66.0.1 -d 10.66.0.2 --sport 1 --dport 2",
    "-p sctp -t 2500 -s 10.66.0.1 -d 10.66.0.2 --sport 1 --dport 2 --state ESTABLISHED --orig-vtag 16843009 --reply-vtag 33686018",
    "-p dccp -t 2500 -s 10.66.0.1 -d 10.66.0.2 --sport 1 --dport 2 --state OPEN --role client",
    "-p icmp -t 2500 -s 10.66.0.1 -d 10.66.0.2 --icmp-type 8 --icmp-code 0 --icmp-id 9",
    "-p gre -t 2500 -s 10.66.0.1 -d 10.66.0.2 --srckey 1 --dstkey 0x2",
    "-p 50 -t 2500 -s 10.66.0.1 -d 10.66.0.2",
    "-p udp -t 2500 -s fd66::1 -d fd66::2 --sport 1 --dport 2",
    "-p tcp -t 2500 -s fd66::1 -d fd66::2 --sport 1 --dport 2 --state SYN_SENT",
    "-p icmpv6 -t 2500 -s fd66::1 -d fd66::2 --icmpv6-type 128 --icmpv6-code 0 --icmpv6-id 9",
    "-p 89 -t 2500 -s fd66::1 -d fd66::2",
];

/// What a new entry may have more, and what it may not.
const NEW_VALUES: [&str; 64] = [
    "",
    "-u SEEN_REPLY",
    "-u SEEN_REPLY,ASSURED",
    "-u ASSURED",
    "-u UNSET",
    "-u FIXED_TIMEOUT",
    "-u EXPECTED",
    "-u OFFLOAD",
    "-u HW_OFFLOAD",
    "-u !SEEN_REPLY",
    "-u UNREPLIED",
    "-u FOO",
    "-m 7",
    "-m 7/3",
    "-m 0x80000000",
    "-m 0",
    "-m x",
    "-m 4294967296",
    "-w 3",
    "-w 0",
    "-w 65536",
    "-w x",
    "--orig-zone 3",
    "--reply-zone 4",
    "--orig-zone 3 --reply-zone 4",
    "--orig-zone 3 --reply-zone 3",
    "-w 3 --orig-zone 4",
    "--orig-zone -1",
    "--label-add one",
    "--label-add one,hundred",
    "--label-add one --label-add five",
    "--label-add last",
    "--label-add nosuch",
    "-t 0",
    "-t 99500",
    "-t x",
    "-t -1",
    "-t 4294967295",
    "-t 4294967296",
    "-n",
    "-g",
    "-z",
    "-i 1",
    "-o id",
    "-f ipv4",
    "-j",
    "-b 1",
    "-e NEW",
    "-c 1",
    "-l one",
    "--label-del",
    "--mask-src 255.255.255.0",
    "--tuple-src 1.1.1.1",
    "-s foo",
    "-d foo",
    "-r foo",
    "-s 10.66.0.0/24",
    "-d 10.66.0.2/33",
    "--sport x",
    "--dport 65536",
    "--sport -1",
    "--sport 0",
    "--sport 0x10",
    "--reply-port-src 1",
];

/// The same where the family matters: for IPv4 and IPv6.
const NEW_ADDRESSES: [[&str; 2]; 20] = [
    ["-n 10.77.0.1", "-n fd77::1"],
    ["-n 10.77.0.1:99", "-n [fd77::1]:99"],
    ["-n 10.77.0.1:0", "-n [fd77::1]:0"],
    ["-g 10.78.0.1", "-g fd78::1"],
    ["-g 10.78.0.1:99", "-g [fd78::1]:99"],
    ["-n 10.77.0.1:99 -g 10.78.0.1:88", "-n [fd77::1]:99 -g [fd78::1]:88"],
    ["-n 10.66.0.1", "-n fd66::1"],
    ["-g 10.66.0.2", "-g fd66::2"],
    ["-n 10.77.0.1/8", "-n fd77::1/64"],
    ["-n 10.77.0.1:x", "-n [fd77::1]:x"],
    ["-g 10.78.0.1:70000", "-g [fd78::1"],
    ["-n fd77::1", "-n 10.77.0.1"],
    ["-s fd66::1", "-s 10.66.0.1"],
    ["-r 10.66.0.2", "-r fd66::2"],
    ["-q 10.66.0.1", "-q fd66::1"],
    ["-r 10.66.0.2 -q 10.66.0.1", "-r fd66::2 -q fd66::1"],
    ["-r 10.66.0.9 -q 10.66.0.1", "-r fd66::9 -q fd66::1"],
    ["-r fd66::2", "-r 10.66.0.2"],
    ["-r 10.66.0.2/8", "-r fd66::2/8"],
    ["-r 10.66.0.2 -q 10.66.0.1 -u SEEN_REPLY", "-r fd66::2 -q fd66::1 -u ASSURED,SEEN_REPLY"],
];

/// New entries with every value, good and bad.
fn creations() -> Vec<String> {
    let mut lines = Vec::new();
    for new in NEW {
        let values = NEW_VALUES.iter().copied();
        let family = usize::from(new.contains("fd66"));
        let addresses = NEW_ADDRESSES.iter().map(|pair| pair[family]);
        for value in values.chain(addresses) {
            let port_value = value.contains("port");
            if !port_value || new.contains("--sport") {
                lines.push(format!("-I {new} {value}").trim_end().to_string());
            }
        }
    }
    let replaced = |new: &str, from: &str, to: &[&str]| -> Vec<String> {
        to.iter().map(|to| format!("-I {}", new.replace(from, to))).collect()
    };
    let tcp = [
        "NONE",
        "SYN_SENT",
        "SYN_RECV",
        "ESTABLISHED",
        "FIN_WAIT",
        "CLOSE_WAIT",
        "LAST_ACK",
        "TIME_WAIT",
        "CLOSE",
        "LISTEN",
        "SYN_SENT2",
        "FOO",
        "none",
        "''",
        "MAX",
        "EST",
    ];
    lines.extend(replaced(NEW[0], "ESTABLISHED", &tcp));
    let sctp = [
        "NONE",
        "CLOSED",
        "COOKIE_WAIT",
        "COOKIE_ECHOED",
        "SHUTDOWN_SENT",
        "SHUTDOWN_RECD",
        "SHUTDOWN_ACK_SENT",
        "HEARTBEAT_SENT",
        "HEARTBEAT_ACKED",
        "FOO",
        "closed",
    ];
    lines.extend(replaced(NEW[3], "ESTABLISHED", &sctp));
    lines.extend(replaced(NEW[3], "16843009", &["0", "1", "x", "4294967295", "4294967296", "-1", "0x10"]));
    let dccp = [
        "NONE", "REQUEST", "RESPOND", "PARTOPEN", "CLOSEREQ", "CLOSING", "TIMEWAIT", "IGNORE", "INVALID",
        "FOO",
    ];
    lines.extend(replaced(NEW[4], "OPEN", &dccp));
    lines.extend(replaced(NEW[4], "client", &["server", "s", "C", "x", "''"]));
    let kinds: Vec<String> = (0..20).chain([40, 255, 256]).map(|kind| format!("type {kind} ")).collect();
    let kinds: Vec<&str> = kinds.iter().map(String::as_str).collect();
    lines.extend(replaced(NEW[5], "type 8 ", &kinds));
    lines.extend(replaced(NEW[5], "code 0", &["code 1", "code 255", "code 256", "code x"]));
    lines.extend(replaced(NEW[5], "id 9", &["id 0", "id 65535", "id 65536", "id x"]));
    lines.extend(replaced(
        NEW[10],
        "type 128",
        &["type 129", "type 1", "type 133", "type 139", "type 140", "type 143", "type x"],
    ));
    lines.extend(replaced(
        NEW[6],
        "srckey 1",
        &["srckey 0x10", "srckey 010", "srckey 65536", "srckey x", "srckey -1", "orig-key-src 7"],
    ));
    for number in ["0", "2", "4", "41", "89", "132", "255", "sctp", "esp", "UDP"] {
        lines.push(format!("-I -p {number} -t 2500 -s 10.66.0.1 -d 10.66.0.2"));
    }
    // Only the other direction.
    for (protocol, ports) in [
        ("udp", "--reply-port-src 2 --reply-port-dst 1"),
        ("udp", "--sport 1 --dport 2"),
        ("50", ""),
        ("gre", "--reply-key-src 1 --reply-key-dst 2"),
    ] {
        lines.push(
            format!("-I -p {protocol} -t 2500 -r 10.66.0.2 -q 10.66.0.1 {ports}").trim_end().to_string(),
        );
    }
    lines.push(format!("-I {} --reply-port-src 7 --reply-port-dst 8", NEW[1]));
    lines.push(format!("-I {} -r 10.66.0.2 -q 10.66.0.1 --reply-port-src 2 --reply-port-dst 1", NEW[1]));
    lines.push(format!("-I {} -r 10.66.0.2 -q 10.77.0.1 --reply-port-src 2 --reply-port-dst 9", NEW[1]));
    lines
}

/// `-I` and `-A` of entries that exist, and `-A` of new ones.
fn additions() -> Vec<String> {
    let mut lines: Vec<String> = NEW
        .iter()
        .flat_map(|new| {
            ["", "-m 7", "-u SEEN_REPLY,ASSURED", "-w 3"].map(|value| format!("-A {new} {value}"))
        })
        .collect();
    for key in KEYS {
        let state = match key {
            key if key.contains("tcp") => "--state CLOSE",
            key if key.contains("sctp") => "--state CLOSED --orig-vtag 16843009 --reply-vtag 16843009",
            key if key.contains("dccp") => "--state OPEN --role client",
            _ => "",
        };
        for (verb, value) in [("-I", ""), ("-A", "-m 0x77"), ("-A", "-u SEEN_REPLY,ASSURED"), ("-A", "")] {
            lines.push(format!("{verb} {key} {state} -t 99500 {value}"));
        }
    }
    for value in [
        "-u !ASSURED",
        "-u EXPECTED",
        "-n 10.77.0.1",
        "-g 10.77.0.1",
        "--label-add five",
        "-w 7",
        "-w 3",
        "-t 0",
        "-r 10.1.0.2 -q 10.1.0.1",
        "-r 10.1.0.2 -q 10.1.0.9",
    ] {
        lines.push(format!("-A {} -t 99500 {value}", KEYS[5]));
    }
    for line in &mut lines {
        *line = line.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    }
    lines
}

/// Changes of single entries.
fn updates() -> Vec<String> {
    let values = [
        "",
        "-m 9",
        "-m 5",
        "-m 0",
        "-m 0x10/0x1",
        "-m 0/0",
        "-m 0xff/0",
        "-m x",
        "-m 1/x",
        "-t 99500",
        "-t 0",
        "-t x",
        "-u ASSURED",
        "-u SEEN_REPLY",
        "-u SEEN_REPLY,ASSURED",
        "-u FIXED_TIMEOUT",
        "-u EXPECTED",
        "-u !ASSURED",
        "-u UNREPLIED",
        "-u UNSET",
        "-u FOO",
        "-m 9 -t 99500 -u ASSURED,SEEN_REPLY",
        "--label-add five",
        "--label-add one",
        "--label-add one,five",
        "--label-add five --label-add zero",
        "--label-add last",
        "--label-add big",
        "--label-add nosuch",
        "--label-del",
        "--label-del one",
        "--label-del hundred",
        "--label-del five",
        "--label-del one,hundred",
        "--label-del nosuch",
        "--label-add five -m 9",
        "--label-del one -m 9",
        "-l one -m 9",
        "-i 1 -m 9",
        "-n 10.77.0.1 -m 9",
        "-n -m 9",
        "-g -m 9",
        "-o save -m 9",
        "-o xml -m 9",
        "-o id,extended -m 9",
        "-o labels -m 9",
    ];
    let keys = [
        "-s 10.2.0.1 -p esp",
        "-s 10.4.0.1 -p udp --sport 1000",
        "-s 10.4.0.1 -p udp --sport 1001",
        "-s 10.0.0.1 -p tcp --sport 1000",
        "-f ipv6 -p icmpv6",
        "-s 10.3.0.1 -p udp --sport 1000",
        "-s 10.1.0.1 -p udp --sport 1003",
        "-s 10.9.0.1",
    ];
    let mut lines: Vec<String> = keys
        .iter()
        .flat_map(|key| values.map(|value| format!("-U {key} {value}").trim_end().to_string()))
        .collect();
    lines.retain(|line| !(line.contains("--sport 1003") && line.ends_with("-t 0")));
    for state in ["ESTABLISHED", "CLOSE", "NONE", "LISTEN", "TIME_WAIT", "FOO"] {
        lines.push(format!("-U -s 10.0.0.1 -p tcp --sport 1000 --state {state}"));
        lines.push(format!("-U -s 10.0.0.1 -p tcp --sport 1001 --state {state} -t 99500"));
    }
    for state in ["ESTABLISHED", "CLOSED", "SHUTDOWN_SENT"] {
        lines.push(format!("-U -s 10.2.0.1 -p sctp --state {state}"));
        lines.push(format!("-U -s 10.2.0.1 -p sctp --state {state} --orig-vtag 16843009"));
    }
    lines.push("-U -s 10.2.0.1 -p sctp --orig-vtag 50529027 --reply-vtag 50529027".into());
    lines.push("-U -f ipv4 -p gre --srckey 5 -m 9".into());
    lines.push("-U -f ipv4 -p icmp --icmp-id 77 -m 9".into());
    lines.push("-U -m 9".into());
    lines.push("-U -t 99500".into());
    lines.push("-U -f ipv4 -m 9".into());
    lines.push("-U".into());
    lines.push("-U -f ipv4".into());
    lines
}

/// Files for `-R`, from standard input and by name.
fn files() -> Vec<Case> {
    let mut cases = Vec::new();
    for (number, text) in listed(include_str!("lines/files.txt")).enumerate() {
        let text = unescaped(text);
        cases.push(Case { stdin: text.clone(), ..Case::new("-R -") });
        if number % 5 == 0 {
            cases.push(Case { stdin: text, ..Case::new("--load-file @file") });
        }
    }
    cases
}

fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        out.push(match c {
            '\\' => match chars.next() {
                Some('n') => '\n',
                Some('t') => '\t',
                Some('r') => '\r',
                other => other.unwrap_or('\\'),
            },
            c => c,
        });
    }
    out
}

/// Operands end the options when POSIX is asked for.
fn operands_first() -> Vec<Case> {
    let lines = [
        "-L foo -D",
        "foo -L",
        "-L -p esp foo -x",
        "-L conntrack -p esp",
        "-C",
        "-L - -x",
        "-L -p esp - -x",
        "-D -p esp foo -s",
        "-D conntrack foo -p esp",
        "-F -f ipv4 foo",
    ];
    lines.map(|line| Case { posix: true, ..Case::new(line) }).to_vec()
}

/// Every command without the privilege that it needs.
fn unprivileged() -> Vec<Case> {
    let new = NEW[1];
    let key = KEYS[5];
    let mut lines: Vec<String> = [
        "-L",
        "-L -p tcp -o xml",
        "-L dying",
        "-L unconfirmed",
        "-L expect",
        "-D",
        "-D -p esp",
        "-U -m 1",
        "-F",
        "-F expect",
        "-C",
        "-C expect",
        "-S",
        "-S expect",
        "-E",
        "-E -b 100000",
        "-E expect",
        "-V",
        "-L -x",
        "-I",
    ]
    .map(String::from)
    .to_vec();
    lines.extend([format!("-I {new}"), format!("-A {new}"), format!("-G {key}")]);
    let file = Case { stdin: "-D -p esp\n".into(), ..Case::new("-R -") };
    let cases = lines.into_iter().map(Case::new).chain([file]);
    cases.map(|case| Case { dropped: true, ..case }).collect()
}

/// What is printed of entries that have neither counters nor times.
pub fn plain() -> Vec<Case> {
    let commands = ["-L", "-L -f ipv6", "-L expect", "-D -p udp", "-D -f ipv6", "-U -s 10.2.0.1 -p esp -m 7"];
    let keys = KEYS.iter().map(|key| format!("-G {key}"));
    let commands: Vec<String> = commands.map(String::from).into_iter().chain(keys).collect();
    let mut formats = vec![String::new(), " -o save".to_string(), " -o xml,ktimestamp".to_string()];
    formats.extend(FORMATS.map(|format| format!(" -o {format}")));
    let lines =
        commands.iter().flat_map(|command| formats.iter().map(move |format| format!("{command}{format}")));
    lines.map(Case::new).collect()
}
