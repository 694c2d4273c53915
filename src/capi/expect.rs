// SPDX-License-Identifier: GPL-2.0-or-later
//! Expectation objects: life, attributes, comparison.

use super::border::{boundary, boundary_or, bytes, exclusive, give, shared, take, text, zeroed};
use super::conntrack::View;
use super::layout::{ExpectationAttr, nf_expect};
use crate::error::{Error, Result};
use crate::expect::{ExpectAttr, ExpectKind, ExpectRow, Expectation};
use crate::flow::CompareFlags;
use libc::{c_int, c_uint, c_void, size_t};

fn attr(kind: ExpectationAttr) -> Result<ExpectAttr> {
    ExpectAttr::from_number(kind).ok_or(Error::Invalid("expectation attribute number"))
}

/// Creates an empty expectation object. Release the object with nfexp_destroy().
///
/// Returns the object, or NULL with errno set.
///
/// Errors:
/// - ENOMEM: no memory
///
/// @ingroup nfexp_new
#[unsafe(no_mangle)]
pub extern "C" fn nfexp_new() -> *mut nf_expect {
    boundary(zeroed)
}

/// Releases an expectation object. The object must come from nfexp_new() or nfexp_clone(), or from a callback that
/// returned NFCT_CB_STOLEN.
/// @ingroup nfexp_new
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfexp_destroy(exp: *mut nf_expect) {
    boundary(|| {
        // SAFETY: C gives up an object that it got from this library.
        unsafe { take(exp) }.map(drop)
    })
}

/// Returns the size of an expectation object in bytes.
/// @ingroup nfexp_new
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfexp_sizeof(exp: *const nf_expect) -> size_t {
    boundary(|| {
        // SAFETY: C gives a live object.
        unsafe { shared(exp) }.map(size_of_val)
    })
}

/// Returns the size of an expectation object in bytes. A block of this size that contains only zeros is an empty
/// object.
/// @ingroup nfexp_new
#[unsafe(no_mangle)]
pub extern "C" fn nfexp_maxsize() -> size_t {
    size_of::<Expectation>()
}

/// Duplicates an expectation object. Release the copy with nfexp_destroy().
///
/// Returns the copy, or NULL with errno set.
///
/// Errors:
/// - ENOMEM: no memory
///
/// @ingroup nfexp_new
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfexp_clone(exp: *const nf_expect) -> *mut nf_expect {
    boundary(|| {
        // SAFETY: C gives a live object.
        let expect = unsafe { shared(exp) }?;
        give(*expect)
    })
}

/// Compares two expectations according to NFCT_CMP_MASK and NFCT_CMP_STRICT; other flags have no effect. The
/// function never compares the timeout.
///
/// Returns 1 when they are equal, otherwise 0.
/// @ingroup nfct_cmp
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfexp_cmp(exp1: *const nf_expect, exp2: *const nf_expect, flags: c_uint) -> c_int {
    boundary_or(0, || {
        // SAFETY: C gives live objects.
        let (a, b) = unsafe { (shared(exp1)?, shared(exp2)?) };
        Ok(c_int::from(a.equals(b, CompareFlags::from_bits_retain(flags))))
    })
}

/// Sets an attribute from its value: a conntrack object for a tuple, from which the function
/// copies the original tuple; a 16-bit number for the zone; a string for a name; otherwise a
/// 32-bit number.
///
/// An unknown attribute is ignored.
/// @ingroup nfexp_set_attr
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfexp_set_attr(exp: *mut nf_expect, r#type: ExpectationAttr, value: *const c_void) {
    boundary(|| {
        if exp.is_null() || value.is_null() {
            return Err(Error::Invalid("NULL"));
        }
        let Some(attr) = ExpectAttr::from_number(r#type) else {
            return Ok(());
        };
        // The value is copied before the object is borrowed: it may be a part of the object.
        // SAFETY: C gives a value of the attribute's kind.
        let (field, len) = unsafe { value_of(attr.row(), value) }?;
        // SAFETY: C gives a live object.
        unsafe { exclusive(exp) }?.set_bytes(attr, field.get(..len).unwrap_or_default());
        Ok(())
    })
}

unsafe fn value_of(row: &ExpectRow, value: *const c_void) -> Result<([u8; crate::flow::HEAD_LEN], usize)> {
    let mut field = [0; crate::flow::HEAD_LEN];
    let source = match row.kind {
        // SAFETY: as for this function: the value is a conntrack object or another expectation's tuple.
        ExpectKind::Tuple => return Ok((unsafe { View::of_any(value.cast()) }.head(), row.size)),
        // SAFETY: as for this function.
        ExpectKind::Number => unsafe { bytes(value, row.size) }?,
        // SAFETY: as for this function.
        ExpectKind::Text => unsafe { text(value.cast(), row.size) }?,
    };
    field.iter_mut().zip(source).for_each(|(to, from)| *to = *from);
    Ok((field, source.len()))
}

/// Sets a number or, from the number's bytes, a string; zeros extend it, and its low bits are kept.
unsafe fn set_number(exp: *mut nf_expect, kind: ExpectationAttr, value: u32, width: usize) -> Result<()> {
    // SAFETY: as for this function.
    let expect = unsafe { exclusive(exp) }?;
    let Some(attr) = ExpectAttr::from_number(kind) else {
        return Ok(());
    };
    match attr.row().kind {
        ExpectKind::Tuple => return Err(Error::Invalid("a number for a tuple")),
        ExpectKind::Number => expect.set_number(attr, value),
        ExpectKind::Text => {
            let bytes = value.to_ne_bytes();
            let skip = if cfg!(target_endian = "big") { bytes.len() - width } else { 0 };
            expect.set_text(attr, bytes.get(skip..skip + width).unwrap_or_default());
        }
    }
    Ok(())
}

