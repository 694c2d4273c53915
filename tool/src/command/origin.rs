// SPDX-License-Identifier: GPL-2.0-or-later
//! Which program caused an event: from the port id of its socket to the name of the process that holds it.
//!
//! All of it is best effort: a process that has ended, or that may not be looked at, has no name.

#![forbid(unsafe_code)]

use netfilter_conntrack::{Netns, format};
use std::collections::HashMap;
use std::os::unix::ffi::OsStrExt;
use std::{fs, thread};

/// The protocol of netfilter sockets, as `/proc/net/netlink` numbers it.
const NETFILTER: &str = "12";

/// How many sockets are remembered.
const REMEMBERED: usize = 64;

/// How many events an answer serves before it is looked up again.
const TRUSTED: u32 = 4096;

/// Port ids looked up. The look-ups of a burst of events are done once; the search for a program, which is dear, once
/// for each socket.
#[derive(Debug, Default)]
pub struct Origins {
    known: HashMap<u32, Origin>,
    /// The namespace of the sockets, where it is not the caller's.
    netns: Option<Netns>,
}

/// A socket and the program that holds it.
#[derive(Debug, Default)]
pub struct Origin {
    port_id: u32,
    inode: Option<String>,
    program: Option<String>,
    /// What is appended to a line of text.
    text: Vec<u8>,
    /// For so many events nothing is looked up.
    trusted: u32,
}

impl Origins {
    /// Those of another namespace: port ids are of a namespace.
    pub fn of_namespace(netns: Netns) -> Origins {
        Origins { netns: Some(netns), ..Origins::default() }
    }

    /// Another file stands for the namespace of the sockets now.
    pub fn move_to(&mut self, netns: Netns) {
        self.netns = Some(netns);
    }

    /// The origin of an event: nothing for one that no program caused.
    pub fn of(&mut self, port_id: u32) -> Option<&Origin> {
        if port_id == 0 {
            return None;
        }
        if self.known.len() >= REMEMBERED && !self.known.contains_key(&port_id) {
            self.known.clear();
        }
        let origin = self.known.entry(port_id).or_default();
        match origin.trusted.checked_sub(1) {
            Some(left) => origin.trusted = left,
            None => origin.look_up(port_id, &sockets(self.netns.as_ref())),
        }
        Some(origin)
    }

    /// A burst is over: what was looked up may change before the next one.
    pub fn expire(&mut self) {
        self.known.values_mut().for_each(|origin| origin.trusted = 0);
    }
}

impl Origin {
    /// What is appended to the line of an event.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// The same for JSON.
    pub fn named(&self) -> format::Origin<'_> {
        format::Origin { port_id: self.port_id, program: self.program.as_deref().map(str::as_bytes) }
    }

    fn look_up(&mut self, port_id: u32, netlink: &str) {
        self.trusted = TRUSTED;
        let inode = socket_inode(netlink, port_id);
        if inode.is_some() && inode == self.inode.as_deref() {
            return;
        }
        (self.port_id, self.inode) = (port_id, inode.map(str::to_string));
        self.text = format!(" [USERSPACE] portid={port_id}").into_bytes();
        self.program = inode.and_then(|inode| holder(port_id, inode)).and_then(|pid| program_name(&pid));
        if let Some(name) = &self.program {
            self.text.extend_from_slice(format!(" progname={name}").as_bytes());
        }
    }
}

/// The netlink sockets of the caller's namespace, or of another one, which a thread enters.
fn sockets(netns: Option<&Netns>) -> String {
    let Some(netns) = netns.cloned() else {
        return fs::read_to_string("/proc/net/netlink").unwrap_or_default();
    };
    let read = move || match netns.enter() {
        Ok(()) => fs::read_to_string("/proc/thread-self/net/netlink").unwrap_or_default(),
        Err(_) => String::new(),
    };
    let thread = thread::Builder::new().name("origin".into()).spawn(read).ok();
    thread.and_then(|thread| thread.join().ok()).unwrap_or_default()
}

/// The inode of a netfilter socket, from the text of `/proc/net/netlink`: protocol in the second column, port id
/// in the third, inode in the last.
fn socket_inode(netlink: &str, port_id: u32) -> Option<&str> {
    let port_id = port_id.to_string();
    netlink.lines().find_map(|line| {
        let mut columns = line.split_whitespace().skip(1);
        let is_it = columns.next() == Some(NETFILTER) && columns.next() == Some(port_id.as_str());
        columns.last().filter(|_| is_it)
    })
}

/// The process that holds a socket. A socket's port id is often its process's id, so that one is asked first.
fn holder(port_id: u32, inode: &str) -> Option<String> {
    let target = format!("socket:[{inode}]");
    let first = port_id.to_string();
    if holds(&first, &target) {
        return Some(first);
    }
    let processes =
        fs::read_dir("/proc").ok()?.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    processes.filter(|name| name.parse::<u32>().is_ok_and(|pid| pid > 1)).find(|pid| holds(pid, &target))
}

fn holds(pid: &str, target: &str) -> bool {
    let Ok(descriptors) = fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
    let mut links = descriptors.flatten().filter_map(|entry| fs::read_link(entry.path()).ok());
    links.any(|link| link.as_os_str().as_bytes() == target.as_bytes())
}

/// A process's name: what stands in parentheses in its `stat`.
fn program_name(pid: &str) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    Some(stat.get(stat.find('(')? + 1..stat.rfind(')')?)?.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inode_is_found_by_protocol_and_port_id() {
        let text = "sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode\n\
                    0000000000000000 0   77  00000000 0 0 0 2 0 111\n\
                    0000000000000000 12  78  00000000 0 0 0 2 0 222\n\
                    0000000000000000 12  77  00000007 0 0 0 2 0 333\n";
        assert_eq!(socket_inode(text, 77), Some("333"));
        assert_eq!(socket_inode(text, 79), None);
    }

    #[test]
    fn an_event_without_program_has_no_origin() {
        assert!(Origins::default().of(0).is_none());
        let mut origins = Origins::default();
        let origin = origins.of(4_294_967_295).unwrap();
        assert_eq!(origin.text(), b" [USERSPACE] portid=4294967295");
        assert_eq!((origin.named().port_id, origin.named().program), (4_294_967_295, None));
    }

    #[test]
    fn a_process_has_a_name() {
        let own = std::process::id().to_string();
        assert!(program_name(&own).is_some_and(|name| !name.is_empty()));
        assert_eq!(program_name("0"), None);
    }
}
