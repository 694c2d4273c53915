// SPDX-License-Identifier: GPL-2.0-or-later
//! The exported functions, called as C calls them: impossible arguments, object life, views, callbacks.

#![allow(deprecated)] // they are exported, so they are tested
#![allow(unused_unsafe)] // the macros stand inside unsafe blocks, too

use super::border::leavable_boundary;
use super::layout::*;
use super::receive::{Wanted, run};
use super::{bitmask::*, compat::*, conntrack::*, expect::*, filter::*, group::*, handle::*};
use super::{label::*, message::*, print::*};
use crate::bitmask::Bitmask;
use crate::flow::Attr;
use crate::flow::attr::{ROWS, Store};
use crate::sys::script::Arrival;
use crate::sys::{errno, namespace};
use crate::{Dir, Error, Flow, L4};
use libc::{c_char, c_int, c_void};
use std::cell::Cell;
use std::os::fd::{AsRawFd, IntoRawFd};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::ptr::{null, null_mut};

const ORIG_L3PROTO: u32 = 15;
const MARK: u32 = 25;
const TIMESTAMP_START: u32 = 63;
const HELPER_NAME: u32 = 55;
const HELPER_INFO: u32 = 65;
const CONNLABELS: u32 = 66;
const CONNLABELS_MASK: u32 = 67;

const CREATE: u32 = 0;
const DESTROY: u32 = 2;
const GET: u32 = 3;
const DUMP: u32 = 5;
const NFCT_CB_STOP: c_int = 0;
const NFCT_CB_CONTINUE: c_int = 1;

/// Calls a function and expects this value and `errno`.
macro_rules! answers {
    ($($call:expr => $value:expr, $errno:expr;)*) => {$(
        errno::set(0);
        // SAFETY: NULL, or live objects of the calling test.
        let value = unsafe { $call };
        assert_eq!((value, errno::get()), ($value, $errno), "{}", stringify!($call));
    )*};
}

/// Calls a function of no value and expects this `errno`.
macro_rules! leaves {
    ($errno:expr; $($call:expr;)*) => {$(
        errno::set(0);
        // SAFETY: NULL, or live objects of the calling test.
        unsafe { $call };
        assert_eq!(errno::get(), $errno, "{}", stringify!($call));
    )*};
}

pub(crate) mod on_a_socket;

fn control(kind: u16, flags: u16, seq: u32, payload: &[u8]) -> Vec<u8> {
    let len = 16 + u32::try_from(payload.len()).unwrap();
    let [l, s] = [len, seq].map(u32::to_ne_bytes);
    let [k, f] = [kind, flags].map(u16::to_ne_bytes);
    [&l[..], &k, &f, &s, &[0; 4], payload].concat()
}

fn udp(sport: u16) -> Flow {
    let mut flow = Flow::new();
    let address = |text: &str| text.parse().unwrap();
    flow.set_tuple(Dir::Orig, address("192.0.2.1"), address("192.0.2.2"), L4::Udp { sport, dport: 53 });
    flow.set_reply_from_original();
    flow.set_timeout_secs(300);
    flow
}

/// C's view of a Rust object.
fn c<T, C>(object: &mut T) -> *mut C {
    std::ptr::from_mut(object).cast()
}

