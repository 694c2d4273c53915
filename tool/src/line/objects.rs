// SPDX-License-Identifier: GPL-2.0-or-later
//! A [`Line`]'s values as objects of the library: a selector, an entry to make or look up, changes to an
//! entry, an expectation.
//!
//! What one direction of a tuple lacks is the inverse of what the other direction has, part by part.

#![forbid(unsafe_code)]

use super::options::{Id, PARAMS, Param, Row, Table};
use super::protocols::Field;
use super::value::{FormerStatus, NatTarget, StatusBits};
use super::{Line, Pair};
use crate::certain::Certain as _;
use crate::command::registry::Verb;
use crate::show::message::Complaint;
use crate::show::refusal;
use netfilter_conntrack::Masked;
use netfilter_conntrack::Selector;
use netfilter_conntrack::consts::IPPROTO_TCP;
use netfilter_conntrack::{AddressMask, NatSelector, TupleSelector};
use netfilter_conntrack::{Attr, Dir, Error, ExpectAttr, Expectation, Flow, L4};
use std::net::IpAddr;

/// The selection that the command line describes.
///
/// # Errors
/// For a mask without address.
pub fn selector(line: &Line) -> Result<Selector, Complaint> {
    masks_have_addresses(line)?;
    let nat = |param, target: Option<NatTarget>| {
        line.has(param).then(|| {
            let mut nat = NatSelector::default();
            (nat.address, nat.port) = (target.map(|nat| nat.address), target.and_then(|nat| nat.port));
            nat
        })
    };
    let byte = |field| byte(line, field);
    let mut selector = Selector::default();
    selector.family = line.family.map(|family| family as u8);
    selector.protocol = line.protocol.map(|protocol| protocol.number);
    selector.orig = tuple_selector(line, Dir::Orig);
    selector.reply = tuple_selector(line, Dir::Reply);
    selector.icmp.kind = byte(Field::IcmpType);
    selector.icmp.code = byte(Field::IcmpCode);
    selector.icmp.id = port(line, Field::IcmpId);
    selector.zone = line.zone;
    selector.mark = line.mark;
    selector.status = status_selector(line.status);
    selector.id = line.id;
    selector.secmark = line.secmark;
    selector.state = byte(Field::State);
    selector.vtags = [line.field(Field::OrigVtag), line.field(Field::ReplyVtag)];
    selector.labels.clone_from(&line.labels);
    selector.source_nat = nat(Param::SrcNat, line.source_nat);
    selector.destination_nat = nat(Param::DstNat, line.destination_nat);
    selector.any_nat = nat(Param::AnyNat, line.any_nat);
    selector.remaining_secs.clone_from(&line.remaining);
    Ok(selector)
}

/// The selection of a list.
///
/// # Errors
/// As [`selector`]; for a list by former names of the status alone.
pub fn list_selector(line: &Line) -> Result<Selector, Complaint> {
    let selector = selector(line)?;
    // The kernel says so to the original, which asks it for no bit.
    if line.former_status.is_some() && line.status == StatusBits::default() {
        return Err(refusal::of(Verb::List, Table::Conntrack, Error::Kernel(libc::EINVAL)));
    }
    Ok(selector)
}

fn masks_have_addresses(line: &Line) -> Result<(), Complaint> {
    let pairs = [(Param::MaskSrc, Param::Src), (Param::MaskDst, Param::Dst)];
    match pairs.iter().find(|(mask, address)| line.has(*mask) && !line.has(*address)) {
        Some((mask, address)) => Err(Complaint::MaskWithout(mask.row().name(), address.row().name())),
        None => Ok(()),
    }
}

fn byte(line: &Line, field: Field) -> Option<u8> {
    line.field(field).and_then(|value| u8::try_from(value).ok().certain())
}

fn port(line: &Line, field: Field) -> Option<u16> {
    line.field(field).and_then(|value| u16::try_from(value).ok().certain())
}

