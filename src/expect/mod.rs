// SPDX-License-Identifier: GPL-2.0-or-later
//! The expectation object: a connection that a helper waits for.
//!
//! An expectation holds no heap data: an all-zero block of [`LEN`] bytes is a valid empty one, and a byte copy is a
//! clone. Each of its tuples is the first [`flow::HEAD_LEN`] bytes of a flow: the original tuple and the presence
//! words. C reads such a tuple as a conntrack object. The spare bits of the presence words mark it as a tuple of an
//! expectation and contain its place, so that nothing after the expectation is ever read.

#![forbid(unsafe_code)]

use crate::flow::compare::{CompareFlags, Sides, same_tuple};
use crate::flow::{self, Attr, Dir, Flow, Tuple, field_text};
use crate::wire::{Certain, array_at};

/// Size of the object in bytes.
pub const LEN: usize = 276;

const PRESENT: usize = 272;

/// Offset of a tuple's last presence word, of which attributes use only the low bits.
pub(crate) const LAST_WORD: usize = flow::HEAD_LEN - 4;
const ATTR_BITS: u32 = (1 << (flow::attr::COUNT - 64)) - 1;
const _: () = assert!(ATTR_BITS == 0xfff);

/// The high bits of that word in the tuples of an expectation, by the tuples' offsets.
const MARKS: [(u32, usize); 4] =
    [(0xa53c_0000, 0), (0xa53c_1000, 52), (0xa53c_2000, 104), (0xa53c_3000, 156)];

/// Whether a last presence word may be that of an expectation's tuple, not of a flow.
#[inline(always)]
#[cfg(feature = "capi")]
pub(crate) const fn may_be_marked(last_word: u32) -> bool {
    last_word & !ATTR_BITS != 0
}

/// The number of bytes from the tuple with this last presence word to the end of its expectation; `None` for a flow.
#[cold]
#[cfg(feature = "capi")]
pub(crate) fn len_from(last_word: u32) -> Option<usize> {
    let mark = last_word & !ATTR_BITS;
    MARKS.iter().find(|(of, _)| *of == mark).map(|(_, offset)| LEN - offset)
}

/// The bytes of an expectation from one of its tuples to its end, with unmarked presence words, and then zeros.
#[cfg(feature = "capi")]
pub(crate) fn unmarked(from_tuple: &[u8]) -> [u8; LEN] {
    let mut bytes = [0; LEN];
    bytes.iter_mut().zip(from_tuple).for_each(|(to, from)| *to = *from);
    let start = LEN - from_tuple.len();
    for at in MARKS.iter().filter_map(|(_, offset)| (offset + LAST_WORD).checked_sub(start)) {
        if let Some(word) = bytes.get_mut(at..).and_then(<[u8]>::first_chunk_mut).certainly() {
            *word = (u32::from_ne_bytes(*word) & ATTR_BITS).to_ne_bytes();
        }
    }
    bytes
}

/// The head of a tuple after a change of a flow that was made from it: the tuple, and which attributes are set. An
/// attribute that the tuple does not contain cannot be set, only unset.
#[cfg(feature = "capi")]
pub(crate) fn changed_head(before: &[u8; flow::HEAD_LEN], changed: &Flow) -> [u8; flow::HEAD_LEN] {
    let mut after = Flow::from_head(before);
    let orig = flow::storage::ORIG.whole;
    after.store(orig, &changed.at(orig));
    for row in &flow::attr::ROWS {
        if !changed.is_set(row.attr) {
            after.unset(row.attr);
        } else if row.lies_in(flow::tuple::LEN) {
            after.note(row.attr);
        }
    }
    let mut head = after.head_bytes();
    let last_word = |head: &[u8]| u32::from_ne_bytes(array_at(head, LAST_WORD).certain());
    let marked = last_word(&head) | last_word(before) & !ATTR_BITS;
    head.iter_mut().skip(LAST_WORD).zip(marked.to_ne_bytes()).for_each(|(to, from)| *to = from);
    head
}

/// The number of an attribute, as in the C API's `enum nf_expect_attr`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
#[non_exhaustive]
pub enum ExpectAttr {
    /// The tuple of the flow that makes the expectation.
    Master = 0,
    /// The tuple expected.
    Expected = 1,
    /// Which bits of the expected tuple count.
    Mask = 2,
    /// Seconds until the expectation expires.
    Timeout = 3,
    /// The zone.
    Zone = 4,
    /// `NF_CT_EXPECT_*`.
    Flags = 5,
    /// The helper's name.
    HelperName = 6,
    /// The helper's class.
    Class = 7,
    /// The translated tuple.
    NatTuple = 8,
    /// The direction of the translation: 0 original, 1 reply.
    NatDir = 9,
    /// The function that the kernel runs when the expected connection arrives.
    Fn = 10,
}

