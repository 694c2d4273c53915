// SPDX-License-Identifier: GPL-2.0-or-later
//! Requests to the kernel, as complete messages.
//!
//! One table row for each query contains its message number and flags. A query whose object cannot be encoded
//! completely is an error and makes no message: a DELETE that consists of its header only would flush the table.

#![forbid(unsafe_code)]

use crate::codec::{expect_encode, flow_encode, tuple};
use crate::error::{Error, Result};
use crate::expect::{ExpectAttr, Expectation};
use crate::filter::DumpFilter;
use crate::filter::flush::Question;
use crate::flow::{Attr, Dir, Flow};
use crate::wire::consts::*;
use crate::wire::{Builder, Frame, Header};

/// Largest request that is built.
pub const MAX_LEN: usize = 16384;

/// The number of a query, as in the C API's `enum nf_conntrack_query`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Query {
    /// Make an entry that does not exist.
    Create = 0,
    /// Change an entry.
    Update = 1,
    /// Delete an entry.
    Destroy = 2,
    /// Look an entry up.
    Get = 3,
    /// Delete all entries.
    Flush = 4,
    /// List all entries.
    Dump = 5,
    /// List all entries and zero their counters.
    DumpReset = 6,
    /// Make an entry, or change it where it exists.
    CreateUpdate = 7,
    /// List the entries that pass a filter.
    DumpFilter = 8,
    /// List the entries that pass a filter and zero their counters.
    DumpFilterReset = 9,
    /// Delete the entries that pass a filter.
    FlushFilter = 10,
}

/// The subject of a query.
#[derive(Debug, Clone, Copy)]
pub enum Subject<'a> {
    /// One flow.
    Flow(&'a Flow),
    /// One expectation.
    Expectation(&'a Expectation),
    /// A family, 0 for all, of the flow table.
    FlowFamily(u8),
    /// A family, 0 for all, of the expectation table.
    ExpectationFamily(u8),
    /// A filter on the flow table.
    Filter(&'a DumpFilter),
}

/// The kind of subject of a row's query.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wants {
    Object,
    Family,
    Filter,
}

const ACKED: u16 = NLM_F_REQUEST | NLM_F_ACK;
const LISTED: u16 = NLM_F_REQUEST | NLM_F_DUMP;

struct QueryRow {
    query: Query,
    message: u8,
    flags: u16,
    wants: Wants,
    expectations: bool,
}

const fn query(query: Query, message: u8, flags: u16, wants: Wants, expectations: bool) -> QueryRow {
    QueryRow { query, message, flags, wants, expectations }
}

const QUERIES: &[QueryRow] = &[
    query(Query::Create, IPCTNL_MSG_CT_NEW, ACKED | NLM_F_CREATE | NLM_F_EXCL, Wants::Object, true),
    query(Query::Update, IPCTNL_MSG_CT_NEW, ACKED, Wants::Object, false),
    query(Query::Destroy, IPCTNL_MSG_CT_DELETE, ACKED, Wants::Object, true),
    query(Query::Get, IPCTNL_MSG_CT_GET, ACKED, Wants::Object, true),
    query(Query::Flush, IPCTNL_MSG_CT_DELETE, ACKED, Wants::Family, true),
    query(Query::Dump, IPCTNL_MSG_CT_GET, LISTED, Wants::Family, true),
    query(Query::DumpReset, IPCTNL_MSG_CT_GET_CTRZERO, LISTED, Wants::Family, false),
    query(Query::CreateUpdate, IPCTNL_MSG_CT_NEW, ACKED | NLM_F_CREATE, Wants::Object, true),
    query(Query::DumpFilter, IPCTNL_MSG_CT_GET, LISTED, Wants::Filter, false),
    query(Query::DumpFilterReset, IPCTNL_MSG_CT_GET_CTRZERO, LISTED, Wants::Filter, false),
    query(Query::FlushFilter, IPCTNL_MSG_CT_DELETE, ACKED, Wants::Filter, false),
];

impl Query {
    /// The query with this number.
    #[must_use]
    pub fn from_number(number: u32) -> Option<Query> {
        QUERIES.get(usize::try_from(number).ok()?).map(|row| row.query)
    }

    #[allow(clippy::indexing_slicing)] // every number indexes its row: tested below
    fn row(self) -> &'static QueryRow {
        &QUERIES[self as usize]
    }

    /// Whether the expectation table knows this query.
    #[must_use]
    pub fn for_expectations(self) -> bool {
        self.row().expectations
    }

    /// Whether the query is about one object.
    #[must_use]
    pub fn wants_object(self) -> bool {
        self.row().wants == Wants::Object
    }

    /// Whether the query is about a filter.
    #[must_use]
    pub fn wants_filter(self) -> bool {
        self.row().wants == Wants::Filter
    }

    /// Whether the answer is a list ended by `NLMSG_DONE` instead of an acknowledgement.
    #[must_use]
    pub fn is_dump(self) -> bool {
        self.row().flags & NLM_F_DUMP == NLM_F_DUMP // NLM_F_EXCL is one of its two bits
    }
}

