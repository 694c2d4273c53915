// SPDX-License-Identifier: GPL-2.0-or-later
//! JSON for tests: a strict reader, and a check against a JSON Schema with the keywords that this project uses. Both are
//! written apart from the library's writer, so that they can judge it.

use std::collections::BTreeMap;

/// A JSON value. Members of an object that is read twice under one key are an error.
#[derive(Debug, Clone, PartialEq)]
pub enum Json {
    /// `null`, which the project never writes.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, and whether it is written as an integer.
    Number(f64, bool),
    /// A string.
    Text(String),
    /// An array.
    Array(Vec<Json>),
    /// An object.
    Object(BTreeMap<String, Json>),
}

impl Json {
    /// Reads one value; nothing may follow it but white space.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub fn read(text: &str) -> Result<Json, String> {
        let mut reader = Reader { text, at: 0 };
        let value = reader.value()?;
        reader.blanks();
        if reader.at == text.len() { Ok(value) } else { reader.wrong("something follows") }
    }

    /// A member of an object.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Json> {
        match self {
            Json::Object(members) => members.get(key),
            _ => None,
        }
    }

    /// The value at a path of keys and array positions, such as `findings/0/id`.
    #[must_use]
    pub fn at(&self, path: &str) -> Option<&Json> {
        path.split('/').try_fold(self, |value, step| match value {
            Json::Array(values) => values.get(step.parse::<usize>().ok()?),
            value => value.get(step),
        })
    }

    /// A number.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        match self {
            Json::Number(number, _) => Some(*number),
            _ => None,
        }
    }

    /// A string.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Json::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The values of an array; none of anything else.
    #[must_use]
    pub fn values(&self) -> &[Json] {
        match self {
            Json::Array(values) => values,
            _ => &[],
        }
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl Reader<'_> {
    fn wrong<T>(&self, what: &str) -> Result<T, String> {
        Err(format!("{what} at byte {}: {:.30}", self.at, self.text.get(self.at..).unwrap_or_default()))
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while self.peek().is_some_and(|byte| b" \t\r\n".contains(&byte)) {
            self.at += 1;
        }
    }

    fn takes(&mut self, token: &str) -> bool {
        let found = self.text[self.at..].starts_with(token);
        self.at += if found { token.len() } else { 0 };
        found
    }

    fn value(&mut self) -> Result<Json, String> {
        self.blanks();
        match self.peek() {
            Some(b'{') => self.object(),
            Some(b'[') => self.array(),
            Some(b'"') => self.string().map(Json::Text),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ if self.takes("true") => Ok(Json::Bool(true)),
            _ if self.takes("false") => Ok(Json::Bool(false)),
            _ if self.takes("null") => Ok(Json::Null),
            _ => self.wrong("no value"),
        }
    }

    fn object(&mut self) -> Result<Json, String> {
        let mut members = BTreeMap::new();
        self.at += 1;
        self.blanks();
        if self.takes("}") {
            return Ok(Json::Object(members));
        }
        loop {
            self.blanks();
            let key = self.string()?;
            self.blanks();
            if !self.takes(":") {
                return self.wrong("no colon");
            }
            let value = self.value()?;
            if members.insert(key, value).is_some() {
                return self.wrong("a key twice");
            }
            self.blanks();
            match (self.takes(","), self.takes("}")) {
                (true, false) => {}
                (false, true) => return Ok(Json::Object(members)),
                _ => return self.wrong("no comma and no end of the object"),
            }
        }
    }

    fn array(&mut self) -> Result<Json, String> {
        let mut values = Vec::new();
        self.at += 1;
        self.blanks();
        if self.takes("]") {
            return Ok(Json::Array(values));
        }
        loop {
            values.push(self.value()?);
            self.blanks();
            match (self.takes(","), self.takes("]")) {
                (true, false) => {}
                (false, true) => return Ok(Json::Array(values)),
                _ => return self.wrong("no comma and no end of the array"),
            }
        }
    }

    fn string(&mut self) -> Result<String, String> {
        if !self.takes("\"") {
            return self.wrong("no string");
        }
        let mut text = String::new();
        loop {
            let Some(c) = self.text[self.at..].chars().next() else {
                return self.wrong("a string without end");
            };
            self.at += c.len_utf8();
            match c {
                '"' => return Ok(text),
                '\\' => text.push(self.escape()?),
                c if u32::from(c) < 0x20 => return self.wrong("a control character"),
                c => text.push(c),
            }
        }
    }

    fn escape(&mut self) -> Result<char, String> {
        for (token, c) in [("\"", '"'), ("\\", '\\'), ("/", '/'), ("n", '\n'), ("t", '\t'), ("r", '\r')] {
            if self.takes(token) {
                return Ok(c);
            }
        }
        let digits = self.text.get(self.at..self.at + 5).and_then(|token| token.strip_prefix('u'));
        let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()).and_then(char::from_u32);
        self.at += 5;
        code.map_or_else(|| self.wrong("no such escape"), Ok)
    }

    fn number(&mut self) -> Result<Json, String> {
        let rest = &self.text[self.at..];
        let end = rest.find(|c: char| !"+-.eE0123456789".contains(c)).unwrap_or(rest.len());
        let token = &rest[..end];
        let digits = token.strip_prefix('-').unwrap_or(token);
        let is_padded = digits.starts_with('0') && digits[1..].starts_with(|c: char| c.is_ascii_digit());
        let is_integer = digits.chars().all(|c| c.is_ascii_digit());
        match token.parse::<f64>() {
            Ok(number) if number.is_finite() && !is_padded && !token.ends_with('.') => {
                self.at += end;
                Ok(Json::Number(number, is_integer))
            }
            _ => self.wrong("no number"),
        }
    }
}

