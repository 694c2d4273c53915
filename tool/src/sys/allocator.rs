// SPDX-License-Identifier: GPL-2.0-or-later
//! The allocator: where memory runs out it says so and ends the process with exit status 1, instead of aborting it. Code
//! that is prepared to get no memory still gets an error.

use netfilter_conntrack::handles_failed_allocation;
use std::alloc::{GlobalAlloc, Layout, System};

/// The system's allocator, and what to do where it has nothing left.
#[derive(Debug)]
pub struct OrExit {
    text: &'static str,
}

impl OrExit {
    /// One that writes this line to standard error.
    #[must_use]
    pub const fn saying(text: &'static str) -> OrExit {
        OrExit { text }
    }

    /// Returns the block. Ends the process where there is none, and the code that asks is not prepared for that.
    fn judged(&self, block: *mut u8) -> *mut u8 {
        if block.is_null() && !handles_failed_allocation() {
            // SAFETY: the pointer is valid for the length next to it. A failure cannot be reported.
            let _ = unsafe { libc::write(libc::STDERR_FILENO, self.text.as_ptr().cast(), self.text.len()) };
            // SAFETY: it ends the process, and runs nothing that could need memory.
            unsafe { libc::_exit(1) };
        }
        block
    }
}

// SAFETY: every block is the system allocator's, and goes back to it; nothing here unwinds or allocates.
unsafe impl GlobalAlloc for OrExit {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as for this function.
        self.judged(unsafe { System.alloc(layout) })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as for this function.
        self.judged(unsafe { System.alloc_zeroed(layout) })
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as for this function.
        self.judged(unsafe { System.realloc(block, layout, size) })
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as for this function.
        unsafe { System.dealloc(block, layout) };
    }
}
