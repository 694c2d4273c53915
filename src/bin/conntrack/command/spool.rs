// SPDX-License-Identifier: GPL-2.0-or-later
//! What the lines of a file ask for, kept in their order until all of them are known to be good.
//!
//! A little is kept in memory. More goes to a temporary file (in `TMPDIR`, else `/tmp`) that has no name, so that
//! a file of any size takes the same memory and nothing is left behind.

#![forbid(unsafe_code)]

use netfilter_conntrack::request;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Cursor, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;

/// So many bytes are kept in memory.
const PIECE: usize = 1 << 20;
/// Bytes in front of each order: the number of its line, its length, its kind.
const HEAD: usize = 16;

/// What a line asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Kind {
    /// A request to make an entry, as a message.
    Create = 0,
    /// A request to make or change one.
    Add = 1,
    /// Another command, as it stands in the file.
    Line = 2,
}

impl Kind {
    fn from_number(number: u32) -> Option<Kind> {
        [Kind::Create, Kind::Add, Kind::Line].into_iter().find(|kind| *kind as u32 == number)
    }
}

/// Orders, written one after the other.
#[derive(Debug, Default)]
pub struct Spool {
    memory: Vec<u8>,
    file: Option<File>,
}

impl Spool {
    /// Keeps an order of line `number`.
    ///
    /// # Errors
    /// The system's, when there is no room for a temporary file.
    pub fn add(&mut self, number: usize, kind: Kind, order: &[u8]) -> io::Result<()> {
        if self.memory.len() + HEAD + order.len() > PIECE && !self.memory.is_empty() {
            self.spill()?;
        }
        let len = u32::try_from(order.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
        self.memory.extend_from_slice(&(number as u64).to_ne_bytes());
        self.memory.extend_from_slice(&len.to_ne_bytes());
        self.memory.extend_from_slice(&(kind as u32).to_ne_bytes());
        self.memory.extend_from_slice(order);
        Ok(())
    }

    fn spill(&mut self) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(nameless_file()?),
        };
        file.write_all(&self.memory)?;
        self.memory.clear();
        Ok(())
    }

    /// The orders, from the first on.
    ///
    /// # Errors
    /// The system's.
    pub fn orders(mut self) -> io::Result<Orders> {
        if self.file.is_some() {
            self.spill()?;
            self.memory = Vec::new();
        }
        let memory = Cursor::new(self.memory);
        let source: Box<dyn Read> = match self.file {
            Some(mut file) => {
                file.rewind()?;
                Box::new(BufReader::with_capacity(1 << 16, file))
            }
            None => Box::new(memory),
        };
        Ok(Orders { source, order: Vec::with_capacity(request::MAX_LEN) })
    }
}

/// A temporary file that has no name, or has lost it already.
fn nameless_file() -> io::Result<File> {
    let folder = std::env::temp_dir();
    let mut options = OpenOptions::new();
    options.read(true).write(true).mode(0o600);
    match options.clone().custom_flags(libc::O_TMPFILE).open(&folder) {
        Ok(file) => Ok(file),
        // A file system without such files.
        Err(_) => {
            let path = folder.join(format!("conntrack-{}", std::process::id()));
            let file = options.create_new(true).open(&path)?;
            fs::remove_file(&path)?;
            Ok(file)
        }
    }
}

/// Orders, read one after the other.
pub struct Orders {
    source: Box<dyn Read>,
    order: Vec<u8>,
}

impl Orders {
    /// The next order with the number of its line; valid until the one after it.
    ///
    /// # Errors
    /// The system's.
    pub fn next(&mut self) -> io::Result<Option<(usize, Kind, &[u8])>> {
        let mut head = [0; HEAD];
        match self.source.read_exact(&mut head) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            read => read?,
        }
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = head;
        let number = u64::from_ne_bytes([a, b, c, d, e, f, g, h]) as usize;
        let len = u32::from_ne_bytes([i, j, k, l]) as usize;
        let kind = Kind::from_number(u32::from_ne_bytes([m, n, o, p])).ok_or(io::ErrorKind::InvalidData)?;
        self.order.resize(len, 0);
        self.source.read_exact(&mut self.order)?;
        Ok(Some((number, kind, &self.order)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_back(orders: usize, len: usize) -> bool {
        let mut spool = Spool::default();
        let kinds = [Kind::Create, Kind::Add, Kind::Line];
        for number in 0..orders {
            spool.add(number, kinds[number % 3], &vec![u8::try_from(number % 251).unwrap(); len]).unwrap();
        }
        let in_file = spool.file.is_some();
        let mut read = spool.orders().unwrap();
        for number in 0..orders {
            let (line, kind, order) = read.next().unwrap().unwrap();
            assert_eq!((line, kind, order.len()), (number, kinds[number % 3], len));
            assert!(order.iter().all(|&byte| usize::from(byte) == number % 251));
        }
        assert!(read.next().unwrap().is_none());
        in_file
    }

    #[test]
    fn orders_come_back_as_they_were_kept() {
        assert!(!read_back(0, 0));
        assert!(!read_back(100, 160), "a little stays in memory");
        assert!(read_back(10_000, 160));
        assert!(read_back(3, PIECE + 1), "a line may be longer than what is kept in memory");
    }
}
