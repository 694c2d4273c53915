// SPDX-License-Identifier: GPL-2.0-or-later
//! Text and XML of flows and expectations against `vectors/output.txt`, and JSON against `vectors/json.txt`: bytes and
//! returned lengths.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a test may

#[path = "support/ops.rs"]
mod ops;

use netfilter_conntrack::format::{self, Clock, Flags, Style, Syntax};
use netfilter_conntrack::{EventKind, LabelMap};
use std::collections::{HashMap, HashSet};
use std::process::Command;

const VECTORS: &str = include_str!("vectors/output.txt");
const COUNT: usize = 172;
const JSON_VECTORS: &str = include_str!("vectors/json.txt");
const JSON_COUNT: usize = 42;
const NOW_SECS: u64 = 1_700_000_000;
const LABELS: &[u8] = b"0 zero\n1 one\n3 three-x\n5 a b\n40 forty\n";
/// What a buffer holds before a call.
const UNTOUCHED: u8 = 0xaa;

/// One call and what it gives.
struct Vector {
    id: String,
    head: Vec<String>,
    ops: String,
    returned: i64,
    text: String,
}

fn vectors(text: &str) -> Vec<Vector> {
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let (definitions, lines): (Vec<_>, Vec<_>) = lines.partition(|line| line.starts_with("let "));
    let definitions: HashMap<String, &str> = definitions
        .iter()
        .map(|line| line["let ".len()..].split_once(' ').unwrap())
        .map(|(name, text)| (format!("{{{name}}}"), text))
        .collect();
    let vector = |pair: &[&str]| {
        let (head, ops) = pair[0].split_once(" :").unwrap();
        let (returned, quoted) = pair[1].split_once(' ').unwrap();
        let text = quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap();
        let head: Vec<_> = head.split(' ').map(str::to_owned).collect();
        Vector {
            id: head[0].clone(),
            head,
            ops: ops.to_owned(),
            returned: returned.parse().unwrap(),
            text: definitions.iter().fold(text.to_owned(), |text, (name, is)| text.replace(name, is)),
        }
    };
    lines.chunks_exact(2).map(vector).collect()
}

impl Vector {
    fn style<'a>(&self, map: &'a LabelMap) -> Style<'a> {
        Style {
            syntax: match &*self.head[1] {
                "xml" => Syntax::Xml,
                "json" => Syntax::Json,
                _ => Syntax::Text,
            },
            event: match &*self.head[2] {
                "-" => None,
                "new" => Some(EventKind::New),
                "update" => Some(EventKind::Update),
                "destroy" => Some(EventKind::Destroy),
                other => panic!("no event {other}"),
            },
            flags: self.head[3].split('+').filter(|flag| *flag != "-").map(flag).collect(),
            labels: self.head.contains(&"map".to_owned()).then_some(map),
            clock: Clock::Fixed(NOW_SECS),
            origin: None,
        }
    }

    fn size(&self) -> usize {
        let size = self.head.iter().find_map(|option| option.strip_prefix("size="));
        size.map_or(8192, |size| size.parse().unwrap())
    }

    /// What is wrong, if anything.
    fn check(&self, map: &LabelMap) -> Option<String> {
        let style = self.style(map);
        let mut space = vec![UNTOUCHED; self.size() + 64];
        let (buf, behind) = space.split_at_mut(self.size());
        let mut whole = Vec::new();
        let (result, appended) = if self.id.starts_with('X') {
            let expect = ops::expectation(&self.ops);
            (
                format::expectation(buf, &expect, &style),
                format::append_expectation(&mut whole, &expect, &style),
            )
        } else {
            let flow = ops::flow(&self.ops);
            (format::flow(buf, &flow, &style), format::append_flow(&mut whole, &flow, &style))
        };
        let returned = result.map_or(-1, |len| i64::try_from(len).unwrap());
        let until_nul = buf.split(|&byte| byte == 0).next().unwrap();
        let text = if buf[0] == UNTOUCHED { "" } else { std::str::from_utf8(until_nul).unwrap() };
        let whole = String::from_utf8(whole).unwrap();
        if returned != self.returned || text != self.text {
            return Some(format!(
                "{}:\nis     {returned} {text:?}\nshould {} {:?}",
                self.id, self.returned, self.text
            ));
        }
        if behind.iter().any(|&byte| byte != UNTOUCHED) {
            return Some(format!("{}: wrote behind the buffer", self.id));
        }
        let uncut = self.size() == 8192;
        if appended.is_ok() != (returned >= 0)
            || returned < 0 && !whole.is_empty()
            || uncut && returned >= 0 && whole != text
        {
            return Some(format!("{}: appended {whole:?}", self.id));
        }
        None
    }
}