/// The kind of value in an attribute's storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpectKind {
    /// The head of a flow.
    Tuple,
    /// A number in host byte order.
    Number,
    /// A NUL-terminated string.
    Text,
}

/// One attribute.
#[derive(Debug)]
pub struct ExpectRow {
    /// Which attribute.
    pub attr: ExpectAttr,
    /// Offset of its storage.
    pub offset: usize,
    /// Size of its storage.
    pub size: usize,
    /// The kind of value.
    pub kind: ExpectKind,
}

const fn row(attr: ExpectAttr, offset: usize, size: usize, kind: ExpectKind) -> ExpectRow {
    ExpectRow { attr, offset, size, kind }
}

/// All rows, in the order of their numbers.
pub const ROWS: [ExpectRow; 11] = [
    row(ExpectAttr::Master, 0, flow::HEAD_LEN, ExpectKind::Tuple),
    row(ExpectAttr::Expected, 52, flow::HEAD_LEN, ExpectKind::Tuple),
    row(ExpectAttr::Mask, 104, flow::HEAD_LEN, ExpectKind::Tuple),
    row(ExpectAttr::Timeout, 208, 4, ExpectKind::Number),
    row(ExpectAttr::Zone, 216, 2, ExpectKind::Number),
    row(ExpectAttr::Flags, 220, 4, ExpectKind::Number),
    row(ExpectAttr::HelperName, 228, 16, ExpectKind::Text),
    row(ExpectAttr::Class, 224, 4, ExpectKind::Number),
    row(ExpectAttr::NatTuple, 156, flow::HEAD_LEN, ExpectKind::Tuple),
    row(ExpectAttr::NatDir, 244, 4, ExpectKind::Number),
    row(ExpectAttr::Fn, 248, 24, ExpectKind::Text),
];

impl ExpectAttr {
    /// The attribute with this number.
    #[must_use]
    pub fn from_number(number: u32) -> Option<ExpectAttr> {
        ROWS.get(usize::try_from(number).ok()?).map(|row| row.attr)
    }

    /// The attribute's row.
    #[must_use]
    #[allow(clippy::indexing_slicing)] // every number indexes its row: tested below
    #[doc(hidden)] // for the border and the tests of this tree
    pub const fn row(self) -> &'static ExpectRow {
        const TABLE: &[ExpectRow; 11] = &ROWS;
        &TABLE[self as usize]
    }
}

/// A connection that a helper waits for.
///
/// ```
/// use netfilter_conntrack::{Dir, ExpectAttr, Expectation, Flow, L4};
/// let mut data = Flow::new();
/// data.set_tuple(Dir::Orig, "192.0.2.1".parse()?, "198.51.100.2".parse()?, L4::Tcp { sport: 0, dport: 5000 });
/// let mut expect = Expectation::new();
/// expect.set_tuple(ExpectAttr::Expected, &data);
/// expect.set_number(ExpectAttr::Timeout, 300);
/// assert_eq!(expect.tuple(ExpectAttr::Expected).l4_dst(), 5000);
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C, align(4))]
pub struct Expectation {
    bytes: [u8; LEN],
}

impl Default for Expectation {
    fn default() -> Self {
        Expectation::new()
    }
}

impl Expectation {
    /// An empty expectation: no attribute is present.
    #[must_use]
    #[doc(alias = "nfexp_new")]
    pub const fn new() -> Expectation {
        Expectation { bytes: [0; LEN] }
    }

    fn present(&self) -> u32 {
        u32::from_ne_bytes(array_at(&self.bytes, PRESENT).certain())
    }

    fn set_present(&mut self, present: u32) {
        self.write(PRESENT, &present.to_ne_bytes());
    }

    /// Whether an attribute is present.
    #[must_use]
    #[doc(alias = "nfexp_attr_is_set")]
    pub fn is_set(&self, attr: ExpectAttr) -> bool {
        self.present() >> attr as u32 & 1 == 1
    }

    /// Clears an attribute's presence; its storage stays.
    #[doc(alias = "nfexp_attr_unset")]
    pub fn unset(&mut self, attr: ExpectAttr) {
        self.set_present(self.present() & !(1 << attr as u32));
    }

    /// Notes an attribute as present, with any stored value.
    pub(crate) fn note(&mut self, attr: ExpectAttr) {
        self.set_present(self.present() | 1 << attr as u32);
    }

