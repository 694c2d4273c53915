// SPDX-License-Identifier: GPL-2.0-or-later
//! Metrics as text: OpenMetrics 1.0 (<https://openmetrics.io>), and Prometheus's own text format for the names of
//! node_exporter.

#![forbid(unsafe_code)]

use std::fmt::{Display, Write as _};

/// What a metric is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Gauge,
    /// Its name has no `_total`; its samples have.
    Counter,
}

/// In which format metrics are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    OpenMetrics,
    Prometheus,
}

/// A text of metrics, one family after another.
#[derive(Debug)]
pub struct Metrics {
    text: String,
    syntax: Syntax,
    name: String,
    suffix: &'static str,
}

impl Metrics {
    pub fn new(syntax: Syntax) -> Metrics {
        Metrics { text: String::new(), syntax, name: String::new(), suffix: "" }
    }

    /// Begins a family. Its name ends in its unit, if it has one.
    pub fn family(&mut self, name: &str, kind: Kind, help: &str) {
        let (kind, suffix) = match kind {
            Kind::Gauge => ("gauge", ""),
            Kind::Counter => ("counter", "_total"),
        };
        (self.name, self.suffix) = (name.to_owned(), suffix);
        let _ = writeln!(self.text, "# HELP {name} {}\n# TYPE {name} {kind}", escaped(help));
        if self.syntax == Syntax::OpenMetrics && name.ends_with("_seconds") {
            let _ = writeln!(self.text, "# UNIT {name} seconds");
        }
    }

    /// A sample of the family that was begun last.
    pub fn sample(&mut self, labels: &[(&str, &str)], value: impl Display) {
        let _ = write!(self.text, "{}{}", self.name, self.suffix);
        for (number, (name, value)) in labels.iter().enumerate() {
            let before = if number == 0 { "{" } else { "," };
            let _ = write!(self.text, "{before}{name}=\"{}\"", escaped(value));
        }
        let end = if labels.is_empty() { "" } else { "}" };
        let _ = writeln!(self.text, "{end} {value}");
    }

    /// The text.
    pub fn finish(mut self) -> String {
        if self.syntax == Syntax::OpenMetrics {
            self.text += "# EOF\n";
        }
        self.text
    }
}

/// A label's value or a help text: backslash, quote and newline are escaped, as OpenMetrics says. Other control characters
/// have no place in a line.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' => out += "\\\\",
            '"' => out += "\\\"",
            '\n' => out += "\\n",
            letter if letter.is_control() => out.push('\u{fffd}'),
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(fill: impl Fn(&mut Metrics)) -> [String; 2] {
        [Syntax::OpenMetrics, Syntax::Prometheus].map(|syntax| {
            let mut metrics = Metrics::new(syntax);
            fill(&mut metrics);
            metrics.finish()
        })
    }

    #[test]
    fn a_family_has_a_type_and_its_samples_their_suffix() {
        let [open, plain] = both(|metrics| {
            metrics.family("conntrack_stat_drop", Kind::Counter, "Drops.");
            metrics.sample(&[("netns", "")], 5);
            metrics.family("conntrack_timeout_seconds", Kind::Gauge, "Timeouts.");
            metrics.sample(&[("protocol", "tcp"), ("state", "close")], 10);
            metrics.sample(&[], 0.5);
        });
        let expected = "# HELP conntrack_stat_drop Drops.\n# TYPE conntrack_stat_drop counter\n\
            conntrack_stat_drop_total{netns=\"\"} 5\n\
            # HELP conntrack_timeout_seconds Timeouts.\n# TYPE conntrack_timeout_seconds gauge\n\
            # UNIT conntrack_timeout_seconds seconds\n\
            conntrack_timeout_seconds{protocol=\"tcp\",state=\"close\"} 10\nconntrack_timeout_seconds 0.5\n# EOF\n";
        assert_eq!(open, expected);
        let plainly =
            expected.replace("# UNIT conntrack_timeout_seconds seconds\n", "").replace("# EOF\n", "");
        assert_eq!(plain, plainly);
    }

    #[test]
    fn labels_cannot_break_a_line() {
        let [open, _] = both(|metrics| {
            metrics.family("a", Kind::Gauge, "A.");
            metrics.sample(&[("name", "a\"b\\c\nd\u{1b}[0m")], 1);
        });
        assert!(open.contains("a{name=\"a\\\"b\\\\c\\nd\u{fffd}[0m\"} 1\n"), "{open}");
    }
}
