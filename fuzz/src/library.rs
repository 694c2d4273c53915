// SPDX-License-Identifier: GPL-2.0-or-later
//! Targets on the library's public interface.

use netfilter_conntrack::codec::{expect_decode, flow_decode, stats_decode, timeout_decode};
use netfilter_conntrack::diagnosis::facts::{Counted, Settings};
use netfilter_conntrack::diagnosis::parse;
use netfilter_conntrack::diagnosis::{By, Census, CensusOptions, Heavy, Key};
use netfilter_conntrack::faces::{self, Arrival, FACES, Face};
use netfilter_conntrack::flow::attr::ROWS;
use netfilter_conntrack::format::{self, Clock, Flags, Style, Syntax, save};
use netfilter_conntrack::request::{self, Query, Subject};
use netfilter_conntrack::stats::CPU_COUNTERS_MAX;
use netfilter_conntrack::wire::{Attrs, Frame, Frames};
use netfilter_conntrack::{Attr, Dir, Error, EventKind, ExpectAttr, Expectation, Flow, LabelMap};
use std::collections::HashMap;

/// Room for any request that these targets build: two label masks of the largest size, and helper data.
const ROOM: usize = 1 << 17;

/// A message with this body behind its header.
fn message(kind: u16, body: &[u8]) -> Vec<u8> {
    let len = u32::try_from(16 + body.len()).unwrap_or(u32::MAX);
    [&len.to_ne_bytes()[..], &kind.to_ne_bytes(), &[0; 10], body].concat()
}

/// A family, and the attributes behind it.
fn split(data: &[u8]) -> Option<(u8, Attrs<'_>)> {
    let (&family, area) = data.split_first()?;
    Some((family, Attrs::new(area)))
}

/// Whether `inner` is a part of `outer`.
fn lies_in(inner: &[u8], outer: &[u8]) -> bool {
    let (inner, outer) = (inner.as_ptr_range(), outer.as_ptr_range());
    outer.start <= inner.start && inner.end <= outer.end
}

/// A datagram: every frame and attribute lies inside it, and an error ends the walk.
pub fn frames(data: &[u8]) {
    let mut end = data.as_ptr();
    let mut is_over = false;
    for frame in Frames::new(data) {
        assert!(!is_over, "a frame behind the error that ends the walk");
        let Ok(frame) = frame else {
            is_over = true;
            continue;
        };
        assert!(lies_in(frame.bytes, data) && lies_in(frame.payload, frame.bytes));
        assert_eq!(frame.bytes.len(), frame.header.len as usize);
        assert!(frame.bytes.as_ptr() >= end, "frames do not overlap");
        end = frame.bytes.as_ptr_range().end;
        let _ = (frame.kind(), frame.family(), frame.res_id(), EventKind::of(&frame.header));
        attributes(frame.attrs(), frame.payload, 8);
    }
}

fn attributes(attrs: Attrs<'_>, area: &[u8], depth: u32) {
    for attr in attrs {
        assert!(lies_in(attr.payload, area) && attr.kind < 1 << 14);
        let _ = (attr.u8(), attr.be16(), attr.be32(), attr.be64(), attr.array::<16>());
        let text = attr.text().unwrap_or_default();
        assert!(!text.contains(&0) && text.len() <= attr.payload.len());
        if let (Ok(inner), 1..) = (attr.nest(), depth) {
            attributes(inner, attr.payload, depth - 1);
        }
    }
}

/// A message about a flow: whatever of it is taken can be looked at, printed, copied, compared and sent, and a
/// request never outgrows its buffer. What an earlier message left behind makes no difference to this.
pub fn flow(data: &[u8]) {
    let Some((family, attrs)) = split(data) else { return };
    let mut flow = Flow::new();
    let first = flow_decode::attributes(&mut flow, family, attrs.clone());
    let presence = flow.presence();
    let again = flow_decode::attributes(&mut flow, family, attrs);
    assert_eq!((first, presence), (again, flow.presence()), "a message once more changes nothing");
    look_at(&flow);
    let mut copy = Flow::new();
    copy.copy_from(&flow, netfilter_conntrack::CopyFlags::empty());
    for one in [&flow.clone(), &copy] {
        assert!(flow.equals(one, netfilter_conntrack::CompareFlags::empty()));
    }
    build_all(&flow);
}

