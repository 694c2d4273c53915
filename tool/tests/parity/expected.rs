// SPDX-License-Identifier: GPL-2.0-or-later
//! What ours must do where no other command line shows it: messages, mended outcomes, and conditions on both.

use super::case::{MARK, STATUS, TIMEOUT};
use super::fixture::flow_lines;
use super::normal::{HELP, is_root};
use super::rewrite::last_protocol_lacks;
use super::{Case, Outcome};

/// Options that take a number: the option, as messages call it, how many bits it has, whether C notation is taken.
type Numbered = (&'static str, &'static str, u32, bool);
pub const UNCHECKED: &[Numbered] = &[
    ("-m", "-m", 32, true),
    ("--mark", "-m", 32, true),
    ("-w", "-w", 16, true),
    ("--zone", "-w", 16, true),
    ("-i", "-i", 32, true),
    ("--id", "-i", 32, true),
    ("-c", "-c", 32, true),
    ("--secmark", "-c", 32, true),
];
pub const ZONES: &[Numbered] =
    &[("--orig-zone", "--orig-zone", 16, true), ("--reply-zone", "--reply-zone", 16, true)];
pub const NUMBERS: &[Numbered] = &[
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

/// The complaint about the first value of these options that is no number in range.
pub fn bad_number(case: &Case, options: &[Numbered]) -> Option<String> {
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

/// The complaint about the first option that selects nothing, where no other one selects.
pub fn selects_nothing(case: &Case) -> Option<String> {
    let value = |names: &[&str]| case.value(names).unwrap_or_default();
    let no_bit = |address: &[&str], mask: &[&str]| {
        value(address).ends_with("/0") || ["0.0.0.0", "::"].contains(&value(mask).as_str())
    };
    let bitless = |list: String| list.split(',').all(|item| matches!(item, "UNSET" | "!UNSET"));
    let deletes = case.command() == "-D";
    let family = case.has(&["-f", "--family"]);
    let (src, dst) = (&["-s", "--src"], &["-d", "--dst"]);
    let idle = [
        ("src", &src[..], no_bit(src, &["--mask-src"])),
        ("dst", dst, no_bit(dst, &["--mask-dst"])),
        ("timeout", TIMEOUT, deletes),
        ("status", STATUS, deletes && bitless(value(STATUS))),
        ("nat-range", &["-a", "--nat-range"], true),
        ("mark", MARK, deletes && value(MARK) == "0/0"),
        ("output", &["-o", "--output"], deletes && !family),
        ("labelmap", &["-M", "--labelmap"], deletes && !family),
    ];
    let found = idle.iter().find(|(_, names, idle)| *idle && case.has(names))?;
    // What is left selects nothing: new values, ways to show entries, masks, a family.
    let mut rest = case.without(&["--mask-src", "--mask-dst", "-f", "--family", "-o", "--output"]);
    rest = idle.iter().filter(|(.., idle)| *idle).fold(rest, |rest, (_, names, _)| rest.without(names));
    if !deletes {
        rest = rest.without(TIMEOUT).without(MARK).without(STATUS);
    }
    let instead = if deletes { "use -F" } else { "leave it out" };
    let text =
        format!("`--{}' alone selects nothing: name the entries with another option, or {instead}", found.0);
    (rest.words().len() == 1).then_some(text)
}

/// The refusal to delete by a former name of a status.
pub fn former_status(case: &Case) -> Option<String> {
    let list = case.value(STATUS)?.to_ascii_uppercase();
    let names = [("SRC_NAT", "src-nat"), ("DST_NAT", "dst-nat")];
    let (name, option) = names
        .into_iter()
        .find(|(name, _)| list.split(',').any(|item| item.trim_start_matches('!') == *name))?;
    let by_it = format!("`--status {name}' selects nothing: use --{option} instead");
    Some(if case.command() == "-L" { "Operation failed: invalid parameters".into() } else { by_it })
}

/// The first word that no option takes, in the case or in the first line of its file that has one.
fn first_stray(case: &Case) -> Option<String> {
    let words = case.words();
    let takes = |word: &str| word.len() > 1 && word.starts_with('-') && !word.contains('=');
    let switch = |word: &str| ["-z", "--zero"].contains(&word);
    let stray = |at: usize| {
        let word = words[at].as_str();
        let before = at.checked_sub(1).map_or("", |before| &words[before]);
        match before {
            "--" => true,
            "-n" | "-g" | "-j" if word.starts_with('!') => true,
            before if takes(before) && !switch(before) && word != "-" => false,
            _ => !takes(word) || word == "-",
        }
    };
    (0..words.len()).find(|&at| stray(at)).map(|at| words[at].clone())
}

/// The refusal of a stray word.
pub fn refuses_stray(case: &Case) -> Option<String> {
    let refused = ["-D", "-U", "-F"].contains(&case.command().as_str());
    refused.then(|| Some(format!("stray word `{}': no option takes it", first_stray(case)?)))?
}

/// With the warning of a stray word.
pub fn with_stray_warning(case: &Case, theirs: &Outcome) -> Option<Outcome> {
    let stray = if !case.stdin.is_empty() {
        case.stdin.lines().find_map(|line| first_stray(&Case::new(line)))
    } else if case.line.starts_with("-R") || case.line.starts_with("--load-file") {
        case.words().get(2).cloned() // what follows the file is no option
    } else {
        first_stray(case)
    };
    let warning = format!("WARNING: ignoring the stray word `{}': no option takes it", stray?);
    let stderr = [vec![warning], theirs.stderr.clone()].concat();
    Some(Outcome { stderr, ..theirs.clone() })
}

/// The refusal of a line of a file: the line, and what is said of it.
fn refused_line<'a>(case: &'a Case, ours: &'a Outcome) -> Option<(&'a str, &'a str)> {
    let mut parts = ours.first_error().splitn(4, ':');
    let number: usize = parts.nth(2)?.parse().ok()?;
    let line = case.stdin.split('\n').nth(number.checked_sub(1)?)?;
    let nothing_done = ours.status == "2" && ours.stdout.is_empty() && ours.table.is_empty();
    let text = parts.next()?.strip_prefix(' ')?;
    nothing_done.then_some((line, text))
}

/// The stray word of a file's line, refused with the line's number.
pub fn refuses_stray_in_file(case: &Case, _: &Outcome, ours: &Outcome) -> bool {
    let refused = refused_line(case, ours);
    refused.is_some_and(|(line, text)| {
        let word =
            text.strip_prefix("stray word `").and_then(|rest| rest.strip_suffix("': no option takes it"));
        ["-D", "-U", "-F"].iter().any(|command| line.contains(command))
            && word.is_some_and(|word| line.contains(word))
    })
}

/// The line of a file refused with its number, as the same command line alone is.
pub fn refuses_line(case: &Case, ours: &Outcome, says: fn(&Case) -> Option<String>) -> bool {
    refused_line(case, ours).is_some_and(|(line, text)| says(&Case::new(line)).as_deref() == Some(text))
}

/// The refusal of an option whose protocol a later `-p` replaces.
pub fn replaced_option(case: &Case) -> Option<String> {
    let words = case.words();
    let last = words.iter().rposition(|word| word == "-p")?;
    let replaced =
        words[..last].iter().filter(|word| word.starts_with("--") && last_protocol_lacks(case, word));
    let name = replaced.map(|word| word.trim_start_matches("--").to_string()).next()?;
    let refused = ["-D", "-U"].contains(&case.command().as_str());
    refused.then(|| format!("`--{}' is an option of a protocol that a later -p replaces", first_name(&name)))
}

/// The name that messages use for an option.
fn first_name(name: &str) -> &str {
    match name {
        "orig-port-src" => "sport",
        "orig-port-dst" => "dport",
        "orig-key-src" => "srckey",
        "orig-key-dst" => "dstkey",
        name => name,
    }
}

/// The zones of both directions of an entry, as its line shows them.
fn zones_of(line: &str) -> [u32; 2] {
    let shown = |name: &str| line.split(' ').find_map(|word| word.strip_prefix(name)?.parse().ok());
    let both = shown("zone=").unwrap_or(0);
    ["zone-orig=", "zone-reply="].map(|name| shown(name).unwrap_or(both))
}

/// Whether an entry's directions are in the zones asked for.
pub fn in_zones(case: &Case, line: &str) -> bool {
    let number = |text: String| match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).unwrap(),
        None => text.parse().unwrap(),
    };
    let asked = |names: &[&str]| case.value(names).map(number);
    let [orig, reply] = zones_of(line);
    asked(&["-w", "--zone"]).is_none_or(|zone| [orig, reply] == [zone; 2])
        && asked(&["--orig-zone"]).is_none_or(|zone| orig == zone)
        && asked(&["--reply-zone"]).is_none_or(|zone| reply == zone)
}

