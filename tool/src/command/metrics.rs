// SPDX-License-Identifier: GPL-2.0-or-later
//! `--metrics`: metrics for Prometheus. The table is read only where `--by` asks for its groups.

#![forbid(unsafe_code)]

use super::others::others;
use super::{Done, Session, registry, top, unreadable};
use crate::line::Line;
use crate::line::options::Param;
use crate::line::value::{self, Metrics as Names};
use crate::show::message::Complaint;
use crate::show::openmetrics::{Kind, Metrics, Syntax};
use netfilter_conntrack::Selector;
use netfilter_conntrack::diagnosis::facts::{Settings, Top};
use netfilter_conntrack::diagnosis::sample::{self, COUNTERS, Lost};
use netfilter_conntrack::diagnosis::{By, Limits, Sample};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::time::Instant;

/// Rows of each table without `--show`, and at most.
const ROWS: usize = 10;
const MOST_ROWS: usize = 100;

/// What is asked for.
#[derive(Debug)]
pub struct Job {
    names: Names,
    by: Vec<By>,
    rows: usize,
    all_namespaces: bool,
}

pub fn job(line: Line) -> Result<registry::Job, Complaint> {
    let rows = line.show.map_or(ROWS, usize::from);
    if rows > MOST_ROWS {
        return Err(value::unexpected(rows.to_string().as_bytes(), Param::Show.row()));
    }
    let names = line.metrics.unwrap_or_default();
    for param in [Param::By, Param::AllNetns] {
        if names == Names::Node && line.has(param) {
            return Err(Complaint::Together("metrics=node", param.row().name()));
        }
    }
    Ok(registry::Job::Metrics(Job { names, rows, all_namespaces: line.has(Param::AllNetns), by: line.by }))
}

/// What is read of one namespace.
struct Reading {
    /// Its name; empty for the one looked at.
    name: String,
    sample: Sample,
    /// Counters that wrap as one: of a sum that falls Prometheus takes all for new.
    counters: BTreeMap<&'static str, u32>,
}

impl Reading {
    fn new(name: String, sample: Sample) -> Reading {
        Reading { name, counters: sample.counters_modulo(), sample }
    }
}

impl Job {
    pub fn run(self, session: &mut Session) -> Result<Done, Complaint> {
        let text = match self.names {
            Names::Conntrack => self.own_names(session)?,
            Names::Node => node_names(&sampled(session)?),
        };
        session.out.text(format_args!("{text}"))?;
        Ok(Done::Quietly)
    }

    fn own_names(&self, session: &mut Session) -> Result<String, Complaint> {
        let begun = Instant::now();
        let mut readings = vec![Reading::new(String::new(), sampled(session)?)];
        let privileged = readings.iter().all(|reading| reading.sample.is_privileged());
        if self.all_namespaces {
            let others = others().into_iter().filter(|(_, sample)| sample.entries() != Some(0));
            readings.extend(others.map(|(name, sample)| Reading::new(name, sample)));
        }
        let mut metrics = Metrics::new(Syntax::OpenMetrics);
        fill(&mut metrics, &readings);
        counters(&mut metrics, &readings);
        losses(&mut metrics, &readings);
        let limits = Limits::read();
        own(&mut metrics, "conntrack_buckets", "Buckets of the hash table of the machine.", limits.buckets);
        let all = limits.entries_all_namespaces;
        gauge(&mut metrics, "conntrack_entries_all_namespaces", "Entries of all namespaces.", all);
        expectations(&mut metrics, session, &readings);
        let most = limits.expectations_max;
        own(&mut metrics, "conntrack_expectations_limit", "The most expectations of a namespace.", most);
        timeouts(&mut metrics, &Settings::read());
        if !self.by.is_empty() {
            self.groups(&mut metrics, session)?;
        }
        let took = begun.elapsed().as_secs_f64();
        gauge(&mut metrics, "conntrack_scrape_duration_seconds", "How long the reading took.", Some(took));
        gauge(
            &mut metrics,
            "conntrack_scrape_success",
            "1: everything could be read.",
            Some(u8::from(privileged)),
        );
        Ok(metrics.finish())
    }

