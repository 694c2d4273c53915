// SPDX-License-Identifier: GPL-2.0-or-later
//! A folder whose names are watched (inotify).

use std::ffi::CString;
use std::fs::File;
use std::io::Read as _;
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, FromRawFd as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// Names that appear and go.
const CHANGES: u32 = libc::IN_CREATE | libc::IN_DELETE | libc::IN_MOVED_FROM | libc::IN_MOVED_TO;

/// A watch over the names of a folder. A folder that does not exist, or a system without room for the watch, shows no change.
#[derive(Debug)]
pub struct Folder {
    path: Option<CString>,
    inotify: Option<File>,
}

impl Folder {
    /// Watches a folder from now on, if it exists.
    pub fn watch(path: &Path) -> Folder {
        // SAFETY: no pointer is passed.
        let fd = unsafe { libc::inotify_init1(libc::IN_NONBLOCK | libc::IN_CLOEXEC) };
        // SAFETY: the descriptor was just opened, and no other code owns it.
        let inotify = (fd >= 0).then(|| unsafe { File::from_raw_fd(fd) });
        let folder = Folder { path: CString::new(path.as_os_str().as_bytes()).ok(), inotify };
        folder.watch_again();
        folder
    }

    /// Watches the folder that has the name now: it may have been made since. Nothing changes where it is watched.
    pub fn watch_again(&self) {
        if let (Some(inotify), Some(path)) = (&self.inotify, &self.path) {
            // SAFETY: the path is a string that ends with a NUL and outlives the call.
            unsafe { libc::inotify_add_watch(inotify.as_raw_fd(), path.as_ptr(), CHANGES) };
        }
    }

    /// What is readable when names have changed.
    pub fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.inotify.as_ref().map(File::as_fd)
    }

    /// Whether names have changed since this function was called last.
    pub fn has_changed(&mut self) -> bool {
        let (mut changes, mut has_changed) = ([0; 4096], false);
        while self.inotify.as_mut().is_some_and(|inotify| inotify.read(&mut changes).is_ok_and(|len| len > 0))
        {
            has_changed = true;
        }
        has_changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn names_that_appear_and_go_are_changes_also_in_a_folder_that_is_made_later() {
        let path = std::env::temp_dir().join(format!("conntrack-folder-{}", std::process::id()));
        let mut folder = Folder::watch(&path);
        fs::create_dir(&path).unwrap();
        folder.watch_again();
        assert!(!folder.has_changed());
        fs::write(path.join("a"), "").unwrap();
        assert!(folder.has_changed() && !folder.has_changed());
        folder.watch_again();
        fs::remove_file(path.join("a")).unwrap();
        assert!(folder.has_changed() && !folder.has_changed());
        fs::remove_dir(&path).unwrap();
    }
}
