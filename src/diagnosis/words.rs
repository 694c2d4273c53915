// SPDX-License-Identifier: GPL-2.0-or-later
//! Numbers, shares, times and sizes as sentences have them, and lines of 80 columns.

#![forbid(unsafe_code)]

use super::facts::Row;
use super::key::Key;
use crate::format::tables;
use std::fmt::Write;

/// Columns of a line.
pub(super) const COLUMNS: usize = 80;

/// What is larger is no measurement.
const MOST: f64 = 1e15;

/// A whole number with a comma between thousands.
pub(super) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number of things: `1 packet`, `4,208 packets`.
pub(super) fn counted(count: u64, one: &str, many: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        _ => format!("{} {many}", number(count)),
    }
}

/// A rate of things a second, in the same way.
pub(super) fn counted_rate(per_sec: f64, one: &str, many: &str) -> String {
    match rate(per_sec).as_str() {
        "1" => format!("1 {one}"),
        number => format!("{number} {many}"),
    }
}

/// A rate as a whole number; a small one with a decimal.
pub(super) fn rate(per_sec: f64) -> String {
    if per_sec < 10.0 && per_sec.fract() >= 0.05 {
        return format!("{per_sec:.1}");
    }
    number(whole(if per_sec > MOST { MOST } else { per_sec }))
}

/// The nearest whole number, 0 for what is below it or no number.
pub(super) fn whole(value: f64) -> u64 {
    value.round() as u64 // a cast of a float saturates
}

/// A number rounded to this number of digits: an estimate does not look exact.
pub(super) fn rounded(value: f64, digits: i32) -> String {
    if value.is_nan() || value < 1.0 {
        return "0".to_owned();
    }
    let value = value.min(MOST);
    let digits_to_lose = ((value as u64).ilog10() as i32 + 1 - digits).max(0);
    let step = 10_f64.powi(digits_to_lose);
    number(whole((value / step).round() * step))
}

/// A ratio in whole per cent, at most 100.
pub(super) fn share(ratio: f64) -> String {
    match ratio {
        ratio if ratio <= 0.0 => "0 %".to_owned(),
        ratio if ratio < 0.01 => "< 1 %".to_owned(),
        ratio => format!("{} %", whole(ratio.min(1.0) * 100.0)),
    }
}

/// The part of a whole, 0 where there is no whole.
pub(super) fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// The part of a whole in whole per cent.
pub(super) fn share_of(part: u64, whole: u64) -> String {
    share(ratio(part, whole))
}

/// Whole seconds in at most two units: `5 d`, `2 h 4 min`, `30 s`.
pub(super) fn duration(secs: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(86400, "d"), (3600, "h"), (60, "min"), (1, "s")];
    let first = UNITS.iter().position(|(unit, _)| secs >= *unit).unwrap_or(UNITS.len() - 1);
    let mut text = String::new();
    let mut left = secs;
    for (unit, name) in UNITS.iter().skip(first).take(2) {
        let count = left / unit;
        left %= unit;
        if count > 0 || text.is_empty() {
            let blank = if text.is_empty() { "" } else { " " };
            let _ = write!(text, "{blank}{count} {name}");
        }
    }
    text
}

/// Measured seconds: a short time with a decimal.
pub(super) fn measured(secs: f64) -> String {
    if secs < 10.0 && (secs - secs.round()).abs() >= 0.05 {
        return format!("{secs:.1} s");
    }
    duration(whole(secs))
}

/// A size of memory.
pub(super) fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["bytes", "KiB", "MiB", "GiB", "TiB"];
    let (mut value, mut unit) = (bytes as f64, 0);
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    let unit = UNITS.get(unit).copied().unwrap_or_default();
    let text = format!("{value:.*}", usize::from(value < 100.0));
    format!("{} {unit}", text.strip_suffix(".0").unwrap_or(&text))
}

