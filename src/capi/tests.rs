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
        let at = unsafe {
            nfct_set_attr_u64(ct, row.attr as u32, 0x1122_3344_5566_7788);
            nfct_get_attr(ct, row.attr as u32)
        };
        assert_eq!(at.cast::<u8>(), ct.cast::<u8>().wrapping_add(row.offset).cast_const(), "{}", row.name);
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
        // SAFETY: a live object and a buffer of the size told.
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

/// Runs a test in a network namespace of its own; without privilege it is skipped, which everybody sees.
fn isolated(name: &str, test: impl FnOnce() + Send + 'static) {
    let inside = move || match namespace::enter_new_network() {
        Err(Error::Os(libc::EPERM)) => false,
        entered => {
            entered.unwrap();
            test();
            true
        }
    };
    if !std::thread::spawn(inside).join().unwrap_or_else(|payload| std::panic::resume_unwind(payload)) {
        use std::io::Write;
        let line = format!("\nSKIP {name}: a network namespace needs CAP_SYS_ADMIN\n");
        std::io::stderr().write_all(line.as_bytes()).unwrap();
        assert!(std::env::var("CI").as_deref() != Ok("true"), "a test was skipped");
    }
}

/// A program's side of a callback: what it answers, and what it saw.
struct Program {
    handle: *mut nfct_handle,
    verdict: Cell<c_int>,
    calls: Cell<u32>,
    /// What it does inside the callback.
    act: fn(&Program, *mut nf_conntrack),
}

unsafe extern "C-unwind" fn on_flow(_kind: MessageType, ct: *mut nf_conntrack, data: *mut c_void) -> c_int {
    // SAFETY: registered with a program that outlives the handle.
    let program = unsafe { &*data.cast::<Program>() };
    program.calls.set(program.calls.get() + 1);
    (program.act)(program, ct);
    program.verdict.get()
}

const CREATE: u32 = 0;
const DESTROY: u32 = 2;
const GET: u32 = 3;
const DUMP: u32 = 5;
const NFCT_CB_STOP: c_int = 0;
const NFCT_CB_CONTINUE: c_int = 1;

fn query(handle: *mut nfct_handle, query: u32, flow: &mut Flow) -> (c_int, i32) {
    errno::set(77);
    // SAFETY: a live handle and object.
    let value = unsafe { nfct_query(handle, query, c::<_, nf_conntrack>(flow).cast_const().cast()) };
    (value, errno::get())
}

fn dump(handle: *mut nfct_handle) -> c_int {
    let family = 2u32;
    // SAFETY: a live handle and a family.
    unsafe { nfct_query(handle, DUMP, (&raw const family).cast()) }
}

/// A handle on a table with `flows` entries, and a program that listens on it.
fn with_table(flows: u16, act: fn(&Program, *mut nf_conntrack), test: impl FnOnce(&Program)) {
    let handle = nfct_open(1, 0);
    for sport in 1..=flows {
        assert_eq!(query(handle, CREATE, &mut udp(sport)), (0, 0));
    }
    let program = Program { handle, verdict: Cell::new(NFCT_CB_CONTINUE), calls: Cell::new(0), act };
    // SAFETY: a live handle; the program outlives it.
    unsafe {
        let data = std::ptr::from_ref(&program).cast_mut().cast();
        assert_eq!(nfct_callback_register(handle, 7, Some(on_flow), data), 0);
    }
    test(&program);
}

fn close(program: &Program) {
    // SAFETY: the handle is not used any more.
    assert_eq!(unsafe { nfct_close(program.handle) }, 0);
}

#[test]
fn the_sockets_of_handles_are_not_inherited() {
    for (subsystem, groups) in [(0, 0), (1, 0), (2, 0)] {
        let handle = nfct_open(subsystem, groups);
        // SAFETY: a live handle, closed once.
        let fd = unsafe { nfct_fd(handle) };
        let info = std::fs::read_to_string(format!("/proc/self/fdinfo/{fd}")).unwrap();
        let flags = info.lines().find_map(|line| line.strip_prefix("flags:")).unwrap().trim();
        assert_ne!(i32::from_str_radix(flags, 8).unwrap() & libc::O_CLOEXEC, 0);
        // SAFETY: as above.
        assert_eq!(unsafe { nfct_close(handle) }, 0);
    }
}

