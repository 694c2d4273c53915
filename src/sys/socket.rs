// SPDX-License-Identifier: GPL-2.0-or-later
//! The netlink socket: its functions come from netlink-sys where that crate has them, and from libc otherwise.
//!
//! netlink-sys closes its descriptor on drop even when cloned, so its type stays private here and is never
//! cloned. The socket is `SOCK_RAW` and close-on-exec.
//!
//! Safe code reaches a descriptor through its owner only: a function that takes a descriptor by its number, which may
//! belong to other code, is unsafe.

use super::errno;
use crate::error::{Error, Result};
use netlink_sys::SocketAddr;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};
use std::time::Duration;

const NETLINK_NETFILTER: libc::c_int = 12;
const NETLINK_ADD_MEMBERSHIP: libc::c_int = 1;
const NETLINK_BROADCAST_ERROR: libc::c_int = 4;
const NETLINK_NO_ENOBUFS: libc::c_int = 5;
const NETLINK_CAP_ACK: libc::c_int = 10;
const SO_MEMINFO: libc::c_int = 55;

/// The most datagrams that one call of [`Socket::receive_several`] takes.
pub const MOST_DATAGRAMS: usize = 32;

/// The largest receive buffer that can be set: the kernel takes a larger number for a negative one, and sets the
/// smallest buffer.
pub const LARGEST_RECEIVE_BUFFER: u32 = i32::MAX as u32;

/// An open `AF_NETLINK`/`NETLINK_NETFILTER` socket.
#[derive(Debug)]
pub struct Socket {
    inner: netlink_sys::Socket,
    port_id: u32,
    /// The script that replaces the kernel.
    #[cfg(any(test, feature = "internals"))]
    script: Option<super::script::Script>,
}

/// One received datagram.
#[derive(Debug, Clone, Copy, Default)]
pub struct Datagram {
    /// Bytes stored in the buffer.
    pub len: usize,
    /// Port id of the sender; 0 is the kernel.
    pub sender: u32,
    /// The datagram was longer than the buffer.
    pub truncated: bool,
}

/// The state of a socket's receive queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Queue {
    /// Bytes of kernel memory that the waiting datagrams take (several times their length).
    pub bytes: u32,
    /// Datagrams that were dropped since the socket was opened because they found no room; wraps at 2^32.
    pub drops: u32,
}

/// `make check` runs where netlink sockets are refused: unit tests that open one have a name by which it leaves them out.
#[cfg(test)]
fn must_run_with_make_test() {
    let thread = std::thread::current();
    let test = thread.name().filter(|name| name.contains("::tests::")).unwrap_or_default();
    assert!(
        test.is_empty() || ["on_a_socket", "with_a_program"].iter().any(|name| test.contains(name)),
        "{test} opens a netlink socket: scripts/check.sh"
    );
}

fn check(result: libc::c_int) -> Result<libc::c_int> {
    if result < 0 { Err(Error::Os(errno::get())) } else { Ok(result) }
}

impl Socket {
    /// Opens a socket and lets the kernel choose its port id; `groups` is the 32-bit multicast mask.
    ///
    /// # Errors
    /// The system's error: `EPERM` for groups without privilege, `EMFILE`, ….
    pub fn open(groups: u32) -> Result<Socket> {
        #[cfg(test)]
        must_run_with_make_test();
        // SAFETY: no pointer is passed.
        let fd = check(unsafe {
            libc::socket(libc::AF_NETLINK, libc::SOCK_RAW | libc::SOCK_CLOEXEC, NETLINK_NETFILTER)
        })?;
        // SAFETY: the descriptor was just opened, and no other code owns it.
        let mut socket = Socket::bound(unsafe { OwnedFd::from_raw_fd(fd) })?;
        if groups != 0 {
            socket.bind_groups(groups)?;
        }
        Ok(socket)
    }

