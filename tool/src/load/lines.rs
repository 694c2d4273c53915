// SPDX-License-Identifier: GPL-2.0-or-later
//! The lines of a `-R` file, as words.

#![forbid(unsafe_code)]

use crate::certain::Certain as _;
use std::borrow::Cow;
use std::io::{self, BufRead, Read};

/// Bytes of the longest line that is a line at all: a file without line ends must not fill the memory.
pub const MAX_LEN: usize = 1 << 20;

/// Hands every line that holds a command to `each`, with its number, until one is wrong. Of a line that is too long
/// it hands a byte more than [`MAX_LEN`].
///
/// # Errors
/// The input's, and those of `each`.
pub fn for_each<E: From<io::Error>>(
    mut input: impl BufRead,
    mut each: impl FnMut(usize, &[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        if input.by_ref().take(MAX_LEN as u64 + 1).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        if line.len() > MAX_LEN || !is_blank_or_comment(&line) {
            each(number, &line)?;
        }
    }
    Ok(())
}

fn is_blank_or_comment(line: &[u8]) -> bool {
    matches!(line.iter().find(|&&byte| !is_separator(byte)), None | Some(b'#'))
}

/// Whether a byte stands between words.
pub fn is_separator(byte: u8) -> bool {
    byte <= b' ' && matches!(byte, b' ' | b'\t' | b'\n')
}

/// Whether a byte ends the plain part of a word. Nearly none does, and one look tells.
fn ends_plain(byte: u8) -> bool {
    byte <= b'"' && (byte == b'"' || is_separator(byte))
}

/// How many bytes come before one that ends the plain part of a word; eight at a time, since most words are shorter.
pub fn plain_len(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 255;
    let mut len = 0;
    loop {
        let rest = bytes.get(len..).certain().unwrap_or_default();
        let Some(eight) = rest.first_chunk() else {
            return len + rest.iter().position(|&byte| ends_plain(byte)).unwrap_or(rest.len());
        };
        // The top bit of the first byte up to `"` is set, and of no byte before it.
        let word = u64::from_le_bytes(*eight);
        let low = word.wrapping_sub(ONES * (u64::from(b'"') + 1)) & !word & ONES << 7;
        let plain = low.trailing_zeros() as usize / 8;
        len += plain;
        match eight.get(plain) {
            Some(&byte) if ends_plain(byte) => return len,
            Some(_) => len += 1,
            None => {}
        }
    }
}

/// Splits a line at blanks, tabs and its newline. Inside double quotes they stand for themselves and a backslash
/// takes the next byte as it is; the closing quote ends the word.
pub fn words(line: &[u8]) -> Vec<Cow<'_, [u8]>> {
    let mut words = Vec::with_capacity(32);
    let mut rest = line;
    while let Some((&first, behind)) = rest.split_first() {
        if is_separator(first) {
            rest = behind;
            continue;
        }
        let (plain, behind) = rest.split_at_checked(plain_len(rest)).certain().unwrap_or_default();
        rest = match behind {
            [b'"', quoted @ ..] => {
                let (word, behind) = unquoted(plain, quoted);
                words.push(Cow::Owned(word));
                behind
            }
            _ => {
                words.push(Cow::Borrowed(plain));
                behind
            }
        };
    }
    words
}

/// A word that starts plain and goes on in quotes, and what is behind the closing quote.
fn unquoted<'l>(plain: &[u8], quoted: &'l [u8]) -> (Vec<u8>, &'l [u8]) {
    let mut word = plain.to_vec();
    let mut bytes = quoted.iter();
    while let Some(&byte) = bytes.next().filter(|&&byte| byte != b'"') {
        word.push(if byte == b'\\' { bytes.next().copied().unwrap_or(byte) } else { byte });
    }
    (word, bytes.as_slice())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::args::text;

    fn split(line: &str) -> Vec<String> {
        words(line.as_bytes()).iter().map(|word| text(word)).collect()
    }

    #[test]
    fn quotes_group_and_end_words() {
        assert_eq!(split(" -D\t-s  1.1.1.1 "), ["-D", "-s", "1.1.1.1"]);
        assert_eq!(split(r#""-ptcp"-s"#), ["-ptcp", "-s"]);
        assert_eq!(split(r#"a"b c" d"#), ["ab c", "d"]);
        assert_eq!(split(r#""" x"#), ["", "x"]);
        assert_eq!(split(r#""a\"b\\c" \x 'y' z#"#), [r#"a"b\c"#, r"\x", "'y'", "z#"]);
        assert_eq!(split(r#""open end"#), ["open end"]);
        assert_eq!(split("-p \"open end\n"), ["-p", "open end\n"], "the newline is inside the quotes");
        assert_eq!(split("\"open \\"), ["open \\"]);
        assert_eq!(split("-F\r"), ["-F\r"]);
        assert_eq!(
            split("!\u{1}0123456789!abcdef\rghi\u{e9}\u{7f} 12345678 "),
            ["!\u{1}0123456789!abcdef\rghi\u{e9}\u{7f}", "12345678"]
        );
    }

    #[test]
    fn blank_lines_and_comments_are_counted_but_not_run() {
        let text = b"# c\n\n \t # c\n-F\n  \n-D -s 1.1.1.1";
        let mut numbers = Vec::new();
        let each = |number, _: &[u8]| -> io::Result<()> {
            numbers.push(number);
            Ok(())
        };
        for_each(&text[..], each).unwrap();
        assert_eq!(numbers, [4, 6]);
    }

    #[test]
    fn a_line_without_end_is_cut() {
        let mut seen = Vec::new();
        let each = |number, line: &[u8]| {
            seen.push((number, line.len()));
            Err(io::Error::other("too long"))
        };
        let input = io::BufReader::new((&b"\n"[..]).chain(io::repeat(b' ')));
        assert!(for_each(input, each).is_err());
        assert_eq!(seen, [(2, MAX_LEN + 1)]);
    }
}