fn flag(name: &str) -> Flags {
    match name {
        "layer3" => Flags::LAYER3,
        "time" => Flags::TIME,
        "id" => Flags::ID,
        "timestamp" => Flags::TIMESTAMP,
        other => panic!("no flag {other}"),
    }
}

/// Whether this process runs in a time zone; if not, the test has just passed in a process of its own that does.
fn in_zone(zone: &str, test: &str) -> bool {
    if std::env::var("TZ").as_deref() == Ok(zone) {
        return true;
    }
    let mut again = Command::new(std::env::current_exe().unwrap());
    let output = again.args(["--exact", test]).env("TZ", zone).output().unwrap();
    assert!(output.status.success(), "with TZ={zone}:\n{}", String::from_utf8_lossy(&output.stdout));
    false
}

#[test]
fn every_vector_is_met() {
    if !in_zone("UTC", "every_vector_is_met") {
        return;
    }
    check_all(&vectors(VECTORS), COUNT);
}

fn check_all(vectors: &[Vector], count: usize) {
    let map = LabelMap::read(LABELS).unwrap();
    let ids: HashSet<_> = vectors.iter().map(|vector| &vector.id).collect();
    assert_eq!((vectors.len(), ids.len()), (count, count), "vectors are missing");
    let wrong: Vec<_> = vectors.iter().filter_map(|vector| vector.check(&map)).collect();
    assert!(wrong.is_empty(), "{} of {count} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_vector_of_json_is_met() {
    check_all(&vectors(JSON_VECTORS), JSON_COUNT);
}

#[test]
fn dates_follow_the_local_time_zone() {
    // Five and a half hours east of Greenwich.
    if !in_zone("TST-5:30", "dates_follow_the_local_time_zone") {
        return;
    }
    let flow = ops::flow("ORIG_L4PROTO=200 k:TIMESTAMP=1577934245000000000/1577999999000000000");
    let style = Style { flags: Flags::all(), clock: Clock::Fixed(NOW_SECS), ..Style::default() };
    let print = |style: &Style<'_>| {
        let mut text = Vec::new();
        format::append_flow(&mut text, &flow, style).unwrap();
        String::from_utf8(text).unwrap()
    };
    let text = print(&Style { flags: Flags::TIMESTAMP, ..style });
    assert_eq!(
        text,
        "unknown  200 delta-time=65754 [start=Thu Jan  2 08:34:05 2020] [stop=Fri Jan  3 02:49:59 2020]"
    );
    let xml = print(&Style { syntax: Syntax::Xml, ..style });
    let when = "<when><hour>3</hour><min>43</min><sec>20</sec><wday>4</wday><day>15</day><month>11</month>\
        <year>2023</year></when>";
    assert!(xml.contains(when), "{xml}");
}

#[test]
fn the_system_clock_is_now() {
    let flow = ops::flow("ORIG_L4PROTO=200 k:TIMESTAMP=1600000000000000000/");
    let secs = || std::time::UNIX_EPOCH.elapsed().unwrap().as_secs() - 1_600_000_000;
    let (before, mut text) = (secs(), Vec::new());
    format::append_flow(&mut text, &flow, &Style::default()).unwrap();
    let age: u64 = String::from_utf8(text).unwrap().split('=').nth(1).unwrap().parse().unwrap();
    assert!((before..=secs()).contains(&age));
}

