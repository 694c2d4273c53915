// SPDX-License-Identifier: GPL-2.0-or-later
//! The tool's worked examples, run as a user runs them: exit status, standard output and standard error of
//! each command line, in a network namespace of its own.
//!
//! `vectors/cli.txt` holds them; its head describes the form. Numbers that differ from run to run stand as
//! names with `@`; lines of standard output are compared without regard to their order, which is the hash's.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a test may

#[path = "support/words.rs"]
mod words;

use netfilter_conntrack::L4;
use netfilter_conntrack::wire::consts::IPS_FIXED_TIMEOUT;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Output, Stdio};
use testing::{flow, isolated, rules, run, table, udp};
use words::words;

const TOOL: &str = env!("CARGO_BIN_EXE_conntrack");

/// One command line and what it must do.
#[derive(Default)]
struct Example {
    line: usize,
    command: String,
    stdin: String,
    status: i32,
    stdout: Vec<String>,
    stderr: Vec<String>,
}

/// The files of examples.
const FILES: [&str; 4] = [
    include_str!("vectors/cli.txt"),
    include_str!("vectors/cli_differences.txt"),
    include_str!("vectors/cli_labels.txt"),
    include_str!("vectors/cli_expect.txt"),
];

/// The examples of one group.
fn examples(group: &str) -> Vec<Example> {
    let heading = format!("## {group}\n");
    let text = FILES.iter().find(|text| text.contains(&heading)).expect(group);
    let mut examples: Vec<Example> = Vec::new();
    let mut inside = false;
    for (number, line) in text.lines().enumerate() {
        if let Some(name) = line.strip_prefix("## ") {
            inside = name == group;
        }
        let (mark, rest) = line.split_once(' ').unwrap_or((line, ""));
        if !inside || mark.starts_with('#') || mark.is_empty() {
            continue;
        }
        if mark == "$" {
            examples.push(Example { line: number + 1, command: rest.into(), ..Example::default() });
            continue;
        }
        let example = examples.last_mut().expect("an expectation without command");
        match mark {
            "=>" => example.status = rest.parse().unwrap(),
            "<" => example.stdin = unescaped(rest),
            "O" => example.stdout.push(unescaped(rest)),
            "E" => example.stderr.push(unescaped(rest)),
            _ => panic!("line {}: {line}", number + 1),
        }
    }
    assert!(!examples.is_empty(), "no group {group}");
    examples
}

fn unescaped(text: &str) -> String {
    text.replace("\\n", "\n").replace("\\t", "\t").replace("\\r", "\r")
}

fn tool(words: &[String], stdin: &str) -> Output {
    tool_through(&[], words, stdin)
}

/// Runs the tool, `through` a program that starts it if one is named.
fn tool_through(through: &[&str], words: &[String], stdin: &str) -> Output {
    let line: Vec<&str> =
        through.iter().copied().chain([TOOL]).chain(words.iter().map(String::as_str)).collect();
    run(line[0], &line[1..], stdin)
}

/// The version line, which starts every message.
fn version_line() -> String {
    format!("conntrack v1.4.9 (libconntrack {})", env!("CARGO_PKG_VERSION"))
}

/// Whether a line is what a pattern says: `@name` stands for digits.
fn fits(pattern: &str, line: &str) -> bool {
    let Some((before, rest)) = pattern.split_once('@') else { return pattern == line };
    let after = rest.trim_start_matches(|c: char| c.is_ascii_lowercase());
    let Some(line) = line.strip_prefix(before) else { return false };
    let behind = line.trim_start_matches(|c: char| c.is_ascii_digit());
    behind.len() < line.len() && fits(after, behind)
}

/// How a line of statistics starts, of which there is one for each CPU, however many there are.
const EACH_CPU: &str = "cpu=*";

/// Whether lines are the same statistics for the CPUs from 0 on.
fn each_cpu(pattern: &str, lines: &[&str]) -> bool {
    let fits_cpu = |(cpu, line): (usize, &&str)| fits(&format!("cpu={cpu:<4}{pattern}"), line);
    !lines.is_empty() && lines.iter().enumerate().all(fits_cpu)
}

