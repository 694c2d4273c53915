// SPDX-License-Identifier: GPL-2.0-or-later
//! The 76 attributes of a flow: one row each, and nothing about an attribute stands anywhere else.
//!
//! A row gives the number (fixed by the C API), the name, the offset and size of the storage inside
//! [`Flow`](super::Flow), what a setter writes, and the part of the flow it belongs to when parts are copied.
//! Several rows share storage on purpose: an IPv4 address is the first four bytes of the IPv6 one, ports,
//! GRE keys and the ICMP triple are the same four bytes, and so are the states of TCP, SCTP and DCCP.
//!
//! Byte order: addresses, ports, keys and the ICMP id are stored as on the wire; all else in host order.

#![forbid(unsafe_code)]

/// What a setter does with the storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// Writes the value.
    Plain,
    /// Writes the value here and at a second offset: both ends of a NAT range, or both directions of an ICMP field.
    Twice(u16),
    /// Writes the type, and the type of its reply in the reply direction.
    IcmpType,
    /// Copies a string, cut to 15 bytes, always NUL-terminated.
    Text,
    /// A block of its own; the storage is the pointer to it.
    Heap,
    /// Notes the presence only: the value comes from the kernel.
    PresenceOnly,
    /// Not settable at all: the value comes from the kernel.
    DecodeOnly,
}

/// The part of a flow that an attribute is copied with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The original direction's tuple.
    Orig,
    /// The reply direction's tuple.
    Reply,
    /// Everything else.
    Meta,
}

/// One attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Which attribute.
    pub attr: Attr,
    /// Its name in the C API, without `ATTR_`.
    pub name: &'static str,
    /// Offset of its storage in the object.
    pub offset: usize,
    /// Size of its value in bytes (of the pointer for heap blocks).
    pub size: usize,
    /// What a setter writes.
    pub store: Store,
    /// What it is copied with.
    pub part: Part,
}

