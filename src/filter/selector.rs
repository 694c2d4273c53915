// SPDX-License-Identifier: GPL-2.0-or-later
//! Selecting flows: a predicate in user space. The file `pushdown` contains the part that the kernel checks.

#![forbid(unsafe_code)]

use super::dump::Masked;
use crate::bitmask::Bitmask;
use crate::flow::option::NatPart;
use crate::flow::tuple::{L4Kind, l4_kind};
use crate::flow::{Attr, Dir, Flow, Tuple};
use crate::wire::consts::IPS_SRC_NAT_DONE;
use std::net::IpAddr;
use std::ops::RangeInclusive;

/// An address of which only the bits in `mask` count. Both are of one family, which must be the flow's too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressMask {
    /// The address.
    pub address: IpAddr,
    /// The bits that count; none means all.
    pub mask: Option<IpAddr>,
}

impl AddressMask {
    /// Whether an address agrees in the bits that count.
    #[must_use]
    pub fn matches(&self, address: IpAddr) -> bool {
        match (self.address, self.mask, address) {
            (wanted, None, address) => wanted == address,
            (IpAddr::V4(wanted), Some(IpAddr::V4(mask)), IpAddr::V4(address)) => {
                (wanted.to_bits() ^ address.to_bits()) & mask.to_bits() == 0
            }
            (IpAddr::V6(wanted), Some(IpAddr::V6(mask)), IpAddr::V6(address)) => {
                (wanted.to_bits() ^ address.to_bits()) & mask.to_bits() == 0
            }
            _ => false,
        }
    }
}

/// Conditions on one direction of a flow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct TupleSelector {
    /// The source address.
    pub src: Option<AddressMask>,
    /// The destination address.
    pub dst: Option<AddressMask>,
    /// The source port or GRE key. A flow without ports never matches.
    pub src_port: Option<u16>,
    /// The destination port or GRE key.
    pub dst_port: Option<u16>,
    /// Source addresses of which one must match; an empty list is no condition.
    pub srcs: Vec<AddressMask>,
    /// Destination addresses of which one must match.
    pub dsts: Vec<AddressMask>,
    /// Ranges, both bounds included, of which one must have the source port or GRE key; an empty list is no condition.
    /// A flow without ports never matches.
    pub src_ports: Vec<RangeInclusive<u16>>,
    /// Ranges of which one must have the destination port or GRE key.
    pub dst_ports: Vec<RangeInclusive<u16>>,
    /// The zone that this direction is in: the zone of both directions, or this direction's own, or 0.
    pub zone: Option<u16>,
}

impl TupleSelector {
    fn matches(&self, flow: &Flow, dir: Dir) -> bool {
        let tuple = flow.tuple(dir);
        let address = |wanted: AddressMask, address: Option<IpAddr>| {
            address.is_some_and(|address| wanted.matches(address))
        };
        let [src_port, dst_port] = match dir {
            Dir::Orig => [Attr::OrigPortSrc, Attr::OrigPortDst],
            _ => [Attr::ReplPortSrc, Attr::ReplPortDst],
        };
        // The kernel reports no ports of a protocol that it does not track.
        let has_port =
            |attr| matches!(l4_kind(tuple.l4()), L4Kind::Ports | L4Kind::Keys) && flow.is_set(attr);
        self.src.is_none_or(|wanted| address(wanted, tuple.src()))
            && self.dst.is_none_or(|wanted| address(wanted, tuple.dst()))
            && self.src_port.is_none_or(|wanted| has_port(src_port) && wanted == tuple.l4_src())
            && self.dst_port.is_none_or(|wanted| has_port(dst_port) && wanted == tuple.l4_dst())
            && self.zone.is_none_or(|wanted| wanted == zone_of(flow, dir))
            && is_one_of(&self.srcs, |wanted| address(*wanted, tuple.src()))
            && is_one_of(&self.dsts, |wanted| address(*wanted, tuple.dst()))
            && is_one_of(&self.src_ports, |range| has_port(src_port) && range.contains(&tuple.l4_src()))
            && is_one_of(&self.dst_ports, |range| has_port(dst_port) && range.contains(&tuple.l4_dst()))
    }
}

/// Whether one of these holds; a list of none asks for nothing.
fn is_one_of<T>(list: &[T], holds: impl Fn(&T) -> bool) -> bool {
    list.is_empty() || list.iter().any(holds)
}

