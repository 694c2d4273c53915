// SPDX-License-Identifier: GPL-2.0-or-later
//! Completions for bash, zsh and fish, from the option tables.
//!
//! Part of the tests only: the files in `completions/` must be what this module renders. To render them anew:
//! `UPDATE_COMPLETIONS=1 cargo test -p conntrack completion`.

#![forbid(unsafe_code)]

use crate::command::registry::ROWS;
use crate::line::options::{PARAMS, Row, TABLES, Takes, Value};
use crate::line::protocols::{PROTOCOLS, Protocol};
use crate::line::value::{EVENTS, FAMILIES, FORMATS, FORMATS_IN_FULL, ROLES, STATUS};
use netfilter_conntrack::diagnosis::By;
use std::fmt::Write as _;

const NOTE: &str = "made from the tool's option table; do not edit (tool/src/show/completion.rs).";

/// The words that may stand for a value; none where any word may.
fn choices(value: Value) -> Vec<&'static str> {
    match value {
        Value::Table => TABLES.iter().map(|(name, _)| *name).collect(),
        Value::Protocol => PROTOCOLS.iter().map(|protocol| protocol.name).collect(),
        Value::Family => FAMILIES.iter().map(|(name, _)| *name).collect(),
        Value::Status => STATUS.iter().map(|(name, _)| *name).chain(["UNREPLIED"]).collect(),
        Value::Events => EVENTS.iter().map(|(name, _)| *name).collect(),
        Value::Output => FORMATS.iter().chain(FORMATS_IN_FULL).map(|(name, _)| *name).collect(),
        Value::Groupings => By::ALL.iter().map(|by| by.name()).collect(),
        Value::Metrics => vec!["conntrack", "node"],
        Value::Role => ROLES.iter().map(|(name, _)| *name).collect(),
        _ => Vec::new(),
    }
}

/// Whether the value is a list with commas.
fn is_list(value: Value) -> bool {
    matches!(value, Value::Status | Value::Events | Value::Output | Value::Groupings)
}

fn letter(row: &Row) -> Option<String> {
    row.short.filter(u8::is_ascii_alphabetic).map(|letter| format!("-{}", char::from(letter)))
}

/// Every way to write an option.
fn spellings(row: &Row) -> Vec<String> {
    letter(row).into_iter().chain(row.longs.iter().map(|long| format!("--{long}"))).collect()
}

fn general() -> impl Iterator<Item = &'static Row> {
    ROWS.iter().chain(PARAMS)
}

fn states(protocol: &Protocol) -> String {
    let aliases = protocol.aliases.iter().map(|(name, _)| *name);
    protocol.states.iter().copied().chain(aliases).collect::<Vec<_>>().join(" ")
}

fn bash() -> String {
    let mut values = String::new();
    for row in general().filter(|row| row.takes != Takes::Nothing) {
        let (names, words) = (spellings(row).join("|"), choices(row.value).join(" "));
        let action = match row.value {
            Value::Path => "COMPREPLY=($(compgen -f -- \"$cur\")); return".to_string(),
            value if is_list(value) => format!("list=1 words='{words}'"),
            _ if words.is_empty() && row.takes == Takes::Argument => "return".into(),
            _ if words.is_empty() => continue,
            _ => format!("words='{words}'"),
        };
        writeln!(values, "        {names}) {action} ;;").unwrap();
    }
    let mut protocols = String::new();
    for protocol in &PROTOCOLS {
        let names: Vec<String> = protocol.rows().flat_map(spellings).collect();
        writeln!(
            protocols,
            "        {}) options+=' {}' states='{}' ;;",
            protocol.name,
            names.join(" "),
            states(protocol)
        )
        .unwrap();
    }
    let options: Vec<String> = general().flat_map(spellings).collect();
    format!(
        "# bash completion for conntrack(8), {NOTE}
_conntrack()
{{
    local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD-1]}}
    local options='{}' states='' words='' list='' protocol='' i
    COMPREPLY=()
    for ((i = 1; i + 1 < COMP_CWORD; i++)); do
        [[ ${{COMP_WORDS[i]}} == @(-p|--protonum) ]] && protocol=${{COMP_WORDS[i+1]}}
    done
    case $protocol in
{protocols}    esac
    case $prev in
        -R|--load-file) COMPREPLY=($(compgen -f -- \"$cur\")); return ;;
        --state) words=$states ;;
        --role) words='{}' ;;
{values}    esac
    if [[ $list ]]; then
        local before=''
        [[ $cur == *,* ]] && before=${{cur%,*}},
        COMPREPLY=($(compgen -P \"$before\" -W \"$words\" -- \"${{cur##*,}}\"))
    elif [[ $words && $cur != -* ]]; then
        COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))
    else
        COMPREPLY=($(compgen -W \"$options -R --load-file\" -- \"$cur\"))
    fi
}}
complete -F _conntrack conntrack
",
        options.join(" "),
        choices(Value::Role).join(" "),
    )
}

