// SPDX-License-Identifier: GPL-2.0-or-later
//! The pure functions, one by one: decoding, encoding, printing, comparing, copying, the walk over frames.
//!
//! ```sh
//! cargo bench --manifest-path benches/Cargo.toml [-- FILTER]
//! ```
//!
//! The flows are a TCP connection, a UDP exchange, TCP over IPv6, and a flow with most attributes.

#![forbid(unsafe_code)]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use netfilter_conntrack::codec::{flow_decode, flow_encode};
use netfilter_conntrack::format::{self, Style, Syntax, save};
use netfilter_conntrack::wire::consts::{IPS_ASSURED, IPS_SEEN_REPLY};
use netfilter_conntrack::wire::{Builder, Frame, Frames, Header};
use netfilter_conntrack::{Attr, Bitmask, CompareFlags, Dir, Flow, L4};
use std::hint::black_box;

const ESTABLISHED: u8 = 3;
/// Messages in a datagram of a dump.
const IN_DATAGRAM: u64 = 149;

fn flow(src: &str, dst: &str, l4: L4) -> Flow {
    let address = |text: &str| text.parse().expect("an address");
    let mut flow = Flow::new();
    flow.set_tuple(Dir::Orig, address(src), address(dst), l4);
    flow.set_reply_from_original();
    flow.set_timeout_secs(431_999);
    flow.set_status(IPS_SEEN_REPLY | IPS_ASSURED);
    flow.set_mark(0);
    flow.set_id(0xb787_3e5e);
    if let L4::Tcp { .. } = l4 {
        flow.set_tcp_state(ESTABLISHED);
        for attr in [Attr::TcpFlagsOrig, Attr::TcpFlagsRepl, Attr::TcpMaskOrig, Attr::TcpMaskRepl] {
            flow.set_bytes(attr, &[0x23]);
        }
        flow.set_bytes(Attr::TcpWscaleOrig, &[7]);
        flow.set_bytes(Attr::TcpWscaleRepl, &[8]);
    }
    flow
}

fn full() -> Flow {
    let mut flow = flow("192.0.2.1", "198.51.100.2", L4::Tcp { sport: 40000, dport: 443 });
    flow.set_tuple(
        Dir::Master,
        [192, 0, 2, 1].into(),
        [198, 51, 100, 2].into(),
        L4::Tcp { sport: 40001, dport: 21 },
    );
    flow.set_zone(9);
    flow.set_helper_name(b"ftp");
    let mut labels = Bitmask::new(127).expect("a mask");
    labels.set(5);
    flow.set_labels(labels);
    for number in (46..=51).chain(72..=74) {
        let attr = Attr::from_number(number).expect("an attribute"); // sequence numbers and SYN proxy
        flow.set_bytes(attr, &number.to_ne_bytes());
    }
    flow
}

fn samples() -> [(&'static str, Flow); 4] {
    let tcp = L4::Tcp { sport: 40000, dport: 443 };
    [
        ("TCP", flow("192.0.2.1", "198.51.100.2", tcp)),
        ("UDP", flow("192.0.2.1", "198.51.100.2", L4::Udp { sport: 40000, dport: 53 })),
        ("TCP, IPv6", flow("2001:db8::1", "2001:db8::2:0:0:5", tcp)),
        ("TCP, full", full()),
    ]
}

fn message(flow: &Flow) -> Vec<u8> {
    let mut buf = vec![0; 4096];
    let header = Header { kind: 0x0100, ..Header::default() };
    let mut builder = Builder::message(&mut buf, header, flow.tuple(Dir::Orig).l3(), 0).expect("room");
    flow_encode::attributes(&mut builder, flow).expect("a flow that can be sent");
    let len = builder.finish();
    buf.truncate(len);
    buf
}

/// One function on every sample.
fn each(c: &mut Criterion, name: &str, mut call: impl FnMut(&Flow)) {
    let mut group = c.benchmark_group(name);
    for (sample, flow) in samples() {
        group.bench_with_input(BenchmarkId::from_parameter(sample), &flow, |b, flow| b.iter(|| call(flow)));
    }
    group.finish();
}

fn codec(c: &mut Criterion) {
    let mut group = c.benchmark_group("decode");
    for (sample, flow) in samples() {
        let message = message(&flow);
        let frame = Frame::read(&message).expect("a frame");
        let mut into = Flow::new();
        group.bench_function(sample, |b| {
            b.iter(|| {
                into.clear();
                flow_decode::message(&mut into, black_box(&frame))
            });
        });
    }
    group.finish();
    let mut buf = vec![0; 4096];
    each(c, "encode", |flow| {
        let mut builder = Builder::attributes(&mut buf);
        black_box(flow_encode::attributes(&mut builder, flow)).expect("a flow that can be sent");
    });
}

fn printing(c: &mut Criterion) {
    let mut buf = vec![0; 4096];
    for (name, syntax) in [("text", Syntax::Text), ("XML", Syntax::Xml)] {
        let style = Style { syntax, ..Style::default() };
        each(c, name, |flow| {
            black_box(format::flow(&mut buf, flow, &style)).expect("a flow that can be printed");
        });
    }
    let mut line = Vec::with_capacity(4096);
    each(c, "save", |flow| {
        line.clear();
        save::append_flow(&mut line, flow, save::Command::Add);
        black_box(&line);
    });
}

fn objects(c: &mut Criterion) {
    let mut group = c.benchmark_group("compare");
    for (sample, flow) in samples() {
        let same = flow.clone();
        group.bench_function(sample, |b| b.iter(|| flow.equals(black_box(&same), CompareFlags::empty())));
    }
    group.finish();
    each(c, "clone", |flow| {
        black_box(flow.clone());
    });
}

fn frames(c: &mut Criterion) {
    let one = message(&samples()[0].1);
    let datagram: Vec<u8> = (0..IN_DATAGRAM).flat_map(|_| one.iter().copied()).collect();
    let mut group = c.benchmark_group("frames");
    group.throughput(Throughput::Elements(IN_DATAGRAM));
    group.bench_function("walk", |b| b.iter(|| Frames::new(black_box(&datagram)).flatten().count()));
    group.finish();
}

criterion_group!(benches, codec, printing, objects, frames);
criterion_main!(benches);
