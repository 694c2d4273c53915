// SPDX-License-Identifier: GPL-2.0-or-later
//! Random command lines: what is meant, and one of the many ways to write it.

use super::entry::*;
use super::meaning::{Given, Meaning, Nat, Part, Verb, What, ZoneOf, meaning, prefix};
use super::spelling::{self, Name};
use std::net::IpAddr;
use testing::dice::Dice;

/// A piece of a command line, and the words it is written in.
#[derive(Debug, Clone)]
pub struct Piece {
    pub what: What,
    pub words: Vec<String>,
    /// Letters without a value that the next piece may follow in the same word.
    pub glued: bool,
}

impl Piece {
    fn new(what: What, words: Vec<String>) -> Piece {
        Piece { what, words, glued: false }
    }

    fn is_short(&self) -> bool {
        self.words.first().is_some_and(|word| word.starts_with('-') && !word.starts_with("--"))
    }

    /// Whether the next word would be taken for a value of this one: a table's name, an address.
    fn may_take_a_word(&self) -> bool {
        let optional = matches!(self.what, What::Verb | What::Given(Given::Nat(_, None)));
        optional && self.words.len() == 1 && !self.words[0].contains('=')
    }
}

/// A command line.
#[derive(Debug, Clone)]
pub struct Line {
    pub verb: Verb,
    /// Whether `POSIXLY_CORRECT` is set.
    pub posix: bool,
    pub pieces: Vec<Piece>,
}

impl Line {
    /// The words after the program's name.
    pub fn words(&self) -> Vec<String> {
        let mut words: Vec<String> = Vec::new();
        let mut glue: Option<&Piece> = None;
        for piece in &self.pieces {
            let mut own = piece.words.clone();
            match (glue, words.last_mut()) {
                (Some(_), Some(word)) if piece.is_short() => word.push_str(&own.remove(0)[1..]),
                _ => {}
            }
            words.extend(own);
            glue = piece.glued.then_some(piece);
        }
        words
    }

    pub fn meaning(&self) -> Meaning {
        let pieces: Vec<&What> = self.pieces.iter().map(|piece| &piece.what).collect();
        meaning(self.verb, self.posix, &pieces)
    }

    /// Whether its words can be read in the way that was meant only.
    fn is_clear(&self) -> bool {
        let place = |of: What| self.pieces.iter().position(|piece| piece.what == of);
        let Some(verb) = place(What::Verb) else { return false };
        let stray = place(What::Stray).filter(|_| self.posix);
        let is_read = [place(What::End), stray].into_iter().flatten().all(|end| verb < end);
        let takes = self.pieces.windows(2).any(|pair| {
            let [first, second] = pair else { return false };
            let is_glued = first.glued && second.is_short();
            !is_glued && first.may_take_a_word() && second.what == What::Stray
        });
        is_read && !takes && self.states_are_clear()
    }

    /// Whether every state is one of the protocol that counts then: others have states of the same names.
    fn states_are_clear(&self) -> bool {
        let (mut last, mut state) = (None, None);
        for piece in &self.pieces {
            let is_clear = match piece.what {
                What::Given(Given::Protocol(protocol)) => {
                    last = Some(protocol);
                    state.is_none() || state == last || spelling::states(protocol).is_empty()
                }
                What::Given(Given::State(of, _)) => {
                    state = Some(of);
                    state == last
                }
                _ => true,
            };
            if !is_clear {
                return false;
            }
        }
        true
    }

    /// The same line with as few pieces as still make `fails` true.
    pub fn shortest(mut self, mut fails: impl FnMut(&Line) -> bool) -> Line {
        let mut at = 0;
        while at < self.pieces.len() {
            let mut shorter = self.clone();
            shorter.pieces.remove(at);
            if shorter.is_clear() && fails(&shorter) {
                (self, at) = (shorter, 0);
            } else {
                at += 1;
            }
        }
        self
    }
}

/// A line about a table: most of its conditions are those that one of the entries meets.
pub fn random_line(home: Home, table: &[Entry], dice: &mut Dice) -> Line {
    loop {
        let line = draft(home, table, dice);
        if line.is_clear() {
            return line;
        }
    }
}

