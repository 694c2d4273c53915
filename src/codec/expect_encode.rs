// SPDX-License-Identifier: GPL-2.0-or-later
//! An [`Expectation`] into the attributes of a request.
//!
//! Class, NAT tuple and direction, and the function name are never sent: the C API has never sent them, and its callers
//! rely on the messages that they know.

#![forbid(unsafe_code)]

use super::tuple;
use crate::error::{Error, Result};
use crate::expect::{ExpectAttr, Expectation};
use crate::flow::Attr;
use crate::wire::Builder;
use crate::wire::consts::*;

/// The family that a request for this expectation carries: the master's, else the expected tuple's.
#[must_use]
pub fn family(expect: &Expectation) -> Option<u8> {
    [ExpectAttr::Master, ExpectAttr::Expected]
        .into_iter()
        .find(|&which| expect.tuple_has(which, Attr::OrigL3proto))
        .map(|which| expect.tuple(which).l3())
}

/// Appends an expectation's attributes; a tuple of an unknown family is left out.
///
/// # Errors
/// [`Error::NoSpace`].
pub fn attributes(b: &mut Builder<'_>, expect: &Expectation) -> Result<()> {
    let tuples = [
        (CTA_EXPECT_TUPLE, ExpectAttr::Expected),
        (CTA_EXPECT_MASTER, ExpectAttr::Master),
        (CTA_EXPECT_MASK, ExpectAttr::Mask),
    ];
    for (kind, which) in tuples {
        if expect.is_set(which) {
            match tuple::encode(b, kind, expect.tuple(which), None) {
                Err(Error::Unsupported(_)) => {}
                result => result?,
            }
        }
    }
    if let Some(timeout) = expect.number(ExpectAttr::Timeout) {
        b.be32(CTA_EXPECT_TIMEOUT, timeout)?;
    }
    if let Some(flags) = expect.number(ExpectAttr::Flags) {
        b.be32(CTA_EXPECT_FLAGS, flags)?;
    }
    if let Some(zone) = expect.number(ExpectAttr::Zone) {
        let [_, _, high, low] = zone.to_be_bytes();
        b.bytes(CTA_EXPECT_ZONE, &[high, low])?;
    }
    expect.text(ExpectAttr::HelperName).map_or(Ok(()), |name| b.text(CTA_EXPECT_HELP_NAME, name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::Flow;
    use crate::wire::Attrs;

    #[test]
    fn a_tuple_without_a_family_is_left_out_alone() {
        let (mut expect, mut buf) = (Expectation::new(), [0; 64]);
        expect.set_tuple(ExpectAttr::Master, &Flow::new());
        expect.set_number(ExpectAttr::Timeout, 5);
        let mut b = Builder::attributes(&mut buf);
        assert_eq!(attributes(&mut b, &expect), Ok(()));
        let len = b.len();
        let kinds: Vec<u16> = Attrs::new(&buf[..len]).map(|attr| attr.kind).collect();
        assert_eq!(kinds, [CTA_EXPECT_TIMEOUT]);
    }
}
