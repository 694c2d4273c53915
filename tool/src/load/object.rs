// SPDX-License-Identifier: GPL-2.0-or-later
//! An entry from a line of `-o json`: its tuples, translations, zones, status, state, timeout, mark, labels and helper.
//!
//! Every key must be one that such a line can have, and its value must be of its kind: nothing is guessed, cut or read
//! twice. What only the kernel knows (counters, id, times, who caused an event) is checked to be JSON and left out. Of
//! the state of TCP the windows are not known, so a new entry gets the lenient flags that `-A` gives it.

#![forbid(unsafe_code)]

use super::json::{Reader, Wrong};
use super::spool::Kind;
use crate::line::objects::set_tcp_flags;
use netfilter_conntrack::consts::*;
use netfilter_conntrack::format::facts::STATUS;
use netfilter_conntrack::format::tables::{self, DCCP_STATES, SCTP_STATES, TCP_STATES};
use netfilter_conntrack::{Attr, Bitmask, Dir, Flow, L4};
use std::net::IpAddr;

/// The key of each member that is read, in its place in [`KEYS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Event,
    Family,
    Protocol,
    ProtocolNumber,
    State,
    Timeout,
    Orig,
    Reply,
    Status,
    Mark,
    Zone,
    Labels,
    Helper,
    HelperHex,
    Sctp,
    Dccp,
    /// Not part of a request.
    Ignored,
    /// Part of an expectation.
    Expectation,
    /// The namespace, which must be the own one of the command that wrote the line.
    Netns,
}

const KEYS: &[(&str, Key)] = &[
    ("event", Key::Event),
    ("family", Key::Family),
    ("protocol", Key::Protocol),
    ("protocol_number", Key::ProtocolNumber),
    ("state", Key::State),
    ("timeout_secs", Key::Timeout),
    ("orig", Key::Orig),
    ("reply", Key::Reply),
    ("status", Key::Status),
    ("mark", Key::Mark),
    ("zone", Key::Zone),
    ("labels", Key::Labels),
    ("helper", Key::Helper),
    ("helper_hex", Key::HelperHex),
    ("sctp", Key::Sctp),
    ("dccp", Key::Dccp),
    ("time", Key::Ignored),
    ("nat", Key::Ignored),
    ("secmark", Key::Ignored),
    ("label_names", Key::Ignored),
    ("helper_info", Key::Ignored),
    ("helper_info_hex", Key::Ignored),
    ("secctx", Key::Ignored),
    ("secctx_hex", Key::Ignored),
    ("id", Key::Ignored),
    ("use", Key::Ignored),
    ("start_time", Key::Ignored),
    ("stop_time", Key::Ignored),
    ("duration_secs", Key::Ignored),
    ("origin", Key::Ignored),
    ("tcp", Key::Ignored),
    ("seq_orig", Key::Ignored),
    ("seq_reply", Key::Ignored),
    ("synproxy", Key::Ignored),
    ("master", Key::Ignored),
    ("expected", Key::Expectation),
    ("mask", Key::Expectation),
    ("flags", Key::Expectation),
    ("class", Key::Expectation),
    ("function", Key::Expectation),
    ("netns", Key::Netns),
];

/// The numbers of a tuple that are read.
const FIELDS: &[(&str, u64)] = &[
    ("sport", 0xffff),
    ("dport", 0xffff),
    ("src_key", 0xffff),
    ("dst_key", 0xffff),
    ("icmp_type", 0xff),
    ("icmp_code", 0xff),
    ("icmp_id", 0xffff),
    ("zone", 0xffff),
];

/// The highest label that the kernel keeps.
const LABEL_MAX: u64 = 127;
/// Bytes of the longest name of a helper.
const HELPER_MAX: usize = 15;

/// One direction.
#[derive(Debug, Default)]
struct Tuple {
    src: Option<IpAddr>,
    dst: Option<IpAddr>,
    /// In the order of [`FIELDS`].
    numbers: [Option<u16>; FIELDS.len()],
}