fn draft(home: Home, table: &[Entry], dice: &mut Dice) -> Line {
    let verb = match dice.roll(100) {
        0..60 => Verb::Delete,
        60..79 => Verb::List,
        79..97 => Verb::Update,
        _ => Verb::Flush,
    };
    let entry = &table[usize::try_from(dice.roll(table.len() as u64)).unwrap()];
    let mut draft = Draft { home, verb, entry, other: dice.chance(6), pieces: Vec::new(), protocol: None };
    if verb != Verb::Flush && dice.chance(8) {
        draft.whole_tuple(dice);
    }
    let options = dice.pick(&[0, 1, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 3, 4, 5, 8]);
    for _ in 0..options {
        match verb {
            Verb::Flush if dice.chance(80) => draft.family(dice), // it knows nothing else
            _ => draft.condition(dice),
        }
    }
    draft.not_selecting(dice);
    draft.place_verb(dice);
    draft.spoil(dice);
    Line { verb, posix: dice.chance(5), pieces: draft.pieces }
}

/// A line that is being written.
struct Draft<'t> {
    home: Home,
    verb: Verb,
    /// The entry that the conditions are taken from.
    entry: &'t Entry,
    /// Whether values of the other family are given where an address is asked for.
    other: bool,
    pieces: Vec<Piece>,
    /// What `-p` said last.
    protocol: Option<u8>,
}

