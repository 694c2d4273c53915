// SPDX-License-Identifier: GPL-2.0-or-later
//! Conntrack objects: life, attributes, options, comparison, copies.
//!
//! C may give the tuple of an expectation for a conntrack object. Its head says so. What reads the object then
//! reads a flow that is made from what the expectation holds ([`whole`]). What writes changes the tuple alone
//! ([`change`]).

use super::border::{
    Fail, array, boundary, boundary_or, bytes, bytes_mut, exclusive, give_box, shared, take, text, zeroed,
};
use super::layout::{ConntrackAttr, nf_conntrack, nfct_bitmask};
use crate::bitmask::Bitmask;
use crate::error::{Error, Result};
use crate::expect;
use crate::flow::attr::{Row, Store};
use crate::flow::option::NatPart;
use crate::flow::storage;
use crate::flow::{Attr, CompareFlags, CopyFlags, Flow, HEAD_LEN, HELPER_NAME_LEN};
use crate::sys::memory;
use libc::{c_int, c_uint, c_void, size_t};
use std::mem::MaybeUninit;

const NO_SUCH_ATTR: Error = Error::Invalid("attribute number");

pub(super) fn attr(kind: ConntrackAttr) -> Result<Attr> {
    Attr::from_number(kind).ok_or(NO_SUCH_ATTR)
}

/// Room for the flow that is made from a tuple of an expectation; it has no blocks of its own.
pub(super) struct Made(MaybeUninit<Flow>);

impl Made {
    #[inline(always)]
    pub(super) const fn new() -> Made {
        Made(MaybeUninit::uninit())
    }
}

/// Whether C may have given the tuple of an expectation: seldom, and never for a flow of its own.
#[inline(always)]
unsafe fn may_be_tuple(ct: *const nf_conntrack) -> bool {
    // SAFETY: as for this function: NULL, or a live object, which has a head. Bytes need no alignment.
    !ct.is_null() && expect::may_be_marked(unsafe { View::of_any(ct) }.last_word())
}

/// Whether C gave the tuple of an expectation.
unsafe fn is_tuple(ct: *const nf_conntrack) -> bool {
    // SAFETY: as for this function; a view is made of what is not NULL only.
    unsafe { may_be_tuple(ct) && expect::len_from(View::of_any(ct).last_word()).is_some() }
}

/// The whole flow for what C gave for reading: the same, or one that is made from the tuple of an expectation.
///
/// NULL stays NULL.
#[inline(always)]
pub(super) unsafe fn whole(ct: *const nf_conntrack, made: &mut Made) -> *const nf_conntrack {
    // SAFETY: as for this function.
    if unsafe { may_be_tuple(ct) } { unsafe { make(ct, made) } } else { ct }
}

#[cold]
#[inline(never)]
unsafe fn make(ct: *const nf_conntrack, made: &mut Made) -> *const nf_conntrack {
    // SAFETY: as for this function: not NULL.
    let view = unsafe { View::of_any(ct) };
    let Some(len) = expect::len_from(view.last_word()) else { return ct };
    // SAFETY: as for this function: the tuple of an expectation, of which `len` bytes are left.
    let flow = made.0.write(unsafe { make_flow(ct, len) });
    flow.unset_after(len);
    std::ptr::from_ref(flow).cast()
}

/// A flow of what an expectation holds from a tuple on. It has all presence bits of the tuple.
unsafe fn make_flow(tuple: *const nf_conntrack, len: usize) -> Flow {
    // SAFETY: as for this function: the expectation has `len` bytes from the tuple on.
    let front = expect::unmarked(unsafe { std::slice::from_raw_parts(tuple.cast(), len) });
    Flow::from_front(front.get(..len).unwrap_or_default())
}

/// The flow that C gave for reading, as [`whole`].
#[inline(always)]
pub(super) unsafe fn flow_of(ct: *const nf_conntrack, made: &mut Made) -> Result<&Flow> {
    // SAFETY: as for this function.
    unsafe { shared(whole(ct, made)) }
}

