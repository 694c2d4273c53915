// SPDX-License-Identifier: GPL-2.0-or-later

package conntrack

/*
#include "border.h"
*/
import "C"

import (
	"math"
	"net/netip"
	"strings"
	"time"
	"unsafe"
)

type record = C.struct_border_record

// portOf exchanges host order and network order.
func portOf(port uint16) C.uint16_t {
	bytes := [2]byte{byte(port >> 8), byte(port)}
	return *(*C.uint16_t)(unsafe.Pointer(&bytes))
}

func fromPort(port C.uint16_t) uint16 {
	bytes := *(*[2]byte)(unsafe.Pointer(&port))
	return uint16(bytes[0])<<8 | uint16(bytes[1])
}

func putAddress(to *[16]C.uint8_t, address netip.Addr) {
	bytes := (*[16]byte)(unsafe.Pointer(to))
	if address.Is4() {
		four := address.As4()
		copy(bytes[:], four[:])
	} else {
		*bytes = address.As16()
	}
}

func fromAddress(from *[16]C.uint8_t, family C.uint8_t) netip.Addr {
	bytes := (*[16]byte)(unsafe.Pointer(from))
	if Family(family) == IPv4 {
		return netip.AddrFrom4([4]byte{bytes[0], bytes[1], bytes[2], bytes[3]})
	}
	return netip.AddrFrom16(*bytes)
}

func (t *Tuple) read(r *record, direction int) {
	t.Src = fromAddress(&r.src[direction], r.family)
	t.Dst = fromAddress(&r.dst[direction], r.family)
	t.SrcPort, t.DstPort = fromPort(r.sport[direction]), fromPort(r.dport[direction])
}

func fromNanoseconds(set bool, since1970 C.uint64_t) time.Time {
	if !set {
		return time.Time{}
	}
	return time.Unix(0, int64(since1970))
}

// read fills a new Flow from a record.
func (f *Flow) read(r *record) {
	f.Proto = Protocol(r.proto)
	if r.set&C.HAS_SRC != 0 {
		f.Orig.read(r, 0)
	}
	if r.set&C.HAS_REPLY_SRC != 0 {
		f.Reply.read(r, 1)
	}
	f.Orig.ICMPType, f.Orig.ICMPCode = uint8(r.icmp_type), uint8(r.icmp_code)
	f.Orig.ICMPID = fromPort(r.icmp_id)
	f.TCPState, f.SCTPState, f.Status = TCPState(r.tcp_state), uint8(r.sctp_state), Status(r.status)
	f.Timeout = time.Duration(r.timeout) * time.Second
	f.Mark, f.ID, f.Use = uint32(r.mark), uint32(r.id), uint32(r.use)
	f.Zone, f.OrigZone, f.ReplyZone = uint16(r.zone), uint16(r.orig_zone), uint16(r.reply_zone)
	if r.set&C.HAS_HELPER != 0 {
		f.Helper = C.GoString(&r.helper[0])
	}
	f.Labels = *(*[16]byte)(unsafe.Pointer(&r.labels))
	f.OrigCounters = Counters{uint64(r.packets[0]), uint64(r.bytes[0])}
	f.ReplyCounters = Counters{uint64(r.packets[1]), uint64(r.bytes[1])}
	f.Started = fromNanoseconds(r.set&C.HAS_START != 0, r.start)
	f.Stopped = fromNanoseconds(r.set&C.HAS_STOP != 0, r.stop)
}

// write fills one direction, whose addresses are of the family. A value that the protocol does not have is refused: the
// request would be about another entry.
func (t *Tuple) write(r *record, direction int, family Family, proto Protocol) error {
	for _, address := range [2]netip.Addr{t.Src, t.Dst} {
		switch {
		case !address.IsValid() || address.Zone() != "":
			return invalid("the address %v", address)
		case familyOf(address) != family:
			return invalid("addresses of two families")
		}
	}
	if (t.SrcPort != 0 || t.DstPort != 0) && !proto.hasPorts() {
		return invalid("ports of protocol %v", proto)
	}
	if t.hasICMP() && (!proto.isICMP() || direction != 0) {
		return invalid("an ICMP type, code or id of protocol %v in direction %d", proto, direction)
	}
	putAddress(&r.src[direction], t.Src)
	putAddress(&r.dst[direction], t.Dst)
	r.sport[direction], r.dport[direction] = portOf(t.SrcPort), portOf(t.DstPort)
	return nil
}

