// SPDX-License-Identifier: GPL-2.0-or-later
//! Deprecated ways to build and parse messages, with the return values they have always had.

use super::border::{boundary, bytes_mut, exclusive, message, shared};
use super::conntrack::{Made, change, flow_of};
use super::handle::{build, expect_subject, flow_subject, message_type};
use super::layout::{MessageType, QueryNumber, nf_conntrack, nf_expect};
use super::nfnl::nfnl_subsys_handle;
use crate::codec::{EventKind, expect_decode, expect_encode, flow_decode, flow_encode};
use crate::error::{Error, Result};
use crate::exchange::request::{Query, Subject};
use crate::flow::Attr;
use crate::wire::consts::{NFNL_SUBSYS_CTNETLINK, NFNL_SUBSYS_CTNETLINK_EXP};
use crate::wire::{Builder, Frame, Header};
use libc::{c_int, c_uint, c_void, nlmsghdr, size_t};

/// Clears C's buffer and writes a message into it; 0, or -1 with `errno` as it was when a family cannot be
/// sent: the message then ends before it.
unsafe fn write(
    (req, size): (*mut c_void, size_t),
    (subsystem, kind, flags): (u8, u16, u16),
    family: u8,
    fill: impl FnOnce(&mut Builder<'_>) -> Result<()>,
) -> Result<c_int> {
    // SAFETY: as for this function.
    let buf = unsafe { bytes_mut(req, size) }?;
    buf.fill(0);
    let head = Header { kind: kind | u16::from_be_bytes([subsystem, 0]), flags, ..Header::default() };
    let mut b = Builder::message(buf, head, family, 0).map_err(too_long)?;
    let filled = fill(&mut b);
    let _ = b.finish();
    match filled {
        Err(Error::Unsupported(_)) => Ok(-1),
        Err(error) => {
            buf.fill(0);
            Err(too_long(error))
        }
        Ok(()) => Ok(0),
    }
}

fn too_long(error: Error) -> Error {
    if error == Error::NoSpace { Error::Os(libc::EMSGSIZE) } else { error }
}

fn check<T>(ssh: *mut nfnl_subsys_handle, object: *const T) -> Result<()> {
    if ssh.is_null() || object.is_null() { Err(Error::Invalid("NULL")) } else { Ok(()) }
}

/// Writes a conntrack message of any type into a buffer of `size` bytes, which the function first fills with zeros.
/// `ssh` must not be NULL, and is not used. Deprecated: use nfct_nlmsg_build().
///
/// Returns 0, or -1.
///
/// Errors:
/// - EINVAL: the object has no ATTR_ORIG_L3PROTO
/// - EMSGSIZE: the buffer is too small
/// - errno unchanged: a tuple's family is neither IPv4 nor IPv6
///
/// @ingroup nfct_build_conntrack
#[unsafe(no_mangle)]
#[deprecated]
pub unsafe extern "C" fn nfct_build_conntrack(
    ssh: *mut nfnl_subsys_handle,
    req: *mut c_void,
    size: size_t,
    r#type: u16,
    flags: u16,
    ct: *const nf_conntrack,
) -> c_int {
    boundary(|| {
        check(ssh, ct)?;
        let mut made = Made::new();
        // SAFETY: C gives a live object.
        let flow = unsafe { flow_of(ct, &mut made) }?;
        let family = flow.u8(Attr::OrigL3proto);
        let fill = |b: &mut Builder<'_>| flow_encode::attributes(b, flow);
        // SAFETY: C gives a buffer of `size` bytes.
        unsafe { write((req, size), (NFNL_SUBSYS_CTNETLINK, r#type, flags), family.unwrap_or(0), fill) }
    })
}

/// Writes an expectation message of any type into a buffer of `size` bytes, which the function first fills with
/// zeros. `ssh` must not be NULL, and is not used. Deprecated: use nfexp_nlmsg_build().
///
/// Returns 0, or -1.
///
/// Errors:
/// - EMSGSIZE: the buffer is too small
/// - errno unchanged: neither master nor expected tuple has ATTR_ORIG_L3PROTO
///
/// @ingroup nfct_build_conntrack
#[unsafe(no_mangle)]
#[deprecated]
pub unsafe extern "C" fn nfexp_build_expect(
    ssh: *mut nfnl_subsys_handle,
    req: *mut c_void,
    size: size_t,
    r#type: u16,
    flags: u16,
    exp: *const nf_expect,
) -> c_int {
    boundary(|| {
        check(ssh, exp)?;
        // SAFETY: C gives a live object.
        let expect = unsafe { shared(exp) }?;
        let Some(family) = expect_encode::family(expect) else {
            // SAFETY: C gives a buffer of `size` bytes.
            unsafe { bytes_mut(req, size) }?.fill(0);
            return Ok(-1);
        };
        let fill = |b: &mut Builder<'_>| expect_encode::attributes(b, expect);
        // SAFETY: C gives a buffer of `size` bytes.
        unsafe { write((req, size), (NFNL_SUBSYS_CTNETLINK_EXP, r#type, flags), family, fill) }
    })
}

/// Clears C's buffer and writes a query's message into it; 1.
unsafe fn write_query(
    (buffer, size): (*mut c_void, c_uint),
    query: Result<(Query, Subject<'_>)>,
) -> Result<c_int> {
    // SAFETY: as for this function.
    let buf = unsafe { bytes_mut(buffer, size as usize) }?;
    buf.fill(0);
    let (query, subject) = query?;
    match build(buf, query, subject, 0) {
        Ok(_) => Ok(1),
        Err(error) => {
            buf.fill(0);
            Err(error)
        }
    }
}

/// Writes the message of a query as nfct_query() sends it. Deprecated: use nfct_nlmsg_build().
///
/// Before a program sends a NFCT_Q_FLUSH_FILTER from this function, it must know that the kernel honours the filter
/// (see enum nfct_filter_dump_attr). A kernel that does not honour the filter deletes every entry. nfct_query() asks
/// the kernel first.
///
/// Returns 1, or -1 with errno set.
///
/// Errors:
/// - EOPNOTSUPP: an unknown query
/// - EINVAL: the object cannot be sent completely; the buffer is then empty
/// - EMSGSIZE: the buffer is too small
///
/// @ingroup nfct_build_conntrack
#[unsafe(no_mangle)]
#[deprecated]
pub unsafe extern "C" fn nfct_build_query(
    _ssh: *mut nfnl_subsys_handle,
    query: QueryNumber,
    data: *const c_void,
    buffer: *mut c_void,
    size: c_uint,
) -> c_int {
    boundary(|| {
        check(buffer.cast(), data)?;
        let mut made = Made::new();
        // SAFETY: C gives data that fits the query, and a buffer of `size` bytes.
        unsafe { write_query((buffer, size), flow_subject(query, data, &mut made)) }
    })
}

/// Writes the message of a query as nfexp_query() sends it. Deprecated: use nfexp_nlmsg_build().
///
/// Returns 1, or -1 with errno set; as nfct_build_query().
///
/// Errors:
/// - EOPNOTSUPP: an unknown query, or one that is not about expectations
/// - EINVAL: the object cannot be sent completely; the buffer is then empty
/// - EMSGSIZE: the buffer is too small
///
/// @ingroup nfct_build_conntrack
#[unsafe(no_mangle)]
#[deprecated]
pub unsafe extern "C" fn nfexp_build_query(
    _ssh: *mut nfnl_subsys_handle,
    qt: QueryNumber,
    data: *const c_void,
    buffer: *mut c_void,
    size: c_uint,
) -> c_int {
    boundary(|| {
        check(buffer.cast(), data)?;
        // SAFETY: C gives data that fits the query, and a buffer of `size` bytes.
        unsafe { write_query((buffer, size), expect_subject(qt, data)) }
    })
}

/// Lets `decode` read a message of one of the types in `mask`: the type, or 0 for another one.
unsafe fn parse(
    mask: MessageType,
    nlh: *const nlmsghdr,
    decode: impl FnOnce(&Frame<'_>) -> Result<()>,
) -> Result<c_int> {
    // SAFETY: as for this function.
    let frame = unsafe { message(nlh) }?;
    let kind = EventKind::of(&frame.header).map_or(0, message_type);
    if mask & kind == 0 {
        return Ok(0);
    }
    decode(&frame).map(|()| kind)
}

/// Reads a conntrack message into an object when `type` contains the message's type. Deprecated: use
/// nfct_nlmsg_parse().
///
/// Returns the message's type, 0 when `type` does not contain it, or -1 with errno set.
///
/// Errors:
/// - ERANGE: the message is malformed
///
/// @ingroup nfct_build_conntrack
#[unsafe(no_mangle)]
#[deprecated]
pub unsafe extern "C" fn nfct_parse_conntrack(
    r#type: MessageType,
    nlh: *const nlmsghdr,
    ct: *mut nf_conntrack,
) -> c_int {
    boundary(|| {
        // SAFETY: C gives a message and a live object.
        unsafe { change(ct, |flow| parse(r#type, nlh, |frame| flow_decode::message(flow, frame))) }
    })
}

/// Reads an expectation message into an object when `type` contains the message's type. Deprecated: use
/// nfexp_nlmsg_parse().
///
/// Returns the message's type, 0 when `type` does not contain it, or -1 with errno set; as nfct_parse_conntrack().
///
/// Errors:
/// - ERANGE: the message is malformed
///
/// @ingroup nfct_build_conntrack
#[unsafe(no_mangle)]
#[deprecated]
pub unsafe extern "C" fn nfexp_parse_expect(
    r#type: MessageType,
    nlh: *const nlmsghdr,
    exp: *mut nf_expect,
) -> c_int {
    boundary(|| {
        // SAFETY: C gives a message and a live object.
        unsafe {
            let expect = exclusive(exp)?;
            parse(r#type, nlh, |frame| expect_decode::message(expect, frame))
        }
    })
}
