# SPDX-License-Identifier: GPL-2.0-or-later
# Takes out of a record what two plays of one scene may differ in, and nothing else.
#
# Scenes choose timers that end in 500, and run.sh ends a scene after 300 seconds: only the last three digits of a timer are
# masked, so that a timer read wrongly is found.

# Timers: the text list, with or without the family in front; event lines; save lines; XML.
s/^((.*\[(NEW|UPDATE|DESTROY)\] *)?(ipv[46] +[0-9]+ )?[a-z0-9]+ +[0-9]+ [0-9]+)[0-9]{3} /\1ttt /
s/(^|[^-[:alnum:]])-t ([0-9]+)[0-9]{3} /\1-t \2ttt /
s,<timeout>([0-9]*)[0-9]{3}</timeout>,<timeout>\1ttt</timeout>,g
# Identifiers (not those of ICMP), port ids, the name of a process that may already be gone.
s/(code=[0-9]+ )id=/\1icmp-id=/g
s/ id=[0-9]+/ id=ID/
s,<id>[0-9]+</id>,<id>ID</id>,g
s/portid=[0-9]+( progname=[a-z]+)?/portid=PORT/
# Clocks. A date has the form of ctime in flows as in the programs' own logs.
s/delta-time=[0-9]+/delta-time=N/g
s/(Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} [0-9]{4}/DATE/g
s/^\[[0-9]+\.[0-9]+ *\]/[WHEN]/
s,<deltatime>[0-9]+</deltatime>,<deltatime>N</deltatime>,g
s,<(start|stop)>[0-9]+</(start|stop)>,<\1>NS</\1>,g
s,<when>.*</when>,<when>WHEN</when>,g
# Expectations: an FTP helper's timer is 300 seconds.
s/^((\[WHEN\]\t)? *(\[[A-Z]+\] *)?)[0-9]+ (proto=)/\1T \4/
# How many segments a TCP exchange takes depends on delayed acknowledgements.
/(^|[] ])tcp +6 /s/packets=[1-9][0-9]* bytes=[1-9][0-9]*/packets=N bytes=N/g
# conntrackd: durations; how many messages the nodes have exchanged by now, and how many brought an update.
s/\(?pid=[0-9]+\)?/PID/
s/\[(active since|expires in) [0-9]+s\]/[\1 N]/g
s/(commit has taken )[0-9.]+/\1N/
s/^(allocated queue nodes|current elements):\s+[0-9]+/\1: N/
s/^(connections updated|\tupdate OK\/failed):\s+[0-9]+/\1: N/
s/ +[0-9]+ (Bytes|Pckts) (sent|recv)/ N \1 \2/g
# iptstate: a timer h:mm:ss that began at 59 minutes and 59 seconds.
s/ ([0-9]+):[0-9]{2}:[0-9]{2} *(\r?)$/ \1:mm:ss\2/
# ulogd: syslog's date and host; identifiers and clocks as keys.
s/^[A-Z][a-z]{2} +[0-9]+ [0-9:]{8} [^ ]+ /DATE HOST /
s/(ct\.id|flow\.(start|end)\.u?sec)=[0-9]+/\1=N/g
s/^timestamp=[^,]*,/timestamp=WHEN,/
/PROTO=TCP/s/PKTS=[1-9][0-9]* BYTES=[1-9][0-9]*/PKTS=N BYTES=N/g
/ip\.protocol=6/s/pkt(len|count)=[1-9][0-9]*/pkt\1=N/g
/protonum="6"/s,<packets>[1-9][0-9]*</packets><bytes>[1-9][0-9]*</bytes>,<packets>N</packets><bytes>N</bytes>,g
