// SPDX-License-Identifier: GPL-2.0-or-later
//! Label maps: names for the bits of connection labels.

use super::border::{boundary, give, shared, take, text, uncancelled_boundary};
use super::layout::nfct_labelmap;
use crate::error::{Error, Result};
use crate::label::LabelMap;
use crate::sys::file;
use libc::{c_char, c_int, c_uint};
use std::ffi::CStr;

const DEFAULT_PATH: &CStr = c"/etc/xtables/connlabel.conf";

/// Returns the path of the default label file, /etc/xtables/connlabel.conf. The text is constant: do not release it.
/// @ingroup nfct_labelmap_new
#[unsafe(no_mangle)]
pub extern "C" fn nfct_labels_get_path() -> *const c_char {
    DEFAULT_PATH.as_ptr()
}

/// Reads a label map from a file; NULL stands for the default file. Release the map with nfct_labelmap_destroy().
///
/// A line of the file contains the number of a bit and its name. The function ignores a line that begins with `#`, a
/// line with other characters in its name than letters, digits, blanks and hyphens, and a number of 1024 or more.
/// For a number or name that occurs twice, the first line counts.
///
/// Returns the map, or NULL: with errno set, or with errno 0 when no line names a label. A cancellation of the
/// thread takes effect after the file has been read.
///
/// Errors:
/// - ENOENT, EACCES: the file cannot be opened; as of open(2)
/// - EFBIG: the file is longer than a mebibyte
/// - ENOMEM: no memory
///
/// @ingroup nfct_labelmap_new
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_labelmap_new(path: *const c_char) -> *mut nfct_labelmap {
    uncancelled_boundary(|| {
        let path = match path.is_null() {
            true => DEFAULT_PATH,
            // SAFETY: C gives a string.
            false => unsafe { CStr::from_ptr(path) },
        };
        read(path).and_then(give)
    })
}

fn read(path: &CStr) -> Result<LabelMap> {
    LabelMap::read(file::open(path)?).map_err(|error| match error {
        Error::Invalid(_) => Error::Os(0), // read, and nothing in it
        other => other,
    })
}

/// Releases a label map and its names.
/// @ingroup nfct_labelmap_new
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_labelmap_destroy(map: *mut nfct_labelmap) {
    boundary(|| {
        // SAFETY: C gives up a map that it got from this library.
        unsafe { take(map) }.map(drop)
    })
}

/// Returns the name of a bit, "" for a bit without a name, or NULL above the highest bit with a name.
///
/// The name is valid until the map is released.
/// @ingroup nfct_labelmap_new
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_labelmap_get_name(m: *mut nfct_labelmap, bit: c_uint) -> *const c_char {
    boundary(|| {
        // SAFETY: C gives a live map.
        let map = unsafe { shared(m) }?;
        Ok(map.name(bit).map_or(std::ptr::null(), CStr::as_ptr))
    })
}

/// Returns the bit with this name, or -1 when no bit has it.
/// @ingroup nfct_labelmap_new
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nfct_labelmap_get_bit(m: *mut nfct_labelmap, name: *const c_char) -> c_int {
    boundary(|| {
        // SAFETY: C gives a live map and a string; no name is longer than a line of the file.
        let (map, name) = unsafe { (shared(m)?, text(name, 1024)?) };
        Ok(map.bit(name).map_or(-1, |bit| c_int::try_from(bit).unwrap_or(-1)))
    })
}
