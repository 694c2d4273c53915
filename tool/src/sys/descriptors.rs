// SPDX-License-Identifier: GPL-2.0-or-later
//! The number of descriptors that the process may have.

/// Raises the limit to the highest that needs no privilege. A failure leaves the limit as it is: it shows where a descriptor
/// is refused.
pub fn allow_many() {
    // SAFETY: an all-zero limit is valid; it is filled in by the next call.
    let mut limit: libc::rlimit = unsafe { std::mem::zeroed() };
    // SAFETY: `limit` is a valid place for the answer.
    if unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) } != 0 {
        return;
    }
    limit.rlim_cur = limit.rlim_max;
    // SAFETY: `limit` is initialised and outlives the call.
    unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) };
}
