// SPDX-License-Identifier: GPL-2.0-or-later

package conntrack

import (
	"context"
	"errors"
	"strconv"
	"syscall"
	"testing"
	"time"
)

func itoa(number int) string { return strconv.Itoa(number) }

// next is the next event, within the ceiling.
func next(t *testing.T, s *Subscription) (event *Event, err error) {
	t.Helper()
	timer := time.AfterFunc(ceiling, func() { panic("no event") })
	defer timer.Stop()
	return s.Next()
}

func TestEventsAreThoseThatHappen(t *testing.T) {
	c := opened(t)
	s, err := c.Events(ctx, EventOptions{})
	must(t, err)
	defer s.Close()
	must(t, c.Create(ctx, tcp6(1)))
	mark := uint32(8)
	must(t, c.Update(ctx, tcp6(1), Change{Mark: &mark}))
	_, err = c.DeleteFlow(ctx, tcp6(1))
	must(t, err)
	for _, row := range []struct {
		kind Kind
		mark uint32
	}{{New, 7}, {Update, 8}, {Destroy, 8}} {
		event, err := next(t, s)
		must(t, err)
		if event.Kind != row.kind || event.Flow.Mark != row.mark || event.Flow.Orig != tcp6(1).Orig {
			t.Errorf("%v %+v", event.Kind, event.Flow)
		}
	}
}

func TestEventsOfSomeKindsAndOfAFilter(t *testing.T) {
	c := opened(t)
	s, err := c.Events(ctx, EventOptions{Kinds: Destroy, Filter: Filter{Src: Host(udp(2).Orig.Src)}})
	must(t, err)
	defer s.Close()
	fill(t, c, 4)
	_, err = c.Delete(ctx, Filter{Proto: UDP})
	must(t, err)
	event, err := next(t, s)
	if err != nil || event.Kind != Destroy || event.Flow.Orig.Src != udp(2).Orig.Src {
		t.Error(event, err)
	}
}

func TestLostEventsAreReportedAndTheSubscriptionContinues(t *testing.T) {
	c := opened(t)
	s, err := c.Events(ctx, EventOptions{ReceiveBuffer: 5000})
	must(t, err)
	defer s.Close()
	const count = 20000 // more than the queue and the batches hold
	fill(t, c, count)
	lost, seen, losses := s.Lost(), 0, 0 // the kernel drops at once
	for losses == 0 || seen == 0 {       // the kernel reports a loss before the events that are still queued
		_, err := next(t, s)
		switch {
		case errors.Is(err, ErrLost) && errors.Is(err, syscall.ENOBUFS):
			losses++
		case err != nil:
			t.Fatal(err)
		default:
			seen++
		}
	}
	if seen >= count || lost == 0 || lost >= count {
		t.Error(seen, lost)
	}
	deadline := time.Now().Add(ceiling)
	for number := 0; ; number++ { // until one comes through: the queue is full until the rest is read
		must(t, c.Create(ctx, tcp6(uint16(number))))
		event, err := next(t, s)
		if err == nil && event.Flow.Proto == TCP {
			break
		}
		if err != nil && !errors.Is(err, ErrLost) || time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	lost = s.Lost()
	must(t, s.Close())
	if now := s.Lost(); now != lost {
		t.Error(lost, now)
	}
}

// After a loss the kernel queues no event until all waiting ones have been read. What it drops meanwhile is a second loss.
func TestWhatIsLostWhileTheQueueEmptiesIsReportedToo(t *testing.T) {
	c := opened(t)
	s, err := c.Events(ctx, EventOptions{ReceiveBuffer: 2000000}) // more events than the reader makes ready
	must(t, err)
	defer s.Close()
	const count = 20000
	fill(t, c, count)
	seen := 0
	read := func() { // until a loss
		for {
			_, err := next(t, s)
			if errors.Is(err, ErrLost) {
				return
			}
			must(t, err)
			seen++
		}
	}
	read()
	lost := s.Lost()
	must(t, c.Create(ctx, tcp6(1)))
	switch now := s.Lost(); {
	case lost == 0:
		t.Fatal("nothing is lost")
	case now == lost:
		t.Skip("the reader has emptied the queue: a larger one needs CAP_NET_ADMIN in the first user namespace")
	}
	read()
	if now := s.Lost(); seen+int(now) != count+1 {
		t.Error(seen, now)
	}
	must(t, c.Create(ctx, tcp6(2)))
	event, err := next(t, s)
	must(t, err)
	if event.Flow.Proto != TCP {
		t.Error(event.Flow)
	}
}

// All events of a flood arrive, whichever goroutine the machine runs how long: as many events as the queue has room for may
// wait at most. An event takes 1280 bytes of the queue; without CAP_NET_ADMIN in the first user namespace the queue has
// net.core.rmem_max, which is 212992 on a machine as it is set up, and the kernel doubles it.
func TestEventsAtFullRateAreAllThere(t *testing.T) {
	const count, waiting = 20000, 2 * 212992 / 1280
	c := opened(t)
	s, err := c.Events(ctx, EventOptions{Kinds: New, ReceiveBuffer: 32 << 20})
	must(t, err)
	defer s.Close()
	room, made := make(chan struct{}, waiting), make(chan error, 1)
	go func() {
		for i := 0; i < count; i++ {
			room <- struct{}{}
			if err := c.Create(ctx, udp(i)); err != nil {
				made <- err
				return
			}
		}
		made <- nil
	}()
	for i := 0; i < count; i++ {
		if _, err := next(t, s); err != nil {
			t.Fatal(i, err)
		}
		<-room
	}
	must(t, <-made)
}

// expiring is a context whose deadline passes when its channel is closed: never before a test has come to its wait.
type expiring struct {
	context.Context
	done chan struct{}
}

func (e *expiring) Done() <-chan struct{} { return e.done }

func (e *expiring) Err() error {
	select {
	case <-e.done:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

// A wait ends at once with its context, with Close and with the connection.
func TestAWaitEnds(t *testing.T) {
	ends := map[string]func(*Conn, *Subscription, context.CancelFunc){
		"context":      func(_ *Conn, _ *Subscription, cancel context.CancelFunc) { cancel() },
		"subscription": func(_ *Conn, s *Subscription, _ context.CancelFunc) { s.Close() },
		"connection":   func(c *Conn, _ *Subscription, _ context.CancelFunc) { c.Close() },
	}
	for name, end := range ends {
		c := opened(t)
		limited, cancel := context.WithCancel(ctx)
		s, err := c.Events(limited, EventOptions{})
		must(t, err)
		result := make(chan error)
		go func() {
			_, err := s.Next()
			result <- err
		}()
		end(c, s, cancel)
		select {
		case err := <-result:
			if expected := map[bool]error{true: context.Canceled, false: ErrClosed}[name == "context"]; !errors.Is(err, expected) {
				t.Error(name, err)
			}
		case <-time.After(ceiling):
			t.Fatal(name)
		}
		if _, err := s.Next(); err == nil {
			t.Error(name)
		}
		cancel()
	}
	c := opened(t)
	limited := &expiring{Context: ctx, done: make(chan struct{})}
	s, err := c.Events(limited, EventOptions{})
	must(t, err)
	time.AfterFunc(time.Millisecond, func() { close(limited.done) })
	if _, err := next(t, s); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	must(t, s.Close())
	if err := s.Close(); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}
