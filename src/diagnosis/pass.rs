// SPDX-License-Identifier: GPL-2.0-or-later
//! The one pass over the list of a table, for every command that counts its entries: one list, read while the hash keeps its
//! size, and the names of labels.

#![forbid(unsafe_code)]

use super::census::{Census, CensusOptions};
use super::facts::{Counted, Settings};
use super::key::{By, Key};
use super::sample::count_setting;
use crate::error::{Error, Result};
use crate::exchange::handle::Handle;
use crate::filter::Selector;
use crate::label::LabelMap;

impl Counted {
    /// A census of the selected entries of the table. `settings` are those of the handle's namespace. The list is read again
    /// if the number of hash buckets changed meanwhile.
    ///
    /// ```no_run
    /// use netfilter_conntrack::diagnosis::facts::{Counted, Settings};
    /// use netfilter_conntrack::diagnosis::{By, CensusOptions};
    /// use netfilter_conntrack::{Handle, Selector};
    /// let mut handle = Handle::open()?;
    /// let options = CensusOptions::new([By::Source], 10);
    /// let counted = Counted::of_table(&mut handle, &Selector::default(), &Settings::read(), &options)?;
    /// for row in &counted.top[0].rows {
    ///     println!("{:?}: {} entries", row.key, row.entries);
    /// }
    /// # Ok::<(), netfilter_conntrack::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of a list; [`Error::Interrupted`] if the number of buckets changed during the second list, too.
    pub fn of_table(
        handle: &mut Handle,
        selector: &Selector,
        settings: &Settings,
        options: &CensusOptions,
    ) -> Result<Counted> {
        let read = |census: &mut Census| {
            let mut list = handle.entries().selector(selector).read_ahead(true).open()?;
            while let Some(flow) = list.next()? {
                census.add(flow);
            }
            Ok(())
        };
        counted(|| count_setting("buckets").ok(), || Census::new(settings, options.clone()), read)
    }

    /// Gives the groups by label their names: those of `map`, or of the machine's file where it is absent.
    pub fn name_labels(&mut self, map: Option<&LabelMap>) {
        let rows = self.top.iter_mut().filter(|top| top.by == By::Label).flat_map(|top| &mut top.rows);
        let mut rows = rows.peekable();
        if rows.peek().is_none() {
            return;
        }
        let file = if map.is_none() { LabelMap::open(None).ok() } else { None };
        let Some(map) = map.or(file.as_ref()) else { return };
        for row in rows {
            let Key::Label(bit) = row.key else { continue };
            let name = map.name(bit.into()).filter(|name| !name.is_empty());
            row.name = name.map(|name| name.to_string_lossy().into_owned());
        }
    }
}

/// What a census counts of a list while the number of `buckets` stays the same. A list that is read while the hash gets another
/// size lacks entries or has some twice, and the kernel does not say so.
///
/// # Errors
/// Those of `read`; [`Error::Interrupted`] if the hash got another size twice.
fn counted(
    buckets: impl Fn() -> Option<u64>,
    census: impl Fn() -> Census,
    mut read: impl FnMut(&mut Census) -> Result<()>,
) -> Result<Counted> {
    for _ in 0..2 {
        let (before, mut census) = (buckets(), census());
        read(&mut census)?;
        if buckets() == before {
            return Ok(census.finish());
        }
    }
    Err(Error::Interrupted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::facts::{Row, Top};
    use crate::flow::Flow;
    use std::cell::Cell;

    /// Reads a list of three flows while the number of buckets goes through `sizes`: what was counted, and the number of lists.
    fn read(sizes: &[Option<u64>], error: Option<Error>) -> (Result<u64>, usize) {
        let (asked, mut lists) = (Cell::new(0), 0);
        let buckets = || sizes[asked.replace(asked.get() + 1)];
        let census = || Census::new(&Settings::default(), CensusOptions::new([By::Zone], 1));
        let counted = counted(buckets, census, |census| {
            lists += 1;
            (0..3).for_each(|_| census.add(&Flow::default()));
            error.map_or(Ok(()), Err)
        });
        (counted.map(|counted| counted.entries), lists)
    }

    #[test]
    fn a_list_is_read_again_if_the_hash_got_another_size() {
        let sizes = |all: [u64; 4]| read(&all.map(Some), None);
        assert_eq!(sizes([8, 8, 0, 0]), (Ok(3), 1));
        assert_eq!(sizes([8, 16, 16, 16]), (Ok(3), 2), "the first list does not count");
        assert_eq!(sizes([8, 16, 16, 8]), (Err(Error::Interrupted), 2));
        assert_eq!(read(&[None, None], None), (Ok(3), 1), "a number that cannot be read says nothing");
        assert_eq!(read(&[Some(8)], Some(Error::Truncated)), (Err(Error::Truncated), 1));
    }

    #[test]
    fn labels_get_the_names_that_the_map_has() {
        let rows = |keys: &[Key]| keys.iter().map(|key| Row::new(key.clone(), 1)).collect();
        let labels = Top::new(By::Label, 0, 3, rows(&[Key::Label(1), Key::Label(2), Key::Label(127)]));
        let zones = Top::new(By::Zone, 0, 1, rows(&[Key::Zone(1)]));
        let mut counted = Counted { top: vec![labels, zones], ..Counted::default() };
        // The map knows a label above bit 2, which has no name, and none for 127.
        counted.name_labels(Some(&LabelMap::read(&b"1 tenant a\n5 five\n"[..]).unwrap()));
        let names = |top: &Top| top.rows.iter().map(|row| row.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&counted.top[0]), [Some("tenant a".to_owned()), None, None]);
        assert_eq!(names(&counted.top[1]), [None]);
    }
}