fn look_at(flow: &Flow) {
    for row in &ROWS {
        let values = (flow.u8(row.attr), flow.u16(row.attr), flow.u32(row.attr), flow.u64(row.attr));
        assert_eq!(values.0.is_some(), flow.is_set(row.attr));
        assert_eq!(values.3.is_some(), flow.is_set(row.attr));
    }
    for dir in [Dir::Orig, Dir::Reply] {
        let tuple = flow.tuple(dir);
        let _ = (tuple.src(), tuple.dst(), tuple.protocol(), flow.counters(dir));
    }
    let mut line = Vec::new();
    for command in [save::Command::Add, save::Command::Update, save::Command::Delete] {
        save::append_flow(&mut line, flow, command);
    }
    assert!(line.starts_with(b"-A") && !line.contains(&0));
}

fn build_all(flow: &Flow) {
    let mut buf = vec![0; ROOM];
    for query in [Query::Create, Query::Update, Query::Destroy, Query::Get, Query::CreateUpdate] {
        let Ok(len) = request::build(&mut buf, query, Subject::Flow(flow), 7) else { continue };
        assert!(Frame::read(&buf).is_ok_and(|frame| frame.bytes.len() == len));
        for room in [0, 1, 15, 16, 19, 20, len / 2, len - 1, len] {
            let mut small = vec![GUARD; len + 8];
            let (room, guard) = small.split_at_mut(room);
            let built = request::build(room, query, Subject::Flow(flow), 7);
            assert_eq!(built.is_ok(), room.len() == len, "{} bytes of {len}", room.len());
            assert!(
                guard.iter().all(|&byte| byte == GUARD),
                "written behind a buffer of {} bytes",
                room.len()
            );
        }
    }
    for build in [request::build_exact_delete, request::build_lookup] {
        if let Ok(len) = build(&mut buf, flow, 0, 7) {
            assert!(Frame::read(&buf).is_ok_and(|frame| frame.bytes.len() == len));
            assert!(
                len > 20,
                "a request about one entry names it: without a tuple it would mean all of them"
            );
        }
    }
}

/// A message about an expectation.
pub fn expectation(data: &[u8]) {
    let Some((family, attrs)) = split(data) else { return };
    let mut expect = Expectation::new();
    let first = expect_decode::attributes(&mut expect, family, attrs.clone());
    let once = expect;
    let again = expect_decode::attributes(&mut expect, family, attrs);
    assert_eq!((first, once), (again, expect), "a message once more changes nothing");
    for number in 0..16 {
        let Some(attr) = ExpectAttr::from_number(number) else { continue };
        let _ = (expect.number(attr), expect.text(attr), expect.tuple(attr).protocol());
    }
    for syntax in [Syntax::Text, Syntax::Xml] {
        let style = Style { syntax, ..Style::default() };
        print_expectation(&expect, &style);
    }
    let mut buf = vec![0; ROOM];
    for query in [Query::Create, Query::Destroy, Query::Get, Query::CreateUpdate] {
        if let Ok(len) = request::build(&mut buf, query, Subject::Expectation(&expect), 7) {
            assert!(Frame::read(&buf).is_ok_and(|frame| frame.bytes.len() == len));
            assert!(query != Query::Destroy || len > 20, "a DELETE names its expectation");
        }
    }
}

/// Messages with statistics.
pub fn statistics(data: &[u8]) {
    let bytes = message(0x0104, data);
    let Ok(frame) = Frame::read(&bytes) else { unreachable!("a whole message") };
    if let Ok(stats) = stats_decode::cpu(&frame) {
        assert!(stats.iter().all(|(number, value)| stats.get(number) == Some(value)));
        assert_eq!(stats.get(CPU_COUNTERS_MAX), None);
    }
    if let Ok(Some(global)) = stats_decode::global(&frame) {
        assert!(frame.attrs().any(|attr| attr.be32() == Ok(global.entries)));
    }
    if let Ok(Some(timeouts)) = timeout_decode::timeouts(&frame) {
        assert!(frame.attrs().any(|attr| attr.u8() == Ok(timeouts.protocol)));
        assert_eq!(timeouts.secs(timeout_decode::TIMEOUTS_MAX), None);
    }
}

