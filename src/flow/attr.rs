// SPDX-License-Identifier: GPL-2.0-or-later
//! The 76 attributes of a flow: one row each.
//!
//! A row contains the number (fixed by the C API), the name, the effect of a setter, the part of the flow with which
//! the attribute is copied, and the place of its storage, which the file `storage` defines.
//! Several rows share storage on purpose: an IPv4 address is the first four bytes of the IPv6 one, ports,
//! GRE keys and the ICMP triple are the same four bytes, and so are the states of TCP, SCTP and DCCP.
//!
//! Byte order: addresses, ports, keys and the ICMP id are stored as on the wire; all else in host order.

#![forbid(unsafe_code)]

use super::storage::{listed, second};

/// The effect of a setter on the storage.
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
    /// The value is a block on the heap; the storage is the pointer to it.
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
    /// The effect of a setter.
    pub store: Store,
    /// The part with which it is copied.
    pub part: Part,
}

macro_rules! attributes {
    ($($variant:ident = $number:literal, $name:literal, $store:ident $(($second:ident))?, $part:ident;)*) => {
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
            offset: listed::$variant.slot.offset(),
            size: listed::$variant.slot.width(),
            store: Store::$store $((listed::$variant.slot.second($second::$variant)))?,
            part: Part::$part,
        },)*];
    };
}

/// How many attributes there are.
pub const COUNT: usize = 76;

