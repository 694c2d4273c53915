// SPDX-License-Identifier: GPL-2.0-or-later
//! What to do: one table of actions, each with its risk and its exact commands.
//!
//! Guarantees: every command is made by one function that quotes its words, so that no name or address of the table becomes
//! a command; none empties the table, here or with the original tool; a shorter timeout is advised only where it is shorter
//! than the present one, and never one of ESTABLISHED under 7440 s (RFC 5382, REQ-5); unless flows suffer, nothing is
//! advised against a source or a network, and nothing that deletes entries.

#![forbid(unsafe_code)]

use super::census::{DNS_PORT, TUNNEL_PORTS};
use super::facts::{Facts, NameFrom, Namespace};
use super::figures::{BUCKET_BYTES, RFC5382_IDLE_SECS};
use super::report::{Advice, Parts, Risk};
use super::rules::{fires, is_scan, largest, no_heavy_hitter};
use super::words;
use super::{By, Key};
use crate::wire::consts::{IPPROTO_GRE, IPPROTO_TCP, IPPROTO_UDP};
use std::net::IpAddr;

/// Whom or what an action is about.
#[derive(Debug, Clone, Default)]
pub(super) enum Subject {
    #[default]
    Nothing,
    Source(IpAddr),
    Network(IpAddr, u8),
    Destination(IpAddr),
    Server {
        destination: IpAddr,
        protocol: u8,
        port: Option<u16>,
    },
    Service {
        protocol: u8,
        port: Option<u16>,
    },
    /// The server that nearly all DNS entries have, if there is one.
    Dns(Option<IpAddr>),
    Zone(u16),
    Mark(u32),
    OverSetting {
        protocol: u8,
        state: Option<&'static str>,
        setting_secs: u32,
    },
    Pool {
        protocol: u8,
        nat_source: IpAddr,
        destination: IpAddr,
        port: Option<u16>,
    },
    Namespace(Namespace),
}

/// One row of the table.
#[derive(Debug)]
#[non_exhaustive]
pub struct Action {
    /// Its name, that of its advice.
    pub id: &'static str,
    /// What it may do to traffic.
    pub risk: Risk,
    /// What it is, in words.
    pub what: &'static str,
    make: fn(&Facts, &Subject) -> Option<Draft>,
}

/// An advice before it has its name.
#[derive(Debug, Default)]
struct Draft {
    parts: Parts,
    commands: Vec<String>,
    undo: Vec<String>,
    frees_now: bool,
}

use Risk::{LooksOnly, NewOrDeadFlows, Safe, Traffic};

const fn action(
    id: &'static str,
    risk: Risk,
    what: &'static str,
    make: fn(&Facts, &Subject) -> Option<Draft>,
) -> Action {
    Action { id, risk, what, make }
}

#[rustfmt::skip]
static ACTIONS: &[Action] = &[
    action("look", LooksOnly, "lists the entries in question", look),
    action("look-zone", LooksOnly, "lists the entries of the zone", look),
    action("look-netns", LooksOnly, "diagnoses the other namespace", look_into_namespace),
    action("watch", LooksOnly, "checks and diagnoses again and again", watch),
    action("repair", LooksOnly, "counts the connections that a program does not close", repair),
    action("reuse", LooksOnly, "counts the connections that clients could reuse", reuse),
    action("dns", LooksOnly, "lists the queries", dns),
    action("listener", LooksOnly, "lists the programs that read netlink", listener),
    action("log-invalid", LooksOnly, "logs invalid packets for some minutes", log_invalid),
    action("raise-limit", Safe, "raises the limit, and the hash with it", raise_limit),
    action("raise-buckets", Safe, "gives the hash as many buckets as the limit", raise_buckets),
    action("raise-expect", Safe, "raises the limit of expectations", raise_expect),
    action("timeout-established", NewOrDeadFlows, "keeps idle established flows for a day", timeout_established),
    action("timeout-unanswered", NewOrDeadFlows, "keeps unanswered flows shorter", timeout_unanswered),
    action("timeout-time-wait", NewOrDeadFlows, "keeps TIME_WAIT shorter", timeout_time_wait),
    action("close-wait", NewOrDeadFlows, "keeps CLOSE_WAIT shorter", timeout_close_wait),
    action("delete-idle", NewOrDeadFlows, "deletes flows that have long been idle", delete_idle),
    action("delete-old", NewOrDeadFlows, "deletes entries that outlived their state or setting", delete_old),
    action("block-source", Traffic, "drops the source's packets before they are tracked", block_source),
    action("limit-source", Traffic, "limits the flows of each source", limit_source),
    action("limit-prefix", Traffic, "limits the flows of each network", limit_network),
    action("notrack-service", Traffic, "leaves a service untracked", notrack_service),
    action("notrack-loopback", Traffic, "leaves local traffic untracked", notrack_loopback),
    action("snat", Traffic, "gives NAT more ports", snat),
    action("random-fully", Traffic, "lets NAT choose ports at random", random_fully),
];