/// The members of a line.
#[derive(Debug, Default)]
struct Members {
    kind: Option<Kind>,
    family: Option<String>,
    protocol: Option<String>,
    number: Option<u8>,
    state: Option<String>,
    timeout: Option<u32>,
    orig: Tuple,
    reply: Option<Tuple>,
    status: Option<u32>,
    mark: Option<u32>,
    zone: Option<u16>,
    labels: Option<Bitmask>,
    helper: Option<Vec<u8>>,
    helper_hex: Option<Vec<u8>>,
    vtags: [Option<u32>; 2],
    role: Option<u8>,
    handshake_seq: Option<u64>,
}

/// What a line asks for: the entry to make, update or delete.
///
/// # Errors
/// Why it is refused.
pub fn entry(line: &[u8]) -> Result<(Kind, Flow), Wrong> {
    let (mut members, mut reader) = (Members::default(), Reader::new(line)?);
    let mut seen = 0u64;
    reader.object(|reader, name| {
        let Some((at, (_, key))) = KEYS.iter().enumerate().find(|(_, (known, _))| *known == name) else {
            return Err(format!("unknown key `{}'", shown(name)));
        };
        once(&mut seen, at, name)?;
        members.read(reader, *key).map_err(|wrong| format!("`{name}': {wrong}"))
    })?;
    reader.end()?;
    members.flow()
}

/// A text from outside, in part and without what commands a terminal.
fn shown(text: &str) -> String {
    text.chars().take(40).flat_map(char::escape_debug).collect()
}

/// Notes that a key was read.
fn once(seen: &mut u64, at: usize, name: &str) -> Result<(), Wrong> {
    if *seen >> at & 1 == 1 {
        return Err(format!("`{name}' stands twice"));
    }
    *seen |= 1 << at;
    Ok(())
}

