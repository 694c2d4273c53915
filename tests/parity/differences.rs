// SPDX-License-Identifier: GPL-2.0-or-later
//! The differences that are meant: which command lines they touch, and what ours must do there.
//!
//! A row is named as in `docs/differences.md`, or `1.4.7: ...` where the original that Debian ships is older than
//! the one that we follow. Wherever that can be said, ours must do what the original does for another command line;
//! then that one is run too, and may need a row in turn.

use super::fixture::flow_lines;
use super::normal::{HELP, is_root};
use super::{Case, Outcome};

/// What ours must do where a row applies.
pub enum Want {
    /// What the original does for this other command line.
    Like(fn(&Case) -> Option<Case>),
    /// Nothing but say this.
    Says(fn(&Case) -> Option<String>),
    /// Change or delete exactly the entries that the original lists for this command line.
    Touches(fn(&Case) -> Option<Case>),
    /// Change some of the entries that the original lists for this command line, show and count them.
    TouchesSome(fn(&Case) -> Option<Case>),
    /// Show exactly the entries that the original lists for both of these.
    Both(fn(&Case) -> Option<[Case; 2]>),
    /// What the original does, mended.
    Mended(fn(&Case, &Outcome) -> Option<Outcome>),
    /// This, given what the original does.
    Holds(fn(&Case, &Outcome, &Outcome) -> bool),
}

/// A difference.
pub struct Row {
    pub name: &'static str,
    pub when: fn(&Case) -> bool,
    pub want: Want,
}

const fn row(name: &'static str, when: fn(&Case) -> bool, want: Want) -> Row {
    Row { name, when, want }
}

use Want::{Both, Holds, Like, Mended, Says, Touches, TouchesSome};