#[test]
fn null_gives_the_failure_value_and_einval() {
    use libc::EINVAL as E;
    let (ct, exp): (*mut nf_conntrack, *mut nf_expect) = (null_mut(), null_mut());
    let (h, no, buf): (*mut nfct_handle, *const c_void, *mut c_char) = (null_mut(), null(), null_mut());
    let mut flow = Flow::new();
    let real: *mut nf_conntrack = c(&mut flow);
    let mut text = [0; 8];
    let room = text.as_mut_ptr();
    answers! {
        nfct_clone(ct) => null_mut(), E;
        nfct_sizeof(ct) => 0, E;
        nfct_setobjopt(ct, 0) => -1, E;
        nfct_getobjopt(ct, 99) => -1, E;
        nfct_get_attr(ct, 0) => null(), E;
        nfct_get_attr_u8(ct, 0) => 0, E;
        nfct_get_attr_u16(ct, 0) => 0, E;
        nfct_get_attr_u32(ct, 0) => 0, E;
        nfct_get_attr_u64(ct, 0) => 0, E;
        nfct_attr_is_set(ct, 0) => -1, E;
        nfct_attr_is_set_array(ct, null(), 1) => -1, E;
        nfct_attr_is_set_array(real, null(), 1) => -1, E;
        nfct_attr_is_set_array(real, null(), 0) => 1, 0;
        nfct_attr_unset(ct, 0) => -1, E;
        nfct_get_attr_grp(ct, 0, null_mut()) => -1, E;
        nfct_attr_grp_is_set(ct, 0) => -1, E;
        nfct_attr_grp_unset(ct, 0) => -1, E;
        nfct_snprintf(room, 8, ct, 0, 0, 0) => -1, E;
        nfct_snprintf(buf, 8, real, 0, 0, 0) => -1, E;
        nfct_snprintf(room, 0, real, 0, 0, 0) => -1, E;
        nfct_snprintf_labels(buf, 8, real, 0, 1, 0, null_mut()) => -1, E;
        nfct_snprintf_labels(room, 8, ct, 0, 0, 0, null_mut()) => -1, E;
        nfct_compare(ct, real) => 0, E;
        nfct_cmp(real, ct, 1) => 0, E;
        nfct_cmp(real, ct, 0) => 0, E;
        nfct_close(h) => -1, E;
        nfct_fd(h) => -1, E;
        nfct_nfnlh(h) => null(), E;
        nfct_open_nfnl(null_mut(), 1, 0) => null_mut(), E;
        nfct_callback_register(h, 7, None, null_mut()) => -1, E;
        nfct_callback_register2(h, 7, None, null_mut()) => -1, E;
        nfct_query(h, 5, room.cast()) => -1, E;
        nfct_send(h, 5, room.cast()) => -1, E;
        nfct_catch(h) => -1, E;
        nfct_bitmask_clone(null()) => null_mut(), E;
        nfct_bitmask_maxbit(null()) => 0, E;
        nfct_bitmask_test_bit(null(), 1) => 0, E;
        nfct_bitmask_equal(null(), null()) => false, E;
        nfct_labelmap_get_name(null_mut(), 1) => null(), E;
        nfct_labelmap_get_bit(null_mut(), room) => -1, E;
        nfct_filter_set_logic(null_mut(), 0, 0) => -1, E;
        nfct_filter_set_logic(null_mut(), 8, 0) => -1, libc::ENOTSUP;
        nfct_filter_attach(-1, null_mut()) => -1, E;
        nfct_filter_detach(-1) => -1, libc::EBADF;
        nfct_nlmsg_build(null_mut(), real) => -1, E;
        nfct_nlmsg_build(room.cast(), ct) => -1, E;
        nfct_nlmsg_build_filter(room.cast(), null()) => -1, E;
        nfct_nlmsg_parse(null(), real) => -1, E;
        nfct_nlmsg_parse(room.cast(), ct) => -1, E;
        nfct_payload_parse(no, 4, 2, real) => -1, E;
        nfct_payload_parse(room.cast(), 4, 2, ct) => -1, E;
        nfct_build_conntrack(null_mut(), room.cast(), 8, 0, 0, real) => -1, E;
        nfct_build_query(null_mut(), 5, no, room.cast(), 8) => -1, E;
        nfct_build_query(null_mut(), 5, room.cast(), null_mut(), 8) => -1, E;
        nfct_parse_conntrack(7, null(), real) => -1, E;
        nfct_parse_conntrack(7, room.cast(), ct) => -1, E;
        nfexp_clone(exp) => null_mut(), E;
        nfexp_sizeof(exp) => 0, E;
        nfexp_cmp(exp, exp, 0) => 0, E;
        nfexp_get_attr(exp, 0) => null(), E;
        nfexp_get_attr_u8(exp, 0) => 0, E;
        nfexp_get_attr_u16(exp, 0) => 0, E;
        nfexp_get_attr_u32(exp, 0) => 0, E;
        nfexp_attr_is_set(exp, 0) => -1, E;
        nfexp_attr_unset(exp, 0) => -1, E;
        nfexp_snprintf(room, 8, exp, 0, 0, 0) => -1, E;
        nfexp_callback_register(h, 7, None, null_mut()) => -1, E;
        nfexp_callback_register2(h, 7, None, null_mut()) => -1, E;
        nfexp_query(h, 5, room.cast()) => -1, E;
        nfexp_send(h, 5, room.cast()) => -1, E;
        nfexp_catch(h) => -1, E;
        nfexp_nlmsg_build(room.cast(), exp) => -1, E;
        nfexp_nlmsg_parse(room.cast(), exp) => -1, E;
        nfexp_build_expect(null_mut(), room.cast(), 8, 0, 0, exp) => -1, E;
        nfexp_build_query(null_mut(), 5, no, room.cast(), 8) => -1, E;
        nfexp_parse_expect(7, room.cast(), exp) => -1, E;
    }
    leaves! { E;
        nfct_destroy(ct);
        nfct_set_attr(ct, 0, room.cast());
        nfct_set_attr(real, 0, no);
        nfct_set_attr(real, 999, no);
        nfct_set_attr_u8(ct, 0, 0);
        nfct_set_attr_u16(ct, 0, 0);
        nfct_set_attr_u32(ct, 0, 0);
        nfct_set_attr_u64(ct, 0, 0);
        nfct_set_attr_l(real, HELPER_INFO, no, 4);
        nfct_set_attr_grp(ct, 0, room.cast());
        nfct_set_attr_grp(real, 0, no);
        nfct_copy(ct, real, 0);
        nfct_copy(ct, real, 8);
        nfct_copy(real, ct, 8);
        nfct_copy_attr(ct, real, 0);
        nfct_copy_attr(real, ct, 0);
        nfct_callback_unregister(h);
        nfct_callback_unregister2(h);
        nfct_bitmask_set_bit(null_mut(), 1);
        nfct_bitmask_unset_bit(null_mut(), 1);
        nfct_bitmask_clear(null_mut());
        nfct_labelmap_destroy(null_mut());
        nfct_filter_destroy(null_mut());
        nfct_filter_add_attr(null_mut(), 0, room.cast());
        nfct_filter_add_attr_u32(null_mut(), 0, 6);
        nfct_filter_dump_destroy(null_mut());
        nfct_filter_dump_set_attr(null_mut(), 0, room.cast());
        nfct_filter_dump_set_attr_u8(null_mut(), 1, 2);
        nfct_filter_dump_set_attr_u16(null_mut(), 3, 2);
        nfexp_destroy(exp);
        nfexp_set_attr(exp, 0, room.cast());
        nfexp_set_attr_u8(exp, 3, 0);
        nfexp_set_attr_u16(exp, 3, 0);
        nfexp_set_attr_u32(exp, 3, 0);
        nfexp_callback_unregister(h);
        nfexp_callback_unregister2(h);
    }
    leaves! { 0;
        nfct_bitmask_destroy(null_mut());
        nfct_set_attr_grp(real, 10, no);
        nfct_set_attr_u32(real, 76, 0);
        nfct_set_attr_grp(real, 16, no);
    }
}