/// All actions.
///
/// ```
/// use netfilter_conntrack::diagnosis::{Risk, advice};
/// let raise = advice::actions().iter().find(|action| action.id == "raise-limit");
/// assert_eq!(raise.map(|action| action.risk), Some(Risk::Safe));
/// ```
#[must_use]
pub fn actions() -> &'static [Action] {
    ACTIONS
}

/// The action of this name for this subject; `None` where it would not help or not be right.
pub(super) fn advise(id: &str, facts: &Facts, subject: &Subject) -> Option<Advice> {
    let action = ACTIONS.iter().find(|action| action.id == id)?;
    let draft = (action.make)(facts, subject)?;
    if draft.frees_now && !facts.is_in_trouble() {
        return None;
    }
    let Draft { parts, mut commands, mut undo, frees_now } = draft;
    for command in commands.iter_mut().chain(&mut undo) {
        *command = within(facts, std::mem::take(command));
    }
    let mut text = parts.action.clone();
    text += &parts.aside.as_ref().map_or(String::new(), |aside| format!(" ({aside})"));
    text += ".";
    for sentences in [&parts.before, &parts.after].into_iter().flatten() {
        text += &format!(" {}.", sentences.trim_end_matches('.'));
    }
    Some(Advice { id: action.id, risk: action.risk, text, commands, undo, frees_now, parts })
}

/// Settings of the machine as a whole: they are made in the initial namespace.
const OF_MACHINE: [&str; 3] = ["conntrack_max=", "conntrack_buckets=", "conntrack_expect_max="];
/// Options by which a command finds its namespace itself.
const OF_NAMESPACES: [&str; 2] = [" --netns ", " --all-netns"];

/// The command as it is run from outside the namespace that was looked at.
fn within(facts: &Facts, line: String) -> String {
    let finds_it = OF_MACHINE.iter().chain(&OF_NAMESPACES).any(|mark| line.contains(mark));
    match &facts.namespace.entered_by {
        Some(path) if !finds_it => {
            format!("{} {line}", command(["nsenter".to_owned(), format!("--net={}", path.display())]))
        }
        _ => line,
    }
}

/// A command for a shell. Every word that a shell could read otherwise is quoted.
fn command<W: AsRef<str>>(words: impl IntoIterator<Item = W>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| quoted(word.as_ref())).collect();
    words.join(" ")
}

fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:,=@%+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", words::plain(word).replace('\'', r"'\''"))
}

/// The same of a sentence without quotes or expansion.
fn plain_command(sentence: &str) -> String {
    command(sentence.split(' '))
}

fn sysctl(name: &str, value: impl ToString) -> String {
    plain_command(&format!("sysctl -w net.netfilter.nf_conntrack_{name}={}", value.to_string()))
}

