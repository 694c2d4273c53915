// SPDX-License-Identifier: GPL-2.0-or-later
//! The times of a flow as [`SystemTime`], where the kernel notes them (`net.netfilter.nf_conntrack_timestamp`).

#![forbid(unsafe_code)]

use super::Flow;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

fn time(nanos: u64) -> Option<SystemTime> {
    UNIX_EPOCH.checked_add(Duration::from_nanos(nanos))
}

impl Flow {
    /// When the entry was created.
    #[must_use]
    pub fn start_time(&self) -> Option<SystemTime> {
        self.start_nanos().and_then(time)
    }

    /// When the entry ended, in destroy events.
    #[must_use]
    pub fn stop_time(&self) -> Option<SystemTime> {
        self.stop_nanos().and_then(time)
    }

    /// When the event itself happened (Linux 6.14 and later).
    #[must_use]
    pub fn event_time(&self) -> Option<SystemTime> {
        self.event_nanos().and_then(time)
    }

    /// How much time is left until the entry expires.
    #[must_use]
    pub fn timeout(&self) -> Option<Duration> {
        self.timeout_secs().map(|seconds| Duration::from_secs(seconds.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::storage::field;

    #[test]
    fn times_count_from_1970() {
        let mut flow = Flow::new();
        assert_eq!((flow.start_time(), flow.stop_time(), flow.event_time()), (None, None, None));
        flow.put(field::TimestampStart, &1_500_000_001u64.to_ne_bytes());
        flow.put(field::TimestampStop, &u64::MAX.to_ne_bytes());
        flow.put(field::TimestampEvent, &0u64.to_ne_bytes());
        let since = |time: Option<SystemTime>| time.unwrap().duration_since(UNIX_EPOCH).unwrap();
        assert_eq!(since(flow.start_time()), Duration::new(1, 500_000_001));
        assert_eq!(since(flow.stop_time()).as_nanos(), u128::from(u64::MAX));
        assert_eq!(flow.event_time(), Some(UNIX_EPOCH));
        flow.set_timeout_secs(90);
        assert_eq!(flow.timeout(), Some(Duration::from_secs(90)));
    }
}