pub const ROWS: &[Row] = &[
    // What changed between the original that Debian ships and the one that we follow.
    row("1.4.7: `--id` takes no word", |case| case.has(&["--id"]), Like(|case| case.renamed("--id", "-i"))),
    row("1.4.7: no `--labelmap`", |case| case.has(LABELMAP), Like(|case| Some(case.without(LABELMAP)))),
    row(
        "1.4.7: no `--labelmap`",
        |case| case.has(LABELMAP),
        Says(|_| Some("Illegal option `--labelmap' with this command".into())),
    ),
    row(
        "1.4.7: values of -m -w -i -c and zones are not checked",
        |_| true,
        Says(|case| bad_number(case, UNCHECKED)),
    ),
    row(
        "1.4.7: `-u` behind `-m` replaces the mark",
        |case| case.has(MARK) && case.has(STATUS),
        Like(|case| case.moved_last(MARK)),
    ),
    row("1.4.7: letters behind a short command are dropped", attached_letters, Like(separate_letters)),
    row(
        "1.4.7: `--reply-zone` needs no command",
        |case| case.line.starts_with("--reply-zone"),
        Says(|_| Some("Illegal option `--reply-zone' with this command".into())),
    ),
    row(
        "1.4.7: letters behind a short command are dropped",
        attached_letters,
        Says(|case| Some(format!("option `{}' requires an argument", case.words()[0]))),
    ),
    row("1.4.7: `-A` leaves what exists", |case| case.command() == "-A", Holds(adds_to_existing)),
    row(
        "1.4.7: `-A` leaves what exists",
        |case| case.stdin.matches("-A ").count() == 2,
        Holds(|_, theirs, ours| {
            let new = |outcome: &Outcome| {
                flow_lines(&outcome.table, '+')
                    .iter()
                    .map(|line| line.split_once(" 17 ").unwrap().1[..2].to_string())
                    .collect::<Vec<_>>()
            };
            ours.status == "0" && new(theirs) == ["2@"] && new(ours) == ["3@"]
        }),
    ),
    row(
        "1.4.7: `-U` goes on after an error",
        |case| case.command() == "-U" || case.stdin.contains("-U"),
        Holds(|_, theirs, ours| {
            let ends = ours.stderr.len() == 1 && ours.status == "1" && ours.stdout.is_empty();
            ends && theirs.first_error().starts_with("Operation failed: ")
                && ours.first_error().ends_with(theirs.first_error())
        }),
    ),
    row("1.4.7: expected protocol from the port", |case| case.line.starts_with("-I expect"), Holds(expects)),
    row(
        "1.4.7: CR behind a command in a file is dropped",
        |case| case.stdin.contains('\r'),
        Holds(|case, _, ours| {
            let word = case.stdin.split(['\n', ' ']).find(|word| word.ends_with('\r')).unwrap_or_default();
            ours.status == "2"
                && ours.table.is_empty()
                && ours.first_error().ends_with(&format!("unknown option `{word}'"))
        }),
    ),
    row(
        "1.4.7: CR behind a command in a file is dropped",
        |case| case.stdin == "\"-D\n",
        Holds(|_, _, ours| {
            ours.status == "2" && ours.table.is_empty() && ours.first_error().ends_with("unknown option `-D")
        }),
    ),
    // What we do differently on purpose.
    row("Attached values of options whose value may be left out", |_| true, Like(detached)),
    row(
        "`-u !BIT` and `-u UNREPLIED` with `-D`",
        |case| case.command() == "-D" && case.has(STATUS),
        Touches(|case| split_status(&listing_of(case, "-D")?)),
    ),
    row(
        "`-u !BIT` and `-u UNREPLIED` with `-D`",
        |case| case.command() == "-L" && case.has(STATUS),
        Like(split_status),
    ),
    row("`-u UNSET` as a filter", |case| case.has(STATUS), Like(without_unset)),
    row(
        "`-D -t N`",
        |case| case.command() == "-D" && case.has(TIMEOUT),
        Like(|case| {
            let rest = case.without(TIMEOUT);
            (rest.words().len() > 1).then_some(rest)
        }),
    ),
    row("`-D -t N`", |case| case.command() == "-D", Says(selects_nothing)),
    row("`-c`, GRE keys and SCTP tags as filters", |case| case.has(&["gre"]), Mended(fewer)),
    row("`-c`, GRE keys and SCTP tags as filters", |case| case.line.starts_with("-G -p sctp"), Mended(fewer)),
    row(
        "`-c`, GRE keys and SCTP tags as filters",
        |case| case.has(&["-c", "--secmark", "--sec"]),
        Holds(|case, _, ours| {
            case.has(&["-c", "--secmark", "--sec"]) && ours.stdout.is_empty() && ours.table.is_empty()
        }),
    ),
    row(
        "`-j IP` beside other options",
        |case| case.has(&["-j", "--any-nat"]),
        Both(|case| {
            let address = case.value(&["-j", "--any-nat"])?;
            Some([case.with_line(format!("-L -j {address}")), case.without(&["-j", "--any-nat"])])
        }),
    ),
    row("An IPv6 address with `-n`, `-g`, `-j`", |_| true, Like(plain_ipv6_nat)),
    row(
        "ICMP entries with `-n`, `-g`, `-j`",
        |case| case.has(&["-n", "-g", "-j", "--dst-nat", "--dst-n"]),
        Mended(fewer),
    ),
    row(
        "`-F -f FAMILY`",
        |case| case.command() == "-F" || case.stdin.starts_with("-F -f"),
        Touches(|case| {
            let file = Case::new(case.stdin.trim_end());
            let family = case.value(&["-f", "--family"]).or(file.value(&["-f"]))?;
            Some(Case::new(format!("-L -o extended -f {family}")))
        }),
    ),
    row(
        "`-U -p tcp`",
        |case| case.command() == "-U",
        Mended(|_, theirs| {
            let unset = |line: &String| {
                line.replace("flags=[Some(a), Some(a)]", NO_FLAGS)
                    .replace("flags=[Some(e), Some(e)]", NO_FLAGS)
            };
            Some(Outcome { table: theirs.table.iter().map(unset).collect(), ..theirs.clone() })
        }),
    ),
    row("ICMP options in front of `-s`", |case| case.line.contains("icmp"), Like(icmp_last)),
    row(
        "`--label-del NAME` of a bit above 95",
        |case| case.has(&["--label-del"]),
        Holds(|case, theirs, ours| {
            let named = case.value(&["--label-del"]).unwrap_or_default();
            let left = |outcome: &Outcome| outcome.stdout.iter().any(|line| line.contains(" labels="));
            let shown = ours.stdout.len() == 1 && left(ours) && !ours.stdout[0].contains("hundred");
            named.contains("hundred")
                && !left(theirs)
                && shown
                && (&theirs.status, &theirs.stderr) == (&ours.status, &ours.stderr)
        }),
    ),
    row(
        "`--label-add` of a bit above 127",
        |case| case.value(&["--label-add"]).is_some_and(|name| name == "big"),
        Says(|_| Some("Operation failed: Numerical result out of range".into())),
    ),
    row(
        "`-U` of an entry in a zone",
        |case| case.command() == "-U" && case.line.contains("--sport 1003"),
        Says(|_| Some("Operation failed: Device or resource busy".into())),
    ),
    row("`-G` with reply addresses only", |case| case.command() == "-G", Like(completed)),
    row(
        "`-I`, `-A` with parts of both directions",
        |case| ["-I", "-A"].contains(&case.command().as_str()),
        Like(completed),
    ),
    row(
        "SCTP: an unknown state",
        |case| case.has(&["sctp"]),
        Says(|case| Some(format!("unknown SCTP state `{}'", case.value(&["--state"])?))),
    ),
    row("SCTP: an unknown state", |case| case.has(&["sctp"]), Holds(swapped_tags)),
    row(
        "SCTP: an unknown state",
        |case| case.line.contains("HEARTBEAT"),
        Holds(|case, theirs, ours| {
            let state = case.value(&["--state"]).unwrap_or_default();
            let made = ours.table.len() == 1 && ours.table[0].contains(&state);
            let unknown_to_kernel =
                ours.first_error() == "P: Operation failed: Numerical result out of range";
            theirs.status.starts_with("signal") && (made || unknown_to_kernel)
        }),
    ),
    row(
        "XML of `-G`, `-D`, `-U`, `-L dying`, `-L unconfirmed`",
        |case| case.line.contains("-o") || case.stdin.contains("-o"),
        Mended(with_root),
    ),
    row(
        "`-D expect` that deleted",
        |case| case.line.starts_with("-D expect"),
        Mended(|_, theirs| {
            let deleted = theirs.first_error() == "P: 0 expectations have been shown.";
            deleted.then(|| Outcome { status: "0".into(), ..theirs.clone() })
        }),
    ),
    row(
        "Lines of a `-R` file",
        |case| case.stdin.contains("-I expect"),
        Holds(|_, theirs, ours| {
            theirs.first_error().contains("`-C expect'")
                && ours.first_error().contains(":1: Cannot use command `-I expect'")
        }),
    ),
    row("Messages about a `-R` file", |case| !case.stdin.is_empty(), Holds(names_the_line)),
    row(
        "A last line of blanks without newline in a `-R` file",
        |case| !case.stdin.ends_with('\n'),
        Holds(|_, theirs, ours| {
            theirs.first_error().contains("`unknown'")
                && ours.status == "0"
                && ours.stderr.is_empty()
                && ours.table.is_empty()
        }),
    ),
    row(
        "`unknown option` for a letter inside a cluster",
        |_| true,
        Says(|case| {
            let words = case.words();
            let word = words.iter().find(|word| {
                word.starts_with('-') && word.len() > 2 && (word.contains('x') || word.contains('R'))
            })?;
            Some(format!("unknown option `{word}'"))
        }),
    ),
    row("Messages about `--orig-zone` and `--reply-zone`", |_| true, Says(|case| bad_number(case, ZONES))),
    row(
        "Ports, types, codes, ids, tags, keys, timeouts, sizes, masks of marks",
        |_| true,
        Says(|case| bad_number(case, NUMBERS)),
    ),
    row(
        "Ports, types, codes, ids, tags, keys, timeouts, sizes, masks of marks",
        |case| case.line.contains("/4294967304"),
        Says(|_| Some("Invalid netmask".into())),
    ),
    row("Prefixes of SRC_NAT and DST_NAT in lists", |_| true, Like(spelt_out)),
    row(
        "Prefixes of SRC_NAT and DST_NAT in lists",
        |_| true,
        Says(|case| {
            let value = case.value(&["-u", "-o", "-e", "--status", "--output", "--event-mask"])?;
            Some(format!("Bad parameter `{value}'"))
        }),
    ),
    row(
        "`-L dying` with masks",
        |case| case.line.starts_with("-L dying") || case.line.starts_with("-L unconfirmed"),
        Says(|case| {
            let side = if case.has(&["--mask-src"]) { "src" } else { "dst" };
            Some(format!("Can't use --mask-{side} without --{side}"))
        }),
    ),
    row(
        "Incomplete pairs of reply ports or keys",
        |_| true,
        Says(|case| {
            let kind = if case.has(&["gre"]) { "key" } else { "port" };
            case.line
                .contains(&format!("--reply-{kind}"))
                .then(|| format!("you have to specify `--reply-{kind}-src' and `--reply-{kind}-dst'"))
        }),
    ),
    row(
        "An empty table name",
        |case| case.words().get(1).is_some_and(String::is_empty),
        Says(|_| Some("unknown type `'".into())),
    ),
    row(
        "An empty table name",
        |case| case.stdin.contains("\"\""),
        Holds(|_, _, ours| {
            ours.status == "2" && ours.first_error().ends_with(":1: unknown type `'") && ours.table.is_empty()
        }),
    ),
    row(
        "`-L -z` with `-n`, `-g`, `-j`",
        |case| case.has(&["-z"]),
        Says(|_| Some("Can't use -z with filtering parameters".into())),
    ),
    row("A second `-p`", |_| true, Like(last_protocol)),
    row(
        "Help",
        |_| true,
        Holds(|_, theirs, ours| {
            let head = |outcome: &Outcome| outcome.stdout.first().is_some_and(|line| line.starts_with(HELP));
            let rest =
                |outcome: &Outcome| (outcome.status.clone(), outcome.stderr.clone(), outcome.table.clone());
            head(theirs) && head(ours) && rest(theirs) == rest(ours)
        }),
    ),
    row("Lines of a `-R` file", |case| case.stdin.matches("\n").count() == 2, Holds(stand_alone)),
    // Last, because it says least.
    row(
        "1.4.7: `-U` does not reach every entry",
        |case| case.command() == "-U" && case.value(MARK).is_some_and(|mark| mark == "0x77"),
        Touches(listing),
    ),
    row("1.4.7: `-U` does not reach every entry", |case| case.command() == "-U", TouchesSome(listing)),
    row(
        "1.4.7: `-U` does not reach every entry",
        |case| case.command() == "-U" && case.has(TIMEOUT),
        Holds(|_, _, ours| {
            // One of the entries has a timeout that is fixed.
            ours.status == "1"
                && ours.stderr
                    == [
                        "P: Operation failed: sorry, you must be root or get CAP_NET_ADMIN capability to do this",
                    ]
        }),
    ),
];

