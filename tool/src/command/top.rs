// SPDX-License-Identifier: GPL-2.0-or-later
//! `--top`: who holds the entries, by what `--by` names: the largest groups of the table, or of the entries that the
//! filters of `-L` select.

#![forbid(unsafe_code)]

use super::registry::{self, Verb};
use super::watch::{self, Between};
use super::{Done, Session};
use crate::line::options::Table;
use crate::line::value::Formats;
use crate::line::{Line, objects};
use crate::show::message::{Complaint, VERSION_LINE};
use crate::show::refusal;
use netfilter_conntrack::diagnosis::facts::{Counted, Settings};
use netfilter_conntrack::diagnosis::top::{self, View};
use netfilter_conntrack::diagnosis::{By, CensusOptions, Facts, Report};
use netfilter_conntrack::{LabelMap, Selector};
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime};

/// The groupings without `--by`.
const GROUPINGS: [By; 4] = [By::Source, By::Destination, By::Service, By::State];
/// Lines of each table without `--show`.
const ROWS: usize = 10;

/// What is asked for.
#[derive(Debug)]
pub struct Job {
    selector: Selector,
    by: Vec<By>,
    labels: Option<Rc<LabelMap>>,
    view: View,
    json: bool,
    watch: Option<Duration>,
}

pub fn job(line: Line) -> Result<registry::Job, Complaint> {
    let selector = objects::list_selector(&line)?;
    let rows = line.show.map_or(ROWS, usize::from);
    Ok(registry::Job::Top(Job {
        by: if line.by.is_empty() { GROUPINGS.to_vec() } else { line.by },
        view: View { rows, is_selection: !selector.is_everything() },
        selector,
        labels: line.label_map,
        json: line.formats.contains(Formats::JSON),
        watch: line.watch,
    }))
}

impl Job {
    pub fn run(self, session: &mut Session) -> Result<Done, Complaint> {
        let between = if self.json { Between::Lines } else { Between::Text };
        watch::run(session, self.watch, between, |session| self.once(session))
    }

    fn once(&self, session: &mut Session) -> Result<Done, Complaint> {
        let begun = Instant::now();
        let census = count(session, &self.selector, &self.by, self.view.rows, self.labels.as_deref())?;
        if self.json {
            let report = Report::new(Facts::of_census(census), SystemTime::now(), begun.elapsed());
            let mut text = String::new();
            let _ = top::write_json(&report, VERSION_LINE, self.view, &mut text); // a string takes everything
            session.out.text(format_args!("{text}\n"))?;
        } else {
            session.out.text(format_args!("{}", top::text(&census, self.view)))?;
        }
        Ok(Done::Quietly)
    }
}

/// A census of the selected entries: reads the table once. Labels have the names of the map, or of the machine's file.
pub fn count(
    session: &mut Session,
    selector: &Selector,
    by: &[By],
    rows: usize,
    labels: Option<&LabelMap>,
) -> Result<Counted, Complaint> {
    let options = CensusOptions::new(by.iter().copied(), rows);
    let (handle, _) = session.handle()?;
    let counted = Counted::of_table(handle, selector, &Settings::default(), &options);
    let mut counted = counted.map_err(|error| refusal::of(Verb::List, Table::Conntrack, error))?;
    counted.name_labels(labels);
    Ok(counted)
}