/// Whether lines and patterns pair up, in any order.
fn pair_up(patterns: &[String], text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    if let Some(pattern) = patterns.first().and_then(|pattern| pattern.strip_prefix(EACH_CPU)) {
        return patterns.len() == 1 && each_cpu(pattern, &text.lines().collect::<Vec<_>>());
    }
    let mut left: Vec<&String> = patterns.iter().collect();
    text.lines().all(|line| match left.iter().position(|pattern| fits(pattern, line)) {
        Some(at) => {
            left.remove(at);
            true
        }
        None => false,
    }) && left.is_empty()
}

/// Runs the examples of a group one after the other and reports all that come out differently.
fn run_group(group: &str) -> String {
    run_group_through(&[], group)
}

fn run_group_through(through: &[&str], group: &str) -> String {
    let mut report = String::new();
    for example in examples(group) {
        let output = tool_through(through, &words(&example.command), &example.stdin);
        let usage = example.stdout == ["<usage text>"];
        let stdout = if usage {
            output.stdout.starts_with(b"Command line")
        } else {
            let expected: Vec<String> = example.stdout.iter().map(|line| expand(line)).collect();
            pair_up(&expected, &output.stdout)
        };
        let stderr: Vec<String> = example.stderr.iter().map(|line| expand(line)).collect();
        let stderr_text = String::from_utf8_lossy(&output.stderr).into_owned();
        let same = stdout
            && stderr_text.split_terminator('\n').eq(stderr.iter().map(String::as_str))
            && output.status.code() == Some(example.status);
        if !same {
            writeln!(
                report,
                "line {}: {}\n=> {:?}\n{}{}",
                example.line,
                example.command,
                output.status.code(),
                String::from_utf8_lossy(&output.stdout),
                stderr_text
            )
            .unwrap();
        }
    }
    report
}

/// `P:` is the version line in front of a message, `P` the version line alone, `TRY` the hint at the help.
fn expand(line: &str) -> String {
    match line {
        "P" => version_line(),
        "TRY" => "Try `conntrack -h' or 'conntrack --help' for more information.".into(),
        _ => match line.strip_prefix("P: ") {
            Some(text) => format!("{}: {text}", version_line()),
            None => line.into(),
        },
    }
}

#[test]
fn worked_examples() {
    isolated(|| {
        // Groups C to J build on each other's table.
        let report: String = ["A", "B", "C", "D", "E", "F", "G", "H", "J"].map(run_group).concat();
        assert!(report.is_empty(), "{report}");
    });
}

/// Each difference from the original: a test of its own, which runs its group of examples on the fixture.
macro_rules! differences {
    ($(fn $name:ident();)*) => {$(
        #[test]
        fn $name() {
            isolated(|| {
                let report = ["fixture", stringify!($name)].map(run_group).concat();
                assert!(report.is_empty(), "{report}");
            });
        }
    )*};
}

differences! {
    fn attached_values_are_values();
    fn status_bits_that_must_be_clear_select();
    fn what_selects_nothing_deletes_nothing();
    fn every_filter_is_compared();
    fn a_flush_of_one_family_leaves_the_other();
    fn updates_reach_the_entry_in_its_zone();
    fn tuples_are_completed_from_the_other_direction();
    fn sctp_states_and_tags_are_known();
    fn xml_has_one_root();
    fn numbers_are_whole_and_in_range();
    fn empty_parts_of_values_are_errors();
    fn an_option_given_again_is_replaced_whole();
    fn stray_words_delete_nothing();
    fn each_direction_of_an_entry_is_in_one_zone();
    fn status_lists_of_several_options_add_up();
    fn complaints_come_in_the_originals_order();
    fn lines_of_a_file_stand_alone();
    fn the_last_protocol_counts();
}

#[test]
fn without_privilege() {
    isolated(|| {
        let drop = ["setpriv", "--bounding-set", "-net_admin"];
        let report = run_group("fixture") + &run_group_through(&drop, "without_privilege");
        assert!(report.is_empty(), "{report}");
    });
}

/// Gives the program behind it another `/etc`, with a label file.
const WITH_LABEL_FILE: &str = "mount -t tmpfs none /etc && mkdir /etc/xtables && \
    printf '0 zero\\n1 one\\n5 five\\n7 seven up\\n100 hundred\\n127 last\\n130 big\\n' >/etc/xtables/connlabel.conf && \
    exec \"$0\" \"$@\"";