fn tuple_selector(line: &Line, dir: Dir) -> TupleSelector {
    let (pair, mask, ports, zone) = match dir {
        Dir::Orig => (line.orig, line.mask, [Field::SrcPort, Field::DstPort], line.orig_zone),
        _ => (line.reply, Pair::default(), [Field::ReplySrcPort, Field::ReplyDstPort], line.reply_zone),
    };
    // One port or address, or else a list of some.
    let [src_ports, dst_ports] = ports.map(|field| line.ports(field));
    let [src_port, dst_port] = ports.map(|field| port(line, field).filter(|_| line.ports(field).is_empty()));
    let [srcs, dsts] = line.addresses(dir);
    let one = |address: Option<IpAddr>, mask, list: &[AddressMask]| {
        address.filter(|_| list.is_empty()).map(|address| AddressMask { address, mask })
    };
    let mut tuple = TupleSelector::default();
    (tuple.src, tuple.dst) = (one(pair.src, mask.src, srcs), one(pair.dst, mask.dst, dsts));
    (tuple.src_port, tuple.dst_port, tuple.zone) = (src_port, dst_port, zone);
    (tuple.srcs, tuple.dsts) = (srcs.to_vec(), dsts.to_vec());
    (tuple.src_ports, tuple.dst_ports) = (src_ports.to_vec(), dst_ports.to_vec());
    tuple
}

/// Whether networks leave no address of their family out.
fn are_everything(networks: &[AddressMask]) -> bool {
    let ends = |network: &AddressMask| match (network.address, network.mask) {
        (IpAddr::V4(address), mask) => {
            let mask =
                mask.map_or(u32::MAX, |mask| if let IpAddr::V4(mask) = mask { mask.to_bits() } else { 0 });
            (
                u128::from(address.to_bits() & mask),
                u128::from(address.to_bits() | !mask),
                u128::from(u32::MAX),
            )
        }
        (IpAddr::V6(address), mask) => {
            let mask =
                mask.map_or(u128::MAX, |mask| if let IpAddr::V6(mask) = mask { mask.to_bits() } else { 0 });
            (address.to_bits() & mask, address.to_bits() | !mask, u128::MAX)
        }
    };
    let mut ranges: Vec<(u128, u128, u128)> = networks.iter().map(ends).collect();
    ranges.sort_unstable();
    let mut next = Some(0); // the first address that no network has so far; none after the last one
    for &(first, last, highest) in &ranges {
        match next {
            Some(free) if first <= free && last >= free => next = (last < highest).then(|| last + 1),
            _ => {}
        }
    }
    !ranges.is_empty() && next.is_none()
}

/// Bits wanted set and bits wanted clear; one that is both is never both.
fn status_selector(bits: StatusBits) -> Masked {
    match bits.set & bits.clear {
        0 => Masked { value: bits.set, mask: bits.set | bits.clear },
        _ => Masked { value: 1, mask: 0 },
    }
}

/// The selection of an update, where mark, status, state and tags are new values and select nothing.
///
/// # Errors
/// As [`selector`]; for options that select nothing where no other one does.
pub fn update_selector(line: &Line) -> Result<Selector, Complaint> {
    let mut selector = selector(line)?;
    selects_something(line)?;
    (selector.mark, selector.status, selector.state, selector.vtags) =
        (None, Masked::default(), None, [None; 2]);
    Ok(selector)
}

/// The selection of a deletion or a flush.
///
/// # Errors
/// As [`selector`]; for options that select nothing where no other one does; for a former name of a status.
pub fn delete_selector(line: &Line) -> Result<Selector, Complaint> {
    if let Some(FormerStatus { name, option }) = line.former_status {
        return Err(Complaint::FormerStatus(name, option));
    }
    let selector = selector(line)?;
    selects_something(line)?;
    Ok(selector)
}

/// What an option is for, where entries are selected to be changed or deleted.
enum Purpose {
    /// To select, which it does with the value it has, or does not.
    Select(bool),
    /// To select a family.
    Family,
    /// To set a value, which an update does and a deletion does not.
    Set(bool),
    /// To say how entries are shown.
    Show,
    /// To leave everything as it is.
    Harmless,
}

