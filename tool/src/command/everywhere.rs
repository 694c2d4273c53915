// SPDX-License-Identifier: GPL-2.0-or-later
//! `-E --all-netns`: the events of all namespaces, each line with the name of its own.
//!
//! Each namespace has a socket, and one thread polls them all. Names that appear or go in `/run/netns` are seen at once;
//! the other namespaces, those of processes, by a search every five seconds. A namespace that has gone is dropped after its
//! last events are read: the socket would keep it, its interfaces and its entries in existence. A namespace may be found
//! by a process before it gets its name, so each search also gives those that are followed the names that they have now.
//!
//! Losses are counted for each namespace. A failure in one of them is reported, and the others go on.

#![forbid(unsafe_code)]

use super::Session;
use super::event::{Follower, Losses, Stream, Subscription, refused};
use super::namespaces::{self as names, Failures, Named, OWN, ends_all, titled};
use super::origin::Origins;
use crate::show::message::Complaint;
use crate::show::output::{Output, View, tell};
use crate::sys::descriptors;
use crate::sys::folder::Folder;
use crate::sys::signals::StopSignals;
use netfilter_conntrack::diagnosis::namespaces::{Found, search};
use netfilter_conntrack::{Error, Netns};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::time::{Duration, Instant};

/// The folder with the names of namespaces.
const NAMED: &str = "/run/netns";

/// The time between two searches. While no name changes, they take at most a twentieth of the time.
const PERIOD: Duration = Duration::from_secs(5);
const SHARE: u32 = 20;

/// The times after a search that a change of the names has caused until the next two: a name is there before the namespace
/// for which it stands.
const SOON: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(1)];

/// A namespace whose events are read.
struct Followed {
    /// Its name in the output, which no other one has.
    name: String,
    /// The name from which that was made.
    found_name: Option<String>,
    /// Nothing for the caller's own.
    found: Option<Found>,
    stream: Stream,
}

impl Followed {
    fn new(Named { name, found_name, found }: Named, stream: Stream) -> Followed {
        Followed { name, found_name, found: Some(found), stream }
    }

    fn is_same(&self, other: &Found) -> bool {
        self.found.as_ref().is_some_and(|found| found.is_same(other))
    }

    /// Whether a search has found it with another name than the last one.
    fn has_new_name(&self, found: &[Found]) -> bool {
        let name = found.iter().find(|found| self.is_same(found)).and_then(|found| found.outline().name);
        name.is_some() && name != self.found_name
    }

    fn rename(&mut self, Named { name, found_name, found }: Named) {
        let Some(netns) = found.netns() else { return };
        self.stream.rename(&name, netns);
        (self.name, self.found_name, self.found) = (name, found_name, Some(found));
    }
}

/// When namespaces are searched for.
struct Searches {
    next: Instant,
    /// The number of searches since the names have changed.
    since_change: usize,
    /// How long the last search took.
    took: Duration,
}

impl Searches {
    /// The names have changed.
    fn changed(&mut self, now: Instant) {
        // A flood of changes keeps neither the events from being read nor the next search from being made.
        (self.next, self.since_change) = (self.next.min(now + self.took), 0);
    }

    /// A search has been made.
    fn made(&mut self, now: Instant, took: Duration) {
        let wait = match SOON.get(self.since_change) {
            Some(soon) => (*soon).max(took), // a namespace that has just got its name has events now
            None => PERIOD.max(took * SHARE),
        };
        (self.took, self.next) = (took, now + wait);
        self.since_change += 1;
    }
}

/// What the events of all namespaces are read with.
struct Everywhere<'s> {
    subscription: &'s Subscription,
    view: View,
    /// What is lost, as the summary calls it.
    what: &'s str,
    followed: Vec<Followed>,
    /// Those that cannot be followed, which was reported.
    refused: Vec<(String, Found)>,
    lost: u64,
    is_incomplete: bool,
    /// The search has once left something out, which was reported.
    is_partial: bool,
}

