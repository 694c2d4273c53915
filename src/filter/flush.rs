// SPDX-License-Identifier: GPL-2.0-or-later
//! Whether the running kernel honours a filter in a flush. A kernel that does not know a condition deletes every entry
//! and reports success.
//!
//! The library asks the kernel instead of comparing its version, because distributions add filters to older kernels and
//! omit others from newer ones. The question is a list request, which deletes no entry. It names the condition in a
//! form that is an error for a kernel that reads the condition, and without effect for a kernel that does not. A kernel
//! that reads a condition of a list in this way also reads it in a flush:
//!
//! | condition | lists | flushes | the question is refused |
//! |---|---|---|---|
//! | mark | 3.9 | 4.19 | 5.8 |
//! | family | always | 5.2 | as status, or as the other conditions |
//! | status | 5.15 | 5.15 | 5.15 |
//! | zone | 6.8 | 6.8 | 6.8 |

#![forbid(unsafe_code)]

use super::dump::{DumpFilter, Masked};
use crate::error::{Error, Result};
use crate::flow::{Attr, Flow};
use crate::wire::Builder;
use crate::wire::consts::*;

/// A question to the kernel; see the module's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Question {
    Mark,
    Status,
    Zone,
}

impl Question {
    /// Appends the question to a list request.
    ///
    /// # Errors
    /// [`Error::NoSpace`].
    pub(crate) fn encode(self, b: &mut Builder<'_>) -> Result<()> {
        match self {
            // A mask without its value, where something else filters.
            Question::Mark => {
                b.set_family(AF_INET);
                b.be32(CTA_MARK_MASK, 1)
            }
            // A status without bits.
            Question::Status => b.be32(CTA_STATUS, 0),
            // A mask without its value, where the zone filters.
            Question::Zone => {
                b.be16(CTA_ZONE, 0)?;
                b.be32(CTA_STATUS_MASK, 1)
            }
        }
    }
}

impl DumpFilter {
    /// The questions that a kernel must refuse before it may flush by this filter.
    pub(crate) fn flush_questions(&self) -> Vec<Question> {
        let asked = [
            self.mark.map(|_| Question::Mark),
            self.status.map(|_| Question::Status),
            self.zone.map(|_| Question::Zone),
        ];
        let mut questions: Vec<Question> = asked.into_iter().flatten().collect();
        // Every kernel that refuses a question is newer than the flush of one family.
        if questions.is_empty() && self.family.is_some_and(|family| family != AF_UNSPEC) {
            questions.push(Question::Status);
        }
        questions
    }

