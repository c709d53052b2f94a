# SPDX-License-Identifier: GPL-2.0-only
"""The gateways' peers: the Internet, the Edge server and the company, each a network namespace behind tap devices; and what goes on
between them: calls (fifty packets a second each way, as a voice has them) and TLS sessions, both for as long as the test runs.

They are on this machine, not in a third virtual one: so they go on when a gateway does not, one clock sees both ends, and the two
gateways need not share the processors with one more emulated machine.
"""
import collections
import ctypes
import fcntl
import os
import select
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time

LIBC = ctypes.CDLL(None, use_errno=True)
TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454ca, 0x2, 0x1000

# Namespace, device, the gateways' name of the network, addresses, routes.
SIDES = (
    ("inet", "eth0", "ext0", "198.51.100.254/24 198.51.100.10/24 198.51.100.66/24 2001:db8:51::254/64 2001:db8:51::10/64 "
     "2001:db8:51::66/64", "131.107.155.0/24 via 198.51.100.1\n2001:db8:16::/64 via 2001:db8:51::1"),
    ("edge", "eth0", "per0", "10.45.16.10/24 10.45.16.20/24 10.45.16.30/24 2001:db8:16::10/64 2001:db8:16::20/64 2001:db8:16::30/64",
     "default via 10.45.16.1\ndefault via 2001:db8:16::1"),
    ("edge", "eth1", "per1", "172.25.33.10/24", "192.168.9.0/24 via 172.25.33.1"),
    ("comp", "eth0", "int0", "192.168.9.10/24 192.168.9.66/24", "172.25.33.0/24 via 192.168.9.1"),
)


def must(command, text=None):
    done = subprocess.run(command, shell=True, capture_output=True, text=True, input=text, check=False)
    if done.returncode:
        sys.exit(f"{command}: {done.stderr}")
    return done.stdout


def set_sysctl(name, value):
    with open(f"/proc/sys/{name}", "w", encoding="ascii") as f:
        f.write(str(value))


class Inside:
    """What is made in the block lives in that namespace: sockets stay where they were made."""

    def __init__(self, namespace):
        self.namespace = namespace
        self.home = None

    def __enter__(self):
        self.home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        self.enter(os.open(f"/run/netns/{self.namespace}", os.O_RDONLY), True)

    def __exit__(self, *_):
        self.enter(self.home, True)

    @staticmethod
    def enter(fd, close):
        if LIBC.setns(fd, 0x40000000):
            sys.exit(f"setns: {os.strerror(ctypes.get_errno())}")
        if close:
            os.close(fd)


def open_tap(device):
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", device.encode(), IFF_TAP | IFF_NO_PI))
    return fd


def build_network():
    """The namespaces; returns the taps by the gateways' names of the networks."""
    must("mount -t tmpfs tmpfs /run/netns || { mkdir -p /run/netns && mount -t tmpfs tmpfs /run/netns; }")
    must("ip link set lo up")
    # A machine that is late for a moment shall find its frames.
    set_sysctl("net/unix/max_dgram_qlen", 2000)
    taps = {}
    for namespace in sorted({side[0] for side in SIDES}):
        must(f"ip netns add {namespace} && ip -n {namespace} link set lo up")
        with Inside(namespace):
            for kind in ("all", "default"):
                set_sysctl(f"net/ipv6/conf/{kind}/accept_dad", 0)
                set_sysctl(f"net/ipv6/conf/{kind}/accept_ra", 0)
                set_sysctl(f"net/ipv4/conf/{kind}/rp_filter", 0)
    for namespace, device, network, addresses, routes in SIDES:
        with Inside(namespace):
            taps[network] = open_tap(device)
        lines = f"link set {device} up\n"
        for address in addresses.split():
            lines += f"addr add {address} dev {device}{' nodad' if ':' in address else ''}\n"
        for route in routes.splitlines():
            lines += f"route add {route}\n"
        must(f"ip -n {namespace} -batch -", lines)
    return taps


def all_send_to(number):
    """Whether all have learnt that the pair's addresses are at that gateway."""
    for namespace, device, _, _, routes in SIDES:
        for route in routes.splitlines():
            said = must(f"ip -n {namespace} neigh show {route.split()[-1]} dev {device}")
            if "lladdr" in said and f"lladdr 02:00:00:00:0{number}:" not in said:
                return False
    return True


# ---- calls ----------------------------------------------------------------------------------------------------------------

def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def udp_socket(namespace, address, port):
    with Inside(namespace):
        s = socket.socket(family_of(address), socket.SOCK_DGRAM)
    s.bind((address, port))
    s.setblocking(False)
    return s


class Direction:
    """What has arrived of one direction of a call."""

    def __init__(self, name, ssrc):
        self.name, self.ssrc = name, ssrc
        self.sent = 0
        self.arrived = collections.deque(maxlen=200000)

    def packet(self):
        self.sent += 1
        return struct.pack("!BBHII", 0x80, 0, self.sent & 0xffff, self.sent * 160 & 0xffffffff, self.ssrc) + bytes(160)

    def gap_since(self, start):
        """The longest time in which nothing arrived, from shortly before start until now."""
        times = [t for t in list(self.arrived) if t > start - 1] + [time.monotonic()]
        return max((b - a for a, b in zip(times, times[1:])), default=time.monotonic() - start)

    def arrived_since(self, start):
        return sum(t > start for t in list(self.arrived))


