// SPDX-License-Identifier: GPL-2.0-or-later
//! The entries that a reader of the stream knows, and the changes that an event or a listed entry makes to them.
//!
//! The rules hold whatever is lost, and whenever: each entry is reported as new once, and as ended once before another
//! entry with the same tuple is reported; no entry is reported as ended that was not reported as new. So a reader that
//! adds new entries and removes ended ones always holds exactly the entries of this set.

#![forbid(unsafe_code)]

use crate::codec::EventKind;
use crate::flow::{Dir, Flow, L4, Tuple};
use std::collections::HashMap;
use std::net::IpAddr;

/// Addresses and protocol of one direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Ends {
    src: IpAddr,
    dst: IpAddr,
    l4: L4,
}

impl Ends {
    fn of(tuple: Tuple<'_>) -> Option<Ends> {
        Some(Ends { src: tuple.src()?, dst: tuple.dst()?, l4: tuple.protocol() })
    }

    fn put(self, flow: &mut Flow, dir: Dir) {
        flow.set_tuple(dir, self.src, self.dst, self.l4);
    }
}

/// The key, which no two entries of a table share: the original tuple, and the zone in which it is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    ends: Ends,
    zone: u16,
}

/// The zone of an entry, and the directions for which it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Zone {
    None,
    Both(u16),
    Orig(u16),
    Reply(u16),
}

/// The part of an entry that is kept apart from its key.
#[derive(Debug)]
struct Entry {
    id: u32,
    zone: Zone,
    /// The reply tuple where it is not the inverse of the original one.
    reply: Option<Box<Ends>>,
    /// The last listing that contained the entry.
    listing: u32,
}

impl Zone {
    fn of(flow: &Flow) -> Zone {
        match (flow.zone(), flow.orig_zone(), flow.reply_zone()) {
            (Some(zone), _, _) => Zone::Both(zone),
            (_, Some(zone), _) => Zone::Orig(zone),
            (_, _, Some(zone)) => Zone::Reply(zone),
            _ => Zone::None,
        }
    }

    fn put(self, flow: &mut Flow) {
        match self {
            Zone::None => {}
            Zone::Both(zone) => flow.set_zone(zone),
            Zone::Orig(zone) => flow.set_orig_zone(zone),
            Zone::Reply(zone) => flow.set_reply_zone(zone),
        }
    }
}

impl Key {
    fn of(flow: &Flow) -> Option<Key> {
        let zone = match Zone::of(flow) {
            Zone::Both(zone) | Zone::Orig(zone) => zone,
            Zone::None | Zone::Reply(_) => 0,
        };
        Some(Key { ends: Ends::of(flow.tuple(Dir::Orig))?, zone })
    }
}

impl Entry {
    fn of(flow: &Flow, listing: u32) -> Entry {
        let mut plain = Flow::new();
        let [orig, reply] = [Dir::Orig, Dir::Reply].map(|dir| Ends::of(flow.tuple(dir)));
        if let Some(orig) = orig {
            orig.put(&mut plain, Dir::Orig);
            plain.set_reply_from_original();
        }
        let inverse = Ends::of(plain.tuple(Dir::Reply));
        let reply = reply.filter(|_| reply != inverse).map(Box::new);
        Entry { id: flow.id().unwrap_or(0), zone: Zone::of(flow), reply, listing }
    }

    /// Whether a flow is this entry. The kernel may give the id of an entry to a successor, and the successor may have
    /// another translation.
    fn is(&self, flow: &Flow) -> bool {
        let other = Entry::of(flow, self.listing);
        self.id == other.id && self.zone == other.zone && self.reply == other.reply
    }

    /// The known part of the flow: tuples, zone and id.
    fn flow(&self, key: &Key) -> Flow {
        let mut flow = Flow::new();
        key.ends.put(&mut flow, Dir::Orig);
        match &self.reply {
            Some(reply) => reply.put(&mut flow, Dir::Reply),
            None => flow.set_reply_from_original(),
        }
        self.zone.put(&mut flow);
        flow.set_id(self.id);
        flow
    }
}

/// The changes to report, in this order.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// The end of this entry.
    pub(crate) ended: Option<Flow>,
    /// The change of the flow itself.
    pub(crate) flow: Option<EventKind>,
}