#[test]
fn a_stop_leaves_nothing_that_the_next_query_takes_for_its_answer() {
    isolated("a_stop_leaves_nothing_that_the_next_query_takes_for_its_answer", || {
        with_table(
            500,
            |_, _| {},
            |program| {
                let handle = program.handle;
                program.verdict.set(NFCT_CB_STOP);
                assert_eq!(query(handle, GET, &mut udp(1)).0, 0);
                assert_eq!(query(handle, DESTROY, &mut udp(9999)), (-1, libc::ENOENT));
                assert_eq!(dump(handle), 0);
                assert_eq!(program.calls.replace(0), 2);
                program.verdict.set(NFCT_CB_CONTINUE);
                assert_eq!((dump(handle), program.calls.replace(0)), (0, 500), "the whole table, once");
                program.verdict.set(-3);
                assert_eq!((dump(handle), program.calls.replace(0)), (-3, 1));
                program.verdict.set(NFCT_CB_CONTINUE);
                assert_eq!(query(handle, GET, &mut udp(2)), (0, 0));
                close(program);
            },
        );
    });
}

#[test]
fn a_flush_by_a_filter_takes_what_passes_or_is_refused() {
    isolated("a_flush_by_a_filter_takes_what_passes_or_is_refused", || {
        const FLUSH_FILTER: u32 = 10;
        let listed = |program: &Program| (dump(program.handle), program.calls.replace(0));
        // By a filter with one attribute, through nfct_query() or nfct_send().
        let flush = |handle, attr: u32, value: &[u8], send: bool| -> (c_int, i32) {
            errno::set(0);
            let filter = nfct_filter_dump_create();
            // SAFETY: a live handle and filter, and a value of the attribute's type.
            let done = unsafe {
                nfct_filter_dump_set_attr(filter, attr, value.as_ptr().cast());
                let call = if send { nfct_send } else { nfct_query };
                let done = call(handle, FLUSH_FILTER, filter.cast_const().cast());
                nfct_filter_dump_destroy(filter);
                done
            };
            (done.min(0), errno::get())
        };
        let masked = |value: u32, mask: u32| [value.to_ne_bytes(), mask.to_ne_bytes()].concat();
        with_table(
            9,
            |_, _| {},
            |program| {
                let handle = program.handle;
                for (sport, mark) in [(101, 7), (102, 8)] {
                    let mut flow = udp(sport);
                    flow.set_mark(mark);
                    assert_eq!(query(handle, CREATE, &mut flow), (0, 0));
                }
                for (send, mark, left) in [(false, 7, 10), (true, 8, 9)] {
                    assert_eq!(flush(handle, 0, &masked(mark, u32::MAX), send), (0, 0));
                    assert_eq!(listed(program), (0, left), "by mark");
                }
                assert_eq!(flush(handle, 1, &[10], false), (0, 0));
                assert_eq!(flush(handle, 3, &5u16.to_ne_bytes(), false), (0, 0));
                assert_eq!(flush(handle, 2, &masked(4, 4), false), (0, 0));
                assert_eq!(listed(program), (0, 9), "none is of IPv6, in zone 5, or assured");
                assert_eq!(flush(handle, 2, &masked(0, 0), false), (-1, libc::EINVAL));
                assert_eq!(listed(program), (0, 9), "a status of which no bit counts");
                assert_eq!(flush(handle, 3, &0u16.to_ne_bytes(), false), (0, 0));
                assert_eq!(listed(program), (0, 0), "all are in zone 0");
                close(program);
            },
        );
    });
}

#[test]
fn a_receive_buffer_that_a_program_makes_too_small_loses_nothing() {
    isolated("a_receive_buffer_that_a_program_makes_too_small_loses_nothing", || {
        with_table(
            300,
            |_, _| {},
            |program| {
                for len in [0, 19, 20, 512] {
                    // SAFETY: libnfnetlink keeps its receive length there, and writes it whenever it is asked.
                    unsafe { nfct_nfnlh(program.handle).cast_mut().cast::<u32>().add(10).write(len) };
                    assert_eq!((dump(program.handle), program.calls.replace(0)), (0, 300), "{len} bytes");
                }
                close(program);
            },
        );
    });
}

#[test]
fn a_query_inside_a_callback_gets_its_own_answer_and_the_outer_one_goes_on() {
    fn look_again(program: &Program, ct: *mut nf_conntrack) {
        thread_local!(static INSIDE: Cell<bool> = const { Cell::new(false) });
        if !INSIDE.replace(true) {
            // SAFETY: a live handle and object.
            assert_eq!(unsafe { nfct_query(program.handle, GET, ct.cast_const().cast()) }, 0);
            assert_eq!(query(program.handle, DESTROY, &mut udp(9999)), (-1, libc::ENOENT));
            INSIDE.set(false);
        }
    }
    isolated("a_query_inside_a_callback_gets_its_own_answer_and_the_outer_one_goes_on", || {
        with_table(300, look_again, |program| {
            assert_eq!((dump(program.handle), program.calls.get()), (0, 600));
            close(program);
        });
    });
}

