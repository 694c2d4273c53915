// SPDX-License-Identifier: GPL-2.0-or-later
//! Memory from the heap, where a failed allocation is an error ([`Error::NoMemory`]). With the standard library's own
//! constructors it ends the process.
//!
//! Code that a C function can reach takes its memory here. Rust functions without an error for it use `or_abort`.

use crate::error::{Error, Result};
use std::alloc::{Layout, alloc, alloc_zeroed, handle_alloc_error};
use std::cell::Cell;
use std::ffi::{CStr, CString};

thread_local! {
    /// Whether the code that allocates now handles a failure.
    static PREPARED: Cell<bool> = const { Cell::new(false) };
}

/// Whether the code that allocates memory in this thread now handles a failure: a function of this crate that returns
/// [`Error::NoMemory`]. For a program's own [`GlobalAlloc`](std::alloc::GlobalAlloc) that ends the program with a message
/// where memory runs out: where this function returns true, the allocator returns null instead.
#[must_use]
pub fn handles_failed_allocation() -> bool {
    PREPARED.get()
}

/// Allocates, with a failure handled by the caller.
pub(crate) fn prepared<T>(ask: impl FnOnce() -> T) -> T {
    let before = PREPARED.replace(true);
    let answer = ask();
    PREPARED.set(before);
    answer
}

/// A value in a block on the heap.
///
/// # Errors
/// [`Error::NoMemory`]; the value is dropped.
pub(crate) fn boxed<T>(value: T) -> Result<Box<T>> {
    let layout = Layout::new::<T>();
    if layout.size() == 0 {
        return Ok(Box::new(value)); // a value without size needs no block
    }
    // SAFETY: the layout has a size.
    let block = prepared(|| unsafe { alloc(layout) }).cast::<T>();
    if block.is_null() {
        return Err(Error::NoMemory);
    }
    // SAFETY: the block is fresh, and as large and as aligned as a `T`.
    unsafe { block.write(value) };
    // SAFETY: the block came from the allocator that `Box` uses, with the layout of `T`, and holds a `T`.
    Ok(unsafe { Box::from_raw(block) })
}

/// A copy of a slice.
///
/// # Errors
/// [`Error::NoMemory`].
pub(crate) fn copied<T: Copy>(items: &[T]) -> Result<Vec<T>> {
    let mut copy = room(items.len())?;
    copy.extend_from_slice(items);
    Ok(copy)
}

/// `len` times the same value.
///
/// # Errors
/// [`Error::NoMemory`].
pub(crate) fn filled<T: Copy>(value: T, len: usize) -> Result<Vec<T>> {
    let mut items = room(len)?;
    items.resize(len, value);
    Ok(items)
}

/// This number of zero bytes. A large block is not written here: it takes memory only where it is written later.
///
/// # Errors
/// [`Error::NoMemory`].
pub(crate) fn zeros(len: usize) -> Result<Box<[u8]>> {
    let Ok(layout) = Layout::array::<u8>(len) else { return Err(Error::NoMemory) };
    if len == 0 {
        return Ok(Box::default());
    }
    // SAFETY: the layout has a size.
    let block = prepared(|| unsafe { alloc_zeroed(layout) });
    if block.is_null() {
        return Err(Error::NoMemory);
    }
    // SAFETY: the block came from the allocator that `Box` uses, with this layout: `len` bytes, all of them zero.
    Ok(unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(block, len)) })
}

/// An empty vector with room for exactly this number of items.
///
/// # Errors
/// [`Error::NoMemory`].
pub(crate) fn room<T>(items: usize) -> Result<Vec<T>> {
    let mut vector = Vec::new();
    prepared(|| vector.try_reserve_exact(items)).map_err(|_| Error::NoMemory)?;
    Ok(vector)
}

/// Appends to a vector.
///
/// # Errors
/// [`Error::NoMemory`]; the vector is unchanged.
pub(crate) fn append<T: Copy>(vector: &mut Vec<T>, items: &[T]) -> Result<()> {
    prepared(|| vector.try_reserve(items.len())).map_err(|_| Error::NoMemory)?;
    vector.extend_from_slice(items);
    Ok(())
}

/// A C string.
///
/// # Errors
/// [`Error::NoMemory`]; [`Error::Malformed`] for text with a NUL.
pub(crate) fn c_string(text: &[u8]) -> Result<CString> {
    let mut bytes = room(text.len() + 1)?;
    bytes.extend_from_slice(text);
    bytes.push(0);
    // Takes the vector's block as it is: it has no room to spare.
    CString::from_vec_with_nul(bytes).map_err(|_| Error::Malformed("a NUL inside a string"))
}

/// A copy of a C string.
///
/// # Errors
/// [`Error::NoMemory`].
pub(crate) fn c_string_copy(text: &CStr) -> Result<CString> {
    let bytes = copied(text.to_bytes_with_nul())?;
    // SAFETY: what was a C string is one: its only NUL is its last byte.
    Ok(unsafe { CString::from_vec_with_nul_unchecked(bytes) })
}

/// Whether `bytes` bytes of address space are left in one piece.
pub(crate) fn has_room(bytes: usize) -> bool {
    let (access, kind) = (libc::PROT_NONE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE);
    // SAFETY: a new mapping at a place of the kernel's choice; nothing is read or written there.
    let place = unsafe { libc::mmap(std::ptr::null_mut(), bytes, access, kind, -1, 0) };
    // SAFETY: the mapping was just made, and nothing else knows of it.
    place != libc::MAP_FAILED && unsafe { libc::munmap(place, bytes) } == 0
}

/// The result of a function that fails only when memory runs out, for callers without an error for that.
pub(crate) fn or_abort<T>(result: Result<T>) -> T {
    match result {
        Ok(value) => value,
        Err(_) => handle_alloc_error(Layout::new::<u8>()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_hold_what_was_put_in() {
        assert_eq!(*boxed([7u64; 9]).unwrap(), [7; 9]);
        assert_eq!(boxed(()).map(|unit| *unit), Ok(()));
        assert_eq!(copied(b"abc").unwrap(), b"abc");
        assert_eq!(filled(5u16, 3).unwrap(), [5, 5, 5]);
        assert_eq!((&*zeros(3).unwrap(), &*zeros(0).unwrap()), (&[0, 0, 0][..], &[][..]));
        assert_eq!(c_string(b"a b").unwrap().as_c_str(), c"a b");
        assert_eq!(c_string_copy(c"a b").unwrap().as_c_str(), c"a b");
        assert!(matches!(c_string(b"a\0b"), Err(Error::Malformed(_))));
    }

    #[test]
    fn only_prepared_code_handles_a_failure() {
        assert!(!handles_failed_allocation());
        assert!(prepared(|| prepared(handles_failed_allocation) && handles_failed_allocation()));
        assert!(!handles_failed_allocation());
    }

    #[test]
    fn what_nobody_has_is_an_error() {
        assert!(matches!(room::<u64>(usize::MAX / 8), Err(Error::NoMemory)));
        // A program for 32 bits can have half of the address space, on a kernel for 64 bits.
        let half = cfg!(target_pointer_width = "64").then_some(isize::MAX as usize);
        for bytes in [usize::MAX].into_iter().chain(half) {
            assert!(matches!(filled(0u8, bytes), Err(Error::NoMemory)));
            assert!(matches!(zeros(bytes), Err(Error::NoMemory)));
            assert!(!has_room(bytes));
        }
        assert!(has_room(1 << 20));
    }
}