fn purpose(line: &Line, param: Param) -> Purpose {
    use Param::*;
    use Purpose::{Select, Set};
    let updates = line.verb == Some(Verb::Update);
    let [srcs, dsts] = line.addresses(Dir::Orig);
    let some_bit = |mask: Option<IpAddr>| mask.is_none_or(|mask| !mask.is_unspecified());
    match param {
        Src => Select(some_bit(line.mask.src) && !are_everything(srcs)),
        Dst => Select(some_bit(line.mask.dst) && !are_everything(dsts)),
        Mark | Status if updates => Set(true),
        Mark => Select(line.mark != Some(Masked { value: 0, mask: 0 })),
        Status => Select(line.status != StatusBits::default()),
        ReplySrc | ReplyDst | Protonum | Id | SrcNat | DstNat | AnyNat | Secmark => Select(true),
        Zone | OrigZone | ReplyZone | Label => Select(true),
        Remaining => Select(line.remaining != Some(0..=u32::MAX)),
        // A mask belongs to its address; what `-a` is given is ignored.
        MaskSrc | MaskDst | NatRange | TupleSrc | TupleDst => Select(false),
        Family => Purpose::Family,
        Timeout | LabelAdd | LabelDel => Set(updates),
        Zero | EventMask | Output | BufferSize | Labelmap | Resync | Reliable => Purpose::Show,
        Interval | Watch | By | Show | Netns | AllNetns | IgnoreMissing => Purpose::Show,
        DryRun => Purpose::Harmless,
    }
}

/// Refuses options that select nothing, where at most a family is selected: one with a value that every entry has,
/// and one that was not made to select but may have been meant to. A deletion of all entries has no option at all.
fn selects_something(line: &Line) -> Result<(), Complaint> {
    let given = PARAMS.iter().filter_map(|row| match row.id {
        Id::Param(param) if line.has(param) => Some((row, purpose(line, param))),
        _ => None,
    });
    let given: Vec<(&Row, Purpose)> = given.collect();
    if given.iter().any(|(_, purpose)| matches!(purpose, Purpose::Select(true))) {
        return Ok(());
    }
    let deletes_all = line.verb == Some(Verb::Delete) && !line.has(Param::Family);
    let is_idle = |(_, purpose): &&(&Row, Purpose)| match purpose {
        Purpose::Select(_) => true,
        Purpose::Set(sets) => !sets,
        Purpose::Show => deletes_all,
        Purpose::Family | Purpose::Harmless => false,
    };
    let instead = if line.verb == Some(Verb::Delete) { "use -F" } else { "leave it out" };
    match given.iter().find(is_idle) {
        Some((row, _)) => Err(Complaint::SelectsNothing(row.name(), instead)),
        None => Ok(()),
    }
}

/// Whether a selection names a family at most.
pub fn is_family_only(selector: &Selector) -> bool {
    let mut others = selector.clone();
    others.family = None;
    others.is_everything()
}

/// Whether an entry that is selected stays so as long as it lives: there are conditions on its tuples, zones and id
/// at most.
pub fn is_lasting(selector: &Selector) -> bool {
    let mut others = selector.clone();
    (others.family, others.protocol, others.zone, others.id) = (None, None, None, None);
    (others.orig, others.reply, others.icmp) = Default::default();
    others.is_everything()
}

/// Sets both tuples, each completed from the other.
fn set_tuples(flow: &mut Flow, line: &Line) -> Result<(), Complaint> {
    let (orig, reply) = (line.orig, line.reply);
    let protocol = line.protocol.certain().map_or(0, |protocol| protocol.number);
    let sides = [
        (Dir::Orig, orig.src.or(reply.dst), orig.dst.or(reply.src)),
        (Dir::Reply, reply.src.or(orig.dst), reply.dst.or(orig.src)),
    ];
    for (dir, src, dst) in sides {
        let missing = || Complaint::Missing(Param::Src.row().name());
        flow.set_tuple(
            dir,
            src.certain().ok_or_else(missing)?,
            dst.certain().ok_or_else(missing)?,
            L4::Other(protocol),
        );
    }
    set_ports(flow, line);
    set_icmp(flow, line);
    Ok(())
}

/// The ports of a port protocol: which attribute, the option for it, the option of the other direction.
const PORTS: [(Attr, Field, Field); 4] = [
    (Attr::OrigPortSrc, Field::SrcPort, Field::ReplyDstPort),
    (Attr::OrigPortDst, Field::DstPort, Field::ReplySrcPort),
    (Attr::ReplPortSrc, Field::ReplySrcPort, Field::DstPort),
    (Attr::ReplPortDst, Field::ReplyDstPort, Field::SrcPort),
];

