// SPDX-License-Identifier: GPL-2.0-or-later
//! What a diagnosis reads of the running kernel: with and without privilege, with files missing, of other namespaces. Each
//! number is compared with one that comes another way.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a test may

use netfilter_conntrack::diagnosis::facts::{NameFrom, NotRead, Settings};
use netfilter_conntrack::diagnosis::namespaces::{self, Found, Search};
use netfilter_conntrack::diagnosis::{Diagnosis, Facts, Limits, Sample, sample};
use netfilter_conntrack::{Dir, Error, Events, ExpectAttr, Expectation, Flow, Groups, Handle, L4, Netns};
use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;
use testing::{flow, ip, isolated, load, need_root, sysctl, track_packets, udp};

/// The variable that makes this program the child of one of its tests.
const CHILD: &str = "KERNEL_SAMPLES_CHILD";

/// The variable with a process of the parent's namespace.
const INHABITANT: &str = "KERNEL_SAMPLES_INHABITANT";

/// The number of entries of the namespace that both processes are in, which the parent passes to the child.
fn told() -> Option<u64> {
    std::env::var(CHILD).ok().map(|number| number.parse().unwrap())
}

/// Runs a test of this program in a process that `command` starts, and asserts that it succeeds.
fn succeeds(mut command: Command, test: &str, entries: u64) {
    let output = command.args(["--exact", test, "--nocapture"]).env(CHILD, entries.to_string()).output();
    let output = output.unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

/// A shell that does something in a mount namespace of its own and then becomes this program.
fn remounted(script: &str) -> Command {
    let mut command = Command::new("unshare");
    let script = format!("{script} && exec \"$@\"");
    command.args(["--mount", "--propagation", "private", "sh", "-ec", &script, "sh"]);
    command.arg(std::env::current_exe().unwrap());
    command
}

fn diagnose() -> Facts {
    Diagnosis::new().interval(Duration::from_millis(1)).run().unwrap().facts
}

/// Flows that are all different.
fn flows(count: u16) -> impl Iterator<Item = Flow> {
    (1..=count).map(udp)
}

/// What a look at all namespaces finds. On a busy machine it may have no time for the last processes; then it is repeated.
fn whole<T>(look: impl Fn() -> T, not_read: impl Fn(&T) -> &[NotRead]) -> T {
    let mut found = None;
    testing::wait_until("it looks at all processes in time", || {
        let is_late = |unread: &NotRead| unread.why.ends_with("were not looked at in time");
        !not_read(found.insert(look())).iter().any(is_late)
    });
    found.unwrap()
}

fn search() -> Search {
    whole(namespaces::search, |search| &search.not_read)
}

fn diagnose_all() -> Facts {
    let look =
        || Diagnosis::new().all_namespaces(true).interval(Duration::from_millis(1)).run().unwrap().facts;
    whole(look, |facts| &facts.not_read)
}

fn not_read<'f>(facts: &'f Facts, what: &str) -> Option<&'f NotRead> {
    facts.not_read.iter().find(|unread| unread.what == what)
}

/// A process that stays in the namespace of the calling thread until it is dropped.
struct Inhabitant(Child);