    fn write(&mut self, offset: usize, value: &[u8]) {
        self.bytes.get_mut(offset..offset + value.len()).certain().copy_from_slice(value);
    }

    /// Marks a tuple that was just written as one of this expectation's.
    fn mark(&mut self, row: &ExpectRow) {
        let Some((mark, _)) = MARKS.iter().find(|(_, at)| row.kind == ExpectKind::Tuple && *at == row.offset)
        else {
            return;
        };
        let at = row.offset + LAST_WORD;
        let word = u32::from_ne_bytes(array_at(&self.bytes, at).certain());
        self.write(at, &(word & ATTR_BITS | mark).to_ne_bytes());
    }

    fn field(&self, attr: ExpectAttr) -> &[u8] {
        let row = attr.row();
        self.bytes.get(row.offset..row.offset + row.size).certain()
    }

    /// Sets an attribute from the bytes of its value as the C API takes them: the head of a flow, a number in
    /// host byte order, or a string. Short values are extended with zeros, long ones cut.
    #[doc(alias = "nfexp_set_attr")]
    pub fn set_bytes(&mut self, attr: ExpectAttr, value: &[u8]) {
        let row = attr.row();
        let mut field = [0; flow::HEAD_LEN];
        let source = match row.kind {
            ExpectKind::Text => value.split(|&byte| byte == 0).next().certain(),
            _ => value,
        };
        let room = row.size - usize::from(row.kind == ExpectKind::Text);
        field.iter_mut().take(room).zip(source).for_each(|(to, from)| *to = *from);
        self.write(row.offset, field.get(..row.size).certain());
        self.mark(row);
        self.note(attr);
    }

    /// A number, if present.
    #[must_use]
    pub fn number(&self, attr: ExpectAttr) -> Option<u32> {
        self.is_set(attr).then(|| self.stored_number(attr))
    }

    /// A number as stored, present or not.
    pub(crate) fn stored_number(&self, attr: ExpectAttr) -> u32 {
        match *self.field(attr) {
            [a, b] => u32::from(u16::from_ne_bytes([a, b])),
            [a, b, c, d] => u32::from_ne_bytes([a, b, c, d]),
            _ => 0,
        }
    }

    /// Sets a number; a zone keeps its low 16 bits.
    #[allow(clippy::cast_possible_truncation)] // zones are 16 bits wide, as said
    pub fn set_number(&mut self, attr: ExpectAttr, value: u32) {
        match attr.row().size {
            2 => self.set_bytes(attr, &(value as u16).to_ne_bytes()),
            _ => self.set_bytes(attr, &value.to_ne_bytes()),
        }
    }

    /// A string, if present: the helper's name or the function's.
    #[must_use]
    pub fn text(&self, attr: ExpectAttr) -> Option<&[u8]> {
        self.is_set(attr).then(|| field_text(self.field(attr)))
    }

    /// Sets a string, cut to its field.
    pub fn set_text(&mut self, attr: ExpectAttr, text: &[u8]) {
        self.set_bytes(attr, text);
    }

    /// One of the four tuples; an empty one for another attribute.
    #[must_use]
    pub fn tuple(&self, attr: ExpectAttr) -> Tuple<'_> {
        Tuple::new(self.field(attr).first_chunk().unwrap_or(&[0; flow::tuple::LEN]))
    }

    /// Whether a tuple's own attribute (an original-direction one) is present.
    #[must_use]
    #[doc(hidden)] // for the border and the tests of this tree
    pub fn tuple_has(&self, which: ExpectAttr, attr: Attr) -> bool {
        self.head(which).is_set(attr)
    }

    /// Sets one of the four tuples from the original direction of a flow.
    pub fn set_tuple(&mut self, which: ExpectAttr, flow: &Flow) {
        self.set_bytes(which, &flow.head_bytes());
    }

    /// A flow that consists of a head only: this tuple and its presence words.
    pub(crate) fn head(&self, which: ExpectAttr) -> Flow {
        Flow::from_head(self.field(which))
    }

    /// Stores a tuple without noting its attribute. For decoders.
    pub(crate) fn store_head(&mut self, which: ExpectAttr, head: &Flow) {
        self.write(which.row().offset, &head.head_bytes());
        self.mark(which.row());
    }

    /// Whether two expectations agree; only the strictness flags count. The timeout is never compared.
    #[must_use]
    #[doc(alias = "nfexp_cmp")]
    pub fn equals(&self, other: &Expectation, flags: CompareFlags) -> bool {
        let sides = Sides::new(flags);
        ROWS.iter().filter(|row| row.attr != ExpectAttr::Timeout).all(|row| {
            let attr = row.attr;
            let equal = match row.kind {
                ExpectKind::Tuple => same_tuple(&self.head(attr), &other.head(attr), Dir::Orig, sides),
                ExpectKind::Number => self.field(attr) == other.field(attr),
                ExpectKind::Text => field_text(self.field(attr)) == field_text(other.field(attr)),
            };
            sides.judge(self.is_set(attr), other.is_set(attr), equal)
        })
    }
}