    /// Whether an entry passes, by the kernel's rules. Conditions on tuples are not read.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a status of which no bit counts.
    pub(crate) fn passes(&self, flow: &Flow) -> Result<bool> {
        if self.status.is_some_and(|status| status.mask == 0) {
            return Err(Error::Invalid("a status of which no bit counts"));
        }
        let is = |wanted: Option<Masked>, value: Option<u32>| {
            wanted.is_none_or(|wanted| value.unwrap_or(0) & wanted.mask == wanted.value)
        };
        let zone = flow.zone().or(flow.orig_zone()).or(flow.reply_zone()).unwrap_or(0);
        let is_of = |family| family == AF_UNSPEC || flow.u8(Attr::OrigL3proto) == Some(family);
        Ok(is(self.mark, flow.mark())
            && is(self.status, flow.status())
            && self.zone.is_none_or(|wanted| wanted == zone)
            && self.family.is_none_or(is_of))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::request;
    use crate::wire::Frame;

    /// A kernel: its version, and whether it was built with marks.
    #[derive(Debug, Clone, Copy)]
    struct Kernel {
        version: (u32, u32),
        has_marks: bool,
    }

    impl Kernel {
        fn since(self, version: (u32, u32)) -> bool {
            self.version >= version
        }

        /// Whether it refuses a list, as reading it has shown: by the attributes that it knows.
        fn refuses(self, list: &[u8]) -> bool {
            let frame = Frame::read(list).unwrap();
            let has = |kind| frame.attrs().any(|attr| attr.kind == kind);
            let status = self.since((5, 15)) && has(CTA_STATUS);
            let (mark, mark_mask) = (self.has_marks && has(CTA_MARK), self.has_marks && has(CTA_MARK_MASK));
            let zone = self.since((6, 8)) && has(CTA_ZONE);
            let filters = self.since((5, 8)) && (frame.family() != Some(0) || mark || status || zone);
            let bad_status = self.since((5, 15)) && (has(CTA_STATUS) || has(CTA_STATUS_MASK)); // none asked is right
            filters && (bad_status || mark_mask && !mark)
        }

        /// Whether a flush by this filter deletes exactly the entries that pass.
        fn honours(self, filter: &DumpFilter) -> bool {
            (filter.mark.is_none() || self.has_marks && self.since((4, 19)))
                && (filter.family.is_none() || self.since((5, 2)))
                && (filter.status.is_none() || self.since((5, 15)))
                && (filter.zone.is_none() || self.since((6, 8)))
        }

        /// The library's decision about this kernel.
        fn is_believed(self, filter: &DumpFilter) -> bool {
            let mut buf = [0; 256];
            filter.flush_questions().into_iter().all(|question| {
                let len = request::build_question(&mut buf, question, 1).unwrap();
                self.refuses(&buf[..len])
            })
        }
    }

    /// All conditions, in every combination.
    fn filters() -> impl Iterator<Item = DumpFilter> {
        let one = Some(Masked { value: 1, mask: 1 });
        (0..16u8).map(move |bits| DumpFilter {
            mark: one.filter(|_| bits & 1 != 0),
            family: Some(AF_INET).filter(|_| bits & 2 != 0),
            status: one.filter(|_| bits & 4 != 0),
            zone: Some(0).filter(|_| bits & 8 != 0),
            ..DumpFilter::new()
        })
    }

    #[test]
    fn no_kernel_gets_a_flush_that_it_would_widen() {
        let versions = [
            (3, 10),
            (4, 18),
            (4, 19),
            (5, 1),
            (5, 2),
            (5, 7),
            (5, 8),
            (5, 10),
            (5, 14),
            (5, 15),
            (6, 1),
            (6, 7),
            (6, 8),
            (6, 12),
            (6, 18),
            (7, 2),
        ];
        let mut believed = 0;
        for (version, has_marks) in
            versions.into_iter().flat_map(|version| [(version, true), (version, false)])
        {
            let kernel = Kernel { version, has_marks };
            for filter in filters() {
                let is_believed = kernel.is_believed(&filter);
                assert!(!is_believed || kernel.honours(&filter), "{kernel:?} {filter:?}");
                believed += u32::from(is_believed);
                if kernel.since((6, 8)) {
                    assert_eq!(is_believed, kernel.honours(&filter), "{kernel:?} {filter:?}");
                }
            }
        }
        assert!(believed > 100, "{believed}");
    }

    #[test]
    fn a_kernel_is_asked_about_nothing_that_the_filter_does_not_need() {
        let one = Some(Masked { value: 1, mask: 1 });
        let of_family = DumpFilter { mark: one, family: Some(AF_INET), ..DumpFilter::new() };
        let kernel = Kernel { version: (5, 10), has_marks: true }; // it reads marks and families, and no status
        assert!(kernel.honours(&of_family) && kernel.is_believed(&of_family));
        let any_family = DumpFilter { family: Some(AF_UNSPEC), ..DumpFilter::new() };
        assert!(any_family.flush_questions().is_empty());
    }

    #[test]
    fn an_entry_passes_as_in_the_kernel() {
        let masked = |value, mask| Some(Masked { value, mask });
        let mut flow = Flow::new();
        flow.set_bytes(Attr::OrigL3proto, &[AF_INET]);
        let none = DumpFilter::new();
        let passes = |filter: DumpFilter, flow: &Flow| filter.passes(flow).unwrap();
        assert!(passes(none.clone(), &flow));
        assert!(passes(DumpFilter { family: Some(AF_UNSPEC), zone: Some(0), ..none.clone() }, &flow));
        assert!(!passes(DumpFilter { family: Some(AF_INET6), ..none.clone() }, &flow));
        assert!(passes(DumpFilter { mark: masked(0, !0), ..none.clone() }, &flow), "no mark is 0");
        assert!(!passes(DumpFilter { mark: masked(3, 1), ..none.clone() }, &flow));
        flow.set_mark(0x13);
        assert!(passes(DumpFilter { mark: masked(0x10, 0xf0), ..none.clone() }, &flow));
        assert!(
            !passes(DumpFilter { mark: masked(0x13, 0x10), ..none.clone() }, &flow),
            "bits outside the mask"
        );
        flow.set_status(6);
        assert!(passes(DumpFilter { status: masked(2, 3), ..none.clone() }, &flow));
        assert!(!passes(DumpFilter { status: masked(0, 2), ..none.clone() }, &flow));
        assert!(DumpFilter { status: masked(0, 0), ..none.clone() }.passes(&flow).is_err());
        flow.set_reply_zone(9);
        assert!(passes(DumpFilter { zone: Some(9), ..none.clone() }, &flow));
        assert!(!passes(DumpFilter { zone: Some(0), ..none }, &flow));
    }
}
