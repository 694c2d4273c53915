// SPDX-License-Identifier: GPL-2.0-or-later
//! Who holds the entries: what `conntrack --top` prints of a census, as text or JSON.

#![forbid(unsafe_code)]

use super::facts::{Counted, Top};
use super::key::By;
use super::report::Report;
use super::{json, text, words};
use crate::format::json::Json;
use std::fmt::{self, Write};

/// What is shown of a census.
#[derive(Debug, Clone, Copy)]
pub struct View {
    /// Lines of each table.
    pub rows: usize,
    /// Only the entries that match a selection were counted.
    pub is_selection: bool,
}

/// A line with the number of entries, and the tables in their order. No line has more than 80 columns; addresses are never
/// cut.
#[must_use]
pub fn text(census: &Counted, view: View) -> String {
    let mut out = String::new();
    words::wrap(&mut out, "", "  ", &head(census, view));
    let tables = if census.entries > 0 { &census.top[..] } else { &[] };
    for (number, top) in tables.iter().enumerate() {
        if number > 0 {
            out.push('\n');
        }
        out += &text::top_table(top, census.entries, view.rows);
    }
    out
}

/// How many entries there are, and how many groups where a table shows only some of them.
fn head(census: &Counted, view: View) -> String {
    let matching = if view.is_selection { "matching " } else { "" };
    let entries = if census.entries == 1 { "entry" } else { "entries" };
    let mut line = format!("{} {matching}{entries}", words::number(census.entries));
    for top in census.top.iter().filter(|top| top.distinct_estimate > view.rows as u64) {
        line += ", ";
        line += &groups(top);
    }
    line
}

/// The number of groups of a table, and what they are.
fn groups(top: &Top) -> String {
    let what = match top.by {
        By::Source => "sources",
        By::SourcePrefix { .. } => "source networks",
        By::Destination => "destinations",
        By::DestinationPrefix { .. } => "destination networks",
        By::Service => "services",
        By::Server => "servers",
        By::Protocol => "protocols",
        By::State => "states",
        By::Status => "kinds of status",
        By::Zone => "zones",
        By::Mark { .. } => "marks",
        By::Label => "labels",
        By::Helper => "helpers",
        By::NatSource => "NAT sources",
        By::NatPool => "NAT pools",
    };
    match top.error_entries {
        0 => format!("{} {what}", words::number(top.distinct_estimate)),
        _ => format!("about {} {what}", words::rounded(top.distinct_estimate as f64, 2)),
    }
}

