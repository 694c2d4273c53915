// SPDX-License-Identifier: GPL-2.0-or-later
//! The flow object: one entry of the connection tracking table, or the part of one that is known.
//!
//! A flow is a fixed block of storage and one presence bit for each attribute. Setting an attribute writes its storage
//! and sets its bit; unsetting clears the bit and keeps the stored value. The C border relies on these guarantees: an
//! all-zero block is a valid empty flow; the block starts with the original tuple and the presence words ([`HEAD_LEN`]
//! bytes), and an expectation keeps only this head of a flow; numbers have the width and byte order of the C API at the
//! offsets of [`attr::ROWS`].

#![forbid(unsafe_code)]

pub mod attr;
pub mod compare;
pub mod copy;
pub mod group;
pub mod nat;
pub mod option;
pub mod state;
pub mod status;
pub(crate) mod storage;
mod time;
pub mod tuple;

pub use attr::Attr;
pub use compare::CompareFlags;
pub use copy::CopyFlags;
pub use group::Group;
pub use tuple::{Dir, L4, Tuple};

use crate::bitmask::Bitmask;
use crate::error::Result;
use crate::sys::memory;
use crate::wire::Certain;
use attr::{Row, Store};
use std::ffi::CString;
use storage::{REPLY, field};

/// Bytes of the original tuple and the presence words, with which every flow starts.
pub const HEAD_LEN: usize = tuple::LEN + 12;
/// Bytes of storage after the head.
const BODY_LEN: usize = storage::BLOCKS_AT - HEAD_LEN;
/// Bytes of a helper's name, its NUL included.
#[cfg(any(feature = "capi", feature = "internals"))]
pub const HELPER_NAME_LEN: usize = 16;

/// One entry of the connection tracking table.
///
/// ```
/// use netfilter_conntrack::{Dir, Flow, L4};
/// let mut flow = Flow::new();
/// flow.set_tuple(Dir::Orig, "192.0.2.1".parse()?, "198.51.100.2".parse()?, L4::Udp { sport: 40000, dport: 53 });
/// flow.set_reply_from_original();
/// flow.set_timeout_secs(30);
/// assert_eq!(flow.tuple(Dir::Reply).src().unwrap().to_string(), "198.51.100.2");
/// assert_eq!(flow.mark(), None);
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[repr(C)]
pub struct Flow {
    orig: [u8; tuple::LEN],
    present: [u32; 3],
    body: [u8; BODY_LEN],
    secctx: Option<Box<CString>>,
    #[allow(clippy::box_collection)]
    // a thin pointer, so that the object keeps the size that the C API reports
    helper_info: Option<Box<Vec<u8>>>,
    labels: Option<Box<Bitmask>>,
    labels_mask: Option<Box<Bitmask>>,
}

impl Default for Flow {
    fn default() -> Self {
        Flow::new()
    }
}

impl Clone for Flow {
    fn clone(&self) -> Self {
        memory::or_abort(self.try_clone())
    }
}

/// Storage and presence, attribute by attribute.
impl Flow {
    /// An empty flow: no attribute is present.
    #[must_use]
    #[doc(alias = "nfct_new")]
    pub const fn new() -> Flow {
        Flow {
            orig: [0; tuple::LEN],
            present: [0; 3],
            body: [0; BODY_LEN],
            secctx: None,
            helper_info: None,
            labels: None,
            labels_mask: None,
        }
    }

    /// A duplicate, blocks included; as `clone`, but running out of memory is an error.
    ///
    /// # Errors
    /// [`Error::NoMemory`](crate::Error::NoMemory).
    #[doc(alias = "nfct_clone")]
    pub fn try_clone(&self) -> Result<Flow> {
        let mut copy = self.without_blocks();
        copy.copy_blocks(self)?;
        Ok(copy)
    }

