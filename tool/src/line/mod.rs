// SPDX-License-Identifier: GPL-2.0-or-later
//! Words become a [`Line`], and a line becomes a [`Job`] of its command.
//!
//! [`args`] splits words into options, [`value`] reads what the options are given, [`assign`] gives it its place in the
//! line, [`parse`] puts all together and judges it by [`legality`], and [`objects`] makes of a line what the library
//! takes. Nothing here talks to the kernel.

#![forbid(unsafe_code)]

pub mod args;
mod assign;
pub mod legality;
pub mod objects;
pub mod options;
pub mod parse;
pub mod protocols;
pub mod value;

use crate::certain::Certain as _;
use crate::command::registry::{Form, Job, NO_COMMAND, Verb};
use crate::show::message::Complaint;
use legality::Options;
use netfilter_conntrack::Masked;
use netfilter_conntrack::diagnosis::By;
use netfilter_conntrack::label::LabelMap;
use netfilter_conntrack::{AddressMask, Bitmask, Dir, Groups, Netns};
use options::{Param, Table};
use protocols::{FIELDS, Field, Protocol};
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;
use value::{Family, Formats, FormerStatus, Metrics, NatTarget, StatusBits};

/// Two addresses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pair {
    pub src: Option<IpAddr>,
    pub dst: Option<IpAddr>,
}

/// A protocol, and its row if it has options.
#[derive(Debug, Clone, Copy)]
pub struct ProtocolChoice {
    pub number: u8,
    pub known: Option<&'static Protocol>,
}

/// What the original takes one of, where several were given; of each list one must be met.
#[derive(Debug, Default)]
struct Lists {
    /// Addresses for `-s`, `-d`, `-r`, `-q`.
    addresses: [Vec<AddressMask>; 4],
    /// Ports, by the first four [`Field`]s.
    ports: [Vec<RangeInclusive<u16>>; 4],
    /// The complaints of a command that takes one address, one port.
    one_address: Option<Complaint>,
    one_port: Option<Complaint>,
}

/// Label names as given, later their bits.
#[derive(Debug, Default)]
struct LabelNames {
    wanted: Vec<Vec<u8>>,
    add: Vec<Vec<u8>>,
    del: Vec<Vec<u8>>,
}

/// A command line whose words are understood.
#[derive(Debug, Default)]
pub struct Line {
    verb: Option<Verb>,
    pub table: Table,
    /// The general options that were given.
    given: Options,
    pub family: Option<Family>,
    pub orig: Pair,
    pub reply: Pair,
    pub tuple: Pair,
    /// The masks in force: of those given by different options the last.
    pub mask: Pair,
    /// The masks of either address in the order in which they were given, each with its option.
    src_masks: Vec<(Param, IpAddr)>,
    dst_masks: Vec<(Param, IpAddr)>,
    pub protocol: Option<ProtocolChoice>,
    fields: [Option<u32>; FIELDS],
    pub timeout: Option<u32>,
    pub status: StatusBits,
    /// The first former name in the status.
    pub former_status: Option<FormerStatus>,
    pub events: u32,
    pub mark: Option<Masked>,
    pub secmark: Option<u32>,
    pub id: Option<u32>,
    pub source_nat: Option<NatTarget>,
    pub destination_nat: Option<NatTarget>,
    pub any_nat: Option<NatTarget>,
    pub formats: Formats,
    pub buffer_size: Option<u32>,
    pub zone: Option<u16>,
    pub orig_zone: Option<u16>,
    pub reply_zone: Option<u16>,
    pub labels: Option<Bitmask>,
    pub label_add: Option<Bitmask>,
    /// Labels to clear; without names all of them.
    pub label_del: Option<Option<Bitmask>>,
    pub label_map: Option<Rc<LabelMap>>,
    labelmap_path: Option<PathBuf>,
    /// The seconds that an entry has left.
    pub remaining: Option<RangeInclusive<u32>>,
    /// The time between two readings of the counters.
    pub interval: Option<Duration>,
    /// The time between two runs.
    pub watch: Option<Duration>,
    /// What entries are grouped by.
    pub by: Vec<By>,
    /// Lines of each table.
    pub show: Option<u16>,
    /// The namespace that is looked at.
    pub netns: Option<Netns>,
    /// Percentages of the limit for a warning and for a critical state.
    pub thresholds: Option<(u8, u8)>,
    /// Whose names the metrics have.
    pub metrics: Option<Metrics>,
    names: LabelNames,
    lists: Lists,
    /// The first complaint that the original does not make: it comes after all others.
    late: Option<Complaint>,
    /// The first option that a later `-p` has taken out of force.
    replaced: Option<&'static str>,
}