/// What in `value` is against `schema`; empty if nothing is. A keyword that is not known here is a fault too.
#[must_use]
pub fn faults(schema: &Json, value: &Json) -> Vec<String> {
    let mut faults = Vec::new();
    check(schema, schema, value, "", &mut faults);
    faults
}

const IGNORED: [&str; 4] = ["$schema", "title", "description", "$defs"];

fn check(root: &Json, schema: &Json, value: &Json, path: &str, faults: &mut Vec<String>) {
    let Json::Object(keywords) = schema else { return faults.push(format!("{path}: no schema")) };
    for (keyword, rule) in keywords.iter().filter(|(keyword, _)| !IGNORED.contains(&keyword.as_str())) {
        let holds = match keyword.as_str() {
            "$ref" => {
                let target = rule.text().and_then(|name| root.at(name.trim_start_matches("#/")));
                target.is_some_and(|target| {
                    check(root, target, value, path, faults);
                    true
                })
            }
            "allOf" => {
                rule.values().iter().for_each(|part| check(root, part, value, path, faults));
                true
            }
            "type" => is_of_type(rule, value),
            "const" => rule == value,
            "enum" => rule.values().contains(value),
            "minimum" => value.number().is_none_or(|number| number >= rule.number().unwrap_or(f64::MAX)),
            "maximum" => value.number().is_none_or(|number| number <= rule.number().unwrap_or(f64::MIN)),
            "minLength" => value
                .text()
                .is_none_or(|text| text.chars().count() as f64 >= rule.number().unwrap_or(f64::MAX)),
            "pattern" => rule.text() == Some("^[0-9]+$") && value.text().is_some_and(is_digits),
            "required" => rule.values().iter().all(|key| value.get(key.text().unwrap_or_default()).is_some()),
            "items" => {
                for (at, item) in value.values().iter().enumerate() {
                    check(root, rule, item, &format!("{path}/{at}"), faults);
                }
                true
            }
            "properties" | "additionalProperties" | "propertyNames" => {
                members(root, (keyword, rule), schema, value, path, faults);
                true
            }
            _ => false,
        };
        if !holds {
            faults.push(format!("{path}: against {keyword} {rule:?}: {value:?}"));
        }
    }
}

fn members(
    root: &Json,
    (keyword, rule): (&str, &Json),
    schema: &Json,
    value: &Json,
    path: &str,
    faults: &mut Vec<String>,
) {
    let Json::Object(members) = value else { return };
    for (key, member) in members {
        let named = schema.get("properties").and_then(|properties| properties.get(key));
        let path = format!("{path}/{key}");
        match keyword {
            "properties" => named.into_iter().for_each(|rule| check(root, rule, member, &path, faults)),
            "additionalProperties" if named.is_none() => check(root, rule, member, &path, faults),
            "propertyNames" => check(root, rule, &Json::Text(key.clone()), &path, faults),
            _ => {}
        }
    }
}

fn is_of_type(rule: &Json, value: &Json) -> bool {
    let is = |name: &str| match value {
        Json::Null => name == "null",
        Json::Bool(_) => name == "boolean",
        Json::Number(_, is_integer) => name == "number" || (name == "integer" && *is_integer),
        Json::Text(_) => name == "string",
        Json::Array(_) => name == "array",
        Json::Object(_) => name == "object",
    };
    match rule {
        Json::Text(name) => is(name),
        names => names.values().iter().any(|name| name.text().is_some_and(is)),
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_json_is_refused() {
        for wrong in [
            "",
            "{",
            "[1,]",
            "{\"a\":1,}",
            "{\"a\" 1}",
            "[1 2]",
            "01",
            "1.",
            "nul",
            "\"a",
            "\"\\x\"",
            "\"\n\"",
            "1 2",
            "{\"a\":1,\"a\":2}",
            "NaN",
            "{,}",
            "[,]",
        ] {
            assert!(Json::read(wrong).is_err(), "{wrong}");
        }
        let value = Json::read(" {\"a\":[1,-2.5e3,\"\\u00e9\\n\"],\"b\":{}} ").unwrap();
        assert_eq!(value.at("a/1").and_then(Json::number), Some(-2500.0));
        assert_eq!(value.at("a/2").and_then(Json::text), Some("é\n"));
    }

    #[test]
    fn what_is_against_a_schema_is_found() {
        let schema = r##"{"type":"object","required":["a"],"properties":{"a":{"$ref":"#/$defs/n"},"b":{"enum":["x"]},
            "c":{"type":"array","items":{"type":"string","minLength":2}}},"additionalProperties":{"type":"integer"},
            "propertyNames":{"enum":["a","b","c","d"]},"$defs":{"n":{"type":"number","minimum":0,"maximum":1}}}"##;
        let schema = Json::read(schema).unwrap();
        let count = |text: &str| faults(&schema, &Json::read(text).unwrap()).len();
        assert_eq!(count(r#"{"a":0.5,"b":"x","c":["yy"],"d":3}"#), 0);
        for wrong in [
            "[]",
            "{}",
            r#"{"a":2}"#,
            r#"{"a":-1}"#,
            r#"{"a":"1"}"#,
            r#"{"a":1,"b":"y"}"#,
            r#"{"a":1,"c":["y"]}"#,
            r#"{"a":1,"d":1.5}"#,
            r#"{"a":1,"e":1}"#,
            r#"{"a":null}"#,
        ] {
            assert_ne!(count(wrong), 0, "{wrong}");
        }
    }
}
