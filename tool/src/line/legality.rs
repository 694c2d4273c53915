// SPDX-License-Identifier: GPL-2.0-or-later
//! Which options a command wants, takes and refuses: the marks of the option tables, applied.

#![forbid(unsafe_code)]

use crate::line::options::{Class, Row};
use crate::show::message::Complaint;

/// Checks a set of rows in their order, then the pair rule among those marked with it.
///
/// # Errors
/// For the first option that is missing or illegal, then for a pair that is not complete.
pub fn check<'r>(
    rows: impl Iterator<Item = &'r Row> + Clone,
    class: Class,
    given: impl Fn(&Row) -> bool,
) -> Result<(), Complaint> {
    for row in rows.clone() {
        match (row.legality(class), given(row)) {
            (b'1', false) => return Err(Complaint::Missing(row.name())),
            (b'.', true) => return Err(Complaint::Illegal(row.name())),
            _ => {}
        }
    }
    let paired: Vec<&Row> = rows.filter(|row| row.legality(class) == b'3').collect();
    let pairs = || paired.chunks_exact(2);
    if paired.is_empty() || pairs().any(|pair| pair.iter().all(|row| given(row))) {
        return Ok(());
    }
    // The pair that was begun, else the first.
    let begun = pairs().find(|pair| pair.iter().any(|row| given(row))).or_else(|| pairs().next());
    match begun {
        Some([one, other]) => Err(Complaint::Pair(one.name(), other.name())),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::options::{PARAMS, PROTOCOLS, Table, Verb};

    fn checked(rows: &[&'static Row], verb: Verb, table: Table, names: &str) -> String {
        let given = |row: &Row| names.split(' ').any(|name| name == row.name());
        match check(rows.iter().copied(), Class::of(Some(verb), table), given) {
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