impl Draft<'_> {
    fn names(&self) -> Vec<Name> {
        let given = |what: &What| match what {
            What::Given(Given::Protocol(protocol)) => Some(*protocol),
            _ => None,
        };
        spelling::known(self.pieces.iter().filter_map(|piece| given(&piece.what)))
    }

    /// Adds an option by its long name, with its value.
    fn add(&mut self, name: &str, given: Given, value: Option<String>, dice: &mut Dice) {
        let words = spelling::option(name, value.as_deref(), &self.names(), dice);
        let bare = value.is_none() && matches!(given, Given::Zero);
        let mut piece = Piece::new(What::Given(given), words);
        piece.glued = bare && piece.is_short() && dice.chance(50);
        self.pieces.push(piece);
    }

    /// Now and then an option is given twice, or three times; the last one counts.
    fn condition(&mut self, dice: &mut Dice) {
        let kind = dice.roll(19);
        let times = if dice.chance(15) { 2 + dice.roll(2) } else { 1 };
        for _ in 0..times {
            self.one(kind, dice);
        }
    }

    fn one(&mut self, kind: u64, dice: &mut Dice) {
        match kind {
            0 | 1 => self.address(Side::Orig, End::Src, dice),
            2 => self.address(Side::Orig, End::Dst, dice),
            3 => self.address(Side::Reply, End::Src, dice),
            4 => self.address(Side::Reply, End::Dst, dice),
            5 => self.mask(dice),
            6 => self.family(dice),
            7 => self.status(dice),
            8 => self.mark(dice),
            9 => self.nat(dice),
            10 | 11 => self.zone(dice),
            12 => self.labels(dice),
            13 if self.verb == Verb::List => self.secmark(dice),
            13 => self.id(dice),
            14 | 15 => self.protocol(dice),
            _ => self.part(dice),
        }
    }

    /// All that makes a tuple, and a zone: for the most part one entry is meant, and the tool may look it up.
    fn whole_tuple(&mut self, dice: &mut Dice) {
        let side = dice.pick(&[Side::Orig, Side::Reply]);
        for end in [End::Src, End::Dst] {
            let address = self.entry.tuple(side).address[end as usize];
            let length = (side == Side::Orig && dice.chance(15)).then(|| dice.pick(&[0, 8, 31, 32]));
            self.add_address(side, end, address, length, dice);
        }
        let protocol = self.entry.protocol;
        self.add_protocol(protocol, dice);
        let parts = spelling::parts(protocol);
        for (at, (name, part)) in parts.iter().enumerate() {
            let is_named = parts[..at].iter().any(|(_, of)| of == part);
            match self.value(*part) {
                Some(value) if !is_named && dice.chance(98) => self.add_part(name, *part, value, dice),
                _ => {}
            }
        }
        for _ in 0..dice.roll(3) {
            self.zone(dice);
        }
    }

    fn address(&mut self, side: Side, end: End, dice: &mut Dice) {
        if dice.chance(12) {
            return self.addresses(side, end, dice);
        }
        let mut address = self.entry.tuple(side).address[end as usize];
        if dice.chance(15) {
            address = random_address(self.ipv6(), dice);
        }
        let full = if address.is_ipv6() { 128 } else { 32 };
        let length = (side == Side::Orig && dice.chance(35)).then(|| match dice.roll(4) {
            0 => dice.pick(&[0, full, full - 1, 1]),
            _ => u8::try_from(dice.roll(u64::from(full) + 1)).unwrap(),
        });
        self.add_address(side, end, address, length, dice);
    }

    /// Several addresses for one end; now and then one of them is the entry's.
    fn addresses(&mut self, side: Side, end: End, dice: &mut Dice) {
        let own = self.entry.tuple(side).address[end as usize];
        let mut list = Vec::new();
        for _ in 0..2 + dice.roll(3) {
            let address = if dice.chance(30) { own } else { random_address(self.ipv6(), dice) };
            let full = if address.is_ipv6() { 128u64 } else { 32 };
            let length = (side == Side::Orig && dice.chance(40)).then(|| match dice.roll(4) {
                0 => dice.pick(&[0, 1, 1, 2]),
                _ => u8::try_from(dice.roll(full + 1)).unwrap(),
            });
            list.push((address, length));
        }
        let text = |&(address, length): &(IpAddr, Option<u8>)| {
            let text = spelling::address(address, dice);
            length.map_or(text.clone(), |length| format!("{text}/{length}"))
        };
        let text: Vec<String> = list.iter().map(text).collect();
        let name = match (side, end) {
            (Side::Orig, End::Src) => "src",
            (Side::Orig, End::Dst) => "dst",
            (Side::Reply, End::Src) => "reply-src",
            (Side::Reply, End::Dst) => "reply-dst",
        };
        self.add(name, Given::Addresses(side, end, list), Some(text.join(",")), dice);
    }

    /// Several ports; most of the time the entry's is among them.
    fn add_ports(&mut self, name: &str, part: Part, value: u16, dice: &mut Dice) {
        let mut ranges = Vec::new();
        for _ in 0..1 + dice.roll(3) {
            let from = dice.pick(&PORTS).saturating_sub(u16::try_from(dice.roll(3)).unwrap());
            ranges.push((from, from.saturating_add(u16::try_from(dice.roll(2000)).unwrap())));
        }
        let room = u16::try_from(dice.roll(20)).unwrap();
        ranges.push((value.saturating_sub(room), value));
        if dice.chance(50) {
            ranges.push((value, value));
            ranges.rotate_right(1);
        }
        let text = |&(first, last): &(u16, u16)| match first == last && dice.chance(70) {
            true => spelling::decimal(first, dice),
            false => format!("{}-{}", spelling::decimal(first, dice), spelling::decimal(last, dice)),
        };
        let text: Vec<String> = ranges.iter().map(text).collect();
        self.add(name, Given::Ports(part, ranges), Some(text.join(",")), dice);
    }

    fn add_address(&mut self, side: Side, end: End, address: IpAddr, length: Option<u8>, dice: &mut Dice) {
        let name = match (side, end) {
            (Side::Orig, End::Src) => dice.pick(&["src", "orig-src"]),
            (Side::Orig, End::Dst) => dice.pick(&["dst", "orig-dst"]),
            (Side::Reply, End::Src) => "reply-src",
            (Side::Reply, End::Dst) => "reply-dst",
        };
        let text = spelling::address(address, dice);
        let text = length.map_or(text.clone(), |length| format!("{text}/{length}"));
        self.add(name, Given::Address(side, end, address, length), Some(text), dice);
    }

    /// The family of the values; another one than that of the entry makes contradictions and mixtures.
    fn ipv6(&self) -> bool {
        self.entry.is_ipv6() != self.other
    }

    fn mask(&mut self, dice: &mut Dice) {
        let end = dice.pick(&[End::Src, End::Dst]);
        let of = random_address(self.entry.is_ipv6(), dice);
        let length = u8::try_from(dice.roll(if of.is_ipv6() { 129 } else { 33 })).unwrap();
        let mask = match dice.roll(3) {
            0 => random_mask(of.is_ipv6(), dice),
            _ => prefix(of, length),
        };
        let name = if end == End::Src { "mask-src" } else { "mask-dst" };
        let is_given = self
            .pieces
            .iter()
            .any(|piece| matches!(piece.what, What::Given(Given::Address(Side::Orig, of, ..)) if of == end));
        let text = spelling::address(mask, dice);
        if is_given || dice.chance(5) {
            self.add(name, Given::Mask(end, mask), Some(text), dice);
        } else if dice.chance(50) {
            self.add(name, Given::Mask(end, mask), Some(text), dice);
            self.address(Side::Orig, end, dice);
        } else {
            self.address(Side::Orig, end, dice);
            self.add(name, Given::Mask(end, mask), Some(text), dice);
        }
    }

    fn family(&mut self, dice: &mut Dice) {
        let ipv6 = self.ipv6();
        let text = if ipv6 { "ipv6" } else { "ipv4" };
        self.add("family", Given::Family(ipv6), Some(text.into()), dice);
    }

    fn status(&mut self, dice: &mut Dice) {
        let (mut set, mut clear) = (0, 0);
        let mut items = Vec::new();
        for _ in 0..=dice.roll(3) {
            let (name, bit) = dice.pick(&spelling::STATUS);
            let is_met = dice.chance(85);
            let negated = (self.entry.status & bit != 0) != is_met && bit != 0 && self.verb != Verb::Update;
            *(if negated { &mut clear } else { &mut set }) |= bit;
            items.push(match negated {
                true if bit == SEEN_REPLY && dice.chance(50) => "UNREPLIED".into(),
                true => format!("!{}", spelling::status(name, dice)),
                false => spelling::status(name, dice),
            });
        }
        self.add("status", Given::Status(set, clear), Some(items.join(",")), dice);
    }

    fn mark(&mut self, dice: &mut Dice) {
        let mask =
            dice.chance(60).then(|| dice.pick(&[0xff, 1, 0xf, 4, 0x8000_0000, 0xffff_ffff, 0xff00_0000, 0]));
        let mut mark = if dice.chance(20) { dice.pick(&MARKS) } else { self.entry.mark.unwrap_or(0) };
        if dice.chance(90) {
            mark &= mask.unwrap_or(u32::MAX); // bits outside of the mask are never met
        }
        let text = spelling::number(mark, dice);
        let text = mask.map_or(text.clone(), |mask| format!("{text}/{}", spelling::number(mask, dice)));
        self.add("mark", Given::Mark(mark, mask), Some(text), dice);
    }

    fn nat(&mut self, dice: &mut Dice) {
        let any = self.verb == Verb::List && dice.chance(40);
        let (kind, name) = match dice.roll(2) {
            _ if any => (Nat::Any, "any-nat"),
            0 => (Nat::Source, "src-nat"),
            _ => (Nat::Destination, "dst-nat"),
        };
        // The reply's source for the destination, and the other way round.
        let end = if kind == Nat::Destination { 0 } else { 1 };
        let reply = self.entry.tuple(Side::Reply);
        let mut address = reply.address[end];
        if dice.chance(15) {
            address = random_translation(self.ipv6(), dice);
        }
        let port = match reply.layer4 {
            Layer4::Ports(ports) if dice.chance(80) => ports[end],
            Layer4::Icmp { id, .. } if dice.chance(80) => id,
            _ => dice.pick(&PORTS),
        };
        let to = dice.chance(60).then(|| (address, dice.chance(40).then_some(port)));
        let text = to.map(|(address, port)| match (address, port) {
            (IpAddr::V6(_), Some(port)) => format!("[{}]:{port}", spelling::address(address, dice)),
            (_, Some(port)) => format!("{}:{port}", spelling::address(address, dice)),
            (_, None) => spelling::address(address, dice),
        });
        self.add(name, Given::Nat(kind, to), text, dice);
    }

    fn zone(&mut self, dice: &mut Dice) {
        if self.verb == Verb::Update {
            return self.id(dice);
        }
        let (of, name, side) = dice.pick(&[
            (ZoneOf::Both, "zone", Side::Orig),
            (ZoneOf::One(Side::Orig), "orig-zone", Side::Orig),
            (ZoneOf::One(Side::Reply), "reply-zone", Side::Reply),
        ]);
        let zone = if dice.chance(25) { dice.pick(&ZONES) } else { self.entry.tuple(side).zone };
        let text = spelling::number(u32::from(zone), dice);
        self.add(name, Given::Zone(of, zone), Some(text), dice);
    }

    fn labels(&mut self, dice: &mut Dice) {
        let own: Vec<_> = LABELS.into_iter().filter(|(bit, _)| self.entry.labels.contains(bit)).collect();
        let mut chosen = Vec::new();
        for _ in 0..=dice.roll(2) {
            chosen.push(match own.is_empty() || dice.chance(15) {
                true if dice.chance(20) => (130, "big"),
                true => widened(dice.pick(&LABELS)),
                false => widened(dice.pick(&own)),
            });
        }
        let text: Vec<&str> = chosen.iter().map(|(_, name)| *name).collect();
        let bits = chosen.iter().map(|(bit, _)| *bit).collect();
        self.add("label", Given::Labels(bits), Some(text.join(",")), dice);
    }

    fn secmark(&mut self, dice: &mut Dice) {
        let secmark = self.entry.secmark.unwrap_or(dice.pick(&SECMARKS));
        let text = spelling::number(secmark, dice);
        self.add("secmark", Given::Secmark(secmark), Some(text), dice);
    }

    fn id(&mut self, dice: &mut Dice) {
        if self.verb == Verb::List {
            return self.secmark(dice);
        }
        let id = if dice.chance(20) { self.entry.id.swap_bytes() } else { self.entry.id };
        let text = spelling::number(id, dice);
        self.add("id", Given::Id(id), Some(text), dice);
    }

    fn protocol(&mut self, dice: &mut Dice) {
        let any = [TCP, UDP, ICMP, GRE, SCTP, ICMPV6, UDPLITE, DCCP, 50];
        let protocol = if dice.chance(10) { dice.pick(&any) } else { self.entry.protocol };
        self.add_protocol(protocol, dice);
    }

    fn add_protocol(&mut self, protocol: u8, dice: &mut Dice) {
        let text = spelling::protocol(protocol, dice);
        self.protocol = Some(protocol);
        self.add("protonum", Given::Protocol(protocol), Some(text), dice);
    }

    /// An option of the protocol; its protocol first, where none was named.
    fn part(&mut self, dice: &mut Dice) {
        let protocol = match self.protocol {
            Some(protocol) => protocol,
            None => {
                self.protocol(dice);
                self.protocol.unwrap_or_default()
            }
        };
        let parts = spelling::parts(protocol);
        if parts.is_empty() {
            return;
        }
        let states = spelling::states(protocol);
        if !states.is_empty() && dice.chance(30) {
            let own = self.entry.state.filter(|code| usize::from(*code) < states.len() && dice.chance(80));
            let code = own.unwrap_or_else(|| u8::try_from(dice.roll(9)).unwrap());
            let name = spelling::state(protocol, code, dice);
            return self.add("state", Given::State(protocol, code), Some(name.into()), dice);
        }
        let (name, part) = dice.pick(&parts);
        let value = match self.value(part) {
            Some(value) if dice.chance(85) => value,
            _ => dice.pick(&PORTS),
        };
        let limit = if spelling::is_byte(part) { 255 } else { 65535 };
        match part {
            Part::Port(..) if dice.chance(15) => self.add_ports(name, part, value, dice),
            _ => self.add_part(name, part, value.min(limit), dice),
        }
    }

    fn add_part(&mut self, name: &str, part: Part, value: u16, dice: &mut Dice) {
        let text = match part {
            Part::Key(..) => spelling::number(u32::from(value), dice),
            _ => spelling::decimal(value, dice),
        };
        self.add(name, Given::Part(part, value), Some(text), dice);
    }

    /// What the entry has there.
    fn value(&self, part: Part) -> Option<u16> {
        let layer4 = |side| self.entry.tuple(side).layer4;
        match (part, layer4(Side::Orig), layer4(Side::Reply)) {
            (Part::Port(Side::Orig, end), Layer4::Ports(ports), _) => Some(ports[end as usize]),
            (Part::Port(Side::Reply, end), _, Layer4::Ports(ports)) => Some(ports[end as usize]),
            (Part::Key(Side::Orig, end), Layer4::Keys(keys), _) => Some(keys[end as usize]),
            (Part::Key(Side::Reply, end), _, Layer4::Keys(keys)) => Some(keys[end as usize]),
            (Part::IcmpType | Part::Icmpv6Type, Layer4::Icmp { kind, .. }, _) => Some(u16::from(kind)),
            (Part::IcmpCode | Part::Icmpv6Code, Layer4::Icmp { code, .. }, _) => Some(u16::from(code)),
            (Part::IcmpId | Part::Icmpv6Id, Layer4::Icmp { id, .. }, _) => Some(id),
            _ => None,
        }
    }

    /// Options that select nothing, and new values.
    fn not_selecting(&mut self, dice: &mut Dice) {
        if matches!(self.verb, Verb::Delete | Verb::Update) && dice.chance(6) {
            self.add("timeout", Given::Timeout, Some("100".into()), dice);
        }
        // Whether counters may be zeroed is decided where the list begins.
        if self.home == Home::Kernel && self.verb == Verb::List && dice.chance(5) {
            self.add("zero", Given::Zero, None, dice);
        }
        if self.verb != Verb::Flush && dice.chance(4) {
            let value = dice.pick(&["id", "xml", "extended,i", "save"]);
            self.add("output", Given::Output, Some(value.into()), dice);
        }
        if dice.chance(3) {
            self.add("nat-range", Given::NatRange, Some("10.0.0.1".into()), dice);
        }
    }

    /// The command stands first, last, or anywhere.
    fn place_verb(&mut self, dice: &mut Dice) {
        let at = match dice.roll(4) {
            0 => usize::try_from(dice.roll(self.pieces.len() as u64 + 1)).unwrap(),
            1 => self.pieces.len(),
            _ => 0,
        };
        let (words, bare) = spelling::verb(self.verb, dice);
        let mut piece = Piece::new(What::Verb, words);
        piece.glued = bare && dice.chance(40);
        self.pieces.insert(at, piece);
    }

    /// One line in fifteen is wrong: a fault is put anywhere, or a word that belongs to nothing.
    fn spoil(&mut self, dice: &mut Dice) {
        if !dice.chance(7) {
            return;
        }
        let at = usize::try_from(dice.roll(self.pieces.len() as u64 + 1)).unwrap();
        let word = |word: &str| Piece::new(What::Stray, vec![word.into()]);
        let stray = word(dice.pick(&["10.0.0.1", "conntrack", "tcp", "x", "0", ""]));
        match dice.roll(4) {
            0 => self.pieces.insert(at, stray),
            1 => {
                self.pieces.push(Piece::new(What::End, vec!["--".into()]));
                let behind = [stray, word("-s"), word("-p"), word("--")];
                let count = usize::try_from(dice.roll(4)).unwrap();
                self.pieces.extend(behind.into_iter().take(count));
            }
            _ => {
                let (words, status) = spelling::fault(self.verb, dice);
                self.pieces.insert(at, Piece::new(What::Fault(status), words));
            }
        }
    }
}

fn widened((bit, name): (u8, &'static str)) -> (u16, &'static str) {
    (u16::from(bit), name)
}

fn random_mask(ipv6: bool, dice: &mut Dice) -> IpAddr {
    let mut byte = || dice.pick(&[0u8, 255, 255, 0x0f, 1]);
    if ipv6 {
        IpAddr::from(std::array::from_fn::<u8, 16, _>(|_| byte()))
    } else {
        IpAddr::from(std::array::from_fn::<u8, 4, _>(|_| byte()))
    }
}