#[test]
fn a_handle_may_be_closed_and_unregistered_by_its_own_callback() {
    isolated("a_handle_may_be_closed_and_unregistered_by_its_own_callback", || {
        let unregister = |program: &Program, _: *mut nf_conntrack| {
            // SAFETY: a live handle.
            unsafe { nfct_callback_unregister(program.handle) };
        };
        with_table(3, unregister, |program| {
            assert_eq!((dump(program.handle), program.calls.get()), (0, 1));
            close(program);
        });
        let close_it = |program: &Program, _: *mut nf_conntrack| close(program);
        with_table(0, close_it, |program| {
            // SAFETY: a live handle.
            let link = format!("/proc/self/fd/{}", unsafe { nfct_fd(program.handle) });
            let socket = std::fs::read_link(&link).unwrap();
            assert_eq!((dump(program.handle), program.calls.get()), (0, 1));
            assert_ne!(std::fs::read_link(&link).ok(), Some(socket), "closed when the loop was over");
        });
    });
}

/// Runs a call whose callback panics instead of returning, as a C++ exception leaves it.
fn left_by_its_callback(call: impl FnOnce() -> c_int) {
    let left = std::panic::catch_unwind(std::panic::AssertUnwindSafe(call));
    assert!(left.is_err(), "returned {left:?}");
}

#[test]
fn a_dump_that_a_callback_leaves_without_returning_does_not_disturb_what_follows() {
    thread_local!(static LEAVES: Cell<bool> = const { Cell::new(true) });
    fn leave(_: &Program, ct: *mut nf_conntrack) {
        if LEAVES.get() {
            // SAFETY: the object of a callback that does not return is the program's.
            unsafe { nfct_destroy(ct) };
            std::panic::resume_unwind(Box::new("expected by this test"));
        }
    }
    isolated("a_dump_that_a_callback_leaves_without_returning_does_not_disturb_what_follows", || {
        with_table(500, leave, |program| {
            left_by_its_callback(|| dump(program.handle));
            LEAVES.set(false);
            assert_eq!(query(program.handle, DESTROY, &mut udp(9999)), (-1, libc::ENOENT));
            program.calls.set(0);
            assert_eq!((dump(program.handle), program.calls.get()), (0, 500), "the whole table, once");
            LEAVES.set(true);
            left_by_its_callback(|| query(program.handle, GET, &mut udp(1)).0);
            // SAFETY: a live handle.
            let link = format!("/proc/self/fd/{}", unsafe { nfct_fd(program.handle) });
            let socket = std::fs::read_link(&link).unwrap();
            close(program);
            // The number may be another test's by now.
            assert_ne!(std::fs::read_link(&link).ok(), Some(socket), "the socket is closed");
        });
    });
}

#[test]
fn a_send_reads_nothing_so_the_rest_of_a_stopped_dump_stays_until_the_next_query() {
    isolated("a_send_reads_nothing_so_the_rest_of_a_stopped_dump_stays_until_the_next_query", || {
        with_table(
            500,
            |_, _| {},
            |program| {
                program.verdict.set(NFCT_CB_STOP);
                assert_eq!(dump(program.handle), 0);
                program.verdict.set(NFCT_CB_CONTINUE);
                let family = 2u32;
                // SAFETY: a live handle and a family.
                let (sent, caught, number) = unsafe {
                    let sent = nfct_send(program.handle, DUMP, (&raw const family).cast());
                    (sent, nfct_catch(program.handle), errno::get())
                };
                assert_eq!((sent, caught, number), (20, -1, libc::EBUSY));
                program.calls.set(0);
                assert_eq!((dump(program.handle), program.calls.get()), (0, 500));
                close(program);
            },
        );
    });
}

