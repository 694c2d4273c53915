// SPDX-License-Identifier: GPL-2.0-or-later
//! What differs from run to run is taken out of the tools' output here, and nowhere else:
//!
//! - the version in front of messages is `P`, whichever tool wrote it;
//! - seconds left are thousands of seconds, rounded down, in front of an `@`: entries of the fixture start half-way
//!   between two thousands, so the number stands still for minutes and still tells values apart;
//! - ids of entries, ages, start and stop times, the time of printing and the counters of `-S` are `@`;
//! - the name of the program that made an event is left out: on a busy machine its look-up may miss it;
//! - events that both tools hear at the same time ([`heard`]) keep the rest: ids, seconds left, start and stop;
//! - entries next to each other are sorted, because their order is the hash's; XML's root element keeps its place;
//! - a last line without a newline says so.

/// How the help text starts, whose lines keep their order.
pub const HELP: &str = "Command line interface";

/// Lines of text in their normal form, in their order.
pub fn lines(bytes: &[u8]) -> Vec<String> {
    each(bytes, line)
}

/// The same for events that both tools have heard at the same time.
pub fn heard(bytes: &[u8]) -> Vec<String> {
    each(bytes, event)
}

fn each(bytes: &[u8], normal: impl Fn(&str) -> String) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let mut lines: Vec<String> = text.split_terminator('\n').map(normal).collect();
    if !text.is_empty() && !text.ends_with('\n') {
        lines.push("(no newline)".into());
    }
    lines
}

/// The same for a list of entries, which has no order of its own.
pub fn entries(bytes: &[u8]) -> Vec<String> {
    let mut lines = lines(bytes);
    if !bytes.starts_with(HELP.as_bytes()) {
        lines.chunk_by_mut(|one, next| !is_root(one) && !is_root(next)).for_each(<[String]>::sort_unstable);
    }
    lines
}

/// Whether a line belongs to XML's root element.
pub fn is_root(line: &str) -> bool {
    line.starts_with("<?xml") || ["conntrack>", "expect>"].iter().any(|end| line.ends_with(end))
}

/// One event without the time of printing and the program's name.
fn event(line: &str) -> String {
    let line = replace_between(line, "<when>", "</when>", |_| "@".into());
    let line = line.split(' ').filter(|word| !word.starts_with("progname=")).collect::<Vec<_>>().join(" ");
    match line.split_once('\t').filter(|(time, _)| time.starts_with('[')) {
        Some((_, rest)) => format!("[@]\t{rest}"),
        None => line,
    }
}

/// One line in its normal form.
pub fn line(line: &str) -> String {
    let mut line = without_version(line);
    if line.starts_with("cpu=") {
        return numbers_out(&line);
    }
    if line.starts_with("<flow") {
        for name in ["id", "start", "stop", "deltatime", "when"] {
            line = replace_between(&line, &format!("<{name}>"), &format!("</{name}>"), |_| "@".into());
        }
        return replace_between(&line, "<timeout>", "</timeout>", thousands);
    }
    for name in ["[start=", "[stop="] {
        line = replace_between(&line, name, "]", |_| "@".into());
    }
    if let Some((_, rest)) = line.split_once('\t').filter(|(time, _)| time.starts_with('[')) {
        return format!("[@]\t{}", words(rest));
    }
    words(&line)
}

/// `conntrack v1.4.x (...)` is `P`.
fn without_version(line: &str) -> String {
    match line.split_once(')') {
        Some((version, rest)) if version.starts_with("conntrack v") => format!("P{rest}"),
        _ => line.to_string(),
    }
}

