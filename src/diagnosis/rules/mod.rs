// SPDX-License-Identifier: GPL-2.0-or-later
//! The rules: what facts mean. One table holds them all.
//!
//! Guarantees: a rule is a pure function of the facts, without a clock and without the kernel; facts that are missing never
//! make a rule fire; a rule that names a source, network, destination or service judges by a lower bound of its entries;
//! rules of the groups *who* and *what* speak only while there is pressure on the table.

#![forbid(unsafe_code)]

mod elsewhere;
mod limit;
mod now;
mod what;
mod who;

use super::advice::{self, Subject};
use super::facts::Facts;
use super::report::{Advice, Datum, Evidence, Finding, Severity};
use super::words::whole;
use std::cmp::Reverse;

pub(super) use what::no_heavy_hitter;
pub(super) use who::{is_scan, largest};

/// What a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Group {
    /// What happens to packets and entries now, or did.
    Now,
    /// The limit, the hash, the memory.
    Limit,
    /// What kind of flows hold the entries; only under pressure.
    What,
    /// Who holds the entries; only under pressure.
    Who,
    /// What else loses packets or grows.
    Elsewhere,
}

/// One rule.
#[derive(Debug)]
#[non_exhaustive]
pub struct Rule {
    /// Its name, that of its finding.
    pub id: &'static str,
    /// What it is about.
    pub group: Group,
    /// The worst severity of its findings.
    pub severity: Severity,
    /// When it speaks, in words.
    pub when: &'static str,
    /// The names of the advice that its findings may carry; `causes`: that of the causes found.
    pub advice: &'static [&'static str],
    find: Find,
}

/// How a rule finds.
#[derive(Debug)]
enum Find {
    One(fn(&Facts) -> Option<Hit>),
    Many(fn(&Facts) -> Vec<Hit>),
}

/// What one rule found.
#[derive(Debug, Default)]
pub(super) struct Hit {
    text: String,
    /// What the head of the text form says.
    headline: String,
    evidence: Vec<(&'static str, Datum)>,
    /// Whom the advice is about.
    subject: Subject,
    /// Where it is not the rule's.
    severity: Option<Severity>,
    /// With findings of what severity it stands, where it is not its own.
    stands_with: Option<Severity>,
    /// What part of the entries it explains.
    share: f64,
    said_by: Option<&'static str>,
}

use Find::{Many, One};
use Group::{Elsewhere, Limit, Now, What, Who};
use Severity::{Cause, Critical, Note, Warning};

const fn rule(
    id: &'static str,
    (group, severity): (Group, Severity),
    when: &'static str,
    find: Find,
    advice: &'static [&'static str],
) -> Rule {
    Rule { id, group, severity, when, advice, find }
}

