// SPDX-License-Identifier: GPL-2.0-or-later
//! The syntax of values: numbers, addresses, NAT targets, and lists of names.
//!
//! A value is taken whole or refused; nothing is cut, wrapped or guessed.

#![forbid(unsafe_code)]

use crate::certain::Certain as _;
use crate::line::args::text;
use crate::line::options::Row;
use crate::show::message::Complaint;
use netfilter_conntrack::Masked;
use netfilter_conntrack::consts::{
    IPS_ASSURED, IPS_EXPECTED, IPS_FIXED_TIMEOUT, IPS_HW_OFFLOAD, IPS_OFFLOAD, IPS_SEEN_REPLY,
};
use netfilter_conntrack::diagnosis::By;
use netfilter_conntrack::diagnosis::key::NoGrouping;
use netfilter_conntrack::{Groups, Netns};
use std::ffi::OsStr;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::RangeInclusive;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

/// DCCP roles by name; a prefix suffices.
pub const ROLES: &[(&str, u8)] = &[("client", 0), ("server", 1)];

/// Status bits by name, in the order in which a prefix is tried; `UNSET` is no bit.
pub const STATUS: &[(&str, u32)] = &[
    ("ASSURED", IPS_ASSURED),
    ("SEEN_REPLY", IPS_SEEN_REPLY),
    ("UNSET", 0),
    ("FIXED_TIMEOUT", IPS_FIXED_TIMEOUT),
    ("EXPECTED", IPS_EXPECTED),
    ("OFFLOAD", IPS_OFFLOAD),
    ("HW_OFFLOAD", IPS_HW_OFFLOAD),
];

/// Kinds of events by name.
pub const EVENTS: &[(&str, u32)] = &[
    ("ALL", Groups::FLOWS.bits()),
    ("NEW", Groups::NEW.bits()),
    ("UPDATES", Groups::UPDATE.bits()),
    ("DESTROY", Groups::DESTROY.bits()),
];

bitflags::bitflags! {
    /// What to print, and how.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct Formats: u32 {
        const XML = 1;
        const EXTENDED = 2;
        const TIMESTAMP = 4;
        const ID = 8;
        const KTIMESTAMP = 0x10;
        const LABELS = 0x20;
        const USERSPACE = 0x40;
        const SAVE = 0x80;
        const JSON = 0x100;
    }
}

/// Output formats by name.
pub const FORMATS: &[(&str, u32)] = &[
    ("xml", Formats::XML.bits()),
    ("extended", Formats::EXTENDED.bits()),
    ("timestamp", Formats::TIMESTAMP.bits()),
    ("id", Formats::ID.bits()),
    ("ktimestamp", Formats::KTIMESTAMP.bits()),
    ("labels", Formats::LABELS.bits()),
    ("userspace", Formats::USERSPACE.bits()),
    ("save", Formats::SAVE.bits()),
];

/// Output formats that the original does not have: a prefix of such a name is none.
pub const FORMATS_IN_FULL: &[(&str, u32)] = &[("json", Formats::JSON.bits())];

/// Families by name.
pub const FAMILIES: &[(&str, Family)] = &[("ipv4", Family::Ipv4), ("ipv6", Family::Ipv6)];

/// A layer 3 family, as the kernel numbers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Family {
    Ipv4 = 2,
    Ipv6 = 10,
}

impl Family {
    /// The family of an address.
    pub fn of(address: IpAddr) -> Family {
        if address.is_ipv4() { Family::Ipv4 } else { Family::Ipv6 }
    }

    /// Notes a family as the command line's: the first one counts, all others must be the same.
    pub fn join(self, all: &mut Option<Family>) -> Result<(), Complaint> {
        match all {
            Some(known) if *known != self => Err(Complaint::MixedFamilies),
            _ => {
                *all = Some(self);
                Ok(())
            }
        }
    }
}

/// A translation's target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NatTarget {
    pub address: IpAddr,
    pub port: Option<u16>,
}

/// Status bits that must be set and bits that must be clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StatusBits {
    pub set: u32,
    pub clear: u32,
}

