// SPDX-License-Identifier: GPL-2.0-or-later
//! By what the entries of a table are grouped ([`By`]), and one such group ([`Key`]).

#![forbid(unsafe_code)]

use super::facts::Row;
use super::words;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// What entries are grouped by. The names of the command line and of the JSON are those of [`By::name`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum By {
    /// The source address of the original direction.
    Source,
    /// The network of the source address, by a prefix length for each family.
    SourcePrefix {
        /// Bits of an IPv4 address, at most 32.
        ipv4: u8,
        /// Bits of an IPv6 address, at most 128.
        ipv6: u8,
    },
    /// The destination address of the original direction.
    Destination,
    /// Its network.
    DestinationPrefix {
        /// Bits of an IPv4 address, at most 32.
        ipv4: u8,
        /// Bits of an IPv6 address, at most 128.
        ipv6: u8,
    },
    /// Layer 4 protocol and destination port.
    Service,
    /// Destination address, protocol and port.
    Server,
    /// Layer 4 protocol.
    Protocol,
    /// Protocol and state.
    State,
    /// Answered or not, assured or not.
    Status,
    /// Zone of the entry (both directions, or the original one).
    Zone,
    /// The bits of the mark that this mask selects.
    Mark {
        /// The mask; `u32::MAX` selects the whole mark.
        mask: u32,
    },
    /// Each label bit that is set. An entry is counted for each of its labels.
    Label,
    /// The helper's name.
    Helper,
    /// The address to which source NAT translates.
    NatSource,
    /// That address with the server that it is used towards: what shares one pool of ports.
    NatPool,
}

/// One group of entries.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Key {
    /// See [`By::Source`].
    Source(IpAddr),
    /// The network's address and its length in bits.
    SourcePrefix(IpAddr, u8),
    /// See [`By::Destination`].
    Destination(IpAddr),
    /// The network's address and its length in bits.
    DestinationPrefix(IpAddr, u8),
    /// The port is absent for protocols without ports; for ICMP and ICMPv6 `port` is the type.
    Service {
        /// IANA protocol number.
        protocol: u8,
        /// Destination port, in host byte order.
        port: Option<u16>,
    },
    /// See [`By::Server`].
    Server {
        /// Destination address.
        destination: IpAddr,
        /// IANA protocol number.
        protocol: u8,
        /// Destination port, in host byte order.
        port: Option<u16>,
    },
    /// IANA protocol number.
    Protocol(u8),
    /// Protocol number, and the name of the state for protocols that have states.
    State(u8, Option<&'static str>),
    /// `unanswered`, `answered` or `assured`.
    Status(&'static str),
    /// Zone.
    Zone(u16),
    /// Mark, after the mask.
    Mark(u32),
    /// Label bit.
    Label(u8),
    /// Helper's name.
    Helper(String),
    /// Translated source address.
    NatSource(IpAddr),
    /// What shares one pool of source ports.
    NatPool {
        /// IANA protocol number.
        protocol: u8,
        /// Translated source address.
        nat_source: IpAddr,
        /// The server's address.
        destination: IpAddr,
        /// The server's port, in host byte order.
        port: Option<u16>,
    },
}

impl By {
    /// All groupings, those with parameters with their defaults.
    pub const ALL: &[By] = &[
        By::Source,
        By::SOURCE_NETWORK,
        By::Destination,
        By::DestinationPrefix { ipv4: 24, ipv6: 64 },
        By::Service,
        By::Server,
        By::Protocol,
        By::State,
        By::Status,
        By::Zone,
        By::Mark { mask: u32::MAX },
        By::Label,
        By::Helper,
        By::NatSource,
        By::NatPool,
    ];

    /// The source's network as the rules use it: /24 and /64.
    pub const SOURCE_NETWORK: By = By::SourcePrefix { ipv4: 24, ipv6: 64 };
    /// A wider network of the source: /16 and /48.
    pub const SOURCE_SITE: By = By::SourcePrefix { ipv4: 16, ipv6: 48 };

    /// Its name on the command line and in JSON, without parameters.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            By::Source => "source",
            By::SourcePrefix { .. } => "source-prefix",
            By::Destination => "destination",
            By::DestinationPrefix { .. } => "destination-prefix",
            By::Service => "service",
            By::Server => "server",
            By::Protocol => "protocol",
            By::State => "state",
            By::Status => "status",
            By::Zone => "zone",
            By::Mark { .. } => "mark",
            By::Label => "label",
            By::Helper => "helper",
            By::NatSource => "nat-source",
            By::NatPool => "nat-pool",
        }
    }
}

