// SPDX-License-Identifier: GPL-2.0-or-later
//! `-o json` on the running kernel: every kind of entry, expectation, event and number is one line that
//! `docs/flow.schema.json` describes, and that jq and Python read.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a test may

#[path = "support/follower.rs"]
mod follower;

use follower::{Follower, nth, requests, send};
use netfilter_conntrack::request::Query;
use netfilter_conntrack::{Attr, Bitmask, Error, Flow, Handle, L4};
use std::process::Output;
use testing::json::Json;
use testing::random::{Dice, random_flow};
use testing::{flow, isolated, keep_labels, run, skip, sysctl, udplite};

const TOOL: &str = env!("CARGO_BIN_EXE_conntrack");
const SCHEMA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/flow.schema.json");

/// Checks each line of its input against the schema, and prints how many there are of each kind.
const CHECK: &str = r#"
import collections, ipaddress, json, sys
try:
    import jsonschema
except ImportError:
    sys.exit(77)
def once(pairs):
    assert len(dict(pairs)) == len(pairs), pairs
    return dict(pairs)
schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
check = jsonschema.Draft202012Validator(schema)
kinds = collections.Counter()
for line in sys.stdin:
    value = json.loads(line, object_pairs_hook=once)
    for fault in check.iter_errors(value):
        sys.exit(f"{fault.message}\n{line}")
    for tuple in [value.get(key, {}) for key in ("orig", "reply", "expected", "master")]:
        [ipaddress.ip_address(tuple[key]) for key in ("src", "dst") if key in tuple]
    key = next(key for key in ("count", "cpu", "expected", "orig") if key in value)
    kinds[f"{value.get('event', 'no')}-{key}"] += 1
print(json.dumps(kinds))
"#;

/// What a command prints on standard output, which must be lines of JSON alone.
fn lines(words: &str) -> String {
    let words: Vec<&str> = words.split(' ').collect();
    let Output { status, stdout, stderr } = run(TOOL, &words, "");
    assert!(status.success(), "{words:?}: {}", String::from_utf8_lossy(&stderr));
    let text = String::from_utf8(stdout).unwrap();
    for line in text.lines() {
        assert!(Json::read(line).is_ok_and(|value| matches!(value, Json::Object(_))), "{words:?}: {line}");
    }
    text
}

/// How many lines there are of each kind, by Python.
fn kinds(lines: &str) -> Json {
    let Output { status, stdout, stderr } = run("python3", &["-c", CHECK, SCHEMA], lines);
    if status.code() == Some(77) {
        skip("python3-jsonschema is missing");
    }
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    Json::read(std::str::from_utf8(&stdout).unwrap()).unwrap()
}