    /// As [`try_clone`](Self::try_clone), directly in a block on the heap.
    ///
    /// # Errors
    /// [`Error::NoMemory`](crate::Error::NoMemory).
    #[doc(hidden)] // for the border and the tests of this tree
    pub fn try_clone_boxed(&self) -> Result<Box<Flow>> {
        let mut copy = memory::boxed(self.without_blocks())?;
        copy.copy_blocks(self)?;
        Ok(copy)
    }

    #[inline(always)]
    fn without_blocks(&self) -> Flow {
        Flow { orig: self.orig, present: self.present, body: self.body, ..Flow::new() }
    }

    #[inline(always)]
    fn copy_blocks(&mut self, source: &Flow) -> Result<()> {
        attr::BLOCKS.into_iter().try_for_each(|block| self.copy_block(source, block))
    }

    /// Forgets everything, storage included.
    pub fn clear(&mut self) {
        *self = Flow::new();
    }

    /// Whether an attribute is present.
    #[inline]
    #[must_use]
    #[doc(alias = "nfct_attr_is_set")]
    #[allow(clippy::indexing_slicing)] // 76 attributes stand in three 32-bit words
    pub const fn is_set(&self, attr: Attr) -> bool {
        self.present[attr.number() / 32] >> (attr.number() % 32) & 1 == 1
    }

    /// Whether every attribute of the list is present.
    #[inline(always)]
    #[must_use]
    pub fn all_set(&self, attrs: &[Attr]) -> bool {
        attrs.iter().all(|&attr| self.is_set(attr))
    }

    /// Whether any attribute of the list is present.
    #[inline(always)]
    #[must_use]
    pub fn any_set(&self, attrs: &[Attr]) -> bool {
        attrs.iter().any(|&attr| self.is_set(attr))
    }

    /// Clears an attribute's presence; its storage stays.
    #[inline]
    #[doc(alias = "nfct_attr_unset")]
    pub fn unset(&mut self, attr: Attr) {
        if let Some(word) = self.present.get_mut(attr.number() / 32).certainly() {
            *word &= !(1 << (attr.number() % 32));
        }
    }

    /// Notes an attribute as present, with any stored value.
    #[inline]
    pub(crate) fn note(&mut self, attr: Attr) {
        if let Some(word) = self.present.get_mut(attr.number() / 32).certainly() {
            *word |= 1 << (attr.number() % 32);
        }
    }

    /// The presence words; attribute `n` is bit `n % 32` of word `n / 32`.
    #[inline]
    #[must_use]
    #[doc(hidden)] // for the border and the tests of this tree
    pub fn presence(&self) -> [u32; 3] {
        self.present
    }

    /// An 8-bit attribute, if present.
    #[inline]
    #[must_use]
    pub fn u8(&self, attr: Attr) -> Option<u8> {
        self.is_set(attr).then(|| u8::from_ne_bytes(self.wide_at(attr)))
    }

    /// A 16-bit attribute as stored, if present: ports, keys and ICMP ids in network order, zones in host order.
    #[inline]
    #[must_use]
    pub fn u16(&self, attr: Attr) -> Option<u16> {
        self.is_set(attr).then(|| u16::from_ne_bytes(self.wide_at(attr)))
    }

    /// A 32-bit attribute as stored, if present: IPv4 addresses in network order, the rest in host order.
    #[inline]
    #[must_use]
    pub fn u32(&self, attr: Attr) -> Option<u32> {
        self.is_set(attr).then(|| u32::from_ne_bytes(self.wide_at(attr)))
    }

    /// A 64-bit attribute, if present.
    #[inline]
    #[must_use]
    pub fn u64(&self, attr: Attr) -> Option<u64> {
        self.is_set(attr).then(|| u64::from_ne_bytes(self.wide_at(attr)))
    }

    /// Sets an attribute from the bytes of its value, in the width and byte order of the C API, with the
    /// side effects of its row. A value shorter than the attribute is extended with zeros, a longer one cut
    /// (on little-endian machines both mean the number's low bits). [`Attr::HelperInfo`] takes all bytes;
    /// label masks are set by [`set_labels`](Self::set_labels).
    #[doc(alias = "nfct_set_attr")]
    #[inline(always)] // the length is known where it is called, and the copy becomes a move
    pub fn set_bytes(&mut self, attr: Attr, value: &[u8]) {
        if attr == Attr::HelperInfo {
            memory::or_abort(self.try_set_helper_info(value));
        } else {
            self.set_value(attr, &padded(value));
        }
    }

