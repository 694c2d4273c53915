/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * run OUTPUT PROGRAM [ARGUMENT...]: runs a program with its standard output in a file, and prints on its own
 * standard output the cost: wall, user and system microseconds, peak resident KiB, exit status.
 *
 * This program is small, because the peak of a child starts with the memory of its parent.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long micros(struct timeval time)
{
	return time.tv_sec * 1000000LL + time.tv_usec;
}

static long long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000LL + time.tv_nsec / 1000;
}

int main(int argc, char **argv)
{
	struct rusage used;
	long long start, end;
	int status, out;
	pid_t child;

	if (argc < 3)
		return 2;
	out = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (out < 0) {
		perror(argv[1]);
		return 2;
	}
	start = now();
	child = vfork();
	if (child == 0) {
		dup2(out, STDOUT_FILENO);
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	signal(SIGINT, SIG_IGN); /* the signal is for the program, which is in the same group */
	if (child < 0 || wait4(child, &status, 0, &used) != child) {
		perror("run");
		return 2;
	}
	end = now();
	printf("%lld %lld %lld %ld %d\n", end - start, micros(used.ru_utime), micros(used.ru_stime), used.ru_maxrss,
	       WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return 0;
}
