// SPDX-License-Identifier: GPL-2.0-or-later

package conntrack

import (
	"context"
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

func TestTranslationsAreCreated(t *testing.T) {
	c := opened(t)
	address := netip.MustParseAddr
	source := &Flow{Proto: TCP, Timeout: time.Hour, TCPState: StateEstablished, Status: SrcNAT,
		Orig:  Tuple{Src: address("192.0.2.1"), Dst: address("192.0.2.9"), SrcPort: 40000, DstPort: 443},
		Reply: Tuple{Src: address("192.0.2.9"), Dst: address("203.0.113.7"), SrcPort: 443, DstPort: 5000}}
	destination := &Flow{Proto: UDP, Timeout: time.Hour, Status: DstNAT,
		Orig:  Tuple{Src: address("fd00::1"), Dst: address("fd00::2"), SrcPort: 40000, DstPort: 53},
		Reply: Tuple{Src: address("fd00::3"), Dst: address("fd00::1"), SrcPort: 5353, DstPort: 40000}}
	must(t, c.Create(ctx, source))
	must(t, c.Create(ctx, destination))
	for round := 0; round < 2; round++ { // the second time from the list
		flows := append(all(t, c, Filter{Status: SrcNAT, NoStatus: DstNAT}), all(t, c, Filter{Status: DstNAT, NoStatus: SrcNAT})...)
		if len(flows) != 2 || flows[0].Reply != source.Reply || flows[1].Reply != destination.Reply {
			t.Fatalf("%+v", flows)
		}
		must(t, c.Flush(ctx))
		must(t, c.Create(ctx, flows[0]))
		must(t, c.Create(ctx, flows[1]))
	}
}

func TestCreatedFlowsAreListed(t *testing.T) {
	c := opened(t)
	must(t, c.Create(ctx, tcp6(1)))
	icmp := &Flow{Proto: ICMP, Timeout: time.Minute, Zone: 5,
		Orig: Tuple{Src: netip.MustParseAddr("192.0.2.1"), Dst: netip.MustParseAddr("192.0.2.2"), ICMPType: 8, ICMPID: 99}}
	must(t, c.Create(ctx, icmp))
	flows := all(t, c, Filter{Family: IPv6})
	if len(flows) != 1 {
		t.Fatal(flows)
	}
	expected := "tcp ESTABLISHED src=fd00::1 dst=fd00::2 sport=1 dport=443 src=fd00::2 dst=fd00::1 sport=443 dport=1" +
		" [ASSURED] mark=7"
	if text := flows[0].String(); text != expected {
		t.Error(text)
	}
	if flow := flows[0]; flow.Timeout <= 50*time.Minute || flow.Timeout > time.Hour || flow.ID == 0 || flow.Use == 0 {
		t.Errorf("%+v", flow)
	}
	flows = all(t, c, Filter{Proto: ICMP})
	if len(flows) != 1 || flows[0].Orig != icmp.Orig || flows[0].Zone != 5 {
		t.Errorf("%+v", flows)
	}
	if text := flows[0].String(); text != "icmp src=192.0.2.1 dst=192.0.2.2 type=8 code=0 id=99 [UNREPLIED] "+
		"src=192.0.2.2 dst=192.0.2.1 mark=0" {
		t.Error(text)
	}
}

func TestAListOfManyBatchesHasEachFlowOnce(t *testing.T) {
	const count = 2000
	c := opened(t)
	fill(t, c, count)
	seen := map[netip.Addr]int{}
	for _, flow := range all(t, c, Filter{}) {
		seen[flow.Orig.Src]++
	}
	for address, times := range seen {
		if times != 1 {
			t.Error(address, times)
		}
	}
	if len(seen) != count {
		t.Error(len(seen))
	}
	counted, err := c.Count(ctx, Filter{})
	if err != nil || counted != count {
		t.Error(counted, err)
	}
	counted, err = c.Count(ctx, Filter{Src: netip.MustParsePrefix("10.0.1.0/24")})
	if err != nil || counted != 256 {
		t.Error(counted, err)
	}
}

func TestEachConditionSelects(t *testing.T) {
	c := opened(t)
	must(t, c.Create(ctx, tcp6(1)))
	must(t, c.Create(ctx, tcp6(2)))
	zoned := udp(1)
	zoned.Zone = 3
	must(t, c.Create(ctx, zoned))
	must(t, c.Create(ctx, udp(2)))
	zone, none := uint16(3), uint16(0)
	address := netip.MustParseAddr
	rows := []struct {
		filter Filter
		count  int
	}{
		{Filter{}, 4},
		{Filter{Family: IPv4}, 2},
		{Filter{Proto: TCP}, 2},
		{Filter{Src: Host(address("fd00::1"))}, 2},
		{Filter{Dst: netip.MustParsePrefix("192.0.2.0/31")}, 0},
		{Filter{Dst: netip.MustParsePrefix("192.0.2.0/30")}, 2},
		{Filter{ReplySrc: Host(address("192.0.2.2"))}, 2},
		{Filter{ReplyDst: Host(address("10.0.0.2"))}, 1},
		{Filter{SrcPort: 2}, 1},
		{Filter{DstPort: 443, Proto: TCP}, 2},
		{Filter{DstPort: 443, SrcPort: 1}, 1},
		{Filter{State: StateEstablished}, 2},
		{Filter{State: StateClose}, 0},
		{Filter{Status: Assured}, 2},
		{Filter{NoStatus: SeenReply}, 2},
		{Filter{Mark: &Masked{7, ^uint32(0)}}, 2},
		{Filter{Mark: &Masked{7, 0xf}}, 2},
		{Filter{Mark: &Masked{0, ^uint32(0)}}, 2},
		{Filter{Mark: &Masked{7, ^uint32(0)}, Family: IPv4}, 0},
		{Filter{Zone: &zone}, 1},
		{Filter{Zone: &none}, 3},
	}
	for _, row := range rows {
		if flows := all(t, c, row.filter); len(flows) != row.count {
			t.Errorf("%+v: %v", row.filter, flows)
		}
		if row.filter.isEmpty() {
			continue
		}
		if count, err := c.Count(ctx, row.filter); err != nil || count != row.count {
			t.Errorf("%+v: %d, %v", row.filter, count, err)
		}
	}
}

// Zones of one direction, and protocols and families of all kinds, are as they were asked for, and can be deleted.
func TestEachEntryCanBeNamed(t *testing.T) {
	c := opened(t)
	var flows []*Flow
	add := func(change func(*Flow)) {
		flow := udp(1)
		change(flow)
		flows = append(flows, flow)
	}
	add(func(f *Flow) { f.OrigZone = 5 })
	add(func(f *Flow) { f.ReplyZone = 5 })
	add(func(f *Flow) { f.Zone = 65535 })
	add(func(f *Flow) { f.Orig.SrcPort, f.Orig.DstPort = 0, 65535 })
	for _, proto := range []Protocol{TCP, GRE, SCTP, UDPLite} {
		add(func(f *Flow) { f.Proto = proto })
	}
	for _, proto := range []Protocol{50, 255} {
		add(func(f *Flow) { f.Proto, f.Orig.SrcPort, f.Orig.DstPort = proto, 0, 0 })
	}
	add(func(f *Flow) {
		f.Proto = 50
		f.Orig = Tuple{Src: netip.MustParseAddr("fd00::1"), Dst: netip.MustParseAddr("::ffff:192.0.2.1")}
	})
	// Of a packet whose protocol is 0, which any sender can make. The ID says that the kernel has sent the entry.
	add(func(f *Flow) { f.Proto, f.Orig.SrcPort, f.Orig.DstPort, f.ID = 0, 0, 0, 1 })
	for i, flow := range flows {
		must(t, c.Flush(ctx))
		if err := c.Create(ctx, flow); err != nil {
			t.Error(i, flow, err)
			continue
		}
		found := all(t, c, Filter{})
		if len(found) != 1 || found[0].Proto != flow.Proto || found[0].Orig != flow.Orig ||
			[3]uint16{found[0].Zone, found[0].OrigZone, found[0].ReplyZone} != [3]uint16{flow.Zone, flow.OrigZone, flow.ReplyZone} {
			t.Error(i, flow, found)
			continue
		}
		if got, err := c.Get(ctx, found[0]); err != nil || got.Orig != flow.Orig {
			t.Error(i, got, err)
		}
		if deleted, err := c.Delete(ctx, Filter{Src: Host(flow.Orig.Src)}); deleted != 1 || err != nil {
			t.Error(i, deleted, err)
		}
	}
}

func TestAnUpdateChangesOnlyWhatItNames(t *testing.T) {
	c := opened(t)
	must(t, c.Create(ctx, tcp6(1)))
	mark := uint32(0)
	must(t, c.Update(ctx, tcp6(1), Change{Mark: &mark, Timeout: 2 * time.Hour}))
	flow, err := c.Get(ctx, tcp6(1))
	must(t, err)
	if flow.Mark != 0 || flow.Timeout <= time.Hour || flow.TCPState != StateEstablished || flow.Status&Assured == 0 {
		t.Errorf("%+v", flow)
	}
	must(t, c.Update(ctx, flow, Change{TCPState: StateCloseWait}))
	flow, err = c.Get(ctx, tcp6(1))
	if err != nil || flow.TCPState != StateCloseWait || flow.Mark != 0 {
		t.Errorf("%+v %v", flow, err)
	}
	must(t, c.Create(ctx, udp(1)))
	flow, err = c.Get(ctx, udp(1))
	must(t, err)
	must(t, c.Update(ctx, flow, Change{Status: SeenReply | Assured}))
	if flow, err = c.Get(ctx, udp(1)); err != nil || flow.Status&Assured == 0 {
		t.Errorf("%+v %v", flow, err)
	}
}

func TestDeleteDeletesWhatTheFilterSelects(t *testing.T) {
	c := opened(t)
	fill(t, c, 600)
	must(t, c.Create(ctx, tcp6(1)))
	zoned := udp(1)
	zoned.Zone = 9
	must(t, c.Create(ctx, zoned))
	zone := uint16(0)
	deleted, err := c.Delete(ctx, Filter{Proto: UDP, Zone: &zone})
	if err != nil || deleted != 600 {
		t.Error(deleted, err)
	}
	if flows := all(t, c, Filter{}); len(flows) != 2 {
		t.Error(flows)
	}
	if found, err := c.DeleteFlow(ctx, udp(1)); found || err != nil {
		t.Error(found, err)
	}
	if found, err := c.DeleteFlow(ctx, zoned); !found || err != nil {
		t.Error(found, err)
	}
	if flows := all(t, c, Filter{}); len(flows) != 1 || flows[0].Proto != TCP {
		t.Error(flows)
	}
}

func TestADeleteWithoutAConditionIsRefused(t *testing.T) {
	c := opened(t)
	fill(t, c, 2)
	if _, err := c.Delete(ctx, Filter{}); !errors.Is(err, ErrNoCondition) {
		t.Error(err)
	}
	if flows := all(t, c, Filter{}); len(flows) != 2 {
		t.Error(flows)
	}
	must(t, c.Flush(ctx))
	if flows := all(t, c, Filter{}); len(flows) != 0 {
		t.Error(flows)
	}
}

func TestErrorsAreThoseOfTheKernel(t *testing.T) {
	c := opened(t)
	must(t, c.Create(ctx, udp(1)))
	if err := c.Create(ctx, udp(1)); !errors.Is(err, syscall.EEXIST) {
		t.Error(err)
	}
	if _, err := c.Get(ctx, udp(2)); !errors.Is(err, syscall.ENOENT) || !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if err := c.Update(ctx, udp(2), Change{Timeout: time.Minute}); !errors.Is(err, syscall.ENOENT) {
		t.Error(err)
	}
	if _, err := Open(Options{Namespace: "/run/netns/no such"}); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	_, err := Open(Options{Namespace: "/dev/null"})
	if !errors.Is(err, syscall.EINVAL) || !strings.Contains(err.Error(), "/dev/null") {
		t.Error(err)
	}
}

func TestBadInputIsRefusedAndNothingIsSent(t *testing.T) {
	c := opened(t)
	v4, v6 := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("fd00::1")
	change := func(change func(*Flow)) *Flow {
		flow := udp(1)
		change(flow)
		return flow
	}
	flows := []*Flow{
		nil, {}, change(func(f *Flow) { f.Proto = 0 }), change(func(f *Flow) { f.Orig.Src = netip.Addr{} }),
		change(func(f *Flow) { f.Orig.Dst = v6 }), change(func(f *Flow) { f.Reply.Src = v6 }),
		change(func(f *Flow) { f.Timeout = 0 }), change(func(f *Flow) { f.Timeout = -time.Second }),
		change(func(f *Flow) { f.Timeout = 1 << 62 }), change(func(f *Flow) { f.Proto = ICMPv6 }),
		change(func(f *Flow) { f.Orig.Src = v6.WithZone("eth0"); f.Orig.Dst = v6 }),
		change(func(f *Flow) { f.Helper = "a name with more than 15" }), change(func(f *Flow) { f.Helper = "ftp\x00" }),
		// Values that could not be sent: the entry would be another one than the program has asked for.
		change(func(f *Flow) { f.TCPState = StateClose }), change(func(f *Flow) { f.Proto, f.TCPState = TCP, 99 }),
		change(func(f *Flow) { f.Zone, f.OrigZone = 1, 2 }),
		change(func(f *Flow) { f.OrigZone, f.ReplyZone = 1, 2 }), change(func(f *Flow) { f.Proto = 50 }),
		change(func(f *Flow) { f.Reply = Tuple{Src: f.Orig.Dst, Dst: f.Orig.Src, ICMPID: 1} }),
		change(func(f *Flow) { f.Orig.ICMPType = 8 }),
	}
	for _, flow := range flows {
		if err := c.Create(ctx, flow); !errors.Is(err, ErrInvalid) {
			t.Errorf("%+v: %v", flow, err)
		}
	}
	filters := []Filter{
		{Src: Host(v4), Dst: Host(v6)}, {Src: Host(v4), Family: IPv6}, {Family: 3}, {Src: netip.PrefixFrom(v4, 33)},
		{State: StateClose, Proto: UDP}, {State: 99}, {SrcPort: 1, Proto: ICMP}, {Status: Assured, NoStatus: Assured},
		// Values that a program has not set are never wider conditions: a delete with them deletes nothing.
		{Mark: &Masked{Value: 7}}, {Mark: &Masked{}}, {Mark: &Masked{Value: 6, Mask: 8}}, {Mark: &Masked{0xf7, 0xf}},
		{Src: Host(netip.Addr{})}, {Proto: UDP, ReplyDst: Host(netip.Addr{})},
		{Dst: Host(v6.WithZone("eth0"))}, {Src: netip.PrefixFrom(v6, -1)},
	}
	must(t, c.Create(ctx, udp(1)))
	for _, filter := range filters {
		if err := c.List(ctx, filter, func(*Flow) error { return nil }); !errors.Is(err, ErrInvalid) {
			t.Errorf("%+v: %v", filter, err)
		}
		if _, err := c.Delete(ctx, filter); !errors.Is(err, ErrInvalid) {
			t.Errorf("%+v: %v", filter, err)
		}
		if _, err := c.Events(ctx, EventOptions{Filter: filter}); !errors.Is(err, ErrInvalid) {
			t.Errorf("%+v: %v", filter, err)
		}
	}
	if err := c.List(ctx, Filter{}, nil); !errors.Is(err, ErrInvalid) {
		t.Error(err)
	}
	for _, bad := range []Change{{}, {Timeout: -1}, {TCPState: StateClose}} {
		if err := c.Update(ctx, udp(1), bad); !errors.Is(err, ErrInvalid) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	for _, options := range []EventOptions{{Kinds: 8}, {ReceiveBuffer: -1}} {
		if _, err := c.Events(ctx, options); !errors.Is(err, ErrInvalid) {
			t.Errorf("%+v: %v", options, err)
		}
	}
	if flows := all(t, c, Filter{}); len(flows) != 1 {
		t.Error(flows)
	}
}

func TestAClosedConnectionIsAnError(t *testing.T) {
	c := opened(t)
	must(t, c.Close())
	_, get := c.Get(ctx, udp(1))
	_, remove := c.Delete(ctx, Filter{Proto: UDP})
	_, count := c.Count(ctx, Filter{})
	_, stats := c.Stats(ctx)
	_, events := c.Events(ctx, EventOptions{})
	list := c.List(ctx, Filter{}, func(*Flow) error { return nil })
	create, update := c.Create(ctx, udp(1)), c.Update(ctx, udp(1), Change{Timeout: time.Minute})
	for i, err := range []error{get, remove, count, stats, events, list, create, update, c.Flush(ctx), c.Close()} {
		if !errors.Is(err, ErrClosed) {
			t.Error(i, err)
		}
	}
}

func TestAListEndsWhenTheProgramWants(t *testing.T) {
	c := opened(t)
	fill(t, c, 3000)
	mine := errors.New("mine")
	calls := 0
	err := c.List(ctx, Filter{}, func(*Flow) error { calls++; return mine })
	if err != mine || calls != 1 {
		t.Error(err, calls)
	}
	ended, cancel := context.WithCancel(ctx)
	calls = 0
	err = c.List(ended, Filter{}, func(*Flow) error { calls++; cancel(); return nil })
	if !errors.Is(err, context.Canceled) || calls > 300 {
		t.Error(err, calls)
	}
	if err = c.List(ended, Filter{}, func(*Flow) error { t.Error("called"); return nil }); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := c.Create(ended, udp(5000)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	func() {
		defer func() {
			if recover() != "mine" {
				t.Error("no panic")
			}
		}()
		_ = c.List(ctx, Filter{}, func(*Flow) error { panic("mine") })
	}()
	var done sync.WaitGroup
	done.Add(1)
	go func() {
		defer done.Done()
		_ = c.List(ctx, Filter{}, func(*Flow) error { runtime.Goexit(); return nil })
	}()
	done.Wait()
	calls = 0
	err = c.List(ctx, Filter{}, func(*Flow) error {
		calls++
		if calls == 1 {
			must(t, c.Close())
		}
		return nil
	})
	if !errors.Is(err, ErrClosed) && err != nil {
		t.Error(err)
	}
}

// Each list and each subscription, however it ends, leaves no descriptor and no goroutine.
func TestListsAndSubscriptionsLeaveNothing(t *testing.T) {
	c := opened(t)
	fill(t, c, 1000)
	descriptors := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		must(t, err)
		return len(entries)
	}
	mine := errors.New("mine")
	list := func() {
		_ = c.List(ctx, Filter{}, func(*Flow) error { return mine })
		_ = all(t, c, Filter{})
		limited, cancel := context.WithCancel(ctx)
		_, err := c.Events(limited, EventOptions{}) // never read
		must(t, err)
		s, err := c.Events(ctx, EventOptions{})
		must(t, err)
		must(t, s.Close())
		cancel()
	}
	list()
	before, goroutines := descriptors(), runtime.NumGoroutine()
	if before < 3 {
		t.Fatal(before)
	}
	for i := 0; i < 100; i++ {
		list()
	}
	deadline := time.Now().Add(ceiling)
	for descriptors() > before || runtime.NumGoroutine() > goroutines {
		if time.Now().After(deadline) {
			t.Fatal(before, descriptors(), goroutines, runtime.NumGoroutine())
		}
		time.Sleep(time.Millisecond)
	}
}

// Connections and subscriptions that the program forgets are closed, and none that it still uses.
func TestForgottenConnectionsAreClosed(t *testing.T) {
	descriptors := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		must(t, err)
		return len(entries)
	}
	used := opened(t)
	before, goroutines := descriptors(), runtime.NumGoroutine()
	kept := func() *Subscription { // its connection is forgotten, and closed with it
		c, err := Open(Options{})
		must(t, err)
		s, err := c.Events(ctx, EventOptions{Kinds: New})
		must(t, err)
		return s
	}()
	for i := 0; i < 20; i++ {
		forgotten, err := Open(Options{})
		must(t, err)
		for _, c := range []*Conn{forgotten, used} {
			_, err = c.Events(ctx, EventOptions{})
			must(t, err)
		}
	}
	for i := 0; i < 3; i++ {
		runtime.GC()
		time.Sleep(10 * time.Millisecond)
	}
	must(t, used.Create(ctx, udp(1)))
	if event, err := kept.Next(); err != nil || event.Flow.Proto != UDP {
		t.Error(event, err)
	}
	runtime.KeepAlive(kept)
	kept = nil
	deadline := time.Now().Add(ceiling)
	for descriptors() > before || runtime.NumGoroutine() > goroutines {
		if time.Now().After(deadline) {
			t.Fatal(before, descriptors(), goroutines, runtime.NumGoroutine())
		}
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
	must(t, used.Flush(ctx))
}

// Objects that Open and Events have not made are closed ones.
func TestAZeroObjectIsClosed(t *testing.T) {
	var c Conn
	var s Subscription
	_, next := s.Next()
	for i, err := range []error{c.Close(), c.Flush(ctx), s.Close(), s.Close(), next} {
		if !errors.Is(err, ErrClosed) {
			t.Error(i, err)
		}
	}
	if s.Lost() != 0 {
		t.Error(s.Lost())
	}
}

func TestGoroutinesShareAConnection(t *testing.T) {
	c := opened(t)
	fill(t, c, 500)
	var done sync.WaitGroup
	for i := 0; i < 8; i++ {
		done.Add(1)
		go func(number int) {
			defer done.Done()
			flow := udp(100000 + number)
			for round := 0; round < 20; round++ {
				if err := c.Create(ctx, flow); err != nil {
					t.Error(err)
				}
				if found, err := c.DeleteFlow(ctx, flow); !found || err != nil {
					t.Error(found, err)
				}
				if count := len(all(t, c, Filter{Dst: Host(flow.Orig.Dst)})); count < 500 {
					t.Error(count)
				}
			}
		}(i)
	}
	done.Wait()
}

func TestANamespaceIsNamedByItsPath(t *testing.T) {
	c := opened(t)
	fill(t, c, 3)
	// A thread in a namespace of its own; the path keeps the namespace. The thread ends with its goroutine.
	ready, leave := make(chan int), make(chan struct{})
	defer close(leave)
	go func() {
		runtime.LockOSThread()
		if err := syscall.Unshare(syscall.CLONE_NEWNET); err != nil {
			t.Error(err)
		}
		ready <- syscall.Gettid()
		<-leave
	}()
	path := "/proc/" + itoa(<-ready) + "/ns/net"
	other, err := Open(Options{Namespace: path})
	must(t, err)
	defer other.Close()
	must(t, other.Create(ctx, tcp6(1)))
	flows := all(t, other, Filter{})
	count, err := other.Count(ctx, Filter{})
	if err != nil || len(flows) != 1 || count != 1 {
		t.Error(flows, count, err)
	}
	if stats, err := other.Stats(ctx); err != nil || len(stats) == 0 {
		t.Error(stats, err)
	}
	if flows := all(t, c, Filter{}); len(flows) != 3 {
		t.Error(flows)
	}
}

// elsewhere runs a function on a thread in a network namespace of its own. The thread ends with its goroutine.
func elsewhere(t *testing.T, run func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		if err := syscall.Unshare(syscall.CLONE_NEWNET); err != nil {
			t.Error(err)
			return
		}
		entriesHaveEvents()
		run()
	}()
	<-done
}

// holds checks that every call of a connection is about a table with these entries of UDP, and that a subscription is, too.
func holds(t *testing.T, c *Conn, count int) {
	t.Helper()
	listed := 0
	err := c.List(ctx, Filter{}, func(*Flow) error { listed++; return nil })
	counted, err2 := c.Count(ctx, Filter{})
	matched, err3 := c.Count(ctx, Filter{Proto: UDP})
	if listed != count || counted != count || matched != count {
		t.Error(listed, err, counted, err2, matched, err3)
	}
	s, err := c.Events(ctx, EventOptions{Kinds: New})
	if err != nil {
		t.Error(err)
		return
	}
	defer s.Close()
	if err := c.Create(ctx, udp(5000)); err != nil {
		t.Error(err)
	}
	if event, err := next(t, s); err != nil || event.Flow.Orig != udp(5000).Orig {
		t.Error(event, err)
	}
	if deleted, err := c.Delete(ctx, Filter{Proto: UDP}); deleted != count+1 || err != nil {
		t.Error(deleted, err)
	}
}

// Lists, counts and subscriptions open sockets and files later than Open, perhaps on a thread in another namespace. They
// would show another table, and Delete would remove from one table what it has listed in the other.
func TestAConnectionStaysInTheNamespaceOfItsOpen(t *testing.T) {
	c := opened(t)
	fill(t, c, 3)
	var other *Conn
	elsewhere(t, func() {
		holds(t, c, 3)
		var err error
		if other, err = Open(Options{}); err != nil {
			t.Error(err)
			return
		}
		for i := 0; i < 5; i++ {
			if err := other.Create(ctx, udp(i)); err != nil {
				t.Error(err)
			}
		}
	})
	if other != nil {
		holds(t, other, 5)
		must(t, other.Close())
	}
	holds(t, c, 0)
}

// A call that waits for another one on the same connection ends with its context.
func TestAWaitForAnotherCallEnds(t *testing.T) {
	c := opened(t)
	must(t, c.lock(ctx))
	limited, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
	defer cancel()
	_, get := c.Get(limited, udp(1))
	_, count := c.Count(limited, Filter{})
	_, events := c.Events(limited, EventOptions{})
	list := c.List(limited, Filter{}, func(*Flow) error { return nil })
	for i, err := range []error{get, count, events, list, c.Create(limited, udp(1)), c.Flush(limited)} {
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Error(i, err)
		}
	}
	c.unlock()
	must(t, c.Create(ctx, udp(1)))
}