#[test]
fn labels() {
    isolated(|| {
        let through = ["unshare", "--mount", "sh", "-c", WITH_LABEL_FILE];
        let before = run_group_through(&through, "before");
        rules("table ip t { chain c { type filter hook input priority 0; ct label set 1; }; }");
        let report = before + &run_group_through(&through, "after");
        assert!(report.is_empty(), "{report}");
    });
}

#[test]
fn expectations() {
    isolated(|| {
        let mut master = flow("10.9.0.1", "10.9.0.2", L4::Tcp { sport: 40000, dport: 21 });
        master.set_timeout_secs(1000);
        master.set_helper_name(b"ftp");
        table(&[master]);
        let report = run_group("expectations");
        assert!(report.is_empty(), "{report}");
    });
}

#[test]
fn a_list_needs_no_second_thread() {
    isolated(|| {
        table(&(1..=3000).map(udp).collect::<Vec<_>>());
        let listed = |least_stack: &str| {
            let output = Command::new(TOOL).arg("-L").env("RUST_MIN_STACK", least_stack).output().unwrap();
            assert!(output.status.success(), "{output:?}");
            let mut lines: Vec<_> = String::from_utf8(output.stdout).unwrap().lines().map(sport).collect();
            lines.sort_unstable();
            lines
        };
        let sports: Vec<u16> = (1..=3000).collect();
        assert_eq!(listed("65536"), sports);
        assert_eq!(listed(&(1u64 << 60).to_string()), sports, "no thread has room for its stack");
    });
}

/// The source port of an entry's line.
fn sport(line: &str) -> u16 {
    line.split("sport=").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap()
}

#[test]
fn limits_of_load_files_are_gone() {
    isolated(|| {
        let entry = "-A -p udp -t 50 -s 1.1.1.1 -d 2.2.2.2 --sport 1 --dport 2";
        let long = format!("{entry}{}{} --sport 7\n", " -m 5".repeat(3000), " ".repeat(20000));
        let output = tool(&words("-R -"), &long);
        assert!(output.status.success(), "{output:?}");
        let output = tool(&words("-L -p udp --sport 7 -m 5"), "");
        assert!(output.stderr.ends_with(b": 1 flow entries have been shown.\n"), "{output:?}");
        let unknown = "x".repeat(2000);
        let output = tool(&words("-R -"), &format!("-D -l {unknown}\n"));
        assert!(String::from_utf8_lossy(&output.stderr).contains(&format!("unknown label '{unknown}'")));
    });
}

#[test]
fn a_refusal_ends_the_run_behind_what_was_sent_together() {
    isolated(|| {
        let mut fixed = udp(2);
        fixed.set_status(IPS_FIXED_TIMEOUT);
        let mut handle = table(&[udp(1), fixed, udp(3)]);
        let output = tool(&words("-U -p udp -t 5000"), "");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(1) && said.contains("Operation failed: sorry"), "{output:?}");
        assert_eq!(
            String::from_utf8_lossy(&output.stdout).lines().count(),
            2,
            "those that were changed are shown"
        );
        let changed = |handle: &mut netfilter_conntrack::Handle, sport| {
            handle.get(&udp(sport)).unwrap().timeout_secs().unwrap() > 4000
        };
        assert_eq!([1, 2, 3].map(|sport| changed(&mut handle, sport)), [true, false, true]);
    });
}