/// One object on one line, without the end of the line: the head of a report, the number of entries, and the tables.
///
/// # Errors
/// Errors of `out`.
pub fn write_json(report: &Report, tool: &str, view: View, out: &mut impl Write) -> fmt::Result {
    let json = &mut Json::new(out);
    json.object(|json| {
        json::head(json, report, tool)?;
        let Some(census) = &report.facts.census else { return Ok(()) };
        json.member("entries", census.entries)?;
        json.member("matching", Some(true).filter(|_| view.is_selection))?;
        json.key("top")?;
        json::top(json, census, view.rows)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::Facts;
    use crate::diagnosis::facts::Row;
    use crate::diagnosis::key::Key;
    use std::time::{Duration, UNIX_EPOCH};

    fn ip(text: &str) -> std::net::IpAddr {
        text.parse().unwrap()
    }

    fn row(key: Key, entries: u64, unanswered: u64) -> Row {
        Row { unanswered, ..Row::new(key, entries) }
    }

    fn table(by: By, error: u64, distinct: u64, rows: Vec<Row>) -> Top {
        Top {
            by,
            error_entries: error,
            distinct_at_least: distinct.min(1025),
            distinct_estimate: distinct,
            rows,
        }
    }

    fn counted(entries: u64, top: Vec<Top>) -> Counted {
        Counted { entries, top, ..Counted::default() }
    }

    const ALL: View = View { rows: 10, is_selection: false };

    /// The example of the specification: one scans, and its destinations are too many for a table.
    #[test]
    fn a_scan_as_text() {
        let mut scanner = row(Key::Source(ip("100.64.0.1")), 262_144, 262_144);
        scanner.targets_estimate = Some(98_304);
        let target = row(Key::Destination(ip("198.18.153.192")), 3, 3);
        let tables =
            vec![table(By::Source, 0, 1, vec![scanner]), table(By::Destination, 255, 131_069, vec![target])];
        let expected = "\
262,144 entries, about 130,000 destinations
source            entries  share  unanswered  targets
100.64.0.1        262,144  100 %       100 %  ~ 100,000
others                  0    0 %

destination       entries  share  unanswered
198.18.153.192          3  < 1 %       100 %
others            262,141  100 %
No destination has 1 % or more.
Each number may be up to 255 (< 1 %) higher.
";
        let words = |text: &str| -> Vec<Vec<String>> {
            text.lines().map(|line| line.split_whitespace().map(str::to_owned).collect()).collect()
        };
        assert_eq!(words(&text(&counted(262_144, tables), ALL)), words(expected));
    }

    #[test]
    fn the_first_line_says_what_was_counted() {
        let head = |entries, top, view| text(&counted(entries, top), view).lines().next().unwrap().to_owned();
        let selection = View { is_selection: true, ..ALL };
        assert_eq!(head(0, vec![], ALL), "0 entries");
        assert_eq!(head(1, vec![], ALL), "1 entry");
        assert_eq!(head(1, vec![], selection), "1 matching entry");
        assert_eq!(head(2000, vec![], selection), "2,000 matching entries");
        let zones = |count| vec![table(By::Zone, 0, count, vec![row(Key::Zone(1), 9, 0)])];
        assert_eq!(head(99, zones(10), ALL), "99 entries", "all of them are shown");
        assert_eq!(head(99, zones(11), ALL), "99 entries, 11 zones");
        assert_eq!(head(99, zones(10), View { rows: 9, ..ALL }), "99 entries, 10 zones");
    }

    #[test]
    fn an_empty_table_has_no_tables() {
        let tables = vec![table(By::Source, 0, 0, vec![]), table(By::State, 0, 0, vec![])];
        assert_eq!(text(&counted(0, tables), ALL), "0 entries\n");
    }

    /// No group has 1 % only if none can have it with the error.
    #[test]
    fn what_may_be_one_per_cent_is_not_said_to_be_less() {
        let said = |entries, error| {
            let rows = vec![row(Key::Mark(1), entries, 0)];
            let tables = vec![table(By::Mark { mask: u32::MAX }, error, 5000, rows)];
            text(&counted(10_000, tables), ALL).contains("No mark has 1 % or more.")
        };
        assert!(said(99, 0) && said(90, 9));
        assert!(!said(100, 0) && !said(90, 10));
    }

    /// Every grouping with the longest names and numbers: 80 columns, and every address as a whole.
    #[test]
    fn no_line_is_longer_than_a_terminal_and_no_address_is_cut() {
        let long = "2001:db8:1111:2222:3333:4444:5555:6666";
        let (address, many) = (ip(long), 999_999_999_999_999);
        let prefix = By::SourcePrefix { ipv4: 31, ipv6: 127 };
        let pool =
            Key::NatPool { protocol: 136, nat_source: address, destination: address, port: Some(65535) };
        let keys = [
            (By::Source, Key::Source(address)),
            (prefix, Key::SourcePrefix(address, 127)),
            (By::Destination, Key::Destination(address)),
            (By::DestinationPrefix { ipv4: 31, ipv6: 127 }, Key::DestinationPrefix(address, 127)),
            (By::Service, Key::Service { protocol: 136, port: Some(65535) }),
            (By::Server, Key::Server { destination: address, protocol: 136, port: Some(65535) }),
            (By::State, Key::State(132, Some("SHUTDOWN_ACK_SENT"))),
            (By::Mark { mask: u32::MAX }, Key::Mark(u32::MAX)),
            (By::Helper, Key::Helper("fifteen-letters".to_owned())),
            (By::NatSource, Key::NatSource(address)),
            (By::NatPool, pool),
            (By::Label, Key::Label(127)),
        ];
        let tables = keys.into_iter().map(|(by, key)| {
            let mut row = row(key, many, many);
            row.name = Some("a name of a label ".repeat(50)).filter(|_| by == By::Label);
            (row.targets_estimate, row.ports) = (Some(many), Some((1024, 65535)));
            table(by, many, many, vec![row])
        });
        let shown = text(&counted(many, tables.collect()), View { rows: 1, is_selection: true });
        for line in shown.lines() {
            assert!(line.chars().count() <= 80 && !line.ends_with(' '), "{line}");
        }
        assert_eq!(shown.matches(long).count(), 8, "{shown}");
        assert_eq!(shown.matches("999,999,999,999,999  100 %").count(), 12, "{shown}");
    }

    /// A label has a name, where the file has one, in every form of the table.
    #[test]
    fn labels_have_their_names() {
        let mut named = row(Key::Label(7), 3, 0);
        named.name = Some("tenant a".to_owned());
        let nameless = row(Key::Label(9), 2, 0);
        assert_eq!(named.labels(), [("label", "7".to_owned()), ("name", "tenant a".to_owned())]);
        assert_eq!(nameless.labels(), [("label", "9".to_owned()), ("name", String::new())]);
        let census = counted(9, vec![table(By::Label, 0, 2, vec![named, nameless])]);
        let shown = text(&census, ALL);
        let words: Vec<Vec<&str>> = shown.lines().map(|line| line.split("  ").collect()).collect();
        assert_eq!((words[2][0], words[3][0]), ("7 (tenant a)", "9"), "{shown}");
        let report = Report::new(Facts::of_census(census), UNIX_EPOCH, Duration::ZERO);
        let mut json = String::new();
        write_json(&report, "tool", ALL, &mut json).unwrap();
        assert!(json.contains(r#"{"label":7,"name":"tenant a","entries":3,"#), "{json}");
        assert!(json.contains(r#"{"label":9,"entries":2,"#), "{json}");
    }

    #[test]
    fn json_is_one_line_with_the_head_of_a_report() {
        let tables = vec![table(
            By::SourcePrefix { ipv4: 16, ipv6: 48 },
            3,
            2000,
            vec![
                row(Key::SourcePrefix(ip("100.64.0.0"), 16), 10, 7),
                row(Key::SourcePrefix(ip("100.65.0.0"), 16), 9, 0),
            ],
        )];
        let mut facts = Facts { census: Some(counted(40, tables)), ..Facts::default() };
        facts.machine.may_read_table = true;
        facts.namespace.inode = 7;
        let report = Report::new(facts, UNIX_EPOCH + Duration::from_millis(1500), Duration::from_millis(20));
        let written = |is_selection| {
            let mut text = String::new();
            write_json(&report, "tool", View { rows: 1, is_selection }, &mut text).unwrap();
            text
        };
        let (head, top) = (
            "{\"schema\":\"conntrack-diagnosis\",\"schema_version\":1,\"tool\":\"tool\",\"time_unix\":1.5,\"duration_secs\":0.02,",
            "\"top\":{\"source_prefix_16_48\":{\"error_entries\":3,\"distinct_at_least\":1025,\"rows\":[\
             {\"prefix\":\"100.64.0.0/16\",\"entries\":10,\"share_ratio\":0.25,\"unanswered\":7,\"assured\":0}]}}}",
        );
        let (all, selection) = (written(false), written(true));
        assert!(all.starts_with(head) && all.ends_with(top) && !all.contains('\n'), "{all}");
        assert!(all.contains("\"namespace\":{\"inode\":7},\"entries\":40,\"top\""), "{all}");
        assert!(selection.contains("\"entries\":40,\"matching\":true,\"top\""), "{selection}");
    }
}
