// SPDX-License-Identifier: GPL-2.0-or-later
//! Conntrack objects: life, attributes, options, comparison, copies.
//!
//! A getter may be given the tuple of an expectation, of which only the head stands in memory. So getters
//! never make a reference to a whole flow: they read presence and fields through [`View`].

use super::border::{
    Fail, array, boundary, boundary_or, bytes, exclusive, give_box, shared, take, text, zeroed,
};
use super::layout::{ConntrackAttr, nf_conntrack, nfct_bitmask};
use crate::bitmask::Bitmask;
use crate::error::{Error, Result};
use crate::flow::attr::{ROWS, Row, Store};
use crate::flow::option::Nat;
use crate::flow::{Attr, CompareFlags, CopyFlags, Flow, HEAD_LEN, HELPER_NAME_LEN, tuple};
use crate::sys::memory;
use libc::{c_int, c_uint, c_void, size_t};

const NO_SUCH_ATTR: Error = Error::Invalid("attribute number");

pub(super) fn attr(kind: ConntrackAttr) -> Result<Attr> {
    Attr::from_number(kind).ok_or(NO_SUCH_ATTR)
}

/// What may be read of an object that C calls a conntrack: its head in any case, the rest only where an
/// attribute outside the head is present.
#[derive(Clone, Copy)]
pub(super) struct View {
    base: *const u8,
}

impl View {
    /// A view of an object; the caller passes on that C gave a live one, or an expectation's tuple.
    pub(super) unsafe fn of(ct: *const nf_conntrack) -> Result<View> {
        if ct.is_null() { Err(Error::Invalid("NULL")) } else { Ok(View { base: ct.cast() }) }
    }

    /// `N` bytes of storage at an offset of the attribute table.
    pub(super) fn stored<const N: usize>(self, offset: usize) -> [u8; N] {
        // SAFETY: who made the view vouches for the object; the offset is a row's, whose attribute is present
        // or lies in the head, so that the bytes are there. A byte array needs no alignment.
        unsafe { self.base.add(offset).cast::<[u8; N]>().read_unaligned() }
    }

    /// Where an attribute is stored.
    fn at(self, offset: usize) -> *const c_void {
        // SAFETY: as for `stored`.
        unsafe { self.base.add(offset).cast() }
    }

    pub(super) fn is_set(self, attr: Attr) -> bool {
        let word = u32::from_ne_bytes(self.stored(tuple::LEN + attr.number() / 32 * 4));
        word >> (attr.number() % 32) & 1 == 1
    }

    /// The head: original tuple and presence words.
    fn head(self) -> [u8; HEAD_LEN] {
        self.stored(0)
    }

    /// The head with the presence of only those attributes that it holds, as an expectation keeps it: no
    /// getter can be led outside by a bit without storage.
    pub(super) fn kept_head(self) -> [u8; HEAD_LEN] {
        let mut head = self.head();
        for row in ROWS.iter().filter(|row| row.offset >= tuple::LEN) {
            let byte = presence_byte(row.attr);
            head.iter_mut().skip(byte).take(1).for_each(|bits| *bits &= !(1 << (row.attr.number() % 8)));
        }
        head
    }
}

/// The byte of the head with an attribute's presence bit, bit `number % 8`.
const fn presence_byte(attr: Attr) -> usize {
    let (word, byte) = (attr.number() / 32, attr.number() % 32 / 8);
    tuple::LEN + word * 4 + if cfg!(target_endian = "big") { 3 - byte } else { byte }
}

/// Makes an empty conntrack object.
///
/// Returns the object, to be released with nfct_destroy(), or NULL with errno ENOMEM.
#[unsafe(no_mangle)]
pub extern "C" fn nfct_new() -> *mut nf_conntrack {
    boundary(zeroed)
}

/// Releases a conntrack object that nfct_new() or nfct_clone() made, or that a callback kept by returning
/// NFCT_CB_STOLEN, with all it owns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_destroy(ct: *mut nf_conntrack) {
    boundary(|| {
        // SAFETY: C gives up an object that it got from this library.
        unsafe { take(ct) }.map(drop)
    })
}

/// Duplicates a conntrack object.
///
/// Returns the copy, to be released with nfct_destroy(), or NULL with errno set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_clone(ct: *const nf_conntrack) -> *mut nf_conntrack {
    boundary(|| {
        // SAFETY: C gives a live object.
        let flow = unsafe { shared(ct) }?;
        Ok(give_box(flow.try_clone_boxed()?))
    })
}

/// Returns the size of a conntrack object in bytes.
#[unsafe(no_mangle)]
#[deprecated]
pub unsafe extern "C" fn nfct_sizeof(ct: *const nf_conntrack) -> size_t {
    boundary(|| {
        // SAFETY: C gives a live object.
        unsafe { shared(ct) }.map(size_of_val)
    })
}

/// Returns the size of a conntrack object in bytes: so much memory, cleared, is an empty object.
#[unsafe(no_mangle)]
#[deprecated]
pub extern "C" fn nfct_maxsize() -> size_t {
    size_of::<Flow>()
}

