// SPDX-License-Identifier: GPL-2.0-or-later
//! What the lines of a `-R` file have in common, so that what differs is all that must be read of most of them.
//!
//! A [`Pattern`] is a line with holes, where it has addresses and numbers, beside the message that the line stands
//! for, with the places to which the values in the holes go. It is learnt by example: the line is understood again
//! with other values in a hole, and what changes in the message must be these values' bytes, in network order.
//! Where it is anything else, or the line is no longer accepted, the word stays as it is. So nothing here knows
//! what an option means, and a line that fits a pattern is one that would be accepted.

#![forbid(unsafe_code)]

use super::lines::{is_separator, plain_len};
use super::spool::Kind;
use crate::certain::Certain as _;
use crate::line::value::{dotted_quad, plain_decimal};
use std::net::Ipv6Addr;

/// So many patterns are kept at a time.
const MANY: usize = 16;
/// Learning costs as much as understanding some twenty lines, so only one line in so many is learnt from.
const PAUSE: usize = 64;
/// So many times a line is understood again while holes are sought.
const TRIES: usize = 64;
/// Bytes of the longest line that is learnt from.
const LONGEST: usize = 1024;

/// Understands a line in full: what it asks for, as a message; nothing if it is not accepted without comment.
pub type InFull<'f> = dyn FnMut(&[u8]) -> Option<(Kind, Vec<u8>)> + 'f;

/// The patterns of the lines so far, the one that fitted last in front.
#[derive(Debug, Default)]
pub struct Patterns {
    known: Vec<Pattern>,
    /// Lines since one was learnt from.
    lines: usize,
}

impl Patterns {
    /// What a line asks for, if it fits a pattern.
    pub fn order(&mut self, line: &[u8]) -> Option<(Kind, &[u8])> {
        self.lines += 1;
        let at = self.known.iter_mut().position(|pattern| pattern.fits(line))?;
        self.known.get_mut(..=at).certain()?.rotate_right(1);
        self.known.first().certain().map(|pattern| (pattern.kind, pattern.message.as_slice()))
    }

    /// Learns from a line that fits no pattern, when it is time.
    pub fn learn(&mut self, line: &[u8], in_full: &mut InFull<'_>) {
        if self.lines < PAUSE || line.len() > LONGEST || line.contains(&b'"') {
            return;
        }
        self.lines = 0;
        if let Some(pattern) = Pattern::learn(line, in_full) {
            self.known.truncate(MANY - 1);
            self.known.insert(0, pattern);
        }
    }
}

/// What the words in a hole look like, and the bytes that they stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Syntax {
    Ipv4,
    Ipv6,
    /// A decimal number of 32 bits.
    Long,
    /// A decimal number of 16 bits.
    Short,
}

/// For each kind of hole two words to try, which differ in every bit.
const PROBES: [(Syntax, [&str; 2]); 4] = [
    (Syntax::Ipv4, ["90.195.60.165", "165.60.195.90"]),
    (Syntax::Ipv6, ["5ac3:3ca5:9669:6996:c35a:a53c:6699:9966", "a53c:c35a:6996:9669:3ca5:5ac3:9966:6699"]),
    (Syntax::Long, ["1522744485", "2772222810"]),
    (Syntax::Short, ["23235", "42300"]),
];

impl Syntax {
    /// What a word stands for, if it has this syntax.
    fn read(self, word: &[u8]) -> Option<Bytes> {
        match self {
            Syntax::Ipv4 => dotted_quad(word).map(|address| Bytes::Four(address.octets())),
            Syntax::Ipv6 => ipv6(word).map(|address| Bytes::Sixteen(address.octets())),
            Syntax::Long => decimal::<u32>(word).map(|number| Bytes::Four(number.to_be_bytes())),
            Syntax::Short => decimal::<u16>(word).map(|number| Bytes::Two(number.to_be_bytes())),
        }
    }
}

