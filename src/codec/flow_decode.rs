// SPDX-License-Identifier: GPL-2.0-or-later
//! One message's attributes into a [`Flow`].

#![forbid(unsafe_code)]

use super::tuple;
use crate::bitmask::Bitmask;
use crate::error::{Error, Result};
use crate::flow::{Attr, Dir, Flow};
use crate::wire::consts::*;
use crate::wire::{Attr as WireAttr, Attrs, Frame};
use std::ffi::CString;

/// Longest `CTA_LABELS` accepted: the largest bit mask the API can make.
const LABELS_MAX: usize = (Bitmask::MAX_BIT as usize + 1) / 8;

/// Width and byte order of a leaf that holds one number.
#[derive(Clone, Copy)]
enum Width {
    U8,
    Be16,
    Be32,
    Be64,
}

/// A leaf: its number on the wire, its width, the attribute it fills.
type Leaf = (u16, Width, Attr);

const TOP: &[Leaf] = &[
    (CTA_STATUS, Width::Be32, Attr::Status),
    (CTA_TIMEOUT, Width::Be32, Attr::Timeout),
    (CTA_MARK, Width::Be32, Attr::Mark),
    (CTA_USE, Width::Be32, Attr::Use),
    (CTA_ID, Width::Be32, Attr::Id),
    (CTA_SECMARK, Width::Be32, Attr::Secmark),
    (CTA_ZONE, Width::Be16, Attr::Zone),
    (CTA_TIMESTAMP_EVENT, Width::Be64, Attr::TimestampEvent),
];
const SEQ_ADJ_ORIG: &[Leaf] = &[
    (CTA_SEQADJ_CORRECTION_POS, Width::Be32, Attr::OrigNatSeqCorrectionPos),
    (CTA_SEQADJ_OFFSET_BEFORE, Width::Be32, Attr::OrigNatSeqOffsetBefore),
    (CTA_SEQADJ_OFFSET_AFTER, Width::Be32, Attr::OrigNatSeqOffsetAfter),
];
const SEQ_ADJ_REPLY: &[Leaf] = &[
    (CTA_SEQADJ_CORRECTION_POS, Width::Be32, Attr::ReplNatSeqCorrectionPos),
    (CTA_SEQADJ_OFFSET_BEFORE, Width::Be32, Attr::ReplNatSeqOffsetBefore),
    (CTA_SEQADJ_OFFSET_AFTER, Width::Be32, Attr::ReplNatSeqOffsetAfter),
];
const SYNPROXY: &[Leaf] = &[
    (CTA_SYNPROXY_ISN, Width::Be32, Attr::SynproxyIsn),
    (CTA_SYNPROXY_ITS, Width::Be32, Attr::SynproxyIts),
    (CTA_SYNPROXY_TSOFF, Width::Be32, Attr::SynproxyTsoff),
];
const TIMESTAMP: &[Leaf] = &[
    (CTA_TIMESTAMP_START, Width::Be64, Attr::TimestampStart),
    (CTA_TIMESTAMP_STOP, Width::Be64, Attr::TimestampStop),
];
const SCTP: &[Leaf] = &[
    (CTA_PROTOINFO_SCTP_STATE, Width::U8, Attr::SctpState),
    (CTA_PROTOINFO_SCTP_VTAG_ORIGINAL, Width::Be32, Attr::SctpVtagOrig),
    (CTA_PROTOINFO_SCTP_VTAG_REPLY, Width::Be32, Attr::SctpVtagRepl),
];
const DCCP: &[Leaf] = &[
    (CTA_PROTOINFO_DCCP_STATE, Width::U8, Attr::DccpState),
    (CTA_PROTOINFO_DCCP_ROLE, Width::U8, Attr::DccpRole),
    (CTA_PROTOINFO_DCCP_HANDSHAKE_SEQ, Width::Be64, Attr::DccpHandshakeSeq),
];

/// Decodes one conntrack message into `flow`.
///
/// # Errors
/// [`Error::Malformed`] for a known attribute that is too short or a label mask that is too long.
///
/// ```
/// use netfilter_conntrack::{codec::flow_decode, wire::Frame, Flow};
/// let message = [20u32.to_ne_bytes().as_slice(), &[0; 12], &[2, 0, 0, 0]].concat();
/// let mut flow = Flow::new();
/// flow_decode::message(&mut flow, &Frame::read(&message)?)?;
/// assert_eq!(flow.mark(), None);
/// # Ok::<(), netfilter_conntrack::Error>(())
/// ```
#[inline]
pub fn message(flow: &mut Flow, frame: &Frame<'_>) -> Result<()> {
    attributes(flow, frame.family().unwrap_or(AF_UNSPEC), frame.attrs())
}

/// Decodes an attribute area; `family` is what `nfgen_family` said.
///
/// # Errors
/// As [`message`].
pub fn attributes(flow: &mut Flow, family: u8, attrs: Attrs<'_>) -> Result<()> {
    for attr in attrs {
        top_level(flow, family, attr)?;
    }
    Ok(())
}

