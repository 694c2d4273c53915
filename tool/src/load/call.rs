// SPDX-License-Identifier: GPL-2.0-or-later
//! The words of `-R`: the file, and the two options that hold for all of its lines, `--dry-run` and `--netns`. The options
//! stand before or after the file.
//!
//! Nothing here opens a file.

#![forbid(unsafe_code)]

use crate::line::args::text;
use crate::line::options::Param;
use crate::line::value;
use crate::show::message::Complaint;
use netfilter_conntrack::Netns;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

/// What a command line with `-R` asks for.
#[derive(Debug)]
pub struct Call<'w> {
    pub file: &'w OsStr,
    pub is_dry: bool,
    /// The namespace in which the lines are carried out.
    pub netns: Option<Netns>,
    /// The first word that no option takes.
    pub stray: Option<&'w OsStr>,
}

/// The options that a word after the file may have been meant as: such a word must not run the file.
const OPTIONS: &[&str] = &["--dry-run", "--netns", "--all-netns"];
/// Dashes that a text editor or a web page puts in place of `-`.
const DASHES: &[char] = &['\u{2010}', '\u{2011}', '\u{2012}', '\u{2013}', '\u{2014}', '\u{2015}', '\u{2212}'];
/// What a word that starts with a dash has in it where it was meant as one of them.
const PARTS: &[&str] = &["dry", "run", "net", "ns"];

impl<'w> Call<'w> {
    /// What these words ask for; nothing where they do not have `-R` and a file.
    ///
    /// # Errors
    /// For an option without its value, with a wrong one, or a word that may have been meant as an option.
    pub fn of(words: &'w [OsString]) -> Option<Result<Call<'w>, Complaint>> {
        let mut call = Call { file: OsStr::new(""), is_dry: false, netns: None, stray: None };
        let mut words = words.iter();
        let mut before = Ok(());
        let file = loop {
            let word = words.next()?;
            if word == "-R" || word == "--load-file" {
                break words.next()?;
            }
            match call.option(word, &mut words) {
                Ok(true) => {}
                Ok(false) => return None,
                Err(complaint) => before = before.and(Err(complaint)),
            }
        };
        call.file = file;
        Some(before.and_then(|()| call.after(words)))
    }

    /// Reads the words after the file.
    fn after(mut self, mut words: std::slice::Iter<'w, OsString>) -> Result<Call<'w>, Complaint> {
        while let Some(word) = words.next() {
            if self.option(word, &mut words)? {
                continue;
            }
            if may_be_an_option(word.as_bytes()) {
                return Err(Complaint::Stray(word.to_string_lossy().into_owned()));
            }
            self.stray = self.stray.or(Some(word));
        }
        Ok(self)
    }

    /// Reads an option, if the word is one.
    fn option(
        &mut self,
        word: &OsString,
        words: &mut std::slice::Iter<'w, OsString>,
    ) -> Result<bool, Complaint> {
        let text = word.as_bytes();
        let value = match text.strip_prefix(b"--netns") {
            _ if text == b"--dry-run" => {
                self.is_dry = true;
                return Ok(true);
            }
            Some([]) => words.next().map(|word| word.as_bytes()),
            Some([b'=', value @ ..]) => Some(value),
            _ => return Ok(false),
        };
        let value = value.ok_or_else(|| Complaint::MissingArgument("--netns".into()))?;
        self.netns = Some(value::namespace(value, Param::Netns.row())?);
        Ok(true)
    }
}

/// Whether a word may have been meant as an option: it is the beginning of one, or resembles one, whatever its case and its
/// dashes are.
fn may_be_an_option(word: &[u8]) -> bool {
    let letters: String = text(word).chars().filter(char::is_ascii_alphanumeric).collect();
    let letters = letters.to_ascii_lowercase();
    let has_dash = text(word).starts_with(|first: char| first == '-' || DASHES.contains(&first));
    let is_meant = |option: &&str| {
        let is_begun = word.len() > 2 && option.as_bytes().starts_with(word);
        is_begun || letters == option.replace('-', "")
    };
    OPTIONS.iter().any(is_meant) || (has_dash && PARTS.iter().any(|part| letters.contains(part)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(line: &str) -> String {
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        match Call::of(&words) {
            None => "no".into(),
            Some(Err(complaint)) => complaint.to_string(),
            Some(Ok(Call { file, is_dry, netns, stray })) => format!("{file:?} {is_dry} {netns:?} {stray:?}"),
        }
    }

    #[test]
    fn options_stand_before_and_after_the_file() {
        let plain = r#""f" false None None"#;
        assert_eq!(call("-R f"), plain);
        assert_eq!(call("--load-file f"), plain);
        let both = r#""f" true Some(Name("a")) None"#;
        for line in [
            "-R f --dry-run --netns a",
            "--netns a --dry-run -R f",
            "--dry-run -R f --netns=a",
            "--netns=a -R f --dry-run",
            "--netns b -R f --dry-run --netns a",
        ] {
            assert_eq!(call(line), both, "{line}");
        }
        assert_eq!(call("--netns -R -R f"), r#""f" false Some(Name("-R")) None"#);
        for line in
            ["-L", "-R", "--netns a", "--netns", "--dry-run -R", "-L -R f", "--netn a -R f", "-L --netns a"]
        {
            assert_eq!(call(line), "no", "{line}");
        }
    }

    #[test]
    fn a_word_that_may_be_an_option_does_not_run_the_file() {
        assert_eq!(call("-R f x y"), r#""f" false None Some("x")"#);
        assert_eq!(call("-R f -n --nat-range"), r#""f" false None Some("-n")"#);
        for word in
            ["--", "--dst", "--nat-range", "--any-nat", "--orig-port-src", "network", "run.log", "\u{2013}"]
        {
            assert_eq!(call(&format!("-R f {word}")), format!(r#""f" false None Some({word:?})"#));
        }
        let begun = ["--d", "--dry", "--netn", "--netnsa", "--all", "--all-netns", "--dry-run=1"];
        let alike = [
            "-dry-run",
            "--Dry-Run",
            "--dry_run",
            "--dryRun",
            "--rdy-run",
            "--dyr-run",
            "--nodry",
            "-netns=a",
        ];
        let dashes = [
            "\u{2013}dry-run",
            "\u{2014}netns",
            "\u{2212}\u{2212}run",
            "dry-run",
            "dryrun",
            "DRY_RUN",
            "netns",
        ];
        for word in begun.into_iter().chain(alike).chain(dashes) {
            assert_eq!(call(&format!("-R f {word}")), format!("stray word `{word}': no option takes it"));
        }
        assert_eq!(call("-R f --netns"), "option `--netns' requires an argument");
        let wrong = "unexpected value '0' with --netns option";
        assert_eq!(call("-R f --netns 0"), wrong);
        assert_eq!(call("--netns=0 -R f"), wrong);
    }
}