/// The rules, in the order of the report: equal shares of causes stand as here, the kind of flows before their owners.
#[rustfmt::skip]
static RULES: &[Rule] = &[
    rule("dropping-now", (Now, Critical), "a full table loses packets in the interval",
        One(now::dropping), &["raise-limit", "causes"]),
    rule("evicting-now", (Now, Critical), "the kernel evicts entries in the interval",
        One(now::evicting), &["causes"]),
    rule("table-full", (Now, Critical), "95 % of the limit or more are in use",
        One(now::full), &["raise-limit"]),
    rule("nearly-full", (Now, Warning), "80 % of the limit or more are in use",
        One(now::nearly_full), &["raise-limit"]),
    rule("filling", (Now, Warning), "the table grows and will soon be full",
        One(now::filling), &["causes"]),
    rule("dropped-before", (Now, Warning), "a full table lost packets or entries, but not in the interval",
        One(now::dropped_before), &["watch"]),
    rule("no-limit", (Limit, Note), "there is no limit: nf_conntrack_max is 0",
        One(limit::none), &[]),
    rule("hash-small", (Limit, Critical), "a mean chain is longer than 4 (warning) or 8 (critical)",
        One(limit::hash_small), &["raise-buckets"]),
    rule("hash-small-for-limit", (Limit, Note), "a mean chain of a full table would be longer than 8",
        One(limit::hash_small_for_limit), &["raise-buckets"]),
    rule("chain-too-long", (Limit, Critical), "packets were lost (warning) or are lost (critical) to a long chain",
        One(limit::chain_too_long), &["raise-buckets"]),
    rule("limit-small", (Limit, Note), "the limit is below 32768 for each processor, under pressure",
        One(limit::small), &["raise-limit"]),
    rule("memory-large", (Limit, Note), "a full table takes more than 5 % of the memory",
        One(limit::memory_large), &[]),
    rule("idle-established", (What, Cause), "more than half of the established TCP flows have been idle for an hour",
        One(what::idle_established), &["raise-limit", "timeout-established", "delete-idle"]),
    rule("close-wait", (What, Cause), "more than 10 % of the entries are in CLOSE_WAIT",
        One(what::close_wait), &["repair", "close-wait", "delete-old"]),
    rule("time-wait", (What, Cause), "more than 40 % of the entries are in TIME_WAIT",
        One(what::time_wait), &["reuse", "timeout-time-wait"]),
    rule("timeout-over-setting", (What, Cause), "more than 10 % of the entries have more time left than their setting",
        Many(what::over_setting), &["delete-old"]),
    rule("dns", (Who, Cause), "more than 20 % of the entries are DNS",
        One(who::dns), &["dns", "notrack-service"]),
    rule("overlay", (Who, Cause), "more than 10 % of the entries are tunnels",
        One(who::overlay), &["notrack-service"]),
    rule("loopback", (Who, Cause), "more than 5 % of the entries are of this host with itself",
        One(who::loopback), &["notrack-loopback"]),
    rule("top-source", (Who, Cause), "one source has more than 25 % of the entries",
        One(who::source), &["look", "block-source", "limit-source"]),
    rule("scan", (Who, Cause), "that source has 1000 targets or more, most of them unanswered",
        One(who::scan), &["look", "block-source", "limit-source"]),
    rule("top-destination", (Who, Cause), "one destination has more than 25 % of the entries",
        One(who::destination), &["look"]),
    rule("top-service", (Who, Cause), "one protocol and port has more than 30 % of the entries",
        One(who::service), &["look", "notrack-service"]),
    rule("top-source-prefix", (Who, Cause), "one /24 or /64 has more than 25 % of the entries, no address in it most of them",
        One(who::network), &["look", "limit-prefix"]),
    rule("top-zone", (Who, Cause), "one zone of several has more than half of the entries",
        One(who::zone), &["look-zone"]),
    rule("top-mark", (Who, Cause), "one mark of several is on more than half of the entries",
        One(who::mark), &["look"]),
    rule("top-label", (Who, Cause), "one label is on more than half of the entries, but not on all",
        One(who::label), &[]),
    rule("unreplied", (What, Cause), "more than 30 % of the entries are unanswered",
        One(what::unreplied), &["timeout-unanswered"]),
    rule("no-heavy-hitter", (What, Note), "there is pressure, and no other cause but unanswered flows",
        One(no_heavy_hitter), &["raise-limit"]),
    rule("insert-failed", (Elsewhere, Warning), "packets are lost to NAT in the interval",
        One(elsewhere::insert_failed), &["snat", "random-fully"]),
    rule("snat-ports", (Elsewhere, Critical), "nearly all ports of a translated address are in use towards one server",
        Many(elsewhere::snat_ports), &["look", "snat"]),
    rule("invalid", (Elsewhere, Warning), "more than 100 packets a second are invalid",
        One(elsewhere::invalid), &["log-invalid"]),
    rule("expectations-full", (Elsewhere, Critical), "more than 80 % (warning) or all (critical) of the expectations are in use",
        One(elsewhere::expectations_full), &["raise-expect"]),
    rule("dying-build-up", (Elsewhere, Warning), "more than 1 % of the entries have ended, and their events are not read",
        One(elsewhere::dying), &["listener"]),
    rule("hidden-entries", (Elsewhere, Warning), "more than 10 % of the entries are counted but not listed",
        One(elsewhere::hidden), &[]),
    rule("other-namespace", (Elsewhere, Critical), "another namespace is at 80 % (warning) or 95 % (critical) of the limit",
        Many(elsewhere::other_namespace), &["look-netns"]),
    rule("log-lines", (Now, Note), "the kernel log says that the table was full",
        One(now::log_lines), &[]),
];

/// All rules, in the order of a report.
///
/// ```
/// use netfilter_conntrack::diagnosis::rules::rules;
/// assert!(rules().iter().any(|rule| rule.id == "table-full" && rule.advice == ["raise-limit"]));
/// ```
#[must_use]
pub fn rules() -> &'static [Rule] {
    RULES
}