#[test]
fn an_object_that_is_not_aligned_is_refused() {
    let mut block = [0u64; 64];
    let odd: *mut nf_conntrack = std::ptr::from_mut(&mut block).cast::<u8>().wrapping_add(1).cast();
    answers! { nfct_attr_unset(odd, 0) => -1, libc::EINVAL; }
}

#[test]
fn numbers_that_no_attribute_has_are_told_by_every_getter() {
    let mut flow = udp(1);
    let ct: *mut nf_conntrack = c(&mut flow);
    for kind in [76, 77, 0x7fff_ffff, u32::MAX] {
        answers! {
            nfct_get_attr(ct, kind) => null(), libc::EINVAL;
            nfct_get_attr_u8(ct, kind) => 0, libc::EINVAL;
            nfct_get_attr_u64(ct, kind) => 0, libc::EINVAL;
            nfct_attr_is_set(ct, kind) => -1, libc::EINVAL;
            nfct_attr_unset(ct, kind) => -1, libc::EINVAL;
            nfct_get_attr_grp(ct, kind, null_mut()) => -1, libc::EINVAL;
        }
    }
    answers! {
        nfct_get_attr_u32(ct, MARK) => 0, libc::ENODATA;
        nfct_get_attr(ct, MARK) => null(), libc::ENODATA;
        nfct_getobjopt(ct, 4) => -1, libc::EOPNOTSUPP;
        nfct_setobjopt(ct, 6) => -1, libc::EOPNOTSUPP;
    }
}

