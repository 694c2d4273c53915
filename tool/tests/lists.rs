// SPDX-License-Identifier: GPL-2.0-or-later
//! Several ports, ranges of ports and several networks in one option: what they select, and who refuses them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a test may

use netfilter_conntrack::{Dir, Flow, Handle, L4};
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Output, Stdio};
use testing::{flow, isolated, run, table, wait_until};

const TOOL: &str = env!("CARGO_BIN_EXE_conntrack");

fn tool(words: &str) -> Output {
    run(TOOL, &words.split(' ').collect::<Vec<_>>(), "")
}

/// An entry of a host and a port.
fn entry(host: u8, dport: u16) -> Flow {
    let mut flow = flow(&format!("10.0.0.{host}"), "10.0.9.9", L4::Tcp { sport: 1000, dport });
    flow.set_timeout_secs(10_000);
    flow
}

/// The entries of all tests: hosts 1 to 4, each with these ports.
const PORTS: [u16; 6] = [22, 80, 443, 8000, 8040, 8081];

fn entries() -> Vec<Flow> {
    (1..=4).flat_map(|host| PORTS.map(|port| entry(host, port))).collect()
}

/// Host and port in each line, sorted.
fn shown(text: &[u8]) -> Vec<(u8, u16)> {
    let text = String::from_utf8(text.to_vec()).unwrap();
    let after =
        |line: &str, name: &str| line.split_once(name).unwrap().1.split(' ').next().unwrap().to_owned();
    let entry =
        |line: &str| (after(line, "src=10.0.0.").parse().unwrap(), after(line, "dport=").parse().unwrap());
    let mut entries: Vec<(u8, u16)> = text.lines().map(entry).collect();
    entries.sort_unstable();
    entries
}

fn every(hosts: &[u8], ports: &[u16]) -> Vec<(u8, u16)> {
    hosts.iter().flat_map(|&host| ports.iter().map(move |&port| (host, port))).collect()
}

#[test]
fn ports_and_networks_in_lists_select() {
    isolated(|| {
        let mut handle = table(&entries());
        for (options, hosts, ports) in [
            ("--dport 80,443,8000-8080", &[1, 2, 3, 4][..], &[80, 443, 8000, 8040][..]),
            ("--orig-port-dst 0-65535", &[1, 2, 3, 4], &PORTS),
            ("--reply-port-src 22-22", &[1, 2, 3, 4], &[22]),
            ("--sport 1-999,1001-65535", &[], &[]),
            ("--reply-port-dst 999-1000 --dport 22", &[1, 2, 3, 4], &[22]),
            ("-s 10.0.0.1,10.0.0.4 --dport 80", &[1, 4], &[80]),
            ("-s 10.0.0.2/31,192.0.2.0/24 --dport 22,443", &[2, 3], &[22, 443]),
            ("-q 10.0.0.3,10.0.0.2 -r 10.0.9.8,10.0.9.9 --dport 80", &[2, 3], &[80]),
            ("-d 10.0.9.8,10.0.8.0/24", &[], &[]),
        ] {
            let listed = tool(&format!("-L -p tcp {options}"));
            assert_eq!(shown(&listed.stdout), every(hosts, ports), "{options}");
        }
        let changed = tool("-U -p tcp -s 10.0.0.1,10.0.0.2 --dport 22,80-90 -m 7");
        assert_eq!(shown(&changed.stdout), every(&[1, 2], &[22, 80]));
        assert_eq!(shown(&tool("-L -m 7").stdout), every(&[1, 2], &[22, 80]));
        let deleted = tool("-D -p tcp --dport 8000-8080,22");
        assert_eq!(shown(&deleted.stdout), every(&[1, 2, 3, 4], &[22, 8000, 8040]));
        assert_eq!(shown(&tool("-L").stdout), every(&[1, 2, 3, 4], &[80, 443, 8081]));
        let file = "-D -p tcp -s 10.0.0.1,10.0.0.2 --dport 80,443\n-D -p tcp --dport 1-100\n-D -s 10.0.0.1,10.0.0.9\n";
        let deleted = run(TOOL, &["-R", "-"], file);
        let expected = [every(&[1, 2], &[80, 443]), every(&[3, 4], &[80]), every(&[1], &[8081])].concat();
        let mut sorted = expected.clone();
        sorted.sort_unstable();
        assert_eq!(shown(&deleted.stdout), sorted);
        assert_eq!(testing::count(&mut handle), 24 - 12 - expected.len());
    });
}

