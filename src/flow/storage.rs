// SPDX-License-Identifier: GPL-2.0-or-later
//! The places of all attributes in a flow: the only file with offsets, and the only one that reads and writes by them.
//!
//! A [`Slot`] is a place and its width, a [`Field`] an attribute and its slot. The width is a part of the type: a
//! value of another width does not compile. C programs see these offsets (a getter's pointer points into the object),
//! and several fields share bytes on purpose: see [`attr`](super::attr).

#![forbid(unsafe_code)]
#![allow(non_upper_case_globals)] // fields have the names of their attributes

use super::attr::Attr;
use super::{Flow, HEAD_LEN, tuple};
use crate::wire::{Certain, array_at};

/// Whether the C API aligns 64-bit numbers to four bytes (i386): then the object has no gaps before them.
const PACKED: bool = align_of::<u64>() == 4;

/// Where the storage ends and the pointers to blocks begin.
pub(super) const BLOCKS_AT: usize = if PACKED { 356 } else { 368 };

/// The time of an event was added last.
const TIMESTAMP_EVENT_AT: usize = if PACKED { 348 } else { 360 };

/// The one protocol's state with a 64-bit number.
const DCCP_HANDSHAKE_SEQ_AT: usize = if PACKED { 184 } else { 192 };

/// An offset of other machines, as it is without gaps: the protocol's state begins four bytes earlier, and has four bytes
/// less.
const fn without_gaps(at: usize) -> usize {
    match at {
        0..184 => at,
        184..200 => at - 4,
        _ => at - 8,
    }
}

/// A place of `N` bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot<const N: usize> {
    at: usize,
}

/// An attribute and its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Field<const N: usize> {
    pub attr: Attr,
    pub slot: Slot<N>,
}

/// A place that holds the pointer to a block, for the attribute table alone.
pub(super) struct Block {
    pub slot: Slot<8>,
}

impl<const N: usize> Slot<N> {
    const fn at(at: usize) -> Slot<N> {
        Slot { at }
    }

    /// The place that has this offset where the object has gaps.
    const fn with_gaps(at: usize) -> Slot<N> {
        Slot { at: if PACKED { without_gaps(at) } else { at } }
    }

    /// The first `M` bytes of this place.
    pub const fn first<const M: usize>(self) -> Slot<M> {
        assert!(M <= N);
        Slot { at: self.at }
    }

    /// The offset in the object.
    pub const fn offset(self) -> usize {
        self.at
    }

    /// The width.
    pub const fn width(self) -> usize {
        N
    }

    /// The offset of a second place that is written with this one; it is as wide.
    pub const fn second(self, second: Slot<N>) -> u16 {
        second.at as u16
    }
}

/// The places of one tuple; the picture is in [`tuple`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct TupleSlots {
    pub whole: Slot<{ tuple::LEN }>,
    pub src: Slot<16>,
    pub dst: Slot<16>,
    /// Family and protocol.
    pub protocols: Slot<2>,
    pub l3: Slot<1>,
    pub l4: Slot<1>,
    pub zone: Slot<2>,
    pub l4_src: Slot<2>,
    pub l4_dst: Slot<2>,
    pub icmp_type: Slot<1>,
    pub icmp_code: Slot<1>,
}

impl TupleSlots {
    const fn at(base: usize) -> TupleSlots {
        TupleSlots {
            whole: Slot::at(base),
            src: Slot::at(base),
            dst: Slot::at(base + 16),
            protocols: Slot::at(base + 32),
            l3: Slot::at(base + 32),
            l4: Slot::at(base + 33),
            zone: Slot::at(base + 34),
            l4_src: Slot::at(base + 36),
            l4_dst: Slot::at(base + 38),
            icmp_type: Slot::at(base + 38),
            icmp_code: Slot::at(base + 39),
        }
    }
}

/// The original tuple; also the places in a tuple that stands alone.
pub(crate) const ORIG: TupleSlots = TupleSlots::at(0);
/// The presence words.
pub(crate) const PRESENT: Slot<12> = Slot::at(tuple::LEN);
/// The reply tuple.
pub(crate) const REPLY: TupleSlots = TupleSlots::at(HEAD_LEN);
/// The master's tuple.
pub(crate) const MASTER: TupleSlots = TupleSlots::at(92);

