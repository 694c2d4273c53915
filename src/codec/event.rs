// SPDX-License-Identifier: GPL-2.0-or-later
//! What a message's header says happened.

#![forbid(unsafe_code)]

use crate::wire::Header;
use crate::wire::consts::{IPCTNL_MSG_CT_DELETE, IPCTNL_MSG_CT_NEW, NLM_F_CREATE, NLM_F_EXCL};

/// What happened.
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
    /// The kind that a message's header tells; nothing for a message that is no event.
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