#[test]
fn events_are_chosen_by_lists() {
    isolated(|| {
        let mut child = Command::new(TOOL)
            .args(["-E", "-e", "NEW", "-p", "tcp", "-s", "10.0.0.2,10.0.0.3", "--dport", "80,8000-8080"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut handle = Handle::open().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        // It listens when it shows the first entry.
        let id = child.id();
        let first = std::thread::spawn(move || {
            let mut line = String::new();
            out.read_line(&mut line).unwrap();
            (line, out)
        });
        wait_until("it listens", || {
            let _ = handle.delete(&entry(2, 80));
            handle.create(&entry(2, 80)).unwrap();
            first.is_finished()
        });
        let (line, mut out) = first.join().unwrap();
        assert_eq!(shown(line.trim_start_matches(' ').as_bytes()), [(2, 80)]);
        handle.flush().unwrap();
        for flow in entries() {
            handle.create(&flow).unwrap();
        }
        let sent = Command::new("sh").args(["-c", "kill -s INT \"$0\"", &id.to_string()]).status().unwrap();
        assert!(sent.success() && child.wait().unwrap().success());
        let mut rest = String::new();
        out.read_to_string(&mut rest).unwrap();
        let mut all = shown(rest.as_bytes());
        all.dedup(); // of the entry that was made again and again
        assert_eq!(all, every(&[2, 3], &[80, 8000, 8040]));
    });
}

#[test]
fn lists_are_refused_where_one_value_is_meant() {
    isolated(|| {
        let mut handle = table(&[entry(1, 80)]);
        let tuple = "-p tcp -s 10.0.0.1 -d 10.0.9.9 --sport 1000";
        let one_port = "unexpected value '80,443' with --dport option: this command takes one port";
        for (words, status, says) in [
            (format!("-G {tuple} --dport 80,443"), 1, one_port),
            (format!("-I {tuple} --dport 80,443 -t 9 --state NONE"), 1, one_port),
            (format!("-A {tuple} --dport 80,443 -t 9 --state NONE"), 1, one_port),
            (
                format!("-D expect {tuple} --dport 80,443 --reply-port-src 80 --reply-port-dst 1000"),
                1,
                one_port,
            ),
            (
                format!("-G {tuple} --dport 80-80"),
                1,
                "unexpected value '80-80' with --dport option: this command takes one port",
            ),
            (
                "-G -p tcp -s 10.0.0.1,10.0.0.2 -d 10.0.9.9 --sport 1000 --dport 80".into(),
                2,
                "Invalid IP address `10.0.0.1,10.0.0.2'",
            ),
            ("-I -p 50 -t 9 -s 10.0.0.1/32,10.0.0.2 -d 10.0.9.9".into(), 2, "Invalid netmask"),
            (
                "-D -p tcp --dport 443-80".into(),
                1,
                "unexpected value '443-80' with --dport option: the range is reversed",
            ),
            (
                "-D -p tcp --dport 80,70000".into(),
                1,
                "unexpected value '80,70000' with --dport option: the highest port is 65535",
            ),
            ("-D -p tcp --dport 80-".into(), 1, "unexpected value '80-' with --dport option"),
            ("-D -p tcp --dport 80,".into(), 1, "unexpected value '80,' with --dport option"),
            ("-D -p tcp --sport ,".into(), 1, "unexpected value ',' with --sport option"),
            ("-D -p gre --srckey 1,2".into(), 1, "unexpected value '1,2' with --srckey option"),
            ("-D -s 10.0.0.1,".into(), 2, "Invalid IP address `10.0.0.1,'"),
            ("-D -s 10.0.0.1,fd00::1".into(), 2, "mismatched address family"),
            ("-D -s 10.0.0.1,x".into(), 2, "Invalid IP address `10.0.0.1,x'"),
            ("-D -r 10.0.0.1,10.0.0.0/8".into(), 2, "Invalid IP address `10.0.0.1,10.0.0.0/8'"),
            (
                "-D -s 10.0.0.1,10.0.0.2 --mask-src 255.0.0.0".into(),
                2,
                "Can't use --mask-src with several addresses of --src: each may have a prefix length",
            ),
            (
                "-D -s 10.0.0.1,0.0.0.0/0".into(),
                2,
                "`--src' alone selects nothing: name the entries with another option, or use -F",
            ),
        ] {
            let output = tool(&words);
            let said = String::from_utf8(output.stderr).unwrap();
            let said = said.lines().next().unwrap().split_once("): ").unwrap().1;
            assert_eq!((said, output.status.code()), (says, Some(status)), "{words}");
        }
        let left: Vec<Flow> = handle.flows().unwrap().map(Result::unwrap).collect();
        assert_eq!(left.len(), 1);
        assert_eq!(left[0].tuple(Dir::Orig).l4_dst(), 80);
    });
}