/// One nft command: plain words, or one quoted word where it has braces.
fn nft(statement: &str) -> String {
    if statement.contains('{') || statement.contains('@') {
        command(["nft", statement])
    } else {
        plain_command(&format!("nft {statement}"))
    }
}

/// The table of the advised rules: one command takes all of them back.
fn relief(statements: &[&str]) -> Vec<String> {
    ["add table inet relief"].iter().chain(statements).map(|statement| nft(statement)).collect()
}

const PRE_CHAIN: &str = "add chain inet relief pre {type filter hook prerouting priority raw;}";
const OUT_CHAIN: &str = "add chain inet relief out {type filter hook output priority raw;}";
const GUARD_CHAIN: &str = "add chain inet relief guard {type filter hook forward priority 0;}";
/// Numbers of buckets are multiples of this where they do not follow the limit.
const BUCKETS_STEP: u64 = 65_536;
const UNTRACKED: &str = "Only if it needs no NAT and your rules accept untracked packets";
const RIGHTFUL: &str = "Only if none has a right to more than 2,000 flows, as a proxy, a load balancer or NAT in front of many hosts has";
const IDLE_CUT: &str =
    "A peer that still lives is cut off only where NAT or a strict firewall needs the entry";

/// What the machine as a whole has cannot be changed from within a namespace.
fn kept(facts: &Facts) -> String {
    let only = if facts.namespace.initial == Some(true) { "" } else { "In the initial namespace only. " };
    format!("{only}To keep it: a file in /etc/sysctl.d.")
}

impl Draft {
    fn new(action: impl Into<String>, commands: Vec<String>) -> Draft {
        let parts = Parts { action: action.into(), ..Parts::default() };
        Draft { parts, commands, ..Draft::default() }
    }

    fn aside(mut self, aside: impl Into<String>) -> Draft {
        self.parts.aside = Some(aside.into());
        self
    }

    fn before(mut self, sentences: impl Into<String>) -> Draft {
        self.parts.before = Some(sentences.into());
        self
    }

    fn after(mut self, sentences: impl Into<String>) -> Draft {
        self.parts.after = Some(sentences.into());
        self
    }

    fn undo(mut self, commands: Vec<String>) -> Draft {
        self.undo = commands;
        self
    }

    fn frees_now(mut self) -> Draft {
        self.frees_now = true;
        self
    }

    /// Rules in the table `relief`.
    fn relief(action: impl Into<String>, statements: &[&str]) -> Draft {
        Draft::new(action, relief(statements)).undo(vec![nft("delete table inet relief")])
    }

    /// A shorter timeout of a state. It is of no use to the entries that are there.
    fn timeout(action: &str, name: &str, secs: u32, now_secs: u32) -> Option<Draft> {
        let draft = Draft::new(action, vec![sysctl(name, secs)]).undo(vec![sysctl(name, now_secs)]);
        (secs < now_secs).then_some(draft)
    }
}

/// The words that select a protocol and a destination port.
fn port_words(number: u8, port: Option<u16>) -> Vec<String> {
    protocol_words(number, "--dport", port)
}

/// The words that select a protocol and the port to which this option belongs.
fn protocol_words(number: u8, option: &str, port: Option<u16>) -> Vec<String> {
    let mut words = vec!["-p".to_owned(), words::protocol(number)];
    if matches!(number, IPPROTO_TCP | IPPROTO_UDP) {
        words.extend(port.into_iter().flat_map(|port| [option.to_owned(), port.to_string()]));
    }
    words
}

fn list(selection: impl IntoIterator<Item = String>) -> String {
    command(["conntrack", "-L"].map(str::to_owned).into_iter().chain(selection))
}

fn top_sources(selection: impl IntoIterator<Item = String>) -> String {
    let top = ["conntrack", "--top", "--by", "source"].map(str::to_owned);
    command(top.into_iter().chain(selection))
}

