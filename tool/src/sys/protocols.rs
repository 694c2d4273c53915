// SPDX-License-Identifier: GPL-2.0-or-later
//! The system's names of protocols: `/etc/protocols`, as the C library reads it, for any number of threads.
//!
//! The C library's own functions keep their result in memory that all threads share, and not every C library has
//! others. The file is read once, at the first question, and no more than its first mebibyte.

#![forbid(unsafe_code)]

use std::fs::File;
use std::io::{self, Read};
use std::sync::OnceLock;

const FILE: &str = "/etc/protocols";
const MOST_BYTES: u64 = 1 << 20;

/// A name, and the number it stands for.
#[derive(Debug, PartialEq, Eq)]
struct Name {
    text: String,
    number: i32,
    is_alias: bool,
}

/// The number of a protocol in the system's data base (`/etc/protocols`), by name or alias.
pub fn protocol_number(name: &str) -> Option<i32> {
    number(names(), name)
}

/// The name of a protocol number in the system's data base.
pub fn protocol_name(number: u8) -> Option<String> {
    name(names(), number).map(str::to_owned)
}

fn number(names: &[Name], name: &str) -> Option<i32> {
    names.iter().find(|known| known.text == name).map(|known| known.number)
}

fn name(names: &[Name], number: u8) -> Option<&str> {
    let fits = |known: &&Name| !known.is_alias && known.number == i32::from(number);
    names.iter().find(fits).map(|known| known.text.as_str())
}

fn names() -> &'static [Name] {
    static NAMES: OnceLock<Vec<Name>> = OnceLock::new();
    NAMES.get_or_init(|| parse(&read().unwrap_or_default()))
}

fn read() -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    File::open(FILE)?.take(MOST_BYTES).read_to_end(&mut text)?;
    Ok(text)
}

/// The names in the order of the file.
fn parse(text: &[u8]) -> Vec<Name> {
    text.split(|&byte| byte == b'\n').flat_map(|line| names_of(line).unwrap_or_default()).collect()
}

/// What a line says: a name, its number, further names; then perhaps a comment. Nothing if it says something else.
fn names_of(line: &[u8]) -> Option<Vec<Name>> {
    let said = line.split(|&byte| byte == b'#').next()?;
    let text = String::from_utf8_lossy(said);
    let mut words = text
        .split(|byte: char| byte.is_ascii_whitespace() || byte == '\u{b}')
        .filter(|word| !word.is_empty());
    let (first, number) = (words.next()?, words.next()?.parse().ok()?);
    let name = |text: &str, is_alias| Name { text: text.to_owned(), number, is_alias };
    Some(std::iter::once(name(first, false)).chain(words.map(|alias| name(alias, true))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn a_line_names_a_number() {
        let text =
            b"# none\n\nip\t0\tIP # comment\n tcp 6 TCP Transmission\nodd x Odd\nbare\n# udp 17\nlast 6";
        let names = parse(text);
        let found = |name| number(&names, name);
        assert_eq!(
            [found("ip"), found("IP"), found("tcp"), found("TCP")],
            [Some(0), Some(0), Some(6), Some(6)]
        );
        assert_eq!([found("Transmission"), found("last")], [Some(6); 2]);
        assert_eq!(["odd", "Odd", "bare", "udp", "Tcp", "", "comment"].map(found), [None; 7]);
        assert_eq!([0, 6, 17].map(|number| name(&names, number)), [Some("ip"), Some("tcp"), None]);
        assert_eq!(number(&parse(b"\xff 9\nb 256 B\nc -1"), "B"), Some(256));
    }

    /// What the C library says to a question, in the words of getent(1).
    fn getent(key: &str) -> Vec<String> {
        let output = Command::new("getent").args(["protocols", key]).output().unwrap();
        String::from_utf8(output.stdout).unwrap().split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn names_and_numbers_are_the_c_librarys() {
        for number in [0, 1, 2, 6, 17, 41, 47, 58, 132, 136, 142, 143, 200, 255u8] {
            let said = getent(&number.to_string());
            assert_eq!(protocol_name(number).as_ref(), said.first(), "{number}");
        }
        for name in
            ["tcp", "TCP", "Tcp", "ipv6-icmp", "IPv6-ICMP", "rdp", "icmp", "ospf", "OSPFIGP", "no-such", "#"]
        {
            let said = getent(name);
            assert_eq!(
                protocol_number(name).map(|number| number.to_string()).as_ref(),
                said.get(1),
                "{name}"
            );
        }
    }

    #[test]
    fn threads_get_the_names_of_protocols_that_they_ask_for() {
        if protocol_name(6).is_none() {
            return testing::report(
                "threads_get_the_names_of_protocols_that_they_ask_for",
                "no /etc/protocols",
            );
        }
        let ask = |number: u8, name: &'static str| {
            move || {
                (0..20_000).all(|_| {
                    protocol_name(number).as_deref() == Some(name)
                        && protocol_number(name) == Some(i32::from(number))
                })
            }
        };
        let asked = [(6, "tcp"), (17, "udp"), (132, "sctp"), (58, "ipv6-icmp")];
        let threads = asked.map(|(number, name)| std::thread::spawn(ask(number, name)));
        assert_eq!(threads.map(|thread| thread.join().unwrap()), [true; 4]);
    }
}