/// Decoded, encoded and decoded again: what can be sent at all comes back as it was.
pub fn round_trip(data: &[u8]) {
    let Some((family, attrs)) = split(data) else { return };
    let mut flow = Flow::new();
    if flow_decode::attributes(&mut flow, family, attrs.clone()).is_ok() {
        flow_there_and_back(&flow);
    }
    let mut expect = Expectation::new();
    if expect_decode::attributes(&mut expect, family, attrs).is_ok() {
        expectation_there_and_back(&expect);
    }
}

/// The bytes of a request to create this, if it can be sent.
fn request_for(subject: Subject<'_>) -> Option<Vec<u8>> {
    let mut buf = vec![0; ROOM];
    let len = request::build(&mut buf, Query::Create, subject, 0).ok()?;
    buf.truncate(len);
    Some(buf)
}

/// What a request carries of a flow wherever it is present, with the value it had; the status gets a bit set.
const CARRIED: &[Attr] = &[
    Attr::OrigL3proto,
    Attr::Timeout,
    Attr::Mark,
    Attr::Secmark,
    Attr::Zone,
    Attr::OrigZone,
    Attr::TcpState,
    Attr::TcpWscaleOrig,
    Attr::TcpWscaleRepl,
    Attr::SctpState,
    Attr::SctpVtagOrig,
    Attr::SctpVtagRepl,
    Attr::DccpState,
    Attr::DccpRole,
    Attr::DccpHandshakeSeq,
    Attr::OrigNatSeqCorrectionPos,
    Attr::OrigNatSeqOffsetBefore,
    Attr::OrigNatSeqOffsetAfter,
    Attr::ReplNatSeqCorrectionPos,
    Attr::ReplNatSeqOffsetBefore,
    Attr::ReplNatSeqOffsetAfter,
    Attr::SynproxyIsn,
    Attr::SynproxyIts,
    Attr::SynproxyTsoff,
];

fn flow_there_and_back(flow: &Flow) {
    use netfilter_conntrack::Dir::{Orig, Reply};
    let Some(bytes) = request_for(Subject::Flow(flow)) else { return };
    let frame = Frame::read(&bytes).expect("what is built can be read");
    let mut back = Flow::new();
    flow_decode::message(&mut back, &frame).expect("what is built can be decoded");
    assert_eq!(request_for(Subject::Flow(&back)), Some(bytes.clone()), "the same request once more");
    for &attr in CARRIED.iter().filter(|&&attr| back.is_set(attr)) {
        assert_eq!((flow.is_set(attr), flow.u8(attr)), (true, back.u8(attr)), "{attr:?}");
        if attr.row().size == 8 {
            assert_eq!(flow.u64(attr), back.u64(attr), "{attr:?}");
        }
        if attr.row().size == 4 {
            assert_eq!(flow.u32(attr), back.u32(attr), "{attr:?}");
        }
    }
    for unconditional in [Attr::Timeout, Attr::Mark, Attr::Secmark, Attr::Zone] {
        assert_eq!(flow.is_set(unconditional), back.is_set(unconditional));
    }
    let (there, returned) = (flow.tuple(Orig), back.tuple(Orig));
    assert_eq!((there.src(), there.dst(), there.l4()), (returned.src(), returned.dst(), returned.l4()));
    if back.is_set(Attr::ReplL3proto) {
        let (there, returned) = (flow.tuple(Reply), back.tuple(Reply));
        assert_eq!((there.src(), there.dst(), there.l4()), (returned.src(), returned.dst(), returned.l4()));
    }
    assert_eq!(flow.helper_name(), back.helper_name());
    if flow.is_set(Attr::Connlabels) {
        assert_eq!(flow.labels(), back.labels());
    }
}