/// What a word stands for in a message.
enum Bytes {
    Two([u8; 2]),
    Four([u8; 4]),
    Sixteen([u8; 16]),
}

impl Bytes {
    fn as_slice(&self) -> &[u8] {
        match self {
            Bytes::Two(bytes) => bytes,
            Bytes::Four(bytes) => bytes,
            Bytes::Sixteen(bytes) => bytes,
        }
    }

    fn put(&self, message: &mut [u8], places: &[usize]) {
        match self {
            Bytes::Two(bytes) => put(bytes, message, places),
            Bytes::Four(bytes) => put(bytes, message, places),
            Bytes::Sixteen(bytes) => put(bytes, message, places),
        }
    }
}

fn put<const N: usize>(bytes: &[u8; N], message: &mut [u8], places: &[usize]) {
    for &at in places {
        if let Some(place) = message.get_mut(at..at + N).certain() {
            place.copy_from_slice(bytes);
        }
    }
}

/// An IPv6 address that no option takes for anything else.
fn ipv6(word: &[u8]) -> Option<Ipv6Addr> {
    let short = word.get(..45).is_none() && word.contains(&b':');
    short.then(|| std::str::from_utf8(word).ok()?.parse().ok())?
}

/// A number that reads the same in decimal and in C notation.
fn decimal<T: TryFrom<u64>>(word: &[u8]) -> Option<T> {
    let plain = word.len() == 1 || word.first() != Some(&b'0');
    plain.then(|| T::try_from(plain_decimal(word)?).ok())?
}

/// A word that may differ from line to line.
#[derive(Debug)]
struct Hole {
    syntax: Syntax,
    /// Where its bytes stand in the message.
    places: Vec<usize>,
    /// The text behind it, up to the next hole.
    behind: Vec<u8>,
}

/// A line with holes, and what it asks for.
#[derive(Debug)]
struct Pattern {
    kind: Kind,
    message: Vec<u8>,
    /// The text in front of the first hole.
    head: Vec<u8>,
    holes: Vec<Hole>,
}

impl Pattern {
    /// Whether a line fits; if it does, the message is the line's.
    fn fits(&mut self, line: &[u8]) -> bool {
        let Some(mut rest) = line.strip_prefix(self.head.as_slice()) else { return false };
        for hole in &self.holes {
            let (word, behind) = rest.split_at_checked(plain_len(rest)).certain().unwrap_or_default();
            let Some(bytes) = hole.syntax.read(word) else { return false };
            let Some(behind) = behind.strip_prefix(hole.behind.as_slice()) else { return false };
            bytes.put(&mut self.message, &hole.places);
            rest = behind;
        }
        rest.is_empty()
    }

    fn learn(line: &[u8], in_full: &mut InFull<'_>) -> Option<Pattern> {
        let (kind, message) = in_full(line).filter(|&(kind, _)| kind != Kind::Line)?;
        let head = blanks(line).to_vec();
        let (mut at, mut probed) = (head.len(), head.clone());
        let mut pattern = Pattern { kind, message: message.clone(), head, holes: Vec::new() };
        let mut tries = TRIES;
        while at < line.len() {
            let (before, rest) = line.split_at_checked(at).certain()?;
            let (word, behind) = rest.split_at_checked(plain_len(rest)).certain()?;
            let hole = Hole::find(word, &mut |probe| {
                tries = tries.checked_sub(1)?;
                in_full(&[before, probe, behind].concat())
            });
            match hole {
                Some((hole, probe)) => {
                    pattern.holes.push(hole);
                    probed.extend_from_slice(probe);
                }
                None => {
                    pattern.text().extend_from_slice(word);
                    probed.extend_from_slice(word);
                }
            }
            pattern.text().extend_from_slice(blanks(behind));
            probed.extend_from_slice(blanks(behind));
            at += word.len() + blanks(behind).len();
        }
        // All holes at once, and the line itself.
        let proven = pattern.fits(&probed)
            && in_full(&probed) == Some((kind, pattern.message.clone()))
            && pattern.fits(line)
            && pattern.message == message;
        proven.then_some(pattern)
    }

