// SPDX-License-Identifier: GPL-2.0-or-later
//! JSON, written as it is known: the one writer of this project.
//!
//! Guarantees: the text is JSON as RFC 8259 defines it, in UTF-8 and on one line, for every input; brackets are balanced
//! and commas set by construction; a member whose value is unknown (`None`, or a number that is not finite) is left out
//! with its key; nothing is allocated apart from the growth of what is written to. Control characters, also those above
//! ASCII, are escaped, so that a name chosen by an attacker cannot command a terminal; so are the separators of lines and
//! paragraphs, at which some readers would break the line.
//!
//! ```
//! use netfilter_conntrack::format::json::Json;
//!
//! let mut text = String::new();
//! let mut json = Json::new(&mut text);
//! json.object(|json| {
//!     json.member("entries", 262_144)?;
//!     json.member("share_ratio", 0.5)?;
//!     json.member("name", None::<&str>)?;
//!     json.array_member("rows", |json| json.values(["100.64.0.1", "a \"b\""]))
//! })?;
//! assert_eq!(text, r#"{"entries":262144,"share_ratio":0.5,"rows":["100.64.0.1","a \"b\""]}"#);
//! # Ok::<(), std::fmt::Error>(())
//! ```

#![forbid(unsafe_code)]

use std::fmt::{self, Display, Write};

/// A writer of JSON into `W`: a `String`, a [`fmt::Formatter`], or bytes through [`Bytes`].
///
/// An error is an error of `W`; a `String` and [`Bytes`] have none.
#[derive(Debug)]
pub struct Json<W> {
    out: W,
    /// Whether a value of the same array or object stands before the next one.
    follows: bool,
}

/// Lets text be written to the end of a vector of bytes.
#[derive(Debug)]
pub struct Bytes<'a>(pub &'a mut Vec<u8>);

impl Write for Bytes<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

/// What is one value in JSON.
pub trait Value {
    /// Whether there is a value. A member without one is left out.
    fn is_known(&self) -> bool {
        true
    }

    /// Writes the value.
    ///
    /// # Errors
    /// Errors of `out`.
    fn write_to(&self, out: &mut impl Write) -> fmt::Result;
}

impl<W: Write> Json<W> {
    /// A writer that starts where `out` ends.
    pub const fn new(out: W) -> Json<W> {
        Json { out, follows: false }
    }

    /// An object, whose members `fill` writes.
    ///
    /// # Errors
    /// Errors of what is written to, and of `fill`.
    pub fn object(&mut self, fill: impl FnOnce(&mut Self) -> fmt::Result) -> fmt::Result {
        self.enclosed('{', '}', fill)
    }

    /// An array, whose values `fill` writes.
    ///
    /// # Errors
    /// As [`object`](Self::object).
    pub fn array(&mut self, fill: impl FnOnce(&mut Self) -> fmt::Result) -> fmt::Result {
        self.enclosed('[', ']', fill)
    }

    /// A key; one value must follow.
    ///
    /// # Errors
    /// Errors of what is written to.
    pub fn key(&mut self, key: &str) -> fmt::Result {
        self.comma()?;
        escaped(&mut self.out, key)?;
        self.follows = false;
        self.out.write_char(':')
    }

    /// A value. One that is not known is left out, together with its comma: after a key, use [`member`](Self::member).
    ///
    /// # Errors
    /// Errors of what is written to.
    pub fn value(&mut self, value: impl Value) -> fmt::Result {
        if !value.is_known() {
            return Ok(());
        }
        self.comma()?;
        value.write_to(&mut self.out)?;
        self.follows = true;
        Ok(())
    }

    /// Values, one after the other.
    ///
    /// # Errors
    /// Errors of what is written to.
    pub fn values<V: Value>(&mut self, values: impl IntoIterator<Item = V>) -> fmt::Result {
        values.into_iter().try_for_each(|value| self.value(value))
    }

    /// A key and its value; nothing if the value is not known.
    ///
    /// # Errors
    /// Errors of what is written to.
    pub fn member(&mut self, key: &str, value: impl Value) -> fmt::Result {
        if !value.is_known() {
            return Ok(());
        }
        self.key(key)?;
        self.value(value)
    }

    /// A key and an object.
    ///
    /// # Errors
    /// As [`object`](Self::object).
    pub fn object_member(&mut self, key: &str, fill: impl FnOnce(&mut Self) -> fmt::Result) -> fmt::Result {
        self.key(key)?;
        self.object(fill)
    }

