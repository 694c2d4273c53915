// SPDX-License-Identifier: GPL-2.0-or-later

// Package conntrack reads and changes the kernel's connection tracking table through libnetfilter_conntrack.
//
// The package links the C library that pkg-config finds: libconntrack or the original. It needs CAP_NET_ADMIN in the
// network namespace.
//
// A Conn can be used by several goroutines at once. A context that ends also ends the call that has it, at once; a request
// that the kernel is already working on, such as Flush, is finished first. One call into C carries hundreds of entries.
package conntrack

/*
#cgo pkg-config: libnetfilter_conntrack
#cgo CFLAGS: -O2
#include "border.h"
*/
import "C"

import (
	"context"
	"os"
	"runtime"
	"syscall"
)

// Options are those of Open. The zero value is the table of the network namespace that the calling thread is in.
type Options struct {
	// Namespace is the path of a network namespace: "/run/netns/NAME" or "/proc/PID/ns/net". To enter it, the program needs
	// CAP_SYS_ADMIN, too.
	Namespace string
}

// Conn is a connection to the table of one network namespace: that of its Open, whichever thread calls it later.
type Conn struct {
	namespace *os.File      // nil where /proc shows none: then the namespace is the thread's
	isNamed   bool          // the program has named the namespace
	closed    chan struct{} // closed by Close

	turn   chan struct{} // holds one value while a goroutine uses what follows; nil in a Conn that Open has not made
	handle *C.struct_nfct_handle
}

// threadNamespace is the namespace of the thread that opens it.
const threadNamespace = "/proc/thread-self/ns/net"

// Open connects to the table. Close releases the connection; as with an os.File, the garbage collector releases a forgotten
// one some time later, with its subscriptions.
func Open(options Options) (*Conn, error) {
	runtime.LockOSThread() // the namespace and the handle are those of one thread
	defer runtime.UnlockOSThread()
	c := &Conn{closed: make(chan struct{}), turn: make(chan struct{}, 1), isNamed: options.Namespace != ""}
	path := options.Namespace
	if !c.isNamed {
		path = threadNamespace
	}
	var err error
	if c.namespace, err = os.Open(path); err != nil && c.isNamed {
		return nil, err
	}
	if c.handle, err = c.open(0, 0, true); err != nil {
		c.closeNamespace()
		return nil, err
	}
	runtime.SetFinalizer(c, (*Conn).Close)
	return c, nil
}

func (c *Conn) closeNamespace() {
	if c.namespace != nil {
		c.namespace.Close()
	}
}

// inside runs a call on a thread in the connection's namespace, and returns its result, a negative errno. The error says
// that no thread can enter the namespace.
func (c *Conn) inside(call func() C.int) (result C.int, err error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if c.namespace == nil {
		return call(), nil
	}
	is := C.border_is_inside(C.int(c.namespace.Fd()))
	if is > 0 || is < 0 && !c.isNamed { // /proc has gone since Open, in a program that has changed its root
		return call(), nil
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		before := C.border_enter(C.int(c.namespace.Fd()))
		if before < 0 {
			err = &os.PathError{Op: "conntrack: enter", Path: c.namespace.Name(), Err: syscall.Errno(-before)}
		} else {
			result = call()
			if C.border_leave(before) < 0 {
				return // with the thread: Go ends one that is still locked, so no other goroutine runs in this namespace
			}
		}
		runtime.UnlockOSThread()
	}()
	<-done
	return result, err
}

// open opens a handle in the namespace of the connection. No process that another goroutine starts gets its socket: the
// original opens it without SOCK_CLOEXEC.
func (c *Conn) open(groups C.uint, receiveBuffer int, isWaiting bool) (handle *C.struct_nfct_handle, err error) {
	waiting := C.int(0)
	if isWaiting {
		waiting = 1
	}
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	result, err := c.inside(func() C.int { return C.border_open(groups, C.int(receiveBuffer), waiting, &handle) })
	if err == nil {
		err = failure("open", int(result))
	}
	return handle, err
}

// lock waits until no other goroutine uses the handle, or until the context ends.
func (c *Conn) lock(ctx context.Context) error {
	if c.turn == nil {
		return ErrClosed
	}
	select {
	case c.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	if c.handle == nil {
		c.unlock()
		return ErrClosed
	}
	return nil
}

func (c *Conn) unlock() { <-c.turn }

// Close releases the connection. Lists that are running end with ErrClosed, and subscriptions too. Close waits for a request
// that the kernel is working on.
func (c *Conn) Close() error {
	if err := c.lock(context.Background()); err != nil {
		return err
	}
	defer c.unlock()
	runtime.SetFinalizer(c, nil)
	close(c.closed)
	C.nfct_close(c.handle)
	c.handle = nil
	c.closeNamespace()
	return nil
}

// with runs a short request with the handle, for one goroutine at a time.
func (c *Conn) with(ctx context.Context, request func(handle *C.struct_nfct_handle) error) error {
	if err := c.lock(ctx); err != nil {
		return err
	}
	defer c.unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	return request(c.handle)
}
