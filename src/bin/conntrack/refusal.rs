// SPDX-License-Identifier: GPL-2.0-or-later
//! The kernel's refusals in words.

#![forbid(unsafe_code)]

use crate::message::Complaint;
use crate::options::{Table, Verb};
use netfilter_conntrack::Error;

/// The kernel's own number for "not supported"; the C library has no name for it.
const ENOTSUPP: i32 = 524;

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
    row(libc::ENOMEM, &[Create, Get, Add], BOTH, "not enough memory"),
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

/// A refusal, given what the kernel said to a request that has nothing to be wrong: a kernel that calls this one
/// invalid too does not know connection tracking over netlink.
pub fn explained(complaint: Complaint, innocent: Option<Error>) -> Complaint {
    match innocent {
        Some(Error::Kernel(libc::EINVAL)) => Complaint::Operation(
            "this kernel has no connection tracking over netlink (CONFIG_NF_CT_NETLINK)".into(),
        ),
        _ => complaint,
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
        assert_eq!(says(Update, Table::Conntrack, libc::EBUSY), "Device or resource busy");
        assert!(says(Flush, Table::Expect, libc::EPERM).starts_with("sorry, you must be root"));
    }

    #[test]
    fn a_kernel_without_the_interface_is_named() {
        let refused = || of(List, Table::Conntrack, Error::Kernel(libc::EINVAL));
        let text = |innocent| explained(refused(), innocent).to_string();
        assert_eq!(text(None), "Operation failed: invalid parameters");
        assert_eq!(text(Some(Error::Kernel(libc::EPERM))), "Operation failed: invalid parameters");
        assert!(text(Some(Error::Kernel(libc::EINVAL))).contains("CONFIG_NF_CT_NETLINK"));
    }
}
