// SPDX-License-Identifier: GPL-2.0-or-later
//! Command lines led back to others: ones for which the original does what ours must do.

use super::Case;
use super::case::{MARK, STATUS, TIMEOUT};

pub fn separate_letters(case: &Case) -> Option<Case> {
    Some(case.edited(|mut words| {
        let rest = format!("-{}", &words[0][2..]);
        words[0].truncate(2);
        words.insert(1, rest);
        words
    }))
}

/// Values that are attached, as words of their own.
pub fn detached(case: &Case) -> Option<Case> {
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
pub fn listing_of(case: &Case, command: &str) -> Option<Case> {
    let plain = case.without(&["-o", "--output"]);
    Some(plain.with_line(format!("-L -o extended{}", plain.line.strip_prefix(command)?)))
}

/// The listing of what an update selects.
pub fn listing(case: &Case) -> Option<Case> {
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

/// One `-u` for the bits that must be set, one for those that must be clear: what the original understands.
pub fn split_status(case: &Case) -> Option<Case> {
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
pub fn without_unset(case: &Case) -> Option<Case> {
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

/// The bare option finds the translated entries, the reply's address the one that is meant: `fd09::8` translates a
/// destination.
pub fn plain_ipv6_nat(case: &Case) -> Option<Case> {
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
pub fn icmp_last(case: &Case) -> Option<Case> {
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
pub fn completed(case: &Case) -> Option<Case> {
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

/// With abbreviations that the original takes for SRC_NAT or DST_NAT as the names that ours takes them for.
pub fn spelt_out(case: &Case) -> Option<Case> {
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
pub fn last_protocol(case: &Case) -> Option<Case> {
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

/// Whether a word is an option of a protocol that is lost when the last `-p` takes the place of the first.
pub fn last_protocol_lacks(case: &Case, word: &str) -> bool {
    let words = case.words();
    let places: Vec<usize> = (0..words.len()).filter(|&at| words[at] == "-p").collect();
    let (Some(&first), Some(chosen)) = (places.first(), places.last().and_then(|last| words.get(last + 1)))
    else {
        return false;
    };
    let own = ["port", "key", "icmp", "state"].iter().any(|part| word.contains(part));
    let another = places.iter().any(|at| words.get(at + 1) != Some(chosen));
    own && another && (word == "--state" || !shared(&words, first, chosen))
}

/// With the last of each address alone, and the last of each mask.
pub fn given_once(case: &Case) -> Option<Case> {
    let words = case.words();
    let spellings = [
        &["-s", "--src", "--orig-src"][..],
        &["-d", "--dst", "--orig-dst"],
        &["--mask-src", "-{"],
        &["--mask-dst", "-}"],
    ];
    let replaced = |at: usize| {
        let option = words[at].as_str();
        let names = spellings.iter().find(|names| names.contains(&option));
        names.is_some_and(|names| words[at + 1..].iter().any(|word| names.contains(&word.as_str())))
    };
    let kept = (0..words.len()).filter(|&at| !replaced(at) && (at == 0 || !replaced(at - 1)));
    let kept: Vec<String> = kept.map(|at| words[at].clone()).collect();
    Some(case.edited(|_| kept))
}

pub const ZONE_OPTIONS: &[&str] = &["-w", "--zone", "--orig-zone", "--reply-zone"];

/// Whatever zones the entries are in.
pub fn of_every_zone(case: &Case) -> Option<Case> {
    case.has(ZONE_OPTIONS).then(|| case.without(ZONE_OPTIONS))
}

/// The list of what a deletion selects, whatever zones the entries are in.
pub fn list_of_every_zone(case: &Case) -> Option<Case> {
    of_every_zone(&listing_of(case, "-D")?)
}

/// Whether two protocols have the same options.
fn shared(words: &[String], former: usize, chosen: &str) -> bool {
    const PORTS: [&str; 7] = ["tcp", "udp", "udplite", "sctp", "dccp", "6", "17"];
    [&words[former + 1], chosen].iter().all(|name| PORTS.contains(&name.to_ascii_lowercase().as_str()))
}

/// Without a timeout, if anything is left.
pub fn without_timeout(case: &Case) -> Option<Case> {
    Some(case.without(TIMEOUT)).filter(|rest| rest.words().len() > 1)
}

/// Each of two conditions alone: the translation, and all others.
pub fn nat_and_others(case: &Case) -> Option<[Case; 2]> {
    const ANY_NAT: &[&str] = &["-j", "--any-nat"];
    let nat = case.with_line(format!("{} -j {}", case.command(), case.value(ANY_NAT)?));
    Some([nat, case.without(ANY_NAT)])
}

/// The list of the family that a command line or a file names.
pub fn of_family(case: &Case) -> Option<Case> {
    let file = Case::new(case.stdin.trim_end());
    let family = case.value(&["-f", "--family"]).or(file.value(&["-f"]))?;
    Some(Case::new(format!("-L -o extended -f {family}")))
}