impl Changes {
    fn only(kind: EventKind) -> Changes {
        Changes { ended: None, flow: Some(kind) }
    }
}

/// The entries that were reported as new and not yet as ended.
#[derive(Debug, Default)]
pub(crate) struct Known {
    entries: HashMap<Key, Entry>,
    listing: u32,
    /// The entries that the last list did not contain.
    unlisted: Vec<Key>,
}

impl Known {
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The changes that an event makes. A flow without addresses, which the kernel does not send, makes none.
    pub(crate) fn event(&mut self, kind: EventKind, flow: &Flow) -> Changes {
        let Some(key) = Key::of(flow) else { return Changes::default() };
        let known = self.entries.get(&key).map(|entry| entry.is(flow));
        match (kind, known) {
            // A list reported its beginning, or it follows an entry whose end was lost.
            (EventKind::New, Some(true)) => Changes::default(),
            (EventKind::Update, Some(true)) => Changes::only(EventKind::Update),
            (EventKind::New | EventKind::Update, _) => self.present(key, flow),
            (EventKind::Destroy, Some(true)) => {
                self.entries.remove(&key);
                Changes::only(EventKind::Destroy)
            }
            // Never reported, or the end of a predecessor.
            (EventKind::Destroy, _) => Changes::default(),
        }
    }

    /// A list of the whole table begins.
    pub(crate) fn begin_listing(&mut self) {
        self.listing = self.listing.wrapping_add(1);
    }

    /// The changes that a listed entry makes.
    pub(crate) fn listed(&mut self, flow: &Flow) -> Changes {
        let Some(key) = Key::of(flow) else { return Changes::default() };
        match self.entries.get_mut(&key) {
            Some(entry) if entry.is(flow) => {
                entry.listing = self.listing;
                Changes::default()
            }
            _ => self.present(key, flow),
        }
    }

    /// The list has finished: the entries that it did not contain have ended. [`next_end`](Self::next_end) returns
    /// these ends.
    pub(crate) fn end_listing(&mut self) {
        let unlisted = self.entries.iter().filter(|(_, entry)| entry.listing != self.listing);
        self.unlisted = unlisted.map(|(key, _)| *key).collect();
    }

    /// The next entry that the finished list did not contain; it is no longer known.
    pub(crate) fn next_end(&mut self) -> Option<Flow> {
        let Some(key) = self.unlisted.pop() else {
            self.unlisted = Vec::new(); // its memory is free until the next list
            return None;
        };
        let entry = self.entries.remove(&key);
        debug_assert!(entry.is_some(), "no event is read between the end of a list and these ends");
        entry.map(|entry| entry.flow(&key))
    }

    /// The entry exists, and the reader does not know it; the reader may know a predecessor.
    fn present(&mut self, key: Key, flow: &Flow) -> Changes {
        let before = self.entries.insert(key, Entry::of(flow, self.listing));
        Changes { ended: before.map(|before| before.flow(&key)), flow: Some(EventKind::New) }
    }
}

#[cfg(test)]
mod tests {
    use super::EventKind::{Destroy, New, Update};
    use super::*;