    /// A key and an array.
    ///
    /// # Errors
    /// As [`object`](Self::object).
    pub fn array_member(&mut self, key: &str, fill: impl FnOnce(&mut Self) -> fmt::Result) -> fmt::Result {
        self.key(key)?;
        self.array(fill)
    }

    /// A key, which `write` writes with its quotes and its colon.
    #[inline(always)]
    pub(super) fn key_by(&mut self, write: impl FnOnce(&mut W)) -> fmt::Result {
        self.comma()?;
        write(&mut self.out);
        self.follows = false;
        Ok(())
    }

    /// A value that `write` writes.
    #[inline(always)]
    pub(super) fn value_by(&mut self, write: impl FnOnce(&mut W)) -> fmt::Result {
        self.comma()?;
        write(&mut self.out);
        self.follows = true;
        Ok(())
    }

    fn enclosed(
        &mut self,
        open: char,
        close: char,
        fill: impl FnOnce(&mut Self) -> fmt::Result,
    ) -> fmt::Result {
        self.comma()?;
        self.out.write_char(open)?;
        self.follows = false;
        fill(self)?;
        self.follows = true;
        self.out.write_char(close)
    }

    #[inline(always)]
    fn comma(&mut self) -> fmt::Result {
        if self.follows { self.out.write_char(',') } else { Ok(()) }
    }
}

/// Writes a string with its quotes.
fn escaped(out: &mut impl Write, text: &str) -> fmt::Result {
    out.write_char('"')?;
    escaped_part(out, text)?;
    out.write_char('"')
}

fn escaped_part(out: &mut impl Write, mut text: &str) -> fmt::Result {
    let special = |c: char| matches!(c, '"' | '\\' | '\u{2028}' | '\u{2029}') || c.is_control();
    while let Some(at) = text.find(special) {
        let (plain, rest) = text.split_at(at);
        out.write_str(plain)?;
        let mut chars = rest.chars();
        match chars.next() {
            Some(c @ ('"' | '\\')) => write!(out, "\\{c}")?,
            Some('\n') => out.write_str("\\n")?,
            Some('\t') => out.write_str("\\t")?,
            Some(control) => write!(out, "\\u{:04x}", u32::from(control))?,
            None => {}
        }
        text = chars.as_str();
    }
    out.write_str(text)
}

/// A string of what a value displays, such as an address.
#[derive(Debug, Clone, Copy)]
pub struct Shown<T>(pub T);

impl<T: Display> Value for Shown<T> {
    fn write_to(&self, out: &mut impl Write) -> fmt::Result {
        out.write_char('"')?;
        write!(Escaping(out), "{}", self.0)?;
        out.write_char('"')
    }
}

struct Escaping<'a, W>(&'a mut W);

impl<W: Write> Write for Escaping<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        escaped_part(self.0, text)
    }
}

impl Value for str {
    fn write_to(&self, out: &mut impl Write) -> fmt::Result {
        escaped(out, self)
    }
}

impl Value for String {
    fn write_to(&self, out: &mut impl Write) -> fmt::Result {
        escaped(out, self)
    }
}

/// Text of the kernel or of a file. What is not UTF-8 becomes U+FFFD.
impl Value for [u8] {
    fn write_to(&self, out: &mut impl Write) -> fmt::Result {
        out.write_char('"')?;
        for chunk in self.utf8_chunks() {
            escaped_part(out, chunk.valid())?;
            out.write_str(if chunk.invalid().is_empty() { "" } else { "\u{fffd}" })?;
        }
        out.write_char('"')
    }
}

impl Value for bool {
    fn write_to(&self, out: &mut impl Write) -> fmt::Result {
        out.write_str(if *self { "true" } else { "false" })
    }
}

/// The shortest decimal number that is read back as the same number. One that is not finite is not known.
impl Value for f64 {
    fn is_known(&self) -> bool {
        self.is_finite()
    }

    fn write_to(&self, out: &mut impl Write) -> fmt::Result {
        write!(out, "{self:?}")
    }
}

macro_rules! integers {
    ($($integer:ty)*) => {$(
        impl Value for $integer {
            fn write_to(&self, out: &mut impl Write) -> fmt::Result {
                write!(out, "{self}")
            }
        }
    )*};
}

integers! { u8 u16 u32 u64 usize i32 i64 }

impl<V: Value> Value for Option<V> {
    fn is_known(&self) -> bool {
        self.as_ref().is_some_and(V::is_known)
    }