// A process that another goroutine starts while a connection is being opened does not get its socket.
func TestOtherProcessesGetNoSocket(t *testing.T) {
	sockets := func() int {
		output, err := exec.Command("sh", "-c", "ls -l /proc/$$/fd").Output()
		must(t, err)
		return strings.Count(string(output), "socket:")
	}
	before := sockets() // those that the tests themselves were started with
	stop := make(chan struct{})
	var done sync.WaitGroup
	for i := 0; i < 2; i++ {
		done.Add(1)
		go func() {
			defer done.Done()
			for {
				select {
				case <-stop:
					return
				default:
				}
				c, err := Open(Options{})
				if err != nil {
					t.Error(err)
					return
				}
				c.Close()
			}
		}()
	}
	for i := 0; i < 300; i++ {
		if now := sockets(); now != before {
			t.Errorf("%d sockets, not %d", now, before)
			break
		}
	}
	close(stop)
	done.Wait()
}

// In a user namespace without a network namespace of its own, a thread that enters one cannot go back: no other call may run
// on it afterwards.
func TestAThreadThatCannotGoBackEnds(t *testing.T) {
	if os.Getenv(inside) != "stranded" {
		command := exec.Command("/proc/self/exe", "-test.run", "^"+t.Name()+"$", "-test.v")
		command.Env = append(os.Environ(), inside+"=stranded")
		command.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER,
			UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}}
		output, err := command.CombinedOutput()
		if err != nil || !strings.Contains(string(output), "--- PASS") {
			t.Errorf("%v: %s", err, output)
		}
		return
	}
	ready, leave := make(chan int), make(chan struct{})
	defer close(leave)
	go func() {
		runtime.LockOSThread()
		if err := syscall.Unshare(syscall.CLONE_NEWNET); err != nil {
			t.Error(err)
		}
		ready <- syscall.Gettid()
		<-leave
	}()
	path := "/proc/" + itoa(<-ready) + "/ns/net"
	for round := 0; round < 20; round++ {
		other, err := Open(Options{Namespace: path})
		must(t, err)
		must(t, other.Create(ctx, udp(round)))
		own, err := Open(Options{})
		must(t, err)
		if err := own.Create(ctx, tcp6(1)); !errors.Is(err, syscall.EPERM) {
			t.Fatal(err)
		}
		if count, err := other.Count(ctx, Filter{}); err != nil || count != round+1 {
			t.Fatal(count, err)
		}
		must(t, other.Close())
		must(t, own.Close())
	}
}

