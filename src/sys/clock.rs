// SPDX-License-Identifier: GPL-2.0-or-later
//! Wall-clock time and its local break-down, as printed timestamps need it.

use std::time::{SystemTime, UNIX_EPOCH};

/// A moment in the local time zone (`TZ`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LocalTime {
    /// Seconds, 0..=60.
    pub second: u8,
    /// Minutes, 0..=59.
    pub minute: u8,
    /// Hours, 0..=23.
    pub hour: u8,
    /// Day of the month, 1..=31.
    pub day: u8,
    /// Month, 1..=12.
    pub month: u8,
    /// Year of the common era.
    pub year: i64,
    /// Day of the week, 0 = Sunday.
    pub weekday: u8,
}

/// Whole seconds since 1970.
#[must_use]
pub fn now_secs() -> u64 {
    now_nanos() / 1_000_000_000
}

/// Nanoseconds since 1970.
#[must_use]
pub fn now_nanos() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// Breaks seconds since 1970 down in the local time zone; nothing when the year does not fit.
#[must_use]
pub fn local(secs: u64) -> Option<LocalTime> {
    let secs = libc::time_t::try_from(secs).ok()?;
    let small = |n: libc::c_int| u8::try_from(n).unwrap_or_default();
    // SAFETY: an all-zero `tm` is valid (its pointer member may be null).
    let mut tm: libc::tm = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are valid for the call, and localtime_r keeps neither.
    let done = unsafe { libc::localtime_r(&raw const secs, &raw mut tm) };
    if done.is_null() {
        return None;
    }
    Some(LocalTime {
        second: small(tm.tm_sec),
        minute: small(tm.tm_min),
        hour: small(tm.tm_hour),
        day: small(tm.tm_mday),
        month: small(tm.tm_mon + 1),
        year: i64::from(tm.tm_year) + 1900,
        weekday: small(tm.tm_wday),
    })
}
