// SPDX-License-Identifier: GPL-2.0-or-later
//! The settings with which a handle is opened: the network namespace and the receive buffer.

#![forbid(unsafe_code)]

use super::handle::Handle;
use crate::error::{Error, Result};
use crate::sys::socket::LARGEST_RECEIVE_BUFFER;
use crate::sys::{Socket, namespace, proc};
use std::fs::File;
use std::path::{Path, PathBuf};

/// Where `ip netns` keeps the namespaces that it has named.
const NAMED: &str = "/run/netns";

/// The settings of a handle; made by [`Handle::builder`].
///
/// ```no_run
/// use netfilter_conntrack::Handle;
/// let mut handle = Handle::builder().namespace_name("router").receive_buffer(1 << 20).open()?;
/// println!("{} flows", handle.statistics()?.entries);
/// # Ok::<(), netfilter_conntrack::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "nothing is opened before `open`"]
pub struct HandleBuilder {
    namespace: Option<Netns>,
    receive_buffer: Option<u32>,
    reads_ahead: bool,
}

/// A network namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Netns {
    /// The name that `ip netns add` gave it: a file in `/run/netns`.
    Name(String),
    /// A file that stands for it.
    Path(PathBuf),
    /// The namespace in which this process runs.
    Process(u32),
    /// A file, as long as it stands for the namespace with this device and inode: a process may move to another namespace,
    /// and a name may be given again. What needs the namespace then fails with `ESRCH`.
    Found {
        /// The file.
        path: PathBuf,
        /// Device and inode.
        identity: (u64, u64),
    },
}

impl Netns {
    /// The file that stands for the namespace.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a name that is not the name of a file.
    pub fn path(&self) -> Result<PathBuf> {
        match self {
            Netns::Name(name) if matches!(name.as_str(), "" | "." | "..") || name.contains('/') => {
                Err(Error::Invalid("a namespace's name is the name of a file"))
            }
            Netns::Name(name) => Ok(Path::new(NAMED).join(name)),
            Netns::Path(path) | Netns::Found { path, .. } => Ok(path.clone()),
            Netns::Process(pid) => Ok(PathBuf::from(format!("/proc/{pid}/ns/net"))),
        }
    }

    /// The open file. It is checked after it was opened: whatever happens to its name, it stands for the same namespace.
    pub(crate) fn open(&self) -> Result<File> {
        let file = namespace::open(&self.path()?)?;
        match self {
            Netns::Found { identity, .. } if proc::identity_of(&file)? != *identity => {
                Err(Error::Os(libc::ESRCH))
            }
            _ => Ok(file),
        }
    }

    /// Moves the calling thread into the namespace. Sockets that the thread opens later, threads that it starts later and
    /// its view of `/proc/net` and `/proc/sys/net` are of that namespace. A handle alone needs no move, see
    /// [`HandleBuilder::namespace`].
    ///
    /// # Errors
    /// As [`HandleBuilder::open`] for a namespace. The thread then stays where it is.
    pub fn enter(&self) -> Result<()> {
        namespace::enter_file(&self.open()?)
    }
}

impl HandleBuilder {
    /// Selects the network namespace with this name, which `ip netns add` gave it, instead of the caller's own. Needs
    /// `CAP_SYS_ADMIN`. The namespace of the calling thread does not change.
    pub fn namespace_name(mut self, name: impl Into<String>) -> HandleBuilder {
        self.namespace = Some(Netns::Name(name.into()));
        self
    }

    /// Selects the network namespace of this file, such as `/proc/PID/ns/net`.
    pub fn namespace_path(mut self, path: impl Into<PathBuf>) -> HandleBuilder {
        self.namespace = Some(Netns::Path(path.into()));
        self
    }

    /// Selects the network namespace in which this process runs.
    pub fn namespace_of_process(mut self, pid: u32) -> HandleBuilder {
        self.namespace = Some(Netns::Process(pid));
        self
    }

    /// Asks this network namespace.
    pub fn namespace(mut self, namespace: Netns) -> HandleBuilder {
        self.namespace = Some(namespace);
        self
    }

    /// Asks for a receive buffer of this many bytes, beyond the system's limit where privilege allows. The kernel doubles
    /// the number. A larger buffer makes larger batches possible.
    pub fn receive_buffer(mut self, bytes: u32) -> HandleBuilder {
        self.receive_buffer = Some(bytes.min(LARGEST_RECEIVE_BUFFER));
        self
    }

    /// Receives lists in a second thread, see [`Handle::read_ahead`].
    pub fn read_ahead(mut self, on: bool) -> HandleBuilder {
        self.reads_ahead = on;
        self
    }