const NO_FLAGS: &str = "flags=[Some(0), Some(0)]";
const LABELMAP: &[&str] = &["--labelmap", "-M"];
const MARK: &[&str] = &["-m", "--mark"];
const STATUS: &[&str] = &["-u", "--status"];
const TIMEOUT: &[&str] = &["-t", "--timeout"];

/// Options that take a number: the option, as messages call it, how many bits it has, whether C notation is taken.
type Numbered = (&'static str, &'static str, u32, bool);
const UNCHECKED: &[Numbered] = &[
    ("-m", "-m", 32, true),
    ("--mark", "-m", 32, true),
    ("-w", "-w", 16, true),
    ("--zone", "-w", 16, true),
    ("-i", "-i", 32, true),
    ("--id", "-i", 32, true),
    ("-c", "-c", 32, true),
    ("--secmark", "-c", 32, true),
];
const ZONES: &[Numbered] =
    &[("--orig-zone", "--orig-zone", 16, true), ("--reply-zone", "--reply-zone", 16, true)];
const NUMBERS: &[Numbered] = &[
    ("-t", "-t", 32, false),
    ("--timeout", "-t", 32, false),
    ("-b", "-b", 32, false),
    ("--sport", "--sport", 16, false),
    ("--dport", "--dport", 16, false),
    ("--icmp-type", "--icmp-type", 8, false),
    ("--icmp-code", "--icmp-code", 8, false),
    ("--icmp-id", "--icmp-id", 16, false),
    ("--icmpv6-type", "--icmpv6-type", 8, false),
    ("--srckey", "--srckey", 16, true),
    ("--orig-vtag", "--orig-vtag", 32, false),
];

