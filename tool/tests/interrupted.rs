// SPDX-License-Identifier: GPL-2.0-or-later
//! The tool whose run is cut short, by a signal, by a reader that goes away, or by streams that are closed from the
//! start: what it has changed is what it has shown.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a test may

#[path = "support/follower.rs"]
mod follower;

use follower::{Follower, nth, requests, send};
use netfilter_conntrack::request::Query;
use netfilter_conntrack::{Dir, Flow, Handle, L4};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use testing::random::Dice;
use testing::{isolated, pipe_without_reader, sleeps_in_write, wait_until};

const TOOL: &str = env!("CARGO_BIN_EXE_conntrack");

/// Entries of a table. Their lines, some 140 bytes each, are many times what a pipe holds.
const ENTRIES: u32 = 6000;
/// Entries with the same source address.
const OF_SOURCE: u32 = 100;
/// The most entries that are deleted together.
const BATCH: usize = 200;
/// Bytes that a pipe holds, and bytes of the shortest line.
const PIPE: usize = 65536;
const SHORT_LINE: usize = 100;

const SIGNALS: [(&str, i32); 3] = [("INT", libc::SIGINT), ("TERM", libc::SIGTERM), ("HUP", libc::SIGHUP)];

/// Starts the tool. What ran this test may ignore signals; the tool then would, too.
fn start(words: &[&str], stdin: impl Into<Stdio>, stdout: impl Into<Stdio>) -> Child {
    let mut command = Command::new("env");
    command.args(["--default-signal=HUP,INT,TERM", TOOL]).args(words);
    command.stdin(stdin).stdout(stdout).stderr(Stdio::piped()).spawn().unwrap()
}

fn kill(child: &Child, signal: &str) {
    let sent =
        Command::new("sh").args(["-c", "kill -s \"$0\" \"$1\"", signal, &child.id().to_string()]).status();
    assert!(sent.unwrap().success(), "it has ended already");
}

/// Waits for the end; a program that hangs is ended, and fails the test.
fn ended(mut child: Child) -> Output {
    wait_until("it ends", || child.try_wait().unwrap().is_some());
    child.wait_with_output().unwrap()
}

/// An entry of the table.
fn entry(n: u32) -> Flow {
    let source = format!("10.0.{}.1", n / OF_SOURCE);
    let mut flow =
        testing::flow(&source, "10.255.0.1", L4::Udp { sport: u16::try_from(n + 1).unwrap(), dport: 53 });
    flow.set_timeout_secs(10_000);
    flow
}

/// Empties the table and fills it again.
fn fill() {
    let mut handle = Handle::open().unwrap();
    handle.flush().unwrap();
    testing::load((0..ENTRIES).map(entry));
}

/// The source ports of the entries for which this holds.
fn ports(holds: impl Fn(&Flow) -> bool) -> BTreeSet<u16> {
    let mut handle = Handle::open().unwrap();
    let flows = handle.flows().unwrap().map(Result::unwrap).filter(holds);
    flows.map(|flow| flow.tuple(Dir::Orig).l4_src()).collect()
}

/// The source ports of whole lines, none of them shown twice.
fn shown(text: &str) -> BTreeSet<u16> {
    assert!(text.is_empty() || text.ends_with('\n'), "the last line is whole");
    let port = |line: &str| line.split_once("sport=").unwrap().1.split(' ').next().unwrap().parse().unwrap();
    let ports: BTreeSet<u16> = text.lines().map(port).collect();
    assert_eq!(ports.len(), text.lines().count());
    ports
}

/// The entries that are changed: those that are gone, or those with the new mark.
fn changed(command: &str) -> BTreeSet<u16> {
    if command.contains("-U") {
        return ports(|flow| flow.mark() == Some(7));
    }
    let left = ports(|_| true);
    (0..ENTRIES).map(|n| entry(n).tuple(Dir::Orig).l4_src()).filter(|port| !left.contains(port)).collect()
}

