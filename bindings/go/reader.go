// SPDX-License-Identifier: GPL-2.0-or-later

package conntrack

/*
#include "border.h"
*/
import "C"

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/cgo"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

// queuedBatches is the number of batches that a reader makes ready before the program has taken the first.
const queuedBatches = 4

// batch is one crossing: entries, or the error that came after the entries before it.
type batch struct {
	flows []Flow
	kinds []Kind // of events
	err   error
}

// reader runs the C library's receiving function in a goroutine of its own, so that the program's function never runs
// within C, and so that a panic or a Goexit of it passes no frame of C. It waits for the kernel in Go's poller, without a thread. While
// it waits for a program that does not read, it keeps one.
type reader struct {
	mutex   sync.Mutex // of c between stop and the end
	c       *C.struct_border_reader
	socket  *os.File
	batches chan batch
	quit    chan struct{} // closed by stop
	isEvent bool
	matched uint64 // valid after batches is closed
	lost    uint32 // valid after the end

	isCongested bool   // a loss was reported, and the queue has not been empty since
	reported    uint32 // the losses at that moment
}

// newReader opens a handle of its own and begins to receive.
func (c *Conn) newReader(ctx context.Context, filter *Filter, groups C.uint, kinds uint8, buffer int, counts bool) (*reader, error) {
	border, err := filter.border()
	if err != nil {
		return nil, err
	}
	border.kinds = C.uint8_t(kinds)
	if err := c.lock(ctx); err != nil { // Close does not take the namespace away meanwhile
		return nil, err
	}
	defer c.unlock()
	handle, err := c.open(groups, buffer, false)
	if err != nil {
		return nil, err
	}
	r := &reader{batches: make(chan batch, queuedBatches), quit: make(chan struct{}), isEvent: kinds != 0}
	self := cgo.NewHandle(r)
	owner := C.uintptr_t(self)
	if counts {
		owner = 0
	}
	if r.c = C.border_reader_new(handle, &border, owner); r.c == nil {
		C.nfct_close(handle)
		self.Delete()
		return nil, failure("open", -int(syscall.ENOMEM))
	}
	if err = r.attach(); err != nil {
		r.free(self)
		return nil, err
	}
	go func() {
		r.run()
		r.free(self)
		close(r.batches)
	}()
	return r, nil
}

func (r *reader) free(self cgo.Handle) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.matched, r.lost = uint64(C.border_reader_matched(r.c)), uint32(C.border_reader_lost(r.c))
	if r.socket != nil {
		r.socket.Close()
	}
	C.border_reader_free(r.c)
	r.c = nil
	self.Delete()
}

// attach makes a file of the socket for the poller, and sends the request of a list.
func (r *reader) attach() error {
	fd := C.border_reader_descriptor(r.c)
	if fd < 0 {
		return failure("open", int(fd))
	}
	r.socket = os.NewFile(uintptr(fd), "conntrack")
	if r.isEvent {
		return nil
	}
	return failure("list", int(C.border_reader_list(r.c)))
}

// stop ends the reader at once: where C receives, at the next entry; where it waits, by a deadline that has passed.
func (r *reader) stop() {
	close(r.quit)
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.c != nil {
		C.border_reader_stop(r.c)
		r.socket.SetReadDeadline(time.Unix(1, 0))
	}
}

// run receives until the list has ended or the reader is stopped.
func (r *reader) run() {
	raw, err := r.socket.SyscallConn()
	if err != nil {
		r.send(batch{err: err})
		return
	}
	for {
		var result int
		err := raw.Read(func(uintptr) bool {
			result = r.lossAt(int(C.border_catch(r.c)))
			return result != -int(syscall.EAGAIN)
		})
		switch {
		case err != nil: // the deadline
			return
		case result == -int(syscall.EINTR) && !r.isEvent:
			r.send(batch{err: ErrInterrupted})
			return
		case result == 0:
			if !r.isEvent || r.isStopped() {
				return
			}
		default:
			err := r.failure(result)
			if !r.send(batch{err: err}) || !r.continues(err) {
				return
			}
		}
	}
}