/// The zone that a direction of a flow is in. A flow in a zone has it in both directions; a flow with a zone in one
/// direction only is in zone 0 in the other direction.
fn zone_of(flow: &Flow, dir: Dir) -> u16 {
    let own = match dir {
        Dir::Orig => flow.orig_zone(),
        _ => flow.reply_zone(),
    };
    own.or_else(|| flow.zone()).unwrap_or(0)
}

/// Conditions on ICMP fields, of the original direction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct IcmpSelector {
    /// The type.
    pub kind: Option<u8>,
    /// The code.
    pub code: Option<u8>,
    /// The id.
    pub id: Option<u16>,
}

impl IcmpSelector {
    fn matches(&self, tuple: Tuple<'_>) -> bool {
        if *self == IcmpSelector::default() {
            return true;
        }
        let [kind, code] = tuple.icmp();
        l4_kind(tuple.l4()) == L4Kind::Icmp
            && self.kind.is_none_or(|wanted| wanted == kind)
            && self.code.is_none_or(|wanted| wanted == code)
            && self.id.is_none_or(|wanted| wanted == tuple.l4_src())
    }
}

/// A translation: without address, any translation; with an address only, a translation to it; with a port only, a
/// translation to that port; with both, a translation to both.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct NatSelector {
    /// The address it translates to.
    pub address: Option<IpAddr>,
    /// The port it translates to; the port before the translation must be another one.
    pub port: Option<u16>,
}

/// The fields of a flow that show one kind of translation.
struct NatView {
    address_differs: bool,
    /// The port, GRE key or ICMP id differs.
    port_differs: bool,
    address: Option<IpAddr>,
    port: u16,
}

fn source_nat(flow: &Flow) -> NatView {
    let (orig, reply) = (flow.tuple(Dir::Orig), flow.tuple(Dir::Reply));
    let (port_differs, port) = match l4_kind(orig.l4()) {
        L4Kind::Ports | L4Kind::Keys => (flow.has_nat(NatPart::SourcePort), reply.l4_dst()),
        // The id is the source's, as a port is.
        L4Kind::Icmp => {
            let done = flow.status().is_none_or(|status| status & IPS_SRC_NAT_DONE != 0);
            (done && orig.l4_src() != reply.l4_src(), reply.l4_src())
        }
        L4Kind::None => (false, 0),
    };
    NatView {
        address_differs: flow.has_nat(NatPart::SourceAddress),
        port_differs,
        address: reply.dst(),
        port,
    }
}

fn destination_nat(flow: &Flow) -> NatView {
    let (orig, reply) = (flow.tuple(Dir::Orig), flow.tuple(Dir::Reply));
    let ports = matches!(l4_kind(orig.l4()), L4Kind::Ports | L4Kind::Keys);
    NatView {
        address_differs: flow.has_nat(NatPart::DestinationAddress),
        port_differs: ports && flow.has_nat(NatPart::DestinationPort),
        address: reply.src(),
        port: reply.l4_src(),
    }
}

impl NatSelector {
    fn matches(&self, view: &NatView) -> bool {
        match self.address {
            None => view.address_differs || view.port_differs,
            Some(_) => {
                view.address_differs
                    && self.address == view.address
                    && self.port.is_none_or(|port| view.port_differs && port == view.port)
            }
        }
    }
}

