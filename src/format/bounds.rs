// SPDX-License-Identifier: GPL-2.0-or-later
//! Random objects in buffers of every size: the bytes that a call writes, those that it leaves unchanged, and the
//! length that it returns.

#![forbid(unsafe_code)]

use super::*;
use crate::bitmask::Bitmask;
use crate::expect::{self, ExpectAttr, ExpectKind};
use crate::flow::attr::{ROWS, Store};
use crate::flow::{Attr, Dir};

/// The content of a buffer before a call.
const UNTOUCHED: u8 = 0xee;

/// Marsaglia's xorshift: the same numbers in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() >> 33).unwrap() % limit
    }

    fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    /// Bytes that give every length of number and every shape of address.
    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let kept = self.below(N + 1);
        std::array::from_fn(|at| if at < kept && !self.one_in(3) { self.next() as u8 } else { 0 })
    }

    fn word(&mut self) -> Vec<u8> {
        let len = self.below(20);
        (0..len).map(|_| self.pick(b"abcdefghijklmnopqrstuvwxyz <&")).collect()
    }

    fn flow(&mut self) -> Flow {
        let mut flow = Flow::new();
        for row in ROWS.iter().filter(|row| row.store != Store::Heap) {
            if self.one_in(2) {
                flow.set_stored(row.attr, &self.bytes());
            }
        }
        let [orig, reply] = [Dir::Orig, Dir::Reply].map(|dir| dir.attrs());
        for attrs in [orig, reply] {
            flow.put(attrs.l3, &[self.pick(&[2, 2, 10, 10, 0, 7])]);
            flow.put(attrs.l4, &[self.pick(&[6, 17, 17, 1, 33, 47, 58, 132, 136, 0, 200])]);
        }
        if self.one_in(2) {
            flow.set_bytes(Attr::HelperName, &self.word());
        }
        if self.one_in(3) {
            flow.note(Attr::Secctx);
            if self.one_in(2) {
                flow.store_security_context(&self.word()).unwrap();
            }
        }
        if self.one_in(2) {
            let mut labels = Bitmask::new(127).unwrap();
            (0..self.below(8)).for_each(|_| labels.set(u32::try_from(self.below(60)).unwrap()));
            flow.set_labels(labels);
        }
        flow
    }

    fn expectation(&mut self) -> Expectation {
        let mut expect = Expectation::new();
        for row in expect::ROWS.iter() {
            match row.kind {
                _ if self.one_in(2) => {}
                ExpectKind::Tuple => expect.set_tuple(row.attr, &self.flow()),
                ExpectKind::Number => expect.set_bytes(row.attr, &self.bytes::<4>()),
                ExpectKind::Text => expect.set_text(row.attr, &self.word()),
            }
        }
        expect
    }

    fn style<'a>(&mut self, map: &'a LabelMap) -> Style<'a> {
        Style {
            syntax: self.pick(&[Syntax::Text, Syntax::Xml]),
            event: self.pick(&[None, Some(EventKind::New), Some(EventKind::Destroy)]),
            flags: Flags::from_bits_truncate(self.next() as u32),
            labels: self.one_in(2).then_some(map),
            clock: Clock::Fixed(1_700_000_000),
            origin: None,
        }
    }
}

/// The text of a call without a cut, before its last blank is removed, and the parts of it that are counted by special
/// rules.
struct Whole {
    text: Vec<u8>,
    /// Start and end of each XML port element.
    ports: Vec<(usize, usize)>,
    /// Start and end of each label.
    labels: Vec<(usize, usize)>,
}

impl Whole {
    fn of(mut text: Vec<u8>, style: &Style<'_>, expectation: bool) -> Whole {
        let (mut ports, mut labels) = (Vec::new(), Vec::new());
        if style.syntax == Syntax::Xml {
            for (open, close) in [
                ("<sport>", "</sport>"),
                ("<dport>", "</dport>"),
                ("<srckey>", "</srckey>"),
                ("<dstkey>", "</dstkey>"),
            ] {
                ports.extend(elements(&text, open, close));
            }
            ports.sort_unstable();
            labels.extend(elements(&text, "<label>", "</label>"));
        } else if !expectation {
            let marker = b" labels=";
            let found = text.windows(marker.len()).position(|window| window == marker);
            if let Some(start) = found {
                text.push(b',');
                let mut from = start + marker.len();
                for name in text[from..].split_inclusive(|&byte| byte == b',') {
                    labels.push((from, from + name.len()));
                    from += name.len();
                }
            } else {
                text.push(if text.ends_with(b" labels") { b'=' } else { b' ' });
            }
        }
        Whole { text, ports, labels }
    }

