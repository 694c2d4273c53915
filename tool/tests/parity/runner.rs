// SPDX-License-Identifier: GPL-2.0-or-later
//! Runs command lines through a tool, each on the fixture, and notes what came of them.
//!
//! A tool has a namespace of its own. After each command line the table is read; when it has changed it is made
//! anew for the next one. Command lines that may follow events (`-E`) run many at a time: whichever does not end
//! by itself is interrupted as soon as it catches SIGINT.

use super::fixture::{Extras, Ground};
use super::{Case, Outcome, normal};
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use testing::{catches_interrupts, isolated};

/// How many programs follow events at the same time.
const FOLLOWERS: usize = 32;
/// The commands that never change a table, which is so of their shape without options in front.
const READING: [&str; 7] = ["-L", "-G", "-C", "-S", "-V", "-h", "-E"];

/// The outcomes of command lines, in their order.
pub fn run(tool: &Path, cases: &[Case], extras: Extras) -> Vec<Outcome> {
    let outcomes = Mutex::new(Vec::new());
    isolated(|| {
        let mut place = Place::new(tool, extras);
        let mut done: Vec<Option<Outcome>> = vec![None; cases.len()];
        let (waiting, ending): (Vec<usize>, Vec<usize>) =
            (0..cases.len()).partition(|&at| follows(&cases[at]));
        for at in ending {
            done[at] = Some(place.outcome(&cases[at]));
        }
        for batch in waiting.chunks(FOLLOWERS) {
            let batch_cases: Vec<&Case> = batch.iter().map(|&at| &cases[at]).collect();
            for (&at, outcome) in batch.iter().zip(place.interrupted(&batch_cases)) {
                done[at] = Some(outcome);
            }
        }
        *outcomes.lock().unwrap() = done.into_iter().map(Option::unwrap).collect();
    });
    outcomes.into_inner().unwrap()
}

/// The outcomes through both tools, in several namespaces at a time.
pub fn run_both(tools: [&Path; 2], cases: &[Case], extras: Extras, threads: usize) -> Vec<[Outcome; 2]> {
    let pieces: Vec<&[Case]> = cases.chunks(cases.len().div_ceil(threads * 4).max(1)).collect();
    let results: Vec<Mutex<[Vec<Outcome>; 2]>> = pieces.iter().map(|_| Mutex::default()).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(piece) = pieces.get(number / 2) else { return };
            let outcomes = run(tools[number % 2], piece, extras);
            results[number / 2].lock().unwrap()[number % 2] = outcomes;
        }
    };
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    let pairs = results.into_iter().flat_map(|piece| {
        let [one, other] = piece.into_inner().unwrap();
        one.into_iter().zip(other).map(|(one, other)| [one, other])
    });
    pairs.collect()
}

/// Whether a command line may make the tool wait for events.
fn follows(case: &Case) -> bool {
    let event = |word: &String| {
        let letters = word.starts_with('-') && !word.starts_with("--") && word.contains('E');
        letters || word.starts_with("--e")
    };
    case.words().iter().any(event)
}

/// A tool with the fixture in the calling thread's namespace.
pub struct Place<'a> {
    ground: Ground,
    tool: &'a Path,
}

impl<'a> Place<'a> {
    pub fn new(tool: &'a Path, extras: Extras) -> Place<'a> {
        Place { ground: Ground::new(extras), tool }
    }

    /// What comes of a command line on the fixture.
    pub fn outcome(&mut self, case: &Case) -> Outcome {
        if follows(case) {
            return self.interrupted(&[case]).remove(0);
        }
        let output = self.start(case).wait_with_output().unwrap();
        // A request that is refused may have done a part of its work, of which no event tells.
        let reads = READING.iter().any(|command| case.line.starts_with(command));
        let table = self.ground.changes(!reads && output.status.code() == Some(1));
        Outcome { table, ..noted(&output) }
    }

    fn start(&mut self, case: &Case) -> Child {
        let mut line = self.ground.with_ids(&case.line);
        let named = line.contains("@file");
        if named {
            // In the file system that only this test sees, see [`super::with_label_file`].
            let path = PathBuf::from(format!("/mnt/{:?}", std::thread::current().id()));
            std::fs::write(&path, &case.stdin).unwrap();
            line = line.replace("@file", path.to_str().unwrap());
        }
        let mut command = match case.dropped {
            true => Command::new("setpriv"),
            false => Command::new(self.tool),
        };
        if case.dropped {
            command.args(["--bounding-set", "-net_admin"]).arg(self.tool);
        }
        command.args(crate::words::words(&line)).env("TZ", "UTC").env_remove("POSIXLY_CORRECT");
        if case.posix {
            command.env("POSIXLY_CORRECT", "1");
        }
        let (input, text) = if named { ("", true) } else { (case.stdin.as_str(), case.stdin.is_empty()) };
        command.stdin(if text { Stdio::null() } else { Stdio::piped() });
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        if let Some(mut stdin) = child.stdin.take() {
            // A tool that does not read to the end is no fault of this test.
            let _ = stdin.write_all(input.as_bytes());
        }
        child
    }

    /// Runs programs at the same time and interrupts those that wait.
    fn interrupted(&mut self, cases: &[&Case]) -> Vec<Outcome> {
        let mut children: Vec<Child> = cases.iter().map(|case| self.start(case)).collect();
        let until = Instant::now() + testing::CEILING;
        for child in &mut children {
            while child.try_wait().unwrap().is_none() && !catches_interrupts(child.id()) {
                assert!(Instant::now() < until, "a program neither ends nor follows events");
                std::thread::sleep(Duration::from_millis(2));
            }
        }
        interrupt(children.iter_mut());
        let outputs = children.into_iter().map(|child| child.wait_with_output().unwrap());
        outputs.map(|output| noted(&output)).collect()
    }
}

fn noted(output: &Output) -> Outcome {
    let status = output.status;
    let code = status.code().map(|code| code.to_string());
    Outcome {
        status: code.unwrap_or_else(|| format!("signal {}", status.signal().unwrap_or(0))),
        stdout: normal::entries(&output.stdout),
        stderr: normal::lines(&output.stderr),
        table: Vec::new(),
    }
}

/// Interrupts those that still run.
pub fn interrupt<'c>(children: impl Iterator<Item = &'c mut Child>) {
    let running =
        children.filter_map(|child| child.try_wait().unwrap().is_none().then(|| child.id().to_string()));
    let pids: Vec<String> = running.collect();
    if !pids.is_empty() {
        // One that ends meanwhile is no failure.
        Command::new("kill").args(["-s", "INT"]).args(&pids).stderr(Stdio::null()).status().unwrap();
    }
}