fn look(_: &Facts, subject: &Subject) -> Option<Draft> {
    let pair = |option: &str, value: String| vec![option.to_owned(), value];
    let selection = match *subject {
        Subject::Source(address) => pair("-s", address.to_string()),
        Subject::Network(address, length) => pair("-s", format!("{address}/{length}")),
        Subject::Destination(address) => pair("-d", address.to_string()),
        Subject::Server { destination, protocol, port } => {
            [port_words(protocol, port), pair("-d", destination.to_string())].concat()
        }
        Subject::Service { protocol, port } => port_words(protocol, port),
        Subject::Zone(zone) => pair("-w", zone.to_string()),
        Subject::Mark(mark) => pair("-m", mark.to_string()),
        Subject::Pool { protocol, nat_source, destination, port } => {
            // By the replies: the address that a client asked for may be translated, too.
            let server = [pair("-n", nat_source.to_string()), pair("-r", destination.to_string())].concat();
            let users = [server, protocol_words(protocol, "--reply-port-src", port)].concat();
            return Some(Draft::new("See who uses them", vec![list(users.clone()), top_sources(users)]));
        }
        _ => return None,
    };
    Some(Draft::new("Look at them", vec![list(selection)]))
}

fn look_into_namespace(_: &Facts, subject: &Subject) -> Option<Draft> {
    let Subject::Namespace(other) = subject else { return None };
    let name = other.name.clone().filter(|_| other.name_from == Some(NameFrom::RunNetns));
    // A number would be a process, a hyphen would begin an option: these are named by their path.
    let word = |name: String| match name.chars().all(|c| c.is_ascii_digit()) || name.starts_with('-') {
        true => format!("/run/netns/{name}"),
        false => name,
    };
    let name = name.filter(|name| !name.contains('/')).map(word).or(other.pid.map(|pid| pid.to_string()));
    let words = name.map(|name| vec!["--netns".to_owned(), name]);
    let words = words.unwrap_or_else(|| vec!["--all-netns".to_owned()]);
    let all = ["conntrack", "--diagnose"].map(str::to_owned).into_iter().chain(words);
    Some(Draft::new("Look into it", vec![command(all)]))
}

fn watch(_: &Facts, _: &Subject) -> Option<Draft> {
    let again = plain_command("conntrack --diagnose --watch 10 -o json");
    let commands = vec![plain_command("conntrack --check 80,95"), format!("{again} >> conntrack.jsonl")];
    Some(Draft::new("Catch it next time", commands))
}

/// The server that has most of the entries in a state.
fn server_in(facts: &Facts, of_state: fn(&super::facts::Row) -> u64, state: &str) -> Option<Subject> {
    let all = facts.composition(IPPROTO_TCP, Some(state))?.entries;
    let (_, row, _) = largest(facts, By::Server)?;
    match row.key {
        Key::Server { destination, protocol, port } if of_state(row) * 2 > all => {
            Some(Subject::Server { destination, protocol, port })
        }
        _ => None,
    }
}

fn shown_server(subject: &Subject) -> Option<String> {
    match *subject {
        Subject::Server { destination, protocol, port } => {
            Some(format!("{destination} {}", words::service(protocol, port)))
        }
        _ => None,
    }
}

fn count_sockets(state: &str) -> String {
    format!("{} | {}", plain_command(&format!("ss -Htan state {state}")), plain_command("wc -l"))
}

fn repair(facts: &Facts, _: &Subject) -> Option<Draft> {
    let server = server_in(facts, |row| row.close_wait, "CLOSE_WAIT").as_ref().and_then(shown_server);
    let action = match server {
        Some(server) => format!("Repair the program at {server} or its clients, which do not close"),
        None => "Repair the program that does not close its connections".to_owned(),
    };
    let count = format!("{}        # on either host", count_sockets("close-wait"));
    Some(Draft::new(action, vec![count]))
}

