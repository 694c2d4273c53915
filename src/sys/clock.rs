// SPDX-License-Identifier: GPL-2.0-or-later
//! Wall-clock time and its local break-down, as printed timestamps need it.

use std::sync::atomic::{AtomicU64, Ordering};
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

/// Microseconds of the clock from which the kernel log has its times: since the start of the system, without the time
/// asleep.
#[must_use]
pub fn since_boot_micros() -> u64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is valid for the call.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
    let secs = u64::try_from(now.tv_sec).unwrap_or(0);
    secs * 1_000_000 + u64::try_from(now.tv_nsec).unwrap_or(0) / 1000
}

unsafe extern "C" {
    // The libc crate does not declare it for Linux.
    safe fn tzset();
}

/// The last check of `/etc/localtime`, in seconds since 1970.
static LOOKED_SECS: AtomicU64 = AtomicU64::new(0);

/// Reads the time zone again, as C's `ctime` does each time; [`local`] alone keeps the zone that was read last. A
/// changed `TZ` takes effect at once. Without `TZ` the system's zone applies; reading its file takes time, so it is
/// read once a second.
pub fn follow_zone() {
    // SAFETY: the name is NUL-terminated; only whether the result is null is looked at. A program that changes the
    // environment vouches that no other thread reads it (`std::env::set_var`); the C library locks `tzset`.
    let is_set = !unsafe { libc::getenv(c"TZ".as_ptr()) }.is_null();
    let now = if is_set { 0 } else { now_secs() };
    if LOOKED_SECS.swap(now, Ordering::Relaxed) != now || is_set {
        tzset();
    }
}

/// Breaks seconds since 1970 down in the local time zone; nothing when the C library cannot: on 32-bit machines, times after
/// January 2038 with glibc before 2.34.
#[must_use]
pub fn local(secs: u64) -> Option<LocalTime> {
    let small = |n: libc::c_int| u8::try_from(n).unwrap_or_default();
    // A `time_t`, whose name the C library may deprecate.
    let tm = secs.try_into().map_or_else(|_| broken_down_late(secs), broken_down)?;
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

#[allow(deprecated)] // by the libc crate, for musl
fn broken_down(secs: libc::time_t) -> Option<libc::tm> {
    // SAFETY: an all-zero `tm` is valid (its pointer member may be null).
    let mut tm: libc::tm = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are valid for the call, and localtime_r keeps neither.
    let done = unsafe { libc::localtime_r(&raw const secs, &raw mut tm) };
    (!done.is_null()).then_some(tm)
}

/// Breaks down a time that is too late for a `time_t` of 32 bits, which ends in January 2038. On machines with such a
/// `time_t`, glibc has a second function for times of 64 bits, since version 2.34.
fn broken_down_late(secs: u64) -> Option<libc::tm> {
    type LocalTime64 = unsafe extern "C" fn(*const i64, *mut libc::tm) -> *mut libc::tm;
    let secs = i64::try_from(secs).ok()?;
    // SAFETY: the name is NUL-terminated.
    let function = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"__localtime64_r".as_ptr()) };
    if function.is_null() {
        return None;
    }
    // SAFETY: glibc's function of this name has this type.
    let function: LocalTime64 = unsafe { std::mem::transmute(function) };
    // SAFETY: an all-zero `tm` is valid (its pointer member may be null).
    let mut tm: libc::tm = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are valid for the call, and the function keeps neither.
    let done = unsafe { function(&raw const secs, &raw mut tm) };
    (!done.is_null()).then_some(tm)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn times_after_2038_are_known() {
        let year = |secs| local(secs).unwrap().year;
        // The middle of the years, so that the zone does not matter.
        assert_eq!([i32::MAX as u64, 2_161_000_000, 4_118_000_000].map(year), [2038, 2038, 2100]);
        assert_eq!(year(u64::MAX / 1_000_000_000), 2554, "the largest number of nanoseconds");
    }

    #[test]
    fn a_new_zone_is_seen_when_looked_for() {
        // The environment belongs to the whole process, so the test runs in one of its own.
        const ALONE: &str = "CLOCK_TEST_ALONE";
        if std::env::var_os(ALONE).is_none() {
            let mut again = Command::new(std::env::current_exe().unwrap());
            let test = "sys::clock::tests::a_new_zone_is_seen_when_looked_for";
            let output = again.args(["--exact", test]).env(ALONE, "1").env("TZ", "UTC").output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
            return;
        }
        let hour = || local(0).unwrap().hour;
        assert_eq!(hour(), 0);
        // SAFETY: no other thread of this process reads the environment.
        unsafe { std::env::set_var("TZ", "TST-5") };
        assert_eq!(hour(), if cfg!(target_env = "musl") { 5 } else { 0 }); // musl looks each time
        follow_zone();
        assert_eq!(hour(), 5);
        // SAFETY: as above.
        unsafe { std::env::set_var("TZ", "TST-6") };
        follow_zone();
        assert_eq!(hour(), 6);
        // SAFETY: as above.
        unsafe { std::env::remove_var("TZ") };
        follow_zone();
        follow_zone();
        assert_eq!(Some(hour()), system_hour());
    }

    /// The hour of the epoch in the system's own zone, as another program reports it.
    fn system_hour() -> Option<u8> {
        let output = Command::new("date").args(["-d", "@0", "+%H"]).env_remove("TZ").output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().parse().ok()
    }
}