#[test]
fn getters_point_into_the_object_and_read_as_wide_as_they_are() {
    let mut flow = Flow::new();
    let ct: *mut nf_conntrack = c(&mut flow);
    for row in ROWS.iter().filter(|row| !matches!(row.store, Store::Heap | Store::DecodeOnly)) {
        // SAFETY: a live object; every setter of these reads at most eight bytes of the number.
        let (at, wide) = unsafe {
            nfct_set_attr_u64(ct, row.attr as u32, 0x1122_3344_5566_7788);
            (nfct_get_attr(ct, row.attr as u32), nfct_get_attr_u64(ct, row.attr as u32))
        };
        assert_eq!(at.cast::<u8>(), ct.cast::<u8>().wrapping_add(row.offset).cast_const(), "{}", row.name);
        // SAFETY: every attribute stands eight bytes or more before the end of the object.
        assert_eq!(wide, unsafe { at.cast::<u64>().read_unaligned() }, "wherever it stands: {}", row.name);
    }
    // SAFETY: a live object.
    unsafe {
        assert_eq!(nfct_get_attr_u32(ct, MARK), 0x5566_7788);
        assert_eq!(nfct_get_attr_u64(ct, MARK) & 0xffff_ffff, 0x5566_7788);
        nfct_set_attr_u8(ct, MARK, 7);
        assert_eq!(nfct_get_attr_u32(ct, MARK), 7, "zeros extend a narrow value");
        nfct_set_attr(ct, 0, nfct_get_attr(ct, 1)); // the value is a part of the object
        assert_eq!(nfct_get_attr_u32(ct, 0), nfct_get_attr_u32(ct, 1));
    }
}

#[test]
fn label_masks_are_owned_once() {
    // SAFETY: live objects; each mask is given away once or stays the test's.
    unsafe {
        let ct = nfct_new();
        let mask = nfct_bitmask_new(127);
        nfct_bitmask_set_bit(mask, 5);
        nfct_set_attr(ct, CONNLABELS, mask.cast());
        nfct_set_attr(ct, CONNLABELS, mask.cast()); // again: nothing changes
        assert_eq!(nfct_get_attr(ct, CONNLABELS), mask.cast::<c_void>().cast_const());
        nfct_set_attr(ct, CONNLABELS_MASK, mask.cast()); // as the other one, too: a duplicate is made
        let other = nfct_get_attr(ct, CONNLABELS_MASK).cast::<nfct_bitmask>();
        assert!(other != mask.cast_const() && nfct_bitmask_equal(mask, other));
        nfct_set_attr_u32(ct, CONNLABELS, 5);
        assert_eq!(errno::get(), libc::EINVAL);
        let copy = nfct_clone(ct);
        nfct_destroy(ct);
        let kept = nfct_get_attr(copy, CONNLABELS).cast();
        assert_eq!((nfct_bitmask_test_bit(kept, 5), nfct_bitmask_maxbit(kept)), (1, 127));
        nfct_destroy(copy);
    }
}

