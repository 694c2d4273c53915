// SPDX-License-Identifier: GPL-2.0-or-later
//! `--diagnose`: what is wrong with the table, why, and what to do.
//!
//! The exit status is 0 whatever is found: it is `--check` that judges by its exit status.

#![forbid(unsafe_code)]

use super::watch::{self, Between};
use super::{Done, Session, registry, unreadable};
use crate::line::Line;
use crate::line::options::Param;
use crate::line::value::Formats;
use crate::show::message::{Complaint, VERSION_LINE};
use netfilter_conntrack::LabelMap;
use netfilter_conntrack::diagnosis::{By, Detail, Diagnosis};
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

/// Rows of each table where `--show` does not say how many.
const ROWS: u16 = 3;

/// What is asked for.
#[derive(Debug)]
pub struct Job {
    by: Vec<By>,
    rows: usize,
    interval: Duration,
    watch: Option<Duration>,
    all_namespaces: bool,
    json: bool,
    labels: Option<Rc<LabelMap>>,
    /// The file of the namespace that was entered.
    entered_by: Option<PathBuf>,
}

pub fn job(line: Line) -> Result<registry::Job, Complaint> {
    Ok(registry::Job::Diagnose(Job {
        rows: line.show.unwrap_or(ROWS).into(),
        interval: watch::interval(line.interval, line.watch),
        watch: line.watch,
        all_namespaces: line.has(Param::AllNetns),
        json: line.formats.contains(Formats::JSON),
        labels: line.label_map,
        entered_by: line.netns.and_then(|netns| netns.path().ok()),
        by: line.by,
    }))
}

impl Job {
    pub fn run(self, session: &mut Session) -> Result<Done, Complaint> {
        let mut diagnosis = Diagnosis::new().interval(self.interval);
        diagnosis = diagnosis.all_namespaces(self.all_namespaces).group_by(&self.by, self.rows);
        if let Some(labels) = &self.labels {
            diagnosis = diagnosis.label_map(LabelMap::clone(labels));
        }
        if let Some(path) = &self.entered_by {
            diagnosis = diagnosis.entered_by(path.clone());
        }
        let between = if self.json { Between::Lines } else { Between::Text };
        watch::run(session, self.watch, between, |session| self.once(session, &mut diagnosis))
    }

    fn once(&self, session: &mut Session, diagnosis: &mut Diagnosis) -> Result<Done, Complaint> {
        let report = diagnosis.run().map_err(|error| Complaint::Operation(unreadable(error)))?;
        let detail = Detail { by: &self.by, rows: self.rows };
        let mut text = String::new();
        match self.json {
            // A string takes everything.
            true => _ = report.write_json(VERSION_LINE, &detail, &mut text),
            false => text = report.text_with(&detail),
        }
        let end = if self.json { "\n" } else { "" };
        session.out.text(format_args!("{text}{end}"))?;
        Ok(Done::Quietly)
    }
}
