// SPDX-License-Identifier: GPL-2.0-or-later
//! The stream in both runtimes, on the running kernel, each test in a network namespace of its own.

#![cfg(all(feature = "tokio", feature = "async-io"))]

use conntrack_async::{Change, EventStream, Left, Readiness};
use futures_core::Stream;
use netfilter_conntrack::{Dir, Error, EventKind, Events, Groups, Handle, L4};
use std::future::{Future, poll_fn};
use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::pin::{Pin, pin};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};
use testing::{isolated, udp};

/// Runs a test with the stream of each runtime.
macro_rules! in_each_runtime {
    ($($name:ident: $test:ident;)*) => {$(
        mod $name {
            use super::*;

            #[test]
            fn tokio() {
                isolated(|| {
                    let runtime = ::tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
                    runtime.block_on(async { $test(EventStream::with_tokio).await });
                });
            }

            #[test]
            fn async_io() {
                isolated(|| {
                    async_io::block_on(async { $test(EventStream::with_async_io).await });
                });
            }
        }
    )*};
}

in_each_runtime! {
    events_are_those_that_happen: happens;
    a_waiting_task_is_woken: is_woken;
    a_dropped_wait_takes_no_event: is_cancel_safe;
    a_loss_is_an_item_and_the_stream_continues: continues;
    many_events_are_all_there: is_complete;
    the_trait_has_the_same_items: has_trait;
    a_subscription_is_given_back_as_it_was: gives_back;
}

/// A receive buffer that few events fill.
const SMALL: u32 = 5000;

/// The function that makes the stream of a runtime.
type Open<R> = fn(Events) -> io::Result<EventStream<R>>;

fn subscription() -> Events {
    Events::builder(Groups::FLOWS).large_receive_buffer().open().unwrap()
}

/// The number of new entries whose events may all wait in the stream's buffer, which is smaller for an ordinary user; at
/// most this many. Each takes 1,280 bytes of it.
fn at_most<R: Readiness + Unpin>(most: u16, stream: &EventStream<R>) -> u16 {
    u16::try_from(stream.events().receive_buffer().unwrap() / 1280).map_or(most, |fit| fit.min(most))
}

async fn next<R: Readiness + Unpin>(stream: &mut EventStream<R>) -> Change {
    stream.next().await.unwrap().unwrap()
}

fn sport(change: &Change) -> u16 {
    match change.flow().unwrap().tuple(Dir::Orig).protocol() {
        L4::Udp { sport, .. } => sport,
        other => panic!("{other:?}"),
    }
}

async fn happens<R: Readiness + Unpin>(open: Open<R>) {
    let mut stream = open(subscription()).unwrap();
    let mut handle = Handle::open().unwrap();
    handle.create(&udp(1)).unwrap();
    let mut changed = udp(1);
    changed.set_mark(9);
    handle.update(&changed).unwrap();
    handle.delete(&udp(1)).unwrap();
    for (kind, mark) in [(EventKind::New, 0), (EventKind::Update, 9), (EventKind::Destroy, 9)] {
        let change = next(&mut stream).await;
        assert_eq!((change.kind, change.flow().unwrap().mark().unwrap_or(0)), (kind, mark));
        assert_eq!(change.port_id, handle.port_id());
    }
}

/// Polls once.
fn poll_once<R: Readiness + Unpin>(stream: &mut EventStream<R>, cx: &mut Context<'_>) -> Poll<()> {
    pin!(stream.next()).poll(cx).map(|_| ())
}

async fn is_woken<R: Readiness + Unpin>(open: Open<R>) {
    let mut stream = open(subscription()).unwrap();
    let (waits, to_other) = mpsc::channel();
    // Threads inherit the namespace of the one that starts them.
    let other = std::thread::spawn(move || {
        for number in 1..=50 {
            to_other.recv().unwrap();
            Handle::open().unwrap().create(&udp(number)).unwrap();
        }
    });
    for number in 1..=50 {
        let mut has_waited = false;
        let change = poll_fn(|cx| {
            let poll = pin!(stream.next()).poll(cx);
            if poll.is_pending() && !has_waited {
                has_waited = true;
                waits.send(()).unwrap();
            }
            poll
        });
        assert_eq!(sport(&change.await.unwrap().unwrap()), number);
    }
    other.join().unwrap();
}

async fn is_cancel_safe<R: Readiness + Unpin>(open: Open<R>) {
    let mut stream = open(subscription()).unwrap();
    let mut handle = Handle::open().unwrap();
    let mut cx = Context::from_waker(Waker::noop());
    for number in 1..=20 {
        assert!(poll_once(&mut stream, &mut cx).is_pending());
        handle.create(&udp(number)).unwrap();
        drop(stream.next());
        assert_eq!(sport(&next(&mut stream).await), number);
    }
}

async fn continues<R: Readiness + Unpin>(open: Open<R>) {
    let mut stream = open(Events::builder(Groups::NEW).receive_buffer(SMALL).open().unwrap()).unwrap();
    let mut handle = Handle::open().unwrap();
    (1..=2000).for_each(|number| handle.create(&udp(number)).unwrap());
    let (mut seen, mut losses) = (0, 0);
    while seen == 0 || losses == 0 {
        match stream.next().await.unwrap() {
            Ok(_) => seen += 1,
            Err(error) => {
                assert_eq!(error, Error::Overrun);
                losses += 1;
            }
        }
    }
    let mut cx = Context::from_waker(Waker::noop());
    while poll_once(&mut stream, &mut cx).is_ready() {}
    handle.create(&udp(3000)).unwrap();
    assert_eq!(sport(&next(&mut stream).await), 3000);
}

