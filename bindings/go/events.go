// SPDX-License-Identifier: GPL-2.0-or-later

package conntrack

/*
#include "border.h"
*/
import "C"

import (
	"context"
	"runtime"
	"sync"
)

// Kind is the kind of an event, or a set of kinds.
type Kind uint8

// The kinds of events.
const (
	New     Kind = 1
	Update  Kind = 2
	Destroy Kind = 4
	All          = New | Update | Destroy
)

// String returns the name that conntrack(8) prints.
func (k Kind) String() string {
	switch k {
	case New:
		return "NEW"
	case Update:
		return "UPDATE"
	case Destroy:
		return "DESTROY"
	}
	return "?"
}

// Event is a change of the table.
type Event struct {
	Kind Kind
	Flow Flow
}

// EventOptions are those of Events. The zero value is every event.
type EventOptions struct {
	// Kinds is a set; 0 stands for All.
	Kinds Kind
	// Filter selects events by their entry. Events of deleted entries have no timeout, and can lack a state.
	Filter Filter
	// ReceiveBuffer is the size of the kernel's queue in bytes: the more, the longer a program can be slow without a
	// loss. 0 stands for DefaultReceiveBuffer. Without CAP_NET_ADMIN in the first user namespace, net.core.rmem_max limits it.
	ReceiveBuffer int
}

// DefaultReceiveBuffer is the size of the queue of a subscription without another.
const DefaultReceiveBuffer = 8 << 20

// Subscription receives events. One goroutine at a time calls Next.
type Subscription struct {
	ctx    context.Context
	conn   *Conn
	reader *reader
	rest   batch
	taken  int
	close  sync.Once
	closed chan struct{}
}

// Events subscribes to changes of the table: from its return on no event is missed without Next reporting it. The
// subscription ends with the context, with Close, or with the connection.
func (c *Conn) Events(ctx context.Context, options EventOptions) (*Subscription, error) {
	if options.Kinds == 0 {
		options.Kinds = All
	}
	if options.ReceiveBuffer == 0 {
		options.ReceiveBuffer = DefaultReceiveBuffer
	}
	if options.Kinds&^All != 0 || options.ReceiveBuffer < 0 || options.ReceiveBuffer > 1<<30 {
		return nil, invalid("kinds %d, a receive buffer of %d bytes", options.Kinds, options.ReceiveBuffer)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r, err := c.newReader(ctx, &options.Filter, C.uint(options.Kinds), uint8(options.Kinds), options.ReceiveBuffer, false)
	if err != nil {
		return nil, err
	}
	s := &Subscription{ctx: ctx, conn: c, reader: r, closed: make(chan struct{})}
	runtime.SetFinalizer(s, (*Subscription).Close)
	// The goroutine keeps neither object from the garbage collector.
	connection, subscription := c.closed, s.closed
	go func() { // a subscription that is no longer read ends with its context, too
		select {
		case <-ctx.Done():
		case <-connection:
		case <-subscription:
		}
		r.stop()
		for range r.batches {
		}
	}()
	return s, nil
}

// Lost is the number of events that the kernel has dropped because the queue was full: of all entries and of the kinds
// asked for, whatever the filter selects. It counts in 32 bits. Before Linux 4.12 it is 0.
func (s *Subscription) Lost() uint32 {
	r := s.reader
	if r == nil {
		return 0
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.c == nil {
		return r.lost
	}
	return uint32(C.border_reader_lost(r.c))
}

// Close ends the subscription. Its goroutines end soon afterwards. The garbage collector closes a forgotten one.
func (s *Subscription) Close() error {
	err := ErrClosed
	if s.reader == nil { // one that Events has not made
		return err
	}
	s.close.Do(func() {
		runtime.SetFinalizer(s, nil)
		close(s.closed)
		err = nil
	})
	return err
}

// ended returns why no further event comes, or nil.
func (s *Subscription) ended() error {
	if s.reader == nil {
		return ErrClosed
	}
	select {
	case <-s.closed:
		return ErrClosed
	case <-s.conn.closed:
		return ErrClosed
	default:
		return s.ctx.Err()
	}
}

// Next waits for an event. After an error that wraps ErrLost or ErrMalformed the next call continues; every other error is
// the end: that of the context, ErrClosed, or the kernel's.
func (s *Subscription) Next() (*Event, error) {
	for {
		if err := s.ended(); err != nil {
			return nil, err
		}
		if i := s.taken; i < len(s.rest.flows) {
			s.taken++
			return &Event{Kind: s.rest.kinds[i], Flow: s.rest.flows[i]}, nil
		}
		select {
		case b, ok := <-s.reader.batches:
			if !ok {
				if err := s.ended(); err != nil {
					return nil, err
				}
				return nil, ErrClosed
			}
			s.rest, s.taken = b, 0
			if b.err != nil {
				return nil, b.err
			}
		case <-s.ctx.Done():
		case <-s.closed:
		case <-s.conn.closed:
		}
	}
}
