// SPDX-License-Identifier: GPL-2.0-or-later
//! The types of the C header: tags of opaque objects, and the structures whose members callers use.

#![allow(non_camel_case_types, missing_docs)] // C names, described where the header describes them

use super::border::{AllZero, Object};
use crate::bitmask::Bitmask;
use crate::expect::Expectation;
use crate::filter::DumpFilter;
use crate::flow::Flow;
use crate::label::LabelMap;
use libc::{c_int, c_uint};

/// A conntrack object: one entry of the connection tracking table, or the part of one that is known.
///
/// An all-zero block of nfct_maxsize() bytes is an empty one.
pub struct nf_conntrack {
    _tag: (),
}

/// An expectation object: a connection that a helper waits for.
///
/// An all-zero block of nfexp_maxsize() bytes is an empty one.
pub struct nf_expect {
    _tag: (),
}

/// A set of bits, as connection labels use it.
pub struct nfct_bitmask {
    _tag: (),
}

/// Names for the bits of connection labels.
pub struct nfct_labelmap {
    _tag: (),
}

/// A filter that the kernel applies to a dump or a flush.
pub struct nfct_filter_dump {
    _tag: (),
}

/// A connection to the kernel.
///
/// Different handles may be used from different threads at the same time; one handle by one thread at a time.
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

impl Object for nfct_filter_dump {
    type Inner = DumpFilter;
}

impl Object for nfct_handle {
    type Inner = super::handle::Handle;
}

// SAFETY: a flow is bytes, words and optional boxes; zero is none of the latter.
unsafe impl AllZero for nf_conntrack {}
// SAFETY: an expectation is bytes only.
unsafe impl AllZero for nf_expect {}

// Numbers that C passes as an enumeration: any number may come. The header shows the enumeration.
pub type ConntrackAttr = c_uint;
pub type ConntrackGroup = c_uint;
pub type ExpectationAttr = c_uint;
pub type MessageType = c_int;
pub type QueryNumber = c_uint;
