// SPDX-License-Identifier: GPL-2.0-or-later
//! Random flows that the kernel accepts: every protocol, both families, with translations, zones and states. The
//! same seed gives the same flows.

use crate::{flow, udplite};
use netfilter_conntrack::wire::consts::{IPS_ASSURED, IPS_FIXED_TIMEOUT, IPS_SEEN_REPLY};
use netfilter_conntrack::{Attr, Flow, L4};

pub use crate::dice::Dice;

/// Flow `n`; its source address is its own.
pub fn random_flow(n: u16, dice: &mut Dice) -> Flow {
    let ipv6 = dice.roll(3) == 0;
    let (sport, dport) = (dice.port(), dice.port());
    let l4 = match dice.roll(8) {
        0 | 1 => L4::Tcp { sport, dport },
        2 => L4::Udp { sport, dport },
        3 => udplite(sport, dport),
        4 => L4::Sctp { sport, dport },
        5 => L4::Gre { src_key: sport, dst_key: dport },
        6 if ipv6 => L4::IcmpV6 { kind: [128, 129, 139, 140][dice.roll(4) as usize], code: 3, id: sport },
        6 => L4::Icmp { kind: [0, 8, 13, 14, 15, 16, 17, 18][dice.roll(8) as usize], code: 0, id: sport },
        _ => L4::Other([50, 51, 89, 103][dice.roll(4) as usize]),
    };
    let mut flow = match ipv6 {
        true => flow(&format!("fd00::{n:x}"), "fd00:1::1", l4),
        false => flow(&format!("10.0.{}.{}", n >> 8, n & 255), "10.1.0.1", l4),
    };
    flow.set_timeout_secs(u32::try_from(1000 + dice.roll(400_000)).unwrap());
    let bits = [0, IPS_SEEN_REPLY, IPS_SEEN_REPLY | IPS_ASSURED, IPS_FIXED_TIMEOUT, IPS_ASSURED];
    flow.set_status(bits[dice.roll(5) as usize]);
    match l4 {
        L4::Tcp { .. } => flow.set_tcp_state(u8::try_from(dice.roll(10)).unwrap()),
        L4::Sctp { .. } => {
            flow.set_sctp_state(u8::try_from(dice.roll(9)).unwrap());
            for attr in [Attr::SctpVtagOrig, Attr::SctpVtagRepl] {
                flow.set_bytes(attr, &u32::try_from(dice.roll(1 << 31)).unwrap().to_ne_bytes());
            }
        }
        _ => {}
    }
    match dice.roll(8) {
        0 => flow.set_zone(dice.port()),
        1 => flow.set_orig_zone(dice.port()),
        2 => flow.set_reply_zone(dice.port()),
        _ => {}
    }
    translate(&mut flow, ipv6, matches!(l4, L4::Tcp { .. } | L4::Udp { .. }), dice);
    flow
}

/// Translates every other flow: source, destination or both, with a port where the protocol lets it be chosen.
fn translate(flow: &mut Flow, ipv6: bool, ports: bool, dice: &mut Dice) {
    let kinds = dice.roll(8);
    let attrs = [
        (kinds & 1 != 0, Attr::SnatIpv4, Attr::SnatIpv6, Attr::SnatPort, "192.0.2", "fd00:5::"),
        (kinds & 2 != 0, Attr::DnatIpv4, Attr::DnatIpv6, Attr::DnatPort, "198.51.100", "fd00:6::"),
    ];
    for (wanted, v4, v6, port, net4, net6) in attrs {
        if !wanted || kinds & 4 == 0 {
            continue;
        }
        let host = dice.roll(200) + 1;
        match ipv6 {
            true => {
                flow.set_bytes(v6, &format!("{net6}{host}").parse::<std::net::Ipv6Addr>().unwrap().octets())
            }
            false => {
                flow.set_bytes(v4, &format!("{net4}.{host}").parse::<std::net::Ipv4Addr>().unwrap().octets())
            }
        }
        if ports && dice.roll(2) == 0 {
            flow.set_bytes(port, &dice.port().to_be_bytes());
        }
    }
}
