// SPDX-License-Identifier: GPL-2.0-or-later
//! Explains what came out differently, by the rows of [`differences`](super::differences).

use super::differences::{ROWS, Want};
use super::fixture::{Extras, flow_lines, without_use};
use super::normal::is_root;
use super::runner::Place;
use super::{Case, Outcome};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// How far one command line may be led back to another.
const STEPS: usize = 4;

/// The outcomes of the original for the command lines that rows lead to.
pub struct Judge<'a> {
    /// Where unknown ones are run, if they can be.
    place: Option<Place<'a>>,
    known: HashMap<Case, Outcome>,
    /// How many command lines each row has explained.
    pub used: BTreeMap<&'static str, usize>,
}

impl<'a> Judge<'a> {
    /// A judge in the calling thread's namespace.
    pub fn new(original: &'a Path) -> Judge<'a> {
        Judge { place: Some(Place::new(original, Extras::On)), ..Judge::of(HashMap::new()) }
    }

    /// A judge who knows these outcomes of the original and no others.
    pub fn of(known: HashMap<Case, Outcome>) -> Judge<'a> {
        let used = ROWS.iter().map(|row| (row.name, 0)).collect();
        Judge { place: None, known, used }
    }

    /// Whether rows explain why ours came out as it did.
    pub fn explains(&mut self, case: &Case, theirs: &Outcome, ours: &Outcome) -> bool {
        let Some(rows) = self.explain(case, theirs, ours, STEPS) else { return false };
        for row in rows {
            *self.used.entry(row).or_default() += 1;
        }
        true
    }

    fn explain(
        &mut self,
        case: &Case,
        theirs: &Outcome,
        ours: &Outcome,
        steps: usize,
    ) -> Option<Vec<&'static str>> {
        if theirs == ours {
            return Some(Vec::new());
        }
        if steps == 0 {
            return None;
        }
        ROWS.iter().filter(|row| row.is_about(case)).find_map(|row| {
            let further = self.satisfied(&row.want, case, theirs, ours, steps)?;
            Some([vec![row.name], further].concat())
        })
    }

    /// Whether ours is as a row wants it; gives the further rows that this takes.
    fn satisfied(
        &mut self,
        want: &Want,
        case: &Case,
        theirs: &Outcome,
        ours: &Outcome,
        steps: usize,
    ) -> Option<Vec<&'static str>> {
        let met = match want {
            Want::Like(other) => {
                let other = other(case).filter(|other| other != case)?;
                let theirs = self.outcome(&other)?;
                return self.explain(&other, &theirs, ours, steps - 1);
            }
            Want::Mended(mend) => {
                let mended = mend(case, theirs).filter(|mended| mended != theirs)?;
                return self.explain(case, &mended, ours, steps - 1);
            }
            Want::Refuses(text) => says(ours, text),
            Want::Says(text) => text(case).is_some_and(|text| says(ours, &text)),
            Want::Holds(holds) => holds(case, theirs, ours),
            Want::Touches(list) => touches(&self.outcome(&list(case)?)?, ours),
            Want::TouchesThose(list, touched) => {
                let mut list = self.outcome(&list(case)?)?;
                list.stdout.retain(|line| touched(case, line));
                touches(&list, ours)
            }
            Want::TouchesSome(list) => {
                let incomplete = theirs.stdout.len() < ours.stdout.len() || theirs.stderr.len() > 1;
                incomplete && touches_some(&self.outcome(&list(case)?)?, ours)
            }
            Want::Those(all, shown) => {
                let all = self.outcome(&all(case)?)?.stdout;
                let shown: Vec<String> = all.into_iter().filter(|line| shown(case, line)).collect();
                ours.status == "0" && ours.stdout == shown && counts(ours)
            }
            Want::Both(lists) => {
                let [one, other] = lists(case)?.map(|list| self.outcome(&list));
                let other = other?.stdout;
                let both: Vec<String> = one?.stdout.into_iter().filter(|line| other.contains(line)).collect();
                ours.status == "0" && ours.stdout == both && counts(ours)
            }
        };
        met.then(Vec::new)
    }

    fn outcome(&mut self, case: &Case) -> Option<Outcome> {
        if let Some(outcome) = self.known.get(case) {
            return Some(outcome.clone());
        }
        let outcome = self.place.as_mut()?.outcome(case);
        self.known.insert(case.clone(), outcome.clone());
        Some(outcome)
    }
}

/// Whether all that happened is a message.
fn says(ours: &Outcome, text: &str) -> bool {
    let hint = ours.stderr.last().is_some_and(|line| line.starts_with("Try "));
    let last = ours.stderr.iter().rev().nth(usize::from(hint));
    ours.status == if hint { "2" } else { "1" }
        && last.is_some_and(|line| *line == format!("P: {text}"))
        && ours.stdout.is_empty()
        && ours.table.is_empty()
}

/// The entries of a list in the extended form, and those that were changed or deleted.
fn listed_and_touched(list: &Outcome, ours: &Outcome) -> [Vec<String>; 2] {
    let text = |line: &String| without_use(line.split(" labels=").next().unwrap_or_default());
    let mut entries = [list.stdout.iter().map(text).collect(), flow_lines(&ours.table, '-')];
    entries.iter_mut().for_each(|lines: &mut Vec<String>| lines.sort());
    entries
}

/// Whether the summary counts what is printed.
fn counts(ours: &Outcome) -> bool {
    let shown = ours.stdout.iter().filter(|line| !is_root(line)).count();
    ours.stderr.last().is_some_and(|line| line.starts_with(&format!("P: {shown} flow ")))
}

/// Whether all that was touched is deleted, or has got another mark and nothing else.
fn deleted_or_marked(ours: &Outcome) -> bool {
    let unmarked = |mark: char| {
        let lines = ours
            .table
            .iter()
            .filter_map(|line| line.strip_prefix(mark))
            .filter(|line| line.contains(" status="));
        let bare = |line: &str| {
            line.split(' ').filter(|word| !word.starts_with("mark=")).collect::<Vec<_>>().join(" ")
        };
        let mut lines: Vec<String> = lines.map(bare).collect();
        lines.sort();
        lines
    };
    let new = unmarked('+');
    new.is_empty() || new == unmarked('-')
}

/// Whether exactly the entries of a list were changed or deleted, shown and counted.
fn touches(list: &Outcome, ours: &Outcome) -> bool {
    let [listed, touched] = listed_and_touched(list, ours);
    let emptied = ours.stderr.last().is_some_and(|line| line.ends_with("has been emptied."));
    let expected = if listed.is_empty() && !emptied { "1" } else { "0" };
    list.status == "0"
        && ours.status == expected
        && touched == listed
        && deleted_or_marked(ours)
        && (emptied || (counts(ours) && ours.stdout.len() == touched.len()))
}

/// Whether entries of a list and no others were changed, shown and counted, as far as there was something to change.
fn touches_some(list: &Outcome, ours: &Outcome) -> bool {
    let [listed, touched] = listed_and_touched(list, ours);
    let expected = if ours.stdout.is_empty() { "1" } else { "0" };
    list.status == "0"
        && ours.status == expected
        && counts(ours)
        && touched.len() <= ours.stdout.len()
        && touched.iter().all(|line| listed.contains(line))
        && touched.len() == flow_lines(&ours.table, '+').len()
}