/// How options are found in a command line, as words of their own.
impl Case {
    pub fn has(&self, names: &[&str]) -> bool {
        self.words().iter().any(|word| names.contains(&word.as_str()))
    }

    /// The command as a letter; nothing where it is written in another way.
    pub fn command(&self) -> String {
        let words = self.words();
        words
            .iter()
            .find(|word| word.len() == 2 && "LGDIAUEFCSVh".contains(&word[1..]))
            .cloned()
            .unwrap_or_default()
    }

    /// The word behind an option.
    pub fn value(&self, names: &[&str]) -> Option<String> {
        let words = self.words();
        let at = words.iter().position(|word| names.contains(&word.as_str()))?;
        words.get(at + 1).cloned()
    }

    /// The same words, changed.
    fn edited(&self, edit: impl FnOnce(Vec<String>) -> Vec<String>) -> Case {
        let words = edit(self.words());
        let quoted = words.iter().map(|word| {
            let plain = !word.is_empty() && !word.contains([' ', '\'', '"']);
            if plain { word.clone() } else { format!("'{word}'") }
        });
        self.with_line(quoted.collect::<Vec<_>>().join(" "))
    }

    fn renamed(&self, from: &str, to: &str) -> Option<Case> {
        let rename = |word: String| if word == from { to.to_string() } else { word };
        Some(self.edited(|words| words.into_iter().map(rename).collect()))
    }

    /// Without these options and their values.
    fn without(&self, names: &[&str]) -> Case {
        self.edited(|words| {
            let mut kept = Vec::new();
            let mut words = words.into_iter();
            while let Some(word) = words.next() {
                if names.contains(&word.as_str()) {
                    words.next();
                } else {
                    kept.push(word);
                }
            }
            kept
        })
    }

    /// With these options and their values behind the others.
    fn moved_last(&self, names: &[&str]) -> Option<Case> {
        let value = self.value(names)?;
        let rest = self.without(names);
        Some(rest.edited(|mut words| {
            words.extend([names[0].to_string(), value]);
            words
        }))
    }
}

