// SPDX-License-Identifier: GPL-2.0-or-later
//! Copying between flows: whole objects, parts, single attributes.

#![forbid(unsafe_code)]

use super::attr::{Part, ROWS, Store};
use super::storage::field;
use super::{Attr, Flow, text_field};
use crate::bitmask::Bitmask;
use crate::error::Result;
use crate::sys::memory;

bitflags::bitflags! {
    /// Which parts [`Flow::copy_from`] merges; none means all of them.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct CopyFlags: u32 {
        /// The original tuple.
        const ORIG = 1;
        /// The reply tuple.
        const REPLY = 2;
        /// Everything else.
        const META = 4;
        /// A full duplicate, presence and unset storage included; all other flags are ignored.
        const OVERRIDE = 8;
        const _ = !0;
    }
}

impl CopyFlags {
    fn names(self, part: Part) -> bool {
        self.is_empty()
            || self.contains(match part {
                Part::Orig => CopyFlags::ORIG,
                Part::Reply => CopyFlags::REPLY,
                Part::Meta => CopyFlags::META,
            })
    }
}

/// Copying.
impl Flow {
    /// Merges the attributes present in `source` into this flow, part by part.
    #[doc(alias = "nfct_copy")]
    pub fn copy_from(&mut self, source: &Flow, flags: CopyFlags) {
        memory::or_abort(self.try_copy_from(source, flags));
    }

    /// As [`copy_from`](Self::copy_from).
    ///
    /// # Errors
    /// [`Error::NoMemory`](crate::Error::NoMemory); the attributes before the failure have been copied.
    pub(crate) fn try_copy_from(&mut self, source: &Flow, flags: CopyFlags) -> Result<()> {
        if flags.contains(CopyFlags::OVERRIDE) {
            *self = source.try_clone()?;
            return Ok(());
        }
        let mut named = ROWS.iter().filter(|row| flags.names(row.part));
        named.try_for_each(|row| self.try_copy_attr(source, row.attr))
    }

    /// Copies one attribute when it is present in `source`.
    ///
    /// Of a NAT range only the lower end is copied, and of ICMP fields only those of the original tuple.
    #[doc(alias = "nfct_copy_attr")]
    pub fn copy_attr(&mut self, source: &Flow, attr: Attr) {
        memory::or_abort(self.try_copy_attr(source, attr));
    }

    /// As [`copy_attr`](Self::copy_attr).
    ///
    /// # Errors
    /// [`Error::NoMemory`](crate::Error::NoMemory); the flow is unchanged.
    pub(crate) fn try_copy_attr(&mut self, source: &Flow, attr: Attr) -> Result<()> {
        if !source.is_set(attr) {
            return Ok(());
        }
        let row = attr.row();
        match row.store {
            Store::Heap if attr == Attr::Secctx && source.secctx.is_none() => self.secctx = None,
            Store::Heap => self.copy_block(source, attr)?,
            Store::Text => self.store(field::HelperName.slot, &text_field(source.stored_helper_name())),
            _ => {
                self.store_cut(row.offset, row.size, &source.padded_value(attr));
            }
        }
        self.note(attr);
        Ok(())
    }

    /// Duplicates the source's block; where the source has none, the stored block stays.
    pub(super) fn copy_block(&mut self, source: &Flow, attr: Attr) -> Result<()> {
        match attr {
            Attr::Secctx => {
                if let Some(text) = source.security_context() {
                    self.secctx = Some(memory::boxed(memory::c_string_copy(text)?)?);
                }
                Ok(())
            }
            Attr::HelperInfo => source.helper_info().map_or(Ok(()), |info| self.store_helper_info(info)),
            Attr::Connlabels => copy_mask(source.labels(), &mut self.labels),
            Attr::ConnlabelsMask => copy_mask(source.labels_mask(), &mut self.labels_mask),
            _ => Ok(()),
        }
    }
}

