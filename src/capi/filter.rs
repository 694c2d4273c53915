// SPDX-License-Identifier: GPL-2.0-or-later
//! Filters: of events, on a socket; of dumps and flushes, in the kernel.

use super::border::{array, boundary, descriptor, exclusive, give, shared, take};
use super::conntrack::{Made, flow_of};
use super::layout::{FilterAttr, FilterDumpAttr, FilterLogic, nf_conntrack, nfct_filter, nfct_filter_dump};
use crate::error::{Error, Result};
use crate::filter::DumpFilter;
use crate::filter::dump::Masked;
use crate::filter::socket_filter::{EventFilter, Field};
use crate::sys::memory;
use crate::sys::socket::raw;
use libc::{c_int, c_void};

/// Creates an event filter that accepts every message. Release the filter with nfct_filter_destroy().
///
/// The filter accepts a message when every attribute with values accepts it. An attribute of the filter accepts a
/// message that does not contain this attribute; a missing mark or zone counts as 0.
///
/// Returns the filter, or NULL with errno set.
///
/// Errors:
/// - ENOMEM: no memory
///
/// @ingroup nfct_filter_create
#[unsafe(no_mangle)]
pub extern "C" fn nfct_filter_create() -> *mut nfct_filter {
    boundary(|| give(EventFilter::new()))
}

/// Releases an event filter. Sockets to which the filter is attached keep filtering.
/// @ingroup nfct_filter_create
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_filter_destroy(filter: *mut nfct_filter) {
    boundary(|| {
        // SAFETY: C gives up a filter that it got from this library.
        unsafe { take(filter) }.map(drop)
    })
}

/// Adds a value to an attribute of an event filter: a message must match one of the values.
///
/// Numbers and addresses are in host byte order. An attribute takes 255 protocols, 127 IPv4 addresses for
/// each direction, 127 marks, 127 zones, and 20 IPv6 addresses for each direction; the function ignores further values.
/// @ingroup nfct_filter_create
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_filter_add_attr(
    filter: *mut nfct_filter,
    attr: FilterAttr,
    value: *const c_void,
) {
    boundary(|| {
        if value.is_null() {
            return Err(Error::Invalid("NULL"));
        }
        // SAFETY: C gives a live filter.
        let filter = unsafe { exclusive(filter) }?;
        let Some(field) = Field::from_number(attr) else {
            return Ok(());
        };
        filter.make_room(field)?;
        // SAFETY: C gives a value of the attribute's type.
        unsafe { add(filter, field, value) }
    })
}

unsafe fn add(filter: &mut EventFilter, field: Field, value: *const c_void) -> Result<()> {
    match field {
        // SAFETY: as for this function.
        Field::Protocol => filter.add_protocol(u32::from_ne_bytes(unsafe { array(value) }?)),
        Field::State => {
            // SAFETY: as for this function.
            let [p0, p1, s0, s1] = unsafe { array(value) }?;
            filter.add_state(u16::from_ne_bytes([p0, p1]), u16::from_ne_bytes([s0, s1]));
        }
        Field::SrcIpv4 | Field::DstIpv4 => {
            // SAFETY: as for this function.
            filter.add_ipv4(field, unsafe { masked(value) }?);
        }
        Field::SrcIpv6 | Field::DstIpv6 => {
            // SAFETY: as for this function.
            let words: [[u8; 16]; 2] = [unsafe { array(value) }?, unsafe { array(value.wrapping_add(16)) }?];
            let word = |of: usize, at: usize| {
                let found = words.get(of).and_then(|bytes| bytes.get(4 * at..)?.first_chunk());
                u32::from_ne_bytes(found.copied().unwrap_or_default())
            };
            let address = std::array::from_fn(|at| Masked { value: word(0, at), mask: word(1, at) });
            filter.add_ipv6(field, address);
        }
        // SAFETY: as for this function.
        Field::Mark => filter.add_mark(unsafe { masked(value) }?),
        // SAFETY: as for this function.
        Field::Zone => filter.add_zone(u16::from_ne_bytes(unsafe { array(value) }?)),
    }
    Ok(())
}

/// A value and its mask, 32 bits each.
unsafe fn masked(value: *const c_void) -> Result<Masked> {
    // SAFETY: as for this function.
    let [a, b, c, d, e, f, g, h] = unsafe { array(value) }?;
    Ok(Masked { value: u32::from_ne_bytes([a, b, c, d]), mask: u32::from_ne_bytes([e, f, g, h]) })
}

/// Adds a number to an event filter: a protocol or a zone.
/// @ingroup nfct_filter_create
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_filter_add_attr_u32(filter: *mut nfct_filter, attr: FilterAttr, value: u32) {
    boundary(|| {
        // SAFETY: C gives a live filter.
        let filter = unsafe { exclusive(filter) }?;
        let field = Field::from_number(attr);
        field.map_or(Ok(()), |field| filter.make_room(field))?;
        match field {
            Some(Field::Protocol) => filter.add_protocol(value),
            Some(Field::Zone) => filter.add_zone((value & 0xffff) as u16),
            Some(_) => return Err(Error::Invalid("a number for a structure")),
            None => {}
        }
        Ok(())
    })
}

/// Sets whether an attribute accepts messages that match its values (NFCT_FILTER_LOGIC_POSITIVE, the default) or
/// rejects them (NFCT_FILTER_LOGIC_NEGATIVE). A negative logic is permanent.
///
/// Returns 0, or -1 with errno set.
///
/// Errors:
/// - EOPNOTSUPP: there is no such attribute
/// - EBUSY: the logic is already negative
///
/// @ingroup nfct_filter_create
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_filter_set_logic(
    filter: *mut nfct_filter,
    attr: FilterAttr,
    logic: FilterLogic,
) -> c_int {
    boundary(|| {
        let field = Field::from_number(attr).ok_or(Error::Unsupported("filter attribute"))?;
        // SAFETY: C gives a live filter.
        unsafe { exclusive(filter) }?.set_logic(field, logic).map(|()| 0)
    })
}

