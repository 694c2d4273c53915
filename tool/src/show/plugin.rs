// SPDX-License-Identifier: GPL-2.0-or-later
//! `--check`: the line and the exit status of a monitoring plugin, as the Monitoring Plugins guidelines have them
//! (<https://www.monitoring-plugins.org/doc/guidelines.html>).

#![forbid(unsafe_code)]

use super::message::Complaint;
use super::output::Output;
use netfilter_conntrack::diagnosis::sample::Lost;

/// What a plugin answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    Ok,
    Warning,
    Critical,
    Unknown,
}

impl State {
    /// The word in the line.
    pub fn name(self) -> &'static str {
        match self {
            State::Ok => "OK",
            State::Warning => "WARNING",
            State::Critical => "CRITICAL",
            State::Unknown => "UNKNOWN",
        }
    }

    /// The exit status.
    pub fn exit_status(self) -> u8 {
        self as u8
    }
}

/// What a plugin knows of one namespace.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The namespace; empty for the one looked at.
    pub name: String,
    /// Its entries; `None`: not readable.
    pub entries: Option<u64>,
    /// The limit; 0: none; `None`: unknown.
    pub max_entries: Option<u64>,
    /// What the counters say of the interval, or why they cannot be read.
    pub losses: Result<Losses, String>,
    /// The interval, in seconds.
    pub secs: f64,
}

/// What happened in the interval.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Losses {
    pub lost: Lost,
    pub evicted: u64,
}

/// Percentages of the limit from which on the state is a warning, and critical.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    pub warning: u8,
    pub critical: u8,
}

impl Default for Thresholds {
    fn default() -> Thresholds {
        Thresholds { warning: 80, critical: 95 }
    }
}

/// Whether `entries` is at least `percent` per cent of the limit.
fn reaches(entries: u64, percent: u8, max: u64) -> bool {
    u128::from(entries) * 100 >= u128::from(max) * u128::from(percent)
}

impl Reading {
    /// The limit, if there is one.
    fn limit(&self) -> Option<u64> {
        self.max_entries.filter(|&max| max > 0)
    }

    fn losses(&self) -> Losses {
        self.losses.clone().unwrap_or_default()
    }

    /// The state. What is lost, and evictions, are critical whatever the fill.
    pub fn state(&self, thresholds: Thresholds) -> State {
        match (self.entries, self.max_entries) {
            _ if self.losses() != Losses::default() => State::Critical,
            (None, _) | (_, None) => State::Unknown,
            (_, Some(0)) => State::Ok,
            (Some(entries), Some(max)) if reaches(entries, thresholds.critical, max) => State::Critical,
            (Some(entries), Some(max)) if reaches(entries, thresholds.warning, max) => State::Warning,
            _ => State::Ok,
        }
    }

    /// How full it is, to tell the worse of two of one state.
    fn fill(&self) -> f64 {
        self.entries.zip(self.limit()).map_or(0.0, |(entries, max)| entries as f64 / max as f64)
    }

    /// What happens, in words.
    fn words(&self) -> String {
        let Some(entries) = self.entries else { return "the number of entries cannot be read".into() };
        let Losses { lost, evicted } = self.losses();
        let used = match (self.limit(), self.max_entries) {
            (Some(max), _) if lost.table_full > 0 => format!("table full: {entries} of {max} entries"),
            (Some(max), _) => format!("{:.1}% of {max} entries used", entries as f64 / max as f64 * 100.0),
            (None, Some(_)) => format!("{entries} entries, no limit"),
            (None, None) => format!("{entries} entries, limit unknown"),
        };
        let mut words = vec![used];
        for (number, things, what) in [
            (lost.table_full, ["packet", "packets"], "dropped"),
            (lost.clash, ["packet", "packets"], "lost to NAT (no free port, or a race for one)"),
            (lost.chain_too_long, ["packet", "packets"], "lost because a hash chain is too long"),
            (evicted, ["entry", "entries"], "evicted"),
        ] {
            words.extend((number > 0).then(|| self.rate(number, things, what)));
        }
        match &self.losses {
            Err(why) => words.push(format!("the counters cannot be read: {why}")),
            Ok(losses) if *losses == Losses::default() => {
                words.push(format!("nothing lost in {:.1} s", self.secs));
            }
            Ok(_) => {}
        }
        words.join(", ")
    }

    /// How often something happened: a second, or, where that is less than once, in the interval.
    fn rate(&self, number: u64, [one, many]: [&str; 2], what: &str) -> String {
        let per_sec = number as f64 / self.secs;
        let things = |number: &str| if number == "1" { one } else { many };
        if per_sec.is_finite() && per_sec >= 1.0 {
            let rate = format!("{per_sec:.0}");
            return format!("{rate} {}/s {what}", things(&rate));
        }
        format!("{number} {} {what} in {:.1} s", things(&number.to_string()), self.secs)
    }