    /// Opens the handle.
    ///
    /// # Errors
    /// The system's error: `ENOENT` for a namespace or a process that does not exist, `EPERM` or `EACCES` for another
    /// namespace without privilege, `EINVAL` for a file that is no network namespace; [`Error::Invalid`] for a name with a slash
    /// and for a path with a NUL; [`Error::NoMemory`].
    pub fn open(self) -> Result<Handle> {
        let socket = match &self.namespace {
            None => Socket::open(0)?,
            Some(namespace) => namespace::socket_in(namespace.open()?)?,
        };
        if let Some(bytes) = self.receive_buffer {
            socket.set_receive_buffer(bytes)?;
        }
        let mut handle = Handle::on(socket)?;
        handle.read_ahead(self.reads_ahead);
        Ok(handle)
    }
}

impl Handle {
    /// The settings of a handle, to be opened with [`HandleBuilder::open`].
    pub fn builder() -> HandleBuilder {
        HandleBuilder::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namespace_is_a_file() {
        let path = |namespace: Netns| namespace.path().map(|path| path.display().to_string());
        assert_eq!(path(Netns::Name("blue".into())).as_deref(), Ok("/run/netns/blue"));
        assert_eq!(path(Netns::Path("/tmp/ns".into())).as_deref(), Ok("/tmp/ns"));
        assert_eq!(path(Netns::Process(7)).as_deref(), Ok("/proc/7/ns/net"));
        for name in ["", ".", "..", "a/b", "/etc/passwd"] {
            assert!(matches!(path(Netns::Name(name.into())), Err(Error::Invalid(_))), "{name}");
        }
    }

    #[test]
    fn what_is_no_namespace_is_an_error() {
        let open = |path: &str| Handle::builder().namespace_path(path).open().err();
        assert_eq!(open("/no/such/file"), Some(Error::Os(libc::ENOENT)));
        assert_eq!(open("/etc/passwd"), Some(Error::Os(libc::EINVAL)));
        let gone = Handle::builder().namespace_of_process(u32::MAX).open().err();
        assert!(gone.is_some_and(Error::is_not_found), "{gone:?}");
    }

    #[test]
    fn a_pipe_is_no_namespace_and_nothing_waits_for_its_writer() {
        let folder = std::env::temp_dir().join(format!("namespace-{}", std::process::id()));
        std::fs::create_dir(&folder).unwrap();
        let pipe = folder.join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        let opened = made.success().then(|| {
            // An open call would wait for ever for a writer; this writer arrives late.
            let (opened, outcome) = std::sync::mpsc::channel();
            let path = pipe.clone();
            let thread = std::thread::spawn(move || {
                let _ = opened.send(Handle::builder().namespace_path(path).open().err());
            });
            let outcome = outcome.recv_timeout(std::time::Duration::from_secs(120));
            drop(std::fs::OpenOptions::new().read(true).write(true).open(&pipe));
            thread.join().unwrap();
            outcome
        });
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(opened, Some(Ok(Some(Error::Os(libc::EINVAL)))));
    }

    #[test]
    fn a_thread_enters_only_a_namespace() {
        assert!(Netns::Process(u32::MAX).enter().is_err_and(Error::is_not_found));
        assert_eq!(Netns::Path("/etc/passwd".into()).enter(), Err(Error::Os(libc::EINVAL)));
        assert!(matches!(Netns::Name("a/b".into()).enter(), Err(Error::Invalid(_))));
    }

    #[test]
    fn a_file_that_stands_for_another_namespace_now_is_not_entered() {
        let path = PathBuf::from("/proc/thread-self/ns/net");
        let (device, inode) = proc::identity(&path).unwrap();
        let found = |inode| Netns::Found { path: path.clone(), identity: (device, inode) };
        let identity = |file: File| proc::identity_of(&file);
        assert_eq!(found(inode).open().and_then(identity), Ok((device, inode)));
        let gone = Error::Os(libc::ESRCH);
        let moved = found(inode + 1);
        assert_eq!(moved.open().err(), Some(gone));
        assert_eq!(moved.enter(), Err(gone));
        assert_eq!(Handle::builder().namespace(moved).open().err(), Some(gone));
    }

    #[test]
    fn no_path_has_a_nul() {
        let open = |builder: HandleBuilder| builder.open().err();
        let builder = Handle::builder;
        assert!(matches!(open(builder().namespace_name("a\0b")), Some(Error::Invalid(_))));
        assert!(matches!(open(builder().namespace_path("/tmp/a\0b")), Some(Error::Invalid(_))));
    }

    mod on_a_socket {
        use super::*;

        #[test]
        fn a_receive_buffer_is_as_large_as_was_asked_for() {
            let handle = Handle::builder().receive_buffer(10_000).open().unwrap();
            assert_eq!(handle.socket().receive_buffer(), Ok(20_000));
            let largest = Handle::builder().receive_buffer(u32::MAX).open().unwrap();
            let size = largest.socket().receive_buffer();
            assert!(size.is_ok_and(|size| size > 20_000), "{size:?}");
        }

        #[test]
        fn a_handle_receives_no_events() {
            assert_eq!(Handle::builder().open().unwrap().socket().groups(), Ok(0));
            assert_eq!(Handle::open().unwrap().socket().groups(), Ok(0));
        }
    }
}