/// Changes the flow that C gave. Of a tuple of an expectation, the tuple alone is changed.
#[inline(always)]
pub(super) unsafe fn change<T>(
    ct: *mut nf_conntrack,
    work: impl FnOnce(&mut Flow) -> Result<T>,
) -> Result<T> {
    // SAFETY: as for this function.
    if unsafe { may_be_tuple(ct) } {
        // SAFETY: as for this function: not NULL.
        return unsafe { change_tuple(ct, work) };
    }
    // SAFETY: as for this function: C gave a live object, and no other reference to it is held.
    work(unsafe { exclusive(ct) }?)
}

/// As [`change`], for a change that cannot fail; an expectation's tuple that is none is reported here, so that the
/// setters have no error to carry.
#[inline(always)]
pub(super) unsafe fn alter(ct: *mut nf_conntrack, work: impl FnOnce(&mut Flow)) -> Result<()> {
    // SAFETY: as for this function.
    if unsafe { may_be_tuple(ct) } {
        // SAFETY: as for this function: not NULL.
        unsafe { alter_tuple(ct, work) };
        return Ok(());
    }
    // SAFETY: as for this function: C gave a live object, and no other reference to it is held.
    work(unsafe { exclusive(ct) }?);
    Ok(())
}

#[cold]
#[inline(never)]
unsafe fn alter_tuple(ct: *mut nf_conntrack, work: impl FnOnce(&mut Flow)) {
    let work = |flow: &mut Flow| {
        work(flow);
        Ok(())
    };
    // SAFETY: as for this function.
    boundary(|| unsafe { change_tuple(ct, work) });
}

/// Changes a tuple of an expectation by way of a flow that is made from it.
#[cold]
#[inline(never)]
unsafe fn change_tuple<T>(ct: *mut nf_conntrack, work: impl FnOnce(&mut Flow) -> Result<T>) -> Result<T> {
    // SAFETY: as for this function: not NULL.
    let view = unsafe { View::of_any(ct) };
    let Some(len) = expect::len_from(view.last_word()) else {
        // SAFETY: as for this function: C gave a live object, and no other reference to it is held.
        return work(unsafe { exclusive(ct) }?);
    };
    // SAFETY: as for this function: the tuple of an expectation, of which `len` bytes are left.
    let mut flow = unsafe { make_flow(ct, len) };
    let done = work(&mut flow);
    let head = expect::changed_head(&view.head(), &flow);
    // SAFETY: as for this function: the tuple of an expectation has a head, and may be written.
    unsafe { bytes_mut(ct.cast(), head.len()) }?.copy_from_slice(&head);
    done
}

/// Reads an object by its attributes, without a reference to all of it.
#[derive(Clone, Copy)]
pub(super) struct View {
    base: *const u8,
}

impl View {
    /// A view of a whole flow; the caller passes on that C gave a live one, or that [`whole`] made it.
    pub(super) unsafe fn of(ct: *const nf_conntrack) -> Result<View> {
        if ct.is_null() { Err(Error::Invalid("NULL")) } else { Ok(View { base: ct.cast() }) }
    }

    /// A view of an object that may be the tuple of an expectation, whose head alone is read; not NULL.
    #[inline(always)]
    pub(super) const unsafe fn of_any(ct: *const nf_conntrack) -> View {
        View { base: ct.cast() }
    }

    /// The last presence word, in which the tuple of an expectation is marked.
    #[inline(always)]
    fn last_word(self) -> u32 {
        u32::from_ne_bytes(self.stored(expect::LAST_WORD))
    }

    /// `N` bytes of storage at an offset of the attribute table.
    pub(super) fn stored<const N: usize>(self, offset: usize) -> [u8; N] {
        // SAFETY: who made the view vouches for the object: it is a whole flow, which has these bytes at every
        // offset of the table, or the bytes lie in the head. A byte array needs no alignment.
        unsafe { self.base.add(offset).cast::<[u8; N]>().read_unaligned() }
    }

    /// Where an attribute is stored.
    fn at(self, offset: usize) -> *const c_void {
        // SAFETY: as for `stored`.
        unsafe { self.base.add(offset).cast() }
    }

    pub(super) fn is_set(self, attr: Attr) -> bool {
        let word = u32::from_ne_bytes(self.stored(storage::PRESENT.offset() + attr.number() / 32 * 4));
        word >> (attr.number() % 32) & 1 == 1
    }