// lossAt gives the result of receiving, or that of a loss. After a loss the kernel queues no event until all waiting ones
// have been read, and reports nothing of what it drops meanwhile: it only counts.
func (r *reader) lossAt(result int) int {
	switch {
	case !r.isEvent:
	case result == -int(syscall.ENOBUFS):
		r.isCongested, r.reported = true, uint32(C.border_reader_lost(r.c))
	case result == -int(syscall.EAGAIN) && r.isCongested:
		reported := r.reported
		r.isCongested, r.reported = false, uint32(C.border_reader_lost(r.c))
		if r.reported != reported {
			return -int(syscall.ENOBUFS)
		}
	}
	return result
}

func (r *reader) isStopped() bool {
	select {
	case <-r.quit:
		return true
	default:
		return false
	}
}

// failure is the error of a result of receiving.
func (r *reader) failure(result int) error {
	errno := syscall.Errno(-result)
	switch {
	case errno == syscall.ENOBUFS && r.isEvent:
		return ErrLost
	case errno == syscall.EBADMSG || errno == syscall.ERANGE:
		return fmt.Errorf("%w: %v", ErrMalformed, errno)
	case r.isEvent:
		return failure("receive", result)
	}
	return failure("list", result)
}

// continues says whether more can come after an error.
func (r *reader) continues(err error) bool {
	return r.isEvent && (errors.Is(err, syscall.ENOBUFS) || errors.Is(err, ErrMalformed))
}

// send hands a batch over, and returns whether the program wants more.
func (r *reader) send(b batch) bool {
	if r.isStopped() {
		return false
	}
	select {
	case r.batches <- b:
		return true
	case <-r.quit:
		return false
	}
}

// borderDeliver takes a batch of records from C.
//
//export borderDeliver
func borderDeliver(owner C.uintptr_t, records *C.struct_border_record, count C.uint) C.int {
	r := cgo.Handle(owner).Value().(*reader)
	filled := unsafe.Slice(records, int(count))
	b := batch{flows: make([]Flow, len(filled))}
	for i := range filled {
		b.flows[i].read(&filled[i])
	}
	if r.isEvent {
		b.kinds = make([]Kind, len(filled))
		for i := range filled {
			b.kinds[i] = Kind(filled[i].kind)
		}
	}
	if r.send(b) {
		return 0
	}
	return 1
}

// List passes each entry that the filter selects to the function, in the kernel's sequence. An error of the function ends
// the list and is returned. The function may use the connection.
//
// The list is no snapshot. An entry that exists all the time is in it; in rare cases twice, while others are deleted. A
// change of net.netfilter.nf_conntrack_buckets meanwhile can lose or repeat entries, and the kernel does not report it.
func (c *Conn) List(ctx context.Context, filter Filter, each func(*Flow) error) error {
	if each == nil {
		return invalid("a list without a function")
	}
	return c.read(ctx, &filter, false, func(b batch) error {
		for i := range b.flows {
			if err := each(&b.flows[i]); err != nil {
				return err
			}
			// The program's function may have ended the context itself.
			if i%16 == 15 && ctx.Err() != nil {
				return ctx.Err()
			}
		}
		return b.err
	}, nil)
}

// read lists: it passes the batches on until the list, the context, the connection or the program ends it.
func (c *Conn) read(ctx context.Context, filter *Filter, counts bool, take func(batch) error, done func(*reader)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r, err := c.newReader(ctx, filter, 0, 0, 0, counts)
	if err != nil {
		return err
	}
	hasEnded := false
	defer func() { // also after a panic of the program's function
		if hasEnded {
			return
		}
		r.stop()
		for range r.batches {
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-c.closed:
			return ErrClosed
		case b, ok := <-r.batches:
			if !ok {
				hasEnded = true
				if done != nil {
					done(r)
				}
				return nil
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := take(b); err != nil {
				return err
			}
		}
	}
}
