// SPDX-License-Identifier: GPL-2.0-or-later
//! A strict reader of JSON (RFC 8259) in one line, value by value, for input of unknown origin.
//!
//! Guarantees: no input can panic or make it read for ever; nesting is limited; nothing is kept but the strings that are
//! asked for; a whole number is exact or refused. The complaint says what is wrong, and at which byte of the line.

#![forbid(unsafe_code)]

use crate::certain::Certain as _;
use std::borrow::Cow;

/// How deep arrays and objects may stand in each other.
const DEPTH: usize = 16;

/// Why a line is refused, in words.
pub type Wrong = String;

/// A line, read up to some byte.
#[derive(Debug)]
pub struct Reader<'l> {
    text: &'l str,
    at: usize,
    depth: usize,
}

impl<'l> Reader<'l> {
    /// Starts at the first byte.
    ///
    /// # Errors
    /// For a line that is not UTF-8.
    pub fn new(line: &'l [u8]) -> Result<Reader<'l>, Wrong> {
        match std::str::from_utf8(line) {
            Ok(text) => Ok(Reader { text, at: 0, depth: 0 }),
            Err(error) => Err(format!("not UTF-8 at byte {}", error.valid_up_to() + 1)),
        }
    }

    /// The line must end here, but for white space.
    ///
    /// # Errors
    /// Where it does not.
    pub fn end(&mut self) -> Result<(), Wrong> {
        match self.peek() {
            None => Ok(()),
            Some(_) => self.wrong("the end of the line"),
        }
    }

    fn wrong<T>(&self, expected: &str) -> Result<T, Wrong> {
        let found = match self.rest().chars().next() {
            None | Some('\n') => "the line ends".to_string(),
            Some(found) => format!("found `{}'", found.escape_default()),
        };
        Err(format!("expected {expected} at byte {}, {found}", self.at + 1))
    }

    fn rest(&self) -> &'l str {
        self.text.get(self.at..).certain().unwrap_or_default()
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The next byte that is no white space.
    pub fn peek(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.byte() {
            self.at += 1;
        }
        self.byte()
    }

    /// Takes a byte if it comes next.
    fn takes(&mut self, byte: u8) -> bool {
        let found = self.byte() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// Reads an object, and hands each key to `each`, which must read the value.
    ///
    /// # Errors
    /// For what is no object, and errors of `each`.
    pub fn object(
        &mut self,
        mut each: impl FnMut(&mut Self, &str) -> Result<(), Wrong>,
    ) -> Result<(), Wrong> {
        self.enclosed([b'{', b'}'], "an object", |reader| {
            let key = reader.string()?;
            reader.peek();
            if !reader.takes(b':') {
                return reader.wrong("a colon");
            }
            each(reader, &key)
        })
    }

    /// Reads an array; `each` must read each of its values.
    ///
    /// # Errors
    /// For what is no array, and errors of `each`.
    pub fn array(&mut self, each: impl FnMut(&mut Self) -> Result<(), Wrong>) -> Result<(), Wrong> {
        self.enclosed([b'[', b']'], "an array", each)
    }

    fn enclosed(
        &mut self,
        [open, close]: [u8; 2],
        what: &str,
        mut each: impl FnMut(&mut Self) -> Result<(), Wrong>,
    ) -> Result<(), Wrong> {
        self.peek();
        if !self.takes(open) {
            return self.wrong(what);
        }
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(format!("nested deeper than {DEPTH} at byte {}", self.at));
        }
        if self.peek() != Some(close) {
            each(self)?;
            while self.peek() == Some(b',') {
                self.at += 1;
                each(self)?;
            }
        }
        self.depth -= 1;
        if self.takes(close) { Ok(()) } else { self.wrong(&format!("a comma or `{}'", char::from(close))) }
    }

    /// Reads a string.
    ///
    /// # Errors
    /// For anything else, and for escapes that stand for no character.
    pub fn string(&mut self) -> Result<Cow<'l, str>, Wrong> {
        self.peek();
        if !self.takes(b'"') {
            return self.wrong("a string");
        }
        let mut text = Cow::Borrowed(self.plain()?);
        while !self.takes(b'"') {
            let next = self.escape()?;
            text.to_mut().push(next);
            let plain = self.plain()?;
            text.to_mut().push_str(plain);
        }
        Ok(text)
    }

