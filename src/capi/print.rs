// SPDX-License-Identifier: GPL-2.0-or-later
//! Objects as text and XML.

use super::border::{boundary, bytes_mut, shared};
use super::conntrack::{Made, flow_of};
use super::layout::{nf_conntrack, nf_expect, nfct_labelmap};
use crate::codec::EventKind;
use crate::error::{Error, Result};
use crate::format::{self, Flags, Style, Syntax};
use crate::label::LabelMap;
use libc::{c_char, c_int, c_uint};

/// Prints an object with `write` into C's buffer; -1 with `errno` as it was when the object lacks what is
/// printed first.
unsafe fn print<T>(
    (buf, size): (*mut c_char, c_uint),
    object: &T,
    (msg_type, out_type, flags): (c_uint, c_uint, c_uint),
    labels: Option<&LabelMap>,
    write: impl FnOnce(&mut [u8], &T, &Style<'_>) -> Result<usize>,
) -> Result<c_int> {
    let style = Style {
        syntax: match out_type {
            0 => Syntax::Text,
            1 => Syntax::Xml,
            _ => return Err(Error::Os(libc::ENOENT)),
        },
        event: match msg_type {
            1 => Some(EventKind::New),
            2 => Some(EventKind::Update),
            4 => Some(EventKind::Destroy),
            _ => None,
        },
        flags: Flags::from_bits_truncate(flags),
        labels,
        ..Style::default()
    };
    // SAFETY: as for this function: C lets us write `size` bytes.
    let room = if size == 0 { &mut [] } else { unsafe { bytes_mut(buf.cast(), size as usize) }? };
    match write(room, object, &style) {
        Err(Error::Invalid(_)) => Ok(-1),
        written => written.map(|len| c_int::try_from(len).unwrap_or(c_int::MAX)),
    }
}

fn check_buffer(buf: *mut c_char, size: c_uint) -> Result<()> {
    if buf.is_null() || size == 0 { Err(Error::Invalid("no buffer")) } else { Ok(()) }
}

/// Prints a conntrack object into `buf`, truncated to `size` bytes with the final NUL.
///
/// `msg_type` is one of NFCT_T_*, printed first; `out_type` is one of NFCT_O_*; `out_flags` is a set of NFCT_OF_*.
///
/// Returns the length of the whole text without its NUL, as snprintf(3), or -1. A result of `size` or more means
/// that the text was truncated.
///
/// Errors:
/// - ENOENT: an unknown `out_type`
/// - errno unchanged: the object has no protocol, or NFCT_OF_SHOW_LAYER3 is set and the object has no family
/// - EINVAL: `size` is 0
///
/// @ingroup nfct_snprintf
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_snprintf(
    buf: *mut c_char,
    size: c_uint,
    ct: *const nf_conntrack,
    msg_type: c_uint,
    out_type: c_uint,
    out_flags: c_uint,
) -> c_int {
    boundary(|| {
        check_buffer(buf, size)?;
        let mut made = Made::new();
        // SAFETY: C gives a live object.
        let flow = unsafe { flow_of(ct, &mut made) }?;
        // SAFETY: C gives a buffer of `size` bytes.
        unsafe { print((buf, size), flow, (msg_type, out_type, out_flags), None, format::flow_without_json) }
    })
}

/// Prints a conntrack object with the names of its connection labels from a label map. With NULL for the map, the
/// function prints the same as nfct_snprintf().
///
/// With a `size` of 0 the function writes nothing, and `buf` may be NULL.
///
/// Returns as nfct_snprintf().
///
/// Errors:
/// - ENOENT: an unknown `out_type`
/// - errno unchanged: the object has no protocol, or NFCT_OF_SHOW_LAYER3 is set and the object has no family
///
/// @ingroup nfct_snprintf
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_snprintf_labels(
    buf: *mut c_char,
    size: c_uint,
    ct: *const nf_conntrack,
    msg_type: c_uint,
    out_type: c_uint,
    out_flags: c_uint,
    map: *mut nfct_labelmap,
) -> c_int {
    boundary(|| {
        // SAFETY: C gives NULL or a live map.
        let labels = if map.is_null() { None } else { Some(unsafe { shared(map) }?) };
        let mut made = Made::new();
        // SAFETY: C gives a live object.
        let flow = unsafe { flow_of(ct, &mut made) }?;
        // SAFETY: C gives a buffer of `size` bytes.
        unsafe {
            print((buf, size), flow, (msg_type, out_type, out_flags), labels, format::flow_without_json)
        }
    })
}

/// Prints an expectation object into `buf`, truncated to `size` bytes with the final NUL. The arguments are those of
/// nfct_snprintf(); NFCT_OF_TIME has an effect in XML, the other flags have none.
///
/// Returns the length of the whole text without its NUL, or -1 with errno set.
///
/// Errors:
/// - ENOENT: an unknown `out_type`
/// - EINVAL: `size` is 0
///
/// @ingroup nfct_snprintf
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfexp_snprintf(
    buf: *mut c_char,
    size: c_uint,
    exp: *const nf_expect,
    msg_type: c_uint,
    out_type: c_uint,
    out_flags: c_uint,
) -> c_int {
    boundary(|| {
        check_buffer(buf, size)?;
        // SAFETY: C gives a live object.
        let expect = unsafe { shared(exp) }?;
        // SAFETY: C gives a buffer of `size` bytes.
        unsafe {
            print(
                (buf, size),
                expect,
                (msg_type, out_type, out_flags),
                None,
                format::expectation_without_json,
            )
        }
    })
}
