// SPDX-License-Identifier: GPL-2.0-or-later
//! The argument `netns`, and the namespace in which a handle stays.

use crate::arguments::{text, whole_number};
use netfilter_conntrack::{Handle, HandleBuilder, Netns, Result};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyInt, PyString};
use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

/// The namespace of the calling thread.
const HERE: &str = "/proc/thread-self/ns/net";

/// A name that `ip netns add` gave, a path (with a slash, or an object that is one), or the id of a process.
pub fn netns(value: Option<&Bound<'_, PyAny>>) -> PyResult<Option<Netns>> {
    let Some(value) = value else { return Ok(None) };
    if value.is_instance_of::<PyInt>() {
        return Ok(Some(Netns::Process(whole_number("netns", value)?)));
    }
    if value.cast::<PyString>().is_ok_and(|text| !text.to_string_lossy().contains('/')) {
        return Ok(Some(Netns::Name(text("netns", value)?)));
    }
    match value.extract::<PathBuf>() {
        Ok(path) => Ok(Some(Netns::Path(path))),
        Err(error) if error.is_instance_of::<PyTypeError>(value.py()) => {
            Err(PyTypeError::new_err("netns is a name, a path or the id of a process"))
        }
        Err(error) => Err(error),
    }
}

/// The namespace of a handle, in which the handle opens further sockets. An open file stands for it: neither a calling
/// thread that is in another namespace by then, nor another process that has got the process id, changes it.
#[derive(Debug)]
pub enum Place {
    Kept(File),
    /// Without `/proc`, and for what is no namespace.
    Named(Option<Netns>),
}

impl Place {
    /// The namespace of this argument; without one, that of the calling thread.
    pub fn of(netns: Option<Netns>) -> Result<Place> {
        let Some(netns) = netns else {
            return Ok(File::open(HERE).map_or(Place::Named(None), Place::Kept));
        };
        let path = netns.path()?;
        // To open a pipe would wait for its writer.
        let is_file = fs::metadata(&path).is_ok_and(|found| found.is_file());
        if is_file { Ok(Place::Kept(File::open(path)?)) } else { Ok(Place::Named(Some(netns))) }
    }

    /// The settings of a handle in this namespace.
    pub fn builder(&self) -> HandleBuilder {
        match self {
            Place::Kept(file) if is_here(file) => Handle::builder(),
            Place::Kept(file) => {
                Handle::builder().namespace_path(format!("/proc/self/fd/{}", file.as_raw_fd()))
            }
            Place::Named(Some(netns)) => Handle::builder().namespace(netns.clone()),
            Place::Named(None) => Handle::builder(),
        }
    }
}

/// Whether the calling thread is in this namespace, and need not enter it, which takes a privilege.
fn is_here(file: &File) -> bool {
    let identity = |found: fs::Metadata| (found.dev(), found.ino());
    let [kept, here] = [file.metadata().map(identity), fs::metadata(HERE).map(identity)];
    matches!((kept, here), (Ok(kept), Ok(here)) if kept == here)
}
