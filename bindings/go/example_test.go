// SPDX-License-Identifier: GPL-2.0-or-later

package conntrack_test

import (
	"conntrack"
	"context"
	"errors"
	"fmt"
	"log"
	"net/netip"
	"syscall"
	"time"
)

// web is an entry for the examples.
func web(port uint16) *conntrack.Flow {
	return &conntrack.Flow{Proto: conntrack.TCP, TCPState: conntrack.StateEstablished, Timeout: time.Minute,
		Orig: conntrack.Tuple{Src: netip.MustParseAddr("192.0.2.1"), Dst: netip.MustParseAddr("198.51.100.2"),
			SrcPort: port, DstPort: 443}}
}

// connected is a connection to a table that is empty.
func connected(ctx context.Context) *conntrack.Conn {
	c, err := conntrack.Open(conntrack.Options{})
	if err == nil {
		err = c.Flush(ctx)
	}
	if err != nil {
		log.Fatal(err)
	}
	return c
}

func ExampleConn_List() {
	ctx := context.Background()
	c := connected(ctx)
	defer c.Close()
	if err := c.Create(ctx, web(40000)); err != nil {
		log.Fatal(err)
	}
	filter := conntrack.Filter{Proto: conntrack.TCP, Dst: netip.MustParsePrefix("198.51.100.0/24")}
	err := c.List(ctx, filter, func(flow *conntrack.Flow) error {
		fmt.Println(flow.Orig.Src, flow.Orig.SrcPort, flow.TCPState)
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	// Output: 192.0.2.1 40000 ESTABLISHED
}

func ExampleConn_Delete() {
	ctx := context.Background()
	c := connected(ctx)
	defer c.Close()
	for port := uint16(1); port <= 3; port++ {
		if err := c.Create(ctx, web(port)); err != nil {
			log.Fatal(err)
		}
	}
	deleted, err := c.Delete(ctx, conntrack.Filter{Src: conntrack.Host(netip.MustParseAddr("192.0.2.1"))})
	fmt.Println(deleted, err)
	_, err = c.Delete(ctx, conntrack.Filter{})
	fmt.Println(errors.Is(err, conntrack.ErrNoCondition))
	// Output:
	// 3 <nil>
	// true
}

func ExampleConn_Create() {
	ctx := context.Background()
	c := connected(ctx)
	defer c.Close()
	fmt.Println(c.Create(ctx, web(40000)))
	fmt.Println(errors.Is(c.Create(ctx, web(40000)), syscall.EEXIST))
	// Output:
	// <nil>
	// true
}

func ExampleSubscription_Next() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c := connected(ctx)
	defer c.Close()
	events, err := c.Events(ctx, conntrack.EventOptions{Kinds: conntrack.New | conntrack.Destroy})
	if err != nil {
		log.Fatal(err)
	}
	if err := c.Create(ctx, web(40000)); err != nil {
		log.Fatal(err)
	}
	if err := c.Flush(ctx); err != nil {
		log.Fatal(err)
	}
	for kind := conntrack.Kind(0); kind != conntrack.Destroy; {
		event, err := events.Next()
		if errors.Is(err, conntrack.ErrLost) {
			fmt.Println("some events were lost")
			continue
		}
		if err != nil {
			log.Fatal(err) // also when the context has ended
		}
		fmt.Println(event.Kind, event.Flow.Orig.SrcPort)
		kind = event.Kind
	}
	// Output:
	// NEW 40000
	// DESTROY 40000
}