#[test]
fn zeroed_memory_is_an_object_and_an_override_fills_raw_memory() {
    let mut block = [0u64; 50];
    let mut raw = [u64::MAX; 50];
    let (ct, dest): (*mut nf_conntrack, *mut nf_conntrack) = (c(&mut block), c(&mut raw));
    assert!(nfct_maxsize() <= size_of_val(&block));
    // SAFETY: blocks of the size that the library asks for.
    unsafe {
        nfct_set_attr(ct, HELPER_NAME, c"ftp".as_ptr().cast());
        nfct_copy(dest, ct, 8);
        nfct_copy(ct, ct, 8);
        let name = std::ffi::CStr::from_ptr(nfct_get_attr(dest, HELPER_NAME).cast());
        assert_eq!(name, c"ftp");
        assert_eq!(nfct_compare(ct, dest), 1);
    }
}

#[test]
fn every_buffer_size_gets_a_terminated_text_of_the_same_length() {
    let mut flow = udp(40000);
    flow.set_mark(7);
    let ct: *mut nf_conntrack = c(&mut flow);
    for out_type in [0, 1] {
        let mut whole = [0x55; 1024];
        // SAFETY: a live object and a buffer of the given size.
        let len = unsafe { nfct_snprintf(whole.as_mut_ptr(), 1024, ct, 1, out_type, 0) };
        for size in 1..=whole.len() {
            let mut text = vec![0x55; whole.len()];
            // SAFETY: as above.
            let told = unsafe { nfct_snprintf(text.as_mut_ptr(), size as u32, ct, 1, out_type, 0) };
            assert!(told == len || (out_type == 1 && told >= size as c_int), "size {size}");
            assert!(text[..size].contains(&0) && text[size..].iter().all(|&byte| byte == 0x55));
        }
    }
    let mut text = [0x55; 4];
    answers! {
        nfct_snprintf(text.as_mut_ptr(), 4, ct, 0, 2, 0) => -1, libc::ENOENT;
        nfct_snprintf(text.as_mut_ptr(), 4, ct, 0, u32::MAX, 0) => -1, libc::ENOENT;
    }
    assert_eq!(text, [0x55; 4]);
    let mut empty = Flow::new();
    answers! { nfct_snprintf(text.as_mut_ptr(), 4, c(&mut empty), 0, 0, 0) => -1, 0; }
    let mut room = [0x55; 1];
    // SAFETY: a live object; with size 0 nothing is written.
    assert!(unsafe { nfct_snprintf_labels(room.as_mut_ptr(), 0, ct, 0, 0, 0, null_mut()) } > 0);
    assert_eq!(room, [0x55]);
}

#[test]
fn in_the_tuple_of_an_expectation_the_tuple_alone_is_changed() {
    let mut flow = udp(1);
    // SAFETY: live objects.
    unsafe {
        let exp = nfexp_new();
        for kind in [0, 1, 2, 8] {
            nfexp_set_attr(exp, kind, c::<_, nf_conntrack>(&mut flow).cast_const().cast());
        }
        let before = *exp.cast::<[u8; 276]>();
        let view = nfexp_get_attr(exp, 1).cast::<nf_conntrack>().cast_mut();
        nfct_set_attr_u32(view, MARK, 7);
        nfct_set_attr_u8(view, HELPER_NAME, b'x');
        assert_eq!((nfct_setobjopt(view, 5), nfct_attr_is_set(view, MARK)), (0, 0));
        errno::set(0);
        nfct_destroy(view);
        assert_eq!(errno::get(), libc::EINVAL);
        assert_eq!(*exp.cast::<[u8; 276]>(), before);
        nfct_set_attr_u32(view, 0, 9);
        let after = *exp.cast::<[u8; 276]>();
        assert_eq!(after[52..56], 9u32.to_ne_bytes());
        assert!(after[..52] == before[..52] && after[56..] == before[56..]);
        nfexp_destroy(exp);
    }
}