    /// Performance data: `'label'=value;warn;crit;min;max`, numbers of the interval.
    fn data(&self, thresholds: Thresholds) -> Vec<String> {
        let Some(entries) = self.entries else { return Vec::new() };
        let of = |percent: u8, max: u64| u128::from(max) * u128::from(percent) / 100;
        let bounds = self.limit().map_or_else(
            || ";;;0".into(),
            |max| format!(";{};{};0;{max}", of(thresholds.warning, max), of(thresholds.critical, max)),
        );
        let mut data = vec![format!("{}={entries}{bounds}", self.label("entries"))];
        if let Ok(Losses { lost, evicted }) = &self.losses {
            for (name, number) in [
                ("full_drops", lost.table_full),
                ("clashes", lost.clash),
                ("chain_losses", lost.chain_too_long),
                ("evictions", *evicted),
            ] {
                data.push(format!("{}={number};;;0", self.label(name)));
            }
        }
        data
    }

    /// A label: quoted where it has a blank, without the characters that labels cannot have.
    fn label(&self, name: &str) -> String {
        match self.name.as_str() {
            "" => name.to_owned(),
            namespace => format!("'{} {name}'", cleaned(namespace).replace(['=', '\''], "_")),
        }
    }
}

/// A text without what a plugin's line cannot have: the bar begins performance data, control characters end the line.
fn cleaned(text: &str) -> String {
    text.chars().map(|letter| if letter == '|' || letter.is_control() { '_' } else { letter }).collect()
}

/// Namespaces of which a line has the performance data.
const NAMESPACES: usize = 5;

/// The plugin's line about the namespace looked at and, perhaps, others, and the state: the worst.
pub fn answer(own: &Reading, others: &[Reading], thresholds: Thresholds) -> (State, String) {
    let mut all: Vec<&Reading> = std::iter::once(own).chain(others).collect();
    // What is unknown of another namespace hides nothing of this one.
    let badness = |reading: &Reading| match reading.state(thresholds) {
        State::Unknown if !reading.name.is_empty() => State::Ok,
        state => state,
    };
    all.sort_by(|one, other| badness(other).cmp(&badness(one)).then(other.fill().total_cmp(&one.fill())));
    let (state, worst) = all.first().map_or((State::Unknown, own), |worst| (badness(worst), *worst));
    let name =
        if worst.name.is_empty() { String::new() } else { format!("namespace {}: ", cleaned(&worst.name)) };
    let data: Vec<String> =
        all.iter().take(NAMESPACES).flat_map(|reading| reading.data(thresholds)).collect();
    let bar = if data.is_empty() { "" } else { " | " };
    (
        state,
        format!("CONNTRACK {} - {name}{}{bar}{}\n", state.name(), cleaned(&worst.words()), data.join(" ")),
    )
}

/// Whether a command line asks for `--check`: then every complaint is the plugin's answer.
pub fn is_asked_for<'w>(mut words: impl Iterator<Item = &'w [u8]>) -> bool {
    words.any(|word| word == b"--check" || word.starts_with(b"--check="))
}

/// The line where nothing is known, and why: one line without performance data, whatever words the reason repeats.
pub fn unknown(why: &str) -> String {
    format!("CONNTRACK {} - {}\n", State::Unknown.name(), cleaned(why))
}