    /// The text to which the next word belongs.
    fn text(&mut self) -> &mut Vec<u8> {
        self.holes.last_mut().map_or(&mut self.head, |hole| &mut hole.behind)
    }
}

impl Hole {
    /// The hole in the place of a word, and a word that fills it as well; `with` understands the line with another
    /// word in its place.
    fn find(word: &[u8], with: &mut InFull<'_>) -> Option<(Hole, &'static [u8])> {
        PROBES.iter().filter(|(syntax, _)| syntax.read(word).is_some()).find_map(|&(syntax, probes)| {
            let [probe, other] = probes.map(str::as_bytes);
            let ((kind, message), (other_kind, other_message)) = (with(probe)?, with(other)?);
            let (bytes, other_bytes) = (syntax.read(probe)?, syntax.read(other)?);
            let places = places(&message, bytes.as_slice(), &other_message, other_bytes.as_slice())?;
            let same = kind == other_kind && !places.is_empty();
            same.then_some((Hole { syntax, places, behind: Vec::new() }, probe))
        })
    }
}

/// Where some bytes stand in a message and others in another message that is the same but for them; nothing when
/// it differs anywhere else. The bytes themselves differ from the first to the last.
fn places(message: &[u8], bytes: &[u8], other: &[u8], other_bytes: &[u8]) -> Option<Vec<usize>> {
    let (mut places, mut at) = (Vec::new(), 0);
    while let Some(step) = differs_at(message.get(at..)?, other.get(at..)?) {
        at += step;
        if !message.get(at..)?.starts_with(bytes) || !other.get(at..)?.starts_with(other_bytes) {
            return None;
        }
        places.push(at);
        at += bytes.len();
    }
    (message.len() == other.len()).then_some(places)
}

fn blanks(rest: &[u8]) -> &[u8] {
    let len = rest.iter().position(|&byte| !is_separator(byte)).unwrap_or(rest.len());
    rest.get(..len).certain().unwrap_or_default()
}

fn differs_at(one: &[u8], other: &[u8]) -> Option<usize> {
    one.iter().zip(other).position(|(one, other)| one != other)
}

#[cfg(test)]
mod tests {
    use super::super::learnable;
    use super::*;
    use crate::line::parse::Parser;

    fn in_full(line: &[u8]) -> Option<(Kind, Vec<u8>)> {
        learnable(&mut Parser::default(), line, &mut vec![0; 16384])
    }

    /// What is known after one line, when it was time to learn.
    fn learnt(line: &str) -> Patterns {
        let mut patterns = Patterns { known: Vec::new(), lines: PAUSE };
        patterns.learn(line.as_bytes(), &mut in_full);
        patterns
    }

    fn words(line: &str) -> Vec<&str> {
        line.split(' ').collect()
    }

