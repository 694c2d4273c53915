// SPDX-License-Identifier: GPL-2.0-or-later
//! Event filters: conditions on conntrack messages, compiled to a classic BPF program for the socket.
//!
//! Guarantees: correct up to the capacity of every list; a program of full lists fits the kernel's limit.

#![forbid(unsafe_code)]

use super::dump::Masked;
use crate::error::{Error, Result};
use crate::sys::memory;
use crate::wire::Certain;
use crate::wire::consts::*;
use crate::wire::frame;
use libc::sock_filter;

/// The field that a condition reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Field {
    /// The protocol number of the original tuple.
    Protocol = 0,
    /// The state of a TCP, SCTP or DCCP connection; the states of each protocol are a separate condition.
    State = 1,
    /// The original IPv4 source address.
    SrcIpv4 = 2,
    /// The original IPv4 destination address.
    DstIpv4 = 3,
    /// The original IPv6 source address.
    SrcIpv6 = 4,
    /// The original IPv6 destination address.
    DstIpv6 = 5,
    /// The packet mark.
    Mark = 6,
    /// The zone.
    Zone = 7,
}

const FIELDS: [Field; 8] = [
    Field::Protocol,
    Field::State,
    Field::SrcIpv4,
    Field::DstIpv4,
    Field::SrcIpv6,
    Field::DstIpv6,
    Field::Mark,
    Field::Zone,
];

impl Field {
    /// The field with this number.
    #[must_use]
    pub fn from_number(number: u32) -> Option<Field> {
        FIELDS.get(usize::try_from(number).ok()?).copied()
    }
}

/// The part of a message with which one list of patterns is compared.
struct Place {
    field: Field,
    /// The protocol whose states these are.
    protocol: u16,
    /// Attribute numbers from the message down to the value.
    path: &'static [u16],
    load: u16,
    /// The number of 32-bit words (or one shorter number).
    words: u32,
    /// The largest number of patterns in the list.
    capacity: usize,
    /// A message without the attribute counts as one with the value 0.
    absent_is_zero: bool,
    /// The last search does not end with its nest. So an IPv6 message shows the header of the attribute after the
    /// addresses, which reads 5.0.1.0 (on little-endian machines): positive conditions on IPv4 destinations exclude
    /// IPv6 messages. Programs rely on this behaviour.
    runs_on: bool,
}

const PLACE: Place = Place {
    field: Field::Protocol,
    protocol: 0,
    path: &[],
    load: LOAD_WORD,
    words: 1,
    capacity: 127,
    absent_is_zero: false,
    runs_on: false,
};

const PLACES: [Place; 10] = [
    Place {
        path: &[CTA_TUPLE_ORIG, CTA_TUPLE_PROTO, CTA_PROTO_NUM],
        load: LOAD_BYTE,
        capacity: 255,
        ..PLACE
    },
    state(IPPROTO_TCP, &[CTA_PROTOINFO, CTA_PROTOINFO_TCP, CTA_PROTOINFO_TCP_STATE]),
    state(IPPROTO_SCTP, &[CTA_PROTOINFO, CTA_PROTOINFO_SCTP, CTA_PROTOINFO_SCTP_STATE]),
    state(IPPROTO_DCCP, &[CTA_PROTOINFO, CTA_PROTOINFO_DCCP, CTA_PROTOINFO_DCCP_STATE]),
    Place { field: Field::SrcIpv4, path: &[CTA_TUPLE_ORIG, CTA_TUPLE_IP, CTA_IP_V4_SRC], ..PLACE },
    Place {
        field: Field::DstIpv4,
        path: &[CTA_TUPLE_ORIG, CTA_TUPLE_IP, CTA_IP_V4_DST],
        runs_on: true,
        ..PLACE
    },
    ipv6(Field::SrcIpv6, &[CTA_TUPLE_ORIG, CTA_TUPLE_IP, CTA_IP_V6_SRC]),
    ipv6(Field::DstIpv6, &[CTA_TUPLE_ORIG, CTA_TUPLE_IP, CTA_IP_V6_DST]),
    Place { field: Field::Mark, path: &[CTA_MARK], absent_is_zero: true, ..PLACE },
    Place { field: Field::Zone, path: &[CTA_ZONE], load: LOAD_HALF, absent_is_zero: true, ..PLACE },
];

const fn state(protocol: u8, path: &'static [u16]) -> Place {
    Place { field: Field::State, protocol: protocol as u16, path, load: LOAD_BYTE, capacity: STATES, ..PLACE }
}

const fn ipv6(field: Field, path: &'static [u16]) -> Place {
    Place { field, path, words: 4, capacity: 20, ..PLACE }
}

/// States of a protocol are numbered below this.
const STATES: usize = 16;
/// Protocol numbers that a condition takes are below this (`IPPROTO_MAX` of today's C library).
const PROTOCOLS: u32 = 263;