/// Without the entries that the original shows, deletes or changes although they are not meant.
pub fn fewer(case: &Case, theirs: &Outcome) -> Option<Outcome> {
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

/// Whether an entry has the GRE keys (a port given for another protocol is one) or SCTP tags (of the fixture's one) asked for and, if it is of ICMP, is translated in the way asked for.
fn is_meant(case: &Case, line: &str) -> bool {
    let number = |word: &str| match word.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => word.parse().ok(),
    };
    let shown =
        |name: &str| line.split(' ').filter_map(|word| number(word.strip_prefix(name)?)).collect::<Vec<_>>();
    let keys = [
        (&["--srckey", "--orig-key-src", "--srck", "--sport", "--orig-port-src"][..], "srckey=", 0),
        (&["--dstkey", "--orig-key-dst", "--dstk", "--dport", "--orig-port-dst"], "dstkey=", 0),
        (&["--reply-key-src", "--reply-port-src"], "srckey=", 1),
        (&["--reply-key-dst", "--reply-port-dst"], "dstkey=", 1),
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

/// Whether an entry's mark is the one asked for; a missing mark is 0.
pub fn has_mark(case: &Case, line: &str) -> bool {
    let number = |text: &str| match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).unwrap(),
        None => text.parse().unwrap(),
    };
    let asked = case.value(MARK).unwrap_or_default();
    let (value, mask) = asked.split_once('/').unwrap_or((&asked, "0xffffffff"));
    let mark = line.split(' ').find_map(|word| word.strip_prefix("mark=")).map_or(0, number);
    mark & number(mask) == number(value)
}

