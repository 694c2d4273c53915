// SPDX-License-Identifier: GPL-2.0-or-later
//! The calling thread's stack: where a function stands on it, and which functions are still running.
//!
//! A C program may leave our functions with `longjmp` or an exception, so a note that a function is running can be out
//! of date. The functions that the unwinder finds on the stack are running.

use libc::{c_int, c_void};

unsafe extern "C" {
    // Of libgcc_s, which every Rust program needs for its own unwinding.
    fn _Unwind_Backtrace(step: extern "C" fn(*mut c_void, *mut c_void) -> c_int, data: *mut c_void) -> c_int;
    #[cfg(not(target_arch = "arm"))]
    fn _Unwind_GetCFA(context: *mut c_void) -> usize;
    // The value of a register; ARM has a canonical frame address during an exception only.
    #[cfg(target_arch = "arm")]
    fn _Unwind_VRS_Get(
        context: *mut c_void,
        class: c_int,
        register: u32,
        form: c_int,
        value: *mut usize,
    ) -> c_int;
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

/// A place on the stack, and the result of the walk so far.
struct Search {
    place: usize,
    /// The start of the code of the searched function.
    code: usize,
    /// The function called by the next one: the start of its part of the stack, and the start of its code.
    inner: Option<(usize, usize)>,
    /// The place belongs to the function.
    is_found: bool,
    /// The place belongs to another function.
    is_passed: bool,
}

/// Where the part of the function called last begins: its canonical frame address, which is the stack pointer of the
/// function that has called it.
///
/// # Safety
/// The context is one that the unwinder gives in a walk.
unsafe fn begin_of_inner(context: *mut c_void) -> usize {
    #[cfg(not(target_arch = "arm"))]
    // SAFETY: as for this function.
    let begin = unsafe { _Unwind_GetCFA(context) };
    #[cfg(target_arch = "arm")]
    let mut begin = 0;
    #[cfg(target_arch = "arm")]
    // SAFETY: as for this function; the value of register 13, the stack pointer, is a word.
    unsafe {
        _Unwind_VRS_Get(context, 0, 13, 0, &raw mut begin)
    };
    begin
}

/// One function on the stack, inner ones first.
extern "C" fn step(context: *mut c_void, search: *mut c_void) -> c_int {
    // SAFETY: `walk` gives the unwinder its own search, which no other code uses meanwhile.
    let search = unsafe { &mut *search.cast::<Search>() };
    // SAFETY: the unwinder gives a valid context.
    let begin = unsafe { begin_of_inner(context) };
    if let Some((_, code)) = search.inner.filter(|&(inner, _)| (inner..begin).contains(&search.place)) {
        search.is_found = code == search.code;
        search.is_passed = true;
    }
    // SAFETY: as above.
    search.inner = Some((begin, unsafe { _Unwind_GetRegionStart(context) }));
    // A signal handler may run on another stack, above or below this one: the walk ends only when it has found the
    // function.
    if search.is_found { END } else { GO_ON }
}

/// Walks over the functions that are running. Code without unwind tables ends the walk early.
fn walk(place: usize, code: usize) -> Search {
    let mut search = Search { place, code, inner: None, is_found: false, is_passed: false };
    // SAFETY: `step` is given the search, which outlives the walk.
    unsafe { _Unwind_Backtrace(step, (&raw mut search).cast()) };
    search
}

/// The start of the function to which the unwinder counts this code. A linker for ARM makes one entry of neighbours that
/// are unwound in the same way, so it can be the start of an earlier function.
#[cfg(all(target_arch = "arm", target_env = "gnu"))]
fn region(code: usize) -> usize {
    unsafe extern "C" {
        // Of glibc; the unwinder asks the same.
        fn __gnu_Unwind_Find_exidx(code: usize, count: *mut c_int) -> *const [u32; 2];
    }
    let mut count = 0;
    // SAFETY: the pointer is valid for the call.
    let table = unsafe { __gnu_Unwind_Find_exidx(code, &raw mut count) };
    if table.is_null() {
        return code;
    }
    // SAFETY: the table has that many entries, and is as constant as the code that it describes.
    let table = unsafe { std::slice::from_raw_parts(table, usize::try_from(count).unwrap_or(0)) };
    // An entry begins with the distance from itself to its code, in 31 bits with a sign.
    let start = |entry: &[u32; 2]| {
        (&raw const *entry).addr().wrapping_add_signed(((entry[0] << 1) as i32 >> 1) as isize)
    };
    let after = table.partition_point(|entry| start(entry) <= code);
    table.get(after.wrapping_sub(1)).map_or(code, start)
}

/// A function that notes its place on the stack, where the walk finds it later.
pub(crate) struct Function {
    /// The start of its code.
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
        #[cfg(target_arch = "arm")]
        let code = code & !1;
        #[cfg(all(target_arch = "arm", target_env = "gnu"))]
        let code = region(code);
        Function { code }
    }

    /// Whether the function no longer stands at `place` on the calling thread's stack. `here` is the stack pointer of
    /// the caller, or of a function that is running and has called it. Returns false where it cannot be known.
    pub(crate) fn has_left(&self, place: usize, here: usize) -> bool {
        if place == here {
            return true; // another call of the function uses the place
        }
        let search = walk(place, self.code);
        !search.is_found && (place < here || search.is_passed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hint::black_box;

    type Outer = fn(fn(usize)) -> usize;

    /// Notes the function's place, and calls it.
    #[inline(never)]
    fn outer(inner: fn(usize)) -> usize {
        let place = pointer();
        black_box(inner)(place);
        black_box(place)
    }

    /// The same on a stack of the same layout.
    #[inline(never)]
    fn twin(inner: fn(usize)) -> usize {
        let place = pointer();
        black_box(inner)(place);
        black_box(place) + 1 // or the compiler makes one function of the two
    }

    /// The same with more on the stack.
    #[inline(never)]
    fn another(inner: fn(usize)) -> usize {
        let more = black_box([0usize; 100]);
        let place = pointer();
        black_box(inner)(place);
        black_box(place) + black_box(more)[1]
    }

    fn outer_function() -> Function {
        // SAFETY: a function's pointer.
        unsafe { Function::at(outer as Outer as *const ()) }
    }

    fn twin_function() -> Function {
        // SAFETY: a function's pointer.
        unsafe { Function::at(twin as Outer as *const ()) }
    }

    #[test]
    fn a_function_is_found_on_the_stack_while_it_runs_and_not_afterwards() {
        black_box(outer as Outer)(|place| assert!(!outer_function().has_left(place, pointer())));
        black_box(outer as Outer)(|_| {
            black_box(outer as Outer)(|inner| assert!(!outer_function().has_left(inner, pointer())));
        });
        black_box(twin as Outer)(|place| assert!(!twin_function().has_left(place, pointer())));
        black_box(another as Outer)(|place| assert!(outer_function().has_left(place, pointer())));
    }

    #[test]
    fn what_cannot_be_known_has_not_left() {
        assert!(!outer_function().has_left(usize::MAX, pointer()), "no walk comes there");
    }
}