/// A whole number of a type.
fn number<T: TryFrom<u64>>(reader: &mut Reader<'_>, most: T) -> Result<Option<T>, Wrong>
where
    u64: From<T>,
{
    Ok(T::try_from(reader.integer(most.into())?).ok())
}

/// The position of a name among names.
fn named(names: &[&str], name: &str) -> Result<u8, Wrong> {
    let at = names.iter().position(|known| *known == name).and_then(|at| u8::try_from(at).ok());
    at.ok_or_else(|| format!("unknown name `{}'", shown(name)))
}

fn text(reader: &mut Reader<'_>) -> Result<Option<String>, Wrong> {
    Ok(Some(reader.string()?.into_owned()))
}

impl Members {
    fn read(&mut self, reader: &mut Reader<'_>, key: Key) -> Result<(), Wrong> {
        match key {
            Key::Event => self.kind = Some(kind(&reader.string()?)?),
            Key::Family => self.family = text(reader)?,
            Key::Protocol => self.protocol = text(reader)?,
            Key::ProtocolNumber => self.number = number(reader, u8::MAX)?,
            Key::State => self.state = text(reader)?,
            Key::Timeout => self.timeout = number(reader, u32::MAX)?,
            Key::Orig => self.orig = Tuple::read(reader)?,
            Key::Reply => self.reply = Some(Tuple::read(reader)?),
            Key::Status => self.status = Some(status(reader)?),
            Key::Mark => self.mark = number(reader, u32::MAX)?,
            Key::Zone => self.zone = number(reader, u16::MAX)?,
            Key::Labels => self.labels = labels(reader)?,
            Key::Helper => self.helper = Some(reader.string()?.as_bytes().to_vec()),
            Key::HelperHex => self.helper_hex = Some(bytes(&reader.string()?)?),
            Key::Sctp => tags(reader, &["vtag_orig", "vtag_reply"], &mut self.vtags)?,
            Key::Dccp => self.read_dccp(reader)?,
            Key::Ignored => reader.skip()?,
            Key::Expectation => return Err("an expectation cannot be loaded".into()),
            Key::Netns if reader.string()?.is_empty() => {}
            Key::Netns => {
                return Err("the entry is of another namespace: load it there without this key".into());
            }
        }
        Ok(())
    }

    fn read_dccp(&mut self, reader: &mut Reader<'_>) -> Result<(), Wrong> {
        let mut seen = 0;
        reader.object(|reader, name| {
            once(&mut seen, usize::from(named(&["role", "handshake_seq"], name)?), name)?;
            match name {
                "role" => self.role = number(reader, 1u8)?,
                _ => self.handshake_seq = number(reader, u64::MAX)?,
            }
            Ok(())
        })
    }

    /// The protocol's number, which its name must not contradict.
    fn protocol(&self) -> Result<u8, Wrong> {
        let by_name =
            |name: &String| tables::L4.iter().find(|(_, known)| known == name).map(|(number, _)| *number);
        match (self.number, self.protocol.as_ref().map(by_name)) {
            (Some(number), None) | (None, Some(Some(number))) => Ok(number),
            (Some(number), Some(Some(named))) if number == named => Ok(number),
            (None, None) => Err("`protocol_number' is missing".into()),
            (None, Some(None)) => Err("`protocol': no known name, and `protocol_number' is missing".into()),
            _ => Err("`protocol' and `protocol_number' differ".into()),
        }
    }

    /// The entry, if the members make one.
    fn flow(self) -> Result<(Kind, Flow), Wrong> {
        let (protocol, kind) = (self.protocol()?, self.kind.unwrap_or(Kind::Add));
        let is_ipv4 = self.orig.is_ipv4();
        let mut flow = Flow::new();
        self.orig.set(&mut flow, Dir::Orig, protocol).map_err(|wrong| format!("`orig': {wrong}"))?;
        if self.family.as_deref().is_some_and(|family| family != if is_ipv4 { "ipv4" } else { "ipv6" }) {
            return Err("`family' is not that of the addresses".into());
        }
        let inverse = self.orig.inverse();
        let reply = self.reply.as_ref().unwrap_or(&inverse);
        reply.set(&mut flow, Dir::Reply, protocol).map_err(|wrong| format!("`reply': {wrong}"))?;
        if reply.is_ipv4() != is_ipv4 {
            return Err("`reply': the addresses are of another family".into());
        }
        self.zone.into_iter().for_each(|zone| flow.set_zone(zone));
        if kind != Kind::Delete {
            self.set_values(&mut flow, kind)?;
            self.set_helper(&mut flow, kind)?;
            self.set_state(&mut flow, protocol, kind)?;
        }
        Ok((kind, flow))
    }

    fn set_values(&self, flow: &mut Flow, kind: Kind) -> Result<(), Wrong> {
        let is_fixed = self.status.is_some_and(|status| status & IPS_FIXED_TIMEOUT != 0);
        match self.timeout {
            Some(_) if kind == Kind::Update && is_fixed => {} // the kernel refuses to change it
            Some(timeout) => flow.set_timeout_secs(timeout),
            None if kind == Kind::Update => {}
            None => return Err("`timeout_secs' is missing".into()),
        }
        if let Some(status) = self.status {
            flow.set_status(status);
            if kind != Kind::Update {
                flow.undo_all_nat(); // the kernel translates a new entry by itself
            }
            flow.set_status(status & !KERNELS);
        }
        self.mark.into_iter().for_each(|mark| flow.set_mark(mark));
        self.labels.iter().for_each(|labels| flow.set_labels(labels.clone()));
        Ok(())
    }

    /// The kernel takes a helper with a new entry only.
    fn set_helper(&self, flow: &mut Flow, kind: Kind) -> Result<(), Wrong> {
        let helper = self.helper_hex.as_ref().or(self.helper.as_ref());
        let Some(helper) = helper.filter(|_| kind != Kind::Update) else { return Ok(()) };
        if helper.is_empty() || helper.len() > HELPER_MAX || helper.contains(&0) {
            return Err("`helper': no name of a helper".into());
        }
        flow.set_helper_name(helper);
        Ok(())
    }

    fn set_state(&self, flow: &mut Flow, protocol: u8, kind: Kind) -> Result<(), Wrong> {
        let states = match protocol {
            IPPROTO_TCP => Some((Attr::TcpState, TCP_STATES)),
            IPPROTO_SCTP => Some((Attr::SctpState, SCTP_STATES)),
            IPPROTO_DCCP => Some((Attr::DccpState, DCCP_STATES)),
            _ => None,
        };
        match (&self.state, states) {
            (Some(state), Some((attr, names))) => {
                let state = named(names, state).map_err(|wrong| format!("`state': {wrong}"))?;
                flow.set_bytes(attr, &[state]);
                if attr == Attr::TcpState && kind != Kind::Update {
                    set_tcp_flags(flow, state);
                }
            }
            (Some(_), None) => return Err("`state': the protocol has no states".into()),
            (None, _) => {}
        }
        for (attr, tag) in [Attr::SctpVtagOrig, Attr::SctpVtagRepl].into_iter().zip(self.vtags) {
            tag.into_iter().for_each(|tag| flow.set_bytes(attr, &tag.to_ne_bytes()));
        }
        self.role.into_iter().for_each(|role| flow.set_bytes(Attr::DccpRole, &[role]));
        let seq = self.handshake_seq.into_iter();
        seq.for_each(|seq| flow.set_bytes(Attr::DccpHandshakeSeq, &seq.to_ne_bytes()));
        Ok(())
    }
}

/// The status bits that the kernel sets and clears by itself, and does not take from a request.
const KERNELS: u32 = IPS_CONFIRMED
    | IPS_SRC_NAT
    | IPS_DST_NAT
    | IPS_SEQ_ADJUST
    | IPS_SRC_NAT_DONE
    | IPS_DST_NAT_DONE
    | IPS_DYING
    | IPS_TEMPLATE
    | IPS_UNTRACKED
    | IPS_HELPER
    | IPS_OFFLOAD
    | IPS_HW_OFFLOAD;

/// What the line of an event asks for, so that a log of events leads to what it reports.
fn kind(event: &str) -> Result<Kind, Wrong> {
    match event {
        "new" => Ok(Kind::Add),
        "update" => Ok(Kind::Update),
        "destroy" => Ok(Kind::Delete),
        "lost" => Err("events were lost here: the log is not whole".into()),
        other => Err(format!("unknown name `{}'", shown(other))),
    }
}

fn status(reader: &mut Reader<'_>) -> Result<u32, Wrong> {
    let mut bits = 0;
    reader.array(|reader| {
        bits |= 1 << named(STATUS, &reader.string()?)?;
        Ok(())
    })?;
    Ok(bits)
}

fn labels(reader: &mut Reader<'_>) -> Result<Option<Bitmask>, Wrong> {
    let (mut labels, mut any) = (Bitmask::new(LABEL_MAX as u32).unwrap_or_default(), false);
    reader.array(|reader| {
        labels.set(u32::try_from(reader.integer(LABEL_MAX)?).unwrap_or_default());
        any = true;
        Ok(())
    })?;
    Ok(any.then_some(labels))
}

/// The bytes that hexadecimal digits stand for.
fn bytes(digits: &str) -> Result<Vec<u8>, Wrong> {
    let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let byte = |pair: &[u8]| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    };
    let bytes: Option<Vec<u8>> = digits.as_bytes().chunks(2).map(byte).collect();
    bytes.ok_or_else(|| "no bytes in hexadecimal".into())
}

