// SPDX-License-Identifier: GPL-2.0-or-later
//! The types of the C header: tags of opaque objects, and the structures whose members callers use.

#![allow(non_camel_case_types, missing_docs)] // C names, described where the header describes them
#![allow(dead_code)] // the structures are for C programs; 1.85 warns that none is made here

use super::border::{AllZero, Object};
use crate::bitmask::Bitmask;
use crate::expect::Expectation;
use crate::filter::DumpFilter;
use crate::filter::socket_filter::EventFilter;
use crate::flow::Flow;
use crate::label::LabelMap;
use libc::{c_int, c_uint};

/// A conntrack object: one entry of the connection tracking table, or a part of an entry.
///
/// An all-zero block of nfct_maxsize() bytes is an empty object.
/// @ingroup nfct_new
pub struct nf_conntrack {
    _tag: (),
}

/// An expectation object: a connection that a helper expects.
///
/// An all-zero block of nfexp_maxsize() bytes is an empty object.
/// @ingroup nfexp_new
pub struct nf_expect {
    _tag: (),
}

/// A set of bits, which connection labels use.
/// @ingroup nfct_bitmask_new
pub struct nfct_bitmask {
    _tag: (),
}

/// Names for the bits of connection labels.
/// @ingroup nfct_labelmap_new
pub struct nfct_labelmap {
    _tag: (),
}

/// A filter that the kernel applies to a dump or a flush.
/// @ingroup nfct_filter_dump_create
pub struct nfct_filter_dump {
    _tag: (),
}

/// A filter for events, on a socket.
/// @ingroup nfct_filter_create
pub struct nfct_filter {
    _tag: (),
}

/// A connection to the kernel.
///
/// Different threads may use different handles at the same time; only one thread at a time may use a handle. Exception:
/// while one thread receives on a handle, other threads may send on it with nfct_send() and nfexp_send().
/// @ingroup nfct_open
pub struct nfct_handle {
    _tag: (),
}

impl Object for nf_conntrack {
    type Inner = Flow;
}

impl Object for nf_expect {
    type Inner = Expectation;
}

impl Object for nfct_bitmask {
    type Inner = Bitmask;
}

impl Object for nfct_labelmap {
    type Inner = LabelMap;
}

impl Object for nfct_filter {
    type Inner = EventFilter;
}

impl Object for nfct_filter_dump {
    type Inner = DumpFilter;
}

impl Object for nfct_handle {
    type Inner = super::handle::Handle;
}

// SAFETY: a flow consists of bytes, words and optional boxes; zero is no box.
unsafe impl AllZero for nf_conntrack {}
// SAFETY: an expectation is bytes only.
unsafe impl AllZero for nf_expect {}

// Numbers that C passes as an enumeration: C may pass any number. The header shows the enumeration.
pub type ConntrackAttr = c_uint;
pub type ConntrackGroup = c_uint;
pub type ExpectationAttr = c_uint;
pub type MessageType = c_int;
pub type QueryNumber = c_uint;
pub type FilterAttr = c_uint;
pub type FilterLogic = c_uint;
pub type FilterDumpAttr = c_uint;

/// ATTR_GRP_*_IPV4: addresses in network byte order.
/// @ingroup nfct_set_attr_grp
#[repr(C)]
pub struct nfct_attr_grp_ipv4 {
    /// the source address
    pub src: u32,
    /// the destination address
    pub dst: u32,
}

/// ATTR_GRP_*_IPV6: addresses in network byte order.
/// @ingroup nfct_set_attr_grp
#[repr(C)]
pub struct nfct_attr_grp_ipv6 {
    /// the source address
    pub src: [u32; 4],
    /// the destination address
    pub dst: [u32; 4],
}

/// ATTR_GRP_*_PORT: ports in network byte order.
/// @ingroup nfct_set_attr_grp
#[repr(C)]
pub struct nfct_attr_grp_port {
    /// the source port
    pub sport: u16,
    /// the destination port
    pub dport: u16,
}

/// ATTR_GRP_ICMP; the id is in network byte order.
/// @ingroup nfct_set_attr_grp
#[repr(C)]
pub struct nfct_attr_grp_icmp {
    /// the id
    pub id: u16,
    /// the code
    pub code: u8,
    /// the type
    pub r#type: u8,
}

/// ATTR_GRP_*_COUNTERS.
/// @ingroup nfct_set_attr_grp
#[repr(C)]
pub struct nfct_attr_grp_ctrs {
    /// the number of packets
    pub packets: u64,
    /// the number of bytes
    pub bytes: u64,
}

/// ATTR_GRP_*_ADDR_*: an address of either family in network byte order.
/// @ingroup nfct_set_attr_grp
#[repr(C)]
#[derive(Clone, Copy)]
pub union nfct_attr_grp_addr {
    /// the IPv4 address
    pub ip: u32,
    /// the IPv6 address
    pub ip6: [u32; 4],
    /// all four words, whatever the family
    pub addr: [u32; 4],
}

/// NFCT_FILTER_L4PROTO_STATE: a protocol and one of its states.
/// @ingroup nfct_filter_create
#[repr(C)]
pub struct nfct_filter_proto {
    /// the protocol, IPPROTO_*
    pub proto: u16,
    /// the state, enum tcp_state, sctp_state or dccp_state
    pub state: u16,
}

/// NFCT_FILTER_*_IPV4: address and mask in host byte order.
/// @ingroup nfct_filter_create
#[repr(C)]
pub struct nfct_filter_ipv4 {
    /// the address
    pub addr: u32,
    /// the bits of the address that count
    pub mask: u32,
}

/// NFCT_FILTER_*_IPV6: address and mask as four words in host byte order.
/// @ingroup nfct_filter_create
#[repr(C)]
pub struct nfct_filter_ipv6 {
    /// the address
    pub addr: [u32; 4],
    /// the bits of the address that count
    pub mask: [u32; 4],
}

/// NFCT_FILTER_MARK, NFCT_FILTER_DUMP_MARK and NFCT_FILTER_DUMP_STATUS: a value and the bits that count.
/// @ingroup nfct_filter_dump_create
#[repr(C)]
pub struct nfct_filter_dump_mark {
    /// the value
    pub val: u32,
    /// the bits of the value that count
    pub mask: u32,
}

const _: () = {
    assert!(size_of::<nfct_attr_grp_ipv4>() == 8 && size_of::<nfct_attr_grp_ipv6>() == 32);
    assert!(size_of::<nfct_attr_grp_port>() == 4 && size_of::<nfct_attr_grp_icmp>() == 4);
    assert!(size_of::<nfct_attr_grp_ctrs>() == 16 && size_of::<nfct_attr_grp_addr>() == 16);
    assert!(size_of::<nfct_filter_proto>() == 4 && size_of::<nfct_filter_ipv4>() == 8);
    assert!(size_of::<nfct_filter_ipv6>() == 32 && size_of::<nfct_filter_dump_mark>() == 8);
    assert!(std::mem::offset_of!(nfct_attr_grp_icmp, code) == 2);
    assert!(std::mem::offset_of!(nfct_attr_grp_icmp, r#type) == 3);
};