fn blank(byte: u8) -> bool {
    byte == b' ' || (b'\t'..=b'\r').contains(&byte)
}

/// What is left of a word behind leading blanks and one plus sign.
fn unsigned(word: &[u8]) -> Option<&str> {
    let start = word.iter().position(|&byte| !blank(byte))?;
    let rest = std::str::from_utf8(word.get(start..).certain()?).ok()?;
    let digits = rest.strip_prefix('+').unwrap_or(rest);
    digits.starts_with(|first: char| first.is_ascii_digit()).then_some(digits)
}

/// A number of a few digits and nothing else, as nearly all are.
pub fn plain_decimal(word: &[u8]) -> Option<u64> {
    let digit = |byte: u8| byte.is_ascii_digit().then(|| u64::from(byte - b'0'));
    let few = (1..=18).contains(&word.len());
    few.then(|| word.iter().try_fold(0, |number, &byte| Some(number * 10 + digit(byte)?)))?
}

/// A number in C notation: decimal, `0x` hexadecimal, `0` octal.
fn c_number(word: &[u8]) -> Option<u64> {
    if let Some(number) = plain_decimal(word).filter(|_| word.first() != Some(&b'0')) {
        return Some(number);
    }
    let digits = unsigned(word)?;
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, digits.get(2..).certain()?),
        [b'0', _, ..] => (8, digits.get(1..).certain()?),
        _ => (10, digits),
    };
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u64::from_str_radix(digits, radix).ok())?
}

