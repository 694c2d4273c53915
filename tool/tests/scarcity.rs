// SPDX-License-Identifier: GPL-2.0-or-later
//! The tool where the system gives little: address space that runs out at any point, system calls that a filter refuses.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus, Output, Stdio};
use testing::{catches_interrupts, in_time, isolated, load, run, skip, table, tcp, udp, wait_until};

const TOOL: &str = env!("CARGO_BIN_EXE_conntrack");

/// Entries of the table: their lines fill the receive buffer of a list many times.
const FLOWS: u16 = 1000;

/// Runs the tool with `kib` KiB of address space. One that follows events is interrupted as soon as it does.
fn limited(kib: usize, line: &str) -> Output {
    let limit = format!("ulimit -v {kib}; exec \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &limit, "sh", TOOL]).args(line.split(' '));
    let follows = line.starts_with("-E");
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    if follows {
        wait_until_ready(child.id());
        interrupt(child.id());
    }
    child.wait_with_output().unwrap()
}

/// Waits until a process is the tool and follows events, or has ended.
fn wait_until_ready(pid: u32) {
    let is_tool = || fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|exe| exe.ends_with("conntrack"));
    let has_ended =
        || fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| stat.contains(") Z "));
    wait_until("it starts", || has_ended() || is_tool() && catches_interrupts(pid));
}