fn reuse(facts: &Facts, _: &Subject) -> Option<Draft> {
    let server = server_in(facts, |row| row.time_wait, "TIME_WAIT").as_ref().and_then(shown_server);
    let clients = server.map_or("the clients".to_owned(), |server| format!("the clients of {server}"));
    let count = format!("{}        # on either host", count_sockets("time-wait"));
    let draft = Draft::new(format!("Let {clients} reuse their connections"), vec![count]);
    Some(draft.before("One connection for many requests (keep-alive, a pool) makes one entry"))
}

/// Whether the servers answer, or, where they do, who asks.
fn dns(facts: &Facts, subject: &Subject) -> Option<Draft> {
    let Subject::Dns(server) = *subject else { return None };
    let census = facts.census.as_ref()?;
    let mut selection = protocol_words(IPPROTO_UDP, "", None);
    selection.extend(server.into_iter().flat_map(|server| ["-d".to_owned(), server.to_string()]));
    selection.extend(["--dport".to_owned(), DNS_PORT.to_string()]);
    if census.dns_unanswered * 2 < census.dns {
        return Some(Draft::new("See who asks", vec![top_sources(selection)]));
    }
    let action = match server {
        Some(server) => format!("See whether {server} answers"),
        None => "See whether the servers answer".to_owned(),
    };
    Some(Draft::new(action, vec![list(selection)]))
}

fn listener(_: &Facts, _: &Subject) -> Option<Draft> {
    let sockets = format!("{} | {}", plain_command("ss -f netlink -ap"), plain_command("grep nft:"));
    let draft = Draft::new("Find the listener, and repair or end it", vec![sockets]);
    Some(draft.after("Its queue stands under Recv-Q."))
}

fn log_invalid(facts: &Facts, _: &Subject) -> Option<Draft> {
    let now = facts.settings.switches.get("log_invalid").copied().unwrap_or(0);
    let draft = Draft::new("See in the kernel log which they are", vec![sysctl("log_invalid", 255)]);
    let draft = draft.before("It writes a line for each: for minutes only");
    Some(draft.undo(vec![sysctl("log_invalid", if now == 255 { 0 } else { now })]))
}

/// The limit, and as many buckets: more, where the entries of all namespaces need them.
fn raise_limit(facts: &Facts, _: &Subject) -> Option<Draft> {
    let (limit, max) = (facts.proposed_limit()?, facts.table.max_entries?);
    let wanted = limit.max(buckets_of_all(facts).unwrap_or(0));
    let buckets = facts.table.buckets.filter(|&buckets| buckets < wanted);
    let mut commands: Vec<String> = buckets.iter().map(|_| sysctl("buckets", wanted)).collect();
    commands.push(sysctl("max", limit));
    let mut undo = vec![sysctl("max", max)];
    undo.extend(buckets.map(|buckets| sysctl("buckets", buckets)));
    let what = if buckets.is_some() { "Raise limit and hash together" } else { "Raise the limit" };
    let is_relief = facts.census.is_some() && no_heavy_hitter(facts).is_none();
    let purpose = if is_relief { ", to gain time" } else { "" };
    let entries = words::bytes(limit.saturating_mul(facts.table.entry_bytes));
    let memory = match buckets {
        Some(_) => format!("up to {entries} and {}", words::bytes(wanted.saturating_mul(BUCKET_BYTES))),
        None => format!("up to {entries}"),
    };
    Some(Draft::new(format!("{what}{purpose}"), commands).undo(undo).aside(memory).after(kept(facts)))
}

/// As many buckets as all namespaces have entries, where that is more than there are.
fn buckets_of_all(facts: &Facts) -> Option<u64> {
    let all = facts.table.entries_all_namespaces?.checked_next_multiple_of(BUCKETS_STEP);
    all.filter(|&all| Some(all) > facts.table.buckets)
}

