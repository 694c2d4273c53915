// SPDX-License-Identifier: GPL-2.0-or-later
//! Statistics messages: per-CPU counters and the table's fill level.

#![forbid(unsafe_code)]

use crate::error::Result;
pub use crate::stats::{CpuStats, GlobalStats};
use crate::wire::Frame;
use crate::wire::consts::*;

/// Decodes one CPU's counters.
///
/// # Errors
/// [`crate::Error::Malformed`] for a counter that is too short.
pub fn cpu(frame: &Frame<'_>) -> Result<CpuStats> {
    let mut stats = CpuStats { cpu: frame.res_id().unwrap_or(0), ..CpuStats::default() };
    for attr in frame.attrs() {
        if let Some(counter) = stats.counters.get_mut(usize::from(attr.kind)) {
            *counter = Some(attr.be32()?);
        }
    }
    Ok(stats)
}

/// Decodes the fill level; `None` when the message does not contain the number of entries.
///
/// # Errors
/// [`crate::Error::Malformed`] for a number that is too short.
pub fn global(frame: &Frame<'_>) -> Result<Option<GlobalStats>> {
    let (mut entries, mut max_entries) = (None, None);
    for attr in frame.attrs() {
        match attr.kind {
            CTA_STATS_GLOBAL_ENTRIES => entries = Some(attr.be32()?),
            CTA_STATS_GLOBAL_MAX_ENTRIES => max_entries = Some(attr.be32()?),
            _ => {}
        }
    }
    Ok(entries.map(|entries| GlobalStats { entries, max_entries }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::frame::bare;
    use crate::wire::{Builder, Header};

    fn message(fill: impl FnOnce(&mut Builder<'_>)) -> Vec<u8> {
        let mut buf = vec![0; 256];
        let mut b = Builder::message(&mut buf, Header::default(), 0, 0).unwrap();
        fill(&mut b);
        let len = b.finish();
        buf.truncate(len);
        buf
    }

    #[test]
    fn cpu_counters_keep_their_numbers_and_unknown_ones_are_skipped() {
        let mut bytes = message(|b| {
            b.be32(2, 7).unwrap();
            b.be32(15, 9).unwrap();
            b.be32(99, 1).unwrap();
        });
        bytes[19] = 3;
        let stats = cpu(&Frame::read(&bytes).unwrap()).unwrap();
        assert_eq!(stats.cpu, 3);
        assert_eq!(stats.iter().collect::<Vec<_>>(), [(2, 7), (15, 9)]);
        assert_eq!((stats.get(4), stats.get(99)), (None, None));
    }

    #[test]
    fn the_fill_level_needs_its_entries() {
        let full = message(|b| {
            b.be32(CTA_STATS_GLOBAL_ENTRIES, 5).unwrap();
            b.be32(CTA_STATS_GLOBAL_MAX_ENTRIES, 6).unwrap();
        });
        let expected = GlobalStats { entries: 5, max_entries: Some(6) };
        assert_eq!(global(&Frame::read(&full).unwrap()), Ok(Some(expected)));
        let empty = message(|_| {});
        assert_eq!(global(&Frame::read(&empty).unwrap()), Ok(None));
        let short = message(|b| b.be16(CTA_STATS_GLOBAL_ENTRIES, 5).unwrap());
        assert!(global(&Frame::read(&short).unwrap()).is_err());
    }

    #[test]
    fn a_message_without_a_cpu_counts_for_the_first() {
        let bytes = bare(&message(|_| {}));
        assert_eq!(cpu(&Frame::read(&bytes).unwrap()), Ok(CpuStats::default()));
    }
}