    /// Takes over a netlink descriptor that is already open and bound.
    ///
    /// # Errors
    /// The system's error when the descriptor is no socket, [`Error::Invalid`] when it is one of another kind; it is
    /// closed then.
    pub fn adopt(fd: OwnedFd) -> Result<Socket> {
        // SAFETY: all-zero is a valid sockaddr_nl.
        let mut address: libc::sockaddr_nl = unsafe { std::mem::zeroed() };
        let mut len = size_of_val(&address) as libc::socklen_t;
        // SAFETY: both pointers are valid for the call, the first for as many bytes as the second says.
        check(unsafe { libc::getsockname(fd.as_raw_fd(), (&raw mut address).cast(), &raw mut len) })?;
        if libc::c_int::from(address.nl_family) != libc::AF_NETLINK {
            return Err(Error::Invalid("no netlink socket"));
        }
        // SAFETY: `into_raw_fd` gives the ownership away, to netlink-sys.
        let inner = unsafe { netlink_sys::Socket::from_raw_fd(fd.into_raw_fd()) };
        Ok(Socket::around(inner, address.nl_pid))
    }

    fn bound(fd: OwnedFd) -> Result<Socket> {
        // SAFETY: `into_raw_fd` gives the ownership away, to netlink-sys.
        let mut inner = unsafe { netlink_sys::Socket::from_raw_fd(fd.into_raw_fd()) };
        let address = inner.bind_auto()?;
        Ok(Socket::around(inner, address.port_number()))
    }

    fn around(inner: netlink_sys::Socket, port_id: u32) -> Socket {
        Socket {
            inner,
            port_id,
            #[cfg(any(test, feature = "internals"))]
            script: None,
        }
    }

    /// The same socket with a second descriptor, for another thread.
    ///
    /// # Errors
    /// The system's error: `EMFILE`, ….
    pub(crate) fn duplicate(&self) -> Result<Socket> {
        let fd = self.as_fd().try_clone_to_owned()?;
        // SAFETY: `into_raw_fd` gives the ownership away, to netlink-sys.
        let inner = unsafe { netlink_sys::Socket::from_raw_fd(fd.into_raw_fd()) };
        Ok(Socket {
            inner,
            #[cfg(any(test, feature = "internals"))]
            script: self.script.clone(),
            port_id: self.port_id,
        })
    }

    /// Replaces the set of multicast groups 1..=32 (bit `n - 1` is group `n`).
    ///
    /// # Errors
    /// `EPERM` without privilege.
    pub fn bind_groups(&mut self, groups: u32) -> Result<()> {
        raw::bind(self.as_fd(), self.port_id, groups)
    }

    /// Adds one multicast group by number.
    ///
    /// # Errors
    /// `EPERM` without privilege, `EINVAL` for a group that does not exist.
    pub fn join(&self, group: u32) -> Result<()> {
        raw::join(self.as_fd(), group)?;
        raw::join(self.as_fd(), group) // as `raw::join_again`
    }

    /// The port id by which the kernel knows this socket.
    #[must_use]
    pub fn port_id(&self) -> u32 {
        self.port_id
    }

    /// Sends one datagram to the kernel and returns the bytes sent.
    ///
    /// # Errors
    /// The system's error; `EINTR` is retried.
    pub fn send(&self, datagram: &[u8]) -> Result<usize> {
        #[cfg(any(test, feature = "internals"))]
        if let Some(script) = &self.script {
            script.send(datagram);
            return Ok(datagram.len());
        }
        loop {
            match self.inner.send_to(datagram, &SocketAddr::new(0, 0), 0) {
                Err(error) if error.raw_os_error() == Some(libc::EINTR) => {}
                result => return Ok(result?),
            }
        }
    }

    /// Receives one datagram into `buf`.
    ///
    /// # Errors
    /// [`Error::Overrun`] when the receive queue overflowed (the next call goes on), else the system's
    /// error; `EINTR` is reported, so that a caller can react to a signal.
    pub fn receive(&self, buf: &mut [u8]) -> Result<Datagram> {
        raw::receive(self.as_fd(), buf, true)
    }

    /// Receives the datagrams that are in the queue, up to [`MOST_DATAGRAMS`], each into its own part of `buf`: the
    /// buffer is cut into as many equal parts as `datagrams` has places. Waits for the first one, if `wait` says so,
    /// and for no other. Returns their number.
    ///
    /// # Errors
    /// As [`receive`](Self::receive), and `EAGAIN` without waiting; an error after some datagrams is reported by the
    /// next call. [`Error::Invalid`] without places or with less than a byte for each.
    pub fn receive_several(&self, buf: &mut [u8], datagrams: &mut [Datagram], wait: bool) -> Result<usize> {
        #[cfg(any(test, feature = "internals"))]
        if let Some(script) = &self.script {
            return script.receive_several(buf, datagrams);
        }
        raw::receive_several(self.as_fd(), buf, datagrams, wait)
    }

