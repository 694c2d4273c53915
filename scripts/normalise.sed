# SPDX-License-Identifier: GPL-2.0-or-later
# Removes the values that may differ between two runs of the same scenario: sed -E -f scripts/normalise.sed
#
# Timers: the remaining seconds of a flow follow its protocol number; those of an expectation come first in
# the line; in XML both have an element.
s/( [0-9]+) [0-9]+ (([A-Z][A-Z0-9_]* )?src=)/\1 TIMEOUT \2/
s/[0-9]+ ((l3proto = [0-9]+ )?proto=)/TIMEOUT \1/
s|<timeout>[0-9]+</timeout>|<timeout>TIMEOUT</timeout>|
# Ids: the kernel chooses them. In text the id of a flow follows its use count; an ICMP flow also has the id of the echo.
s/( use=[0-9]+ id=)[0-9]+/\1ID/
s|<id>[0-9]+</id>|<id>ID</id>|