#[test]
fn the_tuple_of_an_expectation_is_read_and_nothing_outside_it() {
    let mut flow = udp(1);
    flow.set_bytes(Attr::TimestampStart, &[]);
    flow.set_labels(Bitmask::new(31).unwrap());
    // SAFETY: live objects.
    unsafe {
        let exp = nfexp_new();
        for kind in [0, 1, 2, 8] {
            nfexp_set_attr(exp, kind, c::<_, nf_conntrack>(&mut flow).cast_const().cast());
            let view = nfexp_get_attr(exp, kind).cast::<nf_conntrack>();
            assert_eq!(nfct_get_attr_u8(view, ORIG_L3PROTO), 2);
            for behind in [TIMESTAMP_START, CONNLABELS] {
                assert_eq!(nfct_attr_is_set(view, behind), 0, "what lies after the expectation is not set");
            }
            let mut group = [0u32; 2];
            assert_eq!(nfct_get_attr_grp(view, 0, group.as_mut_ptr().cast()), 0);
            assert_eq!(group, [[192, 0, 2, 1], [192, 0, 2, 2]].map(u32::from_ne_bytes));
            assert_eq!(nfct_attr_grp_is_set(view, 4), 1);
            assert_eq!(nfct_cmp(view, c(&mut flow), 1), 1);
            assert_eq!(nfct_sizeof(view), size_of::<Flow>());
            let clone = nfct_clone(view);
            assert_eq!(nfct_cmp(clone, view, 0), 1);
            nfct_destroy(clone);
            nfexp_set_attr(exp, 0, view.cast()); // a view, even of the same object, is a value
        }
        nfexp_set_attr_u32(exp, 0, 5);
        assert_eq!(errno::get(), libc::EINVAL);
        nfexp_destroy(exp);
    }
}

#[test]
fn messages_are_appended_behind_what_is_there() {
    let mut flow = udp(1);
    let mut buf = [0u32; 256];
    let nlh: *mut libc::nlmsghdr = buf.as_mut_ptr().cast();
    // SAFETY: live objects and a buffer with room.
    unsafe {
        (*nlh).nlmsg_len = 20;
        assert_eq!(nfct_nlmsg_build(nlh, c(&mut flow)), 0);
        let first = (*nlh).nlmsg_len;
        let copy = nfct_new();
        assert_eq!(nfct_nlmsg_parse(nlh, copy), 0);
        assert_eq!(nfct_get_attr_u32(copy, 24), 300);
        nfct_destroy(copy);
        let filter = nfct_filter_dump_create();
        nfct_filter_dump_set_attr_u8(filter, 1, 10);
        nfct_filter_dump_set_attr_u16(filter, 3, 7);
        assert_eq!(nfct_nlmsg_build_filter(nlh, filter), 0);
        assert_eq!(((*nlh).nlmsg_len, buf[4].to_ne_bytes()[0]), (first + 8, 10));
        nfct_filter_dump_destroy(filter);
        nfct_set_attr_u8(c(&mut flow), ORIG_L3PROTO, 7);
        answers! { nfct_nlmsg_build(nlh, c(&mut flow)) => -1, 0; }
        assert_eq!((*nlh).nlmsg_len, first + 8);
        answers! { nfct_nlmsg_build(nlh, c(&mut Flow::new())) => -1, libc::EINVAL; }
    }
}

#[test]
fn a_dump_filter_keeps_a_tuple_of_its_own() {
    let mut buf = [0u32; 256];
    let nlh: *mut libc::nlmsghdr = buf.as_mut_ptr().cast();
    // SAFETY: live objects and a buffer with room.
    unsafe {
        let (ct, filter) = (nfct_new(), nfct_filter_dump_create());
        nfct_copy(ct, c(&mut udp(1)), 0);
        let mask = nfct_bitmask_new(31);
        nfct_bitmask_set_bit(mask, 3);
        nfct_set_attr(ct, CONNLABELS, mask.cast());
        nfct_filter_dump_set_attr(filter, 4, ct.cast_const().cast());
        nfct_destroy(ct);
        (*nlh).nlmsg_len = 20;
        assert_eq!(nfct_nlmsg_build_filter(nlh, filter), 0);
        nfct_filter_dump_destroy(filter);
        let copy = nfct_new();
        assert_eq!(nfct_nlmsg_parse(nlh, copy), 0);
        assert_eq!(nfct_bitmask_test_bit(nfct_get_attr(copy, CONNLABELS).cast(), 3), 1);
        nfct_destroy(copy);
    }
}

