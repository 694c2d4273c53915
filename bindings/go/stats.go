// SPDX-License-Identifier: GPL-2.0-or-later

package conntrack

/*
#include "border.h"
*/
import "C"

import (
	"context"
	"strconv"
	"strings"
)

const (
	countFile = "/proc/sys/net/netfilter/nf_conntrack_count"
	statsFile = "/proc/thread-self/net/stat/nf_conntrack"
)

// Count returns the number of entries that the filter selects. Without a condition it is the kernel's number, which
// includes entries that have expired and are still in the table.
func (c *Conn) Count(ctx context.Context, filter Filter) (int, error) {
	if filter.isEmpty() {
		text, err := c.readFile(ctx, countFile, 32)
		if err != nil {
			return 0, err
		}
		return strconv.Atoi(strings.TrimSpace(text))
	}
	count := 0
	err := c.read(ctx, &filter, true, func(b batch) error { return b.err }, func(r *reader) { count = int(r.matched) })
	return count, err
}

// readFile reads a file of /proc as the connection's namespace has it.
func (c *Conn) readFile(ctx context.Context, path string, size int) (string, error) {
	text := make([]byte, size)
	length := 0
	err := c.with(ctx, func(*C.struct_nfct_handle) error {
		name := append([]byte(path), 0)
		result, err := c.inside(func() C.int { return C.border_read_file(charsOf(name), charsOf(text), C.uint(size)) })
		if err != nil {
			return err
		}
		length = int(result)
		return failure(path, length)
	})
	if err != nil {
		return "", err
	}
	return string(text[:length]), nil
}

// Stats are the kernel's counters of one processor since the start of the namespace. The library of the C programs has
// no function for them: they are those of /proc/net/stat/nf_conntrack, by the kernel's names, without "entries".
type Stats map[string]uint64

// Stats returns the counters of each processor. The error wraps ENOENT on a kernel without this file.
func (c *Conn) Stats(ctx context.Context) ([]Stats, error) {
	text, err := c.readFile(ctx, statsFile, 1<<20)
	if err != nil {
		return nil, err
	}
	return parseStats(text)
}

// parseStats reads a line of names, and a line of hexadecimal numbers for each processor.
func parseStats(text string) (stats []Stats, err error) {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	names := strings.Fields(lines[0])
	for _, line := range lines[1:] {
		numbers := strings.Fields(line)
		if len(numbers) != len(names) {
			return nil, ErrMalformed
		}
		one := make(Stats, len(names))
		for i, name := range names {
			if one[name], err = strconv.ParseUint(numbers[i], 16, 64); err != nil {
				return nil, ErrMalformed
			}
		}
		delete(one, "entries") // of the whole table, on each line
		stats = append(stats, one)
	}
	return stats, nil
}
