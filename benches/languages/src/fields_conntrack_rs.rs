// SPDX-License-Identifier: GPL-2.0-or-later
//! fields.c in Rust, by the crate conntrack (conntrack-rs).

use conntrack::Conntrack;
use conntrack::model::ProtoTuple;
use std::error::Error;
use std::hint::black_box;

fn main() -> Result<(), Box<dyn Error>> {
    let flows = Conntrack::connect()?.dump()?;
    let mut sum = 0_u64;
    for flow in &flows {
        let tuple = flow.origin.as_ref().ok_or("no tuple")?;
        black_box((tuple.src, tuple.dst));
        if let Some(ProtoTuple { number, src_port: Some(sport), dst_port: Some(dport), .. }) = &tuple.proto {
            black_box(number);
            sum += u64::from(*sport) + u64::from(*dport);
        }
    }
    println!("{} {sum}", flows.len());
    Ok(())
}