const fn kind(subsystem: u8, message: u8) -> u16 {
    u16::from_be_bytes([subsystem, message])
}

/// The types of messages that show a flow in an answer.
pub(crate) const FLOW_ANSWERS: &[u16] = &[kind(NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_NEW)];

/// The same for an expectation.
pub(crate) const EXPECTATION_ANSWERS: &[u16] = &[kind(NFNL_SUBSYS_CTNETLINK_EXP, IPCTNL_MSG_EXP_NEW)];

fn header(subsystem: u8, message: u8, flags: u16, seq: u32) -> Header {
    Header { kind: kind(subsystem, message), flags, seq, ..Header::default() }
}

/// Writes a query's message into `buf` and returns its length.
///
/// # Errors
/// [`Error::Unsupported`] when the table does not know the query; [`Error::Invalid`] when query and subject
/// do not fit, or the object lacks what its message needs; [`Error::NoSpace`].
pub fn build(buf: &mut [u8], query: Query, subject: Subject<'_>, seq: u32) -> Result<usize> {
    let row = query.row();
    let expectations = matches!(subject, Subject::Expectation(_) | Subject::ExpectationFamily(_));
    if expectations && !row.expectations {
        return Err(Error::Unsupported("query on expectations"));
    }
    let subsystem = if expectations { NFNL_SUBSYS_CTNETLINK_EXP } else { NFNL_SUBSYS_CTNETLINK };
    let head = header(subsystem, row.message, row.flags, seq);
    match (row.wants, subject) {
        (Wants::Object, Subject::Flow(flow)) => Ok(begin_whole(buf, head, flow)?.finish()),
        (Wants::Object, Subject::Expectation(expect)) => build_expectation(buf, head, query, expect),
        (Wants::Family, Subject::FlowFamily(family) | Subject::ExpectationFamily(family)) => {
            Ok(Builder::message(buf, head, family, 0)?.finish())
        }
        (Wants::Filter, Subject::Filter(filter)) => {
            let flush = query == Query::FlushFilter;
            let mut b = Builder::message(buf, head, AF_UNSPEC, u8::from(flush))?;
            if flush {
                filter.encode_flush(&mut b)?
            } else {
                filter.encode(&mut b)?
            }
            Ok(b.finish())
        }
        _ => Err(Error::Invalid("this query is about something else")),
    }
}

/// An unfinished message with all present attributes of a flow.
fn begin_whole<'b>(buf: &'b mut [u8], head: Header, flow: &Flow) -> Result<Builder<'b>> {
    let family = family_of(flow, Dir::Orig)?;
    let mut b = Builder::message(buf, head, family, 0)?;
    flow_encode::attributes(&mut b, flow)?;
    Ok(b)
}

fn family_of(flow: &Flow, dir: Dir) -> Result<u8> {
    flow.u8(dir.attrs().l3.attr).ok_or(Error::Invalid("the flow has no address family"))
}

/// Ends a message with the entry's id, where it is known.
fn finish_with_id(mut b: Builder<'_>, flow: &Flow) -> Result<usize> {
    if let Some(id) = flow.id() {
        b.be32(CTA_ID, id)?;
    }
    Ok(b.finish())
}