/// The complaint about the first value of these options that is no number in range.
fn bad_number(case: &Case, options: &[Numbered]) -> Option<String> {
    let words: Vec<String> = case
        .words()
        .iter()
        .flat_map(|word| match word.split_once('=') {
            Some((name, value)) if name.starts_with("--") => vec![name.to_string(), value.to_string()],
            _ => vec![word.clone()],
        })
        .collect();
    words.windows(2).find_map(|pair| {
        let (_, name, bits, c) = options.iter().find(|(option, ..)| pair[0] == *option)?;
        let number = |word: &str| match word.strip_prefix("0x") {
            Some(digits) if *c => u64::from_str_radix(digits, 16).ok(),
            _ => word.parse::<u64>().ok(),
        };
        let good = |word: &str| number(word).is_some_and(|number| number < 1 << bits);
        let masked = *name == "-m";
        let all_good = if masked { pair[1].splitn(2, '/').all(good) } else { good(&pair[1]) };
        (!all_good).then(|| format!("unexpected value '{}' with {name} option", pair[1]))
    })
}

fn attached_letters(case: &Case) -> bool {
    case.words().first().is_some_and(|word| {
        let bytes = word.as_bytes();
        bytes.len() > 2 && bytes[0] == b'-' && b"LGDIAUEFSVh".contains(&bytes[1])
    })
}

fn separate_letters(case: &Case) -> Option<Case> {
    Some(case.edited(|mut words| {
        let rest = format!("-{}", &words[0][2..]);
        words[0].truncate(2);
        words.insert(1, rest);
        words
    }))
}

/// `-A` of an entry that exists: changed as asked and counted, or the kernel's refusal.
fn adds_to_existing(case: &Case, theirs: &Outcome, ours: &Outcome) -> bool {
    let silent = theirs.stderr == ["P: 0 flow entries have been added."] && theirs.table.is_empty();
    let [gone, new] = ['-', '+'].map(|mark| flow_lines(&ours.table, mark));
    let mark = case.value(MARK).map(|mark| u32::from_str_radix(mark.trim_start_matches("0x"), 16).unwrap());
    let as_asked = |line: &String| {
        mark.is_none_or(|mark| line.contains(&format!("mark={mark} "))) && line.contains(" 99@ ")
    };
    let dies = case.line.ends_with("-t 0");
    let refusal = if case.has(&["EXPECTED"]) {
        "Device or resource busy"
    } else if case.has(&["-n", "-g"]) {
        "Operation not supported"
    } else {
        "File exists" // another entry has the reply's tuple
    };
    let changed = ours.stderr == ["P: 1 flow entries have been added."]
        && ours.status == "0"
        && gone.len() == 1
        && new.len() == usize::from(!dies)
        && new.iter().all(as_asked);
    let refused = ours.status == "1" && ours.stderr == [format!("P: Operation failed: {refusal}")];
    silent && (changed || refused)
}

/// The listing of what an update selects.
fn listing(case: &Case) -> Option<Case> {
    let values = ["--state", "--label-add", "--label-del", "--orig-vtag", "--reply-vtag"];
    let filters = case.without(&values).without(MARK).without(TIMEOUT).without(STATUS);
    let list = listing_of(&filters, "-U")?;
    // `-L` takes no id.
    let by_id = [
        ("-i @id(dns) -p tcp", "-s 10.99.0.1"),
        ("-i @id(dns)", "-p udp --sport 1000 -s 10.1.0.1 -w 0"),
        ("-i @id(web6)", "-p tcp -s fd00::1 --sport 1000"),
        ("-i 1", "-s 10.99.0.1"),
        ("-i 0x1", "-s 10.99.0.1"),
    ];
    let named = by_id.iter().find(|(id, _)| list.line.contains(id));
    Some(named.map_or(list.clone(), |(id, filter)| list.with_line(list.line.replace(id, filter))))
}

/// An expectation of TCP with the ports asked for, or a refusal for one that exists.
fn expects(case: &Case, theirs: &Outcome, ours: &Outcome) -> bool {
    let value = |name| case.value(&[name]).unwrap_or_default();
    let new = ours.table.iter().find_map(|line| line.strip_prefix('+'));
    let asked = format!("sport={} dport={} ", value("--tuple-port-src"), value("--tuple-port-dst"));
    let made = ours.status == "0" && new.is_some_and(|new| new.contains("proto=6 ") && new.contains(&asked));
    let exists = value("--tuple-port-dst") == "2570" && ours.stderr == ["P: Operation failed: File exists"];
    case.has(&["tcp"]) && theirs.status == "0" && (made || exists)
}

/// Values that are attached, as words of their own.
fn detached(case: &Case) -> Option<Case> {
    const COMMANDS: [&str; 9] =
        ["--dump", "--get", "--delete", "--create", "--add", "--update", "--event", "--flush", "--counter"];
    const OPTIONS: [&str; 4] = ["--src-nat", "--dst-nat", "--any-nat", "--label-del"];
    let detach = |word: String| -> Vec<String> {
        match word.split_once('=') {
            Some((name, value)) if COMMANDS.contains(&name) || OPTIONS.contains(&name) => {
                vec![name.into(), value.into()]
            }
            _ if ["-C", "-n", "-g", "-j"].iter().any(|option| word.starts_with(option)) && word.len() > 2 => {
                vec![word[..2].to_string(), word[2..].to_string()]
            }
            _ => vec![word],
        }
    };
    Some(case.edited(|words| words.into_iter().flat_map(detach).collect()))
}