/// Attaches an event filter to a socket: the socket then receives only messages that the filter accepts. The filter
/// replaces an earlier one. The program keeps the filter, and may release it at once.
///
/// Do not list the table on a socket with a filter: the kernel drops an answer that the filter rejects, and the list
/// does not end.
///
/// Returns 0, or -1 with errno of setsockopt(2).
///
/// Errors:
/// - ENOMEM: the filter is larger than net.core.optmem_max allows. Linux 6.1 allows 20480 bytes by default, enough
///   for lists of some fifty values
/// - EBADF, ENOTSOCK: `fd` is not a socket
///
/// @ingroup nfct_filter_create
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_filter_attach(fd: c_int, filter: *mut nfct_filter) -> c_int {
    boundary(|| {
        // SAFETY: C gives a live filter.
        let program = unsafe { shared(filter) }?.program()?;
        // SAFETY: C gives its own descriptor for this call.
        raw::attach_filter(unsafe { descriptor(fd) }?, &program).map(|()| 0)
    })
}

/// Detaches the event filter from a socket.
///
/// Returns 0, or -1 with errno of setsockopt(2).
///
/// Errors:
/// - ENOENT: the socket has no filter
/// - EBADF, ENOTSOCK: `fd` is not a socket
///
/// @ingroup nfct_filter_create
#[unsafe(no_mangle)]
pub extern "C" fn nfct_filter_detach(fd: c_int) -> c_int {
    // SAFETY: C gives its own descriptor for this call.
    boundary(|| raw::detach_filter(unsafe { descriptor(fd) }?).map(|()| 0))
}

/// Creates a dump filter that accepts every entry. Release the filter with nfct_filter_dump_destroy().
///
/// Returns the filter, or NULL with errno set.
///
/// Errors:
/// - ENOMEM: no memory
///
/// @ingroup nfct_filter_dump_create
#[unsafe(no_mangle)]
pub extern "C" fn nfct_filter_dump_create() -> *mut nfct_filter_dump {
    boundary(|| give(DumpFilter::new()))
}

/// Releases a dump filter.
/// @ingroup nfct_filter_dump_create
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_filter_dump_destroy(filter: *mut nfct_filter_dump) {
    boundary(|| {
        // SAFETY: C gives up a filter that it got from this library.
        unsafe { take(filter) }.map(drop)
    })
}

/// Sets an attribute of a dump filter. The function copies the value. An unknown attribute is ignored.
/// @ingroup nfct_filter_dump_create
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_filter_dump_set_attr(
    filter_dump: *mut nfct_filter_dump,
    r#type: FilterDumpAttr,
    data: *const c_void,
) {
    boundary(|| {
        if data.is_null() {
            return Err(Error::Invalid("NULL"));
        }
        // SAFETY: C gives a live filter.
        let filter = unsafe { exclusive(filter_dump) }?;
        match r#type {
            // SAFETY: C gives a value of the attribute's type.
            MARK => filter.mark = Some(unsafe { masked(data) }?),
            // SAFETY: as above.
            L3NUM => filter.family = Some(u8::from_ne_bytes(unsafe { array(data) }?)),
            // SAFETY: as above.
            STATUS => filter.status = Some(unsafe { masked(data) }?),
            // SAFETY: as above.
            ZONE => filter.zone = Some(u16::from_ne_bytes(unsafe { array(data) }?)),
            TUPLE => {
                let mut made = Made::new();
                // SAFETY: as above: a live conntrack object.
                let tuple = unsafe { flow_of(data.cast::<nf_conntrack>(), &mut made) }?;
                filter.tuple = Some(memory::boxed(tuple.try_clone()?)?);
            }
            _ => {}
        }
        Ok(())
    })
}

const MARK: FilterDumpAttr = 0;
const L3NUM: FilterDumpAttr = 1;
const STATUS: FilterDumpAttr = 2;
const ZONE: FilterDumpAttr = 3;
const TUPLE: FilterDumpAttr = 4;

unsafe fn set_number(filter_dump: *mut nfct_filter_dump, kind: FilterDumpAttr, value: u16) -> Result<()> {
    // SAFETY: as for this function.
    let filter = unsafe { exclusive(filter_dump) }?;
    match kind {
        L3NUM => filter.family = Some((value & 0xff) as u8),
        ZONE => filter.zone = Some(value),
        MARK | STATUS | TUPLE => return Err(Error::Invalid("a number for a structure")),
        _ => {}
    }
    Ok(())
}

/// Sets the family of a dump filter (NFCT_FILTER_DUMP_L3NUM).
/// @ingroup nfct_filter_dump_create
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_filter_dump_set_attr_u8(
    filter_dump: *mut nfct_filter_dump,
    r#type: FilterDumpAttr,
    data: u8,
) {
    boundary(|| {
        // SAFETY: C gives a live filter.
        unsafe { set_number(filter_dump, r#type, data.into()) }
    })
}

/// Sets the zone of a dump filter (NFCT_FILTER_DUMP_ZONE).
/// @ingroup nfct_filter_dump_create
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_filter_dump_set_attr_u16(
    filter_dump: *mut nfct_filter_dump,
    r#type: FilterDumpAttr,
    data: u16,
) {
    boundary(|| {
        // SAFETY: C gives a live filter.
        unsafe { set_number(filter_dump, r#type, data) }
    })
}