/// A decimal number, whatever zeros it starts with.
fn decimal(word: &[u8]) -> Option<u64> {
    if let Some(number) = plain_decimal(word) {
        return Some(number);
    }
    let digits = unsigned(word)?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// A number of a type, as it is or not at all.
pub fn fitting<T: TryFrom<u64>>(word: &[u8]) -> Option<T> {
    c_number(word).and_then(|number| T::try_from(number).ok())
}

/// The complaint about a value. For the options of the original it is no mistake of usage there either: status 1.
pub fn unexpected(word: &[u8], option: &Row) -> Complaint {
    match option.in_full {
        true => Complaint::NewValue(text(word), option.as_typed()),
        false => Complaint::Value(text(word), option.as_typed()),
    }
}

/// A number in C notation that fits its type; `option` is the option in the complaint.
pub fn number<T: TryFrom<u64>>(word: &[u8], option: &Row) -> Result<T, Complaint> {
    fitting(word).ok_or_else(|| unexpected(word, option))
}

/// A decimal number that fits its type.
pub fn decimal_number<T: TryFrom<u64>>(word: &[u8], option: &Row) -> Result<T, Complaint> {
    decimal(word).and_then(|number| T::try_from(number).ok()).ok_or_else(|| unexpected(word, option))
}

/// Several ports, `80,443,8000-8080`: numbers and ranges; nothing where the word is no list of those.
pub fn ports(word: &[u8], option: &Row) -> Option<Result<Vec<RangeInclusive<u16>>, Complaint>> {
    let mut ranges = Vec::new();
    for (item, _) in items(word) {
        let (first, last) = split_at(item, b'-');
        let first = plain_decimal(first)?;
        ranges.push((first, last.map_or(Some(first), plain_decimal)?));
    }
    let because = |why| Err(Complaint::ValueBecause(text(word), option.as_typed(), why));
    if word.iter().all(u8::is_ascii_digit) {
        return None; // one number
    }
    if ranges.iter().any(|(first, last)| first > last) {
        return Some(because("the range is reversed"));
    }
    let range = |&(first, last): &(u64, u64)| Some(u16::try_from(first).ok()?..=u16::try_from(last).ok()?);
    let ranges: Option<Vec<_>> = ranges.iter().map(range).collect();
    Some(ranges.map_or_else(|| because("the highest port is 65535"), Ok))
}

/// A mark, `V` or `V/M`; without mask all bits count. The complaint about a mask stands alone, because the original
/// does not make it.
pub fn masked(word: &[u8], option: &Row) -> Result<Result<Masked, Complaint>, Complaint> {
    let complaint = || unexpected(word, option);
    let (value, mask) = split_at(word, b'/');
    let value = fitting(value).ok_or_else(complaint)?;
    let mask = mask.map_or(Some(u32::MAX), fitting).ok_or_else(complaint);
    Ok(mask.map(|mask| Masked { value, mask }))
}

/// An IPv4 address as nearly all are written: four decimal numbers without leading zeros, and nothing else.
pub fn dotted_quad(word: &[u8]) -> Option<Ipv4Addr> {
    let (mut address, mut number, mut digits, mut dots) = (0u32, 0u32, 0, 0);
    for &byte in word {
        match byte {
            b'0'..=b'9' if digits == 0 || number != 0 => {
                number = number * 10 + u32::from(byte - b'0');
                digits += 1;
            }
            b'.' if digits != 0 && dots < 3 => {
                address = address << 8 | number;
                (number, digits, dots) = (0, 0, dots + 1);
            }
            _ => return None,
        }
        if number > 255 {
            return None;
        }
    }
    (digits != 0 && dots == 3).then(|| Ipv4Addr::from(address << 8 | number))
}

/// An IPv4 address in one of the classic forms: one to four numbers, the last filling the bytes that are left.
/// White space may follow it.
fn classic_ipv4(word: &[u8]) -> Option<Ipv4Addr> {
    let end = word.iter().rposition(|&byte| !blank(byte)).map_or(0, |last| last + 1);
    let parts: Vec<&[u8]> = word.get(..end).certain()?.split(|&byte| byte == b'.').collect();
    let (last, leading) = parts.split_last()?;
    let number = |part: &[u8]| part.first().filter(|byte| byte.is_ascii_digit()).and_then(|_| c_number(part));
    let room = 32 - 8 * u32::try_from(leading.len()).ok().filter(|&leading| leading < 4)?;
    let mut address = 0u32;
    for part in leading {
        address = address << 8 | u32::from(u8::try_from(number(part)?).ok()?);
    }
    let last = number(last).filter(|&last| last < 1 << room)?;
    let address = u64::from(address) << room | last;
    Some(Ipv4Addr::from(u32::try_from(address).ok().certain()?))
}

/// An address; `shown` is the word in the complaint, `all` the family of the command line's addresses.
fn plain_address(word: &[u8], shown: &[u8], all: &mut Option<Family>) -> Result<IpAddr, Complaint> {
    let ipv6 = || std::str::from_utf8(word).ok()?.parse::<Ipv6Addr>().ok();
    let address = dotted_quad(word)
        .or_else(|| classic_ipv4(word))
        .map(IpAddr::V4)
        .or_else(|| ipv6().map(IpAddr::V6))
        .ok_or_else(|| Complaint::Address(text(shown)))?;
    Family::of(address).join(all)?;
    Ok(address)
}

/// Whether every bit of a mask is set.
pub fn is_whole(mask: IpAddr) -> bool {
    match mask {
        IpAddr::V4(mask) => mask.to_bits() == u32::MAX,
        IpAddr::V6(mask) => mask.to_bits() == u128::MAX,
    }
}

/// Splits a word at the first byte like this one.
fn split_at(word: &[u8], separator: u8) -> (&[u8], Option<&[u8]>) {
    let mut parts = word.splitn(2, |&byte| byte == separator);
    (parts.next().certain().unwrap_or_default(), parts.next())
}

/// An address without prefix length; `name` is the option in the complaint about one.
pub fn address(word: &[u8], name: &'static str, all: &mut Option<Family>) -> Result<IpAddr, Complaint> {
    let (bare, prefix) = split_at(word, b'/');
    let address = plain_address(bare, word, all)?;
    if prefix.is_some() { Err(Complaint::NoCidr(name)) } else { Ok(address) }
}

/// An address with an optional prefix length, as the mask that it stands for.
pub fn network(word: &[u8], all: &mut Option<Family>) -> Result<(IpAddr, Option<IpAddr>), Complaint> {
    let (bare, prefix) = split_at(word, b'/');
    let address = plain_address(bare, word, all)?;
    let Some(prefix) = prefix else { return Ok((address, None)) };
    let longest = if address.is_ipv4() { 32 } else { 128 };
    let length = decimal(prefix)
        .and_then(|length| u32::try_from(length).ok())
        .filter(|&length| length <= longest)
        .ok_or(Complaint::Netmask)?;
    let mask = match address {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::from(!u32::MAX.checked_shr(length).unwrap_or(0))),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::from(!u128::MAX.checked_shr(length).unwrap_or(0))),
    };
    Ok((address, Some(mask)))
}

