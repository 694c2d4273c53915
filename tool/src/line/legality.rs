// SPDX-License-Identifier: GPL-2.0-or-later
//! Which options a command needs and takes: sets of options, and the check of a command line against them.

#![forbid(unsafe_code)]

use super::options::{Id, Param, Row};
use super::protocols::Own;
use crate::certain::Certain as _;
use crate::show::message::Complaint;

/// A set of options: general ones, and protocols' own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    general: u64,
    own: u64,
}

impl Options {
    pub const NONE: Options = Options { general: 0, own: 0 };

    /// These general options.
    #[allow(clippy::indexing_slicing)] // the compiler runs it
    pub const fn general(params: &[Param]) -> Options {
        let (mut general, mut at) = (0, 0);
        while at < params.len() {
            general |= 1 << params[at] as u32;
            at += 1;
        }
        Options { general, own: 0 }
    }

    /// These options of protocols.
    #[allow(clippy::indexing_slicing)] // the compiler runs it
    pub const fn own(options: &[Own]) -> Options {
        let (mut own, mut at) = (0, 0);
        while at < options.len() {
            own |= 1 << options[at] as u32;
            at += 1;
        }
        Options { general: 0, own }
    }

    /// These and those.
    pub const fn and(self, other: Options) -> Options {
        Options { general: self.general | other.general, own: self.own | other.own }
    }

    /// Adds a general option.
    pub fn add(&mut self, param: Param) {
        *self = self.and(Options::general(&[param]));
    }

    /// Whether a general option is among them.
    pub fn has(self, param: Param) -> bool {
        self.general >> param as u32 & 1 == 1
    }

    /// Whether the option of a row is among them.
    fn has_row(self, row: &Row) -> bool {
        match row.id {
            Id::Verb(_) => false,
            Id::Param(param) => self.has(param),
            Id::Own(own, _) => self.own >> own as u32 & 1 == 1,
        }
    }
}

/// What every command takes: it is ignored everywhere.
const ANYWHERE: Options = Options::general(&[Param::NatRange]);

/// The options of a command. It takes those that it needs, and those of its pairs, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Legality {
    /// All of these must be given.
    pub needs: Options,
    /// In the order of their rows these are pairs, of which one must be given whole.
    pub pairs: Options,
    /// These may be given.
    pub takes: Options,
}

impl Legality {
    /// What takes no option.
    pub const NONE: Legality = Legality { needs: Options::NONE, pairs: Options::NONE, takes: Options::NONE };

    /// What needs no option and takes these.
    pub const fn taking(takes: Options) -> Legality {
        Legality { takes, ..Legality::NONE }
    }

    /// Whether the option of a row may be given.
    pub fn allows(&self, row: &Row) -> bool {
        self.needs.and(self.pairs).and(self.takes).and(ANYWHERE).has_row(row)
    }

    /// Checks rows in their order, then the pair rule among those that are paired.
    ///
    /// # Errors
    /// For the first option that is missing or illegal, then for a pair that is not complete.
    pub fn check<'r>(
        &self,
        rows: impl Iterator<Item = &'r Row> + Clone,
        given: impl Fn(&Row) -> bool,
    ) -> Result<(), Complaint> {
        for row in rows.clone() {
            match given(row) {
                false if self.needs.has_row(row) => return Err(Complaint::Missing(row.name())),
                true if !self.allows(row) => return Err(Complaint::Illegal(row.name())),
                _ => {}
            }
        }
        let paired: Vec<&Row> = rows.filter(|row| self.pairs.has_row(row)).collect();
        let pairs = || paired.chunks_exact(2);
        if paired.is_empty() || pairs().any(|pair| pair.iter().all(|row| given(row))) {
            return Ok(());
        }
        // The pair that was begun, else the first.
        let begun = pairs().find(|pair| pair.iter().any(|row| given(row))).or_else(|| pairs().next());
        match begun.certain() {
            Some([one, other]) => Err(Complaint::Pair(one.name(), other.name())),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::registry::Verb;
    use crate::line::options::{PARAMS, Table};
    use crate::line::protocols::PROTOCOLS;

    fn checked(rows: &[&'static Row], verb: Verb, table: Table, names: &str) -> String {
        let given = |row: &Row| names.split(' ').any(|name| name == row.name());
        let form = verb.command().on(table).unwrap();
        match form.options.check(rows.iter().copied(), given) {
            Ok(()) => "ok".into(),
            Err(complaint) => complaint.to_string(),
        }
    }

    fn general(verb: Verb, names: &str) -> String {
        checked(&PARAMS.iter().collect::<Vec<_>>(), verb, Table::Conntrack, names)
    }

    #[test]
    fn missing_comes_before_illegal_in_the_order_of_the_rows() {
        let missing = |name| format!("You need to supply the `--{name}' option for this command");
        assert_eq!(general(Verb::Create, ""), missing("protonum"));
        assert_eq!(general(Verb::Create, "protonum"), missing("timeout"));
        assert_eq!(
            general(Verb::Create, "protonum timeout family zero"),
            "Illegal option `--zero' with this command"
        );
        assert_eq!(general(Verb::List, "timeout"), "Illegal option `--timeout' with this command");
    }

    #[test]
    fn a_pair_must_be_complete() {
        let pair = |one, other| format!("you have to specify `--{one}' and `--{other}'");
        for names in ["", "src", "dst", "src reply-src", "dst reply-dst"] {
            assert_eq!(general(Verb::Get, &format!("protonum {names}")), pair("src", "dst"));
        }
        assert_eq!(general(Verb::Get, "protonum reply-dst"), pair("reply-src", "reply-dst"));
        assert_eq!(general(Verb::Get, "protonum reply-src reply-dst"), "ok");
        assert_eq!(general(Verb::Get, "protonum src dst reply-src"), "ok");
        let tcp: Vec<&Row> = PROTOCOLS[0].rows().collect();
        assert_eq!(
            checked(&tcp, Verb::Get, Table::Conntrack, "reply-port-src"),
            pair("reply-port-src", "reply-port-dst")
        );
    }

    #[test]
    fn expectations_have_columns_of_their_own() {
        let tcp: Vec<&Row> = PROTOCOLS[0].rows().collect();
        let of = |names: &str| checked(&tcp, Verb::Create, Table::Expect, names);
        let ports = "sport dport mask-port-src mask-port-dst tuple-port-src tuple-port-dst";
        assert_eq!(of(ports), "ok");
        assert_eq!(
            of(&format!("{ports} reply-port-src")),
            "Illegal option `--reply-port-src' with this command"
        );
        assert_eq!(of("sport"), "You need to supply the `--dport' option for this command");
    }
}
