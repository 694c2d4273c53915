// SPDX-License-Identifier: GPL-2.0-or-later

package conntrack

import (
	"errors"
	"fmt"
	"syscall"
)

// The errors of this package. Errors of the kernel and of the C library wrap a syscall.Errno next to these.
var (
	// ErrClosed is the error of every call on a closed Conn or subscription.
	ErrClosed = errors.New("conntrack: closed")
	// ErrInvalid is the error of input from which no request can be made; nothing was sent.
	ErrInvalid = errors.New("conntrack: invalid argument")
	// ErrNoCondition is the error of Delete for a filter without a condition; nothing was sent.
	ErrNoCondition = errors.New("conntrack: a filter without a condition selects every entry: call Flush")
	// ErrLost says that events arrived faster than the program read them, and some are lost. It wraps ENOBUFS. The
	// subscription continues, and its method Lost has the number.
	ErrLost = lost()
	// ErrMalformed says that a message could not be read. The messages before and after it can.
	ErrMalformed = errors.New("conntrack: malformed message")
	// ErrInterrupted says that the kernel has marked a list, after all its entries, as one in which entries can be missing or
	// twice. Kernels up to now mark none. It wraps EINTR.
	ErrInterrupted = fmt.Errorf("conntrack: the table changed during the list: %w", syscall.EINTR)
)

func lost() error {
	return fmt.Errorf("conntrack: events were lost: %w", syscall.ENOBUFS)
}

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

// failure makes an error of a function's name and its result, a negative errno.
func failure(what string, result int) error {
	if result >= 0 {
		return nil
	}
	return fmt.Errorf("conntrack: %s: %w", what, syscall.Errno(-result))
}
