// SPDX-License-Identifier: GPL-2.0-or-later
//! The status of a flow as named flags (`enum ip_conntrack_status` of `linux/netfilter/nf_conntrack_common.h`).

#![forbid(unsafe_code)]

use super::Flow;
use crate::wire::consts::*;

bitflags::bitflags! {
    /// The status of a flow. Bits that have no name here are kept.
    ///
    /// ```
    /// use netfilter_conntrack::{Flow, Status};
    /// let mut flow = Flow::new();
    /// flow.set_status_flags(Status::CONFIRMED | Status::ASSURED);
    /// assert!(flow.status_flags().is_some_and(|status| status.contains(Status::ASSURED)));
    /// ```
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct Status: u32 {
        /// A helper expected the connection.
        const EXPECTED = IPS_EXPECTED;
        /// Packets were seen in both directions.
        const SEEN_REPLY = IPS_SEEN_REPLY;
        /// The entry is not dropped early when the table is full.
        const ASSURED = IPS_ASSURED;
        /// The entry is in the table.
        const CONFIRMED = IPS_CONFIRMED;
        /// The source is translated.
        const SRC_NAT = IPS_SRC_NAT;
        /// The destination is translated.
        const DST_NAT = IPS_DST_NAT;
        /// TCP sequence numbers are adjusted.
        const SEQ_ADJUST = IPS_SEQ_ADJUST;
        /// Whether to translate the source has been decided.
        const SRC_NAT_DONE = IPS_SRC_NAT_DONE;
        /// Whether to translate the destination has been decided.
        const DST_NAT_DONE = IPS_DST_NAT_DONE;
        /// The entry is being removed.
        const DYING = IPS_DYING;
        /// Packets do not change the timeout.
        const FIXED_TIMEOUT = IPS_FIXED_TIMEOUT;
        /// The entry is a template, of no connection.
        const TEMPLATE = IPS_TEMPLATE;
        /// The packet is exempt from tracking (older kernels).
        const UNTRACKED = IPS_UNTRACKED;
        /// A rule attached the helper.
        const HELPER = IPS_HELPER;
        /// The connection is in a flow table.
        const OFFLOAD = IPS_OFFLOAD;
        /// The connection is in a flow table of a network card.
        const HW_OFFLOAD = IPS_HW_OFFLOAD;
        const _ = !0;
    }
}

impl Flow {
    /// The status, as flags.
    #[must_use]
    pub fn status_flags(&self) -> Option<Status> {
        self.status().map(Status::from_bits_retain)
    }

    /// Sets [`status_flags`](Self::status_flags).
    pub fn set_status_flags(&mut self, status: Status) {
        self.set_status(status.bits());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_keeps_every_bit() {
        let mut flow = Flow::new();
        assert_eq!(flow.status_flags(), None);
        for status in [0, IPS_ASSURED | IPS_DYING, u32::MAX] {
            flow.set_status(status);
            assert_eq!(flow.status_flags().map(|flags| flags.bits()), Some(status));
            let mut other = Flow::new();
            other.set_status_flags(Status::from_bits_retain(status));
            assert_eq!(other.status(), Some(status));
        }
        assert_eq!(format!("{:?}", Status::SEEN_REPLY | Status::ASSURED), "Status(SEEN_REPLY | ASSURED)");
    }
}