    /// The memory of the waiting datagrams, and the number of dropped ones.
    ///
    /// # Errors
    /// The system's error; `ENOPROTOOPT` before Linux 4.12.
    pub fn queue(&self) -> Result<Queue> {
        let [bytes, .., drops]: [u32; 9] = self.option(libc::SOL_SOCKET, SO_MEMINFO)?;
        Ok(Queue { bytes, drops })
    }

    /// Makes the kernel deliver the end of every flow: an event that finds no room is sent again later, and until then
    /// its entry counts as one of the table although it has ended. Overruns are no longer reported.
    ///
    /// # Errors
    /// The system's error.
    pub fn set_reliable(&self) -> Result<()> {
        self.set_option(libc::SOL_NETLINK, NETLINK_BROADCAST_ERROR, 1)?;
        self.set_option(libc::SOL_NETLINK, NETLINK_NO_ENOBUFS, 1)
    }

    /// Sets the receive buffer, beyond the system's limit where privilege allows, and returns the size that
    /// took effect (the kernel doubles the value).
    ///
    /// # Errors
    /// The system's error.
    pub fn set_receive_buffer(&self, bytes: u32) -> Result<u32> {
        if self.set_option(libc::SOL_SOCKET, libc::SO_RCVBUFFORCE, bytes).is_err() {
            self.set_option(libc::SOL_SOCKET, libc::SO_RCVBUF, bytes)?;
        }
        self.receive_buffer()
    }

    /// The size of the receive buffer in bytes.
    ///
    /// # Errors
    /// The system's error.
    pub fn receive_buffer(&self) -> Result<u32> {
        self.option(libc::SOL_SOCKET, libc::SO_RCVBUF).map(|[size]| size)
    }

    fn option<const N: usize>(&self, level: libc::c_int, name: libc::c_int) -> Result<[u32; N]> {
        let mut words = [0; N];
        let mut len = size_of::<[u32; N]>() as libc::socklen_t;
        // SAFETY: both pointers are valid, and `len` is the size of the value to which the first points.
        check(unsafe {
            libc::getsockopt(self.inner.as_raw_fd(), level, name, (&raw mut words).cast(), &raw mut len)
        })?;
        Ok(words)
    }

    /// Makes the kernel send refusals without the refused request.
    ///
    /// # Errors
    /// `ENOPROTOOPT` before Linux 4.2.
    pub fn set_short_refusals(&self) -> Result<()> {
        self.set_option(libc::SOL_NETLINK, NETLINK_CAP_ACK, 1)
    }

    /// Waits until the socket is readable, has an error, or the time has passed.
    ///
    /// # Errors
    /// The system's error; `EINTR` when a signal came.
    pub fn wait_readable(&self, longest: Duration) -> Result<()> {
        let mut poll = libc::pollfd { fd: self.inner.as_raw_fd(), events: libc::POLLIN, revents: 0 };
        // Rounded up: a wait of less than a millisecond would return at once, and the caller would loop.
        let millis =
            libc::c_int::try_from(longest.as_nanos().div_ceil(1_000_000)).unwrap_or(libc::c_int::MAX);
        // SAFETY: `poll` is one valid entry.
        check(unsafe { libc::poll(&raw mut poll, 1, millis) }).map(drop)
    }

    /// Whether calls return `EAGAIN` instead of waiting.
    ///
    /// # Errors
    /// The system's error.
    pub fn set_non_blocking(&self, on: bool) -> Result<()> {
        Ok(self.inner.set_non_blocking(on)?)
    }

    fn set_option(&self, level: libc::c_int, name: libc::c_int, value: u32) -> Result<()> {
        raw::set_option(self.as_fd(), level, name, &value)
    }

    /// Sets a program that decides which datagrams the socket receives;
    /// [`EventFilter`](crate::filter::socket_filter::EventFilter) makes such programs. Replaces an older one.
    ///
    /// # Errors
    /// The system's error: `EINVAL` for a program that the kernel refuses, `ENOMEM` for one that is larger than
    /// `net.core.optmem_max` allows.
    pub fn attach_filter(&self, program: &[libc::sock_filter]) -> Result<()> {
        raw::attach_filter(self.as_fd(), program)
    }