fn top_level(flow: &mut Flow, family: u8, attr: WireAttr<'_>) -> Result<()> {
    let direction = |flow: &mut Flow, dir: Dir| {
        let nest = attr.nest().map(|_| attr)?;
        flow.put(dir.attrs().l3, &[family]);
        tuple::decode(flow, dir, nest)
    };
    match attr.kind {
        CTA_TUPLE_ORIG => direction(flow, Dir::Orig),
        CTA_TUPLE_REPLY => direction(flow, Dir::Reply),
        CTA_TUPLE_MASTER => direction(flow, Dir::Master),
        CTA_PROTOINFO => protoinfo(flow, attr),
        CTA_COUNTERS_ORIG => counters(flow, attr, Attr::OrigCounterPackets, Attr::OrigCounterBytes),
        CTA_COUNTERS_REPLY => counters(flow, attr, Attr::ReplCounterPackets, Attr::ReplCounterBytes),
        CTA_HELP => helper(flow, attr),
        CTA_SEQ_ADJ_ORIG => leaves(flow, attr, SEQ_ADJ_ORIG),
        CTA_SEQ_ADJ_REPLY => leaves(flow, attr, SEQ_ADJ_REPLY),
        CTA_SECCTX => security_context(flow, attr),
        CTA_TIMESTAMP => leaves(flow, attr, TIMESTAMP),
        CTA_SYNPROXY => leaves(flow, attr, SYNPROXY),
        CTA_LABELS => labels(flow, attr),
        _ => leaf(flow, attr, TOP),
    }
}

/// Decodes the numbers of one nest by their table.
fn leaves(flow: &mut Flow, nest: WireAttr<'_>, table: &[Leaf]) -> Result<()> {
    nest.nest()?.try_for_each(|attr| leaf(flow, attr, table))
}

#[inline]
fn leaf(flow: &mut Flow, attr: WireAttr<'_>, table: &[Leaf]) -> Result<()> {
    let Some(&(_, width, to)) = table.iter().find(|(kind, ..)| *kind == attr.kind) else {
        return Ok(());
    };
    match width {
        Width::U8 => flow.put(to, &[attr.u8()?]),
        Width::Be16 => flow.put(to, &attr.be16()?.to_ne_bytes()),
        Width::Be32 => flow.put(to, &attr.be32()?.to_ne_bytes()),
        Width::Be64 => flow.put(to, &attr.be64()?.to_ne_bytes()),
    }
    Ok(())
}

fn protoinfo(flow: &mut Flow, nest: WireAttr<'_>) -> Result<()> {
    nest.nest()?.try_for_each(|info| match info.kind {
        CTA_PROTOINFO_TCP => tcp(flow, info),
        CTA_PROTOINFO_SCTP => leaves(flow, info, SCTP),
        CTA_PROTOINFO_DCCP => leaves(flow, info, DCCP),
        _ => Ok(()),
    })
}

fn tcp(flow: &mut Flow, nest: WireAttr<'_>) -> Result<()> {
    for attr in nest.nest()? {
        match attr.kind {
            CTA_PROTOINFO_TCP_STATE => flow.put(Attr::TcpState, &[attr.u8()?]),
            CTA_PROTOINFO_TCP_WSCALE_ORIGINAL => flow.put(Attr::TcpWscaleOrig, &[attr.u8()?]),
            CTA_PROTOINFO_TCP_WSCALE_REPLY => flow.put(Attr::TcpWscaleRepl, &[attr.u8()?]),
            CTA_PROTOINFO_TCP_FLAGS_ORIGINAL => {
                let [flags, mask] = attr.array()?;
                flow.put(Attr::TcpFlagsOrig, &[flags]);
                flow.put(Attr::TcpMaskOrig, &[mask]);
            }
            CTA_PROTOINFO_TCP_FLAGS_REPLY => {
                let [flags, mask] = attr.array()?;
                flow.put(Attr::TcpFlagsRepl, &[flags]);
                flow.put(Attr::TcpMaskRepl, &[mask]);
            }
            _ => {}
        }
    }
    Ok(())
}

/// Counters come in two widths; where both are there the wide one counts, whatever their order.
fn counters(flow: &mut Flow, nest: WireAttr<'_>, packets: Attr, bytes: Attr) -> Result<()> {
    let (mut wide_packets, mut wide_bytes) = (false, false);
    for attr in nest.nest()? {
        let (to, seen_wide) = match attr.kind {
            CTA_COUNTERS_PACKETS | CTA_COUNTERS32_PACKETS => (packets, &mut wide_packets),
            CTA_COUNTERS_BYTES | CTA_COUNTERS32_BYTES => (bytes, &mut wide_bytes),
            _ => continue,
        };
        let is_wide = matches!(attr.kind, CTA_COUNTERS_PACKETS | CTA_COUNTERS_BYTES);
        let value = if is_wide { attr.be64()? } else { u64::from(attr.be32()?) };
        if is_wide || !*seen_wide {
            flow.put(to, &value.to_ne_bytes());
        }
        *seen_wide |= is_wide;
    }
    Ok(())
}

fn helper(flow: &mut Flow, nest: WireAttr<'_>) -> Result<()> {
    let (mut name, mut info) = (None, None);
    for attr in nest.nest()? {
        match attr.kind {
            CTA_HELP_NAME => name = Some(attr.text()?),
            CTA_HELP_INFO => info = Some(attr.payload),
            _ => {}
        }
    }
    let Some(name) = name else { return Ok(()) };
    flow.set_helper_name(name);
    if let Some(info) = info {
        flow.store_helper_info(Some(info.to_vec()));
        flow.note(Attr::HelperInfo);
    }
    Ok(())
}

fn security_context(flow: &mut Flow, nest: WireAttr<'_>) -> Result<()> {
    for attr in nest.nest()? {
        if attr.kind == CTA_SECCTX_NAME {
            let text = CString::new(attr.text()?).map_err(|_| Error::Malformed("security context"))?;
            flow.store_security_context(Some(text));
            flow.note(Attr::Secctx);
        }
    }
    Ok(())
}

fn labels(flow: &mut Flow, attr: WireAttr<'_>) -> Result<()> {
    match attr.payload.len() {
        0 => Ok(()),
        1..=LABELS_MAX => {
            flow.set_labels(Bitmask::from_ne_bytes(attr.payload));
            Ok(())
        }
        _ => Err(Error::Malformed("label mask too long")),
    }
}