fn expectation_there_and_back(expect: &Expectation) {
    let Some(bytes) = request_for(Subject::Expectation(expect)) else { return };
    let frame = Frame::read(&bytes).expect("what is built can be read");
    let mut back = Expectation::new();
    expect_decode::message(&mut back, &frame).expect("what is built can be decoded");
    for attr in [ExpectAttr::Timeout, ExpectAttr::Flags, ExpectAttr::Zone] {
        assert_eq!(expect.number(attr), back.number(attr), "{attr:?}");
    }
    assert_eq!(expect.text(ExpectAttr::HelperName), back.text(ExpectAttr::HelperName));
    let tuples = [ExpectAttr::Master, ExpectAttr::Expected, ExpectAttr::Mask];
    for which in tuples.into_iter().filter(|&which| back.is_set(which)) {
        assert_eq!(expect.tuple(which).l4(), back.tuple(which).l4(), "{which:?}");
    }
}

const MAP: &str = "0 zero\n1 one\n3 three-x\n5 a b\n40 forty\n127 last\n";

/// A flow or an expectation in every style, at every buffer size: nothing is written outside the buffer, the
/// text ends inside it, and it is the beginning of the whole one.
pub fn print(data: &[u8]) {
    let Some(([choice, flags], rest)) = data.split_first_chunk() else { return };
    let Some((family, attrs)) = split(rest) else { return };
    let labels = LabelMap::read(MAP.as_bytes()).ok();
    let event = [None, Some(EventKind::New), Some(EventKind::Update), Some(EventKind::Destroy)];
    let style = Style {
        syntax: match (choice & 1, choice >> 5 & 1) {
            (0, 0) => Syntax::Text,
            (1, 0) => Syntax::Xml,
            _ => Syntax::Json,
        },
        event: event.get(usize::from(choice >> 1 & 3)).copied().flatten(),
        flags: Flags::from_bits_truncate(u32::from(*flags)),
        labels: labels.as_ref().filter(|_| choice >> 3 & 1 == 1),
        clock: Clock::Fixed(1_700_000_000),
        origin: None,
    };
    if choice >> 4 & 1 == 1 {
        let mut expect = Expectation::new();
        let _ = expect_decode::attributes(&mut expect, family, attrs);
        print_expectation(&expect, &style);
        return;
    }
    let mut flow = Flow::new();
    let _ = flow_decode::attributes(&mut flow, family, attrs);
    let is_plain = style.syntax == Syntax::Text && style.labels.is_none();
    let counts = if is_plain { Counts::All } else { Counts::WhatFits };
    every_size(|buf| format::flow(buf, &flow, &style), counts);
    let mut appended = Vec::new();
    let _ = format::append_flow(&mut appended, &flow, &style);
    assert!(!appended.contains(&0));
    if style.syntax == Syntax::Json {
        let line = std::str::from_utf8(&appended).expect("JSON is UTF-8");
        assert!(
            !line.chars().any(char::is_control) && line.starts_with('{') && line.ends_with('}'),
            "{line}"
        );
    }
}

fn print_expectation(expect: &Expectation, style: &Style<'_>) {
    let counts = if style.syntax == Syntax::Text { Counts::LastBlank } else { Counts::WhatFits };
    every_size(|buf| format::expectation(buf, expect, style), counts);
}

/// What the length told for a buffer that is too small counts: see `format::flow` and `format::expectation`.
#[derive(PartialEq)]
enum Counts {
    /// The whole text.
    All,
    /// The whole text, and the blank behind the last field where it could not be taken back.
    LastBlank,
    /// The text, but not all of what did not fit.
    WhatFits,
}

const GUARD: u8 = 0xa5;
/// More than any text of these objects but of label masks beyond the map.
const LARGE: usize = 16384;

