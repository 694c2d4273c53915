// SPDX-License-Identifier: GPL-2.0-or-later
//! Unsafe zone 2: the C border, the functions of `libnetfilter_conntrack.so.3`.
//!
//! Each exported function turns pointers into references, calls the core once, and turns the result into a
//! value and `errno`; nothing else. Comments on exported items are written for C readers: they become the
//! header. NULL and other impossible arguments give the failure value and `EINVAL`, never an abort.
//!
//! Who owns what:
//!
//! | C type | here | made by | released by |
//! |---|---|---|---|
//! | `nf_conntrack` | [`Flow`](crate::Flow) | `nfct_new`, `nfct_clone`, the receive loop for a callback; or C, as zeroed memory | `nfct_destroy`; the loop unless the callback kept it |
//! | `nf_expect` | [`Expectation`](crate::Expectation) | `nfexp_new`, `nfexp_clone`, the receive loop; or C, as zeroed memory | `nfexp_destroy`; the loop unless kept |
//! | `nfct_bitmask` | [`Bitmask`](crate::Bitmask) | `nfct_bitmask_new`, `nfct_bitmask_clone` | `nfct_bitmask_destroy`, or the flow it was given to |
//! | `nfct_labelmap` | [`LabelMap`](crate::label::LabelMap) | `nfct_labelmap_new` | `nfct_labelmap_destroy` |
//! | `nfct_filter_dump` | [`DumpFilter`](crate::DumpFilter) | `nfct_filter_dump_create` | `nfct_filter_dump_destroy` |
//! | `nfct_filter` | [`EventFilter`](crate::filter::socket_filter::EventFilter) | `nfct_filter_create` | `nfct_filter_destroy` |
//! | `nfct_handle` | `handle::Handle` | `nfct_open`, `nfct_open_nfnl` | `nfct_close` |
//! | `nfnl_handle` | `nfnl::Netfilter`, from `calloc` | `nfct_open`; or libnfnetlink | `nfct_close` of the handle on it |
//!
//! The `unsafe` functions here rely on the promise of every C call: a pointer is NULL or points to a live object of its
//! type, and no other thread uses the object during the call.

#![allow(unsafe_code)] // pointers from C; the only other places are `sys` and the tool's `sys`

mod bitmask;
mod border;
mod calls;
mod compat;
mod conntrack;
#[cfg(cbindgen)]
mod decl;
mod expect;
mod filter;
mod group;
mod handle;
mod label;
mod layout;
mod message;
mod nfnl;
mod print;
mod receive;
#[cfg(test)]
pub(crate) mod tests;