/// An object of 32-bit numbers.
fn tags(reader: &mut Reader<'_>, names: &[&str], tags: &mut [Option<u32>]) -> Result<(), Wrong> {
    let mut seen = 0;
    reader.object(|reader, name| {
        let at = usize::from(named(names, name)?);
        once(&mut seen, at, name)?;
        let tag = number(reader, u32::MAX)?;
        tags.get_mut(at).into_iter().for_each(|place| *place = tag);
        Ok(())
    })
}

impl Tuple {
    fn read(reader: &mut Reader<'_>) -> Result<Tuple, Wrong> {
        let (mut tuple, mut seen) = (Tuple::default(), 0);
        reader.object(|reader, name| {
            let of_field = |wrong| format!("`{}': {wrong}", shown(name));
            if let Some(at) = ["src", "dst", "packets", "bytes"].iter().position(|known| *known == name) {
                once(&mut seen, FIELDS.len() + at, name)?;
                let address = match at {
                    0 => &mut tuple.src,
                    1 => &mut tuple.dst,
                    _ => return reader.skip(),
                };
                *address = reader.string()?.parse().ok();
                return if address.is_some() { Ok(()) } else { Err(of_field("no address".into())) };
            }
            let Some(at) = FIELDS.iter().position(|(known, _)| *known == name) else {
                return Err(format!("unknown key `{}'", shown(name)));
            };
            once(&mut seen, at, name)?;
            if let (Some(place), Some((_, most))) = (tuple.numbers.get_mut(at), FIELDS.get(at)) {
                *place = u16::try_from(reader.integer(*most).map_err(of_field)?).ok();
            }
            Ok(())
        })?;
        Ok(tuple)
    }

