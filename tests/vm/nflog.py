# SPDX-License-Identifier: GPL-2.0-only
"""Listens to what the kernel logs to an NFLOG group, for the tests that run in a guest."""
import collections
import errno
import select
import socket
import struct
import sys

# A logged packet, the hook that logged it, and the numbers of its devices (0: none).
Logged = collections.namedtuple("Logged", "prefix packet family hook entered left sequence")

DONE = 3    # NLMSG_DONE
PACKET_HEADER, ENTERED, LEFT, PACKET, PREFIX, SEQUENCE = 1, 4, 5, 9, 10, 12    # NFULA_*


class Nflog:
    """Listens to one NFLOG group."""

    def __init__(self, group, room=None):
        """room: bytes that may wait to be read; what finds none is lost, which read() reports."""
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
        self.socket.bind((0, 0))
        if room:
            self.socket.setsockopt(socket.SOL_SOCKET, 33, room)    # SO_RCVBUFFORCE
        # NFULA_CFG_CMD: bind; NFULA_CFG_MODE: copy packets; NFULA_CFG_NLBUFSIZ; NFULA_CFG_TIMEOUT: 10 ms; NFULA_CFG_FLAGS:
        # number them.
        attributes = (struct.pack("=HHBxxx", 5, 1, 1) + struct.pack("=HH", 10, 2) + struct.pack("!IBxxx", 0xffff, 2) +
                      struct.pack("=HH", 8, 3) + struct.pack("!I", 8192) + struct.pack("=HH", 8, 4) + struct.pack("!I", 1) +
                      struct.pack("=HH", 6, 6) + struct.pack("!Hxx", 1))
        body = struct.pack("!BBH", 0, 0, group) + attributes
        self.socket.send(struct.pack("=IHHII", 16 + len(body), 4 << 8 | 1, 5, 1, 0) + body)
        answer = self.socket.recv(4096)
        if struct.unpack_from("=i", answer, 16)[0]:
            sys.exit("cannot bind to the NFLOG group")
        self.socket.setblocking(False)
        self.next = 0

    def read(self):
        """What has been logged: (prefix, packet), ..."""
        found = []
        while select.select([self.socket], [], [], 0.5)[0]:
            found += [(logged.prefix, logged.packet) for logged in self.parse(self.socket.recv(1 << 18))]
        return found

    def poll(self):
        """What waits to be read now, whole; a RuntimeError if anything was lost."""
        while True:
            try:
                data = self.socket.recv(1 << 18)
            except BlockingIOError:
                return
            except OSError as e:
                if e.errno != errno.ENOBUFS:
                    raise
                raise RuntimeError("the kernel had no room for what it logged") from e
            for logged in self.parse(data):
                if logged.sequence != self.next:
                    raise RuntimeError(f"logged packets are missing: {logged.sequence} comes where {self.next} was expected")
                self.next = (self.next + 1) & 0xffffffff
                yield logged

    @staticmethod
    def parse(data):
        at = 0
        while at < len(data):
            size, kind = struct.unpack_from("=IH", data, at)
            if kind != DONE:
                yield Nflog.parse_one(data, at + 20, at + size)
            at += (size + 3) & ~3

    @staticmethod
    def parse_one(data, at, end):
        prefix, packet, family, hook, entered, left, sequence = "", b"", 0, 0, 0, 0, 0
        while at < end:
            size, kind = struct.unpack_from("=HH", data, at)
            if kind == PREFIX:
                prefix = data[at + 4:at + size].rstrip(b"\0").decode()
            elif kind == PACKET:
                packet = data[at + 4:at + size]
            elif kind == PACKET_HEADER:
                family, hook = struct.unpack_from("!HB", data, at + 4)
            elif kind == ENTERED:
                entered = struct.unpack_from("!I", data, at + 4)[0]
            elif kind == LEFT:
                left = struct.unpack_from("!I", data, at + 4)[0]
            elif kind == SEQUENCE:
                sequence = struct.unpack_from("!I", data, at + 4)[0]
            at += (size + 3) & ~3
        return Logged(prefix, packet, 6 if family == 0x86dd else 4, hook, entered, left, sequence)