/// What the rules find in these facts: critical findings first, then warnings, causes by their share, and notes.
///
/// ```
/// use netfilter_conntrack::diagnosis::{Facts, rules};
///
/// let mut facts = Facts::default();
/// assert!(rules::findings(&facts).is_empty()); // nothing known, nothing claimed
/// facts.table.entries = Some(230_000);
/// facts.table.max_entries = Some(262_144);
/// let findings = rules::findings(&facts);
/// assert_eq!(findings[0].id, "nearly-full");
/// assert_eq!(findings[0].text, "The table is nearly full: 230,000 of 262,144 entries (88 %).");
/// assert_eq!(findings[0].evidence.number("entries"), Some(230_000.0));
/// ```
#[must_use]
pub fn findings(facts: &Facts) -> Vec<Finding> {
    let hits = RULES.iter().flat_map(|rule| rule.hits(facts).into_iter().map(move |hit| (rule, hit)));
    let mut hits: Vec<(&Rule, Hit)> = hits.collect();
    hits.sort_by_key(|(rule, hit)| Reverse(hit.place(rule.severity)));
    let causes: Vec<Advice> = hits
        .iter()
        .filter(|(rule, hit)| hit.severity(rule.severity) == Cause)
        .flat_map(|(rule, hit)| rule.own_advice(facts, &hit.subject))
        .collect();
    hits.into_iter().map(|(rule, hit)| rule.finding(facts, hit, &causes)).collect()
}

impl Rule {
    /// What it finds; nothing where its group does not speak.
    fn hits(&self, facts: &Facts) -> Vec<Hit> {
        if matches!(self.group, Who | What) && !facts.is_under_pressure() {
            return Vec::new();
        }
        match self.find {
            One(find) => find(facts).into_iter().collect(),
            Many(find) => find(facts),
        }
    }

    fn own_advice(&self, facts: &Facts, subject: &Subject) -> Vec<Advice> {
        self.advice.iter().filter_map(|id| advice::advise(id, facts, subject)).collect()
    }

    fn finding(&self, facts: &Facts, hit: Hit, causes: &[Advice]) -> Finding {
        let mut advice = self.own_advice(facts, &hit.subject);
        if self.advice.contains(&"causes") {
            for other in causes {
                if !advice.contains(other) {
                    advice.push(other.clone());
                }
            }
        }
        advice.sort_by_key(|advice| advice.risk);
        Finding {
            id: self.id,
            severity: hit.severity(self.severity),
            text: hit.text,
            headline: hit.headline,
            evidence: Evidence(hit.evidence),
            advice,
            said_by: hit.said_by,
        }
    }
}

/// Whether a rule finds something.
pub(super) fn fires(facts: &Facts, id: &str) -> bool {
    RULES.iter().any(|rule| rule.id == id && !rule.hits(facts).is_empty())
}

/// Whether a cause other than `unreplied` is found: a flood with forged sources has no source to name.
fn has_cause(facts: &Facts) -> bool {
    let causes = RULES.iter().filter(|rule| rule.severity == Cause && rule.id != "unreplied");
    causes.into_iter().any(|rule| !rule.hits(facts).is_empty())
}

impl Hit {
    fn new(text: impl Into<String>) -> Hit {
        Hit { text: text.into(), ..Hit::default() }
    }

    fn with(mut self, name: &'static str, datum: impl Into<Datum>) -> Hit {
        self.evidence.push((name, datum.into()));
        self
    }

    fn headline(mut self, headline: impl Into<String>) -> Hit {
        self.headline = headline.into();
        self
    }

    fn about(mut self, subject: Subject) -> Hit {
        self.subject = subject;
        self
    }

    /// So many entries, which are this part of all.
    fn holding(mut self, entries: u64, share: f64) -> Hit {
        self.share = share;
        self.with("entries", entries).with("share_ratio", share)
    }

    fn said_by(mut self, finding: Option<&'static str>) -> Hit {
        self.said_by = finding;
        self
    }

    fn severity(&self, of_rule: Severity) -> Severity {
        self.severity.unwrap_or(of_rule)
    }

    /// Where it stands: by severity, and causes by whole per cents of what they explain.
    fn place(&self, of_rule: Severity) -> (Severity, u64) {
        let severity = self.severity(of_rule);
        let share = if severity == Cause { whole(self.share * 100.0) } else { 0 };
        (self.stands_with.unwrap_or(severity), share)
    }
}

impl From<u64> for Datum {
    fn from(count: u64) -> Datum {
        Datum::Count(count)
    }
}

/// Four decimals: more would be noise.
impl From<f64> for Datum {
    fn from(number: f64) -> Datum {
        Datum::Number((number * 1e4).round() / 1e4)
    }
}

impl From<String> for Datum {
    fn from(text: String) -> Datum {
        Datum::Text(text)
    }
}

impl From<bool> for Datum {
    fn from(is: bool) -> Datum {
        Datum::Is(is)
    }
}