    /// Removes the program.
    ///
    /// # Errors
    /// The system's error; `ENOENT` when there is none.
    pub fn detach_filter(&self) -> Result<()> {
        raw::detach_filter(self.as_fd())
    }

    /// The groups whose messages the socket receives, as bits.
    ///
    /// # Errors
    /// The system's error.
    #[cfg(test)]
    pub(crate) fn groups(&self) -> Result<u32> {
        let mut own = SocketAddr::new(0, 0);
        self.inner.get_address(&mut own)?;
        Ok(own.multicast_groups())
    }

    /// The descriptor, for `poll` and similar calls; the socket keeps it.
    #[must_use]
    pub fn as_fd(&self) -> BorrowedFd<'_> {
        // SAFETY: the descriptor is open as long as `self`, whose lifetime the result carries.
        unsafe { BorrowedFd::borrow_raw(self.inner.as_raw_fd()) }
    }

    /// The descriptor's number.
    #[must_use]
    pub fn as_raw_fd(&self) -> RawFd {
        self.inner.as_raw_fd()
    }

    /// Gives the descriptor away without closing it.
    #[must_use]
    pub fn into_fd(self) -> OwnedFd {
        // SAFETY: `into_raw_fd` gave up the ownership that is taken here.
        unsafe { OwnedFd::from_raw_fd(self.inner.into_raw_fd()) }
    }
}

#[cfg(any(test, feature = "internals"))]
impl Socket {
    /// A socket that receives this script instead of the kernel's datagrams; datagrams that are sent are kept.
    ///
    /// # Errors
    /// The system's error.
    pub(crate) fn scripted(arrivals: impl IntoIterator<Item = super::script::Arrival>) -> Result<Socket> {
        let fd = std::os::unix::net::UnixDatagram::unbound()?;
        // SAFETY: `into_raw_fd` gives the ownership away, to netlink-sys.
        let inner = unsafe { netlink_sys::Socket::from_raw_fd(fd.into_raw_fd()) };
        Ok(Socket { script: Some(super::script::Script::new(arrivals)), ..Socket::around(inner, 0) })
    }

    /// The datagrams that were sent to the script since the last call.
    #[cfg(test)]
    pub(crate) fn sent(&self) -> Vec<Vec<u8>> {
        self.script.as_ref().map(super::script::Script::sent).unwrap_or_default()
    }
}

/// The same functions for a borrowed descriptor: the C border borrows those of C programs. The two functions that take
/// a number in place of a descriptor are unsafe: a number that belongs to other code reaches its file.
#[cfg_attr(not(feature = "capi"), allow(dead_code))]
pub(crate) mod raw {
    use super::{
        AsRawFd, BorrowedFd, Datagram, Error, MOST_DATAGRAMS, NETLINK_ADD_MEMBERSHIP, RawFd, Result, check,
        errno,
    };
    use std::sync::atomic::{AtomicBool, Ordering};

    pub(in crate::sys) fn kernel_address(port_id: u32, groups: u32) -> libc::sockaddr_nl {
        // SAFETY: all-zero is a valid sockaddr_nl.
        let mut address: libc::sockaddr_nl = unsafe { std::mem::zeroed() };
        address.nl_family = libc::AF_NETLINK as libc::sa_family_t;
        address.nl_pid = port_id;
        address.nl_groups = groups;
        address
    }

    /// Replaces the set of multicast groups 1..=32 of a socket that has this port id.
    ///
    /// # Errors
    /// `EPERM` without privilege.
    pub fn bind(fd: BorrowedFd<'_>, port_id: u32, groups: u32) -> Result<()> {
        let address = kernel_address(port_id, groups);
        let len = size_of::<libc::sockaddr_nl>() as libc::socklen_t;
        // SAFETY: the pointer is valid for the length given.
        check(unsafe { libc::bind(fd.as_raw_fd(), (&raw const address).cast(), len) })?;
        join_again(fd, groups);
        Ok(())
    }

    /// Joins the first of these groups once more.
    ///
    /// With `nf_conntrack_events` = 2 the kernel gives an entry events only where some socket on the machine listens.
    /// A socket that joins at the moment at which the last other one leaves can go uncounted (seen with Linux 6.18, once
    /// in 2,500 such joins): it is a member, but new entries have no events. Joining again counts it, because the kernel
    /// now finds a member when another one leaves. A failure changes nothing: the socket is a member already.
    fn join_again(fd: BorrowedFd<'_>, groups: u32) {
        if groups != 0 {
            let _ = join(fd, groups.trailing_zeros() + 1);
        }
    }

