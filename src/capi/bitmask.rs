// SPDX-License-Identifier: GPL-2.0-or-later
//! Bit masks, as connection labels use them.

use super::border::{boundary, boundary_or, exclusive, give, shared, take};
use super::layout::nfct_bitmask;
use crate::bitmask::Bitmask;
use libc::{c_int, c_uint};

/// Creates a mask for the bits 0 to `max`, all clear; the size is rounded up to whole 32-bit words. Release the mask
/// with nfct_bitmask_destroy(), or set it as an attribute of an object, which then owns the mask.
///
/// Returns the mask, or NULL: when `max` is above 65535, with errno unchanged.
///
/// Errors:
/// - ENOMEM: no memory
///
/// @ingroup nfct_bitmask_new
#[unsafe(no_mangle)]
pub extern "C" fn nfct_bitmask_new(max: c_uint) -> *mut nfct_bitmask {
    boundary(|| {
        if max > Bitmask::MAX_BIT {
            return Ok(std::ptr::null_mut());
        }
        give(Bitmask::try_new(max)?)
    })
}

/// Duplicates a mask. Release the copy with nfct_bitmask_destroy().
///
/// Returns the copy, or NULL with errno set.
///
/// Errors:
/// - ENOMEM: no memory
///
/// @ingroup nfct_bitmask_new
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_bitmask_clone(b: *const nfct_bitmask) -> *mut nfct_bitmask {
    boundary(|| {
        // SAFETY: C gives a live mask.
        let mask = unsafe { shared(b) }?;
        give(mask.try_clone()?)
    })
}

/// Returns the highest bit that a mask has room for.
/// @ingroup nfct_bitmask_new
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_bitmask_maxbit(b: *const nfct_bitmask) -> c_uint {
    boundary(|| {
        // SAFETY: C gives a live mask.
        unsafe { shared(b) }.map(Bitmask::max_bit)
    })
}

/// Sets a bit. The function ignores a bit outside the mask.
/// @ingroup nfct_bitmask_new
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_bitmask_set_bit(b: *mut nfct_bitmask, bit: c_uint) {
    boundary(|| {
        // SAFETY: C gives a live mask.
        unsafe { exclusive(b) }.map(|mask| mask.set(bit))
    })
}

/// Returns 1 when a bit is set, otherwise 0. A bit outside the mask is not set.
/// @ingroup nfct_bitmask_new
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_bitmask_test_bit(b: *const nfct_bitmask, bit: c_uint) -> c_int {
    boundary_or(0, || {
        // SAFETY: C gives a live mask.
        unsafe { shared(b) }.map(|mask| c_int::from(mask.test(bit)))
    })
}

/// Clears a bit. The function ignores a bit outside the mask.
/// @ingroup nfct_bitmask_new
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_bitmask_unset_bit(b: *mut nfct_bitmask, bit: c_uint) {
    boundary(|| {
        // SAFETY: C gives a live mask.
        unsafe { exclusive(b) }.map(|mask| mask.unset(bit))
    })
}

/// Releases a mask that no object owns; NULL is allowed.
/// @ingroup nfct_bitmask_new
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_bitmask_destroy(b: *mut nfct_bitmask) {
    boundary(|| {
        if b.is_null() {
            return Ok(());
        }
        // SAFETY: C gives up a mask that it got from this library.
        unsafe { take(b) }.map(drop)
    })
}

/// Clears all bits.
/// @ingroup nfct_bitmask_new
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_bitmask_clear(b: *mut nfct_bitmask) {
    boundary(|| {
        // SAFETY: C gives a live mask.
        unsafe { exclusive(b) }.map(Bitmask::clear)
    })
}

/// Returns true when two masks have the same size and the same bits.
/// @ingroup nfct_bitmask_new
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_bitmask_equal(b1: *const nfct_bitmask, b2: *const nfct_bitmask) -> bool {
    boundary(|| {
        // SAFETY: C gives live masks.
        let (a, b) = unsafe { (shared(b1)?, shared(b2)?) };
        Ok(a == b)
    })
}
