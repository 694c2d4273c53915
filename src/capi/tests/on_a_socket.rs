// SPDX-License-Identifier: GPL-2.0-or-later
//! The tests of the C border that open a netlink socket or need a network namespace: `make check` leaves them out.

use super::*;
use std::sync::atomic::{AtomicU32, Ordering};

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

/// An open handle.
fn open(subsystem: u8, groups: u32) -> *mut nfct_handle {
    let handle = nfct_open(subsystem, groups);
    assert!(!handle.is_null(), "{}", std::io::Error::last_os_error());
    handle
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
    let handle = open(1, 0);
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
        let handle = open(subsystem, groups);
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
    let handle = open(0, 0);
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
    // Never the same name twice: a child that another thread starts keeps the sockets of this one until it runs its program.
    static CALLS: AtomicU32 = AtomicU32::new(0);
    let call = CALLS.fetch_add(1, Ordering::Relaxed);
    let address = |name: &str| {
        SocketAddr::from_abstract_name(format!("conntrack-{name}-{}-{call}", std::process::id())).unwrap()
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
    let handle = open(1, 0);
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
    let (exp, none) = (open(2, 0), nfct_open(9, 0));
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
    let handle = open(0, 0);
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