    /// The head: original tuple and presence words, and the mark of an expectation's tuple.
    pub(super) fn head(self) -> [u8; HEAD_LEN] {
        self.stored(0)
    }
}

/// Creates an empty conntrack object. Release the object with nfct_destroy().
///
/// Returns the object, or NULL with errno set.
///
/// Errors:
/// - ENOMEM: no memory
///
/// @ingroup nfct_new
#[unsafe(no_mangle)]
pub extern "C" fn nfct_new() -> *mut nf_conntrack {
    boundary(zeroed)
}

/// Releases a conntrack object and all that it owns. The object must come from nfct_new() or nfct_clone(), or from a
/// callback that returned NFCT_CB_STOLEN.
/// @ingroup nfct_new
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_destroy(ct: *mut nf_conntrack) {
    boundary(|| {
        // SAFETY: C gives a live object.
        if unsafe { is_tuple(ct) } {
            return Err(Error::Invalid("the tuple of an expectation is not released alone"));
        }
        // SAFETY: C gives up an object that it got from this library.
        unsafe { take(ct) }.map(drop)
    })
}

/// Duplicates a conntrack object, with its labels, helper data and security context. Release the copy with
/// nfct_destroy().
///
/// Returns the copy, or NULL with errno set.
///
/// Errors:
/// - ENOMEM: no memory
///
/// @ingroup nfct_new
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_clone(ct: *const nf_conntrack) -> *mut nf_conntrack {
    boundary(|| {
        let mut made = Made::new();
        // SAFETY: C gives a live object.
        let flow = unsafe { flow_of(ct, &mut made) }?;
        Ok(give_box(flow.try_clone_boxed()?))
    })
}

/// Returns the size of a conntrack object in bytes. The size is that of nfct_maxsize(). Deprecated: use nfct_new().
/// @ingroup nfct_new
#[unsafe(no_mangle)]
#[deprecated]
pub unsafe extern "C" fn nfct_sizeof(ct: *const nf_conntrack) -> size_t {
    boundary(|| {
        let mut made = Made::new();
        // SAFETY: C gives a live object.
        unsafe { flow_of(ct, &mut made) }.map(size_of_val)
    })
}

/// Returns the size of a conntrack object in bytes. A block of this size that contains only zeros is an empty
/// object. Deprecated: use nfct_new(), because the size may grow with a later version.
/// @ingroup nfct_new
#[unsafe(no_mangle)]
#[deprecated]
pub extern "C" fn nfct_maxsize() -> size_t {
    size_of::<Flow>()
}

/// Applies one of NFCT_SOPT_* to a conntrack object. The function uses the stored values, whether or not the
/// attributes are set.
///
/// NFCT_SOPT_UNDO_SPAT and _DPAT do not change an object of a protocol without ports; see nfct_getobjopt().
///
/// Returns 0, or -1 with errno set.
///
/// Errors:
/// - EOPNOTSUPP: an unknown option
///
/// @ingroup nfct_setobjopt
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_setobjopt(ct: *mut nf_conntrack, option: c_uint) -> c_int {
    boundary(|| {
        // SAFETY: C gives a live object.
        unsafe { change(ct, |flow| set_option(flow, option).map(|()| 0)) }
    })
}

fn set_option(flow: &mut Flow, option: c_uint) -> Result<()> {
    match (option, nat(option)) {
        (_, Some(nat)) => flow.undo_nat(nat),
        (4, _) => flow.set_original_from_reply(),
        (5, _) => flow.set_reply_from_original(),
        _ => return Err(Error::Unsupported("object option")),
    }
    Ok(())
}

/// Tests whether a conntrack object has the property of one of NFCT_GOPT_*.
///
/// Ports are those of TCP, UDP, UDP-Lite, SCTP and DCCP, and the keys of a GRE flow that was expected or whose
/// status is not set. For other protocols NFCT_GOPT_IS_SPAT and _DPAT return 0.
///
/// Returns 1 when it has the property, 0 when it has not, or -1 with errno set.
///
/// Errors:
/// - EOPNOTSUPP: an unknown option
///
/// @ingroup nfct_setobjopt
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_getobjopt(ct: *const nf_conntrack, option: c_uint) -> c_int {
    boundary(|| {
        let mut made = Made::new();
        // SAFETY: C gives a live object.
        let flow = unsafe { flow_of(ct, &mut made) }?;
        let nat = nat(option).ok_or(Error::Unsupported("object option"))?;
        Ok(c_int::from(flow.has_nat(nat)))
    })
}