/// A NAT target: `A.B.C.D`, `A.B.C.D:port`, an IPv6 address, or `[v6]:port`.
pub fn nat_target(word: &[u8], name: &'static str, all: &mut Option<Family>) -> Result<NatTarget, Complaint> {
    let (host, port) = match word {
        [b'[', inside @ ..] => {
            let (host, behind) = split_at(inside, b']');
            let behind = behind.ok_or(Complaint::NoClosingBracket)?;
            if host.is_empty() {
                return Err(Complaint::NoIpv6Address);
            }
            match split_at(behind, b':').1 {
                Some(port) => (host, Some(port)),
                None => return Err(Complaint::Address(text(word))),
            }
        }
        _ if word.iter().filter(|&&byte| byte == b':').count() == 1 => split_at(word, b':'),
        _ => (word, None),
    };
    let port = port.map(port_number).transpose()?;
    Ok(NatTarget { address: address(host, name, all)?, port })
}

fn port_number(word: &[u8]) -> Result<u16, Complaint> {
    if word.is_empty() {
        return Err(Complaint::NoPort);
    }
    let digits = std::str::from_utf8(word).ok().filter(|word| word.bytes().all(|byte| byte.is_ascii_digit()));
    digits.and_then(|digits| digits.parse().ok()).ok_or_else(|| Complaint::Port(text(word)))
}

/// A family: the whole word is its name. The original accepts every word that starts with the name.
pub fn family(word: &[u8]) -> Result<Family, Complaint> {
    FAMILIES
        .iter()
        .find(|(name, _)| word == name.as_bytes())
        .map(|&(_, family)| family)
        .ok_or_else(|| Complaint::Protocol(text(word)))
}

/// Whether a word is a prefix of a name, in any case. The empty word is none.
pub fn abbreviates(word: &[u8], name: &str) -> bool {
    if word.is_empty() {
        return false;
    }
    let start = name.as_bytes().get(..word.len());
    start == Some(word) || start.is_some_and(|start| start.eq_ignore_ascii_case(word))
}

/// The first name that a word abbreviates.
fn abbreviated(word: &[u8], names: &[(&str, u32)]) -> Option<u32> {
    let found = names.iter().find(|(name, _)| abbreviates(word, name));
    found.map(|&(_, value)| value)
}

/// The items of a comma-separated list, each with the list from it to the end.
fn items(word: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut rest = Some(word);
    std::iter::from_fn(move || {
        let from = rest?;
        let (item, behind) = split_at(from, b',');
        rest = behind;
        Some((item, from))
    })
}

/// A comma-separated list of names as the sum of their bits.
pub fn list(word: &[u8], names: &[(&str, u32)]) -> Result<u32, Complaint> {
    items(word).try_fold(0, |bits, (item, rest)| {
        let bit = abbreviated(item, names).ok_or_else(|| Complaint::BadParameter(text(rest)))?;
        Ok(bits | bit)
    })
}

/// A comma-separated list of output formats.
pub fn formats(word: &[u8]) -> Result<Formats, Complaint> {
    let in_full = |item: &[u8]| {
        let found = FORMATS_IN_FULL.iter().find(|(name, _)| name.as_bytes() == item);
        found.map(|&(_, bit)| bit)
    };
    let bits = items(word).try_fold(0, |bits, (item, rest)| {
        let bit = in_full(item).or_else(|| abbreviated(item, FORMATS));
        Ok(bits | bit.ok_or_else(|| Complaint::BadParameter(text(rest)))?)
    });
    bits.map(Formats::from_bits_truncate)
}