/// A value as up to four words, each with the bits that count.
type Pattern = [Masked; 4];

/// Conditions on conntrack messages.
///
/// A message passes when it passes every condition that has values. A message passes a positive condition when it has
/// one of its values, a negative condition when it has none of them. A message without the field passes both, but a
/// missing mark or zone counts as 0. Conditions read the original tuple only; messages of other subsystems always pass.
///
/// ```no_run
/// use netfilter_conntrack::{EventField, EventFilter, Events, Groups};
/// let mut filter = EventFilter::new();
/// filter.add_protocol(6);
/// filter.set_negative(EventField::Protocol)?; // every protocol but TCP
/// Events::open(Groups::FLOWS)?.set_filter(&filter)?;
/// # Ok::<(), netfilter_conntrack::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct EventFilter {
    lists: [Vec<Pattern>; PLACES.len()],
    logic: [u32; FIELDS.len()],
}

impl EventFilter {
    /// A filter that every message passes.
    #[must_use]
    #[doc(alias = "nfct_filter_create")]
    pub fn new() -> EventFilter {
        EventFilter::default()
    }

    /// Adds a pattern unless the list is full.
    fn add(&mut self, field: Field, protocol: u16, pattern: Pattern) {
        let places = PLACES.iter().zip(&mut self.lists);
        for (place, list) in places.filter(|(place, _)| place.field == field && place.protocol == protocol) {
            if list.len() < place.capacity {
                list.push(pattern);
            }
        }
    }

    /// Makes room for one more value of a field, so that adding it takes no memory.
    ///
    /// # Errors
    /// [`Error::NoMemory`].
    pub fn make_room(&mut self, field: Field) -> Result<()> {
        let mut lists = PLACES.iter().zip(&mut self.lists).filter(|(place, _)| place.field == field);
        lists.try_for_each(|(_, list)| memory::prepared(|| list.try_reserve(1))).map_err(|_| Error::NoMemory)
    }

    /// Adds a protocol number; numbers that no protocol has are ignored.
    pub fn add_protocol(&mut self, number: u32) {
        if number < PROTOCOLS {
            self.add(Field::Protocol, 0, exactly(number));
        }
    }

    /// Adds a state of a protocol; protocols without states, and states above 15, are ignored.
    pub fn add_state(&mut self, protocol: u16, state: u16) {
        let pattern = exactly(u32::from(state));
        let known = PLACES.iter().zip(&self.lists).any(|(place, list)| {
            place.field == Field::State && place.protocol == protocol && list.contains(&pattern)
        });
        if usize::from(state) < STATES && !known {
            self.add(Field::State, protocol, pattern);
        }
    }

    /// Adds an IPv4 address, in host byte order, of which the bits in the mask count.
    pub fn add_ipv4(&mut self, field: Field, address: Masked) {
        if matches!(field, Field::SrcIpv4 | Field::DstIpv4) {
            self.add(field, 0, one(address));
        }
    }

    /// Adds an IPv6 address: four words in host byte order, each with the bits that count.
    pub fn add_ipv6(&mut self, field: Field, address: [Masked; 4]) {
        if matches!(field, Field::SrcIpv6 | Field::DstIpv6) {
            self.add(field, 0, address);
        }
    }

    /// Adds a mark, of which the bits in the mask count.
    pub fn add_mark(&mut self, mark: Masked) {
        self.add(Field::Mark, 0, one(mark));
    }

    /// Adds a zone.
    pub fn add_zone(&mut self, zone: u16) {
        self.add(Field::Zone, 0, exactly(u32::from(zone)));
    }

    /// Makes a field's condition negative; the condition cannot become positive again.
    ///
    /// # Errors
    /// [`Error::Os`] with `EBUSY` when it is negative already.
    pub fn set_negative(&mut self, field: Field) -> Result<()> {
        self.set_logic(field, NEGATIVE)
    }

    /// Sets a field's logic by its number in the C API: 0 positive, 1 negative.
    ///
    /// # Errors
    /// As [`set_negative`](Self::set_negative).
    pub(crate) fn set_logic(&mut self, field: Field, logic: u32) -> Result<()> {
        match self.logic.get_mut(field as usize) {
            Some(slot @ &mut POSITIVE) => *slot = logic,
            _ => return Err(Error::Os(libc::EBUSY)),
        }
        Ok(())
    }

