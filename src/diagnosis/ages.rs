// SPDX-License-Identifier: GPL-2.0-or-later
//! The setting from which an entry's deadline comes, and how long the entry has been idle.
//!
//! The kernel gives an entry its protocol's and state's timeout with each packet, so that the time since the last packet
//! is the setting less the time that is left. That holds only if the entry was given the present setting: see
//! [`Setting::idle`].

#![forbid(unsafe_code)]

use super::facts::Settings;
use crate::format::tables;
use crate::wire::consts::{
    IPPROTO_DCCP, IPPROTO_GRE, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE, IPS_ASSURED,
    IPS_FIXED_TIMEOUT, IPS_HW_OFFLOAD, IPS_OFFLOAD,
};

/// What the kernel gives TCP entries with unacknowledged data or with many retransmissions, where that is not known.
const CUT_SECS: u32 = 300;

/// Protocols that have states, and the names of those.
const STATEFUL: [(u8, &[&str]); 3] = [
    (IPPROTO_TCP, tables::TCP_STATES),
    (IPPROTO_SCTP, tables::SCTP_STATES),
    (IPPROTO_DCCP, tables::DCCP_STATES),
];

/// States of a protocol that are counted separately; higher numbers have no name.
const STATES: usize = 16;

/// How many kinds of entries there are: a protocol without a state, or a protocol's state.
pub(super) const KINDS: usize = 256 + STATEFUL.len() * STATES;

/// The kind of an entry, below [`KINDS`]. An entry of a stateful protocol may come without a state.
#[inline(always)]
pub(super) fn kind(protocol: u8, state: Option<u8>) -> usize {
    let stateful = match protocol {
        IPPROTO_TCP => 0,
        IPPROTO_SCTP => 1,
        IPPROTO_DCCP => 2,
        _ => return protocol.into(),
    };
    let number = |state: u8| 256 + stateful * STATES + usize::from(state).min(STATES - 1);
    state.map_or(protocol.into(), number)
}

/// The protocol and the name of the state of a kind.
pub(super) fn name(kind: usize) -> (u8, Option<&'static str>) {
    let Some(number) = kind.checked_sub(256) else { return (kind as u8, None) };
    let Some(&(protocol, states)) = STATEFUL.get(number / STATES) else { return (0, None) };
    (protocol, Some(tables::state_name(states, (number % STATES) as u8)))
}

/// The setting that rules the entries of one kind, in seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Setting {
    /// Of entries that are not assured.
    pub plain: Option<u32>,
    /// Of assured ones.
    pub assured: Option<u32>,
    /// With less left than this, the entry may have got one of the shorter timeouts of TCP instead.
    pub trusted_from: u32,
}

/// How long an entry has been idle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Idle {
    /// For N seconds.
    Secs(u32),
    /// More is left than the setting gives: nothing is known.
    OverSetting,
    /// Nothing is known.
    Unknown,
}

impl Setting {
    /// The setting of a kind.
    pub fn of(settings: &Settings, kind: usize) -> Setting {
        let (protocol, state) = name(kind);
        if let Some(state) = state {
            return Setting::of_state(settings, protocol, state);
        }
        let both = |name: &str| {
            let plain = settings.timeout_secs(name, "unreplied");
            Setting { plain, assured: settings.timeout_secs(name, "replied").or(plain), trusted_from: 0 }
        };
        match protocol {
            IPPROTO_UDP => both("udp"),
            IPPROTO_UDPLITE if settings.timeouts_secs.contains_key("udplite") => both("udplite"),
            IPPROTO_UDPLITE => both("udp"), // one setting for the two in recent kernels
            IPPROTO_GRE => both("gre"),
            IPPROTO_TCP | IPPROTO_SCTP | IPPROTO_DCCP => Setting::default(),
            _ => {
                let own = settings.timeout_secs(tables::l4_name(protocol), "timeout");
                let plain = own.or_else(|| settings.timeout_secs("generic", "timeout"));
                Setting { plain, assured: plain, trusted_from: 0 }
            }
        }
    }

    fn of_state(settings: &Settings, protocol: u8, state: &str) -> Setting {
        let of = |name: &str| settings.timeout_secs(tables::l4_name(protocol), name);
        let plain = of(&state.to_ascii_lowercase());
        let shorter =
            |name: &str| of(name).or(Some(CUT_SECS)).filter(|&secs| plain.is_some_and(|own| secs < own));
        let trusted_from = match protocol {
            IPPROTO_TCP => shorter("unacknowledged").max(shorter("max_retrans")).map_or(0, |secs| secs + 1),
            _ => 0,
        };
        Setting { plain, assured: plain, trusted_from }
    }

    /// How long an entry has been idle with `remaining` seconds left.
    #[inline(always)]
    pub fn idle(&self, status: u32, remaining: Option<u32>) -> Idle {
        let setting = if status & IPS_ASSURED != 0 { self.assured } else { self.plain };
        let (Some(setting), Some(remaining)) = (setting, remaining) else { return Idle::Unknown };
        if status & (IPS_OFFLOAD | IPS_HW_OFFLOAD | IPS_FIXED_TIMEOUT) != 0 {
            return Idle::Unknown;
        }
        match setting.checked_sub(remaining) {
            None => Idle::OverSetting,
            Some(_) if remaining < self.trusted_from => Idle::Unknown,
            Some(secs) => Idle::Secs(secs),
        }
    }
}
