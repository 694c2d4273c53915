// SPDX-License-Identifier: GPL-2.0-or-later

package conntrack

import (
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// Protocol is an IP protocol number.
type Protocol uint8

// The protocols whose connections have ports, types or states of their own.
const (
	ICMP    Protocol = 1
	TCP     Protocol = 6
	UDP     Protocol = 17
	DCCP    Protocol = 33
	GRE     Protocol = 47
	ICMPv6  Protocol = 58
	SCTP    Protocol = 132
	UDPLite Protocol = 136
)

var protocolNames = map[Protocol]string{
	ICMP: "icmp", TCP: "tcp", UDP: "udp", DCCP: "dccp", GRE: "gre", ICMPv6: "icmpv6", SCTP: "sctp", UDPLite: "udplite",
}

// String returns the protocol's name, or its number.
func (p Protocol) String() string {
	if name, ok := protocolNames[p]; ok {
		return name
	}
	return fmt.Sprint(uint8(p))
}

func (p Protocol) hasPorts() bool {
	return p == TCP || p == UDP || p == DCCP || p == GRE || p == SCTP || p == UDPLite
}

func (p Protocol) isICMP() bool { return p == ICMP || p == ICMPv6 }

// TCPState is the state of a TCP connection, with the kernel's numbers. StateNone is no state.
type TCPState uint8

// The states in the kernel's sequence.
const (
	StateNone TCPState = iota
	StateSynSent
	StateSynRecv
	StateEstablished
	StateFinWait
	StateCloseWait
	StateLastAck
	StateTimeWait
	StateClose
	StateSynSent2
)

var stateNames = [...]string{"NONE", "SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT", "CLOSE_WAIT", "LAST_ACK",
	"TIME_WAIT", "CLOSE", "SYN_SENT2"}

// String returns the name that conntrack(8) prints.
func (s TCPState) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return fmt.Sprint(uint8(s))
}

// Status is the set of the kernel's status bits, IPS_*.
type Status uint32

// The status bits that programs ask for.
const (
	Expected    Status = 1 << 0
	SeenReply   Status = 1 << 1
	Assured     Status = 1 << 2
	Confirmed   Status = 1 << 3
	SrcNAT      Status = 1 << 4
	DstNAT      Status = 1 << 5
	Dying       Status = 1 << 9
	FixedTime   Status = 1 << 10
	HelperBound Status = 1 << 13
	Offloaded   Status = 1 << 14
)

// Tuple is one direction of an entry. Ports of GRE are its keys. ICMP fields are those of the original direction only. An
// IPv4 address in IPv6 form (::ffff:192.0.2.1, as net.ParseIP makes) is an IPv6 address: Unmap makes IPv4 of it.
type Tuple struct {
	Src, Dst           netip.Addr
	SrcPort, DstPort   uint16
	ICMPType, ICMPCode uint8
	ICMPID             uint16
}

// Counters are the packets and bytes of one direction. The kernel counts with net.netfilter.nf_conntrack_acct only.
type Counters struct {
	Packets, Bytes uint64
}

// Flow is one entry of the connection tracking table. Fields that the kernel did not send have their zero value. A Flow
// is a plain value: a copy is independent, and a Flow that a List has passed on stays valid.
type Flow struct {
	Proto       Protocol
	Orig, Reply Tuple
	TCPState    TCPState
	SCTPState   uint8
	Status      Status
	// Timeout is the time until the entry expires, in whole seconds.
	Timeout time.Duration
	Mark    uint32
	// Zone is that of both directions; OrigZone and ReplyZone are those of one direction only.
	Zone, OrigZone, ReplyZone uint16
	ID, Use                   uint32
	Helper                    string
	// Labels has label n in bit n%8 of byte n/8.
	Labels                      [16]byte
	OrigCounters, ReplyCounters Counters
	// Started and Stopped need net.netfilter.nf_conntrack_timestamp; Stopped is in destroy events.
	Started, Stopped time.Time
}

// Label reports whether a connection label is set.
func (f *Flow) Label(number int) bool {
	return number >= 0 && number < 8*len(f.Labels) && f.Labels[number/8]&(1<<(number%8)) != 0
}

func (t *Tuple) hasICMP() bool { return t.ICMPType != 0 || t.ICMPCode != 0 || t.ICMPID != 0 }

func (t *Tuple) append(b *strings.Builder, proto Protocol) {
	fmt.Fprintf(b, " src=%v dst=%v", t.Src, t.Dst)
	switch {
	case proto.hasPorts():
		fmt.Fprintf(b, " sport=%d dport=%d", t.SrcPort, t.DstPort)
	case proto.isICMP() && t.hasICMP():
		fmt.Fprintf(b, " type=%d code=%d id=%d", t.ICMPType, t.ICMPCode, t.ICMPID)
	}
}

// String returns one line for people. Programs read the fields.
func (f *Flow) String() string {
	var b strings.Builder
	b.WriteString(f.Proto.String())
	if f.Proto == TCP && f.TCPState != StateNone {
		b.WriteString(" " + f.TCPState.String())
	}
	f.Orig.append(&b, f.Proto)
	if f.Status&SeenReply == 0 {
		b.WriteString(" [UNREPLIED]")
	}
	f.Reply.append(&b, f.Proto)
	if f.Status&Assured != 0 {
		b.WriteString(" [ASSURED]")
	}
	fmt.Fprintf(&b, " mark=%d", f.Mark)
	return b.String()
}
