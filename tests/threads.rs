// SPDX-License-Identifier: GPL-2.0-or-later
//! What may move to another thread, and what several threads may share.

#![allow(clippy::unwrap_used)]

use netfilter_conntrack::*;

fn moves<T: Send>() {}
fn is_shared<T: Send + Sync>() {}

/// The compiler is the judge: a type that lost its property does not compile here.
#[test]
fn types_move_to_threads_and_are_shared() {
    moves::<Handle>();
    moves::<Flows<'_>>();
    moves::<Batch>();
    moves::<Events>();
    moves::<EventsBuilder>();
    moves::<Mirror>();
    is_shared::<Flow>();
    is_shared::<Expectation>();
    is_shared::<Bitmask>();
    is_shared::<LabelMap>();
    is_shared::<DumpFilter>();
    is_shared::<Selector>();
    is_shared::<EventFilter>();
    is_shared::<Error>();
}

#[test]
fn a_handle_is_used_in_another_thread() {
    let handle = Handle::open().unwrap();
    let port = std::thread::spawn(move || handle.socket().port_id()).join().unwrap();
    assert_ne!(port, 0);
}