    /// Lines of every kind, with the number of their holes.
    const LINES: &[(&str, usize)] = &[
        ("-I -s 10.0.0.1 -d 192.0.2.1 -p tcp --sport 1 --dport 2 --state ESTABLISHED -u ASSURED -t 100", 5),
        (
            "-A -t 9 -u SEEN_REPLY -s 1.1.1.1 -d 2.2.2.2 -g 6.6.6.6 -n 5.5.5.5 -p udp --sport 81 --dport 82 \
          --reply-port-src 8080 --reply-port-dst 9999",
            9,
        ),
        ("-A -t 9 -s 1.1.1.1 -d 2.2.2.2 -r 3.3.3.3 -q 4.4.4.4 -p udp --sport 1 --dport 2 -w 7", 8),
        ("-I -t 9 -s fe80::1 -d ::ffff:1.2.3.4 -p tcp --sport 1 --dport 2 --state LISTEN -m 5", 6),
        (
            "-I -t 9 -r ::1 -q ff02::1 -p udplite --orig-port-src 1 --orig-port-dst 2 --orig-zone 1 --reply-zone 2",
            7,
        ),
        ("-I -t 9 -s 1.1.1.1 -d 2.2.2.2 -p icmp --icmp-type 8 --icmp-code 0 --icmp-id 77", 4),
        ("-I -t 9 -s 1::1 -d 1::2 -p icmpv6 --icmpv6-type 128 --icmpv6-code 0 --icmpv6-id 77", 4),
        ("-I -t 9 -s 1.1.1.1 -d 2.2.2.2 -p gre --srckey 5 --dstkey 0 --mark=3", 5),
        (
            "-I -t 9 -s 1.1.1.1 -d 2.2.2.2 -p sctp --sport 1 --dport 2 --state CLOSED --orig-vtag 1 --reply-vtag 2",
            7,
        ),
        ("-I -t 9 -s 1.1.1.1 -d 2.2.2.2 -p dccp --sport 1 --dport 2 --state OPEN --role client", 5),
        ("-I -t 9 -s 1.1.1.1 -d 2.2.2.2 -p 50 -m 5/255 -n 1.2.3.4:80", 3),
        // The first of two is overruled, and what is given for another protocol does nothing.
        ("-I -t 9 -t 10 -s 9.9.9.9 -s 1.1.1.1 -d 2.2.2.2/32 -p tcp --sport 1 -p udp --sport 2 --dport 3", 4),
    ];

    const VALUES: &[&str] = &[
        "0",
        "1",
        "00",
        "010",
        "255",
        "256",
        "65535",
        "65536",
        "4294967295",
        "4294967296",
        "99999999999999999999",
        "+5",
        "-5",
        "0x10",
        "5x",
        "",
        "8080",
        "100000",
        "0.0.0.0",
        "255.255.255.255",
        "1.2.3",
        "1.2.3.4.5",
        "01.2.3.4",
        "1.2.3.256",
        "1.2.3.4/8",
        "1.2.3.4/32",
        "10.0.0.1",
        "::",
        "::1",
        "::ffff:9.8.7.6",
        "fe80::1%lo",
        "::1/128",
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "0000:0000:0000:0000:0000:0000:255.255.255.255",
        "0000:0000:0000:0000:0000:0000:255.255.255.2551",
        "x",
        "\"7\"",
        "7\r",
        "7\u{b}",
        "#",
        "!",
        "tcp",
        "-L",
    ];

    #[test]
    fn what_fits_means_what_it_means_in_full() {
        let mut seed = 1u64;
        for &(line, holes) in LINES {
            let mut patterns = learnt(line);
            let found: usize = patterns.known.iter().map(|pattern| pattern.holes.len()).sum();
            assert_eq!(found, holes, "{line}: {patterns:?}");
            assert_eq!(
                patterns.order(line.as_bytes()).map(|(kind, order)| (kind, order.to_vec())),
                in_full(line.as_bytes())
            );
            let (mut fitted, all) = (0, words(line).len());
            let mut check = |line: &str| {
                let fits = patterns.order(line.as_bytes()).map(|(kind, order)| (kind, order.to_vec()));
                fitted += usize::from(fits.is_some());
                assert!(fits.is_none() || fits == in_full(line.as_bytes()), "{line}");
            };
            for (at, value) in (0..all).flat_map(|at| VALUES.iter().map(move |value| (at, value))) {
                let mut other = words(line);
                other[at] = value;
                check(&other.join(" "));
            }
            for _ in 0..300 {
                let others = words(line).into_iter().map(|word| {
                    let alike: Vec<&&str> =
                        VALUES.iter().filter(|value| value.contains('.') == word.contains('.')).collect();
                    seed =
                        seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    if seed >> 61 == 0 { word } else { alike[(seed >> 33) as usize % alike.len()] }
                });
                let same_options = words(line).into_iter().zip(others).map(|(word, other)| {
                    if word.starts_with(|first: char| first.is_ascii_digit()) { other } else { word }
                });
                check(&same_options.collect::<Vec<_>>().join(" "));
            }
            assert!(fitted > holes * 4, "{line}: {fitted}");
        }
    }

