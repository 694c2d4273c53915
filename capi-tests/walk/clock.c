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

static struct timespec now(clockid_t clock)
{
	struct timespec real;

	if (wall.tv_sec != 0)
		return wall;
	syscall(SYS_clock_gettime, clock, &real);
	return real;
}

void stop_clock(void)
{
	wall = now(CLOCK_REALTIME);
}

time_t time(time_t *result)
{
	time_t seconds = now(CLOCK_REALTIME).tv_sec;

	if (result)
		*result = seconds;
	return seconds;
}

int gettimeofday(struct timeval *restrict result, void *restrict zone)
{
	struct timespec moment = now(CLOCK_REALTIME);

	(void)zone;
	*result = (struct timeval){ .tv_sec = moment.tv_sec, .tv_usec = moment.tv_nsec / 1000 };
	return 0;
}

int clock_gettime(clockid_t clock, struct timespec *result)
{
	if (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE)
		return (int)syscall(SYS_clock_gettime, clock, result);
	*result = now(clock);
	return 0;
}

/* Where a time_t has 32 bits, programs that know times after 2038 call this function of glibc. */
struct late_time {
	int64_t tv_sec;
	int32_t tv_nsec, padding;
};

int __clock_gettime64(clockid_t clock, struct late_time *result)
{
	struct timespec moment = { 0 };

	if (clock_gettime(clock, &moment) != 0)
		return -1;
	*result = (struct late_time){ .tv_sec = moment.tv_sec, .tv_nsec = (int32_t)moment.tv_nsec };
	return 0;
}
