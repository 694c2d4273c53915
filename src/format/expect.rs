// SPDX-License-Identifier: GPL-2.0-or-later
//! An expectation as one line of text and as one XML element.
//!
//! Its flags print by their stored value, the other numbers and the name by presence.

#![forbid(unsafe_code)]

use super::out::Out;
use super::{Flags, Style, text, xml};
use crate::expect::{ExpectAttr, Expectation};
use crate::flow::Tuple;

/// The flags that have names: the bit, in text, in XML.
const FLAGS: [(u32, &[u8], &[u8]); 3] = [
    (1, b"PERMANENT", b"<permanent/>"),
    (2, b"INACTIVE", b"<inactive/>"),
    (4, b"USERSPACE", b"<userspace/>"),
];

/// The tuples, with their labels in text and their tags in XML.
const TUPLES: [TupleRow; 3] = [
    TupleRow {
        which: ExpectAttr::Expected,
        src: b"src=",
        dst: b"dst=",
        tag: [b"<expected>", b"</expected>"],
    },
    TupleRow { which: ExpectAttr::Mask, src: b"mask-src=", dst: b"mask-dst=", tag: [b"<mask>", b"</mask>"] },
    TupleRow {
        which: ExpectAttr::Master,
        src: b"master-src=",
        dst: b"master-dst=",
        tag: [b"<master>", b"</master>"],
    },
];

struct TupleRow {
    which: ExpectAttr,
    src: &'static [u8],
    dst: &'static [u8],
    tag: [&'static [u8]; 2],
}

/// Writes the line, with the blank after its last field unless that is the helper's name.
pub(super) fn text(out: &mut Out<'_>, expect: &Expectation, style: &Style<'_>) {
    text::event(out, style.event);
    text::field(out, b"", expect.number(ExpectAttr::Timeout));
    text::field(out, b"proto=", Some(expect.tuple(ExpectAttr::Expected).l4()));
    for row in &TUPLES {
        let tuple = expect.tuple(row.which);
        text::addresses(out, tuple, row.src, row.dst);
        text::ports(out, tuple);
    }
    text::field(out, b"zone=", expect.number(ExpectAttr::Zone));
    flag_names(out, expect.stored_number(ExpectAttr::Flags));
    text::field(out, b"class=", expect.number(ExpectAttr::Class));
    if let Some(helper) = expect.text(ExpectAttr::HelperName) {
        out.put(b"helper=");
        out.put(helper);
    }
}

fn flag_names(out: &mut Out<'_>, flags: u32) {
    let set = FLAGS.iter().filter(|(bit, ..)| flags & bit != 0);
    for (at, (_, name, _)) in set.enumerate() {
        out.put(if at == 0 { b"" } else { b"," });
        out.put(name);
    }
    if flags != 0 {
        out.put(b" ");
    }
}

/// Writes the element.
pub(super) fn xml(out: &mut Out<'_>, expect: &Expectation, style: &Style<'_>) {
    xml::event(out, style.event);
    xml::layer3(out, expect.tuple(ExpectAttr::Expected));
    in_tags(out, expect, xml::addresses);
    out.put(b"</layer3>");
    xml::layer4(out, expect.tuple(ExpectAttr::Expected));
    in_tags(out, expect, xml::ports);
    out.put(b"</layer4><meta>");
    if let Some(helper) = expect.text(ExpectAttr::HelperName) {
        xml::name(out, b"<helper-name>", helper, b"</helper-name>");
    }
    xml::field(out, b"<timeout>", expect.number(ExpectAttr::Timeout), b"</timeout>");
    xml::field(out, b"<class>", expect.number(ExpectAttr::Class), b"</class>");
    xml::field(out, b"<zone>", expect.number(ExpectAttr::Zone), b"</zone>");
    if style.flags.contains(Flags::TIME) {
        xml::when(out, style.clock);
    }
    let flags = expect.stored_number(ExpectAttr::Flags);
    FLAGS.iter().filter(|(bit, ..)| flags & bit != 0).for_each(|(_, _, tag)| out.put(tag));
    out.put(b"</meta></flow>");
}

/// The output of `write` for each tuple, in the tuple's tags.
fn in_tags(out: &mut Out<'_>, expect: &Expectation, write: fn(&mut Out<'_>, Tuple<'_>)) {
    for row in &TUPLES {
        let [open, close] = row.tag;
        out.put(open);
        write(out, expect.tuple(row.which));
        out.put(close);
    }
}