/// Prints into a buffer of plenty, and into buffers of every size up to a little more than the text takes; of a
/// long text about a hundred sizes are tried, others for another text.
fn every_size(write: impl Fn(&mut [u8]) -> netfilter_conntrack::Result<usize>, counts: Counts) {
    let mut whole = vec![GUARD; LARGE];
    let Ok(len) = write(&mut whole) else { return };
    assert!(len < LARGE && whole.get(len) == Some(&0));
    let mut buf = vec![GUARD; len + 16];
    let step = 1 + len / 100;
    let first = whole.iter().take(len).map(|&byte| usize::from(byte)).sum::<usize>() % step;
    for size in (first..=len + 4).step_by(step) {
        buf.fill(GUARD);
        let (room, guard) = buf.split_at_mut(size);
        let told = write(room).expect("what can be printed can be printed short");
        assert!(guard.iter().all(|&byte| byte == GUARD), "written behind a buffer of {size} bytes");
        let fits = match counts {
            Counts::All => told == len,
            Counts::LastBlank => told == len || told == len + 1 && size <= told,
            Counts::WhatFits => told <= len,
        };
        assert!(fits, "{told} of {len} told for a buffer of {size} bytes");
        let end = room.iter().position(|&byte| byte == 0);
        assert!(end.is_some() || size == 0, "no NUL in a buffer of {size} bytes");
        let end = end.unwrap_or(0);
        assert_eq!(room.get(..end), whole.get(..end), "another text in a buffer of {size} bytes");
    }
}

/// A label file: names are what they may be, and a map read back from its own names is the same.
pub fn label_map(data: &[u8]) {
    let Ok(map) = LabelMap::read(data) else { return };
    let mut lines = String::new();
    for (bit, name) in map.iter() {
        let name = name.to_str().expect("names are ASCII");
        assert!(bit < 1024 && !name.is_empty() && name.trim() == name, "{bit} {name:?}");
        assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'-')));
        assert_eq!(map.bit(name), Some(bit));
        assert_eq!(map.name(bit).and_then(|name| name.to_str().ok()), Some(name));
        lines.push_str(&format!("{bit} {name}\n"));
    }
    assert!(!lines.is_empty(), "a map without names is an error");
    let again = LabelMap::read(lines.as_bytes()).expect("its own names make a map");
    assert!(map.iter().eq(again.iter()) || lines.lines().any(|line| line.len() > 1000));
    assert_eq!(map.name(1024), None);
}

/// What a script's receive calls meet, from bytes: each arrival is a kind, a length, and as many bytes. The sequence
/// number and the length of a message in them are mostly those of an answer, else little of what comes is one.
fn arrivals(data: &[u8]) -> Vec<Arrival> {
    const MOST: usize = 64;
    let (mut script, mut rest) = (Vec::new(), data);
    while let ([kind, len, behind @ ..], true) = (rest, script.len() < MOST) {
        let (bytes, after) = behind.split_at(usize::from(*len).min(behind.len()));
        rest = after;
        script.push(match kind & 15 {
            0 => Arrival::Failure(Error::Overrun),
            1 => Arrival::Failure(Error::Os(libc::EINTR)),
            2 => Arrival::Failure(Error::Os(libc::EBADF)),
            3 => Arrival::Foreign(answers_in(bytes)),
            4 => Arrival::Kernel(bytes.to_vec()),
            5 => Arrival::Kernel([answers_in(bytes), vec![0; 1 << 15]].concat()), // longer than any buffer
            _ => Arrival::Kernel(answers_in(bytes)),
        });
    }
    script
}

/// Messages, each from a kind, flags and a sequence number less that of the request, and a body's length: one byte each.
fn answers_in(mut data: &[u8]) -> Vec<u8> {
    const KINDS: [u16; 8] = [0x100, 0x100, 0x200, 0x102, 1, 2, 3, 4];
    let mut bytes = Vec::new();
    while let [kind, flags, seq, len, behind @ ..] = data {
        let (body, after) = behind.split_at(usize::from(*len).min(behind.len()));
        data = after;
        let mut one = message(KINDS[usize::from(kind & 7)], body);
        one[6..8].copy_from_slice(&u16::from(*flags).to_ne_bytes());
        one[8..12].copy_from_slice(&(faces::SEQ + u32::from(seq >> 5)).to_ne_bytes());
        one.resize(one.len().next_multiple_of(4), 0);
        bytes.extend(one);
    }
    bytes
}

