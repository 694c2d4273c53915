/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The wall clock of the walk.
 *
 * Some output holds the current time. These definitions stand before those of the C library for everything
 * that is loaded into this program, so both libraries read the same, chosen second. Other clocks are the
 * kernel's.
 */
#include "walk.h"

#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static struct timespec wall;

void set_clock(uint64_t seconds, uint32_t nanoseconds)
{
	wall.tv_sec = (time_t)seconds;
	wall.tv_nsec = nanoseconds;
}

time_t time(time_t *result)
{
	if (result)
		*result = wall.tv_sec;
	return wall.tv_sec;
}

int gettimeofday(struct timeval *restrict result, void *restrict zone)
{
	(void)zone;
	*result = (struct timeval){ .tv_sec = wall.tv_sec, .tv_usec = wall.tv_nsec / 1000 };
	return 0;
}

int clock_gettime(clockid_t clock, struct timespec *result)
{
	if (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE)
		return (int)syscall(SYS_clock_gettime, clock, result);
	*result = wall;
	return 0;
}
