// SPDX-License-Identifier: GPL-2.0-or-later
//! The kind of an event, from a message's header.

#![forbid(unsafe_code)]

use crate::wire::Header;
use crate::wire::consts::{IPCTNL_MSG_CT_DELETE, IPCTNL_MSG_CT_NEW, NLM_F_CREATE, NLM_F_EXCL};

/// The kind of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// It is new.
    New,
    /// It changed.
    Update,
    /// It ended.
    Destroy,
}

impl EventKind {
    /// The kind of event that a message's header reports; `None` for a message that is no event.
    #[must_use]
    #[doc(hidden)] // for the border and the tests of this tree
    pub fn of(header: &Header) -> Option<EventKind> {
        match header.message() {
            IPCTNL_MSG_CT_NEW if header.flags & (NLM_F_CREATE | NLM_F_EXCL) != 0 => Some(EventKind::New),
            IPCTNL_MSG_CT_NEW => Some(EventKind::Update),
            IPCTNL_MSG_CT_DELETE => Some(EventKind::Destroy),
            _ => None,
        }
    }
}