    /// [`set_padded`](Self::set_padded) as a function of its own, for many callers.
    #[inline(never)]
    fn set_value(&mut self, attr: Attr, value: &[u8; 16]) {
        self.set_padded(attr.row(), value);
    }

    /// As [`set_bytes`](Self::set_bytes) for all attributes but [`Attr::HelperInfo`]: 16 bytes hold the largest.
    #[inline(always)]
    pub(crate) fn set_padded(&mut self, row: &Row, value: &[u8; 16]) {
        if row.store == Store::Plain {
            self.store_cut(row.offset, row.size, value);
            self.note(row.attr);
        } else {
            self.set_specially(row, value);
        }
    }

    /// What a setter does for attributes that are not stored plainly.
    #[inline(never)]
    fn set_specially(&mut self, row: &Row, value: &[u8; 16]) {
        match row.store {
            Store::DecodeOnly => return,
            Store::PresenceOnly | Store::Heap => {}
            Store::Text => self.store(field::HelperName.slot, &text_field(value)),
            Store::Plain | Store::Twice(_) | Store::IcmpType => self.store_cut(row.offset, row.size, value),
        }
        match row.store {
            Store::Twice(second) => self.store_cut(usize::from(second), row.size, value),
            Store::IcmpType => {
                let [kind, ..] = *value;
                let reply = tuple::icmp_reply_type(self.stored_u8(field::OrigL3proto), kind);
                self.store(REPLY.icmp_type, &[reply]);
            }
            _ => {}
        }
        self.note(row.attr);
    }
}

/// A value's first 16 bytes, extended with zeros.
#[inline(always)]
fn padded(value: &[u8]) -> [u8; 16] {
    let mut padded = [0; 16];
    let len = value.len().min(padded.len());
    padded.get_mut(..len).certain().copy_from_slice(value.get(..len).certain());
    padded
}

/// Cuts a string to a NUL-terminated field.
pub(crate) fn text_field<const N: usize>(text: &[u8]) -> [u8; N] {
    let mut field = [0; N];
    let until_nul = text.iter().take_while(|&&byte| byte != 0);
    field.iter_mut().take(N - 1).zip(until_nul).for_each(|(to, from)| *to = *from);
    field
}

/// The string in a NUL-terminated field.
pub(crate) fn field_text(field: &[u8]) -> &[u8] {
    field.split(|&byte| byte == 0).next().certain()
}

macro_rules! numbers {
    ($($(#[$doc:meta])* $get:ident, $set:ident: $type:ident = $attr:ident, $stored:ident;)*) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $get(&self) -> Option<$type> {
            self.is_set(Attr::$attr).then(|| self.$stored(field::$attr))
        }

        #[doc = concat!("Sets [`", stringify!($get), "`](Self::", stringify!($get), ").")]
        pub fn $set(&mut self, value: $type) {
            self.set_bytes(Attr::$attr, &value.to_ne_bytes());
        }
    )*};
}

/// The attributes of a flow, by name.
impl Flow {
    numbers! {
        /// Seconds until the entry expires.
        timeout_secs, set_timeout_secs: u32 = Timeout, stored_u32;
        /// The packet mark.
        mark, set_mark: u32 = Mark, stored_u32;
        /// The security mark (obsolete).
        secmark, set_secmark: u32 = Secmark, stored_u32;
        /// The status bits (`IPS_*`).
        status, set_status: u32 = Status, stored_u32;
        /// The kernel's id of the entry, opaque.
        id, set_id: u32 = Id, stored_u32;
        /// The zone of both directions.
        zone, set_zone: u16 = Zone, stored_u16;
        /// The zone of the original direction only.
        orig_zone, set_orig_zone: u16 = OrigZone, stored_u16;
        /// The zone of the reply direction only.
        reply_zone, set_reply_zone: u16 = ReplZone, stored_u16;
        /// The TCP state (`TCP_CONNTRACK_*`).
        tcp_state, set_tcp_state: u8 = TcpState, stored_u8;
        /// The SCTP state (`SCTP_CONNTRACK_*`).
        sctp_state, set_sctp_state: u8 = SctpState, stored_u8;
        /// The DCCP state (`DCCP_CONNTRACK_*`).
        dccp_state, set_dccp_state: u8 = DccpState, stored_u8;
    }