fn build_expectation(buf: &mut [u8], head: Header, query: Query, expect: &Expectation) -> Result<usize> {
    let family =
        expect_encode::family(expect).ok_or(Error::Invalid("the expectation has no address family"))?;
    let unusable = |which| expect.is_set(which) && !matches!(expect.tuple(which).l3(), AF_INET | AF_INET6);
    if query == Query::Destroy && (!expect.is_set(ExpectAttr::Expected) || unusable(ExpectAttr::Expected)) {
        return Err(Error::Invalid("a DELETE without the expected tuple would flush the table"));
    }
    let mut b = Builder::message(buf, head, family, 0)?;
    expect_encode::attributes(&mut b, expect)?;
    Ok(b.finish())
}

/// Writes the request to delete exactly this entry: original tuple, zone, and id where known.
///
/// # Errors
/// [`Error::Invalid`] or [`Error::Unsupported`] when the flow has no usable original tuple.
pub fn build_exact_delete(buf: &mut [u8], flow: &Flow, flags: u16, seq: u32) -> Result<usize> {
    build_keyed(buf, IPCTNL_MSG_CT_DELETE, flow, flags, seq)
}

/// Writes the request to change exactly this entry: all that is present of the flow, and its id where known.
///
/// Kernels up to 6.18 do not read the id of a change; it is sent so that a kernel that reads it refuses a successor.
///
/// # Errors
/// As [`build`].
pub fn build_exact_update(buf: &mut [u8], flow: &Flow, seq: u32) -> Result<usize> {
    let row = Query::Update.row();
    let head = header(NFNL_SUBSYS_CTNETLINK, row.message, row.flags, seq);
    finish_with_id(begin_whole(buf, head, flow)?, flow)
}

/// Writes the request to look up the entry with this flow's original tuple and zone.
///
/// # Errors
/// As [`build_exact_delete`].
pub fn build_lookup(buf: &mut [u8], flow: &Flow, flags: u16, seq: u32) -> Result<usize> {
    build_keyed(buf, IPCTNL_MSG_CT_GET, flow, flags, seq)
}

fn build_keyed(buf: &mut [u8], message: u8, flow: &Flow, flags: u16, seq: u32) -> Result<usize> {
    // A lookup may name the entry by its reply tuple alone; the library does so only for a flow without original tuple.
    let dir = if flow.is_set(Attr::OrigL3proto) || message == IPCTNL_MSG_CT_DELETE {
        Dir::Orig
    } else {
        Dir::Reply
    };
    let family = family_of(flow, dir)?;
    let head = header(NFNL_SUBSYS_CTNETLINK, message, NLM_F_REQUEST | flags, seq);
    let mut b = Builder::message(buf, head, family, 0)?;
    let (kind, zone) = match dir {
        Dir::Orig => (CTA_TUPLE_ORIG, flow.orig_zone()),
        _ => (CTA_TUPLE_REPLY, flow.reply_zone()),
    };
    tuple::encode(&mut b, kind, flow.tuple(dir), zone)?;
    if let Some(zone) = flow.zone() {
        b.be16(CTA_ZONE, zone)?;
    }
    finish_with_id(b, flow)
}

/// Writes a lookup of a tuple without ports, which no entry has: a kernel that knows ports of the protocol refuses it.
///
/// # Errors
/// [`Error::NoSpace`].
pub fn build_port_probe(buf: &mut [u8], protocol: u8, seq: u32) -> Result<usize> {
    let head = header(NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET, NLM_F_REQUEST | NLM_F_ACK, seq);
    let mut b = Builder::message(buf, head, AF_INET, 0)?;
    b.nest(CTA_TUPLE_ORIG, |b| {
        b.nest(CTA_TUPLE_IP, |b| {
            b.be32(CTA_IP_V4_SRC, 0)?;
            b.be32(CTA_IP_V4_DST, 0)
        })?;
        b.nest(CTA_TUPLE_PROTO, |b| b.u8(CTA_PROTO_NUM, protocol))
    })?;
    Ok(b.finish())
}

