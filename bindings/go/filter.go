// SPDX-License-Identifier: GPL-2.0-or-later

package conntrack

/*
#include "border.h"
*/
import "C"

import (
	"net/netip"
)

// Family selects addresses.
type Family uint8

// The families of the table.
const (
	AnyFamily Family = 0
	IPv4      Family = 2
	IPv6      Family = 10
)

// Masked is a value and the bits of it that count: at least one, so that a forgotten mask does not select every mark. The
// value has no other bits: with both numbers exchanged, most marks would be selected.
type Masked struct {
	Value, Mask uint32
}

// Filter selects entries that meet every condition. A field with its zero value is no condition, and the zero Filter
// selects every entry. The result of a ParsePrefix that failed is a zero value, too: only its error says so.
type Filter struct {
	Family Family
	Proto  Protocol
	// Networks of the two directions; Host makes one of a single address.
	Src, Dst, ReplySrc, ReplyDst netip.Prefix
	// Ports of the original direction.
	SrcPort, DstPort uint16
	// State selects TCP connections in this state.
	State TCPState
	// Status: all of these bits are set. NoStatus: none of these is.
	Status, NoStatus Status
	Mark             *Masked
	Zone             *uint16
}

// Host is the network of one address, for a Filter. No address, or one with a zone, makes a network that each call refuses
// with ErrInvalid: it is never the same as no condition. An IPv4 address in IPv6 form stands for itself; Unmap makes IPv4 of
// it.
func Host(address netip.Addr) netip.Prefix {
	if !address.IsValid() || address.Zone() != "" {
		return netip.PrefixFrom(netip.IPv6Unspecified(), -1)
	}
	return netip.PrefixFrom(address, address.BitLen())
}

func (f *Filter) isEmpty() bool { return *f == Filter{} }

// family is the one family of the filter and its networks.
func (f *Filter) family() (Family, error) {
	family := f.Family
	if family != AnyFamily && family != IPv4 && family != IPv6 {
		return 0, invalid("family %d", family)
	}
	for _, network := range f.networks() {
		if network == (netip.Prefix{}) {
			continue
		}
		if !network.IsValid() {
			return 0, invalid("the network %v", network)
		}
		of := familyOf(network.Addr())
		if family != AnyFamily && family != of {
			return 0, invalid("addresses of two families")
		}
		family = of
	}
	return family, nil
}

func (f *Filter) networks() [4]netip.Prefix {
	return [4]netip.Prefix{f.Src, f.Dst, f.ReplySrc, f.ReplyDst}
}

func familyOf(address netip.Addr) Family {
	if address.Is4() {
		return IPv4
	}
	return IPv6
}

// check finds conditions that no entry can meet together.
func (f *Filter) check() error {
	switch {
	case f.State != StateNone && f.Proto != 0 && f.Proto != TCP:
		return invalid("a TCP state of protocol %v", f.Proto)
	case f.State > StateSynSent2:
		return invalid("TCP state %d", f.State)
	case (f.SrcPort != 0 || f.DstPort != 0) && f.Proto != 0 && !f.Proto.hasPorts():
		return invalid("ports of protocol %v", f.Proto)
	case f.Status&f.NoStatus != 0:
		return invalid("a status bit that is set and not set")
	case f.Mark != nil && f.Mark.Mask == 0:
		return invalid("a mark of which no bit counts")
	case f.Mark != nil && f.Mark.Value&^f.Mark.Mask != 0:
		return invalid("the mark %#x has bits outside of its mask %#x", f.Mark.Value, f.Mark.Mask)
	}
	return nil
}

// border checks the filter and makes the C record of it.
func (f *Filter) border() (filter C.struct_border_filter, err error) {
	family, err := f.family()
	if err == nil {
		err = f.check()
	}
	if err != nil {
		return filter, err
	}
	set := func(condition bool, field C.uint32_t) {
		if condition {
			filter.set |= field
		}
	}
	want := &filter.want
	want.family, want.proto, want.tcp_state = C.uint8_t(family), C.uint8_t(f.Proto), C.uint8_t(f.State)
	want.sport[0], want.dport[0] = portOf(f.SrcPort), portOf(f.DstPort)
	want.status, filter.status_mask = C.uint32_t(f.Status), C.uint32_t(f.Status|f.NoStatus)
	set(family != AnyFamily, C.HAS_FAMILY)
	set(f.Proto != 0, C.HAS_PROTO)
	set(f.SrcPort != 0 || f.DstPort != 0, C.HAS_PORTS)
	set(f.State != StateNone, C.HAS_TCP_STATE)
	set(filter.status_mask != 0, C.HAS_STATUS)
	if f.Mark != nil {
		want.mark, filter.mark_mask = C.uint32_t(f.Mark.Value), C.uint32_t(f.Mark.Mask)
		set(true, C.HAS_MARK)
	}
	if f.Zone != nil {
		want.zone = C.uint16_t(*f.Zone)
		set(true, C.HAS_ZONE)
	}
	for direction := range want.src {
		setNetwork(&want.src[direction], &filter.src_mask[direction], f.networks()[2*direction])
		setNetwork(&want.dst[direction], &filter.dst_mask[direction], f.networks()[2*direction+1])
	}
	return filter, nil
}

func setNetwork(address, mask *[16]C.uint8_t, network netip.Prefix) {
	if !network.IsValid() {
		return
	}
	putAddress(address, network.Masked().Addr())
	for bit := 0; bit < network.Bits(); bit++ {
		mask[bit/8] |= 0x80 >> (bit % 8)
	}
}