/// The part of a zsh option that tells its argument.
fn zsh_argument(row: &Row, states: &str) -> String {
    let words = match row.value {
        Value::State => states.to_string(),
        value => choices(value).join(" "),
    };
    let action = match row.value {
        Value::Path => "_files".to_string(),
        value if is_list(value) => format!("_values -s , {} {words}", placeholder(row)),
        _ if words.is_empty() => " ".into(),
        _ => format!("({words})"),
    };
    match row.takes {
        Takes::Nothing => String::new(),
        _ if row.value == Value::None => String::new(),
        Takes::Argument => format!(":{}:{action}", placeholder(row)),
        Takes::Perhaps { .. } => format!("::{}:{action}", placeholder(row)),
    }
}

/// The argument's name without the signs that mean something to a shell.
fn placeholder(row: &Row) -> &'static str {
    row.value.placeholder().split(['[', '/']).next().unwrap_or_default()
}

fn zsh_line(row: &Row, states: &str) -> String {
    let names = spellings(row);
    let (exclusive, brace) = match names.as_slice() {
        [one] => (String::new(), one.clone()),
        all => (format!("'({})'", all.join(" ")), format!("{{{}}}", all.join(","))),
    };
    format!("{exclusive}{brace}'[{}]{}'", row.help.replace('\'', "'\\''"), zsh_argument(row, states))
}

fn zsh() -> String {
    let mut protocols = String::new();
    for protocol in &PROTOCOLS {
        let lines: Vec<String> = protocol.rows().map(|row| zsh_line(row, &states(protocol))).collect();
        let lines = lines.join("\n            ");
        writeln!(protocols, "        {}) options+=(\n            {lines}) ;;", protocol.name).unwrap();
    }
    let lines: Vec<String> = general().map(|row| zsh_line(row, "")).collect();
    format!(
        "#compdef conntrack
# zsh completion for conntrack(8), {NOTE}
_conntrack() {{
    local -a options
    local protocol=${{words[$(( words[(I)(-p|--protonum)] + 1 ))]}}
    options=(
        '(-R --load-file)'{{-R,--load-file}}'[run the command lines in a file]:file:_files'
        {}
    )
    case $protocol in
{protocols}    esac
    _arguments -s $options
}}
_conntrack \"$@\"
",
        lines.join("\n        ")
    )
}

fn fish_line(row: &Row, protocol: Option<&Protocol>) -> String {
    let mut line = String::from("complete -c conntrack");
    if let Some(protocol) = protocol {
        write!(line, " -n '__conntrack_protocol {}'", protocol.name).unwrap();
    }
    if let Some(letter) = letter(row) {
        write!(line, " -s {}", letter.trim_start_matches('-')).unwrap();
    }
    row.longs.iter().for_each(|long| write!(line, " -l {long}").unwrap());
    let words = match (row.value, protocol) {
        (Value::State, Some(protocol)) => states(protocol),
        (value, _) => choices(value).join(" "),
    };
    match (row.takes, row.value) {
        (_, Value::Path) => line += " -r -F",
        (Takes::Argument, _) => line += " -x",
        _ => {}
    }
    if is_list(row.value) {
        write!(line, " -a '(__fish_append , {words})'").unwrap();
    } else if !words.is_empty() && row.value != Value::Table {
        write!(line, " -a '{words}'").unwrap();
    }
    write!(line, " -d '{}'", row.help.replace('\'', "\\'")).unwrap();
    line + "\n"
}

/// The names of tables. fish has no options whose value may be left out and is a word of its own, so that the names are
/// offered as words after such an option.
fn fish_tables() -> String {
    let commands: Vec<String> =
        general().filter(|row| row.value == Value::Table).flat_map(spellings).collect();
    let (commands, tables) = (commands.join(" "), choices(Value::Table).join(" "));
    format!("complete -c conntrack -n '__conntrack_after {commands}' -a '{tables}' -d 'table'\n")
}

