// SPDX-License-Identifier: GPL-2.0-or-later
//! fields.c in Rust, by this library.

use netfilter_conntrack::{Dir, Handle, L4};
use std::error::Error;
use std::hint::black_box;

fn main() -> Result<(), Box<dyn Error>> {
    let (mut entries, mut sum) = (0_u64, 0_u64);
    let mut handle = Handle::open()?;
    let mut list = handle.entries().open()?;
    while let Some(flow) = list.next()? {
        let tuple = flow.tuple(Dir::Orig);
        black_box((tuple.src(), tuple.dst()));
        entries += 1;
        if let L4::Tcp { sport, dport } = tuple.protocol() {
            sum += u64::from(sport) + u64::from(dport);
        }
    }
    println!("{entries} {sum}");
    Ok(())
}