    #[test]
    fn a_line_of_many_numbers_is_not_understood_too_often() {
        let line = format!("-I -t 9 -s 1.1.1.1 -d 2.2.2.2{}", " -p 50".repeat(300));
        let mut times = 0;
        let mut counted = |line: &[u8]| {
            times += 1;
            in_full(line)
        };
        let pattern = Pattern::learn(line.as_bytes(), &mut counted).unwrap();
        assert_eq!(pattern.holes.len(), 3);
        assert_eq!(times, TRIES + 2);
    }

    #[test]
    fn the_text_between_holes_must_be_the_same() {
        let mut patterns = learnt("  -I -t 9\t-s 1.1.1.1 -d 2.2.2.2 -p 50\n");
        for (line, fits) in [
            ("  -I -t 10\t-s 1.1.1.1 -d 2.2.2.2 -p 50\n", true),
            (" -I -t 10\t-s 1.1.1.1 -d 2.2.2.2 -p 50\n", false),
            ("  -I -t 10 -s 1.1.1.1 -d 2.2.2.2 -p 50\n", false),
            ("  -I -t 10\t-s 1.1.1.1 -d 2.2.2.2 -p 51\n", false),
            ("  -I -t 10\t-s 1.1.1.1 -d 2.2.2.2 -p 50", false),
            ("  -I -t 10\t-s 1.1.1.1 -d 2.2.2.2 -p 50\n-F", false),
            ("  -A -t 10\t-s 1.1.1.1 -d 2.2.2.2 -p 50\n", false),
            ("", false),
        ] {
            assert_eq!(patterns.order(line.as_bytes()).is_some(), fits, "{line:?}");
        }
    }

    #[test]
    fn what_is_no_silent_creation_is_not_learnt() {
        let entry = "-I -t 9 -s 1.1.1.1 -d 2.2.2.2 -p 50";
        assert_eq!(learnt(entry).known.len(), 1);
        let changed = [
            entry.replace("-I", "-D"),
            entry.replace("-I", "-U"),
            entry.replace("50", "\"50\""),
            format!("{entry} -a 1.2.3.4"),
            format!("{entry} 1.2.3.4"),
            format!("{entry}{}", " ".repeat(LONGEST)),
            entry.replace("1.1.1.1", "nowhere"),
            "-F".into(),
            String::new(),
        ];
        for line in changed {
            assert_eq!(learnt(&line).known.len(), 0, "{line}");
        }
    }

    #[test]
    fn one_line_in_many_is_learnt_from_and_the_latest_patterns_stay() {
        let mut patterns = Patterns::default();
        let line = |protocol: usize| format!("-I -t 9 -s 1.1.1.1 -d 2.2.2.2 -p {}", 200 + protocol);
        let mut read = |protocol: usize| {
            let line = line(protocol);
            let fits = patterns.order(line.as_bytes()).is_some();
            if !fits {
                patterns.learn(line.as_bytes(), &mut in_full);
            }
            (fits, patterns.known.len())
        };
        assert!((1..PAUSE).all(|_| read(0) == (false, 0)), "a short file is not learnt from");
        assert_eq!([read(0), read(0)], [(false, 1), (true, 1)]);
        for protocol in 1..=MANY {
            (2..PAUSE).for_each(|_| assert!(read(0).0));
            assert_eq!(read(protocol), (false, MANY.min(protocol + 1)));
            assert!(read(0).0 && read(protocol).0);
        }
        assert!(!read(1).0, "the one that was not used for the longest time has made room");
        assert!((2..=MANY).all(|protocol| read(protocol).0) && read(0).0);
    }
}
