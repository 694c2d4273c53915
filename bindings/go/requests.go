// SPDX-License-Identifier: GPL-2.0-or-later

package conntrack

/*
#include "border.h"
*/
import "C"

import (
	"context"
	"time"
)

// deleteBatch is the number of entries that one call into C deletes.
const deleteBatch = 256

// Create creates an entry. Orig, Proto and Timeout are necessary. Without a Reply the reply direction is the original
// one turned round; with SrcNAT or DstNAT in Status, the kernel translates to the addresses and ports of the Reply.
// TCPState, Status, Mark, Labels, Helper and one of the zones can be set; the other fields are the kernel's, and are not
// sent. The error wraps EEXIST when the entry exists.
func (c *Conn) Create(ctx context.Context, flow *Flow) error {
	r, err := flow.whole()
	if err != nil {
		return err
	}
	return c.with(ctx, func(handle *C.struct_nfct_handle) error {
		return failure("create", int(C.border_create(handle, &r)))
	})
}

// Change names the fields that Update changes; a zero field stays as it is.
type Change struct {
	Timeout  time.Duration
	Mark     *uint32
	TCPState TCPState
	// Status has the bits to set, in addition to those of the flow. The kernel clears no bit, and sets few by request.
	Status Status
	Labels *[16]byte
}

func (change *Change) write(r *record, flow *Flow) (err error) {
	if change.Timeout != 0 {
		r.timeout, err = seconds(change.Timeout)
		r.set |= C.HAS_TIMEOUT
	}
	if change.Mark != nil {
		r.mark = C.uint32_t(*change.Mark)
		r.set |= C.HAS_MARK
	}
	if change.Labels != nil {
		for i, bits := range change.Labels {
			r.labels[i] = C.uint8_t(bits)
		}
		r.set |= C.HAS_LABELS
	}
	r.tcp_state, r.status = C.uint8_t(change.TCPState), C.uint32_t(flow.Status|change.Status)
	put(r, change.TCPState != StateNone, C.HAS_TCP_STATE)
	put(r, change.Status != 0, C.HAS_STATUS)
	return err
}

// Update changes the entry with the original tuple and zone of this flow. The error wraps ENOENT when there is none.
func (c *Conn) Update(ctx context.Context, flow *Flow, change Change) error {
	r, err := flow.names()
	if err == nil {
		err = change.write(&r, flow)
	}
	if err == nil && change == (Change{}) {
		err = invalid("an update that changes nothing")
	}
	if err == nil && change.TCPState != StateNone && (flow.Proto != TCP || change.TCPState > StateSynSent2) {
		err = invalid("TCP state %d of protocol %v", change.TCPState, flow.Proto)
	}
	if err != nil {
		return err
	}
	return c.with(ctx, func(handle *C.struct_nfct_handle) error {
		return failure("update", int(C.border_update(handle, &r, r.set)))
	})
}

// Get returns the entry with the original tuple and zone of this flow. The error wraps ENOENT when there is none.
func (c *Conn) Get(ctx context.Context, flow *Flow) (*Flow, error) {
	r, err := flow.names()
	if err != nil {
		return nil, err
	}
	err = c.with(ctx, func(handle *C.struct_nfct_handle) error {
		return failure("get", int(C.border_get(handle, &r)))
	})
	if err != nil {
		return nil, err
	}
	found := new(Flow)
	found.read(&r)
	return found, nil
}

// Delete deletes the entries that the filter selects, and returns how many there were. It lists them first; each request
// then names one entry by its original tuple and zone. The C library sends no id: an entry that took the place of a listed
// one since, with the same tuple, is deleted too. A filter without a condition is refused with ErrNoCondition.
func (c *Conn) Delete(ctx context.Context, filter Filter) (deleted int, err error) {
	if filter.isEmpty() {
		return 0, ErrNoCondition
	}
	var records []record
	err = c.List(ctx, filter, func(flow *Flow) error {
		r, err := flow.names()
		records = append(records, r)
		return err
	})
	for err == nil && len(records) > 0 {
		batch := records
		if len(batch) > deleteBatch {
			batch = batch[:deleteBatch]
		}
		records = records[len(batch):]
		var count int
		count, err = c.deleteRecords(ctx, batch)
		deleted += count
	}
	return deleted, err
}

func (c *Conn) deleteRecords(ctx context.Context, records []record) (deleted int, err error) {
	err = c.with(ctx, func(handle *C.struct_nfct_handle) error {
		var count C.uint
		result := C.border_delete(handle, &records[0], C.uint(len(records)), &count)
		deleted = int(count)
		return failure("delete", int(result))
	})
	return deleted, err
}

// DeleteFlow deletes the entry with the original tuple and zone of this flow, and reports whether there was one.
func (c *Conn) DeleteFlow(ctx context.Context, flow *Flow) (bool, error) {
	r, err := flow.names()
	if err != nil {
		return false, err
	}
	deleted, err := c.deleteRecords(ctx, []record{r})
	return deleted == 1, err
}

// Flush deletes every entry of the table.
func (c *Conn) Flush(ctx context.Context) error {
	return c.with(ctx, func(handle *C.struct_nfct_handle) error {
		return failure("flush", int(C.border_flush(handle)))
	})
}