fn set_ports(flow: &mut Flow, line: &Line) {
    for (attr, own, other) in PORTS {
        if let Some(port) = port(line, own).or_else(|| port(line, other)) {
            flow.set_bytes(attr, &port.to_be_bytes());
        }
    }
}

/// Sets the ICMP fields of both directions; the family is known by now, so the reply's type is right.
fn set_icmp(flow: &mut Flow, line: &Line) {
    for (attr, field) in [(Attr::IcmpType, Field::IcmpType), (Attr::IcmpCode, Field::IcmpCode)] {
        if let Some(value) = byte(line, field) {
            flow.set_bytes(attr, &[value]);
        }
    }
    if let Some(id) = port(line, Field::IcmpId) {
        flow.set_bytes(Attr::IcmpId, &id.to_be_bytes());
    }
}

/// What names one entry: its original tuple, or its reply tuple when only that was given.
///
/// # Errors
/// When no pair of addresses is complete.
pub fn key(line: &Line) -> Result<Flow, Complaint> {
    let mut flow = Flow::new();
    set_tuples(&mut flow, line)?;
    if line.orig.src.is_none() || line.orig.dst.is_none() {
        flow.unset(Attr::OrigL3proto);
    }
    Ok(flow)
}

/// The entry to make.
///
/// # Errors
/// As [`key`].
pub fn new_entry(line: &Line) -> Result<Flow, Complaint> {
    let mut flow = Flow::new();
    set_tuples(&mut flow, line)?;
    if let Some(timeout) = line.timeout {
        flow.set_timeout_secs(timeout);
    }
    if line.has(Param::Status) {
        flow.set_status(line.status.set);
    }
    if let Some(mark) = line.mark {
        flow.set_mark(mark.value);
    }
    if let Some(labels) = &line.label_add {
        flow.set_labels(labels.clone());
    }
    set_zones(&mut flow, line);
    set_protocol_state(&mut flow, line);
    if let (IPPROTO_TCP, Some(state)) = (flow.tuple(Dir::Orig).l4(), flow.tcp_state()) {
        set_tcp_flags(&mut flow, state);
    }
    set_nat(&mut flow, line.source_nat, [Attr::SnatIpv4, Attr::SnatIpv6, Attr::SnatPort]);
    set_nat(&mut flow, line.destination_nat, [Attr::DnatIpv4, Attr::DnatIpv6, Attr::DnatPort]);
    Ok(flow)
}

fn set_zones(flow: &mut Flow, line: &Line) {
    if let Some(zone) = line.zone {
        flow.set_zone(zone);
    }
    if let Some(zone) = line.orig_zone {
        flow.set_orig_zone(zone);
    }
    if let Some(zone) = line.reply_zone {
        flow.set_reply_zone(zone);
    }
}

/// Sets what the protocol's options say of a connection's state.
pub fn set_protocol_state(flow: &mut Flow, line: &Line) {
    let state = match line.protocol.and_then(|protocol| protocol.known).map(|protocol| protocol.name) {
        Some("tcp") => Attr::TcpState,
        Some("sctp") => Attr::SctpState,
        _ => Attr::DccpState,
    };
    for (attr, field) in [(state, Field::State), (Attr::DccpRole, Field::Role)] {
        if let Some(value) = byte(line, field) {
            flow.set_bytes(attr, &[value]);
        }
    }
    for (attr, field) in [(Attr::SctpVtagOrig, Field::OrigVtag), (Attr::SctpVtagRepl, Field::ReplyVtag)] {
        if let Some(tag) = line.field(field) {
            flow.set_bytes(attr, &tag.to_ne_bytes());
        }
    }
}

/// `IP_CT_TCP_FLAG_SACK_PERM`, `_CLOSE_INIT` and `_BE_LIBERAL`.
const TCP_SACK_PERM: u8 = 2;
const TCP_CLOSE_INIT: u8 = 4;
const TCP_BE_LIBERAL: u8 = 8;
/// The first state in which a connection is closing.
const TCP_TIME_WAIT: u8 = 7;

