// SPDX-License-Identifier: GPL-2.0-or-later
//! The running kernel's version, for the few features that it cannot be asked about.

/// Whether the kernel has this version (major, minor) or a later one; false when the kernel does not report its
/// version.
#[must_use]
pub fn is_at_least(wanted: (u32, u32)) -> bool {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    version(&release).is_some_and(|version| version >= wanted)
}

/// The first two numbers of a release such as `6.1.0-18-amd64`.
fn version(release: &str) -> Option<(u32, u32)> {
    let mut numbers = release.split(|byte: char| !byte.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_start_with_two_numbers() {
        assert_eq!(version("6.1.0-18-amd64\n"), Some((6, 1)));
        assert_eq!(version("5.15-rc3"), Some((5, 15)));
        assert!(version("6.2") > version("5.15"));
        assert_eq!((version(""), version("linux")), (None, None));
    }

    #[test]
    fn this_kernel_is_later_than_the_first() {
        assert!(is_at_least((2, 6)));
    }
}
