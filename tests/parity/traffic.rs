// SPDX-License-Identifier: GPL-2.0-or-later
//! Packets on the loopback interface, for the kernel to track.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};

/// A connection with a word in each direction, to another address than the listener's if one is named.
pub fn connect(listens: &str, to: Option<&str>) {
    let listener = TcpListener::bind(listens).unwrap();
    let to = to.map_or_else(|| listener.local_addr().unwrap(), |to| to.parse().unwrap());
    let mut client = TcpStream::connect(to).unwrap();
    let (mut server, _) = listener.accept().unwrap();
    let mut word = [0; 4];
    client.write_all(b"ping").unwrap();
    server.read_exact(&mut word).unwrap();
    server.write_all(b"pong").unwrap();
    client.read_exact(&mut word).unwrap();
    client.shutdown(std::net::Shutdown::Both).unwrap();
    assert_eq!(server.read(&mut word).unwrap(), 0);
}

/// Two datagrams in each direction.
pub fn exchange(from: &str, listens: &str, to: Option<&str>) {
    let [client, server] = [from, listens].map(|address| UdpSocket::bind(address).unwrap());
    for _ in 0..2 {
        let mut word = [0; 4];
        client.send_to(b"ping", to.unwrap_or(listens)).unwrap();
        let (_, back) = server.recv_from(&mut word).unwrap();
        server.send_to(b"pong", back).unwrap();
        client.recv_from(&mut word).unwrap();
    }
}

const ECHO: &str = r#"use Socket; socket(S, PF_INET, SOCK_RAW, 1) or die;
    connect(S, sockaddr_in(0, inet_aton("127.0.0.9"))) or die;
    send(S, pack("CCnnn", 8, 0, 0xf7ff - 77, 77, 0), 0) or die; recv(S, $_, 99, 0);"#;

/// Sends one ICMP echo request to ourselves and waits for the reply.
pub fn echo() {
    let output = crate::netns::run("perl", &["-e", ECHO], "");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
