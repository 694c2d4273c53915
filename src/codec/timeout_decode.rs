// SPDX-License-Identifier: GPL-2.0-or-later
//! Messages about timeouts: those that a namespace gives to flows of a protocol.

#![forbid(unsafe_code)]

use crate::error::Result;
use crate::wire::Frame;
use crate::wire::consts::*;

/// Attribute numbers kept: TCP has the most, 11, and a few more may follow.
pub const TIMEOUTS_MAX: usize = 16;

/// Timeouts of a protocol, in seconds, by attribute number (`CTA_TIMEOUT_TCP_SYN_SENT` ...).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Timeouts {
    /// IANA number of the protocol.
    pub protocol: u8,
    secs: [Option<u32>; TIMEOUTS_MAX],
}

impl Timeouts {
    /// A timeout, when the kernel sent it.
    #[must_use]
    pub fn secs(&self, number: usize) -> Option<u32> {
        self.secs.get(number).copied().flatten()
    }
}

/// Decodes the timeouts of a protocol; nothing when the message does not tell the protocol or has no timeouts.
///
/// # Errors
/// [`crate::Error::Malformed`] for an attribute that is too short.
pub fn timeouts(frame: &Frame<'_>) -> Result<Option<Timeouts>> {
    let (mut timeouts, mut has_protocol, mut has_timeouts) = (Timeouts::default(), false, false);
    for attr in frame.attrs() {
        match attr.kind {
            CTA_TIMEOUT_L4PROTO => (timeouts.protocol, has_protocol) = (attr.u8()?, true),
            CTA_TIMEOUT_DATA => {
                for leaf in attr.nest()? {
                    if let Some(secs) = timeouts.secs.get_mut(usize::from(leaf.kind)) {
                        *secs = Some(leaf.be32()?);
                    }
                    has_timeouts = true;
                }
            }
            _ => {}
        }
    }
    Ok(Some(timeouts).filter(|_| has_protocol && has_timeouts))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Builder, Header};

    fn decoded(fill: impl FnOnce(&mut Builder<'_>)) -> Result<Option<Timeouts>> {
        let mut buf = vec![0; 256];
        let mut b = Builder::message(&mut buf, Header::default(), 0, 0).unwrap();
        fill(&mut b);
        let len = b.finish();
        timeouts(&Frame::read(&buf[..len]).unwrap())
    }

    #[test]
    fn timeouts_keep_their_numbers_and_unknown_ones_are_skipped() {
        let found = decoded(|b| {
            b.be16(CTA_TIMEOUT_L3PROTO, 2).unwrap();
            b.u8(CTA_TIMEOUT_L4PROTO, 6).unwrap();
            let leaves = |b: &mut Builder<'_>| {
                b.be32(1, 120)?;
                b.be32(11, 300)?;
                b.be32(99, 1)
            };
            b.nest(CTA_TIMEOUT_DATA, leaves).unwrap();
        });
        let found = found.unwrap().unwrap();
        assert_eq!((found.protocol, found.secs(1), found.secs(11)), (6, Some(120), Some(300)));
        assert_eq!((found.secs(2), found.secs(99)), (None, None));
    }

    #[test]
    fn timeouts_without_their_protocol_are_none() {
        assert_eq!(decoded(|_| {}), Ok(None));
        assert_eq!(decoded(|b| b.u8(CTA_TIMEOUT_L4PROTO, 6).unwrap()), Ok(None));
        assert_eq!(decoded(|b| b.nest(CTA_TIMEOUT_DATA, |b| b.be32(1, 1)).unwrap()), Ok(None));
        let empty = |b: &mut Builder<'_>| {
            b.u8(CTA_TIMEOUT_L4PROTO, 6).unwrap();
            b.nest(CTA_TIMEOUT_DATA, |_| Ok(())).unwrap();
        };
        assert_eq!(decoded(empty), Ok(None));
        assert!(decoded(|b| b.nest(CTA_TIMEOUT_DATA, |b| b.be16(1, 1)).unwrap()).is_err());
    }
}