/// What jq prints for all lines together.
fn jq(filter: &str, lines: &str) -> String {
    let output = run("jq", &["-c", "-s", filter], lines);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A flow of every protocol, with everything that a request can give it.
fn flows() -> Vec<Flow> {
    let (sport, dport) = (1000, 2000);
    let ipv4 = [
        L4::Tcp { sport, dport },
        L4::Udp { sport, dport },
        udplite(sport, dport),
        L4::Sctp { sport, dport },
        L4::Gre { src_key: 1, dst_key: 2 },
        L4::Icmp { kind: 8, code: 0, id: 7 },
        L4::Other(50),
    ];
    let ipv6 = [L4::Tcp { sport, dport }, L4::IcmpV6 { kind: 128, code: 0, id: 7 }, L4::Other(89)];
    let mut all: Vec<Flow> = ipv4.into_iter().map(|l4| flow("192.0.2.1", "192.0.2.2", l4)).collect();
    all.extend(ipv6.into_iter().map(|l4| flow("fd00:9::1", "fd00:9::2", l4)));
    for (n, flow) in (0..).zip(&mut all) {
        flow.set_timeout_secs(10_000);
        flow.set_mark(n);
        let mut labels = Bitmask::new(127).unwrap();
        [n, 127].into_iter().for_each(|bit| labels.set(bit));
        flow.set_labels(labels);
        match flow.u8(Attr::OrigL4proto) {
            Some(6) => flow.set_tcp_state(3),
            Some(132) => {
                flow.set_sctp_state(4);
                let tags = [Attr::SctpVtagOrig, Attr::SctpVtagRepl];
                tags.into_iter().for_each(|attr| flow.set_bytes(attr, &[1, 2, 3, 4]));
            }
            _ => {}
        }
    }
    all[1].set_bytes(Attr::SnatIpv4, &[203, 0, 113, 7]);
    all[2].set_zone(9);
    all[5].set_orig_zone(3);
    all[6].set_reply_zone(4);
    let mut dice = Dice(15);
    all.extend((0..150).map(|n| random_flow(n, &mut dice)));
    all
}

/// A control connection with the helper of FTP, as options.
const CONTROL: &str = "-p tcp -s 10.9.0.1 -d 10.9.0.2 --sport 40000 --dport 21";
const EXPECTED: &str = "-p tcp -s 10.9.0.1 -d 10.9.0.2 -t 100 --tuple-src 10.9.0.1 --tuple-dst 10.9.0.3 \
    --mask-src 255.255.255.255 --mask-dst 255.255.255.255 --sport 40000 --dport 21 --tuple-port-src 0 \
    --tuple-port-dst 5555 --mask-port-src 0 --mask-port-dst 65535";
const EXPECTED_KEY: &str =
    "-p tcp -s 10.9.0.1 -d 10.9.0.3 --sport 0 --dport 5555 --reply-port-src 0 --reply-port-dst 0";

fn add_control(handle: &mut Handle) {
    let mut control = flow("10.9.0.1", "10.9.0.2", L4::Tcp { sport: 40000, dport: 21 });
    control.set_timeout_secs(10_000);
    control.set_helper_name(b"ftp");
    match handle.create(&control) {
        Err(Error::Kernel(libc::EOPNOTSUPP)) => skip("this kernel has no ftp helper"),
        created => created.unwrap(),
    }
}

/// Every command with `-o json`, in an order in which each has something to show, and what it must show.
fn commands() -> Vec<(String, usize)> {
    let udp = "-p udp -s 10.8.0.1 -d 10.8.0.2 --sport 1 --dport 2";
    [
        (format!("-I {udp} -t 99"), 1),
        (format!("-A {udp} -t 999 -m 5"), 1),
        (format!("-G {udp} --output id,extended,ktimestamp,timestamp,userspace"), 1),
        (format!("-U {udp} -m 7"), 1),
        (format!("-D {udp}"), 1),
        (format!("-G {CONTROL}"), 1),
        (format!("-I expect {}", EXPECTED.replace("    ", "")), 1),
        (format!("-G expect {EXPECTED_KEY}"), 1),
        ("-L expect".into(), 1),
        ("-C expect".into(), 1),
        (format!("-D expect {EXPECTED_KEY}"), 1),
        ("-L expect".into(), 0),
        ("-C".into(), 1),
        ("-L unconfirmed".into(), 0),
        ("-L -p 254".into(), 0),
    ]
    .map(|(words, shown)| (format!("{words} -o json"), shown))
    .into()
}

#[test]
fn every_kind_of_line_is_of_the_schema() {
    isolated(|| {
        ["nf_conntrack_acct", "nf_conntrack_timestamp"].into_iter().for_each(|name| sysctl(name, 1));
        keep_labels();
        let mut handle = Handle::open().unwrap();
        let mut followers = ["-E -o json", "-E expect -o json,timestamp"].map(Follower::start);
        add_control(&mut handle);
        flows().iter().for_each(|flow| handle.create(flow).unwrap());
        let mut all = String::new();
        for (words, shown) in commands() {
            let printed = lines(&words);
            assert_eq!(printed.lines().count(), shown, "{words}: {printed}");
            all += &printed;
        }
        let listed = lines("-L -o json");
        assert_eq!(listed.lines().count(), flows().len() + 1);
        same_by_jq(&listed);
        let cpus = lines("-S -o json") + &lines("-S expect -o json");
        all += &(listed + &cpus);
        handle.flush().unwrap();
        followers[0].wait_for_lines(2 * flows().len() + 6);
        let [flow_events, expect_events] = followers.map(Follower::end);
        assert_eq!(flow_events.stderr.lines().count(), 1, "the summary: {}", flow_events.stderr);
        events_have_origins(&flow_events.stdout);
        all += &(flow_events.stdout + &expect_events.stdout);
        let kinds = kinds(&all);
        let number = |kind: &str| kinds.get(kind).and_then(Json::number).unwrap_or(0.0) as usize;
        assert_eq!(number("no-orig"), flows().len() + 7, "{kinds:?}");
        assert_eq!((number("new-orig"), number("destroy-orig")), (flows().len() + 2, flows().len() + 2));
        assert!(number("update-orig") >= 2, "{kinds:?}");
        assert_eq!([number("no-expected"), number("new-expected"), number("destroy-expected")], [4, 1, 1]);
        assert_eq!((number("no-count"), number("no-cpu")), (2, cpus.lines().count()));
    });
}

/// jq finds in the lines what the table holds.
fn same_by_jq(listed: &str) {
    let with = |number: f64| {
        listed
            .lines()
            .filter(|line| {
                Json::read(line).unwrap().at("protocol_number").and_then(Json::number) == Some(number)
            })
            .count()
    };
    for (filter, expected) in [
        ("length", flows().len() + 1),
        ("map(select(.protocol == \"tcp\")) | length", with(6.0)),
        ("map(select(.protocol_number == 50)) | length", with(50.0)),
        ("map(select(.labels == [3, 127])) | length", 1),
        ("map(select(.helper == \"ftp\")) | length", 1),
        ("map(select(.zone == 9) | .protocol) | map(select(. == \"udplite\")) | length", 1),
        (
            "map(select(.orig.src == \"192.0.2.1\" and .nat == [\"source\"]) | .reply.dst) | index(\"203.0.113.7\") + 1",
            1,
        ),
        ("map(select(.duration_secs < 0 or .start_time < 1.6e9 or .orig.bytes != 0)) | length", 0),
    ] {
        assert_eq!(jq(filter, listed), expected.to_string(), "{filter}");
    }
}

/// Every event has a time, and says that a program caused it.
fn events_have_origins(events: &str) {
    let (mut last, mut named) = (0.0, 0);
    for line in events.lines() {
        let event = Json::read(line).unwrap();
        let time = event.get("time").and_then(Json::number).unwrap();
        assert!(time + 60.0 > last && time > 1.6e9, "{line}");
        last = time;
        assert!(event.at("origin/port_id").and_then(Json::number).is_some_and(|id| id > 0.0), "{line}");
        named += usize::from(event.at("origin/program").is_some());
    }
    assert!(named > 0, "the test itself causes most of them");
}

#[test]
fn lost_events_stand_in_the_stream() {
    isolated(|| {
        let creations = requests(Query::Create, (0..20_000).map(nth));
        for words in ["-E -o json -b 4096", "-E -o json --resync -b 4096"] {
            let mut follower = Follower::start(words);
            follower.signal("STOP");
            send(&creations);
            follower.signal("CONT");
            follower.wait("no loss is shown", |follower| follower.printed().contains("\"lost\""));
            let ended = follower.end();
            let losses: Vec<Json> = ended
                .stdout
                .lines()
                .map(|line| Json::read(line).unwrap())
                .filter(|event| event.get("event").and_then(Json::text) == Some("lost"))
                .collect();
            let lost: f64 = losses.iter().map(|loss| loss.get("count").and_then(Json::number).unwrap()).sum();
            let told = ended
                .stderr
                .lines()
                .find_map(|line| line.split(" flow events have been lost").nth(1).map(|_| line));
            let told = told.unwrap().split(" flow events").next().unwrap().split(' ').next_back().unwrap();
            assert_eq!((lost as u64).to_string(), told, "{}", ended.stderr);
            assert!(lost > 0.0 && ended.stderr.contains("ENOBUFS"), "{}", ended.stderr);
            let sample: Vec<&str> = ended.stdout.lines().take(200).collect();
            let losses = ended.stdout.lines().filter(|line| line.contains("\"lost\""));
            assert!(matches!(
                kinds_of_events(&sample.into_iter().chain(losses).collect::<Vec<_>>()),
                Json::Object(_)
            ));
            Handle::open().unwrap().flush().unwrap();
        }
    });
}

/// As [`kinds`], for lines of which some have no kind.
fn kinds_of_events(lines: &[&str]) -> Json {
    let check = CHECK.replace("(\"count\", \"cpu\"", "(\"event\", \"count\", \"cpu\"");
    let output = run("python3", &["-c", &check, SCHEMA], &(lines.join("\n") + "\n"));
    match output.status.code() {
        Some(77) => skip("python3-jsonschema is missing"),
        code => assert_eq!(code, Some(0), "{}", String::from_utf8_lossy(&output.stderr)),
    }
    Json::read(std::str::from_utf8(&output.stdout).unwrap()).unwrap()
}