    /// How many references the kernel holds on the entry.
    #[must_use]
    pub fn use_count(&self) -> Option<u32> {
        self.u32(Attr::Use)
    }

    /// Takes away the reference that a lookup holds itself: the flow is as a list shows it.
    #[doc(hidden)] // for the tool of this tree
    pub fn discount_lookup(&mut self) {
        if let Some(references) = self.use_count() {
            self.put(field::Use, &references.saturating_sub(1).to_ne_bytes());
        }
    }

    /// Packets and bytes seen in one direction, when the kernel counts them.
    #[must_use]
    pub fn counters(&self, dir: Dir) -> Option<Counters> {
        let (packets, bytes) = match dir {
            Dir::Orig => (Attr::OrigCounterPackets, Attr::OrigCounterBytes),
            Dir::Reply => (Attr::ReplCounterPackets, Attr::ReplCounterBytes),
            Dir::Master => return None,
        };
        Some(Counters { packets: self.u64(packets)?, bytes: self.u64(bytes)? })
    }

    /// Nanoseconds since 1970 at which the entry was created, when the kernel notes it.
    #[must_use]
    pub fn start_nanos(&self) -> Option<u64> {
        self.u64(Attr::TimestampStart)
    }

    /// Nanoseconds since 1970 at which the entry ended, in destroy events.
    #[must_use]
    pub fn stop_nanos(&self) -> Option<u64> {
        self.u64(Attr::TimestampStop)
    }

    /// Nanoseconds since 1970 of the event itself (Linux 6.14 and later).
    #[must_use]
    pub fn event_nanos(&self) -> Option<u64> {
        self.u64(Attr::TimestampEvent)
    }

