// SPDX-License-Identifier: GPL-2.0-or-later
//! A kernel-side filter, built condition by condition.

#![forbid(unsafe_code)]

use super::dump::{DumpFilter, Masked};
use super::selector::Selector;
use crate::flow::Flow;
use crate::flow::status::Status;

/// ```
/// use netfilter_conntrack::{DumpFilter, Status, consts::AF_INET};
/// let filter = DumpFilter::new().with_family(AF_INET).with_mark(0x10, 0xf0).with_status(Status::ASSURED);
/// assert_eq!(filter.family, Some(AF_INET));
/// ```
impl DumpFilter {
    /// Flows of this address family (`AF_INET`, `AF_INET6`).
    #[must_use]
    pub fn with_family(self, family: u8) -> DumpFilter {
        DumpFilter { family: Some(family), ..self }
    }

    /// Flows whose mark has this value in the bits of `mask`.
    #[must_use]
    pub fn with_mark(self, value: u32, mask: u32) -> DumpFilter {
        DumpFilter { mark: Some(Masked { value, mask }), ..self }
    }

    /// Flows that have all these bits in their status.
    #[must_use]
    pub fn with_status(self, status: Status) -> DumpFilter {
        DumpFilter { status: Some(Masked { value: status.bits(), mask: status.bits() }), ..self }
    }

    /// Flows of this zone.
    #[must_use]
    pub fn with_zone(self, zone: u16) -> DumpFilter {
        DumpFilter { zone: Some(zone), ..self }
    }

    /// Flows with the parts of a tuple that are present in this flow; not for IPv6 addresses, see
    /// [`tuple`](DumpFilter::tuple).
    #[must_use]
    pub fn with_tuple(self, flow: Flow) -> DumpFilter {
        DumpFilter { tuple: Some(Box::new(flow)), ..self }
    }
}

impl Selector {
    /// No condition: every flow matches.
    #[must_use]
    pub fn new() -> Selector {
        Selector::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_adds_one_condition() {
        let masked = |value, mask| Some(Masked { value, mask });
        let assured = Status::ASSURED.bits();
        let filter =
            DumpFilter::new().with_family(2).with_mark(1, 3).with_status(Status::ASSURED).with_zone(4);
        assert_eq!((filter.family, filter.zone), (Some(2), Some(4)));
        assert_eq!((filter.mark, filter.status), (masked(1, 3), masked(assured, assured)));
        assert!(filter.tuple.is_none());
        let mut flow = Flow::new();
        flow.set_zone(9);
        assert_eq!(DumpFilter::new().with_tuple(flow).tuple.and_then(|flow| flow.zone()), Some(9));
        assert!(Selector::new().is_everything());
    }
}