/// The list that a command works on, in the extended form.
fn listing_of(case: &Case, command: &str) -> Option<Case> {
    let plain = case.without(&["-o", "--output"]);
    Some(plain.with_line(format!("-L -o extended{}", plain.line.strip_prefix(command)?)))
}

/// One `-u` for the bits that must be set, one for those that must be clear: what the original understands.
fn split_status(case: &Case) -> Option<Case> {
    let words = case.words();
    let lists =
        words.windows(2).filter(|pair| STATUS.contains(&pair[0].as_str())).map(|pair| pair[1].clone());
    let items: Vec<String> =
        lists.flat_map(|list| list.split(',').map(String::from).collect::<Vec<_>>()).collect();
    let negated = |item: &String| item.starts_with('!') || item.starts_with("UNREPLIED");
    let (clear, set): (Vec<String>, Vec<String>) = items.into_iter().partition(negated);
    // A bit wanted both ways matches nothing only in this order.
    let both = clear.iter().any(|item| set.contains(&item[1..].to_string()));
    let lists = if both { [clear, set] } else { [set, clear] };
    let split = case.without(STATUS).edited(|mut words| {
        for list in lists.into_iter().filter(|list| !list.is_empty()) {
            words.extend(["-u".to_string(), list.join(",")]);
        }
        words
    });
    // The older original needs the mark behind it.
    split.moved_last(MARK).or(Some(split))
}

/// Without the items of a status list that name no bit; the warning about a former name comes with `-o` as well.
fn without_unset(case: &Case) -> Option<Case> {
    let value = case.value(STATUS)?;
    let bitless = |item: &&str| {
        let name = item.trim_start_matches('!').to_ascii_uppercase();
        !("UNSET".starts_with(&name) || name == "SRC_NAT" || name == "DST_NAT")
    };
    let (kept, dropped): (Vec<&str>, Vec<&str>) = value.split(',').partition(bitless);
    let former = dropped.iter().map(|item| item.trim_start_matches('!')).filter(|item| item.len() == 7);
    let former: Vec<String> = former.map(String::from).collect();
    let rest = case.without(STATUS);
    Some(rest.edited(|mut words| {
        if !former.is_empty() {
            words.extend(["-o".to_string(), former.join(",")]);
        }
        if !kept.is_empty() {
            words.extend(["-u".to_string(), kept.join(",")]);
        }
        words
    }))
}

fn selects_nothing(case: &Case) -> Option<String> {
    let name = if case.has(TIMEOUT) { "timeout" } else { "status" };
    let rest = case.without(TIMEOUT).without(STATUS).without(&["-f", "--family"]).without(&["-o"]);
    let nothing = rest.words().len() == 1;
    nothing
        .then(|| format!("`--{name}' alone selects nothing: name the entries with another option, or use -F"))
}

/// Without the entries that the original shows, deletes or changes although they are not meant.
fn fewer(case: &Case, theirs: &Outcome) -> Option<Outcome> {
    let kept = |lines: &[String]| -> Vec<String> {
        let flows = |line: &&String| is_root(line) || line.contains(" proto=") || is_meant(case, line);
        lines.iter().filter(flows).cloned().collect()
    };
    let (stdout, table) = (kept(&theirs.stdout), kept(&theirs.table));
    let shown = stdout.iter().filter(|line| !is_root(line)).count();
    let (_, what) = theirs.stderr.last()?.strip_prefix("P: ")?.split_once(' ')?;
    let mut stderr = theirs.stderr.clone();
    *stderr.last_mut()? = format!("P: {shown} {what}");
    let failed = shown == 0 && !["-L", "-E"].contains(&case.command().as_str());
    let stdout = if shown == 0 { Vec::new() } else { stdout };
    Some(Outcome { status: u8::from(failed).to_string(), stdout, stderr, table })
}

/// With the root element that the original leaves out or does not close.
fn with_root(_: &Case, theirs: &Outcome) -> Option<Outcome> {
    let inside: Vec<String> = theirs.stdout.iter().filter(|line| !is_root(line)).cloned().collect();
    if !inside.iter().any(|line| line.starts_with("<flow")) {
        return None;
    }
    let root = ["<?xml version=\"1.0\" encoding=\"utf-8\"?>", "<conntrack>"].map(String::from);
    Some(Outcome { stdout: [root.to_vec(), inside, vec!["</conntrack>".into()]].concat(), ..theirs.clone() })
}

