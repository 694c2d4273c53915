// SPDX-License-Identifier: GPL-2.0-or-later

// The program fields.c in Go, by vishvananda/netlink of Debian's package golang-github-vishvananda-netlink-dev.
package main

import (
	"fmt"
	"net"
	"os"

	"github.com/vishvananda/netlink"
)

func main() {
	flows, err := netlink.ConntrackTableList(netlink.ConntrackTable, netlink.FAMILY_V4)
	if err != nil {
		fmt.Fprintln(os.Stderr, "fields:", err)
		os.Exit(1)
	}
	var src, dst net.IP
	var proto uint8
	sum := 0
	for _, flow := range flows {
		src, dst, proto = flow.Forward.SrcIP, flow.Forward.DstIP, flow.Forward.Protocol
		sum += int(flow.Forward.SrcPort) + int(flow.Forward.DstPort)
	}
	if src == nil || dst == nil || proto != 6 {
		fmt.Fprintln(os.Stderr, "fields: no addresses, or another protocol than TCP")
		os.Exit(1)
	}
	fmt.Println(len(flows), sum)
}
