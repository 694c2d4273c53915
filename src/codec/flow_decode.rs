// SPDX-License-Identifier: GPL-2.0-or-later
//! One message's attributes into a [`Flow`].

#![forbid(unsafe_code)]

use super::tuple;
use crate::bitmask::Bitmask;
use crate::error::{Error, Result};
use crate::flow::storage::{Field, field};
use crate::flow::{Attr, Dir, Flow};
use crate::wire::consts::*;
use crate::wire::{Attr as WireAttr, Attrs, Frame};

/// Longest `CTA_LABELS` accepted: the largest bit mask the API can make.
const LABELS_MAX: usize = (Bitmask::MAX_BIT as usize + 1) / 8;

/// Functions that read the leaves of one nest, one number each: the leaf's type on the wire, how it is read, and the
/// attribute that it sets. Each leaf is written out, so that every place in the object is known at compile time.
macro_rules! leaves {
    ($($nest:ident { $($kind:ident: $read:ident, $to:ident;)* })*) => {$(
        #[inline(always)]
        fn $nest(flow: &mut Flow, attr: WireAttr<'_>) -> Result<()> {
            match attr.kind {
                $($kind => flow.put(field::$to, &attr.$read()?.to_ne_bytes()),)*
                _ => {}
            }
            Ok(())
        }
    )*};
}

leaves! {
    top {
        CTA_STATUS: be32, Status;
        CTA_TIMEOUT: be32, Timeout;
        CTA_MARK: be32, Mark;
        CTA_USE: be32, Use;
        CTA_ID: be32, Id;
        CTA_SECMARK: be32, Secmark;
        CTA_ZONE: be16, Zone;
        CTA_TIMESTAMP_EVENT: be64, TimestampEvent;
    }
    seq_adj_orig {
        CTA_SEQADJ_CORRECTION_POS: be32, OrigNatSeqCorrectionPos;
        CTA_SEQADJ_OFFSET_BEFORE: be32, OrigNatSeqOffsetBefore;
        CTA_SEQADJ_OFFSET_AFTER: be32, OrigNatSeqOffsetAfter;
    }
    seq_adj_reply {
        CTA_SEQADJ_CORRECTION_POS: be32, ReplNatSeqCorrectionPos;
        CTA_SEQADJ_OFFSET_BEFORE: be32, ReplNatSeqOffsetBefore;
        CTA_SEQADJ_OFFSET_AFTER: be32, ReplNatSeqOffsetAfter;
    }
    synproxy {
        CTA_SYNPROXY_ISN: be32, SynproxyIsn;
        CTA_SYNPROXY_ITS: be32, SynproxyIts;
        CTA_SYNPROXY_TSOFF: be32, SynproxyTsoff;
    }
    timestamp {
        CTA_TIMESTAMP_START: be64, TimestampStart;
        CTA_TIMESTAMP_STOP: be64, TimestampStop;
    }
    sctp {
        CTA_PROTOINFO_SCTP_STATE: u8, SctpState;
        CTA_PROTOINFO_SCTP_VTAG_ORIGINAL: be32, SctpVtagOrig;
        CTA_PROTOINFO_SCTP_VTAG_REPLY: be32, SctpVtagRepl;
    }
    dccp {
        CTA_PROTOINFO_DCCP_STATE: u8, DccpState;
        CTA_PROTOINFO_DCCP_ROLE: u8, DccpRole;
        CTA_PROTOINFO_DCCP_HANDSHAKE_SEQ: be64, DccpHandshakeSeq;
    }
    tcp_numbers {
        CTA_PROTOINFO_TCP_STATE: u8, TcpState;
        CTA_PROTOINFO_TCP_WSCALE_ORIGINAL: u8, TcpWscaleOrig;
        CTA_PROTOINFO_TCP_WSCALE_REPLY: u8, TcpWscaleRepl;
    }
}

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

/// Decodes an attribute area; `family` is the message's `nfgen_family`.
///
/// # Errors
/// As [`message`].
pub fn attributes(flow: &mut Flow, family: u8, attrs: Attrs<'_>) -> Result<()> {
    for attr in attrs {
        top_level(flow, family, attr)?;
    }
    Ok(())
}

