// SPDX-License-Identifier: GPL-2.0-or-later
//! A report as text of 80 columns: head, findings, what is in the table, what to do, and what could not be read.
//!
//! Sentences are wrapped, and their numbers have commas. Commands stand on lines of their own, indented by five, and are
//! never divided: only they may be longer than a line.

#![forbid(unsafe_code)]

use super::facts::{Composition, Facts, IDLE_CLASSES_SECS, Namespace, Row, Top};
use super::figures::{NEARLY_FULL_RATIO, RFC5382_IDLE_SECS};
use super::key::By;
use super::report::{Advice, Detail, Finding, Report, Risk, Severity, Verdict};
use super::words::{self, COLUMNS, number, ratio, share, share_of, wrap};
use std::fmt::Write;

/// Actions that the text shows.
const ACTIONS: usize = 3;
/// Lines of what is in the table, that of the memory apart.
const KINDS: usize = 5;
/// Namespaces that the text shows.
const NAMESPACES: usize = 10;
/// Idleness below this is none worth a word.
const HOUR_SECS: u32 = 3600;
/// Memory below this part is shown with a decimal.
const SMALL_RATIO: f64 = 0.01;

/// The text of a report.
pub(super) fn report(report: &Report, detail: &Detail<'_>) -> String {
    let mut out = String::new();
    head(&mut out, report);
    namespaces(&mut out, &report.facts);
    findings(&mut out, report);
    contents(&mut out, report, detail);
    for by in detail.by {
        let top = report.facts.census.as_ref().and_then(|census| Some((census, census.top(*by)?)));
        if let Some((census, top)) = top {
            out.push('\n');
            out += &top_table(top, census.entries, detail.rows);
        }
    }
    actions(&mut out, report);
    notes(&mut out, report);
    out
}

/// One line: how full, and the verdict; a second one where the trouble is another namespace, or where there is none.
fn head(out: &mut String, report: &Report) {
    let facts = &report.facts;
    let worst = report.findings.first().filter(|finding| finding.severity >= Severity::Warning);
    let is_other = worst.is_some_and(|finding| finding.id == "other-namespace");
    let fill = format!("conntrack: {}{}.", filled(facts), if is_other { " in this namespace" } else { "" });
    let verdict = match (worst, report.verdict) {
        (Some(finding), verdict) => format!("{}: {}.", verdict.name().to_uppercase(), finding.headline),
        (None, Verdict::Unknown) => "UNKNOWN.".to_owned(),
        (None, _) if !has_causes(report) => "No problem found.".to_owned(),
        (None, _) => match facts.lost() {
            Some(0) => "Nothing is lost.".to_owned(),
            _ => "Whether packets are lost is not known.".to_owned(),
        },
    };
    if is_other {
        wrap(out, "", "  ", &fill);
        wrap(out, "", "  ", &verdict);
    } else {
        wrap(out, "", "  ", &format!("{fill} {verdict}"));
    }
    if worst.is_none() && report.verdict == Verdict::Ok && !has_causes(report) {
        wrap(out, "  ", "  ", &losses(facts));
    }
}

fn has_causes(report: &Report) -> bool {
    report.findings.iter().any(|finding| finding.severity == Severity::Cause)
}

/// How full the table is.
fn filled(facts: &Facts) -> String {
    match (facts.table.entries, facts.table.max_entries) {
        (None, _) => "the number of entries cannot be read".to_owned(),
        (Some(entries), None) => {
            format!("{}, of a limit that is not known", words::counted(entries, "entry", "entries"))
        }
        (Some(entries), Some(0)) => {
            format!("{}, without a limit", words::counted(entries, "entry", "entries"))
        }
        (Some(entries), Some(max)) => {
            format!("{} of {} entries ({})", number(entries), number(max), share_of(entries, max))
        }
    }
}

/// What was lost, in a table without problems.
fn losses(facts: &Facts) -> String {
    let before = facts.lost_before();
    let now = facts.interval_secs.filter(|_| facts.lost() == Some(0)).map(words::measured);
    match (now, before) {
        (Some(now), Some(0)) => {
            format!("Nothing was lost in {now}, and nothing since this namespace was made.")
        }
        (Some(now), Some(before)) => {
            format!(
                "Nothing was lost in {now}, and {} since this namespace was made.",
                words::counted(before, "packet", "packets")
            )
        }
        (None, Some(0)) => "Nothing was lost since this namespace was made.".to_owned(),
        _ => "Whether packets are lost is not known.".to_owned(),
    }
}