impl By {
    /// The name of its table in JSON, different for different parameters: `source_prefix`, `source_prefix_16_48`, `mark`,
    /// `mark_0xff00`.
    #[must_use]
    pub fn table_name(self) -> String {
        let name = self.name().replace('-', "_");
        match self {
            By::SourcePrefix { ipv4, ipv6 } | By::DestinationPrefix { ipv4, ipv6 }
                if (ipv4, ipv6) != (24, 64) =>
            {
                format!("{name}_{ipv4}_{ipv6}")
            }
            By::Mark { mask } if mask != u32::MAX => format!("{name}_{mask:#x}"),
            _ => name,
        }
    }
}

/// One of the values that name a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum KeyValue {
    Text(String),
    Number(u64),
    /// A port where there are no ports, a state where there are no states, a name of a label without one.
    Absent,
}

impl KeyValue {
    fn text(value: impl fmt::Display) -> KeyValue {
        KeyValue::Text(value.to_string())
    }
}

impl fmt::Display for KeyValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeyValue::Text(text) => f.write_str(text),
            KeyValue::Number(number) => number.fmt(f),
            KeyValue::Absent => Ok(()),
        }
    }
}

impl Row {
    /// The group as names and values: the labels of metrics. A protocol is named as `conntrack -L` prints it, or is a
    /// number. A value that is absent is empty.
    #[must_use]
    pub fn labels(&self) -> Vec<(&'static str, String)> {
        self.parts().into_iter().map(|(name, value)| (name, value.to_string())).collect()
    }

    /// The group as names and values, as JSON and metrics have them: a label has a name next to its number.
    pub(super) fn parts(&self) -> Vec<(&'static str, KeyValue)> {
        let mut parts = self.key.parts();
        if let Key::Label(_) = self.key {
            parts.push(("name", self.name.as_ref().map_or(KeyValue::Absent, KeyValue::text)));
        }
        parts
    }
}

impl Key {
    fn parts(&self) -> Vec<(&'static str, KeyValue)> {
        let protocol = |number: u8| ("protocol", KeyValue::Text(words::protocol(number)));
        let port =
            |port: Option<u16>| ("port", port.map_or(KeyValue::Absent, |port| KeyValue::Number(port.into())));
        match self {
            Key::Source(address) => vec![("source", KeyValue::text(address))],
            Key::Destination(address) => vec![("destination", KeyValue::text(address))],
            Key::SourcePrefix(address, length) | Key::DestinationPrefix(address, length) => {
                vec![("prefix", KeyValue::text(format_args!("{address}/{length}")))]
            }
            Key::Service { protocol: number, port: own } => vec![protocol(*number), port(*own)],
            Key::Server { destination, protocol: number, port: own } => {
                vec![("destination", KeyValue::text(destination)), protocol(*number), port(*own)]
            }
            Key::Protocol(number) => vec![protocol(*number)],
            Key::State(number, state) => {
                vec![protocol(*number), ("state", state.map_or(KeyValue::Absent, KeyValue::text))]
            }
            Key::Status(status) => vec![("status", KeyValue::text(status))],
            Key::Zone(zone) => vec![("zone", KeyValue::Number((*zone).into()))],
            Key::Mark(mark) => vec![("mark", KeyValue::Number((*mark).into()))],
            Key::Label(bit) => vec![("label", KeyValue::Number((*bit).into()))],
            Key::Helper(name) => vec![("helper", KeyValue::text(name))],
            Key::NatSource(address) => vec![("nat_source", KeyValue::text(address))],
            Key::NatPool { protocol: number, nat_source, destination, port: own } => vec![
                ("nat_source", KeyValue::text(nat_source)),
                ("destination", KeyValue::text(destination)),
                protocol(*number),
                port(*own),
            ],
        }
    }
}