/// Sets an attribute from an 8-bit value.
/// @ingroup nfexp_set_attr
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfexp_set_attr_u8(exp: *mut nf_expect, r#type: ExpectationAttr, value: u8) {
    boundary(|| {
        // SAFETY: C gives a live object.
        unsafe { set_number(exp, r#type, value.into(), size_of_val(&value)) }
    })
}

/// Sets an attribute from a 16-bit value.
/// @ingroup nfexp_set_attr
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfexp_set_attr_u16(exp: *mut nf_expect, r#type: ExpectationAttr, value: u16) {
    boundary(|| {
        // SAFETY: C gives a live object.
        unsafe { set_number(exp, r#type, value.into(), size_of_val(&value)) }
    })
}

/// Sets an attribute from a 32-bit value.
/// @ingroup nfexp_set_attr
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfexp_set_attr_u32(exp: *mut nf_expect, r#type: ExpectationAttr, value: u32) {
    boundary(|| {
        // SAFETY: C gives a live object.
        unsafe { set_number(exp, r#type, value, size_of_val(&value)) }
    })
}

/// Where an attribute that is present is stored.
unsafe fn present(exp: *const nf_expect, kind: ExpectationAttr) -> Result<*const u8> {
    // SAFETY: as for this function.
    let expect = unsafe { shared(exp) }?;
    let attr = attr(kind)?;
    if !expect.is_set(attr) {
        return Err(Error::Os(libc::ENODATA));
    }
    Ok(exp.cast::<u8>().wrapping_add(attr.row().offset))
}

/// Returns a pointer to an attribute's value inside the object, or NULL with errno set.
///
/// A tuple is returned as a conntrack object with the attributes of the original direction. Every function that
/// reads a conntrack object accepts the tuple. The tuple is valid until the expectation is released. Do not release
/// the tuple alone, and do not use it as the target of a copy with NFCT_CP_OVERRIDE.
///
/// Errors:
/// - ENODATA: the attribute is not set
/// - EINVAL: there is no such attribute
///
/// @ingroup nfexp_set_attr
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfexp_get_attr(exp: *const nf_expect, r#type: ExpectationAttr) -> *const c_void {
    boundary(|| {
        // SAFETY: C gives a live object.
        unsafe { present(exp, r#type) }.map(<*const u8>::cast)
    })
}

/// `N` bytes where an attribute is stored, neighbours included where it is shorter.
unsafe fn number<const N: usize>(exp: *const nf_expect, kind: ExpectationAttr) -> Result<[u8; N]> {
    // SAFETY: as for this function.
    let at = unsafe { present(exp, kind) }?;
    // SAFETY: every attribute has four bytes of the object at its offset; a byte array needs no alignment.
    Ok(unsafe { at.cast::<[u8; N]>().read_unaligned() })
}

/// Returns an 8-bit attribute, or 0 with errno set.
///
/// Errors:
/// - ENODATA: the attribute is not set
/// - EINVAL: there is no such attribute
///
/// @ingroup nfexp_set_attr
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfexp_get_attr_u8(exp: *const nf_expect, r#type: ExpectationAttr) -> u8 {
    boundary(|| {
        // SAFETY: C gives a live object.
        unsafe { number(exp, r#type) }.map(u8::from_ne_bytes)
    })
}

/// Returns a 16-bit attribute. Errors as nfexp_get_attr_u8().
/// @ingroup nfexp_set_attr
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfexp_get_attr_u16(exp: *const nf_expect, r#type: ExpectationAttr) -> u16 {
    boundary(|| {
        // SAFETY: C gives a live object.
        unsafe { number(exp, r#type) }.map(u16::from_ne_bytes)
    })
}

/// Returns a 32-bit attribute. Errors as nfexp_get_attr_u8().
/// @ingroup nfexp_set_attr
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfexp_get_attr_u32(exp: *const nf_expect, r#type: ExpectationAttr) -> u32 {
    boundary(|| {
        // SAFETY: C gives a live object.
        unsafe { number(exp, r#type) }.map(u32::from_ne_bytes)
    })
}

/// Returns 1 when an attribute is set, 0 when it is not, or -1 with errno set.
///
/// Errors:
/// - EINVAL: there is no such attribute
///
/// @ingroup nfexp_set_attr
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfexp_attr_is_set(exp: *const nf_expect, r#type: ExpectationAttr) -> c_int {
    boundary(|| {
        // SAFETY: C gives a live object.
        let expect = unsafe { shared(exp) }?;
        Ok(c_int::from(expect.is_set(attr(r#type)?)))
    })
}

/// Marks an attribute as not set.
///
/// Returns 0, or -1 with errno set.
///
/// Errors:
/// - EINVAL: there is no such attribute
///
/// @ingroup nfexp_set_attr
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfexp_attr_unset(exp: *mut nf_expect, r#type: ExpectationAttr) -> c_int {
    boundary(|| {
        // SAFETY: C gives a live object.
        let expect = unsafe { exclusive(exp) }?;
        expect.unset(attr(r#type)?);
        Ok(0)
    })
}
