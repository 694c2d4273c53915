// SPDX-License-Identifier: GPL-2.0-or-later
//! Packets for the kernel to track. Sockets are opened by the caller, in the namespaces where they shall be.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, ToSocketAddrs, UdpSocket};

/// A word in each direction over a new connection, and its end.
pub fn talk(listener: &TcpListener, mut client: TcpStream) {
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
pub fn exchange(client: &UdpSocket, server: &UdpSocket, to: impl ToSocketAddrs + Copy) {
    [client, server].into_iter().for_each(|socket| socket.set_read_timeout(Some(testing::CEILING)).unwrap());
    for _ in 0..2 {
        let mut word = [0; 4];
        client.send_to(b"ping", to).unwrap();
        let (_, back) = server.recv_from(&mut word).unwrap();
        server.send_to(b"pong", back).unwrap();
        client.recv_from(&mut word).unwrap();
    }
}

const ECHO: &str = r#"use Socket qw(:DEFAULT inet_pton pack_sockaddr_in6); alarm 120; my ($to) = @ARGV;
    my ($family, $protocol, $kind, $address) = $to =~ /:/
        ? (AF_INET6, 58, 128, pack_sockaddr_in6(0, inet_pton(AF_INET6, $to)))
        : (AF_INET, 1, 8, pack_sockaddr_in(0, inet_aton($to)));
    socket(S, $family, SOCK_RAW, $protocol) && connect(S, $address) or die;
    send(S, pack("CCnnn", $kind, 0, 0xf7ff - 77, 77, 0), 0) && recv(S, $_, 99, 0) // die;"#;

/// Sends one ICMP echo request to an address of either family and waits for the reply.
pub fn echo(to: &str) {
    let output = testing::run("perl", &["-e", ECHO, to], "");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