/// A number of seconds with at most three decimals, between 0.1 s and an hour.
pub fn period(word: &[u8], option: &Row) -> Result<Duration, Complaint> {
    let (whole, decimals) = split_at(word, b'.');
    let decimals = decimals.unwrap_or(b"0");
    let digits = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    let is_number = digits(whole) && digits(decimals) && decimals.len() <= 3;
    let millis = Some(()).filter(|()| is_number).and_then(|()| {
        let padded = [decimals, b"000"].concat();
        let decimals = plain_decimal(padded.get(..3)?)?;
        plain_decimal(whole)?.checked_mul(1000)?.checked_add(decimals)
    });
    let period = millis.filter(|millis| (100..=3_600_000).contains(millis)).map(Duration::from_millis);
    period.ok_or_else(|| unexpected(word, option))
}

/// Seconds that an entry has left, `MIN-MAX`, both included; either may be left out, but not both.
pub fn remaining(word: &[u8], option: &Row) -> Result<RangeInclusive<u32>, Complaint> {
    let (least, most) = split_at(word, b'-');
    let bound = |part: &[u8], default| match part {
        [] => Some(default),
        part => plain_decimal(part).and_then(|number| u32::try_from(number).ok()),
    };
    let range = most.filter(|most| !(least.is_empty() && most.is_empty()));
    let range = range.and_then(|most| Some(bound(least, 0)?..=bound(most, u32::MAX)?));
    range.filter(|range| !range.is_empty()).ok_or_else(|| unexpected(word, option))
}

/// Two percentages of the limit, `WARN,CRIT`: above 0, at most 100, in this order.
pub fn thresholds(word: &[u8], option: &Row) -> Result<(u8, u8), Complaint> {
    let (warning, critical) = split_at(word, b',');
    let percent = |word| plain_decimal(word).and_then(|number| u8::try_from(number).ok());
    let pair = percent(warning).zip(critical.and_then(percent));
    let in_order = |&(warning, critical): &(u8, u8)| 0 < warning && warning <= critical && critical <= 100;
    pair.filter(in_order).ok_or_else(|| unexpected(word, option))
}

/// How many lines of a table are shown: 1 to 1000.
pub fn lines(word: &[u8], option: &Row) -> Result<u16, Complaint> {
    let lines = fitting(word).filter(|lines| (1..=1000).contains(lines));
    lines.ok_or_else(|| unexpected(word, option))
}

/// Whose names the metrics have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Metrics {
    /// Our own, `conntrack_...`.
    #[default]
    Conntrack,
    /// Those of node_exporter, `node_nf_conntrack_...`.
    Node,
}

/// The names of metrics, in full.
pub fn metrics(word: &[u8], option: &Row) -> Result<Metrics, Complaint> {
    match word {
        b"conntrack" => Ok(Metrics::Conntrack),
        b"node" => Ok(Metrics::Node),
        _ => Err(unexpected(word, option)),
    }
}

/// A comma-separated list of groupings.
pub fn groupings(word: &[u8]) -> Result<Vec<By>, Complaint> {
    let grouping = |(item, _): (&[u8], _)| {
        let name = text(item);
        name.parse().map_err(|why: NoGrouping| Complaint::Grouping(name, why.to_string()))
    };
    items(word).map(grouping).collect()
}

/// A namespace: a path has a slash, a process id has digits only, everything else is a name in `/run/netns`.
pub fn namespace(word: &[u8], option: &Row) -> Result<Netns, Complaint> {
    match word {
        b"" | b"." | b".." => Err(unexpected(word, option)),
        word if word.contains(&b'/') => Ok(Netns::Path(OsStr::from_bytes(word).into())),
        word if word.iter().all(u8::is_ascii_digit) => {
            let pid = fitting(word).filter(|&pid| pid > 0);
            pid.map(Netns::Process).ok_or_else(|| unexpected(word, option))
        }
        // A name may have any bytes, a text may not.
        word => Ok(match std::str::from_utf8(word) {
            Ok(name) => Netns::Name(name.to_owned()),
            Err(_) => Netns::Path(Path::new("/run/netns").join(OsStr::from_bytes(word))),
        }),
    }
}