/// Follows the events of all namespaces until a signal asks to stop. Gives the number of lost events.
pub fn follow(
    subscription: &Subscription,
    session: &mut Session,
    what: &str,
    follower: &mut impl Follower,
) -> Result<u64, Complaint> {
    descriptors::allow_many();
    let mut all = Everywhere::open(subscription, what, follower.view())?;
    let mut folder = Folder::watch(Path::new(NAMED));
    all.search(follower, &mut session.out)?;
    let done = all.follow(&mut folder, &mut session.out, follower);
    session.is_incomplete |= all.is_incomplete;
    done.map(|()| all.lost)
}

impl<'s> Everywhere<'s> {
    /// Subscribes to the events of the caller's own namespace.
    fn open(subscription: &'s Subscription, what: &'s str, view: &View) -> Result<Everywhere<'s>, Complaint> {
        let stream = Stream::open(subscription, view, |losses| losses.in_namespace(OWN))?;
        Ok(Everywhere {
            subscription,
            view: view.clone(),
            what,
            followed: vec![Followed { name: OWN.into(), found_name: None, found: None, stream }],
            refused: Vec::new(),
            lost: 0,
            is_incomplete: false,
            is_partial: false,
        })
    }

    fn follow(
        &mut self,
        folder: &mut Folder,
        out: &mut Output,
        follower: &mut impl Follower,
    ) -> Result<(), Complaint> {
        let signals = StopSignals::catch().map_err(refused)?;
        out.only_reports();
        let now = Instant::now();
        let mut searches = Searches { next: now + PERIOD, since_change: SOON.len(), took: Duration::ZERO };
        let mut ready = vec![true; self.followed.len()];
        loop {
            let is_last = signals.requested(); // what has come before the signal is in the next backlogs
            self.read(|at| is_last || ready.get(at) == Some(&true), out, follower)?;
            if is_last {
                return self.end(out);
            }
            if searches.next <= Instant::now() {
                let begun = Instant::now();
                folder.watch_again();
                self.search(follower, out)?;
                searches.made(Instant::now(), begun.elapsed());
            }
            let wait = searches.next.saturating_duration_since(Instant::now());
            let mut fds: Vec<BorrowedFd<'_>> = self.followed.iter().map(|one| one.stream.as_fd()).collect();
            fds.extend(folder.fd());
            ready = signals.wait_any(&fds, wait).map_err(refused)?;
            if ready.len() > self.followed.len() && ready.pop() == Some(true) && folder.has_changed() {
                searches.changed(Instant::now());
            }
        }
    }

    /// Reads those that have something to read. One that fails is dropped.
    fn read(
        &mut self,
        is_ready: impl Fn(usize) -> bool,
        out: &mut Output,
        follower: &mut impl Follower,
    ) -> Result<(), Complaint> {
        let mut failed = Vec::new();
        for (at, one) in self.followed.iter_mut().enumerate().filter(|(at, _)| is_ready(*at)) {
            out.of_namespace(Some(&one.name));
            match one.stream.read(follower, out) {
                Err(complaint) if ends_all(&complaint) => return Err(complaint),
                Err(complaint) => failed.push((at, complaint)),
                Ok(()) => {}
            }
        }
        for (at, complaint) in failed.into_iter().rev() {
            let one = self.followed.remove(at);
            tell(&format!("{}: {complaint}", titled(&one.name)));
            self.is_incomplete = true;
            self.refused.extend(one.found.clone().map(|found| (one.name.clone(), found)));
            self.drop_stream(one, out)?;
        }
        Ok(())
    }

    /// Drops the namespaces that have gone and subscribes to the events of those that have appeared.
    fn search(&mut self, follower: &mut impl Follower, out: &mut Output) -> Result<(), Complaint> {
        let search = search();
        if search.not_read.is_empty() {
            self.drop_gone(&search.found, follower, out)?;
        } else if !self.is_partial {
            self.is_partial = names::said_incomplete(&search);
            self.is_incomplete = true;
        }
        let followed = self.followed.iter().filter(|one| !one.has_new_name(&search.found));
        let followed = followed.filter_map(|one| Some((one.name.clone(), one.found.as_ref()?)));
        let refused = self.refused.iter().map(|(name, found)| (name.clone(), found));
        let known: Vec<(String, &Found)> = followed.chain(refused).collect();
        let mut failures = Failures::default();
        for named in names::named(search.found, &known) {
            if let Some(one) = self.followed.iter_mut().find(|one| one.is_same(&named.found)) {
                one.rename(named);
                continue;
            }
            match self.subscribe(&named.name, &named.found) {
                Ok(stream) => self.followed.push(Followed::new(named, stream)),
                Err(Error::Os(libc::ESRCH)) => {}
                Err(error) => {
                    failures.note_refusal(&named.name, error);
                    self.refused.push((named.name, named.found));
                }
            }
        }
        self.is_incomplete |= failures.say();
        Ok(())
    }

    /// Drops the namespaces that are not among those that were found.
    fn drop_gone(
        &mut self,
        found: &[Found],
        follower: &mut impl Follower,
        out: &mut Output,
    ) -> Result<(), Complaint> {
        let has_gone = |one: &Found| !found.iter().any(|found| found.is_same(one));
        self.refused.retain(|(_, one)| !has_gone(one));
        let gone: Vec<bool> =
            self.followed.iter().map(|one| one.found.as_ref().is_some_and(has_gone)).collect();
        if !gone.contains(&true) {
            return Ok(());
        }
        let all = std::mem::take(&mut self.followed).into_iter().zip(gone);
        let (gone, left): (Vec<_>, Vec<_>) = all.partition(|(_, gone)| *gone);
        self.followed = left.into_iter().map(|(one, _)| one).collect();
        for (mut one, _) in gone {
            out.of_namespace(Some(&one.name));
            match one.stream.read(follower, out) {
                Err(complaint) if ends_all(&complaint) => return Err(complaint),
                _ => self.drop_stream(one, out)?, // what cannot be read of it has gone with it
            }
        }
        Ok(())
    }

    fn subscribe(&self, name: &str, found: &Found) -> Result<Stream, Error> {
        let open = |netns: &Netns| Ok((netns.clone(), self.subscription.builder().open_in(netns)?));
        let (netns, events) = found.attempt(open)?;
        let losses = Losses::of(self.subscription, &self.view).in_namespace(name);
        Ok(Stream::new(events, losses, Origins::of_namespace(netns)))
    }

    /// Ends a subscription, and counts its losses.
    fn drop_stream(&mut self, one: Followed, out: &mut Output) -> Result<(), Complaint> {
        out.of_namespace(Some(&one.name));
        let lost = one.stream.end(out)?;
        self.lost += lost;
        if lost > 0 {
            tell(&format!(
                "{lost} {} of {} {}",
                self.what,
                titled(&one.name),
                self.subscription.loss().words()
            ));
        }
        Ok(())
    }

    fn end(&mut self, out: &mut Output) -> Result<(), Complaint> {
        std::mem::take(&mut self.followed).into_iter().try_for_each(|one| self.drop_stream(one, out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_names_is_followed_by_three_searches_and_then_by_rare_ones() {
        let start = Instant::now();
        let mut searches = Searches { next: start, since_change: 9, took: Duration::ZERO };
        searches.changed(start);
        assert_eq!(searches.next, start);
        let mut waits = Vec::new();
        for _ in 0..4 {
            searches.made(start, Duration::from_millis(1));
            waits.push((searches.next - start).as_millis());
        }
        assert_eq!(waits, [100, 1000, 5000, 5000]);
        searches.made(start, Duration::from_secs(1));
        assert_eq!(searches.next - start, Duration::from_secs(20), "a search that takes long is rare");
        let second = Duration::from_secs(1);
        searches.changed(start);
        let mut waits = Vec::new();
        for _ in 0..3 {
            searches.made(start, second / 5);
            waits.push((searches.next - start).as_millis());
        }
        assert_eq!(waits, [200, 1000, 5000], "a new name is looked for soon also where a search takes long");
        searches.made(start, second);
        searches.changed(start);
        assert_eq!(searches.next - start, second);
        searches.changed(start + second / 2);
        assert_eq!(searches.next - start, second, "further changes do not put it off");
    }
}
