# SPDX-License-Identifier: GPL-2.0-only
"""Listens to what the kernel logs to an NFLOG group, for the tests that run in a guest."""
import socket
import struct
import sys


class Nflog:
    """Listens to one NFLOG group."""

    def __init__(self, group):
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
        self.socket.bind((0, 0))
        self.socket.settimeout(0.5)
        # NFULA_CFG_CMD: bind; NFULA_CFG_MODE: copy packets.
        attributes = struct.pack("=HHBxxx", 5, 1, 1) + struct.pack("=HH", 10, 2) + struct.pack("!IBxxx", 0xffff, 2)
        body = struct.pack("!BBH", 0, 0, group) + attributes
        self.socket.send(struct.pack("=IHHII", 16 + len(body), 4 << 8 | 1, 5, 1, 0) + body)
        answer = self.socket.recv(4096)
        if struct.unpack_from("=i", answer, 16)[0]:
            sys.exit("cannot bind to the NFLOG group")

    def read(self):
        """What has been logged: (prefix, packet), ..."""
        found = []
        while True:
            try:
                data = self.socket.recv(65536)
            except TimeoutError:
                return found
            at = 0
            while at < len(data):
                size = struct.unpack_from("=I", data, at)[0]
                found.append(self.parse(data[at + 20:at + size]))
                at += (size + 3) & ~3

    @staticmethod
    def parse(data):
        attributes, at = {}, 0
        while at < len(data):
            size, kind = struct.unpack_from("=HH", data, at)
            attributes[kind & 0x3fff] = data[at + 4:at + size]
            at += (size + 3) & ~3
        return attributes.get(10, b"").rstrip(b"\0").decode(), attributes.get(9, b"")
