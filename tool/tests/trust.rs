// SPDX-License-Identifier: GPL-2.0-or-later
//! What `SECURITY.md` promises and no other test shows: what the kernel has not sent is dropped and told, descriptors are closed in programs that are started, files
//! are read with limits, and of the environment nothing counts but what the manual names.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use netfilter_conntrack::request::{self, Query, Subject};
use netfilter_conntrack::wire::Builder;
use netfilter_conntrack::wire::consts::NLMSG_ERROR;
use netfilter_conntrack::wire::frame::Header;
use netfilter_conntrack::{Error, Events, Groups, Handle};
use netlink_sys::SocketAddr;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use testing::{TIMEOUT_SECS, isolated, load, table, tcp, udp};

const TOOL: &str = env!("CARGO_BIN_EXE_conntrack");

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("trust-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Sockets of a process, and those among them that a program it starts would inherit. One that is closed meanwhile, by
/// another test or by the process, does not count.
fn sockets(pid: u32) -> (usize, Vec<String>) {
    let (mut all, mut inherited) = (0, Vec::new());
    for entry in fs::read_dir(format!("/proc/{pid}/fd")).unwrap().flatten() {
        let Ok(link) = fs::read_link(entry.path()) else { continue };
        if !link.to_str().unwrap().starts_with("socket:") {
            continue;
        }
        let number = entry.file_name().into_string().unwrap();
        let Ok(info) = fs::read_to_string(format!("/proc/{pid}/fdinfo/{number}")) else { continue };
        if fs::read_link(entry.path()).ok() != Some(link) {
            continue;
        }
        let flags = info.lines().find_map(|line| line.strip_prefix("flags:")).unwrap().trim();
        all += 1;
        if i32::from_str_radix(flags, 8).unwrap() & libc::O_CLOEXEC == 0 {
            inherited.push(number);
        }
    }
    (all, inherited)
}

/// Runs the tool until `met`, then ends it.
fn while_running(args: &[&str], stdin: Stdio, met: impl Fn(&Child) -> bool) {
    let mut command = Command::new(TOOL);
    command.args(args).stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    testing::wait_until(&args.join(" "), || met(&child));
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn no_socket_is_inherited_by_a_program_that_is_started() {
    isolated(|| {
        let (handle, events) = (Handle::open().unwrap(), Events::open(Groups::FLOWS).unwrap());
        let (all, inherited) = sockets(std::process::id());
        assert!(all >= 2 && inherited.is_empty(), "{all}: {inherited:?}");
        drop((handle, events));
        load((1..=5000).map(udp));
        // They wait: for an event, for a reader of what they print.
        for (args, expected) in [(&["-E"][..], 1), (&["-L"], 1), (&["-D", "-p", "udp"], 2)] {
            while_running(args, Stdio::null(), |child| {
                let (all, inherited) = sockets(child.id());
                assert!(inherited.is_empty(), "{args:?}: {inherited:?}");
                all >= expected
            });
        }
    });
}

/// Sends what looks like an event and like the acknowledgement of request 1, to one socket or to a group.
fn forge(to: &SocketAddr) {
    let forger = netlink_sys::Socket::new(12).unwrap();
    let mut buf = vec![0; 512];
    let len = request::build(&mut buf, Query::Create, Subject::Flow(&udp(6666)), 0).unwrap();
    forger.send_to(&buf[..len], to, 0).unwrap();
    let header = Header { kind: NLMSG_ERROR, seq: 1, ..Header::default() };
    let len = Builder::message(&mut buf, header, 0, 0).unwrap().finish();
    forger.send_to(&buf[..len], to, 0).unwrap();
}

#[test]
fn what_the_kernel_has_not_sent_is_dropped_and_counted() {
    isolated(|| {
        let mut handle = Handle::open().unwrap();
        forge(&SocketAddr::new(handle.socket().port_id(), 0));
        assert_eq!(handle.foreign_datagrams(), 0, "nothing has been read");
        assert_eq!(
            handle.delete(&udp(1)),
            Err(Error::Kernel(libc::ENOENT)),
            "the forged success is not believed"
        );
        assert_eq!(handle.foreign_datagrams(), 2);

        let mut events = Events::open(Groups::NEW).unwrap();
        events.socket().set_non_blocking(true).unwrap();
        forge(&SocketAddr::new(events.socket().port_id(), 0));
        forge(&SocketAddr::new(handle.socket().port_id(), Groups::NEW.bits()));
        assert_eq!(events.next().map(|event| event.kind), Err(Error::Os(libc::EAGAIN)));
        assert_eq!(events.foreign_datagrams(), 4);
    });
}

/// Whether a process has a descriptor of the socket with this inode.
fn holds(pid: u32, inode: &str) -> bool {
    let links =
        fs::read_dir(format!("/proc/{pid}/fd")).unwrap().filter_map(|fd| fs::read_link(fd.ok()?.path()).ok());
    links.into_iter().any(|link| link.to_str() == Some(&format!("socket:[{inode}]")))
}

/// The port id of a program's netfilter socket that has joined groups, or that has joined none. Others are there too: a
/// process that another test has just forked keeps the sockets of this one until it starts its program.
fn port_id(child: &Child, joined: bool) -> Option<u32> {
    let text = fs::read_to_string("/proc/thread-self/net/netlink").unwrap();
    text.lines().find_map(|line| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let is_it = columns[1] == "12" && columns[2] != "0" && (columns[3] != "00000000") == joined;
        (is_it && holds(child.id(), columns[9])).then(|| columns[2].parse().unwrap())
    })
}

/// Starts the tool, sends it forged messages once it has its socket, and ends it as told; what it printed and said.
fn forged(line: &str, joined: bool, end: impl FnOnce(&Child)) -> (String, String) {
    let mut command = Command::new(TOOL);
    command.args(line.split(' ')).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    testing::wait_until("it has a socket", || port_id(&child, joined).is_some());
    forge(&SocketAddr::new(port_id(&child, joined).unwrap(), 0));
    end(&child);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{line}");
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr))
}