    /// The characters of a string up to a quote or an escape.
    fn plain(&mut self) -> Result<&'l str, Wrong> {
        let rest = self.rest();
        let len = rest.bytes().position(|byte| byte < b' ' || matches!(byte, b'"' | b'\\'));
        let (plain, rest) = rest.split_at_checked(len.unwrap_or(rest.len())).certain().unwrap_or_default();
        self.at += plain.len();
        match rest.bytes().next() {
            Some(b'"' | b'\\') => Ok(plain),
            _ => self.wrong("the end of a string"),
        }
    }

    fn escape(&mut self) -> Result<char, Wrong> {
        self.at += 1; // the backslash
        let letter = self.byte();
        let escaped = match letter {
            Some(b'"' | b'\\' | b'/') => letter.map(char::from),
            Some(b'b') => Some('\u{8}'),
            Some(b'f') => Some('\u{c}'),
            Some(b'n') => Some('\n'),
            Some(b'r') => Some('\r'),
            Some(b't') => Some('\t'),
            Some(b'u') => return self.code_point(),
            _ => None,
        };
        let Some(escaped) = escaped else { return self.wrong("an escape") };
        self.at += 1;
        Ok(escaped)
    }

    /// A character by its number, or by the two halves of a pair.
    fn code_point(&mut self) -> Result<char, Wrong> {
        let first = self.code_unit()?;
        let number = match first {
            0xd800..0xdc00 if self.rest().starts_with("\\u") => {
                self.at += 1;
                let second = self.code_unit()?;
                let low = second.checked_sub(0xdc00).filter(|low| *low < 0x400);
                low.map(|low| 0x1_0000 + ((first - 0xd800) << 10) + low)
            }
            _ => Some(first),
        };
        match number.and_then(char::from_u32) {
            Some(character) => Ok(character),
            None => Err(format!("half a character at byte {}", self.at)),
        }
    }

    /// The letter `u` and four digits.
    fn code_unit(&mut self) -> Result<u32, Wrong> {
        let digits =
            self.rest().get(1..5).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let Some(number) = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()) else {
            return self.wrong("four hexadecimal digits after `u'");
        };
        self.at += 5;
        Ok(number)
    }

    /// Reads a whole number from 0 to `most`.
    ///
    /// # Errors
    /// For anything else.
    pub fn integer(&mut self, most: u64) -> Result<u64, Wrong> {
        self.peek();
        let word = self.number_word()?;
        let plain = word.bytes().all(|byte| byte.is_ascii_digit());
        let number = word.parse().ok().filter(|number| plain && *number <= most);
        number.ok_or_else(|| format!("{word:.30} is no whole number from 0 to {most}"))
    }

    /// A number as it is written.
    fn number_word(&mut self) -> Result<&'l str, Wrong> {
        let start = self.at;
        self.takes(b'-');
        if !self.takes(b'0') {
            self.digits()?;
        }
        if self.takes(b'.') {
            self.digits()?;
        }
        if self.takes(b'e') || self.takes(b'E') {
            let _ = self.takes(b'+') || self.takes(b'-');
            self.digits()?;
        }
        Ok(self.text.get(start..self.at).certain().unwrap_or_default())
    }

    fn digits(&mut self) -> Result<(), Wrong> {
        let len = self.rest().bytes().take_while(u8::is_ascii_digit).count();
        self.at += len;
        if len == 0 { self.wrong("a number") } else { Ok(()) }
    }

    /// Reads a value of any kind, which must be JSON.
    ///
    /// # Errors
    /// Where it is not.
    pub fn skip(&mut self) -> Result<(), Wrong> {
        match self.peek() {
            Some(b'{') => self.object(|reader, _| reader.skip()),
            Some(b'[') => self.array(Reader::skip),
            Some(b'"') => self.string().map(drop),
            Some(b'-' | b'0'..=b'9') => self.number_word().map(drop),
            _ => {
                let word = ["true", "false", "null"].into_iter().find(|word| self.rest().starts_with(word));
                self.at += word.map_or(0, str::len);
                if word.is_some() { Ok(()) } else { self.wrong("a value") }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole<T>(text: &[u8], read: impl Fn(&mut Reader<'_>) -> Result<T, Wrong>) -> Result<T, Wrong> {
        let mut reader = Reader::new(text)?;
        let value = read(&mut reader)?;
        reader.end().map(|()| value)
    }

    fn skipped(text: &str) -> Result<(), Wrong> {
        whole(text.as_bytes(), |reader| reader.skip())
    }

    const GOOD: &[&str] = &[
        "{}",
        " [ ] \n",
        "[1,-0,0.5,1e9,-1.25E-3,18446744073709551616]",
        "true",
        "null",
        "\"\u{7f}é\"",
        r#"{"a":{"b":[true,false,null,"\"\\\/\b\f\n\r\té😀"]},"a":1}"#,
    ];

    const BAD: &[&str] = &[
        "",
        "{",
        "[",
        "[1",
        "[1,]",
        "[,1]",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "{'a':1}",
        "01",
        "1.",
        ".5",
        "-",
        "+1",
        "1e",
        "1e+",
        "0x1",
        "tru",
        "nul",
        "\"",
        "\"\\\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\\ud800\"",
        "\"\\udc00\"",
        "\"\\ud800\\u0041\"",
        "\"\\ud800\\ud800\"",
        "\"\t\"",
        "\"a\nb\"",
        "{} {}",
        "[1] x",
        "NaN",
        "Infinity",
        "\u{feff}{}",
        "/**/1",
        "[1 2]",
        "{\"a\":1 \"b\":2}",
        "\"\0\"",
        "\"\\u00é\"",
    ];

    #[test]
    fn what_is_json_is_read_and_nothing_else() {
        for good in GOOD {
            assert_eq!(skipped(good), Ok(()), "{good}");
        }
        for bad in BAD {
            let wrong = skipped(bad).unwrap_err();
            assert!(wrong.contains("at byte"), "{bad}: {wrong}");
        }
        assert_eq!(whole(b"\"a\xff\"", |reader| reader.skip()), Err("not UTF-8 at byte 3".into()));
    }

    #[test]
    fn nesting_has_an_end() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(skipped(&nested(DEPTH)), Ok(()));
        assert_eq!(skipped(&nested(DEPTH + 1)), Err("nested deeper than 16 at byte 17".into()));
        assert_eq!(skipped(&"[".repeat(1 << 20)), Err("nested deeper than 16 at byte 17".into()));
        assert_eq!(skipped(&format!("[{}]", ["[[]]"; 40].join(","))), Ok(()), "side by side is not deep");
    }

    #[test]
    fn whole_numbers_are_exact() {
        let integer = |text: &str, most| whole(text.as_bytes(), |reader| reader.integer(most));
        assert_eq!(integer("18446744073709551615", u64::MAX), Ok(u64::MAX));
        assert_eq!(integer("0", 0), Ok(0));
        assert_eq!(integer("65536", 65535), Err("65536 is no whole number from 0 to 65535".into()));
        for bad in
            ["18446744073709551616", "-1", "-0", "1.0", "1e3", "99999999999999999999999999999999999999"]
        {
            assert!(
                integer(bad, u64::MAX).unwrap_err().ends_with(&format!("from 0 to {}", u64::MAX)),
                "{bad}"
            );
        }
        for bad in ["\"1\"", "null", "", "[1]", "true"] {
            assert!(integer(bad, 9).unwrap_err().starts_with("expected a number at byte 1"), "{bad}");
        }
    }

    #[test]
    fn strings_are_unescaped() {
        let string = |text: &str| whole(text.as_bytes(), |reader| reader.string().map(Cow::into_owned));
        assert_eq!(string(r#""""#), Ok(String::new()));
        assert_eq!(string(r#" "a\u0000\u001f\u00e9\ud83d\ude00\/z" "#), Ok("a\0\u{1f}é\u{1f600}/z".into()));
        assert_eq!(string("7"), Err("expected a string at byte 1, found `7'".into()));
        assert_eq!(string("\"a"), Err("expected the end of a string at byte 3, the line ends".into()));
    }
}
