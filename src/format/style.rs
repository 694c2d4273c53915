// SPDX-License-Identifier: GPL-2.0-or-later
//! A style, built setting by setting.

#![forbid(unsafe_code)]

use super::{Clock, Flags, Origin, Style, Syntax};
use crate::codec::EventKind;
use crate::label::LabelMap;

/// ```
/// use netfilter_conntrack::format::{self, Flags, Style, Syntax};
/// use netfilter_conntrack::{EventKind, Flow};
/// let style = Style::default().with_event(EventKind::New).with_syntax(Syntax::Xml).with_flags(Flags::ID);
/// let mut text = Vec::new();
/// format::append_flow(&mut text, &Flow::new(), &style)?;
/// assert!(text.starts_with(b"<flow type=\"new\">"));
/// # Ok::<(), netfilter_conntrack::Error>(())
/// ```
impl<'a> Style<'a> {
    /// The text shows the kind of event.
    #[must_use]
    pub fn with_event(self, kind: EventKind) -> Style<'a> {
        Style { event: Some(kind), ..self }
    }

    /// As text, as XML, or as JSON.
    #[must_use]
    pub fn with_syntax(self, syntax: Syntax) -> Style<'a> {
        Style { syntax, ..self }
    }

    /// The parts that are shown on request.
    #[must_use]
    pub fn with_flags(self, flags: Flags) -> Style<'a> {
        Style { flags, ..self }
    }

    /// Labels are printed by their names in this map.
    #[must_use]
    pub fn with_labels(self, labels: &'a LabelMap) -> Style<'a> {
        Style { labels: Some(labels), ..self }
    }

    /// The moment that is the current time for printed times.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Style<'a> {
        Style { clock, ..self }
    }

    /// The program that caused the event.
    #[must_use]
    pub fn with_origin(self, origin: Origin<'a>) -> Style<'a> {
        Style { origin: Some(origin), ..self }
    }
}