    /// The largest groups of the table, which is read once.
    fn groups(&self, metrics: &mut Metrics, session: &mut Session) -> Result<(), Complaint> {
        let counted = top::count(session, &Selector::default(), &self.by, self.rows, None)?;
        counted.top.iter().for_each(|top| group(metrics, top, counted.entries));
        Ok(())
    }
}

fn sampled(session: &mut Session) -> Result<Sample, Complaint> {
    let sample = session.sample();
    match sample.try_entries() {
        Ok(_) => Ok(sample),
        Err(error) => Err(Complaint::Operation(unreadable(error))),
    }
}

fn gauge(metrics: &mut Metrics, name: &str, help: &str, value: Option<impl Display>) {
    labelled(metrics, name, help, &[], value);
}

/// A gauge of the namespace looked at.
fn own(metrics: &mut Metrics, name: &str, help: &str, value: Option<impl Display>) {
    labelled(metrics, name, help, &[("netns", "")], value);
}

fn labelled(
    metrics: &mut Metrics,
    name: &str,
    help: &str,
    labels: &[(&str, &str)],
    value: Option<impl Display>,
) {
    if let Some(value) = value {
        metrics.family(name, Kind::Gauge, help);
        metrics.sample(labels, value);
    }
}

/// A family with a sample for each namespace that has the value.
fn each(
    metrics: &mut Metrics,
    (name, kind, help): (&str, Kind, &str),
    readings: &[Reading],
    value: impl Fn(&Reading) -> Option<u64>,
) {
    let values: Vec<(&str, u64)> =
        readings.iter().filter_map(|reading| Some((reading.name.as_str(), value(reading)?))).collect();
    if !values.is_empty() {
        metrics.family(name, kind, help);
        values.iter().for_each(|(name, value)| metrics.sample(&[("netns", name)], value));
    }
}

fn fill(metrics: &mut Metrics, readings: &[Reading]) {
    let entries = ("conntrack_entries", Kind::Gauge, "Entries of the connection tracking table.");
    each(metrics, entries, readings, |reading| reading.sample.entries());
    let limit =
        ("conntrack_entries_limit", Kind::Gauge, "The most entries a namespace can have; 0: no limit.");
    each(metrics, limit, readings, |reading| reading.sample.max_entries());
}

fn counters(metrics: &mut Metrics, readings: &[Reading]) {
    for &(_, name) in COUNTERS {
        let (family, help) = (format!("conntrack_stat_{name}"), format!("The kernel's counter {name}."));
        each(metrics, (&family, Kind::Counter, &help), readings, |reading| {
            reading.counters.get(name).copied().map(u64::from)
        });
    }
}

