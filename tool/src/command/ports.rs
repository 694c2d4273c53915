// SPDX-License-Identifier: GPL-2.0-or-later
//! Ports that the kernel would ignore: of a protocol that it does not know it keeps only the number, and an entry
//! that is made with ports would stand for all connections between its addresses.

#![forbid(unsafe_code)]

use super::registry::Verb;
use crate::certain::Certain as _;
use crate::line::options::Table;
use crate::line::protocols::PROTOCOLS;
use crate::show::message::Complaint;
use crate::show::refusal;
use netfilter_conntrack::Handle;
use netfilter_conntrack::consts::{IPPROTO_DCCP, IPPROTO_GRE, IPPROTO_SCTP, IPPROTO_UDPLITE};

/// The protocols with ports or keys that some kernels do not know.
const UNSURE: [u8; 4] = [IPPROTO_UDPLITE, IPPROTO_DCCP, IPPROTO_SCTP, IPPROTO_GRE];

/// Whether some kernels do not know a protocol's ports.
pub fn are_unsure(protocol: u8) -> bool {
    UNSURE.contains(&protocol)
}

/// What is known of the kernel. Each protocol is asked for once.
#[derive(Debug, Default)]
pub struct Ports([Option<bool>; UNSURE.len()]);

impl Ports {
    /// Complains of ports that the kernel would ignore. Ports 0 are what it shows of a protocol without ports.
    pub fn check(
        &mut self,
        handle: &mut Handle,
        verb: Verb,
        protocol: u8,
        ports: [u16; 2],
    ) -> Result<(), Complaint> {
        let place = UNSURE.iter().position(|&unsure| unsure == protocol);
        let Some(known) = place.and_then(|place| self.0.get_mut(place)).filter(|_| ports != [0, 0]) else {
            return Ok(());
        };
        let is_known = match *known {
            Some(is_known) => is_known,
            None => {
                let answer = handle.knows_ports(protocol);
                *known.insert(answer.map_err(|error| refusal::of(verb, Table::Conntrack, error))?)
            }
        };
        if is_known { Ok(()) } else { Err(unknown(protocol)) }
    }
}

fn unknown(protocol: u8) -> Complaint {
    let name =
        PROTOCOLS.iter().find(|known| known.number == protocol).certain().map_or("it", |known| known.name);
    Complaint::Operation(format!(
        "this kernel knows no ports of {name}: the entry would stand for all connections between its addresses"
    ))
}
