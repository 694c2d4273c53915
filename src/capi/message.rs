// SPDX-License-Identifier: GPL-2.0-or-later
//! Objects to messages and back, for programs with a socket of their own.

use super::border::{array, boundary, bytes, bytes_mut, exclusive, message, shared};
use super::conntrack::{Made, change, flow_of};
use super::layout::{nf_conntrack, nf_expect, nfct_filter_dump};
use crate::codec::{expect_decode, expect_encode, flow_decode, flow_encode};
use crate::error::{Error, Result};
use crate::sys::memory;
use crate::wire::frame::HEADER_LEN;
use crate::wire::{Attrs, Builder, align4};
use libc::{c_int, c_void, nlmsghdr, size_t};

/// Offset of `nfgen_family` in a message.
const FAMILY_AT: usize = HEADER_LEN;

/// More than the attributes of an object take that has no more labels than the kernel and no helper data.
const USUAL: usize = 640;
/// More than any object's attributes take: two label masks, and helper data of the largest attribute.
const LARGEST: usize = 1 << 17;

/// Attributes that an object was written to.
struct Written<'a> {
    attrs: &'a [u8],
    /// The family that they name for the message.
    family: Option<u8>,
    /// Whether they are all; a family that no message can carry ends them earlier.
    whole: bool,
}

