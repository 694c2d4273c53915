// SPDX-License-Identifier: GPL-2.0-or-later
//! Groups of attributes: several at once, through one structure.

use super::border::{boundary, bytes, bytes_mut};
use super::conntrack::{Made, View, alter, change, whole};
use super::layout::{ConntrackGroup, nf_conntrack};
use crate::error::{Error, Result};
use crate::flow::Group;
use libc::{c_int, c_void};

fn group(kind: ConntrackGroup) -> Result<Group> {
    Group::from_number(kind).ok_or(Error::Invalid("group number"))
}

/// Sets a group of attributes from its structure. An unknown group is ignored. For a read-only group the function
/// marks the attributes as set and does not change their values.
/// @ingroup nfct_set_attr_grp
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_set_attr_grp(
    ct: *mut nf_conntrack,
    r#type: ConntrackGroup,
    value: *const c_void,
) {
    boundary(|| {
        if ct.is_null() {
            return Err(Error::Invalid("NULL"));
        }
        let Some(group) = Group::from_number(r#type) else {
            return Ok(());
        };
        let mut data = [0; 32];
        if group.reads_data() {
            // SAFETY: C gives the group's structure.
            let value = unsafe { bytes(value, group.size()) }?;
            data.iter_mut().zip(value).for_each(|(to, from)| *to = *from);
        }
        // SAFETY: C gives a live object.
        unsafe { alter(ct, |flow| flow.set_group(group, &data)) }
    })
}

/// Fills a group's structure.
///
/// Returns 0, or -1 with errno set; the structure is then unchanged.
///
/// Errors:
/// - ENODATA: the group is not set
/// - EINVAL: there is no such group
///
/// @ingroup nfct_set_attr_grp
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_get_attr_grp(
    ct: *const nf_conntrack,
    r#type: ConntrackGroup,
    value: *mut c_void,
) -> c_int {
    boundary(|| {
        let mut made = Made::new();
        // SAFETY: C gives a live object.
        let view = unsafe { View::of(whole(ct, &mut made)) }?;
        let group = group(r#type)?;
        if !group.test(|attr| view.is_set(attr)) {
            return Err(Error::Os(libc::ENODATA));
        }
        // SAFETY: C gives the group's structure, which overlaps no object.
        let data = unsafe { bytes_mut(value, group.size()) }?;
        for (offset, at, size) in group.parts() {
            if let Some(part) = data.get_mut(at..at + size) {
                copy(view, offset, part);
            }
        }
        Ok(0)
    })
}

fn copy(view: View, offset: usize, part: &mut [u8]) {
    match part.len() {
        1 => part.copy_from_slice(&view.stored::<1>(offset)),
        2 => part.copy_from_slice(&view.stored::<2>(offset)),
        4 => part.copy_from_slice(&view.stored::<4>(offset)),
        8 => part.copy_from_slice(&view.stored::<8>(offset)),
        _ => part.iter_mut().zip(view.stored::<16>(offset)).for_each(|(to, from)| *to = from),
    }
}

/// Returns 1 when a group is set, 0 when it is not, or -1 with errno set.
///
/// Errors:
/// - EINVAL: there is no such group
///
/// @ingroup nfct_set_attr_grp
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_attr_grp_is_set(ct: *const nf_conntrack, r#type: ConntrackGroup) -> c_int {
    boundary(|| {
        let mut made = Made::new();
        // SAFETY: C gives a live object.
        let view = unsafe { View::of(whole(ct, &mut made)) }?;
        Ok(c_int::from(group(r#type)?.test(|attr| view.is_set(attr))))
    })
}

/// Marks all attributes of a group as not set.
///
/// Returns 0, or -1 with errno set.
///
/// Errors:
/// - EINVAL: there is no such group
///
/// @ingroup nfct_set_attr_grp
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_attr_grp_unset(ct: *mut nf_conntrack, r#type: ConntrackGroup) -> c_int {
    boundary(|| {
        // SAFETY: C gives a live object.
        unsafe { change(ct, |flow| group(r#type).map(|group| flow.unset_group(group))) }.map(|()| 0)
    })
}