/// Whether an entry has the GRE keys or SCTP tags (of the fixture's one) asked for and, if it is of ICMP, is translated in the way asked for.
fn is_meant(case: &Case, line: &str) -> bool {
    let number = |word: &str| match word.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => word.parse().ok(),
    };
    let shown =
        |name: &str| line.split(' ').filter_map(|word| number(word.strip_prefix(name)?)).collect::<Vec<_>>();
    let keys = [
        (["--srckey", "--orig-key-src", "--srck"], "srckey=", 0),
        (["--dstkey", "--orig-key-dst", "--dstk"], "dstkey=", 0),
        (["--reply-key-src"; 3], "srckey=", 1),
        (["--reply-key-dst"; 3], "dstkey=", 1),
    ];
    let keys_fit = keys.iter().all(|(names, shown_as, at)| {
        let spelt = case.words().iter().find_map(|word| {
            word.split_once('=').filter(|(name, _)| names.contains(name)).map(|(_, value)| value.to_string())
        });
        spelt
            .or_else(|| case.value(names))
            .is_none_or(|key| shown(shown_as).get(*at).copied() == number(&key))
    });
    let destination = case.words().iter().any(|word| ["-g", "--dst-nat", "--dst-n"].contains(&word.as_str()));
    let port = case.value(&["-n"]).is_some_and(|target| target.contains(':'));
    let icmp = ["icmp ", "icmpv6 ", "protoname=\"icmp\""].iter().any(|name| line.contains(name));
    let tags_fit = !case.has(&["--orig-vtag"]) || case.value(&["--orig-vtag"]).as_deref() == Some("16843009");
    keys_fit && tags_fit && !(icmp && (destination || port))
}

/// The bare option finds the translated entries, the reply's address the one that is meant: `fd09::8` translates a
/// destination.
fn plain_ipv6_nat(case: &Case) -> Option<Case> {
    let words = case.words();
    let ipv6 =
        |pair: &&[String]| ["-n", "-g", "-j"].contains(&pair[0].as_str()) && pair[1].matches(':').count() > 1;
    let pair = words.windows(2).find(ipv6)?;
    let (option, target) = (pair[0].as_str(), pair[1].clone());
    let reply = if option == "-g" || target.contains("fd09::8") { "-r" } else { "-q" };
    let (address, port) = match target.strip_prefix('[') {
        Some(rest) => rest.split_once("]:").map(|(address, port)| (address, Some(port)))?,
        None => (target.as_str(), None),
    };
    let port_option = if option == "-n" { "--reply-port-dst" } else { "--reply-port-src" };
    let bare =
        |words: Vec<String>| words.into_iter().filter(|word| *word != target && word != option).collect();
    Some(case.edited(bare).edited(|mut words| {
        words.extend([option, reply, address].map(String::from));
        if let Some(port) = port {
            words.extend(["-p", "udp", port_option, port].map(String::from));
        }
        words
    }))
}

/// With the ICMP options behind all others.
fn icmp_last(case: &Case) -> Option<Case> {
    let words = case.words();
    let mut last = Vec::new();
    let names: Vec<String> = words.iter().filter(|word| word.starts_with("--icmp")).cloned().collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for pair in words.windows(2).filter(|pair| names.contains(&pair[0].as_str())) {
        last.extend([pair[0].clone(), pair[1].clone()]);
    }
    Some(case.without(&names).edited(|mut words| {
        words.extend(last);
        words
    }))
}

/// Addresses and ports: an option and the one of the other direction that means the same.
const MIRRORED: [[&str; 2]; 8] = [
    ["-s", "-q"],
    ["-d", "-r"],
    ["--sport", "--reply-port-dst"],
    ["--dport", "--reply-port-src"],
    ["--srckey", "--reply-key-dst"],
    ["--dstkey", "--reply-key-src"],
    ["--src", "--reply-dst"],
    ["--dst", "--reply-src"],
];

/// With every missing part of a direction written out from the other one.
fn completed(case: &Case) -> Option<Case> {
    let missing = MIRRORED.iter().flat_map(|&[one, other]| {
        let given = |name| case.value(&[name]);
        match (given(one), given(other)) {
            (Some(value), None) => vec![other.to_string(), value],
            (None, Some(value)) => vec![one.to_string(), value],
            _ => vec![],
        }
    });
    let missing: Vec<String> = missing.collect();
    if missing.is_empty() {
        return None;
    }
    let all = case.edited(|mut words| {
        words.extend(missing);
        words
    });
    icmp_last(&all)
}

