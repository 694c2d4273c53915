// SPDX-License-Identifier: GPL-2.0-or-later
//! One message's attributes into an [`Expectation`].
//!
//! The family of an attribute decides that of another tuple, and C programs know it so: a MASTER attribute names the
//! family of the expected tuple, TUPLE that of the mask, MASK that of the master. The kernel sends all three
//! attributes, so a complete message is decoded correctly.

#![forbid(unsafe_code)]

use super::tuple;
use crate::error::{Error, Result};
use crate::expect::{ExpectAttr, Expectation};
use crate::flow::Dir;
use crate::flow::storage::field;
use crate::wire::consts::*;
use crate::wire::{Attr as WireAttr, Attrs, Frame};

/// Longest function name with its NUL.
const FN_MAX: usize = 24;

/// Decodes one expectation message into `expect`.
///
/// # Errors
/// [`Error::Malformed`] for a known attribute that is too short, or a function name that is too long.
pub fn message(expect: &mut Expectation, frame: &Frame<'_>) -> Result<()> {
    attributes(expect, frame.family().unwrap_or(AF_UNSPEC), frame.attrs())
}

/// Decodes an attribute area; `family` is the message's `nfgen_family`.
///
/// # Errors
/// As [`message`].
pub fn attributes(expect: &mut Expectation, family: u8, attrs: Attrs<'_>) -> Result<()> {
    for attr in attrs {
        match attr.kind {
            CTA_EXPECT_MASTER => cross(expect, ExpectAttr::Master, ExpectAttr::Expected, family, attr)?,
            CTA_EXPECT_TUPLE => cross(expect, ExpectAttr::Expected, ExpectAttr::Mask, family, attr)?,
            CTA_EXPECT_MASK => cross(expect, ExpectAttr::Mask, ExpectAttr::Master, family, attr)?,
            CTA_EXPECT_TIMEOUT => expect.set_number(ExpectAttr::Timeout, attr.be32()?),
            CTA_EXPECT_ZONE => expect.set_number(ExpectAttr::Zone, u32::from(attr.be16()?)),
            CTA_EXPECT_FLAGS => expect.set_number(ExpectAttr::Flags, attr.be32()?),
            CTA_EXPECT_CLASS => expect.set_number(ExpectAttr::Class, attr.be32()?),
            CTA_EXPECT_HELP_NAME => expect.set_text(ExpectAttr::HelperName, attr.text()?),
            CTA_EXPECT_NAT => nat(expect, family, attr)?,
            CTA_EXPECT_FN => function(expect, attr)?,
            _ => {}
        }
    }
    Ok(())
}

fn cross(
    expect: &mut Expectation,
    which: ExpectAttr,
    named: ExpectAttr,
    family: u8,
    nest: WireAttr<'_>,
) -> Result<()> {
    name_family(expect, named, family);
    into_tuple(expect, which, nest)
}

fn name_family(expect: &mut Expectation, which: ExpectAttr, family: u8) {
    let mut head = expect.head(which);
    head.put(field::OrigL3proto, &[family]);
    expect.store_head(which, &head);
}

fn into_tuple(expect: &mut Expectation, which: ExpectAttr, nest: WireAttr<'_>) -> Result<()> {
    let mut head = expect.head(which);
    tuple::decode(&mut head, Dir::Orig, nest)?;
    expect.store_head(which, &head);
    expect.note(which);
    Ok(())
}

fn nat(expect: &mut Expectation, family: u8, nest: WireAttr<'_>) -> Result<()> {
    name_family(expect, ExpectAttr::NatTuple, family);
    for attr in nest.nest()? {
        match attr.kind {
            CTA_EXPECT_NAT_DIR => expect.set_number(ExpectAttr::NatDir, attr.be32()?),
            CTA_EXPECT_NAT_TUPLE => into_tuple(expect, ExpectAttr::NatTuple, attr)?,
            _ => {}
        }
    }
    Ok(())
}

fn function(expect: &mut Expectation, attr: WireAttr<'_>) -> Result<()> {
    if attr.payload.len() > FN_MAX {
        return Err(Error::Malformed("expectation function name too long"));
    }
    expect.set_text(ExpectAttr::Fn, attr.payload);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Builder;

    /// The expectation that an attribute area of an IPv6 message makes.
    fn decoded(fill: impl FnOnce(&mut Builder<'_>) -> Result<()>) -> Result<Expectation> {
        let (mut buf, mut expect) = ([0; 256], Expectation::new());
        let mut b = Builder::attributes(&mut buf);
        fill(&mut b).unwrap();
        let len = b.len();
        attributes(&mut expect, AF_INET6, Attrs::new(&buf[..len]))?;
        Ok(expect)
    }

    #[test]
    fn a_translation_has_a_direction_and_a_tuple_of_the_message_s_family() {
        let tuple = |b: &mut Builder<'_>| b.nest(CTA_TUPLE_PROTO, |b| b.u8(CTA_PROTO_NUM, 17));
        let expect = decoded(|b| {
            b.nest(CTA_EXPECT_NAT, |b| {
                b.be32(CTA_EXPECT_NAT_DIR, 1)?;
                b.nest(CTA_EXPECT_NAT_TUPLE, tuple)
            })
        });
        let expect = expect.unwrap();
        assert_eq!(expect.number(ExpectAttr::NatDir), Some(1));
        assert!(expect.is_set(ExpectAttr::NatTuple));
        let nat = expect.tuple(ExpectAttr::NatTuple);
        assert_eq!((nat.l3(), nat.l4()), (AF_INET6, 17));
    }

    #[test]
    fn a_function_s_name_has_at_most_24_bytes() {
        for len in [1, FN_MAX - 1, FN_MAX] {
            let expect = decoded(|b| b.bytes(CTA_EXPECT_FN, &vec![b'f'; len])).unwrap();
            assert_eq!(expect.text(ExpectAttr::Fn), Some(&b"fffffffffffffffffffffff"[..len.min(FN_MAX - 1)]));
        }
        let refused = decoded(|b| b.bytes(CTA_EXPECT_FN, &[b'f'; FN_MAX + 1]));
        assert!(matches!(refused, Err(Error::Malformed(_))));
    }

    #[test]
    fn every_attribute_is_read_to_its_own_place() {
        let expect = decoded(|b| {
            b.be32(CTA_EXPECT_TIMEOUT, 0x0102_0304)?;
            b.be16(CTA_EXPECT_ZONE, 0x0506)?;
            b.be32(CTA_EXPECT_FLAGS, 0x0708_090a)?;
            b.be32(CTA_EXPECT_CLASS, 0x0b0c_0d0e)?;
            b.text(CTA_EXPECT_HELP_NAME, b"ftp")
        });
        let expect = expect.unwrap();
        let numbers = [ExpectAttr::Timeout, ExpectAttr::Zone, ExpectAttr::Flags, ExpectAttr::Class];
        let read = numbers.map(|attr| expect.number(attr));
        assert_eq!(read, [0x0102_0304, 0x0506, 0x0708_090a, 0x0b0c_0d0e].map(Some));
        assert_eq!(expect.text(ExpectAttr::HelperName), Some(&b"ftp"[..]));
    }
}
