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