/// Changes a conntrack object as one of NFCT_SOPT_* says.
///
/// Returns 0, or -1 with errno EOPNOTSUPP for an unknown option.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_setobjopt(ct: *mut nf_conntrack, option: c_uint) -> c_int {
    boundary(|| {
        // SAFETY: C gives a live object.
        let flow = unsafe { exclusive(ct) }?;
        match (option, nat(option)) {
            (_, Some(nat)) => flow.undo_nat(nat),
            (4, _) => flow.set_original_from_reply(),
            (5, _) => flow.set_reply_from_original(),
            _ => return Err(Error::Unsupported("object option")),
        }
        Ok(0)
    })
}

/// Tells whether a conntrack object is what one of NFCT_GOPT_* asks.
///
/// Returns 1 or 0, or -1 with errno EOPNOTSUPP for an unknown option.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_getobjopt(ct: *const nf_conntrack, option: c_uint) -> c_int {
    boundary(|| {
        // SAFETY: C gives a live object.
        let flow = unsafe { shared(ct) }?;
        let nat = nat(option).ok_or(Error::Unsupported("object option"))?;
        Ok(c_int::from(flow.has_nat(nat)))
    })
}

/// The translation that options 0 to 3 are about, for setting and getting alike.
fn nat(option: c_uint) -> Option<Nat> {
    let all = [Nat::SourceAddress, Nat::DestinationAddress, Nat::SourcePort, Nat::DestinationPort];
    all.get(usize::try_from(option).ok()?).copied()
}