/// As many as the limit; where other namespaces have more entries than that, as many as all of them.
fn raise_buckets(facts: &Facts, _: &Subject) -> Option<Draft> {
    let buckets = facts.table.buckets?;
    let limit = facts.table.max_entries.filter(|&max| max > buckets);
    let (wanted, action) = match limit {
        Some(limit) => (limit, "As many buckets as the limit"),
        None => (buckets_of_all(facts)?, "As many buckets as all namespaces have entries"),
    };
    let aside =
        format!("{}; stops all tracking for moments", words::bytes(wanted.saturating_mul(BUCKET_BYTES)));
    let draft = Draft::new(action, vec![sysctl("buckets", wanted)]).aside(aside);
    Some(draft.undo(vec![sysctl("buckets", buckets)]).after(kept(facts)))
}

fn raise_expect(facts: &Facts, _: &Subject) -> Option<Draft> {
    let max = facts.table.expectations_max?;
    let draft =
        Draft::new("Allow twice as many expectations", vec![sysctl("expect_max", max.saturating_mul(2))]);
    Some(draft.undo(vec![sysctl("expect_max", max)]).after(kept(facts)))
}

/// Whether a shorter setting of this state is of use: not where its entries do not follow the setting.
fn follows_setting(facts: &Facts, protocol: u8, state: Option<&str>) -> bool {
    let over = facts.composition(protocol, state).map_or(0, |row| row.over_setting);
    over == 0 || !fires(facts, "timeout-over-setting")
}

const FREES_NOTHING: &str = "frees nothing now";

fn timeout_established(facts: &Facts, _: &Subject) -> Option<Draft> {
    const DAY_SECS: u32 = 86400;
    let now = facts.settings.timeout_secs("tcp", "established")?;
    let draft = Draft::timeout("Keep idle flows a day", "tcp_timeout_established", DAY_SECS, now)?;
    let why = "This frees nothing now: an entry keeps its deadline until its next packet.";
    follows_setting(facts, IPPROTO_TCP, Some("ESTABLISHED")).then(|| draft.before(why))
}

/// SYN_SENT where it is the most; UDP only where the table suffers, and DNS fills it: a slow answer then finds no entry.
fn timeout_unanswered(facts: &Facts, _: &Subject) -> Option<Draft> {
    let row = facts.main_unanswered()?;
    let now = facts.kept_secs(row).filter(|_| follows_setting(facts, row.protocol, row.state))?;
    let forget = "Forget unanswered connections sooner";
    let draft = match (row.protocol, row.state) {
        (IPPROTO_TCP, Some("SYN_SENT")) => Draft::timeout(forget, "tcp_timeout_syn_sent", 20, now)?,
        (IPPROTO_UDP, _) if fires(facts, "dns") && facts.is_in_trouble() => {
            let draft = Draft::timeout("Forget unanswered queries sooner", "udp_timeout", 10, now)?;
            draft.before("Only if answers come within 10 s")
        }
        _ => return None,
    };
    Some(draft.aside(FREES_NOTHING))
}

fn timeout_time_wait(facts: &Facts, _: &Subject) -> Option<Draft> {
    let now = facts.settings.timeout_secs("tcp", "time_wait")?;
    let draft = Draft::timeout("Keep TIME_WAIT shorter", "tcp_timeout_time_wait", 30, now)?;
    follows_setting(facts, IPPROTO_TCP, Some("TIME_WAIT")).then(|| draft.aside(FREES_NOTHING))
}

fn timeout_close_wait(facts: &Facts, _: &Subject) -> Option<Draft> {
    let now = facts.settings.timeout_secs("tcp", "close_wait")?;
    let draft = Draft::timeout("Keep CLOSE_WAIT shorter", "tcp_timeout_close_wait", 60, now)?;
    follows_setting(facts, IPPROTO_TCP, Some("CLOSE_WAIT")).then(|| draft.aside(FREES_NOTHING))
}

