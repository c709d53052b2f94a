#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""A client of TCP relays (RFC 6062), as desktop sharing uses them: coturn's own client knows them between two of its own allocations
only, which stay on the server. The server is coturn.

It asks for a relayed address, and either has the server connect from there to an echo of a partner's (out), or prints the relayed
address, waits for a partner to connect to it, and echoes (in: then the partner's address is one that is let in).

usage: turn_tcp.py out|in OWN SERVER PORT PEER PEER-PORT
"""
import ipaddress
import os
import socket
import struct
import sys

COOKIE = 0x2112a442
# RFC 8489, RFC 8656, RFC 6062: methods and attributes.
ALLOCATE, CREATE_PERMISSION, CONNECT, CONNECTION_BIND, CONNECTION_ATTEMPT = 0x003, 0x008, 0x00a, 0x00b, 0x01c
SUCCESS, XOR_PEER_ADDRESS, XOR_RELAYED_ADDRESS, FAMILY, TRANSPORT, CONNECTION_ID = 0x100, 0x0012, 0x0016, 0x0017, 0x0019, 0x002a
TCP = 6


def attribute(kind, value):
    return struct.pack("!HH", kind, len(value)) + value + b"\0" * (-len(value) % 4)


def xored(address, port, transaction):
    packed = ipaddress.ip_address(address).packed
    mask = (struct.pack("!I", COOKIE) + transaction)[:len(packed)]
    return struct.pack("!BBH", 0, 1 if len(packed) == 4 else 2, port ^ COOKIE >> 16) + bytes(a ^ b for a, b in zip(packed, mask))


def unxored(value, transaction):
    packed = value[4:]
    mask = (struct.pack("!I", COOKIE) + transaction)[:len(packed)]
    return str(ipaddress.ip_address(bytes(a ^ b for a, b in zip(packed, mask)))), struct.unpack("!H", value[2:4])[0] ^ COOKIE >> 16


def exactly(s, size):
    data = b""
    while len(data) < size:
        piece = s.recv(size - len(data))
        if not piece:
            sys.exit("the server has closed the connection")
        data += piece
    return data


def receive(s):
    """(type, {attribute: value})"""
    kind, size, _, _ = struct.unpack("!HHI12s", exactly(s, 20))
    body, attributes = exactly(s, size), {}
    while body:
        name, length = struct.unpack("!HH", body[:4])
        attributes[name] = body[4:4 + length]
        body = body[4 + length + -length % 4:]
    return kind, attributes


def ask(s, method, transaction, *attributes):
    body = b"".join(attributes)
    s.sendall(struct.pack("!HHI", method, len(body), COOKIE) + transaction + body)
    kind, answer = receive(s)
    if kind != method | SUCCESS:
        sys.exit(f"the server refuses {method:#x}: {kind:#x} {answer}")
    return answer


def connect(own, server, port):
    s = socket.create_connection((server, port), 20, (own, 0))
    s.settimeout(20)
    return s


def main():
    direction, own, server, port, peer, peer_port = sys.argv[1:]
    port, peer_port = int(port), int(peer_port)
    transaction = os.urandom(12)
    control = connect(own, server, port)
    relay = ask(control, ALLOCATE, transaction, attribute(TRANSPORT, bytes((TCP, 0, 0, 0))),
                attribute(FAMILY, bytes((2 if ":" in peer else 1, 0, 0, 0))))
    target = attribute(XOR_PEER_ADDRESS, xored(peer, peer_port, transaction))
    if direction == "out":
        connection = ask(control, CONNECT, transaction, target)[CONNECTION_ID]
    else:
        ask(control, CREATE_PERMISSION, transaction, target)
        print("relay %s %d" % unxored(relay[XOR_RELAYED_ADDRESS], transaction), flush=True)
        kind, attributes = receive(control)
        if kind != CONNECTION_ATTEMPT | 0x010 and kind != CONNECTION_ATTEMPT:
            sys.exit(f"no attempt: {kind:#x}")
        connection = attributes[CONNECTION_ID]
    data = connect(own, server, port)
    ask(data, CONNECTION_BIND, transaction, attribute(CONNECTION_ID, connection))
    screen = os.urandom(20000)
    if direction == "out":
        data.sendall(screen)
        if exactly(data, len(screen)) != screen:
            sys.exit("something else came back")
        print("there and back")
        return
    data.sendall(exactly(data, 20000))
    # The partner closes when it has it all.
    data.recv(1)


main()
