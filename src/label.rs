// SPDX-License-Identifier: GPL-2.0-or-later
//! The label map: names for the bits of a flow's connection labels, as read from `connlabel.conf`.
//!
//! Guarantees: each bit has at most one name and each name one bit, the first valid line wins; a name consists
//! of letters, digits, blanks and `-` and never starts or ends with a blank; names are NUL-terminated and stay
//! at their address as long as the map lives. No source, however long, takes more than a mebibyte or a moment.

#![forbid(unsafe_code)]

use crate::error::{Error, Result};
use crate::sys::memory;
use std::ffi::{CStr, CString};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

/// The default file.
pub const DEFAULT_PATH: &str = "/etc/xtables/connlabel.conf";
/// How many bits can have names.
const BITS: u64 = 1024;
/// Longest piece of a line that is read as one; the rest of a longer line counts as a line of its own.
const LINE_MAX: usize = 1023;
/// Bytes that are read at most: room for a name of full length for every bit.
const FILE_MAX: u64 = BITS * (LINE_MAX as u64 + 1);

/// Names for label bits.
#[derive(Debug, Clone, Default)]
pub struct LabelMap {
    names: Vec<Option<CString>>,
}

impl LabelMap {
    /// Reads a map from a file; none is [`DEFAULT_PATH`].
    ///
    /// Lines that name no label are skipped: comments (`#` in the first column), lines without a number below
    /// 1024, without a name, or with another character in the name than letters, digits, blank and `-`.
    ///
    /// # Errors
    /// [`Error::Os`] when the file cannot be opened, and with `EFBIG` as for [`read`](Self::read);
    /// [`Error::Invalid`] when no line names a label.
    #[doc(alias = "nfct_labelmap_new")]
    pub fn open(path: Option<&Path>) -> Result<LabelMap> {
        let path = path.unwrap_or(Path::new(DEFAULT_PATH));
        LabelMap::read(File::open(path)?)
    }

    /// Reads a map from any source; a read error ends it like its end.
    ///
    /// # Errors
    /// [`Error::Os`] with `EFBIG` when there is more than a mebibyte to read; [`Error::Invalid`] when no line
    /// names a label; [`Error::NoMemory`].
    pub fn read(source: impl Read) -> Result<LabelMap> {
        let mut source = source.take(FILE_MAX + 1);
        let mut map = LabelMap::default();
        let (mut bytes, mut len) = ([0; 4 * LINE_MAX], 0);
        loop {
            let room = bytes.get_mut(len..).unwrap_or_default();
            let read = match source.read(room) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                read => read.unwrap_or(0),
            };
            len += read;
            let mut rest = bytes.get(..len).unwrap_or_default();
            while let Some((line, behind)) = first_line(rest, read == 0) {
                map.add_line(line)?;
                rest = behind;
            }
            if read == 0 {
                break;
            }
            let taken = len - rest.len();
            bytes.copy_within(taken..len, 0);
            len -= taken;
        }
        match (source.limit(), map.names.is_empty()) {
            (0, _) => Err(Error::Os(libc::EFBIG)),
            (_, true) => Err(Error::Invalid("the file names no label")),
            (_, false) => Ok(map),
        }
    }

    fn add_line(&mut self, line: &[u8]) -> Result<()> {
        let line = line.split(|&byte| byte == 0).next().unwrap_or_default();
        if line.first() == Some(&b'#') {
            return Ok(());
        }
        let Some((bit, rest)) = leading_number(line) else { return Ok(()) };
        let name = trimmed(rest.strip_suffix(b"\n").unwrap_or(rest));
        let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'-');
        if bit >= BITS || name.is_empty() || !name.iter().all(allowed) {
            return Ok(());
        }
        let Ok(bit) = usize::try_from(bit) else { return Ok(()) };
        let is_named = matches!(self.names.get(bit), Some(Some(_)));
        if is_named || self.bit(name).is_some() {
            return Ok(());
        }
        let wanting = (bit + 1).saturating_sub(self.names.len());
        memory::prepared(|| self.names.try_reserve(wanting)).map_err(|_| Error::NoMemory)?;
        self.names.resize(self.names.len() + wanting, None);
        if let Some(slot) = self.names.get_mut(bit) {
            *slot = Some(memory::c_string(name)?);
        }
        Ok(())
    }

    /// The name of a bit: empty for one without a name, nothing above the highest bit that has one.
    #[must_use]
    #[doc(alias = "nfct_labelmap_get_name")]
    pub fn name(&self, bit: u32) -> Option<&CStr> {
        let slot = self.names.get(usize::try_from(bit).ok()?)?;
        Some(slot.as_deref().unwrap_or_default())
    }

    /// The bit with this name; upper and lower case differ.
    #[must_use]
    #[doc(alias = "nfct_labelmap_get_bit")]
    pub fn bit(&self, name: impl AsRef<[u8]>) -> Option<u32> {
        let is_it = |slot: &Option<CString>| slot.as_ref().is_some_and(|own| own.to_bytes() == name.as_ref());
        self.names.iter().position(is_it).and_then(|bit| u32::try_from(bit).ok())
    }

    /// Every bit that has a name, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &CStr)> {
        (0..).zip(&self.names).filter_map(|(bit, slot)| Some((bit, slot.as_deref()?)))
    }
}

/// The first line with its newline, or the longest piece of a longer one; at the end also an incomplete line.
fn first_line(bytes: &[u8], is_end: bool) -> Option<(&[u8], &[u8])> {
    let longest = bytes.get(..LINE_MAX).unwrap_or(bytes);
    let len = match longest.iter().position(|&byte| byte == b'\n') {
        Some(newline) => newline + 1,
        None if is_end || longest.len() == LINE_MAX => longest.len(),
        None => 0,
    };
    if len == 0 { None } else { bytes.split_at_checked(len) }
}