/// The translation that options 0 to 3 are about, for setting and getting alike.
fn nat(option: c_uint) -> Option<NatPart> {
    let all =
        [NatPart::SourceAddress, NatPart::DestinationAddress, NatPart::SourcePort, NatPart::DestinationPort];
    all.get(usize::try_from(option).ok()?).copied()
}

/// Sets an attribute from its value; the function reads the attribute's size in bytes and copies them.
///
/// The object becomes the owner of a label mask (ATTR_CONNLABELS, ATTR_CONNLABELS_MASK), and releases the mask that
/// it had. An unknown attribute is ignored. Setting a read-only attribute marks it as set and does not change its
/// value; ATTR_TIMESTAMP_EVENT is not even marked.
/// @ingroup nfct_set_attr
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_set_attr(ct: *mut nf_conntrack, r#type: ConntrackAttr, value: *const c_void) {
    boundary(|| {
        // SAFETY: C gives a live object and a value of the attribute's size.
        unsafe { set(ct, r#type, value, 0) }
    })
}

/// Sets an attribute from an 8-bit value. A wider attribute gets zeros in its upper bytes.
/// @ingroup nfct_set_attr
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_set_attr_u8(ct: *mut nf_conntrack, r#type: ConntrackAttr, value: u8) {
    boundary(|| {
        // SAFETY: C gives a live object.
        unsafe { set_number(ct, r#type, value.into(), value.to_ne_bytes()) }
    })
}

/// Sets an attribute from a 16-bit value. A wider attribute gets zeros in its upper bytes, a narrower one the lower
/// bytes.
/// @ingroup nfct_set_attr
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_set_attr_u16(ct: *mut nf_conntrack, r#type: ConntrackAttr, value: u16) {
    boundary(|| {
        // SAFETY: C gives a live object.
        unsafe { set_number(ct, r#type, value.into(), value.to_ne_bytes()) }
    })
}

/// Sets an attribute from a 32-bit value. A wider attribute gets zeros in its upper bytes, a narrower one the lower
/// bytes.
/// @ingroup nfct_set_attr
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_set_attr_u32(ct: *mut nf_conntrack, r#type: ConntrackAttr, value: u32) {
    boundary(|| {
        // SAFETY: C gives a live object.
        unsafe { set_number(ct, r#type, value.into(), value.to_ne_bytes()) }
    })
}

/// Sets an attribute from a 64-bit value. A narrower attribute gets the lower bytes.
/// @ingroup nfct_set_attr
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_set_attr_u64(ct: *mut nf_conntrack, r#type: ConntrackAttr, value: u64) {
    boundary(|| {
        // SAFETY: C gives a live object.
        unsafe { set_number(ct, r#type, value, value.to_ne_bytes()) }
    })
}

/// Sets an attribute from its value and its length; only ATTR_HELPER_INFO uses the length. The function copies the
/// value.
/// @ingroup nfct_set_attr
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_set_attr_l(
    ct: *mut nf_conntrack,
    r#type: ConntrackAttr,
    value: *const c_void,
    len: size_t,
) {
    boundary(|| {
        // SAFETY: C gives a live object and a value of the attribute's size, or of `len` bytes.
        unsafe { set(ct, r#type, value, len) }
    })
}

#[inline(always)]
unsafe fn set(ct: *mut nf_conntrack, kind: ConntrackAttr, value: *const c_void, len: usize) -> Result<()> {
    if ct.is_null() || value.is_null() {
        return Err(Error::Invalid("NULL"));
    }
    let Some(row) = Row::numbered(kind) else {
        return Ok(());
    };
    match (row.store, row.size) {
        // SAFETY: as for this function.
        (Store::Plain, 1) => unsafe { copy::<1>(ct, row, value) },
        // SAFETY: as for this function.
        (Store::Plain, 2) => unsafe { copy::<2>(ct, row, value) },
        // SAFETY: as for this function.
        (Store::Plain, 4) => unsafe { copy::<4>(ct, row, value) },
        // SAFETY: as for this function.
        (Store::Plain, 8) => unsafe { copy::<8>(ct, row, value) },
        // SAFETY: as for this function.
        (Store::Heap, _) => unsafe { set_block(ct, row.attr, value, len) },
        // SAFETY: as for this function.
        _ => unsafe { set_field(ct, row, value) },
    }
}

/// Sets a plain attribute of `N` bytes.
#[inline(always)]
unsafe fn copy<const N: usize>(ct: *mut nf_conntrack, row: &Row, value: *const c_void) -> Result<()> {
    // The value is copied before the object is borrowed: it may be a part of the object.
    // SAFETY: as for this function.
    let bytes: [u8; N] = unsafe { array(value) }?;
    // SAFETY: as for this function.
    unsafe { alter(ct, move |flow| flow.set_plain(row, &bytes)) }
}

/// Sets an attribute of 16 bytes, or one that is not stored plainly.
#[inline(never)]
unsafe fn set_field(ct: *mut nf_conntrack, row: &Row, value: *const c_void) -> Result<()> {
    // The value is copied before the object is borrowed: it may be a part of the object.
    let mut field = [0; HELPER_NAME_LEN];
    match row.store {
        Store::PresenceOnly | Store::DecodeOnly => {}
        // SAFETY: as for this function.
        Store::Text => fill(&mut field, unsafe { text(value.cast(), HELPER_NAME_LEN) }?),
        // SAFETY: as for this function.
        _ => fill(&mut field, unsafe { bytes(value, row.size) }?),
    }
    // SAFETY: as for this function.
    unsafe { alter(ct, |flow| flow.set_padded(row, &field)) }
}

/// Sets an attribute that has a block of its own.
#[cold]
#[inline(never)]
unsafe fn set_block(ct: *mut nf_conntrack, attr: Attr, value: *const c_void, len: usize) -> Result<()> {
    match attr {
        // SAFETY: as for this function; the mask is given away.
        Attr::Connlabels | Attr::ConnlabelsMask => unsafe { own_labels(ct, attr, value.cast_mut().cast()) },
        Attr::HelperInfo => {
            // SAFETY: as for this function; copied first, because it may be a part of the object.
            let info = memory::copied(unsafe { bytes(value, len) }?)?;
            // SAFETY: as for this function.
            unsafe { change(ct, |flow| flow.try_set_helper_info(&info)) }
        }
        // SAFETY: as for this function.
        _ => unsafe { alter(ct, |flow| flow.set_padded(attr.row(), &[0; HELPER_NAME_LEN])) },
    }
}

#[inline(always)]
fn fill(field: &mut [u8], value: &[u8]) {
    field.iter_mut().zip(value).for_each(|(to, from)| *to = *from);
}

/// Sets an attribute to a number, given in `bytes` too: zeros extend it, and its low bits are kept.
#[inline(always)]
unsafe fn set_number<const N: usize>(
    ct: *mut nf_conntrack,
    kind: ConntrackAttr,
    value: u64,
    bytes: [u8; N],
) -> Result<()> {
    // SAFETY: as for this function.
    unsafe { alter(ct, move |flow| set_number_of(flow, kind, value, bytes)) }
}

#[inline(always)]
fn set_number_of<const N: usize>(flow: &mut Flow, kind: ConntrackAttr, value: u64, bytes: [u8; N]) {
    let Some(row) = Row::numbered(kind) else {
        return;
    };
    match row.store {
        Store::Plain if row.size == N => flow.set_plain(row, &bytes),
        Store::Heap => number_for_block(flow, row.attr),
        _ => set_resized(flow, row, value, N),
    }
}

/// Sets an attribute to a number given in another width.
#[inline(never)]
fn set_resized(flow: &mut Flow, row: &Row, value: u64, width: usize) {
    flow.set_padded(row, &low_bytes(value, if row.size > 8 { width } else { row.size }));
}

/// A number for an attribute with a block: it holds nothing then, but counts as set; for a mask, an error, which
/// is told here so that the setters of numbers have none to carry.
#[cold]
#[inline(never)]
fn number_for_block(flow: &mut Flow, attr: Attr) {
    boundary(|| match attr {
        Attr::Connlabels | Attr::ConnlabelsMask => Err(Error::Invalid("a number for a mask")),
        Attr::HelperInfo => flow.try_set_helper_info(&[]),
        _ => {
            flow.note(attr);
            Ok(())
        }
    });
}

/// The low `size` (1 to 8) bytes of a number, in the host's order, and zeros or anything behind them.
#[inline(always)]
fn low_bytes(value: u64, size: usize) -> [u8; 16] {
    let front = if cfg!(target_endian = "big") { value << (64 - 8 * size) } else { value };
    let [a, b, c, d, e, f, g, h] = front.to_ne_bytes();
    [a, b, c, d, e, f, g, h, 0, 0, 0, 0, 0, 0, 0, 0]
}

/// Makes a mask the object's own. A mask that is the object's already stays; one that serves as the
/// other mask of the same object is duplicated, so that nothing is ever released twice.
unsafe fn own_labels(ct: *mut nf_conntrack, attr: Attr, mask: *mut nfct_bitmask) -> Result<()> {
    // SAFETY: as for this function.
    if unsafe { is_tuple(ct) } {
        return Err(Error::Invalid("a mask for the tuple of an expectation"));
    }
    // SAFETY: as for this function.
    let flow = unsafe { exclusive(ct) }?;
    // SAFETY: as for this function.
    let given: *const Bitmask = unsafe { shared(mask) }?;
    let is_given = |own: Option<&Bitmask>| own.is_some_and(|own| std::ptr::eq(own, given));
    let (this, other) = match attr {
        Attr::Connlabels => (flow.labels(), flow.labels_mask()),
        _ => (flow.labels_mask(), flow.labels()),
    };
    if !is_given(this) {
        let boxed = match other.filter(|other| std::ptr::eq(*other, given)) {
            Some(other) => memory::boxed(other.try_clone()?)?,
            // SAFETY: C gives the mask away, and the object does not own it yet.
            None => unsafe { take(mask) }?,
        };
        drop(flow.swap_labels(attr, Some(boxed)));
    }
    flow.note(attr);
    Ok(())
}

/// The view of an object and an attribute that is present in it.
unsafe fn present(ct: *const nf_conntrack, kind: ConntrackAttr) -> Result<(View, Attr)> {
    // SAFETY: as for this function.
    let view = unsafe { View::of(ct) }?;
    let attr = attr(kind)?;
    if view.is_set(attr) { Ok((view, attr)) } else { Err(Error::Os(libc::ENODATA)) }
}

/// Returns a pointer to an attribute's value inside the object, or NULL with errno set.
///
/// Addresses, ports and ICMP ids are in network byte order. The object owns the value. The pointer is valid until
/// the object is released. A pointer to a string, to helper data or to a label mask is valid until the attribute is
/// set again.
///
/// Errors:
/// - ENODATA: the attribute is not set
/// - EINVAL: there is no such attribute
///
/// @ingroup nfct_set_attr
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_get_attr(ct: *const nf_conntrack, r#type: ConntrackAttr) -> *const c_void {
    boundary(|| {
        let mut made = Made::new();
        // SAFETY: C gives a live object.
        let (_, attr) = unsafe { present(whole(ct, &mut made), r#type) }?;
        match attr.row().store {
            // SAFETY: C gives a live object; a block's attribute is present, so it is a whole one.
            Store::Heap => unsafe { block(ct, attr) },
            // SAFETY: C gives a live object, in which the attribute lies.
            _ => Ok(unsafe { View::of_any(ct) }.at(attr.row().offset)),
        }
    })
}

unsafe fn block(ct: *const nf_conntrack, attr: Attr) -> Result<*const c_void> {
    // SAFETY: as for this function.
    let flow = unsafe { shared(ct) }?;
    Ok(match attr {
        Attr::Secctx => flow.security_context().map(|text| text.as_ptr().cast()),
        Attr::HelperInfo => flow.helper_info().map(|info| info.as_ptr().cast()),
        Attr::Connlabels => flow.labels().map(|mask| std::ptr::from_ref(mask).cast()),
        _ => flow.labels_mask().map(|mask| std::ptr::from_ref(mask).cast()),
    }
    .unwrap_or(std::ptr::null()))
}

/// `N` bytes where an attribute is stored, neighbours included where it is shorter.
unsafe fn number<const N: usize>(ct: *const nf_conntrack, kind: ConntrackAttr) -> Result<[u8; N]> {
    let mut made = Made::new();
    // SAFETY: as for this function.
    let ct = unsafe { whole(ct, &mut made) };
    // SAFETY: as for this function.
    let (view, attr) = unsafe { present(ct, kind) }?;
    if attr.row().store != Store::Heap {
        return Ok(view.stored(attr.row().offset));
    }
    // SAFETY: as for this function; a block's attribute is present, so the object is a whole one.
    let flow = unsafe { shared(ct) }?;
    let mut value = [0; N];
    match attr {
        Attr::Secctx => fill(&mut value, flow.security_context().map_or(&[], std::ffi::CStr::to_bytes)),
        Attr::HelperInfo => fill(&mut value, flow.helper_info().unwrap_or_default()),
        _ => {}
    }
    Ok(value)
}

/// Returns an 8-bit attribute, or 0 with errno set. Set errno to 0 before the call to distinguish a value of 0 from
/// a failure, or call nfct_attr_is_set().
///
/// Errors:
/// - ENODATA: the attribute is not set
/// - EINVAL: there is no such attribute
///
/// @ingroup nfct_set_attr
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_get_attr_u8(ct: *const nf_conntrack, r#type: ConntrackAttr) -> u8 {
    boundary(|| {
        // SAFETY: C gives a live object.
        unsafe { number(ct, r#type) }.map(u8::from_ne_bytes)
    })
}

/// Returns a 16-bit attribute; ports and ICMP ids are in network byte order. Errors as nfct_get_attr_u8().
/// @ingroup nfct_set_attr
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_get_attr_u16(ct: *const nf_conntrack, r#type: ConntrackAttr) -> u16 {
    boundary(|| {
        // SAFETY: C gives a live object.
        unsafe { number(ct, r#type) }.map(u16::from_ne_bytes)
    })
}

/// Returns a 32-bit attribute; addresses are in network byte order. Errors as nfct_get_attr_u8().
/// @ingroup nfct_set_attr
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_get_attr_u32(ct: *const nf_conntrack, r#type: ConntrackAttr) -> u32 {
    boundary(|| {
        // SAFETY: C gives a live object.
        unsafe { number(ct, r#type) }.map(u32::from_ne_bytes)
    })
}

/// Returns a 64-bit attribute. Errors as nfct_get_attr_u8().
/// @ingroup nfct_set_attr
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_get_attr_u64(ct: *const nf_conntrack, r#type: ConntrackAttr) -> u64 {
    boundary(|| {
        // SAFETY: C gives a live object.
        unsafe { number(ct, r#type) }.map(u64::from_ne_bytes)
    })
}

/// Returns 1 when an attribute is set, 0 when it is not, or -1 with errno set.
///
/// Errors:
/// - EINVAL: there is no such attribute
///
/// @ingroup nfct_set_attr
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_attr_is_set(ct: *const nf_conntrack, r#type: ConntrackAttr) -> c_int {
    boundary(|| {
        let mut made = Made::new();
        // SAFETY: C gives a live object.
        let view = unsafe { View::of(whole(ct, &mut made)) }?;
        Ok(c_int::from(view.is_set(attr(r#type)?)))
    })
}

/// Returns 1 when all attributes of an array are set, 0 when one is not, or -1 with errno set. `size` is the number
/// of attributes.
///
/// Errors:
/// - EINVAL: the first attribute that is not set does not exist
///
/// @ingroup nfct_set_attr
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_attr_is_set_array(
    ct: *const nf_conntrack,
    type_array: *const ConntrackAttr,
    size: c_int,
) -> c_int {
    boundary(|| {
        let mut made = Made::new();
        // SAFETY: C gives a live object.
        let view = unsafe { View::of(whole(ct, &mut made)) }?;
        for at in 0..usize::try_from(size).unwrap_or(0) {
            // SAFETY: C gives an array of `size` numbers.
            let kind = unsafe { array(type_array.wrapping_add(at).cast()) }?;
            if !view.is_set(attr(c_uint::from_ne_bytes(kind))?) {
                return Ok(0);
            }
        }
        Ok(1)
    })
}

/// Marks an attribute as not set. The value stays stored, and nfct_setobjopt() and nfct_getobjopt() still use it.
///
/// Returns 0, or -1 with errno set.
///
/// Errors:
/// - EINVAL: there is no such attribute
///
/// @ingroup nfct_set_attr
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_attr_unset(ct: *mut nf_conntrack, r#type: ConntrackAttr) -> c_int {
    boundary(|| {
        // SAFETY: C gives a live object.
        unsafe { change(ct, |flow| attr(r#type).map(|attr| flow.unset(attr))) }.map(|()| 0)
    })
}

/// Compares two conntrack objects. The same as nfct_cmp() with NFCT_CMP_ALL.
///
/// Returns 1 when all attributes that both have are equal, otherwise 0.
/// @ingroup nfct_cmp
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_compare(ct1: *const nf_conntrack, ct2: *const nf_conntrack) -> c_int {
    boundary_or(0, || {
        // SAFETY: C gives live objects.
        unsafe { equal(ct1, ct2, CompareFlags::empty()) }
    })
}

/// Compares two conntrack objects according to NFCT_CMP_* flags.
///
/// Returns 1 when they are equal, otherwise 0.
/// @ingroup nfct_cmp
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_cmp(
    ct1: *const nf_conntrack,
    ct2: *const nf_conntrack,
    flags: c_uint,
) -> c_int {
    boundary_or(0, || {
        // SAFETY: C gives live objects.
        unsafe { equal(ct1, ct2, CompareFlags::from_bits_retain(flags)) }
    })
}

unsafe fn equal(a: *const nf_conntrack, b: *const nf_conntrack, flags: CompareFlags) -> Result<c_int> {
    let (mut made_a, mut made_b) = (Made::new(), Made::new());
    // SAFETY: as for this function.
    let (a, b) = unsafe { (flow_of(a, &mut made_a)?, flow_of(b, &mut made_b)?) };
    Ok(c_int::from(a.equals(b, flags)))
}

/// Copies the parts of `source` that NFCT_CP_* flags name into `dest`; attributes that `source` has not set stay
/// unchanged.
///
/// With NFCT_CP_OVERRIDE `dest` becomes a duplicate, and may be uninitialised memory: its former contents are not
/// released.
/// @ingroup nfct_copy
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_copy(dest: *mut nf_conntrack, source: *const nf_conntrack, flags: c_uint) {
    boundary(|| {
        let flags = CopyFlags::from_bits_retain(flags);
        let mut made = Made::new();
        // SAFETY: C gives a live object.
        let flow = unsafe { flow_of(source, &mut made) }?;
        if std::ptr::eq(dest, source) {
            return Ok(());
        }
        if flags.contains(CopyFlags::OVERRIDE) {
            let dest = dest.cast::<Flow>();
            if dest.is_null() || !dest.is_aligned() {
                return Err(Error::Invalid("destination"));
            }
            let copy = flow.try_clone()?;
            // SAFETY: C gives the memory of an object, and it is not the source.
            unsafe { dest.write(copy) };
            return Ok(());
        }
        // SAFETY: C gives a live object, and it is not the source.
        unsafe { change(dest, |dest| dest.try_copy_from(flow, flags)) }
    })
}

/// Copies one attribute when `source` has it set. An unknown attribute is ignored.
/// @ingroup nfct_copy
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_copy_attr(
    dest: *mut nf_conntrack,
    source: *const nf_conntrack,
    r#type: ConntrackAttr,
) {
    boundary(|| {
        let attr = attr(r#type)?;
        let mut made = Made::new();
        // SAFETY: C gives a live object.
        let flow = unsafe { flow_of(source, &mut made) }?;
        if std::ptr::eq(dest, source) {
            return Ok(());
        }
        // SAFETY: C gives a live object, and it is not the source.
        unsafe { change(dest, |dest| dest.try_copy_attr(flow, attr)) }
    })
}

const _: () = assert!(HEAD_LEN == 52 && <c_int as Fail>::FAIL == -1);
#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<Flow>() == 400);
#[cfg(target_arch = "x86")]
const _: () = assert!(size_of::<Flow>() == 372);
