// SPDX-License-Identifier: GPL-2.0-or-later
//! Words into options, as GNU `getopt_long` does it: letters in clusters, attached values, abbreviated long
//! names, options behind operands, `--`.
//!
//! Operands are stray words: no option takes them. The scanner skips them and keeps the first; under
//! `POSIXLY_CORRECT` it ends the options. The scanner does not know what an option means: the caller hands it the
//! long names that are known at that moment.

#![forbid(unsafe_code)]

use crate::certain::Certain as _;
use crate::line::options::{Row, Takes, by_letter};
use crate::show::message::Complaint;

/// One option with its argument.
#[derive(Debug, Clone, Copy)]
pub struct Item<'a> {
    pub row: &'static Row,
    pub value: Option<&'a [u8]>,
}

/// A walk over the words of a command line (without the program's name).
#[derive(Debug)]
pub struct Scanner<'a, W> {
    words: &'a [W],
    /// The next word.
    at: usize,
    /// The letters of a cluster that are still to come, and the cluster's word.
    cluster: Option<(&'a [u8], &'a [u8])>,
    posix: bool,
    stray: Option<&'a [u8]>,
}

impl<'a, W: AsRef<[u8]>> Scanner<'a, W> {
    /// A scanner at the first word; `posix` makes the first operand end the options.
    pub fn new(words: &'a [W], posix: bool) -> Self {
        Scanner { words, at: 0, cluster: None, posix, stray: None }
    }

    /// The first stray word so far.
    pub fn stray(&self) -> Option<&'a [u8]> {
        self.stray
    }

    /// Ends the options: the words that are left are stray.
    fn end(&mut self) {
        self.stray = self.stray.or(self.peek());
        self.at = self.words.len();
    }

    fn peek(&self) -> Option<&'a [u8]> {
        self.words.get(self.at).map(AsRef::as_ref)
    }

    fn take(&mut self) -> Option<&'a [u8]> {
        let word = self.peek()?;
        self.at += 1;
        Some(word)
    }

    /// The next option, looked up in `known`.
    pub fn next(&mut self, known: &[&'static [Row]]) -> Result<Option<Item<'a>>, Complaint> {
        if let Some((letters, word)) = self.cluster.take() {
            return self.letter(letters, word).map(Some);
        }
        loop {
            let Some(word) = self.take() else { return Ok(None) };
            match word {
                b"--" => {
                    self.end();
                    return Ok(None);
                }
                [b'-', b'-', name @ ..] => return self.long(name, word, known).map(Some),
                [b'-', letters @ ..] if !letters.is_empty() => {
                    return self.letter(letters, word).map(Some);
                }
                _ => {
                    self.stray = self.stray.or(Some(word));
                    if self.posix {
                        self.end();
                    }
                }
            }
        }
    }

    fn letter(&mut self, letters: &'a [u8], word: &'a [u8]) -> Result<Item<'a>, Complaint> {
        let unknown = || Complaint::UnknownOption(text(word));
        let (&letter, rest) = letters.split_first().ok_or_else(unknown)?;
        let row = by_letter(letter).ok_or_else(unknown)?;
        let attached = match row.takes {
            Takes::Argument | Takes::Perhaps { short: true, .. } => (!rest.is_empty()).then_some(rest),
            Takes::Nothing | Takes::Perhaps { .. } => {
                self.cluster = (!rest.is_empty()).then_some((rest, word));
                None
            }
        };
        self.finish(row, attached, word)
    }

    fn long(
        &mut self,
        name: &'a [u8],
        word: &'a [u8],
        known: &[&'static [Row]],
    ) -> Result<Item<'a>, Complaint> {
        let (name, attached) = match name.iter().position(|&byte| byte == b'=') {
            Some(at) => (name.get(..at).certain().unwrap_or_default(), name.get(at + 1..)),
            None => (name, None),
        };
        let row = long_row(name, known).ok_or_else(|| Complaint::UnknownOption(text(word)))?;
        let allowed = matches!(row.takes, Takes::Argument | Takes::Perhaps { long: true, .. });
        if attached.is_some() && !allowed {
            return Err(Complaint::UnknownOption(text(word)));
        }
        self.finish(row, attached, word)
    }

    /// Finds the argument of an option that has none attached.
    fn finish(
        &mut self,
        row: &'static Row,
        attached: Option<&'a [u8]>,
        word: &'a [u8],
    ) -> Result<Item<'a>, Complaint> {
        let value = match row.takes {
            Takes::Nothing => None,
            Takes::Argument => {
                let value = attached.or_else(|| self.take());
                Some(value.ok_or_else(|| Complaint::MissingArgument(text(word)))?)
            }
            Takes::Perhaps { .. } if attached.is_some() => attached,
            // Inside a cluster the word to come next is the cluster itself, which is no argument.
            Takes::Perhaps { .. } if self.cluster.is_some() => None,
            Takes::Perhaps { .. } => match self.peek() {
                Some([b'-' | b'!', ..]) | None => None,
                Some(_) => self.take(),
            },
        };
        Ok(Item { row, value })
    }
}