#[test]
fn every_line_of_a_run_is_tried_and_the_run_ends_behind_them() {
    isolated(|| {
        let new = |verb: &str, sport: u16| {
            format!("-{verb} -p udp -t 50 -s 10.0.0.1 -d 10.0.0.2 --sport {sport} --dport 53\n")
        };
        let mut handle = table(&[udp(1), udp(500)]);
        let before = [new("D", 1), "# a comment\n".into(), new("I", 1), new("I", 2)].concat();
        let many: String =
            (3..=600).map(|sport| new(if sport % 2 == 0 { "I" } else { "A" }, sport)).collect();
        let again = [new("I", 2), new("A", 2), new("I", 600), new("D", 500), new("I", 9000)].concat();
        let output = tool(&words("-R -"), &(before + &many + &again));
        let exists = |line| {
            format!(
                "{}: stdin:{line}: Operation failed: Such conntrack exists, try -U to update\n",
                version_line()
            )
        };
        let expected = [exists(4 + 498), exists(603), exists(605)].concat();
        assert_eq!(
            (output.status.code(), String::from_utf8_lossy(&output.stderr)),
            (Some(1), expected.into())
        );
        assert_eq!(
            testing::sports(&mut handle, &netfilter_conntrack::DumpFilter::new()),
            (1..=600).collect::<Vec<u16>>()
        );
    });
}

#[test]
fn ports_that_the_kernel_ignores_are_refused() {
    isolated(|| {
        let mut handle = netfilter_conntrack::Handle::open().unwrap();
        for (name, number, more) in
            [("udplite", 136, ""), ("dccp", 33, "--state OPEN --role client"), ("udp", 17, "")]
        {
            let known = handle.knows_ports(number).unwrap();
            let key = format!("-p {name} {more} -s 1.1.1.1 -d 2.2.2.2 -t 1000");
            let refused = format!(
                "Operation failed: this kernel knows no ports of {name}: the entry would stand for all connections \
                 between its addresses"
            );
            for (line, stdin) in [
                (format!("-I {key} --sport 1 --dport 2"), String::new()),
                (format!("-A {key} --sport 0 --dport 2"), String::new()),
                // The lines that are alike but for their ports are all looked at.
                (
                    "-R -".into(),
                    format!("-I {key} --sport 0 --dport 0\n-I {key} --sport 1 --dport 2\n").repeat(50),
                ),
            ] {
                handle.flush().unwrap();
                let output = tool(&words(&line), &stdin);
                let said = String::from_utf8_lossy(&output.stderr);
                let made = testing::count(&mut handle);
                let bare = usize::from(line == "-R -"); // the line with ports 0
                match known {
                    true => assert!(made == 1 + bare && !said.contains(&refused), "{line}: {said}"),
                    false => {
                        assert!(made == bare && said.contains(&refused), "{line}: {said}");
                        assert_eq!(output.status.code(), Some(1), "{line}");
                    }
                }
            }
        }
    });
}

#[test]
fn a_long_file_takes_little_memory() {
    // More text than the tool may have memory, and a mistake at the end: all is understood, nothing is carried out.
    let line = |n: u32| {
        let verb = if n % 2 == 0 { "-I -t 50" } else { "-D" };
        format!(
            "{verb} -p udp -s 10.{}.{}.1 -d 10.9.9.9 --sport 1 --dport 2{}\n",
            n >> 8,
            n & 255,
            " ".repeat(8000)
        )
    };
    let text: String = (0..8000).map(line).collect();
    let path = std::env::temp_dir().join(format!("conntrack-long-{}", std::process::id()));
    std::fs::write(&path, text + "-L\n").unwrap();
    let limit = "ulimit -v 49152; exec \"$0\" -R";
    for script in [format!("{limit} \"$1\""), format!("cat \"$1\" | ({limit} -)")] {
        let output = Command::new("sh").args(["-c", &script, TOOL]).arg(&path).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(":8001: Cannot use command `-L' with --load-file"), "{script}: {said}");
    }
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn version_and_help_need_no_socket() {
    // One descriptor is left, which standard output takes. What started the tests may have left it open.
    for option in ["-V", "-h"] {
        let output = Command::new("sh")
            .args(["-c", "exec 3>&-; ulimit -n 4; exec \"$0\" \"$1\"", TOOL, option])
            .output()
            .unwrap();
        assert!(output.status.success() && !output.stdout.is_empty(), "{option}: {output:?}");
    }
    isolated(|| {
        let script = "exec 3>&-; ulimit -n 4; exec \"$0\" -C";
        let output = Command::new("sh").args(["-c", script, TOOL]).output().unwrap();
        let expected = format!("{}: Can't open handler: Too many open files\n", version_line());
        assert_eq!(
            (output.status.code(), String::from_utf8_lossy(&output.stderr)),
            (Some(1), expected.into())
        );
    });
}

