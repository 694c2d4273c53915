// SPDX-License-Identifier: GPL-2.0-or-later
//! Handles in other network namespaces, descriptors, and events that are not waited for, on the running kernel.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use netfilter_conntrack::{Error, EventKind, Events, Groups, Handle, Mirror};
use std::fs;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::MetadataExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use testing::{count, isolated, udp};

/// A process that waits in a new network namespace.
struct Inhabitant(Child);

impl Inhabitant {
    fn new() -> Inhabitant {
        let mut command = Command::new("unshare");
        command.args(["--net", "sleep", "600"]).stdin(Stdio::null());
        let process = Inhabitant(command.spawn().expect("unshare"));
        let program = format!("/proc/{}/comm", process.0.id());
        testing::wait_until("the process is inside", || {
            fs::read_to_string(&program).is_ok_and(|name| name == "sleep\n")
        });
        process
    }

    fn file(&self) -> String {
        format!("/proc/{}/ns/net", self.0.id())
    }
}

impl Drop for Inhabitant {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The calling thread's network namespace.
fn here() -> u64 {
    fs::metadata("/proc/thread-self/ns/net").unwrap().ino()
}

#[test]
fn a_handle_asks_another_namespace_and_its_thread_stays() {
    isolated(|| {
        let (other, before) = (Inhabitant::new(), here());
        assert_ne!(fs::metadata(other.file()).unwrap().ino(), before);
        let mut by_process = Handle::builder().namespace_of_process(other.0.id()).open().unwrap();
        by_process.create(&udp(1)).unwrap();
        let mut by_path = Handle::builder().namespace_path(other.file()).read_ahead(true).open().unwrap();
        by_path.create(&udp(2)).unwrap();
        assert_eq!((count(&mut by_process), count(&mut by_path)), (2, 2));
        assert_eq!(count(&mut Handle::open().unwrap()), 0);
        assert_eq!(here(), before);
    });
}

#[test]
fn a_handle_finds_a_namespace_by_its_name() {
    isolated(|| {
        testing::need_root("ip netns writes below /run");
        let name = format!("conntrack-test-{}", std::process::id());
        let ip = |verb| testing::run("ip", &["netns", verb, &name], "");
        let made = ip("add");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let opened = Handle::builder().namespace_name(&name).open();
        let created = opened.and_then(|mut handle| handle.create(&udp(1)).map(|()| count(&mut handle)));
        assert!(ip("delete").status.success());
        assert_eq!(created, Ok(1));
        assert_eq!(count(&mut Handle::open().unwrap()), 0);
        let gone = Handle::builder().namespace_name(&name).open().err();
        assert!(gone.is_some_and(Error::is_not_found), "{gone:?}");
    });
}

#[test]
fn a_subscription_is_asked_without_waiting() {
    isolated(|| {
        let mut events = Events::builder(Groups::FLOWS).receive_buffer(1 << 20).open().unwrap();
        assert!(events.receive_buffer().unwrap() >= 1 << 20);
        assert!(events.try_next().unwrap().is_none());
        let mut handle = Handle::open().unwrap();
        handle.create(&udp(1)).unwrap();
        handle.delete(&udp(1)).unwrap();
        events.wait_readable(testing::CEILING).unwrap();
        let mut seen = Vec::new();
        while let Some(event) = events.try_next().unwrap() {
            assert_eq!(event.port_id, handle.port_id());
            seen.push(event.kind);
        }
        assert_eq!(seen, [EventKind::New, EventKind::Destroy]);
        events.set_non_blocking(true).unwrap();
        assert!(events.next().is_err_and(Error::is_would_block));
    });
}

#[test]
fn every_connection_has_a_descriptor_that_can_be_polled() {
    isolated(|| {
        let (handle, events) = (Handle::open().unwrap(), Events::open(Groups::NEW).unwrap());
        let mirror = Mirror::open(Events::builder(Groups::FLOWS)).unwrap();
        let numbers = [handle.as_raw_fd(), events.as_raw_fd(), mirror.as_raw_fd()];
        assert_eq!([handle.as_fd(), events.as_fd(), mirror.as_fd()].map(|fd| fd.as_raw_fd()), numbers);
        for number in numbers {
            let file = fs::read_link(format!("/proc/self/fd/{number}")).unwrap();
            assert!(file.to_string_lossy().starts_with("socket:"), "{file:?}");
        }
        mirror.wait_readable(Duration::ZERO).unwrap();
        Handle::open().unwrap().create(&udp(1)).unwrap();
        mirror.wait_readable(testing::CEILING).unwrap();
    });
}

#[test]
fn a_failure_names_the_request() {
    isolated(|| {
        let mut handle = Handle::open().unwrap();
        handle.create(&udp(1)).unwrap();
        let again = handle.create(&udp(1)).map_err(|error| handle.failure(error)).unwrap_err();
        assert_eq!(again.to_string(), "cannot create the entry: File exists");
        let missing = handle.delete(&udp(2)).map_err(|error| handle.failure(error)).unwrap_err();
        assert_eq!(missing.to_string(), "cannot delete the entry: No such file or directory");
    });
}
