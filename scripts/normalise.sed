# SPDX-License-Identifier: GPL-2.0-or-later
# The one place that says what may differ between two runs of the same scenario: sed -E -f scripts/normalise.sed
#
# Timers run: the seconds left of a flow stand behind its protocol number, those of an expectation first on
# the line, in XML both have an element.
s/( [0-9]+) [0-9]+ (([A-Z][A-Z0-9_]* )?src=)/\1 TIMEOUT \2/
s/[0-9]+ ((l3proto = [0-9]+ )?proto=)/TIMEOUT \1/
s|<timeout>[0-9]+</timeout>|<timeout>TIMEOUT</timeout>|
# The kernel gives numbers at will. In text a flow's stands behind its use count; ICMP has an id of its own.
s/( use=[0-9]+ id=)[0-9]+/\1ID/
s|<id>[0-9]+</id>|<id>ID</id>|