#[test]
fn a_full_disk_is_an_error() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = Command::new(TOOL).arg("-h").stdout(full).output().unwrap();
    let expected = format!("{}: cannot write to standard output: No space left on device\n", version_line());
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr)), (Some(1), expected.into()));
}

#[test]
fn a_closed_pipe_ends_the_tool_like_a_c_program() {
    let output = Command::new(TOOL).arg("-h").stdout(testing::pipe_without_reader()).output().unwrap();
    assert_eq!(output.status.signal(), Some(libc::SIGPIPE), "{output:?}");
}

#[test]
fn the_summary_comes_last() {
    isolated(|| {
        let report = run_group("fixture");
        assert!(report.is_empty(), "{report}");
        let output = Command::new("sh").args(["-c", "exec \"$0\" -L 2>&1", TOOL]).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.ends_with(": 7 flow entries have been shown.\n") && text.lines().count() == 8, "{text}");
    });
}

/// An `-E` that runs until it is interrupted.
struct Follower {
    child: Child,
    lines: std::sync::mpsc::Receiver<String>,
}

impl Follower {
    /// Starts and waits until the program follows events.
    fn start(command: &str) -> Follower {
        let mut child = Command::new(TOOL)
            .args(words(command))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (send, lines) = std::sync::mpsc::channel();
        std::thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
        testing::wait_until(command, || testing::catches_interrupts(child.id()));
        Follower { child, lines }
    }

    /// Waits for so many lines, interrupts the program, and gives what it printed and said.
    fn stop(mut self, lines: usize, signal: &str) -> (Vec<String>, String, Option<i32>) {
        let line = |_| self.lines.recv_timeout(testing::CEILING).ok();
        let mut seen: Vec<String> = (0..lines).map_while(line).collect();
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &pid]).status().unwrap().success());
        let mut stderr = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        let status = self.child.wait().unwrap();
        seen.extend(self.lines.iter());
        (seen, stderr, status.code())
    }
}

/// Makes an entry, changes it and deletes it while `-E` runs; the events' lines.
fn follow(options: &str, lines: usize) -> Vec<String> {
    let follower = Follower::start(&format!("-E {options}"));
    let key = "-p tcp -s 1.1.1.1 -d 2.2.2.2 --sport 1000 --dport 80";
    for command in
        [format!("-I {key} -t 1000 --state ESTABLISHED"), format!("-U {key} -m 5"), format!("-D {key}")]
    {
        let output = tool(&words(&command), "");
        assert!(output.status.success(), "{command}: {output:?}");
    }
    let (seen, stderr, status) = follower.stop(lines, "INT");
    assert_eq!(status, Some(0));
    let events =
        seen.iter().filter(|line| !line.starts_with("<?xml") && !line.contains("conntrack>")).count();
    let summary = format!("{}: {events} flow events have been shown.\n", version_line());
    assert!(stderr.ends_with(&summary), "{stderr}");
    // Who caused an event is known only as long as that process lives.
    seen.iter().map(|line| line.split(" progname=").next().unwrap_or_default().to_string()).collect()
}

#[test]
fn events() {
    isolated(|| {
        for example in examples("I") {
            let lines = example.stdout.iter().filter(|line| *line != "</conntrack>").count();
            let seen = follow(&example.command, lines);
            assert!(pair_up(&example.stdout, seen.join("\n").as_bytes()), "{}: {seen:#?}", example.command);
        }
    });
}

#[test]
fn events_end_with_sigterm_and_tell_the_buffer_size() {
    isolated(|| {
        let (seen, stderr, status) = Follower::start("-E -b 100000 -f ipv6").stop(0, "TERM");
        assert_eq!((seen, status), (Vec::new(), Some(0)));
        let expected = format!(
            "NOTICE: Netlink socket buffer size has been set to 200000 bytes.\n{}: 0 flow events have been shown.\n",
            version_line()
        );
        assert_eq!(stderr, expected);
    });
}