/// With the root element that the original leaves out or does not close.
pub fn with_root(_: &Case, theirs: &Outcome) -> Option<Outcome> {
    let inside: Vec<String> = theirs.stdout.iter().filter(|line| !is_root(line)).cloned().collect();
    if !inside.iter().any(|line| line.starts_with("<flow")) {
        return None;
    }
    let root = ["<?xml version=\"1.0\" encoding=\"utf-8\"?>", "<conntrack>"].map(String::from);
    Some(Outcome { stdout: [root.to_vec(), inside, vec!["</conntrack>".into()]].concat(), ..theirs.clone() })
}

/// `-A` of an entry that exists: changed as asked and counted, or the kernel's refusal.
pub fn adds_to_existing(case: &Case, theirs: &Outcome, ours: &Outcome) -> bool {
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

/// An expectation of TCP with the ports asked for, or a refusal for one that exists.
pub fn expects(case: &Case, theirs: &Outcome, ours: &Outcome) -> bool {
    let value = |name| case.value(&[name]).unwrap_or_default();
    let new = ours.table.iter().find_map(|line| line.strip_prefix('+'));
    let asked = format!("sport={} dport={} ", value("--tuple-port-src"), value("--tuple-port-dst"));
    let made = ours.status == "0" && new.is_some_and(|new| new.contains("proto=6 ") && new.contains(&asked));
    let exists = value("--tuple-port-dst") == "2570" && ours.stderr == ["P: Operation failed: File exists"];
    case.has(&["tcp"]) && theirs.status == "0" && (made || exists)
}

/// The same, but for the bytes of SCTP tags.
pub fn swapped_tags(_: &Case, theirs: &Outcome, ours: &Outcome) -> bool {
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
pub fn names_the_line(case: &Case, theirs: &Outcome, ours: &Outcome) -> bool {
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
pub fn stand_alone(case: &Case, _: &Outcome, ours: &Outcome) -> bool {
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

/// Whether a command is written as a letter with more letters behind it.
pub fn letters_are_attached(case: &Case) -> bool {
    case.words().first().is_some_and(|word| {
        let bytes = word.as_bytes();
        bytes.len() > 2 && bytes[0] == b'-' && b"LGDIAUEFSVh".contains(&bytes[1])
    })
}

pub fn wants_argument(case: &Case) -> Option<String> {
    Some(format!("option `{}' requires an argument", case.words().first()?))
}

/// The second `-A` of a file changes what the first one made.
pub fn adds_twice(_: &Case, theirs: &Outcome, ours: &Outcome) -> bool {
    let made = |outcome: &Outcome, seconds| {
        let new = flow_lines(&outcome.table, '+');
        new.len() == 1 && new[0].contains(&format!(" 17 {seconds}@ "))
    };
    ours.status == "0" && made(theirs, 2) && made(ours, 3)
}

/// An error ends the run, and is said once.
pub fn stops_at_an_error(_: &Case, theirs: &Outcome, ours: &Outcome) -> bool {
    let said = theirs.first_error();
    said.starts_with("Operation failed: ")
        && ours.status == "1"
        && ours.stdout.is_empty()
        && ours.stderr.len() == 1
        && ours.first_error().ends_with(said)
}

/// A word of a file keeps the carriage return behind it.
pub fn keeps_cr(case: &Case, _: &Outcome, ours: &Outcome) -> bool {
    let word = case.stdin.split(['\n', ' ']).find(|word| word.ends_with('\r')).unwrap_or_default();
    ours.status == "2"
        && ours.table.is_empty()
        && ours.first_error().ends_with(&format!("unknown option `{word}'"))
}

/// A word in quotes that are left open keeps the newline.
pub fn keeps_newline(_: &Case, _: &Outcome, ours: &Outcome) -> bool {
    ours.status == "2" && ours.table.is_empty() && ours.first_error().ends_with("unknown option `-D")
}

/// XML is not followed by who made the event.
pub fn without_origin(_: &Case, theirs: &Outcome) -> Option<Outcome> {
    let bare = |line: &String| line.split(" [USERSPACE]").next().unwrap_or_default().to_string();
    Some(Outcome { stdout: theirs.stdout.iter().map(bare).collect(), ..theirs.clone() })
}

/// The flags of TCP stay as they were: none in the fixture.
pub fn without_flags(_: &Case, theirs: &Outcome) -> Option<Outcome> {
    let unset = |line: &String| {
        ["a", "e"].iter().fold(line.clone(), |line, flags| {
            line.replace(&format!("flags=[Some({flags}), Some({flags})]"), "flags=[Some(0), Some(0)]")
        })
    };
    Some(Outcome { table: theirs.table.iter().map(unset).collect(), ..theirs.clone() })
}

/// Labels that are not named stay.
pub fn keeps_other_labels(case: &Case, theirs: &Outcome, ours: &Outcome) -> bool {
    let named = case.value(&["--label-del"]).unwrap_or_default();
    let left = |outcome: &Outcome| outcome.stdout.iter().any(|line| line.contains(" labels="));
    named.contains("hundred")
        && !left(theirs)
        && left(ours)
        && ours.stdout.len() == 1
        && !ours.stdout[0].contains("hundred")
        && (&theirs.status, &theirs.stderr) == (&ours.status, &ours.stderr)
}

/// An entry in a state that the original knows no name for, or the kernel's refusal.
pub fn knows_heartbeats(case: &Case, theirs: &Outcome, ours: &Outcome) -> bool {
    let state = case.value(&["--state"]).unwrap_or_default();
    let made = ours.table.len() == 1 && ours.table[0].contains(&state);
    let unknown_to_kernel = ours.first_error() == "P: Operation failed: Numerical result out of range";
    theirs.status.starts_with("signal") && (made || unknown_to_kernel)
}

/// The word with the unknown letter.
pub fn unknown_cluster(case: &Case) -> Option<String> {
    let words = case.words();
    let word =
        words.iter().find(|word| word.starts_with('-') && word.len() > 2 && word.contains(['x', 'R']))?;
    Some(format!("unknown option `{word}'"))
}

pub fn bad_parameter(case: &Case) -> Option<String> {
    let value = case.value(&["-u", "-o", "-e", "--status", "--output", "--event-mask"])?;
    Some(format!("Bad parameter `{value}'"))
}

pub fn mask_alone(case: &Case) -> Option<String> {
    let side = if case.has(&["--mask-src"]) { "src" } else { "dst" };
    Some(format!("Can't use --mask-{side} without --{side}"))
}

pub fn incomplete_pair(case: &Case) -> Option<String> {
    let kind = if case.has(&["gre"]) { "key" } else { "port" };
    let begun = case.line.contains(&format!("--reply-{kind}"));
    begun.then(|| format!("you have to specify `--reply-{kind}-src' and `--reply-{kind}-dst'"))
}

/// Both print a help text, and nothing else happens.
pub fn both_help(_: &Case, theirs: &Outcome, ours: &Outcome) -> bool {
    let helps = |outcome: &Outcome| outcome.stdout.first().is_some_and(|line| line.starts_with(HELP));
    helps(theirs) && helps(ours) && *theirs == Outcome { stdout: theirs.stdout.clone(), ..ours.clone() }
}

/// The timeout of one of the entries cannot be changed, which ends the run.
pub fn meets_fixed_timeout(_: &Case, _: &Outcome, ours: &Outcome) -> bool {
    let refusal = "sorry, you must be root or get CAP_NET_ADMIN capability to do this";
    ours.status == "1" && ours.stderr == [format!("P: Operation failed: {refusal}")]
}

/// A table that was not emptied is not said to be.
pub fn not_emptied(_: &Case, theirs: &Outcome) -> Option<Outcome> {
    let true_lines = theirs.stderr.iter().filter(|line| !line.ends_with("has been emptied."));
    Some(Outcome { stderr: true_lines.cloned().collect(), ..theirs.clone() })
}

/// What could be told all the same is no failure.
pub fn all_the_same(case: &Case, theirs: &Outcome) -> Option<Outcome> {
    let told = ["-C", "-S", "-S expect"].contains(&case.line.as_str());
    told.then(|| Outcome { status: "0".into(), stderr: Vec::new(), ..theirs.clone() })
}

/// What was not counted is not said to be none.
pub fn not_counted(_: &Case, theirs: &Outcome) -> Option<Outcome> {
    (theirs.stdout == ["0"]).then(|| Outcome { stdout: Vec::new(), ..theirs.clone() })
}

/// A new entry of a protocol whose ports the kernel does not know.
pub fn no_ports(case: &Case) -> Option<String> {
    let protocol = if case.has(&["dccp"]) { "dccp" } else { "udplite" };
    let is_new = ["-I", "-A"].contains(&case.command().as_str());
    let reason = format!("this kernel knows no ports of {protocol}");
    is_new.then(|| {
        format!("Operation failed: {reason}: the entry would stand for all connections between its addresses")
    })
}