    /// Adds one multicast group by number.
    ///
    /// # Errors
    /// `EPERM` without privilege, `EINVAL` for a group that does not exist.
    pub fn join(fd: BorrowedFd<'_>, group: u32) -> Result<()> {
        set_option(fd, libc::SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group)
    }

    /// Sets an option of a socket to this value.
    pub(super) fn set_option<T>(
        fd: BorrowedFd<'_>,
        level: libc::c_int,
        name: libc::c_int,
        value: &T,
    ) -> Result<()> {
        let size = size_of::<T>() as libc::socklen_t;
        // SAFETY: the kernel reads the value, `size` bytes, and what a filter program in it points to; it writes nothing.
        check(unsafe {
            libc::setsockopt(fd.as_raw_fd(), level, name, std::ptr::from_ref(value).cast(), size)
        })
        .map(drop)
    }

    unsafe extern "C-unwind" {
        // Declared here because a C program's thread may end in it; the libc crate's is not for that.
        fn recvmsg(fd: libc::c_int, message: *mut libc::msghdr, flags: libc::c_int) -> libc::ssize_t;
    }

    /// Receives one datagram into `buf`; without `wait`, `EAGAIN` means that none is waiting.
    ///
    /// # Errors
    /// As [`Socket::receive`](super::Socket::receive).
    pub fn receive(fd: BorrowedFd<'_>, buf: &mut [u8], wait: bool) -> Result<Datagram> {
        // SAFETY: the slice is valid for writes of its length, and the descriptor is borrowed.
        unsafe { receive_at(fd.as_raw_fd(), buf.as_mut_ptr(), buf.len(), wait) }
    }

    /// As [`receive`], into memory that need not be initialised. Owns nothing that must be dropped: a thread may be
    /// cancelled in it.
    ///
    /// # Safety
    /// `buf` is valid for writes of `len` bytes. The descriptor is the caller's, or a C program's that has given it for
    /// this call; a number that is no open socket is the system's error (`EBADF`, `ENOTSOCK`).
    pub unsafe fn receive_at(fd: RawFd, buf: *mut u8, len: usize, wait: bool) -> Result<Datagram> {
        // SAFETY: all-zero is a valid sockaddr_nl and msghdr.
        let (mut from, mut message): (libc::sockaddr_nl, libc::msghdr) = unsafe { std::mem::zeroed() };
        let mut io = libc::iovec { iov_base: buf.cast(), iov_len: len };
        message.msg_name = (&raw mut from).cast();
        message.msg_namelen = size_of::<libc::sockaddr_nl>() as libc::socklen_t;
        message.msg_iov = &raw mut io;
        message.msg_iovlen = 1;
        let flags = if wait { 0 } else { libc::MSG_DONTWAIT };
        // SAFETY: every pointer in `message` is valid for the length next to it until the call returns.
        let received = unsafe { recvmsg(fd, &raw mut message, flags) };
        let received = usize::try_from(received).map_err(|_| failure())?;
        Ok(Datagram {
            len: received.min(len),
            sender: from.nl_pid,
            truncated: message.msg_flags & libc::MSG_TRUNC != 0,
        })
    }

    fn failure() -> Error {
        match errno::get() {
            libc::ENOBUFS => Error::Overrun,
            other => Error::Os(other),
        }
    }