/// Lets `fill` write attributes.
#[inline(always)]
fn write(scratch: &mut [u8], fill: impl Fn(&mut Builder<'_>) -> Result<()>) -> Result<Written<'_>> {
    let mut b = Builder::attributes(scratch);
    let whole = match fill(&mut b) {
        Ok(()) => true,
        Err(Error::Unsupported(_)) => false,
        Err(error) => return Err(error),
    };
    let (family, len) = (b.family(), b.len());
    Ok(Written { attrs: scratch.get(..len).unwrap_or_default(), family, whole })
}

/// Appends what `fill` writes to C's message, the size of whose buffer nobody tells; returns 0.
///
/// A family that no message can carry gives -1 with `errno` as it was and leaves what came before it; any
/// other failure leaves the message alone.
#[inline(always)]
unsafe fn append(nlh: *mut nlmsghdr, fill: impl Fn(&mut Builder<'_>) -> Result<()>) -> Result<c_int> {
    match write(&mut [0; USUAL], &fill) {
        // SAFETY: as for this function.
        Ok(written) => unsafe { append_written(nlh, &written) },
        // SAFETY: as for this function.
        Err(Error::NoSpace) => unsafe { append_large(nlh, fill) },
        Err(error) => Err(error),
    }
}

#[cold]
unsafe fn append_large(nlh: *mut nlmsghdr, fill: impl Fn(&mut Builder<'_>) -> Result<()>) -> Result<c_int> {
    let mut scratch = memory::filled(0, LARGEST)?;
    let written = write(&mut scratch, fill)?;
    // SAFETY: as for this function.
    unsafe { append_written(nlh, &written) }
}

#[inline(always)]
unsafe fn append_written(nlh: *mut nlmsghdr, written: &Written<'_>) -> Result<c_int> {
    // SAFETY: as for this function.
    let start = align4(u32::from_ne_bytes(unsafe { array(nlh.cast()) }?) as usize);
    let at = |offset: usize| nlh.cast::<u8>().wrapping_add(offset).cast::<c_void>();
    if !written.attrs.is_empty() {
        let len = u32::try_from(start + written.attrs.len()).map_err(|_| Error::NoSpace)?;
        // SAFETY: as for this function: the C program promises room after the message.
        unsafe { bytes_mut(at(start), written.attrs.len()) }?.copy_from_slice(written.attrs);
        // SAFETY: as for this function: the message has a header.
        unsafe { bytes_mut(at(0), 4) }?.copy_from_slice(&len.to_ne_bytes());
    }
    if let Some(family) = written.family {
        // SAFETY: as for this function: a caller that names a family has put nfgenmsg after the header.
        unsafe { bytes_mut(at(FAMILY_AT), 1) }?.fill(family);
    }
    Ok(if written.whole { 0 } else { -1 })
}

/// Appends a conntrack object's attributes to a message that already has its netlink and netfilter headers.
///
/// The buffer must have room: 1024 bytes suffice for an object without labels and helper data.
///
/// Returns 0, or -1.
///
/// Errors:
/// - EINVAL: the object has no ATTR_ORIG_L3PROTO
/// - errno unchanged: a tuple's family is neither IPv4 nor IPv6
///
/// @ingroup nfct_nlmsg_build
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_nlmsg_build(nlh: *mut nlmsghdr, ct: *const nf_conntrack) -> c_int {
    boundary(|| {
        let mut made = Made::new();
        // SAFETY: C gives a live object.
        let flow = unsafe { flow_of(ct, &mut made) }?;
        // SAFETY: C gives a message in a buffer with room.
        unsafe { append(nlh, |b| flow_encode::attributes(b, flow)) }
    })
}

/// Appends a dump filter's attributes to a message that already has its netlink and netfilter headers, and sets the
/// message's family when the filter names a family.
///
/// Returns 0, or -1 with errno set; the message is then incomplete.
///
/// Errors:
/// - EINVAL: the filter's tuple has no family or another family than the filter
///
/// @ingroup nfct_nlmsg_build
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_nlmsg_build_filter(
    nlh: *mut nlmsghdr,
    filter_dump: *const nfct_filter_dump,
) -> c_int {
    boundary(|| {
        // SAFETY: C gives a live filter.
        let filter = unsafe { shared(filter_dump) }?;
        // SAFETY: C gives a message in a buffer with room.
        unsafe { append(nlh, |b| filter.encode(b)) }
    })
}

/// Reads a conntrack message into an object: sets the attributes that the message contains. The object keeps nothing
/// of the message.
///
/// Returns 0, or -1 with errno set.
///
/// Errors:
/// - ERANGE: an attribute is too short for its type; the attributes before it have been set
///
/// @ingroup nfct_nlmsg_build
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_nlmsg_parse(nlh: *const nlmsghdr, ct: *mut nf_conntrack) -> c_int {
    boundary(|| {
        // SAFETY: C gives a live object and a message, which do not overlap.
        unsafe { change(ct, |flow| flow_decode::message(flow, &message(nlh)?).map(|()| 0)) }
    })
}

/// Reads the attributes of a conntrack message into an object. `payload` points to the first attribute,
/// `payload_len` is the length of all attributes, and `l3num` is the message's family.
///
/// Returns 0, or -1 with errno set; as nfct_nlmsg_parse().
///
/// Errors:
/// - ERANGE: an attribute is too short for its type; the attributes before it have been set
///
/// @ingroup nfct_nlmsg_build
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_payload_parse(
    payload: *const c_void,
    payload_len: size_t,
    l3num: u16,
    ct: *mut nf_conntrack,
) -> c_int {
    boundary(|| {
        let [_, family] = l3num.to_be_bytes();
        // SAFETY: C gives a live object and `payload_len` bytes, which do not overlap.
        unsafe {
            change(ct, |flow| {
                let area = Attrs::new(bytes(payload, payload_len)?);
                flow_decode::attributes(flow, family, area).map(|()| 0)
            })
        }
    })
}

/// Appends an expectation's attributes to a message that already has its netlink and netfilter headers.
///
/// Returns 0.
/// @ingroup nfct_nlmsg_build
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfexp_nlmsg_build(nlh: *mut nlmsghdr, exp: *const nf_expect) -> c_int {
    boundary(|| {
        // SAFETY: C gives a live object.
        let expect = unsafe { shared(exp) }?;
        // SAFETY: C gives a message in a buffer with room.
        unsafe { append(nlh, |b| expect_encode::attributes(b, expect)) }
    })
}

/// Reads an expectation message into an object: sets the attributes that the message contains.
///
/// Returns 0, or -1 with errno set; as nfct_nlmsg_parse().
///
/// Errors:
/// - ERANGE: an attribute is too short for its type; the attributes before it have been set
///
/// @ingroup nfct_nlmsg_build
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfexp_nlmsg_parse(nlh: *const nlmsghdr, exp: *mut nf_expect) -> c_int {
    boundary(|| {
        // SAFETY: C gives a live object and a message, which do not overlap.
        let (expect, frame) = unsafe { (exclusive(exp)?, message(nlh)?) };
        expect_decode::message(expect, &frame).map(|()| 0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bitmask::Bitmask;
    use crate::filter::DumpFilter;
    use crate::filter::dump::Masked;
    use crate::flow::{Attr, Flow};

    #[test]
    fn whatever_family_a_filter_names_reaches_the_message() {
        for family in [None, Some(0), Some(2), Some(255)] {
            let filter = DumpFilter { family, ..DumpFilter::new() };
            let mut words = [20u32, 0, 0, 0, u32::from_ne_bytes([9, 0, 0, 0])];
            // SAFETY: a message of two headers; the filter adds no attribute.
            let built = unsafe { append(words.as_mut_ptr().cast(), |b| filter.encode(b)) };
            assert_eq!(built, Ok(0));
            assert_eq!(words[0], 20);
            assert_eq!(words[4].to_ne_bytes(), [family.unwrap_or(9), 0, 0, 0]);
        }
    }

    #[test]
    fn a_filter_that_cannot_be_built_leaves_the_message_alone() {
        let some = Some(Masked { value: 1, mask: 1 });
        let tuple = Some(Box::new(Flow::new())); // without a family
        let filter = DumpFilter { mark: some, status: some, zone: Some(7), tuple, ..DumpFilter::new() };
        let mut words = [0u32; 64];
        words[0] = 20;
        let before = words;
        // SAFETY: a message of two headers, with room after it.
        let built = unsafe { append(words.as_mut_ptr().cast(), |b| filter.encode(b)) };
        assert!(matches!(built, Err(Error::Invalid(_))));
        assert_eq!(words, before);
    }

    #[test]
    fn the_largest_object_is_appended_whole() {
        let mut flow = Flow::new();
        flow.set_bytes(Attr::OrigL3proto, &[2]);
        flow.set_helper_name(b"h");
        flow.set_bytes(Attr::HelperInfo, &[7; 65000]);
        flow.set_labels(Bitmask::new(Bitmask::MAX_BIT).unwrap());
        flow.set_labels_mask(Bitmask::new(Bitmask::MAX_BIT).unwrap());
        let mut words = vec![0u32; 30000];
        words[0] = 20;
        // SAFETY: a message of two headers, with room after it.
        let built = unsafe { append(words.as_mut_ptr().cast(), |b| flow_encode::attributes(b, &flow)) };
        assert_eq!(built, Ok(0));
        // Tuple 36, helper name in its nest 12, helper data 65004, two masks of 8196.
        assert_eq!(words[0], 20 + 36 + 12 + 65004 + 2 * 8196);
    }
}
