// SPDX-License-Identifier: GPL-2.0-or-later
//! A flow as a command line: the options with which `conntrack` creates, updates or deletes such an entry.
//!
//! The order of the options is fixed. Each has one blank before it; the line does not end with a blank. Mark, labels
//! and helper are not part of the line; of a translation only the address is.

#![forbid(unsafe_code)]

use super::out::Out;
use super::tables::{self, state_name};
use crate::codec::EventKind;
use crate::flow::option::NatPart;
use crate::flow::tuple::{L4Kind, l4_kind};
use crate::flow::{Attr, Dir, Flow, Tuple};
use crate::wire::Certain;
use crate::wire::consts::*;

/// The command at the start of the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// `-A`: make the entry, or update it.
    Add,
    /// `-U`: update it.
    Update,
    /// `-D`: delete it.
    Delete,
}

impl From<EventKind> for Command {
    fn from(kind: EventKind) -> Command {
        match kind {
            EventKind::New => Command::Add,
            EventKind::Update => Command::Update,
            EventKind::Destroy => Command::Delete,
        }
    }
}

/// Room a first attempt has: no line is longer.
const ROOM: usize = 1024;

/// Appends the line for a flow, without a newline.
///
/// ```
/// use netfilter_conntrack::{Dir, Flow, L4, format::save};
/// let mut flow = Flow::new();
/// flow.set_tuple(Dir::Orig, "192.0.2.1".parse()?, "198.51.100.2".parse()?, L4::Other(50));
/// flow.set_timeout_secs(30);
/// let mut line = Vec::new();
/// save::append_flow(&mut line, &flow, save::Command::Add);
/// assert_eq!(line, b"-A -t 30 -s 192.0.2.1 -d 198.51.100.2 -p 50");
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
pub fn append_flow(to: &mut Vec<u8>, flow: &Flow, command: Command) {
    let start = to.len();
    to.resize(start + ROOM, 0);
    let mut out = Out::new(to.get_mut(start..).certain());
    line(&mut out, flow, command);
    let len = out.len();
    to.truncate(start + len);
}

fn line(out: &mut Out<'_>, flow: &Flow, command: Command) {
    out.put(match command {
        Command::Add => b"-A",
        Command::Update => b"-U",
        Command::Delete => b"-D",
    });
    option(out, b" -t ", flow.timeout_secs());
    status(out, flow);
    option(out, b" -c ", flow.secmark());
    option(out, b" -w ", flow.zone());
    option(out, b" --orig-zone ", flow.orig_zone());
    option(out, b" --reply-zone ", flow.reply_zone());
    addresses(out, flow);
    if let Some(number) = flow.u8(Attr::OrigL4proto) {
        protocol(out, flow, number);
    }
}

fn option(out: &mut Out<'_>, name: &[u8], value: Option<impl Into<u64>>) {
    if let Some(value) = value {
        out.put(name);
        out.number(value);
    }
}

/// Status bits that have names here, in the order of their bits.
const STATUS: &[(u32, &[u8])] = &[
    (IPS_EXPECTED, b"EXPECTED"),
    (IPS_SEEN_REPLY, b"SEEN_REPLY"),
    (IPS_ASSURED, b"ASSURED"),
    (IPS_FIXED_TIMEOUT, b"FIXED_TIMEOUT"),
];

fn status(out: &mut Out<'_>, flow: &Flow) {
    let Some(status) = flow.status() else { return };
    let mut separator: &[u8] = b" -u ";
    for (_, name) in STATUS.iter().filter(|(bit, _)| status & bit != 0) {
        out.put(separator);
        out.put(name);
        separator = b",";
    }
    if separator != b"," {
        out.put(b" -u UNSET");
    }
}

/// A translation: the status says that it is done, and the addresses differ.
fn translated(flow: &Flow, nat: NatPart) -> bool {
    flow.is_set(Attr::Status) && flow.has_nat(nat)
}

fn addresses(out: &mut Out<'_>, flow: &Flow) {
    let (orig, reply) = (flow.tuple(Dir::Orig), flow.tuple(Dir::Reply));
    let reply_src: &[u8] = if translated(flow, NatPart::DestinationAddress) { b" -g " } else { b" -r " };
    let reply_dst: &[u8] = if translated(flow, NatPart::SourceAddress) { b" -n " } else { b" -q " };
    for (tuple, src, dst) in [(orig, &b" -s "[..], &b" -d "[..]), (reply, reply_src, reply_dst)] {
        if tuple.src().is_some() {
            out.put(src);
            out.address(tuple.l3(), tuple.src_bytes());
            out.put(dst);
            out.address(tuple.l3(), tuple.dst_bytes());
        }
    }
}

fn protocol(out: &mut Out<'_>, flow: &Flow, number: u8) {
    out.put(b" -p ");
    match tables::L4.iter().find(|(known, _)| *known == number) {
        Some((_, name)) => out.put(name.as_bytes()),
        None => out.number(number),
    }
    match l4_kind(number) {
        L4Kind::Ports => {
            ports(out, flow, [b" --sport ", b" --dport ", b" --reply-port-src ", b" --reply-port-dst "]);
        }
        L4Kind::Keys => {
            ports(out, flow, [b" --srckey ", b" --dstkey ", b" --reply-key-src ", b" --reply-key-dst "]);
        }
        L4Kind::Icmp => icmp(out, flow.tuple(Dir::Orig), number),
        L4Kind::None => {}
    }
    state(out, flow);
}