/// The ends of a translation's range, which the setters write together with its beginning.
const SNAT_MAX: Slot<16> = Slot::with_gaps(248);
const DNAT_MAX: Slot<16> = Slot::with_gaps(284);
/// The ends of the port range.
pub(crate) const SNAT_PORT_MAX: Slot<2> = Slot::with_gaps(266);
pub(crate) const DNAT_PORT_MAX: Slot<2> = Slot::with_gaps(302);

/// The second places that setters write, by the name of the attribute.
pub(super) mod second {
    use super::{DNAT_MAX, REPLY, SNAT_MAX, Slot};

    pub const IcmpCode: Slot<1> = REPLY.icmp_code;
    pub const IcmpId: Slot<2> = REPLY.l4_src;
    pub const SnatIpv4: Slot<4> = SNAT_MAX.first();
    pub const DnatIpv4: Slot<4> = DNAT_MAX.first();
    pub const SnatIpv6: Slot<16> = SNAT_MAX;
    pub const DnatIpv6: Slot<16> = DNAT_MAX;
    pub const SnatPort: Slot<2> = super::SNAT_PORT_MAX;
    pub const DnatPort: Slot<2> = super::DNAT_PORT_MAX;
}

macro_rules! fields {
    ($($attr:ident: $width:literal = $slot:expr;)*) => {
        /// The fields, by the names of their attributes.
        pub(crate) mod field {
            use super::*;
            $(pub const $attr: Field<$width> = Field { attr: Attr::$attr, slot: $slot };)*
        }
    };
}

fields! {
    OrigIpv4Src: 4 = ORIG.src.first();
    OrigIpv4Dst: 4 = ORIG.dst.first();
    ReplIpv4Src: 4 = REPLY.src.first();
    ReplIpv4Dst: 4 = REPLY.dst.first();
    OrigIpv6Src: 16 = ORIG.src;
    OrigIpv6Dst: 16 = ORIG.dst;
    ReplIpv6Src: 16 = REPLY.src;
    ReplIpv6Dst: 16 = REPLY.dst;
    OrigPortSrc: 2 = ORIG.l4_src;
    OrigPortDst: 2 = ORIG.l4_dst;
    ReplPortSrc: 2 = REPLY.l4_src;
    ReplPortDst: 2 = REPLY.l4_dst;
    IcmpType: 1 = ORIG.icmp_type;
    IcmpCode: 1 = ORIG.icmp_code;
    IcmpId: 2 = ORIG.l4_src;
    OrigL3proto: 1 = ORIG.l3;
    ReplL3proto: 1 = REPLY.l3;
    OrigL4proto: 1 = ORIG.l4;
    ReplL4proto: 1 = REPLY.l4;
    OrigZone: 2 = ORIG.zone;
    ReplZone: 2 = REPLY.zone;
    MasterIpv4Src: 4 = MASTER.src.first();
    MasterIpv4Dst: 4 = MASTER.dst.first();
    MasterIpv6Src: 16 = MASTER.src;
    MasterIpv6Dst: 16 = MASTER.dst;
    MasterPortSrc: 2 = MASTER.l4_src;
    MasterPortDst: 2 = MASTER.l4_dst;
    MasterL3proto: 1 = MASTER.l3;
    MasterL4proto: 1 = MASTER.l4;
    Timeout: 4 = Slot::at(132);
    Mark: 4 = Slot::at(136);
    Secmark: 4 = Slot::at(140);
    Status: 4 = Slot::at(144);
    Use: 4 = Slot::at(148);
    Id: 4 = Slot::at(152);
    Zone: 2 = Slot::at(156);
    HelperName: 16 = Slot::at(158);
    TcpState: 1 = Slot::with_gaps(184);
    TcpFlagsOrig: 1 = Slot::with_gaps(185);
    TcpMaskOrig: 1 = Slot::with_gaps(186);
    TcpFlagsRepl: 1 = Slot::with_gaps(187);
    TcpMaskRepl: 1 = Slot::with_gaps(188);
    TcpWscaleOrig: 1 = Slot::with_gaps(189);
    TcpWscaleRepl: 1 = Slot::with_gaps(190);
    SctpState: 1 = Slot::with_gaps(184);
    SctpVtagOrig: 4 = Slot::with_gaps(188);
    SctpVtagRepl: 4 = Slot::with_gaps(192);
    DccpState: 1 = Slot::with_gaps(184);
    DccpRole: 1 = Slot::with_gaps(185);
    DccpHandshakeSeq: 8 = Slot::at(DCCP_HANDSHAKE_SEQ_AT);
    OrigCounterPackets: 8 = Slot::with_gaps(200);
    OrigCounterBytes: 8 = Slot::with_gaps(208);
    ReplCounterPackets: 8 = Slot::with_gaps(216);
    ReplCounterBytes: 8 = Slot::with_gaps(224);
    SnatIpv4: 4 = SnatIpv6.slot.first();
    SnatIpv6: 16 = Slot::with_gaps(232);
    SnatPort: 2 = Slot::with_gaps(264);
    DnatIpv4: 4 = DnatIpv6.slot.first();
    DnatIpv6: 16 = Slot::with_gaps(268);
    DnatPort: 2 = Slot::with_gaps(300);
    OrigNatSeqCorrectionPos: 4 = Slot::with_gaps(304);
    OrigNatSeqOffsetBefore: 4 = Slot::with_gaps(308);
    OrigNatSeqOffsetAfter: 4 = Slot::with_gaps(312);
    ReplNatSeqCorrectionPos: 4 = Slot::with_gaps(316);
    ReplNatSeqOffsetBefore: 4 = Slot::with_gaps(320);
    ReplNatSeqOffsetAfter: 4 = Slot::with_gaps(324);
    TimestampStart: 8 = Slot::with_gaps(328);
    TimestampStop: 8 = Slot::with_gaps(336);
    SynproxyIsn: 4 = Slot::with_gaps(344);
    SynproxyIts: 4 = Slot::with_gaps(348);
    SynproxyTsoff: 4 = Slot::with_gaps(352);
    TimestampEvent: 8 = Slot::at(TIMESTAMP_EVENT_AT);
}