async fn is_complete<R: Readiness + Unpin>(open: Open<R>) {
    let mut stream = open(subscription()).unwrap();
    let count = at_most(20_000, &stream);
    let other = std::thread::spawn(move || {
        let mut handle = Handle::open().unwrap();
        (1..=count).for_each(|number| handle.create(&udp(number)).unwrap());
    });
    for number in 1..=count {
        assert_eq!(sport(&next(&mut stream).await), number);
    }
    other.join().unwrap();
}

async fn has_trait<R: Readiness + Unpin>(open: Open<R>) {
    let mut stream = open(subscription()).unwrap();
    Handle::open().unwrap().create(&udp(7)).unwrap();
    let change = poll_fn(|cx| Pin::new(&mut stream).poll_next(cx)).await.unwrap().unwrap();
    assert_eq!(sport(&change), 7);
}

/// A runtime that has ended.
struct Ended;

impl Readiness for Ended {
    fn poll_read(&mut self, _: &mut Context<'_>, _: &mut dyn FnMut() -> Left) -> Poll<io::Result<()>> {
        Poll::Ready(Err(io::Error::other("ended")))
    }
}

#[test]
fn an_error_that_is_no_loss_is_the_last_item() {
    isolated(|| {
        let mut stream = EventStream::with(subscription(), Ended);
        Handle::open().unwrap().create(&udp(7)).unwrap();
        let mut cx = Context::from_waker(Waker::noop());
        let mut items = Vec::new();
        while let Poll::Ready(Some(item)) = pin!(stream.next()).poll(&mut cx) {
            items.push(item.map(|change| change.kind));
        }
        assert_eq!(items, [Ok(EventKind::New), Err(Error::Os(5))]);
        assert!(poll_once(&mut stream, &mut cx).is_ready());
    });
}

#[test]
fn streams_can_move_between_threads() {
    fn is_send<T: Send + Unpin>() {}
    is_send::<EventStream<conntrack_async::Tokio>>();
    is_send::<EventStream<conntrack_async::AsyncIo>>();
}

/// Each example prints the events and ends.
#[test]
fn examples_follow() {
    let tests = std::env::current_exe().unwrap();
    let examples = tests.parent().unwrap().parent().unwrap().join("examples");
    for name in ["follow_tokio", "follow_async_io"] {
        isolated(|| {
            let mut command = Command::new("timeout");
            command.arg(testing::CEILING.as_secs().to_string()).arg(examples.join(name)).arg("3");
            let child = command.stdout(Stdio::piped()).spawn().unwrap();
            testing::wait_until("the example listens", || {
                let sockets = std::fs::read_to_string("/proc/thread-self/net/netlink").unwrap();
                let mut rows = sockets.lines().skip(1).map(|row| row.split_whitespace().collect::<Vec<_>>());
                rows.any(|row| row[1] == "12" && row[3] != "00000000")
            });
            let mut handle = Handle::open().unwrap();
            handle.create(&udp(1)).unwrap();
            handle.create(&udp(2)).unwrap();
            handle.delete(&udp(1)).unwrap();
            let output = child.wait_with_output().unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            assert!(output.status.success(), "{text}");
            let kinds: Vec<&str> =
                text.lines().map(|line| line.trim_start().split(']').next().unwrap()).collect();
            assert_eq!(kinds, ["[NEW", "[NEW", "[DESTROY"]);
        });
        let wrong = Command::new(examples.join(name)).arg("many").stderr(Stdio::null()).status().unwrap();
        assert_eq!(wrong.code(), Some(2));
    }
}

/// Other tasks of the same thread have their turn while events wait: a flood of events does not stop timers and signals.
#[test]
fn other_tasks_run_while_events_wait() {
    isolated(|| {
        let runtime = ::tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
        runtime.block_on(async {
            let mut stream = EventStream::with_tokio(subscription()).unwrap();
            let mut handle = Handle::open().unwrap();
            let count = at_most(2000, &stream);
            (1..=count).for_each(|number| handle.create(&udp(number)).unwrap());
            let other = ::tokio::spawn(async {});
            let mut number = 0;
            while !other.is_finished() {
                number += 1;
                assert!(number < count, "the other task has waited for every event");
                assert_eq!(sport(&next(&mut stream).await), number);
            }
            for number in number + 1..=count {
                assert_eq!(sport(&next(&mut stream).await), number);
            }
        });
    });
}

/// The flags of the socket's open file, O_NONBLOCK among them, which all its descriptors share.
fn flags(events: &Events) -> String {
    let path = format!("/proc/self/fdinfo/{}", events.as_fd().as_raw_fd());
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().find(|line| line.starts_with("flags:")).unwrap().to_owned()
}

/// A subscription that a stream gives back waits as it did before.
async fn gives_back<R: Readiness + Unpin>(open: Open<R>) {
    let events = subscription();
    let before = flags(&events);
    let mut stream = open(events).unwrap();
    Handle::open().unwrap().create(&udp(1)).unwrap();
    assert_eq!(sport(&next(&mut stream).await), 1);
    assert_eq!(flags(&stream.into_events()), before);
}
