// SPDX-License-Identifier: GPL-2.0-or-later
//! The text of a report, to the letter.

#![forbid(unsafe_code)]

use super::super::facts::{Row, Top};
use super::super::key::{By, Key};
use super::super::report::Detail;
use super::super::text::top_table;
use super::super::{Facts, Verdict};
use super::judged;
use super::situations::*;

/// A situation and its text.
type Given = (fn() -> Facts, &'static str);

#[rustfmt::skip]
const TEXTS: &[Given] = &[
    (healthy, "\
conntrack: 1,020 of 262,144 entries (< 1 %). No problem found.
  Nothing was lost in 0.5 s, and nothing since this namespace was made.
"),
    (scan, "\
conntrack: 262,143 of 262,144 entries (100 %). CRITICAL: the table is full.

1. The table is full and the kernel evicts 1,984 unanswered entries a second to
   make room. No packet is dropped for it: all entries here can be evicted.
2. 100.64.0.1 holds 262,303 entries (100 %), nearly all unanswered, to about
   100,000 targets: it scans.
3. 100 % of the entries are unanswered (TCP SYN_SENT, kept for 120 s). About
   2,000 new ones arrive each second; at 120 s each that is 240,000 entries.

What to do
1. Look at them (looks only):
     conntrack -L -s 100.64.0.1
2. Forget unanswered connections sooner (changes new or dead flows; frees
   nothing now):
     sysctl -w net.netfilter.nf_conntrack_tcp_timeout_syn_sent=20
3. Stop the source before it is tracked (changes traffic):
     nft add table inet relief
     nft 'add chain inet relief pre {type filter hook prerouting priority raw;}'
     nft add rule inet relief pre ip saddr 100.64.0.1 drop
     conntrack -D -s 100.64.0.1
   Undo: nft delete table inet relief
"),
    (dropping, "\
conntrack: 262,144 of 262,144 entries (100 %). CRITICAL: packets are dropped.

1. The table is full of established flows that cannot be evicted: 991 packets a
   second are dropped, the first of every new connection. Those that exist work.
2. Nobody holds more than 1 % of the table: no source, network, destination or
   service. The limit is too small for the load.

What is in the table
  tcp ESTABLISHED   262,144  100 %  kept 5 d after the last packet, idle < 1 h
  memory            96 MiB (384 bytes an entry), 0.4 % of 23.5 GiB

What to do
1. Raise limit and hash together (safe; up to 192 MiB and 4 MiB):
     sysctl -w net.netfilter.nf_conntrack_buckets=524288
     sysctl -w net.netfilter.nf_conntrack_max=524288
   In the initial namespace only. To keep it: a file in /etc/sysctl.d.
"),
    (idle, "\
conntrack: 262,144 of 262,144 entries (100 %). CRITICAL: packets are dropped.

1. The table is full of established flows that cannot be evicted: 480 packets a
   second are dropped, the first of every new connection. Those that exist work.
2. 262,144 of 262,144 established TCP flows had no packet for more than an hour,
   174,763 for more than two days. Each is kept 432000 s (5 d) after its last.

   idle longer than               entries
     2 d                          174,763   67 %
     1 d                          262,144  100 %
     2 h 4 min (7440 s, RFC 5382) 262,144  100 %

What to do
1. Raise limit and hash together, to gain time (safe; up to 192 MiB and 4 MiB):
     sysctl -w net.netfilter.nf_conntrack_buckets=524288
     sysctl -w net.netfilter.nf_conntrack_max=524288
   In the initial namespace only. To keep it: a file in /etc/sysctl.d.
2. Keep idle flows a day (changes new or dead flows). This frees nothing now: an
   entry keeps its deadline until its next packet.
     sysctl -w net.netfilter.nf_conntrack_tcp_timeout_established=86400
3. Delete what has been idle for a day (changes new or dead flows). A peer that
   still lives is cut off only where NAT or a strict firewall needs the entry:
     conntrack -D -p tcp --state ESTABLISHED --remaining 301-345600
"),
    (close_wait, "\
conntrack: 214,957 of 262,144 entries (82 %). WARNING: nearly full.

1. 183,500 entries (85 %) are TCP in CLOSE_WAIT: one side has closed, the other
   never does. They are kept 3600 s here; the kernel's default is 60 s.
2. 198.18.0.10 tcp/8080 is the server of 183,500 entries (85 %).
3. 100.64.0.0/24 is the source of 183,500 entries (85 %); no one address in it
   has more than 1 %.

What to do
1. Repair the program at 198.18.0.10 tcp/8080 or its clients, which do not close
   (looks only):
     ss -Htan state close-wait | wc -l        # on either host
2. Keep CLOSE_WAIT shorter (changes new or dead flows; frees nothing now):
     sysctl -w net.netfilter.nf_conntrack_tcp_timeout_close_wait=60
3. Delete those entries (changes new or dead flows). A side that still sends is
   cut off only where NAT or a strict firewall needs the entry:
     conntrack -D -p tcp --state CLOSE_WAIT -d 198.18.0.10 --dport 8080
"),
    (dropped_before, "\
conntrack: 200 of 262,144 entries (< 1 %). WARNING: packets dropped earlier.

1. 500 packets were dropped because the table was full, since this namespace was
   made; none in the last 0.5 s. The kernel log says so 10 times, the last time
   3 min 10 s ago (it writes 10 lines in 5 s at most).

What to do
1. Catch it next time (looks only):
     conntrack --check 80,95
     conntrack --diagnose --watch 10 -o json >> conntrack.jsonl
"),
    (snat, "\
conntrack: 1,000 of 262,144 entries (< 1 %). CRITICAL: connections fail.

1. 192 packets a second are lost because source NAT finds no free port. The
   table is not full (drop and insert_failed grow together).
2. All 1,000 ports from 20000 to 20999 of 10.2.0.254 are in use towards
   198.18.0.30 tcp/443. Up to 64,512 are possible for one address.

What to do
1. See who uses them (looks only):
     conntrack -L -n 10.2.0.254 -r 198.18.0.30 -p tcp --reply-port-src 443
     conntrack --top --by source -n 10.2.0.254 -r 198.18.0.30 -p tcp --reply-port-src 443
2. Give the NAT rule more addresses or a wider port range (changes traffic):
     nft list ruleset | grep -n snat
A larger table would not help.
"),
    (other_namespace, "\
conntrack: 100 of 262,144 entries (< 1 %) in this namespace.
CRITICAL: namespace web-7f9c is nearly full.

  namespace              entries   used  full drops  evictions
  web-7f9c               254,279   97 %         0/s        0/s
  (this one)                 100  < 1 %         0/s        0/s
  4 others hold fewer than 1 % each.

1. Namespace web-7f9c (net:[4026532179]) holds 254,279 entries, 97 % of the
   limit. Every namespace has its own count against the one limit.

What to do
1. Look into it (looks only):
     conntrack --diagnose --netns web-7f9c
"),
    (hash_small, "\
conntrack: 115,792 of 262,144 entries (44 %). CRITICAL: hash too small.

1. 4,096 buckets for 115,824 entries of all namespaces: chains of 57 on average
   (up to 4 is good). Every packet walks one.
2. 4,208 packets have been lost because a chain was too long (the counter `drop`
   does not show them); none in the last 0.5 s.

What to do
1. As many buckets as the limit (safe; 2 MiB; stops all tracking for moments):
     sysctl -w net.netfilter.nf_conntrack_buckets=262144
   In the initial namespace only. To keep it: a file in /etc/sysctl.d.
"),
    (unprivileged, "\
conntrack: 262,144 of 262,144 entries (100 %). CRITICAL: packets are dropped.

1. The table is full: 1,000 packets a second are dropped.

Who holds the entries cannot be told: reading the table needs CAP_NET_ADMIN.
     sudo conntrack --diagnose
"),
    (dns, "\
conntrack: 167,424 of 262,144 entries (64 %). Nothing is lost.

1. 167,424 entries (100 %) are DNS, all unanswered, to 198.18.0.53.
2. 100.64.10.0/24 is the source of all entries; its five busiest addresses hold
   20 % each.
3. About 3,000 new unanswered UDP flows arrive each second and are kept 30 s: if
   it goes on the table settles at about 90,000 entries.

What to do
1. See whether 198.18.0.53 answers (looks only):
     conntrack -L -p udp -d 198.18.0.53 --dport 53
2. Leave DNS untracked (changes traffic). Only if it needs no NAT and your rules
   accept untracked packets:
     nft add table inet relief
     nft 'add chain inet relief pre {type filter hook prerouting priority raw;}'
     nft 'add chain inet relief out {type filter hook output priority raw;}'
     nft add rule inet relief pre udp dport 53 notrack
     nft add rule inet relief pre udp sport 53 notrack
     nft add rule inet relief out udp dport 53 notrack
     nft add rule inet relief out udp sport 53 notrack
   Undo: nft delete table inet relief
"),
    (random_network, "\
conntrack: 235,929 of 262,144 entries (90 %). WARNING: nearly full.

1. fd0c:0:0:42::/64 is the source of 222,822 entries (94 %), all unanswered; no
   address in it has more than 1 %: addresses are drawn at random.
2. 94 % of the entries are unanswered (TCP SYN_SENT, kept for 120 s).

What to do
1. Look at them (looks only):
     conntrack -L -s fd0c:0:0:42::/64
2. Forget unanswered connections sooner (changes new or dead flows; frees
   nothing now):
     sysctl -w net.netfilter.nf_conntrack_tcp_timeout_syn_sent=20
3. Limit each /64, not each address (changes traffic; forwarded traffic only).
   Only if none has a right to more than 2,000 flows, as a proxy, a load
   balancer or NAT in front of many hosts has:
     nft add table inet relief
     nft 'add set inet relief per_net {type ipv6_addr; flags dynamic;}'
     nft 'add chain inet relief guard {type filter hook forward priority 0;}'
     nft 'add rule inet relief guard ct state new add @per_net {ip6 saddr and ffff:ffff:ffff:ffff:: ct count over 2000} drop'
   Undo: nft delete table inet relief
"),
];

#[test]
fn each_situation_has_its_text() {
    for (facts, text) in TEXTS {
        let given = judged(facts()).text();
        assert!(given == *text, "{given}\n---- instead of ----\n{text}");
        assert_eq!(judged(facts()).to_string(), *text);
    }
}

#[test]
fn what_is_not_known_is_said_to_be() {
    let head = |facts: Facts| judged(facts).text().lines().next().unwrap_or_default().to_owned();
    assert_eq!(head(Facts::default()), "conntrack: the number of entries cannot be read. UNKNOWN.");
    assert_eq!(judged(Facts::default()).verdict, Verdict::Unknown);
    let mut facts = quiet(1020);
    facts.table.max_entries = None;
    assert_eq!(head(facts.clone()), "conntrack: 1,020 entries, of a limit that is not known. UNKNOWN.");
    facts.table.max_entries = Some(0);
    assert_eq!(head(facts), "conntrack: 1,020 entries, without a limit. No problem found.");
    let mut blind = quiet(1020);
    blind.losses = None;
    assert!(judged(blind).text().contains("Whether packets are lost is not known."));
    let mut once = quiet(1020);
    once.interval_secs = None;
    assert!(judged(once).text().contains("Nothing was lost since this namespace was made."));
    let mut clashed = quiet(1020);
    clashed.losses.as_mut().unwrap().clash.total = 1200;
    assert!(
        judged(clashed)
            .text()
            .contains("Nothing was lost in 0.5 s, and 1,200 packets since this namespace was made.")
    );
}

#[test]
fn what_could_not_be_read_is_said_where_it_matters() {
    let unread = |facts: fn() -> Facts| {
        let mut facts = facts();
        facts.not_read.push(super::super::facts::NotRead::new("kernel_log", "Operation not permitted"));
        judged(facts).text().contains("\nNot read: kernel log (Operation not permitted).\n")
    };
    assert!(unread(dropping) && unread(invalid));
    assert!(!unread(healthy));
}

#[test]
fn a_table_that_loses_some_new_flows_says_how_many() {
    let mut facts = dropping();
    let census = facts.census.as_mut().unwrap();
    census.assured = census.entries * 9 / 10;
    // The formula for a tenth of evictable entries and chains of two: 18.5 %.
    assert!(
        judged(facts.clone()).text().contains("are dropped, about 19 % of the new\n"),
        "{}",
        judged(facts).text()
    );
    let mut few = dropping();
    let census = few.census.as_mut().unwrap();
    census.assured = census.entries - 2000;
    assert!(judged(few).findings[0].text.contains("about 88 % of the new connections"));
}

#[test]
fn lower_bounds_are_named_as_such() {
    let mut facts = scan();
    facts.census.as_mut().unwrap().top.iter_mut().for_each(|top| top.error_entries = 9);
    let report = judged(facts);
    let source = report.finding("top-source").unwrap();
    assert!(source.text.starts_with("100.64.0.1 holds at least 262,303 entries"), "{}", source.text);
}

#[test]
fn tables_that_are_asked_for_stand_after_the_findings() {
    let detail = Detail { by: &[By::Source, By::Helper], rows: 2 };
    let text = judged(dns()).text_with(&detail);
    let table = "
source            entries  share  unanswered  targets
100.64.10.1        33,485   20 %       100 %
100.64.10.2        33,485   20 %       100 %
others            100,454   60 %

What to do
";
    assert!(text.contains(table), "{text}");
}

#[test]
fn a_table_says_that_it_is_a_sketch_and_that_nobody_is_large() {
    let row =
        Row { targets_estimate: Some(104_200), unanswered: 9, ..Row::new(Key::Source(ip("100.64.0.1")), 9) };
    let top = Top::new(By::Source, 230, 1, vec![row]);
    assert_eq!(
        top_table(&top, 262_144, 10),
        "source            entries  share  unanswered    targets\n\
         100.64.0.1              9  < 1 %       100 %  ~ 100,000\n\
         others            262,135  100 %\n\
         No source has 1 % or more.\n\
         Each number may be up to 230 (< 1 %) higher.\n"
    );
}

#[test]
fn a_long_name_has_a_line_of_its_own() {
    let mut facts = other_namespace();
    facts.namespaces[1].name = Some("x".repeat(200));
    let text = judged(facts).text();
    assert!(text.contains(&format!("\n  {}\n", "x".repeat(78))), "{text}");
    assert!(text.contains("\n                         254,279   97 %         0/s        0/s\n"), "{text}");
}

#[test]
fn a_half_full_table_without_a_cause_has_no_problem() {
    let report = judged(half_full());
    assert!(report.finding("no-heavy-hitter").is_some());
    assert_eq!(
        report.text(),
        "conntrack: 140,000 of 262,144 entries (53 %). No problem found.\n  \
         Nothing was lost in 0.5 s, and nothing since this namespace was made.\n"
    );
    let detail = Detail { by: &[By::Source], rows: 3 };
    assert!(report.text_with(&detail).contains("\nWhat is in the table\n  tcp ESTABLISHED   140,000  100 %"));
}

#[test]
fn an_undo_that_is_too_long_stands_as_a_command() {
    let mut facts = scan();
    facts.namespace.entered_by = Some(format!("/run/netns/{}", "x".repeat(60)).into());
    let text = judged(facts).text();
    assert!(text.contains("\n   Undo:\n     nsenter --net=/run/netns/xxx"), "{text}");
    assert!(text.lines().all(|line| line.len() <= 80 || line.starts_with("     ")), "{text}");
}

#[test]
fn a_finding_after_the_idle_ages_stands_apart() {
    let mut facts = idle();
    facts.kernel_log = dropped_before().kernel_log;
    let text = judged(facts).text();
    assert!(
        text.contains("262,144  100 %\n\n3. The kernel log says 10 times that the table was full"),
        "{text}"
    );
}