attributes! {
    OrigIpv4Src                = 0 , "ORIG_IPV4_SRC", Plain, Orig;
    OrigIpv4Dst                = 1 , "ORIG_IPV4_DST", Plain, Orig;
    ReplIpv4Src                = 2 , "REPL_IPV4_SRC", Plain, Reply;
    ReplIpv4Dst                = 3 , "REPL_IPV4_DST", Plain, Reply;
    OrigIpv6Src                = 4 , "ORIG_IPV6_SRC", Plain, Orig;
    OrigIpv6Dst                = 5 , "ORIG_IPV6_DST", Plain, Orig;
    ReplIpv6Src                = 6 , "REPL_IPV6_SRC", Plain, Reply;
    ReplIpv6Dst                = 7 , "REPL_IPV6_DST", Plain, Reply;
    OrigPortSrc                = 8 , "ORIG_PORT_SRC", Plain, Orig;
    OrigPortDst                = 9 , "ORIG_PORT_DST", Plain, Orig;
    ReplPortSrc                = 10, "REPL_PORT_SRC", Plain, Reply;
    ReplPortDst                = 11, "REPL_PORT_DST", Plain, Reply;
    IcmpType                   = 12, "ICMP_TYPE", IcmpType, Orig;
    IcmpCode                   = 13, "ICMP_CODE", Twice(second), Orig;
    IcmpId                     = 14, "ICMP_ID", Twice(second), Orig;
    OrigL3proto                = 15, "ORIG_L3PROTO", Plain, Orig;
    ReplL3proto                = 16, "REPL_L3PROTO", Plain, Reply;
    OrigL4proto                = 17, "ORIG_L4PROTO", Plain, Orig;
    ReplL4proto                = 18, "REPL_L4PROTO", Plain, Reply;
    TcpState                   = 19, "TCP_STATE", Plain, Meta;
    SnatIpv4                   = 20, "SNAT_IPV4", Twice(second), Meta;
    DnatIpv4                   = 21, "DNAT_IPV4", Twice(second), Meta;
    SnatPort                   = 22, "SNAT_PORT", Twice(second), Meta;
    DnatPort                   = 23, "DNAT_PORT", Twice(second), Meta;
    Timeout                    = 24, "TIMEOUT", Plain, Meta;
    Mark                       = 25, "MARK", Plain, Meta;
    OrigCounterPackets         = 26, "ORIG_COUNTER_PACKETS", PresenceOnly, Meta;
    ReplCounterPackets         = 27, "REPL_COUNTER_PACKETS", PresenceOnly, Meta;
    OrigCounterBytes           = 28, "ORIG_COUNTER_BYTES", PresenceOnly, Meta;
    ReplCounterBytes           = 29, "REPL_COUNTER_BYTES", PresenceOnly, Meta;
    Use                        = 30, "USE", PresenceOnly, Meta;
    Id                         = 31, "ID", Plain, Meta;
    Status                     = 32, "STATUS", Plain, Meta;
    TcpFlagsOrig               = 33, "TCP_FLAGS_ORIG", Plain, Meta;
    TcpFlagsRepl               = 34, "TCP_FLAGS_REPL", Plain, Meta;
    TcpMaskOrig                = 35, "TCP_MASK_ORIG", Plain, Meta;
    TcpMaskRepl                = 36, "TCP_MASK_REPL", Plain, Meta;
    MasterIpv4Src              = 37, "MASTER_IPV4_SRC", Plain, Meta;
    MasterIpv4Dst              = 38, "MASTER_IPV4_DST", Plain, Meta;
    MasterIpv6Src              = 39, "MASTER_IPV6_SRC", Plain, Meta;
    MasterIpv6Dst              = 40, "MASTER_IPV6_DST", Plain, Meta;
    MasterPortSrc              = 41, "MASTER_PORT_SRC", Plain, Meta;
    MasterPortDst              = 42, "MASTER_PORT_DST", Plain, Meta;
    MasterL3proto              = 43, "MASTER_L3PROTO", Plain, Meta;
    MasterL4proto              = 44, "MASTER_L4PROTO", Plain, Meta;
    Secmark                    = 45, "SECMARK", Plain, Meta;
    OrigNatSeqCorrectionPos    = 46, "ORIG_NAT_SEQ_CORRECTION_POS", Plain, Meta;
    OrigNatSeqOffsetBefore     = 47, "ORIG_NAT_SEQ_OFFSET_BEFORE", Plain, Meta;
    OrigNatSeqOffsetAfter      = 48, "ORIG_NAT_SEQ_OFFSET_AFTER", Plain, Meta;
    ReplNatSeqCorrectionPos    = 49, "REPL_NAT_SEQ_CORRECTION_POS", Plain, Meta;
    ReplNatSeqOffsetBefore     = 50, "REPL_NAT_SEQ_OFFSET_BEFORE", Plain, Meta;
    ReplNatSeqOffsetAfter      = 51, "REPL_NAT_SEQ_OFFSET_AFTER", Plain, Meta;
    SctpState                  = 52, "SCTP_STATE", Plain, Meta;
    SctpVtagOrig               = 53, "SCTP_VTAG_ORIG", Plain, Meta;
    SctpVtagRepl               = 54, "SCTP_VTAG_REPL", Plain, Meta;
    HelperName                 = 55, "HELPER_NAME", Text, Meta;
    DccpState                  = 56, "DCCP_STATE", Plain, Meta;
    DccpRole                   = 57, "DCCP_ROLE", Plain, Meta;
    DccpHandshakeSeq           = 58, "DCCP_HANDSHAKE_SEQ", Plain, Meta;
    TcpWscaleOrig              = 59, "TCP_WSCALE_ORIG", Plain, Meta;
    TcpWscaleRepl              = 60, "TCP_WSCALE_REPL", Plain, Meta;
    Zone                       = 61, "ZONE", Plain, Meta;
    Secctx                     = 62, "SECCTX", Heap, Meta;
    TimestampStart             = 63, "TIMESTAMP_START", PresenceOnly, Meta;
    TimestampStop              = 64, "TIMESTAMP_STOP", PresenceOnly, Meta;
    HelperInfo                 = 65, "HELPER_INFO", Heap, Meta;
    Connlabels                 = 66, "CONNLABELS", Heap, Meta;
    ConnlabelsMask             = 67, "CONNLABELS_MASK", Heap, Meta;
    OrigZone                   = 68, "ORIG_ZONE", Plain, Meta;
    ReplZone                   = 69, "REPL_ZONE", Plain, Meta;
    SnatIpv6                   = 70, "SNAT_IPV6", Twice(second), Meta;
    DnatIpv6                   = 71, "DNAT_IPV6", Twice(second), Meta;
    SynproxyIsn                = 72, "SYNPROXY_ISN", Plain, Meta;
    SynproxyIts                = 73, "SYNPROXY_ITS", Plain, Meta;
    SynproxyTsoff              = 74, "SYNPROXY_TSOFF", Plain, Meta;
    TimestampEvent             = 75, "TIMESTAMP_EVENT", DecodeOnly, Meta;
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
}
