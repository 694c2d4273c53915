// SPDX-License-Identifier: GPL-2.0-or-later
//! A socket that receives scripted datagrams, for tests and for the fuzzer.

#![forbid(unsafe_code)]

use super::socket::Datagram;
use crate::error::{Error, Result};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// The result of a receive call.
#[derive(Debug, Clone)]
pub enum Arrival {
    /// A datagram of the kernel.
    Kernel(Vec<u8>),
    /// A datagram of another process.
    Foreign(Vec<u8>),
    /// The call fails.
    Failure(Error),
}

/// The results that have not been received, and the datagrams that were sent; copies share them.
#[derive(Debug, Clone)]
pub(super) struct Script {
    arrivals: Arc<Mutex<VecDeque<Arrival>>>,
    sent: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Script {
    pub(super) fn new(arrivals: impl IntoIterator<Item = Arrival>) -> Script {
        Script { arrivals: Arc::new(Mutex::new(arrivals.into_iter().collect())), sent: Arc::default() }
    }

    pub(super) fn send(&self, datagram: &[u8]) {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).push(datagram.to_vec());
    }

    /// The datagrams that were sent since the last call.
    #[cfg(test)]
    pub(super) fn sent(&self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.sent.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// As [`Socket::receive_several`](super::Socket::receive_several); a call that would wait fails with `EAGAIN`.
    pub(super) fn receive_several(&self, buf: &mut [u8], datagrams: &mut [Datagram]) -> Result<usize> {
        let mut arrivals = self.arrivals.lock().unwrap_or_else(PoisonError::into_inner);
        let part = buf.len().checked_div(datagrams.len()).filter(|&part| part > 0);
        let places = datagrams.iter_mut().zip(buf.chunks_exact_mut(part.ok_or(Error::Invalid("no room"))?));
        let mut count = 0;
        for (place, room) in places {
            let (bytes, sender) = match arrivals.pop_front() {
                Some(Arrival::Kernel(bytes)) => (bytes, 0),
                Some(Arrival::Foreign(bytes)) => (bytes, 77),
                Some(Arrival::Failure(error)) if count == 0 => return Err(error),
                Some(later) => {
                    arrivals.push_front(later);
                    break;
                }
                None if count == 0 => return Err(Error::Os(libc::EAGAIN)),
                None => break,
            };
            let len = bytes.len().min(room.len());
            room.iter_mut().zip(&bytes).for_each(|(to, from)| *to = *from);
            *place = Datagram { len, sender, truncated: bytes.len() > len };
            count += 1;
        }
        Ok(count)
    }
}