/// Whatever is received, every face comes to an end, waits for nothing where its end may be lost, and says so where
/// something was lost; the faces that read a list agree.
pub fn answers(data: &[u8]) {
    let script = arrivals(data);
    let seen = |face| faces::read(face, &script).unwrap_or_else(|error| panic!("{face:?}: {error}"));
    let list = seen(Face::List);
    for &face in FACES {
        let one = seen(face);
        assert_eq!(one.results.len(), if face == Face::Batch { 2 } else { 1 });
        assert!(one.entries <= data.len());
        match face {
            Face::ListAhead | Face::Iterator => assert_eq!(one, list, "{face:?}"),
            Face::Lookup if one.entries == 1 => assert_eq!(one.results, [Ok(())]),
            Face::Lookup => assert!(one.results != [Ok(())]),
            Face::BatchedLookup | Face::Batch => assert!(!one.has_more, "a batch leaves nothing behind"),
            _ => {}
        }
        let lost = script.iter().position(|arrival| matches!(arrival, Arrival::Failure(Error::Overrun)));
        let would_wait = |result: &&Result<(), Error>| **result == Err(Error::Os(libc::EAGAIN));
        if lost == Some(0) {
            assert!(one.results.iter().find(would_wait).is_none(), "{face:?} waits after a loss");
            let is_told = |result: &Result<(), Error>| {
                matches!(result, Err(Error::Overrun | Error::Kernel(_)))
                    || matches!(face, Face::BatchedLookup | Face::Batch)
            };
            assert!(one.results.iter().all(is_told), "{face:?} is silent about a loss: {:?}", one.results);
        }
    }
    let (events, lost, _) = faces::listen(&script).expect("a subscription");
    let wrong = events.iter().filter(|event| event.is_err()).count();
    let failed = script.iter().filter(|arrival| matches!(arrival, Arrival::Failure(Error::Os(_)))).count();
    assert!(lost as usize + failed >= wrong, "{wrong} errors, {lost} lost, {failed} failed");
}

/// A stream of keys, and a table of flows: what the sketches say is true, whatever comes.
pub fn sketches(data: &[u8]) {
    let Some((&size, stream)) = data.split_first() else { return };
    let k = usize::from(size % 64);
    heavy(k, stream.iter().copied().map(u16::from));
    heavy(k, stream.windows(2).map(|pair| u16::from_ne_bytes([pair[0], pair[1]])));
    census(stream);
}

fn heavy(k: usize, stream: impl Iterator<Item = u16>) {
    let mut heavy: Heavy<u16, u64> = Heavy::new(k);
    let mut exact: HashMap<u16, u64> = HashMap::new();
    for key in stream {
        heavy.add_with(key, |noted| *noted += u64::from(key));
        *exact.entry(key).or_default() += 1;
    }
    let (all, k) = (exact.values().sum::<u64>(), k.max(1) as u64);
    assert!(heavy.total() == all && heavy.offset() * k <= 2 * all && heavy.counters().count() as u64 <= k);
    assert!(heavy.distinct_at_least() <= exact.len() as u64);
    assert_eq!(heavy.offset() == 0, exact.len() as u64 <= k, "exact as long as there is room");
    for counter in heavy.counters() {
        let truth = exact.remove(&counter.key).expect("a key that came, once");
        let (count, seen) = (u64::from(counter.count), u64::from(counter.seen));
        assert!(0 < count && count <= seen && seen <= truth && truth <= count + heavy.offset());
        assert_eq!(counter.payload, seen * u64::from(counter.key));
    }
    assert!(exact.values().all(|&truth| truth <= heavy.offset()), "a heavy key is missed");
}

/// The flows of a series of messages, each after a byte with its length.
fn flows(mut data: &[u8]) -> Vec<Flow> {
    let mut flows = Vec::new();
    while let Some((&len, rest)) = data.split_first() {
        let (message, rest) = rest.split_at(rest.len().min(len.into()));
        let mut flow = Flow::new();
        if let Some((family, attrs)) = split(message) {
            let _ = flow_decode::attributes(&mut flow, family, attrs); // what was understood counts
        }
        flows.push(flow);
        data = rest;
    }
    flows
}