fn assert_same(shown: &BTreeSet<u16>, changed: &BTreeSet<u16>, what: &str) {
    let missing: Vec<&u16> = changed.difference(shown).take(9).collect();
    let untrue: Vec<&u16> = shown.difference(changed).take(9).collect();
    assert!(
        missing.is_empty() && untrue.is_empty(),
        "{what}: changed, not shown: {missing:?}; shown only: {untrue:?}"
    );
}

/// A place for a file, which is taken away again.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Scratch {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let (pid, count) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        Scratch(std::env::temp_dir().join(format!("conntrack-{name}-{pid}-{count}")))
    }

    fn with(name: &str, text: &str) -> Scratch {
        let scratch = Scratch::new(name);
        std::fs::write(&scratch.0, text).unwrap();
        scratch
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }

    fn len(&self) -> usize {
        std::fs::metadata(&self.0).map_or(0, |file| usize::try_from(file.len()).unwrap())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// The commands that change entries and show them, with a name; a load file is made where one is needed.
fn commands() -> [(&'static str, Vec<String>, Option<Scratch>); 5] {
    let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let loaded = |name: &str, text: &str| {
        let file = Scratch::with(name, text);
        (words(&format!("-R {}", file.path())), Some(file))
    };
    let sources: String = (0..ENTRIES / OF_SOURCE).map(|n| format!("-D -s 10.0.{n}.1\n")).collect();
    let (each, each_file) = loaded("each", &sources);
    let (update, update_file) = loaded("update", "-U -p udp -m 7\n-U -p udp -m 7\n");
    [
        ("-D", words("-D"), None),
        ("-D -p", words("-D -p udp --dport 53"), None),
        ("-U", words("-U -p udp -m 7"), None),
        ("-R of -D", each, each_file),
        ("-R of -U", update, update_file),
    ]
}

#[test]
fn a_signal_ends_a_change_when_all_that_is_changed_is_shown() {
    isolated(|| {
        let mut random = Dice(15);
        let mut in_the_middle = 0;
        for (name, command, _file) in commands() {
            let words: Vec<&str> = command.iter().map(String::as_str).collect();
            for round in 0..9 {
                let (signal, number) = SIGNALS[round % 3];
                fill();
                let out = Scratch::new("shown");
                let child = start(&words, Stdio::null(), File::create(&out.0).unwrap());
                let before = usize::try_from(random.roll(u64::from(ENTRIES) * 90)).unwrap();
                wait_until("it shows something", || out.len() > before);
                kill(&child, signal);
                // Once more, as `timeout` does.
                let again = ["-c", "kill -s \"$0\" \"$1\"", signal, &child.id().to_string()];
                let _ = Command::new("sh").args(again).output();
                let ended = ended(child);
                let text = std::fs::read_to_string(&out.0).unwrap();
                assert_same(&shown(&text), &changed(name), &format!("{name} {signal}"));
                // The signal may come when everything is shown and the tool ends of itself.
                let is_whole = ended.status.success() && text.lines().count() == ENTRIES as usize;
                assert!(is_whole || ended.status.signal() == Some(number), "{name} {signal}: {ended:?}");
                in_the_middle += usize::from(text.lines().count() < ENTRIES as usize);
            }
        }
        assert!(in_the_middle > 20, "{in_the_middle} runs were cut short");
    });
}

#[test]
fn a_reader_that_comes_late_gets_all_that_was_changed() {
    isolated(|| {
        for (name, command, _file) in commands() {
            fill();
            let words: Vec<&str> = command.iter().map(String::as_str).collect();
            let mut child = start(&words, Stdio::null(), Stdio::piped());
            let mut out = BufReader::new(child.stdout.take().unwrap());
            let mut text = String::new();
            out.read_line(&mut text).unwrap();
            // It stands still in a write, and has changed what it wants to show.
            wait_until("it waits for its reader", || sleeps_in_write(child.id()));
            kill(&child, "INT");
            out.read_to_string(&mut text).unwrap();
            let ended = ended(child);
            let changed = changed(name);
            assert_same(&shown(&text), &changed, name);
            assert_eq!(ended.status.signal(), Some(libc::SIGINT), "{name}");
            assert!(changed.len() < ENTRIES as usize, "{name}: it stopped");
            let summary = String::from_utf8(ended.stderr).unwrap();
            let expected = match name {
                "-U" => format!(": {} flow entries have been updated.\n", changed.len()),
                "-D" | "-D -p" => format!(": {} flow entries have been deleted.\n", changed.len()),
                _ => ": ended by a signal before all was done\n".to_owned(),
            };
            assert!(summary.ends_with(&expected), "{name}: {summary}");
        }
    });
}

#[test]
fn a_load_file_that_is_ended_by_a_signal_names_the_line() {
    const LINES: usize = 40_000;
    isolated(|| {
        let line =
            |n: usize| format!("-I -p udp -s 10.0.0.0 -d 10.255.0.1 --sport {} --dport 53 -t 1000\n", n + 1);
        let file = Scratch::with("made", &(0..LINES).map(line).collect::<String>());
        for (round, (signal, number)) in SIGNALS.into_iter().enumerate() {
            let mut handle = Handle::open().unwrap();
            handle.flush().unwrap();
            let child = start(&["-R", file.path()], Stdio::null(), Stdio::null());
            let some = u32::try_from(round * 3000).unwrap();
            wait_until("it makes entries", || handle.statistics().unwrap().entries > some);
            kill(&child, signal);
            let ended = ended(child);
            assert_eq!(ended.status.signal(), Some(number), "{ended:?}");
            let made = ports(|_| true);
            let first: BTreeSet<u16> = (1..=u16::try_from(made.len()).unwrap()).collect();
            assert!(made == first && made.len() < LINES, "{}", made.len());
            let said = String::from_utf8(ended.stderr).unwrap();
            let report =
                format!("{}:{}: ended by a signal before all was done\n", file.path(), made.len() + 1);
            assert!(said.ends_with(&report), "{} made: {said}", made.len());
        }
    });
}

#[test]
fn a_signal_before_the_first_change_ends_the_tool_at_once() {
    // It waits for its lines; nothing has been carried out.
    let mut child = start(&["-R", "-"], Stdio::piped(), Stdio::piped());
    let _input = child.stdin.take();
    kill(&child, "TERM");
    assert_eq!(ended(child).status.signal(), Some(libc::SIGTERM));
}

#[test]
fn a_signal_that_is_ignored_stays_so() {
    isolated(|| {
        fill();
        let mut child = Command::new("sh")
            .args(["-c", "trap '' HUP INT; exec \"$0\" -D", TOOL])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut text = String::new();
        out.read_line(&mut text).unwrap();
        kill(&child, "HUP");
        kill(&child, "INT");
        out.read_to_string(&mut text).unwrap();
        assert_eq!((ended(child).status.code(), shown(&text).len()), (Some(0), ENTRIES as usize));
    });
}

#[test]
fn a_list_that_zeroes_counters_is_shown_whole_whatever_signal_comes() {
    isolated(|| {
        for (signal, number) in SIGNALS {
            fill();
            let mut child = start(&["-L", "-z"], Stdio::null(), Stdio::piped());
            let mut out = BufReader::new(child.stdout.take().unwrap());
            let mut text = String::new();
            out.read_line(&mut text).unwrap();
            kill(&child, signal);
            out.read_to_string(&mut text).unwrap();
            assert_eq!(shown(&text).len(), ENTRIES as usize);
            assert_eq!(ended(child).status.signal(), Some(number));
        }
    });
}

#[test]
fn a_reader_that_goes_away_misses_a_batch_and_what_was_in_the_pipe_at_most() {
    isolated(|| {
        for read in [0, 1500] {
            for (name, command, _file) in commands() {
                fill();
                let words: Vec<&str> = command.iter().map(String::as_str).collect();
                let mut child = start(&words, Stdio::null(), Stdio::piped());
                let out = BufReader::new(child.stdout.take().unwrap());
                let seen = out.lines().take(read).map(Result::unwrap).count();
                let ended = ended(child);
                assert_eq!(ended.status.signal(), Some(libc::SIGPIPE), "{name}: {ended:?}");
                // The buffer of the reader here has taken some, too.
                let most = seen + (PIPE + 8192) / SHORT_LINE + BATCH;
                let changed = changed(name).len();
                assert!(changed <= most, "{name}: {changed} are changed, {seen} were read");
            }
        }
    });
}

#[test]
fn nothing_is_changed_that_cannot_be_shown() {
    isolated(|| {
        for (name, command, _file) in commands() {
            fill();
            let words = command.join(" ");
            for how in [">&-", "1</dev/null"] {
                let script = format!("exec \"$0\" {words} {how}");
                let output = Command::new("sh").args(["-c", &script, TOOL]).output().unwrap();
                let said = String::from_utf8(output.stderr).unwrap();
                assert_eq!(output.status.code(), Some(1), "{script}: {said}");
                let complaint = "cannot write to standard output: Bad file descriptor\n";
                assert!(said.ends_with(complaint), "{script}: {said}");
                assert!(changed(name).is_empty(), "{script}");
            }
            // The reader has gone before the tool starts.
            let writer = pipe_without_reader();
            let words: Vec<&str> = command.iter().map(String::as_str).collect();
            let ended = ended(start(&words, Stdio::null(), writer));
            assert_eq!(ended.status.signal(), Some(libc::SIGPIPE), "{name}: {ended:?}");
            assert!(changed(name).is_empty(), "{name}");
        }
    });
}

#[test]
fn a_closed_stream_is_an_error_where_it_is_needed() {
    let usage = "Try `conntrack -h' or 'conntrack --help' for more information.";
    let (output, input) =
        ("cannot write to standard output: Bad file descriptor", "Failed to open file - for reading");
    isolated(|| {
        fill();
        for (line, status, complaint) in [
            ("-L >&-", 1, output),
            ("-L -s 9.9.9.9 >&-", 0, "0 flow entries have been shown."),
            ("-L -z >&-", 1, output),
            ("-L -o xml >&-", 1, output),
            ("-G -p udp -s 10.0.0.1 -d 10.255.0.1 --sport 1 --dport 53 >&-", 1, output),
            ("-C >&-", 1, output),
            ("-S >&-", 1, output),
            ("-V >&-", 1, output),
            ("-h >&-", 1, output),
            ("-D -s 9.9.9.9 >&-", 1, "0 flow entries have been deleted."),
            ("-R - <&-", 2, input),
            ("-R - 0>/dev/null", 2, input),
            ("-C <&- 2>&-", 0, ""),
            // Nothing is written to the first, and the last was given by the caller.
            (
                "-I -p udp -s 1.1.1.1 -d 2.2.2.2 --sport 1 --dport 2 -t 9 >&-",
                0,
                "1 flow entries have been created.",
            ),
            ("-D -s 1.1.1.1 <>/dev/null 1<>/dev/null", 0, "1 flow entries have been deleted."),
            ("-R - 0<>/dev/null", 0, ""),
            ("-F >&-", 0, "connection tracking table has been emptied."),
        ] {
            let script = format!("exec \"$0\" {line}");
            let output = Command::new("sh").args(["-c", &script, TOOL]).output().unwrap();
            let said = String::from_utf8(output.stderr).unwrap();
            let said = said.lines().rfind(|&line| line != usage).unwrap_or_default();
            assert_eq!(output.status.code(), Some(status), "{line}: {said}");
            assert!(said.ends_with(complaint), "{line}: {said}");
        }
    });
}

/// Makes entries until a follower of events whose output is not read stands still.
fn flood_until_it_stands_still(child: &Child) {
    wait_until("it follows events", || testing::catches_interrupts(child.id()));
    let mut some = (0..).step_by(1000);
    wait_until("it stands still", || {
        let from: u32 = some.next().unwrap();
        if from < 50_000 {
            send(&requests(Query::Create, (from..from + 1000).map(nth)));
        }
        sleeps_in_write(child.id())
    });
}

#[test]
fn events_that_are_not_read_do_not_keep_the_tool() {
    isolated(|| {
        for words in ["-E", "-E -o xml", "-E --resync"] {
            for (signal, _) in &SIGNALS[..2] {
                Handle::open().unwrap().flush().unwrap();
                let words: Vec<&str> = words.split(' ').collect();
                let mut child = start(&words, Stdio::null(), Stdio::piped());
                let unread = child.stdout.take();
                flood_until_it_stands_still(&child);
                kill(&child, signal);
                let ended = ended(child);
                drop(unread);
                let said = String::from_utf8(ended.stderr).unwrap();
                assert_eq!(ended.status.code(), Some(1), "{words:?}: {said}");
                let last = said.lines().last().unwrap();
                let lines = last.split("standard output is not read: at least ").nth(1).expect(last);
                let lines: u32 = lines.strip_suffix(" lines have not been shown").unwrap().parse().unwrap();
                assert!(lines > 0, "{said}");
            }
        }
    });
}

#[test]
fn a_tool_whose_messages_are_not_read_either_ends_too() {
    isolated(|| {
        // Both streams are the pipe of a program that reads nothing.
        for words in ["-E", "-E --resync", "-E -b 4096"] {
            Handle::open().unwrap().flush().unwrap();
            let mut deaf = Command::new("sleep").arg("1000").stdin(Stdio::piped()).spawn().unwrap();
            let out: OwnedFd = deaf.stdin.take().unwrap().into();
            let mut tool = Command::new(TOOL);
            tool.args(words.split(' ')).stdout(out.try_clone().unwrap()).stderr(out);
            let child = tool.spawn().unwrap();
            flood_until_it_stands_still(&child);
            kill(&child, "TERM");
            assert_eq!(ended(child).status.code(), Some(1), "{words}");
            deaf.kill().unwrap();
            deaf.wait().unwrap();
        }
    });
}

#[test]
fn a_table_that_changes_all_the_time_does_not_keep_the_tool() {
    isolated(|| {
        testing::load((0..100_000).map(nth));
        let follower = Follower::start("-E --resync -b 16384");
        let over = AtomicBool::new(false);
        let ended = std::thread::scope(|scope| {
            scope.spawn(|| {
                let make = requests(Query::Create, (100_000..104_000).map(nth));
                let delete = requests(Query::Destroy, (100_000..104_000).map(nth));
                while !over.load(Ordering::Relaxed) {
                    send(&make);
                    send(&delete);
                }
            });
            let ended = follower.end();
            over.store(true, Ordering::Relaxed);
            ended
        });
        // Whether the last look at the table succeeds is chance; it is reported.
        match ended.status {
            Some(0) => assert!(!ended.stderr.contains("could not be read"), "{}", ended.stderr),
            status => {
                assert_eq!(status, Some(3), "{}", ended.stderr);
                let report = "flow events have been lost; the table could not be read in time at the end.\n";
                assert!(ended.stderr.ends_with(report), "{}", ended.stderr);
            }
        }
    });
}

/// Follows `events` new entries until a hangup that finds all of them unread: what is shown, and what is said.
fn hung_up(words: &[&str], events: u32) -> (usize, String) {
    let out = Scratch::new("hangup");
    let follower = start(words, Stdio::null(), File::create(&out.0).unwrap());
    wait_until("it follows events", || testing::catches_interrupts(follower.id()));
    kill(&follower, "STOP"); // so that all events wait to be read when the signal comes
    testing::load((0..events).map(entry));
    kill(&follower, "HUP");
    kill(&follower, "CONT");
    let output = ended(follower);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.signal(), Some(libc::SIGHUP), "{words:?}: {said}");
    Handle::open().unwrap().flush().unwrap();
    (shown(&std::fs::read_to_string(&out.0).unwrap()).len(), said)
}

#[test]
fn a_hangup_loses_no_event() {
    const EVENTS: u32 = 2000;
    isolated(|| {
        for words in ["-E", "-E --resync"] {
            let words: Vec<&str> = words.split(' ').collect();
            // A machine that gives the tool no time within the second that it has is not what this is about.
            let (shown, said) = testing::in_time(|| hung_up(&words, EVENTS), |(_, said)| said);
            assert_eq!(shown, EVENTS as usize, "{words:?}: {said}");
        }
    });
}