#[test]
fn dying_entries_are_selected_and_shown_like_others() {
    isolated(|| {
        let _listener = testing::deaf_listener();
        table(&(1..=100).map(udp).collect::<Vec<_>>()).flush().unwrap();
        let shown = |options: &str| {
            let output = tool(&words(&format!("-L dying {options}")), "");
            assert!(output.status.success(), "{output:?}");
            String::from_utf8(output.stdout).unwrap()
        };
        let all = shown("").lines().count();
        assert!(all > 0, "some wait for their end to be told");
        for (options, expected) in [
            ("-s 10.0.0.0/24", all),
            ("-s 10.0.1.0/24", 0),
            ("-d 10.0.0.2 --mask-dst 255.255.255.255", all),
            ("-u !SEEN_REPLY", all),
            ("-u SEEN_REPLY", 0),
            ("-f ipv6", 0),
        ] {
            assert_eq!(shown(options).lines().count(), expected, "{options}");
        }
        let xml = shown("-o xml");
        assert!(xml.starts_with("<?xml") && xml.ends_with("</conntrack>\n"), "{xml}");
        assert_eq!(xml.lines().count(), all + 3);
    });
}

#[test]
fn the_names_in_patterns_stand_for_digits() {
    assert!(fits("a @t b=@id", "a 17 b=0") && fits("[@sec.@usec]", "[1.000002]"));
    assert!(!fits("a @t", "a x") && !fits("a @t", "a ") && !fits("@t b", "1 c"));
    assert!(each_cpu("\ta=@n", &["cpu=0   \ta=5", "cpu=1   \ta=0"]));
    assert!(!each_cpu("\ta=@n", &["cpu=0   \ta=5", "cpu=0   \ta=0"]) && !each_cpu("\ta=@n", &[]));
}

#[test]
fn another_namespace_is_listed_and_counted_from_outside() {
    isolated(|| {
        let _handle = table(&[udp(1), udp(2)]);
        let own = std::fs::read_link("/proc/thread-self").unwrap();
        let path = format!("/proc/{}/ns/net", own.display());
        let outside = |words: &[&str]| {
            let output = Command::new("unshare").arg("--net").arg(TOOL).args(words).output().unwrap();
            let text = |bytes| String::from_utf8(bytes).unwrap();
            (output.status.code(), text(output.stdout), text(output.stderr))
        };
        assert_eq!(outside(&["-C"]).1, "0\n");
        assert_eq!(outside(&["-C", "--netns", &path]).1, "2\n");
        let (status, listed, _) = outside(&["-L", "--netns", &path, "-p", "udp", "--sport", "2"]);
        assert_eq!((status, listed.lines().count()), (Some(0), 1), "{listed}");
        for (name, why) in [
            ("no-such-name", "No such file or directory"),
            ("/etc/passwd", "Invalid argument"),
            ("4194305", "No such file or directory"),
        ] {
            let (status, listed, said) = outside(&["-L", "--netns", name]);
            assert_eq!((status, listed.as_str()), (Some(1), ""), "{name}");
            assert!(said.contains("cannot enter the network namespace ") && said.contains(why), "{said}");
        }
    });
}

#[test]
fn the_time_left_selects_what_is_listed_and_deleted() {
    isolated(|| {
        let aged = |n: u16, secs| {
            let mut flow = udp(n);
            flow.set_timeout_secs(secs);
            flow
        };
        let _handle = table(&[aged(1, 1000), aged(2, 2000), aged(3, 3000)]);
        let ports = |words: &str| {
            let output = run(TOOL, &words.split(' ').collect::<Vec<_>>(), "");
            let text = String::from_utf8(output.stdout).unwrap();
            let port = |line: &str| line.split("sport=").nth(1)?.split(' ').next()?.parse::<u16>().ok();
            let mut ports: Vec<u16> = text.lines().filter_map(port).collect();
            ports.sort_unstable();
            ports
        };
        assert_eq!(ports("-L --remaining 0-1500"), [1]);
        assert_eq!(ports("-L --remaining 1500-"), [2, 3]);
        assert_eq!(ports("-L --remaining -2500 -p udp"), [1, 2]);
        assert_eq!(ports("-D --remaining 2500-3500"), [3]);
        assert_eq!(ports("-D --remaining 0-"), [], "it selects nothing, and is refused");
        assert_eq!(ports("-L"), [1, 2]);
    });
}