fn interrupt(pid: u32) {
    run("sh", &["-c", &format!("kill -INT {pid}")], "");
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The least address space in KiB with which the tool can say its version: below it the loader gives up, or the
/// language's own start-up, which runs before the tool's first line.
fn least() -> usize {
    let starts = |kib: &usize| limited(*kib, "-V").status.success();
    let steps = (1000..200_000).step_by(1000);
    let rough = steps.clone().find(starts).unwrap_or_else(|| skip("no address space is enough"));
    (rough - 1000..=rough).step_by(20).find(starts).expect("one was enough") + 20
}

/// Judges what the tool did with little memory: all, or nothing without saying why.
fn judge(kib: usize, line: &str, output: &Output) -> bool {
    let (status, said) = (output.status, text(&output.stderr));
    assert!(status.signal().is_none(), "{kib} KiB, {line}: {status}: {said}");
    match status.code() {
        Some(0) => true,
        Some(1) => {
            assert!(said.contains("out of memory"), "{kib} KiB, {line}: {said}");
            false
        }
        _ => panic!("{kib} KiB, {line}: {status}: {said}"),
    }
}

#[test]
fn memory_that_runs_out_anywhere_is_a_message_and_an_exit_status() {
    let file = std::env::temp_dir().join(format!("scarcity-{}", std::process::id()));
    let lines = (1..=FLOWS)
        .map(|sport| format!("-A -t 900 -s 10.0.0.1 -d 10.0.0.2 -p udp --sport {sport} --dport 53\n"));
    fs::write(&file, lines.collect::<String>()).unwrap();
    let load_line = format!("-R {}", file.display());
    isolated(|| {
        let mut handle = table(&(1..=FLOWS).map(udp).collect::<Vec<_>>());
        let listener = netfilter_conntrack::Events::open(netfilter_conntrack::Groups::NEW).unwrap();
        let least = least();
        for line in ["-L", &load_line, "-E --resync", "-E", "-U -m 5 -p udp", "-D -p tcp", "-S"] {
            let mut done = 0;
            // Up to where every command has what it needs, and to where a thread gets an arena of its own.
            let limits =
                (least..least + 2000).step_by(100).chain([20_000, 100_000, 140_000, 200_000, 300_000]);
            for kib in limits {
                if line.starts_with("-D") {
                    load([tcp(1)].into_iter());
                }
                if line.starts_with("-U") {
                    run(TOOL, &["-U", "-m", "6"], "");
                }
                let run = || {
                    let output = limited(kib, line);
                    (text(&output.stderr), output)
                };
                let (_, output) = in_time(run, |(said, _)| said);
                if !judge(kib, line, &output) {
                    let _ = handle.delete(&tcp(1));
                    continue;
                }
                done += 1;
                let shown = text(&output.stdout).lines().filter(|line| line.contains("sport=")).count();
                match line {
                    "-L" | "-U -m 5 -p udp" | "-E --resync" => {
                        assert_eq!(shown, FLOWS.into(), "{kib} KiB, {line}")
                    }
                    "-D -p tcp" => assert_eq!(shown, 1, "{kib} KiB, {line}"),
                    _ => {}
                }
            }
            assert!(done >= 3, "{line}: {done}");
        }
        drop(listener);
    });
    fs::remove_file(file).unwrap();
}

/// Lets a filter of system calls answer the calls of these numbers with an error, sees that it does, and becomes the
/// program that is named.
const REFUSING: &str = r#"
import ctypes, os, struct, sys
error, numbers, program = int(sys.argv[1]), [int(n) for n in sys.argv[2].split(",")], sys.argv[3:]
libc = ctypes.CDLL(None, use_errno=True)
code = struct.pack("=HBBI", 0x20, 0, 0, 0)  # the call's number
for number in numbers:
    code += struct.pack("=HBBI", 0x15, 0, 1, number) + struct.pack("=HBBI", 0x06, 0, 0, 0x00050000 | error)
code += struct.pack("=HBBI", 0x06, 0, 0, 0x7fff0000)
class Program(ctypes.Structure):
    _fields_ = [("len", ctypes.c_ushort), ("filter", ctypes.c_char_p)]
arguments = [ctypes.c_ulong(n) for n in (1, 0, 0, 0)]
assert libc.prctl(38, *arguments) == 0, "no_new_privs"
if libc.prctl(22, ctypes.c_ulong(2), ctypes.byref(Program(len(code) // 8, code)), *arguments[1:3]) != 0:
    sys.exit(77)
assert libc.syscall(ctypes.c_long(numbers[0]), -1, None, 0, 0, None) == -1 and ctypes.get_errno() == error
os.execv(program[0], program)
"#;

/// The command that runs the tool while recvmmsg(2) is answered with an error.
fn without_recvmmsg(error: i32, line: &str) -> Command {
    const RECVMMSG_TIME64: i64 = 417;
    let numbers = format!("{},{RECVMMSG_TIME64}", i64::from(libc::SYS_recvmmsg as i32));
    let mut command = Command::new("python3");
    command.args(["-c", REFUSING, &error.to_string(), &numbers, TOOL]).args(line.split(' '));
    command
}

fn finished(mut command: Command) -> (Option<i32>, String, String) {
    let output = match command.stdin(Stdio::null()).output() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => skip("no program python3"),
        output => output.unwrap(),
    };
    if output.status.code() == Some(77) {
        skip("this kernel has no filters of system calls");
    }
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn without_recvmmsg_datagrams_are_received_one_by_one() {
    isolated(|| {
        for error in [libc::ENOSYS, libc::EPERM] {
            let mut handle = table(&(1..=FLOWS).map(udp).collect::<Vec<_>>());
            let entries = |text: &str| text.lines().filter(|line| line.contains("sport=")).count();
            for (line, shown) in
                [("-L", FLOWS), ("-U -m 7", FLOWS), ("-D -p udp --sport 9", 1), ("-L -p udp", FLOWS - 1)]
            {
                let (status, out, err) = finished(without_recvmmsg(error, line));
                assert_eq!((status, entries(&out)), (Some(0), shown.into()), "{line}: {err}");
            }
            let command = &mut without_recvmmsg(error, "-E -e NEW");
            let child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
            wait_until_ready(child.id());
            load((1..=100).map(tcp));
            interrupt(child.id());
            let output = child.wait_with_output().unwrap();
            assert_eq!((output.status, entries(&text(&output.stdout))), (ExitStatus::default(), 100));
            handle.flush().unwrap();
        }
    });
}
