// SPDX-License-Identifier: GPL-2.0-or-later
//! The differences that are meant: which command lines they touch, and what ours must do there.
//!
//! A row is named as in `docs/differences.md`, or `1.4.7: ...` where the original that Debian ships is older than
//! the one that we follow. Wherever that can be said, ours must do what the original does for another command line;
//! then that one is run too, and may need a row in turn. The first row that is satisfied counts.

use super::case::{LABELMAP, MARK, STATUS, TIMEOUT};
use super::expected::*;
use super::rewrite::*;
use super::{Case, Outcome};

/// Which command lines a row is about.
pub enum When {
    /// Any; what is wanted tells.
    Any,
    /// Those with this command, as a letter.
    Command(&'static str),
    /// Those with one of these words.
    Has(&'static [&'static str]),
    /// Those that start so.
    Starts(&'static str),
    /// Those with this in the file that they read.
    File(&'static str),
    /// Those of which this is true.
    If(fn(&Case) -> bool),
}

/// What ours must do where a row applies.
pub enum Want {
    /// What the original does for this other command line.
    Like(fn(&Case) -> Option<Case>),
    /// Nothing but say this.
    Says(fn(&Case) -> Option<String>),
    /// Nothing but say this, whatever the command line is.
    Refuses(&'static str),
    /// Change or delete exactly the entries that the original lists for this command line.
    Touches(fn(&Case) -> Option<Case>),
    /// Delete exactly those entries that the original lists for this command line and that are so.
    TouchesThose(fn(&Case) -> Option<Case>, fn(&Case, &str) -> bool),
    /// Change some of the entries that the original lists for this command line, show and count them.
    TouchesSome(fn(&Case) -> Option<Case>),
    /// Show exactly the entries that the original lists for both of these.
    Both(fn(&Case) -> Option<[Case; 2]>),
    /// Show exactly those lines of the original's for this other command line.
    Those(fn(&Case) -> Option<Case>, fn(&Case, &str) -> bool),
    /// What the original does, mended.
    Mended(fn(&Case, &Outcome) -> Option<Outcome>),
    /// This, given what the original does.
    Holds(fn(&Case, &Outcome, &Outcome) -> bool),
}

/// A difference.
pub struct Row {
    pub name: &'static str,
    when: When,
    pub want: Want,
}

impl Row {
    /// Whether the row is about a command line.
    pub fn is_about(&self, case: &Case) -> bool {
        match self.when {
            Any => true,
            Command(letter) => case.command() == letter,
            Has(words) => case.has(words),
            Starts(start) => case.line.starts_with(start),
            File(text) => case.stdin.contains(text),
            If(is) => is(case),
        }
    }
}

const fn row(name: &'static str, when: When, want: Want) -> Row {
    Row { name, when, want }
}

/// Rows that only events need, or only some kernels; all others the command lines do.
pub const OF_EVENTS: [&str; 3] = [XML_ORIGIN, "`-m 0` with `-E`", NO_PORTS];

const NO_ID: &str = "1.4.7: `--id` takes no word";
const NO_LABELMAP: &str = "1.4.7: no `--labelmap`";
const UNCHECKED_VALUES: &str = "1.4.7: values of -m -w -i -c and zones are not checked";
const STATUS_FOR_MARK: &str = "1.4.7: `-u` behind `-m` replaces the mark";
const DROPPED_LETTERS: &str = "1.4.7: letters behind a short command are dropped";
const NO_COMMAND: &str = "1.4.7: `--reply-zone` needs no command";
const ADD: &str = "1.4.7: `-A` leaves what exists";
const UPDATE: &str = "1.4.7: `-U` does not reach every entry";
const UPDATE_ERRORS: &str = "1.4.7: `-U` goes on after an error";
const EXPECTED_PROTOCOL: &str = "1.4.7: expected protocol from the port";
const CR: &str = "1.4.7: CR or newline behind a command in a file is dropped";
const XML_ORIGIN: &str = "1.4.7: who made an event stands behind the XML";
const NOT_COMPARED: &str = "`-c`, GRE keys and SCTP tags as filters";
const NUMBERS_TAKEN: &str =
    "Ports, types, codes, ids, tags, keys, timeouts, sizes, masks of marks, prefix lengths";
const STATUS_CLEAR: &str = "`-u !BIT` and `-u UNREPLIED` with `-D`";
const SCTP: &str = "SCTP: an unknown state";
const NO_PORTS: &str = "`-I`, `-A`, in `-R` too, with ports of a protocol that the kernel does not know";
const FILE: &str = "Lines of a `-R` file";
const NO_EVENTS: &str =
    "Can't open netlink socket: sorry, you must be root or get CAP_NET_ADMIN capability to do this";
const FORMER: &str = "Prefixes of SRC_NAT and DST_NAT in lists";
const NO_STATUS: &str = "`-u SRC_NAT` and `-u DST_NAT`";
const STRAY: &str = "Stray words";
const EMPTY: &str = "An empty prefix length, mask of a mark, role or label map";
const FAMILY_TAIL: &str = "A word that starts with a family";
const ADDRESS_TAIL: &str = "A word that starts with an address";
const AGAIN: &str = "An address given again without prefix length";
const FILE_MASK: &str = "A mask without address in a `-R` file";
const ZONE: &str = "Zones as filters";
const SELECTS_NOTHING: &str = "Options of `-D` that select nothing";
const SECOND: &str = "A second `-p`";

use Want::{Both, Holds, Like, Mended, Refuses, Says, Those, Touches, TouchesSome, TouchesThose};
use When::{Any, Command, File, Has, If, Starts};

#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    // What changed between the original that Debian ships and the one that we follow.
    row(NO_ID, Has(&["--id"]), Like(|case| Some(case.renamed("--id", "-i")))),
    row(NO_LABELMAP, Has(LABELMAP), Like(|case| Some(case.without(LABELMAP)))),
    row(NO_LABELMAP, Has(LABELMAP), Refuses("Illegal option `--labelmap' with this command")),
    row(UNCHECKED_VALUES, Any, Says(|case| bad_number(case, UNCHECKED))),
    row(STATUS_FOR_MARK, If(|case| case.has(MARK) && case.has(STATUS)), Like(|case| case.moved_last(MARK))),
    row(DROPPED_LETTERS, If(letters_are_attached), Like(separate_letters)),
    row(DROPPED_LETTERS, If(letters_are_attached), Says(wants_argument)),
    row(NO_COMMAND, Starts("--reply-zone"), Refuses("Illegal option `--reply-zone' with this command")),
    row(ADD, Command("-A"), Holds(adds_to_existing)),
    row(ADD, File("-A"), Holds(adds_twice)),
    row(UPDATE_ERRORS, Command("-U"), Holds(stops_at_an_error)),
    row(UPDATE_ERRORS, File("-U"), Holds(stops_at_an_error)),
    row(EXPECTED_PROTOCOL, Starts("-I expect"), Holds(expects)),
    row(CR, File("\r"), Holds(keeps_cr)),
    row(CR, File("\"-D\n"), Holds(keeps_newline)),
    row(XML_ORIGIN, If(|case| case.command() == "-E" && case.line.contains("xml")), Mended(without_origin)),
    // What we do differently on purpose.
    row("`-m 0` with `-E`", If(|case| case.command() == "-E" && case.has(MARK)), Those(|case| Some(case.without(MARK)), has_mark)),
    row("Attached values of options whose value may be left out", Any, Like(detached)),
    row(STATUS_CLEAR, If(|case| case.command() == "-D" && case.has(STATUS)), Touches(|case| split_status(&listing_of(case, "-D")?))),
    row(STATUS_CLEAR, If(|case| case.command() == "-L" && case.has(STATUS)), Like(split_status)),
    row("`-u UNSET` as a filter", Has(STATUS), Like(without_unset)),
    row("`-D -t N`", If(|case| case.command() == "-D" && case.has(TIMEOUT)), Like(without_timeout)),
    row(SELECTS_NOTHING, Command("-D"), Says(selects_nothing)),
    row(SELECTS_NOTHING, Command("-U"), Says(selects_nothing)),
    row(SELECTS_NOTHING, Command("-F"), Says(selects_nothing)),
    row(SELECTS_NOTHING, File("-D"), Holds(|case, _, ours| refuses_line(case, ours, selects_nothing))),
    row(NO_STATUS, If(|case| ["-D", "-L"].contains(&case.command().as_str())), Says(former_status)),
    row(STRAY, Any, Says(refuses_stray)),
    row(STRAY, File(" "), Holds(refuses_stray_in_file)),
    row(STRAY, Any, Mended(with_stray_warning)),
    row(EMPTY, If(|case| case.words().iter().any(|word| word.ends_with('/'))), Refuses("Invalid netmask")),
    row(EMPTY, File("/\n"), Holds(|case, _, ours| refuses_line(case, ours, |_| Some("Invalid netmask".into())))),
    row(EMPTY, If(|case| case.line.ends_with("--role ''")), Refuses("Unknown DCCP role `'")),
    row(FAMILY_TAIL, Any, Says(|case| Some(format!("`{}' unsupported protocol", case.value(&["-f"])?)))),
    row(ADDRESS_TAIL, Any, Says(|case| Some(format!("Invalid IP address `{}'", case.value(&["-s"])?)))),
    row(AGAIN, Any, Like(given_once)),
    row(FILE_MASK, File("-D --mask"), Holds(|case, _, ours| refuses_line(case, ours, mask_alone))),
    row(ZONE, If(|case| ["-L", "-E"].contains(&case.command().as_str())), Those(of_every_zone, in_zones)),
    row(ZONE, Command("-D"), TouchesThose(list_of_every_zone, in_zones)),
    row(NOT_COMPARED, Has(&["gre"]), Mended(fewer)),
    row(NOT_COMPARED, Starts("-G -p sctp"), Mended(fewer)),
    row(NOT_COMPARED, Has(&["-c", "--secmark", "--sec"]), Holds(|_, _, ours| ours.stdout.is_empty() && ours.table.is_empty())),
    row("`-j IP` with other options", Has(&["-j", "--any-nat"]), Both(nat_and_others)),
    row("An IPv6 address with `-n`, `-g`, `-j`", Any, Like(plain_ipv6_nat)),
    row("ICMP entries with `-n`, `-g`, `-j`", Has(&["-n", "-g", "-j", "--dst-nat", "--dst-n"]), Mended(fewer)),
    row("`-F -f FAMILY`", If(|case| case.command() == "-F" || case.stdin.starts_with("-F -f")), Touches(of_family)),
    row("`-U -p tcp`", Command("-U"), Mended(without_flags)),
    row("ICMP options before `-s`", If(|case| case.line.contains("icmp")), Like(icmp_last)),
    row("`--label-del NAME` of a bit above 95", Has(&["--label-del"]), Holds(keeps_other_labels)),
    row("`--label-add` of a bit above 127", If(|case| case.line.ends_with("--label-add big")), Refuses("Operation failed: Numerical result out of range")),
    row("`-U` of an entry in a zone", If(|case| case.command() == "-U" && case.has(&["1003"])), Refuses("Operation failed: Device or resource busy")),
    row("`-G` with reply addresses only", Command("-G"), Like(completed)),
    row("`-I`, `-A` with parts of both directions", Command("-I"), Like(completed)),
    row("`-I`, `-A` with parts of both directions", Command("-A"), Like(completed)),
    row(NO_PORTS, Has(&["dccp", "udplite"]), Says(no_ports)),
    row(SCTP, Has(&["sctp"]), Says(|case| Some(format!("unknown SCTP state `{}'", case.value(&["--state"])?)))),
    row(SCTP, Has(&["sctp"]), Holds(swapped_tags)),
    row(SCTP, Has(&["HEARTBEAT_SENT", "HEARTBEAT_ACKED"]), Holds(knows_heartbeats)),
    row("XML of `-G`, `-D`, `-U`, `-L dying`, `-L unconfirmed`", If(|case| case.line.contains("-o") || case.stdin.contains("-o")), Mended(with_root)),
    row("`-D expect` that deleted", Starts("-D expect"), Mended(|_, theirs| Some(Outcome { status: "0".into(), ..theirs.clone() }).filter(|_| theirs.first_error() == "P: 0 expectations have been shown."))),
    row(FILE, File("-I expect"), Holds(|_, theirs, ours| theirs.first_error().contains("`-C expect'") && ours.first_error().contains(":1: Cannot use command `-I expect'"))),
    row("Messages about a `-R` file", If(|case| !case.stdin.is_empty()), Holds(names_the_line)),
    row("A last line of blanks without newline in a `-R` file", If(|case| !case.stdin.ends_with('\n')), Holds(|_, theirs, ours| theirs.first_error().contains("`unknown'") && ours.does_nothing())),
    row("`unknown option` for a letter inside a cluster", Any, Says(unknown_cluster)),
    row("Messages about `--orig-zone` and `--reply-zone`", Any, Says(|case| bad_number(case, ZONES))),
    row(NUMBERS_TAKEN, Any, Says(|case| bad_number(case, NUMBERS))),
    row(NUMBERS_TAKEN, If(|case| case.line.contains("/4294967304")), Refuses("Invalid netmask")),
    row(FORMER, Any, Like(spelt_out)),
    row(FORMER, Any, Says(bad_parameter)),
    row("`-L dying` with masks", Starts("-L dying"), Says(mask_alone)),
    row("`-L dying` with masks", Starts("-L unconfirmed"), Says(mask_alone)),
    row("Incomplete pairs of reply ports or keys", Any, Says(incomplete_pair)),
    row("An empty table name", If(|case| case.words().get(1).is_some_and(String::is_empty)), Refuses("unknown type `'")),
    row("An empty table name", File("\"\""), Holds(|_, _, ours| ours.status == "2" && ours.table.is_empty() && ours.first_error().ends_with(":1: unknown type `'"))),
    row("`-L -z` with `-n`, `-g`, `-j`", Has(&["-z"]), Refuses("Can't use -z with filtering parameters")),
    row("`-b` with `-E expect`", If(|case| case.line.starts_with("-E expect") && case.has(&["-b", "--buffer-size"])), Holds(|_, _, ours| ours.status == "0" && ours.first_error().starts_with("NOTICE: "))),
    row(SECOND, Any, Says(replaced_option)),
    row(SECOND, Any, Like(last_protocol)),
    row("Help", Any, Holds(both_help)),
    row(FILE, File("\n-"), Holds(stand_alone)),
    row("`-F` that is refused", If(|case| case.dropped && case.command() == "-F"), Mended(not_emptied)),
    row("`-C`, `-S` without privilege", If(|case| case.dropped), Mended(all_the_same)),
    row("`-C expect` that is refused", If(|case| case.dropped && case.line == "-C expect"), Mended(not_counted)),
    row("No netlink socket, or no privilege for events", If(|case| case.dropped && case.command() == "-E"), Refuses(NO_EVENTS)),
    // Last, because it says least.
    row(UPDATE, If(|case| case.command() == "-U" && case.has(&["0x77"])), Touches(listing)),
    row(UPDATE, Command("-U"), TouchesSome(listing)),
    row(UPDATE, If(|case| case.command() == "-U" && case.has(TIMEOUT)), Holds(meets_fixed_timeout)),
];