macro_rules! attributes {
    ($($variant:ident = $number:literal, $name:literal, $offset:expr, $size:literal,
        $store:ident $(($second:literal))?, $part:ident;)*) => {
        /// The number of an attribute, as in the C API's `enum nf_conntrack_attr`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        #[non_exhaustive]
        pub enum Attr {
            $(#[doc = concat!("`ATTR_", $name, "`")] $variant = $number,)*
        }

        /// All rows, in the order of their numbers.
        pub const ROWS: [Row; COUNT] = [$(Row {
            attr: Attr::$variant,
            name: $name,
            offset: $offset,
            size: $size,
            store: Store::$store $(($second))?,
            part: Part::$part,
        },)*];
    };
}

/// How many attributes there are.
pub const COUNT: usize = 76;

/// Where the C API aligns 64-bit numbers to four bytes (i386), the object has no gap for them at its end, and the time
/// of an event stands in one further up.
const TIMESTAMP_EVENT_AT: usize = if align_of::<u64>() == 4 { 176 } else { 360 };
/// Where the storage ends and the pointers to blocks begin.
pub(super) const BLOCKS_AT: usize = if align_of::<u64>() == 4 { 356 } else { 368 };

attributes! {
    OrigIpv4Src                = 0 , "ORIG_IPV4_SRC", 0, 4, Plain, Orig;
    OrigIpv4Dst                = 1 , "ORIG_IPV4_DST", 16, 4, Plain, Orig;
    ReplIpv4Src                = 2 , "REPL_IPV4_SRC", 52, 4, Plain, Reply;
    ReplIpv4Dst                = 3 , "REPL_IPV4_DST", 68, 4, Plain, Reply;
    OrigIpv6Src                = 4 , "ORIG_IPV6_SRC", 0, 16, Plain, Orig;
    OrigIpv6Dst                = 5 , "ORIG_IPV6_DST", 16, 16, Plain, Orig;
    ReplIpv6Src                = 6 , "REPL_IPV6_SRC", 52, 16, Plain, Reply;
    ReplIpv6Dst                = 7 , "REPL_IPV6_DST", 68, 16, Plain, Reply;
    OrigPortSrc                = 8 , "ORIG_PORT_SRC", 36, 2, Plain, Orig;
    OrigPortDst                = 9 , "ORIG_PORT_DST", 38, 2, Plain, Orig;
    ReplPortSrc                = 10, "REPL_PORT_SRC", 88, 2, Plain, Reply;
    ReplPortDst                = 11, "REPL_PORT_DST", 90, 2, Plain, Reply;
    IcmpType                   = 12, "ICMP_TYPE", 38, 1, IcmpType, Orig;
    IcmpCode                   = 13, "ICMP_CODE", 39, 1, Twice(91), Orig;
    IcmpId                     = 14, "ICMP_ID", 36, 2, Twice(88), Orig;
    OrigL3proto                = 15, "ORIG_L3PROTO", 32, 1, Plain, Orig;
    ReplL3proto                = 16, "REPL_L3PROTO", 84, 1, Plain, Reply;
    OrigL4proto                = 17, "ORIG_L4PROTO", 33, 1, Plain, Orig;
    ReplL4proto                = 18, "REPL_L4PROTO", 85, 1, Plain, Reply;
    TcpState                   = 19, "TCP_STATE", 184, 1, Plain, Meta;
    SnatIpv4                   = 20, "SNAT_IPV4", 232, 4, Twice(248), Meta;
    DnatIpv4                   = 21, "DNAT_IPV4", 268, 4, Twice(284), Meta;
    SnatPort                   = 22, "SNAT_PORT", 264, 2, Twice(266), Meta;
    DnatPort                   = 23, "DNAT_PORT", 300, 2, Twice(302), Meta;
    Timeout                    = 24, "TIMEOUT", 132, 4, Plain, Meta;
    Mark                       = 25, "MARK", 136, 4, Plain, Meta;
    OrigCounterPackets         = 26, "ORIG_COUNTER_PACKETS", 200, 8, PresenceOnly, Meta;
    ReplCounterPackets         = 27, "REPL_COUNTER_PACKETS", 216, 8, PresenceOnly, Meta;
    OrigCounterBytes           = 28, "ORIG_COUNTER_BYTES", 208, 8, PresenceOnly, Meta;
    ReplCounterBytes           = 29, "REPL_COUNTER_BYTES", 224, 8, PresenceOnly, Meta;
    Use                        = 30, "USE", 148, 4, PresenceOnly, Meta;
    Id                         = 31, "ID", 152, 4, Plain, Meta;
    Status                     = 32, "STATUS", 144, 4, Plain, Meta;
    TcpFlagsOrig               = 33, "TCP_FLAGS_ORIG", 185, 1, Plain, Meta;
    TcpFlagsRepl               = 34, "TCP_FLAGS_REPL", 187, 1, Plain, Meta;
    TcpMaskOrig                = 35, "TCP_MASK_ORIG", 186, 1, Plain, Meta;
    TcpMaskRepl                = 36, "TCP_MASK_REPL", 188, 1, Plain, Meta;
    MasterIpv4Src              = 37, "MASTER_IPV4_SRC", 92, 4, Plain, Meta;
    MasterIpv4Dst              = 38, "MASTER_IPV4_DST", 108, 4, Plain, Meta;
    MasterIpv6Src              = 39, "MASTER_IPV6_SRC", 92, 16, Plain, Meta;
    MasterIpv6Dst              = 40, "MASTER_IPV6_DST", 108, 16, Plain, Meta;
    MasterPortSrc              = 41, "MASTER_PORT_SRC", 128, 2, Plain, Meta;
    MasterPortDst              = 42, "MASTER_PORT_DST", 130, 2, Plain, Meta;
    MasterL3proto              = 43, "MASTER_L3PROTO", 124, 1, Plain, Meta;
    MasterL4proto              = 44, "MASTER_L4PROTO", 125, 1, Plain, Meta;
    Secmark                    = 45, "SECMARK", 140, 4, Plain, Meta;
    OrigNatSeqCorrectionPos    = 46, "ORIG_NAT_SEQ_CORRECTION_POS", 304, 4, Plain, Meta;
    OrigNatSeqOffsetBefore     = 47, "ORIG_NAT_SEQ_OFFSET_BEFORE", 308, 4, Plain, Meta;
    OrigNatSeqOffsetAfter      = 48, "ORIG_NAT_SEQ_OFFSET_AFTER", 312, 4, Plain, Meta;
    ReplNatSeqCorrectionPos    = 49, "REPL_NAT_SEQ_CORRECTION_POS", 316, 4, Plain, Meta;
    ReplNatSeqOffsetBefore     = 50, "REPL_NAT_SEQ_OFFSET_BEFORE", 320, 4, Plain, Meta;
    ReplNatSeqOffsetAfter      = 51, "REPL_NAT_SEQ_OFFSET_AFTER", 324, 4, Plain, Meta;
    SctpState                  = 52, "SCTP_STATE", 184, 1, Plain, Meta;
    SctpVtagOrig               = 53, "SCTP_VTAG_ORIG", 188, 4, Plain, Meta;
    SctpVtagRepl               = 54, "SCTP_VTAG_REPL", 192, 4, Plain, Meta;
    HelperName                 = 55, "HELPER_NAME", 158, 16, Text, Meta;
    DccpState                  = 56, "DCCP_STATE", 184, 1, Plain, Meta;
    DccpRole                   = 57, "DCCP_ROLE", 185, 1, Plain, Meta;
    DccpHandshakeSeq           = 58, "DCCP_HANDSHAKE_SEQ", 192, 8, Plain, Meta;
    TcpWscaleOrig              = 59, "TCP_WSCALE_ORIG", 189, 1, Plain, Meta;
    TcpWscaleRepl              = 60, "TCP_WSCALE_REPL", 190, 1, Plain, Meta;
    Zone                       = 61, "ZONE", 156, 2, Plain, Meta;
    Secctx                     = 62, "SECCTX", 368, 8, Heap, Meta;
    TimestampStart             = 63, "TIMESTAMP_START", 328, 8, PresenceOnly, Meta;
    TimestampStop              = 64, "TIMESTAMP_STOP", 336, 8, PresenceOnly, Meta;
    HelperInfo                 = 65, "HELPER_INFO", 376, 8, Heap, Meta;
    Connlabels                 = 66, "CONNLABELS", 384, 8, Heap, Meta;
    ConnlabelsMask             = 67, "CONNLABELS_MASK", 392, 8, Heap, Meta;
    OrigZone                   = 68, "ORIG_ZONE", 34, 2, Plain, Meta;
    ReplZone                   = 69, "REPL_ZONE", 86, 2, Plain, Meta;
    SnatIpv6                   = 70, "SNAT_IPV6", 232, 16, Twice(248), Meta;
    DnatIpv6                   = 71, "DNAT_IPV6", 268, 16, Twice(284), Meta;
    SynproxyIsn                = 72, "SYNPROXY_ISN", 344, 4, Plain, Meta;
    SynproxyIts                = 73, "SYNPROXY_ITS", 348, 4, Plain, Meta;
    SynproxyTsoff              = 74, "SYNPROXY_TSOFF", 352, 4, Plain, Meta;
    TimestampEvent             = 75, "TIMESTAMP_EVENT", TIMESTAMP_EVENT_AT, 8, DecodeOnly, Meta;
}

/// The attributes that are stored in blocks of their own.
pub(super) const BLOCKS: [Attr; 4] = [Attr::Secctx, Attr::HelperInfo, Attr::Connlabels, Attr::ConnlabelsMask];

impl Row {
    /// The row of the attribute with this number.
    #[inline]
    #[must_use]
    pub fn numbered(number: u32) -> Option<&'static Row> {
        ROWS.get(usize::try_from(number).ok()?)
    }

    /// Whether the value lies in the first `len` bytes of the object; a block of its own does not.
    #[inline]
    #[cfg(feature = "capi")]
    pub(crate) const fn lies_in(&self, len: usize) -> bool {
        !matches!(self.store, Store::Heap) && self.offset + self.size <= len
    }
}