#[test]
fn long_texts_are_appended_whole() {
    let context = "c".repeat(500);
    let mut names = Vec::new();
    let mut ops = format!("ORIG_L4PROTO=200 k:SECCTX={context} CONNLABELS=1023/");
    for bit in 0..300 {
        names.push(format!("label-{bit}-{}", "x".repeat(bit)));
        ops += &format!("{bit}+");
    }
    let lines: String = names.iter().enumerate().map(|(bit, name)| format!("{bit} {name}\n")).collect();
    let map = LabelMap::read(lines.as_bytes()).unwrap();
    let flow = ops::flow(&ops);
    let mut text = b"> ".to_vec();
    let style = Style { labels: Some(&map), ..Style::default() };
    format::append_flow(&mut text, &flow, &style).unwrap();
    let expected = format!("> unknown  200 secctx={context} labels={}", names.join(","));
    assert_eq!(String::from_utf8(text).unwrap(), expected);

    let mut xml = Vec::new();
    format::append_flow(&mut xml, &flow, &Style { syntax: Syntax::Xml, ..style }).unwrap();
    let labels: String = names.iter().map(|name| format!("<label>{name}</label>")).collect();
    assert!(String::from_utf8(xml).unwrap().contains(&format!("<labels>{labels}</labels>")));
}

/// Says of each line of its input whether the schema describes it.
const CHECK: &str = r#"
import json, sys
try:
    import jsonschema
except ImportError:
    sys.exit(77)
check = jsonschema.Draft202012Validator(json.load(open("docs/flow.schema.json")))
for line in sys.stdin:
    print("yes" if check.is_valid(json.loads(line)) else "no")
"#;

/// For each line whether the schema describes it.
fn described(lines: &[String]) -> Vec<bool> {
    let output = testing::run("python3", &["-c", CHECK], &(lines.join("\n") + "\n"));
    if output.status.code() == Some(77) {
        testing::skip("python3-jsonschema is missing");
    }
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(|answer| answer == "yes").collect()
}

/// The kernel sends no flow without addresses or protocol; these are a program's.
const NOT_OF_THE_KERNEL: [&str; 3] = ["Q35", "Q36", "X04"];

#[test]
fn the_schema_describes_the_vectors_of_json_and_no_others() {
    testing::isolated(|| {
        let vectors = vectors(JSON_VECTORS);
        let whole = vectors.iter().filter(|vector| vector.text.ends_with('}'));
        let whole = whole.filter(|vector| !NOT_OF_THE_KERNEL.contains(&&*vector.id));
        let good: Vec<String> = whole.map(|vector| vector.text.clone()).collect();
        let answers = described(&good);
        for (line, answer) in good.iter().zip(&answers) {
            assert!(answer, "{line}");
        }
        assert_eq!(good.len(), JSON_COUNT - 5);
        let wrong = [
            ("\"sport\"", "\"port\""),
            ("\"protocol_number\":", "\"protocol_number\":-"),
            ("\"family\":\"ipv", "\"family\":\"IPv"),
            ("\"src\":\"", "\"src\":\"x"),
            ("\"dst\":\"", "\"dst\":\"1.2.3.4.5."),
            ("\"family\"", "\"unknown\":1,\"family\""),
            ("\"time\":", "\"date\":"),
            ("\"seen_reply\"", "\"SEEN_REPLY\""),
            ("\"bit_31\"", "\"bit_32\""),
            ("\"timeout_secs\":", "\"timeout_secs\":1.5"),
        ];
        for (from, to) in wrong {
            let wrong: Vec<String> =
                good.iter().filter(|line| line.contains(from)).map(|line| line.replace(from, to)).collect();
            let answers = described(&wrong);
            assert!(!wrong.is_empty() && !answers.contains(&true), "{from} to {to}: {answers:?}");
        }
    });
}