#[test]
#[cfg(all(target_pointer_width = "64", target_endian = "little"))] // as the layout is looked at here
fn a_slot_function_gets_at_most_256_attributes() {
    unsafe extern "C-unwind" fn look(
        _: *mut libc::nlmsghdr,
        attrs: *mut *mut c_void,
        data: *mut c_void,
    ) -> c_int {
        // SAFETY: the slot asks for two attributes or more, and its data is a number.
        unsafe { *data.cast::<[bool; 2]>() = [(*attrs).is_null(), (*attrs.add(1)).is_null()] };
        NFCT_CB_CONTINUE
    }
    let attrs = [4, 0, 2, 0]; // the second one, empty
    let message = control(0x0100, 0, 0, &[&[2, 0, 0, 0][..], &attrs].concat());
    let ack = control(2, 0, 0, &[0; 4]);
    for (attr_count, value) in [(2, 0), (256, 0), (257, -1), (u16::MAX, -1)] {
        with_datagrams(&[message.clone(), ack.clone()], |handle| {
            let mut seen = [false; 2];
            // SAFETY: the handle of libnfnetlink begins as `Netfilter` describes it: subsystem 1's slots stand where
            // its 24 bytes end, and a slot is a function, its data and a number.
            unsafe {
                let slots = nfct_nfnlh(handle).cast::<*mut [usize; 3]>().add((56 + 24 + 16) / 8).read();
                (*slots)[0] = look as *const () as usize;
                (*slots)[1] = (&raw mut seen) as usize;
                (*slots)[2] = usize::from(attr_count);
                assert_eq!(nfct_catch(handle), value, "{attr_count} attributes");
            }
            assert_eq!((value, errno::get()), if value == 0 { (0, 0) } else { (-1, libc::ENOMEM) });
            assert_eq!(seen, [value == 0, false]);
        });
    }
}

#[test]
fn queries_stand_sixteen_deep_one_inside_the_other_and_no_deeper() {
    fn deeper(program: &Program, ct: *mut nf_conntrack) {
        errno::set(0);
        // SAFETY: a live handle and object.
        let value = unsafe { nfct_query(program.handle, GET, ct.cast_const().cast()) };
        let is_innermost = program.calls.get() == 16;
        assert_eq!((value, errno::get()), if is_innermost { (-1, libc::ELOOP) } else { (0, 0) });
        program.calls.set(program.calls.get() - u32::from(is_innermost)); // the others' queries succeeded
    }
    isolated("queries_stand_sixteen_deep_one_inside_the_other_and_no_deeper", || {
        with_table(1, deeper, |program| {
            assert_eq!(query(program.handle, GET, &mut udp(1)), (0, 0));
            assert_eq!(program.calls.get(), 15);
            close(program);
        });
    });
}

#[test]
fn a_query_that_stands_too_deep_is_not_sent() {
    fn deeper(program: &Program, ct: *mut nf_conntrack) {
        if program.calls.get() == 16 {
            assert_eq!(query(program.handle, CREATE, &mut udp(2)), (-1, libc::ELOOP));
        } else {
            // SAFETY: a live handle and object.
            assert_eq!(unsafe { nfct_query(program.handle, GET, ct.cast_const().cast()) }, 0);
        }
    }
    isolated("a_query_that_stands_too_deep_is_not_sent", || {
        with_table(1, deeper, |program| {
            assert_eq!(query(program.handle, GET, &mut udp(1)), (0, 0));
            assert_eq!(program.calls.get(), 16);
            assert_eq!(query(program.handle, GET, &mut udp(2)), (-1, libc::ENOENT));
            close(program);
        });
    });
}

/// A handle whose socket is one end of a pair: the other end is the kernel's.
fn with_datagrams(datagrams: &[Vec<u8>], test: impl FnOnce(*mut nfct_handle)) {
    let (ours, theirs) = UnixDatagram::pair().unwrap();
    let handle = nfct_open(0, 0);
    // SAFETY: both descriptors are open; the handle's becomes another name of ours.
    unsafe { libc::dup2(ours.into_raw_fd(), nfct_fd(handle)) };
    theirs.set_nonblocking(true).unwrap();
    for datagram in datagrams {
        theirs.send(datagram).unwrap();
    }
    drop(theirs); // then the kernel has no more to say
    test(handle);
    // SAFETY: the handle is not used any more.
    assert_eq!(unsafe { nfct_close(handle) }, 0);
}

