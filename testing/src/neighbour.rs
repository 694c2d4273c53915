// SPDX-License-Identifier: GPL-2.0-or-later
//! Another network namespace behind a pair of interfaces, to which the test's own is the router.
//!
//! It lives in a thread that does what it is told there. A socket stays in the namespace where it was opened, so it can
//! be handed back and used by the test. Thread, namespace and interfaces end with the [`Neighbour`].

use super::{run, set};
use netfilter_conntrack::sys::namespace;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{Sender, channel};

type Job = Box<dyn FnOnce() + Send>;

/// A namespace behind an interface of the calling thread's.
pub struct Neighbour {
    jobs: Sender<Job>,
}

impl Neighbour {
    /// Makes one in two networks, such as `10.8.1.` and `fd08:1::`: the router is number 1 there, the neighbour 2.
    pub fn behind(interface: &str, networks: [&str; 2]) -> Neighbour {
        let (jobs, told) = channel::<Job>();
        std::thread::spawn(move || told.into_iter().for_each(|job| job()));
        let neighbour = Neighbour { jobs };
        let thread = neighbour.at(|| {
            namespace::enter_new_network().expect("a new network namespace");
            let path = std::fs::read_link("/proc/thread-self").expect("the thread's folder");
            path.file_name().and_then(|name| name.to_str()).expect("its number").to_owned()
        });
        without_duplicate_detection();
        batch(&format!("link add {interface} type veth peer name wire netns {thread}"));
        connected(interface, networks, 1);
        let [v4, v6] = networks.map(str::to_owned);
        neighbour.at(move || {
            without_duplicate_detection();
            connected("wire", [&v4, &v6], 2);
            batch(&format!("route add default via {v4}1\nroute add default via {v6}1"));
        });
        neighbour
    }

    /// Does something there, and waits for it.
    pub fn at<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> T {
        let (done, result) = channel();
        let job = move || drop(done.send(catch_unwind(AssertUnwindSafe(job))));
        self.jobs.send(Box::new(job)).expect("the neighbour's thread");
        result.recv().expect("an outcome").unwrap_or_else(|panic| resume_unwind(panic))
    }
}

/// Lets the calling thread's namespace pass packets on.
pub fn forward_packets() {
    set("ipv4/ip_forward", 1);
    set("ipv6/conf/all/forwarding", 1);
}

/// The link-local addresses of new interfaces are good at once.
fn without_duplicate_detection() {
    set("ipv6/conf/default/accept_dad", 0);
}

fn connected(interface: &str, [v4, v6]: [&str; 2], number: u8) {
    batch(&format!(
        "addr add {v4}{number}/24 dev {interface}
         addr add {v6}{number}/64 dev {interface} nodad
         link set {interface} up"
    ));
}

fn batch(commands: &str) {
    let output = run("ip", &["-batch", "-"], commands);
    assert!(output.status.success(), "ip: {}", String::from_utf8_lossy(&output.stderr));
}
