// SPDX-License-Identifier: GPL-2.0-or-later
//! The calling thread's stack: where a function stands on it, and which functions are still running.
//!
//! A C program may leave our functions with `longjmp` or an exception, so a note that a function is running can be
//! out of date. What the unwinder finds on the stack is not.

use libc::{c_int, c_void};

unsafe extern "C" {
    // Of libgcc_s, which every Rust program needs for its own unwinding.
    fn _Unwind_Backtrace(step: extern "C" fn(*mut c_void, *mut c_void) -> c_int, data: *mut c_void) -> c_int;
    fn _Unwind_GetCFA(context: *mut c_void) -> usize;
    fn _Unwind_GetRegionStart(context: *mut c_void) -> usize;
}

const GO_ON: c_int = 0; // _URC_NO_REASON
const END: c_int = 5; // _URC_END_OF_STACK

/// The stack pointer of the caller. Inlined, and not the address of a variable, which AddressSanitizer moves
/// elsewhere.
#[inline(always)]
pub(crate) fn pointer() -> usize {
    let at: usize;
    #[cfg(target_arch = "x86_64")]
    // SAFETY: the instruction copies a register.
    unsafe {
        std::arch::asm!("mov {}, rsp", out(reg) at, options(nomem, nostack, preserves_flags));
    }
    #[cfg(target_arch = "aarch64")]
    // SAFETY: the instruction copies a register.
    unsafe {
        std::arch::asm!("mov {}, sp", out(reg) at, options(nomem, nostack, preserves_flags));
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    {
        let here = 0u8;
        at = std::hint::black_box(&raw const here) as usize;
    }
    at
}

/// A place on the stack, and what the walk has found out about it.
struct Search {
    place: usize,
    /// The code of the outermost function so far whose part of the stack begins at or below the place.
    function: Option<usize>,
    /// The walk has come to a function whose part begins above the place.
    is_passed: bool,
}

/// One function on the stack, inner ones first.
extern "C" fn step(context: *mut c_void, search: *mut c_void) -> c_int {
    // SAFETY: `owner` gives the unwinder its own search, which no other code uses meanwhile.
    let search = unsafe { &mut *search.cast::<Search>() };
    // In a walk this is the canonical frame address of the function called last: where this one's part begins.
    // SAFETY: the unwinder gives a valid context.
    if unsafe { _Unwind_GetCFA(context) } > search.place {
        search.is_passed = true;
        return END;
    }
    // SAFETY: as above.
    search.function = Some(unsafe { _Unwind_GetRegionStart(context) });
    GO_ON
}

/// The function whose part of the stack a place belongs to, as the address of its code; nothing when the walk
/// does not come so far, because code without unwind tables is in between.
fn owner(place: usize) -> Option<usize> {
    let mut search = Search { place, function: None, is_passed: false };
    // SAFETY: `step` is given the search, which outlives the walk.
    unsafe { _Unwind_Backtrace(step, (&raw mut search).cast()) };
    search.function.filter(|_| search.is_passed)
}

/// A function that notes its place on the stack, to be found there again.
pub(crate) struct Function {
    /// Where its code starts.
    code: usize,
}

impl Function {
    /// The function that a pointer leads to.
    ///
    /// # Safety
    /// The pointer is one to a function.
    pub(crate) unsafe fn at(pointer: *const ()) -> Function {
        // With this calling convention a pointer leads to a descriptor, whose first word is the code's address.
        #[cfg(all(target_arch = "powerpc64", target_endian = "big", target_env = "gnu"))]
        // SAFETY: the pointer is a function's, so its descriptor can be read.
        let code = unsafe { pointer.cast::<usize>().read() };
        #[cfg(not(all(target_arch = "powerpc64", target_endian = "big", target_env = "gnu")))]
        let code = pointer as usize;
        // The lowest bit selects the instruction set.
        Function { code: if cfg!(target_arch = "arm") { code & !1 } else { code } }
    }

    /// Whether the function has left this place of the calling thread's stack. When it cannot be known, it has not.
    pub(crate) fn has_left(&self, place: usize) -> bool {
        owner(place).is_some_and(|owner| owner != self.code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hint::black_box;

    type Outer = fn(fn(usize)) -> usize;

    /// Notes its place, and calls.
    #[inline(never)]
    fn outer(inner: fn(usize)) -> usize {
        let place = pointer();
        black_box(inner)(place);
        black_box(place)
    }

    #[inline(never)]
    fn another(inner: fn(usize)) -> usize {
        let place = pointer();
        black_box(inner)(place);
        black_box(place) + 1 // or the compiler makes one function of the two
    }

    fn outer_function() -> Function {
        // SAFETY: a function's pointer.
        unsafe { Function::at(outer as Outer as *const ()) }
    }

    #[test]
    fn a_function_is_found_on_the_stack_while_it_runs_and_not_afterwards() {
        black_box(outer as Outer)(|place| assert!(!outer_function().has_left(place)));
        black_box(outer as Outer)(|_| {
            black_box(outer as Outer)(|inner| assert!(!outer_function().has_left(inner)));
        });
        black_box(another as Outer)(|place| assert!(outer_function().has_left(place)));
    }

    #[test]
    fn what_cannot_be_known_has_not_left() {
        assert!(!outer_function().has_left(usize::MAX), "no walk comes there");
    }
}