func TestStatsHaveARowForEachProcessor(t *testing.T) {
	c := opened(t)
	stats, err := c.Stats(ctx)
	if err != nil || len(stats) < 1 {
		t.Fatal(stats, err)
	}
	if _, ok := stats[0]["insert_failed"]; !ok {
		t.Error(stats)
	}
	stats, err = parseStats("entries found drop\n00000002 000000ff 00000001\n00000002 0 10\n")
	if err != nil || len(stats) != 2 || stats[0]["found"] != 255 || stats[1]["drop"] != 16 || len(stats[0]) != 2 {
		t.Error(stats, err)
	}
	for _, bad := range []string{"a b\n1\n", "a\nx\n"} {
		if _, err := parseStats(bad); err != ErrMalformed {
			t.Error(bad, err)
		}
	}
}

func TestFailuresKeepTheNumber(t *testing.T) {
	rows := []struct {
		err, is error
	}{
		{failure("list", -int(syscall.EPERM)), fs.ErrPermission},
		{(&reader{isEvent: true}).failure(-int(syscall.ENOBUFS)), ErrLost},
		{(&reader{}).failure(-int(syscall.ENOBUFS)), syscall.ENOBUFS},
		{(&reader{}).failure(-int(syscall.EBADMSG)), ErrMalformed},
		{(&reader{}).failure(-int(syscall.ERANGE)), ErrMalformed},
		// The kernel's answer to a request, which is no answer that could not be read.
		{failure("create", -int(syscall.ERANGE)), syscall.ERANGE},
		{failure("create", -int(syscall.ENOBUFS)), syscall.ENOBUFS},
	}
	for i, row := range rows {
		if !errors.Is(row.err, row.is) {
			t.Error(i, row.err)
		}
	}
	if !errors.Is(ErrLost, syscall.ENOBUFS) || !errors.Is(ErrInterrupted, syscall.EINTR) || failure("list", 3) != nil {
		t.Error(ErrLost)
	}
}