// names makes the record that names the entry: its original tuple and zone. The protocol 0 is that of a
// packet in an entry that the kernel has sent, which has an ID; elsewhere the program has forgotten the protocol.
func (f *Flow) names() (r record, err error) {
	if f == nil || f.Proto == 0 && f.ID == 0 {
		return r, invalid("an entry without a protocol")
	}
	family := familyOf(f.Orig.Src)
	if f.Proto == ICMP && family != IPv4 || f.Proto == ICMPv6 && family != IPv6 {
		return r, invalid("%v between these addresses", f.Proto)
	}
	if err := f.Orig.write(&r, 0, family, f.Proto); err != nil {
		return r, err
	}
	if f.Zone != 0 && f.OrigZone|f.ReplyZone != 0 || f.OrigZone != 0 && f.ReplyZone != 0 {
		return r, invalid("the zones %d, %d and %d of one entry", f.Zone, f.OrigZone, f.ReplyZone)
	}
	r.family, r.proto = C.uint8_t(family), C.uint8_t(f.Proto)
	r.set = C.HAS_FAMILY | C.HAS_PROTO | C.HAS_SRC | C.HAS_DST
	if f.Proto.hasPorts() {
		r.set |= C.HAS_PORTS
	}
	if f.Proto.isICMP() {
		r.set |= C.HAS_ICMP
		r.icmp_type, r.icmp_code = C.uint8_t(f.Orig.ICMPType), C.uint8_t(f.Orig.ICMPCode)
		r.icmp_id = portOf(f.Orig.ICMPID)
	}
	r.zone, r.orig_zone = C.uint16_t(f.Zone), C.uint16_t(f.OrigZone)
	put(&r, f.Zone != 0, C.HAS_ZONE)
	put(&r, f.OrigZone != 0, C.HAS_ORIG_ZONE)
	return r, nil
}

func put(r *record, condition bool, field C.uint32_t) {
	if condition {
		r.set |= field
	}
}

// seconds checks a timeout: the kernel takes whole seconds in 31 bits.
func seconds(timeout time.Duration) (C.uint32_t, error) {
	if timeout < time.Second || timeout/time.Second > math.MaxInt32 {
		return 0, invalid("the timeout %v", timeout)
	}
	return C.uint32_t(timeout / time.Second), nil
}

// whole makes the record of an entry that is to be created.
func (f *Flow) whole() (r record, err error) {
	if r, err = f.names(); err != nil {
		return r, err
	}
	if r.timeout, err = seconds(f.Timeout); err != nil {
		return r, err
	}
	if len(f.Helper) >= len(r.helper) || strings.ContainsRune(f.Helper, 0) {
		return r, invalid("the helper %q", f.Helper)
	}
	if f.TCPState != StateNone && (f.Proto != TCP || f.TCPState > StateSynSent2) {
		return r, invalid("TCP state %d of protocol %v", f.TCPState, f.Proto)
	}
	if f.Reply != (Tuple{}) {
		if err := f.Reply.write(&r, 1, familyOf(f.Orig.Src), f.Proto); err != nil {
			return r, err
		}
		r.set |= C.HAS_REPLY_SRC | C.HAS_REPLY_DST
		put(&r, f.Proto.hasPorts(), C.HAS_REPLY_PORTS)
	}
	for i := range f.Helper {
		r.helper[i] = C.char(f.Helper[i])
	}
	r.status, r.mark, r.tcp_state = C.uint32_t(f.Status), C.uint32_t(f.Mark), C.uint8_t(f.TCPState)
	r.labels = *(*[16]C.uint8_t)(unsafe.Pointer(&f.Labels))
	r.set |= C.HAS_TIMEOUT
	put(&r, f.Status != 0, C.HAS_STATUS)
	put(&r, f.Mark != 0, C.HAS_MARK)
	r.reply_zone = C.uint16_t(f.ReplyZone)
	put(&r, f.TCPState != StateNone, C.HAS_TCP_STATE)
	put(&r, f.ReplyZone != 0, C.HAS_REPLY_ZONE)
	put(&r, f.Helper != "", C.HAS_HELPER)
	put(&r, f.Labels != [16]byte{}, C.HAS_LABELS)
	return r, nil
}

func charsOf(bytes []byte) *C.char { return (*C.char)(unsafe.Pointer(&bytes[0])) }