    /// One direction's tuple.
    #[inline]
    #[must_use]
    pub fn tuple(&self, dir: Dir) -> Tuple<'_> {
        Tuple::new(self.tuple_bytes(dir.attrs().slots))
    }

    /// The helper's name, at most 15 bytes.
    #[must_use]
    pub fn helper_name(&self) -> Option<&[u8]> {
        self.is_set(Attr::HelperName).then(|| self.stored_helper_name())
    }

    /// Makes a helper's name of the stored bytes: at most 15 bytes and a NUL.
    #[cfg(feature = "capi")]
    pub(crate) fn end_helper_name(&mut self) {
        let name: [u8; HELPER_NAME_LEN] = text_field(self.stored_helper_name());
        self.store(field::HelperName.slot, &name);
    }

    /// Sets the helper's name; it is cut to 15 bytes and ends at a NUL.
    pub fn set_helper_name(&mut self, name: &[u8]) {
        self.set_bytes(Attr::HelperName, name);
    }

    /// A user-space helper's private data.
    #[must_use]
    pub fn helper_info(&self) -> Option<&[u8]> {
        self.helper_info.as_deref().map(Vec::as_slice)
    }

    /// The security context of the entry.
    #[must_use]
    pub fn security_context(&self) -> Option<&std::ffi::CStr> {
        self.secctx.as_deref().map(CString::as_c_str)
    }

    /// Stores a security context without touching its presence.
    ///
    /// # Errors
    /// [`Error::NoMemory`](crate::Error::NoMemory), [`Error::Malformed`](crate::Error::Malformed) for text with
    /// a NUL; what was stored before stays.
    pub(crate) fn store_security_context(&mut self, context: &[u8]) -> Result<()> {
        self.secctx = Some(memory::boxed(memory::c_string(context)?)?);
        Ok(())
    }

    /// Sets a user-space helper's private data, [`Attr::HelperInfo`].
    ///
    /// # Errors
    /// [`Error::NoMemory`](crate::Error::NoMemory); what was set before stays.
    pub(crate) fn try_set_helper_info(&mut self, info: &[u8]) -> Result<()> {
        self.store_helper_info(info)?;
        self.note(Attr::HelperInfo);
        Ok(())
    }

    /// Stores helper data without touching its presence.
    ///
    /// # Errors
    /// [`Error::NoMemory`](crate::Error::NoMemory); what was stored before stays.
    pub(crate) fn store_helper_info(&mut self, info: &[u8]) -> Result<()> {
        self.helper_info = Some(memory::boxed(memory::copied(info)?)?);
        Ok(())
    }

    /// The connection labels.
    #[must_use]
    pub fn labels(&self) -> Option<&Bitmask> {
        self.labels.as_deref()
    }

    /// Which labels a request changes.
    #[must_use]
    pub fn labels_mask(&self) -> Option<&Bitmask> {
        self.labels_mask.as_deref()
    }

    /// Sets the connection labels, [`Attr::Connlabels`].
    pub fn set_labels(&mut self, labels: Bitmask) {
        memory::or_abort(self.try_set_labels(labels));
    }

    /// As [`set_labels`](Self::set_labels).
    ///
    /// # Errors
    /// [`Error::NoMemory`](crate::Error::NoMemory); what was set before stays.
    pub(crate) fn try_set_labels(&mut self, labels: Bitmask) -> Result<()> {
        self.swap_labels(Attr::Connlabels, Some(memory::boxed(labels)?));
        self.note(Attr::Connlabels);
        Ok(())
    }

    /// Sets which labels a request changes, [`Attr::ConnlabelsMask`].
    pub fn set_labels_mask(&mut self, mask: Bitmask) {
        self.swap_labels(Attr::ConnlabelsMask, Some(Box::new(mask)));
        self.note(Attr::ConnlabelsMask);
    }

    /// Exchanges the stored block of one of the two label attributes; presence stays.
    pub(crate) fn swap_labels(&mut self, attr: Attr, mask: Option<Box<Bitmask>>) -> Option<Box<Bitmask>> {
        let slot = if attr == Attr::ConnlabelsMask { &mut self.labels_mask } else { &mut self.labels };
        std::mem::replace(slot, mask)
    }

    /// Sets one direction's addresses, protocol and protocol fields, and their presence.
    ///
    /// The family is that of the source address; a destination of the other family is stored as its 16 (or first 4)
    /// bytes, and the kernel cannot use it.
    pub fn set_tuple(&mut self, dir: Dir, src: std::net::IpAddr, dst: std::net::IpAddr, l4: L4) {
        tuple::set(self, dir, src, dst, l4);
    }

    /// Makes the reply tuple the inverse of the original one.
    #[doc(alias = "NFCT_SOPT_SETUP_REPLY")]
    pub fn set_reply_from_original(&mut self) {
        option::mirror(self, Dir::Orig);
    }
}