fn rows<'k>(known: &'k [&'static [Row]]) -> impl Iterator<Item = &'static Row> + 'k {
    known.iter().flat_map(|table| table.iter())
}

/// The row with this name, or the only one that the name abbreviates. Names of one row are one option.
fn long_row(name: &[u8], known: &[&'static [Row]]) -> Option<&'static Row> {
    // No two options have a name in common, so the shorter tables, those of protocols, may be searched first.
    let named = |row: &&Row| row.longs.iter().any(|long| long.as_bytes() == name);
    let (general, own) = known.split_at_checked(2).unwrap_or((known, &[]));
    if let Some(row) = rows(own).chain(rows(general)).find(named) {
        return Some(row);
    }
    let mut found: Option<&'static Row> = None;
    let abbreviated =
        |row: &&Row| !row.in_full && row.longs.iter().any(|long| long.as_bytes().starts_with(name));
    for row in rows(known).filter(abbreviated) {
        if found.is_some_and(|earlier| earlier.id != row.id) {
            return None;
        }
        found = found.or(Some(row));
    }
    found
}

/// A word as messages print it.
pub fn text(word: &[u8]) -> String {
    String::from_utf8_lossy(word).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::registry::ROWS;
    use crate::line::options::{Id, PARAMS, Param, Section, Value};
    use crate::line::protocols::PROTOCOLS;

    fn scan_with(words: &[&str], posix: bool, extra: &[&'static [Row]]) -> Vec<String> {
        let mut known = vec![ROWS, PARAMS];
        known.extend(extra);
        let mut scanner = Scanner::new(words, posix);
        let mut seen = Vec::new();
        loop {
            match scanner.next(&known) {
                Ok(Some(item)) => seen.push(match item.value {
                    Some(value) => format!("{}={}", item.row.name(), text(value)),
                    None => item.row.name().to_string(),
                }),
                Ok(None) => {
                    seen.extend(scanner.stray().map(|word| format!("?{}", text(word))));
                    return seen;
                }
                Err(complaint) => {
                    seen.push(format!("!{complaint}"));
                    return seen;
                }
            }
        }
    }

    fn scan(line: &str) -> Vec<String> {
        scan_with(&line.split(' ').collect::<Vec<_>>(), false, &[])
    }

    #[test]
    fn letters_cluster_and_take_attached_values() {
        assert_eq!(scan("-Lz"), ["dump", "zero"]);
        assert_eq!(scan("-Lptcp"), ["dump", "protonum=tcp"]);
        assert_eq!(scan("-Lo xml"), ["dump", "output=xml"]);
        assert_eq!(scan("-Lexpect"), ["dump", "event-mask=xpect"]);
        assert_eq!(scan("-zL expect"), ["zero", "dump=expect"]);
        assert_eq!(scan("-Lz expect"), ["dump", "zero", "?expect"], "the next word is the cluster itself");
        assert_eq!(scan("-[ 1.2.3.4 -<x"), ["tuple-src=1.2.3.4", "label-add=x"]);
    }

    #[test]
    fn long_names_take_values_and_may_be_abbreviated() {
        assert_eq!(scan("--dump --src=1 --orig-src 2"), ["dump", "src=1", "src=2"]);
        assert_eq!(
            scan("--du --proto 6 --fam=x --count --orig-s 1"),
            ["dump", "protonum=6", "family=x", "counter", "src=1"]
        );
        for ambiguous in ["--sr", "--d", "--s", "--re", "--lab", "--label-", "--st", "--f", "--reply-"] {
            assert_eq!(scan(ambiguous), [format!("!unknown option `{ambiguous}'")]);
        }
        assert_eq!(scan("--reply-s 1"), ["reply-src=1"]);
        assert_eq!(scan("--label a"), ["label=a"], "an exact name wins");
    }

    #[test]
    fn protocol_options_take_part_in_abbreviation() {
        let tcp = PROTOCOLS[0].options;
        assert_eq!(scan_with(&["--spo", "1"], false, tcp), ["sport=1"]);
        assert_eq!(scan_with(&["--orig-p", "1"], false, tcp), ["!unknown option `--orig-p'"]);
        let both = [PROTOCOLS[0].options, PROTOCOLS[1].options].concat();
        assert_eq!(scan_with(&["--spo", "1"], false, &both), ["sport=1"], "the same option twice is one");
    }

    #[test]
    fn an_option_that_is_found_in_full_only_disturbs_no_abbreviation() {
        const OURS: &[Row] = &[Row {
            id: Id::Param(Param::Resync),
            short: None,
            longs: &["dumpling"],
            takes: Takes::Nothing,
            value: Value::None,
            in_full: true,
            section: Section::Output,
            help: "",
        }];
        assert_eq!(
            scan_with(&["--dumpling", "--dump", "--du"], false, &[OURS]),
            ["dumpling", "dump", "dump"]
        );
        assert_eq!(scan_with(&["--dumpl"], false, &[OURS]), ["!unknown option `--dumpl'"]);
    }

    #[test]
    fn optional_arguments_come_attached_or_next() {
        assert_eq!(scan("-n 1.2.3.4 -L"), ["src-nat=1.2.3.4", "dump"]);
        assert_eq!(scan("-n -L"), ["src-nat", "dump"]);
        assert_eq!(scan("-n !x"), ["src-nat", "?!x"]);
        assert_eq!(scan("-n1.2.3.4"), ["src-nat=1.2.3.4"]);
        assert_eq!(scan("--src-nat=1.2.3.4 foo"), ["src-nat=1.2.3.4", "?foo"]);
        assert_eq!(scan("--dump=expect foo"), ["dump=expect", "?foo"]);
        assert_eq!(scan("-Cexpect"), ["counter=expect"]);
        assert_eq!(scan("-V foo"), ["version=foo"]);
        assert_eq!(scan("--version=foo"), ["!unknown option `--version=foo'"]);
    }

    #[test]
    fn the_first_stray_word_is_kept_whatever_follows() {
        assert_eq!(scan("foo -L - bar -z"), ["dump", "zero", "?foo"]);
        assert_eq!(scan("-L conntrack - bar"), ["dump=conntrack", "?-"]);
        assert_eq!(scan("-L -- -z x"), ["dump", "?-z"]);
        assert_eq!(scan("-z foo -L -- bar"), ["zero", "dump", "?foo"]);
        assert_eq!(scan("-L --"), ["dump"]);
        assert_eq!(scan_with(&["-z", "foo", "-L"], true, &[]), ["zero", "?foo"]);
        assert_eq!(scan_with(&["-L", "conntrack", "-z"], true, &[]), ["dump=conntrack", "zero"]);
        assert_eq!(scan_with(&["-z", ""], false, &[]), ["zero", "?"], "an empty word is a word");
    }

    #[test]
    fn errors_name_the_word() {
        assert_eq!(scan("-x"), ["!unknown option `-x'"]);
        assert_eq!(scan("-Lx"), ["dump", "!unknown option `-Lx'"]);
        assert_eq!(scan("-xL"), ["!unknown option `-xL'"]);
        assert_eq!(scan("--zero=1"), ["!unknown option `--zero=1'"]);
        assert_eq!(scan("-Lp"), ["dump", "!option `-Lp' requires an argument"]);
        assert_eq!(scan("--proto"), ["!option `--proto' requires an argument"]);
        assert_eq!(scan("-s -d"), ["src=-d"], "a compulsory argument may start with a dash");
    }
}