/// Conditions on a flow.
///
/// Every condition of the selector must hold; every flow passes a selector without conditions.
/// [`ListBuilder::selector`](crate::ListBuilder::selector) lists the selected flows: the kernel checks the conditions
/// that it can check, and the library checks each flow again. [`matches`](Self::matches) checks any other flow.
///
/// ```
/// use netfilter_conntrack::{Dir, Flow, L4, Selector};
/// let mut flow = Flow::new();
/// flow.set_tuple(Dir::Orig, "192.0.2.1".parse()?, "198.51.100.2".parse()?, L4::Udp { sport: 40000, dport: 53 });
/// let mut selector = Selector::new();
/// selector.protocol = Some(17);
/// selector.orig.dst_port = Some(53);
/// assert!(selector.matches(&flow));
/// selector.family = Some(10);
/// assert!(!selector.matches(&flow));
/// assert!(!selector.is_everything());
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Selector {
    /// The family number of the original tuple.
    pub family: Option<u8>,
    /// The protocol number.
    pub protocol: Option<u8>,
    /// The original direction.
    pub orig: TupleSelector,
    /// The reply direction.
    pub reply: TupleSelector,
    /// ICMP fields.
    pub icmp: IcmpSelector,
    /// The zone that both directions are in; a flow without any zone is in zone 0.
    pub zone: Option<u16>,
    /// The mark: `mark & mask == value`; a flow without one has mark 0.
    pub mark: Option<Masked>,
    /// The status bits: `status & mask == value`.
    pub status: Masked,
    /// The kernel's id of the entry.
    pub id: Option<u32>,
    /// The security mark; a flow without one never matches.
    pub secmark: Option<u32>,
    /// The state of the protocol (TCP, SCTP, DCCP).
    pub state: Option<u8>,
    /// The SCTP verification tags: original, reply.
    pub vtags: [Option<u32>; 2],
    /// Labels that must all be set.
    pub labels: Option<Bitmask>,
    /// Source translation.
    pub source_nat: Option<NatSelector>,
    /// Destination translation.
    pub destination_nat: Option<NatSelector>,
    /// Source or destination translation.
    pub any_nat: Option<NatSelector>,
    /// Seconds that the entry has left, both bounds included. An entry without a timeout never matches.
    pub remaining_secs: Option<RangeInclusive<u32>>,
}

impl Selector {
    /// Whether every flow passes.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        *self == Selector::default()
    }

    /// Whether a flow passes.
    #[must_use]
    pub fn matches(&self, flow: &Flow) -> bool {
        let tuple = flow.tuple(Dir::Orig);
        self.family.is_none_or(|family| family == tuple.l3())
            && self.protocol.is_none_or(|protocol| protocol == tuple.l4())
            && self.orig.matches(flow, Dir::Orig)
            && self.reply.matches(flow, Dir::Reply)
            && self.icmp.matches(tuple)
            && self.matches_meta(flow)
            && self.matches_nat(flow)
    }

    fn matches_meta(&self, flow: &Flow) -> bool {
        let mark = |wanted: Masked| flow.mark().unwrap_or(0) & wanted.mask == wanted.value;
        let state = || flow.tcp_state().or(flow.sctp_state()).or(flow.dccp_state());
        let tags = [Attr::SctpVtagOrig, Attr::SctpVtagRepl];
        self.mark.is_none_or(mark)
            && (self.status == Masked::default()
                || flow.status().is_some_and(|status| status & self.status.mask == self.status.value))
            && self.id.is_none_or(|id| flow.id() == Some(id))
            && self
                .zone
                .is_none_or(|zone| [Dir::Orig, Dir::Reply].iter().all(|&dir| zone_of(flow, dir) == zone))
            && self.secmark.is_none_or(|secmark| flow.secmark() == Some(secmark))
            && self.state.is_none_or(|wanted| state() == Some(wanted))
            && self
                .vtags
                .iter()
                .zip(tags)
                .all(|(tag, attr)| tag.is_none_or(|tag| flow.u32(attr) == Some(tag)))
            && self.labels.as_ref().is_none_or(|wanted| has_labels(flow, wanted))
            && self.remaining_secs.as_ref().is_none_or(|range| has_left(flow, range))
    }

    fn matches_nat(&self, flow: &Flow) -> bool {
        self.source_nat.is_none_or(|nat| nat.matches(&source_nat(flow)))
            && self.destination_nat.is_none_or(|nat| nat.matches(&destination_nat(flow)))
            && self
                .any_nat
                .is_none_or(|nat| nat.matches(&source_nat(flow)) || nat.matches(&destination_nat(flow)))
    }
}

fn has_labels(flow: &Flow, wanted: &Bitmask) -> bool {
    let labels = flow.labels().filter(|_| flow.is_set(Attr::Connlabels));
    labels.is_some_and(|labels| wanted.iter().all(|bit| labels.test(bit)))
}