/// The longest of two ages that idle flows have. Entries about to expire may have unacknowledged data, not idleness: they
/// are left out.
fn delete_idle(facts: &Facts, _: &Subject) -> Option<Draft> {
    const AGES: [(u32, &str); 2] = [(86400, "a day"), (RFC5382_IDLE_SECS, "2 h 4 min")];
    let row = facts.composition(IPPROTO_TCP, Some("ESTABLISHED"))?;
    let setting = facts.settings.timeout_secs("tcp", "established")?;
    let unsure = ["unacknowledged", "max_retrans"].map(|name| facts.settings.timeout_secs("tcp", name));
    let least = unsure.into_iter().flatten().max().unwrap_or(300) + 1;
    let worthwhile = |secs| {
        row.idle_at_least(secs).is_some_and(|entries| entries * 2 >= row.idle_at_least(3600).unwrap_or(0))
    };
    let (secs, age) = AGES.into_iter().find(|(secs, _)| *secs + least < setting && worthwhile(*secs))?;
    let words = format!("conntrack -D -p tcp --state ESTABLISHED --remaining {least}-{}", setting - secs);
    let draft = Draft::new(format!("Delete what has been idle for {age}"), vec![plain_command(&words)]);
    Some(draft.before(IDLE_CUT).frees_now())
}

/// Entries in CLOSE_WAIT, of the server that has most of them; or those with more time left than their setting gives.
fn delete_old(facts: &Facts, subject: &Subject) -> Option<Draft> {
    if let Subject::OverSetting { protocol: IPPROTO_TCP, state: Some(state), setting_secs } = *subject {
        let words =
            format!("conntrack -D -p tcp --state {state} --remaining {}-", setting_secs.saturating_add(1));
        let draft = Draft::new("Delete those that outlive the setting", vec![plain_command(&words)]);
        let who = "Only if no timeout policy rules them: then none of them had a packet since the setting was lowered. \
                   A peer that still lives is cut off where NAT or a strict firewall needs the entry";
        return Some(draft.before(who).frees_now());
    }
    let Subject::Nothing = subject else { return None };
    let server = server_in(facts, |row| row.close_wait, "CLOSE_WAIT");
    let at = match server {
        Some(Subject::Server { destination, port: Some(port), .. }) => {
            format!(" -d {destination} --dport {port}")
        }
        _ => String::new(),
    };
    let words = format!("conntrack -D -p tcp --state CLOSE_WAIT{at}");
    let draft = Draft::new("Delete those entries", vec![plain_command(&words)]);
    let who = "A side that still sends is cut off only where NAT or a strict firewall needs the entry";
    Some(draft.before(who).frees_now())
}

const fn ip(address: IpAddr) -> &'static str {
    if address.is_ipv4() { "ip" } else { "ip6" }
}

/// Only what leaves most of its flows unanswered, while flows suffer.
fn block_source(facts: &Facts, subject: &Subject) -> Option<Draft> {
    let Subject::Source(source) = *subject else { return None };
    let (_, row, _) = largest(facts, By::Source)?;
    if !facts.is_in_trouble() || row.key != Key::Source(source) || row.unanswered * 2 <= row.entries {
        return None;
    }
    let rule = format!("add rule inet relief pre {} saddr {source} drop", ip(source));
    let mut draft = Draft::relief("Stop the source before it is tracked", &[PRE_CHAIN, &rule]);
    draft.commands.push(plain_command(&format!("conntrack -D -s {source}")));
    Some(draft.frees_now())
}

/// Flows of each key in the forward hook, counted by the kernel.
fn limit(action: &str, set: &str, address: IpAddr, mask: &str) -> Draft {
    let (family, kind) = (ip(address), if address.is_ipv4() { "ipv4_addr" } else { "ipv6_addr" });
    let set_up = format!("add set inet relief {set} {{type {kind}; flags dynamic;}}");
    let rule = format!(
        "add rule inet relief guard ct state new add @{set} {{{family} saddr{mask} ct count over 2000}} drop"
    );
    Draft::relief(action, &[&set_up, GUARD_CHAIN, &rule]).aside("forwarded traffic only").before(RIGHTFUL)
}