impl Inhabitant {
    fn new() -> Inhabitant {
        Inhabitant(Command::new("sleep").arg("1000").stdin(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Inhabitant {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// A file in /run/netns that is removed at the end: a namespace's name, or something else.
struct Named(String);

impl Named {
    fn new(what: &str) -> Named {
        Named(format!("samples-{what}-{}", std::process::id()))
    }

    /// A namespace without a process.
    fn namespace(what: &str) -> Named {
        let named = Named::new(what);
        let output = testing::run("ip", &["netns", "add", &named.0], "");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        named
    }

    fn path(&self) -> PathBuf {
        Path::new("/run/netns").join(&self.0)
    }

    fn handle(&self) -> Handle {
        Handle::builder().namespace_name(&self.0).open().unwrap()
    }
}

impl Drop for Named {
    fn drop(&mut self) {
        let _ = Command::new("ip").args(["netns", "delete", &self.0]).stderr(Stdio::null()).status();
        let _ = fs::remove_file(self.path());
    }
}

/// An expectation for a control connection of FTP.
fn expectation(master: &Flow, dport: u16) -> Expectation {
    let tuple = |src: &str, dst: &str, dport| {
        let mut tuple = Flow::new();
        tuple.set_tuple(Dir::Orig, ip(src), ip(dst), L4::Tcp { sport: 0, dport });
        tuple
    };
    let mut expect = Expectation::new();
    expect.set_tuple(ExpectAttr::Master, master);
    expect.set_tuple(ExpectAttr::Expected, &tuple("10.0.0.1", "10.0.0.2", dport));
    expect.set_tuple(ExpectAttr::Mask, &tuple("255.255.255.255", "255.255.255.255", 0xffff));
    expect.set_number(ExpectAttr::Timeout, 60);
    expect
}

#[test]
fn the_kernel_and_the_files_tell_the_same_timeouts() {
    isolated(|| {
        track_packets();
        let set = [
            ("tcp_timeout_close_wait", 1234),
            ("tcp_timeout_established", 7777),
            ("tcp_timeout_unacknowledged", 301),
            ("tcp_timeout_max_retrans", 302),
            ("udp_timeout", 33),
            ("udp_timeout_stream", 121),
            ("icmp_timeout", 31),
            ("icmpv6_timeout", 32),
            ("gre_timeout", 36),
            ("gre_timeout_stream", 181),
            ("sctp_timeout_established", 8888),
            ("generic_timeout", 601),
        ];
        set.iter().for_each(|(name, secs)| sysctl(&format!("nf_conntrack_{name}"), *secs));
        let asked = match Settings::from_kernel(&mut Handle::open().unwrap()) {
            Err(Error::Kernel(libc::EINVAL)) => testing::skip("no module nfnetlink_cttimeout"),
            asked => asked.unwrap(),
        };
        let read = Settings::read();
        assert_eq!(asked.timeout_secs("tcp", "close_wait"), Some(1234));
        assert_eq!(asked.timeout_secs("gre", "replied"), Some(181));
        for (protocol, states) in &read.timeouts_secs {
            // Linux has UDP-Lite until 7.1: a kernel without it has no timeouts of it either, but those of UDP.
            if protocol == "udplite" && !asked.timeouts_secs.contains_key(protocol) {
                continue;
            }
            for (state, &secs) in states {
                assert_eq!(asked.timeout_secs(protocol, state), Some(secs), "{protocol} {state}");
            }
        }
        for protocol in ["tcp", "udp", "icmp", "icmpv6", "gre", "sctp", "generic"] {
            assert!(read.timeouts_secs.contains_key(protocol), "{protocol}");
        }
        // The files lack the state of a simultaneous open.
        assert!(
            asked.timeout_secs("tcp", "syn_sent2").is_some()
                && read.timeout_secs("tcp", "syn_sent2").is_none()
        );
    });
}

#[test]
fn a_sample_is_the_same_with_and_without_privilege() {
    isolated(|| {
        track_packets();
        let mut handle = Handle::open().unwrap();
        // The helper allows each connection one expectation.
        for port in 1..=7 {
            let mut master = flow("10.0.0.1", "10.0.0.2", L4::Tcp { sport: port, dport: 21 });
            master.set_helper_name(b"ftp");
            match handle.create(&master) {
                Err(Error::Kernel(libc::EOPNOTSUPP)) => testing::skip("this kernel has no ftp helper"),
                created => created.unwrap(),
            }
            let expect = expectation(&master, port);
            handle.create_expectation(&expect).unwrap();
            if port == 3 {
                handle.delete_expectation(&expect).unwrap();
            }
        }
        load(flows(93));
        let (asked, read) = (Sample::take(&mut handle), Sample::from_files());
        assert!(asked.is_privileged() && !read.is_privileged());
        assert_eq!(asked.entries(), Some(handle.statistics().unwrap().entries.into()));
        assert_eq!((asked.entries(), read.entries()), (Some(100), Some(100)));
        assert!(asked.max_entries().is_some() && asked.max_entries() == read.max_entries());
        assert_eq!(Limits::read().max_entries, asked.max_entries());
        assert_eq!((asked.expectations(), read.expectations()), (Some(6), Some(6)));
        assert_eq!(sample::expectations(&mut handle), Ok(6));
        assert_eq!(asked.counters(), read.counters());
        assert_eq!(asked.counters()["insert"], 100);
        assert!(!asked.counters().contains_key("searched"), "a counter without meaning");
        assert_eq!((asked.not_read(), read.not_read()), (&[][..], &[][..]));
        load((200..=249).map(udp));
        let delta = Sample::from_files().since(&asked);
        assert_eq!((delta.entries, delta.counters["insert"]), (Some(50), 50));
    });
}

#[test]
fn a_user_without_privilege_gets_what_the_files_tell() {
    if let Some(entries) = told() {
        return match Sample::from_files().entries() {
            Some(0) => seen_from_outside(entries),
            _ => ordinary_user(),
        };
    }
    isolated(|| {
        need_root("a process of another user");
        load(flows(1237));
        let inhabitant = Inhabitant::new();
        let as_nobody = || {
            let mut myself = Command::new("/proc/self/exe");
            myself.uid(65534).gid(65534).env(INHABITANT, inhabitant.0.id().to_string());
            succeeds(myself, "a_user_without_privilege_gets_what_the_files_tell", 1237);
        };
        as_nobody();
        isolated(as_nobody);
    });
}

fn ordinary_user() {
    let sample = Sample::take(&mut Handle::open().unwrap());
    assert_eq!((sample.entries(), sample.is_privileged()), (told(), false));
    assert_eq!(sample.counters()["insert"], told().unwrap());
    let facts = diagnose();
    assert_eq!(facts.table.entries, told());
    assert!(facts.table.buckets.is_some() && facts.losses.is_some() && facts.interval_secs.is_some());
    assert!(facts.census.is_none() && !facts.machine.may_read_table);
    assert_eq!(not_read(&facts, "table").map(|unread| unread.why.contains("not permitted")), Some(true));
    assert_eq!(not_read(&facts, "counters"), None);
    assert!(facts.kernel_log.is_some() != not_read(&facts, "kernel_log").is_some());
    assert_eq!(
        facts.settings.timeout_secs("udp", "unreplied"),
        Settings::read().timeout_secs("udp", "unreplied")
    );
    assert!(!facts.settings.timeouts_secs.is_empty());
}

/// The namespace has no name, and its processes hide it.
fn seen_from_outside(entries: u64) {
    let inhabitant: u32 = std::env::var(INHABITANT).unwrap().parse().unwrap();
    let facts = diagnose_all();
    assert_eq!(facts.table.entries, Some(0));
    let seen: Vec<_> = facts.namespaces.iter().filter(|other| other.pid == Some(inhabitant)).collect();
    assert_eq!(seen.len(), 1, "one namespace, whatever its processes are: {:?}", facts.namespaces);
    assert_eq!((seen[0].inode, seen[0].max_entries), (0, facts.table.max_entries));
    assert_eq!((seen[0].entries, &seen[0].processes[..]), (Some(entries), &["sleep".to_owned()][..]));
    assert!(seen[0].full_drops_per_sec.is_some() && seen[0].evictions_per_sec.is_some());
}

#[test]
fn without_the_settings_the_kernel_tells_what_it_can() {
    if let Some(entries) = told() {
        let facts = diagnose();
        assert_eq!((facts.table.entries, facts.table.entries_listed), (Some(entries), Some(entries)));
        assert!(facts.table.max_entries.is_some() && facts.counters["insert"].total == entries);
        assert_eq!((facts.table.buckets, facts.table.expectations_max), (None, None));
        assert_eq!(facts.namespace.initial, None);
        assert!(facts.settings.switches.is_empty());
        let asked = Settings::from_kernel(&mut Handle::open().unwrap()).unwrap_or_default();
        assert_eq!(facts.settings.timeouts_secs, asked.timeouts_secs);
        return;
    }
    isolated(|| {
        need_root("mounts");
        load(flows(60));
        let name = "without_the_settings_the_kernel_tells_what_it_can";
        succeeds(remounted("mount -t tmpfs none /proc/sys/net"), name, 60);
        succeeds(remounted("mount -t tmpfs none /proc"), name, 60);
    });
}

#[test]
fn without_counters_and_privilege_the_fill_is_known() {
    if let Some(entries) = told() {
        let facts = diagnose();
        assert_eq!(facts.table.entries, Some(entries));
        assert!(facts.table.max_entries.is_some() && facts.counters.is_empty() && facts.losses.is_none());
        assert!(not_read(&facts, "counters").is_some() && not_read(&facts, "table").is_some());
        let sample = Sample::from_files();
        assert_eq!((sample.lost(), sample.expectations()), (None, None));
        return;
    }
    isolated(|| {
        need_root("mounts");
        load(flows(61));
        // The settings alone are kept of /proc, and no capability.
        let mut command = remounted(
            "d=$(mktemp -d); mount --bind /proc/sys $d; mount -t tmpfs none /proc; mkdir /proc/sys; \
             mount --bind /proc/sys /proc/sys; mount --move $d /proc/sys; rmdir $d; \
             set -- setpriv --bounding-set=-all --inh-caps=-all \"$@\"",
        );
        command.current_dir("/");
        succeeds(command, "without_counters_and_privilege_the_fill_is_known", 61);
    });
}

#[test]
fn nothing_at_all_is_an_error() {
    if told().is_some() {
        let error = Diagnosis::new().interval(Duration::from_millis(1)).run().unwrap_err();
        assert_eq!(error, Error::Os(libc::ENOENT));
        return;
    }
    isolated(|| {
        need_root("mounts");
        let script = "mount -t tmpfs none /proc; set -- setpriv --bounding-set=-all --inh-caps=-all \"$@\"";
        succeeds(remounted(script), "nothing_at_all_is_an_error", 0);
    });
}

fn by_inode(found: &[Found], inode: u64) -> Vec<&Found> {
    found.iter().filter(|found| found.outline().inode == inode).collect()
}

#[test]
fn a_namespace_is_found_by_its_process() {
    isolated(|| {
        load(flows(1301));
        let inhabitants = [Inhabitant::new(), Inhabitant::new()];
        let here = namespaces::own();
        isolated(|| {
            let search = search();
            let found = by_inode(&search.found, here.inode);
            assert_eq!(found.len(), 1, "{search:?}");
            let before = found[0].sample().unwrap();
            let described = found[0].describe(Some(&before), &found[0].sample().unwrap());
            assert_eq!(described.entries, Some(1301));
            let lowest = inhabitants.iter().map(|inhabitant| inhabitant.0.id()).min();
            assert_eq!((described.pid, &described.processes[0][..]), (lowest, "sleep"));
            // Even where the tests run in a container: its id would not tell the two namespaces apart.
            assert_eq!(
                (described.name.as_deref(), described.name_from),
                (Some("sleep"), Some(NameFrom::Process))
            );
            assert_eq!(described.full_drops_per_sec, Some(0.0));
        });
        // Here it is the caller's own.
        assert_eq!(by_inode(&search().found, here.inode).len(), 0);
    });
}

#[test]
fn a_named_namespace_without_a_process_is_entered() {
    isolated(|| {
        need_root("/run/netns");
        let (named, empty) = (Named::namespace("named"), Named::namespace("empty"));
        let mut handle = named.handle();
        for flow in flows(43) {
            handle.create(&flow).unwrap();
        }
        // What stands for no namespace is passed over, and nobody waits for it.
        let (rest, pipe) = (Named::new("rest"), Named::new("pipe"));
        fs::write(rest.path(), "").unwrap();
        assert!(testing::run("mkfifo", &[pipe.path().to_str().unwrap()], "").status.success());
        let facts = diagnose_all();
        let seen: Vec<_> =
            facts.namespaces.iter().filter(|other| other.name.as_ref() == Some(&named.0)).collect();
        assert_eq!(seen.len(), 1, "{facts:?}");
        assert_eq!((seen[0].entries, seen[0].name_from), (Some(43), Some(NameFrom::RunNetns)));
        assert_eq!((seen[0].pid, seen[0].evictions_per_sec), (None, Some(0.0)));
        for other in [&empty, &rest, &pipe] {
            assert!(!format!("{facts:?}").contains(&other.0), "{}", other.0);
        }
        // To enter what is no namespace fails at once.
        for other in [&rest, &pipe] {
            let error = Diagnosis::new().namespace(Netns::Path(other.path())).run().unwrap_err();
            assert_eq!(error, Error::Os(libc::EINVAL));
        }
        let mut within = Diagnosis::new().namespace(Netns::Name(named.0.clone()));
        let inside = within.run().unwrap().facts;
        assert_eq!((inside.table.entries, inside.census.unwrap().entries), (Some(43), 43));
        assert_eq!((inside.namespace.name, inside.namespace.inode), (Some(named.0.clone()), seen[0].inode));
        handle.create(&udp(5000)).unwrap();
        let again = within.run().unwrap().facts;
        assert_eq!((again.table.entries, again.counters["insert"].delta), (Some(44), Some(1)));
        assert_eq!(Sample::from_files().entries(), Some(0), "the caller has stayed");
        // The name stands for another namespace now.
        drop((handle, named));
        let again = Named::namespace("named");
        again.handle().create(&udp(1)).unwrap();
        let inside = within.run().unwrap().facts;
        assert_eq!((inside.table.entries, inside.census.unwrap().entries), (Some(1), 1));
        assert_eq!((inside.counters["insert"].total, inside.counters["insert"].delta), (1, Some(0)));
    });
}

#[test]
fn a_namespace_that_cannot_be_entered_is_said() {
    const NAME: &str = "KERNEL_SAMPLES_NAME";
    if told().is_some() {
        let facts = Diagnosis::new().all_namespaces(true).run().unwrap().facts;
        assert!(facts.machine.may_read_table && facts.census.is_some());
        let name = std::env::var(NAME).unwrap();
        let unread = not_read(&facts, &format!("namespace {name}")).or_else(|| {
            // Where there are many, their number.
            facts.not_read.iter().find(|unread| unread.what.ends_with(" namespaces"))
        });
        assert!(unread.is_some_and(|unread| unread.why.contains("not permitted")), "{:?}", facts.not_read);
        return;
    }
    isolated(|| {
        need_root("/run/netns");
        let named = Named::namespace("closed");
        let mut command = Command::new("setpriv");
        command.args(["--bounding-set=-sys_admin", "--inh-caps=-sys_admin"]).env(NAME, &named.0);
        command.arg(std::env::current_exe().unwrap());
        succeeds(command, "a_namespace_that_cannot_be_entered_is_said", 0);
    });
}

#[test]
fn a_listener_that_does_not_read_is_named() {
    isolated(|| {
        track_packets();
        // A further socket: its port number is not the process's.
        let (_first, _listener) = (testing::deaf_listener(), testing::deaf_listener());
        load(flows(300));
        Handle::open().unwrap().flush().unwrap();
        // On a busy machine it may not find the program in the time that it takes for that.
        let mut facts = diagnose();
        testing::wait_until("the program is named", || {
            facts = diagnose();
            !facts.machine.listeners.is_empty()
        });
        assert!(facts.table.entries_dying.unwrap() > 100, "{:?}", facts.table);
        assert_eq!(facts.table.entries_listed, Some(0));
        let name = fs::read_to_string("/proc/self/comm").unwrap();
        assert_eq!(facts.machine.listeners, [name.trim_end()]);
    });
}

#[test]
fn a_run_leaves_nothing_behind() {
    isolated(|| {
        need_root("/run/netns");
        let named = Named::namespace("again");
        let _inhabitant = Inhabitant::new();
        load(flows(10));
        let mut diagnosis = Diagnosis::new().all_namespaces(true).interval(Duration::from_millis(1));
        let mut inside = Diagnosis::new().namespace(Netns::Name(named.0.clone())).interval(Duration::ZERO);
        let mut once = || {
            let facts = diagnosis.run().unwrap().facts;
            assert_eq!(facts.table.entries, Some(10));
            assert!(inside.run().is_ok());
        };
        once();
        once();
        // Other tests open files at the same time: each of theirs is in a namespace of its own, this thread's are counted.
        // A process that another test starts holds those of this one, too, until it runs its program.
        let sockets = || fs::read_to_string("/proc/thread-self/net/netlink").unwrap().lines().count();
        let before = sockets();
        (0..20).for_each(|_| once());
        testing::wait_until("no socket is left in this namespace", || sockets() <= before);
    });
}

#[test]
fn the_calling_thread_stays_in_its_namespace() {
    isolated(|| {
        let own = namespaces::own();
        assert!(own.inode > 0 && own.initial == Some(false), "{own:?}");
        let other = thread::spawn(namespaces::own).join().unwrap();
        assert_eq!(other.inode, own.inode);
    });
}

#[test]
fn events_of_a_namespace_that_was_found_are_received_outside() {
    isolated(|| {
        need_root("/run/netns");
        let named = Named::namespace("events");
        let found = namespaces::search().found;
        let found = found.iter().find(|found| found.outline().name.as_ref() == Some(&named.0)).unwrap();
        assert!(
            found.is_same(found) && found.netns().and_then(|netns| netns.path().ok()) == Some(named.path())
        );
        let mut events = Events::builder(Groups::NEW).open_in(&found.netns().unwrap()).unwrap();
        Handle::open().unwrap().create(&flows(1).next().unwrap()).unwrap();
        assert!(events.try_next().unwrap().is_none(), "the caller's own events are not there");
        named.handle().create(&flows(1).next().unwrap()).unwrap();
        assert!(events.try_next().unwrap().is_some());
        let gone = Events::builder(Groups::NEW).open_in(&Netns::Name("no-such-name".into()));
        assert!(gone.is_err_and(Error::is_not_found));
    });
}