    /// Receives several datagrams, each into its part of `buf`; with `wait` it waits for the first one, and for no
    /// other.
    ///
    /// # Errors
    /// As [`Socket::receive_several`](super::Socket::receive_several).
    pub fn receive_several(
        fd: BorrowedFd<'_>,
        buf: &mut [u8],
        datagrams: &mut [Datagram],
        wait: bool,
    ) -> Result<usize> {
        let places = datagrams.len().min(MOST_DATAGRAMS);
        let part = buf.len().checked_div(places).filter(|&part| part > 0);
        let part = part.ok_or(Error::Invalid("no room for a datagram"))?;
        if ONE_BY_ONE.load(Ordering::Relaxed) {
            return receive_one(fd, buf, part, datagrams, wait);
        }
        // SAFETY: all-zero is a valid sockaddr_nl, iovec and mmsghdr.
        let (mut from, mut io, mut messages): (
            [libc::sockaddr_nl; MOST_DATAGRAMS],
            [libc::iovec; MOST_DATAGRAMS],
            [libc::mmsghdr; MOST_DATAGRAMS],
        ) = unsafe { std::mem::zeroed() };
        let parts = buf.chunks_exact_mut(part).take(places);
        for (((message, io), from), part) in messages.iter_mut().zip(&mut io).zip(&mut from).zip(parts) {
            make_place(message, io, from, part);
        }
        let flags = libc::MSG_WAITFORONE | if wait { 0 } else { libc::MSG_DONTWAIT };
        // SAFETY: `places` messages are filled in; every pointer in them is valid for the length next to it until the
        // call returns. No timeout is given.
        let received = unsafe {
            libc::recvmmsg(
                fd.as_raw_fd(),
                messages.as_mut_ptr(),
                places as libc::c_uint,
                flags as _,
                std::ptr::null_mut(),
            )
        };
        if received < 0 && matches!(errno::get(), libc::ENOSYS | libc::EPERM) {
            let count = receive_one(fd, buf, part, datagrams, wait)?;
            ONE_BY_ONE.store(true, Ordering::Relaxed);
            return Ok(count);
        }
        let count = usize::try_from(received).map_err(|_| failure())?;
        for ((datagram, message), from) in datagrams.iter_mut().zip(&messages).zip(&from).take(count) {
            *datagram = Datagram {
                len: (message.msg_len as usize).min(part),
                sender: from.nl_pid,
                truncated: message.msg_hdr.msg_flags & libc::MSG_TRUNC != 0,
            };
        }
        Ok(count)
    }

    /// Makes one message of recvmmsg(2) a place for a datagram and its sender. Both buffers must outlive the call.
    fn make_place(
        message: &mut libc::mmsghdr,
        io: &mut libc::iovec,
        from: &mut libc::sockaddr_nl,
        part: &mut [u8],
    ) {
        *io = libc::iovec { iov_base: part.as_mut_ptr().cast(), iov_len: part.len() };
        message.msg_hdr.msg_name = std::ptr::from_mut(from).cast();
        message.msg_hdr.msg_namelen = size_of::<libc::sockaddr_nl>() as libc::socklen_t;
        message.msg_hdr.msg_iov = io;
        message.msg_hdr.msg_iovlen = 1;
    }

    /// The kernel does not know recvmmsg(2), or a filter of system calls refuses it: datagrams are received one by one.
    static ONE_BY_ONE: AtomicBool = AtomicBool::new(false);

    /// Receives one datagram as the first of several.
    fn receive_one(
        fd: BorrowedFd<'_>,
        buf: &mut [u8],
        part: usize,
        datagrams: &mut [Datagram],
        wait: bool,
    ) -> Result<usize> {
        let received = receive(fd, buf.get_mut(..part).unwrap_or_default(), wait)?;
        datagrams.iter_mut().take(1).for_each(|datagram| *datagram = received);
        Ok(1)
    }

    /// Closes a descriptor.
    ///
    /// # Errors
    /// The system's error; the number is free in any case.
    ///
    /// # Safety
    /// The caller owns the descriptor, and nothing uses its number afterwards.
    pub unsafe fn close(fd: RawFd) -> Result<()> {
        // SAFETY: as for this function; no pointer is passed.
        check(unsafe { libc::close(fd) }).map(drop)
    }

    /// Sets a program that decides about datagrams: it returns 0 for a datagram to be dropped. Replaces an older one.
    ///
    /// # Errors
    /// The system's error: `EBADF`, `ENOTSOCK`, `EINVAL` for a program that the kernel refuses.
    pub fn attach_filter(fd: BorrowedFd<'_>, program: &[libc::sock_filter]) -> Result<()> {
        let len = u16::try_from(program.len()).map_err(|_| Error::Os(libc::EINVAL))?;
        let program = libc::sock_fprog { len, filter: program.as_ptr().cast_mut() };
        set_option(fd, libc::SOL_SOCKET, libc::SO_ATTACH_FILTER, &program)
    }

    /// Removes the program.
    ///
    /// # Errors
    /// The system's error; `ENOENT` when there is none.
    pub fn detach_filter(fd: BorrowedFd<'_>) -> Result<()> {
        let unused: libc::c_int = 0;
        set_option(fd, libc::SOL_SOCKET, libc::SO_DETACH_FILTER, &unused)
    }
}
