// SPDX-License-Identifier: GPL-2.0-or-later
//! The thread's `errno`: read, set, and in words.

/// Reads the calling thread's `errno`.
#[must_use]
pub fn get() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

/// Sets the calling thread's `errno`.
#[cfg(any(test, feature = "capi", feature = "internals"))]
pub fn set(value: i32) {
    // SAFETY: `__errno_location` always returns a valid pointer to the calling thread's errno.
    unsafe { *libc::__errno_location() = value };
}

/// The C library's text for an error number, in the C locale.
#[must_use]
pub fn text(errno: i32) -> String {
    let mut buf = [0u8; 128];
    // SAFETY: the buffer is writable for the length given; the function NUL-terminates what it writes.
    let failed = unsafe { libc::strerror_r(errno, buf.as_mut_ptr().cast(), buf.len()) };
    match std::ffi::CStr::from_bytes_until_nul(&buf) {
        Ok(text) if failed == 0 => text.to_string_lossy().into_owned(),
        _ => format!("Unknown error {errno}"),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn texts_are_the_c_librarys() {
        let [unsupported, unknown] = if cfg!(target_env = "musl") {
            ["Not supported", "No error information"]
        } else {
            ["Operation not supported", "Unknown error 99999"]
        };
        assert_eq!(super::text(libc::EINVAL), "Invalid argument");
        assert_eq!(super::text(libc::EOPNOTSUPP), unsupported);
        assert_eq!(super::text(99999), unknown);
    }

    #[test]
    fn set_then_get() {
        super::set(libc::ENODATA);
        assert_eq!(super::get(), libc::ENODATA);
    }
}