/// What a program makes of the answer to request `seq`: how often its function is called, and errno. The script is what
/// arrives; where nothing does, a call that would wait fails with `EAGAIN`.
pub(crate) fn answered(script: &[Arrival], seq: u32) -> (u32, i32) {
    let address = |name: &str| {
        let name = format!("conntrack-{name}-{}-{:?}", std::process::id(), std::thread::current().id());
        SocketAddr::from_abstract_name(name).unwrap()
    };
    let ours = UnixDatagram::bind_addr(&address("reader")).unwrap();
    let [kernel, foreign] =
        [UnixDatagram::unbound().unwrap(), UnixDatagram::bind_addr(&address("other")).unwrap()];
    ours.set_nonblocking(true).unwrap();
    for arrival in script {
        match arrival {
            Arrival::Kernel(bytes) => kernel.send_to_addr(bytes, &address("reader")),
            Arrival::Foreign(bytes) => foreign.send_to_addr(bytes, &address("reader")),
            Arrival::Failure(error) => panic!("{error}: a socket of this kind does not fail"),
        }
        .unwrap();
    }
    let handle = nfct_open(1, 0);
    // SAFETY: both descriptors are open; the handle's becomes another name of ours.
    unsafe { libc::dup2(ours.as_raw_fd(), nfct_fd(handle)) };
    let program =
        Program { handle, verdict: Cell::new(NFCT_CB_CONTINUE), calls: Cell::new(0), act: |_, _| {} };
    let data = std::ptr::from_ref(&program).cast_mut().cast();
    // SAFETY: a live handle; the program outlives it.
    let value = unsafe {
        nfct_callback_register(handle, 7, Some(on_flow), data);
        leavable_boundary(|cancel| run(handle, Wanted::Answer { seq, is_dump: true }, cancel))
    };
    let number = errno::get();
    assert_eq!(value, if number == 0 { 0 } else { -1 });
    close(&program);
    (program.calls.get(), number)
}

fn control(kind: u16, flags: u16, seq: u32, payload: &[u8]) -> Vec<u8> {
    let len = 16 + u32::try_from(payload.len()).unwrap();
    let [l, s] = [len, seq].map(u32::to_ne_bytes);
    let [k, f] = [kind, flags].map(u16::to_ne_bytes);
    [&l[..], &k, &f, &s, &[0; 4], payload].concat()
}

#[test]
fn what_the_kernel_sends_ends_a_catch_as_it_always_has() {
    let number = |errno: i32| (-errno).to_ne_bytes();
    let ack = control(2, 0, 0, &number(0));
    let rows: &[(&str, Vec<u8>, c_int, i32)] = &[
        ("acknowledged", ack.clone(), 0, 0),
        ("refused", control(2, 0, 0, &number(libc::ENOENT)), -1, libc::ENOENT),
        ("refused for a signal", control(2, 0, 0, &number(libc::EINTR)), -1, libc::EINTR),
        ("done", control(3, 2, 0, &number(0)), 0, 0),
        ("done with an error", control(3, 2, 0, &number(libc::EBUSY)), -1, libc::EBUSY),
        ("an error without its number", control(2, 0, 0, &[]), -1, libc::EBADMSG),
        ("done, but of nothing", control(3, 0, 0, &number(0)), -1, libc::ENOENT),
        ("nothing, too short", control(1, 0, 0, &[]), -1, libc::ENOSPC),
        ("an unknown subsystem", control(0x0500, 0, 0, &[0; 4]), -1, libc::ENOENT),
        ("an unknown message", control(0x0109, 0, 0, &[0; 4]), -1, libc::ENOENT),
        ("a message without family", control(0x0100, 0, 0, &[]), -1, libc::ENOSPC),
        ("of somebody else's request", control(0x0100, 0, 5, &[0; 4]), -1, libc::EILSEQ),
        ("not a message", vec![1; 10], -1, libc::EBADMSG),
        ("empty", vec![], -1, libc::EBADMSG),
    ];
    for (what, datagram, value, number) in rows {
        with_datagrams(std::slice::from_ref(datagram), |handle| {
            errno::set(77);
            // SAFETY: a live handle.
            assert_eq!((unsafe { nfct_catch(handle) }, errno::get()), (*value, *number), "{what}");
        });
    }
    let skipped = control(0x0101, 0, 0, &[0; 4]);
    with_datagrams(&[skipped, ack], |handle| {
        // SAFETY: a live handle.
        assert_eq!(unsafe { nfct_catch(handle) }, 0, "what nobody waits for is skipped");
    });
}