/// A word that is no grouping: what is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoGrouping(&'static str);

impl fmt::Display for NoGrouping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for NoGrouping {}

impl FromStr for By {
    type Err = NoGrouping;

    /// A name, with `/LEN4` or `/LEN4/LEN6` for prefixes and `/MASK` for marks.
    fn from_str(word: &str) -> Result<By, NoGrouping> {
        let mut parts = word.split('/');
        let name = parts.next().unwrap_or_default();
        let by = By::ALL.iter().find(|by| by.name() == name).ok_or(NoGrouping("no such grouping"))?;
        let by = match *by {
            By::SourcePrefix { ipv4, ipv6 } => By::SourcePrefix {
                ipv4: length(parts.next(), ipv4, 32)?,
                ipv6: length(parts.next(), ipv6, 128)?,
            },
            By::DestinationPrefix { ipv4, ipv6 } => By::DestinationPrefix {
                ipv4: length(parts.next(), ipv4, 32)?,
                ipv6: length(parts.next(), ipv6, 128)?,
            },
            By::Mark { mask } => By::Mark { mask: parts.next().map_or(Ok(mask), number)? },
            by => by,
        };
        parts.next().map_or(Ok(by), |_| Err(NoGrouping("it has too many parts")))
    }
}

fn length(part: Option<&str>, default: u8, most: u8) -> Result<u8, NoGrouping> {
    let Some(part) = part else { return Ok(default) };
    let length = Some(part).filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    let length = length.and_then(|part| part.parse().ok());
    let wrong = match most {
        32 => "the prefix length of IPv4 is a number from 0 to 32",
        _ => "the prefix length of IPv6 is a number from 0 to 128",
    };
    length.filter(|&length| length <= most).ok_or(NoGrouping(wrong))
}

fn number(part: &str) -> Result<u32, NoGrouping> {
    let hexadecimal = part.strip_prefix("0x").or_else(|| part.strip_prefix("0X"));
    let (digits, radix) = hexadecimal.map_or((part, 10), |digits| (digits, 16));
    let digits = Some(digits).filter(|digits| !digits.starts_with(['+', '-']));
    let number = digits.and_then(|digits| u32::from_str_radix(digits, radix).ok());
    number.ok_or(NoGrouping("the mask is a number of 32 bits"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grouping_is_read_from_its_name_and_numbers() {
        for by in By::ALL {
            assert_eq!(by.name().parse(), Ok(*by));
        }
        assert_eq!("source-prefix/16".parse(), Ok(By::SourcePrefix { ipv4: 16, ipv6: 64 }));
        assert_eq!("destination-prefix/8/48".parse(), Ok(By::DestinationPrefix { ipv4: 8, ipv6: 48 }));
        assert_eq!("mark/0xff00".parse(), Ok(By::Mark { mask: 0xff00 }));
        assert_eq!("mark/255".parse(), Ok(By::Mark { mask: 255 }));
        let ipv4 = "the prefix length of IPv4 is a number from 0 to 32";
        let ipv6 = "the prefix length of IPv6 is a number from 0 to 128";
        for (why, words) in [
            ("no such grouping", "/sources/SOURCE/ source"),
            ("it has too many parts", "source/1 source-prefix/8/8/8 mark/1/1 zone/1 label/"),
            (
                ipv4,
                "source-prefix/33 source-prefix/ source-prefix/+8 destination-prefix/-1 source-prefix/256",
            ),
            (ipv6, "source-prefix/8/129 destination-prefix/8/ source-prefix/8/x"),
            (
                "the mask is a number of 32 bits",
                "mark/ mark/0x mark/-1 mark/4294967296 mark/0x1ffffffff mark/f",
            ),
        ] {
            let separator = if words.starts_with('/') { '/' } else { ' ' };
            for word in words.split(separator) {
                assert_eq!(word.parse::<By>(), Err(NoGrouping(why)), "{word}");
            }
        }
    }
}
