// SPDX-License-Identifier: GPL-2.0-or-later
//! Every command that is advised: a shell accepts it, nft accepts its rules, and none does harm.

#![forbid(unsafe_code)]

use super::super::advice;
use super::super::report::Advice;
use super::super::rules;
use super::situations::{entered, idle, other_namespace, over_setting, scan};
use super::{all_facts, judged, unknown};
use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Stdio};

pub fn all_advice() -> Vec<Advice> {
    let facts = all_facts().into_iter().chain(unknown::all());
    facts.flat_map(|facts| judged(facts).findings).flat_map(|finding| finding.advice).collect()
}

fn all_commands() -> BTreeSet<String> {
    all_advice().into_iter().flat_map(|advice| advice.commands.into_iter().chain(advice.undo)).collect()
}

/// What a command would do that none may, as a reader of the words sees it; with the original tool too.
fn harm(command: &str) -> Option<&'static str> {
    // What is run in another namespace does there what it says.
    let inside =
        command.strip_prefix("nsenter ").map(|rest| rest.trim_start_matches("'--net=/run/netns/web 1' "));
    let words: Vec<&str> = inside.unwrap_or(command).split_whitespace().collect();
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(word));
    let is_conntrack = words.first() == Some(&"conntrack");
    let deletes = is_conntrack && has(&["-D", "--delete"]);
    let setting = |name: &str| {
        let value =
            words.iter().find_map(|word| word.strip_prefix(&format!("net.netfilter.nf_conntrack_{name}=")));
        value.and_then(|value| value.parse::<u64>().ok())
    };
    if is_conntrack && has(&["-F", "--flush"]) {
        return Some("empties the table");
    }
    let selects = ["-s", "-d", "--state", "--sport", "--dport", "--remaining", "-w", "-m", "-n", "-j"];
    if deletes && !has(&selects) {
        return Some("empties the table");
    }
    if deletes && has(&["-u", "--status", "-t", "--timeout"]) {
        return Some("empties the table with the original tool");
    }
    if is_conntrack && has(&["-U", "--update"]) && has(&["--state"]) {
        return Some("sets the state instead of selecting");
    }
    if setting("max") == Some(0) {
        return Some("removes the limit");
    }
    if setting("tcp_timeout_established").is_some_and(|secs| secs < 7440) {
        return Some("is under the 7440 s of RFC 5382");
    }
    let never = ["tcp_be_liberal", "tcp_loose", "checksum"];
    if never.iter().any(|name| setting(name).is_some()) || has(&["rmmod", "modprobe", "reboot"]) {
        return Some("is no cure for a full table");
    }
    None
}

#[test]
fn the_list_of_harm_finds_it() {
    for bad in [
        "conntrack -F",
        "conntrack --flush",
        "conntrack -D",
        "conntrack -D -p tcp",
        "conntrack --delete -f ipv6 -p udp",
        "conntrack -D -s 192.0.2.1 -u UNREPLIED",
        "conntrack -D -p tcp -t 5",
        "conntrack -U --state CLOSE -s 192.0.2.1",
        "sysctl -w net.netfilter.nf_conntrack_max=0",
        "sysctl -w net.netfilter.nf_conntrack_tcp_timeout_established=600",
        "sysctl -w net.netfilter.nf_conntrack_tcp_loose=0",
        "rmmod nf_conntrack",
        "nsenter '--net=/run/netns/web 1' conntrack -F",
    ] {
        assert!(harm(bad).is_some(), "{bad}");
    }
    assert_eq!(harm("conntrack -D -s 192.0.2.1"), None);
    assert_eq!(harm("sysctl -w net.netfilter.nf_conntrack_tcp_timeout_established=86400"), None);
}

#[test]
fn no_command_does_harm() {
    let commands = all_commands();
    assert!(commands.len() > 40, "{}", commands.len());
    for command in &commands {
        assert_eq!(harm(command), None, "{command}");
    }
    for advice in all_advice() {
        // A timeout may be put back to what it was, whatever that is; it may not be made shorter than allowed.
        assert!(!advice.commands.is_empty() && !advice.text.contains("conntrack -"), "{advice:?}");
    }
}

#[test]
fn a_shell_accepts_every_command_as_one_line() {
    for command in all_commands() {
        assert!(!command.contains('\n'), "{command:?}");
        let mut shell =
            Command::new("sh").args(["-n", "-c", &command]).stderr(Stdio::piped()).spawn().unwrap();
        assert!(shell.wait().unwrap().success(), "{command}");
    }
}

