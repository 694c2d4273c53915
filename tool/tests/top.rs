// SPDX-License-Identifier: GPL-2.0-or-later
//! `conntrack --top` on the kernel: its numbers against exact ones that are counted here from the same table, its filters
//! against those of `-L`, and how it ends.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a test may

use netfilter_conntrack::batch::Request;
use netfilter_conntrack::{Bitmask, Dir, Flow, Handle, L4, Status};
use std::collections::HashMap;
use std::io::Read;
use std::net::IpAddr;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use testing::json::Json;
use testing::random::{Dice, random_flow};
use testing::{catches_interrupts, flow, isolated, rules, run, skip, wait_until};

const TOOL: &str = env!("CARGO_BIN_EXE_conntrack");
const BY: &str = "source,source-prefix,source-prefix/12/40,destination,service,server,protocol,state,status,zone,\
                  mark,mark/0xf0,nat-source,helper,label,nat-pool";
const RANDOM: u16 = 2500;
const OF_ONE_SOURCE: u16 = 700;

/// More sources than the tool has counters, and one that holds a good part of the table.
fn fill() {
    let mut handle = Handle::open().unwrap();
    let mut batch = handle.batch().unwrap();
    let mut dice = Dice(7);
    // Half-way between two thousands, so that none passes a limit of the filters while the tools are compared.
    let random = (0..RANDOM).map(|n| {
        let mut flow = random_flow(n, &mut Dice(n.into()));
        flow.set_timeout_secs(flow.timeout_secs().unwrap() / 1000 * 1000 + 500);
        flow
    });
    let heavy = (0..OF_ONE_SOURCE).map(|n| {
        let server = format!("198.18.{}.1", n % 200);
        let mut flow = flow("100.64.0.1", &server, L4::Tcp { sport: 1024 + n, dport: 80 + n % 3 });
        flow.set_tcp_state(1 + (n % 3) as u8);
        flow.set_status_flags(if n % 3 == 2 {
            Status::SEEN_REPLY | Status::ASSURED
        } else {
            Status::empty()
        });
        flow.set_mark((dice.roll(9) * 16) as u32);
        flow.set_timeout_secs(if n % 2 == 0 { 500 } else { 5000 });
        flow
    });
    for flow in random.chain(heavy) {
        batch.push(Request::Create(&flow)).unwrap();
        if batch.is_full() {
            handle.carry_out(&mut batch, |_, _| ()).unwrap(); // what clashes with another is left out
        }
    }
    handle.carry_out(&mut batch, |_, _| ()).unwrap();
}

fn tool(words: &str) -> Output {
    run(TOOL, &words.split_whitespace().collect::<Vec<_>>(), "")
}

fn stdout(words: &str) -> String {
    let output = tool(words);
    let (text, errors) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.code() == Some(0) && errors.is_empty(), "{words}: {errors}");
    text
}

fn buckets() -> String {
    std::fs::read_to_string("/proc/sys/net/netfilter/nf_conntrack_buckets").unwrap()
}

/// What was read while the hash of the machine kept its size. While it changes, the kernel lists too many or too few
/// entries without saying so.
fn steadily<T>(read: impl Fn() -> T) -> T {
    loop {
        let before = buckets();
        let found = read();
        if buckets() == before {
            return found;
        }
    }
}

fn flows() -> Vec<Flow> {
    let mut handle = Handle::open().unwrap();
    handle.flows().unwrap().map(Result::unwrap).collect()
}

fn network(address: IpAddr, ipv4: u32, ipv6: u32) -> String {
    match address {
        IpAddr::V4(v4) => {
            let kept = u32::from(v4) >> (32 - ipv4) << (32 - ipv4);
            format!("{}/{ipv4}", std::net::Ipv4Addr::from(kept))
        }
        IpAddr::V6(v6) => {
            let kept = u128::from(v6) >> (128 - ipv6) << (128 - ipv6);
            format!("{}/{ipv6}", std::net::Ipv6Addr::from(kept))
        }
    }
}

fn protocol(number: u8) -> String {
    let named =
        [(6, "tcp"), (17, "udp"), (1, "icmp"), (58, "icmpv6"), (132, "sctp"), (47, "gre"), (136, "udplite")];
    let name = named.iter().find(|(known, _)| *known == number).map(|(_, name)| (*name).to_owned());
    name.unwrap_or(number.to_string())
}