impl Line {
    /// The job that the line asks for; the help text where it asks for none.
    ///
    /// # Errors
    /// For what is legal but asks for nothing that can be done.
    pub fn job(self) -> Result<Job, Complaint> {
        (self.form().job)(self)
    }

    /// What the line's command does to its table.
    pub fn form(&self) -> &'static Form {
        // A command that cannot do anything to the table is refused where its word is read.
        let form = self.verb.map(|verb| verb.command().on(self.table).certain());
        form.flatten().unwrap_or(&NO_COMMAND)
    }

    /// Whether entries, events and numbers are written as JSON.
    pub fn writes_json(&self) -> bool {
        self.formats.contains(Formats::JSON)
    }

    /// The command.
    pub fn verb(&self) -> Option<Verb> {
        self.verb
    }

    /// Whether a general option was given (a mask also by a prefix length).
    pub fn has(&self, param: Param) -> bool {
        self.given.has(param)
    }

    /// The value of a protocol option.
    #[allow(clippy::indexing_slicing)] // one slot for each field
    pub fn field(&self, field: Field) -> Option<u32> {
        self.fields[field as usize]
    }

    #[allow(clippy::indexing_slicing)] // one slot for each field
    fn set_field(&mut self, field: Field, value: Option<u32>) {
        self.fields[field as usize] = value;
    }

    /// The ports that an option lists; none where it names one.
    pub fn ports(&self, field: Field) -> &[RangeInclusive<u16>] {
        let listed = self.lists.ports.get(field as usize).filter(|_| self.field(field).is_some());
        listed.map_or(&[], Vec::as_slice)
    }

    /// The addresses of a direction's source and destination that options list.
    pub fn addresses(&self, dir: Dir) -> [&[AddressMask]; 2] {
        let [src, dst, reply_src, reply_dst] = &self.lists.addresses;
        if dir == Dir::Orig { [src, dst] } else { [reply_src, reply_dst] }
    }

    /// Whether the command takes several addresses and ports.
    fn takes_lists(&self) -> bool {
        let selects =
            matches!(self.verb, Some(Verb::List | Verb::Delete | Verb::Update | Verb::Event | Verb::Top));
        selects && self.table != Table::Expect
    }

    /// The complaint about the first list of addresses, where the command takes one address.
    fn refused_list(&mut self) -> Option<Complaint> {
        if self.takes_lists() { None } else { self.lists.one_address.take() }
    }

    /// Refuses lists where the command takes one value of each option, and masks that are of several addresses.
    fn judge_lists(&mut self) -> Result<(), Complaint> {
        if !self.takes_lists() {
            let late = self.lists.one_port.take();
            self.late = self.late.take().or(late);
            return self.refused_list().map_or(Ok(()), Err);
        }
        let masks =
            [(Param::MaskSrc, Param::Src, &self.src_masks), (Param::MaskDst, Param::Dst, &self.dst_masks)];
        for ((mask, address, given), list) in masks.into_iter().zip(self.addresses(Dir::Orig)) {
            if !list.is_empty() && given.iter().any(|(option, _)| *option == mask) {
                return Err(Complaint::MaskOfSeveral(mask.row().name(), address.row().name()));
            }
        }
        Ok(())
    }

    fn note(&mut self, param: Param) {
        self.given.add(param);
    }

    /// The groups of events asked for: all without `-e`.
    pub fn event_groups(&self) -> Groups {
        if self.has(Param::EventMask) { Groups::from_bits_retain(self.events) } else { Groups::FLOWS }
    }

    /// A value, or nothing and a complaint for later.
    fn or_late<T>(&mut self, value: Result<T, Complaint>) -> Option<T> {
        value.map_err(|complaint| self.late.get_or_insert(complaint)).ok()
    }

    /// Puts the masks in force. A prefix length counts as a mask, except one of full length.
    fn settle_masks(&mut self) {
        let of = |masks: &[(Param, IpAddr)]| {
            let implied = masks.iter().any(|&(_, mask)| !value::is_whole(mask));
            (masks.last().map(|&(_, mask)| mask), implied)
        };
        let [(src, src_implied), (dst, dst_implied)] = [of(&self.src_masks), of(&self.dst_masks)];
        self.mask = Pair { src, dst };
        for (param, implied) in [(Param::MaskSrc, src_implied), (Param::MaskDst, dst_implied)] {
            if implied {
                self.note(param);
            }
        }
    }
}