/// A name that status lists once knew. It names no bit now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormerStatus {
    pub name: &'static str,
    /// The option that took its place.
    pub option: &'static str,
}

const FORMER_STATUS: [FormerStatus; 2] = [
    FormerStatus { name: "SRC_NAT", option: "src-nat" },
    FormerStatus { name: "DST_NAT", option: "dst-nat" },
];

/// A comma-separated list of status bits, `!` before those that must be clear. Former names go to `former`.
pub fn status(word: &[u8], former: &mut Vec<FormerStatus>) -> Result<StatusBits, Complaint> {
    let mut bits = StatusBits::default();
    for (item, rest) in items(word) {
        let (negated, name) = match item {
            [b'!', name @ ..] => (true, name),
            _ => (false, item),
        };
        let is_name = |known: &&FormerStatus| known.name.as_bytes().eq_ignore_ascii_case(name);
        if let Some(known) = FORMER_STATUS.iter().find(is_name) {
            former.push(*known);
        } else if !negated && name.starts_with(b"UNREPLIED") {
            bits.clear |= IPS_SEEN_REPLY;
        } else {
            let rest = rest.strip_prefix(b"!").unwrap_or(rest);
            let bit = abbreviated(name, STATUS).ok_or_else(|| Complaint::BadParameter(text(rest)))?;
            *(if negated { &mut bits.clear } else { &mut bits.set }) |= bit;
        }
    }
    Ok(bits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::options::Param;
    use crate::line::protocols::PROTOCOLS;

    fn said<T: std::fmt::Debug>(result: Result<T, Complaint>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn the_name_of_a_namespace_may_have_any_bytes() {
        let namespace = |word: &[u8]| namespace(word, Param::Netns.row()).map(|one| one.path().unwrap());
        assert_eq!(namespace(b"blue").unwrap().as_os_str().as_bytes(), b"/run/netns/blue");
        assert_eq!(namespace(b"a\xff\xfe").unwrap().as_os_str().as_bytes(), b"/run/netns/a\xff\xfe");
        assert_eq!(namespace(b"./a\xff").unwrap().as_os_str().as_bytes(), b"./a\xff");
    }

    #[test]
    fn numbers_are_taken_whole_and_in_range() {
        let number = |word: &str| number::<u16>(word.as_bytes(), Param::Zone.row());
        assert_eq!(number("0x10"), Ok(16));
        assert_eq!(number(" +010"), Ok(8));
        assert_eq!(number("0"), Ok(0));
        for bad in
            ["", "65536", "5x", "-1", "0x", "08", "+", "+-1", "++1", "0x+1", "1 ", "99999999999999999999"]
        {
            assert_eq!(said(number(bad)), format!("unexpected value '{bad}' with -w option"));
        }
        let sport = PROTOCOLS[0].rows().next().unwrap();
        assert_eq!(decimal_number::<u16>(b"0080", sport), Ok(80));
        assert_eq!(
            said(decimal_number::<u16>(b"http", sport)),
            "unexpected value 'http' with --sport option"
        );
        assert_eq!(said(decimal_number::<u8>(b"300", sport)), "unexpected value '300' with --sport option");
    }

    #[test]
    fn ports_come_in_lists_and_ranges() {
        let sport = PROTOCOLS[0].rows().next().unwrap();
        let ports = |word: &str| ports(word.as_bytes(), sport);
        for no_list in [
            "80", "0080", "", "http", "80,", ",80", "80,,90", "80-", "-80", "80:90", "80, 90", "1-2-3",
            "+1,2", "0x50,1", "a-b",
        ] {
            assert_eq!(ports(no_list), None, "{no_list}");
        }
        assert_eq!(ports("80,443,8000-8080"), Some(Ok(vec![80..=80, 443..=443, 8000..=8080])));
        assert_eq!(ports("0-65535"), Some(Ok(vec![0..=65535])));
        assert_eq!(ports("7-7"), Some(Ok(vec![7..=7])));
        for (word, why) in [
            ("90-80", "the range is reversed"),
            ("1,90-80,2", "the range is reversed"),
            ("80-65536", "the highest port is 65535"),
            ("80,70000", "the highest port is 65535"),
        ] {
            assert_eq!(
                said(ports(word).unwrap()),
                format!("unexpected value '{word}' with --sport option: {why}")
            );
        }
    }

    #[test]
    fn marks_have_an_optional_mask() {
        let mark = |word: &str| masked(word.as_bytes(), Param::Mark.row());
        assert_eq!(mark("5"), Ok(Ok(Masked { value: 5, mask: u32::MAX })));
        assert_eq!(mark("0x10/0xf0"), Ok(Ok(Masked { value: 16, mask: 0xf0 })));
        let unexpected = |bad: &str| format!("unexpected value '{bad}' with -m option");
        for bad in ["5x", "/1", "", "/", "x/x"] {
            assert_eq!(said(mark(bad)), unexpected(bad));
        }
        for bad in ["5/", "5/0x1ffffffff", "5/1/1", "5/ "] {
            assert_eq!(said(mark(bad).unwrap()), unexpected(bad), "a complaint about the mask alone");
        }
    }

    #[test]
    fn a_dotted_quad_is_what_the_standard_library_takes() {
        let numbers =
            ["0", "7", "00", "01", "10", "99", "100", "249", "255", "256", "999", "1000", "", "+1", "1x"];
        for one in numbers {
            for other in numbers {
                for word in [
                    format!("{one}.{other}.0.255"),
                    format!("1.{one}.22.{other}"),
                    format!("{one}.2.{other}"),
                    format!("9.{one}.8.{other}.7"),
                ] {
                    assert_eq!(dotted_quad(word.as_bytes()), word.parse().ok(), "{word}");
                }
            }
        }
    }

    #[test]
    fn ipv4_addresses_come_in_the_classic_forms() {
        let v4 =
            |word: &str| address(word.as_bytes(), "reply-src", &mut None).map(|address| address.to_string());
        assert_eq!(v4("1.2.3.4").unwrap(), "1.2.3.4");
        assert_eq!(v4("1.1.1.1 \n").unwrap(), "1.1.1.1");
        assert_eq!(v4("10.1").unwrap(), "10.0.0.1");
        assert_eq!(v4("0x7f.010.258").unwrap(), "127.8.1.2");
        assert_eq!(v4("4294967295").unwrap(), "255.255.255.255");
        assert_eq!(v4("2001:db8::1").unwrap(), "2001:db8::1");
        for bad in [
            "",
            " ",
            "foo",
            "1.2.3.256",
            "1.2.3.4.5",
            "1..2",
            "256.1",
            "1.2.3.4x",
            " 1.2.3.4",
            "1.1.1.1 foo",
            "1.1.1.1\n2.2.2.2",
            "1.2.3.",
            "1.1.1.0000000000000000000000000000000000000000777777",
            "::g",
            "+1.1.1.1",
        ] {
            assert_eq!(said(v4(bad)), format!("Invalid IP address `{bad}'"));
        }
        assert_eq!(said(v4("2.2.2.2/8")), "CIDR notation unavailable for `--reply-src'");
        assert_eq!(said(v4("foo/8")), "Invalid IP address `foo/8'");
    }

    #[test]
    fn prefix_lengths_become_masks() {
        let mask = |word: &str| {
            network(word.as_bytes(), &mut None).map(|(_, mask)| mask.map(|mask| mask.to_string()))
        };
        assert_eq!(mask("1.1.1.1/24"), Ok(Some("255.255.255.0".into())));
        assert_eq!(mask("1.1.1.1"), Ok(None));
        assert_eq!(mask("1.1.1.1/0"), Ok(Some("0.0.0.0".into())));
        assert_eq!(mask("1.1.1.1/32"), Ok(Some("255.255.255.255".into())));
        assert_eq!(mask("::1/+33"), Ok(Some("ffff:ffff:8000::".into())));
        assert_eq!(mask("::1/0"), Ok(Some("::".into())));
        assert_eq!(mask("::1/128").unwrap().unwrap().len(), 39);
        for bad in [
            "1.1.1.1/",
            "::1/",
            "1.1.1.1/ ",
            "1.1.1.1/+",
            "1.1.1.1/33",
            "1.1.1.1/x",
            "1.1.1.1/8x",
            "1.1.1.1/-1",
            "1.1.1.1/255.0.0.0",
            "1.1.1.1/8/",
            "::1/129",
        ] {
            assert_eq!(said(mask(bad)), "Invalid netmask");
        }
    }

    #[test]
    fn nat_targets_have_an_optional_port() {
        let target = |word: &str| nat_target(word.as_bytes(), "src-nat", &mut None);
        let is = |word: &str, address: &str, port| {
            assert_eq!(target(word), Ok(NatTarget { address: address.parse().unwrap(), port }));
        };
        is("1.2.3.4", "1.2.3.4", None);
        is("1.2.3.4:80", "1.2.3.4", Some(80));
        is("2001::1", "2001::1", None);
        is("[2001::1]:80", "2001::1", Some(80));
        is("[2001::1]x:80", "2001::1", Some(80));
        let refusals = [
            ("1.2.3.4/8", "CIDR notation unavailable for `--src-nat'"),
            ("1.2.3.4:", "No port specified after `:'"),
            ("1.2.3.4:http", "Invalid port `http'"),
            ("1.2.3.4:+1", "Invalid port `+1'"),
            ("1.2.3.4:65536", "Invalid port `65536'"),
            ("[2001::1", "No closing ']' around IPv6 address"),
            ("[]:80", "No IPv6 address specified"),
            ("[2001::1]", "Invalid IP address `[2001::1]'"),
            (":80", "Invalid IP address `'"),
            ("", "Invalid IP address `'"),
        ];
        for (word, complaint) in refusals {
            assert_eq!(said(target(word)), complaint);
        }
    }

    #[test]
    fn lists_take_prefixes_in_any_case() {
        assert_eq!(list(b"new,DEST", EVENTS), Ok(1 | 4));
        assert_eq!(list(b"D", EVENTS), Ok(4), "not DST_NAT");
        assert_eq!(list(b"s,x", FORMATS), Ok(0x81));
        assert_eq!(said(list(b"xml,,id", FORMATS)), "Bad parameter `,id'");
        assert_eq!(said(list(b"", FORMATS)), "Bad parameter `'");
        assert_eq!(said(list(b"id,xmlx,save", FORMATS)), "Bad parameter `xmlx,save'");
    }

    #[test]
    fn status_lists_know_negation_and_former_names() {
        let mut former = Vec::new();
        let mut bits = |word: &str| status(word.as_bytes(), &mut former).map(|bits| (bits.set, bits.clear));
        assert_eq!(bits("ASSURED,!SEEN"), Ok((4, 2)));
        assert_eq!(bits("UNREPLIEDx"), Ok((0, 2)));
        assert_eq!(bits("UNSET"), Ok((0, 0)));
        assert_eq!(bits("s"), Ok((2, 0)), "a prefix of SEEN_REPLY, not of SRC_NAT");
        assert_eq!(bits("src_nat,A"), Ok((4, 0)));
        assert_eq!(said(bits("FOO,BAR")), "Bad parameter `FOO,BAR'");
        assert_eq!(said(bits("ASSURED,!FOO,BAR")), "Bad parameter `FOO,BAR'");
        assert_eq!(said(bits("ASSURED,")), "Bad parameter `'");
        assert_eq!(said(bits("!UNREPLIED")), "Bad parameter `UNREPLIED'");
        assert_eq!(former, [FormerStatus { name: "SRC_NAT", option: "src-nat" }]);
    }
}