/// A protocol's name as the tool has it, else its number.
pub(super) fn protocol(number: u8) -> String {
    match tables::l4_name(number) {
        "unknown" => number.to_string(),
        name => name.to_owned(),
    }
}

/// Protocol and port: `tcp/80`, `gre`, `icmp type 8`.
pub(super) fn service(protocol_number: u8, port: Option<u16>) -> String {
    let name = protocol(protocol_number);
    match (port, protocol_number) {
        (None, _) => name,
        (Some(kind), 1 | 58) => format!("{name} type {kind}"),
        (Some(port), _) => format!("{name}/{port}"),
    }
}

/// Protocol in capitals and state: `TCP SYN_SENT`, `UDP`.
pub(super) fn state(protocol_number: u8, state: Option<&str>) -> String {
    let name = protocol(protocol_number).to_uppercase();
    state.map_or(name.clone(), |state| format!("{name} {state}"))
}

/// A group as a table shows it, with its name.
pub(super) fn group(row: &Row) -> String {
    let key = key(&row.key);
    row.name.as_ref().map_or(key.clone(), |name| format!("{key} ({})", plain(name)))
}

/// A group as a table shows it.
pub(super) fn key(key: &Key) -> String {
    match key {
        Key::Source(address) | Key::Destination(address) | Key::NatSource(address) => address.to_string(),
        Key::SourcePrefix(address, length) | Key::DestinationPrefix(address, length) => {
            format!("{address}/{length}")
        }
        Key::Service { protocol, port } => service(*protocol, *port),
        Key::Server { destination, protocol, port } => format!("{destination} {}", service(*protocol, *port)),
        Key::Protocol(number) => protocol(*number),
        Key::State(number, None) => protocol(*number),
        Key::State(number, Some(state)) => format!("{} {state}", protocol(*number)),
        Key::Status(name) => (*name).to_owned(),
        Key::Zone(zone) => zone.to_string(),
        Key::Mark(mark) => format!("{mark:#x}"),
        Key::Label(bit) => bit.to_string(),
        Key::Helper(name) => plain(name),
        Key::NatPool { protocol, nat_source, destination, port } => {
            format!("{nat_source} to {destination} {}", service(*protocol, *port))
        }
    }
}

/// A name from another party, without the characters that command a terminal.
pub(super) fn plain(name: &str) -> String {
    name.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

/// The words of a text; a number and its unit are one.
fn words(text: &str) -> Vec<String> {
    const UNITS: [&str; 10] = ["%", "s", "min", "h", "d", "bytes", "KiB", "MiB", "GiB", "TiB"];
    let mut words: Vec<String> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let is_unit = UNITS.contains(&word.trim_end_matches([',', ';', ':', '.', ')']));
        match words.last_mut().filter(|last| is_unit && last.ends_with(|c: char| c.is_ascii_digit())) {
            Some(last) => *last += &format!(" {word}"),
            None => words.push(word.to_owned()),
        }
    }
    words
}

