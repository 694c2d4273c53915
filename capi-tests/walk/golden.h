/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages that a kernel sent: three of flows, one of an expectation. */
#ifndef WALK_GOLDEN_H
#define WALK_GOLDEN_H

#define GOLDEN 4
#define GOLDEN_FLOWS 3

extern const char *const golden_messages[GOLDEN];

#endif
