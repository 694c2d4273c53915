#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Real packets for a scenario: one small exchange, with every port chosen by the caller.

    traffic.py serve ADDRESS tcp|udp:PORT ...             answers each line with the same line; by UDP, each datagram that
                                                          ends a line
    traffic.py tcp SOURCE:PORT TARGET:PORT LINE...        sends lines, waits for each echo, closes
    traffic.py hold SOURCE:PORT TARGET:PORT LINE...       the same, and keeps the connection open
    traffic.py udp SOURCE:PORT TARGET:PORT LINE...        a datagram for each; only the last one is answered
    traffic.py ask SOURCE:PORT TARGET:PORT LINE           sends a line by TCP, prints what comes back
    traffic.py web ADDRESS:PORT BODY                      a web server: every request gets BODY
    traffic.py get SOURCE:PORT PROXY:PORT URL             asks a web proxy; prints the status line and the body's last
    traffic.py ping SOURCE TARGET ID                      one ICMP echo
    traffic.py dns SOURCE:PORT TARGET:PORT NAME           one A question; prints the answer's state
    traffic.py zone ADDRESS:PORT IPV4                     a name server: every A question gets IPV4

Every wait ends after two minutes with an error, so a scenario never hangs on lost traffic.
"""

import selectors
import socket
import struct
import sys
import time

WAIT_SECS = 120


def endpoint(text):
    address, port = text.rsplit(":", 1)
    return address.strip("[]"), int(port)


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def bound(kind, source):
    sock = socket.socket(family(source[0]), kind)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(source)
    return sock


def connected(kind, source, target):
    sock = bound(kind, endpoint(source))
    sock.settimeout(WAIT_SECS)
    sock.connect(endpoint(target))
    return sock


def exchange(sock, lines):
    for line in lines:
        data = line.encode() + b"\r\n"
        sock.sendall(data)
        got = b""
        while len(got) < len(data):
            piece = sock.recv(4096)
            if not piece:
                sys.exit("the peer closed early")
            got += piece


def serve(address, *services):
    """Echo server; prints `ready` when every socket listens."""
    select = selectors.DefaultSelector()
    for service in services:
        kind, port = service.split(":")
        sock = bound(socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM, (address, int(port)))
        if kind == "tcp":
            sock.listen(8)
        select.register(sock, selectors.EVENT_READ, "listen" if kind == "tcp" else "udp")
    print("ready", flush=True)
    while True:
        for key, _ in select.select():
            if key.data == "listen":
                select.register(key.fileobj.accept()[0], selectors.EVENT_READ, "tcp")
            elif key.data == "udp":
                data, peer = key.fileobj.recvfrom(4096)
                if data.endswith(b"\n"):
                    key.fileobj.sendto(data, peer)
            elif data := key.fileobj.recv(4096):
                key.fileobj.sendall(data)
            else:
                # So that the peer's FIN is always acknowledged before ours is sent.
                key.fileobj.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
                select.unregister(key.fileobj)
                key.fileobj.close()


def tcp(source, target, *lines):
    with connected(socket.SOCK_STREAM, source, target) as sock:
        exchange(sock, lines)


def hold(source, target, *lines):
    with connected(socket.SOCK_STREAM, source, target) as sock:
        exchange(sock, lines)
        print("ready", flush=True)
        time.sleep(600)


def udp(source, target, *lines):
    """One answer, to the last datagram: the kernel calls a flow assured when a packet comes after an answer, and more than 2
    seconds after the first packet, which on a busy machine is a matter of chance."""
    *first, last = lines
    with connected(socket.SOCK_DGRAM, source, target) as sock:
        for line in first:
            sock.sendall(line.encode())
        exchange(sock, [last])


def ask(source, target, line):
    with connected(socket.SOCK_STREAM, source, target) as sock:
        sock.sendall(line.encode() + b"\r\n")
        while data := sock.recv(4096):
            sys.stdout.write(data.decode())
            if data.endswith(b"\n"):
                break


def web(address, body):
    with bound(socket.SOCK_STREAM, endpoint(address)) as sock:
        sock.listen(8)
        print("ready", flush=True)
        while True:
            peer = sock.accept()[0]
            peer.recv(4096)
            head = f"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
            peer.sendall((head + body).encode())
            peer.close()


def get(source, proxy, url):
    answer = b""
    with connected(socket.SOCK_STREAM, source, proxy) as sock:
        sock.sendall(f"GET {url} HTTP/1.0\r\n\r\n".encode())
        while data := sock.recv(4096):
            answer += data
    lines = answer.decode().splitlines()
    print(lines[0], lines[-1], sep="\n")


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF


def ping(source, target, ident):
    header = struct.pack("!BBHHH", 8, 0, 0, int(ident), 1)
    packet = struct.pack("!BBHHH", 8, 0, checksum(header), int(ident), 1)
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as sock:
        sock.settimeout(WAIT_SECS)
        sock.bind((source, 0))
        sock.sendto(packet, (target, 0))
        while True:
            data, peer = sock.recvfrom(4096)
            icmp = data[(data[0] & 15) * 4 :]
            if peer[0] == target and icmp[0] == 0:
                return


def dns(source, target, name):
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"
    question = struct.pack("!HHHHHH", 7, 0x0100, 1, 0, 0, 0) + labels + struct.pack("!HH", 1, 1)
    with connected(socket.SOCK_DGRAM, source, target) as sock:
        sock.sendall(question)
        answer = sock.recv(4096)
    flags, _, answers = struct.unpack("!HHH", answer[2:8])
    last = ".".join(str(byte) for byte in answer[-4:]) if answers else "-"
    print(f"rcode={flags & 15} answers={answers} address={last}")


def zone(address, answer):
    record = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 60, 4) + socket.inet_aton(answer)
    with bound(socket.SOCK_DGRAM, endpoint(address)) as sock:
        print("ready", flush=True)
        while True:
            data, peer = sock.recvfrom(4096)
            end = data.index(b"\0", 12) + 5
            header = data[:2] + struct.pack("!HHHHH", 0x8580, 1, 1, 0, 0)
            sock.sendto(header + data[12:end] + record, peer)


ACTS = {act.__name__: act for act in (serve, tcp, hold, udp, ask, web, get, ping, dns, zone)}

if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in ACTS:
        sys.exit(__doc__)
    ACTS[sys.argv[1]](*sys.argv[2:])