class Call:
    """A caller and the A/V Edge, UDP 3478, as media goes by TURN. A silent caller says one word and then listens: what comes to him
    are answers to a connection of which the gateway in between may never have seen the first packet, and gets no other."""

    def __init__(self, number, name, namespace, caller, public, server, silent):
        self.name, self.silent, self.public, self.server = name, silent, public, server
        self.caller = udp_socket(namespace, caller, 50000 + number)
        self.inward = Direction(name + ", in", number * 2)
        self.outward = Direction(name + ", out", number * 2 + 1)
        self.back = None

    def directions(self):
        return [self.outward] if self.silent else [self.inward, self.outward]

    def speak(self, sockets):
        try:
            if not self.back or not self.silent:
                self.caller.sendto(self.inward.packet(), (self.public, 3478))
            if self.back:
                sockets[self.server].sendto(self.outward.packet(), self.back)
        except OSError:
            # Nobody has answered for the address for a while.
            pass


class Calls:
    def __init__(self):
        self.calls = [
            Call(1, "IPv4 behind NAT", "inet", "198.51.100.10", "131.107.155.30", "10.45.16.30", False),
            Call(2, "IPv6", "inet", "2001:db8:51::10", "2001:db8:16::30", "2001:db8:16::30", False),
            Call(3, "company", "comp", "192.168.9.10", "172.25.33.10", "172.25.33.10", False),
            Call(4, "IPv4 behind NAT, silent caller", "inet", "198.51.100.10", "131.107.155.30", "10.45.16.30", True),
            Call(5, "IPv6, silent caller", "inet", "2001:db8:51::10", "2001:db8:16::30", "2001:db8:16::30", True),
        ]
        self.servers = {address: udp_socket("edge", address, 3478) for address in {call.server for call in self.calls}}
        self.by_ssrc = {d.ssrc: (call, d) for call in self.calls for d in (call.inward, call.outward)}

    def directions(self):
        return [d for call in self.calls for d in call.directions()]

    def start(self):
        threading.Thread(target=self.speak, daemon=True).start()
        threading.Thread(target=self.listen, daemon=True).start()

    def anew(self):
        """All callers call once more, from where they did."""
        for call in self.calls:
            call.back = None

    def speak(self):
        due = time.monotonic()
        while True:
            for call in self.calls:
                call.speak(self.servers)
            due += 0.02
            time.sleep(max(due - time.monotonic(), 0))

    def listen(self):
        sockets = list(self.servers.values()) + [call.caller for call in self.calls]
        while True:
            for s in select.select(sockets, [], [])[0]:
                try:
                    data, address = s.recvfrom(2048)
                except OSError:
                    continue
                if len(data) != 172:
                    continue
                call, direction = self.by_ssrc[struct.unpack_from("!I", data, 8)[0]]
                direction.arrived.append(time.monotonic())
                if direction is call.inward:
                    call.back = address[:2]


# ---- TLS ------------------------------------------------------------------------------------------------------------------

def certificate(folder):
    must(f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=edge "
         f"-keyout {folder}/key -out {folder}/certificate")
    return f"{folder}/certificate", f"{folder}/key"


class Session:
    """One TLS session. The client says a number ten times a second, and the server says it back; or, where the client is silent, the
    server counts by itself. A number too many, too few or out of order ends it, as does whatever ends a session otherwise."""

    def __init__(self, name, client, public, server, port, silent):
        self.name, self.silent = name, silent
        self.addresses = client, public, server, port
        self.arrived = collections.deque(maxlen=100000)
        self.error = self.port = None
        self.count = 0

    def start(self, files):
        client, public, server, port = self.addresses
        with Inside("edge"):
            listener = socket.socket(family_of(server))
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((server, port))
        listener.listen()
        with Inside("inet"):
            s = socket.socket(family_of(public))
        s.bind((client, 0))
        self.port = s.getsockname()[1]
        threading.Thread(target=self.serve, args=(listener, files), daemon=True).start()
        threading.Thread(target=self.guard, args=(s, (public, port), files[0]), daemon=True).start()

    def serve(self, listener, files):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*files)
        try:
            with listener, context.wrap_socket(listener.accept()[0], server_side=True) as tls:
                number = 0
                while True:
                    if self.silent:
                        number += 1
                        tls.sendall(struct.pack("!I", number))
                        time.sleep(0.1)
                    elif data := tls.recv(4096):
                        tls.sendall(data)
                    else:
                        break
        except OSError as e:
            self.error = self.error or f"server: {e}"

    def guard(self, *words):
        try:
            self.talk(*words)
        except (OSError, ValueError) as e:
            self.error = f"client: {e}"

    def talk(self, s, to, authority):
        context = ssl.create_default_context(cafile=authority)
        context.check_hostname = False
        s.connect(to)
        with context.wrap_socket(s) as tls:
            data = b""
            while True:
                if not self.silent:
                    tls.sendall(struct.pack("!I", self.count + 1))
                while len(data) < 4:
                    piece = tls.recv(4096)
                    if not piece:
                        raise ValueError("the server has ended it")
                    data += piece
                number, data = struct.unpack("!I", data[:4])[0], data[4:]
                if number != self.count + 1:
                    raise ValueError(f"{number} came after {self.count}")
                self.count = number
                self.arrived.append(time.monotonic())
                if not self.silent:
                    time.sleep(0.1)

    def arrived_since(self, start):
        return sum(t > start for t in list(self.arrived))

    def gap_since(self, start):
        times = [t for t in list(self.arrived) if t > start - 1] + [time.monotonic()]
        return max((b - a for a, b in zip(times, times[1:])), default=time.monotonic() - start)


def sessions():
    return [
        Session("TLS, IPv4 behind NAT", "198.51.100.10", "131.107.155.10", "10.45.16.10", 443, False),
        Session("TLS, IPv6", "2001:db8:51::10", "2001:db8:16::10", "2001:db8:16::10", 443, False),
        Session("TLS, IPv4 behind NAT, silent client", "198.51.100.10", "131.107.155.20", "10.45.16.20", 443, True),
    ]