fn census(data: &[u8]) {
    let flows = flows(data);
    let mut settings = Settings::default();
    let timeouts = [("established", 1000), ("unacknowledged", 9)].map(|(name, secs)| (name.to_owned(), secs));
    settings.timeouts_secs.insert("tcp".to_owned(), timeouts.into());
    let by = [By::Mark { mask: 0xff }, By::Helper, By::NatSource, By::Protocol, By::State, By::Status];
    let mut options = CensusOptions::default();
    options.by.extend(by);
    let count = |flows: &mut dyn Iterator<Item = &Flow>| {
        let mut census = Census::new(&settings, options.clone());
        flows.for_each(|flow| census.add(flow));
        census.finish()
    };
    let counted = count(&mut flows.iter());
    assert_eq!(counted, count(&mut flows.iter().rev()), "nothing depends on the order of so few");
    assert_eq!(counted.entries, flows.len() as u64);
    adds_up(&counted);
    for row in counted.top(By::Source).iter().flat_map(|top| &top.rows) {
        let Key::Source(source) = row.key else { panic!("{:?}", row.key) };
        let truth = flows.iter().filter(|flow| flow.tuple(Dir::Orig).src() == Some(source)).count();
        assert_eq!(row.entries, truth as u64);
    }
}

fn adds_up(counted: &Counted) {
    let sum = |number: fn(&netfilter_conntrack::diagnosis::facts::Composition) -> u64| {
        counted.composition.iter().map(number).sum::<u64>()
    };
    assert_eq!(sum(|kind| kind.entries), counted.entries);
    assert_eq!(
        (sum(|kind| kind.unanswered), sum(|kind| kind.assured)),
        (counted.unanswered, counted.assured)
    );
    for kind in &counted.composition {
        assert!(kind.idle_entries.is_sorted_by(|more, fewer| more >= fewer));
        assert!(
            kind.over_setting <= kind.idle_unknown
                && kind.idle_entries[0] + kind.idle_unknown <= kind.entries
        );
    }
    for top in &counted.top {
        assert!(
            top.error_entries == 0 && top.rows.len() <= 10 && top.rows.len() as u64 <= top.distinct_at_least
        );
        assert!(top.rows.is_sorted_by(|more, fewer| more.entries >= fewer.entries));
        for row in &top.rows {
            assert!(0 < row.entries && row.unanswered <= row.entries && row.assured <= row.entries);
            assert!(row.targets_estimate.is_none_or(|targets| targets <= row.entries));
        }
        let rows = top.rows.iter().map(|row| row.entries).sum::<u64>();
        assert!(top.by == By::Label || rows <= counted.entries);
    }
}

/// Any bytes as each of the kernel's files that a diagnosis reads: what is found in them stands in them.
pub fn proc_files(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Some(stat) = parse::stat(data) {
        assert!((1..text.lines().count()).contains(&stat.cpus.len()));
        assert_eq!(stat.cpus.len(), stat.expect_cpus.len());
        assert!(u32::try_from(stat.entries).is_ok());
        let folded = text.to_ascii_lowercase();
        for (cpu, at) in stat.cpus.iter().zip(0..) {
            assert_eq!(usize::from(cpu.cpu), at);
            assert!(cpu.iter().all(|(_, value)| folded.contains(&format!("{value:x}"))));
        }
    }
    if let Some((entries, bytes)) = parse::slab(data) {
        assert!(text.contains("nf_conntrack ") && holds(&text, entries) && holds(&text, bytes));
    }
    if let Some((micros, namespace)) = parse::full_table(data) {
        assert!(holds(&text, micros) && namespace.is_none_or(|inode| holds(&text, inode)));
    }
    if let Some(id) = parse::container(data) {
        assert!(id.len() == 12 && id.bytes().all(|digit| digit.is_ascii_hexdigit()) && text.contains(&id));
    }
    for listener in parse::listeners(data) {
        assert!(holds(&text, listener.inode) && holds(&text, listener.port.unsigned_abs()));
    }
    assert!(parse::socket(data).is_none_or(|inode| holds(&text, inode)));
    assert!(parse::number(data).is_none_or(|number| holds(&text, number.unsigned_abs())));
}

/// Whether a text has this number in decimal digits.
fn holds(text: &str, number: u64) -> bool {
    text.contains(&number.to_string())
}