    fn write_to(&self, out: &mut impl Write) -> fmt::Result {
        self.as_ref().map_or(Ok(()), |value| value.write_to(out))
    }
}

impl<V: Value + ?Sized> Value for &V {
    fn is_known(&self) -> bool {
        (**self).is_known()
    }

    fn write_to(&self, out: &mut impl Write) -> fmt::Result {
        (**self).write_to(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(fill: impl FnOnce(&mut Json<&mut String>) -> fmt::Result) -> String {
        let mut text = String::new();
        fill(&mut Json::new(&mut text)).unwrap();
        text
    }

    #[test]
    fn commas_stand_between_values_and_nowhere_else() {
        let text = written(|json| {
            json.object(|json| {
                json.array_member("empty", |_| Ok(()))?;
                json.object_member("none", |_| Ok(()))?;
                json.array_member("rows", |json| {
                    json.array(|json| json.values([1, 2]))?;
                    json.object(|json| json.member("a", true))?;
                    json.value(-3)
                })?;
                json.member("last", false)
            })
        });
        assert_eq!(text, r#"{"empty":[],"none":{},"rows":[[1,2],{"a":true},-3],"last":false}"#);
    }

    #[test]
    fn what_is_not_known_is_left_out_with_its_key_and_comma() {
        let text = written(|json| {
            json.object(|json| {
                json.member("a", None::<u64>)?;
                json.member("b", f64::NAN)?;
                json.member("c", Some(f64::INFINITY))?;
                json.member("d", Some(7))?;
                json.member("e", f64::NEG_INFINITY)?;
                json.array_member("f", |json| json.values([Some(1.5), None, Some(f64::NAN), Some(2.0)]))
            })
        });
        assert_eq!(text, r#"{"d":7,"f":[1.5,2.0]}"#);
    }

    #[test]
    fn numbers_are_written_in_their_shortest_form() {
        let text = written(|json| {
            json.array(|json| {
                json.values([0.1, 1.0, 990.6, 1_764_273_600.123, 1e300, 1e-7, -0.25, f64::MIN_POSITIVE])?;
                json.value(u64::MAX)?;
                json.value(i64::MIN)?;
                json.values([0_u8, 255])
            })
        });
        let expected = "[0.1,1.0,990.6,1764273600.123,1e300,1e-7,-0.25,2.2250738585072014e-308,\
                        18446744073709551615,-9223372036854775808,0,255]";
        assert_eq!(text, expected);
    }

    #[test]
    fn strings_are_escaped() {
        for (raw, expected) in [
            ("", r#""""#),
            ("plain", r#""plain""#),
            ("\"\\/", r#""\"\\/""#),
            ("a\nb\tc\rd", r#""a\nb\tc\u000dd""#),
            ("\0\u{1}\u{1f}\u{7f}", r#""\u0000\u0001\u001f\u007f""#),
            ("\u{1b}[2J", r#""\u001b[2J""#),
            ("\u{9b}2J", r#""\u009b2J""#),
            ("a\u{2028}\u{2029}b\u{85}", r#""a\u2028\u2029b\u0085""#),
            ("é漢\u{1f600}", "\"é漢\u{1f600}\""),
        ] {
            assert_eq!(written(|json| json.value(raw)), expected);
            assert_eq!(written(|json| json.value(raw.as_bytes())), expected);
            assert_eq!(written(|json| json.value(Shown(raw))), expected);
            assert_eq!(written(|json| json.key(raw)), format!("{expected}:"));
        }
    }

    #[test]
    fn bytes_that_are_not_utf8_are_replaced() {
        for (raw, expected) in [
            (&b"\xff"[..], "\"\u{fffd}\""),
            (b"a\xc3", "\"a\u{fffd}\""),
            (b"\xed\xa0\x80z", "\"\u{fffd}\u{fffd}\u{fffd}z\""),
            (b"\xc3\xa9\x80\"", "\"é\u{fffd}\\\"\""),
        ] {
            assert_eq!(written(|json| json.value(raw)), expected);
        }
    }

    #[test]
    fn addresses_are_strings_and_vectors_grow_at_their_end() {
        let mut bytes = b"before ".to_vec();
        let address: std::net::IpAddr = "2001:db8::1".parse().unwrap();
        Json::new(Bytes(&mut bytes)).value(Shown(address)).unwrap();
        assert_eq!(bytes, b"before \"2001:db8::1\"");
    }
}