/// The protocol and the ports (for GRE the keys) of a request's original tuple, as far as it has them; nothing for a
/// protocol that is not wanted.
#[must_use]
pub fn protocol_and_ports(message: &[u8], is_wanted: impl Fn(u8) -> bool) -> Option<(u8, [u16; 2])> {
    let frame = Frame::read(message).ok()?;
    let tuple = frame.attrs().find(|attr| attr.kind == CTA_TUPLE_ORIG)?;
    let fields = tuple.nest().ok()?.find(|attr| attr.kind == CTA_TUPLE_PROTO)?.nest().ok()?;
    let protocol = fields.clone().find(|field| field.kind == CTA_PROTO_NUM)?.u8().ok();
    let protocol = protocol.filter(|&protocol| is_wanted(protocol))?;
    let mut ports = [0; 2];
    for field in fields {
        match field.kind {
            CTA_PROTO_SRC_PORT => ports[0] = field.be16().ok()?,
            CTA_PROTO_DST_PORT => ports[1] = field.be16().ok()?,
            _ => {}
        }
    }
    Some((protocol, ports))
}

/// Which list of entries to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Table {
    /// The connection tracking table.
    #[default]
    Conntrack,
    /// Entries whose destroy event has not been delivered yet.
    Dying,
    /// Entries of packets that the kernel is still processing (always empty since Linux 5.19).
    Unconfirmed,
}

/// Writes the request for a list; `zero_counters` (of the table proper) resets the counters of what is listed.
///
/// # Errors
/// Those of [`DumpFilter::encode`].
pub fn build_list(
    buf: &mut [u8],
    table: Table,
    zero_counters: bool,
    filter: &DumpFilter,
    seq: u32,
) -> Result<usize> {
    let message = match table {
        Table::Conntrack if zero_counters => IPCTNL_MSG_CT_GET_CTRZERO,
        Table::Conntrack => IPCTNL_MSG_CT_GET,
        Table::Dying => IPCTNL_MSG_CT_GET_DYING,
        Table::Unconfirmed => IPCTNL_MSG_CT_GET_UNCONFIRMED,
    };
    let mut b = Builder::message(buf, header(NFNL_SUBSYS_CTNETLINK, message, LISTED, seq), AF_UNSPEC, 0)?;
    filter.encode(&mut b)?;
    Ok(b.finish())
}

/// Writes the list request that shows whether the kernel honours a condition in a flush.
///
/// # Errors
/// [`Error::NoSpace`].
pub(crate) fn build_question(buf: &mut [u8], question: Question, seq: u32) -> Result<usize> {
    let head = header(NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET, LISTED, seq);
    let mut b = Builder::message(buf, head, AF_UNSPEC, 0)?;
    question.encode(&mut b)?;
    Ok(b.finish())
}

/// Which statistics to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statistics {
    /// The table's fill level.
    Global,
    /// Per-CPU counters of the conntrack table.
    Cpu,
    /// Per-CPU counters of the expectation table.
    ExpectCpu,
}

impl Statistics {
    /// The types of the messages that contain them. Kernels up to 6.18 send the counters of the expectation table with
    /// the number of the other table's subsystem.
    pub(crate) fn answers(self) -> &'static [u16] {
        const GLOBAL: &[u16] = &[kind(NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET_STATS)];
        const CPU: &[u16] = &[kind(NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET_STATS_CPU)];
        const EXPECT_CPU: &[u16] = &[
            kind(NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_EXP_GET_STATS_CPU),
            kind(NFNL_SUBSYS_CTNETLINK_EXP, IPCTNL_MSG_EXP_GET_STATS_CPU),
        ];
        match self {
            Statistics::Global => GLOBAL,
            Statistics::Cpu => CPU,
            Statistics::ExpectCpu => EXPECT_CPU,
        }
    }
}

/// Writes the request for statistics.
///
/// # Errors
/// [`Error::NoSpace`].
pub fn build_statistics(buf: &mut [u8], which: Statistics, seq: u32) -> Result<usize> {
    let (subsystem, message, flags) = match which {
        Statistics::Global => (NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET_STATS, ACKED),
        Statistics::Cpu => (NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET_STATS_CPU, LISTED),
        Statistics::ExpectCpu => (NFNL_SUBSYS_CTNETLINK_EXP, IPCTNL_MSG_EXP_GET_STATS_CPU, LISTED),
    };
    Ok(Builder::message(buf, header(subsystem, message, flags, seq), AF_UNSPEC, 0)?.finish())
}