/// White space around a name; a newline is none of it.
fn trimmed(text: &[u8]) -> &[u8] {
    let solid = |byte: &u8| !matches!(byte, b' ' | b'\t' | b'\r' | 0x0b | 0x0c);
    let start = text.iter().position(solid).unwrap_or(text.len());
    let end = text.iter().rposition(solid).map_or(start, |last| last + 1);
    text.get(start..end).unwrap_or_default()
}

/// The number at the start of a line, read as C's `strtoul` with base 0 reads it, and what follows. A number
/// too large is the largest one; a negative number wraps.
fn leading_number(line: &[u8]) -> Option<(u64, &[u8])> {
    let digits_from = line.iter().position(|byte| !matches!(byte, b' ' | 9..=13))?;
    let (negative, text) = match line.get(digits_from..)? {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let (base, text) = match text {
        [b'0', b'x' | b'X', digit, ..] if digit.is_ascii_hexdigit() => {
            (16, text.get(2..).unwrap_or_default())
        }
        [b'0', ..] => (8, text),
        _ => (10, text),
    };
    let digit = |byte: u8| char::from(byte).to_digit(base).map(u64::from);
    let mut value: Option<u64> = Some(0);
    let mut rest = text;
    while let Some((digit, behind)) =
        rest.split_first().and_then(|(&first, behind)| Some((digit(first)?, behind)))
    {
        value = value.and_then(|value| value.checked_mul(base.into())?.checked_add(digit));
        rest = behind;
    }
    if rest.len() == text.len() {
        return None;
    }
    let value = value.map_or(u64::MAX, |value| if negative { value.wrapping_neg() } else { value });
    Some((value, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(text: &str) -> Option<Vec<(u32, String)>> {
        let map = LabelMap::read(text.as_bytes()).ok()?;
        Some(map.iter().map(|(bit, name)| (bit, name.to_str().unwrap().to_owned())).collect())
    }

    fn named(pairs: &[(u32, &str)]) -> Option<Vec<(u32, String)>> {
        Some(pairs.iter().map(|&(bit, name)| (bit, name.to_owned())).collect())
    }

    #[test]
    fn numbers_read_as_in_c() {
        let text = "0x10 hex\n010 octal\n +3 plus\n-0 zero\n5foo\n08 x\n0xg y\n-1 huge\n1024 high\n\
                    99999999999999999999 overflow\n-18446744073709551615 wrapped\nnone\n";
        // `0xg y` is a second zero, as `08 x` is: the bit has its name already.
        let expected = [(0, "zero"), (1, "wrapped"), (3, "plus"), (5, "foo"), (8, "octal"), (16, "hex")];
        assert_eq!(map(text), named(&expected));
        assert_eq!(map("08 x\n"), named(&[(0, "8 x")]));
        assert_eq!(map("0xg y\n"), named(&[(0, "xg y")]));
        assert_eq!(map("0x\n"), named(&[(0, "x")]));
    }

    #[test]
    fn the_first_valid_line_wins_and_a_rejected_one_leaves_its_bit_free() {
        let text = "# 9 comment\n1 a # c\n1 a_b\n1 a\tb\n1\n1   \n1 good\n1 late\n2 good\n2 other\n";
        assert_eq!(map(text), named(&[(1, "good"), (2, "other")]));
        assert_eq!(map(" # 3 x\n"), None);
        assert_eq!(map("1 \u{e9}\n"), None);
        assert_eq!(map(""), None);
    }

    #[test]
    fn names_are_trimmed_and_end_at_nul() {
        assert_eq!(map("7 \t\x0b\x0c\r a b \t\x0b\x0c\r\n"), named(&[(7, "a b")]));
        assert_eq!(map("7 ab\0cd\n\0 8 x\n9 y"), named(&[(7, "ab"), (9, "y")]));
    }

    #[test]
    fn a_long_line_is_read_in_pieces() {
        let text = format!("1 {}5 tail\n", "a".repeat(1021));
        assert_eq!(map(&text), named(&[(1, &"a".repeat(1021)), (5, "tail")]));
    }

    #[test]
    fn a_source_without_end_is_refused_after_a_mebibyte() {
        let endless = |byte| LabelMap::read(std::io::repeat(byte)).map(drop);
        for byte in [0, b'1', b'\n', b' '] {
            assert_eq!(endless(byte), Err(Error::Os(libc::EFBIG)));
        }
        let most = usize::try_from(FILE_MAX).unwrap();
        let comment = |len| format!("1 one\n#{}", "x".repeat(len - 7));
        assert_eq!(map(&comment(most)), named(&[(1, "one")]));
        assert_eq!(map(&comment(most + 1)), None);
    }

    #[test]
    fn look_ups_tell_unnamed_bits_from_unknown_ones() {
        let map = LabelMap::read(&b"1 one\n3 a b\n"[..]).unwrap();
        assert_eq!(map.name(0), Some(c""));
        assert_eq!(map.name(3), Some(c"a b"));
        assert_eq!(map.name(4), None);
        assert_eq!((map.bit("a b"), map.bit("One"), map.bit("")), (Some(3), None, None));
    }

    #[test]
    fn files_that_cannot_be_opened_and_empty_ones_fail_differently() {
        let missing = LabelMap::open(Some(Path::new("/nonexistent/connlabel.conf")));
        assert_eq!(missing.unwrap_err(), Error::Os(libc::ENOENT));
        assert!(matches!(LabelMap::open(Some(Path::new("/"))), Err(Error::Invalid(_))));
        assert!(matches!(LabelMap::open(Some(Path::new("/dev/null"))), Err(Error::Invalid(_))));
    }
}
