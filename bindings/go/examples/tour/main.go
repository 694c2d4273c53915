// SPDX-License-Identifier: GPL-2.0-or-later

// The command tour creates, lists, changes and deletes one flow, and prints the events of it. The same program in other
// languages is in docs/bindings.md. Exit status: 0 all done, 1 something failed.
package main

import (
	"conntrack"
	"context"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"time"
)

func tour(ctx context.Context) error {
	c, err := conntrack.Open(conntrack.Options{})
	if err != nil {
		return err
	}
	defer c.Close()
	events, err := c.Events(ctx, conntrack.EventOptions{})
	if err != nil {
		return err
	}
	defer events.Close()

	flow := &conntrack.Flow{Proto: conntrack.UDP, Timeout: time.Minute, Mark: 7, Orig: conntrack.Tuple{
		Src: netip.MustParseAddr("192.0.2.1"), Dst: netip.MustParseAddr("198.51.100.2"), SrcPort: 40000, DstPort: 53}}
	if err := c.Create(ctx, flow); err != nil {
		return err
	}
	filter := conntrack.Filter{DstPort: 53}
	err = c.List(ctx, filter, func(flow *conntrack.Flow) error {
		fmt.Printf("list %v mark=%d\n", flow.Orig.Src, flow.Mark)
		return nil
	})
	if err != nil {
		return err
	}
	mark := uint32(8)
	if err := c.Update(ctx, flow, conntrack.Change{Mark: &mark}); err != nil {
		return err
	}
	if _, err := c.Delete(ctx, filter); err != nil {
		return err
	}
	return follow(events)
}

// follow prints the events until that of the deletion.
func follow(events *conntrack.Subscription) error {
	for {
		event, err := events.Next() // conntrack.ErrLost says that events were lost
		if err != nil {
			return err
		}
		fmt.Printf("%s mark=%d\n", strings.ToLower(event.Kind.String()), event.Flow.Mark)
		if event.Kind == conntrack.Destroy {
			return nil
		}
	}
}

func main() {
	if err := tour(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "tour:", err)
		os.Exit(1)
	}
}