fn copy_mask(from: Option<&Bitmask>, to: &mut Option<Box<Bitmask>>) -> Result<()> {
    if let Some(mask) = from {
        *to = Some(memory::boxed(mask.try_clone()?)?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bitmask::Bitmask;
    use crate::flow::storage::SNAT_PORT_MAX;

    fn full() -> Flow {
        let mut flow = Flow::new();
        for row in &ROWS {
            flow.set_bytes(row.attr, &[row.attr as u8 + 1; 16]);
        }
        flow.put(field::TimestampEvent, &7u64.to_ne_bytes());
        let mut labels = Bitmask::new(127).unwrap();
        labels.set(5);
        flow.set_labels(labels.clone());
        flow.set_labels_mask(labels);
        flow
    }

    #[test]
    fn each_part_is_copied_alone() {
        for (flags, part) in
            [(CopyFlags::ORIG, Part::Orig), (CopyFlags::REPLY, Part::Reply), (CopyFlags::META, Part::Meta)]
        {
            let mut flow = Flow::new();
            flow.copy_from(&full(), flags);
            for row in &ROWS {
                assert_eq!(flow.is_set(row.attr), row.part == part, "{}", row.name);
            }
        }
        let mut flow = Flow::new();
        flow.copy_from(&full(), CopyFlags::from_bits_retain(16));
        assert_eq!(flow.presence(), [0; 3]);
    }

    #[test]
    fn merging_keeps_what_the_source_lacks() {
        let (mut flow, mut source) = (Flow::new(), Flow::new());
        flow.set_mark(1);
        source.set_zone(2);
        flow.copy_from(&source, CopyFlags::empty());
        assert_eq!((flow.mark(), flow.zone()), (Some(1), Some(2)));
    }

    #[test]
    fn an_override_is_a_duplicate_and_a_merge_loses_the_upper_end_of_ranges() {
        let source = full();
        let (mut duplicate, mut merged) = (Flow::new(), Flow::new());
        duplicate.set_mark(9);
        duplicate.copy_from(&source, CopyFlags::OVERRIDE);
        merged.copy_from(&source, CopyFlags::empty());
        assert_eq!(duplicate.at(SNAT_PORT_MAX), source.at(SNAT_PORT_MAX));
        assert_eq!(duplicate.labels(), source.labels());
        assert_eq!(duplicate.helper_info(), source.helper_info());
        assert_eq!(merged.at(SNAT_PORT_MAX), [0, 0]);
        assert_eq!(merged.event_nanos(), Some(7));
        assert_eq!(merged.labels(), source.labels());
    }

    #[test]
    fn one_attribute_is_copied_alone_with_its_block() {
        let mut source = full();
        source.store_security_context(b"unconfined").unwrap();
        for row in &ROWS {
            let mut flow = Flow::new();
            flow.copy_attr(&source, row.attr);
            assert!(
                ROWS.iter().all(|other| flow.is_set(other.attr) == (other.attr == row.attr)),
                "{}",
                row.name
            );
        }
        let mut flow = Flow::new();
        for attr in [Attr::Secctx, Attr::HelperName, Attr::Connlabels, Attr::ConnlabelsMask] {
            flow.copy_attr(&source, attr);
        }
        assert_eq!(flow.security_context(), Some(c"unconfined"));
        assert_eq!(flow.helper_name(), source.helper_name());
        assert_eq!((flow.labels(), flow.labels_mask()), (source.labels(), source.labels_mask()));
        assert!(flow.helper_name().is_some() && flow.labels_mask().is_some());
    }

    #[test]
    fn a_context_that_is_noted_but_not_stored_removes_one() {
        let (mut flow, mut source) = (Flow::new(), Flow::new());
        flow.store_security_context(b"old").unwrap();
        source.note(Attr::Secctx);
        flow.copy_attr(&source, Attr::Secctx);
        assert_eq!(flow.security_context(), None);
    }
}