/// The places of each attribute for the attribute table: every field, and the blocks.
pub(super) mod listed {
    #[allow(clippy::wildcard_imports)]
    pub(in super::super) use super::field::*;
    use super::{BLOCKS_AT, Block, Slot};

    pub(in super::super) const Secctx: Block = Block { slot: Slot::at(BLOCKS_AT) };
    pub(in super::super) const HelperInfo: Block = Block { slot: Slot::at(BLOCKS_AT + size_of::<usize>()) };
    pub(in super::super) const Connlabels: Block =
        Block { slot: Slot::at(BLOCKS_AT + 2 * size_of::<usize>()) };
    pub(in super::super) const ConnlabelsMask: Block =
        Block { slot: Slot::at(BLOCKS_AT + 3 * size_of::<usize>()) };
}

/// Reading and writing.
impl Flow {
    /// The value at a place.
    #[inline(always)]
    pub(crate) fn at<const N: usize>(&self, slot: Slot<N>) -> [u8; N] {
        let found = match slot.at.checked_sub(HEAD_LEN) {
            Some(offset) => array_at(&self.body, offset),
            None => array_at(&self.orig, slot.at),
        };
        found.certain_or([0; N])
    }

    /// Writes the value at a place.
    #[inline(always)]
    pub(crate) fn store<const N: usize>(&mut self, slot: Slot<N>, value: &[u8; N]) {
        let (area, offset) = match slot.at.checked_sub(HEAD_LEN) {
            Some(offset) => (&mut self.body[..], offset),
            None => (&mut self.orig[..], slot.at),
        };
        if let Some(place) = area.get_mut(offset..offset + N).certainly() {
            place.copy_from_slice(value);
        }
    }

    /// The stored value of an attribute, present or not.
    #[inline(always)]
    pub(crate) fn stored<const N: usize>(&self, field: Field<N>) -> [u8; N] {
        self.at(field.slot)
    }

    #[inline(always)]
    pub(crate) fn stored_u8(&self, field: Field<1>) -> u8 {
        u8::from_ne_bytes(self.stored(field))
    }

    #[inline(always)]
    pub(crate) fn stored_u16(&self, field: Field<2>) -> u16 {
        u16::from_ne_bytes(self.stored(field))
    }

    #[inline(always)]
    pub(crate) fn stored_u32(&self, field: Field<4>) -> u32 {
        u32::from_ne_bytes(self.stored(field))
    }

    #[inline(always)]
    pub(crate) fn stored_u64(&self, field: Field<8>) -> u64 {
        u64::from_ne_bytes(self.stored(field))
    }