/// The same, but for the bytes of SCTP tags.
fn swapped_tags(_: &Case, theirs: &Outcome, ours: &Outcome) -> bool {
    let tags = |line: &String| -> (String, Vec<u32>) {
        let (before, rest) = line.split_once("tags=[").unwrap_or((line, ""));
        let (tags, behind) = rest.split_once(']').unwrap_or_default();
        let numbers = tags
            .split(", ")
            .filter_map(|tag| u32::from_str_radix(tag.strip_prefix("Some(")?.strip_suffix(')')?, 16).ok());
        (format!("{before}{behind}"), numbers.collect())
    };
    let same = theirs.table.len() == ours.table.len()
        && theirs.table.iter().zip(&ours.table).all(|(theirs, ours)| {
            let (theirs, ours) = (tags(theirs), tags(ours));
            theirs.0 == ours.0
                && (theirs.1 == ours.1 || theirs.1.iter().map(|tag| tag.swap_bytes()).eq(ours.1))
        });
    same && (&theirs.status, &theirs.stdout, &theirs.stderr) == (&ours.status, &ours.stdout, &ours.stderr)
}

/// The same, but that ours names the line.
fn names_the_line(case: &Case, theirs: &Outcome, ours: &Outcome) -> bool {
    let Some(named) =
        ours.stderr.iter().position(|line| line.contains(": ") && !theirs.stderr.contains(line))
    else {
        return false;
    };
    let line = &ours.stderr[named];
    let mut parts = line.splitn(4, ':');
    let number = parts.nth(2).and_then(|number| number.parse::<usize>().ok());
    let real = number.and_then(|number| case.stdin.split('\n').nth(number.checked_sub(1)?));
    let unnamed = format!("P:{}", parts.next().unwrap_or_default());
    let mut stderr = ours.stderr.clone();
    stderr[named] = unnamed;
    real.is_some_and(|line| !line.trim_matches([' ', '\t']).is_empty() && !line.trim_start().starts_with('#'))
        && *theirs == Outcome { stderr, ..ours.clone() }
}

/// Formats and marks of a line are its own.
fn stand_alone(case: &Case, _: &Outcome, ours: &Outcome) -> bool {
    let lines: Vec<&str> = case.stdin.lines().collect();
    let shown = |line: &str| {
        let number = if line.contains("esp") { "50" } else { "89" };
        let form = |text: &&String| match line {
            _ if line.contains("-o save") => {
                text.starts_with("-D ") && text.contains(&format!("-p {number}"))
            }
            _ => {
                text.starts_with(&format!("unknown  {number}"))
                    && text.ends_with("id=@") == line.contains("-o id")
            }
        };
        ours.stdout.iter().filter(form).count() == 1
    };
    let marked = lines[0].contains("-m 7")
        && ours.stdout.iter().any(|text| text.contains("unknown  50") && text.contains("mark=7"));
    ours.status == "0" && (marked || (ours.stdout.len() == 2 && lines.iter().all(|line| shown(line))))
}

/// With abbreviations that the original takes for SRC_NAT or DST_NAT as the names that ours takes them for.
fn spelt_out(case: &Case) -> Option<Case> {
    let spell = |option: &str, item: &str| match (option, item.to_ascii_lowercase().as_str()) {
        ("-u" | "--status", "s") => "seen_reply".to_string(),
        ("-o" | "--output", "s") => "save".to_string(),
        ("-e" | "--event-mask", "d") => "destroy".to_string(),
        _ => item.to_string(),
    };
    Some(case.edited(|mut words| {
        for at in 1..words.len() {
            let option = words[at - 1].clone();
            words[at] = words[at].split(',').map(|item| spell(&option, item)).collect::<Vec<_>>().join(",");
        }
        words
    }))
}

/// Only the last `-p`, and of the options in front of it those that it has too.
fn last_protocol(case: &Case) -> Option<Case> {
    let words = case.words();
    let places: Vec<usize> = (0..words.len()).filter(|&at| words[at] == "-p").collect();
    let (&last, former) = places.split_last().filter(|(_, former)| !former.is_empty())?;
    let (chosen, first) = (words.get(last + 1)?.clone(), former[0]);
    let same = former.iter().all(|at| words.get(at + 1) == Some(&chosen));
    let of_protocol = |word: &str| ["port", "key", "icmp", "state"].iter().any(|part| word.contains(part));
    let lost = |word: &str| word == "--state" || !shared(&words, first, &chosen);
    let dropped = |at: usize| {
        let option = &words[at];
        let foreign = at < last && option.starts_with("--") && of_protocol(option) && !same && lost(option);
        option == "-p" || foreign
    };
    let kept = (0..words.len()).filter(|&at| !dropped(at) && (at == 0 || !dropped(at - 1)));
    let kept: Vec<String> = kept.map(|at| words[at].clone()).collect();
    Some(case.edited(|_| {
        let (head, tail) = kept.split_at(first);
        [head, &["-p".to_string(), chosen], tail].concat()
    }))
}

/// Whether two protocols have the same options.
fn shared(words: &[String], former: usize, chosen: &str) -> bool {
    const PORTS: [&str; 7] = ["tcp", "udp", "udplite", "sctp", "dccp", "6", "17"];
    [&words[former + 1], chosen].iter().all(|name| PORTS.contains(&name.to_ascii_lowercase().as_str()))
}