#[test]
fn the_tool_warns_of_what_the_kernel_has_not_sent() {
    const WARNING: &str = "WARNING: 2 netlink datagrams did not come from the kernel; they were dropped.\n";
    isolated(|| {
        let (printed, said) = forged("-E -e NEW", true, |child| {
            // What came before the signal is read.
            testing::wait_until("it follows events", || testing::catches_interrupts(child.id()));
            assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
        });
        assert_eq!(printed, "", "a forged event is not shown");
        assert_eq!(said.matches(WARNING).count(), 1, "{said}");

        load((1..=5000).map(udp));
        // It waits until what it prints is read, and reads the rest of the list then.
        let (printed, said) = forged("-L", false, |_| {});
        assert_eq!(printed.lines().count(), 5000);
        assert!(!printed.contains("sport=6666") && said.contains(WARNING), "{said}");
    });
}

/// The tool's answer, which must come whatever it is given: one that reads without end is ended, with another status.
fn prompt(args: &[&str]) -> (Option<i32>, String) {
    let ceiling = testing::CEILING.as_secs().to_string();
    let output =
        Command::new("timeout").arg(ceiling).arg(TOOL).args(args).stdin(Stdio::null()).output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn a_label_map_is_read_with_a_limit_whatever_the_file_is() {
    isolated(|| {
        let _table = table(&[udp(1)]);
        let folder = Folder::new("labels");
        let (long, fifo) = (folder.file("long"), folder.file("fifo"));
        File::create(&long).unwrap().set_len(1 << 30).unwrap(); // one line of a gibibyte
        assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        let writer = {
            let fifo = fifo.clone();
            std::thread::spawn(move || fs::write(fifo, "1 one\n"))
        };
        let cases: [(&Path, &str); 5] = [
            (Path::new("/dev/zero"), "nfct_labelmap_new: File too large\n"),
            (&long, "nfct_labelmap_new: File too large\n"),
            (&folder.0, "nfct_labelmap_new: the file names no label\n"),
            (Path::new("/proc/self/mem"), "nfct_labelmap_new: the file names no label\n"),
            (&fifo, ""),
        ];
        for (path, complaint) in cases {
            let (status, said) = prompt(&["-L", "-o", "labels", "--labelmap", path.to_str().unwrap()]);
            assert_eq!(status, Some(0), "{}: {said}", path.display());
            assert!(said.starts_with(complaint), "{}: {said}", path.display());
            assert!(said.ends_with(": 1 flow entries have been shown.\n"), "{}: {said}", path.display());
        }
        writer.join().unwrap().unwrap();
    });
}

#[test]
fn a_load_file_is_read_with_a_limit_whatever_it_is() {
    isolated(|| {
        let folder = Folder::new("load");
        let (long, name) = (folder.file("long"), |path: &Path| path.to_str().unwrap().to_owned());
        File::create(&long).unwrap().set_len(1 << 30).unwrap(); // one line of a gibibyte
        let fifo = folder.file("fifo");
        assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        let writer = {
            let fifo = fifo.clone();
            let line = "-I -p udp -s 10.0.0.1 -d 10.0.0.2 --sport 1 --dport 2 -t 100\n";
            std::thread::spawn(move || fs::write(fifo, line))
        };
        let too_long = ":1: the line is longer than a mebibyte\n";
        for (path, status, complaint) in [
            (Path::new("/dev/zero"), 2, too_long),
            (&long, 2, too_long),
            (&folder.0, 2, " for reading\n"),
            (&fifo, 0, ""),
        ] {
            let (answered, said) = prompt(&["-R", &name(path)]);
            assert_eq!(answered, Some(status), "{}: {said}", path.display());
            assert!(said.contains(complaint), "{}: {said}", path.display());
        }
        writer.join().unwrap().unwrap();
        assert_eq!(testing::count(&mut Handle::open().unwrap()), 1, "what came through the pipe");
    });
}

/// Runs a command line under an environment of its own.
fn under(environment: &[(&str, &str)], line: &str) -> Output {
    let mut command = Command::new(TOOL);
    command.env_clear().envs(environment.iter().copied());
    command.args(line.split(' ')).stdin(Stdio::null()).output().unwrap()
}

/// What a run printed and answered, with one letter for the seconds that are left.
fn answer(output: &Output) -> String {
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    for secs in TIMEOUT_SECS - 500..=TIMEOUT_SECS {
        text = text.replace(&format!(" {secs} "), " T ").replace(&format!(">{secs}<"), ">T<");
        text = text.replace(&format!("-t {secs}"), "-t T");
    }
    format!("{:?} {text}", output.status.code())
}

#[test]
fn nothing_in_the_environment_counts_but_what_the_manual_names() {
    isolated(|| {
        let _table = table(&[udp(1), tcp(2)]);
        let folder = Folder::new("environment");
        File::create(folder.file("connlabel.conf")).unwrap().write_all(b"1 one\n").unwrap();
        let home = folder.0.to_str().unwrap();
        let environments: [&[(&str, &str)]; 6] = [
            &[("LC_ALL", "tr_TR.UTF-8"), ("LANG", "de_DE.ISO-8859-1"), ("LANGUAGE", "fr:ar")],
            &[("TZ", "Asia/Kathmandu"), ("LOCPATH", home), ("NLSPATH", home)],
            &[("POSIXLY_CORRECT", "1")],
            &[("RUST_BACKTRACE", "full"), ("RUST_LOG", "trace"), ("RUST_MIN_STACK", "1")],
            &[
                ("COLUMNS", "20"),
                ("TERM", "none"),
                ("HOME", home),
                ("XDG_CONFIG_HOME", home),
                ("TMPDIR", home),
            ],
            &[("CONNTRACK", "-F"), ("IFS", "-"), ("PATH", ""), ("NETLINK_DEBUG", "1"), ("HOSTALIASES", home)],
        ];
        let lines = [
            "-L",
            "-L -o xml,extended,id",
            "-L -o save",
            "-L -p tcp --dport 80",
            "-L -p icmpv6",
            "-C",
            "-G -p udp -s 10.0.0.1 -d 10.0.0.2 --sport 1 --dport 53",
            "-G -p udp -s 10.0.0.1 -d 10.0.0.2 --sport 9 --dport 53",
            "-I -p udp -s 10.0.0.1 -d 10.0.0.2 --sport 1 --dport 53 -t 1",
            "-L -p nosuch",
            "-L -l one",
            "-L --nosuch",
            "-R /nonexistent",
            "-V",
            "-h",
        ];
        for line in lines {
            let plain = answer(&under(&[], line));
            for environment in environments {
                assert_eq!(answer(&under(environment, line)), plain, "{environment:?}");
            }
        }
    });
}

#[test]
fn what_the_manual_says_of_the_environment_holds() {
    isolated(|| {
        let manual = include_str!("../man/conntrack.8");
        for name in ["POSIXLY_CORRECT", "TMPDIR", "TZ"] {
            assert!(manual.contains(&format!(".B {name}\n")), "{name}");
        }
        testing::sysctl("nf_conntrack_timestamp", 1);
        let _table = table(&[udp(1), tcp(2)]);
        // The first word that is no option ends the options.
        let lines = |environment: &[(&str, &str)]| {
            let output = under(environment, "-L conntrack word -p tcp");
            String::from_utf8(output.stdout).unwrap().lines().count()
        };
        assert_eq!((lines(&[]), lines(&[("POSIXLY_CORRECT", "")])), (1, 2));
        // The zone in which start times are told.
        let told = |zone| {
            let output = under(&[("TZ", zone)], "-L -p tcp -o ktimestamp");
            String::from_utf8(output.stdout).unwrap()
        };
        assert!(told("UTC0").contains("[start=") && told("UTC0") != told("XYZ-7:07"));
        // The folder for what a long load file asks for.
        let folder = Folder::new("load");
        let long = folder.file("long");
        // No line is like the one before.
        let line = |blank: &str| format!("-D -p udp --sport 9{}\n", blank.repeat(300_000));
        fs::write(&long, [line(" "), line("\t")].concat().repeat(3)).unwrap();
        let load = |temporary: &str| under(&[("TMPDIR", temporary)], &format!("-R {}", long.display()));
        assert!(load(folder.0.to_str().unwrap()).status.success());
        let refused = load("/nonexistent");
        let said = String::from_utf8_lossy(&refused.stderr);
        assert!(refused.status.code() == Some(1) && said.contains("temporary file: No such file"), "{said}");
    });
}