    /// The text that a buffer of this size gets, and the length that is counted for it.
    fn in_size(&self, size: usize) -> (Vec<u8>, usize) {
        let mut text = self.text.clone();
        let mut uncounted = 0;
        for &(start, end) in &self.ports {
            uncounted += (end - start) - (end - start).min(size.saturating_sub(start));
        }
        for &(start, end) in self.labels.iter().rev().filter(|(start, _)| *start >= size) {
            text.drain(start..end);
        }
        (text.clone(), text.len() - uncounted)
    }
}

fn elements(text: &[u8], open: &str, close: &str) -> Vec<(usize, usize)> {
    let text = String::from_utf8_lossy(text);
    let ends = text.match_indices(close).map(|(at, _)| at + close.len());
    text.match_indices(open).map(|(at, _)| at).zip(ends).collect()
}

/// Checks one call in buffers of every size.
fn check(whole: &Whole, style: &Style<'_>, expectation: bool, write: impl Fn(&mut [u8]) -> usize) {
    for size in 0..=whole.text.len() + 2 {
        let mut space = vec![UNTOUCHED; size + 8];
        let returned = write(&mut space[..size]);
        let (mut text, mut counted) = whole.in_size(size);
        let fits = text.len() < size;
        let ends_in_blank = text.last() == Some(&b' ');
        let takes_back = style.syntax == Syntax::Text && (!expectation || fits && ends_in_blank);
        let mut expected = vec![UNTOUCHED; size + 8];
        if size > 0 {
            let kept = text.len().min(size - 1);
            text.truncate(kept);
            expected[..kept].copy_from_slice(&text);
            expected[kept] = 0;
        }
        if takes_back {
            counted -= 1;
            expected[..size].iter_mut().skip(counted).take(1).for_each(|byte| *byte = 0);
        }
        assert_eq!(returned, counted, "size {size} of {}", String::from_utf8_lossy(&whole.text));
        assert_eq!(space, expected, "size {size} of {}", String::from_utf8_lossy(&whole.text));
    }
}

fn map() -> LabelMap {
    LabelMap::read(&b"0 zero\n1 one\n3 three-x\n5 a\n17 l17\n40 forty\n41 a-long-name-of-a-label\n59 z\n"[..])
        .unwrap()
}

#[test]
fn flows_in_buffers_of_every_size() {
    let (mut random, map) = (Random(0x5eed), map());
    for _ in 0..120 {
        let (object, style) = (random.flow(), random.style(&map));
        let mut text = Vec::new();
        append_flow(&mut text, &object, &style).unwrap();
        let whole = Whole::of(text, &style, false);
        check(&whole, &style, false, |buf| flow(buf, &object, &style).unwrap());
    }
}

#[test]
fn expectations_in_buffers_of_every_size() {
    let (mut random, map) = (Random(0xfeed), map());
    for _ in 0..120 {
        let (object, style) = (random.expectation(), random.style(&map));
        let mut space = vec![0; 4096];
        let len = expectation(&mut space, &object, &style).unwrap();
        let mut text = space[..len].to_vec();
        // A blank at the end has been taken back: that of the last field, or the name's own.
        if style.syntax == Syntax::Text
            && object.text(ExpectAttr::HelperName).is_none_or(|name| name.ends_with(b" "))
        {
            text.push(b' ');
        }
        let whole = Whole::of(text, &style, true);
        check(&whole, &style, true, |buf| expectation(buf, &object, &style).unwrap());
    }
}

#[test]
fn an_error_leaves_what_stands_before_it() {
    for size in 0..=14 {
        let mut space = [UNTOUCHED; 20];
        let style = Style { event: Some(EventKind::New), ..Style::default() };
        assert!(flow(&mut space[..size], &Flow::new(), &style).is_err());
        let kept = size.saturating_sub(1).min(10);
        assert_eq!(space[..kept], b"    [NEW] "[..kept]);
        assert!(size == 0 || space[kept] == 0);
        assert!(space[size.min(11)..].iter().all(|&byte| byte == UNTOUCHED));
        space.fill(UNTOUCHED);
        assert!(flow(&mut space[..size], &Flow::new(), &Style::default()).is_err());
        assert_eq!(space, [UNTOUCHED; 20]);
    }
}