    /// The program that decides about a message: it returns 0 for a message to be dropped.
    ///
    /// # Errors
    /// [`Error::Invalid`] when a logic is neither positive nor negative; [`Error::NoMemory`].
    pub fn program(&self) -> Result<Vec<sock_filter>> {
        let mut program = Program::with_room(self.lists.iter().map(Vec::len))?;
        program.emit(LOAD_BYTE_AT, SUBSYSTEM_AT);
        program.jump(u32::from(NFNL_SUBSYS_CTNETLINK), 1, 0);
        program.emit(RETURN, ACCEPT);
        for (place, patterns) in PLACES.iter().zip(&self.lists).filter(|(_, list)| !list.is_empty()) {
            match self.logic.get(place.field as usize) {
                Some(&POSITIVE) => program.condition(place, patterns, false),
                Some(&NEGATIVE) => program.condition(place, patterns, true),
                _ => return Err(Error::Invalid("filter logic")),
            }
        }
        program.emit(RETURN, ACCEPT);
        Ok(program.code)
    }
}

fn exactly(value: u32) -> Pattern {
    one(Masked { value, mask: u32::MAX })
}

fn one(value: Masked) -> Pattern {
    let mut pattern = Pattern::default();
    pattern[0] = value;
    pattern
}

const POSITIVE: u32 = 0;
const NEGATIVE: u32 = 1;

// Instructions of classic BPF (`linux/bpf_common.h`, `linux/filter.h`), and the two that search attributes.
const LOAD_NUMBER: u16 = 0x00;
const LOAD_X_NUMBER: u16 = 0x01;
const STORE: u16 = 0x02;
const ADD: u16 = 0x04;
const GO: u16 = 0x05;
const RETURN: u16 = 0x06;
const TO_X: u16 = 0x07;
const JUMP_IF_EQUAL: u16 = 0x15;
const LOAD_WORD_AT: u16 = 0x20;
const LOAD_BYTE_AT: u16 = 0x30;
const LOAD_WORD: u16 = 0x40;
const LOAD_HALF: u16 = 0x48;
const LOAD_BYTE: u16 = 0x50;
const AND: u16 = 0x54;
const LOAD_STORED: u16 = 0x60;
const FIND_ATTR: u32 = 0u32.wrapping_sub(0x1000) + 12;
const FIND_ATTR_IN_NEST: u32 = 0u32.wrapping_sub(0x1000) + 16;

const ACCEPT: u32 = u32::MAX;
const REJECT: u32 = 0;
/// Where the subsystem's byte of `nlmsg_type` stands.
const SUBSYSTEM_AT: u32 = if cfg!(target_endian = "big") { 4 } else { 5 };
/// Where a message's first attribute stands.
const FIRST_ATTR_AT: u32 = (frame::HEADER_LEN + frame::NFGEN_LEN) as u32;
/// Bytes of an attribute's header.
const ATTR_HEADER: u32 = 4;

/// A program under construction. Long jumps use `GO`, whose distance is a whole number; the other jumps skip at most
/// one pattern.
struct Program {
    code: Vec<sock_filter>,
    /// The places of the `GO` instructions to the end of the current condition.
    to_end: Vec<usize>,
}

/// More instructions than any condition has apart from its patterns, and than any pattern has.
const CONDITION_MOST: usize = 64;
const PATTERN_MOST: usize = 16;

impl Program {
    /// A program without instructions, with room for conditions of this many patterns.
    fn with_room(patterns: impl Iterator<Item = usize>) -> Result<Program> {
        let most = patterns.fold(CONDITION_MOST, |most, len| most + CONDITION_MOST + PATTERN_MOST * len);
        Ok(Program { code: memory::room(most)?, to_end: memory::room(most)? })
    }

    fn emit(&mut self, code: u16, k: u32) {
        self.code.push(sock_filter { code, jt: 0, jf: 0, k });
    }

    /// Skips `same` instructions when the accumulator is `k`, else `other`.
    fn jump(&mut self, k: u32, same: u8, other: u8) {
        self.code.push(sock_filter { code: JUMP_IF_EQUAL, jt: same, jf: other, k });
    }

    fn go_to_end(&mut self) {
        self.to_end.push(self.code.len());
        self.emit(GO, 0);
    }

    /// One condition: a message that reaches its end has passed it.
    fn condition(&mut self, place: &Place, patterns: &[Pattern], negative: bool) {
        self.load(place);
        for pattern in patterns {
            self.compare(pattern.iter().take(place.words as usize));
            if negative { self.emit(RETURN, REJECT) } else { self.go_to_end() }
        }
        if !negative {
            self.emit(RETURN, REJECT);
        }
        let end = self.code.len();
        for at in self.to_end.drain(..) {
            if let Some(go) = self.code.get_mut(at).certainly() {
                go.k = u32::try_from(end - at - 1).ok().certain();
            }
        }
    }

