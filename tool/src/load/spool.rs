// SPDX-License-Identifier: GPL-2.0-or-later
//! What the lines of a file ask for, kept in their order until all of them are known to be good.
//!
//! A little is kept in memory. More goes to a temporary file (in `TMPDIR`, else `/tmp`) that has no name, so that
//! a file of any size takes the same memory and nothing is left behind. Of each order only what differs from the one
//! before is kept, since most lines of a file ask for nearly the same.

#![forbid(unsafe_code)]

use crate::certain::Certain as _;
use netfilter_conntrack::Request;
use std::borrow::Cow;
use std::collections::hash_map::RandomState;
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, Hasher};
use std::io::{self, BufRead, BufReader, Cursor, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

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
    /// A request to change an entry.
    Update = 3,
    /// A request to delete one.
    Delete = 4,
}

impl Kind {
    fn from_number(number: u32) -> Option<Kind> {
        let kinds = [Kind::Create, Kind::Add, Kind::Line, Kind::Update, Kind::Delete];
        kinds.into_iter().find(|kind| *kind as u32 == number)
    }
}

/// Bytes that are compared together, and how many of them are told by one number's bits.
const WORD: usize = 4;
const GROUP: usize = WORD * u64::BITS as usize;

/// Orders, written one after the other: for each of them its head, then for each group of its words a bit for each
/// that differs from the word in this place of the order before, then these words.
#[derive(Debug, Default)]
pub struct Spool {
    memory: Vec<u8>,
    file: Option<File>,
    /// The order before, filled up with zeros to whole words.
    last: Vec<u8>,
}

impl Spool {
    /// Keeps an order of line `number`.
    ///
    /// # Errors
    /// The system's, when there is no room for a temporary file.
    pub fn add(&mut self, number: usize, kind: Kind, order: &[u8]) -> io::Result<()> {
        if self.memory.len() >= PIECE {
            self.spill()?;
        }
        let len = u32::try_from(order.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
        self.memory.extend_from_slice(&(number as u64).to_ne_bytes());
        self.memory.extend_from_slice(&len.to_ne_bytes());
        self.memory.extend_from_slice(&(kind as u32).to_ne_bytes());
        self.last.resize(order.len().next_multiple_of(WORD), 0);
        let mut whole = Cow::Borrowed(order);
        if order.len() % WORD != 0 {
            whole.to_mut().resize(self.last.len(), 0);
        }
        for (group, last) in whole.chunks(GROUP).zip(self.last.chunks_mut(GROUP)) {
            add_differences(group, last, &mut self.memory);
        }
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
        let source: Box<dyn BufRead> = match self.file {
            Some(mut file) => {
                file.rewind()?;
                Box::new(BufReader::with_capacity(1 << 16, file))
            }
            None => Box::new(memory),
        };
        Ok(Orders { source, order: Vec::with_capacity(Request::MAX_LEN) })
    }
}

/// Writes which words of a group differ from the last ones, and these words, which are the last ones from now on.
fn add_differences(group: &[u8], last: &mut [u8], kept: &mut Vec<u8>) {
    let (mut differ, at) = (0u64, kept.len());
    kept.extend_from_slice(&differ.to_ne_bytes());
    for (place, (word, last)) in group.chunks_exact(WORD).zip(last.chunks_exact_mut(WORD)).enumerate() {
        if last != word {
            last.copy_from_slice(word);
            kept.extend_from_slice(word);
            differ |= 1 << place;
        }
    }
    if let Some(bits) = kept.get_mut(at..at + 8).certain() {
        bits.copy_from_slice(&differ.to_ne_bytes());
    }
}

/// A temporary file that has no name, or has lost it already.
fn nameless_file() -> io::Result<File> {
    let folder = std::env::temp_dir();
    match new_file().custom_flags(libc::O_TMPFILE).open(&folder) {
        Ok(file) => Ok(file),
        // A file system without such files. The names are random, so no other program can take them all before.
        Err(_) => unlinked_file(&folder, || RandomState::new().build_hasher().finish()),
    }
}

fn new_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).mode(0o600);
    options
}

