// SPDX-License-Identifier: GPL-2.0-or-later

// The program fields.c in Go, by the module of bindings/go.
package main

import (
	"conntrack"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
)

func list() (entries, sum int, err error) {
	c, err := conntrack.Open(conntrack.Options{})
	if err != nil {
		return 0, 0, err
	}
	defer c.Close()
	var src, dst netip.Addr
	var proto conntrack.Protocol
	err = c.List(context.Background(), conntrack.Filter{}, func(flow *conntrack.Flow) error {
		src, dst, proto = flow.Orig.Src, flow.Orig.Dst, flow.Proto
		entries++
		sum += int(flow.Orig.SrcPort) + int(flow.Orig.DstPort)
		return nil
	})
	if err == nil && !(src.IsValid() && dst.IsValid() && proto == conntrack.TCP) {
		err = errors.New("no addresses, or another protocol than TCP")
	}
	return entries, sum, err
}

func main() {
	entries, sum, err := list()
	if err != nil {
		fmt.Fprintln(os.Stderr, "fields:", err)
		os.Exit(1)
	}
	fmt.Println(entries, sum)
}
