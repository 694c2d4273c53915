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

#[path = "../src/format/digits.rs"]
#[allow(dead_code)] // not every function is measured
mod digits;

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

/// Digits one by one, from the last to the first: what the tricks of `digits` are held against.
fn plain(mut number: u64, base: u64) -> ([u8; 20], usize) {
    let mut text = [0; 20];
    let mut len = 0;
    loop {
        text[len] = b"0123456789abcdef"[(number % base) as usize];
        len += 1;
        number /= base;
        if number == 0 {
            break;
        }
    }
    text[..len].reverse();
    (text, len)
}

fn plain_octets(octets: [u8; 4]) -> ([u8; 16], usize) {
    let (mut text, mut len) = ([0; 16], 0);
    for octet in octets {
        let (digits, count) = plain(octet.into(), 10);
        text[len..len + count].copy_from_slice(&digits[..count]);
        text[len + count] = b'.';
        len += count + 1;
    }
    (text, len - 1)
}

fn plain_groups(groups: [u16; 8]) -> ([u8; 44], usize) {
    let mut longest = 8..8;
    for start in 0..8 {
        let zeros = groups[start..].iter().take_while(|&&group| group == 0).count();
        if zeros > 1 && zeros > longest.len() {
            longest = start..start + zeros;
        }
    }
    let (mut text, mut len, mut at) = ([0; 44], 0, 0);
    while at < 8 {
        if at == longest.start {
            text[len..len + 2].copy_from_slice(b"::");
            len += if at == 0 { 2 } else { 1 };
            at = longest.end;
            continue;
        }
        let (digits, count) = plain(groups[at].into(), 16);
        text[len..len + count].copy_from_slice(&digits[..count]);
        text[len + count] = b':';
        len += count + 1;
        at += 1;
    }
    (text, len)
}

/// Each trick of `digits`, and plain code that does the same.
fn numbers(c: &mut Criterion) {
    let mut group = c.benchmark_group("digits");
    group.bench_function("eight", |b| b.iter(|| digits::eight(black_box(431_999))));
    group.bench_function("eight, plain", |b| b.iter(|| plain(black_box(431_999), 10)));
    group.bench_function("many", |b| b.iter(|| digits::many(black_box(3_079_093_854))));
    group.bench_function("many, plain", |b| b.iter(|| plain(black_box(3_079_093_854), 10)));
    group.bench_function("hex", |b| b.iter(|| digits::hex(black_box(0xdb8))));
    group.bench_function("hex, plain", |b| b.iter(|| plain(black_box(0xdb8), 16)));
    let octets = [198, 51, 100, 2];
    group.bench_function("ipv4", |b| b.iter(|| digits::ipv4(black_box(octets))));
    group.bench_function("ipv4, plain", |b| b.iter(|| plain_octets(black_box(octets))));
    let groups = [0x2001, 0xdb8, 0, 0, 2, 0, 0, 5];
    group.bench_function("ipv6", |b| b.iter(|| digits::ipv6(black_box(groups))));
    group.bench_function("ipv6, plain", |b| b.iter(|| plain_groups(black_box(groups))));
    let (from, mut to) = (*b"198.51.100.2....", [0; 64]);
    group.bench_function("copy_short", |b| {
        b.iter(|| digits::copy_short(&mut to[..black_box(12)], &from[..black_box(12)]));
    });
    group.bench_function("copy_short, plain", |b| {
        b.iter(|| black_box(&mut to)[..black_box(12)].copy_from_slice(&from[..black_box(12)]));
    });
    group.bench_function("two digits", |b| b.iter(|| digits::pair(black_box(59))));
    group.bench_function("two digits, plain", |b| b.iter(|| plain(black_box(59), 10)));
    group.finish();
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

criterion_group!(benches, codec, printing, numbers, objects, frames);
criterion_main!(benches);