/// Ports or keys, as far as they are known: the kernel knows none of a protocol that it does not track.
fn ports(out: &mut Out<'_>, flow: &Flow, names: [&[u8]; 4]) {
    let attrs = [Attr::OrigPortSrc, Attr::OrigPortDst, Attr::ReplPortSrc, Attr::ReplPortDst];
    for (name, attr) in names.into_iter().zip(attrs) {
        option(out, name, flow.u16(attr).map(u16::from_be));
    }
}

fn icmp(out: &mut Out<'_>, orig: Tuple<'_>, number: u8) {
    let [kind, code] = orig.icmp();
    let prefix: &[u8] = if number == IPPROTO_ICMP { b" --icmp-" } else { b" --icmpv6-" };
    let fields = [(&b"type "[..], u16::from(kind)), (b"code ", u16::from(code)), (b"id ", orig.l4_src())];
    for (name, value) in fields {
        out.put(prefix);
        option(out, name, Some(value));
    }
}

fn state(out: &mut Out<'_>, flow: &Flow) {
    let states = [
        (flow.tcp_state(), tables::TCP_STATES),
        (flow.sctp_state(), tables::SCTP_STATES),
        (flow.dccp_state(), tables::DCCP_STATES),
    ];
    for (state, names) in states {
        if let Some(state) = state {
            out.put(b" --state ");
            out.put(state_name(names, state).as_bytes());
        }
    }
    option(out, b" --orig-vtag ", flow.u32(Attr::SctpVtagOrig));
    option(out, b" --reply-vtag ", flow.u32(Attr::SctpVtagRepl));
    if let Some(role) = flow.u8(Attr::DccpRole) {
        out.put(if role == 0 { b" --role client" } else { b" --role server" });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::L4;

    fn flow(l4: L4) -> Flow {
        let mut flow = Flow::new();
        flow.set_tuple(Dir::Orig, "1.1.1.1".parse().unwrap(), "2.2.2.2".parse().unwrap(), l4);
        flow.set_reply_from_original();
        flow
    }

    fn text(flow: &Flow, command: Command) -> String {
        let mut line = b"> ".to_vec();
        append_flow(&mut line, flow, command);
        String::from_utf8(line).unwrap()
    }

    #[test]
    fn every_option_has_its_place() {
        let mut tcp = flow(L4::Tcp { sport: 1000, dport: 80 });
        tcp.set_timeout_secs(99);
        tcp.set_status(IPS_SEEN_REPLY | IPS_ASSURED | IPS_CONFIRMED);
        tcp.set_secmark(3);
        tcp.set_zone(7);
        tcp.set_orig_zone(8);
        tcp.set_reply_zone(9);
        tcp.set_mark(5);
        tcp.set_tcp_state(3);
        assert_eq!(
            text(&tcp, Command::Add),
            "> -A -t 99 -u SEEN_REPLY,ASSURED -c 3 -w 7 --orig-zone 8 --reply-zone 9 -s 1.1.1.1 -d 2.2.2.2 \
             -r 2.2.2.2 -q 1.1.1.1 -p tcp --sport 1000 --dport 80 --reply-port-src 80 --reply-port-dst 1000 \
             --state ESTABLISHED"
        );
    }

    #[test]
    fn translations_replace_the_reply_address() {
        let mut udp = flow(L4::Udp { sport: 77, dport: 78 });
        udp.set_tuple(
            Dir::Reply,
            "2.2.2.2".parse().unwrap(),
            "5.5.5.5".parse().unwrap(),
            L4::Udp { sport: 78, dport: 99 },
        );
        let tail = "-p udp --sport 77 --dport 78 --reply-port-src 78 --reply-port-dst 99";
        assert_eq!(
            text(&udp, Command::Delete),
            format!("> -D -s 1.1.1.1 -d 2.2.2.2 -r 2.2.2.2 -q 5.5.5.5 {tail}")
        );
        udp.set_status(IPS_SRC_NAT_DONE | IPS_DST_NAT_DONE);
        assert_eq!(
            text(&udp, Command::Update),
            format!("> -U -u UNSET -s 1.1.1.1 -d 2.2.2.2 -r 2.2.2.2 -n 5.5.5.5 {tail}")
        );
    }

    #[test]
    fn each_protocol_has_its_options() {
        let of = |l4| text(&flow(l4), Command::Add).split_once(" -p ").unwrap().1.to_string();
        assert_eq!(
            of(L4::Gre { src_key: 1, dst_key: 42 }),
            "gre --srckey 1 --dstkey 42 --reply-key-src 42 --reply-key-dst 1"
        );
        assert_eq!(
            of(L4::Icmp { kind: 8, code: 0, id: 77 }),
            "icmp --icmp-type 8 --icmp-code 0 --icmp-id 77"
        );
        assert_eq!(
            of(L4::IcmpV6 { kind: 128, code: 1, id: 7 }),
            "icmpv6 --icmpv6-type 128 --icmpv6-code 1 --icmpv6-id 7"
        );
        assert_eq!(of(L4::Other(50)), "50");
        let mut sctp = flow(L4::Sctp { sport: 1, dport: 2 });
        sctp.set_sctp_state(9);
        sctp.set_bytes(Attr::SctpVtagOrig, &0x1122_3344u32.to_ne_bytes());
        assert!(text(&sctp, Command::Add).ends_with(" --state HEARTBEAT_ACKED --orig-vtag 287454020"));
        let mut dccp = flow(L4::Dccp { sport: 1, dport: 2 });
        dccp.set_dccp_state(4);
        dccp.set_bytes(Attr::DccpRole, &[1]);
        assert!(text(&dccp, Command::Add).ends_with(" --state OPEN --role server"));
    }
}