fn fish() -> String {
    let mut text = format!(
        "# fish completion for conntrack(8), {NOTE}
function __conntrack_protocol
    set -l words (commandline -opc)
    set -l at (contains -i -- -p $words; or contains -i -- --protonum $words)
    or return 1
    set -l next (math $at[1] + 1)
    test \"$words[$next]\" = $argv[1]
end
function __conntrack_after
    set -l words (commandline -opc)
    contains -- $words[-1] $argv
end
complete -c conntrack -f
complete -c conntrack -s R -l load-file -r -F -d 'run the command lines in a file'
"
    );
    general().for_each(|row| text += &fish_line(row, None));
    text += &fish_tables();
    for protocol in &PROTOCOLS {
        protocol.rows().for_each(|row| text += &fish_line(row, Some(protocol)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;
    use std::process::Command;

    fn current(name: &str, text: &str) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("completions").join(name);
        if std::env::var_os("UPDATE_COMPLETIONS").is_some() {
            std::fs::write(&path, text).unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap();
        assert!(committed == text, "{name} is not what the option table says; see this module's text");
    }

    #[test]
    fn committed_completions_are_current() {
        current("conntrack.bash", &bash());
        current("_conntrack", &zsh());
        current("conntrack.fish", &fish());
    }

    /// What bash offers for the last word of a line.
    fn offered(line: &[&str]) -> Vec<String> {
        let script = format!(
            "{}\nCOMP_WORDS=(\"$@\") COMP_CWORD=$(($# - 1)); _conntrack; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            bash()
        );
        let output = Command::new("bash").args(["-c", &script, "bash"]).args(line).output().unwrap();
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().lines().map(String::from).collect()
    }

    #[test]
    fn bash_offers_what_fits() {
        assert_eq!(offered(&["conntrack", "-L", "ex"]), ["expect"]);
        assert_eq!(offered(&["conntrack", "-L", "-p", "udp"]), ["udp", "udplite"]);
        assert_eq!(offered(&["conntrack", "-L", "-o", "xml,k"]), ["xml,ktimestamp"]);
        assert_eq!(offered(&["conntrack", "--label-"]), ["--label-add", "--label-del"]);
        assert_eq!(offered(&["conntrack", "-L", "-p", "tcp", "--state", "TIME"]), ["TIME_WAIT"]);
        assert_eq!(offered(&["conntrack", "-I", "-p", "sctp", "--orig-v"]), ["--orig-vtag"]);
        assert!(offered(&["conntrack", "-I", "--orig-v"]).iter().all(String::is_empty));
        assert!(offered(&["conntrack", "-L", "-s", "1"]).iter().all(String::is_empty));
    }

    mod with_a_program {
        use super::*;

        /// What fish offers at the end of a line, without the descriptions; none without fish.
        fn offered(line: &str) -> Option<Vec<String>> {
            let script = format!("{}\ncomplete -C '{line}'", fish());
            let output = Command::new("fish").args(["--no-config", "-c", &script]).output().ok()?;
            assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
            let lines = String::from_utf8(output.stdout).unwrap();
            Some(lines.lines().filter_map(|line| line.split('\t').next()).map(String::from).collect())
        }

        #[test]
        fn fish_offers_what_fits() {
            let tables = ["conntrack", "dying", "expect", "unconfirmed"];
            for (line, words) in [
                ("conntrack -L ", &tables[..]),
                ("conntrack --dump ", &tables),
                ("conntrack -E ex", &["expect"]),
                ("conntrack -L expect ", &[]),
                ("conntrack -L -s ", &[]),
                ("conntrack -L -p ud", &["udp", "udplite"]),
                ("conntrack -L -p tcp --state TIME", &["TIME_WAIT"]),
                ("conntrack --label-", &["--label-add", "--label-del"]),
            ] {
                let Some(mut offered) = offered(line) else {
                    assert!(std::env::var("CI").as_deref() != Ok("true"), "fish is missing");
                    #[allow(clippy::print_stdout)]
                    {
                        println!("SKIP fish_offers_what_fits: fish is missing");
                    }
                    return;
                };
                offered.sort();
                assert_eq!(offered, words, "{line}");
            }
        }
    }

    #[test]
    fn every_option_is_in_every_completion() {
        let protocols = PROTOCOLS.iter().flat_map(Protocol::rows);
        for long in general().chain(protocols).flat_map(|row| row.longs) {
            assert!(bash().contains(&format!("--{long}")), "{long}");
            assert!(zsh().contains(&format!("--{long}")), "{long}");
            assert!(fish().contains(&format!("-l {long}")), "{long}");
        }
    }
}