/// The group of a flow in each table, as the values of the members that name it.
fn groups(flow: &Flow) -> Vec<(&'static str, String)> {
    let (original, reply) = (flow.tuple(Dir::Orig), flow.tuple(Dir::Reply));
    let (source, destination) = (original.src().unwrap(), original.dst().unwrap());
    let port = match original.protocol() {
        L4::Gre { .. } | L4::Other(_) => String::new(),
        L4::Icmp { kind, .. } | L4::IcmpV6 { kind, .. } => format!(" {kind}"),
        _ => format!(" {}", original.l4_dst()),
    };
    let service = format!("{}{port}", protocol(original.l4()));
    let status = flow.status_flags().unwrap();
    let answers = (status.contains(Status::SEEN_REPLY), status.contains(Status::ASSURED));
    let status_name = match answers {
        (false, _) => "unanswered",
        (true, false) => "answered",
        (true, true) => "assured",
    };
    let state = flow.state().map_or(String::new(), |state| format!(" {state}"));
    let mark = flow.mark().unwrap_or(0);
    let mut all = vec![
        ("source", source.to_string()),
        ("source_prefix", network(source, 24, 64)),
        ("source_prefix_12_40", network(source, 12, 40)),
        ("destination", destination.to_string()),
        ("server", format!("{destination} {service}")),
        ("service", service),
        ("protocol", protocol(original.l4())),
        ("state", protocol(original.l4()) + &state),
        ("status", status_name.to_owned()),
        ("zone", flow.zone().or(flow.orig_zone()).unwrap_or(0).to_string()),
        ("mark", mark.to_string()),
        ("mark_0xf0", (mark & 0xf0).to_string()),
    ];
    if status.contains(Status::SRC_NAT) {
        all.push(("nat_source", reply.dst().unwrap().to_string()));
    }
    all
}

/// The members of a row that name its group, in the order of the names above.
fn name(row: &Json) -> String {
    let members = [
        "source",
        "prefix",
        "destination",
        "protocol",
        "port",
        "state",
        "status",
        "zone",
        "mark",
        "nat_source",
    ];
    let shown = members.iter().filter_map(|member| match row.get(member)? {
        Json::Text(text) => Some(text.clone()),
        Json::Number(number, true) => Some(number.to_string()),
        other => panic!("{other:?}"),
    });
    shown.collect::<Vec<_>>().join(" ")
}

fn count(value: &Json, key: &str) -> u64 {
    value.get(key).and_then(Json::number).unwrap_or_else(|| panic!("no {key}: {value:?}")) as u64
}

