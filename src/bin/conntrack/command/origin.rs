// SPDX-License-Identifier: GPL-2.0-or-later
//! Which program caused an event: from the port id of its socket to the name of the process that holds it.
//!
//! All of it is best effort: a process that has ended, or that may not be looked at, has no name.

#![forbid(unsafe_code)]

use std::fs;
use std::os::unix::ffi::OsStrExt;

/// The protocol of netfilter sockets, as `/proc/net/netlink` numbers it.
const NETFILTER: &str = "12";

/// Port ids looked up; the last answer is remembered.
#[derive(Debug, Default)]
pub struct Origins {
    last: Option<Origin>,
    text: Vec<u8>,
}

/// A socket and the program that holds it.
#[derive(Debug)]
struct Origin {
    port_id: u32,
    inode: String,
    program: Option<String>,
}

impl Origins {
    /// What is appended to the line of an event: nothing for one that no program caused.
    pub fn of(&mut self, port_id: u32) -> &[u8] {
        self.text.clear();
        if port_id == 0 {
            return &self.text;
        }
        self.text.extend_from_slice(format!(" [USERSPACE] portid={port_id}").as_bytes());
        let netlink = fs::read_to_string("/proc/net/netlink").unwrap_or_default();
        let Some(inode) = socket_inode(&netlink, port_id) else { return &self.text };
        if !self.last.as_ref().is_some_and(|last| last.port_id == port_id && last.inode == inode) {
            let program = holder(port_id, inode).and_then(|pid| program_name(&pid));
            self.last = Some(Origin { port_id, inode: inode.to_string(), program });
        }
        if let Some(name) = self.last.as_ref().and_then(|last| last.program.as_ref()) {
            self.text.extend_from_slice(format!(" progname={name}").as_bytes());
        }
        &self.text
    }
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
        assert_eq!(Origins::default().of(0), b"");
        let text = Origins::default().of(4_294_967_295).to_vec();
        assert_eq!(text, b" [USERSPACE] portid=4294967295");
    }

    #[test]
    fn a_process_has_a_name() {
        let own = std::process::id().to_string();
        assert!(program_name(&own).is_some_and(|name| !name.is_empty()));
        assert_eq!(program_name("0"), None);
    }
}