/// The causes of losses, as label values.
fn by_reason(lost: &Lost) -> [(&'static str, u64); 3] {
    [("table_full", lost.table_full), ("clash", lost.clash), ("chain_too_long", lost.chain_too_long)]
}

fn losses(metrics: &mut Metrics, readings: &[Reading]) {
    let known = readings.iter().filter_map(|reading| Some((reading.name.as_str(), reading.sample.lost()?)));
    let known: Vec<(&str, Lost)> = known.collect();
    if known.is_empty() {
        return;
    }
    metrics.family("conntrack_lost_packets", Kind::Counter, "Packets lost by connection tracking, by cause.");
    for (name, lost) in &known {
        for (reason, packets) in by_reason(lost) {
            metrics.sample(&[("netns", name), ("reason", reason)], packets);
        }
    }
}

/// Those of the namespace looked at are counted one by one, where that is allowed.
fn expectations(metrics: &mut Metrics, session: &mut Session, readings: &[Reading]) {
    let mut exact = || sample::expectations(session.handle().ok()?.0).ok();
    let exact: Option<u64> = readings.first().filter(|own| own.sample.is_privileged()).and_then(|_| exact());
    let help = "Expectations of related connections.";
    each(metrics, ("conntrack_expectations", Kind::Gauge, help), readings, |reading| {
        exact.filter(|_| reading.name.is_empty()).or_else(|| reading.sample.expectations())
    });
}

fn timeouts(metrics: &mut Metrics, settings: &Settings) {
    if settings.timeouts_secs.is_empty() {
        return;
    }
    metrics.family("conntrack_timeout_seconds", Kind::Gauge, "How long an idle entry is kept.");
    for (protocol, states) in &settings.timeouts_secs {
        for (state, secs) in states {
            metrics.sample(&[("protocol", protocol), ("state", state)], secs);
        }
    }
}

/// The value of the labels of what is left.
const OTHER: &str = "other";

/// The rows of a table, what is left, and by how much each number may be too low.
fn group(metrics: &mut Metrics, top: &Top, total: u64) {
    let name = format!("conntrack_entries_by_{}", top.by.table_name());
    metrics.family(&name, Kind::Gauge, "Entries of the largest groups: lower bounds.");
    let mut shown = 0;
    for row in &top.rows {
        let labels = row.labels();
        // A helper may have this name: its entries count with those that are left.
        if top.by == By::Helper && labels.iter().all(|(_, value)| value == OTHER) {
            continue;
        }
        let labels: Vec<(&str, &str)> = labels.iter().map(|(name, value)| (*name, value.as_str())).collect();
        metrics.sample(&labels, row.entries);
        shown += row.entries;
    }
    // An entry with two labels is in two groups: the rest cannot be counted.
    if let Some(first) = top.rows.first().filter(|_| top.by != By::Label) {
        let labels: Vec<(&str, &str)> = first.labels().iter().map(|(name, _)| (*name, OTHER)).collect();
        metrics.sample(&labels, total.saturating_sub(shown));
    }
    let help = "By how much each number may be too low.";
    gauge(metrics, &format!("{name}_error"), help, Some(top.error_entries));
}

/// The counters of node_exporter's conntrack collector, whose names are the kernel's.
const NODE: &[&str] =
    &["found", "invalid", "ignore", "insert", "insert_failed", "drop", "early_drop", "search_restart"];

fn node_names(sample: &Sample) -> String {
    let mut metrics = Metrics::new(Syntax::Prometheus);
    let counters: BTreeMap<&str, u64> = sample.counters();
    let entries = "Entries of the connection tracking table.";
    gauge(&mut metrics, "node_nf_conntrack_entries", entries, sample.entries());
    let limit = "The most entries of the connection tracking table.";
    gauge(&mut metrics, "node_nf_conntrack_entries_limit", limit, sample.max_entries());
    for name in NODE.iter().filter(|_| !counters.is_empty()) {
        let value = counters.get(name).copied().unwrap_or(0); // a counter that the kernel keeps no more is 0 there too
        let help = format!("The kernel's counter {name}.");
        gauge(&mut metrics, &format!("node_nf_conntrack_stat_{name}"), &help, Some(value));
    }
    metrics.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use netfilter_conntrack::diagnosis::Key;
    use netfilter_conntrack::diagnosis::facts::Row;

    /// A program may name its helper as the metrics name what is left.
    #[test]
    fn no_two_samples_have_one_label() {
        let helper = |name: &str, entries| Row::new(Key::Helper(name.to_owned()), entries);
        let top = Top::new(By::Helper, 0, 2, vec![helper("ftp", 5), helper("other", 2)]);
        let mut metrics = Metrics::new(Syntax::OpenMetrics);
        group(&mut metrics, &top, 10);
        let text = metrics.finish();
        let samples: Vec<&str> = text.lines().filter(|line| line.contains('{')).collect();
        let name = "conntrack_entries_by_helper";
        assert_eq!(
            samples,
            [format!("{name}{{helper=\"ftp\"}} 5"), format!("{name}{{helper=\"other\"}} 5")],
            "2 of it and 3 left"
        );
    }
}
