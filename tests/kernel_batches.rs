// SPDX-License-Identifier: GPL-2.0-or-later
//! Batches on the kernel: every request gets its own answer, whatever its neighbours get, and none is told as
//! done when its answer was lost.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a test may

use netfilter_conntrack::batch::Request;
use netfilter_conntrack::{Batch, Dir, Error, Flow, Handle, L4, Result};
use testing::{count, flow, isolated, run, skip, table, udp};

/// Carries a batch out: for each request its error, or the source port of what it found.
fn answers(handle: &mut Handle, batch: &mut Batch) -> Vec<Result<Option<u16>>> {
    let mut all = Vec::new();
    let each = |number, answer: Result<Option<&Flow>>| {
        assert_eq!(number, all.len());
        all.push(answer.map(|found| found.map(|flow| flow.tuple(Dir::Orig).l4_src())));
    };
    handle.carry_out(batch, each).unwrap();
    assert!(batch.is_empty());
    all
}

#[test]
fn every_request_gets_its_own_answer() {
    isolated(|| {
        let mut handle = table(&[udp(2), udp(4)]);
        let mut batch = handle.batch().unwrap();
        assert_eq!(answers(&mut handle, &mut batch), []);
        let mut marked = udp(4);
        marked.set_mark(7);
        for request in [
            Request::Create(&udp(1)),
            Request::Create(&udp(2)),
            Request::CreateOrUpdate(&udp(2)),
            Request::Lookup(&udp(3)),
            Request::Lookup(&udp(4)),
            Request::Update(&marked),
            Request::Delete(&udp(3)),
            Request::Delete(&udp(2)),
            Request::Lookup(&udp(1)),
        ] {
            batch.push(request).unwrap();
        }
        let refused = |errno| Err(Error::Kernel(errno));
        let expected = [
            Ok(None),
            refused(libc::EEXIST),
            Ok(None),
            refused(libc::ENOENT),
            Ok(Some(4)),
            Ok(None),
            refused(libc::ENOENT),
            Ok(None),
            Ok(Some(1)),
        ];
        assert_eq!(answers(&mut handle, &mut batch), expected);
        assert_eq!(handle.get(&udp(4)).unwrap().mark(), Some(7), "the handle goes on");
        assert_eq!(handle.delete(&udp(2)), Err(Error::Kernel(libc::ENOENT)));
        assert_eq!(count(&mut handle), 2);
    });
}

#[test]
fn full_batches_never_overflow_the_receive_buffer() {
    isolated(|| {
        let mut handle = Handle::open().unwrap();
        let mut batch = handle.batch().unwrap();
        let long = |n: u16| {
            let l4 = L4::Udp { sport: n, dport: 53 };
            let mut flow = flow("fd00:1234:5678:9abc::1", "fd00:1234:5678:9abc::2", l4);
            flow.set_helper_name(b"none-such");
            flow
        };
        while !batch.is_full() {
            batch.push(Request::Create(&long(u16::try_from(batch.len() + 1).unwrap()))).unwrap();
        }
        assert!(batch.len() >= 50);
        let all = answers(&mut handle, &mut batch);
        assert!(all.iter().all(|answer| *answer == Err(Error::Kernel(libc::EOPNOTSUPP))), "{all:?}");
        handle.create(&udp(1)).unwrap();
        while !batch.is_full() {
            batch.push(Request::Lookup(&udp(1))).unwrap();
        }
        assert!(batch.len() >= 50);
        assert!(answers(&mut handle, &mut batch).iter().all(|answer| *answer == Ok(Some(1))));
    });
}

#[test]
fn a_lost_answer_is_an_error() {
    isolated(|| {
        let mut handle = table(&[udp(1)]);
        let mut batch = handle.batch().unwrap();
        // Smaller than the buffer that the batch was made for, so that it overflows.
        handle.socket().set_receive_buffer(4096).unwrap();
        for n in 1..=150 {
            batch.push(Request::Create(&udp(1 + n % 3 % 2))).unwrap();
        }
        let all = answers(&mut handle, &mut batch);
        let lost = all.iter().filter(|answer| **answer == Err(Error::Overrun)).count();
        let refused = all.iter().filter(|answer| **answer == Err(Error::Kernel(libc::EEXIST))).count();
        assert!(lost > 0 && refused > 0 && lost + refused == all.len(), "{all:?}");
        handle.create(&udp(9)).unwrap();
        assert_eq!(count(&mut handle), 3, "the handle goes on");
    });
}

/// Runs this program again, for one test, as a user without privilege.
#[test]
fn without_privilege_every_request_is_refused() {
    const PART: &str = "NETFILTER_CONNTRACK_TEST_PART";
    if std::env::var_os(PART).is_none() {
        return isolated(|| {
            let name = "without_privilege_every_request_is_refused";
            let program = std::env::current_exe().unwrap();
            let (program, part) = (program.to_str().unwrap(), format!("{PART}=1"));
            let bare = ["--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all"];
            let output = run("setpriv", &[&bare[..], &["env", &part, program, "--exact", name]].concat(), "");
            if String::from_utf8_lossy(&output.stderr).contains("setpriv: ") {
                skip("setpriv cannot take privileges away here");
            }
            let text = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success() && text.contains("1 passed"), "{text}");
        });
    }
    let mut handle = Handle::open().unwrap();
    let mut batch = handle.batch().unwrap();
    for n in 1..=3 {
        batch.push(Request::Create(&udp(n))).unwrap();
    }
    assert_eq!(answers(&mut handle, &mut batch), [Err(Error::Kernel(libc::EPERM)); 3]);
}