    fn flow(port: u16, id: u32) -> Flow {
        let mut flow = Flow::new();
        let l4 = L4::Udp { sport: port, dport: 53 };
        flow.set_tuple(Dir::Orig, "10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap(), l4);
        flow.set_reply_from_original();
        flow.set_id(id);
        flow
    }

    fn in_zone(port: u16, id: u32, zone: u16) -> Flow {
        let mut flow = flow(port, id);
        flow.set_zone(zone);
        flow
    }

    /// A reader that replays the reported changes, and checks their order.
    #[derive(Default)]
    struct Reader {
        known: Known,
        set: HashMap<(Key, u32), ()>,
        lines: Vec<String>,
    }

    impl Reader {
        fn hear(&mut self, changes: Changes, flow: &Flow) {
            if let Some(ended) = &changes.ended {
                self.line(Destroy, ended);
            }
            if let Some(kind) = changes.flow {
                self.line(kind, flow);
            }
        }

        fn line(&mut self, kind: EventKind, flow: &Flow) {
            let (key, id) = (Key::of(flow).unwrap(), flow.id().unwrap());
            self.lines.push(format!("{kind:?} {} {id}", flow.tuple(Dir::Orig).l4_src()));
            match kind {
                New => {
                    assert!(self.set.keys().all(|(other, _)| *other != key), "two with one tuple");
                    self.set.insert((key, id), ());
                }
                Update => assert!(self.set.contains_key(&(key, id)), "a change of what is not there"),
                Destroy => assert!(self.set.remove(&(key, id)).is_some(), "an end of what is not there"),
            }
        }

        fn event(&mut self, kind: EventKind, flow: &Flow) {
            let changes = self.known.event(kind, flow);
            self.hear(changes, flow);
        }

        fn list(&mut self, table: &[Flow]) {
            self.known.begin_listing();
            for flow in table {
                let changes = self.known.listed(flow);
                self.hear(changes, flow);
            }
            self.hear_ends();
        }

        fn hear_ends(&mut self) {
            self.known.end_listing();
            while let Some(flow) = self.known.next_end() {
                self.line(Destroy, &flow);
            }
        }

        /// The lines since the last call.
        fn said(&mut self) -> String {
            std::mem::take(&mut self.lines).join(", ")
        }
    }

    #[test]
    fn without_loss_events_are_reported_as_they_come() {
        let mut reader = Reader::default();
        reader.list(&[]);
        for kind in [New, Update, Update, Destroy, New, Destroy] {
            reader.event(kind, &flow(1, 7));
        }
        assert_eq!(reader.said(), "New 1 7, Update 1 7, Update 1 7, Destroy 1 7, New 1 7, Destroy 1 7");
        assert_eq!(reader.known.len(), 0);
    }

    #[test]
    fn the_first_list_is_reported_as_new() {
        let mut reader = Reader::default();
        reader.list(&[flow(1, 1), flow(2, 2)]);
        assert_eq!(reader.said(), "New 1 1, New 2 2");
        // An event that waited while the list was read reports no change.
        reader.event(New, &flow(2, 2));
        reader.event(Destroy, &flow(1, 1));
        assert_eq!(reader.said(), "Destroy 1 1");
    }

    #[test]
    fn a_list_makes_up_for_what_was_lost() {
        let mut reader = Reader::default();
        reader.list(&[flow(1, 1), flow(2, 2), flow(3, 3)]);
        reader.said();
        // Lost: the end of 1, the end of 2 and its successor, the beginning of 4.
        reader.list(&[flow(2, 22), flow(3, 3), flow(4, 4)]);
        assert_eq!(reader.said(), "Destroy 2 2, New 2 22, New 4 4, Destroy 1 1");
    }

    #[test]
    fn what_ends_while_the_list_is_read_ends_once() {
        let mut reader = Reader::default();
        reader.list(&[flow(1, 1), flow(2, 2)]);
        reader.said();
        // Entry 1 ended before the list reached it, entry 2 after; the events of both wait.
        reader.list(&[flow(2, 2)]);
        reader.event(Destroy, &flow(1, 1));
        reader.event(Destroy, &flow(2, 2));
        assert_eq!(reader.said(), "Destroy 1 1, Destroy 2 2");
    }

    #[test]
    fn what_comes_and_goes_while_the_list_is_read_is_reported() {
        let mut reader = Reader::default();
        reader.list(&[flow(1, 1)]);
        reader.event(New, &flow(2, 2));
        reader.event(Destroy, &flow(2, 2));
        assert_eq!(reader.said(), "New 1 1, New 2 2, Destroy 2 2");
    }

    #[test]
    fn a_successor_that_the_list_shows_outlives_the_events_of_its_predecessor() {
        let mut reader = Reader::default();
        reader.list(&[flow(1, 1)]);
        reader.list(&[flow(1, 11)]);
        reader.said();
        reader.event(Destroy, &flow(1, 1));
        reader.event(New, &flow(1, 11));
        assert_eq!(reader.said(), "");
        // Even when all these events are older than the list, the entry is in the set at the end.
        for (kind, id) in [(Update, 1), (Destroy, 1), (New, 11), (Update, 11)] {
            reader.event(kind, &flow(1, id));
        }
        assert_eq!(
            reader.said(),
            "Destroy 1 11, New 1 1, Destroy 1 1, New 1 11, Update 1 11",
            "a detour, in good order"
        );
    }

    #[test]
    fn a_successor_with_the_same_id_is_one_with_its_predecessor() {
        let mut reader = Reader::default();
        reader.list(&[flow(1, 1)]);
        reader.event(New, &flow(1, 1)); // the end between the two was lost
        assert_eq!(reader.said(), "New 1 1");
        reader.event(Destroy, &flow(1, 1));
        reader.event(New, &flow(1, 1));
        assert_eq!(reader.said(), "Destroy 1 1, New 1 1");
    }

    #[test]
    fn a_successor_with_the_same_id_and_another_translation_is_another_one() {
        let translated = |id| {
            let mut flow = flow(1, id);
            let l4 = L4::Udp { sport: 53, dport: 1 };
            flow.set_tuple(Dir::Reply, "10.0.0.2".parse().unwrap(), "192.0.2.1".parse().unwrap(), l4);
            flow
        };
        let mut reader = Reader::default();
        reader.list(&[flow(1, 1)]);
        reader.event(New, &translated(1)); // the end between the two was lost
        assert_eq!(reader.said(), "New 1 1, Destroy 1 1, New 1 1");
        reader.event(Destroy, &flow(1, 1)); // late
        assert_eq!(reader.said(), "");
        reader.event(Destroy, &translated(1));
        reader.list(&[translated(1)]);
        reader.list(&[flow(1, 1)]);
        assert_eq!(reader.said(), "Destroy 1 1, New 1 1, Destroy 1 1, New 1 1");
    }

    #[test]
    fn a_change_of_an_unknown_entry_reports_it_as_new() {
        let mut reader = Reader::default();
        reader.event(Update, &flow(1, 1));
        reader.event(Update, &flow(1, 1));
        reader.event(Update, &flow(1, 2));
        reader.event(Destroy, &flow(9, 9));
        assert_eq!(reader.said(), "New 1 1, Update 1 1, Destroy 1 1, New 1 2");
    }

    #[test]
    fn zones_keep_entries_apart() {
        let mut reader = Reader::default();
        reader.list(&[flow(1, 1), in_zone(1, 2, 5), in_zone(1, 3, 6)]);
        reader.said();
        reader.event(Destroy, &in_zone(1, 2, 5));
        assert_eq!(reader.said(), "Destroy 1 2");
        reader.list(&[flow(1, 1)]);
        assert_eq!(reader.said(), "Destroy 1 3");
    }

    #[test]
    fn what_is_remembered_is_enough_for_a_reader() {
        let mut translated = in_zone(1, 5, 7);
        let l4 = L4::Udp { sport: 53, dport: 9 };
        translated.set_tuple(Dir::Reply, "10.0.0.2".parse().unwrap(), "192.0.2.1".parse().unwrap(), l4);
        let mut known = Known::default();
        known.listed(&translated);
        known.begin_listing();
        known.end_listing();
        let ended: Vec<Flow> = std::iter::from_fn(|| known.next_end()).collect();
        assert_eq!(ended.len(), 1);
        for dir in [Dir::Orig, Dir::Reply] {
            assert_eq!(ended[0].tuple(dir), translated.tuple(dir));
        }
        assert_eq!((ended[0].zone(), ended[0].id()), (Some(7), Some(5)));
    }

    #[test]
    fn each_end_is_taken_once() {
        let mut known = Known::default();
        (1..=5).for_each(|port| drop(known.listed(&flow(port, port.into()))));
        known.begin_listing();
        known.listed(&flow(3, 3));
        known.end_listing();
        for left in (1..=4).rev() {
            assert!(known.next_end().is_some());
            assert_eq!(known.len(), left);
        }
        assert!(known.next_end().is_none() && known.next_end().is_none());
    }

    /// A kernel whose events overrun a queue, and a list that is read while the table changes.
    #[test]
    fn whatever_is_lost_the_reader_ends_with_the_table() {
        for seed in 1..=200u64 {
            let mut random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let mut pick = |below: u64| {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                random % below
            };
            let mut table: Vec<Flow> = Vec::new();
            let mut next_id = 0;
            let mut reader = Reader::default();
            let mut queue: Vec<(EventKind, Flow)> = Vec::new();
            for _round in 0..20 {
                let mut overrun = false;
                // A change happens while the listing reads the table in pieces.
                let mut act = |table: &mut Vec<Flow>, queue: &mut Vec<(EventKind, Flow)>, lossy: bool| {
                    let port = 1 + u16::try_from(pick(6)).unwrap();
                    let at = table.iter().position(|flow| flow.tuple(Dir::Orig).l4_src() == port);
                    let event = match (at, pick(3)) {
                        (Some(at), 0) => (Update, table[at].clone()),
                        (Some(at), _) => (Destroy, table.remove(at)),
                        (None, reuse) => {
                            next_id += u32::from(reuse > 0); // now and then an id comes again
                            table.push(flow(port, next_id));
                            (New, flow(port, next_id))
                        }
                    };
                    if lossy && pick(3) == 0 {
                        true
                    } else {
                        queue.push(event);
                        false
                    }
                };
                for _ in 0..10 {
                    overrun |= act(&mut table, &mut queue, true);
                }
                queue.drain(..).for_each(|(kind, flow)| reader.event(kind, &flow));
                if overrun {
                    reader.known.begin_listing();
                    for port in 1..=6 {
                        let shown = table.iter().find(|flow| flow.tuple(Dir::Orig).l4_src() == port).cloned();
                        if let Some(flow) = shown {
                            let changes = reader.known.listed(&flow);
                            reader.hear(changes, &flow);
                        }
                        act(&mut table, &mut queue, false);
                    }
                    reader.hear_ends();
                    queue.drain(..).for_each(|(kind, flow)| reader.event(kind, &flow));
                }
                let mut held: Vec<u16> = reader
                    .set
                    .keys()
                    .map(|(key, _)| match key.ends.l4 {
                        L4::Udp { sport, .. } => sport,
                        _ => 0,
                    })
                    .collect();
                let mut there: Vec<u16> = table.iter().map(|flow| flow.tuple(Dir::Orig).l4_src()).collect();
                held.sort_unstable();
                there.sort_unstable();
                assert_eq!(held, there, "seed {seed}");
                assert_eq!(reader.known.len(), there.len());
            }
        }
    }

    #[test]
    fn an_entry_is_known_by_its_zone_and_the_zone_s_direction() {
        let set: [fn(&mut Flow, u16); 3] = [Flow::set_zone, Flow::set_orig_zone, Flow::set_reply_zone];
        let zones = [Zone::None, Zone::Both(1), Zone::Orig(1), Zone::Reply(1)];
        for (number, zone) in zones.into_iter().enumerate() {
            let mut flow = flow(1, 7);
            if let Some(set) = number.checked_sub(1).map(|set_at| set[set_at]) {
                set(&mut flow, 1);
            }
            assert_eq!(Zone::of(&flow), zone);
            let key = Key::of(&flow).unwrap();
            assert_eq!(key.zone, u16::from(matches!(zone, Zone::Both(_) | Zone::Orig(_))), "{zone:?}");
            let known = Entry::of(&flow, 0).flow(&key);
            assert_eq!((known.presence(), known.zone()), (flow.presence(), flow.zone()), "{zone:?}");
            assert_eq!(known.orig_zone(), flow.orig_zone());
            assert_eq!(known.reply_zone(), flow.reply_zone());
        }
    }

    #[test]
    fn a_reply_tuple_is_kept_only_where_it_is_translated() {
        assert!(Entry::of(&flow(1, 7), 0).reply.is_none());
        let mut translated = flow(1, 7);
        translated.set_bytes(crate::flow::Attr::ReplPortDst, &[9, 9]);
        let entry = Entry::of(&translated, 0);
        assert!(entry.reply.is_some());
        let known = entry.flow(&Key::of(&translated).unwrap());
        assert_eq!(known.tuple(Dir::Reply), translated.tuple(Dir::Reply));
        translated.unset(crate::flow::Attr::Id);
        assert_eq!(Entry::of(&translated, 0).id, 0, "it has none");
    }
}
