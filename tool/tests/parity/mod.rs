// SPDX-License-Identifier: GPL-2.0-or-later
//! The parity ring: the same command lines through the original tool and ours.
//!
//! Each line meets the same table ([`fixture`]) in a namespace of its tool; what is compared is standard output,
//! standard error, the exit status and the table left behind ([`runner`]), after volatile numbers have been
//! taken out ([`normal`]). A line that comes out differently must be explained by a row of [`differences`], which
//! also says what ours must do.

#![allow(dead_code)] // each test program uses its own part

pub mod case;
pub mod differences;
pub mod expected;
pub mod fixture;
pub mod judge;
pub mod lines;
pub mod matrix;
pub mod normal;
pub mod rewrite;
pub mod router;
pub mod runner;
pub mod traffic;

pub use case::Case;
use std::fmt;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;

/// What came of a command line, without what differs from run to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The exit status, or the signal that ended the program.
    pub status: String,
    pub stdout: Vec<String>,
    pub stderr: Vec<String>,
    /// What of the table is gone (`-`) and what is new (`+`).
    pub table: Vec<String>,
}

impl Outcome {
    /// Whether nothing was printed, said or changed, and all is well.
    pub fn does_nothing(&self) -> bool {
        self.status == "0" && [&self.stdout, &self.stderr, &self.table].iter().all(|lines| lines.is_empty())
    }

    /// The first line of standard error.
    pub fn first_error(&self) -> &str {
        self.stderr.first().map_or("", String::as_str)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "    => {}", self.status)?;
        for (mark, lines) in [("O", &self.stdout), ("E", &self.stderr), ("T", &self.table)] {
            lines.iter().try_for_each(|line| writeln!(f, "    {mark}| {line}"))?;
        }
        Ok(())
    }
}

/// Our tool.
pub fn ours() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_conntrack"))
}

/// The original tool, if it is installed.
pub fn original() -> Option<PathBuf> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/original.sh");
    let found = Command::new(script).arg("tool").output().ok()?;
    let path = String::from_utf8(found.stdout).ok()?;
    found.status.success().then(|| PathBuf::from(path.trim()))
}

/// Set in the copy of the test program that runs where the label file stands.
const INSIDE: &str = "CONNTRACK_PARITY_INSIDE";

/// Puts the label file where both tools look for it, over a copy of what else they read below `/etc`.
const WITH_LABEL_FILE: &str = "mount -t tmpfs none /mnt && mkdir /mnt/xtables && \
    printf %s \"$LABELS\" >/mnt/xtables/connlabel.conf && cp /etc/protocols /mnt && \
    { cp /etc/nsswitch.conf /etc/ld.so.cache /mnt || :; } && mount --bind /mnt /etc && exec \"$0\" \"$@\"";

/// Runs a test's body where `/etc/xtables/connlabel.conf` is ours: this program starts itself again in a network and
/// mount namespace.
pub fn with_label_file(test: &str, body: impl FnOnce()) {
    if std::env::var_os(INSIDE).is_some() {
        return body();
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/in-namespace.sh");
    if !Command::new(script).arg("true").output().is_ok_and(|output| output.status.success()) {
        return testing::report(test, "no network and mount namespace");
    }
    let output = Command::new(script)
        .args(["sh", "-c", WITH_LABEL_FILE])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(INSIDE, "1")
        .env("LABELS", fixture::LABELS)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    println!("{said}");
    // What is counted is told even where tests are captured.
    let counts: String = said.lines().filter(|line| line.starts_with("parity: ")).collect();
    std::io::stderr().write_all(format!("\n{counts}\n").as_bytes()).unwrap();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
}
