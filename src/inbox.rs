// SPDX-License-Identifier: GPL-2.0-or-later
//! Where datagrams arrive: one receive buffer for the life of a socket, and a cursor over the messages in it.
//!
//! Only what the kernel sent gets in: a datagram of another process is dropped. A malformed message ends its
//! datagram with one error.

#![forbid(unsafe_code)]

use crate::error::{Error, Result};
use crate::sys::Socket;
use crate::wire::{Frame, Frames, align4};

/// Bytes of a socket's receive buffer: no datagram of a dump is longer than 32448.
pub const RECEIVE_LEN: usize = 32768;

/// A receive buffer with the datagram that is being read.
#[derive(Debug)]
pub(crate) struct Inbox {
    buffer: Box<[u8]>,
    at: usize,
    len: usize,
}

impl Inbox {
    pub(crate) fn new() -> Inbox {
        Inbox { buffer: vec![0; RECEIVE_LEN].into(), at: 0, len: 0 }
    }

    /// Forgets what has not been read.
    pub(crate) fn clear(&mut self) {
        (self.at, self.len) = (0, 0);
    }

    /// The messages that have not been read.
    pub(crate) fn rest(&self) -> Frames<'_> {
        Frames::new(self.buffer.get(self.at..self.len).unwrap_or_default())
    }

    /// The next message, or nothing when another datagram has to be received.
    pub(crate) fn next(&mut self) -> Option<Result<Frame<'_>>> {
        let rest = self.buffer.get(self.at..self.len).unwrap_or_default();
        let frame = Frames::new(rest).next()?;
        self.at = match &frame {
            Ok(frame) => self.at + align4(frame.bytes.len()),
            Err(_) => self.len,
        };
        Some(frame)
    }

    /// Receives one datagram in place of what was there.
    ///
    /// # Errors
    /// As [`Socket::receive`]; [`Error::Truncated`].
    pub(crate) fn receive(&mut self, socket: &Socket) -> Result<()> {
        self.clear();
        loop {
            let datagram = socket.receive(&mut self.buffer)?;
            if datagram.sender != 0 {
                continue;
            }
            if datagram.truncated {
                return Err(Error::Truncated);
            }
            self.len = datagram.len;
            return Ok(());
        }
    }
}