/// A file that is made under a name that nothing has, and loses it.
fn unlinked_file(folder: &Path, mut number: impl FnMut() -> u64) -> io::Result<File> {
    const TRIES: usize = 100;
    for _ in 0..TRIES {
        let path = folder.join(format!("conntrack-{:016x}", number()));
        match new_file().create_new(true).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            opened => return opened.and_then(|file| fs::remove_file(&path).map(|()| file)),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Orders, read one after the other.
pub struct Orders {
    source: Box<dyn BufRead>,
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
        self.order.resize(len.next_multiple_of(WORD), 0);
        for group in self.order.chunks_mut(GROUP) {
            read_differences(&mut self.source, group)?;
        }
        Ok(Some((number, kind, self.order.get(..len).certain().unwrap_or_default())))
    }
}

/// Reads what [`add_differences`] wrote.
fn read_differences(source: &mut impl Read, group: &mut [u8]) -> io::Result<()> {
    let mut bits = [0; 8];
    source.read_exact(&mut bits)?;
    let mut differ = u64::from_ne_bytes(bits);
    let mut words = [0; GROUP];
    let words = words.get_mut(..differ.count_ones() as usize * WORD).certain().unwrap_or_default();
    source.read_exact(words)?;
    for word in words.chunks_exact(WORD) {
        let at = differ.trailing_zeros() as usize * WORD;
        group.get_mut(at..at + WORD).ok_or(io::ErrorKind::InvalidData)?.copy_from_slice(word);
        differ &= differ - 1;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keeps so many orders and reads them again; whether they went through a file.
    fn read_back(orders: usize, order: impl Fn(usize) -> Vec<u8>) -> bool {
        let mut spool = Spool::default();
        let kinds = [Kind::Create, Kind::Add, Kind::Line];
        for number in 0..orders {
            spool.add(number, kinds[number % 3], &order(number)).unwrap();
        }
        let in_file = spool.file.is_some();
        let mut read = spool.orders().unwrap();
        for number in 0..orders {
            assert_eq!(read.next().unwrap(), Some((number, kinds[number % 3], order(number).as_slice())));
        }
        assert!(read.next().unwrap().is_none());
        in_file
    }

    /// A number's bytes, again and again.
    fn filled(number: usize, len: usize) -> Vec<u8> {
        (number as u64)
            .wrapping_mul(0x9E37_79B9_7F4A_7C15)
            .to_ne_bytes()
            .into_iter()
            .cycle()
            .take(len)
            .collect()
    }

    #[test]
    fn orders_come_back_as_they_were_kept() {
        assert!(!read_back(0, |_| Vec::new()));
        assert!(!read_back(100, |number| filled(number, 160)), "a little stays in memory");
        assert!(read_back(10_000, |number| filled(number, 160)));
        assert!(
            read_back(3, |number| filled(number, PIECE + 1)),
            "a line may be longer than what is kept in memory"
        );
    }

    #[test]
    fn a_name_that_is_taken_is_left_alone() {
        let folder = std::env::temp_dir().join(format!("conntrack-spool-{}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        let taken = |number: u64| folder.join(format!("conntrack-{number:016x}"));
        fs::write(taken(1), "stale").unwrap();
        std::os::unix::fs::symlink(folder.join("elsewhere"), taken(2)).unwrap();
        let mut numbers = 1..;
        let mut file = unlinked_file(&folder, || numbers.next().unwrap()).unwrap();
        file.write_all(b"order").unwrap();
        assert_eq!(numbers.next(), Some(4), "the first free name is taken");
        assert_eq!(fs::read(taken(1)).unwrap(), b"stale");
        assert!(!taken(3).exists() && !folder.join("elsewhere").exists());
        let error = unlinked_file(&folder, || 1).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn orders_of_all_lengths_come_back() {
        assert!(!read_back(1200, |number| filled(number, number % 600)));
        assert!(!read_back(1200, |number| filled(number / 9, number * 37 % 600)));
        assert!(!read_back(600, |number| vec![0; 600 - number]));
    }

    #[test]
    fn what_is_alike_takes_little() {
        let mut spool = Spool::default();
        let order = |number: usize| [[7; 200].as_slice(), &number.to_ne_bytes(), &[9; 56]].concat();
        (0..1000).for_each(|number| spool.add(number, Kind::Create, &order(number)).unwrap());
        let heads = 1000 * (HEAD + 2 * 8);
        assert!((heads..heads + 1000 * WORD + 1000).contains(&spool.memory.len()), "{}", spool.memory.len());
    }
}