fn limit_source(facts: &Facts, subject: &Subject) -> Option<Draft> {
    let Subject::Source(source) = *subject else { return None };
    let action = if is_scan(facts) { "Limit each source" } else { "Limit the flows of each source" };
    facts.is_in_trouble().then(|| limit(action, "per_source", source, ""))
}

fn limit_network(facts: &Facts, subject: &Subject) -> Option<Draft> {
    let Subject::Network(address, _) = *subject else { return None };
    let (length, mask) = match address {
        IpAddr::V4(_) => (24, " and 255.255.255.0"),
        IpAddr::V6(_) => (64, " and ffff:ffff:ffff:ffff::"),
    };
    let action = format!("Limit each /{length}, not each address");
    facts.is_in_trouble().then(|| limit(&action, "per_net", address, mask))
}

/// A service of TCP is left alone: a firewall with states needs its entries.
fn notrack_service(_: &Facts, subject: &Subject) -> Option<Draft> {
    let (what, selections) = match *subject {
        Subject::Dns(_) | Subject::Service { protocol: IPPROTO_UDP, port: Some(DNS_PORT) } => {
            ("DNS".to_owned(), of_both_ends(DNS_PORT))
        }
        Subject::Service { protocol: IPPROTO_GRE, .. } => ("GRE".to_owned(), vec!["meta l4proto gre".into()]),
        Subject::Service { protocol: IPPROTO_UDP, port: Some(port) } => {
            let is_tunnel = TUNNEL_PORTS.contains(&port);
            let selections = if is_tunnel { vec![format!("udp dport {port}")] } else { of_both_ends(port) };
            (format!("udp/{port}"), selections)
        }
        _ => return None,
    };
    let rule = |chain: &str, selection: &String| format!("add rule inet relief {chain} {selection} notrack");
    let rules = ["pre", "out"].map(|chain| selections.iter().map(move |selection| rule(chain, selection)));
    let rules: Vec<String> = rules.into_iter().flatten().collect();
    let rules = rules.iter().map(String::as_str);
    let statements: Vec<&str> = [PRE_CHAIN, OUT_CHAIN].into_iter().chain(rules).collect();
    Some(Draft::relief(format!("Leave {what} untracked"), &statements).before(UNTRACKED))
}

/// Requests to a port and their answers, which make an entry of their own where they are tracked. Both ends of a tunnel
/// send to the port of the other.
fn of_both_ends(port: u16) -> Vec<String> {
    ["dport", "sport"].map(|end| format!("udp {end} {port}")).into()
}

fn notrack_loopback(_: &Facts, _: &Subject) -> Option<Draft> {
    let rules =
        ["add rule inet relief pre iifname lo notrack", "add rule inet relief out oifname lo notrack"];
    let [pre, out] = rules;
    let draft = Draft::relief("Leave local traffic untracked", &[PRE_CHAIN, OUT_CHAIN, pre, out]);
    Some(draft.before(
        "Not where local traffic is translated (Kubernetes node ports, docker-proxy), and only if your rules accept \
         untracked packets",
    ))
}

fn snat(facts: &Facts, subject: &Subject) -> Option<Draft> {
    let is_told = matches!(subject, Subject::Pool { .. }) || facts.is_port_scarce();
    let find = format!("{} | {}", plain_command("nft list ruleset"), plain_command("grep -n snat"));
    let action = "Give the NAT rule more addresses or a wider port range";
    is_told.then(|| Draft::new(action, vec![find]))
}

fn random_fully(facts: &Facts, _: &Subject) -> Option<Draft> {
    let is_race = !facts.is_port_scarce() && !fires(facts, "snat-ports");
    let find =
        format!("{} | {}", plain_command("nft list ruleset"), plain_command("grep -n -e snat -e masquerade"));
    let draft = Draft::new("Let NAT choose ports at random", vec![find]);
    is_race.then(|| draft.before("Add fully-random to the rule (iptables: --random-fully)"))
}