/// For each group its entries, and how many of those are unanswered and assured.
type Exact = HashMap<(&'static str, String), [u64; 3]>;

fn exactly(flows: &[Flow]) -> Exact {
    let mut exact = Exact::new();
    for flow in flows {
        let status = flow.status_flags().unwrap();
        for group in groups(flow) {
            let [entries, unanswered, assured] = exact.entry(group).or_default();
            *entries += 1;
            *unanswered += u64::from(!status.contains(Status::SEEN_REPLY));
            *assured += u64::from(status.contains(Status::ASSURED));
        }
    }
    exact
}

/// Holds a table against the exact numbers; returns its error.
fn judge(table: &str, top: &Json, exact: &Exact, total: usize) -> u64 {
    let error = count(top, "error_entries");
    for row in top.get("rows").unwrap().values() {
        if matches!(table, "nat_pool" | "helper" | "label") {
            continue; // the library's test has them
        }
        let key = exact.keys().find(|(by, group)| *by == table && *group == name(row));
        let exact = exact[key.unwrap_or_else(|| panic!("{table}: {row:?}"))];
        let shown = [count(row, "entries"), count(row, "unanswered"), count(row, "assured")];
        for (lower, exact) in shown.into_iter().zip(exact) {
            assert!(lower <= exact && exact <= lower + error, "{table}: {row:?}, {exact}, {error}");
        }
        let share = row.get("share_ratio").and_then(Json::number).unwrap();
        assert!((share - shown[0] as f64 / total as f64).abs() < 1e-5, "{table}: {row:?}");
    }
    let groups = exact.keys().filter(|(by, _)| *by == table).count() as u64;
    let least = count(top, "distinct_at_least");
    assert!(groups == 0 || least <= groups && (error > 0 || least == groups), "{table}: {least} of {groups}");
    error
}

#[test]
fn every_number_is_true_of_the_table() {
    isolated(|| {
        fill();
        let both = || (flows(), stdout(&format!("--top -o json --show 1000 --by {BY}")));
        let (flows, shown) = steadily(both);
        let exact = exactly(&flows);
        let report = Json::read(&shown).unwrap();
        assert_eq!(shown.lines().count(), 1);
        assert_eq!(report.at("schema").and_then(Json::text), Some("conntrack-diagnosis"));
        assert_eq!((count(&report, "entries"), report.get("matching")), (flows.len() as u64, None));
        let Some(Json::Object(tables)) = report.get("top") else { panic!("no tables") };
        assert_eq!(tables.len(), BY.split(',').count());
        let errors = tables.iter().map(|(table, top)| judge(table, top, &exact, flows.len()));
        let with_error = errors.filter(|&error| error > 0).count();
        assert!(with_error >= 2, "the table is too small");
        let heavy = report.at("top/source/rows/0").unwrap();
        assert_eq!(name(heavy), "100.64.0.1");
        let targets = count(heavy, "targets_estimate");
        assert!(targets.abs_diff(600) < 400, "600 servers of three ports: {targets}");
    });
}

/// The first number of an output of `--top`.
fn total(text: &str) -> u64 {
    text.split(' ').next().unwrap().replace(',', "").parse().unwrap()
}

const FILTERS: &[&str] = &[
    "-p tcp",
    "-p tcp --state SYN_SENT",
    "-p tcp --dport 81",
    "-s 100.64.0.1",
    "-s 10.0.1.0/24",
    "-d 10.1.0.1 -p udp",
    "-f ipv6",
    "-u ASSURED",
    "-u UNREPLIED -p tcp",
    "-m 0x10/0xf0",
    "-n 192.0.2.50",
    "-g",
    "-j",
    "-w 7",
    "-s 100.64.0.1 --remaining 0-1000",
    "--remaining 4000-",
    "-s 192.0.2.77",
];

#[test]
fn the_filters_are_those_of_the_list() {
    isolated(|| {
        fill();
        let all = steadily(|| flows().len()) as u64;
        for filter in FILTERS {
            let all_three = || {
                let listed = tool(&format!("-L {filter}"));
                assert!(listed.status.success(), "{filter}: {}", String::from_utf8_lossy(&listed.stderr));
                let lines = listed.stdout.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
                let json = stdout(&format!("--top -o json {filter}"));
                (lines.count() as u64, stdout(&format!("--top {filter}")), Json::read(&json).unwrap())
            };
            let (listed, text, report) = steadily(all_three);
            let first = text.lines().next().unwrap();
            assert!(
                first.contains(if listed == 1 { " matching entry" } else { " matching entries" }),
                "{filter}: {first}"
            );
            assert_eq!(total(&text), listed, "{filter}");
            assert!(listed < all, "{filter} leaves something out");
            assert_eq!(
                (count(&report, "entries"), report.get("matching")),
                (listed, Some(&Json::Bool(true)))
            );
        }
        let text = steadily(|| stdout("--top"));
        assert!(total(&text) == all && !text.contains("matching"), "{text}");
        assert_eq!(stdout("--top -s 192.0.2.77"), "0 matching entries\n");
        let one = steadily(|| stdout("--top -s 100.64.0.1 --by source"));
        assert!(one.contains("100.64.0.1            700  100 %"), "{one}");
    });
}

#[test]
fn tables_as_text() {
    isolated(|| {
        assert_eq!(stdout("--top"), "0 entries\n");
        fill();
        let text = stdout("--top");
        let titles: Vec<&str> =
            text.split("\n\n").map(|table| table.split_whitespace().next().unwrap()).collect();
        assert_eq!(titles[1..], ["destination", "service", "state"]);
        assert!(text.lines().any(|line| line.starts_with("source  ")), "{text}");
        let shown = stdout(&format!("--top --show 3 --by {BY}"));
        for line in text.lines().chain(shown.lines()) {
            assert!(line.chars().count() <= 80, "{line}");
        }
        let rows = |text: &str, table: &str| {
            let begun = text.lines().skip_while(|line| !line.starts_with(&format!("{table} "))).skip(1);
            begun.take_while(|line| !line.starts_with("others")).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(
            (rows(&text, "source").len(), rows(&shown, "source").len(), rows(&shown, "mark").len()),
            (10, 3, 3)
        );
        for row in rows(&text, "source").iter().chain(&rows(&text, "destination")) {
            let address = row.split_whitespace().next().unwrap();
            assert!(address.parse::<IpAddr>().is_ok(), "{row}");
        }
        assert!(shown.contains("may be up to"), "more sources than counters");
    });
}

/// A file of this test's, which goes with it.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, content: &str) -> Scratch {
        let path = std::env::temp_dir().join(format!("conntrack-top-{}-{name}", std::process::id()));
        std::fs::write(&path, content).unwrap();
        Scratch(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Takes the word back when the test goes on, or fails: the thread that goes by it ends.
struct Stop<'w>(&'w AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// Runs the tool in a mount namespace that `mounts`, a script with the file `$1`, has changed.
fn mounted(mounts: &str, file: &Scratch, words: &str) -> Output {
    let script = format!("{mounts}; shift; exec \"$@\"");
    let before = ["--mount", "sh", "-ec", &script, "sh", file.path(), TOOL];
    run("unshare", &before.into_iter().chain(words.split_whitespace()).collect::<Vec<_>>(), "")
}

#[test]
fn labels_have_the_names_of_the_file() {
    const MACHINES: &str =
        "mount -t tmpfs none /etc; mkdir /etc/xtables; cp \"$1\" /etc/xtables/connlabel.conf";
    isolated(|| {
        rules("table inet t { chain c { type filter hook output priority 0; ct label set 1; }; }");
        let map = Scratch::new("labels", "3 tenant a\n9 none\n");
        for sport in 1..=3 {
            let mut labels = Bitmask::new(127).unwrap();
            labels.set(if sport == 3 { 4 } else { 3 });
            let mut flow = flow("192.0.2.1", "192.0.2.2", L4::Udp { sport, dport: 1 });
            flow.set_labels(labels);
            Handle::open().unwrap().create(&flow).unwrap();
        }
        let shown = |output: Output| {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8(output.stdout).unwrap()
        };
        let named = |text: &str| text.lines().any(|line| line.starts_with("3 (tenant a)  "));
        let plain = |text: &str| text.lines().any(|line| line.starts_with("4  "));
        let nameless = shown(mounted("mount -t tmpfs none /etc", &map, "--top --by label"));
        assert!(nameless.lines().any(|line| line.starts_with("3  ")) && plain(&nameless), "{nameless}");
        for words in ["--top", "--diagnose --interval 0.1"] {
            let with_option = stdout(&format!("{words} --by label -M {}", map.path()));
            let of_machine = shown(mounted(MACHINES, &map, &format!("{words} --by label")));
            assert!(named(&with_option) && plain(&with_option), "{with_option}");
            assert!(named(&of_machine) && plain(&of_machine), "{of_machine}");
            let json = Json::read(&stdout(&format!("{words} --by label -M {} -o json", map.path()))).unwrap();
            let row = |number| json.at(&format!("top/label/rows/{number}")).unwrap();
            assert_eq!((count(row(0), "label"), count(row(1), "label")), (3, 4));
            assert_eq!(row(0).get("name").and_then(Json::text), Some("tenant a"));
            assert_eq!(row(1).get("name"), None);
        }
        let metrics = shown(mounted(MACHINES, &map, "--metrics --by label"));
        for sample in [r#"{label="3",name="tenant a"} 2"#, r#"{label="4",name=""} 1"#] {
            let line = format!("conntrack_entries_by_label{sample}");
            assert!(metrics.lines().any(|written| written == line), "{metrics}");
        }
        // A file that the user names and that cannot be read is reported, as by -l.
        let missing = tool("--top --by label -M /nonexistent");
        assert!(String::from_utf8_lossy(&missing.stderr).contains("nfct_labelmap_new: "), "{missing:?}");
    });
}

/// The number of buckets is read from a file of the test's, which changes all the time: a list is read twice, then refused.
/// Where the machine is busy, the file may stay as it is while a list is read; that run is repeated.
#[test]
fn a_list_counts_only_while_the_hash_keeps_its_size() {
    const BUCKETS: &str = "mount --bind \"$1\" /proc/sys/net/netfilter/nf_conntrack_buckets";
    isolated(|| {
        fill();
        let file = Scratch::new("buckets", "00000000000000000001\n");
        let changes = AtomicBool::new(true);
        let commands = ["--top --by zone", "--metrics --by zone", "--diagnose --interval 0.1 -o json"];
        let says = "the dump was interrupted by a change of the table";
        let answer = |words: &str| mounted(BUCKETS, &file, words);
        let refusal = |words: &str| {
            let mut refused = None;
            wait_until("the file changes while both lists are read", || {
                let output = answer(words);
                let said = [&output.stdout[..], &output.stderr].concat();
                let is_refused = String::from_utf8_lossy(&said).contains(says);
                assert!(is_refused || output.status.success(), "{output:?}");
                refused = Some(output);
                is_refused
            });
            refused.unwrap()
        };
        thread::scope(|scope| {
            scope.spawn(|| {
                let writer = std::fs::OpenOptions::new().write(true).open(file.path()).unwrap();
                for number in 2_u64.. {
                    if !changes.load(Ordering::Relaxed) {
                        break;
                    }
                    writer.write_all_at(format!("{number:020}\n").as_bytes(), 0).unwrap();
                }
            });
            let _stop = Stop(&changes);
            let [top, metrics, diagnosis] = commands.map(refusal);
            for output in [top, metrics] {
                let errors = String::from_utf8_lossy(&output.stderr).into_owned();
                assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{errors}");
                assert!(errors.contains(says), "{errors}");
            }
            let report = Json::read(std::str::from_utf8(&diagnosis.stdout).unwrap()).unwrap();
            let unread = report.get("not_read").unwrap();
            let unread: Vec<_> = unread.values().iter().filter_map(|one| one.get("why")?.text()).collect();
            assert!(unread.contains(&says) && report.get("composition").is_none(), "{unread:?}");
        });
        for output in commands.map(answer) {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
    });
}

#[test]
fn without_privilege_it_fails_as_the_list_does() {
    isolated(|| {
        let bare = ["--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all"];
        let with = |verb: &str| {
            let output = run("setpriv", &[&bare[..], &[TOOL, verb]].concat(), "");
            if String::from_utf8_lossy(&output.stderr).contains("setpriv: ") {
                skip("setpriv cannot take privileges away here");
            }
            (output.status.code(), String::from_utf8(output.stderr).unwrap(), output.stdout)
        };
        let (list, top) = (with("-L"), with("--top"));
        assert_eq!(list, top);
        assert_eq!((top.0, top.2.len()), (Some(1), 0));
    });
}

/// Object follows object on lines of their own, each about the table of its time, until a signal ends it.
#[test]
fn watched_it_counts_again() {
    isolated(|| {
        let words = ["--top", "--by", "zone", "-o", "json", "--watch", "0.1"];
        let mut child = Command::new(TOOL).args(words).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = String::new();
        let mut out = child.stdout.take().unwrap();
        let mut next = || {
            let from = lines.len();
            while !lines[from..].ends_with('\n') {
                let mut byte = [0];
                assert_eq!(out.read(&mut byte).unwrap(), 1, "it ends: {lines}");
                lines.push(char::from(byte[0]));
            }
            count(&Json::read(&lines[from..]).unwrap(), "entries")
        };
        assert_eq!(next(), 0);
        fill();
        let all = steadily(|| flows().len()) as u64;
        wait_until("it counts the new entries", || next() == all);
        wait_until("it takes signals", || catches_interrupts(child.id()));
        let pid = child.id().to_string();
        run("kill", &["-INT", &pid], "");
        assert_eq!(child.wait().unwrap().code(), Some(0));
    });
}
