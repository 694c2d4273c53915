// SPDX-License-Identifier: GPL-2.0-or-later
//! A lock of the C library, which tools that check a C program's threads know. `std`'s lock is a bare system call:
//! helgrind does not know it, and reports accesses to the protected memory as a race.

use libc::{PTHREAD_MUTEX_INITIALIZER, pthread_mutex_t};
use std::cell::UnsafeCell;

/// A value that one thread at a time uses.
pub(crate) struct Lock<T> {
    mutex: UnsafeCell<pthread_mutex_t>,
    value: UnsafeCell<T>,
}

// SAFETY: the value is reached through `with` only, by the one thread that holds the mutex.
unsafe impl<T: Send> Sync for Lock<T> {}

impl<T> Lock<T> {
    /// An open lock.
    pub(crate) const fn new(value: T) -> Lock<T> {
        Lock { mutex: UnsafeCell::new(PTHREAD_MUTEX_INITIALIZER), value: UnsafeCell::new(value) }
    }

    /// Runs a body that uses the value exclusively. The body must not take the same lock: it would wait for itself.
    ///
    /// A lock that is taken once stays where it is, as the C library demands: it lives as long as the program.
    pub(crate) fn with<R>(&'static self, body: impl FnOnce(&mut T) -> R) -> R {
        struct Unlock(*mut pthread_mutex_t);
        impl Drop for Unlock {
            fn drop(&mut self) {
                // SAFETY: this thread took the mutex below.
                unsafe { libc::pthread_mutex_unlock(self.0) };
            }
        }
        // SAFETY: the mutex is initialised and does not move.
        let taken = unsafe { libc::pthread_mutex_lock(self.mutex.get()) };
        assert_eq!(taken, 0, "a default mutex is taken or waited for");
        let _unlock = Unlock(self.mutex.get());
        // SAFETY: no other thread holds the mutex, and this one has no other reference: a second `with` would not
        // have come to here.
        body(unsafe { &mut *self.value.get() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_take_turns() {
        static SUM: Lock<u32> = Lock::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..1000).for_each(|_| SUM.with(|sum| *sum += 1)));
            }
        });
        assert_eq!(SUM.with(|sum| *sum), 4000);
    }
}