    /// Stores a value as it is and notes the attribute; no side effects. For decoders.
    #[inline(always)]
    pub(crate) fn put<const N: usize>(&mut self, field: Field<N>, value: &[u8; N]) {
        self.store(field.slot, value);
        self.note(field.attr);
    }

    /// `N` bytes from the start of an attribute's storage, including the neighbouring bytes; zeros where the object has
    /// fewer than `N`.
    #[inline(always)]
    pub(super) fn wide_at<const N: usize>(&self, attr: Attr) -> [u8; N] {
        let offset = attr.row().offset;
        let found = match offset.checked_sub(HEAD_LEN) {
            Some(offset) => array_at(&self.body, offset),
            None => array_at(&self.orig, offset),
        };
        found.unwrap_or([0; N])
    }

    /// The stored bytes of an attribute of any width; of a block, none.
    #[inline]
    pub(crate) fn stored_bytes(&self, attr: Attr) -> &[u8] {
        let row = attr.row();
        match row.offset.checked_sub(HEAD_LEN) {
            Some(offset) => self.body.get(offset..offset + row.size).unwrap_or_default(),
            None => self.orig.get(row.offset..row.offset + row.size).certain(),
        }
    }

    /// The stored bytes of an attribute of any width, extended with zeros.
    #[inline]
    pub(super) fn padded_value(&self, attr: Attr) -> [u8; 16] {
        super::padded(self.stored_bytes(attr))
    }

    /// Stores the first `size` (1, 2, 4, 8 or 16) bytes of a value at an offset of the attribute table. A branch for each
    /// size saves a general copy.
    #[inline(always)]
    pub(super) fn store_cut(&mut self, at: usize, size: usize, value: &[u8; 16]) {
        if size > 8 {
            self.store(Slot::at(at), value);
        } else if size > 4 {
            self.store_first::<8>(at, value);
        } else if size > 2 {
            self.store_first::<4>(at, value);
        } else if size > 1 {
            self.store_first::<2>(at, value);
        } else {
            self.store_first::<1>(at, value);
        }
    }

    #[inline(always)]
    fn store_first<const N: usize>(&mut self, at: usize, value: &[u8; 16]) {
        self.store(Slot::<N>::at(at), &array_at(value, 0).certain_or([0; N]));
    }

    /// Stores as many bytes of a value as the attribute holds, without side effects, and notes the attribute.
    #[cfg(test)]
    pub(crate) fn set_stored(&mut self, attr: Attr, value: &[u8; 16]) {
        self.store_cut(attr.row().offset, attr.row().size, value);
        self.note(attr);
    }

    /// Stores a plainly stored attribute of exactly this size.
    #[inline(always)]
    #[cfg(feature = "capi")]
    pub(crate) fn set_plain<const N: usize>(&mut self, row: &super::attr::Row, value: &[u8; N]) {
        self.store(Slot::at(row.offset), value);
        self.note(row.attr);
    }

    /// One direction's tuple, borrowed.
    #[inline(always)]
    pub(super) fn tuple_bytes(&self, slots: &TupleSlots) -> &[u8; tuple::LEN] {
        match slots.whole.at.checked_sub(HEAD_LEN) {
            Some(base) => {
                let found = self.body.get(base..).and_then(<[u8]>::first_chunk);
                found.certain_or(&[0; tuple::LEN])
            }
            None => &self.orig,
        }
    }

    /// The helper's name as stored, present or not.
    pub(crate) fn stored_helper_name(&self) -> &[u8] {
        super::field_text(self.stored_bytes(Attr::HelperName))
    }

    /// The original tuple and the presence words.
    pub(crate) fn head(&self) -> [u8; HEAD_LEN] {
        let mut head = [0; HEAD_LEN];
        let (tuple, present) = head.split_at_mut(PRESENT.at);
        tuple.copy_from_slice(&self.orig);
        present.copy_from_slice(self.present.map(u32::to_ne_bytes).as_flattened());
        head
    }

    /// The flow that starts with this head, without the attributes that `attrs` excludes from the last presence word.
    pub(crate) fn of_head(head: &[u8; HEAD_LEN], attrs: u32) -> Flow {
        let mut flow = Flow::new();
        flow.orig = array_at(head, 0).certain_or([0; tuple::LEN]);
        for (word, at) in flow.present.iter_mut().zip((PRESENT.at..).step_by(4)) {
            *word = u32::from_ne_bytes(array_at(head, at).certain());
        }
        let [_, _, last] = &mut flow.present;
        *last &= attrs;
        flow
    }