#[test]
fn what_is_lost_or_malformed_is_told_and_its_neighbours_are_delivered() {
    const DUMP_INTR: u16 = 0x12; // and MULTI
    let done = control(3, 2, 0, &[0; 4]);
    let flow = |attrs: &[u8]| control(0x0100, 2, 0, &[&[2, 0, 0, 0], attrs].concat());
    let short_mark = flow(&[6, 0, 8, 0, 1, 2, 0, 0]);
    let rows = [
        ("interrupted", vec![control(0x0100, DUMP_INTR, 0, &[2, 0, 0, 0]), done.clone()], 1, libc::EINTR),
        ("malformed", vec![[short_mark, flow(&[]), flow(&[])].concat()], 2, libc::ERANGE),
        ("cut short", vec![[flow(&[]), vec![99; 40]].concat()], 1, libc::EBADMSG),
        ("truncated", vec![flow(&[]).repeat(1639)], 1638, libc::EMSGSIZE),
        ("whole", vec![flow(&[]), done], 1, 0),
    ];
    for (what, datagrams, delivered, number) in rows {
        with_datagrams(&datagrams, |handle| {
            let program =
                Program { handle, verdict: Cell::new(NFCT_CB_CONTINUE), calls: Cell::new(0), act: |_, _| {} };
            let data = std::ptr::from_ref(&program).cast_mut().cast();
            // SAFETY: a live handle; the program outlives it.
            let value = unsafe {
                nfct_callback_register(handle, 7, Some(on_flow), data);
                errno::set(0);
                nfct_catch(handle)
            };
            let expected = if number == 0 { 0 } else { -1 };
            assert_eq!((value, errno::get(), program.calls.get()), (expected, number, delivered), "{what}");
        });
    }
}

#[test]
fn a_handle_serves_what_it_was_opened_for() {
    let (exp, none) = (nfct_open(2, 0), nfct_open(9, 0));
    // SAFETY: live handles.
    unsafe {
        assert_eq!(nfct_callback_register(exp, 7, None, null_mut()), -1);
        assert_eq!(nfexp_callback_register(exp, 7, None, null_mut()), 0);
        assert_eq!(nfexp_callback_register(none, 7, None, null_mut()), -1);
        assert_eq!(errno::get(), libc::EINVAL);
        let family = 2u32;
        answers! {
            nfct_query(exp, 11, (&raw const family).cast()) => -1, libc::ENOTSUP;
            nfct_query(exp, u32::MAX, (&raw const family).cast()) => -1, libc::ENOTSUP;
            nfexp_query(exp, 1, (&raw const family).cast()) => -1, libc::ENOTSUP;
            nfexp_send(exp, 6, (&raw const family).cast()) => -1, libc::ENOTSUP;
        }
        assert_eq!((nfct_close(exp), nfct_close(none)), (0, 0));
    }
}

#[test]
fn nothing_is_sent_of_an_object_that_cannot_be_sent_whole() {
    let (ours, theirs) = UnixDatagram::pair().unwrap();
    theirs.set_nonblocking(true).unwrap();
    let handle = nfct_open(0, 0);
    // SAFETY: both descriptors are open.
    unsafe { libc::dup2(ours.as_raw_fd(), nfct_fd(handle)) };
    let mut odd = Flow::new();
    let mut cut = udp(1);
    // SAFETY: live objects.
    unsafe {
        nfct_set_attr_u8(c(&mut odd), ORIG_L3PROTO, 7);
        nfct_set_attr_u8(c(&mut cut), 16, 7);
    }
    for flow in [&mut Flow::new(), &mut odd, &mut cut] {
        for number in [0, 1, 2, 3, 7] {
            assert_eq!(query(handle, number, flow), (-1, libc::EINVAL), "query {number}");
            let mut buf = [1u8; 512];
            answers! {
                nfct_build_query(null_mut(), number, c::<_, c_void>(flow), buf.as_mut_ptr().cast(), 512)
                    => -1, libc::EINVAL;
            }
            assert_eq!(buf, [0; 512]);
        }
    }
    assert!(theirs.recv(&mut [0; 64]).is_err(), "not a byte");
    // SAFETY: the handle is not used any more.
    assert_eq!(unsafe { nfct_close(handle) }, 0);
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
        // SAFETY: a live object and a buffer of the size told.
        let value = unsafe { nfct_build_conntrack(ssh, buf.as_mut_ptr().cast(), size, 0, 5, c(&mut flow)) };
        assert!(value == 0 || buf[..size].iter().all(|&byte| byte == 0), "size {size}");
        assert!(buf[size..].iter().all(|&byte| byte == 1), "size {size}");
    }
    let mut buf = [0u8; 256];
    let mut copy = Flow::new();
    // SAFETY: live objects and a buffer of the size told.
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
