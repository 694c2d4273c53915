// SPDX-License-Identifier: GPL-2.0-or-later
//! The memory that the process may use.

use std::path::{Path, PathBuf};

/// The memory page size in bytes.
#[must_use]
pub fn page_size() -> usize {
    // SAFETY: no pointer is passed.
    usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096)
}

/// The memory in bytes that this process may use: the machine's, or less where a control group allows less.
#[must_use]
pub fn memory_bytes() -> u64 {
    let groups = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let limit = |file| std::fs::read_to_string(file).ok()?.trim().parse().ok();
    limit_files(&groups).into_iter().filter_map(limit).fold(machine_bytes(), u64::min)
}

/// Whether this process has a processor for a thread that receives a list while another one works on it.
#[must_use]
pub fn has_room_for_a_reader() -> bool {
    std::thread::available_parallelism().is_ok_and(|processors| processors.get() > 1)
}

/// Processors that are online; 0 if the system does not say.
#[must_use]
pub fn processors() -> u64 {
    // SAFETY: no pointer is passed.
    u64::try_from(unsafe { libc::sysconf(libc::_SC_NPROCESSORS_ONLN) }).unwrap_or(0)
}

/// The memory of the machine in bytes; 0 if the system does not say.
#[must_use]
pub fn machine_bytes() -> u64 {
    // SAFETY: no pointer is passed.
    let pages = u64::try_from(unsafe { libc::sysconf(libc::_SC_PHYS_PAGES) }).unwrap_or(0);
    pages.saturating_mul(page_size() as u64)
}

/// The files that may contain a limit of memory, from the text of `/proc/self/cgroup`: a line for each hierarchy, with
/// its number, its controllers (none in version 2) and the group. Each group's limit also applies to the groups inside
/// it. A container may see its own group as the root.
fn limit_files(groups: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for line in groups.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(group)) = (parts.next(), parts.next()) else { continue };
        let (root, file) = match controllers {
            "" => ("/sys/fs/cgroup", "memory.max"),
            _ if controllers.split(',').any(|controller| controller == "memory") => {
                ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
            }
            _ => continue,
        };
        let group = Path::new(group.trim_start_matches('/'));
        files.extend(group.ancestors().map(|group| Path::new(root).join(group).join(file)));
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_group_around_the_process_may_limit_its_memory() {
        let files =
            |groups| limit_files(groups).iter().map(|file| file.display().to_string()).collect::<Vec<_>>();
        assert_eq!(
            files("0::/a/b\n"),
            ["/sys/fs/cgroup/a/b/memory.max", "/sys/fs/cgroup/a/memory.max", "/sys/fs/cgroup/memory.max"]
        );
        assert_eq!(files("0::/\n"), ["/sys/fs/cgroup/memory.max"]);
        assert_eq!(
            files("5:cpu,memory:/x\n4:cpuset:/\n1:name=systemd:/y:z\n"),
            ["/sys/fs/cgroup/memory/x/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
        );
        assert!(files("").is_empty() && files("nonsense\n").is_empty());
        assert!(memory_bytes() > 1 << 20);
    }
}