impl Attr {
    /// The attribute with this number.
    #[inline]
    #[must_use]
    pub fn from_number(number: u32) -> Option<Attr> {
        Row::numbered(number).map(|row| row.attr)
    }

    /// The attribute's number.
    #[inline]
    #[must_use]
    pub const fn number(self) -> usize {
        self as usize
    }

    /// The attribute's row.
    #[inline]
    #[must_use]
    #[allow(clippy::indexing_slicing)] // every number indexes its row: asserted below
    #[doc(hidden)] // for the border and the tests of this tree
    pub const fn row(self) -> &'static Row {
        const TABLE: &[Row; COUNT] = &ROWS;
        &TABLE[self as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_stands_at_its_number() {
        for (number, row) in ROWS.iter().enumerate() {
            assert_eq!(row.attr.number(), number, "{}", row.name);
            assert_eq!(Attr::from_number(u32::try_from(number).unwrap()), Some(row.attr));
            assert_eq!(row.attr.row(), row);
        }
        assert_eq!(Attr::from_number(76), None);
        assert_eq!(Attr::from_number(u32::MAX), None);
    }

    #[test]
    fn shared_storage_is_shared() {
        let at = |attr: Attr| attr.row().offset;
        assert_eq!(at(Attr::OrigIpv4Src), at(Attr::OrigIpv6Src));
        assert_eq!(at(Attr::IcmpId), at(Attr::OrigPortSrc));
        assert_eq!(at(Attr::IcmpType), at(Attr::OrigPortDst));
        assert_eq!(at(Attr::TcpState), at(Attr::SctpState));
        assert_eq!(at(Attr::TcpState), at(Attr::DccpState));
    }
}