    /// Stores the bytes that follow the head, as many as there are.
    #[cfg(feature = "capi")]
    pub(crate) fn store_body(&mut self, from: &[u8]) {
        self.body.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
    }
}

#[cfg(test)]
mod tests {
    use super::super::attr::{ROWS, Store};
    use super::*;
    use std::mem::offset_of;

    #[test]
    fn the_object_has_the_size_and_the_places_of_the_c_api() {
        let size = match (size_of::<usize>(), align_of::<u64>()) {
            (8, _) => 400,
            (_, 8) => 384,
            _ => 372, // i386
        };
        assert_eq!(size_of::<Flow>(), size);
        assert_eq!(offset_of!(Flow, present), PRESENT.at);
        assert_eq!(offset_of!(Flow, body), HEAD_LEN);
        assert_eq!(offset_of!(Flow, secctx), BLOCKS_AT);
    }

    /// Places in the original's objects for i386, and the same attributes' places for the other machines.
    #[test]
    fn without_gaps_the_places_are_those_of_i386() {
        for (other, i386) in [
            (158, 158), // HELPER_NAME
            (184, 180), // TCP_STATE
            (188, 184), // SCTP_VTAG_ORIG
            (192, 188), // SCTP_VTAG_REPL
            (200, 192), // ORIG_COUNTER_PACKETS
            (264, 256), // SNAT_PORT
            (328, 320), // TIMESTAMP_START
            (352, 344), // SYNPROXY_TSOFF
        ] {
            assert_eq!(without_gaps(other), i386);
        }
        assert_eq!(field::TcpState.slot.at, if PACKED { 180 } else { 184 });
        assert_eq!(field::SynproxyTsoff.slot.at, if PACKED { 344 } else { 352 });
    }

    #[test]
    fn no_field_reaches_into_the_pointers_or_the_presence_words() {
        for row in ROWS.iter().filter(|row| row.store != Store::Heap) {
            let range = row.offset..row.offset + row.size;
            assert!(range.end <= tuple::LEN || range.start >= HEAD_LEN, "{}", row.name);
            assert!(range.end <= BLOCKS_AT, "{}", row.name);
        }
    }

    #[test]
    fn shared_storage_is_shared() {
        assert_eq!(field::OrigIpv4Src.slot.at, field::OrigIpv6Src.slot.at);
        assert_eq!(field::IcmpId.slot, field::OrigPortSrc.slot);
        assert_eq!(field::IcmpType.slot.at, field::OrigPortDst.slot.at);
        assert_eq!(field::TcpState.slot, field::SctpState.slot);
        assert_eq!(field::TcpState.slot, field::DccpState.slot);
        assert_eq!(field::SnatPort.slot.at + 2, SNAT_PORT_MAX.at);
        assert_eq!(field::DnatPort.slot.at + 2, DNAT_PORT_MAX.at);
    }

    #[test]
    fn a_value_that_is_read_wider_than_it_is_ends_with_the_storage() {
        let mut flow = Flow::new();
        flow.put(field::Zone, &[1, 2]);
        flow.store(field::HelperName.slot, &[3; 16]);
        assert_eq!(flow.u32(Attr::Zone), Some(u32::from_ne_bytes([1, 2, 3, 3])));
        flow.note(Attr::Secctx);
        assert_eq!(flow.u64(Attr::Secctx), Some(0));
        assert!(flow.stored_bytes(Attr::Secctx).is_empty());
    }

    #[test]
    fn a_head_gives_the_tuple_and_only_the_attributes_that_are_asked_for() {
        let mut head = [0xff; HEAD_LEN];
        head[..tuple::LEN].fill(7);
        let flow = Flow::of_head(&head, 0b101);
        assert_eq!(flow.presence(), [u32::MAX, u32::MAX, 0b101]);
        assert_eq!((flow.orig, flow.body), ([7; tuple::LEN], Flow::new().body));
    }

    #[test]
    #[cfg(feature = "capi")]
    fn what_follows_a_head_is_stored_and_its_helper_s_name_ended() {
        let mut front = [0x61; BLOCKS_AT];
        front[..HEAD_LEN].fill(0);
        let flow = Flow::from_front(&front);
        assert_eq!(flow.stored(field::Mark), [0x61; 4]);
        assert_eq!(flow.stored_bytes(Attr::HelperName), b"aaaaaaaaaaaaaaa\0");
    }
}