/// The types of messages that tell the default timeouts of a protocol: the kernel answers with the message that would set
/// them.
pub(crate) const TIMEOUT_ANSWERS: &[u16] = &[
    kind(NFNL_SUBSYS_CTNETLINK_TIMEOUT, IPCTNL_MSG_TIMEOUT_DEFAULT_SET),
    kind(NFNL_SUBSYS_CTNETLINK_TIMEOUT, IPCTNL_MSG_TIMEOUT_DEFAULT_GET),
];

/// Writes the request for the default timeouts of a protocol.
///
/// # Errors
/// [`Error::NoSpace`].
pub fn build_default_timeouts(buf: &mut [u8], protocol: u8, seq: u32) -> Result<usize> {
    let head = header(NFNL_SUBSYS_CTNETLINK_TIMEOUT, IPCTNL_MSG_TIMEOUT_DEFAULT_GET, ACKED, seq);
    let mut b = Builder::message(buf, head, AF_UNSPEC, 0)?;
    b.be16(CTA_TIMEOUT_L3PROTO, AF_INET.into())?;
    b.u8(CTA_TIMEOUT_L4PROTO, protocol)?;
    Ok(b.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_rows_agree() {
        for (number, row) in QUERIES.iter().enumerate() {
            assert_eq!(row.query as usize, number);
            assert_eq!(Query::from_number(u32::try_from(number).unwrap()), Some(row.query));
        }
        assert_eq!(Query::from_number(11), None);
    }

    #[test]
    fn a_delete_that_names_nothing_is_never_built() {
        let mut buf = [0; 256];
        let mut flow = Flow::new();
        assert!(build(&mut buf, Query::Destroy, Subject::Flow(&flow), 1).is_err());
        assert!(build_exact_delete(&mut buf, &flow, NLM_F_ACK, 1).is_err());
        flow.set_bytes(Attr::OrigL3proto, &[7]);
        assert!(build(&mut buf, Query::Destroy, Subject::Flow(&flow), 1).is_err());
        assert!(build_exact_delete(&mut buf, &flow, NLM_F_ACK, 1).is_err());

        let mut expect = Expectation::new();
        let mut master = Flow::new();
        master.set_bytes(Attr::OrigL3proto, &[2]);
        expect.set_tuple(ExpectAttr::Master, &master);
        assert!(build(&mut buf, Query::Destroy, Subject::Expectation(&expect), 1).is_err());
        expect.set_tuple(ExpectAttr::Expected, &Flow::new());
        assert!(build(&mut buf, Query::Destroy, Subject::Expectation(&expect), 1).is_err());
        expect.set_tuple(ExpectAttr::Expected, &master);
        assert!(build(&mut buf, Query::Destroy, Subject::Expectation(&expect), 1).is_ok());
    }

    #[test]
    fn an_exact_change_is_the_query_and_the_id() {
        let (mut plain, mut exact) = ([0; 256], [0; 256]);
        let mut flow = Flow::new();
        assert!(build_exact_update(&mut exact, &flow, 1).is_err());
        flow.set_bytes(Attr::OrigL3proto, &[2]);
        flow.set_mark(7);
        let len = build(&mut plain, Query::Update, Subject::Flow(&flow), 1).unwrap();
        assert_eq!(build_exact_update(&mut exact, &flow, 1), Ok(len));
        assert_eq!(plain, exact);
        flow.set_id(0x0102_0304);
        assert_eq!(build_exact_update(&mut exact, &flow, 1), Ok(len + 8));
        assert_eq!(exact[len + 4..len + 8], [1, 2, 3, 4]);
    }

    #[test]
    fn query_and_subject_must_fit() {
        let mut buf = [0; 256];
        let flow = Flow::new();
        assert!(build(&mut buf, Query::Dump, Subject::Flow(&flow), 1).is_err());
        assert!(build(&mut buf, Query::Create, Subject::FlowFamily(2), 1).is_err());
        assert!(matches!(
            build(&mut buf, Query::DumpReset, Subject::ExpectationFamily(2), 1),
            Err(Error::Unsupported(_))
        ));
    }

    /// The type, the flags and the family of a message, its two bytes of version and resource, and the types of its
    /// attributes.
    fn parts(message: &[u8]) -> (u16, u16, u8, Vec<u16>) {
        let frame = Frame::read(message).unwrap();
        assert_eq!(frame.bytes.len(), message.len());
        assert_eq!(frame.payload[1..4], [0; 3], "version and resource");
        let kinds = frame.attrs().map(|attr| attr.kind).collect();
        (frame.header.kind, frame.header.flags, frame.family().unwrap(), kinds)
    }

    fn udp(dir: Dir) -> Flow {
        let mut flow = Flow::new();
        let (src, dst) = ("2001:db8::1".parse().unwrap(), "2001:db8::2".parse().unwrap());
        flow.set_tuple(dir, src, dst, crate::flow::L4::Udp { sport: 1, dport: 53 });
        flow
    }

    #[test]
    fn a_lookup_names_the_reply_tuple_where_there_is_no_original_one_and_a_deletion_never() {
        let mut buf = [0; 256];
        let mut flow = udp(Dir::Reply);
        assert!(build_exact_delete(&mut buf, &flow, NLM_F_ACK, 1).is_err());
        let len = build_lookup(&mut buf, &flow, NLM_F_ACK, 1).unwrap();
        let get = kind(NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET);
        assert_eq!(parts(&buf[..len]), (get, ACKED, AF_INET6, vec![CTA_TUPLE_REPLY]));
        flow.copy_from(&udp(Dir::Orig), crate::flow::CopyFlags::ORIG);
        flow.set_zone(7);
        flow.set_id(9);
        let len = build_lookup(&mut buf, &flow, 0, 1).unwrap();
        let keys = vec![CTA_TUPLE_ORIG, CTA_ZONE, CTA_ID];
        assert_eq!(parts(&buf[..len]), (get, NLM_F_REQUEST, AF_INET6, keys.clone()));
        let len = build_exact_delete(&mut buf, &flow, NLM_F_ACK, 1).unwrap();
        let delete = kind(NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_DELETE);
        assert_eq!(parts(&buf[..len]), (delete, ACKED, AF_INET6, keys));
    }

    #[test]
    fn a_probe_of_ports_is_a_lookup_without_them() {
        let mut buf = [0; 256];
        let len = build_port_probe(&mut buf, IPPROTO_DCCP, 1).unwrap();
        let get = kind(NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET);
        assert_eq!(parts(&buf[..len]), (get, ACKED, AF_INET, vec![CTA_TUPLE_ORIG]));
        let (mut flow, frame) = (Flow::new(), Frame::read(&buf[..len]).unwrap());
        crate::codec::flow_decode::message(&mut flow, &frame).unwrap();
        let none = std::net::Ipv4Addr::UNSPECIFIED.into();
        let tuple = flow.tuple(Dir::Orig);
        assert_eq!((tuple.src(), tuple.dst(), tuple.l4()), (Some(none), Some(none), IPPROTO_DCCP));
        assert!(flow.all_set(&[Attr::OrigIpv4Src, Attr::OrigIpv4Dst]));
        assert!(!flow.any_set(&[Attr::OrigPortSrc, Attr::OrigPortDst]));
        assert_eq!(protocol_and_ports(&buf[..len], |_| true), Some((IPPROTO_DCCP, [0, 0])));
    }

    #[test]
    fn a_request_s_ports_are_read_of_its_original_tuple() {
        let (mut buf, mut flow) = ([0; 512], udp(Dir::Orig));
        flow.copy_from(&udp(Dir::Reply), crate::flow::CopyFlags::REPLY);
        flow.set_bytes(Attr::ReplPortSrc, &[9, 9]);
        let len = build(&mut buf, Query::Create, Subject::Flow(&flow), 1).unwrap();
        assert_eq!(protocol_and_ports(&buf[..len], |protocol| protocol == 17), Some((17, [1, 53])));
        assert_eq!(protocol_and_ports(&buf[..len], |protocol| protocol != 17), None);
        let len = build_lookup(&mut buf, &udp(Dir::Reply), 0, 1).unwrap();
        assert_eq!(protocol_and_ports(&buf[..len], |_| true), None, "it has no original tuple");
    }

    #[test]
    fn a_list_names_its_table_and_its_filter() {
        let (mut buf, plain) = ([0; 256], DumpFilter::new());
        let filter =
            DumpFilter { family: Some(AF_INET6), mark: Some(Default::default()), ..DumpFilter::new() };
        let rows = [
            (Table::Conntrack, false, IPCTNL_MSG_CT_GET),
            (Table::Conntrack, true, IPCTNL_MSG_CT_GET_CTRZERO),
            (Table::Dying, false, IPCTNL_MSG_CT_GET_DYING),
            (Table::Unconfirmed, false, IPCTNL_MSG_CT_GET_UNCONFIRMED),
        ];
        for (table, zero_counters, message) in rows {
            let kind = kind(NFNL_SUBSYS_CTNETLINK, message);
            let len = build_list(&mut buf, table, zero_counters, &plain, 1).unwrap();
            assert_eq!(parts(&buf[..len]), (kind, LISTED, AF_UNSPEC, vec![]), "{table:?}");
            let len = build_list(&mut buf, table, zero_counters, &filter, 1).unwrap();
            let marked = vec![CTA_MARK, CTA_MARK_MASK];
            assert_eq!(parts(&buf[..len]), (kind, LISTED, AF_INET6, marked), "{table:?}");
        }
    }

    #[test]
    fn statistics_are_asked_for_and_answered_by_one_number_each() {
        for which in [Statistics::Global, Statistics::Cpu, Statistics::ExpectCpu] {
            let mut buf = [0; 64];
            let len = build_statistics(&mut buf, which, 1).unwrap();
            let (kind, flags, family, attrs) = parts(&buf[..len]);
            assert_eq!((family, attrs), (AF_UNSPEC, vec![]));
            assert_eq!(flags, if which == Statistics::Global { ACKED } else { LISTED });
            assert_eq!(which.answers().last(), Some(&kind), "{which:?}");
        }
    }

    #[test]
    fn a_question_before_a_flush_is_a_list_with_its_condition() {
        let filter = DumpFilter { mark: Some(Default::default()), zone: Some(1), ..DumpFilter::new() };
        let get = kind(NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET);
        let mut asked = Vec::new();
        for question in filter.flush_questions() {
            let mut buf = [0; 256];
            let len = build_question(&mut buf, question, 1).unwrap();
            let (kind, flags, family, attrs) = parts(&buf[..len]);
            assert_eq!((kind, flags), (get, LISTED));
            asked.push((family, attrs));
        }
        let zone = vec![CTA_ZONE, CTA_STATUS_MASK];
        assert_eq!(asked, [(AF_INET, vec![CTA_MARK_MASK]), (AF_UNSPEC, zone)]);
    }

    #[test]
    fn default_timeouts_are_asked_for_by_protocol() {
        let mut buf = [0; 64];
        let len = build_default_timeouts(&mut buf, IPPROTO_DCCP, 1).unwrap();
        let (kind, flags, family, attrs) = parts(&buf[..len]);
        assert_eq!((Some(&kind), flags, family), (TIMEOUT_ANSWERS.last(), ACKED, AF_UNSPEC));
        assert_eq!(attrs, [CTA_TIMEOUT_L3PROTO, CTA_TIMEOUT_L4PROTO]);
        let values: Vec<Vec<u8>> =
            Frame::read(&buf[..len]).unwrap().attrs().map(|attr| attr.payload.to_vec()).collect();
        assert_eq!(values, [vec![0, AF_INET], vec![IPPROTO_DCCP]]);
    }

    #[test]
    fn queries_that_list_and_those_about_expectations_are_these() {
        let all = |is: fn(Query) -> bool| QUERIES.iter().map(|row| row.query).filter(move |&query| is(query));
        let dumps = [Query::Dump, Query::DumpReset, Query::DumpFilter, Query::DumpFilterReset];
        assert!(all(Query::is_dump).eq(dumps));
        let others =
            [Query::Update, Query::DumpReset, Query::DumpFilter, Query::DumpFilterReset, Query::FlushFilter];
        assert!(all(|query| !query.for_expectations()).eq(others));
    }
}