#[inline(always)]
fn top_level(flow: &mut Flow, family: u8, attr: WireAttr<'_>) -> Result<()> {
    match attr.kind {
        CTA_TUPLE_ORIG => direction(flow, Dir::Orig, family, attr),
        CTA_TUPLE_REPLY => direction(flow, Dir::Reply, family, attr),
        CTA_TUPLE_MASTER => direction(flow, Dir::Master, family, attr),
        CTA_PROTOINFO => protoinfo(flow, attr),
        CTA_COUNTERS_ORIG => counters(flow, attr, field::OrigCounterPackets, field::OrigCounterBytes),
        CTA_COUNTERS_REPLY => counters(flow, attr, field::ReplCounterPackets, field::ReplCounterBytes),
        CTA_HELP => helper(flow, attr),
        CTA_SEQ_ADJ_ORIG => each(flow, attr, seq_adj_orig),
        CTA_SEQ_ADJ_REPLY => each(flow, attr, seq_adj_reply),
        CTA_SECCTX => security_context(flow, attr),
        CTA_TIMESTAMP => each(flow, attr, timestamp),
        CTA_SYNPROXY => each(flow, attr, synproxy),
        CTA_LABELS => labels(flow, attr),
        _ => top(flow, attr),
    }
}

/// Passes the attributes of a nest to `take`, one by one.
#[inline(always)]
fn each(
    flow: &mut Flow,
    nest: WireAttr<'_>,
    take: impl Fn(&mut Flow, WireAttr<'_>) -> Result<()>,
) -> Result<()> {
    for attr in nest.nest()? {
        take(flow, attr)?;
    }
    Ok(())
}

/// A tuple, and the family that its message named. Compiled for each direction.
#[inline(always)]
fn direction(flow: &mut Flow, dir: Dir, family: u8, attr: WireAttr<'_>) -> Result<()> {
    let nest = attr.nest().map(|_| attr)?;
    flow.put(dir.attrs().l3, &[family]);
    tuple::decode(flow, dir, nest)
}

fn protoinfo(flow: &mut Flow, nest: WireAttr<'_>) -> Result<()> {
    each(flow, nest, |flow, info| match info.kind {
        CTA_PROTOINFO_TCP => each(flow, info, tcp),
        CTA_PROTOINFO_SCTP => each(flow, info, sctp),
        CTA_PROTOINFO_DCCP => each(flow, info, dccp),
        _ => Ok(()),
    })
}

#[inline(always)]
fn tcp(flow: &mut Flow, attr: WireAttr<'_>) -> Result<()> {
    match attr.kind {
        CTA_PROTOINFO_TCP_FLAGS_ORIGINAL => {
            let [flags, mask] = attr.array()?;
            flow.put(field::TcpFlagsOrig, &[flags]);
            flow.put(field::TcpMaskOrig, &[mask]);
            Ok(())
        }
        CTA_PROTOINFO_TCP_FLAGS_REPLY => {
            let [flags, mask] = attr.array()?;
            flow.put(field::TcpFlagsRepl, &[flags]);
            flow.put(field::TcpMaskRepl, &[mask]);
            Ok(())
        }
        _ => tcp_numbers(flow, attr),
    }
}

/// Counters have two widths; where a message contains both, the wide one counts, in any order.
fn counters(flow: &mut Flow, nest: WireAttr<'_>, packets: Field<8>, bytes: Field<8>) -> Result<()> {
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
    info.map_or(Ok(()), |info| flow.try_set_helper_info(info))
}

fn security_context(flow: &mut Flow, nest: WireAttr<'_>) -> Result<()> {
    for attr in nest.nest()? {
        if attr.kind == CTA_SECCTX_NAME {
            flow.store_security_context(attr.text()?)?;
            flow.note(Attr::Secctx);
        }
    }
    Ok(())
}

fn labels(flow: &mut Flow, attr: WireAttr<'_>) -> Result<()> {
    match attr.payload.len() {
        0 => Ok(()),
        1..=LABELS_MAX => flow.try_set_labels(Bitmask::try_from_wire(attr.payload)?),
        _ => Err(Error::Malformed("label mask too long")),
    }
}