    /// Stores the value at a place word by word, from word 0 of the scratch memory on.
    fn load(&mut self, place: &Place) {
        self.emit(LOAD_NUMBER, 0);
        self.emit(STORE, 0);
        self.emit(LOAD_NUMBER, FIRST_ATTR_AT);
        for (depth, &kind) in place.path.iter().enumerate() {
            let runs_on = place.runs_on && depth + 1 == place.path.len();
            if runs_on {
                self.emit(ADD, ATTR_HEADER);
            }
            self.emit(LOAD_X_NUMBER, u32::from(kind));
            self.emit(LOAD_WORD_AT, if depth == 0 || runs_on { FIND_ATTR } else { FIND_ATTR_IN_NEST });
            if place.absent_is_zero {
                self.jump(0, 3, 0); // over the loading of the value
            } else {
                self.jump(0, 0, 1);
                self.go_to_end();
            }
        }
        self.emit(TO_X, 0);
        for word in 0..place.words {
            self.emit(place.load, ATTR_HEADER + 4 * word);
            self.emit(STORE, word);
        }
    }

    /// Skips the next instruction unless all words match.
    fn compare<'p>(&mut self, words: impl Iterator<Item = &'p Masked> + Clone) {
        let len = |masked: &Masked| if masked.mask == u32::MAX { 2 } else { 3 };
        let mut left: u8 = words.clone().map(len).sum();
        for (at, masked) in (0..).zip(words) {
            self.emit(LOAD_STORED, at);
            if masked.mask != u32::MAX {
                self.emit(AND, masked.mask);
            }
            left -= len(masked);
            self.jump(masked.value & masked.mask, 0, left + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::flow_encode;
    use crate::flow::{Dir, Flow, L4};
    use crate::sys::socket::raw;
    use crate::wire::{Builder, Header};
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixDatagram;

    /// Classic BPF as the kernel executes it.
    mod machine;

    fn message(subsystem: u8, number: u8, fill: impl FnOnce(&mut Builder<'_>) -> Result<()>) -> Vec<u8> {
        let mut buf = [0; 1024];
        let head = Header { kind: u16::from_be_bytes([subsystem, number]), ..Header::default() };
        let mut b = Builder::message(&mut buf, head, AF_INET, 0).unwrap();
        fill(&mut b).unwrap();
        let len = b.finish();
        buf[..len].to_vec()
    }

    fn event(src: &str, dst: &str, l4: L4, more: impl FnOnce(&mut Flow)) -> Vec<u8> {
        let mut flow = Flow::new();
        flow.set_tuple(Dir::Orig, src.parse().unwrap(), dst.parse().unwrap(), l4);
        more(&mut flow);
        flow.set_reply_from_original();
        message(NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_NEW, |b| flow_encode::attributes(b, &flow))
    }

    const TCP: L4 = L4::Tcp { sport: 1025, dport: 21 };
    const UDP: L4 = L4::Udp { sport: 1025, dport: 21 };
    const ESTABLISHED: u8 = 3;

    /// Events a to n, as a program sees them.
    fn events() -> Vec<Vec<u8>> {
        let v4 = |l4, more: &dyn Fn(&mut Flow)| event("1.1.1.1", "2.2.2.2", l4, more);
        let v6 = |src, l4, more: &dyn Fn(&mut Flow)| event(src, "2001:db8::2", l4, more);
        let up = |flow: &mut Flow| flow.set_tcp_state(ESTABLISHED);
        let both = |more: fn(&mut Flow)| {
            move |flow: &mut Flow| {
                up(flow);
                more(flow);
            }
        };
        vec![
            v4(TCP, &up),
            v4(TCP, &|flow| flow.set_tcp_state(1)),
            v4(TCP, &both(|flow| flow.set_mark(5))),
            v4(UDP, &|_| {}),
            v4(L4::Sctp { sport: 1, dport: 2 }, &|flow| flow.set_sctp_state(4)),
            v4(L4::Icmp { kind: 8, code: 0, id: 7 }, &|_| {}),
            v4(L4::Gre { src_key: 1, dst_key: 2 }, &|_| {}),
            v6("2001:db8::1", TCP, &up),
            v6("2001:db8::1", UDP, &|flow| flow.set_mark(5)),
            v4(TCP, &both(|flow| flow.set_zone(7))),
            v4(TCP, &both(|flow| flow.set_orig_zone(7))),
            event("10.0.0.1", "2.2.2.2", TCP, up),
            event("1.1.1.1", "20.0.0.1", TCP, up),
            v6("fd00::1", TCP, &up),
        ]
    }

    /// Messages 0 to F, as only a test makes them.
    fn crafted() -> Vec<Vec<u8>> {
        let ct = |fill: &dyn Fn(&mut Builder<'_>) -> Result<()>| message(1, 0, fill);
        let nest =
            |b: &mut Builder<'_>, kind, part: &dyn Fn(&mut Builder<'_>) -> Result<()>| b.nest(kind, part);
        let v4 = |b: &mut Builder<'_>| {
            b.nest(CTA_TUPLE_IP, |b| {
                b.bytes(CTA_IP_V4_SRC, &[1, 1, 1, 1])?;
                b.bytes(CTA_IP_V4_DST, &[2, 2, 2, 2])
            })
        };
        let v6 = |b: &mut Builder<'_>| {
            b.nest(CTA_TUPLE_IP, |b| {
                b.bytes(CTA_IP_V6_SRC, &words(V6_SRC))?;
                b.bytes(CTA_IP_V6_DST, &words(V6_DST))
            })
        };
        let l4 = |b: &mut Builder<'_>, number| b.nest(CTA_TUPLE_PROTO, |b| b.u8(CTA_PROTO_NUM, number));
        let full = |b: &mut Builder<'_>, number| {
            b.nest(CTA_TUPLE_ORIG, |b| {
                v4(b)?;
                l4(b, number)
            })
        };
        let info = |b: &mut Builder<'_>, kind, state: Option<u8>| {
            b.nest(CTA_PROTOINFO, |b| b.nest(kind, |b| state.map_or(Ok(()), |state| b.u8(1, state))))
        };
        vec![
            ct(&|_| Ok(())),
            ct(&|b| nest(b, CTA_TUPLE_ORIG, &|_| Ok(()))),
            ct(&|b| nest(b, CTA_TUPLE_ORIG, &|b| v4(b))),
            ct(&|b| nest(b, CTA_TUPLE_ORIG, &|b| l4(b, IPPROTO_TCP))),
            ct(&|b| full(b, IPPROTO_TCP)),
            ct(&|b| {
                nest(b, CTA_TUPLE_ORIG, &|b| {
                    v6(b)?;
                    l4(b, IPPROTO_TCP)
                })
            }),
            ct(&|b| nest(b, CTA_TUPLE_ORIG, &|b| v6(b))),
            ct(&|b| {
                nest(b, CTA_TUPLE_REPLY, &|b| {
                    v4(b)?;
                    l4(b, IPPROTO_TCP)
                })
            }),
            ct(&|b| {
                full(b, IPPROTO_TCP)?;
                info(b, CTA_PROTOINFO_TCP, Some(3))
            }),
            ct(&|b| {
                full(b, IPPROTO_TCP)?;
                info(b, CTA_PROTOINFO_TCP, None)
            }),
            ct(&|b| {
                full(b, IPPROTO_DCCP)?;
                info(b, CTA_PROTOINFO_DCCP, Some(3))
            }),
            ct(&|b| {
                b.be32(CTA_MARK, 5)?;
                b.be16(CTA_ZONE, 7)
            }),
            message(NFNL_SUBSYS_CTNETLINK_EXP, 0, |b| b.be32(CTA_MARK, 9)),
            message(0, 2, |b| b.be32(0, 0)),
            message(0, 3, |b| b.be32(0, 0)),
            message(1, IPCTNL_MSG_CT_GET_CTRZERO, |_| Ok(())),
        ]
    }

    const V6_SRC: [u32; 4] = [0x2001_0db8, 0, 0, 1];
    const V6_DST: [u32; 4] = [0x2001_0db8, 0, 0, 2];

    fn words(words: [u32; 4]) -> Vec<u8> {
        words.into_iter().flat_map(u32::to_be_bytes).collect()
    }

    /// Which messages pass, as X and dots.
    fn verdicts(filter: &EventFilter, messages: &[Vec<u8>]) -> String {
        let program = filter.program().unwrap();
        let mut in_kernel = kernel(&program);
        let is_native = kernel_has_this_byte_order();
        let verdict = |message: &Vec<u8>| {
            let passes = machine::run(&program, message) != REJECT;
            assert!(!is_native || in_kernel(message) == passes, "the kernel decides otherwise: {message:x?}");
            if passes { 'X' } else { '.' }
        };
        messages.iter().map(verdict).collect()
    }

    /// Whether messages pass a program in the kernel.
    fn kernel(program: &[sock_filter]) -> impl FnMut(&[u8]) -> bool + use<> {
        let (ours, theirs) = UnixDatagram::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        raw::attach_filter(ours.as_fd(), program).unwrap();
        move |message| {
            theirs.send(message).unwrap();
            ours.recv(&mut [0; 2048]).is_ok()
        }
    }

    /// Whether the kernel finds an attribute that has the byte order of this program. An emulator of programs runs one
    /// of a big-endian machine on the kernel of a little-endian one.
    fn kernel_has_this_byte_order() -> bool {
        let instruction = |code, k| sock_filter { code, jt: 0, jf: 0, k };
        let find = [(LOAD_NUMBER, 0), (LOAD_X_NUMBER, 1), (LOAD_WORD_AT, FIND_ATTR), (RETURN_FOUND, 0)];
        let padding: [u16; 2] = [4, 2]; // attributes without a value; the second is the searched one
        let message: Vec<u8> = [padding, [4, 1]].concat().into_iter().flat_map(u16::to_ne_bytes).collect();
        let is_native = kernel(&find.map(|(code, k)| instruction(code, k)))(&message);
        assert!(is_native || cfg!(target_endian = "big"), "no other byte order is emulated here");
        is_native
    }

    const RETURN_FOUND: u16 = 0x16; // the accumulator, which is the attribute's place

    /// Both logics of a filter that `fill` fills, against what is expected of them.
    fn judge(messages: &[Vec<u8>], fill: impl Fn(&mut EventFilter), positive: &str, negative: &str) {
        let mut filter = EventFilter::new();
        fill(&mut filter);
        assert_eq!(verdicts(&filter, messages), positive, "positive {filter:?}");
        FIELDS.iter().for_each(|&field| filter.set_negative(field).unwrap());
        assert_eq!(verdicts(&filter, messages), negative, "negative {filter:?}");
    }

    const fn v4(value: u32, mask: u32) -> Masked {
        Masked { value, mask }
    }

    fn v6(value: [u32; 4], mask: [u32; 4]) -> [Masked; 4] {
        std::array::from_fn(|at| Masked { value: value[at], mask: mask[at] })
    }

    const HOST: u32 = u32::MAX;
    const ALL6: [u32; 4] = [u32::MAX; 4];
    const FD00: ([u32; 4], [u32; 4]) = ([0xfd00_0000, 0, 0, 0], [0xff00_0000, 0, 0, 0]);

    #[test]
    fn events_pass_as_they_always_have() {
        use Field::{DstIpv4, DstIpv6, SrcIpv4, SrcIpv6};
        type Fill = fn(&mut EventFilter);
        let rows: &[(Fill, &str, &str)] = &[
            (|f| f.add_protocol(6), "XXX....X.XXXXX", "...XXXX.X....."),
            (|f| [6, 17].into_iter().for_each(|p| f.add_protocol(p)), "XXXX...XXXXXXX", "....XXX......."),
            (|f| f.add_protocol(262), "..............", "XXXXXXXXXXXXXX"),
            (|f| f.add_protocol(263), "XXXXXXXXXXXXXX", "XXXXXXXXXXXXXX"),
            (|f| f.add_state(6, 3), "X.XXXXXXXXXXXX", ".X.XXXX.X....."),
            (|f| [3, 1].into_iter().for_each(|s| f.add_state(6, s)), "XXXXXXXXXXXXXX", "...XXXX.X....."),
            (|f| f.add_state(6, 9), "...XXXX.X.....", "XXXXXXXXXXXXXX"),
            (|f| f.add_state(132, 4), "XXXXXXXXXXXXXX", "XXXX.XXXXXXXXX"),
            (|f| f.add_state(132, 5), "XXXX.XXXXXXXXX", "XXXXXXXXXXXXXX"),
            (|f| f.add_state(33, 5), "XXXXXXXXXXXXXX", "XXXXXXXXXXXXXX"),
            (|f| f.add_state(17, 5), "XXXXXXXXXXXXXX", "XXXXXXXXXXXXXX"),
            (|f| f.add_state(6, 16), "XXXXXXXXXXXXXX", "XXXXXXXXXXXXXX"),
            (|f| f.add_ipv4(SrcIpv4, v4(0x0101_0101, HOST)), "XXXXXXXXXXX.XX", ".......XX..X.X"),
            (|f| f.add_ipv4(SrcIpv4, v4(0x0a09_0909, 0xff00_0000)), ".......XX..X.X", "XXXXXXXXXXX.XX"),
            (
                |f| {
                    f.add_ipv4(SrcIpv4, v4(0x0a00_0000, 0xff00_0000));
                    f.add_ipv4(SrcIpv4, v4(0x0101_0100, 0xffff_ff00));
                },
                "XXXXXXXXXXXXXX",
                ".......XX....X",
            ),
            (|f| f.add_ipv4(SrcIpv4, v4(0, 0)), "XXXXXXXXXXXXXX", ".......XX....X"),
            (|f| f.add_ipv4(DstIpv4, v4(0x0202_0202, HOST)), "XXXXXXX..XXX..", ".......XX...XX"),
            (|f| f.add_ipv4(DstIpv4, v4(0x1400_0000, 0xff00_0000)), "............X.", "XXXXXXXXXXXX.X"),
            (|f| f.add_ipv4(DstIpv4, v4(0, 0)), "XXXXXXXXXXXXXX", ".............."),
            (|f| f.add_ipv6(SrcIpv6, v6(V6_SRC, ALL6)), "XXXXXXXXXXXXX.", "XXXXXXX..XXXXX"),
            (|f| f.add_ipv6(SrcIpv6, v6(FD00.0, FD00.1)), "XXXXXXX..XXXXX", "XXXXXXXXXXXXX."),
            (
                |f| {
                    f.add_ipv6(SrcIpv6, v6(V6_SRC, ALL6));
                    f.add_ipv6(SrcIpv6, v6(FD00.0, FD00.1));
                },
                "XXXXXXXXXXXXXX",
                "XXXXXXX..XXXX.",
            ),
            (|f| f.add_ipv6(SrcIpv6, v6(V6_SRC, [0; 4])), "XXXXXXXXXXXXXX", "XXXXXXX..XXXX."),
            (|f| f.add_ipv6(DstIpv6, v6(V6_DST, ALL6)), "XXXXXXXXXXXXXX", "XXXXXXX..XXXX."),
            (|f| f.add_ipv6(DstIpv6, v6([0x2001_0db8, 0, 0, 3], ALL6)), "XXXXXXX..XXXX.", "XXXXXXXXXXXXXX"),
            (|f| f.add_mark(v4(5, HOST)), "..X.....X.....", "XX.XXXXX.XXXXX"),
            (|f| f.add_mark(v4(0, HOST)), "XX.XXXXX.XXXXX", "..X.....X....."),
            (|f| f.add_mark(v4(0, 0)), "XXXXXXXXXXXXXX", ".............."),
            (|f| f.add_mark(v4(0xf5, 0x0f)), "..X.....X.....", "XX.XXXXX.XXXXX"),
            (
                |f| [9, 5].into_iter().for_each(|m| f.add_mark(v4(m, HOST))),
                "..X.....X.....",
                "XX.XXXXX.XXXXX",
            ),
            (
                |f| {
                    f.add_ipv4(SrcIpv4, v4(0x0101_0101, HOST));
                    f.add_protocol(6);
                },
                "XXX....X.XX.XX",
                "........X.....",
            ),
            (
                |f| {
                    f.add_ipv4(SrcIpv4, v4(0x0101_0101, HOST));
                    f.add_ipv6(SrcIpv6, v6(FD00.0, FD00.1));
                },
                "XXXXXXX..XX.XX",
                ".......XX..X..",
            ),
            (|f| f.add_zone(7), ".........X....", "XXXXXXXXX.XXXX"),
            (|f| f.add_zone(0), "XXXXXXXXX.XXXX", ".........X...."),
            (|f| [0, 7].into_iter().for_each(|z| f.add_zone(z)), "XXXXXXXXXXXXXX", ".............."),
        ];
        let events = events();
        for (fill, positive, negative) in rows {
            judge(&events, fill, positive, negative);
        }
    }

    #[test]
    fn incomplete_messages_pass_as_they_always_have() {
        use Field::{DstIpv4, DstIpv6, SrcIpv4, SrcIpv6};
        type Fill = fn(&mut EventFilter);
        const NINES: Masked = v4(0x0909_0909, HOST);
        let other = [0x2001_0db8, 9, 9, 9];
        let rows: &[(Fill, &str, &str)] = &[
            (|f| f.add_protocol(17), "XXX...XX...XXXXX", "XXXXXXXXXXXXXXXX"),
            (|f| f.add_protocol(6), "XXXXXXXXXX.XXXXX", "XXX...XX..XXXXXX"),
            (|f| f.add_ipv4(SrcIpv4, NINES), "XX.X.XXX...XXXXX", "XXXXXXXXXXXXXXXX"),
            (|f| f.add_ipv4(SrcIpv4, v4(0x0101_0101, HOST)), "XXXXXXXXXXXXXXXX", "XX.X.XXX...XXXXX"),
            (|f| f.add_ipv4(DstIpv4, NINES), "XX.X..XX...XXXXX", "XXXXXXXXXXXXXXXX"),
            (|f| f.add_ipv4(DstIpv4, v4(0x0202_0202, HOST)), "XXXXX.XXXXXXXXXX", "XX.X.XXX...XXXXX"),
            (|f| f.add_ipv6(SrcIpv6, v6(V6_SRC, ALL6)), "XXXXXXXXXXXXXXXX", "XXXXX..XXXXXXXXX"),
            (|f| f.add_state(6, 3), "XXXXXXXXXXXXXXXX", "XXXXXXXX.XXXXXXX"),
            (|f| f.add_state(6, 4), "XXXXXXXX.XXXXXXX", "XXXXXXXXXXXXXXXX"),
            (|f| f.add_state(33, 3), "XXXXXXXXXXXXXXXX", "XXXXXXXXXX.XXXXX"),
            (|f| f.add_state(33, 4), "XXXXXXXXXX.XXXXX", "XXXXXXXXXXXXXXXX"),
            (|f| f.add_mark(v4(5, HOST)), "...........XXXX.", "XXXXXXXXXXX.XXXX"),
            (|f| f.add_mark(v4(0, HOST)), "XXXXXXXXXXX.XXXX", "...........XXXX."),
            (|f| f.add_zone(7), "...........XXXX.", "XXXXXXXXXXX.XXXX"),
            (|f| f.add_zone(0), "XXXXXXXXXXX.XXXX", "...........XXXX."),
        ];
        let messages = crafted();
        for (fill, positive, negative) in rows {
            judge(&messages, fill, positive, negative);
        }
        for field in [SrcIpv6, DstIpv6] {
            let fill = |f: &mut EventFilter| f.add_ipv6(field, v6(other, ALL6));
            judge(&messages, fill, "XXXXX..XXXXXXXXX", "XXXXXXXXXXXXXXXX");
        }
    }

    #[test]
    fn a_missing_protocol_is_absent_whatever_follows() {
        let reply = |b: &mut Builder<'_>| {
            b.nest(CTA_TUPLE_REPLY, |b| b.nest(CTA_TUPLE_PROTO, |b| b.u8(CTA_PROTO_NUM, IPPROTO_UDP)))
        };
        let messages = [
            message(1, 0, |b| {
                b.nest(CTA_TUPLE_ORIG, |_| Ok(()))?;
                reply(b)
            }),
            message(1, 0, |b| {
                b.nest(CTA_TUPLE_ORIG, |b| b.nest(CTA_TUPLE_IP, |b| b.bytes(CTA_IP_V4_SRC, &[1; 4])))?;
                reply(b)
            }),
        ];
        judge(&messages, |f| f.add_protocol(6), "XX", "XX");
        judge(&messages, |f| f.add_protocol(17), "XX", "XX");
    }

    #[test]
    fn states_of_several_protocols_are_conditions_of_their_own() {
        let fill = |f: &mut EventFilter| {
            f.add_state(132, 5);
            f.add_state(6, 3);
        };
        judge(&events(), fill, "X.XX.XXXXXXXXX", ".X.XXXX.X.....");
    }

    #[test]
    fn long_lists_are_right_to_their_last_value() {
        let passes = |filter: &EventFilter, message: &[u8]| verdicts(filter, &[message.to_vec()]) == "X";
        let from = |last: u8| event(&format!("10.0.0.{last}"), "2.2.2.2", TCP, |_| {});
        for len in [1u8, 84, 85, 86, 126, 127] {
            let mut filter = EventFilter::new();
            (1..=len)
                .for_each(|last| filter.add_ipv4(Field::SrcIpv4, v4(0x0a00_0000 + u32::from(last), HOST)));
            assert!(
                passes(&filter, &from(1)) && passes(&filter, &from(len)) && !passes(&filter, &from(len + 1))
            );
            assert!(passes(&filter, &events()[7]), "IPv6 has no such address");
        }
        let mut filter = EventFilter::new();
        (0..200).for_each(|mark| filter.add_mark(v4(1000 + mark, HOST)));
        let marked = |mark| event("1.1.1.1", "2.2.2.2", UDP, |flow| flow.set_mark(mark));
        assert!(passes(&filter, &marked(1000)) && passes(&filter, &marked(1126)));
        assert!(!passes(&filter, &marked(1127)), "what is beyond the capacity is not in the list");
    }

    #[test]
    fn the_fullest_filter_is_one_that_the_kernel_takes() {
        let mut filter = EventFilter::new();
        for number in 0..300u32 {
            filter.add_protocol(number % 256);
            [6, 33, 132].into_iter().for_each(|protocol| filter.add_state(protocol, (number % 16) as u16));
            for field in [Field::SrcIpv4, Field::DstIpv4] {
                filter.add_ipv4(field, v4(number << 8, 0xffff_ff00));
            }
            for field in [Field::SrcIpv6, Field::DstIpv6] {
                filter.add_ipv6(field, v6([number; 4], [0xffff_fff0; 4]));
            }
            filter.add_mark(v4(number, 0xffff));
            filter.add_zone(number as u16);
        }
        assert!(filter.program().unwrap().len() <= 4096);
        assert_eq!(verdicts(&filter, &events()[..1]), ".");
    }

    #[test]
    fn logic_is_changed_once_and_must_be_known() {
        let mut filter = EventFilter::new();
        filter.set_logic(Field::Mark, POSITIVE).unwrap();
        filter.set_logic(Field::Mark, 2).unwrap();
        assert_eq!(filter.set_logic(Field::Mark, POSITIVE), Err(Error::Os(libc::EBUSY)));
        assert!(filter.program().is_ok(), "without values no logic is asked for");
        filter.add_mark(v4(1, 1));
        assert!(matches!(filter.program(), Err(Error::Invalid(_))));
        assert!(filter.set_negative(Field::Zone).is_ok());
        assert_eq!(Field::from_number(8), None);
    }
}