fn numbers_out(line: &str) -> String {
    let word = |word: &str| match word.split_once('=') {
        Some((name, _)) if name != "cpu" => format!("{name}=@"),
        _ => word.to_string(),
    };
    line.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

fn thousands(seconds: &str) -> String {
    seconds.parse::<u64>().map_or_else(|_| seconds.to_string(), |seconds| format!("{}@", seconds / 1000))
}

fn replace_between(line: &str, before: &str, behind: &str, by: impl Fn(&str) -> String) -> String {
    let parts = || {
        let (head, rest) = line.split_once(before)?;
        let (middle, tail) = rest.split_once(behind)?;
        Some(format!("{head}{before}{}{behind}{tail}", by(middle)))
    };
    parts().unwrap_or_else(|| line.to_string())
}

/// The words of an entry as text or as a command line: the seconds left stand behind the protocol's number,
/// behind `-t`, or, of an expectation, in front of `proto=`.
fn words(line: &str) -> String {
    let is_number = |word: &&str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    let mut words: Vec<&str> = line.split(' ').collect();
    let shown: Vec<usize> = (0..words.len()).filter(|&at| !words[at].is_empty()).collect();
    let timer = shown.windows(2).find_map(|pair| {
        let [one, next] = [words[pair[0]], words[pair[1]]];
        if (one == "-t" || is_number(&one)) && is_number(&next) {
            Some(pair[1])
        } else {
            (is_number(&one) && next.starts_with("proto=")).then_some(pair[0])
        }
    });
    let seconds;
    if let Some(at) = timer {
        seconds = thousands(words[at]);
        words[at] = &seconds;
    }
    for at in 1..words.len() {
        // ICMP has an id of its own, behind its code.
        if words[at].starts_with("id=") && !words[at - 1].starts_with("code=") {
            words[at] = "id=@";
        } else if words[at].starts_with("delta-time=") {
            words[at] = "delta-time=@";
        }
    }
    words.retain(|word| !word.starts_with("progname="));
    words.join(" ")
}

#[test]
fn volatile_numbers_are_taken_out_and_nothing_else() {
    for (text, normal) in [
        (
            "tcp      6 431999 ESTABLISHED src=1.1.1.1 id=5 use=1 id=77",
            "tcp      6 431@ ESTABLISHED src=1.1.1.1 id=@ use=1 id=@",
        ),
        ("ipv4     2 udp      17 9 src=1.1.1.1 use=2", "ipv4     2 udp      17 0@ src=1.1.1.1 use=2"),
        (
            "icmp     1 1999 type=8 code=0 id=7 mark=0 delta-time=5",
            "icmp     1 1@ type=8 code=0 id=7 mark=0 delta-time=@",
        ),
        ("[DESTROY] tcp      6 src=1.1.1.1 sport=1", "[DESTROY] tcp      6 src=1.1.1.1 sport=1"),
        ("-A -t 2500 -u UNSET -w 7", "-A -t 2@ -u UNSET -w 7"),
        ("1500 proto=6 src=1.1.1.1", "1@ proto=6 src=1.1.1.1"),
        (
            "[1700000000.123456]\t    [NEW] udp      17 30 src=1.1.1.1",
            "[@]\t    [NEW] udp      17 0@ src=1.1.1.1",
        ),
        ("udp      17 30 [start=Mon Jan  1 00:00:00 2024] use=1", "udp      17 0@ [start=@] use=1"),
        (
            "<flow><timeout>1500</timeout><mark>1500</mark><id>9</id></flow>",
            "<flow><timeout>1@</timeout><mark>1500</mark><id>@</id></flow>",
        ),
        ("cpu=0   \tfound=7 new=0 ", "cpu=0   \tfound=@ new=@ "),
        (
            "conntrack v1.4.7 (conntrack-tools): 5 flow entries have been shown.",
            "P: 5 flow entries have been shown.",
        ),
        ("conntrack v1.4.9 (libconntrack 9.8.7): unknown option `-x'", "P: unknown option `-x'"),
    ] {
        assert_eq!(line(text), normal);
    }
    for (text, normal) in [
        (
            "[1700000000.123456]\t    [NEW] udp      17 30 src=1.1.1.1 id=5 [USERSPACE] portid=7 progname=a",
            "[@]\t    [NEW] udp      17 30 src=1.1.1.1 id=5 [USERSPACE] portid=7",
        ),
        ("<flow><id>9</id><when><hour>1</hour></when></flow>", "<flow><id>9</id><when>@</when></flow>"),
        (
            "[DESTROY] udp      17 30 delta-time=2 [start=a]",
            "[DESTROY] udp      17 30 delta-time=2 [start=a]",
        ),
    ] {
        assert_eq!(event(text), normal);
    }
}