impl Flow {
    /// The original tuple and the presence words, as an expectation keeps them.
    #[must_use]
    #[doc(hidden)] // for the border and the tests of this tree
    pub fn head_bytes(&self) -> [u8; flow::HEAD_LEN] {
        self.head()
    }

    /// The flow that starts with these bytes; it has no other attributes. Fewer bytes give an empty flow.
    pub(crate) fn from_head(head: &[u8]) -> Flow {
        Flow::of_head(head.first_chunk().unwrap_or(&[0; flow::HEAD_LEN]), ATTR_BITS)
    }

    /// The flow whose storage starts with these bytes, a head and what follows it in an expectation.
    #[cfg(feature = "capi")]
    pub(crate) fn from_front(front: &[u8]) -> Flow {
        let mut flow = Flow::from_head(front);
        flow.store_body(front.get(flow::HEAD_LEN..).certain());
        flow.end_helper_name();
        flow
    }

    /// Unsets the attributes that do not lie in the first `len` bytes.
    #[cfg(feature = "capi")]
    pub(crate) fn unset_after(&mut self, len: usize) {
        let beyond = flow::attr::ROWS.iter().filter(|row| !row.lies_in(len));
        beyond.for_each(|row| self.unset(row.attr));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::L4;

    fn tuple(dport: u16) -> Flow {
        let mut flow = Flow::new();
        let address = |text: &str| text.parse().unwrap();
        flow.set_tuple(Dir::Orig, address("10.0.0.1"), address("10.0.0.2"), L4::Tcp { sport: 1, dport });
        flow
    }

    #[test]
    fn the_object_is_plain_bytes() {
        assert_eq!(size_of::<Expectation>(), LEN);
        for (number, row) in ROWS.iter().enumerate() {
            assert_eq!(row.attr as usize, number);
            assert!(std::ptr::eq(row.attr.row(), row) || row.attr.row().offset == row.offset);
        }
    }

    #[test]
    fn tuples_keep_addresses_and_presence() {
        let mut expect = Expectation::new();
        expect.set_tuple(ExpectAttr::Mask, &tuple(21));
        assert_eq!(expect.tuple(ExpectAttr::Mask).protocol(), L4::Tcp { sport: 1, dport: 21 });
        assert!(expect.tuple_has(ExpectAttr::Mask, Attr::OrigPortDst));
        assert!(!expect.tuple_has(ExpectAttr::Mask, Attr::OrigZone));
        assert!(expect.is_set(ExpectAttr::Mask) && !expect.is_set(ExpectAttr::Master));
    }

    #[test]
    fn values_are_cut_to_their_fields() {
        let mut expect = Expectation::new();
        expect.set_number(ExpectAttr::Zone, 0x1234_5678);
        assert_eq!(expect.number(ExpectAttr::Zone), Some(0x5678));
        expect.set_text(ExpectAttr::HelperName, b"averyveryverylonghelper");
        assert_eq!(expect.text(ExpectAttr::HelperName), Some(&b"averyveryverylo"[..]));
        expect.set_text(ExpectAttr::Fn, &[b'f'; 40]);
        assert_eq!(expect.text(ExpectAttr::Fn).unwrap().len(), 23);
        assert_eq!(expect.number(ExpectAttr::Class), None);
    }

    #[test]
    fn the_timeout_is_never_compared() {
        let (mut a, mut b) = (Expectation::new(), Expectation::new());
        a.set_tuple(ExpectAttr::Expected, &tuple(21));
        b.set_tuple(ExpectAttr::Expected, &tuple(21));
        a.set_number(ExpectAttr::Timeout, 1);
        assert!(a.equals(&b, CompareFlags::STRICT));
        b.set_number(ExpectAttr::Class, 1);
        assert!(a.equals(&b, CompareFlags::MASK) && !b.equals(&a, CompareFlags::MASK));
        b.set_tuple(ExpectAttr::Expected, &tuple(22));
        assert!(!a.equals(&b, CompareFlags::empty()));
    }
}