/// Answers that nothing is known, and why. Gives the exit status.
pub fn complain(out: &mut Output, complaint: &Complaint) -> u8 {
    let said = out.text(format_args!("{}", unknown(&complaint.to_string())));
    // Standard output that cannot be written was the complaint, or there is no place to complain to.
    let _ = said.and_then(|()| out.finish());
    State::Unknown.exit_status()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(entries: u64, max: u64) -> Reading {
        Reading {
            entries: Some(entries),
            max_entries: Some(max),
            losses: Ok(Losses::default()),
            secs: 0.5,
            name: String::new(),
        }
    }

    fn said(reading: &Reading) -> String {
        answer(reading, &[], Thresholds::default()).1
    }

    fn losing(set: impl FnOnce(&mut Losses)) -> Reading {
        let mut losses = Losses::default();
        set(&mut losses);
        Reading { losses: Ok(losses), ..reading(3052, 262_144) }
    }

    /// A word of the command line can neither begin a second line nor stand for performance data.
    #[test]
    fn what_is_not_known_is_one_line() {
        let line = unknown("unexpected value '1\n2 | x=1\u{1b}[2J' with --check option");
        assert_eq!(line, "CONNTRACK UNKNOWN - unexpected value '1_2 _ x=1_[2J' with --check option\n");
    }

    #[test]
    fn the_line_of_a_healthy_table() {
        assert_eq!(
            said(&reading(3052, 262_144)),
            "CONNTRACK OK - 1.2% of 262144 entries used, nothing lost in 0.5 s | \
             entries=3052;209715;249036;0;262144 full_drops=0;;;0 clashes=0;;;0 chain_losses=0;;;0 evictions=0;;;0\n"
        );
    }

    #[test]
    fn the_fill_decides_at_its_thresholds() {
        let state = |entries| reading(entries, 1000).state(Thresholds::default());
        assert_eq!(
            [state(799), state(800), state(949), state(950)],
            [State::Ok, State::Warning, State::Warning, State::Critical]
        );
        let thresholds = Thresholds { warning: 1, critical: 1 };
        assert_eq!(reading(10, 1000).state(thresholds), State::Critical);
        assert!(
            said(&reading(800, 1000)).starts_with("CONNTRACK WARNING - 80.0% of 1000 entries used, nothing")
        );
    }

    #[test]
    fn every_loss_is_critical_and_named() {
        let full = Reading { entries: Some(262_144), ..losing(|losses| losses.lost.table_full = 495) };
        assert_eq!(
            said(&full),
            "CONNTRACK CRITICAL - table full: 262144 of 262144 entries, 990 packets/s dropped | \
             entries=262144;209715;249036;0;262144 full_drops=495;;;0 clashes=0;;;0 chain_losses=0;;;0 evictions=0;;;0\n"
        );
        for (reading, words) in [
            (
                losing(|losses| losses.lost.clash = 5),
                "10 packets/s lost to NAT (no free port, or a race for one)",
            ),
            (
                losing(|losses| losses.lost.chain_too_long = 1),
                "2 packets/s lost because a hash chain is too long",
            ),
            (losing(|losses| losses.evicted = 3), "6 entries/s evicted"),
        ] {
            let said = said(&reading);
            assert!(said.starts_with("CONNTRACK CRITICAL - 1.2% of 262144 entries used, "), "{said}");
            assert!(said.contains(words) && !said.contains("nothing lost"), "{said}");
        }
    }

    #[test]
    fn a_rare_loss_is_not_said_to_be_none() {
        let rare = Reading { secs: 3600.0, ..losing(|losses| losses.lost.table_full = 7) };
        assert!(said(&rare).contains(" entries, 7 packets dropped in 3600.0 s | "), "{}", said(&rare));
        let at_once = Reading { secs: 0.0, ..losing(|losses| losses.evicted = 1) };
        assert!(said(&at_once).contains("used, 1 entry evicted in 0.0 s | "), "{}", said(&at_once));
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let blind = Reading { losses: Err("Permission denied".into()), ..reading(3052, 262_144) };
        assert_eq!(
            said(&blind),
            "CONNTRACK OK - 1.2% of 262144 entries used, the counters cannot be read: Permission denied | \
             entries=3052;209715;249036;0;262144\n"
        );
        let none = Reading { entries: None, losses: Err(String::new()), ..reading(0, 0) };
        assert_eq!(said(&none), "CONNTRACK UNKNOWN - the number of entries cannot be read\n");
        let boundless = Reading { max_entries: None, ..reading(7, 0) };
        assert!(
            said(&boundless).starts_with("CONNTRACK UNKNOWN - 7 entries, limit unknown, nothing lost in ")
        );
        let losing = Reading { max_entries: None, ..losing(|losses| losses.evicted = 5) };
        assert!(said(&losing).starts_with("CONNTRACK CRITICAL - 3052 entries, limit unknown, 10 entries/s "));
        let unlimited = reading(7, 0);
        assert!(
            said(&unlimited)
                .starts_with("CONNTRACK OK - 7 entries, no limit, nothing lost in 0.5 s | entries=7;;;0 ")
        );
    }

    #[test]
    fn of_many_namespaces_the_worst_is_named_and_five_have_data() {
        let named = |name: &str, entries| Reading { name: name.into(), ..reading(entries, 1000) };
        let mut others: Vec<Reading> = (0..9).map(|number| named(&format!("n{number}"), number)).collect();
        others.push(named("we=b's|\n", 970));
        others.push(Reading { entries: None, ..named("gone", 0) });
        let (state, line) = answer(&reading(100, 1000), &others, Thresholds::default());
        assert_eq!(state, State::Critical);
        assert!(
            line.starts_with("CONNTRACK CRITICAL - namespace we=b's__: 97.0% of 1000 entries used, "),
            "{line}"
        );
        assert!(
            line.contains("| 'we_b_s__ entries'=970;800;950;0;1000 'we_b_s__ full_drops'=0;;;0 "),
            "{line}"
        );
        assert_eq!((line.matches("entries'=").count(), line.matches(" entries=100;").count()), (4, 1));
        assert_eq!((line.lines().count(), line.matches('|').count()), (1, 1));
        assert_eq!(answer(&reading(1, 1000), &others[..9], Thresholds::default()).0, State::Ok);
    }

    #[test]
    fn only_the_whole_name_makes_a_plugin() {
        let asked = |line: &str| is_asked_for(line.split(' ').map(str::as_bytes));
        assert!(asked("--check") && asked("--nosuch --check=80,95") && asked("-L --check 1"));
        assert!(!asked("--chec") && !asked("--checks") && !asked("-L check"));
    }
}