/// Sets an attribute from its value; as many bytes are read as the attribute has.
///
/// A label mask (ATTR_CONNLABELS, ATTR_CONNLABELS_MASK) becomes the object's own. An unknown attribute is
/// ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_set_attr(ct: *mut nf_conntrack, r#type: ConntrackAttr, value: *const c_void) {
    boundary(|| {
        // SAFETY: C gives a live object and a value of the attribute's size.
        unsafe { set(ct, r#type, value, 0) }
    })
}

/// Sets an attribute from an 8-bit value.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_set_attr_u8(ct: *mut nf_conntrack, r#type: ConntrackAttr, value: u8) {
    boundary(|| {
        // SAFETY: C gives a live object.
        unsafe { set_number(ct, r#type, value.into(), value.to_ne_bytes()) }
    })
}

/// Sets an attribute from a 16-bit value.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_set_attr_u16(ct: *mut nf_conntrack, r#type: ConntrackAttr, value: u16) {
    boundary(|| {
        // SAFETY: C gives a live object.
        unsafe { set_number(ct, r#type, value.into(), value.to_ne_bytes()) }
    })
}

/// Sets an attribute from a 32-bit value.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_set_attr_u32(ct: *mut nf_conntrack, r#type: ConntrackAttr, value: u32) {
    boundary(|| {
        // SAFETY: C gives a live object.
        unsafe { set_number(ct, r#type, value.into(), value.to_ne_bytes()) }
    })
}

/// Sets an attribute from a 64-bit value.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_set_attr_u64(ct: *mut nf_conntrack, r#type: ConntrackAttr, value: u64) {
    boundary(|| {
        // SAFETY: C gives a live object.
        unsafe { set_number(ct, r#type, value, value.to_ne_bytes()) }
    })
}

/// Sets an attribute from its value and its length; the length counts for ATTR_HELPER_INFO only.
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
    unsafe { exclusive(ct) }?.set_plain(row, &bytes);
    Ok(())
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
    unsafe { exclusive(ct) }?.set_padded(row, &field);
    Ok(())
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
            unsafe { exclusive(ct) }?.try_set_helper_info(&info)
        }
        // SAFETY: as for this function.
        _ => unsafe { exclusive(ct) }.map(|flow| flow.set_padded(attr.row(), &[0; HELPER_NAME_LEN])),
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
    let flow = unsafe { exclusive(ct) }?;
    let Some(row) = Row::numbered(kind) else {
        return Ok(());
    };
    match row.store {
        Store::Plain if row.size == N => flow.set_plain(row, &bytes),
        Store::Heap => number_for_block(flow, row.attr),
        _ => set_resized(flow, row, value, N),
    }
    Ok(())
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

/// Returns a pointer to an attribute's value inside the object, or NULL with errno ENODATA when it is not
/// set, EINVAL for an unknown attribute.
///
/// Addresses, ports and ICMP ids are in network byte order. The pointer is valid as long as the object; that
/// of a string, of helper data or of a label mask until the attribute is set again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_get_attr(ct: *const nf_conntrack, r#type: ConntrackAttr) -> *const c_void {
    boundary(|| {
        // SAFETY: C gives a live object.
        let (view, attr) = unsafe { present(ct, r#type) }?;
        match attr.row().store {
            // SAFETY: C gives a live object; a block's attribute is present, so it is a whole one.
            Store::Heap => unsafe { block(ct, attr) },
            _ => Ok(view.at(attr.row().offset)),
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

/// Returns an 8-bit attribute, or 0 with errno ENODATA when it is not set, EINVAL when it does not exist.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_get_attr_u8(ct: *const nf_conntrack, r#type: ConntrackAttr) -> u8 {
    boundary(|| {
        // SAFETY: C gives a live object.
        unsafe { number(ct, r#type) }.map(u8::from_ne_bytes)
    })
}

/// Returns a 16-bit attribute; ports and ICMP ids are in network byte order. Errors as nfct_get_attr_u8().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_get_attr_u16(ct: *const nf_conntrack, r#type: ConntrackAttr) -> u16 {
    boundary(|| {
        // SAFETY: C gives a live object.
        unsafe { number(ct, r#type) }.map(u16::from_ne_bytes)
    })
}

/// Returns a 32-bit attribute; addresses are in network byte order. Errors as nfct_get_attr_u8().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_get_attr_u32(ct: *const nf_conntrack, r#type: ConntrackAttr) -> u32 {
    boundary(|| {
        // SAFETY: C gives a live object.
        unsafe { number(ct, r#type) }.map(u32::from_ne_bytes)
    })
}

/// Returns a 64-bit attribute. Errors as nfct_get_attr_u8().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_get_attr_u64(ct: *const nf_conntrack, r#type: ConntrackAttr) -> u64 {
    boundary(|| {
        // SAFETY: C gives a live object.
        unsafe { number(ct, r#type) }.map(u64::from_ne_bytes)
    })
}

/// Tells whether an attribute is set: 1 or 0, or -1 with errno EINVAL when it does not exist.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_attr_is_set(ct: *const nf_conntrack, r#type: ConntrackAttr) -> c_int {
    boundary(|| {
        // SAFETY: C gives a live object.
        let view = unsafe { View::of(ct) }?;
        Ok(c_int::from(view.is_set(attr(r#type)?)))
    })
}

/// Tells whether all attributes of an array are set: 1 or 0, or -1 with errno EINVAL when the first that is
/// not set does not exist.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_attr_is_set_array(
    ct: *const nf_conntrack,
    type_array: *const ConntrackAttr,
    size: c_int,
) -> c_int {
    boundary(|| {
        // SAFETY: C gives a live object.
        let view = unsafe { View::of(ct) }?;
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

/// Marks an attribute as not set: 0, or -1 with errno EINVAL when it does not exist.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_attr_unset(ct: *mut nf_conntrack, r#type: ConntrackAttr) -> c_int {
    boundary(|| {
        // SAFETY: C gives a live object.
        let flow = unsafe { exclusive(ct) }?;
        flow.unset(attr(r#type)?);
        Ok(0)
    })
}

/// Compares two conntrack objects: 1 when all that both have is equal, else 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_compare(ct1: *const nf_conntrack, ct2: *const nf_conntrack) -> c_int {
    boundary_or(0, || {
        // SAFETY: C gives live objects.
        unsafe { equal(ct1, ct2, CompareFlags::empty()) }
    })
}

/// Compares two conntrack objects as NFCT_CMP_* flags say: 1 when they are equal, else 0.
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
    let looks_at = flags.difference(CompareFlags::MASK | CompareFlags::STRICT);
    if looks_at == CompareFlags::ORIG {
        // Of an expectation's tuple there is no more than this.
        // SAFETY: as for this function.
        let (a, b) = unsafe { (View::of(a)?, View::of(b)?) };
        let (a, b) = (Flow::from_head(&a.head()), Flow::from_head(&b.head()));
        return Ok(c_int::from(a.equals(&b, flags)));
    }
    // SAFETY: as for this function.
    let (a, b) = unsafe { (shared(a)?, shared(b)?) };
    Ok(c_int::from(a.equals(b, flags)))
}

/// Copies the parts of `source` that NFCT_CP_* flags name into `dest`; what `source` has not set stays.
///
/// With NFCT_CP_OVERRIDE `dest` becomes a duplicate and may be uninitialised memory: what it held before is
/// not released.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_copy(dest: *mut nf_conntrack, source: *const nf_conntrack, flags: c_uint) {
    boundary(|| {
        let flags = CopyFlags::from_bits_retain(flags);
        // SAFETY: C gives a live object.
        let flow = unsafe { shared(source) }?;
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
        unsafe { exclusive(dest) }?.try_copy_from(flow, flags)
    })
}

/// Copies one attribute when `source` has it set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_copy_attr(
    dest: *mut nf_conntrack,
    source: *const nf_conntrack,
    r#type: ConntrackAttr,
) {
    boundary(|| {
        let attr = attr(r#type)?;
        // SAFETY: C gives a live object.
        let flow = unsafe { shared(source) }?;
        if std::ptr::eq(dest, source) {
            return Ok(());
        }
        // SAFETY: C gives a live object, and it is not the source.
        unsafe { exclusive(dest) }?.try_copy_attr(flow, attr)
    })
}

const _: () = assert!(HEAD_LEN == 52 && <c_int as Fail>::FAIL == -1);
#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<Flow>() == 400);