/// Nothing is known of the windows of a connection made by hand, so the kernel must not check them.
pub fn set_tcp_flags(flow: &mut Flow, state: u8) {
    let closing = if state >= TCP_TIME_WAIT { TCP_CLOSE_INIT } else { 0 };
    let flags = TCP_SACK_PERM | TCP_BE_LIBERAL | closing;
    for attr in [Attr::TcpFlagsOrig, Attr::TcpMaskOrig, Attr::TcpFlagsRepl, Attr::TcpMaskRepl] {
        flow.set_bytes(attr, &[flags]);
    }
}

fn set_nat(flow: &mut Flow, target: Option<NatTarget>, [ipv4, ipv6, port]: [Attr; 3]) {
    let Some(target) = target else { return };
    match target.address {
        IpAddr::V4(address) => flow.set_bytes(ipv4, &address.octets()),
        IpAddr::V6(address) => flow.set_bytes(ipv6, &address.octets()),
    }
    if let Some(number) = target.port {
        flow.set_bytes(port, &number.to_be_bytes());
    }
}

/// A tuple of an expectation.
fn expected(line: &Line, pair: Pair, ports: [Field; 2]) -> Result<Flow, Complaint> {
    let missing = || Complaint::Missing(Param::Src.row().name());
    let protocol = line.protocol.certain().map_or(0, |protocol| protocol.number);
    let mut flow = Flow::new();
    flow.set_tuple(
        Dir::Orig,
        pair.src.certain().ok_or_else(missing)?,
        pair.dst.certain().ok_or_else(missing)?,
        L4::Other(protocol),
    );
    for (attr, field) in [Attr::OrigPortSrc, Attr::OrigPortDst].into_iter().zip(ports) {
        if let Some(port) = port(line, field) {
            flow.set_bytes(attr, &port.to_be_bytes());
        }
    }
    Ok(flow)
}

/// What names one expectation: the tuple it expects, given as `-s -d -p` and ports.
///
/// # Errors
/// When an address is missing.
pub fn expectation_key(line: &Line) -> Result<Expectation, Complaint> {
    let mut expect = Expectation::new();
    let tuple = expected(line, line.orig, [Field::SrcPort, Field::DstPort])?;
    expect.set_tuple(ExpectAttr::Expected, &tuple);
    Ok(expect)
}

