// SPDX-License-Identifier: GPL-2.0-or-later
//! The kernel's refusals in words.

#![forbid(unsafe_code)]

use crate::command::registry::Verb;
use crate::line::options::Table;
use crate::show::message::Complaint;
use netfilter_conntrack::stats::GlobalStats;
use netfilter_conntrack::{Error, Result};

/// The kernel's own number for "not supported"; the C library has no name for it.
const ENOTSUPP: i32 = 524;

/// What the kernel says when memory ran out, and when the table is full.
const NO_MEMORY: &str = "not enough memory";

/// An error number, the commands and tables for which it has words of its own, and the words.
struct Row {
    errno: i32,
    verbs: &'static [Verb],
    tables: &'static [Table],
    text: &'static str,
}

const fn row(errno: i32, verbs: &'static [Verb], tables: &'static [Table], text: &'static str) -> Row {
    Row { errno, verbs, tables, text }
}

use Verb::{Add, Count, Create, Delete, Event, Flush, Get, List, Update};

const BOTH: &[Table] = &[Table::Conntrack, Table::Expect, Table::Dying, Table::Unconfirmed];
const CONNTRACK: &[Table] = &[Table::Conntrack];
const EXPECT: &[Table] = &[Table::Expect];
const ANY: &[Verb] = &[List, Get, Delete, Create, Add, Update, Event, Flush, Count, Verb::Stats];

/// The first row that fits counts; without one the system's text does.
#[rustfmt::skip]
const ROWS: &[Row] = &[
    row(ENOTSUPP, &[List], BOTH, "function not implemented"),
    row(libc::EINVAL, &[List, Get, Delete, Create, Update, Event, Flush], BOTH, "invalid parameters"),
    row(libc::EINVAL, &[Count], CONNTRACK, "invalid parameters"),
    row(libc::EEXIST, &[Create], CONNTRACK, "Such conntrack exists, try -U to update"),
    row(libc::ENOENT, &[Create, Get, Delete, Add], CONNTRACK, "such conntrack doesn't exist"),
    row(libc::ENOENT, &[Create], EXPECT, "master conntrack not found"),
    row(libc::ENOMEM, &[Create, Get, Add], BOTH, NO_MEMORY),
    row(libc::EAFNOSUPPORT, &[Get], BOTH, "protocol not supported"),
    row(libc::ETIME, &[Create, Add], BOTH, "conntrack has expired"),
    row(libc::EPERM, ANY, BOTH, "sorry, you must be root or get CAP_NET_ADMIN capability to do this"),
];

/// The words for an error.
pub fn words(verb: Verb, table: Table, error: Error) -> String {
    let (Error::Kernel(errno) | Error::Os(errno)) = error else { return error.to_string() };
    let fits = |row: &&Row| row.errno == errno && row.verbs.contains(&verb) && row.tables.contains(&table);
    ROWS.iter().find(fits).map_or_else(|| error.to_string(), |row| row.text.to_string())
}

/// The complaint for an operation that the kernel refused.
pub fn of(verb: Verb, table: Table, error: Error) -> Complaint {
    Complaint::Operation(words(verb, table, error))
}

/// A refusal, given the table's fill level: a kernel that refuses to tell even that does not know connection
/// tracking over netlink, and a full table is the likely reason for a lack of memory.
pub fn explained(complaint: Complaint, level: Result<GlobalStats>) -> Complaint {
    match (complaint, level) {
        (Complaint::Line(file, number, complaint), level) => {
            Complaint::Line(file, number, Box::new(explained(*complaint, level)))
        }
        (Complaint::Operation(_), Err(Error::Kernel(libc::EINVAL))) => Complaint::Operation(
            "this kernel has no connection tracking over netlink (CONFIG_NF_CT_NETLINK)".into(),
        ),
        (Complaint::Operation(reason), Ok(GlobalStats { entries, max_entries: Some(limit @ 1..), .. }))
            if reason == NO_MEMORY && entries >= limit =>
        {
            Complaint::Operation(format!(
                "{NO_MEMORY}: the table is full, {entries} entries of {limit} (net.netfilter.nf_conntrack_max)"
            ))
        }
        (complaint, _) => complaint,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_number_means_different_things() {
        let says = |verb, table, errno| words(verb, table, Error::Kernel(errno));
        assert_eq!(says(Create, Table::Conntrack, libc::EEXIST), "Such conntrack exists, try -U to update");
        assert_eq!(says(Create, Table::Expect, libc::EEXIST), "File exists");
        assert_eq!(says(Add, Table::Conntrack, libc::EINVAL), "Invalid argument");
        assert_eq!(says(Create, Table::Conntrack, libc::EINVAL), "invalid parameters");
        assert_eq!(says(Get, Table::Expect, libc::ENOENT), "No such file or directory");
        assert_eq!(says(Create, Table::Expect, libc::ENOENT), "master conntrack not found");
        assert_eq!(says(Count, Table::Expect, libc::EINVAL), "Invalid argument");
        assert_eq!(says(List, Table::Dying, ENOTSUPP), "function not implemented");
        assert_eq!(says(Update, Table::Conntrack, libc::ENOSPC), "No space left on device");
        assert!(says(Flush, Table::Expect, libc::EPERM).starts_with("sorry, you must be root"));
    }

    #[test]
    fn a_kernel_without_the_interface_is_named() {
        let text =
            |level| explained(of(List, Table::Conntrack, Error::Kernel(libc::EINVAL)), level).to_string();
        let level = GlobalStats::new(1, Some(1));
        assert_eq!(text(Ok(level)), "Operation failed: invalid parameters");
        assert_eq!(text(Err(Error::Kernel(libc::EPERM))), "Operation failed: invalid parameters");
        assert!(text(Err(Error::Kernel(libc::EINVAL))).contains("CONFIG_NF_CT_NETLINK"));
    }

    #[test]
    fn a_full_table_is_named() {
        let refused = || of(Create, Table::Conntrack, Error::Kernel(libc::ENOMEM));
        let text = |entries, max_entries| {
            explained(refused(), Ok(GlobalStats::new(entries, max_entries))).to_string()
        };
        let plain = "Operation failed: not enough memory";
        let full = format!("{plain}: the table is full, 9 entries of 9 (net.netfilter.nf_conntrack_max)");
        assert_eq!(text(9, Some(9)), full);
        for (entries, limit) in [(8, Some(9)), (9, Some(0)), (9, None)] {
            assert_eq!(text(entries, limit), plain);
        }
        let line = Complaint::Line("file".into(), 7, Box::new(refused()));
        let level = GlobalStats::new(9, Some(9));
        assert_eq!(explained(line, Ok(level)).to_string(), format!("file:7: {full}"));
    }
}