/// What a shell makes of the words of a command.
#[test]
fn names_become_no_commands() {
    let touched = format!("advised-{}", std::process::id());
    let folder = std::env::temp_dir();
    for advice in unknown::hostile_names(&touched).into_iter().flat_map(|facts| judged(facts).findings) {
        for command in advice.advice.iter().flat_map(|advice| &advice.commands) {
            let shown = command.replacen("conntrack", "printf '%s\\n'", 1);
            let output = Command::new("sh").args(["-c", &shown]).current_dir(&folder).output().unwrap();
            let words = String::from_utf8(output.stdout).unwrap();
            assert_eq!(words.lines().count(), 3, "{command}: {words}");
        }
    }
    assert!(!folder.join(touched).exists());
}

#[test]
fn no_action_is_without_a_test_and_none_has_two_names() {
    let given: BTreeSet<&str> = all_advice().iter().map(|advice| advice.id).collect();
    let known: BTreeSet<&str> = advice::actions().iter().map(|action| action.id).collect();
    assert_eq!(given, known);
    assert_eq!(advice::actions().len(), known.len());
    let named = rules::rules().iter().flat_map(|rule| rule.advice).copied();
    let named: BTreeSet<&str> = named.filter(|id| *id != "causes").collect();
    assert_eq!(named, known);
}

#[test]
fn what_is_shortened_or_rewritten_can_be_taken_back() {
    let mut undone: BTreeMap<&str, usize> = BTreeMap::new();
    for advice in all_advice() {
        let changes =
            advice.commands.iter().any(|command| command.contains("sysctl") || command.contains("nft add"));
        assert_eq!(changes, !advice.undo.is_empty(), "{advice:?}");
        *undone.entry(advice.id).or_default() += advice.undo.len();
        if advice.id.starts_with("timeout-") || advice.id == "close-wait" {
            assert!(advice.text.contains("frees nothing now") && !advice.frees_now, "{advice:?}");
        }
        if advice.id == "notrack-service" {
            assert!(
                advice.text.contains("needs no NAT and your rules accept untracked packets"),
                "{advice:?}"
            );
        }
    }
    assert!(undone["raise-limit"] > 0 && undone["block-source"] > 0);
}

#[test]
fn idle_flows_are_deleted_by_what_they_have_left() {
    let command = |facts, id: &str| {
        let report = judged(facts);
        let mut all = report.findings.iter().flat_map(|finding| &finding.advice);
        all.find(|advice| advice.id == id).map(|advice| advice.commands.last().unwrap().clone())
    };
    let deletes = |facts| command(facts, "delete-idle");
    // 300 s are left of a flow with unacknowledged data: it is not idle.
    let whole = Some("conntrack -D -p tcp --state ESTABLISHED --remaining 301-345600".to_owned());
    assert_eq!(deletes(idle()), whole);
    let mut recent = idle();
    recent.census.as_mut().unwrap().composition[0].idle_entries[6..].fill(0);
    assert_eq!(
        deletes(recent.clone()),
        Some("conntrack -D -p tcp --state ESTABLISHED --remaining 301-424560".to_owned())
    );
    recent.census.as_mut().unwrap().composition[0].idle_entries[4..].fill(0);
    assert_eq!(deletes(recent), None);
    assert_eq!(
        command(over_setting(), "delete-old"),
        Some("conntrack -D -p tcp --state ESTABLISHED --remaining 3601-".to_owned())
    );
    assert_eq!(command(scan(), "block-source"), Some("conntrack -D -s 100.64.0.1".to_owned()));
}

#[test]
fn commands_enter_the_namespace_that_was_looked_at() {
    let report = judged(entered());
    let all = report.findings.iter().flat_map(|finding| &finding.advice);
    let commands: BTreeSet<&str> = all.flat_map(|advice| &advice.commands).map(String::as_str).collect();
    let expected = [
        "nsenter '--net=/run/netns/web 1' conntrack -D -p tcp --state ESTABLISHED --remaining 301-345600",
        "nsenter '--net=/run/netns/web 1' sysctl -w net.netfilter.nf_conntrack_tcp_timeout_established=86400",
        "sysctl -w net.netfilter.nf_conntrack_buckets=524288",
        "sysctl -w net.netfilter.nf_conntrack_max=524288",
    ];
    assert_eq!(commands, BTreeSet::from(expected));
    assert!(report.text().contains("     nsenter '--net=/run/netns/web 1' conntrack -D"));
    let mut other = other_namespace();
    other.namespace.entered_by = Some("/run/netns/x".into());
    let report = judged(other);
    assert_eq!(report.findings[0].advice[0].commands, ["conntrack --diagnose --netns web-7f9c"]);
}

/// A name that would be read as an option or a process stands in a path.
#[test]
fn a_namespace_is_named_so_that_the_tool_finds_it() {
    for (name, word) in [("web", "web"), ("-F", "/run/netns/-F"), ("123", "/run/netns/123"), ("x-1", "x-1")] {
        let mut facts = other_namespace();
        facts.namespaces[1].name = Some(name.to_owned());
        let advised = judged(facts).findings[0].advice[0].commands.clone();
        assert_eq!(advised, [format!("conntrack --diagnose --netns {word}")]);
    }
}
