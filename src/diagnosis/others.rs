// SPDX-License-Identifier: GPL-2.0-or-later
//! The other namespaces of the machine in one diagnosis: each read twice, like the one that is looked at.

#![forbid(unsafe_code)]

use super::facts::{Facts, NotRead};
use super::namespaces::{self, Found, Identity};
use super::sample::Sample;
use crate::error::Error;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// Other namespaces are looked at unasked where they hold more than this part of the limit, in per cent.
const PERCENT: u64 = 80;
/// With this number of namespaces that cannot be read for the same reason, one line reports their number.
const NAMED_FAILURES: usize = 5;

/// What was read of each namespace at one time.
pub(crate) type Readings = BTreeMap<Identity, Sample>;

/// Whether this table is at ease while the others hold most of the limit.
pub(crate) fn matter(facts: &Facts) -> bool {
    let others = facts.table.entries_all_namespaces.zip(facts.table.entries);
    let others = others.map_or(0, |(all, own)| all.saturating_sub(own));
    let max = facts.table.max_entries.unwrap_or(0);
    max > 0 && !facts.is_under_pressure() && u128::from(others) * 100 > u128::from(max) * u128::from(PERCENT)
}

/// The namespaces that were found, and what was read of them before.
pub(crate) struct Others {
    found: Vec<Found>,
    before: Readings,
    not_read: Vec<NotRead>,
}

impl Others {
    /// Looks for them, and reads the counters of those that an earlier run has not read.
    pub fn look(kept: Readings) -> Others {
        let mut others = Others { before: kept, ..Others::look_once() };
        for found in &others.found {
            if let Entry::Vacant(vacant) = others.before.entry(found.identity()) {
                found.sample().ok().map(|sample| vacant.insert(sample));
            }
        }
        others
    }

    /// Looks for them. There will be one reading of each, and nothing per second.
    pub fn look_once() -> Others {
        let search = namespaces::search();
        Others { found: search.found, before: Readings::new(), not_read: search.not_read }
    }

    /// Reads the counters again, which it gives back. Namespaces without entries are left out, and those that have gone.
    pub fn describe(self, facts: &mut Facts) -> Readings {
        facts.not_read.extend(self.not_read);
        let (mut readings, mut failed) = (Readings::new(), BTreeMap::<String, Vec<String>>::new());
        for found in self.found {
            match found.sample() {
                Ok(after) => {
                    if after.entries() != Some(0) {
                        let before = self.before.get(&found.identity());
                        let before = before.filter(|before| after.can_follow(before));
                        facts.namespaces.push(found.describe(before, &after));
                    }
                    readings.insert(found.identity(), after);
                }
                Err(Error::Os(libc::ESRCH)) => {}
                Err(error) => failed.entry(error.to_string()).or_default().push(found.label()),
            }
        }
        facts.not_read.extend(failed.into_iter().flat_map(|(why, which)| not_read(which, &why)));
        facts.namespaces.sort_by_key(|namespace| Reverse(namespace.entries));
        readings
    }
}

/// The namespaces that could not be read for one reason: each by its name, or their number, if it is large.
fn not_read(which: Vec<String>, why: &str) -> Vec<NotRead> {
    match which.len() {
        count @ NAMED_FAILURES.. => vec![NotRead::new(format!("{count} namespaces"), why)],
        _ => which.into_iter().map(|name| NotRead::new(name, why)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_namespaces_that_cannot_be_read_are_one_line() {
        let names = |count: usize| (0..count).map(|n| format!("namespace n{n}")).collect();
        assert_eq!(not_read(names(4), "why").len(), 4);
        assert_eq!(not_read(names(5), "why"), [NotRead::new("5 namespaces", "why")]);
    }

    #[test]
    fn others_matter_where_they_hold_most_of_the_limit_and_this_one_is_at_ease() {
        let mut facts = Facts::default();
        facts.table.max_entries = Some(1000);
        let mut matter_at = |own, all| {
            (facts.table.entries, facts.table.entries_all_namespaces) = (Some(own), all);
            matter(&facts)
        };
        assert!(matter_at(10, Some(811)));
        assert!(!matter_at(10, Some(810)), "80 % and not more");
        assert!(!matter_at(10, None));
        assert!(!matter_at(10, Some(5)), "the memory statistics may lag behind");
        assert!(!matter_at(600, Some(5000)), "this one is under pressure");
        facts.table = super::super::facts::Table { max_entries: Some(0), ..facts.table };
        (facts.table.entries, facts.table.entries_all_namespaces) = (Some(0), Some(5000));
        assert!(!matter(&facts), "no limit");
    }
}