#[test]
fn deprecated_builders_stay_inside_their_buffer() {
    let mut flow = udp(1);
    let ssh = std::ptr::dangling_mut();
    for size in 0..160usize {
        let mut buf = [1u8; 160];
        // SAFETY: a live object and a buffer of the given size.
        let value = unsafe { nfct_build_conntrack(ssh, buf.as_mut_ptr().cast(), size, 0, 5, c(&mut flow)) };
        assert!(value == 0 || buf[..size].iter().all(|&byte| byte == 0), "size {size}");
        assert!(buf[size..].iter().all(|&byte| byte == 1), "size {size}");
    }
    let mut buf = [0u8; 256];
    let mut copy = Flow::new();
    // SAFETY: live objects and a buffer of the given size.
    unsafe {
        assert_eq!(
            nfct_build_query(null_mut(), CREATE, c::<_, c_void>(&mut flow), buf.as_mut_ptr().cast(), 256),
            1
        );
        assert_eq!(nfct_parse_conntrack(6, buf.as_ptr().cast(), c(&mut copy)), 0, "new, but not asked for");
        assert_eq!(nfct_parse_conntrack(7, buf.as_ptr().cast(), c(&mut copy)), 1);
        assert_eq!(nfct_compare(c(&mut flow), c(&mut copy)), 1);
    }
}

#[test]
fn what_cannot_be_parsed_is_told_by_the_deprecated_functions_too() {
    let short_number = |message: u16, kind: u16| {
        let [len, kind] = [5, kind].map(u16::to_ne_bytes);
        control(message, 0, 0, &[&[2, 0, 0, 0], &len[..], &kind, &[1, 0, 0, 0]].concat())
    };
    let (mut flow, mut expect) = (Flow::new(), crate::Expectation::new());
    let (status, timeout) = (short_number(0x0100, 3), short_number(0x0200, 4));
    answers! {
        nfct_parse_conntrack(7, status.as_ptr().cast(), c(&mut flow)) => -1, libc::ERANGE;
        nfct_parse_conntrack(4, status.as_ptr().cast(), c(&mut flow)) => 0, 0;
        nfexp_parse_expect(7, timeout.as_ptr().cast(), c(&mut expect)) => -1, libc::ERANGE;
    }
}

#[test]
fn label_maps_answer_in_c_strings() {
    let path = std::env::temp_dir().join(format!("connlabel-{}", std::process::id()));
    std::fs::write(&path, "3 red\n5 light blue\n").unwrap();
    let name = std::ffi::CString::new(path.to_str().unwrap()).unwrap();
    // SAFETY: live maps and strings.
    unsafe {
        let map = nfct_labelmap_new(name.as_ptr());
        assert_eq!(nfct_labelmap_get_bit(map, c"light blue".as_ptr()), 5);
        assert_eq!(nfct_labelmap_get_bit(map, c"".as_ptr()), -1);
        let text = |bit| std::ffi::CStr::from_ptr(nfct_labelmap_get_name(map, bit));
        assert_eq!((text(3), text(4)), (c"red", c""));
        assert!(nfct_labelmap_get_name(map, 6).is_null());
        nfct_labelmap_destroy(map);
        std::fs::write(&path, "# nothing\n").unwrap();
        answers! {
            nfct_labelmap_new(name.as_ptr()) => null_mut(), 0;
            nfct_labelmap_new(c"".as_ptr()) => null_mut(), libc::ENOENT;
        }
    }
    std::fs::remove_file(path).unwrap();
}
