// SPDX-License-Identifier: GPL-2.0-or-later
//! A command line of the parity ring, and what can be asked of its words and changed in them.

use std::fmt;

/// A command line.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Case {
    /// The words behind the program's name, quoted as for a shell. `@id(NAME)` stands for the id of an entry of the
    /// fixture, `@file` for a file that holds `stdin`.
    pub line: String,
    /// What the program reads from standard input.
    pub stdin: String,
    /// Whether `POSIXLY_CORRECT` is set.
    pub posix: bool,
    /// Whether the program runs without CAP_NET_ADMIN.
    pub dropped: bool,
}

impl Case {
    pub fn new(line: impl Into<String>) -> Case {
        Case { line: line.into(), stdin: String::new(), posix: false, dropped: false }
    }

    /// The same with other words.
    pub fn with_line(&self, line: impl Into<String>) -> Case {
        Case { line: line.into(), ..self.clone() }
    }

    pub fn words(&self) -> Vec<String> {
        crate::words::words(&self.line)
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let posix = if self.posix { "POSIXLY_CORRECT=1 " } else { "" };
        let dropped = if self.dropped { "(unprivileged) " } else { "" };
        write!(f, "{dropped}{posix}conntrack {}", self.line)?;
        if self.stdin.is_empty() { Ok(()) } else { write!(f, " <<< {:?}", self.stdin) }
    }
}

/// How options are found in a command line, as words of their own.
impl Case {
    /// Whether one of these words is there.
    pub fn has(&self, names: &[&str]) -> bool {
        self.words().iter().any(|word| names.contains(&word.as_str()))
    }

    /// The command as a letter; nothing where it is written in another way.
    pub fn command(&self) -> String {
        let words = self.words();
        words
            .iter()
            .find(|word| word.len() == 2 && "LGDIAUEFCSVh".contains(&word[1..]))
            .cloned()
            .unwrap_or_default()
    }

    /// The word behind an option.
    pub fn value(&self, names: &[&str]) -> Option<String> {
        let words = self.words();
        let at = words.iter().position(|word| names.contains(&word.as_str()))?;
        words.get(at + 1).cloned()
    }

    /// The same words, changed.
    pub fn edited(&self, edit: impl FnOnce(Vec<String>) -> Vec<String>) -> Case {
        let words = edit(self.words());
        let quoted = words.iter().map(|word| {
            let plain = !word.is_empty() && !word.contains([' ', '\'', '"']);
            if plain { word.clone() } else { format!("'{word}'") }
        });
        self.with_line(quoted.collect::<Vec<_>>().join(" "))
    }

    /// With another name of an option.
    pub fn renamed(&self, from: &str, to: &str) -> Case {
        let rename = |word: String| if word == from { to.to_string() } else { word };
        self.edited(|words| words.into_iter().map(rename).collect())
    }

    /// Without these options and their values.
    pub fn without(&self, names: &[&str]) -> Case {
        self.edited(|words| {
            let mut kept = Vec::new();
            let mut words = words.into_iter();
            while let Some(word) = words.next() {
                if names.contains(&word.as_str()) {
                    words.next();
                } else {
                    kept.push(word);
                }
            }
            kept
        })
    }

    /// With these options and their values behind the others.
    pub fn moved_last(&self, names: &[&str]) -> Option<Case> {
        let value = self.value(names)?;
        let rest = self.without(names);
        Some(rest.edited(|mut words| {
            words.extend([names[0].to_string(), value]);
            words
        }))
    }
}

/// The names of options that rows ask for.
pub const LABELMAP: &[&str] = &["--labelmap", "-M"];
pub const MARK: &[&str] = &["-m", "--mark"];
pub const STATUS: &[&str] = &["-u", "--status"];
pub const TIMEOUT: &[&str] = &["-t", "--timeout"];