fn findings(out: &mut String, report: &Report) {
    let own = report.findings.iter().filter(|finding| finding.said_by.is_none());
    let mut is_apart = true; // a blank line before the first, and after a table
    for (at, finding) in own.enumerate() {
        out.push_str(if is_apart { "\n" } else { "" });
        is_apart = finding.id == "idle-established";
        wrap(out, &format!("{}. ", at + 1), &indent(at + 1), &finding.text);
        if is_apart {
            idle_table(out, &report.facts);
        }
    }
}

/// As wide as the number of a finding or action.
fn indent(at: usize) -> String {
    " ".repeat(at.to_string().len() + 2)
}

/// How many established flows have been idle for how long.
fn idle_table(out: &mut String, facts: &Facts) {
    const CLASSES: [(u32, &str); 3] =
        [(172_800, "2 d"), (86400, "1 d"), (RFC5382_IDLE_SECS, "2 h 4 min (7440 s, RFC 5382)")];
    let Some(row) = facts.composition(6, Some("ESTABLISHED")) else { return };
    let counted = CLASSES.map(|(secs, name)| (name, row.idle_at_least(secs).unwrap_or(0)));
    let width = counted.iter().map(|(_, entries)| number(*entries).len()).max().unwrap_or(0).max(7);
    let _ = writeln!(out, "\n   {:<30} {:>width$}", "idle longer than", "entries");
    for (name, entries) in counted.into_iter().filter(|(_, entries)| *entries > 0) {
        let _ = writeln!(
            out,
            "     {name:<28} {:>width$} {:>6}",
            number(entries),
            share_of(entries, row.entries)
        );
    }
}

/// The kinds of entries and what they cost: where no finding says what kind they are, and before the tables that were asked
/// for.
fn contents(out: &mut String, report: &Report, detail: &Detail<'_>) {
    let facts = &report.facts;
    let is_unexplained = facts.is_in_trouble() && !report.findings.iter().any(says_a_kind);
    let is_shown = is_unexplained || !detail.by.is_empty();
    let Some(census) = facts.census.as_ref().filter(|_| is_shown) else { return };
    out.push_str("\nWhat is in the table\n");
    let kinds = || census.composition.iter().take(KINDS);
    let names = kinds().map(|row| (kind(row), number(row.entries)));
    let names: Vec<(String, String)> = names.collect();
    let name_width = names.iter().map(|(name, _)| name.len()).max().unwrap_or(0).max(15);
    let width = names.iter().map(|(_, entries)| entries.len()).max().unwrap_or(0);
    for ((name, entries), row) in names.iter().zip(kinds()) {
        let line =
            format!("  {name:<name_width$}   {entries:>width$} {:>6}", share_of(row.entries, census.entries));
        let others = " ".repeat(line.len() + 2);
        wrap(out, &format!("{line}  "), &others, &kept(row));
    }
    if let Some(memory) = memory(facts) {
        let first = format!("  {:<name_width$}   ", "memory");
        wrap(out, &first, &" ".repeat(first.len()), &memory);
    }
}

/// Whether a finding says what kind most entries are.
fn says_a_kind(finding: &Finding) -> bool {
    const KINDS: [&str; 8] = [
        "idle-established",
        "close-wait",
        "time-wait",
        "timeout-over-setting",
        "dns",
        "overlay",
        "loopback",
        "unreplied",
    ];
    KINDS.contains(&finding.id)
}

fn kind(row: &Composition) -> String {
    match row.state {
        Some(state) => format!("{} {state}", words::protocol(row.protocol)),
        None => words::protocol(row.protocol),
    }
}

