// SPDX-License-Identifier: GPL-2.0-or-later
//! `--netns` with every command: all is done in the namespace that is named, and nothing in the caller's own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a test may

#[path = "support/follower.rs"]
mod follower;

use follower::Follower;
use netfilter_conntrack::sys::namespace;
use netfilter_conntrack::{Dir, Error, Flow, Handle, L4};
use std::process::Output;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;
use testing::{ip, isolated, run, skip, table, udp};

const TOOL: &str = env!("CARGO_BIN_EXE_conntrack");

/// A namespace of a thread that waits in it.
struct Elsewhere {
    path: String,
    thread: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Elsewhere {
    fn new() -> Elsewhere {
        let ((told, path), (end, ended)) = (channel(), channel::<()>());
        let thread = std::thread::spawn(move || {
            namespace::enter_new_network().unwrap();
            namespace::set_loopback_up().unwrap();
            let own = std::fs::read_link("/proc/thread-self").unwrap();
            told.send(format!("/proc/{}/ns/net", own.display())).unwrap();
            let _ = ended.recv();
        });
        Elsewhere { path: path.recv().unwrap(), thread: Some((end, thread)) }
    }

    fn handle(&self) -> Handle {
        Handle::builder().namespace_path(&self.path).open().unwrap()
    }

    /// Runs the tool outside, with `--netns` after the words.
    fn tool(&self, words: &str, input: &str) -> (String, String) {
        let words = format!("{words} --netns {}", self.path);
        let output = conntrack(&words, input);
        assert_eq!(output.status.code(), Some(0), "{words}: {}", said(&output));
        (String::from_utf8_lossy(&output.stdout).into_owned(), said(&output))
    }

    /// Source ports of UDP in its table.
    fn ports(&self) -> Vec<u16> {
        ports(&mut self.handle())
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        let (end, thread) = self.thread.take().unwrap();
        drop(end);
        thread.join().unwrap();
    }
}

fn conntrack(words: &str, input: &str) -> Output {
    run(TOOL, &words.split_whitespace().collect::<Vec<_>>(), input)
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn ports(handle: &mut Handle) -> Vec<u16> {
    let flows = handle.flows().unwrap().map(Result::unwrap);
    let mut ports: Vec<u16> = flows.map(|flow| flow.tuple(Dir::Orig).l4_src()).collect();
    ports.sort_unstable();
    ports
}

/// A tuple for a command, with this source port.
fn named(port: u16) -> String {
    format!("-p udp -s 192.0.2.1 -d 192.0.2.2 --sport {port} --dport 9")
}

#[test]
fn every_command_works_in_the_namespace_that_is_named() {
    isolated(|| {
        let mut own = table(&[udp(7)]);
        let there = Elsewhere::new();
        there.tool(&format!("-I {} -t 100", named(1)), "");
        there.tool(&format!("-A {} -t 100", named(2)), "");
        assert_eq!((there.ports(), ports(&mut own)), (vec![1, 2], vec![7]));
        assert!(there.tool(&format!("-G {}", named(1)), "").0.contains("sport=1 "));
        assert!(there.tool("-U -p udp --sport 1 -m 77", "").0.contains(" mark=77 "));
        assert_eq!(there.tool("-L -m 77", "").0.lines().count(), 1);
        assert_eq!(there.tool("-C", "").0, "2\n");
        assert!(there.tool("-S", "").0.starts_with("cpu=0 "));
        assert!(there.tool("-L dying", "").1.contains(" 0 flow entries have been shown."));
        assert!(there.tool("-L unconfirmed", "").1.contains(" 0 flow entries have been shown."));
        assert_eq!(there.tool("-D -p udp --sport 1", "").0.lines().count(), 1);
        assert_eq!(there.tool("-F --dry-run", "").0.lines().count(), 1);
        assert_eq!((there.ports(), ports(&mut own)), (vec![2], vec![7]));
        there.tool("-F", "");
        assert_eq!((there.ports(), ports(&mut own)), (vec![], vec![7]));
        for words in ["-L expect", "-C expect", "-S expect", "-F expect"] {
            there.tool(words, "");
        }
    });
}

#[test]
fn expectations_are_made_and_deleted_there() {
    isolated(|| {
        let _own = table(&[]);
        let there = Elsewhere::new();
        let tcp = "-p tcp -s 192.0.2.1 -d 192.0.2.2 --sport 1 --dport 21";
        let (src, dst) = (ip("192.0.2.1"), ip("192.0.2.2"));
        let mut control = Flow::new();
        control.set_tuple(Dir::Orig, src, dst, L4::Tcp { sport: 1, dport: 21 });
        control.set_tuple(Dir::Reply, dst, src, L4::Tcp { sport: 21, dport: 1 });
        control.set_timeout_secs(100);
        control.set_helper_name(b"ftp");
        match there.handle().create(&control) {
            Err(Error::Kernel(libc::EOPNOTSUPP)) => skip("this kernel has no ftp helper"),
            made => made.unwrap(),
        }
        let expected = "--tuple-src 192.0.2.2 --tuple-dst 192.0.2.1 --mask-src 255.255.255.255 \
                        --mask-dst 255.255.255.255 --tuple-port-src 0 --tuple-port-dst 9 --mask-port-src 0 --mask-port-dst 65535";
        there.tool(&format!("-I expect {tcp} -t 100 {expected}"), "");
        let count = |words: &str| conntrack(words, "").stdout;
        assert_eq!(
            (there.tool("-C expect", "").0.as_str(), count("-C expect").as_slice()),
            ("1\n", &b"0\n"[..])
        );
        let key =
            "-p tcp -s 192.0.2.2 -d 192.0.2.1 --sport 0 --dport 9 --reply-port-src 0 --reply-port-dst 0";
        assert_eq!(there.tool(&format!("-G expect {key}"), "").0.lines().count(), 1);
        there.tool(&format!("-D expect {key}"), "");
        assert_eq!(there.tool("-C expect", "").0, "0\n");
    });
}

#[test]
fn events_are_those_of_the_namespace_that_is_named() {
    isolated(|| {
        let mut own = table(&[]);
        let there = Elsewhere::new();
        for (words, shown) in [("-E -e NEW", 1), ("-E --resync", 2)] {
            let mut follower = Follower::start(&format!("{words} --netns {}", there.path));
            own.create(&udp(7)).unwrap();
            there.handle().create(&udp(8)).unwrap();
            follower.wait_for_lines(1);
            own.flush().unwrap();
            there.handle().flush().unwrap();
            follower.wait_for_lines(shown);
            let ended = follower.end();
            assert_eq!((ended.status, ended.stdout.lines().count()), (Some(0), shown), "{}", ended.stdout);
            assert!(ended.stdout.lines().all(|line| line.contains("sport=8 ")), "{}", ended.stdout);
        }
    });
}

#[test]
fn the_lines_of_a_file_are_carried_out_there_and_name_no_namespace() {
    isolated(|| {
        let mut own = table(&[udp(7)]);
        let there = Elsewhere::new();
        let lines = |ports: &[u16]| -> String {
            ports.iter().map(|&port| format!("-I {} -t 100\n", named(port))).collect()
        };
        there.tool("-R -", &lines(&[1, 2]));
        let before =
            conntrack(&format!("--netns={} -R -", there.path), &(lines(&[3]) + "-D -p udp --sport 2\n"));
        assert_eq!(before.status.code(), Some(0), "{}", said(&before));
        let listed = there.tool("-L -p udp --sport 3 -o json", "").0;
        there.tool("-R -", &("-F\n".to_owned() + &listed));
        assert_eq!((there.ports(), ports(&mut own)), (vec![3], vec![7]));
        let refused = conntrack("-R -", &(lines(&[4]) + &format!("-F --netns {}\n", there.path)));
        let why = "stdin:2: cannot use `--netns' in a line of a file";
        assert!(refused.status.code() == Some(2) && said(&refused).contains(why), "{}", said(&refused));
        assert_eq!((there.ports(), ports(&mut own)), (vec![3], vec![7]));
    });
}

#[test]
fn a_namespace_that_cannot_be_entered_ends_every_command() {
    isolated(|| {
        let mut own = table(&[udp(7)]);
        let create = format!("-A {} -t 100", named(1));
        let commands = [
            &create,
            "-L",
            "-L expect",
            "-L dying",
            "-C",
            "-S",
            "-F",
            "-F expect",
            "-D -p udp",
            "-U -p udp -m 3",
            "-E",
            "-R -",
        ];
        let wrong = [
            ("no-such-name", "No such file or directory"),
            ("/etc/passwd", "Invalid argument"),
            ("4194305", "No such file or directory"),
        ];
        for words in commands {
            for (name, why) in wrong {
                let output = conntrack(&format!("{words} --netns {name}"), "-F\n");
                let said = said(&output);
                assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), &b""[..]), "{words}");
                assert!(
                    said.contains("cannot enter the network namespace ") && said.contains(why),
                    "{words}: {said}"
                );
            }
        }
        assert_eq!(ports(&mut own), [7]);
        let flow = own.flows().unwrap().next().unwrap().unwrap();
        assert_eq!(flow.mark(), Some(0));
    });
}