/// The expectation to make: `-s -d` and ports name its master.
///
/// # Errors
/// When an address is missing.
pub fn new_expectation(line: &Line) -> Result<Expectation, Complaint> {
    let parts = [
        (ExpectAttr::Master, line.orig, [Field::SrcPort, Field::DstPort]),
        (ExpectAttr::Expected, line.tuple, [Field::TupleSrcPort, Field::TupleDstPort]),
        (ExpectAttr::Mask, line.mask, [Field::MaskSrcPort, Field::MaskDstPort]),
    ];
    let mut expect = Expectation::new();
    for (which, pair, ports) in parts {
        expect.set_tuple(which, &expected(line, pair, ports)?);
    }
    if let Some(timeout) = line.timeout {
        expect.set_number(ExpectAttr::Timeout, timeout);
    }
    Ok(expect)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::parse::Parser;

    fn parsed(line: &str) -> Line {
        let words: Vec<&str> = line.split(' ').collect();
        Parser::default().parse(&words).unwrap()
    }

    #[test]
    fn only_what_an_entry_keeps_for_life_is_lasting() {
        let lasting = |options: &str| is_lasting(&selector(&parsed(&format!("-D {options}"))).unwrap());
        for options in ["-f ipv4", "-s 1.1.1.1 -d 2.2.0.0/16", "-p tcp --sport 1 -w 5", "-r 1.1.1.1 -i 7"] {
            assert!(lasting(options), "{options}");
        }
        for options in ["-m 5", "-u ASSURED", "-u !ASSURED", "-p tcp --state LISTEN", "-s 1.1.1.1 -n"] {
            assert!(!lasting(options), "{options}");
        }
    }

    /// What `-D`, `-U` or `-F` says to its options.
    fn refusal_of(line: &str) -> String {
        parsed(line).job().err().map_or("ok".into(), |complaint| complaint.to_string())
    }

    /// The options that `-D` takes, each with a value, and whether it selects: alone, and together with `-f ipv4`.
    const ALONE: &[(&str, bool, bool)] = &[
        ("-s 1.1.1.1", true, true),
        ("-s 1.1.1.1/1", true, true),
        ("-s 0.0.0.0", true, true),
        ("-s 0.0.0.0/0", false, false),
        ("-s 1.1.1.1 --mask-src 0.0.0.0", false, false),
        ("-d 1.1.1.1", true, true),
        ("-d 0/0", false, false),
        ("-s 0/0 -d 0/0", false, false),
        ("-s 0/0 -d 1.1.1.1", true, true),
        ("-s 1.1.1.1,2.2.2.0/24", true, true),
        ("-s 1.1.1.1,0/0", false, false),
        ("-d 0.0.0.0/1,128.0.0.0/1", false, false),
        ("-d 192.0.0.0/2,0.0.0.0/1,128.0.0.0/2", false, false),
        ("-d 192.0.0.0/2,0.0.0.0/1,128.0.0.0/3", true, true),
        ("-r 1.1.1.1,2.2.2.2", true, true),
        ("-r 1.1.1.1", true, true),
        ("-q 1.1.1.1", true, true),
        ("--remaining 0-5", true, true),
        ("--remaining 5-", true, true),
        ("--remaining 0-", false, false),
        ("-p tcp", true, true),
        ("-t 5", false, false),
        ("-u ASSURED", true, true),
        ("-u !ASSURED", true, true),
        ("-u UNSET", false, false),
        ("-u !UNSET", false, false),
        ("-a 1.1.1.1", false, false),
        ("-m 0", true, true),
        ("-m 0/1", true, true),
        ("-m 1/0", true, true),
        ("-m 0/0", false, false),
        ("-i 0", true, true),
        ("-n", true, true),
        ("-g", true, true),
        ("-o xml", false, true),
        ("-w 0", true, true),
        ("--orig-zone 0", true, true),
        ("--reply-zone 0", true, true),
        ("-M file", false, true),
        ("-o id -M file", false, true),
        ("--dry-run", true, true),
        ("--dry-run -o id", false, true),
        ("--ignore-missing", false, true),
        ("--netns blue", false, true),
    ];

    #[test]
    fn a_deletion_needs_an_option_that_selects_or_none_at_all() {
        for (options, alone, of_a_family) in ALONE {
            for (line, selects) in
                [(format!("-D {options}"), alone), (format!("-D -f ipv4 {options}"), of_a_family)]
            {
                assert_eq!(refusal_of(&line) == "ok", *selects, "{line}: {}", refusal_of(&line));
            }
            assert_eq!(refusal_of(&format!("-D -p tcp {options}")), "ok", "{options}");
        }
        assert_eq!(refusal_of("-D"), "ok");
        assert_eq!(refusal_of("-D conntrack"), "ok");
        assert_eq!(refusal_of("-D -f ipv6"), "ok", "a family selects");
        let idle = |name| {
            format!("`--{name}' alone selects nothing: name the entries with another option, or use -F")
        };
        assert_eq!(refusal_of("-D -o xml -t 5"), idle("timeout"));
        assert_eq!(refusal_of("-D -s 0/0 -m 0/0"), idle("src"));
    }

    #[test]
    fn every_option_that_a_deletion_takes_is_tried() {
        let legality = parsed("-D").form().options;
        for row in PARAMS.iter().filter(|row| legality.allows(row)) {
            let spelt = row.longs.iter().map(|long| format!("--{long}"));
            let spelt: Vec<String> =
                spelt.chain(row.short.map(|letter| format!("-{}", char::from(letter)))).collect();
            let tried = |(options, ..): &(&str, bool, bool)| {
                options.split(' ').any(|word| spelt.iter().any(|name| name == word))
            };
            // A mask needs its address; labels need a file.
            let elsewhere = ["family", "mask-dst", "label"].contains(&row.name());
            assert!(elsewhere || ALONE.iter().any(tried), "{}", row.name());
        }
    }

    #[test]
    fn an_update_and_a_flush_refuse_what_was_meant_to_select_and_does_not() {
        let idle = |name| {
            format!("`--{name}' alone selects nothing: name the entries with another option, or leave it out")
        };
        for line in [
            "-U",
            "-U -m 0/0",
            "-U -t 5 -u ASSURED",
            "-U -f ipv4 -m 1 -o xml",
            "-U -s 0/0 -p tcp -m 1",
            "-F",
            "-F -f ipv6",
        ] {
            assert_eq!(refusal_of(line), "ok", "{line}");
        }
        assert_eq!(refusal_of("-U -s 0/0 -m 1"), idle("src"));
        assert_eq!(refusal_of("-U -a 1.1.1.1 -m 1"), idle("nat-range"));
        assert_eq!(refusal_of("-F -a 1.1.1.1"), idle("nat-range"));
        assert_eq!(refusal_of("-F -f ipv4 -a 1.1.1.1"), idle("nat-range"));
    }

    #[test]
    fn former_names_of_a_status_select_nothing() {
        let former = |name, option| format!("`--status {name}' selects nothing: use --{option} instead");
        assert_eq!(refusal_of("-D -u SRC_NAT"), former("SRC_NAT", "src-nat"));
        assert_eq!(refusal_of("-D -p tcp -u ASSURED,dst_nat"), former("DST_NAT", "dst-nat"));
        assert_eq!(refusal_of("-U -u SRC_NAT"), "ok", "a new value without bits");
        let listed = |line: &str| parsed(line).job().map(drop).map_err(|complaint| complaint.to_string());
        let invalid = Err("Operation failed: invalid parameters".to_string());
        assert_eq!(listed("-L -u SRC_NAT"), invalid);
        assert_eq!(listed("-L -p tcp -u UNSET,!DST_NAT"), invalid);
        assert!(listed("-L -u SRC_NAT,ASSURED").is_ok() && listed("-L -u UNSET").is_ok());
    }

    #[test]
    fn every_tuple_of_an_expectation_has_the_protocol() {
        let addresses = "-s 1.1.1.1 -d 1.1.1.2 --tuple-src 1.1.1.1 --tuple-dst 1.1.1.3 --mask-src 0.0.0.0 --mask-dst 0.0.0.0";
        let ports = "--sport 1 --dport 2 --tuple-port-src 0 --tuple-port-dst 2570 --mask-port-src 0 --mask-port-dst 65535";
        let sctp = format!("-p sctp {ports} --orig-vtag 1 --reply-vtag 2");
        for (options, protocol) in [(format!("-p tcp {ports}"), 6), (sctp, 132), ("-p 50".into(), 50)] {
            let expect = new_expectation(&parsed(&format!("-I expect -t 9 {addresses} {options}"))).unwrap();
            for which in [ExpectAttr::Master, ExpectAttr::Expected, ExpectAttr::Mask] {
                assert_eq!(expect.tuple(which).l4(), protocol, "{options} {which:?}");
            }
        }
    }

    #[test]
    fn a_new_tcp_entry_has_lenient_windows() {
        let flags = |state: &str| {
            let line = format!("-I -p tcp -t 9 -s 1.1.1.1 -d 1.1.1.2 --sport 1 --dport 2 --state {state}");
            let flow = new_entry(&parsed(&line)).unwrap();
            let attrs = [Attr::TcpFlagsOrig, Attr::TcpMaskOrig, Attr::TcpFlagsRepl, Attr::TcpMaskRepl];
            attrs.map(|attr| flow.u8(attr))
        };
        assert_eq!(flags("ESTABLISHED"), [Some(0x0a); 4]);
        assert_eq!(flags("TIME_WAIT"), [Some(0x0e); 4]);
    }

    #[test]
    fn the_saved_form_of_a_translated_entry_keeps_its_ports() {
        let tuple = "-s 1.1.1.1 -d 2.2.2.2 -g 6.6.6.6 -n 5.5.5.5";
        let ports = "--sport 81 --dport 82 --reply-port-src 8080 --reply-port-dst 9999";
        let flow = new_entry(&parsed(&format!("-A -t 9 {tuple} -p udp {ports}"))).unwrap();
        assert_eq!(flow.tuple(Dir::Reply).protocol(), L4::Udp { sport: 8080, dport: 9999 });
        assert_eq!(
            flow.tuple(Dir::Reply).dst(),
            Some("1.1.1.1".parse().unwrap()),
            "the kernel translates it"
        );
        assert!(flow.is_set(Attr::SnatIpv4) && flow.is_set(Attr::DnatIpv4));
    }
}