/// Appends text as lines that are no longer than [`COLUMNS`]: the first starts with `first`, the others with `others`.
/// A word that is longer than a line is divided.
pub(super) fn wrap(out: &mut String, first: &str, others: &str, text: &str) {
    let mut line = first.to_owned();
    let mut has_word = false;
    let mut end = |line: &mut String, has_word: &mut bool| {
        out.push_str(line.trim_end());
        out.push('\n');
        others.clone_into(line);
        *has_word = false;
    };
    for word in words(text) {
        let mut word = word.as_str();
        loop {
            let used = line.chars().count() + usize::from(has_word);
            let room = COLUMNS.saturating_sub(used);
            let length = word.chars().count();
            if length <= room {
                line.push_str(if has_word { " " } else { "" });
                line.push_str(word);
                has_word = true;
                break;
            }
            if has_word {
                end(&mut line, &mut has_word);
                continue;
            }
            let at = word.char_indices().nth(room.max(1)).map_or(word.len(), |(at, _)| at);
            let (now, later) = word.split_at(at);
            line.push_str(now);
            end(&mut line, &mut has_word);
            word = later;
        }
    }
    if has_word {
        end(&mut line, &mut has_word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_commas() {
        for (value, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (262_144, "262,144"),
            (123_456_789_012_345, "123,456,789,012,345"),
            (u64::MAX, "18,446,744,073,709,551,615"),
        ] {
            assert_eq!(number(value), text);
        }
        assert_eq!([rate(990.6), rate(0.5), rate(2.0), rate(12.5)], ["991", "0.5", "2", "13"]);
        assert_eq!([rate(f64::NAN), rate(-3.0), rate(f64::INFINITY)], ["0", "0", "1,000,000,000,000,000"]);
    }

    #[test]
    fn one_thing_is_no_number_of_things() {
        let packets = |count| counted(count, "packet has", "packets have");
        assert_eq!(
            [packets(0), packets(1), packets(4208)],
            ["0 packets have", "1 packet has", "4,208 packets have"]
        );
        let rates = [1.0, 1.5, 11.0].map(|rate| counted_rate(rate, "packet is", "packets are"));
        assert_eq!(rates, ["1 packet is", "1.5 packets are", "11 packets are"]);
    }

    #[test]
    fn estimates_are_round() {
        assert_eq!(rounded(1984.0, 2), "2,000");
        assert_eq!(rounded(99_871.0, 1), "100,000");
        assert_eq!(rounded(8_730.0, 1), "9,000");
        assert_eq!(rounded(238_080.0, 2), "240,000");
        assert_eq!(
            [rounded(7.4, 1), rounded(7.4, 2), rounded(0.2, 1), rounded(-4.0, 1)],
            ["7", "7", "0", "0"]
        );
    }

    #[test]
    fn shares_are_whole_per_cents() {
        assert_eq!(share_of(0, 10), "0 %");
        assert_eq!(share_of(1, 1000), "< 1 %");
        assert_eq!(share_of(10, 1000), "1 %");
        assert_eq!(share_of(174_763, 262_144), "67 %");
        assert_eq!(share_of(262_143, 262_144), "100 %");
        assert_eq!(share_of(5, 0), "0 %");
    }

    #[test]
    fn times_have_at_most_two_units() {
        for (secs, text) in [
            (0, "0 s"),
            (30, "30 s"),
            (60, "1 min"),
            (190, "3 min 10 s"),
            (7440, "2 h 4 min"),
            (3600, "1 h"),
            (3605, "1 h"),
            (86400, "1 d"),
            (90_000, "1 d 1 h"),
            (432_000, "5 d"),
        ] {
            assert_eq!(duration(secs), text);
        }
        assert_eq!(
            [measured(0.5004), measured(0.91), measured(3.0), measured(12.4)],
            ["0.5 s", "0.9 s", "3 s", "12 s"]
        );
    }

    #[test]
    fn sizes_have_binary_units() {
        assert_eq!(bytes(384), "384 bytes");
        assert_eq!(bytes(96 << 20), "96 MiB");
        assert_eq!(bytes((47 << 30) / 2), "23.5 GiB");
        assert_eq!(bytes(2 << 20), "2 MiB");
    }

    #[test]
    fn lines_end_before_the_edge() {
        let mut out = String::new();
        wrap(&mut out, "1. ", "   ", &format!("{} b", "a ".repeat(60)));
        wrap(&mut out, "", "", &"x".repeat(200));
        wrap(&mut out, "2. ", "   ", "");
        assert!(out.lines().all(|line| line.chars().count() <= COLUMNS && !line.ends_with(' ')), "{out}");
        assert_eq!(out.lines().filter(|line| line.contains('x')).count(), 3);
        assert_eq!(out.matches('x').count(), 200);
        assert_eq!(out.matches('a').count(), 60);
    }
}