    /// The tuple of the answers to this one.
    fn inverse(&self) -> Tuple {
        let [sport, dport, src_key, dst_key, kind, code, id, _] = self.numbers;
        let numbers = [dport, sport, dst_key, src_key, kind, code, id, None];
        Tuple { src: self.dst, dst: self.src, numbers }
    }

    fn is_ipv4(&self) -> bool {
        self.src.is_some_and(|src| src.is_ipv4())
    }

    /// Makes this one direction of a flow.
    fn set(&self, flow: &mut Flow, dir: Dir, protocol: u8) -> Result<(), Wrong> {
        let (Some(src), Some(dst)) = (self.src, self.dst) else {
            return Err("both addresses are needed".into());
        };
        if src.is_ipv4() != dst.is_ipv4() {
            return Err("the addresses are of different families".into());
        }
        let kind = own_fields(protocol);
        let [fields @ .., zone] = self.numbers;
        let whole = (0..).zip(fields).all(|(at, field)| field.is_some() == kind.contains(&at));
        // The kernel knows no ports of a protocol that it does not track.
        let none = *kind != ICMP && fields == [None; 7];
        if !whole && !none {
            return Err("not the numbers of the protocol".into());
        }
        flow.set_tuple(dir, src, dst, L4::Other(protocol));
        self.set_fields(flow, dir);
        match (zone, dir) {
            (Some(zone), Dir::Orig) => flow.set_orig_zone(zone),
            (Some(zone), _) => flow.set_reply_zone(zone),
            (None, _) => {}
        }
        Ok(())
    }

    fn set_fields(&self, flow: &mut Flow, dir: Dir) {
        let [sport, dport, src_key, dst_key, kind, code, id, _] = self.numbers;
        // The type and the code are those of both directions.
        for (attr, value) in [(Attr::IcmpType, kind), (Attr::IcmpCode, code)] {
            let value = value.filter(|_| dir == Dir::Orig).and_then(|value| u8::try_from(value).ok());
            value.into_iter().for_each(|value| flow.set_bytes(attr, &[value]));
        }
        let [src, dst] = match dir {
            Dir::Orig if id.is_some() => [Attr::IcmpId, Attr::OrigPortDst],
            Dir::Orig => [Attr::OrigPortSrc, Attr::OrigPortDst],
            _ => [Attr::ReplPortSrc, Attr::ReplPortDst],
        };
        for (attr, value) in [(src, sport.or(src_key).or(id)), (dst, dport.or(dst_key))] {
            value.into_iter().for_each(|value| flow.set_bytes(attr, &value.to_be_bytes()));
        }
    }
}

