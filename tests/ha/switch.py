# SPDX-License-Identifier: GPL-2.0-only
"""The networks between the two gateways and their peers: a switch with a segment for each network, in a process of its own, and the
one who sees everything: it also sends without pause what the policy refuses, and counts what of it comes out of a gateway.

A gateway's port is a datagram socket whose other end QEMU has, a peer's a tap device. Frames are sent to both gateways' own
addresses, whoever of them is active: the backup, too, must not forward what it should not.
"""
import collections
import multiprocessing
import os
import selectors
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../vm"))
from packets import tcp, udp  # noqa: E402 pylint: disable=wrong-import-position

GATEWAYS = ("gw1", "gw2")
SEGMENTS = ("ext0", "per0", "per1", "int0", "sync0")
MARK = b"lyncedge-kind:"
# Twenty of each kind a second, to each gateway.
PAUSE = 0.05


def gateway_mac(gateway, segment):
    return bytes((2, 0, 0, 0, GATEWAYS.index(gateway) + 1, SEGMENTS.index(segment) + 1))


def refused(kind):
    """Of these nothing may come through, by any of the policies that are in force in the course of the test."""
    return not kind.startswith(("admitted", "old", "new"))


# Where it is sent, and how, by name. Source ports change so that each is a connection of its own, where it matters.
KINDS = {
    "shell": ("ext0", lambda port, data: tcp("198.51.100.10", "131.107.155.10", port, 22, data=data)),
    "shell6": ("ext0", lambda port, data: tcp("2001:db8:51::10", "2001:db8:16::10", port, 22, data=data)),
    "port": ("ext0", lambda port, data: udp("198.51.100.10", "131.107.155.30", port, 5000, data)),
    "middle": ("ext0", lambda port, data: tcp("198.51.100.10", "131.107.155.20", port, 3389, "A", 1000, 1, data)),
    "blocked": ("ext0", lambda port, data: tcp("203.0.113.7", "131.107.155.10", port, 443, data=data)),
    "mail": ("per0", lambda port, data: tcp("10.45.16.10", "198.51.100.66", port, 25, data=data)),
    # Answers to calls that nobody made.
    "answer": ("per0", lambda port, data: udp("10.45.16.30", "198.51.100.66", 3478, port, data)),
    "answer6": ("per0", lambda port, data: udp("2001:db8:16::30", "2001:db8:51::66", 3478, port, data)),
    "ack": ("per0", lambda port, data: tcp("10.45.16.10", "198.51.100.66", 443, port, "A", 1000, 1, data)),
    "desktop": ("int0", lambda port, data: tcp("192.168.9.10", "172.25.33.10", port, 3389, data=data)),
    "inner-ack": ("per1", lambda port, data: tcp("172.25.33.10", "192.168.9.66", 5061, port, "SA", 1000, 1, data)),
    # Sent alike, and let through: by each policy, by the first one, by the second one.
    "admitted": ("ext0", lambda port, data: udp("198.51.100.77", "131.107.155.30", 7000, 3478, data)),
    "old": ("ext0", lambda port, data: tcp("198.51.100.10", "131.107.155.10", port, 8443, data=data)),
    "new": ("ext0", lambda port, data: tcp("198.51.100.10", "131.107.155.10", port, 9443, data=data)),
}


class Port:
    """Where frames come in and go out: receive() and send() do not block."""

    def __init__(self, segment, gateway=None, tap=None, folder=None):
        self.segment, self.gateway, self.tap = segment, gateway, tap
        if gateway:
            self.near, self.far = (os.path.join(folder, f"{gateway}-{segment}-{end}") for end in ("near", "far"))
            self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self.socket.bind(self.near)
            self.socket.setblocking(False)

    def fileno(self):
        return self.socket.fileno() if self.gateway else self.tap

    def receive(self):
        try:
            return self.socket.recv(65536) if self.gateway else os.read(self.tap, 65536)
        except BlockingIOError:
            return None

    def send(self, frame):
        try:
            if self.gateway:
                self.socket.sendto(frame, self.far)
            else:
                os.write(self.tap, frame)
        except OSError:
            # There is no machine at present, or it takes nothing at the moment.
            pass


def kind_in(frame):
    """The kind of one of ours, or None. An ICMP error that quotes one is none."""
    at = frame.find(MARK)
    if at < 0:
        return None
    protocol = frame[14 + 6] if frame[12:14] == b"\x86\xdd" else frame[14 + 9]
    if protocol not in (6, 17):
        return None
    return frame[at + len(MARK):frame.index(b";", at)].decode()


class Switch(multiprocessing.Process):
    """cut(): frames between gateways are lost on the named segments; counts(): what has come out of gateways, (gateway, kind), and
    how much was sent of each kind."""

    def __init__(self, ports):
        super().__init__(daemon=True)
        self.ports = ports
        self.outer, self.inner = multiprocessing.Pipe()
        self.cut_segments = set()
        self.noisy = False
        self.where = {}
        self.came, self.sent = collections.Counter(), collections.Counter()

    # ---- in the test's process

    def ask(self, *words):
        self.outer.send(words)
        return self.outer.recv()

    def cut(self, *segments):
        self.ask("cut", set(segments))

    def noise(self, on):
        self.ask("noise", on)

    def counts(self):
        return self.ask("counts")

    # ---- in its own

    def answer(self):
        word, *more = self.inner.recv()
        if word == "cut":
            self.cut_segments = more[0]
        elif word == "noise":
            self.noisy = more[0]
        self.inner.send((self.came, self.sent))

    def forward(self, port, frame):
        if port.gateway and (kind := kind_in(frame)):
            self.came[port.gateway, kind] += 1
        self.where[port.segment, frame[6:12]] = port
        to = None if frame[0] & 1 else self.where.get((port.segment, frame[:6]))
        for other in [to] if to else self.ports:
            if other.segment != port.segment or other is port:
                continue
            if port.gateway and other.gateway and port.segment in self.cut_segments:
                continue
            other.send(frame)

    def send_noise(self, turn):
        for kind, (segment, make) in KINDS.items():
            packet = make(20000 + turn % 40000, MARK + kind.encode() + b";")
            frame = b"\x02\0\0\0\x09\x09" + struct.pack("!H", 0x86dd if packet[0] >> 4 == 6 else 0x0800) + packet
            for port in self.ports:
                if port.gateway and port.segment == segment:
                    port.send(gateway_mac(port.gateway, segment) + frame)
            self.sent[kind] += 1

    def run(self):
        selector = selectors.DefaultSelector()
        selector.register(self.inner, selectors.EVENT_READ)
        for port in self.ports:
            selector.register(port, selectors.EVENT_READ)
        turn, due = 0, time.monotonic()
        while True:
            for key, _ in selector.select(max(due - time.monotonic(), 0)):
                if key.fileobj is self.inner:
                    self.answer()
                    continue
                for _ in range(64):
                    if not (frame := key.fileobj.receive()):
                        break
                    self.forward(key.fileobj, frame)
            if time.monotonic() >= due:
                due = time.monotonic() + PAUSE
                if self.noisy:
                    turn += 1
                    self.send_noise(turn)