fn has_left(flow: &Flow, range: &RangeInclusive<u32>) -> bool {
    flow.timeout_secs().is_some_and(|left| range.contains(&left))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::L4;
    use crate::wire::consts::{AF_INET, AF_INET6, IPS_ASSURED, IPS_DST_NAT_DONE, IPS_SEEN_REPLY};

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn udp() -> Flow {
        let mut flow = Flow::new();
        flow.set_tuple(Dir::Orig, ip("10.1.2.3"), ip("10.9.8.7"), L4::Udp { sport: 1, dport: 2 });
        flow.set_reply_from_original();
        flow.set_status(IPS_SEEN_REPLY);
        flow
    }

    /// Whether a flow passes a selector made by `set`.
    fn passes(flow: &Flow, set: impl FnOnce(&mut Selector)) -> bool {
        let mut selector = Selector::default();
        set(&mut selector);
        assert!(!selector.is_everything());
        selector.matches(flow)
    }

    fn exact(address: &str) -> Option<AddressMask> {
        Some(AddressMask { address: ip(address), mask: None })
    }

    #[test]
    fn no_condition_is_everything() {
        assert!(Selector::default().is_everything());
        assert!(Selector::default().matches(&Flow::new()));
    }

    #[test]
    fn the_time_left_lies_between_both_bounds_and_is_known() {
        let mut flow = udp();
        assert!(!passes(&flow, |s| s.remaining_secs = Some(0..=u32::MAX)), "an entry without a timeout");
        flow.set_timeout_secs(30);
        for (range, expected) in [(30..=30, true), (0..=29, false), (31..=u32::MAX, false), (0..=30, true)] {
            assert_eq!(passes(&flow, |s| s.remaining_secs = Some(range.clone())), expected, "{range:?}");
        }
    }

    #[test]
    fn tuples_compare_addresses_ports_and_protocol() {
        let flow = udp();
        assert!(passes(&flow, |s| s.orig.src = exact("10.1.2.3")));
        assert!(!passes(&flow, |s| s.orig.src = exact("10.1.2.4")));
        assert!(passes(&flow, |s| s.reply.src = exact("10.9.8.7")));
        assert!(!passes(&flow, |s| s.orig.dst = exact("::1")));
        assert!(passes(&flow, |s| s.orig.dst_port = Some(2)));
        assert!(passes(&flow, |s| s.reply.dst_port = Some(1)));
        assert!(!passes(&flow, |s| s.reply.src_port = Some(1)));
        assert!(!passes(&flow, |s| s.protocol = Some(6)));
        assert!(!passes(&flow, |s| s.icmp.id = Some(1)), "the id of a UDP flow is no ICMP id");
        let mut esp = udp();
        esp.set_bytes(Attr::OrigL4proto, &[50]);
        assert!(!passes(&esp, |s| s.orig.src_port = Some(1)), "this protocol has no ports");
        let mut untracked = Flow::new();
        untracked.set_tuple(Dir::Orig, ip("10.1.2.3"), ip("10.9.8.7"), L4::Other(33));
        assert!(!passes(&untracked, |s| s.orig.src_port = Some(0)), "nothing is known of its ports");
    }

    #[test]
    fn one_of_several_addresses_and_ports_suffices() {
        let flow = udp(); // 10.1.2.3:1 to 10.9.8.7:2
        let all =
            |addresses: &[&str]| addresses.iter().filter_map(|address| exact(address)).collect::<Vec<_>>();
        assert!(passes(&flow, |s| s.orig.srcs = all(&["10.1.2.4", "10.1.2.3"])));
        assert!(!passes(&flow, |s| s.orig.srcs = all(&["10.1.2.4", "fd00::1"])));
        assert!(passes(&flow, |s| s.reply.dsts = all(&["10.1.2.3"])));
        assert!(!passes(&flow, |s| s.orig.dsts = all(&["10.1.2.3"])));
        assert!(passes(&flow, |s| s.orig.dst_ports = vec![80..=90, 2..=2]));
        assert!(!passes(&flow, |s| s.orig.dst_ports = vec![80..=90, 3..=9, 0..=1]));
        assert!(passes(&flow, |s| s.reply.src_ports = vec![0..=u16::MAX]));
        assert!(!passes(&flow, |s| s.orig.src_ports = vec![2..=u16::MAX]));
        assert!(
            !passes(&flow, |s| (s.orig.src_port, s.orig.src_ports) = (Some(1), vec![2..=3])),
            "both must hold"
        );
        let mut esp = udp();
        esp.set_bytes(Attr::OrigL4proto, &[50]);
        assert!(!passes(&esp, |s| s.orig.src_ports = vec![0..=u16::MAX]), "this protocol has no ports");
    }

    #[test]
    fn masks_leave_bits_out_and_never_mix_families() {
        let net = |address: &str, mask: &str| AddressMask { address: ip(address), mask: Some(ip(mask)) };
        assert!(net("10.1.0.0", "255.255.0.0").matches(ip("10.1.2.3")));
        assert!(
            net("10.1.9.9", "255.255.0.0").matches(ip("10.1.2.3")),
            "host bits of the address do not count"
        );
        assert!(!net("10.1.0.0", "255.255.255.0").matches(ip("10.1.2.3")));
        assert!(net("0.0.0.0", "0.0.0.0").matches(ip("10.1.2.3")));
        assert!(!net("0.0.0.0", "0.0.0.0").matches(ip("::1")));
        assert!(net("2001:db8::", "ffff:ffff::").matches(ip("2001:db8:1::1")));
    }

    #[test]
    fn icmp_fields_are_those_of_the_original_direction() {
        let mut flow = Flow::new();
        flow.set_tuple(Dir::Orig, ip("10.0.0.1"), ip("10.0.0.2"), L4::Icmp { kind: 8, code: 0, id: 7 });
        flow.set_reply_from_original();
        assert!(passes(&flow, |s| s.icmp = IcmpSelector { kind: Some(8), code: Some(0), id: Some(7) }));
        assert!(!passes(&flow, |s| s.icmp.kind = Some(0)));
        assert!(!passes(&flow, |s| s.icmp.id = Some(8)));
    }

    #[test]
    fn each_condition_alone_decides() {
        let mut labels = Bitmask::new(127).unwrap();
        [3, 70].into_iter().for_each(|bit| labels.set(bit));
        let wanted_labels = |bits: &[u32]| {
            let mut wanted = Bitmask::new(127).unwrap();
            bits.iter().for_each(|&bit| wanted.set(bit));
            Some(wanted)
        };
        let mut flow = udp();
        flow.set_id(5);
        flow.set_secmark(6);
        flow.set_labels(labels);
        flow.set_bytes(Attr::SctpVtagOrig, &8u32.to_ne_bytes());
        flow.set_bytes(Attr::SctpVtagRepl, &9u32.to_ne_bytes());
        let decides = |flow: &Flow, set: &dyn Fn(&mut Selector, bool)| {
            assert!(passes(flow, |s| set(s, true)));
            assert!(!passes(flow, |s| set(s, false)));
        };
        decides(&flow, &|s, right| s.family = Some(if right { AF_INET } else { AF_INET6 }));
        decides(&flow, &|s, right| s.protocol = Some(if right { 17 } else { 6 }));
        decides(&flow, &|s, right| s.id = Some(if right { 5 } else { 6 }));
        decides(&flow, &|s, right| s.secmark = Some(if right { 6 } else { 5 }));
        decides(&flow, &|s, right| s.vtags = [Some(if right { 8 } else { 9 }), None]);
        decides(&flow, &|s, right| s.vtags = [None, Some(if right { 9 } else { 8 })]);
        decides(&flow, &|s, right| s.vtags = [Some(8), Some(if right { 9 } else { 8 })]);
        decides(&flow, &|s, right| s.labels = wanted_labels(if right { &[3, 70] } else { &[3, 71] }));
        for attr in [Attr::TcpState, Attr::SctpState, Attr::DccpState] {
            let mut flow = udp();
            flow.set_bytes(attr, &[3]);
            decides(&flow, &|s, right| s.state = Some(if right { 3 } else { 4 }));
        }
        flow.unset(Attr::Connlabels);
        assert!(!passes(&flow, |s| s.labels = wanted_labels(&[3])), "labels that are not set");
        assert!(!passes(&udp(), |s| s.secmark = Some(0)) && !passes(&udp(), |s| s.id = Some(0)));
    }

    #[test]
    fn each_direction_has_ports_of_its_own() {
        let mut flow = udp();
        flow.unset(Attr::OrigPortDst);
        assert!(
            passes(&flow, |s| s.orig.src_port = Some(1)) && passes(&flow, |s| s.reply.dst_port = Some(1))
        );
        assert!(!passes(&flow, |s| s.orig.dst_port = Some(2)), "a port that is not known");
        assert!(
            !passes(&flow, |s| s.reply.dst_port = Some(2)) && !passes(&flow, |s| s.orig.src_port = Some(2))
        );
        flow.unset(Attr::ReplPortSrc);
        assert!(
            !passes(&flow, |s| s.reply.src_port = Some(2)) && passes(&flow, |s| s.orig.src_port = Some(1))
        );
    }

    #[test]
    fn an_icmp_code_alone_is_a_condition() {
        let mut flow = Flow::new();
        flow.set_tuple(Dir::Orig, ip("10.0.0.1"), ip("10.0.0.2"), L4::Icmp { kind: 8, code: 3, id: 7 });
        assert!(passes(&flow, |s| s.icmp.code = Some(3)) && !passes(&flow, |s| s.icmp.code = Some(4)));
        assert!(passes(&flow, |s| s.icmp.id = Some(7)) && passes(&flow, |s| s.icmp.kind = Some(8)));
    }

    #[test]
    fn missing_marks_and_zones_are_zero() {
        let mut flow = udp();
        let masked = |value, mask| Some(Masked { value, mask });
        assert!(passes(&flow, |s| s.mark = masked(0, u32::MAX)));
        assert!(passes(&flow, |s| s.zone = Some(0)) && passes(&flow, |s| s.orig.zone = Some(0)));
        flow.set_mark(0x15);
        flow.set_zone(7);
        assert!(
            passes(&flow, |s| s.mark = masked(5, 0xf)) && !passes(&flow, |s| s.mark = masked(0, u32::MAX))
        );
        assert!(!passes(&flow, |s| s.mark = masked(0x15, 0xf)), "a value outside its mask never matches");
    }

    /// The zones of 0 and 7 that `-w`, `--orig-zone` and `--reply-zone` find a flow in.
    fn zones(flow: &Flow) -> [Vec<u16>; 3] {
        let found = |set: fn(&mut Selector, u16)| -> Vec<u16> {
            [0, 7].into_iter().filter(|&zone| passes(flow, |s| set(s, zone))).collect()
        };
        [
            found(|s, zone| s.zone = Some(zone)),
            found(|s, zone| s.orig.zone = Some(zone)),
            found(|s, zone| s.reply.zone = Some(zone)),
        ]
    }

    #[test]
    fn each_direction_of_a_flow_is_in_one_zone() {
        let with = |set: fn(&mut Flow)| {
            let mut flow = udp();
            set(&mut flow);
            zones(&flow)
        };
        assert_eq!(with(|_| {}), [[0], [0], [0]]);
        assert_eq!(with(|flow| flow.set_zone(7)), [[7], [7], [7]]);
        assert_eq!(with(|flow| flow.set_orig_zone(7)), [vec![], vec![7], vec![0]]);
        assert_eq!(with(|flow| flow.set_reply_zone(7)), [vec![], vec![0], vec![7]]);
    }

    #[test]
    fn status_bits_may_be_wanted_or_unwanted() {
        let mut flow = udp();
        let status = |flow: &Flow, value, mask| passes(flow, |s| s.status = Masked { value, mask });
        assert!(status(&flow, IPS_SEEN_REPLY, IPS_SEEN_REPLY));
        assert!(status(&flow, IPS_SEEN_REPLY, IPS_SEEN_REPLY | IPS_ASSURED));
        assert!(!status(&flow, 0, IPS_SEEN_REPLY));
        flow.unset(Attr::Status);
        assert!(!status(&flow, 0, IPS_SEEN_REPLY), "an unknown status never matches");
    }

    #[test]
    fn id_secmark_state_tags_and_labels_must_be_there() {
        let mut flow = udp();
        let mut labels = Bitmask::new(127).unwrap();
        labels.set(100);
        let wanted = labels.clone();
        let conditions: [&dyn Fn(&mut Selector); 5] = [
            &|s| s.id = Some(0),
            &|s| s.secmark = Some(0),
            &|s| s.state = Some(0),
            &|s| s.vtags[1] = Some(0),
            &|s| s.labels = Some(wanted.clone()),
        ];
        assert!(conditions.iter().all(|set| !passes(&flow, set)));
        flow.set_id(0);
        flow.set_secmark(0);
        flow.set_sctp_state(0);
        flow.set_bytes(Attr::SctpVtagRepl, &[0]);
        labels.set(1);
        flow.set_labels(labels);
        assert!(conditions.iter().all(|set| passes(&flow, set)));
        assert!(!passes(&flow, |s| s.labels = Some(Bitmask::from_ne_bytes(&[4]))));
    }

    fn translated(l4: [L4; 2], status: u32) -> Flow {
        let mut flow = Flow::new();
        flow.set_tuple(Dir::Orig, ip("fd00::1"), ip("fd00::2"), l4[0]);
        flow.set_tuple(Dir::Reply, ip("fd00::2"), ip("fd00::99"), l4[1]);
        flow.set_status(status);
        flow
    }

    fn nat(address: &str, port: Option<u16>) -> Option<NatSelector> {
        Some(NatSelector { address: Some(ip(address)), port })
    }

    #[test]
    fn translations_compare_address_and_port_of_both_families() {
        let ports = [L4::Tcp { sport: 1, dport: 80 }, L4::Tcp { sport: 80, dport: 5001 }];
        let flow = translated(ports, IPS_SRC_NAT_DONE);
        let any = Some(NatSelector::default());
        assert!(passes(&flow, |s| s.source_nat = any) && passes(&flow, |s| s.any_nat = any));
        assert!(!passes(&flow, |s| s.destination_nat = any));
        assert!(passes(&flow, |s| s.source_nat = nat("fd00::99", Some(5001))));
        assert!(!passes(&flow, |s| s.source_nat = nat("fd00::98", None)), "IPv6 addresses are compared");
        assert!(!passes(&flow, |s| s.source_nat = nat("fd00::99", Some(5000))));
        assert!(passes(&flow, |s| s.any_nat = nat("fd00::99", None)));
        let undone = translated(ports, IPS_DST_NAT_DONE);
        assert!(!passes(&undone, |s| s.source_nat = any), "the status denies it");
    }

    #[test]
    fn icmp_flows_are_translated_in_address_or_id_only() {
        let icmp = |kind, id| L4::IcmpV6 { kind, code: 0, id };
        let both = IPS_SRC_NAT_DONE | IPS_DST_NAT_DONE;
        let mut flow = Flow::new();
        flow.set_tuple(Dir::Orig, ip("fd00::1"), ip("fd00::2"), icmp(128, 7));
        flow.set_reply_from_original();
        flow.set_status(both);
        let any = Some(NatSelector::default());
        assert!(!passes(&flow, |s| s.source_nat = any) && !passes(&flow, |s| s.destination_nat = any));
        let mut flow = translated([icmp(128, 7), icmp(129, 8)], both);
        assert!(passes(&flow, |s| s.source_nat = nat("fd00::99", Some(8))));
        assert!(!passes(&flow, |s| s.destination_nat = any));
        flow.set_tuple(Dir::Reply, ip("fd00::2"), ip("fd00::1"), icmp(129, 8));
        assert!(passes(&flow, |s| s.source_nat = any), "the id alone is translated");
        flow.set_status(IPS_DST_NAT_DONE);
        assert!(!passes(&flow, |s| s.source_nat = any), "the status denies it");
    }

    #[test]
    fn a_protocol_without_ports_has_no_translated_port() {
        let mut flow = translated([L4::Other(50); 2], IPS_SRC_NAT_DONE | IPS_DST_NAT_DONE);
        let any = Some(NatSelector::default());
        assert!(passes(&flow, |s| s.source_nat = any), "its address is");
        flow.set_tuple(Dir::Reply, ip("fd00::2"), ip("fd00::1"), L4::Other(50));
        assert!(!passes(&flow, |s| s.source_nat = any));
        for attr in [Attr::OrigPortSrc, Attr::ReplPortDst] {
            flow.set_bytes(attr, &[attr as u8, 7]);
        }
        assert!(!passes(&flow, |s| s.source_nat = any) && !passes(&flow, |s| s.any_nat = any));
        assert!(!passes(&flow, |s| s.source_nat = Some(NatSelector { address: None, port: Some(0) })));
    }

    #[test]
    fn an_icmp_id_is_translated_where_the_status_says_so() {
        let ids = [1, 2].map(|id| L4::Icmp { kind: 128, code: 0, id });
        let any = Some(NatSelector::default());
        for (status, is_translated) in
            [(IPS_SRC_NAT_DONE, true), (crate::wire::consts::IPS_EXPECTED | IPS_DST_NAT_DONE, false)]
        {
            let mut flow = translated(ids, status);
            flow.set_tuple(Dir::Reply, ip("fd00::2"), ip("fd00::1"), ids[1]);
            assert_eq!(passes(&flow, |s| s.source_nat = any), is_translated, "{status:#x}");
        }
    }
}