/// Packets and bytes of one direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Packets.
    pub packets: u64,
    /// Bytes.
    pub bytes: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unset_keeps_the_stored_value() {
        let mut flow = Flow::new();
        flow.set_mark(5);
        flow.unset(Attr::Mark);
        assert_eq!(flow.mark(), None);
        assert_eq!(flow.stored_u32(field::Mark), 5);
    }

    #[test]
    fn narrow_values_are_extended_and_wide_ones_cut() {
        let mut flow = Flow::new();
        flow.set_bytes(Attr::Zone, &[1]);
        assert_eq!(flow.zone(), Some(u16::from_ne_bytes([1, 0])));
        flow.set_bytes(Attr::Zone, &[1, 2, 3, 4]);
        assert_eq!(flow.zone(), Some(u16::from_ne_bytes([1, 2])));
    }

    #[test]
    fn every_plain_attribute_reads_back_and_sets_only_its_own_bit() {
        for row in attr::ROWS.iter().filter(|row| row.store == Store::Plain) {
            let value: Vec<u8> = (1..=16).take(row.size).collect();
            let mut flow = Flow::new();
            flow.set_bytes(row.attr, &value);
            assert_eq!(flow.stored_bytes(row.attr), value, "{}", row.name);
            let bits: u32 = flow.presence().iter().map(|word| word.count_ones()).sum();
            assert!(bits == 1 && flow.is_set(row.attr), "{}", row.name);
        }
    }

    #[test]
    fn kernel_made_values_are_noted_but_not_stored() {
        let mut flow = Flow::new();
        flow.set_bytes(Attr::Use, &9u32.to_ne_bytes());
        assert_eq!(flow.use_count(), Some(0));
        flow.set_bytes(Attr::TimestampEvent, &9u64.to_ne_bytes());
        assert_eq!(flow.event_nanos(), None);
    }

    #[test]
    fn icmp_fields_reach_the_reply_tuple() {
        let mut flow = Flow::new();
        flow.set_bytes(Attr::IcmpType, &[8]);
        assert_eq!(flow.at(REPLY.icmp_type), [255], "no family yet");
        flow.set_bytes(Attr::OrigL3proto, &[2]);
        flow.set_bytes(Attr::IcmpType, &[8]);
        flow.set_bytes(Attr::IcmpCode, &[3]);
        flow.set_bytes(Attr::IcmpId, &[0x12, 0x34]);
        assert_eq!((flow.at(REPLY.l4_src), flow.at(REPLY.l4_dst)), ([0x12, 0x34], [0, 3]));
        assert!(!flow.is_set(Attr::ReplPortDst));
    }

    #[test]
    fn nat_setters_write_both_ends_of_the_range() {
        let mut flow = Flow::new();
        flow.set_bytes(Attr::SnatIpv4, &[9, 9, 9, 9]);
        flow.set_bytes(Attr::SnatPort, &[0x11, 0x5c]);
        assert_eq!(flow.at(storage::second::SnatIpv4), [9, 9, 9, 9]);
        assert_eq!([flow.stored(field::SnatPort), flow.at(storage::SNAT_PORT_MAX)], [[0x11, 0x5c]; 2]);
    }

    #[test]
    fn helper_names_are_cut_to_fifteen_bytes() {
        let mut flow = Flow::new();
        flow.set_helper_name(b"averyveryverylonghelper");
        assert_eq!(flow.helper_name(), Some(&b"averyveryverylo"[..]));
        flow.set_helper_name(b"ftp\0junk");
        assert_eq!(flow.helper_name(), Some(&b"ftp"[..]));
    }

    #[test]
    fn a_cleared_flow_is_a_new_one() {
        let mut flow = Flow::new();
        flow.set_mark(5);
        flow.set_helper_name(b"ftp");
        flow.clear();
        assert_eq!(flow.presence(), [0; 3]);
        assert_eq!((flow.stored_u32(field::Mark), flow.stored_helper_name()), (0, &b""[..]));
    }

    #[test]
    fn a_field_of_text_ends_at_the_first_nul() {
        assert_eq!(text_field(b"a\x01b\0c"), *b"a\x01b\0\0\0\0\0");
        assert_eq!(text_field(b"abcd"), *b"abc\0");
    }

    #[test]
    fn what_the_kernel_counts_is_read_in_each_direction() {
        let mut flow = Flow::new();
        flow.put(field::Use, &3u32.to_ne_bytes());
        flow.put(field::ReplCounterPackets, &4u64.to_ne_bytes());
        assert_eq!((flow.use_count(), flow.counters(Dir::Reply)), (Some(3), None));
        flow.put(field::ReplCounterBytes, &5u64.to_ne_bytes());
        assert_eq!(flow.counters(Dir::Reply), Some(Counters { packets: 4, bytes: 5 }));
        assert_eq!((flow.counters(Dir::Orig), flow.counters(Dir::Master)), (None, None));
    }
}