/// How long the entries of a kind are kept, and how long they have been idle.
fn kept(row: &Composition) -> String {
    let kept =
        row.timeout_secs.map(|secs| format!("kept {} after the last packet", words::duration(secs.into())));
    let classes = IDLE_CLASSES_SECS.iter().zip(row.idle_entries);
    let none = classes
        .into_iter()
        .find(|(secs, entries)| **secs >= HOUR_SECS && *entries == 0)
        .map(|(secs, _)| *secs);
    let none = none.filter(|secs| row.idle_known() == row.entries && row.timeout_secs > Some(*secs));
    let idle = none.map(|secs| format!("idle < {}", words::duration(secs.into())));
    let half_open = (row.state == Some("SYN_RECV")).then(|| "half-open: no client confirms".to_owned());
    [half_open, kept, idle].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// What the entries cost.
fn memory(facts: &Facts) -> Option<String> {
    let bytes = facts.memory_bytes().filter(|&bytes| bytes > 0)?;
    let part = facts.machine.memory_bytes.filter(|&memory| memory > 0).map(|memory| {
        let part = ratio(bytes, memory);
        let part = if part < SMALL_RATIO { format!("{:.1} %", part * 100.0) } else { share(part) };
        format!(", {part} of {}", words::bytes(memory))
    });
    let each = facts.table.entry_bytes;
    Some(format!("{} ({each} bytes an entry){}", words::bytes(bytes), part.unwrap_or_default()))
}

/// The other namespaces and this one, where the others were asked for or matter.
fn namespaces(out: &mut String, facts: &Facts) {
    if facts.namespaces.is_empty() {
        return;
    }
    let max = facts.table.max_entries.unwrap_or(0);
    let mut others: Vec<&Namespace> = facts.others().collect();
    others.sort_by_key(|other| std::cmp::Reverse(other.entries));
    let (large, small): (Vec<&Namespace>, Vec<&Namespace>) =
        others.into_iter().partition(|other| ratio(other.entries.unwrap_or(0), max) >= SMALL_RATIO);
    let shown = large.iter().take(NAMESPACES).map(|other| (other.shown_name(), *other));
    let own = facts.own_namespace();
    let rows: Vec<(String, &Namespace)> = shown.chain([("(this one)".to_owned(), &own)]).collect();
    let titles = ["namespace", "entries", "used", "full drops", "evictions"].map(str::to_owned);
    let lines = rows.into_iter().map(|(name, row)| {
        let used = share_of(row.entries.unwrap_or(0), row.max_entries.unwrap_or(max));
        let [drops, evictions] = [row.full_drops_per_sec, row.evictions_per_sec].map(a_second);
        vec![name, number(row.entries.unwrap_or(0)), used, drops, evictions]
    });
    let lines: Vec<Vec<String>> = [titles.to_vec()].into_iter().chain(lines).collect();
    out.push('\n');
    aligned(out, "  ", 21, &lines);
    left_out(out, large.len().saturating_sub(NAMESPACES), small.len());
}

fn a_second(per_sec: Option<f64>) -> String {
    per_sec.map_or("-".to_owned(), |per_sec| format!("{}/s", words::rate(per_sec)))
}

fn left_out(out: &mut String, large: usize, small: usize) {
    if large > 0 {
        let _ = writeln!(out, "  {large} more hold 1 % or more each.");
    }
    match small {
        0 => {}
        1 => out.push_str("  1 other holds less than 1 %.\n"),
        small => {
            let _ = writeln!(out, "  {small} others hold fewer than 1 % each.");
        }
    }
}

/// What to do: at most three actions, and risk never falls. The loss comes first: a larger limit where packets are dropped,
/// or where no cause is found. Else one look; then the actions of the causes.
fn chosen(report: &Report) -> Vec<&Advice> {
    let all = || report.findings.iter().flat_map(own_advice);
    let first_of = |id: &str| report.findings.iter().flat_map(|f| &f.advice).find(|advice| advice.id == id);
    let raise = first_of("raise-limit");
    let calls_for_it = ["dropping-now", "no-heavy-hitter"].iter().any(|id| report.finding(id).is_some());
    let raises_first = calls_for_it && report.verdict != Verdict::Ok;
    let mut chosen: Vec<&Advice> = Vec::new();
    match raise.filter(|_| raises_first) {
        Some(raise) => chosen.push(raise),
        None => chosen.extend(first_look(report)),
    }
    let mut others: Vec<&Advice> = Vec::new();
    for advice in all().filter(|advice| advice.risk > Risk::LooksOnly && advice.id != "raise-limit") {
        if !others.contains(&advice) {
            others.push(advice);
        }
    }
    others.sort_by_key(|advice| advice.risk);
    let room = ACTIONS - chosen.len();
    chosen.extend(others.into_iter().take(room));
    if chosen.len() < ACTIONS && report.facts.is_filled(NEARLY_FULL_RATIO) {
        chosen.extend(raise.filter(|_| !raises_first));
    }
    // A larger limit brings its buckets.
    if chosen.iter().any(|advice| advice.id == "raise-limit") {
        chosen.retain(|advice| advice.id != "raise-buckets");
    }
    chosen.sort_by_key(|advice| advice.risk);
    chosen
}

/// The advice of a finding itself, not that of the causes that an acute finding repeats.
fn own_advice(finding: &Finding) -> &[Advice] {
    match finding.id {
        "dropping-now" | "evicting-now" | "filling" => &[],
        _ => &finding.advice,
    }
}

/// The first thing to look at. What a state says of a program comes before the list of its entries.
fn first_look(report: &Report) -> Option<&Advice> {
    let looks = report.findings.iter().flat_map(own_advice);
    looks.into_iter().find(|advice| advice.risk == Risk::LooksOnly)
}

fn actions(out: &mut String, report: &Report) {
    let knows_causes = report.facts.census.is_some() || report.finding("table-full").is_none();
    let chosen = if knows_causes { chosen(report) } else { Vec::new() };
    for (at, advice) in chosen.iter().enumerate() {
        if at == 0 {
            out.push_str("\nWhat to do\n");
        }
        action(out, at + 1, advice);
    }
    if report.finding("snat-ports").is_some() && !chosen.is_empty() {
        out.push_str("A larger table would not help.\n");
    }
}

fn action(out: &mut String, at: usize, advice: &Advice) {
    let parts = &advice.parts;
    let aside = parts.aside.as_ref().map_or(String::new(), |aside| format!("; {aside}"));
    let mut text = format!("{} ({}{aside})", parts.action, advice.risk.words());
    text += &parts.before.as_ref().map_or(String::new(), |before| format!(". {before}"));
    if !text.ends_with('.') {
        text.push(':');
    }
    wrap(out, &format!("{at}. "), &indent(at), &text);
    for command in &advice.commands {
        let _ = writeln!(out, "     {command}");
    }
    if let Some(after) = &parts.after {
        wrap(out, &indent(at), &indent(at), after);
    }
    if advice.risk == Risk::Traffic || advice.id == "log-invalid" {
        for command in &advice.undo {
            let line = format!("{}Undo: {command}", indent(at));
            match line.chars().count() {
                ..=COLUMNS => _ = writeln!(out, "{line}"),
                _ => _ = writeln!(out, "{}Undo:\n     {command}", indent(at)),
            }
        }
    }
}

/// What could not be read, and what has a table of its own.
fn notes(out: &mut String, report: &Report) {
    let facts = &report.facts;
    let mut lines: Vec<String> = Vec::new();
    let is_blind = facts.census.is_none() && !facts.machine.may_read_table;
    let worst = report.findings.first().map(|finding| finding.severity);
    let is_bad = worst.is_some_and(|worst| worst >= Severity::Warning);
    if facts.census.as_ref().is_some_and(|census| census.offloaded * 2 > census.entries) {
        lines.push(
            "More than half of the entries are offloaded to a flow table: their idle time is not known."
                .into(),
        );
    }
    if facts.machine.ipvs && is_bad {
        lines.push("IPVS has its own table, which is not looked at here.".to_owned());
    }
    let unread = facts.not_read.iter().filter(|unread| is_bad && !(is_blind && unread.what == "table"));
    lines.extend(unread.map(|unread| {
        format!("Not read: {} ({}).", words::plain(&unread.what).replace('_', " "), words::plain(&unread.why))
    }));
    for (at, line) in lines.iter().enumerate() {
        out.push_str(if at == 0 { "\n" } else { "" });
        wrap(out, "", "  ", line);
    }
    if is_blind && (facts.is_under_pressure() || report.verdict == Verdict::Unknown) {
        let why = "reading the table needs CAP_NET_ADMIN.";
        out.push('\n');
        wrap(out, "", "  ", &format!("Who holds the entries cannot be told: {why}"));
        out.push_str("     sudo conntrack --diagnose\n");
    }
}

/// A table of the largest groups, as `conntrack --top` prints it: at most `rows` of them. Shares are those of `total`.
#[must_use]
pub fn top_table(top: &Top, total: u64, rows: usize) -> String {
    let mut out = String::new();
    let columns = columns(top);
    let shown: Vec<&Row> = top.rows.iter().take(rows).collect();
    let mut lines = vec![header(top, &columns)];
    lines.extend(shown.iter().map(|row| cells(row, total, &columns)));
    let held: u64 = shown.iter().map(|row| row.entries).sum();
    if top.by != By::Label {
        let left = total.saturating_sub(held);
        lines.push(vec!["others".to_owned(), number(left), share_of(left, total)]);
    }
    aligned(&mut out, "", 16, &lines);
    let at_most = |row: &Row| row.entries + top.error_entries;
    let is_spread = shown.first().is_none_or(|row| ratio(at_most(row), total) < SMALL_RATIO);
    if is_spread && total > 0 {
        let _ = writeln!(out, "No {} has 1 % or more.", top.by.name());
    }
    if top.error_entries > 0 {
        let most = format!("{} ({})", number(top.error_entries), share_of(top.error_entries, total));
        wrap(&mut out, "", "  ", &format!("Each number may be up to {most} higher."));
    }
    out
}

/// A column: its title, and what a row has in it.
type Column = (&'static str, fn(&Row) -> String);

fn columns(top: &Top) -> Vec<Column> {
    let unanswered: Column = ("unanswered", |row| share_of(row.unanswered, row.entries));
    let targets: Column = ("targets", |row| {
        row.targets_estimate
            .map_or(String::new(), |targets| format!("~ {}", words::rounded(targets as f64, 1)))
    });
    let ports: Column =
        ("ports", |row| row.ports.map_or(String::new(), |(low, high)| format!("{low}-{high}")));
    let close_wait: Column = ("close-wait", |row| share_of(row.close_wait, row.entries));
    let time_wait: Column = ("time-wait", |row| share_of(row.time_wait, row.entries));
    match top.by {
        By::Source => vec![unanswered, targets],
        By::Server => vec![unanswered, close_wait, time_wait],
        By::NatPool => vec![ports],
        By::Status => vec![],
        _ => vec![unanswered],
    }
}

fn header(top: &Top, columns: &[Column]) -> Vec<String> {
    let titles = [top.by.name(), "entries", "share"].into_iter();
    titles.chain(columns.iter().map(|(title, _)| *title)).map(str::to_owned).collect()
}

fn cells(row: &Row, total: u64, columns: &[Column]) -> Vec<String> {
    let first = [words::group(row), number(row.entries), share_of(row.entries, total)];
    first.into_iter().chain(columns.iter().map(|(_, cell)| cell(row))).collect()
}

/// The first column to the left, the others to the right. A name that leaves no room has a line of its own.
fn aligned(out: &mut String, indent: &str, least: usize, lines: &[Vec<String>]) {
    let count = lines.iter().map(Vec::len).max().unwrap_or(0);
    let width = |at: usize| {
        let cells = lines.iter().filter_map(move |line| line.get(at));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (1..count).map(width).collect();
    let numbers: usize = widths.iter().map(|width| width + 2).sum();
    let room = COLUMNS.saturating_sub(numbers + indent.len());
    let names = lines.iter().filter_map(|line| line.first()).map(|name| name.chars().count());
    let name_width = names.filter(|width| *width <= room).max().unwrap_or(0).max(least).min(room);
    for line in lines {
        let name = line.first().map_or("", String::as_str);
        let cells = line.iter().skip(1).zip(&widths);
        let rest: String = cells.map(|(cell, width)| format!("  {cell:>width$}")).collect();
        if name.chars().count() <= name_width {
            let _ = writeln!(out, "{}", format!("{indent}{name:<name_width$}{rest}").trim_end());
        } else {
            wrap(out, indent, &format!("{indent}  "), name);
            let _ = writeln!(out, "{}", format!("{indent}{:<name_width$}{rest}", "").trim_end());
        }
    }
}

impl Facts {
    /// The namespaces other than the one looked at.
    fn others(&self) -> impl Iterator<Item = &Namespace> {
        let own = self.namespace.inode;
        self.namespaces.iter().filter(move |other| other.inode == 0 || other.inode != own)
    }

    /// The namespace looked at, with its numbers.
    fn own_namespace(&self) -> Namespace {
        let mut own = self.namespace.clone();
        own.entries = self.table.entries;
        own.max_entries = self.table.max_entries;
        own.full_drops_per_sec = self.losses.and_then(|losses| losses.table_full.per_sec);
        own.evictions_per_sec = self.counter("early_drop").and_then(|counter| counter.per_sec);
        own
    }
}