/// Places in [`FIELDS`].
const PORTS: std::ops::Range<usize> = 0..2;
const GRE_KEYS: std::ops::Range<usize> = 2..4;
const ICMP: std::ops::Range<usize> = 4..7;

/// The numbers that the tuples of a protocol have.
fn own_fields(protocol: u8) -> &'static std::ops::Range<usize> {
    match protocol {
        IPPROTO_TCP | IPPROTO_UDP | IPPROTO_UDPLITE | IPPROTO_SCTP | IPPROTO_DCCP => &PORTS,
        IPPROTO_GRE => &GRE_KEYS,
        IPPROTO_ICMP | IPPROTO_ICMPV6 => &ICMP,
        _ => &(0..0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use netfilter_conntrack::EventKind;
    use netfilter_conntrack::format::{Style, Syntax, append_flow};

    const UDP: &str = r#"{"protocol_number":17,"timeout_secs":30,"orig":{"src":"1.1.1.1","dst":"2.2.2.2","sport":1,"dport":2}}"#;

    fn wrong(line: &str) -> Wrong {
        entry(line.as_bytes()).map(|(kind, flow)| format!("{line}: {kind:?} {flow:?}")).unwrap_err()
    }

    /// The line with one text in place of another, which it must have.
    fn with(from: &str, to: &str) -> String {
        assert!(UDP.contains(from), "{from}");
        UDP.replacen(from, to, 1)
    }

    #[test]
    fn the_least_that_makes_an_entry() {
        let (kind, flow) = entry(UDP.as_bytes()).unwrap();
        assert_eq!(kind, Kind::Add);
        let expected = "Flow { family: ipv4, protocol: udp, protocol_number: 17, timeout_secs: 30, \
                        orig: {src: 1.1.1.1, dst: 2.2.2.2, sport: 1, dport: 2}, \
                        reply: {src: 2.2.2.2, dst: 1.1.1.1, sport: 2, dport: 1} }";
        assert_eq!(format!("{flow:?}"), expected);
        let by_name = with("\"protocol_number\":17", "\"protocol\":\"udp\"");
        assert_eq!(format!("{:?}", entry(by_name.as_bytes()).unwrap().1), expected);
    }

    /// What is put in the place of a text in the line, and why the line is refused then.
    const REFUSED: &[(&str, &str, &str)] = &[
        ("17,", "17,\"timeout\":5,", "unknown key `timeout'"),
        ("17,", "17,\"timeout_secs\":5,", "`timeout_secs' stands twice"),
        ("17", "-17", "`protocol_number': -17 is no whole number from 0 to 255"),
        ("17", "17.0", "`protocol_number': 17.0 is no whole number from 0 to 255"),
        ("17", "256", "`protocol_number': 256 is no whole number from 0 to 255"),
        ("17", "\"17\"", "`protocol_number': expected a number at byte 20, found `\\\"'"),
        ("17", "null", "`protocol_number': expected a number at byte 20, found `n'"),
        (
            "\"protocol_number\":17",
            "\"protocol\":\"esp\"",
            "`protocol': no known name, and `protocol_number' is missing",
        ),
        ("17", "17,\"protocol\":\"tcp\"", "`protocol' and `protocol_number' differ"),
        ("\"protocol_number\":17,", "", "`protocol_number' is missing"),
        ("\"timeout_secs\":30,", "", "`timeout_secs' is missing"),
        ("30", "4294967296", "`timeout_secs': 4294967296 is no whole number from 0 to 4294967295"),
        ("30", "30,\"family\":\"ipv6\"", "`family' is not that of the addresses"),
        ("1.1.1.1", "1.1.1", "`orig': `src': no address"),
        ("1.1.1.1", "::1", "`orig': the addresses are of different families"),
        ("\"src\":\"1.1.1.1\",", "", "`orig': both addresses are needed"),
        (",\"sport\":1", "", "`orig': not the numbers of the protocol"),
        ("\"sport\":1", "\"src_key\":1", "`orig': not the numbers of the protocol"),
        ("17", "50", "`orig': not the numbers of the protocol"),
        ("\"sport\":1", "\"sport\":65536", "`orig': `sport': 65536 is no whole number from 0 to 65535"),
        ("\"sport\":1", "\"sport\":1,\"sport\":1", "`orig': `sport' stands twice"),
        ("\"sport\":1", "\"port\":1", "`orig': unknown key `port'"),
        ("17,", "17,\"status\":[\"ASSURED\"],", "`status': unknown name `ASSURED'"),
        ("17,", "17,\"status\":\"assured\",", "`status': expected an array at byte 32, found `\\\"'"),
        ("17,", "17,\"state\":\"OPEN\",", "`state': the protocol has no states"),
        ("17,", "17,\"labels\":[128],", "`labels': 128 is no whole number from 0 to 127"),
        ("17,", "17,\"helper\":\"sixteen-bytes-xx\",", "`helper': no name of a helper"),
        ("17,", "17,\"helper\":\"a\\u0000\",", "`helper': no name of a helper"),
        ("17,", "17,\"helper_hex\":\"6\",", "`helper_hex': no bytes in hexadecimal"),
        ("17,", "17,\"event\":\"lost\",", "`event': events were lost here: the log is not whole"),
        ("17,", "17,\"event\":\"gone\",", "`event': unknown name `gone'"),
        ("17,", "17,\"expected\":{},", "`expected': an expectation cannot be loaded"),
        ("17,", "17,\"id\":[1,,2],", "`id': expected a value at byte 31, found `,'"),
        (
            "17,",
            "17,\"reply\":{\"src\":\"::1\",\"dst\":\"::2\"},",
            "`reply': the addresses are of another family",
        ),
        ("17,", "17,\"\u{1b}[2J\":1,", "unknown key `\\u{1b}[2J'"),
    ];

    #[test]
    fn a_line_that_is_no_entry_is_refused_in_words() {
        for (from, to, expected) in REFUSED {
            let line = with(from, &to.replace('\u{1b}', "\\u001b"));
            assert_eq!(wrong(&line), *expected, "{line}");
        }
        assert_eq!(wrong(&format!("{UDP}{UDP}")), "expected the end of the line at byte 102, found `{'");
        assert_eq!(wrong(&UDP[..20]), "expected a comma or `}' at byte 21, the line ends");
        for end in 0..UDP.len() {
            wrong(&UDP[..end]);
        }
        assert_eq!(entry(b"{\"a\xff\":1}").unwrap_err(), "not UTF-8 at byte 4");
    }

    /// The line that is written for a flow.
    fn written(flow: &Flow, event: Option<EventKind>) -> Vec<u8> {
        let mut style = Style::default().with_syntax(Syntax::Json);
        if let Some(kind) = event {
            style = style.with_event(kind);
        }
        let mut line = Vec::new();
        append_flow(&mut line, flow, &style).unwrap();
        line
    }

    fn sctp() -> Flow {
        let mut flow = Flow::new();
        let address = |text: &str| text.parse().unwrap();
        flow.set_tuple(Dir::Orig, address("fd00::1"), address("fd00::2"), L4::Sctp { sport: 1, dport: 2 });
        flow.set_tuple(Dir::Reply, address("fd00::2"), address("fd00::9"), L4::Sctp { sport: 2, dport: 7 });
        flow.set_timeout_secs(99);
        flow.set_status(IPS_SEEN_REPLY | IPS_SRC_NAT | IPS_SRC_NAT_DONE | 1 << 20 | 1 << 31);
        flow.set_sctp_state(3);
        for (attr, tag) in [(Attr::SctpVtagOrig, 0x0102_0304u32), (Attr::SctpVtagRepl, u32::MAX)] {
            flow.set_bytes(attr, &tag.to_ne_bytes());
        }
        flow.set_mark(u32::MAX);
        flow.set_orig_zone(5);
        flow.set_reply_zone(6);
        flow.set_helper_name(b"f\xfft\"p");
        flow
    }

    #[test]
    fn what_is_written_is_read_again() {
        let (kind, read) = entry(&written(&sctp(), None)).unwrap();
        assert_eq!(kind, Kind::Add);
        assert_eq!(read.tuple(Dir::Orig), sctp().tuple(Dir::Orig));
        let reply = read.tuple(Dir::Reply);
        assert_eq!(reply.dst(), Some("fd00::1".parse().unwrap()), "the kernel translates it");
        assert_eq!((reply.src(), reply.l4_src(), reply.l4_dst()), (Some("fd00::2".parse().unwrap()), 2, 7));
        assert!(read.is_set(Attr::SnatIpv6) && !read.is_set(Attr::SnatPort) && !read.is_set(Attr::DnatIpv6));
        assert_eq!(read.status(), Some(IPS_SEEN_REPLY | 1 << 20 | 1 << 31), "bits without a name survive");
        let all = |flow: &Flow| {
            let tags = (flow.u32(Attr::SctpVtagOrig), flow.u32(Attr::SctpVtagRepl));
            let zones = (flow.orig_zone(), flow.reply_zone());
            let helper = flow.helper_name().map(<[u8]>::to_vec);
            (flow.timeout_secs(), flow.mark(), flow.sctp_state(), tags, zones, helper)
        };
        assert_eq!(all(&read), all(&sctp()));
    }

    #[test]
    fn a_log_of_events_makes_changes_and_deletes() {
        let read = |event| entry(&written(&sctp(), Some(event))).unwrap();
        assert_eq!(read(EventKind::New).0, Kind::Add);
        let (kind, update) = read(EventKind::Update);
        assert_eq!(kind, Kind::Update);
        assert_eq!(update.tuple(Dir::Reply), sctp().tuple(Dir::Reply));
        assert!(
            !update.is_set(Attr::SnatIpv6)
                && !update.is_set(Attr::HelperName)
                && update.mark() == Some(u32::MAX)
        );
        let (kind, deleted) = read(EventKind::Destroy);
        assert_eq!((kind, deleted.status(), deleted.timeout_secs()), (Kind::Delete, None, None));
        assert_eq!(deleted.tuple(Dir::Orig), sctp().tuple(Dir::Orig));
    }

    #[test]
    fn a_translated_port_is_asked_for_where_the_kernel_takes_it() {
        let mut flow = Flow::new();
        let address = |text: &str| text.parse().unwrap();
        flow.set_tuple(Dir::Orig, address("1.1.1.1"), address("2.2.2.2"), L4::Udp { sport: 1, dport: 2 });
        flow.set_tuple(Dir::Reply, address("2.2.2.2"), address("1.1.1.1"), L4::Udp { sport: 2, dport: 99 });
        flow.set_timeout_secs(9);
        flow.set_status(IPS_SRC_NAT_DONE | IPS_SRC_NAT);
        let (_, read) = entry(&written(&flow, None)).unwrap();
        assert_eq!(read.tuple(Dir::Reply).protocol(), L4::Udp { sport: 2, dport: 1 });
        assert!(read.is_set(Attr::SnatPort) && !read.is_set(Attr::SnatIpv4));
        flow.set_status(0);
        let (_, read) = entry(&written(&flow, None)).unwrap();
        assert_eq!(
            read.tuple(Dir::Reply).protocol(),
            L4::Udp { sport: 2, dport: 99 },
            "not translated, but other"
        );
    }
}
