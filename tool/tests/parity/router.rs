// SPDX-License-Identifier: GPL-2.0-or-later
//! A router between a client and a server, each in a namespace of its own, and what they do: TCP connections, UDP
//! exchanges, echoes and FTP of both families, which the router translates, marks and labels.

use super::traffic;
use netfilter_conntrack::{Dir, Handle, L4};
use std::io::{Read, Write};
use std::net::{IpAddr, TcpListener, TcpStream, UdpSocket};
use testing::neighbour::{Neighbour, forward_packets};
use testing::{self, flow, ip, rules};

/// What is translated, marked and labelled, and where expectations are read.
const RULES: &str = "
table ip n {
    chain d { type nat hook prerouting priority -100; ip daddr 10.8.9.9 dnat to 10.8.2.2; };
    chain s { type nat hook postrouting priority 100;
        meta l4proto { tcp, udp } th dport 5006 snat to 10.8.9.8:6006;
        ip protocol icmp ip daddr 10.8.2.2 snat to 10.8.9.8; };
};
table ip6 n {
    chain d { type nat hook prerouting priority -100; ip6 daddr fd08:9::9 dnat to fd08:2::2; };
    chain s { type nat hook postrouting priority 100;
        meta l4proto { tcp, udp } th dport 5006 snat to [fd08:9::8]:6006; };
};
table inet m {
    ct helper ftp { type \"ftp\" protocol tcp; };
    chain c { type filter hook forward priority 0;
        tcp dport 21 ct helper set \"ftp\";
        udp dport 5002 ct state new ct mark set 9 ct label set 7;
        udp dport 5002 ct state established ct mark set 10 ct label set 5; };
};
";

/// What events tell of that, in one format or another; see [`Router`].
pub const SEEN: [&str; 17] = [
    " TIME_WAIT src=10.8.1.2 dst=10.8.9.9 ",
    " TIME_WAIT src=fd08:1::2 dst=fd08:9::9 ",
    " CLOSE src=10.8.1.2 dst=10.8.2.2 ",
    " CLOSE src=fd08:1::2 dst=fd08:2::2 ",
    "dst=10.8.9.9 sport=4001 dport=5001 src=10.8.2.2 dst=10.8.1.2 sport=5001 dport=4001",
    "dst=fd08:9::9 sport=4001 dport=5001 src=fd08:2::2 dst=fd08:1::2 sport=5001 dport=4001",
    "src=10.8.2.2 dst=10.8.9.8 sport=5006 dport=6006",
    "src=fd08:2::2 dst=fd08:9::8 sport=5006 dport=6006",
    " mark=9 labels=seven up",
    " mark=10 labels=five,seven up",
    "src=10.8.2.2 dst=10.8.9.8 type=0 code=0 id=77",
    "src=fd08:2::2 dst=fd08:1::2 type=129 code=0 id=77",
    " proto=6 src=10.8.2.2 dst=10.8.1.2 sport=0 dport=5001 ",
    " proto=6 src=fd08:2::2 dst=fd08:1::2 sport=0 dport=5001 ",
    "[DESTROY] udp      17 src=10.7.0.1 ",
    " src=10.8.2.2 dst=10.8.1.2 sport=5000 dport=4000 packets=2 ",
    " -s 10.8.1.2 -d 10.8.9.9 -g 10.8.2.2 -q 10.8.1.2 ",
];

/// A client and a server; the router between them is the calling thread's namespace.
pub struct Router {
    client: Neighbour,
    server: Neighbour,
}

/// The client, the server, and what the router translates into the server.
const ADDRESSES: [[&str; 3]; 2] =
    [["10.8.1.2", "10.8.2.2", "10.8.9.9"], ["fd08:1::2", "fd08:2::2", "fd08:9::9"]];

impl Router {
    pub fn new() -> Router {
        forward_packets();
        rules(RULES);
        Router {
            client: Neighbour::behind("client", ["10.8.1.", "fd08:1::"]),
            server: Neighbour::behind("server", ["10.8.2.", "fd08:2::"]),
        }
    }

    /// A connection to the server by one of its addresses.
    fn connect(&self, server: IpAddr, to: IpAddr, port: u16) {
        let listener = self.server.at(move || TcpListener::bind((server, port)).unwrap());
        traffic::talk(&listener, self.client.at(move || TcpStream::connect((to, port)).unwrap()));
    }

    /// A connection that the server refuses.
    fn knock(&self, server: IpAddr) {
        assert!(self.client.at(move || TcpStream::connect((server, 9)).is_err()));
    }

    /// Datagrams to the server by one of its addresses and back.
    fn exchange(&self, client: (IpAddr, u16), server: (IpAddr, u16), to: IpAddr) {
        let near = self.client.at(move || UdpSocket::bind(client).unwrap());
        let far = self.server.at(move || UdpSocket::bind(server).unwrap());
        traffic::exchange(&near, &far, (to, server.1));
    }

    /// An FTP client announces port 5001, and the server connects to it.
    fn announce(&self, client: IpAddr, server: IpAddr) {
        let listener = self.server.at(move || TcpListener::bind((server, 21)).unwrap());
        let data = self.client.at(move || TcpListener::bind((client, 5001)).unwrap());
        let mut control = self.client.at(move || TcpStream::connect((server, 21)).unwrap());
        let mut server_side = listener.accept().unwrap().0;
        let port = if client.is_ipv4() { "PORT 10,8,1,2,19,137\r\n" } else { "EPRT |2|fd08:1::2|5001|\r\n" };
        // The kernel reads lines that follow another one.
        for line in ["NOOP\r\n", port] {
            control.write_all(line.as_bytes()).unwrap();
            server_side.read_exact(&mut vec![0; line.len()]).unwrap();
        }
        traffic::talk(&data, self.server.at(move || TcpStream::connect((client, 5001)).unwrap()));
    }

    /// All of that in both families, an entry that expires and one that is deleted; then everything is deleted.
    pub fn play(&self, handle: &mut Handle) {
        let mut brief = flow("10.7.0.1", "10.7.0.2", L4::Udp { sport: 7, dport: 7 });
        brief.set_timeout_secs(1);
        handle.create(&brief).unwrap();
        for addresses in ADDRESSES {
            let [client, server, other] = addresses.map(ip);
            self.connect(server, server, 5000);
            self.connect(server, other, 5001);
            self.connect(server, server, 5006);
            self.knock(server);
            self.exchange((client, 4000), (server, 5000), server);
            self.exchange((client, 4001), (server, 5001), other);
            self.exchange((client, 4002), (server, 5002), server);
            self.exchange((client, 4006), (server, 5006), server);
            self.client.at(move || addresses[1..].iter().for_each(|to| traffic::echo(to)));
            self.announce(client, server);
            let plain = flow(addresses[0], addresses[1], L4::Udp { sport: 4000, dport: 5000 });
            handle.delete(&testing::key(&plain, Dir::Orig)).unwrap();
        }
        // Whoever looks at an expired entry removes it.
        testing::wait_until("the brief entry expires", || {
            handle.get(&testing::key(&brief, Dir::Orig)).is_err()
        });
        handle.flush().unwrap();
    }
}
